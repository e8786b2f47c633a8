use proptest::prelude::*;

use super::*;
use crate::decode::formats::template;
use crate::vocab::event::Level;

/// A line of each family of formats: all of them are messages of their own.
const LOG_LINES: [&str; 14] = [
    r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
    r#"example.org:443 192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
    r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1"#,
    r#"{"time":"2026-11-22T10:00:00Z","remote_addr":"192.0.2.1","status":200,"uri":"/"}"#,
    "2026/11/22 10:00:00 [error] 7#8: *9 broken",
    "[Sun Nov 22 10:00:00.123456 2026] [core:error] [pid 1:tid 2] [client 192.0.2.1:5] AH1: x",
    "[22-Nov-2026 10:00:00 UTC] PHP Stack trace:",
    "[22-Nov-2026 10:00:00 UTC] PHP   1. {main}() /x.php:0",
    "[2026-11-22 10:00:00 +0000] [12] [ERROR] Exception in worker process",
    "2026-11-22 10:00:00: (mod_fastcgi.c.123) gone",
    "22-Nov-2026 10:00:00.123 SEVERE [main] a.B.c text",
    "2026-11-22 10:00:00,123 ERROR [main] logger - text",
    r#"192.0.2.1:1 [22/Nov/2026:10:00:00.395] web ok/ng 0/0/1/3/4 200 130 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#,
    "<11>Nov 22 10:00:00 web-1 php:   indented behind a header",
];

/// Joins the text's lines, coming in pieces of so many lines.
fn joined_by(limits: Limits, text: &str, piece: usize) -> (Vec<String>, Joined) {
    let lines: Vec<&[u8]> = text.lines().filter(|l| !l.is_empty()).map(str::as_bytes).collect();
    let mut joiner = Joiner::new(limits, Catalog::default());
    let mut out = Vec::new();
    let mut keep = |messages: &[&[u8]]| {
        out.extend(messages.iter().map(|m| String::from_utf8(m.to_vec()).unwrap()));
    };
    for piece in lines.chunks(piece) {
        joiner.push(piece, &mut keep);
    }
    joiner.flush(&mut keep);
    assert!(!joiner.holds());
    let joined = joiner.joined();
    assert_eq!(lines.len() as u64, out.len() as u64 + joined.lines, "{out:#?}");
    (out, joined)
}

fn joined(text: &str) -> Vec<String> {
    let (whole, _) = joined_by(Limits::default(), text, usize::MAX);
    for piece in [1, 2, 3] {
        assert_eq!(joined_by(Limits::default(), text, piece).0, whole, "in pieces of {piece}");
    }
    whole
}

/// The text is one message, also between other lines.
fn is_one(text: &str) {
    assert_eq!(joined(text), [text]);
    for line in LOG_LINES {
        let around = format!("{line}\n{text}\n{line}\n{text}\n{text}");
        assert_eq!(joined(&around), [line, text, line, text, text], "between {line}");
    }
}

/// No two of the lines are joined.
fn are_apart(text: &str) {
    assert_eq!(joined(text), text.lines().collect::<Vec<_>>());
}

#[test]
fn a_trace_goes_with_its_error_line() {
    for trace in [
        "[22-Nov-2026 10:00:00 UTC] PHP Fatal error:  Uncaught Exception: no in /srv/x.php:3\n\
         Stack trace:\n#0 /srv/x.php(9): f('a')\n#1 {main}\n\nNext App\\DbException: db in /srv/x.php:5\n\
         Stack trace:\n#0 {main}\n  thrown in /srv/x.php on line 3",
        "PHP Warning:  Undefined variable $a in /srv/x.php on line 3\nPHP Stack trace:\n\
         PHP   1. {main}() /srv/x.php:0",
        "[2026-11-22 10:00:00 +0000] [12] [ERROR] Exception in worker process\n\
         Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in f\n    g()\nKeyError: 'x'\n\n\
         During handling of the above exception, another exception occurred:\n\n\
         Traceback (most recent call last):\n  File \"/srv/a.py\", line 5, in f\n    h()\n    ~^^\n\
         app.errors.Refused: no",
        "2026-11-22 10:00:00,123 ERROR [main] shop.Cart - broken\n\
         java.lang.IllegalStateException: no cart\n\tat shop.Cart.get(Cart.java:12)\n\t... 3 more\n\
         Caused by: java.io.IOException\n\tat a.B.c(B.java:1)\n... 12 more",
        "[Sun Nov 22 10:00:00.123456 2026] [wsgi:error] [pid 1:tid 2] [client 192.0.2.1:5] x\n  y",
    ] {
        let trace: Vec<&str> = trace.lines().filter(|l| !l.is_empty()).collect();
        is_one(&trace.join("\n"));
    }
}

#[test]
fn what_rails_says_of_an_exception_is_one_message() {
    // As Rails 6.1 writes it with its usual configuration, and without the front of Ruby's logger.
    let id = "[e09954ae-9670-428f-914e-135766b51531]";
    let front = "F, [2026-11-22T10:00:00.123456 #2056] FATAL -- : ";
    let other = "[b5faff49-1d4a-4c09-8b50-fa662c9a6b8c]";
    for (front, format, level) in
        [(front, "ruby_error", Level::Crit), ("", "rails_error", Level::Error)]
    {
        let trace = format!(
            "{front}{id}   \n{id} RuntimeError (boom):\n{id}   \n{id} rails.rb:15:in `fail'\n{id} app.rb:3"
        );
        let mut order = Recogniser::default().order;
        let mut event = Event::default();
        order.read(&trace, &mut event);
        assert_eq!((event.kind, event.format, event.level), (Kind::Error, format, Some(level)));
        let message = event.message.unwrap();
        assert!(message.starts_with("RuntimeError (boom):\n") && message.contains("app.rb:3"));
        // What the request, another one or anybody else says is none of it; a page for errors is a request's, too.
        let ends = [
            format!("{id} Processing by ErrorsController#show as HTML"),
            format!("{id} Completed 500 Internal Server Error in 5ms (Views: 2.1ms)"),
            format!("{other} Started GET \"/a\" for 203.0.113.9 at 2026-11-22 10:00:00 +0000"),
            format!("{other} RuntimeError (boom):"),
            format!("I, [2026-11-22T10:00:01.123456 #2056]  INFO -- : {id} late"),
            LOG_LINES[0].to_owned(),
        ];
        for end in ends {
            assert_eq!(
                joined(&format!("{trace}\n{end}\n{id} x")),
                [&*trace, &*end, &format!("{id} x")]
            );
        }
        let two = format!("{trace}\n{trace}");
        if !front.is_empty() {
            assert_eq!(joined(&two), [&*trace, &*trace]);
        }
    }
    // Lines that say nothing else are not joined by tags.
    are_apart(&format!("{id} a\n{id} b\n{id} RuntimeError (boom):\n{id} c"));
    are_apart("[x]   \n[x] y");
}

#[test]
fn a_traceback_that_nothing_announces_is_one_message() {
    let text = "Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in <module>\n\
                KeyboardInterrupt";
    let (request, error) = (LOG_LINES[0], LOG_LINES[4]);
    assert_eq!(joined(&format!("{request}\n{text}\n{text}")), [request, text, text]);
    // Behind an error line the first is its own.
    assert_eq!(joined(&format!("{error}\n{text}\n{text}")), [&format!("{error}\n{text}"), text]);
}

#[test]
fn what_fastcgi_sent_is_one_message_up_to_the_quote_that_shuts_it() {
    let text = "2026/11/22 10:00:00 [error] 7#8: *9 FastCGI sent in stderr: \"PHP message: PHP Fatal \
                error:  Uncaught Exception: any text\nat \"all\" while\n[1] in /srv/x.php:3\nStack trace:\n#0 {main}\n  \
                thrown in /srv/x.php on line 3\" while reading response header from upstream, client: \
                192.0.2.1, server: s, request: \"GET /x HTTP/1.1\", upstream: \
                \"fastcgi://unix:/run/php.sock:\", host: \"s.example\"";
    is_one(text);
    let mut order = Recogniser::default().order;
    let mut event = Event::default();
    order.read(text, &mut event);
    assert_eq!(event.remote_ip.as_deref(), Some("192.0.2.1"));
    assert_eq!(event.host.as_deref(), Some("s.example"));
    assert!(event.message.unwrap().contains("\nStack trace:\n"));
    // Cut by nginx at 2,048 bytes: the next log line is not waited through.
    let cut = &text[..text.find(" while").unwrap() - 3];
    for line in LOG_LINES {
        assert_eq!(joined(&format!("{cut}\n{line}\n  x")).first().unwrap(), cut);
    }
}

#[test]
fn what_no_error_line_opens_is_left_as_it_came() {
    for head in [LOG_LINES[0], LOG_LINES[3], "some prose", "Server startup in 3 s"] {
        are_apart(&format!("{head}\n  indented\nStack trace:\n#0 {{main}}\n\tat a.B.c(B.java:1)"));
    }
    are_apart("2026/11/22 10:00:00 [error] 7#8: *9 broken\nother prose\n  indented");
    are_apart("2026/11/22 10:00:00 [error] 7#8: *9 broken\nINFO: started\nError: x\n#fields");
}

#[test]
fn a_message_of_its_own_is_never_swallowed() {
    for head in LOG_LINES {
        for line in LOG_LINES {
            are_apart(&format!("{head}\n{line}"));
        }
    }
}

#[test]
fn a_line_that_would_change_what_the_error_says_is_not_joined() {
    // Read together, the request would be another one.
    are_apart(
        "2026/11/22 10:00:00 [error] 7#8: *9 x, client: 192.0.2.1, server: s, request: \"GET /a\n  \
         HTTP/1.1\", host: \"s.example\"",
    );
}

#[test]
fn beyond_a_limit_another_message_begins_and_it_is_counted() {
    let head = "2026/11/22 10:00:00 [error] 7#8: *9 broken";
    let text = format!("{head}{}", "\n  at some place".repeat(7));
    let (messages, counts) = joined_by(Limits { max_lines: 3, ..Limits::default() }, &text, 100);
    assert_eq!(messages.iter().map(|m| m.lines().count()).collect::<Vec<_>>(), [3, 3, 2]);
    assert_eq!(counts, Joined { lines: 5, cut: 2 });
    let (messages, counts) = joined_by(Limits { max_bytes: 80, ..Limits::default() }, &text, 1);
    assert!(messages.iter().all(|m| m.len() <= 80), "{messages:#?}");
    assert!(counts.cut > 0);
    let (messages, counts) = joined_by(Limits::NONE, &text, 100);
    assert_eq!((messages.len(), counts), (8, Joined::default()));
}

#[test]
fn a_frame_of_whole_requests_is_several_messages_and_any_other_is_one() {
    let (one, two) = (LOG_LINES[0], LOG_LINES[0].replace(".1 ", ".2 "));
    let header = "<190>Nov 22 10:00:00 web-1 nginx: ";
    let apart = |frame: &str| {
        let parts = messages(frame.as_bytes(), Catalog::default())?;
        Some(parts.iter().map(|m| String::from_utf8(m.to_vec()).unwrap()).collect::<Vec<_>>())
    };
    assert_eq!(apart(&format!("{one}\r\n{two}\n")), Some(vec![one.to_owned(), two.clone()]));
    let headed = vec![format!("{header}{one}"), format!("{header}{two}")];
    assert_eq!(apart(&headed.join("\n")), Some(headed.clone()));
    assert_eq!(apart(&format!("{header}{one}\n{two}")), Some(headed));
    for frame in [
        one.to_owned(),
        format!("{one}\n"),
        format!("{one}\n  more"),
        format!("{header}2026/11/22 10:00:00 [error] 7#8: *9 open() \"/\n{header}{one}\" failed"),
        format!("{}\n{two}", &one[..60]),
    ] {
        assert_eq!(apart(&frame), None, "{frame}");
    }
}

proptest! {
    #[test]
    fn joining_loses_and_moves_no_byte_and_hides_no_log_line(
        lines in prop::collection::vec(
            prop_oneof![
                prop::sample::select(LOG_LINES.to_vec()).prop_map(str::to_owned),
                prop::sample::select(vec![
                    "Stack trace:", "#0 {main}", "  thrown in /x on line 3", "\tat a.B.c(B.java:1)",
                    "Traceback (most recent call last):", "  File \"/a.py\", line 3", "ValueError: x",
                    "Caused by: java.io.IOException", "... 12 more", "x\" while reading", "prose",
                    "2026/11/22 10:00:00 [error] 7#8: *9 FastCGI sent in stderr: \"PHP message: x",
                ]).prop_map(str::to_owned),
                "[ -~]{1,30}",
            ],
            0..40,
        ),
        pieces in prop::collection::vec(1usize..6, 1..40),
        max_lines in 1usize..9,
        max_bytes in 1usize..600,
    ) {
        let mut joiner = Joiner::new(Limits { max_bytes, max_lines }, Catalog::default());
        let mut out: Vec<Vec<u8>> = Vec::new();
        let mut keep = |messages: &[&[u8]]| out.extend(messages.iter().map(|m| m.to_vec()));
        let mut rest: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        for piece in pieces {
            let behind = rest.split_off(piece.min(rest.len()));
            joiner.push(&rest, &mut keep);
            rest = behind;
        }
        joiner.push(&rest, &mut keep);
        joiner.flush(&mut keep);
        let counts = joiner.joined();
        prop_assert_eq!(out.join(&b'\n'), lines.join("\n").into_bytes());
        prop_assert_eq!(out.len() as u64 + counts.lines, lines.len() as u64);
        let mut at_once: Vec<Vec<u8>> = Vec::new();
        let mut keep = |messages: &[&[u8]]| at_once.extend(messages.iter().map(|m| m.to_vec()));
        let all: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        joiner.push(&all, &mut keep);
        joiner.flush(&mut keep);
        prop_assert_eq!(&at_once, &out, "it matters how the lines came");
        for message in &out {
            let mut inside = message.split(|&b| b == b'\n');
            inside.next();
            prop_assert!(inside.all(|l| !LOG_LINES.contains(&std::str::from_utf8(l).unwrap())));
        }
    }
}

#[test]
fn a_line_of_the_operators_own_format_is_never_part_of_a_trace() {
    let text = r##"#0 $remote_addr $status "$request""##;
    let own = template::compile("own", None, text, &template::Options::default()).unwrap();
    let formats = Catalog::with(vec![Box::new(own)]);
    let error = LOG_LINES[4].as_bytes();
    let request = br##"#0 192.0.2.1 200 "GET / HTTP/1.1""##;
    assert!(continues(request));
    let given = |formats| {
        let mut joiner = Joiner::new(Limits::default(), formats);
        let mut given = 0;
        joiner.push(&[error, request], &mut |messages| given += messages.len());
        joiner.flush(&mut |messages| given += messages.len());
        given
    };
    assert_eq!((given(formats), given(Catalog::default())), (2, 1));
    let frame = [request.as_slice(), request].join(&b'\n');
    assert_eq!(messages(&frame, formats).map(|messages| messages.len()), Some(2));
    assert_eq!(messages(&frame, Catalog::default()), None);
}

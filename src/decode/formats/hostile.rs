//! Lines that nobody should send: any text gives an event, in time linear in its length.

use super::FORMATS;
use super::recognise::Recogniser;
use super::tests::brief;
use crate::vocab::event::Kind;

#[test]
fn hostile_lines_are_read_in_linear_time() {
    // 64 KiB each: what is quadratic takes minutes.
    let pieces = [
        "[",
        "]",
        "\"",
        "\\",
        "\\\"",
        "{",
        "{\"a\":",
        "[[",
        " ",
        "a ",
        "\" 200 5 ",
        "- [x] \"",
        "[22/Nov/2026:10:00:00 +0000] \"",
        "[22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1 ",
        ", client: 1, server: ",
        "a=\"b ",
        "0.001, ",
        "{\"a\":\"\\x\",",
        ": [client ",
        "%40",
        "1.1.1.1, ",
        "\u{e9}",
        ": ",
        "é[",
        "|{",
        "} ",
        "a:b\t",
        "status=2 ",
        "a=\"\\\" ",
        "INFO:werkzeug:",
        "2026-11-22 10:00:00,123 INFO werkzeug: ",
        "[2026-11-22 10:00:00 +0000] [12] [INFO] ",
        "2026-11-22 10:00:00,123 INFO  [io.quarkus.http.access-log] (t) ",
        "[2026-11-22T10:00:00Z INFO  actix_web::middleware::logger] ",
        "I, [2026-11-22T10:00:00.123456 #12]  INFO -- : ",
        "2026-11-22T10:00:00+0000 [a.b#info] ",
        "[2026-11-22T10:00:00.123] [INFO] http - ",
        "error='",
        "web-1  | ",
        "2026-11-22T10:00:00.123456789Z stdout F ",
        "}:a{a=",
        "#033[",
        "\u{1b}[0m",
        "[a] ",
        "Completed 200 OK in ",
        "request_id=F1abcDEF12345678 [info] ",
    ];
    // What may be said of a request there: of which client, and with which status; nothing of what is none.
    let client = Some("127.0.0.1");
    type Said<'a> = (Option<&'a str>, &'a [Option<u16>]);
    let heads: [(&str, Option<Said<'_>>); 11] = [
        ("", None),
        ("{", None),
        ("2026/11/22 19:19:05 [error] 7#8: *9 ", None),
        ("[Sun Nov 22 19:19:05 2026] [error] ", None),
        (
            "127.0.0.1:1 [22/Nov/2026:10:00:00.395] web ok/ng 0/0/1/3/4 200 130 - - ---- 1/1/0/0/0 0/0 {",
            Some((client, &[Some(200)])),
        ),
        (
            "127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\" ",
            Some((client, &[Some(200)])),
        ),
        ("127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] \"", Some((client, &[None, Some(200)]))),
        ("host:127.0.0.1\t", None),
        ("method=GET path=\"/", None),
        ("2026-11-22T10:00:00.123456Z DEBUG a{a=", None),
        ("{\"level\":\"info\",\"message\":\"", None),
    ];
    let mut wrong = Vec::new();
    for piece in pieces {
        let tail = piece.repeat(64 * 1024 / piece.len());
        for (head, says) in heads {
            let line = format!("{head}{tail}");
            let event = Recogniser::default().decode(&line);
            let right = match (event.kind, says) {
                (Kind::Message, _) => event.message.as_deref() == Some(&*line),
                (Kind::Error, _) => event.status.is_none() && event.path.is_none(),
                (Kind::Access, None) => false,
                (Kind::Access, Some((client, statuses))) => {
                    event.remote_ip.as_deref() == client
                        && statuses.contains(&event.status)
                        && event.user.is_none()
                        && event.path.as_deref().is_none_or(|path| path.starts_with('/'))
                }
            };
            if !right {
                let said = brief(&event);
                wrong.push(format!("{head}|{piece}: {:.200}", said));
            }
        }
        let redacted = crate::decode::redact::query(&tail);
        assert_eq!(redacted, tail, "{piece} holds no secret");
        let masked = crate::decode::client::masked(&tail);
        assert_eq!(masked, crate::decode::client::masked(&masked), "{piece}");
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

proptest::proptest! {
    #[test]
    fn any_text_gives_an_event(line in "\\PC*", cut in 0usize..400, junk in "[\\[\\]\"\\\\ {}:,=#0-9a-z/é-]{0,40}") {
        let lines = [
            r#"h:1 127.0.0.1 - u [22/Nov/2026:10:00:00 +0000] "GET /x?y HTTP/1.1" 200 1 "-" "a" "1.1.1.1" rt=0.1 urt="0.1, 0.2""#,
            r#"{"time":"2026-11-22T10:00:00Z","request":{"uri":"/x\u00e9\x22","headers":{"A":["b"]}},"status":200,"rt":0.1, 0.2}"#,
            r#"2026/11/22 19:19:05 [error] 7#8: *9 a "b", client: 1.1.1.1, server: s, request: "GET / HTTP/1.1", host: "h""#,
            "[Sun Nov 22 19:19:05.1 2026] [core:error] [pid 1:tid 2] (2)No: [client 1.2.3.4:5] AH1: x, referer: r",
            r#"127.0.0.1:1 [22/Nov/2026:10:00:00.395] web ok/ng 0/0/1/3/4 200 130 - - ---- 1/1/0/0/0 0/0 {a/1} "GET / HTTP/1.1""#,
        ];
        let mut recogniser = Recogniser::default();
        let mut check = |line: &str, is_cut: bool| {
            let event = recogniser.decode(line);
            if event.kind == Kind::Message {
                proptest::prop_assert_eq!(event.message.as_deref(), Some(line));
                return Ok(());
            }
            // Who has read it reads the same when he is asked by name, and nobody else does.
            let readers: Vec<_> = FORMATS.iter().filter_map(|format| format.decode(line)).collect();
            proptest::prop_assert_eq!(readers.len(), 1, "{}", line);
            proptest::prop_assert_eq!(brief(&readers[0]), brief(&event), "{}", line);
            let client = event.remote_ip.as_deref();
            proptest::prop_assert!(client.is_none_or(|client| line.contains(client)), "{}", line);
            if is_cut {
                // Or what is left of it.
                let known = |client| ["127.0.0.1", "1.1.1.1", "1.2.3.4"].iter().any(|whole| whole.starts_with(client));
                proptest::prop_assert!(client.is_none_or(known), "{}", line);
                proptest::prop_assert!(matches!(event.status, None | Some(200 | 20 | 2)), "{}", line);
            }
            Ok(())
        };
        check(&line, false)?;
        for whole in lines {
            let mut at = cut.min(whole.len());
            while !whole.is_char_boundary(at) {
                at -= 1;
            }
            check(&whole[..at], true)?;
            check(&format!("{}{junk}{}", &whole[..at], &whole[at..]), false)?;
        }
        for text in [&line, &junk] {
            let redacted = crate::decode::redact::query(text);
            proptest::prop_assert_eq!(&crate::decode::redact::query(&redacted), &redacted);
            let canonical = crate::decode::client::canonical(text);
            proptest::prop_assert_eq!(&crate::decode::client::canonical(&canonical), &canonical);
            let masked = crate::decode::client::masked(text);
            proptest::prop_assert_eq!(&crate::decode::client::masked(&masked), &masked);
        }
    }
}

#[test]
fn an_url_in_a_path_names_no_host() {
    for (line, path, query) in [
        (
            " GET /login?next=https://b.example/c 200 in 12ms",
            "/login",
            Some("next=https://b.example/c"),
        ),
        ("  --> GET /proxy/https://b.example/c 200 12ms", "/proxy/https://b.example/c", None),
        (r#"[2026-11-22 10:00:00] INFO "GET /x://b.example/c" 302 12ms"#, "/x://b.example/c", None),
        ("GET /a?b=https://b.example/c 200 1.234 ms - 5", "/a", Some("b=https://b.example/c")),
    ] {
        let event = Recogniser::default().decode(line);
        assert_eq!(event.kind, Kind::Access, "{line}");
        let said = (event.path.as_deref(), event.query.as_deref(), event.host.as_deref());
        assert_eq!(said, (Some(path), query, None), "{line}");
        assert_eq!(event.scheme, None, "{line}");
    }
}

#[test]
fn an_agent_does_not_say_what_the_status_is() {
    let front = r#"203.0.113.9 - - 22/Nov/2026:10:00:00 +0000 "GET /admin HTTP/1.1" 404 512 "-" "#;
    for agent in [r#""" 200 ""#, r#"" 200 ""#, r#""\" 200 5 ""#] {
        for logger in ["", "2026-11-22 10:00:00,123 INFO  [io.quarkus.http.access-log] (t) "] {
            let line = format!("{logger}{front}{agent}");
            let event = Recogniser::default().decode(&line);
            assert!(matches!(event.status, None | Some(404)), "{line}: {:?}", event.status);
        }
    }
}

#[test]
fn what_a_job_has_done_is_no_request() {
    for line in [
        "Completed 500 files in 12m",
        "Completed 404 of them in 3s",
        "Completed 123 rows in 5ms (skipped 4)",
        "[Import] Completed 500 rows in 12ms",
        "I, [2026-11-22T10:00:00.123456 #12]  INFO -- : [Sidekiq] Completed 500 jobs in 12ms",
        "web-1  | Completed 500 rows in 12ms",
        "Completed 200 OK in 3s",
        "[debug] Sent 150 in 3s",
        "12:00:00.000 [notice] Chunked 300 in 4m",
    ] {
        assert_ne!(Recogniser::default().decode(line).kind, Kind::Access, "{line}");
    }
}

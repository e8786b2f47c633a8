//! Lines that nobody should send: any text gives an event, in time linear in its length.

use super::recognise::Recogniser;
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
    let heads = [
        "",
        "{",
        "2026/11/22 19:19:05 [error] 7#8: *9 ",
        "[Sun Nov 22 19:19:05 2026] [error] ",
        "127.0.0.1:1 [22/Nov/2026:10:00:00.395] web ok/ng 0/0/1/3/4 200 130 - - ---- 1/1/0/0/0 0/0 {",
        "127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\" ",
        "127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] \"",
        "host:127.0.0.1\t",
        "method=GET path=\"/",
        "2026-11-22T10:00:00.123456Z DEBUG a{a=",
        "{\"level\":\"info\",\"message\":\"",
    ];
    for piece in pieces {
        let tail = piece.repeat(64 * 1024 / piece.len());
        for head in heads {
            let line = format!("{head}{tail}");
            let _ = Recogniser::default().decode(&line);
        }
        let _ = crate::decode::redact::query(&tail);
        let _ = crate::decode::agent::classify(&tail);
        let _ = crate::decode::client::masked(&tail);
    }
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
        let event = recogniser.decode(&line);
        if event.kind == Kind::Message {
            proptest::prop_assert_eq!(event.message.as_deref(), Some(&*line));
        }
        for whole in lines {
            let mut at = cut.min(whole.len());
            while !whole.is_char_boundary(at) {
                at -= 1;
            }
            recogniser.decode(&whole[..at]);
            recogniser.decode(&format!("{}{junk}{}", &whole[..at], &whole[at..]));
        }
        let _ = crate::decode::redact::query(&line);
        let _ = crate::decode::redact::query(&junk);
        let _ = crate::decode::agent::classify(&line);
        let _ = crate::decode::client::canonical(&junk);
        let _ = crate::decode::client::masked(&line);
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

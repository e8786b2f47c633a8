//! F-058 to F-082: headers of RFC 3164 and RFC 5424, and what senders make of them.

use serde_json::{Value, json};

use crate::bench::Bench;
use crate::case::{Case, access, headed, udp};
use crate::common::material::time_3164;
use crate::report::Report;

pub(crate) fn run(report: &mut Report, bench: &mut Bench) {
    report.run(bench, priorities());
    report.run(bench, times());
    report.run(bench, names());
    report.run(bench, structured());
    report.run(bench, texts());
}

/// A header before an access line that is read whole whatever the header is like.
fn under(number: u16, what: &str, header: &str, expect: Value) -> Case {
    let path = format!("/header/{number}");
    let line = access(&format!("GET {path} HTTP/1.1"));
    let mut fields = json!({"path": path, "status": 200, "bytes": 5, "user_agent": "x"});
    fields.as_object_mut().unwrap().extend(expect.as_object().unwrap().clone());
    udp(number, what, format!("{header}{line}"), "1 counted").event(fields)
}

/// A header that no sender writes: the line under it fits no format, and is kept as a message. The
/// catalogue would look for a line behind it; where that began would be a guess, and a stranger's text
/// may stand there.
fn unread(number: u16, what: &str, header: &str) -> Case {
    udp(number, what, format!("{header}{}", access("GET /unread HTTP/1.1")), "1 unparsed")
}

fn priorities() -> Vec<Case> {
    let now = time_3164();
    let mut cases = Vec::new();
    // A PRI that can't be is none; the host behind it and the line stay what they are.
    for pri in ["<191>", "<0>", "<192>", "<999>", "<999999999>"] {
        let header = format!("{pri}{now} web-1 nginx: ");
        cases.push(under(58, pri, &header, json!({"source": "web-1/nginx"})));
    }
    for pri in ["<-1>", "<>", "<013>", "< 13>"] {
        let header = format!("{pri}{now} web-1 nginx: ");
        cases.push(under(59, pri, &header, json!({"source": "web-1/nginx"})));
    }
    let header = format!("<invld>{now} web-1 nginx: ");
    cases.push(under(60, "rsyslog's <invld>", &header, json!({"source": "web-1/nginx"})));
    let line = access("GET / HTTP/1.1");
    let digits = format!("<{}>{now} web-1 nginx: {line}", "9".repeat(60_000));
    cases.extend([
        udp(58, "60,000 digits", digits, "1 unparsed"),
        unread(59, "<13 and no end", &format!("<13{now} web-1 nginx: ")),
        unread(59, "<13>>", &format!("<13>>{now} web-1 nginx: ")),
        under(61, "no header", "", json!({"source": "127.0.0.1"})),
        under(61, "a PRI alone", "<190>", json!({"source": "127.0.0.1"})),
        udp(
            61,
            "a bare object",
            r#"{"status":204,"request":{"uri":"/bare","method":"GET"}}"#,
            "1 counted",
        )
        .event(json!({"path": "/bare", "status": 204})),
    ]);
    let iso = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ");
    for version in ["2", "99", "0"] {
        cases.push(under(62, version, &format!("<34>{version} {iso} h nginx - - - "), json!({})));
    }
    for version in ["99999999999", "-1"] {
        cases.push(unread(62, version, &format!("<34>{version} {iso} h nginx - - - ")));
    }
    cases
}

fn times() -> Vec<Case> {
    let day = chrono::Utc::now();
    let shapes = [
        (65, "a blank before the day", "%b %e %H:%M:%S"),
        (65, "a zero before the day", "%b %d %H:%M:%S"),
        (65, "the day alone", "%b %-d %H:%M:%S"),
        (66, "a year", "%b %d %Y %H:%M:%S"),
        (66, "a fraction", "%b %d %H:%M:%S%.3f"),
        (66, "ISO in its place", "%Y-%m-%dT%H:%M:%SZ"),
        (66, "ISO, microseconds", "%Y-%m-%dT%H:%M:%S%.6f+00:00"),
        (68, "no zone", "%Y-%m-%dT%H:%M:%S"),
        (68, "z", "%Y-%m-%dT%H:%M:%Sz"),
        (69, "nanoseconds", "%Y-%m-%dT%H:%M:%S%.9fZ"),
    ];
    let mut cases: Vec<Case> = shapes
        .iter()
        .map(|(number, what, shape)| {
            let header = format!("<190>{} web-1 nginx: ", day.format(shape));
            under(*number, what, &header, json!({}))
        })
        .collect();
    // What can't be is no time; the line's own counts, and the line does in any case.
    let wrong = [
        (64, "Feb 29 10:00:00"),
        (64, "2026-02-29T10:00:00Z"),
        (65, "nov 22 10:00:00"),
        (67, "Nov 22 10:00:60"),
        (67, "Nov 22 24:00:00"),
        (67, "Nov 22 10:60:00"),
        (68, "2026-11-22T10:00:00+9999"),
        (68, "2026-11-22T10:00:00+14:00"),
        (68, "2026-11-22T10:00:00-12:00"),
        (68, "2026-11-22T10:00:00+05:30"),
        (69, "0000-11-22T10:00:00Z"),
        (69, "1970-01-01T00:00:00Z"),
        (69, "9999-12-31T23:59:59Z"),
        (69, "2026-11-22T10:00:00.123456789012345678901234567890Z"),
        (63, "Dec 31 23:59:59"),
        (63, "Jan  1 00:00:01"),
    ];
    for (number, time) in wrong {
        cases.push(under(number, time, &format!("<190>{time} web-1 nginx: "), json!({})));
    }
    let not_times = [
        (65, "Nov. 22 10:00:00"),
        (65, "Dez 22 10:00:00"),
        (69, "10000-01-01T00:00:00Z"),
        (69, "-1"),
        (70, "Nov 22 10:00:00 CET"),
    ];
    for (number, time) in not_times {
        cases.push(unread(number, time, &format!("<190>{time} web-1 nginx: ")));
    }
    cases
}

fn names() -> Vec<Case> {
    let now = time_3164();
    let long = "h".repeat(300);
    let tag = "t".repeat(60);
    let header = |rest: &str| format!("<190>{now} {rest}");
    vec![
        under(71, "no host name", &header("nginx: "), json!({"source": "127.0.0.1/nginx"})),
        under(
            71,
            "HAProxy's, with its pid",
            &header("haproxy[14814]: "),
            json!({"source": "127.0.0.1/haproxy"}),
        ),
        under(71, "an empty host name", &header(" nginx: "), json!({"source": "127.0.0.1/nginx"})),
        under(
            72,
            "an address of IPv6",
            &header("2001:db8::7 nginx: "),
            json!({"source": "2001:db8::7/nginx"}),
        ),
        under(
            72,
            "a zone in it",
            &header("fe80::1%eth0 nginx: "),
            json!({"source": "fe80::1%eth0/nginx"}),
        ),
        under(72, "300 bytes", &header(&format!("{long} nginx: ")), json!({})),
        under(72, "a path", &header("../../etc nginx: "), json!({})),
        unread(72, "markup", &header("<script> nginx: ")),
        under(72, "control bytes", &header("a\x1b[2Jb\x07 nginx: "), json!({})),
        under(
            73,
            "no colon behind the tag",
            &header("web-1 nginx "),
            json!({"source": "web-1/nginx"}),
        ),
        under(73, "a long tag", &header(&format!("web-1 {tag}: ")), json!({})),
        under(73, "a[12]:", &header("web-1 a[12]: "), json!({"source": "web-1/a"})),
        unread(73, "a[", &header("web-1 a[ ")),
        unread(73, "[1]:", &header("web-1 [1]: ")),
        under(73, "an address for a tag", &header("web-1 10.0.0.1: "), json!({})),
    ]
}

fn structured() -> Vec<Case> {
    let iso = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let header = |data: &str| format!("<190>1 {iso} web-5 nginx 7 id {data} ");
    let many = "[a@1 b=\"c\"]".repeat(1000);
    let large = format!("[a b=\"{}\"]", "v".repeat(50_000));
    let params: String = (0..500).map(|i| format!(" k{i}=\"v\"")).collect();
    let mut cases = vec![
        // Not structured data: a line of its own that begins so.
        udp(
            74,
            "an object behind the tag",
            headed("web-1", r#"{"status":200,"uri":"/obj","method":"GET"}"#),
            "1 counted",
        )
        .event(json!({"path": "/obj", "status": 200})),
        udp(
            74,
            "a date in brackets behind the tag",
            headed("web-1", "[22/Nov/2026:10:00:00 +0000] x"),
            "1 unparsed",
        ),
        under(76, "NILVALUE everywhere", "<134>1 - - - - - - ", json!({"source": "127.0.0.1"})),
        udp(76, "fields are missing", "<134>1 -", "1 unparsed"),
        udp(76, "a PRI and nothing", "<134>", "1 unparsed"),
    ];
    let good = [
        "[a@1 b=\"c\"]",
        "[a@1 b=\"q\\\" r\\] s\\\\\"]",
        "[a][a]",
        "[=]",
        "[a b=\"\"]",
        &many,
        &large,
        &format!("[a{params}]"),
        "[timeQuality tzKnown=\"1\" isSynced=\"0\"]",
    ];
    for data in good {
        cases.push(under(75, clip(data), &header(data), json!({"source": "web-5/nginx"})));
    }
    // A number that jumps is the relay's own affair: it may restart, and several may share a name. The
    // catalogue would estimate a loss from it.
    for n in ["1", "900", "1"] {
        let data = format!("[meta sequenceId=\"{n}\"]");
        cases.push(under(81, &data, &header(&data), json!({"source": "web-5/nginx"})));
    }
    // Broken data are the beginning of the message, which then fits no format.
    for data in ["[", "[]", "[a b=\"c]", "[a b]", "[[a]]", "]"] {
        cases.push(unread(75, data, &header(data)));
    }
    cases
}

/// What a text may hold.
fn texts() -> Vec<Case> {
    let now = time_3164();
    let with_agent = |agent: &[u8]| -> Vec<u8> {
        let line = headed("web-1", &access("GET /text HTTP/1.1"));
        [&line.as_bytes()[..line.len() - 2], agent, b"\""].concat()
    };
    let iso = chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ");
    let agent = |number, what: &str, sent: &[u8], shown: &str| {
        let event = json!({"path": "/text", "status": 200, "user_agent": shown});
        udp(number, what, with_agent(sent), "1 counted").event(event)
    };
    vec![
        under(
            77,
            "a BOM before the message",
            &format!("<190>1 {iso} h nginx - - - \u{feff}"),
            json!({}),
        ),
        under(77, "a BOM before the PRI", &format!("\u{feff}<190>{now} web-1 nginx: "), json!({})),
        agent(77, "a BOM inside", "a\u{feff}b".as_bytes(), "a\u{feff}b"),
        agent(78, "bytes that are no UTF-8", b"bad\xff\xfe\x80", "bad\u{fffd}\u{fffd}\u{fffd}"),
        agent(78, "overlong", b"\xc0\xaf", "\u{fffd}\u{fffd}"),
        agent(78, "Latin-1", b"caf\xe9", "caf\u{fffd}"),
        agent(78, "half a surrogate", b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
        agent(79, "ESC", b"a\x1b[2Jb", "a\x1b[2Jb"),
        agent(79, "C1", "a\u{9b}b".as_bytes(), "a\u{9b}b"),
        agent(79, "bidi", "a\u{202e}b".as_bytes(), "a\u{202e}b"),
        agent(79, "zero width", "a\u{200b}b".as_bytes(), "a\u{200b}b"),
        agent(
            79,
            "100 marks",
            format!("a{}", "\u{301}".repeat(100)).as_bytes(),
            &format!("a{}", "\u{301}".repeat(100)),
        ),
        agent(80, "rsyslog's octal", b"a#033[2J", "a#033[2J"),
        // The relay's header around the server's: undone once, never again and again.
        under(
            82,
            "a header in a header",
            &format!("<190>{now} relay nginx: <190>{now} web-1 nginx: "),
            json!({}),
        ),
    ]
}

fn clip(text: &str) -> &str {
    &text[..text.len().min(40)]
}

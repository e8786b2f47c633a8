use proptest::prelude::*;

use super::*;
use crate::vocab::time::Millis;

/// What a header must give: host, app, pid, message.
type Parts<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>, &'a str);

/// Id of the element, name and value.
type Param<'a> = (&'a str, &'a str, &'a str);

fn parts<'a>(e: &Envelope<'a>) -> Parts<'a> {
    (e.hostname, e.app_name, e.proc_id, e.message)
}

#[track_caller]
fn check(line: &str, via: Via, expect: Parts<'_>) {
    let envelope = parse(line);
    assert_eq!((envelope.via, parts(&envelope)), (via, expect), "{line:?}");
}

const CLF: &str = r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-""#;

fn noon(h: u32, m: u32, s: u32, ms: u32) -> Option<Stamp> {
    Some(Stamp::Yearless { month: 11, day: 22, ms: ((h * 60 + m) * 60 + s) * 1000 + ms })
}

#[test]
fn the_usual_shapes_are_read_by_hand() {
    let cases: &[(&str, Parts<'_>)] = &[
        ("<190>Nov 22 10:00:00 vm nginx: hi", (Some("vm"), Some("nginx"), None, "hi")),
        ("<190>Nov 22 10:00:00 nginx: hi", (None, Some("nginx"), None, "hi")),
        ("<134>Nov  2 10:00:00 haproxy[14]: hi", (None, Some("haproxy"), Some("14"), "hi")),
        ("<134>Nov 22 10:00:00 h app[14]: ", (Some("h"), Some("app"), Some("14"), "")),
        ("<134>Nov 22 10:00:00.123 h app: hi", (Some("h"), Some("app"), None, "hi")),
        ("<134>2026-11-22T10:00:00.1Z h app: hi", (Some("h"), Some("app"), None, "hi")),
        ("<13>1 2026-11-22T10:00:00Z h app 7 - - hi", (Some("h"), Some("app"), Some("7"), "hi")),
        ("<13>1 - - - - - -", (None, None, None, "")),
    ];
    for (line, expect) in cases {
        check(line, Via::Fast, *expect);
    }
    let pri = parse("<190>Nov 22 10:00:00 vm nginx: hi");
    assert_eq!((pri.facility, pri.severity), (Some(23), Some(6)));
}

#[test]
fn a_line_without_a_header_comes_out_whole() {
    let lines = [
        CLF,
        r#"{"ts":1.5,"msg":"handled request"}"#,
        r#"2026/11/22 19:19:05 [error] 31#31: *1 open() "/x" failed (2: No such file or directory)"#,
        "[Sun Nov 22 10:00:00.123456 2026] [core:error] [pid 1:tid 2] AH00126: Invalid URI",
        r#"www.example.org:443 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5"#,
        r#"2001:db8::1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "-""#,
        "2026-11-22T10:00:00Z stdout F {\"a\":1}",
        "2026-11-22T10:00:00Z my-lb 192.0.2.1:2817 - -1 -1 -1 503 0 0 0 \"GET / HTTP/1.1\"",
        "2026-11-22 10:00:00 W3SVC1 GET / - 80 - 203.0.113.9",
        "1 2 3",
        "1 ",
        "1 - a b c d - e",
        "Foo 22 10:00:00 no such month",
        "",
    ];
    for line in lines {
        check(line, Via::Bare, (None, None, None, line));
        if line.starts_with("2026-11-22T") || line == "1 " || line.starts_with("1 - ") {
            continue; // behind a PRI these are headers
        }
        let with_pri = format!("<190>{line}");
        let envelope = parse(&with_pri);
        assert_eq!(parts(&envelope).3, line);
        assert_eq!(envelope.severity, Some(6));
    }
}

#[test]
fn a_time_and_a_tag_without_a_pri_are_no_columns_of_rfc_5424() {
    // What rsyslog's file format of today writes; the line's own blanks and dashes stand where
    // PROCID, MSGID and structured data would.
    let line = format!("2026-11-22T10:00:00.1+01:00 web-1 nginx: {CLF}");
    check(&line, Via::Repaired, (Some("web-1"), Some("nginx"), None, CLF));
    let line = format!("2026-11-22T10:00:00+00:00 web-1 haproxy[22]: {CLF}");
    check(&line, Via::Repaired, (Some("web-1"), Some("haproxy"), Some("22"), CLF));
    let line = "2026-11-22T10:00:00Z heroku[router]: at=info method=GET";
    check(line, Via::Repaired, (None, Some("heroku"), Some("router"), "at=info method=GET"));
    // A container's runtime writes no syslog.
    let line = format!("2026-11-22T10:00:00.123456789Z stdout F {CLF}");
    check(&line, Via::Bare, (None, None, None, &line));
}

#[test]
fn a_request_or_a_programs_words_behind_a_time_name_no_sender() {
    for line in [
        // Who asks for a page names no source.
        "2026-11-22T10:00:00Z GET /a 200 13 - 1.234 ms",
        "2026-11-22T10:00:00.123Z GET /a: 404 1.234 ms - 13",
        "2026-11-22T10:00:00Z OPTIONS * 200 13 - 1.234 ms",
        "2026-11-22T10:00:00Z GET http://a/: 404 1.234 ms - 13",
        // Nor is a level one's name.
        "2026-11-22T10:00:00.123456Z ERROR shop::pool: no pool",
        "2026-11-22T10:00:00.123456Z DEBUG request: tower_http::trace::on_response: a status=200",
        "2026-11-22T10:00:00Z WARN pool[7]: none",
        // Spring Boot pads its levels to five letters, and what stands behind looks like columns of RFC 5424.
        "2026-11-22T10:00:00.123+01:00  WARN 1 --- [shop] [nio-8080-exec-1] o.h.Helper : SQL Error: 0",
        "2026-11-22T10:00:00.123+01:00  INFO 1 --- [shop] [main] c.e.App : Started",
        "2026-11-22T10:00:00.123Z  INFO 1 --- [main] c.e.App : Started",
        "2026-11-22T10:00:00.123Z ERROR 1 --- [shop] [main] c.e.App : no",
        "2026-11-22T10:00:00.123Z shop WARN 1 - - no",
        "2026-11-22T10:00:00.123Z  shop 1 --- [main] no",
        "2026-11-22T10:00:00.123Z  WARN[7]: none",
        // Nine digits are a container engine's, and what stands behind them a program's words.
        "2026-11-22T10:00:00.123456789Z POST /a[1]: 200 13 - 1.234 ms",
        "2026-11-22T10:00:00.123456789Z user bob: signed in",
        "2026-11-22T10:00:00.123456789+01:00 web-1 nginx[7]: up",
    ] {
        check(line, Via::Bare, (None, None, None, line));
    }
    // A PRI before them says how loudly, and no more.
    for line in [
        "2026-11-22T10:00:00.123+01:00  WARN 1 --- [shop] [main] c.e.App : no",
        "2026-11-22T10:00:00.123+01:00 ERROR 1 --- [shop] [main] c.e.App : no",
        "2026-11-22T10:00:00Z WARN pool: none",
    ] {
        let with_pri = format!("<134>{line}");
        check(&with_pri, Via::Bare, (None, None, None, line));
        assert_eq!(parse(&with_pri).severity, Some(6));
    }
    for line in
        ["Nov 22 10:00:00 GET /a: 404 1.234 ms", "<190>Nov 22 10:00:00 GET /a: 404 1.234 ms"]
    {
        check(line, Via::Repaired, (None, None, None, "GET /a: 404 1.234 ms"));
    }
    // Nobody asks with the name of a host.
    let line = "2026-11-22T10:00:00.123456Z MAIL /USR/SBIN/CRON[7]: up";
    check(line, Via::Repaired, (Some("MAIL"), Some("/USR/SBIN/CRON"), Some("7"), "up"));
    let line = "<13>2026-11-22T10:00:00.123456789Z web-1 nginx[7]: up";
    check(line, Via::Fast, (Some("web-1"), Some("nginx"), Some("7"), "up"));
}

#[test]
fn a_process_behind_a_bare_pri_is_the_tag() {
    check("<15> openvpn[2499]: up", Via::Bare, (None, Some("openvpn"), Some("2499"), "up"));
    check("<15>nginx: up", Via::Bare, (None, None, None, "nginx: up"));
    check("<15>a b[1]: up", Via::Bare, (None, None, None, "a b[1]: up"));
}

#[test]
fn a_year_in_front_is_part_of_the_time() {
    let line = "<134>2026 Nov 22 10:00:00 fw-1 filter: up";
    check(line, Via::Repaired, (Some("fw-1"), Some("filter"), None, "up"));
    assert_eq!(parse(line).stamp, Some(Stamp::Local(Millis(1_795_341_600_000))));
    check("2026 Nov 22 10:00:00 up", Via::Bare, (None, None, None, "2026 Nov 22 10:00:00 up"));
}

#[test]
fn gunicorns_tag_needs_no_time() {
    let tag = "gunicorn.shop.app.access";
    check(&format!("<14>{tag}: [12] {CLF}"), Via::Bare, (None, Some(tag), Some("12"), CLF));
    let error = "<11>gunicorn.proc.error: [7] Invalid request from ip=192.0.2.1: x";
    let message = "Invalid request from ip=192.0.2.1: x";
    check(error, Via::Bare, (None, Some("gunicorn.proc.error"), Some("7"), message));
    for other in ["gunicorn.x.access: [] a", "gunicorn a b.access: [1] a", "nginx: [emerg] a"] {
        check(&format!("<14>{other}"), Via::Bare, (None, None, None, other));
    }
}

#[test]
fn a_file_of_syslog_lines_needs_no_pri() {
    let host = (Some("web-1"), Some("app"), Some("1"), "hi");
    check("Nov 22 10:00:00 web-1 app[1]: hi", Via::Fast, host);
    check("<13> Nov 22 10:00:00 web-1 app[1]: hi", Via::General, host);
    check("2026-11-22T10:00:00.5+01:00 web-1 app[1]: hi", Via::Repaired, host);
    let haproxy = "192.0.2.1:5 [22/Nov/2026:10:00:00.105] web app/a 0/0/1/2/3 200 5";
    let line = format!("2026-11-22T10:00:00+02:00 lb haproxy[5]: {haproxy}");
    check(&line, Via::Repaired, (Some("lb"), Some("haproxy"), Some("5"), haproxy));
    check("Nov 22 10:00:00 app: hi", Via::Fast, (None, Some("app"), None, "hi"));
    check(
        &format!("Nov 22 10:00:00 vm nginx: {CLF}"),
        Via::Fast,
        (Some("vm"), Some("nginx"), None, CLF),
    );
}

#[test]
fn a_journals_lines_are_read_in_each_time_that_journalctl_writes() {
    const TEN: i64 = 1_795_341_600_000;
    let utc = |ms: i64| Some(Stamp::Utc(Millis(TEN + ms)));
    let local = Some(Stamp::Local(Millis(TEN)));
    let cases = [
        ("Sun 2026-11-22 10:00:00 UTC", utc(0)),
        ("Sun 2026-11-22 11:00:00 CET", utc(0)),
        ("Sun 2026-11-22 12:00:00 CEST", utc(0)),
        ("Sun 2026-11-22 13:00:00 +03", utc(0)),
        ("Sun 2026-11-22 06:30:00 -0330", utc(0)),
        // Names that several zones have, or that nobody knows.
        ("Sun 2026-11-22 10:00:00 CST", local),
        ("Sun 2026-11-22 10:00:00 IST", local),
        ("Sun 2026-11-22 25:00:00 UTC", None),
        ("1795341600.123456", utc(123)),
    ];
    for (time, stamp) in cases {
        for message in [CLF, r#"{"status":200}"#, "[error] x: y", "<13>hi", ""] {
            let line = format!("{time} web-1 nginx[812]: {message}");
            check(&line, Via::Fast, (Some("web-1"), Some("nginx"), Some("812"), message));
            let envelope = parse(&line);
            assert_eq!((envelope.stamp, envelope.time), (stamp, time), "{line}");
        }
        let kernel = format!("{time} web-1 kernel: oom");
        check(&kernel, Via::Fast, (Some("web-1"), Some("kernel"), None, "oom"));
    }
}

#[test]
fn what_only_resembles_a_journals_line_comes_out_whole() {
    let lines = [
        // A host and a tag are asked for.
        "Sun 2026-11-22 10:00:00 UTC error: x",
        "Sun 2026-11-22 10:00:00 UTC",
        "Sun 2026-11-22 10:00:00 UTC web-1 said so",
        "Sun 2026-11-22 10:00:00 web-1 nginx[812]: no zone",
        "Sun 2026-11-22T10:00:00 UTC web-1 nginx[812]: x",
        "Son 2026-11-22 10:00:00 UTC web-1 nginx[812]: x",
        "1795341600.123456 nginx[812]: x",
        "1795341600.123456 web-1",
        "1795341600.123    12 203.0.113.9 TCP_MISS/200 5 GET http://a/ - HIER_DIRECT/a text/html",
        "1795341600.123 web-1 nginx[812]: x",
        "1795341600 web-1 nginx[812]: x",
        "1795341600.1234567 web-1 nginx[812]: x",
        "+795341600.123456 web-1 nginx[812]: x",
    ];
    for line in lines {
        check(line, Via::Bare, (None, None, None, line));
    }
}

#[test]
fn a_missing_hostname_is_not_taken_from_the_tag() {
    check("<13>Nov 22 10:00:00 root: hi", Via::Fast, (None, Some("root"), None, "hi"));
    let started = "<189>Nov 22 19:19:03  nginx: 2026/11/22 19:19:03 [notice] 1#1: start";
    let message = "2026/11/22 19:19:03 [notice] 1#1: start";
    check(started, Via::Repaired, (None, Some("nginx"), None, message));
}

#[test]
fn a_json_body_without_a_tag_is_not_torn() {
    let json = r#"{"remote_addr":"10.0.0.1", "status":200}"#;
    for head in ["<190>Nov 22 10:00:00 web1 ", "<190>Nov 22 10:00:00 web1  "] {
        check(&format!("{head}{json}"), Via::Repaired, (Some("web1"), None, None, json));
    }
    check(&format!("<190>Nov 22 10:00:00 {json}"), Via::Repaired, (None, None, None, json));
    check(
        &format!("<190>Nov 22 10:00:00 h nginx:{json}"),
        Via::Repaired,
        (Some("h"), Some("nginx"), None, json),
    );
}

#[test]
fn brackets_at_the_start_of_a_message_are_its_own() {
    for body in [r#"[id a="b"] rest"#, "[22/Nov/2026:10:00:00 +0000] x", "[core:error] x"] {
        let line = format!("<134>Nov 22 10:00:00 h app: {body}");
        check(&line, Via::Fast, (Some("h"), Some("app"), None, body));
        assert!(parse(&line).structured_data.is_empty());
    }
    let rsyslog = parse(r#"<46>Nov 22 10:00:00 h rsyslogd:  [origin software="rsyslogd"] start"#);
    assert_eq!(parts(&rsyslog), (Some("h"), Some("rsyslogd"), None, "start"));
    assert_eq!(rsyslog.structured_data[0].id, "origin");
}

#[test]
fn milliseconds_and_years_leave_host_and_tag_alone() {
    let expect = (Some("h"), Some("app"), None, "hi");
    let local = |ms: i64| Some(Stamp::Local(Millis(1_795_341_600_000 + ms)));
    let utc = |ms: i64| Some(Stamp::Utc(Millis(1_795_341_600_000 + ms)));
    let cases = [
        ("Nov 22 10:00:00.123", noon(10, 0, 0, 123)),
        ("nov 22 10:00:00", noon(10, 0, 0, 0)),
        ("Nov 22 2026 10:00:00", local(0)),
        ("Nov 22 2026 10:00:00.5", local(500)),
        ("Nov 22 10:00:00 2026", local(0)),
        ("2026-11-22T10:00:00", local(0)),
        ("2026-11-22T10:00:00.123456789Z", utc(123)),
        ("2026-11-22T19:00:00+09:00", utc(0)),
        ("2026-11-22T15:30:00+0530", utc(0)),
        ("2026-11-21T22:00:00.25-12:00", utc(250)),
        // A clock that is not set right is still a header.
        ("Nov 31 10:00:00", None),
        ("Nov 22 25:00:00", None),
        ("Nov 22 10:60:00", None),
        ("Nov 22 10:00:60", noon(10, 0, 59, 999)),
        ("2026-02-29T10:00:00Z", None),
        ("2026-11-22T10:00:00+9999", None),
    ];
    for (time, stamp) in cases {
        let line = format!("<134>{time} h app: hi");
        let envelope = parse(&line);
        assert_eq!((parts(&envelope), envelope.stamp), (expect, stamp), "{line}");
        assert_ne!(envelope.via, Via::Bare);
    }
    assert_eq!(parse("<134>2026-11-22T10:00:00.123456Z h a: x").fraction(), "123456");
    assert_eq!(parse("<134>Nov 22 10:00:00 h a: 1.5").fraction(), "");
}

#[test]
fn a_broken_rfc_5424_time_costs_the_time_only() {
    let cases = [
        ("2026-02-29T10:00:00Z", None),
        ("2026-11-31T10:00:00Z", None),
        ("2026-11-22T25:00:00Z", None),
        ("2016-12-31T23:59:60Z", Some(Stamp::Utc(Millis(1_483_228_799_999)))),
        ("2026-11-22T10:00:00", Some(Stamp::Local(Millis(1_795_341_600_000)))),
    ];
    for (time, stamp) in cases {
        let line = format!("<165>1 {time} h app 1 ID - hi");
        let envelope = parse(&line);
        assert_eq!(parts(&envelope), (Some("h"), Some("app"), Some("1"), "hi"), "{line}");
        assert_eq!((envelope.stamp, envelope.severity), (stamp, Some(5)), "{line}");
    }
}

#[test]
fn rfc_5424_without_its_data_or_its_last_columns_is_still_read() {
    let t = "<165>1 2026-11-22T10:00:00Z";
    let cases: &[(&str, Parts<'_>)] = &[
        (" h app 1 ID hi there", (Some("h"), Some("app"), Some("1"), "hi there")),
        (
            " h app 1 - [22/Nov/2026:10:00:00 +0000] x",
            (Some("h"), Some("app"), Some("1"), "[22/Nov/2026:10:00:00 +0000] x"),
        ),
        (" h app - - [open a=\"b hi", (Some("h"), Some("app"), None, "[open a=\"b hi")),
        (" h app 1", (Some("h"), Some("app"), Some("1"), "")),
        (" h", (Some("h"), None, None, "")),
        ("", (None, None, None, "")),
    ];
    for (rest, expect) in cases {
        check(&format!("{t}{rest}"), Via::Repaired, *expect);
    }
}

#[test]
fn structured_data_is_read_as_written_in_the_wild() {
    let line = |sd: &str| format!("<165>1 2026-11-22T10:00:00Z h app - - {sd} hi");
    let cases: &[(&str, &[Param<'_>])] = &[
        (r#"[a x="1" y="2"]"#, &[("a", "x", "1"), ("a", "y", "2")]),
        (r#"[a x="1"][a x="2"]"#, &[("a", "x", "1"), ("a", "x", "2")]),
        (r#"[a x="q\"b\\s\]n\t"]"#, &[("a", "x", r#"q"b\s]n\t"#)]),
        (r#"[a x="open ] end"]"#, &[("a", "x", "open ] end")]),
        (r#"[a x= "blank"]"#, &[("a", "x", "blank")]),
        (r#"[a x="trailing" ]"#, &[("a", "x", "trailing")]),
        ("[meta sequenceId=10]", &[("meta", "sequenceId", "10")]),
    ];
    for (sd, expect) in cases {
        let line = line(sd);
        let envelope = parse(&line);
        let got: Vec<_> = envelope
            .structured_data
            .iter()
            .flat_map(|e| e.params.iter().map(|(name, value)| (e.id, *name, value.as_ref())))
            .collect();
        assert_eq!(&got, expect, "{line}");
        assert_eq!(envelope.message, "hi", "{line}");
    }
    let many = "[a x=\"1\"]".repeat(1000);
    assert_eq!(parse(&line(&many)).structured_data.len(), 64);
}

#[test]
fn a_pri_that_cannot_be_gives_no_severity_and_loses_no_line() {
    for pri in ["<192>", "<999>", "<-1>", "<>", "<013>", "<invld>"] {
        let line = format!("{pri}Nov 22 10:00:00 h app: hi");
        let envelope = parse(&line);
        assert_eq!(parts(&envelope), (Some("h"), Some("app"), None, "hi"), "{line}");
        assert_eq!((envelope.facility, envelope.severity), (None, None), "{line}");
        let text = format!("{pri}hello world");
        check(&text, Via::Bare, (None, None, None, &text));
    }
    check("<13", Via::Bare, (None, None, None, "<13"));
    check("<13>hello world", Via::Bare, (None, None, None, "hello world"));
}

#[test]
fn a_byte_order_mark_and_terminators_are_not_text() {
    let hi = (Some("h"), Some("app"), None, "hi");
    check("\u{feff}<134>Nov 22 10:00:00 h app: hi\r\n", Via::Fast, hi);
    check("<13>1 2026-11-22T10:00:00Z h app - - - \u{feff}hi\0", Via::Fast, hi);
    check("<13>\u{feff}hi", Via::Bare, (None, None, None, "hi"));
}

#[test]
fn a_tag_is_told_by_its_colon_its_pid_or_its_name() {
    let cases: &[(&str, Parts<'_>)] = &[
        ("h root[85]:hi", (Some("h"), Some("root"), Some("85"), "hi")),
        ("h fluentd[11] [error] x", (Some("h"), Some("fluentd"), Some("11"), "[error] x")),
        ("h nginx 127.0.0.1 - x", (Some("h"), Some("nginx"), None, "127.0.0.1 - x")),
        (
            "h apache_error [Tue Jun 08] x",
            (Some("h"), Some("apache_error"), None, "[Tue Jun 08] x"),
        ),
        (
            "h 10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] x",
            (Some("h"), None, None, "10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] x"),
        ),
        (
            "h 2001:db8::1 - - [22/Nov/2026:10:00:00 +0000] x",
            (Some("h"), None, None, "2001:db8::1 - - [22/Nov/2026:10:00:00 +0000] x"),
        ),
        (
            "10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] x",
            (None, None, None, "10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] x"),
        ),
        (
            "10.0.0.1:59 [22/Nov/2026:10:00:00.5] web x",
            (None, None, None, "10.0.0.1:59 [22/Nov/2026:10:00:00.5] web x"),
        ),
        (
            "h 10.0.0.1:59 [22/Nov/2026:10:00:00.5] web x",
            (Some("h"), None, None, "10.0.0.1:59 [22/Nov/2026:10:00:00.5] web x"),
        ),
        ("win WinFileService Event: read", (Some("win"), None, None, "WinFileService Event: read")),
        (
            "--- last message repeated 1 time ---",
            (None, None, None, "--- last message repeated 1 time ---"),
        ),
        (
            "vm www.example.org 192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] x",
            (
                Some("vm"),
                None,
                None,
                "www.example.org 192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] x",
            ),
        ),
        ("2025/05/01 10:00:00 [error] x", (None, None, None, "2025/05/01 10:00:00 [error] x")),
        ("- - Starting", (None, None, None, "Starting")),
        ("fe80::1%eth0 a: hi", (Some("fe80::1%eth0"), Some("a"), None, "hi")),
        ("h", (Some("h"), None, None, "")),
        ("", (None, None, None, "")),
    ];
    let colons = (Some("h"), Some("my:app"), None, "hello");
    check("<13>Nov 22 10:00:00 h my:app: hello", Via::Fast, colons);
    for (rest, expect) in cases {
        check(&format!("<13>Nov 22 10:00:00 {rest}"), Via::Repaired, *expect);
    }
}

#[test]
fn a_router_sends_a_number_first_and_a_percent_sign_after() {
    let cases = [
        "<190>530470: *Nov 22 10:00:00.098: %SEC-6-LOG: denied",
        "<134>:Nov 22 10:00:00: %SEC-6-LOG: denied",
        "<166>Nov 22 2026 10:00:00: %SEC-6-LOG: denied",
    ];
    for line in cases {
        check(line, Via::Repaired, (None, None, None, "%SEC-6-LOG: denied"));
    }
}

#[test]
fn a_relays_header_around_another_is_taken_off_once() {
    let inner = "<134>Nov 22 09:59:59 web-1 nginx: hi";
    let line = format!("<13>Nov 22 10:00:00 relay fwd: {inner}");
    check(&line, Via::Fast, (Some("web-1"), Some("nginx"), None, "hi"));
    assert_eq!(parse(&line).facility, Some(16));
    let twice = format!("<13>Nov 22 10:00:00 a b: <13>Nov 22 10:00:00 relay fwd: {inner}");
    check(&twice, Via::Fast, (Some("relay"), Some("fwd"), None, inner));
    let text = "<13>Nov 22 10:00:00 vm nginx: <13>prio-prefixed";
    check(text, Via::Fast, (Some("vm"), Some("nginx"), None, "<13>prio-prefixed"));
}

#[test]
fn every_via_has_its_own_name() {
    let mut names = Via::ALL.map(Via::name);
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// It is known from its first bytes; who reads it whole finds no header either.
    #[test]
    fn no_header_begins_like_an_ipv4_address(line in r"[0-9]{1,3}\.([0-9. :A-Za-z\[\]<>{}-]|\PC){0,60}") {
        prop_assert!(begins_with_ipv4(&line));
        prop_assert_eq!(parse_once(&line), parse(&line));
    }

    /// `syslog_loose` is right about these shapes, so it must say the same.
    #[test]
    fn the_hand_written_reader_agrees_with_syslog_loose(
        pri in 0u8..192,
        (month, day) in ("Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec", 1u8..29),
        (h, m, s) in (0u8..24, 0u8..60, 0u8..60),
        host in "[a-z][a-z0-9.-]{0,20}",
        app in "[a-z][a-z0-9_/-]{0,20}",
        pid in "[1-9][0-9]{0,5}",
        message in "[a-zA-Z0-9\"(][ -~é]{0,60}[!-~]",
        shape in 0u8..4,
    ) {
        let date = format!("{month} {day:>2} {h:02}:{m:02}:{s:02}");
        let iso = format!("2026-11-{day:02}T{h:02}:{m:02}:{s:02}.{s:03}Z");
        let line = match shape {
            0 => format!("<{pri}>{date} {host} {app}[{pid}]: {message}"),
            1 => format!("<{pri}>{date} {host} {app}: {message}"),
            2 => format!("<{pri}>{iso} {host} {app}[{pid}]: {message}"),
            _ => format!("<{pri}>1 {iso} {host} {app} {pid} ID7 [a@1 k=\"v\"] {message}"),
        };
        let ours = parse(&line);
        prop_assert_eq!(ours.via, Via::Fast, "{}", line);
        let theirs = syslog_loose::parse_message_with_year_tz(
            &line, |_| 2026, Some(chrono::Utc), syslog_loose::Variant::Either);
        prop_assert_eq!(ours.hostname, theirs.hostname);
        prop_assert_eq!(ours.app_name, theirs.appname);
        prop_assert_eq!(ours.msg_id, theirs.msgid);
        prop_assert_eq!(ours.proc_id.map(str::to_owned), theirs.procid.map(|p| p.to_string()));
        prop_assert_eq!(ours.structured_data.len(), theirs.structured_data.len());
        prop_assert_eq!(ours.message, theirs.msg);
        prop_assert_eq!(ours.facility, theirs.facility.map(|f| f as u8));
        prop_assert_eq!(ours.severity, theirs.severity.map(|s| s as u8));
        let arrival = Millis(1_795_341_600_000);
        let near = ours.stamp.map(|stamp| match stamp {
            Stamp::Yearless { month, day, ms } => {
                crate::decode::stamp::days_from_civil(2026, month, day) * 86_400_000 + i64::from(ms)
            }
            stamp => crate::decode::stamp::resolve(stamp, arrival, 0).map_or(0, |at| at.0),
        });
        prop_assert_eq!(near, theirs.timestamp.map(|t| t.timestamp_millis()));
    }

    #[test]
    fn any_text_gives_an_envelope_of_its_own_slices(
        head in prop::sample::select(vec![
            "", "<13>", "<13>1 ", "<13>1 2026-11-22T10:00:00Z ", "<13>Nov 22 10:00:00 ",
            "<invld>Nov 22 10:00:00 h ", "<13>1 - h a p m [", "Nov 22 10:00:00 h a: <13>Nov ",
        ]),
        tail in r#"([ -~é\n]|[\[\]:="<>\\ -]){0,80}"#,
    ) {
        let line = format!("{head}{tail}");
        let envelope = parse(&line);
        let trimmed = line.trim_end_matches(['\n', '\r', '\0']);
        prop_assert!(trimmed.ends_with(envelope.message), "{:?} of {:?}", envelope.message, line);
        for text in [envelope.hostname, envelope.app_name, envelope.proc_id, envelope.msg_id] {
            prop_assert!(text.is_none_or(|t| !t.is_empty() && line.contains(t)));
        }
    }
}

#[test]
fn a_hostile_header_of_any_length_is_read_in_linear_time() {
    let long = 64 << 10;
    let bodies = [
        "[",
        "[a",
        "[a]",
        "[a b=\"",
        "[a b=\"c\"]",
        "\\\"",
        "<1>",
        ": ",
        "]:",
        "[1]",
        " ",
        ":",
        "a",
    ];
    let heads = [
        "",
        "<",
        "<1>",
        "<1>1 - h a p m ",
        "<1>2 - h a p m ",
        "<1>1 - ",
        "<1>Nov 22 10:00:00 ",
        "<1>Nov 22 10:00:00 h ",
        "<1>Nov 22 10:00:00 h a: ",
        "<1> nov 22 10:00:00 h a: ",
    ];
    for head in heads {
        for body in bodies {
            let line = format!("{head}{}", body.repeat(long / body.len()));
            let started = std::time::Instant::now();
            let envelope = parse(&line);
            assert!(line.len() >= envelope.message.len());
            let took = started.elapsed();
            assert!(took.as_secs() < 5, "{head:?} {body:?}: {took:?}");
        }
    }
}

#[test]
fn a_header_that_is_known_reads_as_one_that_is_new() {
    let first = "<190>Nov 22 10:00:00 web-1 nginx: 192.0.2.1 - -";
    let known = parse(first);
    let header = header(first, &known).expect("the usual shape");
    for message in
        ["", "x", "x\n", "\0\r\n", "{\"a\":1}", "é", "[origin x]", "<190>x", " x", "[a] b", ": "]
    {
        let line = format!("{header}{message}");
        let new = parse(&line);
        let Some(behind) = behind(header, &line) else { continue };
        assert_eq!(Envelope { message: behind, ..known.clone() }, new, "{line}");
    }
    for other in ["<190>Nov 22 10:00:01 web-1 nginx: x", "<190>Nov 22 10:00:00 web-1 nginx:", ""] {
        assert_eq!(behind(header, other), None);
    }
    for none in [
        "no header",
        "<190>1 2026-11-22T10:00:00Z web-1 nginx 1 - - x",
        "<190>Nov 22 10:00:00 web-1 nginx:",
        "<13>Nov 22 10:00:00 relay fwd: <190>Nov 22 10:00:00 web-1 nginx: x",
        "Nov 22 10:00:00 web-1 nginx: x",
    ] {
        assert_eq!(super::header(none, &parse(none)), None, "{none}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever asks for a page makes no source of it.
    #[test]
    fn what_a_client_asks_for_does_not_say_who_sent_the_line(
        front in prop::sample::select(vec![
            "",
            "2026-11-22T10:00:00Z ",
            "2026-11-22T10:00:00.123+01:00 ",
            "2026-11-22T10:00:00.123456789Z ",
            "Nov 22 10:00:00 ",
            "2026-11-22T10:00:00+00:00 web-1 node[7]: ",
            "2026-11-22T10:00:00+00:00 web-1 node: ",
            "Nov 22 10:00:00 web-1 node[7]: ",
            "<190>Nov 22 10:00:00 web-1 node: ",
            "<190>Nov 22 10:00:00 node: ",
            "<190>1 2026-11-22T10:00:00Z web-1 node 7 - - ",
        ]),
        (before, behind) in prop::sample::select(vec![
            ("GET ", " 200 1.234 ms - 13"),
            ("GET ", " 200 13 - 1.234 ms"),
            ("M-SEARCH ", " 200 13 - 1.234 ms"),
            ("::1 - GET ", " HTTP/1.1 200 13 - 1.234 ms"),
            ("  --> GET ", " 200 12ms 1.2kb"),
            ("203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] \"GET ", " HTTP/1.1\" 200 13"),
            ("[22/Nov/2026 10:00:00] \"GET ", " HTTP/1.1\" 200 13"),
            ("INFO:     203.0.113.9:5 - \"GET ", " HTTP/1.1\" 200 OK"),
            ("[GIN] 2026/11/22 - 10:00:00 | 200 | 1.2ms | 203.0.113.9 | GET \"", "\""),
        ]),
        path in r#"/([a-z:/\[\]=|<>{}().?*+%-]|[0-9]|\]:|\[1\]:){0,12}"#,
    ) {
        let who = |path: &str| {
            let line = format!("{front}{before}{path}{behind}");
            let envelope = parse(&line);
            let name = |name: Option<&str>| name.map(str::to_owned);
            (name(envelope.hostname), name(envelope.app_name), name(envelope.proc_id))
        };
        prop_assert_eq!(who(&path), who("/a"));
    }
}

//! What a source is told to be, over mixed, changed, garbled and hostile lines.

use proptest::prelude::*;

use super::*;

const COMBINED: &str =
    r#"192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8.11.0""#;
const VHOST: &str = r#"shop.example.org:80 192.0.2.7 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "curl/8.11.0""#;
const JSON: &str = r#"{"remote_addr":"192.0.2.7","status":200,"uri":"/"}"#;
const ERROR: &str = "2026/11/22 19:19:05 [error] 7#8: *9 broken";
const PROSE: &str = "starting workers";
const SQUID: &str = "1795341600.123    250 192.0.2.7 TCP_MISS/200 5120 GET http://example.org/ - HIER_DIRECT/203.0.113.1 text/html";

/// The changes that are told of while these lines come, each so many times.
fn told(recogniser: &mut Recogniser, lines: &[(&str, usize)]) -> Vec<(&'static str, &'static str)> {
    let mut told = Vec::new();
    for &(line, times) in lines {
        for _ in 0..times {
            recogniser.decode(line);
            told.extend(recogniser.drifted());
        }
    }
    told
}

fn counts(recogniser: &Recogniser) -> Vec<(&'static str, u64)> {
    recogniser.counts().collect()
}

#[test]
fn a_mixed_source_keeps_its_format_and_does_not_drift() {
    let mut recogniser = Recogniser::default();
    assert_eq!(recogniser.format(), None);
    let mixed: Vec<_> = [(ERROR, 1), (COMBINED, 2)].repeat(667);
    assert_eq!(told(&mut recogniser, &mixed), []);
    assert_eq!(told(&mut recogniser, &[(ERROR, 150)]), []);
    assert_eq!(recogniser.format(), Some("combined"));
    assert_eq!(counts(&recogniser), [("combined", 1334), ("nginx_error", 817)]);
}

#[test]
fn a_changed_format_is_told_once_and_one_that_nothing_fits_too() {
    let mut recogniser = Recogniser::default();
    let lines =
        [(COMBINED, 500), (JSON, 99), (COMBINED, 1), (JSON, 2000), (PROSE, 200), (COMBINED, 150)];
    assert_eq!(
        told(&mut recogniser, &lines),
        [("combined", "json"), ("json", "message"), ("message", "combined")]
    );
    let mut elsewhere = Recogniser::default();
    elsewhere.decode(PROSE);
    assert_eq!(counts(&elsewhere), [("message", 1)]);
}

#[test]
fn a_change_and_its_way_back_are_told_and_what_goes_to_and_fro_is_mixed() {
    let mut recogniser = Recogniser::default();
    let there_and_back = [(COMBINED, 300), (JSON, 300), (COMBINED, 300)];
    assert_eq!(
        told(&mut recogniser, &there_and_back),
        [("combined", "json"), ("json", "combined")]
    );
    assert_eq!(told(&mut recogniser, &[(JSON, 300), (COMBINED, 300)].repeat(100)), []);
    // The one that goes for good is told again.
    assert_eq!(told(&mut recogniser, &[(SQUID, 5000)]), [("combined", "squid")]);
}

#[test]
fn whoever_changes_a_source_on_purpose_is_told_of_ever_more_seldom() {
    let mut recogniser = Recogniser::default();
    let mut changes = 0;
    // Just as many lines as it takes, a hundred thousand of them.
    let (mut sent, mut mine, mut line) = (0, 0, COMBINED);
    while sent < 100_000 {
        recogniser.decode(line);
        sent += 1;
        mine += 1;
        if recogniser.drifted().is_some() || (changes == 0 && mine == 20) {
            changes += 1;
            mine = 0;
            line = if line == COMBINED { JSON } else { COMBINED };
        }
    }
    assert!(changes < 20, "{changes}");
}

#[test]
fn a_first_guess_that_few_lines_made_is_corrected_without_a_word() {
    let w3c = "2026-11-22 10:00:00 192.0.2.1 GET /a - 80 - 192.0.2.7 curl/8.11.0 - 200 0 0 12";
    for (first, then, format) in
        [(COMBINED, VHOST, "vhost_combined"), (JSON, COMBINED, "combined"), (COMBINED, w3c, "w3c")]
    {
        let mut recogniser = Recogniser::default();
        assert_eq!(told(&mut recogniser, &[(first, 10), (then, 700)]), [], "{format}");
        assert_eq!(recogniser.format(), Some(format));
        assert_eq!(told(&mut recogniser, &[(PROSE, 100)]), [(format, "message")]);
    }
}

#[test]
fn a_banner_and_a_notice_before_the_first_request_settle_nothing() {
    let haproxy = r#"192.0.2.7:51000 [22/Nov/2026:10:00:00.123] web~ app/one 0/0/1/20/21 200 512 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#;
    let mut recogniser = Recogniser::default();
    let lines = [
        (PROSE, 150),
        ("Proxy web started.", 1),
        ("Server app/one is UP, reason: Layer4 check passed.", 3),
        (haproxy, 200),
    ];
    assert_eq!(told(&mut recogniser, &lines), []);
    assert_eq!(recogniser.format(), Some("haproxy_http"));
}

#[test]
fn w3c_lines_before_their_header_are_read_and_after_it_by_it() {
    let mut recogniser = Recogniser::default();
    let fields = "#Fields: date time cs-method cs-uri-stem sc-status time-taken";
    let line = "2026-11-22 10:00:00 GET /a 404 7";
    let lines = [(line, 3), (fields, 1), (line, 200)];
    assert_eq!(told(&mut recogniser, &lines), []);
    let event = recogniser.decode(line);
    assert_eq!((event.format, event.status), ("w3c", Some(404)));
}

#[test]
fn no_client_can_make_a_source_drift() {
    // What reaches a log of requests that are none, as nginx and Apache write them.
    let garbage = [
        r#"\x16\x03\x01\x02\x00\x01\x00"#,
        r#"GET /?q=\x22 HTTP/1.1\x22 200 5 \x22-\x22 HTTP/1.1"#,
        r#"{\x22status\x22:200}"#,
        r#"GET / HTTP/1.1\" 200 1 \"-\" \"-"#,
        "",
        "-",
        "\\x0A2026/11/22 19:19:05 [error] 7#8: *9 broken",
    ];
    let mut recogniser = Recogniser::default();
    assert_eq!(told(&mut recogniser, &[(COMBINED, 20)]), []);
    for request in garbage {
        let line = format!(
            r#"203.0.113.66 - - [22/Nov/2026:10:00:00 +0000] "{request}" 400 150 "-" "x \x22y""#
        );
        assert_eq!(recogniser.decode(&line).format, "combined", "{line}");
        assert_eq!(told(&mut recogniser, &[(&line, 500)]), [], "{line}");
    }
    assert_eq!(recogniser.format(), Some("combined"));
}

#[test]
fn requests_that_are_none_are_of_their_servers_format() {
    for (usual, garbage) in [
        (
            r#"192.0.2.7:51000 [22/Nov/2026:10:00:00.123] web~ app/one 0/0/1/20/21 200 512 - - ---- 1/1/0/0/0 0/0 "GET / HTTP/1.1""#,
            r#"203.0.113.66:51000 [22/Nov/2026:10:00:00.123] web web/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>""#,
        ),
        (
            JSON,
            r#"{"remote_addr":"203.0.113.66","status":400,"request":"\u0016\u0003 {\"status\":200}","uri":""}"#,
        ),
        (
            SQUID,
            "1795341600.123      0 203.0.113.66 NONE_NONE/400 3900 - error:invalid-request - HIER_NONE/- text/html",
        ),
    ] {
        let mut recogniser = Recogniser::default();
        let format = recogniser.decode(usual).format;
        assert_eq!(told(&mut recogniser, &[(usual, 50), (garbage, 500)]), [], "{garbage}");
        assert_eq!(recogniser.decode(garbage).format, format);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Two formats on one socket, one line in `rare` of the rarer one, in any order.
    #[test]
    fn what_keeps_coming_is_neither_lost_nor_told_as_drift(
        rare in 1_usize..400,
        pair in prop::sample::select(vec![(COMBINED, ERROR), (COMBINED, JSON), (JSON, COMBINED), (JSON, SQUID)]),
        seed: u64,
    ) {
        let mut recogniser = Recogniser::default();
        let (mut often, mut seldom) = (0, 0);
        let mut random = seed | 1;
        for _ in 0..20_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let line = if ((random >> 33) as usize).is_multiple_of(rare + 1) { seldom += 1; pair.1 } else { often += 1; pair.0 };
            prop_assert_ne!(recogniser.decode(line).kind, Kind::Message);
            prop_assert_eq!(recogniser.drifted(), None);
        }
        let mut seen: Vec<u64> = recogniser.counts().map(|(_, lines)| lines).collect();
        seen.sort_unstable();
        let mut sent: Vec<u64> = [often, seldom].into_iter().filter(|&n| n > 0).collect();
        sent.sort_unstable();
        prop_assert_eq!(seen, sent);
    }
}

//! F-001 to F-040: what comes over a stream, cut into frames or refused.

use std::io::Write;

use serde_json::json;

use crate::bench::Bench;
use crate::canary::Cut;
use crate::case::{Case, bytewise, counted, good, reset, tcp, until_closed};
use crate::common::until;
use crate::common::wire::{connect, noise};
use crate::report::Report;

pub(crate) fn run(report: &mut Report, bench: &mut Bench) {
    report.run(bench, counts());
    report.run(bench, lengths());
    report.run(bench, ends());
    report.run(bench, strangers());
    report.tries(29, "what was refused is told, and seldom", bench, |bench| {
        let log = bench.tapline.log();
        for hint in
            ["compressed syslog is not read", "TLS came to a port", "HTTP request came to a syslog"]
        {
            assert!((1..=5).contains(&log.matches(hint).count()), "{hint}: {log}");
        }
    });
    let both = "<190>multi\nline\0";
    let nul = "[tcp]\nframing = \"nul\"\n";
    report.on_a_server_cut(Cut::Nul, nul, |report, bench| {
        report.run(bench, [tcp(21, "LF inside, and the listener says NUL", both, "1 unparsed")]);
    });
    // A listener that is told counts takes a line for what breaks them.
    report.on_a_server_cut(Cut::Octet, "[tcp]\nframing = \"octet\"\n", |report, bench| {
        let (line, one) = (good("/octet"), counted(&good("/octet")));
        let bytes = format!("{one}{line}\n{one}");
        report.run(
            bench,
            [tcp(13, "counted, LF, counted, where counts are told", bytes, "2 counted, 1 framing")],
        );
    });
    // A part that is never whole ends its connection; silence between lines is legal for hours.
    report.on_a_server("[tcp]\npartial_timeout = \"200 ms\"\n", |report, bench| {
        let mut idle = connect(bench.tapline.tcp);
        writeln!(idle, "{}", good("/idle")).unwrap();
        until("its line", || (bench.tapline.requests("path:/idle") == 1).then_some(()));
        let part = format!("{}\n<190>Nov", good("/silent"));
        report.run(bench, [until_closed(26, "silence inside", part, "1 counted, 1 incomplete")]);
        report.tries(26, "silence between", bench, |bench| {
            writeln!(idle, "{}", good("/idle/later")).unwrap();
            until("its line", || (bench.tapline.requests("path:/idle/later") == 1).then_some(()));
        });
    });
}

/// Octet counts, right and wrong.
fn counts() -> Vec<Case> {
    let line = good("/framing");
    let (one, length) = (counted(&line), line.len());
    vec![
        tcp(1, "two counted, nothing between", format!("{one}{one}"), "2 counted"),
        tcp(2, "LF inside the count", format!("{} {line}\n{one}", length + 1), "2 counted"),
        tcp(2, "CRLF inside the count", format!("{} {line}\r\n{one}", length + 2), "2 counted"),
        tcp(
            3,
            "a count too small",
            format!("5 {line}\n{line}\n"),
            "1 unparsed, 1 framing, 1 counted",
        ),
        tcp(4, "a count too large, then the end", format!("9999 {line}\n{line}\n"), "1 incomplete"),
        tcp(
            5,
            "11 digits are no count",
            format!("99999999999 {line}\n{line}\n"),
            "1 unparsed, 1 counted",
        ),
        tcp(
            6,
            "800 zeros",
            format!("{}200000 {line}\n{line}\n", "0".repeat(800)),
            "1 unparsed, 1 counted",
        ),
        tcp(
            7,
            "beyond u64",
            format!("18446744073709551616 {line}\n{line}\n"),
            "1 unparsed, 1 counted",
        ),
        tcp(7, "beyond u32", format!("4294967296 {line}\n{line}\n"), "1 unparsed, 1 counted"),
        tcp(7, "beyond i32", format!("2147483648 {line}\n{line}\n"), "1 unparsed, 1 counted"),
        tcp(
            8,
            "a count above the limit",
            [b"300000 <".to_vec(), vec![b'A'; 299_999], one.clone().into()].concat(),
            "1 oversize, 1 counted",
        ),
        tcp(
            9,
            "counts of nothing",
            format!("{}{line}\n", "0 <134>x\n".repeat(500)),
            "500 framing, 1 counted",
        ),
        tcp(9, "nothing but zeros", "0 ".repeat(5000), "1 unparsed"),
        tcp(10, "-5", format!("-5 {line}\n{line}\n"), "1 unparsed, 1 counted"),
        tcp(10, "+5", format!("+5 {line}\n{line}\n"), "1 unparsed, 1 counted"),
        tcp(10, "blanks before a count", format!(" {one}{one}"), "2 counted"),
        tcp(10, "digits of another script", format!("٥ {line}\n{line}\n"), "1 unparsed, 1 counted"),
        tcp(11, "leading zeros", format!("{length:07} {line}{one}"), "2 counted"),
        tcp(
            12,
            "no space behind the count",
            format!("{length}{line}\n{line}\n"),
            "1 unparsed, 1 counted",
        ),
        tcp(13, "counted, LF, counted", format!("{one}{line}\n{one}"), "3 counted"),
        tcp(
            14,
            "a line that begins with digits",
            format!("200 1234 GET /x\n{line}\n"),
            "1 unparsed, 1 counted",
        ),
        tcp(15, "232>1 zork", format!("232>1 zork\n{line}\n"), "1 unparsed, 1 counted"),
        bytewise(16, "byte by byte", format!("{one}{line}\n"), "2 counted"),
    ]
}

/// Long frames: 256 KiB are taken, a longer one is refused whole. (The catalogue would keep its head;
/// half a line must not pass for one.) The connection lives on: a bad frame never ends it.
fn lengths() -> Vec<Case> {
    let line = good("/lengths");
    // A message of so many bytes.
    let long = |length: usize| {
        let bare = good("/");
        bare.replace("GET /", &format!("GET /{}", "a".repeat(length - bare.len())))
    };
    let mut cases = vec![
        bytewise(17, "64 KiB byte by byte", format!("{}\n{line}\n", long(64 << 10)), "2 counted"),
        tcp(
            19,
            "a line of 64 MiB",
            [vec![b'A'; 64 << 20], format!("\n{line}\n").into()].concat(),
            "1 oversize, 1 counted",
        ),
        tcp(39, "10,000 frames at once", format!("{line}\n").repeat(10_000), "10000 counted"),
    ];
    for length in [(64 << 10) - 1, 64 << 10, (64 << 10) + 1, 256 << 10] {
        let bytes = format!("{}\n{line}\n", long(length));
        cases.push(tcp(18, &format!("{length} bytes"), bytes, "2 counted"));
    }
    let bytes = format!("{}\n{line}\n", long((256 << 10) + 1));
    cases.push(tcp(18, "one byte too many", bytes, "1 oversize, 1 counted"));
    cases
}

/// Terminators, and ends of streams.
fn ends() -> Vec<Case> {
    let line = good("/ends");
    let (one, whole) =
        (counted(&line), json!({"path": "/ends", "status": 200, "bytes": 5, "user_agent": "x"}));
    let mut cases: Vec<Case> = ["\n", "\r\n", "\0", "\n\0", "\n\r", "\r\n\0"]
        .iter()
        .map(|end| {
            let bytes = format!("{line}{end}").repeat(3);
            tcp(20, &format!("lines that end in {end:?}"), bytes, "3 counted").event(whole.clone())
        })
        .collect();
    let trace = "[Sun Nov 22 10:00:00 2026] [php:error] [pid 7] [client 192.0.2.1:5] PHP Fatal error:  x\n\
                 Stack trace:\n  #0 /srv/a.php(3): f()\n";
    cases.extend([
        tcp(21, "LF inside what ends at NUL", "<190>multi\nline\0", "2 unparsed"),
        tcp(22, "a million blank lines", "\n".repeat(1_000_000), ""),
        tcp(23, "no LF at the end", format!("{line}\n{line}"), "2 counted"),
        reset(
            24,
            "a reset inside a line",
            format!("{line}\n{}", &line[..40]),
            "1 counted, 1 incomplete",
        ),
        tcp(25, "only a count", "12345", "1 incomplete"),
        tcp(25, "a count and a part", "100 <134>abc", "1 incomplete"),
        tcp(27, "a stack trace", format!("{trace}{line}\n"), "2 counted, 2 unparsed"),
        tcp(
            28,
            "LF inside a counted frame",
            format!("15 <134>a\nb\nc\nd e\n{one}"),
            "1 unparsed, 1 counted",
        ),
    ]);
    cases
}

/// Other protocols at the wrong door: what can't be syslog is closed, and told by name.
fn strangers() -> Vec<Case> {
    let line = good("/strangers");
    let one = counted(&line);
    let zipped = [b"12 z\x78\xda".to_vec(), vec![7; 9], one.clone().into()].concat();
    let proxy =
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\x7f\0\0\x01\x7f\0\0\x01\x12\x34\x02\x02".to_vec();
    let mut cases = vec![
        tcp(29, "a zipped frame", zipped, "1 compressed, 1 counted"),
        until_closed(
            31,
            "a TLS hello",
            b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03".to_vec(),
            "1 tls_on_plain",
        ),
        until_closed(33, "a GET", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "1 http_on_syslog"),
        until_closed(
            33,
            "a POST of a page",
            "POST /api HTTP/1.1\r\n\r\n<190>forged",
            "1 http_on_syslog",
        ),
        // Nothing asks for a PROXY header here, so it is a line that fits no format, and no line is
        // lost for it; the binary one has no LF and takes the first line with it, kept as a message.
        tcp(
            34,
            "PROXY v1",
            format!("PROXY TCP4 192.0.2.1 192.0.2.2 5 6\r\n{line}\n"),
            "1 unparsed, 1 counted",
        ),
        tcp(34, "PROXY v2", [proxy, format!("{line}\n{line}\n").into()].concat(), "*"),
        tcp(40, "noise", noise(1 << 20), "*"),
    ];
    let zips: [(&str, &[u8]); 5] = [
        ("78 01", b"\x78\x01"),
        ("78 9c", b"\x78\x9c"),
        ("78 da", b"\x78\xda"),
        ("gzip", b"\x1f\x8b"),
        ("zstd", b"\x28\xb5\x2f\xfd"),
    ];
    for (name, start) in zips {
        let bytes = [start, &noise(1000)].concat();
        cases.push(until_closed(30, &format!("a packed stream, {name}"), bytes, "1 compressed"));
    }
    cases
}

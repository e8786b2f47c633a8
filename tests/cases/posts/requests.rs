//! Requests that break HTTP/1.1 or take their time.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::bench::Bench;
use crate::case::good;
use crate::common::until;
use crate::common::wire::{ask, connect};
use crate::report::Report;

pub(super) fn run(report: &mut Report, bench: &mut Bench) {
    let host = bench.tapline.http.to_string();
    for (number, what, request, statuses) in refused(&host) {
        report.tries(number, &what, bench, |bench| {
            let before = bench.counts(&host);
            let answer = ask(bench.tapline.http, &request);
            let status = answer.get(9..12).unwrap_or("none");
            assert!(statuses.contains(&status), "{answer}");
            assert_eq!(bench.counts(&host), before, "nothing of it counts");
        });
    }
    report.tries(126, "a thousand requests at once", bench, pipelined);
    report.tries(121, "announced as 100 MB", bench, announced_too_large);
    report.tries(121, "grown beyond 16 MiB", bench, grown_too_large);
    report.tries(124, "a body that breaks off", bench, broken_off);
    report.tries(131, "no more to say, but waiting", bench, half_closed);
    report.tries(131, "gone before the answer", bench, gone_before_the_answer);
    report.tries(134, "an upgrade to HTTP/2 is not taken", bench, |bench| {
        let upgrade = format!(
            "GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade, HTTP2-Settings, close\r\n\
             Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n"
        );
        let answer = ask(bench.tapline.http, &upgrade);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    });
    let hasty = "[http]\nheader_timeout = \"300 ms\"\nbody_timeout = \"1 s\"\n";
    report.on_a_server(hasty, |report, bench| {
        report.tries(126, "a head that does not end", bench, |bench| {
            let mut stream = connect(bench.tapline.http);
            stream.write_all(b"GET /healthz HTTP/1.1\r\nHo").unwrap();
            // An answer or none: what matters is that its place is free.
            let _ = stream.read_to_end(&mut Vec::new()).expect("closed");
        });
        report.tries(126, "a body that does not end", bench, |bench| {
            let head = format!("POST /api/v1/logs HTTP/1.1\r\nHost: {}\r\nContent-Length: 100\r\n\r\n{{", bench.tapline.http);
            let answer = ask(bench.tapline.http, &head);
            assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        });
        report.tries(125, "chunks that do not end", bench, |bench| {
            let head = format!("POST /api/v1/logs HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n", bench.tapline.http);
            let answer = ask(bench.tapline.http, &head);
            assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
        });
    });
}

/// Whole requests, and the statuses one of which is answered before the end of the connection.
fn refused(host: &str) -> Vec<(u16, String, String, &'static [&'static str])> {
    let post = |headers: &str, body: &str| {
        format!(
            "POST /api/v1/logs HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n{body}"
        )
    };
    let get = |headers: &str| {
        format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n")
    };
    let chunked = |body: &str| post("Transfer-Encoding: chunked\r\n", body);
    let many: String = (0..150).map(|i| format!("X-{i}: y\r\n")).collect();
    // Twice hyper's buffer: what one read brings is parsed even above the limit.
    let long = format!("X: {}\r\n", "y".repeat(80 * 1024));
    let mut all: Vec<(u16, String, String, &'static [&'static str])> = Vec::new();
    for length in ["-1", "+5", "5, 6", "abc", "18446744073709551616", "5\r\nContent-Length: 6"] {
        let request = post(&format!("Content-Length: {length}\r\n"), "{\"a\":1}");
        all.push((124, format!("Content-Length: {length:?}"), request, &["400"]));
    }
    let both = post("Content-Length: 5\r\nTransfer-Encoding: gzip, identity\r\n", "{\"a\":1}");
    all.push((124, "a length and an encoding that is not chunked".into(), both, &["400"]));
    for (what, body) in [
        ("no number", "zz\r\n"),
        ("too large", "fffffffffffffffff\r\n"),
        ("no end", "5\r\nhello!!\r\n"),
    ] {
        all.push((125, format!("a chunk: {what}"), chunked(body), &["400"]));
    }
    let extension = format!("1;{}\r\n{{\r\n0\r\n\r\n", "x".repeat(1 << 20));
    all.push((125, "an extension of 1 MiB".into(), chunked(&extension), &["400"]));
    all.extend([
        (127, "150 headers".into(), get(&many), &["431"] as &'static [&'static str]),
        (127, "a header of 80 KiB".into(), get(&long), &["431"]),
        (127, "NUL in a header".into(), get("X: a\0b\r\n"), &["400"]),
        (127, "a folded header".into(), get("X: a\r\n b\r\n"), &["400"]),
        (
            134,
            "HTTP/2's preface".into(),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into(),
            &["none", "505"],
        ),
        (134, "HTTP/3".into(), format!("GET / HTTP/3.0\r\nHost: {host}\r\n\r\n"), &["400", "505"]),
    ]);
    all
}

/// Each is answered, in turn, and no more of them are held than fit into a buffer.
fn pipelined(bench: &mut Bench) {
    let mut stream = connect(bench.tapline.http);
    let host = bench.tapline.http;
    let mut writing = stream.try_clone().unwrap();
    let writer = std::thread::spawn(move || {
        for _ in 1..1000 {
            write!(writing, "GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        }
        write!(writing, "GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
            .unwrap();
    });
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    writer.join().unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 1000);
}

/// A POST with this header, of which these bytes are sent.
fn begun(bench: &Bench, header: &str, body: &str) -> TcpStream {
    let http = bench.tapline.http;
    let mut stream = connect(http);
    write!(stream, "POST /api/v1/logs HTTP/1.1\r\nHost: {http}\r\n{header}\r\n\r\n{body}").unwrap();
    stream
}

/// A body that is announced too large is refused before it comes.
fn announced_too_large(bench: &mut Bench) {
    let mut stream = begun(bench, "Content-Length: 100000000", "{}");
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 413");
}

/// One that grows beyond the limit is refused there; nothing of it counts.
fn grown_too_large(bench: &mut Bench) {
    let before = bench.counts(&bench.tapline.http.to_string());
    let mut stream = begun(bench, "Transfer-Encoding: chunked", "");
    let chunk = [b"10000\r\n".to_vec(), vec![b'x'; 0x10000], b"\r\n".to_vec()].concat();
    // 16 MiB, and a chunk more; the server may close while the last one is on its way.
    for _ in 0..=256 {
        let _ = stream.write_all(&chunk);
    }
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 413");
    assert_eq!(bench.counts(&bench.tapline.http.to_string()), before);
}

fn half_closed(bench: &mut Bench) {
    let body = good("/half-closed");
    let mut stream = begun(bench, &format!("Content-Length: {}", body.len()), &body);
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

/// Nothing of it counts, though the part holds whole lines.
fn broken_off(bench: &mut Bench) {
    let http = bench.tapline.http;
    let before = bench.counts(&http.to_string());
    let lines = format!("{}\n", good("/part")).repeat(10);
    let mut stream = begun(bench, "Content-Length: 3000000", &lines);
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert_eq!(bench.counts(&http.to_string()), before);
}

/// What was sent whole counts, though nobody hears of it: a sender that asks again counts twice, as there
/// are no keys that would tell (at least once is what is promised).
fn gone_before_the_answer(bench: &mut Bench) {
    let body = good("/gone");
    let there = bench.tapline.requests("path:/gone");
    drop(begun(bench, &format!("Content-Length: {}", body.len()), &body));
    until("its line", || (bench.tapline.requests("path:/gone") == there + 1).then_some(()));
}

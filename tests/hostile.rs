//! The shipped program under attack: whatever is sent, the next valid line counts, every frame is
//! accounted for, memory stays bounded and the end comes when it is asked for.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::collections::{HashMap, HashSet};
use std::io::{Read, Write};
use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use common::http::Client;
use common::material::{combined_line, time_3164, time_local};
use common::tapline::{Accounting, Tapline};
use common::websocket::Socket;
use common::wire::{ask, connect, noise, send};
use common::{PATIENCE, until};

fn line() -> String {
    format!("<190>{} web-1 nginx: {}", time_3164(), combined_line(0, &time_local()))
}

/// One line by TCP and one by UDP count, every frame has its place, and nothing panicked.
fn survives(tapline: &mut Tapline, attack: &str) -> Accounting {
    let before = settled(tapline);
    let mut stream = connect(tapline.tcp);
    writeln!(stream, "{}", line()).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.send_to(line().as_bytes(), tapline.udp).unwrap();
    let after = until(attack, || {
        let now = tapline.accounting();
        now.assert_balanced();
        (now.counted >= before.counted + 2 && now.in_flight == 0).then_some(now)
    });
    assert!(tapline.running(), "{attack}: it is gone\n{}", tapline.log());
    assert!(!tapline.log().contains("panicked"), "{attack}:\n{}", tapline.log());
    after
}

fn settled(tapline: &Tapline) -> Accounting {
    let mut last = None;
    until("the accounting comes to rest", || {
        let now = tapline.accounting();
        now.assert_balanced();
        let before = last.replace(now.clone());
        (now.in_flight == 0 && before.as_ref() == Some(&now)).then_some(now)
    })
}

#[test]
fn nonsense_on_a_stream_leaves_the_next_line_whole() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let line = line();
    let octets = format!("{} {line}", line.len()).repeat(2_000);
    for (attack, bytes, reason) in [
        ("an endless line", vec![b'A'; 8 << 20], Some("oversize")),
        ("blank lines", vec![b'\n'; 100_000], None),
        ("NULs", vec![0; 100_000], None),
        (
            "a TLS hello",
            b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03".to_vec(),
            Some("tls_on_plain"),
        ),
        ("HTTP", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), Some("http_on_syslog")),
        ("counts of nothing", b"0 <134>x\n".repeat(500), Some("framing")),
        ("a count that is never met", b"9999 <134>abc".to_vec(), Some("incomplete")),
        ("noise", noise(256 * 1024), None),
        ("many frames in one segment", octets.into_bytes(), None),
    ] {
        let rejected = |a: &Accounting| reason.map(|r| a.rejected.get(r).copied().unwrap_or(0));
        let before = settled(&tapline);
        send(tapline.tcp, &bytes);
        let after = survives(&mut tapline, attack);
        assert!(reason.is_none() || rejected(&after) > rejected(&before), "{attack}: {after:?}");
    }
    let mut slow = connect(tapline.tcp);
    slow.set_nodelay(true).unwrap();
    for byte in line.bytes().chain([b'\n']) {
        slow.write_all(&[byte]).unwrap();
    }
    survives(&mut tapline, "byte by byte");
}

#[test]
fn odd_datagrams_are_outcomes() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let (udp, unix) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UnixDatagram::unbound().unwrap());
    let long = [b"<190>".to_vec(), vec![b'A'; 65_000]].concat();
    let zipped = b"z\x78\xda\x00\x01".to_vec();
    for bytes in [vec![], vec![0], b"\n".to_vec(), long, zipped, b"12 <190>hello".to_vec()] {
        udp.send_to(&bytes, tapline.udp).unwrap();
        unix.send_to(&bytes, &tapline.unix).unwrap();
    }
    unix.send_to(&vec![b'A'; 100_000], &tapline.unix).unwrap();
    until("both sockets are read", || {
        let now = tapline.accounting();
        (now.rejected.get("compressed") == Some(&2) && now.unparsed == 5).then_some(())
    });
    tapline.logs("in rsyslog take ziplevel and compression.mode away");
    let after = survives(&mut tapline, "odd datagrams");
    assert_eq!(after.rejected.get("compressed"), Some(&2), "{after:?}");
    assert_eq!((after.unparsed, after.counted), (5, 2), "{after:?}");
}

#[test]
fn more_hosts_than_are_told_apart_are_counted_together() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::configured(&dir, "[sources]\nmax = 100\n");
    let hosts = 2_000;
    let text: String = (0..hosts)
        .map(|i| format!("<190>{} h{i} nginx: {}\n", time_3164(), combined_line(i, &time_local())))
        .collect();
    send(tapline.tcp, text.as_bytes());
    let after = survives(&mut tapline, "many hosts");
    let answer = tapline.get("/api/v1/sources");
    let sources = answer["sources"].as_array().unwrap();
    assert!(sources.len() <= 101, "{} sources", sources.len());
    let sum = |of: &str| -> u64 {
        let all = answer[of].as_array().unwrap().iter();
        all.map(|s| s["accounting"]["counted"].as_u64().unwrap()).sum()
    };
    assert_eq!((sum("sources"), sum("listeners")), (after.counted, after.counted));
}

#[test]
fn a_message_of_several_lines_is_over_after_a_pause() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, "[tcp]\nframing = \"multiline\"\n");
    let mut stream = connect(tapline.tcp);
    for already in 0..2 {
        writeln!(stream, "<190>first\n  and more").unwrap();
        let now = tapline.settled(already + 1).accounting();
        assert_eq!((now.unparsed, now.rejected()), (already + 1, 0), "{now:?}");
    }
}

#[test]
fn a_partial_message_may_wait_for_ever_where_its_timeout_is_off() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, "[tcp]\npartial_timeout = \"0 s\"\n");
    let mut stream = connect(tapline.tcp);
    let (line, all) = (line(), |text: &str| text.as_bytes().to_vec());
    stream.write_all(&all(&line[..20])).unwrap();
    // Read on its own: the server has taken in what came before on another connection by then.
    send(tapline.tcp, format!("{line}\n").as_bytes());
    tapline.settled(1);
    stream.write_all(&all(&line[20..])).unwrap();
    stream.write_all(b"\n").unwrap();
    tapline.settled(2).accounting().assert_all_counted(2);
}

#[test]
fn connections_beyond_the_limit_are_counted_and_told_seldom() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::configured(
        &dir,
        "[tcp]\nmax_connections = 20\nmax_connections_per_address = 20\n",
    );
    let many: Vec<_> = (0..200).map(|_| connect(tapline.tcp)).collect();
    let name =
        format!("tapline_refused_connections_total{{kind=\"tcp\",listener=\"{}\"}}", tapline.tcp);
    until("180 are refused", || (tapline.gauge(&name) == 180).then_some(()));
    // The log comes by a pipe, and so a moment behind the number.
    let told = || tapline.log().matches("connection refused").count();
    until("it is told", || (told() > 0).then_some(()));
    assert_eq!(told(), 1, "{}", tapline.log());
    drop(many);
    let open = format!("tapline_connections{{kind=\"tcp\",listener=\"{}\"}}", tapline.tcp);
    until("their places are free", || (tapline.gauge(&open) == 0).then_some(()));
    survives(&mut tapline, "too many connections");
}

#[test]
fn every_refusal_is_json_with_a_hint() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let mut client = Client::new(tapline.http);
    let host = tapline.http;
    let mut expect = |method: &str, target: &str, headers: &str, status: u16| {
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n{headers}\r\n"
        );
        let answer = client.send(request.as_bytes(), method == "HEAD").unwrap();
        assert_eq!(answer.status, status, "{method} {target} {headers}");
        if method != "HEAD" {
            let error = &answer.json()["error"];
            for key in ["code", "message", "hint"] {
                assert!(error[key].as_str().is_some_and(|t| !t.is_empty()), "{target}: {error}");
            }
        }
    };
    for method in ["OPTIONS", "TRACE", "DELETE", "PATCH", "BREW"] {
        for target in ["/", "/api/v1/summary", "/api/v1/logs", "/api/v1/markers", "/api/v1/live"] {
            // Which of them is taken away is asked for there.
            let takes_away = (method, target) == ("DELETE", "/api/v1/markers");
            expect(method, target, "", if takes_away { 400 } else { 405 });
        }
        expect(method, "/nowhere", "", 404);
    }
    expect("HEAD", "/nowhere", "", 404);
    for (target, status) in [
        ("/api/v1/logs?ack=disk", 501),
        ("/api/v1/logs?ack=soon", 400),
        ("/api/v1/logs?format=none", 400),
        ("/api/v1/summary", 405),
    ] {
        expect("POST", target, "", status);
        expect("PUT", target, "", status);
    }
    for query in ["from=x", "from=2&to=1", "top=-1", "filter=zzz:", "filter=%ff"] {
        expect("GET", &format!("/api/v1/summary?{query}"), "", 400);
    }
    for (headers, status) in [
        ("Content-Encoding: br\r\n", 415),
        ("Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", 415),
        ("Content-Type: multipart/form-data\r\n", 415),
    ] {
        expect("POST", "/api/v1/logs", headers, status);
    }
    let untouched = survives(&mut tapline, "refusals");
    assert_eq!(untouched.received, 2);
}

#[test]
fn a_parameter_that_is_none_is_named_with_the_one_that_was_meant() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let mut client = Client::new(tapline.http);
    for (method, target, name, hint) in [
        ("POST", "/api/v1/logs?sources=web-1", "sources", "did you mean `source`?"),
        ("POST", "/api/v1/logs?source=web-1&formats=combined", "formats", "did you mean `format`?"),
        ("POST", "/api/v1/logs?colour=red", "colour", "?source=&site=&format="),
        ("POST", "/api/v1/logs?", "", ""),
        ("GET", "/api/v1/summary?filtre=a", "filtre", "did you mean `filter`?"),
        ("GET", "/api/v1/live?windows=60", "windows", "did you mean `window`?"),
        ("GET", "/api/v1/anomalies?states=open", "states", "did you mean `state`?"),
        ("GET", "/api/v1/markers?form=-1h", "form", "did you mean `from`?"),
    ] {
        let answer = match method {
            "POST" => client.post(target, "", b"a line\n"),
            _ => client.get(target),
        };
        let answer = answer.unwrap();
        if name.is_empty() {
            assert_eq!(answer.status, 200);
            continue;
        }
        let error = &answer.json()["error"];
        let known = (answer.status, &error["code"], &error["hint"]);
        assert_eq!(known, (400, &"bad_query".into(), &hint.into()), "{target}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(&format!("unknown field `{name}`")), "{message}");
    }
    // Nothing of the refused ones counts.
    tapline.settled(1);
}

#[test]
fn a_page_of_another_site_gets_nothing_from_any_route() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let own = tapline.http.to_string();
    for target in [
        "/",
        "/api/v1/live",
        "/api/v1/logs",
        "/api/v1/markers",
        "/api/v1/summary",
        "/metrics",
        "/x",
    ] {
        for method in ["GET", "POST", "OPTIONS"] {
            for (host, more) in [
                ("evil.example", ""),
                (own.as_str(), "Origin: http://evil.example\r\n"),
                (own.as_str(), "Origin: null\r\n"),
                (own.as_str(), "Origin: http://127.0.0.1:1\r\n"),
                (own.as_str(), "Sec-Fetch-Site: cross-site\r\n"),
                (own.as_str(), "Host: evil.example\r\n"),
                (
                    own.as_str(),
                    "Origin: http://evil.example\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                ),
            ] {
                let request = format!(
                    "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{more}\r\n"
                );
                let answer = ask(tapline.http, &request);
                assert!(answer.starts_with("HTTP/1.1 403"), "{method} {target} {more}: {answer}");
            }
        }
    }
    let absolute = format!(
        "GET http://evil.example/api/v1/host HTTP/1.1\r\nHost: {own}\r\nConnection: close\r\n\r\n"
    );
    assert!(ask(tapline.http, &absolute).starts_with("HTTP/1.1 403"));
}

#[test]
fn a_body_that_was_packed_for_the_way_is_refused_and_not_counted() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    for (coding, expected) in
        [("gzip, chunked", 501), ("deflate\r\nTransfer-Encoding: chunked", 501), ("Chunked", 200)]
    {
        let answer = ask(
            tapline.http,
            &format!(
                "POST /api/v1/logs HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nTransfer-Encoding: {coding}\r\n\r\n0\r\n\r\n",
                tapline.http
            ),
        );
        assert!(answer.starts_with(&format!("HTTP/1.1 {expected}")), "{coding}: {answer}");
    }
    let untouched = survives(&mut tapline, "codings");
    assert_eq!(untouched.received, 2);
}

#[test]
fn a_packed_body_without_a_header_counts_its_lines_and_utf_16_is_refused() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let mut client = Client::new(tapline.http);
    let lines = format!("{}\n", combined_line(0, &time_local())).repeat(3);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(lines.as_bytes()).unwrap();
    for body in [gzip.finish().unwrap(), zstd::encode_all(lines.as_bytes(), 3).unwrap()] {
        let answer = client.post("/api/v1/logs", "", &body).unwrap();
        let told = answer.json();
        assert_eq!((answer.status, told["accepted"].as_u64()), (200, Some(3)), "{told}");
        assert_eq!(told["errors"].as_array().map(Vec::len), Some(0), "{told}");
    }
    let units = std::iter::once(0xfeff).chain(lines.encode_utf16());
    let utf_16: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    let refused = client.post("/api/v1/logs", "", &utf_16).unwrap();
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (400, &"undecodable".into()));
    let counted = survives(&mut tapline, "packed bodies");
    assert_eq!((counted.received, counted.unparsed), (8, 0));
}

#[test]
fn a_body_that_is_announced_too_large_is_refused_unsent() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let mut stream = connect(tapline.http);
    write!(
        stream,
        "POST /api/v1/logs HTTP/1.1\r\nHost: {}\r\nContent-Length: 999999999\r\nExpect: 100-continue\r\n\r\n",
        tapline.http
    )
    .unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    assert_eq!(&head, b"HTTP/1.1 413");
    survives(&mut tapline, "a large announcement");
}

#[test]
fn who_sends_a_body_that_is_too_large_to_its_end_reads_why_it_was_refused() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let body = vec![b'\n'; 17 << 20];
    let chunk = [format!("{:x}\r\n", body.len()).as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    for (framing, body) in [
        (format!("Content-Length: {}", body.len()), &body),
        ("Transfer-Encoding: chunked".to_owned(), &chunk),
    ] {
        let mut stream = connect(tapline.http);
        let head =
            format!("POST /api/v1/logs HTTP/1.1\r\nHost: {}\r\n{framing}\r\n\r\n", tapline.http);
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap_or_else(|error| panic!("{framing}: {error}"));
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        assert_eq!(&head, b"HTTP/1.1 413", "{framing}");
    }
    survives(&mut tapline, "bodies that are too large");
}

#[test]
fn bombs_at_once_take_the_memory_of_one() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::configured(
        &dir,
        "[http]\nmax_body = \"1 MiB\"\nmax_inflated = \"16 MiB\"\nmax_ratio = 100_000\n",
    );
    let mut zeros = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zeros.write_all(&vec![0; 64 << 20]).unwrap();
    let bomb = zeros.finish().unwrap();
    let http = tapline.http;
    let senders: Vec<_> = (0..24)
        .map(|_| {
            let bomb = bomb.clone();
            thread::spawn(move || {
                let headers = "Content-Encoding: gzip\r\n";
                Client::new(http).post("/api/v1/logs", headers, &bomb).unwrap().status
            })
        })
        .collect();
    for sender in senders {
        let status = sender.join().unwrap();
        assert!([413, 429].contains(&status), "{status}");
    }
    let after = survives(&mut tapline, "bombs");
    assert_eq!(after.received, 2, "nothing of them counts");
    let peak = tapline.peak_kib() / 1024;
    assert!(peak < 100, "{peak} MiB");
}

#[test]
fn distinct_views_end_at_their_limit_and_a_changed_filter_gives_its_place_back() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::configured(&dir, "[feed]\nmax_views = 3\n");
    let mut sockets: Vec<Socket> = (0..3).map(|_| Socket::open(tapline.http)).collect();
    for (i, socket) in sockets.iter_mut().enumerate() {
        socket.subscribe(&format!("path:/{i}"));
        assert_eq!(socket.wait_for("snapshot")["filter"], format!("path:/{i}"));
    }
    let mut late = Socket::open(tapline.http);
    late.subscribe("path:/late");
    assert_eq!(late.wait_for("problem")["code"], "too_many_views");
    late.subscribe("path:/0");
    late.wait_for("snapshot");
    let answer = Client::new(tapline.http).get("/api/v1/live?filter=path:/more").unwrap();
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (503, &"too_many_views".into()));
    // 2 leaves its own view for one that is there; its place is free then.
    sockets[2].subscribe("path:/1");
    sockets[2].wait_for("snapshot");
    late.subscribe("path:/late");
    assert_eq!(late.wait_for("snapshot")["filter"], "path:/late");
    survives(&mut tapline, "many views");
}

#[test]
fn a_session_that_misbehaves_or_vanishes_gives_its_place_back() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let mut socket = Socket::open(tapline.http);
    for (opcode, text) in [(2, "binary"), (1, "no JSON"), (1, r#"{"type":"dance"}"#)] {
        socket.send(opcode, text.as_bytes());
        assert_eq!(socket.wait_for("problem")["code"], "bad_message", "{text}");
    }
    // The head of a text of 1 MiB: it is not waited for.
    socket.stream.write_all(&[0x81, 0xFF, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0]).unwrap();
    while socket.next().is_some() {}
    for i in 0..200 {
        let mut socket = Socket::open(tapline.http);
        if i % 2 == 0 {
            socket.subscribe("status:5xx");
        }
    }
    for format in ["sse", "ndjson"] {
        let mut stream = connect(tapline.http);
        write!(
            stream,
            "GET /api/v1/live?format={format} HTTP/1.1\r\nHost: {}\r\n\r\n",
            tapline.http
        )
        .unwrap();
        stream.read_exact(&mut [0; 100]).unwrap();
    }
    until("no session is left", || (tapline.gauge("tapline_sessions") == 0).then_some(()));
    survives(&mut tapline, "sessions that vanish");
}

#[test]
fn a_feed_that_is_not_read_is_closed() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::configured(&dir, "[feed]\nwrite_timeout = \"500 ms\"\n");
    let streams: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = connect(tapline.http);
            let target = "/api/v1/live?format=ndjson";
            write!(stream, "GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", tapline.http).unwrap();
            stream
        })
        .collect();
    let mut sockets: Vec<_> = (0..3).map(|_| Socket::open(tapline.http)).collect();
    for socket in &mut sockets {
        socket.send(1, br#"{"type":"subscribe"}"#);
    }
    until("all are open", || (tapline.gauge("tapline_sessions") == 6).then_some(()));
    // Every tick has more than the kernel takes off our hands for long.
    let path = "x".repeat(7_000);
    let request = format!("\"GET /{path} HTTP/1.1\" 200 5 \"-\" \"-\"\n");
    let line = format!("203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] {request}");
    until("all are closed", || {
        send(tapline.tcp, line.repeat(50).as_bytes());
        (tapline.gauge("tapline_sessions") == 0).then_some(())
    });
    let told = "tapline_http_refusals_total{code=\"not_read\"}";
    until("it is told", || (tapline.metric(told) == Some(6)).then_some(()));
    drop((streams, sockets));
    survives(&mut tapline, "feeds that are not read");
}

#[test]
fn a_browser_that_reads_slowly_gets_a_message_that_takes_longer_than_the_write_timeout() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, "[feed]\nwrite_timeout = \"3 s\"\n");
    let path = "x".repeat(7_000);
    let lines: String = (0..100)
        .map(|n| format!("203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] \"GET /{n}/{path} HTTP/1.1\" 200 5 \"-\" \"{n}{path}\"\n"))
        .collect();
    send(tapline.tcp, lines.as_bytes());
    until("all are counted", || (tapline.requests("") == 100).then_some(()));
    let ticks = tapline.gauge("tapline_ticks_total");
    until("their second is over", || (tapline.gauge("tapline_ticks_total") > ticks).then_some(()));
    // Segments and room as on a slow line, or the kernels would hold all of it between them.
    let slow = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    slow.set_tcp_mss(1_460).unwrap();
    slow.set_recv_buffer_size(4_096).unwrap();
    slow.connect(&tapline.http.into()).unwrap();
    let mut socket = Socket::over(slow.into(), tapline.http);
    let panels = ["requests", "bytes"]
        .map(|by| format!(r#""paths:{by}:50","user_agents:{by}:50""#))
        .join(",");
    socket.send(1, format!(r#"{{"type":"subscribe","panels":[{panels}]}}"#).as_bytes());
    socket.wait_for("hello");
    let snapshot = socket.read_slowly(60, Duration::from_millis(100));
    assert!(snapshot.len() > 2_000_000, "{} bytes are soon taken", snapshot.len());
    let snapshot: serde_json::Value = serde_json::from_slice(&snapshot).expect("all of it");
    assert_eq!(
        (&snapshot["type"], snapshot["status"]["summary"]["requests"].as_u64()),
        (&"snapshot".into(), Some(100))
    );
    assert_eq!(tapline.metric("tapline_http_refusals_total{code=\"not_read\"}").unwrap_or(0), 0);
}

#[test]
fn a_stop_lets_idle_peers_go_and_tells_every_browser() {
    let dir = TempDir::new().unwrap();
    // As long, where somebody waits for them.
    let tapline = Tapline::configured(&dir, "[stop]\ngrace = \"10 min\"\n");
    let mut browsers: Vec<Socket> = (0..20).map(|_| Socket::open(tapline.http)).collect();
    for browser in &mut browsers {
        browser.subscribe("");
        browser.wait_for("snapshot");
    }
    let mut held = vec![connect(tapline.tcp), connect(tapline.http)];
    for start in [
        "GET /healthz HTTP/1.1\r\nHo",
        "GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /api/v1/live?format=ndjson&window=86400 HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ] {
        let mut stream = connect(tapline.http);
        stream.write_all(start.as_bytes()).unwrap();
        held.push(stream);
    }
    held.last_mut().unwrap().read_exact(&mut [0; 12]).unwrap();
    let asked = Instant::now();
    let closes = thread::spawn(move || {
        browsers.iter_mut().map(|b| until("a close", || b.next().filter(|m| m.0 == 8)).1).collect()
    });
    let ended = tapline.terminate();
    assert!(ended.status.success(), "{}", ended.log);
    assert!(asked.elapsed() < PATIENCE / 2, "{:?}\n{}", asked.elapsed(), ended.log);
    let closes: Vec<Vec<u8>> = closes.join().unwrap();
    assert!(closes.iter().all(|close| close.starts_with(&1001_u16.to_be_bytes())), "{closes:?}");
}

#[test]
fn a_stop_does_not_wait_for_datagrams_to_cease() {
    let dir = TempDir::new().unwrap();
    // As long as the flood, where somebody waits for that.
    let tapline = Tapline::configured(&dir, "[stop]\ngrace = \"10 min\"\n");
    let (udp, line, enough) = (tapline.udp, line(), AtomicBool::new(false));
    let ended = thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
                let end = Instant::now() + PATIENCE;
                while !enough.load(Ordering::Relaxed) && Instant::now() < end {
                    // Refused once the port is closed.
                    let _ = socket.send_to(line.as_bytes(), udp);
                }
            });
        }
        until("the flood runs", || (tapline.accounting().received > 10_000).then_some(()));
        let asked = Instant::now();
        let ended = tapline.terminate();
        enough.store(true, Ordering::Relaxed);
        assert!(asked.elapsed() < PATIENCE / 2, "{:?}", asked.elapsed());
        ended
    });
    assert!(ended.status.success(), "{}", ended.log);
    let last = ended.accounting.unwrap();
    last.assert_balanced();
    assert_eq!(last.in_flight, 0);
}

#[test]
fn a_draining_server_says_so() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let http = tapline.http;
    assert_eq!(Client::new(http).get("/readyz").unwrap().status, 200);
    // A request that has begun holds the drain until it is whole.
    let body = line();
    let mut begun = connect(http);
    let length = body.len();
    let head = format!("POST /api/v1/logs HTTP/1.1\r\nHost: {http}\r\nContent-Length: {length}");
    write!(begun, "{head}\r\nExpect: 100-continue\r\n\r\n").unwrap();
    let mut wanted = [0; 25];
    begun.read_exact(&mut wanted).expect("its body is asked for");
    assert_eq!(&wanted, b"HTTP/1.1 100 Continue\r\n\r\n");
    begun.write_all(&body.as_bytes()[..10]).unwrap();
    tapline.signal(libc::SIGTERM);
    until("it is not ready", || {
        (Client::new(http).get("/readyz").ok()?.status == 503).then_some(())
    });
    let refused = Client::new(http).post("/api/v1/logs", "", body.as_bytes()).unwrap();
    assert_eq!((refused.status, &refused.json()["error"]["code"]), (503, &"stopping".into()));
    begun.write_all(&body.as_bytes()[10..]).unwrap();
    let mut answer = String::new();
    begun.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let ended = tapline.ended();
    assert!(ended.status.success(), "{}", ended.log);
    ended.accounting.unwrap().assert_all_counted(1);
}

#[test]
fn the_metrics_are_prometheus_text() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let answer = Client::new(tapline.http).get("/metrics").unwrap();
    let text = String::from_utf8(answer.body).unwrap();
    assert!(text.ends_with('\n'));
    let (mut kinds, mut helped, mut seen) = (HashMap::new(), HashSet::new(), HashSet::new());
    let mut family = "";
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = rest.split_once(' ').expect(line);
            assert!(helped.insert(name) && !help.is_empty(), "twice or empty: {line}");
            family = name;
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect(line);
            assert!(["counter", "gauge"].contains(&kind) && name == family, "{line}");
            assert!(kinds.insert(name, kind).is_none(), "twice: {line}");
            assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
        } else {
            let (series, value) = line.rsplit_once(' ').expect(line);
            assert!(value.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
            let name = series.split('{').next().unwrap();
            assert!(name == family && kinds.contains_key(name), "out of its family: {line}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{line}");
            assert!(seen.insert(series), "twice: {line}");
            if let Some((_, labels)) = series.split_once('{') {
                let labels = labels.strip_suffix('}').expect(line);
                let quoted =
                    |label: &str| label.split_once("=\"").is_some_and(|(_, v)| v.ends_with('"'));
                assert!(labels.split(',').all(quoted), "{line}");
            }
        }
    }
    assert!(kinds.len() > 10);
}

#[test]
fn a_path_that_is_not_ours_is_left_alone() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let file = dir.path().join("file");
    std::fs::write(&file, "precious").unwrap();
    let link = dir.path().join("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    for path in [&tapline.unix, &file, &link] {
        let other = std::process::Command::new(common::tapline::binary())
            .args(["serve", "--http", "off", "--udp", "off", "--tcp", "off", "--unix"])
            .arg(path)
            .env("HOME", dir.path())
            .env("XDG_CONFIG_HOME", dir.path())
            .output()
            .unwrap();
        assert_eq!(other.status.code(), Some(1), "{}: {other:?}", path.display());
    }
    assert_eq!(std::fs::read_to_string(&link).unwrap(), "precious");
    let unix = UnixDatagram::unbound().unwrap();
    unix.send_to(line().as_bytes(), &tapline.unix).expect("still bound");
    tapline.settled(1).accounting().assert_all_counted(1);
}

#[test]
fn lines_whose_ends_curl_took_out_are_told_with_what_keeps_them() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let line = "203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"";
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    let post = |body: &str| {
        Client::new(tapline.http).post("/api/v1/logs", form, body.as_bytes()).unwrap().json()
    };
    let told = post(&line.repeat(3));
    let reason = told["errors"][0]["reason"].as_str().expect("it is told");
    assert!(reason.contains("--data-binary"), "{told}");
    // As it may have been meant.
    assert_eq!(post(line)["errors"].as_array().map(Vec::len), Some(0));
    for other in [&format!("{line}\nnonsense"), r#"{"logs":[1]}"#] {
        let told = post(other);
        let reason = told["errors"][0]["reason"].as_str().expect("it is told");
        assert!(!reason.contains("--data-binary"), "{told}");
    }
}

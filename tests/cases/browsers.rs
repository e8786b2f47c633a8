//! F-162 to F-181: browsers, scripts and other readers, good and bad.

use std::io::{Read, Write};

use crate::bench::Bench;
use crate::case::{access, headed};
use crate::common::http::Client;
use crate::common::until;
use crate::common::websocket::Socket;
use crate::common::wire::{ask, connect, head, send};
use crate::report::Report;

pub(crate) fn run(report: &mut Report, bench: &mut Bench) {
    for (what, bytes) in frames() {
        report.tries(165, &what, bench, |bench| misbehave(bench, &bytes));
    }
    report.tries(165, "100,000 fragments", bench, fragments);
    report.tries(166, "20,000 pings", bench, pings);
    report.tries(164, "200 browsers at once", bench, many_at_once);
    report.tries(180, "a pause and a return", bench, pause);
    for (number, what, request, statuses) in upgrades(&bench.tapline.http.to_string()) {
        report.tries(number, &what, bench, |bench| {
            let answer = ask(bench.tapline.http, &request);
            let status = answer.get(9..12).unwrap_or("none");
            assert!(statuses.contains(&status), "{answer}");
            let lower = answer.to_lowercase();
            assert!(!lower.contains("access-control-"), "{answer}");
        });
    }
    report.tries(167, "compression of messages", bench, no_compression);
    report.tries(172, "files of the machine", bench, no_files);
    report.tries(176, "escapes in answers", bench, no_escapes);
    report.tries(178, "ranges without sense", bench, ranges);
    report.tries(179, "100 long questions at once", bench, questions);
    report.tries(181, "a token in the wrong place", bench, token_in_the_wrong_place);
    report.on_a_server("[http]\nmax_sessions = 20\n", |report, bench| {
        report.tries(163, "more sessions than there is room for", bench, too_many);
    });
}

fn sessions(bench: &Bench) -> u64 {
    bench.tapline.gauge("tapline_sessions")
}

/// Frames that break RFC 6455 or are longer than anybody needs.
fn frames() -> Vec<(String, Vec<u8>)> {
    let masked = |first: u8, payload: &[u8]| -> Vec<u8> {
        let mut frame = vec![first, 0x80 | payload.len() as u8, 0, 0, 0, 0];
        frame.extend_from_slice(payload);
        frame
    };
    let long = |length: u64| [vec![0x81, 0xFF], length.to_be_bytes().to_vec(), vec![0; 4]].concat();
    let mut ping = vec![0x89, 0xFE, 0, 126, 0, 0, 0, 0];
    ping.extend([b'x'; 126]);
    [
        ("the head of 1 GiB", long(1 << 30)),
        ("the head of 2^63", long(1 << 63)),
        ("no mask", vec![0x81, 2, b'{', b'}']),
        ("reserved bits", masked(0xF1, b"{}")),
        ("an unknown opcode", masked(0x83, b"{}")),
        ("no UTF-8", masked(0x81, b"\xff\xfe")),
        ("a ping of 126 bytes", ping),
        ("a ping in fragments", masked(0x09, b"x")),
        ("a fragment of nothing", masked(0x80, b"x")),
        ("a close with a bad code", masked(0x88, &[0, 1])),
        ("a close of one byte", masked(0x88, &[3])),
    ]
    .map(|(what, bytes)| (what.to_owned(), bytes))
    .to_vec()
}

/// The session ends, and only this one.
fn misbehave(bench: &mut Bench, bytes: &[u8]) {
    let mut socket = Socket::open(bench.tapline.http);
    socket.stream.write_all(bytes).unwrap();
    while socket.next().is_some() {}
    until("its place is free", || (sessions(bench) == 1).then_some(()));
}

fn fragments(bench: &mut Bench) {
    let mut socket = Socket::open(bench.tapline.http);
    let _ = socket.stream.write_all(&[0x01, 0x81, 0, 0, 0, 0, b'x']);
    let more = [0x00, 0x81, 0, 0, 0, 0, b'x'].repeat(1000);
    for _ in 0..100 {
        if socket.stream.write_all(&more).is_err() {
            break;
        }
    }
    while socket.next().is_some() {}
    until("its place is free", || (sessions(bench) == 1).then_some(()));
}

/// Pings are answered as fast as the client reads, and cost nobody else anything.
fn pings(bench: &mut Bench) {
    let socket = Socket::open(bench.tapline.http);
    let mut reading = socket.stream.try_clone().unwrap();
    let reader = std::thread::spawn(move || {
        let mut buffer = [0; 65_536];
        while reading.read(&mut buffer).is_ok_and(|n| n > 0) {}
    });
    let mut writing = &socket.stream;
    let pings = [0x89, 0x81, 0, 0, 0, 0, b'x'].repeat(1000);
    for _ in 0..20 {
        // It may close who asks so often; it need not.
        if writing.write_all(&pings).is_err() {
            break;
        }
    }
    bench.check();
    let _ = socket.stream.shutdown(std::net::Shutdown::Both);
    reader.join().unwrap();
    until("its place is free", || (sessions(bench) == 1).then_some(()));
}

/// As after a restart: each has its snapshot.
fn many_at_once(bench: &mut Bench) {
    let http = bench.tapline.http;
    std::thread::scope(|scope| {
        for _ in 0..20 {
            scope.spawn(move || {
                let mut sockets: Vec<Socket> = (0..10).map(|_| Socket::open(http)).collect();
                sockets.iter_mut().for_each(|socket| socket.subscribe(""));
                sockets.iter_mut().for_each(|socket| drop(socket.wait_for("snapshot")));
            });
        }
    });
    until("all have gone", || (sessions(bench) == 1).then_some(()));
}

/// A page in the background asks for silence and gets one snapshot when it is back, no backlog.
fn pause(bench: &mut Bench) {
    let mut socket = Socket::open(bench.tapline.http);
    socket.subscribe("");
    socket.wait_for("tick");
    socket.send(1, br#"{"type":"pause"}"#);
    let ticks = bench.tapline.gauge("tapline_ticks_total");
    until("seconds pass", || {
        (bench.tapline.gauge("tapline_ticks_total") > ticks + 2).then_some(())
    });
    socket.send(1, br#"{"type":"resume"}"#);
    let mut before = 0;
    loop {
        let (_, payload) = socket.next().expect("it goes on");
        let message: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
        match message["type"].as_str() {
            Some("snapshot") => break,
            Some("tick") => before += 1,
            _ => {}
        }
    }
    assert!(before <= 1, "{before} ticks before the snapshot");
}

/// Upgrades and hosts as browsers of other sites and broken clients ask for them.
fn upgrades(own: &str) -> Vec<(u16, String, String, &'static [&'static str])> {
    let port = own.rsplit(':').next().unwrap_or("");
    let upgrade = |headers: &str| {
        format!(
            "GET /api/v1/live HTTP/1.1\r\nHost: {own}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n{headers}\r\n"
        )
    };
    let good = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let mut all: Vec<(u16, String, String, &'static [&'static str])> = Vec::new();
    for origin in [
        "null".to_owned(),
        format!("http://{own}.evil"),
        format!("http://evil{own}"),
        "http://127.0.0.1".to_owned(),
        format!("http://127.0.0.1:{port}0"),
        format!("http://evil.example:{port}"),
        format!("http://{own}/path"),
        format!("http://user@{own}"),
        "file://".to_owned(),
        String::new(),
    ] {
        let request = upgrade(&format!("{good}Origin: {origin}\r\nConnection: close\r\n"));
        all.push((168, format!("Origin: {origin}"), request, &["403"]));
    }
    let get = |host: &str| format!("GET /api/v1/host HTTP/1.1\r\n{host}Connection: close\r\n\r\n");
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil",
        "evil@127.0.0.1",
        "[::1].evil",
        "localhost:evil",
        "",
    ] {
        all.push((
            169,
            format!("Host: {host}"),
            get(&format!("Host: {host}\r\n")),
            &["403", "400"],
        ));
    }
    for host in [format!("localhost:{port}"), format!("[::1]:{port}"), own.to_owned()] {
        all.push((169, format!("Host: {host}"), get(&format!("Host: {host}\r\n")), &["200"]));
    }
    all.push((
        169,
        "two hosts".into(),
        get(&format!("Host: {own}\r\nHost: {own}\r\n")),
        &["403", "400"],
    ));
    all.push((169, "no host".into(), get(""), &["403", "400"]));
    // Whoever can't upgrade gets the event stream or is told what is missing; nobody hangs.
    let close = "Connection: close\r\n";
    let long = format!("X: {}\r\n", "y".repeat(80 * 1024));
    all.push((
        170,
        "a POST".into(),
        upgrade(&format!("{good}{close}")).replacen("GET", "POST", 1),
        &["405"],
    ));
    all.push((170, "a long header".into(), upgrade(&format!("{good}{long}")), &["431"]));
    all
}

fn no_compression(bench: &mut Bench) {
    let mut stream = connect(bench.tapline.http);
    write!(
        stream,
        "GET /api/v1/live HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n",
        bench.tapline.http
    )
    .unwrap();
    let head = head(&mut stream).to_lowercase();
    assert!(head.starts_with("http/1.1 101") && !head.contains("extensions"), "{head}");
}

/// The page's files are in the program: there is nothing to climb out of.
fn no_files(bench: &mut Bench) {
    for path in [
        "/static/../../etc/passwd",
        "/../../../../etc/passwd",
        "/%2e%2e%2f%2e%2e%2fetc/passwd",
        "/..%5c..%5cetc",
        "//etc/passwd",
        "/index.html%00.js",
        "/assets/../Cargo.toml",
        "/.env",
    ] {
        let answer = Client::new(bench.tapline.http).get(path).unwrap();
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
        assert!(!String::from_utf8_lossy(&answer.body).contains("root:"), "{path}");
    }
}

/// What is answered does nothing on a terminal, and a browser takes it for what it says it is.
fn no_escapes(bench: &mut Bench) {
    let line = access("GET /esc\x1b[2J HTTP/1.1").replace("\"x\"", "\"a\x1b]0;b\x07\u{9b}c\rd\"");
    send(bench.tapline.tcp, format!("{}\n", headed("w\x1b[31m", &line)).as_bytes());
    for target in
        ["/api/v1/events", "/api/v1/summary", "/api/v1/sources", "/metrics", "/healthz", "/nowhere"]
    {
        let answer = Client::new(bench.tapline.http).get(target).unwrap();
        let text = String::from_utf8(answer.body.clone()).expect("UTF-8");
        let odd = text.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(odd, None, "{target}");
        assert_eq!(answer.all("x-content-type-options"), ["nosniff"], "{target}");
        assert_eq!(answer.all("referrer-policy"), ["no-referrer"], "{target}");
        assert_eq!(answer.all("cache-control"), ["no-store"], "{target}");
    }
}

fn ranges(bench: &mut Bench) {
    for query in [
        "from=-1e309&to=NaN",
        "from=NaN",
        "to=inf",
        "from=9223372036854775808",
        "step=0",
        "step=-1",
        "from=1&to=0",
    ] {
        let answer =
            Client::new(bench.tapline.http).get(&format!("/api/v1/series?{query}")).unwrap();
        assert_eq!(answer.status, 400, "{query}: {}", String::from_utf8_lossy(&answer.body));
    }
    // Ten years in seconds: refused, or given in longer steps.
    let ten_years = "/api/v1/series?from=1479772800&to=1795341600&step=1";
    let answer = Client::new(bench.tapline.http).get(ten_years).unwrap();
    assert!(answer.status == 400 || answer.body.len() < 16 << 20, "{} bytes", answer.body.len());
}

/// They wait for one another, and nobody else waits for them.
fn questions(bench: &mut Bench) {
    let http = bench.tapline.http;
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let asking: Vec<_> = (0..100)
            .map(|i| {
                let target = format!("/api/v1/summary?top=1000&filter=-path:/none{i}*");
                scope.spawn(move || Client::new(http).get(&target).unwrap().status)
            })
            .collect();
        bench.check();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert!(statuses.iter().all(|s| [200, 429, 503].contains(s)), "{statuses:?}");
}

/// In an address it opens nothing, and wherever it is it comes into no answer and no log.
fn token_in_the_wrong_place(bench: &mut Bench) {
    const TOKEN: &str = "tapline_SECRET123456789";
    let host = bench.tapline.http;
    let mut said = String::new();
    for (target, header) in [
        (format!("/api/v1/summary?token={TOKEN}"), String::new()),
        (format!("/nowhere/{TOKEN}x"), String::new()),
        ("/api/v1/summary".to_owned(), format!("Authorization: Bearer {TOKEN}\r\n")),
        (
            "/api/v1/summary".to_owned(),
            format!("X-Forwarded-For: 192.0.2.1\r\nAuthorization: Bearer {TOKEN}\r\n"),
        ),
    ] {
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{header}\r\n");
        let answer = ask(host, &request);
        if !target.contains("nowhere") {
            said += &answer;
        }
    }
    assert!(!said.contains(TOKEN), "{said}");
    assert!(!bench.tapline.log().contains(TOKEN), "{}", bench.tapline.log());
}

fn too_many(bench: &mut Bench) {
    let http = bench.tapline.http;
    // The canary has one place.
    let held: Vec<Socket> = (0..19).map(|_| Socket::open(http)).collect();
    for target in ["/api/v1/live", "/api/v1/live?format=ndjson"] {
        let answer = Client::new(http).get(target).unwrap();
        assert_eq!(answer.status, 503, "{target}");
    }
    drop(held);
    until("their places are free", || (sessions(bench) == 1).then_some(()));
    drop(Socket::open(http));
}

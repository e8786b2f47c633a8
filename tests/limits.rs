//! Each limit bites where its key says, and a number of `/metrics` tells that it did.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

#[path = "limits/addresses.rs"]
mod addresses;
#[path = "limits/cardinality.rs"]
mod cardinality;
#[path = "limits/memory.rs"]
mod memory;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;

use tempfile::TempDir;

use common::http::Client;
use common::material::{combined_line, time_local};
use common::tapline::{Tapline, configure};
use common::until;
use common::websocket::Socket;
use common::wire::{ask, connect, noise, send};
use tapline::app::config::Config;

/// A counter of `/metrics` by how its line starts; one that has no line yet is 0.
fn count(tapline: &Tapline, series: &str) -> u64 {
    tapline.metric(series).unwrap_or(0)
}

fn refused(code: &str) -> String {
    format!("tapline_http_refusals_total{{code=\"{code}\"}}")
}

fn rejected(kind: &str, listener: &str, reason: &str) -> String {
    format!(
        "tapline_rejected_frames_total{{kind=\"{kind}\",listener=\"{listener}\",reason=\"{reason}\"}}"
    )
}

/// What is done makes the counter grow by exactly so much.
fn bites(tapline: &Tapline, series: &str, by: u64, act: impl FnOnce(&Tapline)) {
    let before = count(tapline, series);
    act(tapline);
    until(series, || (count(tapline, series) >= before + by).then_some(()));
    assert_eq!(count(tapline, series), before + by, "{series}");
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn post(tapline: &Tapline, headers: &str, body: &[u8]) -> u16 {
    Client::new(tapline.http).post("/api/v1/logs", headers, body).unwrap().status
}

/// One request with these headers, and the status of its answer.
fn get(tapline: &Tapline, headers: &str) -> String {
    let host = tapline.http;
    let request =
        format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    ask(host, &request).get(9..12).unwrap_or("none").to_owned()
}

const SMALL: &str = r#"
[http]
max_body = "128 KiB"
max_inflated = "4 MiB"
max_json_depth = 3
max_json_fields = 4
max_header = "32 KiB"
max_header_fields = 20
max_sessions = 3
max_message = "4 KiB"
[tcp]
max_frame = "1 KiB"
max_connections = 5
[unix]
stream = "stream.sock"
max_frame = "2 KiB"
max_connections = 3
[feed]
max_views = 2
"#;

#[test]
fn sizes_and_numbers_end_at_their_keys() {
    let dir = TempDir::new().unwrap();
    let stream = dir.path().join("stream.sock");
    let config = SMALL.replace("stream.sock", &stream.display().to_string());
    let tapline = Tapline::configured(&dir, &config);
    let (tcp, unix) = (tapline.tcp.to_string(), stream.display().to_string());
    bodies(&tapline);
    objects(&tapline);
    heads(&tapline);
    feeds(&tapline);
    let before = tapline.accounting();
    bites(&tapline, &rejected("tcp", &tcp, "oversize"), 1, |tapline| {
        send(tapline.tcp, format!("<190>{}\n<190>short\n", "x".repeat(1100)).as_bytes());
    });
    bites(&tapline, &rejected("unix-stream", &unix, "oversize"), 1, |_| {
        let mut stream = UnixStream::connect(&stream).unwrap();
        write!(stream, "<190>{}\n<190>{}\n", "x".repeat(2100), "x".repeat(1100)).unwrap();
    });
    let of = |kind: &str, listener: &str| {
        format!("tapline_refused_connections_total{{kind=\"{kind}\",listener=\"{listener}\"}}")
    };
    let mut held = Vec::new();
    bites(&tapline, &of("tcp", &tcp), 2, |tapline| {
        held.extend((0..7).map(|_| connect(tapline.tcp)));
    });
    let mut held = Vec::new();
    bites(&tapline, &of("unix-stream", &unix), 2, |_| {
        held.extend((0..5).map(|_| UnixStream::connect(&stream).unwrap()));
    });
    let now = tapline.settled(before.received + 4).accounting();
    let new = (now.unparsed - before.unparsed, now.rejected() - before.rejected());
    assert_eq!(new, (2, 2), "what is short enough is taken: {now:?}");
}

fn bodies(tapline: &Tapline) {
    let packed = "Content-Encoding: gzip\r\n";
    // Two thirds of it can't be packed: 60 times as large inflated.
    let honest = [vec![0; 6 << 20], noise(100 << 10)].concat();
    for (code, headers, body) in [
        ("too_large", "", vec![b'\n'; (128 << 10) + 1]),
        ("too_large", packed, gzip(&honest)),
        ("too_dense", packed, gzip(&vec![0; 2 << 20])),
    ] {
        bites(tapline, &refused(code), 1, |tapline| {
            assert_eq!(post(tapline, headers, &body), 413, "{code} {headers}");
        });
    }
    for (headers, body) in [
        ("", vec![b'\n'; 128 << 10]),
        (packed, gzip(&honest[3 << 20..])),
        (packed, gzip(&vec![b'\n'; 1 << 20])),
    ] {
        assert_eq!(post(tapline, headers, &body), 200, "{} bytes", body.len());
    }
}

fn objects(tapline: &Tapline) {
    let json = rejected("http", &tapline.http.to_string(), "json");
    for object in [
        "{\"status\":200,\"x\":[[[1]]]}",
        "{\"status\":200,\n\"x\":[[[1]]]}",
        "{\"status\":200,\"x\":[1,2,3,4]}",
    ] {
        bites(tapline, &json, 1, |tapline| assert_eq!(post(tapline, "", object.as_bytes()), 200));
    }
    let before = tapline.accounting();
    for object in [
        "{\"uri\":\"/x\",\"status\":200,\"x\":[[1]]}",
        "{\"uri\":\"/x\",\"status\":200,\"x\":[1,2]}",
    ] {
        assert_eq!(post(tapline, "", object.as_bytes()), 200);
    }
    let after = tapline.accounting();
    assert_eq!((after.counted - before.counted, after.rejected()), (2, before.rejected()));
}

fn heads(tapline: &Tapline) {
    let fields = |n: usize| (0..n).map(|i| format!("X-{i}: y\r\n")).collect::<String>();
    bites(tapline, &refused("head_too_large"), 1, |tapline| {
        assert_eq!(get(tapline, &fields(19)), "431");
    });
    assert_eq!(get(tapline, &fields(18)), "200");
    let max = 32 << 10;
    for (bytes, status) in
        [(max - 1, "200"), (max, "200"), (max + 1, "431"), (max + 4_000, "431"), (64 << 10, "431")]
    {
        let by = u64::from(status == "431");
        bites(tapline, &refused("head_too_large"), by, |tapline| {
            assert_eq!(sized(tapline, bytes), ["200", status], "{bytes} bytes");
        });
    }
}

/// The statuses of two requests that are sent at once: of a small one, and one whose head is of so many bytes.
fn sized(tapline: &Tapline, bytes: usize) -> [String; 2] {
    let start = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n", tapline.http);
    let long = "y".repeat(bytes - start.len() - "Connection: close\r\nX: \r\n\r\n".len());
    let requests = format!("{start}\r\n{start}Connection: close\r\nX: {long}\r\n\r\n");
    let (mut stream, mut answers) = (connect(tapline.http), Vec::new());
    // A server that has seen enough closes in the middle.
    let _ = stream.write_all(requests.as_bytes());
    let _ = stream.read_to_end(&mut answers);
    let answers = String::from_utf8_lossy(&answers).into_owned();
    let mut statuses = answers.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].to_owned());
    std::array::from_fn(|_| statuses.next().unwrap_or_default())
}

fn feeds(tapline: &Tapline) {
    let none = || until("no session", || (count(tapline, "tapline_sessions") == 0).then_some(()));
    let mut sockets: Vec<Socket> = (0..3).map(|_| Socket::open(tapline.http)).collect();
    bites(tapline, &refused("too_many_sessions"), 1, |tapline| {
        assert_eq!(Client::new(tapline.http).get("/api/v1/live").unwrap().status, 503);
    });
    for (i, socket) in sockets.iter_mut().take(2).enumerate() {
        socket.subscribe(&format!("path:/{i}"));
        socket.wait_for("snapshot");
    }
    bites(tapline, &refused("too_many_views"), 1, |_| {
        sockets[2].subscribe("path:/more");
        assert_eq!(sockets[2].wait_for("problem")["code"], "too_many_views");
    });
    // Each has a connection, and so has who asks for the figure.
    let connections = format!("tapline_connections{{kind=\"http\",listener=\"{}\"}}", tapline.http);
    until("all are counted", || (count(tapline, &connections) == 4).then_some(()));
    sockets.pop();
    until("a place", || (count(tapline, "tapline_sessions") == 2).then_some(()));
    bites(tapline, &refused("too_many_views"), 1, |tapline| {
        let answer = Client::new(tapline.http).get("/api/v1/live?filter=path:/more").unwrap();
        assert_eq!(answer.status, 503);
    });
    drop(sockets);
    none();
    until("none is counted", || (count(tapline, &connections) == 1).then_some(()));
    let text = |bytes: usize| format!("{{\"type\":\"dance{}\"}}", "x".repeat(bytes - 16));
    for (code, close, words) in [
        ("message_too_long", 1009, vec![(1, text((4 << 10) + 1))]),
        ("too_many_messages", 1008, vec![(9, String::new()); 40]),
    ] {
        bites(tapline, &refused(code), 1, |tapline| {
            let mut socket = Socket::open(tapline.http);
            for (opcode, text) in &words {
                socket.send(*opcode, text.as_bytes());
            }
            assert_eq!(closed_with(&mut socket), Some(close), "{code}");
        });
        none();
    }
    let mut socket = Socket::open(tapline.http);
    socket.send(1, text(4 << 10).as_bytes());
    assert_eq!(socket.wait_for("problem")["code"], "bad_message");
    for _ in 0..10 {
        socket.send(9, b"");
    }
    socket.subscribe("");
    socket.wait_for("tick");
}

/// The code of the close frame (RFC 6455 section 5.5.1).
fn closed_with(socket: &mut Socket) -> Option<u16> {
    loop {
        match socket.next()? {
            (8, payload) => return Some(u16::from_be_bytes(*payload.first_chunk()?)),
            _ => continue,
        }
    }
}

#[test]
fn who_is_silent_or_slow_is_let_go() {
    let dir = TempDir::new().unwrap();
    let stream = dir.path().join("stream.sock");
    let config = format!(
        "[http]\nheader_timeout = \"2 s\"\nidle_timeout = \"1 s\"\nbody_timeout = \"1 s\"\n\
         [tcp]\npartial_timeout = \"300 ms\"\nidle_timeout = \"1 s\"\n\
         [unix]\nstream = \"{}\"\npartial_timeout = \"300 ms\"\n",
        stream.display()
    );
    let tapline = Tapline::configured(&dir, &config);
    let (tcp, unix) = (tapline.tcp.to_string(), stream.display().to_string());
    for said in ["", "GET /healthz HTTP/1.1\r\nHo"] {
        bites(&tapline, &refused("head_too_slow"), 1, |tapline| {
            let mut stream = connect(tapline.http);
            stream.write_all(said.as_bytes()).unwrap();
            let _ = stream.read_to_end(&mut Vec::new()).expect("closed");
        });
    }
    // Between two requests a connection may be closed, which refuses nobody anything.
    let before = count(&tapline, &refused("head_too_slow"));
    let mut idle = connect(tapline.http);
    write!(idle, "GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", tapline.http).unwrap();
    idle.read_to_end(&mut Vec::new()).expect("closed");
    assert_eq!(count(&tapline, &refused("head_too_slow")), before);
    bites(&tapline, &refused("too_slow"), 1, |tapline| {
        let host = tapline.http;
        let head =
            format!("POST /api/v1/logs HTTP/1.1\r\nHost: {host}\r\nContent-Length: 9\r\n\r\n");
        assert_eq!(ask(host, &head).get(9..12), Some("408"));
    });
    bites(&tapline, &rejected("tcp", &tcp, "incomplete"), 1, |tapline| {
        let mut stream = connect(tapline.tcp);
        stream.write_all(b"<190>half").unwrap();
        stream.read_to_end(&mut Vec::new()).expect("closed");
    });
    connect(tapline.tcp).read_to_end(&mut Vec::new()).expect("an idle one is closed");
    bites(&tapline, &rejected("unix-stream", &unix, "incomplete"), 1, |_| {
        let mut stream = UnixStream::connect(&stream).unwrap();
        stream.write_all(b"<190>half").unwrap();
        stream.read_to_end(&mut Vec::new()).expect("closed");
    });
}

#[test]
fn a_connection_may_be_silent_for_longer_than_a_head_may_take() {
    let dir = TempDir::new().unwrap();
    let config = "[http]\nheader_timeout = \"300 ms\"\nidle_timeout = \"1 h\"\n";
    let tapline = Tapline::configured(&dir, config);
    let mut kept = connect(tapline.http);
    let ask = format!("GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", tapline.http);
    let answered = |kept: &mut TcpStream| {
        kept.write_all(ask.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"ok\n") {
            let mut byte = [0];
            kept.read_exact(&mut byte).expect("it is open");
            answer.extend(byte);
        }
    };
    answered(&mut kept);
    // One that asks nothing from now on is closed: so long the other is silent, too.
    let _ = connect(tapline.http).read_to_end(&mut Vec::new()).expect("closed");
    answered(&mut kept);
    // Once its next head has begun, that has no more time than the first one.
    bites(&tapline, &refused("head_too_slow"), 1, |_| {
        kept.write_all(&ask.as_bytes()[..9]).unwrap();
        let _ = kept.read_to_end(&mut Vec::new()).expect("closed");
    });
}

#[test]
fn sites_that_strangers_make_up_leave_half_of_the_names() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, "[sources]\nmax_sites = 20\n");
    let time = time_local();
    let line = |site: &str, status: u16| {
        format!("{site}:80 203.0.113.9 - - [{time}] \"GET / HTTP/1.1\" {status} 5 \"-\" \"x\"\n")
    };
    let made_up: String = (0..500).map(|i| line(&format!("made-up{i}.example"), 404)).collect();
    let quiet: String = (0..5).map(|i| line(&format!("quiet{i}.example"), 200)).collect();
    assert_eq!(post(&tapline, "", made_up.as_bytes()), 200);
    assert_eq!(post(&tapline, "", (made_up.clone() + &quiet).as_bytes()), 200);
    // One that has a name keeps it, whatever comes then.
    assert_eq!(post(&tapline, "", line("quiet0.example", 404).as_bytes()), 200);
    let summary = tapline.summary();
    let rows: HashMap<String, (u64, u64)> = summary.top("sites");
    let requests = |site: &str| rows.get(site).map(|row| row.0);
    assert_eq!(requests("quiet0.example"), Some(2), "{rows:?}");
    assert!((1..5).all(|i| requests(&format!("quiet{i}.example")) == Some(1)), "{rows:?}");
    assert!(rows.keys().filter(|site| site.starts_with("made-up")).count() <= 10, "{rows:?}");
    assert_eq!(summary.number("requests"), 1_006);
}

#[test]
fn what_a_sender_says_beyond_its_rate_is_dropped_and_counted() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, "[sources]\nmax_rate = 10\n");
    let line = combined_line(1, &time_local()) + "\n";
    let [tcp, http] = [("tcp", tapline.tcp), ("http", tapline.http)].map(|(kind, listener)| {
        format!(
            "tapline_dropped_frames_total{{kind=\"{kind}\",listener=\"{listener}\",reason=\"rate\"}}"
        )
    });
    // At whatever second they arrive, so that each has more than ten at least.
    send(tapline.tcp, line.repeat(10_000).as_bytes());
    let now = tapline.settled(10_000).accounting();
    assert_eq!(
        (now.counted, now.dropped["rate"]),
        (10_000 - count(&tapline, &tcp), count(&tapline, &tcp))
    );
    assert!(now.counted >= 10 && now.dropped["rate"] > 0, "{now:?}");
    // A name is no way around it.
    for name in ["a", "b"] {
        let path = format!("/api/v1/logs?source={name}");
        let answer = Client::new(tapline.http).post(&path, "", line.repeat(1_000).as_bytes());
        let answer = answer.unwrap().json();
        assert!(answer["accepted"].as_u64() <= Some(20), "{answer}");
        assert_eq!(
            answer["accepted"].as_u64().unwrap() + answer["rejected"].as_u64().unwrap(),
            1_000
        );
        assert!(answer["errors"][0]["reason"].as_str().unwrap().contains("max_rate"), "{answer}");
    }
    assert!(count(&tapline, &http) >= 1_960);
    tapline.accounting().assert_balanced();
}

#[test]
fn a_question_ends_with_the_connection_it_came_by() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let time = time_local();
    let lines: String = (0..5_000).map(|i| combined_line(i, &time) + "\n").collect();
    assert_eq!(post(&tapline, "", lines.as_bytes()), 200);
    let gone = refused("not_waited_for");
    // Now and then the answer is faster.
    until("one is dropped", || {
        let mut stream = connect(tapline.http);
        write!(stream, "GET /api/v1/summary HTTP/1.1\r\nHost: {}\r\n\r\n", tapline.http).unwrap();
        drop(stream);
        (count(&tapline, &gone) > 0).then_some(())
    });
    // Who asks the next thing before he has the answer is there.
    let ask = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: {}\r\n", tapline.http);
    let mut stream = connect(tapline.http);
    write!(stream, "{}\r\n", ask("/api/v1/summary")).unwrap();
    write!(stream, "{}Connection: close\r\n\r\n", ask("/readyz")).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("HTTP/1.1 200").count(), 2, "{answers}");
}

#[test]
fn a_full_house_makes_the_next_one_wait_and_then_serves_it() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, "[http]\nmax_connections = 2\n");
    let waits =
        format!("tapline_connection_waits_total{{kind=\"http\",listener=\"{}\"}}", tapline.http);
    until("one had to wait", || {
        let mut held = [Client::new(tapline.http), Client::new(tapline.http)];
        held.iter_mut().for_each(|client| assert_eq!(client.get("/healthz").unwrap().status, 200));
        let mut late = connect(tapline.http);
        write!(late, "GET /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", tapline.http).unwrap();
        drop(held);
        let mut status = [0; 12];
        late.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
        drop(late);
        (count(&tapline, &waits) > 0).then_some(())
    });
}

#[test]
fn values_beyond_the_room_are_other_and_totals_stay_exact() {
    let dir = TempDir::new().unwrap();
    let config = "[sources]\nmax_sites = 10\nmax = 20\n[window]\nmax_values = 1024\n";
    let tapline = Tapline::configured(&dir, config);
    let time = time_local();
    let line = |i: usize, site: usize| {
        let line = combined_line(i, &time).replace("/page/", &format!("/new/{i}/"));
        format!("site{site}.example:80 {line}\n")
    };
    // The honest site and path are there first; then a thousand of each that nobody has seen.
    let honest = |n: usize| line(0, 0).repeat(n);
    let flood: String = (1..=3_000).map(|i| line(i, i % 1_000)).collect();
    send(tapline.tcp, (honest(100) + &flood + &honest(100)).as_bytes());
    let summary = tapline.settled(3_200);
    summary.accounting().assert_all_counted(3_200);
    assert_eq!(summary.number("requests"), 3_200);
    for (list, at_most, first, requests) in
        [("sites", 10, "site0.example", 203), ("paths", 1_000, "/new/0/0", 200)]
    {
        let rows: HashMap<String, (u64, u64)> = summary.top(list);
        let listed: u64 = rows.values().map(|row| row.0).sum();
        let other = summary.other(list, "requests");
        assert!(rows.len() <= at_most, "{list}: {}", rows.len());
        assert!(other > 0 && listed + other == 3_200, "{list}: {listed} and {other}");
        assert_eq!(rows.get(first).map(|row| row.0), Some(requests), "{list}");
    }
    assert!(count(&tapline, "tapline_values_without_room_total") > 3_000);
}

#[test]
fn a_trace_longer_than_its_key_is_cut_and_goes_on_as_another_message() {
    let dir = TempDir::new().unwrap();
    configure(dir.path(), "[multiline]\nmax_lines = 4\n");
    let log = dir.path().join("error.log");
    let time = chrono::Utc::now().format("%Y/%m/%d %H:%M:%S");
    let error = format!("{time} [error] 7#7: *1 upstream said: java.lang.Error: no\n");
    std::fs::write(&log, error + &"\tat com.example.Shop.buy(Shop.java:1)\n".repeat(10)).unwrap();
    let tapline = Tapline::start_following(&dir, &log);
    let cut = format!("tapline_joins_cut_total{{kind=\"file\",listener=\"{}\"}}", log.display());
    until("it is cut", || (count(&tapline, &cut) > 0).then_some(()));
    let joined = cut.replace("joins_cut", "joined_lines");
    until("every line has its place", || {
        let received = tapline.accounting().received;
        (received > 1 && received + count(&tapline, &joined) == 11).then_some(())
    });
}

#[test]
fn a_file_that_was_rotated_before_it_was_looked_at_is_counted() {
    let dir = TempDir::new().unwrap();
    let log = dir.path().join("access.log");
    let write = || std::fs::write(&log, combined_line(1, &time_local()) + "\n").unwrap();
    write();
    if std::fs::metadata(&log).unwrap().created().is_err() {
        return;
    }
    let tapline = Tapline::start_following(&dir, &log);
    tapline.settled(1);
    let missed =
        format!("tapline_missed_files_total{{kind=\"file\",listener=\"{}\"}}", log.display());
    assert_eq!(tapline.metric(&missed), Some(0));
    // It may look in between.
    let mut number = 0;
    until("one is missed", || {
        for _ in 0..2 {
            number += 1;
            std::fs::rename(&log, dir.path().join(format!("access.log.{number}"))).unwrap();
            write();
        }
        (count(&tapline, &missed) > 0).then_some(())
    });
    let ended = tapline.terminate();
    assert!(ended.log.contains("what came in between was not read"), "{}", ended.log);
}

/// What `ARCHITECTURE.md` says is given up under load.
#[test]
fn the_ladder_of_what_is_given_up_names_keys_and_counters_that_there_are() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let text = include_str!("../ARCHITECTURE.md");
    let (_, ladder) = text.split_once("## What is given up first").expect("a ladder");
    let (ladder, _) = ladder.split_once("\n## ").expect("an end");
    let answer = Client::new(tapline.http).get("/metrics").unwrap();
    let metrics = String::from_utf8(answer.body).unwrap();
    let keys: Vec<String> =
        Config::described().iter().map(|key| format!("{}.{}", key.section, key.key)).collect();
    let (mut counters, mut limits) = (0, 0);
    for name in ladder.split('`').skip(1).step_by(2) {
        if name.starts_with("tapline_") {
            assert!(metrics.contains(&format!("# TYPE {name} ")), "{name}");
            counters += 1;
        } else if name.contains('.') && !name.contains('/') {
            assert!(keys.iter().any(|key| key == name), "{name}");
            limits += 1;
        }
    }
    assert!(counters >= 10 && limits >= 12, "{counters} and {limits}");
}

#[test]
fn what_of_an_object_is_read_ends_at_its_depth_and_number_of_fields() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let nested = |depth: usize| {
        let (open, close) = ("[".repeat(depth - 1), "]".repeat(depth - 1));
        format!("{{\"status\":200,\"uri\":\"/deep\",\"x\":{open}1{close}}}")
    };
    let wide = |before: usize| {
        let fields = "\"status\":200,".repeat(before);
        format!("{{\"uri\":\"/wide\",{fields}\"status\":418}}")
    };
    for (body, counted, rejected, filter, found) in [
        (nested(32), 1, 0, "path:/deep", 1),
        (nested(33), 1, 1, "path:/deep", 1),
        // Of 512 that mean something the last one counts; the rest is read over.
        (wide(510), 2, 1, "status:418", 1),
        (wide(511), 3, 1, "status:418", 1),
    ] {
        assert_eq!(post(&tapline, "", body.as_bytes()), 200);
        let now = tapline.accounting();
        assert_eq!((now.counted, now.rejected()), (counted, rejected), "{filter}: {now:?}");
        assert_eq!(tapline.requests(filter), found, "{filter}");
    }
}

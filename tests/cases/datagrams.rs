//! F-041 to F-057: datagrams, by UDP and over unix sockets.

use std::net::UdpSocket;
use std::os::unix::net::UnixDatagram;

use serde_json::json;

use crate::bench::Bench;
use crate::case::{Case, counted, good, headed, udp, unix};
use crate::common::material::time_3164;
use crate::common::until;
use crate::report::Report;

pub(crate) fn run(report: &mut Report, bench: &mut Bench) {
    report.run(bench, odd());
    report.run(bench, cut());
    report.tries(57, "a short queue of unix datagrams is told", bench, |bench| {
        let setting =
            |path: &str| std::fs::read_to_string(path).unwrap().trim().parse::<u64>().unwrap();
        // A sender's buffer takes 1,280 bytes for each.
        let sender = setting("/proc/sys/net/core/wmem_default") / 1_280;
        let short = setting("/proc/sys/net/unix/max_dgram_qlen").min(sender) < 512;
        let listeners = bench.tapline.get("/api/v1/sources")["listeners"].clone();
        let own = listeners.as_array().unwrap().iter().find(|l| l["kind"] == "unix").unwrap();
        let told = own["hint"].as_str().is_some_and(|hint| hint.contains("max_dgram_qlen"));
        assert_eq!(told, short, "{own}");
    });
    report.tries(56, "the socket's file is removed", bench, removed);
    report.on_a_server("[sources]\nmax = 100\n", |report, bench| {
        report.tries(52, "a thousand senders", bench, many_senders);
    });
}

/// Senders of datagrams find the server again; what was sent before it was removed is counted. (A file
/// that another process has put there is that process's.)
fn removed(bench: &mut Bench) {
    let path = bench.tapline.unix.clone();
    let socket = UnixDatagram::unbound().unwrap();
    let there = bench.tapline.requests("path:/removed");
    socket.send_to(good("/removed").as_bytes(), &path).unwrap();
    std::fs::remove_file(&path).unwrap();
    until("its file is back", || socket.send_to(good("/removed").as_bytes(), &path).ok());
    until("both lines", || (bench.tapline.requests("path:/removed") == there + 2).then_some(()));
    bench.tapline.logs("the socket's file was removed");
}

/// The loopback network has 16 million addresses to send from.
fn many_senders(bench: &mut Bench) {
    let before = bench.counts(&bench.tapline.udp.to_string());
    for i in 0..1000_u16 {
        let from = format!("127.9.{}.{}:0", i / 250, i % 250 + 1);
        let socket = UdpSocket::bind(from).unwrap();
        socket.send_to(b"<190>hello", bench.tapline.udp).unwrap();
    }
    until("all have come", || {
        let now = bench.counts(&bench.tapline.udp.to_string());
        (now["unparsed"] == before["unparsed"] + 1000).then_some(())
    });
    let answer = bench.tapline.get("/api/v1/sources");
    let sources = answer["sources"].as_array().unwrap();
    assert!(sources.len() <= 101, "{} sources", sources.len());
    let unparsed = |s: &serde_json::Value| s["accounting"]["unparsed"].as_u64().unwrap();
    assert_eq!(sources.iter().map(unparsed).sum::<u64>(), 1000);
}

/// What is in a datagram beside a line.
fn odd() -> Vec<Case> {
    let line = good("/datagram");
    let whole = json!({"path": "/datagram", "bytes": 5, "user_agent": "x"});
    let mut cases = Vec::new();
    for (name, bytes) in [("nothing", ""), ("NUL", "\0"), ("LF", "\n"), ("blanks", " \t \r\n")] {
        cases.push(udp(41, name, bytes, ""));
        cases.push(unix(41, name, bytes, ""));
    }
    for end in ["\n", "\r\n", "\0", "\n\0"] {
        let bytes = format!("{line}{end}");
        let case = udp(42, &format!("a line that ends in {end:?}"), bytes, "1 counted");
        cases.push(case.event(whole.clone()));
    }
    cases.extend([
        udp(43, "a count that fits", counted(&line), "1 counted").event(whole.clone()),
        udp(43, "a count with the LF", format!("{} {line}\n", line.len() + 1), "1 counted"),
        udp(43, "a count that lies", format!("999 {line}"), "1 unparsed"),
        // Every line has a header of its own: two messages. Without one it belongs to the first.
        udp(44, "two messages", format!("{line}\n{line}"), "2 counted"),
        udp(44, "a message of two lines", "<190>first\n  and more", "1 unparsed"),
        udp(51, "a zipped message", b"z\x78\xda\x00\x01\x02".to_vec(), "1 compressed"),
        unix(51, "a zipped message", b"z\x78\x9c\x00\x01\x02".to_vec(), "1 compressed"),
    ]);
    cases
}

/// Long datagrams, and those a sender has cut.
fn cut() -> Vec<Case> {
    let long = |length: usize| {
        let bare = good("/");
        bare.replace("GET /", &format!("GET /{}", "a".repeat(length - bare.len())))
    };
    let haproxy = format!(
        "<134>{} haproxy[7]: 192.0.2.1:59614 [22/Nov/2026:19:26:06.869] web ok/ng 0/0/0/0/0 \
         200 130 - - ---- 1/1/0/0/0 0/0 \"GET /{}",
        time_3164(),
        "A".repeat(900)
    );
    let now = chrono::Utc::now().format("%Y/%m/%d %H:%M:%S");
    let nginx =
        headed("web-1", &format!("{now} [error] 7#7: *1 open() \"/srv/{}", "a".repeat(2000)));
    let piece = "a".repeat(1000);
    let head =
        headed("web-1", &format!("203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] \"GET /{piece}"));
    vec![
        udp(45, "the longest of IPv4", long(65_507), "1 counted"),
        unix(46, "nginx's 100,108 bytes", long(100_108), "1 counted"),
        // Refused whole, where the catalogue would keep the head.
        unix(47, "longer than is read", vec![b'a'; 300_000], "1 oversize"),
        // HAProxy cuts at 1,024 bytes, behind all that counts.
        udp(48, "HAProxy's cut line", format!("{haproxy}\n"), "1 counted")
            .event(json!({"source": "127.0.0.1/haproxy", "status": 200, "bytes": 130})),
        udp(49, "nginx's cut error", nginx, "1 counted")
            .event(json!({"source": "web-1/nginx", "kind": "error", "level": "error"})),
        // An access line that lacks its status says nothing that counts; none of the splinters is lost.
        udp(50, "logger's splinters", head, "3 unparsed")
            .then(piece.clone())
            .then(format!("{piece} HTTP/1.1\" 200")),
    ]
}

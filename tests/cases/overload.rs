//! F-146 to F-160: more of everything than there is room for.

use std::fmt::Write as _;
use std::io::{ErrorKind, Write};
use std::net::{TcpStream, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::bench::Bench;
use crate::case::{access, good, headed, since};
use crate::common::material::time_local;
use crate::common::until;
use crate::common::wire::{connect, send};
use crate::report::Report;

pub(crate) fn run(report: &mut Report, bench: &mut Bench) {
    report.tries(152, "2,000 connections that come and go", bench, |bench| {
        for _ in 0..2000 {
            drop(connect(bench.tapline.tcp));
        }
        until("none is left", || (connections(bench) == 0).then_some(()));
    });
    report.tries(153, "one that never pauses beside fifty", bench, greedy);
    report.tries(154, "a connection is watched over", bench, kept_alive);
    report.tries(158, "a stream is held back, not cut", bench, held_back);
    report.on_a_server("[window]\nmemory = \"256 MiB\"\n", |report, bench| {
        report.tries(146, "values that are all new", bench, all_new)
    });
    report.on_a_server("[sources]\nmax = 500\n", |report, bench| {
        report.tries(147, "hosts and sites that are all new", bench, all_new_sites);
    });
    report.on_a_server("[udp]\nreceive_buffer = \"64 KiB\"\n", |report, bench| {
        for number in [149, 150, 159] {
            report.tries(number, "a flood of datagrams", bench, flood);
        }
    });
    report.on_a_server("[window]\nmemory = \"8 MiB\"\n", |report, bench| {
        report.tries(156, "more events than the window holds", bench, over_the_budget);
    });
    report.on_a_server("", |report, bench| {
        report.tries(155, "no file descriptor is left", bench, out_of_files);
    });
}

fn connections(bench: &Bench) -> u64 {
    bench
        .tapline
        .gauge(&format!("tapline_connections{{kind=\"tcp\",listener=\"{}\"}}", bench.tapline.tcp))
}

/// Everybody is heard while one sends as fast as it can.
fn greedy(bench: &mut Bench) {
    let (to, enough) = (bench.tapline.tcp, AtomicBool::new(false));
    let there = bench.tapline.requests("path:/slow");
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (mut stream, lines) = (connect(to), format!("{}\n", good("/greedy")).repeat(100));
            while !enough.load(Ordering::SeqCst) {
                stream.write_all(lines.as_bytes()).unwrap();
            }
        });
        let slow: Vec<TcpStream> = (0..50).map(|_| connect(to)).collect();
        for mut stream in &slow {
            writeln!(stream, "{}", good("/slow")).unwrap();
        }
        until("all are heard", || {
            (bench.tapline.requests("path:/slow") == there + 50).then_some(())
        });
        enough.store(true, Ordering::SeqCst);
    });
}

/// A peer whose power is cut says nothing any more; that the kernel asks after it is seen in its table
/// (proc(5): `tr` is 02 where a keepalive timer runs).
fn kept_alive(bench: &mut Bench) {
    let stream = connect(bench.tapline.tcp);
    let ours = format!(":{:04X}", stream.local_addr().unwrap().port());
    let theirs = format!(":{:04X}", bench.tapline.tcp.port());
    until("a keepalive timer", || {
        let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
        table.lines().find_map(|line| {
            let words: Vec<&str> = line.split_whitespace().collect();
            let own = words.get(1)?.ends_with(&theirs) && words.get(2)?.ends_with(&ours);
            (own && words.get(5)?.starts_with("02:")).then_some(())
        })
    });
}

/// A server that does not read makes a sender wait; whatever it could write is counted.
fn held_back(bench: &mut Bench) {
    let there = bench.tapline.requests("path:/held");
    let mut stream = connect(bench.tapline.tcp);
    stream.set_nonblocking(true).unwrap();
    bench.tapline.signal(libc::SIGSTOP);
    let line = format!("{}\n", good("/held"));
    let (mut written, mut whole) = (0, 0);
    loop {
        match stream.write(&line.as_bytes()[written..]) {
            Ok(n) => written += n,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                break;
            }
        }
        if written == line.len() {
            (written, whole) = (0, whole + 1);
        }
    }
    bench.tapline.signal(libc::SIGCONT);
    stream.set_nonblocking(false).unwrap();
    stream.write_all(&line.as_bytes()[written..]).unwrap();
    until("all of them", || {
        (bench.tapline.requests("path:/held") == there + whole + 1).then_some(())
    });
}

/// The catalogue has a million in ten seconds, which is for a release build and an idle machine. In a
/// debug build ticks come late with more.
fn new_values() -> usize {
    if std::env::var_os("TAPLINE_TEST_BINARY").is_some() { 300_000 } else { 10_000 }
}

/// Totals stay exact, and what is asked for again and again stays at the top.
fn all_new(bench: &mut Bench) {
    // Blocks of open seconds with as many new values as they take, and the window beside them.
    bench.memory_mib = 512;
    let (new, honest) = (new_values(), good("/honest"));
    let mut flood = String::new();
    for i in 0..new {
        let client = format!("2001:db8::{:x}:{:x}", i / 0xFFFF, i % 0xFFFF);
        let line = format!(
            "{client} - - [{}] \"GET /new/{i}x HTTP/1.1\" 200 5 \"http://r{i}.example/\" \"agent/{i}\"",
            time_local()
        );
        let _ = writeln!(flood, "{}", headed("web-1", &line));
        if i % 100 == 0 {
            let _ = writeln!(flood, "{honest}");
        }
        if flood.len() > 1 << 20 {
            send(bench.tapline.tcp, flood.as_bytes());
            flood.clear();
        }
    }
    send(bench.tapline.tcp, flood.as_bytes());
    let honest = new as u64 / 100;
    let summary = bench.tapline.summary();
    assert!(summary.accounting().counted >= new as u64 + honest);
    let paths = summary.top("paths");
    assert_eq!(paths.get("/honest").map(|p| p.0), Some(honest), "{} paths", paths.len());
    let listed: u64 = paths.values().map(|p| p.0).sum();
    let other = summary.other("paths", "requests");
    assert!(other > 0 && listed + other == summary.number("requests"), "{listed} + {other}");
}

/// Hosts and sites have room of their own; beyond it they are told together.
fn all_new_sites(bench: &mut Bench) {
    let before = bench.counts(&bench.tapline.tcp.to_string());
    let mut flood = String::new();
    for i in 0..20_000 {
        let line = format!("site{i}.example:80 {}", access("GET / HTTP/1.1"));
        let _ = writeln!(flood, "{}", headed(&format!("h{i}"), &line));
    }
    send(bench.tapline.tcp, flood.as_bytes());
    let found = since(&before, &bench.counts(&bench.tapline.tcp.to_string()));
    assert_eq!(found["counted"], 20_000, "{found:?}");
    let answer = bench.tapline.get("/api/v1/sources");
    let sources = answer["sources"].as_array().unwrap();
    assert!(sources.len() <= 501, "{} sources", sources.len());
    let summary = bench.tapline.summary();
    let sites: u64 = summary.top("sites").values().map(|s| s.0).sum();
    assert_eq!(sites + summary.other("sites", "requests"), summary.number("requests"));
}

/// What the kernel dropped is received and dropped: together all that was sent. The canary's own
/// listener loses nothing meanwhile.
fn flood(bench: &mut Bench) {
    const SENT: u64 = 50_000;
    let listener = bench.tapline.udp.to_string();
    let before = bench.counts(&listener);
    let (socket, line) = (UdpSocket::bind("127.0.0.1:0").unwrap(), good("/flood"));
    for _ in 0..SENT {
        socket.send_to(line.as_bytes(), bench.tapline.udp).unwrap();
    }
    let found = until("every datagram has its place", || {
        let found = since(&before, &bench.counts(&listener));
        (found["received"] >= SENT).then_some(found)
    });
    assert_eq!(found["received"], SENT, "{found:?}");
    assert_eq!(found["counted"] + found["kernel"], SENT, "{found:?}");
    assert!(found["kernel"] > 0, "no flood: {found:?}");
}

fn over_the_budget(bench: &mut Bench) {
    let line = format!("{}\n", headed("web-1", &access("GET /full HTTP/1.1")));
    for i in 0..10 {
        let lines: String =
            (0..10_000).map(|n| line.replace("/full", &format!("/full/{i}/{n}"))).collect();
        send(bench.tapline.tcp, lines.as_bytes());
    }
    let (bytes, budget) = until("the second is closed", || {
        let (bytes, budget) = (
            bench.tapline.gauge("tapline_window_bytes"),
            bench.tapline.gauge("tapline_window_budget_bytes"),
        );
        (bytes <= budget).then_some((bytes, budget))
    });
    assert!(bytes <= budget, "{bytes} of {budget}");
    assert!(bench.tapline.accounting().counted >= 100_000);
}

/// Nobody can connect any more, and that is told once; who is connected is heard, datagrams too. Once
/// there are descriptors again, all goes on.
fn out_of_files(bench: &mut Bench) {
    let mut before = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    let id = bench.tapline.id();
    // SAFETY: a process of ours and a live limit; null is for what is not changed.
    let asked =
        unsafe { libc::prlimit(id, libc::RLIMIT_NOFILE, std::ptr::null(), &raw mut before) };
    assert_eq!(asked, 0);
    let limit = |soft: u64| {
        let new = libc::rlimit { rlim_cur: soft, ..before };
        // SAFETY: as above; null is for what is not asked.
        unsafe { libc::prlimit(id, libc::RLIMIT_NOFILE, &raw const new, std::ptr::null_mut()) }
    };
    let open = std::fs::read_dir(format!("/proc/{id}/fd")).unwrap().count() as u64;
    assert_eq!(limit(open + 8), 0);
    let mut streams: Vec<TcpStream> = Vec::new();
    until("it is told", || {
        if streams.len() < 100 {
            streams.push(connect(bench.tapline.tcp));
        }
        bench.tapline.log().contains("accept failed").then_some(())
    });
    let (tcp, udp) = bench.canary.sent();
    until("the canaries go on", || {
        let now = bench.canary.sent();
        (now.0 > tcp + 5 && now.1 > udp + 5).then_some(())
    });
    assert_eq!(limit(before.rlim_cur), 0);
    drop(streams);
    until("none is left", || (connections(bench) == 0).then_some(()));
    let told = bench.tapline.log().matches("accept failed").count();
    assert!((1..=2).contains(&told), "told {told} times");
}

//! A stop in the middle of a load, orderly or not.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use socket2::Socket;
use tempfile::TempDir;

use crate::common::http::Client;
use crate::common::material::{combined_line, time_3164, time_local};
use crate::common::tapline::{Ended, Tapline};
use crate::common::{PATIENCE, until};

/// Lines that have been received before the stop is asked for.
const BEFORE: u64 = 20_000;
/// A sender that nobody stops ends by itself here.
const AT_MOST: u64 = 3_000_000;

#[test]
fn sigterm_in_a_tcp_load_loses_nothing_that_could_be_written() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let tcp = tapline.tcp;
    loses_nothing_that_could_be_written(tapline, || TcpStream::connect(tcp).unwrap().into());
}

#[test]
fn sigterm_in_a_load_over_a_unix_stream_loses_nothing_that_could_be_written() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("stream.sock");
    let tapline = Tapline::configured(&dir, &format!("[unix]\nstream = [{path:?}]\n"));
    loses_nothing_that_could_be_written(tapline, || UnixStream::connect(&path).unwrap().into());
}

fn loses_nothing_that_could_be_written(tapline: Tapline, connect: impl Fn() -> Socket) {
    let senders: Vec<_> = (0..4)
        .map(|i| {
            let stream = connect();
            thread::spawn(move || write_until_closed(stream, i))
        })
        .collect();
    until("the load runs", || (tapline.accounting().received >= BEFORE).then_some(()));
    let ended = tapline.terminate();
    let written: u64 = senders.into_iter().map(|s| s.join().unwrap()).sum();
    assert!(written < AT_MOST, "the load was over before the stop");
    assert!(ended.status.success(), "{:?}\n{}", ended.status, ended.log);
    let last = ended.accounting.unwrap_or_else(|| panic!("no last word:\n{}", ended.log));
    last.assert_all_counted(written);
    assert_eq!(last.in_flight, 0);
}

/// Writes lines until the server closes its half, then closes its own: the count of whole lines.
fn write_until_closed(mut stream: Socket, sender: u64) -> u64 {
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let line = format!(
        "<190>{} web-{sender} nginx: {}\n",
        time_3164(),
        combined_line(sender as usize, &time_local())
    );
    let batch = line.repeat(20);
    let mut written = 0;
    while written < AT_MOST / 4 {
        stream.set_nonblocking(true).unwrap();
        let closed = matches!(stream.read(&mut [0; 16]), Ok(0));
        stream.set_nonblocking(false).unwrap();
        if closed || stream.write_all(batch.as_bytes()).is_err() {
            break;
        }
        written += 20;
    }
    let _ = stream.shutdown(Shutdown::Write);
    // an orderly end: the server closes once it has read all
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let _ = stream.read(&mut [0; 16]);
    written
}

#[test]
fn datagrams_before_sigterm_are_counted_or_dropped_by_the_kernel() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let line = format!("<190>{} web nginx: {}", time_3164(), combined_line(1, &time_local()));
    for _ in 0..BEFORE {
        socket.send_to(line.as_bytes(), tapline.udp).expect("it listens");
    }
    let ended = tapline.terminate();
    assert!(ended.status.success(), "{:?}\n{}", ended.status, ended.log);
    let last = ended.accounting.unwrap_or_else(|| panic!("no last word:\n{}", ended.log));
    last.assert_balanced();
    let kernel = last.dropped.get("kernel").copied().unwrap_or(0);
    assert_eq!((last.counted + kernel, last.in_flight), (BEFORE, 0), "{last:?}");
}

#[test]
fn datagrams_are_heard_while_connections_finish() {
    let dir = TempDir::new().unwrap();
    // Far longer than the test: it ends at the second signal.
    let tapline = Tapline::configured(&dir, "[stop]\ngrace = \"10 min\"\n");
    let mut unfinished = TcpStream::connect(tapline.tcp).unwrap();
    unfinished.write_all(b"<190>Nov 22 10:00:00 h nginx: unfinis").unwrap();
    let connected = format!("tapline_connections{{kind=\"tcp\",listener=\"{}\"}}", tapline.tcp);
    until("it is heard", || (tapline.metric(&connected) == Some(1)).then_some(()));
    // A stream that is quiet for half a second after the signal is at its end.
    let over = AtomicBool::new(false);
    let ended = thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) && unfinished.write_all(b"h").is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        });
        let ended = heard_until_the_second_signal(tapline);
        over.store(true, Ordering::Relaxed);
        ended
    });
    let last = ended.accounting.unwrap_or_else(|| panic!("no last word:\n{}", ended.log));
    assert_eq!((last.counted, last.in_flight), (1, 0), "{last:?}");
}

fn heard_until_the_second_signal(tapline: Tapline) -> Ended {
    tapline.signal(libc::SIGTERM);
    until("it stops", || {
        let answer = Client::new(tapline.http).get("/readyz").ok()?;
        (answer.status == 503).then_some(())
    });
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let line = format!("<190>{} web nginx: {}", time_3164(), combined_line(1, &time_local()));
    socket.send_to(line.as_bytes(), tapline.udp).expect("it listens");
    until("it is counted", || (tapline.accounting().counted == 1).then_some(()));
    tapline.signal(libc::SIGTERM);
    tapline.ended()
}

#[test]
fn sigterm_in_an_http_load_loses_nothing_that_was_accepted() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let http = tapline.http;
    let (accepted, offered) = (AtomicU64::new(0), AtomicU64::new(0));
    let body = (0..100).map(|i| combined_line(i, &time_local()) + "\n").collect::<String>();
    let ended = thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut client = Client::new(http);
                for _ in 0..AT_MOST / 400 {
                    offered.fetch_add(100, Ordering::SeqCst);
                    match client.post("/api/v1/logs", "", body.as_bytes()) {
                        Ok(answer) if answer.status == 200 => {
                            let n = answer.json()["accepted"].as_u64().expect("accepted");
                            accepted.fetch_add(n, Ordering::SeqCst);
                        }
                        // stopping: 503, or nobody listens any more
                        Ok(answer) => assert_eq!(answer.status, 503),
                        Err(_) => break,
                    }
                }
            });
        }
        until("the load runs", || (tapline.accounting().received >= BEFORE).then_some(()));
        tapline.terminate()
    });
    assert!(ended.status.success(), "{:?}\n{}", ended.status, ended.log);
    let last = ended.accounting.unwrap_or_else(|| panic!("no last word:\n{}", ended.log));
    last.assert_all_counted(last.received);
    let (accepted, offered) = (accepted.into_inner(), offered.into_inner());
    assert!(last.counted >= accepted, "{accepted} were accepted, {last:?}");
    assert!(last.counted <= offered, "{offered} were offered, {last:?}");
}

#[test]
fn a_second_signal_does_not_wait_for_a_silent_sender() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let mut silent = TcpStream::connect(tapline.tcp).unwrap();
    silent.write_all(b"<190>Nov 22 10:00:00 h nginx: unfinis").unwrap();
    tapline.signal(libc::SIGTERM);
    tapline.signal(libc::SIGTERM);
    let ended = tapline.ended();
    assert!(ended.status.code().is_some(), "ended by itself: {:?}", ended.status);
    drop(silent);
}

#[test]
fn after_kill_9_the_same_sockets_are_bound_again_and_receive() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let (http, udp, tcp) = (tapline.http, tapline.udp, tapline.tcp);
    let line = format!("<190>{} h nginx: {}\n", time_3164(), combined_line(0, &time_local()));
    // a connection with traffic, so that its port lingers after the kill
    let mut stream = TcpStream::connect(tcp).unwrap();
    stream.write_all(line.as_bytes()).unwrap();
    tapline.settled(1);
    tapline.signal(libc::SIGKILL);
    until("it is gone", || (!tapline.running()).then_some(()));
    let socket_file = tapline.unix.clone();
    drop(tapline);
    assert!(socket_file.exists(), "a killed process leaves its socket file behind");

    let tapline = Tapline::start_on(dir.path(), http, udp, tcp);
    assert_eq!((tapline.http, tapline.udp, tapline.tcp), (http, udp, tcp));
    let mut stream = TcpStream::connect(tcp).unwrap();
    stream.write_all(line.as_bytes()).unwrap();
    let unix = std::os::unix::net::UnixDatagram::unbound().unwrap();
    unix.send_to(line.as_bytes(), &tapline.unix).expect("the socket file is bound anew");
    tapline.settled(2).accounting().assert_all_counted(2);
}

#[test]
fn an_orderly_stop_removes_its_socket_file_and_a_taken_port_is_named() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let other = std::process::Command::new(crate::common::tapline::binary())
        .args(["serve", "--http", &tapline.http.to_string(), "--udp", "off", "--tcp", "off"])
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .env("XDG_CONFIG_HOME", dir.path())
        .output()
        .unwrap();
    assert_eq!(other.status.code(), Some(1), "{other:?}");
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(said.contains(&tapline.http.to_string()), "the address is named: {said}");
    let unix = tapline.unix.clone();
    let ended = tapline.terminate();
    assert!(ended.status.success(), "{}", ended.log);
    assert!(!unix.exists(), "the socket file is left behind");
}

//! What goes wrong in a soak: each fault is a function, and an error of it is something that must not be.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use chrono::Utc;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::senders::{Order, Sender, connect, leave, post};
use crate::lines::{Now, Random};
use crate::server::Server;
use crate::wire::{PATIENCE, Target, Wire};
use crate::{Outcome, api};

/// Lines of the burst of new paths.
const BURST: u64 = 1_000_000;
/// The host that they come from.
pub(crate) const BURST_HOST: &str = "soak-burst";

/// Where faults happen, and what they leave for the books.
pub(crate) struct Scene<'a> {
    pub(crate) server: &'a Server,
    pub(crate) http: SocketAddr,
    pub(crate) tcp: SocketAddr,
    pub(crate) tls: SocketAddr,
    pub(crate) udp: SocketAddr,
    pub(crate) unix: PathBuf,
    pub(crate) senders: &'a [Sender],
    /// The configuration; true gives another one that is good, too.
    pub(crate) config: &'a (dyn Fn(bool) -> String + Sync),
    /// Seconds in which the server was stopped.
    pub(crate) stops: &'a Mutex<Vec<(i64, i64)>>,
    /// … and in which this tool got nothing done.
    pub(crate) pauses: &'a Mutex<Vec<(i64, i64)>>,
    /// One reload at a time, and which of both configurations is in force.
    pub(crate) reloads: Mutex<bool>,
    /// Datagrams beside the honest ones; of empty ones no frame is made.
    pub(crate) datagrams: AtomicU64,
    pub(crate) empty_datagrams: AtomicU64,
    pub(crate) burst: AtomicU64,
}

pub(crate) type Fault = fn(&Scene<'_>, &mut Random) -> Outcome<()>;

/// Every fault and how often it comes in four rounds.
pub(crate) const FAULTS: [(&str, u32, Fault); 16] = [
    ("connection cut in mid-frame or mid-body", 12, cut),
    ("sender stalls", 8, stall),
    ("server stopped 1-3 s", 4, freeze),
    ("reload", 4, reload),
    ("reload of a broken file", 4, broken_reload),
    ("feed not read", 4, unread_feed),
    ("answer read slowly", 4, slow_answer),
    ("50 slow heads", 4, slow_heads),
    ("garbage on every listener", 4, garbage),
    ("forged, huge and empty frames", 4, frames),
    ("20 handshakes broken off", 4, handshakes),
    ("WebSocket abused", 4, websocket),
    ("100 idle WebSockets", 4, idle_sockets),
    ("500 connects and resets", 4, storm),
    ("gzip bomb", 4, bomb),
    ("1,000,000 new paths", 1, new_paths),
];

fn cut(scene: &Scene<'_>, random: &mut Random) -> Outcome<()> {
    let streams: Vec<_> = scene.senders.iter().filter(|s| s.name != "udp").collect();
    let one = streams[random.below(streams.len() as u32) as usize];
    one.tell(Order::Cut { reset: random.below(2) == 0 });
    Ok(())
}

fn stall(scene: &Scene<'_>, random: &mut Random) -> Outcome<()> {
    let one = &scene.senders[random.below(scene.senders.len() as u32) as usize];
    one.tell(Order::Stall(Duration::from_millis(500 + u64::from(random.below(2500)))));
    Ok(())
}

fn freeze(scene: &Scene<'_>, random: &mut Random) -> Outcome<()> {
    let from = Utc::now().timestamp();
    scene.server.signal(libc::SIGSTOP);
    thread::sleep(Duration::from_millis(1000 + u64::from(random.below(2000))));
    scene.server.signal(libc::SIGCONT);
    let stop = (from, Utc::now().timestamp());
    scene.stops.lock().unwrap_or_else(PoisonError::into_inner).push(stop);
    Ok(())
}

fn reload(scene: &Scene<'_>, _: &mut Random) -> Outcome<()> {
    let mut other = scene.reloads.lock().unwrap_or_else(PoisonError::into_inner);
    *other = !*other;
    let before = metric(scene, "tapline_config_reloads_total")?;
    reload_with(scene, &(scene.config)(*other))?;
    wait_for("the reload", || Ok(metric(scene, "tapline_config_reloads_total")? > before))
}

fn broken_reload(scene: &Scene<'_>, random: &mut Random) -> Outcome<()> {
    let other = scene.reloads.lock().unwrap_or_else(PoisonError::into_inner);
    let good = (scene.config)(*other);
    let broken = match random.below(3) {
        0 => good.replace("[udp]", "[upd]"),
        1 => good.replace("listen = [", "listen = [["),
        _ => format!("{good}\n[tcp]\nlisten = [\"203.0.113.1:1\"]\n"),
    };
    reload_with(scene, &broken)?;
    let failed = || metric(scene, "tapline_config_reload_failed");
    wait_for("the refusal of a broken file", || Ok(failed()? == 1))?;
    reload_with(scene, &good)?;
    wait_for("the reload after a broken file", || Ok(failed()? == 0))
}

fn reload_with(scene: &Scene<'_>, config: &str) -> Outcome<()> {
    std::fs::write(scene.server.file("tapline.toml"), config)?;
    scene.server.signal(libc::SIGHUP);
    Ok(())
}

/// A page that is frozen.
fn unread_feed(scene: &Scene<'_>, _: &mut Random) -> Outcome<()> {
    let mut stream = upgraded(scene)?;
    socket2::SockRef::from(&stream).set_recv_buffer_size(4096)?;
    stream.write_all(&masked(1, b"{\"type\":\"subscribe\"}"))?;
    thread::sleep(Duration::from_secs(15));
    Ok(())
}

fn slow_answer(scene: &Scene<'_>, random: &mut Random) -> Outcome<()> {
    let mut stream = connect(scene.http)?;
    socket2::SockRef::from(&stream).set_recv_buffer_size(4096)?;
    let what = ["/api/v1/events?limit=1000", "/metrics", "/", "/api/v1/summary?top=1000"];
    let what = what[random.below(4) as usize];
    write!(stream, "GET {what} HTTP/1.1\r\nHost: {}\r\n\r\n", scene.http)?;
    let mut some = [0; 64];
    for _ in 0..40 {
        if !matches!(stream.read(&mut some), Ok(1..)) {
            break;
        }
        thread::sleep(Duration::from_millis(200));
    }
    leave(&stream, true);
    Ok(())
}

/// Each holds a connection for as long as a head may take, and no longer.
fn slow_heads(scene: &Scene<'_>, _: &mut Random) -> Outcome<()> {
    let mut heads = (0..50).map(|_| connect(scene.http)).collect::<Outcome<Vec<_>>>()?;
    for byte in b"GET / HTTP/1.1\r\nX-".iter().chain([b'a'; 8].iter()) {
        for stream in &mut heads {
            let _ = stream.write_all(&[*byte]);
        }
        thread::sleep(Duration::from_millis(500));
    }
    for mut stream in heads {
        let mut rest = Vec::new();
        match stream.read_to_end(&mut rest) {
            Err(e) if e.kind() == std::io::ErrorKind::WouldBlock => {
                return Err("a head may take longer than header_timeout".into());
            }
            _ => {}
        }
    }
    Ok(())
}

fn garbage(scene: &Scene<'_>, random: &mut Random) -> Outcome<()> {
    for to in [scene.tcp, scene.tls, scene.http] {
        let mut stream = connect(to)?;
        // Refused in the middle, mostly.
        let _ = stream.write_all(&noise(random, 32 * 1024));
        leave(&stream, random.below(2) == 0);
    }
    let mut tls = Wire::open(&Target::Tls(scene.tls))?;
    let _ = tls.write(&noise(random, 32 * 1024), 0);
    tls.lose(true);
    let mut unix = UnixStream::connect(&scene.unix)?;
    unix.set_write_timeout(Some(PATIENCE))?;
    let _ = unix.write_all(&noise(random, 32 * 1024));
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    for _ in 0..200 {
        let length = 64 + random.below(1200) as usize;
        let mut bytes = noise(random, length);
        // One frame each: nothing that could be several lines, a packed or an empty message.
        bytes.iter_mut().filter(|b| **b == b'\n' || **b == b'z').for_each(|b| *b = b'x');
        socket.send_to(&bytes, scene.udp)?;
        scene.datagrams.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

fn frames(scene: &Scene<'_>, random: &mut Random) -> Outcome<()> {
    let long = [b'a'; 1024 * 1024];
    let forged = b"<190>Nov 22 10:00:00 bank-1 nginx: 192.0.2.1 - - [01/Jan/2001:00:00:00 +0000] \
        \"GET /forged HTTP/1.1\" 200 1 \"-\" \"-\"\n";
    let streams: [&[u8]; 8] = [
        b"9999999999 <190>x",
        b"500 <190>too few bytes for that",
        &long,
        &[b'\n'; 10_000],
        &[0; 10_000],
        &[b'\r'; 10_000],
        forged,
        b"<999999>1 - - - - - [a b=\"c\n<190>\n<>\n",
    ];
    let kinds = [Target::Tcp(scene.tcp), Target::Tls(scene.tls), Target::Unix(scene.unix.clone())];
    for bytes in streams {
        let mut wire = Wire::open(&kinds[random.below(3) as usize])?;
        let _ = wire.write(bytes, 0);
        wire.lose(random.below(2) == 0);
    }
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    for _ in 0..20 {
        socket.send_to(b"", scene.udp)?;
        scene.empty_datagrams.fetch_add(1, Ordering::Relaxed);
        // The longest that there is.
        socket.send_to(&long[..65_507], scene.udp)?;
        socket.send_to(forged.trim_ascii_end(), scene.udp)?;
        scene.datagrams.fetch_add(2, Ordering::Relaxed);
    }
    Ok(())
}

fn handshakes(scene: &Scene<'_>, random: &mut Random) -> Outcome<()> {
    let hello = [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3];
    for i in 0..20 {
        let mut stream = connect(scene.tls)?;
        let _ = match i % 4 {
            0 => stream.write_all(&hello),
            1 => stream.write_all(b"GET / HTTP/1.1\r\n\r\n"),
            2 => stream.write_all(&noise(random, 300)),
            _ => Ok(()),
        };
        leave(&stream, random.below(2) == 0);
    }
    Ok(())
}

fn websocket(scene: &Scene<'_>, random: &mut Random) -> Outcome<()> {
    let huge = [0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3, 4];
    let noise = noise(random, 4096);
    let unmasked = [0x81, 2, b'{', b'}'];
    for bytes in [&huge[..], &unmasked, &noise, &masked(1, b"\xff\xfe"), &masked(3, b"x")] {
        let mut stream = upgraded(scene)?;
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        // It says why and closes, or closes.
        if let Err(error) = stream.read_to_end(&mut answer)
            && error.kind() == std::io::ErrorKind::WouldBlock
        {
            return Err("a session that breaks the protocol is left open".into());
        }
    }
    let mut half = connect(scene.http)?;
    half.write_all(b"GET /api/v1/live HTTP/1.1\r\nUpgrade: websocket\r\nConnec")?;
    leave(&half, true);
    Ok(())
}

fn idle_sockets(scene: &Scene<'_>, _: &mut Random) -> Outcome<()> {
    let idle = (0..100).map(|_| upgraded(scene)).collect::<Outcome<Vec<_>>>()?;
    thread::sleep(Duration::from_secs(8));
    drop(idle);
    Ok(())
}

fn storm(scene: &Scene<'_>, random: &mut Random) -> Outcome<()> {
    let ports = [scene.tcp, scene.tls, scene.http];
    for _ in 0..500 {
        let stream = connect(ports[random.below(3) as usize])?;
        leave(&stream, true);
    }
    Ok(())
}

/// 100 MiB as 100 KiB.
fn bomb(scene: &Scene<'_>, _: &mut Random) -> Outcome<()> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = [b'0'; 64 * 1024];
    for _ in 0..1600 {
        encoder.write_all(&zeros)?;
    }
    let body = encoder.finish()?;
    let mut stream = connect(scene.http)?;
    let head = post(scene.http, "bomb", body.len());
    let head = head.replacen("\r\n", "\r\nContent-Encoding: gzip\r\n", 1);
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    match api::read_answer(&mut stream, &mut Vec::new()) {
        Ok(()) => Err("a gzip bomb was taken".into()),
        Err(_) => Ok(()),
    }
}

/// As fast as they are taken.
fn new_paths(scene: &Scene<'_>, random: &mut Random) -> Outcome<()> {
    let mut wire = Wire::open(&Target::Tcp(scene.tcp))?;
    let start = random.next();
    let mut done = 0;
    while done < BURST {
        let now = Now::new(Utc::now());
        let mut chunk = Vec::with_capacity(80 * 1024);
        for i in 0..500 {
            let n = start.wrapping_add(done + i);
            let _ = writeln!(
                chunk,
                "<190>{} {BURST_HOST} nginx: 192.0.2.{} - - [{} +0000] \"GET /new/{n:x} HTTP/1.1\" 404 9 \"-\" \"-\"",
                now.header,
                n % 250,
                now.clf
            );
        }
        wire.write(&chunk, 500)?;
        done += 500;
        scene.burst.fetch_add(500, Ordering::Relaxed);
    }
    if !wire.finish().1 {
        return Err("a burst of new paths is not read to its end".into());
    }
    Ok(())
}

fn metric(scene: &Scene<'_>, name: &str) -> Outcome<u64> {
    let text = String::from_utf8(api::get(scene.http, "/metrics")?)?;
    Ok(api::metric(&text, name))
}

fn wait_for(what: &str, mut ask: impl FnMut() -> Outcome<bool>) -> Outcome<()> {
    let end = Instant::now() + PATIENCE;
    while !ask()? {
        if Instant::now() >= end {
            return Err(format!("{what} did not come in {} s", PATIENCE.as_secs()).into());
        }
        thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

fn noise(random: &mut Random, length: usize) -> Vec<u8> {
    (0..length).map(|_| random.below(256) as u8).collect()
}

/// A WebSocket that has subscribed to nothing.
fn upgraded(scene: &Scene<'_>) -> Outcome<TcpStream> {
    let mut stream = connect(scene.http)?;
    write!(
        stream,
        "GET /api/v1/live HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        scene.http
    )?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    if head != *b"HTTP/1.1 101" {
        return Err(format!("no upgrade: {}", String::from_utf8_lossy(&head)).into());
    }
    Ok(stream)
}

/// A client's frame, with a mask that changes nothing.
fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x80 | opcode, 0x80 | payload.len() as u8, 0, 0, 0, 0];
    frame.extend_from_slice(payload);
    frame
}

//! Syslog over TLS and HTTPS from outside: handshakes good and bad, and nothing lost.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

use socket2::{Domain, Socket, Type};
use tempfile::TempDir;
use tokio_rustls::rustls::version::{TLS12, TLS13};

use common::material::{combined_line, time_3164, time_local};
use common::tapline::Tapline;
use common::tls::{Client, Stream, certificate, close, leave, section};
use common::{PATIENCE, until};

/// A server that speaks TLS for syslog and HTTP; `more` goes into `[tls]`.
fn start(dir: &TempDir, more: &str) -> Tapline {
    Tapline::configured(
        dir,
        &format!(
            "http.tls_listen = \"127.0.0.1:0\"\ntcp.tls_listen = \"127.0.0.1:0\"\n{}{more}\n",
            section("server")
        ),
    )
}

fn syslog(i: usize) -> String {
    format!("<190>{} web-1 nginx: {}", time_3164(), combined_line(i, &time_local()))
}

fn counted(i: usize) -> String {
    let line = syslog(i);
    format!("{} {line}", line.len())
}

fn failed(tapline: &Tapline, kind: &str, reason: &str) -> u64 {
    let address = tapline.listening(kind);
    let labels = format!("kind=\"{kind}\",listener=\"{address}\",reason=\"{reason}\"");
    tapline.metric(&format!("tapline_failed_handshakes_total{{{labels}}}")).expect(reason)
}

/// The other side closes, or breaks off.
fn ended(stream: &mut impl Read) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    all
}

fn ask(stream: &mut Stream, request: &str) -> String {
    stream.write_all(request.as_bytes()).expect("asked");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer, and an orderly end");
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn lines_over_tls_count_whole_with_either_framing_and_either_version() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, "");
    let to = tapline.listening("tls");
    for (version, counts) in [(&TLS13, true), (&TLS13, false), (&TLS12, true), (&TLS12, false)] {
        let mut stream = Client::new().only(version).connect(to);
        for i in 0..500 {
            let message = if counts { counted(i) } else { syslog(i) + "\n" };
            stream.write_all(message.as_bytes()).expect("written");
        }
        close(stream);
    }
    tapline.settled(2_000).accounting().assert_all_counted(2_000);
    let sources = tapline.get("/api/v1/sources");
    assert!(sources.to_string().contains(&format!("tls {to}")), "{sources}");
}

/// F-038.
#[test]
fn records_of_one_byte_are_lines_all_the_same() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, "");
    let mut stream = Client::new().connect(tapline.listening("tls"));
    for byte in (syslog(1) + "\n" + &counted(2)).bytes() {
        stream.write_all(&[byte]).expect("written");
        stream.flush().expect("a record of its own");
    }
    close(stream);
    tapline.settled(2).accounting().assert_all_counted(2);
}

#[test]
fn https_speaks_http_1_and_says_so() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, "");
    let to = tapline.listening("https");
    assert!(
        until("the greeting", || {
            let log = tapline.log();
            log.contains("Dashboard").then_some(log)
        })
        .contains(&format!("https://{to}/"))
    );
    let request =
        |host: &str| format!("GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    let mut stream = Client::new().alpn(&["h2", "http/1.1"]).connect(to);
    let answer = ask(&mut stream, &request("localhost"));
    assert_eq!(stream.conn.alpn_protocol(), Some(&b"http/1.1"[..]));
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:.300}");
    // A browser that learnt this of localhost would want HTTPS of its every port.
    assert!(!answer.to_lowercase().contains("strict-transport-security"), "{answer:.600}");
    let answer = ask(&mut Client::new().connect(to), &request("192.0.2.1"));
    assert!(answer.contains("strict-transport-security: max-age=31536000\r\n"), "{answer:.600}");

    let mut stream = Client::new().alpn(&["h2"]).connect(to);
    assert!(stream.write_all(b"x").and_then(|()| stream.read(&mut [0])).is_err());
    until("its reason", || (failed(&tapline, "https", "incompatible") == 1).then_some(()));
}

#[test]
fn a_login_over_https_is_a_cookie_that_only_https_shows() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(
        &dir,
        &format!(
            "http.tls_listen = \"127.0.0.1:0\"\naccess.key = \"kQ7vLw2nRz8xTb4mYc6sHd\"\n{}",
            section("server")
        ),
    );
    let body = r#"{"password":"kQ7vLw2nRz8xTb4mYc6sHd"}"#;
    let login = |host: SocketAddr| {
        format!(
            "POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let to = tapline.listening("https");
    let answer = ask(&mut Client::new().connect(to), &login(to));
    let cookie = answer.lines().find(|line| line.to_lowercase().starts_with("set-cookie:"));
    let cookie = cookie.unwrap_or_else(|| panic!("no cookie: {answer}"));
    assert!(cookie.contains("__Host-tapline=") && cookie.contains("; Secure"), "{cookie}");
    let mut plain = TcpStream::connect(tapline.http).unwrap();
    plain.write_all(login(tapline.http).as_bytes()).unwrap();
    let answer = String::from_utf8_lossy(&ended(&mut plain)).into_owned();
    assert!(answer.contains(" tapline=") && !answer.contains("Secure"), "{answer}");
}

/// F-031: on the syslog port, and on the HTTP port.
#[test]
fn tls_on_a_plain_port_is_rejected_by_name_with_a_hint() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, "");
    for to in [tapline.tcp, tapline.http] {
        let mut stream = Client::new().connect(to);
        assert!(stream.write_all(b"<13>x\n").and_then(|()| stream.read(&mut [0])).is_err());
    }
    let accounting = tapline.settled(2).accounting();
    assert_eq!(accounting.rejected["tls_on_plain"], 2, "{accounting:?}");
    let listeners = tapline.get("/api/v1/sources")["listeners"].to_string();
    for key in ["[tcp] tls_listen", "[http] tls_listen"] {
        assert!(listeners.contains(key), "{listeners}");
    }
}

/// F-033 and F-034: what else comes to a syslog port. A PROXY header is a line that nobody understands, on
/// its own account as any other, and what follows counts: a rejection would say that it is no line.
#[test]
fn http_is_sent_away_and_a_proxy_header_is_one_line_that_is_not_understood() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, "");
    let secured = Client::new().connect(tapline.listening("tls"));
    let plain = TcpStream::connect(tapline.tcp).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut both: [Box<dyn ReadWrite>; 2] = [Box::new(secured), Box::new(plain)];
    for stream in &mut both {
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        ended(stream);
    }
    let mut proxied = TcpStream::connect(tapline.tcp).unwrap();
    let header = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n";
    proxied.write_all((header.to_owned() + &syslog(1) + "\n").as_bytes()).unwrap();
    drop(proxied);
    let accounting = tapline.settled(4).accounting();
    assert_eq!(accounting.rejected["http_on_syslog"], 2, "{accounting:?}");
    assert_eq!((accounting.unparsed, accounting.counted), (1, 1), "{accounting:?}");
    let listeners = tapline.get("/api/v1/sources")["listeners"].to_string();
    assert!(listeners.contains("posted to /api/v1/logs"), "{listeners}");
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

/// F-032, and the same with HTTP.
#[test]
fn plain_text_on_a_tls_port_is_told_so_and_sent_away() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, "");
    let say = |kind: &str, words: &str| {
        let mut stream = TcpStream::connect(tapline.listening(kind)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(words.as_bytes()).unwrap();
        ended(&mut stream)
    };
    let alert = say("tls", &(syslog(1) + "\n"));
    assert_eq!(alert, [0x15, 3, 3, 0, 2, 2, 10], "a fatal alert");
    let answer = String::from_utf8(say("https", "GET / HTTP/1.1\r\nHost: x\r\n\r\n")).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.ends_with("https:// before it.\n"));
    assert_eq!(
        (failed(&tapline, "tls", "plaintext"), failed(&tapline, "https", "plaintext")),
        (1, 1)
    );
    assert_eq!(tapline.accounting().received, 0);
    let listeners = tapline.get("/api/v1/sources")["listeners"].to_string();
    assert!(listeners.contains("switch the sender to TLS"), "{listeners}");
    tapline.logs("plain text came to the TLS port");
}

/// F-035: with room for one handshake, so that a slot that is not given back is found.
#[test]
fn a_handshake_that_stalls_ends_and_gives_its_place_back() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, "handshake_timeout = \"1 s\"\nmax_handshakes = 1");
    let to = tapline.listening("tls");
    let mut early = TcpStream::connect(to).unwrap();
    early.write_all(&[0x16, 3, 1, 2, 0]).unwrap();
    // This one gets as far as the server's answer, which it never takes up.
    let mut late = TcpStream::connect(to).unwrap();
    late.write_all(&hello(0x0303, &[0x13, 0x01])).unwrap();
    for stream in [&mut early, &mut late] {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        ended(stream);
    }
    let sum = || failed(&tapline, "tls", "timeout") + failed(&tapline, "tls", "incompatible");
    until("both are counted", || (sum() == 2).then_some(()));
    let mut stream = Client::new().connect(to);
    stream.write_all((syslog(1) + "\n").as_bytes()).expect("there is room");
    close(stream);
    tapline.settled(1).accounting().assert_all_counted(1);
}

/// F-035: from one address as many as there may be.
#[test]
fn who_stalls_all_of_his_handshakes_keeps_nobody_else_out() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, "handshake_timeout = \"10 min\"\nmax_handshakes = 4");
    let to = tapline.listening("tls");
    // From another address of loopback, which this test does not need for itself.
    let stalling: Vec<TcpStream> = (0..8)
        .map(|_| {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.bind(&SocketAddr::from(([127, 0, 0, 2], 0)).into()).unwrap();
            socket.connect(&to.into()).unwrap();
            let mut stream = TcpStream::from(socket);
            let mut client = Client::new().connect(to);
            client.conn.write_tls(&mut stream).unwrap();
            stream
        })
        .collect();
    // One of them has got its answer, so it is at it.
    stalling.iter().for_each(|stream| stream.set_nonblocking(true).unwrap());
    let answered = |stream: &TcpStream| stream.peek(&mut [0]).is_ok_and(|n| n == 1);
    until("one is answered", || stalling.iter().any(answered).then_some(()));
    let mut stream = Client::new().connect(to);
    stream.write_all((syslog(1) + "\n").as_bytes()).expect("there is room");
    close(stream);
    tapline.settled(1).accounting().assert_all_counted(1);
    assert_eq!(stalling.iter().filter(|stream| answered(stream)).count(), 1, "its share");
}

/// F-036: a connection that ends without TLS's own word for it.
#[test]
fn a_truncated_stream_loses_its_last_frame_by_name_and_nothing_else() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, "");
    for tail in ["", "<190>half of"] {
        let mut stream = Client::new().connect(tapline.listening("tls"));
        stream.write_all((syslog(1) + "\n" + tail).as_bytes()).expect("written");
        stream.sock.shutdown(Shutdown::Both).unwrap();
    }
    let accounting = tapline.settled(3).accounting();
    assert_eq!((accounting.counted, accounting.rejected["incomplete"]), (2, 1), "{accounting:?}");
}

/// F-037: what rustls does not speak, and certificates that are none.
#[test]
fn who_shows_no_good_certificate_stays_out_where_one_is_asked_for() {
    let dir = TempDir::new().unwrap();
    let authority = common::tls::file("ca.pem");
    let tapline = start(&dir, &format!("client_ca = \"{}\"", authority.display()));
    let to = tapline.listening("tls");
    let (none, strangers) = (Client::new(), ["client-over", "client-stranger"]);
    let bad = strangers.map(|name| Client::new().shows(name));
    for version in [&TLS13, &TLS12] {
        for client in bad.iter().chain([&none]) {
            let mut stream = client.clone().only(version).connect(to);
            // With TLS 1.3 it is told behind the handshake.
            assert!(stream.write_all(b"<13>x\n").and_then(|()| stream.read(&mut [0])).is_err());
        }
    }
    until("all are counted", || (failed(&tapline, "tls", "certificate") == 6).then_some(()));
    // TLS 1.0, as an old appliance would.
    let mut old = TcpStream::connect(to).unwrap();
    old.write_all(&hello(0x0301, &[0x00, 0x2f])).unwrap();
    assert_eq!(ended(&mut old).first(), Some(&0x15), "an alert");
    until("it is counted", || (failed(&tapline, "tls", "incompatible") == 1).then_some(()));
    // Browsers are not asked.
    let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let answer = ask(&mut Client::new().connect(tapline.listening("https")), request);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");

    let mut stream = Client::new().shows("client").connect(to);
    stream.write_all((syslog(1) + "\n").as_bytes()).expect("let in");
    close(stream);
    tapline.settled(1).accounting().assert_all_counted(1);
    let sources = tapline.get("/api/v1/sources").to_string();
    assert!(sources.contains("web-1.example"), "{sources}");
}

/// A ClientHello of this version with one cipher suite and no extension.
fn hello(version: u16, cipher: &[u8]) -> Vec<u8> {
    let mut body = version.to_be_bytes().to_vec();
    body.extend([7; 32]);
    body.extend([0, 0, 2]);
    body.extend(cipher);
    body.extend([1, 0]);
    let mut message = vec![1, 0, 0, body.len() as u8];
    message.extend(body);
    let mut record = vec![0x16, 3, 1, 0, message.len() as u8];
    record.extend(message);
    record
}

#[test]
fn a_stop_loses_nothing_that_was_sent_over_tls() {
    const LINES: usize = 20_000;
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, "");
    let mut stream = Client::new().connect(tapline.listening("tls"));
    let (began, begun) = std::sync::mpsc::channel();
    let sender = std::thread::spawn(move || {
        for i in 0..LINES {
            stream.write_all(counted(i).as_bytes()).expect("it reads on to the end");
            if i == LINES / 10 {
                began.send(()).expect("somebody waits");
            }
        }
        leave(&mut stream);
    });
    begun.recv().expect("it sends");
    let ended = tapline.terminate();
    sender.join().expect("all was written");
    assert!(ended.status.success(), "{}", ended.log);
    ended.accounting.expect("its last word").assert_all_counted(LINES as u64);
}

const KEY: &str = "kQ7vLw2nRz8xTb4mYc6sHd";

#[test]
fn a_certificate_that_is_replaced_is_used_and_a_bad_one_is_not() {
    let dir = TempDir::new().unwrap();
    let at = |name: &str| dir.path().join(name);
    let put = |name: &str| {
        for end in ["pem", "key"] {
            // Renamed into place, as renewal programs do.
            std::fs::copy(common::tls::file(&format!("{name}.{end}")), at("new")).unwrap();
            std::fs::rename(at("new"), at(&format!("own.{end}"))).unwrap();
        }
    };
    put("server");
    let tapline = Tapline::configured(
        &dir,
        &format!(
            "tcp.tls_listen = \"127.0.0.1:0\"\nhttp.tls_listen = \"127.0.0.1:0\"\n\
             access.key = \"{KEY}\"\n[tls]\ncert = \"{}\"\nkey = \"{}\"\n",
            at("own.pem").display(),
            at("own.key").display()
        ),
    );
    let to = tapline.listening("tls");
    let shown = || {
        let mut stream = Client::new().connect(to);
        // The name is another one now, which this client finds out; it has seen the certificate.
        let _ = stream.write_all(b"\n");
        stream.conn.peer_certificates().map(|chain| chain[0].clone())
    };
    let own = tapline.listening("https");
    let status = |host: &str, more: &str| {
        let request = format!(
            "GET /api/v1/summary HTTP/1.1\r\nHost: {host}:{}\r\nConnection: close\r\n{more}\r\n",
            own.port()
        );
        let answer = ask(&mut Client::new().connect(own), &request);
        answer.split(' ').nth(1).expect("a status").to_owned()
    };
    let key = format!("Authorization: Bearer {KEY}\r\n");
    assert_eq!(status("renewed.example", &key), "403", "no name of this one's");
    let mut before = Client::new().connect(to);
    before.write_all((syslog(1) + "\n").as_bytes()).unwrap();
    assert_eq!(shown(), Some(certificate("server")));
    std::fs::copy(common::tls::file("over.key"), at("own.key")).unwrap();
    tapline.logs("the certificate stays as it was");
    assert_eq!(shown(), Some(certificate("server")));
    put("renewed");
    tapline.logs("the certificate was replaced");
    let ends = tapline.metric("tapline_certificate_end_timestamp_seconds");
    assert_eq!(ends, Some(4_070_908_800));
    assert_ne!(shown(), Some(certificate("server")));
    // Its names are ours from now on; they are a way in for whoever has a credential.
    for (host, more, expected) in [
        ("renewed.example", key.as_str(), "200"),
        ("web.logs.example", &key, "200"),
        ("renewed.example", "", "401"),
        ("a.web.logs.example", &key, "403"),
        ("evil.example", &key, "403"),
        ("renewed.example", &format!("{key}Origin: https://web.logs.example\r\n"), "403"),
    ] {
        assert_eq!(status(host, more), expected, "{host} {more}");
    }
    // Over plain HTTP no certificate has told the one who asks whom he has reached.
    let plain = format!("GET / HTTP/1.1\r\nHost: renewed.example\r\n{key}\r\n");
    let answer = common::http::Client::new(tapline.http).send(plain.as_bytes(), false);
    assert_eq!(answer.expect("an answer").status, 403);
    // Who was connected has noticed nothing.
    before.write_all((syslog(2) + "\n").as_bytes()).unwrap();
    close(before);
    tapline.settled(2).accounting().assert_all_counted(2);
}

//! SIGHUP from outside: what changes at once, what waits, and what a mistake leaves alone.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;

use common::daemon::free_port;
use common::http::{Answer, Client};
use common::material::{combined_line, time_3164, time_local};
use common::tapline::{Tapline, binary, configure};
use common::{PATIENCE, terminal, until, within};

const ADDRESSES: &str = "http.listen = \"127.0.0.1:0\"\nudp.listen = \"127.0.0.1:0\"\n\
    tcp.listen = \"127.0.0.1:0\"\n";

fn start(dir: &TempDir, config: &str) -> Tapline {
    configure(dir.path(), config);
    Tapline::start_by(dir.path(), Command::new(binary()))
}

/// How often the log says it.
fn said(tapline: &Tapline, words: &str) -> usize {
    tapline.log().matches(words).count()
}

/// Writes this configuration and has it read.
fn reload(tapline: &Tapline, dir: &TempDir, config: &str) {
    configure(dir.path(), config);
    signal(tapline, "the configuration was reloaded");
}

fn signal(tapline: &Tapline, words: &str) {
    let before = said(tapline, words);
    tapline.signal(libc::SIGHUP);
    if within(PATIENCE, || (said(tapline, words) > before).then_some(())).is_none() {
        panic!("not said: {words}\n{}", tapline.log());
    }
}

fn line(i: usize) -> String {
    format!("<190>{} web-1 nginx: {}\n", time_3164(), combined_line(i, &time_local()))
}

fn ask(to: SocketAddr, target: &str, headers: &str) -> Answer {
    let request = format!("GET {target} HTTP/1.1\r\nHost: {to}\r\n{headers}\r\n");
    Client::new(to).send(request.as_bytes(), false).expect(target)
}

/// F-196: a mistake keeps the old configuration, and is told with its place.
#[test]
fn a_mistake_leaves_all_as_it_was() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, ADDRESSES);
    let failed = || tapline.metric("tapline_config_reload_failed");
    assert_eq!(failed(), Some(0));
    configure(
        dir.path(),
        &format!("{ADDRESSES}feed.top = 5\nfeed.tpo = 6\nwindow.memory = \"lots\"\n"),
    );
    signal(&tapline, "was not reloaded");
    let log = tapline.log();
    assert!(log.contains("tapline.toml:5:6: unknown key 'tpo'"), "{log}");
    assert!(log.contains("tapline.toml:6:17: "), "{log}");
    assert_eq!(failed(), Some(1));
    // An address that somebody else has: nothing of the rest is taken, either.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let config = format!(
        "http.listen = \"127.0.0.1:0\"\nudp.listen = []\ntcp.listen = \"{}\"\nexclude = [\"path:/\"]\n",
        taken.local_addr().unwrap()
    );
    configure(dir.path(), &config);
    signal(&tapline, "was not reloaded");
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.send_to(line(1).as_bytes(), tapline.udp).unwrap();
    tapline.settled(1).accounting().assert_all_counted(1);
    reload(&tapline, &dir, ADDRESSES);
    assert_eq!((failed(), tapline.metric("tapline_config_reloads_total")), (Some(0), Some(1)));
    assert!(tapline.terminate().status.success());
}

/// A file that is away for a moment is no file of defaults.
#[test]
fn a_configuration_that_is_away_leaves_all_as_it_was() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, ADDRESSES);
    std::fs::remove_file(dir.path().join("tapline/tapline.toml")).unwrap();
    signal(&tapline, "was not reloaded");
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.send_to(line(1).as_bytes(), tapline.udp).unwrap();
    tapline.settled(1).accounting().assert_all_counted(1);
}

/// F-196: the new address is there before the old one goes, and nothing on the way is lost.
#[test]
fn addresses_move_without_a_gap() {
    const LINES: usize = 1_000;
    let dir = TempDir::new().unwrap();
    let path = |name: &str| dir.path().join(name).display().to_string();
    let config = |http: u16, udp: u16, tcp: u16, unix: &str| {
        format!(
            "http.listen = \"127.0.0.1:{http}\"\nudp.listen = \"127.0.0.1:{udp}\"\n\
             tcp.listen = \"127.0.0.1:{tcp}\"\nunix.stream = [\"{}\"]\n",
            path(unix)
        )
    };
    let mut tapline = start(&dir, &config(0, 0, 0, "one.sock"));
    let mut page = Client::new(tapline.http);
    assert_eq!(page.get("/healthz").unwrap().status, 200);
    let mut old = TcpStream::connect(tapline.tcp).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    for i in 0..LINES {
        old.write_all(line(i).as_bytes()).unwrap();
        udp.send_to(line(i).as_bytes(), tapline.udp).unwrap();
    }
    let ports = [0; 3].map(|_| free_port().unwrap());
    let [new_http, new_udp, new_tcp] = ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port)));
    reload(&tapline, &dir, &config(ports[0], ports[1], ports[2], "two.sock"));
    for address in [new_http, new_udp, new_tcp] {
        assert!(tapline.log().contains(&format!("{address}")), "{}", tapline.log());
    }
    // Who is connected is told that it is over, and what it still has to say counts.
    for i in 0..LINES {
        old.write_all(line(i).as_bytes()).expect("it reads on");
    }
    old.set_read_timeout(Some(PATIENCE)).unwrap();
    assert_eq!(old.read(&mut [0]).unwrap(), 0, "a half-close");
    drop(old);
    let mut new = TcpStream::connect(new_tcp).expect("it listens");
    for i in 0..LINES {
        new.write_all(line(i).as_bytes()).unwrap();
        udp.send_to(line(i).as_bytes(), new_udp).unwrap();
    }
    drop(new);
    // A page that is open stays so.
    assert_eq!(page.get("/healthz").unwrap().status, 200);
    until("the old address is closed", || TcpStream::connect(tapline.http).err());
    tapline.http = new_http;
    tapline.settled(5 * LINES as u64).accounting().assert_all_counted(5 * LINES as u64);
    assert!(dir.path().join("two.sock").exists());
    until("the old socket is gone", || (!dir.path().join("one.sock").exists()).then_some(()));
    // What the page offers to be pasted is the address of now.
    let mut page = TcpStream::connect(new_http).unwrap();
    let live = format!("GET /api/v1/live?format=ndjson HTTP/1.1\r\nHost: {new_http}\r\n\r\n");
    page.write_all(live.as_bytes()).unwrap();
    page.set_read_timeout(Some(PATIENCE)).unwrap();
    let hello = BufReader::new(page).lines().map(Result::unwrap).find(|l| l.contains("\"hello\""));
    let hello = hello.expect("a greeting");
    assert!(hello.contains(&format!("server=127.0.0.1:{}", new_udp.port())), "{hello}");
    // And back: the account of an address goes on where it was.
    let twice = [0; 3].map(|_| free_port().unwrap());
    reload(&tapline, &dir, &config(ports[0], twice[1], twice[2], "two.sock"));
    reload(&tapline, &dir, &config(ports[0], ports[1], ports[2], "two.sock"));
    udp.send_to(line(1).as_bytes(), new_udp).unwrap();
    tapline.settled(5 * LINES as u64 + 1);
    let metrics = String::from_utf8(ask(new_http, "/metrics", "").body).unwrap();
    let own = format!("tapline_received_frames_total{{kind=\"udp\",listener=\"{new_udp}\"}} ");
    let rows: Vec<&str> = metrics.lines().filter_map(|row| row.strip_prefix(&own)).collect();
    assert_eq!(rows, [(LINES + 1).to_string()], "one row, which goes on");
    tapline.terminate().accounting.unwrap().assert_all_counted(5 * LINES as u64 + 1);
}

#[test]
fn who_may_do_what_changes_at_once_and_logins_of_who_is_gone_end() {
    let dir = TempDir::new().unwrap();
    let (one, two) = ("kQ7vLw2nRz8xTb4mYc6sHd", "aB3dEf6hJk9mNp2rSt5vWx");
    let token = |name: &str, secret: &str| {
        std::fs::write(dir.path().join(name), secret).unwrap();
        let file = dir.path().join(name).display().to_string();
        format!("[[token]]\nname = \"{name}\"\nright = \"look\"\nfile = \"{file}\"\n")
    };
    let key = "access.loopback = \"key\"\n";
    let tapline = start(&dir, &format!("{ADDRESSES}{key}{}", token("one", one)));
    let bearer = |secret: &str| format!("Authorization: Bearer {secret}\r\n");
    let status = |headers: &str| ask(tapline.http, "/api/v1/host", headers).status;
    let body = format!(r#"{{"password":"{one}"}}"#);
    let answer = Client::new(tapline.http).post("/api/v1/login", "", body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200);
    let cookie = answer.all("set-cookie")[0].split(';').next().unwrap().to_owned();
    let cookie = format!("Cookie: {cookie}\r\n");
    assert_eq!([&bearer(one), &bearer(two), &cookie].map(|shown| status(shown)), [200, 401, 200]);
    configure(dir.path(), &format!("{ADDRESSES}{key}{}{}", token("one", one), token("two", two)));
    signal(&tapline, "the configuration was reloaded");
    assert_eq!([&bearer(one), &bearer(two), &cookie].map(|shown| status(shown)), [200, 200, 200]);
    let mut feed = TcpStream::connect(tapline.http).unwrap();
    feed.set_read_timeout(Some(PATIENCE)).unwrap();
    let shown = bearer(one);
    let ask = format!(
        "GET /api/v1/live?format=ndjson HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{shown}\r\n",
        tapline.http
    );
    feed.write_all(ask.as_bytes()).unwrap();
    let mut first = [0; 12];
    feed.read_exact(&mut first).unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    configure(dir.path(), &format!("{ADDRESSES}{key}{}", token("two", two)));
    signal(&tapline, "the configuration was reloaded");
    feed.read_to_end(&mut Vec::new()).expect("a feed ends with what has opened it");
    assert_eq!([&bearer(one), &bearer(two), &cookie].map(|shown| status(shown)), [401, 200, 401]);
    // The file behind a name is read again, too.
    std::fs::write(dir.path().join("two"), one).unwrap();
    signal(&tapline, "the configuration was reloaded");
    assert_eq!([bearer(one), bearer(two)].map(|shown| status(&shown)), [200, 401]);
}

#[test]
fn wishes_about_lines_and_rules_hold_from_the_next_line_on_and_the_rest_is_named() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, ADDRESSES);
    let mut tcp = TcpStream::connect(tapline.tcp).unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    tcp.write_all(line(1).as_bytes()).unwrap();
    tapline.settled(1);
    let rule = "[[rule]]\nname = \"any\"\nwhen = \"count > 0 for 1s\"\n";
    reload(
        &tapline,
        &dir,
        &format!(
            "exclude = [\"status:200\"]\n{ADDRESSES}udp.allow_from = [\"192.0.2.0/24\"]\n\
             window.memory = \"64 MiB\"\nprivacy.clients = \"masked\"\n{rule}"
        ),
    );
    let log = tapline.log();
    assert!(
        log.contains("needs a restart to take effect: window.memory, privacy.clients"),
        "{log}"
    );
    for key in ["exclude", "rule", "udp.allow_from"] {
        assert!(log.contains(key), "{log}");
    }
    // On the connection that was there.
    let (kept, left_out) = (line(6), line(10));
    assert!(kept.contains("\" 404 ") && left_out.contains("\" 200 "), "{kept}{left_out}");
    tcp.write_all((kept + &left_out).as_bytes()).unwrap();
    udp.send_to(line(1).as_bytes(), tapline.udp).unwrap();
    let summary = tapline.settled(4);
    let accounting = summary.accounting();
    assert_eq!((accounting.dropped["excluded"], accounting.dropped["not_allowed"]), (1, 1));
    until("the rule sees the line", || {
        let told = tapline.get("/api/v1/anomalies").to_string();
        told.contains("\"any\"").then_some(())
    });
    // A rule that is gone has nothing open.
    reload(&tapline, &dir, ADDRESSES);
    until("it is over", || {
        let told = tapline.get("/api/v1/anomalies");
        let all = told["anomalies"].as_array().cloned().unwrap_or_default();
        all.iter().all(|anomaly| anomaly["state"] != "open").then_some(())
    });
}

/// A hash whose verification takes a second or so, in the text that the configuration has.
fn slow_hash(password: &str) -> String {
    let (memory_kib, rounds) = (64 * 1024, 10);
    let params = argon2::Params::new(memory_kib, rounds, 1, Some(32)).unwrap();
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let (salt, mut hash) = ([7; 16], [0; 32]);
    argon2.hash_password_into(password.as_bytes(), &salt, &mut hash).unwrap();
    let text = |bytes: &[u8]| data_encoding::BASE64_NOPAD.encode(bytes);
    format!("$argon2id$v=19$m={memory_kib},t={rounds},p=1${}${}", text(&salt), text(&hash))
}

/// Whenever the password turns out to be right: its user is gone.
#[test]
fn a_login_that_is_being_verified_does_not_outlast_its_user() {
    let dir = TempDir::new().unwrap();
    let others =
        format!("{ADDRESSES}access.loopback = \"key\"\naccess.key = \"0123456789abcdef\"\n");
    let hash = slow_hash("correct horse");
    let ann = format!("[[user]]\nname = \"ann\"\nright = \"look\"\nhash = \"{hash}\"\n");
    let tapline = start(&dir, &format!("{others}{ann}"));
    let login = || {
        let body = br#"{"name":"ann","password":"correct horse"}"#;
        Client::new(tapline.http).post("/api/v1/login", "", body).unwrap()
    };
    assert_eq!(login().status, 200);
    let answer = std::thread::scope(|scope| {
        let login = scope.spawn(login);
        reload(&tapline, &dir, &others);
        login.join().unwrap()
    });
    if answer.status == 200 {
        // It was done before the reload, which has ended it.
        let cookie = answer.all("set-cookie")[0].split(';').next().unwrap().to_owned();
        let looked = ask(tapline.http, "/api/v1/host", &format!("Cookie: {cookie}\r\n"));
        assert_eq!(looked.status, 401);
    } else {
        assert_eq!(answer.status, 401);
    }
}

/// The senders that are taken out of `allow_from` are asked to stop; what they had sent counts.
#[test]
fn who_may_not_send_any_more_is_closed_after_what_was_sent() {
    let dir = TempDir::new().unwrap();
    let with = |networks: &str| format!("{ADDRESSES}tcp.allow_from = \"{networks}\"\n");
    let tapline = start(&dir, &with("127.0.0.0/8"));
    let connect = |from: [u8; 4]| {
        let socket =
            socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from((from, 0)).into()).unwrap();
        socket.connect(&tapline.tcp.into()).unwrap();
        let stream = TcpStream::from(socket);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    };
    let [mut idle, mut talks, mut chatters] = [1, 1, 1].map(|n| connect([127, 0, 0, n]));
    let mut stays = connect([127, 0, 0, 2]);
    // All of them are there before the configuration changes.
    for stream in [&mut idle, &mut talks, &mut chatters, &mut stays] {
        stream.write_all(line(1).as_bytes()).unwrap();
    }
    tapline.settled(4);
    let lines = line(1).repeat(200);
    talks.write_all(lines.as_bytes()).unwrap();
    reload(&tapline, &dir, &with("127.0.0.2"));
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
    assert_eq!(talks.read(&mut [0]).unwrap(), 0);
    drop(talks);
    tapline.settled(204).accounting().assert_all_counted(204);
    // Who goes on after that is cut off.
    until("it is cut off", || {
        let cut = (0..100).any(|_| chatters.write_all(line(1).as_bytes()).is_err());
        cut.then_some(())
    });
    let name = format!("tapline_connections{{kind=\"tcp\",listener=\"{}\"}}", tapline.tcp);
    until("one is left", || (tapline.gauge(&name) == 1).then_some(()));
    let before = tapline.accounting().received;
    stays.write_all(line(1).as_bytes()).unwrap();
    tapline.settled(before + 1);
    assert_eq!(connect([127, 0, 0, 1]).read(&mut [0]).unwrap_or(0), 0, "nor does it come back");
}

#[test]
fn certificates_and_the_first_tls_address_come_with_a_reload() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, ADDRESSES);
    let port = free_port().unwrap();
    let with = |name: &str, key: &str| {
        let section = common::tls::section(name).replace(&format!("{name}.key"), key);
        format!("{ADDRESSES}tcp.tls_listen = \"127.0.0.1:{port}\"\n{section}")
    };
    reload(&tapline, &dir, &with("server", "server.key"));
    let to = SocketAddr::from(([127, 0, 0, 1], port));
    let shown = || {
        let mut stream = common::tls::Client::new().connect(to);
        let _ = stream.write_all(b"\n");
        stream.conn.peer_certificates().map(|chain| chain[0].clone())
    };
    assert_eq!(shown(), Some(common::tls::certificate("server")));
    configure(dir.path(), &with("renewed", "server.key"));
    signal(&tapline, "was not reloaded");
    assert!(tapline.log().contains("is not the key of the certificate"), "{}", tapline.log());
    assert_eq!(shown(), Some(common::tls::certificate("server")));
    // One that is over is taken, and warned of: perhaps the clock is wrong.
    let mut stays = common::tls::Client::new().connect(to);
    stays.write_all(line(1).as_bytes()).unwrap();
    tapline.settled(1);
    reload(&tapline, &dir, &with("over", "over.key"));
    assert_ne!(shown(), Some(common::tls::certificate("server")));
    assert!(tapline.log().contains("the certificate was good until"), "{}", tapline.log());
    stays.write_all(line(2).as_bytes()).unwrap();
    common::tls::close(stays);
    tapline.settled(2).accounting().assert_all_counted(2);
}

/// F-195 and F-197: signals that mean nothing, reloads without a pause, and the end amid them.
#[test]
fn signals_at_any_time_end_in_an_orderly_stop() {
    let dir = TempDir::new().unwrap();
    let tapline = start(&dir, ADDRESSES);
    tapline.signal(libc::SIGUSR1);
    tapline.signal(libc::SIGUSR2);
    tapline.signal(libc::SIGPIPE);
    until("it is heard", || (said(&tapline, "means nothing here") == 2).then_some(()));
    let mut tcp = TcpStream::connect(tapline.tcp).unwrap();
    for i in 0..1_000 {
        tcp.write_all(line(i).as_bytes()).unwrap();
        if i % 10 == 0 {
            tapline.signal(libc::SIGHUP);
        }
    }
    tapline.signal(libc::SIGHUP);
    let ended = tapline.terminate();
    assert_eq!(ended.status.code(), Some(0), "{}", ended.log);
    ended.accounting.expect("its last word").assert_all_counted(1_000);
}

/// F-195: at any moment of the start.
#[test]
fn a_stop_during_the_start_leaves_nothing_behind() {
    for pause in [0, 1, 2, 5, 10, 20, 50, 100] {
        let dir = TempDir::new().unwrap();
        let socket = dir.path().join("a.sock");
        configure(dir.path(), &format!("{ADDRESSES}unix.stream = [\"{}\"]\n", socket.display()));
        let mut command = Command::new(binary());
        command.arg("serve").env("XDG_CONFIG_HOME", dir.path()).env("XDG_STATE_HOME", dir.path());
        command.stderr(std::process::Stdio::null());
        let mut process = common::daemon::Process::spawn(&mut command).unwrap();
        // Not a wait for something: these are the moments that are tried.
        std::thread::sleep(Duration::from_millis(pause));
        process.signal(libc::SIGTERM);
        let status = process.ended();
        let killed = std::os::unix::process::ExitStatusExt::signal(&status) == Some(libc::SIGTERM);
        // Before it hears signals it has made nothing.
        assert!(status.success() || killed, "{pause}: {status}");
        assert!(!socket.exists(), "{pause} ms: {status}");
    }
}

/// F-197: SIGHUP of a closed terminal ends what was started in it, but not what nohup has started.
#[test]
fn a_closed_terminal_ends_what_was_started_in_it() {
    for outlives in [false, true] {
        let dir = TempDir::new().unwrap();
        configure(dir.path(), ADDRESSES);
        let (ours, its) = terminal::open();
        let mut command = Command::new(binary());
        terminal::start_in(&mut command, &ours, &its);
        if outlives {
            // SAFETY: signal(2) is async-signal-safe and touches only the child's own state.
            unsafe {
                command.pre_exec(|| {
                    libc::signal(libc::SIGHUP, libc::SIG_IGN);
                    Ok(())
                });
            }
        }
        let tapline = Tapline::start_by(dir.path(), command);
        drop(its);
        drop(ours);
        if outlives {
            until("it is a reload", || (said(&tapline, "was reloaded") == 1).then_some(()));
            assert!(tapline.terminate().status.success());
        } else {
            let ended = tapline.ended();
            assert!(ended.status.success(), "{}", ended.log);
            assert!(ended.log.contains("the terminal was closed"), "{}", ended.log);
        }
    }
}

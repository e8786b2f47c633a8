//! `tapline top` beside real servers, on a real terminal, and before servers that are none.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

use common::http::Client;
use common::material::{combined_line, time_local};
use common::tapline::{Tapline, binary};
use common::terminal::Terminal;
use common::{PATIENCE, until};

/// What nobody sends but who wants to draw on another's terminal.
const HOSTILE: &str = "/\u{1b}[2J\u{1b}]0;mine\u{7}\u{202e}x";

fn top(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command.arg("top").args(arguments).stdin(Stdio::null());
    for name in ["TAPLINE_TOKEN", "NO_COLOR", "COLUMNS"] {
        command.env_remove(name);
    }
    command
}

fn run(arguments: &[&str]) -> Output {
    top(arguments).output().expect("it runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn url(of: SocketAddr) -> String {
    format!("http://{of}/")
}

/// A server that has 40 lines, and one of a path that would clear the screen.
fn server(dir: &TempDir) -> Tapline {
    let tapline = Tapline::start(dir);
    feed(&tapline);
    tapline
}

#[test]
fn a_log_of_files_that_take_less_than_a_millisecond_has_times() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let line = r#"{"method":"GET","path":"/a.css","status":200,"request_time_s":0.000}"#;
    let sent = Client::new(tapline.http).post("/api/v1/logs", "", line.as_bytes());
    assert_eq!(sent.expect("an answer").status, 200);
    tapline.settled(1);
    let shown = until("the second of the line is shown", || {
        let output = run(&["--once", &url(tapline.http)]);
        let shown = text(&output.stdout);
        shown.contains("Status                 1").then_some(shown)
    });
    assert!(shown.contains("p50 0"), "{shown}");
    assert!(!shown.contains("the log has no times"), "{shown}");
}

fn feed(tapline: &Tapline) {
    let time = time_local();
    let mut lines: Vec<String> = (0..40).map(|i| combined_line(i, &time)).collect();
    lines.push(format!(
        "203.0.113.1 - - [{time}] \"GET {HOSTILE} HTTP/1.1\" 200 5 \"-\" \"{HOSTILE}\""
    ));
    let answer = Client::new(tapline.http).post("/api/v1/logs", "", lines.join("\n").as_bytes());
    assert_eq!(answer.expect("an answer").status, 200);
    tapline.settled(41);
}

#[test]
fn a_pipe_gets_one_picture_of_what_the_server_has() {
    let dir = TempDir::new().unwrap();
    let tapline = server(&dir);
    let shown = until("the second of these lines is over", || {
        let plain = run(&[&url(tapline.http)]);
        assert_eq!(plain.status.code(), Some(0), "{}", text(&plain.stderr));
        let shown = text(&plain.stdout);
        shown.contains("Status                41").then_some(shown)
    });
    for wanted in [
        "41 received = 41 counted",
        "nothing lost",
        "Paths",
        "/page/1 ",
        "203.0.113.2 ",
        "Statuses",
    ] {
        assert!(shown.contains(wanted), "{wanted} in\n{shown}");
    }
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown:?}");

    let bar = format!("{}?filter=status%3A5xx&window=60", url(tapline.http));
    let shown = text(&run(&["--once", &bar]).stdout);
    assert!(
        shown.contains("status:5xx  1 min") && shown.contains("Status                 8 "),
        "{shown}"
    );
    assert!(!shown.contains("/page/3 "), "{shown}");
    let flags = ["--once", "--filter", "status:404", "--window", "5m", &url(tapline.http)];
    assert!(text(&run(&flags).stdout).contains("status:404  5 min"));
}

#[test]
fn who_is_not_there_or_wrongly_asked_is_told_in_a_sentence() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let nobody = run(&["--once", &url(free)]);
    assert_eq!(nobody.status.code(), Some(1));
    assert_eq!(text(&nobody.stderr), format!("error: http://{free}: nobody listens there\n"));
    for wrong in [
        &["ftp://a/"][..],
        &["http://me:secret@127.0.0.1:1/"],
        &["--filter", "colour:red"],
        &["http://127.0.0.1:1/?filter=colour:red"],
        &["--window", "1d"],
    ] {
        let output = run(wrong);
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(!output.stderr.is_empty() && !text(&output.stderr).contains("secret"));
    }
}

#[test]
fn a_login_is_asked_for_in_words_and_given_by_file_or_environment() {
    const KEY: &str = "0123456789abcdef0123456789abcdef";
    let dir = TempDir::new().unwrap();
    let tapline =
        Tapline::configured(&dir, &format!("access.loopback = \"key\"\naccess.key = \"{KEY}\"\n"));
    let to = url(tapline.http);
    let refused = run(&["--once", &to]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("$TAPLINE_TOKEN"), "{}", text(&refused.stderr));
    let wrong = top(&["--once", &to]).env("TAPLINE_TOKEN", "no").output().unwrap();
    assert!(text(&wrong.stderr).contains("the token is not taken"), "{}", text(&wrong.stderr));
    let file = dir.path().join("token");
    std::fs::write(&file, format!("{KEY}\n")).unwrap();
    let by_file = run(&["--once", "--token-file", file.to_str().unwrap(), &to]);
    let by_variable = top(&["--once", &to]).env("TAPLINE_TOKEN", KEY).output().unwrap();
    for output in [by_file, by_variable] {
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(text(&output.stdout).contains("0 received"));
    }
}

#[test]
fn over_tls_only_whom_this_machine_trusts_is_asked() {
    let dir = TempDir::new().unwrap();
    let config = format!("http.tls_listen = \"127.0.0.1:0\"\n{}", common::tls::section("server"));
    let tapline = Tapline::configured(&dir, &config);
    let to = format!("https://localhost:{}/", tapline.listening("https").port());
    // Two authorities that are none of this server's, and the one that is.
    for (trusted, code) in [("stranger", 1), ("over", 1), ("ca", 0)] {
        let file = common::tls::file(&format!("{trusted}.pem"));
        let output = top(&["--once", &to]).env("SSL_CERT_FILE", file).output().unwrap();
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{trusted}: {told}");
        assert!(code == 0 || told.contains("SSL_CERT_FILE"), "{told}");
    }
    let plain = format!("http://localhost:{}/", tapline.listening("https").port());
    let output = run(&["--once", &plain]);
    let told = text(&output.stderr);
    assert!(output.status.code() == Some(1) && told.contains("write https://"), "{told}");
}

/// The terminal is as it was: its own screen, a cursor, keys that are echoed.
fn is_given_back(terminal: &Terminal) {
    until("the terminal is given back", || {
        let written = terminal.written();
        let last =
            |code: &str| written.windows(code.len()).rposition(|window| window == code.as_bytes());
        (last("\u{1b}[?1049l") > last("\u{1b}[?1049h")
            && last("\u{1b}[?25h") > last("\u{1b}[?25l")
            && last("\u{1b}[?7h") > last("\u{1b}[?7l"))
        .then_some(())
    });
    assert!(!terminal.is_raw());
}

#[test]
fn a_terminal_shows_filters_follows_and_is_given_back() {
    let dir = TempDir::new().unwrap();
    let tapline = server(&dir);
    let mut terminal = Terminal::start(top(&[&url(tapline.http)]), (120, 40), true);
    terminal.shows("Status                41");
    terminal.shows("all traffic");
    assert!(terminal.is_raw());
    // The first path, by Enter.
    terminal.press("\r");
    terminal.shows("path:/page/0");
    terminal.shows("Status                 2");
    let from = terminal.written().len();
    terminal.press("\u{7f}");
    terminal.shows_from(from, "Status                41");
    // A filter that is wrong is told of and stays; then it is mended.
    let from = terminal.written().len();
    terminal.press("/status:5zz\r");
    terminal.shows_from(from, "`5zz` is no value of `status`");
    terminal.press("\u{7f}\u{7f}xx\r");
    terminal.shows_from(from, "status:5xx  15 min");
    terminal.shows_from(from, "Status                 8");
    let from = terminal.written().len();
    terminal.press("1p");
    terminal.shows_from(from, "status:5xx  1 min");
    terminal.shows_from(from, "PAUSED");
    let from = terminal.written().len();
    terminal.press("p?");
    terminal.shows_from(from, "any key goes back");
    terminal.press("xq");
    assert_eq!(terminal.ended().code(), Some(0));
    is_given_back(&terminal);
    let written = String::from_utf8_lossy(&terminal.written()).into_owned();
    assert!(!written.contains("]0;mine\u{7}") && !written.contains('\u{202e}'));
    assert!(!written.contains("\u{1b}[2J\u{1b}]"), "a stranger's escapes");
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    for signal in [libc::SIGTERM, libc::SIGHUP, libc::SIGINT] {
        let mut terminal = Terminal::start(top(&[&url(tapline.http)]), (20, 5), true);
        terminal.shows("live");
        terminal.signal(signal);
        assert_eq!(terminal.ended().code(), Some(0), "{signal}");
        is_given_back(&terminal);
    }
}

#[test]
fn a_terminal_that_is_closed_ends_it() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    // At the very moment that it has the terminal, and a little later each time.
    for n in 0..20 {
        let mut terminal = Terminal::start(top(&[&url(tapline.http)]), (80, 24), false);
        let begun = Instant::now();
        while !terminal.is_raw() {
            assert!(begun.elapsed() < PATIENCE, "it never has the terminal");
            std::hint::spin_loop();
        }
        std::thread::sleep(Duration::from_millis(n * n));
        terminal.close();
        let status = terminal.ended();
        assert!(status.code().is_some_and(|code| code < 2), "{status}");
    }
}

#[test]
fn a_colourless_terminal_gets_no_colour() {
    let dir = TempDir::new().unwrap();
    let tapline = server(&dir);
    let mut command = top(&[&url(tapline.http)]);
    command.env("NO_COLOR", "1");
    let mut terminal = Terminal::start(command, (80, 24), true);
    terminal.shows("41 received");
    terminal.press("q");
    terminal.ended();
    let written = String::from_utf8_lossy(&terminal.written()).into_owned();
    for code in 30..38 {
        assert!(!written.contains(&format!("[{code}m")) && !written.contains(&format!(";{code}m")));
    }
}

#[test]
fn a_server_that_was_killed_is_found_again() {
    let dir = TempDir::new().unwrap();
    let tapline = server(&dir);
    let (http, any) = (tapline.http, SocketAddr::from(([127, 0, 0, 1], 0)));
    let mut terminal = Terminal::start(top(&[&url(http)]), (120, 30), true);
    terminal.shows("41 received");
    tapline.signal(libc::SIGKILL);
    terminal.shows("again in");
    let from = terminal.written().len();
    drop(tapline);
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start_on(dir.path(), http, any, any);
    terminal.shows("server restarted");
    terminal.shows_from(from, "0 received");
    // Before they are sent: on a busy machine they are drawn while this still waits for the answer.
    let from = terminal.written().len();
    feed(&tapline);
    terminal.shows_from(from, "41 received");
    terminal.press("q");
    assert_eq!(terminal.ended().code(), Some(0));
}

#[test]
fn any_size_and_a_storm_of_sizes_are_drawn() {
    let dir = TempDir::new().unwrap();
    let tapline = server(&dir);
    let mut terminal = Terminal::start(top(&[&url(tapline.http)]), (80, 24), true);
    terminal.shows("41 received");
    for n in 0..400u16 {
        terminal.resize((n * 7 % 160 + 1, n * 5 % 60 + 1));
    }
    let from = terminal.written().len();
    terminal.resize((20, 5));
    terminal.shows_from(from, "41 received");
    let from = terminal.written().len();
    terminal.resize((132, 50));
    terminal.shows_from(from, "Not found");
    terminal.press("q");
    assert_eq!(terminal.ended().code(), Some(0));
}

/// `VmRSS` (proc(5)).
fn resident_kib(of: libc::pid_t) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{of}/status")).expect("it runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[test]
fn a_terminal_that_nobody_reads_costs_no_memory_and_no_end() {
    let (address, sent) = flooding();
    let mut terminal = Terminal::start(top(&[&url(address)]), (200, 60), false);
    // As many messages as it takes until the pipe of the terminal, and then the socket, are full.
    let mut last = (0, Instant::now());
    until("the server is held up", || {
        let now = sent.load(std::sync::atomic::Ordering::Relaxed);
        if now != last.0 {
            last = (now, Instant::now());
        }
        (now > 0 && last.1.elapsed() > Duration::from_secs(2)).then_some(())
    });
    let resident = resident_kib(terminal.id());
    assert!(resident < 160 * 1024, "{resident} KiB");
    terminal.signal(libc::SIGTERM);
    assert_eq!(terminal.ended().code(), Some(0));
    assert!(!terminal.is_raw());
}

type Way = WebSocket<TcpStream>;

/// A server that does with each connection what `talk` does.
fn fake(talk: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            talk(stream);
        }
    });
    address
}

/// The same once there is a WebSocket.
fn fake_feed(talk: impl Fn(&mut Way) + Send + 'static) -> SocketAddr {
    fake(move |stream| {
        if let Ok(mut way) = tungstenite::accept(stream) {
            talk(&mut way);
        }
    })
}

const HELLO: &str =
    r#"{"type":"hello","seq":1,"boot":"b","version":"9","now_ms":0,"planet":"mars"}"#;

/// Sends ticks with a megabyte of texts each, as fast as they are taken.
fn flooding() -> (SocketAddr, std::sync::Arc<std::sync::atomic::AtomicU64>) {
    let sent = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let count = std::sync::Arc::clone(&sent);
    let address = fake_feed(move |way| {
        let rows: Vec<String> = (0..1_000)
            .map(|i| format!(r#"{{"value":"/{}/{i}","requests":{i}}}"#, "x".repeat(1_000)))
            .collect();
        let mut n = 0u64;
        let _ = way.send(Message::text(HELLO));
        loop {
            n += 1;
            let tick = format!(
                r#"{{"type":"tick","point":{{"t":{n}}},"status":{{"summary":{{"requests":{n},"top":{{"paths":[{}]}}}}}}}}"#,
                rows.join(",")
            );
            let snapshot = tick.replacen("tick", "snapshot", 1);
            if way.send(Message::text(if n == 1 { snapshot } else { tick })).is_err() {
                return;
            }
            count.store(n, std::sync::atomic::Ordering::Relaxed);
        }
    });
    (address, sent)
}

#[test]
fn what_is_no_message_is_skipped() {
    let address = fake_feed(|way| {
        for text in ["", "{", "null", "[]", r#"{"type":"dance"}"#, r#"{"type":"tick","point":7}"#] {
            let _ = way.send(Message::text(text));
        }
        let _ = way.send(Message::binary(vec![0xff; 1_000]));
        let _ = way.send(Message::text(HELLO));
        let _ = way.send(Message::text(
            r#"{"type":"snapshot","window_s":0,"series":{"t":[9223372036854775807,-9223372036854775808],"requests":[18446744073709551615],"step_s":4294967295},
            "status":{"summary":{"status":{"2\u001b[2Jxx":1},"from":"x","to":"y","requests":3,"latency_s":{"p95":-1e300},"top":{"paths":[{"value":"\u001b[2J/a","requests":3,"mean_s":1e300}]},
            "accounting":{"received":18446744073709551615,"dropped":{"kernel":18446744073709551615,"\u001b[2J":18446744073709551615}}}},
            "tail":[{"time":"日本日本日本日本日本","kind":"access","status":65535}],"anomalies":[{"kind":"flying"}]}"#,
        ));
        let _ = way.read();
        let _ = way.read();
    });
    let output = run(&["--once", &url(address)]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(shown.contains("·[2J/a") && !shown.contains('\u{1b}'), "{shown}");
    let mut terminal = Terminal::start(top(&[&url(address)]), (100, 30), true);
    terminal.shows("·[2J/a");
    terminal.press("q");
    assert_eq!(terminal.ended().code(), Some(0));
}

#[test]
fn whoever_is_no_tapline_is_told_as_that() {
    let answer = |head: &'static str| {
        fake(move |mut stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(head.as_bytes());
        })
    };
    let too_long = fake_feed(|way| {
        let _ = way.send(Message::text(HELLO));
        let _ = way.send(Message::text("x".repeat(10 << 20)));
    });
    let half = fake_feed(|way| {
        let _ = way.send(Message::text(HELLO));
        let _ = way.get_mut().write_all(&[0x81, 126, 0x10, 0x00, b'{']);
        let _ = way.get_mut().shutdown(std::net::Shutdown::Both);
    });
    for (address, said) in [
        (
            answer(
                "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 0\r\n\r\n",
            ),
            "it redirects to http://elsewhere/, which is not followed; name that address",
        ),
        (answer("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "this is no Tapline"),
        (answer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"), "at this path (404)"),
        (answer("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"), "--token-file"),
        (answer("\u{1b}[2J\r\n\r\n"), ""),
        (answer(""), ""),
        (too_long, "it says more than 8 MiB at once"),
        (half, ""),
    ] {
        let output = run(&["--once", &url(address)]);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}: {told}");
        assert!(told.starts_with("error: http://") && told.lines().count() == 1, "{told}");
        assert!(told.contains(said) && !told.contains('\u{1b}'), "{said}: {told}");
    }
}

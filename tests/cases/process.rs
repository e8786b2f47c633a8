//! F-191 to F-208: how it starts, what it is told and what it has around it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::bench::Bench;
use crate::case::good;
use crate::common::daemon::Process;
use crate::common::http::Client;
use crate::common::left_out;
use crate::common::tapline::{Tapline, binary, configure};
use crate::report::Report;

pub(crate) fn run(report: &mut Report, bench: &mut Bench) {
    report.tries(197, "SIGUSR1, SIGUSR2 and SIGPIPE", bench, |bench| {
        for signal in [libc::SIGUSR1, libc::SIGUSR2, libc::SIGPIPE] {
            bench.tapline.signal(signal);
        }
        assert_eq!(Client::new(bench.tapline.http).get("/healthz").unwrap().status, 200);
    });
    report.tries(197, "a second SIGINT", bench, |_| second_interrupt());
    report.tries(191, "a port of the system's", bench, |_| port_without_privilege());
    report.tries(195, "SIGTERM while it starts", bench, |_| stopped_at_the_start());
    report.tries(198, "a log that nobody reads", bench, |_| unread_log());
    report.tries(205, "no /proc", bench, |_| without_proc());
    report.tries(207, "a file of a later version", bench, |_| later_version());
    report.tries(208, "odd zones and locales", bench, |_| odd_environment());
}

/// `tapline serve` on ports of the system's choice, with nothing of this machine's configuration.
fn serve(dir: &Path) -> Command {
    let mut command = Command::new(binary());
    command
        .args(["serve", "--http", "127.0.0.1:0", "--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0"])
        .current_dir(dir)
        .env("HOME", dir)
        .env("XDG_CONFIG_HOME", dir)
        .env("XDG_STATE_HOME", dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// Where it listens, read from its log until it is ready; the rest is there to be read, or not.
fn ready(process: &mut Process) -> (SocketAddr, SocketAddr, BufReader<std::process::ChildStderr>) {
    let mut log = BufReader::new(process.child().stderr.take().expect("stderr is piped"));
    let (mut http, mut tcp, mut line) = (None, None, String::new());
    while line.trim() != "ready" {
        line.clear();
        assert_ne!(log.read_line(&mut line).unwrap(), 0, "it ended before it was ready");
        let address = |kind: &str| line.trim().strip_prefix(kind)?.parse().ok();
        http = http.or_else(|| address("listening http "));
        tcp = tcp.or_else(|| address("listening tcp "));
    }
    (http.expect("http"), tcp.expect("tcp"), log)
}

/// It receives a line and ends in order.
fn lives(mut process: Process, http: SocketAddr, tcp: SocketAddr) {
    crate::common::wire::send(tcp, format!("{}\n", good("/lives")).as_bytes());
    let answer = Client::new(http).get("/api/v1/summary").unwrap().json();
    assert_eq!(answer["requests"], 1, "{answer}");
    process.signal(libc::SIGTERM);
    assert!(process.ended().success());
}

/// A sender that holds its connection inside a line makes a stop wait; a second one does not.
fn second_interrupt() {
    let dir = TempDir::new().unwrap();
    let mut process = Process::spawn(&mut serve(dir.path())).unwrap();
    let (_, tcp, _log) = ready(&mut process);
    let mut stream = TcpStream::connect(tcp).unwrap();
    stream.write_all(b"<190>Nov").unwrap();
    process.signal(libc::SIGINT);
    process.signal(libc::SIGINT);
    process.ended();
}

/// Exit code 1, as for every failure at run time (the catalogue has 2, which is wrong usage here).
fn port_without_privilege() {
    let dir = TempDir::new().unwrap();
    // Who runs as root becomes nobody for it, where nobody may run the program at all.
    let mut command = serve(dir.path());
    command.args(["--tcp", "127.0.0.1:514"]);
    // SAFETY: getuid has no precondition.
    if unsafe { libc::getuid() } == 0 {
        command.uid(65_534).gid(65_534).current_dir("/");
    }
    let Ok(output) = command.output() else {
        return left_out("F-191: another user may not run this build");
    };
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("127.0.0.1:514") && said.to_lowercase().contains("permission"), "{said}");
}

/// However early it is stopped, it leaves nothing behind that a next start minds.
fn stopped_at_the_start() {
    let dir = TempDir::new().unwrap();
    let socket = dir.path().join("start.sock");
    for delay_ms in [0, 1, 2, 5, 10, 20, 40, 80] {
        let mut process = Process::spawn(serve(dir.path()).arg("--unix").arg(&socket)).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(delay_ms));
        process.signal(libc::SIGTERM);
        process.ended();
    }
    let mut process = Process::spawn(serve(dir.path()).arg("--unix").arg(&socket)).unwrap();
    let (http, tcp, _log) = ready(&mut process);
    lives(process, http, tcp);
    // From the first word on it hears what it is told.
    for _ in 0..5 {
        let mut process = Process::spawn(&mut serve(dir.path())).unwrap();
        let _log = ready(&mut process);
        process.signal(libc::SIGTERM);
        assert!(process.ended().success(), "ended by the signal itself");
    }
}

/// What an administrator changes is told in the log: soon the pipe has no room.
fn unread_log() {
    let dir = TempDir::new().unwrap();
    let made = Command::new(binary()).args(["token", "new", "--right", "admin"]).output().unwrap();
    let [table, said] = [made.stdout, made.stderr].map(|text| String::from_utf8(text).unwrap());
    let token = said.trim_end().rsplit(' ').next().expect("the token is the last word");
    configure(dir.path(), &table);
    let mut process = Process::spawn(&mut serve(dir.path())).unwrap();
    let (http, tcp, mut log) = ready(&mut process);
    let mut client = Client::new(http);
    let body = r#"{"text":"v2 is out"}"#;
    let request = format!(
        "POST /api/v1/markers HTTP/1.1\r\nHost: {http}\r\nAuthorization: Bearer {token}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for _ in 0..2000 {
        assert_eq!(client.send(request.as_bytes(), false).unwrap().status, 201);
    }
    crate::common::wire::send(tcp, format!("{}\n", good("/unread")).as_bytes());
    assert_eq!(client.get("/api/v1/summary").unwrap().json()["requests"], 1);
    process.signal(libc::SIGTERM);
    assert!(process.ended().success(), "it hangs on its log");
    let mut rest = Vec::new();
    log.read_to_end(&mut rest).unwrap();
    // A pipe holds 64 KiB (pipe(7)): it was full, and the rest was lost.
    assert!((32 << 10..1 << 20).contains(&rest.len()), "{} bytes", rest.len());
}

/// As in a sandbox: what can't be known is not known, and all else goes on.
fn without_proc() {
    let dir = TempDir::new().unwrap();
    let plain = serve(dir.path());
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", "mount -t tmpfs none /proc && exec \"$0\" \"$@\""]);
    command.arg(binary()).args(plain.get_args()).current_dir(dir.path());
    for (key, value) in plain.get_envs() {
        command.env(key, value.unwrap_or_default());
    }
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let possible = Command::new("unshare")
        .args(["--mount", "sh", "-c", "mount -t tmpfs none /proc"])
        .stderr(Stdio::null())
        .status();
    if !possible.is_ok_and(|status| status.success()) {
        return left_out("F-205: mounts can't be changed here");
    }
    let mut process = Process::spawn(&mut command).unwrap();
    let (http, tcp, _log) = ready(&mut process);
    let host = Client::new(http).get("/api/v1/host").unwrap();
    assert_eq!(host.status, 200);
    assert!(host.json().is_object());
    lives(process, http, tcp);
}

/// What was learnt is kept in a file: one that this version can't read is set aside, never fatal, and
/// never written over.
fn later_version() {
    let dir = TempDir::new().unwrap();
    let state = dir.path().join("tapline");
    std::fs::create_dir_all(&state).unwrap();
    for content in [&b"tapline 999\nfrom the future"[..], b"", b"\0\0\0\0"] {
        std::fs::write(state.join("anomalies.tapline"), content).unwrap();
        let tapline = Tapline::start(&dir);
        let log = tapline.log();
        assert!(tapline.terminate().status.success());
        if !content.is_empty() {
            let kept = std::fs::read_dir(&state).unwrap().filter_map(Result::ok);
            let aside = kept.filter(|file| std::fs::read(file.path()).is_ok_and(|b| b == content));
            assert_eq!(aside.count(), 1, "{log}");
        }
    }
}

fn odd_environment() {
    for (name, value) in
        [("TZ", ":/etc/passwd"), ("TZ", "\u{7f}"), ("LC_ALL", "xx"), ("LANG", "\n")]
    {
        let dir = TempDir::new().unwrap();
        let mut process = Process::spawn(serve(dir.path()).env(name, value)).unwrap();
        let (http, tcp, _log) = ready(&mut process);
        lives(process, http, tcp);
    }
}

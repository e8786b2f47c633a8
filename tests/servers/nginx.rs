//! A real nginx writes the same requests to its own access.log and to Tapline: both must say the
//! same by status, by path and in bytes.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::http::Client;
use crate::common::material::read;
use crate::common::tapline::{Summary, Tapline};
use crate::common::{installed, until};
use crate::exchange::{Answer, Expected, Request, compare, declared, requests, snippet};

const REQUESTS: usize = 2000;

#[test]
fn over_udp_summary_is_exactly_the_access_log() {
    if !installed(&["nginx"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let target = format!("server={},tag=nginx,severity=info", tapline.udp);
    let nginx = Nginx::start(dir.path(), &target, None);
    let mut client = Client::new(nginx.address);
    for i in 0..REQUESTS {
        request(&mut client, i);
    }
    let log = nginx.stop_and_read_log();
    assert_same(&tapline, &tapline.settled(log.lines), &log);
}

/// Unix datagrams are lost at the *sender* when its queue (often ten datagrams) is full, and nobody
/// can count them; so the client waits for the receiver after every few requests.
#[test]
fn over_a_unix_socket_summary_is_exactly_the_access_log() {
    if !installed(&["nginx"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let target = format!("server=unix:{},tag=nginx,nohostname", tapline.unix.display());
    let nginx = Nginx::start(dir.path(), &target, None);
    let mut client = Client::new(nginx.address);
    for i in 0..REQUESTS {
        request(&mut client, i);
        if i % 5 == 4 {
            // a request that nginx could not read is answered before it is logged
            until("the receiver keeps up", || {
                (tapline.accounting().received > i as u64).then_some(())
            });
        }
    }
    let log = nginx.stop_and_read_log();
    assert_same(&tapline, &tapline.settled(log.lines), &log);
}

/// nginx drops a datagram without a word where the socket's queue is full. What reached the queue is
/// counted, also what still lay there when the stop was asked for.
#[test]
fn a_burst_over_a_unix_socket_loses_nothing_behind_the_queue() {
    if !installed(&["nginx"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let target = format!("server=unix:{},tag=nginx", tapline.unix.display());
    let nginx = Nginx::start(dir.path(), &target, None);
    let mut client = Client::new(nginx.address);
    for i in 0..REQUESTS {
        request(&mut client, i);
    }
    let log = nginx.stop_and_read_log();
    let last = tapline.terminate().accounting.expect("a last word");
    last.assert_all_counted(last.received);
    assert!(last.received > 0 && last.received <= log.lines, "{last:?} of {}", log.lines);
}

#[test]
fn the_error_log_arrives_as_error_events_of_its_levels() {
    if !installed(&["nginx"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let target = format!("server={},tag=nginx", tapline.udp);
    let nginx = Nginx::start(dir.path(), &target, Some(&target));
    let mut client = Client::new(nginx.address);
    for i in 0..50 {
        let answer = client.get(&format!("/files/missing-{i}")).unwrap();
        assert_eq!(answer.status, 404);
        // proxied to a port where nobody listens
        assert_eq!(client.get("/upstream/down").unwrap().status, 502);
    }
    let log = nginx.stop_and_read_log();
    assert_eq!(log.statuses, HashMap::from([("404".into(), 50), ("502".into(), 50)]));
    let summary = until("both logs came", || {
        let summary = tapline.summary();
        let levels = summary.counts("error_levels");
        let errors = levels.get("error").copied().unwrap_or(0);
        (summary.number("requests") == 100 && errors >= 100).then_some(summary)
    });
    assert_eq!(summary.counts("status_codes"), log.statuses);
    assert_eq!(summary.counts("error_levels")["error"], 100);
    assert_eq!(summary.number("messages"), 0, "every error line was understood");
    assert_eq!(tapline.requests("status:502"), 50);
    let refused = tapline.get("/api/v1/events?filter=kind%3Aerror&limit=500").to_string();
    assert!(refused.contains("connect() failed (111: Connection refused)"), "{refused}");
}

#[test]
fn the_pasted_snippet_fills_every_panel() {
    if !installed(&["nginx"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let snippet = snippet("nginx", &tapline);
    let nginx = Nginx::start_with(dir.path(), &snippet);
    let mut client = Client::new(nginx.address);
    for i in 0..100 {
        let request = format!("GET /ok/{} HTTP/1.1\r\nHost: shop.example\r\n\r\n", i % 7);
        assert_eq!(client.send(request.as_bytes(), false).unwrap().status, 200);
    }
    nginx.process.stop();
    let summary = until("the requests came", || {
        let summary = tapline.summary();
        (summary.number("requests") >= 100).then_some(summary)
    });
    assert_eq!(summary.number("requests"), 100);
    assert_eq!(summary.number("messages"), 0, "{}", summary.0);
    assert_eq!(summary.top("sites").get("shop.example").map(|row| row.0), Some(100));
    assert!(summary.0["latency_s"]["p99"].is_number(), "{}", summary.0["latency_s"]);
    assert!(summary.number("bytes_in") > 0, "{}", summary.0);
}

#[test]
fn ugly_requests_are_read_as_they_were_sent() {
    if !installed(&["nginx"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let log = format!("access_log syslog:server={},tag=nginx combined;", tapline.udp);
    let nginx = Nginx::start_with(dir.path(), &log);
    compare(&tapline, nginx.address, &requests(), as_nginx_logs);
}

/// What nginx does otherwise than to log what was sent.
fn as_nginx_logs(request: &Request, answer: &Answer, expected: &mut Expected) {
    // $body_bytes_sent counts the marks of chunks.
    expected.set("bytes", answer.wire);
    match request.name {
        // The line is cut at the buffer, and what would follow it was not read.
        "too long" => {
            expected.absent(&["protocol"]);
            expected.ignore(&["path"]);
        }
        "controls" => expected.absent(&["referrer", "user_agent"]),
        // Only blanks are taken off.
        "blanks around" => expected.set("referrer", "\t c"),
        _ => {}
    }
}

/// The whole way of an operator with a format of one's own: what nginx.conf declares is printed by
/// `snippet --from`, pasted into both configurations, and read.
#[test]
fn a_declared_format_is_printed_pasted_and_read_as_it_was_sent() {
    if !installed(&["nginx"]) {
        return;
    }
    for format in [
        r#"log_format own '$status|$body_bytes_sent|$remote_addr|"$remote_user"|'
            '"$request"|"$http_referer"|"$http_user_agent"|$time_iso8601';"#,
        r#"log_format own escape=json '<$time_local> $status $body_bytes_sent $remote_addr '
            'user="$remote_user" [req "$request"] (from "$http_referer") "$http_user_agent"';"#,
    ] {
        let dir = TempDir::new().unwrap();
        let conf = dir.path().join("declared.conf");
        std::fs::write(&conf, format!("http {{\n{format}\naccess_log a.log own;\n}}\n")).unwrap();
        let (tapline, lines) = declared(&dir, &conf);
        let line = lines.lines().find(|line| line.starts_with("access_log")).expect("a line");
        let line = line.replace("127.0.0.1:5514", &tapline.udp.to_string());
        let nginx = Nginx::start_with(dir.path(), &format!("{format}\n{line}"));
        compare(&tapline, nginx.address, &requests(), as_nginx_logs);
        let sources = tapline.get("/api/v1/sources");
        assert_eq!(sources["sources"][0]["format"], "own", "{sources}");
    }
}

/// Status, path and bytes are what the log says; so is every sum.
fn assert_same(tapline: &Tapline, summary: &Summary, log: &Log) {
    summary.accounting().assert_all_counted(log.lines);
    assert_eq!(summary.number("requests"), log.lines);
    assert_eq!(summary.counts("status_codes"), log.statuses);
    assert_eq!(summary.number("bytes_out"), log.bytes);
    let mut classes: HashMap<String, u64> = HashMap::new();
    for (status, n) in &log.statuses {
        *classes.entry(format!("{}xx", &status[..1])).or_default() += n;
    }
    assert_eq!(summary.counts("status"), classes);
    // the list shows its head, exactly, and its rest as one number
    let top = summary.top("paths");
    for (path, row) in &top {
        let path = decoded(path);
        if let Some(expected) = log.paths.get(&path) {
            assert_eq!(row, expected, "top path {path}");
        }
    }
    let shown: u64 = top.values().map(|row| row.0).sum();
    let with_path = shown + summary.other("paths", "requests");
    assert!(with_path <= log.lines && with_path >= log.paths.values().map(|p| p.0).sum());
    // and each path can be asked for
    for (path, (requests, _)) in &log.paths {
        // a filter has at most 1024 bytes
        if path.len() < 1000
            && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._".contains(&b))
        {
            assert_eq!(tapline.requests(&format!("path:{path}")), *requests, "{path}");
        }
    }
    let listed: u64 =
        log.paths.keys().filter(|path| top.keys().any(|t| decoded(t) == **path)).count() as u64;
    assert!(listed >= 10, "only {listed} of {} paths in {top:?}", log.paths.len());
}

/// Request `i` of a run: all kinds of answers, sizes and agents, hostile ones among them.
fn request(client: &mut Client, i: usize) {
    let agents = [
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/146.0 Safari/537.36",
        "<img src=x onerror=alert(1)>",
        "say \"hello\" back\\slash",
        "${jndi:ldap://127.0.0.1/x}",
        "=cmd|' /C calc'!A0",
        "\u{1F98A} пример 예시",
        "%s%n%x",
        "",
    ];
    let agent = agents[i % agents.len()];
    let plain = |method: &str, target: &str, extra: &str| -> Vec<u8> {
        format!(
            "{method} {target} HTTP/1.1\r\nHost: a.example\r\nUser-Agent: {agent}\r\n{extra}\r\n"
        )
        .into_bytes()
    };
    let bytes = match i % 25 {
        0..4 => plain("GET", &format!("/files/{}.bin", i % 8), ""),
        4 => plain("HEAD", "/files/5.bin", ""),
        5 => plain("GET", "/files/6.bin", "Range: bytes=10-99\r\n"),
        6 => plain("GET", "/files/7.bin", "If-Modified-Since: Tue, 19 Jan 2038 03:14:07 GMT\r\n"),
        7 => plain("GET", &format!("/files/missing-{}", i % 50), ""),
        8 => plain("POST", "/files/1.bin", "Content-Length: 0\r\n"),
        9 => plain("GET", "/old", ""),
        10 => plain("GET", "/moved?to=%2Felsewhere&token=secret", ""),
        11 => plain("GET", "/forbidden", ""),
        12 => plain("GET", "/gone", ""),
        13 => plain("GET", "/broken", ""),
        14 => plain("GET", "/busy", ""),
        15 => [plain("POST", "/ok/form", "Content-Length: 5\r\n"), b"hello".to_vec()].concat(),
        16 => plain("GET", &format!("/ok/{}?q={i}&utf=%C3%A9", i % 11), ""),
        17 => plain("GET", "/ok/<script>alert(1)</script>", ""),
        18 => plain("GET", "/ok/quote\"inside", ""),
        19 => plain("GET", "/ok/../ok/./%2e%2e/dots", ""),
        20 => plain("GET", &format!("/ok/{}", "long".repeat(400)), ""),
        21 => plain("GET", "/ok/한국어-путь", "Referer: javascript:alert(1)\r\n"),
        22 => plain("GET", "/ok/auth", "Authorization: Basic YWwgaWNlIng6cA==\r\n"),
        23 => b"GARBAGE\r\n\r\n".to_vec(),
        _ => plain("OPTIONS", "/ok/options", "Origin: https://evil.example\r\n"),
    };
    let bodiless = bytes.starts_with(b"HEAD");
    let answer = client.send(&bytes, bodiless).unwrap_or_else(|e| panic!("{i}: {e}"));
    assert!(answer.status >= 200, "{i}");
}

/// A running nginx of one worker with its files in a directory of its own.
struct Nginx {
    process: Process,
    address: SocketAddr,
    dir: std::path::PathBuf,
}

impl Nginx {
    fn start(dir: &Path, access: &str, error: Option<&str>) -> Nginx {
        let mut log = format!("access_log syslog:{access} combined;\n");
        if let Some(error) = error {
            let _ = writeln!(log, "error_log syslog:{error} info;");
        }
        Nginx::start_with(dir, &log)
    }

    /// `log` stands in the `http` block.
    fn start_with(dir: &Path, log: &str) -> Nginx {
        let files = dir.join("files");
        std::fs::create_dir_all(&files).unwrap();
        for i in 0..8 {
            std::fs::write(files.join(format!("{i}.bin")), vec![b'x'; i * 997 + i * i * 311])
                .unwrap();
        }
        let root = dir.display();
        let (process, address) = daemon::start_listening("nginx", |port| {
            let config = format!(
                "daemon off;\nmaster_process off;\nworker_processes 1;\npid {root}/nginx.pid;\n\
                 error_log {root}/error.log notice;\n\
                 events {{ worker_connections 64; }}\n\
                 http {{\n\
                 access_log {root}/access.log combined;\n{log}\n\
                 client_body_temp_path {root}/tmp; proxy_temp_path {root}/tmp;\n\
                 fastcgi_temp_path {root}/tmp; uwsgi_temp_path {root}/tmp; scgi_temp_path {root}/tmp;\n\
                 large_client_header_buffers 4 16k; keepalive_requests 100000;\n\
                 server {{\n\
                 listen 127.0.0.1:{port};\n\
                 location /files/ {{ root {root}; }}\n\
                 location = /old {{ return 301 /ok/new; }}\n\
                 location = /moved {{ return 302 /ok/new; }}\n\
                 location = /forbidden {{ return 403; }}\n\
                 location = /gone {{ return 410 \"gone\"; }}\n\
                 location = /broken {{ return 500 \"broken\"; }}\n\
                 location = /busy {{ return 503; }}\n\
                 location /upstream/ {{ proxy_pass http://127.0.0.1:1; }}\n\
                 location / {{ return 200 \"$request_length bytes came\"; }}\n\
                 }}\n}}\n"
            );
            let file = dir.join("nginx.conf");
            std::fs::write(&file, config).unwrap();
            let mut command = Command::new(daemon::find("nginx").unwrap());
            command.arg("-p").arg(dir).arg("-e").arg(dir.join("start.log")).arg("-c").arg(file);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            command
        });
        Nginx { process, address, dir: dir.to_path_buf() }
    }

    /// nginx logs a request after it has answered it: all lines are there when it has ended.
    fn stop_and_read_log(self) -> Log {
        self.process.stop();
        Log::read(&self.dir.join("access.log"))
    }
}

/// What an access.log in nginx's combined format says, read by this test's own rules: nginx writes
/// a quote inside a field as `\x22`, so the quotes of a line are exactly those between its fields.
struct Log {
    lines: u64,
    bytes: u64,
    statuses: HashMap<String, u64>,
    /// Requests and bytes of each path of a well-formed request line.
    paths: HashMap<String, (u64, u64)>,
}

impl Log {
    fn read(file: &Path) -> Log {
        let text = String::from_utf8(read(file)).unwrap();
        let mut log = Log { lines: 0, bytes: 0, statuses: HashMap::new(), paths: HashMap::new() };
        for line in text.lines() {
            let fields: Vec<&str> = line.split('"').collect();
            let [_, request, numbers, ..] = fields[..] else { panic!("{line}") };
            let (status, bytes) = numbers.trim().split_once(' ').expect("status and bytes");
            let bytes: u64 = bytes.parse().unwrap();
            log.lines += 1;
            log.bytes += bytes;
            *log.statuses.entry(status.to_owned()).or_default() += 1;
            if let [_, target, _] = request.split(' ').collect::<Vec<_>>()[..] {
                let path = decoded(target.split('?').next().unwrap_or(target));
                let row = log.paths.entry(path).or_default();
                *row = (row.0 + 1, row.1 + bytes);
            }
        }
        log
    }
}

/// Undoes nginx's `\xHH`.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let hex = tail.strip_prefix(b"x").and_then(|t| t.get(..2));
        let byte = hex.and_then(|h| u8::from_str_radix(std::str::from_utf8(h).ok()?, 16).ok());
        match byte {
            Some(byte) if first == b'\\' => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

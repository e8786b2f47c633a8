//! A real HAProxy logs over UDP, and over TCP through a ring in both framings.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::http::Client;
use crate::common::tapline::{Summary, Tapline};
use crate::common::{installed, until, within};
use crate::exchange::{Request, compare, requests, snippet};

const REQUESTS: u64 = 500;
/// How long a message is waited for before another request is made, and how many are: half a minute in all.
const NUDGE: Duration = Duration::from_secs(2);
const MORE: u64 = 15;

/// The combined format in HAProxy's own words.
const COMBINED: &str =
    r#"%ci - - [%trl] %{+Q}r %ST %B %{+Q}[capture.req.hdr(0)] %{+Q}[capture.req.hdr(1)]"#;

#[test]
fn over_udp_in_its_default_format_without_a_hostname() {
    combined_arrives(|t| (format!("log {} len 8192 local0 info", t.udp), String::new()));
}

#[test]
fn over_udp_as_rfc3164() {
    combined_arrives(|t| {
        (format!("log {} len 8192 format rfc3164 local0 info", t.udp), String::new())
    });
}

#[test]
fn over_udp_as_rfc5424() {
    combined_arrives(|t| {
        (format!("log {} len 8192 format rfc5424 local0 info", t.udp), String::new())
    });
}

#[test]
fn over_a_unix_socket() {
    combined_arrives(|t| {
        (format!("log {} len 8192 format rfc3164 local0 info", t.unix.display()), String::new())
    });
}

#[test]
fn through_a_tcp_ring_in_line_framing() {
    combined_arrives(|t| ring(t.tcp, "rfc3164", "legacy"));
}

#[test]
fn through_a_tcp_ring_with_octet_counts() {
    combined_arrives(|t| ring(t.tcp, "rfc5424", "octet-count"));
}

fn ring(tcp: SocketAddr, format: &str, protocol: &str) -> (String, String) {
    let section = format!(
        "ring tapline\n format {format}\n maxlen 8192\n size 1048576\n timeout connect 5s\n \
         timeout server 10s\n server tapline {tcp} log-proto {protocol}\n"
    );
    ("log ring@tapline local0 info".to_owned(), section)
}

#[test]
fn its_own_http_log_without_any_format_set() {
    if !installed(&["haproxy"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let log = format!("log {} len 8192 local0 info", tapline.udp);
    let (haproxy, address) = start(dir.path(), &log, "", "option httplog");
    let more = send(address, &tapline);
    let summary = assert_requests(&tapline, more);
    haproxy.stop();
    assert!(summary.0["latency_s"]["p50"].is_number(), "{}", summary.0["latency_s"]);
}

#[test]
fn ugly_requests_are_read_from_its_http_log() {
    if !installed(&["haproxy"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let log = format!("log {} len 65535 local0 info", tapline.udp);
    let (haproxy, address) = start(dir.path(), &log, "", "option httplog");
    compare(&tapline, address, &requests(), |request, answer, expected| {
        // It counts the head before it adds `connection: close`.
        expected.ignore(&["bytes"]);
        expected.absent(&["user"]);
        if request.name != "plain" {
            // Captured headers have no names: only what looks like an agent or a page is taken.
            expected.ignore(&["referrer", "user_agent"]);
        }
        if answer.status == Some(400) {
            expected.no_request();
        }
        // 1,024 bytes of a request line are logged (tune.http.logurilen).
        if request.name.starts_with("long") {
            expected.absent(&["protocol"]);
            expected.ignore(&["path"]);
        }
    });
    haproxy.stop();
}

#[test]
fn the_pasted_snippet_says_what_was_sent() {
    if !installed(&["haproxy"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let config = "[clients]\ntrusted_proxies = [\"127.0.0.1\"]\n";
    let tapline = Tapline::configured(&dir, config);
    let (haproxy, address) = start_snippet(dir.path(), &snippet("haproxy", &tapline));
    let mut asked = requests();
    asked.push(
        Request::get("brackets", r"/ok/b?ids[]=1&b=\[")
            .with("Host", "[::1]:8080")
            .with("User-Agent", r#"a]b\]c"d"#)
            .with("X-Forwarded-For", "198.51.100.4, 203.0.113.9"),
    );
    compare(&tapline, address, &asked, |request, answer, expected| {
        expected.ignore(&["bytes"]);
        expected.absent(&["user"]);
        if request.name == "brackets" {
            expected.set("host", "[::1]");
            expected.set("remote_ip", "203.0.113.9");
        }
        if answer.status == Some(400) {
            expected.no_request();
        }
        if request.name.starts_with("long") {
            expected.absent(&["protocol"]);
            expected.ignore(&["path"]);
        }
    });
    haproxy.stop();
}

/// A running HAProxy with this snippet in it.
fn start_snippet(dir: &Path, snippet: &str) -> (Process, SocketAddr) {
    const FRONTEND: &str = "# Into each frontend";
    const DEFAULTS: &str = "defaults\n mode http\n timeout client 10s\n timeout server 10s\n \
                            timeout connect 1s\n option dontlognull\n";
    daemon::start_listening("haproxy", |port| {
        let config = snippet.replace(FRONTEND, &format!("{DEFAULTS}{FRONTEND}"))
            + &format!(
                " bind 127.0.0.1:{port}\n http-request return status 200 content-type text/plain string ok \
                 if {{ path_beg /ok/ }}\n http-request return status 404\n"
            );
        let file = dir.join("haproxy.cfg");
        std::fs::write(&file, config).unwrap();
        command(dir, &file)
    })
}

/// `log` gives the log line and what else the configuration needs.
fn combined_arrives(log: impl Fn(&Tapline) -> (String, String)) {
    if !installed(&["haproxy"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let (line, section) = log(&tapline);
    let format = format!("log-format \"{}\"", COMBINED.replace('"', "\\\""));
    let (haproxy, address) = start(dir.path(), &line, &section, &format);
    let more = send(address, &tapline);
    assert_requests(&tapline, more);
    haproxy.stop();
}

/// What [`send`] asked for is what the summary says, `more` of it for `/ok`.
fn assert_requests(tapline: &Tapline, more: u64) -> Summary {
    let all = REQUESTS + more;
    let summary = until("all requests came", || {
        let summary = tapline.summary();
        (summary.number("requests") >= all).then_some(summary)
    });
    summary.accounting().assert_balanced();
    let each = REQUESTS / 5;
    assert_eq!(summary.number("requests"), all, "{:?}", summary.accounting());
    assert_eq!(
        summary.counts("status_codes"),
        [("200", 2 * each + more), ("302", each), ("403", each), ("503", each)]
            .map(|(k, n)| (k.to_owned(), n))
            .into()
    );
    for (path, more) in
        [("/ok", more), ("/also-ok", 0), ("/moved", 0), ("/forbidden", 0), ("/nobody", 0)]
    {
        assert_eq!(tapline.requests(&format!("path:{path}")), each + more, "{path}");
    }
    assert_eq!(tapline.requests("client:127.0.0.1"), all);
    summary
}

/// A socket file's short queue loses at the sender when it is full, and HAProxy does not wait
/// either: after every few requests the receiver is waited for. It costs the other ways little.
///
/// HAProxy 2.6 at times leaves the last message of a ring there until the next one comes (`ss -ti`: two are sent then),
/// so it gets another request for `/ok`. Gives how many; what is lost is missing for all that.
fn send(address: SocketAddr, tapline: &Tapline) -> u64 {
    let mut client = Client::new(address);
    let request = |path: &str| {
        format!(
            "GET {path} HTTP/1.1\r\nHost: a.example\r\nReferer: https://b.example/\r\n\
             User-Agent: tester {{curly}} | pipe\r\n\r\n"
        )
    };
    let mut more = 0;
    for i in 0..REQUESTS {
        let (path, status) = [
            ("/ok", 200),
            ("/also-ok?x=1", 200),
            ("/moved", 302),
            ("/forbidden", 403),
            ("/nobody", 503),
        ][i as usize % 5];
        let answer = client.send(request(path).as_bytes(), false).expect("haproxy answers");
        assert_eq!(answer.status, status, "{path}");
        if i % 5 == 4 {
            while within(NUDGE, || (tapline.accounting().received > i + more).then_some(()))
                .is_none()
            {
                assert!(more < MORE, "behind request {i} and {more}: {:?}", tapline.accounting());
                let answer =
                    client.send(request("/ok").as_bytes(), false).expect("haproxy answers");
                assert_eq!(answer.status, 200);
                more += 1;
            }
        }
    }
    more
}

fn start(dir: &Path, log: &str, section: &str, format: &str) -> (Process, SocketAddr) {
    daemon::start_listening("haproxy", |port| {
        let config = format!(
            "global\n maxconn 100\n {log}\n{section}\n\
             defaults\n mode http\n log global\n timeout client 10s\n timeout server 10s\n \
             timeout connect 1s\n option dontlognull\n\
             frontend web\n bind 127.0.0.1:{port}\n declare capture request len 200\n \
             declare capture request len 200\n http-request capture req.hdr(Referer) id 0\n \
             http-request capture req.hdr(User-Agent) id 1\n {format}\n \
             http-request return status 200 content-type text/plain string ok if {{ path /ok /also-ok }}\n \
             http-request redirect location /ok code 302 if {{ path /moved }}\n \
             http-request deny status 403 if {{ path /forbidden }}\n \
             default_backend none\nbackend none\n"
        );
        let file = dir.join("haproxy.cfg");
        std::fs::write(&file, config).unwrap();
        command(dir, &file)
    })
}

fn command(dir: &Path, file: &Path) -> Command {
    let mut command = Command::new(daemon::find("haproxy").unwrap());
    command.arg("-db").arg("-f").arg(file).stdin(Stdio::null());
    command.stdout(Stdio::null()).stderr(std::fs::File::create(dir.join("haproxy.err")).unwrap());
    command
}

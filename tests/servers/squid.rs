//! A real Squid before a server, its native log sent by its own TCP writer.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::installed;
use crate::common::tapline::Tapline;
use crate::exchange::{Answer, Expected, Request, compare, requests, send};
use crate::origin::Origin;

#[test]
fn its_native_format_says_what_was_sent() {
    if !installed(&["squid"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let origin = Origin::start();
    let log = format!("tcp://{}", tapline.tcp);
    let (squid, address) = start(dir.path(), &log, origin.address);
    // The connection that asked whether it listens.
    tapline.settled(1);
    compare(&tapline, address, &requests(), as_squid_logs);
    squid.stop();
}

/// Its UDP writer waits until it has lines for a whole datagram, and packs them into one.
#[test]
fn lines_packed_into_one_datagram_are_counted_one_by_one() {
    if !installed(&["squid"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let origin = Origin::start();
    let log = format!("udp://{}", tapline.udp);
    let (squid, address) = start(dir.path(), &log, origin.address);
    for i in 0..100 {
        let request =
            format!("GET /ok/{i} HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n");
        send(address, request.as_bytes(), false);
    }
    squid.stop();
    // And the connection that asked whether it listens.
    tapline.settled(101).accounting().assert_all_counted(101);
    assert_eq!(tapline.requests("path:/ok/* status:200"), 100);
}

/// What Squid does otherwise than to log what was sent.
fn as_squid_logs(request: &Request, _: &Answer, expected: &mut Expected) {
    // Its bytes are those of the whole answer; it logs no protocol, agent or referrer, and cuts
    // queries off (`strip_query_terms`).
    expected.ignore(&["bytes"]);
    expected.absent(&["protocol", "query", "referrer", "user_agent"]);
    match request.name {
        // The connection's end behind what is taken for HTTP/0.9, and behind what is refused unread.
        "no protocol" | "protocol 9.9" | "http/2 preface" => expected.more = 1,
        // Nothing was sent that has a status.
        "empty line" => expected.absent(&["status"]),
        // The answer and the client's end come at the same time.
        "large body" => expected.ignore(&["status"]),
        // Its first word was read, the rest not.
        "garbage" => expected.set("method", "GARBAGE"),
        // Refused: neither what was asked nor by whom is logged.
        "connect" | "controls" | "large header" => expected.absent(&["path"]),
        // Whitespace in an URL is taken out (`uri_whitespace strip`).
        "blanks" => expected.set("path", "/ok/abc"),
        "forged target" => expected.set("path", r#"/ok/targetHTTP/1.1"2005"-""x"#),
        "too long" => expected.ignore(&["path"]),
        "utf-8" => expected.set("path", "/ok/caf%C3%A9/%F0%9F%A6%8A"),
        "absolute form" => expected.set("path", "/ok/absolute"),
        "lower-case method" => expected.set("method", "GET"),
        "user" | "forged user" => expected.absent(&["user"]),
        _ => {}
    }
}

fn start(dir: &Path, log: &str, origin: SocketAddr) -> (Process, SocketAddr) {
    crate::exchange::files(dir);
    let origin = origin.port();
    daemon::start_listening("squid", |port| {
        let config = format!(
            "http_port 127.0.0.1:{port} accel defaultsite=site.example\n\
             cache_peer 127.0.0.1 parent {origin} 0 no-query originserver\n\
             http_access allow all\ncache deny all\nvisible_hostname site.example\n\
             access_log {log} squid\nbuffered_logs off\ncache_log /dev/null\n\
             pid_filename none\npinger_enable off\nshutdown_lifetime 0 seconds\n\
             icp_port 0\ncoredump_dir none\n"
        );
        let file = dir.join("squid.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(daemon::find("squid").unwrap());
        // Its shared memory has the service's name: each run has its own.
        command
            .args(["-N", "-n", &format!("tapline{port}"), "-f"])
            .arg(file)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command.stderr(std::fs::File::create(dir.join("squid.err")).unwrap());
        command
    })
}

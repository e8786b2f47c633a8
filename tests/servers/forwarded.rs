//! The client behind trusted proxies, from the configuration file to the API.

use std::io::Write;
use std::net::TcpStream;

use tempfile::TempDir;

use crate::common::material::time_local;
use crate::common::tapline::Tapline;

#[test]
fn a_configured_proxys_word_is_taken_and_nobody_elses() {
    let dir = TempDir::new().unwrap();
    let config = "[clients]\ntrusted_proxies = [\"10.0.0.0/8\", \"fd00::/8\"]\n";
    let tapline = Tapline::configured(&dir, config);
    let mut stream = TcpStream::connect(tapline.tcp).unwrap();
    for (peer, list) in [
        ("10.0.0.1", "203.0.113.9"),
        ("10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2"),
        ("fd00::1", "6.6.6.6, 203.0.113.9:80, fd00::2"),
        ("198.51.100.7", "6.6.6.6"),
        ("10.0.0.1", "6.6.6.6, unknown"),
    ] {
        let time = time_local();
        let line =
            format!("{peer} - - [{time}] \"GET /a HTTP/1.1\" 200 5 \"-\" \"agent\" \"{list}\"\n");
        stream.write_all(line.as_bytes()).unwrap();
    }
    drop(stream);
    let summary = tapline.settled(5);
    summary.accounting().assert_all_counted(5);
    let clients = summary.top("clients");
    let of = |client: &str| clients.get(client).map_or(0, |row| row.0);
    assert_eq!(of("203.0.113.9"), 3, "{clients:?}");
    assert_eq!(of("198.51.100.7"), 1, "{clients:?}");
    assert_eq!(of("10.0.0.1"), 1, "{clients:?}");
    assert_eq!(tapline.requests("client:6.6.6.6"), 0);
}

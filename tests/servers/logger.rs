//! util-linux's `logger`, in every way it can send.

use std::io::Write;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::daemon;
use crate::common::installed;
use crate::common::material::{combined_line, time_local};
use crate::common::tapline::Tapline;

const LINES: usize = 100;

#[test]
fn every_way_of_logger_gives_the_same_requests() {
    if !installed(&["logger"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let (udp, tcp) = (tapline.udp.port().to_string(), tapline.tcp.port().to_string());
    let unix = tapline.unix.display().to_string();
    let ways: &[&[&str]] = &[
        &["-n", "127.0.0.1", "-P", &udp, "-d", "--rfc3164"],
        &["-n", "127.0.0.1", "-P", &udp, "-d", "--rfc5424"],
        &["-n", "127.0.0.1", "-P", &udp, "-d", "--rfc5424=notime,notq,nohost"],
        &["-n", "127.0.0.1", "-P", &udp, "-d", "--octet-count"],
        &["-n", "127.0.0.1", "-P", &tcp, "-T", "--rfc3164"],
        &["-n", "127.0.0.1", "-P", &tcp, "-T", "--rfc5424"],
        &["-n", "127.0.0.1", "-P", &tcp, "-T", "--octet-count", "--rfc3164"],
        &["-n", "127.0.0.1", "-P", &tcp, "-T", "--octet-count", "--rfc5424"],
        &["-n", "127.0.0.1", "-P", &tcp, "-T", "--rfc3164", "--id=4711"],
        &["-u", &unix, "-d"],
        &["-u", &unix, "-d", "--rfc5424"],
    ];
    let time = time_local();
    let lines: Vec<String> = (0..LINES).map(|i| combined_line(i, &time)).collect();
    let text = lines.join("\n") + "\n";
    for (i, way) in ways.iter().enumerate() {
        let mut logger = Command::new(daemon::find("logger").unwrap())
            .args(*way)
            .args(["-t", "nginx", "-p", "local7.info"])
            .stdin(Stdio::piped())
            .spawn()
            .expect("logger");
        logger.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(logger.wait().unwrap().success(), "{way:?}");
        let expected = ((i + 1) * LINES) as u64;
        let summary = tapline.settled(expected);
        summary.accounting().assert_all_counted(expected);
        let not_found = lines.iter().filter(|line| line.contains("\" 404 ")).count();
        let expected = ((i + 1) * not_found) as u64;
        assert_eq!(tapline.requests("status:404"), expected, "{way:?}");
    }
}

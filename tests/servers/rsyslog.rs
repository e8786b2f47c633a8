//! A real rsyslogd follows a file of access lines and forwards it in each of its ways.

use std::collections::HashMap;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::installed;
use crate::common::material::{combined_line, time_local};
use crate::common::tapline::Tapline;

const LINES: usize = 2000;

#[test]
fn over_udp() {
    forwards(|t| action(t.udp.port(), r#"protocol="udp""#));
}

#[test]
fn over_udp_as_rfc5424() {
    forwards(|t| {
        action(t.udp.port(), r#"protocol="udp" template="RSYSLOG_SyslogProtocol23Format""#)
    });
}

#[test]
fn over_tcp_in_lines() {
    forwards(|t| action(t.tcp.port(), r#"protocol="tcp""#));
}

#[test]
fn over_tcp_with_octet_counts() {
    forwards(|t| {
        action(
            t.tcp.port(),
            r#"protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format""#,
        )
    });
}

fn action(port: u16, how: &str) -> String {
    format!(r#"action(type="omfwd" target="127.0.0.1" port="{port}" {how})"#)
}

fn forwards(action: impl Fn(&Tapline) -> String) {
    if !installed(&["rsyslogd"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let root = dir.path().display();
    let time = time_local();
    let lines: Vec<String> = (0..LINES).map(|i| combined_line(i, &time)).collect();
    std::fs::write(dir.path().join("access.log"), lines.join("\n") + "\n").unwrap();
    // imfile's tag has no colon: the header ends in "nginx 203.0.113.1 - - …"
    let config = format!(
        "global(workDirectory=\"{root}\" maxMessageSize=\"64k\")\n\
         module(load=\"imfile\" mode=\"polling\" pollingInterval=\"1\")\n\
         input(type=\"imfile\" file=\"{root}/access.log\" tag=\"nginx\" facility=\"local7\" \
         severity=\"info\" addMetadata=\"off\")\n{}\n",
        action(&tapline)
    );
    let file = dir.path().join("rsyslog.conf");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(daemon::find("rsyslogd").unwrap());
    command.arg("-n").arg("-f").arg(&file).arg("-i").arg(dir.path().join("rsyslog.pid"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let rsyslogd = Process::spawn(&mut command).expect("rsyslogd");
    let summary = tapline.settled(LINES as u64);
    rsyslogd.stop();

    summary.accounting().assert_all_counted(LINES as u64);
    let (mut statuses, mut bytes) = (HashMap::<String, u64>::new(), 0);
    for line in &lines {
        let numbers = line.split('"').nth(2).unwrap().trim();
        let (status, size) = numbers.split_once(' ').unwrap();
        *statuses.entry(status.to_owned()).or_default() += 1;
        bytes += size.parse::<u64>().unwrap();
    }
    assert_eq!(summary.counts("status_codes"), statuses);
    assert_eq!(summary.number("bytes_out"), bytes);
    assert_eq!(tapline.requests("path:/page/5"), (0..LINES).filter(|i| i % 37 == 5).count() as u64);
}

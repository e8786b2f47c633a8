//! A real rsyslogd follows a file of access lines and forwards it in each of its ways.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::material::{combined_line, time_local};
use crate::common::tapline::Tapline;
use crate::common::tls::{file, section};
use crate::common::{installed, left_out};
use crate::exchange::snippet_at;

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

/// As to Elasticsearch, in bulks of documents.
#[test]
fn over_http_by_omelasticsearch() {
    if !has_module("omelasticsearch.so") {
        return;
    }
    forwards(|t| {
        let port = t.http.port();
        format!(
            r#"module(load="omelasticsearch")
            template(name="document" type="list" option.json="on") {{
                constant(value="{{\"@timestamp\":\"") property(name="timereported" dateFormat="rfc3339")
                constant(value="\",\"message\":\"") property(name="msg") constant(value="\"}}")
            }}
            action(type="omelasticsearch" server="127.0.0.1" serverport="{port}" template="document"
                searchIndex="nginx" bulkmode="on" queue.type="linkedList" queue.dequeueBatchSize="300")"#
        )
    });
}

/// By GnuTLS, with a certificate that the server asks for and whose name becomes the source's.
#[test]
fn over_tls_with_a_certificate() {
    if !has_module("lmnsd_gtls.so") {
        return;
    }
    let config = format!(
        "tcp.tls_listen = \"127.0.0.1:0\"\n{}client_ca = \"{}\"\n",
        section("server"),
        file("ca.pem").display()
    );
    let tapline = forwards_to(&config, |t| {
        let [ca, cert, key] = ["ca.pem", "client.pem", "client.key"].map(file);
        let how = format!(
            r#"protocol="tcp" TCP_Framing="octet-counted" template="RSYSLOG_SyslogProtocol23Format"
            StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name"
            StreamDriverPermittedPeers="localhost" StreamDriver.CAFile="{}" StreamDriver.CertFile="{}"
            StreamDriver.KeyFile="{}""#,
            ca.display(),
            cert.display(),
            key.display()
        );
        action(t.listening("tls").port(), &how)
    });
    if let Some((tapline, _dir)) = tapline {
        let sources = tapline.get("/api/v1/sources").to_string();
        assert!(sources.contains("web-1.example"), "{sources}");
    }
}

#[test]
fn the_pasted_snippet_sends_long_lines_whole() {
    if !installed(&["rsyslogd"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let root = dir.path().display().to_string();
    let long = "a".repeat(20_000);
    let line = format!(
        r#"203.0.113.9 - - [{}] "GET /{long} HTTP/1.1" 200 512 "-" "at the end""#,
        time_local()
    );
    std::fs::write(dir.path().join("access.log"), line + "\n").unwrap();
    let snippet = snippet_at("rsyslog", tapline.tcp.port()).replace("/var/log/nginx", &root);
    let config = format!("global(workDirectory=\"{root}\")\n{snippet}");
    let rsyslogd = start(dir.path(), &config);
    tapline.settled(1).accounting().assert_all_counted(1);
    rsyslogd.stop();
    // The status stands behind the path.
    assert_eq!(tapline.requests("status:200"), 1);
}

/// Whether one of rsyslog's modules, which Debian has packages of, is there; says so where it is not.
fn has_module(name: &str) -> bool {
    let folders = [
        "/usr/lib/rsyslog".to_owned(),
        format!("/usr/lib/{}-linux-gnu/rsyslog", std::env::consts::ARCH),
    ];
    let found = folders.iter().any(|folder| Path::new(folder).join(name).exists());
    if !found {
        assert!(std::env::var_os("CI").is_none(), "rsyslog's {name} not installed, under CI");
        left_out(&format!("rsyslog's {name} not installed"));
    }
    found
}

/// A running rsyslogd of this configuration.
fn start(dir: &Path, config: &str) -> Process {
    let file = dir.join("rsyslog.conf");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(daemon::find("rsyslogd").unwrap());
    command.arg("-n").arg("-f").arg(&file).arg("-i").arg(dir.join("rsyslog.pid"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    Process::spawn(&mut command).expect("rsyslogd")
}

fn action(port: u16, how: &str) -> String {
    format!(r#"action(type="omfwd" target="127.0.0.1" port="{port}" {how})"#)
}

fn forwards(action: impl Fn(&Tapline) -> String) {
    let _ = forwards_to("", action);
}

/// The server of this configuration, which has got all lines; `None` where there is no rsyslog.
fn forwards_to(config: &str, action: impl Fn(&Tapline) -> String) -> Option<(Tapline, TempDir)> {
    if !installed(&["rsyslogd"]) {
        return None;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, config);
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
    let rsyslogd = start(dir.path(), &config);
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
    Some((tapline, dir))
}

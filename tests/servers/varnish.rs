//! A real Varnish before a server, the lines of varnishncsa's default format sent by `logger`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::tapline::Tapline;
use crate::common::{installed, until, within};
use crate::exchange::{Answer, Expected, Request, compare, requests, send};
use crate::origin::Origin;

#[test]
fn varnishncsas_default_format_says_what_was_sent() {
    if !installed(&["varnishd", "varnishncsa", "logger"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let origin = Origin::start();
    let (varnish, address) = start(dir.path(), origin.address);
    let log = log(dir.path(), &tapline);
    // varnishncsa logs what comes once it has found the log.
    until("varnishncsa logs", || {
        send(address, b"GET /ok/first HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false);
        within(Duration::from_secs(1), || (tapline.accounting().received > 0).then_some(()))
    });
    compare(&tapline, address, &requests(), as_varnish_logs);
    varnish.stop();
    drop(log);
}

/// What Varnish does otherwise than to log what was sent.
fn as_varnish_logs(request: &Request, answer: &Answer, expected: &mut Expected) {
    // Closed without a request of its own.
    if matches!(request.name, "empty line" | "too long" | "large header") {
        expected.lines = 0;
        return;
    }
    // Neither who nor what, as varnishncsa writes it: `- - - [time] "- http://localhost- HTTP/1.0"`.
    if answer.status == Some(400) {
        expected.no_request();
        expected.absent(&["remote_ip"]);
        expected.set("path", "/");
        expected.set("host", "localhost");
        expected.set("protocol", "HTTP/1.0");
        return;
    }
    // The target is written behind the scheme and the host that was asked for, a default where none
    // was: the site, unless it can be none.
    let path = expected.fields["path"].as_str().unwrap_or_default().to_owned();
    match request.name {
        "bad host" => return expected.set("path", format!(r#"http://a"b\c{path}"#)),
        "absolute form" => {
            let url = path.strip_prefix("http://").expect("a URL");
            let (host, local) = url.split_at(url.find('/').expect("a path"));
            expected.set("host", host.split(':').next().unwrap_or_default());
            return expected.set("path", local);
        }
        // It puts the host before whatever came.
        "connect" | "asterisk" => {
            return expected.set("path", format!("http://site.example{path}"));
        }
        // No record of its log is longer than 255 bytes (`vsl_reclen`).
        "longer" | "long" => expected.ignore(&["path"]),
        _ => {}
    }
    expected.set("host", if request.name == "no host" { "localhost" } else { "site.example" });
}

fn start(dir: &Path, origin: SocketAddr) -> (Process, SocketAddr) {
    crate::exchange::files(dir);
    let vcl = format!(
        "vcl 4.0;\nbackend default {{ .host = \"127.0.0.1\"; .port = \"{}\"; }}\n\
         sub vcl_recv {{ return (pass); }}\n",
        origin.port()
    );
    let file = dir.join("pass.vcl");
    std::fs::write(&file, vcl).unwrap();
    daemon::start_listening("varnishd", |port| {
        let mut command = Command::new(daemon::find("varnishd").unwrap());
        command.arg("-F").arg("-n").arg(dir.join("varnish")).arg("-f").arg(&file);
        command.args(["-a", &format!("127.0.0.1:{port}"), "-s", "malloc,16m", "-T", "none"]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(std::fs::File::create(dir.join("varnish.err")).unwrap());
        command
    })
}

/// Both end with the test.
fn log(dir: &Path, tapline: &Tapline) -> (Process, Process) {
    let mut command = Command::new(daemon::find("varnishncsa").unwrap());
    command.arg("-n").arg(dir.join("varnish")).stdin(Stdio::null());
    let mut ncsa = Process::spawn(command.stdout(Stdio::piped())).expect("varnishncsa");
    let lines = ncsa.child().stdout.take().expect("piped");
    let mut command = Command::new(daemon::find("logger").unwrap());
    command
        .args(["--udp", "--server", "127.0.0.1", "--port", &tapline.udp.port().to_string()])
        .args(["--rfc3164", "--size", "60000", "--tag", "varnishncsa"])
        .stdin(lines);
    (ncsa, Process::spawn(&mut command).expect("logger"))
}

//! A real lighttpd in its own default format, its lines piped to `logger`.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::installed;
use crate::common::tapline::Tapline;
use crate::exchange::{Answer, Expected, Request, compare, requests};

#[test]
fn its_default_format_says_what_was_sent() {
    if !installed(&["lighttpd", "logger"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let (lighttpd, address) = start(dir.path(), &tapline);
    compare(&tapline, address, &requests(), as_lighttpd_logs);
    lighttpd.stop();
}

/// What lighttpd does otherwise than to log what was sent.
fn as_lighttpd_logs(request: &Request, answer: &Answer, expected: &mut Expected) {
    if answer.body == 0 {
        // `-` for some, `0` for others
        expected.ignore(&["bytes"]);
    }
    // Nobody logs in here.
    expected.absent(&["user"]);
    match request.name {
        // Not taken apart: these are logged without a request line.
        "no protocol" | "large header" | "protocol 9.9" | "http/2 preface" | "too long"
        | "connect" | "unknown method" | "lower-case method" => expected.no_request(),
        // Refused before its headers were read.
        "controls" => expected.absent(&["referrer", "user_agent"]),
        "absolute form" => expected.set("path", "/ok/absolute"),
        _ => {}
    }
}

fn start(dir: &Path, tapline: &Tapline) -> (Process, SocketAddr) {
    crate::exchange::files(dir);
    let (root, udp) = (dir.display(), tapline.udp.port());
    daemon::start_listening("lighttpd", |port| {
        let config = format!(
            "server.document-root = \"{root}/www\"\nserver.bind = \"127.0.0.1\"\n\
             server.port = {port}\nserver.errorlog = \"{root}/error.log\"\n\
             server.modules = (\"mod_accesslog\")\nserver.max-request-size = 1000\n\
             accesslog.filename = \"|/usr/bin/logger --udp --server 127.0.0.1 --port {udp} \
             --rfc3164 --size 60000 --tag lighttpd --priority local6.info\"\n"
        );
        let file = dir.join("lighttpd.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(daemon::find("lighttpd").unwrap());
        command.arg("-D").arg("-f").arg(file).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(std::fs::File::create(dir.join("lighttpd.err")).unwrap());
        command
    })
}

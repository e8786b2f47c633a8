//! A real Caddy, its JSON lines sent over TCP as `tapline snippet caddy` says.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::installed;
use crate::common::tapline::Tapline;
use crate::exchange::{Answer, Expected, Request, compare, requests, snippet_at};

#[test]
fn the_pasted_snippet_says_what_was_sent() {
    if !installed(&["caddy"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let log = snippet_at("caddy", tapline.tcp.port());
    let (caddy, address) = start(dir.path(), &log);
    compare(&tapline, address, &requests(), as_caddy_logs);
    caddy.stop();
}

/// What Caddy does otherwise than to log what was sent.
fn as_caddy_logs(request: &Request, answer: &Answer, expected: &mut Expected) {
    // What Go's reader of requests refuses never reaches Caddy, nor its log.
    if matches!(answer.status, None | Some(400 | 505)) {
        expected.lines = 0;
    }
    match request.name {
        // Go answers this one by itself.
        "asterisk" => expected.lines = 0,
        "absolute form" => expected.set("path", "/ok/absolute"),
        // Nobody is asked for a password here.
        "user" | "forged user" => expected.absent(&["user"]),
        _ => {}
    }
}

fn start(dir: &Path, log: &str) -> (Process, SocketAddr) {
    crate::exchange::files(dir);
    let root = dir.display();
    daemon::start_listening("caddy", |port| {
        let config = format!(
            "{{\nadmin off\nauto_https off\n}}\nhttp://:{port} {{\nbind 127.0.0.1\n\
             root * {root}/www\nroute {{\nfile_server /ok/file\nrespond /ok/* ok\nrespond 404\n}}\n\
             {log}\n}}\n"
        );
        let file = dir.join("Caddyfile");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(daemon::find("caddy").unwrap());
        command.args(["run", "--adapter", "caddyfile", "--config"]).arg(file);
        command.current_dir(dir).env("HOME", dir).env("XDG_DATA_HOME", dir);
        command.env("XDG_CONFIG_HOME", dir).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(std::fs::File::create(dir.join("caddy.err")).unwrap());
        command
    })
}

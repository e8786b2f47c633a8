//! A real Apache, its lines sent by `logger` as `tapline snippet apache` says.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::installed;
use crate::common::tapline::Tapline;
use crate::exchange::{Answer, Expected, Request, compare, declared, requests, snippet};

const MODULES: &str = "/usr/lib/apache2/modules";

#[test]
fn the_pasted_snippet_says_what_was_sent() {
    if !installed(&["apache2", "logger"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    // Errors go to a file here: how many lines a request makes there is Apache's to say.
    let pasted = snippet("apache", &tapline);
    let log: String = pasted.split_inclusive('\n').filter(|l| !l.starts_with("ErrorLog")).collect();
    let (apache, address) = start(dir.path(), &log);
    compare(&tapline, address, &requests(), as_apache_logs);
    apache.stop();
}

/// What an httpd.conf declares is printed by `snippet --from`, pasted into both configurations, and
/// read.
#[test]
fn a_declared_format_is_printed_pasted_and_read_as_it_was_sent() {
    if !installed(&["apache2", "logger"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let format = r#"LogFormat "%>s|%b|%h|\"%u\"|\"%r\"|\"%{Referer}i\"|\"%{User-Agent}i\"|%t" own"#;
    let conf = dir.path().join("httpd.conf");
    std::fs::write(&conf, format!("{format}\nCustomLog a.log own\n")).unwrap();
    let (tapline, lines) = declared(&dir, &conf);
    let line = lines.lines().find(|line| line.starts_with("CustomLog")).expect("a line");
    let port = format!("--port {}", tapline.udp.port());
    let log = format!("{format}\n{}\n", line.replace("--port 5514", &port));
    let (apache, address) = start(dir.path(), &log);
    compare(&tapline, address, &requests(), as_apache_logs);
    apache.stop();
    let sources = tapline.get("/api/v1/sources");
    assert_eq!(sources["sources"][0]["format"], "own", "{sources}");
}

/// What Apache does otherwise than to log what was sent.
fn as_apache_logs(request: &Request, _: &Answer, expected: &mut Expected) {
    expected.no_bytes_for_zero();
    match request.name {
        // Not the start of a request, so nothing of one.
        "empty line" => expected.lines = 0,
        // A line that is refused ends where its third word does.
        "blanks" => {
            expected.absent(&["protocol", "query"]);
            expected.set("path", "/ok/a b");
        }
        "forged target" => {
            expected.set("path", "/ok/target");
            expected.ignore(&["protocol"]);
        }
        "too long" => {
            expected.absent(&["protocol"]);
            expected.ignore(&["path"]);
        }
        // Refused before its headers were read.
        "controls" => expected.absent(&["referrer", "user_agent"]),
        _ => {}
    }
}

fn start(dir: &Path, log: &str) -> (Process, SocketAddr) {
    crate::exchange::files(dir);
    let root = dir.display();
    daemon::start_listening("apache2", |port| {
        let modules: String = [
            "mpm_event",
            "authn_core",
            "authn_file",
            "auth_basic",
            "authz_core",
            "authz_user",
            "dir",
        ]
        .map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n"))
        .concat();
        let config = format!(
            "{modules}ServerRoot {root}\nPidFile {root}/apache.pid\nServerName site.example\n\
             DefaultRuntimeDir {root}\nUser www-data\nGroup www-data\n\
             Listen 127.0.0.1:{port}\nListen [::1]:{port}\n\
             StartServers 1\nServerLimit 1\nThreadsPerChild 4\nMaxRequestWorkers 4\n\
             LimitRequestBody 1000000\n\
             DocumentRoot {root}/www\n<Directory {root}/www>\nFallbackResource /ok/file\n</Directory>\n\
             <Location /ok/user>\nAuthType Basic\nAuthName x\nAuthUserFile {root}/users\n\
             Require valid-user\n</Location>\n\
             <Location /denied>\nRequire all denied\n</Location>\n\
             ErrorLog {root}/error.log\n{log}\n"
        );
        std::fs::write(dir.join("users"), "").unwrap();
        let file = dir.join("apache.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(daemon::find("apache2").unwrap());
        // one process without children, which would outlive a parent that is killed
        command.arg("-X").arg("-f").arg(file).stdin(Stdio::null());
        command
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.join("apache.err")).unwrap());
        command
    })
}

//! A real PHP behind a real nginx: what a script's death writes into nginx's error log, over several
//! lines, while the file is followed.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::tapline::Tapline;
use crate::common::{PATIENCE, installed, left_out, until, within};
use crate::exchange::send;

/// An exception whose text has a line end, quotes and what nginx writes behind them.
const SCRIPT: &str = "<?php
function cart($a) { throw new RuntimeException(\"no\\ncart \\\"a\\\" while, client: 192.0.2.66, b\"); }
cart($_GET['a'] ?? '');
";

#[test]
fn a_fatal_error_in_nginxs_error_log_is_one_error_of_its_request() {
    if !installed(&["nginx"]) {
        return;
    }
    let Some(fpm) = find_fpm() else {
        assert!(std::env::var_os("CI").is_none(), "php-fpm not installed, under CI");
        left_out("php-fpm not installed");
        return;
    };
    let dir = TempDir::new().unwrap();
    crate::exchange::files(dir.path());
    let file = dir.path().join("error.log");
    let tapline = Tapline::start_following(&dir, &file);
    let php = start_fpm(&fpm, dir.path());
    let (nginx, address) = daemon::start_listening("nginx", |port| nginx(dir.path(), port));
    for i in 0..3 {
        let request =
            format!("GET /cart?id={i} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n");
        let answer = send(address, request.as_bytes(), false);
        assert!(answer.starts_with(b"HTTP/1.1 500 "), "{}", String::from_utf8_lossy(&answer));
    }
    let errors = until("three errors", || {
        let answer = tapline.get("/api/v1/events?filter=level%3Aerror&order=oldest&limit=100");
        let events = answer["events"].as_array().expect("events").clone();
        (events.len() >= 3).then_some(events)
    });
    assert_eq!(errors.len(), 3, "{errors:#?}");
    for (i, error) in errors.iter().enumerate() {
        let text = error["message"].as_str().expect("a message");
        assert!(
            text.starts_with("FastCGI sent in stderr: \"PHP message: PHP Fatal error:"),
            "{text}"
        );
        assert!(text.contains("\ncart \"a\" while, client: 192.0.2.66, b in "), "{text}");
        assert!(text.contains("\nStack trace:\n#0 ") && text.contains("\n  thrown in "), "{text}");
        assert_eq!(error["remote_ip"], "127.0.0.1", "{error}");
        assert_eq!(error["host"], "shop.example", "{error}");
        assert_eq!(error["query"], format!("id={i}"), "{error}");
    }
    drop((nginx, php));
    let last = tapline.terminate().accounting.expect("a last word");
    last.assert_all_counted(last.received);
}

/// Debian's has the version in its name.
fn find_fpm() -> Option<PathBuf> {
    let files = std::fs::read_dir("/usr/sbin").ok()?.flatten().map(|entry| entry.path());
    files.filter(|path| path.to_string_lossy().contains("/php-fpm")).max()
}

/// A master whose workers end with it, which they don't where it is killed.
struct Fpm(Process);

impl Drop for Fpm {
    fn drop(&mut self) {
        self.0.signal(libc::SIGTERM);
        within(PATIENCE, || (!self.0.running()).then_some(()));
    }
}

fn start_fpm(program: &Path, dir: &Path) -> Fpm {
    let root = dir.display();
    let config = format!(
        "[global]\nerror_log = {root}/fpm.log\ndaemonize = no\n\
         [www]\nuser = www-data\ngroup = www-data\nlisten = {root}/fpm.sock\nlisten.mode = 0666\n\
         pm = static\npm.max_children = 1\nphp_admin_flag[log_errors] = on\n\
         php_admin_flag[display_errors] = off\n"
    );
    let file = dir.join("fpm.conf");
    std::fs::write(&file, config).unwrap();
    std::fs::write(dir.join("www/cart.php"), SCRIPT).unwrap();
    let mut command = Command::new(program);
    command.arg("-F").arg("-y").arg(file).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(std::fs::File::create(dir.join("fpm.err")).unwrap());
    let fpm = Fpm(Process::spawn(&mut command).expect("php-fpm"));
    until("php-fpm listens", || dir.join("fpm.sock").exists().then_some(()));
    fpm
}

fn nginx(dir: &Path, port: u16) -> Command {
    let root = dir.display();
    let config = format!(
        "daemon off;\nmaster_process off;\nerror_log {root}/error.log;\npid {root}/nginx.pid;\n\
         events {{}}\nhttp {{\naccess_log off;\nserver {{\nlisten 127.0.0.1:{port};\n\
         server_name shop.example;\nlocation / {{\nfastcgi_pass unix:{root}/fpm.sock;\n\
         fastcgi_param SCRIPT_FILENAME {root}/www/cart.php;\n\
         fastcgi_param REQUEST_METHOD $request_method;\n\
         fastcgi_param QUERY_STRING $query_string;\n}}\n}}\n}}\n"
    );
    let file = dir.join("nginx.conf");
    std::fs::write(&file, config).unwrap();
    let mut command = Command::new(daemon::find("nginx").unwrap());
    command.arg("-c").arg(file).stdin(Stdio::null()).stdout(Stdio::null());
    command.stderr(std::fs::File::create(dir.join("nginx.err")).unwrap());
    command
}

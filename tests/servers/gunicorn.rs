//! A real gunicorn in its own default format, its lines sent by its own syslog handler.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::installed;
use crate::common::tapline::Tapline;
use crate::exchange::{Answer, Expected, Request, compare, requests};

const APP: &str = "
def app(environ, start_response):
    found = environ['PATH_INFO'].startswith('/ok/')
    body = b'ok' if found else b''
    start_response('200 OK' if found else '404 Not Found', [('Content-Length', str(len(body)))])
    return [] if environ['REQUEST_METHOD'] == 'HEAD' else [body]
";

#[test]
fn its_default_format_says_what_was_sent() {
    if !installed(&["gunicorn"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let (gunicorn, address) = start(dir.path(), &tapline);
    // It closes the connection behind each answer.
    let requests = requests().into_iter().filter(|r| r.pipelined == 1);
    let (ambiguous, clear): (Vec<_>, Vec<_>) = requests.partition(|r| r.name == "backslashes");
    compare(&tapline, address, &clear, as_gunicorn_logs);
    // It escapes a quote and leaves a backslash: `"C:\dir\" "a"` reads two ways and is refused.
    compare(&tapline, address, &ambiguous, |_, _, expected| {
        expected.no_request();
        expected.absent(&["remote_ip", "status", "bytes"]);
        expected.set("kind", "message");
    });
    gunicorn.stop();
}

/// What gunicorn does otherwise than to log what was sent.
fn as_gunicorn_logs(request: &Request, answer: &Answer, expected: &mut Expected) {
    // What is no request, or too long a one, is answered and not logged.
    if matches!(answer.status, None | Some(400 | 431)) {
        expected.lines = 0;
    }
    // Text is taken for Latin-1 (WSGI, PEP 3333) and written as UTF-8.
    let latin = |text: &[u8]| text.iter().map(|&b| char::from(b)).collect::<String>();
    match request.name {
        "written escapes" => expected.ignore(&["path", "referrer", "user_agent"]),
        "no utf-8" => {
            expected.set("path", latin(b"/ok/\xff\xfe\xc3("));
            expected.set("query", latin(b"q=\xe9"));
            expected.set("user_agent", latin(b"\xff\xfe \xc3"));
            expected.set("referrer", latin(b"\x80r"));
        }
        "utf-8" => {
            for field in ["path", "referrer", "user_agent"] {
                let sent = expected.fields[field].as_str().expect("a text").to_owned();
                expected.set(field, latin(sent.as_bytes()));
            }
        }
        "lower-case method" => expected.set("method", "GET"),
        "blanks around" => expected.set("user_agent", "b  "),
        _ => {}
    }
}

fn start(dir: &Path, tapline: &Tapline) -> (Process, SocketAddr) {
    crate::exchange::files(dir);
    std::fs::write(dir.join("shop.py"), APP).unwrap();
    daemon::start_listening("gunicorn", |port| {
        let mut command = Command::new(daemon::find("gunicorn").unwrap());
        command
            .args(["--bind", &format!("127.0.0.1:{port}"), "--log-level", "critical"])
            .args(["--log-syslog", "--log-syslog-to", &format!("udp://{}", tapline.udp)])
            .args(["--access-logfile", "/dev/null", "shop:app"])
            .current_dir(dir)
            .env("HOME", dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.join("gunicorn.err")).unwrap());
        command
    })
}

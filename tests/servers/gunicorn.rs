//! A real gunicorn in its own default format, its lines sent by its own syslog handler.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::daemon::{self, Process};
use crate::common::tapline::Tapline;
use crate::common::{installed, until};
use crate::exchange::{Answer, Expected, Request, compare, requests, send};

const APP: &str = "
def app(environ, start_response):
    if environ['PATH_INFO'] == '/ok/broken':
        try:
            raise KeyError('no cart')
        except KeyError as error:
            raise RuntimeError('can\\'t show the cart') from error
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
    let udp = format!("udp://{}", tapline.udp);
    let log = ["--log-level", "critical", "--log-syslog", "--log-syslog-to", &udp];
    let (gunicorn, address) = start(dir.path(), &log);
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

/// Two tracebacks with blank lines between them: one error, as soon as the file is silent.
#[test]
fn an_exception_in_its_error_log_is_one_error_with_its_traceback() {
    if !installed(&["gunicorn"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("error.log");
    let tapline = Tapline::start_following(&dir, &file);
    let log = ["--error-logfile", file.to_str().unwrap()];
    let (gunicorn, address) = start(dir.path(), &log);
    for _ in 0..3 {
        let request = b"GET /ok/broken HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
        assert!(send(address, request, false).starts_with(b"HTTP/1.1 500 "));
    }
    let errors = until("three errors", || {
        let answer = tapline.get("/api/v1/events?filter=level%3Aerror&limit=100");
        let events = answer["events"].as_array().expect("events").clone();
        (events.len() >= 3).then_some(events)
    });
    assert_eq!(errors.len(), 3);
    for error in errors {
        let text = error["message"].as_str().expect("a message");
        assert!(text.starts_with("Error handling request /ok/broken\nTraceback (most"), "{text}");
        assert!(
            text.contains("\nKeyError: 'no cart'\nThe above exception was the direct"),
            "{text}"
        );
        assert!(text.ends_with("\nRuntimeError: can't show the cart"), "{text}");
    }
    gunicorn.stop();
    let last = tapline.terminate().accounting.expect("a last word");
    last.assert_all_counted(last.received);
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

fn start(dir: &Path, log: &[&str]) -> (Process, SocketAddr) {
    crate::exchange::files(dir);
    std::fs::write(dir.join("shop.py"), APP).unwrap();
    daemon::start_listening("gunicorn", |port| {
        let mut command = Command::new(daemon::find("gunicorn").unwrap());
        command
            .args(["--bind", &format!("127.0.0.1:{port}")])
            .args(log)
            .args(["--access-logfile", "/dev/null", "shop:app"])
            .current_dir(dir)
            .env("HOME", dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(dir.join("gunicorn.err")).unwrap());
        command
    })
}

//! What log shippers send over HTTP, seen from outside: the shipped program, and bodies as their documentation
//! and sources have them.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;
#[path = "shippers/elastic.rs"]
mod elastic;
#[path = "shippers/loki.rs"]
mod loki;
#[path = "shippers/others.rs"]
mod others;
#[path = "shippers/otlp.rs"]
mod otlp;
#[path = "shippers/protobuf.rs"]
mod protobuf;
#[path = "shippers/splunk.rs"]
mod splunk;

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE64;
use serde_json::Value;
use tempfile::TempDir;

use common::http::{Answer, Client};
use common::material::{combined_line, time_local};
use common::tapline::{Tapline, percent};

/// A server in which even this machine needs a token, and the token that may send.
const TOKEN: &str = "tapline_send_0123456789abcdefghijklmnopqrstuvwxyz0123456";

fn guarded(dir: &TempDir) -> Tapline {
    let file = dir.path().join("token");
    std::fs::write(&file, TOKEN).unwrap();
    let file = file.display();
    let table = format!("[[token]]\nname = \"shipper\"\nright = \"send\"\nfile = \"{file}\"\n");
    Tapline::configured(dir, &format!("access.loopback = \"key\"\n{table}"))
}

fn open() -> (TempDir, Tapline) {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    (dir, tapline)
}

fn post(tapline: &Tapline, target: &str, headers: &str, body: impl AsRef<[u8]>) -> Answer {
    Client::new(tapline.http).post(target, headers, body.as_ref()).expect(target)
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A line as nginx writes it now.
fn line(number: usize) -> String {
    combined_line(number, &time_local())
}

/// A line that does not say when it was.
fn timeless(path: &str) -> String {
    format!(r#"{{"method":"GET","uri":"{path}","status":200}}"#)
}

/// Seconds since 1970, some time ago.
fn ago(seconds: u64) -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs() - seconds
}

/// The only event of a path.
fn event(tapline: &Tapline, path: &str) -> Value {
    let filter = percent(&format!("path:{path}"));
    let mut events = tapline.get(&format!("/api/v1/events?filter={filter}"));
    let all = events["events"].as_array_mut().unwrap_or_else(|| panic!("no events"));
    assert_eq!(all.len(), 1, "{path}: {all:?}");
    all.remove(0)
}

fn rfc3339(second: u64) -> String {
    let at = chrono::DateTime::from_timestamp(second.try_into().unwrap(), 0).expect("a time");
    at.format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// Every way in which shippers show a token lets a line in, and nothing else does.
fn needs_the_token(target: &str, headers: &str, body: &[u8], more: &[String]) {
    let dir = TempDir::new().unwrap();
    let tapline = guarded(&dir);
    let pair = BASE64.encode(format!("shipper:{TOKEN}").as_bytes());
    let mut good = vec![
        format!("Authorization: Bearer {TOKEN}\r\n"),
        format!("Authorization: Basic {pair}\r\n"),
    ];
    good.extend_from_slice(more);
    for shown in &good {
        let answer = post(&tapline, target, &format!("{headers}{shown}"), body);
        assert!((200..300).contains(&answer.status), "{target} {shown}: {}", answer.status);
        let wrong = shown.replace(&pair, &BASE64.encode(b"shipper:tapline_send_0"));
        let wrong = format!("{headers}{}", wrong.replace(TOKEN, "tapline_send_0"));
        assert_ne!(wrong, format!("{headers}{shown}"));
        assert_eq!(post(&tapline, target, &wrong, body).status, 401, "{target} {wrong}");
    }
    for none in ["", "Cookie: tapline=x\r\n"] {
        assert_eq!(post(&tapline, target, &format!("{headers}{none}"), body).status, 401);
    }
    let foreign = format!("{headers}{}Origin: http://evil.example\r\n", good[0]);
    assert_eq!(post(&tapline, target, &foreign, body).status, 403, "{target}");
    // What may send sees nothing.
    let answer = Client::new(tapline.http).send(
        format!("GET /api/v1/summary HTTP/1.1\r\nHost: {}\r\n{}\r\n", tapline.http, good[0])
            .as_bytes(),
        false,
    );
    assert_eq!(answer.unwrap().status, 403);
}

/// Bodies that are too large, as sent and as they come out, are answered 413, and nothing of them counts.
fn refuses_what_is_too_large(target: &str, headers: &str, body: &[u8]) {
    let dir = TempDir::new().unwrap();
    let config = "[http]\nmax_body = \"64 KiB\"\nmax_inflated = \"128 KiB\"\n";
    let tapline = Tapline::configured(&dir, config);
    let large = body.repeat(64 * 1024 / body.len() + 1);
    let answer = post(&tapline, target, headers, &large);
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (413, &"too_large".into()));
    assert_eq!(tapline.accounting().received, 0);
}

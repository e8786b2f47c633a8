//! Deploy markers through the shipped program: what is posted is listed and told to every page, and
//! whatever else is posted changes nothing.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use serde_json::{Value, json};
use tempfile::TempDir;

use common::http::{Answer, Client};
use common::tapline::Tapline;
use common::{PATIENCE, until};

const ROUTE: &str = "/api/v1/markers";

fn now() -> i64 {
    chrono::Utc::now().timestamp()
}

fn at(seconds: i64) -> String {
    let time = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

fn post(tapline: &Tapline, headers: &str, body: &[u8]) -> Answer {
    Client::new(tapline.http).post(ROUTE, headers, body).unwrap()
}

fn kept(tapline: &Tapline, query: &str) -> Vec<String> {
    let list = tapline.get(&format!("{ROUTE}{query}"));
    let markers = list["markers"].as_array().expect("an array");
    markers.iter().map(|marker| marker["text"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn what_is_posted_is_answered_as_it_is_kept_and_listed_by_time() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let start = now();
    let plain = post(&tapline, "", br#"{"text":" deploy\nshop\u0007 7.3.1 "}"#);
    assert_eq!(plain.status, 201);
    let marker = plain.json();
    assert_eq!((&marker["text"], &marker["site"]), (&json!("deploy shop 7.3.1"), &Value::Null));
    let time = marker["time"].as_str().expect("a time");
    assert!((at(start)..=at(now())).contains(&time.to_owned()), "{time}");

    let body = json!([
        {"time": start - 60, "text": "early", "site": "Shop.Example.ORG:443", "by": "ci"},
        {"time": at(start - 120), "text": "earlier"},
        {"time": "-90s", "text": "between", "site": "blog.example.org"},
        {"time": (start - 30) as f64 + 0.75, "text": "with a fraction"},
        {"time": (start - 20) * 1000 + 999, "text": "in milliseconds"},
        {"time": null, "text": "now", "site": ""},
    ]);
    let many = post(&tapline, "Content-Type: application/json\r\n", body.to_string().as_bytes());
    assert_eq!(many.status, 201, "{:?}", many.json());
    let many = many.json();
    assert_eq!(
        many[0],
        json!({"time": at(start - 60), "text": "early", "site": "shop.example.org"})
    );
    assert_eq!(many[3]["time"], json!(at(start - 30)));
    assert_eq!(many[4]["time"], json!(at(start - 20)));
    assert_eq!(many[5]["site"], Value::Null);

    let all = kept(&tapline, "");
    assert_eq!(all[..5], ["earlier", "between", "early", "with a fraction", "in milliseconds"]);
    assert_eq!(all.len(), 7);
    let shop = kept(&tapline, "?site=SHOP.example.org");
    assert_eq!(shop[..4], ["earlier", "early", "with a fraction", "in milliseconds"]);
    assert_eq!(kept(&tapline, &format!("?from={}&to={}", start - 60, start - 30)), ["early"]);

    let mut first = live(&tapline, "&filter=site:blog.example.org");
    let texts: Vec<&str> =
        first.iter_mut().map(|marker| marker["text"].as_str().unwrap()).collect();
    assert_eq!(texts, all, "under the filter of one site the marks of all come");
}

/// The markers of the first snapshot of a feed.
fn live(tapline: &Tapline, query: &str) -> Vec<Value> {
    let mut stream = TcpStream::connect(tapline.http).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let host = tapline.http;
    write!(stream, "GET /api/v1/live?format=ndjson{query} HTTP/1.1\r\nHost: {host}\r\n\r\n")
        .unwrap();
    let snapshot = BufReader::new(stream)
        .lines()
        .map_while(Result::ok)
        .find(|line| line.contains(r#""type":"snapshot""#))
        .expect("a snapshot");
    let snapshot: Value = serde_json::from_str(&snapshot).expect("JSON");
    snapshot["status"]["markers"].as_array().expect("markers").clone()
}

#[test]
fn an_open_page_is_told_of_a_marker() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    assert_eq!(post(&tapline, "", br#"{"text":"deploy"}"#).status, 201);
    until("the marker is in the feed", || {
        live(&tapline, "").iter().any(|marker| marker["text"] == "deploy").then_some(())
    });
}

fn take_away(tapline: &Tapline, body: &str) -> Answer {
    let host = tapline.http;
    let length = body.len();
    let request = format!(
        "DELETE {ROUTE} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    Client::new(host).send(request.as_bytes(), false).unwrap()
}

#[test]
fn a_marker_is_taken_away_as_it_is_listed() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let start = now();
    let wrong = json!({"time": at(start - 60), "text": "delpoy", "site": "shop.example.org"});
    let others = json!([
        {"time": at(start - 60), "text": "delpoy", "site": null},
        {"time": at(start - 50), "text": "delpoy", "site": "shop.example.org"},
        {"time": at(start - 40), "text": "deploy 2", "site": null},
    ]);
    for body in [&wrong, &others] {
        assert_eq!(post(&tapline, "", body.to_string().as_bytes()).status, 201);
    }
    until("the feed has them", || (live(&tapline, "").len() == 4).then_some(()));
    let sent = json!({"time": start - 60, "text": " delpoy ", "site": "Shop.Example.ORG:443"});
    let gone = take_away(&tapline, &sent.to_string());
    assert_eq!((gone.status, gone.json()), (200, wrong.clone()));
    assert_eq!(kept(&tapline, ""), ["delpoy", "delpoy", "deploy 2"]);
    until("the feed has it no more", || (live(&tapline, "").len() == 3).then_some(()));

    // Of several each has to be there, or none goes; nor does one without its time.
    let half = json!([others[2], wrong]);
    for (body, status, code) in [
        (wrong.to_string(), 404, "no_marker"),
        (half.to_string(), 404, "no_marker"),
        (json!([others[2], others[2]]).to_string(), 404, "no_marker"),
        (json!({"text": "deploy 2"}).to_string(), 400, "bad_time"),
        (json!({"time": null, "text": "deploy 2"}).to_string(), 400, "bad_time"),
        (String::new(), 400, "bad_marker"),
    ] {
        let answer = take_away(&tapline, &body);
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (status, &json!(code)),
            "{body}"
        );
    }
    assert_eq!(kept(&tapline, "").len(), 3);
    let gone = take_away(&tapline, &json!([others[2], others[0]]).to_string());
    assert_eq!((gone.status, gone.json()), (200, json!([others[2], others[0]])));
    assert_eq!(kept(&tapline, ""), ["delpoy"]);
}

#[test]
fn what_is_no_marker_sets_none_and_says_why() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    let deep_time = format!("{{\"text\":\"x\",\"time\":{deep}}}");
    let wide = json!((0..101).map(|i| json!({"text": i.to_string()})).collect::<Vec<_>>());
    let half = json!([{"text": "fine"}, {"text": ""}]);
    let huge = format!("{{\"text\":\"{}\"}}", "x".repeat(300_000));
    let site = json!({"text": "x", "site": "s".repeat(256)});
    let micros = json!({"text": "x", "time": now() * 1_000_000});
    let json_type = "Content-Type: application/json\r\n";
    for (headers, body, status, code) in [
        ("", "", 400, "bad_marker"),
        ("", "deploy", 400, "bad_marker"),
        ("", "\"deploy\"", 400, "bad_marker"),
        ("", "{\"text\":\"cut", 400, "bad_marker"),
        ("", "{\"text\":\"a\"}{\"text\":\"b\"}", 400, "bad_marker"),
        ("", "{\"text\":7}", 400, "bad_marker"),
        ("", "{\"text\":\"x\",\"text\":\"y\"}", 400, "bad_marker"),
        ("", "{}", 400, "empty_text"),
        ("", "{\"text\":\" \\u0000\\n\"}", 400, "empty_text"),
        ("", half.to_string().as_str(), 400, "empty_text"),
        ("", "{\"text\":\"x\",\"time\":\"yesterday\"}", 400, "bad_time"),
        ("", "{\"text\":\"x\",\"time\":{\"at\":1}}", 400, "bad_time"),
        ("", "{\"text\":\"x\",\"time\":0}", 400, "bad_time"),
        ("", "{\"text\":\"x\",\"time\":-1e300}", 400, "bad_time"),
        ("", "{\"text\":\"x\",\"time\":18446744073709551615}", 400, "bad_time"),
        ("", "{\"text\":\"x\",\"time\":\"2999-01-01T00:00:00Z\"}", 400, "bad_time"),
        ("", micros.to_string().as_str(), 400, "bad_time"),
        ("", site.to_string().as_str(), 400, "bad_site"),
        ("", deep.as_str(), 400, "bad_marker"),
        ("", deep_time.as_str(), 400, "bad_marker"),
        (json_type, wide.to_string().as_str(), 413, "too_many"),
        (json_type, huge.as_str(), 413, "too_large"),
        (
            "Content-Type: multipart/form-data; boundary=x\r\n",
            "{\"text\":\"x\"}",
            415,
            "unknown_type",
        ),
        ("Content-Type: text/xml\r\n", "<text/>", 415, "unknown_type"),
        ("Content-Encoding: gzip\r\n", "{\"text\":\"x\"}", 415, "unknown_encoding"),
        ("Origin: http://evil.example\r\n", "{\"text\":\"x\"}", 403, "foreign_origin"),
        ("Origin: null\r\n", "{\"text\":\"x\"}", 403, "foreign_origin"),
        ("Sec-Fetch-Site: cross-site\r\n", "{\"text\":\"x\"}", 403, "foreign_origin"),
        ("X-Forwarded-For: 203.0.113.9\r\n", "{\"text\":\"x\"}", 401, "key_needed"),
    ] {
        let start: String = body.chars().take(60).collect();
        let answer = post(&tapline, headers, body.as_bytes());
        let error = answer.json()["error"].clone();
        assert_eq!((answer.status, &error["code"]), (status, &json!(code)), "{headers} {start}");
        for key in ["message", "hint"] {
            let text = error[key].as_str().expect(key);
            assert!((1..400).contains(&text.len()), "{start}: {key} is {text}");
        }
    }
    let bytes = post(&tapline, "", b"{\"text\":\"\xff\xfe\"}");
    assert_eq!(bytes.status, 400);
    for (query, code) in [("?from=x", "bad_time"), ("?from=2&to=1", "bad_range")] {
        let answer = Client::new(tapline.http).get(&format!("{ROUTE}{query}")).unwrap();
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!(code)));
    }
    assert_eq!(kept(&tapline, ""), [""; 0], "no refusal sets anything");
    assert!(tapline.running() && !tapline.log().contains("panicked"), "{}", tapline.log());
}

#[test]
fn ten_thousand_markers_leave_the_newest_thousand() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let before = tapline.peak_kib();
    let (mut client, start) = (Client::new(tapline.http), now());
    let long = "語".repeat(200);
    for i in 0..10_000_i64 {
        let body = json!({"text": format!("{i} {long}"), "time": start - 20_000 + i});
        let answer = client.post(ROUTE, "", body.to_string().as_bytes()).unwrap();
        assert_eq!(answer.status, 201, "{i}");
    }
    let all = kept(&tapline, "");
    assert_eq!(all.len(), 1_024);
    assert!(all[0].starts_with("8976 ") && all[1_023].starts_with("9999 "));
    let shown = until("the feed has them", || Some(live(&tapline, "")).filter(|m| !m.is_empty()));
    assert_eq!(shown.len(), 100);
    let grown = tapline.peak_kib() - before;
    assert!(grown < 64 * 1024, "{grown} KiB more");
    assert!(tapline.running() && !tapline.log().contains("panicked"), "{}", tapline.log());
}

#[test]
fn a_body_without_a_length_and_one_that_is_announced_end_at_the_cap() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let host = tapline.http;
    let answered = |head: &str, parts: usize| {
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "POST {ROUTE} HTTP/1.1\r\nHost: {host}\r\n{head}\r\n").unwrap();
        let part = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
        for _ in 0..parts {
            // A server that has seen enough closes in the middle.
            let _ = stream.write_all(part.as_bytes());
        }
        let mut line = String::new();
        let _ = BufReader::new(stream).read_line(&mut line);
        line
    };
    let announced = answered("Content-Length: 999999999\r\nExpect: 100-continue\r\n", 0);
    assert!(announced.starts_with("HTTP/1.1 413"), "{announced}");
    // Endless, so it may be that the reset overtakes the answer.
    let endless = answered("Transfer-Encoding: chunked\r\n", 64);
    assert!(endless.is_empty() || endless.starts_with("HTTP/1.1 413"), "{endless}");
    assert_eq!(kept(&tapline, ""), [""; 0]);
    assert!(tapline.running() && !tapline.log().contains("panicked"), "{}", tapline.log());
}

#[test]
fn many_senders_at_once_set_what_they_were_answered() {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::start(&dir);
    let (http, start) = (tapline.http, now());
    let senders: Vec<_> = (0..16_i64)
        .map(|sender| {
            std::thread::spawn(move || {
                let mut client = Client::new(http);
                for i in 0..50_i64 {
                    let text = format!("{sender} {i}");
                    let body = json!([{"text": text, "time": start - i}, {"text": text, "time": start - i}]);
                    let answer = client.post(ROUTE, "", body.to_string().as_bytes()).unwrap();
                    assert_eq!(answer.status, 201);
                }
            })
        })
        .collect();
    senders.into_iter().for_each(|sender| sender.join().unwrap());
    let all = kept(&tapline, "");
    assert_eq!(all.len(), 16 * 50, "each is one, however often it was sent");
    assert!(all[0].ends_with(" 49") && all[799].ends_with(" 0"), "by time");
    assert!(tapline.running() && !tapline.log().contains("panicked"), "{}", tapline.log());
}

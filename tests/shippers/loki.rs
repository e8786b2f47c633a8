//! Grafana Loki's push, as Promtail, Alloy and Vector send it (protobuf) and Fluent Bit (JSON).

use super::*;
use protobuf::{field, number};

const PUSH: &str = "/loki/api/v1/push";
const JSON: &str = "Content-Type: application/json\r\n";
const PROTOBUF: &str = "Content-Type: application/x-protobuf\r\n";

/// `logproto.PushRequest` with one stream, packed as Promtail packs it.
fn push(labels: &str, lines: &[(u64, &str)]) -> Vec<u8> {
    let entries: Vec<u8> = lines
        .iter()
        .flat_map(|(second, line)| {
            field(2, [field(1, number(1, *second)), field(2, line)].concat())
        })
        .collect();
    snappy(&field(1, [field(1, labels), entries].concat()))
}

fn snappy(message: &[u8]) -> Vec<u8> {
    snap::raw::Encoder::new().compress_vec(message).expect("memory")
}

fn json(second: u64, line: &str) -> String {
    serde_json::json!({"streams": [{
        "stream": {"job": "fluent-bit", "host": "web-2"},
        "values": [[format!("{second}000000000"), line]],
    }]})
    .to_string()
}

#[test]
fn lines_pushed_as_to_loki_are_lines_of_the_host_and_job_of_their_labels() {
    let (_dir, tapline) = open();
    let late = ago(300);
    let labels = r#"{filename="/var/log/nginx/access.log", job="nginx", host="web-1"}"#;
    let body = push(labels, &[(ago(0), &line(1)), (late, &timeless("/timeless")), (ago(0), " ")]);
    let answer = post(&tapline, PUSH, PROTOBUF, &body);
    assert_eq!((answer.status, answer.body.len()), (204, 0));
    // With no word about the body it is taken for the same, and Vector says how it is packed.
    assert_eq!(post(&tapline, PUSH, "", &body).status, 204);
    let named = format!("{PROTOBUF}Content-Encoding: snappy\r\n");
    assert_eq!(
        post(&tapline, PUSH, &named, push(r#"{job="shop"}"#, &[(late, "hello")])).status,
        204
    );

    let plain = json(late, &timeless("/json"));
    for packed in ["", "gzip"] {
        let (headers, body) = match packed {
            "" => (JSON.to_owned(), plain.clone().into_bytes()),
            _ => (
                format!("{JSON}Content-Encoding: gzip\r\n"),
                gzip(json(late, "no request").as_bytes()),
            ),
        };
        assert_eq!(post(&tapline, PUSH, &headers, body).status, 204, "{packed}");
    }
    let accounting = tapline.settled(7).accounting();
    assert_eq!((accounting.received, accounting.counted, accounting.unparsed), (7, 5, 2));

    assert_eq!(tapline.requests("source:web-1/nginx"), 4);
    assert_eq!(tapline.requests("source:web-2/fluent-bit"), 1);
    let sources = tapline.get("/api/v1/sources");
    let names = sources["sources"].as_array().expect("sources").iter();
    let names: Vec<&str> = names.filter_map(|source| source["name"].as_str()).collect();
    assert!(names.contains(&"127.0.0.1/shop"), "{names:?}");
    // Its own time is in no line of these: the push has it.
    let event = event(&tapline, "/json");
    assert!(event["time"].as_str().unwrap().starts_with(&rfc3339(late)), "{event}");
}

#[test]
fn the_time_of_a_line_goes_before_that_of_its_push() {
    let (_dir, tapline) = open();
    let body = push(r#"{job="nginx"}"#, &[(ago(300), &line(1))]);
    let before = ago(1);
    assert_eq!(post(&tapline, PUSH, PROTOBUF, body).status, 204);
    tapline.settled(1);
    let events = tapline.get("/api/v1/events");
    let time = events["events"][0]["time"].as_str().expect("a time");
    assert!(time >= rfc3339(before).as_str(), "{time}");
}

#[test]
fn a_push_that_is_none_is_told_and_nothing_of_it_counts() {
    let (_dir, tapline) = open();
    let good = push(r#"{job="nginx"}"#, &[(ago(0), &line(1)), (ago(0), &line(2))]);
    let message = snap::raw::Decoder::new().decompress_vec(&good).unwrap();
    let cut = &message[..message.len() - 1];
    let json = json(ago(0), &line(1));
    let gzipped = format!("{PROTOBUF}Content-Encoding: gzip\r\n");
    for (what, headers, body, status) in [
        ("empty", PROTOBUF, vec![], 400),
        ("empty JSON", JSON, vec![], 400),
        ("cut snappy", PROTOBUF, good[..good.len() - 1].to_vec(), 400),
        ("cut protobuf", PROTOBUF, snappy(cut), 400),
        ("not snappy", PROTOBUF, message.clone(), 400),
        ("longer than it says", PROTOBUF, [&[1], &good[2..]].concat(), 400),
        ("a length of 4 GiB", PROTOBUF, b"\xff\xff\xff\xff\x0f".to_vec(), 413),
        ("protobuf with gzip", &gzipped, gzip(&message), 415),
        ("JSON as protobuf", PROTOBUF, json.clone().into_bytes(), 400),
        ("protobuf as JSON", JSON, message.clone(), 400),
        ("cut JSON", JSON, json.as_bytes()[..json.len() - 1].to_vec(), 400),
        ("a line", JSON, line(1).into_bytes(), 400),
    ] {
        let answer = post(&tapline, PUSH, headers, body);
        assert_eq!(answer.status, status, "{what}: {}", String::from_utf8_lossy(&answer.body));
        assert!(answer.json()["error"]["message"].is_string(), "{what}");
    }
    for (headers, body) in
        [(JSON, br#"{"strems":[]}"#.to_vec()), (PROTOBUF, snappy(&field(2, "of something else")))]
    {
        let answer = post(&tapline, PUSH, headers, body);
        let error = &answer.json()["error"];
        assert_eq!((answer.status, &error["code"]), (400, &"undecodable".into()));
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("no `streams`"), "{message}");
    }
    assert_eq!(post(&tapline, PUSH, JSON, r#"{"streams":[]}"#).status, 204);
    assert_eq!(tapline.accounting().received, 0);
    assert_eq!(post(&tapline, PUSH, PROTOBUF, &good).status, 204);
    tapline.settled(2).accounting().assert_all_counted(2);
    let answer = Client::new(tapline.http).get(PUSH).unwrap();
    assert_eq!((answer.status, answer.all("allow")), (405, vec!["POST,PUT"]));
}

#[test]
fn a_push_needs_the_token_and_has_the_limits_of_any_body() {
    let body = push(r#"{job="nginx"}"#, &[(ago(0), &line(1))]);
    needs_the_token(PUSH, PROTOBUF, &body, &[]);
    refuses_what_is_too_large(PUSH, PROTOBUF, &body);
    let dir = TempDir::new().unwrap();
    let tapline =
        Tapline::configured(&dir, "[http]\nmax_body = \"64 KiB\"\nmax_inflated = \"128 KiB\"\n");
    let dense = push("{}", &[(1, &"x".repeat(200_000))]);
    let answer = post(&tapline, PUSH, PROTOBUF, dense);
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (413, &"too_large".into()));
}

#[test]
fn what_shippers_ask_before_they_push_is_answered() {
    let (_dir, tapline) = open();
    let answer = Client::new(tapline.http).get("/ready").unwrap();
    assert_eq!((answer.status, answer.body), (200, b"ready\n".to_vec()));
}

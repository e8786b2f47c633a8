//! OpenTelemetry's logs over HTTP, as its collector and libraries send them.

use super::*;
use protobuf::{field, fixed64, number};

const LOGS: &str = "/v1/logs";
const JSON: &str = "Content-Type: application/json\r\n";
const PROTOBUF: &str = "Content-Type: application/x-protobuf\r\n";

fn pair(key: &str, value: impl AsRef<[u8]>) -> Vec<u8> {
    [field(1, key), field(2, value)].concat()
}

/// `ExportLogsServiceRequest` with these records.
fn logs(records: &[Vec<u8>]) -> Vec<u8> {
    let resource = [
        field(1, pair("service.name", field(1, "shop"))),
        field(1, pair("host.name", field(1, "web-1"))),
    ];
    let scope = field(1, field(1, "otelcol/filelogreceiver"));
    let records = records.iter().flat_map(|record| field(2, record));
    let scoped: Vec<u8> = scope.into_iter().chain(records).collect();
    field(1, [field(1, resource.concat()), field(2, scoped)].concat())
}

/// A record as the collector's `filelog` receiver makes it.
fn of_file(line: &str, second: u64) -> Vec<u8> {
    let attribute = pair("log.file.name", field(1, "access.log"));
    let observed = fixed64(11, second * 1_000_000_000);
    [observed, field(5, field(1, line)), field(6, attribute)].concat()
}

/// A request as a library says it by the semantic conventions of HTTP.
fn of_request(second: u64) -> Vec<u8> {
    let attributes = [
        pair("http.request.method", field(1, "POST")),
        pair("url.path", field(1, "/otlp")),
        pair("url.query", field(1, "n=1")),
        pair("http.response.status_code", number(3, 503)),
        pair("client.address", field(1, "203.0.113.9")),
        pair("user_agent.original", field(1, "curl/8.11.0")),
    ];
    let attributes = attributes.iter().flat_map(|attribute| field(6, attribute)).collect();
    [fixed64(1, second * 1_000_000_000), field(5, field(1, "POST /otlp")), attributes].concat()
}

fn json(second: u64) -> String {
    serde_json::json!({"resourceLogs": [{"resource": {"attributes": [
        {"key": "host.name", "value": {"stringValue": "web-2"}}]},
        "scopeLogs": [{"logRecords": [
            {"timeUnixNano": format!("{second}000000000"), "body": {"stringValue": timeless("/json")}},
            {"timeUnixNano": "0", "body": {"kvlistValue": {"values": [
                {"key": "method", "value": {"stringValue": "GET"}},
                {"key": "uri", "value": {"stringValue": "/map"}},
                {"key": "status", "value": {"intValue": "404"}}]}}}]}]}]})
    .to_string()
}

#[test]
fn records_are_lines_or_requests_by_their_attributes() {
    let (_dir, tapline) = open();
    let late = ago(300);
    let body = logs(&[of_file(&line(1), late), of_request(late), of_file("hello", late)]);
    let answer = post(&tapline, LOGS, PROTOBUF, &body);
    assert_eq!((answer.status, answer.all("content-type")), (200, vec!["application/x-protobuf"]));
    assert!(answer.body.is_empty());
    let packed = format!("{PROTOBUF}Content-Encoding: gzip\r\n");
    assert_eq!(post(&tapline, LOGS, &packed, gzip(&logs(&[of_file(&line(2), late)]))).status, 200);
    // To where Loki takes them.
    let answer = post(&tapline, "/otlp/v1/logs", JSON, json(late));
    assert_eq!((answer.status, answer.json()), (200, serde_json::json!({})));

    let accounting = tapline.settled(6).accounting();
    assert_eq!((accounting.received, accounting.counted, accounting.unparsed), (6, 5, 1));
    assert_eq!(tapline.requests("source:web-1/shop"), 3);
    let event = event(&tapline, "/otlp");
    for (field, value) in [
        ("kind", "access"),
        ("method", "POST"),
        ("query", "n=1"),
        ("remote_ip", "203.0.113.9"),
        ("user_agent", "curl/8.11.0"),
        ("source", "web-1/shop"),
    ] {
        assert_eq!(event[field], value, "{event}");
    }
    assert_eq!(event["status"], 503, "{event}");
    assert!(event["time"].as_str().unwrap().starts_with(&rfc3339(late)), "{event}");
    assert_eq!(tapline.requests("path:/map status:404 source:web-2"), 1);
    let json = super::event(&tapline, "/json");
    assert!(json["time"].as_str().unwrap().starts_with(&rfc3339(late)), "{json}");
}

#[test]
fn records_that_hold_no_line_are_told_and_the_others_count() {
    let (_dir, tapline) = open();
    let body = logs(&[of_file(&line(1), ago(0)), vec![]]);
    let answer = post(&tapline, LOGS, PROTOBUF, body);
    assert_eq!(answer.status, 200);
    // partial_success { rejected_log_records = 1; error_message }
    let told = &answer.body;
    assert_eq!((&told[..1], &told[2..5]), (&b"\x0a"[..], &b"\x08\x01\x12"[..]), "{told:x?}");
    let records =
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{"body":{"stringValue":"x"}}]}]}]}"#;
    let answer = post(&tapline, LOGS, JSON, records).json();
    assert_eq!(answer["partialSuccess"]["rejectedLogRecords"], "1", "{answer}");
    let accounting = tapline.settled(4).accounting();
    assert_eq!((accounting.counted, accounting.unparsed, accounting.rejected["json"]), (1, 1, 2));
}

#[test]
fn a_request_that_is_none_is_told_and_nothing_of_it_counts() {
    let (_dir, tapline) = open();
    let good = logs(&[of_file(&line(1), ago(0)), of_request(ago(0))]);
    let text = json(ago(0));
    for (what, headers, body, status) in [
        ("empty", PROTOBUF, vec![], 200),
        ("empty JSON object", JSON, b"{}".to_vec(), 200),
        ("empty JSON", JSON, vec![], 400),
        ("cut", PROTOBUF, good[..good.len() - 1].to_vec(), 400),
        ("JSON as protobuf", PROTOBUF, text.clone().into_bytes(), 400),
        ("protobuf as JSON", JSON, good.clone(), 400),
        ("cut JSON", JSON, text.as_bytes()[..text.len() - 1].to_vec(), 400),
        ("no gzip", "Content-Encoding: gzip\r\n", good.clone(), 400),
    ] {
        let answer = post(&tapline, LOGS, headers, body);
        assert_eq!(answer.status, status, "{what}: {}", String::from_utf8_lossy(&answer.body));
    }
    let traces = r#"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"GET /"}]}]}]}"#;
    let answer = post(&tapline, LOGS, JSON, traces);
    let error = &answer.json()["error"];
    assert_eq!((answer.status, &error["code"]), (400, &"undecodable".into()));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("no `resourceLogs`"), "{message}");
    assert_eq!(tapline.accounting().received, 0);
}

#[test]
fn records_need_the_token_and_have_the_limits_of_any_body() {
    let body = logs(&[of_file(&line(1), ago(0))]);
    needs_the_token(LOGS, PROTOBUF, &body, &[]);
    refuses_what_is_too_large(LOGS, PROTOBUF, &body);
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, "sources.max_rate = 100\n");
    let many = logs(&vec![of_file(&line(1), ago(0)); 2_000]);
    // Twice in the same second, the second time nothing of it is within the rate.
    let later = common::until("a request beyond its rate", || {
        Some(post(&tapline, LOGS, PROTOBUF, &many)).filter(|answer| answer.status == 429)
    });
    assert_eq!(later.all("retry-after"), ["1"]);
}

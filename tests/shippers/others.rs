//! Datadog's agent, and VictoriaLogs' lines of JSON.

use super::*;

#[test]
fn logs_of_datadog_are_their_messages() {
    let (_dir, tapline) = open();
    let late = ago(300);
    let body = serde_json::json!([
        {"message": line(1), "hostname": "web-1", "service": "shop", "ddsource": "nginx", "ddtags": "env:prod"},
        {"message": timeless("/timed"), "hostname": "web-1", "timestamp": late * 1_000},
    ])
    .to_string();
    let packed = gzip(body.as_bytes());
    let answer = post(&tapline, "/api/v2/logs", "Content-Encoding: gzip\r\n", packed);
    assert_eq!((answer.status, answer.json()), (202, serde_json::json!({})));
    for empty in ["", "{}", "[]"] {
        assert_eq!(post(&tapline, "/api/v2/logs", "", empty).status, 202, "{empty}");
    }
    tapline.settled(2).accounting().assert_all_counted(2);
    assert_eq!(tapline.requests("source:web-1/shop"), 1);
    let event = event(&tapline, "/timed");
    assert!(event["time"].as_str().unwrap().starts_with(&rfc3339(late)), "{event}");
}

#[test]
fn lines_of_json_are_read_as_by_our_own_route() {
    let (_dir, tapline) = open();
    let body = format!("{}\n{{broken\n{}\n", timeless("/a"), timeless("/b"));
    let answer = post(
        &tapline,
        "/insert/jsonline?_msg_field=message",
        "Content-Type: application/stream+json\r\n",
        body,
    );
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    let accounting = tapline.settled(3).accounting();
    assert_eq!((accounting.counted, accounting.rejected["json"]), (2, 1));
}

#[test]
fn both_need_the_token_and_have_the_limits_of_any_body() {
    let body = format!(r#"[{{"message":{}}}]"#, serde_json::Value::from(line(1)));
    needs_the_token("/api/v2/logs", "", body.as_bytes(), &[format!("DD-API-KEY: {TOKEN}\r\n")]);
    refuses_what_is_too_large("/api/v2/logs", "", body.as_bytes());
    needs_the_token("/insert/jsonline", "", timeless("/a").as_bytes(), &[]);
    refuses_what_is_too_large("/insert/jsonline", "", timeless("/a").as_bytes());
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, "sources.max_rate = 100\n");
    let many = vec![timeless("/a"); 2_000].join("\n");
    // Twice in the same second, the second time nothing of it is within the rate.
    let later = common::until("a body beyond its rate", || {
        let answer = post(&tapline, "/insert/jsonline", "", many.as_bytes());
        Some(answer).filter(|answer| answer.status == 429)
    });
    assert_eq!(later.all("retry-after"), ["1"]);
}

//! Splunk's HTTP Event Collector, as Docker, Fluent Bit, Vector and the OpenTelemetry collector send to it.

use super::*;

const EVENT: &str = "/services/collector/event";

fn event_of(second: u64, host: &str, event: &str) -> String {
    let event = serde_json::Value::from(event);
    format!(
        r#"{{"time":{second}.250,"host":"{host}","source":"/var/log/nginx/access.log","event":{event}}}"#
    )
}

#[test]
fn events_are_lines_of_their_host() {
    let (_dir, tapline) = open();
    let late = ago(300);
    // One behind the other, with nothing between them.
    let body = [event_of(ago(0), "web-1", &line(1)), event_of(late, "web-1", &timeless("/timed"))]
        .concat();
    let object = format!(r#"{{"time":"{late}","host":"web-2","event":{}}}"#, timeless("/object"));
    for (target, body) in [
        ("/services/collector", body.clone()),
        (EVENT, object),
        // Docker's driver, which packs.
        (
            "/services/collector/event/1.0",
            format!(
                r#"{{"event":{{"line":{},"source":"stdout","tag":"x"}},"time":"{late}.5"}}"#,
                serde_json::Value::from(line(2))
            ),
        ),
    ] {
        let packed = gzip(body.as_bytes());
        let answer = post(&tapline, target, "Content-Encoding: gzip\r\n", packed);
        assert_eq!(
            (answer.status, answer.json()),
            (200, serde_json::json!({"text": "Success", "code": 0})),
            "{target}"
        );
    }
    for target in ["/services/collector/raw?channel=1&source=raw", "/services/collector/raw/1.0"] {
        let answer = post(
            &tapline,
            target,
            "X-Splunk-Request-Channel: x\r\n",
            format!("{}\n{}\n", line(3), line(4)),
        );
        assert_eq!((answer.status, &answer.json()["code"]), (200, &0.into()), "{target}");
    }
    tapline.settled(8).accounting().assert_all_counted(8);
    assert_eq!(tapline.requests("source:web-1"), 2);
    assert_eq!(tapline.requests("source:raw"), 2);
    for path in ["/timed", "/object"] {
        let event = event(&tapline, path);
        assert!(event["time"].as_str().unwrap().starts_with(&rfc3339(late)), "{event}");
    }
}

#[test]
fn what_is_no_event_is_told_by_its_number() {
    let (_dir, tapline) = open();
    for (body, status, code) in [
        ("", 400, 5),
        (" \n", 400, 5),
        ("no JSON", 400, 6),
        (r#"{"host":"x"}"#, 400, 6),
        (r#"{"event":"#, 400, 6),
        (r#"{"event":"x"}{"event":7}"#, 200, 0),
    ] {
        let answer = post(&tapline, EVENT, "", body);
        assert_eq!((answer.status, &answer.json()["code"]), (status, &code.into()), "{body}");
    }
    let accounting = tapline.settled(5).accounting();
    assert_eq!((accounting.unparsed, accounting.rejected["json"]), (1, 4));
}

#[test]
fn events_need_the_token_and_have_the_limits_of_any_body() {
    let body = event_of(ago(0), "web-1", &line(1));
    needs_the_token(EVENT, "", body.as_bytes(), &[format!("Authorization: Splunk {TOKEN}\r\n")]);
    refuses_what_is_too_large(EVENT, "", body.as_bytes());
}

#[test]
fn what_shippers_ask_before_they_send_is_answered() {
    let (_dir, tapline) = open();
    for target in ["/services/collector/health", "/services/collector/health/1.0"] {
        assert_eq!(tapline.get(target)["code"], 17, "{target}");
    }
    let request = format!("OPTIONS {EVENT} HTTP/1.1\r\nHost: {}\r\n\r\n", tapline.http);
    let answer = Client::new(tapline.http).send(request.as_bytes(), false).unwrap();
    assert_eq!(answer.status, 200);
}

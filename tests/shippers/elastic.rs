//! Elasticsearch's bulk, as Filebeat, Logstash, Fluent Bit, Vector and rsyslog send it.

use super::*;

const NDJSON: &str = "Content-Type: application/x-ndjson\r\n";

/// Documents as Fluent Bit (`create`) and Vector (`index`) have them.
fn bulk(documents: &[String]) -> String {
    let actions = [r#"{"create":{"_index":"nginx"}}"#, r#"{"index":{"_index":"nginx","_id":"1"}}"#];
    let pairs = documents.iter().zip(actions.iter().cycle());
    pairs.map(|(document, action)| format!("{action}\n{document}\n")).collect()
}

fn document(line: &str) -> String {
    let now = chrono::Utc::now().to_rfc3339();
    serde_json::json!({"@timestamp": now, "message": line, "host": {"name": "web-1"}}).to_string()
}

fn statuses(answer: &Answer) -> Vec<u64> {
    let told = answer.json();
    let items = told["items"].as_array().expect("items").iter();
    items.map(|item| asked(item).1["status"].as_u64().expect("a status")).collect()
}

/// The action that an item is an answer to, and the answer.
fn asked(item: &Value) -> (&str, &Value) {
    let (action, told) = item.as_object().and_then(|item| item.iter().next()).expect("an action");
    (action, told)
}

#[test]
fn documents_of_a_bulk_are_lines_and_each_has_its_item() {
    let (_dir, tapline) = open();
    let late = ago(300);
    let timed = format!("{}Z", rfc3339(late));
    let timed = serde_json::json!({"@timestamp": timed, "log": timeless("/timed")}).to_string();
    let documents = [document(&line(1)), timeless("/own"), timed];
    let mut seen = 0;
    for target in [
        "/_bulk",
        "/nginx-2026.11.22/_bulk?pipeline=x",
        "/elastic/_bulk",
        "/elastic/nginx/_bulk?timeout=1m",
    ] {
        let body = bulk(&documents);
        for (headers, body) in [
            (NDJSON.to_owned(), body.clone().into_bytes()),
            (format!("{NDJSON}Content-Encoding: gzip\r\n"), gzip(body.as_bytes())),
        ] {
            let answer = post(&tapline, target, &headers, body);
            assert_eq!(
                (answer.status, answer.all("x-elastic-product")),
                (200, vec!["Elasticsearch"])
            );
            assert_eq!(answer.json()["errors"], false, "{target}");
            assert_eq!(statuses(&answer), [201, 201, 201], "{target}");
            seen += 3;
        }
    }
    tapline.settled(seen).accounting().assert_all_counted(seen);
    assert_eq!(tapline.requests("path:/page/1"), 8);
    assert_eq!(tapline.requests("path:/own"), 8);
    assert_eq!(tapline.requests("source:web-1"), 8);
    let events = tapline.get("/api/v1/events?filter=path:/timed");
    let time = events["events"][0]["time"].as_str().expect("a time");
    assert!(time.starts_with(&rfc3339(late)), "{time}");
}

#[test]
fn a_document_that_is_none_costs_itself_only() {
    let (_dir, tapline) = open();
    let mut body = bulk(&[timeless("/a"), "{broken".to_owned(), timeless("/b")]);
    body.push_str("{\"delete\":{\"_id\":\"1\"}}\n{\"update\":{\"_id\":\"1\"}}\n{\"doc\":{}}\n");
    let answer = post(&tapline, "/_bulk", NDJSON, &body);
    assert_eq!((answer.status, &answer.json()["errors"]), (200, &true.into()));
    assert_eq!(statuses(&answer), [201, 400, 201, 400, 400]);
    // Clients of Elasticsearch go by the name of the action, and lay item by item beside what they sent.
    let told = answer.json();
    let actions = told["items"].as_array().unwrap().iter().map(|item| asked(item).0);
    assert_eq!(actions.collect::<Vec<_>>(), ["create", "index", "create", "delete", "update"]);
    let reason = |item: usize| asked(&told["items"][item]).1["error"]["reason"].to_string();
    assert!(reason(1).contains("can be read") && reason(3).contains("deleted"));
    let accounting = tapline.settled(5).accounting();
    assert_eq!((accounting.counted, accounting.rejected["json"]), (2, 3));
    // Many more than are told at a time.
    let many = vec![timeless("/many"); 3_000];
    assert_eq!(statuses(&post(&tapline, "/_bulk", NDJSON, bulk(&many))), vec![201; 3_000]);
    tapline.settled(3_005);
}

#[test]
fn a_bulk_that_is_none_is_told_and_nothing_of_it_counts() {
    let (_dir, tapline) = open();
    for body in
        ["", "\n", "{}\n{}\n", &line(1), &format!("{}{}", bulk(&[timeless("/a")]), "{\"a\":1}\n")]
    {
        let answer = post(&tapline, "/_bulk", NDJSON, body);
        assert_eq!(
            (answer.status, &answer.json()["error"]["code"]),
            (400, &"undecodable".into()),
            "{body:?}"
        );
    }
    assert_eq!(tapline.accounting().received, 0);
}

#[test]
fn what_comes_beyond_the_rate_is_to_come_again() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, "sources.max_rate = 100\n");
    let answer = post(&tapline, "/_bulk", NDJSON, bulk(&vec![timeless("/a"); 150]));
    let statuses = statuses(&answer);
    assert_eq!((answer.status, &answer.json()["errors"]), (200, &true.into()));
    assert_eq!(statuses.iter().filter(|status| **status == 201).count(), 100);
    assert!(statuses[100..].iter().all(|status| *status == 429), "{statuses:?}");
    let accounting = tapline.settled(150).accounting();
    assert_eq!((accounting.counted, accounting.dropped["rate"]), (100, 50));
}

#[test]
fn a_bulk_needs_the_token_and_has_the_limits_of_any_body() {
    let pair = BASE64.encode(format!("id:{TOKEN}").as_bytes());
    let keys = [format!("Authorization: ApiKey {TOKEN}\r\n")];
    needs_the_token("/elastic/_bulk", NDJSON, bulk(&[document(&line(1))]).as_bytes(), &keys);
    refuses_what_is_too_large("/_bulk", NDJSON, bulk(&[document(&line(1))]).as_bytes());
    let dir = TempDir::new().unwrap();
    let tapline = guarded(&dir);
    let key = format!("Authorization: ApiKey {pair}\r\n");
    assert_eq!(post(&tapline, "/_bulk", &key, bulk(&[timeless("/a")])).status, 200);
    // What is asked first needs it too, and nothing of the dashboard comes with it.
    for (target, shown, status) in [
        ("/elastic/", key.as_str(), 200),
        ("/elastic/", "", 401),
        ("/_cluster/health", "", 401),
        ("/", &key, 403),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n{shown}\r\n", tapline.http);
        let answer = Client::new(tapline.http).send(request.as_bytes(), false).unwrap();
        assert_eq!(answer.status, status, "{target} {shown}");
    }
}

#[test]
fn what_shippers_ask_before_they_send_is_answered_and_the_dashboard_stays() {
    let (_dir, tapline) = open();
    for target in [
        "/elastic",
        "/elastic/",
        "/elastic/_license",
        "/elastic/_xpack",
        "/elastic/_cluster/health",
        "/_cluster/health",
        "/_cat/health",
    ] {
        let answer = Client::new(tapline.http).get(target).unwrap();
        assert_eq!(
            (answer.status, answer.all("x-elastic-product")),
            (200, vec!["Elasticsearch"]),
            "{target}"
        );
        let request = format!("HEAD {target} HTTP/1.1\r\nHost: {}\r\n\r\n", tapline.http);
        let answer = Client::new(tapline.http).send(request.as_bytes(), true).unwrap();
        assert_eq!(
            (answer.status, answer.all("x-elastic-product")),
            (200, vec!["Elasticsearch"]),
            "{target}"
        );
    }
    let greeting = tapline.get("/elastic/");
    assert!(greeting["version"]["number"].as_str().unwrap().starts_with("8."), "{greeting}");
    assert_eq!(tapline.get("/elastic/_license")["license"]["status"], "active");
    let answer = Client::new(tapline.http).get("/").unwrap();
    assert_eq!(answer.all("content-type"), ["text/html; charset=utf-8"]);
    let answer = Client::new(tapline.http).get("/elastic/_search").unwrap();
    assert_eq!(answer.status, 404);
}

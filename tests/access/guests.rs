//! What was learnt of the lines of all sites, and is not for the guest of one.

use super::*;

/// Two customers' errors that say the same of other files, the other's first.
fn errors() -> String {
    let time = chrono::Utc::now().format("%Y/%m/%d %H:%M:%S");
    let line = |level: &str, site: &str, word: &str| {
        format!(
            "{time} [{level}] 7#7: *1 open() \"/srv/{word}/key.pem\" failed (13: Permission denied), client: \
             203.0.113.9, server: {site}, request: \"GET / HTTP/1.1\", host: \"{site}\"\n"
        )
    };
    line("crit", "other.example", "other") + &line("error", "own.example", "own")
}

#[test]
fn a_guest_is_told_no_other_sites_line_of_a_template_that_both_have() {
    let dir = TempDir::new().unwrap();
    let (tapline, admin, guest) = shared(&dir);
    let to = tapline.http;
    let sent = ask(to, "POST", "/api/v1/logs?source=sender-7", &admin, &errors());
    assert_eq!(sent.json()["accepted"], 2, "{}", String::from_utf8_lossy(&sent.body));
    let list = |headers: &str, target: &str| {
        let answer = ask(to, "GET", target, headers, "").json();
        answer["top"]["templates"].as_array().expect("a list").clone()
    };
    let target = "/api/v1/summary?panels=templates";
    // What the second line taught is told of the first when their second closes.
    let all = common::until("both are one template", || {
        let rows = list(&admin, target);
        rows.into_iter().find(|row| row["requests"] == 2)
    });
    assert_eq!(all["level"], "crit");
    assert!(all["first_seen"].is_string(), "{all}");
    let own = &list(&guest, target)[0];
    assert_eq!((&own["value"], &own["requests"]), (&all["value"], &1.into()));
    let sample = "open() \"/srv/own/key.pem\" failed (13: Permission denied)";
    assert_eq!(own["sample"], sample);
    // When the first line came, and how bad the worst is, was learnt of all sites' lines.
    assert_eq!((&own["level"], &own["first_seen"]), (&().into(), &().into()), "{own}");
    let filtered = list(&admin, &format!("{target}&filter=site:own.example"));
    assert_eq!(filtered[0]["sample"], sample, "nor is anybody shown a line that the filter lacks");

    for target in [
        "/api/v1/summary?panels=templates:requests:5,paths",
        "/api/v1/summary?panels=templates&before=1h",
        "/api/v1/summary?panels=templates&filter=template:open*",
        "/api/v1/trend?list=templates",
        "/api/v1/values?field=template",
        "/api/v1/events?filter=kind:error",
        "/api/v1/anomalies",
    ] {
        let answer = ask(to, "GET", target, &guest, "");
        assert_eq!(answer.status, 200, "{target}");
        assert_clean(target, &String::from_utf8_lossy(&answer.body));
    }
    // A snapshot, and a tick in which both sites have such lines.
    assert_eq!(ask(to, "POST", "/api/v1/logs", &admin, &errors()).status, 200);
    for filter in ["", "&filter=site:other.example", "&filter=kind:error"] {
        let query = format!("format=ndjson&topics=tick,tail&panels=templates{filter}");
        let text = feed(to, &guest, &query, 2);
        assert_clean(&query, &text);
        assert!(!text.contains("first_seen"), "{text}");
        assert_eq!(text.contains("/srv/own/"), !filter.contains("other"), "{query}: {text}");
    }
}

use super::super::safe::Style;
use super::super::sample::{over, surge};
use super::*;

fn message(what: What, anomalies: &[Anomaly]) -> Message {
    let anomalies = anomalies.iter().cloned().map(Arc::new).collect();
    Message::new(what, "a", anomalies, 0, "https://stats.example.org").expect("a message")
}

fn title(what: What, anomaly: Anomaly) -> String {
    message(what, &[anomaly]).title.show(Style::Plain)
}

#[test]
fn a_title_says_what_where_how_much_since_when_and_why() {
    let a = || surge("a", "a", 4);
    assert_eq!(
        title(What::Opened, a()),
        "5xx on shop.example: 0.2 % → 14 % since 10:02:31 UTC, /checkout 92 % of it"
    );
    assert_eq!(
        title(What::Over, over(a())),
        "over: 5xx on shop.example, 10:02:31 UTC for 6 min 41 s, peak 22 %"
    );
    assert!(title(What::Worse, a()).starts_with("worse: 5xx on shop.example: "));
    assert!(title(What::Opened, over(a())).ends_with(", over already"));
}

#[test]
fn every_kind_has_its_words() {
    use AnomalyKind as K;
    for (kind, site, key, words) in [
        (K::TrafficUp, None, None, "more traffic: 0.2/s → 14/s since "),
        (K::Errors5xx, Some("a.example"), Some("/buy"), "5xx on a.example /buy: "),
        (K::ClientFlood, Some("a.example"), Some("192.0.2.1"), "flood by 192.0.2.1 on a.example: "),
        (K::Bruteforce, None, None, "password guessing: "),
        (K::Silent, None, Some("web-1/nginx"), "silent: web-1/nginx, 0.2/s expected, since "),
        (K::Silent, Some("a.example"), Some("a.example"), "silent: a.example, "),
        (K::FormatDrift, None, Some("web-1/nginx"), "other log format: web-1/nginx since "),
        (K::HostDisk, None, Some("/var"), "disk /var: "),
        (K::HostMemory, None, Some("memory"), "memory: 0.2/s → "),
        (K::Rule, None, Some("checkout"), "rule checkout: 14/s, limit 0.2/s since "),
    ] {
        let mut a = surge("a", "a", 3);
        (a.kind, a.unit) = (kind, "per_s".to_owned());
        (a.site, a.key) = (site.map(str::to_owned), key.map(str::to_owned));
        let title = title(What::Opened, a);
        assert!(title.starts_with(words), "{title}\nis not {words}");
    }
}

#[test]
fn what_is_nine_tenths_of_one_site_is_said_of_it_and_whether_that_is_all() {
    let mut a = surge("a", "a", 3);
    a.site = None;
    let of = |share| AnomalyCause {
        field: "site".to_owned(),
        value: "b.example".to_owned(),
        share,
        ..a.explain[0].clone()
    };
    let said = |share| {
        let mut a = a.clone();
        a.explain.insert(0, of(share));
        title(What::Opened, a)
    };
    assert!(said(0.9).starts_with("5xx mostly on b.example: "), "{}", said(0.9));
    let all = AnomalyCause { observed: a.observed + 0.01, ..of(1.0) };
    let all = title(What::Opened, Anomaly { explain: vec![all], ..a.clone() });
    assert!(all.starts_with("5xx on b.example: "), "{all}");
    assert!(!said(0.9).contains("b.example 9"), "{}", said(0.9));
    assert!(said(0.89).starts_with("5xx: "), "{}", said(0.89));
    assert!(said(0.89).ends_with("b.example 89 % of it"), "{}", said(0.89));
}

#[test]
fn what_is_usual_is_not_said_before_it_is_known() {
    let mut a = surge("a", "a", 3);
    a.learning = true;
    let said = title(What::Opened, a);
    assert!(
        said.starts_with("5xx on shop.example: 14 %, too new to know what is usual, since "),
        "{said}"
    );
}

#[test]
fn what_of_a_number_is_judged_elsewhere_is_said() {
    let mut a = surge("a", "a", 3);
    (a.kind, a.unit, a.explain) = (AnomalyKind::TrafficDown, "per_s".to_owned(), Vec::new());
    (a.expected, a.observed, a.apart) = (60.0, 70.0, 50.0);
    let said = title(What::Opened, a);
    let starts = "less traffic on shop.example: 60/s → 70/s (50/s of it judged elsewhere) since ";
    assert!(said.starts_with(starts), "{said}");
}

#[test]
fn a_new_number_of_a_page_that_is_not_known_yet_is_said_to_be_new() {
    let mut a = surge("a", "a", 3);
    (a.learning, a.explain[0].expected) = (true, 0.0);
    let said: Vec<String> = causes(&a).collect();
    assert_eq!(said, ["path /checkout: new → 13 %, 92 % of it"]);
}

#[test]
fn a_new_error_is_said_in_lines_and_its_peak_in_those_of_a_second() {
    let mut a = surge("a", "a", 3);
    (a.kind, a.unit, a.site) = (AnomalyKind::NewError, "count".to_owned(), None);
    (a.key, a.expected, a.observed) = (Some("no route <*>".to_owned()), 0.0, 288.0);
    (a.peak.value, a.explain) = (11.0, Vec::new());
    let (now, then) = (title(What::Opened, a.clone()), title(What::Over, over(a.clone())));
    assert_eq!(now, "new error: no route …, 288 lines since 10:02:31 UTC");
    assert_eq!(then, "over: new error: no route …, 10:02:31 UTC for 6 min 41 s, peak 11/s");
    a.observed = 1.0;
    assert_eq!(title(What::Opened, a), "new error: no route …, 1 line since 10:02:31 UTC");
}

#[test]
fn what_fills_up_says_when_it_is_full() {
    let mut a = surge("a", "a", 4);
    (a.kind, a.site, a.key) = (AnomalyKind::HostDisk, None, Some("/var".to_owned()));
    (a.expected, a.observed, a.full_in_s) = (61.0, 74.0, Some(12_034.0));
    let title = title(What::Opened, a);
    assert!(title.starts_with("disk /var: 61 % → 74 %, full in 3 h 21 min, since "), "{title}");
}

#[test]
fn the_root_comes_first_and_company_is_named() {
    let mut company: Vec<Anomaly> = (0..7).map(|i| surge(&format!("x{i}"), "a", 5)).collect();
    company.push(surge("a", "a", 2));
    let message = message(What::Opened, &company);
    assert_eq!((message.severity, message.anomalies[0].id.as_str()), (5, "a"));
    let lines: Vec<String> = message.lines.iter().map(|line| line.show(Style::Plain)).collect();
    assert_eq!(lines[0], "path /checkout: 0.1 % → 13 %, 92 % of it");
    assert!(lines[1].starts_with("also 5xx on shop.example"));
    assert_eq!(lines[5], "and 3 more");
}

#[test]
fn a_path_that_is_its_own_route_is_said_once() {
    let mut a = surge("a", "a", 3);
    let cause = |field: &str, value: &str| AnomalyCause {
        field: field.to_owned(),
        value: value.to_owned(),
        ..a.explain[0].clone()
    };
    let of = [("route", "/checkout"), ("path", "/cart"), ("path", "/checkout"), ("status", "502")];
    a.explain = of.map(|(field, value)| cause(field, value)).to_vec();
    a.samples = Vec::new();
    let lines = message(What::Opened, &[a.clone()]).lines;
    let lines: Vec<String> = lines.iter().map(|line| line.show(Style::Plain)).collect();
    assert_eq!(lines, causes(&a).collect::<Vec<_>>());
    let words: Vec<&str> =
        lines.iter().filter_map(|line| line.split_once(':')).map(|x| x.0).collect();
    assert_eq!(words, ["route /checkout", "path /cart", "status 502"]);
}

#[test]
fn the_link_opens_the_page_at_that_time_with_the_filter() {
    let link = |filter: Option<&str>, url: &str| {
        let mut a = surge("a", "a", 3);
        a.filter = filter.map(str::to_owned);
        Message::new(What::Opened, "a", vec![Arc::new(a)], 0, url).expect("a message").link
    };
    let range = "range=1795687051-1795687474";
    for (filter, url, link_is) in [
        (
            Some("status:5xx"),
            "https://a.example",
            format!("https://a.example/?filter=status%3A5xx&{range}"),
        ),
        (None, "https://a.example/logs/", format!("https://a.example/logs/?{range}")),
        (Some(""), "https://a.example/logs", format!("https://a.example/logs/?{range}")),
        (Some(&"x".repeat(501)), "https://a.example/", format!("https://a.example/?{range}")),
    ] {
        assert_eq!(link(filter, url), Some(link_is));
    }
    assert_eq!(link(None, ""), None);
}

#[test]
fn a_sample_is_shown_without_its_query() {
    let mut a = surge("a", "a", 3);
    a.samples = vec![
        EventRow {
            time: "2026-11-26T10:02:33.120Z".to_owned(),
            remote_ip: Some("192.0.2.1".to_owned()),
            method: Some("GET".to_owned()),
            path: Some("/checkout".to_owned()),
            query: Some("token=1".to_owned()),
            status: Some(502),
            request_time_s: Some(1.23),
            ..EventRow::default()
        };
        5
    ];
    let message = message(What::Opened, &[a]);
    let lines: Vec<String> = message.lines.iter().map(|line| line.show(Style::Slack)).collect();
    assert_eq!(lines[1], "`10:02:33 192.0.2.1 GET /checkout 502 1.2 s`");
    assert_eq!(lines.len(), 1 + SAMPLES);
}

#[test]
fn of_many_anomalies_each_kind_is_named_before_more_of_one() {
    let mut many: Vec<Arc<Anomaly>> =
        (0..6).map(|n| Arc::new(surge(&n.to_string(), "0", 5))).collect();
    many.push(Arc::new(Anomaly { kind: AnomalyKind::Scan, ..surge("s", "0", 3) }));
    let message = Message::new(What::Worse, "0", many, 0, "").expect("there are some");
    let kinds: Vec<AnomalyKind> = message.anomalies.iter().map(|a| a.kind).take(3).collect();
    assert_eq!(kinds, [AnomalyKind::Errors5xx, AnomalyKind::Scan, AnomalyKind::Errors5xx]);
    assert_eq!(message.anomalies.len(), 7);
}

use super::*;
use crate::aggregate::ask::Asks;
use crate::decode::formats::{Catalog, Format};
use crate::state::live::{Range, WindowConfig};
use crate::state::sources::SourcesConfig;

/// 2026-11-22T10:00:00Z
const TEN: Millis = Millis(1_795_341_600_000);

fn node() -> Arc<Node> {
    Node::new(WindowConfig::default(), SourcesConfig::default(), "t".into(), TEN)
}

fn ingest(node: &Arc<Node>) -> Ingest {
    let listener = Listener::new("file", "u_ex.log");
    node.add_listener(Arc::clone(&listener));
    Ingest::new(Arc::clone(node), listener, Arc::new(IngestConfig::default()))
}

fn send(ingest: &mut Ingest, lines: &[&str]) -> Counts {
    let peer = Peer::Name("u_ex.log".into());
    let frames = lines.iter().map(|line| Frame::new(&peer, line.as_bytes()));
    ingest.batch(&frames.collect::<Vec<_>>(), TEN)
}

fn statuses(node: &Node) -> Vec<(String, u64)> {
    node.flush();
    let summary = node.live().summary(Range::default(), &Filter::default(), &Asks::usual(10), None);
    assert_eq!(summary.messages, node.accounting().unparsed);
    summary.status_codes.into_iter().collect()
}

#[test]
fn named_columns_outlive_the_batch_and_belong_to_their_file() {
    let node = node();
    let (mut one, mut two) = (ingest(&node), ingest(&node));
    let header =
        ["#Software: x", "#Fields: date time sc-status sc-substatus cs-method cs-uri-stem"];
    assert_eq!(send(&mut one, &header).counted, 2);
    send(&mut two, &["#Fields: date time sc-substatus sc-status cs-method cs-uri-stem"]);
    // More than a group of lines, in turns.
    for _ in 0..40 {
        assert_eq!(send(&mut one, &["2026-11-22 10:00:00 404 200 GET /a"; 2]).counted, 2);
        assert_eq!(send(&mut two, &["2026-11-22 10:00:00 200 404 GET /a"; 3]).counted, 3);
    }
    // Whoever comes into the middle of the source reads it as was last said.
    assert_eq!(send(&mut ingest(&node), &["2026-11-22 10:00:00 200 301 GET /a"]).counted, 1);
    assert_eq!(statuses(&node), [("301".to_owned(), 1), ("404".to_owned(), 200)]);
    let counts = node.accounting();
    assert_eq!((counts.received, counts.counted, counts.unparsed), (204, 204, 0));
    let formats = node.sources.all()[0].lock().formats.clone();
    assert_eq!(formats.into_iter().collect::<Vec<_>>(), [("w3c", 201), ("w3c_header", 3)]);
}

#[test]
fn the_unit_of_durations_is_learnt_from_batch_to_batch_by_all_who_read_the_source() {
    let took = |duration: &str| format!(r#"{{"status":200,"path":"/a","duration":{duration}}}"#);
    let node = node();
    let (mut one, mut two) = (ingest(&node), ingest(&node));
    send(&mut one, &[&took("12")]);
    send(&mut two, &[&took("450")]);
    send(&mut one, &[&took("12.5")]);
    send(&mut two, &[&took("45.25")]);
    node.flush();
    let summary = node.live().summary(Range::default(), &Filter::default(), &Asks::usual(10), None);
    let slowest = summary.latency_s.max.expect("a time");
    assert!((0.4..0.5).contains(&slowest), "{slowest}");
}

#[test]
fn header_lines_are_learnt_behind_a_syslog_header_and_under_a_given_format() {
    for format in [None, Some("w3c")] {
        let node = node();
        let mut ingest = ingest(&node);
        ingest.format = format;
        // Blue Coat's appliance sends its file's lines without a tag.
        let head = "<13>Nov 22 10:00:00 192.0.2.1 ";
        let fields = format!("{head}#Fields: date time cs-uri-stem cs-method sc-status");
        let line = format!("{head}2026-11-22 10:00:00 /a GET 404");
        let counts = send(&mut ingest, &[&fields, &line, "what is this"]);
        assert_eq!((counts.counted, counts.unparsed), (2, 1));
        assert_eq!(statuses(&node), [("404".to_owned(), 1)]);
    }
}

/// A format of the operator's: the status alone, or a whole common line whose last number is
/// meant as the status.
struct Own;

impl Format for Own {
    fn name(&self) -> &'static str {
        "own"
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        let status = line.rsplit(' ').next()?.parse().ok()?;
        let kind = Kind::Access;
        Some(Event { kind, format: "own", status: Some(status), ..Event::default() })
    }
}

const COMMON: &str = r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 404"#;

fn formats_of(config: SourcesConfig) -> Vec<(&'static str, u64)> {
    formats_of_all(Catalog::with(vec![Box::new(Own)]), config)
}

fn formats_of_all(formats: Catalog, config: SourcesConfig) -> Vec<(&'static str, u64)> {
    let config = SourcesConfig { formats, ..config };
    let node = Node::new(WindowConfig::default(), config, "t".into(), TEN);
    let quoted = format!("{COMMON} \"-\" \"-\"");
    let error = "2026/11/22 10:00:00 [error] 1#1: *1 broken";
    send(&mut ingest(&node), &[&quoted, COMMON, error, "500", COMMON]);
    let formats = node.sources.all()[0].lock().formats.clone();
    formats.into_iter().collect()
}

#[test]
fn what_the_operator_said_goes_before_what_is_known_whatever_came_before() {
    let found = formats_of(SourcesConfig::default());
    assert_eq!(found, [("combined", 1), ("nginx_error", 1), ("own", 3)]);
}

#[test]
fn what_would_take_any_line_takes_those_of_the_sources_that_name_it() {
    let formats = || Catalog::with_named(Vec::new(), vec![Box::new(Own)]);
    let found = formats_of_all(formats(), SourcesConfig::default());
    assert_eq!(found, [("combined", 1), ("common", 2), ("nginx_error", 1)]);
    let pinned = [("u_ex.log".to_owned(), "own".to_owned())].into();
    let found = formats_of_all(formats(), SourcesConfig { pinned, ..SourcesConfig::default() });
    assert_eq!(found, [("combined", 1), ("nginx_error", 1), ("own", 3)]);
}

/// A format with a fault.
struct Faulty;

impl Format for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        assert!(!line.contains("fault"), "a fault");
        None
    }
}

#[test]
fn a_fault_costs_the_lines_beside_it_by_name_and_no_others() {
    let formats = Catalog::with(vec![Box::new(Faulty)]);
    let config = SourcesConfig { formats, ..SourcesConfig::default() };
    let node = Node::new(WindowConfig::default(), config, "t".into(), TEN);
    let mut ingest = ingest(&node);
    assert_eq!(send(&mut ingest, &[COMMON, COMMON]).counted, 2);
    let counts = send(&mut ingest, &[COMMON, "a fault", COMMON]);
    assert_eq!(counts.dropped[DropReason::Fault as usize], 3);
    assert_eq!(send(&mut ingest, &[COMMON]).counted, 1);
    let all = node.accounting();
    assert_eq!((all.received, all.counted, all.in_flight), (6, 3, 0));
    assert_eq!((all.dropped[DropReason::Fault as usize], node.condition.faults()), (3, 1));
}

#[test]
fn a_pinned_source_is_read_as_its_format_first_and_its_error_lines_too() {
    let pinned = [("u_ex.log".to_owned(), "common".to_owned())].into();
    let found = formats_of(SourcesConfig { pinned, ..SourcesConfig::default() });
    assert_eq!(found, [("combined", 1), ("common", 2), ("nginx_error", 1), ("own", 1)]);
}

#[test]
fn a_site_is_lower_case_without_the_implied_port() {
    for (host, site) in [
        ("Shop.Example.org", "shop.example.org"),
        ("example.org:80", "example.org"),
        ("example.org:8080", "example.org:8080"),
        ("[2001:db8::1]:443", "[2001:db8::1]"),
        ("2001:db8::80", "2001:db8::80"),
        ("::80", "::80"),
    ] {
        assert_eq!(site_of_host(Cow::Borrowed(host)), site, "{host}");
    }
}

#[test]
fn what_a_shipper_says_of_a_line_holds_where_the_line_does_not_say_it() {
    let node = node();
    let mut ingest = ingest(&node);
    let peer = Peer::Ip([192, 0, 2, 1].into());
    let at = Some(Millis(TEN.0 - 60_000));
    let shop = Told { hostname: Some("web-1"), app_name: Some("shop"), at };
    let blog = Told { hostname: None, app_name: Some("blog"), at: None };
    let json = r#"{"method":"GET","uri":"/a","status":200}"#;
    let head = "<190>Nov 22 09:58:00 web-9 nginx: ";
    let headed = format!("{head}{json}");
    let own = r#"{"method":"GET","uri":"/a","status":404,"time":"2026-11-22T09:57:00Z"}"#;
    // The same header again and again, with and without a shipper: each line has its own reading.
    for (line, told, expected) in [
        (json, Some(&shop), ("web-1/shop", 60)),
        (json, Some(&blog), ("192.0.2.1/blog", 0)),
        (json, None, ("192.0.2.1", 0)),
        (&headed, None, ("web-9/nginx", 120)),
        (&headed, Some(&shop), ("web-9/nginx", 120)),
        (own, Some(&shop), ("web-1/shop", 180)),
    ] {
        for _ in 0..2 {
            let counts = ingest.batch(&[Frame { told, ..Frame::new(&peer, line.as_bytes()) }], TEN);
            assert_eq!(counts.counted, 1, "{line}");
            let source = node.sources.all().into_iter().find(|s| &*s.name == expected.0);
            let source = source.unwrap_or_else(|| panic!("no {} for {line}", expected.0));
            let last = source.lock().last_time.unwrap_or(TEN);
            assert_eq!((TEN.0 - last.0) / 1000, expected.1, "{line} {told:?}");
        }
    }
    assert_eq!(node.sources.len(), 4);
}

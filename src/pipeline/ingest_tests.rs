use super::*;
use crate::aggregate::ask::Asks;
use crate::decode::formats::{Catalog, Format};
use crate::state::live::{Range, WindowConfig};
use crate::state::sources::{SourcesConfig, Zone};
use crate::vocab::event::Event;

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

#[test]
fn a_time_that_is_none_counts_at_its_arrival_as_misdated() {
    let json = |time: &str| {
        format!(
            r#"{{"time":{time},"remote_addr":"192.0.2.7","request":"GET / HTTP/1.1","status":200}}"#
        )
    };
    let combined = |time: &str| format!(r#"192.0.2.7 - - [{time}] "GET / HTTP/1.1" 200 5 "-" "x""#);
    let w3c = "#Fields: date time c-ip cs-method cs-uri-stem sc-status\n";
    for (line, misdated) in [
        (combined("30/Feb/2026:10:00:00 +0000"), 1),
        (combined("22/Nov/2026:25:00:00 +0000"), 1),
        (combined("22/Nov/2026:10:00:61 +0000"), 1),
        (combined("00/Nov/2026:10:00:00 +0000"), 1),
        (combined("-"), 0),
        (combined("b2c5a0f1"), 0),
        (combined("2026112210000012345678-1"), 0),
        (json("1e308"), 1),
        (json("-1e12"), 1),
        (json("99999999999999999999999"), 1),
        (json("\"2026-02-30T10:00:00Z\""), 1),
        // Nothing, and what may be a duration.
        (json("null"), 0),
        (json("0"), 0),
        (json("0.25"), 0),
        (json("\"-\""), 0),
        // In a header before a line without a time: 29 February of a year that has none.
        (format!("<190>Feb 29 10:00:00 web-1 nginx: {}", json("null")), 1),
        (format!("{w3c}2026-02-30 10:00:00 192.0.2.7 GET / 200"), 1),
        (format!("{w3c}2026-02-28 24:30:00 192.0.2.7 GET / 200"), 1),
    ] {
        let node = node();
        let mut ingest = ingest(&node);
        let counts = send(&mut ingest, &line.lines().collect::<Vec<_>>());
        let state = node.sources.all()[0].lock().misdated;
        assert_eq!((counts.unparsed, counts.misdated, state), (0, misdated, misdated), "{line}");
    }
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
fn a_request_of_two_lines_has_its_path_also_where_they_come_one_by_one_and_by_two_ways() {
    let rails = [
        r#"<190>Nov 22 10:00:00 web rails: [5e1f8a3c-1111-4222-8333-0123456789ab] Started GET "/cart" for 192.0.2.7 at 2026-11-22 10:00:00 +0000"#,
        "<190>Nov 22 10:00:00 web rails: [5e1f8a3c-1111-4222-8333-0123456789ab] Completed 200 OK in 5ms (Views: 1.0ms)",
    ];
    let fastify = [
        r#"{"level":30,"time":1795341600123,"pid":7,"hostname":"h","reqId":"req-1","req":{"method":"GET","url":"/home","host":"shop.example","remoteAddress":"203.0.113.9","remotePort":5123},"msg":"incoming request"}"#,
        r#"{"level":30,"time":1795341600130,"pid":7,"hostname":"h","reqId":"req-1","res":{"statusCode":200},"responseTime":6.5,"msg":"request completed"}"#,
    ];
    for (lines, path) in [(rails, "/cart"), (fastify, "/home")] {
        for (pairs, expected) in [(true, Some(path)), (false, None)] {
            let node = node();
            // As two POSTs or two connections.
            for line in lines {
                let mut way = ingest(&node);
                way.pairs = pairs;
                assert_eq!(send(&mut way, &[line]).counted, 1);
            }
            node.flush();
            let requests = Filter::parse("kind:access").expect("a filter");
            let rows = node.live().events(Range::default(), &requests, 10, true);
            let seen: Vec<_> = rows.iter().map(|row| (row.status, row.path.as_deref())).collect();
            assert_eq!(seen, [(Some(200), expected)], "{path}, {pairs}");
        }
    }
}

#[test]
fn who_sends_over_a_network_names_no_source_by_what_lines_begin_with() {
    let node = node();
    let mut ingest = ingest(&node);
    let peer = Peer::Ip([192, 0, 2, 9].into());
    let request = r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#;
    for n in 0..40 {
        for line in [format!("web-{n}  | {request}"), format!("[pod/web-{n}/nginx] {request}")] {
            let line = line.as_bytes();
            assert_eq!(ingest.batch(&[Frame::new(&peer, line)], TEN).counted, 1);
        }
    }
    let names: Vec<String> = node.sources.all().iter().map(|s| s.name.to_string()).collect();
    assert_eq!(names, ["192.0.2.9"]);
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
fn lines_of_all_servers_name_one_site() {
    // As `tapline snippet` has them: nginx's `$host` has no port, and the others write what the client sent.
    let lines = [
        r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 7 "-" "curl/8" host=shop.example"#,
        r#"shop.example:8443 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /b HTTP/1.1" 200 7 "-" "curl/8""#,
        r#"{"level":"info","ts":1795341600.1,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"203.0.113.9","proto":"HTTP/1.1","method":"GET","host":"Shop.example:8443","uri":"/c"},"status":200,"size":7,"duration":0.01}"#,
        r#"203.0.113.9:47800 [22/Nov/2026:10:00:00.422] web app/one 0/0/1/2/3 200 73 - - ---- 1/1/0/0/0 0/0 {shop.example:8443|curl/8|} "GET /d HTTP/1.1""#,
    ];
    let node = node();
    let mut ingest = ingest(&node);
    assert_eq!(send(&mut ingest, &lines).counted, lines.len() as u64);
    node.flush();
    let live = node.live();
    let asks = Asks::usual(10);
    let summary = live.summary(Range::default(), &Filter::default(), &asks, None);
    let sites: Vec<_> = summary.top["sites"].iter().map(|r| (&*r.value, r.requests)).collect();
    assert_eq!(sites, [("shop.example", lines.len() as u64)]);
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

/// What became of lines of the daemon `app` on `web-1`: each was written at `written` by a clock `zone_s` east of UTC and
/// arrives at `arrival`, both in milliseconds from ten o'clock. Gives when each counts, likewise, and how many the
/// source says count at their arrival.
fn zoned(zone_s: &dyn Fn(i64) -> i64, lines: &[(i64, i64)]) -> (Vec<i64>, u64) {
    let node = node();
    let mut ingest = ingest(&node);
    let peer = Peer::Ip([192, 0, 2, 1].into());
    for (n, &(written, arrival)) in lines.iter().enumerate() {
        let wall = TEN.0 + written + zone_s(written) * 1_000;
        let wall = chrono::DateTime::from_timestamp_millis(wall).unwrap();
        let line = format!("<187>{} web-1 app: ERROR {n} failed", wall.format("%b %e %H:%M:%S"));
        let frame = Frame::new(&peer, line.as_bytes());
        ingest.batch(&[frame], Millis(TEN.0 + arrival));
    }
    node.flush();
    let all = Range { from: Some(Second(0)), to: Some(Second(i64::MAX)) };
    let mut events = node.live().events(all, &Filter::default(), 10_000, true);
    let number = |event: &crate::aggregate::wire::EventRow| {
        let text = event.message.as_deref().expect("a message");
        text.split(' ').find_map(|word| word.parse::<usize>().ok()).expect("its number")
    };
    events.sort_by_key(number);
    let at = |event: &crate::aggregate::wire::EventRow| {
        chrono::DateTime::parse_from_rfc3339(&event.time).unwrap().timestamp_millis() - TEN.0
    };
    (events.iter().map(at).collect(), node.sources.all()[0].lock().misdated)
}

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// Lines that arrive when they are written, one a second.
fn live(from: i64, seconds: i64) -> impl Iterator<Item = (i64, i64)> {
    (0..seconds).map(move |n| (from + n * SECOND, from + n * SECOND + 300))
}

/// Whether each line counts in its own second.
fn are_own(at: &[i64], lines: &[(i64, i64)]) -> bool {
    at.len() == lines.len() && at.iter().zip(lines).all(|(at, (written, _))| at == written)
}

#[test]
fn a_host_in_another_zone_is_understood_from_its_first_line_on() {
    for zone_s in [0, 9 * 3600, -5 * 3600, 5 * 3600 + 2700, -3 * 3600 - 1800, 13 * 3600 + 2700] {
        let lines: Vec<_> = live(0, 30).collect();
        let (at, misdated) = zoned(&|_| zone_s, &lines);
        assert!(are_own(&at, &lines), "{zone_s}: {at:?}");
        assert_eq!(misdated, 0, "{zone_s}");
        // What it held back for some minutes is of its own seconds then.
        let mut lines = lines;
        lines.extend((0..50).map(|n| (-4 * MINUTE + n * 100, 31 * SECOND)));
        lines.extend(live(31 * SECOND, 10));
        let (at, misdated) = zoned(&|_| zone_s, &lines);
        let own = at
            .iter()
            .zip(&lines)
            .all(|(at, (written, _))| *at == written.div_euclid(SECOND) * SECOND);
        assert!(own, "{zone_s}: {at:?}");
        assert_eq!(misdated, 0, "{zone_s}");
    }
}

#[test]
fn a_backlog_is_no_zone() {
    // Of a source that was heard for three seconds, or for a minute; at once, or in ten seconds.
    for (known, each) in [(3, 0), (60, 0), (3, 200), (60, 200)] {
        for zone_s in [0, 2 * 3600] {
            let mut lines: Vec<_> = live(0, known).collect();
            let begun = known * SECOND;
            let held = |n: i64| (begun - 40 * MINUTE + n * 100, begun + n * each);
            lines.extend((0..50).map(held));
            let after: Vec<_> = live(begun + 50 * each + SECOND, 10).collect();
            lines.extend(&after);
            let (at, misdated) = zoned(&|_| zone_s, &lines);
            let (before, rest) = at.split_at(known as usize);
            let (held, now) = rest.split_at(50);
            assert!(are_own(before, &lines[..known as usize]), "{before:?}");
            assert!(are_own(now, &after), "{now:?}");
            let arrived = held.iter().zip(&lines[known as usize..]);
            assert!(arrived.into_iter().all(|(at, (_, arrival))| at == arrival), "{held:?}");
            assert_eq!(misdated, 50);
        }
    }
}

#[test]
fn the_queue_of_a_relay_that_is_heard_first_is_no_zone() {
    // Three hours, a line for each ten seconds, at once, and as fast as a slow disk gives them.
    for (each, zone_s) in [(0, 0), (20, 0), (0, 9 * 3600), (20, -5 * 3600)] {
        let mut lines: Vec<_> =
            (0..1_080).map(|n| (-3 * HOUR + n * 10 * SECOND, n * each)).collect();
        let begun = (1_080 * each / SECOND + 1) * SECOND;
        lines.extend(live(begun, 30));
        let (at, misdated) = zoned(&|_| zone_s, &lines);
        assert_eq!(at.len(), lines.len());
        let neither = |(at, (written, arrival)): &(&i64, &(i64, i64))| {
            (**at - written).abs() > SECOND && (**at - arrival).abs() > 2 * SECOND
        };
        let wrong: Vec<_> = at.iter().zip(&lines).filter(neither).collect();
        assert!(wrong.is_empty(), "{each} {zone_s}: {} as {wrong:?}", wrong.len());
        let late = |(at, (written, _)): &(&i64, &(i64, i64))| (**at - written).abs() > SECOND;
        let late = at.iter().zip(&lines).filter(late).count() as u64;
        // The first may stand for another zone's now; and of another zone nothing is known before it holds on.
        let learning = if zone_s == 0 { 1 } else { 13 };
        let told = late - 1..=late + learning;
        assert!(told.contains(&misdated), "{each} {zone_s}: {misdated} of {late}");
        // What is live at the end is of its own second.
        assert!(are_own(&at[at.len() - 15..], &lines[lines.len() - 15..]), "{each} {zone_s}");
    }
}

#[test]
fn a_queue_that_is_given_at_twice_the_pace_is_no_zone_where_it_comes_to_whole_hours() {
    let mut lines: Vec<_> = live(-MINUTE, 60).collect();
    let queue = (0..1_200).map(|n| (-70 * MINUTE + 2 * n * SECOND, n * SECOND));
    lines.extend(queue);
    lines.extend(live(1_200 * SECOND, 20));
    let (at, misdated) = zoned(&|_| 0, &lines);
    assert!(are_own(&at[..60], &lines[..60]) && are_own(&at[1_260..], &lines[1_260..]));
    let arrived = at[60..1_260].iter().zip(&lines[60..1_260]);
    assert!(arrived.into_iter().all(|(at, (_, arrival))| at == arrival));
    assert_eq!(misdated, 1_200);
}

#[test]
fn a_clock_change_of_a_sender_is_followed_in_some_seconds_and_no_line_is_an_hour_off() {
    for (before, after) in [(3600, 7200), (7200, 3600), (37_800, 39_600), (-14_400, -18_000)] {
        let lines: Vec<_> = live(-MINUTE, 180).collect();
        let zone = |written: i64| if written < 0 { before } else { after };
        let (at, misdated) = zoned(&zone, &lines);
        let off =
            at.iter().zip(&lines).filter(|(at, (written, _))| (**at - written).abs() > SECOND);
        assert_eq!(off.count(), 0, "{before} {after}");
        assert!(misdated <= 15, "{before} {after}: {misdated}");
        assert!(are_own(&at[100..], &lines[100..]), "{before} {after}");
    }
}

/// What is said of a followed file's lines: when each was written and read, in milliseconds from ten o'clock, and whether
/// it was news.
type Read = (i64, i64, bool);

/// As [`zoned`], of an error log that is followed on a machine two hours east of UTC.
fn followed(ingest: &mut Ingest, zone_s: i64, batches: &[&[Read]]) {
    let peer = Peer::Name("error.log".into());
    for batch in batches {
        let line = |&(written, ..): &Read| {
            let wall = chrono::DateTime::from_timestamp_millis(TEN.0 + written + zone_s * 1_000);
            format!("{} [error] 7#7: *1 broken", wall.unwrap().format("%Y/%m/%d %H:%M:%S"))
        };
        let lines: Vec<String> = batch.iter().map(line).collect();
        let frames: Vec<_> = lines.iter().map(|line| Frame::new(&peer, line.as_bytes())).collect();
        let (_, at, is_news) = batch[0];
        ingest.next(&frames, is_news, Millis(TEN.0 + at));
    }
}

/// One of a folder, with a machine's zone that no test depends on.
fn follower(node: &Arc<Node>, folder: &str) -> Ingest {
    let listener = Listener::new("file", format!("/{folder}/error.log"));
    node.add_listener(Arc::clone(&listener));
    let time = TimeRule::Line(LineZone::Fixed(7200));
    Ingest::new(Arc::clone(node), listener, Arc::new(IngestConfig { time, ..Default::default() }))
}

/// When all lines count, in seconds from ten o'clock, and how often.
fn counted_at(node: &Node) -> Vec<(i64, u64)> {
    node.flush();
    let all = Range { from: Some(Second(0)), to: Some(Second(i64::MAX)) };
    let mut seconds = std::collections::BTreeMap::new();
    for event in node.live().events(all, &Filter::default(), 10_000, true) {
        let at = chrono::DateTime::parse_from_rfc3339(&event.time).unwrap().timestamp();
        *seconds.entry(at - TEN.0 / 1_000).or_insert(0) += 1;
    }
    seconds.into_iter().collect()
}

#[test]
fn a_followed_file_of_another_zone_counts_in_its_own_time_once_a_line_is_news() {
    for (zone_s, off, whither) in
        [(0, "2 h", "behind"), (-18_000, "7 h", "behind"), (19_800, "3 h 30 min", "ahead")]
    {
        let node = node();
        let mut ingest = follower(&node, "a");
        let off_s = zone_s - 7200;
        // What was there is believed as it is, and tells nothing: not even that it ends now.
        followed(&mut ingest, zone_s, &[&[(-90_000, 0, false), (0, 0, false)]]);
        assert_eq!(counted_at(&node), [(off_s - 90, 1), (off_s, 1)]);
        assert_eq!(*ingest.listener().hint.lock().unwrap(), None);
        followed(&mut ingest, zone_s, &[&[(5_000, 6_000, true)]]);
        let hint = ingest.listener().hint.lock().unwrap().clone().expect("it is told");
        assert!(hint.contains(&format!("before count up to {off} {whither}")), "{hint}");
        // From here on all of it, late lines and those behind a rotation, too.
        followed(&mut ingest, zone_s, &[&[(15_000, 70_000, false)], &[(20_000, 80_000, true)]]);
        let mut expected = vec![(off_s - 90, 1), (off_s, 1), (5, 1), (15, 1), (20, 1)];
        expected.sort_unstable();
        assert_eq!(counted_at(&node), expected, "{zone_s}");
    }
}

#[test]
fn a_file_of_the_machines_zone_and_one_with_a_given_zone_learn_nothing() {
    let node = node();
    let mut ingest = follower(&node, "a");
    // A backlog of an hour that ends to the second an hour ago, copied there, in one piece and in some.
    let hour: Vec<Read> = (0..400).map(|n| (-2 * HOUR + n * 9_000, 0, true)).collect();
    followed(&mut ingest, 7200, &[&hour, &[(1_000, 1_200, true)], &hour[..40], &hour[360..]]);
    assert_eq!(*ingest.listener().hint.lock().unwrap(), None);
    let own = hour.iter().map(|(at, ..)| at / 1_000).chain([1]);
    assert!(counted_at(&node).iter().map(|(at, _)| *at).eq(own));

    let zone = Zone::Fixed(7200);
    let config = SourcesConfig { zone, ..SourcesConfig::default() };
    let node = Node::new(WindowConfig::default(), config, "t".into(), TEN);
    followed(&mut follower(&node, "a"), 0, &[&[(0, 500, true)], &[(20_000, 20_500, true)]]);
    assert_eq!(counted_at(&node), [(-7200, 1), (-7180, 1)]);
}

#[test]
fn files_of_one_name_have_zones_of_their_own() {
    let node = node();
    let (mut one, mut two) = (follower(&node, "a"), follower(&node, "b"));
    for at in [0, 10_000, 20_000] {
        followed(&mut one, 0, &[&[(at, at + 500, true)]]);
        followed(&mut two, 7200, &[&[(at, at + 500, true)]]);
    }
    assert_eq!(counted_at(&node), [(0, 2), (10, 2), (20, 2)]);
    assert_eq!(node.sources.len(), 1);
}

#[test]
fn a_busy_stream_is_known_to_be_of_now_by_lines_that_name_their_zone() {
    let at = |written: i64, zone_s: i64, format: &str| {
        let wall = chrono::DateTime::from_timestamp_millis(TEN.0 + written + zone_s * 1_000);
        wall.unwrap().format(format).to_string()
    };
    // What a container writes that is followed without a silence: in UTC, on a machine two hours east of it.
    let lines = |written: i64| {
        let (said, bare) =
            (at(written, 7200, "%d/%b/%Y:%H:%M:%S +0200"), at(written, 0, "%Y/%m/%d %H:%M:%S"));
        let access = format!("192.0.2.1 - - [{said}] \"GET /a HTTP/1.1\" 200 5 \"-\" \"-\"");
        [access, format!("{bare} [error] 7#7: *1 broken")]
    };
    for only_the_long_way in [false, true] {
        let node = node();
        let mut ingest = follower(&node, "a");
        ingest.only_the_long_way = only_the_long_way;
        let mut next = |written: i64, arrival: i64| {
            let lines = lines(written);
            let peer = Peer::Name("stdin".into());
            let frames: Vec<_> =
                lines.iter().map(|line| Frame::new(&peer, line.as_bytes())).collect();
            ingest.next(&frames, false, Millis(TEN.0 + arrival));
        };
        // The past first, which ends two hours ago to the second: nothing says that it is of now.
        for n in 0..20 {
            next(-7_200_000 - (20 - n) * 60_000, n * 10);
        }
        next(-7_200_000, 300);
        for second in 1..6 {
            next(second * 1_000, second * 1_000 + 100);
        }
        let errors: Vec<i64> = counted_at(&node)
            .into_iter()
            .flat_map(|(at, n)| std::iter::repeat_n(at, n as usize))
            .filter(|at| *at > -7_200)
            .collect();
        // The first error of now is still taken for one of two hours ago.
        assert_eq!(errors, [-7_199, 1, 2, 2, 3, 3, 4, 4, 5, 5], "{only_the_long_way}");
    }
}

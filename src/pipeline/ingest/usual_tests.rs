use proptest::prelude::*;
use proptest::sample::select;

use super::super::*;
use super::*;
use crate::aggregate::block::Block;
use crate::decode::formats::Format;
use crate::state::live::WindowConfig;
use crate::state::sources::SourcesConfig;
use crate::vocab::event::Event;
use crate::vocab::field::Field;

/// 2026-11-22T10:00:00Z
const TEN: Millis = Millis(1_795_341_600_000);
const USUAL: &str =
    r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a?b=c HTTP/1.1" 200 9 "-" "a b""#;
const HEADER: &str = "<190>Nov 22 10:00:00 web1 nginx: ";

/// A server that has heard enough of its one sender to know it, and what it reads with.
fn server(config: IngestConfig, is_apart: bool, is_long: bool) -> (Arc<Node>, Ingest) {
    let node = Node::new(WindowConfig::default(), SourcesConfig::default(), "t".into(), TEN);
    let listener = Listener::new("tcp", "127.0.0.1:0");
    node.add_listener(Arc::clone(&listener));
    // Heard whole: a source whose every line is excluded is never known.
    let heard = IngestConfig { exclude: Vec::new(), ..config.clone() };
    let mut ingest = Ingest::new(Arc::clone(&node), listener, Arc::new(heard));
    if is_apart {
        ingest = ingest.apart(None);
    }
    ingest.only_the_long_way = is_long;
    for header in ["", HEADER] {
        for _ in 0..10 {
            let line = format!("{header}{USUAL}");
            send(&mut ingest, &[&line; GROUP], TEN);
        }
    }
    ingest.excluded = RefCell::new(Judge::new(&config.exclude));
    ingest.config = Arc::new(config);
    (node, ingest)
}

fn send(ingest: &mut Ingest, lines: &[impl AsRef<[u8]>], arrival: Millis) -> Counts {
    let peer = Peer::Ip([192, 0, 2, 7].into());
    let frames = lines.iter().map(|line| Frame::new(&peer, line.as_ref()));
    ingest.batch(&frames.collect::<Vec<_>>(), arrival)
}

/// All that a block says: of each row its numbers and texts.
fn rows(block: &Block) -> Vec<String> {
    let texts: [Vec<&str>; Field::COUNT] = std::array::from_fn(|field| {
        let known = block.dicts[field].values().map(|(_, text)| text.expect("few texts"));
        ["", "(other)"].into_iter().chain(known).collect()
    });
    let row = |row: usize| {
        let said =
            texts.iter().zip(&block.ids).map(|(texts, ids)| texts[ids.written_at(row) as usize]);
        let numbers = [&block.bytes, &block.bytes_in].map(|column| column.written_at(row));
        let times = [&block.request, &block.upstream].map(|column| column.written_at(row));
        let status = block.status.written_at(row);
        let said: Vec<&str> = said.collect();
        format!("{} {} {status} {numbers:?} {times:?} {said:?}", block.ms[row], block.kind[row])
    };
    let mut rows: Vec<String> = (0..block.len()).map(row).collect();
    rows.push(format!("{:?} {:?}", block.second(), block.stretches()));
    rows
}

/// What a node keeps of lines: the rows, and what it says of their senders.
fn kept(node: &Node, ingest: &Ingest) -> Vec<String> {
    let mut open = node.open.take_all();
    open.push(Box::new(ingest.take(Block::new(Second(0)))));
    let mut kept: Vec<String> = open.iter().flat_map(|block| rows(block)).collect();
    let mut sources = node.sources.all();
    sources.sort_by_key(|source| source.id);
    for source in sources {
        let state = source.lock();
        let formats: Vec<_> = state.recogniser.counts().collect();
        kept.push(format!("{formats:?} {:?} {:?}", state.last_time, state.recogniser.order));
        drop(state);
        let mut info = source.info(true);
        // Which lines are looked at for their fields depends on how they are grouped.
        for evidence in &mut info.evidence {
            evidence.fields.clear();
            evidence.lacks.clear();
        }
        kept.push(serde_json::to_string(&info).expect("JSON"));
    }
    kept.push(format!("{:?}", node.accounting()));
    kept
}

fn usual_line() -> impl Strategy<Value = String> {
    let client = select(vec![
        "192.0.2.1",
        "2001:db8::1",
        "2001:DB8::1",
        "::ffff:1.2.3.4",
        "host.example",
        "-",
        "1.2.3.4:80",
    ]);
    let time = select(vec![
        "22/Nov/2026:10:00:00 +0000",
        "22/Nov/2026:10:00:00 +0000",
        "22/Nov/2026:09:59:59 +0000",
        "22/Nov/2026:11:00:01 +0100",
        "21/Nov/2026:10:00:00 +0000",
        "22/Nov/2026:10:00:60 +0000",
        "22/Nov/2026:25:00:00 +0000",
    ]);
    let request = select(vec![
        "GET / HTTP/1.1",
        "GET /a?b=c HTTP/1.1",
        "POST /login?token=abc&x=1 HTTP/2.0",
        "GET /a?b=c?d HTTP/1.0",
        "GET /a?",
        "PROPFIND  /x HTTP/1.1",
        "GET /é?e=a@example.org HTTP/1.1",
        "get x HTTP/1.1",
        "GET http://x/ y",
        "-",
        "",
        "GET  HTTP/1.1",
        "\\x16\\x03\\x01",
        "GET /\\\"x HTTP/1.1",
        "GET /a;sid=1/b HTTP/1.1",
        "GET //u:p@h/#code=1 HTTP/1.1",
    ]);
    let status = select(vec!["200", "301", "404", "503", "000", "999", "-", "20"]);
    let size = select(vec!["0", "-", "512", "123456789012345678", "9999999999999999999"]);
    let referrer = select(vec![
        "-",
        "",
        "https://a.example/?q=[1]",
        "https://b.example/",
        "https://u:p@b.example/?token=1#pw=2",
    ]);
    let agent = select(vec![
        "-",
        "",
        "a b",
        "Mozilla/5.0 (X11; Linux x86_64)",
        "x\" \"y",
        "GET / HTTP/1.1",
    ]);
    let more = select(vec!["", "", "", "", " ", "\r", " \"1.2.3.4\"", " 0.1", " rt=0.2", "x"]);
    (client, time, request, status, size, referrer, agent, more).prop_map(
        |(client, time, request, status, size, referrer, agent, more)| {
            format!(
                r#"{client} - - [{time}] "{request}" {status} {size} "{referrer}" "{agent}"{more}"#
            )
        },
    )
}

/// Mostly the usual one; some that are nearly so, and some of other formats and of none.
fn line() -> impl Strategy<Value = Vec<u8>> {
    let other = select(vec![
        "what is this",
        "2026/11/22 10:00:00 [error] 1#1: *1 broken",
        r#"192.0.2.1 - bob [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 9"#,
        "",
    ]);
    let text = prop_oneof![
        12 => Just(USUAL.to_owned()),
        12 => usual_line(),
        1 => other.prop_map(str::to_owned),
    ];
    let broken = prop::option::weighted(0.1, (any::<prop::sample::Index>(), any::<u8>()));
    let header = select(vec!["", HEADER]);
    (text, broken, header).prop_map(|(text, broken, header)| {
        let mut line = text.into_bytes();
        if let Some((at, byte)) = broken.filter(|_| !line.is_empty()) {
            let at = at.index(line.len());
            line[at] = byte;
        }
        [header.as_bytes(), &line].concat()
    })
}

/// What an operator may exclude, by all kinds of what such a line says, and by what it does not.
fn excluded() -> impl Strategy<Value = Vec<Filter>> {
    let filters = vec![
        "path:/a",
        "path:/nobody-asks-for-this",
        "client:192.0.2.0/24",
        "-status:404",
        "status:200 agent:\"a b\"",
        "query:*b=c*",
        "site:shop.example",
        "-site:shop.example method:GET",
        "bot:-",
        "protocol:-",
        "referrer:-",
        "source:web1/*",
        "bytes>100",
        "latency>0.1",
        "-latency>0.1",
        "user:-",
        "kind:access",
        "format:combined",
        "outcome:redirect",
        "ip_version:v6",
        "os:linux",
    ];
    let filters: Vec<Filter> =
        filters.into_iter().map(|filter| filter.parse().expect(filter)).collect();
    prop_oneof![2 => Just(Vec::new()), 3 => prop::collection::vec(select(filters), 1..3)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn the_short_way_keeps_what_the_long_one_does(
        batches in prop::collection::vec(prop::collection::vec(line(), 1..100), 1..6),
        runs in prop::collection::vec((0..40_usize, any::<bool>()), 6),
        redact_queries in any::<bool>(),
        exclude in excluded(),
        clients in select(vec![
            ClientPrivacy::Full, ClientPrivacy::Full, ClientPrivacy::Masked, ClientPrivacy::Off,
        ]),
        is_apart in any::<bool>(),
        site in prop::option::of(Just("shop.example")),
    ) {
        let time = if is_apart {
            TimeRule::Line(LineZone::Fixed(0))
        } else {
            TimeRule::Near { past_ms: 600_000, ahead_ms: 2_000 }
        };
        let config = IngestConfig { redact_queries, time, exclude, clients, ..IngestConfig::default() };
        let [(node, mut short), (other, mut long)] =
            [false, true].map(|is_long| server(config.clone(), is_apart, is_long));
        short.site = site.map(Into::into);
        long.site = site.map(Into::into);
        for (lines, (usual, second)) in batches.iter().zip(runs) {
            // Runs of the usual one, so that there are whole groups of it.
            let mut all = vec![[HEADER, USUAL].concat().into_bytes(); usual];
            all.extend_from_slice(lines);
            let arrival = Millis(TEN.0 + if second { 1_000 } else { 0 });
            prop_assert_eq!(send(&mut short, &all, arrival), send(&mut long, &all, arrival));
        }
        prop_assert_eq!(kept(&node, &short), kept(&other, &long));
    }
}

#[test]
fn whole_groups_of_usual_lines_go_the_short_way_once_their_source_is_known() {
    let (_, ingest) = server(IngestConfig::default(), false, false);
    let sources = ingest.node.sources.all();
    let lines = |odd: Option<usize>| -> Vec<Line<'static>> {
        let message = |i| if Some(i) == odd { "what is this" } else { USUAL };
        let line = |i| Line {
            whole: message(i),
            bytes: 9,
            message: message(i),
            severity: None,
            stamp: None,
            source: 0,
        };
        (0..GROUP).map(line).collect()
    };
    let short =
        |lines: &[Line<'static>]| ingest.usual(lines, &sources, TEN, &mut Counts::default()).count;
    assert_eq!(short(&lines(None)), GROUP);
    assert_eq!(short(&lines(Some(9))), 9);
    assert_eq!(short(&lines(Some(0))), 0);
}

/// A format with a fault.
struct Faulty;

impl Format for Faulty {
    fn name(&self) -> &'static str {
        "faulty"
    }

    fn decode<'a>(&self, _: &'a str) -> Option<Event<'a>> {
        panic!("a fault")
    }
}

#[test]
fn a_fault_behind_usual_lines_leaves_none_of_them_in_a_block() {
    let formats = Catalog::with_named(Vec::new(), vec![Box::new(Faulty)]);
    let pinned = [("192.0.2.9".to_owned(), "faulty".to_owned())].into();
    let config = SourcesConfig { formats, pinned, ..SourcesConfig::default() };
    let node = Node::new(WindowConfig::default(), config, "t".into(), TEN);
    let listener = Listener::new("tcp", "127.0.0.1:0");
    node.add_listener(Arc::clone(&listener));
    let mut ingest = Ingest::new(Arc::clone(&node), listener, Arc::default());
    for _ in 0..20 {
        send(&mut ingest, &[USUAL; GROUP], TEN);
    }
    let [usual, faulty] = [7, 9].map(|n| Peer::Ip([192, 0, 2, n].into()));
    let mut frames = vec![Frame::new(&usual, USUAL.as_bytes()); 10];
    frames.push(Frame::new(&faulty, b"what is this"));
    let counts = ingest.batch(&frames, TEN);
    assert_eq!((counts.counted, counts.dropped[DropReason::Fault as usize]), (0, 11));
    let rows: usize = node.open.take_all().iter().map(|block| block.len()).sum();
    assert_eq!(rows, 20 * GROUP);
}

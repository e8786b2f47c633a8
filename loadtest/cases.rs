//! The hot pieces, each with work of a fixed size: what `micro` times and `counts` counts.

use std::cell::RefCell;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;

use tapline::aggregate::ask::Asks;
use tapline::aggregate::block::Block;
use tapline::aggregate::filter::Filter;
use tapline::aggregate::row::Row;
use tapline::aggregate::wire::{GeoInfo, Hello};
use tapline::decode::envelope;
use tapline::decode::formats::Catalog;
use tapline::decode::framing::{Framer, Mode, Step};
use tapline::decode::payload::{Limits, split};
use tapline::pipeline::feed::{Feed, encode};
use tapline::pipeline::ingest::{Frame, Ingest, IngestConfig};
use tapline::state::live::{Live, Range, WindowConfig};
use tapline::state::node::{Listener, Node};
use tapline::state::sources::{Peer, SourcesConfig};
use tapline::vocab::event::{Event, Kind};
use tapline::vocab::field::Field;
use tapline::vocab::time::{Millis, Second};

use super::lines::{Now, Pool};

/// One run of the work; what it needs is made before.
pub(crate) type Run = Box<dyn FnOnce()>;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Of what the cost is said.
    pub(crate) unit: &'static str,
    /// So many of them are done in one run.
    pub(crate) items: u64,
    /// Makes what all runs share, and gives what makes a run ready.
    pub(crate) start: fn() -> Box<dyn FnMut() -> Run>,
}

const LINES: u64 = 10_000;
/// Events of the window that is filtered.
const EVENTS: u64 = 500_000;
const SESSIONS: u64 = 1_000;
const START: Millis = Millis(1_800_000_000_000);

pub(crate) const CASES: [Case; 15] = [
    Case { name: "framing", unit: "line", items: LINES, start: framing },
    Case { name: "split-json", unit: "line", items: LINES, start: split_json },
    Case { name: "envelope", unit: "line", items: LINES, start: envelopes },
    Case { name: "format", unit: "line", items: LINES, start: || format("combined", "combined=1") },
    Case {
        name: "format-full",
        unit: "line",
        items: LINES,
        start: || format("combined_plus", "full=1"),
    },
    Case { name: "format-json", unit: "line", items: LINES, start: || format("json", "json=1") },
    Case { name: "line", unit: "line", items: LINES, start: || line("combined=1") },
    Case { name: "line-full", unit: "line", items: LINES, start: || line("full=1") },
    Case { name: "append", unit: "event", items: LINES, start: append },
    Case { name: "seal", unit: "event", items: LINES, start: seal },
    Case { name: "close", unit: "event", items: LINES, start: close },
    Case { name: "scan-narrow", unit: "event", items: EVENTS, start: || scan("status:5xx") },
    Case { name: "scan-wide", unit: "event", items: EVENTS, start: || scan("-status:404") },
    Case { name: "tick-encoding", unit: "tick", items: 1, start: tick_encoding },
    Case { name: "fan-out", unit: "session", items: SESSIONS, start: fan_out },
];

pub(crate) fn by_name(name: &str) -> Option<&'static Case> {
    CASES.iter().find(|case| case.name == name)
}

/// Lines as they are received, in an RFC 3164 header, with an LF behind each.
fn received(mix: &str) -> Rc<Vec<u8>> {
    let pool = Pool::new(&mix.parse().expect("a mix"), LINES as usize);
    let time = chrono::DateTime::from_timestamp_millis(START.0).expect("a time of this century");
    let now = Now::new(time);
    let mut bytes = Vec::new();
    for n in 0..LINES {
        pool.write(n, &now, false, &mut bytes);
        bytes.push(b'\n');
    }
    Rc::new(bytes)
}

fn frames(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

fn texts(mix: &str) -> Rc<Vec<String>> {
    let bytes = received(mix);
    Rc::new(frames(&bytes).map(|line| String::from_utf8_lossy(line).into_owned()).collect())
}

fn framing() -> Box<dyn FnMut() -> Run> {
    let bytes = received("combined=1");
    Box::new(move || {
        let bytes = Rc::clone(&bytes);
        Box::new(move || {
            let mut framer = Framer::new(Mode::Auto, 64 * 1024);
            let mut done = 0;
            while let Step::Frame { bytes, consumed } = framer.next(&bytes[done..], false) {
                black_box(bytes);
                done += consumed;
            }
        })
    })
}

/// The body of a POST of JSON lines.
fn split_json() -> Box<dyn FnMut() -> Run> {
    let lines = texts("json=1");
    let bodies = lines.iter().map(|line| envelope::parse(line).message.as_bytes());
    let body = Rc::new(bodies.collect::<Vec<_>>().join(&b'\n'));
    Box::new(move || {
        let body = Rc::clone(&body);
        Box::new(move || {
            for item in split(&body, &Limits::of_line(64 * 1024)) {
                black_box(item);
            }
        })
    })
}

fn envelopes() -> Box<dyn FnMut() -> Run> {
    let lines = texts("combined=1");
    Box::new(move || {
        let lines = Rc::clone(&lines);
        Box::new(move || {
            for line in &*lines {
                black_box(envelope::parse(line));
            }
        })
    })
}

fn format(name: &'static str, mix: &str) -> Box<dyn FnMut() -> Run> {
    let lines: Vec<String> =
        texts(mix).iter().map(|line| envelope::parse(line).message.to_owned()).collect();
    let lines = Rc::new(lines);
    Box::new(move || {
        let lines = Rc::clone(&lines);
        Box::new(move || {
            let catalog = Catalog::default();
            let Some(format) = catalog.by_name(name) else { return };
            for line in &*lines {
                let mut event = Event::default();
                black_box(format.fits(line) && format.read(line, &mut event));
                black_box(&event);
            }
        })
    })
}

/// The whole way of a line, from frame to row in an open block. Each run is a second of its own.
fn line(mix: &str) -> Box<dyn FnMut() -> Run> {
    let window = WindowConfig { max_age_s: 3600, ..WindowConfig::default() };
    let node = Node::new(window, SourcesConfig::default(), String::new(), START);
    let listener = Listener::new("tcp", "127.0.0.1:0");
    let ingest = Ingest::new(Arc::clone(&node), listener, Arc::new(IngestConfig::default()));
    let ingest = Rc::new(RefCell::new(ingest));
    let bytes = received(mix);
    Box::new(move || {
        node.flush();
        let (ingest, bytes) = (Rc::clone(&ingest), Rc::clone(&bytes));
        Box::new(move || {
            let peer = Peer::Ip([127, 0, 0, 1].into());
            let frames: Vec<Frame<'_>> =
                frames(&bytes).map(|bytes| Frame::new(&peer, bytes)).collect();
            ingest.borrow_mut().batch(&frames, START);
        })
    })
}

/// A block of `events` as a busy shop has them. Different seconds have different ones.
fn block(second: Second, events: u64) -> Block {
    let mut block = Block::new(second);
    fill(&mut block, &Texts::new(), events);
    block
}

struct Texts {
    paths: Vec<String>,
    clients: Vec<String>,
    agents: Vec<String>,
}

impl Texts {
    fn new() -> Texts {
        let all = |n: u64, text: fn(u64) -> String| (0..n).map(text).collect();
        Texts {
            paths: all(5_000, |n| format!("/shop/{}/item-{n}.html", n % 37)),
            clients: all(20_000, |n| format!("203.0.{}.{}", n / 256, n % 256)),
            agents: all(150, |n| {
                format!("Mozilla/5.0 (X11; Linux x86_64) Chrome/1{n}.0.0.0 Safari/537.36")
            }),
        }
    }
}

fn fill(block: &mut Block, texts: &Texts, events: u64) {
    for n in 0..events {
        // Squares leave remainders that are spread unevenly, as visitors are over pages.
        let dice = block.second().0 as u64 * 7_919 + n * n;
        let pick = |of: &[String], by: u64| (dice / by) as usize % of.len();
        let mut row = Row::new(Kind::Access);
        row.ms = (n * 1000 / events) as u16;
        row.status = [200, 200, 200, 200, 200, 200, 304, 404, 302, 500][(dice % 10) as usize];
        row.bytes = Some(dice % 40_000);
        row.request_us = Some((dice % 400_000) as u32);
        row.set(Field::Site, "example.org");
        row.set(Field::Source, "web-1/nginx");
        row.set(Field::Client, &texts.clients[pick(&texts.clients, 3)]);
        row.set(Field::Method, if dice.is_multiple_of(11) { "POST" } else { "GET" });
        row.set(Field::Path, &texts.paths[pick(&texts.paths, 1)]);
        row.set(Field::Protocol, "HTTP/1.1");
        row.set(Field::Agent, &texts.agents[pick(&texts.agents, 2)]);
        row.set(Field::Format, "combined");
        block.append(&row);
    }
}

fn append() -> Box<dyn FnMut() -> Run> {
    let texts = Rc::new(Texts::new());
    let mut second = Second(0);
    Box::new(move || {
        second = second.plus(1);
        let (texts, mut block) = (Rc::clone(&texts), Block::new(second));
        Box::new(move || {
            fill(&mut block, &texts, LINES);
            black_box(&block);
        })
    })
}

fn window() -> Live {
    Live::new(WindowConfig { max_age_s: 3600, ..WindowConfig::default() })
}

/// Closed seconds that the following one comes after.
fn live(seconds: i64, events: u64) -> Rc<RefCell<Live>> {
    let mut live = window();
    for second in (0..seconds).map(Second) {
        live.absorb(block(second, events));
        live.close(second);
    }
    Rc::new(RefCell::new(live))
}

fn seal() -> Box<dyn FnMut() -> Run> {
    let live = live(5, LINES);
    let mut second = Second(4);
    Box::new(move || {
        second = second.plus(1);
        let (live, block) = (Rc::clone(&live), block(second, LINES));
        Box::new(move || live.borrow_mut().absorb(block))
    })
}

/// The end of a second with the page open that shows everything.
fn close() -> Box<dyn FnMut() -> Run> {
    let live = live(5, LINES);
    let mut second = Second(4);
    live.borrow_mut().view(&Filter::default(), 900, &Asks::usual(12), second);
    Box::new(move || {
        second = second.plus(1);
        live.borrow_mut().absorb(block(second, LINES));
        let live = Rc::clone(&live);
        Box::new(move || {
            black_box(live.borrow_mut().close(second));
        })
    })
}

fn scan(filter: &str) -> Box<dyn FnMut() -> Run> {
    let live = live((EVENTS / LINES) as i64, LINES);
    let filter = Rc::new(Filter::parse(filter).expect("a filter"));
    Box::new(move || {
        let (live, filter) = (Rc::clone(&live), Rc::clone(&filter));
        Box::new(move || {
            let asks = Asks::usual(12);
            black_box(live.borrow().summary(Range::default(), &filter, &asks, None));
        })
    })
}

fn tick_encoding() -> Box<dyn FnMut() -> Run> {
    let live = live(5, LINES);
    let asks = Asks::usual(12);
    let view = live.borrow_mut().view(&Filter::default(), 900, &asks, Second(4));
    Box::new(move || {
        let update = Rc::new(live.borrow().update(view, &asks));
        Box::new(move || {
            black_box((encode(&update.point), encode(&update.summary), encode(&update.tail)));
        })
    })
}

/// One tick, taken by every session. Writing it to their sockets is not part of it.
fn fan_out() -> Box<dyn FnMut() -> Run> {
    let node = Node::new(WindowConfig::default(), SourcesConfig::default(), String::new(), START);
    let hello = Hello {
        seq: 0,
        boot: String::new(),
        version: String::new(),
        forgets: 0,
        now_ms: 0,
        demo: false,
        site: None,
        listeners: Vec::new(),
        snippets: Vec::new(),
        bands_s: Vec::new(),
        geo: GeoInfo::default(),
    };
    let feed = Feed::new(node, hello, 4);
    let mut second = START.second();
    let subscribe = || {
        feed.subscribe(&Filter::default(), 900, &Asks::usual(12), None, START.second())
            .expect("a place for one view")
    };
    let sessions: Vec<_> = (0..SESSIONS).map(|_| subscribe()).collect();
    let sessions = Rc::new(RefCell::new(sessions));
    Box::new(move || {
        second = second.plus(1);
        feed.close(second, None);
        let sessions = Rc::clone(&sessions);
        Box::new(move || {
            for session in &mut *sessions.borrow_mut() {
                black_box(session.updates.try_recv().expect("the tick"));
            }
        })
    })
}

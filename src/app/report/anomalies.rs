//! `tapline report --anomalies`: what the live detectors would have said of old files.
//!
//! The lines are merged by their time and go second by second through the pipeline and the detectors
//! that serve live; nothing sees the future. The window is as bounded as a server's.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::super::replay;
use super::super::replay::merge::{Merger, TimeOf};
use super::super::replay::ways::Ways;
use super::ReportArgs;
use super::text::equation;
use crate::aggregate::amount::span;
use crate::aggregate::wire::Accounting;
use crate::app::config::{Config, RangesOf};
use crate::app::formats::Reading;
use crate::app::settings::{ingest_config, room};
use crate::app::{exit, geo, print, say};
use crate::decode::text::harmless;
use crate::edge::files::Reader;
use crate::pipeline::watch;
use crate::state::anomalies::{Incident, Settings};
use crate::state::live::WindowConfig;
use crate::state::node::Node;
use crate::vocab::time::{Millis, Second};

/// A longer silence between two lines is not ticked through second by second: by then everything that
/// a silence says is said.
const MAX_SILENCE_S: i64 = 86_400;
/// Anomalies that one report can tell: a busy site's year.
const MAX_KEPT: usize = 100_000;
/// A line may stand so many seconds behind later ones and still count in its own second: servers write
/// when a request ends and some stamp when it began, and some files were put together of several.
const MISORDERED_S: i64 = 60;
/// Detectors say nothing of traffic before so much of it.
const LEARNT_S: i64 = 600;
/// Bytes of the window that explanations look back into.
const WINDOW_BYTES: usize = 128 << 20;

pub(super) fn run(args: &ReportArgs, config: &Config, reading: Reading) -> ExitCode {
    let mut broken = 0;
    let mut failed = |input: usize, error| {
        broken += 1;
        say(&format!("error: {} broke off: {error}", super::shown(&args.files[input])));
    };
    let Some(found) = found(&args.files, config, reading, &mut failed) else {
        return exit::FAILURE.into();
    };
    let mut text = String::new();
    for anomaly in &found.incidents {
        // Our own types with string keys: serialising them to memory cannot fail.
        text += &harmless(serde_json::to_string(anomaly).unwrap_or_default());
        text.push('\n');
    }
    let printed = print(&text);
    say(&found.summary());
    if broken == 0 { printed } else { exit::FAILURE.into() }
}

/// What was unusual in some files.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By when they would have been said.
    pub(super) incidents: Vec<Incident>,
    accounting: Accounting,
    /// From the first line to the last; `None` where no line has a time.
    span_s: Option<i64>,
    /// Lines that stood more than a minute out of the order of their times.
    misplaced: u64,
}

impl Found {
    /// Whether what was found can be believed: no incident may mean that no line was understood.
    pub(super) fn summary(&self) -> String {
        let Some(span_s) = self.span_s else {
            return format!("{}\nno line has a time", equation(&self.accounting, "read"));
        };
        let incidents = match self.incidents.len() {
            0 => "no incident".to_owned(),
            1 => "1 incident".to_owned(),
            n => format!("{n} incidents"),
        };
        let learns = match span_s < LEARNT_S {
            true => "; what is usual takes ten minutes to learn",
            false => "",
        };
        let told = format!("{incidents} in {}{learns}", span(span_s));
        let order = match self.misplaced {
            0 => String::new(),
            1 => "\n1 line stands more than a minute out of order: what is unusual is looked for as it stands".to_owned(),
            n => format!("\n{n} lines stand more than a minute out of order: what is unusual is looked for as they stand"),
        };
        format!("{}\n{told}{order}", equation(&self.accounting, "read"))
    }
}

/// `None` where a file can't be opened.
pub(super) fn found(
    files: &[PathBuf],
    config: &Config,
    reading: Reading,
    failed: &mut dyn FnMut(usize, std::io::Error),
) -> Option<Found> {
    let inputs = replay::open(files, config, reading)?;
    let node = node(config, reading);
    node.anomalies().set(Settings { kept: MAX_KEPT, ..Settings::default() });
    node.live_mut().watch(config.rule.iter().map(|named| &named.rule));
    node.anomalies().set_rules(&config.rule);
    let rules = Arc::new(ingest_config(config, true));
    let ways = Ways::new(files, &node, &rules, reading);
    Some(Replayed::new(node, ways).run(inputs, failed))
}

fn node(config: &Config, reading: Reading) -> Arc<Node> {
    Node::new(
        WindowConfig {
            budget_bytes: WINDOW_BYTES,
            room: room(config),
            geo: geo::load(config),
            ranges: RangesOf::together(&config.bots.ranges),
            ..WindowConfig::default()
        },
        super::sources(config, reading),
        "report".to_owned(),
        Millis(0),
    )
}

/// Files on their way through the detectors.
struct Replayed {
    node: Arc<Node>,
    ways: Ways,
}

impl Replayed {
    fn new(node: Arc<Node>, ways: Ways) -> Replayed {
        Replayed { node, ways }
    }

    /// Everything that was unusual, by when it would have been said; `failed` is told which input
    /// broke, and how.
    fn run(
        mut self,
        inputs: Vec<(Reader, TimeOf)>,
        failed: &mut dyn FnMut(usize, std::io::Error),
    ) -> Found {
        let mut merger = Merger::new(inputs, failed);
        if merger.first_time().is_none() {
            // Lines that nobody can say when they were are counted, and no detector sees them.
            let untimed = Millis(i64::MIN + 1);
            while self.ways.count_some(&mut merger, untimed, Millis(0), failed) {
                self.node.seal_before(Second(1));
                self.node.live_mut().close(Second(0));
            }
        }
        let first = merger.first_time().map(Millis::second);
        let mut second = first.unwrap_or_default();
        while let Some(next) = merger.peek() {
            if next.second().0 - second.0 > MAX_SILENCE_S {
                second = next.second();
            }
            let end = second.plus(1);
            let late = end.plus(MISORDERED_S).start();
            self.ways.count(&mut merger, late, second.start(), failed);
            self.close(second);
            second = end;
        }
        while let Some(open) = self.node.open.first().filter(|first| *first >= second) {
            if open.0 - second.0 > MISORDERED_S {
                // Of a clock that is ahead of all lines: it is counted, and no detector sees it.
                self.node.seal_before(Second(i64::MAX));
                self.node.live_mut().close(second);
                break;
            }
            self.close(second);
            second = second.plus(1);
        }
        let live = self.node.live();
        let mut anomalies = self.node.anomalies();
        anomalies.finish(&live, second);
        let mut found = anomalies.incidents();
        found.sort_by(|a, b| a.anomaly.detected.cmp(&b.anomaly.detected));
        let accounting = self.node.accounting().to_wire();
        let span_s = first.map(|first| second.0 - first.0);
        Found { incidents: found, accounting, span_s, misplaced: merger.misplaced() }
    }

    fn close(&self, second: Second) {
        self.node.seal_before(second.plus(1));
        let closed = self.node.live_mut().close(second);
        watch::close(&self.node, &closed, None);
    }
}

//! `tapline report --anomalies`: what the live detectors would have said of old files.
//!
//! The lines are merged by their time and go second by second through the pipeline and the detectors
//! that serve live; nothing sees the future. The window is as bounded as a server's.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::super::replay;
use super::super::replay::merge::{Merger, TimeOf};
use super::ReportArgs;
use crate::app::config::{Config, RangesOf};
use crate::app::follow::source_name;
use crate::app::formats::Reading;
use crate::app::settings::{ingest_config, room};
use crate::app::{exit, geo, print, say};
use crate::decode::text::harmless;
use crate::edge::files::Reader;
use crate::pipeline::ingest::{Frame, Ingest};
use crate::pipeline::watch;
use crate::state::anomalies::{Incident, Settings};
use crate::state::live::WindowConfig;
use crate::state::node::{Listener, Node};
use crate::state::sources::{Peer, SourcesConfig};
use crate::vocab::time::{Millis, Second};

/// A longer silence between two lines is not ticked through second by second: by then everything that
/// a silence says is said.
const MAX_SILENCE_S: i64 = 86_400;
/// Anomalies that one report can tell: a busy site's year.
const MAX_KEPT: usize = 100_000;
/// A line may stand so many seconds behind later ones and still count in its own second: servers write
/// when a request ends and some stamp when it began, and some files were put together of several.
const MISORDERED_S: i64 = 60;
/// Bytes of the window that explanations look back into.
const WINDOW_BYTES: usize = 128 << 20;

pub(super) fn run(args: &ReportArgs, config: &Config, reading: Reading) -> ExitCode {
    let mut broken = 0;
    let mut failed = |input: usize, error| {
        broken += 1;
        say(&format!("error: {} broke off: {error}", super::shown(&args.files[input])));
    };
    let Some(anomalies) = found(&args.files, config, reading, &mut failed) else {
        return exit::FAILURE.into();
    };
    let mut text = String::new();
    for anomaly in &anomalies {
        // Our own types with string keys: serialising them to memory cannot fail.
        text += &harmless(serde_json::to_string(anomaly).unwrap_or_default());
        text.push('\n');
    }
    let printed = print(&text);
    if broken == 0 { printed } else { exit::FAILURE.into() }
}

/// What was unusual in these files, by when it would have been said; `None` where one can't be opened.
pub(super) fn found(
    files: &[PathBuf],
    config: &Config,
    reading: Reading,
    failed: &mut dyn FnMut(usize, std::io::Error),
) -> Option<Vec<Incident>> {
    let inputs = replay::open(files, config, reading)?;
    let node = node(config, reading);
    node.anomalies().set(Settings { kept: MAX_KEPT, ..Settings::default() });
    node.live_mut().watch(config.rule.iter().map(|named| &named.rule));
    node.anomalies().set_rules(&config.rule);
    let rules = Arc::new(ingest_config(config, true));
    let ways = files.iter().map(|path| {
        let name = path.to_string_lossy();
        let listener = Listener::new(if name == "-" { "stdin" } else { "file" }, &*name);
        node.add_listener(Arc::clone(&listener));
        let mut ingest = Ingest::new(Arc::clone(&node), listener, Arc::clone(&rules));
        ingest.format = reading.format;
        (ingest, source_name(path))
    });
    let ways = ways.collect();
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
        SourcesConfig {
            max: config.sources.max,
            sites: config.sources.sites.clone(),
            pinned: config.sources.formats.clone(),
            formats: reading.formats,
            ..SourcesConfig::default()
        },
        "report".to_owned(),
        Millis(0),
    )
}

/// Files on their way through the detectors.
struct Replayed {
    node: Arc<Node>,
    /// One way into the node per input.
    ways: Vec<(Ingest, Peer)>,
}

impl Replayed {
    fn new(node: Arc<Node>, ways: Vec<(Ingest, Peer)>) -> Replayed {
        Replayed { node, ways }
    }

    /// Everything that was unusual, by when it would have been said; `failed` is told which input
    /// broke, and how.
    fn run(
        mut self,
        inputs: Vec<(Reader, TimeOf)>,
        failed: &mut dyn FnMut(usize, std::io::Error),
    ) -> Vec<Incident> {
        let mut merger = Merger::new(inputs, failed);
        let Some(first) = merger.first_time() else { return Vec::new() };
        let mut second = first.second();
        while let Some(next) = merger.peek() {
            if next.second().0 - second.0 > MAX_SILENCE_S {
                second = next.second();
            }
            let end = second.plus(1);
            while let Some(run) = merger.run(end.plus(MISORDERED_S).start(), failed) {
                let (ingest, peer) = &mut self.ways[run.input];
                let frames: Vec<Frame<'_>> =
                    run.lines.iter().map(|bytes| Frame { peer, bytes }).collect();
                ingest.batch(&frames, second.start());
            }
            self.close(second);
            second = end;
        }
        while self.node.open.first().is_some_and(|first| first >= second) {
            self.close(second);
            second = second.plus(1);
        }
        let live = self.node.live();
        let mut anomalies = self.node.anomalies();
        anomalies.finish(&live, second);
        let mut found = anomalies.incidents();
        found.sort_by(|a, b| a.anomaly.detected.cmp(&b.anomaly.detected));
        found
    }

    fn close(&self, second: Second) {
        self.node.seal_before(second.plus(1));
        let closed = self.node.live_mut().close(second);
        watch::close(&self.node, &closed, None);
    }
}

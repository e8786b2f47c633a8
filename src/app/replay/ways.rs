//! The ways of several inputs into a node, as `replay` and `report --anomalies` count their lines.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::merge::Merger;
use crate::app::formats::Reading;
use crate::app::whose::Whose;
use crate::decode::fronts::Fronts;
use crate::pipeline::ingest::{Ingest, IngestConfig};
use crate::state::node::{Listener, Node};
use crate::vocab::time::Millis;

/// One way per input.
pub(in crate::app) struct Ways(Vec<(Ingest, Whose, Option<Fronts>)>);

impl Ways {
    /// A listener of the node for each file.
    pub(in crate::app) fn new(
        files: &[PathBuf],
        node: &Arc<Node>,
        rules: &Arc<IngestConfig>,
        reading: Reading,
    ) -> Ways {
        let way = |path: &PathBuf| {
            let name = path.to_string_lossy();
            let listener = Listener::new(if name == "-" { "stdin" } else { "file" }, &*name);
            node.add_listener(Arc::clone(&listener));
            let mut ingest = Ingest::new(Arc::clone(node), listener, Arc::clone(rules));
            ingest.format = reading.format;
            let whose = Whose::of(path);
            let fronts = whose.fronts(&node.sources, reading.format);
            (ingest, whose, fronts)
        };
        Ways(files.iter().map(way).collect())
    }

    /// Counts the merger's lines before `end` as arrived at `now`, with what could not be taken as lines; `failed` is
    /// told which input broke, and how.
    pub(in crate::app) fn count(
        &mut self,
        merger: &mut Merger,
        end: Millis,
        now: Millis,
        failed: &mut dyn FnMut(usize, io::Error),
    ) {
        while self.count_some(merger, end, now, failed) {}
    }

    /// As [`Ways::count`], a piece of one input; false where there was none.
    pub(in crate::app) fn count_some(
        &mut self,
        merger: &mut Merger,
        end: Millis,
        now: Millis,
        failed: &mut dyn FnMut(usize, io::Error),
    ) -> bool {
        let run = merger.run(end, failed);
        let is_some = run.is_some();
        if let Some(run) = run {
            let (ingest, whose, fronts) = &mut self.0[run.input];
            let lines = run.lines.iter();
            let lines = lines.map(|line| (*line, fronts.as_mut().and_then(|f| f.take(line))));
            whose.frames(lines, |frames| ingest.batch(frames, now));
        }
        for (input, reason) in merger.rejected() {
            self.0[input].0.listener().account.reject(reason);
        }
        for (input, joined) in merger.joined() {
            self.0[input].0.listener().joined(joined.lines, joined.cut);
        }
        is_some
    }
}

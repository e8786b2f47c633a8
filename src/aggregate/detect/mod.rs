//! Detectors: what is unusual about the second that has just closed, said from sums alone.
//!
//! Every detector is streaming and of fixed memory: it keeps what is usual (a level, a season, a rate)
//! and a running evidence against it, and never looks back. The same code serves the live server, a
//! replay and `report --anomalies`, so time comes from [`Input::second`] alone.

mod bank;
mod count;
mod episode;
mod finding;
mod rate;
pub mod record;
mod why;

pub use finding::{Finding, Unit};
pub use why::{Seen, Verdict};

use serde::{Deserialize, Serialize};

use crate::aggregate::dictionaries::Dictionaries;
use crate::aggregate::rollup::Rollup;
use crate::aggregate::wire::{AnomalyKind, HostPoint};
use crate::vocab::time::Second;

/// A disk as the host's load has it.
#[derive(Clone, Copy, Debug)]
pub struct DiskLoad<'a> {
    pub mount: &'a str,
    pub used: u64,
    pub total: u64,
}

/// A template of error messages that was seen in this tick.
#[derive(Clone, Copy, Debug)]
pub struct TemplateCount<'a> {
    pub id: u32,
    pub text: &'a str,
    /// Of the worst of its lines; empty where it had none.
    pub level: &'a str,
    pub lines: u64,
    /// Whether it was learnt in this tick.
    pub is_new: bool,
}

/// A source whose lines fit another format than before, or none any more.
#[derive(Clone, Copy, Debug)]
pub struct Drift<'a> {
    pub source: &'a str,
    /// Names of formats; empty for none.
    pub before: &'a str,
    pub now: &'a str,
}

/// One tick.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The second that closed.
    pub second: Second,
    /// Everything that arrived in this tick, late lines too.
    pub rollup: &'a Rollup,
    /// What the rollup's ids mean.
    pub dictionaries: &'a Dictionaries,
    /// `None` in a report.
    pub host: Option<&'a HostPoint>,
    pub disks: &'a [DiskLoad<'a>],
    pub templates: &'a [TemplateCount<'a>],
    pub drift: &'a [Drift<'a>],
    /// Whether a source that says nothing is silent: one that sends is, a file that was read is not.
    pub sources_send: bool,
}

impl<'a> Input<'a> {
    /// A tick that knows nothing but its rows.
    #[must_use]
    pub fn new(second: Second, rollup: &'a Rollup, dictionaries: &'a Dictionaries) -> Input<'a> {
        Input {
            second,
            rollup,
            dictionaries,
            host: None,
            disks: &[],
            templates: &[],
            drift: &[],
            sources_send: false,
        }
    }
}

/// What was learnt of what is usual, for a file that outlives the process. Its content is the
/// detectors' own; one that was written by another version is refused by its number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Learnt {
    version: u32,
}

/// Of [`Learnt`].
const VERSION: u32 = 1;

/// All detectors.
#[derive(Debug, Default)]
pub struct Detector {
    next_id: u64,
    journal: why::Journal,
    errors: count::Errors,
}

impl Detector {
    #[must_use]
    pub fn new() -> Detector {
        Detector::default()
    }

    /// Takes in one second; what became unusual with it, changed or ended.
    pub fn tick(&mut self, input: &Input<'_>) -> Vec<Finding> {
        self.journal.begin(input.second);
        let mut out = episode::Out::new(&mut self.next_id, &mut self.journal);
        self.errors.tick(input, &mut out);
        out.findings
    }

    /// What is worth keeping.
    #[must_use]
    pub fn learnt(&self) -> Learnt {
        Learnt { version: VERSION }
    }

    /// Goes on from what an earlier process learnt; false where that is of another version.
    pub fn restore(&mut self, learnt: Learnt) -> bool {
        learnt.version == VERSION
    }

    /// What each detector saw in the tick of `second` (of the last minutes), of one kind and key where
    /// these are given: why something was said, or was not.
    #[must_use]
    pub fn why(&self, second: Second, kind: Option<AnomalyKind>, key: Option<&str>) -> Vec<Seen> {
        self.journal.at(second, kind, key)
    }

    /// Ends what is open: the last thing before the end of a report.
    pub fn finish(&mut self, second: Second) -> Vec<Finding> {
        let mut out = episode::Out::new(&mut self.next_id, &mut self.journal);
        self.errors.finish(second, &mut out);
        out.findings
    }
}

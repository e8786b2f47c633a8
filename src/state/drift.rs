//! Sources that speak otherwise than before: another format, or lines that fit none any more.

use std::collections::HashMap;

use super::sources::Source;
use crate::vocab::time::{Millis, Second};

/// Seconds between two looks: thousands of sources are there at most, each behind a lock.
const EVERY_S: i64 = 5;
/// Lines between two looks of which a share is taken; with fewer the next look has more.
const LINES: u64 = 20;
/// A source was understood when at most one in so many of its lines was not …
const STRAY: u64 = 20;
/// … over so many lines; it is lost when half of them are not.
const KNOWN: u64 = 100;

/// A source whose lines changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DriftedSource {
    pub source: Box<str>,
    /// Names of formats; empty for none.
    pub before: &'static str,
    pub now: &'static str,
}

/// Looks at sources again and again, and says what has changed in between.
#[derive(Debug, Default)]
pub struct DriftWatch {
    looked: Option<Second>,
    /// By the source's number, which is never given twice.
    known: HashMap<u32, Watched>,
}

/// A source as it was looked at last.
#[derive(Clone, Copy, Debug, Default)]
struct Watched {
    counted: u64,
    unparsed: u64,
    /// Lines while it was understood.
    understood: u64,
    lost: bool,
    changed: Millis,
}

impl DriftWatch {
    pub(super) fn is_due(&mut self, now: Second) -> bool {
        let due = self.looked.is_none_or(|at| now.0 - at.0 >= EVERY_S || now < at);
        if due {
            self.looked = Some(now);
        }
        due
    }

    /// The source with this number is gone.
    pub(super) fn forget(&mut self, id: u32) {
        self.known.remove(&id);
    }

    pub(super) fn look(&mut self, source: &Source) -> Option<DriftedSource> {
        let (counted, unparsed, format, newest) = {
            let state = source.lock();
            let format = state.recogniser.format().unwrap_or_default();
            (state.counts.counted, state.counts.unparsed, format, state.evidence.newest_names())
        };
        let known = self.known.entry(source.id).or_default();
        let told = |before, now| Some(DriftedSource { source: source.name.clone(), before, now });
        if let Some((at, before, now)) = newest.filter(|(at, ..)| *at > known.changed) {
            known.changed = at;
            (known.counted, known.unparsed, known.lost) = (counted, unparsed, false);
            return told(before, now);
        }
        let (new, strays) = (counted - known.counted, unparsed - known.unparsed);
        if new + strays < LINES {
            return None;
        }
        (known.counted, known.unparsed) = (counted, unparsed);
        if strays * STRAY <= new + strays {
            known.understood += new;
            known.lost = false;
        } else if strays * 2 >= new + strays && known.understood >= KNOWN && !known.lost {
            known.lost = true;
            return told(format, "");
        }
        None
    }
}

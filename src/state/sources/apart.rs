//! What sources said in lines that were read apart from those before them, put behind what is known of them.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use super::{Counts, Evidence, Millis, Source, SourceKey, Sources};

/// What some lines said of one source.
#[derive(Debug)]
pub struct Said {
    source: Arc<Source>,
    counts: Counts,
    misdated: u64,
    last_time: Option<Millis>,
    last_heard: Millis,
    formats: BTreeMap<&'static str, u64>,
    evidence: Evidence,
}

impl Source {
    pub(super) fn key(&self) -> SourceKey<'_> {
        SourceKey {
            peer: &self.peer,
            hostname: self.hostname.as_deref(),
            app_name: self.app_name.as_deref(),
        }
    }

    fn take(self: &Arc<Self>) -> Option<Said> {
        let mut state = self.lock();
        if state.counts.received == 0 {
            return None;
        }
        Some(Said {
            source: Arc::clone(self),
            counts: mem::take(&mut state.counts),
            misdated: mem::take(&mut state.misdated),
            last_time: state.last_time.take(),
            last_heard: state.last_heard,
            formats: mem::take(&mut state.formats),
            evidence: mem::take(&mut state.evidence),
        })
    }
}

impl Sources {
    /// Takes out what was said since it was called last, by name, whoever said it first. How lines are read stays.
    #[must_use]
    pub fn take(&self) -> Vec<Said> {
        let mut said: Vec<Said> = self.all().iter().filter_map(Source::take).collect();
        said.sort_by(|a, b| a.source.name.cmp(&b.source.name));
        said
    }

    /// Goes on from what lines said that stood behind all others.
    pub fn follow(&self, said: Vec<Said>) {
        for later in said {
            let source = self.alike(&later.source);
            let mut state = source.lock();
            state.counts.add(&later.counts);
            state.misdated += later.misdated;
            state.last_time = later.last_time.or(state.last_time);
            state.last_heard = later.last_heard;
            for (format, lines) in later.formats {
                state.count_format(format, lines);
            }
            state.evidence.follow(later.evidence);
        }
    }

    /// The source here that has the same names as one elsewhere, made when it is new.
    pub fn alike(&self, source: &Source) -> Arc<Source> {
        let heard = source.lock().first_heard;
        self.get(source.key(), &source.listener, heard)
    }

    /// Forgets when the last lines were: what follows does not stand behind them.
    pub fn forget_times(&self) {
        for source in self.all() {
            source.lock().last_time = None;
        }
    }

    /// What the last line with a time said of a source that is known by the same names.
    #[must_use]
    pub fn last_time_of(&self, source: &Source) -> Option<Millis> {
        self.known(source.key())?.lock().last_time
    }
}

//! The file of figures: accounting, sources, markers, and when nobody listened.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;

use serde::{Deserialize, Serialize};

use super::Privacy;
use super::sources::{KeptSource, fitting};
use crate::aggregate::forget::Forget;
use crate::state::account::Counts;
use crate::state::live::Live;
use crate::state::markers::Mark;
use crate::state::node::Node;
use crate::state::sealed::{self, Damage, Kind};
use crate::vocab::outcome::{DropReason, RejectReason};
use crate::vocab::time::Second;

/// The file's name.
pub const FILE: &str = "figures.tapline";
/// 4,096 sources with samples of 10 KiB and evidence of 8 formats, twice.
pub(super) const MAX_BYTES: usize = 256 << 20;
/// What of that sources may take, so that whatever was written is read back. The rest is listeners, a thousand
/// markers of some 500 bytes, 48 pauses, and 2 MiB of what came late for them.
const SOURCES_BYTES: usize = MAX_BYTES - (8 << 20);
/// Stretches of seconds of which lines came late that are remembered, the newest: 28 bytes each.
const MAX_TOLD_SINCE: usize = 65_536;
/// The largest count that is believed, so that sums of many do not overflow: a million lines a second for
/// 285 years, and what JSON's readers have exactly (RFC 8259 section 6).
const MAX_COUNT: u64 = 1 << 53;
const KIND: Kind = Kind { magic: "tapline figures", version: 1 };

/// See the module.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    privacy: Privacy,
    /// End of what is known of: the newest second that was closed, and one.
    until: Option<i64>,
    /// The process ended as it was told to: what it closed last it had heard to its end.
    #[serde(default)]
    pub(super) ended: bool,
    unheard: Vec<(i64, i64)>,
    complete_from: i64,
    /// Of the unheard seconds those of which lines came later, in stretches.
    #[serde(default)]
    told_since: Vec<(i64, i64)>,
    /// None before versions that write it: nothing was known to be evicted.
    #[serde(default)]
    evicted_to: Option<i64>,
    /// The numbers of the chunks' files that are beside it. None before versions that write them.
    #[serde(default)]
    chunks: Vec<u64>,
    listeners: Vec<KeptListener>,
    /// Of listeners that earlier processes had.
    earlier: KeptCounts,
    pub(super) sources: Vec<KeptSource>,
    markers: Vec<Mark>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptListener {
    kind: String,
    address: String,
    counts: KeptCounts,
    joined_lines: u64,
    joins_cut: u64,
}

/// [`Counts`] by the names of reasons, so that versions with others read each other. What was in flight
/// was never settled, so it was not received: the sender's kernel may know, and nothing counts twice.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct KeptCounts {
    counted: u64,
    unparsed: u64,
    rejected: BTreeMap<String, u64>,
    dropped: BTreeMap<String, u64>,
    bytes: u64,
}

impl From<Counts> for KeptCounts {
    fn from(counts: Counts) -> Self {
        let wire = counts.to_wire();
        KeptCounts {
            counted: counts.counted,
            unparsed: counts.unparsed,
            rejected: wire.rejected,
            dropped: wire.dropped,
            bytes: counts.bytes,
        }
    }
}

impl KeptCounts {
    pub(super) fn counts(&self) -> Counts {
        let kept = |count: u64| count.min(MAX_COUNT);
        let named = |counts: &BTreeMap<String, u64>, name: &str| {
            kept(counts.get(name).copied().unwrap_or(0))
        };
        let mut counts = Counts {
            counted: kept(self.counted),
            unparsed: kept(self.unparsed),
            ..Counts::default()
        };
        for reason in RejectReason::ALL {
            counts.rejected[reason as usize] = named(&self.rejected, reason.name());
        }
        for reason in DropReason::ALL {
            counts.dropped[reason as usize] = named(&self.dropped, reason.name());
        }
        counts.received = counts.settled();
        counts.bytes = kept(self.bytes);
        counts
    }
}

impl Figures {
    pub(super) fn of(node: &Node, privacy: Privacy) -> Figures {
        let live = node.live();
        let (until, (unheard, complete_from)) = (live.closed(), live.known());
        let (evicted_to, mut told) = (live.evicted_to().0, live.stretches_told_since());
        told.drain(..told.len().saturating_sub(MAX_TOLD_SINCE));
        drop(live);
        let listeners = node.listeners().into_iter().map(|listener| KeptListener {
            kind: listener.kind.to_owned(),
            address: listener.address.clone(),
            counts: listener.account.snapshot().into(),
            joined_lines: listener.joined_lines.load(Ordering::Relaxed),
            joins_cut: listener.joins_cut.load(Ordering::Relaxed),
        });
        Figures {
            privacy,
            until: until.map(|closed| closed.plus(1).0),
            ended: false,
            unheard: unheard.into_iter().map(|(from, to)| (from.0, to.0)).collect(),
            complete_from: complete_from.0,
            told_since: told.into_iter().map(|(from, to)| (from.0, to.0)).collect(),
            evicted_to: Some(evicted_to),
            chunks: Vec::new(),
            listeners: listeners.collect(),
            earlier: node.earlier().into(),
            sources: fitting(node.sources.kept(), SOURCES_BYTES),
            markers: node.markers.kept(),
        }
    }

    /// End of what is known of.
    pub(super) fn until(&self) -> Option<i64> {
        self.until
    }

    /// What came behind it has rows that are not written.
    pub(super) fn known_until(&mut self, until: Option<i64>) {
        self.until = until;
    }

    /// Which files are beside it.
    pub(super) fn beside(&mut self, chunks: impl Iterator<Item = u64>) {
        self.chunks = chunks.collect();
    }

    /// Those that were beside it behind `oldest`: what is older may have left the window since.
    pub(super) fn behind(&self, oldest: Option<u64>) -> impl Iterator<Item = u64> {
        let is_behind = move |serial: &u64| oldest.is_none_or(|oldest| oldest < *serial);
        self.chunks.iter().copied().filter(is_behind)
    }

    pub(super) fn seal(&self) -> io::Result<Vec<u8>> {
        sealed::seal(KIND, &serde_json::to_vec(self)?)
    }

    pub(super) fn unseal(file: &[u8]) -> Result<Figures, Damage> {
        let text = sealed::unseal(KIND, file, MAX_BYTES)?;
        serde_json::from_slice(&text).map_err(|_| Damage::Content)
    }

    /// Takes a client out of the lines and notes of the file; tells whether it was in it. Not out of every
    /// text: a sender that is a client, too, stays a sender, and a listener is none. One that can't be read
    /// may have it, so it goes.
    pub(super) fn forget(dir: &Path, who: &Forget) -> io::Result<bool> {
        let figures = match sealed::read(&dir.join(FILE), MAX_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Err(Damage::Content),
            file => Figures::unseal(&file?),
        };
        let Ok(mut figures) = figures else {
            return sealed::remove(&dir.join(FILE)).map(|()| true);
        };
        let mut named = false;
        for source in &mut figures.sources {
            named |= source.forget(who);
        }
        for mark in &mut figures.markers {
            named |= mark.forget(who);
        }
        if named {
            sealed::replace(dir, FILE, &figures.seal()?)?;
        }
        Ok(named)
    }

    /// Says where nobody listened, and from where on rows were lost: up to `now`, whatever a clock that was ahead said.
    pub(super) fn restore_gaps(&self, live: &mut Live, now: Second) {
        for (from, to) in &self.unheard {
            live.unheard(Second(*from), Second(*to).min(now));
        }
        for (from, to) in &self.told_since {
            live.told_since(Second(*from), Second(*to).min(now));
        }
        live.lost_before(Second(self.complete_from).min(now));
        if let Some(second) = self.evicted_to {
            live.evicted_before(Second(second).min(now));
        }
    }

    /// Goes on with these, behind the window's chunks.
    pub(super) fn restore(mut self, node: &Node, privacy: Privacy) {
        let mut earlier = self.earlier.counts();
        let listeners = node.listeners();
        for kept in &self.listeners {
            let is_it = |l: &&std::sync::Arc<crate::state::node::Listener>| {
                l.kind == kept.kind && l.address == kept.address
            };
            match listeners.iter().find(is_it) {
                Some(listener) => {
                    listener.account.add(&kept.counts.counts());
                    listener.joined(kept.joined_lines, kept.joins_cut);
                }
                None => earlier.add(&kept.counts.counts()),
            }
        }
        node.add_earlier(&earlier);
        let may_show = self.privacy.is_enough_for(privacy);
        if self.privacy.redacted {
            self.sources.iter_mut().for_each(KeptSource::redact);
        }
        node.sources.restore(self.sources, may_show);
        node.markers.restore(self.markers);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_no_process_can_have_are_no_overflow() {
        let reasons = |name: &str| BTreeMap::from([(name.to_owned(), u64::MAX)]);
        let kept = KeptCounts {
            counted: u64::MAX,
            unparsed: u64::MAX,
            rejected: reasons(RejectReason::ALL[0].name()),
            dropped: reasons(DropReason::ALL[0].name()),
            bytes: u64::MAX,
        };
        let mut counts = kept.counts();
        counts.add(&kept.counts());
        assert_eq!((counts.received, counts.settled()), (8 * MAX_COUNT, 8 * MAX_COUNT));
    }
}

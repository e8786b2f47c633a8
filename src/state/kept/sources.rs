//! Sources over a restart: who they are, what was counted of them, and the evidence.

use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::figures::KeptCounts;
use crate::aggregate::forget::Forget;
use crate::aggregate::wire::EventRow;
use crate::decode::formats::units::Units;
use crate::decode::formats::{Catalog, recognise, w3c};
use crate::decode::redact::line::secrets;
use crate::state::evidence::KeptEvidence;
use crate::state::sources::{Peer, Source, SourceState, Zone};
use crate::vocab::time::Millis;

/// See the module.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptSource {
    pub(crate) id: u32,
    peer: KeptPeer,
    pub(crate) hostname: Option<String>,
    pub(crate) app_name: Option<String>,
    pub(crate) listener: String,
    format: Option<String>,
    counts: KeptCounts,
    misdated: u64,
    last_time: Option<i64>,
    first_heard: i64,
    last_heard: i64,
    formats: BTreeMap<String, u64>,
    /// Seconds east of UTC, where that was learnt.
    offset_s: Option<i32>,
    /// What is known of durations without a unit, by their names.
    #[serde(default)]
    units: BTreeMap<String, u8>,
    evidence: KeptEvidence,
    first_line: Option<(String, EventRow)>,
}

#[derive(Debug, Serialize, Deserialize)]
enum KeptPeer {
    Ip(IpAddr),
    Name(String),
}

/// The name as the program has it: of a format, of a header line, or of no format.
pub(crate) fn known_name(formats: Catalog, name: &str) -> Option<&'static str> {
    let found = formats.by_name(name).map(|format| format.name());
    found.or_else(|| [w3c::HEADER, recognise::UNKNOWN_NAME].into_iter().find(|own| *own == name))
}

/// Whether a first line names a client, as it came or as it was read: the same address can be written in
/// several ways. Its source is who sent it.
pub(crate) fn is_named(who: &Forget, raw: &str, row: &EventRow) -> bool {
    let row = EventRow { source: String::new(), ..row.clone() };
    let in_row = || serde_json::to_value(row).is_ok_and(|mut value| who.value(&mut value));
    who.text(raw).is_some() || in_row()
}

impl KeptSource {
    pub(crate) fn of(source: &Source) -> KeptSource {
        let state = source.lock();
        KeptSource {
            id: source.id,
            peer: match &source.peer {
                Peer::Ip(ip) => KeptPeer::Ip(*ip),
                Peer::Name(name) => KeptPeer::Name(name.to_string()),
            },
            hostname: source.hostname.as_deref().map(str::to_owned),
            app_name: source.app_name.as_deref().map(str::to_owned),
            listener: source.listener.to_string(),
            format: state.recogniser.format().map(str::to_owned),
            counts: state.counts.into(),
            misdated: state.misdated,
            last_time: state.last_time.map(|time| time.0),
            first_heard: state.first_heard.0,
            last_heard: state.last_heard.0,
            formats: state.formats.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect(),
            offset_s: state.zone.learnt(),
            units: state.recogniser.order.units().kept().map(|(n, s)| (n.to_owned(), s)).collect(),
            evidence: state.evidence.kept(),
            first_line: state.first_line.as_ref().map(|(raw, row)| (raw.to_string(), row.clone())),
        }
    }

    pub(crate) fn peer(&self) -> Peer {
        match &self.peer {
            KeptPeer::Ip(ip) => Peer::Ip(*ip),
            KeptPeer::Name(name) => Peer::Name(name.as_str().into()),
        }
    }

    pub(crate) fn first_heard(&self) -> Millis {
        Millis(self.first_heard)
    }

    /// Takes a client out of its lines; tells whether one named it.
    pub(super) fn forget(&mut self, who: &Forget) -> bool {
        let in_evidence = self.evidence.replace(&|line: &str| who.text(line));
        let first = self.first_line.take_if(|(raw, row)| is_named(who, raw, row));
        in_evidence || first.is_some()
    }

    /// Takes out what an earlier version left of secrets.
    pub(super) fn redact(&mut self) {
        self.evidence.replace(&|line: &str| Some(secrets(line).into_owned()));
        if let Some((line, row)) = &mut self.first_line {
            *line = secrets(line).into_owned();
            row.redact();
        }
    }

    /// Goes on with what was counted; lines only where they may be shown.
    pub(crate) fn restore(self, state: &mut SourceState, formats: Catalog, may_show: bool) {
        let known = |name: &str| known_name(formats, name);
        state.counts = self.counts.counts();
        state.misdated = self.misdated;
        state.last_time = self.last_time.map(Millis);
        state.last_heard = Millis(self.last_heard);
        let counted = self.formats.iter();
        state.formats = counted.filter_map(|(name, n)| Some((known(name)?, *n))).collect();
        if let (Zone::Learnt(_), Some(offset_s)) = (state.zone, self.offset_s) {
            state.zone = Zone::resumed(offset_s);
        }
        if let Some(format) = &self.format {
            state.recogniser.resume(format);
        }
        let mut units = Units::default();
        self.units.iter().for_each(|(name, signs)| units.restore(name, *signs));
        state.recogniser.order.know(units);
        if may_show {
            state.evidence.restore(self.evidence, &known);
            state.first_line = self.first_line.map(|(raw, row)| (raw.into(), row));
        }
    }
}

/// What of these fits into so many bytes as JSON. With more, those that were heard last are whole, others are
/// without lines, and of the rest only what was counted is kept, as of the source that stands for many: sums
/// stay what they were.
pub(super) fn fitting(mut sources: Vec<KeptSource>, most: usize) -> Vec<KeptSource> {
    let sizes = sources.iter().map(size);
    if sizes.fold(0, usize::saturating_add) <= most {
        return sources;
    }
    // It takes what others don't get, so it has its place first.
    sources.sort_by_key(|source| (source.id != 0, std::cmp::Reverse(source.last_heard)));
    let (whole, most) = (most / 2, most.saturating_sub(SHARED_BYTES));
    let (mut taken, mut kept, mut shared) = (0, Vec::with_capacity(sources.len()), None);
    for mut source in sources {
        if taken + size(&source) > whole {
            source.evidence = KeptEvidence::default();
            source.first_line = None;
        }
        if source.id == 0 {
            source.evidence = KeptEvidence::default();
            shared = Some(source);
        } else if taken + size(&source) <= most {
            taken += size(&source);
            kept.push(source);
        } else {
            shared = Some(source.counted_with(shared));
        }
    }
    kept.extend(shared);
    kept
}

/// What the source that stands for many may take: counts, and a format for each that there is.
const SHARED_BYTES: usize = 64 << 10;

impl KeptSource {
    /// The source that stands for many, with this one's counts.
    fn counted_with(self, shared: Option<KeptSource>) -> KeptSource {
        let mut shared = shared.unwrap_or_else(|| KeptSource {
            id: 0,
            peer: KeptPeer::Name("other".to_owned()),
            hostname: None,
            app_name: None,
            listener: String::new(),
            format: None,
            counts: KeptCounts::default(),
            misdated: 0,
            last_time: self.last_time,
            first_heard: self.first_heard,
            last_heard: self.last_heard,
            formats: BTreeMap::new(),
            offset_s: None,
            units: BTreeMap::new(),
            evidence: KeptEvidence::default(),
            first_line: None,
        });
        let mut counts = shared.counts.counts();
        counts.add(&self.counts.counts());
        shared.counts = counts.into();
        shared.misdated = shared.misdated.saturating_add(self.misdated);
        shared.first_heard = shared.first_heard.min(self.first_heard);
        shared.last_heard = shared.last_heard.max(self.last_heard);
        for (format, lines) in self.formats {
            let sum = shared.formats.entry(format).or_default();
            *sum = sum.saturating_add(lines);
        }
        shared
    }
}

/// Bytes as JSON, and a comma.
fn size(source: &KeptSource) -> usize {
    struct Counted(usize);

    impl io::Write for Counted {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    let mut counted = Counted(1);
    match serde_json::to_writer(&mut counted, source) {
        Ok(()) => counted.0,
        // What can't be written takes no room; the file that holds it will not be written either.
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::account::Counts;

    fn source(id: u32, last_heard: i64, line: &str) -> KeptSource {
        let counts = Counts { received: 10, counted: 10, ..Counts::default() };
        let row = EventRow::default();
        KeptSource {
            id,
            peer: KeptPeer::Name(format!("host-{id}")),
            hostname: None,
            app_name: None,
            listener: "tcp".to_owned(),
            format: None,
            counts: counts.into(),
            misdated: 1,
            last_time: None,
            first_heard: 0,
            last_heard,
            formats: BTreeMap::from([("combined".to_owned(), 10)]),
            offset_s: None,
            units: BTreeMap::new(),
            evidence: KeptEvidence::default(),
            first_line: Some((line.to_owned(), row)),
        }
    }

    #[test]
    fn what_does_not_fit_loses_lines_first_and_never_a_count() {
        let line = "x".repeat(2_000);
        let many = || (0..1_000_u32).map(|id| source(id + 1, i64::from(id), &line)).collect();
        let all: Vec<KeptSource> = many();
        let bytes = all.iter().map(size).sum::<usize>();
        assert_eq!(fitting(many(), bytes).len(), 1_000, "what fits is kept");
        assert!(fitting(many(), bytes).iter().all(|source| source.first_line.is_some()));
        for most in [bytes - 1, bytes / 4, bytes / 8, 100_000] {
            let kept = fitting(many(), most);
            assert!(kept.iter().map(size).sum::<usize>() <= most, "{most}");
            let sum = |of: fn(&KeptSource) -> u64| kept.iter().map(of).sum::<u64>();
            assert_eq!(sum(|source| source.counts.counts().counted), 10_000, "{most}");
            assert_eq!((sum(|s| s.misdated), sum(|s| s.formats["combined"])), (1_000, 10_000));
            let newest = kept.iter().max_by_key(|source| source.id).expect("some");
            assert!(newest.id == 1_000 && newest.first_line.is_some(), "{most}");
            assert!(kept.iter().filter(|source| source.id == 0).count() <= 1);
        }
    }
}

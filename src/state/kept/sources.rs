//! Sources over a restart: who they are, what was counted of them, and the evidence.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::figures::KeptCounts;
use crate::aggregate::forget::Forget;
use crate::aggregate::wire::EventRow;
use crate::decode::formats::{Catalog, recognise, w3c};
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
            offset_s: match state.zone {
                Zone::Learnt { offset_s, known: true, .. } => Some(offset_s),
                _ => None,
            },
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

    /// Goes on with what was counted; lines only where they may be shown.
    pub(crate) fn restore(self, state: &mut SourceState, formats: Catalog, may_show: bool) {
        let known = |name: &str| known_name(formats, name);
        state.counts = self.counts.counts();
        state.misdated = self.misdated;
        state.last_time = self.last_time.map(Millis);
        state.last_heard = Millis(self.last_heard);
        let counted = self.formats.iter();
        state.formats = counted.filter_map(|(name, n)| Some((known(name)?, *n))).collect();
        if let (Zone::Learnt { .. }, Some(offset_s)) = (state.zone, self.offset_s) {
            state.zone = Zone::Learnt { offset_s, dissent: 0, candidate_s: offset_s, known: true };
        }
        if let Some(format) = &self.format {
            state.recogniser.resume(format);
        }
        if may_show {
            state.evidence.restore(self.evidence, &known);
            state.first_line = self.first_line.map(|(raw, row)| (raw.into(), row));
        }
    }
}

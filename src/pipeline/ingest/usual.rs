//! The short way of the usual line: most servers write nothing but the combined format, and their lines go from bytes to
//! rows without an [`Event`](crate::vocab::event::Event) that has a place for all that any other line may say.
//!
//! It takes what the long way would read in the same way and nothing else; where it doubts it takes nothing.

use std::borrow::Cow;
use std::sync::Arc;

use super::{ClientPrivacy, GROUP, Ingest, Line, Prepared, names_beyond, tell_formats};
use crate::aggregate::row::{Common, Complete, Request, Sender, StandIn, present};
use crate::decode::formats::combined;
use crate::decode::formats::recognise::Found;
use crate::decode::{client, redact};
use crate::state::account::Counts;
use crate::state::sources::Source;
use crate::vocab::event::Kind;
use crate::vocab::outcome::DropReason;
use crate::vocab::time::{Millis, Stamp};

/// Lines of one source in a group.
#[derive(Clone, Copy)]
struct Run {
    /// What they are found to be.
    found: Found,
    count: u64,
    /// Of these, how many the operator excludes.
    excluded: u64,
    bytes: u64,
    /// Places of the first one that counts, and of the last of all.
    first: Option<usize>,
    last: usize,
    misdated: u64,
}

/// The first lines of a group, taken as usual ones: accounted for, and not in a block yet.
#[derive(Default)]
pub(super) struct Taken<'a> {
    pub(super) count: usize,
    senders: Vec<Sender<'a>>,
    rows: Vec<Request<'a>>,
}

/// What is known of one of a group's sources.
#[derive(Clone, Copy)]
enum Known {
    /// Not asked for yet.
    Not,
    /// Its lines may mean something else than the usual ones do.
    Apart,
    Usual(Run),
}

impl Ingest {
    /// Takes the first lines of a group as long as they are usual ones. Their rows are appended behind the reading of
    /// the others: a fault there costs the whole group, and then none of it may be in a block.
    pub(super) fn usual<'a>(
        &'a self,
        lines: &[Line<'a>],
        sources: &'a [Arc<Source>],
        arrival: Millis,
        outcome: &mut Counts,
    ) -> Taken<'a> {
        #[cfg(test)]
        if self.only_the_long_way {
            return Taken::default();
        }
        if self.format.is_some() {
            return Taken::default();
        }
        let near = self.config.time.near(arrival);
        let mut known = [Known::Not; GROUP];
        let mut rows: Vec<Request<'a>> = Vec::new();
        let mut own = [arrival; GROUP];
        let mut senders: Vec<Sender<'a>> = Vec::new();
        let mut judge = (!self.config.exclude.is_empty()).then(|| self.excluded.borrow_mut());
        let mut count = 0;
        for (at, line) in lines.iter().enumerate() {
            let known = &mut known[line.source];
            if matches!(known, Known::Not) {
                *known = self.known(&sources[line.source]);
            }
            let Known::Usual(run) = known else { break };
            let Some(said) = combined::request(line.message) else { break };
            let Stamp::Utc(time) = said.stamp else { break };
            if at == 0 {
                rows.reserve_exact(lines.len());
                senders = self.senders(sources);
            }
            own[at] = time;
            run.count += 1;
            run.bytes += line.bytes;
            run.last = at;
            let is_near = near.contains(&time);
            run.misdated += u64::from(!is_near);
            rows.push(self.row(said, line.source, if is_near { time } else { arrival }, arrival));
            count += 1;
            // Looked at where it is: moved there afterwards, each would be written twice.
            if let (Some(judge), Some(row)) = (&mut judge, rows.last()) {
                let common = Common { format: combined::NAME, senders: &senders };
                if judge.means(&Complete { common, request: row }) {
                    run.excluded += 1;
                    rows.pop();
                    continue;
                }
            }
            outcome.misdated += u64::from(!is_near);
            run.first.get_or_insert(at);
        }
        if count == 0 {
            return Taken::default();
        }
        for ((at, source), known) in sources.iter().enumerate().zip(known) {
            if let Known::Usual(run) = known
                && run.count > 0
            {
                let first = run.first.map(|at| &lines[at]);
                let lines = (0..count).filter(|&i| lines[i].source == at).map(|i| &lines[i]);
                self.account(source, run, first, lines, own[run.last], arrival);
            }
        }
        self.note_zoned(own[count - 1]);
        outcome.counted += rows.len() as u64;
        outcome.dropped[DropReason::Excluded as usize] += (count - rows.len()) as u64;
        Taken { count, senders, rows }
    }

    /// Whether the source's usual lines go this way.
    fn known(&self, source: &Source) -> Known {
        if source.format.is_some() || source.cache || self.headers.contains_key(&source.id) {
            return Known::Apart;
        }
        let state = source.lock();
        let known = state.first_line.is_some() && state.evidence.knows_well(combined::NAME);
        match state.recogniser.order.begins_with(combined::NAME) {
            Some(found) if known || self.apart.is_some() => Known::Usual(Run {
                found,
                count: 0,
                excluded: 0,
                bytes: 0,
                first: None,
                last: 0,
                misdated: 0,
            }),
            _ => Known::Apart,
        }
    }

    /// Takes lines of one source into account, the last of which has that time.
    fn account<'l>(
        &self,
        source: &Source,
        run: Run,
        first: Option<&Line<'_>>,
        lines: impl Iterator<Item = &'l Line<'l>>,
        last_time: Millis,
        arrival: Millis,
    ) {
        let mut drift = None;
        let mut guard = source.lock();
        let state = &mut *guard;
        state.last_heard = arrival;
        state.last_time = Some(last_time);
        state.misdated += run.misdated;
        state.counts.received += run.count;
        state.counts.counted += run.count - run.excluded;
        state.counts.dropped[DropReason::Excluded as usize] += run.excluded;
        state.counts.bytes += run.bytes;
        let known = state.formats.len();
        state.count_format(combined::NAME, run.count - run.excluded);
        let formats = names_beyond(known, state);
        if self.apart.is_none() {
            if !state.recogniser.tally_run(run.found, run.count as u32) {
                for line in lines {
                    drift = self.tally(state, run.found, Kind::Access, line, arrival).or(drift);
                }
            }
            if let Some(first) = first
                && !state.evidence.passes(combined::NAME)
            {
                let mut row = Prepared::new(source, arrival);
                state.recogniser.order.clone().read(first.message, &mut row.event);
                self.keep(&mut row, first.severity, arrival);
                let text = || self.kept_of(first.whole).into_owned();
                state.evidence.understood(&row.event, arrival, text);
            }
        }
        drop(guard);
        self.tell_of(drift, source, arrival);
        tell_formats(formats, source);
    }

    /// What is kept of it.
    #[inline(always)]
    fn row<'a>(
        &self,
        said: combined::Request<'a>,
        sender: usize,
        at: Millis,
        arrival: Millis,
    ) -> Request<'a> {
        let (mut path, mut query) = (Cow::Borrowed(said.path), Cow::Borrowed(said.query));
        let mut referrer = Cow::Borrowed(said.referrer);
        if self.config.redact_queries {
            path = redact::address(said.path);
            referrer = redact::address(said.referrer);
            if !said.query.is_empty() {
                query = redact::query(said.query);
            }
        }
        let mut visitor = None;
        let client = match self.config.clients {
            ClientPrivacy::Full if said.is_canonical => Cow::Borrowed(said.client),
            ClientPrivacy::Full => client::canonical(said.client),
            _ => self.hidden(said.client, arrival, &mut visitor),
        };
        Request {
            sender,
            at,
            status: said.status,
            bytes: said.bytes,
            client,
            visitor,
            method: said.method,
            path,
            query,
            protocol: said.protocol,
            referrer,
            agent: said.agent,
        }
    }

    /// What is kept of an address that is not kept whole, and what stands for it.
    fn hidden<'a>(
        &self,
        address: &'a str,
        arrival: Millis,
        visitor: &mut Option<StandIn>,
    ) -> Cow<'a, str> {
        if present(Some(address)).is_none() {
            return Cow::Borrowed("");
        }
        *visitor = Some(self.stand_in(address, arrival));
        match self.config.clients {
            ClientPrivacy::Off => Cow::Borrowed(""),
            _ => client::masked(address),
        }
    }

    /// Who sent a group's lines.
    fn senders<'a>(&'a self, sources: &'a [Arc<Source>]) -> Vec<Sender<'a>> {
        let sender = |source: &'a Arc<Source>| Sender {
            source: &source.name,
            site: self.site.as_deref().or(source.site.as_deref()).unwrap_or_default(),
        };
        sources.iter().map(sender).collect()
    }

    pub(super) fn append_requests(&self, taken: &Taken<'_>) {
        let Taken { senders, rows, .. } = taken;
        if rows.is_empty() {
            return;
        }
        let common = &Common { format: combined::NAME, senders };
        if let Some(apart) = &self.apart {
            return apart.append_requests(common, rows);
        }
        // All of them nearly always.
        for rows in rows.chunk_by(|a, b| a.at.second() == b.at.second()) {
            self.node.open.append_requests(rows[0].at.second(), common, rows);
        }
    }
}

#[cfg(test)]
#[path = "usual_tests.rs"]
mod tests;

//! The hot path, from frames to rows in an open block, on one page.
//!
//! The task that reads is the task that counts: no channel, no hop. Frames are taken in groups
//! small enough for the cache: first all are read into events that borrow from the receive buffer,
//! then each second's block is locked once and takes its rows. What is kept of a line is in `ingest/keep.rs`,
//! a line as a row in `ingest/row.rs`.

mod apart;
mod keep;
mod row;
mod usual;
mod zones;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::RandomState;
use std::ops::RangeInclusive;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use apart::Apart;
pub use apart::{Doubts, Learnt};
pub use keep::{ClientPrivacy, site_of_host};
use row::Prepared;
use zones::Zones;

use crate::aggregate::filter::{Filter, Judge};
use crate::decode::formats::recognise::Found;
use crate::decode::formats::{Catalog, w3c};
use crate::decode::{envelope, stamp, text};
use crate::state::account::Counts;
use crate::state::current::Current;
use crate::state::node::{Listener, Node};
use crate::state::sources::{
    Head, Heads, Peer, Source, SourceCache, SourceKey, SourceState, Sources,
};
use crate::vocab::event::Kind;
use crate::vocab::network::Network;
use crate::vocab::outcome::DropReason;
use crate::vocab::time::{Millis, Second, Stamp};

/// Frames read before their block is locked: 32 events of about 800 bytes are still in the first cache when they
/// are written to its columns.
const GROUP: usize = 32;
/// Open seconds above which a reader seals them itself: a file read at full speed can name more
/// seconds between two ticks than memory should hold blocks for.
const MAX_OPEN_SECONDS: usize = 1024;
/// Sources whose header lines one receiver remembers by itself; with more of them it forgets, and
/// what the source knows is what counts.
const MAX_HEADERS: usize = 256;
/// What is shown of the first line understood, bytes.
const FIRST_LINE_BYTES: usize = 2048;

/// How a line's own time is trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeRule {
    /// Inside `[arrival - past, arrival + ahead]` a line counts at its own time, else at arrival.
    Near { past_ms: i64, ahead_ms: i64 },
    /// The line's time alone (files, replay); arrival only where it has none.
    Line(LineZone),
}

impl TimeRule {
    /// The times that are believed of what arrives then.
    fn near(self, arrival: Millis) -> RangeInclusive<Millis> {
        match self {
            TimeRule::Near { past_ms, ahead_ms } => {
                Millis(arrival.0.saturating_sub(past_ms))
                    ..=Millis(arrival.0.saturating_add(ahead_ms))
            }
            TimeRule::Line(_) => Millis(i64::MIN)..=Millis(i64::MAX),
        }
    }

    /// How far ahead of its arrival a line may count, in seconds, rounded up; `None` for any time.
    #[must_use]
    pub fn ahead_s(self) -> Option<i64> {
        match self {
            TimeRule::Near { ahead_ms, .. } => Some(ahead_ms.saturating_add(999).div_euclid(1000)),
            TimeRule::Line(_) => None,
        }
    }
}

/// The zone of times without one, where arrival tells nothing about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineZone {
    /// Seconds east of UTC.
    Fixed(i32),
    /// This machine's at that time, summer time included.
    Machine,
}

impl LineZone {
    /// Seconds east of UTC at that wall-clock time. In the hour that a clock change repeats `last`, when the line before it
    /// was, says which of the two it is; the first, where nobody knows. In the hour that one leaves out it is 0.
    #[must_use]
    pub fn offset_s(self, wall: Millis, last: impl FnOnce() -> Option<Millis>) -> i32 {
        use chrono::{Local, MappedLocalTime, Offset, TimeDelta, TimeZone};
        let zone = match self {
            LineZone::Fixed(offset_s) => return offset_s,
            LineZone::Machine => Local,
        };
        let Some(wall_clock) = chrono::DateTime::from_timestamp_millis(wall.0) else { return 0 };
        let wall_clock = wall_clock.naive_utc();
        let seconds = |offset: &chrono::FixedOffset| offset.fix().local_minus_utc();
        match zone.offset_from_local_datetime(&wall_clock) {
            MappedLocalTime::None => 0,
            MappedLocalTime::Single(offset) => seconds(&offset),
            MappedLocalTime::Ambiguous(one, other) => {
                let (one, other) = (seconds(&one), seconds(&other));
                let (first, second) = (one.max(other), one.min(other));
                // The end of that hour, which is there once, is said to be there twice.
                let at = wall_clock - TimeDelta::seconds(first.into());
                if seconds(&zone.offset_from_utc_datetime(&at)) != first {
                    return second;
                }
                let early = wall.0 - i64::from(first) * 1_000;
                let goes_back = last().is_some_and(|last| last.0 - early > DISORDER_MS);
                if goes_back { second } else { first }
            }
        }
    }
}

/// Lines of one source are written out of order by no more.
const DISORDER_MS: i64 = 60_000;

/// The operator's wishes about lines, the same for every receiver.
#[derive(Clone, Debug)]
pub struct IngestConfig {
    pub time: TimeRule,
    pub clients: ClientPrivacy,
    pub redact_queries: bool,
    /// Proxies whose `X-Forwarded-For` is believed; empty believes none.
    pub trusted_proxies: Vec<Network>,
    pub exclude: Vec<Filter>,
    /// Lines of one sender that count in a second; 0 is all of them.
    pub max_rate: u64,
    /// Where addresses are not kept whole, clients are told apart by a hash with this key and the
    /// day: in memory only, and of no use to anybody who has not got this process.
    pub visitor_key: RandomState,
}

impl Default for IngestConfig {
    fn default() -> Self {
        IngestConfig {
            time: TimeRule::Near { past_ms: 600_000, ahead_ms: 2_000 },
            clients: ClientPrivacy::Full,
            redact_queries: true,
            trusted_proxies: Vec::new(),
            exclude: Vec::new(),
            max_rate: 0,
            visitor_key: RandomState::new(),
        }
    }
}

/// One frame and who sent it.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    pub peer: &'a Peer,
    pub bytes: &'a [u8],
    /// What is said of it outside of it.
    pub told: Option<&'a Told<'a>>,
}

impl<'a> Frame<'a> {
    /// One of which nothing is said but itself.
    #[must_use]
    pub fn new(peer: &'a Peer, bytes: &'a [u8]) -> Frame<'a> {
        Frame { peer, bytes, told: None }
    }
}

/// What a shipper says of a line: it holds where the line and its syslog header do not say so themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told<'a> {
    pub hostname: Option<&'a str>,
    pub app_name: Option<&'a str>,
    pub at: Option<Millis>,
}

/// A line that was understood only as a message, told to a sender who waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unparsed {
    /// Index into the batch.
    pub frame: usize,
}

/// One receiver's way into the node. Not shared: each reading task has its own.
#[derive(Debug)]
pub struct Ingest {
    node: Arc<Node>,
    listener: Arc<Listener>,
    config: Arc<IngestConfig>,
    /// What the operator excludes.
    excluded: RefCell<Judge>,
    /// Where the wishes may change, and at which version they were read.
    following: Option<(Arc<Current<IngestConfig>>, u64)>,
    sources: SourceCache,
    heads: Heads,
    /// The columns that header lines named here, by source: two files or connections of one source
    /// (`W3SVC1\u_ex.log` and `W3SVC2\u_ex.log`) may have columns of their own.
    headers: HashMap<u32, w3c::Headers>,
    /// Set by the sender (`?site=`): counts where a line names none.
    pub site: Option<Box<str>>,
    /// Set by the sender (`?format=`): the format every line is read as.
    pub format: Option<&'static str>,
    /// Whose rate it is, where the peer is a name that the sender chose.
    pub charged: Option<Peer>,
    /// Set for files: a line without a time that stands before all of its source with one counts then, not at arrival.
    pub first_time: Option<Millis>,
    /// Set for lines that come one by one: those of a file come with what was asked for behind them.
    pub pairs: bool,
    /// Of lines of files.
    zones: RefCell<Zones>,
    /// Set for lines of the past.
    apart: Option<Apart>,
    /// No line goes the short way: what both do has to be the same.
    #[cfg(test)]
    only_the_long_way: bool,
}

/// The format that a source's lines were in, and the one that they are in now.
type Change = (&'static str, &'static str);

/// A line whose header has been read.
struct Line<'a> {
    /// The whole frame as text.
    whole: &'a str,
    /// Bytes of the frame.
    bytes: u64,
    message: &'a str,
    severity: Option<u8>,
    stamp: Option<Stamp>,
    /// Its place among the sources of the group.
    source: usize,
}

impl Ingest {
    #[must_use]
    pub fn new(node: Arc<Node>, listener: Arc<Listener>, config: Arc<IngestConfig>) -> Ingest {
        Ingest {
            node,
            listener,
            excluded: RefCell::new(Judge::new(&config.exclude)),
            config,
            following: None,
            sources: SourceCache::default(),
            heads: Heads::default(),
            headers: HashMap::new(),
            site: None,
            format: None,
            charged: None,
            first_time: None,
            pairs: false,
            zones: RefCell::default(),
            apart: None,
            #[cfg(test)]
            only_the_long_way: false,
        }
    }

    /// With wishes that change while it runs: each batch is counted by one version of them.
    #[must_use]
    pub fn following(
        node: Arc<Node>,
        listener: Arc<Listener>,
        config: &Arc<Current<IngestConfig>>,
    ) -> Ingest {
        // Asked for anew with the first batch, if it was replaced by then.
        let following = Some((Arc::clone(config), u64::MAX));
        Ingest { following, ..Ingest::new(node, listener, config.get()) }
    }

    /// Whether hardly any memory is left, so that what is not here yet had better wait.
    #[must_use]
    pub fn is_short_of_memory(&self) -> bool {
        self.node.memory.is_brimful_with(|| self.node.open.coming())
    }

    #[must_use]
    pub fn listener(&self) -> &Arc<Listener> {
        &self.listener
    }

    /// The latest second that lines of anybody are open for.
    #[must_use]
    pub fn latest_open(&self) -> Option<Second> {
        self.node.open.last()
    }

    /// The formats that lines are tried as.
    #[must_use]
    pub fn formats(&self) -> Catalog {
        self.node.sources.formats()
    }

    #[must_use]
    pub fn sources(&self) -> &Sources {
        &self.node.sources
    }

    /// Counts a batch of frames that arrived at `arrival`. When this returns, every frame has its
    /// final place: a row in an open block, or a named loss. Gives what became of them.
    pub fn batch(&mut self, frames: &[Frame<'_>], arrival: Millis) -> Counts {
        self.batch_with(frames, arrival, &mut |_| {})
    }

    /// As [`Ingest::batch`], telling `unparsed` of each line that fits no format.
    pub fn batch_with(
        &mut self,
        frames: &[Frame<'_>],
        arrival: Millis,
        unparsed: &mut dyn FnMut(Unparsed),
    ) -> Counts {
        if let Some((current, seen)) = &mut self.following
            && let Some(config) = current.newer(seen)
        {
            self.excluded = RefCell::new(Judge::new(&config.exclude));
            self.config = config;
        }
        let Some(within) = self.within_rate(frames, arrival) else {
            return self.groups(frames, arrival, unparsed);
        };
        let mut over = Counts::default();
        over.dropped[DropReason::Rate as usize] = (frames.len() - within.len()) as u64;
        self.listener.account.record(&over);
        let kept: Vec<Frame<'_>> = within.iter().map(|&i| frames[i]).collect();
        let mut sum = self.groups(&kept, arrival, &mut |line| {
            unparsed(Unparsed { frame: within[line.frame] });
        });
        sum.add(&over);
        sum
    }

    /// The places of the frames that their senders' rates leave; `None` where those are all.
    fn within_rate(&self, frames: &[Frame<'_>], arrival: Millis) -> Option<Vec<usize>> {
        let max = self.config.max_rate;
        if max == 0 {
            return None;
        }
        let second = arrival.second();
        let (mut within, mut start) = (Vec::with_capacity(frames.len()), 0);
        let same = |a: &Frame<'_>, b: &Frame<'_>| self.charged.is_some() || a.peer == b.peer;
        for run in frames.chunk_by(same) {
            let peer = self.charged.as_ref().unwrap_or(run[0].peer);
            let granted = self.node.rates.take(peer, run.len() as u64, max, second);
            within.extend(start..start + granted as usize);
            start += run.len();
        }
        (within.len() < frames.len()).then_some(within)
    }

    fn groups(
        &mut self,
        frames: &[Frame<'_>],
        arrival: Millis,
        unparsed: &mut dyn FnMut(Unparsed),
    ) -> Counts {
        let mut sum = Counts::default();
        let listener = Arc::clone(&self.listener);
        for (group, chunk) in frames.chunks(GROUP).enumerate() {
            let bytes = chunk.iter().map(|f| f.bytes.len() as u64).sum();
            let in_flight = listener.account.begin(chunk.len() as u64, bytes);
            // A fault costs the lines of its group and no others: not the connection, and not the thread that
            // drains a socket. What it leaves behind are caches and sums, whole or a row short.
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                self.group(chunk, arrival, &mut |i| {
                    unparsed(Unparsed { frame: group * GROUP + i });
                })
            }));
            let outcome = outcome.unwrap_or_else(|_| {
                self.node.condition.fault();
                let mut lost = Counts::default();
                lost.dropped[DropReason::Fault as usize] = chunk.len() as u64;
                lost
            });
            in_flight.settle(&outcome);
            sum.add(&outcome);
        }
        if self.node.open.len() > MAX_OPEN_SECONDS {
            self.node.flush();
        }
        sum
    }

    fn group(
        &mut self,
        frames: &[Frame<'_>],
        arrival: Millis,
        unparsed: &mut dyn FnMut(usize),
    ) -> Counts {
        let texts: Vec<Cow<'_, str>> = frames.iter().map(|f| text::lossy(f.bytes)).collect();
        let mut sources: Vec<Arc<Source>> = Vec::new();
        let mut lines: Vec<Line<'_>> = Vec::with_capacity(frames.len());
        for (frame, text) in frames.iter().zip(&texts) {
            lines.push(self.line(frame, text, arrival, &mut sources));
        }
        let mut outcome = Counts::default();
        let usual = self.usual(&lines, &sources, arrival, &mut outcome);
        let wholes = self.wholes(&lines[usual.count..], &sources);
        for (line, whole) in lines[usual.count..].iter_mut().zip(&wholes) {
            line.message = whole.as_deref().unwrap_or(line.message);
        }
        let lines = &lines[usual.count..];
        if lines.is_empty() {
            self.append_requests(&usual);
            return outcome;
        }
        let mut rows: Vec<Prepared<'_>> = Vec::with_capacity(lines.len());
        rows.extend(lines.iter().map(|line| Prepared::new(&sources[line.source], arrival)));
        let mut turns: Vec<usize> = Vec::with_capacity(lines.len());
        for source in 0..sources.len() {
            turns.extend((0..lines.len()).filter(|&i| lines[i].source == source));
        }
        let mut told = Vec::new();
        for turns in turns.chunk_by(|&a, &b| lines[a].source == lines[b].source) {
            told.extend(self.read(turns, lines, &mut rows, arrival, &mut outcome));
        }
        for (i, row) in rows.iter().enumerate() {
            if row.event.kind == Kind::Message && !row.passed {
                unparsed(usual.count + i);
            }
        }
        self.append_requests(&usual);
        self.append(&rows);
        for (source, headers) in told {
            self.apart.iter().for_each(Apart::learn);
            if self.headers.len() >= MAX_HEADERS {
                self.headers.clear();
            }
            self.headers.insert(source, headers);
        }
        outcome
    }

    /// Lines that say how a request was answered, with what was asked for; nothing where there are none.
    fn wholes(&self, lines: &[Line<'_>], sources: &[Arc<Source>]) -> Vec<Option<String>> {
        let pairs = &self.node.pairs;
        let may_be_part = |line: &Line<'_>| pairs.may_be_part(line.message);
        if !self.pairs || !lines.iter().any(may_be_part) {
            return Vec::new();
        }
        let look = |line: &Line<'_>| pairs.look(sources[line.source].id, line.message);
        lines.iter().map(|line| may_be_part(line).then(|| look(line)).flatten()).collect()
    }

    /// Takes the header off a line and finds its source.
    fn line<'a>(
        &mut self,
        frame: &Frame<'_>,
        whole: &'a str,
        arrival: Millis,
        sources: &mut Vec<Arc<Source>>,
    ) -> Line<'a> {
        let (peer, bytes) = (frame.peer, frame.bytes.len() as u64);
        let mut place = |source: &Arc<Source>| {
            sources.iter().position(|known| Arc::ptr_eq(known, source)).unwrap_or_else(|| {
                sources.push(Arc::clone(source));
                sources.len() - 1
            })
        };
        // A header is remembered with its source, which is another one where the shipper names it.
        if frame.told.is_none()
            && let Some((head, message)) = self.heads.find(peer, whole)
        {
            let (severity, stamp) = (head.severity, head.stamp);
            return Line { whole, bytes, message, severity, stamp, source: place(&head.source) };
        }
        let envelope = envelope::parse(whole);
        let told = frame.told.copied().unwrap_or_default();
        let hostname = envelope.hostname.or(told.hostname);
        let app_name = envelope.app_name.or(told.app_name);
        let key = SourceKey { peer, hostname, app_name };
        let source = self.sources.get(&self.node.sources, key, &self.listener.label, arrival);
        let (severity, stamp) = (envelope.severity, envelope.stamp.or(told.at.map(Stamp::Utc)));
        let source_at = place(&source);
        if frame.told.is_none()
            && let Some(text) = envelope::header(whole, &envelope)
        {
            self.heads.keep(Head {
                peer: peer.clone(),
                text: text.into(),
                severity,
                stamp,
                source,
            });
        }
        Line { whole, bytes, message: envelope.message, severity, stamp, source: source_at }
    }

    /// Reads the lines of one source, decides what is kept of them and when they count. Its lock is
    /// taken twice for all of them and never while a line is read, so that connections of the same
    /// source do not wait for each other. Gives what header lines said, where there were any.
    fn read<'a>(
        &'a self,
        turns: &[usize],
        lines: &[Line<'a>],
        rows: &mut [Prepared<'a>],
        arrival: Millis,
        outcome: &mut Counts,
    ) -> Option<(u32, w3c::Headers)> {
        let &first = turns.first()?;
        let source = rows[first].source;
        let mut order = source.lock().recogniser.order.clone();
        if let Some(headers) = self.headers.get(&source.id) {
            order.tell(headers);
        }
        let mut found = [Found::NONE; GROUP];
        for (&i, found) in turns.iter().zip(&mut found) {
            let event = &mut rows[i].event;
            let message = lines[i].message;
            *found = match (self.format, source.format) {
                (Some(name), _) => order.read_as(name, message, event),
                (None, Some(name)) => order.read_first_as(name, message, event),
                (None, None) => order.read(message, event),
            };
            self.keep(&mut rows[i], lines[i].severity, arrival);
        }

        let told = order.told().map(|headers| (source.id, headers.clone()));
        if order.has_learnt() {
            self.apart.iter().for_each(Apart::learn);
        }
        let mut state = source.lock();
        let stamps = turns.iter().map(|&i| rows[i].event.stamp.or(lines[i].stamp));
        let elsewhere = self.elsewhere(source, &state, stamps, arrival);
        state.last_heard = arrival;
        state.recogniser.take_back(order);
        let known = state.formats.len();
        let mut run: (&'static str, u64) = ("", 0);
        let mut drift = None;
        // Whether the next line of the run is looked at for evidence: the first of each run, and all
        // while little is known.
        let is_shown = self.apart.is_none();
        let mut curious = is_shown;
        for (&i, found) in turns.iter().zip(found) {
            let (line, row) = (&lines[i], &mut rows[i]);
            if self.format.is_none() && is_shown {
                drift = self.tally(&mut state, found, row.event.kind, line, arrival).or(drift);
            }
            state.counts.received += 1;
            state.counts.bytes += line.bytes;
            let before = state.misdated;
            let stamp = row.event.stamp.or(line.stamp);
            let is_dated = stamp.is_some() || row.event.is_misdated;
            row.at = self.time_of(stamp, is_dated, elsewhere, source, &mut state, arrival);
            let misdated = state.misdated - before;
            row.passed = found == Found::HEADER;
            if row.passed {
                // Counted, for it was understood and nothing of it is lost; but it is no event.
                outcome.counted += 1;
                state.counts.counted += 1;
                state.count_format(row.event.format, 1);
                state
                    .evidence
                    .understood(&row.event, arrival, || self.kept_of(line.whole).into_owned());
                continue;
            }
            row.passed = !self.config.exclude.is_empty() && self.excluded.borrow_mut().means(row);
            if row.passed {
                outcome.drop(DropReason::Excluded);
                state.counts.drop(DropReason::Excluded);
            } else if row.event.kind == Kind::Message {
                outcome.unparsed += 1;
                outcome.misdated += misdated;
                state.counts.unparsed += 1;
                state
                    .evidence
                    .sample(line.message, arrival, |text| self.kept_of(text).into_owned());
            } else {
                outcome.counted += 1;
                outcome.misdated += misdated;
                state.counts.counted += 1;
                // One text of the program's own: another one that says the same is only added by itself.
                if !std::ptr::eq(run.0, row.event.format) {
                    state.count_format(run.0, run.1);
                    run = (row.event.format, 0);
                    curious = is_shown;
                }
                if curious {
                    let text = || self.kept_of(line.whole).into_owned();
                    curious = state.evidence.understood(&row.event, arrival, text);
                }
                run.1 += 1;
                if is_shown && state.first_line.is_none() {
                    let kept = self.kept_of(line.whole);
                    let raw = kept[..kept.floor_char_boundary(FIRST_LINE_BYTES)].into();
                    state.first_line = Some((raw, row.shown()));
                }
            }
        }
        state.count_format(run.0, run.1);
        let formats = names_beyond(known, &state);
        drop(state);
        self.tell_of(drift, source, arrival);
        tell_formats(formats, source);
        told
    }

    /// Takes into account what a line was found to be; gives the old and the new format where the source's changed.
    fn tally(
        &self,
        state: &mut SourceState,
        found: Found,
        kind: Kind,
        line: &Line<'_>,
        arrival: Millis,
    ) -> Option<Change> {
        state.recogniser.tally(found, kind);
        let (old, new) = state.recogniser.drifted()?;
        state.evidence.changed(old, new, arrival, &self.kept_of(line.whole));
        Some((old, new))
    }

    fn tell_of(&self, change: Option<Change>, source: &Source, arrival: Millis) {
        if let Some((old, new)) = change
            && self.node.sources.tells(arrival)
        {
            // By its number, as the API has it: its name is a sender's own text. Not where it was heard first either:
            // its lines may come another way by now.
            let source = source.id;
            tracing::warn!(source, old, new, "the format of a source's lines changed");
        }
    }

    /// When a line counts: of a file that is of another zone than this machine's, `elsewhere` is that. Without a time
    /// that is one it may be `is_dated` all the same.
    fn time_of(
        &self,
        stamp: Option<Stamp>,
        is_dated: bool,
        elsewhere: Option<i32>,
        source: &Source,
        state: &mut SourceState,
        arrival: Millis,
    ) -> Millis {
        let before = || self.apart.as_ref()?.last_time_of(source);
        let mut resolved = |stamp: Stamp| {
            let wall = stamp::resolve(stamp, arrival, 0)?;
            if matches!(stamp, Stamp::Utc(_)) {
                return Some(wall);
            }
            let here = |zone: LineZone| zone.offset_s(wall, || state.last_time.or_else(before));
            let offset = match self.config.time {
                TimeRule::Line(zone) => elsewhere.unwrap_or_else(|| here(zone)),
                TimeRule::Near { .. } => state.zone.offset_for(wall, arrival),
            };
            stamp::resolve(stamp, arrival, offset)
        };
        let own = stamp.and_then(&mut resolved);
        let Some(own) = own else {
            // In a file a line without a time stands where its neighbour does; when it was read
            // says nothing.
            return match self.config.time {
                TimeRule::Line(_) => {
                    state.last_time.or_else(before).or(self.first_time).unwrap_or(arrival)
                }
                TimeRule::Near { .. } => {
                    state.misdated += u64::from(is_dated);
                    arrival
                }
            };
        };
        state.last_time = Some(own);
        if self.config.time.near(arrival).contains(&own) {
            return own;
        }
        state.misdated += 1;
        arrival
    }

    /// Locks each second's block once.
    fn append(&self, rows: &[Prepared<'_>]) {
        if let Some(apart) = &self.apart {
            return apart.append(rows);
        }
        let mut done: Vec<Second> = Vec::with_capacity(2);
        for (i, first) in rows.iter().enumerate() {
            let second = first.at.second();
            if first.passed || done.contains(&second) {
                continue;
            }
            done.push(second);
            let all = second.start().0..second.plus(1).start().0;
            let mine = rows[i..].iter().filter(|r| all.contains(&r.at.0) && !r.passed);
            let mut ready = Vec::with_capacity(rows.len() - i);
            ready.extend(mine);
            self.node.open.append(second, &ready);
        }
    }
}

/// The formats of a source that has more than it had.
fn names_beyond(known: usize, state: &SourceState) -> Option<Vec<&'static str>> {
    let is_told = state.formats.len() > known && tracing::enabled!(tracing::Level::DEBUG);
    is_told.then(|| state.formats.keys().copied().collect())
}

/// Tells them by the source's number, as a change of format is told: once for each format of a source.
fn tell_formats(formats: Option<Vec<&'static str>>, source: &Source) {
    if let Some(formats) = formats {
        tracing::debug!(source = source.id, formats = formats.join(", "), "lines are recognised");
    }
}

#[cfg(test)]
#[path = "ingest_tests.rs"]
mod tests;

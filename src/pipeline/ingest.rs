//! The hot path, from frames to rows in an open block, on one page.
//!
//! The task that reads is the task that counts: no channel, no hop. Frames are taken in groups
//! small enough for the cache: first all are read into events that borrow from the receive buffer,
//! then each second's block is locked once and takes its rows.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::aggregate::filter::{Filter, Judge};
use crate::aggregate::row::Fields;
use crate::aggregate::wire::EventRow;
use crate::decode::envelope;
use crate::decode::formats::recognise::Found;
use crate::decode::formats::{Catalog, absolute, w3c};
use crate::decode::redact::line::Addresses;
use crate::decode::stamp;
use crate::decode::{agent, client, forwarded, redact, text};
use crate::state::account::Counts;
use crate::state::current::Current;
use crate::state::node::{Listener, Node};
use crate::state::sources::{Head, Heads, Peer, Source, SourceCache, SourceKey, SourceState};
use crate::vocab::event::{Event, Kind, Level};
use crate::vocab::field::Field;
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

/// The zone of times without one, where arrival tells nothing about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineZone {
    /// Seconds east of UTC.
    Fixed(i32),
    /// This machine's at that time, summer time included.
    Machine,
}

impl LineZone {
    /// Seconds east of UTC at that wall-clock time.
    #[must_use]
    pub fn offset_s(self, wall: Millis) -> i32 {
        use chrono::{Local, Offset, TimeZone};
        match self {
            LineZone::Fixed(offset_s) => offset_s,
            LineZone::Machine => chrono::DateTime::from_timestamp_millis(wall.0)
                .map(|t| Local.offset_from_local_datetime(&t.naive_utc()))
                .and_then(|offset| offset.earliest())
                .map_or(0, |offset| offset.fix().local_minus_utc()),
        }
    }
}

/// What is kept of client addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientPrivacy {
    #[default]
    Full,
    /// IPv4 to /24, IPv6 to /48.
    Masked,
    Off,
}

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
}

/// A line whose header has been read.
struct Line<'a> {
    /// The whole frame as text.
    whole: &'a str,
    message: &'a str,
    severity: Option<u8>,
    stamp: Option<Stamp>,
    /// Its place among the sources of the group.
    source: usize,
}

/// A line ready for its block. The event's client, query and host are what is kept of them: the
/// canonical or masked address, the redacted query, the site.
struct Prepared<'a> {
    event: Event<'a>,
    visitor: Option<StandIn>,
    source: &'a Source,
    at: Millis,
    /// Becomes no row: excluded by the operator, or a header line.
    passed: bool,
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

    #[must_use]
    pub fn listener(&self) -> &Arc<Listener> {
        &self.listener
    }

    /// The formats that lines are tried as.
    #[must_use]
    pub fn formats(&self) -> Catalog {
        self.node.sources.formats()
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
            lines.push(self.line(frame.peer, text, arrival, &mut sources));
        }
        let mut rows: Vec<Prepared<'_>> = Vec::with_capacity(frames.len());
        rows.extend(lines.iter().map(|line| Prepared::new(&sources[line.source], arrival)));
        let mut turns: Vec<usize> = Vec::with_capacity(lines.len());
        for source in 0..sources.len() {
            turns.extend((0..lines.len()).filter(|&i| lines[i].source == source));
        }
        let mut outcome = Counts::default();
        let mut told = Vec::new();
        for turns in turns.chunk_by(|&a, &b| lines[a].source == lines[b].source) {
            told.extend(self.read(turns, frames, &lines, &mut rows, arrival, &mut outcome));
        }
        for (i, row) in rows.iter().enumerate() {
            if row.event.kind == Kind::Message && !row.passed {
                unparsed(i);
            }
        }
        self.append(&rows);
        for (source, headers) in told {
            if self.headers.len() >= MAX_HEADERS {
                self.headers.clear();
            }
            self.headers.insert(source, headers);
        }
        outcome
    }

    /// Takes the header off a line and finds its source.
    fn line<'a>(
        &mut self,
        peer: &Peer,
        whole: &'a str,
        arrival: Millis,
        sources: &mut Vec<Arc<Source>>,
    ) -> Line<'a> {
        let mut place = |source: &Arc<Source>| {
            sources.iter().position(|known| Arc::ptr_eq(known, source)).unwrap_or_else(|| {
                sources.push(Arc::clone(source));
                sources.len() - 1
            })
        };
        if let Some((head, message)) = self.heads.find(peer, whole) {
            let (severity, stamp) = (head.severity, head.stamp);
            return Line { whole, message, severity, stamp, source: place(&head.source) };
        }
        let envelope = envelope::parse(whole);
        let key = SourceKey { peer, hostname: envelope.hostname, app_name: envelope.app_name };
        let source = self.sources.get(&self.node.sources, key, &self.listener.label, arrival);
        let (severity, stamp) = (envelope.severity, envelope.stamp);
        let source_at = place(&source);
        if let Some(text) = envelope::header(whole, &envelope) {
            self.heads.keep(Head {
                peer: peer.clone(),
                text: text.into(),
                severity,
                stamp,
                source,
            });
        }
        Line { whole, message: envelope.message, severity, stamp, source: source_at }
    }

    /// Reads the lines of one source, decides what is kept of them and when they count. Its lock is
    /// taken twice for all of them and never while a line is read, so that connections of the same
    /// source do not wait for each other. Gives what header lines said, where there were any.
    fn read<'a>(
        &'a self,
        turns: &[usize],
        frames: &[Frame<'_>],
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
        let mut state = source.lock();
        state.last_heard = arrival;
        state.recogniser.take_back(order);
        let mut run: (&'static str, u64) = ("", 0);
        let mut drift = None;
        // Whether the next line of the run is looked at for evidence: the first of each run, and all
        // while little is known.
        let mut curious = true;
        for (&i, found) in turns.iter().zip(found) {
            let (line, row) = (&lines[i], &mut rows[i]);
            if self.format.is_none() {
                state.recogniser.tally(found, row.event.kind);
                if let Some((old, new)) = state.recogniser.drifted() {
                    state.evidence.changed(old, new, arrival, &self.kept_of(line.whole));
                    drift = Some((old, new));
                }
            }
            state.counts.received += 1;
            state.counts.bytes += frames[i].bytes.len() as u64;
            row.at = self.time_of(&row.event, line.stamp, &mut state, arrival);
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
                state.counts.unparsed += 1;
                state
                    .evidence
                    .sample(line.message, arrival, |text| self.kept_of(text).into_owned());
            } else {
                outcome.counted += 1;
                state.counts.counted += 1;
                // One text of the program's own: another one that says the same is only added by itself.
                if !std::ptr::eq(run.0, row.event.format) {
                    state.count_format(run.0, run.1);
                    run = (row.event.format, 0);
                    curious = true;
                }
                if curious {
                    let text = || self.kept_of(line.whole).into_owned();
                    curious = state.evidence.understood(&row.event, arrival, text);
                }
                run.1 += 1;
                if state.first_line.is_none() {
                    let raw = clip(&self.kept_of(line.whole), FIRST_LINE_BYTES).into();
                    state.first_line = Some((raw, row.shown()));
                }
            }
        }
        state.count_format(run.0, run.1);
        drop(state);
        if let Some((old, new)) = drift
            && self.node.sources.tells(arrival)
        {
            let (source, listener) = (source.id, &source.listener);
            tracing::warn!(source, %listener, old, new, "the format of a source's lines changed");
        }
        told
    }

    /// What may be kept of a line as a whole: without secrets, and with addresses as `clients` has
    /// them.
    fn kept_of<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let line =
            if self.config.redact_queries { redact::line::secrets(line) } else { line.into() };
        let addresses = match self.config.clients {
            ClientPrivacy::Full => return line,
            ClientPrivacy::Masked => Addresses::Mask,
            ClientPrivacy::Off => Addresses::Remove,
        };
        match line {
            Cow::Borrowed(line) => redact::line::addresses(line, addresses),
            Cow::Owned(line) => Cow::Owned(redact::line::addresses(&line, addresses).into_owned()),
        }
    }

    /// Puts what is kept of client, query and host in their places.
    fn keep<'a>(&'a self, row: &mut Prepared<'a>, severity: Option<u8>, arrival: Millis) {
        let event = &mut row.event;
        if event.level.is_none() && event.kind != Kind::Access {
            event.level = severity.and_then(|s| Level::ALL.get(usize::from(s)).copied());
        }
        if row.source.cache {
            absolute::take_apart(event);
        }
        if !self.config.trusted_proxies.is_empty() {
            forwarded::resolve(event, &self.config.trusted_proxies);
        }
        if let Some(ip) = event.remote_ip.take() {
            if self.config.clients != ClientPrivacy::Full {
                row.visitor = Some(self.stand_in(&ip, arrival));
            }
            event.remote_ip = match self.config.clients {
                ClientPrivacy::Full => Some(canonical(ip)),
                ClientPrivacy::Masked => Some(Cow::Owned(client::masked(&ip).into_owned())),
                ClientPrivacy::Off => None,
            };
        }
        if self.config.redact_queries
            && let Some(query) = event.query.take()
        {
            event.query = Some(redact_query(query));
        }
        // A message quotes requests and addresses wherever it likes.
        if event.kind != Kind::Access
            && let Some(message) = event.message.take()
        {
            event.message = Some(match message {
                Cow::Borrowed(text) => self.kept_of(text),
                Cow::Owned(text) => Cow::Owned(self.kept_of(&text).into_owned()),
            });
        }
        event.host = match event.host.take() {
            Some(host) => Some(site_of_host(host)),
            None => self.site.as_deref().or(row.source.site.as_deref()).map(Cow::Borrowed),
        };
    }

    /// The same client has the same stand-in for a day of UTC.
    fn stand_in(&self, ip: &str, arrival: Millis) -> StandIn {
        const DAY_MS: i64 = 86_400_000;
        let day = arrival.0.div_euclid(DAY_MS);
        StandIn::of(self.config.visitor_key.hash_one((client::canonical(ip), day)))
    }

    fn time_of(
        &self,
        event: &Event<'_>,
        header: Option<Stamp>,
        state: &mut SourceState,
        arrival: Millis,
    ) -> Millis {
        let mut resolved = |stamp: Stamp| {
            let wall = stamp::resolve(stamp, arrival, 0)?;
            if matches!(stamp, Stamp::Utc(_)) {
                return Some(wall);
            }
            let offset = match self.config.time {
                TimeRule::Line(zone) => zone.offset_s(wall),
                TimeRule::Near { .. } => state.zone.offset_for(wall, arrival),
            };
            stamp::resolve(stamp, arrival, offset)
        };
        let own = match event.stamp {
            Some(stamp) => resolved(stamp),
            None => header.and_then(&mut resolved),
        };
        let Some(own) = own else {
            // In a file a line without a time stands where its neighbour does; when it was read
            // says nothing.
            return match self.config.time {
                TimeRule::Line(_) => state.last_time.unwrap_or(arrival),
                TimeRule::Near { .. } => arrival,
            };
        };
        state.last_time = Some(own);
        match self.config.time {
            TimeRule::Line(_) => own,
            TimeRule::Near { past_ms, ahead_ms } => {
                let off = own.0.saturating_sub(arrival.0);
                if off < -past_ms || off > ahead_ms {
                    state.misdated += 1;
                    arrival
                } else {
                    own
                }
            }
        }
    }

    /// Locks each second's block once.
    fn append(&self, rows: &[Prepared<'_>]) {
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

/// Stands for a client whose address is not kept whole: a hash as sixteen digits.
struct StandIn([u8; 16]);

impl StandIn {
    fn of(hash: u64) -> StandIn {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        StandIn(std::array::from_fn(|at| DIGITS[(hash >> (60 - 4 * at)) as usize & 15]))
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<'a> Prepared<'a> {
    fn new(source: &'a Source, at: Millis) -> Self {
        Prepared { event: Event::default(), visitor: None, source, at, passed: false }
    }
}

impl Fields for Prepared<'_> {
    fn ms(&self) -> u16 {
        self.at.of_second()
    }

    fn kind(&self) -> Kind {
        self.event.kind
    }

    fn status(&self) -> u16 {
        self.event.status.unwrap_or(0)
    }

    fn bytes(&self) -> Option<u64> {
        self.event.bytes
    }

    fn bytes_in(&self) -> Option<u64> {
        self.event.bytes_in
    }

    fn request_us(&self) -> Option<u32> {
        narrow(self.event.request_time_us)
    }

    fn upstream_us(&self) -> Option<u32> {
        narrow(self.event.upstream_time_us)
    }

    #[inline(always)]
    fn text(&self, field: Field) -> Option<&str> {
        let e = &self.event;
        match field {
            Field::Site => e.host.as_deref(),
            Field::Source => Some(&self.source.name),
            Field::Client => e.remote_ip.as_deref(),
            Field::Visitor => self.visitor.as_ref().map(StandIn::as_str),
            Field::Method => e.method.as_deref(),
            Field::Path => e.path.as_deref(),
            Field::Query => e.query.as_deref(),
            Field::Protocol => e.protocol.as_deref(),
            Field::Referrer => e.referrer.as_deref(),
            Field::Agent => e.user_agent.as_deref(),
            Field::User => e.user.as_deref(),
            Field::Upstream => e.upstream.as_deref(),
            Field::Cache => e.cache_status.as_deref(),
            Field::Level => e.level.map(Level::name),
            Field::Message => e.message.as_deref(),
            Field::Format => Some(e.format).filter(|f| !f.is_empty()),
            Field::Scheme => e.scheme.as_deref(),
            Field::Tls => e.tls_version.as_deref(),
            Field::Cipher => e.tls_cipher.as_deref(),
            Field::Mime => e.mime.as_deref().map(media_type),
        }
    }
}

/// Microseconds as columns have them, up to an hour and some minutes.
fn narrow(us: Option<u64>) -> Option<u32> {
    us.map(|us| u32::try_from(us).unwrap_or(u32::MAX))
}

impl Prepared<'_> {
    /// The event as the page shows it, for "how your first line was understood".
    fn shown(&self) -> EventRow {
        let e = &self.event;
        let own = |t: &Option<Cow<'_, str>>| t.as_deref().map(str::to_owned);
        EventRow {
            kind: e.kind.name().to_owned(),
            time: rfc3339_ms(self.at),
            source: self.source.name.to_string(),
            host: own(&e.host).filter(|s| s != "-"),
            remote_ip: own(&e.remote_ip),
            user: own(&e.user),
            method: own(&e.method),
            path: own(&e.path),
            query: own(&e.query),
            protocol: own(&e.protocol),
            status: e.status,
            bytes: e.bytes,
            bytes_in: e.bytes_in,
            referrer: own(&e.referrer),
            user_agent: own(&e.user_agent),
            agent: e.user_agent.as_deref().map(|ua| agent::classify(ua).family.to_string()),
            request_time_s: e.request_time_us.map(seconds),
            upstream_time_s: e.upstream_time_us.map(seconds),
            upstream: own(&e.upstream),
            cache_status: own(&e.cache_status),
            scheme: own(&e.scheme),
            tls_version: own(&e.tls_version),
            tls_cipher: own(&e.tls_cipher),
            mime: own(&e.mime),
            level: e.level.map(|l| l.name().to_owned()),
            message: own(&e.message),
            format: Some(e.format.to_owned()).filter(|f| !f.is_empty()),
        }
    }
}

/// `text/html` of `text/html; charset=utf-8`: with its parameters one type would be many.
fn media_type(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or("").trim_end()
}

fn rfc3339_ms(at: Millis) -> String {
    chrono::DateTime::from_timestamp_millis(at.0)
        .unwrap_or_default()
        .to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}

fn seconds(us: u64) -> f64 {
    us as f64 / 1e6
}

fn clip(s: &str, max: usize) -> &str {
    let mut end = s.len().min(max);
    while !s.is_char_boundary(end) {
        end -= 1;
    }
    &s[..end]
}

fn canonical(ip: Cow<'_, str>) -> Cow<'_, str> {
    match ip {
        Cow::Borrowed(s) => client::canonical(s),
        Cow::Owned(s) => Cow::Owned(client::canonical(&s).into_owned()),
    }
}

fn redact_query(query: Cow<'_, str>) -> Cow<'_, str> {
    match query {
        Cow::Borrowed(s) => redact::query(s),
        Cow::Owned(s) => Cow::Owned(redact::query(&s).into_owned()),
    }
}

/// A host as a site: lower case, without the port that its scheme implies.
#[must_use]
pub fn site_of_host(host: Cow<'_, str>) -> Cow<'_, str> {
    let trimmed = host
        .strip_suffix(":80")
        .or_else(|| host.strip_suffix(":443"))
        .filter(|rest| !rest.is_empty() && (!rest.contains(':') || rest.ends_with(']')))
        .unwrap_or(&host);
    if trimmed.len() == host.len() && !trimmed.bytes().any(|b| b.is_ascii_uppercase()) {
        return host;
    }
    Cow::Owned(trimmed.to_ascii_lowercase())
}

#[cfg(test)]
#[path = "ingest_tests.rs"]
mod tests;

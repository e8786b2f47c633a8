//! What goes to browsers: one channel per distinct subscription, every message encoded once.
//!
//! A session takes a receiver *before* its snapshot and then drops what is not newer than it, so
//! there is neither a gap nor a double. `seq` is the number of the tick: a snapshot of `seq` n holds
//! everything up to tick n. A session that falls behind gets a fresh snapshot, never a backlog.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::{broadcast, watch as signal};

use super::batch::Batch;
use super::haste::Haste;
use super::turns::{Due, Turns};
use super::{guest, watch};
use crate::aggregate::ask::Asks;
use crate::aggregate::filter::Filter;
use crate::aggregate::order::Topics;
use crate::aggregate::wire::{
    Anomaly, AnomalyTold, Bye, EventRow, Forgotten, Hello, HostPoint, ListenerInfo, Point,
    ServerMessage, Snapshot, Snippet, SourceInfo, Status, Summary, Tail, Tick,
};
use crate::decode::text::harmless;
use crate::state::live::{LOOKS, ViewId};
use crate::state::node::Node;
use crate::vocab::time::{Millis, Second};

/// Ticks a session may fall behind before it is resynchronised by a snapshot.
const BACKLOG: usize = 8;
/// Sources listed in a tick; `/api/v1/sources` has them all.
const MAX_SOURCES_SHOWN: usize = 64;
/// Markers that go with a tick; `/api/v1/markers` has them all.
const MAX_MARKERS_SHOWN: usize = 100;
/// Anomalies that wait for whoever tells them on, beyond which the oldest are lost to him.
const TOLD: usize = 1_024;
/// Seconds that all views together may span: a second of a view takes some 200 bytes, so this is
/// 80 MiB, for 480 views of a quarter of an hour, or five of a day.
const MAX_VIEW_SECONDS: u64 = 5 * 86_400;

/// One closed second, or lines of one that is not over yet; shared by every session of a subscription.
#[derive(Debug)]
pub struct Update {
    pub seq: u64,
    /// Rises with each update.
    pub edition: u64,
    /// Of a closed second.
    tick: Option<Bytes>,
    tail: Bytes,
    /// What began, changed or ended in it, one text each; the same for every subscription.
    anomalies: Arc<[Bytes]>,
    /// By the topics that are told.
    batches: [OnceLock<Batch>; 8],
}

impl Update {
    /// What a session is told of it, who wants to hear of these.
    #[must_use]
    pub fn batch(&self, topics: Topics) -> &Batch {
        let Topics { tick, tail, anomaly, bands: _ } = topics;
        let place = usize::from(tick) | usize::from(tail) << 1 | usize::from(anomaly) << 2;
        self.batches[place].get_or_init(|| {
            let tick = self.tick.as_ref().filter(|_| tick);
            let texts = tick.into_iter().chain(tail.then_some(&self.tail));
            let anomalies = if anomaly { &self.anomalies[..] } else { &[] };
            Batch::new(texts.chain(anomalies).cloned().collect())
        })
    }
}

/// All places for distinct filters and windows are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyViews;

/// What sessions with the same filter and window share.
#[derive(Debug)]
struct Channel {
    view: ViewId,
    users: usize,
    /// Of these, who want single lines.
    readers: usize,
    sender: broadcast::Sender<Arc<Update>>,
    /// Without and with latency bands.
    snapshots: [Option<Taken>; 2],
}

impl Channel {
    fn of(view: ViewId) -> Channel {
        let sender = broadcast::channel(BACKLOG * (LOOKS + 1)).0;
        Channel { view, users: 0, readers: 0, sender, snapshots: [None, None] }
    }

    /// One more user, who hears of what comes from now on.
    fn join(&mut self) -> broadcast::Receiver<Arc<Update>> {
        self.users += 1;
        self.sender.subscribe()
    }
}

/// A snapshot, and up to where it holds everything.
#[derive(Clone, Debug, Default)]
pub struct Taken {
    pub seq: u64,
    pub edition: u64,
    pub batch: Arc<Batch>,
}

/// Filter, window of seconds, lists, and the site whose guests are told; all others share what there is.
type Key = (String, u32, Asks, Option<Arc<str>>);

/// All subscriptions of this node.
#[derive(Debug)]
pub struct Feed {
    node: Arc<Node>,
    hello: Mutex<Hello>,
    channels: Mutex<HashMap<Key, Channel>>,
    /// Subscriptions that ended since the channels were looked at, and whether they read lines.
    left: Mutex<Vec<(Key, bool)>>,
    max_views: usize,
    /// Number of the newest tick.
    seq: AtomicU64,
    /// Number of the newest update of any channel; changed under their lock.
    edition: AtomicU64,
    told: broadcast::Sender<Arc<Anomaly>>,
    /// How many clients were.
    forgotten: signal::Sender<u64>,
    /// Sessions open now, and snapshots sent because a session fell behind.
    pub sessions: AtomicU64,
    pub resyncs: AtomicU64,
    /// Sessions up to which lines are told before their second is over.
    pub tail_at_once: AtomicU64,
    /// Looks at which lines were left to the end of their second: too many sessions, or lines.
    pub held_back: AtomicU64,
    haste: Mutex<Haste>,
    turns: Turns,
}

/// A session's place in a subscription; leaving it frees what nobody else uses.
#[derive(Debug)]
pub struct Subscription {
    feed: Arc<Feed>,
    key: Key,
    is_reader: bool,
    pub updates: broadcast::Receiver<Arc<Update>>,
}

impl Drop for Subscription {
    /// Noted alone: a tick has the channels while it waits for who counts in the window, and a task would wait with it.
    fn drop(&mut self) {
        self.feed.left().push((self.key.clone(), self.is_reader));
    }
}

impl Subscription {
    /// Single lines are told before their second is over, as long as there is somebody who wants that.
    pub fn read_lines(&mut self) {
        if !std::mem::replace(&mut self.is_reader, true)
            && let Some(channel) = self.feed.channels().get_mut(&self.key)
        {
            channel.readers += 1;
        }
    }

    /// The state of this subscription now.
    #[must_use]
    pub fn snapshot(&self, bands: bool) -> Taken {
        self.feed.snapshot(&self.key, bands)
    }
}

impl Feed {
    #[must_use]
    pub fn new(node: Arc<Node>, hello: Hello, max_views: usize) -> Arc<Feed> {
        Arc::new(Feed {
            node,
            hello: Mutex::new(hello),
            channels: Mutex::new(HashMap::new()),
            left: Mutex::default(),
            max_views,
            seq: AtomicU64::new(0),
            edition: AtomicU64::new(0),
            told: broadcast::channel(TOLD).0,
            forgotten: signal::Sender::new(0),
            sessions: AtomicU64::new(0),
            resyncs: AtomicU64::new(0),
            tail_at_once: AtomicU64::new(u64::MAX),
            held_back: AtomicU64::new(0),
            haste: Mutex::default(),
            turns: Turns::default(),
        })
    }

    /// Until it is dropped nobody begins to open a view: what comes does not wait for all who want one.
    pub(super) fn due(&self) -> Due<'_> {
        self.turns.due()
    }

    /// The channels, without those that everybody has left. Waits for a tick that waits for the window: not for a task.
    fn channels(&self) -> MutexGuard<'_, HashMap<Key, Channel>> {
        let mut channels = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        // Not held while the window is waited for: who leaves does not wait.
        let left = std::mem::take(&mut *self.left());
        for (key, is_reader) in left {
            let Some(channel) = channels.get_mut(&key) else { continue };
            channel.users -= 1;
            channel.readers -= usize::from(is_reader);
            if channel.users == 0 {
                let view = channel.view;
                channels.remove(&key);
                self.node.live_mut().release(view, &key.2);
            }
        }
        channels
    }

    fn left(&self) -> MutexGuard<'_, Vec<(Key, bool)>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The greeting, with the server's clock put in by the caller.
    #[must_use]
    pub fn hello(&self, now_ms: i64, site: Option<&str>) -> Bytes {
        let mut hello = self.hello.lock().unwrap_or_else(PoisonError::into_inner).clone();
        hello.seq = self.seq.load(Ordering::Acquire);
        hello.now_ms = now_ms;
        hello.forgets = *self.forgotten.borrow();
        hello.listeners = self.listeners();
        hello.geo = self.node.geo.info();
        if let Some(site) = site {
            guest::hello(&mut hello, site);
        }
        encode(&ServerMessage::Hello(hello))
    }

    /// What pages offer from now on to be pasted.
    pub fn set_snippets(&self, snippets: Vec<Snippet>) {
        self.hello.lock().unwrap_or_else(PoisonError::into_inner).snippets = snippets;
    }

    #[must_use]
    pub fn bye(&self, reason: &str) -> Bytes {
        let seq = self.seq.load(Ordering::Acquire);
        encode(&ServerMessage::Bye(Bye { seq, reason: reason.to_owned() }))
    }

    /// What a session is told where a client was forgotten.
    #[must_use]
    pub fn forgotten(&self) -> Bytes {
        encode(&ServerMessage::Forgotten(Forgotten { seq: self.seq() }))
    }

    /// A client was taken out of the window: no snapshot of before is given out any more, and every session
    /// hears of it, a paused one too. What waits in the channels of before is left by who takes a snapshot.
    pub fn forget(&self) {
        for channel in self.channels().values_mut() {
            channel.snapshots = [None, None];
        }
        self.forgotten.send_modify(|count| *count += 1);
    }

    /// Changes with each client that is forgotten from now on.
    #[must_use]
    pub fn forgets(&self) -> signal::Receiver<u64> {
        self.forgotten.subscribe()
    }

    #[must_use]
    pub fn seq(&self) -> u64 {
        self.seq.load(Ordering::Acquire)
    }

    /// Whether a session that is told this next, and not what came since, has fallen behind.
    #[must_use]
    pub fn is_behind(&self, update: &Update) -> bool {
        self.seq() >= update.seq + BACKLOG as u64
    }

    /// Joins (or opens) the subscription of this filter, window of seconds and lists. Opening one scans the
    /// window once, so call it where blocking for some 10 ms is fine.
    ///
    /// # Errors
    /// When it would be one view, more seconds or more memory of views than there may be.
    pub fn subscribe(
        self: &Arc<Feed>,
        filter: &Filter,
        window_s: u32,
        asks: &Asks,
        site: Option<&Arc<str>>,
        now: Second,
    ) -> Result<Subscription, TooManyViews> {
        // A guest's filter must be within his site already; what no filter reaches goes by the key.
        let key = (filter.to_string(), window_s, asks.clone(), site.cloned());
        let joined = self.channels().get_mut(&key).map(Channel::join);
        let updates = match joined {
            Some(updates) => updates,
            None => self.open(&key, filter, now)?,
        };
        Ok(Subscription { feed: Arc::clone(self), key, is_reader: false, updates })
    }

    /// Opens a subscription that is not there yet, and joins it.
    fn open(
        &self,
        key: &Key,
        filter: &Filter,
        now: Second,
    ) -> Result<broadcast::Receiver<Arc<Update>>, TooManyViews> {
        // One at a time: somebody else may have opened the same until it is our turn, and nobody does after.
        let _turn = self.turns.slow();
        let mut channels = self.channels();
        if let Some(channel) = channels.get_mut(key) {
            return Ok(channel.join());
        }
        let (_, window_s, asks, _) = key;
        // Those who see other lists of the same share its seconds.
        let views: BTreeSet<(&str, u32)> =
            channels.keys().map(|(filter, span_s, ..)| (filter.as_str(), *span_s)).collect();
        let spanned: u64 = views.iter().map(|(_, span_s)| u64::from(*span_s)).sum();
        let is_new = !views.contains(&(key.0.as_str(), *window_s));
        let full = channels.len() >= self.max_views.max(1)
            || (is_new && spanned + u64::from(*window_s) > MAX_VIEW_SECONDS)
            || (is_new && self.node.memory.is_full());
        // One view is always possible, however small the limits are.
        let is_first = channels.is_empty();
        drop(channels);
        // Without the channels: whoever comes to a view that is there does not wait until this one is counted.
        let mut live = self.node.live_mut();
        if (full || (is_new && !live.has_room_for(asks))) && !is_first {
            return Err(TooManyViews);
        }
        let view = live.view(filter, *window_s, asks, now);
        drop(live);
        let mut channels = self.channels();
        Ok(channels.entry(key.clone()).or_insert_with(|| Channel::of(view)).join())
    }

    fn snapshot(&self, key: &Key, bands: bool) -> Taken {
        let mut channels = self.channels();
        // Updates are published under this same lock, so the view stands exactly at these.
        let seq = self.seq.load(Ordering::Acquire);
        let edition = self.edition.load(Ordering::Relaxed);
        let nothing = Taken { seq, edition, ..Taken::default() };
        let Some(channel) = channels.get_mut(key) else { return nothing };
        if let Some(kept) = &channel.snapshots[usize::from(bands)] {
            return kept.clone();
        }
        let text = self.view_whole(key, channel.view, seq, bands);
        let taken = Taken { batch: Arc::new(Batch::new(vec![text])), ..nothing };
        channel.snapshots[usize::from(bands)] = Some(taken.clone());
        taken
    }

    fn view_whole(&self, key: &Key, view: ViewId, seq: u64, bands: bool) -> Bytes {
        let view = self.node.live().snapshot(view, &key.2);
        let (mut series, mut tail) = (view.series, view.tail);
        let site = key.3.as_deref();
        if site.is_none() {
            self.node.host_load.fill(&mut series);
        }
        if !bands {
            series.bands = Vec::new();
        }
        let mut status = self.status(view.summary, view.visitors_now);
        let mut anomalies = self.node.anomalies().snapshot();
        if let Some(site) = site {
            guest::status(&mut status, site);
            guest::anomalies(&mut anomalies, site);
            guest::events(&mut tail);
        }
        encode(&ServerMessage::Snapshot(Box::new(Snapshot {
            seq,
            filter: key.0.clone(),
            window_s: key.1,
            series,
            status,
            tail,
            tail_matched: view.tail_matched,
            anomalies,
        })))
    }

    /// Every anomaly that begins, changes or ends from now on, for whoever tells people.
    #[must_use]
    pub fn anomalies(&self) -> broadcast::Receiver<Arc<Anomaly>> {
        self.told.subscribe()
    }

    fn listeners(&self) -> Vec<ListenerInfo> {
        self.node.listeners().iter().map(|l| l.info()).collect()
    }

    fn sources(&self) -> Vec<SourceInfo> {
        self.node.sources.all().iter().take(MAX_SOURCES_SHOWN).map(|s| s.info(false)).collect()
    }

    fn status(&self, mut summary: Summary, visitors_now: u64) -> Status {
        summary.accounting = self.node.accounting().to_wire();
        summary.unwritten_since = self.node.unwritten_since();
        let kept = self.node.live().kept();
        Status {
            summary,
            sources: self.sources(),
            listeners: self.listeners(),
            kept,
            visitors_now,
            markers: self.node.markers.newest(MAX_MARKERS_SHOWN),
            ended: self.node.has_ended(),
        }
    }

    /// Closes `second` in the window and tells every subscription. One call per second, from the
    /// tick; the cost is one encoding per distinct subscription, however many sessions it has.
    pub fn close(&self, second: Second, host: Option<HostPoint>) {
        if let Some(point) = host {
            self.node.host_load.push(second, point);
        }
        let mut channels = self.channels();
        let closed = self.node.live_mut().close(second);
        let anomalies = watch::close(&self.node, &closed, host.as_ref());
        let seq = self.seq.load(Ordering::Acquire) + 1;
        let edition = self.edition.fetch_add(1, Ordering::Relaxed) + 1;
        let shared = channels.values().any(|c| c.sender.receiver_count() > 0).then(|| {
            (
                self.sources(),
                self.listeners(),
                self.node.accounting().to_wire(),
                self.node.live().kept(),
                self.node.markers.newest(MAX_MARKERS_SHOWN),
            )
        });
        let texts: Arc<[Bytes]> = anomalies.iter().map(|a| told(seq, a)).collect();
        for (key, channel) in channels.iter_mut() {
            channel.snapshots = [None, None];
            let Some((sources, listeners, accounting, kept, markers)) = &shared else { continue };
            if channel.sender.receiver_count() == 0 {
                continue;
            }
            let mut update = self.node.live().update(channel.view, &key.2);
            let mut summary = update.summary;
            summary.accounting = accounting.clone();
            summary.unwritten_since = self.node.unwritten_since();
            let mut status = Status {
                summary,
                sources: sources.clone(),
                listeners: listeners.clone(),
                kept: kept.clone(),
                visitors_now: update.visitors_now,
                markers: markers.clone(),
                ended: self.node.has_ended(),
            };
            let mut point = Point { host, ..update.point };
            let mut anomalies_seen = Arc::clone(&texts);
            if let Some(site) = key.3.as_deref() {
                guest::status(&mut status, site);
                point.host = None;
                guest::events(&mut update.tail);
                let mut seen = anomalies.clone();
                guest::anomalies(&mut seen, site);
                anomalies_seen = seen.iter().map(|anomaly| told(seq, anomaly)).collect();
            }
            let tick = Tick { seq, point, corrections: update.corrections, status };
            let tail = Tail { seq, events: update.tail, matched: update.matched, open: false };
            // Nobody listening is no error: the last session may just have left.
            let _ = channel.sender.send(Arc::new(Update {
                seq,
                edition,
                tick: Some(if update.rebuilt {
                    self.view_whole(key, channel.view, seq, true)
                } else {
                    encode(&ServerMessage::Tick(Box::new(tick)))
                }),
                tail: encode(&ServerMessage::Tail(tail)),
                anomalies: anomalies_seen,
                batches: Default::default(),
            }));
        }
        self.seq.store(seq, Ordering::Release);
        for anomaly in anomalies {
            let _ = self.told.send(Arc::new(anomaly));
        }
    }

    /// Tells readers what came since the last look, before its second is over; [`LOOKS`] times a second.
    pub fn look(&self, now: Millis) {
        let mut channels = self.channels();
        if channels.values().all(|channel| channel.readers == 0) {
            return;
        }
        let many =
            self.sessions.load(Ordering::Relaxed) > self.tail_at_once.load(Ordering::Relaxed);
        let mut haste = self.haste.lock().unwrap_or_else(PoisonError::into_inner);
        if haste.is_too_great(self.node.open.rows(), now) || many {
            self.held_back.fetch_add(1, Ordering::Relaxed);
            return;
        }
        haste.looked();
        drop(haste);
        self.node.flush();
        let mut live = self.node.live_mut();
        let views: BTreeSet<ViewId> =
            channels.values().filter(|c| c.readers > 0).map(|c| c.view).collect();
        let told: HashMap<ViewId, Vec<EventRow>> =
            views.into_iter().map(|view| (view, live.look(view))).collect();
        drop(live);
        let seq = self.seq.load(Ordering::Acquire);
        let edition = self.edition.fetch_add(1, Ordering::Relaxed) + 1;
        for (key, channel) in channels.iter_mut() {
            let Some(events) = told.get(&channel.view).filter(|events| !events.is_empty()) else {
                continue;
            };
            channel.snapshots = [None, None];
            let matched = events.len() as u64;
            let mut events = events.clone();
            if key.3.is_some() {
                guest::events(&mut events);
            }
            let tail = Tail { seq, events, matched, open: true };
            let _ = channel.sender.send(Arc::new(Update {
                seq,
                edition,
                tick: None,
                tail: encode(&ServerMessage::Tail(tail)),
                anomalies: Arc::default(),
                batches: Default::default(),
            }));
        }
    }
}

fn told(seq: u64, anomaly: &Anomaly) -> Bytes {
    let anomaly = anomaly.clone();
    encode(&ServerMessage::Anomaly(Box::new(AnomalyTold { seq, anomaly })))
}

/// A message as the text that goes to every session.
#[must_use]
pub fn encode<T: Serialize>(message: &T) -> Bytes {
    // Our own types with string keys: serialising them to memory cannot fail.
    Bytes::from(harmless(serde_json::to_string(message).unwrap_or_default()))
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;

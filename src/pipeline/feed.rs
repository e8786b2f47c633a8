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
use super::{guest, watch};
use crate::aggregate::ask::Asks;
use crate::aggregate::filter::Filter;
use crate::aggregate::order::Topics;
use crate::aggregate::wire::{
    Anomaly, AnomalyTold, Bye, Forgotten, Hello, HostPoint, ListenerInfo, Point, ServerMessage,
    Snapshot, Snippet, SourceInfo, Status, Summary, Tail, Tick,
};
use crate::decode::text::harmless;
use crate::state::live::ViewId;
use crate::state::node::Node;
use crate::vocab::time::Second;

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

/// One closed second, shared by every session of a subscription.
#[derive(Debug)]
pub struct Update {
    pub seq: u64,
    tick: Bytes,
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
            let texts = tick.then_some(&self.tick).into_iter().chain(tail.then_some(&self.tail));
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
    sender: broadcast::Sender<Arc<Update>>,
    /// Without and with latency bands.
    snapshots: [Option<(u64, Arc<Batch>)>; 2],
}

/// Filter, window of seconds, lists, and the site whose guests are told; all others share what there is.
type Key = (String, u32, Asks, Option<Arc<str>>);

/// All subscriptions of this node.
#[derive(Debug)]
pub struct Feed {
    node: Arc<Node>,
    hello: Mutex<Hello>,
    channels: Mutex<HashMap<Key, Channel>>,
    max_views: usize,
    /// Number of the newest tick.
    seq: AtomicU64,
    told: broadcast::Sender<Arc<Anomaly>>,
    /// How many clients were.
    forgotten: signal::Sender<u64>,
    /// Sessions open now, and snapshots sent because a session fell behind.
    pub sessions: AtomicU64,
    pub resyncs: AtomicU64,
}

/// A session's place in a subscription; leaving it frees what nobody else uses.
#[derive(Debug)]
pub struct Subscription {
    feed: Arc<Feed>,
    key: Key,
    pub updates: broadcast::Receiver<Arc<Update>>,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.feed.leave(&self.key);
    }
}

impl Subscription {
    /// The state of this subscription now, and the `seq` up to which it holds everything.
    #[must_use]
    pub fn snapshot(&self, bands: bool) -> (u64, Arc<Batch>) {
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
            max_views,
            seq: AtomicU64::new(0),
            told: broadcast::channel(TOLD).0,
            forgotten: signal::Sender::new(0),
            sessions: AtomicU64::new(0),
            resyncs: AtomicU64::new(0),
        })
    }

    fn channels(&self) -> MutexGuard<'_, HashMap<Key, Channel>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// Joins (or opens) the subscription of this filter, window of seconds and lists. Opening one scans the
    /// window once, so call it where blocking for some 10 ms is fine.
    ///
    /// # Errors
    /// When it would be one view, or more seconds of views, than there may be.
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
        let mut channels = self.channels();
        if !channels.contains_key(&key) {
            // Those who see other lists of the same share its seconds.
            let views: BTreeSet<(&str, u32)> =
                channels.keys().map(|(filter, span_s, ..)| (filter.as_str(), *span_s)).collect();
            let spanned: u64 = views.iter().map(|(_, span_s)| u64::from(*span_s)).sum();
            let is_new = !views.contains(&(key.0.as_str(), window_s));
            // One view is always possible, however small the limits are.
            let full = channels.len() >= self.max_views.max(1)
                || (is_new && spanned + u64::from(window_s) > MAX_VIEW_SECONDS);
            if full && !channels.is_empty() {
                return Err(TooManyViews);
            }
        }
        let channel = channels.entry(key.clone()).or_insert_with(|| Channel {
            view: self.node.live_mut().view(filter, window_s, asks, now),
            users: 0,
            sender: broadcast::channel(BACKLOG).0,
            snapshots: [None, None],
        });
        channel.users += 1;
        let updates = channel.sender.subscribe();
        Ok(Subscription { feed: Arc::clone(self), key, updates })
    }

    fn leave(&self, key: &Key) {
        let mut channels = self.channels();
        let Some(channel) = channels.get_mut(key) else { return };
        channel.users -= 1;
        if channel.users == 0 {
            let view = channel.view;
            channels.remove(key);
            self.node.live_mut().release(view, &key.2);
        }
    }

    fn snapshot(&self, key: &Key, bands: bool) -> (u64, Arc<Batch>) {
        let mut channels = self.channels();
        // The tick publishes under this same lock, so the view stands exactly at `seq`.
        let seq = self.seq.load(Ordering::Acquire);
        let Some(channel) = channels.get_mut(key) else { return (seq, Arc::default()) };
        if let Some((at, kept)) = &channel.snapshots[usize::from(bands)]
            && *at == seq
        {
            return (seq, Arc::clone(kept));
        }
        let text = self.view_whole(key, channel.view, seq, bands);
        let snapshot = Arc::new(Batch::new(vec![text]));
        channel.snapshots[usize::from(bands)] = Some((seq, Arc::clone(&snapshot)));
        (seq, snapshot)
    }

    fn view_whole(&self, key: &Key, view: ViewId, seq: u64, bands: bool) -> Bytes {
        let view = self.node.live().snapshot(view, &key.2);
        let mut series = view.series;
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
            anomalies.retain(|anomaly| guest::may_see(anomaly, site));
        }
        encode(&ServerMessage::Snapshot(Box::new(Snapshot {
            seq,
            filter: key.0.clone(),
            window_s: key.1,
            series,
            status,
            tail: view.tail,
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
        let kept = self.node.live().kept();
        Status {
            summary,
            sources: self.sources(),
            listeners: self.listeners(),
            kept,
            visitors_now,
            markers: self.node.markers.newest(MAX_MARKERS_SHOWN),
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
            let update = self.node.live().update(channel.view, &key.2);
            let mut summary = update.summary;
            summary.accounting = accounting.clone();
            let mut status = Status {
                summary,
                sources: sources.clone(),
                listeners: listeners.clone(),
                kept: kept.clone(),
                visitors_now: update.visitors_now,
                markers: markers.clone(),
            };
            let mut point = Point { host, ..update.point };
            let mut anomalies_seen = Arc::clone(&texts);
            if let Some(site) = key.3.as_deref() {
                guest::status(&mut status, site);
                point.host = None;
                let seen = anomalies.iter().filter(|anomaly| guest::may_see(anomaly, site));
                anomalies_seen = seen.map(|anomaly| told(seq, anomaly)).collect();
            }
            let tick = Tick { seq, point, corrections: update.corrections, status };
            let tail = Tail { seq, events: update.tail, matched: update.matched };
            // Nobody listening is no error: the last session may just have left.
            let _ = channel.sender.send(Arc::new(Update {
                seq,
                tick: if update.rebuilt {
                    self.view_whole(key, channel.view, seq, true)
                } else {
                    encode(&ServerMessage::Tick(Box::new(tick)))
                },
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

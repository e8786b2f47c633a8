//! Everything one running Tapline holds, shared by its receivers, its tick and its web server.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
};

use super::account::{Account, Counts};
use super::anomalies::Anomalies;
use super::condition::Condition;
use super::host_load::HostLoad;
use super::kept::Saves;
use super::live::{Live, WindowConfig};
use super::lookups::Lookups;
use super::markers::Markers;
use super::memory::Memory;
use super::notices::Told;
use super::open::{Blocks, OpenBlocks};
use super::pairs::Pairs;
use super::rates::Rates;
use super::sources::{Sources, SourcesConfig};
use crate::aggregate::place::Geo;
use crate::aggregate::render::rfc3339;
use crate::aggregate::wire::{HostInfo, HostPoint, ListenerInfo};
use crate::vocab::outcome::HandshakeFailure;
use crate::vocab::time::{Millis, Second};

/// One bound socket or followed file: who it is and what became of its frames.
#[derive(Debug)]
pub struct Listener {
    /// `udp tcp tls unix unix-stream http https file stdin`.
    pub kind: &'static str,
    pub address: String,
    /// Kind and address: what a source says it came by.
    pub label: String,
    pub account: Account,
    pub connections: AtomicU64,
    /// Connections that were closed at once: too many, or from where nobody may send.
    pub refused: AtomicU64,
    /// How often all places for connections were taken, and the next one had to wait.
    pub waits: AtomicU64,
    /// Connections that ended in their TLS handshake, by [`HandshakeFailure`].
    handshakes_failed: [AtomicU64; HandshakeFailure::COUNT],
    /// Lines of a file that went with the line before them as one: received is what is left.
    pub joined_lines: AtomicU64,
    /// Messages of several lines that reached `multiline.max_lines` or `max_bytes`.
    pub joins_cut: AtomicU64,
    /// Files that came and went at a followed path between two looks.
    missed_files: AtomicU64,
    /// Receive buffer granted by the kernel, bytes; 0 where there is none.
    pub buffer_bytes: AtomicU64,
    pub(crate) hint: Mutex<Option<String>>,
    /// Advice to senders.
    mistaken: Mutex<Option<String>>,
    /// That the certificate is about to end, or has.
    ending: Mutex<Option<String>>,
    /// A reload has closed it; its account stays.
    is_closed: AtomicBool,
}

/// A connection in the count of its listener.
#[derive(Debug)]
pub struct Connected(Arc<Listener>);

impl Drop for Connected {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Listener {
    #[must_use]
    pub fn new(kind: &'static str, address: impl Into<String>) -> Arc<Listener> {
        let address = address.into();
        let label = format!("{kind} {address}");
        Arc::new(Listener {
            kind,
            address,
            account: Account::default(),
            label,
            connections: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            waits: AtomicU64::new(0),
            handshakes_failed: Default::default(),
            joined_lines: AtomicU64::new(0),
            joins_cut: AtomicU64::new(0),
            missed_files: AtomicU64::new(0),
            buffer_bytes: AtomicU64::new(0),
            hint: Mutex::new(None),
            mistaken: Mutex::new(None),
            ending: Mutex::new(None),
            is_closed: AtomicBool::new(false),
        })
    }

    /// One more connection, until what it gives goes, however that is.
    pub fn connected(self: &Arc<Self>) -> Connected {
        self.connections.fetch_add(1, Ordering::Relaxed);
        Connected(Arc::clone(self))
    }

    /// Says whether somebody listens there still.
    pub fn set_open(&self, open: bool) {
        self.is_closed.store(!open, Ordering::Relaxed);
    }

    /// `lines` were joined to the one before them, and `cut` messages reached a limit.
    pub fn joined(&self, lines: u64, cut: u64) {
        self.joined_lines.fetch_add(lines, Ordering::Relaxed);
        self.joins_cut.fetch_add(cut, Ordering::Relaxed);
    }

    /// Files that were rotated away from a followed path before they were seen there.
    pub fn missed(&self, files: u64) {
        let all = self.missed_files.fetch_add(files, Ordering::Relaxed) + files;
        self.advise(format!(
            "{}: rotated more than once between two looks; files that were not read: {all}",
            self.address
        ));
    }

    #[must_use]
    pub fn missed_files(&self) -> u64 {
        self.missed_files.load(Ordering::Relaxed)
    }

    pub fn handshake_failed(&self, why: HandshakeFailure) {
        self.handshakes_failed[why as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// `None` where there is no TLS.
    #[must_use]
    pub fn handshakes_failed(&self, why: HandshakeFailure) -> Option<u64> {
        let count = self.handshakes_failed[why as usize].load(Ordering::Relaxed);
        self.is_tls().then_some(count)
    }

    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self.kind, "tls" | "https")
    }

    /// What the operator could change for the better.
    pub fn advise(&self, hint: String) {
        *self.hint.lock().unwrap_or_else(PoisonError::into_inner) = Some(hint);
    }

    /// What senders could that speak something else here; it stands behind advice, for anybody may be such a sender.
    pub fn advise_senders(&self, hint: &str) {
        *self.mistaken.lock().unwrap_or_else(PoisonError::into_inner) = Some(hint.to_owned());
    }

    /// Unlike advice it is taken back.
    pub fn warn_of_certificate(&self, ending: Option<String>) {
        *self.ending.lock().unwrap_or_else(PoisonError::into_inner) = ending;
    }

    #[must_use]
    pub fn info(&self) -> ListenerInfo {
        let own = |text: &Mutex<Option<String>>| {
            text.lock().unwrap_or_else(PoisonError::into_inner).clone()
        };
        let buffer = self.buffer_bytes.load(Ordering::Relaxed);
        ListenerInfo {
            kind: self.kind.to_owned(),
            address: self.address.clone(),
            buffer_bytes: (buffer > 0).then_some(buffer),
            hint: own(&self.ending).or_else(|| own(&self.hint)).or_else(|| own(&self.mistaken)),
            connections: self.connections.load(Ordering::Relaxed),
            accounting: self.account.snapshot().to_wire(),
        }
    }
}

/// The state of one process.
#[derive(Debug)]
pub struct Node {
    pub open: OpenBlocks,
    live: RwLock<Live>,
    pub sources: Sources,
    pub rates: Rates,
    pub pairs: Pairs,
    /// Where clients are; the window has the same.
    pub geo: Arc<dyn Geo>,
    pub markers: Markers,
    anomalies: Mutex<Anomalies>,
    listeners: RwLock<Vec<Arc<Listener>>>,
    /// What listeners counted that earlier processes had and this one has not.
    earlier: Mutex<Counts>,
    host: Mutex<(Option<HostPoint>, HostInfo)>,
    pub host_load: HostLoad,
    pub lookups: Lookups,
    pub told: Told,
    pub condition: Condition,
    pub memory: Memory,
    pub saves: Saves,
    /// Tells this run from the one before, e.g. in `hello`.
    pub boot: String,
    pub started: Millis,
    /// What is replayed is over.
    ended: AtomicBool,
}

impl Node {
    #[must_use]
    pub fn new(
        window: WindowConfig,
        sources: SourcesConfig,
        boot: String,
        started: Millis,
    ) -> Arc<Node> {
        Arc::new(Node {
            open: OpenBlocks::default(),
            geo: Arc::clone(&window.geo),
            markers: Markers::new(window.max_age_s),
            anomalies: Mutex::new(Anomalies::new()),
            live: RwLock::new(Live::new(window)),
            sources: Sources::new(sources),
            rates: Rates::default(),
            pairs: Pairs::default(),
            listeners: RwLock::new(Vec::new()),
            earlier: Mutex::default(),
            host: Mutex::new((None, HostInfo::default())),
            host_load: HostLoad::default(),
            lookups: Lookups::default(),
            told: Told::default(),
            condition: Condition::default(),
            memory: Memory::default(),
            saves: Saves::new(started.second()),
            boot,
            started,
            ended: AtomicBool::new(false),
        })
    }

    /// Nothing comes any more: what is replayed is over.
    pub fn end(&self) {
        self.ended.store(true, Ordering::Release);
    }

    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// As [`Summary::unwritten_since`](crate::aggregate::wire::Summary::unwritten_since).
    #[must_use]
    pub fn unwritten_since(&self) -> Option<String> {
        self.saves.unwritten_since().map(rfc3339)
    }

    pub fn live(&self) -> RwLockReadGuard<'_, Live> {
        self.live.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// For a task: `None` where it would have to wait.
    pub fn try_live(&self) -> Option<RwLockReadGuard<'_, Live>> {
        match self.live.try_read() {
            Ok(live) => Some(live),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    pub fn live_mut(&self) -> RwLockWriteGuard<'_, Live> {
        self.live.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Taken after `live` where both are.
    pub fn anomalies(&self) -> MutexGuard<'_, Anomalies> {
        self.anomalies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves every open block into the window, so that a query sees what has arrived by now. The
    /// seconds stay open: what comes later is one more part of the same second.
    pub fn flush(&self) {
        if self.open.is_empty() {
            return;
        }
        let mut live = self.live_mut();
        self.absorb(&mut live, self.open.take_all());
    }

    /// Seals every second before `end`.
    pub fn seal_before(&self, end: Second) {
        let blocks = self.open.take_before(end);
        if blocks.is_empty() {
            return;
        }
        self.absorb(&mut self.live_mut(), blocks);
    }

    fn absorb(&self, live: &mut Live, blocks: Blocks) {
        for block in blocks {
            live.absorb(&*block);
            self.open.give_back(block);
        }
    }

    /// Several readers may share a listener: it is one all the same.
    pub fn add_listener(&self, listener: Arc<Listener>) {
        let mut all = self.listeners.write().unwrap_or_else(PoisonError::into_inner);
        if !all.iter().any(|known| Arc::ptr_eq(known, &listener)) {
            all.push(listener);
        }
    }

    #[must_use]
    pub fn listeners(&self) -> Vec<Arc<Listener>> {
        self.listeners.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Those that a reload has not closed.
    #[must_use]
    pub fn open_listeners(&self) -> Vec<Arc<Listener>> {
        let mut all = self.listeners();
        all.retain(|listener| !listener.is_closed.load(Ordering::Relaxed));
        all
    }

    /// Goes on from what listeners counted that are no more.
    pub fn add_earlier(&self, counts: &Counts) {
        self.earlier.lock().unwrap_or_else(PoisonError::into_inner).add(counts);
    }

    /// What listeners counted that are no more.
    #[must_use]
    pub fn earlier(&self) -> Counts {
        *self.earlier.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Over all listeners, since the first start whose figures were kept.
    #[must_use]
    pub fn accounting(&self) -> Counts {
        let mut sum = self.earlier();
        for listener in self.listeners() {
            sum.add(&listener.account.snapshot());
        }
        sum
    }

    pub fn set_host(&self, point: HostPoint, info: HostInfo) {
        *self.host.lock().unwrap_or_else(PoisonError::into_inner) = (Some(point), info);
    }

    #[must_use]
    pub fn host(&self) -> (Option<HostPoint>, HostInfo) {
        self.host.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

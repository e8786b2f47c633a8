//! Who sends: one entry per (peer, hostname, app), with what was recognised and what became of it.

mod apart;
mod room;
mod zone;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use apart::Said;
use dashmap::DashMap;
pub use zone::Zone;

use super::account::Counts;
use super::drift::{DriftWatch, DriftedSource};
use super::evidence::{self, Evidence};
use super::kept::sources::{KeptSource, is_named, known_name};
use crate::aggregate::forget::Forget;
use crate::aggregate::wire::{EventRow, FirstLine, SourceInfo};
use crate::decode::envelope;
use crate::decode::formats::{Catalog, absolute, recognise::Recogniser};
use crate::vocab::time::{Millis, Second, Stamp};

/// Changes of format told in Tapline's own log, a minute: whoever can make up sources can make them
/// change.
const MAX_TOLD: u64 = 60;

/// Where frames come from, as the receiver knows it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    Ip(IpAddr),
    /// A socket path, a file name, or a name given by the sender (`?source=`).
    Name(Arc<str>),
}

impl std::fmt::Display for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Peer::Ip(ip) => ip.fmt(f),
            Peer::Name(name) => f.write_str(name),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    peer: Peer,
    hostname: Option<Box<str>>,
    app_name: Option<Box<str>>,
}

impl From<SourceKey<'_>> for Key {
    fn from(key: SourceKey<'_>) -> Key {
        Key {
            peer: key.peer.clone(),
            hostname: key.hostname.map(Into::into),
            app_name: key.app_name.map(Into::into),
        }
    }
}

/// One sender. What changes is behind its lock, taken once per run of lines of a batch.
#[derive(Debug)]
pub struct Source {
    pub id: u32,
    /// The text of the filter's `source:`: `hostname/app`, with the peer where there is no hostname.
    pub name: Box<str>,
    pub peer: Peer,
    pub hostname: Option<Box<str>>,
    pub app_name: Option<Box<str>>,
    pub listener: Box<str>,
    /// The site its lines belong to where they name none: from the configuration, else the tag.
    pub site: Option<Box<str>>,
    /// The format that the configuration says its lines are in; others are tried behind it.
    pub format: Option<&'static str>,
    /// It is a cache that logs each request by its whole URL.
    pub cache: bool,
    state: Mutex<SourceState>,
}

/// The changing part of a [`Source`].
#[derive(Debug)]
pub struct SourceState {
    pub recogniser: Recogniser,
    pub zone: Zone,
    pub counts: Counts,
    pub misdated: u64,
    /// What its last line with a time said.
    pub last_time: Option<Millis>,
    pub first_heard: Millis,
    pub last_heard: Millis,
    /// Lines by recognised format.
    pub formats: BTreeMap<&'static str, u64>,
    pub evidence: Evidence,
    pub first_line: Option<(Box<str>, EventRow)>,
}

impl Source {
    pub fn lock(&self) -> MutexGuard<'_, SourceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is shown; evidence, samples, proposals and the first line only in `full`.
    #[must_use]
    pub fn info(&self, full: bool) -> SourceInfo {
        let state = self.lock();
        let young = state.counts.received <= 10;
        SourceInfo {
            id: self.id,
            name: self.name.to_string(),
            peer: self.peer.to_string(),
            hostname: self.hostname.as_deref().map(str::to_owned),
            app_name: self.app_name.as_deref().map(str::to_owned),
            listener: self.listener.to_string(),
            format: state.recogniser.format().map(str::to_owned),
            formats: state.formats.iter().map(|(k, n)| ((*k).to_owned(), *n)).collect(),
            first_heard_ms: state.first_heard.0,
            last_heard_ms: state.last_heard.0,
            accounting: state.counts.to_wire(),
            misdated: state.misdated,
            first_line: state
                .first_line
                .as_ref()
                .filter(|_| full || young)
                .map(|(raw, event)| FirstLine { raw: raw.to_string(), event: event.clone() }),
            evidence: some(full, || {
                state.evidence.formats(|format| state.formats.get(format).copied().unwrap_or(0))
            }),
            changes: if full {
                state.evidence.changes(usize::MAX)
            } else {
                state.evidence.newest_change().into_iter().collect()
            },
            samples: some(full, || state.evidence.samples()),
            proposals: some(full, || state.evidence.proposals()),
        }
    }

    /// Proposes templates for its samples, where they are new; tells whether they were. Not under
    /// the lock: templates are compiled and tried, which takes longer than a line should wait.
    pub fn propose(&self, now: Millis) -> bool {
        let Some((version, samples)) = self.lock().evidence.to_propose(now) else { return false };
        let name = self.app_name.as_deref().unwrap_or(&self.name);
        let proposals = evidence::proposals(&evidence::format_name(name), &samples);
        self.lock().evidence.proposed(version, now, proposals);
        true
    }
}

fn some<T>(full: bool, list: impl FnOnce() -> Vec<T>) -> Vec<T> {
    if full { list() } else { Vec::new() }
}

impl SourceState {
    /// Counts `lines` that were understood as `format`.
    pub fn count_format(&mut self, format: &'static str, lines: u64) {
        if lines > 0 {
            *self.formats.entry(format).or_default() += lines;
        }
    }
}

/// What the configuration says about sources.
#[derive(Clone, Debug)]
pub struct SourcesConfig {
    /// Sources told apart at a time; what comes after them is the source `other`.
    pub max: usize,
    /// Source name → site.
    pub sites: BTreeMap<String, String>,
    /// Source name → name of its format in the catalog.
    pub pinned: BTreeMap<String, String>,
    pub formats: Catalog,
    pub zone: Zone,
}

impl Default for SourcesConfig {
    fn default() -> Self {
        SourcesConfig {
            max: 4096,
            sites: BTreeMap::new(),
            pinned: BTreeMap::new(),
            formats: Catalog::default(),
            zone: Zone::UNKNOWN,
        }
    }
}

/// Tags that name the program, not a site.
const SERVER_TAGS: [&str; 22] = [
    "nginx",
    "apache",
    "apache2",
    "httpd",
    "haproxy",
    "caddy",
    "traefik",
    "envoy",
    "lighttpd",
    "litespeed",
    "varnish",
    "varnishncsa",
    "squid",
    "tomcat",
    "gunicorn",
    "uwsgi",
    "php-fpm",
    "rsyslogd",
    "syslog-ng",
    "logger",
    "root",
    "openresty",
];

fn is_server_tag(tag: &str) -> bool {
    let stem = tag.split(['_', '-', '/', '.']).next().unwrap_or(tag);
    SERVER_TAGS.iter().any(|s| s.eq_ignore_ascii_case(tag) || s.eq_ignore_ascii_case(stem))
}

/// All sources that are told apart: heard since the start, or before it where that is kept.
#[derive(Debug)]
pub struct Sources {
    config: SourcesConfig,
    map: DashMap<Key, Arc<Source>, foldhash::fast::RandomState>,
    other: Mutex<Option<Arc<Source>>>,
    next_id: AtomicU32,
    /// The minute and how many changes of format were told in it, 16 bits.
    told: AtomicU64,
    /// When room was looked for last, in milliseconds.
    looked: AtomicI64,
    drift: Mutex<DriftWatch>,
}

impl Sources {
    #[must_use]
    pub fn new(config: SourcesConfig) -> Sources {
        Sources {
            config,
            map: DashMap::default(),
            other: Mutex::new(None),
            next_id: AtomicU32::new(1),
            told: AtomicU64::new(0),
            looked: AtomicI64::new(i64::MIN),
            drift: Mutex::default(),
        }
    }

    /// The formats that lines are tried as.
    #[must_use]
    pub fn formats(&self) -> Catalog {
        self.config.formats
    }

    /// Whether the operator said in which format the lines of the source of that name are.
    #[must_use]
    pub fn is_pinned(&self, name: &str) -> bool {
        self.config.pinned.contains_key(name)
    }

    /// The source of these three, if there is one that was told apart.
    fn known(&self, key: SourceKey<'_>) -> Option<Arc<Source>> {
        self.map.get(&Key::from(key)).map(|found| Arc::clone(&found))
    }

    /// The source of these three, made when it is new.
    pub fn get(&self, key: SourceKey<'_>, listener: &str, now: Millis) -> Arc<Source> {
        let owned = Key::from(key);
        if let Some(found) = self.map.get(&owned) {
            return Arc::clone(&found);
        }
        if self.map.len() >= self.config.max {
            return self.shared(key, now);
        }
        let name = source_name(&key);
        let entry = self.map.entry(owned).or_insert_with(|| {
            let id = self.next_id.fetch_add(1, Ordering::Relaxed);
            Arc::new(self.make(id, name, key.peer, key, listener, now))
        });
        Arc::clone(&entry)
    }

    /// The source that stands for all that are not told apart.
    fn shared(&self, key: SourceKey<'_>, now: Millis) -> Arc<Source> {
        let mut other = self.other.lock().unwrap_or_else(PoisonError::into_inner);
        let source = other.get_or_insert_with(|| {
            Arc::new(self.make(0, "other".into(), &Peer::Name("other".into()), key, "", now))
        });
        Arc::clone(source)
    }

    fn make(
        &self,
        id: u32,
        name: Box<str>,
        peer: &Peer,
        key: SourceKey<'_>,
        listener: &str,
        now: Millis,
    ) -> Source {
        let shared = id == 0;
        let site =
            self.config.sites.get(&*name).map(|s| s.as_str().into()).or_else(|| {
                key.app_name.filter(|tag| !shared && !is_server_tag(tag)).map(Into::into)
            });
        let pinned = self.config.pinned.get(&*name);
        let format = pinned.and_then(|format| self.config.formats.by_name(format));
        Source {
            id,
            name,
            peer: peer.clone(),
            hostname: key.hostname.filter(|_| !shared).map(Into::into),
            app_name: key.app_name.filter(|_| !shared).map(Into::into),
            listener: listener.into(),
            site,
            format: format.map(|format| format.name()),
            cache: match (key.app_name, peer) {
                _ if shared => false,
                (Some(app), _) => absolute::is_cache(app),
                (None, Peer::Name(file)) => absolute::is_cache(file),
                (None, _) => false,
            },
            state: Mutex::new(SourceState {
                recogniser: Recogniser::new(self.config.formats),
                zone: self.config.zone,
                counts: Counts::default(),
                misdated: 0,
                last_time: None,
                first_heard: now,
                last_heard: now,
                formats: BTreeMap::new(),
                evidence: Evidence::default(),
                first_line: None,
            }),
        }
    }

    /// Whether a change of format is to be told in Tapline's own log now.
    pub fn tells(&self, now: Millis) -> bool {
        let minute = (now.0.div_euclid(60_000) as u64) << 16;
        let told = self.told.load(Ordering::Relaxed);
        let so_far = if told & !0xffff == minute { told & 0xffff } else { 0 };
        // Two at once may both be told: it is a limit against floods, not an account.
        self.told.store(minute | (so_far + 1).min(0xffff), Ordering::Relaxed);
        so_far < MAX_TOLD
    }

    /// Sources whose lines fit another format than before, or none any more, since it was asked last.
    pub fn drifted(&self, now: Second) -> Vec<DriftedSource> {
        let mut watch = self.drift.lock().unwrap_or_else(PoisonError::into_inner);
        if !watch.is_due(now) {
            return Vec::new();
        }
        let sources = self.map.iter();
        sources.filter_map(|entry| watch.look(&entry)).collect()
    }

    /// All of them, to be kept over a restart.
    #[must_use]
    pub fn kept(&self) -> Vec<KeptSource> {
        self.all().iter().map(|source| KeptSource::of(source)).collect()
    }

    /// Takes a client out of the lines that are kept as evidence; how many sources had one.
    pub fn forget(&self, who: &Forget) -> u64 {
        let mut named = 0;
        for source in self.all() {
            let mut state = source.lock();
            let mut kept = state.evidence.kept();
            let in_evidence = kept.replace(&|line: &str| who.text(line));
            if in_evidence {
                state.evidence = Evidence::default();
                let known = |name: &str| known_name(self.config.formats, name);
                state.evidence.restore(kept, &known);
            }
            let first = state.first_line.take_if(|(raw, row)| is_named(who, raw, row));
            named += u64::from(in_evidence || first.is_some());
        }
        named
    }

    /// Goes on with what was kept, before anything is heard; lines only where they may be shown.
    pub fn restore(&self, kept: Vec<KeptSource>, may_show: bool) {
        let mut watch = self.drift.lock().unwrap_or_else(PoisonError::into_inner);
        for kept in kept {
            let peer = kept.peer();
            let (hostname, app_name) = (kept.hostname.clone(), kept.app_name.clone());
            let key = SourceKey {
                peer: &peer,
                hostname: hostname.as_deref(),
                app_name: app_name.as_deref(),
            };
            let listener = kept.listener.clone();
            let shared = kept.id == 0;
            let name = if shared { "other".into() } else { source_name(&key) };
            let source =
                Arc::new(self.make(kept.id, name, &peer, key, &listener, kept.first_heard()));
            let id = kept.id;
            kept.restore(&mut source.lock(), self.config.formats, may_show);
            // What has changed before was told before.
            let _ = watch.look(&source);
            if shared {
                *self.other.lock().unwrap_or_else(PoisonError::into_inner) = Some(source);
            } else if self.map.len() < self.config.max {
                self.next_id.fetch_max(id.saturating_add(1), Ordering::Relaxed);
                let owned = Key {
                    peer,
                    hostname: hostname.map(Into::into),
                    app_name: app_name.map(Into::into),
                };
                self.map.insert(owned, source);
            }
        }
    }

    /// Every source, the most recently heard first.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Source>> {
        let mut all: Vec<Arc<Source>> = self.map.iter().map(|e| Arc::clone(&e)).collect();
        all.extend(self.other.lock().unwrap_or_else(PoisonError::into_inner).clone());
        all.sort_by_cached_key(|s| (std::cmp::Reverse(s.lock().last_heard), s.id));
        all
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.map.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }
}

fn source_name(key: &SourceKey<'_>) -> Box<str> {
    let host = key.hostname.map_or_else(|| key.peer.to_string(), str::to_owned);
    match key.app_name {
        Some(app) => format!("{host}/{app}").into(),
        None => host.into(),
    }
}

/// A header that its source has just written, and what it means.
#[derive(Clone, Debug)]
pub struct Head {
    pub peer: Peer,
    pub text: Box<str>,
    pub severity: Option<u8>,
    pub stamp: Option<Stamp>,
    pub source: Arc<Source>,
}

/// The headers that the few senders of one connection write in the current second.
#[derive(Debug, Default)]
pub struct Heads {
    kept: Vec<Head>,
    /// Where the last line's was found; senders come in bursts and in turns.
    last: usize,
    oldest: usize,
}

impl Heads {
    /// A line that starts with none of them has been compared with each: no more than are cheaper
    /// to compare than to read the header again.
    const MAX: usize = 4;

    /// What is known of the line's header, and its message.
    #[inline]
    pub fn find<'a>(&mut self, peer: &Peer, line: &'a str) -> Option<(&Head, &'a str)> {
        let count = self.kept.len();
        let mut at = self.last;
        for _ in 0..count {
            let head = &self.kept[at];
            if let Some(message) = envelope::behind(&head.text, line)
                && head.peer == *peer
            {
                self.last = at;
                return Some((&self.kept[at], message));
            }
            at = if at + 1 < count { at + 1 } else { 0 };
        }
        None
    }

    pub fn keep(&mut self, head: Head) {
        if self.kept.len() < Heads::MAX {
            self.kept.push(head);
            return;
        }
        self.kept[self.oldest] = head;
        self.oldest = (self.oldest + 1) % Heads::MAX;
    }
}

/// What tells one source from another, borrowed from the batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SourceKey<'a> {
    pub peer: &'a Peer,
    pub hostname: Option<&'a str>,
    pub app_name: Option<&'a str>,
}

/// A receiver's own way to its few sources, without touching the shared map for every line.
#[derive(Debug, Default)]
pub struct SourceCache {
    entries: std::collections::HashMap<u64, Arc<Source>, foldhash::fast::RandomState>,
    hasher: foldhash::fast::RandomState,
    /// Lines without a header are all of one source: a file's, or a sender's of HTTP.
    last: Option<Arc<Source>>,
}

impl SourceCache {
    /// Entries kept; a receiver with more senders than this starts its cache anew.
    const MAX: usize = 512;

    pub fn get(
        &mut self,
        sources: &Sources,
        key: SourceKey<'_>,
        listener: &str,
        now: Millis,
    ) -> Arc<Source> {
        let is = |source: &&Arc<Source>| {
            source.hostname.as_deref() == key.hostname
                && source.app_name.as_deref() == key.app_name
                && source.peer == *key.peer
        };
        if let Some(source) = self.last.as_ref().filter(is) {
            return Arc::clone(source);
        }
        let hash = self.hasher.hash_one(key);
        if let Some(source) = self.entries.get(&hash).filter(is) {
            self.last = Some(Arc::clone(source));
            return Arc::clone(source);
        }
        let source = sources.get(key, listener, now);
        if self.entries.len() >= Self::MAX {
            self.entries.clear();
        }
        self.entries.insert(hash, Arc::clone(&source));
        source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_beyond_the_cap_share_one() {
        let sources = Sources::new(SourcesConfig { max: 2, ..SourcesConfig::default() });
        let names: Vec<String> = (0..4)
            .map(|i| {
                let peer = Peer::Ip(IpAddr::from([192, 0, 2, i]));
                let key = SourceKey { peer: &peer, hostname: None, app_name: Some("nginx") };
                sources.get(key, "udp", Millis(0)).name.to_string()
            })
            .collect();
        assert_eq!(names, ["192.0.2.0/nginx", "192.0.2.1/nginx", "other", "other"]);
    }

    #[test]
    fn a_tag_is_a_site_unless_it_names_the_server() {
        for tag in ["nginx", "apache2", "HAProxy", "nginx_json", "php-fpm"] {
            assert!(is_server_tag(tag), "{tag}");
        }
        assert!(!is_server_tag("shop"));
    }
}

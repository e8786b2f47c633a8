//! The running server: bind everything or nothing, run, drain.

use std::fmt;
use std::hash::RandomState;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::certificates;
use super::config::{self, Config, RangesOf};
use super::demo::Places;
use super::follow::{self, FileReceiver};
use super::formats::Reading;
use super::geo;
use super::keep::Keeping;
use super::snippet::{Addresses, Sender, snippet};
use crate::aggregate::filter::Filter;
use crate::aggregate::place::Geo;
use crate::aggregate::wire::{BAND_EDGES_US, Hello, Snippet};
use crate::edge::allow::AllowList;
use crate::edge::clock::Clock;
use crate::edge::datagram::{DatagramReceiver, UdpConfig};
use crate::edge::dns::{Checker, System};
use crate::edge::http::access::{Access, Token};
use crate::edge::http::server::HttpReceiver;
use crate::edge::http::{HttpConfig, Web};
use crate::edge::notify::{Notifier, Patience};
use crate::edge::stream::{Shared, StreamConfig, StreamReceiver};
use crate::edge::tls::Tls;
use crate::pipeline::feed::Feed;
use crate::pipeline::ingest::{ClientPrivacy, Ingest, IngestConfig, LineZone, TimeRule};
use crate::pipeline::tick::Ticker;
use crate::state::account::Counts;
use crate::state::anomalies::Settings;
use crate::state::geo::Databases;
use crate::state::host::HostProbe;
use crate::state::live::WindowConfig;
use crate::state::node::Node;
use crate::state::sources::{SourcesConfig, Zone};
use crate::vocab::digest::Digest;
use crate::vocab::right::Right;

/// Sealing the last second and telling it takes some milliseconds; readers look at their stop token
/// every 100 ms and drain for a second at most.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// What a server is made of.
#[derive(Clone, Debug)]
pub struct Setup {
    pub config: Config,
    pub clock: Clock,
    /// The traffic is made up; the page says so.
    pub demo: bool,
    /// Trust every line's own time however old it is (replay); followed files always do.
    pub line_time: bool,
    /// Files to follow; `-` is standard input.
    pub files: Vec<PathBuf>,
    pub reading: Reading,
    /// Where what is learnt is kept; nowhere unless said.
    pub keep: Option<PathBuf>,
}

impl Setup {
    #[must_use]
    pub fn new(config: Config) -> Setup {
        let reading = Reading::of(&config);
        Setup::reading(config, reading)
    }

    /// With formats that are made already: they are never given back.
    #[must_use]
    pub fn reading(config: Config, reading: Reading) -> Setup {
        let (clock, files) = (Clock::System, Vec::new());
        Setup { config, clock, demo: false, line_time: false, files, reading, keep: None }
    }
}

/// Why a server can't begin.
#[derive(Debug)]
pub enum BindError {
    /// An address that could not be bound.
    Address { kind: &'static str, address: String, error: std::io::Error },
    /// A certificate that was good when the configuration was read, and is not any more.
    Certificate(String),
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, address, error) = match self {
            BindError::Address { kind, address, error } => (kind, address, error),
            BindError::Certificate(why) => return f.write_str(why),
        };
        write!(f, "can't listen on {kind} {address}: {error}")?;
        match error.kind() {
            std::io::ErrorKind::AddrInUse => write!(
                f,
                "; another process has it (or another tapline runs): choose another with --{kind}, or `--{kind} off`"
            ),
            std::io::ErrorKind::PermissionDenied => {
                write!(f, "; ports below 1024 need the capability CAP_NET_BIND_SERVICE")
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for BindError {}

/// A server whose sockets are all bound and that does not run yet.
#[derive(Debug)]
pub struct App {
    pub node: Arc<Node>,
    pub feed: Arc<Feed>,
    pub clock: Clock,
    pub ingest: Arc<IngestConfig>,
    web: Arc<Web>,
    http: Vec<HttpReceiver>,
    datagrams: Vec<DatagramReceiver>,
    streams: Vec<StreamReceiver>,
    files: Vec<FileReceiver>,
    ticker: Option<Ticker>,
    stop: CancellationToken,
    reading: Reading,
    databases: Arc<Databases>,
    checker: Option<Checker>,
    keeping: Option<Arc<Keeping>>,
    notifier: Notifier,
    tls: Option<Arc<Tls>>,
    pub(super) config: Config,
}

/// How a running server is told to end.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    /// Finish what was read, then end.
    pub stop: CancellationToken,
    /// End now.
    pub now: CancellationToken,
}

impl App {
    /// Binds every socket of the configuration, or none.
    ///
    /// # Errors
    /// The first address that can't be bound.
    pub async fn bind(setup: Setup) -> Result<App, BindError> {
        let Setup { config, clock, demo, line_time, files, reading, keep } = setup;
        let started = clock.now();
        let databases = geo::load(&config);
        let places: Arc<dyn Geo> = match demo {
            true => Arc::new(Places::beside(Arc::clone(&databases) as Arc<dyn Geo>)),
            false => Arc::clone(&databases) as Arc<dyn Geo>,
        };
        let node = Node::new(
            WindowConfig {
                budget_bytes: usize::try_from(config.window.memory).unwrap_or(usize::MAX),
                // A file of last year is there to be looked at: only memory limits what it shows.
                max_age_s: u32::try_from(config.window.max_age.as_secs())
                    .ok()
                    .filter(|_| files.is_empty())
                    .unwrap_or(u32::MAX),
                tail: config.feed.tail_per_second,
                geo: places,
                ranges: RangesOf::together(&config.bots.ranges),
            },
            SourcesConfig {
                max: config.sources.max,
                sites: config.sources.sites.clone(),
                pinned: config.sources.formats.clone(),
                formats: reading.formats,
                zone: zone_of(config.time.zone),
            },
            boot_id(started.0),
            started,
        );
        node.live_mut().watch(config.rule.iter().map(|named| &named.rule));
        node.anomalies().set_rules(&config.rule);
        node.anomalies().set(Settings {
            enabled: config.anomalies.enabled,
            sources_send: !line_time,
            ..Settings::default()
        });
        let stop = CancellationToken::new();
        let tls = certificates::load(&config).map_err(BindError::Certificate)?;

        let udp = UdpConfig {
            receive_buffer: usize::try_from(config.udp.receive_buffer).unwrap_or(usize::MAX),
            readers: config.udp.readers,
            allow_from: AllowList(config.udp.allow_from.clone()),
        };
        let mut datagrams = Vec::new();
        for address in &config.udp.listen {
            datagrams.extend(
                DatagramReceiver::udp(*address, &udp).map_err(|e| failed("udp", address, e))?,
            );
        }
        for path in &config.unix.datagram {
            datagrams.push(
                DatagramReceiver::unix(path, config.unix.mode)
                    .map_err(|e| failed("unix", path.display(), e))?,
            );
        }
        let mut streams = Vec::new();
        for (address, tls) in with_tls(&config.tcp.listen, &config.tcp.tls_listen, &tls) {
            streams.push(
                StreamReceiver::tcp(address, tcp_config(&config), tls)
                    .await
                    .map_err(|e| failed("tcp", address, e))?,
            );
        }
        for path in &config.unix.stream {
            streams.push(
                StreamReceiver::unix(path, config.unix.mode, unix_config(&config))
                    .map_err(|e| failed("unix-stream", path.display(), e))?,
            );
        }
        let mut http = Vec::new();
        for (address, tls) in with_tls(&config.http.listen, &config.http.tls_listen, &tls) {
            http.push(
                HttpReceiver::bind(address, tls).await.map_err(|e| failed("http", address, e))?,
            );
        }
        let files: Vec<FileReceiver> = files.iter().map(|path| FileReceiver::new(path)).collect();
        for listener in datagrams
            .iter()
            .map(|r| &r.listener)
            .chain(streams.iter().map(|r| &r.listener))
            .chain(http.iter().map(|r| &r.listener))
            .chain(files.iter().map(|r| &r.listener))
        {
            node.add_listener(Arc::clone(listener));
        }

        let hello = hello(&node, demo);
        let feed = Feed::new(Arc::clone(&node), hello, config.feed.max_views);
        let ingest = Arc::new(ingest_config(&config, line_time));
        let web = Web::new(
            Arc::clone(&node),
            Arc::clone(&feed),
            clock.clone(),
            Arc::clone(&ingest),
            http_config(&config),
            stop.clone(),
        );
        let probe = matches!(clock, Clock::System).then(HostProbe::new);
        let ticker = Ticker::new(Arc::clone(&node), Arc::clone(&feed), started, probe);
        let checker = asks_dns(&config, demo)
            .then(|| Checker::new(Arc::clone(&node), Arc::new(System::default())));
        // Last: a process that can't bind leaves the file to the one that has the addresses.
        let every = config.anomalies.save_every;
        let keeping = keep.as_deref();
        let keeping = keeping.and_then(|dir| Keeping::start(dir, every, &node, started.second()));
        // Only who has the directory to himself.
        if let (Some(dir), Some(_)) = (&keep, &keeping) {
            web.keep_shares(dir);
        }
        // Nobody is told of what is made up, or was long ago.
        let targets = if demo || line_time { &[][..] } else { &config.notify };
        let notifier = Notifier::new(
            targets,
            &config.access.public_url,
            Patience::default(),
            &node.told,
            started.second(),
            || feed.anomalies(),
        );
        Ok(App {
            keeping,
            node,
            feed,
            clock,
            ingest,
            web,
            http,
            datagrams,
            streams,
            files,
            ticker: Some(ticker),
            stop,
            reading,
            databases,
            checker,
            notifier,
            tls,
            config,
        })
    }

    /// Kind and address of every socket, as they were granted.
    #[must_use]
    pub fn listening(&self) -> Vec<(&'static str, String)> {
        self.node.listeners().iter().map(|l| (l.kind, l.address.clone())).collect()
    }

    /// The address of the first listener of this kind.
    #[must_use]
    pub fn address(&self, kind: &str) -> Option<String> {
        self.listening().into_iter().find(|(k, _)| *k == kind).map(|(_, address)| address)
    }

    /// Takes the tick away, for a caller that drives time itself (replay).
    pub fn take_ticker(&mut self) -> Option<Ticker> {
        self.ticker.take()
    }

    /// Receives until told to stop, then finishes what was read, seals it and tells the sessions.
    /// Gives what became of every frame.
    pub async fn run(self, shutdown: Shutdown) -> Counts {
        let App { node, web, http, datagrams, streams, files, .. } = self;
        let App {
            ticker,
            stop,
            config,
            clock,
            ingest,
            reading,
            databases,
            checker,
            keeping,
            notifier,
            tls,
            ..
        } = self;
        let tasks = web.tasks.clone();
        let mut threads = Vec::new();
        for receiver in datagrams {
            let way =
                Ingest::new(Arc::clone(&node), Arc::clone(&receiver.listener), Arc::clone(&ingest));
            let (clock, stop) = (clock.clone(), stop.clone());
            threads.push(spawn("receive", move || receiver.run(way, &clock, &stop)));
        }
        // Files count at their own time, however old it is.
        let by_line = Arc::new(IngestConfig {
            time: TimeRule::Line(line_zone(&config)),
            ..(*ingest).clone()
        });
        let limits = follow::limits(&config, reading.formats);
        for receiver in files {
            let mut way = Ingest::new(
                Arc::clone(&node),
                Arc::clone(&receiver.listener),
                Arc::clone(&by_line),
            );
            way.format = reading.format;
            let (clock, stop) = (clock.clone(), stop.clone());
            threads.push(spawn("follow", move || receiver.run(way, clock, limits, &stop)));
        }
        let shared = Shared {
            node: Arc::clone(&node),
            ingest: Arc::clone(&ingest),
            clock: clock.clone(),
            stop: stop.clone(),
        };
        for receiver in streams {
            tasks.spawn(receiver.run(shared.clone(), tasks.clone()));
        }
        tasks.spawn(geo::keep_new(databases, stop.clone()));
        if let Some(tls) = tls {
            tasks.spawn(certificates::keep_new(
                tls,
                config.clone(),
                Arc::clone(&node),
                stop.clone(),
            ));
        }
        if let Some(checker) = checker {
            tasks.spawn(checker.run(stop.clone()));
        }
        if let Some(keeping) = &keeping {
            tasks.spawn(Arc::clone(keeping).run(stop.clone()));
        }
        notifier.run(&tasks, &stop);
        let slots = Arc::new(Semaphore::new(config.http.max_connections));
        let mut doors = tokio::task::JoinSet::new();
        for receiver in http {
            doors.spawn(receiver.run(Arc::clone(&web), Arc::clone(&slots), tasks.clone()));
        }
        // The tick has a thread of its own: it must not wait for a busy runtime.
        let (end_tick, tick_ends) = mpsc::channel::<()>();
        let tick = ticker.map(|mut ticker| {
            let clock = clock.clone();
            spawn("tick", move || {
                while tick_ends.recv_timeout(Ticker::wait(clock.now()))
                    == Err(mpsc::RecvTimeoutError::Timeout)
                {
                    ticker.tick(clock.now());
                }
                ticker
            })
        });
        web.ready.store(true, Ordering::Release);

        tokio::select! {
            () = shutdown.stop.cancelled() => {}
            () = shutdown.now.cancelled() => {}
        }
        web.ready.store(false, Ordering::Release);
        stop.cancel();
        tasks.close();
        let grace = config.stop.grace;
        let told = tokio::time::Instant::now();
        tokio::select! {
            () = tasks.wait() => {}
            () = shutdown.now.cancelled() => tracing::warn!("told twice to stop: ending now"),
            () = tokio::time::sleep(grace) => {
                tracing::warn!(open = tasks.len(), "connections outlasted stop.grace: ending now");
            }
        }
        drop(doors);
        drop(end_tick);
        let finish = move || {
            for thread in threads {
                // A receiver that panicked has said so; its account still balances.
                let _ = thread.join();
            }
            if let Some(Ok(mut ticker)) = tick.map(std::thread::JoinHandle::join) {
                ticker.finish(clock.now());
            }
            if let Some(keeping) = keeping {
                keeping.save();
            }
        };
        let left = grace.saturating_sub(told.elapsed()).max(LAST_WORDS);
        tokio::select! {
            _ = tokio::task::spawn_blocking(finish) => {}
            // A reader that does not come back (a huge packed file, a dead network disk) is left
            // behind: what it has counted is counted.
            () = tokio::time::sleep(left) => tracing::warn!("a reader outlasted stop.grace"),
            () = second_call(&shutdown) => {}
        }
        for path in &config.unix.datagram {
            // Ours since bind; the next start would find it stale.
            let _ = std::fs::remove_file(path);
        }
        node.accounting()
    }
}

/// The second signal, and a moment for readers to take what is in their hands.
async fn second_call(shutdown: &Shutdown) {
    shutdown.now.cancelled().await;
    tokio::time::sleep(LAST_WORDS / 4).await;
}

fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::thread::JoinHandle<T> {
    // Only out of memory or of threads fails here, before anything is received.
    #[allow(clippy::expect_used)]
    std::thread::Builder::new().name(name.to_owned()).spawn(work).expect("a thread at start")
}

fn failed(kind: &'static str, address: impl fmt::Display, error: std::io::Error) -> BindError {
    BindError::Address { kind, address: address.to_string(), error }
}

/// The plain addresses of a section, and those that are for TLS.
fn with_tls(
    plain: &[SocketAddr],
    secured: &[SocketAddr],
    tls: &Option<Arc<Tls>>,
) -> Vec<(SocketAddr, Option<Arc<Tls>>)> {
    let plain = plain.iter().map(|address| (*address, None));
    plain.chain(secured.iter().map(|address| (*address, tls.clone()))).collect()
}

/// Whether DNS is asked who bots are. Not about the clients of a demo, which are made up.
fn asks_dns(config: &Config, demo: bool) -> bool {
    let whole = config.privacy.clients == config::Clients::Full;
    if config.bots.dns && !whole {
        tracing::warn!("bots.dns asks nothing: privacy.clients keeps no whole address");
    }
    config.bots.dns && whole && !demo
}

/// Different for every start: the clock, and the process.
fn boot_id(now_ms: i64) -> String {
    format!("{now_ms:x}-{:x}", std::process::id())
}

fn zone_of(zone: config::Zone) -> Zone {
    match zone {
        config::Zone::Auto => Zone::UNKNOWN,
        config::Zone::Fixed(minutes) => Zone::Fixed(minutes * 60),
        config::Zone::Local => Zone::Fixed(machine_offset_s()),
    }
}

/// This machine's zone now, seconds east of UTC.
#[must_use]
pub fn machine_offset_s() -> i32 {
    chrono::Local::now().offset().local_minus_utc()
}

/// The zone of times without one in files.
#[must_use]
pub fn line_zone(config: &Config) -> LineZone {
    match config.time.zone {
        config::Zone::Auto | config::Zone::Local => LineZone::Machine,
        config::Zone::Fixed(minutes) => LineZone::Fixed(minutes * 60),
    }
}

/// The part of the configuration that every receiver reads.
#[must_use]
pub fn ingest_config(config: &Config, line_time: bool) -> IngestConfig {
    let ms = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
    IngestConfig {
        time: if line_time {
            TimeRule::Line(line_zone(config))
        } else {
            TimeRule::Near { past_ms: ms(config.time.past), ahead_ms: ms(config.time.ahead) }
        },
        clients: match config.privacy.clients {
            config::Clients::Full => ClientPrivacy::Full,
            config::Clients::Masked => ClientPrivacy::Masked,
            config::Clients::Off => ClientPrivacy::Off,
        },
        redact_queries: config.privacy.redact_queries,
        trusted_proxies: config.clients.trusted_proxies.clone(),
        visitor_key: RandomState::new(),
        // The configuration refuses what is no filter.
        exclude: config.exclude.iter().filter_map(|f| Filter::parse(f).ok()).collect(),
    }
}

fn tcp_config(config: &Config) -> StreamConfig {
    let tcp = &config.tcp;
    StreamConfig {
        framing: tcp.framing,
        max_frame: usize::try_from(tcp.max_frame).unwrap_or(usize::MAX),
        idle_timeout: Some(tcp.idle_timeout).filter(|d| !d.is_zero()),
        partial_timeout: Some(tcp.partial_timeout).filter(|d| !d.is_zero()),
        max_connections: tcp.max_connections,
        max_connections_per_address: tcp.max_connections_per_address,
        allow_from: AllowList(tcp.allow_from.clone()),
    }
}

fn unix_config(config: &Config) -> StreamConfig {
    let unix = &config.unix;
    StreamConfig {
        framing: unix.framing,
        max_frame: usize::try_from(unix.max_frame).unwrap_or(usize::MAX),
        idle_timeout: None,
        partial_timeout: Some(unix.partial_timeout).filter(|d| !d.is_zero()),
        max_connections: unix.max_connections,
        max_connections_per_address: unix.max_connections,
        allow_from: AllowList::default(),
    }
}

fn http_config(config: &Config) -> HttpConfig {
    let access = &config.access;
    let public_host = access.public_url.split_once("://").and_then(|(scheme, rest)| {
        let host = rest.split('/').next().unwrap_or(rest);
        // Browsers leave out the port that the scheme implies.
        let implied = if scheme == "https" { ":443" } else { ":80" };
        let host = host.strip_suffix(implied).unwrap_or(host);
        (!host.is_empty()).then(|| host.to_owned())
    });
    HttpConfig {
        max_body: usize::try_from(config.http.max_body).unwrap_or(usize::MAX),
        max_inflated: usize::try_from(config.http.max_inflated).unwrap_or(usize::MAX),
        max_line: usize::try_from(config.tcp.max_frame).unwrap_or(usize::MAX),
        header_timeout: config.http.header_timeout,
        body_timeout: config.http.body_timeout,
        max_connections: config.http.max_connections,
        max_sessions: config.http.max_sessions,
        top: config.feed.top,
        write_timeout: config.feed.write_timeout,
        access: Access {
            loopback_needs_key: access.loopback == config::Loopback::Key,
            insecure: access.insecure,
            tokens: tokens(config),
            users: config.user.clone(),
            session: access.session,
            public_url: access.public_url.clone(),
            public_host,
            public_https: access.public_url.starts_with("https://"),
            trusted_proxies: access.trusted_proxies.clone(),
        },
    }
}

/// The key is a token that may do everything.
fn tokens(config: &Config) -> Vec<Token> {
    let key = Some(&config.access.key.0).filter(|key| !key.is_empty()).map(|key| Token {
        name: "key".into(),
        right: Right::Admin,
        digest: Digest::of(key),
        expires: None,
    });
    key.into_iter().chain(config.token.iter().cloned()).collect()
}

fn hello(node: &Node, demo: bool) -> Hello {
    let first = |kind: &str| {
        node.listeners().iter().find(|l| l.kind == kind).map(|l| {
            l.address.parse().map_or_else(|_| l.address.clone(), |a| super::snippet::reachable(&a))
        })
    };
    let addresses = Addresses {
        http: first("http"),
        udp: first("udp"),
        tcp: first("tcp"),
        unix: first("unix"),
    };
    Hello {
        seq: 0,
        boot: node.boot.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        now_ms: 0,
        demo,
        site: None,
        listeners: Vec::new(),
        snippets: Sender::ALL
            .into_iter()
            .filter(|sender| *sender != Sender::NginxProxy)
            .map(|sender| Snippet {
                sender: sender.name().to_owned(),
                text: snippet(sender, &addresses),
            })
            .collect(),
        bands_s: BAND_EDGES_US.iter().map(|&us| f64::from(us) / 1e6).collect(),
        geo: node.geo.info(),
    }
}

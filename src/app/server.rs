//! The running server: bind everything or nothing, run, drain.

mod bind_error;
mod ending;
mod root;

use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;

use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

pub use self::bind_error::BindError;
pub(super) use self::bind_error::failed;
use self::ending::Rest;
pub(super) use self::root::user_to_be;
use super::certificates;
use super::config::{self, Config, RangesOf};
use super::demo::Places;
use super::doors::{Bound, Context, Door, Doors, Wishes};
use super::follow::{self, FileReceiver};
use super::formats::Reading;
use super::geo;
use super::handed::Handed;
use super::keep::{self, Keep, KeepWindow, Keeping};
use super::memory;
use super::reload::{Parts, Running, Source, Telling, Work};
use super::settings::{http_config, room, zone_of};
use super::snippet::{Addresses, Sender, snippet};
use crate::aggregate::place::Geo;
use crate::aggregate::wire::{BAND_EDGES_US, Hello, Snippet};
use crate::edge::clock::Clock;
use crate::edge::dns::{Checker, System};
use crate::edge::files::KnownFiles;
use crate::edge::http::Web;
use crate::edge::supervisor::Supervisor;
use crate::edge::tls::Tls;
use crate::pipeline::feed::Feed;
use crate::pipeline::ingest::Ingest;
use crate::pipeline::tick::Ticker;
use crate::state::account::Counts;
use crate::state::anomalies::Settings;
use crate::state::forget::Kept;
use crate::state::geo::Databases;
use crate::state::host::HostProbe;
use crate::state::kept::Privacy;
use crate::state::live::WindowConfig;
use crate::state::node::{Listener, Node};
use crate::state::sources::SourcesConfig;
use crate::vocab::time::{Millis, Second};

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
    pub keep: Keep,
    /// Where the configuration came from; `None` where it is not read again.
    pub source: Option<Source>,
    pub handed: Arc<Handed>,
    pub supervisor: Arc<Supervisor>,
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
        let (clock, files) = (Clock::steady(), Vec::new());
        Setup {
            config,
            clock,
            demo: false,
            line_time: false,
            files,
            reading,
            keep: Keep::Nothing,
            source: None,
            handed: Arc::default(),
            supervisor: Arc::default(),
        }
    }
}

const NOTHING: &str = "no listener and no file: nothing could come in; name one of --http, --udp, --tcp, --unix, or a file to follow";

/// What a server leaves behind.
#[derive(Debug)]
pub struct Ended {
    pub counts: Counts,
    /// What was to be kept over a restart and is not on disk, and why.
    pub unkept: Option<String>,
}

/// A server whose sockets are all bound and that does not run yet.
#[derive(Debug)]
pub struct App {
    pub node: Arc<Node>,
    pub feed: Arc<Feed>,
    pub clock: Clock,
    wishes: Wishes,
    web: Arc<Web>,
    bound: Vec<Bound>,
    files: Vec<FileReceiver>,
    ticker: Option<Ticker>,
    stop: CancellationToken,
    reading: Reading,
    databases: Arc<Databases>,
    checker: Option<Checker>,
    keeping: Option<Arc<Keeping>>,
    telling: Telling,
    tls: Option<Arc<Tls>>,
    source: Option<Source>,
    handed: Arc<Handed>,
    supervisor: Arc<Supervisor>,
    pub(super) config: Config,
}

/// How a running server is told to end, or to read its configuration again.
#[derive(Clone, Debug, Default)]
pub struct Shutdown {
    /// Finish what was read, then end.
    pub stop: CancellationToken,
    /// End now.
    pub now: CancellationToken,
    /// Read the configuration again.
    pub reload: Arc<Notify>,
}

impl App {
    /// Binds every socket of the configuration, or none.
    ///
    /// # Errors
    /// The first address that can't be bound.
    pub async fn bind(setup: Setup) -> Result<App, BindError> {
        let started = setup.clock.now();
        let databases = geo::load(&setup.config);
        let node = node(&setup, &databases, started);
        let Setup { config, clock, demo, line_time, files, reading, keep, .. } = setup;
        let Setup { source, handed, supervisor, .. } = setup;
        let stop = CancellationToken::new();
        let tls = certificates::load(&config).map_err(BindError::Certificate)?;

        let wishes = Wishes::of(&config, line_time);
        handed.judge(&config).map_err(BindError::Refused)?;
        let doors = Door::all(&config);
        // A replay has its lines from elsewhere.
        if doors.is_empty() && files.is_empty() && !line_time {
            return Err(BindError::Refused(NOTHING.to_owned()));
        }
        let user = root::user_to_be(&config)?;
        let mut bound = Vec::new();
        for door in doors {
            bound.push(door.bind(&config, &wishes, &tls, &handed).await?);
        }
        if let Some(user) = user {
            root::become_user(&user, &config)?;
        }
        let files: Vec<FileReceiver> = files.iter().map(|path| FileReceiver::new(path)).collect();
        let listeners = bound.iter().map(Bound::listener);
        for listener in listeners.chain(files.iter().map(|file| &file.listener)) {
            node.add_listener(Arc::clone(listener));
        }

        let hello = hello(&node, &config, demo);
        let feed = Feed::new(Arc::clone(&node), hello, config.feed.max_views);
        feed.tail_at_once.store(config.feed.tail_at_once as u64, Ordering::Relaxed);
        let web = Web::new(
            Arc::clone(&node),
            Arc::clone(&feed),
            clock.clone(),
            Arc::clone(&wishes.ingest),
            http_config(&config),
            stop.clone(),
        );
        let probe = (!matches!(clock, Clock::Manual(_))).then(HostProbe::new);
        let ticker = Ticker::new(Arc::clone(&node), Arc::clone(&feed), started, probe);
        let checker = asks_dns(&config, demo)
            .then(|| Checker::new(Arc::clone(&node), Arc::new(System::default())));
        // Last: a process that can't bind leaves the file to the one that has the addresses.
        let window = keep_window(&config, line_time || !files.is_empty());
        let kept = (window, privacy(&config));
        let keeping = go_on(&keep, &config, kept, &node, &web, started);
        if !line_time && files.is_empty() && node.live().kept().oldest.is_none() {
            // What lines will say of the time before is not all of it; files have it all.
            node.live_mut().unheard(Second(i64::MIN), started.second());
        }
        // Nobody is told of what is made up, or was long ago.
        let telling = Telling { told: !demo && !line_time, since: started.second() };
        Ok(App {
            keeping,
            node,
            feed,
            clock,
            wishes,
            web,
            bound,
            files,
            ticker: Some(ticker),
            stop,
            reading,
            databases,
            checker,
            telling,
            tls,
            source,
            handed,
            supervisor,
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
    /// Gives what became of every frame, and what of it a restart will not find.
    pub async fn run(self, shutdown: Shutdown) -> Ended {
        let App { node, feed, clock, wishes, web, bound, files, ticker, stop, .. } = self;
        let App { reading, databases, checker, keeping, telling, tls, source, config, .. } = self;
        let App { handed, supervisor, .. } = self;
        let tasks = web.tasks.clone();
        let deaf = CancellationToken::new();
        let mut doors = Doors::new(Context {
            node: Arc::clone(&node),
            clock: clock.clone(),
            web: Arc::clone(&web),
            wishes: wishes.clone(),
            handed,
            slots: Arc::new(Semaphore::new(config.http.max_connections)),
            readers: Arc::default(),
            stop: stop.clone(),
            deaf: deaf.clone(),
        });
        let mut threads = follow_all(files, &config, reading, &node, &wishes, &clock, &stop);
        // Before anybody is answered, so that nobody who was told of it is told otherwise.
        web.ready.store(true, Ordering::Release);
        for bound in bound {
            doors.open(bound);
        }
        tasks.spawn(geo::keep_new(databases, stop.clone()));
        // To the very end, and nobody waits for it.
        let watch = tokio::spawn(memory::watch(Arc::clone(&node)));
        if let Some(checker) = checker {
            tasks.spawn(checker.run(stop.clone()));
        }
        if let Some(keeping) = &keeping {
            tasks.spawn(Arc::clone(keeping).run(stop.clone()));
        }
        let (between_ticks, works) = mpsc::channel::<Work>();
        let tick = ticker.map(|ticker| {
            let (clock, node, supervisor) =
                (clock.clone(), Arc::clone(&node), Arc::clone(&supervisor));
            // A thread of its own: it must not wait for a busy runtime.
            spawn("tick", move || keep_ticking(ticker, &works, &clock, &node, &supervisor))
        });
        let mut running = Running::start(Parts {
            node: Arc::clone(&node),
            feed,
            web: Arc::clone(&web),
            wishes,
            tls,
            telling,
            source,
            config,
            between_ticks,
            supervisor: Arc::clone(&supervisor),
            stop: stop.clone(),
        });
        supervisor.ready(&status(&node));
        serve(&mut running, &mut doors, &shutdown).await;
        supervisor.stopping();
        web.ready.store(false, Ordering::Release);
        stop.cancel();
        tasks.close();
        let grace = running.config().stop.grace;
        let told = tokio::time::Instant::now();
        ending::drain(&tasks, &deaf, grace, &shutdown).await;
        threads.extend(doors.close());
        // With it goes the tick's only way to be told anything.
        drop(running);
        let rest = Rest { threads, tick, clock, keeping };
        let unkept = rest.end(grace.saturating_sub(told.elapsed()), &shutdown).await;
        watch.abort();
        Ended { counts: node.accounting(), unkept }
    }
}

/// What a server knows, before anything came.
fn node(setup: &Setup, databases: &Arc<Databases>, started: Millis) -> Arc<Node> {
    let Setup { config, demo, line_time, files, reading, .. } = setup;
    let databases: Arc<dyn Geo> = Arc::clone(databases) as _;
    let node = Node::new(
        WindowConfig {
            budget_bytes: usize::try_from(config.window.memory).unwrap_or(usize::MAX),
            // A file of last year is there to be looked at: only memory limits what it shows.
            max_age_s: u32::try_from(config.window.max_age.as_secs())
                .ok()
                .filter(|_| files.is_empty())
                .unwrap_or(u32::MAX),
            tail: config.feed.tail_per_second,
            room: room(config),
            geo: if *demo { Arc::new(Places::beside(databases)) } else { databases },
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
    node.memory.allow(config.process.max_memory);
    node.live_mut().watch(config.rule.iter().map(|named| &named.rule));
    node.anomalies().set_rules(&config.rule);
    node.anomalies().set(Settings {
        enabled: config.anomalies.enabled,
        sources_send: !line_time,
        ..Settings::default()
    });
    node
}

/// Goes on with what a server before this one kept in a directory, and keeps there what outlives this one.
fn go_on(
    keep: &Keep,
    config: &Config,
    kept: (Option<KeepWindow>, Privacy),
    node: &Arc<Node>,
    web: &Web,
    started: Millis,
) -> Option<Arc<Keeping>> {
    let every = config.anomalies.save_every;
    let keeping = Keeping::start(keep, every, kept, node, started.second())?;
    // Only who has the directory to himself.
    if let Keep::In(dir) = keep
        && keeping.has_directory()
    {
        keeping.keep_shares(web.keep_shares(dir));
        if !config.window.keep {
            keep::discard_window(dir);
        }
    }
    web.forget_in(Arc::clone(&keeping) as Arc<dyn Kept>);
    Some(keeping)
}

/// Follows each file in a thread of its own.
fn follow_all(
    files: Vec<FileReceiver>,
    config: &Config,
    reading: Reading,
    node: &Arc<Node>,
    wishes: &Wishes,
    clock: &Clock,
    stop: &CancellationToken,
) -> Vec<JoinHandle<()>> {
    let limits = follow::limits(config, reading.formats);
    let known = Arc::new(KnownFiles::default());
    let follow = |receiver: FileReceiver| {
        let listener = Arc::clone(&receiver.listener);
        let mut way = Ingest::following(Arc::clone(node), listener, &wishes.of_files);
        way.format = reading.format;
        let (clock, known, stop) = (clock.clone(), Arc::clone(&known), stop.clone());
        spawn("follow", move || receiver.run(way, clock, limits, &known, &stop))
    };
    files.into_iter().map(follow).collect()
}

/// Closes each second as it ends, and does in between what it is given, until nobody can give it anything any more.
fn keep_ticking(
    mut ticker: Ticker,
    works: &mpsc::Receiver<Work>,
    clock: &Clock,
    node: &Node,
    supervisor: &Supervisor,
) -> Ticker {
    loop {
        match works.recv_timeout(Ticker::wait(clock.now())) {
            Ok(work) => ticker.between(work),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                let (now, passed) = clock.read();
                if ticker.tick_by(now, passed) > 0 {
                    supervisor.alive();
                    supervisor.status(|| status(node));
                } else {
                    ticker.look(clock.now());
                }
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => return ticker,
        }
    }
}

/// Serves until told to stop; reads the configuration again as often as asked.
async fn serve(running: &mut Running, doors: &mut Doors, shutdown: &Shutdown) {
    loop {
        tokio::select! {
            biased;
            () = shutdown.stop.cancelled() => return,
            () = shutdown.now.cancelled() => return,
            () = shutdown.reload.notified() => tokio::select! {
                biased;
                // A file that does not come must not make a stop wait. Nothing of a reload waits once it
                // has begun to change anything.
                () = shutdown.stop.cancelled() => {}
                () = shutdown.now.cancelled() => {}
                () = running.reload(doors) => {}
            },
        }
    }
}

/// What the service manager shows of us.
fn status(node: &Node) -> String {
    let counts = node.accounting();
    let listeners: Vec<String> = node.open_listeners().iter().map(|l| l.label.clone()).collect();
    format!(
        "{} received, {} counted; listening on {}",
        counts.received,
        counts.counted,
        listeners.join(", ")
    )
}

pub(super) fn spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    // Only out of memory or of threads fails here, before anything is received.
    #[allow(clippy::expect_used)]
    try_spawn(name, work).expect("a thread at start")
}

pub(super) fn try_spawn<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<JoinHandle<T>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(work)
}

/// Whether DNS is asked who bots are. Not about the clients of a demo, which are made up.
fn asks_dns(config: &Config, demo: bool) -> bool {
    let whole = config.privacy.clients == config::Clients::Full;
    if config.bots.dns && !whole {
        tracing::warn!("bots.dns asks nothing: privacy.clients keeps no whole address");
    }
    config.bots.dns && whole && !demo
}

/// Files are read anew by the next start, and what is read twice would count twice.
fn keep_window(config: &Config, reads_files: bool) -> Option<KeepWindow> {
    (config.window.keep && !reads_files).then(|| KeepWindow {
        budget: usize::try_from(config.window.memory).unwrap_or(usize::MAX),
        ahead_s: config.time.ahead.as_millis().div_ceil(1000).try_into().unwrap_or(i64::MAX),
    })
}

/// What is kept of clients and queries.
fn privacy(config: &Config) -> Privacy {
    Privacy {
        clients: match config.privacy.clients {
            config::Clients::Full => 0,
            config::Clients::Masked => 1,
            config::Clients::Off => 2,
        },
        redacted: config.privacy.redact_queries,
    }
}

/// Different for every start: the clock, and the process.
fn boot_id(now_ms: i64) -> String {
    format!("{now_ms:x}-{:x}", std::process::id())
}

/// What to paste where so that senders find these listeners, with what they ask for.
pub(super) fn snippets(listeners: &[Arc<Listener>], config: &Config) -> Vec<Snippet> {
    let first = |kind: &str| {
        listeners.iter().find(|l| l.kind == kind).map(|l| {
            l.address.parse().map_or_else(|_| l.address.clone(), |a| super::snippet::reachable(&a))
        })
    };
    let addresses = Addresses {
        http: first("http"),
        udp: first("udp"),
        tcp: first("tcp"),
        https: first("https"),
        tls: first("tls"),
        unix: first("unix"),
        asks: super::snippet::asks(config),
        ..Addresses::default()
    };
    let senders = Sender::ALL.into_iter().filter(|sender| *sender != Sender::NginxProxy);
    let snippets = senders.map(|sender| Snippet {
        sender: sender.name().to_owned(),
        text: snippet(sender, &addresses),
    });
    snippets.collect()
}

fn hello(node: &Node, config: &Config, demo: bool) -> Hello {
    Hello {
        seq: 0,
        boot: node.boot.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        forgets: 0,
        now_ms: 0,
        demo,
        site: None,
        listeners: Vec::new(),
        snippets: snippets(&node.listeners(), config),
        bands_s: BAND_EDGES_US.iter().map(|&us| f64::from(us) / 1e6).collect(),
        geo: node.geo.info(),
    }
}

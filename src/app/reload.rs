//! SIGHUP: reads the configuration again and changes what can be changed while it runs.
//!
//! All or nothing: a mistake, a certificate that does not fit or an address that can't be bound leaves
//! everything as it was.

use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use tokio_util::sync::CancellationToken;

use super::certificates;
use super::config::{self, Config, Flags};
use super::doors::{Doors, Wishes};
use super::server::{snippets, user_to_be};
use super::settings::{http_config, tokens};
use crate::edge::clock::Clock;
use crate::edge::http::Web;
use crate::edge::notify::{Earlier, Notifier, Patience};
use crate::edge::supervisor::Supervisor;
use crate::edge::tls::Tls;
use crate::pipeline::feed::Feed;
use crate::state::current::Current;
use crate::state::node::Node;
use crate::vocab::time::Second;

/// What must happen between two ticks.
pub(super) type Work = Box<dyn FnOnce() + Send>;

/// Where a configuration comes from, to read it again.
#[derive(Clone, Debug)]
pub struct Source {
    /// The file that was read at the start: one that is away for a moment is a mistake, not the defaults.
    /// `None`, where there was none, looks in the usual places.
    pub file: Option<PathBuf>,
    pub flags: Flags,
}

/// Whether people are told of anomalies, and of those since when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Telling {
    pub(super) told: bool,
    pub(super) since: Second,
}

/// What took effect, and what waits for a restart, by key.
#[derive(Debug)]
struct Changed {
    keys: Vec<String>,
    waits: Vec<String>,
}

/// What a reload changes.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) node: Arc<Node>,
    pub(super) feed: Arc<Feed>,
    pub(super) web: Arc<Web>,
    pub(super) wishes: Wishes,
    pub(super) tls: Option<Arc<Tls>>,
    pub(super) telling: Telling,
    pub(super) source: Option<Source>,
    pub(super) config: Config,
    pub(super) between_ticks: mpsc::Sender<Work>,
    pub(super) supervisor: Arc<Supervisor>,
    pub(super) stop: CancellationToken,
}

/// A server as it runs now.
#[derive(Debug)]
pub(super) struct Running {
    parts: Parts,
    /// What runs: the configuration, as far as it took effect.
    config: Arc<Current<Config>>,
    /// Tells people.
    notifier: Notifier,
}

impl Running {
    /// Starts what a reload starts anew.
    pub(super) fn start(parts: Parts) -> Running {
        let config = Arc::new(Current::new(parts.config.clone()));
        let notifier = Notifier::new(Patience::default(), &parts.web.tasks, &parts.stop);
        let earlier = Earlier { than: parts.telling.since, was_told: true };
        let mut running = Running { parts, config, notifier };
        running.tell(earlier);
        if let Some(tls) = &running.parts.tls {
            running.watch(Arc::clone(tls));
        }
        running
    }

    pub(super) fn config(&self) -> Arc<Config> {
        self.config.get()
    }

    /// Looks after the certificate's files.
    fn watch(&self, tls: Arc<Tls>) {
        let (node, stop) = (Arc::clone(&self.parts.node), self.parts.stop.clone());
        let config = Arc::clone(&self.config);
        self.parts.web.tasks.spawn(certificates::keep_new(tls, config, node, stop));
    }

    /// Tells those of anomalies whom the configuration names, and no others any more.
    fn tell(&mut self, earlier: Earlier) {
        let (parts, config) = (&self.parts, self.config.get());
        let targets = if parts.telling.told { &config.notify[..] } else { &[] };
        let (url, told) = (&config.access.public_url, &parts.node.told);
        self.notifier.tell(targets, url, told, earlier, || parts.feed.anomalies());
    }

    /// See the module.
    pub(super) async fn reload(&mut self, doors: &mut Doors) {
        let Some(source) = self.parts.source.clone() else {
            tracing::info!("SIGHUP: there is no configuration to read again");
            return;
        };
        self.parts.supervisor.reloading();
        let done = match read(source).await {
            Ok(new) => self.change(new, doors).await,
            Err(problems) => Err(problems),
        };
        // Also with a mistake: what runs is as ready as before, and the log and the gauge tell.
        let mistake = "The last reload found a mistake: all is as it was.";
        self.parts.supervisor.ready(if done.is_ok() { "Reloaded." } else { mistake });
        self.parts.node.condition.reloaded(done.is_ok());
        // What happened is the last that is told: all else holds by then.
        match done {
            Ok(Changed { keys, waits }) => {
                if !waits.is_empty() {
                    tracing::warn!("needs a restart to take effect: {}", waits.join(", "));
                }
                let changed = if keys.is_empty() { "no key".to_owned() } else { keys.join(", ") };
                tracing::info!(changed, "the configuration was reloaded");
            }
            Err(problems) => {
                for problem in &problems {
                    tracing::error!("{problem}");
                }
                tracing::error!(
                    problems = problems.len(),
                    "the configuration was not reloaded: all is as it was"
                );
            }
        }
    }

    async fn change(&mut self, new: Config, doors: &mut Doors) -> Result<Changed, Vec<String>> {
        let running = self.config.get();
        let waits = config::waits(&running, &new);
        let new = config::keep_fixed(&running, new);
        // Certificates are read again also where no key is another.
        let keys = running.changed_keys(&new);
        // Another address may be one that root must not have.
        user_to_be(&new).map_err(|error| vec![error.to_string()])?;
        // Also a socket that was handed over and is no address any more: it would go on listening unheard.
        doors.judge(&new).map_err(|why| vec![why])?;
        // The files behind the keys may have changed, too: what can fail is done first.
        let pair = certificates::pair(&new).map_err(|why| vec![why])?;
        let is_first = self.parts.tls.is_none();
        let (tls, renewed) = match (&self.parts.tls, pair) {
            (Some(tls), pair) => (Some(Arc::clone(tls)), pair),
            (None, pair) => (pair.map(|pair| Tls::new(pair, certificates::limits(&new))), None),
        };
        let bound = doors.bind_new(&new, &tls).await.map_err(|error| vec![error.to_string()])?;
        // Nothing can fail any more, and nothing waits. Who may come holds before anybody can.
        if let (Some(tls), Some(pair)) = (&tls, renewed) {
            certificates::take(tls, pair);
        }
        self.parts.tls = tls;
        self.take(&running, new);
        told(&doors.change(&self.config.get(), bound));
        let listeners = self.parts.node.open_listeners();
        self.parts.feed.set_snippets(snippets(&listeners, &self.config.get()));
        if let Some(tls) = self.parts.tls.as_ref().filter(|_| is_first) {
            self.watch(Arc::clone(tls));
        }
        for note in certificates::notes(&self.config.get(), Clock::System.now().second()) {
            tracing::warn!("{note}");
        }
        Ok(Changed { keys, waits })
    }

    /// Puts a configuration to work where nothing can fail any more.
    fn take(&mut self, running: &Config, new: Config) {
        let parts = &self.parts;
        parts.wishes.take(&new);
        parts.web.reconfigure(http_config(&new));
        parts.node.memory.allow(new.process.max_memory);
        end_sessions(&parts.web, running, &new);
        if running.rule != new.rule {
            let (node, rules) = (Arc::clone(&parts.node), new.rule.clone());
            // Between two ticks: a second is measured and judged by the same rules.
            let _ = parts.between_ticks.send(Box::new(move || {
                node.live_mut().watch(rules.iter().map(|named| &named.rule));
                node.anomalies().set_rules(&rules);
            }));
        }
        let tells_anew =
            running.notify != new.notify || running.access.public_url != new.access.public_url;
        self.config.set(new);
        if tells_anew {
            let now = Clock::System.now().second();
            self.tell(Earlier { than: now, was_told: false });
        }
    }
}

fn told((opened, closed): &(Vec<String>, Vec<String>)) {
    for label in opened {
        tracing::info!("listening {label}");
    }
    for label in closed {
        tracing::info!("listening no more {label}");
    }
}

/// Ends the logins of those who are gone, or have another password or right now.
fn end_sessions(web: &Web, running: &Config, new: &Config) {
    let (before, after) = (tokens(running), tokens(new));
    // Feeds that a token or a key has opened are opened again with what holds now.
    if before != after || running.access != new.access {
        web.end_feeds();
    }
    web.end_sessions(|name| {
        let user = |config: &Config| config.user.iter().find(|user| user.name == name).cloned();
        let token = |all: &[_]| all.iter().find(|token: &&_| is_named(token, name)).cloned();
        user(running) == user(new) && token(&before) == token(&after)
    });
}

fn is_named(token: &crate::edge::http::access::Token, name: &str) -> bool {
    token.name == name
}

async fn read(source: Source) -> Result<Config, Vec<String>> {
    // Files are read: not on the threads that receive.
    let read = tokio::task::spawn_blocking(move || {
        if let Some(path) = source.file.as_deref().filter(|path| path.exists() && !path.is_file()) {
            return Err(vec![format!("{} is no file that can be read again", path.display())]);
        }
        config::load(source.file.as_deref(), &source.flags)
            .map_err(|problems| problems.0.iter().map(ToString::to_string).collect::<Vec<String>>())
    });
    match read.await {
        Ok(read) => read.map(|loaded| loaded.config),
        Err(error) => Err(vec![error.to_string()]),
    }
}

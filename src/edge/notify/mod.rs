//! Tells people of anomalies, by webhooks and mail. Nothing waits for it: the tick lays an anomaly
//! down and goes on, and what finds no room is left out and counted.

mod desk;
mod post;
mod retry;
mod safe;
#[cfg(test)]
mod sample;
mod shape;
mod target;
mod web;
mod words;

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::aggregate::wire::{Anomaly, AnomalyKind, AnomalyPeak, AnomalyState};
use crate::edge::tls::Trust;
use crate::state::current::Current;
use crate::state::notices::{Notices, Told};
use crate::vocab::time::Second;
pub use desk::Earlier;
use desk::{Desk, Manner};
use post::Privacy;
pub use post::judge_address;
pub use retry::{Failure, Patience};
pub use target::{Channel, Choice, Login, Mail, NAME_MAX, Rate, Scheme, Target, Url, Web};
use words::{Message, What};
pub use words::{causes, headline};

/// Where anomalies come from: each as it begins, changes and ends. Who sends there never waits; what
/// finds no room pushes the oldest out, and is counted.
pub type Anomalies = broadcast::Receiver<Arc<Anomaly>>;

/// All targets of one server.
#[derive(Debug)]
pub struct Notifier {
    patience: Patience,
    tasks: TaskTracker,
    stop: CancellationToken,
    tellers: Vec<Teller>,
}

/// A worker that runs, as others know it.
#[derive(Debug)]
struct Teller {
    name: String,
    channel: Channel,
    manner: Arc<Current<Manner>>,
    stop: CancellationToken,
}

impl Teller {
    /// The same people, reached the same way; what else a target wishes may change.
    fn tells(&self, target: &Target) -> bool {
        self.name == target.name && self.channel == target.channel
    }
}

impl Notifier {
    /// Tells nobody yet; who is told later is told until `stop`.
    #[must_use]
    pub fn new(patience: Patience, tasks: &TaskTracker, stop: &CancellationToken) -> Notifier {
        let (tasks, stop) = (tasks.clone(), stop.clone());
        Notifier { patience, tasks, stop, tellers: Vec::new() }
    }

    /// Tells these targets from now on. One that was there goes on and knows what it has told; who is none any
    /// more still gets what waits. `listen` is called for each that is new, for which what is `earlier` is no
    /// news.
    pub fn tell(
        &mut self,
        targets: &[Target],
        public_url: &str,
        told: &Told,
        earlier: Earlier,
        listen: impl Fn() -> Anomalies,
    ) {
        self.tellers.retain(|teller| {
            let stays = targets.iter().any(|target| teller.tells(target));
            if !stays {
                teller.stop.cancel();
            }
            stays
        });
        for target in targets {
            let manner = Manner::of(target, public_url);
            if let Some(teller) = self.tellers.iter().find(|teller| teller.tells(target)) {
                teller.manner.set(manner);
                continue;
            }
            let (manner, stop) = (Arc::new(Current::new(manner)), self.stop.child_token());
            let worker = Worker {
                desk: Desk::new(Arc::clone(&manner), earlier, Instant::now()),
                way: Way::new(target, self.patience),
                counts: told.target(&target.name),
                anomalies: listen(),
            };
            self.tasks.spawn(worker.run(stop.clone()));
            let (name, channel) = (target.name.clone(), target.channel.clone());
            self.tellers.push(Teller { name, channel, manner, stop });
        }
    }
}

/// Sends a made-up alert to a target, once.
///
/// # Errors
/// Why it did not get there.
pub async fn test(target: &Target, public_url: &str, now: Second) -> Result<(), Failure> {
    let patience = Patience { attempts: 1, ..Patience::default() };
    let anomaly = Arc::new(example(now));
    match Message::new(What::Test, &anomaly.incident.clone(), vec![anomaly], 0, public_url) {
        Some(message) => Way::new(target, patience).attempt(&message).await,
        None => Ok(()),
    }
}

/// What `tapline check --notify` tells.
fn example(now: Second) -> Anomaly {
    let time = crate::aggregate::render::rfc3339(now);
    Anomaly {
        id: "test".to_owned(),
        kind: AnomalyKind::Series,
        site: None,
        key: Some("a test by tapline check --notify".to_owned()),
        state: AnomalyState::Open,
        start: time.clone(),
        detected: time.clone(),
        peak: AnomalyPeak { time, value: 1.0 },
        end: None,
        usual_since: None,
        learning: false,
        observed: 1.0,
        apart: 0.0,
        expected: 0.0,
        low: None,
        high: None,
        unit: "count".to_owned(),
        full_in_s: None,
        severity: 1,
        explain: Vec::new(),
        samples: Vec::new(),
        incident: "test".to_owned(),
        filter: None,
        muted: false,
    }
}

/// The way to one target.
#[derive(Clone, Debug)]
struct Way {
    target: Target,
    patience: Patience,
    /// Read once: the machine's certificates are some hundred files' worth.
    tls: Option<Trust>,
    server: Option<post::Server>,
    /// Why there is no way.
    fault: Option<String>,
}

impl Way {
    fn new(target: &Target, patience: Patience) -> Way {
        let (mut tls, mut server, mut fault) = (None, None, None);
        match &target.channel {
            Channel::Smtp(mail) => {
                match post::server(mail, patience.attempt, Privacy::of(mail), &[]) {
                    Ok(found) => server = Some(found),
                    Err(error) => fault = Some(error),
                }
            }
            Channel::Json(web)
            | Channel::Slack(web)
            | Channel::Discord(web)
            | Channel::Ntfy(web) => {
                if web.url.is_private() {
                    match Trust::of_machine() {
                        Ok(found) => tls = Some(found),
                        Err(error) => fault = Some(error),
                    }
                }
            }
        }
        Way { target: target.clone(), patience, tls, server, fault }
    }

    async fn attempt(&self, message: &Message) -> Result<(), Failure> {
        if let Some(fault) = &self.fault {
            return Err(Failure::for_good(fault.clone()));
        }
        let sent: Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + '_>> =
            match (&self.target.channel, &self.server) {
                (Channel::Smtp(mail), Some(server)) => Box::pin(post::send(server, mail, message)),
                (Channel::Smtp(_), None) => return Ok(()),
                (
                    Channel::Json(web)
                    | Channel::Slack(web)
                    | Channel::Discord(web)
                    | Channel::Ntfy(web),
                    _,
                ) => match shape::body(&self.target.channel, message) {
                    Some((path, body)) => Box::pin(async move {
                        web::post(web, &path, body.to_string().into_bytes(), self.tls.as_ref())
                            .await
                    }),
                    None => return Ok(()),
                },
            };
        let late = format!("no answer within {} s", self.patience.attempt.as_secs_f64());
        timeout(self.patience.attempt, sent).await.unwrap_or_else(|_| Err(Failure::for_now(late)))
    }

    /// Tries until it got there or patience is over. The end of the process cuts a pause short: what waits
    /// is tried once more.
    async fn deliver(&self, message: &Message, stop: &CancellationToken) -> Result<(), Failure> {
        let mut attempt = 1;
        loop {
            let is_last = stop.is_cancelled();
            let failure = match self.attempt(message).await {
                Ok(()) => return Ok(()),
                Err(failure) if is_last => return Err(failure),
                Err(failure) => failure,
            };
            let Some(pause) = self.patience.pause(attempt, &failure) else { return Err(failure) };
            tracing::debug!(target = self.target.name, why = failure.why, attempt, "not told yet");
            tokio::select! {
                () = sleep(pause) => {}
                () = stop.cancelled() => {}
            }
            attempt += 1;
        }
    }
}

/// Tells one target.
#[derive(Debug)]
struct Worker {
    desk: Desk,
    way: Way,
    counts: Arc<Notices>,
    anomalies: Anomalies,
}

type Sending = Pin<Box<dyn Future<Output = (String, Result<(), Failure>)> + Send>>;

impl Worker {
    async fn run(mut self, stop: CancellationToken) {
        let mut sending: Option<Sending> = None;
        let mut open = true;
        loop {
            if sending.is_none()
                && let Some(message) = self.desk.next(Instant::now())
            {
                sending = Some(self.send(message, &stop));
            }
            self.counts.dropped(self.desk.take_dropped());
            let wake = self.desk.wake().filter(|_| sending.is_none());
            if !open && wake.is_none() && sending.is_none() {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => return self.last_words(sending, &stop).await,
                anomaly = self.anomalies.recv(), if open => match anomaly {
                    Ok(anomaly) => self.desk.take(&anomaly, Instant::now()),
                    Err(RecvError::Lagged(lost)) => self.counts.dropped(lost),
                    Err(RecvError::Closed) => open = false,
                },
                done = maybe(&mut sending) => {
                    sending = None;
                    self.done(done);
                }
                () = sleep_until(wake.unwrap_or_else(Instant::now).into()), if wake.is_some() => {}
            }
        }
    }

    fn done(&mut self, (incident, result): (String, Result<(), Failure>)) {
        match &result {
            Ok(()) => self.counts.sent(),
            Err(failure) => {
                self.counts.failed();
                let (target, why) = (&self.way.target.name, &failure.why);
                tracing::warn!(target, why, "an alert could not be delivered");
            }
        }
        self.desk.done(&incident, result.is_ok(), Instant::now());
    }

    fn send(&self, message: Message, stop: &CancellationToken) -> Sending {
        let (way, stop) = (self.way.clone(), stop.clone());
        Box::pin(async move {
            let done = way.deliver(&message, &stop).await;
            (message.incident, done)
        })
    }

    /// What is on its way may arrive, and what waits to be told or told again is tried once; what is not
    /// told by then is counted and said, and does not hold up the end.
    async fn last_words(&mut self, sending: Option<Sending>, stop: &CancellationToken) {
        let now = Instant::now();
        while let Ok(anomaly) = self.anomalies.try_recv() {
            self.desk.take(&anomaly, now);
        }
        self.desk.hurry(now);
        let mut sending = sending;
        let all = async {
            loop {
                if sending.is_none() {
                    sending = self.desk.next(now).map(|message| self.send(message, stop));
                }
                let Some(next) = sending.take() else { return };
                let done = next.await;
                self.done(done);
                // What its end brought up.
                self.desk.hurry(now);
            }
        };
        let in_time = timeout(LAST_WORDS, all).await.is_ok();
        self.counts.dropped(self.desk.take_dropped());
        let left = self.desk.untold();
        if !in_time && left > 0 {
            self.counts.dropped(left);
            let target = &self.way.target.name;
            tracing::warn!(target, left, "alerts were not told before the end");
        }
    }
}

/// At the end of the process: an ordinary answer comes in a tenth of it.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Waits for what is on its way; for ever where nothing is.
async fn maybe(sending: &mut Option<Sending>) -> (String, Result<(), Failure>) {
    match sending {
        Some(sending) => sending.await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;

//! `GET /api/v1/live`: the feed over a WebSocket, server-sent events or NDJSON.
//!
//! All three send the same texts, a WebSocket compressed ones to who asks for that. A session keeps no backlog:
//! one that falls behind is told how much it missed and gets a snapshot; one that does not read at all is closed.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Extension, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, MissedTickBehavior, timeout};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_util::sync::CancellationToken;

use super::access::{Asker, Who, within};
use super::api::answerable;
use super::place::Place;
use super::refusals::NOT_READ;
use super::scans::Asking;
use super::socket::{Heard, Said, Socket, Upgrade};
use super::{ApiError, Web};
use crate::aggregate::order::{DEFAULT_WINDOW_S, Order, Topics, Wanted};
use crate::aggregate::wire::{Lag, Problem, ServerMessage, Subscribed};
use crate::pipeline::batch::Batch;
use crate::pipeline::feed::{Subscription, Taken, TooManyViews, encode};
use crate::state::node::Connected;

/// A quiet browser is asked this often whether it is still there …
const PING: Duration = Duration::from_secs(20);
/// … and given up after saying nothing for so long.
const SILENCE: Duration = Duration::from_secs(65);
/// An event stream never says nothing for longer: a proxy gives up on a silent one after a minute
/// (nginx's `proxy_read_timeout`), and ticks stop where a replayed clock does.
const COMMENT: Duration = Duration::from_secs(15);

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    filter: Option<String>,
    window: Option<u32>,
    window_s: Option<u32>,
    topics: Option<String>,
    panels: Option<String>,
    #[serde(default)]
    format: Format,
}

/// How messages come to who can't upgrade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// Server-sent events.
    #[default]
    Sse,
    Ndjson,
}

pub(crate) async fn open(
    State(web): State<Arc<Web>>,
    Extension(who): Extension<Who>,
    Extension(asker): Extension<Asker>,
    Extension(asking): Extension<Asking>,
    ask: Result<Query<Ask>, axum::extract::rejection::QueryRejection>,
    mut request: Request,
) -> Result<Response, ApiError> {
    if web.stop.is_cancelled() {
        return Err(ApiError::stopping());
    }
    let Query(ask) =
        ask.map_err(|e| ApiError::bad_query(&e, "?filter=&window=&topics=&panels=&format="))?;
    let place = Place::take(&web, asker)?;
    // In the count of connections for as long as the feed is open, and not among max_connections: sixteen
    // thousand feeds would shut out those who send.
    let connected = request.extensions().get::<Arc<Connected>>().cloned();
    if let Some(upgrade) = Upgrade::of(&mut request, web.config.get().max_message) {
        let (answer, opened) = upgrade.accept();
        let tasks = web.tasks.clone();
        tasks.spawn(async move {
            if let Some(socket) = opened.await {
                session(socket, web, (who, asking)).await;
            }
            drop((place, connected));
        });
        return Ok(answer);
    }
    let wanted = Wanted::read(
        ask.filter.as_deref().unwrap_or(""),
        ask.window_s.or(ask.window).unwrap_or(DEFAULT_WINDOW_S),
        ask.topics.as_deref().unwrap_or("").split(','),
        ask.panels.as_deref().unwrap_or("").split(','),
        web.config.get().top,
    )?;
    let ndjson = ask.format == Format::Ndjson;
    let mut messages = Messages::new(Arc::clone(&web), who, asking);
    let snapshot = messages.subscribe(wanted).await?;
    messages.show(&snapshot);
    let frames = stream::unfold((messages, place), move |(mut messages, place)| async move {
        let part =
            if ndjson { line(&mut messages).await } else { or_comment(event(&mut messages)).await };
        Some((Ok::<_, Infallible>(part?), (messages, place)))
    });
    let kind = if ndjson { "application/x-ndjson" } else { "text/event-stream" };
    Ok((
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "no-store"),
            // nginx would hold the stream back otherwise.
            (header::HeaderName::from_static("x-accel-buffering"), "no"),
        ],
        Body::from_stream(frames),
    )
        .into_response())
}

/// Of a session that is no WebSocket, and never takes anything else.
async fn text(messages: &mut Messages) -> Option<Bytes> {
    let (Said::Text(text) | Said::Packed(text)) = messages.next().await?;
    Some(text)
}

async fn line(messages: &mut Messages) -> Option<Bytes> {
    let text = text(messages).await?;
    Some(Bytes::from([&text[..], b"\n"].concat()))
}

/// The id is the tick up to which a reader of all events so far knows everything; one that comes
/// again gets a snapshot all the same.
async fn event(messages: &mut Messages) -> Option<Bytes> {
    let text = text(messages).await?;
    let head = format!("id: {}\ndata: ", messages.seen);
    Some(Bytes::from([head.as_bytes(), &text, b"\n\n"].concat()))
}

/// What comes next, or a comment where nothing came for long.
async fn or_comment(next: impl Future<Output = Option<Bytes>>) -> Option<Bytes> {
    let quiet = |_| Some(Bytes::from_static(b": nothing new\n\n"));
    timeout(COMMENT, next).await.unwrap_or_else(quiet)
}

/// What one session is to be sent, in order.
struct Messages {
    web: Arc<Web>,
    asking: Asking,
    /// The only one that may be seen.
    site: Option<Arc<str>>,
    subscription: Option<Subscription>,
    /// The subscription on its way back with all that is shown now.
    anew: Option<Anew>,
    topics: Topics,
    deflate: bool,
    paused: bool,
    /// Everything up to this tick has been sent …
    seen: u64,
    /// … and up to this update.
    edition: u64,
    queue: VecDeque<Said>,
    /// Changes where a client was forgotten.
    forgets: watch::Receiver<u64>,
    /// Says why it is over.
    ends: Pin<Box<dyn Future<Output = &'static str> + Send>>,
    done: bool,
    why: &'static str,
    code: CloseCode,
}

/// A snapshot is taken beside the async tasks: it waits while a view is opened.
struct Anew {
    taken: JoinHandle<(Subscription, Taken)>,
    /// Whether to say how much was missed.
    missed: bool,
}

const STOPPING: &str = "the server is stopping";
const LOGGED_OUT: &str = "the login is over";
const CHATTERS: &str = "more messages than a page sends";
const TOO_LONG: &str = "a message longer than http.max_message";

/// The end of a session from the server's side.
async fn end(stop: CancellationToken, who: Who) -> &'static str {
    tokio::select! {
        () = stop.cancelled() => STOPPING,
        () = who.over() => LOGGED_OUT,
    }
}

impl Messages {
    fn new(web: Arc<Web>, who: Who, asking: Asking) -> Messages {
        let forgets = web.feed.forgets();
        let hello = web.feed.hello(web.clock.now().0, who.site.as_deref());
        let site = who.site.clone();
        Messages {
            ends: Box::pin(end(web.stop.clone(), who)),
            web,
            asking,
            site,
            subscription: None,
            anew: None,
            topics: Topics::USUAL,
            deflate: false,
            paused: false,
            seen: 0,
            edition: 0,
            forgets,
            queue: VecDeque::from([Said::Text(hello)]),
            done: false,
            why: STOPPING,
            code: CloseCode::Away,
        }
    }

    /// Gives what is to be shown first. On an error the session keeps the subscription it had.
    async fn subscribe(&mut self, wanted: Wanted) -> Result<Taken, ApiError> {
        let Wanted { filter, window_s, topics, asks, deflate } = wanted;
        let now = self.web.clock.now().second();
        let site = self.site.clone();
        let filter = within(answerable(&self.web, filter)?, site.as_deref())?;
        let (subscription, snapshot) = self
            .web
            .scan(&self.asking, move |web| {
                let mut subscription =
                    web.feed.subscribe(&filter, window_s, &asks, site.as_ref(), now)?;
                if topics.tail {
                    subscription.read_lines();
                }
                let snapshot = subscription.snapshot(topics.bands);
                if deflate {
                    // Here, where it makes nobody wait.
                    snapshot.batch.pack();
                }
                Ok((subscription, snapshot))
            })
            .await?
            .map_err(|TooManyViews| {
                ApiError::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "too_many_views",
                    "all places for distinct filters and windows are taken, or their memory is",
                    "use a filter and a window that others use, or raise feed.max_views or window.memory",
                )
            })?;
        self.topics = topics;
        self.deflate = deflate;
        self.paused = false;
        self.subscription = Some(subscription);
        self.anew = None;
        Ok(snapshot)
    }

    fn show(&mut self, snapshot: &Taken) {
        (self.seen, self.edition) = (snapshot.seq, snapshot.edition);
        self.owe(&snapshot.batch);
    }

    fn owe(&mut self, batch: &Batch) {
        if self.deflate
            && let Some(packed) = batch.packed()
        {
            self.queue.push_back(Said::Packed(packed.clone()));
        } else {
            self.queue.extend(batch.texts().iter().cloned().map(Said::Text));
        }
    }

    fn owe_text(&mut self, text: Bytes) {
        self.queue.push_back(Said::Text(text));
    }

    /// What comes next, or `None` when the session is over. Can be cancelled at any await.
    async fn next(&mut self) -> Option<Said> {
        loop {
            if let Some(said) = self.queue.pop_front() {
                return Some(said);
            }
            if self.done {
                return None;
            }
            if let Some(anew) = &mut self.anew {
                let taken = (&mut anew.taken).await;
                let missed = anew.missed;
                self.anew = None;
                match taken {
                    Ok((subscription, snapshot)) => {
                        self.subscription = Some(subscription);
                        self.show_anew(&snapshot, missed);
                    }
                    // A fault of ours, which is in the log: the client comes again.
                    Err(_) => self.say_goodbye(STOPPING),
                }
                continue;
            }
            let update = async {
                match &mut self.subscription {
                    Some(subscription) if !self.paused => subscription.updates.recv().await,
                    _ => std::future::pending().await,
                }
            };
            let update = tokio::select! {
                // In this order: whoever reads slower than seconds pass always finds one ready.
                biased;
                why = &mut self.ends => {
                    self.say_goodbye(why);
                    continue;
                }
                // The feed lives as long as the session.
                _ = self.forgets.changed() => {
                    self.owe_text(self.web.feed.forgotten());
                    if !self.paused {
                        self.anew(false);
                    }
                    continue;
                }
                update = update => update,
            };
            match update {
                Ok(update) if update.edition <= self.edition => {}
                Ok(update) if !self.web.feed.is_behind(&update) => {
                    (self.seen, self.edition) = (update.seq, update.edition);
                    self.owe(update.batch(self.topics));
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {
                    // Only these: a pause, or a client that was forgotten, is no slow browser.
                    self.web.feed.resyncs.fetch_add(1, Ordering::Relaxed);
                    self.anew(true);
                }
                Err(RecvError::Closed) => self.say_goodbye(STOPPING),
            }
        }
    }

    fn say_goodbye(&mut self, why: &'static str) {
        self.owe_text(self.web.feed.bye(why));
        self.done = true;
        self.why = why;
        self.code = if why == STOPPING { CloseCode::Away } else { CloseCode::Policy };
    }

    /// Ends the session because of what the client did.
    fn break_off(&mut self, counted: &'static str, why: &'static str, code: CloseCode) {
        self.web.refusals.count(counted);
        self.say_goodbye(why);
        self.code = code;
    }

    /// Has all that is shown now taken, which is told next.
    fn anew(&mut self, missed: bool) {
        let Some(mut subscription) = self.subscription.take() else { return };
        let bands = self.topics.bands;
        let taken = tokio::task::spawn_blocking(move || {
            subscription.updates = subscription.updates.resubscribe();
            let taken = subscription.snapshot(bands);
            (subscription, taken)
        });
        self.anew = Some(Anew { taken, missed });
    }

    fn show_anew(&mut self, snapshot: &Taken, missed: bool) {
        // Who paused meanwhile gets another one.
        if self.paused {
            return;
        }
        let (seq, missed_seconds) = (snapshot.seq, snapshot.seq.saturating_sub(self.seen));
        // Only lines of a second that is open may have been missed: the snapshot has them.
        if missed && missed_seconds > 0 {
            self.owe_text(encode(&ServerMessage::Lag(Lag { seq, missed: missed_seconds })));
        }
        self.show(snapshot);
    }

    async fn heard(&mut self, text: &str) {
        let order = Order::read(text, self.web.config.get().top);
        let done = match order.map_err(ApiError::from) {
            Ok(Order::Subscribe(wanted)) => self.subscribe(*wanted).await.map(|snapshot| {
                let seq = snapshot.seq;
                self.show(&snapshot);
                self.owe_text(encode(&ServerMessage::Subscribed(Subscribed { seq })));
            }),
            Ok(Order::Pause) => {
                self.paused = true;
                Ok(())
            }
            Ok(Order::Resume) => {
                if std::mem::take(&mut self.paused) {
                    self.anew(false);
                }
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            self.web.refusals.count(error.code);
            self.problem(error.code, error.message, error.hint);
        }
    }

    fn problem(&mut self, code: &str, message: String, hint: String) {
        let seq = self.web.feed.seq();
        let problem = Problem { seq, code: code.to_owned(), message, hint };
        self.owe_text(encode(&ServerMessage::Problem(problem)));
    }

    /// Whether a message went out. How long that may take is for the connection to say, by what its peer takes
    /// (see [`patient`](super::patient)): a long message on a slow line is no silence.
    fn sent(&self, outcome: &io::Result<()>) -> bool {
        if outcome.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            self.web.refusals.count(NOT_READ);
        }
        outcome.is_ok()
    }
}

/// How often a client may say something, pings too: some twenty times at once, and then as often a second.
/// A page speaks when its user does.
#[derive(Debug)]
struct Pace {
    /// Up to when its words are spent (as in [`Throttle`](crate::state::throttle::Throttle)).
    spent_until: Instant,
}

impl Pace {
    const A_WORD: Duration = Duration::from_millis(50);
    const AT_ONCE: Duration = Duration::from_secs(1);

    fn new(now: Instant) -> Pace {
        Pace { spent_until: now }
    }

    fn allows(&mut self, now: Instant) -> bool {
        self.spent_until = self.spent_until.max(now) + Pace::A_WORD;
        self.spent_until <= now + Pace::AT_ONCE
    }
}

async fn session(mut socket: Socket, web: Arc<Web>, (who, asking): (Who, Asking)) {
    let mut messages = Messages::new(web, who, asking);
    let mut heard_at = Instant::now();
    let mut pace = Pace::new(heard_at);
    let mut ping = tokio::time::interval_at(heard_at + PING, PING);
    // One after a long message, not all that fell into it: the answers would be a flood.
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            // What is owed goes first: a client that asks faster than it reads waits for itself.
            biased;
            said = messages.next() => {
                let Some(said) = said else { break };
                let begun = Instant::now();
                let outcome = socket.say(said).await;
                if !messages.sent(&outcome) {
                    return;
                }
                // Nobody listened meanwhile.
                heard_at += begun.elapsed();
            }
            heard = socket.hear() => {
                heard_at = Instant::now();
                if !pace.allows(heard_at) {
                    messages.break_off("too_many_messages", CHATTERS, CloseCode::Policy);
                    continue;
                }
                match heard {
                    Some(Heard::Text(text)) => messages.heard(&text).await,
                    Some(Heard::Binary) => {
                        messages.problem("bad_message", "a binary message".into(), "send text".into());
                    }
                    Some(Heard::Alive) => {}
                    Some(Heard::TooLong) => {
                        messages.break_off("message_too_long", TOO_LONG, CloseCode::Size);
                    }
                    None => return,
                }
            }
            _ = ping.tick() => {
                if heard_at.elapsed() > SILENCE {
                    return;
                }
                let outcome = socket.ping().await;
                if !messages.sent(&outcome) {
                    return;
                }
            }
        }
    }
    let close = CloseFrame { code: messages.code, reason: messages.why.into() };
    let outcome = socket.close(close).await;
    if messages.sent(&outcome) {
        // Not for long.
        let _ = timeout(Duration::from_secs(1), socket.hear_out()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_silent_event_stream_says_that_it_is_there() {
        let start = Instant::now();
        let said = or_comment(std::future::pending()).await.expect("it goes on");
        assert_eq!((&said[..], start.elapsed()), (&b": nothing new\n\n"[..], COMMENT));
        assert_eq!(or_comment(async { None }).await, None, "an end is an end");
    }
}

//! The way to the server: a WebSocket, opened again with a growing wait whenever it is lost.
//!
//! A WebSocket and not NDJSON, for the server is told to pause and what else to show, and says what is wrong
//! with a filter, without a new connection. All that waits between the two sides is a few messages: where the
//! screen is slow, the socket is not read, and the server sends a fresh snapshot in place of a backlog.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error};
use tokio_tungstenite::tungstenite::handshake::client::Request;
use tokio_tungstenite::tungstenite::http::{HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message as Frame};

use super::address::Address;
use super::keys::Wish;
use super::lists;
use super::message::Message;
use crate::app::figures::clean;
use crate::edge::clock::Clock;
use crate::edge::notify::Scheme;
use crate::edge::tls::{Trust, why_untrusted};
use crate::vocab::secret::Secret;

/// To be connected, and to be answered.
const PATIENCE: Duration = Duration::from_secs(10);
/// A server says something each second, and asks each 20 s whether anybody is there.
const SILENCE: Duration = Duration::from_secs(45);
/// The wait before the first new attempt, doubled with each.
const FIRST_WAIT: Duration = Duration::from_millis(500);
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// An hour of seconds with all lists is half a megabyte.
const MAX_MESSAGE: usize = 8 << 20;
/// Messages that may wait for the screen.
pub(super) const WAITING: usize = 4;
/// Characters of what a stranger's server says.
const WORDS: usize = 240;

/// What is asked of the server while it runs.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    Show(Wish),
    Pause,
    Resume,
}

/// What comes from there.
#[derive(Debug)]
pub(super) enum Heard {
    Message(Box<Message>),
    /// The connection is lost; the next attempt comes at this millisecond.
    Away {
        why: String,
        again_ms: i64,
    },
}

/// Why there is no connection, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure(pub(super) String);

trait Way: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Way for T {}

/// An open feed.
pub(super) struct Feed(WebSocketStream<Box<dyn Way>>);

/// Whom to ask, and as whom.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) address: Address,
    token: Option<Secret>,
    trust: Option<Trust>,
}

impl Server {
    /// # Errors
    /// Where this machine trusts nobody, and the address is one of TLS.
    pub(super) fn new(address: Address, token: Option<Secret>) -> Result<Server, String> {
        let private = address.url.scheme == Scheme::Https;
        let trust = private.then(Trust::of_machine).transpose()?;
        Ok(Server { address, token, trust })
    }

    /// # Errors
    /// What went wrong, and what to do.
    pub(super) async fn open(&self) -> Result<Feed, Failure> {
        match timeout(PATIENCE, self.connect()).await {
            Ok(done) => done,
            Err(_) => Err(self.failed(&format!("no answer within {} s", PATIENCE.as_secs()))),
        }
    }

    async fn connect(&self) -> Result<Feed, Failure> {
        let url = &self.address.url;
        let host = url.bare_host();
        let stream = TcpStream::connect((host, url.port)).await.map_err(|error| {
            let why = match error.kind() {
                std::io::ErrorKind::ConnectionRefused => "nobody listens there".to_owned(),
                _ => error.to_string(),
            };
            self.failed(&why)
        })?;
        let _ = stream.set_nodelay(true);
        let way: Box<dyn Way> = match &self.trust {
            None => Box::new(stream),
            Some(trust) => {
                Box::new(trust.connect(host, stream).await.map_err(|error| self.untrusted(&error))?)
            }
        };
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let request = self.request()?;
        match tokio_tungstenite::client_async_with_config(request, way, Some(config)).await {
            Ok((feed, _)) => Ok(Feed(feed)),
            Err(Error::Http(answer)) => Err(self.refused(&answer)),
            Err(error) => Err(self.failed(&error.to_string())),
        }
    }

    fn request(&self) -> Result<Request, Failure> {
        let url = &self.address.url;
        // Always ws: who is spoken to, and how, is settled before.
        let uri = format!("ws://{}:{}{}", url.host, url.port, self.address.feed());
        let failed = |_| self.failed("this can't be asked for");
        let mut request = uri.into_client_request().map_err(failed)?;
        let headers = request.headers_mut();
        let host = HeaderValue::try_from(url.host_header())
            .map_err(|_| self.failed("this host can't be asked for"))?;
        headers.insert(header::HOST, host);
        headers.insert(
            header::USER_AGENT,
            HeaderValue::from_static(concat!("tapline-top/", env!("CARGO_PKG_VERSION"))),
        );
        if let Some(token) = &self.token {
            let mut value = HeaderValue::try_from(format!("Bearer {}", token.0))
                .map_err(|_| self.failed("the token can't stand in a header"))?;
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        Ok(request)
    }

    fn failed(&self, why: &str) -> Failure {
        Failure(format!("{}: {}", self.address, clean(why, WORDS)))
    }

    fn untrusted(&self, error: &std::io::Error) -> Failure {
        let why = why_untrusted(error);
        let hint = if why.contains("certificate") {
            "; what this machine trusts is in its ca-certificates, or in the file that SSL_CERT_FILE names"
        } else {
            ""
        };
        self.failed(&format!("TLS: {why}{hint}"))
    }

    fn refused(&self, answer: &tungstenite::http::Response<Option<Vec<u8>>>) -> Failure {
        let status = answer.status();
        let words = answer.body().as_deref().map(String::from_utf8_lossy).unwrap_or_default();
        let said: serde_json::Value = serde_json::from_str(&words).unwrap_or_default();
        let said = said["error"]["message"].as_str().map(|why| format!(": {why}"));
        let said = said.unwrap_or_default();
        self.failed(&match status {
            StatusCode::UNAUTHORIZED if self.token.is_some() => format!(
                "the token is not taken ({status}); make one with `tapline token new --right look`"
            ),
            StatusCode::UNAUTHORIZED => format!(
                "it asks for a login ({status}); put a token with the right look into \
                 $TAPLINE_TOKEN or a file for --token-file"
            ),
            StatusCode::FORBIDDEN => format!(
                "it may not be looked at from here ({status}){said}; a token with the right look \
                 goes into $TAPLINE_TOKEN or --token-file"
            ),
            status if status.is_redirection() => {
                let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
                let to = to.unwrap_or("somewhere else");
                format!("it redirects to {to}, which is not followed; name that address")
            }
            StatusCode::NOT_FOUND => "no Tapline is at this path (404)".to_owned(),
            status if status.is_success() => {
                format!("this is no Tapline, or a proxy lets no WebSocket through ({status})")
            }
            // Nobody who reads our request answers so: it is TLS that was waited for.
            StatusCode::BAD_REQUEST if said.is_empty() && self.trust.is_none() => {
                format!(
                    "it answers {status}, as a port of HTTPS does: write https:// before the host"
                )
            }
            _ => format!("it answers {status}{said}"),
        })
    }
}

impl std::fmt::Debug for Feed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Feed")
    }
}

impl Feed {
    /// # Errors
    /// Why it is over.
    pub(super) async fn ask(&mut self, asked: &Asked) -> Result<(), String> {
        let text = match asked {
            Asked::Show(wish) => json!({
                "type": "subscribe",
                "filter": wish.filter,
                "window_s": wish.window_s,
                "topics": ["tick", "tail", "anomaly"],
                "panels": lists::asks(wish.by),
            }),
            Asked::Pause => json!({ "type": "pause" }),
            Asked::Resume => json!({ "type": "resume" }),
        };
        let sent = timeout(PATIENCE, self.0.send(Frame::text(text.to_string()))).await;
        match sent {
            Ok(sent) => sent.map_err(|error| over(&error)),
            Err(_) => Err("it takes nothing".to_owned()),
        }
    }

    /// The next message that is one.
    ///
    /// # Errors
    /// Why it is over.
    pub(super) async fn next(&mut self) -> Result<Message, String> {
        loop {
            let frame = match timeout(SILENCE, self.0.next()).await {
                Err(_) => return Err(format!("it has said nothing for {} s", SILENCE.as_secs())),
                Ok(None) => return Err("the connection is closed".to_owned()),
                Ok(Some(Err(error))) => return Err(over(&error)),
                Ok(Some(Ok(frame))) => frame,
            };
            match frame {
                Frame::Text(text) => {
                    if let Some(message) = Message::read(text.as_str()) {
                        return Ok(message);
                    }
                }
                Frame::Close(close) => {
                    let why = close.map(|close| clean(close.reason.as_str(), WORDS));
                    let why = why.filter(|why| !why.is_empty());
                    return Err(why.unwrap_or_else(|| "the server closed it".to_owned()));
                }
                // Pings are answered by themselves; nothing else was asked for.
                _ => {}
            }
        }
    }
}

fn over(error: &Error) -> String {
    match error {
        Error::Capacity(CapacityError::MessageTooLong { .. }) => {
            format!("it says more than {} MiB at once", MAX_MESSAGE >> 20)
        }
        Error::ConnectionClosed | Error::AlreadyClosed => "the connection is closed".to_owned(),
        Error::Io(error) => clean(&error.to_string(), WORDS),
        Error::Protocol(_) => "the connection broke off".to_owned(),
        other => clean(&other.to_string(), WORDS),
    }
}

/// Follows the feed until nobody listens any more. `wish` is what `first` was asked for already.
pub(super) async fn follow(
    server: Server,
    first: Feed,
    wish: Wish,
    mut asked: mpsc::Receiver<Asked>,
    heard: mpsc::Sender<Heard>,
) {
    let mut wishes = Wishes { wanted: wish.clone(), good: wish, paused: false };
    let mut feed = Some(first);
    let mut attempt = 0;
    loop {
        let why = match feed.take() {
            Some(mut open) => match talk(&mut open, &mut wishes, &mut asked, &heard).await {
                Ended::Gone => return,
                Ended::Lost { why, said_something } => {
                    attempt = if said_something { 0 } else { attempt + 1 };
                    why
                }
            },
            None => {
                attempt += 1;
                match server.open().await {
                    Ok(mut open) => match greet(&mut open, &wishes).await {
                        Ok(()) => {
                            feed = Some(open);
                            continue;
                        }
                        Err(why) => why,
                    },
                    Err(Failure(why)) => why,
                }
            }
        };
        let wait = wait(attempt);
        let end = Instant::now() + wait;
        let wait_ms = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        let again_ms = Clock::System.now().0.saturating_add(wait_ms);
        if heard.send(Heard::Away { why, again_ms }).await.is_err() {
            return;
        }
        loop {
            tokio::select! {
                () = sleep_until(end) => break,
                asked = asked.recv() => match asked {
                    Some(asked) => wishes.take(asked),
                    None => return,
                },
            }
        }
    }
}

/// Half of it is fixed and half by chance, so that not all come back in one instant after a restart.
fn wait(attempt: u32) -> Duration {
    let longest = LONGEST_WAIT.min(FIRST_WAIT * 2u32.pow(attempt.min(10)));
    let chance = Clock::System.now().0.rem_euclid(1_000) as f64 / 1_000.0;
    longest.mul_f64(0.5 + chance / 2.0)
}

/// What was asked for last, and what was taken last.
#[derive(Debug)]
struct Wishes {
    wanted: Wish,
    good: Wish,
    paused: bool,
}

impl Wishes {
    fn take(&mut self, asked: Asked) {
        match asked {
            // A subscription ends a pause.
            Asked::Show(wish) => (self.wanted, self.paused) = (wish, false),
            Asked::Pause => self.paused = true,
            Asked::Resume => self.paused = false,
        }
    }
}

async fn greet(feed: &mut Feed, wishes: &Wishes) -> Result<(), String> {
    // Also where it is paused: the screen shows what was, and the server's numbers are others.
    feed.ask(&Asked::Show(wishes.wanted.clone())).await
}

enum Ended {
    /// Nobody listens any more.
    Gone,
    Lost {
        why: String,
        said_something: bool,
    },
}

async fn talk(
    feed: &mut Feed,
    wishes: &mut Wishes,
    asked: &mut mpsc::Receiver<Asked>,
    heard: &mpsc::Sender<Heard>,
) -> Ended {
    let mut subscribed = false;
    let mut fell_back = false;
    loop {
        let done = tokio::select! {
            message = feed.next() => match message {
                Err(why) => return Ended::Lost { why, said_something: subscribed },
                Ok(message) => {
                    let mut done = Ok(());
                    match &message {
                        Message::Snapshot(_) => {
                            subscribed = true;
                            wishes.good = wishes.wanted.clone();
                            if wishes.paused {
                                done = feed.ask(&Asked::Pause).await;
                            }
                        }
                        // A server that was started again may refuse what another took.
                        Message::Problem(_) if !subscribed && !fell_back => {
                            fell_back = true;
                            wishes.wanted = wishes.good.clone();
                            done = feed.ask(&Asked::Show(wishes.good.clone())).await;
                        }
                        Message::Problem(problem) if !subscribed => {
                            let why = clean(&problem.message, WORDS);
                            return Ended::Lost { why, said_something: false };
                        }
                        Message::Problem(_) => wishes.wanted = wishes.good.clone(),
                        _ => {}
                    }
                    if heard.send(Heard::Message(Box::new(message))).await.is_err() {
                        return Ended::Gone;
                    }
                    done
                }
            },
            asked = asked.recv() => match asked {
                None => {
                    // Not for long: the program ends.
                    let _ = timeout(Duration::from_millis(200), feed.0.close(None)).await;
                    return Ended::Gone;
                }
                Some(asked) => {
                    let done = feed.ask(&asked).await;
                    wishes.take(asked);
                    done
                }
            },
        };
        if let Err(why) = done {
            return Ended::Lost { why, said_something: subscribed };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_of_https_is_known_by_its_answer_to_plain_http() {
        let server = Server::new(Address::parse("http://127.0.0.1:1/").expect("one"), None);
        let server = server.expect("plain");
        let refused = |body: &str| {
            let answer = tungstenite::http::Response::builder().status(400);
            server.refused(&answer.body(Some(body.as_bytes().to_vec())).expect("an answer")).0
        };
        let https = refused("This port speaks HTTPS: write https:// before it.\n");
        assert!(https.contains("write https://"), "{https}");
        let other = refused(r#"{"error":{"code":"bad","message":"no","hint":"so"}}"#);
        assert!(other.ends_with("it answers 400 Bad Request: no"), "{other}");
    }
}

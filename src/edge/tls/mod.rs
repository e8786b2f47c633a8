//! TLS for whoever connects: handshakes, what becomes of those that fail, and certificates that change
//! while connections go on.

mod pair;
mod trust;
mod turns;

use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::rustls::server::{Acceptor, ServerConfig};
use tokio_rustls::rustls::{self, CertificateError};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake};
use tokio_util::sync::CancellationToken;

pub use pair::{Fault, Files, Pair, ending, notes};
pub use trust::{Trust, why_untrusted};

use self::turns::Turns;
use super::seldom::Seldom;
use crate::decode::certificate::Certificate;
use crate::state::node::Listener;
use crate::vocab::network::subscriber;
use crate::vocab::outcome::HandshakeFailure;

/// The first byte of a TLS record that holds a handshake (RFC 8446 section 5.1).
pub const HANDSHAKE: u8 = 0x16;
/// A fatal alert: unexpected_message (RFC 8446 section 6).
const ALERT: &[u8] = &[0x15, 3, 3, 0, 2, 2, 10];
/// For a browser that was given http:// and this port.
const SPEAK_HTTPS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\
    Connection: close\r\nContent-Length: 49\r\n\r\nThis port speaks HTTPS: write https:// before it.\n";
/// What somebody who is sent away may still say, so that he reads the answer before a reset.
const GOODBYE_BYTES: u64 = 64 * 1024;
const GOODBYE: Duration = Duration::from_secs(1);

/// Who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    Web,
    Syslog,
}

/// How much handshakes may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub timeout: Duration,
    /// Handshakes at once, once the other side has said what it can: each costs us a signature, and the
    /// other side next to nothing.
    pub at_once: usize,
}

/// A connection after its handshake.
#[derive(Debug)]
pub struct Secured {
    pub stream: TlsStream<TcpStream>,
    /// The name in the certificate that the other side has shown.
    pub name: Option<String>,
}

/// A handshake that did not come about.
#[derive(Debug)]
struct Failed {
    why: HandshakeFailure,
    error: Option<io::Error>,
    /// The connection of one who does not speak TLS, who has yet to be told so.
    plain: Option<TcpStream>,
}

impl From<HandshakeFailure> for Failed {
    fn from(why: HandshakeFailure) -> Failed {
        Failed { why, error: None, plain: None }
    }
}

/// The certificate in use, and its handshakes.
#[derive(Debug)]
pub struct Tls {
    pair: RwLock<Arc<Pair>>,
    turns: Turns,
    timeout: Duration,
    warnings: Mutex<[Seldom; HandshakeFailure::COUNT]>,
}

impl Tls {
    #[must_use]
    pub fn new(pair: Pair, limits: Limits) -> Arc<Tls> {
        Arc::new(Tls {
            pair: RwLock::new(Arc::new(pair)),
            turns: Turns::new(limits.at_once),
            timeout: limits.timeout,
            warnings: Mutex::default(),
        })
    }

    /// Takes another certificate for the handshakes to come; connections keep what they have.
    pub fn replace(&self, pair: Pair) {
        *self.pair.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(pair);
    }

    #[must_use]
    pub fn about(&self) -> Certificate {
        self.pair().about.clone()
    }

    /// Whether the certificate is good for a host of this name.
    #[must_use]
    pub fn is_for(&self, host: &str) -> bool {
        self.pair().about.is_for(host)
    }

    fn pair(&self) -> Arc<Pair> {
        Arc::clone(&self.pair.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shakes hands, or counts on the listener why not. A stopping server waits a moment only.
    pub async fn accept(
        &self,
        stream: TcpStream,
        purpose: Purpose,
        listener: &Listener,
        stop: &CancellationToken,
    ) -> Option<Secured> {
        let Ok(peer) = stream.peer_addr().map(|peer| peer.ip()) else {
            listener.handshake_failed(HandshakeFailure::Closed);
            return None;
        };
        let stopped = async {
            stop.cancelled().await;
            tokio::time::sleep(GOODBYE).await;
        };
        let outcome = tokio::select! {
            outcome = self.shake(stream, peer, purpose) => outcome,
            () = stopped => Err(HandshakeFailure::Closed.into()),
        };
        match outcome {
            Ok(secured) => Some(secured),
            Err(Failed { why, error, plain }) => {
                if why != HandshakeFailure::Closed {
                    self.warn(why, error, purpose, listener, peer);
                }
                listener.handshake_failed(why);
                // Who hears the answer finds it counted.
                if let Some(stream) = plain {
                    let words = if purpose == Purpose::Web { SPEAK_HTTPS } else { ALERT };
                    send_away(stream, words).await;
                }
                None
            }
        }
    }

    async fn shake(
        &self,
        stream: TcpStream,
        address: IpAddr,
        purpose: Purpose,
    ) -> Result<Secured, Failed> {
        let late = |_| Failed::from(HandshakeFailure::Timeout);
        let by = Instant::now() + self.timeout;
        let hello = timeout_at(by, hello(stream)).await.map_err(late)??;
        let turn = timeout_at(by, self.turns.take(subscriber(address))).await;
        let Ok(Some(_turn)) = turn else { return Err(HandshakeFailure::Crowded.into()) };
        let pair = self.pair();
        let config: &Arc<ServerConfig> = match purpose {
            Purpose::Web => &pair.web,
            Purpose::Syslog => &pair.syslog,
        };
        let shaken = timeout_at(by, hello.into_stream(Arc::clone(config))).await.map_err(late)?;
        let stream = shaken.map_err(judged)?;
        let shown = stream.get_ref().1.peer_certificates().and_then(|chain| chain.first());
        let name = shown.and_then(|certificate| Certificate::read(certificate).name);
        Ok(Secured { stream, name })
    }

    /// Says it seldom, and once and for all on the listener where it is the operator's to mend.
    fn warn(
        &self,
        why: HandshakeFailure,
        error: Option<io::Error>,
        purpose: Purpose,
        listener: &Listener,
        peer: IpAddr,
    ) {
        let hint = hint(why, purpose);
        if why == HandshakeFailure::Plaintext
            && let Some(hint) = hint
        {
            listener.advise_senders(hint);
        }
        let mut warnings = self.warnings.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(unsaid) = warnings[why as usize].due() {
            let (peer, reason) = (peer.to_string(), why.name());
            let error = error.map(|error| error.to_string());
            let hint = hint.unwrap_or("no TLS connection came of it");
            tracing::warn!(listener = %listener.address, peer, reason, error, unsaid, "{hint}");
        }
    }
}

/// What can be done about it.
fn hint(why: HandshakeFailure, purpose: Purpose) -> Option<&'static str> {
    match (why, purpose) {
        (HandshakeFailure::Plaintext, Purpose::Web) => {
            Some("plain HTTP came to the HTTPS port: use https://, or an address of [http] listen")
        }
        (HandshakeFailure::Plaintext, Purpose::Syslog) => Some(
            "plain text came to the TLS port: switch the sender to TLS, or send to an address of [tcp] listen",
        ),
        (HandshakeFailure::Certificate, _) => Some(
            "a sender's certificate is none that [tls] client_ca signed, or it is over, or there is none",
        ),
        (HandshakeFailure::RefusedByPeer, _) => Some(
            "the other side does not take our certificate: does it know the authority, and the name?",
        ),
        (HandshakeFailure::Crowded, _) => Some("more handshakes at once than [tls] max_handshakes"),
        _ => None,
    }
}

/// Waits for what comes first.
async fn hello(stream: TcpStream) -> Result<StartHandshake<TcpStream>, Failed> {
    let mut first = [0];
    match stream.peek(&mut first).await {
        Ok(0) => return Err(HandshakeFailure::Closed.into()),
        Ok(_) if first == [HANDSHAKE] => {}
        Ok(_) => {
            let why = HandshakeFailure::Plaintext;
            return Err(Failed { why, error: None, plain: Some(stream) });
        }
        Err(error) => return Err(judged(error)),
    }
    LazyConfigAcceptor::new(Acceptor::default(), stream).await.map_err(judged)
}

/// Answers in the other side's own words.
async fn send_away(mut stream: TcpStream, words: &[u8]) {
    let last = async {
        let _ = stream.write_all(words).await;
        let _ = stream.shutdown().await;
        // Closing over unread bytes is a reset, which overtakes the words.
        let _ = tokio::io::copy(&mut stream.take(GOODBYE_BYTES), &mut tokio::io::sink()).await;
    };
    let _ = timeout(GOODBYE, last).await;
}

fn judged(error: io::Error) -> Failed {
    use rustls::Error as E;
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<E>());
    let why = match inner {
        Some(E::InvalidCertificate(CertificateError::BadEncoding)) => HandshakeFailure::Broken,
        Some(E::InvalidCertificate(_) | E::NoCertificatesPresented) => {
            HandshakeFailure::Certificate
        }
        Some(E::PeerIncompatible(_) | E::NoApplicationProtocol) => HandshakeFailure::Incompatible,
        Some(E::AlertReceived(_)) => HandshakeFailure::RefusedByPeer,
        Some(_) => HandshakeFailure::Broken,
        None => HandshakeFailure::Closed,
    };
    Failed { why, error: Some(error), plain: None }
}

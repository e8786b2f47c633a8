//! The accept loop: HTTP/1.1 with limits on how long headers and silence may take.
//!
//! Own code and not `axum::serve`, which sets no timer: a client that sends one byte of its headers
//! every ten seconds would hold a connection for ever.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Request};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::patient::{Patient, Seen};
use super::refusals::{HEAD_TOO_LARGE, HEAD_TOO_SLOW, NOT_READ};
use super::silence::SilenceTimer;
use super::{HttpConfig, Web, router};
use crate::edge::seldom::Seldom;
use crate::edge::tls::{Purpose, Tls};
use crate::state::node::{Connected, Listener};
use crate::vocab::outcome::RejectReason;

/// What a stopping server waits for the first request of a connection.
const LAST_CALL: Duration = Duration::from_millis(500);

/// A bound HTTP port that accepts nobody yet.
#[derive(Debug)]
pub struct HttpReceiver {
    socket: TcpListener,
    tls: Option<Arc<Tls>>,
    pub address: SocketAddr,
    pub listener: Arc<Listener>,
}

impl HttpReceiver {
    /// Binds the port, for HTTPS where there is a certificate.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub async fn bind(address: SocketAddr, tls: Option<Arc<Tls>>) -> io::Result<HttpReceiver> {
        HttpReceiver::over(TcpListener::bind(address).await?, tls)
    }

    /// Over a port that is bound already.
    ///
    /// # Errors
    /// When it is closed.
    pub fn over(socket: TcpListener, tls: Option<Arc<Tls>>) -> io::Result<HttpReceiver> {
        let address = socket.local_addr()?;
        let kind = if tls.is_some() { "https" } else { "http" };
        Ok(HttpReceiver {
            socket,
            tls,
            address,
            listener: Listener::new(kind, address.to_string()),
        })
    }

    /// Serves until it is aborted, or closed: then whoever has connected by now is still heard. While the
    /// server stops it still answers, so that `/readyz` can say so and senders get a 503 and not a silence;
    /// connections finish what they have begun.
    pub async fn run(
        self,
        web: Arc<Web>,
        slots: Arc<Semaphore>,
        tasks: TaskTracker,
        close: CancellationToken,
    ) {
        let (mut failures, mut refusals) = (Seldom::default(), Seldom::default());
        let router = router(Arc::clone(&web), Arc::clone(&self.listener), self.tls.clone());
        loop {
            if slots.available_permits() == 0 {
                self.listener.waits.fetch_add(1, Ordering::Relaxed);
            }
            // Whoever comes beyond max_connections waits in the kernel's queue.
            // Whoever has connected before it closed has been promised to be heard.
            let slot = tokio::select! {
                biased;
                slot = Arc::clone(&slots).acquire_owned() => slot,
                () = close.cancelled() => return,
            };
            let Ok(slot) = slot else { return };
            let accepted = tokio::select! {
                biased;
                accepted = self.socket.accept() => accepted,
                () = close.cancelled() => return,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    if let Some(unsaid) = failures.due() {
                        tracing::warn!(listener = %self.address, %error, unsaid, "accept failed");
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let config = web.config.get();
            let address = config.access.counted(from.ip());
            if !web.arrivals.allows(address, config.max_connects_per_address) {
                self.refuse(from, "max_connects_per_address", &mut refusals);
                continue;
            }
            let share = config.max_connections_per_address;
            let Some(place) = web.connections.take(address, share) else {
                self.refuse(from, "max_connections_per_address", &mut refusals);
                continue;
            };
            // A tick is one small message: it should leave at once. A refusal costs only delay.
            let _ = stream.set_nodelay(true);
            let (router, web) = (router.clone(), Arc::clone(&web));
            let connected = Arc::new(self.listener.connected());
            let connection = Connection { router, from, connected, web, config };
            let (listener, tls) = (Arc::clone(&self.listener), self.tls.clone());
            tasks.spawn(async move {
                match tls {
                    None => {
                        if connection.run(stream).await {
                            reject_tls(&listener);
                        }
                    }
                    Some(tls) => {
                        let stop = &connection.web.stop;
                        let done = tls.accept(stream, Purpose::Web, &listener, stop).await;
                        if let Some(secured) = done {
                            connection.run(secured.stream).await;
                        }
                    }
                }
                drop((slot, place));
            });
        }
    }
}

impl HttpReceiver {
    /// Counts a connection that is closed at once, and says so now and then.
    fn refuse(&self, from: SocketAddr, key: &str, warnings: &mut Seldom) {
        self.listener.refused.fetch_add(1, Ordering::Relaxed);
        if let Some(unsaid) = warnings.due() {
            let peer = from.ip();
            tracing::warn!(listener = %self.address, %peer, unsaid, "connection refused: http.{key} reached");
        }
    }
}

/// One connection, before anything was read from it.
struct Connection {
    router: Router,
    from: SocketAddr,
    /// A live feed holds it, too, when the connection has become its own.
    connected: Arc<Connected>,
    web: Arc<Web>,
    /// As it was when the connection came.
    config: Arc<HttpConfig>,
}

impl Connection {
    /// Serves until the connection ends. Gives whether it began with TLS, which is not spoken here.
    async fn run<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) -> bool {
        let stop = self.web.stop.clone();
        let stream = Patient::new(stream, self.config.write_timeout, stop.clone());
        let seen = stream.seen();
        let asked = Arc::new(AtomicBool::new(false));
        let told = (ConnectInfo(self.from), Arc::clone(&seen), self.connected);
        let service = with_peer(self.router, told, Arc::clone(&asked));
        let ended = serve(stream, service, Arc::clone(&asked), &self.config, stop).await;
        let silent = !asked.load(Ordering::Relaxed);
        let refused = match ended {
            _ if seen.not_read.load(Ordering::Relaxed) => Some(NOT_READ),
            Err(error) if error.is_parse_too_large() => Some(HEAD_TOO_LARGE),
            // One that is idle between two requests may be closed, and is refused nothing.
            Err(error) if error.is_timeout() => {
                (silent || seen.asking.load(Ordering::Relaxed)).then_some(HEAD_TOO_SLOW)
            }
            _ => None,
        };
        if let Some(code) = refused {
            self.web.refusals.count(code);
        }
        seen.tls.load(Ordering::Relaxed)
    }
}

/// Counts somebody who speaks TLS on a plain port.
fn reject_tls(listener: &Listener) {
    listener.advise_senders(
        "TLS came to the plain HTTP port: use http://, or name an address in [http] tls_listen",
    );
    listener.account.reject(RejectReason::TlsOnPlain);
}

/// The routes, told who asks and by which connection; `asked` is set by the first request.
fn with_peer(
    router: Router,
    (from, seen, connected): (ConnectInfo<SocketAddr>, Arc<Seen>, Arc<Connected>),
    asked: Arc<AtomicBool>,
) -> impl tower::Service<
    Request<hyper::body::Incoming>,
    Response = axum::response::Response,
    Error = std::convert::Infallible,
    Future: Send,
> + Clone
+ Send {
    router.map_request(move |request: Request<hyper::body::Incoming>| {
        asked.store(true, Ordering::Relaxed);
        let mut request = request.map(axum::body::Body::new);
        request.extensions_mut().insert(from);
        request.extensions_mut().insert(Arc::clone(&seen));
        request.extensions_mut().insert(Arc::clone(&connected));
        request
    })
}

async fn serve<T, S>(
    stream: Patient<T>,
    service: S,
    asked: Arc<AtomicBool>,
    config: &HttpConfig,
    stop: CancellationToken,
) -> hyper::Result<()>
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: tower::Service<
            Request<hyper::body::Incoming>,
            Response = axum::response::Response,
            Error = std::convert::Infallible,
            Future: Send,
        > + Clone
        + Send,
{
    let stopping = stop.is_cancelled();
    let silence = SilenceTimer {
        seen: stream.seen(),
        head: config.header_timeout,
        idle: config.idle_timeout,
        begun: AtomicBool::new(false),
    };
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(silence)
        .keep_alive(!stopping)
        .header_read_timeout(config.header_timeout)
        // A client that ends its side with the request (`nc -N`) is answered, and what it sent whole is
        // counted even where it does not wait for that. Questions about the window are the exception.
        .half_close(true)
        // The buffer's size alone is no limit: what one read brings is parsed before it is looked at.
        .max_header_size(config.max_header)
        .max_buf_size(config.max_header)
        .max_headers(config.max_header_fields)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service))
        .with_upgrades();
    tokio::pin!(connection);
    let asked = || asked.load(Ordering::Relaxed);
    tokio::select! {
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            if !stopping {
                connection.as_mut().graceful_shutdown();
            }
            // hyper would wait for the rest of a request's head; who has not asked by now is let go.
            let unasked = async {
                tokio::time::sleep(LAST_CALL).await;
                if asked() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                ended = connection => ended,
                () = unasked => Ok(()),
            }
        }
    }
}

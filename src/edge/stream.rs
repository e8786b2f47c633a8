//! TCP and unix stream sockets: one task a connection, frames cut from its buffer without copying.

use std::borrow::Cow;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::allow::AllowList;
use super::clock::Clock;
use super::inbound::{Inbound, READ};
use super::per_address::{Arrivals, PerAddress};
use super::readers::Readers;
use super::seldom::Seldom;
use super::strangers::Strangers;
use super::tls::{Purpose, Tls};
use crate::decode::framing::{Framer, Mode, Step};
use crate::decode::multiline;
use crate::pipeline::ingest::{Frame, Ingest, IngestConfig};
use crate::state::account::Counts;
use crate::state::current::Current;
use crate::state::node::{Listener, Node};
use crate::state::sources::Peer;
use crate::vocab::network::subscriber;
use crate::vocab::outcome::RejectReason;

/// How long one that never waits may read before others have a turn.
const TURN: Duration = Duration::from_millis(5);
/// What a peer may take to read the last word to it.
const GOODBYE: Duration = Duration::from_secs(1);
/// Between two reads while hardly any memory is left: some hundred lines a second of a connection.
const SHORT_OF_MEMORY: Duration = Duration::from_millis(500);
/// After a half-close a sender that says nothing for so long has nothing more in flight.
const QUIET: Duration = Duration::from_millis(500);
/// How long a sender that may not send any more is still heard.
const SEEN_OUT: Duration = Duration::from_secs(2);

/// Settings of TCP and unix stream listeners.
#[derive(Clone, Debug)]
pub struct StreamConfig {
    pub framing: Mode,
    /// Bytes; a longer frame is rejected and the stream goes on.
    pub max_frame: usize,
    /// Silence between frames that ends a connection; `None` is never (syslog senders idle for hours).
    pub idle_timeout: Option<Duration>,
    /// Silence inside a frame that ends a connection; `None` is never.
    pub partial_timeout: Option<Duration>,
    pub max_connections_per_address: usize,
    /// New ones a second.
    pub max_connects_per_address: usize,
    pub allow_from: AllowList,
    /// Cancelled when there is another one in its place.
    pub replaced: CancellationToken,
    /// Of all listeners that share these settings.
    pub places: Arc<Places>,
}

/// The connections that there may be, over all listeners of one kind.
#[derive(Debug)]
pub struct Places {
    slots: Arc<Semaphore>,
    per_address: Arc<PerAddress>,
    arrivals: Arrivals,
}

impl Places {
    #[must_use]
    pub fn new(max_connections: usize) -> Arc<Places> {
        let slots = Arc::new(Semaphore::new(max_connections));
        Arc::new(Places { slots, per_address: Arc::default(), arrivals: Arrivals::default() })
    }
}

enum Socket {
    Tcp(TcpListener),
    Unix(UnixListener, Option<PathBuf>),
}

/// A bound stream socket that accepts nobody yet.
pub struct StreamReceiver {
    socket: Socket,
    config: Arc<Current<StreamConfig>>,
    /// Whoever connects shakes hands first (RFC 5425).
    tls: Option<Arc<Tls>>,
    pub listener: Arc<Listener>,
}

impl std::fmt::Debug for StreamReceiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StreamReceiver").field("listener", &self.listener).finish_non_exhaustive()
    }
}

/// What every connection of a listener needs.
#[derive(Clone, Debug)]
pub struct Shared {
    pub node: Arc<Node>,
    pub ingest: Arc<Current<IngestConfig>>,
    pub clock: Clock,
    pub readers: Arc<Readers>,
    pub stop: CancellationToken,
}

impl StreamReceiver {
    /// Binds a TCP port, for TLS where there is a certificate.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub async fn tcp(
        address: SocketAddr,
        config: Arc<Current<StreamConfig>>,
        tls: Option<Arc<Tls>>,
    ) -> io::Result<StreamReceiver> {
        StreamReceiver::over_tcp(TcpListener::bind(address).await?, config, tls)
    }

    /// Over a port that is bound already.
    ///
    /// # Errors
    /// When it is closed.
    pub fn over_tcp(
        socket: TcpListener,
        config: Arc<Current<StreamConfig>>,
        tls: Option<Arc<Tls>>,
    ) -> io::Result<StreamReceiver> {
        let kind = if tls.is_some() { "tls" } else { "tcp" };
        let listener = Listener::new(kind, socket.local_addr()?.to_string());
        Ok(StreamReceiver { socket: Socket::Tcp(socket), config, tls, listener })
    }

    /// Binds a unix stream socket.
    ///
    /// # Errors
    /// When the path is in use or not a stale socket.
    pub fn unix(
        path: &Path,
        mode: u32,
        config: Arc<Current<StreamConfig>>,
    ) -> io::Result<StreamReceiver> {
        prepare_path(path)?;
        let socket = UnixListener::bind(path)?;
        set_mode(path, mode)?;
        Ok(StreamReceiver::over_unix(socket, path, config, true))
    }

    /// Over a socket that is bound already; its file is `ours` to remove or is not.
    #[must_use]
    pub fn over_unix(
        socket: UnixListener,
        path: &Path,
        config: Arc<Current<StreamConfig>>,
        ours: bool,
    ) -> StreamReceiver {
        let listener = Listener::new("unix-stream", path.display().to_string());
        let socket = Socket::Unix(socket, ours.then(|| path.to_owned()));
        StreamReceiver { socket, config, tls: None, listener }
    }

    /// Accepts until told to stop; each connection then drains by itself in `tasks`.
    pub async fn run(self, shared: Shared, tasks: TaskTracker) {
        let (mut failures, mut refusals) = (Seldom::default(), Seldom::default());
        let strangers: Arc<Strangers> = Arc::default();
        loop {
            let accepted = tokio::select! {
                biased;
                accepted = self.accept() => accepted,
                // Only when nobody waits: who has connected has been promised to be heard.
                () = shared.stop.cancelled() => break,
            };
            let (stream, ip) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: wait for some to come back.
                    if let Some(unsaid) = failures.due() {
                        tracing::warn!(listener = %self.listener.address, %error, unsaid, "accept failed");
                    }
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            };
            let config = self.config.get();
            if ip.is_some_and(|ip| !config.allow_from.allows(ip)) {
                self.refuse(ip, "not in allow_from", &mut refusals);
                continue;
            }
            let counted = ip.filter(|ip| !ip.is_loopback()).map(subscriber);
            let places = &config.places;
            if !places.arrivals.allows(counted, config.max_connects_per_address) {
                self.refuse(ip, "max_connects_per_address reached", &mut refusals);
                continue;
            }
            let Ok(slot) = Arc::clone(&places.slots).try_acquire_owned() else {
                self.refuse(ip, "max_connections reached", &mut refusals);
                continue;
            };
            let share = config.max_connections_per_address;
            let Some(place) = places.per_address.take(counted, share) else {
                self.refuse(ip, "max_connections_per_address reached", &mut refusals);
                continue;
            };
            let connection = Connection {
                wishes: Arc::clone(&self.config),
                config,
                ip,
                listener: Arc::clone(&self.listener),
                shared: shared.clone(),
                strangers: Arc::clone(&strangers),
                peer: match ip {
                    Some(ip) => Peer::Ip(ip),
                    None => Peer::Name(self.listener.address.as_str().into()),
                },
                frames: AtomicU64::new(0),
            };
            let tls = self.tls.clone();
            let seat = shared.readers.seat();
            let reader = seat.handle.clone();
            let read = async move {
                let _connected = connection.listener.connected();
                if let Err(error) = connection.take_in(stream, tls).await {
                    tracing::warn!(peer = ip.map(tracing::field::display), %error, "a connection was lost");
                }
                drop((slot, place, seat));
            };
            tasks.spawn_on(read, &reader);
        }
        if let Socket::Unix(_, Some(path)) = &self.socket {
            // Ours since bind; the next start would find it stale.
            let _ = std::fs::remove_file(path);
        }
    }

    /// Counts a connection that is closed at once, and says so now and then.
    fn refuse(&self, peer: Option<IpAddr>, why: &str, warnings: &mut Seldom) {
        self.listener.refused.fetch_add(1, Ordering::Relaxed);
        if let Some(unsaid) = warnings.due() {
            let peer = peer.map(|ip| ip.to_string());
            tracing::warn!(listener = %self.listener.address, peer, unsaid, "connection refused: {why}");
        }
    }

    async fn accept(&self) -> io::Result<(Accepted, Option<IpAddr>)> {
        match &self.socket {
            Socket::Tcp(listener) => {
                let (stream, from) = listener.accept().await?;
                let keepalive = socket2::TcpKeepalive::new().with_time(Duration::from_secs(60));
                // Without it a vanished sender would hold its slot for ever; a refusal is harmless.
                let _ = socket2::SockRef::from(&stream).set_tcp_keepalive(&keepalive);
                Ok((Accepted::Tcp(stream.into_std()?), Some(from.ip().to_canonical())))
            }
            Socket::Unix(listener, _) => {
                Ok((Accepted::Unix(listener.accept().await?.0.into_std()?), None))
            }
        }
    }
}

/// In no event loop yet.
enum Accepted {
    Tcp(std::net::TcpStream),
    Unix(std::os::unix::net::UnixStream),
}

/// Says that nothing comes any more, and can still be read from.
trait HalfClose {
    fn half_close(&mut self) -> impl Future<Output = ()> + Send;

    /// Answers the other side's word that nothing comes any more, where one is expected.
    fn answer_end(&mut self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }
}

impl HalfClose for TcpStream {
    async fn half_close(&mut self) {
        // Who is gone already need not be told.
        let _ = self.shutdown().await;
    }
}

impl HalfClose for UnixStream {
    async fn half_close(&mut self) {
        let _ = self.shutdown().await;
    }
}

impl HalfClose for TlsStream<TcpStream> {
    /// Without TLS's own word for it (close_notify): senders don't read, and one that closes over an
    /// unread word has its kernel throw away what it has not sent yet. RFC 8446 section 6.1 wants the
    /// word; the lines are worth more.
    async fn half_close(&mut self) {
        let _ = self.get_mut().0.shutdown().await;
    }

    /// With close_notify, as RFC 5425 section 4.4 wants it: all was read.
    async fn answer_end(&mut self) {
        let _ = tokio::time::timeout(GOODBYE, self.shutdown()).await;
    }
}

#[cfg(test)]
impl HalfClose for tokio::io::DuplexStream {
    async fn half_close(&mut self) {
        let _ = self.shutdown().await;
    }
}

/// The ends of a connection from our side.
struct Ends {
    /// The sender is asked to stop, and what it has sent is still read.
    ask: CancellationToken,
    now: CancellationToken,
}

struct Connection {
    wishes: Arc<Current<StreamConfig>>,
    /// As it was when the connection came.
    config: Arc<StreamConfig>,
    ip: Option<IpAddr>,
    listener: Arc<Listener>,
    shared: Shared,
    strangers: Arc<Strangers>,
    peer: Peer,
    /// Whole frames that it has brought.
    frames: AtomicU64,
}

impl Connection {
    /// Reads to the end, in the event loop that this runs in.
    async fn take_in(mut self, stream: Accepted, tls: Option<Arc<Tls>>) -> io::Result<()> {
        match stream {
            Accepted::Tcp(stream) => {
                let stream = TcpStream::from_std(stream)?;
                let Some(tls) = tls else {
                    self.run(stream).await;
                    return Ok(());
                };
                let stop = &self.shared.stop;
                let done = tls.accept(stream, Purpose::Syslog, &self.listener, stop).await;
                if let Some(secured) = done {
                    self.name_peer(secured.name);
                    self.run(secured.stream).await;
                }
            }
            Accepted::Unix(stream) => self.run(UnixStream::from_std(stream)?).await,
        }
        Ok(())
    }

    /// Who has shown a certificate is known by its name and not by where it happens to be.
    fn name_peer(&mut self, name: Option<String>) {
        if let Some(name) = name {
            self.peer = Peer::Name(name.into());
        }
    }

    /// Waits until the operator takes the sender's address out of `allow_from`.
    async fn barred(&self) {
        let Some(ip) = self.ip else { return std::future::pending().await };
        let mut config = Arc::clone(&self.config);
        while config.allow_from.allows(ip) {
            config.replaced.cancelled().await;
            config = self.wishes.get();
        }
    }

    async fn run<S: AsyncRead + HalfClose + Unpin>(self, mut stream: S) {
        let ends = Ends { ask: self.shared.stop.child_token(), now: CancellationToken::new() };
        tracing::debug!(listener = %self.listener.address, peer = %self.peer, "connected");
        tokio::select! {
            () = self.read(&mut stream, &ends) => {}
            () = self.see_out(&ends) => {}
        }
        let frames = self.frames.load(Ordering::Relaxed);
        tracing::debug!(listener = %self.listener.address, peer = %self.peer, frames, "disconnected");
    }

    /// Ends a connection whose sender may not send any more, as a stop does: what it had sent counts. It is
    /// not heard for ever, though.
    async fn see_out(&self, ends: &Ends) {
        self.barred().await;
        self.listener.refused.fetch_add(1, Ordering::Relaxed);
        tracing::info!(listener = %self.listener.address, peer = %self.peer, "closed: not in allow_from any more");
        ends.ask.cancel();
        tokio::time::sleep(SEEN_OUT).await;
        ends.now.cancel();
        std::future::pending().await
    }

    /// Reads to the end, or for as long as it may.
    async fn read<S: AsyncRead + HalfClose + Unpin>(&self, stream: &mut S, ends: &Ends) {
        let shared = &self.shared;
        let (node, listener) = (Arc::clone(&shared.node), Arc::clone(&self.listener));
        let mut ingest = Ingest::following(node, listener, &shared.ingest);
        ingest.pairs = true;
        let mut framer = Framer::new(self.config.framing, self.config.max_frame);
        let mut inbound = Inbound::default();
        let mut stopping = false;
        let mut busy_since: Option<Instant> = None;
        loop {
            // Where only the next message ends the one before, a pause must.
            let pausing = self.config.framing == Mode::Multiline && !inbound.is_empty();
            let patience = if stopping || pausing {
                Some(QUIET)
            } else if inbound.is_empty() {
                self.config.idle_timeout
            } else {
                self.config.partial_timeout
            };
            if !stopping && ingest.is_short_of_memory() {
                // Not for ever: what fills the memory may be another's.
                tokio::time::sleep(SHORT_OF_MEMORY).await;
            }
            let take = |buffer: &mut Vec<u8>, read| {
                self.take(&mut framer, buffer, &mut ingest, read == 0);
            };
            let read = tokio::select! {
                biased;
                () = ends.now.cancelled() => Some(Err(io::ErrorKind::TimedOut.into())),
                () = ends.ask.cancelled(), if !stopping => {
                    // The sender sees the end and stops; what it has sent is still read.
                    stream.half_close().await;
                    stopping = true;
                    continue;
                }
                read = with_timeout(patience, inbound.read(stream, take)) => read,
            };
            match read {
                Some(Ok(0)) => return stream.answer_end().await,
                Some(Ok(_)) if framer.hopeless() => return,
                // More than there was room for is waiting, and it may be so for ever: others have a turn, but
                // not each time, for each turn asks the kernel who else has something.
                Some(Ok(read)) if read >= READ => {
                    if busy_since.get_or_insert_with(Instant::now).elapsed() >= TURN {
                        busy_since = None;
                        tokio::task::yield_now().await;
                    }
                }
                Some(Ok(_)) => busy_since = None,
                None if pausing => {
                    inbound.without_reading(|kept| self.take(&mut framer, kept, &mut ingest, true));
                    if stopping {
                        return;
                    }
                }
                // A reset or a silence inside a frame: the frame will never be whole.
                Some(Err(_)) | None => {
                    inbound
                        .without_reading(|kept| self.take(&mut framer, kept, &mut ingest, false));
                    if !inbound.is_empty() {
                        self.listener.account.reject(RejectReason::Incomplete);
                    }
                    return;
                }
            }
        }
    }

    /// Counts every whole frame at the head of the buffer and removes it.
    fn take(&self, framer: &mut Framer, buffer: &mut Vec<u8>, ingest: &mut Ingest, eof: bool) {
        let arrival = self.shared.clock.now();
        let mut messages: Vec<Cow<'_, [u8]>> = Vec::new();
        let mut refused = Counts::default();
        let mut done = 0;
        while done < buffer.len() || eof {
            match framer.next(&buffer[done..], eof) {
                Step::Frame { bytes, consumed } => {
                    let several = framer
                        .may_hold_lf()
                        .then(|| multiline::messages(bytes, ingest.formats()))
                        .flatten();
                    match several {
                        None => messages.push(Cow::Borrowed(bytes)),
                        Some(several) => messages.extend(several),
                    }
                    done += consumed;
                }
                Step::Rejected { reason, consumed } => {
                    refused.reject(reason);
                    done += consumed;
                }
                Step::Skip { consumed } => done += consumed,
                Step::Incomplete => break,
            }
            if framer.hopeless() {
                break;
            }
        }
        self.strangers.count(&self.listener, &refused);
        if !messages.is_empty() {
            self.frames.fetch_add(messages.len() as u64, Ordering::Relaxed);
            let frame = |bytes| Frame::new(&self.peer, bytes);
            let frames: Vec<Frame<'_>> = messages.iter().map(|bytes| frame(&**bytes)).collect();
            ingest.batch(&frames, arrival);
        }
        drop(messages);
        buffer.drain(..done);
    }
}

async fn with_timeout<T>(patience: Option<Duration>, future: impl Future<Output = T>) -> Option<T> {
    match patience {
        Some(time) => tokio::time::timeout(time, future).await.ok(),
        None => Some(future.await),
    }
}

/// Makes way for a unix socket: a stale one (nobody answers) is removed; a live one, a file or a
/// link is left alone.
///
/// # Errors
/// `AddrInUse` when something is there that is not ours to remove.
pub fn prepare_path(path: &Path) -> io::Result<()> {
    let Ok(meta) = std::fs::symlink_metadata(path) else { return Ok(()) };
    if !meta.file_type().is_socket() {
        return Err(io::Error::new(
            io::ErrorKind::AddrInUse,
            "a file that is not a socket is in the way",
        ));
    }
    // Asking as a datagram socket never waits, and tells a live stream socket by its other type.
    match std::os::unix::net::UnixDatagram::unbound()?.connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => return Err(error),
        _ => {
            let message = "another process listens there";
            return Err(io::Error::new(io::ErrorKind::AddrInUse, message));
        }
    }
    std::fs::remove_file(path)
}

/// Sets who may write to the socket, e.g. `0o660`.
///
/// # Errors
/// When the file is gone.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::ask::Asks;
    use crate::aggregate::filter::Filter;
    use crate::state::live::{Range, WindowConfig};
    use crate::state::sources::SourcesConfig;
    use crate::vocab::time::Millis;

    fn connection(framing: Mode) -> Connection {
        let clock = Clock::Manual(Arc::new(1_795_341_600_000.into()));
        let node = Node::new(
            WindowConfig::default(),
            SourcesConfig::default(),
            "test".into(),
            Millis(1_795_341_600_000),
        );
        let config = StreamConfig {
            framing,
            max_frame: 4096,
            idle_timeout: None,
            partial_timeout: Some(Duration::from_secs(30)),
            max_connections_per_address: 1,
            max_connects_per_address: 1,
            allow_from: AllowList::default(),
            replaced: CancellationToken::new(),
            places: Places::new(1),
        };
        let wishes = Arc::new(Current::new(config));
        Connection {
            config: wishes.get(),
            wishes,
            ip: None,
            listener: Listener::new("tcp", "test"),
            shared: Shared {
                node,
                ingest: Arc::default(),
                clock,
                readers: Arc::default(),
                stop: CancellationToken::new(),
            },
            strangers: Arc::default(),
            peer: Peer::Name("test".into()),
            frames: AtomicU64::new(0),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_ends_a_message_of_many_lines() {
        let connection = connection(Mode::Multiline);
        let node = Arc::clone(&connection.shared.node);
        let (mut sender, receiver) = tokio::io::duplex(64);
        let running = tokio::spawn(connection.run(receiver));
        sender.write_all(b"<13>Nov 22 10:00:00 web app: Oops\n  at line 1\n").await.expect("open");
        tokio::time::sleep(2 * QUIET).await;
        node.flush();
        let everything = Range { from: None, to: None };
        let seen = node.live().events(everything, &Filter::default(), 10, true);
        assert_eq!(seen[0].message.as_deref(), Some("Oops\n  at line 1"));
        drop(sender);
        running.await.expect("an orderly end");
    }

    #[tokio::test(start_paused = true)]
    async fn a_trace_in_one_frame_is_one_error_and_requests_in_one_frame_are_several() {
        let error =
            "[22-Nov-2026 10:00:00 UTC] PHP Fatal error:  no in /x.php:3\nStack trace:\n#0 {main}";
        let request = |ip: &str| {
            format!("{ip} - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"")
        };
        let requests = format!(
            "<190>Nov 22 10:00:00 web nginx: {}\n{}",
            request("192.0.2.1"),
            request("192.0.2.2")
        );
        for (mode, count) in [(Mode::Multiline, false), (Mode::Octet, true), (Mode::Auto, true)] {
            let connection = connection(mode);
            let node = Arc::clone(&connection.shared.node);
            node.add_listener(Arc::clone(&connection.listener));
            let mut stream = String::new();
            for message in [&format!("<11>Nov 22 10:00:00 web php: {error}"), &requests] {
                let framed = format!("{} {message}", message.len());
                stream += if count { &framed } else { message };
                stream += if count { "" } else { "\n" };
            }
            let (mut sender, receiver) = tokio::io::duplex(4096);
            let running = tokio::spawn(connection.run(receiver));
            sender.write_all(stream.as_bytes()).await.expect("open");
            drop(sender);
            running.await.expect("an orderly end");
            node.flush();
            let summary =
                node.live().summary(Range::default(), &Filter::default(), &Asks::usual(10), None);
            assert_eq!((summary.errors, summary.requests, summary.messages), (1, 2, 0), "{mode}");
            let errors = Filter::parse("kind:error").expect("a filter");
            let seen = node.live().events(Range::default(), &errors, 10, true);
            assert_eq!(seen[0].message.as_deref(), error.split_once("] ").map(|(_, text)| text));
            let names = node.sources.all().iter().map(|s| s.name.to_string()).collect::<Vec<_>>();
            assert_eq!(
                names.len(),
                2,
                "the second request is of the first one's source: {names:?}"
            );
            assert_eq!((node.accounting().received, node.accounting().counted), (3, 3));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sender_that_falls_silent_inside_a_message_is_closed_and_named() {
        let connection = connection(Mode::Auto);
        let listener = Arc::clone(&connection.listener);
        let (mut sender, receiver) = tokio::io::duplex(64);
        let running = tokio::spawn(connection.run(receiver));
        sender.write_all(b"<13>one\n<13>half").await.expect("open");
        running.await.expect("the connection ends by itself");
        let counts = listener.account.snapshot();
        assert_eq!((counts.unparsed, counts.settled()), (1, 2));
        assert_eq!(counts.rejected[RejectReason::Incomplete as usize], 1);
    }
}

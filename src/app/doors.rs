//! The open addresses: bound before anything runs, and opened and closed while it runs.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::config::Config;
use super::handed::Handed;
use super::reload::Work;
use super::server::{BindError, failed, try_spawn};
use super::settings::{ingest_config, tcp_config, unix_config};
use crate::edge::allow::AllowList;
use crate::edge::clock::Clock;
use crate::edge::datagram::{DatagramReceiver, UdpConfig};
use crate::edge::http::Web;
use crate::edge::http::server::HttpReceiver;
use crate::edge::readers::Readers;
use crate::edge::stream::{Shared, StreamConfig, StreamReceiver};
use crate::edge::tls::Tls;
use crate::pipeline::ingest::{Ingest, IngestConfig, TimeRule};
use crate::state::current::Current;
use crate::state::node::{Listener, Node};

/// Datagrams are drained for a second at most.
const CLOSING: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(20);

/// An address of the configuration, with what is spoken there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Door {
    Udp(SocketAddr),
    Unix(PathBuf),
    Tcp(SocketAddr),
    Tls(SocketAddr),
    UnixStream(PathBuf),
    Http(SocketAddr),
    Https(SocketAddr),
}

/// The operator's wishes that receivers look at again and again.
#[derive(Clone, Debug)]
pub(super) struct Wishes {
    pub(super) ingest: Arc<Current<IngestConfig>>,
    /// Files count at their own time, however old it is.
    pub(super) of_files: Arc<Current<IngestConfig>>,
    udp: Arc<Current<AllowList>>,
    tcp: Arc<Current<StreamConfig>>,
    unix: Arc<Current<StreamConfig>>,
}

impl Wishes {
    pub(super) fn of(config: &Config, line_time: bool) -> Wishes {
        let ingest = ingest_config(config, line_time);
        let of_files = ingest_config(config, true);
        let of_files = IngestConfig { visitor_key: ingest.visitor_key.clone(), ..of_files };
        Wishes {
            ingest: Arc::new(Current::new(ingest)),
            of_files: Arc::new(Current::new(of_files)),
            udp: Arc::new(Current::new(AllowList(config.udp.allow_from.clone()))),
            tcp: Arc::new(Current::new(tcp_config(config))),
            unix: Arc::new(Current::new(unix_config(config))),
        }
    }

    /// Takes what a configuration wishes now.
    pub(super) fn take(&self, config: &Config) {
        for (current, line_time) in [(&self.ingest, false), (&self.of_files, true)] {
            let old = current.get();
            // Visitors of today stay the same ones.
            let visitor_key = old.visitor_key.clone();
            // Where the line's time counts it is for good: a replay's, a file's.
            let line_time = line_time || matches!(old.time, TimeRule::Line(_));
            current.set(IngestConfig { visitor_key, ..ingest_config(config, line_time) });
        }
        self.udp.set(AllowList(config.udp.allow_from.clone()));
        for (current, new) in [(&self.tcp, tcp_config(config)), (&self.unix, unix_config(config))] {
            let old = current.get();
            // Whoever is connected has his place still.
            current.set(StreamConfig { places: Arc::clone(&old.places), ..new });
            // Connections look anew whether they may go on.
            old.replaced.cancel();
        }
    }
}

impl Door {
    /// In the order in which they are told.
    pub(super) fn all(config: &Config) -> Vec<Door> {
        let mut all: Vec<Door> = config.udp.listen.iter().copied().map(Door::Udp).collect();
        all.extend(config.unix.datagram.iter().cloned().map(Door::Unix));
        all.extend(config.tcp.listen.iter().copied().map(Door::Tcp));
        all.extend(config.tcp.tls_listen.iter().copied().map(Door::Tls));
        all.extend(config.unix.stream.iter().cloned().map(Door::UnixStream));
        all.extend(config.http.listen.iter().copied().map(Door::Http));
        all.extend(config.http.tls_listen.iter().copied().map(Door::Https));
        all
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Door::Udp(_) => "udp",
            Door::Unix(_) => "unix",
            Door::Tcp(_) => "tcp",
            Door::Tls(_) => "tls",
            Door::UnixStream(_) => "unix-stream",
            Door::Http(_) => "http",
            Door::Https(_) => "https",
        }
    }

    /// Binds it; nobody is heard yet.
    pub(super) async fn bind(
        self,
        config: &Config,
        wishes: &Wishes,
        tls: &Option<Arc<Tls>>,
        handed: &Handed,
    ) -> Result<Bound, BindError> {
        let udp = UdpConfig {
            receive_buffer: usize::try_from(config.udp.receive_buffer).unwrap_or(usize::MAX),
            readers: config.udp.readers,
            allow_from: Arc::clone(&wishes.udp),
        };
        if let Some(fd) = handed.socket(&self) {
            let receiver = fd.and_then(|fd| self.over(fd, &udp, wishes, tls));
            return self.bound(receiver);
        }
        let bound = match &self {
            Door::Udp(address) => DatagramReceiver::udp(*address, &udp).map(Receiver::Datagrams),
            Door::Unix(path) => DatagramReceiver::unix(path, config.unix.mode)
                .map(|receiver| Receiver::Datagrams(vec![receiver])),
            Door::Tcp(address) => StreamReceiver::tcp(*address, Arc::clone(&wishes.tcp), None)
                .await
                .map(Receiver::Stream),
            Door::Tls(address) => {
                StreamReceiver::tcp(*address, Arc::clone(&wishes.tcp), tls.clone())
                    .await
                    .map(Receiver::Stream)
            }
            Door::UnixStream(path) => {
                StreamReceiver::unix(path, config.unix.mode, Arc::clone(&wishes.unix))
                    .map(Receiver::Stream)
            }
            Door::Http(address) => HttpReceiver::bind(*address, None).await.map(Receiver::Http),
            Door::Https(address) => {
                HttpReceiver::bind(*address, tls.clone()).await.map(Receiver::Http)
            }
        };
        self.bound(bound)
    }

    fn bound(self, receiver: io::Result<Receiver>) -> Result<Bound, BindError> {
        let bound = receiver.and_then(|receiver| {
            let threads = match &receiver {
                Receiver::Datagrams(all) => all.iter().map(|_| Waiting::spawn("receive")).collect(),
                _ => Ok(Vec::new()),
            };
            Ok((receiver, threads?))
        });
        match bound {
            Ok((receiver, threads)) => Ok(Bound { door: self, receiver, threads }),
            Err(error) => Err(failed(self.kind(), &self, error)),
        }
    }

    /// Takes a socket that is bound already.
    fn over(
        &self,
        fd: OwnedFd,
        udp: &UdpConfig,
        wishes: &Wishes,
        tls: &Option<Arc<Tls>>,
    ) -> io::Result<Receiver> {
        let stream = |fd: OwnedFd| {
            let socket = std::net::TcpListener::from(fd);
            socket.set_nonblocking(true)?;
            tokio::net::TcpListener::from_std(socket)
        };
        let tls = tls.clone().filter(|_| matches!(self, Door::Tls(_) | Door::Https(_)));
        match self {
            Door::Udp(address) => {
                // One reader: the kernel counts what it drops by socket, and this is one.
                let sockets = vec![std::net::UdpSocket::from(fd)];
                Ok(Receiver::Datagrams(DatagramReceiver::over_udp(*address, sockets, udp)))
            }
            Door::Unix(path) => {
                let receiver = DatagramReceiver::over_unix(fd.into(), path, None);
                Ok(Receiver::Datagrams(vec![receiver]))
            }
            Door::Tcp(_) | Door::Tls(_) => {
                StreamReceiver::over_tcp(stream(fd)?, Arc::clone(&wishes.tcp), tls)
                    .map(Receiver::Stream)
            }
            Door::UnixStream(path) => {
                let socket = std::os::unix::net::UnixListener::from(fd);
                socket.set_nonblocking(true)?;
                let socket = tokio::net::UnixListener::from_std(socket)?;
                let config = Arc::clone(&wishes.unix);
                Ok(Receiver::Stream(StreamReceiver::over_unix(socket, path, config, false)))
            }
            Door::Http(_) | Door::Https(_) => {
                HttpReceiver::over(stream(fd)?, tls).map(Receiver::Http)
            }
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Door::Udp(address)
            | Door::Tcp(address)
            | Door::Tls(address)
            | Door::Http(address)
            | Door::Https(address) => address.fmt(f),
            Door::Unix(path) | Door::UnixStream(path) => path.display().fmt(f),
        }
    }
}

#[derive(Debug)]
enum Receiver {
    Datagrams(Vec<DatagramReceiver>),
    Stream(StreamReceiver),
    Http(HttpReceiver),
}

/// A thread that waits for its work: there may be none to be had where nothing can fail any more. It ends where
/// none comes.
#[derive(Debug)]
struct Waiting {
    work: mpsc::Sender<Work>,
    thread: JoinHandle<()>,
}

impl Waiting {
    fn spawn(name: &str) -> io::Result<Waiting> {
        let (work, works) = mpsc::channel::<Work>();
        let run = move || {
            if let Ok(work) = works.recv() {
                work();
            }
        };
        try_spawn(name, run).map(|thread| Waiting { work, thread })
    }

    fn begin(self, work: Work) -> JoinHandle<()> {
        // It waits for as long as there is somebody who may send.
        let _ = self.work.send(work);
        self.thread
    }
}

/// A bound address where nobody is heard yet.
#[derive(Debug)]
pub(super) struct Bound {
    door: Door,
    receiver: Receiver,
    /// One for each receiver of datagrams.
    threads: Vec<Waiting>,
}

impl Bound {
    pub(super) fn listener(&self) -> &Arc<Listener> {
        match &self.receiver {
            // A port is bound by one reader at least.
            Receiver::Datagrams(all) => &all[0].listener,
            Receiver::Stream(one) => &one.listener,
            Receiver::Http(one) => &one.listener,
        }
    }

    /// Goes on with the account of an address that was open before: it is told of once.
    fn adopt(&mut self, listener: &Arc<Listener>) {
        match &mut self.receiver {
            Receiver::Datagrams(all) => {
                all.iter_mut().for_each(|one| one.listener = Arc::clone(listener));
            }
            Receiver::Stream(one) => one.listener = Arc::clone(listener),
            Receiver::Http(one) => one.listener = Arc::clone(listener),
        }
    }
}

/// What receivers need to run.
#[derive(Clone, Debug)]
pub(super) struct Context {
    pub(super) node: Arc<Node>,
    pub(super) clock: Clock,
    pub(super) web: Arc<Web>,
    pub(super) wishes: Wishes,
    pub(super) handed: Arc<Handed>,
    /// Places of HTTP connections.
    pub(super) slots: Arc<Semaphore>,
    /// Of streams.
    pub(super) readers: Arc<Readers>,
    /// Ends all streams.
    pub(super) stop: CancellationToken,
    /// Ends all datagrams.
    pub(super) deaf: CancellationToken,
}

#[derive(Debug)]
struct Open {
    door: Door,
    /// Kind and address, as they were granted.
    label: String,
    /// Ends this one: what has come is still taken.
    stop: CancellationToken,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Doors {
    context: Context,
    open: Vec<Open>,
    /// Closed, and perhaps not yet at the end of what has come.
    closing: Vec<Door>,
    threads: Vec<JoinHandle<()>>,
    /// HTTP answers while the server stops, and is let go at the very end.
    accepting: tokio::task::JoinSet<()>,
}

impl Doors {
    pub(super) fn new(context: Context) -> Doors {
        let (open, closing, threads) = (Vec::new(), Vec::new(), Vec::new());
        Doors { context, open, closing, threads, accepting: Default::default() }
    }

    /// Hears who comes.
    pub(super) fn open(&mut self, bound: Bound) {
        let Context { node, clock, web, wishes, slots, stop, deaf, readers, .. } =
            self.context.clone();
        let label = bound.listener().label.clone();
        let Bound { door, receiver, threads } = bound;
        let tasks = web.tasks.clone();
        let own = match receiver {
            Receiver::Datagrams(receivers) => {
                let own = deaf.child_token();
                for (receiver, thread) in receivers.into_iter().zip(threads) {
                    let listener = Arc::clone(&receiver.listener);
                    let mut way = Ingest::following(Arc::clone(&node), listener, &wishes.ingest);
                    way.pairs = true;
                    let (clock, stop) = (clock.clone(), own.clone());
                    let run = move || receiver.run(way, &clock, &stop);
                    self.threads.push(thread.begin(Box::new(run)));
                }
                own
            }
            Receiver::Stream(receiver) => {
                let own = stop.child_token();
                let stop = own.clone();
                let ingest = wishes.ingest;
                let shared = Shared { node, ingest, clock, readers, stop };
                tasks.spawn(receiver.run(shared, tasks.clone()));
                own
            }
            Receiver::Http(receiver) => {
                let own = CancellationToken::new();
                self.accepting.spawn(receiver.run(web, slots, tasks, own.clone()));
                own
            }
        };
        self.open.push(Open { door, label, stop: own });
    }

    /// Whether what was handed over goes with a configuration.
    ///
    /// # Errors
    /// What to write where.
    pub(super) fn judge(&self, config: &Config) -> Result<(), String> {
        self.context.handed.judge(config)
    }

    /// Binds what a configuration has anew; nobody is heard there yet.
    ///
    /// # Errors
    /// The first address that can't be bound; then all is as it was.
    pub(super) async fn bind_new(
        &self,
        config: &Config,
        tls: &Option<Arc<Tls>>,
    ) -> Result<Vec<Bound>, BindError> {
        let mut bound = Vec::new();
        for door in Door::all(config) {
            if !self.open.iter().any(|open| open.door == door) {
                bound.push(self.bind(&door, config, tls).await?);
            }
        }
        Ok(bound)
    }

    /// Opens what was bound, then closes what the configuration has no more. Gives what was opened and
    /// what was closed.
    pub(super) fn change(
        &mut self,
        config: &Config,
        bound: Vec<Bound>,
    ) -> (Vec<String>, Vec<String>) {
        let wanted = Door::all(config);
        let opened = bound.iter().map(|bound| bound.listener().label.clone()).collect();
        for mut bound in bound {
            let label = bound.listener().label.clone();
            match self.context.node.listeners().into_iter().find(|known| known.label == label) {
                Some(known) => {
                    known.set_open(true);
                    bound.adopt(&known);
                }
                None => self.context.node.add_listener(Arc::clone(bound.listener())),
            }
            self.open(bound);
        }
        let mut closed = Vec::new();
        self.closing.retain(|door| !wanted.contains(door));
        let known = self.context.node.listeners();
        let closing = &mut self.closing;
        self.open.retain(|open| {
            let stays = wanted.contains(&open.door);
            if !stays {
                open.stop.cancel();
                let of_it = known.iter().filter(|listener| listener.label == open.label);
                of_it.for_each(|listener| listener.set_open(false));
                closing.push(open.door.clone());
                closed.push(open.label.clone());
            }
            stays
        });
        (opened, closed)
    }

    /// Binds an address; one that was closed a moment ago may be drained yet, and is waited for.
    async fn bind(
        &self,
        door: &Door,
        config: &Config,
        tls: &Option<Arc<Tls>>,
    ) -> Result<Bound, BindError> {
        let by = Instant::now() + CLOSING;
        loop {
            let bound =
                door.clone().bind(config, &self.context.wishes, tls, &self.context.handed).await;
            let again = self.closing.contains(door) && Instant::now() < by;
            match bound {
                Err(error) if again && error.is_taken() => tokio::time::sleep(LOOK).await,
                bound => return bound,
            }
        }
    }

    /// The last thing: what is left to be waited for.
    pub(super) fn close(self) -> Vec<JoinHandle<()>> {
        self.threads
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_waits_does_what_it_is_given_and_ends_where_nothing_comes() {
        let (tell, told) = mpsc::channel();
        let waiting = Waiting::spawn("receive").expect("a thread");
        let thread = waiting.begin(Box::new(move || {
            let _ = tell.send(7);
        }));
        assert!(thread.join().is_ok() && told.recv() == Ok(7));
        let Waiting { work, thread } = Waiting::spawn("receive").expect("a thread");
        drop(work);
        assert!(thread.join().is_ok(), "an address that was bound for a reload that failed");
    }
}

//! UDP and unix datagram sockets: one thread each that drains the socket in batches.
//!
//! A plain `recv` loop: measured against `recvmmsg` and an async socket, the plain call cost a
//! quarter less CPU a datagram, and a thread of its own empties the short queue of a unix socket
//! soonest. Where many datagrams come, the thread lets some gather in the kernel before it takes them.

use std::borrow::Cow;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, UdpSocket};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio_util::sync::CancellationToken;

use super::allow::AllowList;
use super::clock::Clock;
use super::kernel;
use super::pace::Pace;
use super::seldom::Seldom;
use super::strangers::Strangers;
use crate::decode::framing::{self, Datagram};
use crate::decode::multiline;
use crate::pipeline::ingest::{Frame, Ingest};
use crate::state::account::Counts;
use crate::state::current::Current;
use crate::state::node::Listener;
use crate::state::sources::Peer;
use crate::vocab::outcome::{DropReason, RejectReason};

/// Largest UDP payload over IPv4 is 65,507 bytes.
const MAX_UDP: usize = 65_536;
/// nginx was seen to send 100,108 bytes over a unix socket; what is longer than this is cut and
/// rejected as oversize.
const MAX_UNIX: usize = 256 * 1024;
/// Receive buffer of a unix socket, bytes.
const UNIX_BUFFER: usize = 8 * 1024 * 1024;
/// Datagrams taken before they are counted.
const BATCH: usize = 64;
/// Bytes a batch may hold: 64 ordinary lines use 16 KiB of it.
const ARENA: usize = 1024 * 1024;
/// How long a waiting `recv` may take before it looks whether to stop.
const PATIENCE: Duration = Duration::from_millis(100);
/// Between two batches while hardly any memory is left: 6,400 datagrams a second. The others wait in the kernel, which counts those
/// that it has no room for.
const SHORT_OF_MEMORY: Duration = Duration::from_millis(10);
/// How long a stop goes on taking what is queued: a sender that never pauses must not prevent the
/// end, not of a socket that is handed on. It is enough for a full 64 MiB buffer.
const DRAIN: Duration = Duration::from_secs(1);
/// The same where nothing comes any more: longer than any `stop.grace`, and never for good.
const QUEUE: Duration = Duration::from_secs(3600);

/// Settings of the UDP listeners.
#[derive(Clone, Debug)]
pub struct UdpConfig {
    /// Receive buffer to ask for, bytes.
    pub receive_buffer: usize,
    /// Sockets (and threads) that share the port; the kernel spreads senders over them.
    pub readers: usize,
    pub allow_from: Arc<Current<AllowList>>,
}

/// A bound datagram socket that does not read yet.
#[derive(Debug)]
pub struct DatagramReceiver {
    socket: OwnedFd,
    max: usize,
    allow_from: Arc<Current<AllowList>>,
    pub listener: Arc<Listener>,
    strangers: Strangers,
    /// Set for UDP: the key of its kernel drop counter.
    inode: Option<u64>,
    /// Set for UDP: bytes that may wait in the kernel.
    room: Option<usize>,
    /// What that counter said at the start.
    lost_before: u32,
    /// Unix sockets: all senders look alike.
    peer: Option<Peer>,
    /// Unix sockets: the file, and who may write to it.
    place: Option<(PathBuf, u32)>,
    /// Whether the socket ends with us; what waits in one that was handed to us is for who has it next.
    ours: bool,
}

impl DatagramReceiver {
    /// Binds a UDP port, with a receiver for each of its readers.
    ///
    /// # Errors
    /// When the address is taken or not ours.
    pub fn udp(address: SocketAddr, config: &UdpConfig) -> io::Result<Vec<DatagramReceiver>> {
        let share = config.readers > 1;
        let first = bind_udp(address, share)?;
        // Port 0 was the system's choice for all of them.
        let address = first.local_addr()?;
        let mut sockets = vec![first];
        for _ in 1..config.readers {
            sockets.push(bind_udp(address, share)?);
        }
        let mut receivers = DatagramReceiver::over_udp(address, sockets, config);
        receivers.iter_mut().for_each(|receiver| receiver.ours = true);
        Ok(receivers)
    }

    /// Over sockets of one port that are bound already. Those that others have used before us may have
    /// lost datagrams then, which are not on our account.
    #[must_use]
    pub fn over_udp(
        address: SocketAddr,
        sockets: Vec<UdpSocket>,
        config: &UdpConfig,
    ) -> Vec<DatagramReceiver> {
        let listener = Listener::new("udp", address.to_string());
        let mut receivers = Vec::with_capacity(sockets.len());
        for socket in sockets {
            let granted = kernel::set_receive_buffer(socket.as_fd(), config.receive_buffer);
            listener.buffer_bytes.fetch_add(granted as u64, Ordering::Relaxed);
            if granted < config.receive_buffer {
                listener.advise(format!(
                    "receive buffer is {} KiB of {} KiB asked for; raise it: sysctl -w net.core.rmem_max={}",
                    granted / 1024,
                    config.receive_buffer / 1024,
                    config.receive_buffer
                ));
            }
            kernel::count_drops(socket.as_fd());
            let inode = kernel::inode(socket.as_fd());
            let lost_before = inode.and_then(kernel::udp_drops).unwrap_or(0);
            if lost_before > 0 {
                tracing::warn!(listener = %address, lost_before, "lost at this socket before our start");
            }
            receivers.push(DatagramReceiver {
                inode,
                room: Some(granted),
                lost_before,
                socket: socket.into(),
                max: MAX_UDP,
                allow_from: Arc::clone(&config.allow_from),
                listener: Arc::clone(&listener),
                strangers: Strangers::default(),
                peer: None,
                place: None,
                ours: false,
            });
        }
        receivers
    }

    /// Binds a unix datagram socket; see [`super::stream::prepare_path`] for what is done about a
    /// file that is already there.
    ///
    /// # Errors
    /// When the path is in use or not a stale socket.
    pub fn unix(path: &Path, mode: u32) -> io::Result<DatagramReceiver> {
        super::stream::prepare_path(path)?;
        let socket = bind_unix(path, mode)?;
        Ok(DatagramReceiver::over_unix(socket, path, Some(mode)))
    }

    /// Over a socket that is bound already. With a `mode` its file is ours: to remove at the end, and to bind
    /// anew where somebody else removes it.
    #[must_use]
    pub fn over_unix(socket: UnixDatagram, path: &Path, mode: Option<u32>) -> DatagramReceiver {
        let granted = kernel::set_receive_buffer(socket.as_fd(), UNIX_BUFFER);
        let name = path.display().to_string();
        let listener = Listener::new("unix", name.clone());
        listener.buffer_bytes.store(granted as u64, Ordering::Relaxed);
        if let Some(most) = kernel::unread_datagrams().filter(|most| *most < 512) {
            listener.advise(format!(
                "a sender loses lines unseen when {most} wait unread; raise it: sysctl -w net.unix.max_dgram_qlen=4096 net.core.wmem_default=5242880, or send to UDP on loopback"
            ));
        }
        DatagramReceiver {
            socket: socket.into(),
            max: MAX_UNIX,
            allow_from: Arc::default(),
            listener,
            strangers: Strangers::default(),
            inode: None,
            room: None,
            lost_before: 0,
            peer: Some(Peer::Name(name.into())),
            place: mode.map(|mode| (path.to_owned(), mode)),
            ours: mode.is_some(),
        }
    }

    /// From now on senders are refused, as if nobody listened, and what the kernel has taken can still be read:
    /// what comes between the last look and the close of a socket would be lost, and on no account. Tells
    /// whether it is so.
    fn take_no_more(&self) -> bool {
        let socket = SockRef::from(&self.socket);
        if self.place.is_some() {
            return socket.shutdown(Shutdown::Read).is_ok();
        }
        // A UDP socket hears only whom it is connected to: nobody sends from its own address.
        let own = socket.local_addr().ok().and_then(|address| address.as_socket());
        let Some(mut own) = own else { return false };
        if own.ip().is_unspecified() {
            own.set_ip(match own {
                SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        socket.connect(&own.into()).is_ok()
    }

    /// Binds the file of a unix socket anew where somebody has removed it (a clean-up of `/tmp`, a package's
    /// script): senders would find nobody, and nobody would tell. One that another process has put there is
    /// left alone.
    fn come_back(&mut self, warnings: &mut Seldom) {
        let Some((path, mode)) = &self.place else { return };
        let found = std::fs::symlink_metadata(path);
        if !found.is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
            return;
        }
        let bound = bind_unix(path, *mode);
        if let Some(unsaid) = warnings.due() {
            let error = bound.as_ref().err().map(ToString::to_string);
            tracing::warn!(listener = %self.listener.address, error, unsaid, "the socket's file was removed; it is bound anew");
        }
        if let Ok(socket) = bound {
            kernel::set_receive_buffer(socket.as_fd(), UNIX_BUFFER);
            self.socket = socket.into();
        }
    }

    /// Reads until `stop`, then what is still queued. Blocks: give it a thread.
    pub fn run(mut self, mut ingest: Ingest, clock: &Clock, stop: &CancellationToken) {
        let mut arena = vec![0u8; ARENA];
        let mut batch = Batch::default();
        let (inode, seen) = (self.inode, self.lost_before);
        let mut drops = KernelDrops { inode, seen, checked: clock.now().second().0 };
        let mut warnings = Seldom::default();
        let mut drained_by: Option<Instant> = None;
        let mut pace = self.room.map(Pace::new);
        // Whether to look after the file of a unix socket: once a second, for a look is a system call.
        let mut look = false;
        loop {
            if drained_by.is_none() && stop.is_cancelled() {
                // A queue that has an end is read to it, which stop.grace bounds.
                let ends = self.ours && self.take_no_more();
                drained_by = Some(Instant::now() + if ends { QUEUE } else { DRAIN });
            }
            batch.clear();
            let wait = if drained_by.is_some() { Wait::No } else { Wait::Upto(PATIENCE) };
            let outcome = self.fill(&mut arena, &mut batch, wait);
            if let Some(total) = batch.kernel_drops {
                drops.report(total, &self.listener);
            }
            let now = clock.now();
            if drops.checked != now.second().0 {
                drops.checked = now.second().0;
                drops.poll(&self.listener);
                look = true;
            }
            self.count(&arena, &batch, &mut ingest, now);
            if drained_by.is_none() && ingest.is_short_of_memory() {
                std::thread::sleep(SHORT_OF_MEMORY);
            }
            let nap = pace.as_mut().and_then(|pace| pace.took(batch.items.len(), batch.bytes()));
            match outcome {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if drained_by.is_some() {
                        break;
                    }
                    // Nothing waits in the socket that would be given up.
                    if std::mem::take(&mut look) && !stop.is_cancelled() {
                        self.come_back(&mut warnings);
                    }
                    if let Some(nap) = nap {
                        std::thread::sleep(nap);
                    }
                }
                Err(error) => {
                    if let Some(unsaid) = warnings.due() {
                        tracing::warn!(listener = %self.listener.address, %error, unsaid, "receive failed");
                    }
                    if drained_by.is_some() {
                        break;
                    }
                    std::thread::sleep(PATIENCE);
                }
            }
            if drained_by.is_some_and(|end| Instant::now() >= end) {
                break;
            }
        }
        drops.poll(&self.listener);
        if let Some((file, _)) = &self.place {
            let _ = std::fs::remove_file(file);
        }
    }

    /// Takes datagrams until the batch is full or none is waiting (`WouldBlock`).
    fn fill(&self, arena: &mut [u8], batch: &mut Batch, wait: Wait) -> io::Result<()> {
        let fd = self.socket.as_fd();
        if let Wait::Upto(time) = wait
            && !readable(fd, time)?
        {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let allow_from = self.allow_from.get();
        let mut free = 0;
        while batch.items.len() < BATCH && free + self.max <= arena.len() {
            let received = receive(fd, &mut arena[free..free + self.max])?;
            if received.drops.is_some() {
                batch.kernel_drops = received.drops;
            }
            let peer = match &self.peer {
                Some(peer) => peer.clone(),
                None => Peer::Ip(received.from.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))),
            };
            batch.items.push(Item {
                start: free,
                len: received.len,
                cut: received.cut,
                peer,
                allowed: received.from.is_none_or(|ip| allow_from.allows(ip)),
            });
            free += received.len;
        }
        Ok(())
    }

    fn count(
        &self,
        arena: &[u8],
        batch: &Batch,
        ingest: &mut Ingest,
        now: crate::vocab::time::Millis,
    ) {
        let mut messages: Vec<(&Peer, Cow<'_, [u8]>)> = Vec::with_capacity(batch.items.len());
        let mut refused = Counts::default();
        for item in &batch.items {
            let bytes = &arena[item.start..item.start + item.len];
            if !item.allowed {
                refused.drop(DropReason::NotAllowed);
                continue;
            }
            if item.cut {
                refused.reject(RejectReason::Oversize);
                continue;
            }
            match framing::datagram(bytes) {
                Datagram::Empty => {}
                Datagram::Rejected(reason) => refused.reject(reason),
                Datagram::Frames(parts) => {
                    // Squid's UDP writer packs what it has.
                    let several = parts.may_hold_lf();
                    for bytes in parts {
                        match several
                            .then(|| multiline::messages(bytes, ingest.formats()))
                            .flatten()
                        {
                            None => messages.push((&item.peer, Cow::Borrowed(bytes))),
                            Some(several) => {
                                messages.extend(several.into_iter().map(|m| (&item.peer, m)));
                            }
                        }
                    }
                }
            }
        }
        self.strangers.count(&self.listener, &refused);
        if !messages.is_empty() {
            let frames = messages.iter().map(|(peer, bytes)| Frame::new(peer, bytes));
            ingest.batch(&frames.collect::<Vec<_>>(), now);
        }
    }
}

fn bind_unix(path: &Path, mode: u32) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::bind(path)?;
    super::stream::set_mode(path, mode)?;
    Ok(socket)
}

fn bind_udp(address: SocketAddr, share: bool) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        // One socket, one family: an IPv4 peer is then never written as ::ffff:… .
        let _ = socket.set_only_v6(address.ip() != IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    }
    socket.set_reuse_port(share)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

enum Wait {
    No,
    Upto(Duration),
}

#[derive(Debug, Default)]
struct Batch {
    items: Vec<Item>,
    kernel_drops: Option<u32>,
}

impl Batch {
    fn clear(&mut self) {
        self.items.clear();
        self.kernel_drops = None;
    }

    fn bytes(&self) -> usize {
        self.items.iter().map(|item| item.len).sum()
    }
}

#[derive(Debug)]
struct Item {
    start: usize,
    len: usize,
    cut: bool,
    peer: Peer,
    allowed: bool,
}

/// The kernel's two counters of one loss: whichever is ahead is told, once. They begin anew after 2^32, which
/// are twelve hours of a hundred thousand a second.
struct KernelDrops {
    inode: Option<u64>,
    seen: u32,
    checked: i64,
}

impl KernelDrops {
    fn report(&mut self, total: u32, listener: &Listener) {
        let lost = total.wrapping_sub(self.seen);
        // Half way round is behind: the other counter was ahead.
        if lost > 0 && i32::try_from(lost).is_ok() {
            listener.account.lost_in_kernel(u64::from(lost));
            self.seen = total;
        }
    }

    /// `SO_RXQ_OVFL` rides only on a later datagram; the table in `/proc` tells without one.
    fn poll(&mut self, listener: &Listener) {
        if let Some(total) = self.inode.and_then(kernel::udp_drops) {
            self.report(total, listener);
        }
    }
}

fn readable(fd: BorrowedFd<'_>, patience: Duration) -> io::Result<bool> {
    let mut poll = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    let ms = libc::c_int::try_from(patience.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: one live pollfd, and its count is one.
    match unsafe { libc::poll(&raw mut poll, 1, ms) } {
        0 => Ok(false),
        n if n > 0 => Ok(true),
        _ => match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => Ok(false),
            error => Err(error),
        },
    }
}

struct Received {
    len: usize,
    cut: bool,
    from: Option<IpAddr>,
    drops: Option<u32>,
}

/// One `recvmsg(2)` that does not wait, with the sender's address and the drop counter.
fn receive(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<Received> {
    #[repr(align(8))]
    struct Control([u8; 64]);
    let mut control = Control([0; 64]);
    // SAFETY: all-zero is a valid value for these C structs.
    let (mut name, mut message): (libc::sockaddr_storage, libc::msghdr) =
        unsafe { (std::mem::zeroed(), std::mem::zeroed()) };
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    message.msg_name = (&raw mut name).cast();
    message.msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = control.0.len() as _;
    // SAFETY: every pointer in `message` is to a live local (or to `buffer`) of the length given.
    let len = unsafe { libc::recvmsg(fd.as_raw_fd(), &raw mut message, libc::MSG_DONTWAIT) };
    let Ok(len) = usize::try_from(len) else {
        return match io::Error::last_os_error() {
            error if error.kind() == io::ErrorKind::Interrupted => {
                Err(io::ErrorKind::WouldBlock.into())
            }
            error => Err(error),
        };
    };
    Ok(Received {
        len: len.min(buffer.len()),
        cut: message.msg_flags & libc::MSG_TRUNC != 0,
        from: address(&name),
        drops: drop_counter(&message),
    })
}

fn address(name: &libc::sockaddr_storage) -> Option<IpAddr> {
    match i32::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the kernel wrote a sockaddr_in, as the family says.
            let v4: &libc::sockaddr_in = unsafe { &*(&raw const *name).cast() };
            Some(IpAddr::V4(Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr))))
        }
        libc::AF_INET6 => {
            // SAFETY: the kernel wrote a sockaddr_in6, as the family says.
            let v6: &libc::sockaddr_in6 = unsafe { &*(&raw const *name).cast() };
            Some(IpAddr::V6(Ipv6Addr::from(v6.sin6_addr.s6_addr)).to_canonical())
        }
        _ => None,
    }
}

fn drop_counter(message: &libc::msghdr) -> Option<u32> {
    // SAFETY: the kernel filled the control buffer; the CMSG macros walk within msg_controllen.
    unsafe {
        let mut header = libc::CMSG_FIRSTHDR(message);
        while !header.is_null() {
            if (*header).cmsg_level == libc::SOL_SOCKET && (*header).cmsg_type == libc::SO_RXQ_OVFL
            {
                return Some(libc::CMSG_DATA(header).cast::<u32>().read_unaligned());
            }
            header = libc::CMSG_NXTHDR(message, header);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_of_one_port_are_one_listener() {
        let config = UdpConfig { receive_buffer: 65_536, readers: 3, allow_from: Arc::default() };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let receivers = DatagramReceiver::udp(address, &config).expect("a free port");
        assert_eq!(receivers.len(), 3);
        assert!(receivers.iter().all(|r| Arc::ptr_eq(&r.listener, &receivers[0].listener)));
        assert_ne!(receivers[0].inode, receivers[1].inode);
        let taken = receivers[0].listener.address.parse().expect("an address");
        let alone = UdpConfig { readers: 1, ..config };
        assert!(DatagramReceiver::udp(taken, &alone).is_err(), "a port is not shared by accident");
    }

    #[test]
    fn a_loss_is_counted_once_and_across_the_end_of_the_kernels_counter() {
        let config = UdpConfig { receive_buffer: 65_536, readers: 1, allow_from: Arc::default() };
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let receiver = DatagramReceiver::udp(address, &config).expect("a free port").remove(0);
        let mut drops = KernelDrops { inode: None, seen: u32::MAX - 9, checked: 0 };
        // The table in /proc is behind the datagram's number at times.
        for total in [u32::MAX - 4, u32::MAX - 6, u32::MAX - 4, 5, u32::MAX, 5, 6] {
            drops.report(total, &receiver.listener);
        }
        let counts = receiver.listener.account.snapshot();
        let lost = counts.dropped[crate::vocab::outcome::DropReason::Kernel as usize];
        assert_eq!((lost, counts.received), (16, 16));
    }

    #[test]
    fn at_a_stop_what_is_queued_is_read_and_what_comes_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let config = UdpConfig { receive_buffer: 65_536, readers: 1, allow_from: Arc::default() };
        for address in ["127.0.0.1:0", "0.0.0.0:0", "[::]:0", "unix"] {
            let (receiver, sender): (_, Socket) = if address == "unix" {
                let path = dir.path().join("socket");
                let receiver = DatagramReceiver::unix(&path, 0o600).expect("a socket");
                let sender = UnixDatagram::unbound().expect("a socket");
                sender.connect(&path).expect("somebody listens");
                (receiver, sender.into())
            } else {
                let address = address.parse().expect("an address");
                // A machine without IPv6 has nothing to show there.
                let Ok(mut receivers) = DatagramReceiver::udp(address, &config) else { continue };
                let receiver = receivers.remove(0);
                let mut to: SocketAddr = receiver.listener.address.parse().expect("an address");
                to.set_ip(if to.is_ipv6() {
                    Ipv6Addr::LOCALHOST.into()
                } else {
                    Ipv4Addr::LOCALHOST.into()
                });
                let sender = UdpSocket::bind((to.ip(), 0)).expect("a socket");
                sender.connect(to).expect("a way there");
                sender.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
                (receiver, sender.into())
            };
            assert!(receiver.ours);
            sender.send(b"<13>queued").expect("somebody listens");
            assert!(receiver.take_no_more());
            let refused = sender.send(b"<13>too late").and_then(|_| {
                // UDP is told of it afterwards.
                let mut none = [std::mem::MaybeUninit::new(0); 1];
                sender.recv(&mut none)
            });
            let refused = refused.expect_err("nobody listens any more").kind();
            let kinds = [io::ErrorKind::ConnectionRefused, io::ErrorKind::BrokenPipe];
            assert!(kinds.contains(&refused), "{address}: {refused}");
            let (mut arena, mut batch) = (vec![0; ARENA], Batch::default());
            let end = receiver.fill(&mut arena, &mut batch, Wait::No).expect_err("it is empty");
            assert_eq!(
                (batch.items.len(), end.kind()),
                (1, io::ErrorKind::WouldBlock),
                "{address}"
            );
        }
    }
}

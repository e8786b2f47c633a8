//! What the kernel says about a socket: its receive buffer, and what it dropped.

use std::fs;
use std::os::fd::{AsRawFd, BorrowedFd};

use socket2::SockRef;

/// Asks for a receive buffer of `bytes`; with the privilege also beyond `net.core.rmem_max`
/// (`SO_RCVBUFFORCE`, socket(7)). Gives what was granted: the kernel doubles the figure for its own
/// bookkeeping, which is taken out again here.
pub fn set_receive_buffer(fd: BorrowedFd<'_>, bytes: usize) -> usize {
    let socket = SockRef::from(&fd);
    // A refusal is no failure: what was granted is read back and shown.
    let _ = socket.set_recv_buffer_size(bytes);
    if granted(&socket) < bytes {
        force_receive_buffer(fd, bytes);
    }
    granted(&socket)
}

fn granted(socket: &SockRef<'_>) -> usize {
    socket.recv_buffer_size().unwrap_or(0) / 2
}

fn force_receive_buffer(fd: BorrowedFd<'_>, bytes: usize) {
    let value = libc::c_int::try_from(bytes).unwrap_or(libc::c_int::MAX);
    // SAFETY: `fd` is open for the call, `value` is a live c_int and its size is given.
    let _ = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RCVBUFFORCE,
            (&raw const value).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
}

/// Lets this process open as many files as it may (`RLIMIT_NOFILE`, getrlimit(2)): the usual soft
/// limit of 1,024 is there for programs that use select(2), and is less than our connections.
pub fn raise_file_limit() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a live rlimit for both calls.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0
            && limit.rlim_cur < limit.rlim_max
        {
            limit.rlim_cur = limit.rlim_max;
            // A refusal leaves things as they are.
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// Microseconds of `CLOCK_MONOTONIC`, which service managers compare with theirs.
#[must_use]
pub fn monotonic_us() -> i64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is a live timespec.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
}

/// A block from here on is mapped by itself and goes back to the system as soon as it is free. glibc learns from
/// the first one freed to keep up to 32 MiB of each later one (mallopt(3), `M_MMAP_THRESHOLD`), so a few large
/// bodies left 200 MiB behind.
#[cfg(target_env = "gnu")]
const LARGE_BLOCK: libc::c_int = 4 << 20;
/// What may lie free at the end of each arena. Setting the other stops glibc from adapting this one, whose default is
/// 128 KiB: less than a batch, which would be given back and taken anew each time. No trim takes it (malloc_trim(3)
/// cuts the end of the main arena alone), so it is held for good by every arena that a thread once was busy in: at
/// 16 MiB, 92 MiB of 250 in thirteen arenas after ten minutes of soak, and more with each arena that had its turn.
#[cfg(target_env = "gnu")]
const ARENA_END: libc::c_int = 1 << 20;

/// Bounds the free memory that glibc keeps to itself.
pub fn bound_free_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: mallopt takes two plain numbers; called before there are other threads.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BLOCK);
        libc::mallopt(libc::M_TRIM_THRESHOLD, ARENA_END);
    }
}

/// Gives memory that is free in the middle of arenas back to the system. glibc does so by itself only at their ends
/// ([`bound_free_memory`]): after a quarter of an hour at 50,000 lines a second, with a million new paths now and then,
/// 342 MiB of 445 lay free in the middle of fifteen arenas.
pub fn return_free_memory() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim takes a plain number and may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// Asks for the count of dropped datagrams with each datagram (`SO_RXQ_OVFL`).
pub fn count_drops(fd: BorrowedFd<'_>) {
    let on: libc::c_int = 1;
    // SAFETY: as above.
    let _ = unsafe {
        libc::setsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_RXQ_OVFL,
            (&raw const on).cast(),
            size_of::<libc::c_int>() as libc::socklen_t,
        )
    };
}

/// Inode of a socket: its key in `/proc/net/udp`.
#[must_use]
pub fn inode(fd: BorrowedFd<'_>) -> Option<u64> {
    let link = fs::read_link(format!("/proc/self/fd/{}", fd.as_raw_fd())).ok()?;
    link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// Datagrams the kernel dropped at the UDP socket with this inode since it was opened, modulo 2^32: the last
/// column of `/proc/net/udp` or `udp6` (proc(5)).
#[must_use]
pub fn udp_drops(inode: u64) -> Option<u32> {
    ["/proc/net/udp", "/proc/net/udp6"].iter().find_map(|path| {
        let table = fs::read_to_string(path).ok()?;
        drops_in(&table, inode)
    })
}

fn drops_in(table: &str, inode: u64) -> Option<u32> {
    table.lines().skip(1).find_map(|line| {
        let mut columns = line.split_ascii_whitespace();
        let this: u64 = columns.nth(9)?.parse().ok()?;
        if this != inode {
            return None;
        }
        // Some kernels print their counter with a sign.
        let total: i64 = columns.last()?.parse().ok()?;
        Some(total as u32)
    })
}

/// How many datagrams a sender may leave unread at a unix socket: as many as its queue has places
/// (`net.unix.max_dgram_qlen`), and as fit into the sender's own buffer (`net.core.wmem_default`, unless it has
/// set one), where a usual line of 300 to 600 bytes takes 1,280, a short one 768 and one of up to 1,500 2,304.
#[must_use]
pub fn unread_datagrams() -> Option<u64> {
    const TAKEN: u64 = 1_280;
    let setting = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let places = setting("/proc/sys/net/unix/max_dgram_qlen")?;
    let bytes = setting("/proc/sys/net/core/wmem_default");
    Some(bytes.map_or(places, |bytes| places.min(bytes / TAKEN)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_env = "gnu")]
    #[test]
    fn free_memory_in_the_middle_goes_back_to_the_system() {
        let resident = || {
            let pages = fs::read_to_string("/proc/self/statm").expect("a process knows its memory");
            let pages: usize =
                pages.split(' ').nth(1).expect("resident").parse().expect("a number");
            pages * 4096
        };
        const PIECES: usize = 4096;
        let given_back = || {
            let pieces: Vec<Vec<u8>> = (0..PIECES).map(|_| vec![1; 32 * 1024]).collect();
            // Lies behind them, so that they are not at the end.
            let last = vec![1_u8; 32 * 1024];
            drop(pieces);
            let before = resident();
            return_free_memory();
            let after = resident();
            drop(last);
            before.saturating_sub(after)
        };
        // Other tests take and give meanwhile: half of it is enough to see, and once.
        assert!((0..10).any(|_| given_back() > PIECES * 16 * 1024));
    }

    #[test]
    fn drops_are_found_by_inode() {
        let table = "   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
            4130: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 20917 2 0000000000000000 42\n";
        assert_eq!(drops_in(table, 20917), Some(42));
        assert_eq!(drops_in(&table.replace(" 42", " 4294967254"), 20917), Some(4_294_967_254));
        assert_eq!(drops_in(&table.replace(" 42", " -42"), 20917), Some(4_294_967_254));
        assert_eq!(drops_in(table, 1), None);
    }
}

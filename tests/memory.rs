//! What the process keeps of memory that it took for a moment.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

use std::sync::Barrier;
use std::thread;

use tapline::edge::kernel;

/// Each has an arena of its own: there are eight for every core.
const THREADS: usize = 6;
const PIECE: usize = 128 << 10;
/// Taken by each thread at once.
const TAKEN: usize = 12 << 20;

#[test]
fn a_thread_that_was_busy_once_keeps_little_of_it() {
    kernel::bound_free_memory();
    let before = resident();
    // All do each step at the same time.
    let step = Barrier::new(THREADS + 1);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let pieces: Vec<Vec<u8>> = (0..TAKEN / PIECE).map(|_| vec![1; PIECE]).collect();
                step.wait();
                step.wait();
                drop(pieces);
                step.wait();
                step.wait();
            });
        }
        step.wait();
        let most = resident();
        step.wait();
        step.wait();
        kernel::return_free_memory();
        let after = resident();
        step.wait();
        assert!(most > before + THREADS * TAKEN / 2, "{before} {most}");
        assert!(after < before + THREADS * (2 << 20), "{before} {after}");
    });
}

/// Bytes (proc(5), `statm`).
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("a process knows its memory");
    let pages: usize = pages.split(' ').nth(1).expect("resident").parse().expect("a number");
    // SAFETY: sysconf takes a plain number.
    pages * usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).expect("a page's size")
}

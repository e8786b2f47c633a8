//! Processor time: other work on the machine does not count.

/// Seconds that this thread has worked.
pub(crate) fn thread_s() -> f64 {
    seconds(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// Seconds that one of the system's clocks shows.
pub(crate) fn seconds(clock: libc::clockid_t) -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid timespec for the length of the call.
    unsafe { libc::clock_gettime(clock, &raw mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

//! How long what is sent may gather before it is taken.

use std::time::{Duration, Instant};

/// Lets lines gather in the kernel where many come: taken by twos and threes each costs a wake-up, a system
/// call and a look at the account. What is looked at once a second loses nothing by it.
#[derive(Debug)]
pub(super) struct Pace {
    bounds: Bounds,
    since: Instant,
    taken: usize,
    bytes: usize,
    nap: Option<Duration>,
}

#[derive(Clone, Copy, Debug)]
struct Bounds {
    /// The shortest nap that the clock can keep, and the longest.
    least: Duration,
    most: Duration,
    /// Bytes that may gather in a nap.
    room: usize,
    /// Fewer lines are not worth one.
    worth: f64,
    /// What the kernel counts for each beside its bytes.
    overhead: usize,
    /// Over which rates are measured.
    span: Duration,
}

impl Bounds {
    /// Of a stream, told ten times a second at most (`state/view/early.rs`). What may gather is half of the window
    /// that the kernel gives a new connection, so that no nap holds up a sender.
    const STREAM: Bounds = Bounds {
        // What tokio's clock ticks in.
        least: Duration::from_millis(1),
        most: Duration::from_millis(20),
        room: 32 * 1024,
        worth: 2.0,
        overhead: 0,
        span: Duration::from_millis(100),
    };

    /// Of a datagram socket with so many bytes of room in the kernel.
    fn datagrams(room: usize) -> Bounds {
        /// Half a thousand datagrams that come together fill the kernel's usual buffer: it is read at once.
        const LEAST_ROOM: usize = 1 << 20;
        /// On the safe side.
        const OVERHEAD: usize = 1280;
        const MOST: Duration = Duration::from_millis(4);
        /// Bytes a second of a flood that begins in a nap: 500,000 datagrams. It may fill half of the room.
        const FLOOD: f64 = 750e6;
        /// Some 250 lines: more at once cost no less.
        const ENOUGH: usize = 384 * 1024;
        let most = MOST.min(Duration::from_secs_f64(room as f64 / 2.0 / FLOOD));
        Bounds {
            least: Duration::ZERO,
            most: if room < LEAST_ROOM { Duration::ZERO } else { most },
            room: ENOUGH.min(room / 4),
            worth: 16.0,
            overhead: OVERHEAD,
            span: Duration::from_millis(10),
        }
    }

    /// How long to wait where so many came in the time that has passed.
    fn nap(&self, taken: usize, bytes: usize, passed: Duration) -> Option<Duration> {
        let bytes = bytes + taken * self.overhead;
        let safe = passed.as_secs_f64() * self.room as f64 / bytes.max(1) as f64;
        let nap = Duration::from_secs_f64(safe.min(self.most.as_secs_f64()));
        let gathered = taken as f64 * (nap.as_secs_f64() / passed.as_secs_f64());
        (nap >= self.least && gathered >= self.worth).then_some(nap)
    }
}

impl Pace {
    pub(super) fn stream() -> Pace {
        Pace::within(Bounds::STREAM)
    }

    pub(super) fn datagrams(room: usize) -> Pace {
        Pace::within(Bounds::datagrams(room))
    }

    fn within(bounds: Bounds) -> Pace {
        Pace { bounds, since: Instant::now(), taken: 0, bytes: 0, nap: None }
    }

    /// So many lines were taken.
    pub(super) fn took(&mut self, lines: usize, bytes: usize) {
        self.taken += lines;
        self.bytes += bytes;
        let passed = self.since.elapsed();
        if passed >= self.bounds.span {
            self.nap = self.bounds.nap(self.taken, self.bytes, passed);
            (self.taken, self.bytes, self.since) = (0, 0, Instant::now());
        }
    }

    /// How long to wait for more, where nothing is there, before it is looked for.
    pub(super) fn nap(&self) -> Option<Duration> {
        self.nap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn nap(bounds: Bounds, rate: usize, length: usize) -> Option<Duration> {
        bounds.nap(rate, rate * length, Duration::from_secs(1))
    }

    #[test]
    fn datagrams_gather_where_many_come_and_never_fill_the_buffer() {
        let ms = Duration::from_millis;
        let large = Bounds::datagrams(8 * MIB);
        assert_eq!(nap(large, 5_000, 250), Some(ms(4)));
        let many = nap(large, 200_000, 250).expect("a nap");
        assert!(many > ms(1) && many < ms(2), "{many:?}");
        assert!(nap(large, 500_000, 250).is_some_and(|nap| nap < ms(1)));
        assert_eq!(nap(large, 3_000, 250), None);
        assert_eq!(nap(large, 0, 0), None);
        // The kernel's usual buffer.
        assert_eq!(nap(Bounds::datagrams(212_992), 200_000, 250), None);
        for (room, rate, length) in
            [(MIB, 1_000_000, 100), (MIB, 60_000, 60_000), (8 * MIB, 500_000, 250)]
        {
            let bounds = Bounds::datagrams(room);
            let napped = nap(bounds, rate, length).unwrap_or_default().as_secs_f64();
            assert!((napped * rate as f64) as usize * (length + bounds.overhead) <= room / 4);
            // One that begins in it.
            assert!(bounds.most.as_secs_f64() * 500_000.0 * 1500.0 <= room as f64 / 2.0 + 1.0);
        }
    }

    #[test]
    fn lines_of_a_stream_gather_and_never_hold_up_its_sender() {
        let ms = Duration::from_millis;
        let stream = Bounds::STREAM;
        // A few lines a second are taken as they come.
        assert_eq!(nap(stream, 50, 250), None);
        assert_eq!(nap(stream, 200, 250), Some(ms(20)));
        for rate in [5_000, 20_000, 100_000] {
            let napped = nap(stream, rate, 250).expect("a nap");
            assert!(napped.as_secs_f64() * (rate * 250) as f64 <= stream.room as f64);
        }
        // Hardly any time is left: reads are large by themselves.
        assert_eq!(nap(stream, 200_000, 250), None);
        assert_eq!(nap(stream, 0, 0), None);
    }
}

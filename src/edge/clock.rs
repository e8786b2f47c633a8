//! The only clock: receivers and the tick ask it, everything below takes time as an argument.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::vocab::time::Millis;

/// Wall time, the same without its steps back, or a time that somebody sets (replay, tests).
#[derive(Clone, Debug)]
pub enum Clock {
    System,
    Steady(Arc<Steady>),
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// What seconds are closed by.
    #[must_use]
    pub fn steady() -> Clock {
        let start = Instant::now();
        let slew = Slew::new(wall_ms(), 0);
        Clock::Steady(Arc::new(Steady { start, slew }))
    }

    #[must_use]
    pub fn now(&self) -> Millis {
        self.read().0
    }

    /// The time, and beside it what has passed by a clock that nobody sets, where there is one.
    #[must_use]
    pub fn read(&self) -> (Millis, Option<Duration>) {
        match self {
            Clock::System => (Millis(wall_ms()), None),
            Clock::Steady(steady) => {
                let since = steady.start.elapsed();
                let rising = i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
                let (now, set_back_ms) = steady.slew.at(wall_ms(), rising);
                if let Some(set_back_ms) = set_back_ms {
                    tracing::warn!(
                        set_back_ms,
                        "the machine's clock was set back: seconds go on from where they were and are longer until it has caught up; a restart takes the new time at once"
                    );
                }
                (Millis(now), Some(since))
            }
            Clock::Manual(ms) => (Millis(ms.load(Ordering::Acquire)), None),
        }
    }
}

fn wall_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// A wall clock that never goes back.
#[derive(Debug)]
pub struct Steady {
    start: Instant,
    slew: Slew,
}

/// Steps of this size are jitter: they are waited out, and not told.
const JITTER_MS: i64 = 2_000;
/// While the wall clock is behind, one part in so many of each stretch of time is given back to it; half of
/// it where it is behind by more than that many milliseconds, for a clock that was hours ahead has shown all
/// lines at a wrong time already.
const GIVEN_BACK: i64 = 10;
const FAR_MS: i64 = 300_000;
/// The longest stretch of which something is given back at once: what is given is less than a tick's jitter.
const STRETCH_MS: i64 = 100;

/// The difference between a clock that only rises and the time that is told: it follows the wall clock
/// forward at once and back slowly. A second that was told is never told again with other numbers, and
/// none is waited for until a clock that was set back by an hour has caught up.
#[derive(Debug)]
struct Slew {
    offset: AtomicI64,
    /// When something was given back last.
    given: AtomicI64,
    /// Whether the wall clock is behind, and that was told.
    behind: AtomicI64,
    /// The largest time that was told: what is given back is waited out.
    told: AtomicI64,
}

impl Slew {
    fn new(wall: i64, rising: i64) -> Slew {
        Slew {
            offset: AtomicI64::new(wall - rising),
            given: AtomicI64::new(rising),
            behind: AtomicI64::new(0),
            told: AtomicI64::new(wall),
        }
    }

    /// The time to tell, and by how much the wall clock was set back where that is new.
    fn at(&self, wall: i64, rising: i64) -> (i64, Option<i64>) {
        let (now, set_back) = self.followed(wall, rising);
        (self.told.fetch_max(now, Ordering::AcqRel).max(now), set_back)
    }

    fn followed(&self, wall: i64, rising: i64) -> (i64, Option<i64>) {
        let wanted = wall - rising;
        let offset = self.offset.fetch_max(wanted, Ordering::AcqRel).max(wanted);
        let behind = offset - wanted;
        if behind == 0 {
            self.behind.store(0, Ordering::Relaxed);
            return (rising + offset, None);
        }
        let given = self.given.load(Ordering::Acquire);
        let stretch = rising - given;
        if stretch >= STRETCH_MS
            // One of those who ask at the same time.
            && self.given.compare_exchange(given, rising, Ordering::AcqRel, Ordering::Relaxed).is_ok()
        {
            let part = if behind > FAR_MS { 2 } else { GIVEN_BACK };
            self.offset.fetch_sub(behind.min(STRETCH_MS / part), Ordering::AcqRel);
        }
        let told = behind >= JITTER_MS && self.behind.swap(1, Ordering::Relaxed) == 0;
        (rising + offset, told.then_some(behind))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_clock_that_was_set_back_an_hour_goes_on_and_catches_up_in_three() {
        let slew = Slew::new(1_000_000, 0);
        let hour = 3_600_000;
        let (first, told) = slew.at(1_000_000 - hour + 10, 10);
        assert_eq!((first, told), (1_000_010, Some(hour)));
        let mut last = first;
        for rising in (110..3 * hour).step_by(100) {
            let (now, told) = slew.at(1_000_000 - hour + rising, rising);
            assert!((50..=100).contains(&(now - last)) && told.is_none(), "{last} {now}");
            last = now;
        }
        assert_eq!(slew.at(1_000_000 + 2 * hour, 3 * hour).0, 1_000_000 + 2 * hour);
    }

    proptest! {
        /// Whatever the wall clock does, what is told rises, is never behind it, and follows it forward.
        #[test]
        fn what_is_told_never_goes_back(steps in prop::collection::vec((0i64..3_000, -100_000i64..100_000), 1..60)) {
            let (mut wall, mut rising) = (1_000_000_i64, 0_i64);
            let slew = Slew::new(wall, rising);
            let mut last = wall;
            for (passed, step) in steps {
                rising += passed;
                wall += passed + if step.abs() < 50_000 { 0 } else { step };
                let (now, _) = slew.at(wall, rising);
                prop_assert!(now >= last);
                prop_assert!(now >= wall);
                last = now;
            }
        }
    }
}

//! Whether lines come faster than anybody reads them.

use crate::state::live::LOOKS;
use crate::vocab::time::Millis;

/// Lines of a tenth of a second beyond which they come with their second: 80,000 a second. Each look has the
/// window learn the new values so far, of which a second may have only so many.
const MOST: usize = 8_192;

/// What was open when it was asked last. A look that comes late, behind a tick or because the machine had
/// something else to do, finds more lines, and that says nothing about how fast they come.
#[derive(Debug, Default)]
pub(super) struct Haste {
    at: Millis,
    rows: usize,
}

impl Haste {
    /// Whether more lines came since it was asked last than are looked at in the time that passed, where `rows`
    /// are open at `now`.
    pub(super) fn is_too_great(&mut self, rows: usize, now: Millis) -> bool {
        const EACH: i64 = 1000 / LOOKS as i64;
        // Fewer than before: the rest was closed.
        let came = rows.checked_sub(self.rows).unwrap_or(rows);
        // A clock that jumped makes nothing of it.
        let looks = ((now.0 - self.at.0 + EACH / 2) / EACH).clamp(1, LOOKS as i64);
        *self = Haste { at: now, rows };
        came > MOST * looks as usize
    }

    /// What was open has been looked at, and is no longer.
    pub(super) fn looked(&mut self) {
        self.rows = 0;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What is held back of a stream of so many lines a look, whose looks come after these milliseconds.
    fn held_back(rows_a_look: usize, pauses: &[i64]) -> Vec<bool> {
        let mut haste = Haste::default();
        let (mut now, mut open, mut came) = (Millis(1_000_000), 0, 0);
        haste.is_too_great(0, now);
        let each = pauses.iter().map(|pause| {
            let second = now.second();
            now.0 += pause;
            let come = rows_a_look * usize::try_from(now.0 - 1_000_000).expect("later") / 100;
            open += come - came;
            came = come;
            if now.second() != second {
                open = open.min(rows_a_look);
            }
            let held = haste.is_too_great(open, now);
            if !held {
                haste.looked();
                open = 0;
            }
            held
        });
        each.collect()
    }

    #[test]
    fn a_pause_holds_nothing_back() {
        assert_eq!(held_back(5_000, &[100, 100, 250, 50, 100, 100, 700, 100]), [false; 8]);
    }

    #[test]
    fn a_burst_is_held_back_alone() {
        let mut haste = Haste::default();
        haste.is_too_great(0, Millis(0));
        assert!(haste.is_too_great(20_000, Millis(100)));
        assert!(!haste.is_too_great(25_000, Millis(200)), "the next look takes it along");
    }

    #[test]
    fn a_clock_that_jumps_changes_little() {
        let mut haste = Haste::default();
        assert!(haste.is_too_great(MOST + 1, Millis(-86_400_000)));
        assert!(!haste.is_too_great(MOST * 11, Millis(i64::MAX / 2)));
        assert!(haste.is_too_great(MOST * 13, Millis(0)));
    }

    proptest! {
        #[test]
        fn it_is_the_rate_alone(pauses in prop::collection::vec(50i64..800, 1..40)) {
            prop_assert!(held_back(MOST / 2, &pauses).iter().all(|held| !held));
            prop_assert!(held_back(MOST * 4, &pauses[..1]).iter().all(|held| *held));
        }
    }
}

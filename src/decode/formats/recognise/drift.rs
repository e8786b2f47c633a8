//! Tells when a source gives up the format of its access lines for another one.
//!
//! The difficulty is to say it of a server whose configuration changed, and not of two programs that
//! share a socket. What tells them apart is the pause: a format that keeps coming back is still
//! spoken, however rare it is, so it is given up only after a silence much longer than any that it
//! has made before.

use super::{SLOTS, UNKNOWN};

/// Lines without the old format, at least, after which it counts as given up.
pub(super) const DRIFT_LINES: u32 = 100;
/// How much longer than its longest pause a format must be away. Where lines mix at random, a pause
/// four times the longest of sixteen comes once in some 60,000.
const TIMES: u32 = 4;
/// No silence longer than this is asked for, so that the source of a day ago can still change.
const MAX_LINES: u32 = 65_536;
/// Lines that make a format more than a first guess: one that was seen less often is dropped
/// without a word.
const FIRM: u32 = 16;

/// Watches one source. Counts access lines and those that no format fits; an error line neither makes
/// nor hides a change.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    /// What access lines are written in, as far as it has been told.
    settled: Option<u8>,
    judged: u64,
    formats: [Seen; SLOTS],
    /// Lines since the settled format was last seen, by format.
    strange: [u32; SLOTS],
    strangers: u32,
}

#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    lines: u32,
    /// The longest pause so far, in judged lines.
    pause: u32,
    /// The number of its last line, from 1.
    last: u64,
}

impl Watch {
    pub(super) fn new() -> Watch {
        Watch {
            settled: None,
            judged: 0,
            formats: [Seen::default(); SLOTS],
            strange: [0; SLOTS],
            strangers: 0,
        }
    }

    /// Takes a line into account; gives the old and the new format where it completes a change.
    #[inline]
    pub(super) fn line(&mut self, index: usize) -> Option<(usize, usize)> {
        self.judged += 1;
        let seen = &mut self.formats[index];
        if seen.last > 0 {
            let pause = self.judged - seen.last - 1;
            seen.pause = seen.pause.max(u32::try_from(pause).unwrap_or(u32::MAX));
        }
        seen.last = self.judged;
        seen.lines = seen.lines.saturating_add(1);
        match self.settled {
            None if index != UNKNOWN => self.settled = Some(index as u8),
            Some(old) if usize::from(old) != index => return self.doubt(usize::from(old), index),
            _ if self.strangers > 0 => self.trust(),
            _ => {}
        }
        None
    }

    fn trust(&mut self) {
        self.strangers = 0;
        self.strange = [0; SLOTS];
    }

    fn doubt(&mut self, old: usize, index: usize) -> Option<(usize, usize)> {
        self.strange[index] = self.strange[index].saturating_add(1);
        self.strangers = self.strangers.saturating_add(1);
        let Seen { pause, lines, .. } = self.formats[old];
        let patience = pause.saturating_mul(TIMES).clamp(DRIFT_LINES, MAX_LINES);
        if self.strangers < patience {
            return None;
        }
        let new = (0..SLOTS).max_by_key(|&at| self.strange[at]).unwrap_or(UNKNOWN);
        self.trust();
        self.settled = Some(new as u8);
        (lines >= FIRM).then_some((old, new))
    }
}

//! Tells when a source gives up the format of its access lines for another one.
//!
//! The difficulty is to say it of a server whose configuration changed, and not of two programs that
//! share a socket. What tells them apart is the pause: a format that keeps coming back is still
//! spoken, however rare it is, so it is given up only after a silence much longer than any that it
//! has made before.

use super::UNKNOWN;
use super::met::Met;

/// Lines without the old format, at least, after which it counts as given up.
pub(super) const DRIFT_LINES: u32 = 100;
/// How much longer than its longest pause a format must be away. Where lines mix at random, a pause
/// four times the longest of sixteen comes once in some 60,000.
const TIMES: u32 = 4;
/// A format that was changed to before must come for so many times longer, each time: what goes to
/// and fro is mixed.
const AGAIN: u32 = 4;
/// Lines between two looks at what the strange ones are, once there are enough.
const LOOK: u32 = 64;
/// No silence longer than this is asked for, so that the source of a day ago can still change.
const MAX_LINES: u32 = 65_536;
/// Lines that make a format more than a first guess: one that was seen less often is dropped
/// without a word.
const FIRM: u32 = 16;

/// Watches one source. Counts access lines and those that no format fits; an error line neither makes
/// nor hides a change.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch {
    /// What access lines are written in, as far as it has been told.
    settled: Option<u8>,
    judged: u64,
    formats: Met<Seen>,
    /// Lines since the settled format was last seen.
    strangers: u32,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    lines: u32,
    /// The longest pause so far, in judged lines; not those of a format that was given up.
    pause: u32,
    /// How much more than usual must come of it before it is told again.
    again: u32,
    given_up: bool,
    /// Its lines since the settled format was last seen.
    strange: u32,
    /// The number of its last line, from 1.
    last: u64,
}

impl Default for Seen {
    fn default() -> Seen {
        Seen { lines: 0, pause: 0, again: 1, given_up: false, strange: 0, last: 0 }
    }
}

impl Watch {
    /// Takes a run of lines of what it has settled on into account, where the line before was of it, too; else `false`,
    /// and nothing.
    #[inline]
    pub(super) fn run(&mut self, index: usize, lines: u32) -> bool {
        let seen = self.formats.at(index);
        let usual =
            self.settled == Some(index as u8) && seen.last == self.judged && self.strangers == 0;
        if usual {
            self.judged += u64::from(lines);
            seen.last = self.judged;
            seen.lines = seen.lines.saturating_add(lines);
        }
        usual
    }

    /// Takes a line into account; gives the old and the new format where it completes a change.
    #[inline]
    pub(super) fn line(&mut self, index: usize) -> Option<(usize, usize)> {
        // As nearly always.
        if self.run(index, 1) {
            return None;
        }
        let seen = self.formats.at(index);
        self.judged += 1;
        if std::mem::take(&mut seen.given_up) {
            // It was told that this one went.
        } else if seen.last > 0 {
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
        self.formats.values_mut().for_each(|seen| seen.strange = 0);
    }

    fn doubt(&mut self, old: usize, index: usize) -> Option<(usize, usize)> {
        let seen = self.formats.at(index);
        seen.strange = seen.strange.saturating_add(1);
        self.strangers = self.strangers.saturating_add(1);
        if self.strangers < DRIFT_LINES || !(self.strangers - DRIFT_LINES).is_multiple_of(LOOK) {
            return None;
        }
        let new = self.formats.iter().max_by_key(|(_, seen)| seen.strange);
        let new = new.map_or(UNKNOWN, |(at, _)| at);
        let Seen { pause, lines, .. } = self.formats.get(old);
        let patience = pause.saturating_mul(TIMES).max(DRIFT_LINES);
        let patience = patience.saturating_mul(self.formats.get(new).again).min(MAX_LINES);
        if self.strangers < patience {
            return None;
        }
        self.trust();
        self.settled = Some(new as u8);
        if lines < FIRM {
            return None;
        }
        self.formats.at(old).given_up = true;
        let again = &mut self.formats.at(new).again;
        *again = again.saturating_mul(AGAIN);
        Some((old, new))
    }
}

//! Finds the format of each line of one source, and tells when the source changes it.

use std::borrow::Cow;

use super::FORMATS;
use crate::vocab::event::{Event, Kind};

/// Lines of a window; the last whole window and the open one make up the recent past.
const WINDOW: u32 = 512;
/// Lines without the old format after which it counts as given up.
const DRIFT_LINES: u32 = 100;
/// More formats than will ever be: a slot of the tallies each, the last for what fits none.
const SLOTS: usize = 32;
const UNKNOWN: usize = SLOTS - 1;
/// The name that lines of no format are tallied under.
const UNKNOWN_NAME: &str = "message";

/// One source's formats. Owns no text and reads no clock; about 1 KiB.
#[derive(Clone, Debug)]
pub struct Recogniser {
    /// Indices of [`FORMATS`], the most recently successful first.
    order: Vec<u8>,
    totals: [u64; SLOTS],
    recent: [u32; SLOTS],
    before: [u32; SLOTS],
    lines: u32,
    /// What access lines are written in, as far as it has been told.
    settled: Option<u8>,
    /// Access and unknown lines since the settled format was last seen, by format.
    strange: [u32; SLOTS],
    strangers: u32,
    drift: Option<(&'static str, &'static str)>,
}

impl Default for Recogniser {
    fn default() -> Self {
        Recogniser::new()
    }
}

impl Recogniser {
    #[must_use]
    pub fn new() -> Self {
        const { assert!(FORMATS.len() <= UNKNOWN) };
        Recogniser {
            order: (0..FORMATS.len() as u8).collect(),
            totals: [0; SLOTS],
            recent: [0; SLOTS],
            before: [0; SLOTS],
            lines: 0,
            settled: None,
            strange: [0; SLOTS],
            strangers: 0,
            drift: None,
        }
    }

    /// The line as an event; one of `Kind::Message` that holds the whole line where no format fits.
    pub fn decode<'a>(&mut self, line: &'a str) -> Event<'a> {
        for place in 0..self.order.len() {
            let index = self.order[place];
            let format = FORMATS[usize::from(index)];
            if !format.fits(line) {
                continue;
            }
            if let Some(event) = format.decode(line) {
                self.order[..=place].rotate_right(1);
                self.tally(usize::from(index), event.kind);
                return event;
            }
        }
        self.tally(UNKNOWN, Kind::Message);
        Event::message(Cow::Borrowed(line))
    }

    /// The format of most of the last 512 to 1,024 lines that any format fits; `None` before the
    /// first one.
    #[must_use]
    pub fn format(&self) -> Option<&'static str> {
        let sums = |at: usize| self.recent[at] + self.before[at];
        let best = (0..FORMATS.len()).max_by_key(|&at| (sums(at), std::cmp::Reverse(at)))?;
        (sums(best) > 0).then(|| FORMATS[best].name())
    }

    /// Lines by format since the start, `message` for those of none; formats never seen are left
    /// out.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let named = FORMATS.iter().map(|format| format.name()).zip(self.totals);
        named
            .chain(std::iter::once((UNKNOWN_NAME, self.totals[UNKNOWN])))
            .filter(|&(_, lines)| lines > 0)
    }

    /// The old and the new format, once, when the source's access lines changed: 100 of them in a
    /// row without the old one. `message` as the new one means that its lines fit no format now.
    /// Error lines neither make nor hide a change.
    pub fn drifted(&mut self) -> Option<(&'static str, &'static str)> {
        self.drift.take()
    }

    fn tally(&mut self, index: usize, kind: Kind) {
        self.totals[index] += 1;
        self.recent[index] += 1;
        self.lines += 1;
        if self.lines == WINDOW {
            self.before = std::mem::take(&mut self.recent);
            self.lines = 0;
        }
        if kind == Kind::Error {
            return;
        }
        match self.settled {
            None if index != UNKNOWN => self.settled = Some(index as u8),
            Some(old) if usize::from(old) != index => self.doubt(usize::from(old), index),
            _ if self.strangers > 0 => {
                self.strangers = 0;
                self.strange = [0; SLOTS];
            }
            _ => {}
        }
    }

    fn doubt(&mut self, old: usize, index: usize) {
        self.strange[index] += 1;
        self.strangers += 1;
        if self.strangers < DRIFT_LINES {
            return;
        }
        let new = (0..SLOTS).max_by_key(|&at| self.strange[at]).unwrap_or(UNKNOWN);
        self.strangers = 0;
        self.strange = [0; SLOTS];
        let name = |at: usize| FORMATS.get(at).map_or(UNKNOWN_NAME, |format| format.name());
        self.drift = Some((name(old), name(new)));
        self.settled = Some(new as u8);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mixed_source_keeps_its_format_and_does_not_drift() {
        let access = r#"127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#;
        let error = "2026/11/22 19:19:05 [error] 7#8: *9 broken";
        let mut recogniser = Recogniser::new();
        assert_eq!(recogniser.format(), None);
        for round in 0..2000 {
            let line = if round % 3 == 0 { error } else { access };
            assert_ne!(recogniser.decode(line).kind, Kind::Message);
        }
        for _ in 0..150 {
            recogniser.decode(error);
        }
        assert_eq!(recogniser.drifted(), None);
        assert_eq!(recogniser.format(), Some("combined"));
        let counts: Vec<_> = recogniser.counts().collect();
        assert_eq!(counts, [("combined", 1333), ("nginx_error", 817)]);
    }

    #[test]
    fn a_changed_format_is_told_once_and_one_that_nothing_fits_too() {
        let old = r#"127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#;
        let new = r#"{"remote_addr":"127.0.0.1","status":200,"uri":"/"}"#;
        let mut recogniser = Recogniser::new();
        let mut told = Vec::new();
        for (line, times) in
            [(old, 500), (new, 99), (old, 1), (new, 2000), ("prose", 200), (old, 150)]
        {
            for _ in 0..times {
                recogniser.decode(line);
                told.extend(recogniser.drifted());
            }
        }
        assert_eq!(told, [("combined", "json"), ("json", "message"), ("message", "combined")]);
        let mut elsewhere = Recogniser::new();
        elsewhere.decode("prose");
        assert_eq!(elsewhere.counts().collect::<Vec<_>>(), [("message", 1)]);
    }
}

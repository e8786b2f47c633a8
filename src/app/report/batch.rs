//! The lines of one file in batches that are counted together.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use crate::app::replay::merge::{LOOK_AHEAD, TimeOf};
use crate::decode::fronts::{Fronts, Written};
use crate::decode::multiline::Joined;
use crate::edge::files::{Reader, Sink};
use crate::state::node::Listener;
use crate::vocab::outcome::RejectReason;
use crate::vocab::time::Millis;

/// Lines of a batch: enough for a text that comes often to be looked up in the window once for many of them, and few
/// enough for what is looked up to be in the caches still.
pub(super) const LINES: usize = 4 * 1024;
/// Bytes of a batch, but for its last line: what a block keeps of one field is more, so that no text is left out however
/// long lines are.
const BYTES: usize = 1 << 20;

/// Lines, copied out of what was read.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    /// End of each line.
    ends: Vec<usize>,
    /// Which of them have a name in front, in order.
    named: Vec<usize>,
}

impl Batch {
    fn push(&mut self, line: &[u8], is_named: bool) {
        self.named.extend(is_named.then_some(self.ends.len()));
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.named.clear();
    }

    /// The lines, and what is in those that have a name in front.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&[u8], Option<Written<'_>>)> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let lines = starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end]);
        let mut named = self.named.iter().copied().peekable();
        lines.enumerate().map(move |(at, line)| {
            let is_named = named.next_if_eq(&at).is_some();
            (line, is_named.then(|| Written::of(line)).flatten())
        })
    }
}

/// What is to be read of one file.
#[derive(Debug)]
pub(super) struct Batches {
    reader: Reader,
    collected: Collected,
    ended: Option<io::Result<()>>,
}

/// What was read and not taken yet.
#[derive(Debug)]
struct Collected {
    /// Lines of a batch.
    lines: usize,
    full: VecDeque<Batch>,
    last: Batch,
    /// The room for the one behind it.
    spare: Batch,
    fronts: Option<Fronts>,
    listener: Arc<Listener>,
}

impl Batches {
    /// Of so many lines, which may have names in front.
    pub(super) fn new(
        reader: Reader,
        lines: usize,
        fronts: Option<Fronts>,
        listener: Arc<Listener>,
    ) -> Batches {
        let [last, spare] = [(), ()].map(|()| Batch::default());
        let collected = Collected { lines, full: VecDeque::new(), last, spare, fronts, listener };
        Batches { reader, collected, ended: None }
    }

    /// The next lines, in the room of a batch that is not needed any more; `None` at the end.
    pub(super) fn next(&mut self, mut spare: Batch) -> Option<Batch> {
        spare.clear();
        self.collected.spare = spare;
        loop {
            if let Some(batch) = self.collected.full.pop_front() {
                return Some(batch);
            }
            if self.has_ended() {
                let last = std::mem::take(&mut self.collected.last);
                return (!last.ends.is_empty()).then_some(last);
            }
            self.ended = piece(&mut self.reader, &mut self.collected);
        }
    }

    /// The first time that a line names, looked for as far as `replay` does; nothing that is read for it is left out of
    /// the batches.
    pub(super) fn first_time(&mut self, time_of: TimeOf) -> Option<Millis> {
        let mut seeking =
            Seeking { collected: &mut self.collected, time_of, bytes: 0, first: None };
        while seeking.first.is_none() && seeking.bytes < LOOK_AHEAD && self.ended.is_none() {
            self.ended = piece(&mut self.reader, &mut seeking);
        }
        seeking.first
    }

    /// Whether everything was read, though perhaps not taken.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.is_some()
    }

    /// How it ended.
    pub(super) fn result(self) -> io::Result<()> {
        self.ended.unwrap_or(Ok(()))
    }
}

/// Reads on; tells how it ended, where it has.
fn piece(reader: &mut Reader, sink: &mut dyn Sink) -> Option<io::Result<()>> {
    match reader.read(sink) {
        Ok(true) => None,
        Ok(false) => Some(Ok(())),
        Err(error) => Some(Err(error)),
    }
}

/// Looks for a time in what is collected.
struct Seeking<'a> {
    collected: &'a mut Collected,
    time_of: TimeOf,
    /// Of the lines that were looked at.
    bytes: usize,
    first: Option<Millis>,
}

impl Seeking<'_> {
    fn look_at(&mut self, line: &[u8]) {
        self.bytes += line.len();
        self.first = self.first.or_else(|| (self.time_of)(line));
    }
}

impl Sink for Seeking<'_> {
    fn lines(&mut self, lines: &[&[u8]]) {
        lines.iter().for_each(|line| self.look_at(line));
        self.collected.lines(lines);
    }

    fn rejected(&mut self, reason: RejectReason) {
        self.collected.rejected(reason);
    }

    fn joined(&mut self, joined: Joined) {
        self.collected.joined(joined);
    }
}

impl Sink for Collected {
    fn lines(&mut self, lines: &[&[u8]]) {
        for line in lines {
            let is_named = self.fronts.as_mut().is_some_and(|fronts| fronts.take(line).is_some());
            self.last.push(line, is_named);
            if self.last.ends.len() >= self.lines || self.last.bytes.len() >= BYTES {
                let empty = std::mem::take(&mut self.spare);
                self.full.push_back(std::mem::replace(&mut self.last, empty));
            }
        }
    }

    fn rejected(&mut self, reason: RejectReason) {
        self.listener.account.reject(reason);
    }

    fn joined(&mut self, joined: Joined) {
        self.listener.joined(joined.lines, joined.cut);
    }
}

//! One file's bytes as messages: cut into lines, those that a container engine has cut put together, an error's trace
//! joined with it.

use std::io::{self, Read};

use super::{CHUNK, Limits, Sink};
use crate::decode::framing::{Framer, Step};
use crate::decode::multiline::{Joined, Joiner, Pieces, Requests};
use crate::vocab::outcome::RejectReason;

/// Cuts a stream of reads into lines; holds at most one read, one line, one of each of a container's streams and one
/// message.
pub(super) struct Lines {
    framer: Framer,
    stages: Stages,
    limits: Limits,
    buffer: Vec<u8>,
    /// What is held was written a moment ago.
    is_news: bool,
}

impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("held", &self.buffer.len()).finish_non_exhaustive()
    }
}

impl Lines {
    pub(super) fn new(limits: Limits) -> Lines {
        Lines {
            framer: Framer::lines(limits.max_line),
            stages: Stages {
                pieces: Pieces::new(limits.max_line),
                joiner: Joiner::new(limits.multiline, limits.formats),
                requests: Requests::default(),
            },
            limits,
            buffer: Vec::new(),
            is_news: false,
        }
    }

    /// Reads once and gives the lines that are whole; 0 is the end of what there is for now. They are news if they were
    /// written a moment ago: not so much that it waited somewhere.
    pub(super) fn read(
        &mut self,
        input: &mut dyn Read,
        is_news: bool,
        sink: &mut dyn Sink,
    ) -> io::Result<usize> {
        let held = self.buffer.len();
        self.buffer.resize(held + CHUNK, 0);
        let read = loop {
            match input.read(&mut self.buffer[held..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        self.buffer.truncate(held + *read.as_ref().unwrap_or(&0));
        let read = read?;
        if read > 0 {
            let is_news = is_news && read < CHUNK;
            let holds = held > 0 || self.holds_message();
            let mut way = Way { sink, is_news: is_news && (self.is_news || !holds), gave: false };
            self.cut(&mut way, false);
            // What was held before has been given then.
            self.is_news = way.is_news || is_news && way.gave;
        }
        Ok(read)
    }

    /// Gives what is held as the last line: nothing will follow it.
    pub(super) fn end(&mut self, sink: &mut dyn Sink) {
        self.cut(&mut Way { sink, is_news: self.is_news, gave: false }, true);
        self.pause(sink);
        *self = Lines::new(self.limits);
    }

    /// It can't be read on: what is held of a line may say something else than the whole one.
    pub(super) fn break_off(&mut self, sink: &mut dyn Sink) {
        self.pause(sink);
        if self.holds_part() {
            sink.rejected(RejectReason::Incomplete);
        }
        *self = Lines::new(self.limits);
    }

    /// Gives the message that waits for further lines.
    pub(super) fn pause(&mut self, sink: &mut dyn Sink) {
        let mut way = Way { sink, is_news: self.is_news, gave: false };
        self.stages.flush(&mut way);
        self.tell(sink);
    }

    fn tell(&mut self, sink: &mut dyn Sink) {
        let mut joined = self.stages.joiner.joined();
        joined.lines += self.stages.pieces.joined();
        if joined != Joined::default() {
            sink.joined(joined);
        }
    }

    pub(super) fn holds_part(&self) -> bool {
        !self.buffer.is_empty()
    }

    pub(super) fn holds_message(&self) -> bool {
        self.stages.joiner.holds() || self.stages.pieces.holds()
    }

    fn cut(&mut self, way: &mut Way<'_>, eof: bool) {
        let mut whole: Vec<&[u8]> = Vec::with_capacity(self.buffer.len() / 128);
        let mut done = 0;
        loop {
            match self.framer.next(&self.buffer[done..], eof) {
                Step::Frame { bytes, consumed } => {
                    whole.push(bytes);
                    done += consumed;
                }
                Step::Rejected { reason, consumed } => {
                    // What stands behind it does not go on with what stands before it.
                    self.stages.push(&whole, way);
                    self.stages.flush(way);
                    whole.clear();
                    way.sink.rejected(reason);
                    done += consumed;
                }
                Step::Skip { consumed } => done += consumed,
                Step::Incomplete => break,
            }
        }
        self.stages.push(&whole, way);
        self.buffer.drain(..done);
        self.tell(way.sink);
    }
}

/// Where messages go, and as what.
struct Way<'a> {
    sink: &'a mut dyn Sink,
    is_news: bool,
    /// Whether there were some.
    gave: bool,
}

impl Way<'_> {
    fn give(&mut self, messages: &[&[u8]]) {
        self.gave = true;
        match self.is_news {
            true => self.sink.news(messages),
            false => self.sink.lines(messages),
        }
    }
}

/// What becomes of lines one after the other.
struct Stages {
    pieces: Pieces,
    joiner: Joiner,
    requests: Requests,
}

impl Stages {
    fn push(&mut self, lines: &[&[u8]], way: &mut Way<'_>) {
        let Stages { pieces, joiner, requests } = self;
        let mut give = |messages: &[&[u8]]| requests.push(messages, &mut |all| way.give(all));
        pieces.push(lines, &mut |lines| joiner.push(lines, &mut give));
    }

    /// Gives what is open: nothing goes on with it.
    fn flush(&mut self, way: &mut Way<'_>) {
        let Stages { pieces, joiner, requests } = self;
        let mut give = |messages: &[&[u8]]| requests.push(messages, &mut |all| way.give(all));
        pieces.flush(&mut |lines| joiner.push(lines, &mut give));
        joiner.flush(&mut give);
    }
}

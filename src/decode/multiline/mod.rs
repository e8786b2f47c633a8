//! Joins the lines of one message: a stack trace with the error line before it.
//!
//! Where lines come in the order in which one program wrote them (files, standard input), a line that
//! [`continues`] directly behind an error line belongs to it. What a format reads, or
//! what has a syslog header, is a message of its own and is never joined; so a trace can hide no
//! request. Joining is all or nothing: where the joined text would be read as something else than its
//! first line (another client, host or format), its lines stay as they came.
//!
//! Before that, what a container engine has cut is put together: [`Pieces`]. After that, what a request asked for is put
//! behind how it was answered: [`Requests`].

mod pieces;
mod requests;
mod signs;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use memchr::memchr;

pub use self::pieces::Pieces;
pub use self::requests::Requests;
pub use self::signs::continues;
use self::signs::{
    begins_traceback, begins_unmarked, chains_tracebacks, holds_stderr, names_exception,
    shuts_stderr, tags_of_exception, tells_request,
};
use super::envelope;
use super::formats::Catalog;
use super::formats::recognise::{Order, Recogniser};
use super::text::lossy;
use crate::vocab::event::{Event, Kind};

/// How far joining goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a joined message. What goes on beyond begins another message.
    pub max_bytes: usize,
    /// Lines of a joined message; 1 joins nothing.
    pub max_lines: usize,
}

impl Default for Limits {
    /// A Java trace with three causes has about 150 lines of 100 bytes.
    fn default() -> Limits {
        Limits { max_bytes: 64 * 1024, max_lines: 200 }
    }
}

impl Limits {
    /// Every line is a message.
    pub const NONE: Limits = Limits { max_bytes: 0, max_lines: 1 };
}

/// What joining did, for the counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// Lines that became part of the message before them: received lines are messages plus these.
    pub lines: u64,
    /// Messages that reached a limit.
    pub cut: u64,
}

/// Joins the lines of one file. Holds at most one message.
#[derive(Debug)]
pub struct Joiner {
    limits: Limits,
    order: Order,
    /// The lines of the open message, with LF between them.
    held: Vec<u8>,
    lines: usize,
    awaits: Awaits,
    joined: Joined,
}

/// What else than a line that [`continues`] goes on with the open message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Awaits {
    Nothing,
    /// A second traceback would be of another error, until a line says that it is not.
    Chain,
    /// The exception that ends a Python traceback; it is not indented.
    Exception,
    /// The quote that ends what nginx was told by FastCGI; any text may stand before it.
    Quote,
    /// What Rails says of an exception, behind tags that the first line has so many bytes from its start, to those.
    Tags(usize, usize),
}

impl Joiner {
    /// What one of the formats reads is never joined to another line.
    #[must_use]
    pub fn new(limits: Limits, formats: Catalog) -> Joiner {
        Joiner {
            limits,
            order: Recogniser::new(formats).order,
            held: Vec::new(),
            lines: 0,
            awaits: Awaits::Nothing,
            joined: Joined::default(),
        }
    }

    /// Whether a message is open: its next line may still come.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.lines > 0
    }

    /// What was done since the last call.
    pub fn joined(&mut self) -> Joined {
        std::mem::take(&mut self.joined)
    }

    /// Takes lines that follow each other and gives the messages that are whole, in order. Nearly
    /// always these are the same lines, not copied.
    pub fn push(&mut self, lines: &[&[u8]], give: &mut dyn FnMut(&[&[u8]])) {
        if self.limits.max_lines <= 1 {
            return give(lines);
        }
        // The lines before it are done with.
        let mut from = 0;
        for (i, &line) in lines.iter().enumerate() {
            if self.holds() {
                if self.goes_on(line) {
                    self.append(line, give);
                    from = i + 1;
                    continue;
                }
                self.flush(give);
            }
            // A line is looked into only where the next one asks for it, or has not come.
            let waits =
                holds_stderr(line) || begins_traceback(line) || tags_of_exception(line).is_some();
            let asked = waits || lines.get(i + 1).is_none_or(|next| continues(next));
            if asked && self.opens(line) {
                if from < i {
                    give(&lines[from..i]);
                }
                self.begin(line);
                from = i + 1;
            }
        }
        if from < lines.len() {
            give(&lines[from..]);
        }
    }

    /// Gives the open message: nothing will follow it, or nothing has for a while.
    pub fn flush(&mut self, give: &mut dyn FnMut(&[&[u8]])) {
        let lines = std::mem::take(&mut self.lines);
        if lines == 0 {
            return;
        }
        let held = std::mem::take(&mut self.held);
        if lines == 1 || self.reads_as_its_head(&held) {
            self.joined.lines += lines as u64 - 1;
            give(&[&held]);
        } else {
            give(&held.split(|&b| b == b'\n').collect::<Vec<_>>());
        }
        // Its place is used again; a long message does not keep it for ever.
        if held.capacity() <= 4096 {
            self.held = held;
            self.held.clear();
        }
    }

    fn begin(&mut self, line: &[u8]) {
        self.held.extend_from_slice(line);
        self.lines = 1;
        self.awaits = if let Some(tags) = tags_of_exception(line) {
            Awaits::Tags(tags.start, tags.end)
        } else if holds_stderr(line) {
            Awaits::Quote
        } else if begins_traceback(line) {
            Awaits::Exception
        } else {
            Awaits::Nothing
        };
    }

    fn append(&mut self, line: &[u8], give: &mut dyn FnMut(&[&[u8]])) {
        let mut awaits = match self.awaits {
            Awaits::Nothing if begins_traceback(line) => Awaits::Exception,
            Awaits::Exception if names_exception(line, false) => Awaits::Chain,
            Awaits::Chain if chains_tracebacks(line) => Awaits::Nothing,
            awaits => awaits,
        };
        let full = self.held.len() + 1 + line.len() > self.limits.max_bytes
            || self.lines >= self.limits.max_lines;
        if full {
            self.joined.cut += 1;
            self.flush(give);
            self.begin(line);
            if let Awaits::Tags(from, to) = awaits {
                // This one begins with them.
                awaits = Awaits::Tags(0, to - from);
            }
        } else {
            self.held.push(b'\n');
            self.held.extend_from_slice(line);
            self.lines += 1;
        }
        self.awaits = awaits;
        if awaits == Awaits::Quote && shuts_stderr(line) {
            self.flush(give);
        }
    }

    /// Whether the line goes on with the open message.
    fn goes_on(&mut self, line: &[u8]) -> bool {
        let asked = match self.awaits {
            Awaits::Tags(from, to) => {
                // Each is a line of Rails' by itself, but for what a request says of itself.
                let said = line.strip_prefix(&self.held[from..to]);
                return said.is_some_and(|said| !tells_request(said));
            }
            Awaits::Nothing => continues(line),
            Awaits::Chain => continues(line) && !begins_traceback(line),
            Awaits::Exception => {
                (continues(line) && !begins_traceback(line)) || names_exception(line, false)
            }
            Awaits::Quote => true,
        };
        asked && !self.stands_alone(line)
    }

    /// Whether lines may go on with this one: an error line, or a trace that names itself.
    fn opens(&mut self, line: &[u8]) -> bool {
        begins_unmarked(line) || self.read(&lossy(line)).kind == Kind::Error
    }

    /// Whether it is a log line by itself.
    fn stands_alone(&mut self, line: &[u8]) -> bool {
        let text = lossy(line);
        let envelope = envelope::parse(&text);
        let headed = envelope.severity.is_some() || envelope.stamp.is_some();
        headed || !self.read(&text).format.is_empty()
    }

    fn reads_as_its_head(&mut self, joined: &[u8]) -> bool {
        let text = lossy(joined);
        let end = memchr(b'\n', text.as_bytes()).unwrap_or(text.len());
        let (head, whole) = (self.read(&text[..end]), self.read(&text));
        let same = |a: &Option<Cow<'_, str>>, b: &Option<Cow<'_, str>>| a.is_none() || a == b;
        // That it is an exception is not said in its first line.
        let is_exception = matches!(self.awaits, Awaits::Tags(..));
        (head.kind, head.format) == (whole.kind, whole.format)
            && (head.level == whole.level || is_exception)
            && head.status == whole.status
            && same(&head.remote_ip, &whole.remote_ip)
            && same(&head.host, &whole.host)
            && same(&head.user, &whole.user)
            && same(&head.target, &whole.target)
    }

    fn read<'a>(&mut self, text: &'a str) -> Event<'a> {
        let mut event = Event::default();
        self.order.read(envelope::parse(text).message, &mut event);
        event
    }
}

/// The messages in a frame that was cut by its length, where every line of it is a request by itself;
/// those without a syslog header share the first one's. `None` is one message: RFC 6587 section 3.4.1
/// lets it hold LF, and an error's trace does.
///
/// A PRI at the start of every line is not asked for, and would not do: the text of an error line is
/// a stranger's (nginx writes the LF of `/%0a<13>…` as it is), and the count says where it ends.
#[must_use]
pub fn messages(frame: &[u8], formats: Catalog) -> Option<Vec<Cow<'_, [u8]>>> {
    memchr(b'\n', frame)?;
    let lines: Vec<&[u8]> = frame
        .split(|&b| b == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .filter(|line| !line.is_empty())
        .collect();
    let mut order = Recogniser::new(formats).order;
    let mut header: &[u8] = &[];
    let mut messages = Vec::with_capacity(lines.len());
    for (i, &line) in lines.iter().enumerate() {
        let text = lossy(line);
        let envelope = envelope::parse(&text);
        let mut event = Event::default();
        order.read(envelope.message, &mut event);
        if event.kind != Kind::Access {
            return None;
        }
        let front = text.len() - envelope.message.len();
        if i == 0 {
            // A header is ASCII, or nearly: where it is not, its length in bytes is not known.
            header = line.get(..front).filter(|bytes| bytes.is_ascii())?;
        }
        messages.push(match (i, front) {
            (1.., 0) if !header.is_empty() => Cow::Owned([header, line].concat()),
            _ => Cow::Borrowed(line),
        });
    }
    (messages.len() > 1).then_some(messages)
}

//! Cuts the bytes of a connection, or of a datagram, into frames without copying.
//!
//! A [`Framer`] is blind to chunking: however the same bytes are cut into reads, they give the same
//! frames and rejections in the same order. What is wrong with a frame is an outcome and the stream
//! goes on. The ways of framing are those of RFC 6587, and what real senders make of them.

mod datagram;
mod scan;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use memchr::{memchr, memchr2};

pub use self::datagram::{Datagram, Frames, datagram};
use self::scan::{Boundary, Count, boundary, count, greeting, is_blank, trim, trim_end};
use crate::vocab::outcome::RejectReason;

/// How a stream tells its frames apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// Frame by frame: up to 7 digits, a space and `<` start a count, everything else ends at LF
    /// or NUL.
    #[default]
    Auto,
    /// `MSG-LEN SP MSG`, RFC 6587 section 3.4.1. The counted octets are given as they are.
    Octet,
    /// Ends at LF, RFC 6587 section 3.4.2.
    Lf,
    /// Ends at NUL; LF may be inside (Python's `SysLogHandler`).
    Nul,
    /// Starts at a line that begins with `<digits>`; other lines belong to the one before.
    Multiline,
}

impl Mode {
    pub const ALL: [Mode; 5] = [Mode::Auto, Mode::Octet, Mode::Lf, Mode::Nul, Mode::Multiline];

    /// The word of the configuration.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Mode::Auto => "auto",
            Mode::Octet => "octet",
            Mode::Lf => "lf",
            Mode::Nul => "nul",
            Mode::Multiline => "multiline",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Not one of the words of [`Mode`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownMode;

impl fmt::Display for UnknownMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("framing is one of auto, octet, lf, nul, multiline")
    }
}

impl std::error::Error for UnknownMode {}

impl FromStr for Mode {
    type Err = UnknownMode;

    fn from_str(s: &str) -> Result<Mode, UnknownMode> {
        Mode::ALL.into_iter().find(|mode| mode.name() == s).ok_or(UnknownMode)
    }
}

/// What the bytes at the front of the buffer are. `consumed` bytes are done with, and never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'b> {
    Frame {
        bytes: &'b [u8],
        consumed: usize,
    },
    /// One frame that could not be taken; what is left of it follows as `Skip`.
    Rejected {
        reason: RejectReason,
        consumed: usize,
    },
    /// No frame: blank lines, what is left of a rejected one.
    Skip {
        consumed: usize,
    },
    /// More bytes are needed; at the end of the stream: all is done.
    Incomplete,
}

/// [`Framer::next`] never asks for more than its frame limit and this many bytes: a count with
/// blanks before it, or the start of the next message.
pub const HEADROOM: usize = 32;

/// A counted stream that starts with a letter is broken at once; so much of it is waited for to
/// say that it is HTTP. Short, for the wait searches it anew at each read.
const MAX_REQUEST_LINE: usize = 1024;

/// Cuts one connection's bytes.
#[derive(Clone, Debug)]
pub struct Framer {
    mode: Mode,
    max_frame: usize,
    trim_oversize: bool,
    state: State,
    /// Bytes at the front of the input that hold no terminator: a line that comes byte by byte
    /// must not be searched from its start each time.
    scanned: usize,
    at_start: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between frames.
    Ready,
    /// Right behind a counted frame: what comes must look like a start, or the count was wrong.
    AfterCount,
    /// Inside what was rejected, so many bytes before its end.
    DiscardOctets(usize),
    /// Inside what was rejected, somewhere before its terminator.
    DiscardLine,
    /// Not syslog at all.
    Hopeless,
}

impl Framer {
    /// For a connection. `max_frame` is in bytes, without count or terminator.
    #[must_use]
    pub fn new(mode: Mode, max_frame: usize) -> Framer {
        Framer {
            mode,
            max_frame,
            trim_oversize: false,
            state: State::Ready,
            scanned: 0,
            at_start: true,
        }
    }

    /// For a file or standard input: lines, and its first bytes are no greeting.
    #[must_use]
    pub fn lines(max_frame: usize) -> Framer {
        Framer { at_start: false, ..Framer::new(Mode::Lf, max_frame) }
    }

    /// Gives the head of a frame beyond the limit as a frame, instead of rejecting it.
    #[must_use]
    pub fn trim_oversize(self) -> Framer {
        Framer { trim_oversize: true, ..self }
    }

    /// The peer speaks another protocol (TLS, HTTP, a compressed stream): said once as a
    /// rejection, and the connection should be closed. Everything after is skipped.
    #[must_use]
    pub fn hopeless(&self) -> bool {
        self.state == State::Hopeless
    }

    /// Whether the frame just given may hold LF, because something else ended it.
    #[must_use]
    pub fn may_hold_lf(&self) -> bool {
        match self.mode {
            Mode::Lf => false,
            Mode::Auto => self.state == State::AfterCount,
            Mode::Octet | Mode::Nul | Mode::Multiline => true,
        }
    }

    /// Reads the next step from `input`, which starts at the first byte not yet consumed. `eof`
    /// says that nothing will follow. Call again, with the consumed bytes gone, until `Incomplete`.
    ///
    /// In multiline mode the last frame is complete only when the next begins; a receiver may pass
    /// `eof` when such a stream pauses.
    pub fn next<'b>(&mut self, input: &'b [u8], eof: bool) -> Step<'b> {
        if input.is_empty() {
            return Step::Incomplete;
        }
        let step = self.step(input, eof);
        if step != Step::Incomplete {
            self.scanned = 0;
            self.at_start = false;
        }
        step
    }

    fn step<'b>(&mut self, input: &'b [u8], eof: bool) -> Step<'b> {
        match self.state {
            State::Hopeless => return Step::Skip { consumed: input.len() },
            State::DiscardOctets(left) => return self.discard_octets(input, left),
            State::DiscardLine => return self.discard_line(input, eof),
            State::Ready | State::AfterCount => {}
        }
        if self.at_start {
            match greeting(input, eof) {
                scan::Greeting::Syslog => {}
                scan::Greeting::Undecided => return Step::Incomplete,
                scan::Greeting::Other(reason) => {
                    self.state = State::Hopeless;
                    return Step::Rejected { reason, consumed: input.len() };
                }
            }
        }
        match self.mode {
            Mode::Auto => self.auto(input, eof),
            Mode::Octet => self.octet(input, eof),
            Mode::Lf | Mode::Nul => self.line(input, eof),
            Mode::Multiline => self.multiline(input, eof),
        }
    }

    fn auto<'b>(&mut self, input: &'b [u8], eof: bool) -> Step<'b> {
        match count(input) {
            Count::Undecided if eof => reject(RejectReason::Incomplete, input.len()),
            Count::Undecided => Step::Incomplete,
            Count::Of { header, octets, zipped: true, .. } => {
                self.discard(RejectReason::Compressed, header, octets)
            }
            Count::Of { octets: 0, syslog: true, .. } => {
                self.reject_line(RejectReason::Framing, input)
            }
            Count::Of { header, octets, syslog: true, .. } => {
                self.counted(input, header, octets, eof)
            }
            Count::Of { .. } | Count::No if self.state == State::AfterCount => {
                // The count was too small: what is left of its message must not pass for a line.
                match input.iter().position(|&b| !is_blank(b)) {
                    // Beyond the headroom it can't be waited for, so it is not looked at either.
                    Some(at) if at < HEADROOM && matches!(input[at], b'<' | b'\n' | b'\r' | 0) => {
                        self.line(input, eof)
                    }
                    None if !eof && input.len() < HEADROOM => Step::Incomplete,
                    None if input.len() < HEADROOM => Step::Skip { consumed: input.len() },
                    _ => self.reject_line(RejectReason::Framing, input),
                }
            }
            Count::Of { .. } | Count::No => self.line(input, eof),
        }
    }

    fn octet<'b>(&mut self, input: &'b [u8], eof: bool) -> Step<'b> {
        // Some senders put an LF behind a counted frame. It is no frame, and no harm.
        let blanks = input
            .iter()
            .position(|&b| !(is_blank(b) || matches!(b, b'\n' | b'\r' | 0)))
            .unwrap_or(input.len());
        if blanks > 0 {
            return Step::Skip { consumed: blanks };
        }
        match count(input) {
            Count::Undecided if eof => reject(RejectReason::Incomplete, input.len()),
            Count::Undecided => Step::Incomplete,
            Count::Of { header, octets, zipped: true, .. } => {
                self.discard(RejectReason::Compressed, header, octets)
            }
            Count::Of { header, octets, .. } if octets > 0 => {
                self.counted(input, header, octets, eof)
            }
            Count::Of { .. } | Count::No => {
                if self.at_start && input[0].is_ascii_uppercase() {
                    let longest = self.max_frame.min(MAX_REQUEST_LINE);
                    match memchr(b'\n', input) {
                        Some(end)
                            if end <= longest && scan::is_http_request(trim(&input[..end])) =>
                        {
                            self.state = State::Hopeless;
                            return reject(RejectReason::HttpOnSyslog, input.len());
                        }
                        None if !eof && input.len() <= longest => return Step::Incomplete,
                        _ => {}
                    }
                }
                self.reject_line(RejectReason::Framing, input)
            }
        }
    }

    fn counted<'b>(
        &mut self,
        input: &'b [u8],
        header: usize,
        octets: usize,
        eof: bool,
    ) -> Step<'b> {
        if octets > self.max_frame {
            return self.oversize_count(input, header, octets, eof);
        }
        let Some(bytes) = input.get(header..header + octets) else {
            if eof {
                return reject(RejectReason::Incomplete, input.len());
            }
            return Step::Incomplete;
        };
        self.state = State::AfterCount;
        let bytes = if self.mode == Mode::Octet { bytes } else { trim_end(bytes) };
        Step::Frame { bytes, consumed: header + octets }
    }

    fn oversize_count<'b>(
        &mut self,
        input: &'b [u8],
        header: usize,
        octets: usize,
        eof: bool,
    ) -> Step<'b> {
        if !self.trim_oversize {
            return self.discard(RejectReason::Oversize, header, octets);
        }
        let Some(bytes) = input.get(header..header + self.max_frame) else {
            return if eof {
                reject(RejectReason::Incomplete, input.len())
            } else {
                Step::Incomplete
            };
        };
        self.state = State::DiscardOctets(octets - self.max_frame);
        Step::Frame { bytes, consumed: header + self.max_frame }
    }

    /// A frame up to the mode's terminator. The limit holds for what lies before it, a CR included:
    /// whether one more byte is a CR must not depend on how the stream was cut.
    fn line<'b>(&mut self, input: &'b [u8], eof: bool) -> Step<'b> {
        // A count that only the close can tell (`scan::without_fitting_count`) is not of the frame.
        let count = match count(input) {
            Count::Of { header, .. } if self.mode == Mode::Auto => header,
            _ => 0,
        };
        let found = self.terminator(&input[self.scanned..]).map(|at| self.scanned + at);
        let (end, consumed) = match found {
            Some(end) => (end, end + 1),
            None if input.len() > self.max_frame + count => {
                self.state = State::DiscardLine;
                return self.too_long(input, input.len());
            }
            None if eof => (input.len(), input.len()),
            None => {
                self.scanned = input.len();
                return Step::Incomplete;
            }
        };
        self.state = State::Ready;
        let unterminated = found.is_none() && self.mode == Mode::Auto;
        let line = &input[..end];
        let line = if unterminated { scan::without_fitting_count(line) } else { line };
        if line.len() > self.max_frame {
            return self.too_long(input, consumed);
        }
        let line = trim(line);
        if line.iter().all(|&b| is_blank(b)) {
            return Step::Skip { consumed };
        }
        if self.at_start && scan::is_http_request(line) {
            self.state = State::Hopeless;
            return reject(RejectReason::HttpOnSyslog, input.len());
        }
        Step::Frame { bytes: line, consumed }
    }

    fn multiline<'b>(&mut self, input: &'b [u8], eof: bool) -> Step<'b> {
        let (end, consumed) = match boundary(input, self.scanned, eof) {
            Boundary::At(end) => (end, end + 1),
            Boundary::Undecided(at) | Boundary::None(at) if at > self.max_frame => {
                self.state = State::DiscardLine;
                return self.too_long(input, at);
            }
            Boundary::None(_) if eof => (input.len(), input.len()),
            Boundary::Undecided(at) | Boundary::None(at) => {
                self.scanned = at;
                return Step::Incomplete;
            }
        };
        if end > self.max_frame {
            return self.too_long(input, consumed);
        }
        let bytes = trim(&input[..end]);
        if bytes.iter().all(|&b| is_blank(b)) {
            return Step::Skip { consumed };
        }
        let first = bytes.split(|&b| b == b'\n').next().unwrap_or(bytes);
        if self.at_start && scan::is_http_request(trim_end(first)) {
            self.state = State::Hopeless;
            return reject(RejectReason::HttpOnSyslog, input.len());
        }
        Step::Frame { bytes, consumed }
    }

    fn too_long<'b>(&self, input: &'b [u8], consumed: usize) -> Step<'b> {
        if self.trim_oversize {
            return Step::Frame { bytes: &input[..self.max_frame], consumed };
        }
        reject(RejectReason::Oversize, consumed)
    }

    fn discard(&mut self, reason: RejectReason, header: usize, octets: usize) -> Step<'static> {
        self.state = State::DiscardOctets(octets);
        reject(reason, header)
    }

    fn discard_octets(&mut self, input: &[u8], left: usize) -> Step<'static> {
        let consumed = left.min(input.len());
        let left = left - consumed;
        self.state = if left == 0 { State::AfterCount } else { State::DiscardOctets(left) };
        Step::Skip { consumed }
    }

    fn discard_line(&mut self, input: &[u8], eof: bool) -> Step<'static> {
        if self.mode == Mode::Multiline {
            let consumed = match boundary(input, self.scanned, eof) {
                Boundary::At(end) => {
                    self.state = State::Ready;
                    end + 1
                }
                Boundary::Undecided(0) => return Step::Incomplete,
                Boundary::Undecided(at) | Boundary::None(at) => at,
            };
            return Step::Skip { consumed };
        }
        let consumed = match self.terminator(input) {
            Some(end) => {
                self.state = State::Ready;
                end + 1
            }
            None => input.len(),
        };
        Step::Skip { consumed }
    }

    /// Rejects everything up to the next terminator, which may not have come yet.
    fn reject_line(&mut self, reason: RejectReason, input: &[u8]) -> Step<'static> {
        let end = self.terminator(input);
        self.state = if end.is_some() { State::Ready } else { State::DiscardLine };
        reject(reason, end.map_or(input.len(), |end| end + 1))
    }

    fn terminator(&self, bytes: &[u8]) -> Option<usize> {
        match self.mode {
            Mode::Auto => memchr2(b'\n', 0, bytes),
            Mode::Nul => memchr(0, bytes),
            Mode::Lf | Mode::Octet | Mode::Multiline => memchr(b'\n', bytes),
        }
    }
}

fn reject(reason: RejectReason, consumed: usize) -> Step<'static> {
    Step::Rejected { reason, consumed }
}

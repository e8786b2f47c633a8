//! Puts lines together that a container engine has cut: Docker's `json-file` driver and containerd's CRI logger
//! write at most 16 KiB of a line into a record.
//!
//! A piece of CRI's is marked `P`, and the last one `F`. A piece of Docker's is a record that is as long as can be and has
//! no `\n` at its end. The pieces of each of the two streams come in order, with whole lines of the other between them.

use std::borrow::Cow;

use memchr::memmem;

use crate::decode::seek;

/// Docker's buffer for a line; what is shorter and has no end is the last that a container wrote.
const DOCKER_PIECE: usize = 16 << 10;
/// What stands before the flag in CRI's line is shorter: a time, blanks, the stream.
const CRI_FRONT: usize = 64;

/// Puts together the lines of one file. Holds one line of each stream at most.
#[derive(Debug)]
pub struct Pieces {
    max_bytes: usize,
    open: [Open; 2],
    joined: u64,
}

/// A line that is not over.
#[derive(Debug, Default)]
struct Open {
    /// The first piece's front and what all of them say.
    text: Vec<u8>,
    /// Where in it a flag stands.
    flag: Option<usize>,
    /// What stands behind the last one's text in its record.
    tail: Vec<u8>,
    /// How many pieces; 0 is no line.
    pieces: u64,
}

/// A record of an engine's, taken apart.
struct Record<'a> {
    stream: usize,
    front: &'a [u8],
    flag: Option<usize>,
    text: &'a [u8],
    tail: &'a [u8],
    /// The line goes on in the next one.
    goes_on: bool,
}

impl Pieces {
    /// Lines are put together up to so many bytes.
    #[must_use]
    pub fn new(max_bytes: usize) -> Pieces {
        Pieces { max_bytes, open: Default::default(), joined: 0 }
    }

    /// Whether a line is open: its next piece may still come.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.open.iter().any(|open| open.pieces > 0)
    }

    /// How many lines became part of one before them since the last call.
    pub fn joined(&mut self) -> u64 {
        std::mem::take(&mut self.joined)
    }

    /// Takes lines that follow each other and gives those that are whole, in order.
    pub fn push(&mut self, lines: &[&[u8]], give: &mut dyn FnMut(&[&[u8]])) {
        if !self.holds() && !lines.iter().any(|line| may_be_record(line)) {
            return give(lines);
        }
        let mut whole: Vec<Cow<'_, [u8]>> = Vec::with_capacity(lines.len());
        for line in lines {
            if !self.take(line, &mut whole) {
                whole.push(Cow::Borrowed(line));
            }
        }
        give(&whole.iter().map(|line| &**line).collect::<Vec<_>>());
    }

    /// Gives what has come of open lines: nothing more will, or nothing has for a while.
    pub fn flush(&mut self, give: &mut dyn FnMut(&[&[u8]])) {
        for stream in 0..self.open.len() {
            if let Some(line) = self.end(stream) {
                give(&[&line]);
            }
        }
    }

    /// Takes the line if it is a piece of a longer one, and says so.
    fn take(&mut self, line: &[u8], whole: &mut Vec<Cow<'_, [u8]>>) -> bool {
        let Some(record) = record(line) else { return false };
        let open = &mut self.open[record.stream];
        let length = open.text.len() + record.text.len() + record.tail.len();
        if open.pieces > 0 && length > self.max_bytes {
            // As much as a line may have. The rest is one of its own.
            whole.extend(self.end(record.stream).map(Cow::Owned));
            return self.take(line, whole);
        }
        if open.pieces == 0 {
            if !record.goes_on {
                return false;
            }
            open.text.extend_from_slice(record.front);
            open.flag = record.flag;
        } else if let Some(flag) = open.flag.and_then(|at| open.text.get_mut(at)) {
            *flag = b'F';
        }
        open.text.extend_from_slice(record.text);
        open.tail.clear();
        open.tail.extend_from_slice(record.tail);
        open.pieces += 1;
        if !record.goes_on {
            whole.extend(self.end(record.stream).map(Cow::Owned));
        }
        true
    }

    fn end(&mut self, stream: usize) -> Option<Vec<u8>> {
        let Open { mut text, tail, pieces, .. } = std::mem::take(&mut self.open[stream]);
        self.joined += pieces.checked_sub(1)?;
        text.extend_from_slice(&tail);
        Some(text)
    }
}

/// A look that spares nearly all lines the next one.
#[inline]
fn may_be_record(line: &[u8]) -> bool {
    line.starts_with(b"{\"log\":") || (line.get(10) == Some(&b'T') && line[4] == b'-')
}

fn record(line: &[u8]) -> Option<Record<'_>> {
    if !may_be_record(line) {
        return None;
    }
    if line[0] == b'{' { docker(line) } else { cri(line) }
}

/// `2026-11-22T10:00:00.123456789Z stdout P text`.
fn cri(line: &[u8]) -> Option<Record<'_>> {
    let window = &line[..line.len().min(CRI_FRONT)];
    let at = memmem::find(window, b" std")?;
    let stream = match window.get(at + 4..at + 8)? {
        b"out " => 0,
        b"err " => 1,
        _ => return None,
    };
    let (flag, text) = line[at + 8..].split_first()?;
    let text = text.strip_prefix(b" ")?;
    let goes_on = match flag {
        b'P' => true,
        b'F' => false,
        _ => return None,
    };
    let front = &line[..line.len() - text.len()];
    Some(Record { stream, front, flag: Some(at + 8), text, tail: b"", goes_on })
}

/// `{"log":"text\n","stream":"stdout","time":"…"}`.
fn docker(line: &[u8]) -> Option<Record<'_>> {
    const KEY: &[u8] = b"{\"log\":";
    let blanks = line[KEY.len()..].iter().take_while(|b| **b == b' ').count();
    let from = KEY.len() + blanks + 1;
    if line.get(from - 1) != Some(&b'"') {
        return None;
    }
    let mut end = from;
    loop {
        end += seek::first_of(line.get(end..)?, [b'"', b'\\'])?;
        if line[end] == b'"' {
            break;
        }
        // The byte behind it is its own, whatever it is.
        end += 2;
    }
    let (text, tail) = (&line[from..end], &line[end..]);
    // The other keys hold no text of a client's.
    let stream = usize::from(memmem::find(tail, b"\"stderr\"").is_some());
    let goes_on = text.len() >= DOCKER_PIECE && !ends_line(text);
    Some(Record { stream, front: &line[..from], flag: None, text, tail, goes_on })
}

/// Whether an LF is the last that a JSON text says.
fn ends_line(text: &[u8]) -> bool {
    let Some(before) = text.strip_suffix(b"n") else { return false };
    before.iter().rev().take_while(|b| **b == b'\\').count() % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out, and how many lines are part of others.
    fn put(lines: &[String], max_bytes: usize) -> (Vec<String>, u64) {
        let arriving = |at_once: usize| {
            let mut pieces = Pieces::new(max_bytes);
            let mut out = Vec::new();
            let mut keep = |lines: &[&[u8]]| {
                out.extend(lines.iter().map(|line| String::from_utf8(line.to_vec()).unwrap()));
            };
            for part in lines.chunks(at_once) {
                pieces.push(&part.iter().map(String::as_bytes).collect::<Vec<_>>(), &mut keep);
            }
            pieces.flush(&mut keep);
            assert!(!pieces.holds());
            (out, pieces.joined())
        };
        let whole = arriving(lines.len());
        assert_eq!(arriving(1), whole);
        whole
    }

    fn cri(stream: &str, flag: &str, text: &str) -> String {
        format!("2026-11-22T10:00:00.123456789Z {stream} {flag} {text}")
    }

    fn docker(stream: &str, text: &str) -> String {
        format!(r#"{{"log":"{text}","stream":"{stream}","time":"2026-11-22T10:00:00.1Z"}}"#)
    }

    #[test]
    fn the_pieces_of_each_stream_become_its_line() {
        let lines = [
            cri("stdout", "F", "whole"),
            cri("stdout", "P", "a"),
            cri("stderr", "P", "x"),
            cri("stdout", "P", "b"),
            cri("stderr", "F", "y"),
            cri("stdout", "F", "c"),
            cri("stdout", "P", "left"),
        ];
        let expected = [
            cri("stdout", "F", "whole"),
            cri("stderr", "F", "xy"),
            cri("stdout", "F", "abc"),
            cri("stdout", "P", "left"),
        ];
        assert_eq!(put(&lines, 1_000), (expected.to_vec(), 3));

        let [a, b] = ["a", "b"].map(|letter| letter.repeat(DOCKER_PIECE));
        let lines = [
            docker("stdout", r"whole\n"),
            docker("stdout", &a),
            docker("stderr", r"between\n"),
            docker("stdout", &b),
            docker("stdout", r#"\"c\"\n"#),
            // An LF is not what a backslash and a letter are.
            docker("stdout", &format!(r"{a}\\n")),
            docker("stdout", r"d\n"),
            // What has no end is the last of a container, unless it is as long as a record can be.
            docker("stdout", "short"),
            docker("stdout", r"next\n"),
        ];
        let expected = [
            docker("stdout", r"whole\n"),
            docker("stderr", r"between\n"),
            docker("stdout", &format!(r#"{a}{b}\"c\"\n"#)),
            docker("stdout", &format!(r"{a}\\nd\n")),
            docker("stdout", "short"),
            docker("stdout", r"next\n"),
        ];
        assert_eq!(put(&lines, 1 << 20), (expected.to_vec(), 3));
    }

    #[test]
    fn no_line_becomes_longer_than_one_may_be() {
        let lines = ["a", "b", "c"].map(|letter| cri("stdout", "P", &letter.repeat(40)));
        let lines = [&lines[..], &[cri("stdout", "F", "d")]].concat();
        let expected = [
            cri("stdout", "F", &["a".repeat(40), "b".repeat(40)].concat()),
            cri("stdout", "F", &["c".repeat(40), "d".to_owned()].concat()),
        ];
        assert_eq!(put(&lines, 130), (expected.to_vec(), 2));
        assert_eq!(put(&lines[..2], 10), (lines[..2].to_vec(), 0));
    }

    #[test]
    fn what_no_engine_wrote_is_left() {
        let lines = [
            "2026-11-22T10:00:00Z stdout",
            "2026-11-22T10:00:00Z stdout P",
            "2026-11-22T10:00:00Z stdlog P x",
            "2026-11-22T10:00:00Z a line",
            "{\"log\":",
            "{\"log\":5}",
            "{\"log\":\"x",
            "{\"log\":\"x\\",
            "{\"level\":\"info\"}",
            "",
        ];
        let lines = lines.map(str::to_owned);
        assert_eq!(put(&lines, 1_000), (lines.to_vec(), 0));
    }
}

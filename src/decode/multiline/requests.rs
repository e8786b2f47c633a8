//! Puts what was asked for behind the line that says how it was answered, for Rails, Phoenix and Fastify, which write a
//! line for each. The two are matched by the request's id, which Rails (`config.log_tags`) and Phoenix (`metadata`) put in
//! front of every line in production, and Fastify into every object; without one, which of several open requests a line
//! answers can't be known.
//!
//! Clients may choose ids, and processes that begin anew number anew. Where both lines have a time, the one that was asked
//! for when the answer says that it was is meant; where that leaves more than one, or there are no times, it is not known
//! which, and what was asked for stays out.
//!
//! No line is held back, and none is joined away: the earlier one is remembered when it is given, and the later one is
//! given with that behind it.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};

use memchr::memchr;
use memchr::memmem::find;

use crate::decode::formats::frameworks::two_lines::{
    ANSWERED, ASKED, Part, Says, first_tag, may_be_id, part, whole,
};

/// Requests that are remembered. What is never answered (a redirect of the router's, an upgrade) goes when so many others
/// have begun.
const REQUESTS_MAX: usize = 256;
/// Ids that are remembered of requests that are not.
const LOST_MAX: usize = 1024;
/// Longer lines are not kept.
const LINE_MAX: usize = 4096;
/// An answer may say that it was asked for so much before it was: clocks of both lines are cut to milliseconds.
const EARLY_MS: i64 = 20;
/// And so much later: Rails counts from where its own code begins, and what an application does behind an answer is
/// before its line.
const LATE_MS: i64 = 10_000;
/// What was not answered for so long when another request has its id is taken for never answered.
const GONE_MS: i64 = 600_000;
const DAY_MS: i64 = 86_400_000;
/// So many requests in a row have each another tag there before a tag is taken for an id, though it is not like one.
const APART: u32 = 32;
/// With so many before it each is compared.
const LATELY: usize = 64;

/// The requests of one stream of lines that were not answered.
#[derive(Debug, Default)]
pub struct Requests {
    /// The oldest first.
    open: VecDeque<Open>,
    /// Ids of requests that began and are not remembered, as numbers: the next one that has such an id is not told from
    /// them.
    lost: VecDeque<u64>,
    /// Rails' tags, by their place.
    tags: Vec<Place>,
    /// The stream has had such lines.
    seen: bool,
}

#[derive(Debug)]
struct Open {
    writer: Box<str>,
    process: Box<str>,
    id: Box<str>,
    /// Nothing where it is not sure whose answer comes next, or where it is too long.
    asked: Option<Box<str>>,
    at: Option<i64>,
}

/// What stood in one place among the tags.
#[derive(Debug, Default)]
struct Place {
    lately: VecDeque<u64>,
    /// How many in a row were each another one.
    apart: u32,
}

impl Requests {
    /// Takes messages that follow each other and gives them, in order.
    pub fn push(&mut self, messages: &[&[u8]], give: &mut dyn FnMut(&[&[u8]])) {
        let is_looked_at = |message: &&[u8]| Requests::may_be_part(message, self.seen);
        if !messages.iter().any(is_looked_at) {
            return give(messages);
        }
        let whole: Vec<_> = messages.iter().map(|message| self.look(message)).collect();
        give(&whole.iter().map(|message| &**message).collect::<Vec<_>>());
    }

    /// A cheap look at the shape; `seen` where such lines were there before.
    #[must_use]
    pub fn may_be_part(message: &[u8], seen: bool) -> bool {
        Requests::has_shape(message, seen) || unrouted(message).is_some()
    }

    /// Whether such lines were there.
    #[must_use]
    pub fn has_seen(&self) -> bool {
        self.seen
    }

    /// What is remembered.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let texts = |open: &Open| {
            let asked = open.asked.as_ref().map_or(0, |asked| asked.len());
            size_of::<Open>() + open.writer.len() + open.process.len() + open.id.len() + asked
        };
        let tags = self.tags.iter().map(|place| place.lately.len() * size_of::<u64>());
        let numbers = self.lost.len() * size_of::<u64>() + tags.sum::<usize>();
        self.open.iter().map(texts).sum::<usize>() + numbers
    }

    fn has_shape(message: &[u8], seen: bool) -> bool {
        let line = message.strip_suffix(b"\r").unwrap_or(message);
        match line {
            // `… in 12ms`, `… in 250µs`, `… in 12ms (Views: 8.1ms)`
            [.., b'm', b's'] | [.., 0xb5, b's'] | [.., b')'] => find(line, b" in ").is_some(),
            // `… at 2026-11-22 10:00:00 +0000`
            [.., b' ', b'+' | b'-', _, _, _, b'0' | b'5'] | [.., b' ', b'U', b'T', b'C'] => {
                find(line, b"Started ").is_some()
            }
            [.., b')', b':'] => find(line, UNROUTED).is_some(),
            [.., b'"', b'}'] => {
                line.ends_with(ANSWERED.as_bytes())
                    || line.ends_with(ASKED.as_bytes())
                    || line.strip_prefix(DOCKERS.as_bytes()).is_some_and(may_be_inside)
            }
            // `10:00:00.123 request_id=… [info] GET /x`
            [_, _, b':', _, _, b':', ..] => find(line, b"request_id=").is_some(),
            // Behind somebody's name; behind an engine's time, with which other logs begin too, where it is known.
            [first, ..] if seen || first.is_ascii_alphabetic() => {
                find(line, b" request_id=").is_some()
            }
            _ => false,
        }
    }

    /// A message with what was asked for behind it, where it answers a request that is known.
    pub fn look<'a>(&mut self, message: &'a [u8]) -> Cow<'a, [u8]> {
        if let Some(line) = unrouted(message) {
            self.asked(line, true);
            return Cow::Borrowed(message);
        }
        let text =
            Requests::has_shape(message, self.seen).then(|| String::from_utf8_lossy(message));
        let line = text.as_deref().map(|line| line.trim_end_matches('\r'));
        let Some(line) = line.filter(|line| !line.contains('\n')) else {
            return Cow::Borrowed(message);
        };
        // A line that is not kept takes its id all the same.
        let fits = message.len() <= LINE_MAX && matches!(text, Some(Cow::Borrowed(_)));
        let wrapped = Wrapped::of(line);
        let inner = wrapped.as_ref().map_or(line, |wrapped| &wrapped.line);
        let Some(asked) = self.asked(inner, fits).filter(|_| fits) else {
            return Cow::Borrowed(message);
        };
        match (whole(inner, &asked), &wrapped) {
            (Some(whole), Some(wrapped)) => Cow::Owned(wrapped.with(&whole).into_bytes()),
            (Some(whole), None) => Cow::Owned(whole.into_bytes()),
            (None, _) => Cow::Borrowed(message),
        }
    }

    /// What was asked for, where the line is the answer and that is known.
    fn asked(&mut self, line: &str, fits: bool) -> Option<Box<str>> {
        let part = part(line)?;
        self.seen = true;
        let Some(id) = part.id.or_else(|| self.tag(&part)) else {
            if let Says::Asked(_) = part.says {
                for tag in tags(part.tags) {
                    self.lose(&Part { id: Some(tag), ..part });
                }
            }
            return None;
        };
        let part = Part { id: Some(id), ..part };
        match part.says {
            Says::Asked(asked) => {
                self.keep(&part, id, Some(asked).filter(|_| fits));
                None
            }
            Says::Answered(took_us) => self.take(&part, i64::try_from(took_us / 1000).ok()?),
            Says::Failed => {
                self.take(&part, 0);
                None
            }
        }
    }

    /// The tag that is an id, as none of many requests had it before.
    fn tag<'a>(&mut self, part: &Part<'a>) -> Option<&'a str> {
        let mut id = None;
        for (at, tag) in tags(part.tags).enumerate() {
            if at == self.tags.len() {
                self.tags.push(Place::default());
            }
            let place = &mut self.tags[at];
            let may_be = may_be_id(tag);
            if let Says::Asked(_) = part.says {
                let number = number(&[tag]);
                let apart = may_be && !place.lately.contains(&number);
                place.apart = if apart { place.apart.saturating_add(1) } else { 0 };
                remember(&mut place.lately, number, LATELY);
            }
            id = id.or(Some(tag).filter(|_| may_be && place.apart >= APART));
        }
        id
    }

    fn keep(&mut self, part: &Part<'_>, id: &str, asked: Option<&str>) {
        let gone = |open: &Open| match (open.at, part.at) {
            (Some(was), Some(is)) => between(was, is) >= GONE_MS,
            _ => false,
        };
        self.open.retain(|open| !(open.is_of(part) && gone(open)));
        if self.open.len() == REQUESTS_MAX
            && let Some(oldest) = self.open.pop_front()
        {
            remember(&mut self.lost, oldest.number(), LOST_MAX);
        }
        let is_lost = self.lost.contains(&part_number(part));
        self.open.push_back(Open {
            writer: part.writer.into(),
            process: part.process.into(),
            id: id.into(),
            asked: asked.filter(|_| !is_lost).map(Into::into),
            at: part.at,
        });
    }

    /// What was asked for by the one request that the answer can be of. Where it can be of several, one is over, and what
    /// was asked for by any of them is not known any more.
    fn take(&mut self, part: &Part<'_>, took_ms: i64) -> Option<Box<str>> {
        let can_be = |open: &Open| {
            let late = match (open.at, part.at) {
                (Some(asked), Some(answered)) => between(asked, answered) - took_ms,
                _ => 0,
            };
            open.is_of(part) && (-EARLY_MS..=LATE_MS).contains(&late)
        };
        let mut those = (0..self.open.len()).filter(|&at| can_be(&self.open[at]));
        let Some(first) = those.next() else {
            let number = part_number(part);
            if let Some(at) = self.lost.iter().position(|lost| *lost == number) {
                self.lost.remove(at);
            }
            return None;
        };
        let others: Vec<usize> = those.collect();
        for &other in &others {
            self.open[other].asked = None;
        }
        // Without times it may be of one that was given up.
        let timed = self.open[first].at.is_some() && part.at.is_some();
        if !timed && took_ms >= GONE_MS / 2 {
            self.open[first].asked = None;
            return None;
        }
        self.open.remove(first)?.asked.filter(|_| others.is_empty())
    }

    fn lose(&mut self, part: &Part<'_>) {
        self.open.retain(|open| !open.is_of(part));
        remember(&mut self.lost, part_number(part), LOST_MAX);
    }
}

impl Open {
    fn is_of(&self, part: &Part<'_>) -> bool {
        Some(&*self.id) == part.id && *self.process == *part.process && *self.writer == *part.writer
    }

    fn number(&self) -> u64 {
        number(&[&self.writer, &self.process, &self.id])
    }
}

fn part_number(part: &Part<'_>) -> u64 {
    number(&[part.writer, part.process, part.id.unwrap_or("")])
}

/// The same for the same texts. Who finds others that have it only leaves a path of his own out.
fn number(texts: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    texts.hash(&mut hasher);
    hasher.finish()
}

fn remember(numbers: &mut VecDeque<u64>, number: u64, most: usize) {
    if numbers.len() == most {
        numbers.pop_front();
    }
    numbers.push_back(number);
}

/// Rails' tags one by one.
fn tags(text: &str) -> impl Iterator<Item = &str> {
    let mut text = text;
    std::iter::from_fn(move || {
        let (tag, rest) = first_tag(text)?;
        text = rest;
        Some(tag)
    })
}

/// Milliseconds from one time to another; of times of day the shorter way round.
fn between(from: i64, to: i64) -> i64 {
    let days = |at: i64| (0..DAY_MS).contains(&at);
    match to - from {
        way if !(days(from) && days(to)) => way,
        way => (way + DAY_MS / 2).rem_euclid(DAY_MS) - DAY_MS / 2,
    }
}

const UNROUTED: &[u8] = b"ActionController::RoutingError (";

/// The line of an exception, whose lines were put together, that says that nothing answers to the path: the second.
fn unrouted(message: &[u8]) -> Option<&str> {
    // Most messages are one line.
    let first = memchr(b'\n', message)?;
    let line = message[first + 1..].split(|&b| b == b'\n').next()?;
    find(line, UNROUTED)?;
    std::str::from_utf8(line).ok()
}

/// How the records of Docker's `json-file` driver begin.
const DOCKERS: &str = r#"{"log":""#;

/// A cheap look at what stands behind that.
fn may_be_inside(text: &[u8]) -> bool {
    let has = |word: &[u8]| find(text, word).is_some();
    match text {
        [b'{', ..] => has(br#"incoming request\"}\n""#) || has(br#"request completed\"}\n""#),
        [b'[', ..] | [b'A'..=b'Z', b',', ..] => {
            has(b"Started ") || has(b"Completed ") || has(UNROUTED)
        }
        [_, _, b':', _, _, b':', ..] => has(b"request_id="),
        _ => false,
    }
}

/// A line inside a record of Docker's: `{"log":"line\n","stream":"stdout","time":"…"}`.
struct Wrapped<'a> {
    line: String,
    /// What is behind the line.
    tail: &'a str,
}

impl<'a> Wrapped<'a> {
    fn of(record: &'a str) -> Option<Self> {
        let text = record.strip_prefix(DOCKERS)?;
        let (end, _) = text.match_indices('"').find(|(at, _)| {
            text[..*at].bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 0
        })?;
        let tail = &text[end..];
        let line: String = serde_json::from_str(&record[DOCKERS.len() - 1..][..end + 2]).ok()?;
        let line = line.strip_suffix('\n').filter(|line| !line.contains('\n'))?;
        tail.starts_with(r#"","stream":""#).then(|| Wrapped { line: line.to_owned(), tail })
    }

    /// The same record with another line.
    fn with(&self, line: &str) -> String {
        let text = serde_json::Value::from(format!("{line}\n")).to_string();
        format!("{}{}{}", &DOCKERS[..DOCKERS.len() - 1], text.trim_end_matches('"'), self.tail)
    }
}

#[cfg(test)]
#[path = "requests_tests.rs"]
mod tests;

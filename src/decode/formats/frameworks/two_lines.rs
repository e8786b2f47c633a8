//! Frameworks that say in one line what was asked for and in a later one how it was answered: Rails, Phoenix and Fastify.
//!
//! The later line is the request's: it has the status and the duration. What was asked for is read where it stands behind
//! it, after an LF: whoever reads lines in the order in which they were written puts it there (`decode/multiline/`), by
//! the request's id in both. Fastify's lines are objects; there the field that says it is put into the later one.

use std::borrow::Cow;

use super::super::prefixed::behind_front;
use super::super::program_error::{ruby, short_level};
use super::super::{columns, json, scan};
use super::{client_of, is_clock, is_method, nested_len, three};
use crate::vocab::event::{Event, Level};
use crate::vocab::time::Stamp;

/// The shortest of Rails' tags that is a request's id by itself: others may be of a process or a user.
const ID_MIN: usize = 16;
/// The longest that may be one, as Rails takes it from a client.
const ID_MAX: usize = 255;
/// What Phoenix says beside an id.
const TAGS_MAX: usize = 8;
/// Bytes of Rails' tags that are looked at.
const TAGS_LEN: usize = 256;

/// `Completed 200 OK in 12ms (Views: 8.1ms | ActiveRecord: 1.2ms)` behind Rails' tags and Ruby's logger, and then `Started
/// GET "/x" for 203.0.113.9 at 2026-11-22 10:00:00 +0000`.
pub(super) fn rails<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (line, asked) = line.split_once('\n').unwrap_or((line, ""));
    let said = Said::of_rails(line.trim_end_matches('\r'))?;
    let answer = said.text.strip_prefix("Completed ")?;
    let (status, rest) = answer.split_once(' ')?;
    let (phrase, time) = rest.split_once(" in ")?;
    let (time, details) = time.split_once(' ').unwrap_or((time, "()"));
    // A status' reason; `Completed 500 rows in 12ms` is a job's.
    let reason = |word: &str| {
        let rest = word.bytes().all(|b| b.is_ascii_alphabetic() || b"-'".contains(&b));
        rest && word.starts_with(|c: char| c.is_ascii_uppercase())
    };
    if !phrase.split(' ').all(reason) || !details.starts_with('(') || !details.ends_with(')') {
        return None;
    }
    event.stamp = said.stamp;
    event.pid = said.pid;
    event.status = Some(three(status)?);
    event.request_time_us = Some(took_us(time)?);
    if asked.is_empty() {
        return Some(());
    }
    let (method, rest) = asked.strip_prefix("Started ")?.split_once(" \"")?;
    let (target, rest) = rest.rsplit_once("\" for ")?;
    let (client, time) = rest.split_once(" at ")?;
    if !is_method(method) || !scan::is_ip(client) {
        return None;
    }
    event.stamp = event.stamp.or(Some(scan::iso_time(time)?));
    client_of(client, event);
    event.method = Some(Cow::Borrowed(method));
    columns::located(target, event);
    Some(())
}

/// `10:00:00.135 request_id=F1abcDEF12345678 [info] Sent 200 in 12ms`, and then `GET /x`.
pub(super) fn phoenix<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (line, asked) = line.split_once('\n').unwrap_or((line, ""));
    let said = Said::of_phoenix(line.trim_end_matches('\r'))?;
    let answer = said.text.strip_prefix("Sent ").or_else(|| said.text.strip_prefix("Chunked "))?;
    let (status, time) = answer.split_once(" in ")?;
    event.level = said.level;
    event.status = Some(three(status)?);
    event.request_time_us = Some(took_us(time)?);
    if asked.is_empty() {
        return Some(());
    }
    let (method, target) = asked.split_once(' ')?;
    super::asked(method, target, event)
}

/// In the units that these have; a job that says how long it took has others, too.
fn took_us(text: &str) -> Option<u64> {
    let own = ["ms", "µs", "μs"].iter().any(|unit| text.ends_with(unit));
    own.then(|| scan::unit_us(text)).flatten()
}

/// What a line says behind all that a logger puts in front.
struct Said<'a> {
    stamp: Option<Stamp>,
    /// The time of day, ms, where that is all that is said.
    clock: Option<i64>,
    level: Option<Level>,
    pid: Option<u32>,
    /// The request's id.
    id: Option<&'a str>,
    /// Rails' tags, as they stand there.
    tags: &'a str,
    text: &'a str,
}

impl<'a> Said<'a> {
    /// `[id] text`, or that behind `I, [2026-11-22T10:00:00.123456 #12]  INFO -- : `.
    fn of_rails(line: &'a str) -> Option<Self> {
        let logged = ruby(line);
        let mut said = Said {
            stamp: logged.as_ref().and_then(|logged| logged.stamp),
            clock: None,
            level: logged.as_ref().and_then(|logged| logged.level),
            pid: logged.as_ref().and_then(|logged| logged.pid),
            id: None,
            tags: "",
            text: logged.map_or(line, |logged| logged.text),
        };
        let from = said.text;
        while let Some((tag, rest)) = first_tag(said.text).filter(|_| said.tags.len() < TAGS_LEN) {
            said.id = said.id.or(Some(tag).filter(|tag| is_id(tag)));
            said.text = rest;
            said.tags = &from[..from.len() - rest.len()];
        }
        Some(said)
    }

    /// `10:00:00.123 request_id=F1abcDEF12345678 [info] text`, each of the first two where it is there. What stands under
    /// that name is an id, whatever it is like.
    fn of_phoenix(line: &'a str) -> Option<Self> {
        let (front, rest) = line.split_once('[')?;
        let (level, text) = rest.split_once("] ")?;
        let (mut id, mut clock) = (None, None);
        for (at, word) in front.split_terminator(' ').enumerate() {
            match word.split_once('=') {
                Some(("request_id", value)) if may_be_id(value) => id = Some(value),
                Some((name, _)) if !name.is_empty() && at < TAGS_MAX => {}
                None if at == 0 && word.get(..8).is_some_and(is_clock) => clock = clock_ms(word),
                _ => return None,
            }
        }
        let level = Some(short_level(level)?);
        Some(Said { stamp: None, clock, level, pid: None, id, tags: "", text })
    }

    /// When the line was written, ms: since 1970 or since midnight, by the writer's own clock.
    fn at(&self) -> Option<i64> {
        self.stamp.and_then(ms_of).or(self.clock)
    }
}

/// The first of Rails' tags, and what is behind it.
pub(in crate::decode) fn first_tag(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('[')?.split_once("] ")
}

fn ms_of(stamp: Stamp) -> Option<i64> {
    match stamp {
        Stamp::Utc(at) | Stamp::Local(at) => Some(at.0),
        Stamp::Yearless { .. } => None,
    }
}

/// Milliseconds since midnight of `10:00:00.123`.
fn clock_ms(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_at_checked(8)?;
    let number = |from: usize| clock.get(from..from + 2)?.parse::<i64>().ok();
    let seconds = (number(0)? * 60 + number(3)?) * 60 + number(6)?;
    let ms = fraction.strip_prefix('.').map_or(Some(0), |ms| ms.get(..3)?.parse::<i64>().ok())?;
    Some(seconds * 1000 + ms)
}

/// Whether a text is nothing but a request's id.
fn is_id(text: &str) -> bool {
    text.len() >= ID_MIN && may_be_id(text) && text.bytes().any(|b| b.is_ascii_digit())
}

/// Whether it can be one.
pub(in crate::decode) fn may_be_id(text: &str) -> bool {
    let of_id = |b: u8| b.is_ascii_alphanumeric() || b"-_@+/=".contains(&b);
    (1..=ID_MAX).contains(&text.len()) && text.bytes().all(of_id)
}

/// One of the two lines of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) struct Part<'a> {
    /// Who wrote it, of those who write into one stream.
    pub(in crate::decode) writer: &'a str,
    /// The process, where its requests are numbered.
    pub(in crate::decode) process: &'a str,
    /// The request's id, where the line says which word of it that is.
    pub(in crate::decode) id: Option<&'a str>,
    /// Rails' tags, one of which may be it.
    pub(in crate::decode) tags: &'a str,
    /// When the line was written, ms: since 1970 or since midnight, by the writer's own clock.
    pub(in crate::decode) at: Option<i64>,
    pub(in crate::decode) says: Says<'a>,
}

/// What a line says of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum Says<'a> {
    /// What was asked for, as [`whole`] needs it.
    Asked(&'a str),
    /// How it was answered, after so many microseconds.
    Answered(u64),
    /// That no line will say how: nothing answers to its path.
    Failed,
}

/// Which line of a request it is, where the request has an id.
pub(in crate::decode) fn part(line: &str) -> Option<Part<'_>> {
    let (writer, line) = behind_front(line);
    if line.starts_with('{') {
        return fastify(line).map(|part| Part { writer, ..part });
    }
    let phoenix = Said::of_phoenix(line).filter(|said| said.id.is_some());
    let is_phoenix = phoenix.is_some();
    let said = match phoenix {
        Some(said) => said,
        None => Said::of_rails(line)?,
    };
    let (word, rest) = said.text.split_once(' ')?;
    let mut at = said.at();
    let took = || took_us(scan::word(rest.split_once(" in ")?.1).0);
    let says = match word {
        "Sent" | "Chunked" if is_phoenix => Says::Answered(took()?),
        "Completed" if !is_phoenix => Says::Answered(took()?),
        "Started" if !is_phoenix => {
            at = at.or_else(|| scan::iso_time(said.text.rsplit_once(" at ")?.1).and_then(ms_of));
            Says::Asked(said.text)
        }
        "ActionController::RoutingError" if !is_phoenix && rest.starts_with('(') => Says::Failed,
        method if is_phoenix && is_method(method) && rest.starts_with('/') => {
            Says::Asked(said.text)
        }
        _ => return None,
    };
    let known = said.id.is_some() || !said.tags.is_empty();
    known.then_some(Part { writer, process: "", id: said.id, tags: said.tags, at, says })
}

/// `{…,"pid":12,…,"reqId":"req-1","req":{"method":"GET",…},"msg":"incoming request"}` and `{…,"pid":12,…,"reqId":"req-1","res":
/// {"statusCode":200},"responseTime":1.2,"msg":"request completed"}`. What a client said has no quote that is not escaped,
/// so that such names are the line's own.
fn fastify(line: &str) -> Option<Part<'_>> {
    let behind = |name: &str| line.split_once(name).map(|(_, rest)| rest);
    let value = |name: &str| Some(behind(name)?.split([',', '}']).next()?.trim_matches('"'));
    let pid = behind(r#""pid":"#)?;
    let process = &pid[..pid.bytes().take_while(u8::is_ascii_digit).count()];
    // A visitor may choose it (`requestIdHeader`).
    let (id, _) = behind(r#""reqId":""#)?.split_once('"').filter(|(id, _)| id.len() <= ID_MAX)?;
    let asked = line.find(r#""req":{"#);
    let says = if line.ends_with(ASKED) {
        let field = &line[asked?..];
        let length = FIELD.len() + nested_len(&field[FIELD.len()..])?;
        Says::Asked(&field[..length])
    } else if asked.is_none() && line.ends_with(ANSWERED) {
        Says::Answered(scan::scaled_us(value(r#""responseTime":"#)?, 1e3)?)
    } else {
        return None;
    };
    let at = value(r#""time":"#).and_then(scan::any_time).and_then(ms_of);
    Some(Part { writer: "", process, id: Some(id), tags: "", at, says })
}

const FIELD: &str = r#""req":"#;
/// How Fastify's lines end.
pub(in crate::decode) const ASKED: &str = r#""msg":"incoming request"}"#;
pub(in crate::decode) const ANSWERED: &str = r#""msg":"request completed"}"#;

/// The later line with what was asked for, where both are said by that.
pub(in crate::decode) fn whole(line: &str, asked: &str) -> Option<String> {
    let whole = match line.strip_suffix('}').filter(|_| asked.starts_with(FIELD)) {
        Some(open) => format!("{open},{asked}}}"),
        None => format!("{line}\n{asked}"),
    };
    is_whole(&whole).then_some(whole)
}

fn is_whole(line: &str) -> bool {
    let (_, line) = behind_front(line);
    let mut event = Event::default();
    let read = match line.starts_with('{') {
        true => json::read(line, false).map(|read| event = read),
        false => rails(line, &mut event).or_else(|| {
            event = Event::default();
            phoenix(line, &mut event)
        }),
    };
    read.is_some() && event.target.is_some()
}

//! Programs that people run as they are, and a framework of the JVM's: Synapse, Artifactory, Strapi, Ghost, Ktor.

use std::borrow::Cow;

use super::super::columns::located;
use super::super::scan;
use super::{asked, client_of, is_clock, is_method, said, three};
use crate::decode::text::present;
use crate::vocab::event::{Event, Level};

/// Synapse: `2026-11-22 10:00:00,123 - synapse.access.http.8008 - 460 - INFO - GET-12 - 203.0.113.9 - 8008 - {@bob:shop.example}
/// Processed request: 0.012sec/0.001sec ru=(0.002sec, 0.001sec) db=(0.003sec/0.004sec/5) 512B 200 "GET /x HTTP/1.1"
/// "agent" [0 dbevts]`. Nothing escapes the agent's quotes, so the request is the first one quoted and the agent what is
/// left. The client may be what a header says it is, up to a comma: what was measured has one, so that the first that is
/// whole is the line's own, and what stands before it is the client, if it is one.
pub(super) fn synapse<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut parts = line.splitn(6, " - ");
    let (time, logger, _line) = (parts.next()?, parts.next()?, parts.next()?);
    let (level, _request, rest) = (parts.next()?, parts.next()?, parts.next()?);
    if !logger.starts_with("synapse.access.") || !matches!(level, "INFO" | "DEBUG") {
        return None;
    }
    let own = rest.match_indices(PROCESSED).find_map(|(at, _)| {
        let (measured, asked) = Measured::of(&rest[at + PROCESSED.len()..])?;
        Some((&rest[..at], measured, asked))
    });
    let (front, measured, rest) = own?;
    let (front, user) = front.rsplit_once(" - {")?;
    let (client, _port) = front.rsplit_once(" - ")?;
    let (request, rest) = rest.split_once("\" \"")?;
    let (agent, events) = rest.rsplit_once("\" [")?;
    if !events.strip_suffix(" dbevts]").is_some_and(scan::digits) {
        return None;
    }
    event.stamp = Some(scan::iso_time(time)?);
    event.status = Some(measured.status);
    event.bytes = measured.bytes;
    event.request_time_us = Some(measured.took_us);
    event.user = Some(user).filter(|user| *user != "None").and_then(scan::plain);
    event.user_agent = scan::plain(agent);
    if scan::is_ip(client) {
        client_of(client, event);
    }
    let (method, target) = request.split_once(' ')?;
    let (target, protocol) = target.rsplit_once(' ')?;
    event.protocol = Some(Cow::Borrowed(protocol));
    asked(method, target, event)
}

const PROCESSED: &str = "} Processed request: ";

/// What Synapse says of a request between its user and what was asked for.
struct Measured {
    took_us: u64,
    bytes: Option<u64>,
    status: u16,
}

impl Measured {
    /// `0.012sec/0.001sec ru=(0.002sec, 0.001sec) db=(0.003sec/0.004sec/5) 512B 200 "`, older ones without the names, and
    /// what is behind that.
    fn of(text: &str) -> Option<(Measured, &str)> {
        let mut words = text.splitn(7, ' ');
        let took = words.next()?.split('/').next()?.strip_suffix("sec")?;
        let (user, system, db) = (words.next()?, words.next()?, words.next()?);
        let (size, status) = (words.next()?, words.next()?);
        let asked = words.next()?.strip_prefix('"')?;
        let opens =
            |word: &str, name: &str| word.strip_prefix(name).unwrap_or(word).starts_with('(');
        let whole = opens(user, "ru=")
            && user.ends_with("sec,")
            && system.ends_with("sec)")
            && opens(db, "db=")
            && db.ends_with(')');
        let measured = Measured {
            took_us: scan::seconds_us(took)?,
            bytes: scan::bytes(size.strip_suffix('B')?),
            // With a mark where the client did not wait.
            status: three(status.strip_suffix('!').unwrap_or(status))?,
        };
        whole.then_some((measured, asked))
    }
}

/// Artifactory: `2026-11-22T10:00:00.123Z|5e1f8a3c|203.0.113.9|bob|GET|/api/x|200|-1|512|12|curl/8`. A path and an agent may have
/// bars in them: what is between them has a shape, and where it is there twice it is not said which is the line's.
pub(super) fn artifactory<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut columns = line.splitn(6, '|');
    let (time, _trace, client) = (columns.next()?, columns.next()?, columns.next()?);
    let (user, method, rest) = (columns.next()?, columns.next()?, columns.next()?);
    if !scan::is_ip(client) || !is_method(method) || !rest.starts_with('/') {
        return None;
    }
    let mut answers = memchr::memchr_iter(b'|', rest.as_bytes())
        .filter_map(|bar| Some((&rest[..bar], Answer::of(&rest[bar + 1..])?)));
    let (target, answer) = answers.next()?;
    event.stamp = Some(scan::iso_time(time)?);
    event.user = present(user).filter(|user| *user != "anonymous").map(Cow::Borrowed);
    event.method = Some(Cow::Borrowed(method));
    client_of(client, event);
    if answers.next().is_none() {
        event.status = Some(answer.status);
        event.bytes_in = answer.bytes_in;
        event.bytes = answer.bytes;
        event.request_time_us = Some(answer.took_us);
        event.user_agent = scan::plain(answer.agent);
        located(target, event);
    }
    Some(())
}

/// What Artifactory says behind a path.
struct Answer<'a> {
    status: u16,
    bytes_in: Option<u64>,
    bytes: Option<u64>,
    took_us: u64,
    agent: &'a str,
}

impl<'a> Answer<'a> {
    fn of(text: &'a str) -> Option<Answer<'a>> {
        let mut columns = text.splitn(5, '|');
        let (status, size_in, size) = (columns.next()?, columns.next()?, columns.next()?);
        let (ms, agent) = (columns.next()?, columns.next()?);
        let sized = |text: &str| text == "-1" || scan::digits(text);
        (sized(size_in) && sized(size)).then_some(())?;
        Some(Answer {
            status: three(status)?,
            bytes_in: scan::bytes(size_in),
            bytes: scan::bytes(size),
            took_us: scan::scaled_us(ms, 1e3)?,
            agent,
        })
    }
}

/// Strapi: `[2026-11-22 10:00:00.123] http: GET /x?y=1 (12 ms) 200`.
pub(super) fn strapi<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] http: ")?;
    let mut words = rest.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (ms, unit, status) = (words.next()?, words.next()?, words.next()?);
    if unit != "ms)" || words.next().is_some() {
        return None;
    }
    event.stamp = Some(scan::iso_time(time)?);
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::scaled_us(ms.strip_prefix('(')?, 1e3)?);
    asked(method, target, event)
}

/// Ghost: `[2026-11-22 10:00:00] INFO "GET /x" 200 12ms`.
pub(super) fn ghost<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] ")?;
    let (level, rest) = rest.split_once(" \"")?;
    let (request, rest) = rest.rsplit_once("\" ")?;
    let (status, took) = rest.split_once(' ')?;
    event.stamp = Some(scan::iso_time(time)?);
    event.level = Some(Level::from_name(level).filter(|_| matches!(level, "INFO" | "ERROR"))?);
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(took)?);
    said(request, event)
}

/// Ktor's call logging behind logback: `2026-11-22 10:00:00.123 [eventLoopGroupProxy-4-1] INFO  ktor.application - 200 OK: GET -
/// /x in 12ms`, the time perhaps without a day, and the duration not there in older versions. A decoded path that ends as
/// a duration does is taken for one there.
pub(super) fn ktor<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, rest) = line.split_once(" [")?;
    let (_thread, rest) = rest.split_once("] INFO ")?;
    let (logger, rest) = scan::trim(rest).split_once(" - ")?;
    let own = ["ktor.application", "Application", "io.ktor.server.Application"].contains(&logger)
        || logger.ends_with(".ktor.application");
    let (answer, rest) = rest.split_once(": ")?;
    let (method, rest) = rest.split_once(" - ")?;
    let timed = rest.rsplit_once(" in ");
    let timed = timed.and_then(|(target, took)| Some((target, Some(scan::unit_us(took)?))));
    let (target, took_us) = timed.unwrap_or((rest, None));
    let (status, phrase) = answer.split_once(' ')?;
    let worded = phrase.bytes().all(|b| b.is_ascii_alphabetic() || b" -'".contains(&b));
    event.stamp = scan::iso_time(time);
    let dated = event.stamp.is_some() || time.get(..8).is_some_and(is_clock);
    if !own || !worded || !dated {
        return None;
    }
    if !is_method(method) || !target.starts_with('/') {
        return None;
    }
    event.status = Some(three(status)?);
    event.request_time_us = took_us;
    event.method = Some(Cow::Borrowed(method));
    located(target, event);
    Some(())
}

//! Programs that people run as they are, and a framework of the JVM's: Synapse, Artifactory, Strapi, Ghost, Ktor.

use std::borrow::Cow;

use super::super::scan;
use super::{asked, client_of, is_clock, three};
use crate::decode::text::present;
use crate::vocab::event::{Event, Level};

/// Synapse: `2026-11-22 10:00:00,123 - synapse.access.http.8008 - 460 - INFO - GET-12 - 203.0.113.9 - 8008 - {@bob:shop.example}
/// Processed request: 0.012sec/0.001sec ru=(0.002sec, 0.001sec) db=(0.003sec/0.004sec/5) 512B 200 "GET /x HTTP/1.1"
/// "agent" [0 dbevts]`. Nothing escapes the agent's quotes, so the request is the first one quoted and the agent what is
/// left. The client may be what a header says it is: where those words are there twice, one of them is a client's.
pub(super) fn synapse<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut parts = line.splitn(6, " - ");
    let (time, logger, _line) = (parts.next()?, parts.next()?, parts.next()?);
    let (level, _request, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let (client, rest) = rest.split_once(" - ")?;
    let (_port, rest) = rest.split_once(" - {")?;
    let (user, rest) = rest.split_once("} Processed request: ")?;
    if rest.contains(" Processed request: ") {
        return None;
    }
    let (measured, rest) = rest.split_once(" \"")?;
    let (request, rest) = rest.split_once("\" \"")?;
    let (agent, events) = rest.rsplit_once("\" [")?;
    let mut measured = measured.rsplit(' ');
    let (status, size) = (measured.next()?, measured.next()?);
    let took = measured.next_back()?.split('/').next()?.strip_suffix("sec")?;
    let own = logger.starts_with("synapse.access.") && matches!(level, "INFO" | "DEBUG");
    if !own || !events.ends_with(" dbevts]") || !scan::is_ip(client) {
        return None;
    }
    event.stamp = Some(scan::iso_time(time)?);
    // With a mark where the client did not wait.
    event.status = Some(three(status.strip_suffix('!').unwrap_or(status))?);
    event.bytes = scan::bytes(size.strip_suffix('B')?);
    event.request_time_us = Some(scan::seconds_us(took)?);
    event.user = Some(user).filter(|user| *user != "None").and_then(scan::plain);
    event.user_agent = scan::plain(agent);
    client_of(client, event);
    let (method, target) = request.split_once(' ')?;
    let (target, protocol) = target.rsplit_once(' ')?;
    event.protocol = Some(Cow::Borrowed(protocol));
    asked(method, target, event)
}

/// Artifactory: `2026-11-22T10:00:00.123Z|5e1f8a3c|203.0.113.9|bob|GET|/api/x|200|-1|512|12|curl/8`. A path or an agent with a
/// bar in it leaves open which column is which.
pub(super) fn artifactory<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut columns = [""; 11];
    let mut count = 0;
    for column in line.split('|') {
        *columns.get_mut(count)? = column;
        count += 1;
    }
    let [time, _trace, client, user, method, target, status, size_in, size, ms, agent] = columns;
    let sized = |text: &str| text == "-1" || scan::digits(text);
    if count != columns.len() || !scan::is_ip(client) || !sized(size_in) || !sized(size) {
        return None;
    }
    event.stamp = Some(scan::iso_time(time)?);
    event.status = Some(three(status)?);
    event.bytes_in = scan::bytes(size_in);
    event.bytes = scan::bytes(size);
    event.request_time_us = Some(scan::scaled_us(ms, 1e3)?);
    event.user = present(user).filter(|user| *user != "anonymous").map(Cow::Borrowed);
    event.user_agent = scan::plain(agent);
    client_of(client, event);
    asked(method, target, event)
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
    let (method, target) = request.split_once(' ')?;
    event.stamp = Some(scan::iso_time(time)?);
    event.level = Some(Level::from_name(level).filter(|_| matches!(level, "INFO" | "ERROR"))?);
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(took)?);
    asked(method, target, event)
}

/// Ktor's call logging behind logback: `2026-11-22 10:00:00.123 [eventLoopGroupProxy-4-1] INFO  ktor.application - 200 OK: GET -
/// /x in 12ms`, the time perhaps without a day, and the duration not there in older versions.
pub(super) fn ktor<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (time, rest) = line.split_once(" [")?;
    let (_thread, rest) = rest.split_once("] INFO ")?;
    let (logger, rest) = scan::trim(rest).split_once(" - ")?;
    let own = ["ktor.application", "Application", "io.ktor.server.Application"].contains(&logger)
        || logger.ends_with(".ktor.application");
    let (answer, rest) = rest.split_once(": ")?;
    let (method, rest) = rest.split_once(" - ")?;
    let (target, took) = rest.split_once(" in ").unwrap_or((rest, ""));
    let (status, phrase) = answer.split_once(' ')?;
    let worded = phrase.bytes().all(|b| b.is_ascii_alphabetic() || b" -'".contains(&b));
    event.stamp = scan::iso_time(time);
    let timed = event.stamp.is_some() || time.get(..8).is_some_and(is_clock);
    if !own || !worded || !timed {
        return None;
    }
    event.status = Some(three(status)?);
    if !took.is_empty() {
        event.request_time_us = Some(scan::unit_us(took)?);
    }
    asked(method, target, event)
}

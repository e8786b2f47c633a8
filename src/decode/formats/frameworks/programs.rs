//! Programs that people run as they are: Synapse, Artifactory.

use std::borrow::Cow;

use super::super::scan;
use super::{asked, client_of, three};
use crate::decode::text::present;
use crate::vocab::event::Event;

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
    let took = measured.last()?.split('/').next()?.strip_suffix("sec")?;
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

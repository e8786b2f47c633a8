//! Access lines of hosters and applications that put the usual columns in an order of their own:
//! GridPane's and Kinsta's nginx, Atlassian's Tomcat and Bitbucket, and lines that begin with an ISO
//! time.
//!
//! Each is read from the left by the count of its columns. A text with a raw quote or blank in it moves
//! them, so that they no longer end where the line does, and the line is refused.

use std::borrow::Cow;

use super::columns::{Columns, number_or_dash};
use super::words::Words;
use super::{scan, trailer};
use crate::decode::text::present;
use crate::vocab::event::Event;

pub(super) static TIME_FIRST: Words =
    Words { name: "time_first", fits: |line| is_bracket(line) || is_iso(line), read: time_first };
pub(super) static ISO_FIRST: Words = Words { name: "iso_first", fits: is_iso, read: iso_first };
pub(super) static KINSTA: Words = Words {
    name: "kinsta",
    fits: |line| line[0].is_ascii_alphanumeric() && !line.ends_with(b"\""),
    read: kinsta,
};
pub(super) static ATLASSIAN: Words =
    Words { name: "atlassian_tomcat", fits: is_clf_bracket, read: atlassian };
pub(super) static BITBUCKET: Words = Words {
    name: "bitbucket",
    fits: |line| line.first().is_some_and(u8::is_ascii_hexdigit) && line.ends_with(b"|"),
    read: bitbucket,
};

/// `[22/Nov/2026:10:00:00 +0000]`.
fn is_clf_bracket(line: &[u8]) -> bool {
    line.first() == Some(&b'[') && line.get(27) == Some(&b']')
}

/// `[22/Nov/2026:10:00:00 +0000]`, `[2026-11-22T10:00:00+00:00]`.
fn is_bracket(line: &[u8]) -> bool {
    line.first() == Some(&b'[') && line.get(1).is_some_and(u8::is_ascii_digit)
}

fn is_iso(line: &[u8]) -> bool {
    line[0].is_ascii_digit() && line.get(10) == Some(&b'T')
}

/// Columns between the client and the request that are looked at.
const BETWEEN_MAX: usize = 4;

/// `[time] [host] client [columns] "request" status bytes [request time] ["referrer" "agent" [more]]`,
/// the time in brackets or ISO's; GridPane's columns are the upstream's time, the cache's word and the
/// host.
fn time_first<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut columns = Columns::of(line);
    let bare = !line.starts_with('[');
    let time = if bare { columns.next()? } else { columns.bracketed()? };
    event.stamp = Some(scan::clf_time(time).or_else(|| scan::iso_time(time))?);
    let mut client = columns.next()?;
    if !scan::is_ip(client) && scan::is_host(client) {
        event.host = columns.read(scan::address(client).0);
        client = columns.next()?;
    }
    // A bracket could open the common format's time, behind which its request would stand.
    if !scan::is_ip(client) || (bare && line.contains('[')) {
        return None;
    }
    let mut between = [""; BETWEEN_MAX];
    let mut count = 0;
    while !columns.rest().starts_with('"') {
        let column = columns.next()?;
        // A second address is a proxy's: which of them asked is another layout's to say.
        let method = is_method(column) && !trailer::is_cache(column);
        if column.contains(['"', '[']) || scan::is_ip(column) || method {
            return None;
        }
        *between.get_mut(count)? = column;
        count += 1;
    }
    // Apache's SSL log has its protocol and cipher there; nothing, or `- user`, is the common format
    // with a time in front.
    let [first, second, third, _] = between;
    let anothers = bare || scan::clf_time(time).is_some();
    if count == 0 && anothers && event.host.is_none() {
        return None;
    }
    if count == 2 && first == "-" && !anothers {
        event.user = columns.read(second);
    } else if count == 2 && (first == "-" || first.starts_with("TLS") || first.starts_with("SSL")) {
        return None;
    }
    let request = columns.quoted()?;
    let (status, bytes) = (columns.next()?, columns.next()?);
    let known = status == "-" || (status.len() == 3 && scan::digits(status));
    if !known || !number_or_dash(bytes) {
        return None;
    }
    let mut times = 0;
    if let Some(time) = columns.peek().filter(|column| trailer::is_time(column)) {
        event.request_time_us = scan::seconds_us(time);
        columns.skip(1)?;
        times = 1;
    }
    for column in &between[..count] {
        if trailer::is_time(column) {
            let us = scan::seconds_us(column);
            if times == 0 {
                event.request_time_us = us
            } else {
                event.upstream_time_us = us
            }
            times += 1;
        } else if trailer::is_cache(column) {
            event.cache_status = columns.read(column);
        } else if scan::is_host(column) && event.host.is_none() {
            event.host = columns.read(scan::address(column).0);
        }
    }
    let grid = count == 3 && (first == "-" || trailer::is_time(first));
    if grid && (second == "-" || trailer::is_cache(second)) && event.host.is_none() {
        event.host = columns.read(third);
    }
    if !columns.ends() {
        let (referrer, agent) = (columns.quoted()?, columns.quoted()?);
        event.referrer = columns.read(referrer);
        event.user_agent = columns.read(agent);
        // Where more follows, a request with raw quotes could have brought the columns up to here.
        let hidden = [referrer, agent].iter().any(|text| text.contains(" HTTP/"));
        // As could a line of nginx's usual log of upstreams.
        let upstreams = columns.rest().contains(" upstream_response_time ");
        if !columns.ends() && (hidden || upstreams || trailer::stray_quote(columns.rest())) {
            return None;
        }
    }
    columns.client(client, event);
    columns.request(request, event);
    event.status = scan::status(status);
    event.bytes = scan::bytes(bytes);
    trailer::read(columns.rest(), scan::text, event);
    Some(())
}

/// `2026-11-22T10:00:00 client user GET "/path" -1 200 5778 "referrer" "agent"`, the target with or
/// without quotes. The number before the status is a time whose unit nobody states.
fn iso_first<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut columns = Columns::of(line);
    event.stamp = Some(scan::iso_time(columns.next()?)?);
    let (client, user) = (columns.next()?, columns.next()?);
    let method = columns.next().filter(|method| is_method(method))?;
    let target = columns.next()?;
    let number = columns.next()?;
    let (status, bytes) = (columns.next()?, columns.next()?);
    let (referrer, agent) = (columns.quoted()?, columns.quoted()?);
    let numbers = number == "-1" || number_or_dash(number);
    let answer = status.len() == 3 && scan::digits(status) && number_or_dash(bytes);
    let located = target.starts_with(['/', '*']) || target.starts_with("http");
    let located = located && !target.contains(['"', ' ']);
    let hidden = [referrer, agent].iter().any(|text| text.contains(" HTTP/"));
    let named = scan::is_ip(client) && !user.contains('"') && located && !hidden;
    if !named || !numbers || !answer || !columns.ends() {
        return None;
    }
    columns.client(client, event);
    event.user = columns.read(user);
    event.method = Some(Cow::Borrowed(method));
    scan::target(target, scan::reading(target), event);
    event.status = scan::status(status);
    event.bytes = scan::bytes(bytes);
    event.referrer = columns.read(referrer);
    event.user_agent = columns.read(agent);
    Some(())
}

fn is_method(word: &str) -> bool {
    (3..=20).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
}

/// `host client [time] GET "/path" HTTP/2.0 200 "referrer" "agent" server "/index.php" - gzip bytes
/// time upstream's`, the last not always there.
fn kinsta<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut columns = Columns::of(line);
    let (host, client) = (columns.next()?, columns.next()?);
    event.stamp = Some(scan::clf_time(columns.bracketed()?)?);
    let method = columns.next().filter(|method| is_method(method))?;
    let target = columns.quoted()?;
    let (protocol, status) = (columns.next()?, columns.next()?);
    let (referrer, agent) = (columns.quoted()?, columns.quoted()?);
    let _server = columns.next().filter(|server| scan::is_ip(server))?;
    let _uri = columns.quoted()?;
    columns.skip(2)?;
    let (bytes, time) = (columns.next()?, columns.next()?);
    let upstream = if columns.ends() { "-" } else { columns.next()? };
    let numbers = status.len() == 3 && scan::digits(status) && number_or_dash(bytes);
    let times = [time, upstream].iter().all(|time| *time == "-" || trailer::is_time(time));
    let named = scan::is_ip(client) && !host.contains('"') && protocol.starts_with("HTTP/");
    if !named || !numbers || !times || !columns.ends() {
        return None;
    }
    event.host = columns.read(scan::address(host).0);
    columns.client(client, event);
    event.method = Some(Cow::Borrowed(method));
    scan::target(target, scan::reading(target), event);
    event.protocol = Some(Cow::Borrowed(protocol));
    event.status = scan::status(status);
    event.referrer = columns.read(referrer);
    event.user_agent = columns.read(agent);
    event.bytes = scan::bytes(bytes);
    event.request_time_us = scan::seconds_us(time);
    event.upstream_time_us = scan::seconds_us(upstream);
    Some(())
}

/// Confluence's and Jira's valve, `%t %{X-AUSERNAME}o %I %h %r %s %Dms %b %{Referer}i
/// %{User-Agent}i`, with no quotes at all: `[time] user thread client GET /path HTTP/1.1 200 12ms 152
/// referrer agent`. A blank in the referrer only moves its end into the agent.
fn atlassian<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut columns = Columns::of(line);
    event.stamp = Some(scan::clf_time(columns.bracketed()?)?);
    let (user, thread, client) = (columns.next()?, columns.next()?, columns.next()?);
    let method = columns.next().filter(|method| is_method(method))?;
    let (target, protocol) = (columns.next()?, columns.next()?);
    let (status, time, bytes) = (columns.next()?, columns.next()?, columns.next()?);
    let (referrer, agent) = scan::word(columns.rest());
    let numbers = status.len() == 3 && scan::digits(status) && number_or_dash(bytes);
    let named = thread.contains("exec") && scan::is_ip(client) && protocol.starts_with("HTTP/");
    // A user's name with a whole line in it leaves the true one to the agent.
    let named = named && !user.starts_with('[');
    if !named || !numbers || !target.starts_with('/') || columns.rest().contains(" HTTP/") {
        return None;
    }
    event.request_time_us = Some(scan::scaled_us(time.strip_suffix("ms")?, 1e3)?);
    event.user = scan::plain(user);
    columns.client(client, event);
    event.method = Some(Cow::Borrowed(method));
    scan::target(target, scan::plain, event);
    event.protocol = Some(Cow::Borrowed(protocol));
    event.status = scan::status(status);
    event.bytes = scan::bytes(bytes);
    event.referrer = scan::plain(referrer);
    event.user_agent = scan::plain(agent);
    Some(())
}

/// `client | https | o@id | user | 2026-11-22 10:00:00,408 | "request" | "referrer" "agent" | status |
/// bytes read | bytes written | labels | ms | session |`. The line that is written when a request
/// begins (`i@id`) counts nothing: it has no status.
fn bitbucket<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    const BETWEEN: &str = " | ";
    let line = line.strip_suffix(" |")?;
    let mut left = line.splitn(6, BETWEEN);
    let (clients, scheme, id) = (left.next()?, left.next()?, left.next()?);
    let (user, time, rest) = (left.next()?, left.next()?, left.next()?);
    let mut right = rest.rsplitn(7, BETWEEN);
    let (_session, ms, _labels) = (right.next()?, right.next()?, right.next()?);
    let (sent, received, status) = (right.next()?, right.next()?, right.next()?);
    // The quotes in it are raw: where a client wrote this, nobody can say which is the true one.
    let (request, details) = right.next()?.split_once("\" | \"")?;
    let request = request.strip_prefix('"')?;
    let details = details.strip_suffix('"').filter(|details| !details.contains("\" | \""))?;
    let (referrer, agent) = details.split_once("\" \"")?;
    // The nearest address is the last.
    let client = clients.rsplit(',').next().unwrap_or(clients);
    let numbers = [ms, sent, received].into_iter().all(number_or_dash);
    let answer = status.len() == 3 && scan::digits(status);
    let addresses = clients.split(',').all(scan::is_ip);
    if !addresses || !id.contains(['@', '*']) || !numbers || !answer {
        return None;
    }
    let (ip, port) = scan::address(client);
    event.remote_ip = scan::plain(ip);
    event.remote_port = port;
    event.x_forwarded_for = Some(clients).filter(|list| list.contains(',')).map(Cow::Borrowed);
    event.scheme = present(scheme).map(Cow::Borrowed);
    event.user = scan::plain(user);
    event.stamp = Some(scan::iso_time(time)?);
    scan::request(request, scan::plain, event);
    event.referrer = scan::plain(referrer);
    event.user_agent = scan::plain(agent);
    event.status = scan::status(status);
    event.bytes_in = scan::bytes(received);
    event.bytes = scan::bytes(sent);
    event.request_time_us = scan::scaled_us(ms, 1e3);
    Some(())
}

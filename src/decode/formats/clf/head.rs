//! What stands before the time: who asked, and for which site.

use super::super::program_error::short_level;
use super::super::scan::{self, is_blank, word};
use crate::decode::text::present;

/// What stands before the time.
pub(super) struct Head<'a> {
    pub(super) vhost: Option<&'a str>,
    pub(super) client: &'a str,
    pub(super) ident: &'a str,
    pub(super) user: &'a str,
    pub(super) forwarded: Option<&'a str>,
}

impl<'a> Head<'a> {
    /// `None` where nobody is named: Envoy's and others' lines begin with the time, and their columns
    /// are not these.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut head = Head::cut(text.trim_matches([' ', '\t']));
        for column in [&mut head.ident, &mut head.user] {
            // Fastly's layouts quote them.
            let inner = column.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
            *column = inner.filter(|inner| !inner.contains('"')).unwrap_or(column);
        }
        let named = names_somebody(head.client) && head.vhost.is_none_or(names_somebody);
        // Whose client has a name has no identd: anything else there makes it a sentence.
        let sentence = head.vhost.is_none()
            && !matches!(head.ident, "-" | "")
            && !scan::is_ip(head.client)
            && !head.client.starts_with("unix:");
        (named && !sentence && !head.is_anothers()).then_some(head)
    }

    /// Whether the columns are those of another layout, with a request that a client wrote into one.
    fn is_anothers(&self) -> bool {
        let (ident, user) = (self.ident, self.user);
        // HAProxy's time; the bar behind a container's name; a journal's `host program[12]:`; the time
        // of a load balancer; IIS's own columns.
        let column = ident.starts_with(['[', '|'])
            || user.starts_with('|')
            || ident.ends_with("]:")
            || is_dated(ident)
            || self.client.ends_with(',');
        // A bracket that opens a time, a quote that opens a text: no name begins so.
        let time = matches!(user.as_bytes(), [b'[', b'0'..=b'9', b'0'..=b'9', b'/', ..]);
        // Behind `client -` it is a forged line, and what follows is the true one.
        let quote = user.starts_with('"') || user.contains(" \"");
        let opens = time || (quote && (ident != "-" || self.vhost.is_some()));
        // A method and its target, where a line begins with an ISO time.
        let asks = user.split_once(' ').is_some_and(|(method, target)| {
            let capital = method.len() > 2 && method.bytes().all(|b| b.is_ascii_uppercase());
            capital && (target.starts_with(['"', '/', '*']) || target.starts_with("http"))
        });
        // Squid's and CloudFront's lines begin with seconds, and no site is called by a number.
        let seconds = |site: &str| {
            let digits = site.bytes().all(|b| b.is_ascii_digit() || b == b'.');
            digits && !scan::is_ip(site)
        };
        column || opens || asks || self.vhost.is_some_and(seconds) || is_timed(user)
    }

    fn cut(head: &'a str) -> Self {
        if let Some(client) = head.strip_suffix(" - -")
            && !client.bytes().any(|b| is_blank(b) || b == b'"')
        {
            // Nearly every line.
            return Head { vhost: None, client, ident: "-", user: "-", forwarded: None };
        }
        if let Some(head) = Head::behind_host(head) {
            return head;
        }
        let (forwarded, head) = forwarded(head);
        let (first, after_first) = word(head);
        let (second, after_second) = word(after_first);
        let (third, after_third) = word(after_second);
        if let Some(client) = forwarded.filter(|list| scan::is_ip(list) && third.is_empty()) {
            // Twisted quotes its client.
            return Head { vhost: None, client, ident: first, user: second, forwarded: None };
        }
        if let Some((list, rest)) = after_second.strip_prefix('[').and_then(|r| r.split_once("] -"))
            && list.split(',').next().is_some_and(scan::is_ip)
        {
            // Older ingress-nginx: `client - [forwarded] - user`.
            let user = scan::trim(rest);
            let list = list.trim_end_matches([',', ' ']);
            return Head { vhost: None, client: first, ident: second, user, forwarded: Some(list) };
        }
        let behind_proxy = first == "-" || (scan::is_ip(first) && scan::address(first).1.is_none());
        if behind_proxy && scan::is_ip(second) && !after_third.is_empty() {
            // `%{X-Forwarded-For}i %h %l %u`, with as many addresses in the header as there are.
            let user = after_third;
            let forwarded = forwarded.or(present(first));
            return Head { vhost: None, client: second, ident: third, user, forwarded };
        }
        let named = !scan::is_ip(first) && present(first).is_some();
        let (fourth, after_fourth) = word(scan::trim(after_third));
        if named && second == "-" && scan::is_ip(third) && fourth == "-" {
            // `vhost - client - user`.
            let vhost = Some(first);
            return Head { vhost, client: third, ident: "-", user: after_fourth, forwarded };
        }
        let second_is_client = scan::is_ip(second) || (named && third == "-" && second != "-");
        if second_is_client && !after_second.is_empty() && (named || !after_third.is_empty()) {
            // bunkerweb has a request id before an absent user.
            let user = after_third.strip_suffix(" -").map_or(after_third, |_| "-");
            return Head { vhost: Some(first), client: second, ident: third, user, forwarded };
        }
        // No identd's word and no client of a second column has a port or brackets: lighttpd's site is what was asked for.
        let asked = has_port(second) || (second.starts_with('[') && scan::is_ip(second));
        let site = asked || (scan::is_host(second) && !scan::is_ip(second));
        if !named && site && !third.is_empty() {
            // `client vhost user`, as some hosters and lighttpd write it.
            return Head {
                vhost: Some(second),
                client: first,
                ident: "",
                user: after_second,
                forwarded,
            };
        }
        Head { vhost: None, client: first, ident: second, user: after_second, forwarded }
    }

    /// `vhost[:port]`, then a list of forwarded addresses, quoted or not, and the client.
    fn behind_host(head: &'a str) -> Option<Self> {
        let (vhost, rest) = word(head);
        let (name, port) = scan::address(vhost);
        let site = scan::is_host(vhost) || (port.is_some() && !scan::is_ip(name));
        let (list, rest) = if site { forwarded(rest) } else { return None };
        let (client, rest) = word(rest);
        let (ident, user) = word(rest);
        let fits = list.is_some() && (scan::is_ip(client) || client.starts_with("unix:"));
        fits.then_some(Head { vhost: Some(vhost), client, ident, user, forwarded: list })
    }
}

fn has_port(address: &str) -> bool {
    scan::address(address).1.is_some()
}

/// A list of forwarded addresses before the client, quoted or not.
fn forwarded(head: &str) -> (Option<&str>, &str) {
    if let Some((list, rest)) = head.strip_prefix('"').and_then(|inner| inner.split_once('"')) {
        return (Some(list), scan::trim(rest));
    }
    let mut rest = head;
    loop {
        let (first, after) = word(rest);
        let entry = first.strip_suffix(',').filter(|entry| names_somebody(entry));
        if entry.is_none() || after.is_empty() {
            break;
        }
        rest = after;
    }
    if rest.len() == head.len() {
        return (None, head);
    }
    let (last, _) = word(rest);
    let end = head.len() - rest.len() + last.len();
    (Some(&head[..end]), rest)
}

/// Whether a time without brackets and a quote stand in it: PHP-FPM's line, with a path of its
/// client's that holds the rest.
fn is_timed(user: &str) -> bool {
    let Some(quote) = memchr::memmem::find(user.as_bytes(), b" \"") else {
        return false;
    };
    let time = quote.checked_sub("22/Nov/2026:10:00:00 +0000".len());
    time.and_then(|from| user.get(from..quote)).is_some_and(|time| scan::clf_time(time).is_some())
}

/// `2026-11-22` and anything behind it.
fn is_dated(token: &str) -> bool {
    let digit = |b: &u8| b.is_ascii_digit();
    let b = token.as_bytes();
    b.len() >= 10 && b[4] == b'-' && b[7] == b'-' && b[..4].iter().chain(&b[5..7]).all(digit)
}

/// Whether a token can be a client or a host. A date is none: an error line that quotes a request
/// would otherwise count under whatever its client wrote there.
pub(super) fn names_somebody(token: &str) -> bool {
    if token.starts_with("unix:") {
        return true;
    }
    let dated = matches!(
        token.as_bytes(),
        [
            b'0'..=b'9',
            b'0'..=b'9',
            b'0'..=b'9',
            b'0'..=b'9',
            b'-',
            b'0'..=b'9',
            b'0'..=b'9',
            b'-',
            ..
        ]
    );
    let fits = |b: u8| {
        b.is_ascii_alphanumeric()
            || b >= 0x80
            || matches!(b, b'.' | b':' | b'-' | b'_' | b'%' | b'[' | b']' | b'*' | b',' | b'\\')
    };
    // A clock alone, as some loggers begin with.
    let clock = matches!(token.as_bytes(), [h, _, b':', _, _, b':', s, ..] if h.is_ascii_digit() && s.is_ascii_digit());
    if clock && !scan::is_ip(token) {
        return false;
    }
    // A level or a logger before an access line: `INFO:werkzeug:203.0.113.9`, `ACCESS [time]`.
    let first = token.split(':').next().unwrap_or(token);
    let word = first.bytes().next().is_some_and(|b| b.is_ascii_uppercase())
        && (first == "ACCESS" || short_level(first).is_some());
    // An address that was shortened to hide its host is one, too.
    let digits = token.bytes().all(|b| b.is_ascii_hexdigit() || matches!(b, b':' | b'.'));
    let labelled = first.len() < token.len() && !digits && !scan::is_ip(token);
    if word || (labelled && scan::address(token).1.is_none()) {
        return false;
    }
    // `[::1]:80`, but no `[error]`.
    let closed = !token.starts_with('[') || token.contains(']');
    let bracket = token.contains(['[', ']']) && !(closed && scan::is_ip(token));
    !token.is_empty() && !dated && !bracket && token.bytes().all(fits)
}

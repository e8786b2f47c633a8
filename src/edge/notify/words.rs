//! What a message says: of one incident, its root first, in words that fit a phone's screen.

use std::sync::Arc;

use super::safe::{Line, Style};
use crate::aggregate::amount::{amount, moment, second, span};
use crate::aggregate::wire::{Anomaly, AnomalyCause, AnomalyKind, EventRow};

/// Of causes, other anomalies of the incident, and sample lines, so many are in a message.
const CAUSES: usize = 4;
const OTHERS: usize = 4;
const SAMPLES: usize = 3;
/// A smaller part of the change is none of the title's words.
const SHARE_LEAST: f64 = 0.2;
/// A part of what was observed that is judged elsewhere and is less than this is not said.
const LEAST_APART: f64 = 0.01;
/// The page is opened with so many seconds before the start and behind the end.
const BEFORE_S: i64 = 300;
const BEHIND_S: i64 = 120;
/// A longer filter is left out of the link: what shows links cuts them somewhere above 2,000 characters.
const FILTER_MAX: usize = 500;

/// Why a message is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Opened,
    /// It was told before, and is graver now, or of another kind as well.
    Worse,
    Over,
    /// `tapline check --notify`.
    Test,
}

impl What {
    #[must_use]
    pub(super) fn name(self) -> &'static str {
        match self {
            What::Opened => "opened",
            What::Worse => "worse",
            What::Over => "over",
            What::Test => "test",
        }
    }
}

/// One message, before a channel gives it its shape.
#[derive(Clone, Debug)]
pub(super) struct Message {
    pub what: What,
    /// The incident's id.
    pub incident: String,
    pub severity: u8,
    pub title: Line,
    pub lines: Vec<Line>,
    /// The page at that time with the filter; none without a `public_url`.
    pub link: Option<String>,
    pub anomalies: Vec<Arc<Anomaly>>,
}

impl Message {
    /// Of an incident's anomalies, of which there is at least one; `untold` incidents before it were
    /// left out by the limit of the rate.
    #[must_use]
    pub(super) fn new(
        what: What,
        incident: &str,
        mut anomalies: Vec<Arc<Anomaly>>,
        untold: u64,
        public_url: &str,
    ) -> Option<Message> {
        // The root first, then the gravest: of each kind one, before there are more of a kind.
        anomalies.sort_by_key(|a| (a.id != incident, std::cmp::Reverse(a.severity)));
        let mut kinds = Vec::new();
        let (mut anomalies, more): (Vec<_>, Vec<_>) = anomalies.into_iter().partition(|a| {
            let is_first = !kinds.contains(&a.kind);
            kinds.push(a.kind);
            is_first
        });
        anomalies.extend(more);
        let root = anomalies.first()?;
        let severity = anomalies.iter().map(|a| a.severity).max()?;
        let title = match what {
            What::Over => over(root),
            What::Worse => Line::default().own("worse: ").then(head(root)),
            What::Opened if root.end.is_some() => head(root).own(", over already"),
            What::Opened | What::Test => head(root),
        };
        let mut lines = Vec::new();
        if what != What::Over {
            lines.extend(said(root).take(CAUSES).map(|cause| part(cause, root)));
        }
        for other in anomalies.iter().skip(1).take(OTHERS) {
            lines.push(Line::default().own("also ").then(head(other)));
        }
        if anomalies.len() > 1 + OTHERS {
            lines.push(Line::default().own(format!("and {} more", anomalies.len() - 1 - OTHERS)));
        }
        if what != What::Over {
            lines.extend(root.samples.iter().take(SAMPLES).map(sample));
        }
        if untold > 0 {
            let s = if untold == 1 { "" } else { "s" };
            let words = format!("{untold} incident{s} before this one not told: too many at once");
            lines.push(Line::default().own(words));
        }
        let link = link(root, public_url);
        Some(Message {
            what,
            incident: incident.to_owned(),
            severity,
            title,
            lines,
            link,
            anomalies,
        })
    }
}

/// An anomaly in one line, with nothing in it that a terminal obeys:
/// `5xx on shop.example: 0.2 % → 14 % since 10:02:31 UTC`, and with its first cause `, /checkout 92 % of it`.
#[must_use]
pub fn headline(a: &Anomaly, cause: bool) -> String {
    if cause { head(a) } else { since(a) }.show(Style::Plain)
}

/// What accounts for it, the largest share first: `path /checkout: 0.1 % → 13 %, 92 % of it`.
pub fn causes(a: &Anomaly) -> impl Iterator<Item = String> + '_ {
    said(a).map(|cause| part(cause, a).show(Style::Plain))
}

/// Without a path that its route already is by name.
fn said(a: &Anomaly) -> impl Iterator<Item = &AnomalyCause> {
    let is_route = |path: &AnomalyCause| {
        a.explain.iter().any(|cause| cause.field == "route" && cause.value == path.value)
    };
    a.explain.iter().filter(move |cause| cause.field != "path" || !is_route(cause))
}

/// `5xx on shop.example: 0.2 % → 14 % since 10:02:31 UTC, /checkout 92 % of it`.
fn head(a: &Anomaly) -> Line {
    let line = since(a);
    let cause = a.explain.first().filter(|c| {
        c.share >= SHARE_LEAST
            && Some(&c.value) != a.key.as_ref()
            && Some(c.value.as_str()) != a.mostly_of()
    });
    match cause {
        Some(cause) => {
            line.own(", ").stranger(&cause.value).own(format!(" {} of it", share(cause)))
        }
        None => line,
    }
}

/// `5xx on shop.example: 0.2 % → 14 % since 10:02:31 UTC`.
fn since(a: &Anomaly) -> Line {
    subject(a).own(format!("{} since {}", change(a), moment(&a.start, &a.detected)))
}

/// `over: 5xx on shop.example, 10:02:31 UTC for 6 min 41 s, peak 22 %`.
fn over(a: &Anomaly) -> Line {
    let line = Line::default().own("over: ").then(subject(a));
    let end = a.end.as_deref().unwrap_or(&a.detected);
    let lasted = match (second(&a.start), second(end)) {
        (Some(start), Some(end)) => format!(" for {}", span(end - start)),
        _ => String::new(),
    };
    // A new error's number is all of its lines, and its peak those of one second.
    let unit = if a.kind == AnomalyKind::NewError { "per_s" } else { &a.unit };
    line.own(format!(", {}{lasted}, peak {}", moment(&a.start, end), amount(a.peak.value, unit)))
}

/// `: 61 % → 74 %, full in 3 h 20 min,`.
fn filling(a: &Anomaly) -> Option<String> {
    let left = a.full_in_s.filter(|s| s.is_finite())?;
    let (from, to) = (amount(a.expected, &a.unit), amount(a.observed, &a.unit));
    // Seconds of hours would be more than is known.
    let left = if left < 3_600.0 { left } else { (left / 60.0).round() * 60.0 };
    Some(format!(": {from} → {to}, full in {},", span(left as i64)))
}

fn change(a: &Anomaly) -> String {
    if let Some(words) = filling(a) {
        return words;
    }
    let (from, to) = (amount(a.expected, &a.unit), amount(a.observed, &a.unit));
    match a.kind {
        AnomalyKind::Rule => format!(": {to}, limit {from}"),
        AnomalyKind::NewError if to == "1" => ", 1 line".to_owned(),
        AnomalyKind::NewError => format!(", {to} lines"),
        AnomalyKind::Silent => format!(", {from} expected,"),
        AnomalyKind::FormatDrift => String::new(),
        // What was expected was assumed.
        _ if a.learning => format!(": {to}, too new to know what is usual,"),
        // What is usual is of the rest.
        _ if a.apart > LEAST_APART * a.observed => {
            format!(": {from} → {to} ({} of it judged elsewhere)", amount(a.apart, &a.unit))
        }
        _ => format!(": {from} → {to}"),
    }
}

/// Whom it is about.
fn subject(a: &Anomaly) -> Line {
    use AnomalyKind as K;
    let words = match a.kind {
        K::TrafficUp => "more traffic",
        K::TrafficDown => "less traffic",
        K::Errors5xx => "5xx",
        K::Errors4xx => "4xx",
        K::Latency => "slow answers",
        K::Bytes => "bytes sent",
        K::ClientFlood => "flood",
        K::Scan => "scan",
        K::Bruteforce => "password guessing",
        K::NewError => "new error",
        K::ErrorSurge => "more errors",
        K::Silent => "silent",
        K::FormatDrift => "other log format",
        K::HostCpu => "CPU",
        K::HostMemory => "memory",
        K::HostDisk => "disk",
        K::Series => "unusual",
        K::Rule => "rule",
    };
    // Who does it, what it is of, or where.
    let joint = match a.kind {
        K::ClientFlood | K::Scan | K::Bruteforce => " by ",
        K::NewError | K::ErrorSurge | K::Silent | K::Series | K::FormatDrift => ": ",
        _ => " ",
    };
    let by_site_first = matches!(
        a.kind,
        K::TrafficUp | K::TrafficDown | K::Errors5xx | K::Errors4xx | K::Latency | K::Bytes
    );
    let site = |line: Line| match a.mostly_of() {
        Some(site) if a.is_wholly_of(site) => line.own(" on ").stranger(site),
        Some(site) => line.own(" mostly on ").stranger(site),
        None => line,
    };
    let key = |line: Line| match &a.key {
        // Its key says no more than the kind does.
        Some(_) if matches!(a.kind, K::HostCpu | K::HostMemory) => line,
        // Of an error it is its message, whose gaps are no words.
        Some(key) if matches!(a.kind, K::NewError | K::ErrorSurge) => {
            line.own(joint).stranger(&key.replace("<*>", "…"))
        }
        // Of a series it is our own name for it.
        Some(key) if a.kind == K::Series => line.own(joint).stranger(&key.replace('_', " ")),
        Some(key) => line.own(joint).stranger(key),
        None => line,
    };
    let line = Line::default().own(words);
    if by_site_first { key(site(line)) } else { site_behind(key(line), a) }
}

/// A source or a site that is silent is its own key.
fn site_behind(line: Line, a: &Anomaly) -> Line {
    match &a.site {
        Some(site) if a.key.as_ref() != Some(site) => line.own(" on ").stranger(site),
        _ => line,
    }
}

/// `path /checkout: 0.1 % → 13 %, 92 % of it`.
fn part(cause: &AnomalyCause, of: &Anomaly) -> Line {
    let unit = if cause.unit.is_empty() { &of.unit } else { &cause.unit };
    let (from, to) = (amount(cause.expected, unit), amount(cause.observed, unit));
    let from = if of.learning && cause.expected == 0.0 { "new".to_owned() } else { from };
    // The field is a word of the filter language, and no stranger's.
    Line::default()
        .own(format!("{} ", cause.field))
        .stranger(&cause.value)
        .own(format!(": {from} → {to}, {} of it", share(cause)))
}

fn share(cause: &AnomalyCause) -> String {
    format!("{:.0} %", (cause.share * 100.0).clamp(0.0, 100.0))
}

/// A line of the log, as short as it can be: without its query, which may hold what is private.
fn sample(row: &EventRow) -> Line {
    let time = row.time.get(11..19).unwrap_or(&row.time);
    let mut text = vec![time.to_owned()];
    if let Some(message) = &row.message {
        text.extend(row.level.clone());
        text.push(message.clone());
    } else {
        text.extend(row.remote_ip.clone());
        text.extend(row.method.clone());
        text.extend(row.path.clone());
        text.extend(row.status.map(|status| status.to_string()));
        text.extend(row.request_time_s.map(|s| amount(s, "s")));
    }
    Line::default().stranger(&text.join(" "))
}

/// `https://stats.example.org/?filter=status%3A5xx&range=1790000000-1790000600`.
fn link(a: &Anomaly, public_url: &str) -> Option<String> {
    if public_url.is_empty() {
        return None;
    }
    let from = second(&a.start)? - BEFORE_S;
    let to = second(a.end.as_deref().unwrap_or(&a.detected))? + BEHIND_S;
    let slash = if public_url.ends_with('/') { "" } else { "/" };
    let filter = a.filter.as_deref().filter(|filter| (1..=FILTER_MAX).contains(&filter.len()));
    let filter = filter.map(|filter| format!("filter={}&", escaped(filter))).unwrap_or_default();
    Some(format!("{public_url}{slash}?{filter}range={from}-{to}"))
}

/// Percent-encoded, all but RFC 3986's unreserved characters.
fn escaped(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(b).to_string()
            }
            b => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(test)]
#[path = "words_tests.rs"]
mod tests;

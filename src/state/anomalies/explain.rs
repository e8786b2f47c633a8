//! An anomaly looked at closely: the values that account for it and lines behind it, read from the window.

use crate::aggregate::detect::{Finding, Unit};
use crate::aggregate::explain::{self, Changed, Stretch, Weight, bases, sites};
use crate::aggregate::filter::Filter;
use crate::aggregate::scan::Scanner;
use crate::aggregate::tally::Tally;
use crate::aggregate::wire::{AnomalyCause, AnomalyKind, EventRow};
use crate::state::anomalies::incident::is_place;
use crate::state::anomalies::parts::{Counted, Parts};
use crate::state::live::Live;
use crate::state::sample::Sample;
use crate::vocab::time::Second;

/// Lines kept of one anomaly …
pub const MAX_SAMPLES: usize = 20;
/// … and what one text of such a line may be, bytes: a stranger may write 8 KiB into each.
const MAX_TEXT: usize = 1_024;
/// Rows of each stretch that are read, the latest ones: some 15 ms.
const MAX_ROWS: usize = 500_000;
/// A stretch before that has fewer seconds in the window is taken up to the start itself …
const SHORT_S: i64 = 60;
/// … and one with seconds that are left out begins so much earlier at most: what was usual hours ago is so no more.
const BACK_S: i64 = 3_600;
/// … but for these: what leads to an incident often begins a moment before it shows.
const GAP_S: i64 = 3;
/// A stretch before with fewer requests says nothing of how they are spread.
const FEW_ROWS: u64 = 50;
/// Nats by which it must be unlikely that what fails of a page is of one site by chance.
const SURE: f64 = 5.0;
/// Causes of the first field that samples are taken of.
const SAMPLED: usize = 3;
/// Where nothing is left of what was there, its last lines are shown: of so many seconds.
const LAST_S: i64 = 60;

/// Words whose one value can be what an anomaly is of.
const KEYS: [&str; 8] =
    ["client", "path", "route", "upstream", "site", "source", "agent", "status"];

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    pub(super) causes: Vec<AnomalyCause>,
    /// What the causes were counted of.
    pub(super) parts: Parts,
    pub(super) samples: Vec<EventRow>,
}

/// Looks at the rows of a finding; nothing where rows have no part in it. What is usual is not read from the stretches
/// that are `over`, in which others of its kind were.
pub(super) fn look(live: &Live, finding: &Finding, over: &[(Second, Second)]) -> Look {
    let Some(filter) = rows_of(finding) else { return Look::default() };
    let during = latest(live, during(finding));
    let of_kind = Filter::without(&filter, &["status", "latency", "bytes"]);
    let site = finding.site.as_deref().and_then(|site| Filter::default().narrowed("site", site));
    let traffic = site.unwrap_or_default();
    let of_lines = super::of_lines(finding.kind);
    let count = |filter: &Filter, range| {
        let mut scanner = Scanner::new(filter);
        match of_lines {
            true => live.tally_lines(&mut scanner, range, bases()),
            false => live.tally(&mut scanner, range, bases()),
        }
    };
    let weight = match finding.kind {
        AnomalyKind::Latency => Weight::Time,
        AnomalyKind::Bytes => Weight::Bytes,
        AnomalyKind::Rule if finding.unit == Unit::S => Weight::Time,
        _ => Weight::Rows,
    };
    // What a rule is of stands in its filter, and nothing else.
    let is_whole = weight == Weight::Rows || finding.kind == AnomalyKind::Rule;
    let filter = if is_whole { filter } else { of_kind };
    let tally = count(&filter, during);
    let now = Stretch { tally: &tally, seconds: seconds(during) };
    let sum = |filter: &Filter, ranges: &[(Second, Second)]| {
        Tally::sum(ranges.iter().map(|range| count(filter, *range)).collect())
    };
    let mut before = latest_of(live, before(live, finding, over));
    let mut tally_before = sum(&filter, &before);
    let moved = |tally: &Tally, ranges: &[(Second, Second)]| {
        let before = Stretch { tally, seconds: total(ranges) as f64 };
        Changed { weight, now, before, traffic: None }.moved()
    };
    if against(finding, moved(&tally_before, &before)) {
        // Another incident is in the past that it is held against: what led to this one is not.
        let oldest = live.kept().oldest.map_or(finding.start, Second);
        let to = finding.start.plus(-GAP_S);
        before = vec![latest(live, (to.plus(-SHORT_S).max(oldest).min(to), to))];
        tally_before = sum(&filter, &before);
    }
    let all = |range| live.tally(&mut Scanner::new(&traffic), range, bases());
    let mut tally_traffic = Tally::sum(before.iter().map(|range| all(*range)).collect());
    if tally_traffic.requests < FEW_ROWS {
        // Right after a start there is no past: then the rest of the traffic is what rows are held against.
        tally_traffic = all(during);
    }
    let before = Stretch { tally: &tally_before, seconds: total(&before) as f64 };
    let changed = Changed { weight, now, before, traffic: Some(&tally_traffic) };
    let mut causes = if against(finding, changed.moved()) {
        Vec::new()
    } else {
        explain::explain(&changed, live.dictionaries())
    };
    let of_errors = matches!(finding.kind, AnomalyKind::Errors5xx | AnomalyKind::Errors4xx);
    if of_errors && !causes.iter().any(|cause| cause.field == "status") {
        causes.truncate(explain::MAX_CAUSES - 1);
        causes.extend(explain::statuses(&changed, live.dictionaries()));
    }
    // What is not known yet is assumed to judge by, and is no number to show.
    let usual = match finding.learning && counts_rows(finding) {
        true => changed.before.tally.requests as f64 / changed.before.seconds.max(1.0),
        false => finding.expected,
    };
    name_first(finding, usual, &filter, &mut causes);
    if finding.kind == AnomalyKind::Silent && finding.site.is_none() && finding.key.is_some() {
        causes.retain(|cause| cause.field == "source");
        causes.extend(explain::carried(&changed.before, live.dictionaries()));
    }
    if has_place(finding) && !causes.iter().any(|cause| is_place(&cause.field)) {
        causes.truncate(explain::MAX_CAUSES - 1);
        let place = explain::place(&changed.now, Some(&changed.before), live.dictionaries());
        let behind_who = causes.len().min(1);
        place.into_iter().for_each(|place| causes.insert(behind_who, place));
    }
    let samples = samples(live, finding, &filter, during, &causes);
    let usual = changed.before.tally.requests as f64 / changed.before.seconds.max(1.0);
    let whole = Counted { now: tally.requests, usual };
    let parts = Parts::of(finding, &causes, (whole, changed.now.seconds), adds_up(finding));
    Look { causes, parts, samples }
}

/// The worst second of a finding, as the rows have it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Peak {
    pub(super) second: Second,
    pub(super) value: f64,
    /// No second of the finding was left out.
    pub(super) is_whole: bool,
}

/// Whether a finding's number is of how many rows there are in a second.
pub(super) fn counts_rows(finding: &Finding) -> bool {
    use AnomalyKind as K;
    let is_counted = !matches!(finding.kind, K::Rule | K::Silent) && !super::of_lines(finding.kind);
    finding.unit == Unit::PerS && finding.filter.is_some() && is_counted
}

/// Whether the numbers of its rows add up to a finding's.
fn adds_up(finding: &Finding) -> bool {
    let of_lines = finding.kind == AnomalyKind::ErrorSurge && finding.unit == Unit::PerS;
    counts_rows(finding) || of_lines
}

/// The worst second of a finding that counts rows. A tick brings lines of several seconds where they come late, and then
/// more at once than any second had. `None` where the window has none of these rows.
pub(super) fn peak(live: &Live, finding: &Finding) -> Option<Peak> {
    let filter = rows_of(finding).filter(|_| counts_rows(finding))?;
    let whole = during(finding);
    let (from, to) = latest(live, whole);
    let window = live.window();
    let mut rows = vec![0; usize::try_from(to.0 - from.0).ok()?];
    let mut scanner = Scanner::new(&filter);
    for (_, chunk, segment) in window.segments(from, to) {
        let Some(sum) = rows.get_mut((segment.second.0 - from.0) as usize) else { continue };
        scanner.scan(&chunk.columns, segment.rows(), window.dictionaries(), |batch| {
            *sum += batch.access.len();
        });
    }
    let seconds = rows.iter().enumerate().map(|(at, rows)| (from.0 + at as i64, *rows));
    let heard = seconds.filter(|(second, _)| !window.is_unheard(*second, second + 1));
    // Of equals the first.
    let (second, rows) = if finding.observed < finding.expected {
        heard.min_by_key(|(_, rows)| *rows)
    } else {
        heard.rev().max_by_key(|(_, rows)| *rows).filter(|(_, rows)| *rows > 0)
    }?;
    let is_kept = live.kept().oldest.is_some_and(|oldest| oldest <= from.0);
    let is_whole = from == whole.0 && is_kept;
    Some(Peak { second: Second(second), value: rows as f64, is_whole })
}

/// The seconds that a finding's numbers are of.
fn during(finding: &Finding) -> (Second, Second) {
    (finding.start, finding.until.max(finding.start.plus(1)))
}

/// Whether rows have moved another way than what was found.
fn against(finding: &Finding, moved: f64) -> bool {
    moved * (finding.observed - finding.expected) < 0.0
}

/// Where it is, of a finding that is known by who does it: what makes one incident of many clients. Reads
/// its own seconds alone, so it is told with the finding, however many begin at once.
pub(super) fn place(live: &Live, finding: &Finding) -> Option<Look> {
    let filter = rows_of(finding).filter(|_| has_place(finding))?;
    let during = latest(live, during(finding));
    let tally = live.tally(&mut Scanner::new(&filter), during, explain::places());
    let now = Stretch { tally: &tally, seconds: seconds(during) };
    let path = explain::place(&now, None, live.dictionaries())?;
    // Every site has such a path: two of them are two places.
    let site = explain::site(&now, live.dictionaries());
    let causes: Vec<AnomalyCause> = std::iter::once(path).chain(site).collect();
    let whole = Counted { now: tally.requests, usual: 0.0 };
    let parts = Parts::of(finding, &causes, (whole, now.seconds), adds_up(finding));
    Some(Look { causes, parts, samples: Vec::new() })
}

/// The site of a page that is found: where only that site has it, or where all that fails of it is that site's and can't
/// be so by chance. `None` where there are no others.
pub(super) fn site(live: &Live, finding: &Finding) -> Option<String> {
    let key = finding.key.as_deref().filter(|_| finding.site.is_none())?;
    let filter = rows_of(finding).filter(|filter| filter.names("route", key))?;
    let count = |filter: &Filter, range| live.tally(&mut Scanner::new(filter), range, sites());
    let most = |tally: &Tally| explain::first_site(tally, live.dictionaries());
    let during = latest(live, during(finding));
    let tally = count(&filter, during);
    let (site, n) = most(&tally).filter(|(_, n)| *n == tally.requests)?;
    let from = before(live, finding, &[]).last().map_or(during.0, |(from, _)| *from);
    let both = latest(live, (from, during.1));
    let page = count(&Filter::without(&filter, &["status", "latency", "bytes"]), both);
    let (_, its) = most(&page).filter(|(most, _)| *most == site)?;
    if its == page.requests {
        let all = count(&Filter::default(), both);
        return (its >= FEW_ROWS && all.requests > most(&all)?.1).then_some(site);
    }
    let nats = n as f64 * (page.requests as f64 / its as f64).ln();
    (nats >= SURE).then_some(site)
}

/// Guesses are in one place; what scans is all over.
fn has_place(finding: &Finding) -> bool {
    finding.kind == AnomalyKind::Bruteforce
}

/// The rows behind a finding, its site among them.
fn rows_of(finding: &Finding) -> Option<Filter> {
    let filter = Filter::parse(finding.filter.as_deref()?).ok()?;
    Some(match &finding.site {
        Some(site) => filter.narrowed("site", site).unwrap_or(filter),
        None => filter,
    })
}

/// What a finding is of is its first cause where the rows are of that one thing.
fn name_first(finding: &Finding, usual: f64, filter: &Filter, causes: &mut Vec<AnomalyCause>) {
    let Some(key) = finding.key.as_deref() else { return };
    let Some(field) = KEYS.into_iter().find(|field| filter.names(field, key)) else { return };
    let twin = match field {
        "route" => "path",
        "path" => "route",
        "client" => "network",
        field => field,
    };
    // A network is written as its clients, and called what it is.
    let (field, twin) = match field {
        "client" if key.contains('/') => ("network", field),
        field => (field, twin),
    };
    causes.retain(|cause| cause.field != field && cause.field != twin);
    causes.truncate(explain::MAX_CAUSES - 1);
    let cause = AnomalyCause {
        field: field.to_owned(),
        value: key.to_owned(),
        observed: finding.observed,
        expected: usual,
        unit: finding.unit.name().to_owned(),
        share: 1.0,
    };
    causes.insert(0, cause);
}

/// The quiet seconds to compare with, as far as the window has them, the latest first. For those that are left out others
/// are taken from before, for what is expected of the whole was learnt without them.
fn before(live: &Live, finding: &Finding, over: &[(Second, Second)]) -> Vec<(Second, Second)> {
    let oldest = live.kept().oldest.map_or(finding.start, Second);
    let (from, to) = finding.baseline;
    let near = finding.start.plus(-GAP_S);
    let quiet = [to, near].map(|end| {
        let oldest = oldest.max(end.plus(-BACK_S)).min(end);
        quiet((oldest, end), to.0 - from.0, over)
    });
    let from = from.max(oldest);
    let enough = quiet.into_iter().find(|quiet| total(quiet) >= SHORT_S);
    enough.unwrap_or_else(|| {
        vec![if to.0 - from.0 >= SHORT_S { (from, to) } else { (from.min(near), near) }]
    })
}

/// The last so many seconds of a range that are in none of these stretches, the latest first.
fn quiet(
    (from, mut end): (Second, Second),
    seconds: i64,
    over: &[(Second, Second)],
) -> Vec<(Second, Second)> {
    let mut found = Vec::new();
    while end > from && total(&found) < seconds {
        if let Some((start, _)) = over.iter().find(|(start, until)| *start < end && *until >= end) {
            end = *start;
            continue;
        }
        let begin = over.iter().map(|(_, until)| *until).filter(|until| *until < end).max();
        let begin = begin.map_or(from, |begin| begin.max(from));
        let begin = begin.max(end.plus(total(&found) - seconds));
        found.push((begin, end));
        end = begin;
    }
    found
}

fn total(ranges: &[(Second, Second)]) -> i64 {
    ranges.iter().map(|(from, to)| (to.0 - from.0).max(0)).sum()
}

/// What is left of ranges, of which the latest comes first, where no more rows are read than of one.
fn latest_of(live: &Live, ranges: Vec<(Second, Second)>) -> Vec<(Second, Second)> {
    let (Some((_, to)), Some((from, _))) = (ranges.first(), ranges.last()) else { return ranges };
    let (least, _) = latest(live, (*from, *to));
    let left = ranges.into_iter().map(|(from, to)| (from.max(least), to));
    left.filter(|(from, to)| from <= to).collect()
}

fn seconds((from, to): (Second, Second)) -> f64 {
    (to.0 - from.0).max(0) as f64
}

/// The end of a stretch that has no more rows than are read.
fn latest(live: &Live, (from, to): (Second, Second)) -> (Second, Second) {
    let mut rows: Vec<(Second, usize)> =
        live.segments(from, to).iter().map(|(_, s)| (s.second, s.len as usize)).collect();
    rows.sort_unstable();
    let mut sum = 0;
    let cut = rows.iter().rev().find(|(_, len)| {
        sum += len;
        sum > MAX_ROWS
    });
    // A second is read whole or not at all, but for one that has too many by itself.
    (cut.map_or(from, |(second, _)| second.plus(1).min(to.plus(-1))), to)
}

/// Lines behind an anomaly: of each of its first causes some, errors first, spread over the time.
fn samples(
    live: &Live,
    finding: &Finding,
    filter: &Filter,
    during: (Second, Second),
    causes: &[AnomalyCause],
) -> Vec<EventRow> {
    // A finding of bytes counts those of a second, and a cause those of a request: its mean.
    let large = causes.iter().find(|cause| cause.unit == "bytes").map(|cause| cause.observed);
    let worst = match finding.kind {
        AnomalyKind::Latency => {
            more_than("latency", finding.high.unwrap_or(finding.expected), filter)
        }
        AnomalyKind::Rule if finding.unit == Unit::S => {
            finding.high.and_then(|high| more_than("latency", high, filter))
        }
        AnomalyKind::Bytes => large.and_then(|large| more_than("bytes", large, filter)),
        _ => None,
    };
    let filter = worst.as_ref().unwrap_or(filter);
    let first = causes.first().map(|cause| cause.field.as_str());
    let narrowed: Vec<Filter> = causes
        .iter()
        .filter(|cause| Some(cause.field.as_str()) == first)
        .take(SAMPLED)
        .filter_map(|cause| filter.narrowed(&cause.field, &cause.value))
        .collect();
    let each = MAX_SAMPLES / narrowed.len().max(1);
    let mut found: Vec<EventRow> =
        narrowed.iter().flat_map(|filter| sample(live, filter, during, each)).collect();
    if found.is_empty() {
        found = sample(live, filter, during, MAX_SAMPLES);
    }
    if found.is_empty() {
        let last = (finding.start.plus(-LAST_S), finding.start);
        found = sample(live, filter, last, MAX_SAMPLES);
    }
    found.sort_by(|a, b| a.time.cmp(&b.time));
    found.iter_mut().for_each(clip);
    found
}

/// The rows of which `word` is at least so much.
fn more_than(word: &str, least: f64, filter: &Filter) -> Option<Filter> {
    let text = format!("{filter} {word}>={least:.6}");
    (least > 0.0).then(|| Filter::parse(&text).ok()).flatten()
}

fn sample(
    live: &Live,
    filter: &Filter,
    (from, to): (Second, Second),
    wanted: usize,
) -> Vec<EventRow> {
    let window = live.window();
    let mut scanner = Scanner::new(filter);
    let mut sample = Sample::new(wanted, window.dictionaries());
    for (at, chunk, segment) in window.segments(from, to) {
        scanner.scan(&chunk.columns, segment.rows(), window.dictionaries(), |batch| {
            sample.add(segment.second, at, &batch, |_| true);
        });
    }
    sample.render(window)
}

/// Cuts what is too long to be kept.
fn clip(row: &mut EventRow) {
    let texts = [
        &mut row.host,
        &mut row.remote_ip,
        &mut row.user,
        &mut row.method,
        &mut row.path,
        &mut row.query,
        &mut row.protocol,
        &mut row.referrer,
        &mut row.user_agent,
        &mut row.upstream,
        &mut row.message,
    ];
    for text in texts.into_iter().flatten().filter(|text| text.len() > MAX_TEXT) {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;

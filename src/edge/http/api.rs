//! What the dashboard shows, for scripts: summary, series, events, sources, host.

use std::sync::Arc;

use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::access::Who;
use super::json::Json;
use super::scans::Asking;
use super::{ApiError, Web};
use crate::aggregate::ask::{Asks, ROWS};
use crate::aggregate::filter::Filter;
use crate::aggregate::order::Refusal;
use crate::aggregate::render::rfc3339;
use crate::aggregate::wire::{EventRow, HostInfo, ListenerInfo, Series, SourceInfo, Summary};
use crate::pipeline::guest;
use crate::pipeline::ingest::ClientPrivacy;
use crate::state::live::Range;
use crate::vocab::time::{Millis, Second};

/// Rows of a top list at most.
const MAX_TOP: usize = 1000;
/// Events listed where the request names no number, and at most.
const EVENTS: usize = 100;
const MAX_EVENTS: usize = 10_000;
/// Sources whose samples are looked at anew for one answer, the most recently heard first: a stranger
/// may make up 4,096 of them. The others keep what was said of them before.
const MAX_PROPOSED: usize = 8;

/// From here on an epoch is one of milliseconds.
const LEAST_MS: i64 = 100_000_000_000;

/// `?from=&to=&filter=` and what single routes add.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    from: Option<String>,
    to: Option<String>,
    filter: Option<String>,
    pub(super) step: Option<String>,
    pub(super) limit: Option<usize>,
    pub(super) list: Option<String>,
    pub(super) by: Option<String>,
    pub(super) rows: Option<usize>,
    pub(super) field: Option<String>,
    pub(super) text: Option<String>,
    panels: Option<String>,
    before: Option<String>,
    top: Option<usize>,
    order: Option<String>,
    bands: Option<String>,
}

pub(super) type Answer<T> = Result<Json<T>, ApiError>;
pub(super) type Asked = Result<Query<Ask>, axum::extract::rejection::QueryRejection>;

pub(crate) async fn summary(
    State(web): State<Arc<Web>>,
    Extension(who): Extension<Who>,
    Extension(asking): Extension<Asking>,
    ask: Asked,
) -> Answer<Summary> {
    let (ask, range, filter) = read(&web, &who, ask)?;
    let rows = ask.top.unwrap_or(ROWS).min(MAX_TOP);
    let panels = ask.panels.as_deref().unwrap_or("").split(',');
    let asks = Asks::read(panels, rows, MAX_TOP).map_err(|(m, hint)| bad("bad_panels", m, hint))?;
    let before = before(ask.before.as_deref())?;
    let end = web.yet_to_come();
    let is_guest = who.site.is_some();
    let summary = web
        .question(&asking, move |web| {
            // Before the scan: whatever this counts is in the window by then.
            let accounting = web.node.accounting().to_wire();
            web.node.flush();
            let live = web.node.live();
            let range = range.before(live.newest());
            let mut summary = live.summary(range, &filter, &asks, before);
            summary.oldest = live.kept().oldest.map(|oldest| rfc3339(Second(oldest)));
            summary.known_s = Some(live.known_s(range, end));
            drop(live);
            summary.accounting = accounting;
            summary.unwritten_since = web.node.unwritten_since();
            if is_guest {
                guest::summary(&mut summary);
            }
            summary
        })
        .await?;
    Ok(Json(summary))
}

pub(crate) async fn series(
    State(web): State<Arc<Web>>,
    Extension(who): Extension<Who>,
    Extension(asking): Extension<Asking>,
    ask: Asked,
) -> Answer<Series> {
    let (ask, range, filter) = read(&web, &who, ask)?;
    let step = step(ask.step.as_deref())?;
    let bands = match ask.bands.as_deref() {
        None | Some("" | "0") => false,
        Some("1") => true,
        Some(other) => return Err(bad("bad_bands", format!("`bands={other}`"), "`1` or `0`")),
    };
    let is_guest = who.site.is_some();
    let series = web
        .question(&asking, move |web| {
            web.node.flush();
            let live = web.node.live();
            let range = range.before(live.newest());
            let mut series = live.series_until(web.yet_to_come(), range, step, &filter);
            drop(live);
            if !is_guest {
                web.node.host_load.fill(&mut series);
            }
            if !bands {
                series.bands = Vec::new();
            }
            series
        })
        .await?;
    Ok(Json(series))
}

/// `GET /api/v1/events`.
#[derive(Debug, Serialize)]
pub(crate) struct Events {
    events: Vec<EventRow>,
}

pub(crate) async fn events(
    State(web): State<Arc<Web>>,
    Extension(who): Extension<Who>,
    Extension(asking): Extension<Asking>,
    ask: Asked,
) -> Answer<Events> {
    let (ask, range, filter) = read(&web, &who, ask)?;
    let limit = ask.limit.unwrap_or(EVENTS).min(MAX_EVENTS);
    let newest_first = match ask.order.as_deref() {
        None | Some("newest") => true,
        Some("oldest") => false,
        Some(other) => {
            return Err(bad("bad_order", format!("`order={other}`"), "`newest` or `oldest`"));
        }
    };
    let mut events = web
        .question(&asking, move |web| {
            web.node.flush();
            let live = web.node.live();
            live.events(range.before(live.newest()), &filter, limit, newest_first)
        })
        .await?;
    if who.site.is_some() {
        guest::events(&mut events);
    }
    Ok(Json(Events { events }))
}

/// `GET /api/v1/sources`.
#[derive(Debug, Serialize)]
pub(crate) struct Sources {
    sources: Vec<SourceInfo>,
    listeners: Vec<ListenerInfo>,
}

pub(crate) async fn sources(
    State(web): State<Arc<Web>>,
    Extension(who): Extension<Who>,
    Extension(asking): Extension<Asking>,
) -> Answer<Sources> {
    // A sender sends for many sites, and its sums are of all of them.
    if who.site.is_some() {
        return Ok(Json(Sources { sources: Vec::new(), listeners: Vec::new() }));
    }
    let sources = web
        .question(&asking, |web| {
            let all = web.node.sources.all();
            let now = web.clock.now();
            let mut left = MAX_PROPOSED;
            for source in &all {
                if left == 0 {
                    break;
                }
                left -= usize::from(source.propose(now));
            }
            Sources {
                sources: all.iter().map(|source| source.info(true)).collect(),
                listeners: web.node.listeners().iter().map(|l| l.info()).collect(),
            }
        })
        .await?;
    Ok(Json(sources))
}

pub(crate) async fn host(State(web): State<Arc<Web>>) -> Json<HostInfo> {
    Json(web.node.host().1)
}

/// The filter is that of whoever asks: a guest's is within his site.
pub(super) fn read(web: &Web, who: &Who, ask: Asked) -> Result<(Ask, Wanted, Filter), ApiError> {
    let numbers = "limit, rows and top are whole numbers, as limit=100; all others are texts";
    let Query(ask) = ask.map_err(|e| ApiError::bad_query(&e, numbers))?;
    let range = range(web, ask.from.as_deref(), ask.to.as_deref())?;
    let ahead_s = web.ingest.get().time.ahead_s();
    let now = web.clock.now().second();
    let range = Wanted { range, now, last: ahead_s.map(|ahead_s| now.plus(ahead_s)) };
    let filter = who.within(parse_filter(web, ask.filter.as_deref().unwrap_or(""))?)?;
    Ok((ask, range, filter))
}

/// What `?from=&to=` mean now.
pub(crate) fn range(web: &Web, from: Option<&str>, to: Option<&str>) -> Result<Range, ApiError> {
    range_at(web.clock.now().second(), from, to)
}

/// A range as somebody asks for it. Where it ends is seen where it is read, in the window: a task would wait for
/// it while somebody else's question is answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted {
    range: Range,
    now: Second,
    /// The last second that an event may be of.
    last: Option<Second>,
}

impl Wanted {
    /// A range without an end ends with the second that is open: were it the newest event's, of an outage nothing would be
    /// seen. With the newest event where that is ahead of the clock, but no further than an event may be: what came by a
    /// clock that was ahead would make hours of nothing the newest seconds.
    pub(super) fn before(self, newest: Option<Second>) -> Range {
        let newest = newest.map(|newest| self.last.map_or(newest, |last| newest.min(last)));
        drawn(newest, self.range, self.now)
    }
}

/// What `?from=&to=` mean at a time.
///
/// Where it begins and ends within a second it has the whole of it.
///
/// # Errors
/// What is no time, and a range that ends before it begins.
pub fn range_at(now: Second, from: Option<&str>, to: Option<&str>) -> Result<Range, ApiError> {
    let time = |text: Option<&str>, name: &str| match text {
        None | Some("") => Ok(None),
        Some(text) => exact_moment(text, now).map(Some).ok_or_else(|| {
            bad(
                "bad_time",
                format!("`{name}={text}` is no time"),
                "RFC 3339, epoch seconds, or back from now: -15m",
            )
        }),
    };
    let (from, to) = (time(from, "from")?, time(to, "to")?);
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        let hint = if from == to { "what is at `to` is not in the range" } else { "swap them" };
        return Err(bad("bad_range", "`from` is not before `to`", hint));
    }
    let whole = |to: Millis| to.second().plus(i64::from(to.of_second() > 0));
    Ok(Range { from: from.map(Millis::second), to: to.map(whole) })
}

/// A range with an end: where it has none it goes up to now, and not to the newest event, for silence is something to
/// see, too.
#[must_use]
pub fn drawn(newest: Option<Second>, range: Range, now: Second) -> Range {
    let newest = newest.map_or(now, |newest| newest.max(now));
    Range { to: Some(range.to.unwrap_or(newest.plus(1))), ..range }
}

/// How much earlier the range starts that is compared with, seconds.
///
/// # Errors
/// Where it is no duration.
pub fn before(text: Option<&str>) -> Result<Option<i64>, ApiError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    duration(text).filter(|s| *s >= 1).map(Some).ok_or_else(|| {
        bad(
            "bad_before",
            format!("`before={text}` is no duration"),
            "how much earlier the other range starts: a number of seconds, or 15m, 1h, 1d",
        )
    })
}

/// The step asked for, seconds; one where none is.
///
/// # Errors
/// Where it is no duration.
pub fn step(text: Option<&str>) -> Result<u32, ApiError> {
    let Some(text) = text else { return Ok(1) };
    let step = duration(text).filter(|s| *s >= 1).ok_or_else(|| {
        bad(
            "bad_step",
            format!("`step={text}` is no duration"),
            "a number of seconds, or 10s, 5m, 1h",
        )
    })?;
    Ok(u32::try_from(step).unwrap_or(u32::MAX))
}

pub(crate) fn parse_filter(web: &Web, text: &str) -> Result<Filter, ApiError> {
    let filter = Filter::parse(text).map_err(Refusal::from)?;
    answerable(web, filter)
}

/// The filter, where what is kept of clients can answer it.
pub(crate) fn answerable(web: &Web, filter: Filter) -> Result<Filter, ApiError> {
    match web.ingest.get().clients {
        ClientPrivacy::Masked => Ok(filter.of_networks().map_err(Refusal::from)?),
        ClientPrivacy::Full | ClientPrivacy::Off => Ok(filter),
    }
}

pub(crate) fn bad(
    code: &'static str,
    message: impl Into<String>,
    hint: impl Into<String>,
) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, code, message, hint)
}

/// RFC 3339, epoch seconds or milliseconds, `now`, or back from now (`-15m`).
pub(crate) fn moment(text: &str, now: Second) -> Option<Second> {
    exact_moment(text, now).map(Millis::second)
}

fn exact_moment(text: &str, now: Second) -> Option<Millis> {
    if text == "now" {
        return Some(now.start());
    }
    if let Some(back) = text.strip_prefix('-') {
        return Some(now.plus(-duration(back)?).start());
    }
    if let Some(epoch) = epoch(text) {
        return Some(epoch);
    }
    // A `+` of a zone that was not percent-encoded arrives as a blank.
    let text = text.replace(' ', "+");
    let time = chrono::DateTime::parse_from_rfc3339(&text).ok()?;
    Some(Millis(time.timestamp_millis()))
}

/// A number as clocks give it: whole, or with a fraction, as Python has it.
fn epoch(text: &str) -> Option<Millis> {
    let Some((whole, fraction)) = text.split_once('.') else {
        return text.parse().ok().map(of_epoch_ms);
    };
    let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let whole = whole.parse().ok()?;
    let thousandths = format!("{fraction:0<3}");
    let ms = match whole {
        LEAST_MS.. => 0,
        _ => thousandths.get(..3)?.parse().ok()?,
    };
    Some(Millis(of_epoch_ms(whole).0.saturating_add(ms)))
}

/// Epoch seconds, or milliseconds as JavaScript has them: in seconds they would be of the year 5138 or later.
pub(super) fn of_epoch(epoch: i64) -> Second {
    of_epoch_ms(epoch).second()
}

fn of_epoch_ms(epoch: i64) -> Millis {
    Millis(if epoch < LEAST_MS { epoch.saturating_mul(1_000) } else { epoch })
}

/// Seconds: a number, or one with `s`, `m`, `h` or `d`.
pub(super) fn duration(text: &str) -> Option<i64> {
    let (digits, factor) = match text.as_bytes().last()? {
        b's' => (&text[..text.len() - 1], 1),
        b'm' => (&text[..text.len() - 1], 60),
        b'h' => (&text[..text.len() - 1], 3600),
        b'd' => (&text[..text.len() - 1], 86_400),
        _ => (text, 1),
    };
    digits.parse::<u32>().ok().map(|n| i64::from(n) * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_ends_no_further_ahead_of_the_clock_than_an_event_may_be() {
        let (now, ahead_s) = (Second(1_000_000), 2);
        let end = |to: Option<i64>, newest: i64| {
            let range = Range { from: Some(Second(999_990)), to: to.map(Second) };
            let wanted = Wanted { range, now, last: Some(now.plus(ahead_s)) };
            wanted.before(Some(Second(newest))).to.map(|to| to.0)
        };
        assert_eq!(end(None, 1_086_400), Some(1_000_003), "a day ahead");
        assert_eq!(
            (end(None, 1_000_003), end(None, 1_000_001)),
            (Some(1_000_003), Some(1_000_002))
        );
        assert_eq!(end(None, 999_000), Some(1_000_001), "silence is a part of it");
        assert_eq!(end(Some(1_090_000), 1_086_400), Some(1_090_000), "who asks for it has it");
        let open = Wanted { range: Range::default(), now, last: Some(now) };
        let until = |to| Range { from: None, to: Some(Second(to)) };
        assert_eq!(open.before(None), until(1_000_001));
        let any = Wanted { last: None, ..open };
        assert_eq!(any.before(Some(Second(1_086_400))), until(1_086_401), "a replay's clock");
    }

    #[test]
    fn a_range_has_every_second_that_a_part_of_it_is_in() {
        let range = |from: &str, to: &str| {
            let range = range_at(Second(1_796_000_000), Some(from), Some(to)).ok()?;
            Some((range.from?.0, range.to?.0))
        };
        let day = |second: i64| Some((1_795_996_800 + second, 1_795_996_800 + second + 1));
        assert_eq!(range("2026-11-30T00:00:00.1Z", "2026-11-30T00:00:00.6Z"), day(0));
        assert_eq!(range("1795996800.25", "1795996800.75"), day(0), "Python's time.time()");
        assert_eq!(range("1795996800.0", "1795996801.0"), day(0));
        assert_eq!(range("1795996800250", "1795996800750"), day(0), "JavaScript's");
        let two = Some((1_795_996_800, 1_795_996_802));
        assert_eq!(range("2026-11-30T00:00:00Z", "2026-11-30T00:00:01.9Z"), two);
        assert_eq!(range("2026-11-30T00:00:00.6Z", "2026-11-30T00:00:00.1Z"), None);
        assert_eq!(range("1795996800", "1795996800"), None);
    }

    #[test]
    fn times_are_read_in_five_forms() {
        let now = Second(1_000_000);
        for (text, expected) in [
            ("now", Some(1_000_000)),
            ("-15m", Some(999_100)),
            ("-90", Some(999_910)),
            ("1700000000", Some(1_700_000_000)),
            ("1700000000999", Some(1_700_000_000)),
            ("1970-01-01T00:01:00Z", Some(60)),
            ("1970-01-01T01:01:00 01:00", Some(60)),
            ("1700000000.5", Some(1_700_000_000)),
            ("1700000000.", None),
            ("1700000000.5e3", None),
            (".5", None),
            ("yesterday", None),
            ("-", None),
            ("-5x", None),
            ("é", None),
        ] {
            assert_eq!(moment(text, now), expected.map(Second), "{text}");
        }
    }
}

//! `/api/v1/anomalies` and `/api/v1/mutes`: what was unusual and why, and what nobody is to be told of.

use std::sync::Arc;

use axum::extract::{Extension, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::access::Who;
use super::api::{Answer, bad, duration, moment, parse_filter, range};
use super::body;
use super::json::Json;
use super::markers::refuse_other_types;
use super::scans::Asking;
use super::{ApiError, Web};
use crate::aggregate::detect::Seen;
use crate::aggregate::render::rfc3339;
use crate::aggregate::wire::{Anomaly, AnomalyKind, AnomalySeen, AnomalyWhy, Mute};
use crate::pipeline::guest;
use crate::pipeline::ingest::site_of_host;
use crate::state::anomalies::{MAX_MUTES, Wanted, Wish};
use crate::state::markers::note;
use crate::vocab::time::Second;

/// Bytes of a mute as it is sent: the longest filter and a note.
const MAX_BODY: usize = 32 * 1024;
/// The farthest end of a mute; later is for good.
const MAX_UNTIL_S: i64 = 10 * 366 * 86_400;
const EXAMPLE: &str = r#"{"filter":"path:/health*","kind":"latency","until":"2h","note":"we know"}; `filter` or `kind` is enough"#;
const ALL: &str = r#"{"filter":"path:/health*"}, or {"filter":"","until":"2h"} for all of it"#;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    from: Option<String>,
    to: Option<String>,
    state: Option<String>,
    filter: Option<String>,
    kind: Option<String>,
    site: Option<String>,
    at: Option<String>,
    key: Option<String>,
}

type Asked = Result<Query<Ask>, axum::extract::rejection::QueryRejection>;

/// `GET /api/v1/anomalies`, oldest first.
#[derive(Debug, Serialize)]
pub(crate) struct Anomalies {
    anomalies: Vec<Anomaly>,
}

pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    Extension(who): Extension<Who>,
    Extension(asking): Extension<Asking>,
    ask: Asked,
) -> Answer<Anomalies> {
    let ask = query(ask, "?from=&to=&state=&filter=&kind=&site=")?;
    let range = range(&web, ask.from.as_deref(), ask.to.as_deref())?;
    let open = match given(ask.state.as_deref()) {
        None => None,
        Some("open") => Some(true),
        Some("closed") => Some(false),
        Some(other) => {
            return Err(bad("bad_state", format!("`state={other}`"), "`open` or `closed`"));
        }
    };
    let wanted = Wanted {
        from: range.from,
        to: range.to,
        open,
        kind: kind(ask.kind.as_deref())?,
        site: given(ask.site.as_deref()).map(|site| site_of_host(site.into()).into_owned()),
        filter: who.may_ask(parse_filter(&web, ask.filter.as_deref().unwrap_or(""))?)?,
    };
    // A thousand with their lines take some milliseconds to copy.
    let mut anomalies =
        web.question(&asking, move |web| web.node.anomalies().list(&wanted)).await?;
    if let Some(site) = &who.site {
        guest::anomalies(&mut anomalies, site);
    }
    Ok(Json(Anomalies { anomalies }))
}

pub(crate) async fn one(
    State(web): State<Arc<Web>>,
    Extension(who): Extension<Who>,
    Path(id): Path<String>,
) -> Answer<Anomaly> {
    let wanted = id.clone();
    let found = web.beside(move |web| web.node.anomalies().get(&wanted)).await?;
    let mut found: Vec<Anomaly> = found.into_iter().collect();
    if let Some(site) = &who.site {
        guest::anomalies(&mut found, site);
    }
    found.pop().map(Json).ok_or_else(|| {
        let id: String = id.chars().take(64).collect();
        ApiError::new(
            StatusCode::NOT_FOUND,
            "no_anomaly",
            format!("there is no anomaly `{id}`"),
            "the newest 1,000 are kept; /api/v1/anomalies lists them",
        )
    })
}

/// What the detectors saw at a second, of one kind and key where they are given.
pub(crate) async fn why(
    State(web): State<Arc<Web>>,
    Extension(asking): Extension<Asking>,
    ask: Asked,
) -> Answer<AnomalyWhy> {
    let ask = query(ask, "?at=&kind=&key=")?;
    let now = web.clock.now().second();
    let at = match given(ask.at.as_deref()) {
        // The second that is open has not been looked at.
        None => now.plus(-1),
        Some(text) => moment(text, now).ok_or_else(|| {
            bad(
                "bad_time",
                format!("`at={text}` is no time"),
                "RFC 3339, epoch seconds, or back from now: -5m",
            )
        })?,
    };
    let (kind, key) = (kind(ask.kind.as_deref())?, given(ask.key.as_deref()));
    let key = key.map(str::to_owned);
    // A rule's quantile is looked up in the window.
    let why = move |web: &Web| {
        // In the order of the locks: the window first.
        let live = web.node.live();
        web.node.anomalies().why(&live, at, kind, key.as_deref())
    };
    let seen = web.question(&asking, why).await?;
    Ok(Json(AnomalyWhy { at: rfc3339(at), seen: seen.iter().map(shape).collect() }))
}

fn shape(seen: &Seen) -> AnomalySeen {
    AnomalySeen {
        kind: seen.kind,
        site: seen.site.clone(),
        key: seen.key.clone(),
        observed: seen.observed,
        apart: seen.apart,
        expected: seen.expected,
        low: seen.low,
        high: seen.high,
        unit: seen.unit.name().to_owned(),
        score: seen.score,
        threshold: seen.threshold,
        verdict: seen.verdict.name().to_owned(),
    }
}

/// `GET /api/v1/mutes`, oldest first.
#[derive(Debug, Serialize)]
pub(crate) struct Mutes {
    mutes: Vec<Mute>,
}

pub(crate) async fn mutes(State(web): State<Arc<Web>>) -> Answer<Mutes> {
    let mutes = web.beside(|web| web.node.anomalies().mutes()).await?;
    Ok(Json(Mutes { mutes }))
}

/// A mute as it is sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    filter: Option<String>,
    kind: Option<String>,
    key: Option<String>,
    until: Option<Value>,
    #[serde(default)]
    note: String,
}

pub(crate) async fn mute(
    State(web): State<Arc<Web>>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<Mute>), ApiError> {
    if web.stop.is_cancelled() {
        return Err(ApiError::stopping());
    }
    refuse_other_types(&headers)?;
    let body = body::read(&web, request, MAX_BODY, too_large).await?;
    let sent: Sent = serde_json::from_slice(&body.bytes)
        .map_err(|e| bad("bad_mute", format!("this is no mute: {e}"), EXAMPLE))?;
    let now = web.clock.now().second();
    let (kind, key) = (kind(sent.kind.as_deref())?, sent.key.filter(|key| !key.is_empty()));
    // All of it is muted by whoever says so, and not by whoever forgets to say what.
    if sent.filter.is_none() && kind.is_none() && key.is_none() {
        return Err(bad("bad_mute", "a mute needs one of `filter`, `kind` and `key`", ALL));
    }
    let wish = Wish {
        filter: parse_filter(&web, sent.filter.as_deref().unwrap_or(""))?,
        kind,
        key,
        until: until(("until", "for good"), sent.until.as_ref(), now)?,
        note: note(&sent.note),
    };
    let added = web.beside(move |web| web.node.anomalies().add_mute(wish, now)).await?;
    let mute = added.ok_or_else(|| {
        ApiError::new(
            StatusCode::CONFLICT,
            "too_many",
            format!("there are {MAX_MUTES} mutes already"),
            "take some away: DELETE /api/v1/mutes/ID",
        )
    })?;
    Ok((StatusCode::CREATED, Json(mute)))
}

pub(crate) async fn unmute(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let muted = id.clone();
    if web.beside(move |web| web.node.anomalies().remove_mute(&muted)).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    let id: String = id.chars().take(64).collect();
    Err(ApiError::new(
        StatusCode::NOT_FOUND,
        "no_mute",
        format!("there is no mute `{id}`"),
        "it may be over by now; /api/v1/mutes lists them",
    ))
}

fn query(ask: Asked, parameters: &str) -> Result<Ask, ApiError> {
    let Query(ask) = ask.map_err(|e| ApiError::bad_query(&e, parameters))?;
    Ok(ask)
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

fn kind(text: Option<&str>) -> Result<Option<AnomalyKind>, ApiError> {
    let Some(text) = given(text) else { return Ok(None) };
    serde_json::from_value(Value::String(text.to_owned())).map(Some).map_err(|_| {
        let text: String = text.chars().take(64).collect();
        bad(
            "bad_kind",
            format!("`{text}` is no kind of anomaly"),
            "traffic_up, traffic_down, errors_5xx, errors_4xx, latency, bytes, client_flood, scan, \
             bruteforce, new_error, error_surge, silent, format_drift, host_cpu, host_memory, host_disk, \
             series or rule",
        )
    })
}

/// When something ends: a time, or how long from now; `None` where nothing is said. For whom it is wrong the field
/// has a `name`, and a `usual` end where it is left out.
pub(super) fn until(
    (name, usual): (&str, &str),
    value: Option<&Value>,
    now: Second,
) -> Result<Option<Second>, ApiError> {
    let at = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) if text.is_empty() => return Ok(None),
        Some(Value::Number(number)) => number.as_i64().map(Second),
        Some(Value::String(text)) => {
            let ahead = text.strip_prefix('+').unwrap_or(text);
            // A bare number is a time, not a duration.
            let long = ahead.ends_with(|c: char| c.is_ascii_alphabetic());
            let long = duration(ahead).filter(|_| long).map(|seconds| now.plus(seconds));
            long.or_else(|| moment(text, now))
        }
        Some(_) => None,
    };
    let wrong = |why: &str| {
        let hint = "RFC 3339, epoch seconds, or how long: 30m, 2h, 7d";
        bad("bad_time", format!("`{name}` {why}"), format!("{hint}; left out, it is {usual}"))
    };
    match at {
        None => Err(wrong("is no time")),
        Some(at) if at <= now => Err(wrong("is over already")),
        Some(at) if at.0 - now.0 > MAX_UNTIL_S => Err(wrong("is more than ten years ahead")),
        at => Ok(at),
    }
}

fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("the body is larger than {MAX_BODY} bytes; nothing was muted"),
        "shorten the filter: * stands for anything",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const MUTE: (&str, &str) = ("until", "for good");

    #[test]
    fn a_mute_ends_at_a_time_or_after_one() {
        let now = Second(1_795_341_600);
        for (value, expected) in [
            (json!(null), Some(None)),
            (json!(""), Some(None)),
            (json!("2h"), Some(Some(7_200))),
            (json!("+90s"), Some(Some(90))),
            (json!("2026-11-22T11:00:00Z"), Some(Some(3_600))),
            (json!(1_795_341_700), Some(Some(100))),
            (json!("1795341700"), Some(Some(100))),
            (json!("-5m"), None),
            (json!("2026-11-22T10:00:00Z"), None),
            (json!("soon"), None),
            (json!(1.5), None),
            (json!([]), None),
            (json!(i64::MAX), None),
            (json!("9999-01-01T00:00:00Z"), None),
        ] {
            let found = until(MUTE, Some(&value), now).ok();
            assert_eq!(found, expected.map(|at| at.map(|s| now.plus(s))), "{value}");
        }
        assert_eq!(until(MUTE, None, now).ok(), Some(None));
    }

    #[test]
    fn a_wrong_end_is_told_of_the_field_that_was_sent() {
        let now = Second(1_795_341_600);
        for value in [json!("-1h"), json!("soon"), json!("2026-11-22T10:00:00Z"), json!(i64::MAX)] {
            let error = until(("expires", "7 days"), Some(&value), now).expect_err("no end");
            let (message, hint) = (error.message, error.hint);
            assert!(message.starts_with("`expires` ") && hint.ends_with("it is 7 days"), "{hint}");
        }
    }

    #[test]
    fn a_kind_is_named_as_the_feed_names_it() {
        assert_eq!(kind(Some("errors_5xx")).ok(), Some(Some(AnomalyKind::Errors5xx)));
        assert_eq!(kind(Some("host_disk")).ok(), Some(Some(AnomalyKind::HostDisk)));
        assert_eq!(kind(Some("")).ok(), Some(None));
        assert!(kind(Some("Errors5xx")).is_err());
    }
}

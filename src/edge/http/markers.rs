//! `/api/v1/markers`: what the operator did and when, so that a chart can show it.
//!
//! A body is read whole before any of it counts: an answer other than 201 means that no marker was
//! set, and one to DELETE other than 200 that none was taken away.

use std::sync::Arc;

use axum::extract::{Extension, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::access::Who;
use super::api::{bad, moment, of_epoch, range};
use super::body;
use super::json::Json;
use super::{ApiError, Web};
use crate::aggregate::wire::Marker;
use crate::pipeline::guest;
use crate::pipeline::ingest::site_of_host;
use crate::state::markers::{MAX_AHEAD_S, MAX_SITE, Mark, Unfit};
use crate::vocab::time::Second;

/// Bytes of a body: a hundred markers of the longest text, however it is escaped, fit.
const MAX_BODY: usize = 256 * 1024;
/// Markers in one body.
const MAX_AT_ONCE: usize = 100;
/// What a marker looks like, for whoever got it wrong.
const EXAMPLE: &str = r#"{"text":"deploy shop 7.3.1","site":"shop.example.org","time":"2026-11-22T10:00:00Z"}, or an array of such; `site` and `time` may be left out"#;

/// One marker as it is sent. Other keys are a deploy tool's own and mean nothing here.
#[derive(Debug, Deserialize)]
struct Sent {
    time: Option<Value>,
    #[serde(default)]
    text: String,
    site: Option<String>,
}

/// The markers as they are kept, or were, as many as were sent: one, or an array.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Kept {
    One(Marker),
    Many(Vec<Marker>),
}

pub(crate) async fn mark(
    State(web): State<Arc<Web>>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<Kept>), ApiError> {
    let (marks, told) = read(&web, &headers, request, Untimed::OfNow).await?;
    marks.into_iter().for_each(|mark| web.node.markers.add(mark));
    Ok((StatusCode::CREATED, told))
}

/// `DELETE /api/v1/markers`: those of the body go, which names them as they are listed; none where one of them is not
/// there.
pub(crate) async fn unmark(
    State(web): State<Arc<Web>>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Kept>, ApiError> {
    let (marks, told) = read(&web, &headers, request, Untimed::Refused).await?;
    web.node.markers.remove(&marks).map_err(|missing| {
        let Marker { time, text, site } = missing.marker();
        let of = site.map_or_else(String::new, |site| format!(" of {site}"));
        ApiError::new(
            StatusCode::NOT_FOUND,
            "no_marker",
            format!("there is no marker `{text}`{of} at {time}; none was taken away"),
            "GET lists them: `time`, `text` and `site` have to be the same",
        )
    })?;
    Ok(told)
}

/// What becomes of a marker that says no time.
#[derive(Clone, Copy)]
enum Untimed {
    OfNow,
    Refused,
}

/// The markers of a request's body, and as they are told.
async fn read(
    web: &Web,
    headers: &HeaderMap,
    request: Request,
    untimed: Untimed,
) -> Result<(Vec<Mark>, Json<Kept>), ApiError> {
    if web.stop.is_cancelled() {
        return Err(ApiError::stopping());
    }
    refuse_other_types(headers)?;
    let body = body::read(web, request, MAX_BODY, too_large).await?;
    let (sent, many) = decode(&body.bytes)?;
    let now = web.clock.now().second();
    let fit = |sent| fit(web, sent, untimed, now);
    let marks = sent.iter().map(fit).collect::<Result<Vec<Mark>, ApiError>>()?;
    let mut told: Vec<Marker> = marks.iter().map(Mark::marker).collect();
    let told = match told.pop() {
        Some(only) if !many => Kept::One(only),
        last => {
            told.extend(last);
            Kept::Many(told)
        }
    };
    Ok((marks, Json(told)))
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    from: Option<String>,
    to: Option<String>,
    site: Option<String>,
}

/// `GET /api/v1/markers`, oldest first.
#[derive(Debug, Serialize)]
pub(crate) struct Markers {
    markers: Vec<Marker>,
}

pub(crate) async fn list(
    State(web): State<Arc<Web>>,
    Extension(who): Extension<Who>,
    ask: Result<Query<Ask>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Markers>, ApiError> {
    let Query(ask) = ask.map_err(|e| ApiError::bad_query(&e, "?from=&to=&site="))?;
    let range = range(&web, ask.from.as_deref(), ask.to.as_deref())?;
    let site = ask.site.as_deref().filter(|s| !s.is_empty()).map(|s| site_of_host(s.into()));
    let mut markers = web.node.markers.between(range.from, range.to, site.as_deref());
    if let Some(site) = &who.site {
        markers.retain(|marker| guest::may_see_marker(marker, site));
    }
    Ok(Json(Markers { markers }))
}

/// A form's type is let through: it is what `curl -d` says of any body. What keeps other sites'
/// forms out is the guard, as for lines.
pub(super) fn refuse_other_types(headers: &HeaderMap) -> Result<(), ApiError> {
    let refuse = |code, message: String, hint: &str| {
        Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, code, message, hint))
    };
    let text = |name| headers.get(name).map(|v| v.to_str().unwrap_or("?").trim().to_lowercase());
    if let Some(kind) = text(header::CONTENT_TYPE) {
        let essence = kind.split(';').next().unwrap_or("").trim_end();
        let json = essence.starts_with("application/") && essence.ends_with("json");
        if !json && !matches!(essence, "" | "text/plain" | "application/x-www-form-urlencoded") {
            let message = format!("Content-Type `{essence}` is not read here");
            return refuse("unknown_type", message, "send JSON as application/json");
        }
    }
    if let Some(packed) = text(header::CONTENT_ENCODING).filter(|e| e != "identity") {
        let message = format!("Content-Encoding `{packed}` is not read here");
        return refuse("unknown_encoding", message, "send markers unpacked: they are short");
    }
    Ok(())
}

/// The markers of a body, and whether they came as an array.
fn decode(body: &[u8]) -> Result<(Vec<Sent>, bool), ApiError> {
    let many = body.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'[');
    let sent = if many {
        serde_json::from_slice::<Vec<Sent>>(body)
    } else {
        serde_json::from_slice::<Sent>(body).map(|one| vec![one])
    };
    let sent = sent.map_err(|e| bad("bad_marker", format!("this is no marker: {e}"), EXAMPLE))?;
    if sent.len() > MAX_AT_ONCE {
        return Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_many",
            format!("{} markers, at most {MAX_AT_ONCE}; none was set", sent.len()),
            "send them in parts",
        ));
    }
    Ok((sent, many))
}

fn fit(web: &Web, sent: &Sent, untimed: Untimed, now: Second) -> Result<Mark, ApiError> {
    let bad_time = |why: &str| {
        let time = sent.time.as_ref().map(Value::to_string).unwrap_or_default();
        // What a stranger wrote may be as long as the body.
        let time: String = time.chars().take(64).collect();
        let hint = "RFC 3339, epoch seconds, or back from now: -35s; left out, it is now";
        bad("bad_time", format!("`time` {time} {why}"), hint)
    };
    let at = match &sent.time {
        None | Some(Value::Null) => match untimed {
            Untimed::OfNow => now,
            Untimed::Refused => {
                let hint = "as GET lists it; several may have one text";
                return Err(bad("bad_time", "a marker is taken away by its `time`, too", hint));
            }
        },
        Some(Value::String(text)) => moment(text, now).ok_or_else(|| bad_time("is no time"))?,
        Some(Value::Number(number)) => {
            // Saturating: what fits no second lies outside what is kept as well.
            let whole = number.as_f64().map(|time| time.floor() as i64);
            number.as_i64().or(whole).map(of_epoch).ok_or_else(|| bad_time("is no time"))?
        }
        Some(_) => return Err(bad_time("is no time")),
    };
    let site = sent.site.as_deref().map(|site| site_of_host(site.trim().into()));
    web.node.markers.fit(at, &sent.text, site.as_deref(), now).map_err(|unfit| match unfit {
        Unfit::Empty => bad("empty_text", "a marker needs a `text` that says something", EXAMPLE),
        Unfit::Site => bad("bad_site", format!("`site` is longer than {MAX_SITE} bytes"), EXAMPLE),
        Unfit::Old => bad_time("is older than anything kept"),
        Unfit::Ahead => bad_time(&format!("is more than {MAX_AHEAD_S} s ahead")),
    })
}

fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("the body is larger than {MAX_BODY} bytes; no marker was set"),
        format!("send at most {MAX_AT_ONCE} markers at once"),
    )
}

//! Closer looks at one list: how its values went over time, and what values there are.

use std::sync::Arc;

use axum::extract::{Extension, State};

use super::Web;
use super::access::Who;
use super::api::{Answer, Asked, bad, read, step};
use super::json::Json;
use super::scans::Asking;
use crate::aggregate::ask::{Asks, ROWS};
use crate::aggregate::list::List;
use crate::aggregate::wire::{Trend, Values};

/// Values of a trend at most.
const MAX_ROWS: usize = 100;
/// Values offered where the request names no number, and at most.
const VALUES: usize = 10;
const MAX_VALUES: usize = 100;

/// `GET /api/v1/trend?list=&by=&rows=&from=&to=&step=&filter=`.
pub(crate) async fn trend(
    State(web): State<Arc<Web>>,
    Extension(who): Extension<Who>,
    Extension(asking): Extension<Asking>,
    ask: Asked,
) -> Answer<Trend> {
    let (ask, range, filter) = read(&web, &who, ask)?;
    let step = step(ask.step.as_deref())?;
    let list = ask.list.as_deref().unwrap_or("paths");
    let by = ask.by.as_deref().unwrap_or("requests");
    let rows = ask.rows.unwrap_or(ROWS).clamp(1, MAX_ROWS);
    let asked = format!("{list}:{by}:{rows}");
    let asks = Asks::read([asked.as_str()], ROWS, MAX_ROWS)
        .map_err(|(m, hint)| bad("bad_list", m, hint))?;
    let Some(ask) = asks.iter().next().copied() else {
        return Err(bad("bad_list", "no list is named", "write list=paths"));
    };
    who.may_list(ask.list)?;
    let trend = web
        .question(&asking, move |web| {
            web.node.flush();
            let live = web.node.live();
            live.trend_until(web.yet_to_come(), range.before(live.newest()), step, &filter, ask)
        })
        .await?;
    Ok(Json(trend))
}

/// `GET /api/v1/values?field=&text=&from=&to=&filter=&limit=`.
pub(crate) async fn values(
    State(web): State<Arc<Web>>,
    Extension(who): Extension<Who>,
    Extension(asking): Extension<Asking>,
    ask: Asked,
) -> Answer<Values> {
    let (ask, range, filter) = read(&web, &who, ask)?;
    let field = ask.field.unwrap_or_default();
    let Some(list) = List::of_word(&field) else {
        return Err(bad(
            "bad_field",
            format!("`{field}` is no field whose values can be listed"),
            "write field=path, field=site, field=status, …",
        ));
    };
    who.may_list(list)?;
    let text = ask.text.unwrap_or_default();
    let limit = ask.limit.unwrap_or(VALUES).min(MAX_VALUES);
    let values = web
        .question(&asking, move |web| {
            web.node.flush();
            let live = web.node.live();
            live.values(range.before(live.newest()), &filter, list, &text, limit)
        })
        .await?;
    Ok(Json(Values { field, values }))
}

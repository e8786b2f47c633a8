//! `/api/v1/rules/backtest`: how often a rule would have been broken.

use std::sync::Arc;

use axum::extract::{Extension, Query, State};
use serde::Deserialize;

use super::ApiError;
use super::Web;
use super::api::{Answer, bad, range};
use super::json::Json;
use super::scans::Asking;
use crate::aggregate::rules::Rule;
use crate::aggregate::wire::RuleTest;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    when: Option<String>,
    from: Option<String>,
    to: Option<String>,
}

type Asked = Result<Query<Ask>, axum::extract::rejection::QueryRejection>;

/// Of the window, or a range of it, as far as it has closed.
pub(crate) async fn backtest(
    State(web): State<Arc<Web>>,
    Extension(asking): Extension<Asking>,
    ask: Asked,
) -> Answer<RuleTest> {
    let Query(ask) = ask.map_err(|e| ApiError::bad_query(&e, "?when=&from=&to="))?;
    let Some(when) = ask.when.filter(|when| !when.trim().is_empty()) else {
        let hint = "as ?when=status:5xx rate > 2% for 1m, percent-encoded";
        return Err(bad("no_rule", "`when` is missing", hint));
    };
    let rule = Rule::parse(&when).map_err(|e| {
        let column = when.get(..e.at).map_or(1, |before| before.chars().count() + 1);
        bad("bad_rule", format!("column {column}: {}", e.message), e.hint)
    })?;
    let range = range(&web, ask.from.as_deref(), ask.to.as_deref())?;
    let test = web.question(&asking, move |web| {
        let (firings, tried) = web.node.live().rehearse(&rule, range);
        RuleTest::new(&rule, &firings, tried)
    });
    Ok(Json(test.await?))
}

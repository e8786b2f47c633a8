//! Elasticsearch as far as shippers need it to send: the answer to a bulk, and what some of them ask before the first one.
//!
//! `GET /` is the dashboard; a shipper that asks for Elasticsearch's greeting there is given `/elastic` as its path.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::{Value, json};

use super::At;
use super::json::Json;
use super::logs::Outcome;

/// Clients since 7.14 send to nothing that does not say so in each answer.
const PRODUCT: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-elastic-product"), HeaderValue::from_static("Elasticsearch"));
/// What the protocol spoken here is that of. Beats send to none that is older than they are, unless told to.
const VERSION: &str = "8.19.0";
/// Items of an answer that are written at a time.
const GROUP: usize = 1024;

type Said = fn() -> Value;

/// What is asked, and its answer.
const ASKED: [(&str, Said); 7] = [
    ("/elastic", greeting),
    ("/elastic/", greeting),
    ("/elastic/_license", license),
    ("/elastic/_xpack", || json!({})),
    ("/elastic/_cluster/health", health),
    // By those that are given no path.
    ("/_cluster/health", health),
    ("/_cat/health", health),
];

pub(super) fn is_asked_at(path: &str) -> bool {
    ASKED.iter().any(|(asked, _)| *asked == path)
}

pub(super) fn router() -> Router<At> {
    ASKED.iter().fold(Router::new(), |router, (path, answer)| {
        router.route(path, get(move || async move { ([PRODUCT], Json(answer())) }))
    })
}

fn greeting() -> Value {
    json!({
        "name": "tapline",
        "cluster_name": "tapline",
        "version": {"number": VERSION, "build_flavor": "default"},
        "tagline": "You Know, for Search",
    })
}

fn license() -> Value {
    json!({"license": {"status": "active", "type": "basic", "uid": "tapline"}})
}

fn health() -> Value {
    json!({"cluster_name": "tapline", "status": "green", "timed_out": false})
}

/// The answer to a bulk: what became of each document. It is written as it is read: a million documents are a few
/// runs of the same outcome.
pub(super) fn items(outcomes: Vec<(Outcome, u32)>) -> Response {
    let errors = outcomes.iter().any(|(outcome, _)| *outcome != Outcome::Done);
    let mut begin = Some(format!("{{\"took\":0,\"errors\":{errors},\"items\":["));
    let mut items = outcomes
        .into_iter()
        .flat_map(|(outcome, count)| std::iter::repeat_n(item(outcome), count as usize))
        .peekable();
    let mut over = false;
    let pieces = std::iter::from_fn(move || {
        if over {
            return None;
        }
        let mut piece = begin.take().unwrap_or_default();
        for item in items.by_ref().take(GROUP) {
            piece.push_str(item);
            piece.push(',');
        }
        over = items.peek().is_none();
        if over {
            piece.truncate(piece.trim_end_matches(',').len());
            piece.push_str("]}");
        }
        Some(Ok::<Bytes, std::convert::Infallible>(piece.into()))
    });
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    ([PRODUCT, kind], Body::from_stream(futures_util::stream::iter(pieces))).into_response()
}

/// Named `create` whatever it was: clients look at the status.
fn item(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => r#"{"create":{"status":201}}"#,
        Outcome::Bad => {
            r#"{"create":{"status":400,"error":{"type":"document_parsing_exception","reason":"no document that can be read"}}}"#
        }
        Outcome::Later => {
            r#"{"create":{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"sources.max_rate is reached"}}}"#
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn told(outcomes: Vec<(Outcome, u32)>) -> Value {
        let body = axum::body::to_bytes(items(outcomes).into_body(), usize::MAX).await;
        serde_json::from_slice(&body.expect("a body")).expect("JSON")
    }

    #[tokio::test]
    async fn each_document_has_its_item_however_many_there_are() {
        assert_eq!(told(vec![]).await, json!({"took": 0, "errors": false, "items": []}));
        for count in [1, GROUP - 1, GROUP, GROUP + 1, 3 * GROUP] {
            let told = told(vec![(Outcome::Done, count as u32)]).await;
            let items = told["items"].as_array().expect("items");
            assert_eq!((items.len(), &told["errors"]), (count, &Value::Bool(false)));
            assert!(items.iter().all(|item| item["create"]["status"] == 201));
        }
        let mixed = [(Outcome::Bad, 1), (Outcome::Done, 2), (Outcome::Later, 1)];
        let told = told(mixed.to_vec()).await;
        let statuses = told["items"].as_array().expect("items").iter();
        let statuses: Vec<_> = statuses.filter_map(|i| i["create"]["status"].as_u64()).collect();
        assert_eq!((statuses, &told["errors"]), (vec![400, 201, 201, 429], &Value::Bool(true)));
    }
}

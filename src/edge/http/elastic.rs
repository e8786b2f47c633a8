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
use crate::decode::shipped::Action;

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
pub(super) fn items(outcomes: Vec<(Action, Outcome, u32)>) -> Response {
    let errors = outcomes.iter().any(|(_, outcome, _)| *outcome != Outcome::Done);
    let mut begin = Some(format!("{{\"took\":0,\"errors\":{errors},\"items\":["));
    let mut items = outcomes
        .into_iter()
        .flat_map(|(action, outcome, count)| std::iter::repeat_n((action, outcome), count as usize))
        .peekable();
    let mut over = false;
    let pieces = std::iter::from_fn(move || {
        if over {
            return None;
        }
        let mut piece = begin.take().unwrap_or_default();
        for (action, outcome) in items.by_ref().take(GROUP) {
            for part in ["{\"", action.name(), "\":", told(action, outcome), "},"] {
                piece.push_str(part);
            }
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

/// What is said of a document under the name of its action.
fn told(action: Action, outcome: Outcome) -> &'static str {
    match (outcome, action) {
        (Outcome::Done, _) => r#"{"status":201}"#,
        (Outcome::Bad, Action::Index | Action::Create) => {
            r#"{"status":400,"error":{"type":"document_parsing_exception","reason":"no document that can be read"}}"#
        }
        (Outcome::Bad, Action::Update | Action::Delete) => {
            r#"{"status":400,"error":{"type":"illegal_argument_exception","reason":"nothing is updated or deleted here"}}"#
        }
        (Outcome::Later, _) => {
            r#"{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"sources.max_rate is reached"}}"#
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn answer(outcomes: Vec<(Action, Outcome, u32)>) -> Value {
        let body = axum::body::to_bytes(items(outcomes).into_body(), usize::MAX).await;
        serde_json::from_slice(&body.expect("a body")).expect("JSON")
    }

    #[tokio::test]
    async fn each_document_has_its_item_however_many_there_are() {
        assert_eq!(answer(vec![]).await, json!({"took": 0, "errors": false, "items": []}));
        for count in [1, GROUP - 1, GROUP, GROUP + 1, 3 * GROUP] {
            let told = answer(vec![(Action::Create, Outcome::Done, count as u32)]).await;
            let items = told["items"].as_array().expect("items");
            assert_eq!((items.len(), &told["errors"]), (count, &Value::Bool(false)));
            assert!(items.iter().all(|item| item["create"]["status"] == 201));
        }
        let mixed = [
            (Action::Create, Outcome::Bad, 1),
            (Action::Index, Outcome::Done, 2),
            (Action::Delete, Outcome::Bad, 1),
            (Action::Index, Outcome::Later, 1),
        ];
        let told = answer(mixed.to_vec()).await;
        let items = told["items"].as_array().expect("items").iter().flat_map(Value::as_object);
        let items = items.flatten().map(|(action, told)| format!("{action} {}", told["status"]));
        let expected = ["create 400", "index 201", "index 201", "delete 400", "index 429"];
        assert_eq!(
            (items.collect::<Vec<_>>(), &told["errors"]),
            (expected.map(String::from).to_vec(), &Value::Bool(true))
        );
    }
}

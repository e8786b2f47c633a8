//! `POST /api/v1/forget`: takes a client out of everything that is kept, in memory and on disk.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::api::bad;
use super::body;
use super::json::Json;
use super::markers::refuse_other_types;
use super::scans::Asking;
use super::{ApiError, Web};
use crate::aggregate::forget::Forget;
use crate::state::forget;

/// Bytes of a body: no client is longer than a host name.
const MAX_BODY: usize = 4096;
const EXAMPLE: &str = r#"{"client":"203.0.113.9"}"#;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    client: String,
}

/// What was done.
#[derive(Debug, Serialize)]
pub(crate) struct Forgotten {
    /// Texts, anomalies and sources that named the client.
    texts: u64,
    /// Files that did.
    files: u64,
}

pub(crate) async fn client(
    State(web): State<Arc<Web>>,
    Extension(asking): Extension<Asking>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Forgotten>, ApiError> {
    if web.stop.is_cancelled() {
        return Err(ApiError::stopping());
    }
    refuse_other_types(&headers)?;
    let body = body::read(&web, request, MAX_BODY, too_large).await?;
    let sent: Sent = serde_json::from_slice(&body.bytes)
        .map_err(|e| bad("bad_client", format!("this names no client: {e}"), EXAMPLE))?;
    let who =
        Forget::client(&sent.client).map_err(|why| bad("bad_client", why.to_string(), EXAMPLE))?;
    let done = web.scan(&asking, move |web| {
        let texts = forget::everywhere(&web.node, &who);
        if texts > 0 {
            web.feed.forget();
        }
        let files = web.kept().map_or(Ok(0), |kept| kept.forget(&who));
        // Files are older than the window: what only they name, a page may have been shown. Where nothing
        // named the client, no page has to load anew.
        if texts == 0 && !matches!(files, Ok(0)) {
            web.feed.forget();
        }
        files.map(|files| Forgotten { texts, files })
    });
    done.await?.map(Json).map_err(|error| {
        // The path of a file is for the operator's log.
        tracing::warn!(%error, "a client could not be taken out of the files");
        ApiError::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "not_written",
            "the client is forgotten in memory, but not in every file",
            "the server's log says which file; ask again once it can be written",
        )
    })
}

fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("the body is longer than {MAX_BODY} bytes"),
        EXAMPLE,
    )
}

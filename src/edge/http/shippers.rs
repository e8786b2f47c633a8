//! The routes that lines are sent to: what is in a body, how it is packed, and how it is answered. `logs.rs` does
//! the rest, the same for all of them.

use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ApiError;
use super::json::Json;
use super::logs::Answer;
use super::unpack::Encoding;
use crate::decode::shipped::Layout;

/// A protocol, and where it is spoken.
#[derive(Debug)]
pub(crate) struct Route {
    pub(super) paths: &'static [&'static str],
    /// What a body should be, in words.
    pub(super) what: &'static str,
    layout: fn(&HeaderMap) -> Layout,
    pub(super) answer: fn(Answer) -> Response,
}

pub(super) static ROUTES: [Route; 2] = [
    Route {
        paths: &["/api/v1/logs"],
        what: "list of lines",
        layout: |_| Layout::Lines,
        answer: |answer| Json(answer).into_response(),
    },
    Route {
        paths: &["/loki/api/v1/push"],
        what: "push of Loki",
        // As Loki itself tells them apart.
        layout: |headers| if is_json(headers) { Layout::LokiJson } else { Layout::LokiProtobuf },
        answer: |_| StatusCode::NO_CONTENT.into_response(),
    },
];

impl Route {
    pub(super) fn layout(&self, headers: &HeaderMap) -> Layout {
        (self.layout)(headers)
    }

    pub(super) fn encoding(
        &self,
        headers: &HeaderMap,
        layout: Layout,
    ) -> Result<Encoding, ApiError> {
        match layout {
            Layout::LokiProtobuf => Encoding::snappy(headers),
            _ => Encoding::of(headers),
        }
    }
}

/// Whether lines are sent to a path.
pub(crate) fn is_sent_to(path: &str) -> bool {
    ROUTES.iter().any(|route| route.paths.contains(&path))
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or("");
    kind.trim().eq_ignore_ascii_case("application/json")
}

//! The routes that lines are sent to: how entries lie in a body, how it is packed, and how it is answered. `logs.rs`
//! does the rest, the same for all of them.
//!
//! What of a body comes beyond its sender's rate is told in the way that has a shipper send it again: item by item
//! where the protocol has that, else where nothing of the body counts.

use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, options, post};
use serde_json::json;

use super::json::Json;
use super::logs::{self, Answer};
use super::unpack::Encoding;
use super::{ApiError, At, elastic, is_ready};
use crate::decode::shipped::Layout;
use crate::decode::shipped::protobuf::{bytes_field, number_field};

/// A protocol, and where it is spoken.
#[derive(Debug)]
pub(crate) struct Route {
    /// `{index}` is any one segment.
    paths: &'static [&'static str],
    /// What a body should be, in words.
    pub(super) what: &'static str,
    layout: fn(&HeaderMap) -> Layout,
    answer: fn(Answer, Layout) -> Response,
    /// Whether its answer says by itself what came beyond a sender's rate.
    tells: bool,
    /// Whether it is ours alone: a parameter that we do not know is then one that somebody misspelt.
    pub(super) is_own: bool,
}

static ROUTES: [Route; 8] = [
    Route {
        paths: &["/api/v1/logs"],
        what: "list of lines",
        layout: |_| Layout::Lines,
        answer: |answer, _| Json(answer).into_response(),
        tells: true,
        is_own: true,
    },
    Route {
        paths: &["/loki/api/v1/push"],
        what: "push of Loki",
        // As Loki itself tells them apart.
        layout: |headers| if is_json(headers) { Layout::LokiJson } else { Layout::LokiProtobuf },
        answer: |_, _| StatusCode::NO_CONTENT.into_response(),
        tells: false,
        is_own: false,
    },
    Route {
        paths: &["/_bulk", "/{index}/_bulk", "/elastic/_bulk", "/elastic/{index}/_bulk"],
        what: "bulk of Elasticsearch",
        layout: |_| Layout::Bulk,
        answer: |answer, _| elastic::items(answer.outcomes),
        tells: true,
        is_own: false,
    },
    Route {
        // The second is where Loki takes them, which a collector is told as `/otlp`.
        paths: &["/v1/logs", "/otlp/v1/logs"],
        what: "list of OpenTelemetry's logs",
        layout: |headers| if is_json(headers) { Layout::OtlpJson } else { Layout::OtlpProtobuf },
        answer: partial_success,
        tells: false,
        is_own: false,
    },
    Route {
        paths: &[
            "/services/collector",
            "/services/collector/event",
            "/services/collector/event/1.0",
        ],
        what: "list of Splunk's events",
        layout: |_| Layout::Splunk,
        answer: |answer, _| splunk(&answer),
        tells: true,
        is_own: false,
    },
    Route {
        paths: &["/services/collector/raw", "/services/collector/raw/1.0"],
        what: "list of lines",
        layout: |_| Layout::Lines,
        answer: |answer, _| splunk(&answer),
        tells: true,
        is_own: false,
    },
    Route {
        paths: &["/api/v2/logs"],
        what: "list of Datadog's logs",
        layout: |_| Layout::Datadog,
        answer: |_, _| (StatusCode::ACCEPTED, Json(json!({}))).into_response(),
        tells: false,
        is_own: false,
    },
    Route {
        // VictoriaLogs'.
        paths: &["/insert/jsonline"],
        what: "list of lines",
        layout: |_| Layout::Lines,
        answer: |_, _| StatusCode::OK.into_response(),
        tells: false,
        is_own: false,
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

    /// Tells what became of a body, in the protocol's words.
    pub(super) fn answer(&self, answer: Answer, layout: Layout) -> Result<Response, ApiError> {
        if answer.is_beyond_rate() && !self.tells {
            return Err(ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "beyond_rate",
                "sources.max_rate is reached; nothing of it counts",
                "send it again in a second",
            ));
        }
        Ok((self.answer)(answer, layout))
    }
}

/// Whether lines are sent to a path.
pub(crate) fn is_sent_to(path: &str) -> bool {
    ROUTES.iter().flat_map(|route| route.paths).any(|pattern| fits(pattern, path))
}

/// Whether shippers ask for something there before they send.
pub(crate) fn is_asked_at(path: &str) -> bool {
    elastic::is_asked_at(path)
}

/// Splunk's health, and Loki's name of readiness.
pub(crate) fn is_health(path: &str) -> bool {
    path == "/ready" || SPLUNKS_HEALTH.contains(&path)
}

const SPLUNKS_HEALTH: [&str; 2] = ["/services/collector/health", "/services/collector/health/1.0"];

fn fits(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut segments) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), segments.next()) {
            (None, None) => return true,
            (Some("{index}"), Some(segment)) if !segment.is_empty() => {}
            (Some(pattern), Some(segment)) if pattern == segment => {}
            _ => return false,
        }
    }
}

/// All routes that shippers use.
pub(super) fn router() -> Router<At> {
    let mut router = Router::new();
    for route in &ROUTES {
        for path in route.paths {
            let send =
                move |at, uri, headers, request| logs::send(route, at, uri, headers, request);
            router = router.route(path, post(send).put(send));
        }
    }
    // Docker's driver asks whether there is a collector before it sends.
    for path in ROUTES.iter().flat_map(|route| route.paths).filter(|p| p.starts_with("/services/"))
    {
        router = router.route(path, options(|| async { StatusCode::OK }));
    }
    for path in SPLUNKS_HEALTH {
        router = router.route(path, get(splunks_health));
    }
    router.merge(elastic::router())
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let kind = kind.and_then(|kind| kind.split(';').next()).unwrap_or("");
    kind.trim().eq_ignore_ascii_case("application/json")
}

/// OpenTelemetry's answer, as the body was: `ExportLogsServiceResponse { ExportLogsPartialSuccess partial_success = 1
/// }`, which is `{ int64 rejected_log_records = 1; string error_message = 2 }`.
fn partial_success(answer: Answer, layout: Layout) -> Response {
    const WHY: &str = "no lines, or beyond sources.max_rate";
    let rejected = answer.rejected;
    if layout == Layout::OtlpJson {
        let body = match rejected {
            0 => json!({}),
            _ => {
                json!({"partialSuccess": {"rejectedLogRecords": rejected.to_string(), "errorMessage": WHY}})
            }
        };
        return Json(body).into_response();
    }
    let body = match rejected {
        0 => Vec::new(),
        _ => bytes_field(1, [number_field(1, rejected), bytes_field(2, WHY)].concat()),
    };
    ([(header::CONTENT_TYPE, "application/x-protobuf")], body).into_response()
}

/// Splunk's answers have a number, by which clients go (docs.splunk.com, "Possible error codes").
fn splunk(answer: &Answer) -> Response {
    let all = answer.accepted + answer.excluded;
    let (status, code, text) = match (all, answer.rejected) {
        (0, 0) => (StatusCode::BAD_REQUEST, 5, "No data"),
        (0, _) if answer.is_beyond_rate() => (StatusCode::SERVICE_UNAVAILABLE, 9, "Server is busy"),
        (0, _) => (StatusCode::BAD_REQUEST, 6, "Invalid data format"),
        _ => (StatusCode::OK, 0, "Success"),
    };
    let mut response = (status, Json(json!({"text": text, "code": code}))).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

async fn splunks_health(axum::extract::State(at): axum::extract::State<At>) -> Response {
    let (status, code, text) = if is_ready(&at.web) {
        (StatusCode::OK, 17, "HEC is healthy")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, 18, "HEC is unhealthy, queues are full")
    };
    (status, Json(json!({"text": text, "code": code}))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_spoken_a_body_beyond_the_rate_is_not_taken_for_counted() {
        let statuses = ROUTES.each_ref().map(|route| {
            let answer = route.answer(Answer::beyond(3), route.layout(&HeaderMap::new()));
            answer.unwrap_or_else(IntoResponse::into_response).status().as_u16()
        });
        // Our own and Elasticsearch's say it line by line.
        assert_eq!(statuses, [200, 429, 200, 429, 503, 503, 429, 429]);
    }

    #[test]
    fn an_index_is_one_segment_and_nothing_else_is_taken_for_a_route() {
        for path in ["/_bulk", "/logs-2026.11.22/_bulk", "/elastic/_bulk", "/elastic/x/_bulk"] {
            assert!(is_sent_to(path), "{path}");
        }
        for path in ["/", "//_bulk", "/a/b/_bulk", "/_bulk/", "/x/_bulk/y", "/{index}", "_bulk"] {
            assert!(!is_sent_to(path), "{path}");
        }
    }
}

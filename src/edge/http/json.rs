//! An answer as JSON that does nothing on a terminal.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::decode::text::harmless;

/// What axum's own does but for [`harmless`].
#[derive(Clone, Copy, Debug)]
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        // Our own types with string keys: serialising them to memory cannot fail.
        let body = harmless(serde_json::to_string(&self.0).unwrap_or_default());
        let kind = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, kind)], body).into_response()
    }
}

//! The body of a request, read whole within its limits: its own, its time, and what all bodies may hold.

use std::time::Duration;

use axum::body::BodyDataStream;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt;

use super::budget::Share;
use super::{ApiError, Web};

/// Of a body that is too large so many times its limit is heard out.
const HEARD_OUT: usize = 4;

/// What was sent, and its part of what all may hold for as long as it is there.
#[derive(Debug)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) share: Share,
}

/// Reads a body of at most `max` bytes within `http.body_timeout`.
pub(crate) async fn read(
    web: &Web,
    request: Request,
    max: usize,
    too_large: impl Fn() -> ApiError,
) -> Result<Body, ApiError> {
    read_unless(false, web, request, max, too_large).await
}

/// The same of what can come again: it is told to where it is `busy`.
pub(crate) async fn read_unless(
    busy: bool,
    web: &Web,
    request: Request,
    max: usize,
    too_large: impl Fn() -> ApiError,
) -> Result<Body, ApiError> {
    // Before the sender is told to go on (`Expect: 100-continue`): it can save the trouble.
    refuse_coding(request.headers())?;
    let announced = content_length(request.headers());
    let waits = request.headers().contains_key(header::EXPECT);
    let parts = request.into_body().into_data_stream();
    if announced.is_some_and(|n| n > max as u64) {
        // Whoever waits to be told to go on sends nothing of it, unless somebody reads.
        if !waits {
            hear_out(web, parts, max);
        }
        return Err(too_large());
    }
    let patience = web.config.get().body_timeout;
    let whole = whole(web, parts, max, too_large, busy);
    tokio::time::timeout(patience, whole).await.map_err(|_| too_slow(patience))?
}

/// Reads on what is refused already, or a sender that writes all of it before it reads would see a reset and not the
/// answer, and send it again. The answer does not wait for it: it is said while the rest comes.
fn hear_out(web: &Web, mut parts: BodyDataStream, max: usize) {
    let (patience, stop) = (web.config.get().body_timeout, web.stop.clone());
    let mut left = max.saturating_mul(HEARD_OUT);
    let rest = async move {
        while let Some(Ok(part)) = parts.next().await {
            match left.checked_sub(part.len()) {
                Some(less) => left = less,
                None => return,
            }
        }
    };
    tokio::spawn(async move {
        tokio::select! {
            () = stop.cancelled() => {}
            _ = tokio::time::timeout(patience, rest) => {}
        }
    });
}

async fn whole(
    web: &Web,
    mut parts: BodyDataStream,
    max: usize,
    too_large: impl Fn() -> ApiError,
    mut busy: bool,
) -> Result<Body, ApiError> {
    let mut share = Share::of(&web.bodies);
    let mut bytes = Vec::new();
    let mut length = 0;
    while let Some(part) = parts.next().await {
        let part = part.map_err(|error| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "unreadable",
                format!("the body broke off: {error}"),
                "send the whole body; nothing of it was counted",
            )
        })?;
        length += part.len();
        if length > max {
            hear_out(web, parts, max);
            return Err(too_large());
        }
        // A sender that is to come again is heard out, or it would see a reset and not the answer.
        busy = busy || !share.grow(part.len());
        if busy {
            bytes = Vec::new();
            share.give_back();
        } else {
            bytes.extend_from_slice(&part);
        }
    }
    if busy { Err(too_busy()) } else { Ok(Body { bytes, share }) }
}

/// What was packed for the way beside being cut into chunks is not unpacked: hyper passes it on as it is, and
/// its lines would be counted as lines that nobody can read (RFC 9112 section 6.1).
fn refuse_coding(headers: &HeaderMap) -> Result<(), ApiError> {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    if codings.all(|coding| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked")) {
        return Ok(());
    }
    Err(ApiError::new(
        StatusCode::NOT_IMPLEMENTED,
        "unknown_coding",
        "of transfer codings only `chunked` is undone; nothing was counted",
        "pack the body and say so in Content-Encoding (gzip, zstd or deflate)",
    ))
}

pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

pub(super) fn too_busy() -> ApiError {
    ApiError::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_busy",
        "the memory left has no room for it now; nothing of it was counted",
        "send it again in a moment, in smaller parts or fewer at a time",
    )
}

fn too_slow(patience: Duration) -> ApiError {
    ApiError::new(
        StatusCode::REQUEST_TIMEOUT,
        "too_slow",
        format!("the body took longer than {} s; nothing of it was counted", patience.as_secs()),
        "send it in parts, or raise http.body_timeout",
    )
}

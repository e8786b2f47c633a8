//! One of the live sessions that may be open, and of those of its address; given back when it ends.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::http::StatusCode;

use super::access::Asker;
use super::{ApiError, Web};
use crate::edge::per_address;
use crate::pipeline::feed::Feed;

/// See the module.
pub(super) struct Place {
    _of_all: OfAll,
    _of_address: per_address::Place,
}

struct OfAll(Arc<Feed>);

impl Place {
    pub(super) fn take(web: &Web, asker: Asker) -> Result<Place, ApiError> {
        let config = web.config.get();
        let of_all = OfAll::take(&web.feed, config.max_sessions).ok_or_else(|| {
            ApiError::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many_sessions",
                "all live sessions are taken",
                "close some pages, or raise http.max_sessions",
            )
        })?;
        let address = config.access.counted(asker.address);
        let of_address = web.sessions.take(address, config.max_sessions_per_address).ok_or_else(|| {
            ApiError::new(
                StatusCode::TOO_MANY_REQUESTS,
                "too_many_sessions_of_address",
                "all live sessions of this address are taken",
                "close some pages, or raise http.max_sessions_per_address; a proxy is named in access.trusted_proxies",
            )
        })?;
        Ok(Place { _of_all: of_all, _of_address: of_address })
    }
}

impl OfAll {
    fn take(feed: &Arc<Feed>, max: usize) -> Option<OfAll> {
        let before = feed.sessions.fetch_add(1, Ordering::Relaxed);
        let place = OfAll(Arc::clone(feed));
        (before < max as u64).then_some(place)
    }
}

impl Drop for OfAll {
    fn drop(&mut self) {
        self.0.sessions.fetch_sub(1, Ordering::Relaxed);
    }
}

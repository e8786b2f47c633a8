//! What was refused over HTTP, counted by why: each limit that bites is a number of `/metrics`.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The code of the error that a response is, as it is told to whoever asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused(pub(super) &'static str);

/// A connection whose peer did not take what it asked for within `feed.write_timeout`.
pub(super) const NOT_READ: &str = "not_read";
/// One that sent no whole head of a request within `http.header_timeout`.
pub(super) const HEAD_TOO_SLOW: &str = "head_too_slow";
/// One whose head was larger than `http.max_header`, or had more fields than `http.max_header_fields`.
pub(super) const HEAD_TOO_LARGE: &str = "head_too_large";

/// See the module. Codes are words of this program, so there are not many.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<BTreeMap<&'static str, u64>>);

impl Refusals {
    pub(super) fn count(&self, code: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(code).or_default() += 1;
    }

    /// Those that there were, by code.
    pub(super) fn all(&self) -> Vec<(&'static str, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(code, count)| (*code, *count)).collect()
    }
}

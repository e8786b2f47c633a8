//! What an attempt to tell somebody came to, and when the next one is.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// How long somebody is tried to be told.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One attempt may take so long: connecting, TLS and the answer.
    pub attempt: Duration,
    /// The pause after the first attempt; each later one is twice as long …
    pub first: Duration,
    /// … up to this.
    pub most: Duration,
    pub attempts: u32,
}

impl Default for Patience {
    /// 2, 4, 8 … 256 s: eight and a half minutes, which outlast a restart of who is told. What could
    /// not be told by then is old news.
    fn default() -> Self {
        let s = Duration::from_secs;
        Patience { attempt: s(15), first: s(2), most: s(300), attempts: 9 }
    }
}

/// Who is told may ask for a longer pause, but not for more than this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(15 * 60);
/// Of an answer's words so many are shown.
pub(super) const WHY_MAX: usize = 200;

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub why: String,
    /// It may go better later, and not before this.
    pub again: Option<Duration>,
}

impl Failure {
    #[must_use]
    pub fn for_good(why: impl Into<String>) -> Failure {
        Failure { why: why.into(), again: None }
    }

    #[must_use]
    pub fn for_now(why: impl Into<String>) -> Failure {
        Failure { why: why.into(), again: Some(Duration::ZERO) }
    }
}

impl Patience {
    /// How long to wait after the `attempt`th one failed; `None` is the end. Every process waits a
    /// little differently, or all would come back at once.
    #[must_use]
    pub fn pause(&self, attempt: u32, failure: &Failure) -> Option<Duration> {
        let asked = failure.again?;
        if attempt >= self.attempts {
            return None;
        }
        let doubled = self.first.saturating_mul(1 << (attempt.saturating_sub(1)).min(20));
        let grown = doubled.min(self.most).mul_f64(0.5 + 0.5 * chance());
        Some(grown.max(asked.min(RETRY_AFTER_MAX)))
    }
}

/// From 0 to 1.
fn chance() -> f64 {
    // The keys of the standard library's hash are random: enough to part the crowd.
    (RandomState::new().hash_one(0u8) >> 11) as f64 / (1u64 << 53) as f64
}

/// `Retry-After` (RFC 9110, section 10.2.3): seconds, with a fraction as Discord has it, or a date.
#[must_use]
pub(super) fn retry_after(value: &str, now_s: i64) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<f64>() {
        return Duration::try_from_secs_f64(seconds).ok();
    }
    let date = chrono::DateTime::parse_from_rfc2822(value).ok()?;
    u64::try_from(date.timestamp() - now_s).ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_end_and_are_never_shorter_than_asked() {
        let patience = Patience::default();
        let failure = Failure::for_now("busy");
        let mut whole = Duration::ZERO;
        for attempt in 1..patience.attempts {
            let full = Duration::from_secs(2 << (attempt - 1));
            let pause = patience.pause(attempt, &failure).expect("another attempt");
            assert!(pause >= full / 2 && pause <= full, "{attempt}: {pause:?}");
            whole += full;
        }
        assert_eq!(whole, Duration::from_secs(510));
        assert_eq!(patience.pause(patience.attempts, &failure), None);
        assert_eq!(patience.pause(1, &Failure::for_good("no such hook")), None);
        let asked = |s| Failure { why: String::new(), again: Some(Duration::from_secs(s)) };
        assert_eq!(patience.pause(1, &asked(60)), Some(Duration::from_secs(60)));
        assert_eq!(patience.pause(1, &asked(1_000_000)), Some(RETRY_AFTER_MAX));
    }

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
        let s = Duration::from_secs;
        for (value, pause) in [
            ("120", Some(s(120))),
            (" 0 ", Some(s(0))),
            ("0.5", Some(Duration::from_millis(500))),
            ("Thu, 26 Nov 2026 10:00:30 GMT", Some(s(30))),
            ("Thu, 26 Nov 2026 09:00:00 GMT", None),
            ("-1", None),
            ("1e99", None),
            ("soon", None),
        ] {
            assert_eq!(retry_after(value, 1_795_687_200), pause, "{value}");
        }
    }
}

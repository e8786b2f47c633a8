//! A warning that a stranger can cause is said seldom: the log is no place to flood.

use std::time::{Duration, Instant};

/// Between two warnings of one kind.
const PAUSE: Duration = Duration::from_secs(10);

/// One kind of warning of one receiver.
#[derive(Debug, Default)]
pub struct Seldom {
    said: Option<Instant>,
    unsaid: u64,
}

impl Seldom {
    /// Whether to say it now; then how often it was left unsaid since the last time.
    pub fn due(&mut self) -> Option<u64> {
        self.due_at(Instant::now())
    }

    fn due_at(&mut self, now: Instant) -> Option<u64> {
        if self.said.is_some_and(|said| now.saturating_duration_since(said) < PAUSE) {
            self.unsaid += 1;
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_often_is_said_once_and_then_with_its_number() {
        let (mut warning, now) = (Seldom::default(), Instant::now());
        assert_eq!(warning.due_at(now), Some(0));
        for _ in 0..500 {
            assert_eq!(warning.due_at(now + PAUSE / 2), None);
        }
        assert_eq!(warning.due_at(now + PAUSE), Some(500));
    }
}

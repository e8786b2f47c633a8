//! What was asked for by requests of which a later line says how they were answered, by source: for lines that come
//! one by one, as over a network.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::decode::multiline::Requests;

/// Bytes that all sources together may take. Beyond, the source that was heard longest ago is forgotten, and its open
/// requests count without what was asked for.
const ROOM: usize = 16 << 20;
/// What a source takes by itself, on the safe side.
const SOURCE: usize = 1024;

/// See the module.
#[derive(Debug, Default)]
pub struct Pairs {
    seen: AtomicBool,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    of: HashMap<u32, Of>,
    /// The sources by the turn in which each was heard last.
    heard: BTreeMap<u64, u32>,
    bytes: usize,
    turn: u64,
}

#[derive(Debug, Default)]
struct Of {
    requests: Requests,
    bytes: usize,
    /// The turn in which it was heard last.
    heard: u64,
}

impl Pairs {
    /// A cheap look, without a lock: whether a message may be one of two lines.
    #[must_use]
    pub fn may_be_part(&self, message: &str) -> bool {
        Requests::may_be_part(message.as_bytes(), self.seen.load(Ordering::Relaxed))
    }

    /// A message of a source with what was asked for behind it; `None` where it stays as it is. What it asks for
    /// itself is remembered.
    pub fn look(&self, source: u32, message: &str) -> Option<String> {
        let mut guard = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = &mut *guard;
        let of = known.of.entry(source).or_default();
        let whole = of.requests.look(message.as_bytes()).into_owned();
        let (before, now) = (of.bytes, SOURCE + of.requests.bytes());
        known.turn += 1;
        known.heard.remove(&of.heard);
        known.heard.insert(known.turn, source);
        (of.bytes, of.heard) = (now, known.turn);
        if of.requests.has_seen() {
            self.seen.store(true, Ordering::Relaxed);
        }
        known.bytes = known.bytes + now - before;
        while known.bytes > ROOM {
            known.forget_oldest();
        }
        drop(guard);
        let whole = String::from_utf8(whole).ok()?;
        (whole != message).then_some(whole)
    }

    /// Requests that are open count without what was asked for.
    pub fn forget(&self) {
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = Known::default();
    }
}

impl Known {
    fn forget_oldest(&mut self) {
        let oldest = self.heard.pop_first().and_then(|(_, source)| self.of.remove(&source));
        self.bytes -= oldest.map_or(self.bytes, |of| of.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(id: u32, path: &str) -> String {
        format!(
            "[{id:08x}-1111-4222-8333-0123456789ab] Started GET \"{path}\" for 192.0.2.1 at 2026-11-30 10:00:00 +0000"
        )
    }

    fn answered(id: u32) -> String {
        format!("[{id:08x}-1111-4222-8333-0123456789ab] Completed 200 OK in 5ms (Views: 1.0ms)")
    }

    #[test]
    fn what_one_source_asked_for_answers_no_other() {
        let pairs = Pairs::default();
        assert!(pairs.may_be_part(&asked(1, "/a")) && pairs.may_be_part(&answered(1)));
        assert_eq!(pairs.look(1, &asked(1, "/a")), None);
        assert_eq!(pairs.look(2, &answered(1)), None);
        assert!(pairs.look(1, &answered(1)).is_some_and(|whole| whole.contains("/a")));
        assert_eq!(pairs.look(1, &answered(1)), None, "it was answered");
    }

    #[test]
    fn who_makes_up_sources_takes_no_more_memory_and_nothing_from_who_is_heard() {
        let pairs = Pairs::default();
        let long = format!("/{}", "x".repeat(3000));
        for n in 0..20_000 {
            pairs.look(1 + n, &asked(n, &long));
            if n % 1000 == 0 {
                pairs.look(0, &asked(n, "/mine"));
            }
            if n % 1000 == 999 {
                let whole = pairs.look(0, &answered(n - 999));
                assert!(whole.is_some_and(|whole| whole.contains("/mine")), "{n}");
            }
        }
        let known = pairs.known.lock().expect("whole");
        assert!(known.bytes <= ROOM && known.of.len() * 3000 <= ROOM);
        assert_eq!(known.bytes, known.of.values().map(|of| of.bytes).sum::<usize>());
        assert!(known.of.iter().all(|(source, of)| known.heard[&of.heard] == *source));
        assert_eq!(known.of.len(), known.heard.len());
    }
}

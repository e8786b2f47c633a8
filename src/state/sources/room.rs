//! Room for new senders where as many are told apart as may be: the longest silent go into the source that stands
//! for many, with what was counted of them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Key, Millis, Source, Sources};

/// How long a source has to be silent until its place is another's: longer than any that writes each hour.
const SILENT_MS: i64 = 2 * 3_600_000;
/// One in so many places is made free at once.
const PART: usize = 8;
/// How often it is looked for some: each look goes through all.
const EVERY_MS: i64 = 60_000;

impl Sources {
    /// Makes room where there is none, at most once a minute; gives how many sources went. Whoever holds one of
    /// them keeps it: it is not silent for good. Not to be called with a source locked.
    pub fn make_room(&self, now: Millis) -> usize {
        let looked = self.looked.load(Ordering::Relaxed);
        if self.map.len() < self.config.max
            || (looked..looked.saturating_add(EVERY_MS)).contains(&now.0)
        {
            return 0;
        }
        self.looked.store(now.0, Ordering::Relaxed);
        let until = Millis(now.0 - SILENT_MS);
        // Somebody may get one while it is looked at; who has it locked may wait for this part of the map.
        let silent = |source: &Arc<Source>| {
            let heard = source.state.try_lock().ok()?.last_heard;
            (Arc::strong_count(source) == 1 && heard <= until).then_some(heard)
        };
        let mut found: Vec<(Millis, u32, Key)> = self
            .map
            .iter()
            .filter_map(|entry| Some((silent(entry.value())?, entry.id, entry.key().clone())))
            .collect();
        found.sort_unstable_by_key(|(heard, id, _)| (*heard, *id));
        found.truncate((self.config.max / PART).max(1));
        let mut went = Vec::new();
        for (_, _, key) in found {
            // It may have been asked for since.
            went.extend(self.map.remove_if(&key, |_, source| silent(source).is_some()));
        }
        if let Some((_, first)) = went.first() {
            let shared = self.shared(first.key(), now);
            for (_, source) in &went {
                shared.take_over(source);
            }
        }
        let mut watch = self.drift.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        went.iter().for_each(|(_, source)| watch.forget(source.id));
        went.len()
    }
}

impl Source {
    /// Adds what was counted of another one.
    fn take_over(&self, other: &Source) {
        let other = other.lock();
        let mut state = self.lock();
        state.counts.add(&other.counts);
        state.misdated = state.misdated.saturating_add(other.misdated);
        state.first_heard = state.first_heard.min(other.first_heard);
        for (format, lines) in &other.formats {
            state.count_format(format, *lines);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::account::Counts;
    use crate::state::sources::{Peer, SourceKey, SourcesConfig};

    fn heard(sources: &Sources, name: &str, at: i64) -> Arc<Source> {
        let peer = Peer::Name(name.into());
        let key = SourceKey { peer: &peer, hostname: None, app_name: None };
        let source = sources.get(key, "tcp", Millis(at));
        let mut state = source.lock();
        state.last_heard = Millis(at);
        state.counts.add(&Counts { received: 10, counted: 9, unparsed: 1, ..Counts::default() });
        state.count_format("combined", 9);
        drop(state);
        source
    }

    fn received(sources: &Sources) -> u64 {
        sources.all().iter().map(|source| source.lock().counts.received).sum()
    }

    #[test]
    fn the_longest_silent_make_room_for_new_senders_and_no_count_is_lost() {
        let sources = Sources::new(SourcesConfig { max: 16, ..SourcesConfig::default() });
        let hour = 3_600_000;
        for n in 0..16 {
            heard(&sources, &format!("pod-{n}"), n * 1000);
        }
        assert_eq!(sources.make_room(Millis(hour)), 0, "none is silent for long");
        assert_eq!(&*heard(&sources, "new", hour).name, "other");
        let held = heard(&sources, "pod-0", 0);
        heard(&sources, "pod-1", 4 * hour);
        let before = received(&sources);
        assert_eq!(sources.make_room(Millis(4 * hour)), 2, "an eighth of the places");
        assert_eq!(
            sources.make_room(Millis(4 * hour + 1000)),
            0,
            "once a minute, and only where full"
        );
        assert_eq!(received(&sources), before);
        let names: Vec<String> = sources.all().iter().map(|s| s.name.to_string()).collect();
        for gone in ["pod-2", "pod-3"] {
            assert!(!names.iter().any(|name| name == gone), "{names:?}");
        }
        for stays in ["pod-0", "pod-1", "pod-4", "pod-15", "other"] {
            assert!(names.iter().any(|name| name == stays), "{stays}: {names:?}");
        }
        assert_eq!(&*heard(&sources, "new", 4 * hour).name, "new");
        let again = heard(&sources, "pod-2", 4 * hour);
        assert!(again.id > 16 && again.lock().counts.received == 10, "it begins anew");
        let other = sources.all().into_iter().find(|source| source.id == 0).expect("the rest");
        assert_eq!(other.lock().counts.received, 30);
        assert_eq!(other.lock().formats["combined"], 27);
        drop(held);
    }
}

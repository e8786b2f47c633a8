//! The newest lines that a view told, for a snapshot, and how many they stand for: of a busy second a sample is told.

use std::collections::VecDeque;

use super::TAIL_SNAPSHOT;
use crate::aggregate::wire::EventRow;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    /// Newest last.
    rows: VecDeque<EventRow>,
    /// Of each time that lines were told.
    told: VecDeque<Told>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    /// How many of its lines are kept.
    rows: usize,
    /// How many there were.
    matched: u64,
}

impl Recent {
    /// Lines between which there are no others, newest last.
    pub(super) fn of(rows: Vec<EventRow>) -> Recent {
        let mut recent = Recent::default();
        recent.add(&rows, rows.len() as u64);
        recent
    }

    /// Adds newer lines, told of so many that matched.
    pub(super) fn add(&mut self, rows: &[EventRow], matched: u64) {
        match self.told.back_mut() {
            Some(last) if rows.is_empty() => last.matched += matched,
            _ if rows.is_empty() => {}
            _ => self.told.push_back(Told { rows: rows.len(), matched }),
        }
        self.rows.extend(rows.iter().cloned());
        let mut over = self.rows.len().saturating_sub(TAIL_SNAPSHOT);
        self.rows.drain(..over);
        while over > 0
            && let Some(oldest) = self.told.front_mut()
        {
            let gone = over.min(oldest.rows);
            over -= gone;
            oldest.rows -= gone;
            oldest.matched = oldest.matched.saturating_sub(gone as u64);
            if oldest.rows == 0 {
                self.told.pop_front();
            }
        }
    }

    pub(super) fn rows(&self) -> Vec<EventRow> {
        self.rows.iter().cloned().collect()
    }

    /// How many matched where these were told: as many, or more where they are a sample.
    pub(super) fn matched(&self) -> u64 {
        self.told.iter().map(|told| told.matched).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_newest_lines_stand_for_goes_with_them() {
        let rows = |n: usize| vec![EventRow::default(); n];
        let kept = |recent: &Recent| (recent.rows.len(), recent.matched());
        let mut recent = Recent::of(rows(150));
        assert_eq!(kept(&recent), (150, 150));
        recent.add(&rows(0), 0);
        recent.add(&rows(40), 300);
        assert_eq!(kept(&recent), (190, 450), "a sample");
        recent.add(&rows(60), 60);
        assert_eq!(kept(&recent), (200, 460), "50 of the oldest have gone");
        recent.add(&rows(0), 7);
        recent.add(&rows(100), 100);
        assert_eq!(kept(&recent), (200, 467), "all of the oldest have gone");
        recent.add(&rows(40), 40);
        assert_eq!(kept(&recent), (200, 207), "and so has the sample");
        recent.add(&rows(TAIL_SNAPSHOT + 5), TAIL_SNAPSHOT as u64 + 5);
        assert_eq!(kept(&recent), (200, 200));
    }
}

//! Single events of a range.

use super::{Live, Range};
use crate::aggregate::filter::Filter;
use crate::aggregate::scan::Scanner;
use crate::aggregate::wire::EventRow;
use crate::state::sample::RowRef;
use crate::state::waiting::Waiting;
use crate::state::window::SegmentRef;
use crate::vocab::time::Second;

/// Events that one answer may have.
pub const EVENTS: usize = 10_000;

impl Live {
    /// Single events of a range, at most `limit` and [`EVENTS`]: the newest ones, newest first, or
    /// the oldest ones, oldest first.
    #[must_use]
    pub fn events(
        &self,
        range: Range,
        filter: &Filter,
        limit: usize,
        newest_first: bool,
    ) -> Vec<EventRow> {
        self.find_events(range, filter, limit, newest_first, |_, _| true)
    }

    pub(super) fn find_events(
        &self,
        range: Range,
        filter: &Filter,
        limit: usize,
        newest_first: bool,
        wanted: impl Fn(&SegmentRef, Second) -> bool,
    ) -> Vec<EventRow> {
        let limit = limit.min(EVENTS);
        let (from, to) = self.bounds(range);
        let mut segments: Vec<(Second, SegmentRef)> = self
            .window
            .all_segments(from, to)
            .filter(|(at, _, segment)| wanted(at, segment.second))
            .map(|(at, _, segment)| (segment.second, at))
            .collect();
        segments.sort_unstable();
        if newest_first {
            segments.reverse();
        }
        let dictionaries = self.window.dictionaries();
        let mut scanner = Scanner::new(filter);
        let mut found: Vec<RowRef> = Vec::new();
        let waiting = Waiting::here();
        for group in segments.chunk_by(|a, b| a.0 == b.0) {
            if found.len() >= limit || !waiting.waits() {
                break;
            }
            let before = found.len();
            for &(second, at) in group {
                let Some((chunk, segment)) = self.window.segment(at) else { continue };
                scanner.scan(&chunk.columns, segment.rows(), dictionaries, |batch| {
                    let access = (0..batch.access.len()).map(|i| batch.access.row(i) as u32);
                    let others = batch.errors.iter().chain(batch.messages).copied();
                    found.extend(
                        access.chain(others).map(|row| RowRef::new(second, at, row, &batch)),
                    );
                });
            }
            found[before..].sort_unstable();
            if newest_first {
                found[before..].reverse();
            }
        }
        found.truncate(limit);
        found.iter().filter_map(|row| row.render(&self.window)).collect()
    }
}

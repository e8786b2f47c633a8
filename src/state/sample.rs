//! A small even sample of many rows that keeps the errors: what the tail shows of a second.

use super::window::{SegmentRef, Window};
use crate::aggregate::dictionaries::Dictionaries;
use crate::aggregate::render::event_row;
use crate::aggregate::scan::Batch;
use crate::aggregate::wire::EventRow;
use crate::vocab::event::Level;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// Where a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowRef {
    second: Second,
    ms: u64,
    segment: SegmentRef,
    row: u32,
}

impl RowRef {
    pub(crate) fn new(second: Second, segment: SegmentRef, row: u32, batch: &Batch<'_>) -> RowRef {
        RowRef { second, ms: batch.ms(row), segment, row }
    }

    pub(crate) fn place(&self) -> (SegmentRef, u32) {
        (self.segment, self.row)
    }

    pub(crate) fn render(&self, window: &Window) -> Option<EventRow> {
        let chunk = window.chunk(self.segment.chunk)?;
        Some(event_row(&chunk.columns, self.row as usize, self.second, window.dictionaries()))
    }
}

/// Every `stride`th row of those seen, at most twice the wanted number.
#[derive(Clone, Debug)]
struct Even {
    rows: Vec<(Second, SegmentRef, u32)>,
    seen: u64,
    stride: u64,
}

impl Even {
    #[inline]
    fn see(&mut self, row: (Second, SegmentRef, u32), wanted: usize) {
        if self.seen.is_multiple_of(self.stride) {
            if self.rows.len() == 2 * wanted {
                let mut keep = false;
                self.rows.retain(|_| {
                    keep = !keep;
                    keep
                });
                self.stride *= 2;
            }
            if self.seen.is_multiple_of(self.stride) {
                self.rows.push(row);
            }
        }
        self.seen += 1;
    }
}

/// The sample.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    wanted: usize,
    /// Levels of which nothing is wrong, by their ids.
    quiet: Vec<bool>,
    /// 5xx and lines of an error log that complain; 4xx; the rest.
    ranks: [Even; 3],
}

impl Sample {
    pub(crate) fn new(wanted: usize, dictionaries: &Dictionaries) -> Sample {
        let even = Even { rows: Vec::new(), seen: 0, stride: 1 };
        let levels = dictionaries.field(Field::Level);
        let is_quiet =
            |id| Level::from_name(levels.text(id)).is_some_and(|level| !level.is_complaint());
        let quiet = (0..levels.bound() as u32).map(is_quiet).collect();
        Sample { wanted, quiet, ranks: [even.clone(), even.clone(), even] }
    }

    /// Rows that match and are `wanted`.
    pub(crate) fn add(
        &mut self,
        second: Second,
        segment: SegmentRef,
        batch: &Batch<'_>,
        wanted: impl Fn(u32) -> bool,
    ) {
        for index in 0..batch.access.len() {
            // Rows of a chunk are numbered with 32 bits.
            let row = batch.access.row(index) as u32;
            if !wanted(row) {
                continue;
            }
            let rank = match batch.status(index) {
                500..600 => 0,
                400..500 => 1,
                _ => 2,
            };
            self.ranks[rank].see((second, segment, row), self.wanted);
        }
        for &row in batch.errors.iter().filter(|row| wanted(**row)) {
            let level = batch.columns.text(Field::Level).get(row as usize);
            let is_quiet = self.quiet.get(level as usize) == Some(&true);
            let rank = if is_quiet { 2 } else { 0 };
            self.ranks[rank].see((second, segment, row), self.wanted);
        }
        for &row in batch.messages.iter().filter(|row| wanted(**row)) {
            self.ranks[2].see((second, segment, row), self.wanted);
        }
    }

    /// How many rows it was given.
    pub(crate) fn seen(&self) -> u64 {
        self.ranks.iter().map(|rank| rank.seen).sum()
    }

    /// The rows to show, in the order of time.
    pub(crate) fn render(self, window: &Window) -> Vec<EventRow> {
        self.pick(window).iter().filter_map(|row| row.render(window)).collect()
    }

    /// Where these are.
    pub(crate) fn pick(self, window: &Window) -> Vec<RowRef> {
        let mut picked: Vec<RowRef> = Vec::with_capacity(self.wanted);
        for rank in &self.ranks {
            let (have, room) = (rank.rows.len(), self.wanted - picked.len());
            let take = have.min(room);
            let rows = (0..take).map(|i| rank.rows[i * have / take.max(1)]);
            picked.extend(rows.filter_map(|(second, segment, row)| {
                let ms = window.chunk(segment.chunk)?.columns.ms(row);
                Some(RowRef { second, ms, segment, row })
            }));
        }
        picked.sort_unstable();
        picked
    }
}

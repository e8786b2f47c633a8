//! A block: the events of one second in columns, with dictionaries of its own.

use crate::vocab::event::Kind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

use super::dict::{ABSENT, BlockDict, Seeds};
use super::row::{Row, present};

/// Sizes above this (256 TiB) are counted as this: a sum of a window's worth of them still fits.
pub const MAX_BYTES: u64 = 1 << 48;

/// One second's events. Columns that no row used cost nothing.
///
/// A column shorter than the block ends in rows that lack it, so an absent field costs nothing to
/// append either. Numbers that may be absent are kept plus one, with 0 for none.
#[derive(Clone, Debug)]
pub struct Block {
    second: Second,
    seeds: Seeds,
    pub(crate) ms: Vec<u16>,
    pub(crate) kind: Vec<u8>,
    pub(crate) status: Vec<u16>,
    pub(crate) bytes: Vec<u64>,
    pub(crate) bytes_in: Vec<u64>,
    pub(crate) request: Vec<u32>,
    pub(crate) upstream: Vec<u32>,
    pub(crate) dicts: [BlockDict; Field::COUNT],
    pub(crate) ids: [Vec<u32>; Field::COUNT],
}

impl Block {
    /// An empty block; allocates nothing.
    #[must_use]
    pub fn new(second: Second) -> Block {
        Block {
            second,
            seeds: Seeds::new(),
            ms: Vec::new(),
            kind: Vec::new(),
            status: Vec::new(),
            bytes: Vec::new(),
            bytes_in: Vec::new(),
            request: Vec::new(),
            upstream: Vec::new(),
            dicts: std::array::from_fn(|_| BlockDict::default()),
            ids: std::array::from_fn(|_| Vec::new()),
        }
    }

    /// Adds one event.
    pub fn append(&mut self, row: &Row<'_>) {
        self.append_all(std::slice::from_ref(row));
    }

    /// Adds events, column by column: what one field's dictionary is looked up in stays in the first
    /// caches, and lookups that wait for memory wait together.
    pub fn append_all(&mut self, rows: &[Row<'_>]) {
        let at = self.ms.len();
        self.ms.extend(rows.iter().map(|row| row.ms.min(999)));
        self.kind.extend(rows.iter().map(|row| row.kind as u8));
        let status = |row: &Row<'_>| match row.kind {
            Kind::Access => row.status.min(999),
            _ => 0,
        };
        let size = |bytes: Option<u64>| bytes.map_or(0, |bytes| bytes.min(MAX_BYTES) + 1);
        let time = |us: Option<u32>| us.map_or(0, |us| us.saturating_add(1));
        put_all(&mut self.status, at, rows.iter().map(status));
        put_all(&mut self.bytes, at, rows.iter().map(|row| size(row.bytes)));
        put_all(&mut self.bytes_in, at, rows.iter().map(|row| size(row.bytes_in)));
        put_all(&mut self.request, at, rows.iter().map(|row| time(row.request_us)));
        put_all(&mut self.upstream, at, rows.iter().map(|row| time(row.upstream_us)));
        for (field, (dict, ids)) in self.dicts.iter_mut().zip(&mut self.ids).enumerate() {
            let texts = rows.iter().map(|row| present(row.text[field]));
            let seeds = &self.seeds;
            put_all(ids, at, texts.map(|text| text.map_or(ABSENT, |text| dict.id(seeds, text))));
        }
    }

    /// Number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ms.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ms.is_empty()
    }

    #[must_use]
    pub fn second(&self) -> Second {
        self.second
    }
}

/// Writes the values of the rows from `at` on; the last ones that are absent are not written.
#[inline]
fn put_all<T>(column: &mut Vec<T>, at: usize, values: impl Iterator<Item = T>)
where
    T: Copy + Default + PartialEq,
{
    for (at, value) in (at..).zip(values) {
        if value != T::default() {
            if column.len() < at {
                column.resize(at, T::default());
            }
            column.push(value);
        }
    }
}

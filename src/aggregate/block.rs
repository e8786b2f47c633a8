//! A block: the events of one second in columns, with dictionaries of its own.

use crate::vocab::event::Kind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

use super::dict::{BlockDict, Seeds};
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
        let at = self.ms.len();
        self.ms.push(row.ms.min(999));
        self.kind.push(row.kind as u8);
        if row.kind == Kind::Access {
            put(&mut self.status, at, row.status.min(999));
        }
        put(&mut self.bytes, at, row.bytes.map_or(0, |b| b.min(MAX_BYTES) + 1));
        put(&mut self.bytes_in, at, row.bytes_in.map_or(0, |b| b.min(MAX_BYTES) + 1));
        put(&mut self.request, at, row.request_us.map_or(0, |us| us.saturating_add(1)));
        put(&mut self.upstream, at, row.upstream_us.map_or(0, |us| us.saturating_add(1)));
        for (field, text) in row.text.iter().enumerate() {
            if let Some(text) = present(*text) {
                put(&mut self.ids[field], at, self.dicts[field].id(&self.seeds, text));
            }
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

#[inline]
fn put<T: Copy + Default + PartialEq>(column: &mut Vec<T>, at: usize, value: T) {
    if value != T::default() {
        if column.len() < at {
            column.resize(at, T::default());
        }
        column.push(value);
    }
}

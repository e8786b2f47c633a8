//! Columns that grow row by row, as wide as the largest number so far asks for: what a block writes, and how it is read.
//!
//! Of a busy second they are half of what numbers of one width take, and so is the memory that they come through.

use std::ops::BitOr;

use super::{Column, Number, Rows, U24};

impl Column {
    /// Writes the values of the rows from `at` on. Rows before them of which nothing was written, and those behind the
    /// end, have 0.
    #[inline(always)]
    pub(crate) fn put<T: Number + BitOr<Output = T>>(&mut self, at: usize, values: &[T]) {
        #[inline(always)]
        fn write<S: Number, T: Number>(column: &mut Vec<S>, at: usize, values: &[T]) {
            column.resize(at, S::default());
            column.extend(values.iter().map(|value| S::narrow(value.wide())));
        }
        // As wide as the largest of them.
        let bits = values.iter().fold(T::default(), |bits, value| bits | *value).wide();
        if bits == 0 {
            return;
        }
        if bits > self.limit() {
            self.widen(bits);
        }
        match self {
            Column::U8(column) => write(column, at, values),
            Column::U16(column) => write(column, at, values),
            Column::U32(column) => write(column, at, values),
            Column::U64(column) => write(column, at, values),
            Column::Const(_) | Column::U24(_) => unreachable!("no such column grows"),
        }
    }

    /// The largest value that it has room for.
    #[inline(always)]
    fn limit(&self) -> u64 {
        match self {
            Column::Const(_) => 0,
            Column::U8(_) => u8::MAX.into(),
            Column::U16(_) => u16::MAX.into(),
            Column::U24(_) => U24::MAX,
            Column::U32(_) => u32::MAX.into(),
            Column::U64(_) => u64::MAX,
        }
    }

    #[cold]
    #[inline(never)]
    fn widen(&mut self, most: u64) {
        fn of<T: Number>(column: &Column) -> Column {
            let mut wide = Vec::new();
            column.load::<T>(Rows::Range(0, column.written()), &mut wide);
            T::column(wide)
        }
        *self = match most {
            0..=0xff => of::<u8>(self),
            0x100..=0xffff => of::<u16>(self),
            0x1_0000..=0xffff_ffff => of::<u32>(self),
            _ => of::<u64>(self),
        };
    }

    /// Of how many rows there are values of their own.
    pub(crate) fn written(&self) -> usize {
        of_width!(self, Const(_) => 0, values => values.len())
    }

    /// What was written of the row, or 0.
    pub(crate) fn written_at(&self, row: usize) -> u64 {
        if row < self.written() { self.get(row) } else { 0 }
    }

    /// As [`load`](Column::load), where these rows may go on behind the end.
    pub(crate) fn load_written<T: Number>(&self, start: usize, len: usize, out: &mut Vec<T>) {
        let (start, there) = match self {
            Column::Const(_) => (start, len),
            _ => (start.min(self.written()), len.min(self.written().saturating_sub(start))),
        };
        self.load(Rows::Range(start, there), out);
        out.resize(len, T::default());
    }

    /// Reads into `out`, which is emptied first, what `map` has for each of the ids that were written.
    pub(crate) fn load_mapped(&self, map: &[u32], out: &mut Vec<u32>) {
        out.clear();
        of_width!(
            self,
            Const(_) => (),
            ids => out.extend(ids.iter().map(|id| map[id.wide() as usize])),
        );
    }

    /// Nothing is written in it, and the room is kept.
    pub(crate) fn clear(&mut self) {
        of_width!(self, Const(value) => *value = 0, values => values.clear());
    }

    /// Appends what was written in `grown` to an [open](Column::extend) one.
    pub(crate) fn extend_from<T: Number>(&mut self, before: usize, added: usize, grown: &Column) {
        of_width!(
            grown,
            Const(_) => self.extend::<T>(before, added, std::iter::empty()),
            values => self.extend(before, added, values.iter().map(|value| T::narrow(value.wide()))),
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::narrowest;
    use super::*;

    /// Some rows: how many bits their numbers have, none for those that lack one.
    fn some() -> impl Strategy<Value = (u32, Vec<u64>)> {
        let bits = prop_oneof![4 => Just(0), 4 => 1..9_u32, 3 => 9..17_u32, 2 => 17..33_u32, 1 => 33..65_u32];
        (bits, prop::collection::vec(any::<u64>(), 1..40))
    }

    proptest! {
        #[test]
        fn what_grows_is_what_was_written(
            first in prop::collection::vec(some(), 0..6),
            second in prop::collection::vec(some(), 1..6),
            before in 0..3_usize,
        ) {
            let mut column = Column::ABSENT;
            for rows in [first, second] {
                column.clear();
                let mut all = Vec::new();
                for (bits, values) in rows {
                    let within = |value: &u64| value.checked_shr(64 - bits).unwrap_or(0);
                    let values: Vec<u64> = values.iter().map(within).collect();
                    column.put(all.len(), &values);
                    all.extend(values);
                }
                prop_assert!(column.written() <= all.len());
                prop_assert!((0..all.len()).map(|row| column.written_at(row)).eq(all.iter().copied()));
                let (start, mut loaded) = (all.len() / 3, vec![1_u64]);
                column.load_written(start, all.len() - start, &mut loaded);
                prop_assert_eq!(&loaded, &all[start..]);
                let mut open = Column::ABSENT;
                open.extend_from::<u64>(before, all.len(), &column);
                let opened: Vec<u64> = std::iter::repeat_n(0, before).chain(all).collect();
                prop_assert_eq!(format!("{:?}", open.packed()), format!("{:?}", narrowest(&opened)));
            }
        }

        #[test]
        fn ids_are_mapped_alike_whether_they_are_loaded_or_made_a_column(
            ids in prop::collection::vec(0..70_000_u32, 1..100),
            below in 1..70_000_u32,
            to in prop_oneof![Just(1_u32), Just(200), Just(60_000), Just(u32::MAX)],
        ) {
            let ids: Vec<u32> = ids.iter().map(|id| id % below).collect();
            // Ids that no row has are mapped to 0.
            let mut map = vec![0; below as usize];
            ids.iter().for_each(|id| map[*id as usize] = to - (id % to.min(9)));
            let expected: Vec<u32> = ids.iter().map(|id| map[*id as usize]).collect();
            let mut grown = Column::ABSENT;
            grown.put(0, &ids);
            for column in [Column::U32(ids.clone()), narrowest(&ids), grown] {
                let mapped = column.mapped(&map);
                prop_assert!((0..ids.len()).all(|row| mapped.get(row) == u64::from(expected[row])));
                if expected.iter().any(|id| *id != expected[0]) {
                    prop_assert_eq!(format!("{mapped:?}"), format!("{:?}", narrowest(&expected)));
                }
                if let Column::U8(_) | Column::U16(_) | Column::U24(_) | Column::U32(_) = column {
                    let mut loaded = vec![7];
                    column.load_mapped(&map, &mut loaded);
                    prop_assert_eq!(&loaded, &expected);
                }
            }
        }
    }
}

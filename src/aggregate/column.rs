//! Columns of numbers in the narrowest form that holds them, and the rows that are read from them.

use std::cmp::Ordering;

use super::ahead::ask_for;
use crate::vocab::field::Field;

/// Places of the columns that hold no text.
pub(crate) const MS: usize = 0;
pub(crate) const KIND: usize = 1;
pub(crate) const STATUS: usize = 2;
pub(crate) const BYTES: usize = 3;
pub(crate) const BYTES_IN: usize = 4;
pub(crate) const REQUEST: usize = 5;
pub(crate) const UPSTREAM: usize = 6;
pub(crate) const VISITOR: usize = 7;
const TEXT: usize = 8;
const COLUMNS: usize = TEXT + Field::COUNT;

/// One column.
#[derive(Clone, Debug)]
pub enum Column {
    /// Every row has this value; what a format lacks is `Const(0)`.
    Const(u64),
    U8(Vec<u8>),
    U16(Vec<u16>),
    /// Slower to read, so that only rows take it of which there are all at once.
    U24(Vec<U24>),
    U32(Vec<u32>),
    U64(Vec<u64>),
}

/// A number of three bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct U24([u8; 3]);

impl U24 {
    const MAX: u64 = (1 << 24) - 1;
}

impl From<U24> for u64 {
    fn from(U24([a, b, c]): U24) -> u64 {
        u64::from(u32::from_le_bytes([a, b, c, 0]))
    }
}

impl PartialOrd for U24 {
    fn partial_cmp(&self, other: &U24) -> Option<Ordering> {
        u64::from(*self).partial_cmp(&u64::from(*other))
    }
}

impl Number for U24 {
    fn wide(self) -> u64 {
        self.into()
    }

    fn narrow(wide: u64) -> Self {
        let [a, b, c, ..] = wide.to_le_bytes();
        U24([a, b, c])
    }

    fn plain(column: &mut Column) -> Option<&mut Vec<Self>> {
        match column {
            Column::U24(values) => Some(values),
            _ => None,
        }
    }

    fn column(values: Vec<Self>) -> Column {
        Column::U24(values)
    }
}

/// The rows of a chunk that are meant.
#[derive(Clone, Copy, Debug)]
pub enum Rows<'a> {
    /// `start`, `len`.
    Range(usize, usize),
    /// Rising row numbers.
    Picked(&'a [u32]),
}

impl Rows<'_> {
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Rows::Range(_, len) => *len,
            Rows::Picked(rows) => rows.len(),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the `index`th row meant.
    #[must_use]
    pub fn row(&self, index: usize) -> usize {
        match self {
            Rows::Range(start, _) => start + index,
            Rows::Picked(rows) => rows[index] as usize,
        }
    }
}

/// A number that a column is kept or read as.
pub(crate) trait Number: Copy + Default + PartialOrd {
    fn wide(self) -> u64;
    /// The column's writer made sure that it fits.
    fn narrow(wide: u64) -> Self;
    /// The plain column of this type; `None` where `column` is of another.
    fn plain(column: &mut Column) -> Option<&mut Vec<Self>>;
    fn column(values: Vec<Self>) -> Column;
}

macro_rules! number {
    ($type:ty, $variant:ident) => {
        impl Number for $type {
            #[inline(always)]
            fn wide(self) -> u64 {
                u64::from(self)
            }
            #[inline(always)]
            fn narrow(wide: u64) -> Self {
                wide as $type
            }
            fn plain(column: &mut Column) -> Option<&mut Vec<Self>> {
                match column {
                    Column::$variant(values) => Some(values),
                    _ => None,
                }
            }
            fn column(values: Vec<Self>) -> Column {
                Column::$variant(values)
            }
        }
    };
}
/// The same of every width.
macro_rules! of_width {
    ($column:expr, Const($value:pat) => $const:expr, $values:ident => $of:expr $(,)?) => {
        match $column {
            Column::Const($value) => $const,
            Column::U8($values) => $of,
            Column::U16($values) => $of,
            Column::U24($values) => $of,
            Column::U32($values) => $of,
            Column::U64($values) => $of,
        }
    };
}

number!(u8, U8);
number!(u16, U16);
number!(u32, U32);
number!(u64, U64);

mod grown;

impl Column {
    pub(crate) const ABSENT: Column = Column::Const(0);

    /// The value of one row.
    #[must_use]
    pub fn get(&self, row: usize) -> u64 {
        of_width!(self, Const(value) => *value, values => values[row].wide())
    }

    /// Reads the rows into `out`, which is emptied first.
    #[inline]
    pub(crate) fn load<T: Number>(&self, rows: Rows<'_>, out: &mut Vec<T>) {
        of_width!(
            self,
            Const(value) => {
                out.clear();
                out.resize(rows.len(), T::narrow(*value));
            },
            values => take(values, rows, out),
        );
    }

    /// Its different values, rising, each of them an id below `bound`; of [`Column::Const`] the one that all rows have.
    pub(crate) fn distinct(&self, bound: usize) -> Vec<u32> {
        of_width!(
            self,
            Const(id) => vec![*id as u32],
            ids => distinct(ids.iter().map(|id| id.wide() as u32), bound),
        )
    }

    /// What `map` has for each of its ids, in the narrowest form. An id between them that no row has is mapped to 0, or
    /// to what is one of theirs.
    pub(crate) fn mapped(&self, map: &[u32]) -> Column {
        fn narrow<S: Number, T: Number>(values: &[S], map: &[u32]) -> Column {
            let new = |id: &S| T::narrow(map[id.wide() as usize].into());
            T::column(values.iter().map(new).collect())
        }
        fn of<S: Number>(values: &[S], map: &[u32]) -> Column {
            let (first, last) = bounds(values);
            if first > last {
                return Column::ABSENT;
            }
            match bounds(&map[first as usize..=last as usize]) {
                (low, high) if low == high => Column::Const(low),
                (_, high) if high <= u64::from(u8::MAX) => narrow::<S, u8>(values, map),
                (_, high) if high <= u64::from(u16::MAX) => narrow::<S, u16>(values, map),
                _ => narrow::<S, u32>(values, map),
            }
        }
        of_width!(
            self,
            Const(id) => Column::Const(map[*id as usize].into()),
            ids => of(ids, map),
        )
    }

    /// Appends to an open (plain or absent) column that stands at `before` rows.
    pub(crate) fn extend<T: Number>(
        &mut self,
        before: usize,
        added: usize,
        values: impl Iterator<Item = T>,
    ) {
        if let Column::Const(_) = self {
            *self = T::column(vec![T::default(); before]);
        }
        let Some(plain) = T::plain(self) else {
            unreachable!("an open column keeps the type it was opened with")
        };
        plain.extend(values);
        plain.resize(before + added, T::default());
    }

    /// The same values in the narrowest form.
    pub(crate) fn pack(&mut self) {
        *self = self.packed();
    }

    /// A copy in the narrowest form.
    pub(crate) fn packed(&self) -> Column {
        of_width!(self, Const(value) => Column::Const(*value), values => narrowest(values))
    }

    /// The largest value of any row.
    pub(crate) fn most(&self) -> u64 {
        of_width!(self, Const(value) => *value, values => bounds(values).1)
    }

    /// Just these rows, in as few bytes as hold them.
    fn picked(&self, rows: Rows<'_>) -> Column {
        fn of<T: Number>(column: &Column, rows: Rows<'_>) -> Column {
            let mut out = Vec::with_capacity(rows.len());
            column.load::<T>(rows, &mut out);
            T::column(out)
        }
        match self {
            Column::Const(value) => Column::Const(*value),
            Column::U8(_) => of::<u8>(self, rows),
            Column::U16(_) => of::<u16>(self, rows),
            Column::U24(_) => of::<U24>(self, rows),
            Column::U32(values) if bounds(values).1 <= U24::MAX => of::<U24>(self, rows),
            Column::U32(_) => of::<u32>(self, rows),
            Column::U64(_) => of::<u64>(self, rows),
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        of_width!(self, Const(_) => 0, values => room(values))
    }
}

/// Bytes of the numbers that it has room for.
fn room<T: Number>(values: &Vec<T>) -> usize {
    values.capacity() * size_of::<T>()
}

#[inline]
fn take<S: Number, T: Number>(values: &[S], rows: Rows<'_>, out: &mut Vec<T>) {
    match rows {
        Rows::Range(start, len) => {
            out.clear();
            out.extend(values[start..start + len].iter().map(|v| T::narrow(v.wide())));
            ask_for_next(values, start, start + len);
        }
        Rows::Picked(picked) => {
            // Each row may be out of bounds, so a compiler leaves the loop as it is written: eight at a time.
            out.resize(picked.len(), T::default());
            let read = |row: u32| T::narrow(values[row as usize].wide());
            let (eights, odd) = picked.as_chunks::<8>();
            let (into, odd_into) = out.as_chunks_mut::<8>();
            for (into, rows) in into.iter_mut().zip(eights) {
                into.iter_mut().zip(rows).for_each(|(into, &row)| *into = read(row));
            }
            odd_into.iter_mut().zip(odd).for_each(|(into, &row)| *into = read(row));
            if let [first, .., last] = *picked {
                ask_for_next(values, first as usize, last as usize);
            }
        }
    }
}

/// Asks for as many rows behind these as they span: those that a scan comes to next.
#[inline(always)]
pub(crate) fn ask_for_next<T>(values: &[T], first: usize, last: usize) {
    let next = values.get(last..).unwrap_or(&[]);
    ask_for(&next[..next.len().min(last.saturating_sub(first))]);
}

/// The least and the largest value; nothing and 0 of none.
fn bounds<T: Number>(values: &[T]) -> (u64, u64) {
    let Some(&first) = values.first() else { return (u64::MAX, 0) };
    // By their own width: many of a narrow type are compared at once.
    let (low, high) = values.iter().fold((first, first), |(low, high), &value| {
        (if value < low { value } else { low }, if value > high { value } else { high })
    });
    (low.wide(), high.wide())
}

/// The values as a column, in the narrowest form.
pub(crate) fn narrowest<T: Number>(values: &[T]) -> Column {
    fn of<S: Number, T: Number>(values: &[S]) -> Column {
        T::column(values.iter().map(|value| T::narrow(value.wide())).collect())
    }
    match bounds(values) {
        (low, high) if low == high => Column::Const(low),
        (_, high) if high <= u64::from(u8::MAX) => of::<T, u8>(values),
        (_, high) if high <= u64::from(u16::MAX) => of::<T, u16>(values),
        (_, high) if high <= u64::from(u32::MAX) => of::<T, u32>(values),
        _ => of::<T, u64>(values),
    }
}

/// The different ones of these, rising; all are below `bound`. Ticked off, for sorting a second's ids costs more than
/// all else that is done with them.
fn distinct(ids: impl Iterator<Item = u32>, bound: usize) -> Vec<u32> {
    const WORD: usize = 8;
    let mut seen = vec![0_u8; bound.next_multiple_of(WORD)];
    ids.for_each(|id| seen[id as usize] = 1);
    let mut found = Vec::new();
    // Mostly none of them in a row, where few rows have some of many values.
    for (start, word) in (0..).step_by(WORD).zip(seen.as_chunks::<WORD>().0) {
        if *word != [0; WORD] {
            found.extend((start..).zip(word).filter(|(_, seen)| **seen != 0).map(|(id, _)| id));
        }
    }
    found
}

/// All columns of a chunk.
#[derive(Clone, Debug)]
pub struct Columns {
    pub(crate) len: usize,
    columns: [Column; COLUMNS],
}

impl Default for Columns {
    fn default() -> Self {
        Columns { len: 0, columns: [const { Column::ABSENT }; COLUMNS] }
    }
}

impl Columns {
    /// Number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn at(&self, place: usize) -> &Column {
        &self.columns[place]
    }

    pub(crate) fn at_mut(&mut self, place: usize) -> &mut Column {
        &mut self.columns[place]
    }

    /// The column of ids of a text field.
    #[must_use]
    pub fn text(&self, field: Field) -> &Column {
        &self.columns[TEXT + field.index()]
    }

    pub(crate) fn text_mut(&mut self, field: Field) -> &mut Column {
        &mut self.columns[TEXT + field.index()]
    }

    /// Milliseconds into its second of a row.
    #[must_use]
    pub fn ms(&self, row: u32) -> u64 {
        self.at(MS).get(row as usize)
    }

    pub(crate) fn pack(&mut self) {
        self.columns.iter_mut().for_each(Column::pack);
    }

    /// Leaves only the columns whose place is `wanted` and these rows, which are all of one kind.
    pub(crate) fn keep(&mut self, rows: Rows<'_>, wanted: impl Fn(usize) -> bool) {
        for (place, column) in self.columns.iter_mut().enumerate() {
            *column = if wanted(place) { column.picked(rows) } else { Column::ABSENT };
        }
        self.len = rows.len();
    }

    /// How many columns there are.
    pub(crate) fn places(&self) -> usize {
        self.columns.len()
    }

    /// The place of the column of ids of a text field.
    pub(crate) fn place(field: Field) -> usize {
        TEXT + field.index()
    }

    /// Bytes that the columns hold.
    #[must_use]
    pub fn bytes(&self) -> usize {
        size_of::<Columns>() + self.columns.iter().map(Column::bytes).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Of every width, at and around the ends of each.
        #[test]
        fn rows_that_are_kept_have_the_values_they_had(
            width in 1u32..=64,
            values in prop::collection::vec((any::<u64>(), any::<bool>()), 1..200),
        ) {
            let within = |value: u64| value >> (64 - width);
            let mut columns = Columns { len: values.len(), ..Columns::default() };
            let all: Vec<u64> = values.iter().map(|(value, _)| within(*value)).collect();
            *columns.at_mut(VISITOR) = Column::U64(all.clone());
            columns.pack();
            let kept: Vec<u32> = (0..).zip(&values).filter(|(_, (_, kept))| *kept).map(|(row, _)| row).collect();
            columns.keep(Rows::Picked(&kept), |place| place == VISITOR);
            let column = columns.at(VISITOR);
            for (place, row) in kept.iter().enumerate() {
                prop_assert_eq!(column.get(place), all[*row as usize]);
            }
            let mut loaded: Vec<u64> = Vec::new();
            column.load(Rows::Range(0, kept.len()), &mut loaded);
            prop_assert!(loaded.iter().eq(kept.iter().map(|row| &all[*row as usize])));
            prop_assert!((17..=24).contains(&width) <= !matches!(column, Column::U32(_)));
        }

        #[test]
        fn different_ids_are_found_once_and_rising(
            ids in prop::collection::vec(0u32..700, 0..300),
            above in 1u32..200,
        ) {
            let bound = ids.iter().max().map_or(0, |most| (most + above) as usize);
            let expected: std::collections::BTreeSet<u32> = ids.iter().copied().collect();
            prop_assert!(distinct(ids.into_iter(), bound).into_iter().eq(expected));
        }

        #[test]
        fn numbers_of_three_bytes_are_ordered_as_numbers(a in 0..=U24::MAX, b in 0..=U24::MAX) {
            let (x, y) = (U24::narrow(a), U24::narrow(b));
            prop_assert_eq!((x.wide(), y.wide()), (a, b));
            prop_assert_eq!(x.partial_cmp(&y), a.partial_cmp(&b));
        }
    }
}

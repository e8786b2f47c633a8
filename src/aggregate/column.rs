//! Columns of numbers in the narrowest form that holds them, and the rows that are read from them.

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
    U32(Vec<u32>),
    U64(Vec<u64>),
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
pub(crate) trait Number: Copy + Default {
    fn wide(self) -> u64;
    fn holds(wide: u64) -> bool;
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
            fn holds(wide: u64) -> bool {
                wide <= u64::from(<$type>::MAX)
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
number!(u8, U8);
number!(u16, U16);
number!(u32, U32);
number!(u64, U64);

impl Column {
    pub(crate) const ABSENT: Column = Column::Const(0);

    /// The value of one row.
    #[must_use]
    pub fn get(&self, row: usize) -> u64 {
        match self {
            Column::Const(value) => *value,
            Column::U8(values) => values[row].into(),
            Column::U16(values) => values[row].into(),
            Column::U32(values) => values[row].into(),
            Column::U64(values) => values[row],
        }
    }

    /// Reads the rows into `out`, which is emptied first.
    #[inline]
    pub(crate) fn load<T: Number>(&self, rows: Rows<'_>, out: &mut Vec<T>) {
        out.clear();
        match self {
            Column::Const(value) => out.resize(rows.len(), T::narrow(*value)),
            Column::U8(values) => take(values, rows, out),
            Column::U16(values) => take(values, rows, out),
            Column::U32(values) => take(values, rows, out),
            Column::U64(values) => take(values, rows, out),
        }
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

    /// A column of these values in the narrowest form.
    pub(crate) fn closed<T: Number>(values: impl Iterator<Item = T> + Clone) -> Column {
        fn all<S: Number, T: Number>(rows: usize, values: impl Iterator<Item = S>) -> Vec<T> {
            let mut all = Vec::with_capacity(rows);
            all.extend(values.map(|value| T::narrow(value.wide())));
            all
        }
        let seen = values.clone().fold((0, u64::MAX, 0), |(rows, low, high), value| {
            (rows + 1, low.min(value.wide()), high.max(value.wide()))
        });
        match seen {
            (_, low, high) if low >= high => Column::Const(high),
            (rows, _, high) if u8::holds(high) => Column::U8(all(rows, values)),
            (rows, _, high) if u16::holds(high) => Column::U16(all(rows, values)),
            (rows, _, high) if u32::holds(high) => Column::U32(all(rows, values)),
            (rows, ..) => Column::U64(all(rows, values)),
        }
    }

    /// [`Column::extend`] and [`Column::pack`] in one, without the wide column between them.
    pub(crate) fn close_with<T: Number>(
        &mut self,
        before: usize,
        added: usize,
        values: impl ExactSizeIterator<Item = T> + Clone,
    ) {
        let mut earlier = Vec::new();
        self.load::<T>(Rows::Range(0, before), &mut earlier);
        let lacking = std::iter::repeat_n(T::default(), added - values.len());
        *self = Column::closed(earlier.iter().copied().chain(values).chain(lacking));
    }

    /// The same values in the narrowest form.
    pub(crate) fn pack(&mut self) {
        fn packed<T: Number>(values: &[T]) -> Column {
            Column::closed(values.iter().copied())
        }
        *self = match self {
            Column::Const(value) => Column::Const(*value),
            Column::U8(values) => packed(values),
            Column::U16(values) => packed(values),
            Column::U32(values) => packed(values),
            Column::U64(values) => packed(values),
        };
    }

    /// The largest value of any row.
    pub(crate) fn most(&self) -> u64 {
        match self {
            Column::Const(value) => *value,
            Column::U8(values) => bounds(values).1,
            Column::U16(values) => bounds(values).1,
            Column::U32(values) => bounds(values).1,
            Column::U64(values) => bounds(values).1,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Column::Const(_) => 0,
            Column::U8(values) => values.capacity(),
            Column::U16(values) => values.capacity() * 2,
            Column::U32(values) => values.capacity() * 4,
            Column::U64(values) => values.capacity() * 8,
        }
    }
}

#[inline]
fn take<S: Number, T: Number>(values: &[S], rows: Rows<'_>, out: &mut Vec<T>) {
    match rows {
        Rows::Range(start, len) => {
            out.extend(values[start..start + len].iter().map(|v| T::narrow(v.wide())));
        }
        Rows::Picked(picked) => {
            out.extend(picked.iter().map(|&row| T::narrow(values[row as usize].wide())));
        }
    }
}

fn bounds<T: Number>(values: &[T]) -> (u64, u64) {
    values.iter().fold((u64::MAX, 0), |(low, high), v| (low.min(v.wide()), high.max(v.wide())))
}

/// All columns of a chunk.
#[derive(Clone, Debug)]
pub struct Columns {
    pub(crate) len: usize,
    /// Every column is in its narrowest form.
    pub(crate) closed: bool,
    columns: [Column; COLUMNS],
}

impl Default for Columns {
    fn default() -> Self {
        Columns { len: 0, closed: false, columns: [const { Column::ABSENT }; COLUMNS] }
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
        if !std::mem::replace(&mut self.closed, true) {
            self.columns.iter_mut().for_each(Column::pack);
        }
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
        #[test]
        fn a_column_that_is_closed_with_its_last_rows_is_one_that_was_packed_behind_them(
            shift in 0_u32..64,
            earlier in prop::collection::vec(any::<u64>(), 0..50),
            values in prop::collection::vec(any::<u64>(), 0..50),
            absent in 0_usize..3,
        ) {
            let narrow = |values: &[u64]| values.iter().map(|v| v >> shift).collect::<Vec<_>>();
            let (earlier, values) = (narrow(&earlier), narrow(&values));
            let (before, added) = (earlier.len(), values.len() + absent);
            let rows = before + added;
            let mut appended = Column::ABSENT;
            appended.extend(0, before, earlier.iter().copied());
            let mut closed = appended.clone();
            appended.extend(before, added, values.iter().copied());
            appended.pack();
            closed.close_with(before, added, values.iter().copied());
            let all = |column: &Column| (0..rows).map(|row| column.get(row)).collect::<Vec<_>>();
            prop_assert_eq!(all(&closed), all(&appended));
            prop_assert_eq!(std::mem::discriminant(&closed), std::mem::discriminant(&appended));
            prop_assert_eq!(closed.bytes(), appended.bytes());
        }
    }
}

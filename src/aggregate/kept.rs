//! Rows of a chunk with the texts that they use, so that they need nobody's dictionaries: what is kept
//! over a restart, as bytes.
//!
//! Numbers are little-endian and columns as narrow as in memory. Reading is total: no length is believed
//! beyond the bytes that are there, and what no row can have is refused.

use std::borrow::Cow;

use super::block::MAX_BYTES;
use super::column::{BYTES, BYTES_IN, Column, Columns, KIND, MS, REQUEST, STATUS, UPSTREAM};
use super::dict::{ABSENT, FIRST};
use super::forget::FORGOTTEN;
use crate::decode::redact::line::Addresses;
use crate::decode::{client, redact};
use crate::vocab::event::Kind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// Places of the columns that are kept as they are; who visited is found anew.
pub(crate) const NUMBERS: [usize; 7] = [MS, KIND, STATUS, BYTES, BYTES_IN, REQUEST, UPSTREAM];
/// Where the kind is among them.
pub(crate) const KEPT_KIND: usize = 1;
/// Where the status is among them.
pub(crate) const KEPT_STATUS: usize = 2;
/// The largest value of each.
const MOST: [u64; NUMBERS.len()] = [
    999,
    Kind::ALL.len() as u64 - 1,
    999,
    MAX_BYTES + 1,
    MAX_BYTES + 1,
    u32::MAX as u64,
    u32::MAX as u64,
];

/// Rows of one chunk: it is closed at 65,536, and the second in which that happens ends it.
const MAX_ROWS: usize = 1 << 24;

/// See the module.
#[derive(Clone, Debug)]
pub struct KeptRows {
    /// Rows of one second that came together, in the order of rows: the second, and how many.
    pub(crate) segments: Vec<(Second, u32)>,
    /// In the order of [`NUMBERS`].
    pub(crate) numbers: [Column; NUMBERS.len()],
    /// By field.
    pub(crate) texts: [KeptTexts; Field::COUNT],
}

/// One field's column, by ids of its own texts.
#[derive(Clone, Debug)]
pub(crate) struct KeptTexts {
    pub(crate) ids: Column,
    /// From the id [`FIRST`] on.
    pub(crate) texts: Vec<Box<str>>,
}

impl KeptTexts {
    pub(crate) const NONE: KeptTexts = KeptTexts { ids: Column::ABSENT, texts: Vec::new() };

    /// No row has the field.
    pub(crate) fn is_absent(&self) -> bool {
        matches!(self.ids, Column::Const(0))
    }
}

/// A column of the window's ids with ids of its own from [`FIRST`] on; beside it what they stand for, in their order.
pub(crate) fn renumbered(column: &Column) -> (Column, Vec<u32>) {
    let bound = column.most() as usize + 1;
    let mut used = column.distinct(bound);
    used.retain(|id| *id >= FIRST);
    // What has no text stays what it is.
    let mut own: Vec<u32> = (0..FIRST).collect();
    own.resize(bound.max(own.len()), ABSENT);
    for (id, &of_window) in (FIRST..).zip(&used) {
        own[of_window as usize] = id;
    }
    (column.mapped(&own), used)
}

/// The columns that are kept as they are.
pub(crate) fn numbers(columns: &Columns) -> [Column; NUMBERS.len()] {
    NUMBERS.map(|place| columns.at(place).packed())
}

impl KeptRows {
    /// Number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.segments.iter().map(|(_, rows)| *rows as usize).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.segments.is_empty()
    }

    /// The oldest and the newest second.
    #[must_use]
    pub fn span(&self) -> Option<(Second, Second)> {
        let seconds = self.segments.iter().map(|(second, _)| *second);
        Some((seconds.clone().min()?, seconds.max()?))
    }

    /// Each text becomes what `replace` gives for it, where it gives something; tells whether it did.
    pub fn replace(&mut self, replace: impl Fn(Field, &str) -> Option<String>) -> bool {
        let mut changed = false;
        for field in Field::ALL {
            for text in &mut self.texts[field.index()].texts {
                if let Some(new) = replace(field, text) {
                    *text = new.into();
                    changed = true;
                }
            }
        }
        changed
    }

    /// Takes out what an earlier version left of secrets; tells whether there was some.
    pub fn redact(&mut self) -> bool {
        self.replace(|field, text| {
            let redacted = match field {
                Field::Path | Field::Referrer => redact::address(text),
                Field::Query => redact::query(text),
                Field::Message => redact::line::secrets(text),
                _ => return None,
            };
            // What is masked already is masked once more.
            match redacted {
                Cow::Owned(new) if new != text => Some(new),
                _ => None,
            }
        })
    }

    /// Clients become what is kept of them where they are masked or taken out, in error messages, too.
    pub fn hide_clients(&mut self, how: Addresses) {
        if how == Addresses::Remove {
            self.texts[Field::Client.index()] = KeptTexts::NONE;
        }
        self.replace(|field, text| {
            let hidden = match field {
                Field::Client if text != FORGOTTEN => client::masked(text),
                Field::Message => redact::line::addresses(text, how),
                _ => return None,
            };
            (hidden != text).then(|| hidden.into_owned())
        });
    }

    /// Says who visited, for no stand-ins are kept: where clients are masked, the masked address stands in,
    /// so that all visitors of a window are told apart by the same field. Tells whether there were stand-ins.
    pub fn stand_in(&mut self, masked: bool) -> bool {
        let clients = &self.texts[Field::Client.index()];
        let new = if masked { clients.clone() } else { KeptTexts::NONE };
        !std::mem::replace(&mut self.texts[Field::Visitor.index()], new).is_absent()
    }

    /// Writes them behind what is in `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.reserve_exact(self.encoded_len());
        let start = out.len();
        put_u32(out, Field::COUNT);
        put_u32(out, self.segments.len());
        for (second, rows) in &self.segments {
            out.extend(second.0.to_le_bytes());
            out.extend(rows.to_le_bytes());
        }
        self.numbers.iter().for_each(|column| put_column(out, column));
        for field in &self.texts {
            put_u32(out, field.texts.len());
            for text in &field.texts {
                put_u32(out, text.len());
                out.extend(text.as_bytes());
            }
            put_column(out, &field.ids);
        }
        debug_assert_eq!(out.len(), start + self.encoded_len());
    }

    fn encoded_len(&self) -> usize {
        let of_texts = |field: &KeptTexts| {
            let bytes: usize = field.texts.iter().map(|text| 4 + text.len()).sum();
            4 + bytes + encoded_len(&field.ids)
        };
        8 + self.segments.len() * 12
            + self.numbers.iter().map(encoded_len).sum::<usize>()
            + self.texts.iter().map(of_texts).sum::<usize>()
    }

    /// Reads what [`encode`](Self::encode) wrote; `None` for anything else.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<KeptRows> {
        let mut from = Reader(bytes);
        if from.u32()? as usize != Field::COUNT {
            return None;
        }
        let count = from.u32()? as usize;
        let mut segments = Vec::with_capacity(count.min(bytes.len() / 12));
        let mut rows = 0_usize;
        for _ in 0..count {
            let (second, len) = (Second(i64::from_le_bytes(from.array()?)), from.u32()?);
            if len == 0 {
                return None;
            }
            rows = rows.checked_add(len as usize)?;
            segments.push((second, len));
        }
        if rows == 0 || rows > MAX_ROWS {
            return None;
        }
        let mut numbers = [const { Column::ABSENT }; NUMBERS.len()];
        for (number, most) in numbers.iter_mut().zip(MOST) {
            *number = from.column(rows, most)?;
        }
        let mut texts = [const { KeptTexts::NONE }; Field::COUNT];
        for field in &mut texts {
            let count = from.u32()? as usize;
            // Each text is some row's.
            if count > rows {
                return None;
            }
            field.texts.reserve(count.min(from.0.len() / 5));
            for _ in 0..count {
                let len = from.u32()? as usize;
                let text = std::str::from_utf8(from.take(len)?).ok()?;
                field.texts.push(text.into());
            }
            field.ids = from.column(rows, u64::from(FIRST) + count as u64 - 1)?;
        }
        from.0.is_empty().then_some(KeptRows { segments, numbers, texts })
    }
}

fn put_u32(out: &mut Vec<u8>, number: usize) {
    // Chunks have far fewer rows, texts and bytes of a text.
    out.extend((number as u32).to_le_bytes());
}

fn encoded_len(column: &Column) -> usize {
    1 + match column {
        Column::Const(_) => 8,
        Column::U8(values) => values.len(),
        Column::U16(values) => values.len() * 2,
        Column::U24(values) => values.len() * 4,
        Column::U32(values) => values.len() * 4,
        Column::U64(values) => values.len() * 8,
    }
}

fn put_column(out: &mut Vec<u8>, column: &Column) {
    match column {
        Column::Const(value) => {
            out.push(0);
            out.extend(value.to_le_bytes());
        }
        Column::U8(values) => put_values(out, values, u8::to_le_bytes),
        Column::U16(values) => put_values(out, values, u16::to_le_bytes),
        Column::U24(values) => put_values(out, values, |v| (u64::from(v) as u32).to_le_bytes()),
        Column::U32(values) => put_values(out, values, u32::to_le_bytes),
        Column::U64(values) => put_values(out, values, u64::to_le_bytes),
    }
}

/// How many bytes a value takes, and all of them.
fn put_values<T: Copy, const N: usize>(out: &mut Vec<u8>, values: &[T], of: impl Fn(T) -> [u8; N]) {
    /// As many are turned to bytes at once: in the first cache, and then appended.
    const TOGETHER: usize = 512;
    out.push(N as u8);
    let mut bytes = [[0; N]; TOGETHER];
    for values in values.chunks(TOGETHER) {
        bytes.iter_mut().zip(values).for_each(|(bytes, &value)| *bytes = of(value));
        out.extend_from_slice(bytes[..values.len()].as_flattened());
    }
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn column(&mut self, rows: usize, most: u64) -> Option<Column> {
        let [width] = self.array()?;
        let column = match width {
            0 => Column::Const(u64::from_le_bytes(self.array()?)),
            1 => Column::U8(self.take(rows)?.to_vec()),
            2 => Column::U16(self.numbers(rows, u16::from_le_bytes)?),
            4 => Column::U32(self.numbers(rows, u32::from_le_bytes)?),
            8 => Column::U64(self.numbers(rows, u64::from_le_bytes)?),
            _ => return None,
        };
        (column.most() <= most).then_some(column)
    }

    fn numbers<T, const N: usize>(
        &mut self,
        rows: usize,
        of: impl Fn([u8; N]) -> T,
    ) -> Option<Vec<T>> {
        let (numbers, _) = self.take(rows.checked_mul(N)?)?.as_chunks::<N>();
        Some(numbers.iter().map(|bytes| of(*bytes)).collect())
    }
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod tests;

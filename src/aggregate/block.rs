//! A block: events that came together in columns, with dictionaries of its own. They are of one second, or of the many
//! that some thousands of a file's lines are of.

use std::ops::BitOr;

use crate::vocab::event::Kind;
use crate::vocab::field::Field;
use crate::vocab::time::Second;

use super::block_dict::{BlockDict, TOGETHER};
use super::column::{Column, Number};
use super::dict::{ABSENT, Seeds};
use super::row::{Common, Fields, Request, Row, present};

/// Sizes above this (256 TiB) are counted as this: a sum of a window's worth of them still fits.
pub const MAX_BYTES: u64 = 1 << 48;

/// Senders of one group that are told apart without a look at their names; more of them are looked up.
const HOUSE: usize = 4;

/// As many texts are looked up together; fewer of them, as in a quiet second, cost less one by one.
const MANY: usize = 4;

/// Events in the order in which they came. Columns that no row used cost nothing.
///
/// A column shorter than the block ends in rows that lack it, so an absent field costs nothing to
/// append either. Numbers that may be absent are kept plus one, with 0 for none.
#[derive(Clone, Debug)]
pub struct Block {
    /// That of the rows whose is not given.
    second: Second,
    /// In the order of the rows.
    stretches: Vec<Stretch>,
    seeds: Seeds,
    pub(crate) ms: Vec<u16>,
    pub(crate) kind: Vec<u8>,
    pub(crate) status: Column,
    pub(crate) bytes: Column,
    pub(crate) bytes_in: Column,
    pub(crate) request: Column,
    pub(crate) upstream: Column,
    pub(crate) dicts: [BlockDict; Field::COUNT],
    pub(crate) ids: [Column; Field::COUNT],
}

/// Neighbouring rows of one second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub second: Second,
    pub len: u32,
}

impl Block {
    /// An empty block for events of this second; allocates nothing.
    #[must_use]
    pub fn new(second: Second) -> Block {
        Block {
            second,
            stretches: Vec::new(),
            seeds: Seeds::new(),
            ms: Vec::new(),
            kind: Vec::new(),
            status: Column::ABSENT,
            bytes: Column::ABSENT,
            bytes_in: Column::ABSENT,
            request: Column::ABSENT,
            upstream: Column::ABSENT,
            dicts: std::array::from_fn(|_| BlockDict::default()),
            ids: [const { Column::ABSENT }; Field::COUNT],
        }
    }

    /// Makes it an empty block for events of this second, with the room that it has.
    pub fn begin(&mut self, second: Second) {
        let Block {
            second: own,
            stretches,
            seeds: _,
            ms,
            kind,
            status,
            bytes,
            bytes_in,
            request,
            upstream,
            dicts,
            ids,
        } = self;
        *own = second;
        stretches.clear();
        ms.clear();
        kind.clear();
        status.clear();
        bytes.clear();
        bytes_in.clear();
        request.clear();
        upstream.clear();
        ids.iter_mut().for_each(Column::clear);
        dicts.iter_mut().for_each(BlockDict::clear);
    }

    /// Bytes that it takes, with what it has room for.
    #[must_use]
    pub fn room(&self) -> usize {
        self.rows_room() + self.names_room()
    }

    /// Those of [`Block::room`] that are for texts.
    #[must_use]
    pub fn names_room(&self) -> usize {
        self.dicts.iter().map(BlockDict::room).sum()
    }

    fn rows_room(&self) -> usize {
        let numbers = self.ms.capacity() * 2 + self.kind.capacity();
        let grown = [&self.status, &self.bytes, &self.bytes_in, &self.request, &self.upstream];
        let grown: usize = grown.into_iter().chain(&self.ids).map(Column::bytes).sum();
        let stretches = self.stretches.capacity() * size_of::<Stretch>();
        size_of::<Block>() + stretches + numbers + grown
    }

    /// Adds one event.
    pub fn append(&mut self, row: &Row<'_>) {
        self.append_all(&[row]);
    }

    /// Adds events of its second.
    pub fn append_all<R: Fields>(&mut self, rows: &[&R]) {
        self.append_columns(rows);
        // A chunk of the window counts its rows in as many bits.
        self.stretch(self.second, rows.len() as u32);
    }

    /// Adds events of any seconds, whose are given in the same order. To give each second of a small site a block of its
    /// own, with its two lines, costs more than to read them.
    pub fn append_of<R: Fields>(&mut self, seconds: impl Iterator<Item = Second>, rows: &[&R]) {
        self.append_columns(rows);
        seconds.for_each(|second| self.stretch(second, 1));
    }

    /// Adds requests of its second. As [`Block::append_all`] of the same rows, without a look for what they can't have.
    pub fn append_requests(&mut self, common: &Common<'_>, requests: &[Request<'_>]) {
        self.request_columns(common, requests);
        self.stretch(self.second, requests.len() as u32);
    }

    /// As [`Block::append_requests`], of any seconds.
    pub fn append_requests_of_all(&mut self, common: &Common<'_>, requests: &[Request<'_>]) {
        self.request_columns(common, requests);
        requests.iter().for_each(|request| self.stretch(request.at.second(), 1));
    }

    fn request_columns(&mut self, common: &Common<'_>, requests: &[Request<'_>]) {
        for requests in requests.chunks(TOGETHER) {
            self.some_requests(common, requests);
        }
    }

    /// Adds up to [`TOGETHER`] requests.
    fn some_requests(&mut self, common: &Common<'_>, rows: &[Request<'_>]) {
        let at = self.ms.len();
        self.ms.extend(rows.iter().map(|row| row.at.of_second()));
        self.kind.resize(at + rows.len(), Kind::Access as u8);
        put_rows(&mut self.status, at, rows, |row| row.status.min(999));
        put_rows(&mut self.bytes, at, rows, |row| size(row.bytes));
        self.put_senders(Field::Site, at, rows, |sender| common.senders[sender].site);
        self.put_senders(Field::Source, at, rows, |sender| common.senders[sender].source);
        self.put_senders(Field::Format, at, rows, |_| common.format);
        self.put_texts(Field::Client, at, rows, |row| &row.client);
        self.put_texts(Field::Method, at, rows, |row| row.method);
        self.put_texts(Field::Path, at, rows, |row| &row.path);
        self.put_texts(Field::Query, at, rows, |row| &row.query);
        self.put_texts(Field::Protocol, at, rows, |row| row.protocol);
        self.put_texts(Field::Referrer, at, rows, |row| &row.referrer);
        self.put_texts(Field::Agent, at, rows, |row| row.agent);
        if rows.iter().any(|row| row.visitor.is_some()) {
            self.put_texts(Field::Visitor, at, rows, Request::visitor);
        }
    }

    /// Texts that are the sender's: each is looked up once for all of its rows in a row.
    #[inline(always)]
    fn put_senders<'a>(
        &mut self,
        field: Field,
        at: usize,
        rows: &[Request<'_>],
        text: impl Fn(usize) -> &'a str,
    ) {
        let (seeds, dict) = (&self.seeds, &mut self.dicts[field.index()]);
        let mut known = [None; TOGETHER];
        put_rows(&mut self.ids[field.index()], at, rows, |row| {
            let mut id =
                || present(Some(text(row.sender))).map_or(ABSENT, |text| dict.id(seeds, text));
            match known.get_mut(row.sender) {
                Some(known) => *known.get_or_insert_with(id),
                None => id(),
            }
        });
    }

    #[inline(always)]
    fn put_texts<'r, 'a>(
        &mut self,
        field: Field,
        at: usize,
        rows: &'r [Request<'a>],
        text: impl Fn(&'r Request<'a>) -> &'r str,
    ) {
        let texts = rows.iter().map(|row| Some(text(row)));
        let ids = self.dicts[field.index()].ids(&self.seeds, texts);
        self.ids[field.index()].put(at, &ids[..rows.len()]);
    }

    /// So many more rows are of that second.
    fn stretch(&mut self, second: Second, len: u32) {
        match self.stretches.last_mut() {
            Some(last) if last.second == second => last.len += len,
            _ if len > 0 => self.stretches.push(Stretch { second, len }),
            _ => {}
        }
    }

    /// Column by column: what one field's dictionary is looked up in stays in the first caches, and lookups that wait
    /// for memory wait together.
    fn append_columns<R: Fields>(&mut self, rows: &[&R]) {
        for rows in rows.chunks(TOGETHER) {
            self.append_some(rows);
        }
    }

    /// Adds up to [`TOGETHER`] events.
    fn append_some<R: Fields>(&mut self, rows: &[&R]) {
        let at = self.ms.len();
        self.ms.extend(rows.iter().map(|row| row.ms().min(999)));
        self.kind.extend(rows.iter().map(|row| row.kind() as u8));
        let status = |row: &R| match row.kind() {
            Kind::Access => row.status().min(999),
            _ => 0,
        };
        let time = |us: Option<u32>| us.map_or(0, |us| us.saturating_add(1));
        put_all(&mut self.status, at, rows, status);
        put_all(&mut self.bytes, at, rows, |row| size(row.bytes()));
        put_all(&mut self.bytes_in, at, rows, |row| size(row.bytes_in()));
        put_all(&mut self.request, at, rows, |row| time(row.request_us()));
        put_all(&mut self.upstream, at, rows, |row| time(row.upstream_us()));
        // Each with a loop of its own, in which the field is known.
        self.put_house::<{ Field::Site as usize }, R>(at, rows);
        self.put_house::<{ Field::Source as usize }, R>(at, rows);
        self.put::<{ Field::Client as usize }, R>(at, rows);
        self.put::<{ Field::Method as usize }, R>(at, rows);
        self.put::<{ Field::Path as usize }, R>(at, rows);
        self.put::<{ Field::Query as usize }, R>(at, rows);
        self.put::<{ Field::Protocol as usize }, R>(at, rows);
        self.put::<{ Field::Referrer as usize }, R>(at, rows);
        self.put::<{ Field::Agent as usize }, R>(at, rows);
        self.put::<{ Field::User as usize }, R>(at, rows);
        self.put::<{ Field::Upstream as usize }, R>(at, rows);
        self.put::<{ Field::Cache as usize }, R>(at, rows);
        self.put::<{ Field::Level as usize }, R>(at, rows);
        self.put::<{ Field::Message as usize }, R>(at, rows);
        self.put_house::<{ Field::Format as usize }, R>(at, rows);
        self.put::<{ Field::Scheme as usize }, R>(at, rows);
        self.put::<{ Field::Tls as usize }, R>(at, rows);
        self.put::<{ Field::Cipher as usize }, R>(at, rows);
        self.put::<{ Field::Mime as usize }, R>(at, rows);
        self.put::<{ Field::Visitor as usize }, R>(at, rows);
    }

    fn put<const FIELD: usize, R: Fields>(&mut self, at: usize, rows: &[&R]) {
        if rows.iter().all(|row| row.text(Field::ALL[FIELD]).is_none()) {
            return;
        }
        if rows.len() < MANY {
            let mut ids = [ABSENT; MANY];
            for (id, row) in ids.iter_mut().zip(rows) {
                if let Some(text) = present(row.text(Field::ALL[FIELD])) {
                    *id = self.dicts[FIELD].id(&self.seeds, text);
                }
            }
            self.ids[FIELD].put(at, &ids[..rows.len()]);
            return;
        }
        let texts = rows.iter().map(|row| row.text(Field::ALL[FIELD]));
        let ids = self.dicts[FIELD].ids(&self.seeds, texts);
        self.ids[FIELD].put(at, &ids[..rows.len()]);
    }

    /// As [`Block::put`], for texts that are mostly Tapline's own and so the very same ones in all rows.
    fn put_house<const FIELD: usize, R: Fields>(&mut self, at: usize, rows: &[&R]) {
        let (seeds, dict) = (&self.seeds, &mut self.dicts[FIELD]);
        let mut known: [(&str, u32); HOUSE] = [("", ABSENT); HOUSE];
        let mut next = 0;
        put_all(&mut self.ids[FIELD], at, rows, |row| {
            let Some(text) = present(row.text(Field::ALL[FIELD])) else { return ABSENT };
            // All of them are lent until the end, so where one lies there is no other.
            if let Some(&(_, id)) = known.iter().find(|known| std::ptr::eq(known.0, text)) {
                return id;
            }
            let id = dict.id(seeds, text);
            known[next] = (text, id);
            next = (next + 1) % HOUSE;
            id
        });
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

    /// That of the rows whose is not given.
    #[must_use]
    pub fn second(&self) -> Second {
        self.second
    }

    /// Of which seconds its rows are, in their order.
    #[must_use]
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }
}

/// Writes a value of each of up to [`TOGETHER`] rows from `at` on.
#[inline(always)]
fn put_all<'a, R, T>(
    column: &mut Column,
    at: usize,
    rows: &[&'a R],
    mut value: impl FnMut(&'a R) -> T,
) where
    T: Number + BitOr<Output = T>,
{
    if let &[row] = rows {
        return column.put(at, &[value(row)]);
    }
    put_rows(column, at, rows, |row| value(row));
}

/// As [`put_all`], of rows that lie side by side.
#[inline(always)]
fn put_rows<'a, R, T>(
    column: &mut Column,
    at: usize,
    rows: &'a [R],
    mut value: impl FnMut(&'a R) -> T,
) where
    T: Number + BitOr<Output = T>,
{
    let mut values = [T::default(); TOGETHER];
    for (value_of, row) in values.iter_mut().zip(rows) {
        *value_of = value(row);
    }
    column.put(at, &values[..rows.len()]);
}

/// As a column has it: one more, and 0 where there is none.
fn size(bytes: Option<u64>) -> u64 {
    bytes.map_or(0, |bytes| bytes.min(MAX_BYTES) + 1)
}

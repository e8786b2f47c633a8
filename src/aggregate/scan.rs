//! Scans: the rows of a stretch of columns that a filter lets through, batch by batch.

use multiversion::multiversion;

use super::column::{
    BYTES, BYTES_IN, Column, Columns, KIND, Number, REQUEST, Rows, STATUS, UPSTREAM,
};
use super::derived::Derived;
use super::dictionaries::{Dictionaries, Freed};
use super::filter::{Filter, Group, Measure, Target};
use super::list::outcome_name;
use crate::vocab::event::Kind;
use crate::vocab::field::Field;

/// Rows that are looked at together: their scratch columns stay in the first-level cache.
pub const BATCH: usize = 1024;

/// Which side of a filter rows are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Matching,
    Rest,
}

/// What a [`sieve`](Scanner::sieve) gives.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Piece<'a> {
    /// Of each row from this one on: 1 where it is a request that matches, else 0.
    Marks(usize, &'a [u8]),
    Rest(Batch<'a>),
}

/// Matching rows of one batch, by kind.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    pub columns: &'a Columns,
    pub access: Rows<'a>,
    pub errors: &'a [u32],
    pub messages: &'a [u32],
}

impl<'a> Batch<'a> {
    fn of_requests(columns: &'a Columns, access: Rows<'a>) -> Batch<'a> {
        Batch { columns, access, errors: &[], messages: &[] }
    }

    fn of(columns: &'a Columns, [access, errors, messages]: &'a [Vec<u32>; 3]) -> Batch<'a> {
        Batch { columns, access: Rows::Picked(access), errors, messages }
    }

    /// The status of the `index`th request of the batch.
    #[must_use]
    pub fn status(&self, index: usize) -> u16 {
        // At most 999.
        self.columns.at(STATUS).get(self.access.row(index)) as u16
    }

    /// Milliseconds into its second of row `row` of the chunk.
    #[must_use]
    pub fn ms(&self, row: u32) -> u64 {
        self.columns.ms(row)
    }

    /// Matching rows of any kind.
    #[must_use]
    pub fn len(&self) -> usize {
        self.access.len() + self.errors.len() + self.messages.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

const UNKNOWN: u8 = 0;
const NO: u8 = 1;
const YES: u8 = 2;

#[derive(Clone, Debug)]
struct Check {
    group: Group,
    /// What the group says of each id, asked once; of each status; of each kind.
    verdicts: Vec<u8>,
    /// Of a group of numbers, statuses or kinds: those that it allows, as columns have them, the first and
    /// the last of each stretch.
    ranges: Vec<(u64, u64)>,
}

/// A filter over columns. Texts are touched once for each distinct value.
#[derive(Clone, Debug)]
pub struct Scanner {
    checks: Vec<Check>,
    kinds: Vec<u8>,
    /// Rows of a batch that match, of any kind, and those that do not.
    found: Vec<u32>,
    left: Vec<u32>,
    /// Of each row of a batch: 1 where it matches.
    marks: Vec<u8>,
    /// Of each row of a batch: what one check says of it.
    verdicts: Vec<u8>,
    picked: [Vec<u32>; 3],
    rest: [Vec<u32>; 3],
}

impl Scanner {
    #[must_use]
    pub fn new(filter: &Filter) -> Scanner {
        let checks = filter.groups().iter().map(|group| {
            let verdicts: Vec<u8> = match group.target {
                Target::Number(Measure::Status) => (0..1000)
                    .map(|status| {
                        verdict(group.allows_number(Some(status).filter(|&s: &u64| s != 0)))
                    })
                    .collect(),
                Target::Outcome => (0..1000)
                    .map(|status| verdict(group.allows_text(outcome_name(status))))
                    .collect(),
                Target::Kind => {
                    Kind::ALL.map(|kind| verdict(group.allows_text(Some(kind.name())))).to_vec()
                }
                _ => Vec::new(),
            };
            let ranges = match group.target {
                Target::Number(Measure::Status) | Target::Outcome | Target::Kind => {
                    stretches(&verdicts)
                }
                Target::Number(_) => group.ranges(),
                Target::Text(_) | Target::Derived(_) => Vec::new(),
            };
            Check { group: group.clone(), verdicts, ranges }
        });
        Scanner {
            checks: checks.collect(),
            kinds: Vec::new(),
            found: Vec::new(),
            left: Vec::new(),
            marks: Vec::new(),
            verdicts: Vec::new(),
            picked: Default::default(),
            rest: Default::default(),
        }
    }

    /// Takes over what another scanner of the same filter found out about texts.
    pub(crate) fn learn(&mut self, other: &Scanner) {
        for (mine, theirs) in self.checks.iter_mut().zip(&other.checks) {
            if mine.verdicts.len() < theirs.verdicts.len() {
                mine.verdicts.resize(theirs.verdicts.len(), UNKNOWN);
            }
            for (mine, &found) in mine.verdicts.iter_mut().zip(&theirs.verdicts) {
                // The same where both know.
                *mine = (*mine).max(found);
            }
        }
    }

    /// Forgets what was found about ids that will mean something else.
    pub(crate) fn forget(&mut self, freed: &Freed) {
        for check in &mut self.checks {
            let field = match check.group.target {
                Target::Text(field) => Some(field),
                Target::Derived(derived) => Some(derived.field()),
                _ => None,
            };
            if let Some(field) = field {
                for &id in &freed.fields[field.index()] {
                    if let Some(verdict) = check.verdicts.get_mut(id as usize) {
                        *verdict = UNKNOWN;
                    }
                }
            }
        }
    }

    /// Gives `visit` what matches of the `len` rows from `start` on. Where few of a batch do, those of
    /// several go together: what is done once for each of them costs more than a few rows.
    pub fn scan(
        &mut self,
        columns: &Columns,
        (start, len): (usize, usize),
        dictionaries: &Dictionaries,
        mut visit: impl FnMut(Batch<'_>),
    ) {
        let Some(open) = self.open(columns, dictionaries) else { return };
        let all_access = matches!(columns.at(KIND), Column::Const(0));
        self.picked.iter_mut().for_each(Vec::clear);
        for (at, n) in batches(start, len) {
            if open.is_empty() && all_access {
                visit(Batch::of_requests(columns, Rows::Range(at, n)));
                continue;
            }
            self.find(columns, (at, n), &open, dictionaries);
            sort(&mut self.found, columns, &mut self.kinds, &mut self.picked);
            let batch = Batch::of(columns, &self.picked);
            if batch.len() >= BATCH / 2 || (at + n == start + len && !batch.is_empty()) {
                visit(batch);
                self.picked.iter_mut().for_each(Vec::clear);
            }
        }
    }

    /// Gives `visit` what matches of the rows, and the rest of them: each batch of one kind, none empty.
    pub(crate) fn split(
        &mut self,
        columns: &Columns,
        (start, len): (usize, usize),
        dictionaries: &Dictionaries,
        mut visit: impl FnMut(Side, Batch<'_>),
    ) {
        let open = self.open(columns, dictionaries);
        let all_access = matches!(columns.at(KIND), Column::Const(0));
        self.rest.iter_mut().for_each(Vec::clear);
        for (at, n) in batches(start, len) {
            if all_access && open.as_ref().is_none_or(Vec::is_empty) {
                let side = if open.is_some() { Side::Matching } else { Side::Rest };
                visit(side, Batch::of_requests(columns, Rows::Range(at, n)));
                continue;
            }
            self.found.clear();
            self.left.clear();
            match &open {
                Some(open) => {
                    self.mark(columns, (at, n), open, dictionaries);
                    collect(&self.marks, at, Side::Matching, &mut self.found);
                    collect(&self.marks, at, Side::Rest, &mut self.left);
                }
                None => self.left.extend(at as u32..(at + n) as u32),
            }
            sort(&mut self.left, columns, &mut self.kinds, &mut self.rest);
            self.picked.iter_mut().for_each(Vec::clear);
            sort(&mut self.found, columns, &mut self.kinds, &mut self.picked);
            let batch = Batch::of(columns, &self.picked);
            if !batch.is_empty() {
                visit(Side::Matching, batch);
            }
            // Few of each batch: a batch is made of those of several.
            let batch = Batch::of(columns, &self.rest);
            if batch.len() >= BATCH || (at + n == start + len && !batch.is_empty()) {
                visit(Side::Rest, batch);
                self.rest.iter_mut().for_each(Vec::clear);
            }
        }
    }

    /// Gives `visit` the requests that match, as marks, and the rest of the rows: no matching row is
    /// written down.
    pub(crate) fn sieve(
        &mut self,
        columns: &Columns,
        (start, len): (usize, usize),
        dictionaries: &Dictionaries,
        mut visit: impl FnMut(Piece<'_>),
    ) {
        let open = self.open(columns, dictionaries);
        let all_access = matches!(columns.at(KIND), Column::Const(0));
        self.rest.iter_mut().for_each(Vec::clear);
        for (at, n) in batches(start, len) {
            match &open {
                Some(open) => self.mark(columns, (at, n), open, dictionaries),
                None => {
                    self.marks.clear();
                    self.marks.resize(n, 0);
                }
            }
            self.left.clear();
            collect(&self.marks, at, Side::Rest, &mut self.left);
            sort(&mut self.left, columns, &mut self.kinds, &mut self.rest);
            if !all_access {
                columns.at(KIND).load(Rows::Range(at, n), &mut self.kinds);
                let kinds = self.marks.iter_mut().zip(&self.kinds);
                kinds.for_each(|(mark, kind)| *mark &= u8::from(*kind == Kind::Access as u8));
            }
            visit(Piece::Marks(at, &self.marks));
            // Few of each batch: a batch is made of those of several.
            let batch = Batch::of(columns, &self.rest);
            if batch.len() >= BATCH || (at + n == start + len && !batch.is_empty()) {
                visit(Piece::Rest(batch));
                self.rest.iter_mut().for_each(Vec::clear);
            }
        }
    }

    /// The checks that rows have to be asked for: what is the same in every row is asked once. `None`
    /// where no row matches.
    fn open(&mut self, columns: &Columns, dictionaries: &Dictionaries) -> Option<Vec<usize>> {
        let mut open: Vec<usize> = Vec::with_capacity(self.checks.len());
        for index in 0..self.checks.len() {
            let check = &mut self.checks[index];
            match check.column(columns) {
                Column::Const(value) if !check.allows(*value, dictionaries) => return None,
                Column::Const(_) => {}
                _ => open.push(index),
            }
        }
        Some(open)
    }

    /// Finds those of the `n` rows from `at` on that match.
    fn find(
        &mut self,
        columns: &Columns,
        (at, n): (usize, usize),
        open: &[usize],
        dictionaries: &Dictionaries,
    ) {
        self.found.clear();
        let Some((&first, others)) = open.split_first() else {
            self.found.extend(at as u32..(at + n) as u32);
            return;
        };
        self.mark(columns, (at, n), &[first], dictionaries);
        collect(&self.marks, at, Side::Matching, &mut self.found);
        for &index in others {
            self.checks[index].sift(columns, &mut self.found, dictionaries);
        }
    }

    /// Marks those of the `n` rows from `at` on that match.
    fn mark(
        &mut self,
        columns: &Columns,
        (at, n): (usize, usize),
        open: &[usize],
        dictionaries: &Dictionaries,
    ) {
        self.marks.clear();
        let Some((&first, others)) = open.split_first() else {
            self.marks.resize(n, 1);
            return;
        };
        self.marks.resize(n, NO);
        self.checks[first].judge(columns, at, &mut self.marks, dictionaries);
        self.marks.iter_mut().for_each(|mark| *mark = u8::from(*mark == YES));
        for &index in others {
            self.verdicts.clear();
            self.verdicts.resize(n, NO);
            self.checks[index].judge(columns, at, &mut self.verdicts, dictionaries);
            for (mark, verdict) in self.marks.iter_mut().zip(&self.verdicts) {
                *mark &= u8::from(*verdict == YES);
            }
        }
    }
}

/// Where the batches of `len` rows from `start` on begin, and how long they are.
fn batches(start: usize, len: usize) -> impl Iterator<Item = (usize, usize)> {
    let end = start + len;
    (start..end).step_by(BATCH).map(move |at| (at, BATCH.min(end - at)))
}

/// Appends rows to those of their kind; what is in `rows` afterwards is of no use.
fn sort(rows: &mut Vec<u32>, columns: &Columns, kinds: &mut Vec<u8>, into: &mut [Vec<u32>; 3]) {
    let column = columns.at(KIND);
    if let Column::Const(kind) = column {
        let into = &mut into[(*kind as usize).min(2)];
        if into.is_empty() {
            std::mem::swap(rows, into);
        } else {
            into.extend_from_slice(rows);
        }
        return;
    }
    column.load(Rows::Picked(rows), kinds);
    for (kind, into) in Kind::ALL.into_iter().zip(into) {
        if kinds.contains(&(kind as u8)) {
            let of_kind = rows.iter().zip(&*kinds).filter(|(_, of)| **of == kind as u8);
            into.extend(of_kind.map(|(row, _)| row));
        }
    }
}

/// Appends those of the rows from `at` on that are marked, or the rest of them.
#[multiversion(targets("x86_64+avx2+popcnt"))]
fn collect(marks: &[u8], at: usize, side: Side, into: &mut Vec<u32>) {
    /// Up to so many of 64 rows are found one by one; of more, eight rows at a time.
    const FEW: u32 = 16;
    // Eight more than there are, for eight are written at a time.
    let mut found = [0; 64 + 8];
    for (group, first) in marks.chunks(64).zip((at..).step_by(64)) {
        let (words, odd) = group.as_chunks::<8>();
        let mut bits = words.iter().rev().fold(0, |bits, word| bits << 8 | pressed(*word));
        for (place, mark) in (words.len() * 8..).zip(odd) {
            bits |= u64::from(*mark) << place;
        }
        if side == Side::Rest {
            // At most 64 rows, and at least one.
            bits = !bits & (u64::MAX >> (64 - group.len()));
        }
        if bits.count_ones() > FEW {
            let mut count = 0;
            for (bits, first) in bits.to_le_bytes().into_iter().zip((first..).step_by(8)) {
                // A chunk has at most 65,536 rows.
                let rows = SET[usize::from(bits)].map(|place| first as u32 + u32::from(place));
                found[count..count + 8].copy_from_slice(&rows);
                count += bits.count_ones() as usize;
            }
            into.extend_from_slice(&found[..count]);
            continue;
        }
        while bits != 0 {
            // A chunk has at most 65,536 rows.
            into.push(first as u32 + bits.trailing_zeros());
            bits &= bits - 1;
        }
    }
}

/// Of each byte the places of its bits that are set, the lowest first; what is behind them is of no use.
const SET: [[u8; 8]; 256] = {
    let mut set = [[0; 8]; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut bit, mut count) = (0, 0);
        while bit < 8 {
            if byte >> bit & 1 != 0 {
                set[byte][count] = bit as u8;
                count += 1;
            }
            bit += 1;
        }
        byte += 1;
    }
    set
};

/// Eight marks as eight bits, the first one the lowest.
fn pressed(marks: [u8; 8]) -> u64 {
    // The product brings the bit of each byte to a place of its own in the highest one.
    u64::from_le_bytes(marks).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// The first and the last of each stretch of numbers that are allowed.
fn stretches(verdicts: &[u8]) -> Vec<(u64, u64)> {
    let mut found: Vec<(u64, u64)> = Vec::new();
    for (number, _) in (0u64..).zip(verdicts).filter(|(_, verdict)| **verdict == YES) {
        match found.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => found.push((number, number)),
        }
    }
    found
}

/// Appends the rows from `at` on whose index is `wanted`, without a branch: it could not be predicted.
pub(crate) fn gather(into: &mut Vec<u32>, at: usize, n: usize, wanted: impl Fn(usize) -> bool) {
    let mut count = into.len();
    into.resize(count + n, 0);
    for index in 0..n {
        into[count] = (at + index) as u32;
        count += usize::from(wanted(index));
    }
    into.truncate(count);
}

/// Leaves in `found` the rows whose value in a column is `wanted`.
#[inline]
fn sift(column: &Column, found: &mut Vec<u32>, mut wanted: impl FnMut(u64) -> bool) {
    match column {
        Column::Const(value) => found.retain(|_| wanted(*value)),
        Column::U8(values) => sift_values(values, found, wanted),
        Column::U16(values) => sift_values(values, found, wanted),
        Column::U24(values) => sift_values(values, found, wanted),
        Column::U32(values) => sift_values(values, found, wanted),
        Column::U64(values) => sift_values(values, found, wanted),
    }
}

/// Without a branch: it could not be predicted.
#[inline]
fn sift_values<T: Number>(values: &[T], found: &mut Vec<u32>, mut wanted: impl FnMut(u64) -> bool) {
    let mut count = 0;
    for index in 0..found.len() {
        let row = found[index];
        found[count] = row;
        count += usize::from(wanted(values[row as usize].wide()));
    }
    found.truncate(count);
}

/// Looks up what is known of each row's value from row `at` on.
fn look_up(column: &Column, at: usize, known: &[u8], verdicts: &mut [u8]) {
    match column {
        Column::Const(value) => verdicts.fill(known[*value as usize]),
        Column::U8(values) => {
            // Where no number of a byte can be out of it, none is asked for that.
            let mut table = [UNKNOWN; 256];
            table.iter_mut().zip(known).for_each(|(cell, known)| *cell = *known);
            for (verdict, &value) in verdicts.iter_mut().zip(&values[at..]) {
                *verdict = table[usize::from(value)];
            }
        }
        Column::U16(values) => look_up_each(&values[at..], known, verdicts),
        Column::U24(values) => look_up_each(&values[at..], known, verdicts),
        Column::U32(values) => look_up_each(&values[at..], known, verdicts),
        Column::U64(values) => look_up_each(&values[at..], known, verdicts),
    }
}

fn look_up_each<T: Number>(values: &[T], known: &[u8], verdicts: &mut [u8]) {
    // Eight at a time: each may be out of bounds, so a compiler leaves the loop as it is written.
    let (verdicts, odd) = verdicts.as_chunks_mut::<8>();
    let (values, rest) = values.as_chunks::<8>();
    for (verdicts, values) in verdicts.iter_mut().zip(values) {
        for (verdict, value) in verdicts.iter_mut().zip(values) {
            *verdict = known[value.wide() as usize];
        }
    }
    // Behind the last eight of the batch there may be rows of the next one.
    let next = values.get(verdicts.len()).map_or(rest, |values| &values[..]);
    for (verdict, value) in odd.iter_mut().zip(next) {
        *verdict = known[value.wide() as usize];
    }
}

/// Says yes of each row whose value, from row `at` on, is within the bounds.
fn include(column: &Column, at: usize, range: (u64, u64), verdicts: &mut [u8]) {
    match column {
        Column::Const(value) if (range.0..=range.1).contains(value) => verdicts.fill(YES),
        Column::Const(_) => {}
        Column::U8(values) => include_each(&values[at..], range, verdicts),
        Column::U16(values) => include_each(&values[at..], range, verdicts),
        Column::U24(values) => include_each(&values[at..], range, verdicts),
        Column::U32(values) => include_each(&values[at..], range, verdicts),
        Column::U64(values) => include_each(&values[at..], range, verdicts),
    }
}

/// In the width of the column: a compiler makes it of whole registers.
fn include_each<T: Number>(values: &[T], (low, high): (u64, u64), verdicts: &mut [u8]) {
    let most = T::narrow(u64::MAX).wide();
    if low > most {
        return;
    }
    let (low, high) = (T::narrow(low), T::narrow(high.min(most)));
    for (verdict, &value) in verdicts.iter_mut().zip(values) {
        let is_in = (low <= value) & (value <= high);
        *verdict = if is_in { YES } else { *verdict };
    }
}

fn verdict(allowed: bool) -> u8 {
    if allowed { YES } else { NO }
}

impl Check {
    fn column<'a>(&self, columns: &'a Columns) -> &'a Column {
        match self.group.target {
            Target::Text(field) => columns.text(field),
            Target::Derived(derived) => columns.text(derived.field()),
            Target::Outcome => columns.at(STATUS),
            Target::Kind => columns.at(KIND),
            Target::Number(Measure::Status) => columns.at(STATUS),
            Target::Number(Measure::Bytes) => columns.at(BYTES),
            Target::Number(Measure::BytesIn) => columns.at(BYTES_IN),
            Target::Number(Measure::Latency) => columns.at(REQUEST),
            Target::Number(Measure::Upstream) => columns.at(UPSTREAM),
        }
    }

    fn bound(&self, dictionaries: &Dictionaries) -> usize {
        match self.group.target {
            Target::Text(field) => dictionaries.field(field).bound(),
            Target::Derived(derived) => dictionaries.field(derived.field()).bound(),
            _ => 0,
        }
    }

    /// Leaves in `found` the rows that the group allows.
    fn sift(&mut self, columns: &Columns, found: &mut Vec<u32>, dictionaries: &Dictionaries) {
        let column = self.column(columns);
        match self.group.target {
            Target::Text(_) | Target::Derived(_) => {
                self.make_room(dictionaries);
                let (verdicts, mut unknown) = (&self.verdicts[..], false);
                sift(column, found, |id| {
                    let known = verdicts[id as usize];
                    unknown |= known == UNKNOWN;
                    known != NO
                });
                if unknown {
                    sift(column, found, |id| self.allows(id, dictionaries));
                }
            }
            Target::Kind | Target::Outcome | Target::Number(Measure::Status) => {
                let verdicts = &self.verdicts[..];
                sift(column, found, |value| verdicts[value as usize] == YES);
            }
            Target::Number(_) => match self.ranges[..] {
                [(low, high)] => {
                    sift(column, found, |value| (low <= value) & (value <= high));
                }
                ref ranges => sift(column, found, |value| {
                    ranges.iter().any(|(low, high)| (*low..=*high).contains(&value))
                }),
            },
        }
    }

    /// What the group says of each row from `at` on: [`YES`] or [`NO`], which `verdicts` has before.
    fn judge(
        &mut self,
        columns: &Columns,
        at: usize,
        verdicts: &mut [u8],
        dictionaries: &Dictionaries,
    ) {
        let column = self.column(columns);
        match self.group.target {
            Target::Text(_) | Target::Derived(_) => {
                self.make_room(dictionaries);
                look_up(column, at, &self.verdicts, verdicts);
                // Asked of all of them first: most batches have nothing new.
                if verdicts.iter().fold(YES, |least, verdict| least.min(*verdict)) == UNKNOWN {
                    for (row, known) in (at..).zip(verdicts) {
                        if *known == UNKNOWN {
                            *known = verdict(self.allows(column.get(row), dictionaries));
                        }
                    }
                }
            }
            Target::Kind | Target::Outcome | Target::Number(_) => {
                self.ranges.iter().for_each(|range| include(column, at, *range, verdicts));
            }
        }
    }

    /// So that what is known of every id can be looked up.
    fn make_room(&mut self, dictionaries: &Dictionaries) {
        let bound = self.bound(dictionaries);
        if self.verdicts.len() < bound {
            self.verdicts.resize(bound, UNKNOWN);
        }
    }

    /// What the group says of a value as the column has it.
    fn allows(&mut self, value: u64, dictionaries: &Dictionaries) -> bool {
        match self.group.target {
            Target::Text(_) | Target::Derived(_) => {
                // Ids of texts are 32 bits wide.
                let id = value as u32;
                let index = id as usize;
                if let Some(&known) = self.verdicts.get(index)
                    && known != UNKNOWN
                {
                    return known == YES;
                }
                let allowed = match self.group.target {
                    Target::Derived(Derived::Bot) => {
                        self.group.allows_bot(text_of(Field::Agent, id, dictionaries))
                    }
                    Target::Derived(derived) => {
                        self.group.allows_text(dictionaries.derived_text(derived, id))
                    }
                    Target::Text(field) => self.group.allows_text(text_of(field, id, dictionaries)),
                    _ => false,
                };
                if self.verdicts.len() <= index {
                    self.verdicts.resize(index + 1, UNKNOWN);
                }
                self.verdicts[index] = verdict(allowed);
                allowed
            }
            Target::Kind | Target::Outcome | Target::Number(Measure::Status) => {
                self.verdicts[value as usize] == YES
            }
            Target::Number(_) => self.group.allows_number(value.checked_sub(1)),
        }
    }
}

impl Scanner {
    /// Whether it asks for what is learnt and may be learnt otherwise later.
    pub(crate) fn asks_for_learnt(&self) -> bool {
        let targets = self.checks.iter().map(|check| check.group.target);
        targets.into_iter().any(|target| matches!(target, Target::Derived(d) if d.is_learnt()))
    }
}

/// The text of an id as columns have it.
pub(crate) fn text_of(field: Field, id: u32, dictionaries: &Dictionaries) -> Option<&str> {
    (id != super::dict::ABSENT).then(|| dictionaries.field(field).text(id))
}

#[cfg(test)]
#[path = "scan_tests.rs"]
mod tests;

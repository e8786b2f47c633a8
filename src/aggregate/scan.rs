//! Scans: the rows of a stretch of columns that a filter lets through, batch by batch.

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
pub(crate) enum Part {
    Matching,
    Rest,
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
    /// Of a group of numbers: those that it allows, as columns have them, the first and the last of each
    /// stretch.
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
    /// Of each row of a batch: 0 where it matches.
    marks: Vec<u8>,
    picked: [Vec<u32>; 3],
    rest: [Vec<u32>; 3],
}

impl Scanner {
    #[must_use]
    pub fn new(filter: &Filter) -> Scanner {
        let checks = filter.groups().iter().map(|group| {
            let verdicts = match group.target {
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
                Target::Number(_) => group.ranges(),
                _ => Vec::new(),
            };
            Check { group: group.clone(), verdicts, ranges }
        });
        Scanner {
            checks: checks.collect(),
            kinds: Vec::new(),
            found: Vec::new(),
            left: Vec::new(),
            marks: Vec::new(),
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

    /// Gives `visit` what matches of the `len` rows from `start` on.
    pub fn scan(
        &mut self,
        columns: &Columns,
        (start, len): (usize, usize),
        dictionaries: &Dictionaries,
        mut visit: impl FnMut(Batch<'_>),
    ) {
        let Some(open) = self.open(columns, dictionaries) else { return };
        let all_access = matches!(columns.at(KIND), Column::Const(0));
        for (at, n) in batches(start, len) {
            if open.is_empty() && all_access {
                visit(Batch::of_requests(columns, Rows::Range(at, n)));
                continue;
            }
            self.find(columns, (at, n), &open, dictionaries);
            self.picked.iter_mut().for_each(Vec::clear);
            sort(&mut self.found, columns, &mut self.kinds, &mut self.picked);
            let batch = Batch::of(columns, &self.picked);
            if !batch.is_empty() {
                visit(batch);
            }
        }
    }

    /// Gives `visit` what matches of the rows, and the rest of them: each batch of one kind, none empty.
    pub(crate) fn split(
        &mut self,
        columns: &Columns,
        (start, len): (usize, usize),
        dictionaries: &Dictionaries,
        mut visit: impl FnMut(Part, Batch<'_>),
    ) {
        let open = self.open(columns, dictionaries);
        let all_access = matches!(columns.at(KIND), Column::Const(0));
        self.rest.iter_mut().for_each(Vec::clear);
        for (at, n) in batches(start, len) {
            if all_access && open.as_ref().is_none_or(Vec::is_empty) {
                let part = if open.is_some() { Part::Matching } else { Part::Rest };
                visit(part, Batch::of_requests(columns, Rows::Range(at, n)));
                continue;
            }
            match &open {
                Some(open) => self.find(columns, (at, n), open, dictionaries),
                None => self.found.clear(),
            }
            self.left.clear();
            leave(&self.found, (at, n), &mut self.marks, &mut self.left);
            sort(&mut self.left, columns, &mut self.kinds, &mut self.rest);
            self.picked.iter_mut().for_each(Vec::clear);
            sort(&mut self.found, columns, &mut self.kinds, &mut self.picked);
            let batch = Batch::of(columns, &self.picked);
            if !batch.is_empty() {
                visit(Part::Matching, batch);
            }
            // Few of each batch: a batch is made of those of several.
            let batch = Batch::of(columns, &self.rest);
            if batch.len() >= BATCH || (at + n == start + len && !batch.is_empty()) {
                visit(Part::Rest, batch);
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
        self.checks[first].sift(columns, Sift::All(at, n), &mut self.found, dictionaries);
        for &index in others {
            self.checks[index].sift(columns, Sift::Again, &mut self.found, dictionaries);
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

/// Appends which of the `n` rows from `at` on are not among those found. They are marked first, for where
/// the next one found is would be a branch that cannot be predicted.
fn leave(found: &[u32], (at, n): (usize, usize), marks: &mut Vec<u8>, left: &mut Vec<u32>) {
    marks.clear();
    marks.resize(n, 1);
    for &row in found {
        marks[row as usize - at] = 0;
    }
    gather(left, at, n, |index| marks[index] != 0);
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

/// The rows that a check is asked of.
#[derive(Clone, Copy)]
enum Sift {
    /// So many from the first on.
    All(usize, usize),
    /// Those found so far.
    Again,
}

impl Sift {
    /// Leaves in `found` the rows whose value in a column is `wanted`.
    #[inline]
    fn column(self, column: &Column, found: &mut Vec<u32>, mut wanted: impl FnMut(u64) -> bool) {
        match column {
            Column::Const(value) => {
                if let Sift::All(at, n) = self {
                    found.extend(at as u32..(at + n) as u32);
                }
                found.retain(|_| wanted(*value));
            }
            Column::U8(values) => self.values(values, found, wanted),
            Column::U16(values) => self.values(values, found, wanted),
            Column::U32(values) => self.values(values, found, wanted),
            Column::U64(values) => self.values(values, found, wanted),
        }
    }

    /// Without a branch: it could not be predicted.
    #[inline]
    fn values<T: Number>(
        self,
        values: &[T],
        found: &mut Vec<u32>,
        mut wanted: impl FnMut(u64) -> bool,
    ) {
        let mut count = 0;
        match self {
            Sift::All(at, n) => {
                found.clear();
                found.resize(n, 0);
                // A chunk has at most 65,536 rows.
                for (row, value) in (at as u32..).zip(&values[at..at + n]) {
                    found[count] = row;
                    count += usize::from(wanted(value.wide()));
                }
            }
            Sift::Again => {
                for index in 0..found.len() {
                    let row = found[index];
                    found[count] = row;
                    count += usize::from(wanted(values[row as usize].wide()));
                }
            }
        }
        found.truncate(count);
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

    /// Finds the rows that the group allows.
    fn sift(
        &mut self,
        columns: &Columns,
        sift: Sift,
        found: &mut Vec<u32>,
        dictionaries: &Dictionaries,
    ) {
        let column = self.column(columns);
        match self.group.target {
            Target::Text(_) | Target::Derived(_) => {
                let bound = self.bound(dictionaries);
                if self.verdicts.len() < bound {
                    self.verdicts.resize(bound, UNKNOWN);
                }
                let (verdicts, mut unknown) = (&self.verdicts[..], false);
                sift.column(column, found, |id| {
                    let known = verdicts[id as usize];
                    unknown |= known == UNKNOWN;
                    known != NO
                });
                if unknown {
                    Sift::Again.column(column, found, |id| self.allows(id, dictionaries));
                }
            }
            Target::Kind | Target::Outcome | Target::Number(Measure::Status) => {
                let verdicts = &self.verdicts[..];
                sift.column(column, found, |value| verdicts[value as usize] == YES);
            }
            Target::Number(_) => match self.ranges[..] {
                [(low, high)] => {
                    sift.column(column, found, |value| (low <= value) & (value <= high));
                }
                ref ranges => sift.column(column, found, |value| {
                    ranges.iter().any(|(low, high)| (*low..=*high).contains(&value))
                }),
            },
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

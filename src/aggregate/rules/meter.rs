//! What a rule reads of the rows of a second: two integers, which seconds add up.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::groups::{GROUPS_MAX, GroupPart};
use super::{By, Measure, Rule, Sign};
use crate::aggregate::column::{BYTES, Columns, REQUEST, Rows};
use crate::aggregate::dict::{ABSENT, OTHER};
use crate::aggregate::dictionaries::{Dictionaries, Freed};
use crate::aggregate::scan::{Batch, Scanner};

/// Of one second or more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Rows or bytes that are measured; of a latency, the requests on the far side of the threshold.
    pub measured: u64,
    /// Requests that these are a share of.
    pub whole: u64,
}

impl Part {
    pub(super) fn add(&mut self, other: Part) {
        self.measured += other.measured;
        self.whole += other.whole;
    }

    pub(super) fn take(&mut self, other: Part) {
        self.measured -= other.measured;
        self.whole -= other.whole;
    }
}

/// Reads rows for one rule.
#[derive(Clone, Debug)]
pub struct Meter {
    measure: Measure,
    /// Longer requests are on the far side: microseconds.
    near_us: i64,
    measured: Scanner,
    /// Only a share has one of its own.
    whole: Option<Scanner>,
    sum: Part,
    times: Vec<u32>,
    sizes: Vec<u64>,
    grouped: Option<Grouped>,
}

/// Sums by id of the value.
#[derive(Clone, Debug)]
struct Grouped {
    by: By,
    parts: HashMap<u32, Part, RandomState>,
    ids: Vec<u32>,
}

impl Grouped {
    /// The parts of these rows, one after the other.
    fn each(&mut self, columns: &Columns, rows: Rows<'_>, mut add: impl FnMut(usize, &mut Part)) {
        columns.text(self.by.field()).load(rows, &mut self.ids);
        for (at, id) in self.ids.iter().enumerate() {
            add(at, self.parts.entry(*id).or_default());
        }
    }
}

impl Meter {
    #[must_use]
    pub fn new(rule: &Rule) -> Meter {
        Meter {
            measure: rule.measure,
            near_us: near_us(rule),
            measured: Scanner::new(&rule.filter),
            whole: (rule.measure == Measure::Rate).then(|| Scanner::new(&rule.base)),
            sum: Part::default(),
            times: Vec::new(),
            sizes: Vec::new(),
            grouped: rule.by.map(|by| Grouped { by, parts: HashMap::default(), ids: Vec::new() }),
        }
    }

    /// Adds the `len` rows from `start` on.
    pub fn add(&mut self, columns: &Columns, rows: (usize, usize), dictionaries: &Dictionaries) {
        if self.grouped.is_some() {
            return self.add_grouped(columns, rows, dictionaries);
        }
        let (sum, near_us) = (&mut self.sum, self.near_us);
        let (times, sizes) = (&mut self.times, &mut self.sizes);
        let mut add: Box<dyn FnMut(Batch<'_>)> = match self.measure {
            Measure::Count => Box::new(|batch| sum.measured += batch.len() as u64),
            Measure::Rate => Box::new(|batch| sum.measured += batch.access.len() as u64),
            Measure::Bytes => Box::new(|batch| {
                batch.columns.at(BYTES).load(batch.access, sizes);
                // Stored one higher: 0 is unknown.
                sum.measured += sizes.iter().map(|bytes| bytes.saturating_sub(1)).sum::<u64>();
            }),
            Measure::Latency(_) => Box::new(|batch| {
                batch.columns.at(REQUEST).load(batch.access, times);
                let known = times.iter().filter_map(|us| us.checked_sub(1));
                for us in known {
                    sum.whole += 1;
                    sum.measured += u64::from(i64::from(us) > near_us);
                }
            }),
        };
        self.measured.scan(columns, rows, dictionaries, &mut add);
        drop(add);
        if let Some(whole) = &mut self.whole {
            whole.scan(columns, rows, dictionaries, |batch| {
                self.sum.whole += batch.access.len() as u64;
            });
        }
    }

    fn add_grouped(
        &mut self,
        columns: &Columns,
        rows: (usize, usize),
        dictionaries: &Dictionaries,
    ) {
        let Some(grouped) = &mut self.grouped else { return };
        let (measure, near_us) = (self.measure, self.near_us);
        let (times, sizes) = (&mut self.times, &mut self.sizes);
        self.measured.scan(columns, rows, dictionaries, |batch| match measure {
            Measure::Count => {
                for rows in [batch.access, Rows::Picked(batch.errors), Rows::Picked(batch.messages)]
                {
                    grouped.each(batch.columns, rows, |_, part| part.measured += 1);
                }
            }
            Measure::Rate => {
                grouped.each(batch.columns, batch.access, |_, part| part.measured += 1);
            }
            Measure::Bytes => {
                batch.columns.at(BYTES).load(batch.access, sizes);
                grouped.each(batch.columns, batch.access, |at, part| {
                    part.measured += sizes.get(at).map_or(0, |bytes| bytes.saturating_sub(1));
                });
            }
            Measure::Latency(_) => {
                batch.columns.at(REQUEST).load(batch.access, times);
                grouped.each(batch.columns, batch.access, |at, part| {
                    if let Some(us) = times.get(at).and_then(|us| us.checked_sub(1)) {
                        part.whole += 1;
                        part.measured += u64::from(i64::from(us) > near_us);
                    }
                });
            }
        });
        if let Some(whole) = &mut self.whole {
            whole.scan(columns, rows, dictionaries, |batch| {
                grouped.each(batch.columns, batch.access, |_, part| part.whole += 1);
            });
        }
    }

    /// The sums since the last call by value, the busiest first, no more than are followed; what has no
    /// value, or is `(other)`, is nobody.
    pub fn take_groups(&mut self, dictionaries: &Dictionaries) -> Vec<GroupPart> {
        let Some(grouped) = &mut self.grouped else { return Vec::new() };
        let names = dictionaries.field(grouped.by.field());
        let mut parts: Vec<(u32, Part)> =
            grouped.parts.drain().filter(|(id, _)| *id != ABSENT && *id != OTHER).collect();
        parts.sort_unstable_by_key(|(id, part)| {
            (std::cmp::Reverse((part.measured, part.whole)), *id)
        });
        parts.truncate(GROUPS_MAX);
        parts.into_iter().map(|(id, part)| (names.text(id).into(), part)).collect()
    }

    /// The sum since the last call.
    pub fn take(&mut self) -> Part {
        std::mem::take(&mut self.sum)
    }

    /// Forgets what was found about ids that will mean something else.
    pub(crate) fn forget(&mut self, freed: &Freed) {
        self.measured.forget(freed);
        if let Some(whole) = &mut self.whole {
            whole.forget(freed);
        }
    }
}

/// The longest request on the near side of the threshold: `p95 > T` asks how many took longer than `T`,
/// `p95 >= T` how many took `T` or longer. `<` and `<=` are their opposites.
fn near_us(rule: &Rule) -> i64 {
    let us = rule.threshold * 1e6;
    // 800 ms are 0.8 s and then 800,000.0000000001 µs: nobody means a fraction of one. Casts saturate.
    let us = us.round() as i64;
    match rule.sign {
        Sign::Above | Sign::AtMost => us,
        Sign::AtLeast | Sign::Below => us - 1,
    }
}

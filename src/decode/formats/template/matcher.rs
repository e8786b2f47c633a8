//! Reads a line with a program: finds the place of every fixed stretch, or says where it fails.
//!
//! Each stretch is put as far to the left as it goes, one after the other. Where none of them has
//! another place, that is the one reading, as it is of nearly every line. Else each is put as far
//! to the right as it goes, from the last to the first: all readings lie between the two, so where
//! both agree there is one. What is still open is tried out place by place (`places`). Where a line
//! has two readings and something that is believed differs in them, it is refused: a client could
//! have written one of the two.

use super::program::{Bound, OPEN_MAX, Op, Program, Stretch};
use super::shape::{self, quote};

/// Steps a line may cost for each of its bytes. A usual line takes about two; the rest is for lines
/// that were made to be tried at many places, which are refused instead of taking quadratic time.
const STEPS_PER_BYTE: usize = 16;
/// And for short lines.
const STEPS_MIN: usize = 4096;

/// A line that ends inside its last quoted field was cut, by a transport if it is about as long as the
/// smallest frame (1,024 bytes in RFC 3164, less a header); a shorter one is a damaged file.
const CUT_MIN: usize = 900;
/// Places of one stretch that are tried out.
const PLACES_MAX: usize = 1024;

/// Where each field stands in the line; none where nobody asks.
pub(super) type Spans = [(u32, u32)];

/// Why a line does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fail {
    pub(super) what: What,
    pub(super) offset: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The op of the stretch is not there.
    Op { stretch: usize, op: usize },
    /// The field holds something else.
    Open { field: u8 },
    /// Behind the end of the template there is more.
    More,
    /// The stretch can stand in two places.
    Ambiguous { stretch: usize },
    /// Too many places had to be tried.
    Steps,
}

/// Cuts the line.
pub(super) fn run(program: &Program, line: &str, spans: &mut Spans) -> Result<(), Fail> {
    let bytes = line.as_bytes();
    if u32::try_from(bytes.len()).is_err() {
        return Err(Fail { what: What::Steps, offset: 0 });
    }
    let mut reader =
        Reader { program, bytes, steps: bytes.len() * STEPS_PER_BYTE + STEPS_MIN, worst: None };
    reader.run(spans)
}

/// How many readings a line has, as far as anything that is believed differs in them.
enum Readings {
    None,
    One,
    Unknown,
}

struct Reader<'a> {
    program: &'a Program,
    bytes: &'a [u8],
    steps: usize,
    /// The failure furthest into the line.
    worst: Option<Fail>,
}

impl Reader<'_> {
    fn run(&mut self, spans: &mut Spans) -> Result<(), Fail> {
        let begin = self.stretch(0, 0, spans).ok_or_else(|| self.fail())?;
        if !self.program.open.is_empty() {
            match self.leftmost(begin, spans) {
                Readings::One => {}
                Readings::None => return Err(self.fail()),
                Readings::Unknown => self.places(begin, spans)?,
            }
        }
        for open in &self.program.open {
            let span = spans.get(usize::from(open.field)).copied().unwrap_or_default();
            self.checked(open.field, span)?;
        }
        Ok(())
    }

    /// Puts every stretch as far to the left as it goes. Gives whether that is a reading, and the
    /// only one as far as anything is believed.
    fn leftmost(&mut self, begin: usize, spans: &mut Spans) -> Readings {
        let program = self.program;
        // Where each open field begins, and where the stretch behind it does.
        let mut froms = [0_u32; OPEN_MAX];
        let mut starts = [0_u32; OPEN_MAX];
        let mut at = begin;
        for (index, open) in program.open.iter().enumerate() {
            let limit = self.limit(open.bound, at);
            let Some((start, end)) = self.first(index + 1, at, limit, spans) else {
                // Where the field may go to the end of the line, or can begin nowhere else, there is
                // none. Else it might begin behind what ended it here.
                let none = index == 0 || open.bound == Bound::Line;
                return if none { Readings::None } else { Readings::Unknown };
            };
            froms[index] = at as u32;
            starts[index] = start as u32;
            put(spans, open.field, at, start);
            at = end;
        }
        let all = self.bytes.len();
        // From the left: as long as there is no other place, the next field's beginning is certain,
        // and so is how far it can go.
        let mut certain = 0;
        for (index, open) in program.open.iter().enumerate() {
            let limit = self.limit(open.bound, froms[index] as usize);
            if self.last(index + 1, starts[index] as usize + 1, limit, all).is_some() {
                break;
            }
            certain = index + 1;
        }
        // From the right, for the rest.
        let mut ceiling = all;
        for index in (certain..program.open.len()).rev() {
            let bound = if index == certain { program.open[index].bound } else { Bound::Line };
            let start = starts[index] as usize;
            let limit = self.limit(bound, froms[index] as usize).min(ceiling);
            let last = self.last(index + 1, start + 1, limit, ceiling);
            if last.is_some() && program.stretches[index + 1].pinned {
                return Readings::Unknown;
            }
            ceiling = last.unwrap_or(start);
        }
        if self.steps > 0 { Readings::One } else { Readings::None }
    }

    /// Finds all places of every stretch that belong to a reading of the whole line. Exact where the
    /// two ends of [`Reader::leftmost`] are not, and slower.
    fn places(&mut self, begin: usize, spans: &mut Spans) -> Result<(), Fail> {
        let program = self.program;
        // From the left: what can be reached.
        let mut levels: Vec<Vec<(usize, usize)>> = Vec::with_capacity(program.open.len());
        for (index, open) in program.open.iter().enumerate() {
            let before = match levels.last() {
                Some(before) => before.as_slice(),
                None => &[(begin, begin)],
            };
            let froms: Vec<usize> = before.iter().map(|&(_, end)| end).collect();
            let mut found = Vec::new();
            let mut done = 0;
            for from in froms {
                let limit = self.limit(open.bound, from);
                let mut at = from.max(done);
                while at <= limit
                    && let Some(place) = self.first(index + 1, at, limit, spans)
                {
                    found.push(place);
                    at = place.0 + 1;
                    if found.len() > PLACES_MAX {
                        return Err(Fail { what: What::Steps, offset: at });
                    }
                }
                done = done.max(limit + 1);
            }
            if found.is_empty() || self.steps == 0 {
                return Err(self.fail());
            }
            levels.push(found);
        }
        // From the right: what leads to the end.
        for index in (1..levels.len()).rev() {
            let (left, right) = levels.split_at_mut(index);
            let (Some(here), Some(next)) = (left.last_mut(), right.first()) else { break };
            let bound = program.open[index].bound;
            here.retain(|&(_, end)| {
                let at = next.partition_point(|&(start, _)| start < end);
                next.get(at).is_some_and(|&(start, _)| start <= self.limit(bound, end))
            });
        }
        if self.steps == 0 {
            return Err(self.fail());
        }
        let mut at = begin;
        for (index, open) in program.open.iter().enumerate() {
            let level = &levels[index];
            if level.len() > 1 && program.stretches[index + 1].pinned {
                let offset = level[1].0;
                return Err(Fail { what: What::Ambiguous { stretch: index + 1 }, offset });
            }
            let place = level.iter().find(|&&(start, _)| start >= at);
            let Some(&(start, end)) = place else {
                return Err(self.fail());
            };
            self.stretch(index + 1, start, spans);
            put(spans, open.field, at, start);
            at = end;
        }
        Ok(())
    }

    /// Whether an open field holds what it may.
    fn checked(&self, field: u8, (from, to): (u32, u32)) -> Result<(), Fail> {
        let (from, to) = (from as usize, to as usize);
        let field_is = &self.program.fields[usize::from(field)];
        let token = &self.bytes[from..to];
        if shape::holds(&field_is.shape, token) || (field_is.dash && token == b"-") {
            return Ok(());
        }
        Err(Fail { what: What::Open { field }, offset: from })
    }

    fn fail(&self) -> Fail {
        if self.steps == 0 {
            return Fail { what: What::Steps, offset: 0 };
        }
        self.worst.unwrap_or(Fail { what: What::More, offset: 0 })
    }

    /// How far an open field that begins at `from` can go.
    fn limit(&mut self, bound: Bound, from: usize) -> usize {
        let rest = &self.bytes[from..];
        let length = match bound {
            Bound::Line => None,
            Bound::Word => rest.iter().position(|&b| b <= b' ' || b == b'"'),
            // Apache writes an empty user as `""`.
            Bound::Quote if rest.starts_with(b"\"\"") => quote(rest, 2),
            Bound::Quote => quote(rest, 0),
        };
        let length = length.unwrap_or(rest.len());
        // A byte is found in steps of many, unless all of the line is taken.
        self.spend(if bound == Bound::Line { 1 } else { length / 16 + 1 });
        from + length
    }

    /// The first place from `from` to `limit` where the stretch is, and where it ends.
    fn first(
        &mut self,
        index: usize,
        from: usize,
        limit: usize,
        spans: &mut Spans,
    ) -> Option<(usize, usize)> {
        let stretch = &self.program.stretches[index];
        if stretch.ops.is_empty() {
            // The end of the template.
            let end = self.bytes.len();
            if limit < end {
                self.note(What::More, limit);
                return None;
            }
            return Some((end, end));
        }
        let lead = lead(stretch);
        let mut at = from;
        loop {
            if let Some(lead) = lead {
                let window = self.bytes.get(at..(limit + 1).min(self.bytes.len()))?;
                let Some(skip) = memchr::memchr(lead, window) else {
                    self.note(What::Op { stretch: index, op: 0 }, limit);
                    return None;
                };
                at += skip;
            }
            if let Some(end) = self.stretch(index, at, spans) {
                return Some((at, end));
            }
            at += 1;
            if at > limit || self.steps == 0 {
                return None;
            }
        }
    }

    /// The last place from `from` to `limit` where the stretch is and ends by `ceiling`.
    fn last(&mut self, index: usize, from: usize, limit: usize, ceiling: usize) -> Option<usize> {
        let stretch = &self.program.stretches[index];
        if stretch.ops.is_empty() {
            return None;
        }
        let lead = lead(stretch);
        let mut end = (limit + 1).min(self.bytes.len() + 1);
        while end > from && self.steps > 0 {
            let at = match lead {
                Some(lead) => {
                    let window = self.bytes.get(from..end.min(self.bytes.len()))?;
                    from + memchr::memrchr(lead, window)?
                }
                None => end - 1,
            };
            if self.stretch(index, at, &mut []).is_some_and(|end| end <= ceiling) {
                return Some(at);
            }
            end = at;
        }
        None
    }

    /// Reads the stretch at `at`; gives where it ends. The last one ends with the line.
    fn stretch(&mut self, index: usize, at: usize, spans: &mut Spans) -> Option<usize> {
        let program = self.program;
        let mut now = at;
        for (op, what) in program.stretches[index].ops.iter().enumerate() {
            let end = match what {
                Op::Literal(text) => {
                    let text = text.as_bytes();
                    let same = self.bytes[now..].starts_with(text);
                    same.then_some(now + text.len())
                }
                Op::Quoted(field) => {
                    let end = quote(&self.bytes[now..], 0).map(|length| now + length);
                    put(spans, *field, now, end.unwrap_or(now));
                    if end.is_none() && self.cut(index, op) {
                        put(spans, *field, now, self.bytes.len());
                        return Some(self.bytes.len());
                    }
                    end
                }
                Op::Fixed(field) => {
                    let end = shape::end(&program.fields[usize::from(*field)], self.bytes, now);
                    put(spans, *field, now, end.unwrap_or(now));
                    end
                }
            };
            let Some(end) = end else {
                self.note(What::Op { stretch: index, op }, now);
                self.spend(now + 1 - at);
                return None;
            };
            now = end;
        }
        self.spend(now + 1 - at);
        if index + 1 == program.stretches.len() && now < self.bytes.len() {
            self.note(What::More, now);
            return None;
        }
        Some(now)
    }

    /// Whether the line was cut in this quoted field, the last.
    fn cut(&self, index: usize, op: usize) -> bool {
        let stretches = &self.program.stretches;
        self.program.cuttable
            && self.bytes.len() >= CUT_MIN
            && index + 1 == stretches.len()
            && op + 2 == stretches[index].ops.len()
    }

    fn spend(&mut self, steps: usize) {
        self.steps = self.steps.saturating_sub(steps);
    }

    fn note(&mut self, what: What, offset: usize) {
        if self.worst.is_none_or(|worst| worst.offset < offset) {
            self.worst = Some(Fail { what, offset });
        }
    }
}

fn put(spans: &mut Spans, field: u8, from: usize, to: usize) {
    if let Some(span) = spans.get_mut(usize::from(field)) {
        *span = (from as u32, to as u32);
    }
}

/// The byte that a stretch begins with, where it is known.
fn lead(stretch: &Stretch) -> Option<u8> {
    match stretch.ops.first()? {
        Op::Literal(text) => text.bytes().next(),
        Op::Fixed(_) | Op::Quoted(_) => None,
    }
}

/// All readings of a short line, one by one: what [`run`] must agree with.
#[cfg(test)]
pub(super) mod oracle {
    use super::{Program, Reader};

    /// Where the stretches of each reading begin.
    pub(in super::super) fn readings(program: &Program, line: &str) -> Vec<Vec<usize>> {
        let bytes = line.as_bytes();
        let mut reader = Reader { program, bytes, steps: usize::MAX, worst: None };
        let mut found = Vec::new();
        if let Some(end) = reader.stretch(0, 0, &mut []) {
            follow(&mut reader, end, &mut Vec::new(), &mut found);
        }
        found
    }

    fn follow(
        reader: &mut Reader<'_>,
        from: usize,
        starts: &mut Vec<usize>,
        found: &mut Vec<Vec<usize>>,
    ) {
        let index = starts.len();
        let Some(open) = reader.program.open.get(index) else {
            found.push(starts.clone());
            return;
        };
        let last = index + 1 == reader.program.open.len();
        for at in from..=reader.limit(open.bound, from) {
            let Some(end) = reader.stretch(index + 1, at, &mut []) else { continue };
            if !last || end == reader.bytes.len() {
                starts.push(at);
                follow(reader, end, starts, found);
                starts.pop();
            }
        }
    }
}

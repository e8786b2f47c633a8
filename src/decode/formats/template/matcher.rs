//! Reads a line with a program: finds the place of every fixed stretch, or says where it fails.
//!
//! Each stretch is put as far to the left as it goes, one after the other. Where none of them has
//! another place, that is the one reading, as it is of nearly every line. Else each is put as far
//! to the right as it goes, from the last to the first: all readings lie between the two, so where
//! both agree there is one. What is still open is tried out place by place (`places`). Where a line
//! has two readings and something that is believed differs in them, it is refused: a client could
//! have written one of the two.

use super::field::{Field, Shape};
use super::program::{Bound, OPEN_MAX, Op, Program, Stretch};
use super::time::Moment;
use crate::decode::formats::scan;
use crate::decode::stamp::month_from_name;

/// Steps a line may cost for each of its bytes. A usual line takes about two; the rest is for lines
/// that were made to be tried at many places, which are refused instead of taking quadratic time.
const STEPS_PER_BYTE: usize = 64;

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
        Reader { program, bytes, steps: bytes.len() * STEPS_PER_BYTE + 1024, worst: None };
    reader.run(spans)
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
        if !self.program.open.is_empty() && !self.leftmost(begin, spans) {
            self.places(begin, spans)?;
        }
        for open in &self.program.open {
            let span = spans.get(usize::from(open.field)).copied().unwrap_or_default();
            self.checked(open.field, span)?;
        }
        Ok(())
    }

    /// Puts every stretch as far to the left as it goes. Gives whether that is a reading, and the
    /// only one as far as anything is believed.
    fn leftmost(&mut self, begin: usize, spans: &mut Spans) -> bool {
        let program = self.program;
        // Where each open field begins, and where the stretch behind it does.
        let mut froms = [0_u32; OPEN_MAX];
        let mut starts = [0_u32; OPEN_MAX];
        let mut at = begin;
        for (index, open) in program.open.iter().enumerate() {
            let limit = self.limit(open.bound, at);
            let Some((start, end)) = self.first(index + 1, at, limit, spans) else {
                return false;
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
                return false;
            }
            ceiling = last.unwrap_or(start);
        }
        self.steps > 0
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

    /// Whether an open field that must be an address is one.
    fn checked(&self, field: u8, (from, to): (u32, u32)) -> Result<(), Fail> {
        let (from, to) = (from as usize, to as usize);
        let field_is = &self.program.fields[usize::from(field)];
        let absent = field_is.dash && &self.bytes[from..to] == b"-";
        if field_is.shape != Shape::Ip || absent || is_ip(&self.bytes[from..to]) {
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
                    end
                }
                Op::Fixed(field) => {
                    let end = fixed(&program.fields[usize::from(*field)], self.bytes, now);
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

/// How far it is to the first quote that no backslash stands before.
pub(super) fn quote(rest: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr2(b'"', b'\\', rest.get(at..)?)?;
        if rest[at] == b'"' {
            return Some(at);
        }
        at += 2;
    }
}

/// Where a fixed field that begins at `at` ends.
fn fixed(field: &Field, bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let length = length(&field.shape, rest);
    match length {
        Some(length) if length > 0 => Some(at + length),
        _ if field.dash && rest.first() == Some(&b'-') => Some(at + 1),
        Some(0) if matches!(field.shape, Shape::OneOf(_)) => Some(at),
        _ if field.empty => Some(at),
        _ => None,
    }
}

fn length(shape: &Shape, rest: &[u8]) -> Option<usize> {
    let run = |keep: fn(u8) -> bool| rest.iter().take_while(|b| keep(**b)).count();
    let digits = |from: usize, max: usize| {
        rest[from..].iter().take(max + 1).take_while(|b| b.is_ascii_digit()).count()
    };
    Some(match shape {
        Shape::Status => match digits(0, 3) {
            0 => 0,
            1 if rest[0] == b'0' => 1,
            3 => 3,
            _ => return None,
        },
        Shape::Digits => {
            let sign = usize::from(matches!(rest.first(), Some(b'+' | b'-')));
            match digits(sign, 20) {
                1..=20 => sign + digits(sign, 20),
                _ => return None,
            }
        }
        Shape::Decimal => decimal(rest)?,
        Shape::Numbers => {
            list(rest, |rest| decimal(rest).or_else(|| (rest.first() == Some(&b'-')).then_some(1)))?
        }
        Shape::Words => list(rest, |rest| {
            let word = |b: &u8| *b > b' ' && !matches!(b, b'"' | b',');
            Some(rest.iter().take_while(|b| word(b)).count()).filter(|&n| n > 0)
        })?,
        Shape::Token => run(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_')),
        Shape::Protocol => protocol(rest)?,
        Shape::OneOf(words) => {
            let found = words.iter().filter(|word| rest.starts_with(word.as_bytes()));
            found.map(|word| word.len()).max()?
        }
        Shape::Ip => Some(run(in_word)).filter(|&length| is_ip(&rest[..length]))?,
        Shape::Received => received(rest)?,
        Shape::Transferred => transferred(rest)?,
        Shape::Clf => clf(rest)?,
        Shape::Bracketed => match rest.first()? {
            b'[' => {
                let end = 1 + clf(&rest[1..])?;
                (rest.get(end) == Some(&b']')).then_some(end + 1)?
            }
            _ => clf(rest)?,
        },
        Shape::Iso => {
            run(|b| b.is_ascii_digit() || matches!(b, b'-' | b':' | b'.' | b'+' | b'T' | b'Z'))
        }
        Shape::Time(pattern) => pattern.read(rest, 0, &mut Moment::default())?,
        Shape::Blanks => run(|b| matches!(b, b' ' | b'\t')),
        Shape::Addresses(between) => addresses(between.as_bytes(), rest)?,
        Shape::Word => run(in_word),
        Shape::Host => run(|b| b > b' ' && !matches!(b, b'"' | b'/')),
        Shape::Text => rest.len(),
    })
}

/// A number that is not negative, or one that is: load balancers write -1 for none.
fn decimal(rest: &[u8]) -> Option<usize> {
    if let [b'-', rest @ ..] = rest {
        return unsigned(rest).map(|length| length + 1);
    }
    unsigned(rest)
}

fn unsigned(rest: &[u8]) -> Option<usize> {
    let whole = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    if whole == 0 {
        return None;
    }
    let point = rest.get(whole) == Some(&b'.');
    let fraction = rest.iter().skip(whole + 1).take_while(|b| b.is_ascii_digit()).count();
    Some(if point && fraction > 0 { whole + 1 + fraction } else { whole })
}

/// Items behind one another, `, ` or ` : ` between them.
fn list(rest: &[u8], item: impl Fn(&[u8]) -> Option<usize>) -> Option<usize> {
    let mut end = item(rest)?;
    loop {
        let gap = match &rest[end..] {
            [b',', b' ', ..] => 2,
            [b' ', b':', b' ', ..] => 3,
            _ => return Some(end),
        };
        match item(&rest[end + gap..]) {
            Some(length) => end += gap + length,
            None => return Some(end),
        }
    }
}

/// Letters, `/` and a version; or a word of letters alone (Apache's `INCLUDED`).
fn protocol(rest: &[u8]) -> Option<usize> {
    let name = rest.iter().take_while(|b| b.is_ascii_alphabetic() || **b == b'-').count();
    if rest.get(name) != Some(&b'/') {
        return Some(name);
    }
    unsigned(&rest[name + 1..]).map(|version| name + 1 + version)
}

/// Addresses, and what is between them; around them only what is no blank.
fn addresses(between: &[u8], rest: &[u8]) -> Option<usize> {
    let gap = |from: usize| rest[from..].iter().take_while(|b| between.contains(b)).count();
    let mut end = 0;
    let mut at = gap(0);
    loop {
        let address = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b'.' | b':');
        let length = rest[at..].iter().take_while(|b| address(b)).count();
        if !rest[at..at + length].iter().any(|b| matches!(b, b'.' | b':')) {
            break;
        }
        end = at + length;
        at = end + gap(end);
    }
    if end == 0 {
        return None;
    }
    let closing = rest[end..].iter().take_while(|b| **b > b' ' && between.contains(b)).count();
    Some(end + closing)
}

fn in_word(byte: u8) -> bool {
    byte > b' ' && byte != b'"'
}

fn is_ip(token: &[u8]) -> bool {
    std::str::from_utf8(token).is_ok_and(scan::is_ip)
}

fn received(rest: &[u8]) -> Option<usize> {
    let word = rest.iter().take_while(|b| in_word(**b)).count();
    let number = word > 0 && rest[..word].iter().all(u8::is_ascii_digit);
    let thread = word > 4 && rest[..word].contains(&b'-') && rest[0].is_ascii_alphabetic();
    (number || thread).then_some(word)
}

fn transferred(rest: &[u8]) -> Option<usize> {
    let word = rest.iter().take_while(|b| in_word(**b)).count();
    let text = &rest[..word];
    let session = word >= 16 && text.iter().all(|b| b.is_ascii_hexdigit() || *b == b'.');
    let number = word > 0 && text.iter().all(u8::is_ascii_digit);
    (session || number || matches!(text, b"http" | b"https" | b"-")).then_some(word)
}

/// The length of a time of the Common Log Format, if its marks are where they must be.
fn clf(rest: &[u8]) -> Option<usize> {
    let time = rest.get(..26)?;
    let marks = [(2, b'/'), (6, b'/'), (11, b':'), (14, b':'), (17, b':'), (20, b' ')];
    let marked = marks.iter().all(|&(at, mark)| time[at] == mark);
    let signed = matches!(time[21], b'+' | b'-');
    let digits = [0, 1, 7, 8, 9, 10, 12, 13, 15, 16, 18, 19, 22, 23, 24, 25];
    let counted = digits.iter().all(|&at| time[at].is_ascii_digit());
    let counted = counted && month_from_name(&time[3..6]).is_some();
    (marked && signed && counted).then_some(26)
}

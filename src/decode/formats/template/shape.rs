//! Where a field ends by its own shape. Each look is at a bounded number of bytes, or at those that the
//! field is made of.

use super::field::{Field, Shape};
use super::moment::Moment;
use crate::decode::formats::scan;
use crate::decode::stamp::month_from_name;

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
pub(super) fn end(field: &Field, bytes: &[u8], at: usize) -> Option<usize> {
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
        Shape::Words(stop) => list(rest, |rest| {
            let word = |b: &u8| *b > b' ' && !matches!(b, b'"' | b',');
            // `[2001:db8::1]:80` has brackets of its own.
            let address = |b: &u8| b.is_ascii_hexdigit() || matches!(b, b':' | b'.' | b'%');
            let inner = rest.iter().skip(1).take_while(|b| address(b)).count();
            let closed = rest.first() == Some(&b'[') && rest.get(1 + inner) == Some(&b']');
            let front = if closed { inner + 2 } else { 0 };
            let more = rest[front..].iter().take_while(|b| word(b) && *b != stop).count();
            Some(front + more).filter(|&n| n > 0)
        })?,
        Shape::Token => run(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_')),
        Shape::Protocol => protocol(rest)?,
        Shape::OneOf(words) => {
            let found = words.iter().filter(|word| rest.starts_with(word.as_bytes()));
            found.map(|word| word.len()).max()?
        }
        Shape::Ip | Shape::Name => {
            let length = run(in_name);
            Some(length).filter(|&length| holds(shape, &rest[..length]))?
        }
        Shape::Received => received(rest)?,
        Shape::Transferred => transferred(rest)?,
        Shape::Clf => clf(rest)?,
        Shape::Bracketed => {
            let end = 1 + clf(rest.strip_prefix(b"[")?)?;
            (rest.get(end) == Some(&b']')).then_some(end + 1)?
        }
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

pub(super) fn in_word(byte: u8) -> bool {
    byte > b' ' && byte != b'"'
}

/// Bytes of an address with its port, brackets and zone (`fe80::1%eth0`), and of a host's name in any
/// alphabet.
pub(super) fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || b".:-_%[]*".contains(&byte)
}

/// Whether an open field may hold this.
pub(super) fn holds(shape: &Shape, token: &[u8]) -> bool {
    match shape {
        Shape::Ip => std::str::from_utf8(token).is_ok_and(scan::is_ip),
        Shape::Name => !token.is_empty() && token.iter().all(|b| in_name(*b)),
        Shape::Numbers | Shape::Words(_) => length(shape, token) == Some(token.len()),
        _ => true,
    }
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

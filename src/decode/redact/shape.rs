//! Secrets of a line that are known by how they look, or by the call that they stand in.

use std::ops::Range;

use super::line::end_of;

/// How keys of payment services and of code hosts begin.
const KEYS: [&[u8]; 6] = [b"sk_live_", b"sk_test_", b"rk_live_", b"rk_test_", b"ghp_", b"glpat-"];

/// Options of `curl` behind which a name and a password stand.
const LOGINS: [&[u8]; 3] = [b"-u ", b"--user ", b"--proxy-user "];

/// Calls whose third text is a password, as PHP's traces have them.
const CONNECTS: [&[u8]; 4] =
    [b"PDO->__construct", b"PDO::__construct", b"mysqli->__construct", b"mysqli_connect"];

/// Whether a secret may be told from here on; few bytes of few lines pass.
#[inline]
pub(super) fn begins(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        b's' | b'r' | b'g' => KEYS.iter().any(|key| bytes[at..].starts_with(key)),
        b'-' => {
            bytes[at..].starts_with(b"-----BEGIN ")
                || LOGINS.iter().any(|option| bytes[at..].starts_with(option))
        }
        b'(' => CONNECTS.iter().any(|call| bytes[..at].ends_with(call)),
        _ => false,
    }
}

/// The secret that [`begins`] there.
pub(super) fn secret(line: &str, at: usize) -> Option<Range<usize>> {
    let bytes = line.as_bytes();
    let range = match bytes[at] {
        b'-' if bytes[at + 1..].starts_with(b"----B") => private_key(bytes, at)?,
        b'-' => login(line, at)?,
        b'(' => third_text(bytes, at + 1)?,
        _ => key(bytes, at)?,
    };
    (!range.is_empty()).then_some(range)
}

fn key(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    let alone = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
    let to = end_of(bytes, at, |b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')));
    let begin = KEYS.iter().find(|key| bytes[at..].starts_with(key))?;
    (alone && to > at + begin.len()).then_some(at..to)
}

/// What stands between the lines of `-----BEGIN RSA PRIVATE KEY-----`, or as far as it goes.
fn private_key(bytes: &[u8], at: usize) -> Option<Range<usize>> {
    const LABEL: usize = 48;
    let label = &bytes[at + 5..bytes.len().min(at + 5 + LABEL)];
    let end = memchr::memmem::find(label, b"-----")?;
    memchr::memmem::find(&label[..end], b"PRIVATE KEY")?;
    let behind = at + 5 + end + 5;
    let from = end_of(bytes, behind, |b| b != b' ');
    let of_key =
        |b: u8| b.is_ascii_alphanumeric() || b.is_ascii_whitespace() || b"+/=\\".contains(&b);
    Some(from..end_of(bytes, from, |b| !of_key(b)))
}

/// `-u name:password`; `-u 1000:1000` are numbers of a user and a group.
fn login(line: &str, at: usize) -> Option<Range<usize>> {
    let bytes = line.as_bytes();
    if at > 0 && !matches!(bytes[at - 1], b' ' | b'"' | b'\'' | b',') {
        return None;
    }
    let blank = end_of(bytes, at, |b| b == b' ');
    let mut from = end_of(bytes, blank, |b| b != b' ');
    let quote = bytes.get(from).copied().filter(|b| matches!(b, b'"' | b'\''));
    from += usize::from(quote.is_some());
    let to = end_of(bytes, from, |b| match quote {
        Some(quote) => b == quote,
        None => b.is_ascii_whitespace() || matches!(b, b'"' | b'\''),
    });
    let (_, password) = line[from..to].split_once(':')?;
    let number = line[from..to].bytes().all(|b| b.is_ascii_digit() || b == b':');
    (!password.is_empty() && !number).then_some(from..to)
}

/// Behind `'mysql:host=db', 'shop', '`, to its quote.
fn third_text(bytes: &[u8], from: usize) -> Option<Range<usize>> {
    let mut at = from;
    for _ in 0..2 {
        let text = bytes[at..].strip_prefix(b"'")?;
        let close = end_of(bytes, bytes.len() - text.len(), |b| b == b'\'');
        bytes[close..].starts_with(b"', '").then_some(())?;
        at = close + 3;
    }
    let behind = |at: usize| bytes.get(at + 1).is_none_or(|b| matches!(b, b',' | b')'));
    let close = (at + 1..bytes.len()).find(|&at| bytes[at] == b'\'' && behind(at));
    Some(at + 1..close.unwrap_or(bytes.len()))
}

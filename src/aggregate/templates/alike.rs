//! How far two tokens are apart: the rule by which messages are told apart or put together.
//!
//! A plain word is part of the message, so `started` and `stopped` are two templates, however much
//! else is equal. What has the looks of an identifier is a value.

use super::mask::WILD;

/// What a difference between two tokens says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Apart {
    /// Two values.
    Values,
    /// Two words after the same key, `user=root` and `user=guest`: values where more differs too,
    /// else words.
    Settings,
    /// Two words.
    Words,
}

/// How far two identifiers are apart that are not equal.
pub(super) fn apart(a: &[u8], b: &[u8]) -> Apart {
    match (setting(a), setting(b)) {
        (Some(a), Some(b)) if a == b => return Apart::Settings,
        _ => {}
    }
    // `eth0` and `wlan0` are named things of different kinds, `web-3/a.b` and `db_7` anything.
    if is_numbered(a) && is_numbered(b) { Apart::Words } else { Apart::Values }
}

/// Whether both have the same key: `lock=5,` and `lock=abc,`.
pub(super) fn same_key(a: &[u8], b: &[u8]) -> bool {
    match (key(a), key(b)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

fn key(token: &[u8]) -> Option<&[u8]> {
    token.iter().position(|byte| *byte == b'=').map(|end| &token[..end])
}

/// Whether a token has the looks of a value: a number in it, or marks that names and paths have
/// and words have not.
pub(super) fn is_identifier(token: &[u8]) -> bool {
    let is_edge = |byte: &u8| b".,:;()[]{}\"'".contains(byte);
    let inner = trim(token, is_edge);
    is_quoted(token)
        || inner.is_empty()
        || inner.iter().any(|byte| *byte == WILD || b"=./\\\"'_@".contains(byte))
}

/// `"word"` as a whole: servers quote what came from outside.
fn is_quoted(token: &[u8]) -> bool {
    let inner = trim(token, |byte| b".,:;()[]{}".contains(byte));
    inner.len() > 2 && inner[0] == b'"' && inner.ends_with(b"\"")
}

/// The key of `key=word`.
fn setting(token: &[u8]) -> Option<&[u8]> {
    let key = key(token)?;
    let mut value = &token[key.len() + 1..];
    value = trim_once(value, b"\"'", true);
    if let [rest @ .., b',' | b';' | b'.' | b')'] = value {
        value = rest;
    }
    value = trim_once(value, b"\"'", false);
    (!value.is_empty() && value.iter().all(u8::is_ascii_alphabetic)).then_some(key)
}

fn trim_once<'a>(text: &'a [u8], of: &[u8], front: bool) -> &'a [u8] {
    match (text, front) {
        ([first, rest @ ..], true) if of.contains(first) => rest,
        ([rest @ .., last], false) if of.contains(last) => rest,
        _ => text,
    }
}

/// A word with a number: `alt0`, `node12`.
fn is_numbered(token: &[u8]) -> bool {
    let inner = trim(token, |byte| !byte.is_ascii_alphanumeric() && *byte != WILD);
    let is_simple = inner.iter().all(|byte| *byte == WILD || byte.is_ascii_alphabetic());
    is_simple && inner != [WILD] && inner.contains(&WILD)
}

fn trim(text: &[u8], is_edge: impl Fn(&u8) -> bool) -> &[u8] {
    let start = text.iter().position(|byte| !is_edge(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_edge(byte)).map_or(start, |last| last + 1);
    &text[start..end]
}

/// What two tokens have in common around a value, for showing: `name=\0,` of `name=a,` and `name=b,`.
/// Cut at marks, so that no half words are shown.
pub(super) fn around(a: &[u8], b: &[u8]) -> Vec<u8> {
    let is_mark = |byte: u8| !byte.is_ascii_alphanumeric() && byte < 0x80 && byte != WILD;
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let front = a[..same].iter().rposition(|byte| is_mark(*byte)).map_or(0, |last| last + 1);
    let room = a.len().min(b.len()) - front;
    let same = a.iter().rev().zip(b.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let back = &a[a.len() - same..];
    let back = back.iter().position(|byte| is_mark(*byte)).map_or(&[][..], |first| &back[first..]);
    [&a[..front], &[WILD], back].concat()
}

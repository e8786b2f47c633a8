//! What a segment of a path is by its looks: a word, or an id that stands for many.

use std::borrow::Cow;
use std::net::Ipv4Addr;

use crate::decode::filetype::file_type;

/// A segment as a route writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape<'a> {
    /// One of many by its looks: `{id}`, `{hash}.png`. There are few of these.
    Placeholder(Cow<'a, str>),
    /// A name, or a name with an id in it (`app.{hash}.js`); how many there are is yet to be learnt.
    Word(Cow<'a, str>),
}

/// Stands for whatever was learnt to be one of many.
pub(super) const NAME: &str = "{name}";
const ID: &str = "{id}";
const UUID: &str = "{uuid}";
const HASH: &str = "{hash}";
const DATE: &str = "{date}";
const EMAIL: &str = "{email}";
const IP: &str = "{ip}";
const TOKEN: &str = "{token}";
const PLACEHOLDERS: [&str; 8] = [NAME, ID, UUID, HASH, DATE, EMAIL, IP, TOKEN];

/// Longer segments are titles or payloads: one of many without having to be learnt. Slugs of shops
/// and blogs stay below (WordPress cuts them at 200 bytes, most have under 80; a letter that is no ASCII is 6 or 9 bytes), and the tree's
/// memory is bounded by it.
pub(super) const SEGMENT_MAX: usize = 256;

/// A UUID may be of letters alone.
const UUID_BYTES: usize = 36;

/// A token is at least as long; below, words with digits are as likely (`mp3player2`).
const TOKEN_MIN: usize = 10;
/// A hash is at least as long: what bundlers put into file names.
const HASH_MIN: usize = 8;
/// Longer mixtures are names with sizes and colours in them (`icons_6e6c56_256x240`).
const BUNDLE_MAX: usize = 12;
/// Digits behind a name that make it an id: `order-1001`, but not `step-2` or `utf-8`.
const SUFFIX_MIN: usize = 3;

/// The looks of one segment, without its `;parameters`.
pub(super) fn shape(segment: &str) -> Shape<'_> {
    if segment.len() > SEGMENT_MAX {
        return Shape::Placeholder(Cow::Borrowed(NAME));
    }
    // Most are a plain word or a number, which all that follows would say too.
    let in_word = |b: u8| b.is_ascii_lowercase() || b == b'-' || b == b'_';
    if segment.len() != UUID_BYTES && segment.bytes().all(in_word) {
        return Shape::Word(Cow::Borrowed(segment));
    }
    if is_digits(segment) {
        return Shape::Placeholder(Cow::Borrowed(ID));
    }
    looked_at(segment)
}

fn looked_at(segment: &str) -> Shape<'_> {
    if is_noise(segment) {
        return Shape::Placeholder(Cow::Borrowed(TOKEN));
    }
    if is_placeholder(segment) {
        return Shape::Placeholder(Cow::Borrowed(segment));
    }
    let file = file_type(segment);
    let (stem, ending) = if file.is_empty() {
        (segment, "")
    } else {
        segment.split_at(segment.len() - file.len() - 1)
    };
    if let Some(whole) = whole(stem) {
        return Shape::Placeholder(with(whole, ending));
    }
    let word = match in_parts(stem, !file.is_empty()) {
        Some(stem) => Cow::Owned(stem + ending),
        None => Cow::Borrowed(segment),
    };
    // A placeholder may be a byte longer than what it stands for.
    if word.len() > SEGMENT_MAX {
        Shape::Placeholder(Cow::Borrowed(NAME))
    } else {
        Shape::Word(word)
    }
}

/// Year, month and perhaps day as segments of their own: how many segments make the one date.
pub(super) fn date_run(segments: &[&str]) -> Option<usize> {
    let [year, month, rest @ ..] = segments else { return None };
    if !(is_year(year) && is_number(month, 2, 12)) {
        return None;
    }
    Some(if rest.first().is_some_and(|day| is_number(day, 2, 31)) { 3 } else { 2 })
}

pub(super) fn date() -> Cow<'static, str> {
    Cow::Borrowed(DATE)
}

fn with<'a>(placeholder: &'static str, ending: &str) -> Cow<'a, str> {
    if ending.is_empty() {
        Cow::Borrowed(placeholder)
    } else {
        Cow::Owned(format!("{placeholder}{ending}"))
    }
}

/// `{id}` or `{id}.png`, as a route that is routed again has it.
fn is_placeholder(segment: &str) -> bool {
    let stem = match file_type(segment) {
        "" => segment,
        file => &segment[..segment.len() - file.len() - 1],
    };
    stem.starts_with('{') && PLACEHOLDERS.contains(&stem)
}

/// Control characters, and escapes that are none or hide some: no page is called so.
fn is_noise(segment: &str) -> bool {
    let bytes = segment.as_bytes();
    let hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    segment.chars().any(char::is_control)
        || bytes.iter().enumerate().any(|(at, byte)| {
            *byte == b'%'
                && (!hex(at + 1)
                    || !hex(at + 2)
                    || matches!(bytes[at + 1], b'0' | b'1')
                    || bytes[at + 1..at + 3].eq_ignore_ascii_case(b"7f"))
        })
}

/// The placeholder of a whole segment, or of a file's stem.
fn whole(text: &str) -> Option<&'static str> {
    match () {
        () if is_digits(text) => Some(ID),
        () if is_uuid(text) => Some(UUID),
        () if is_date(text) => Some(DATE),
        () if text.parse::<Ipv4Addr>().is_ok() => Some(IP),
        () if is_numbers(text) => Some(ID),
        () if is_hash(text) => Some(HASH),
        () if is_email(text) => Some(EMAIL),
        () if is_jwt(text) || is_token(text) => Some(TOKEN),
        () => None,
    }
}

/// The ids inside a name: `order-1001`, `tt0111161`, and in a file's name `app.3f9c1b2d`,
/// `index-B3xk9Q2d`. `None` where there are none.
fn in_parts(stem: &str, is_file: bool) -> Option<String> {
    if is_file {
        // A bundler's hash stands behind the last `.` or `-`, before what else ends in a dot
        // (`app.3f9c1b2d.min.js`).
        let mut out = String::with_capacity(stem.len());
        let mut changed = false;
        for (at, part) in stem.split('.').enumerate() {
            if at > 0 {
                out.push('.');
            }
            let (head, tail) = part.rfind('-').map_or(("", part), |cut| part.split_at(cut + 1));
            let is_inside = at > 0 || !head.is_empty();
            if is_inside && (is_hash(tail) || is_uuid(tail) || is_bundle(tail)) {
                out.push_str(head);
                out.push_str(HASH);
                changed = true;
            } else {
                out.push_str(part);
            }
        }
        if changed {
            return Some(out);
        }
    }
    let head = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = stem.len() - head.len();
    let separated = head.ends_with(['-', '_', '=', ':']) && digits >= SUFFIX_MIN;
    // `tt0111161`, `IMG1234`; `win2000` and `web2024` are names.
    let joined = (1..=4).contains(&head.len())
        && head.bytes().all(|b| b.is_ascii_alphabetic())
        && digits > SUFFIX_MIN
        && !is_year(&stem[head.len()..]);
    let is_id = !head.is_empty() && (separated || joined);
    // A year ends many a title.
    let is_title = separated && is_year(&stem[head.len()..]);
    (is_id && !is_title).then(|| format!("{head}{ID}"))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// `2024-000123`, `12,34,56`, `-7`; not `1.2.3`, which is a version.
fn is_numbers(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit() || b"-_,:".contains(&b))
        && text.bytes().any(|b| b.is_ascii_digit())
}

fn is_number(text: &str, digits: usize, max: u32) -> bool {
    text.len() == digits && is_digits(text) && (1..=max).contains(&text.parse().unwrap_or(0))
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && is_digits(text) && (text.starts_with("19") || text.starts_with("20"))
}

/// `2024-05-17`, `2024-05`, and with a time behind a `T` or `_`.
fn is_date(text: &str) -> bool {
    let day = text.split(['T', '_']).next().unwrap_or("");
    let rest = &text[day.len()..];
    let mut parts = day.split('-');
    let (Some(year), Some(month)) = (parts.next(), parts.next()) else { return false };
    is_year(year)
        && is_number(month, 2, 12)
        && parts.next().is_none_or(|d| is_number(d, 2, 31))
        && parts.next().is_none()
        && rest.bytes().skip(1).all(|b| b.is_ascii_digit() || b"-:.Z+".contains(&b))
}

fn is_uuid(text: &str) -> bool {
    const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];
    let text = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
    let mut parts = text.split('-');
    GROUPS.iter().all(|len| parts.next().is_some_and(|p| p.len() == *len && is_hex(p)))
        && parts.next().is_none()
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Hex digits with letters and digits among each other: `decade`, `feed2024` and `2024cafe` are
/// words.
fn is_hash(text: &str) -> bool {
    text.len() >= HASH_MIN
        && is_hex(text)
        && text.bytes().any(|b| b.is_ascii_digit())
        && text.bytes().any(|b| b.is_ascii_alphabetic())
        && (turns(text) >= 2 || text.len() >= 16)
}

/// How often letters and digits change over.
fn turns(text: &str) -> usize {
    let kinds = text.as_bytes().windows(2);
    kinds.filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count()
}

/// Letters and digits in a mixture that no word has: what Vite and webpack append.
fn is_bundle(text: &str) -> bool {
    (HASH_MIN..=BUNDLE_MAX).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && (turns(text) >= 3 || (turns(text) >= 2 && humps(text) >= 2))
}

/// How often a capital stands behind a small letter or a digit.
fn humps(text: &str) -> usize {
    let pairs = text.as_bytes().windows(2);
    pairs.filter(|p| !p[0].is_ascii_uppercase() && p[1].is_ascii_uppercase()).count()
}

fn is_email(text: &str) -> bool {
    let cut = text.split_once('@').or_else(|| text.split_once("%40"));
    cut.is_some_and(|(user, host)| {
        let fair = |c: char| c.is_alphanumeric() || "-.".contains(c);
        !user.is_empty() && host.chars().all(fair) && host.find('.').is_some_and(|at| at > 0)
    })
}

fn is_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.len() > 30 && text.matches('.').count() == 2
}

/// Letters and digits as chance throws them (base64, nanoid, ULID, ASIN), told from slugs and
/// camelCase by how often they change.
fn is_token(text: &str) -> bool {
    let text = text.trim_end_matches('=').trim_end_matches("%3D");
    let fair = |b: u8| b.is_ascii_alphanumeric() || b"-_~.".contains(&b);
    if text.len() < TOKEN_MIN || !text.bytes().all(fair) {
        return false;
    }
    // A slug's or version's parts are words or numbers: `how-to-2024`, `jquery.1.2.min`.
    let mut parts = 0;
    let mut plain = 0;
    for part in text.split(['-', '_', '~', '.']).filter(|part| !part.is_empty()) {
        parts += 1;
        let letters = part.bytes().all(|b| b.is_ascii_alphabetic());
        plain += usize::from(is_digits(part) || (letters && humps(part) <= 1));
    }
    if parts > 1 && plain * 2 >= parts {
        return false;
    }
    let runs = text.as_bytes().windows(2);
    // Runs of digits that begin inside, and one at the start.
    let digits = runs.filter(|p| !p[0].is_ascii_digit() && p[1].is_ascii_digit()).count()
        + usize::from(text.as_bytes()[0].is_ascii_digit());
    let humps = humps(text);
    let has_letters = text.bytes().any(|b| b.is_ascii_alphabetic());
    // Of letters alone every fourth is a capital behind a small one; camelCase has longer words. With
    // digits, every fourth or (the longer, the surer) every sixth changes.
    let share = if text.len() < 2 * TOKEN_MIN { 4 } else { 6 };
    let by_digits = digits >= 2 && digits + humps >= text.len() / share;
    let by_capitals = text.len() >= 16 && humps * 4 > text.len();
    has_letters && (by_digits || by_capitals)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{looked_at, shape};

    proptest! {
        #[test]
        fn a_plain_word_is_what_a_careful_look_says(
            segment in prop_oneof![
                "[a-z_-]{0,50}",
                "[0-9]{0,50}",
                "[0-9a-f_-]{30,40}",
                "[a-f]{8}-[a-f]{4}-[a-f]{4}-[a-f]{4}-[a-f0]{12}",
                "[-_]{0,12}",
            ],
        ) {
            prop_assert_eq!(shape(&segment), looked_at(&segment));
        }
    }
}

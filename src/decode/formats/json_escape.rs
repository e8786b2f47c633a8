//! Undoes the escapes of a JSON text, and nginx's `\x22` inside one; and journald's way with a text that is no UTF-8, an
//! array of its bytes.

use std::borrow::Cow;

use super::scan;
use crate::decode::text::lossy;
use crate::vocab::event::Text;

/// What stands between two quotes, as text. Bytes that are no UTF-8 become U+FFFD.
pub(super) fn unescape(raw: &str) -> Text<'_> {
    let bytes = raw.as_bytes();
    let Some(first) = memchr::memchr(b'\\', bytes) else {
        return Cow::Borrowed(raw);
    };
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    let mut stop = first;
    loop {
        out.extend_from_slice(&bytes[at..stop]);
        let Some(end) = escape(bytes, stop, &mut out) else {
            break;
        };
        at = end;
        stop = memchr::memchr(b'\\', &bytes[at..]).map_or(bytes.len(), |run| at + run);
    }
    Cow::Owned(match String::from_utf8(out) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// Undoes the escape at `at`; gives where it ends, or `None` behind the last
/// byte. What is no escape stays as it is, a lone
/// surrogate becomes U+FFFD.
fn escape(bytes: &[u8], at: usize, out: &mut Vec<u8>) -> Option<usize> {
    let plain = match *bytes.get(at + 1)? {
        byte @ (b'"' | b'\\' | b'/') => byte,
        b'n' => b'\n',
        b't' => b'\t',
        b'r' => b'\r',
        b'b' => 8,
        b'f' => 12,
        b'x' => match scan::hex_pair(bytes, at + 2) {
            Some(byte) => {
                out.push(byte);
                return Some(at + 4);
            }
            None => return kept(at, out),
        },
        b'u' => {
            let Some(unit) = hex_unit(bytes, at + 2) else {
                return kept(at, out);
            };
            let (code, end) = match (unit, bytes.get(at + 6..at + 8)) {
                (0xd800..0xdc00, Some(b"\\u")) => match hex_unit(bytes, at + 8) {
                    Some(low @ 0xdc00..0xe000) => {
                        (0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00), at + 12)
                    }
                    _ => (unit, at + 6),
                },
                _ => (unit, at + 6),
            };
            let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(end);
        }
        _ => return kept(at, out),
    };
    out.push(plain);
    Some(at + 2)
}

fn kept(at: usize, out: &mut Vec<u8>) -> Option<usize> {
    out.push(b'\\');
    Some(at + 1)
}

fn hex_unit(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from(scan::hex_pair(bytes, at)?) << 8 | u32::from(scan::hex_pair(bytes, at + 2)?))
}

/// Whether what stands between an array's brackets may be a text's bytes: numbers up to 255, and more than one.
pub(super) fn is_bytes(raw: &str) -> bool {
    raw.contains(',') && raw.split(',').all(|number| number.trim().parse::<u8>().is_ok())
}

/// The text whose bytes these are.
pub(super) fn of_bytes(raw: &str) -> Text<'static> {
    let bytes: Vec<u8> = raw.split(',').filter_map(|number| number.trim().parse().ok()).collect();
    Cow::Owned(lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use crate::decode::formats::recognise::Recogniser;
    use crate::vocab::event::{Event, Kind};

    fn decode(line: &str) -> Event<'_> {
        Recogniser::default().decode(line)
    }

    #[test]
    fn a_message_that_journald_gives_as_bytes_is_read_as_the_text_that_it_was() {
        let object = |bytes: &[u8], compact: bool| {
            let numbers: Vec<String> = bytes.iter().map(ToString::to_string).collect();
            let numbers = numbers.join(if compact { "," } else { ", " });
            format!(r#"{{"_HOSTNAME":"web1","PRIORITY":"6","MESSAGE":[{numbers}]}}"#)
        };
        let line = b"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] \"GET /x HTTP/1.1\" 200 5 \"-\" \"caf\xe9\"";
        for compact in [true, false] {
            let said = object(line, compact);
            let event = decode(&said);
            assert_eq!((event.kind, event.status), (Kind::Access, Some(200)), "{said}");
            assert_eq!(event.path.as_deref(), Some("/x"));
            assert_eq!(event.user_agent.as_deref(), Some("caf\u{fffd}"));
            let said = object(b"caf\xe9 is open", compact);
            assert_eq!(decode(&said).message.as_deref(), Some("caf\u{fffd} is open"));
        }
        // What is no array of bytes stays as it was.
        let event = decode(r#"{"PRIORITY":"6","MESSAGE":[50,256]}"#);
        assert_eq!(event.message.as_deref(), Some("50,256"));
    }
}

//! From bytes of a file to lines and columns, and from a TOML string's text back to the file.

use std::ops::Range;
use std::path::Path;

use super::problem::Origin;

/// Turns byte offsets into lines and columns.
pub(super) struct Places<'a> {
    path: &'a Path,
    text: &'a str,
    /// Where each line starts.
    starts: Vec<usize>,
}

impl<'a> Places<'a> {
    pub(super) fn new(path: &'a Path, text: &'a str) -> Self {
        let starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Places { path, text, starts }
    }

    /// Counted from 0.
    pub(super) fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    pub(super) fn origin(&self, at: usize) -> Origin {
        let line = self.line(at);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let column = self.text.get(start..at).map_or(1, |before| before.chars().count() + 1);
        Origin::File { path: self.path.into(), line: line + 1, column }
    }

    /// Where in the file the byte `offset` of a value's text stands; `span` is the value's. For
    /// what is no string, or no longer one, its start.
    pub(super) fn inside(&self, span: &Range<usize>, offset: usize) -> usize {
        let source = self.text.get(span.clone()).unwrap_or_default();
        span.start + in_string(source, offset)
    }
}

/// Where the byte `offset` of a TOML string's text stands in its source, which has the quotes: the
/// start of what was written for it, one behind the last for the end.
fn in_string(source: &str, offset: usize) -> usize {
    let quote = match source.bytes().next() {
        Some(quote @ (b'"' | b'\'')) => char::from(quote),
        _ => return 0,
    };
    // `""` alone is empty; three of them open a string of several lines.
    let triple = if quote == '"' { "\"\"\"" } else { "'''" };
    let several = source.len() >= 6 && source.starts_with(triple);
    let mut at = if several { 3 } else { 1 };
    let closing = source.get(source.len() - at.min(source.len() - at)..).unwrap_or_default();
    let end = source.len() - if closing.chars().all(|c| c == quote) { closing.len() } else { 0 };
    if several {
        // A line feed right behind the opening quotes is none of the text.
        at += newline(&source[at..end]);
    }
    let mut passed = 0;
    while at < end {
        let rest = &source[at..end];
        let (written, meant) = match escape(rest, several).filter(|_| quote == '"') {
            Some(escape) => escape,
            None => rest.chars().next().map_or((1, 1), |c| (c.len_utf8(), c.len_utf8())),
        };
        if meant > 0 && passed + meant > offset {
            return at;
        }
        passed += meant;
        at += written;
    }
    end
}

/// Bytes of the line's end that the text starts with.
fn newline(text: &str) -> usize {
    if text.starts_with("\r\n") { 2 } else { usize::from(text.starts_with('\n')) }
}

/// How long the escape is that the text starts with, and how long what it means.
fn escape(text: &str, several: bool) -> Option<(usize, usize)> {
    let rest = text.strip_prefix('\\')?;
    let digits = match rest.chars().next()? {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        c if several && c.is_ascii_whitespace() => {
            // A backslash at a line's end takes all blanks and line ends behind it away.
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            return Some((1 + blank, 0));
        }
        '"' | '\\' | 'b' | 'e' | 'f' | 'n' | 'r' | 't' => return Some((2, 1)),
        _ => return None,
    };
    let written = 2 + digits;
    let code = text.get(2..written).and_then(|digits| u32::from_str_radix(digits, 16).ok());
    Some((written, code.and_then(char::from_u32)?.len_utf8()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use toml::de::DeValue;

    fn decoded(source: &str) -> Option<String> {
        match DeValue::parse(source).ok()?.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => None,
        }
    }

    #[test]
    fn each_character_is_found_where_it_was_written() {
        for (source, found, at) in [
            (r#""a $x""#, "$", 3),
            ("'a $x'", "$", 3),
            (r"'a\n$x'", "$", 4),
            (r#""\"\" $x""#, "$", 6),
            (r#""\t\\ $x""#, "$", 6),
            (r#""ü\u00e9\U0001F600 $x""#, "$", 20),
            ("'''\n$x'''", "$", 4),
            ("'''\r\n$x'''", "$", 5),
            ("\"\"\"a \\\n   \n  $x\"\"\"", "$", 13),
            ("\"\"\"a \"$x\"\"\"", "$", 6),
        ] {
            let text = decoded(source).expect(source);
            let offset = text.find(found).expect("there");
            assert_eq!(in_string(source, offset), at, "{source}");
            // Behind the last character.
            let quotes = if source.len() > 6 && source.as_bytes()[1] == source.as_bytes()[0] {
                3
            } else {
                1
            };
            assert_eq!(in_string(source, text.len()), source.len() - quotes, "{source}");
        }
        assert_eq!(in_string("''", 0), 1);
        assert_eq!(in_string("5", 3), 0);
    }

    /// Pieces of strings: what is written plainly, and what is an escape.
    fn pieces() -> impl Strategy<Value = Vec<String>> {
        let piece = prop_oneof![
            "[a-z $%ü€😀]{1,3}",
            Just(r"\\".to_owned()),
            Just(r#"\""#.to_owned()),
            Just(r"\n".to_owned()),
            Just(r"\u00fc".to_owned()),
            Just(r"\U0001F600".to_owned()),
            Just("\\\n  \n ".to_owned()),
            Just("\\ \n".to_owned()),
            Just("\n".to_owned()),
            Just("\r\n".to_owned()),
            Just("'".to_owned()),
            Just("\"x".to_owned()),
        ];
        proptest::collection::vec(piece, 0..10)
    }

    proptest! {
        #[test]
        fn a_string_cut_before_any_piece_is_found_at_the_cut(pieces in pieces()) {
            for quotes in ["\"", "'", "\"\"\"", "'''"] {
                let whole = format!("{quotes}{}{quotes}", pieces.concat());
                let Some(text) = decoded(&whole) else { continue };
                if quotes.len() == 1 && whole.starts_with(&quotes.repeat(3)) {
                    // Pieces that are quotes themselves have opened a string of several lines.
                    continue;
                }
                for cut in 0..pieces.len() {
                    let head = pieces[..cut].concat();
                    let Some(before) = decoded(&format!("{quotes}{head}{quotes}")) else { continue };
                    let rest = decoded(&format!("\"\"\"{}\"\"\"", pieces[cut]));
                    let blank = rest.is_none_or(|rest| rest.is_empty());
                    if before.len() == text.len() || blank && quotes.len() == 3 {
                        continue;
                    }
                    if !text.starts_with(&before) || head.ends_with(['\n', ' ']) || head.is_empty() {
                        // What stands behind a folded line's end can't be told by itself.
                        continue;
                    }
                    let at = in_string(&whole, before.len());
                    prop_assert_eq!(at, quotes.len() + head.len(), "{:?} cut at {}", whole, cut);
                }
            }
        }

        #[test]
        fn any_offset_of_any_source_is_inside_it(source in "[\"'\\\\uUx0-9a-f\r\n üa]{0,20}", offset in 0usize..30) {
            let at = in_string(&source, offset);
            prop_assert!(at <= source.len() && source.is_char_boundary(at));
        }
    }
}

//! nginx.conf as tokens, by nginx's own rules: quotes count at the start of a word alone, `\` takes
//! the next character along, `#` starts a comment where a word could start.
//!
//! (`ngx_conf_read_token` in nginx's `src/core/ngx_conf_file.c` is what this follows.)

use std::ops::Range;

use super::conf::{Broken, Word};

/// What a configuration is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    /// `name word …;`
    Directive(Vec<Word>),
    /// `name word … {`
    Open(Vec<Word>),
    Close(usize),
}

/// Reads a configuration directive by directive. Linear in its length.
#[derive(Debug)]
pub struct Reader<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    #[must_use]
    pub fn new(source: &'a str) -> Reader<'a> {
        Reader { source, at: 0 }
    }

    /// The next directive; `None` at the end.
    ///
    /// # Errors
    /// What nginx would not read either, with the byte where it starts. Nothing follows it.
    pub fn read(&mut self) -> Result<Option<Item>, Broken> {
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.blanks();
            let Some(next) = self.rest().chars().next() else {
                return match words.first() {
                    None => Ok(None),
                    Some(first) => Err(Broken::at(
                        first.raw.start,
                        format!("'{}' does not end: a ';' is missing", first.shown()),
                    )),
                };
            };
            match next {
                ';' | '{' if words.is_empty() => {
                    return Err(Broken::at(self.at, format!("'{next}' without a directive")));
                }
                ';' => {
                    self.at += 1;
                    return Ok(Some(Item::Directive(words)));
                }
                '{' => {
                    self.at += 1;
                    if words[0].text.ends_with("_by_lua_block") {
                        self.lua(words[0].raw.start)?;
                        return Ok(Some(Item::Directive(words)));
                    }
                    return Ok(Some(Item::Open(words)));
                }
                '}' if words.is_empty() => {
                    self.at += 1;
                    return Ok(Some(Item::Close(self.at - 1)));
                }
                '}' => {
                    let message = format!("a ';' is missing behind '{}'", words[0].shown());
                    return Err(Broken::at(self.at, message));
                }
                quote @ ('"' | '\'') => words.push(self.quoted(quote)?),
                _ => words.push(self.bare()),
            }
        }
    }

    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    /// Passes blanks and comments.
    fn blanks(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            if !self.rest().starts_with('#') {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Word, Broken> {
        let start = self.at;
        let mut escaped = false;
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if c == quote => {
                    let word = word(self.source, start..start + at + 1, 1);
                    self.at = start + at + 1;
                    return match self.rest().chars().next() {
                        None | Some(' ' | '\t' | '\r' | '\n' | ';' | '{' | ')') => Ok(word),
                        Some(other) => {
                            let message = format!(
                                "'{other}' right behind a closing {quote}; a blank is missing"
                            );
                            Err(Broken::at(self.at, message))
                        }
                    };
                }
                _ => {}
            }
        }
        Err(Broken::at(start, format!("the text that this {quote} starts has no end")))
    }

    fn bare(&mut self) -> Word {
        let start = self.at;
        let (mut escaped, mut variable) = (false, false);
        let end = self.rest().char_indices().find(|&(_, c)| {
            if escaped {
                escaped = false;
                return false;
            }
            if c == '{' && variable {
                return false;
            }
            variable = c == '$';
            escaped = c == '\\';
            matches!(c, ' ' | '\t' | '\r' | '\n' | ';' | '{')
        });
        self.at = end.map_or(self.source.len(), |(at, _)| start + at);
        word(self.source, start..self.at, 0)
    }

    /// Passes a block of Lua, which has quotes, comments and long brackets of its own.
    fn lua(&mut self, start: usize) -> Result<(), Broken> {
        let mut depth = 1;
        while let Some(c) = self.rest().chars().next() {
            let rest = self.rest();
            self.at += match c {
                '{' | '}' => {
                    depth = if c == '{' { depth + 1 } else { depth - 1 };
                    1
                }
                '"' | '\'' => {
                    let mut escaped = false;
                    let end = rest.char_indices().skip(1).find(|&(_, d)| {
                        let ends = !escaped && (d == c || d == '\n');
                        escaped = !escaped && d == '\\';
                        ends
                    });
                    end.map_or(rest.len(), |(at, _)| at + 1)
                }
                '[' => long_bracket(rest).unwrap_or(1),
                '-' if rest.starts_with("--") => match long_bracket(&rest[2..]) {
                    Some(length) => 2 + length,
                    None => rest.find('\n').unwrap_or(rest.len()),
                },
                c => c.len_utf8(),
            };
            if depth == 0 {
                return Ok(());
            }
        }
        Err(Broken::at(start, "the block of Lua has no end".into()))
    }
}

/// The length of `[[ … ]]` or `[==[ … ]==]` that the text starts with, as far as it goes.
fn long_bracket(text: &str) -> Option<usize> {
    let level = text.strip_prefix('[')?.bytes().take_while(|b| *b == b'=').count();
    if text.as_bytes().get(1 + level) != Some(&b'[') {
        return None;
    }
    let close = format!("]{}]", "=".repeat(level));
    Some(text.find(&close).map_or(text.len(), |at| at + close.len()))
}

/// The word that stands there, in quotes of that many characters.
fn word(source: &str, raw: Range<usize>, quotes: usize) -> Word {
    let text = unescaped(&source[raw.start + quotes..raw.end - quotes]);
    Word { text, raw }
}

/// What a word's characters mean.
fn unescaped(written: &str) -> String {
    let mut text = String::with_capacity(written.len());
    let mut chars = written.chars().peekable();
    while let Some(c) = chars.next() {
        let meant = match (c, chars.peek()) {
            ('\\', Some(&c @ ('"' | '\'' | '\\'))) => c,
            ('\\', Some('t')) => '\t',
            ('\\', Some('r')) => '\r',
            ('\\', Some('n')) => '\n',
            _ => {
                text.push(c);
                continue;
            }
        };
        chars.next();
        text.push(meant);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The items as text: words parted by `|`, and how each ends.
    fn read(source: &str) -> Result<Vec<String>, (usize, String)> {
        let mut reader = Reader::new(source);
        let mut items = Vec::new();
        let join = |words: &[Word]| {
            words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join("|")
        };
        loop {
            match reader.read() {
                Ok(None) => return Ok(items),
                Ok(Some(Item::Directive(words))) => items.push(join(&words) + ";"),
                Ok(Some(Item::Open(words))) => items.push(join(&words) + "{"),
                Ok(Some(Item::Close(_))) => items.push("}".into()),
                Err(broken) => return Err((broken.at, broken.message)),
            }
        }
    }

    #[test]
    fn words_are_cut_as_nginx_cuts_them() {
        for (source, items) in [
            ("user www-data;# a comment\nhttp {}", &["user|www-data;", "http{", "}"][..]),
            ("a 'b c' \"d;}{\";", &["a|b c|d;}{;"]),
            (r#"a 'it\'s' "\"q\"" '\x22\\';"#, &[r#"a|it's|"q"|\x22\;"#]),
            // Quotes and signs inside a bare word are its own; so is a brace behind a dollar.
            ("a b'c\"d#e}f ${g}h x\\ y;", &["a|b'c\"d#e}f|${g}h|x\\ y;"]),
            ("map $a $b{ default 0; ~*^/x$ 1; }", &["map|$a|$b{", "default|0;", "~*^/x$|1;", "}"]),
            ("if ($a ~ \"x\") { return 403; }", &["if|($a|~|x|){", "return|403;", "}"]),
            (
                "content_by_lua_block { local t = {} -- }\n s = '}' x = [[ } ]] --[==[ } ]==] }\nb;",
                &["content_by_lua_block;", "b;"],
            ),
            ("a ü 'ö€';\r\n", &["a|ü|ö€;"]),
            ("", &[]),
        ] {
            assert_eq!(read(source).expect(source), items, "{source}");
        }
    }

    #[test]
    fn what_nginx_would_not_read_is_told_with_its_place() {
        for (source, at, words) in [
            ("a;\nlog_format m '$x", 16, "has no end"),
            ("a b", 0, "'a' does not end"),
            ("a { b }", 6, "a ';' is missing behind 'b'"),
            ("a 'b'c;", 5, "right behind a closing '"),
            (";", 0, "without a directive"),
            ("{", 0, "without a directive"),
            ("x_by_lua_block { {}", 0, "has no end"),
        ] {
            let (told, message) = read(source).expect_err(source);
            assert_eq!(told, at, "{source}: {message}");
            assert!(message.contains(words), "{source}: {message}");
        }
    }
}

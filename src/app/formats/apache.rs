//! The lines of an httpd.conf as words: a directive a line, `\` at its end joins the next one.
//!
//! (`ap_getword_conf` in httpd's `server/util.c` is what this follows.)

use super::conf::{Broken, Word};

/// Reads a configuration line by line.
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

    /// The words of the next line that has some, sections (`<VirtualHost …>`) and comments left out;
    /// `None` at the end.
    ///
    /// # Errors
    /// A quote without its end, with the byte where it stands; reading goes on behind its line.
    pub fn read(&mut self) -> Result<Option<Vec<Word>>, Broken> {
        loop {
            if self.at == self.source.len() {
                return Ok(None);
            }
            let start = self.at;
            let end = line_end(self.source, start);
            self.at = end;
            let line = self.source[start..end].trim_start();
            if line.is_empty() || line.starts_with(['#', '<']) {
                continue;
            }
            let words = words(self.source, start, end)?;
            if !words.is_empty() {
                return Ok(Some(words));
            }
        }
    }
}

/// One behind the line's line feed, joined lines included.
fn line_end(source: &str, start: usize) -> usize {
    let mut at = start;
    loop {
        let Some(length) = source[at..].find('\n') else { return source.len() };
        let line = &source[at..at + length];
        at += length + 1;
        if !joins(line) {
            return at;
        }
    }
}

fn joins(line: &str) -> bool {
    line.strip_suffix('\r').unwrap_or(line).ends_with('\\')
}

fn words(source: &str, start: usize, end: usize) -> Result<Vec<Word>, Broken> {
    let mut words = Vec::new();
    let mut at = start;
    loop {
        at += passed(&source[at..end]);
        let Some(first) = source[at..end].chars().next() else { return Ok(words) };
        let word_start = at;
        let text;
        if let quote @ ('"' | '\'') = first {
            let inner = &source[at + 1..end];
            let Some(length) = closing(inner, quote) else {
                let message = format!("the text that this {quote} starts has no end");
                return Err(Broken::at(word_start, message));
            };
            text = unquoted(&inner[..length], quote);
            at += 1 + length + 1;
        } else {
            let rest = &source[at..end];
            let length = rest.find([' ', '\t', '\r', '\n']).unwrap_or(rest.len());
            text = rest[..length].to_owned();
            at += length;
        }
        words.push(Word { text, raw: word_start..at });
    }
}

/// Bytes of blanks and joined line ends.
fn passed(text: &str) -> usize {
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let joined = rest[blank..]
            .strip_prefix('\\')
            .is_some_and(|rest| rest.starts_with('\n') || rest.starts_with("\r\n"));
        at += blank + usize::from(joined);
        if !joined {
            return at;
        }
    }
}

fn closing(inner: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        if !escaped && c == quote {
            return Some(at);
        }
        escaped = !escaped && c == '\\';
    }
    None
}

/// What the text between quotes means. Only a quote and a backslash are escaped.
fn unquoted(written: &str, quote: char) -> String {
    let mut text = String::new();
    let mut escaped = false;
    unjoined(written, |_, c| {
        if escaped && c != quote && c != '\\' {
            text.push('\\');
        }
        escaped = !escaped && c == '\\';
        if !escaped {
            text.push(c);
        }
    });
    text
}

/// The characters as they are written, each with its byte, without the backslashes that join lines.
pub fn unjoined(written: &str, mut each: impl FnMut(usize, char)) {
    let mut chars = written.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = &written[at + c.len_utf8()..];
        if c == '\\' && rest.starts_with('\n') {
            chars.next();
        } else if c == '\\' && rest.starts_with("\r\n") {
            chars.next();
            chars.next();
        } else {
            each(at, c);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_as_httpd_cuts_them() {
        let source = "# LogFormat \"no\" x\nLogFormat \"%h \\\"%r\\\" \\\\ %s\" main\r\n\
                      <VirtualHost *:80>\n  CustomLog ${LOG}/a.log \\\n    main env=!x\n\
                      LogFormat '%h \"%r\"' one\nLogFormat \"%h \\\n%s\" two";
        let mut reader = Reader::new(source);
        let mut lines = Vec::new();
        while let Some(words) = reader.read().expect("good") {
            lines.push(words.iter().map(|w| w.text.clone()).collect::<Vec<_>>().join("|"));
        }
        assert_eq!(
            lines,
            [
                r#"LogFormat|%h "%r" \ %s|main"#,
                "CustomLog|${LOG}/a.log|main|env=!x",
                r#"LogFormat|%h "%r"|one"#,
                "LogFormat|%h %s|two",
            ]
        );
    }

    #[test]
    fn a_quote_without_end_costs_its_line_alone() {
        let mut reader = Reader::new("LogFormat \"%h\nListen 80\n");
        assert_eq!(reader.read().expect_err("open").at, 10);
        assert_eq!(reader.read().expect("good").expect("a line").len(), 2);
        assert_eq!(reader.read(), Ok(None));
    }
}

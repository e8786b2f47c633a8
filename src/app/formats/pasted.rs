//! A format as it is pasted: the text itself, or the whole directive that declares it.

use super::conf::{Broken, Word};
use super::{apache, nginx};
use crate::decode::formats::template::Dialect;

/// The format's own text as templates are compiled from, and where each byte of it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    pub text: String,
    /// Whose directive it was taken from; of a bare text its shape must tell.
    pub dialect: Option<Dialect>,
    /// The byte that each byte of the text was written as, and one behind the last.
    at: Vec<usize>,
}

impl Pasted {
    /// Takes the text out of `log_format NAME [escape=…] '…' …;` (nginx), `LogFormat "…" NICK`
    /// (Apache) or `log-format …` (goaccess.conf); anything else is the text.
    ///
    /// # Errors
    /// What the server would not read either.
    pub fn of(value: &str) -> Result<Pasted, Broken> {
        let start = value.len() - value.trim_start().len();
        let word = value[start..].split([' ', '\t', '\r', '\n']).next().unwrap_or_default();
        match word {
            // A name alone (COMBINED) is no directive.
            _ if value.trim() == word => Ok(Pasted::bare(value)),
            "log_format" => nginx_format(value),
            "log-format" => Ok(Pasted::rest(value, start + word.len(), Dialect::GoAccess)),
            _ if word.eq_ignore_ascii_case("LogFormat") => apache_format(value),
            _ => Ok(Pasted::bare(value)),
        }
    }

    /// All of it. Line ends around it are how a text of several lines is written, and no part.
    fn bare(value: &str) -> Pasted {
        let text = value.trim_matches(['\r', '\n']);
        let from = value.len() - value.trim_start_matches(['\r', '\n']).len();
        let at = (from..=from + text.len()).collect();
        Pasted { text: text.to_owned(), dialect: None, at }
    }

    fn empty(dialect: Dialect) -> Pasted {
        Pasted { text: String::new(), dialect: Some(dialect), at: Vec::new() }
    }

    /// All behind `from`, without blanks around it.
    fn rest(value: &str, from: usize, dialect: Dialect) -> Pasted {
        let text = value[from..].trim();
        let from = value.len() - value[from..].trim_start().len();
        let at = (from..=from + text.len()).collect();
        Pasted { text: text.to_owned(), dialect: Some(dialect), at }
    }

    fn push(&mut self, at: usize, c: char) {
        self.text.push(c);
        self.at.extend(std::iter::repeat_n(at, c.len_utf8()));
    }

    fn ends(&mut self, at: usize) {
        self.at.push(at);
    }

    /// Where in the value the byte `offset` of the text was written.
    #[must_use]
    pub fn place(&self, offset: usize) -> usize {
        self.at.get(offset).or(self.at.last()).copied().unwrap_or(offset)
    }
}

fn nginx_format(value: &str) -> Result<Pasted, Broken> {
    // What is pasted without its `;` is as plain.
    let whole =
        if value.trim_end().ends_with(';') { value.to_owned() } else { format!("{value};") };
    let mut reader = nginx::Reader::new(&whole);
    let Some(nginx::Item::Directive(words)) = reader.read()? else {
        return Err(Broken::at(0, "this is no log_format directive".into()));
    };
    if reader.read()?.is_some() {
        return Err(Broken::at(0, "write one log_format at a time".into()));
    }
    nginx_words(&whole, &words)
}

/// The text of nginx's `log_format` directive: `escape=` where it is said, and the strings with their
/// escapes, for what one means is the template's to say.
///
/// # Errors
/// Where it has none.
pub fn nginx_words(source: &str, words: &[Word]) -> Result<Pasted, Broken> {
    let escape = words.get(2).is_some_and(|word| word.text.starts_with("escape="));
    if words.len() <= 2 + usize::from(escape) {
        let at = words.last().map_or(0, |word| word.raw.end);
        return Err(Broken::at(at, "the format's name and its text are missing".into()));
    }
    let mut pasted = Pasted::empty(Dialect::Nginx);
    for (i, word) in words[2..].iter().enumerate() {
        let start = word.raw.start;
        if i > 0 {
            pasted.push(start, ' ');
        }
        if escape && i == 0 {
            // Perhaps in quotes of its own, which mean nothing.
            word.text.chars().for_each(|c| pasted.push(start, c));
            continue;
        }
        // Each in single quotes: a text that begins with a double one may quote its first field.
        let quotes = usize::from(source[word.raw.clone()].starts_with(['"', '\'']));
        let (from, to) = (start + quotes, word.raw.end - quotes);
        let mut escaped = false;
        pasted.push(start, '\'');
        for (at, c) in source[from..to].char_indices() {
            if c == '\'' && !escaped {
                pasted.push(from + at, '\\');
            }
            escaped = c == '\\' && !escaped;
            pasted.push(from + at, c);
        }
        pasted.push(to, '\'');
    }
    pasted.ends(words.last().map_or(0, |word| word.raw.end));
    Ok(pasted)
}

fn apache_format(value: &str) -> Result<Pasted, Broken> {
    let mut reader = apache::Reader::new(value);
    let words = reader.read()?.unwrap_or_default();
    if reader.read()?.is_some() {
        return Err(Broken::at(0, "write one LogFormat at a time".into()));
    }
    match words.get(1) {
        Some(word) => Ok(apache_word(value, word)),
        None => Err(Broken::at(value.len(), "the format's text is missing".into())),
    }
}

/// The text of Apache's format, as a word of its configuration: without the quotes around it, with
/// the escapes that double ones need.
#[must_use]
pub fn apache_word(source: &str, word: &Word) -> Pasted {
    let mut pasted = Pasted::empty(Dialect::Apache);
    let written = &source[word.raw.clone()];
    let quotes = usize::from(written.starts_with(['"', '\'']));
    let (from, to) = (word.raw.start + quotes, word.raw.end - quotes);
    // The quotes around the whole are off: each that is left is the line's own.
    let mut escaped = false;
    apache::unjoined(&source[from..to], |at, c| {
        if c == '"' && !escaped {
            pasted.push(from + at, '\\');
        }
        escaped = c == '\\' && !escaped;
        pasted.push(from + at, c);
    });
    pasted.ends(to);
    pasted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::formats::own::compile;
    use proptest::prelude::*;

    #[test]
    fn a_whole_directive_means_its_text_and_knows_where_it_was_written() {
        for (value, text, dialect) in [
            ("$remote_addr $x", "$remote_addr $x", None),
            ("\n$remote_addr $x \n", "$remote_addr $x ", None),
            ("\n$x", "$x", None),
            ("COMBINED", "COMBINED", None),
            ("log_format main '$a $x';", "'$a $x'", Some(Dialect::Nginx)),
            ("log_format main '$a $x'", "'$a $x'", Some(Dialect::Nginx)),
            (
                "log_format main escape=json\n  '{\"a\":\"$a\",' # why\n  '\"x\":\"$x\"}';",
                r#"escape=json '{"a":"$a",' '"x":"$x"}'"#,
                Some(Dialect::Nginx),
            ),
            (r"log_format m '$a \'$x\'';", r"'$a \'$x\''", Some(Dialect::Nginx)),
            ("log_format m $a'$x;", r"'$a\'$x'", Some(Dialect::Nginx)),
            (r"log_format m $a\'$x;", r"'$a\'$x'", Some(Dialect::Nginx)),
            (
                r#"log_format m "$a|" "\"$b\" 's \'t \\'u'" '$x';"#,
                r#"'$a|' '\"$b\" \'s \'t \\\'u\'' '$x'"#,
                Some(Dialect::Nginx),
            ),
            (r#"LogFormat "%h \"$x\"" main"#, r#"%h \"$x\""#, Some(Dialect::Apache)),
            (r#"LogFormat '"%h" \"$x"' main"#, r#"\"%h\" \"$x\""#, Some(Dialect::Apache)),
            (r#"logformat "%h $x""#, "%h $x", Some(Dialect::Apache)),
            ("log-format %h %^ $x", "%h %^ $x", Some(Dialect::GoAccess)),
        ] {
            let pasted = Pasted::of(value).expect(value);
            assert_eq!((pasted.text.as_str(), pasted.dialect), (text, dialect), "{value}");
            if let Some(at) = text.find("$x") {
                let place = pasted.place(at);
                assert_eq!(&value[place..place + 2], "$x", "{value}");
                assert!(pasted.place(text.len()) <= value.len(), "{value}");
            }
        }
    }

    #[test]
    fn a_directive_that_its_server_would_refuse_is_refused_in_its_place() {
        for (value, at, words) in [
            ("log_format main '$a", 16, "no end"),
            ("log_format main;", 15, "missing"),
            ("log_format a '$a'; log_format b '$b';", 0, "one log_format"),
            ("LogFormat \"%h", 10, "no end"),
            ("log_format {", 0, "no log_format"),
        ] {
            let broken = Pasted::of(value).expect_err(value);
            assert_eq!(broken.at, at, "{value}: {}", broken.message);
            assert!(broken.message.contains(words), "{value}: {}", broken.message);
        }
    }

    /// Pieces of directives, good and bad.
    fn scraps() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            Just("log_format ".to_owned()),
            Just("LogFormat ".to_owned()),
            Just("log-format ".to_owned()),
            Just("escape=json ".to_owned()),
            Just("'escape=none' ".to_owned()),
            Just("main ".to_owned()),
            Just("\\\n".to_owned()),
            Just("$status ".to_owned()),
            Just("%>s ".to_owned()),
            Just("{\"a\":\"%s\"}".to_owned()),
            "['\"\\\\;{}#\n ]{1,3}",
            "[a-z$%~{}ü€|]{0,4}",
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn any_value_is_a_format_or_told_in_a_place_that_it_has(value in scraps()) {
            if let Err(fault) = compile("x", &value, None, None) {
                prop_assert!(fault.offset <= value.len(), "{fault:?} in {value:?}");
                prop_assert!(fault.offset + fault.length <= value.len(), "{fault:?} in {value:?}");
                prop_assert!(value.is_char_boundary(fault.offset), "{fault:?} in {value:?}");
            }
        }
    }
}

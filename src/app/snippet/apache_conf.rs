//! Reads the `LogFormat`s of an httpd.conf and where its `CustomLog`s use them.

use std::path::{Path, PathBuf};

use super::declared::{Declared, Found, Place, Used};
use crate::app::formats::apache::Reader;
use crate::app::formats::conf::{Lines, Word};
use crate::app::formats::pasted;
use crate::decode::formats::template::Dialect;

/// Reads the text of a file, and what it includes relative to `base`, which `ServerRoot` moves.
pub(super) fn read(found: &mut Found, base: &mut PathBuf, file: &str, text: &str) {
    let lines = Lines::of(text);
    let place = |at: usize| Place { file: file.to_owned(), line: lines.line(at) };
    let mut reader = Reader::new(text);
    let hosts = hosts(text);
    loop {
        let words = match reader.read() {
            Err(broken) => {
                found.wrong(format!("{}: {}", place(broken.at), broken.message));
                continue;
            }
            Ok(None) => return,
            Ok(Some(words)) => words,
        };
        let at = words[0].raw.start;
        let place = place(at);
        let before = hosts.partition_point(|(border, _)| *border < at);
        let host = before.checked_sub(1).map_or(0, |last| hosts[last].1);
        match words[0].text.to_ascii_lowercase().as_str() {
            "serverroot" => {
                if let Some(root) = words.get(1).filter(|root| Path::new(&root.text).is_dir()) {
                    *base = PathBuf::from(&root.text);
                }
            }
            "include" | "includeoptional" => {
                if let Some(pattern) = words.get(1) {
                    let missing = words[0].text.eq_ignore_ascii_case("include");
                    let paths = found.files.named(base, &pattern.text);
                    found.include(paths, &place, missing, |found, file, text| {
                        read(found, base, file, text);
                    });
                }
            }
            "logformat" => {
                // Without a nickname it is what TransferLog uses.
                let name = words.get(2).map_or("default", |word| word.text.as_str());
                match words.get(1) {
                    Some(word) => declare(found, text, word, name, place),
                    None => found.wrong(format!("{place}: the format's text is missing")),
                }
            }
            "customlog" | "globallog" => {
                custom(found, text, &words, place, (file.to_owned(), host));
            }
            "transferlog" => {
                let format = if found.declared.iter().any(|one| one.name == "default") {
                    "default"
                } else {
                    "common"
                };
                found.used.push(Used {
                    place,
                    format: format.into(),
                    inline: None,
                    syslog: Vec::new(),
                    condition: None,
                    server: None,
                    block: (file.to_owned(), host),
                });
            }
            _ => {}
        }
    }
}

/// Where virtual hosts begin and end, and whose the directives behind that are: 0 is the server itself.
fn hosts(text: &str) -> Vec<(usize, usize)> {
    let mut end = 0;
    let border = |line: &str| {
        let start = end;
        end += line.len();
        let begins = |name: &str| {
            line.trim_start().get(..name.len()).is_some_and(|l| l.eq_ignore_ascii_case(name))
        };
        let closes = begins("</VirtualHost").then_some((start, 0));
        closes.or_else(|| begins("<VirtualHost").then_some((start, end)))
    };
    text.split_inclusive('\n').filter_map(border).collect()
}

fn declare(found: &mut Found, text: &str, word: &Word, name: &str, place: Place) {
    let (name, plain) = (name.to_owned(), word.text.clone());
    let alone = !plain.contains(['\\', '\''])
        && !plain.contains(char::is_control)
        && !plain.starts_with(['"', ' '])
        && Dialect::of(&plain) == Dialect::Apache;
    let value = if alone {
        plain.clone()
    } else {
        format!("LogFormat \"{}\" {name}", pasted::apache_word(text, word).text)
    };
    let dialect = Dialect::Apache;
    found.declared.push(Declared { name, place, dialect, plain, value, escape: None });
}

/// `CustomLog file|"|program" nickname|"format" [env=…]`.
fn custom(found: &mut Found, text: &str, words: &[Word], place: Place, block: (String, usize)) {
    let (Some(target), Some(format)) = (words.get(1), words.get(2)) else { return };
    let inline = Some(format.text.clone()).filter(|text| text.contains('%'));
    let name = if inline.is_some() {
        let name = format!("custom_{}", place.line);
        declare(found, text, format, &name, place.clone());
        name
    } else {
        format.text.clone()
    };
    let condition = words.get(3).map(|word| word.text.clone());
    let tag = tag_of(&target.text).map(|tag| format!("tag={tag}"));
    let syslog = tag.into_iter().collect();
    found.used.push(Used { place, format: name, inline, syslog, condition, server: None, block });
}

/// The tag of a log that is piped to `logger`.
fn tag_of(target: &str) -> Option<&str> {
    let words: Vec<&str> = target.strip_prefix('|')?.split_whitespace().collect();
    if !words.first()?.ends_with("logger") {
        return None;
    }
    words.iter().enumerate().find_map(|(at, word)| match *word {
        "-t" | "--tag" => words.get(at + 1).copied(),
        word => word.strip_prefix("--tag="),
    })
}

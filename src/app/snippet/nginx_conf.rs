//! Reads the `log_format`s of an nginx.conf and where its `access_log`s use them.

use std::path::Path;

use super::declared::{Declared, Found, Place, Used};
use crate::app::formats::conf::{Lines, Word};
use crate::app::formats::nginx::{Item, Reader};
use crate::app::formats::pasted;
use crate::decode::formats::template::Dialect;

/// Reads the text of a file, and what it includes relative to `base`.
pub(super) fn read(found: &mut Found, base: &Path, file: &str, text: &str) {
    let lines = Lines::of(text);
    let dumped = dumped(text);
    let place = |at: usize| {
        let line = lines.line(at);
        let before = dumped.partition_point(|(start, _)| *start < line);
        match before.checked_sub(1).map(|at| dumped[at]) {
            Some((start, file)) => Place { file: file.to_owned(), line: line - start },
            None => Place { file: file.to_owned(), line },
        }
    };
    let mut reader = Reader::new(text);
    let mut blocks: Vec<usize> = Vec::new();
    loop {
        let words = match reader.read() {
            Err(broken) => {
                found.wrong(format!("{}: {}", place(broken.at), broken.message));
                return;
            }
            Ok(None) => break,
            Ok(Some(Item::Open(words))) => {
                blocks.push(words[0].raw.start);
                continue;
            }
            Ok(Some(Item::Close(at))) => {
                if blocks.pop().is_none() {
                    found.wrong(format!("{}: a '}}' that closes nothing", place(at)));
                }
                continue;
            }
            Ok(Some(Item::Directive(words))) => words,
        };
        let place = place(words[0].raw.start);
        match words[0].text.as_str() {
            "log_format" => declare(found, text, &words, place),
            "access_log" => {
                let block = (file.to_owned(), blocks.last().map_or(0, |open| open + 1));
                found.used.extend(used(&words, place, block));
            }
            "include" => {
                if let Some(pattern) = words.get(1) {
                    let paths = found.files.named(base, &pattern.text);
                    found.include(paths, &place, true, |found, file, text| {
                        read(found, base, file, text);
                    });
                }
            }
            _ => {}
        }
    }
    if let Some(at) = blocks.pop() {
        found.wrong(format!("{}: the block that starts here is not closed", place(at)));
    }
}

/// Behind which lines the files begin that `nginx -T` has written one after the other.
fn dumped(text: &str) -> Vec<(usize, &str)> {
    let lines = text.lines().enumerate();
    lines
        .filter_map(|(at, line)| {
            let name = line.strip_prefix("# configuration file ")?.strip_suffix(':')?;
            Some((at + 1, name))
        })
        .collect()
}

fn declare(found: &mut Found, text: &str, words: &[Word], place: Place) {
    let pasted = match pasted::nginx_words(text, words) {
        Ok(pasted) => pasted,
        Err(broken) => {
            found.wrong(format!("{place}: {}", broken.message));
            return;
        }
    };
    let name = words[1].text.clone();
    let escape = words.get(2).and_then(|word| word.text.strip_prefix("escape="));
    let texts = &words[if escape.is_some() { 3 } else { 2 }..];
    let plain: String = texts.iter().map(|word| word.text.as_str()).collect();
    let alone = escape.is_none()
        && !plain.contains(['\\', '\''])
        && !plain.contains(char::is_control)
        && !plain.starts_with([' ', '\t'])
        && Dialect::of(&plain) == Dialect::Nginx;
    let value = if alone {
        plain.clone()
    } else {
        let odd = |c: char| !c.is_ascii_alphanumeric();
        format!("log_format {} {};", name.replace(odd, "_"), pasted.text)
    };
    let escape = escape.map(str::to_owned);
    found.declared.push(Declared { name, place, dialect: Dialect::Nginx, plain, value, escape });
}

/// `access_log path|syslog:… [format [buffer=…] [if=…]]`; none for `off`.
fn used(words: &[Word], place: Place, block: (String, usize)) -> Option<Used> {
    let target = words.get(1)?.text.as_str();
    if target == "off" {
        return None;
    }
    let mut syslog = Vec::new();
    let mut server = None;
    for part in target.strip_prefix("syslog:").into_iter().flat_map(|rest| rest.split(',')) {
        match part.strip_prefix("server=") {
            Some(address) => server = Some(address.to_owned()),
            None if part.is_empty() => {}
            None => syslog.push(part.to_owned()),
        }
    }
    let format = words.get(2).map_or("combined", |word| word.text.as_str()).to_owned();
    let condition = words.iter().skip(3).find(|word| word.text.starts_with("if="));
    let condition = condition.map(|word| word.text.clone());
    Some(Used { place, format, inline: None, syslog, condition, server, block })
}

//! Proposes a template for lines that fit no format, in the words of nginx's `log_format`.
//!
//! A proposal is a guess that has been tried: the samples of one shape are cut into columns, each
//! column is named by what all its values are, and the template is given only where the compiler
//! takes it and it reads nearly all the samples. Lines without a status or a request are given none:
//! a template that reads a program's messages as requests would be worse than no template.

mod column;
mod cut;
mod kind;
mod name;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use super::template::{self, Dialect, Options};
pub use cut::shape;
use name::{Lack, Part};

/// Samples looked at.
pub const MAX_SAMPLES: usize = 20;
/// Of 100 samples, as many must be read by a template that is proposed.
const ENOUGH: usize = 80;
/// Variables that may be the one that is named wrongly. A line that is made to be hard to read costs
/// 64 steps for each of its bytes and tries: so many tries of 20 lines are some milliseconds.
const TRIES: usize = 12;

/// Lines of one shape, and what is said of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Their places among the samples.
    pub lines: Vec<usize>,
    pub said: Said,
}

/// What can be said of lines that fit no format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// They look like requests, and this reads them.
    Template(Proposal),
    /// They look like messages of a program: no status, no request.
    Messages,
    /// JSON objects that say neither.
    Json,
    /// A request, but no status.
    NoStatus,
    /// A status, but no request.
    NoRequest,
    /// They look like requests, but no template reads them.
    Unclear,
}

/// A template that has been tried on the samples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// As it stands in the configuration, in nginx's words.
    pub template: String,
    /// Its variables, with what each holds in the first sample.
    pub columns: Vec<(String, String)>,
    /// Samples that it reads, of how many.
    pub reads: usize,
    pub of: usize,
}

impl Said {
    /// Its name for scripts.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Said::Template(_) => "template",
            Said::Messages => "messages",
            Said::Json => "json",
            Said::NoStatus => "no_status",
            Said::NoRequest => "no_request",
            Said::Unclear => "unclear",
        }
    }
}

impl Proposal {
    /// What to put into `tapline.toml`, so that the lines are read from then on.
    #[must_use]
    pub fn toml(&self, name: &str) -> String {
        format!("[formats]\n{} = {}\n", toml_key(name), toml_text(&self.template))
    }
}

/// What is said of the samples, the largest group first. Looks at the first [`MAX_SAMPLES`].
#[must_use]
pub fn propose(samples: &[&str]) -> Vec<Group> {
    let samples = &samples[..samples.len().min(MAX_SAMPLES)];
    let mut groups: Vec<(u64, Vec<usize>)> = Vec::new();
    for (at, sample) in samples.iter().enumerate() {
        let shape = shape(sample);
        match groups.iter_mut().find(|(known, _)| *known == shape) {
            Some((_, lines)) => lines.push(at),
            None => groups.push((shape, vec![at])),
        }
    }
    groups.sort_by_key(|(_, lines)| std::cmp::Reverse(lines.len()));
    let mut said: Vec<Group> = Vec::new();
    for (_, lines) in groups {
        let texts: Vec<&str> = lines.iter().map(|&line| samples[line]).collect();
        // Lines of another shape may be of the same format: an empty column, one more upstream.
        let read = said.iter_mut().find_map(|group| match &mut group.said {
            Said::Template(proposal) => {
                let read = check(&proposal.template, &texts).iter().filter(|r| **r).count();
                (read == texts.len()).then(|| {
                    proposal.reads += read;
                    proposal.of += read;
                    &mut group.lines
                })
            }
            _ => None,
        });
        if let Some(known) = read {
            known.extend(lines);
            continue;
        }
        let one = of_one_shape(&texts);
        // Messages are of any shape; they are one thing all the same.
        let alike = |group: &&mut Group| group.said == one && !matches!(one, Said::Template(_));
        match said.iter_mut().find(alike) {
            Some(group) => group.lines.extend(lines),
            None => said.push(Group { lines, said: one }),
        }
    }
    said.sort_by_key(|group| std::cmp::Reverse(group.lines.len()));
    said
}

fn of_one_shape(texts: &[&str]) -> Said {
    if texts.iter().all(|text| text.trim_start().starts_with('{')) {
        return Said::Json;
    }
    let cuts: Vec<_> = texts.iter().filter_map(|text| cut::cut(text)).collect();
    let parts = match name::name(&cuts) {
        Ok(parts) => parts,
        Err(Lack::Both) => return Said::Messages,
        Err(Lack::Status) => return Said::NoStatus,
        Err(Lack::Request) => return Said::NoRequest,
    };
    tried(parts, texts).map_or(Said::Unclear, Said::Template)
}

/// The template of these parts, once it has been tried. Where it reads too little, one variable after
/// the other is passed over instead, for one of them must have been named wrongly.
fn tried(parts: Vec<Part>, texts: &[&str]) -> Option<Proposal> {
    if let Some(proposal) = one_try(&parts, texts) {
        return Some(proposal);
    }
    let variables = (0..parts.len()).filter(|&at| matches!(parts[at], Part::Variable(..)));
    variables.take(TRIES).find_map(|at| {
        let mut parts = parts.clone();
        let Part::Variable(name, _) = &mut parts[at] else { return None };
        *name = match name.as_str() {
            "status" | "request" | "request_uri" => return None,
            // The same, but not nginx's list over several upstreams, which ends at a blank only.
            "upstream_addr" => "upstream".to_owned(),
            name => format!("text_{name}"),
        };
        one_try(&parts, texts)
    })
}

fn one_try(parts: &[Part], texts: &[&str]) -> Option<Proposal> {
    let template = written(parts)?;
    let reads = check(&template, texts).iter().filter(|reads| **reads).count();
    if reads * 100 < texts.len() * ENOUGH {
        return None;
    }
    let columns = parts.iter().filter_map(|part| match part {
        Part::Variable(name, value) => Some((name.clone(), value.clone())),
        Part::Literal(_) => None,
    });
    Some(Proposal { template, columns: columns.collect(), reads, of: texts.len() })
}

/// The template's text; `None` where it can't be written: nginx has no way to write a `$` that is
/// none of its own.
fn written(parts: &[Part]) -> Option<String> {
    let mut text = String::new();
    for (at, part) in parts.iter().enumerate() {
        match part {
            Part::Literal(literal) if literal.contains('$') || literal.contains(is_hidden) => {
                return None;
            }
            Part::Literal(literal) => text.push_str(literal),
            Part::Variable(name, _) => {
                // `$rt` and `s` behind it would be `$rts`.
                let next = parts.get(at + 1);
                let glued = matches!(next, Some(Part::Literal(l)) if l.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
                if glued {
                    text.push_str(&format!("${{{name}}}"));
                } else {
                    text.push_str(&format!("${name}"));
                }
            }
        }
    }
    Some(text)
}

/// What nobody sees in a text that is to be copied: controls, what turns the writing direction, and
/// characters without width.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\t')
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// Whether the template reads each line as a request with its status.
fn check(template: &str, lines: &[&str]) -> Vec<bool> {
    let Ok(template) = template::trial(Some(Dialect::Nginx), template, &Options::default()) else {
        return vec![false; lines.len()];
    };
    let read = |line: &&str| {
        template.explain(line).is_ok_and(|event| {
            event.status.is_some() && (event.request.is_some() || event.path.is_some())
        })
    };
    lines.iter().map(read).collect()
}

fn toml_key(name: &str) -> Cow<'_, str> {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    if !name.is_empty() && name.bytes().all(bare) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(toml_text(name))
}

/// As a literal string where that can hold it, so that the quotes of a format stand as they are.
fn toml_text(text: &str) -> String {
    if !text.contains('\'') && !text.contains(|c: char| c.is_control() && c != '\t') {
        return format!("'{text}'");
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

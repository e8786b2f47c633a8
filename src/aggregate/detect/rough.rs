//! Templates of error messages, roughly: words without digits, quotes and slashes. It stands in where
//! nobody mines them.

use std::collections::HashMap;

use super::{Input, TemplateCount};
use crate::vocab::field::Field;

/// Templates that are told apart.
const TEMPLATES: usize = 4096;
/// Words of a message that count.
const WORDS: usize = 16;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Rough {
    ids: HashMap<String, u32>,
    texts: Vec<String>,
}

impl Rough {
    /// Of the messages of this tick.
    pub(super) fn templates<'a>(&'a mut self, input: &Input<'a>) -> Vec<TemplateCount<'a>> {
        let [messages, levels] =
            [Field::Message, Field::Level].map(|field| input.dictionaries.field(field));
        let mut seen: Vec<(u32, bool, &str, u64)> = Vec::new();
        for &((message, level), lines) in &input.rollup.texts {
            let text = rough(messages.text(message));
            let next = self.texts.len() as u32;
            let (id, is_new) = match self.ids.get(&text) {
                Some(&id) => (id, false),
                None if self.texts.len() < TEMPLATES => {
                    self.ids.insert(text.clone(), next);
                    self.texts.push(text);
                    (next, true)
                }
                None => continue,
            };
            match seen.iter_mut().find(|(known, ..)| *known == id) {
                Some(known) => known.3 += lines,
                None => seen.push((id, is_new, levels.text(level), lines)),
            }
        }
        let of = |(id, is_new, level, lines): (u32, bool, &'a str, u64)| TemplateCount {
            id,
            text: &self.texts[id as usize],
            level,
            lines,
            is_new,
        };
        seen.into_iter().map(of).collect()
    }
}

fn rough(message: &str) -> String {
    let mut text = String::new();
    let mut masked = false;
    for word in message.split_whitespace().take(WORDS) {
        let is_value = word.bytes().any(|b| b.is_ascii_digit() || matches!(b, b'/' | b'"'));
        if is_value && masked {
            continue;
        }
        masked = is_value;
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(if is_value { "<*>" } else { word });
    }
    text
}

//! Groups error messages by what they say: `open() "/a" failed` and `open() "/b" failed` are one
//! template, `open() "<*>" failed`.
//!
//! A streaming miner in the manner of Drain (He et al., 2017), with another rule: Drain merges messages
//! of which enough tokens are equal, here a plain word is part of the message and only what has the
//! looks of a value differs (`alike`), until a place has had more than `WORDS_MAX` words. With one
//! fixed set of parameters it groups better than Drain tuned for each log.
//!
//! Almost every line has the shape (its tokens with the values masked) of one before, and is found
//! by one look into a map; only a new shape is compared with the templates there are.

mod alike;
mod known;
mod mask;
mod saved;
#[cfg(test)]
mod tests;
mod token;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

pub use known::{Template, TemplateLines, Templates};
use mask::{Masked, TOKENS_MAX, WILD};
use saved::Saved;
use token::{Likeness, Outline, Token, compare, hash};

use crate::decode::text::is_obeyed;

/// The id of every message that found no room.
pub const OTHER: u32 = 0;
/// How [`OTHER`] is shown.
pub const OTHER_TEXT: &str = "(other)";
/// How a value is shown.
pub const VALUE_TEXT: &str = "<*>";

/// Words in one place, all else being equal, before they are values. The grouping of eight labelled
/// logs is the same from 6 to 20; below, states of a machine are lost, above, users need longer
/// to become one.
const WORDS_MAX: usize = 8;
/// Templates that a new shape is compared with; a flood of alike ones may be left as it is.
const COMPARED_MAX: usize = 1024;
/// Ids ever given: those that were put together with an older one keep their number. 4 bytes each.
const IDS_MAX: usize = 1 << 20;

/// What a miner keeps at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Templates. Real servers have some hundred; each has 4 to 64 tokens of 24 bytes and their text.
    pub templates: usize,
    /// Bytes of their texts.
    pub text: usize,
    /// Shapes of lines that are known by heart, 24 bytes each; others are compared each time.
    pub shapes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { templates: 4096, text: 1 << 20, shapes: 16_384 }
    }
}

/// What was learnt from a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learnt {
    pub id: u32,
    /// Whether no message before had this template.
    pub new: bool,
}

/// The templates of the messages so far.
///
/// An id keeps its meaning for good: what is later found to be the same as something older gets the
/// older one's id from [`Miner::now`], and the one it had is never given again.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub struct Miner {
    limits: Limits,
    slots: Vec<Slot>,
    /// By the hash of their tokens.
    shapes: HashMap<u64, u32>,
    /// For each number of tokens.
    of_length: Vec<Vec<Outline>>,
    live: usize,
    text: usize,
    epoch: u64,
    /// See [`Miner::changed`].
    changed: Vec<u32>,
    /// See [`Miner::compared`].
    compared: u64,
    masked: Masked,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Slot {
    Template(Box<[Token]>),
    /// Was put together with this one.
    As(u32),
}

impl Default for Miner {
    fn default() -> Miner {
        Miner::new(Limits::default())
    }
}

impl Miner {
    #[must_use]
    pub fn new(limits: Limits) -> Miner {
        Miner {
            limits,
            slots: vec![Slot::As(OTHER)],
            shapes: HashMap::new(),
            of_length: vec![Vec::new(); TOKENS_MAX + 1],
            live: 0,
            text: 0,
            epoch: 0,
            changed: Vec::new(),
            compared: 0,
            masked: Masked::default(),
        }
    }

    /// The template of a message, which is learnt where there was none.
    pub fn learn(&mut self, message: &str) -> Learnt {
        let mut masked = std::mem::take(&mut self.masked);
        masked.read(message);
        let shape = hash(masked.pieces());
        self.changed.clear();
        let learnt = match self.shapes.get(&shape) {
            Some(&id) => Learnt { id: self.now(id), new: false },
            None => self.shape(&masked, shape),
        };
        self.masked = masked;
        learnt
    }

    /// The template of a message whose shape is known by heart. Costs a look into a map, where
    /// [`learn`](Self::learn) may compare the message with a thousand templates.
    pub fn by_heart(&mut self, message: &str) -> Option<u32> {
        self.changed.clear();
        self.masked.read(message);
        let shape = hash(self.masked.pieces());
        self.shapes.get(&shape).map(|id| self.now(*id))
    }

    /// Tokens compared so far: what [`learn`](Self::learn) costs beside reading, some 30 ns each.
    #[must_use]
    pub fn compared(&self) -> u64 {
        self.compared
    }

    /// The id that an id given before has by now: that of the oldest it was put together with.
    #[must_use]
    pub fn now(&self, id: u32) -> u32 {
        let mut id = id;
        // Each step goes to a lower id.
        while let Some(Slot::As(older)) = self.slots.get(id as usize) {
            if *older >= id {
                break;
            }
            id = *older;
        }
        id
    }

    /// A template's text, values as `<*>`; control characters are none in it.
    #[must_use]
    pub fn text(&self, id: u32) -> String {
        let Some(Slot::Template(tokens)) = self.slots.get(self.now(id) as usize) else {
            return OTHER_TEXT.to_owned();
        };
        let mut text = String::new();
        for (place, token) in tokens.iter().enumerate() {
            if place > 0 {
                text.push(' ');
            }
            for (place, part) in token.text.split(|byte| *byte == WILD).enumerate() {
                if place > 0 {
                    text.push_str(VALUE_TEXT);
                }
                text.extend(String::from_utf8_lossy(part).chars().filter(|c| !is_obeyed(*c)));
            }
        }
        text
    }

    /// Templates there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Changes whenever a template that was given before has another text or id by now.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Ids given before whose text or meaning changed with the message that was learnt last.
    #[must_use]
    pub fn changed(&self) -> &[u32] {
        &self.changed
    }

    pub(crate) fn is_live(&self, id: u32) -> bool {
        matches!(self.slots.get(id as usize), Some(Slot::Template(_)))
    }

    /// Bytes kept, about: for the figure of the load test and the cap's proof.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let tokens = self.slots.iter().map(|slot| match slot {
            Slot::Template(tokens) => size_of_val::<[Token]>(tokens),
            Slot::As(_) => 0,
        });
        let outlines: usize = self.of_length.iter().map(Vec::capacity).sum();
        self.slots.capacity() * size_of::<Slot>()
            + tokens.sum::<usize>()
            + self.text
            + self.shapes.capacity() * size_of::<(u64, u32)>()
            + outlines * size_of::<Outline>()
    }

    /// A shape that was not met before.
    #[cold]
    fn shape(&mut self, masked: &Masked, shape: u64) -> Learnt {
        let tokens: Box<[Token]> = masked.pieces().map(Token::of).collect();
        let found = self.alike(&tokens, None);
        let learnt = match found.best {
            Some(id) => {
                self.widen(id, &tokens);
                Learnt { id, new: false }
            }
            None => match self.add(tokens) {
                Some(id) => Learnt { id, new: true },
                None => return Learnt { id: OTHER, new: false },
            },
        };
        let id = self.settle(learnt.id, found.siblings);
        if self.shapes.len() < self.limits.shapes {
            self.shapes.insert(shape, id);
        }
        // What is one of many words in a place is nothing new.
        Learnt { id, new: learnt.new && id == learnt.id }
    }

    fn add(&mut self, tokens: Box<[Token]>) -> Option<u32> {
        let text = tokens.iter().map(|token| token.text.len()).sum::<usize>();
        let is_full = self.live >= self.limits.templates
            || self.text + text > self.limits.text
            || self.slots.len() >= IDS_MAX;
        if is_full {
            return None;
        }
        let id = self.slots.len() as u32;
        self.of_length[tokens.len()].push(Outline::of(&tokens, id));
        self.slots.push(Slot::Template(tokens));
        (self.live, self.text) = (self.live + 1, self.text + text);
        Some(id)
    }

    fn tokens(&self, id: u32) -> &[Token] {
        match self.slots.get(id as usize) {
            Some(Slot::Template(tokens)) => tokens,
            _ => &[],
        }
    }

    /// The template that the tokens are most alike to, and those that differ in one place only.
    fn alike(&mut self, tokens: &[Token], own: Option<u32>) -> Found {
        let mut found = Found { best: None, siblings: Vec::new() };
        let (mut most, mut looked) = (0, 0);
        let outline = Outline::of(tokens, OTHER);
        let near = self.of_length[tokens.len()].iter().filter(|other| outline.is_near(**other));
        for other in near.filter(|other| Some(other.id) != own).take(COMPARED_MAX) {
            match compare(self.tokens(other.id), tokens, &mut looked) {
                Likeness::Same(equal) if equal > most || found.best.is_none() => {
                    (found.best, most) = (Some(other.id), equal);
                }
                Likeness::Sibling(place) => found.siblings.push((place, other.id)),
                _ => {}
            }
        }
        self.compared += looked;
        found
    }

    /// Makes values of the tokens of a template that others differ from.
    fn widen(&mut self, id: u32, others: &[Token]) {
        let tokens = self.tokens(id);
        let widened: Box<[Token]> = tokens.iter().zip(others).map(|(a, b)| a.with(b)).collect();
        if widened[..] != *tokens {
            self.replace(id, widened);
        }
    }

    fn replace(&mut self, id: u32, tokens: Box<[Token]>) {
        let bytes = |tokens: &[Token]| tokens.iter().map(|token| token.text.len()).sum::<usize>();
        // A value is shorter than what it stands for, or by one byte longer than nothing.
        self.text = self.text + bytes(&tokens) - bytes(self.tokens(id));
        let outlines = &mut self.of_length[tokens.len()];
        if let Some(outline) = outlines.iter_mut().find(|outline| outline.id == id) {
            *outline = Outline::of(&tokens, id);
        }
        self.slots[id as usize] = Slot::Template(tokens);
        self.epoch += 1;
        self.changed.push(id);
    }

    /// Puts a template together with those that differ in one place where many words were, and again
    /// with those that this makes it equal to. Gives its id by then.
    fn settle(&mut self, id: u32, siblings: Vec<(usize, u32)>) -> u32 {
        let (mut id, mut siblings) = (id, siblings);
        // Each time round, a token became a value.
        while let Some(place) = crowded(&siblings) {
            let same = siblings.iter().filter(|(at, _)| *at == place).map(|(_, other)| *other);
            let same: Vec<u32> = same.chain([id]).collect();
            let Some(&oldest) = same.iter().min() else { break };
            let mut tokens: Vec<Token> = self.tokens(oldest).to_vec();
            for other in &same {
                for (token, other) in tokens.iter_mut().zip(self.tokens(*other)) {
                    *token = token.with(other);
                }
            }
            same.iter()
                .filter(|other| **other != oldest)
                .for_each(|other| self.join(*other, oldest));
            self.replace(oldest, tokens.into());
            id = oldest;
            let tokens: Box<[Token]> = self.tokens(id).into();
            siblings = self.alike(&tokens, Some(id)).siblings;
        }
        self.join_equals(id)
    }

    /// A template that became equal to another is that other one, or the other way round.
    fn join_equals(&mut self, id: u32) -> u32 {
        let tokens = self.tokens(id);
        let is_equal = |other: &&Outline| {
            let theirs = self.tokens(other.id);
            theirs.len() == tokens.len() && theirs.iter().zip(tokens).all(|(a, b)| a.is_as(b))
        };
        let own = Outline::of(tokens, id);
        let same_words = |other: &&Outline| other.words == own.words;
        let equals = self.of_length[tokens.len()].iter().filter(same_words).filter(is_equal);
        let equals: Vec<u32> = equals.map(|outline| outline.id).collect();
        let Some(&oldest) = equals.iter().min() else { return id };
        equals.iter().filter(|other| **other != oldest).for_each(|other| self.join(*other, oldest));
        oldest
    }

    fn join(&mut self, id: u32, older: u32) {
        let tokens = self.tokens(id);
        let (length, text) =
            (tokens.len(), tokens.iter().map(|token| token.text.len()).sum::<usize>());
        self.of_length[length].retain(|outline| outline.id != id);
        self.slots[id as usize] = Slot::As(older);
        (self.live, self.text) = (self.live - 1, self.text - text);
        self.epoch += 1;
        self.changed.push(id);
    }
}

struct Found {
    best: Option<u32>,
    /// Where they differ, and who.
    siblings: Vec<(usize, u32)>,
}

/// The place in which more than enough templates differ; the last of them where there are several,
/// for a message begins with what it is about.
fn crowded(siblings: &[(usize, u32)]) -> Option<usize> {
    let mut counts = [0_usize; TOKENS_MAX];
    siblings.iter().for_each(|(place, _)| counts[*place] += 1);
    let most = (0..TOKENS_MAX).max_by_key(|place| counts[*place])?;
    (counts[most] >= WORDS_MAX).then_some(most)
}

//! One token of a template, and how alike two rows of them are.

use super::alike::{Apart, apart, around, is_identifier, same_key};
use super::mask::{Piece, WILD};

/// Tenths of the tokens that must be equal where the others are values. As Drain's; from 6 to 8 the
/// grouping hardly changes.
const ALIKE: usize = 7;
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) text: Box<[u8]>,
    /// Of the text, so that most differences are seen without a look at it.
    hash: u32,
    pub(super) kind: TokenKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum TokenKind {
    Word,
    /// Has the looks of a value.
    Identifier,
    /// Matches any value.
    Value,
    /// Matches any word too: many were seen there.
    Open,
}

/// The words at both ends of a template, to pass most templates by without a look at their tokens:
/// their hashes, 0 where there may be any.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline {
    pub(super) words: [u32; OUTLINE_WORDS],
    pub(super) id: u32,
}

const OUTLINE_WORDS: usize = 6;

pub(super) enum Likeness {
    /// Differs in values alone, and has so many equal tokens.
    Same(usize),
    /// Differs in this place alone.
    Sibling(usize),
    Other,
}

/// Compares token by token as long as it may matter; `looked` counts them.
pub(super) fn compare(template: &[Token], tokens: &[Token], looked: &mut u64) -> Likeness {
    let (mut equal, mut differing, mut place, mut lost) = (0, 0, 0, 0);
    let (mut words, mut settings) = (0, 0);
    for (at, (a, b)) in template.iter().zip(tokens).enumerate() {
        *looked += 1;
        if a.matches(b) {
            equal += 1;
            continue;
        }
        (differing, place) = (differing + 1, at);
        let may_be_values = a.kind > TokenKind::Word && b.kind > TokenKind::Word;
        match may_be_values.then(|| apart(&a.text, &b.text)) {
            None | Some(Apart::Words) => words += 1,
            Some(Apart::Settings) => settings += 1,
            Some(Apart::Values) => {}
        }
        let is_same_key = may_be_values && same_key(&a.text, &b.text);
        equal += usize::from(is_same_key);
        lost += usize::from(!is_same_key);
        let is_too_far = words > 0 || lost * 10 > tokens.len() * (10 - ALIKE);
        if is_too_far && differing > 1 {
            return Likeness::Other;
        }
    }
    let is_word = words > 0 || (settings == 1 && differing == 1);
    if !is_word && equal * 10 >= tokens.len() * ALIKE {
        return Likeness::Same(equal);
    }
    // A value in the place of the only word would leave nothing.
    let keeps_a_word =
        template.iter().enumerate().any(|(at, token)| at != place && !token.is_value());
    if differing == 1 && keeps_a_word { Likeness::Sibling(place) } else { Likeness::Other }
}

impl Token {
    pub(super) fn of(piece: Piece<'_>) -> Token {
        let kind = if piece.is_value { TokenKind::Value } else { TokenKind::Word };
        Token::new(piece.text.into(), kind)
    }

    pub(super) fn new(text: Box<[u8]>, kind: TokenKind) -> Token {
        let is_one = kind == TokenKind::Word && is_identifier(&text);
        let kind = if is_one { TokenKind::Identifier } else { kind };
        Token { hash: fnv(FNV, &text) as u32, text, kind }
    }

    fn is_value(&self) -> bool {
        self.kind >= TokenKind::Value
    }

    fn matches(&self, other: &Token) -> bool {
        match self.kind {
            TokenKind::Open => true,
            TokenKind::Value => other.kind >= TokenKind::Identifier,
            _ => self.hash == other.hash && self.text == other.text,
        }
    }

    /// Whether two tokens of templates are the same, however they are shown.
    pub(super) fn is_as(&self, other: &Token) -> bool {
        self.kind == other.kind && (self.is_value() || self.text == other.text)
    }

    /// A token that stands for both.
    pub(super) fn with(&self, other: &Token) -> Token {
        if self.text == other.text && (self.kind == other.kind || self.is_value()) {
            return self.clone();
        }
        let is_open = |token: &Token| matches!(token.kind, TokenKind::Word | TokenKind::Open);
        let kind = if is_open(self) || is_open(other) { TokenKind::Open } else { TokenKind::Value };
        Token::new(around(&self.text, &other.text).into(), kind)
    }
}

impl Outline {
    pub(super) fn of(tokens: &[Token], id: u32) -> Outline {
        let word = |token: &Token| if token.kind == TokenKind::Word { token.hash | 1 } else { 0 };
        let mut words = [0; OUTLINE_WORDS];
        let (front, back) = words.split_at_mut(OUTLINE_WORDS / 2);
        front.iter_mut().zip(tokens).for_each(|(place, token)| *place = word(token));
        let behind = tokens.get(OUTLINE_WORDS / 2..).unwrap_or_default();
        back.iter_mut().zip(behind.iter().rev()).for_each(|(place, token)| *place = word(token));
        Outline { words, id }
    }

    /// Whether no two words differ.
    pub(super) fn is_near(self, other: Outline) -> bool {
        let differ = |(a, b): (&u32, &u32)| usize::from(*a != *b && *a != 0 && *b != 0);
        self.words.iter().zip(&other.words).map(differ).sum::<usize>() < 2
    }
}

const FNV: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a, for what is kept must be found again by the next version too. Two messages that were made
/// to collide share a template, no more.
fn fnv(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

pub(super) fn hash<'a>(pieces: impl Iterator<Item = Piece<'a>>) -> u64 {
    pieces.fold(FNV, |hash, piece| {
        let text = if piece.is_value { &[WILD] } else { piece.text };
        fnv(fnv(hash, text), b" ")
    })
}

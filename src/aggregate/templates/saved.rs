//! A miner as it is kept on disk, and read again: whatever the file says, a miner comes of it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::mask::{TOKENS_MAX, WILD};
use super::token::{Outline, Token, TokenKind};
use super::{Limits, Miner, OTHER, Slot};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    limits: Limits,
    slots: Vec<SavedSlot>,
    shapes: Vec<(u64, u32)>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum SavedSlot {
    As(u32),
    /// Each token with what it matches beside itself: 0 nothing, 1 any value, 2 any word too.
    Template(Vec<(String, u8)>),
}

impl From<Miner> for Saved {
    fn from(miner: Miner) -> Saved {
        let slots = miner.slots.into_iter().map(|slot| match slot {
            Slot::As(older) => SavedSlot::As(older),
            Slot::Template(tokens) => SavedSlot::Template(
                tokens
                    .iter()
                    .map(|token| {
                        let text = String::from_utf8_lossy(&token.text).into_owned();
                        let matches = match token.kind {
                            TokenKind::Word | TokenKind::Identifier => 0,
                            TokenKind::Value => 1,
                            TokenKind::Open => 2,
                        };
                        (text, matches)
                    })
                    .collect(),
            ),
        });
        let slots = slots.collect();
        let mut shapes: Vec<(u64, u32)> = miner.shapes.into_iter().collect();
        shapes.sort_unstable();
        Saved { limits: miner.limits, slots, shapes }
    }
}

impl From<Saved> for Miner {
    fn from(saved: Saved) -> Miner {
        let mut miner = Miner::new(saved.limits);
        let limits = saved.limits;
        for (id, slot) in saved.slots.into_iter().enumerate().skip(1).take(super::IDS_MAX - 1) {
            let slot = match slot {
                SavedSlot::Template(tokens) => {
                    let text: usize = tokens.iter().map(|(text, ..)| text.len()).sum();
                    let fits = miner.live < limits.templates && miner.text + text <= limits.text;
                    if !fits || tokens.len() > TOKENS_MAX {
                        Slot::As(OTHER)
                    } else {
                        let tokens: Box<[Token]> = tokens.into_iter().map(token).collect();
                        // Below IDS_MAX.
                        let outline = Outline::of(&tokens, id as u32);
                        miner.of_length[tokens.len()].push(outline);
                        (miner.live, miner.text) = (miner.live + 1, miner.text + text);
                        Slot::Template(tokens)
                    }
                }
                SavedSlot::As(older) => Slot::As(if (older as usize) < id { older } else { OTHER }),
            };
            miner.slots.push(slot);
        }
        let known = miner.slots.len();
        let shapes = saved.shapes.into_iter().take(limits.shapes);
        miner.shapes = shapes.filter(|(_, id)| (*id as usize) < known).collect::<HashMap<_, _>>();
        miner
    }
}

fn token((text, matches): (String, u8)) -> Token {
    let kind = match matches {
        0 => return Token::new(text.into_bytes().into(), TokenKind::Word),
        1 => TokenKind::Value,
        _ => TokenKind::Open,
    };
    let has_value = text.as_bytes().contains(&WILD);
    Token::new(if has_value { text.into_bytes().into() } else { Box::new([WILD]) }, kind)
}

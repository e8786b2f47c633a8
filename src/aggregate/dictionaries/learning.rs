//! What a block's rows, or those of an earlier process, say of values that are new to the window.

use crate::aggregate::block::Block;
use crate::aggregate::column::Column;
use crate::aggregate::dict::FIRST;
use crate::vocab::event::{Kind, Level};
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// What the rows say of values that are new to the window, by the ids that they have there.
pub(super) struct Learning<'a> {
    /// Which paths were answered with something other than that there is none.
    pub(super) found: &'a [bool],
    /// Which sites were answered with something other than a refusal.
    pub(super) served: &'a [bool],
    /// What error events there are that have the message.
    pub(super) errors: &'a [Option<Failed>],
}

/// Error events with one message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failed {
    pub(super) worst: Option<Level>,
    /// Of the first.
    pub(super) second: Second,
}

/// By id of the block, which paths were answered with something other than that there is none (404,
/// or 400 for what is no request).
pub(super) fn found(block: &Block) -> Vec<bool> {
    of_ids(block, Field::Path, is_found)
}

pub(super) fn is_found(status: u16) -> bool {
    !matches!(status, 400 | 404)
}

/// By id of the block, which sites were answered as sites of the server are: not with 4xx or a redirect alone, as
/// those that strangers make up. What has no status, as errors, tells nothing.
pub(super) fn served(block: &Block) -> Vec<bool> {
    of_ids(block, Field::Site, |status| !matches!(status, 0 | 301 | 302 | 307 | 308 | 400..=499))
}

/// By id of the block, whether the status of any of its rows is one of these.
fn of_ids(block: &Block, field: Field, is_one: impl Fn(u16) -> bool) -> Vec<bool> {
    any_among(block.len(), &block.ids[field.index()], &block.status, is_one)
}

/// By id, whether the status of any row that has it is one of these.
pub(super) fn any_among(
    rows: usize,
    ids: &Column,
    statuses: &Column,
    is_one: impl Fn(u16) -> bool,
) -> Vec<bool> {
    /// What is read of them stays in the first cache.
    const SOME: usize = 1024;
    let (mut some_ids, mut some_statuses) = (Vec::<u32>::new(), Vec::<u16>::new());
    let mut found = vec![false; ids.most() as usize + 1];
    for start in (0..rows).step_by(SOME) {
        let len = SOME.min(rows - start);
        ids.load_written(start, len, &mut some_ids);
        statuses.load_written(start, len, &mut some_statuses);
        for (&id, &status) in some_ids.iter().zip(&some_statuses) {
            found[id as usize] |= is_one(status);
        }
    }
    found
}

/// By id of the block, the error events that have the message.
pub(super) fn errors(block: &Block) -> Vec<Option<Failed>> {
    if !block.kind.contains(&(Kind::Error as u8)) {
        return Vec::new();
    }
    let levels = block.dicts[Field::Level.index()].values();
    let levels: Vec<Option<Level>> =
        levels.map(|(_, text)| text.and_then(Level::from_name)).collect();
    let id_of = |field: Field, at: usize| block.ids[field.index()].written_at(at) as u32;
    let seconds = block.stretches().iter().map(|stretch| (stretch.second, stretch.len));
    let rows = seconds_of(seconds).zip(&block.kind).enumerate();
    let errors = rows.filter(|(_, (_, kind))| **kind == Kind::Error as u8);
    errors_among(
        errors
            .map(|(at, (second, _))| (second, id_of(Field::Message, at), id_of(Field::Level, at))),
        &levels,
    )
}

/// The second of each row, where so many after each other are of one.
pub(super) fn seconds_of(
    stretches: impl Iterator<Item = (Second, u32)>,
) -> impl Iterator<Item = Second> {
    stretches.flat_map(|(second, len)| std::iter::repeat_n(second, len as usize))
}

/// Of rows, each with the ids of its message and level.
pub(super) fn errors_among(
    rows: impl Iterator<Item = (Second, u32, u32)>,
    levels: &[Option<Level>],
) -> Vec<Option<Failed>> {
    let mut errors: Vec<Option<Failed>> = Vec::new();
    for (second, message, level) in rows {
        let level = level.checked_sub(FIRST).and_then(|place| *levels.get(place as usize)?);
        let message = message as usize;
        if errors.len() <= message {
            errors.resize(message + 1, None);
        }
        let failed = errors[message].get_or_insert(Failed { worst: None, second });
        failed.worst = failed.worst.into_iter().chain(level).min();
    }
    errors
}

//! Elasticsearch's bulk body: a line that says what is done, and behind it a document, a line too (elastic.co, "Bulk
//! API"). Documents are read as JSON lines are; where one holds a server's line (`message`), that is what is read.

use super::{Broken, Entries};
use crate::decode::payload::{self, Item, Limits};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    /// `index` or `create`.
    Add,
    Update,
    Delete,
}

pub(super) fn read<'b>(body: &'b [u8], entries: &mut Entries<'_, 'b>) -> Result<(), Broken> {
    let mut lines = body.split(|b| *b == b'\n').filter(|line| !is_blank(line));
    let mut any = false;
    while let Some(line) = lines.next() {
        any = true;
        let Some(action) = action(line) else {
            let number = entries.number + 1;
            let why = format!("action {number} is none of index, create, update and delete");
            return Err(Broken(why.into()));
        };
        let document = if action == Action::Delete { None } else { lines.next() };
        match (action, document) {
            (Action::Add, Some(document)) => entries.object(document),
            (Action::Add, None) => entries.no_line("an action without its document"),
            (Action::Update | Action::Delete, _) => {
                entries.no_line("nothing is updated or deleted here");
            }
        }
    }
    if any { Ok(()) } else { Err(Broken("there is nothing in it".into())) }
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// What `{"create":{"_index":"x"}}` says: the only key of an object. What the action is about nobody needs.
fn action(line: &[u8]) -> Option<Action> {
    let mut items = payload::split(line, &Limits::of_line(line.len()));
    let (Some(Item::Line { bytes: object, .. }), None) = (items.next(), items.next()) else {
        return None;
    };
    let rest = object.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
    match &rest[..memchr::memchr(b'"', rest)?] {
        b"index" | b"create" => Some(Action::Add),
        b"update" => Some(Action::Update),
        b"delete" => Some(Action::Delete),
        _ => None,
    }
}

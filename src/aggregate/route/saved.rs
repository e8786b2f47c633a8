//! Routes as they are kept on disk, and read again: whatever the file says, routes within their bounds come
//! of it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::shape::SEGMENT_MAX;
use super::{DEPTH_MAX, Kind, NODES_MAX, Node, Routes, WORDS_MAX};
use crate::decode::filetype::file_type;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Saved {
    words_max: usize,
    root: SavedNode,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct SavedNode {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    below: BTreeMap<Box<str>, SavedNode>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_placeholder: bool,
    /// Extensions, and whether something is below.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    many: Vec<(String, bool)>,
}

impl From<Routes> for Saved {
    fn from(routes: Routes) -> Saved {
        Saved { words_max: routes.words_max, root: routes.root.into() }
    }
}

impl From<Node> for SavedNode {
    fn from(node: Node) -> SavedNode {
        SavedNode {
            below: node.children.into_iter().map(|(name, child)| (name, child.into())).collect(),
            is_placeholder: node.is_placeholder,
            many: node.many.iter().map(|kind| (kind.extension.to_owned(), kind.is_inner)).collect(),
        }
    }
}

impl From<Saved> for Routes {
    /// Nothing of routes that had to be squeezed, or will be soon: a stranger can fill the tree with paths, and
    /// what is folded then stays so until everything is learnt anew, which is at a start.
    fn from(saved: Saved) -> Routes {
        let mut room = NODES_MAX;
        let root = saved.root.read(&mut room, DEPTH_MAX);
        if saved.words_max < WORDS_MAX || room < NODES_MAX / 2 {
            return Routes::default();
        }
        Routes { nodes: root.size(), root, ..Routes::default() }
    }
}

impl SavedNode {
    /// As much of it as there is `room` for, in nodes.
    fn read(self, room: &mut usize, depth: usize) -> Node {
        *room = room.saturating_sub(1);
        let mut children = BTreeMap::new();
        for (name, child) in self.below {
            if *room == 0 || depth == 0 {
                break;
            }
            if name.len() <= SEGMENT_MAX {
                children.insert(name, child.read(room, depth - 1));
            }
        }
        // An extension that is known no more is none.
        let many = self.many.iter().map(|(extension, is_inner)| Kind {
            extension: file_type(&format!("name.{extension}")),
            is_inner: *is_inner,
        });
        let many: BTreeSet<Kind> = many.collect();
        Node { children, is_placeholder: self.is_placeholder, many }
    }
}

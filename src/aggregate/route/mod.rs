//! Learns routes from paths: `/user/123` and `/user/456` are one, `/user/{id}`.
//!
//! Ids by their looks are placeholders from the first sight (`shape`). What else is one of many is
//! learnt: where more than 50 (`WORDS_MAX`) names of one kind were seen in one place, they become
//! `{name}`, and what was below them is put together. Everything is bounded: depth, length, names in
//! a place, places in all.

mod saved;
mod shape;
#[cfg(test)]
mod test;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::aggregate::forget::Forget;
use crate::decode::filetype::file_type;
use saved::Saved;
use shape::{NAME, Shape, date, date_run, shape};

/// The routes that were learnt of the paths so far.
///
/// Which routes there are depends on the order in which paths came; that every path has exactly one,
/// so that sums over routes are sums over paths, does not.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub struct Routes {
    root: Node,
    /// Nodes in the tree.
    nodes: usize,
    /// Names a place may have; falls when the tree is full.
    words_max: usize,
    epoch: u64,
}

/// One place: what was seen behind one beginning of paths.
#[derive(Clone, Debug, Default)]
struct Node {
    children: BTreeMap<Box<str>, Node>,
    /// Whether the child's name is a placeholder by its looks, or learnt.
    is_placeholder: bool,
    /// The kinds of whose names more than enough were seen.
    many: BTreeSet<Kind>,
}

/// What names are counted together: those of one extension (or of none), and those with something
/// below them apart from those where paths end, so that a site's sections outlast the articles
/// beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    extension: &'static str,
    is_inner: bool,
}

/// Names of a kind in one place before they are taken as one of many. Menus, sections and actions
/// of real sites stay below (the busiest folder of fixed pages in the logs at hand has 38), lists of
/// things soon pass it: a shop with 50 products has more. With 20, the sections of a large site
/// were lost; with 200, a blog of a year kept every post as a route of its own.
const WORDS_MAX: usize = 50;
/// Segments of a route; deeper ones share `*`. Real paths have up to ten.
const DEPTH_MAX: usize = 16;
/// Nodes of the tree: at most [`shape::SEGMENT_MAX`] bytes of name and about 150 bytes each, so
/// under 7 MiB, and real sites have about a thousand.
const NODES_MAX: usize = 16_384;
/// When the tree is full, places may have half as many names, down to this.
const WORDS_MIN: usize = 3;
/// What lies behind the depth or the full tree.
const REST: &str = "*";

impl Default for Routes {
    fn default() -> Routes {
        Routes { root: Node::default(), nodes: 1, words_max: WORDS_MAX, epoch: 0 }
    }
}

impl Routes {
    /// The route of a path, as learnt so far, this path included. A path that is no path (`*`,
    /// nothing) is its own; an absolute one (`http://host/path`) loses its host.
    pub fn route(&mut self, path: &str) -> String {
        let Some((segments, ends_in_slash)) = segments(path) else { return path.to_owned() };
        if segments.is_empty() {
            return "/".to_owned();
        }
        loop {
            // Each time round, a place has learnt for good or the limit fell: it ends.
            if let Some(route) = self.walk(&segments, ends_in_slash) {
                return route;
            }
        }
    }

    /// The route of a path by what was learnt of others: for paths that teach nothing, such as the
    /// guesses of a scanner, which would make one of all the pages they stand beside.
    #[must_use]
    pub fn known(&self, path: &str) -> String {
        let Some((segments, ends_in_slash)) = segments(path) else { return path.to_owned() };
        if segments.is_empty() {
            return "/".to_owned();
        }
        let mut route = String::with_capacity(64);
        let mut node = Some(&self.root);
        let mut at = 0;
        while at < segments.len() {
            let (shape, taken) = seen(&segments[at..]);
            if is_rest(&segments[at..], at, taken) {
                route.push_str("/*");
                return route;
            }
            let is_inner = has_place(&segments, at + taken);
            let key = match (node, shape) {
                (Some(node), shape) => node.key(shape, is_inner).0,
                (None, Shape::Placeholder(text) | Shape::Word(text)) => text,
            };
            route.push('/');
            route.push_str(&key);
            node = node.and_then(|node| node.children.get(&*key));
            at += taken;
        }
        if ends_in_slash {
            route.push('/');
        }
        route
    }

    /// Takes a client out of the names; those of its paths, which are renamed, too, are routed anew.
    pub(crate) fn forget(&mut self, who: &Forget) {
        if self.root.forget(who, self.words_max) {
            self.nodes = self.root.size();
            self.epoch += 1;
        }
    }

    /// Whether no path taught anything yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes == 1
    }

    /// Rises when something learnt changes the route of paths that were seen before.
    #[must_use]
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// The route; `None` where something was learnt on the way that changes where the path goes.
    fn walk(&mut self, segments: &[&str], ends_in_slash: bool) -> Option<String> {
        let mut route = String::with_capacity(64);
        let mut node = &mut self.root;
        let mut at = 0;
        while at < segments.len() {
            let (shape, taken) = seen(&segments[at..]);
            if is_rest(&segments[at..], at, taken) {
                route.push_str("/*");
                return Some(route);
            }
            let is_inner = has_place(segments, at + taken);
            let (key, is_word) = node.key(shape, is_inner);
            let kind = Kind { extension: file_type(&key), is_inner };
            let before = node.children.get(&*key).map(Node::is_inner);
            if before.is_none() {
                if self.nodes >= NODES_MAX {
                    if self.words_max > WORDS_MIN {
                        self.squeeze();
                        return None;
                    }
                    route.push_str("/*");
                    return Some(route);
                }
                self.nodes += 1;
                let child = Node { is_placeholder: !is_word, ..Node::default() };
                node.children.insert(key.as_ref().into(), child);
            }
            // A name that is new, or new with something below it.
            let is_news = before.is_none() || (is_inner && before == Some(false));
            if is_word && is_news && !node.many.contains(&kind) {
                let others = usize::from(is_inner);
                if node.count(kind) + others > self.words_max {
                    let before = node.size();
                    node.fold(kind, self.words_max, Keep::at(at));
                    self.nodes = self.nodes + node.size() - before;
                    self.epoch += 1;
                    return None;
                }
            }
            route.push('/');
            route.push_str(&key);
            node = node.children.get_mut(&*key)?;
            at += taken;
        }
        if ends_in_slash {
            route.push('/');
        }
        Some(route)
    }

    /// Makes room: places with more than half of what was allowed are folded.
    fn squeeze(&mut self) {
        self.words_max = (self.words_max / 2).max(WORDS_MIN);
        self.root.squeeze(self.words_max, Keep::SectionsAndPages);
        self.nodes = self.root.size();
        self.epoch += 1;
    }
}

/// What stands between the slashes of a path, and whether it ends in one; `None` where it is no path.
fn segments(path: &str) -> Option<(Vec<&str>, bool)> {
    if path.is_empty() || path == REST {
        return None;
    }
    let path = without_host(path);
    let path = &path[..path.find(['?', '#']).unwrap_or(path.len())];
    // One more than counts, to see that there is a rest. `//` is one, as servers have it.
    let segments = path
        .split('/')
        .filter(|segment| !segment.is_empty())
        .map(|segment| segment.split(';').next().unwrap_or(""))
        .filter(|segment| !segment.is_empty())
        .take(DEPTH_MAX + 1)
        .collect();
    Some((segments, path.ends_with('/')))
}

/// Whether what is left of a path has no place of its own, but shares `*`.
fn is_rest(left: &[&str], at: usize, taken: usize) -> bool {
    at + taken > DEPTH_MAX || left[0] == REST
}

/// Whether there is something behind the first `at` segments that gets a place below them. Only that
/// makes an inner name: one with nothing but `*` below it would be news each time it is seen. (Where the tree
/// is full it still is, and folds its place once.)
fn has_place(segments: &[&str], at: usize) -> bool {
    let left = &segments[at..];
    !left.is_empty() && !is_rest(left, at, seen(left).1)
}

/// What the first of some segments looks like, and how many it takes.
fn seen<'a>(segments: &[&'a str]) -> (Shape<'a>, usize) {
    match date_run(segments) {
        Some(taken) => (Shape::Placeholder(date()), taken),
        None => (shape(segments[0]), 1),
    }
}

/// Which names stay when the others of their kind become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    Nothing,
    Sections,
    /// At the top, where a site's own pages stand beside its articles.
    SectionsAndPages,
}

impl Keep {
    fn at(depth: usize) -> Keep {
        if depth == 0 { Keep::SectionsAndPages } else { Keep::Sections }
    }
}

impl Node {
    /// The child that a segment belongs to, and whether that is a name of its own.
    fn key<'a>(&self, shape: Shape<'a>, is_inner: bool) -> (Cow<'a, str>, bool) {
        match shape {
            Shape::Placeholder(text) => (text, false),
            Shape::Word(text) => {
                let kind = Kind { extension: file_type(&text), is_inner };
                if self.many.contains(&kind) && !self.children.contains_key(&*text) {
                    (Cow::Owned(placeholder(kind.extension)), false)
                } else {
                    (text, true)
                }
            }
        }
    }

    fn is_inner(&self) -> bool {
        !self.children.is_empty()
    }

    fn is_of(&self, name: &str, kind: Kind) -> bool {
        !self.is_placeholder
            && self.is_inner() == kind.is_inner
            && file_type(name) == kind.extension
    }

    /// How many names of a kind are here.
    fn count(&self, kind: Kind) -> usize {
        self.children.iter().filter(|(name, child)| child.is_of(name, kind)).count()
    }

    /// Takes a client out of the names from here on; tells whether it was in one.
    fn forget(&mut self, who: &Forget, words_max: usize) -> bool {
        let mut named = false;
        for child in self.children.values_mut() {
            named |= child.forget(who, words_max);
        }
        let renamed: Vec<(Box<str>, String)> =
            self.children.keys().filter_map(|name| Some((name.clone(), who.text(name)?))).collect();
        for (name, new) in renamed {
            if let Some(child) = self.children.remove(&name) {
                let place = self.children.entry(new.into()).or_insert_with(|| Node {
                    is_placeholder: child.is_placeholder,
                    ..Node::default()
                });
                place.absorb(child, words_max);
                named = true;
            }
        }
        named
    }

    /// Nodes from here on.
    fn size(&self) -> usize {
        1 + self.children.values().map(Node::size).sum::<usize>()
    }

    /// Makes the names of a kind one, from now on too. Where names with something below them are
    /// many, those where paths end are the same things, seen from the front.
    fn fold(&mut self, kind: Kind, words_max: usize, keep: Keep) {
        let leaves = Kind { is_inner: false, ..kind };
        let children = std::mem::take(&mut self.children);
        let (words, others): (BTreeMap<_, _>, BTreeMap<_, _>) = children
            .into_iter()
            .partition(|(name, child)| child.is_of(name, kind) || child.is_of(name, leaves));
        self.children = others;
        self.many.extend([kind, leaves]);
        let mut below: BTreeMap<Box<str>, usize> = BTreeMap::new();
        for name in words.values().flat_map(|child| child.children.keys()) {
            *below.entry(name.clone()).or_default() += 1;
        }
        let common = (words.len() / COMMON_SHARE).max(2);
        let mut one = self.children.remove(&*placeholder(kind.extension));
        for (name, child) in words {
            let own = child.children.keys().filter(|name| below[*name] <= common).count();
            let stays = match keep {
                Keep::Nothing => false,
                Keep::Sections => own >= SECTION_MIN,
                Keep::SectionsAndPages => own >= SECTION_MIN || is_page(&name),
            };
            if stays {
                self.children.insert(name, child);
            } else {
                one.get_or_insert_default().absorb(child, words_max);
            }
        }
        if let Some(mut one) = one {
            one.is_placeholder = true;
            self.children.insert(placeholder(kind.extension).into(), one);
        }
    }

    /// Takes what was seen below another place as seen here.
    fn absorb(&mut self, other: Node, words_max: usize) {
        for kind in other.many {
            if !self.many.contains(&kind) {
                self.fold(kind, words_max, Keep::Nothing);
            }
        }
        for (name, child) in other.children {
            let kind = Kind { extension: file_type(&name), is_inner: child.is_inner() };
            let is_learnt = !child.is_placeholder
                && self.many.contains(&kind)
                && !self.children.contains_key(&name);
            let name = if is_learnt { placeholder(kind.extension).into() } else { name };
            let mine = self.children.entry(name).or_insert_with(|| Node {
                is_placeholder: child.is_placeholder || is_learnt,
                ..Node::default()
            });
            mine.absorb(child, words_max);
            if !self.many.contains(&kind) && self.count(kind) > words_max {
                self.fold(kind, words_max, Keep::Nothing);
            }
        }
    }

    /// Folds every place with too many names, those that had stayed too.
    fn squeeze(&mut self, words_max: usize, keep: Keep) {
        let kinds = self.children.iter().filter(|(_, child)| !child.is_placeholder);
        let kinds: BTreeSet<Kind> = kinds
            .map(|(name, child)| Kind { extension: file_type(name), is_inner: child.is_inner() })
            .collect();
        for kind in kinds {
            if self.count(kind) > words_max {
                self.fold(kind, words_max, keep);
            }
        }
        for child in self.children.values_mut() {
            child.squeeze(words_max, Keep::Nothing);
        }
    }
}

/// A name below a fifth of the places beside each other is what such places have, as `settings`
/// below users; below fewer it is the place's own.
const COMMON_SHARE: usize = 5;
/// With as many names of its own below it, a name is a section of the site and no item of a list.
const SECTION_MIN: usize = 2;
/// Names of pages are short: `about`, `contact-us`, `wp-login.php`; titles are not.
const PAGE_MAX: usize = 20;

/// Whether a name at the top is a page's and no article's title.
fn is_page(name: &str) -> bool {
    let letters = name.bytes().all(|b| b.is_ascii_alphabetic() || b"-_.".contains(&b));
    let joins = name.bytes().filter(|b| b"-_".contains(b)).count();
    letters && joins <= 1 && name.len() <= PAGE_MAX
}

fn placeholder(kind: &str) -> String {
    if kind.is_empty() { NAME.to_owned() } else { format!("{NAME}.{kind}") }
}

/// The path of an absolute address, as a proxy is asked for it.
fn without_host(path: &str) -> &str {
    match path.split_once("://") {
        Some((scheme, rest)) if scheme.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            rest.find('/').map_or("/", |at| &rest[at..])
        }
        _ => path,
    }
}

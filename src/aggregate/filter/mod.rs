//! Filters: which events are meant, in one short line (`site:example.org status:5xx -path:/health*`).
//!
//! Repeating a word means *or*, except that a lower and an upper bound which overlap make a range;
//! different words are *and*; what is negated with `-` must not hold. Values are exact, `*` stands
//! for anything, `-` for "has none". Times are seconds (`500ms` too), sizes bytes (`10k`, `2MiB`).

mod judge;
mod parse;
mod test;

use std::fmt;
use std::ops::Range;

pub use judge::Judge;
pub use parse::{CLAUSES, FilterError, TEXT};
pub(crate) use test::{Group, Measure, Target};

use crate::aggregate::derived::network;
use crate::aggregate::row::Fields;
use crate::vocab::field::Field;

/// A filter that has been understood. The empty one lets everything through.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    groups: Vec<Group>,
    /// The normal form.
    text: String,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Where a word or value can't be understood, or the text is too long: what and where.
    pub fn parse(text: &str) -> Result<Filter, FilterError> {
        Ok(Filter::of(parse::parse(text)?))
    }

    /// True where everything matches.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The normal form: words in a fixed order, values sorted. Equal filters have equal ones.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The first word that asks for more than a line says: what was learnt, or a database.
    #[must_use]
    pub fn needs_knowledge(&self) -> Option<&'static str> {
        let derived = |group: &Group| match group.target {
            Target::Derived(derived) if !derived.is_plain() => Some(derived.name()),
            _ => None,
        };
        self.groups.iter().find_map(derived)
    }

    /// This filter, where clients are kept as their networks alone: an address that is none of these, and a network
    /// narrower than they are, would be met by nothing, or by a whole neighbourhood.
    ///
    /// # Errors
    /// The first of them, and what would be right.
    pub fn of_networks(self) -> Result<Filter, FilterError> {
        let clients = self.groups.iter().filter(|g| g.target == Target::Text(Field::Client));
        for clause in clients.flat_map(|group| group.include.iter().chain(&group.exclude)) {
            let test::Test::Net(address, bits) = clause.test else { continue };
            let address = address.to_string();
            let Some(network) = network(&address) else { continue };
            let (kept, length) = network.split_once('/').unwrap_or((&network, ""));
            // As the list of clients has it: the first address stands for all of them.
            let is_kept = address == kept && !clause.text.contains('/');
            if !is_kept && length.parse().is_ok_and(|length: u8| bits > length) {
                let asked = clause.text.trim_start_matches(':');
                return Err(FilterError {
                    message: format!("clients are kept as their networks, and `{asked}` is none"),
                    hint: format!("write client:{network} (`privacy.clients` is \"masked\")"),
                    at: 0,
                });
            }
        }
        Ok(self)
    }

    /// Whether one event is meant, by what its line says; see [`needs_knowledge`](Self::needs_knowledge).
    #[must_use]
    pub fn matches(&self, row: &impl Fields) -> bool {
        self.matches_knowing(row, &[])
    }

    /// The same of an event of which more is known than its line says: values by their words, as
    /// `route` or `template`.
    #[must_use]
    pub fn matches_knowing(&self, row: &impl Fields, known: &[(&str, &str)]) -> bool {
        let known = |word| known.iter().find(|(known, _)| *known == word).map(|(_, value)| *value);
        self.groups.iter().all(|group| match group.target {
            Target::Derived(_) if known(group.target.word()).is_some() => {
                group.allows_text(known(group.target.word()))
            }
            _ => group.allows(row),
        })
    }

    /// The same filter, but of `word` exactly this value, however it is written; `None` where the word has
    /// no such values.
    #[must_use]
    pub fn narrowed(&self, word: &str, value: &str) -> Option<Filter> {
        let [only] = <[Group; 1]>::try_from(parse::parse(&exactly(word, value)).ok()?).ok()?;
        let mut groups: Vec<Group> =
            self.groups.iter().filter(|group| group.target != only.target).cloned().collect();
        groups.push(only);
        groups.sort_by_key(|group| group.target);
        Some(Filter::of(groups))
    }

    /// What this filter means of one site and no other: its own wish of a site is answered here, so that
    /// no way of writing it ("or" among them) reaches another site's rows.
    #[must_use]
    pub fn within_site(&self, site: &str) -> Filter {
        let mut wishes = self.groups.iter().filter(|g| g.target == Target::Text(Field::Site));
        if wishes.all(|wish| wish.allows_text(Some(site)))
            && let Some(narrowed) = self.narrowed("site", site)
        {
            return narrowed;
        }
        Filter::nothing()
    }

    /// Lets nothing through.
    #[must_use]
    pub fn nothing() -> Filter {
        let absent = || vec![test::Clause { text: ":-".to_owned(), test: test::Test::Absent }];
        let target = Target::Text(Field::Site);
        Filter::of(vec![Group { target, include: absent(), exclude: absent() }])
    }

    /// The same filter with nothing asked of these words' fields.
    #[must_use]
    pub fn without(&self, words: &[&str]) -> Filter {
        let stays = |group: &&Group| !words.contains(&group.target.word());
        Filter::of(self.groups.iter().filter(stays).cloned().collect())
    }

    /// Whether this value alone is meant of `word`.
    #[must_use]
    pub fn names(&self, word: &str, value: &str) -> bool {
        parse::parse(&exactly(word, value)).is_ok_and(|asked| {
            let same = |group: &Group| {
                asked.iter().any(|a| a.target == group.target && a.include == group.include)
            };
            self.groups.iter().any(same)
        })
    }

    /// The site, where the filter lets through one alone.
    #[must_use]
    pub fn only_site(&self) -> Option<&str> {
        let site = self.groups.iter().find(|g| g.target == Target::Text(Field::Site))?;
        match site.include.as_slice() {
            // As it is written: what is quoted or has a star is more or less than a name.
            [clause] => clause.text.strip_prefix(':').filter(|name| !name.contains(['*', '"'])),
            _ => None,
        }
        .filter(|name| *name != "-")
    }

    fn of(groups: Vec<Group>) -> Filter {
        let text = groups.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        Filter { groups, text }
    }

    /// The filter without what it asks of the answer: status, outcome, sizes, times, cache.
    #[must_use]
    pub fn of_what_was_asked(&self) -> Filter {
        let answered = |target: Target| {
            matches!(target, Target::Outcome | Target::Number(_) | Target::Text(Field::Cache))
        };
        let groups = self.groups.iter().filter(|group| !answered(group.target));
        Filter::of(groups.cloned().collect())
    }

    pub(crate) fn groups(&self) -> &[Group] {
        &self.groups
    }
}

/// One clause of a filter as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its bytes, with its sign.
    pub place: Range<usize>,
    /// The short name of what it asks of.
    pub word: &'static str,
    pub negated: bool,
}

/// The clauses of a filter in the order they are written in, which the normal form does not keep.
///
/// # Errors
/// As of [`Filter::parse`].
pub fn terms(text: &str) -> Result<Vec<Term>, FilterError> {
    parse::terms(text)
}

/// One word with one value, whatever is in it. A network is written as the clients in it.
#[must_use]
pub fn exactly(word: &str, value: &str) -> String {
    let word = if word == "network" { "client" } else { word };
    if word == "status" {
        return format!("status:{value}");
    }
    let value = value.replace('\\', "\\\\").replace('"', "\\\"").replace('*', "\\*");
    format!("{word}:\"{value}\"")
}

impl PartialEq for Filter {
    fn eq(&self, other: &Filter) -> bool {
        self.text == other.text
    }
}

impl Eq for Filter {}

impl std::hash::Hash for Filter {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::str::FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Filter, FilterError> {
        Filter::parse(text)
    }
}

#[cfg(test)]
mod tests;

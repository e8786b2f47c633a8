//! The lists that are asked for and shown, in their order, and what choosing a value of each filters by.

use crate::aggregate::filter::{Filter, exactly, terms};
use crate::aggregate::wire::{Summary, TopRow};

/// Rows that are asked for; the tallest terminal scrolls.
const ROWS: usize = 30;

/// A list of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct List {
    /// As the server names it.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// The filter's word for its values.
    word: &'static str,
    /// It counts lines of error logs: they have no status and no time.
    pub(super) of_errors: bool,
    /// Its values say themselves whether a request went wrong.
    pub(super) of_statuses: bool,
}

const fn list(name: &'static str, title: &'static str, word: &'static str) -> List {
    List { name, title, word, of_errors: false, of_statuses: false }
}

/// Those whose values say nothing here, as a log without sites, are left out where they are drawn.
const LISTS: [List; 14] = [
    list("paths", "Paths", "path"),
    list("clients", "Clients", "client"),
    list("sites", "Sites", "site"),
    List { of_errors: true, ..list("errors", "Error messages", "template") },
    List { of_statuses: true, ..list("statuses", "Statuses", "status") },
    List { of_statuses: true, ..list("not_found", "Not found", "path") },
    list("agents", "Agents", "agent"),
    list("referrers", "Referrers", "referrer"),
    list("upstreams", "Upstreams", "upstream"),
    list("bots", "Bots", "bot"),
    list("countries", "Countries", "country"),
    list("users", "Users", "user"),
    list("methods", "Methods", "method"),
    list("sources", "Sources", "source"),
];

/// What a list is sorted by: the server's word, and the one on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum By {
    #[default]
    Requests,
    Failed,
    Bytes,
    Slow,
}

impl By {
    pub(super) fn next(self) -> By {
        match self {
            By::Requests => By::Failed,
            By::Failed => By::Bytes,
            By::Bytes => By::Slow,
            By::Slow => By::Requests,
        }
    }

    fn word(self) -> &'static str {
        match self {
            By::Requests => "requests",
            By::Failed => "s5xx",
            By::Bytes => "bytes",
            By::Slow => "slow",
        }
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            By::Requests => "requests",
            By::Failed => "5xx",
            By::Bytes => "bytes sent",
            By::Slow => "mean time",
        }
    }
}

/// What the server is asked for: each list as `list:by:rows`.
pub(super) fn asks(by: By) -> Vec<String> {
    let of = |list: &List| if list.of_errors { By::Requests } else { by };
    LISTS.iter().map(|list| format!("{}:{}:{ROWS}", list.name, of(list).word())).collect()
}

impl List {
    /// Its rows; none where all that it says is that nothing is known.
    pub(super) fn rows<'a>(&self, summary: &'a Summary) -> &'a [TopRow] {
        let found = summary.top.iter().find(|(key, _)| key.split(':').next() == Some(self.name));
        match found.map_or(&[][..], |(_, rows)| rows.as_slice()) {
            [only] if matches!(&*only.value, "-" | "(none)") => &[],
            rows => rows,
        }
    }

    /// The filter with this value chosen in place of others of its word, or let go where it was: what a click
    /// does on the page. `None` for what no filter can name.
    pub(super) fn choose(&self, filter: &str, value: &str) -> Option<String> {
        if value == "(other)" || value == "(forgotten)" {
            return None;
        }
        let chosen = with(filter, self.word, value)?;
        Some(match self.name {
            "not_found" => with(&chosen, "status", "404").unwrap_or(chosen),
            _ => chosen,
        })
    }
}

/// The lists that have rows.
pub(super) fn filled(summary: &Summary) -> Vec<List> {
    LISTS.into_iter().filter(|list| !list.rows(summary).is_empty()).collect()
}

/// In the order in which the user wrote and chose, which the normal form does not keep.
fn with(filter: &str, word: &str, value: &str) -> Option<String> {
    let asked = Filter::parse(&exactly(word, value)).ok()?;
    let known = Filter::parse(filter).ok()?;
    let held = known.names(word, value);
    let same = |term: &crate::aggregate::filter::Term| term.word == word && !term.negated;
    let kept = terms(filter).ok()?.into_iter().filter(|term| !same(term));
    let mut parts: Vec<&str> = kept.map(|term| &filter[term.place]).collect();
    if !held {
        parts.push(asked.as_str());
    }
    Some(parts.join(" "))
}

/// The filter without its last term; of what can't be read, nothing.
pub(super) fn without_last(filter: &str) -> String {
    let last = terms(filter).ok().and_then(|terms| terms.last().map(|term| term.place.start));
    last.map_or("", |start| &filter[..start]).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> List {
        LISTS.into_iter().find(|list| list.name == name).expect("a list")
    }

    #[test]
    fn a_value_is_chosen_in_place_of_another_and_let_go_again() {
        for (list, filter, value, expected) in [
            ("paths", "", "/a", Some("path:/a")),
            ("paths", "status:5xx path:/b", "/a", Some("status:5xx path:/a")),
            ("paths", "path:/a status:5xx", "/a", Some("status:5xx")),
            ("paths", "-path:/health*", "/a b*\"", Some(r#"-path:/health* path:"/a b\*\"""#)),
            ("clients", "", "203.0.113.9", Some("client:203.0.113.9")),
            ("sites", "", "-", Some("site:-")),
            ("statuses", "status:404", "502", Some("status:502")),
            ("not_found", "site:a", "/x", Some("site:a path:/x status:404")),
            ("paths", "", "(other)", None),
        ] {
            let chosen = named(list).choose(filter, value);
            assert_eq!(chosen.as_deref(), expected, "{list} {filter} {value}");
        }
    }

    #[test]
    fn the_last_term_is_the_one_that_was_written_last() {
        for (filter, left) in [
            ("status:5xx path:\"/a b\"", "status:5xx"),
            ("path:/a", ""),
            ("", ""),
            ("status:zz", ""),
        ] {
            assert_eq!(without_last(filter), left);
        }
    }

    #[test]
    fn every_list_is_one_of_the_servers() {
        for list in LISTS {
            assert!(crate::aggregate::list::List::named(list.name).is_some(), "{}", list.name);
            let value = match list.word {
                "status" => "404",
                "type" => "css",
                "country" => "DE",
                "asn" => "AS64500",
                _ => "x",
            };
            assert!(list.choose("", value).is_some_and(|filter| !filter.is_empty()));
        }
        for by in [By::Requests, By::Failed, By::Bytes, By::Slow] {
            let words = asks(by);
            let words = words.iter().map(String::as_str);
            assert!(crate::aggregate::ask::Asks::read(words, 10, 50).is_ok(), "{by:?}");
        }
    }
}

//! Which lists are wanted, how each is sorted, and how many rows of it: `paths:bytes:12`.

use std::fmt;

use super::counters::Counter;
use super::list::{Bases, List};

/// Rows of a list where no number is named.
pub const ROWS: usize = 10;
/// Rows of a list of the live feed at most: each row's latencies are followed.
pub const LIVE_ROWS: usize = 50;
/// Lists that one subscription may ask for.
pub const ASKS: usize = 48;

/// What a list is sorted by, falling.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    #[default]
    Requests,
    Bytes,
    S4xx,
    S5xx,
    /// Responses of 400 and above.
    Errors,
    /// Time of all its requests together.
    Time,
    /// Mean time, of values that are asked for often enough to mean something.
    Slow,
    /// Distinct visitors; only of lists that clients or agents are in.
    Visitors,
}

impl By {
    pub const ALL: [By; 8] =
        [By::Requests, By::Bytes, By::S4xx, By::S5xx, By::Errors, By::Time, By::Slow, By::Visitors];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            By::Requests => "requests",
            By::Bytes => "bytes",
            By::S4xx => "s4xx",
            By::S5xx => "s5xx",
            By::Errors => "errors",
            By::Time => "time",
            By::Slow => "slow",
            By::Visitors => "visitors",
        }
    }

    /// What a value is sorted by; 0 keeps it out of the list. `total` is all requests there are.
    #[must_use]
    pub(crate) fn weigh(self, counter: &Counter, total: u64) -> u64 {
        /// Requests that a mean is worth showing from …
        const FEW: u64 = 5;
        /// … and the share of all requests, as one in so many.
        const ONE_IN: u64 = 1000;
        match self {
            By::Requests => counter.requests().into(),
            By::Bytes => counter.bytes,
            By::S4xx => counter.s4xx().into(),
            By::S5xx => counter.s5xx().into(),
            By::Errors => counter.errors().into(),
            By::Time => counter.time_us(),
            By::Slow => {
                let timed = u64::from(counter.timed());
                if timed < FEW || timed * ONE_IN < total { 0 } else { counter.time_us() / timed }
            }
            // Nobody but the reader of a whole tally knows; requests where visitors are not told.
            By::Visitors => counter.requests().into(),
        }
    }
}

/// One list as it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ask {
    pub list: List,
    pub by: By,
    pub rows: usize,
}

impl Ask {
    /// Its key in an answer: the list, and what it is sorted by where that is not requests.
    #[must_use]
    pub fn key(&self) -> String {
        match self.by {
            By::Requests => self.list.name().to_owned(),
            by => format!("{}:{}", self.list.name(), by.name()),
        }
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.list.name(), self.by.name(), self.rows)
    }
}

/// The lists of one page or answer, in one order, none twice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Asks(Vec<Ask>);

/// The lists of an answer to someone who named none.
const USUAL: [&str; 9] = [
    "paths",
    "clients",
    "sites",
    "referrers",
    "agents",
    "not_found",
    "sources",
    "upstreams",
    "users",
];

impl Asks {
    /// These lists; of two rows for one list and order the larger number holds.
    #[must_use]
    pub fn new(asks: impl IntoIterator<Item = Ask>) -> Asks {
        let mut asks: Vec<Ask> = asks.into_iter().collect();
        asks.sort_unstable_by_key(|ask| (ask.list, ask.by, std::cmp::Reverse(ask.rows)));
        asks.dedup_by_key(|ask| (ask.list, ask.by));
        Asks(asks)
    }

    /// What is shown to someone who asks for nothing in particular.
    #[must_use]
    pub fn usual(rows: usize) -> Asks {
        Asks::new(USUAL.iter().filter_map(|name| List::named(name)).map(|list| Ask {
            list,
            by: By::Requests,
            rows,
        }))
    }

    /// Every list there is, by requests.
    #[must_use]
    pub fn all(rows: usize) -> Asks {
        Asks::new(List::all().map(|list| Ask { list, by: By::Requests, rows }))
    }

    /// Reads `list`, `list:by` and `list:by:rows`; the usual ones where there are none.
    ///
    /// # Errors
    /// What is wrong, and what would be right.
    pub fn read<'a>(
        words: impl IntoIterator<Item = &'a str>,
        rows: usize,
        most: usize,
    ) -> Result<Asks, (String, String)> {
        let mut asks = Vec::new();
        for word in words.into_iter().map(str::trim).filter(|word| !word.is_empty()) {
            if asks.len() == ASKS {
                return Err((
                    format!("more than {ASKS} lists"),
                    "ask for fewer at a time".to_owned(),
                ));
            }
            asks.push(read_one(word, rows, most)?);
        }
        Ok(if asks.is_empty() { Asks::usual(rows.min(most)) } else { Asks::new(asks) })
    }

    pub fn iter(&self) -> impl Iterator<Item = &Ask> {
        self.0.iter()
    }

    /// What has to be counted row by row for them.
    #[must_use]
    pub fn bases(&self) -> Bases {
        Bases::of(self.0.iter().map(|ask| ask.list.base()))
    }
}

impl fmt::Display for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ask) in self.0.iter().enumerate() {
            write!(f, "{}{ask}", if index == 0 { "" } else { "," })?;
        }
        Ok(())
    }
}

fn read_one(word: &str, rows: usize, most: usize) -> Result<Ask, (String, String)> {
    let mut parts = word.split(':');
    let name = parts.next().unwrap_or("");
    let Some(list) = List::named(name) else {
        let near = List::all()
            .map(|list| (strsim::damerau_levenshtein(name, list.name()), list.name()))
            .min()
            .filter(|(distance, near)| *distance <= 1 + near.len() / 4);
        let hint = match near {
            Some((_, near)) => format!("did you mean `{near}`?"),
            None => {
                let names: Vec<&str> = List::all().map(List::name).collect();
                format!("the lists are {}", names.join(", "))
            }
        };
        return Err((format!("`{name}` is no list"), hint));
    };
    let by = match parts.next() {
        None | Some("") => By::Requests,
        Some(name) => By::ALL.into_iter().find(|by| by.name() == name).ok_or_else(|| {
            let names = By::ALL.map(By::name).join(", ");
            (format!("`{name}` is nothing to sort by"), format!("write one of {names}"))
        })?,
    };
    if by == By::Visitors && !list.has_visitors() {
        return Err((
            format!("`{}` can't be sorted by visitors", list.name()),
            "lists of clients and of agents can".to_owned(),
        ));
    }
    let rows = match parts.next() {
        None | Some("") => rows,
        Some(number) => number.parse().map_err(|_| {
            (format!("`{number}` is no number of rows"), "write it like paths:bytes:12".to_owned())
        })?,
    };
    Ok(Ask { list, by, rows: rows.min(most) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, (String, String)> {
        Asks::read(text.split(','), ROWS, LIVE_ROWS).map(|asks| asks.to_string())
    }

    #[test]
    fn equal_wishes_have_one_form() {
        for (text, form) in [
            ("clients,paths:bytes:5", "paths:bytes:5,clients:requests:10"),
            ("paths,paths:requests:3", "paths:requests:10"),
            ("paths::900", "paths:requests:50"),
            ("routes:slow,routes", "routes:requests:10,routes:slow:10"),
        ] {
            assert_eq!(read(text).as_deref(), Ok(form));
            assert_eq!(read(form).as_deref(), Ok(form));
        }
        assert_eq!(read(""), Ok(Asks::usual(ROWS).to_string()));
    }

    #[test]
    fn what_is_no_list_is_told() {
        for (text, message, hint) in [
            ("pathes", "`pathes` is no list", "did you mean `paths`?"),
            ("xyzzyx", "no list", "the lists are"),
            ("paths:size", "nothing to sort by", "bytes"),
            ("paths:visitors", "can't be sorted by visitors", "clients"),
            ("paths:bytes:many", "no number", "paths:bytes:12"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.0.contains(message) && error.1.contains(hint), "{text}: {error:?}");
        }
        assert!(read(&"paths,".repeat(ASKS + 1)).is_err());
    }
}

//! The lists that panels show: which column each is counted by, and how its values are put together.
//!
//! A *base* is counted row by row; a list is a base itself, or its counts added up by what is derived
//! from each value. So twenty more lists cost a row nothing.

use super::column::{Column, Columns, STATUS};
use super::derived::Derived;
use super::dict::{ABSENT, OTHER_TEXT};
use super::dictionaries::Dictionaries;
use super::wire::{BAND_EDGES_US, BANDS};
use crate::decode::filetype::is_static;
use crate::vocab::event::Level;
use crate::vocab::field::Field;

/// What is counted row by row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Base {
    Paths = 0,
    /// Paths that were answered with 404.
    NotFound,
    Queries,
    Statuses,
    /// Latency bands: id 1 is the first.
    Bands,
    UpstreamBands,
    Methods,
    Protocols,
    Clients,
    Users,
    Sites,
    Sources,
    Upstreams,
    UserAgents,
    ReferrerUrls,
    Cache,
    Schemes,
    Tls,
    Ciphers,
    Mimes,
    Formats,
    /// Messages of error events: the only ones that are no requests.
    Messages,
}

impl Base {
    pub const COUNT: usize = 22;
    pub const ALL: [Base; Base::COUNT] = [
        Base::Paths,
        Base::NotFound,
        Base::Queries,
        Base::Statuses,
        Base::Bands,
        Base::UpstreamBands,
        Base::Methods,
        Base::Protocols,
        Base::Clients,
        Base::Users,
        Base::Sites,
        Base::Sources,
        Base::Upstreams,
        Base::UserAgents,
        Base::ReferrerUrls,
        Base::Cache,
        Base::Schemes,
        Base::Tls,
        Base::Ciphers,
        Base::Mimes,
        Base::Formats,
        Base::Messages,
    ];

    /// The text field it counts; `None` where it counts numbers.
    #[must_use]
    pub fn field(self) -> Option<Field> {
        Some(match self {
            Base::Paths | Base::NotFound => Field::Path,
            Base::Queries => Field::Query,
            Base::Statuses | Base::Bands | Base::UpstreamBands => return None,
            Base::Methods => Field::Method,
            Base::Protocols => Field::Protocol,
            Base::Clients => Field::Client,
            Base::Users => Field::User,
            Base::Sites => Field::Site,
            Base::Sources => Field::Source,
            Base::Upstreams => Field::Upstream,
            Base::UserAgents => Field::Agent,
            Base::ReferrerUrls => Field::Referrer,
            Base::Cache => Field::Cache,
            Base::Schemes => Field::Scheme,
            Base::Tls => Field::Tls,
            Base::Ciphers => Field::Cipher,
            Base::Mimes => Field::Mime,
            Base::Formats => Field::Format,
            Base::Messages => Field::Message,
        })
    }

    /// Whether rows without a value are a row of its lists.
    pub(crate) fn counts_absent(self) -> bool {
        matches!(self, Base::Sites | Base::ReferrerUrls)
    }

    /// Whether it counts error events, in place of requests.
    #[must_use]
    pub fn is_of_errors(self) -> bool {
        self == Base::Messages
    }

    /// The column of its ids; `None` where no request in this chunk has one, or it counts no column's
    /// values as they are.
    pub(crate) fn column(self, columns: &Columns) -> Option<&Column> {
        let column = match self.field() {
            _ if self.is_of_errors() => return None,
            Some(field) => columns.text(field),
            None if self == Base::Statuses => columns.at(STATUS),
            None => return None,
        };
        (self.counts_absent() || !matches!(column, Column::Const(0))).then_some(column)
    }

    /// Above every id.
    pub(crate) fn bound(self, dictionaries: &Dictionaries) -> usize {
        match self.field() {
            Some(field) => dictionaries.field(field).bound(),
            None if self == Base::Statuses => 1000,
            None => BANDS + 1,
        }
    }
}

/// Bases, as a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bases(u32);

impl Bases {
    #[must_use]
    pub fn of(bases: impl IntoIterator<Item = Base>) -> Bases {
        Bases(bases.into_iter().fold(0, |set, base| set | 1 << base as u32))
    }

    #[must_use]
    pub fn has(self, base: Base) -> bool {
        self.0 & 1 << base as u32 != 0
    }

    #[must_use]
    pub fn union(self, other: Bases) -> Bases {
        Bases(self.0 | other.0)
    }

    /// Those that `other` has too.
    #[must_use]
    pub fn shared(self, other: Bases) -> Bases {
        Bases(self.0 & other.0)
    }

    /// Those that `other` lacks.
    #[must_use]
    pub fn without(self, other: Bases) -> Bases {
        Bases(self.0 & !other.0)
    }

    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Base> {
        Base::ALL.into_iter().filter(move |base| self.has(*base))
    }
}

/// How the values of a base become those of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    Itself,
    By(Derived),
    /// Only static files.
    Files,
    /// Templates of which at least one line was a warning or worse, or has no level.
    Complaints,
    /// Statuses by their hundreds.
    Classes,
    /// Statuses as Netdata's web log sorts them: 401 and 429 are a success of the server.
    Outcomes,
}

/// A list of values with their requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct List(u8);

struct Entry {
    name: &'static str,
    word: Option<&'static str>,
    base: Base,
    fold: Fold,
}

const fn entry(name: &'static str, word: Option<&'static str>, base: Base, fold: Fold) -> Entry {
    Entry { name, word, base, fold }
}

/// All lists there are. The names are a contract of the API; a word of the filter language stands at the list of
/// all values that it may have.
const LISTS: [Entry; 39] = [
    entry("paths", Some("path"), Base::Paths, Fold::Itself),
    entry("routes", Some("route"), Base::Paths, Fold::By(Derived::Route)),
    entry("not_found", None, Base::NotFound, Fold::Itself),
    entry("static", None, Base::Paths, Fold::Files),
    entry("types", Some("type"), Base::Paths, Fold::By(Derived::FileType)),
    entry("queries", Some("query"), Base::Queries, Fold::Itself),
    entry("statuses", Some("status"), Base::Statuses, Fold::Itself),
    entry("classes", None, Base::Statuses, Fold::Classes),
    entry("outcomes", Some("outcome"), Base::Statuses, Fold::Outcomes),
    entry("bands", None, Base::Bands, Fold::Itself),
    entry("upstream_bands", None, Base::UpstreamBands, Fold::Itself),
    entry("methods", Some("method"), Base::Methods, Fold::Itself),
    entry("protocols", Some("protocol"), Base::Protocols, Fold::Itself),
    entry("clients", Some("client"), Base::Clients, Fold::Itself),
    entry("networks", None, Base::Clients, Fold::By(Derived::Network)),
    entry("countries", Some("country"), Base::Clients, Fold::By(Derived::Country)),
    entry("cities", Some("city"), Base::Clients, Fold::By(Derived::City)),
    entry("asns", Some("asn"), Base::Clients, Fold::By(Derived::Asn)),
    entry("ip_versions", Some("ip_version"), Base::Clients, Fold::By(Derived::IpVersion)),
    entry("users", Some("user"), Base::Users, Fold::Itself),
    entry("sites", Some("site"), Base::Sites, Fold::Itself),
    entry("sources", Some("source"), Base::Sources, Fold::Itself),
    entry("upstreams", Some("upstream"), Base::Upstreams, Fold::Itself),
    entry("agents", Some("agent"), Base::UserAgents, Fold::By(Derived::Family)),
    entry("user_agents", None, Base::UserAgents, Fold::Itself),
    entry("systems", Some("os"), Base::UserAgents, Fold::By(Derived::System)),
    entry("bots", Some("bot"), Base::UserAgents, Fold::By(Derived::Bot)),
    entry("purposes", None, Base::UserAgents, Fold::By(Derived::Purpose)),
    entry("referrers", Some("referrer"), Base::ReferrerUrls, Fold::By(Derived::Host)),
    entry("referrer_urls", None, Base::ReferrerUrls, Fold::Itself),
    entry("keyphrases", Some("keyphrase"), Base::ReferrerUrls, Fold::By(Derived::Keyphrase)),
    entry("cache", Some("cache"), Base::Cache, Fold::Itself),
    entry("schemes", Some("scheme"), Base::Schemes, Fold::Itself),
    entry("tls", Some("tls"), Base::Tls, Fold::Itself),
    entry("ciphers", Some("cipher"), Base::Ciphers, Fold::Itself),
    entry("mime", Some("mime"), Base::Mimes, Fold::Itself),
    entry("formats", Some("format"), Base::Formats, Fold::Itself),
    entry("errors", None, Base::Messages, Fold::Complaints),
    entry("templates", Some("template"), Base::Messages, Fold::By(Derived::Template)),
];

const OUTCOMES: [&str; 4] = ["success", "redirect", "bad", "error"];

/// The outcome of a status by Netdata's rule: 1xx, 2xx, 304, 401 and 429 are successes, other 3xx
/// redirects, other 4xx bad requests, 5xx errors. Its place in [`OUTCOMES`], from 1; 0 for none.
fn outcome(status: u32) -> u32 {
    match status {
        100..300 | 304 | 401 | 429 => 1,
        300..400 => 2,
        400..500 => 3,
        500..600 => 4,
        _ => 0,
    }
}

/// The outcomes that a status may have.
pub(crate) fn outcomes() -> [&'static str; 4] {
    OUTCOMES
}

/// What became of a request by its status; `None` where it says nothing.
#[must_use]
pub(crate) fn outcome_name(status: u32) -> Option<&'static str> {
    OUTCOMES.get((outcome(status) as usize).checked_sub(1)?).copied()
}

impl List {
    /// Every list there is.
    pub fn all() -> impl Iterator<Item = List> {
        // Far fewer than 256.
        (0..LISTS.len()).map(|index| List(index as u8))
    }

    #[must_use]
    pub fn named(name: &str) -> Option<List> {
        List::all().find(|list| list.name() == name)
    }

    /// The list whose values a word of the filter language may have; `None` for numbers and for kinds.
    #[must_use]
    pub fn of_word(word: &str) -> Option<List> {
        List::all().find(|list| list.entry().word == Some(word))
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        self.entry().name
    }

    /// Whether the live feed knows how many visitors each value has.
    #[must_use]
    pub fn has_visitors(self) -> bool {
        matches!(self.base(), Base::Clients | Base::UserAgents)
    }

    fn entry(self) -> &'static Entry {
        &LISTS[usize::from(self.0)]
    }

    #[must_use]
    pub fn base(self) -> Base {
        self.entry().base
    }

    pub(crate) fn fold(self) -> Fold {
        self.entry().fold
    }

    /// Whether its values are templates, whose lines differ.
    pub(crate) fn is_of_templates(self) -> bool {
        self.base() == Base::Messages
    }

    /// Whether its values are in the order that they mean something in, and not by size.
    pub(crate) fn is_scale(self) -> bool {
        matches!(self.base(), Base::Bands | Base::UpstreamBands)
    }

    /// The id of this list that a value of the base is counted under.
    #[inline]
    pub(crate) fn id_of(self, base_id: u32, dictionaries: &Dictionaries) -> u32 {
        match self.fold() {
            Fold::Itself => base_id,
            Fold::By(derived) => dictionaries.derived_id(derived, base_id),
            Fold::Files => match dictionaries.derived_text(Derived::FileType, base_id) {
                Some(file_type) if is_static(file_type) => base_id,
                _ => ABSENT,
            },
            Fold::Complaints => {
                let template = dictionaries.derived_id(Derived::Template, base_id);
                let level = dictionaries.template(template).and_then(|template| template.level);
                if level.is_none_or(Level::is_complaint) { template } else { ABSENT }
            }
            Fold::Classes => base_id / 100,
            Fold::Outcomes => outcome(base_id),
        }
    }

    /// Where a row's value is looked for among the ids that are shown. Those of [`Fold::Files`] were chosen by
    /// value before, so that no row has to be asked for its type again.
    #[inline]
    pub(crate) fn shown_id_of(self, base_id: u32, dictionaries: &Dictionaries) -> u32 {
        match self.fold() {
            Fold::Files => base_id,
            _ => self.id_of(base_id, dictionaries),
        }
    }

    /// Above every id of this list.
    pub(crate) fn bound(self, dictionaries: &Dictionaries) -> usize {
        match self.fold() {
            Fold::Itself | Fold::Files => self.base().bound(dictionaries),
            Fold::By(derived) => dictionaries.derived(derived).bound(),
            Fold::Complaints => dictionaries.derived(Derived::Template).bound(),
            Fold::Classes => 10,
            Fold::Outcomes => OUTCOMES.len() + 1,
        }
    }

    /// How "has none" is shown where it is a row of the list at all.
    pub(crate) fn absent(self) -> Option<&'static str> {
        match (self.base(), self.fold()) {
            (Base::Sites, _) => Some("-"),
            (Base::ReferrerUrls, Fold::Itself | Fold::By(Derived::Host)) => Some("(none)"),
            _ => None,
        }
    }

    /// Whether id 1 is what overflowed, as it is of every dictionary's.
    pub(crate) fn overflows(self) -> bool {
        self.base().field().is_some()
    }

    /// The text of an id of this list.
    #[must_use]
    pub fn text(self, id: u32, dictionaries: &Dictionaries) -> String {
        match self.fold() {
            Fold::Classes => format!("{id}xx"),
            Fold::Outcomes => {
                let place = (id as usize).wrapping_sub(1);
                OUTCOMES.get(place).copied().unwrap_or(OTHER_TEXT).to_owned()
            }
            _ if self.is_scale() => band_text(id),
            _ if self.base() == Base::Statuses => id.to_string(),
            _ if id == ABSENT => self.absent().unwrap_or(OTHER_TEXT).to_owned(),
            Fold::By(derived) => dictionaries.derived(derived).text(id).to_owned(),
            Fold::Complaints => dictionaries.derived(Derived::Template).text(id).to_owned(),
            Fold::Itself | Fold::Files => match self.base().field() {
                Some(field) => dictionaries.field(field).text(id).to_owned(),
                None => OTHER_TEXT.to_owned(),
            },
        }
    }
}

/// A band as `low..high` in seconds, the outer bounds left open.
fn band_text(id: u32) -> String {
    let edge = |place: usize| BAND_EDGES_US.get(place).map(|&us| f64::from(us) / 1e6);
    let band = (id as usize).wrapping_sub(1);
    let low = band.checked_sub(1).and_then(edge).map_or(String::new(), |s| s.to_string());
    let high = edge(band).map_or(String::new(), |s| s.to_string());
    format!("{low}..{high}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::filter::Filter;

    #[test]
    fn bands_are_named_by_their_bounds() {
        let names: Vec<String> = [1, 2, 8, 13].map(band_text).to_vec();
        assert_eq!(names, ["..0.001", "0.001..0.002", "0.1..0.2", "5.."]);
    }

    #[test]
    fn a_list_is_found_by_its_name() {
        for list in List::all() {
            assert_eq!(List::named(list.name()), Some(list));
        }
        assert_eq!(List::named("nothing"), None);
    }

    #[test]
    fn each_word_is_one_of_the_filter_language_and_has_one_list() {
        let is_word = |word: &str| {
            let read = Filter::parse(&format!("{word}:x"));
            read.err().is_none_or(|error| !error.message.ends_with("is no field"))
        };
        for list in List::all() {
            let Some(word) = list.entry().word else { continue };
            assert_eq!((List::of_word(word), is_word(word)), (Some(list), true), "{word}");
        }
        for word in ["kind", "level", "message", "latency", "bytes", "not_found", ""] {
            assert_eq!(List::of_word(word), None, "{word}");
        }
    }

    #[test]
    fn asking_who_someone_is_is_a_success() {
        for (status, name) in [
            (200, "success"),
            (304, "success"),
            (401, "success"),
            (302, "redirect"),
            (404, "bad"),
            (502, "error"),
        ] {
            assert_eq!(outcome_name(status), Some(name), "{status}");
        }
        assert_eq!(outcome_name(0), None);
    }
}

//! The lists that panels show: which column each is counted by.

use super::column::Columns;
use super::dict::{ABSENT, OTHER_TEXT};
use super::dictionaries::Dictionaries;
use crate::aggregate::column::Column;
use crate::vocab::field::Field;

/// A list of values with their requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum List {
    Paths = 0,
    Clients,
    Sites,
    /// By host; `(none)` where a request had none.
    Referrers,
    /// By family.
    Agents,
    /// Paths that were answered with 404.
    NotFound,
    Sources,
    Upstreams,
    Users,
}

impl List {
    pub const COUNT: usize = 9;
    pub const ALL: [List; List::COUNT] = [
        List::Paths,
        List::Clients,
        List::Sites,
        List::Referrers,
        List::Agents,
        List::NotFound,
        List::Sources,
        List::Upstreams,
        List::Users,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            List::Paths => "paths",
            List::Clients => "clients",
            List::Sites => "sites",
            List::Referrers => "referrers",
            List::Agents => "agents",
            List::NotFound => "not_found",
            List::Sources => "sources",
            List::Upstreams => "upstreams",
            List::Users => "users",
        }
    }

    #[must_use]
    pub fn field(self) -> Field {
        match self {
            List::Paths | List::NotFound => Field::Path,
            List::Clients => Field::Client,
            List::Sites => Field::Site,
            List::Referrers => Field::Referrer,
            List::Agents => Field::Agent,
            List::Sources => Field::Source,
            List::Upstreams => Field::Upstream,
            List::Users => Field::User,
        }
    }

    /// Whether values are summed up: agents to families, referrers to hosts.
    pub(crate) fn derives(self) -> bool {
        matches!(self, List::Referrers | List::Agents)
    }

    /// The id that a value of the column is counted under.
    pub(crate) fn counted_as(self, id: u32, dictionaries: &Dictionaries) -> u32 {
        if self.derives() { dictionaries.field(self.field()).derived(id) } else { id }
    }

    /// How "has none" is shown where it is a row of the list at all.
    pub(crate) fn absent(self) -> Option<&'static str> {
        match self {
            List::Sites => Some("-"),
            List::Referrers => Some("(none)"),
            _ => None,
        }
    }

    /// The column the list is counted by; `None` where it has no rows in this chunk.
    pub(crate) fn column(self, columns: &Columns) -> Option<&Column> {
        let column = columns.text(self.field());
        (self.absent().is_some() || !matches!(column, Column::Const(0))).then_some(column)
    }

    /// The text of an id of this list.
    #[must_use]
    pub fn text(self, id: u32, dictionaries: &Dictionaries) -> &str {
        match self {
            _ if id == ABSENT => self.absent().unwrap_or(OTHER_TEXT),
            List::Referrers => dictionaries.hosts().text(id),
            List::Agents => dictionaries.families().text(id),
            _ => dictionaries.field(self.field()).text(id),
        }
    }
}

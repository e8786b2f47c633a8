//! What a server wrote, as an event: one file a format, and the recogniser that finds the one that
//! a source speaks.
//!
//! A format takes the line behind its syslog header and gives an event that borrows from it, or
//! `None` where the line is not its own. Formats are disjoint: a line is never two of them, so the
//! order of [`FORMATS`] is one of speed. A new format is one file and one line here.

pub mod absolute;
mod alias;
mod apache_error;
mod aws;
mod bunny;
#[cfg(test)]
mod captures;
mod clf;
mod coloured;
mod columns;
pub mod combined;
mod common;
#[cfg(test)]
pub(crate) mod corpus;
mod daemon_error;
mod dialect;
mod foreseen;
mod found;
pub(in crate::decode) mod frameworks;
mod gcore;
mod haproxy;
#[cfg(test)]
mod hostile;
mod json;
#[cfg(test)]
mod json_dialects;
mod json_escape;
mod json_shape;
mod layouts;
pub mod nginx_error;
mod oauth2_proxy;
mod pairs;
pub(crate) mod prefixed;
mod program_error;
pub mod propose;
pub mod proxies;
pub mod recognise;
mod scan;
mod table;
pub mod template;
#[cfg(test)]
mod tests;
mod trailer;
pub mod units;
mod usual;
pub mod w3c;
#[cfg(test)]
mod wild;
mod words;
mod wrapped;
mod zap;

use std::borrow::Cow;
use std::fmt;

use crate::vocab::event::Event;

/// One way to write a line.
pub trait Format: Send + Sync {
    /// Its name for users: `parse --format`, the event's `format`.
    fn name(&self) -> &'static str;

    /// A cheap look at the shape: `false` only if [`Format::decode`] would give `None`.
    fn fits(&self, line: &str) -> bool {
        let _ = line;
        true
    }

    /// Whether it reads what programs say of themselves, and never a request.
    fn is_of_errors(&self) -> bool {
        false
    }

    /// The event, or `None` where the line is not of this format. Linear in the line's length.
    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>>;

    /// As [`Format::read`], where somebody has said that the line is of this format.
    fn read_named<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        self.read(line, event)
    }

    /// Reads the line into an event that says nothing yet; where it is not of this format, gives
    /// `false` and leaves the event so. An event is large: the usual formats write each field where
    /// it stays, instead of handing the whole from floor to floor.
    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        match self.decode(line) {
            Some(read) => {
                *event = read;
                true
            }
            None => false,
        }
    }
}

/// Every format, the likely ones first.
pub static FORMATS: &[&dyn Format] = &[
    &combined::Combined,
    &json::Json,
    &combined::CombinedPlus,
    &combined::VhostCombined,
    &combined::VhostCombinedPlus,
    &common::Common,
    &common::VhostCommon,
    &nginx_error::NginxError,
    &apache_error::ApacheError,
    &w3c::W3c,
    &w3c::CloudFront,
    &w3c::HttpErr,
    &haproxy::Http,
    &haproxy::Tcp,
    &haproxy::Notice,
    &pairs::Ltsv,
    &pairs::Logfmt,
    &aws::Alb,
    &aws::Elb,
    &aws::Nlb,
    &aws::S3,
    &proxies::Squid,
    &proxies::Envoy,
    &proxies::ProxyManager,
    &proxies::Npmplus,
    &proxies::Zoraxy,
    &proxies::SslRequest,
    &bunny::Bunny,
    &gcore::Gcore,
    &oauth2_proxy::OAuth2Proxy,
    &words::IIS,
    &words::NGINX_STREAM,
    &words::NGINX_UPSTREAM,
    &words::SQUID_REFERRER,
    &words::SQUID_AGENT,
    &layouts::TIME_FIRST,
    &layouts::ISO_FIRST,
    &layouts::KINSTA,
    &layouts::ATLASSIAN,
    &layouts::BITBUCKET,
    &frameworks::UVICORN,
    &frameworks::GRANIAN,
    &frameworks::SANIC,
    &frameworks::DJANGO,
    &frameworks::TORNADO,
    &frameworks::GIN,
    &frameworks::CHI,
    &frameworks::FIBER,
    &frameworks::MORGAN,
    &frameworks::UWSGI,
    &frameworks::PHP_FPM,
    &frameworks::QUARKUS,
    &frameworks::PHP_SERVER,
    &frameworks::SERILOG,
    &frameworks::ASPNET,
    &frameworks::KOA,
    &frameworks::HONO,
    &frameworks::NEXTJS,
    &frameworks::OCTANE,
    &frameworks::GITEA,
    &frameworks::TOWER_HTTP,
    &frameworks::VAULTWARDEN,
    &frameworks::SYNAPSE,
    &frameworks::ARTIFACTORY,
    &frameworks::STRAPI,
    &frameworks::GHOST,
    &frameworks::KTOR,
    &frameworks::KEMAL,
    &frameworks::BEEGO,
    &frameworks::SERVE,
    &frameworks::HTTP_SERVER,
    &frameworks::RAILS,
    &frameworks::PHOENIX,
    &prefixed::CRI,
    &prefixed::COMPOSE,
    &prefixed::TIMED,
    &prefixed::TAGGED,
    &prefixed::PYTHON,
    &prefixed::HYPERCORN,
    &prefixed::LOGGED,
    &prefixed::LOGBACK,
    &prefixed::FLY,
    &prefixed::ACTIX,
    &prefixed::RUBY,
    &prefixed::TWISTED,
    &prefixed::LOG4JS,
    &daemon_error::PHP,
    &daemon_error::GUNICORN,
    &daemon_error::ENVOY,
    &daemon_error::LIGHTTPD,
    &daemon_error::TOMCAT,
    &daemon_error::DATED,
    &zap::Console,
    &program_error::LiteSpeed,
    &program_error::SQUID,
    &program_error::RUBY,
    &program_error::RAILS,
    &program_error::TWISTED,
    &program_error::MONOLOG,
    &program_error::KLOG,
    &program_error::UWSGI,
    &program_error::GO,
    &program_error::VARNISH,
    &program_error::BRACKETED,
    &program_error::STARTUP,
    &program_error::CLOCKED,
    &program_error::LEVELLED,
];

/// The formats that are tried on a line: the operator's own templates, then the [`FORMATS`]. Behind
/// them those that are used only where they are named, for they would take any line.
///
/// Made once, when the program starts, and never given back: every event names its format by a
/// text that is there as long as the program.
#[derive(Clone, Copy)]
pub struct Catalog {
    all: &'static [&'static dyn Format],
    /// How many are in front of [`FORMATS`].
    own: usize,
}

impl Default for Catalog {
    fn default() -> Self {
        Catalog::HOUSE
    }
}

impl fmt::Debug for Catalog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.names()).finish()
    }
}

impl Catalog {
    /// Templates there can be beside the formats of the house.
    pub const OWN_MAX: usize = 32;
    /// Formats there can be in all.
    pub const MAX: usize = FORMATS.len() + Catalog::OWN_MAX;

    /// No formats of the operator's.
    pub const HOUSE: Catalog = {
        // Their places fit a byte.
        assert!(Catalog::MAX < 255);
        Catalog { all: FORMATS, own: 0 }
    };

    /// Puts the operator's formats first. They live as long as the program, so this is for its
    /// start; those beyond [`Catalog::OWN_MAX`] are left out.
    #[must_use]
    pub fn with(own: Vec<Box<dyn Format>>) -> Catalog {
        Catalog::with_named(own, Vec::new())
    }

    /// As [`Catalog::with`], with formats that are used only where they are named.
    #[must_use]
    pub fn with_named(own: Vec<Box<dyn Format>>, named: Vec<Box<dyn Format>>) -> Catalog {
        if own.is_empty() && named.is_empty() {
            return Catalog::default();
        }
        fn kept(format: Box<dyn Format>) -> &'static dyn Format {
            Box::leak(format)
        }
        let mut all: Vec<_> = own.into_iter().take(Catalog::OWN_MAX).map(kept).collect();
        let own = all.len();
        all.extend(FORMATS);
        all.extend(named.into_iter().take(Catalog::OWN_MAX - own).map(kept));
        Catalog { all: all.leak(), own }
    }

    #[must_use]
    pub fn all(self) -> &'static [&'static dyn Format] {
        self.all
    }

    /// How many of [`Catalog::all`], from the first, are the operator's and tried.
    #[must_use]
    pub fn own(self) -> usize {
        self.own
    }

    /// How many of [`Catalog::all`], from the first, are tried on a line.
    #[must_use]
    pub fn tried(self) -> usize {
        self.own + FORMATS.len()
    }

    /// Their names, in the order in which they are first tried.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        self.all.iter().map(|format| format.name())
    }

    /// The format of that name.
    #[must_use]
    pub fn by_name(self, name: &str) -> Option<&'static dyn Format> {
        self.all.iter().copied().find(|format| format.name() == name)
    }
}

/// Keeps a line that no format reads whole, as a message. It counts when it says that it was written, where what holds
/// it says so: a program's object, or a container engine.
fn keep_whole<'a>(line: &'a str, event: &mut Event<'a>) {
    event.message = Some(Cow::Borrowed(line));
    event.stamp = json::moment(line).or_else(|| prefixed::moment(line));
}

/// The names of [`FORMATS`], in their order.
pub fn names() -> impl Iterator<Item = &'static str> {
    Catalog::default().names()
}

/// Reads the line as just this format (`parse --format`): `None` where it is not of it, or no
/// format has the name.
#[must_use]
pub fn decode_as<'a>(name: &str, line: &'a str) -> Option<Event<'a>> {
    Catalog::default().by_name(name)?.decode(line)
}

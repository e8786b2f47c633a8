//! Gives the columns of an unknown format their names, in nginx's words.

use super::column::Column;
use super::cut::Cut;
use super::kind::{self, Kind};

/// Lines that must agree before a word that never changes counts as a part of the format.
const CONSTANT: usize = 5;

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Literal(String),
    /// The variable, and the value of the first sample.
    Variable(String, String),
}

/// Why lines are given no template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lack {
    Status,
    Request,
    /// Neither: no line about a request.
    Both,
}

/// The template's parts for lines that have been cut alike.
pub(super) fn name<'a>(cuts: &[Cut<'a>]) -> Result<Vec<Part>, Lack> {
    let Some(first) = cuts.first() else { return Err(Lack::Both) };
    let count = cuts.iter().map(|cut| cut.columns.len()).min().unwrap_or(0);
    let column = |at: usize| Column::of(cuts.iter().map(|cut| cut.columns[at]).collect());
    let columns: Vec<Column<'_>> = (0..count).map(column).collect();
    let mut names = Names { columns: &columns, given: vec![None; count] };
    names.by_keys();
    let request = names.request();
    names.status(request);
    let named = names.has("request") || names.has("request_method");
    let client = columns.iter().any(Column::is_client);
    match (names.has("status"), request.is_some()) {
        // A path and a number stand in many a message; a client's address as well in few.
        (true, true) if named || client => {}
        (true, false) if client => return Err(Lack::Request),
        (false, true) if named => return Err(Lack::Status),
        _ => return Err(Lack::Both),
    }
    names.sizes_and_times();
    names.addresses(request);
    names.what_clients_say(request);
    names.user();
    // "GET /x failed with 500" is a message.
    if !client && names.given.iter().flatten().count() < 4 {
        return Err(Lack::Both);
    }
    let mut parts = Vec::new();
    let mut skipped = 0;
    for (at, (column, given)) in columns.iter().zip(&names.given).enumerate() {
        if at > 0 {
            literal(&mut parts, first.gaps[at - 1]);
        }
        literal(&mut parts, column.key);
        literal(&mut parts, column.open);
        let value = column.values[0];
        match given {
            Some(Given::As(variable)) => {
                parts.push(Part::Variable((*variable).to_owned(), value.to_owned()));
            }
            Some(Given::AddressAndPort) => {
                let (ip, port) = kind::ip_and_port(value).unwrap_or((value, ""));
                parts.push(Part::Variable("remote_addr".into(), ip.to_owned()));
                literal(&mut parts, ":");
                parts.push(Part::Variable("remote_port".into(), port.to_owned()));
            }
            Some(Given::HostAndTarget) => {
                let (host, target) = value.split_at(value.find('/').unwrap_or(value.len()));
                parts.push(Part::Variable("host".into(), host.to_owned()));
                parts.push(Part::Variable("request_uri".into(), target.to_owned()));
            }
            Some(Given::Itself) => literal(&mut parts, value),
            None if names.is_fixed(at) => literal(&mut parts, value),
            None => {
                skipped += 1;
                let blank = column.values.iter().any(|v| v.is_empty() || v.contains([' ', '"']));
                let name = if blank { "text" } else { "skip" };
                parts.push(Part::Variable(format!("{name}{skipped}"), value.to_owned()));
            }
        }
        literal(&mut parts, column.unit);
        literal(&mut parts, column.close);
    }
    Ok(parts)
}

fn literal(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Literal(last)) => last.push_str(text),
        _ => parts.push(Part::Literal(text.to_owned())),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    As(&'static str),
    /// `192.0.2.7:51000`.
    AddressAndPort,
    /// `example.org/a`.
    HostAndTarget,
    /// A part of the format.
    Itself,
}

struct Names<'c, 'a> {
    columns: &'c [Column<'a>],
    given: Vec<Option<Given>>,
}

impl Names<'_, '_> {
    fn has(&self, variable: &'static str) -> bool {
        self.given.iter().flatten().any(|given| match given {
            Given::As(known) => *known == variable,
            Given::AddressAndPort => ["remote_addr", "remote_port"].contains(&variable),
            Given::HostAndTarget => ["host", "request_uri"].contains(&variable),
            Given::Itself => false,
        })
    }

    fn place(&self, variable: &'static str) -> Option<usize> {
        self.given.iter().position(|given| *given == Some(Given::As(variable)))
    }

    /// Each variable is given once, to the first column that asks.
    fn give(&mut self, at: usize, variable: &'static str) {
        if self.given[at].is_none() && !self.has(variable) {
            self.given[at] = Some(Given::As(variable));
        }
    }

    /// The first nameless column from `from` on that is one of these.
    fn find(&self, from: usize, kinds: &[Kind]) -> Option<usize> {
        (from..self.columns.len())
            .find(|&at| self.given[at].is_none() && kinds.contains(&self.columns[at].kind))
    }

    fn by_keys(&mut self) {
        for at in 0..self.columns.len() {
            if let Some(variable) = self.columns[at].hint() {
                self.give(at, variable);
            }
        }
    }

    /// The request line, whole or in parts; gives the last of its columns.
    fn request(&mut self) -> Option<usize> {
        if let Some(at) = self.find(0, &[Kind::Request]) {
            self.give(at, "request");
        }
        if let Some(at) = self.place("request") {
            return Some(at);
        }
        if let Some(at) = self.find(0, &[Kind::Method]) {
            self.give(at, "request_method");
        }
        let method = self.place("request_method");
        let from = method.map_or(0, |at| at + 1);
        if !self.has("request_uri") {
            // Behind a method anything that stands there is what was asked for.
            let kinds = [Kind::Path, Kind::Url];
            if let Some(at) = self.find(from, &[Kind::HostAndPath]).filter(|_| method.is_some())
                && self.find(from, &kinds).is_none_or(|path| path > at)
                && !self.has("host")
            {
                self.given[at] = Some(Given::HostAndTarget);
                return Some(at);
            }
            let at = self.find(from, &kinds).or_else(|| {
                method
                    .map(|at| at + 1)
                    .filter(|&at| at < self.columns.len() && self.given[at].is_none())
            })?;
            self.give(at, "request_uri");
        }
        let uri = self.place("request_uri")?;
        let last = match self.find(uri + 1, &[Kind::Protocol]) {
            Some(at) => {
                self.give(at, "server_protocol");
                at
            }
            None => uri,
        };
        Some(last.max(method.unwrap_or(0)))
    }

    fn status(&mut self, request: Option<usize>) {
        let behind = request.map_or(0, |at| at + 1);
        if let Some(at) =
            self.find(behind, &[Kind::Status]).or_else(|| self.find(0, &[Kind::Status]))
        {
            self.give(at, "status");
        }
    }

    fn sizes_and_times(&mut self) {
        let status = self.place("status").unwrap_or(0);
        let size = |names: &Self, from| {
            (from..names.columns.len()).find(|&at| {
                let column = &names.columns[at];
                names.given[at].is_none()
                    && column.key.is_empty()
                    && column.may_be("body_bytes_sent")
            })
        };
        if let Some(at) = size(self, status + 1) {
            self.give(at, "body_bytes_sent");
        }
        let times = [
            (Kind::ClfTime, "time_local"),
            (Kind::IsoTime, "time_iso8601"),
            (Kind::Epoch, "msec"),
            // A word of no server's, which is read as any time.
            (Kind::WallTime, "timestamp"),
        ];
        for (kind, variable) in times {
            let timed = times.iter().any(|(_, variable)| self.has(variable));
            if !timed && let Some(at) = self.find(0, &[kind]) {
                self.give(at, variable);
            }
        }
        let durations: Vec<usize> = (0..self.columns.len())
            .filter(|&at| {
                let column = &self.columns[at];
                self.given[at].is_none() && column.key.is_empty() && column.may_be("request_time")
            })
            .collect();
        // A request lasts at least as long as its upstream took.
        let (mut whole, mut part) = (durations.first(), durations.get(1));
        if let (Some(&a), Some(&b)) = (whole, part)
            && self.never_shorter(b, a)
            && !self.never_shorter(a, b)
        {
            (whole, part) = (part, whole);
        }
        if let Some(&at) = whole {
            self.give(at, "request_time");
        }
        if let Some(&at) = part {
            self.give(at, "upstream_response_time");
        }
        self.durations_with_units();
    }

    /// Durations with their unit, where none is in seconds; read under names of no server's.
    fn durations_with_units(&mut self) {
        for (units, variable) in [(&["ms"][..], "duration_ms"), (&["us", "µs"], "duration_us")] {
            let fits = |column: &Column<'_>| {
                matches!(column.kind, Kind::Integer | Kind::Decimal) && units.contains(&column.unit)
            };
            let free = |at: &usize| self.given[*at].is_none() && fits(&self.columns[*at]);
            let known = ["request_time", "duration_ms"].iter().any(|name| self.has(name));
            if let Some(at) = (0..self.columns.len()).find(free).filter(|_| !known) {
                self.give(at, variable);
            }
        }
    }

    fn never_shorter(&self, long: usize, short: usize) -> bool {
        let sum = |value: &str| -> f64 {
            value.split([',', ':']).filter_map(|part| part.trim().parse::<f64>().ok()).sum()
        };
        let pairs = self.columns[long].values.iter().zip(&self.columns[short].values);
        pairs.into_iter().all(|(long, short)| sum(long) >= sum(short))
    }

    fn addresses(&mut self, request: Option<usize>) {
        let lone = self.columns.len() - 1;
        let front = request.unwrap_or(lone);
        if !self.has("remote_addr") {
            let all: Vec<usize> = (0..self.columns.len())
                .filter(|&at| self.given[at].is_none() && self.columns[at].kind == Kind::Ip)
                .collect();
            let varies = |&&at: &&usize| !self.columns[at].constant();
            let client = all.iter().find(varies).or_else(|| all.first()).copied();
            if let Some(at) = client {
                self.give(at, "remote_addr");
            } else if let Some(at) = self.find(0, &[Kind::IpPort]).filter(|&at| at < front)
                && self.columns[at].values.iter().all(|v| kind::ip_and_port(v).is_some())
            {
                self.given[at] = Some(Given::AddressAndPort);
            }
        }
        if let Some(at) = self.find(0, &[Kind::Ips]) {
            self.give(at, "http_x_forwarded_for");
        }
        if let Some(at) = self.find(0, &[Kind::Ip]).filter(|&at| self.columns[at].quoted()) {
            self.give(at, "http_x_forwarded_for");
        }
        if let Some(at) = self.find(0, &[Kind::IpPort]) {
            self.give(at, "upstream_addr");
        }
    }

    fn what_clients_say(&mut self, request: Option<usize>) {
        let behind = request.map_or(0, |at| at + 1);
        if let Some(at) = self.find(0, &[Kind::Agent]) {
            // What stands in quotes just before the agent is the referrer by old custom.
            if let Some(before) = at.checked_sub(1).filter(|&before| {
                self.given[before].is_none()
                    && self.columns[before].quoted()
                    && self.columns[before].key.is_empty()
                    && self.columns[before].may_be("http_referer")
            }) {
                self.give(before, "http_referer");
            }
            self.give(at, "http_user_agent");
        }
        if let Some(at) = self.find(behind, &[Kind::Url]) {
            self.give(at, "http_referer");
        }
        for (kind, variable) in [
            (Kind::Host, "host"),
            (Kind::Cache, "upstream_cache_status"),
            (Kind::Scheme, "scheme"),
            (Kind::Tls, "ssl_protocol"),
            (Kind::Cipher, "ssl_cipher"),
            (Kind::Protocol, "server_protocol"),
        ] {
            if let Some(at) = self.find(0, &[kind]) {
                self.give(at, variable);
            }
        }
    }

    /// Between the client's address and the time stand `ident user`, or the user alone.
    fn user(&mut self) {
        let Some(address) = self.place("remote_addr") else { return };
        let bare = |at: &usize| {
            let column = &self.columns[*at];
            self.given[*at].is_none()
                && column.key.is_empty()
                && column.open.is_empty()
                && matches!(column.kind, Kind::Absent | Kind::Word)
        };
        let between: Vec<usize> =
            (address + 1..self.columns.len()).take_while(bare).take(3).collect();
        match between[..] {
            [user] => self.give(user, "remote_user"),
            [ident, user] => {
                if self.columns[ident].values.iter().all(|value| *value == "-") {
                    self.given[ident] = Some(Given::Itself);
                }
                self.give(user, "remote_user");
            }
            _ => {}
        }
    }

    /// A mark between columns is a part of the format, and so is the word that begins every line. Any
    /// other that happened not to change is not: five lines of one client have much in common.
    fn is_fixed(&self, at: usize) -> bool {
        let column = &self.columns[at];
        let value = column.values[0];
        let mark = value.bytes().all(|b| b.is_ascii_punctuation()) && value != "-";
        column.values.len() >= CONSTANT
            && column.constant()
            && column.open.is_empty()
            && !value.is_empty()
            && (mark || (at == 0 && column.kind == Kind::Word))
    }
}

//! Reads the filter language.

use std::fmt;
use std::net::IpAddr;

use crate::aggregate::derived::Derived;
use crate::aggregate::list::outcomes;
use crate::decode::filetype::is_file_type;

use super::Term;
use super::test::{Clause, Group, Measure, Pattern, Target, Test};
use crate::vocab::event::{Kind, Level};
use crate::vocab::field::Field;

/// Clauses that one filter may have.
pub const CLAUSES: usize = 32;
/// Bytes that one filter may have: a click on the longest path that servers take (8 KiB) must do.
pub const TEXT: usize = 16 * 1024;

/// Why a text is no filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    pub message: String,
    /// What would be right.
    pub hint: String,
    /// Byte of the text at which it went wrong.
    pub at: usize,
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.message, self.hint)
    }
}

impl std::error::Error for FilterError {}

const STATUS: Target = Target::Number(Measure::Status);
const BYTES: Target = Target::Number(Measure::Bytes);
const BYTES_IN: Target = Target::Number(Measure::BytesIn);
const LATENCY: Target = Target::Number(Measure::Latency);
const UPSTREAM_TIME: Target = Target::Number(Measure::Upstream);

/// The closed list of words: the short names first, then the names of the event fields and those
/// that servers use.
const WORDS: &[(&str, Target)] = &[
    ("kind", Target::Kind),
    ("site", Target::Text(Field::Site)),
    ("source", Target::Text(Field::Source)),
    ("client", Target::Text(Field::Client)),
    ("method", Target::Text(Field::Method)),
    ("path", Target::Text(Field::Path)),
    ("query", Target::Text(Field::Query)),
    ("protocol", Target::Text(Field::Protocol)),
    ("referrer", Target::Text(Field::Referrer)),
    ("agent", Target::Text(Field::Agent)),
    ("user", Target::Text(Field::User)),
    ("upstream", Target::Text(Field::Upstream)),
    ("cache", Target::Text(Field::Cache)),
    ("level", Target::Text(Field::Level)),
    ("message", Target::Text(Field::Message)),
    ("format", Target::Text(Field::Format)),
    ("scheme", Target::Text(Field::Scheme)),
    ("tls", Target::Text(Field::Tls)),
    ("cipher", Target::Text(Field::Cipher)),
    ("mime", Target::Text(Field::Mime)),
    ("template", Target::Derived(Derived::Template)),
    ("route", Target::Derived(Derived::Route)),
    ("type", Target::Derived(Derived::FileType)),
    ("country", Target::Derived(Derived::Country)),
    ("city", Target::Derived(Derived::City)),
    ("asn", Target::Derived(Derived::Asn)),
    ("ip_version", Target::Derived(Derived::IpVersion)),
    ("os", Target::Derived(Derived::System)),
    ("bot", Target::Derived(Derived::Bot)),
    ("keyphrase", Target::Derived(Derived::Keyphrase)),
    ("outcome", Target::Outcome),
    ("status", STATUS),
    ("bytes", BYTES),
    ("bytes_in", BYTES_IN),
    ("latency", LATENCY),
    ("upstream_time", UPSTREAM_TIME),
    ("host", Target::Text(Field::Site)),
    ("vhost", Target::Text(Field::Site)),
    ("remote_ip", Target::Text(Field::Client)),
    ("remote_addr", Target::Text(Field::Client)),
    ("ip", Target::Text(Field::Client)),
    ("referer", Target::Text(Field::Referrer)),
    ("user_agent", Target::Text(Field::Agent)),
    ("ua", Target::Text(Field::Agent)),
    ("cache_status", Target::Text(Field::Cache)),
    ("tls_version", Target::Text(Field::Tls)),
    ("tls_cipher", Target::Text(Field::Cipher)),
    ("system", Target::Derived(Derived::System)),
    ("severity", Target::Text(Field::Level)),
    ("bytes_out", BYTES),
    ("size", BYTES),
    ("request_time_s", LATENCY),
    ("request_time", LATENCY),
    ("upstream_time_s", UPSTREAM_TIME),
];
/// How many of [`WORDS`] are short names.
const SHORT: usize = 36;

pub(super) fn parse(text: &str) -> Result<Vec<Group>, FilterError> {
    if text.len() > TEXT {
        return Err(error(
            TEXT,
            format!("the filter is longer than {TEXT} bytes"),
            "use * for parts of long values",
        ));
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut clauses = 0;
    let mut reader = Reader { text, at: 0 };
    while let Some((negated, target, clause)) = reader.clause()? {
        clauses += 1;
        if clauses > CLAUSES {
            return Err(error(
                reader.at,
                format!("the filter has more than {CLAUSES} clauses"),
                "use * to match several values with one",
            ));
        }
        let index = groups.iter().position(|g| g.target == target).unwrap_or_else(|| {
            groups.push(Group { target, include: Vec::new(), exclude: Vec::new() });
            groups.len() - 1
        });
        let group = &mut groups[index];
        if negated { group.exclude.push(clause) } else { group.include.push(clause) }
    }
    groups.sort_by_key(|group| group.target);
    for group in &mut groups {
        for clauses in [&mut group.include, &mut group.exclude] {
            clauses.sort_by(|a, b| a.text.cmp(&b.text));
            clauses.dedup_by(|a, b| a.text == b.text);
        }
    }
    Ok(groups)
}

pub(super) fn terms(text: &str) -> Result<Vec<Term>, FilterError> {
    let mut reader = Reader { text, at: 0 };
    let mut found = Vec::new();
    loop {
        let start = text.len() - reader.rest().trim_start().len();
        let Some((negated, target, _)) = reader.clause()? else { return Ok(found) };
        found.push(Term { place: start..reader.at, word: target.word(), negated });
    }
}

fn error(at: usize, message: String, hint: impl Into<String>) -> FilterError {
    FilterError { message, hint: hint.into(), at }
}

#[derive(Clone, Copy, PartialEq)]
enum Operator {
    Is,
    Less,
    AtMost,
    More,
    AtLeast,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

/// A value as written: what stands between its stars.
struct Value {
    parts: Vec<String>,
    quoted: bool,
}

impl Value {
    fn plain(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// As it is written in the normal form.
    fn normal(&self) -> String {
        let bare = |part: &String| !part.contains(|c: char| c.is_whitespace() || c == '*');
        let first = self.parts[0].chars().next();
        if self.parts.iter().all(bare)
            && !matches!(first, Some('"' | '<' | '>' | '='))
            && !(first.is_none() && self.parts.len() == 1)
        {
            return self.parts.join("*");
        }
        let escape =
            |part: &String| part.replace('\\', "\\\\").replace('"', "\\\"").replace('*', "\\*");
        format!("\"{}\"", self.parts.iter().map(escape).collect::<Vec<_>>().join("*"))
    }
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        self.at += if found { prefix.len() } else { 0 };
        found
    }

    /// The next clause; `None` at the end.
    fn clause(&mut self) -> Result<Option<(bool, Target, Clause)>, FilterError> {
        self.at = self.text.len() - self.rest().trim_start().len();
        if self.rest().is_empty() {
            return Ok(None);
        }
        let mut negated = self.skip("-") || self.skip("!");
        let start = self.at;
        let end = self
            .rest()
            .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
            .unwrap_or(self.rest().len());
        let word = &self.rest()[..end];
        self.at += end;
        if self.skip("!=") {
            negated = !negated;
        } else if !self.rest().starts_with([':', '=', '<', '>']) {
            return Err(self.no_clause(start));
        }
        let Some(&(_, target)) = WORDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word))
        else {
            return Err(unknown_word(start, word));
        };
        let _ = self.skip(":") || self.skip("=");
        let operator = [
            ("<=", Operator::AtMost),
            (">=", Operator::AtLeast),
            ("<", Operator::Less),
            (">", Operator::More),
        ]
        .into_iter()
        .find(|(sign, _)| self.skip(sign))
        .map_or(Operator::Is, |(_, operator)| operator);
        let at = self.at;
        let value = self.value()?;
        let clause = match target {
            Target::Number(measure) => number_clause(measure, operator, &value),
            _ if operator != Operator::Is => {
                Err((format!("`{word}` can't be compared"), format!("write `{word}:VALUE`")))
            }
            Target::Kind => kind_clause(&value),
            Target::Text(field) => text_clause(field, &value),
            Target::Derived(Derived::IpVersion) => ip_version_clause(&value),
            Target::Derived(derived) => derived_wish(derived, &value),
            Target::Outcome => outcome_clause(&value),
        };
        let clause = clause.map_err(|(message, hint)| error(at, message, hint))?;
        Ok(Some((negated, target, clause)))
    }

    fn no_clause(&self, start: usize) -> FilterError {
        let rest = &self.text[start..];
        if rest.starts_with('"') && !rest[1..].contains('"') {
            return error(
                start,
                "this quotation does not end".to_owned(),
                "close it with \", and name the field before it, e.g. path:\"/a b\"",
            );
        }
        let token = rest.split_whitespace().next().unwrap_or("");
        let token = token.trim_matches('"');
        // What other languages join their terms with, and groups of them.
        let joins = ["or", "and", "not", "||", "&&", "|", "&"];
        let stripped = token.trim_matches(['(', ')']);
        if joins.iter().any(|join| join.eq_ignore_ascii_case(token))
            || (stripped.len() < token.len() && stripped.contains(':'))
        {
            let hint = "a field that is written twice means either (status:200 status:404), \
                        different fields mean both, and - before a field means not";
            return error(start, format!("`{token}` joins nothing here"), hint);
        }
        let hint = if token.is_empty() {
            "write WORD:VALUE, e.g. status:5xx".to_owned()
        } else {
            format!("write WORD:VALUE, e.g. path:*{token}*")
        };
        error(start, format!("`{token}` does not say which field is meant"), hint)
    }

    fn value(&mut self) -> Result<Value, FilterError> {
        let start = self.at;
        let mut parts = vec![String::new()];
        let quoted = self.skip("\"");
        if quoted {
            let mut chars = self.rest().char_indices().peekable();
            loop {
                let Some((at, c)) = chars.next() else {
                    return Err(error(
                        start,
                        "this quotation does not end".to_owned(),
                        "close it with \"",
                    ));
                };
                let last = parts.len() - 1;
                match c {
                    '"' => {
                        self.at += at + 1;
                        break;
                    }
                    '\\' => match chars.next_if(|&(_, c)| matches!(c, '"' | '\\' | '*')) {
                        Some((_, escaped)) => parts[last].push(escaped),
                        None => parts[last].push('\\'),
                    },
                    '*' => parts.push(String::new()),
                    c => parts[last].push(c),
                }
            }
            if !self.rest().is_empty() && !self.rest().starts_with(char::is_whitespace) {
                return Err(error(
                    self.at,
                    "a quotation must be the whole value".to_owned(),
                    "put a space after it, or the whole value inside",
                ));
            }
        } else {
            let end = self.rest().find(char::is_whitespace).unwrap_or(self.rest().len());
            parts = self.rest()[..end].split('*').map(str::to_owned).collect();
            self.at += end;
            if end == 0 {
                let before = self.text[..start].trim_end_matches('=');
                let hint = if before.ends_with(['<', '>']) {
                    "write a number right after the sign"
                } else {
                    "write it right after the colon; - means that there is none"
                };
                return Err(error(start, "a value is missing".to_owned(), hint));
            }
        }
        parts.dedup_by(|b, a| a.is_empty() && b.is_empty());
        if parts.len() == 1 && parts[0].is_empty() && !quoted {
            parts.push(String::new());
        }
        Ok(Value { parts, quoted })
    }
}

fn unknown_word(at: usize, word: &str) -> FilterError {
    let lower = word.to_ascii_lowercase();
    let near = WORDS
        .iter()
        .map(|&(name, target)| (strsim::damerau_levenshtein(&lower, name), name, target))
        .min_by_key(|&(distance, ..)| distance)
        .filter(|&(distance, name, _)| distance <= 1 + name.len() / 4);
    let hint = match near {
        Some((_, name, _)) => format!("did you mean `{name}`?"),
        None => {
            let words: Vec<&str> = WORDS[..SHORT].iter().map(|&(name, _)| name).collect();
            format!("the words are {}", words.join(", "))
        }
    };
    error(at, format!("`{word}` is no field"), hint)
}

type Wish = Result<Clause, (String, String)>;

fn absent(value: &Value) -> Option<Clause> {
    matches!(value.plain(), Some("-" | "(none)" | ""))
        .then(|| Clause { text: ":-".to_owned(), test: Test::Absent })
}

fn kind_clause(value: &Value) -> Wish {
    let known = value
        .plain()
        .and_then(|name| Kind::ALL.into_iter().find(|k| k.name().eq_ignore_ascii_case(name)));
    let Some(kind) = known else {
        return Err((
            format!("`{}` is no kind", value.normal()),
            "the kinds are access, error, message".to_owned(),
        ));
    };
    let pattern = Pattern::new(Target::Kind, vec![kind.name().to_owned()]);
    Ok(Clause { text: format!(":{}", kind.name()), test: Test::Text(pattern) })
}

/// A network of IPv4 written as IPv6 (`::ffff:192.0.2.0/120`) is that of IPv4, as clients are kept.
fn unmapped(address: IpAddr, bits: u8) -> (IpAddr, u8) {
    match (address.to_canonical(), bits.checked_sub(96)) {
        (v4 @ IpAddr::V4(_), Some(bits)) if address.is_ipv6() => (v4, bits),
        _ => (address, bits),
    }
}

fn text_clause(field: Field, value: &Value) -> Wish {
    if let Some(clause) = absent(value) {
        return Ok(clause);
    }
    let target = Target::Text(field);
    let normal = value.normal();
    let exact = |text: String| Clause {
        test: Test::Text(Pattern::new(target, vec![text.clone()])),
        text: format!(":{text}"),
    };
    match (field, value.plain()) {
        (Field::Client, Some(plain)) => {
            if let Ok(address) = plain.parse::<IpAddr>() {
                let address = address.to_canonical();
                let bits = if address.is_ipv4() { 32 } else { 128 };
                return Ok(Clause { text: format!(":{address}"), test: Test::Net(address, bits) });
            }
            // A name that is no address may have a slash in it: a stranger wrote it.
            if let Some((address, bits)) = plain.split_once('/')
                && let Ok(address) = address.parse::<IpAddr>()
            {
                return match bits.parse::<u8>() {
                    Ok(bits) if bits <= if address.is_ipv4() { 32 } else { 128 } => {
                        let (address, bits) = unmapped(address, bits);
                        let text = format!(":{address}/{bits}");
                        Ok(Clause { text, test: Test::Net(address, bits) })
                    }
                    _ => Err((
                        format!("`{plain}` is no network"),
                        "write it like 203.0.113.0/24 or 2001:db8::/32".to_owned(),
                    )),
                };
            }
            // A stranger may have written it all the same, so in quotes it is taken.
            if is_part_of_address(plain) {
                if value.quoted {
                    return Ok(Clause { text: format!(":\"{plain}\""), ..exact(plain.to_owned()) });
                }
                return Err((
                    format!("`{plain}` is no whole address"),
                    "write it like 203.0.113.* or 203.0.113.0/24".to_owned(),
                ));
            }
        }
        (Field::Level, Some(plain)) => {
            return match Level::from_name(plain) {
                Some(level) => Ok(exact(level.name().to_owned())),
                None => Err((
                    format!("`{plain}` is no level"),
                    format!("the levels are {}", Level::ALL.map(Level::name).join(", ")),
                )),
            };
        }
        (Field::Method, Some(plain)) if !value.quoted => {
            return Ok(exact(plain.to_ascii_uppercase()));
        }
        _ => {}
    }
    let pattern = Pattern::new(target, value.parts.clone());
    Ok(Clause { text: format!(":{normal}"), test: Test::Text(pattern) })
}

/// Begins as an address does and is none.
fn is_part_of_address(text: &str) -> bool {
    let v6 = text.contains(':');
    let is_of_it =
        |b: u8| b == b'.' || b.is_ascii_digit() || v6 && (b == b':' || b.is_ascii_hexdigit());
    text.contains(['.', ':']) && text.bytes().all(is_of_it)
}

fn derived_clause(derived: Derived, value: &Value) -> Clause {
    if let Some(clause) = absent(value) {
        return clause;
    }
    let mut value = Value { parts: value.parts.clone(), quoted: value.quoted };
    if derived == Derived::Asn
        && let [only] = value.parts.as_mut_slice()
        && only.bytes().all(|b| b.is_ascii_digit())
    {
        only.insert_str(0, "AS");
    }
    let pattern = Pattern::new(Target::Derived(derived), value.parts.clone());
    Clause { text: format!(":{}", value.normal()), test: Test::Text(pattern) }
}

/// A value without a star that nothing can have is a mistake.
fn derived_wish(derived: Derived, value: &Value) -> Wish {
    let clause = derived_clause(derived, value);
    let Some(plain) = value.plain().filter(|_| clause.test != Test::Absent) else {
        return Ok(clause);
    };
    let number = |text: &str| text.parse::<u32>().is_ok();
    let (can_be, what, hint) = match derived {
        Derived::FileType => {
            (is_file_type(plain), "known file type", format!("write path:*.{plain}"))
        }
        Derived::Country => {
            let is_code = plain.len() == 2 && plain.bytes().all(|b| b.is_ascii_alphabetic());
            (is_code, "country code", "its two letters of ISO 3166, e.g. country:DE".to_owned())
        }
        Derived::Asn => {
            let digits = plain.get(..2).filter(|start| start.eq_ignore_ascii_case("AS"));
            let is_number = number(digits.map_or(plain, |_| &plain[2..]));
            (is_number, "AS number", "write it like asn:AS13335".to_owned())
        }
        _ => return Ok(clause),
    };
    if can_be { Ok(clause) } else { Err((format!("`{}` is no {what}", value.normal()), hint)) }
}

/// `v4` and `v6`, as people write them; with a star it is for what is there at all.
fn ip_version_clause(value: &Value) -> Wish {
    let Some(plain) = value.plain() else { return Ok(derived_clause(Derived::IpVersion, value)) };
    let version = match plain.to_ascii_lowercase().as_str() {
        "v4" | "4" | "ipv4" => "v4",
        "v6" | "6" | "ipv6" => "v6",
        "-" | "(none)" => "-",
        _ => {
            return Err((
                format!("`{}` is no IP version", value.normal()),
                "the IP versions are v4, v6".to_owned(),
            ));
        }
    };
    let value = Value { parts: vec![version.to_owned()], quoted: false };
    Ok(derived_clause(Derived::IpVersion, &value))
}

fn outcome_clause(value: &Value) -> Wish {
    let known = value
        .plain()
        .and_then(|name| outcomes().into_iter().find(|known| known.eq_ignore_ascii_case(name)));
    let Some(outcome) = known else {
        return Err((
            format!("`{}` is no outcome", value.normal()),
            format!("the outcomes are {}", outcomes().join(", ")),
        ));
    };
    let pattern = Pattern::new(Target::Outcome, vec![outcome.to_owned()]);
    Ok(Clause { text: format!(":{outcome}"), test: Test::Text(pattern) })
}

fn number_clause(measure: Measure, operator: Operator, value: &Value) -> Wish {
    if operator == Operator::Is {
        if let Some(clause) = absent(value) {
            return Ok(clause);
        }
        if let (Measure::Status, Some(class)) = (measure, status_class(value)) {
            let test = Test::Value(class * 100, class * 100 + 99);
            return Ok(Clause { text: format!(":{class}xx"), test });
        }
    }
    let word = Target::Number(measure).word();
    let number = value.plain().and_then(|plain| match measure {
        Measure::Status => plain.parse().ok().filter(|&status: &u64| status < 1000),
        Measure::Bytes | Measure::BytesIn => {
            const UNITS: [(&str, u64); 11] = [
                ("kib", 1 << 10),
                ("mib", 1 << 20),
                ("gib", 1 << 30),
                ("kb", 1_000),
                ("mb", 1_000_000),
                ("gb", 1_000_000_000),
                ("k", 1_000),
                ("m", 1_000_000),
                ("g", 1_000_000_000),
                ("b", 1),
                ("", 1),
            ];
            amount(plain, &UNITS)
        }
        Measure::Latency | Measure::Upstream => {
            const UNITS: [(&str, u64); 5] =
                [("us", 1), ("µs", 1), ("ms", 1_000), ("s", 1_000_000), ("", 1_000_000)];
            amount(plain, &UNITS)
        }
    });
    let Some(number) = number else {
        if operator == Operator::Is
            && let Some((first, second)) = several(value)
        {
            return Err((
                format!("`{}` is no single value of `{word}`", value.normal()),
                format!("for either of them write {word}:{first} {word}:{second}"),
            ));
        }
        if let Some((from, to)) = range(value).filter(|_| operator == Operator::Is) {
            // A band is given as its list has it, without its end.
            let below = if let Measure::Latency | Measure::Upstream = measure { "<" } else { "<=" };
            let ends = [(">=", from), (below, to)].map(|(sign, end)| match end {
                "" => String::new(),
                end => format!("{word}{sign}{end}"),
            });
            let unit = match measure {
                Measure::Latency | Measure::Upstream => " (seconds, or with a unit: 200ms)",
                _ => "",
            };
            return Err((
                format!("`{}` is no single value of `{word}`", value.normal()),
                format!("for what lies between write {}{unit}", ends.join(" ").trim()),
            ));
        }
        let example = match measure {
            Measure::Status => "status:404, status:5xx or status>=500".to_owned(),
            Measure::Bytes | Measure::BytesIn => format!("{word}>=1000 or {word}<2MiB"),
            Measure::Latency | Measure::Upstream => {
                format!("{word}>0.5 (seconds) or {word}<200ms")
            }
        };
        return Err((
            format!("`{}` is no value of `{word}`", value.normal()),
            format!("write {example}"),
        ));
    };
    if (measure, operator, number) == (Measure::Status, Operator::Is, 0) {
        // Caddy's and Envoy's for a request that nobody answered.
        return Ok(Clause { text: ":-".to_owned(), test: Test::Absent });
    }
    let shown = match measure {
        Measure::Latency | Measure::Upstream => (number as f64 / 1e6).to_string(),
        _ => number.to_string(),
    };
    let (sign, test) = match operator {
        Operator::Is => (":", Test::Value(number, number)),
        Operator::AtLeast => (">=", Test::AtLeast(number)),
        Operator::AtMost => ("<=", Test::AtMost(number)),
        Operator::More => (">", Test::AtLeast(number + 1)),
        Operator::Less => match number.checked_sub(1) {
            Some(below) => ("<", Test::AtMost(below)),
            // Nothing is below zero.
            None => ("<", Test::Value(1, 0)),
        },
    };
    Ok(Clause { text: format!("{sign}{shown}"), test })
}

/// The first two of values that are written as a list (`200,404`, `(200`, `[200|404]`).
fn several(value: &Value) -> Option<(&str, &str)> {
    let list = value.plain()?.trim_matches(['(', ')', '[', ']', '{', '}']);
    let (first, rest) = list.split_once([',', '|', ';'])?;
    let second = rest.split([',', '|', ';']).next()?;
    let plain = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    (plain(first) && plain(second)).then_some((first, second))
}

/// The ends of values that are written as a range (`0.1..0.5`, `400-499`); one may be empty.
fn range(value: &Value) -> Option<(&str, &str)> {
    let plain = value.plain()?;
    let both = |ends: &(&str, &str)| !ends.0.is_empty() && !ends.1.is_empty();
    let (from, to) = plain.split_once("..").or_else(|| plain.split_once('-').filter(both))?;
    let to = to.trim_start_matches(['.', '=']);
    let is_end = |end: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | 'µ');
        end.is_empty() || end.starts_with(|c: char| c.is_ascii_digit()) && end.chars().all(plain)
    };
    (is_end(from) && is_end(to) && !(from.is_empty() && to.is_empty())).then_some((from, to))
}

fn status_class(value: &Value) -> Option<u64> {
    let class = match value.parts.as_slice() {
        [only] => only.to_ascii_lowercase().strip_suffix("xx")?.to_owned(),
        [digit, empty] if empty.is_empty() => digit.clone(),
        _ => return None,
    };
    match class.as_bytes() {
        [digit @ b'1'..=b'9'] => Some(u64::from(digit - b'0')),
        _ => None,
    }
}

/// A number with a unit as a whole number of the smallest unit, at most 2^60.
fn amount(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let (number, unit) =
        units.iter().find_map(|(name, unit)| Some((lower.strip_suffix(name)?, *unit)))?;
    if !number.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let number: f64 = number.parse().ok()?;
    Some((number * unit as f64).round().min((1u64 << 60) as f64) as u64)
}

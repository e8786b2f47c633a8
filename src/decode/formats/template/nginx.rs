//! nginx's `log_format`: `$variables` in text, in quoted pieces, perhaps behind `escape=…`.

use super::Fault;
use super::field::{Escape, Field, Meaning, Parts, Shape, Unit};
use crate::decode::formats::alias::{self, Slot};

/// Variables of nginx and of its usual modules: what they mean, their shape, their rank.
const VARIABLES: &[(&str, Meaning, Shape, u8)] = &[
    ("args", Meaning::Query, Shape::Text, 2),
    ("binary_remote_addr", Meaning::Skip, Shape::Text, 0),
    ("body_bytes_sent", Meaning::Bytes, Shape::Digits, 8),
    ("bytes_received", Meaning::BytesIn, Shape::Digits, 4),
    ("bytes_sent", Meaning::Bytes, Shape::Digits, 5),
    ("connection", Meaning::Skip, Shape::Digits, 0),
    ("connection_requests", Meaning::Skip, Shape::Digits, 0),
    ("connection_time", Meaning::Skip, Shape::Decimal, 0),
    ("content_length", Meaning::BytesIn, Shape::Digits, 2),
    ("date_gmt", Meaning::Began, Shape::Text, 1),
    ("date_local", Meaning::Began, Shape::Text, 0),
    ("document_uri", Meaning::Path, Shape::Text, 1),
    ("geoip2_data_country_code", Meaning::Skip, Shape::Word, 0),
    ("geoip_country_code", Meaning::Skip, Shape::Word, 0),
    ("gzip_ratio", Meaning::Skip, Shape::Decimal, 0),
    ("host", Meaning::Host, Shape::Host, 5),
    ("hostname", Meaning::Skip, Shape::Word, 0),
    ("is_args", Meaning::Skip, Shape::OneOf(&["?", ""]), 0),
    ("limit_req_status", Meaning::Skip, Shape::Word, 0),
    ("msec", Meaning::Began, Shape::Decimal, 8),
    ("nginx_version", Meaning::Skip, Shape::Word, 0),
    ("pid", Meaning::Pid, Shape::Digits, 5),
    ("pipe", Meaning::Skip, Shape::Word, 0),
    ("protocol", Meaning::Protocol, Shape::Word, 2),
    ("proxy_add_x_forwarded_for", Meaning::Forwarded, Shape::Text, 6),
    ("proxy_host", Meaning::Upstream, Shape::Word, 1),
    ("proxy_port", Meaning::Skip, Shape::Digits, 0),
    ("proxy_protocol_addr", Meaning::Client, Shape::Name, 6),
    ("proxy_protocol_port", Meaning::Skip, Shape::Digits, 0),
    ("query_string", Meaning::Query, Shape::Text, 2),
    ("realip_remote_addr", Meaning::Client, Shape::Name, 4),
    ("realip_remote_port", Meaning::Skip, Shape::Digits, 0),
    ("remote_addr", Meaning::Client, Shape::Name, 5),
    ("remote_port", Meaning::ClientPort, Shape::Digits, 5),
    ("remote_user", Meaning::User, Shape::Text, 5),
    ("request", Meaning::Request, Shape::Text, 5),
    ("request_completion", Meaning::Skip, Shape::Word, 0),
    ("request_id", Meaning::Skip, Shape::Word, 0),
    ("request_length", Meaning::BytesIn, Shape::Digits, 6),
    ("request_method", Meaning::Method, Shape::Token, 6),
    ("request_time", Meaning::Took(Unit::Seconds), Shape::Decimal, 7),
    ("request_uri", Meaning::Target, Shape::Text, 7),
    ("scheme", Meaning::Scheme, Shape::Token, 5),
    ("server_addr", Meaning::Skip, Shape::Word, 0),
    ("server_name", Meaning::Host, Shape::Name, 4),
    ("server_port", Meaning::Skip, Shape::Digits, 0),
    ("server_protocol", Meaning::Protocol, Shape::Protocol, 5),
    ("session_time", Meaning::Took(Unit::Seconds), Shape::Decimal, 5),
    ("ssl_cipher", Meaning::TlsCipher, Shape::Word, 6),
    ("ssl_protocol", Meaning::TlsVersion, Shape::Word, 6),
    ("ssl_server_name", Meaning::Host, Shape::Text, 1),
    ("ssl_session_reused", Meaning::Skip, Shape::Word, 0),
    ("status", Meaning::Status, Shape::Status, 6),
    ("tcpinfo_rcv_space", Meaning::Skip, Shape::Digits, 0),
    ("tcpinfo_rtt", Meaning::Skip, Shape::Digits, 0),
    ("tcpinfo_rttvar", Meaning::Skip, Shape::Digits, 0),
    ("tcpinfo_snd_cwnd", Meaning::Skip, Shape::Digits, 0),
    ("time_iso8601", Meaning::Began, Shape::Iso, 7),
    ("time_local", Meaning::Began, Shape::Clf, 6),
    ("upstream_addr", Meaning::Upstream, Shape::Words(b','), 7),
    ("upstream_bytes_received", Meaning::Skip, Shape::Numbers, 0),
    ("upstream_bytes_sent", Meaning::Skip, Shape::Numbers, 0),
    ("upstream_cache_status", Meaning::Cache, Shape::Word, 7),
    ("upstream_connect_time", Meaning::Skip, Shape::Numbers, 0),
    ("upstream_first_byte_time", Meaning::Skip, Shape::Numbers, 0),
    ("upstream_header_time", Meaning::Skip, Shape::Numbers, 0),
    ("upstream_queue_time", Meaning::Skip, Shape::Numbers, 0),
    ("upstream_response_length", Meaning::Skip, Shape::Numbers, 0),
    ("upstream_response_time", Meaning::Waited(Unit::Seconds), Shape::Numbers, 7),
    ("upstream_session_time", Meaning::Waited(Unit::Seconds), Shape::Numbers, 5),
    ("upstream_status", Meaning::Skip, Shape::Numbers, 0),
    ("uri", Meaning::Path, Shape::Text, 2),
];

/// The names of nginx's own variables, without the `$`.
pub(super) fn variables() -> impl Iterator<Item = &'static str> {
    VARIABLES.iter().map(|(name, ..)| *name)
}

pub(super) fn parse(text: &str) -> Result<Parts, Fault> {
    let mut rest = Cursor { text, at: 0 };
    rest.blanks();
    if rest.word("log_format") {
        rest.name();
    }
    let mut escape = Escape::Backslash;
    let mut directive = rest.at > 0;
    if rest.text[rest.at..].starts_with("escape=") {
        let offset = rest.at;
        let word = rest.name();
        escape = match &word["escape=".len()..] {
            "default" => Escape::Backslash,
            "json" => Escape::Json,
            "none" => Escape::None,
            other => {
                let message = format!("escape={other} is none of nginx's: default, json, none");
                return Err(Fault { offset, length: word.len(), message });
            }
        };
        directive = true;
    }
    let mut parts = Parts::new(escape);
    match pieces(text, rest.at, directive) {
        Some(pieces) => {
            for (from, to) in pieces {
                piece(&text[..to], from, &mut parts)?;
            }
        }
        None => {
            let end = text.trim_end_matches(['\r', '\n']).len().max(rest.at);
            piece(&text[..end], rest.at, &mut parts)?;
        }
    }
    Ok(parts)
}

struct Cursor<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Cursor<'a> {
    fn blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    fn word(&mut self, word: &str) -> bool {
        let found = self.text[self.at..]
            .strip_prefix(word)
            .is_some_and(|rest| rest.starts_with(char::is_whitespace));
        if found {
            self.at += word.len();
            self.blanks();
        }
        found
    }

    /// The word that stands here, and the blanks behind it.
    fn name(&mut self) -> &'a str {
        let rest = &self.text[self.at..];
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        self.at += end;
        self.blanks();
        &rest[..end]
    }
}

/// Where the quoted pieces of a `log_format` stand, if the text is such a list. A text that begins
/// with a double quote is one only behind the directive: as a format of its own it quotes a field.
fn pieces(text: &str, from: usize, directive: bool) -> Option<Vec<(usize, usize)>> {
    let bytes = text.as_bytes();
    let first = *bytes.get(from)?;
    if !(first == b'\'' || (first == b'"' && directive)) {
        return None;
    }
    let mut found = Vec::new();
    let mut at = from;
    loop {
        while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
            at += 1;
        }
        let quote = match bytes.get(at) {
            None => break,
            Some(b';') if bytes[at + 1..].iter().all(u8::is_ascii_whitespace) => break,
            Some(&quote @ (b'\'' | b'"')) => quote,
            Some(_) => return None,
        };
        let mut end = at + 1;
        while *bytes.get(end)? != quote {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        found.push((at + 1, end));
        at = end + 1;
    }
    Some(found)
}

fn piece(text: &str, from: usize, parts: &mut Parts) -> Result<(), Fault> {
    let mut at = from;
    while let Some(next) = text[at..].chars().next() {
        let rest = &text[at + next.len_utf8()..];
        match next {
            '\\' => {
                let (plain, taken) = match rest.chars().next() {
                    Some(quoted @ ('"' | '\'' | '\\')) => (quoted, 2),
                    Some('t') => ('\t', 2),
                    Some('n') => ('\n', 2),
                    Some('r') => ('\r', 2),
                    _ => ('\\', 1),
                };
                parts.literal(plain);
                at += taken;
            }
            '$' => {
                let braced = rest.starts_with('{');
                let name = &rest[usize::from(braced)..];
                let end = name
                    .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                    .unwrap_or(name.len());
                let closed = !braced || name[end..].starts_with('}');
                if end == 0 || !closed {
                    let message = if end == 0 {
                        "a $ begins a variable, as in $status; a bare one can't be logged"
                    } else {
                        "a } must close the variable's name"
                    };
                    return Err(Fault { offset: at, length: 1, message: message.into() });
                }
                let length = 1 + 2 * usize::from(braced) + end;
                field(&name[..end], &text[at..at + length], at, parts);
                at += length;
            }
            _ => {
                parts.literal(next);
                at += next.len_utf8();
            }
        }
    }
    Ok(())
}

fn field(name: &str, source: &str, offset: usize, parts: &mut Parts) {
    let (meaning, shape, rank) = meaning(name);
    if meaning == Meaning::Query && parts.joins_target(source, &["$is_args", "${is_args}"]) {
        return;
    }
    // A variable that is there and says nothing is written as nothing (`$server_protocol` of a bad
    // request); a number or a method always says something, or is `-`.
    let says = matches!(
        shape,
        Shape::Status | Shape::Digits | Shape::Decimal | Shape::Numbers | Shape::Token
    );
    let empty = !says || parts.escape != Escape::Backslash;
    parts.field(Field { meaning, shape, rank, dash: true, empty, source: source.into(), offset });
}

fn meaning(name: &str) -> (Meaning, Shape, u8) {
    let known = VARIABLES.binary_search_by_key(&name, |&(known, ..)| known);
    if let Ok(at) = known {
        let (_, meaning, shape, rank) = &VARIABLES[at];
        return (*meaning, shape.clone(), *rank);
    }
    if let Some(header) = name.strip_prefix("http_") {
        return request_header(header);
    }
    let answer = name.strip_prefix("sent_http_").or_else(|| name.strip_prefix("upstream_http_"));
    if let Some(header) = answer {
        return answer_header(header);
    }
    const OTHERS: [&str; 6] = ["arg_", "cookie_", "ssl_", "upstream_", "sent_trailer_", "jwt_"];
    if OTHERS.iter().any(|prefix| name.starts_with(prefix)) {
        return (Meaning::Skip, Shape::Text, 0);
    }
    custom(name)
}

/// What a request's header says: a client chooses it.
pub(super) fn request_header(header: &str) -> (Meaning, Shape, u8) {
    let meaning = match header {
        "user_agent" => (Meaning::Agent, 6),
        "referer" | "referrer" => (Meaning::Referrer, 6),
        "host" => (Meaning::Host, 7),
        "x_forwarded_for" => (Meaning::Forwarded, 5),
        "x_original_forwarded_for" => (Meaning::Forwarded, 3),
        "x_real_ip" | "x_client_ip" => (Meaning::Client, 2),
        "cf_connecting_ip" | "true_client_ip" | "fastly_client_ip" => (Meaning::Client, 3),
        "x_forwarded_proto" => (Meaning::Scheme, 2),
        "x_forwarded_host" => (Meaning::Host, 1),
        "content_length" => (Meaning::BytesIn, 1),
        _ => (Meaning::Skip, 0),
    };
    (meaning.0, Shape::Text, meaning.1)
}

/// What an answer's header says.
pub(super) fn answer_header(header: &str) -> (Meaning, Shape, u8) {
    let meaning = match header {
        "content_type" => (Meaning::Mime, 6),
        "content_length" => (Meaning::Bytes, 2),
        "x_cache" | "x_cache_status" | "cf_cache_status" => (Meaning::Cache, 3),
        _ => (Meaning::Skip, 0),
    };
    (meaning.0, Shape::Text, meaning.1)
}

/// A variable that somebody made with `set` or `map`, under any name that is known elsewhere.
fn custom(name: &str) -> (Meaning, Shape, u8) {
    let meaning = match alias::slot(name).map(|(slot, _)| slot) {
        Some(Slot::Client) => Meaning::Client,
        Some(Slot::Forwarded) => Meaning::Forwarded,
        Some(Slot::User) => Meaning::User,
        Some(Slot::Method) => Meaning::Method,
        Some(Slot::Uri | Slot::Target) => Meaning::Target,
        Some(Slot::Query) => Meaning::Query,
        Some(Slot::Status | Slot::StatusBare) => Meaning::Status,
        Some(Slot::Bytes) => Meaning::Bytes,
        Some(Slot::BytesIn) => Meaning::BytesIn,
        Some(Slot::Referrer) => Meaning::Referrer,
        Some(Slot::Agent) => Meaning::Agent,
        Some(Slot::Host) => Meaning::Host,
        Some(Slot::Scheme) => Meaning::Scheme,
        Some(Slot::Upstream) => Meaning::Upstream,
        Some(Slot::Cache) => Meaning::Cache,
        Some(Slot::Mime) => Meaning::Mime,
        Some(Slot::TlsVersion) => Meaning::TlsVersion,
        Some(Slot::TlsCipher) => Meaning::TlsCipher,
        Some(Slot::Rt) => Meaning::Took(Unit::Seconds),
        Some(Slot::RtMs) => Meaning::Took(Unit::Millis),
        Some(Slot::RtUs) => Meaning::Took(Unit::Micros),
        Some(Slot::Ut) => Meaning::Waited(Unit::Seconds),
        Some(Slot::UtMs) => Meaning::Waited(Unit::Millis),
        Some(Slot::Time) => Meaning::Began,
        // ingress-nginx had the client so.
        None if name == "the_real_ip" => Meaning::Client,
        _ => Meaning::Skip,
    };
    let shape = match meaning {
        Meaning::Client => Shape::Name,
        // As proposals name what is passed over.
        Meaning::Skip if name.starts_with("skip") => Shape::Word,
        _ => Shape::Text,
    };
    // Below every variable of nginx's own.
    (meaning, shape, 0)
}

#[cfg(test)]
pub(super) mod tests {
    use super::VARIABLES;

    pub(in super::super) fn is_sorted() {
        assert!(VARIABLES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}

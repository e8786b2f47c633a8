//! One column over all samples: its values, what surrounds them, and what it may be.

use super::cut;
use super::kind::{self, Kind};

/// One column over all samples.
#[derive(Debug)]
pub(super) struct Column<'a> {
    /// `rt=`, where the column has a key.
    pub(super) key: &'a str,
    /// Quotes and brackets around the value.
    pub(super) open: &'a str,
    pub(super) close: &'a str,
    pub(super) values: Vec<&'a str>,
    pub(super) kind: Kind,
    /// `ms` where the values end in it.
    pub(super) unit: &'a str,
}

impl<'a> Column<'a> {
    pub(super) fn of(texts: Vec<&'a str>) -> Column<'a> {
        let (mut key, mut open, mut close) = ("", "", "");
        if let Some(&first) = texts.first() {
            let (k, o, c) = peel(first);
            if texts.iter().all(|text| peel(text) == (k, o, c)) {
                (key, open, close) = (k, o, c);
            } else if texts.iter().all(|text| cut::key(text).0 == k) {
                key = k;
            }
            // One line alone may have a query there.
            if texts.len() == 1 && known_key(key).is_none() && open.is_empty() {
                key = "";
            }
        }
        let column = Column::within(&texts, key, open, close);
        // `<…>` and `(…)` around a text may be the text's own: a client may write so.
        if column.kind == Kind::Text && !open.is_empty() && !open.contains(['"', '[']) {
            return Column::within(&texts, key, "", "");
        }
        column
    }

    fn within(texts: &[&'a str], key: &'a str, open: &'a str, close: &'a str) -> Column<'a> {
        let inner = |text: &&'a str| &text[key.len() + open.len()..text.len() - close.len()];
        let mut values: Vec<&str> = texts.iter().map(inner).collect();
        let unit = unit(&values);
        if !unit.is_empty() {
            values.iter_mut().for_each(|value| *value = &value[..value.len() - unit.len()]);
        }
        let kind = match kind::of(values.iter().copied()) {
            // `200ms` is no status.
            Kind::Status if !unit.is_empty() => Kind::Integer,
            kind => kind,
        };
        Column { key, open, close, values, kind, unit }
    }

    pub(super) fn constant(&self) -> bool {
        self.values.windows(2).all(|pair| pair[0] == pair[1])
    }

    pub(super) fn is_client(&self) -> bool {
        matches!(self.kind, Kind::Ip | Kind::IpPort | Kind::Ips)
    }

    pub(super) fn quoted(&self) -> bool {
        self.open.ends_with('"')
    }

    /// What its key says it is, where its values agree.
    pub(super) fn hint(&self) -> Option<&'static str> {
        known_key(self.key).filter(|variable| self.may_be(variable))
    }

    pub(super) fn may_be(&self, variable: &str) -> bool {
        use Kind::*;
        let kind = self.kind;
        match variable {
            "remote_addr" => kind == Ip,
            "http_x_forwarded_for" => matches!(kind, Ip | Ips | Absent),
            "status" => kind == Status,
            "upstream_status" => matches!(kind, Status | Absent),
            "body_bytes_sent" | "request_length" => {
                matches!(kind, Integer | Status) && matches!(self.unit, "" | "B")
            }
            "request_time" => kind == Decimal && matches!(self.unit, "" | "s"),
            "upstream_response_time" | "upstream_connect_time" | "upstream_header_time" => {
                matches!(kind, Decimal | Absent) && matches!(self.unit, "" | "s")
            }
            "upstream_addr" => matches!(kind, Ip | IpPort | Host | Word | Absent),
            "upstream_cache_status" => matches!(kind, Cache | Word | Absent),
            "host" => matches!(kind, Host | Ip | Word),
            "http_referer" => matches!(kind, Url | Absent | Text | Host | Word),
            "request" => kind == Request,
            "request_method" => kind == Method,
            "request_uri" => matches!(kind, Path | Url),
            "server_protocol" => kind == Protocol,
            "scheme" => kind == Scheme,
            "http_user_agent" => matches!(kind, Agent | Text | Word | Absent),
            _ => true,
        }
    }
}

fn known_key(key: &str) -> Option<&'static str> {
    let letters = key.chars().filter(char::is_ascii_alphanumeric);
    let name: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    KEYS.iter().find(|(_, keys)| keys.contains(&name.as_str())).map(|(variable, _)| *variable)
}

/// The key, and the quotes and brackets around the value.
fn peel(text: &str) -> (&str, &str, &str) {
    let (key, rest) = cut::key(text);
    let mut inner = rest.trim_end_matches([',', ';']);
    let tail = inner.len();
    let mut open = 0;
    while let Some(close) = inner.bytes().next().and_then(closing)
        && inner.len() >= 2
        && inner.as_bytes()[inner.len() - 1] == close
    {
        inner = &inner[1..inner.len() - 1];
        open += 1;
    }
    (key, &rest[..open], &rest[tail - open..])
}

fn closing(open: u8) -> Option<u8> {
    Some(match open {
        b'"' | b'\'' => open,
        b'[' => b']',
        b'(' => b')',
        b'<' => b'>',
        _ => return None,
    })
}

/// The letters behind the numbers of a column of durations or sizes.
fn unit<'a>(values: &[&'a str]) -> &'a str {
    let of = |value: &'a str| {
        let end = value.trim_end_matches(|c: char| c.is_ascii_alphabetic() || c == 'µ');
        (value.len() > end.len() && end.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
            .then(|| &value[end.len()..])
    };
    let Some(unit) = values.first().and_then(|first| of(first)) else { return "" };
    let known = matches!(unit, "s" | "ms" | "us" | "µs" | "ns" | "B");
    if known && values.iter().all(|value| of(value) == Some(unit)) { unit } else { "" }
}

/// What a key says its value is; the value's kind must agree.
const KEYS: [(&str, &[&str]); 21] = [
    (
        "remote_addr",
        &["ip", "client", "clientip", "remote", "remoteaddr", "remoteip", "addr", "src"],
    ),
    ("http_x_forwarded_for", &["xff", "xforwardedfor", "forwardedfor", "forwarded", "fwd"]),
    ("remote_user", &["user", "remoteuser"]),
    ("status", &["status", "code", "statuscode", "responsecode"]),
    ("upstream_status", &["us", "upstreamstatus"]),
    (
        "body_bytes_sent",
        &["bytes", "size", "sent", "bytessent", "bodybytessent", "bytesout", "len", "length"],
    ),
    ("request_length", &["requestlength", "rl", "bytesin", "received", "reqlen"]),
    (
        "request_time",
        &["rt", "requesttime", "time", "duration", "dur", "took", "latency", "elapsed", "t"],
    ),
    ("upstream_response_time", &["urt", "ut", "upstreamtime", "upstreamresponsetime"]),
    ("upstream_connect_time", &["uct", "upstreamconnecttime"]),
    ("upstream_header_time", &["uht", "upstreamheadertime"]),
    ("upstream_addr", &["upstream", "upstreamaddr", "backend"]),
    ("upstream_cache_status", &["cache", "cs", "cachestatus", "upstreamcachestatus"]),
    ("host", &["host", "vhost", "httphost", "domain", "server", "servername"]),
    ("http_user_agent", &["ua", "agent", "useragent", "httpuseragent"]),
    ("http_referer", &["ref", "referer", "referrer", "httpreferer"]),
    ("request", &["req", "request"]),
    ("request_method", &["method", "verb", "requestmethod"]),
    ("request_uri", &["uri", "path", "url", "requesturi"]),
    ("server_protocol", &["proto", "protocol", "serverprotocol"]),
    ("scheme", &["scheme"]),
];

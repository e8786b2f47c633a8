//! What the values of one column are: addresses, a status, a time, a request line.

use crate::decode::formats::scan;
use crate::decode::text::present;

/// The methods that a column of methods is known by.
const METHODS: [&str; 12] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "CONNECT", "TRACE", "PROPFIND",
    "REPORT", "PURGE",
];
/// The words for what a cache did, of nginx and of Varnish.
const CACHE: [&str; 11] = [
    "HIT",
    "MISS",
    "BYPASS",
    "EXPIRED",
    "STALE",
    "UPDATING",
    "REVALIDATED",
    "SCARCE",
    "PASS",
    "hit",
    "miss",
];

/// What every present value of a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `-` or nothing in every line.
    Absent,
    Request,
    ClfTime,
    IsoTime,
    Epoch,
    /// `2026-11-22 10:00:00`, perhaps with more behind it.
    WallTime,
    Ip,
    /// With a port, or a unix socket's path.
    IpPort,
    /// Several addresses with commas between.
    Ips,
    Method,
    Protocol,
    Cache,
    /// Three digits, 100 to 599.
    Status,
    Integer,
    /// Seconds with a fraction, perhaps several of them.
    Decimal,
    Url,
    Path,
    /// `example.org/a`.
    HostAndPath,
    Agent,
    Host,
    Scheme,
    Tls,
    Cipher,
    /// Letters and digits in one piece.
    Word,
    Text,
}

type Is = fn(&str) -> bool;

/// The kind of a column. A value that is `-` or empty is of any kind; of a request line and an agent,
/// which clients write, half of the values must look like one.
pub(super) fn of<'a>(values: impl Iterator<Item = &'a str> + Clone) -> Kind {
    let present = values.filter_map(present);
    let count = present.clone().count();
    if count == 0 {
        return Kind::Absent;
    }
    let all = |is: fn(&str) -> bool| present.clone().all(is);
    let half = |is: fn(&str) -> bool| present.clone().filter(|v| is(v)).count() * 2 >= count;
    let strict: [(Kind, Is); 16] = [
        (Kind::ClfTime, |v| scan::clf_time(v).is_some()),
        (Kind::IsoTime, |v| v.as_bytes().get(10) == Some(&b'T') && scan::iso_time(v).is_some()),
        (Kind::Epoch, is_epoch),
        (Kind::WallTime, |v| scan::iso_time(v).is_some() || scan::ctime(v).is_some()),
        (Kind::Ip, |v| scan::is_ip(v) && v.parse::<std::net::IpAddr>().is_ok()),
        (Kind::IpPort, |v| scan::is_ip(v) || ip_and_port(v).is_some() || v.starts_with("unix:/")),
        (Kind::Ips, |v| v.split(',').all(|ip| scan::is_ip(ip.trim()) || ip.trim() == "unknown")),
        (Kind::Method, |v| METHODS.contains(&v)),
        (Kind::Protocol, is_protocol),
        (Kind::Cache, |v| CACHE.contains(&v)),
        (Kind::Status, |v| {
            v.len() == 3 && scan::digits(v) && (b'1'..=b'5').contains(&v.as_bytes()[0])
        }),
        (Kind::Integer, |v| scan::digits(v) && v.len() <= 18),
        (Kind::Decimal, is_decimals),
        (Kind::Scheme, |v| v == "http" || v == "https"),
        (Kind::Tls, |v| v.starts_with("TLSv") || v.starts_with("SSLv")),
        (Kind::Cipher, is_cipher),
    ];
    if let Some((kind, _)) = strict.into_iter().find(|&(_, is)| all(is)) {
        return kind;
    }
    if half(is_request) {
        return Kind::Request;
    }
    let loose: [(Kind, Is); 5] = [
        (Kind::Url, |v| v.starts_with("http://") || v.starts_with("https://")),
        (Kind::Path, |v| v.starts_with('/') && !v.contains(' ')),
        (Kind::HostAndPath, |v| v.split_once('/').is_some_and(|(host, _)| scan::is_host(host))),
        (Kind::Agent, is_agent),
        (Kind::Host, |v| scan::is_host(v) || scan::is_ip(v)),
    ];
    if let Some((kind, _)) = loose.into_iter().find(|&(_, is)| half(is)) {
        return kind;
    }
    let word = |v: &str| v.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.@/:".contains(&b));
    if all(word) { Kind::Word } else { Kind::Text }
}

/// Cut at the last colon, as nginx writes an address and its port one behind the other: an IPv6
/// address has no brackets there.
pub(super) fn ip_and_port(v: &str) -> Option<(&str, &str)> {
    let (ip, port) = v.rsplit_once(':')?;
    let fits = scan::digits(port) && port.len() <= 5 && scan::is_ip(ip);
    fits.then_some((ip, port))
}

/// Seconds since 1970 of this century, with a fraction perhaps: a number of bytes is seldom so large
/// in every line.
fn is_epoch(v: &str) -> bool {
    let whole = v.split_once('.').map_or(v, |(whole, _)| whole);
    whole.len() == 10 && whole.starts_with(['1', '2']) && scan::epoch(v).is_some()
}

fn is_request(v: &str) -> bool {
    let Some((method, rest)) = v.split_once(' ') else { return false };
    METHODS.contains(&method) && !rest.is_empty()
}

fn is_protocol(v: &str) -> bool {
    v.strip_prefix("HTTP/").is_some_and(|version| version.starts_with(['0', '1', '2', '3']))
}

/// `0.123`, `0.1, 0.2 : 0.3` and `-, 0.2`; some loggers write `0` for nothing at all.
fn is_decimals(v: &str) -> bool {
    v == "0"
        || v.contains('.')
            && v.split([',', ':']).map(str::trim).all(|part| {
                let (whole, frac) = part.split_once('.').unwrap_or((part, "0"));
                part == "-" || scan::digits(whole) && scan::digits(frac)
            })
}

fn is_cipher(v: &str) -> bool {
    let parts = v.split(['-', '_']).count();
    parts >= 3 && ["AES", "CHACHA", "DES", "RC4", "CAMELLIA", "ARIA"].iter().any(|c| v.contains(c))
}

/// `Mozilla/5.0 (…)`, `curl/8.11.0`, `Go-http-client/1.1`.
fn is_agent(v: &str) -> bool {
    let product = v.split(' ').next().unwrap_or(v);
    product.split_once('/').is_some_and(|(name, version)| {
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
            && version.starts_with(|c: char| c.is_ascii_digit() || c == 'v')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_what_all_its_values_are() {
        for (values, kind) in [
            (&["-", ""][..], Kind::Absent),
            (&["22/Nov/2026:10:00:00 +0000"], Kind::ClfTime),
            (&["2026-11-22T10:00:00+00:00", "-"], Kind::IsoTime),
            (&["1795341600.123", "1795341601.5"], Kind::Epoch),
            (&["2026-11-22 10:00:00,123"], Kind::WallTime),
            (&["192.0.2.7", "2001:db8::1"], Kind::Ip),
            (&["192.0.2.7:8080", "unix:/run/app.sock"], Kind::IpPort),
            (&["192.0.2.7, 203.0.113.1", "192.0.2.7"], Kind::Ips),
            (&["200", "404", "-"], Kind::Status),
            (&["200", "999"], Kind::Integer),
            (&["0.003", "0.1, 0.2"], Kind::Decimal),
            (&["GET / HTTP/1.1", r"\x16\x03\x01"], Kind::Request),
            (&["GET", "POST"], Kind::Method),
            (&["https://example.org/", "nonsense"], Kind::Url),
            (&["/a", "/b?c=d"], Kind::Path),
            (&["www.example.org/a", "shop.example.org/"], Kind::HostAndPath),
            (&["192.0.2.7:51000", "2001:db8::1:51000"], Kind::IpPort),
            (&["Mozilla/5.0 (X11)", "<script>"], Kind::Agent),
            (&["shop.example.org"], Kind::Host),
            (&["TLSv1.3"], Kind::Tls),
            (&["TLS_AES_256_GCM_SHA384"], Kind::Cipher),
            (&["HIT", "MISS"], Kind::Cache),
            (&["alice", "bob"], Kind::Word),
            (&["a b", "c"], Kind::Text),
        ] {
            assert_eq!(of(values.iter().copied()), kind, "{values:?}");
        }
    }
}

//! Whether Tapline reads a server's format without being told of it: a line is made as the server
//! would write it, and read both ways.

use super::declared::Declared;
use crate::decode::formats::recognise::Recogniser;
use crate::decode::formats::template::{Dialect, Template};
use crate::decode::forwarded;
use crate::vocab::event::{Event, Kind};

/// What stands for a variable: in a request that has everything, and in one that has nothing (where
/// it is the same then too, once).
type Value = (&'static str, &'static str);

/// The first of the addresses that were forwarded, and nothing else's.
const FORWARDED: &str = "198.51.100.4";

/// Two variables never say the same, or one could pass for the other.
const NGINX: &[(&str, Value)] = &[
    ("args", ("id=7", "-")),
    ("body_bytes_sent", ("5120", "0")),
    ("bytes_sent", ("5433", "210")),
    ("connection", ("4711", "4712")),
    ("connection_requests", ("3", "1")),
    ("document_uri", ("/cart", "/")),
    ("gzip_ratio", ("2.17", "-")),
    ("host", ("shop.example.org", "www.example.org")),
    ("hostname", ("web-1", "web-1")),
    ("http_host", ("shop.example.org:8443", "-")),
    ("http_referer", ("https://example.org/from", "-")),
    ("http_user_agent", ("Mozilla/5.0 (X11; Linux) Gecko/1", "-")),
    ("http_x_forwarded_for", ("198.51.100.4, 198.51.100.5", "-")),
    ("is_args", ("?", "")),
    ("msec", ("1795338000.123", "1795338000.123")),
    ("pid", ("77", "77")),
    ("pipe", (".", "p")),
    ("proxy_add_x_forwarded_for", ("198.51.100.4, 203.0.113.9", "203.0.113.9")),
    ("query_string", ("id=7", "-")),
    ("realip_remote_addr", ("192.0.2.33", "192.0.2.33")),
    ("remote_addr", ("203.0.113.9", "2001:db8::9")),
    ("remote_port", ("40123", "40124")),
    ("remote_user", ("ann", "-")),
    ("request", ("GET /cart?id=7 HTTP/1.1", "GET / HTTP/1.0")),
    ("request_id", ("0123456789abcdef0123456789abcdef", "1123456789abcdef0123456789abcdef")),
    ("request_length", ("321", "18")),
    ("request_method", ("GET", "GET")),
    ("request_time", ("1.234", "0.000")),
    ("request_uri", ("/cart?id=7", "/")),
    ("scheme", ("https", "http")),
    ("sent_http_content_type", ("text/html", "-")),
    ("server_name", ("shop.example.org", "_")),
    ("server_port", ("8443", "80")),
    ("server_protocol", ("HTTP/1.1", "HTTP/1.0")),
    ("ssl_cipher", ("TLS_AES_128_GCM_SHA256", "-")),
    ("ssl_protocol", ("TLSv1.3", "-")),
    ("status", ("404", "200")),
    ("time_iso8601", ("2026-11-22T10:00:00+01:00", "2026-11-22T10:00:00+01:00")),
    ("time_local", ("22/Nov/2026:10:00:00 +0100", "22/Nov/2026:10:00:00 +0100")),
    ("upstream_addr", ("192.0.2.80:8080", "-")),
    ("upstream_cache_status", ("MISS", "-")),
    ("upstream_connect_time", ("0.004", "-")),
    ("upstream_header_time", ("1.100", "-")),
    ("upstream_response_length", ("5119", "-")),
    ("upstream_response_time", ("1.200", "-")),
    ("upstream_status", ("404", "-")),
    ("uri", ("/cart", "/")),
];

/// By the letter, and for headers by the name.
const APACHE: &[(&str, Value)] = &[
    ("A", ("192.0.2.1", "192.0.2.1")),
    ("B", ("5120", "0")),
    ("D", ("1234567", "12")),
    ("H", ("HTTP/1.1", "HTTP/1.0")),
    ("I", ("321", "18")),
    ("L", ("-", "-")),
    ("O", ("5433", "210")),
    ("P", ("77", "77")),
    ("S", ("5754", "228")),
    ("T", ("1", "0")),
    ("U", ("/cart", "/")),
    ("V", ("shop.example.org", "shop.example.org")),
    ("X", ("+", "-")),
    ("a", ("203.0.113.9", "2001:db8::9")),
    ("b", ("5120", "-")),
    ("h", ("203.0.113.9", "2001:db8::9")),
    ("k", ("2", "0")),
    ("l", ("-", "-")),
    ("m", ("GET", "GET")),
    ("p", ("8443", "80")),
    ("q", ("?id=7", "")),
    ("r", ("GET /cart?id=7 HTTP/1.1", "GET / HTTP/1.0")),
    ("s", ("404", "200")),
    ("t", ("[22/Nov/2026:10:00:00 +0100]", "[22/Nov/2026:10:00:00 +0100]")),
    ("u", ("ann", "-")),
    ("v", ("shop.example.org", "www.example.org")),
    ("{host}i", ("shop.example.org:8443", "-")),
    ("{ms}T", ("1234", "0")),
    ("{referer}i", ("https://example.org/from", "-")),
    ("{s}T", ("1", "0")),
    ("{us}T", ("1234567", "12")),
    ("{user-agent}i", ("Mozilla/5.0 (X11; Linux) Gecko/1", "-")),
    ("{x-forwarded-for}i", ("198.51.100.4, 198.51.100.5", "-")),
];

/// The format that reads the declared one's lines as its template does, if there is one.
pub(super) fn reader(declared: &Declared, template: &Template) -> Option<&'static str> {
    let Declared { dialect, plain, escape, .. } = declared;
    let [full, bare] = lines(*dialect, plain, escape.as_deref())?;
    // As gateways write X-Forwarded-For that name the client's port.
    let with_port = full.replace(FORWARDED, &format!("{FORWARDED}:40125"));
    let mut name = None;
    for line in [full, with_port, bare] {
        let told = template.explain(&line).ok()?;
        let mut found = Recogniser::default().decode(&line);
        forwarded::resolve(&mut found, &[]);
        if found.kind != Kind::Access || !says_all(&found, &told) {
            return None;
        }
        name = Some(found.format);
    }
    name
}

/// Lines as a server writes them in a format: of a request that has everything, and of one that has nothing.
/// `None` where they can't be made up.
pub(in crate::app) fn lines(
    dialect: Dialect,
    plain: &str,
    escape: Option<&str>,
) -> Option<[String; 2]> {
    let line = |full: bool| match dialect {
        Dialect::Nginx => nginx_line(plain, escape, full),
        Dialect::Apache => apache_line(plain, full),
        Dialect::GoAccess => None,
    };
    Some([line(true)?, line(false)?])
}

/// Whether the first format reads a line of the second one's and says another thing of it.
pub(in crate::app) fn mistakes(first: &Template, second: &Template, lines: &[String]) -> bool {
    lines.iter().any(|line| match (first.explain(line), second.explain(line)) {
        (Ok(first), Ok(second)) => !says_all(&first, &second) || !says_all(&second, &first),
        _ => false,
    })
}

/// Whether an event says at least what the other says.
fn says_all(found: &Event<'_>, told: &Event<'_>) -> bool {
    fn same<T: PartialEq>(found: &Option<T>, told: &Option<T>) -> bool {
        told.is_none() || found == told
    }
    same(&found.stamp, &told.stamp)
        && same(&found.remote_ip, &told.remote_ip)
        && same(&found.remote_port, &told.remote_port)
        && same(&found.user, &told.user)
        && same(&found.method, &told.method)
        && same(&found.path, &told.path)
        && same(&found.query, &told.query)
        && same(&found.protocol, &told.protocol)
        && same(&found.status, &told.status)
        && same(&found.bytes, &told.bytes)
        && same(&found.bytes_in, &told.bytes_in)
        && same(&found.referrer, &told.referrer)
        && same(&found.user_agent, &told.user_agent)
        && same(&found.request_time_us, &told.request_time_us)
        && same(&found.upstream_time_us, &told.upstream_time_us)
        && same(&found.upstream, &told.upstream)
        && same(&found.host, &told.host)
        && same(&found.scheme, &told.scheme)
        && same(&found.tls_version, &told.tls_version)
        && same(&found.tls_cipher, &told.tls_cipher)
        && same(&found.cache_status, &told.cache_status)
        && same(&found.mime, &told.mime)
        && same(&found.x_forwarded_for, &told.x_forwarded_for)
}

fn nginx_line(plain: &str, escape: Option<&str>, full: bool) -> Option<String> {
    // What is not there is `-` by default and nothing with another escaping.
    let plain_dash = escape.is_none_or(|escape| escape == "default");
    let mut line = String::new();
    let mut rest = plain;
    while let Some(at) = rest.find('$') {
        line.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let (name, end) = match behind.strip_prefix('{') {
            Some(braced) => {
                let end = braced.find('}')?;
                (&braced[..end], end + 2)
            }
            None => {
                let end = behind.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
                let end = end.unwrap_or(behind.len());
                (&behind[..end], end)
            }
        };
        let known = NGINX.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let (all, none) = known.unwrap_or(("x1", "-"));
        let value = if full { all } else { none };
        line.push_str(if value == "-" && !plain_dash { "" } else { value });
        rest = &behind[end..];
    }
    line.push_str(rest);
    Some(line)
}

/// `None` where a directive's value can't be made up: a time of the operator's own.
fn apache_line(plain: &str, full: bool) -> Option<String> {
    let mut line = String::new();
    let mut rest = plain;
    while let Some(at) = rest.find('%') {
        line.push_str(&rest[..at]);
        let mut behind = &rest[at + 1..];
        if let Some(after) = behind.strip_prefix('%') {
            line.push('%');
            rest = after;
            continue;
        }
        behind = behind.trim_start_matches(['<', '>', '!', ',']);
        behind = behind.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',');
        let mut name = String::new();
        if let Some(braced) = behind.strip_prefix('{') {
            let end = braced.find('}')?;
            name = format!("{{{}}}", braced[..end].to_ascii_lowercase());
            behind = &braced[end + 1..];
        }
        let letter = behind.chars().next()?;
        name.push(letter);
        let known = APACHE.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let other = matches!(letter, 'i' | 'o' | 'e' | 'n' | 'C').then_some(("x1", "-"));
        let (all, none) = known.or(other)?;
        line.push_str(if full { all } else { none });
        rest = &behind[letter.len_utf8()..];
    }
    line.push_str(rest);
    Some(line)
}

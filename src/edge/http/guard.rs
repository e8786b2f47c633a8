//! Who may ask: checked on every route before anything else.
//!
//! A page in the operator's own browser can reach a loopback port, so `Host` and `Origin` are
//! checked even there: a foreign page must neither read the feed (DNS rebinding, cross-site
//! WebSockets) nor post forged lines.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{ApiError, At};

/// The `[access]` settings.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Loopback needs the key, too: for machines with other users.
    pub loopback_needs_key: bool,
    /// No key is needed anywhere.
    pub insecure: bool,
    /// What a stranger has to show; `None` refuses strangers.
    pub key: Option<String>,
    /// Host (and port) under which the dashboard is published, from `public_url`.
    pub public_host: Option<String>,
}

/// Refuses what does not belong here; passes the rest on.
pub(crate) async fn check(State(at): State<At>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let access = &at.web.config.access;
    // `GET http://host/path` names a host, too, and RFC 9112 section 3.2.2 gives it precedence.
    let asked = request.uri().authority().map(|authority| authority.as_str());
    match judge(access, peer, asked, request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Host,
    Origin,
    Key,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let error = |status, code, message: &str, hint: &str| {
            ApiError::new(status, code, message, hint).into_response()
        };
        match self {
            Refusal::Host => error(
                StatusCode::FORBIDDEN,
                "foreign_host",
                "this server does not answer under that host name",
                "set access.public_url to the address you use",
            ),
            Refusal::Origin => error(
                StatusCode::FORBIDDEN,
                "foreign_origin",
                "a page of another site may neither look nor send here",
                "open the dashboard itself; set access.public_url behind a reverse proxy",
            ),
            Refusal::Key => {
                let mut response = error(
                    StatusCode::UNAUTHORIZED,
                    "key_needed",
                    "this needs the key",
                    "send `Authorization: Bearer KEY`, or log in with any name and the key as password; set access.key where there is none",
                );
                response.headers_mut().insert(
                    header::WWW_AUTHENTICATE,
                    HeaderValue::from_static("Basic realm=\"Tapline\", charset=\"UTF-8\""),
                );
                response
            }
        }
    }
}

fn judge(
    access: &Access,
    peer: Option<IpAddr>,
    asked: Option<&str>,
    headers: &HeaderMap,
) -> Result<(), Refusal> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let host = text("host").unwrap_or("");
    // Two answers to "which host?" mean that somebody between believes the other one.
    let differs = |other: &str| !other.eq_ignore_ascii_case(host);
    if headers.get_all("host").iter().count() > 1 || asked.is_some_and(differs) {
        return Err(Refusal::Host);
    }
    let name = host_name(host);
    let published = access.public_host.as_deref();
    // nginx's `$host`, which everybody passes on, has no port.
    let public = published
        .is_some_and(|p| p.eq_ignore_ascii_case(host) || host_name(p).eq_ignore_ascii_case(host));
    let ip: Option<IpAddr> = name.parse().ok();
    let local_name =
        name.eq_ignore_ascii_case("localhost") || ip.is_some_and(|ip| ip.is_loopback());
    // A name can be pointed at us by a stranger's DNS, an address can't.
    if !(public || local_name || ip.is_some()) {
        return Err(Refusal::Host);
    }
    if text("sec-fetch-site").is_some_and(|site| site.eq_ignore_ascii_case("cross-site")) {
        return Err(Refusal::Origin);
    }
    if let Some(origin) = headers.get("origin") {
        let origin = origin.to_str().unwrap_or("");
        let from = origin.split_once("://").map_or("", |(_, rest)| rest);
        // Where the port was left away, what is on the host's other ports is foreign all the same.
        let own = [published, (!public).then_some(host)];
        if !own.into_iter().flatten().any(|one| one.eq_ignore_ascii_case(from)) {
            return Err(Refusal::Origin);
        }
    }
    let proxied = ["forwarded", "via"].iter().any(|name| headers.contains_key(*name))
        || headers.keys().any(|name| name.as_str().starts_with("x-forwarded-"));
    let at_home = local_name && !proxied && peer.is_none_or(|ip| ip.to_canonical().is_loopback());
    if access.insecure || (at_home && !access.loopback_needs_key) {
        return Ok(());
    }
    match (&access.key, offered_key(headers)) {
        (Some(key), Some(offered)) if same(key.as_bytes(), offered.as_bytes()) => Ok(()),
        _ => Err(Refusal::Key),
    }
}

/// `host[:port]`, `[v6][:port]` without the port.
fn host_name(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn offered_key(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = String::from_utf8(base64(rest.trim())?).ok()?;
        return decoded.split_once(':').map(|(_, password)| password.to_owned());
    }
    None
}

/// Base64 of RFC 4648 section 4, as HTTP Basic uses it; `None` for anything else.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut held) = (0u32, 0u32);
    for byte in text.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = (bits << 6 | u32::from(value)) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xFF) as u8);
        }
    }
    Some(out)
}

/// Compares in a time that does not tell how much was right.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |acc, (x, y)| acc | (x ^ y)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "127.0.0.1";

    fn verdict(access: &Access, peer: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                axum::http::HeaderName::from_bytes(name.as_bytes()).expect("name"),
                HeaderValue::from_str(value).expect("value"),
            );
        }
        judge(access, Some(peer.parse().expect("peer")), None, &map)
    }

    #[test]
    fn loopback_is_free_and_everything_else_needs_a_reason() {
        let none = Access::default();
        let key = Access { key: Some("s3cret".into()), ..Access::default() };
        let strict = Access { loopback_needs_key: true, ..key.clone() };
        let public = Access { public_host: Some("logs.example.org".into()), ..key.clone() };
        let host = ("host", "127.0.0.1:8514");
        let port = Access { public_host: Some("logs.example.org:8443".into()), ..key.clone() };
        let bearer = ("authorization", "Bearer s3cret");
        for (name, access, peer, headers, expected) in [
            ("plain", &none, HOME, vec![host], Ok(())),
            ("localhost", &none, HOME, vec![("host", "localhost:8514")], Ok(())),
            ("v6", &none, "::1", vec![("host", "[::1]:8514")], Ok(())),
            ("rebound name", &none, HOME, vec![("host", "evil.example:8514")], Err(Refusal::Host)),
            ("no host", &none, HOME, vec![], Err(Refusal::Host)),
            ("own page", &none, HOME, vec![host, ("origin", "http://127.0.0.1:8514")], Ok(())),
            (
                "foreign page",
                &none,
                HOME,
                vec![host, ("origin", "http://evil.example")],
                Err(Refusal::Origin),
            ),
            ("opaque origin", &none, HOME, vec![host, ("origin", "null")], Err(Refusal::Origin)),
            (
                "cross-site form",
                &none,
                HOME,
                vec![host, ("sec-fetch-site", "cross-site")],
                Err(Refusal::Origin),
            ),
            (
                "through a proxy",
                &none,
                HOME,
                vec![host, ("x-forwarded-for", "203.0.113.9")],
                Err(Refusal::Key),
            ),
            (
                "through a proxy with the key",
                &key,
                HOME,
                vec![host, ("x-forwarded-for", "203.0.113.9"), bearer],
                Ok(()),
            ),
            ("from afar", &key, "203.0.113.9", vec![("host", "198.51.100.1")], Err(Refusal::Key)),
            (
                "from afar with the key",
                &key,
                "203.0.113.9",
                vec![("host", "198.51.100.1"), bearer],
                Ok(()),
            ),
            (
                "wrong key",
                &key,
                "203.0.113.9",
                vec![("host", "198.51.100.1"), ("authorization", "Bearer s3creT")],
                Err(Refusal::Key),
            ),
            (
                "basic",
                &key,
                "203.0.113.9",
                vec![("host", "198.51.100.1"), ("authorization", "Basic bWU6czNjcmV0")],
                Ok(()),
            ),
            ("strict loopback", &strict, HOME, vec![host], Err(Refusal::Key)),
            (
                "published",
                &public,
                HOME,
                vec![("host", "logs.example.org"), bearer, ("origin", "https://logs.example.org")],
                Ok(()),
            ),
            (
                "published on a port that the proxy leaves away",
                &port,
                HOME,
                vec![
                    ("host", "logs.example.org"),
                    bearer,
                    ("origin", "https://logs.example.org:8443"),
                ],
                Ok(()),
            ),
            (
                "published on another port than the page that asks",
                &port,
                HOME,
                vec![("host", "logs.example.org"), bearer, ("origin", "https://logs.example.org")],
                Err(Refusal::Origin),
            ),
            (
                "published on one port and asked on another",
                &port,
                HOME,
                vec![("host", "logs.example.org:1"), bearer],
                Err(Refusal::Host),
            ),
            (
                "published without key",
                &public,
                HOME,
                vec![("host", "logs.example.org")],
                Err(Refusal::Key),
            ),
        ] {
            assert_eq!(verdict(access, peer, &headers), expected, "{name}");
        }
    }
}

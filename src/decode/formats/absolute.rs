//! Requests that were logged by their whole URL: `GET http://shop.example/cart HTTP/1.1`.
//!
//! A cache in front of a site (Varnish, Squid) writes every request so, and then the URL's host is the
//! site. On an origin server only a client in search of an open proxy asks so: taken for a site, its
//! `http://elsewhere.example/` would fill the list of sites and count as a visit to `/`. One line does
//! not tell the two apart, so whoever knows the sender says so, and else the path stays as it came.
//!
//! HAProxy puts the URL of a request over HTTP/2 together itself, out of `:scheme`, `:authority` and `:path`.

use std::borrow::Cow;

use super::columns::url;
use super::scan;
use crate::vocab::event::{Event, Kind, Text};

/// Whether a source of that program or file is a cache that logs whole URLs.
#[must_use]
pub fn is_cache(program: &str) -> bool {
    program.starts_with("varnish")
}

/// Takes scheme, host and path out of an absolute URL. A host that the line itself names goes before
/// it.
pub fn take_apart(event: &mut Event<'_>) {
    // What Varnish writes of `CONNECT b.example:443` runs two names into one.
    if event.kind != Kind::Access || event.method.as_deref() == Some("CONNECT") {
        return;
    }
    let parts = match &event.path {
        Some(path) if path.starts_with('/') => return,
        Some(Cow::Borrowed(path)) => parts(path),
        Some(Cow::Owned(path)) => parts(path).map(|parts| parts.map(owned)),
        None => return,
    };
    if let Some([scheme, host, local]) = parts {
        event.path = Some(local);
        event.scheme = Some(scheme);
        event.host = event.host.take().or(Some(host));
    }
}

/// As [`take_apart`], where the line has shown that Squid wrote it.
pub(super) fn of_squid(event: &mut Event<'_>) {
    if event.cache_status.as_deref().is_some_and(|status| status.starts_with("TCP_")) {
        take_apart(event);
    }
}

/// As [`take_apart`], of HAProxy's line. Over HTTP/1 a URL is what its client wrote, and stays.
pub(super) fn of_haproxy(event: &mut Event<'_>) {
    let version = event.protocol.as_deref().and_then(|protocol| protocol.strip_prefix("HTTP/"));
    if version.is_some_and(|version| version.starts_with(['2', '3'])) {
        take_apart(event);
    }
}

/// As [`of_haproxy`], of a line that names its site: of that site and no other.
pub(super) fn of_haproxys_site(event: &mut Event<'_>) {
    let path = event.path.as_deref().filter(|path| !path.starts_with('/'));
    let (Some((_, named, _)), Some(site)) = (path.and_then(url), event.host.as_deref()) else {
        return;
    };
    if named.eq_ignore_ascii_case(scan::address(site).0) {
        of_haproxy(event);
    }
}

fn parts(path: &str) -> Option<[Text<'_>; 3]> {
    let (scheme, host, local) = url(path)?;
    let web = ["http", "https"].iter().any(|web| web.eq_ignore_ascii_case(scheme));
    let named = |b: u8| b.is_ascii_alphanumeric() || b >= 0x80 || b".-_:".contains(&b);
    let local = if local.is_empty() { "/" } else { local };
    let fits = web && host.bytes().all(named);
    fits.then_some([Cow::Borrowed(scheme), Cow::Borrowed(host), Cow::Borrowed(local)])
}

fn owned(text: Text<'_>) -> Text<'static> {
    Cow::Owned(text.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::formats::recognise::Recogniser;

    fn read(request: &str, rest: &str) -> Event<'static> {
        let line = format!(
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "{request} HTTP/1.1" 200 7 "-" "curl/8"{rest}"#
        );
        Recogniser::default().decode(line.leak())
    }

    fn site_and_path<'a>(event: &'a Event<'_>) -> (&'a str, &'a str) {
        (event.host.as_deref().unwrap_or("-"), event.path.as_deref().unwrap_or("-"))
    }

    #[test]
    fn a_proxy_probe_makes_no_site() {
        let event = read("GET http://elsewhere.example/x", "");
        assert_eq!(site_and_path(&event), ("-", "http://elsewhere.example/x"));
    }

    #[test]
    fn squids_and_varnishs_urls_are_site_and_path() {
        let event = read("GET http://shop.example:8080/cart?id=7", " TCP_MISS:HIER_DIRECT");
        assert_eq!(site_and_path(&event), ("shop.example", "/cart"));
        for (request, expected) in [
            ("GET http://shop.example/cart", ("shop.example", "/cart")),
            ("GET http://shop.example", ("shop.example", "/")),
            ("GET /cart", ("-", "/cart")),
            ("OPTIONS *", ("-", "*")),
            ("GET ftp://shop.example/x", ("-", "ftp://shop.example/x")),
            ("GET http://<script>/x", ("-", "http://<script>/x")),
        ] {
            let mut event = read(request, "");
            take_apart(&mut event);
            assert_eq!(site_and_path(&event), expected, "{request}");
        }
    }
}

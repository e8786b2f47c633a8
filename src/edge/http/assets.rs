//! The dashboard's files, embedded at build time, and how they are answered.

use std::io::Read;

use axum::body::Body;
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY,
    CONTENT_TYPE, ETAG, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

/// What the page may load and do: itself, nothing else, and no HTML made from strings.
/// (`data:` is for the favicon and CSS masks; `connect-src 'self'` covers the WebSocket, as it has
/// the page's own host and port.)
pub const CONTENT_SECURITY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; \
    img-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'; require-trusted-types-for 'script'";

/// One file of the page.
#[derive(Debug)]
pub struct Asset {
    /// Relative to the page's root, without a leading slash: `index.html`, `assets/index-x.js`.
    pub path: &'static str,
    pub content_type: &'static str,
    /// Quoted, strong, of the identity bytes.
    pub etag: &'static str,
    /// Named by its content, so it may be cached for ever.
    pub immutable: bool,
    /// Whether `bytes` are gzip.
    pub gzipped: bool,
    pub bytes: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

impl Asset {
    /// The bytes as they are on disk. Inflates if kept compressed: only for the rare client that
    /// does not take gzip, so nothing is cached.
    #[must_use]
    pub fn identity(&self) -> Vec<u8> {
        if !self.gzipped {
            return self.bytes.to_vec();
        }
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(self.bytes)
            .read_to_end(&mut plain)
            .expect("the build wrote whole gzip");
        plain
    }
}

/// The file at a path of the page's root; `""` is the page itself.
#[must_use]
pub fn lookup(path: &str) -> Option<&'static Asset> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = if path.is_empty() { "index.html" } else { path };
    TABLE.binary_search_by(|asset| asset.path.cmp(path)).ok().map(|found| &TABLE[found])
}

/// Every file of the page.
#[must_use]
pub fn all() -> &'static [Asset] {
    TABLE
}

/// Answers `GET path`; `None` where no such file exists. For `HEAD` the server drops the body.
#[must_use]
pub fn respond(path: &str, headers: &HeaderMap) -> Option<Response<Body>> {
    let asset = lookup(path)?;
    let as_gzip = asset.gzipped && accepts_gzip(headers);
    let mut answer = Response::new(Body::empty());
    let out = answer.headers_mut();
    out.insert(ETAG, HeaderValue::from_static(asset.etag));
    out.insert(
        CACHE_CONTROL,
        HeaderValue::from_static(if asset.immutable {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        }),
    );
    out.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    out.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    out.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY));
    if asset.gzipped {
        out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if unchanged(headers, asset.etag) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        return Some(answer);
    }
    out.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    if as_gzip {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    let body = if as_gzip || !asset.gzipped {
        Body::from(asset.bytes)
    } else {
        let plain = asset.identity();
        out.insert(CONTENT_LENGTH, HeaderValue::from(plain.len()));
        Body::from(plain)
    };
    *answer.body_mut() = body;
    Some(answer)
}

/// RFC 9110 §12.5.3: `gzip` or `*`, unless its weight is zero. Absent means identity here:
/// scripts that ask for nothing get something they can read.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let mut any = None;
    for value in headers.get_all(ACCEPT_ENCODING) {
        for part in value.to_str().unwrap_or_default().split(',') {
            let mut pieces = part.split(';').map(str::trim);
            let coding = pieces.next().unwrap_or_default();
            let refused = pieces.any(|p| {
                p.strip_prefix("q=")
                    .is_some_and(|q| q.trim().parse::<f32>().is_ok_and(|q| q <= 0.0))
            });
            if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
                return !refused;
            }
            if coding == "*" {
                any = Some(!refused);
            }
        }
    }
    any.unwrap_or(false)
}

/// RFC 9110 §13.1.2, with the weak comparison: proxies that recompress weaken the tag.
fn unchanged(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().any(|value| {
        value.to_str().unwrap_or_default().split(',').any(|tag| {
            let tag = tag.trim();
            tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(pairs: &[(axum::http::HeaderName, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    fn header<'a>(answer: &'a Response<Body>, name: &str) -> &'a str {
        answer.headers().get(name).map_or("", |v| v.to_str().unwrap())
    }

    #[test]
    fn the_root_is_the_page_and_unknown_paths_are_nothing() {
        assert_eq!(lookup("/").unwrap().path, "index.html");
        assert_eq!(lookup("").unwrap().path, "index.html");
        assert!(lookup("/../Cargo.toml").is_none());
        assert!(lookup("/assets").is_none());
        assert!(respond("/nothing", &HeaderMap::new()).is_none());
    }

    #[test]
    fn every_file_is_found_and_inflates() {
        for asset in all() {
            assert!(std::ptr::eq(lookup(asset.path).unwrap(), asset), "{}", asset.path);
            assert!(!asset.identity().is_empty(), "{}", asset.path);
        }
    }

    #[test]
    fn an_equal_tag_is_answered_without_a_body() {
        let etag = lookup("/").unwrap().etag;
        for sent in [etag.to_owned(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()]
        {
            let mut asked = HeaderMap::new();
            asked.insert(IF_NONE_MATCH, sent.parse().unwrap());
            let answer = respond("/", &asked).unwrap();
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{sent}");
            assert_eq!(header(&answer, "etag"), etag);
        }
        let other = respond("/", &asking(&[(IF_NONE_MATCH, "\"x\"")])).unwrap();
        assert_eq!(other.status(), StatusCode::OK);
    }

    #[test]
    fn gzip_goes_to_those_who_take_it() {
        let cases = [
            ("gzip, deflate, br", true),
            ("*", true),
            ("gzip;q=0, *", false),
            ("br", false),
            ("identity", false),
        ];
        for (sent, gzip) in cases {
            assert_eq!(accepts_gzip(&asking(&[(ACCEPT_ENCODING, sent)])), gzip, "{sent}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
        let page = lookup("/").unwrap();
        let answer = respond("/", &asking(&[(ACCEPT_ENCODING, "gzip")])).unwrap();
        assert_eq!(header(&answer, "content-encoding") == "gzip", page.gzipped);
        let plain = respond("/", &HeaderMap::new()).unwrap();
        assert_eq!(header(&plain, "content-encoding"), "");
    }

    #[test]
    fn the_page_is_revalidated_and_named_files_are_kept() {
        let page = respond("/", &HeaderMap::new()).unwrap();
        assert_eq!(header(&page, "cache-control"), "no-cache");
        assert_eq!(header(&page, "x-content-type-options"), "nosniff");
        assert_eq!(header(&page, "referrer-policy"), "no-referrer");
        assert!(header(&page, "content-security-policy").contains("default-src 'self'"));
        for asset in all().iter().filter(|a| a.immutable) {
            let answer = respond(asset.path, &HeaderMap::new()).unwrap();
            assert!(header(&answer, "cache-control").contains("immutable"), "{}", asset.path);
        }
    }

    /// The budget of the first page: what a browser loads to show the dashboard must stay under
    /// 120 kB. Parts that are only loaded when they are looked at do not count.
    #[test]
    #[allow(clippy::print_stderr)] // Left-out tests say so there.
    fn the_page_stays_under_its_budget() {
        if IS_STUB {
            eprintln!("left out: the page was not built");
            return;
        }
        let index = lookup("index.html").expect("the page is built").identity();
        let index = String::from_utf8(index).expect("it is text");
        let named = |path: &str| path == "index.html" || index.contains(path);
        let first: Vec<_> = all().iter().filter(|asset| named(asset.path)).collect();
        assert!(first.len() >= 3, "a page, a script and a style");
        let total: usize = first.iter().map(|asset| asset.bytes.len()).sum();
        assert!(total < 120_000, "{total} bytes compressed");
    }
}

//! The dashboard's files, embedded at build time, and how they are answered.

use std::io::Read;

use axum::body::Body;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH,
    REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode};

use super::coding::Coding;

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
    /// Weak, quoted, of the identity bytes: one tag for all codings, which a strong one may not be
    /// (RFC 9110 §8.8.3.3). Ranges, the only use of a strong one, are not answered.
    pub etag: &'static str,
    /// Named by its content, so it may be cached for ever.
    pub immutable: bool,
    pub kept: Kept,
}

/// What the build put into the binary of a file.
#[derive(Debug)]
pub enum Kept {
    /// What does not get smaller, as it is.
    Plain(&'static [u8]),
    Packed {
        gzip: &'static [u8],
        brotli: &'static [u8],
    },
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

impl Asset {
    /// The bytes as they are on disk. Inflates if kept compressed: only for the rare client that
    /// takes neither coding, so nothing is cached.
    #[must_use]
    pub fn identity(&self) -> Vec<u8> {
        match self.kept {
            Kept::Plain(bytes) => bytes.to_vec(),
            Kept::Packed { gzip, .. } => {
                let mut plain = Vec::new();
                flate2::read::GzDecoder::new(gzip)
                    .read_to_end(&mut plain)
                    .expect("the build wrote whole gzip");
                plain
            }
        }
    }

    /// The body for a client that likes `wanted` best, and the coding that it is in.
    fn body(&self, wanted: Coding) -> (Body, Coding) {
        match (&self.kept, wanted) {
            (Kept::Packed { brotli, .. }, Coding::Brotli) => (Body::from(*brotli), wanted),
            (Kept::Packed { gzip, .. }, Coding::Gzip) => (Body::from(*gzip), wanted),
            (Kept::Packed { .. }, Coding::Identity) => (Body::from(self.identity()), wanted),
            (Kept::Plain(bytes), _) => (Body::from(*bytes), Coding::Identity),
        }
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
    if matches!(asset.kept, Kept::Packed { .. }) {
        out.insert(VARY, HeaderValue::from_static("accept-encoding"));
    }
    if unchanged(headers, asset.etag) {
        *answer.status_mut() = StatusCode::NOT_MODIFIED;
        return Some(answer);
    }
    out.insert(CONTENT_TYPE, HeaderValue::from_static(asset.content_type));
    let (body, coding) = asset.body(Coding::wanted(headers));
    if let Some(name) = coding.name() {
        out.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    *answer.body_mut() = body;
    Some(answer)
}

/// RFC 9110 §13.1.2, with the weak comparison that it asks for.
fn unchanged(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(IF_NONE_MATCH).iter().any(|value| {
        value.to_str().unwrap_or_default().split(',').any(|tag| {
            let tag = tag.trim();
            tag == "*" || opaque(tag) == opaque(etag)
        })
    })
}

fn opaque(tag: &str) -> &str {
    tag.strip_prefix("W/").unwrap_or(tag)
}

#[cfg(test)]
mod tests {
    use axum::http::header::ACCEPT_ENCODING;

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
        let strong = opaque(etag).to_owned();
        for sent in [etag.to_owned(), strong, format!("\"x\", {etag}"), "*".to_owned()] {
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
    fn a_file_comes_in_the_coding_that_is_asked_for() {
        let asked = |sent| respond("/", &asking(&[(ACCEPT_ENCODING, sent)])).unwrap();
        let plain = respond("/", &HeaderMap::new()).unwrap();
        assert_eq!(header(&plain, "content-encoding"), "");
        assert_eq!(header(&plain, "vary"), "accept-encoding");
        for (sent, coding) in [("gzip, br", "br"), ("gzip", "gzip"), ("identity", "")] {
            let answer = asked(sent);
            assert_eq!(header(&answer, "content-encoding"), coding, "{sent}");
            assert_eq!(header(&answer, "vary"), "accept-encoding", "{sent}");
            assert_eq!(header(&answer, "etag"), header(&plain, "etag"), "{sent}");
        }
        assert!(header(&plain, "etag").starts_with("W/\""), "one tag for several codings is weak");
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
    /// 120 kB in either language, also as gzip, as browsers take Brotli over HTTPS alone. Parts that
    /// are only loaded when they are looked at do not count.
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
        for language in ["english", "korean"] {
            let words = format!("assets/{language}-");
            let first: Vec<_> =
                all().iter().filter(|a| named(a.path) || a.path.starts_with(&words)).collect();
            assert!(first.iter().any(|a| a.path.starts_with(&words)), "{language} is a file");
            assert!(first.len() >= 4, "a page, a script, a style and the words");
            let sizes = first.iter().map(|asset| match asset.kept {
                Kept::Plain(bytes) => (bytes.len(), bytes.len()),
                Kept::Packed { gzip, brotli } => (gzip.len(), brotli.len()),
            });
            let (gzip, brotli) = sizes.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            eprintln!("{language}: {gzip} bytes as gzip, {brotli} as Brotli");
            assert!(gzip < 120_000, "{language}: {gzip} bytes");
            assert!(brotli < gzip, "{language}: {brotli} bytes");
        }
    }
}

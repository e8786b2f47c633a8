//! What a request shows of itself: a bearer token, or HTTP Basic with the token as password.
//!
//! Never a parameter of the URL: those stand in the logs of every proxy on the way, and in Referer.

use axum::http::{HeaderMap, header};
use data_encoding::BASE64;

/// The secret of the `Authorization` header (RFC 6750 section 2.1, RFC 7617).
pub(crate) fn authorization(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(rest.trim().to_owned());
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = BASE64.decode(rest.trim().as_bytes()).ok()?;
        let decoded = String::from_utf8(decoded).ok()?;
        return decoded.split_once(':').map(|(_, password)| password.to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_secret_is_a_bearer_or_the_password_of_basic() {
        for (text, expected) in [
            ("Bearer s3cret", Some("s3cret")),
            ("bearer  s3cret ", Some("s3cret")),
            ("Basic bWU6czNjcmV0", Some("s3cret")),
            ("Basic bWU6czNj:cmV0", None),
            ("Basic bWU", None),
            ("Basic", None),
            ("Digest x", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(text));
            assert_eq!(authorization(&headers).as_deref(), expected, "{text}");
        }
    }
}

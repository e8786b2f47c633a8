//! What a request shows of itself: a bearer token, HTTP Basic with the token as password, or what protocols of log
//! shippers have in their place.
//!
//! Never a parameter of the URL: those stand in the logs of every proxy on the way, and in Referer.

use axum::http::{HeaderMap, header};
use data_encoding::BASE64;

/// Datadog's header, which holds the token and nothing else.
const DATADOG: &str = "dd-api-key";

/// Whether it shows anything, worth something or not.
pub(crate) fn is_any(headers: &HeaderMap) -> bool {
    headers.contains_key(header::AUTHORIZATION) || headers.contains_key(DATADOG)
}

/// The secret of the `Authorization` header, or of Datadog's where there is none.
pub(crate) fn secret(headers: &HeaderMap) -> Option<String> {
    match headers.get(header::AUTHORIZATION) {
        Some(value) => authorization(value.to_str().ok()?),
        None => Some(headers.get(DATADOG)?.to_str().ok()?.trim().to_owned()),
    }
}

/// `Bearer TOKEN` (RFC 6750 section 2.1), `Basic` (RFC 7617), Elasticsearch's `ApiKey`, which is a pair as Basic's or
/// the token itself, and `Splunk TOKEN`.
fn authorization(value: &str) -> Option<String> {
    let (scheme, rest) = value.split_once(' ')?;
    let rest = rest.trim();
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" | "splunk" => Some(rest.to_owned()),
        "basic" => password(rest),
        "apikey" => Some(password(rest).unwrap_or_else(|| rest.to_owned())),
        _ => None,
    }
}

/// What stands behind the first colon of a pair.
fn password(pair: &str) -> Option<String> {
    let decoded = String::from_utf8(BASE64.decode(pair.as_bytes()).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn a_secret_is_a_token_or_the_password_of_a_pair() {
        for (text, expected) in [
            ("Bearer s3cret", Some("s3cret")),
            ("bearer  s3cret ", Some("s3cret")),
            ("Splunk s3cret", Some("s3cret")),
            ("Basic bWU6czNjcmV0", Some("s3cret")),
            ("Basic bWU6czNj:cmV0", None),
            ("Basic bWU", None),
            ("Basic", None),
            ("ApiKey bWU6czNjcmV0", Some("s3cret")),
            ("ApiKey s3cret_", Some("s3cret_")),
            ("ApiKey", None),
            ("Digest x", None),
            ("s3cret", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(text));
            assert_eq!(secret(&headers).as_deref(), expected, "{text}");
            // What is shown and worthless is not mended by another header.
            headers.insert(DATADOG, HeaderValue::from_static("other"));
            assert_eq!(secret(&headers).as_deref(), expected, "{text}");
            headers.remove(header::AUTHORIZATION);
            assert_eq!(secret(&headers).as_deref(), Some("other"));
        }
    }
}

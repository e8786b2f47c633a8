//! The cookie of a session: whoever holds it is logged in.

use axum::http::{HeaderMap, HeaderValue, header};

/// Over HTTPS the name binds it to this very host and to HTTPS (RFC 6265bis section 4.1.3.2).
const SECURE: &str = "__Host-tapline";
const PLAIN: &str = "tapline";
/// Cookies of ours that are looked at: a browser sends two at most.
const MAX_SHOWN: usize = 4;

/// The secrets that a request shows.
pub(crate) fn shown(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs =
        lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let ours = pairs.filter(|(name, _)| *name == SECURE || *name == PLAIN);
    ours.map(|(_, secret)| secret).take(MAX_SHOWN)
}

/// `Set-Cookie` for a secret that is good for so many seconds.
///
/// No script reads it, and no other site's page sends it.
pub(crate) fn set(secret: &str, seconds: i64, https: bool) -> Option<HeaderValue> {
    let (name, secure) = if https { (SECURE, "; Secure") } else { (PLAIN, "") };
    let text = format!(
        "{name}={secret}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
        seconds.max(0)
    );
    HeaderValue::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_is_shown_and_what_is_others_is_not() {
        for https in [true, false] {
            let set = set("s3cret", 60, https).expect("a header");
            let set = set.to_str().expect("text");
            assert_eq!(set.contains("Secure"), https, "{set}");
            assert!(
                set.contains("HttpOnly; SameSite=Strict") && set.contains("Max-Age=60"),
                "{set}"
            );
            let pair = set.split(';').next().expect("a pair");
            let mut headers = HeaderMap::new();
            let line = format!("a=b; {pair}; tapline2=x; c");
            headers.insert(header::COOKIE, HeaderValue::from_str(&line).expect("a header"));
            assert_eq!(shown(&headers).collect::<Vec<_>>(), ["s3cret"]);
        }
    }
}

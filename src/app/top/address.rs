//! Where the server is: its address as a browser has it, with the filter and the window that stand in one.

use std::fmt;

use crate::edge::notify::{Scheme, Url};

/// The dashboard of a server, as somebody names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) url: Url,
    /// In front of every route, without a slash at its end.
    base: String,
    /// What the address bar of the dashboard says beside.
    pub(super) filter: Option<String>,
    pub(super) window_s: Option<u32>,
}

impl Address {
    /// Reads `http://host:port/path/?filter=…&window=…`, or a host and port alone.
    ///
    /// # Errors
    /// A sentence with what would be right.
    pub(super) fn parse(text: &str) -> Result<Address, String> {
        let text = text.trim();
        let text = text.split('#').next().unwrap_or_default();
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let rest = whole.split_once("://").map_or("", |(_, rest)| rest);
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err("the URL has a login in it, which every user of this machine could read; \
                put a token into $TAPLINE_TOKEN or --token-file"
                .to_owned());
        }
        if whole.len() != text.len() && !text.contains(':') {
            return Err("write http://HOST:PORT/ or https://HOST/, as a browser has it".to_owned());
        }
        let port = authority.rsplit(']').next().and_then(|end| end.split_once(':'));
        if port.is_some_and(|(_, port)| port.parse::<u16>().is_err()) {
            return Err("the port is no number up to 65535".to_owned());
        }
        let url = Url::parse(&whole, &[Scheme::Http, Scheme::Https])?;
        let (path, query) = url.path.split_once('?').unwrap_or((&url.path, ""));
        let path = path.strip_suffix("/api/v1/live").unwrap_or(path);
        let base = path.trim_end_matches('/').to_owned();
        let value = |name: &str| {
            let found = query.split('&').filter_map(|pair| pair.split_once('='));
            found.filter(|(key, _)| *key == name).map(|(_, value)| decoded(value)).next()
        };
        Ok(Address {
            base,
            filter: value("filter").filter(|filter| !filter.is_empty()),
            window_s: value("window").and_then(|window| window.parse().ok()),
            url,
        })
    }

    /// The route of the feed.
    pub(super) fn feed(&self) -> String {
        format!("{}/api/v1/live", self.base)
    }
}

impl fmt::Display for Address {
    /// Without what is asked of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.url, self.base)
    }
}

/// A value of a query as browsers write it; what is no code stands for itself.
fn decoded(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|hex| std::str::from_utf8(hex).ok());
        let code = code.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_what_a_browser_has() {
        for (text, shown, feed) in [
            ("http://127.0.0.1:8514", "http://127.0.0.1:8514", "/api/v1/live"),
            ("http://127.0.0.1:8514/", "http://127.0.0.1:8514", "/api/v1/live"),
            ("localhost:9000", "http://localhost:9000", "/api/v1/live"),
            ("[::1]:8514", "http://[::1]:8514", "/api/v1/live"),
            ("https://example.org/logs/", "https://example.org/logs", "/logs/api/v1/live"),
            ("http://a:1/api/v1/live", "http://a:1", "/api/v1/live"),
        ] {
            let address = Address::parse(text).expect(text);
            assert_eq!(
                (address.to_string(), address.feed()),
                (shown.into(), feed.into()),
                "{text}"
            );
        }
    }

    #[test]
    fn the_address_bar_has_the_filter_and_the_window() {
        let text = "http://a:1/?filter=status%3A5xx+path%3A%22%2Fa%20b%22&window=300&view=sources";
        let address = Address::parse(text).expect("an address");
        assert_eq!(address.filter.as_deref(), Some("status:5xx path:\"/a b\""));
        assert_eq!(address.window_s, Some(300));
        assert_eq!(decoded("%zz%4"), "%zz%4");
    }

    #[test]
    fn what_is_no_address_is_told_with_what_would_be_one() {
        for text in [
            "",
            "web-1",
            "ftp://a/",
            "http://",
            "http://a b/",
            "http://me:secret@a/",
            "http://a:x/",
        ] {
            let error = Address::parse(text).expect_err(text);
            assert!(!error.is_empty() && !error.contains("secret"), "{text}: {error}");
        }
    }
}

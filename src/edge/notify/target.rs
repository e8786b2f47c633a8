//! Who is told, of what, and how: one `[[notify]]` of the configuration.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use hyper::http::Uri;

use crate::aggregate::wire::{Anomaly, AnomalyKind};
use crate::vocab::secret::Secret;

/// Characters of a target's name.
pub const NAME_MAX: usize = 64;

/// One target.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// In logs and `/metrics`.
    pub name: String,
    pub channel: Channel,
    pub choice: Choice,
    /// So long an incident waits for company before it is told, and to be over before that is told.
    pub group: Duration,
    pub rate: Rate,
}

/// What is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub min_severity: u8,
    /// Empty for all.
    pub kinds: Vec<AnomalyKind>,
    /// Names with `*`; empty for all, and only `*` is also what is of no site. What is nine tenths of one site is of it.
    pub sites: Vec<String>,
}

impl Choice {
    #[must_use]
    pub fn wants(&self, a: &Anomaly) -> bool {
        !a.muted
            && a.severity >= self.min_severity
            && (self.kinds.is_empty() || self.kinds.contains(&a.kind))
            && (self.sites.is_empty()
                || self.sites.iter().any(|pattern| match a.mostly_of() {
                    Some(site) => fits(pattern, site),
                    None => pattern == "*",
                }))
    }
}

/// Whether a text fits a pattern with stars, whatever its case.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_ascii_lowercase(), text.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// At most so many messages in so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub messages: u32,
    pub per: Duration,
}

/// How a target is reached.
#[derive(Clone, PartialEq, Eq)]
pub enum Channel {
    Json(Web),
    Slack(Web),
    Discord(Web),
    Ntfy(Web),
    Smtp(Mail),
}

impl fmt::Display for Channel {
    /// `slack, https://hooks.slack.com`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, url) = match self {
            Channel::Json(web) => ("json", &web.url),
            Channel::Slack(web) => ("slack", &web.url),
            Channel::Discord(web) => ("discord", &web.url),
            Channel::Ntfy(web) => ("ntfy", &web.url),
            Channel::Smtp(mail) => ("smtp", &mail.url),
        };
        write!(f, "{name}, {url}")
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Channel::Smtp(mail) => mail.fmt(f),
            Channel::Json(web) => write!(f, "Json({web:?})"),
            Channel::Slack(web) => write!(f, "Slack({web:?})"),
            Channel::Discord(web) => write!(f, "Discord({web:?})"),
            Channel::Ntfy(web) => write!(f, "Ntfy({web:?})"),
        }
    }
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Web {
    pub url: Url,
    pub login: Login,
}

/// What is shown of oneself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Login {
    #[default]
    None,
    /// `Authorization: Bearer`.
    Token(Secret),
    /// `Authorization: Basic`, or SMTP's own.
    Password { user: String, password: Secret },
}

/// A mail server, and whose mail to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    pub url: Url,
    pub login: Login,
    pub from: String,
    pub to: Vec<String>,
    /// A server elsewhere may be spoken to without TLS.
    pub insecure: bool,
}

/// An address of a server. Its path may be the secret, as Slack's and Discord's are, so it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    pub scheme: Scheme,
    /// A literal IPv6 address has its brackets.
    pub host: String,
    pub port: u16,
    /// From the `/` on, with the query.
    pub path: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
    /// Port 587; becomes TLS by STARTTLS.
    Smtp,
    /// Port 465; TLS from the start.
    Smtps,
}

impl Scheme {
    fn parts(self) -> (&'static str, u16) {
        match self {
            Scheme::Http => ("http", 80),
            Scheme::Https => ("https", 443),
            Scheme::Smtp => ("smtp", 587),
            Scheme::Smtps => ("smtps", 465),
        }
    }

    #[must_use]
    pub fn name(self) -> &'static str {
        self.parts().0
    }
}

impl Url {
    /// Reads an address with one of `schemes`.
    ///
    /// # Errors
    /// A sentence with what would be right. It holds nothing of the path, which may be secret.
    pub fn parse(text: &str, schemes: &[Scheme]) -> Result<Url, String> {
        let names: Vec<String> = schemes.iter().map(|s| format!("{}://", s.name())).collect();
        let names = names.join(" or ");
        let Some((scheme, rest)) = text.trim().split_once("://") else {
            return Err(format!("the URL does not start with {names}"));
        };
        let Some(&scheme) = schemes.iter().find(|s| s.name().eq_ignore_ascii_case(scheme)) else {
            return Err(format!("the URL does not start with {names}"));
        };
        // The parser knows the schemes of the web alone.
        let uri: Uri = format!("http://{rest}").parse().map_err(|_| {
            "the URL can't be read; write a blank as %20, \" as %22, < as %3C, > as %3E, \
             and a host that is not ASCII as xn--"
                .to_owned()
        })?;
        let Some(authority) = uri.authority().filter(|a| !a.host().is_empty()) else {
            return Err("the URL names no host".to_owned());
        };
        if authority.as_str().contains('@') {
            return Err(
                "the URL has a login in it; say `user` and `password`, or `token`, beside it"
                    .to_owned(),
            );
        }
        Ok(Url {
            scheme,
            host: authority.host().to_owned(),
            port: authority.port_u16().unwrap_or(scheme.parts().1),
            path: uri.path_and_query().map_or("/", |path| path.as_str()).to_owned(),
        })
    }

    /// As sockets and certificates know it: without brackets.
    #[must_use]
    pub fn bare_host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Whether what is sent there stays on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.bare_host();
        host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
    }

    /// Whether TLS is spoken whatever the server offers.
    #[must_use]
    pub fn is_private(&self) -> bool {
        matches!(self.scheme, Scheme::Https | Scheme::Smtps)
    }

    /// `Host` header: without the port that the scheme implies.
    #[must_use]
    pub fn host_header(&self) -> String {
        if self.port == self.scheme.parts().1 {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Url {
    /// Scheme, host and port alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.host_header())
    }
}

impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}/…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEB: &[Scheme] = &[Scheme::Http, Scheme::Https];

    #[test]
    fn a_url_is_read_and_its_path_not_shown() {
        let url = Url::parse("https://hooks.example/services/T0/B0/secret?a=b", WEB).expect("good");
        assert_eq!((url.host.as_str(), url.port), ("hooks.example", 443));
        assert_eq!(url.path, "/services/T0/B0/secret?a=b");
        assert_eq!(format!("{url} {url:?}"), "https://hooks.example https://hooks.example/…");
        let url = Url::parse("http://[::1]:9000", WEB).expect("good");
        assert_eq!((url.bare_host(), url.port, url.is_loopback()), ("::1", 9000, true));
        assert_eq!(url.host_header(), "[::1]:9000");
        assert!(!Url::parse("http://localhost.example", WEB).expect("good").is_loopback());
        for (text, words) in [
            ("hooks.example/x", "does not start with http:// or https://"),
            ("ftp://secret", "does not start"),
            ("https://user:secret@host/", "a login in it"),
            ("https:///secret", "can't be read"),
            ("https://a b/secret", "can't be read"),
            ("https://a/?filter=latency>0.5", "> as %3E"),
        ] {
            let told = Url::parse(text, WEB).expect_err(text);
            assert!(told.contains(words) && !told.contains("secret"), "{text}: {told}");
        }
    }

    #[test]
    fn what_is_mostly_of_a_site_is_told_to_who_wants_that_site() {
        let mut a = crate::edge::notify::sample::surge("a", "a", 4);
        let choice =
            Choice { min_severity: 1, kinds: Vec::new(), sites: vec!["*.example".to_owned()] };
        assert!(choice.wants(&a));
        a.site = None;
        assert!(!choice.wants(&a));
        (a.explain[0].field, a.explain[0].value) = ("site".to_owned(), "b.example".to_owned());
        assert!(choice.wants(&a));
        a.explain[0].share = 0.8;
        assert!(!choice.wants(&a));
    }

    #[test]
    fn sites_are_named_with_stars() {
        for (pattern, text, fitting) in [
            ("shop.example", "Shop.example", true),
            ("shop.example", "a.shop.example", false),
            ("*.example", "shop.example", true),
            ("shop*", "shop.example", true),
            ("a*b*c", "aXbXbc", true),
            ("a*b*c", "acb", false),
            ("*", "", true),
        ] {
            assert_eq!(fits(pattern, text), fitting, "{pattern} {text}");
        }
    }
}

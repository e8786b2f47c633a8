//! Who may do what over HTTP: credentials and rights.
//!
//! [`guard`](super::guard) asks in here on every request. What a route needs is a table that is closed
//! by default: a route that nobody thought of needs the right `admin` to change something and `look`
//! to read.

pub(crate) mod cookie;
pub(crate) mod gate;
pub(crate) mod login;
pub mod password;
pub mod presented;
pub(crate) mod shares;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::Method;
use tokio_util::sync::CancellationToken;

use super::{ApiError, assets, shippers};
use crate::aggregate::filter::Filter;
use crate::aggregate::list::List;
use crate::edge::clock::Clock;
use crate::pipeline::guest;
use crate::state::sessions::Session;
use crate::state::shares::Share;
use crate::vocab::digest::Digest;
use crate::vocab::network::Network;
use crate::vocab::network::subscriber;
use crate::vocab::right::Right;
use crate::vocab::time::Second;

/// The `[access]` settings, `[[token]]` and what else lets somebody in.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Loopback needs a credential, too: for machines with other users.
    pub loopback_needs_key: bool,
    /// No credential is needed anywhere.
    pub insecure: bool,
    /// Those of the configuration, the key among them.
    pub tokens: Vec<Token>,
    /// Who may log in.
    pub users: Vec<User>,
    /// How long a login lasts.
    pub session: Duration,
    /// Host (and port) under which the dashboard is published, from `public_url`.
    pub public_host: Option<String>,
    /// The address itself, for links.
    pub public_url: String,
    /// It is published over HTTPS.
    pub public_https: bool,
    /// Proxies that are believed about whose request it is.
    pub trusted_proxies: Vec<Network>,
}

/// A secret of 256 random bits, or the operator's own key, and what it is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// In logs.
    pub name: String,
    pub right: Right,
    /// The secret itself is kept nowhere.
    pub digest: Digest,
    /// From then on it is worth nothing.
    pub expires: Option<Second>,
}

/// A person who logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub right: Right,
    pub hash: password::PasswordHash,
}

/// Where a request comes from, whoever asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker {
    pub(crate) address: IpAddr,
    /// It was sent to the published host, and that is reached over HTTPS.
    pub(crate) https: bool,
}

/// No credential has this name.
const NOBODY: &str = "";

/// Who asks, as far as it is known. Handlers find it among the request's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Who {
    pub(crate) name: Arc<str>,
    pub(crate) right: Right,
    /// The only site that may be seen; all of them where it is none.
    pub(crate) site: Option<Arc<str>>,
    /// When what was shown is worth nothing any more.
    pub(crate) expires: Option<Second>,
    /// Cancelled when it is worth nothing before that.
    ends: CancellationToken,
}

impl Who {
    /// Somebody at this machine, where that is enough, or anybody where `insecure` says so.
    pub(crate) fn anybody(ends: CancellationToken) -> Who {
        Who { name: NOBODY.into(), right: Right::Admin, site: None, expires: None, ends }
    }

    pub(crate) fn of_token(token: &Token, ends: CancellationToken) -> Who {
        let (name, expires) = (token.name.as_str().into(), token.expires);
        Who { name, right: token.right, site: None, expires, ends }
    }

    pub(crate) fn of_session(session: Session) -> Who {
        let Session { name, right, expires, ends, .. } = session;
        Who { name, right, site: None, expires: Some(expires), ends }
    }

    /// A guest, who looks at one site.
    pub(crate) fn of_share(share: Share) -> Who {
        let name = format!("share {}", share.id).into();
        let (site, expires) = (Some(share.site), Some(share.expires));
        Who { name, right: Right::Look, site, expires, ends: share.ends }
    }

    /// What a filter means for this one.
    pub(crate) fn within(&self, filter: Filter) -> Result<Filter, ApiError> {
        within(filter, self.site.as_deref())
    }

    /// Refuses a guest a filter that asks who sent the lines.
    pub(crate) fn may_ask(&self, filter: Filter) -> Result<Filter, ApiError> {
        match self.site {
            Some(_) if guest::asks_for_senders(&filter) => Err(ApiError::not_shared()),
            _ => Ok(filter),
        }
    }

    /// Refuses a guest the list, or the values, of who sent the lines.
    pub(crate) fn may_list(&self, list: List) -> Result<(), ApiError> {
        match self.site {
            Some(_) if guest::hides(list) => Err(ApiError::not_shared()),
            _ => Ok(()),
        }
    }

    /// Waits until what was shown is worth nothing any more: then what it opened has to end.
    pub(crate) async fn over(self) {
        let left = self.expires.map(|end| end.start().0.saturating_sub(Clock::System.now().0));
        let left = left.map(|ms| Duration::from_millis(u64::try_from(ms).unwrap_or(0)));
        let expired = async {
            match left {
                Some(left) => tokio::time::sleep(left).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            () = self.ends.cancelled() => {}
            () = expired => {}
        }
    }

    pub(crate) fn is_anybody(&self) -> bool {
        &*self.name == NOBODY
    }
}

/// What a route asks of whoever asks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: who logs in has nothing yet.
    Nothing,
    /// Some credential, whatever it is good for.
    Any,
    Right(Right),
}

impl Need {
    pub(crate) fn of(method: &Method, path: &str) -> Need {
        let reads = *method == Method::GET || *method == Method::HEAD;
        match path {
            "/api/v1/session" => Need::Any,
            _ if is_probe(method, path) => Need::Nothing,
            _ if shippers::is_health(path) => Need::Any,
            "/api/v1/login" | "/api/v1/logout" | "/api/v1/shares/open" => Need::Nothing,
            "/api/v1/shares" => Need::Right(Right::Admin),
            // The page's files are everybody's, and the login page needs some; its start is not.
            _ if reads && !is_page(path) && assets::lookup(path).is_some() => Need::Nothing,
            _ if !reads && shippers::is_sent_to(path) => Need::Right(Right::Send),
            _ if reads && shippers::is_asked_at(path) => Need::Right(Right::Send),
            _ if reads => Need::Right(Right::Look),
            // Also what changes nothing (`OPTIONS`) and what no route answers: it costs nobody anything.
            _ => Need::Right(Right::Admin),
        }
    }

    /// Whether a guest of one site may ask it: all of these answer with that site alone. What is not
    /// named here is not for guests.
    pub(crate) fn is_for_guests(method: &Method, path: &str) -> bool {
        let reads = *method == Method::GET || *method == Method::HEAD;
        let named = matches!(
            path,
            "/" | "/index.html"
                | "/api/v1/session"
                | "/api/v1/live"
                | "/api/v1/summary"
                | "/api/v1/series"
                | "/api/v1/events"
                | "/api/v1/trend"
                | "/api/v1/values"
                | "/api/v1/markers"
                | "/api/v1/anomalies"
                | "/api/v1/sources"
        );
        let one = path.strip_prefix("/api/v1/anomalies/").is_some_and(|id| id != "why");
        reads && (named || one)
    }

    pub(crate) fn is_met_by(self, right: Right) -> bool {
        match self {
            Need::Nothing | Need::Any => true,
            Need::Right(needed) => right.covers(needed),
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Need::Nothing => "none",
            Need::Any => "any",
            Need::Right(right) => right.name(),
        }
    }
}

/// A filter as it is answered to a guest of a site, or to whoever may see all.
///
/// # Errors
/// Where a guest asks who sent the lines.
pub(crate) fn within(filter: Filter, site: Option<&str>) -> Result<Filter, ApiError> {
    match site {
        Some(_) if guest::asks_for_senders(&filter) => Err(ApiError::not_shared()),
        Some(site) => Ok(filter.within_site(site)),
        None => Ok(filter),
    }
}

/// Whether the server runs and is ready: one word that is no secret from anybody.
pub(crate) fn is_probe(method: &Method, path: &str) -> bool {
    let reads = *method == Method::GET || *method == Method::HEAD;
    reads && matches!(path, "/healthz" | "/readyz")
}

/// The dashboard itself.
pub(crate) fn is_page(path: &str) -> bool {
    matches!(path, "/" | "/index.html")
}

impl Access {
    /// The token behind a secret that somebody shows, while it is good.
    ///
    /// Every token is compared, so that the time tells nothing of which one is near.
    pub(crate) fn token(&self, secret: &str, now: Second) -> Option<&Token> {
        self.shown(secret, |token| token.expires.is_none_or(|end| now < end))
    }

    /// The token behind a secret that was good once, and since when it is not.
    pub(crate) fn over(&self, secret: &str, now: Second) -> Option<(&Token, Second)> {
        let ends = |token: &Token| token.expires.filter(|end| *end <= now);
        let token = self.shown(secret, |token| ends(token).is_some())?;
        Some((token, ends(token)?))
    }

    fn shown(&self, secret: &str, is_wanted: impl Fn(&Token) -> bool) -> Option<&Token> {
        let shown = Digest::of(secret);
        self.tokens.iter().fold(None, |found, token| {
            let good = token.digest == shown && is_wanted(token);
            if good { Some(token) } else { found }
        })
    }

    /// Under which address its connections and sessions count; under none where many people have the same:
    /// this machine's own, and proxies that are trusted.
    pub(crate) fn counted(&self, address: IpAddr) -> Option<IpAddr> {
        let address = address.to_canonical();
        let shared = address.is_loopback()
            || self.trusted_proxies.iter().any(|proxy| proxy.contains(address));
        (!shared).then(|| subscriber(address))
    }

    /// Whose request it is, as far as proxies that are trusted say so: what is throttled and logged.
    pub(crate) fn address(&self, peer: IpAddr, forwarded: &axum::http::HeaderMap) -> IpAddr {
        let peer = peer.to_canonical();
        let lists = forwarded.get_all("x-forwarded-for").iter();
        let lists: Vec<&str> = lists.filter_map(|list| list.to_str().ok()).collect();
        crate::decode::forwarded::client_of(peer, &lists.join(","), &self.trusted_proxies)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_thought_of_needs_the_highest_right() {
        for (method, path, expected) in [
            ("GET", "/", Need::Right(Right::Look)),
            ("GET", "/api/v1/summary", Need::Right(Right::Look)),
            ("HEAD", "/api/v1/live", Need::Right(Right::Look)),
            ("GET", "/metrics", Need::Right(Right::Look)),
            ("GET", "/index.html", Need::Right(Right::Look)),
            ("GET", "//index.html", Need::Right(Right::Look)),
            ("GET", "/icon.svg", Need::Nothing),
            ("POST", "/icon.svg", Need::Right(Right::Admin)),
            ("POST", "/api/v1/login", Need::Nothing),
            ("GET", "/api/v1/session", Need::Any),
            ("GET", "/healthz", Need::Nothing),
            ("HEAD", "/readyz", Need::Nothing),
            ("POST", "/readyz", Need::Right(Right::Admin)),
            ("GET", "/healthz/", Need::Right(Right::Look)),
            ("POST", "/api/v1/logs", Need::Right(Right::Send)),
            ("PUT", "/api/v1/logs", Need::Right(Right::Send)),
            ("GET", "/api/v1/logs", Need::Right(Right::Look)),
            ("POST", "/api/v1/logs/", Need::Right(Right::Admin)),
            ("POST", "/api/v1/%6cogs", Need::Right(Right::Admin)),
            ("POST", "/loki/api/v1/push", Need::Right(Right::Send)),
            ("GET", "/loki/api/v1/push", Need::Right(Right::Look)),
            ("POST", "/loki/api/v1/push/", Need::Right(Right::Admin)),
            ("GET", "/ready", Need::Any),
            ("GET", "/services/collector/health", Need::Any),
            ("POST", "/nginx/_bulk", Need::Right(Right::Send)),
            ("POST", "/nginx/x/_bulk", Need::Right(Right::Admin)),
            ("GET", "/elastic/", Need::Right(Right::Send)),
            ("PUT", "/elastic/", Need::Right(Right::Admin)),
            ("GET", "/elastic/index.html", Need::Right(Right::Look)),
            ("POST", "/api/v1/markers", Need::Right(Right::Admin)),
            ("DELETE", "/api/v1/mutes/m1", Need::Right(Right::Admin)),
            ("BREW", "/api/v2/anything", Need::Right(Right::Admin)),
        ] {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            assert_eq!(Need::of(&method, path), expected, "{method} {path}");
        }
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let token = |name: &str, expires| Token {
            name: name.into(),
            right: Right::Look,
            digest: Digest::of(name),
            expires,
        };
        let tokens = vec![token("a", None), token("b", Some(Second(100)))];
        let access = Access { tokens, ..Access::default() };
        let found = |secret, now| access.token(secret, Second(now)).map(|t| t.name.as_str());
        assert_eq!(found("a", 1_000), Some("a"));
        assert_eq!(found("b", 99), Some("b"));
        assert_eq!(found("b", 100), None);
        assert_eq!(found("c", 0), None);
        assert_eq!(found("", 0), None);
    }
}

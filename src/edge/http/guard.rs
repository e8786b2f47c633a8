//! Who may ask: checked on every route before anything else, but for what probes ask.
//!
//! A page in the operator's own browser can reach a loopback port, so `Host` and `Origin` are
//! checked even there: a foreign page must neither read the feed (DNS rebinding, cross-site
//! WebSockets) nor post forged lines.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio_util::sync::CancellationToken;

use super::access::gate::Gate;
use super::access::{Access, Asker, Need, Who, cookie, is_page, is_probe, presented};
use super::patient::Seen;
use super::scans::Asking;
use super::{ApiError, At, assets};
use crate::aggregate::render::rfc3339;
use crate::edge::clock::Clock;
use crate::vocab::right::Right;
use crate::vocab::time::Second;

/// A year (RFC 6797). Not for loopback's names: browsers would ask every other port of this machine for
/// HTTPS, too.
const ONLY_HTTPS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// [`check`], and over TLS the word that there is nothing else under this name.
pub(crate) async fn guard(state: State<At>, request: Request, next: Next) -> Response {
    let told = tracing::enabled!(tracing::Level::DEBUG).then(|| Told::of(&request));
    let only_https = state.listener.is_tls() && !is_local_name(host_name(host(request.headers())));
    let mut response = check(state, request, next).await;
    if only_https {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, ONLY_HTTPS);
    }
    if let Some(told) = told {
        told.answered(response.status());
    }
    response
}

/// What is said of a request to whom looks for a fault. Not its query, which may hold what is nobody else's business.
struct Told {
    peer: Option<SocketAddr>,
    method: Method,
    path: String,
    since: Instant,
}

impl Told {
    fn of(request: &Request) -> Told {
        Told {
            peer: request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            since: Instant::now(),
        }
    }

    /// A live feed is answered when it begins.
    fn answered(self, status: StatusCode) {
        let (peer, ms) = (self.peer.map(tracing::field::display), self.since.elapsed().as_millis());
        let (method, path) = (self.method, self.path);
        tracing::debug!(peer, %method, ?path, status = status.as_u16(), %ms, "answered");
    }
}

/// Refuses what does not belong here; passes the rest on.
async fn check(State(at): State<At>, mut request: Request, next: Next) -> Response {
    // Load balancers and Kubernetes ask by an address or a name of theirs and have nothing to show.
    if is_probe(request.method(), request.uri().path()) {
        return next.run(request).await;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    // Before what holds now: a feed that a reload is to end must not be given the end of those after it.
    let ends = at.web.gate.feeds_end();
    let access = &at.web.config.get().access;
    // `GET http://host/path` names a host, too, and RFC 9112 section 3.2.2 gives it precedence.
    let asked = request.uri().authority().map(|authority| authority.as_str());
    let need = Need::of(request.method(), request.uri().path());
    let for_guests = Need::is_for_guests(request.method(), request.uri().path());
    let opens_page = opens_page(&request);
    // Not the clock of the lines, which a replay turns.
    let now = Clock::System.now().second();
    let is_ours = |name: &str| at.tls.as_ref().is_some_and(|tls| tls.is_for(name));
    let placed = place((access, &is_ours), peer, asked, opens_page, request.headers());
    let peer = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let address = access.address(peer, request.headers());
    let published = access.public_https && access.is_public(host(request.headers()));
    let https = at.listener.is_tls() || published;
    request.extensions_mut().insert(Asker { address, https });
    let seen = request.extensions().get::<Arc<Seen>>().cloned().unwrap_or_default();
    let counted = access.counted(address);
    let found = match placed {
        Ok(_) if need == Need::Nothing => return next.run(request).await,
        Ok(at_home) => who(access, (&at.web.gate, ends), at_home, request.headers(), now)
            .and_then(|who| allowed(need, who))
            .and_then(
                |who| if who.site.is_none() || for_guests { Ok(who) } else { Err(Refusal::Guest) },
            ),
        Err(refusal) => Err(refusal),
    };
    match found {
        Ok(who) => {
            let changes = need == Need::Right(Right::Admin) && !request.method().is_safe();
            let told = (changes && !who.is_anybody()).then(|| {
                let path = request.uri().path().to_owned();
                (Arc::clone(&who.name), request.method().clone(), path)
            });
            let guest = who.site.is_some().then(|| Arc::clone(&who.name));
            request.extensions_mut().insert(Asking { address: counted, guest, peer: seen });
            request.extensions_mut().insert(who);
            let answer = next.run(request).await;
            // A record of what was changed, and by whom: not of what was refused.
            if let Some((name, method, path)) = told
                && answer.status().is_success()
            {
                tracing::info!(%name, %method, path, "administered");
            }
            answer
        }
        Err(refusal) => {
            let shown = presented::is_any(request.headers());
            if refusal.is_of_key()
                && shown
                && let Some(unsaid) = at.web.refused_due()
            {
                let secret = presented::secret(request.headers());
                match secret.as_ref().and_then(|secret| access.over(secret, now)) {
                    Some((token, end)) => {
                        let (name, end) = (&token.name, rfc3339(end));
                        tracing::warn!(%address, %name, %end, unsaid, "a token that is over was shown");
                    }
                    None => {
                        tracing::warn!(%address, unsaid, "a credential that is worth nothing was shown");
                    }
                }
            }
            let wants_page = is_page(request.uri().path()) && request.method() == Method::GET;
            if refusal.is_of_key()
                && wants_page
                && let Some(page) = login_page(request.headers())
            {
                return page;
            }
            refusal.answer(is_script(request.headers()))
        }
    }
}

/// The login page in the place of the dashboard: at the same address, so that after the login that is
/// what is loaded again, with its filter. `None` where the page is not in this build.
fn login_page(headers: &HeaderMap) -> Option<Response> {
    let mut plain = HeaderMap::new();
    // Nothing that makes it "not modified": a cache has the dashboard under this address.
    if let Some(accepted) = headers.get(header::ACCEPT_ENCODING) {
        plain.insert(header::ACCEPT_ENCODING, accepted.clone());
    }
    let mut page = assets::respond("login.html", &plain)?;
    *page.status_mut() = StatusCode::UNAUTHORIZED;
    page.headers_mut().remove(header::ETAG);
    page.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // RFC 9110 section 15.5.2 wants a challenge; this one no browser answers by itself.
    let challenge = HeaderValue::from_static("Bearer realm=\"Tapline\"");
    page.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    Some(page)
}

fn host(headers: &HeaderMap) -> &str {
    headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("")
}

/// Why a request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    Host,
    Origin,
    /// Nothing good was shown.
    Key,
    /// A token that was good until then.
    Over(Second),
    /// A share link shows one site, and this is about more.
    Guest,
    /// What was shown is not good for this.
    Right(Need),
}

/// Whether somebody follows a link to the dashboard, from a mail or a chat perhaps: what is loaded stands
/// in a window of its own, where the page of the link does not see it.
fn opens_page(request: &Request) -> bool {
    let is = |name: &str, value: &str| request.headers().get(name).is_some_and(|v| v == value);
    *request.method() == Method::GET
        && is_page(request.uri().path())
        && is("sec-fetch-mode", "navigate")
        && is("sec-fetch-dest", "document")
}

/// Whether a page asks and not its user: a challenge that names Basic would have the browser ask for a
/// password over the page. Browsers say so themselves (Fetch Metadata), but not over plain HTTP from
/// another machine; there what a browser asks for without wanting a document is a page's.
fn is_script(headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    match headers.get("sec-fetch-mode") {
        Some(mode) => mode != "navigate",
        None => {
            let browser =
                text(header::USER_AGENT).is_some_and(|agent| agent.starts_with("Mozilla/"));
            browser && !text(header::ACCEPT).is_some_and(|accept| accept.contains("text/html"))
        }
    }
}

impl Refusal {
    /// Whether something good has to be shown.
    fn is_of_key(self) -> bool {
        matches!(self, Refusal::Key | Refusal::Over(_))
    }

    fn answer(self, script: bool) -> Response {
        let error = |status, code, message: &str, hint: &str| {
            ApiError::new(status, code, message, hint).into_response()
        };
        match self {
            Refusal::Host => error(
                StatusCode::FORBIDDEN,
                "foreign_host",
                "this server does not answer under that host name",
                "set access.public_url to the address you use, or use HTTPS and a name of the certificate",
            ),
            Refusal::Origin => error(
                StatusCode::FORBIDDEN,
                "foreign_origin",
                "a page of another site may neither look nor send here",
                "open the dashboard itself; set access.public_url behind a reverse proxy",
            ),
            Refusal::Right(need) => error(
                StatusCode::FORBIDDEN,
                "not_allowed",
                &format!("this needs the right `{}`", need.name()),
                "show a credential that has it: `tapline token new --right RIGHT` makes one",
            ),
            Refusal::Guest => ApiError::not_shared().into_response(),
            Refusal::Key | Refusal::Over(_) => {
                let message = match self {
                    Refusal::Over(end) => format!("this token is over since {}", rfc3339(end)),
                    _ => "this needs a credential".to_owned(),
                };
                let mut response = error(
                    StatusCode::UNAUTHORIZED,
                    "key_needed",
                    &message,
                    "send `Authorization: Bearer TOKEN`, or any name and the token as password; `tapline token new` makes one",
                );
                let headers = response.headers_mut();
                let challenges =
                    ["Bearer realm=\"Tapline\"", "Basic realm=\"Tapline\", charset=\"UTF-8\""];
                for challenge in &challenges[..if script { 1 } else { 2 }] {
                    headers.append(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
                }
                response
            }
        }
    }
}

/// Whether the request comes from this machine and nobody else's page or proxy. `is_ours` tells the names that
/// the certificate of this listener is good for.
fn place(
    (access, is_ours): (&Access, &dyn Fn(&str) -> bool),
    peer: Option<IpAddr>,
    asked: Option<&str>,
    opens_page: bool,
    headers: &HeaderMap,
) -> Result<bool, Refusal> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok());
    let host = host(headers);
    // Two answers to "which host?" mean that somebody between believes the other one.
    let differs = |other: &str| !other.eq_ignore_ascii_case(host);
    if headers.get_all("host").iter().count() > 1 || asked.is_some_and(differs) {
        return Err(Refusal::Host);
    }
    let name = host_name(host);
    let published = access.public_host.as_deref();
    let public = access.is_public(host);
    let ip: Option<IpAddr> = name.parse().ok();
    let local_name = is_local_name(name);
    // A name can be pointed at us by a stranger's DNS, an address can't, and with a name of our own certificate
    // he would have to be somebody whose name it has. Such a name is nobody's home: it needs a credential.
    if !(public || local_name || ip.is_some() || is_ours(name)) {
        return Err(Refusal::Host);
    }
    let cross = text("sec-fetch-site").is_some_and(|site| site.eq_ignore_ascii_case("cross-site"));
    if cross && !opens_page {
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
    Ok(at_home)
}

/// Who asks. What is shown and good counts, even where nothing needed to be shown; what is shown and
/// worthless is as good as nothing.
fn who(
    access: &Access,
    (gate, ends): (&Gate, CancellationToken),
    at_home: bool,
    headers: &HeaderMap,
    now: Second,
) -> Result<Who, Refusal> {
    let shown = presented::secret(headers);
    if let Some(token) = shown.as_deref().and_then(|secret| access.token(secret, now)) {
        return Ok(Who::of_token(token, ends));
    }
    let session = cookie::shown(headers).find_map(|secret| gate.sessions.find(secret, now));
    if let Some(session) = session {
        return Ok(Who::of_session(session));
    }
    let share = cookie::shown(headers).find_map(|secret| gate.shares.find(secret, now));
    if let Some(share) = share {
        return Ok(Who::of_share(share));
    }
    if access.insecure || (at_home && !access.loopback_needs_key) {
        return Ok(Who::anybody(ends));
    }
    // Only who has it hears that.
    let over = shown.and_then(|secret| access.over(&secret, now));
    Err(over.map_or(Refusal::Key, |(_, end)| Refusal::Over(end)))
}

fn allowed(need: Need, who: Who) -> Result<Who, Refusal> {
    if need.is_met_by(who.right) { Ok(who) } else { Err(Refusal::Right(need)) }
}

impl Access {
    /// nginx's `$host`, which everybody passes on, has no port.
    fn is_public(&self, host: &str) -> bool {
        self.public_host.as_deref().is_some_and(|public| {
            public.eq_ignore_ascii_case(host) || host_name(public).eq_ignore_ascii_case(host)
        })
    }
}

fn is_local_name(name: &str) -> bool {
    let loopback = name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
    name.eq_ignore_ascii_case("localhost") || loopback
}

/// `host[:port]`, `[v6][:port]` without the port and the brackets; what is neither, as it is, which is
/// nobody's name (`[::1].example`, `localhost:evil`).
fn host_name(host: &str) -> &str {
    let (name, behind) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, behind)) => (name, behind),
        None => host.split_at(host.rfind(':').unwrap_or(host.len())),
    };
    match behind.strip_prefix(':') {
        Some(port) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        None if behind.is_empty() => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::super::access::Token;
    use super::*;
    use crate::vocab::digest::Digest;

    const HOME: &str = "127.0.0.1";

    fn verdict(access: &Access, peer: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(
                HeaderName::from_bytes(name.as_bytes()).expect("name"),
                HeaderValue::from_str(value).expect("value"),
            );
        }
        let peer = Some(peer.parse().expect("peer"));
        let is_ours = |name: &str| name == "ours.example";
        let at_home = place((access, &is_ours), peer, None, false, &map)?;
        who(access, (&Gate::new(), CancellationToken::new()), at_home, &map, Second(0)).map(drop)
    }

    #[test]
    fn loopback_is_free_and_everything_else_needs_a_reason() {
        let none = Access::default();
        let token = Token {
            name: "key".into(),
            right: Right::Admin,
            digest: Digest::of("s3cret"),
            expires: None,
        };
        let key = Access { tokens: vec![token], ..Access::default() };
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
            ("behind brackets", &none, HOME, vec![("host", "[::1].evil:1")], Err(Refusal::Host)),
            ("no port", &none, HOME, vec![("host", "localhost:evil")], Err(Refusal::Host)),
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
            ("of the certificate", &key, HOME, vec![("host", "ours.example:1")], Err(Refusal::Key)),
            (
                "of the certificate with the key",
                &key,
                HOME,
                vec![("host", "ours.example"), bearer, ("origin", "https://ours.example")],
                Ok(()),
            ),
            (
                "of the certificate, and a page of another port",
                &key,
                HOME,
                vec![("host", "ours.example"), bearer, ("origin", "https://ours.example:1")],
                Err(Refusal::Origin),
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

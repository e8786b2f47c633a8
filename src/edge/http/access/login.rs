//! Logging in and out: a name and a password, or a token, for a cookie.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};

use super::super::json::Json;
use super::password::{MAX_PASSWORD, PasswordHash};
use super::{Access, Asker, Token, User, Who, cookie};
use crate::aggregate::render::rfc3339;
use crate::edge::clock::Clock;
use crate::edge::http::api::bad;
use crate::edge::http::body;
use crate::edge::http::{ApiError, Web};
use crate::edge::random;
use crate::vocab::right::Right;
use crate::vocab::time::{Millis, Second};

/// Bytes of a login: the longest password, every byte of it escaped, and a name.
const MAX_BODY: usize = 8 * MAX_PASSWORD;
/// How long a login may wait for others to be verified.
const PATIENCE: Duration = Duration::from_secs(5);

/// Not to be printed: it holds a password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// Empty for a token.
    #[serde(default)]
    name: String,
    password: String,
}

/// `GET /api/v1/session`, and the answer to a login.
#[derive(Debug, Serialize)]
pub(crate) struct Session {
    /// Empty for whoever needed to show nothing.
    name: String,
    right: &'static str,
    /// The only site that is shown; null for all.
    site: Option<String>,
    /// RFC 3339; null where it does not end by itself.
    expires: Option<String>,
}

/// Who the server takes one for.
pub(crate) async fn session(Extension(who): Extension<Who>) -> Json<Session> {
    let site = who.site.as_deref().map(str::to_owned);
    Json(Session { site, ..Session::of(&who.name, who.right, who.expires) })
}

impl Session {
    fn of(name: &str, right: Right, expires: Option<Second>) -> Session {
        Session {
            name: name.to_owned(),
            right: right.name(),
            site: None,
            expires: expires.map(rfc3339),
        }
    }
}

pub(crate) async fn login(
    State(web): State<Arc<Web>>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, ApiError> {
    let body = body::read(&web, request, MAX_BODY, too_large).await?;
    let sent: Sent = serde_json::from_slice(&body.bytes).map_err(|_| {
        // Not the parser's words: they may quote the password.
        bad(
            "bad_login",
            "this is no login",
            r#"{"name":"ann","password":"…"}; a token needs no name"#,
        )
    })?;
    if sent.password.len() > MAX_PASSWORD {
        return Err(too_large());
    }
    let now = Clock::System.now();
    throttled(&web, asker.address, &sent.name, now)?;
    let address = asker.address;
    let Some(known) = verified(&web, &sent, now.second()).await? else {
        return Err(failed(&web, &sent.name, address));
    };
    let (name, right) = known.names();
    let secret = random::secret().map_err(|_| internal())?;
    let lasts = i64::try_from(web.config.get().access.session.as_secs()).unwrap_or(i64::MAX);
    let expires = now.second().plus(lasts);
    // Not longer than what it was opened with.
    let expires = known.expires().map_or(expires, |end| end.min(expires));
    let lasts = expires.0 - now.second().0;
    web.gate.sessions.open(&secret, name, right, expires, now.second());
    // A password takes a while, and a reload may have taken its user away meanwhile. Only now: a later
    // reload finds the session and ends it.
    if !known.is_in(&web.config.get().access) {
        web.gate.sessions.close(&secret);
        return Err(failed(&web, &sent.name, address));
    }
    web.gate.give_back(address, &sent.name);
    tracing::info!(%name, %address, "logged in");
    let session = Json(Session::of(name, right, Some(expires)));
    Ok(with_cookie(session.into_response(), &secret, lasts, asker.https))
}

pub(crate) async fn logout(
    State(web): State<Arc<Web>>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
) -> Response {
    for secret in cookie::shown(&headers) {
        if let Some(session) = web.gate.sessions.close(secret) {
            tracing::info!(name = %session.name, address = %asker.address, "logged out");
        }
    }
    with_cookie(StatusCode::NO_CONTENT.into_response(), "", 0, asker.https)
}

pub(super) fn with_cookie(mut answer: Response, secret: &str, lasts: i64, https: bool) -> Response {
    let headers = answer.headers_mut();
    headers.extend(cookie::set(secret, lasts, https).map(|cookie| (header::SET_COOKIE, cookie)));
    headers.insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    answer
}

/// Who logs in, as the configuration has him.
enum Principal {
    Token(Token),
    User(User),
}

impl Principal {
    fn names(&self) -> (&str, Right) {
        match self {
            Principal::Token(token) => (&token.name, token.right),
            Principal::User(user) => (&user.name, user.right),
        }
    }

    /// From when on it is worth nothing.
    fn expires(&self) -> Option<Second> {
        match self {
            Principal::Token(token) => token.expires,
            Principal::User(_) => None,
        }
    }

    /// Whether he is in it unchanged.
    fn is_in(&self, access: &Access) -> bool {
        match self {
            Principal::Token(token) => access.tokens.contains(token),
            Principal::User(user) => access.users.contains(user),
        }
    }
}

/// Whose name and password, or token, this is.
async fn verified(web: &Arc<Web>, sent: &Sent, now: Second) -> Result<Option<Principal>, ApiError> {
    let access = &web.config.get().access;
    let token = access.token(&sent.password, now).filter(|token| token.right.covers(Right::Look));
    if let Some(token) = token {
        return Ok(Some(Principal::Token(token.clone())));
    }
    let user = access.users.iter().find(|user| user.name == sent.name);
    // Somebody's hash is tried where nobody has the name: the time must not tell which names there are.
    let Some(hash) = user.or(access.users.first()).map(|user| user.hash.clone()) else {
        return Ok(None);
    };
    let password = sent.password.clone();
    let fits = verify(web, hash, password).await?;
    Ok(user.filter(|_| fits).map(|user| Principal::User(user.clone())))
}

/// Beside the async tasks and a few at a time: it takes memory and a core by design.
async fn verify(web: &Arc<Web>, hash: PasswordHash, password: String) -> Result<bool, ApiError> {
    let slot = tokio::time::timeout(PATIENCE, web.gate.verifying.acquire()).await;
    let Ok(Ok(_slot)) = slot else {
        return Err(ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "too many log in at once",
            "try again in a moment",
        ));
    };
    tokio::task::spawn_blocking(move || hash.fits(&password)).await.map_err(|_| internal())
}

/// Counts nothing: the try was taken before.
fn failed(web: &Web, name: &str, address: IpAddr) -> ApiError {
    let name = shown(name);
    if let Some(unsaid) = web.refused_due() {
        tracing::warn!(%name, %address, unsaid, "a login failed");
    }
    ApiError::new(
        StatusCode::UNAUTHORIZED,
        "bad_login",
        "no such name and password, or token",
        "after ten failures one more try is let through every six seconds",
    )
}

/// Refuses where the address or the name has failed too often; takes a try otherwise, before it is
/// known whether it is a good one, so that many at once are no way around.
pub(super) fn throttled(
    web: &Web,
    address: IpAddr,
    name: &str,
    now: Millis,
) -> Result<(), ApiError> {
    web.gate.take(address, name, now).map_err(|wait_ms| {
        let seconds = wait_ms.div_euclid(1_000) + 1;
        ApiError::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too_many_tries",
            "too many logins failed",
            format!("try again in {seconds} s"),
        )
        .retry_after(seconds.unsigned_abs())
    })
}

/// A stranger's text in our own log.
fn shown(name: &str) -> String {
    name.chars().filter(|c| !c.is_control()).take(64).collect()
}

fn internal() -> ApiError {
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "the login failed",
        "this is no matter of the password; the server's log has more",
    )
}

pub(super) fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        "this is too long for a login",
        format!("a password has at most {MAX_PASSWORD} bytes"),
    )
}

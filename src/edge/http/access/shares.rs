//! `/api/v1/shares`: links that show one site to somebody who has no login.
//!
//! The token stands behind the `#` of the link, which no browser sends: the page exchanges it by POST for
//! a cookie.

use std::io;
use std::sync::Arc;

use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::json::Json;
use super::login::{throttled, with_cookie};
use super::{Asker, Who};
use crate::aggregate::filter::Filter;
use crate::aggregate::render::rfc3339;
use crate::edge::clock::Clock;
use crate::edge::http::anomalies::until;
use crate::edge::http::api::bad;
use crate::edge::http::body;
use crate::edge::http::{ApiError, Web};
use crate::edge::random;
use crate::pipeline::ingest::site_of_host;
use crate::state::markers::MAX_SITE;
use crate::state::node::Node;
use crate::state::shares::{MAX_SHARES, Share};
use crate::vocab::field::Field;

const MAX_BODY: usize = 4 * 1024;
/// How long a link is good where nothing is said.
const USUAL_S: i64 = 7 * 86_400;
/// The field that says it, and the same in words.
const EXPIRES: (&str, &str) = ("expires", "7 days");
const EXAMPLE: &str = r#"{"site":"shop.example.org","expires":"7d"}"#;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    site: String,
    expires: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    token: String,
}

/// One link, as it is listed.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    id: String,
    site: String,
    created: String,
    expires: String,
}

/// The link itself, once.
#[derive(Debug, Serialize)]
pub(crate) struct Made {
    #[serde(flatten)]
    listed: Listed,
    link: String,
    /// Whether the window has lines of the site: a link to none shows nothing until some come.
    known: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct All {
    shares: Vec<Listed>,
}

impl Listed {
    fn of(share: &Share) -> Listed {
        Listed {
            id: share.id.clone(),
            site: share.site.to_string(),
            created: rfc3339(share.created),
            expires: rfc3339(share.expires),
        }
    }
}

pub(crate) async fn list(State(web): State<Arc<Web>>) -> Json<All> {
    let all = web.gate.shares.all(Clock::System.now().second());
    Json(All { shares: all.iter().map(Listed::of).collect() })
}

pub(crate) async fn make(
    State(web): State<Arc<Web>>,
    Extension(who): Extension<Who>,
    Extension(asker): Extension<Asker>,
    headers: HeaderMap,
    request: Request,
) -> Result<(StatusCode, Json<Made>), ApiError> {
    let scheme = if asker.https { "https" } else { "http" };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("");
    let base = match web.config.get().access.public_url.as_str() {
        "" => format!("{scheme}://{host}/"),
        url => format!("{}/", url.trim_end_matches('/')),
    };
    let body = body::read(&web, request, MAX_BODY, too_large).await?;
    let wish: Wish = serde_json::from_slice(&body.bytes)
        .map_err(|e| bad("bad_share", format!("this is no share: {e}"), EXAMPLE))?;
    let site = site_of_host(wish.site.trim().into()).into_owned();
    let (site, known) = web.beside(move |web| site_of(&web.node, site)).await??;
    let now = Clock::System.now().second();
    let expires = until(EXPIRES, wish.expires.as_ref(), now)?.unwrap_or(now.plus(USUAL_S));
    let secret = random::secret().map_err(|error| internal(&error.to_string()))?;
    let token = format!("tapline_share_{secret}");
    let (own, shown) = (Arc::clone(&web), token.clone());
    let made =
        tokio::task::spawn_blocking(move || own.gate.shares.add(&shown, &site, expires, now));
    let made = made.await.map_err(|error| internal(&error.to_string()))?;
    let made = made.map_err(|error| {
        let what = "there is no link: the list of links can't be written";
        not_written(&web, &error, what, "see to the disk of [anomalies] data, and make it again")
    })?;
    let Some(share) = made else {
        return Err(ApiError::new(
            StatusCode::CONFLICT,
            "too_many",
            format!("there are {MAX_SHARES} share links already"),
            "take some away: DELETE /api/v1/shares/ID",
        ));
    };
    tracing::info!(name = %who.name, id = share.id, site = %share.site, "a share link was made");
    let link = format!("{base}#share={token}");
    Ok((StatusCode::CREATED, Json(Made { listed: Listed::of(&share), link, known })))
}

/// The site that a link is to be of, and whether there are lines of it. One that there is may be called anything,
/// for a server logs its `server_name`, too; one that is still to come has to look as a host does in logs.
fn site_of(node: &Node, site: String) -> Result<(String, bool), ApiError> {
    let named = !site.is_empty() && site != "-" && site.len() <= MAX_SITE;
    if !named || Filter::default().narrowed("site", &site).is_none() {
        return Err(bad("bad_site", "`site` names no site", EXAMPLE));
    }
    node.flush();
    let live = node.live();
    let is_known =
        |name: &str| live.dictionaries().field(Field::Site).iter().any(|(_, text)| text == name);
    if is_known(&site) {
        return Ok((site, true));
    }
    let seen = "write it as the logs have it: /api/v1/values?field=site lists those that are there";
    if site.contains('*') {
        let what = "`site` is a pattern, and a link shows one site";
        return Err(bad("bad_site", what, EXAMPLE));
    }
    if site.contains('/') {
        let what = "`site` is a host alone, without a scheme and a path";
        return Err(bad("bad_site", what, EXAMPLE));
    }
    if !site.is_ascii() {
        let what = "`site` is no host as browsers ask for it: beyond ASCII it begins with xn--";
        return Err(bad("bad_site", what, seen));
    }
    let site = site.strip_suffix('.').unwrap_or(&site);
    if site.is_empty() {
        return Err(bad("bad_site", "`site` names no site", EXAMPLE));
    }
    Ok((site.to_owned(), is_known(site)))
}

pub(crate) async fn revoke(
    State(web): State<Arc<Web>>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let (own, wanted) = (Arc::clone(&web), id.clone());
    let revoked = tokio::task::spawn_blocking(move || own.gate.shares.revoke(&wanted));
    let revoked = revoked.await.map_err(|error| internal(&error.to_string()))?;
    let revoked = revoked.map_err(|error| {
        let what = "the link has ended, but the list of links can't be written";
        let hint = "it is tried again every few seconds; if the server restarts before that, the link may be good \
                    again: see to the disk of [anomalies] data";
        not_written(&web, &error, what, hint)
    })?;
    if revoked {
        return Ok(StatusCode::NO_CONTENT);
    }
    let id: String = id.chars().take(64).collect();
    Err(ApiError::new(
        StatusCode::NOT_FOUND,
        "no_share",
        format!("there is no share link `{id}`"),
        "it may have ended; /api/v1/shares lists them",
    ))
}

/// Takes the token of a link for a cookie: the token itself, which is as random as any session's.
pub(crate) async fn open(
    State(web): State<Arc<Web>>,
    Extension(asker): Extension<Asker>,
    request: Request,
) -> Result<Response, ApiError> {
    let body = body::read(&web, request, MAX_BODY, too_large).await?;
    let shown: Shown = serde_json::from_slice(&body.bytes)
        .map_err(|_| bad("bad_share", "this is no token of a link", r#"{"token":"…"}"#))?;
    let now = Clock::System.now();
    throttled(&web, asker.address, "", now)?;
    let Some(share) = web.gate.shares.find(&shown.token, now.second()) else {
        return Err(ApiError::new(
            StatusCode::UNAUTHORIZED,
            "share_over",
            "this link is not good any more",
            "ask whoever gave it to you for another",
        ));
    };
    web.gate.give_back(asker.address, "");
    let lasts = share.expires.0 - now.second().0;
    let answer = Json(Listed::of(&share)).into_response();
    Ok(with_cookie(answer, &shown.token, lasts, asker.https))
}

fn too_large() -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("the body is larger than {MAX_BODY} bytes"),
        EXAMPLE,
    )
}

/// What was changed is not on disk.
fn not_written(web: &Web, error: &io::Error, what: &str, hint: &str) -> ApiError {
    tracing::warn!(%error, "share links can't be written");
    web.node.saves.count(false, web.clock.now().second());
    ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "not_written", what, hint)
}

fn internal(error: &str) -> ApiError {
    tracing::error!(error, "a share link failed");
    ApiError::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        "the share link failed",
        "this is a bug; the server's log has it",
    )
}

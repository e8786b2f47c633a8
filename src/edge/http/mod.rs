//! The one HTTP port: dashboard, live feed, API, sending, health, metrics.

pub mod access;
mod anomalies;
pub mod api;
pub mod assets;
mod body;
mod budget;
mod coding;
mod elastic;
mod forget;
pub mod guard;
pub mod json;
pub mod live;
pub mod logs;
mod markers;
pub mod metrics;
mod patient;
mod place;
mod query;
mod refusals;
mod rules;
mod scans;
pub mod server;
mod shippers;
mod silence;
mod socket;
mod unpack;

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::refusals::{Refusals, Refused};
use self::scans::{Asking, Scans};
use super::clock::Clock;
use super::per_address::{Arrivals, PerAddress};
use super::seldom::Seldom;
use crate::aggregate::order::Refusal;
use crate::aggregate::wire::{ErrorBody, ErrorDetail};
use crate::decode::payload;
use crate::edge::tls::Tls;
use crate::pipeline::feed::Feed;
use crate::pipeline::ingest::IngestConfig;
use crate::state::current::Current;
use crate::state::forget::Kept;
use crate::state::node::{Listener, Node};
use crate::state::shares::Shares;
use crate::state::waiting::until_gone;
use crate::vocab::time::Second;

/// Large bodies inflated and counted side by side: each uses a core, and the rest of us needs some.
const MAX_COUNTING: usize = 2;

/// Settings of the HTTP listeners.
#[derive(Clone, Debug)]
pub struct HttpConfig {
    /// Bytes of a POST body as sent.
    pub max_body: usize,
    /// Bytes of a POST body once inflated.
    pub max_inflated: usize,
    /// What one line or object of a body may be.
    pub item: payload::Limits,
    pub header_timeout: Duration,
    /// Between two requests.
    pub idle_timeout: Duration,
    pub body_timeout: Duration,
    /// Bytes of a request's head, and its fields.
    pub max_header: usize,
    pub max_header_fields: usize,
    /// How much larger than sent a body may be once inflated.
    pub max_ratio: usize,
    pub max_connections: usize,
    pub max_connections_per_address: usize,
    /// New ones a second.
    pub max_connects_per_address: usize,
    pub max_sessions: usize,
    pub max_sessions_per_address: usize,
    /// Bytes of what a browser says at once.
    pub max_message: usize,
    /// Scans of the window side by side, and how long one waits for its turn.
    pub max_queries: usize,
    pub query_timeout: Duration,
    /// Rows of a list of the live feed where the browser names no number.
    pub top: usize,
    /// How long one message to a browser may take.
    pub write_timeout: Duration,
    pub access: access::Access,
}

/// What every route needs.
#[derive(Debug)]
pub struct Web {
    pub node: Arc<Node>,
    pub feed: Arc<Feed>,
    pub clock: Clock,
    pub ingest: Arc<Current<IngestConfig>>,
    pub config: Current<HttpConfig>,
    pub ready: AtomicBool,
    pub stop: CancellationToken,
    /// What outlives the request it came from: the open sessions.
    pub tasks: TaskTracker,
    pub(crate) bodies: Arc<budget::Budget>,
    pub(crate) counting: Semaphore,
    pub(crate) gate: access::gate::Gate,
    /// Who has connections and who has sessions, over all listeners.
    pub(crate) connections: Arc<PerAddress>,
    pub(crate) arrivals: Arrivals,
    pub(crate) sessions: Arc<PerAddress>,
    pub(crate) refusals: Refusals,
    /// Who shows what is worth nothing.
    refused: Mutex<Seldom>,
    scans: Scans,
    /// The files in which clients are, too.
    kept: OnceLock<Arc<dyn Kept>>,
}

/// So the largest body fits, and several ordinary ones.
fn room_for_bodies(config: &HttpConfig) -> usize {
    config.max_body.saturating_add(config.max_inflated)
}

impl Web {
    /// Goes on with other settings.
    pub fn reconfigure(&self, config: HttpConfig) {
        self.bodies.set_max(room_for_bodies(&config));
        self.config.set(config);
    }

    /// The first second that has not begun.
    fn yet_to_come(&self) -> Second {
        self.clock.now().second().plus(1)
    }

    #[must_use]
    pub fn new(
        node: Arc<Node>,
        feed: Arc<Feed>,
        clock: Clock,
        ingest: Arc<Current<IngestConfig>>,
        config: HttpConfig,
        stop: CancellationToken,
    ) -> Arc<Web> {
        Arc::new(Web {
            bodies: budget::Budget::new(room_for_bodies(&config)),
            counting: Semaphore::new(MAX_COUNTING),
            gate: access::gate::Gate::new(),
            connections: Arc::default(),
            arrivals: Arrivals::default(),
            sessions: Arc::default(),
            refusals: Refusals::default(),
            refused: Mutex::default(),
            node,
            feed,
            clock,
            ingest,
            scans: Scans::new(config.max_queries),
            config: Current::new(config),
            ready: AtomicBool::new(false),
            stop,
            tasks: TaskTracker::new(),
            kept: OnceLock::new(),
        })
    }

    /// Keeps share links over restarts; gives them to whoever writes again what could not be written.
    pub fn keep_shares(&self, dir: &Path) -> Arc<Shares> {
        if let Err(error) = self.gate.shares.keep_in(dir, Clock::System.now().second()) {
            tracing::warn!(dir = %dir.display(), %error, "share links can't be read; new ones are not kept");
        }
        Arc::clone(&self.gate.shares)
    }

    /// Ends the feeds that no login has opened.
    pub fn end_feeds(&self) {
        self.gate.end_feeds();
    }

    /// Ends the logins of all names but those that stay.
    pub fn end_sessions(&self, stays: impl Fn(&str) -> bool) {
        self.gate.sessions.end(stays);
    }

    /// A client that is to be forgotten is in these files, too.
    pub fn forget_in(&self, kept: Arc<dyn Kept>) {
        let _ = self.kept.set(kept);
    }

    pub(crate) fn kept(&self) -> Option<&Arc<dyn Kept>> {
        self.kept.get()
    }

    /// Whether a worthless credential is to be told of now, and how many were not.
    pub(crate) fn refused_due(&self) -> Option<u64> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).due()
    }

    /// Runs a scan of the window beside the async tasks, a few at a time, to its end.
    pub(crate) async fn scan<T: Send + 'static>(
        self: &Arc<Self>,
        who: &Asking,
        work: impl FnOnce(&Web) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let turn = self.scans.turn(who, self.config.get().query_timeout).await?;
        let work = move |web: &Web| {
            // With the work and not with whoever waits for it, who may go.
            let _turn = turn;
            work(web)
        };
        self.beside(work).await
    }

    /// Runs what is short by itself, but waits for the window or the anomalies while somebody else has them: a task that
    /// waits would keep all others of its thread from receiving.
    pub(crate) async fn beside<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Web) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let web = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&web)).await.map_err(|_| {
            ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the query failed",
                "this is a bug; the server's log has it",
            )
        })
    }

    /// The same for what changes nothing: it ends when whoever asked has gone.
    ///
    /// Who ends his side of the connection counts as gone, as with nginx (499): TCP does not tell it from a
    /// browser that was closed, and a core is too much for nobody.
    pub(crate) async fn question<T: Send + 'static>(
        self: &Arc<Self>,
        who: &Asking,
        work: impl FnOnce(&Web) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let gone = CancellationToken::new();
        // Also where the connection takes this away.
        let _gone = gone.clone().drop_guard();
        let watch = who.peer.watch();
        tokio::select! {
            answer = self.scan(who, move |web| until_gone(gone, || work(web))) => answer,
            () = watch.gone() => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                "not_waited_for",
                "this side of the connection was ended before the answer was there",
                "keep it open until the answer has come",
            )),
        }
    }
}

/// One listener's routes; what is sent to it is on that listener's account.
#[derive(Clone, Debug)]
pub(crate) struct At {
    pub web: Arc<Web>,
    pub listener: Arc<Listener>,
    /// Where it speaks TLS: the names of its certificate are ours.
    pub tls: Option<Arc<Tls>>,
}

impl axum::extract::FromRef<At> for Arc<Web> {
    fn from_ref(at: &At) -> Arc<Web> {
        Arc::clone(&at.web)
    }
}

/// All routes of one listener.
pub fn router(web: Arc<Web>, listener: Arc<Listener>, tls: Option<Arc<Tls>>) -> Router {
    let at = At { web, listener, tls };
    Router::new()
        .route("/api/v1/session", get(access::login::session))
        .route("/api/v1/login", post(access::login::login))
        .route("/api/v1/logout", post(access::login::logout))
        .route("/api/v1/shares", get(access::shares::list).post(access::shares::make))
        .route("/api/v1/shares/open", post(access::shares::open))
        .route("/api/v1/shares/{id}", delete(access::shares::revoke))
        .route("/api/v1/live", get(live::open))
        .route("/api/v1/summary", get(api::summary))
        .route("/api/v1/series", get(api::series))
        .route("/api/v1/events", get(api::events))
        .route("/api/v1/trend", get(query::trend))
        .route("/api/v1/values", get(query::values))
        .route("/api/v1/markers", get(markers::list).post(markers::mark).delete(markers::unmark))
        .route("/api/v1/anomalies", get(anomalies::list))
        .route("/api/v1/anomalies/why", get(anomalies::why))
        .route("/api/v1/anomalies/{id}", get(anomalies::one))
        .route("/api/v1/rules/backtest", get(rules::backtest))
        .route("/api/v1/mutes", get(anomalies::mutes).post(anomalies::mute))
        .route("/api/v1/mutes/{id}", delete(anomalies::unmute))
        .route("/api/v1/forget", post(forget::client))
        .route("/api/v1/sources", get(api::sources))
        .route("/api/v1/host", get(api::host))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        // Loki's name of it, which Vector asks for before it sends.
        .route("/ready", get(ready))
        .merge(shippers::router())
        .route("/metrics", get(metrics::text))
        .fallback(page)
        .method_not_allowed_fallback(wrong_method)
        .layer(middleware::from_fn_with_state(at.clone(), guard::guard))
        .layer(middleware::map_response_with_state(at.clone(), private))
        .with_state(at)
}

/// What every answer says, the refusals too: it is what its type says and nothing a browser guesses from a
/// stranger's text, no cache keeps it unless it says so itself, no page of another site may load it, and
/// where it leads is not told where it was. Refusals are counted.
async fn private(State(at): State<At>, mut response: Response) -> Response {
    if let Some(Refused(code)) = response.extensions_mut().remove() {
        at.web.refusals.count(code);
    }
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// The dashboard's files; what is none of them is no route.
async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let Some(file) = assets::respond(path, &headers) else {
        return ApiError::new(
            StatusCode::NOT_FOUND,
            "no_route",
            format!("nothing is at {}", uri.path()),
            "the API is under /api/v1/",
        )
        .into_response();
    };
    if method == Method::GET || method == Method::HEAD {
        return file;
    }
    let mut response = wrong_method(method, uri).await.into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
    response
}

/// A route that is there, asked in a way it does not answer. The router adds `Allow`.
async fn wrong_method(method: Method, uri: Uri) -> ApiError {
    let path = uri.path();
    let hint = match path {
        _ if shippers::is_sent_to(path) => "POST or PUT the lines as the body",
        "/api/v1/markers" => {
            "POST sets a marker, GET lists them, DELETE takes one away; they leave with the window's age"
        }
        "/api/v1/mutes" => {
            "POST sets a mute, GET lists them, DELETE /api/v1/mutes/ID takes one away"
        }
        "/api/v1/forget" => "POST names the client that is forgotten",
        "/api/v1/login" | "/api/v1/logout" => "this is done with POST",
        _ if path.starts_with("/api/v1/mutes/") => "DELETE takes this mute away",
        _ => "this is read with GET; lines are sent to /api/v1/logs with POST",
    };
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "wrong_method",
        format!("{path} does not answer {method}"),
        hint,
    )
}

fn is_ready(web: &Web) -> bool {
    web.ready.load(Ordering::Acquire) && !web.stop.is_cancelled()
}

async fn ready(State(web): State<Arc<Web>>) -> Response {
    if is_ready(&web) {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
    }
}

/// Every error answer: a status and `{"error":{"code","message","hint"}}`.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    hint: String,
    /// When to come again, where the status says so.
    retry_after_s: u64,
}

/// Where nothing is known of when it will do.
const RETRY_AFTER_S: u64 = 1;

impl ApiError {
    #[must_use]
    pub fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> ApiError {
        let (message, hint) = (message.into(), hint.into());
        ApiError { status, code, message, hint, retry_after_s: RETRY_AFTER_S }
    }

    /// The same, where it is known when to come again.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> ApiError {
        ApiError { retry_after_s: seconds, ..self }
    }

    /// To a guest of one site, of what no link shows.
    #[must_use]
    pub fn not_shared() -> ApiError {
        ApiError::new(
            StatusCode::FORBIDDEN,
            "not_shared",
            "a share link shows one site, and this is about more",
            "log in to see it",
        )
    }

    /// Of a query that is not read. The parameter that was meant by one that is none is the hint, or else the one given.
    #[must_use]
    pub fn bad_query(error: &QueryRejection, hint: &str) -> ApiError {
        let message = error.body_text();
        let near = near_of(&message).map(|near| format!("did you mean `{near}`?"));
        let hint = near.unwrap_or_else(|| hint.to_owned());
        ApiError::new(StatusCode::BAD_REQUEST, "bad_query", message, hint)
    }

    #[must_use]
    pub fn stopping() -> ApiError {
        ApiError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "stopping",
            "the server is stopping",
            "send again in a moment",
        )
    }
}

/// The known name that is nearest to the unknown one, of serde's "unknown field `sources`, expected one of `source`, …";
/// none where that is not what is said, or nothing is near.
fn near_of(message: &str) -> Option<&str> {
    let (_, said) = message.rsplit_once("unknown field `")?;
    let (unknown, known) = said.split_once("`, expected ")?;
    let names = known.split('`').skip(1).step_by(2);
    names
        .map(|name| (strsim::damerau_levenshtein(unknown, name), name))
        .min()
        .filter(|(distance, near)| *distance <= 1 + near.len() / 4)
        .map(|(_, near)| near)
}

impl From<Refusal> for ApiError {
    fn from(Refusal { code, message, hint }: Refusal) -> ApiError {
        ApiError::new(StatusCode::BAD_REQUEST, code, message, hint)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            error: ErrorDetail {
                code: self.code.to_owned(),
                message: self.message,
                hint: self.hint,
            },
        };
        let code = Refused(self.code);
        let mut response = (self.status, Extension(code), json::Json(body)).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE
            || self.status == StatusCode::TOO_MANY_REQUESTS
        {
            response.headers_mut().insert(header::RETRY_AFTER, self.retry_after_s.into());
        }
        response
    }
}

//! One POST over a connection of its own, with TLS where the address says so.
//!
//! Messages are seldom, so nothing is pooled, and a redirect is a failure: whatever it leads to, the
//! operator has not named it, and our secrets are not for it.

use std::io;
use std::pin::pin;

use axum::body::{self, Body};
use data_encoding::BASE64;
use hyper::client::conn::http1;
use hyper::header::{self, HeaderValue};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::retry::{Failure, WHY_MAX, retry_after};
use super::safe::harmless;
use super::target::{Login, Scheme, Url, Web};
use crate::edge::clock::Clock;
use crate::edge::tls::{Trust, why_untrusted};

/// Of an answer so much is read: some words about what is wrong.
const ANSWER_MAX: usize = 4 * 1024;

/// Sends `body` as JSON to a webhook's server, under `path`.
///
/// # Errors
/// Everything but an answer of 2xx. No word of it holds a secret.
pub(super) async fn post(
    web: &Web,
    path: &str,
    body: Vec<u8>,
    trust: Option<&Trust>,
) -> Result<(), Failure> {
    let lost = |error: &dyn std::fmt::Display| Failure::for_now(format!("{}: {error}", web.url));
    let request = request(web, path, body).map_err(Failure::for_good)?;
    let host = web.url.bare_host().to_owned();
    let stream = TcpStream::connect((host.as_str(), web.url.port)).await.map_err(|e| lost(&e))?;
    let answer = match (web.url.scheme, trust) {
        (Scheme::Http, _) => exchange(stream, request).await.map_err(|e| lost(&e))?,
        (_, None) => return Err(Failure::for_good("TLS could not be set up")),
        (_, Some(trust)) => {
            let stream =
                trust.connect(&host, stream).await.map_err(|e| lost(&why_untrusted(&e)))?;
            exchange(stream, request).await.map_err(|e| lost(&e))?
        }
    };
    judge(&web.url, answer)
}

fn request(web: &Web, path: &str, body: Vec<u8>) -> Result<Request<Body>, String> {
    let mut request = Request::post(path)
        .header(header::HOST, web.url.host_header())
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::USER_AGENT, concat!("tapline/", env!("CARGO_PKG_VERSION")))
        .header(header::CONNECTION, "close");
    let login = match &web.login {
        Login::None => None,
        Login::Token(token) => Some(format!("Bearer {}", token.0)),
        Login::Password { user, password } => {
            Some(format!("Basic {}", BASE64.encode(format!("{user}:{}", password.0).as_bytes())))
        }
    };
    if let Some(login) = login {
        let mut value = HeaderValue::try_from(login)
            .map_err(|_| "the token can't stand in a header".to_owned())?;
        value.set_sensitive(true);
        request = request.header(header::AUTHORIZATION, value);
    }
    request.body(Body::from(body)).map_err(|_| "the URL can't be asked for".to_owned())
}

/// What came back.
struct Answer {
    status: StatusCode,
    retry_after: Option<String>,
    /// The first words of the body.
    words: String,
}

async fn exchange(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Body>,
) -> io::Result<Answer> {
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
    let answer = async {
        let response = sender.send_request(request).await.map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            io::Error::other(format!("{error}{}", cause.unwrap_or_default()))
        })?;
        let (head, body) = response.into_parts();
        let retry_after = head.headers.get(header::RETRY_AFTER).and_then(|v| v.to_str().ok());
        let words = body::to_bytes(Body::new(body), ANSWER_MAX).await.unwrap_or_default();
        Ok(Answer {
            status: head.status,
            retry_after: retry_after.map(str::to_owned),
            words: harmless(String::from_utf8_lossy(&words).trim(), WHY_MAX),
        })
    };
    // The connection is driven here and not by a task of its own: it ends with the attempt.
    let (mut answer, mut connection) = (pin!(answer), pin!(connection));
    tokio::select! {
        done = &mut answer => done,
        _ = &mut connection => answer.await,
    }
}

fn judge(url: &Url, answer: Answer) -> Result<(), Failure> {
    let Answer { status, retry_after: asked, words } = answer;
    if status.is_success() {
        return Ok(());
    }
    if status.is_redirection() {
        return Err(Failure::for_good(format!(
            "{url} answers {status}: it redirects, which is not followed; name the address it leads to"
        )));
    }
    let asked = asked.and_then(|value| retry_after(&value, Clock::System.now().second().0));
    let why = format!("{url} answers {status}: {words}");
    let later = matches!(
        status,
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
    );
    if later || status.is_server_error() {
        Err(Failure { why, again: Some(asked.unwrap_or_default()) })
    } else {
        Err(Failure::for_good(why))
    }
}

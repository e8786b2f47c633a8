//! A WebSocket of one session: the upgrade of RFC 6455 section 4.2, and small buffers.
//!
//! Own code and not axum's extractor, for memory: a snapshot sent as one frame leaves a write buffer
//! of its size behind in every session (155 KiB each were seen). Here a long message goes out in
//! fragments (section 5.4), so the buffer stays as small as one of them.

use std::io;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::AsyncReadExt;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, Frame};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// tungstenite's default is 128 KiB a session; clients send a few hundred bytes.
const READ_BUFFER: usize = 4 * 1024;
/// What somebody who is sent away may still say.
const GOODBYE_BYTES: u64 = 64 * 1024;
/// Bytes of a message that go out as one frame: what a session's write buffer grows to.
const FRAGMENT: usize = 8 * 1024;

/// A request that asks for a WebSocket.
#[derive(Debug)]
pub(crate) struct Upgrade {
    accept: String,
    upgraded: OnUpgrade,
    /// Bytes of the largest message that the client may send.
    max_message: usize,
}

impl Upgrade {
    /// `None` where the request is an ordinary one.
    pub(crate) fn of(request: &mut Request, max_message: usize) -> Option<Upgrade> {
        let headers = request.headers();
        let asked = has_token(headers, header::CONNECTION, "upgrade")
            && has_token(headers, header::UPGRADE, "websocket")
            && has_token(headers, header::SEC_WEBSOCKET_VERSION, "13");
        let accept = derive_accept_key(headers.get(header::SEC_WEBSOCKET_KEY)?.as_bytes());
        let upgraded = asked.then(|| request.extensions_mut().remove::<OnUpgrade>()).flatten()?;
        Some(Upgrade { accept, upgraded, max_message })
    }

    /// The answer that makes the connection a WebSocket, and what becomes of it once it is sent.
    pub(crate) fn accept(self) -> (Response, impl Future<Output = Option<Socket>>) {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
        let headers = answer.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        if let Ok(accept) = HeaderValue::from_str(&self.accept) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        let (upgraded, max_message) = (self.upgraded, self.max_message);
        (answer, async move {
            let io = TokioIo::new(upgraded.await.ok()?);
            let config = WebSocketConfig::default()
                .read_buffer_size(READ_BUFFER)
                .write_buffer_size(0)
                .max_write_buffer_size(4 * FRAGMENT)
                .max_message_size(Some(max_message))
                // Browsers send a message as one frame.
                .max_frame_size(Some(max_message));
            let stream = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
            Some(Socket { stream, deaf: false })
        })
    }
}

fn has_token(headers: &HeaderMap, name: header::HeaderName, token: &str) -> bool {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| part.trim().eq_ignore_ascii_case(token))
}

/// What a client said.
#[derive(Debug)]
pub(crate) enum Heard {
    Text(String),
    Binary,
    /// A ping or a pong: it is there.
    Alive,
    /// More than it may say at once; nothing can be heard any more.
    TooLong,
}

/// The open socket.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: WebSocketStream<TokioIo<Upgraded>>,
    /// What comes is no message any more.
    deaf: bool,
}

impl Socket {
    /// The next thing the client says; `None` at its end, orderly or not.
    pub(crate) async fn hear(&mut self) -> Option<Heard> {
        match self.stream.next().await? {
            Ok(Message::Text(text)) => Some(Heard::Text(text.as_str().to_owned())),
            Ok(Message::Binary(_)) => Some(Heard::Binary),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => Some(Heard::Alive),
            Err(Error::Capacity(CapacityError::MessageTooLong { .. })) => {
                self.deaf = true;
                Some(Heard::TooLong)
            }
            Ok(Message::Close(_)) | Err(_) => None,
        }
    }

    /// Waits for the other side's end, so that ours is a clean one: closing over unread bytes is a reset,
    /// which overtakes what was said last.
    pub(crate) async fn hear_out(mut self) {
        while self.hear().await.is_some() {}
        if self.deaf {
            let mut rest = self.stream.into_inner().take(GOODBYE_BYTES);
            let _ = tokio::io::copy(&mut rest, &mut tokio::io::sink()).await;
        }
    }

    /// Sends a text, in fragments where it is long. Not to be cancelled half-way: after that only
    /// the end of the session makes sense.
    pub(crate) async fn say(&mut self, text: &Bytes) -> io::Result<()> {
        let last = text.len().saturating_sub(1) / FRAGMENT;
        for at in 0..=last {
            let part = text.slice(at * FRAGMENT..text.len().min((at + 1) * FRAGMENT));
            let kind = if at == 0 { Data::Text } else { Data::Continue };
            let frame = Frame::message(part, OpCode::Data(kind), at == last);
            self.stream.send(Message::Frame(frame)).await.map_err(broken)?;
        }
        Ok(())
    }

    pub(crate) async fn ping(&mut self) -> io::Result<()> {
        self.stream.send(Message::Ping(Bytes::new())).await.map_err(broken)
    }

    pub(crate) async fn close(&mut self, frame: CloseFrame) -> io::Result<()> {
        self.stream.send(Message::Close(Some(frame))).await.map_err(broken)
    }
}

fn broken(error: Error) -> io::Error {
    match error {
        Error::Io(error) => error,
        other => io::Error::new(io::ErrorKind::BrokenPipe, other),
    }
}

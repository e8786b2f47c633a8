//! A WebSocket of one session: the upgrade of RFC 6455 section 4.2, and small buffers.
//!
//! Own code and not axum's extractor, for memory and time: a message that is sent through tungstenite is
//! copied, and leaves a write buffer of its size behind in every session (155 KiB each were seen). Here it
//! goes out as one frame from where it lies for all sessions, with nothing of its own but the header.

use std::io;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::{Buf, Bytes};
use futures_util::{SinkExt, StreamExt};
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::CapacityError;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::frame::{CloseFrame, FrameHeader};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// tungstenite's default is 128 KiB a session, and it is cleared with each look whether something came; clients
/// send a few hundred bytes.
const READ_BUFFER: usize = 1024;
/// Bytes of the longest header of a frame that is not masked (section 5.2).
const MAX_HEAD: usize = 10;
/// What somebody who is sent away may still say.
const GOODBYE_BYTES: u64 = 64 * 1024;
/// Of what tungstenite says by itself: pongs and the close.
const WRITE_BUFFER: usize = 4 * 1024;

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
                .max_write_buffer_size(WRITE_BUFFER)
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

/// What a client is told.
#[derive(Debug)]
pub(crate) enum Said {
    Text(Bytes),
    /// A batch as raw deflate.
    Packed(Bytes),
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

    /// Sends a message. Not to be cancelled half-way: after that only the end of the session makes sense.
    pub(crate) async fn say(&mut self, said: Said) -> io::Result<()> {
        let (kind, payload) = match said {
            Said::Text(text) => (Data::Text, text),
            Said::Packed(bytes) => (Data::Binary, bytes),
        };
        let mut head = [0; MAX_HEAD];
        let length = payload.len() as u64;
        let header = FrameHeader { opcode: OpCode::Data(kind), ..FrameHeader::default() };
        header.format(length, &mut &mut head[..]).map_err(broken)?;
        let head = &head[..header.len(length)];
        // Half a pong may still wait there.
        self.stream.flush().await.map_err(broken)?;
        let io = self.stream.get_mut();
        io.write_all_buf(&mut Buf::chain(head, payload)).await?;
        io.flush().await
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

//! A browser's side of the live feed, small enough to misbehave with.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::wire::{connect, head};

/// A WebSocket with just enough of RFC 6455 for a client that misbehaves.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) stream: TcpStream,
    /// What came of a message in fragments (RFC 6455 section 5.4), and its opcode.
    begun: (u8, Vec<u8>),
}

impl Socket {
    pub(crate) fn open(to: SocketAddr) -> Socket {
        Socket::over(connect(to), to)
    }

    /// Over a connection that is there.
    pub(crate) fn over(mut stream: TcpStream, to: SocketAddr) -> Socket {
        write!(
            stream,
            "GET /api/v1/live HTTP/1.1\r\nHost: {to}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        .unwrap();
        let head = head(&mut stream);
        assert!(head.starts_with("HTTP/1.1 101"), "{head}");
        Socket { stream, begun: (0, Vec::new()) }
    }

    /// Masked with zeros, as short texts are.
    pub(crate) fn send(&mut self, opcode: u8, payload: &[u8]) {
        let length = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = vec![0x80 | opcode, 0xFE, length[0], length[1], 0, 0, 0, 0];
        frame.extend_from_slice(payload);
        let _ = self.stream.write_all(&frame);
    }

    pub(crate) fn subscribe(&mut self, filter: &str) {
        let text = format!(
            r#"{{"type":"subscribe","filter":"{filter}","window_s":60,"topics":["tick"]}}"#
        );
        self.send(1, text.as_bytes());
    }

    /// The next message: its opcode and payload; `None` at the end.
    pub(crate) fn next(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            let (first, payload) = self.frame()?;
            let (last, opcode) = (first & 0x80 != 0, first & 0x0F);
            // a close, a ping or a pong may stand between fragments
            if opcode >= 8 || (last && opcode != 0) {
                return Some((opcode, payload));
            }
            if opcode != 0 {
                self.begun = (opcode, Vec::new());
            }
            self.begun.1.extend(payload);
            if last {
                return Some(std::mem::take(&mut self.begun));
            }
        }
    }

    /// The next frame: its first byte and payload.
    fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let (first, mut payload) = self.head()?;
        self.stream.read_exact(&mut payload).ok()?;
        Some((first, payload))
    }

    /// The payload of the next frame, taken in so many parts with a pause before each.
    pub(crate) fn read_slowly(&mut self, parts: usize, pause: Duration) -> Vec<u8> {
        let (_, mut payload) = self.head().expect("a frame");
        let part = payload.len().div_ceil(parts);
        for part in payload.chunks_mut(part) {
            std::thread::sleep(pause);
            self.stream.read_exact(part).expect("the frame goes on");
        }
        payload
    }

    /// The next frame's first byte, and room for its payload.
    fn head(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        self.stream.read_exact(&mut head).ok()?;
        let mut length = [0; 8];
        let long = match head[1] {
            126 => 6,
            127 => 0,
            short => {
                length[7] = short;
                8
            }
        };
        self.stream.read_exact(&mut length[long..]).ok()?;
        Some((head[0], vec![0; usize::try_from(u64::from_be_bytes(length)).unwrap()]))
    }

    /// The next message of this type.
    pub(crate) fn wait_for(&mut self, kind: &str) -> serde_json::Value {
        loop {
            let (_, payload) = self.next().unwrap_or_else(|| panic!("no {kind} came"));
            let message: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
            if message["type"] == kind {
                return message;
            }
        }
    }
}

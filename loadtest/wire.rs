//! A connection that carries lines and knows which of them the other side's kernel has: what is cut off is
//! told from what has to be counted.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore};

use super::Outcome;

/// A write or a farewell that makes no progress for so long has failed; longer than any stop of the server.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Writes that are remembered; a socket's send buffer (4 MiB) holds fewer.
const MARKS: usize = 8192;

/// Where a stream goes.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Tcp(SocketAddr),
    Tls(SocketAddr),
    Unix(PathBuf),
}

enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// See the module.
pub(crate) struct Wire {
    socket: Socket,
    tls: Option<ClientConnection>,
    /// Bytes and whole lines written in all, after each write.
    marks: VecDeque<(u64, u64)>,
    written: u64,
    lines: u64,
}

/// What became of the lines of a connection.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fate {
    /// Whole lines written.
    pub(crate) written: u64,
    /// Of these the other side's kernel has at least so many: they have to count.
    pub(crate) due: u64,
}

impl Wire {
    pub(crate) fn open(target: &Target) -> Outcome<Wire> {
        let socket = match target {
            Target::Tcp(address) | Target::Tls(address) => {
                let stream = TcpStream::connect(address)?;
                stream.set_write_timeout(Some(PATIENCE))?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Socket::Tcp(stream)
            }
            Target::Unix(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_write_timeout(Some(PATIENCE))?;
                stream.set_read_timeout(Some(PATIENCE))?;
                Socket::Unix(stream)
            }
        };
        let tls = matches!(target, Target::Tls(_)).then(client).transpose()?;
        let mut wire = Wire { socket, tls, marks: VecDeque::new(), written: 0, lines: 0 };
        wire.shake_hands()?;
        Ok(wire)
    }

    fn shake_hands(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.is_handshaking() {
            tls.complete_io(&mut self.socket)?;
        }
        Ok(())
    }

    /// Writes `bytes`, with which `lines` lines become whole.
    pub(crate) fn write(&mut self, bytes: &[u8], lines: u64) -> io::Result<()> {
        let wire = self.sealed(bytes)?;
        self.socket.write_all(&wire)?;
        self.written += wire.len() as u64;
        self.lines += lines;
        if self.marks.len() == MARKS {
            self.marks.pop_front();
        }
        self.marks.push_back((self.written, self.lines));
        Ok(())
    }

    /// The bytes as they go over the wire.
    fn sealed(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let Some(tls) = &mut self.tls else { return Ok(bytes.to_vec()) };
        let mut wire = Vec::with_capacity(bytes.len() + 256);
        let mut rest = bytes;
        while !rest.is_empty() {
            let taken = tls.writer().write(rest)?;
            rest = &rest[taken..];
            while tls.wants_write() {
                tls.write_tls(&mut wire)?;
            }
        }
        Ok(wire)
    }

    /// Writes a part of a message, and of TLS a part of its record, and ends the connection: by a reset or
    /// by an end that is no end of a message.
    pub(crate) fn cut(mut self, part: &[u8], reset: bool) -> Fate {
        if let Ok(wire) = self.sealed(part) {
            let half = if self.tls.is_some() { wire.len() / 2 } else { wire.len() };
            if self.socket.write_all(&wire[..half]).is_ok() {
                self.written += half as u64;
            }
        }
        self.lose(reset)
    }

    /// Ends the connection as it is.
    pub(crate) fn lose(self, reset: bool) -> Fate {
        let fate = match (&self.socket, reset) {
            (Socket::Tcp(stream), true) => {
                let now = self.fate();
                let linger = socket2::SockRef::from(stream);
                let _ = linger.set_linger(Some(Duration::ZERO));
                now
            }
            // What was written is delivered whatever comes after.
            _ => Fate { written: self.lines, due: self.lines },
        };
        drop(self);
        fate
    }

    /// What the other side's kernel has by now.
    fn fate(&self) -> Fate {
        let mut unsent: libc::c_int = 0;
        // SAFETY: the socket is open and `unsent` is a live c_int, which SIOCOUTQ (= TIOCOUTQ) fills.
        let asked = unsafe { libc::ioctl(self.fd(), libc::TIOCOUTQ, &raw mut unsent) };
        let unsent = if asked == 0 { u64::try_from(unsent).unwrap_or(0) } else { self.written };
        let arrived = self.written.saturating_sub(unsent);
        let due = self.marks.iter().rev().find(|mark| mark.0 <= arrived).map_or(0, |mark| mark.1);
        Fate { written: self.lines, due }
    }

    fn fd(&self) -> RawFd {
        match &self.socket {
            Socket::Tcp(stream) => stream.as_raw_fd(),
            Socket::Unix(stream) => stream.as_raw_fd(),
        }
    }

    /// Whether the other side has said that it wants no more. What it says beside that (the tickets of TLS 1.3)
    /// is taken.
    pub(crate) fn closing(&mut self) -> bool {
        let mut some = [0_u8; 4096];
        loop {
            // SAFETY: the socket is open and `some` is as long as said; nothing is waited for.
            let n = unsafe {
                libc::recv(self.fd(), some.as_mut_ptr().cast(), some.len(), libc::MSG_DONTWAIT)
            };
            let Ok(n @ 1..) = usize::try_from(n) else { return n == 0 };
            let Some(tls) = &mut self.tls else { continue };
            let mut said = &some[..n];
            while !said.is_empty() && tls.read_tls(&mut said).is_ok() {
                if tls.process_new_packets().is_err() {
                    return true;
                }
            }
        }
    }

    /// An orderly end: true once the other side has read all and closed.
    pub(crate) fn finish(mut self) -> (Fate, bool) {
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            let mut wire = Vec::new();
            while tls.wants_write() && tls.write_tls(&mut wire).is_ok() {}
            let _ = self.socket.write_all(&wire);
        }
        let _ = match &self.socket {
            Socket::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Socket::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
        let mut rest = [0; 4096];
        let closed = loop {
            match self.socket.read(&mut rest) {
                Ok(0) => break true,
                Ok(_) => {}
                Err(_) => break false,
            }
        };
        (Fate { written: self.lines, due: self.lines }, closed)
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.read(into),
            Socket::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream) => stream.write(bytes),
            Socket::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The certificates that the tests have, too.
pub(crate) fn tls_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

/// The lines of a configuration that name the server's pair.
pub(crate) fn tls_section() -> String {
    format!("[tls]\ncert = {:?}\nkey = {:?}\n", tls_file("server.pem"), tls_file("server.key"))
}

fn client() -> Outcome<ClientConnection> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(tls_file("ca.pem"))?)?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(ClientConnection::new(Arc::new(config), ServerName::try_from("localhost")?)?)
}

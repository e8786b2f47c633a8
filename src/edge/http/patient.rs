//! A connection whose peer has to take what it asked for.
//!
//! hyper waits for ever on a client that does not read. Here a write that makes no progress for the
//! given time fails, and once the server stops, for a second: a frozen browser tab must hold neither
//! a place nor the end. What begins as TLS on a plain port is found out here, too, before it is taken for
//! a bad request; and so is a peer that goes while an answer is worked at, for then hyper reads nothing.

use std::future::Future;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::CancellationToken;

use crate::edge::tls::HANDSHAKE;

/// What a stopping server still waits for a peer that does not read.
const GOODBYE: Duration = Duration::from_secs(1);

type Deadline = Pin<Box<dyn Future<Output = ()> + Send>>;

/// See the module.
pub(super) struct Patient<S> {
    stream: S,
    patience: Duration,
    stop: CancellationToken,
    /// Set while a write waits.
    deadline: Option<Deadline>,
    begun: bool,
    ahead: Ahead,
    seen: Arc<Seen>,
}

/// What was read to see whether the peer is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ahead {
    Nothing,
    /// It has the next request here already.
    Byte(u8),
    End,
}

/// What a connection has seen, told to whoever counts it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The peer began with TLS.
    pub(super) tls: AtomicBool,
    /// The peer has said something, and no answer has begun since.
    pub(super) asking: AtomicBool,
    /// The peer did not take an answer in time.
    pub(super) not_read: AtomicBool,
    /// An answer is worked at that is worth nothing to a peer that has gone.
    watched: AtomicBool,
    /// Cancelled when a peer that is watched ends the connection, or its side of it.
    gone: CancellationToken,
}

impl Seen {
    /// Has an eye on the peer until what is given goes. It is another look at what hyper polls anyway, so
    /// whoever calls must be polled by the connection.
    pub(super) fn watch(&self) -> Watch<'_> {
        self.watched.store(true, Ordering::Relaxed);
        Watch(self)
    }
}

/// See [`Seen::watch`].
pub(super) struct Watch<'a>(&'a Seen);

impl Watch<'_> {
    pub(super) async fn gone(&self) {
        self.0.gone.cancelled().await;
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.0.watched.store(false, Ordering::Relaxed);
    }
}

impl<S> Patient<S> {
    pub(super) fn new(stream: S, patience: Duration, stop: CancellationToken) -> Patient<S> {
        Patient {
            stream,
            patience,
            stop,
            deadline: None,
            begun: false,
            ahead: Ahead::Nothing,
            seen: Arc::default(),
        }
    }

    /// What it will have seen.
    pub(super) fn seen(&self) -> Arc<Seen> {
        Arc::clone(&self.seen)
    }

    /// Passes an outcome on; one that waits is given its deadline.
    fn judge<T>(
        &mut self,
        context: &mut Context<'_>,
        outcome: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.deadline = None;
            return outcome;
        }
        let (patience, stop) = (self.patience, &self.stop);
        let deadline = self.deadline.get_or_insert_with(|| {
            let stop = stop.clone();
            Box::pin(async move {
                let stopped = async {
                    stop.cancelled().await;
                    tokio::time::sleep(GOODBYE).await;
                };
                tokio::select! {
                    () = tokio::time::sleep(patience) => {}
                    () = stopped => {}
                }
            })
        });
        match deadline.as_mut().poll(context) {
            Poll::Ready(()) => {
                self.seen.not_read.store(!self.stop.is_cancelled(), Ordering::Relaxed);
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

impl<S: AsyncRead + Unpin> Patient<S> {
    /// Looks whether a peer that is watched is still there. One that has sent more is.
    fn look(&mut self, context: &mut Context<'_>) {
        if self.ahead != Ahead::Nothing || !self.seen.watched.load(Ordering::Relaxed) {
            return;
        }
        let mut byte = [0];
        let mut buffer = ReadBuf::new(&mut byte);
        self.ahead = match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
            Poll::Pending => return,
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => Ahead::Byte(byte[0]),
            Poll::Ready(_) => {
                self.seen.gone.cancel();
                Ahead::End
            }
        };
        // hyper may wait for what was taken here.
        context.waker().wake_by_ref();
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let outcome = match this.ahead {
            Ahead::End => return Poll::Ready(Ok(())),
            Ahead::Byte(byte) if buffer.remaining() > 0 => {
                this.ahead = Ahead::Nothing;
                buffer.put_slice(&[byte]);
                Poll::Ready(Ok(()))
            }
            _ => Pin::new(&mut this.stream).poll_read(context, buffer),
        };
        if let Some(first) = buffer.filled().get(before) {
            this.seen.asking.store(true, Ordering::Relaxed);
            let begins = !std::mem::replace(&mut this.begun, true);
            if begins && *first == HANDSHAKE {
                this.seen.tls.store(true, Ordering::Relaxed);
                return Poll::Ready(Err(io::ErrorKind::InvalidData.into()));
            }
        }
        outcome
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.seen.asking.store(false, Ordering::Relaxed);
        let outcome = Pin::new(&mut this.stream).poll_write(context, bytes);
        this.judge(context, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.seen.asking.store(false, Ordering::Relaxed);
        let outcome = Pin::new(&mut this.stream).poll_write_vectored(context, parts);
        this.judge(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_flush(context);
        // hyper flushes whenever it waits for an answer.
        this.look(context);
        this.judge(context, outcome)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // Over TLS the end is a word that the peer has to take.
        let outcome = Pin::new(&mut this.stream).poll_shutdown(context);
        this.judge(context, outcome)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// Somebody who takes nothing.
    struct Frozen;

    impl AsyncRead for Frozen {
        fn poll_read(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &mut ReadBuf<'_>,
        ) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Frozen {
        fn poll_write(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
            _: &[u8],
        ) -> Poll<io::Result<usize>> {
            Poll::Pending
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_nothing_fails_the_write_and_the_end() {
        let (patience, stop) = (Duration::from_secs(10), CancellationToken::new());
        let mut ours = Patient::new(Frozen, patience, stop.clone());
        let write = ours.write_all(&[0; 64]).await.map_err(|error| error.kind());
        assert_eq!(write, Err(io::ErrorKind::TimedOut));
        for (stopped, expected) in [(false, patience), (true, GOODBYE)] {
            if stopped {
                stop.cancel();
            }
            let mut ours = Patient::new(Frozen, patience, stop.clone());
            let begun = tokio::time::Instant::now();
            let end = ours.shutdown().await.map_err(|error| error.kind());
            assert_eq!((end, begun.elapsed()), (Err(io::ErrorKind::TimedOut), expected));
            assert_eq!(ours.seen().not_read.load(Ordering::Relaxed), !stopped);
        }
    }

    #[tokio::test]
    async fn a_peer_that_is_watched_is_seen_to_go() {
        for (sent, watched, gone) in [("", true, true), ("", false, false), ("GET", true, false)] {
            let (ours, mut theirs) = tokio::io::duplex(64);
            let mut ours = Patient::new(ours, Duration::from_secs(10), CancellationToken::new());
            let seen = ours.seen();
            let watch = watched.then(|| seen.watch());
            theirs.write_all(sent.as_bytes()).await.expect("there is room");
            drop(theirs);
            ours.flush().await.expect("nothing waits");
            drop(watch);
            assert_eq!(seen.gone.is_cancelled(), gone, "{sent:?}");
            let mut read = String::new();
            ours.read_to_string(&mut read).await.expect("an end");
            assert_eq!(read, sent, "nothing is lost by a look");
        }
    }
}

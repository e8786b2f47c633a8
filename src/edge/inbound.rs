//! What a connection has sent and nobody has taken yet.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt};

/// Room for what is read at once: some 250 lines, 200 µs of work.
pub(super) const READ: usize = 64 * 1024;
/// Up to so much of an unfinished frame is carried over into the next read; a longer one grows where
/// it is, so that a large frame in small pieces is not copied for each of them.
const CARRIED: usize = 16 * 1024;
/// What a connection may keep room for without need.
const SMALL: usize = 4 * 1024;

thread_local! {
    /// Lent to the connection that is reading just now: a thousand idle ones hold nothing, and a busy
    /// one reads much at once.
    static LENT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The bytes of one connection that are no whole frame yet.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    kept: Vec<u8>,
}

impl Inbound {
    pub(super) fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// Lets `take` remove what it has done with of what is there, without reading on.
    pub(super) fn without_reading(&mut self, take: impl FnOnce(&mut Vec<u8>)) {
        take(&mut self.kept);
        self.shrink();
    }

    fn shrink(&mut self) {
        if self.kept.len() <= SMALL && self.kept.capacity() > SMALL {
            self.kept = self.kept.to_vec();
        }
    }

    /// Reads once, and lets `take` remove what it has done with before anything else happens; gives
    /// how many bytes came, 0 at the end. Whoever drops the future loses nothing.
    pub(super) async fn read<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
        mut take: impl FnMut(&mut Vec<u8>, usize),
    ) -> io::Result<usize> {
        poll_fn(|cx| {
            if self.kept.len() > CARRIED {
                self.kept.reserve(self.kept.len().max(READ));
                let read = ready!(poll_into(stream, &mut self.kept, cx))?;
                take(&mut self.kept, read);
                self.shrink();
                return Poll::Ready(Ok(read));
            }
            let mut lent = LENT.take();
            lent.clear();
            lent.reserve(READ + CARRIED);
            lent.extend_from_slice(&self.kept);
            let polled = poll_into(stream, &mut lent, cx);
            if let Poll::Ready(Ok(read)) = polled {
                take(&mut lent, read);
                self.kept.clear();
                self.kept.extend_from_slice(&lent);
                self.shrink();
            }
            LENT.set(lent);
            polled
        })
        .await
    }
}

fn poll_into<S: AsyncRead + Unpin>(
    stream: &mut S,
    into: &mut Vec<u8>,
    cx: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    pin!(stream.read_buf(into)).poll(cx)
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;

    use tokio::io::AsyncWriteExt;

    use super::*;

    /// Takes every whole line and tells what it took.
    fn lines(buffer: &mut Vec<u8>, taken: &mut Vec<u8>) {
        let end = memchr::memrchr(b'\n', buffer).map_or(0, |at| at + 1);
        taken.extend(buffer.drain(..end));
    }

    #[tokio::test]
    async fn bytes_come_out_as_they_came_in_whatever_is_left_between_reads() {
        let mut sent = Vec::new();
        for length in [0, 1, 5, 70_000, 3, CARRIED, CARRIED + 1, 9] {
            sent.extend(std::iter::repeat_n(b'a' + (length % 26) as u8, length));
            sent.push(b'\n');
        }
        sent.extend(b"an end without a line's end");
        for piece in [7, 1400, 65_536, sent.len()] {
            let mut stream = in_pieces(&sent, piece);
            let (mut inbound, mut taken) = (Inbound::default(), Vec::new());
            while inbound.read(&mut stream, |buffer, _| lines(buffer, &mut taken)).await.unwrap()
                > 0
            {}
            taken.extend_from_slice(&inbound.kept);
            assert!(taken == sent, "in pieces of {piece}");
        }
    }

    #[tokio::test]
    async fn one_that_waits_holds_no_more_than_it_was_sent() {
        let (mut sender, mut receiver) = tokio::io::duplex(1 << 20);
        let mut inbound = Inbound::default();
        let (none, whole) = (vec![b'x'; CARRIED / 2], vec![b'\n'; 300_000]);
        let long = [&vec![b'x'; 250_000][..], b"\n"].concat();
        for sent in [&whole[..], &long, &[&none[..], b"\n"].concat()] {
            // What is carried over once is not kept for good.
            for sent in [&none[..], sent, b"begun"] {
                sender.write_all(sent).await.unwrap();
                let mut count = 0;
                while count < sent.len() {
                    let take = |buffer: &mut Vec<u8>, _| lines(buffer, &mut Vec::new());
                    count += inbound.read(&mut receiver, take).await.unwrap();
                }
            }
            assert_eq!(inbound.kept, b"begun");
            assert!(inbound.kept.capacity() <= SMALL);
            inbound.without_reading(Vec::clear);
        }
        // A pause ends a message.
        sender.write_all(&long[1..]).await.unwrap();
        while inbound.kept.len() < long.len() - 2 {
            inbound.read(&mut receiver, |buffer, _| buffer.retain(|&b| b != b'\n')).await.unwrap();
        }
        inbound.without_reading(Vec::clear);
        assert!(inbound.kept.capacity() <= SMALL);
    }

    fn in_pieces(sent: &[u8], piece: usize) -> impl AsyncRead + Unpin + '_ {
        struct Pieces<'a>(&'a [u8], usize);
        impl AsyncRead for Pieces<'_> {
            fn poll_read(
                mut self: Pin<&mut Self>,
                _: &mut Context<'_>,
                into: &mut tokio::io::ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                let count = self.1.min(self.0.len()).min(into.remaining());
                let (now, later) = self.0.split_at(count);
                into.put_slice(now);
                self.0 = later;
                Poll::Ready(Ok(()))
            }
        }
        Pieces(sent, piece)
    }
}

//! Threads that read streams, each with an event loop of its own.
//!
//! In a runtime whose threads share one event loop a thread without work waits in it, and is woken by every piece
//! that comes on a stream which another thread is reading just then and finds by itself. So the stream is read
//! where its events come, and a core's caches keep what it counts into.

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::{io, thread};

use tokio::runtime::{Builder, Handle};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::seldom::Seldom;

/// As many threads as there are cores, each started when all others have a connection.
#[derive(Debug)]
pub struct Readers {
    most: usize,
    running: Mutex<Running>,
    /// Ends the threads with the last one who may give them a connection.
    end: DropGuard,
}

#[derive(Debug, Default)]
struct Running {
    readers: Vec<Reader>,
    failures: Seldom,
}

#[derive(Debug)]
struct Reader {
    handle: Handle,
    /// Held by each of its connections.
    connections: Arc<()>,
}

/// A connection's place at a reader, held until it ends.
#[derive(Debug)]
pub struct Seat {
    pub handle: Handle,
    _held: Arc<()>,
}

impl Default for Readers {
    fn default() -> Readers {
        Readers::new(thread::available_parallelism().map_or(1, usize::from))
    }
}

impl Readers {
    fn new(most: usize) -> Readers {
        Readers { most, running: Mutex::default(), end: CancellationToken::new().drop_guard() }
    }

    /// With the reader that has the fewest connections; in the runtime that asks where there is none, for the
    /// system gives no thread.
    ///
    /// # Panics
    /// Outside a runtime, there.
    pub fn seat(&self) -> Seat {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let least = running.readers.iter().map(Reader::load).min();
        if running.readers.len() < self.most && least.is_none_or(|load| load > 0) {
            match self.start() {
                Ok(reader) => running.readers.push(reader),
                Err(error) => {
                    if let Some(unsaid) = running.failures.due() {
                        tracing::warn!(%error, unsaid, "no further thread to read streams");
                    }
                }
            }
        }
        match running.readers.iter().min_by_key(|reader| reader.load()) {
            Some(Reader { handle, connections }) => {
                Seat { handle: handle.clone(), _held: Arc::clone(connections) }
            }
            None => Seat { handle: Handle::current(), _held: Arc::default() },
        }
    }

    fn start(&self) -> io::Result<Reader> {
        let (tell, told) = mpsc::sync_channel(1);
        let end = self.end.token().child_token();
        // The event loop is made in its thread: where there is none to be had, it could not be dropped here.
        let read = move || match Builder::new_current_thread().enable_io().enable_time().build() {
            Ok(runtime) => {
                let _ = tell.send(Ok(runtime.handle().clone()));
                runtime.block_on(end.cancelled());
            }
            Err(error) => drop(tell.send(Err(error))),
        };
        thread::Builder::new().name("read".to_owned()).spawn(read)?;
        let handle = told.recv().map_err(io::Error::other)??;
        Ok(Reader { handle, connections: Arc::default() })
    }
}

impl Reader {
    fn load(&self) -> usize {
        Arc::strong_count(&self.connections) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_are_spread_and_a_freed_place_is_taken_first() {
        let readers = Readers::new(2);
        let loads = || -> Vec<usize> {
            readers.running.lock().expect("whole").readers.iter().map(Reader::load).collect()
        };
        let first = readers.seat();
        assert_eq!(loads(), [1], "an idle server has no thread for each core");
        let second = readers.seat();
        assert_eq!(loads(), [1, 1]);
        let third = readers.seat();
        assert_eq!(loads(), [2, 1]);
        drop((first, third));
        let fourth = readers.seat();
        assert_eq!(loads(), [1, 1]);
        drop((second, fourth));
        let _again = readers.seat();
        assert_eq!(loads(), [1, 0], "no third one");
    }

    #[test]
    fn a_reader_runs_what_it_is_given_and_ends_with_the_last_who_may_give_it_anything() {
        let readers = Readers::new(1);
        let seat = readers.seat();
        let (tell, told) = std::sync::mpsc::channel();
        seat.handle.spawn(async move {
            let name = thread::current().name().map(str::to_owned);
            tell.send(name).expect("heard");
            // Dropped with its runtime, and the sender with it.
            std::future::pending::<()>().await;
            drop(tell);
        });
        assert_eq!(told.recv().expect("it ran").as_deref(), Some("read"));
        drop(readers);
        assert!(told.recv().is_err(), "the thread has ended");
    }

    #[tokio::test]
    async fn without_a_thread_the_runtime_that_asks_reads() {
        let seat = Readers::new(0).seat();
        assert_eq!(seat.handle.spawn(async { 1 }).await.expect("it ran"), 1);
    }
}

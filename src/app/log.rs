//! Tapline's own log: to stderr, as text or one JSON object a line. Never a word of a log line.
//!
//! A thread of its own writes it. Where nobody reads stderr any more (a stopped journal, a pipe to a program
//! that hangs) a write never returns: then lines of the log are lost and counted, and nothing else waits.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::config::{Log, LogFormat, LogLevel};

/// Lines that may wait to be written, some 100 KiB.
const WAITING: usize = 1024;

static WRITER: OnceLock<SyncSender<Piece>> = OnceLock::new();
static LOST: AtomicU64 = AtomicU64::new(0);

enum Piece {
    Text(Vec<u8>),
    /// Answered when all before it is written.
    Until(SyncSender<()>),
}

/// Starts the log.
pub fn start(config: &Log) {
    // At debug the libraries would bury what is said here.
    let level = match config.level {
        LogLevel::Error => "error",
        LogLevel::Warn => "warn",
        LogLevel::Info => "info",
        LogLevel::Debug => "info,tapline=debug",
        LogLevel::Trace => "trace",
    };
    let filter = EnvFilter::new(level);
    // Where, and not what: the words of a panic may hold a piece of a line.
    std::panic::set_hook(Box::new(|info| {
        let at = info.location().map(ToString::to_string);
        tracing::error!(
            at,
            "panicked: a fault of Tapline's own; the lines it cost are dropped as fault"
        );
    }));
    let (sender, pieces) = sync_channel(WAITING);
    if WRITER.set(sender).is_ok() {
        let named = std::thread::Builder::new().name("log".to_owned());
        // Without the thread its receiver is gone, and lines are written where they are said.
        let _ = named.spawn(move || write(&pieces));
    }
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| Queue);
    // A second start (tests run many servers in one process) keeps the first log.
    let _ = match config.format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => {
            let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            builder.with_ansi(colour).with_target(false).try_init()
        }
    };
}

/// Writes a line behind what is waiting, or at once where no log was started.
pub fn put(line: &[u8]) {
    let sent = WRITER.get().map(|writer| writer.try_send(Piece::Text(line.to_vec())));
    match sent {
        Some(Ok(())) => {}
        Some(Err(TrySendError::Full(_))) => {
            LOST.fetch_add(1, Ordering::Relaxed);
        }
        None | Some(Err(TrySendError::Disconnected(_))) => {
            // Where stderr is gone there is nobody left to tell.
            let _ = io::stderr().lock().write_all(line);
        }
    }
}

/// Waits until everything is written, at most so long.
pub fn wait(patience: Duration) {
    let (done, written) = sync_channel(1);
    if WRITER.get().is_some_and(|writer| writer.try_send(Piece::Until(done)).is_ok()) {
        let _ = written.recv_timeout(patience);
    }
}

fn write(pieces: &Receiver<Piece>) {
    for piece in pieces {
        match piece {
            Piece::Text(line) => {
                let mut stderr = io::stderr().lock();
                let _ = stderr.write_all(&line);
                let lost = LOST.swap(0, Ordering::Relaxed);
                if lost > 0 {
                    let _ = writeln!(stderr, "{lost} lines of this log were lost: nobody read it");
                }
            }
            Piece::Until(done) => drop(done.send(())),
        }
    }
}

/// Takes each event as one line.
struct Queue;

impl Write for Queue {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        put(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

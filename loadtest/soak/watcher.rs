//! The browser of a soak: one session that reads the feed to the end and knows which seconds it was not told.

use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio_tungstenite::tungstenite::{self, Message};

use crate::watch::word;

/// A feed that says nothing for so long is taken for dead, and opened anew.
const SILENCE: Duration = Duration::from_secs(15);

#[derive(Debug, Default)]
pub(crate) struct Watcher {
    pub(crate) ticks: AtomicU64,
    /// Snapshots after a session's first one: it fell behind and was told so.
    pub(crate) resyncs: AtomicU64,
    /// When sessions ended by themselves.
    lost: Mutex<Vec<i64>>,
    /// First and last second of what was not told, where no snapshot stands for it.
    gaps: Mutex<Vec<(i64, i64)>>,
}

impl Watcher {
    pub(crate) fn run(&self, http: SocketAddr, over: &AtomicBool) {
        // The last second told, over sessions.
        let mut last = None;
        while !over.load(Ordering::Relaxed) {
            let ended = self.session(http, over, &mut last);
            if ended.is_err() && !over.load(Ordering::Relaxed) {
                lock(&self.lost).push(chrono::Utc::now().timestamp());
                thread::sleep(Duration::from_millis(100));
            }
        }
    }

    fn session(
        &self,
        http: SocketAddr,
        over: &AtomicBool,
        last: &mut Option<i64>,
    ) -> Result<(), Box<tungstenite::Error>> {
        let stream = TcpStream::connect(http).map_err(|e| Box::new(e.into()))?;
        stream.set_read_timeout(Some(SILENCE)).map_err(|e| Box::new(e.into()))?;
        let address = format!("ws://{http}/api/v1/live");
        let (mut socket, _) = tungstenite::client(address, stream)
            .map_err(|_| Box::new(tungstenite::Error::ConnectionClosed))?;
        socket.send(Message::text("{\"type\":\"subscribe\"}")).map_err(Box::new)?;
        let mut snapshots = 0;
        while !over.load(Ordering::Relaxed) {
            let Message::Text(text) = socket.read().map_err(Box::new)? else { continue };
            match word(&text, "\"type\":\"") {
                "tick" => {
                    self.ticks.fetch_add(1, Ordering::Relaxed);
                    let Ok(second) = word(&text, "\"t\":").parse::<i64>() else { continue };
                    if let Some(last) = *last
                        && second > last + 1
                    {
                        lock(&self.gaps).push((last + 1, second - 1));
                    }
                    *last = Some(second);
                }
                "snapshot" => {
                    snapshots += 1;
                    // Everything up to now is in it.
                    *last = None;
                    if snapshots > 1 {
                        self.resyncs.fetch_add(1, Ordering::Relaxed);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Seconds not told and sessions lost while nobody was stopped.
    pub(crate) fn unexplained(&self, stops: &[(i64, i64)]) -> (i64, usize) {
        // A session that starved is closed a moment after.
        let stopped = |second: i64| stops.iter().any(|s| s.0 - 1 <= second && second <= s.1 + 3);
        let gaps = lock(&self.gaps);
        let missed = gaps.iter().map(|gap| (gap.0..=gap.1).filter(|s| !stopped(*s)).count() as i64);
        (missed.sum(), lock(&self.lost).iter().filter(|second| !stopped(**second)).count())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Browsers without a screen: WebSocket sessions that read the feed and note what they miss.

use std::collections::VecDeque;
use std::fmt;
use std::io::Read as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep_until};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;

use super::Outcome;

/// What the page asks for when it opens on a desk's screen.
fn subscribe(filter: &str) -> String {
    const ASKS: &str = r#""topics":["tick","tail","anomaly","bands"],"panels":["agents:requests:10","bands:requests:25","clients:requests:10","paths:requests:10","protocols:requests:10","referrers:requests:10","sites:requests:10","statuses:requests:10","templates:requests:10"],"deflate":true"#;
    format!("{{\"type\":\"subscribe\",\"filter\":\"{filter}\",{ASKS}}}")
}

/// Sessions from one address: it has 28,000 ports to come from (`ip_local_port_range`, ip(7)).
const AN_ADDRESS: usize = 10_000;

/// How many there are.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sessions {
    pub(crate) clients: usize,
    /// Filters among them, each of as many sessions; 0 has all see everything.
    pub(crate) filters: usize,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    pub(crate) clients: usize,
    /// Sessions that could not be opened or ended by themselves.
    pub(crate) failed: usize,
    pub(crate) ticks: u64,
    /// Seconds between two ticks of a session that were not told.
    pub(crate) gaps: u64,
    /// Snapshots after the first, and `lag` messages.
    pub(crate) resyncs: u64,
    /// Of ticks and what comes with them.
    pub(crate) bytes: u64,
    /// End of the second to its tick being read here, in ms, sorted.
    pub(crate) lag_ms: Vec<f64>,
}

impl Report {
    pub(crate) fn lag(&self, q: f64) -> f64 {
        quantile(&self.lag_ms, q)
    }
}

/// Of sorted figures.
pub(crate) fn quantile(sorted: &[f64], q: f64) -> f64 {
    match sorted.len() {
        0 => f64::NAN,
        n => sorted[((n - 1) as f64 * q) as usize],
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} sessions, {} failed: {} ticks, {} gaps, {} resyncs, {} bytes; \
             second's end to tick read: p50 {:.0} ms, p99 {:.0} ms, max {:.0} ms",
            self.clients,
            self.failed,
            self.ticks,
            self.gaps,
            self.resyncs,
            self.bytes,
            self.lag(0.5),
            self.lag(0.99),
            self.lag(1.0)
        )
    }
}

/// Opens `clients` sessions on one thread and reads them for `time` after the last has opened.
pub(crate) fn watch(http: SocketAddr, clients: usize, time: Duration) -> Outcome<Report> {
    watch_and(http, &Sessions { clients, filters: 0 }, time, || {})
}

/// Like [`watch`]; calls `opened` once every session has its snapshot.
pub(crate) fn watch_and(
    http: SocketAddr,
    sessions: &Sessions,
    time: Duration,
    opened: impl FnOnce(),
) -> Outcome<Report> {
    let &Sessions { clients, filters } = sessions;
    // Its refusal shows in the sessions that fail.
    tapline::edge::kernel::raise_file_limit();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let ready = Arc::new(AtomicUsize::new(0));
        let inflated = Arc::new(Inflated::of(filters));
        let (stop, stopped) = tokio::sync::watch::channel(None::<Instant>);
        let mut sessions = tokio::task::JoinSet::new();
        for i in 0..clients {
            let filter = if filters == 0 { String::new() } else { filter(i % filters) };
            let from = Ipv4Addr::from_bits(Ipv4Addr::LOCALHOST.to_bits() + (i / AN_ADDRESS) as u32);
            sessions.spawn(session(
                http,
                from,
                filter,
                Arc::clone(&ready),
                Arc::clone(&inflated),
                stopped.clone(),
            ));
            // a listen queue is finite
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
        let patience = Instant::now() + Duration::from_secs(30);
        while ready.load(Ordering::Relaxed) < clients && Instant::now() < patience {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        opened();
        let _ = stop.send(Some(Instant::now() + time));
        let mut report = Report { clients, ..Report::default() };
        while let Some(one) = sessions.join_next().await {
            let one = one?;
            report.failed += one.failed;
            report.ticks += one.ticks;
            report.gaps += one.gaps;
            report.resyncs += one.resyncs;
            report.bytes += one.bytes;
            report.lag_ms.extend(one.lag_ms);
        }
        report.lag_ms.sort_by(f64::total_cmp);
        Ok(report)
    })
}

async fn session(
    http: SocketAddr,
    from: Ipv4Addr,
    filter: String,
    ready: Arc<AtomicUsize>,
    inflated: Arc<Inflated>,
    mut stop: tokio::sync::watch::Receiver<Option<Instant>>,
) -> Report {
    let mut report = Report::default();
    // small buffers: the defaults would cost this side 128 KiB a session
    let config = WebSocketConfig::default().read_buffer_size(4096).write_buffer_size(0);
    let address = format!("ws://{http}/api/v1/live");
    let Ok((mut socket, _)) = async {
        let stream = connect(from, http).await?;
        tokio_tungstenite::client_async_with_config(address, stream, Some(config)).await
    }
    .await
    else {
        ready.fetch_add(1, Ordering::Relaxed);
        report.failed = 1;
        return report;
    };
    if socket.send(Message::text(subscribe(&filter))).await.is_err() {
        report.failed = 1;
        return report;
    }
    let (mut snapshots, mut last) = (0, None::<i64>);
    // one timer a session: a new one with each message is a tenth of what reading it costs
    let mut over = std::pin::pin!(sleep_until(Instant::now()));
    let mut ending = false;
    loop {
        let next = tokio::select! {
            next = socket.next() => next,
            _ = stop.changed(), if !ending => {
                let Some(end) = *stop.borrow() else { break };
                over.as_mut().reset(end);
                ending = true;
                continue;
            }
            () = &mut over, if ending => break,
        };
        let Some(Ok(message)) = next else {
            report.failed = 1;
            break;
        };
        let (told, length) = match message {
            Message::Text(text) => (Arc::from([Told::of(&text)]), text.len()),
            Message::Binary(packed) => (inflated.told(&packed), packed.len()),
            _ => continue,
        };
        if told.iter().any(|told| matches!(told, Told::Tick(_) | Told::WithTick)) {
            report.bytes += length as u64;
        }
        for told in told.iter() {
            match *told {
                Told::Tick(second) => {
                    report.ticks += 1;
                    let now = chrono::Utc::now().timestamp_millis();
                    if ending {
                        report.lag_ms.push((now - (second + 1) * 1000) as f64);
                    }
                    if let Some(last) = last {
                        report.gaps += (second - last - 1).max(0) as u64;
                    }
                    last = Some(second);
                }
                Told::Snapshot => {
                    snapshots += 1;
                    last = None;
                    if snapshots == 1 {
                        ready.fetch_add(1, Ordering::Relaxed);
                    } else {
                        report.resyncs += 1;
                    }
                }
                Told::Lag => report.resyncs += 1,
                Told::WithTick | Told::Other => {}
            }
        }
    }
    if snapshots == 0 {
        report.failed = 1;
    }
    report
}

/// What a message says, as far as anybody here wants to know.
#[derive(Debug)]
enum Told {
    /// Of this second.
    Tick(i64),
    WithTick,
    Snapshot,
    Lag,
    Other,
}

impl Told {
    fn of(text: &str) -> Told {
        match word(text, "\"type\":\"") {
            "tick" => word(text, "\"t\":").parse().map_or(Told::Other, Told::Tick),
            "tail" | "anomaly" => Told::WithTick,
            "snapshot" => Told::Snapshot,
            "lag" => Told::Lag,
            _ => Told::Other,
        }
    }
}

/// What the newest compressed messages say: thousands of sessions are sent the same, and each browser has a
/// core of its own to read it with.
#[derive(Debug)]
struct Inflated {
    newest: Mutex<VecDeque<(Bytes, Arc<[Told]>)>>,
    most: usize,
}

impl Inflated {
    /// Of each filter a tick and a snapshot, of this second and the one before.
    fn of(filters: usize) -> Inflated {
        Inflated { newest: Mutex::default(), most: 4 * filters.max(1) }
    }

    /// Nothing where it is not what it should be: then its ticks are missed.
    fn told(&self, packed: &Bytes) -> Arc<[Told]> {
        let mut newest = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, told)) = newest.iter().find(|(of, _)| of == packed) {
            return Arc::clone(told);
        }
        let mut text = String::new();
        let read = flate2::read::DeflateDecoder::new(&packed[..]).read_to_string(&mut text);
        let told: Arc<[Told]> = text.lines().filter(|_| read.is_ok()).map(Told::of).collect();
        newest.push_front((packed.clone(), Arc::clone(&told)));
        newest.truncate(self.most);
        told
    }
}

async fn connect(from: Ipv4Addr, http: SocketAddr) -> std::io::Result<TcpStream> {
    if !http.is_ipv4() {
        return TcpStream::connect(http).await;
    }
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let stream = socket.connect(http).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// What people look at, each a little different: most of the traffic and a small part of it in turn.
fn filter(i: usize) -> String {
    match i % 5 {
        0 => format!("-path:/product/{i}"),
        1 => format!("status:2xx -client:203.0.{i}.0/24"),
        2 => format!("path:/blog/2026/{}/* bytes>{i}", i % 12 + 1),
        3 => format!("status:5xx bytes>{i}"),
        _ => format!("client:198.0.{i}.0/24"),
    }
}

/// What stands behind the first `key`, up to the next quote, comma or brace: a thousand sessions
/// share one core with this, so messages are not parsed whole.
pub(crate) fn word<'a>(text: &'a str, key: &str) -> &'a str {
    let Some(at) = text.find(key) else { return "" };
    let rest = &text[at + key.len()..];
    &rest[..rest.find(['"', ',', '}']).unwrap_or(rest.len())]
}

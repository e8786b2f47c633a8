//! How long a line takes to a browser: marked lines among many, each with a path of its own, and a session that looks for
//! them in its ticks and in its list of lines.

use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use std::io::Write as _;

use tokio_tungstenite::tungstenite::{self, Message};

use super::{Figures, Outcome, Plan, start};
use crate::lines::Pool;
use crate::send::{Clock, Pace};
use crate::server::cpu_seconds;
use crate::{api, watch};

/// Lines a second around them where none are asked for.
const RATE: u64 = 50_000;
/// Between two marks: a step that meets every part of a second.
const STEP: Duration = Duration::from_millis(163);
/// Fewer say nothing of the slowest in a hundred.
const FEWEST: usize = 50;
/// What the server may take for the last one.
const PATIENCE: Duration = Duration::from_secs(10);
/// All of them, and nothing else.
const FILTER: &str = "path:/marked/*";

pub(super) const TICK: &str = "line to tick, p99 ms";
pub(super) const TAIL: &str = "line to list of lines, p99 ms";
pub(super) const MISSED: &str = "marked lines not seen";

pub(super) fn arrival(plan: &Plan, pool: &Pool, balanced: &mut bool) -> Outcome<Figures> {
    let server = start(plan)?;
    let (http, tcp) = (server.address("http")?, server.address("tcp")?);
    let seconds = plan.seconds.max(1 + FEWEST as u64 * STEP.as_millis() as u64 / 1000);
    let mut session = Session::open(http)?;
    let marks = Mutex::new(Vec::new());
    let cpu = cpu_seconds(server.id())?;
    let (sent, seen) = thread::scope(|scope| {
        let sender = scope.spawn(|| send(tcp, pool, plan.rate.unwrap_or(RATE), seconds, &marks));
        let marked = || marks.lock().unwrap_or_else(PoisonError::into_inner).len();
        let mut end = None;
        while !end.is_some_and(|(all, end)| session.complete(all) || Instant::now() >= end) {
            session.read()?;
            if end.is_none() && sender.is_finished() {
                end = Some((marked(), Instant::now() + PATIENCE));
            }
        }
        let sent = sender.join().map_err(|_| "the sender panicked")??;
        Outcome::Ok((sent, session))
    })?;
    let cpu = cpu_seconds(server.id())? - cpu;
    let verdict = api::verify(http, sent, 0)?;
    let marks = marks.into_inner().unwrap_or_else(PoisonError::into_inner);
    let missed = 2 * marks.len() - seen.ticks.len().min(marks.len()) - seen.tail_count();
    if !verdict.balanced() || missed > 0 {
        eprintln!("{missed} marked lines not seen; {verdict}");
        *balanced = false;
    }
    let after = |seen: &mut dyn Iterator<Item = Option<Instant>>| {
        let took = marks.iter().zip(seen).filter_map(|(sent, seen)| Some((*sent, seen?)));
        let mut ms: Vec<f64> = took.map(|(a, b)| (b - a).as_secs_f64() * 1000.0).collect();
        ms.sort_by(f64::total_cmp);
        ms
    };
    let ticks = after(&mut seen.ticks.iter().copied().map(Some));
    let tail = after(&mut seen.tail.iter().copied());
    Ok(vec![
        ("lines a second, thousand", sent as f64 / 1000.0 / seconds as f64),
        ("marked lines", marks.len() as f64),
        (MISSED, missed as f64),
        ("line to tick, p50 ms", watch::quantile(&ticks, 0.5)),
        (TICK, watch::quantile(&ticks, 0.99)),
        ("line to list of lines, p50 ms", watch::quantile(&tail, 0.5)),
        (TAIL, watch::quantile(&tail, 0.99)),
        ("CPU, % of a core", cpu * 100.0 / seconds as f64),
    ])
}

/// Sends lines at the rate, and a marked one behind those of a slice when its time has come; gives how many in all.
fn send(
    to: SocketAddr,
    pool: &Pool,
    rate: u64,
    seconds: u64,
    marks: &Mutex<Vec<Instant>>,
) -> Outcome<u64> {
    let mut stream = TcpStream::connect(to)?;
    let start = Instant::now();
    let end = start + Duration::from_secs(seconds);
    let pace = Pace { first: 0, quota: rate * seconds, rate, start, end };
    let (mut clock, mut chunk) = (Clock::new(), Vec::new());
    let (mut sent, mut marked) = (0, 0);
    // The first second is for the server to get warm.
    let mut next = start + Duration::from_secs(1);
    while let Some(due) = pace.due(sent, 512) {
        let now = clock.now();
        chunk.clear();
        for i in 0..due {
            pool.write(sent + i, now, false, &mut chunk);
            chunk.push(b'\n');
        }
        sent += due;
        if Instant::now() >= next {
            writeln!(
                chunk,
                "<190>{} web-1 nginx: 203.0.113.9 - - [{} +0000] \"GET /marked/{marked} HTTP/1.1\" 200 1 \"-\" \"-\"",
                now.header, now.clf
            )?;
            marked += 1;
            next += STEP;
            marks.lock().unwrap_or_else(PoisonError::into_inner).push(Instant::now());
        }
        stream.write_all(&chunk)?;
    }
    stream.shutdown(Shutdown::Write)?;
    Ok(sent + marked)
}

/// A browser that shows the marked lines alone, and when each was first told to it.
struct Session {
    socket: tungstenite::WebSocket<TcpStream>,
    /// In the order of the marks, which is that of one connection: the n-th mark is in the first tick that counts n.
    ticks: Vec<Instant>,
    tail: Vec<Option<Instant>>,
}

impl Session {
    fn open(http: SocketAddr) -> Outcome<Session> {
        let stream = TcpStream::connect(http)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let address = format!("ws://{http}/api/v1/live");
        let (socket, _) = tungstenite::client(address, stream).map_err(|e| e.to_string())?;
        let mut session = Session { socket, ticks: Vec::new(), tail: Vec::new() };
        let subscribe = serde_json::json!({ "type": "subscribe", "filter": FILTER });
        session.socket.send(Message::text(subscribe.to_string()))?;
        while session.read()? != "snapshot" {}
        Ok(session)
    }

    /// Reads one message and gives its kind. Ticks come each second, so this ends.
    fn read(&mut self) -> Outcome<String> {
        let Message::Text(text) = self.socket.read()? else { return Ok(String::new()) };
        let now = Instant::now();
        let said: serde_json::Value = serde_json::from_str(&text)?;
        let kind = said["type"].as_str().unwrap_or_default();
        if matches!(kind, "tick" | "snapshot") {
            let counted = said["status"]["summary"]["requests"].as_u64().ok_or("no requests")?;
            self.ticks.resize(self.ticks.len().max(usize::try_from(counted)?), now);
        }
        let events = said[if kind == "tail" { "events" } else { "tail" }].as_array();
        for event in events.into_iter().flatten() {
            let number = event["path"].as_str().and_then(|path| path.strip_prefix("/marked/"));
            let Some(number) = number.and_then(|n| n.parse::<usize>().ok()) else { continue };
            self.tail.resize(self.tail.len().max(number + 1), None);
            self.tail[number].get_or_insert(now);
        }
        Ok(kind.to_owned())
    }

    fn tail_count(&self) -> usize {
        self.tail.iter().flatten().count()
    }

    fn complete(&self, marks: usize) -> bool {
        self.ticks.len() >= marks && self.tail_count() >= marks
    }
}

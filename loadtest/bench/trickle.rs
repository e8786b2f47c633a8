//! What a line costs that comes alone: many connections, each line a write of its own.

use std::io::Write;
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use super::{Figures, Outcome, Plan, start};
use crate::api;
use crate::lines::Pool;
use crate::send::Clock;
use crate::server::cpu_seconds;

/// Lines a second over all connections where nothing else is asked for.
const RATE: u64 = 20_000;
/// Between two looks at what is due: four lines of all connections.
const SLICE: Duration = Duration::from_micros(200);
/// One that sends everything, and so many that share it, so that each has a line every 5 ms.
const CONNECTIONS: [(usize, &str); 2] = [(1, super::CPU), (100, MANY)];
const MANY: &str = "the same over 100 connections";

pub(super) fn trickle(plan: &Plan, pool: &Pool, balanced: &mut bool) -> Outcome<Figures> {
    let rate = plan.rate.unwrap_or(RATE);
    let server = start(plan)?;
    let (http, tcp) = (server.address("http")?, server.address("tcp")?);
    let (mut figures, mut sent) = (Figures::new(), 0);
    for (connections, name) in CONNECTIONS {
        let streams = (0..connections).map(|_| TcpStream::connect(tcp));
        let mut streams: Vec<TcpStream> = streams.collect::<Result<_, _>>()?;
        for stream in &streams {
            stream.set_nodelay(true)?;
        }
        let cpu = cpu_seconds(server.id())?;
        let count = one_by_one(&mut streams, rate, plan.seconds, sent, pool)?;
        drop(streams);
        let verdict = api::verify(http, count, sent)?;
        // One tick more, as everywhere.
        thread::sleep(Duration::from_millis(1100));
        figures.push((name, (cpu_seconds(server.id())? - cpu) / (count as f64 / 1e6)));
        if !verdict.balanced() {
            eprintln!("{verdict}");
            *balanced = false;
        }
        sent += count;
    }
    Ok(figures)
}

/// Gives how many lines were written.
fn one_by_one(
    streams: &mut [TcpStream],
    rate: u64,
    seconds: u64,
    first: u64,
    pool: &Pool,
) -> Outcome<u64> {
    let (start, count, turns) = (Instant::now(), rate * seconds, streams.len() as u64);
    let (mut sent, mut clock, mut line) = (0, Clock::new(), Vec::new());
    while sent < count {
        let due = (start.elapsed().as_secs_f64() * rate as f64) as u64;
        while sent < due.min(count) {
            line.clear();
            pool.write(first + sent, clock.now(), false, &mut line);
            line.push(b'\n');
            streams[(sent % turns) as usize].write_all(&line)?;
            sent += 1;
        }
        thread::sleep(SLICE);
    }
    Ok(sent)
}

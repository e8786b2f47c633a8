//! What a line costs on the hot path, in processor time: from received bytes to rows in an open
//! block, and the tick that closes the second.
//!
//! `cargo run --release --example line [MIX] [LINES]`, MIX as `loadtest send --mix` takes it.

#![allow(clippy::print_stdout)] // It is what this program does.

#[allow(dead_code)] // The time stamps of bare lines are the load tool's.
mod lines;
mod processor;

use std::sync::Arc;

use processor::thread_s;
use tapline::aggregate::ask::Asks;
use tapline::aggregate::filter::Filter;
use tapline::decode::framing::{Framer, Mode, Step};
use tapline::pipeline::ingest::{Frame, Ingest, IngestConfig};
use tapline::state::live::WindowConfig;
use tapline::state::node::{Listener, Node};
use tapline::state::sources::{Peer, SourcesConfig};
use tapline::vocab::time::Millis;

/// Lines of one second: a machine that is kept busy.
const RATE: u64 = 250_000;
/// What a busy connection reads at once.
const BUFFER: usize = 64 * 1024;

fn main() {
    let mut args = std::env::args().skip(1);
    let mix = args.next().unwrap_or_else(|| "combined=1".to_owned());
    let mix: lines::Mix = mix.parse().expect("a mix, e.g. combined=94,timed=6");
    let count: u64 = args.next().map_or(1_000_000, |n| n.parse().expect("a number of lines"));

    let pool = lines::Pool::new(&mix, lines::POOL);
    let start = Millis(1_800_000_000_000);
    let window = WindowConfig { max_age_s: 3600, ..WindowConfig::default() };
    let node = Node::new(window, SourcesConfig::default(), String::new(), start);
    let listener = Listener::new("tcp", "127.0.0.1:0");
    let mut ingest = Ingest::new(Arc::clone(&node), listener, Arc::new(IngestConfig::default()));
    let peer = Peer::Ip([127, 0, 0, 1].into());
    let usual = Asks::usual(12);
    let view = node.live_mut().view(&Filter::default(), 60, &usual, start.second());

    let (mut read_s, mut tick_s, mut bytes) = (0.0, 0.0, 0);
    let mut done = 0;
    let mut now = start;
    let mut buffer = Vec::with_capacity(2 * BUFFER);
    while done < count {
        let stamps = lines::Now::new(
            chrono::DateTime::from_timestamp_millis(now.0).expect("a time of this century"),
        );
        let end = count.min(done + RATE);
        while done < end {
            buffer.clear();
            while done < end && buffer.len() < BUFFER {
                pool.write(done, &stamps, false, &mut buffer);
                buffer.push(b'\n');
                done += 1;
            }
            bytes += buffer.len();
            let before = thread_s();
            read(&mut ingest, &peer, &buffer, now);
            read_s += thread_s() - before;
        }
        let before = thread_s();
        tick(&node, now);
        tick_s += thread_s() - before;
        now = Millis(now.0 + 1000);
    }
    let seen = node.live().snapshot(view, &usual).summary.requests;
    let per_line = |seconds: f64| seconds * 1e9 / count as f64;
    println!("lines {count}, requests {seen}, {} bytes a line", bytes as u64 / count);
    println!("read  {:6.0} ns a line", per_line(read_s));
    println!("tick  {:6.0} ns a line", per_line(tick_s));
}

/// What a connection does with what it has received.
#[inline(never)]
fn read(ingest: &mut Ingest, peer: &Peer, buffer: &[u8], now: Millis) {
    let mut framer = Framer::new(Mode::Auto, 64 * 1024);
    let mut frames = Vec::new();
    let mut done = 0;
    while let Step::Frame { bytes, consumed } = framer.next(&buffer[done..], false) {
        frames.push(Frame::new(peer, bytes));
        done += consumed;
    }
    ingest.batch(&frames, now);
}

#[inline(never)]
fn tick(node: &Node, now: Millis) {
    let second = now.second();
    node.seal_before(second.plus(1));
    node.live_mut().close(second);
}

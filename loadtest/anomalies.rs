//! What the detectors cost: a tick in which fifty thousand series have something new, and their memory.
//!
//! `cargo run --release --example anomalies`

// This is a program for a terminal.
#![allow(clippy::print_stdout)]

mod processor;

use processor::thread_s;
use tapline::aggregate::block::Block;
use tapline::aggregate::column::Columns;
use tapline::aggregate::detect::{Detector, Input};
use tapline::aggregate::dictionaries::Dictionaries;
use tapline::aggregate::filter::Filter;
use tapline::aggregate::rollup::Rollup;
use tapline::aggregate::row::Row;
use tapline::aggregate::scan::Scanner;
use tapline::aggregate::tally::{Change, Tally};
use tapline::vocab::event::Kind;
use tapline::vocab::field::Field;
use tapline::vocab::time::Second;

/// As many as are followed of each.
const ROUTES: usize = 2048;
const SITES: usize = 8192;
const CLIENTS: usize = 2000;
/// Errors, refusals and times of a route; traffic both ways, errors, refusals, silence and times of a site;
/// floods of a client.
const SERIES: usize = ROUTES * 3 + SITES * 6 + CLIENTS;
const TICKS: i64 = 1200;
const REQUESTS: usize = 8192;

fn main() {
    let mut dictionaries = Dictionaries::default();
    let mut scanner = Scanner::new(&Filter::default());
    let mut tally = Tally::draining(Rollup::bases());
    // Three names deep: 50 names in one place would be taken as one route.
    let routes: Vec<String> = (0..ROUTES)
        .map(|n| format!("/{}a/{}b/{}c", name(n / 256), name(n / 16 % 16), name(n % 16)))
        .collect();
    let sites: Vec<String> = (0..SITES).map(|n| format!("site{n}.example")).collect();
    let clients: Vec<String> =
        (0..CLIENTS).map(|n| format!("10.0.{}.{}", n / 250, n % 250)).collect();
    let mut before = 0;
    let mut detector = Detector::new();
    let (mut busy, mut worst, mut said) = (0.0, 0f64, 0);
    for tick in 0..TICKS {
        let second = Second(1_795_392_000 + tick);
        let mut block = Block::new(second);
        for n in 0..REQUESTS {
            let mut row = Row::new(Kind::Access);
            row.status = if (n * 31 + tick as usize * 17).is_multiple_of(211) { 500 } else { 200 };
            row.bytes = Some(1000 + (n as u64 * 37) % 5000);
            row.request_us = Some(20_000 + ((n as u32 * 7919 + tick as u32 * 104_729) % 40_000));
            row.set(Field::Path, &routes[n % ROUTES]);
            row.set(Field::Site, &sites[n % SITES]);
            row.set(Field::Client, &clients[n % CLIENTS]);
            row.set(Field::Method, "GET");
            block.append(&row);
        }
        let mut columns = Columns::default();
        dictionaries.append(&block, &mut columns, 0);
        scanner.scan(&columns, (0, columns.len()), &dictionaries, |batch| {
            tally.apply(batch, Change::Add, &dictionaries);
        });
        let rollup = Rollup::take(&mut tally, &dictionaries);
        if tick == 0 {
            before = resident_kib();
        }
        let started = thread_s();
        said += detector.tick(&Input::new(second, &rollup, &dictionaries)).len();
        let took = thread_s() - started;
        // The first ticks make the series.
        if tick >= 60 {
            busy += took;
            worst = worst.max(took);
        }
    }
    let mean = busy / (TICKS - 60) as f64;
    println!("{SERIES} series, {REQUESTS} requests a tick, {TICKS} ticks, {said} findings");
    println!(
        "a tick {:.2} ms (worst {:.2}), {:.0} ns a series",
        mean * 1e3,
        worst * 1e3,
        mean * 1e9 / SERIES as f64
    );
    println!("resident: {} KiB before, {} KiB after", before, resident_kib());
    let learnt = serde_json::to_vec(&detector.learnt()).map_or(0, |bytes| bytes.len());
    println!("what was learnt, as JSON: {} KiB", learnt / 1024);
}

/// A word without digits, which no route takes for an id.
fn name(n: usize) -> String {
    const WORDS: [&str; 16] = [
        "shop", "cart", "news", "help", "team", "blog", "docs", "jobs", "map", "feed", "user",
        "item", "page", "view", "list", "sale",
    ];
    WORDS[n % WORDS.len()].to_owned()
}

/// Of this process; 0 where the system does not say.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok()).unwrap_or(0)
}

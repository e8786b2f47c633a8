//! What an event costs in the columns, in processor time: append, seal, scans and memory, on made-up traffic.
//!
//! `cargo run --release --example columns [EVENTS_A_SECOND] [SECONDS]`

#![allow(clippy::print_stdout)] // It is what this program does.

#[allow(dead_code)] // Nothing is below a number here.
mod dice;
mod processor;

use dice::Dice;
use processor::thread_s;
use tapline::aggregate::ask::Asks;
use tapline::aggregate::block::Block;
use tapline::aggregate::filter::Filter;
use tapline::aggregate::row::Row;
use tapline::state::live::{Live, Range, WindowConfig};
use tapline::vocab::event::Kind;
use tapline::vocab::field::Field;
use tapline::vocab::time::Second;

fn main() {
    let mut args = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let rate = args.next().unwrap_or(20_000);
    let seconds = args.next().unwrap_or(100);
    let events = (rate * seconds) as f64;

    let paths: Vec<String> =
        (0..20_000).map(|n| format!("/shop/{}/item-{n}.html", n % 37)).collect();
    let clients: Vec<String> =
        (0..20_000).map(|n| format!("203.{}.{}.{}", n / 65_536, n / 256 % 256, n % 256)).collect();
    let agents: Vec<String> = (0..147)
        .map(|n| {
            format!("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.{n} (KHTML, like Gecko) Chrome/1{n}.0.0.0 Safari/537.36")
        })
        .collect();
    let referrers: Vec<String> =
        (0..500).map(|n| format!("https://www.site{}.example/page/{n}", n % 50)).collect();

    let mut dice = Dice(1);
    let picks: Vec<[usize; 4]> = (0..rate)
        .map(|_| {
            [
                dice.rank(paths.len()),
                dice.rank(clients.len()),
                dice.rank(agents.len()),
                dice.rank(referrers.len()),
            ]
        })
        .collect();

    let mut live = Live::new(WindowConfig {
        budget_bytes: 4 << 30,
        max_age_s: 1 << 30,
        ..WindowConfig::default()
    });
    let (mut append, mut seal, mut close) = (0.0, 0.0, 0.0);
    for second in 0..seconds {
        let shift = dice.next() as usize % rate;
        let start = thread_s();
        let mut block = Block::new(Second(second as i64));
        for n in 0..rate {
            let [path, client, agent, referrer] = picks[(n + shift) % rate];
            let mut row = Row::new(Kind::Access);
            row.ms = (n * 1000 / rate) as u16;
            row.status = [200, 200, 200, 200, 200, 304, 304, 404, 302, 500][(path + n) % 10];
            row.bytes = Some((path * 37 + n % 7) as u64);
            row.request_us = Some((1 + (client + n) % 400) as u32 * 1000);
            row.set(Field::Site, "example.org");
            row.set(Field::Source, "web-1/nginx");
            row.set(Field::Client, &clients[client]);
            row.set(Field::Method, if n % 11 == 0 { "POST" } else { "GET" });
            row.set(Field::Path, &paths[path]);
            row.set(Field::Protocol, "HTTP/1.1");
            if n % 3 == 0 {
                row.set(Field::Referrer, &referrers[referrer]);
            }
            row.set(Field::Agent, &agents[agent]);
            row.set(Field::Format, "combined");
            block.append(&row);
        }
        append += thread_s() - start;
        let start = thread_s();
        live.absorb(block);
        seal += thread_s() - start;
        let start = thread_s();
        live.close(Second(second as i64));
        close += thread_s() - start;
    }
    let per_event = |seconds: f64| seconds * 1e9 / events;
    println!("append  {:6.1} ns an event (9 texts)", per_event(append));
    println!("seal    {:6.1} ns an event", per_event(seal));
    println!("close   {:6.1} ns an event (rollup, no view)", per_event(close));
    let kept = live.kept();
    println!("memory  {:6.1} bytes an event, dictionaries included", kept.bytes as f64 / events);

    for text in ["", "status:404", "path:/shop/1/*", "method:POST", "-status:404", "agent:bot"] {
        let filter = Filter::parse(text).unwrap_or_default();
        for top in [0, 12] {
            let start = thread_s();
            let summary = live.summary(Range::default(), &filter, &Asks::usual(top), None);
            let took = thread_s() - start;
            println!(
                "summary {:6.1} ns an event, top {top:2}, `{text}` matches {:.0} %",
                per_event(took),
                100.0 * summary.requests as f64 / events,
            );
        }
        let start = thread_s();
        let series = live.series(Range::default(), 10, &filter);
        println!(
            "series  {:6.1} ns an event, {} steps",
            per_event(thread_s() - start),
            series.t.len()
        );
    }

    let now = Second(seconds as i64);
    let span = 60.min(seconds as u32 / 2);
    let filters = ["", "status:404", "path:/shop/1/*"];
    for text in filters {
        let filter = Filter::parse(text).unwrap_or_default();
        let start = thread_s();
        live.view(&filter, span, &Asks::usual(12), now);
        println!("view    {:6.1} ms to open, `{text}`", (thread_s() - start) * 1e3);
    }
    let ticks = span as i64 / 2;
    let start = thread_s();
    for tick in 0..ticks {
        live.close(now.plus(tick));
    }
    let took = (thread_s() - start) / ticks as f64;
    println!(
        "tick    {:6.2} ms for {} views, {rate} events leaving each",
        took * 1e3,
        filters.len()
    );
}

//! What a filter costs: a change of it over a full window, a summary, and the tick of many views that
//! each have their own. Wall time beside processor time of the whole process: medians and ranges.
//!
//! `cargo run --release --example filters [EVENTS] [RUNS] [VIEWS] [FILTER…]`: with filters of your own
//! only changes to them are measured, and with `open` alone nothing but the first view of a span.

#![allow(clippy::print_stdout)] // It is what this program does.

mod dice;
#[allow(dead_code)] // It is the whole process that works here.
mod processor;

use dice::Dice;
use tapline::aggregate::ask::{Asks, LIVE_ROWS};
use tapline::aggregate::block::Block;
use tapline::aggregate::filter::Filter;
use tapline::aggregate::row::Row;
use tapline::pipeline::feed::encode;
use tapline::state::live::{Live, Range, WindowConfig};
use tapline::vocab::event::Kind;
use tapline::vocab::field::Field;
use tapline::vocab::time::Second;

/// Seconds of the window, which every view spans.
const SPAN: u32 = 900;
/// What a dashboard asks for when it is opened.
const ASKS: [&str; 11] = [
    "paths",
    "routes:slow",
    "not_found",
    "statuses",
    "bands",
    "clients",
    "networks",
    "sites",
    "agents",
    "bots",
    "referrers",
];
/// Filters from what most rows match to what hardly one does.
const FILTERS: [&str; 13] = [
    "",
    "-status:404",
    "-agent:bot method:GET",
    "status:2xx",
    "protocol:HTTP/2.0",
    "-site:shop-0.example -site:shop-1.example",
    "latency>0.001",
    "site:shop-0.example site:shop-2.example",
    "site:shop-3.example",
    "route:/shop/7/{page}",
    "ip_version:v4 client:203.0.113.0/24",
    "status:5xx",
    "path:/shop/11/item-19990.html",
];
/// Asks for no filter at all.
const OPEN: &str = "open";
/// Rate of the ticks that are measured.
const RATE: usize = 10_000;

/// Wall and processor milliseconds of a piece of work, run after run.
#[derive(Default)]
struct Times {
    wall: Vec<f64>,
    cpu: Vec<f64>,
}

impl Times {
    fn take<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let [wall, cpu] =
            [libc::CLOCK_MONOTONIC, libc::CLOCK_PROCESS_CPUTIME_ID].map(processor::seconds);
        let done = work();
        self.wall.push((processor::seconds(libc::CLOCK_MONOTONIC) - wall) * 1e3);
        self.cpu.push((processor::seconds(libc::CLOCK_PROCESS_CPUTIME_ID) - cpu) * 1e3);
        done
    }

    fn text(&self) -> String {
        let [wall, cpu] = [&self.wall, &self.cpu].map(|times| {
            let mut sorted = times.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let middle = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
            (middle, sorted.first().copied().unwrap_or_default())
        });
        format!("{:7.1} ms wall ({:.1}), {:7.1} CPU ({:.1})", wall.0, wall.1, cpu.0, cpu.1)
    }
}

/// The texts that the traffic is made of.
struct World {
    paths: Vec<String>,
    clients: Vec<String>,
    agents: Vec<String>,
    referrers: Vec<String>,
    sites: Vec<String>,
}

impl World {
    fn new() -> World {
        let agent = |n: usize| match n % 10 {
            7 => format!(
                "Mozilla/5.0 (compatible; Googlebot/2.{n}; +http://www.google.com/bot.html)"
            ),
            8 => format!("curl/8.{n}.0"),
            _ => format!(
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.{n} (KHTML, like Gecko) Chrome/1{n}.0.0.0 Safari/537.36"
            ),
        };
        World {
            paths: (0..20_000).map(|n| format!("/shop/{}/item-{n}.html", n % 37)).collect(),
            clients: (0..24_000)
                .map(|n| match n % 20 {
                    0 => format!("2001:db8:{:x}::{n:x}", n % 99),
                    _ => format!("203.0.{}.{}", n / 256 + 100, n % 256),
                })
                .collect(),
            agents: (0..150).map(agent).collect(),
            referrers: (0..500)
                .map(|n| format!("https://www.site{}.example/page/{n}", n % 50))
                .collect(),
            sites: (0..12).map(|n| format!("shop-{n}.example")).collect(),
        }
    }

    fn second(&self, second: i64, rows: usize, dice: &mut Dice) -> Block {
        let mut block = Block::new(Second(second));
        for n in 0..rows {
            let path = dice.rank(self.paths.len());
            let client = dice.rank(self.clients.len());
            let mut row = Row::new(Kind::Access);
            row.ms = (n * 1000 / rows) as u16;
            row.status = match dice.below(100) {
                0..75 => 200,
                75..87 => 304,
                87..90 => 301,
                90..97 => 404,
                97 => 403,
                98 => 500,
                _ => 502,
            };
            row.bytes = Some((path * 37 + dice.below(5000)) as u64);
            let us = (1u32 << dice.below(20)) + dice.below(900) as u32;
            row.request_us = Some(us / 1000 * 1000);
            if path.is_multiple_of(2) {
                row.upstream_us = Some(us / 2000 * 1000);
            }
            row.set(Field::Site, &self.sites[dice.rank(self.sites.len())]);
            row.set(Field::Source, "web-1/nginx");
            row.set(Field::Client, &self.clients[client]);
            row.set(Field::Method, if dice.below(11) == 0 { "POST" } else { "GET" });
            row.set(Field::Path, &self.paths[path]);
            row.set(
                Field::Protocol,
                if client.is_multiple_of(3) { "HTTP/1.1" } else { "HTTP/2.0" },
            );
            if dice.below(3) == 0 {
                row.set(Field::Referrer, &self.referrers[dice.rank(self.referrers.len())]);
            }
            // A client has one agent or two.
            let agent = (client * 7 + dice.below(2)) % self.agents.len();
            row.set(Field::Agent, &self.agents[agent]);
            row.set(Field::Format, "combined");
            block.append(&row);
        }
        block
    }
}

fn main() {
    let (numbers, texts): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|arg| arg.parse::<usize>().is_ok());
    let mut args = numbers.iter().filter_map(|arg| arg.parse::<usize>().ok());
    let events = args.next().unwrap_or(5_000_000);
    let runs = args.next().unwrap_or(5);
    let views = args.next().unwrap_or(200);

    let world = World::new();
    let mut dice = Dice(1);
    let budget_bytes = 4 << 30;
    let mut live =
        Live::new(WindowConfig { budget_bytes, max_age_s: 2 * SPAN, ..WindowConfig::default() });
    for second in 0..i64::from(SPAN) {
        live.absorb(world.second(second, events / SPAN as usize, &mut dice));
        live.close(Second(second));
    }
    let kept = live.kept();
    println!("{} events, {} bytes each", kept.events, kept.bytes / kept.events.max(1));
    let asks = Asks::read(ASKS, 10, LIVE_ROWS).expect("lists that exist");
    let now = Second(SPAN.into());
    if !texts.is_empty() {
        let filters: Vec<&str> = texts.iter().map(String::as_str).collect();
        change(&mut live, &asks, now, runs, &filters);
    } else if runs > 0 {
        change(&mut live, &asks, now, runs, &FILTERS);
        summaries(&live, &asks, runs);
    }
    if views > 0 {
        ticks(&mut live, &world, &asks, views, &mut dice);
    }
}

/// A view is opened, shown whole and encoded: the first one of its span, and those that a change of the
/// filter asks for.
fn change(live: &mut Live, asks: &Asks, now: Second, runs: usize, filters: &[&str]) {
    let mut show = |text: &str, span: u32, times: &mut Times| {
        let filter = Filter::parse(text).expect("a filter");
        times.take(|| {
            let id = live.view(&filter, span, asks, now);
            let shown = live.snapshot(id, asks);
            let _ = (encode(&shown.summary), encode(&shown.series), encode(&shown.tail));
            live.release(id, asks);
            shown.summary.requests
        })
    };
    let mut first = Times::default();
    // Each of a span of its own: none is kept from the run before.
    (1u32..).take(runs.min(5)).for_each(|run| _ = show("", SPAN - run, &mut first));
    println!("open    {} the first of a span", first.text());
    let filters: Vec<&str> = filters.iter().copied().filter(|text| *text != OPEN).collect();
    let mut all: Vec<(Times, u64)> = filters.iter().map(|_| (Times::default(), 0)).collect();
    show("", SPAN, &mut first);
    for _ in 0..runs {
        for (text, (times, requests)) in filters.iter().zip(&mut all) {
            *requests = show(text, SPAN, times);
        }
        // Views of the last filters are kept a while: others push them out.
        for n in 0..if filters.is_empty() { 0 } else { 5 } {
            show(&format!("user:none-{n}"), SPAN, &mut Times::default());
        }
    }
    let events = live.kept().events as f64;
    for (text, (times, requests)) in filters.iter().zip(&all) {
        let share = 100.0 * *requests as f64 / events;
        println!("change  {} `{text}` {share:.1} %", times.text());
    }
}

/// `GET /api/v1/summary` of the last half of the window, alone and with the half before.
fn summaries(live: &Live, asks: &Asks, runs: usize) {
    let half = i64::from(SPAN / 2);
    let range = Range { from: Some(Second(half)), to: Some(Second(2 * half)) };
    for before in [None, Some(half)] {
        let mut all: Vec<Times> = FILTERS.iter().map(|_| Times::default()).collect();
        for _ in 0..runs {
            for (text, times) in FILTERS.iter().zip(&mut all) {
                let filter = Filter::parse(text).expect("a filter");
                times.take(|| encode(&live.summary(range, &filter, asks, before)));
            }
        }
        for (text, times) in FILTERS.iter().zip(&all) {
            let with = if before.is_some() { "before" } else { "alone" };
            println!("summary {} {with} `{text}`", times.text());
        }
    }
}

/// A filter of its own for every session: from some 60 % of the rows down to 1 % and less.
fn filter_of(n: usize) -> String {
    match n % 5 {
        0 => format!("site:shop-{}.example -path:/none/{n}", n / 5 % 12),
        1 => format!("path:/shop/{}/* -user:nobody-{n}", n / 5 % 37),
        2 => format!("status:{}xx -path:/none/{n}", 2 + n / 5 % 4),
        3 => format!("client:203.0.{}.0/24", 100 + n / 5 % 90),
        _ => format!("agent:{} -path:/none/{n}", ["bot", "chrome", "curl"][n / 5 % 3]),
    }
}

/// The tick of many views, each with its own filter.
fn ticks(live: &mut Live, world: &World, asks: &Asks, views: usize, dice: &mut Dice) {
    const TICKS: i64 = 10;
    let before = resident_kib();
    let filters: Vec<Filter> =
        (0..views).map(|n| Filter::parse(&filter_of(n)).expect("a filter")).collect();
    let now = Second(SPAN.into());
    let mut opening = Times::default();
    let ids: Vec<_> =
        filters.iter().map(|filter| opening.take(|| live.view(filter, SPAN, asks, now))).collect();
    let after = resident_kib();
    println!("open    {}, {} views", opening.text(), live.views());
    println!("memory  {} KiB a view", (after - before) / views as i64);
    let (mut close, mut say) = (Times::default(), Times::default());
    for tick in 0..TICKS {
        live.absorb(world.second(now.0 + tick, RATE, dice));
        close.take(|| live.close(now.plus(tick)));
        say.take(|| {
            for &id in &ids {
                let update = live.update(id, asks);
                let _ = (encode(&update.summary), encode(&update.point), encode(&update.tail));
            }
        });
    }
    println!("close   {}", close.text());
    println!("encode  {}", say.text());
}

fn resident_kib() -> i64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split(' ').nth(1).and_then(|n| n.parse::<i64>().ok());
    pages.unwrap_or_default() * 4
}

//! What a line and a browser cost: starts a `tapline` for each run and reads its process's own
//! counters, which other work on the machine disturbs less than any wall clock.

mod arrival;
mod browsers;
mod burst;
mod cardinality;
mod idle;
mod load;
mod memory;
mod overload;
mod trickle;

use std::cell::OnceCell;
use std::path::PathBuf;

use super::lines::{Mix, POOL, Pool};
use super::send::Kind;
use super::server::Server;
use super::{Load, Outcome};

#[derive(Clone, Copy, Debug, PartialEq, clap::ValueEnum)]
pub(crate) enum Scenario {
    Tcp,
    /// As `tcp`, lines of JSON.
    Json,
    /// As `tcp`, lines with everything that `tapline snippet nginx` has nginx write.
    Full,
    /// Lines that come one by one, over one connection and over many.
    Trickle,
    Udp,
    Unix,
    /// Datagrams to a unix socket that come at once, and that nobody waits for.
    Burst,
    Http,
    /// As `http`, compressed.
    Gzip,
    /// More datagrams than anybody reads; each that the kernel dropped has to be told.
    Overload,
    /// Nothing is sent: memory.
    Idle,
    /// Many sessions on the live feed.
    Browsers,
    /// How long a line takes to a browser while many others come.
    Arrival,
    /// What an event takes in the window beside its texts.
    Memory,
    /// As `tcp`, with ten times the paths, clients and sites.
    Cardinality,
}

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) binary: PathBuf,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) runs: usize,
    pub(crate) count: u64,
    /// Of what is paced; each scenario has its own where none is given.
    pub(crate) rate: Option<u64>,
    pub(crate) seconds: u64,
    /// Sessions of the browsers, and how many filters these have; 0 has all see everything.
    pub(crate) clients: usize,
    pub(crate) filters: usize,
    /// Of the lines that are bounded by count.
    pub(crate) mix: Mix,
}

/// Named figures of one run, in the order they are shown.
type Figures = Vec<(&'static str, f64)>;

/// The figure that all loads have.
const CPU: &str = "CPU-seconds per million lines";

/// What is to be reached, beside which a figure is shown.
fn goal(plan: &Plan, scenario: Scenario, figure: &str) -> &'static str {
    match (scenario, figure) {
        (Scenario::Tcp | Scenario::Http, CPU) => "≤ 0.70",
        (Scenario::Json, CPU) => "≤ 1.8",
        (Scenario::Gzip, CPU) => "≤ 1.0",
        (Scenario::Http | Scenario::Gzip, load::POST) => "≤ 20",
        (Scenario::Udp, CPU) => "≤ 1.7",
        (Scenario::Udp, load::LOST) | (Scenario::Overload, overload::UNACCOUNTED) => "0",
        (Scenario::Udp, load::UNTOLD) | (Scenario::Burst, burst::UNACCOUNTED) => "0",
        (Scenario::Burst, burst::REFUSED) => "0 where the queue has room",
        (Scenario::Idle, idle::READY) => "≤ 100",
        (Scenario::Idle, idle::RESIDENT) => "≤ 32",
        (Scenario::Browsers, browsers::SESSIONS) if plan.filters > 0 => "≤ 60 for 1,000",
        (Scenario::Browsers, browsers::SESSIONS) => "≤ 20 for 10,000",
        (Scenario::Browsers, browsers::MEMORY) if plan.filters == 0 => "≤ 20",
        (Scenario::Browsers, browsers::LAG) => "≤ 200",
        (Scenario::Arrival, arrival::TICK) => "≤ 1,100",
        (Scenario::Arrival, arrival::TAIL) => "≤ 150",
        (Scenario::Arrival, arrival::MISSED) => "0",
        (Scenario::Memory, memory::ACCOUNTED | memory::RESIDENT) => "≤ 40",
        (Scenario::Cardinality, figure) if cardinality::is_ratio(figure) => "≤ 1.5",
        _ => "",
    }
}

/// Prints one table row per figure; false when a run's accounting did not balance.
pub(crate) fn bench(plan: &Plan) -> Outcome<bool> {
    use Scenario::{
        Arrival, Browsers, Burst, Cardinality, Full, Gzip, Http, Idle, Json, Memory, Overload, Tcp,
        Trickle, Udp, Unix,
    };
    let all = [
        Idle,
        Tcp,
        Json,
        Full,
        Trickle,
        Udp,
        Overload,
        Unix,
        Burst,
        Http,
        Gzip,
        Browsers,
        Arrival,
        Memory,
        Cardinality,
    ];
    let scenarios = if plan.scenarios.is_empty() { &all[..] } else { &plan.scenarios };
    let (json, full, even) = (OnceCell::new(), OnceCell::new(), OnceCell::new());
    let pool = Pool::new(&plan.mix, POOL);
    let mut balanced = true;
    println!(
        "| scenario | figure | median | range of {} | goal |\n|---|---|---|---|---|",
        plan.runs.max(1)
    );
    for &scenario in scenarios {
        let mut runs: Vec<Figures> = Vec::new();
        for _ in 0..plan.runs.max(1) {
            let mut load = |kind, pool| load::load(plan, pool, kind, &mut balanced);
            runs.push(match scenario {
                Idle => idle::idle(plan)?,
                Browsers => browsers::browsers(plan, &pool)?,
                Arrival => arrival::arrival(plan, &pool, &mut balanced)?,
                Memory => memory::memory(plan, &pool, &mut balanced)?,
                Cardinality => cardinality::cardinality(plan, &mut balanced)?,
                Trickle => trickle::trickle(plan, &pool, &mut balanced)?,
                Burst => burst::burst(plan, &pool, &mut balanced)?,
                Tcp => load(Kind::Tcp, &pool)?,
                Json => load(Kind::Tcp, json.get_or_init(|| Pool::new(&Mix::json(), POOL)))?,
                Full => load(Kind::Tcp, full.get_or_init(|| Pool::new(&Mix::full(), POOL)))?,
                Overload => {
                    let pool = even.get_or_init(|| overload::pool(&plan.mix));
                    overload::overload(plan, pool, &mut balanced)?
                }
                Udp => load(Kind::Udp, &pool)?,
                Unix => load(Kind::Unix, &pool)?,
                Http => load(Kind::Http, &pool)?,
                Gzip => load(Kind::Gzip, &pool)?,
            });
        }
        show(plan, scenario, &runs);
    }
    Ok(balanced)
}

fn show(plan: &Plan, scenario: Scenario, runs: &[Figures]) {
    let of = match (scenario, plan.filters) {
        (Scenario::Browsers, 0) => format!("{} browsers", plan.clients),
        (Scenario::Browsers, filters) => format!("{} browsers, {filters} filters", plan.clients),
        _ => format!("{scenario:?}"),
    };
    for (i, (name, _)) in runs[0].iter().enumerate() {
        let mut values: Vec<f64> = runs.iter().map(|r| r[i].1).collect();
        values.sort_by(f64::total_cmp);
        let (low, high) = (values[0], values[values.len() - 1]);
        let goal = goal(plan, scenario, name);
        println!(
            "| {of} | {name} | {:.2} | {low:.2}–{high:.2} | {goal} |",
            values[values.len() / 2]
        );
    }
}

/// The socket file of a run.
const UNIX: &str = "tapline.sock";

fn start(plan: &Plan) -> Outcome<Server> {
    start_with(plan, "")
}

/// With further lines of configuration.
fn start_with(plan: &Plan, more: &str) -> Outcome<Server> {
    Server::start(&plan.binary, |dir| {
        let any = "listen = [\"127.0.0.1:0\"]";
        let unix = dir.join(UNIX);
        format!("[http]\n{any}\n[udp]\n{any}\n[tcp]\n{any}\n[unix]\ndatagram = [{unix:?}]\n{more}")
    })
}

impl Load {
    fn of(count: u64, rate: u64, senders: u64, seconds: u64) -> Load {
        let mix = "combined=1".parse().unwrap_or_else(|e| unreachable!("a constant: {e}"));
        Load { rate, senders, seconds, count, mix, first: 0 }
    }
}

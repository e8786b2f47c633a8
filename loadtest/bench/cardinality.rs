//! What more different values cost: the same load with ten times the paths, the clients and the sites, each in its turn,
//! while they are new and when all are known.

use std::thread;
use std::time::Duration;

use super::{Figures, Load, Outcome, Plan, start};
use crate::api;
use crate::lines::{Maker, Mix, Pool, Variety};
use crate::send::{self, Kind};
use crate::server::{Server, cpu_seconds};

/// Times as many.
const MORE: usize = 10;
/// Lines that are made: every fourth has the next value in turn, so that all of the largest kind come.
const LINES: usize = 4 * MORE * Variety::USUAL.clients;
/// Lines a second while values are new: one second has fewer than the 65,536 for which a field has room in it.
const NEW: u64 = 100_000;

const USUAL: Variety = Variety { in_turn: true, ..Variety::USUAL };
/// What is as usual, and what there is ten times as much of beside it, with the names of the figures: while values are
/// new, and when they are known. Lines that name their site cost more to read, so they have a usual of their own.
const GROUPS: [Group; 2] = [
    Group {
        mix: "combined=1",
        usual: (
            USUAL,
            "usual values, new: CPU-seconds per million lines",
            "usual values, known: CPU-seconds per million lines",
        ),
        more: &[
            (
                Variety { paths: MORE * USUAL.paths, ..USUAL },
                "ten times the paths, new: CPU, times the usual",
                "ten times the paths, known: CPU, times the usual",
            ),
            (
                Variety { clients: MORE * USUAL.clients, ..USUAL },
                "ten times the clients, new: CPU, times the usual",
                "ten times the clients, known: CPU, times the usual",
            ),
        ],
    },
    Group {
        mix: "vhost=1",
        usual: (
            USUAL,
            "usual sites, new: CPU-seconds per million lines",
            "usual sites, known: CPU-seconds per million lines",
        ),
        more: &[(
            Variety { sites: MORE * USUAL.sites, ..USUAL },
            "ten times the sites, new: CPU, times the usual",
            "ten times the sites, known: CPU, times the usual",
        )],
    },
];

type Named = (Variety, &'static str, &'static str);

struct Group {
    mix: &'static str,
    usual: Named,
    more: &'static [Named],
}

/// Whether a figure is held against the goal.
pub(super) fn is_ratio(figure: &str) -> bool {
    figure.ends_with("times the usual")
}

pub(super) fn cardinality(plan: &Plan, balanced: &mut bool) -> Outcome<Figures> {
    let mut figures = Figures::new();
    let mut without_room = 0.0;
    for Group { mix, usual: (variety, new, known), more } in GROUPS {
        let mix = mix.parse()?;
        let usual = Cost::of(&mix, variety, plan, balanced)?;
        figures.extend([(new, usual.new), (known, usual.known)]);
        without_room += usual.without_room;
        for &(variety, new, known) in more {
            let cost = Cost::of(&mix, variety, plan, balanced)?;
            figures.extend([(new, cost.new / usual.new), (known, cost.known / usual.known)]);
            without_room += cost.without_room;
        }
    }
    figures.push(("values without room", without_room));
    Ok(figures)
}

/// CPU-seconds a million lines.
struct Cost {
    /// Of the first round through all lines, at a rate.
    new: f64,
    /// Of the lines behind it, as fast as they go.
    known: f64,
    /// New values that were counted as (other), which costs less.
    without_room: f64,
}

impl Cost {
    fn of(mix: &Mix, variety: Variety, plan: &Plan, balanced: &mut bool) -> Outcome<Cost> {
        let pool = Maker::new(mix, variety).pool(LINES);
        let server = start(plan)?;
        // Learns the source.
        let warm = Load::of(20_000, 0, 1, 10);
        let (sent, _) = cost(&server, &pool, &warm, 0, balanced)?;
        let round = Load { first: sent, ..Load::of(LINES as u64, NEW, 1, 60) };
        let (more, new) = cost(&server, &pool, &round, sent, balanced)?;
        let fast = Load { first: sent + more, ..Load::of(plan.count, 0, 1, 120) };
        let (_, known) = cost(&server, &pool, &fast, sent + more, balanced)?;
        let metrics = String::from_utf8(api::get(server.address("http")?, "/metrics")?)?;
        let without_room = api::metric(&metrics, "tapline_values_without_room_total") as f64;
        Ok(Cost { new, known, without_room })
    }
}

/// Sends behind `before` lines; gives how many, and CPU-seconds a million of them.
fn cost(
    server: &Server,
    pool: &Pool,
    load: &Load,
    before: u64,
    balanced: &mut bool,
) -> Outcome<(u64, f64)> {
    let cpu = cpu_seconds(server.id())?;
    let report = send::send(Kind::Tcp, &server.address("tcp")?.to_string(), load, pool)?;
    let verdict = api::verify(server.address("http")?, report.sent, before)?;
    if !verdict.balanced() || report.sent < load.count {
        eprintln!("{report}; {verdict}");
        *balanced = false;
    }
    // Closing the last second is part of the price.
    thread::sleep(Duration::from_millis(1100));
    let cpu = cpu_seconds(server.id())? - cpu;
    Ok((report.sent, cpu / (report.sent as f64 / 1e6)))
}

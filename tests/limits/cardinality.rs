//! A million values of each kind that nobody has seen, within ten seconds. Not run with the others: it takes
//! a release build and both cores (`loadtest/README.md` has the figures).

use std::io::Write;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::common::tapline::{Summary, Tapline};
use crate::common::wire::connect;
use crate::common::within;

const NEW: usize = 1_000_000;
/// One honest line behind so many new ones.
const HONEST_EVERY: usize = 100;
const HONEST: u64 = (NEW / HONEST_EVERY) as u64;
const ALL: u64 = NEW as u64 + HONEST;
const SECONDS: usize = 10;
const SENDERS: usize = 4;
/// Lines that are made at a time.
const BATCH: usize = 1_000;

const LISTS: [(&str, &str); 4] = [
    ("paths", "/honest"),
    ("clients", "203.0.113.9"),
    ("user_agents", "Honest/1.0"),
    ("sites", "honest.example"),
];

#[test]
#[ignore = "a million lines: takes a release build and both cores for half a minute"]
fn a_million_new_paths_clients_agents_and_sites_leave_totals_exact() {
    let summary = attacked("1 GiB", 1_280);
    assert_eq!(summary.number("requests"), ALL);
    for (list, honest) in LISTS {
        assert_eq!(summary.top(list).get(honest).map(|row| row.0), Some(HONEST), "{list}");
    }
}

/// The window has no room for all names: what comes beyond them is (other), and every row is there.
#[test]
#[ignore = "a million lines: takes a release build and both cores for half a minute"]
fn a_million_new_paths_clients_agents_and_sites_take_no_more_memory_than_there_is() {
    let summary = attacked("256 MiB", 1_024);
    assert_eq!(summary.number("requests"), ALL);
}

/// Sends all of it and looks that every line is counted and the honest values are first.
fn attacked(window: &str, most_mib: u64) -> Summary {
    let dir = TempDir::new().unwrap();
    let mut tapline = Tapline::configured(&dir, &format!("window.memory = \"{window}\"\n"));
    let started = Instant::now();
    thread::scope(|scope| {
        for sender in 0..SENDERS {
            let to = tapline.tcp;
            scope.spawn(move || flood(to, sender, started));
        }
        scope.spawn(|| late_ticks(&tapline, started));
    });
    let sent = started.elapsed();
    let counted = within(Duration::from_secs(60), || {
        let now = tapline.accounting();
        now.assert_balanced();
        (now.received >= ALL && now.in_flight == 0).then_some(now)
    });
    counted.expect("all are counted").assert_all_counted(ALL);
    let behind = started.elapsed() - sent;
    let lists = LISTS.map(|(list, _)| list).join(",");
    let summary = Summary(tapline.get(&format!("/api/v1/summary?top=1000&panels={lists}")));
    let requests = summary.number("requests");
    for (list, honest) in LISTS {
        let mut rows: Vec<(String, u64)> =
            summary.top(list).into_iter().map(|(value, row)| (value, row.0)).collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.1));
        let listed: u64 = rows.iter().map(|row| row.1).sum();
        let other = summary.other(list, "requests");
        let next = rows.get(1).map_or(0, |row| row.1);
        assert!(rows[0].0 == honest && rows[0].1 > 100 * next, "{list}: {:?}", rows.first());
        assert!(other > 0 && listed + other == requests, "{list}: {listed} and {other}");
    }
    let figures = [
        ("values without room", tapline.gauge("tapline_values_without_room_total")),
        ("events kept", tapline.gauge("tapline_window_events")),
        ("MiB of the window", tapline.gauge("tapline_window_bytes") >> 20),
        ("MiB of memory at most", tapline.peak_kib() >> 10),
        ("ms of processor time", processor_ms(tapline.id())),
    ];
    tell(&format!(
        "{window}: {ALL} lines in {sent:.1?}, all counted {behind:.1?} later; {figures:?}"
    ));
    assert!(figures[0].1 > 0, "the limits of a second and of sites bit");
    assert!(sent < Duration::from_secs(2 * SECONDS as u64), "no attack on this machine: {sent:?}");
    assert!(figures[3].1 < most_mib, "{figures:?}");
    summary
}

/// Of all threads, in user and kernel (proc(5): fields 14 and 15, a hundred a second).
fn processor_ms(id: libc::pid_t) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let (_, behind) = stat.rsplit_once(") ").unwrap();
    let ticks = behind.split(' ').skip(11).take(2).map(|n| n.parse::<u64>().unwrap());
    ticks.sum::<u64>() * 10
}

#[allow(clippy::print_stderr)]
fn tell(what: &str) {
    eprintln!("{what}");
}

/// One sender's part, evenly over the seconds.
fn flood(to: SocketAddr, sender: usize, started: Instant) {
    let mut stream = connect(to);
    let own = NEW / SENDERS;
    for from in (0..own).step_by(BATCH) {
        let due = started + Duration::from_secs(SECONDS as u64).mul_f64(from as f64 / own as f64);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        let now = chrono::Utc::now().format("%d/%b/%Y:%H:%M:%S +0000").to_string();
        let mut text = String::with_capacity(BATCH * 200);
        for i in (from..from + BATCH).map(|i| i * SENDERS + sender) {
            let client = format!("2001:db8:{:x}:{:x}::1", i >> 16, i & 0xFFFF);
            text += &line(
                &format!("s{i}.example"),
                &client,
                &now,
                &format!("/new/{i}x"),
                &format!("agent/{i}"),
            );
            if (i / SENDERS).is_multiple_of(HONEST_EVERY) {
                text += &line("honest.example", "203.0.113.9", &now, "/honest", "Honest/1.0");
            }
        }
        stream.write_all(text.as_bytes()).unwrap();
    }
}

fn line(site: &str, client: &str, time: &str, path: &str, agent: &str) -> String {
    format!("{site}:80 {client} - - [{time}] \"GET {path} HTTP/1.1\" 200 5 \"-\" \"{agent}\"\n")
}

/// How long the longest pause between two ticks was meanwhile.
fn late_ticks(tapline: &Tapline, started: Instant) {
    let (mut last, mut at, mut longest) = (0, started, Duration::ZERO);
    while started.elapsed() < Duration::from_secs(SECONDS as u64 + 2) {
        let ticks = tapline.gauge("tapline_ticks_total");
        if ticks > last {
            longest = longest.max(at.elapsed());
            (last, at) = (ticks, Instant::now());
        }
        thread::sleep(Duration::from_millis(20));
    }
    tell(&format!("longest pause between two ticks: {longest:?}"));
}

//! The books of a soak: a line a minute, and at the end what was sent against what was counted.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::faults::{BURST_HOST, Scene};
use super::watcher::Watcher;
use super::{Faults, Plan};
use crate::Outcome;
use crate::api::{self, Accounting};
use crate::server::{Ended, cpu_seconds, resident_mib};

/// Between two looks at the accounting and at memory.
const LOOK: Duration = Duration::from_secs(5);
/// Memory counts from here on: the window is full and everything was there once.
const WARM: Duration = Duration::from_secs(120);
/// How much more memory the last quarter may have than the first one behind [`WARM`]: of 20 minutes of the
/// same load a leak of 5 % a minute is seen, and what a burst of new paths leaves behind for a while is not.
const GROWTH: f64 = 1.15;
const SETTLE: Duration = Duration::from_secs(30);

/// See the module.
pub(crate) struct Books<'a> {
    scene: &'a Scene<'a>,
    watcher: &'a Watcher,
    plan: &'a Plan,
    /// Seconds since the start, MiB.
    memory: Vec<(f64, f64)>,
    /// Looks at the accounting, and how many did not add up.
    looks: u64,
    inexact: u64,
    pub(crate) faults: Faults,
    lost: u64,
}

/// What of the end is known before the server ends.
#[derive(Debug)]
pub(crate) struct Verdict {
    good: bool,
    /// Of the last accounting.
    last: Accounting,
}

impl<'a> Books<'a> {
    pub(crate) fn new(scene: &'a Scene<'a>, watcher: &'a Watcher, plan: &'a Plan) -> Books<'a> {
        let faults = Faults::default();
        Books { scene, watcher, plan, memory: Vec::new(), looks: 0, inexact: 0, faults, lost: 0 }
    }

    /// Looks at the server until the time is over, and prints a row a minute.
    pub(crate) fn keep(&mut self, start: Instant, time: Duration) -> Outcome<()> {
        println!(
            "{} lines/s for {} min, seed {}\n\n\
             | minute | received | counted | unparsed | rejected | dropped | in flight | adds up | resident MiB | CPU, % of a core | ticks | seconds missed |\n\
             |---|---|---|---|---|---|---|---|---|---|---|---|",
            self.plan.rate, self.plan.minutes, self.plan.seed
        );
        let pid = self.scene.server.id();
        let (mut minute, mut cpu) = (1, cpu_seconds(pid)?);
        while start.elapsed() < time {
            thread::sleep(LOOK.min(time.saturating_sub(start.elapsed())));
            let resident = resident_mib(pid)?;
            self.memory.push((start.elapsed().as_secs_f64(), resident));
            let now = self.look()?;
            if start.elapsed() >= Duration::from_secs(60 * minute) {
                let spent = cpu_seconds(pid)?;
                self.row(&minute.to_string(), &now, resident, (spent - cpu) / 0.6);
                (minute, cpu) = (minute + 1, spent);
            }
        }
        Ok(())
    }

    fn look(&mut self) -> Outcome<Accounting> {
        let now = api::accounting(self.scene.http)?;
        self.looks += 1;
        self.inexact += u64::from(!now.exact());
        Ok(now)
    }

    fn row(&self, minute: &str, now: &Accounting, resident: f64, cpu: f64) {
        println!(
            "| {minute} | {} | {} | {} | {} | {} | {} | {} | {resident:.0} | {cpu:.0} | {} | {} |",
            now.received,
            now.counted,
            now.unparsed,
            now.rejected.values().sum::<u64>(),
            now.dropped.values().sum::<u64>(),
            now.in_flight,
            if now.exact() { "yes" } else { "NO" },
            self.watcher.ticks.load(Ordering::Relaxed),
            self.unexplained().0,
        );
    }

    /// Seconds the watcher missed and sessions it lost while nobody was stopped.
    fn unexplained(&self) -> (i64, usize) {
        let all = [self.scene.stops, self.scene.pauses]
            .map(|some| some.lock().unwrap_or_else(PoisonError::into_inner).clone());
        self.watcher.unexplained(&all.concat())
    }

    /// Waits until nothing is in flight, and holds what was sent against what was counted.
    pub(crate) fn close(&mut self) -> Outcome<()> {
        let end = Instant::now() + SETTLE;
        while self.look()?.in_flight > 0 && Instant::now() < end {
            thread::sleep(Duration::from_millis(200));
        }
        let metrics = String::from_utf8(api::get(self.scene.http, "/metrics")?)?;
        let udp = |name: &str, labels: &str| {
            api::metric(&metrics, &format!("tapline_{name}{{kind=\"udp\"{labels}"))
        };
        let listener = format!(",listener=\"{}\"", self.scene.udp);
        let kernel = udp("dropped_frames_total", &format!("{listener},reason=\"kernel\""));
        let heard = udp("received_frames_total", &listener);
        let sources = api::get(self.scene.http, "/api/v1/sources")?;
        let sources: serde_json::Value = serde_json::from_slice(&sources)?;
        let counted = |host: &str| -> u64 {
            let all = sources["sources"].as_array().into_iter().flatten();
            let own = all.filter(|s| s["hostname"] == host || s["peer"] == host);
            own.map(|s| s["accounting"]["counted"].as_u64().unwrap_or(0)).sum()
        };
        println!(
            "\n| transport | sent | counted | dropped by the kernel | cut off unread | unaccounted | connections cut | thrown out | sent again |\n\
             |---|---|---|---|---|---|---|---|---|"
        );
        let get = |n: &AtomicU64| n.load(Ordering::Relaxed);
        for sender in self.scene.senders {
            let tally = &sender.tally;
            let (sent, cut, counted) = (get(&tally.sent), get(&tally.cut), counted(&sender.host()));
            let kernel = if sender.name == "udp" { kernel } else { 0 };
            // What was cut off may have come, and the kernel's drops may have been a fault's.
            let lost = sent.saturating_sub(counted + cut + kernel) + counted.saturating_sub(sent);
            let thrown_out = get(&tally.thrown_out);
            self.lost += lost + thrown_out;
            println!(
                "| {} | {sent} | {counted} | {kernel} | {} | {lost} | {} | {thrown_out} | {} |",
                sender.name,
                sent.saturating_sub(counted + kernel),
                get(&tally.cuts),
                get(&tally.again)
            );
        }
        let (sent, counted) = (get(&self.scene.burst), counted(BURST_HOST));
        self.lost += sent.abs_diff(counted);
        println!(
            "| new paths | {sent} | {counted} | 0 | 0 | {} | 0 | 0 | 0 |",
            sent.abs_diff(counted)
        );
        let honest =
            self.scene.senders.iter().find(|s| s.name == "udp").map_or(0, |s| get(&s.tally.sent));
        let datagrams = honest + get(&self.scene.datagrams);
        let missing = datagrams.saturating_sub(heard);
        let surplus = heard.saturating_sub(datagrams + get(&self.scene.empty_datagrams));
        self.lost += missing + surplus;
        println!(
            "\ndatagrams: {datagrams} sent with a frame in them, {} empty; {heard} received, the kernel's {kernel} among them",
            get(&self.scene.empty_datagrams)
        );
        let panics = api::metric(&metrics, "tapline_faults_total");
        println!("faults_total {panics}");
        self.lost += panics;
        Ok(())
    }

    /// Prints the rest.
    pub(crate) fn verdict(&self) -> Verdict {
        println!("accounting: {} looks, {} did not add up", self.looks, self.inexact);
        let (missed, lost) = self.unexplained();
        println!(
            "watcher: {} ticks, {missed} seconds missed while the server ran, {} resyncs, {lost} sessions lost",
            self.watcher.ticks.load(Ordering::Relaxed),
            self.watcher.resyncs.load(Ordering::Relaxed)
        );
        let pauses = self.scene.pauses.lock().unwrap_or_else(PoisonError::into_inner);
        if !pauses.is_empty() {
            let seconds: i64 = pauses.iter().map(|pause| pause.1 - pause.0).sum();
            println!("this tool itself stood still {} times, for {seconds} s", pauses.len());
        }
        drop(pauses);
        let flat = self.memory();
        println!("\n| fault | times |\n|---|---|");
        for (name, times) in &self.faults.came {
            println!("| {name} | {times} |");
        }
        for wrong in &self.faults.wrong {
            println!("WRONG: {wrong}");
        }
        let good = self.lost == 0
            && self.inexact == 0
            && missed == 0
            && lost == 0
            && flat
            && self.faults.wrong.is_empty();
        let last = api::accounting(self.scene.http).unwrap_or_default();
        Verdict { good, last }
    }

    /// Whether memory stayed as it was, and the figures that say so.
    fn memory(&self) -> bool {
        let end = self.memory.last().map_or(0.0, |m| m.0);
        let from = WARM.as_secs_f64().min(end / 2.0);
        let warm: Vec<_> = self.memory.iter().copied().filter(|m| m.0 >= from).collect();
        let mean =
            |some: &[(f64, f64)]| some.iter().map(|m| m.1).sum::<f64>() / some.len().max(1) as f64;
        let quarter = warm.len().div_ceil(4);
        let (first, last) = (mean(&warm[..quarter]), mean(&warm[warm.len() - quarter..]));
        let most = warm.iter().map(|m| m.1).fold(0.0, f64::max);
        println!(
            "memory from {:.0} s on: {first:.0} MiB in the first quarter, {last:.0} in the last, at most {most:.0}; slope {:.2} MiB a minute",
            from,
            slope(&warm) * 60.0
        );
        // Before that memory fills up, as it should.
        end < 2.0 * WARM.as_secs_f64() || last <= first * GROWTH
    }
}

/// Of the straight line through the points (least squares).
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len().max(1) as f64;
    let (x, y) =
        (points.iter().map(|p| p.0).sum::<f64>() / n, points.iter().map(|p| p.1).sum::<f64>() / n);
    let up: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let down: f64 = points.iter().map(|p| (p.0 - x).powi(2)).sum();
    if down > 0.0 { up / down } else { 0.0 }
}

/// The server's end, and what all of it comes to.
pub(crate) fn end(verdict: Verdict, ended: &Ended) -> Outcome<bool> {
    let last = ended.accounting.clone().unwrap_or_default();
    // Whoever asked for the accounting has sent nothing.
    let whole = last.exact() && last.in_flight == 0 && last.received == verdict.last.received;
    let code = ended.code.map_or("a signal".to_owned(), |code| code.to_string());
    println!(
        "\nend: exit {code}, {} panics in its log, last word {}",
        ended.panics,
        if whole { "adds up" } else { "DOES NOT ADD UP" }
    );
    let good = verdict.good && whole && ended.code == Some(0) && ended.panics == 0;
    println!("{}", if good { "0 lines unaccounted, nothing broke" } else { "NOT GOOD" });
    Ok(good)
}

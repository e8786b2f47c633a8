//! A long load with faults: every transport is kept busy, something breaks every few seconds, and each line
//! is accounted for at the end.

mod faults;
mod report;
mod senders;
mod watcher;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use chrono::Utc;

use super::Outcome;
use super::lines::{POOL, Pool, Random};
use super::send::Pace;
use super::server::Server;
use super::wire::{self, Target};
use faults::{FAULTS, Fault, Scene};
use report::Books;
use senders::Sender;
use watcher::Watcher;

/// What the load's lines are: all of them are understood.
const MIX: &str = "combined=92,timed=2,json=4,error=2";
/// Of ten lines so many go by each transport.
const SHARES: [(&str, u64); 5] = [("tcp", 3), ("tls", 2), ("unix", 1), ("udp", 2), ("http", 2)];
/// Faults begin so long after one another, at least and at most.
const BETWEEN_MS: (u64, u64) = (1_000, 4_000);
/// Faults that last at the same time.
const AT_ONCE: usize = 12;
/// A fault that begins later would outlast the load.
const LAST_FAULT: Duration = Duration::from_secs(20);
/// A stop takes no longer.
const STOP: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) binary: PathBuf,
    pub(crate) minutes: u64,
    pub(crate) rate: u64,
    pub(crate) seed: u64,
}

/// True when nothing was lost, nothing broke and memory did not grow.
pub(crate) fn soak(plan: &Plan) -> Outcome<bool> {
    let mut home = PathBuf::new();
    let server = Server::start(&plan.binary, |dir| {
        home = dir.to_owned();
        config(dir, false)
    })?;
    let senders = SHARES.map(|(name, _)| Sender::new(name));
    let (stops, pauses) = (Mutex::default(), Mutex::default());
    let (watcher, over) = (Watcher::default(), AtomicBool::new(false));
    let scene = Scene {
        server: &server,
        http: server.address("http")?,
        tcp: server.address("tcp")?,
        tls: server.address("tls")?,
        udp: server.address("udp")?,
        unix: server.file("stream.sock"),
        senders: &senders,
        config: &|other| config(&home, other),
        stops: &stops,
        pauses: &pauses,
        reloads: Mutex::default(),
        datagrams: AtomicU64::new(0),
        empty_datagrams: AtomicU64::new(0),
        burst: AtomicU64::new(0),
    };
    let pool = Pool::new(&MIX.parse()?, POOL);
    let time = Duration::from_secs(plan.minutes * 60);
    let mut books = Books::new(&scene, &watcher, plan);
    thread::scope(|scope| -> Outcome<()> {
        let (scene, watcher, over, pool) = (&scene, &watcher, &over, &pool);
        let start = Instant::now();
        let load: Vec<_> = scene
            .senders
            .iter()
            .zip(SHARES)
            .map(|(sender, (_, share))| {
                let pace = Pace {
                    first: share * 7919,
                    quota: u64::MAX,
                    rate: plan.rate * share / 10,
                    start,
                    end: start + time,
                };
                scope.spawn(move || send(sender, scene, pool, &pace))
            })
            .collect();
        scope.spawn(|| watcher.run(scene.http, over));
        scope.spawn(|| note_own_pauses(scene.pauses, over));
        let disaster = scope.spawn(move || disaster(scene, plan.seed, start + time - LAST_FAULT));
        // Whatever fails, the threads that run until told so are told.
        let done = books.keep(start, time).and_then(|()| {
            for sender in load {
                sender.join().map_err(|_| "a sender panicked")??;
            }
            books.faults = disaster.join().map_err(|_| "the faults panicked")?;
            books.close()
        });
        over.store(true, Ordering::Relaxed);
        done
    })?;
    let verdict = books.verdict();
    drop(books);
    drop(scene);
    let ended = server.terminate(STOP)?;
    report::end(verdict, &ended)
}

fn send(sender: &Sender, scene: &Scene<'_>, pool: &Pool, pace: &Pace) -> Outcome<()> {
    let done = match sender.name {
        "tcp" => sender.stream(&Target::Tcp(scene.tcp), pool, pace),
        "tls" => sender.stream(&Target::Tls(scene.tls), pool, pace),
        "unix" => sender.stream(&Target::Unix(scene.unix.clone()), pool, pace),
        "udp" => sender.datagrams(scene.udp, pool, pace),
        _ => sender.posts(scene.http, pool, pace),
    };
    done.map_err(|error| format!("{}: {error}", sender.name).into())
}

/// The configuration of the soak; `other` listens on one more socket and shows longer lists.
fn config(dir: &Path, other: bool) -> String {
    let any = "[\"127.0.0.1:0\"]";
    let stream = dir.join("stream.sock");
    let second = dir.join("second.sock");
    let streams = if other { format!("{stream:?}, {second:?}") } else { format!("{stream:?}") };
    format!(
        "[http]\nlisten = {any}\n\n[udp]\nlisten = {any}\n\n\
         [tcp]\nlisten = {any}\ntls_listen = {any}\npartial_timeout = \"10 s\"\n\n\
         [unix]\nstream = [{streams}]\n\n{}\n\
         [window]\nmemory = \"64 MiB\"\n\n[anomalies]\ndata = {:?}\n\n[feed]\ntop = {}\n",
        wire::tls_section(),
        dir.join("state"),
        if other { 20 } else { 12 }
    )
}

/// A time in which this tool itself got nothing done: what the watcher misses then is nobody's fault.
fn note_own_pauses(pauses: &Mutex<Vec<(i64, i64)>>, over: &AtomicBool) {
    const NAP: Duration = Duration::from_millis(100);
    while !over.load(Ordering::Relaxed) {
        let (from, before) = (Utc::now().timestamp(), Instant::now());
        thread::sleep(NAP);
        if before.elapsed() > NAP * 10 {
            let pause = (from, Utc::now().timestamp());
            pauses.lock().unwrap_or_else(PoisonError::into_inner).push(pause);
        }
    }
}

/// How often each fault came, and what was wrong about it.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pub(crate) came: Vec<(&'static str, u64)>,
    pub(crate) wrong: Vec<String>,
}

/// Lets faults happen until `end`, by a shuffled list that is shuffled anew when it is through.
fn disaster(scene: &Scene<'_>, seed: u64, end: Instant) -> Faults {
    let mut random = Random(seed);
    let mut came = FAULTS.map(|(name, _, _)| (name, 0));
    let wrong = Mutex::new(Vec::new());
    let running = AtomicU64::new(0);
    thread::scope(|scope| {
        let mut next = shuffled(&mut random, true);
        loop {
            let (low, high) = BETWEEN_MS;
            thread::sleep(Duration::from_millis(
                low + u64::from(random.below((high - low) as u32)),
            ));
            if Instant::now() >= end {
                break;
            }
            if running.load(Ordering::Relaxed) >= AT_ONCE as u64 {
                continue;
            }
            let which = next.pop().unwrap_or_else(|| {
                next = shuffled(&mut random, false);
                next.pop().unwrap_or(0)
            });
            let (name, _, fault): (_, _, Fault) = FAULTS[which];
            came[which].1 += 1;
            let mut random = Random(random.next());
            let (wrong, running) = (&wrong, &running);
            running.fetch_add(1, Ordering::Relaxed);
            scope.spawn(move || {
                if let Err(error) = fault(scene, &mut random) {
                    let mut wrong = wrong.lock().unwrap_or_else(PoisonError::into_inner);
                    wrong.push(format!("{name}: {error}"));
                }
                running.fetch_sub(1, Ordering::Relaxed);
            });
        }
    });
    let wrong = wrong.into_inner().unwrap_or_else(PoisonError::into_inner);
    Faults { came: came.to_vec(), wrong }
}

/// Each kind at its weight for one of four rounds; the first one has all, so that a short soak has seen each.
fn shuffled(random: &mut Random, first: bool) -> Vec<usize> {
    let mut list = Vec::new();
    for (which, (_, weight, _)) in FAULTS.iter().enumerate() {
        let (times, rest) = (weight / 4, weight % 4);
        let times = times + u32::from(rest > 0 && (first || random.below(4) < rest));
        list.extend(std::iter::repeat_n(which, times as usize));
    }
    for i in (1..list.len()).rev() {
        list.swap(i, random.below(i as u32 + 1) as usize);
    }
    list
}

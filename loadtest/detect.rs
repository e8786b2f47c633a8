//! What judging a value costs, in processor time and memory: one series, many in turn, and a tick of 10,000.
//!
//! `cargo run --release --example detect [SERIES] [ROUNDS]`

#![allow(clippy::print_stdout)] // It is what this program does.

mod processor;

use std::hint::black_box;

use processor::thread_s;
use tapline::aggregate::detect::record::Record;
use tapline::vocab::time::Second;

/// Values of the one series that stays in the cache.
const HOT: usize = 2_000_000;
/// The figure that a tick is held to: as many series, judged once.
const TICK: usize = 10_000;
/// Between two values of a series; the resolution of the detector in the server.
const STEP_S: i64 = 10;
/// Values made beforehand, so that making them is not measured.
const VALUES: usize = 1 << 16;

/// A daily rhythm with noise and now and then a spike.
fn values() -> Vec<f64> {
    let mut state = 1_u64;
    let mut even = || {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((x ^ (x >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..VALUES)
        .map(|i| {
            let day = (i as i64 * STEP_S % 86_400) as f64 / 86_400.0;
            let spike = if even() < 0.0005 { 400.0 * even() } else { 0.0 };
            100.0 + 50.0 * (day * std::f64::consts::TAU).sin() + 20.0 * even() + spike
        })
        .collect()
}

/// Judges the `round`th value of every series; gives how many were told.
fn judge(series: &mut [Record], values: &[f64], round: usize) -> usize {
    let time = Second(1_700_000_000 + round as i64 * STEP_S);
    let told = |(i, series): (usize, &mut Record)| {
        // Every series is somewhere else in the same values.
        series.push(time, values[(round + i * 31) % VALUES]).anomaly
    };
    series.iter_mut().enumerate().map(told).filter(|told| *told).count()
}

fn main() {
    let mut args = std::env::args().skip(1).filter_map(|arg| arg.parse::<usize>().ok());
    let series = args.next().unwrap_or(20_000).max(1);
    let rounds = args.next().unwrap_or(300).max(2);
    let values = values();

    let mut one = [Record::default()];
    let start = thread_s();
    let told: usize = (0..HOT).map(|round| judge(&mut one, &values, round)).sum();
    let hot = (thread_s() - start) * 1e9 / HOT as f64;
    println!("one series, {HOT} values: {hot:.0} ns a value, {told} told");

    let bytes = size_of::<Record>();
    let kept = serde_json::to_string(&one[0]).map_or(0, |text| text.len());
    println!("{bytes} bytes a series, {kept} as JSON");

    for count in [series, TICK] {
        let mut many = vec![Record::default(); count];
        let (mut fastest, mut sum) = (f64::INFINITY, 0.0);
        for round in 0..rounds {
            let start = thread_s();
            black_box(judge(&mut many, &values, round));
            let took = (thread_s() - start) * 1e9;
            // The first round also waits for the system to hand out the memory.
            if round > 0 {
                fastest = fastest.min(took);
                sum += took;
            }
        }
        let mean = sum / (rounds - 1) as f64;
        println!(
            "{count} series in turn: {:.0} ns a value (fastest round {:.0}); a round {:.2} ms (fastest {:.2}); {:.1} MB",
            mean / count as f64,
            fastest / count as f64,
            mean / 1e6,
            fastest / 1e6,
            (bytes * count) as f64 / 1e6
        );
    }
}

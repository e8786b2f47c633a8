//! Micro-benchmarks: the hot pieces and every format, timed.
//!
//! `cargo bench --bench micro [WORD]` runs all, or those whose name holds the word.

#![allow(missing_docs)]

#[allow(dead_code)] // `counts` looks them up by name.
mod cases;
#[allow(dead_code)] // The time stamps of bare lines are the load tool's.
mod lines;
#[path = "formats/samples.rs"]
mod samples;

use divan::Bencher;
use divan::counter::ItemsCount;
use tapline::decode::formats::Catalog;
use tapline::decode::formats::recognise::Recogniser;
use tapline::vocab::event::Event;

fn main() {
    divan::main();
}

#[divan::bench(args = cases::CASES.map(|case| case.name), sample_count = 20, sample_size = 1)]
fn piece(bencher: Bencher<'_, '_>, name: &str) {
    let Some(case) = cases::by_name(name) else { return };
    let ready = (case.start)();
    bencher.counter(ItemsCount::new(case.items)).with_inputs(ready).bench_local_values(|run| run());
}

/// Each format's own reader, as a source that has been recognised is read; `none` is a line that every
/// format refuses.
#[divan::bench(args = samples::SAMPLES.iter().map(samples::Sample::title), sample_count = 20, sample_size = 1)]
fn format(bencher: Bencher<'_, '_>, title: &str) {
    const LINES: usize = 1024;
    let Some(sample) = samples::SAMPLES.iter().find(|s| s.title() == title) else { return };
    let lines = sample.lines(LINES);
    let catalog = Catalog::default();
    let bencher = bencher.counter(ItemsCount::new(LINES));
    match catalog.by_name(sample.format) {
        Some(format) => bencher.bench_local(|| {
            for line in &lines {
                let mut event = Event::default();
                divan::black_box(format.fits(line) && format.read(line, &mut event));
                divan::black_box(&event);
            }
        }),
        None => {
            let mut all = Recogniser::default();
            bencher.bench_local(|| {
                for line in &lines {
                    divan::black_box(all.decode(line));
                }
            });
        }
    }
}

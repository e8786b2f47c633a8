//! What each format costs to read, in processor time: a row for each, against its limit.
//!
//! `cargo run --release --example formats [NAME…]` prints the table, or the rows whose name holds
//! one of the words, and exits 1 where one is above its limit.

#![allow(clippy::print_stdout)] // It is what this program does.

mod processor;
#[path = "formats/samples.rs"]
mod samples;
#[path = "formats/templates.rs"]
mod templates;

use std::hint::black_box;
use std::process::ExitCode;

use processor::thread_s;
use samples::{SAMPLES, Sample};
use tapline::decode::formats::recognise::Recogniser;
use tapline::decode::formats::template::{self, Options, Template};
use tapline::decode::formats::{Catalog, Format};
use tapline::vocab::event::Event;
use templates::{Own, TEMPLATES};

/// Lines of a sample, all different: more than a branch predictor learns by heart.
const LINES: usize = 1024;
/// Passes over the lines. The fastest counts: whatever else the machine does only adds.
const PASSES: usize = 40;
const WARM_UP: usize = 5;

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let mut good = true;
    println!("| format | ns a line | bytes a line | limit | |\n|---|---|---|---|---|");
    let samples = SAMPLES.iter().map(|sample| (sample, None));
    let own = TEMPLATES.iter().map(|own| (&own.sample, Some(compiled(own))));
    for (sample, own) in samples.chain(own) {
        let name = sample.title();
        if !wanted.is_empty() && !wanted.iter().any(|word| name.contains(word)) {
            continue;
        }
        let lines = sample.lines(LINES);
        let bytes = lines.iter().map(String::len).sum::<usize>() / LINES;
        let own = own.as_ref().map(|own| own as &dyn Format);
        let ns = match own.or_else(|| Catalog::default().by_name(sample.format)) {
            Some(format) => fastest(&lines, |line| read(format, line)),
            None => {
                // What fits no format is looked at by all of them.
                let mut all = Recogniser::default();
                fastest(&lines, |line| {
                    black_box(all.decode(black_box(line)));
                })
            }
        };
        let limit = sample.limit_ns();
        let within = ns <= limit;
        good &= within;
        let verdict = if within { "ok" } else { "TOO SLOW" };
        println!("| {name} | {ns:.0} | {bytes} | {limit:.0} | {verdict} |");
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn compiled(own: &Own) -> Template {
    match template::compile("template", None, own.text, &Options::default()) {
        Ok(template) => template,
        Err(fault) => panic!("{}: byte {}: {fault}", own.text, fault.offset),
    }
}

/// As a source that has been recognised is read.
fn read(format: &dyn Format, line: &str) {
    let mut event = Event::default();
    let line = black_box(line);
    black_box(format.fits(line) && format.read(line, &mut event));
    black_box(&event);
}

/// Nanoseconds a line in the fastest pass.
fn fastest(lines: &[String], mut read: impl FnMut(&str)) -> f64 {
    let mut best = f64::INFINITY;
    for pass in 0..WARM_UP + PASSES {
        let before = thread_s();
        for line in lines {
            read(line);
        }
        let took = thread_s() - before;
        if pass >= WARM_UP {
            best = best.min(took * 1e9 / lines.len() as f64);
        }
    }
    best
}

impl Sample {
    /// The two formats that nearly everybody sends have limits of their own.
    fn limit_ns(&self) -> f64 {
        match self.format {
            "combined" => 400.0,
            "json" => 1200.0,
            "template" if self.dialect.ends_with("combined") => 600.0,
            _ => 3000.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tapline::decode::formats::names;

    #[test]
    fn every_template_reads_its_lines() {
        for own in TEMPLATES {
            let template = compiled(own);
            for line in own.sample.lines(64) {
                let event = template.explain(&line);
                let read = event.map(|event| (event.status.is_some(), event.stamp.is_some()));
                assert_eq!(read, Ok((true, true)), "{}\n{line}", own.text);
            }
        }
    }

    #[test]
    fn every_format_has_a_sample_and_reads_it() {
        for name in names() {
            assert!(
                SAMPLES.iter().any(|sample| sample.format == name),
                "no line of `{name}` is measured: add one to loadtest/formats/samples.rs"
            );
        }
        for sample in SAMPLES {
            for line in sample.lines(64) {
                let event = Recogniser::default().decode(&line);
                let format = if event.format.is_empty() { "none" } else { event.format };
                assert_eq!(format, sample.format, "{line}");
            }
        }
    }
}

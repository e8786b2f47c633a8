//! The catalogue of bad inputs and faults, sent to the shipped program: whatever comes, the next line
//! counts, every frame has its place, ticks go on, memory keeps its bound and nothing panics.
//!
//! Cases are numbered F-001 to F-208. Each is tried here, is tried by a test of its own that
//! `elsewhere.rs` names, or is left out with a reason given there. `CASES=framing` runs one section.

#[path = "../common/mod.rs"]
#[allow(dead_code)]
mod common;

mod bench;
mod browsers;
mod canary;
mod case;
mod datagrams;
mod elsewhere;
mod envelope;
mod framing;
mod lines;
mod overload;
mod posts;
mod process;
mod report;
mod time;

use bench::Bench;
use report::Report;

type Section = fn(&mut Report, &mut Bench);

/// Those that ask about single events first, while there are few.
const SECTIONS: [(&str, Section); 9] = [
    ("envelope", envelope::run),
    ("lines", lines::run),
    ("datagrams", datagrams::run),
    ("browsers", browsers::run),
    ("posts", posts::run),
    ("framing", framing::run),
    ("time", time::run),
    ("process", process::run),
    ("overload", overload::run),
];

#[test]
#[allow(clippy::print_stdout)] // `tests/run` shows it
fn whatever_is_sent_the_next_line_counts_and_every_frame_has_its_place() {
    let wanted = std::env::var("CASES").ok();
    let mut report = Report::default();
    report.on_a_server("", |report, bench| {
        for (name, run) in SECTIONS {
            if wanted.as_deref().is_none_or(|wanted| wanted == name) {
                let start = std::time::Instant::now();
                run(report, bench);
                println!("{name}: {:.1} s", start.elapsed().as_secs_f32());
            }
        }
    });
    let tried: Vec<u16> = report.tried().collect();
    report.conclude();
    elsewhere::check(tried, wanted.is_none());
}

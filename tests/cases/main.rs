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

const SECTIONS: [(&str, Section); 9] = [
    ("framing", framing::run),
    ("datagrams", datagrams::run),
    ("envelope", envelope::run),
    ("lines", lines::run),
    ("posts", posts::run),
    ("time", time::run),
    ("overload", overload::run),
    ("browsers", browsers::run),
    ("process", process::run),
];

#[test]
fn whatever_is_sent_the_next_line_counts_and_every_frame_has_its_place() {
    let wanted = std::env::var("CASES").ok();
    let mut report = Report::default();
    report.on_a_server("", |report, bench| {
        for (name, run) in SECTIONS {
            if wanted.as_deref().is_none_or(|wanted| wanted == name) {
                run(report, bench);
            }
        }
    });
    let tried: Vec<u16> = report.tried().collect();
    report.conclude();
    elsewhere::check(tried, wanted.is_none());
}

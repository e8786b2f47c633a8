//! One run of a hot piece, made to be counted: `loadtest/compare` starts it under callgrind, which counts
//! the instructions of [`measured`] and nothing else.
//!
//! `counts` lists the pieces, `counts NAME` runs one.

#![allow(clippy::print_stdout)] // It is what this program does.

mod cases;
#[allow(dead_code)] // The time stamps of bare lines are the load tool's.
mod lines;

use std::process::ExitCode;

/// Runs before the one that counts, so that dictionaries know what comes.
const WARM_UP: usize = 2;

fn main() -> ExitCode {
    let Some(name) = std::env::args().nth(1) else {
        for case in &cases::CASES {
            println!("{} {} {}", case.name, case.items, case.unit);
        }
        return ExitCode::SUCCESS;
    };
    let Some(case) = cases::by_name(&name) else {
        println!("{name}: no such piece");
        return ExitCode::FAILURE;
    };
    let mut ready = (case.start)();
    for _ in 0..WARM_UP {
        ready()();
    }
    let run = ready();
    measured(run);
    ExitCode::SUCCESS
}

#[inline(never)]
fn measured(run: cases::Run) {
    run();
}

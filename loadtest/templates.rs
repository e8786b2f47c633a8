//! What grouping messages costs, in processor time: µs a line and memory of the template miner, on a
//! file's lines or on made-up ones that nothing holds together.
//!
//! `cargo run --release --example templates [FILE | random]`

#![allow(clippy::print_stdout)] // It is what this program does.

mod processor;

use processor::thread_s;
use tapline::aggregate::templates::Miner;

/// Made-up lines.
const LINES: usize = 1_000_000;

fn main() -> Result<(), std::io::Error> {
    let argument = std::env::args().nth(1).unwrap_or_else(|| "random".to_owned());
    let lines: Vec<String> = match &*argument {
        "random" => random(),
        path => {
            let bytes = std::fs::read(path)?;
            String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect()
        }
    };
    let mut miner = Miner::default();
    for pass in ["first", "second"] {
        let start = thread_s();
        for line in &lines {
            std::hint::black_box(miner.learn(line));
        }
        let us = (thread_s() - start) * 1e6 / lines.len().max(1) as f64;
        println!("{pass} pass: {us:.2} us a line, {} lines", lines.len());
    }
    println!("{} templates, {} KiB", miner.len(), miner.bytes() / 1024);
    Ok(())
}

/// Up to twelve words of a hundred thousand: no two lines have a template.
fn random() -> Vec<String> {
    let mut dice = 1_u64;
    let mut next = move || {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        dice >> 33
    };
    let mut word = move || {
        let (mut number, mut word) = (next() % 100_000, String::new());
        while number > 0 {
            word.push(char::from(b'a' + (number % 26) as u8));
            number /= 26;
        }
        word
    };
    (0..LINES).map(|n| (0..n % 12 + 1).map(|_| word()).collect::<Vec<_>>().join(" ")).collect()
}

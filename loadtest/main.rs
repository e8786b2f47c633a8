//! The load tool: sends bounded, realistic traffic, watches the live feed, checks that nothing
//! was lost, and measures what a line costs.
//!
//! ```text
//! cargo run --release --example loadtest -- send tcp 127.0.0.1:5514 --count 500000 --verify 127.0.0.1:8514
//! cargo run --release --example loadtest -- watch 127.0.0.1:8514 --clients 1000 --seconds 10
//! cargo run --release --example loadtest -- bench target/release/tapline
//! ```

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod api;
mod bench;
mod hostile;
mod lines;
#[cfg(test)]
mod lines_tests;
mod send;
mod server;
mod soak;
mod stops;
mod watch;
mod wire;

use std::io::{BufWriter, Write, stdout};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use chrono::{TimeDelta, Utc};
use clap::{Parser, Subcommand};

/// Errors of the tool end it with a sentence; it has nobody to hand them to.
type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[derive(Debug, Parser)]
#[command(name = "loadtest", about = "Bounded load for a Tapline of your own, and what it costs")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Sends lines until the count or the time is reached, whichever comes first.
    Send {
        kind: send::Kind,
        /// Address of the listener; for `unix` the path of the socket.
        address: String,
        #[command(flatten)]
        load: Load,
        /// HTTP address of the same server: exit 1 unless every line sent is accounted for.
        #[arg(long)]
        verify: Option<SocketAddr>,
    },
    /// Opens WebSocket sessions and reports lag, gaps, resyncs and bytes.
    Watch {
        address: SocketAddr,
        #[arg(long, default_value_t = 100)]
        clients: usize,
        #[arg(long, default_value_t = 10)]
        seconds: u64,
    },
    /// Exit 0 when the server's accounting says: sent = counted + every named loss; else 1.
    Verify {
        address: SocketAddr,
        /// Lines sent since `--before`, or since the server's start.
        #[arg(long)]
        sent: u64,
        /// What was received before, for a server that is not fresh.
        #[arg(long, default_value_t = 0)]
        before: u64,
    },
    /// Starts this `tapline` for each scenario and prints the table of the README.
    Bench {
        binary: PathBuf,
        /// Without one `idle tcp json udp overload unix burst http gzip browsers arrival memory cardinality`.
        scenarios: Vec<bench::Scenario>,
        /// Each scenario so many times; the table has the median and the range.
        #[arg(long, default_value_t = 3)]
        runs: usize,
        /// Lines of a scenario that is bounded by count.
        #[arg(long, default_value_t = 1_000_000)]
        count: u64,
        /// Lines a second of a scenario that is paced; without it `udp` has 100,000, `overload` 500,000, `memory` 200,000,
        /// `arrival` 50,000, `browsers` 1,000.
        #[arg(long)]
        rate: Option<u64>,
        #[arg(long, default_value_t = 10)]
        seconds: u64,
        /// Sessions of `browsers`.
        #[arg(long, default_value_t = 1000)]
        clients: usize,
        /// Different filters that these have, each of as many; with 0 all see everything.
        #[arg(long, default_value_t = 0)]
        filters: usize,
        /// Shares of the kinds of lines, as `send --mix` takes them.
        #[arg(long, default_value = "combined=1")]
        mix: lines::Mix,
    },
    /// Keeps every transport of this `tapline` busy while things break, and accounts for each line; exit 1
    /// where one is missing, memory grew or anything broke that should not.
    Soak {
        binary: PathBuf,
        #[arg(long, default_value_t = 20)]
        minutes: u64,
        /// Lines a second over all transports.
        #[arg(long, default_value_t = 50_000)]
        rate: u64,
        /// Of the faults: the same seed, the same faults in the same order.
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Stops this `tapline` in the middle of a load, so many times a transport; exit 1 where an accepted line is
    /// lost.
    Stops {
        binary: PathBuf,
        /// `tcp tls unix http udp`; all where none is named.
        transports: Vec<stops::Transport>,
        #[arg(long, default_value_t = 20)]
        runs: u64,
    },
    /// Sends the same hostile inputs to this `tapline`, rsyslogd and goaccess, and prints what became of each;
    /// exit 1 where Tapline is not unharmed.
    Hostile {
        binary: PathBuf,
        /// Only inputs whose name holds one of these words.
        words: Vec<String>,
    },
    /// Prints lines as they stand in a file, for programs that read one.
    Lines {
        #[arg(default_value_t = 1_000_000)]
        count: u64,
        #[arg(long, default_value = "combined=1")]
        mix: lines::Mix,
        /// From so many different clients, every fourth line from the next of them in turn.
        #[arg(long)]
        clients: Option<usize>,
        /// So many in each second of their own time.
        #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..))]
        rate: u64,
    },
}

#[derive(Clone, Debug, clap::Args)]
struct Load {
    /// Lines a second over all senders; 0 is as fast as it goes.
    #[arg(long, default_value_t = 0)]
    rate: u64,
    /// Threads, each with a connection of its own.
    #[arg(long, default_value_t = 1)]
    senders: u64,
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Lines at most, over all senders.
    #[arg(long, default_value_t = 1_000_000)]
    count: u64,
    /// Shares of the kinds of lines, e.g. `combined=94,timed=0,json=3,error=2,broken=1`.
    #[arg(long, default_value = "combined=1")]
    mix: lines::Mix,
    /// Line of the pool to begin with.
    #[arg(skip)]
    first: u64,
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("loadtest: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Outcome<bool> {
    match command {
        Command::Send { kind, address, load, verify } => {
            let before = verify.map(api::accounting).transpose()?;
            let pool = lines::Pool::new(&load.mix, lines::POOL);
            let report = send::send(kind, &address, &load, &pool)?;
            println!("{report}");
            let (Some(http), Some(before)) = (verify, before) else { return Ok(true) };
            let verdict = api::verify(http, report.sent, before.received)?;
            println!("{verdict}");
            Ok(verdict.balanced())
        }
        Command::Watch { address, clients, seconds } => {
            let report = watch::watch(address, clients, Duration::from_secs(seconds))?;
            println!("{report}");
            Ok(report.failed == 0)
        }
        Command::Verify { address, sent, before } => {
            let verdict = api::verify(address, sent, before)?;
            println!("{verdict}");
            Ok(verdict.balanced())
        }
        Command::Bench { binary, scenarios, runs, count, rate, seconds, clients, filters, mix } => {
            let plan = bench::Plan {
                binary,
                scenarios,
                runs,
                count,
                rate,
                seconds,
                clients,
                filters,
                mix,
            };
            bench::bench(&plan)
        }
        Command::Soak { binary, minutes, rate, seed } => {
            soak::soak(&soak::Plan { binary, minutes: minutes.max(1), rate, seed })
        }
        Command::Stops { binary, transports, runs } => {
            stops::stops(&stops::Plan { binary, transports, runs })
        }
        Command::Hostile { binary, words } => hostile::hostile(&hostile::Plan { binary, words }),
        Command::Lines { count, mix, clients, rate } => {
            let usual = lines::Variety::USUAL;
            let variety =
                clients.map_or(usual, |clients| lines::Variety { clients, in_turn: true, ..usual });
            print_lines(count, rate, &mix, variety)
        }
    }
}

/// A second has `rate` of them, the last of them is now; each is made anew.
fn print_lines(count: u64, rate: u64, mix: &lines::Mix, variety: lines::Variety) -> Outcome<bool> {
    let mut maker = lines::Maker::new(mix, variety);
    let mut out = BufWriter::new(stdout().lock());
    let mut line = Vec::new();
    let start = Utc::now() - TimeDelta::seconds((count / rate).try_into()?);
    for second in 0..count.div_ceil(rate) {
        let now = lines::Now::new(start + TimeDelta::seconds(second.try_into()?));
        let of_it = rate.min(count - second * rate);
        let pool = maker.pool(usize::try_from(of_it)?);
        for i in 0..of_it {
            line.clear();
            pool.write(i, &now, true, &mut line);
            line.push(b'\n');
            out.write_all(&line)?;
        }
    }
    out.flush()?;
    Ok(true)
}

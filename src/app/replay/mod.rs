//! `tapline replay`: log files run through the dashboard on a virtual clock.
//!
//! The clock stands at the first line's time and moves as lines do, second by second, so that the
//! page shows what it would have shown then. Receivers are closed: nothing of today mixes in.

pub(super) mod merge;
mod pump;
pub(super) mod ways;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use self::merge::{Merger, TimeOf};
use self::pump::Pump;
use self::ways::Ways;
use super::cli::LogArgs;
use super::config::{self, Config, Flags};
use super::follow::limits;
use super::formats::Reading;
use super::formats::args::FormatArgs;
use super::once::{self, once};
use super::report::{written, zone_argument};
use super::server::{App, Setup, Shutdown};
use super::settings::{ingest_config, line_zone};
use super::{exit, log, say, serve};
use crate::decode::{envelope, stamp, text};
use crate::edge::clock::Clock;
use crate::edge::files::{self, Reader};
use crate::edge::kernel::raise_file_limit;
use crate::pipeline::ingest::LineZone;
use crate::vocab::time::{Millis, Stamp};

/// `tapline replay`.
#[derive(Clone, Debug, clap::Args)]
pub struct ReplayArgs {
    /// Log files, plain, .gz or .zst; - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub format: FormatArgs,
    /// How fast time passes: 1 is as it was, 60 a minute each second, max without waiting
    #[arg(long, value_name = "N|max", default_value = "1")]
    pub speed: Speed,
    /// Zone of times without one: local, UTC or an offset [default: this machine's]
    #[arg(long, value_parser = zone_argument, allow_hyphen_values = true)]
    pub zone: Option<config::Zone>,
    /// Dashboard and API at this address
    #[arg(long, value_name = "ADDR")]
    pub http: Vec<String>,
    /// Configuration file
    #[arg(short, long, value_name = "CONFIG")]
    pub config: Option<PathBuf>,
}

impl ReplayArgs {
    /// As the configuration takes them: every receiver is closed.
    #[must_use]
    pub fn flags(&self, log: &LogArgs) -> Flags {
        let off = || vec!["off".to_owned()];
        Flags {
            http: self.http.clone(),
            udp: off(),
            tcp: off(),
            unix: off(),
            unix_stream: off(),
            ..log.flags()
        }
    }
}

/// How many seconds pass in one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Speed {
    Times(f64),
    /// As fast as lines can be read.
    Max,
}

impl Speed {
    /// The slowest: a second an hour. What is slower was meant otherwise.
    const MIN: f64 = 1.0 / 3600.0;
    const MAX: f64 = 1_000_000.0;
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Speed, String> {
        if text == "max" {
            return Ok(Speed::Max);
        }
        let times = text.strip_suffix(['x', '×']).unwrap_or(text).parse::<f64>().ok();
        times
            .filter(|times| (Speed::MIN..=Speed::MAX).contains(times))
            .map(Speed::Times)
            .ok_or_else(|| "write a number such as 1, 10 or 0.5, or max".to_owned())
    }
}

/// Runs the files through a dashboard, and keeps it open until a signal ends it.
#[must_use]
pub fn run(args: &ReplayArgs, mut config: Config, reading: Reading) -> ExitCode {
    log::start(&config.log);
    raise_file_limit();
    let args = &ReplayArgs { files: once(&args.files, once::file), ..args.clone() };
    config.time.zone = args.zone.unwrap_or(config.time.zone);
    let Some(inputs) = open(&args.files, &config, reading) else {
        return exit::FAILURE.into();
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&format!("error: can't start: {error}"));
            return exit::FAILURE.into();
        }
    };
    let code = runtime.block_on(show(args, config, reading, inputs));
    // A reader of standard input may still be blocked in its read.
    runtime.shutdown_timeout(Duration::from_millis(200));
    ExitCode::from(code)
}

async fn show(
    args: &ReplayArgs,
    config: Config,
    reading: Reading,
    inputs: Vec<(Reader, TimeOf)>,
) -> u8 {
    let merging = tokio::task::spawn_blocking(move || Merger::new(inputs, &mut pump::broke_off));
    let Ok(merger) = merging.await else { return exit::FAILURE };
    let Some(first) = merger.first_time() else {
        say("error: no line with a time: there is nothing to replay");
        return exit::FAILURE;
    };
    let Ok(signals) = serve::Signals::new() else { return exit::FAILURE };
    let time = Arc::new(AtomicI64::new(first.second().start().0));
    let ingest = Arc::new(ingest_config(&config, true));
    let clock = Clock::Manual(Arc::clone(&time));
    let setup = Setup { clock, line_time: true, ..Setup::reading(config, reading) };
    let mut app = match App::bind(setup).await {
        Ok(app) => app,
        Err(error) => {
            say(&format!("error: {error}"));
            return exit::FAILURE;
        }
    };
    let Some(ticker) = app.take_ticker() else { return exit::FAILURE };
    let ways = Ways::new(&args.files, &app.node, &ingest, reading);
    let shutdown = Shutdown::default();
    let mut pump = Pump::new(merger, ways, ticker, Arc::clone(&app.node), time);
    serve::announce(&app, &app.config);
    let (speed, stop) = (args.speed, shutdown.stop.clone());
    let pumping = tokio::task::spawn_blocking(move || pump.run(speed, &stop));
    let signals = tokio::spawn(signals.run(shutdown.clone()));
    let counts = app.run(shutdown).await.counts;
    signals.abort();
    let _ = pumping.await;
    say(&format!("final {}", serve::final_line(&counts)));
    exit::OK
}

/// Opens every file, or tells which can't be.
pub(super) fn open(
    paths: &[PathBuf],
    config: &Config,
    reading: Reading,
) -> Option<Vec<(Reader, TimeOf)>> {
    let limits = limits(config, reading.formats);
    let zone = line_zone(config);
    let mut inputs = Vec::with_capacity(paths.len());
    for path in paths {
        match files::open_items(path) {
            Ok(input) => inputs.push((Reader::new(input, limits), time_of(path, zone, reading))),
            Err(error) => say(&format!("error: can't read {}: {error}", path.display())),
        }
    }
    (inputs.len() == paths.len()).then_some(inputs)
}

/// Reads the time of a line of this file, as counting it will.
pub(super) fn time_of(path: &Path, zone: LineZone, reading: Reading) -> TimeOf {
    let mut recogniser = reading.recogniser();
    // The year of a time without one is that which puts it nearest to the line before it; of the
    // first the last one that isn't after the file was written.
    let written = written(path);
    let mut before: Option<Millis> = None;
    Box::new(move |bytes| {
        let line = text::lossy(bytes);
        let envelope = envelope::parse(&line);
        let stamp: Option<Stamp> =
            reading.decode(&mut recogniser, envelope.message).stamp.or(envelope.stamp);
        let resolved = |stamp: Stamp, offset_s: i32| match before {
            Some(near) => stamp::resolve_near(stamp, near, offset_s),
            None => stamp::resolve(stamp, written, offset_s),
        };
        let wall = resolved(stamp?, 0)?;
        let at: Millis = match stamp? {
            Stamp::Utc(at) => at,
            stamp => resolved(stamp, zone.offset_s(wall, || before))?,
        };
        before = Some(at);
        Some(at)
    })
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn years_that_no_line_names_begin_with_the_last_before_the_file_was_written() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        // 29 November 2026.
        let written = UNIX_EPOCH + Duration::from_secs(1_795_910_400);
        file.as_file().set_modified(written).expect("its time is set");
        for (lines, days) in [
            // Over a new year, though nothing was written for days.
            (&["Dec 31", "Jan  5", "Mar 20"][..], &[20_453, 20_458, 20_532][..]),
            (&["Jan  5"], &[20_458]),
            (&["Nov 30"], &[20_787]),
        ] {
            let mut time_of = time_of(file.path(), LineZone::Fixed(0), Reading::default());
            for (line, day) in lines.iter().zip(days) {
                let line = format!("<14>{line} 00:00:00 web-1 app: x");
                let at = time_of(line.as_bytes());
                assert_eq!(at, Some(Millis(day * 86_400_000)), "{line} of {lines:?}");
            }
        }
    }

    #[test]
    fn a_speed_is_a_number_or_max() {
        for (text, speed) in [
            ("1", Some(Speed::Times(1.0))),
            ("0.5", Some(Speed::Times(0.5))),
            ("60x", Some(Speed::Times(60.0))),
            ("max", Some(Speed::Max)),
            ("0", None),
            ("-1", None),
            ("NaN", None),
            ("inf", None),
            ("fast", None),
        ] {
            assert_eq!(text.parse::<Speed>().ok(), speed, "{text}");
        }
    }
}

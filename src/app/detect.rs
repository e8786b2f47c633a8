//! `tapline detect`: a CSV of times and numbers in, how unusual each is out.

use std::fmt::Write as _;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use super::{exit, say};
use crate::aggregate::detect::record::Record;
use crate::decode::text::{is_obeyed, lossy};
use crate::edge::files;
use crate::vocab::time::Second;

/// The longest row that is read; a longer one is told, and reading goes on behind it.
const MAX_ROW: u64 = 4096;
/// As many rows that can't be read are told one by one; the rest as a number.
const MAX_TOLD: u64 = 20;
/// Of a text that can't be read, as many characters are shown.
const MAX_SHOWN: usize = 40;
/// Times without a zone; they are UTC.
const WITHOUT_ZONE: [&str; 4] =
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"];
/// The year 5138 in seconds: numbers from here on are milliseconds, and a thousand times that
/// microseconds, and again nanoseconds.
const MAX_EPOCH_S: f64 = 1e11;

/// `tapline detect`.
#[derive(Clone, Debug, clap::Args)]
pub struct DetectArgs {
    /// The file, plain or packed (.gz, .zst); - or none is standard input
    pub file: Option<PathBuf>,
}

/// Runs the command.
#[must_use]
pub fn run(args: &DetectArgs) -> ExitCode {
    let path = args.file.as_deref().unwrap_or(Path::new("-"));
    let name = path.display().to_string();
    let from = match files::open(path) {
        Ok(from) => from,
        Err(error) => return failed(&format!("{name}: {error}")),
    };
    let stdout = io::stdout();
    let mut detect = Detect {
        name: &name,
        terminal: stdout.is_terminal(),
        to: BufWriter::new(stdout),
        series: Record::default(),
        line: 0,
        unread: 0,
    };
    let done = detect.rows(from);
    if detect.unread > MAX_TOLD {
        say(&format!("error: {name}: {} more rows can't be read", detect.unread - MAX_TOLD));
    }
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Read(error)) => failed(&format!("{name}: {error}")),
        // The reader has seen enough (`| head`).
        Err(Failure::Write(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(Failure::Write(error)) => failed(&format!("can't write: {error}")),
    }
}

fn failed(message: &str) -> ExitCode {
    say(&format!("error: {message}"));
    exit::FAILURE.into()
}

#[derive(Debug)]
enum Failure {
    Read(io::Error),
    Write(io::Error),
}

#[derive(Debug)]
struct Detect<'a> {
    name: &'a str,
    terminal: bool,
    to: BufWriter<io::Stdout>,
    series: Record,
    line: u64,
    /// Rows that could not be read.
    unread: u64,
}

impl Detect<'_> {
    fn rows(&mut self, from: impl Read) -> Result<(), Failure> {
        let mut from = BufReader::new(from);
        let mut row = Vec::new();
        self.write("timestamp,value,score,anomaly\n")?;
        loop {
            // Whoever watches a pipe wants each row when it has come.
            if !from.buffer().contains(&b'\n') {
                self.to.flush().map_err(Failure::Write)?;
            }
            row.clear();
            let length =
                from.by_ref().take(MAX_ROW).read_until(b'\n', &mut row).map_err(Failure::Read)?;
            if length == 0 {
                return self.to.flush().map_err(Failure::Write);
            }
            self.line += 1;
            let whole = row.ends_with(b"\n") || (length as u64) < MAX_ROW;
            if !whole {
                from.skip_until(b'\n').map_err(Failure::Read)?;
            }
            let text = lossy(&row);
            let text = text.trim_start_matches('\u{feff}').trim();
            if !text.is_empty() {
                self.row(text, whole)?;
            }
        }
    }

    fn row(&mut self, text: &str, whole: bool) -> Result<(), Failure> {
        let mut fields = text.split(',').map(str::trim);
        let (time, value) = (fields.next().unwrap_or(""), fields.next());
        let read = match value {
            _ if !whole => Err(format!("longer than {MAX_ROW} bytes")),
            None => Err("no comma: rows are timestamp,value".to_owned()),
            Some(value) => read(bare(time), bare(value)),
        };
        let (score, anomaly) = match read {
            // The first line is the header, unless it is a row by mistake.
            Err(_) if self.line == 1 => return Ok(()),
            Ok((time, value)) => {
                let judged = self.series.push(time, value);
                (judged.score, judged.anomaly)
            }
            Err(problem) => {
                self.unread += 1;
                if self.unread <= MAX_TOLD {
                    say(&format!("error: {}:{}: {problem}", self.name, self.line));
                }
                (0.0, false)
            }
        };
        let value = value.unwrap_or("");
        let (time, value) = if whole { (time, value) } else { ("", "") };
        let row = format!("{time},{value},{score:.6},{}\n", u8::from(anomaly));
        self.write(&row)
    }

    fn write(&mut self, row: &str) -> Result<(), Failure> {
        let written = if self.terminal {
            self.to.write_all(harmless(row).as_bytes())
        } else {
            self.to.write_all(row.as_bytes())
        };
        written.map_err(Failure::Write)
    }
}

/// A field without its quotes.
fn bare(field: &str) -> &str {
    let inner = field.strip_prefix('"').and_then(|field| field.strip_suffix('"'));
    inner.unwrap_or(field).trim()
}

/// The time and the value, NaN where that is missing, or what is wrong.
fn read(time: &str, value: &str) -> Result<(Second, f64), String> {
    let at = second(time).ok_or_else(|| {
        format!("{} is no time: YYYY-MM-DD hh:mm:ss, RFC 3339 or seconds since 1970", shown(time))
    })?;
    if value.is_empty() {
        return Ok((at, f64::NAN));
    }
    let value = value.parse().map_err(|_| format!("{} is no number", shown(value)))?;
    Ok((at, value))
}

fn second(text: &str) -> Option<Second> {
    if let Ok(number) = text.parse::<f64>() {
        let seconds = [1.0, 1e3, 1e6, 1e9]
            .into_iter()
            .map(|unit| number / unit)
            .find(|seconds| seconds.abs() < MAX_EPOCH_S)?;
        return Some(Second(seconds.floor() as i64));
    }
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(Second(time.timestamp()));
    }
    let wall = WITHOUT_ZONE
        .into_iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))?;
    Some(Second(wall.and_utc().timestamp()))
}

/// A stranger's text in a message: cut, in quotes, with nothing that a terminal obeys.
fn shown(text: &str) -> String {
    let cut: String = text.chars().take(MAX_SHOWN).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut:?}{more}")
}

/// What a terminal would obey, escaped.
fn harmless(row: &str) -> String {
    let mut out = String::with_capacity(row.len());
    for c in row.chars() {
        if c == '\n' || !is_obeyed(c) {
            out.push(c);
        } else {
            let _ = write!(out, "{}", c.escape_unicode());
        }
    }
    out
}

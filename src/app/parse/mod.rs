//! `tapline parse`: log lines in, one JSON object a line out.

mod base64;
mod cases;
mod explain;
mod refusal;
mod row;

use std::cell::Cell;
use std::io::{self, BufWriter, IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use super::cli::ParseArgs;
use super::config::{self, Config, Flags, Zone};
use super::follow::limits;
use super::formats::Reading;
use super::report::written;
use super::{exit, say};
use crate::decode::envelope::{self, Via};
use crate::decode::formats::absolute;
use crate::decode::formats::recognise::{Found, Recogniser};
use crate::decode::forwarded;
use crate::decode::text::{harmless, lossy};
use crate::edge::files::{self, Limits, Reader, Sink};
use crate::vocab::event::Event;
use crate::vocab::network::Network;
use crate::vocab::outcome::RejectReason;
use crate::vocab::time::Millis;
use refusal::Judge;
use row::{Clock, Row};

/// The longest line that is read; a longer one is told as an error, and reading goes on behind it.
const MAX_LINE: usize = 1 << 20;
/// Bytes written to the system at a time.
const READ: usize = 64 << 10;

/// Runs the command.
#[must_use]
pub fn run(args: &ParseArgs, log_format: Option<&str>) -> ExitCode {
    let (reading, config) = match reading(args, log_format) {
        Ok(read) => read,
        Err(code) => return code.into(),
    };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
    let now = Millis(i64::try_from(now).unwrap_or(i64::MAX));
    let clock = Clock { now, zone: args.zone.unwrap_or(Zone::Local), last: Cell::default() };
    let mut parse = Parse {
        out: Out::new(),
        clock,
        started: now,
        reading,
        judge: Judge::of(reading),
        explain: args.explain,
        limits: Limits { max_line: MAX_LINE, ..limits(&config, reading.formats) },
        trusted_proxies: config.clients.trusted_proxies,
        failed: false,
    };
    let done = match &args.cases {
        Some(path) => parse.cases(path),
        None if args.files.is_empty() => parse.input(Path::new("-")),
        None => args.files.iter().try_for_each(|file| parse.input(file)),
    };
    match done.and_then(|()| parse.out.flush()) {
        Ok(()) if parse.failed => exit::FAILURE.into(),
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough (`| head`).
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: can't write: {error}"));
            exit::FAILURE.into()
        }
    }
}

/// The formats to read with and the configuration, or the exit code once it was told why there are
/// none.
fn reading(args: &ParseArgs, log_format: Option<&str>) -> Result<(Reading, Config), u8> {
    let wrong = |message: String| {
        say(&format!("error: --format: {message}"));
        exit::USAGE
    };
    let format = args.format.clone().or(log_format).map_err(wrong)?;
    let config = match config::load(args.config.as_deref(), &Flags::default()) {
        Ok(loaded) => loaded.config,
        Err(problems) if args.config.is_some() || format.needs_config() => {
            say(&problems.to_string());
            return Err(problems.exit_code());
        }
        // Lines can be read without it: a server's broken (or unreadable) file is not in the way.
        Err(problems) => {
            say(&format!("warning: read without the configuration, for {problems}"));
            Config::default()
        }
    };
    Ok((format.reading(&config).map_err(wrong)?, config))
}

/// Errors of this are of writing; what can't be read is told and passed over.
#[derive(Debug)]
struct Parse {
    out: Out,
    clock: Clock,
    started: Millis,
    reading: Reading,
    judge: Option<Judge>,
    explain: bool,
    trusted_proxies: Vec<Network>,
    limits: Limits,
    /// Something could not be read.
    failed: bool,
}

impl Parse {
    /// Reads one file, plain or packed, or standard input where the path is `-`.
    fn input(&mut self, path: &Path) -> io::Result<()> {
        match files::open(path) {
            Ok(input) => {
                // A line without a year is of the last one that there was when it was written.
                let is_file = path.as_os_str() != "-";
                self.clock.now = if is_file { written(path) } else { self.started };
                self.lines(&path.display().to_string(), input)
            }
            Err(error) => {
                self.unreadable(&path.display().to_string(), &error);
                Ok(())
            }
        }
    }

    fn unreadable(&mut self, name: &str, error: &io::Error) {
        say(&format!("error: {name}: {error}"));
        self.failed = true;
    }

    /// Cuts lines as they come and gives out each, an error with its trace as one; holds no more than
    /// the longest.
    fn lines(&mut self, name: &str, from: Box<dyn Read + Send>) -> io::Result<()> {
        let mut reader = Reader::new(from, self.limits);
        self.clock.last.set(None);
        let source = Source {
            name,
            line: 0,
            recogniser: self.reading.recogniser(),
            explained: explain::Explained::default(),
        };
        let mut rows = Rows { parse: self, source, done: Ok(()) };
        loop {
            let more = reader.read(&mut rows);
            std::mem::replace(&mut rows.done, Ok(()))?;
            // Whoever watches a pipe wants each line when it has come.
            rows.parse.out.flush()?;
            match more {
                Ok(true) if name == "-" && !files::stdin_speaks() => {
                    reader.pause(&mut rows);
                    std::mem::replace(&mut rows.done, Ok(()))?;
                    rows.parse.out.flush()?;
                }
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    rows.parse.unreadable(name, &error);
                    break;
                }
            }
        }
        if rows.parse.explain
            && let Some(summary) = rows.source.explained.summary(name)
        {
            say(summary.trim_end());
        }
        Ok(())
    }

    fn line(&mut self, source: &mut Source<'_>, bytes: &[u8]) -> io::Result<()> {
        let text = lossy(bytes);
        let envelope = envelope::parse(&text);
        let (mut event, refusal) = match &self.judge {
            None => (source.recogniser.decode(envelope.message), None),
            Some(judge) => {
                let mut event = Event::default();
                let found =
                    source.recogniser.order.read_as(judge.format, envelope.message, &mut event);
                let refused = found == Found::NONE;
                (event, refused.then(|| judge.refusal(envelope.message)))
            }
        };
        let file = Path::new(source.name).file_name().and_then(|name| name.to_str());
        if envelope.app_name.or(file).is_some_and(absolute::is_cache) {
            absolute::take_apart(&mut event);
        }
        forwarded::resolve(&mut event, &self.trusted_proxies);
        if self.explain {
            let header = match envelope.via {
                Via::Bare if envelope.severity.is_none() => "",
                Via::Bare => ", behind a bare priority",
                Via::Repaired => ", behind a broken syslog header",
                Via::Fast | Via::General if envelope.version.is_some() => ", behind RFC 5424",
                Via::Fast | Via::General => ", behind RFC 3164",
            };
            let number = source.line;
            if let Some(bare) = event.bare {
                let unit = source.recogniser.order.units().name(bare);
                source.explained.took(unit, !bare.is_behind());
            }
            let said =
                source.explained.line(number, &event, &text, envelope.message, header, || {
                    let row = Row::of_event(&envelope, &event, &text, &self.clock);
                    serde_json::to_value(&row).unwrap_or_default()
                });
            if let Some((old, new)) = source.recogniser.drifted() {
                source.explained.changed(number, old, new);
            }
            if let Some(said) = said {
                say(&format!("{}:{number}: {said}", source.name));
            }
        }
        let mut row = Row::of_event(&envelope, &event, &text, &self.clock);
        if let Some(refusal) = refusal {
            // The message is the line's end.
            row.offset = Some(text.len() - envelope.message.len() + refusal.offset);
            (row.error, row.field) = (Some(refusal.error), refusal.field);
        }
        self.out.line(&row)
    }
}

/// Writes what is read of one input.
struct Rows<'p, 'n> {
    parse: &'p mut Parse,
    source: Source<'n>,
    /// Of writing; a sink can't fail.
    done: io::Result<()>,
}

impl Sink for Rows<'_, '_> {
    fn lines(&mut self, lines: &[&[u8]]) {
        for line in lines {
            if self.done.is_ok() {
                self.source.line += 1;
                self.done = self.parse.line(&mut self.source, line);
                self.source.line += memchr::memchr_iter(b'\n', line).count() as u64;
            }
        }
    }

    fn rejected(&mut self, reason: RejectReason) {
        self.source.line += 1;
        let why = match reason {
            RejectReason::Incomplete => "the input breaks off in it".to_owned(),
            _ => format!("longer than {MAX_LINE} bytes"),
        };
        let error = format!("{}: {why}", reason.name());
        if self.done.is_ok() {
            self.done = self.parse.out.line(&Row::of_error(error));
        }
    }
}

/// What is known of one input.
struct Source<'a> {
    name: &'a str,
    line: u64,
    recogniser: Recogniser,
    explained: explain::Explained,
}

/// Standard output, one JSON object a line.
#[derive(Debug)]
struct Out {
    to: BufWriter<io::Stdout>,
    terminal: bool,
    line: Vec<u8>,
}

impl Out {
    fn new() -> Out {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Out { to: BufWriter::with_capacity(READ, stdout), terminal, line: Vec::new() }
    }

    fn line(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, value)?;
        self.line.push(b'\n');
        if self.terminal {
            let text = String::from_utf8_lossy(&self.line).into_owned();
            self.to.write_all(harmless(text).as_bytes())
        } else {
            self.to.write_all(&self.line)
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

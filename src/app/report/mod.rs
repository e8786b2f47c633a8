//! `tapline report`: what is in log files, said once; goaccess's job.
//!
//! The lines go the way of the live ones, from decoder to columns, and only their own time counts.
//! Order does not matter to sums, so the files are read one after the other. Rows are counted as they come,
//! and of each only the columns stay that a second look at the values shown reads
//! (`state/live/whole.rs`). With `--rule`, or a filter by what is learnt, every event stays until the end.

mod anomalies;
mod batch;
mod count;
mod html;
mod lists;
mod rules;
#[cfg(test)]
mod tests;
pub mod text;

use std::fs;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::UNIX_EPOCH;

use super::config::{self, Config, RangesOf};
use super::follow::limits;
use super::formats::Reading;
use super::formats::args::FormatArgs;
use super::once::{self, once};
use super::replay::time_of;
use super::settings::{ingest_config, line_zone, room};
use super::whose::Whose;
use super::{exit, geo, print, say};
use crate::aggregate::ask::Asks;
use crate::aggregate::filter::Filter;
use crate::aggregate::rules::Rule;
use crate::aggregate::wire::{Series, SourceInfo, Summary};
use crate::decode::formats::units::Behind;
use crate::decode::text::harmless;
use crate::edge::clock::Clock;
use crate::edge::files::{self, Reader};
use crate::edge::kernel::raise_file_limit;
use crate::pipeline::ingest::Learnt;
use crate::state::live::{Range, WindowConfig};
use crate::state::node::{Listener, Node};
use crate::state::sources::SourcesConfig;
use crate::vocab::time::{Millis, Second};
use batch::Batches;
use count::Rules;

/// Rows of each top list with `--json`; the text shows ten.
const TOP: usize = 100;

/// Seconds.
const HOUR: u32 = 3600;

/// `tapline report`.
#[derive(Clone, Debug, clap::Args)]
pub struct ReportArgs {
    /// Log files, plain, .gz or .zst; - for standard input
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    #[command(flatten)]
    pub format: FormatArgs,
    /// Print the summary as JSON, in the shape of /api/v1/summary
    #[arg(long)]
    pub json: bool,
    /// Write the report as one web page that needs nothing else; - for standard output
    #[arg(long, value_name = "PAGE", conflicts_with_all = ["json", "anomalies", "rules"])]
    pub html: Option<PathBuf>,
    /// Print what the live detectors would have said, one JSON object per incident
    #[arg(long, conflicts_with_all = ["json", "filter"])]
    pub anomalies: bool,
    /// Print how often this rule would have been broken, e.g. 'status:5xx rate > 2% for 1m'; with
    /// --json one JSON object per rule
    #[arg(long = "rule", value_name = "WHEN", value_parser = rules::argument, allow_hyphen_values = true, conflicts_with_all = ["anomalies", "filter"])]
    pub rules: Vec<Rule>,
    /// Zone of times without one: local, UTC or an offset [default: this machine's]
    #[arg(long, value_parser = zone_argument, allow_hyphen_values = true)]
    pub zone: Option<config::Zone>,
    /// Count only what matches, e.g. 'status:5xx -path:/health*'
    #[arg(long, value_parser = filter_argument, allow_hyphen_values = true, default_value = "", hide_default_value = true)]
    pub filter: Filter,
    /// Configuration file, for what is excluded and how much of an address is kept
    #[arg(short, long, value_name = "CONFIG")]
    pub config: Option<PathBuf>,
}

/// Reads `--zone`.
///
/// # Errors
/// What would be right.
pub fn zone_argument(text: &str) -> Result<config::Zone, String> {
    config::Zone::parse(text).ok_or_else(|| "write local, UTC or an offset as +02:00".to_owned())
}

fn filter_argument(text: &str) -> Result<Filter, String> {
    Filter::parse(text).map_err(|error| format!("{}; {}", error.message, error.hint))
}

/// Reads the files and prints the report. Exit code 1 where one could not be read whole.
#[must_use]
pub fn run(args: &ReportArgs, mut config: Config, reading: Reading) -> ExitCode {
    raise_file_limit();
    let args = &ReportArgs { files: once(&args.files, once::file), ..args.clone() };
    config.time.zone = args.zone.unwrap_or(config.time.zone);
    if args.anomalies {
        return anomalies::run(args, &config, reading);
    }
    if let Some(page) = args.html.as_ref().filter(|page| html::is_something_else(page)) {
        say(&format!("error: {} is no page, and is not written over", page.display()));
        return exit::FAILURE.into();
    }
    // All are opened before any is read: a misspelt name should not cost the time of the others.
    let Some(inputs) = open(&args.files) else {
        return exit::FAILURE.into();
    };
    let begin = || {
        let node = node(&config, reading);
        if args.rules.is_empty() {
            node.live_mut().count_all(&args.filter, &Asks::all(TOP));
        }
        node
    };
    let (node, Read { broken, is_undated, learnt }) = read_all(inputs, begin, &config, reading);
    for (path, learnt) in args.files.iter().zip(&learnt) {
        if let Some(behind) = learnt.behind().max() {
            say(&without_unit(&shown(path), behind));
        }
    }
    for (name, error) in &broken {
        say(&format!("error: {name} broke off: {error}"));
    }
    if !args.rules.is_empty() {
        if is_undated {
            say(
                "warning: no line with a time was found: each counts as of when its file was written",
            );
        }
        let printed = print(&rules::told(&args.rules, &node, args.json));
        return if broken.is_empty() { printed } else { exit::FAILURE.into() };
    }
    let mut summary = summary(&node, &args.filter);
    if is_undated {
        of_no_time(&mut summary);
    }
    let printed = match &args.html {
        _ if args.json => print(&(harmless(json(&summary)) + "\n")),
        None => {
            print(&told(args, &node, &summary, text::STEPS, |report| text::text(report, style())))
        }
        Some(to) => {
            let page = told(args, &node, &summary, html::STEPS, html::page);
            if to == Path::new("-") { print(&page) } else { write(to, &page) }
        }
    };
    if broken.is_empty() { printed } else { exit::FAILURE.into() }
}

fn write(path: &Path, page: &str) -> ExitCode {
    match html::put(path, page) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: can't write {}: {error}", path.display()));
            exit::FAILURE.into()
        }
    }
}

/// A file that is read, or will be.
struct Input {
    path: PathBuf,
    lines: Box<dyn io::Read + Send>,
    /// Where it can be read again: by its name it may be another one by then.
    file: Option<Arc<fs::File>>,
}

impl Input {
    fn open(path: &Path) -> io::Result<Input> {
        let file = files::open_held(path)?;
        let lines = match &file {
            Some(file) => files::items_of(file)?,
            None => files::open_items(path)?,
        };
        Ok(Input { path: path.to_owned(), lines, file })
    }
}

/// Opens every file, or tells which can't be.
fn open(paths: &[PathBuf]) -> Option<Vec<Input>> {
    let mut inputs = Vec::with_capacity(paths.len());
    for path in paths {
        match Input::open(path) {
            Ok(input) => inputs.push(input),
            Err(error) => say(&format!("error: can't read {}: {error}", path.display())),
        }
    }
    (inputs.len() == paths.len()).then_some(inputs)
}

/// The same files once more; `None` where one can be read once.
fn anew(held: Vec<(PathBuf, Option<Arc<fs::File>>)>) -> Option<Vec<Input>> {
    let again = |(path, file): (PathBuf, Option<Arc<fs::File>>)| {
        let lines = files::items_of(file.as_ref()?).ok()?;
        Some(Input { path, lines, file })
    };
    held.into_iter().map(again).collect()
}

/// How many lines were read of each file.
fn received(node: &Node) -> Vec<u64> {
    node.listeners().iter().map(|listener| listener.account.snapshot().received).collect()
}

/// A node that keeps everything.
fn node(config: &Config, reading: Reading) -> Arc<Node> {
    Node::new(
        WindowConfig {
            budget_bytes: usize::MAX,
            max_age_s: u32::MAX,
            room: room(config),
            geo: geo::load(config),
            ranges: RangesOf::together(&config.bots.ranges),
            ..WindowConfig::default()
        },
        sources(config, reading),
        "report".to_owned(),
        Millis(0),
    )
}

fn sources(config: &Config, reading: Reading) -> SourcesConfig {
    SourcesConfig {
        max: config.sources.max,
        sites: config.sources.sites.clone(),
        pinned: config.sources.formats.clone(),
        formats: reading.formats,
        ..SourcesConfig::default()
    }
}

/// How files were read.
#[derive(Debug)]
struct Read {
    /// Those that could not be read to their end.
    broken: Vec<(String, io::Error)>,
    /// No line says when it is of: all count as of when their file was written.
    is_undated: bool,
    /// What the lines of each file said of how to read others.
    learnt: Vec<Learnt>,
}

/// What is said of a file of which the lines end with numbers without a unit.
fn without_unit(name: &str, behind: Behind) -> String {
    let was = match behind {
        Behind::Taken => "taken as microseconds",
        Behind::Left => "left out",
        Behind::Late => "taken as microseconds until one showed that they are none",
    };
    format!(
        "warning: {name}: nothing says the unit of the durations behind its lines, which were {was}; \
         name it by --format with Apache's LogFormat, which ends with %{{ms}}T or %D"
    )
}

/// Counts every line of the files, into a node as `begin` makes it. A line may say that durations before it were read
/// in the wrong unit: then all is read once more, with that known, where it can be.
fn read_all(
    inputs: Vec<Input>,
    begin: impl Fn() -> Arc<Node>,
    config: &Config,
    reading: Reading,
) -> (Arc<Node>, Read) {
    let held: Vec<_> = inputs.iter().map(|it| (it.path.clone(), it.file.clone())).collect();
    let node = begin();
    let by = (batch::LINES, thread::available_parallelism().map_or(1, usize::from));
    let read_once = read_in(by, Vec::new(), inputs, &node, config, reading);
    let is_late = read_once.learnt.iter().flat_map(Learnt::behind).any(|it| it == Behind::Late);
    let Some(inputs) = is_late.then(|| anew(held)).flatten() else { return (node, read_once) };
    let before = received(&node);
    // Room for one of them.
    drop(node);
    let node = begin();
    let paths: Vec<String> = inputs.iter().map(|input| shown(&input.path)).collect();
    let known = read_once.learnt.into_iter().map(Learnt::anew).collect();
    let mut read_anew = read_in(by, known, inputs, &node, config, reading);
    for ((path, before), now) in paths.into_iter().zip(before).zip(received(&node)) {
        if let missing @ 1.. = before.saturating_sub(now) {
            let error = format!("it was cut while it was read; lines missing: {missing}");
            read_anew.broken.push((path, io::Error::other(error)));
        }
    }
    (node, read_anew)
}

/// Counts every line of the files, so many at a time on so many cores, where an earlier reading has learnt this of each file.
fn read_in(
    (lines, cores): (usize, usize),
    known: Vec<Learnt>,
    inputs: Vec<Input>,
    node: &Arc<Node>,
    config: &Config,
    reading: Reading,
) -> Read {
    let ingest = Arc::new(ingest_config(config, true));
    let limits = limits(config, reading.formats);
    let zone = line_zone(config);
    let mut broken = Vec::new();
    let (mut known, mut learnt) = (known.into_iter(), Vec::new());
    // When files were written in the beginning of which no line has a time.
    let (mut undated, mut is_dated) = (Vec::new(), false);
    for Input { path, lines: input, .. } in inputs {
        let name = path.to_string_lossy();
        let listener = Listener::new(if name == "-" { "stdin" } else { "file" }, &*name);
        node.add_listener(Arc::clone(&listener));
        // A line at the beginning of a file has no neighbour in the file before it, though both may have one name.
        node.sources.forget_times();
        let whose = Whose::of(&path);
        let fronts = whose.fronts(&node.sources, reading.format);
        let reader = Reader::new(input, limits);
        let mut batches = Batches::new(reader, lines, fronts, Arc::clone(&listener));
        let rules = Rules {
            ingest: Arc::clone(&ingest),
            sources: sources(config, reading),
            listener,
            format: reading.format,
            whose,
            // When the file was written tells the year; lines count then where none has a time.
            arrival: written(&path),
            first_time: batches.first_time(time_of(&path, zone, reading)),
            known: known.next().unwrap_or_default(),
        };
        match rules.first_time {
            Some(_) => is_dated = true,
            None => undated.push(rules.arrival.second()),
        }
        let (ended, of_file) = count::count(batches, node, &rules, cores);
        learnt.push(of_file);
        if let Err(error) = ended {
            broken.push((shown(&path), error));
        }
    }
    node.flush();
    let live = node.live();
    let mut ends = [live.kept().oldest.map(Second), live.newest()].into_iter().flatten();
    let is_undated = !is_dated && ends.all(|end| undated.contains(&end));
    Read { broken, is_undated, learnt }
}

fn summary(node: &Node, filter: &Filter) -> Summary {
    node.flush();
    node.live_mut().counted_all();
    let mut summary = node.live().summary(Range::default(), filter, &Asks::all(TOP), None);
    summary.accounting = node.accounting().to_wire();
    if node.live().newest().is_none() {
        // Nothing is of no time.
        of_no_time(&mut summary);
    }
    summary
}

fn of_no_time(summary: &mut Summary) {
    summary.from.clear();
    summary.to.clear();
}

/// What a script reads: the answer of `GET /api/v1/summary`.
fn json(summary: &Summary) -> String {
    // Our own types with string keys: serialising them to memory cannot fail.
    if !summary.from.is_empty() {
        return serde_json::to_string_pretty(summary).unwrap_or_default();
    }
    let mut of_no_time = serde_json::to_value(summary).unwrap_or_default();
    ["from", "to"].into_iter().for_each(|end| of_no_time[end] = serde_json::Value::Null);
    serde_json::to_string_pretty(&of_no_time).unwrap_or_default()
}

/// The report as `write` has it, with a series of so many steps.
fn told(
    args: &ReportArgs,
    node: &Node,
    summary: &Summary,
    steps: i64,
    write: impl Fn(&text::Report<'_>) -> String,
) -> String {
    let names: Vec<String> = args.files.iter().map(|path| shown(path)).collect();
    let sources: Vec<SourceInfo> =
        node.sources.all().iter().map(|source| source.info(true)).collect();
    let (oldest, newest) = (epoch(&summary.from), epoch(&summary.to));
    let step = round_step((oldest, newest), steps);
    let series = node.live().series(Range::default(), step, &args.filter);
    let hours = match newest.saturating_sub(oldest) {
        range if range > i64::from(HOUR) => {
            node.live().series(Range::default(), HOUR, &args.filter)
        }
        _ => Series::default(),
    };
    // Longer steps, which a range of years gets, belong to no hour.
    let hours = if hours.step_s == HOUR { hours } else { Series::default() };
    let names = names.join(", ");
    write(&text::Report {
        names: &names,
        summary,
        series: &series,
        hours: &hours,
        sources: &sources,
    })
}

/// The shortest step that clocks are read by of which at most so many cover the range, which ends before its
/// second second; whole days where it is longer than one.
fn round_step((from, to): (i64, i64), steps: i64) -> u32 {
    const ROUND: [i64; 17] =
        [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200];
    const DAY: i64 = 86_400;
    let last = to.saturating_sub(1).max(from);
    let fits = |step: &i64| last.div_euclid(*step) - from.div_euclid(*step) < steps;
    let days = (last.saturating_sub(from) / steps / DAY + 1) * DAY;
    let days = if fits(&days) { days } else { days + DAY };
    let step = ROUND.into_iter().find(fits).unwrap_or(days);
    u32::try_from(step).unwrap_or(u32::MAX)
}

fn epoch(rfc3339: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(rfc3339).map_or(0, |time| time.timestamp())
}

/// When the file was last written: the year of its last line, for lines that name none.
pub(super) fn written(path: &Path) -> Millis {
    let modified = fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let since = modified.and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    match since.and_then(|since| i64::try_from(since.as_millis()).ok()) {
        Some(ms) => Millis(ms),
        None => Clock::System.now(),
    }
}

fn shown(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

fn style() -> text::Style {
    let out = io::stdout();
    let terminal = out.is_terminal();
    text::Style {
        colour: terminal && std::env::var_os("NO_COLOR").is_none(),
        columns: terminal_columns().unwrap_or(100),
    }
}

/// `COLUMNS`, else what the terminal says.
pub(super) fn terminal_columns() -> Option<usize> {
    if let Some(columns) = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok()) {
        return Some(columns);
    }
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCGWINSZ writes one winsize, which is alive for the call.
    let said = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    (said == 0 && size.ws_col > 0).then_some(usize::from(size.ws_col))
}

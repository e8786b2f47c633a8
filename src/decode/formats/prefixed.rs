//! A server's line behind what a container engine, a logger or a terminal put in front of it: CRI
//! (`time stdout F line`), `docker compose logs`, Foreman and PM2 (`web-1  | line`), `docker logs -t`
//! and Go's `log` (`time line`), the access loggers of Python (`INFO:werkzeug:line`), Ruby's, Twisted's and log4js' loggers, and tags:
//! InfluxDB's `[httpd] line`, `kubectl logs --prefix`, Dapr's `== APP == line` and a journal's `host
//! nginx[12]: line`, with or without the host.
//!
//! The front is taken off and the line read as itself, once: nothing is looked for behind a second
//! front, but for the time that compose and kubectl put behind the name where they are asked for one.
//! Where the front is no more than a time, an access line must begin with an address, so that
//! an error line that quotes a client's words can't pass for one. A container engine's time has nine digits
//! behind the point, which few programs write: morgan's lines, brackets and hosts may stand behind it, too.

use super::{FORMATS, Format, frameworks, json, pairs, program_error, scan};
use crate::vocab::event::{Event, Kind, Level};
use crate::vocab::time::Stamp;

/// The longest front that is looked at.
const FRONT_MAX: usize = 96;
/// The same of a pod's and its container's name, of which each may be long.
const POD_MAX: usize = 320;

/// One sort of front.
#[derive(Debug)]
pub(super) struct Prefixed {
    name: &'static str,
    cut: for<'a> fn(&'a str) -> Option<Cut<'a>>,
    /// How the line behind the front is read.
    reads: for<'a> fn(&'a str) -> Option<Event<'a>>,
}

/// What a front says, and the line behind it.
struct Cut<'a> {
    stamp: Option<Stamp>,
    line: &'a str,
    trust: Trust,
}

/// What a front alone says of the line behind it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// Nothing: a program's own line may stand there.
    Nothing,
    /// It is a server's, unless the program itself writes such times before its words.
    Engine,
    /// It is a server's line.
    Sure,
}

impl<'a> Cut<'a> {
    /// The same without the time that an engine was asked to write behind the name.
    fn behind_time(&self) -> Option<Cut<'a>> {
        if self.trust != Trust::Sure || self.stamp.is_some() {
            return None;
        }
        let (time, line) = front(self.line).filter(|(time, _)| is_engines(time))?;
        Some(Cut { stamp: scan::iso_time(time), line, trust: Trust::Engine })
    }

    /// The line as its own event, where the front lets it be one.
    fn event(&self, front: &Prefixed) -> Option<Event<'a>> {
        let mut event = (front.reads)(self.line)?;
        if self.trust != Trust::Sure && event.format == program_error::LEVELLED.name {
            // A time and a level: a program's own line.
            return None;
        }
        if event.kind == Kind::Access && !self.begins_request(&event) {
            return None;
        }
        event.stamp = event.stamp.or(self.stamp);
        event.format = front.name;
        Some(event)
    }

    /// Whether an access line begins with what no program's words do: an address, or pairs and objects,
    /// which are nothing else to their end; behind an engine's time a bracket or a host's name, too.
    fn begins_request(&self, event: &Event<'_>) -> bool {
        let (first, _) = scan::word(self.line);
        let quoted = first.strip_prefix('"').and_then(|inner| inner.strip_suffix('"'));
        let own = scan::is_ip(quoted.unwrap_or(first))
            || first.starts_with('{')
            || event.format == pairs::LOGFMT;
        let own = own || frameworks::is_uvicorn(self.line);
        match self.trust {
            Trust::Nothing => own,
            Trust::Engine => {
                let morgan = event.format == frameworks::MORGAN.name();
                own || morgan || first.starts_with('[') || scan::is_host(first)
            }
            Trust::Sure => true,
        }
    }
}

pub(super) static CRI: Prefixed = Prefixed { name: "cri", cut: cri, reads: inner };
pub(super) static COMPOSE: Prefixed = Prefixed { name: "compose", cut: compose, reads: inner };
pub(super) static TIMED: Prefixed = Prefixed { name: "timed_line", cut: timed, reads: inner };
pub(super) static ACTIX: Prefixed = Prefixed { name: "actix", cut: actix, reads: request };
pub(super) static TAGGED: Prefixed = Prefixed { name: "tagged_line", cut: tagged, reads: inner };
pub(super) static PYTHON: Prefixed =
    Prefixed { name: "python_access", cut: python, reads: request };
pub(super) static HYPERCORN: Prefixed =
    Prefixed { name: "hypercorn_access", cut: hypercorn, reads: request };
pub(super) static LOGGED: Prefixed =
    Prefixed { name: "logged_access", cut: logged, reads: request };
pub(super) static LOGBACK: Prefixed =
    Prefixed { name: "logback_access", cut: logback, reads: request };
pub(super) static FLY: Prefixed = Prefixed { name: "fly", cut: fly, reads: inner };
pub(super) static RUBY: Prefixed = Prefixed { name: "ruby_access", cut: ruby, reads: request };
pub(super) static TWISTED: Prefixed =
    Prefixed { name: "twisted_access", cut: twisted, reads: request };
pub(super) static LOG4JS: Prefixed =
    Prefixed { name: "log4js_access", cut: log4js, reads: request };

/// When a container engine says that a line was written.
pub(super) fn moment(line: &str) -> Option<Stamp> {
    let timed = || timed(line).filter(|cut| cut.trust == Trust::Engine);
    cri(line).or_else(|| fly(line)).or_else(timed)?.stamp
}

/// Whether the line is a Python server's access line, which has a time and a level in front.
pub(super) fn is_python(line: &str) -> bool {
    PYTHON.decode(line).is_some()
}

/// Whether the line is an access line behind the time, the level, the logger and the thread.
pub(super) fn is_logged(line: &str) -> bool {
    LOGGED.decode(line).is_some()
}

/// Whether the line is one of Micronaut's or Vert.x' access loggers, which has a time and a level in front.
pub(super) fn is_logback(line: &str) -> bool {
    LOGBACK.decode(line).is_some()
}

/// Whether the line is a request's behind the time, process and level of gunicorn's own lines.
pub(super) fn is_hypercorn(line: &str) -> bool {
    HYPERCORN.decode(line).is_some()
}

/// Whether the line is Actix's, which has a time and a level in front.
pub(super) fn is_actix(line: &str) -> bool {
    ACTIX.decode(line).is_some()
}

/// Whether the line is an access line behind what Ruby's logger puts in front of all it writes.
pub(super) fn is_ruby(line: &str) -> bool {
    RUBY.decode(line).is_some()
}

/// Whether the line is an access line behind what Twisted's logger puts in front of all it writes.
pub(super) fn is_twisted(line: &str) -> bool {
    TWISTED.decode(line).is_some()
}

/// The same of log4js.
pub(super) fn is_log4js(line: &str) -> bool {
    LOG4JS.decode(line).is_some()
}

/// Whether this is a format that reads another's line.
pub(super) fn is_front(name: &str) -> bool {
    let engines = [&CRI, &COMPOSE, &TIMED, &TAGGED, &FLY];
    let loggers = [&PYTHON, &HYPERCORN, &LOGGED, &ACTIX, &RUBY, &TWISTED, &LOG4JS, &LOGBACK];
    let mut fronts = engines.iter().chain(&loggers);
    fronts.any(|front| front.name == name)
}

impl Format for Prefixed {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fits(&self, line: &str) -> bool {
        (self.cut)(line).is_some()
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        let cut = (self.cut)(line)?;
        let timed = cut.behind_time().and_then(|timed| timed.event(self));
        timed.or_else(|| cut.event(self))
    }
}

/// The line as its own event.
fn inner(line: &str) -> Option<Event<'_>> {
    behind(line, |_| true)
}

/// The line as a request, for fronts of loggers that write nothing else. Formats of errors ask whether a line is such a
/// one: were they asked here, a line of a thousand fronts would be looked into a thousand times, each within the last.
fn request(line: &str) -> Option<Event<'_>> {
    behind(line, |format| !format.is_of_errors()).filter(|event| event.kind == Kind::Access)
}

/// The line as these of the formats that are no fronts themselves read it.
fn behind(line: &str, asked: impl Fn(&dyn Format) -> bool) -> Option<Event<'_>> {
    if line.starts_with('{') {
        return json::read(line, true);
    }
    let others = FORMATS.iter().filter(|format| format.name() != json::NAME && asked(**format));
    let mut own = others.filter(|format| !is_front(format.name()) && format.fits(line));
    own.find_map(|format| format.decode(line)).filter(|event| event.kind != Kind::Message)
}

/// Who wrote a line, of those who write into one stream, and the line without that and an engine's time.
pub(super) fn behind_front(line: &str) -> (&str, &str) {
    if let Some((_, machine, line)) = of_machine(line) {
        return (machine, line);
    }
    let (writer, line) = named(line).map_or(("", line), |named| (named.name, named.line));
    let engines = |cut: &Cut<'_>| cut.trust != Trust::Nothing;
    let timed = || timed(line).filter(engines).map(|cut| cut.line);
    (writer, cri(line).map(|cut| cut.line).or_else(timed).unwrap_or(line))
}

/// `2026-11-22T10:00:00.123456789Z stdout F line`; `P` marks a piece of a line.
fn cri(line: &str) -> Option<Cut<'_>> {
    let (time, rest) = front(line)?;
    let rest = rest.strip_prefix("stdout ").or_else(|| rest.strip_prefix("stderr "))?;
    let line = rest.strip_prefix("F ").or_else(|| rest.strip_prefix("P "))?;
    Some(Cut { stamp: scan::iso_time(time), line, trust: Trust::Sure })
}

/// `fly logs`: `2026-11-22T10:00:00Z app[148e123a93789] ams [info]line`.
fn fly(line: &str) -> Option<Cut<'_>> {
    let (time, _, line) = of_machine(line)?;
    Some(Cut { stamp: scan::iso_time(time), line, trust: Trust::Sure })
}

/// When a line of `fly logs` was written, by which machine, and the line; older versions put a blank before it.
fn of_machine(line: &str) -> Option<(&str, &str, &str)> {
    let (time, rest) = front(line)?;
    let (machine, rest) = rest.strip_prefix("app[")?.split_once("] ")?;
    let (region, rest) = rest.split_once(" [")?;
    let (level, line) = rest.split_once(']')?;
    let fits = !machine.is_empty()
        && machine.bytes().all(|b| b.is_ascii_alphanumeric())
        && region.len() == 3
        && region.bytes().all(|b| b.is_ascii_lowercase())
        && program_error::short_level(level).is_some();
    fits.then(|| (time, machine, line.strip_prefix(' ').unwrap_or(line)))
}

/// `web-1  | line`; Foreman's `10:00:00 web.1  | line`, PM2's `0|web    | line`.
fn compose(line: &str) -> Option<Cut<'_>> {
    let Named { line, .. } = barred(line)?;
    Some(Cut { stamp: None, line, trust: Trust::Sure })
}

/// A line of a stream that several programs write into, and who of them wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) struct Named<'a> {
    /// All that names the writer, as it stands there.
    pub(in crate::decode) whole: &'a str,
    /// A container, a process or a pod.
    pub(in crate::decode) name: &'a str,
    /// A pod's container.
    pub(in crate::decode) container: Option<&'a str>,
    pub(in crate::decode) by: Namer,
    pub(in crate::decode) line: &'a str,
}

/// Who puts a name in front of lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum Namer {
    /// compose, Foreman, PM2.
    Bar,
    /// `kubectl logs --prefix`.
    Kubectl,
    Stern,
    Kail,
}

/// Takes off the name in front of a line.
pub(in crate::decode) fn named(line: &str) -> Option<Named<'_>> {
    if let Some(text) = line.strip_prefix("[pod/") {
        return behind_pod(text);
    }
    let barred = barred(line).filter(|named| program_error::short_level(named.name).is_none());
    barred.or_else(|| stern(line)).or_else(|| kail(line))
}

/// `web-7d4b9c6f5d-x2x8k nginx line`. Of pods those whose names end as Kubernetes ends them, in five characters without
/// vowels: others are words as any.
fn stern(text: &str) -> Option<Named<'_>> {
    let (name, rest) = text.split_once(' ')?;
    let (container, line) = rest.split_once(' ')?;
    let (front, end) = name.rsplit_once('-')?;
    let of_end = |b: u8| b"bcdfghjklmnpqrstvwxz2456789".contains(&b);
    let is_pod = is_label(front) && end.len() == 5 && end.bytes().all(of_end);
    if !is_pod || !is_label(container) || container.contains('.') {
        return None;
    }
    let whole = &text[..name.len() + 1 + container.len()];
    Some(Named { whole, name, container: Some(container), by: Namer::Stern, line })
}

/// `shop/web-7d4b9c6f5d-x2x8k[nginx]: line`.
fn kail(text: &str) -> Option<Named<'_>> {
    let (whole, line) = text.split_once("]: ")?;
    let (pod, container) = whole.split_once('[')?;
    let (namespace, name) = pod.split_once('/')?;
    let fits = [namespace, name, container].into_iter().all(is_label);
    fits.then_some(Named { whole, name, container: Some(container), by: Namer::Kail, line })
}

/// A name as Kubernetes has them that begins with a letter.
fn is_label(text: &str) -> bool {
    let of_label = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(of_label)
}

fn barred(line: &str) -> Option<Named<'_>> {
    let line = match line.as_bytes() {
        [b'0'..=b'9', b'0'..=b'9', b':', _, _, b':', _, _, b' ', ..] => line.get(9..)?,
        bytes @ [b'0'..=b'9', ..] => {
            let digits = bytes.iter().take(8).take_while(|b| b.is_ascii_digit()).count();
            line[digits..].strip_prefix('|')?
        }
        _ => line,
    };
    let bytes = line.as_bytes();
    let bar = memchr::memchr(b'|', &bytes[..bytes.len().min(FRONT_MAX)])?;
    let name = line[..bar].strip_suffix(' ')?.trim_end_matches(' ');
    let named = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let line = line[bar + 1..].strip_prefix(' ')?;
    let fits = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    (fits && name.bytes().all(named)).then_some(Named {
        whole: name,
        name,
        container: None,
        by: Namer::Bar,
        line,
    })
}

/// `2026-11-22T10:00:00.123456789Z line`, `2026/11/22 10:00:00 line`.
fn timed(line: &str) -> Option<Cut<'_>> {
    let (time, rest) = front(line)?;
    // The container engine's own, Fly's, nginx's level, Go's errors.
    if ["stdout ", "stderr ", "app[", "[", "http"].iter().any(|next| rest.starts_with(next)) {
        return None;
    }
    let trust = if is_engines(time) { Trust::Engine } else { Trust::Nothing };
    Some(Cut { stamp: scan::iso_time(time), line: rest, trust })
}

/// Whether a time is written as container engines write it where they are asked for one, `docker logs -t` and `kubectl
/// logs --timestamps`: nine digits behind the point and a zone.
fn is_engines(time: &str) -> bool {
    let zone = time.get(29..).unwrap_or("");
    let fraction = time.get(19..29).and_then(|text| text.strip_prefix('.'));
    fraction.is_some_and(scan::digits) && zone.starts_with(['Z', '+', '-'])
}

/// `[httpd] line`, `[pod/web-0/nginx] line`, `== APP == line`, `host nginx[12]: line`,
/// `nginx[12]: line`.
fn tagged(line: &str) -> Option<Cut<'_>> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._-/".contains(&b);
    let name = |text: &str| {
        text.bytes().next().is_some_and(|b| b.is_ascii_alphabetic()) && text.bytes().all(plain)
    };
    let cut = |line| Some(Cut { stamp: None, line, trust: Trust::Nothing });
    if let Some(line) = line.strip_prefix("== APP == ") {
        return cut(line);
    }
    if let Some(Named { line, .. }) = line.strip_prefix("[pod/").and_then(behind_pod) {
        return Some(Cut { stamp: None, line, trust: Trust::Sure });
    }
    let window = line.as_bytes().get(..line.len().min(FRONT_MAX))?;
    let end = memchr::memchr(b']', window)?;
    let (front, behind) = (&line[..end], &line[end + 1..]);
    if let Some(tag) = front.strip_prefix('[') {
        // A level, or what Gin begins its own lines with, is no tag.
        let own = name(tag) && tag != "GIN" && program_error::short_level(tag).is_none();
        return behind.strip_prefix(' ').filter(|_| own).and_then(cut);
    }
    let (host, process) = front.split_once(' ').unwrap_or(("", front));
    let (program, pid) = process.split_once('[')?;
    let own = host.bytes().all(plain) && name(program) && scan::digits(pid);
    behind.strip_prefix(": ").filter(|_| own).and_then(cut)
}

/// `web-0/nginx] line`: the names of a pod and its container, which no program writes itself.
fn behind_pod(text: &str) -> Option<Named<'_>> {
    let window = text.as_bytes().get(..text.len().min(POD_MAX))?;
    let end = memchr::memchr(b']', window)?;
    let whole = &text[..end];
    let (pod, container) = whole.split_once('/')?;
    let named = |name: &str| {
        let of_name = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
        !name.is_empty() && name.bytes().all(of_name)
    };
    let line = text[end + 1..].strip_prefix(' ').filter(|_| named(pod) && named(container))?;
    Some(Named { whole, name: pod, container: Some(container), by: Namer::Kubectl, line })
}

/// A time and what follows the one blank behind it.
fn front(line: &str) -> Option<(&str, &str)> {
    let bytes = line.as_bytes();
    if !bytes.first()?.is_ascii_digit() {
        return None;
    }
    let from = match bytes.get(10)? {
        b'T' => 19,
        b' ' if bytes[4] == b'/' => 19,
        _ => return None,
    };
    let window = bytes.get(from..bytes.len().min(FRONT_MAX))?;
    let end = from + memchr::memchr2(b' ', b'\t', window)?;
    scan::iso_time(line.get(..end)?)?;
    Some((&line[..end], &line[end + 1..]))
}

/// `INFO:werkzeug:line`, `2026-11-22 10:00:00,123 - werkzeug - INFO - line`,
/// `2026-11-22 10:00:00,123 INFO werkzeug: line`, from the loggers of servers alone.
fn python(line: &str) -> Option<Cut<'_>> {
    if let Some(rest) = line.strip_prefix("INFO:") {
        let (logger, line) = rest.split_once(':')?;
        return LOGGERS.contains(&logger).then_some(Cut {
            stamp: None,
            line,
            trust: Trust::Nothing,
        });
    }
    let time = line.get(..23).filter(|_| line.as_bytes()[0].is_ascii_digit())?;
    let stamp = Some(scan::iso_time(time)?);
    let rest = line[23..].strip_prefix(' ')?;
    let (logger, line) = match rest.strip_prefix("- ") {
        Some(rest) => rest.split_once(" - INFO - ")?,
        None => {
            let rest = rest.strip_prefix("INFO ").map(scan::trim)?;
            rest.split_once(": ").or_else(|| rest.split_once(' '))?
        }
    };
    LOGGERS.contains(&logger).then_some(Cut { stamp, line, trust: Trust::Nothing })
}

/// Quarkus, and Keycloak on it: `2026-11-22 10:00:00,123 INFO  [io.quarkus.http.access-log] (executor-thread-1) line`; Home
/// Assistant has the thread in front.
fn logged(line: &str) -> Option<Cut<'_>> {
    let (time, rest) = line.split_at_checked(23)?;
    let rest = scan::trim(rest.strip_prefix(" INFO ")?);
    let (logger, line) = match rest.strip_prefix("(MainThread) [") {
        Some(rest) => rest.split_once("] ")?,
        None => {
            let (logger, rest) = rest.strip_prefix('[')?.split_once("] (")?;
            (logger, rest.split_once(") ")?.1)
        }
    };
    let stamp = Some(scan::iso_time(time)?);
    let own = LOGGERS.contains(&logger) || logger == "io.quarkus.http.access-log";
    own.then_some(Cut { stamp, line, trust: Trust::Nothing })
}

/// Micronaut's and Vert.x' access loggers as logback writes them: `10:00:00.123 [thread] INFO  HTTP_ACCESS_LOGGER - line`, the
/// time perhaps with the day.
fn logback(line: &str) -> Option<Cut<'_>> {
    let (time, rest) = line.split_once(" [")?;
    let (level, rest) = scan::word(rest.split_once("] ")?.1);
    let (logger, line) = rest.split_once(" - ")?;
    let stamp = scan::iso_time(time);
    let clocked = time.len() == 12 && time.get(..8).is_some_and(frameworks::is_clock);
    let own = logger == "HTTP_ACCESS_LOGGER" || is_vertx(logger);
    let fits = own && (stamp.is_some() || clocked) && matches!(level, "INFO" | "WARN" | "ERROR");
    fits.then_some(Cut { stamp, line, trust: Trust::Engine })
}

/// Vert.x' logger by its name, of which logback cuts parts to their first letter.
fn is_vertx(logger: &str) -> bool {
    const PARTS: [&str; 7] = ["io", "vertx", "ext", "web", "handler", "impl", "LoggerHandlerImpl"];
    let mut parts = logger.split('.');
    let same = |whole: &&str| {
        parts
            .next()
            .is_some_and(|part| part == *whole || part.len() == 1 && whole.starts_with(part))
    };
    PARTS.iter().all(same) && logger.matches('.').count() + 1 == PARTS.len()
}

/// Hypercorn, whose access log is one of its loggers: `[2026-11-22 10:00:00 +0000] [12] [INFO] line`.
fn hypercorn(line: &str) -> Option<Cut<'_>> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] [")?;
    let (pid, line) = rest.split_once("] [INFO] ")?;
    let stamp = Some(scan::iso_time(time)?);
    scan::digits(pid).then_some(Cut { stamp, line, trust: Trust::Nothing })
}

/// Actix behind Rust's env_logger: `[2026-11-22T10:00:00Z INFO  actix_web::middleware::logger] line`.
fn actix(line: &str) -> Option<Cut<'_>> {
    let (front, line) = line.strip_prefix('[')?.split_once("] ")?;
    let (time, rest) = front.split_once(' ')?;
    let (level, target) = scan::word(rest);
    let own = level == "INFO" && target == "actix_web::middleware::logger";
    let stamp = scan::iso_time(time).filter(|_| own && !time.contains(']'))?;
    Some(Cut { stamp: Some(stamp), line, trust: Trust::Nothing })
}

/// Lograge behind the prefix of Ruby's logger, with Rails' tags or without: `I, [2026-11-22T10:00:00.123456 #12]
/// INFO -- : [5e1f] method=GET path=/a …`, or an object there.
fn ruby(line: &str) -> Option<Cut<'_>> {
    let said = program_error::ruby(line)?;
    let mut line = scan::trim(said.text);
    while let Some((tag, rest)) = line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
        line = tag.bytes().all(plain).then_some(rest)?;
    }
    let own = line.starts_with("method=") || line.starts_with('{');
    own.then_some(Cut { stamp: said.stamp, line, trust: Trust::Nothing })
}

/// Twisted's access lines, which it writes as all others: `2026-11-22T10:00:00+0000 [twisted.python.log#info] line`.
fn twisted(line: &str) -> Option<Cut<'_>> {
    let said = program_error::twisted(line)?;
    Some(Cut { stamp: said.stamp, line: said.text, trust: Trust::Nothing })
}

/// log4js, whose `connectLogger` logs requests as an application its words: `[2026-11-22T10:00:00.123] [INFO] http - line`,
/// with a level by the status where it is asked for.
fn log4js(line: &str) -> Option<Cut<'_>> {
    let (time, rest) = line.strip_prefix('[')?.split_once("] [")?;
    let (level, rest) = rest.split_once("] ")?;
    let (category, line) = rest.split_once(" - ")?;
    let stamp = Some(scan::iso_time(time)?);
    Level::from_name(level).filter(|_| time.contains('T') && !category.contains(' '))?;
    Some(Cut { stamp, line, trust: Trust::Nothing })
}

const LOGGERS: [&str; 6] = [
    "werkzeug",
    "aiohttp.access",
    "gunicorn.access",
    "hypercorn.access",
    "django.server",
    "uvicorn.access",
];

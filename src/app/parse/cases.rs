//! `--cases FILE.jsonl`: labelled cases in, what became of each out.
//!
//! One JSON object a line: `id`, `kind` (access, error, syslog, framing, json), `input` or
//! `input_b64`; for framing `format_hint` (its mode), `max_frame`, `option`, and `chunks` or
//! `chunks_b64`, the same bytes as they arrived; `w3c_fields` is the `#Fields:` line in force;
//! `log_format` is the operator's own template, in the writing of `log_format_kind` (nginx, apache,
//! goaccess), and `time_format` the strftime of a line whose format is else the usual one. Out, in
//! the same order: `id`, `ok`, `kind` and `fields`; for framing `frames`, `frames_b64` and `parsed`;
//! for json `events`.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::row::{Clock, Row};
use super::{Parse, base64};
use crate::app::formats::Reading;
use crate::app::say;
use crate::decode::envelope::{self, Envelope};
use crate::decode::formats::template::{self, Dialect, Fault, Template};
use crate::decode::framing::{Framer, Mode, Step};
use crate::decode::payload::{self, Item};
use crate::decode::text::lossy;

/// A frame limit for cases that name none: the configuration's default.
const MAX_FRAME: usize = 256 << 10;

/// Protocols that wrap lines in JSON of their own: read as plain lines they would only seem to work.
const ENVELOPED: [&str; 4] = ["es_", "loki", "otlp", "splunk_hec_event"];

#[derive(Debug, Deserialize)]
struct Case {
    id: String,
    kind: String,
    #[serde(default)]
    format_hint: String,
    input: Option<String>,
    input_b64: Option<String>,
    max_frame: Option<usize>,
    #[serde(default)]
    option: String,
    #[serde(default)]
    scope: String,
    chunks: Option<Vec<String>>,
    chunks_b64: Option<Vec<String>>,
    /// The `#Fields:` line in force.
    w3c_fields: Option<String>,
    log_format: Option<String>,
    #[serde(default)]
    log_format_kind: String,
    time_format: Option<String>,
    /// goaccess's, with which `time_format` is its time's.
    date_format: Option<String>,
}

impl Case {
    fn bytes(&self) -> Option<Vec<u8>> {
        match (&self.input, &self.input_b64) {
            (Some(text), _) => Some(text.clone().into_bytes()),
            (None, Some(coded)) => base64::decode(coded),
            (None, None) => None,
        }
    }

    /// The bytes as they arrived, one read after the other.
    fn reads(&self) -> Option<Vec<Vec<u8>>> {
        if let Some(chunks) = &self.chunks_b64 {
            return chunks.iter().map(|chunk| base64::decode(chunk)).collect();
        }
        if let Some(chunks) = &self.chunks {
            return Some(chunks.iter().map(|chunk| chunk.clone().into_bytes()).collect());
        }
        Some(vec![self.bytes()?])
    }

    /// The operator's template: the one that the case has, or the usual one with its time.
    fn template(&self) -> Option<Result<Template, Fault>> {
        let options = template::Options {
            date_format: self.date_format.clone(),
            time_format: self.time_format.clone().filter(|_| self.date_format.is_some()),
        };
        if let Some(text) = &self.log_format {
            let dialect = match self.log_format_kind.as_str() {
                "nginx" => Some(Dialect::Nginx),
                "apache" => Some(Dialect::Apache),
                "goaccess" => Some(Dialect::GoAccess),
                _ => None,
            };
            return Some(template::compile("template", dialect, text, &options));
        }
        let time = self.time_format.as_deref().filter(|_| self.kind == "access")?;
        let text = format!("%h %l %u [%{{{time}}}t] \"%r\" %>s %b");
        Some(template::compile("template", Some(Dialect::Apache), &text, &options))
    }

    fn mode(&self) -> Mode {
        let hint = self.format_hint.as_str();
        let has = |word: &str| hint.contains(word);
        if let Ok(mode) = hint.parse() {
            mode
        } else if has("auto") {
            Mode::Auto
        } else if has("octet_counting") {
            Mode::Octet
        } else if has("multiline") {
            Mode::Multiline
        } else if has("nul") {
            Mode::Nul
        } else {
            Mode::Lf
        }
    }
}

#[derive(Debug, Default, Serialize)]
struct Outcome<'a> {
    id: &'a str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fields: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames_b64: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parsed: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl Parse {
    pub(super) fn cases(&mut self, path: &Path) -> io::Result<()> {
        let name = path.display().to_string();
        let lines: Box<dyn BufRead> = if path.as_os_str() == "-" {
            Box::new(io::stdin().lock())
        } else {
            match File::open(path) {
                Ok(file) => Box::new(BufReader::new(file)),
                Err(error) => {
                    self.unreadable(&name, &error);
                    return Ok(());
                }
            }
        };
        for (number, line) in lines.lines().enumerate() {
            let line = match line {
                Ok(line) => line,
                Err(error) => {
                    self.unreadable(&name, &error);
                    break;
                }
            };
            if line.trim().is_empty() {
                continue;
            }
            match serde_json::from_str::<Case>(&line) {
                Ok(case) => self.case(&case)?,
                Err(error) => {
                    say(&format!("error: {name}:{}: no case: {error}", number + 1));
                    self.failed = true;
                }
            }
        }
        Ok(())
    }

    fn case(&mut self, case: &Case) -> io::Result<()> {
        let mut outcome = match case.kind.as_str() {
            "framing" => framing(case, &self.clock),
            "json" => json(case, self.reading, &self.clock),
            _ => record(case, self.reading, &self.clock),
        };
        outcome.id = &case.id;
        if outcome.fields.is_none() && outcome.frames.is_none() && outcome.events.is_none() {
            outcome.error.get_or_insert_with(|| "the case has no input".into());
        }
        self.out.line(&outcome)
    }
}

fn to_value(row: &Row<'_>) -> Value {
    // A row holds only what JSON can: its numbers come from integers.
    serde_json::to_value(row).unwrap_or_default()
}

/// One line of a log. `ok` is whether it is of the kind that the case says.
fn record<'c>(case: &'c Case, reading: Reading, clock: &Clock) -> Outcome<'c> {
    let Some(bytes) = case.bytes() else {
        return Outcome::default();
    };
    let mut text = lossy(&bytes);
    let time_only = case.scope == "timestamp_only";
    if time_only {
        // The time of an access line alone: the shortest line that has it.
        let time = text.trim_start_matches('[').trim_end_matches(']');
        text = format!("- - - [{time}] \"-\" - -").into();
    }
    if let Some(template) = case.template() {
        return own(case, template, &text, clock);
    }
    let envelope = envelope::parse(&text);
    if case.kind == "syslog" {
        // Any line is a syslog message: without a header, all of it is what was said.
        let fields = to_value(&Row::of_envelope(&envelope, &text, clock));
        let kind = Some("syslog");
        return Outcome { ok: true, kind, fields: Some(fields), ..Outcome::default() };
    }
    let mut recogniser = reading.recogniser();
    if let Some(header) = &case.w3c_fields {
        recogniser.decode(header);
    }
    let event = reading.decode(&mut recogniser, envelope.message);
    if reading.format.is_some() && event.format.is_empty() {
        let error = Some("this is no line of that format".to_owned());
        return Outcome { fields: Some(Value::Object(Map::new())), error, ..Outcome::default() };
    }
    let row = Row::of_event(&envelope, &event, &text, clock);
    let kind = event.kind.name();
    Outcome {
        // A time alone is read where it is one.
        ok: kind == case.kind && (!time_only || event.stamp.is_some()),
        kind: Some(kind),
        fields: Some(to_value(&row)),
        ..Outcome::default()
    }
}

/// A line of the operator's own format, as it stands or behind its syslog header.
fn own<'c>(
    case: &'c Case,
    template: Result<Template, Fault>,
    text: &str,
    clock: &Clock,
) -> Outcome<'c> {
    let refused = |error: String| Outcome {
        fields: Some(Value::Object(Map::new())),
        error: Some(error),
        ..Outcome::default()
    };
    let template = match template {
        Ok(template) => template,
        Err(fault) => return refused(format!("log_format, byte {}: {fault}", fault.offset)),
    };
    let bare = Envelope { message: text, ..Envelope::default() };
    let behind = envelope::parse(text);
    let read = match template.explain(bare.message) {
        Ok(event) => Ok((&bare, event)),
        Err(mismatch) => {
            template.explain(behind.message).map(|event| (&behind, event)).map_err(|_| mismatch)
        }
    };
    match read {
        Ok((envelope, event)) => {
            let kind = event.kind.name();
            let fields = to_value(&Row::of_event(envelope, &event, text, clock));
            let ok = kind == case.kind;
            Outcome { ok, kind: Some(kind), fields: Some(fields), ..Outcome::default() }
        }
        Err(mismatch) => refused(format!("byte {}: {mismatch}", mismatch.offset)),
    }
}

/// A stream, read as it arrived. `ok` is whether nothing of it was refused.
fn framing<'c>(case: &Case, clock: &Clock) -> Outcome<'c> {
    let Some(reads) = case.reads() else {
        return Outcome::default();
    };
    let mut framer = Framer::new(case.mode(), case.max_frame.unwrap_or(MAX_FRAME));
    if case.option.contains("trim") {
        framer = framer.trim_oversize();
    }
    let mut frames: Vec<Vec<u8>> = Vec::new();
    let mut ok = true;
    let mut buffer: Vec<u8> = Vec::new();
    for (i, read) in reads.iter().enumerate() {
        buffer.extend_from_slice(read);
        let eof = i + 1 == reads.len();
        let mut done = 0;
        loop {
            match framer.next(&buffer[done..], eof) {
                Step::Incomplete => break,
                Step::Skip { consumed } => done += consumed,
                Step::Rejected { consumed, .. } => {
                    done += consumed;
                    ok = false;
                }
                Step::Frame { bytes, consumed } => {
                    done += consumed;
                    frames.push(bytes.to_vec());
                }
            }
        }
        buffer.drain(..done);
    }
    let parsed = frames
        .iter()
        .map(|frame| {
            let text = lossy(frame);
            let envelope = envelope::parse(&text);
            to_value(&Row::of_envelope(&envelope, &text, clock))
        })
        .collect();
    Outcome {
        ok,
        frames: Some(frames.iter().map(|frame| lossy(frame).into_owned()).collect()),
        frames_b64: Some(frames.iter().map(|frame| base64::encode(frame)).collect()),
        parsed: Some(parsed),
        ..Outcome::default()
    }
}

/// A body as it is posted: each item an event. `ok` is whether there is one and none was refused.
fn json<'c>(case: &Case, reading: Reading, clock: &Clock) -> Outcome<'c> {
    let Some(bytes) = case.bytes() else {
        return Outcome::default();
    };
    if ENVELOPED.iter().any(|protocol| case.format_hint.starts_with(protocol)) {
        let error = Some("this protocol is not spoken".to_owned());
        return Outcome { events: Some(Vec::new()), error, ..Outcome::default() };
    }
    let mut recogniser = reading.recogniser();
    let mut refused = false;
    let mut events = Vec::new();
    for item in payload::split(&bytes, &payload::Limits::of_line(MAX_FRAME)) {
        match item {
            Item::Bad { .. } => refused = true,
            Item::Line { bytes, .. } => {
                let text = lossy(&bytes);
                // One JSON object a line is what the case is about; other lines are none of it.
                if case.format_hint == "jsonline" && !text.trim_start().starts_with('{') {
                    continue;
                }
                let envelope = envelope::parse(&text);
                let event = recogniser.decode(envelope.message);
                events.push(to_value(&Row::of_event(&envelope, &event, &text, clock)));
            }
        }
    }
    let ok = !refused && !events.is_empty();
    Outcome { ok, fields: events.first().cloned(), events: Some(events), ..Outcome::default() }
}

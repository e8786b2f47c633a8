//! What is kept of a source's lines as evidence: the first of each format and the fields that it
//! gives, changes of format, and samples of what fits none with the template proposed for them.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::aggregate::wire::{FormatChange, FormatEvidence, Lack, NamedValue, ProposalInfo};
use crate::decode::formats::propose::{self, Said, shape};
use crate::vocab::event::{Event, Kind};
use crate::vocab::time::Millis;

/// Samples kept of lines that fit no format.
pub const MAX_SAMPLES: usize = 20;
/// A sample is cut here, in bytes: few lines of an access log are longer.
pub const MAX_SAMPLE_BYTES: usize = 1024;
/// Bytes behind a sample that are looked at for what is secret in its last.
const LOOK_AHEAD_BYTES: usize = 512;
/// Bytes of all samples of a source, so that 4,096 sources that a stranger makes up hold no more
/// than 40 MiB of them.
const SAMPLES_BYTES: usize = 10 << 10;
/// Samples of one shape that are taken as they come; more of them one by one, so that they tell of
/// more than one moment.
const AT_ONCE: usize = 5;
const LATER_MS: i64 = 10_000;
/// Between two samples once there are enough: a flood of garbage costs no more than this.
const FLOOD_MS: i64 = 1_000;
/// Between two proposals of one source, just below the page's ten seconds between two questions.
const PROPOSE_MS: i64 = 9_000;
/// Formats of a source that evidence is kept of; what it speaks beyond them is counted only.
const MAX_FORMATS: usize = 8;
/// Changes of format kept.
const MAX_CHANGES: usize = 8;
/// What is kept of a line of a known format, bytes.
const LINE_BYTES: usize = 512;
/// Lines of a format that are looked at for their fields; then the first of every 16th run, as in a
/// mixed source every line begins one.
const LOOKED_AT: u32 = 256;
const SELDOM: u32 = 16;
/// Lines after which a field that no line had is said to be missing.
const LACKS_AFTER: u32 = 20;

/// Part of a source's state, under its lock.
#[derive(Debug, Default)]
pub struct Evidence {
    formats: Vec<OfFormat>,
    changes: VecDeque<Change>,
    samples: VecDeque<Sample>,
    sampled: Millis,
    /// Grows with every new sample.
    version: u64,
    proposals: Option<Proposals>,
}

/// [`Evidence`] as it is kept over a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct KeptEvidence {
    formats: Vec<KeptFormat>,
    changes: Vec<FormatChange>,
    /// Line, time, and whether it is whole.
    samples: Vec<(String, i64, bool)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct KeptFormat {
    format: String,
    kind: u8,
    since: i64,
    line: String,
    fields: u32,
    looked_at: u32,
}

impl KeptEvidence {
    /// Each line becomes what `replace` gives for it, where it gives something; tells whether it did.
    pub fn replace(&mut self, replace: &impl Fn(&str) -> Option<String>) -> bool {
        let of_formats = self.formats.iter_mut().map(|of| &mut of.line);
        let of_changes = self.changes.iter_mut().flat_map(|c| [&mut c.before, &mut c.after]);
        let lines = of_formats.chain(of_changes).chain(self.samples.iter_mut().map(|s| &mut s.0));
        let mut changed = false;
        for line in lines {
            if let Some(new) = replace(line) {
                *line = new;
                changed = true;
            }
        }
        changed
    }
}

#[derive(Debug)]
struct Proposals {
    version: u64,
    made: Millis,
    known: Arc<[ProposalInfo]>,
}

#[derive(Debug)]
struct OfFormat {
    format: &'static str,
    kind: Kind,
    since: Millis,
    line: Box<str>,
    fields: Fields,
    looked_at: u32,
}

#[derive(Debug)]
struct Change {
    at: Millis,
    old: &'static str,
    new: &'static str,
    before: Box<str>,
    after: Box<str>,
}

#[derive(Debug)]
struct Sample {
    line: Box<str>,
    shape: u64,
    at: Millis,
    /// A line that was cut tells no template.
    whole: bool,
}

impl Evidence {
    /// Looks at a line that was understood; tells whether the next one of its format is worth a look.
    /// `line` gives its text with nothing in it that may not be kept.
    pub fn understood(
        &mut self,
        event: &Event<'_>,
        at: Millis,
        line: impl FnOnce() -> String,
    ) -> bool {
        if let Some(known) = self.formats.iter_mut().find(|known| known.format == event.format) {
            known.looked_at = known.looked_at.saturating_add(1);
            if known.looked_at <= LOOKED_AT || known.looked_at.is_multiple_of(SELDOM) {
                known.fields.add(event);
            }
            return known.looked_at < LOOKED_AT;
        }
        let new = self.formats.len() < MAX_FORMATS;
        if new {
            let mut fields = Fields::default();
            fields.add(event);
            self.formats.push(OfFormat {
                format: event.format,
                kind: event.kind,
                since: at,
                line: clip(&line(), LINE_BYTES).into(),
                fields,
                looked_at: 1,
            });
        }
        new
    }

    /// Whether of a run of lines no more than the first one is looked at.
    #[must_use]
    pub fn knows_well(&self, format: &str) -> bool {
        let mut known = self.formats.iter().filter(|known| known.format == format);
        known.any(|known| known.looked_at >= LOOKED_AT)
    }

    /// Takes a run of lines of a well-known format into account without its first line, as [`Evidence::understood`]
    /// would with it; `false`, and nothing, where that would look at the line.
    pub fn passes(&mut self, format: &str) -> bool {
        let known = self.formats.iter_mut().find(|known| known.format == format);
        let Some(known) = known else { return false };
        let next = known.looked_at.saturating_add(1);
        let passes = next > LOOKED_AT && !next.is_multiple_of(SELDOM);
        if passes {
            known.looked_at = next;
        }
        passes
    }

    /// Keeps a line that fits no format, if it adds something. `kept` gives what may be kept of it.
    pub fn sample(&mut self, line: &str, at: Millis, kept: impl FnOnce(&str) -> String) {
        if self.is_full(at) {
            return;
        }
        let shape = shape(line);
        if self.has_many(shape, at) {
            return;
        }
        // A secret that is cut in its middle is not known for one.
        let cut = clip(line, MAX_SAMPLE_BYTES + LOOK_AHEAD_BYTES);
        let text = kept(cut);
        let whole = cut.len() == line.len() && text.len() < MAX_SAMPLE_BYTES;
        let line: Box<str> = clip(&text, MAX_SAMPLE_BYTES).into();
        self.put(Sample { line, shape, at, whole });
    }

    /// There is no room for one more so soon after the last.
    fn is_full(&self, at: Millis) -> bool {
        let full = self.samples.len() >= MAX_SAMPLES
            || self.sample_bytes() + MAX_SAMPLE_BYTES > SAMPLES_BYTES;
        full && at.0 - self.sampled.0 < FLOOD_MS
    }

    /// There are enough of this shape for the time being.
    fn has_many(&self, shape: u64, at: Millis) -> bool {
        let alike = self.samples.iter().filter(|known| known.shape == shape);
        alike.clone().count() >= AT_ONCE
            && alike.map(|known| known.at.0).max().is_some_and(|last| at.0 - last < LATER_MS)
    }

    fn put(&mut self, sample: Sample) {
        self.sampled = sample.at;
        self.samples.push_back(sample);
        self.version += 1;
        while self.samples.len() > MAX_SAMPLES || self.sample_bytes() > SAMPLES_BYTES {
            self.drop_one();
        }
    }

    fn sample_bytes(&self) -> usize {
        self.samples.iter().map(|sample| sample.line.len()).sum()
    }

    /// Goes on from the samples of what stood behind all lines.
    pub fn follow(&mut self, later: Evidence) {
        for sample in later.samples {
            if !self.is_full(sample.at) && !self.has_many(sample.shape, sample.at) {
                self.put(sample);
            }
        }
    }

    /// The oldest sample of the shape that has the most.
    fn drop_one(&mut self) {
        let count = |shape: u64| self.samples.iter().filter(|s| s.shape == shape).count();
        let oldest_of_most = (0..self.samples.len())
            .max_by_key(|&at| (count(self.samples[at].shape), std::cmp::Reverse(at)));
        if let Some(at) = oldest_of_most {
            self.samples.remove(at);
        }
    }

    /// Notes that the source gave up a format for another; `line` is of the new one.
    pub fn changed(&mut self, old: &'static str, new: &'static str, at: Millis, line: &str) {
        let first = |format: &str| self.formats.iter().find(|known| known.format == format);
        let before = first(old).map_or("", |known| &known.line).into();
        // The first line of a format that was new to the source.
        let seen_before = self.changes.iter().any(|change| change.old == new);
        let after = match first(new).filter(|_| !seen_before) {
            Some(known) => known.line.clone(),
            None => clip(line, LINE_BYTES).into(),
        };
        if self.changes.len() == MAX_CHANGES {
            self.changes.pop_front();
        }
        self.changes.push_back(Change { at, old, new, before, after });
    }

    /// What is kept over a restart; proposals are made anew.
    #[must_use]
    pub fn kept(&self) -> KeptEvidence {
        let format = |of: &OfFormat| KeptFormat {
            format: of.format.to_owned(),
            kind: of.kind as u8,
            since: of.since.0,
            line: of.line.to_string(),
            fields: of.fields.0,
            looked_at: of.looked_at,
        };
        KeptEvidence {
            formats: self.formats.iter().map(format).collect(),
            changes: self.changes(usize::MAX),
            samples: self
                .samples
                .iter()
                .map(|sample| (sample.line.to_string(), sample.at.0, sample.whole))
                .collect(),
        }
    }

    /// Goes on with what was kept, as far as its formats are `known` under these names.
    pub fn restore(&mut self, kept: KeptEvidence, known: &impl Fn(&str) -> Option<&'static str>) {
        let format = |of: KeptFormat| {
            Some(OfFormat {
                format: known(&of.format)?,
                kind: *Kind::ALL.get(usize::from(of.kind))?,
                since: Millis(of.since),
                line: clip(&of.line, LINE_BYTES).into(),
                fields: Fields(of.fields),
                looked_at: of.looked_at,
            })
        };
        self.formats = kept.formats.into_iter().filter_map(format).take(MAX_FORMATS).collect();
        let change = |change: FormatChange| {
            Some(Change {
                at: Millis(change.at_ms),
                old: known(&change.old)?,
                new: known(&change.new)?,
                before: clip(&change.before, LINE_BYTES).into(),
                after: clip(&change.after, LINE_BYTES).into(),
            })
        };
        self.changes = kept.changes.into_iter().filter_map(change).take(MAX_CHANGES).collect();
        for (line, at, whole) in kept.samples.into_iter().take(MAX_SAMPLES) {
            let line: Box<str> = clip(&line, MAX_SAMPLE_BYTES).into();
            self.samples.push_back(Sample { shape: shape(&line), line, at: Millis(at), whole });
            self.version += 1;
        }
        while self.samples.iter().map(|sample| sample.line.len()).sum::<usize>() > SAMPLES_BYTES {
            self.drop_one();
        }
    }

    /// Each format with its first line and fields, in the order of their appearance.
    #[must_use]
    pub fn formats(&self, lines: impl Fn(&str) -> u64) -> Vec<FormatEvidence> {
        let wire = |of: &OfFormat| FormatEvidence {
            format: of.format.to_owned(),
            kind: of.kind.name().to_owned(),
            lines: lines(of.format),
            since_ms: of.since.0,
            first_line: of.line.to_string(),
            fields: of.fields.names().map(str::to_owned).collect(),
            lacks: if of.kind == Kind::Access && of.looked_at >= LACKS_AFTER {
                of.fields.lacks()
            } else {
                Vec::new()
            },
        };
        self.formats.iter().map(wire).collect()
    }

    /// The last changes, newest last, at most `max`.
    #[must_use]
    pub fn changes(&self, max: usize) -> Vec<FormatChange> {
        let left_out = self.changes.len().saturating_sub(max);
        let wire = |change: &Change| FormatChange {
            at_ms: change.at.0,
            old: change.old.to_owned(),
            new: change.new.to_owned(),
            before: change.before.to_string(),
            after: change.after.to_string(),
        };
        self.changes.iter().skip(left_out).map(wire).collect()
    }

    /// When the format changed last, from which and to which.
    #[must_use]
    pub fn newest_names(&self) -> Option<(Millis, &'static str, &'static str)> {
        self.changes.back().map(|change| (change.at, change.old, change.new))
    }

    /// The newest change without its lines.
    #[must_use]
    pub fn newest_change(&self) -> Option<FormatChange> {
        let newest = self.changes(1).pop()?;
        Some(FormatChange { before: String::new(), after: String::new(), ..newest })
    }

    /// Lines that fit no format, newest last.
    #[must_use]
    pub fn samples(&self) -> Vec<String> {
        self.samples.iter().map(|sample| sample.line.to_string()).collect()
    }

    /// The samples, each with whether it was kept whole.
    pub fn samples_with_whole(&self) -> impl Iterator<Item = (&str, bool)> {
        self.samples.iter().map(|sample| (&*sample.line, sample.whole))
    }

    /// What is to be proposed anew: the samples of a version. `None` where it is known already, or
    /// was made a moment ago.
    #[must_use]
    pub fn to_propose(&self, now: Millis) -> Option<(u64, Vec<Box<str>>)> {
        let known = self
            .proposals
            .as_ref()
            .is_some_and(|last| last.version == self.version || now.0 - last.made.0 < PROPOSE_MS);
        let whole = self.samples.iter().filter(|sample| sample.whole);
        (!known && !self.samples.is_empty())
            .then(|| (self.version, whole.map(|sample| sample.line.clone()).collect()))
    }

    /// Takes what [`proposals`] made of the samples of that version.
    pub fn proposed(&mut self, version: u64, now: Millis, known: Arc<[ProposalInfo]>) {
        self.proposals = Some(Proposals { version, made: now, known });
    }

    #[must_use]
    pub fn proposals(&self) -> Vec<ProposalInfo> {
        self.proposals.as_ref().map_or_else(Vec::new, |last| last.known.to_vec())
    }
}

/// What is said of samples of lines that fit no format; `name` is the format's in the configuration.
#[must_use]
pub fn proposals(name: &str, samples: &[Box<str>]) -> Arc<[ProposalInfo]> {
    let texts: Vec<&str> = samples.iter().map(|sample| &**sample).collect();
    let groups = propose::propose(&texts);
    let wire = |group: propose::Group| {
        let first = group.lines.first().map_or("", |&line| texts[line]).to_owned();
        let mut info = ProposalInfo {
            said: group.said.name().to_owned(),
            samples: group.lines.len() as u64,
            first_sample: first,
            ..ProposalInfo::default()
        };
        if let Said::Template(proposal) = group.said {
            info.config = Some(proposal.toml(name));
            info.template = Some(proposal.template);
            info.reads = proposal.reads as u64;
            let named = |(name, value)| NamedValue { name, value };
            info.columns = proposal.columns.into_iter().map(named).collect();
        }
        info
    };
    groups.into_iter().map(wire).collect()
}

/// A name for a format of that sender: letters, digits and `_`.
#[must_use]
pub fn format_name(sender: &str) -> String {
    let name: String = sender
        .chars()
        .take(32)
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' })
        .collect();
    match name.trim_matches('_') {
        "" => "own".to_owned(),
        // A house format's name would shadow it.
        known if crate::decode::formats::names().any(|house| house == known) => {
            format!("{known}_own")
        }
        name => name.to_owned(),
    }
}

/// Which event fields lines have had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields(u32);

type Has = fn(&Event<'_>) -> bool;

/// The event fields, by their names in `parse`, and whether an event has them.
const FIELDS: [(&str, Has); 24] = [
    ("time", |e| e.stamp.is_some()),
    ("remote_ip", |e| e.remote_ip.is_some()),
    ("remote_port", |e| e.remote_port.is_some()),
    ("user", |e| e.user.is_some()),
    ("method", |e| e.method.is_some()),
    ("path", |e| e.path.is_some()),
    ("query", |e| e.query.is_some()),
    ("protocol", |e| e.protocol.is_some()),
    ("status", |e| e.status.is_some()),
    ("bytes", |e| e.bytes.is_some()),
    ("bytes_in", |e| e.bytes_in.is_some()),
    ("referrer", |e| e.referrer.is_some()),
    ("user_agent", |e| e.user_agent.is_some()),
    ("request_time_s", |e| e.request_time_us.is_some()),
    ("upstream_time_s", |e| e.upstream_time_us.is_some()),
    ("upstream", |e| e.upstream.is_some()),
    ("host", |e| e.host.is_some()),
    ("scheme", |e| e.scheme.is_some()),
    ("tls_version", |e| e.tls_version.is_some()),
    ("tls_cipher", |e| e.tls_cipher.is_some()),
    ("cache_status", |e| e.cache_status.is_some()),
    ("level", |e| e.level.is_some()),
    ("message", |e| e.message.is_some()),
    ("pid", |e| e.pid.is_some()),
];

/// The fields without which a panel stays empty, and the words that would log them.
const LACKS: [(&str, &str, &str, &str); 5] = [
    ("request_time_s", "latency", "$request_time", "%D"),
    ("host", "sites", "$host", "%v"),
    ("user_agent", "agents", "$http_user_agent", "%{User-Agent}i"),
    ("remote_ip", "clients", "$remote_addr", "%h"),
    ("bytes", "bytes", "$body_bytes_sent", "%b"),
];

impl Fields {
    pub fn add(&mut self, event: &Event<'_>) {
        for (bit, (_, has)) in FIELDS.iter().enumerate() {
            self.0 |= u32::from(has(event)) << bit;
        }
    }

    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let has = move |bit: &usize| self.0 >> bit & 1 == 1;
        (0..FIELDS.len()).filter(has).map(|bit| FIELDS[bit].0)
    }

    /// The panels that stay empty, and what would fill them.
    #[must_use]
    pub fn lacks(self) -> Vec<Lack> {
        let missing = LACKS.iter().filter(|(field, ..)| !self.names().any(|name| name == *field));
        let wire = |&(field, panel, nginx, apache): &(&str, &str, &str, &str)| Lack {
            field: field.to_owned(),
            panel: panel.to_owned(),
            nginx: nginx.to_owned(),
            apache: apache.to_owned(),
        };
        missing.map(wire).collect()
    }
}

fn clip(s: &str, max: usize) -> &str {
    &s[..s.floor_char_boundary(max)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(evidence: &mut Evidence, line: &str, at: i64) {
        evidence.sample(line, Millis(at), str::to_owned);
    }

    #[test]
    fn samples_are_of_different_shapes_and_times_and_not_the_first_equal_ones() {
        let mut evidence = Evidence::default();
        for n in 0..1000 {
            send(&mut evidence, &format!("worker {n} started"), n);
        }
        assert_eq!(evidence.samples().len(), AT_ONCE);
        send(&mut evidence, r#"192.0.2.7 "GET /" 200"#, 1000);
        assert_eq!(evidence.samples().len(), AT_ONCE + 1, "another shape is taken at once");
        for minute in 1..40 {
            send(&mut evidence, &format!("worker {minute} started"), minute * 60_000);
        }
        let samples = evidence.samples();
        assert_eq!(samples.len(), MAX_SAMPLES);
        assert!(samples.iter().any(|s| s.starts_with("192.0.2.7")), "the rare one stays");
        assert_eq!(samples.last().map(String::as_str), Some("worker 39 started"));
    }

    #[test]
    fn a_flood_of_shapes_neither_grows_nor_costs_more_than_a_sample_a_second() {
        let mut evidence = Evidence::default();
        for n in 0..100_000_i64 {
            let line = format!("{}{}", "k=v ".repeat((n % 40) as usize), "x".repeat(3000));
            send(&mut evidence, &line, n / 10);
            assert!(evidence.samples.iter().map(|s| s.line.len()).sum::<usize>() <= SAMPLES_BYTES);
        }
        assert!(evidence.version < 40, "{} samples in ten seconds", evidence.version);
        assert!(evidence.samples.len() <= MAX_SAMPLES);
        // A line that was cut says nothing about a template.
        assert_eq!(evidence.to_propose(Millis(0)).map(|(_, samples)| samples.len()), Some(0));
    }

    #[test]
    fn the_formats_and_changes_that_are_kept_are_few() {
        let mut evidence = Evidence::default();
        let names: Vec<&'static str> = crate::decode::formats::names().collect();
        for (n, &format) in names.iter().enumerate() {
            let event = Event { format, kind: Kind::Access, status: Some(200), ..Event::default() };
            let _ = evidence.understood(&event, Millis(n as i64), || "x".repeat(5000));
            evidence.understood(&event, Millis(n as i64), || "x".repeat(5000));
            evidence.changed(names[0], format, Millis(n as i64), &"é".repeat(5000));
        }
        let formats = evidence.formats(|_| 7);
        assert_eq!(formats.len(), MAX_FORMATS);
        assert_eq!((formats[0].first_line.len(), formats[0].lines), (LINE_BYTES, 7));
        assert_eq!(formats[0].fields, ["status"]);
        assert_eq!(formats[0].lacks.len(), 0, "too early to say");
        assert_eq!(evidence.changes(100).len(), MAX_CHANGES);
        assert_eq!(evidence.changes(1)[0].new, *names.last().expect("formats"));
    }

    #[test]
    fn a_panel_stays_empty_only_where_no_line_had_its_field() {
        let mut evidence = Evidence::default();
        let event = |request_time_us| Event {
            format: "combined",
            kind: Kind::Access,
            remote_ip: Some("192.0.2.7".into()),
            host: Some("example.org".into()),
            user_agent: Some("curl".into()),
            bytes: Some(5),
            request_time_us,
            ..Event::default()
        };
        for _ in 0..30 {
            evidence.understood(&event(None), Millis(0), String::new);
        }
        let lacks = evidence.formats(|_| 30).remove(0).lacks;
        let said: Vec<_> = lacks.iter().map(|l| (l.panel.as_str(), l.nginx.as_str())).collect();
        assert_eq!(said, [("latency", "$request_time")]);
        evidence.understood(&event(Some(5)), Millis(0), String::new);
        assert_eq!(evidence.formats(|_| 31).remove(0).lacks.len(), 0);
    }
}

//! Error messages by their template: one that was never seen before, and a known one that surges.

use serde::{Deserialize, Serialize};

use super::count::Count;
use super::episode::{About, Episode, Look, Out, Rows, Sums};
use super::keyed::Keyed;
use super::rate::{self, Rate};
use super::{Input, Unit};
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::event::Level;
use crate::vocab::time::Second;

/// Templates that are followed, 600 bytes each.
const TEMPLATES: usize = 2048;
/// Seconds in which everything is new and nothing is told.
const WARM_UP_S: i64 = 600;
/// New templates that are news within about an hour; more of them, and the log is simply various.
const NOVEL: f64 = 4.0;
const NOVEL_HALF_LIFE_S: f64 = 3600.0;
/// Nats.
const THRESHOLD: f64 = 14.0;
/// A template's rate to begin with: once an hour, which counts as the fifth of an event.
const FIRST: (f64, f64) = (0.2, 720.0);
/// Seconds that a template must have been known before more of it is a surge.
const WARM_S: f64 = 1200.0;
/// Lines that make a surge at least.
const LEAST: f64 = 8.0;

/// See the module.
#[derive(Debug)]
pub(super) struct Texts {
    templates: Keyed<Template>,
    first: Option<Second>,
    /// How many new ones there were lately, as of a second.
    novel: (f64, Second),
}

impl Default for Texts {
    fn default() -> Self {
        let templates = Keyed::new(TEMPLATES);
        Texts { templates, first: None, novel: (0.0, Second(0)) }
    }
}

#[derive(Debug)]
struct Template {
    text: String,
    count: Count,
    new: Episode,
    /// Lines since it was new, while that is told.
    lines: f64,
    since: Second,
    at: Second,
    now: f64,
    /// It says that something is wrong: more of what is told of usual work is no surge of errors.
    complains: bool,
}

/// What is known, and outlives the process.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    first: Option<i64>,
    templates: Vec<(String, f64, i64, rate::Known)>,
}

impl Template {
    fn new(rate: Rate, at: Second) -> Template {
        Template {
            text: String::new(),
            count: Count::new(rate),
            new: Episode::default(),
            lines: 0.0,
            since: at,
            at,
            now: 0.0,
            complains: true,
        }
    }

    fn is_open(&self) -> bool {
        self.new.is_open() || self.count.is_open()
    }
}

impl Texts {
    pub(super) fn tick(&mut self, input: &Input<'_>, out: &mut Out<'_>) {
        let second = input.second;
        let first = *self.first.get_or_insert(second);
        let warm = second.0 - first.0 >= WARM_UP_S;
        let mut places: Vec<(usize, bool, u8)> = Vec::new();
        for template in input.templates {
            let name = template.id.to_string();
            let known = self.templates.find(&name).is_some();
            let make = || Template::new(Rate::new(FIRST.0, FIRST.1, 1.0), second);
            let weight = template.lines as f64;
            let id = (template.id, &*name);
            let Some(place) = self.templates.touch(id, second, weight, make, Template::is_open)
            else {
                continue;
            };
            let entry = &mut self.templates.get_mut(place).value;
            entry.now = weight;
            entry.complains = Level::from_name(template.level).is_none_or(Level::is_complaint);
            if entry.text != template.text {
                template.text.clone_into(&mut entry.text);
            }
            let is_news = template.is_new && !known && warm && self.is_news(second, template.level);
            places.push((place, is_news, severity(template.level)));
        }
        for place in 0..self.templates.entries().len() {
            let is_open = self.templates.entries()[place].value.is_open();
            if is_open && !places.iter().any(|(known, ..)| *known == place) {
                places.push((place, false, 1));
            }
        }
        for (place, is_news, severity) in places {
            self.templates.get_mut(place).value.step(second, is_news, severity, warm, out);
        }
    }

    /// Whether a new template of this level is told: always where the server says that it is serious,
    /// never where it says that it is none, and else while new ones are rare.
    fn is_news(&mut self, second: Second, level: &str) -> bool {
        let fade = (-((second.0 - self.novel.1.0).max(0) as f64) / NOVEL_HALF_LIFE_S).exp2();
        self.novel = (self.novel.0 * fade + 1.0, second);
        match Level::from_name(level) {
            Some(Level::Emerg | Level::Alert | Level::Crit) => true,
            Some(Level::Notice | Level::Info | Level::Debug | Level::Trace) => false,
            _ => self.novel.0 <= NOVEL,
        }
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        for entry in self.templates.entries_mut() {
            entry.value.new.end(second, out);
            entry.value.count.end(second, out);
        }
    }

    pub(super) fn learnt(&self) -> Known {
        Known {
            first: self.first.map(|first| first.0),
            templates: self.templates.saved(|template| Some(template.count.known())),
        }
    }

    pub(super) fn restore(&mut self, known: Known) {
        self.first = known.first.map(Second);
        let make = |rate| Template::new(Rate::of(rate), Second(0));
        self.templates.restore(known.templates, make);
    }
}

impl Template {
    fn step(&mut self, second: Second, is_news: bool, severity: u8, warm: bool, out: &mut Out<'_>) {
        let now = std::mem::take(&mut self.now);
        let about = About {
            kind: AnomalyKind::NewError,
            unit: Unit::Count,
            site: None,
            key: Some(&self.text),
            rows: Rows::None,
        };
        self.new.resume(second, &about, out);
        if is_news || self.new.is_open() {
            if is_news {
                (self.lines, self.since) = (0.0, second);
            }
            self.lines += now;
            let look = Look {
                score: if now > 0.0 { 1.0 } else { 0.0 },
                threshold: 1.0,
                since: self.since,
                sums: Sums { observed: self.lines, expected: 0.0, weight: 1.0, ..Sums::default() },
                tick: Sums { observed: now, expected: 0.0, weight: 0.0, ..Sums::default() },
                spread: 0.0,
                phi: 0.0,
                severity,
                knows: true,
                held: false,
            };
            self.new.step(second, &look, &about, out);
        }
        let exposure = (second.0 - self.at.0).clamp(1, 86_400) as f64;
        self.at = second;
        let is_known = self.count.rate().exposure() >= FIRST.1 + WARM_S && warm;
        let mut look = self.count.push(second, (now, exposure), THRESHOLD, is_known);
        let is_told = self.complains && !self.new.is_open() && look.sums.observed >= LEAST;
        if !self.count.is_open() && !is_told {
            look.score = look.score.min(0.99 * look.threshold);
        }
        look.severity = severity.min(3);
        let about = About { kind: AnomalyKind::ErrorSurge, unit: Unit::PerS, ..about };
        self.count.step(second, &look, &about, out);
    }
}

fn severity(level: &str) -> u8 {
    match Level::from_name(level) {
        Some(Level::Emerg | Level::Alert) => 5,
        Some(Level::Crit) => 4,
        Some(Level::Error) | None => 3,
        _ => 2,
    }
}

//! Of which zone the times of followed files are that name none: this machine's, until lines that were written a moment
//! ago say otherwise. Each file knows its own, for two may be of one source: `a/error.log` and `b/error.log`.

use std::collections::HashMap;

use super::{Frame, GROUP, Ingest, MAX_HEADERS, TimeRule};
use crate::aggregate::amount::span;
use crate::decode::stamp;
use crate::state::sources::{Source, SourceState, Zone};
use crate::vocab::time::{Millis, Stamp};

/// What one file's lines have said, by their source.
#[derive(Debug, Default)]
pub(super) struct Zones {
    known: HashMap<u32, Known>,
    news: News,
    /// The last time of the batch that names its zone.
    said: Option<Millis>,
    /// When such a time was of now.
    live_at: Option<Millis>,
    /// What the log said last: containers of one stream are sources of their own, and mostly of one zone.
    logged: Option<String>,
}

/// So near its arrival a line is of now, and so soon behind it what follows in its stream is, too.
const NOW_MS: i64 = 2_000;

/// Whether lines that are read now were written a moment ago.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum News {
    #[default]
    No,
    /// And others behind them.
    More,
    /// Those that are behind all others.
    Last,
}

#[derive(Debug)]
struct Known {
    zone: Zone,
    /// The first of the times of the batch.
    first: Option<Millis>,
}

impl Ingest {
    /// As [`Ingest::batch`], of the next lines of a followed file or pipe, and whether they are news. What comes right
    /// behind a time of now that names its zone is news whatever its reader knows: a busy stream has no silence by which
    /// it could tell.
    pub fn next(&mut self, frames: &[Frame<'_>], is_news: bool, arrival: Millis) {
        let is_now = |at: Millis| (arrival.0 - at.0).abs() <= NOW_MS;
        let zones = self.zones.get_mut();
        zones.said = None;
        if is_news || zones.live_at.is_some_and(is_now) {
            self.news(frames, arrival);
        } else {
            self.batch(frames, arrival);
        }
        let zones = self.zones.get_mut();
        if let Some(said) = zones.said {
            zones.live_at = Some(arrival).filter(|_| is_now(said));
        }
    }

    /// Notes the last time of some lines that names its zone.
    pub(super) fn note_zoned(&self, time: Millis) {
        if matches!((self.config.time, &self.apart), (TimeRule::Line(_), None)) {
            self.zones.borrow_mut().said = Some(time);
        }
    }

    /// As [`Ingest::batch`], of lines of a followed file that were written a moment before `arrival`: they tell of which
    /// zone its times are that name none.
    pub fn news(&mut self, frames: &[Frame<'_>], arrival: Millis) {
        let zones = self.zones.get_mut();
        zones.known.values_mut().for_each(|known| known.first = None);
        let (before, last) = frames.split_at(frames.len().saturating_sub(GROUP));
        for (frames, news) in [(before, News::More), (last, News::Last)] {
            self.zones.get_mut().news = news;
            self.batch(frames, arrival);
        }
        self.zones.get_mut().news = News::No;
    }

    /// Seconds east of UTC of times of a file's lines that name no zone, where that is not this machine's zone; learns
    /// it from news that have these times.
    pub(super) fn elsewhere(
        &self,
        source: &Source,
        state: &SourceState,
        stamps: impl Iterator<Item = Option<Stamp>>,
        arrival: Millis,
    ) -> Option<i32> {
        let (TimeRule::Line(here), Zone::Learnt(_), None) =
            (self.config.time, state.zone, &self.apart)
        else {
            return None;
        };
        let zones = &mut *self.zones.borrow_mut();
        if zones.known.len() >= MAX_HEADERS && !zones.known.contains_key(&source.id) {
            zones.known.clear();
        }
        let new = Known { zone: Zone::OF_FILE, first: None };
        let known = zones.known.entry(source.id).or_insert(new);
        let was = known.zone.elsewhere();
        let said = &mut zones.said;
        let wall = |stamp| match stamp {
            None => None,
            Some(Stamp::Utc(time)) => {
                *said = Some(time);
                None
            }
            Some(stamp) => stamp::resolve(stamp, arrival, 0),
        };
        let (first, last) =
            stamps.filter_map(wall).fold((known.first, None), |(first, last), at| {
                (Some(first.map_or(at, |first| at.min(first))), last.max(Some(at)))
            });
        if zones.news == News::No {
            return was;
        }
        known.first = first;
        let (News::Last, Some(first), Some(last)) = (zones.news, first, last) else { return was };
        let here_s = here.offset_s(last, || Some(arrival));
        known.zone.hear_news((first, last), here_s, arrival);
        let is = known.zone.elsewhere();
        if is != was {
            let had_lines = state.last_time.is_some();
            let hint = hint([was, is].map(|zone| zone.unwrap_or(here_s)), had_lines);
            if zones.logged.as_ref() != Some(&hint) && self.node.sources.tells(arrival) {
                tracing::info!(file = %self.listener.address, "{hint}");
                zones.logged = Some(hint.clone());
            }
            self.listener.advise(hint);
        }
        is
    }
}

/// That times are of another zone than those before were taken for.
fn hint([was_s, is_s]: [i32; 2], had_lines: bool) -> String {
    let off_s = i64::from(is_s) - i64::from(was_s);
    let (off, whither) = (span(off_s.abs()), if off_s > 0 { "ahead" } else { "behind" });
    let before = match had_lines {
        true => format!(
            "; those read before count up to {off} {whither}: named in [time] zone it is known from the start"
        ),
        false => String::new(),
    };
    let (sign, minutes) = (if is_s < 0 { '-' } else { '+' }, is_s.abs() / 60);
    format!(
        "times of its lines that name no zone are of UTC{sign}{:02}:{:02}, as lines say that were just written{before}",
        minutes / 60,
        minutes % 60
    )
}

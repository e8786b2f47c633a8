//! The window over a restart: chunks leave as rows that need no dictionary, and come back as chunks.

use std::sync::Arc;

use super::{Chunk, Segment, Window};
use crate::aggregate::column::Columns;
use crate::aggregate::dictionaries::Freed;
use crate::aggregate::kept::{KeptRows, KeptTexts, numbers, renumbered};
use crate::vocab::field::Field;
use crate::vocab::time::Second;

/// Stretches without anybody listening that are remembered: a restart every half hour of a day.
const MAX_UNHEARD: usize = 48;

/// What a chunk is for who writes it down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkState {
    pub number: u32,
    pub events: usize,
    /// It does not change any more.
    pub closed: bool,
}

/// A chunk that is being written down; its texts are still to be looked up.
#[derive(Debug)]
pub struct Leaving {
    number: u32,
    columns: Arc<Columns>,
    segments: Vec<Segment>,
}

impl Leaving {
    /// The rows, with texts as `texts` gives them for a field and ids of the window; `None` where it
    /// gives none, for the chunk has left the window meanwhile.
    #[must_use]
    pub fn rows(
        &self,
        mut texts: impl FnMut(u32, Field, &[u32]) -> Option<Vec<Box<str>>>,
    ) -> Option<KeptRows> {
        let mut fields = [const { KeptTexts::NONE }; Field::COUNT];
        // What stands in for a masked client is in memory only: on disk it would tell one from another.
        for field in Field::ALL.into_iter().filter(|field| *field != Field::Visitor) {
            let (ids, used) = renumbered(self.columns.text(field));
            let texts = texts(self.number, field, &used)?;
            fields[field.index()] = KeptTexts { ids, texts };
        }
        let segments = self.segments.iter().map(|segment| (segment.second, segment.len)).collect();
        Some(KeptRows { segments, numbers: numbers(&self.columns), texts: fields })
    }
}

impl Window {
    /// Every chunk, the oldest first.
    pub(crate) fn states(&self) -> Vec<ChunkState> {
        let state = |chunk: &Chunk| ChunkState {
            number: chunk.number,
            events: chunk.columns.len(),
            closed: chunk.packed,
        };
        self.chunks.iter().map(state).collect()
    }

    /// What is written of a chunk, shared and not copied.
    pub(crate) fn leaving(&self, number: u32) -> Option<Leaving> {
        let chunk = self.chunk(number)?;
        let columns = Arc::clone(&chunk.columns);
        let mut segments: Vec<Segment> = chunk.all_segments().copied().collect();
        segments.sort_unstable_by_key(|segment| segment.start);
        Some(Leaving { number, columns, segments })
    }

    /// The oldest second of a chunk's rows from this one on.
    pub(crate) fn oldest_from(&self, number: u32, row: usize) -> Option<Second> {
        let segments = self.chunk(number)?.all_segments();
        let from = segments.filter(|segment| (segment.start + segment.len) as usize > row);
        from.map(|segment| segment.second).min()
    }

    /// The texts of ids that a chunk has, while it is here: its ids then mean what they meant.
    pub(crate) fn texts(&self, number: u32, field: Field, ids: &[u32]) -> Option<Vec<Box<str>>> {
        self.chunk(number)?;
        let dict = self.dictionaries.field(field);
        Some(ids.iter().map(|&id| dict.text(id).into()).collect())
    }

    /// Takes a chunk of an earlier process in, behind those that are here; gives its number.
    pub(crate) fn adopt(&mut self, rows: &KeptRows) -> Option<u32> {
        let (oldest, newest) = rows.span()?;
        self.pack();
        let number = self.next;
        self.next = self.next.wrapping_add(1);
        let columns = Arc::new(self.dictionaries.adopt(rows, number));
        let mut start = 0;
        let segments = rows.segments.iter().map(|&(second, len)| {
            let segment = Segment { second, start, len };
            start += len;
            segment
        });
        let segments = segments.collect();
        let (over, packed, withheld) = (None, true, Vec::new());
        let mut chunk =
            Chunk { number, columns, segments, withheld, oldest, newest, over, packed, bytes: 0 };
        chunk.bytes = chunk.measure();
        self.chunk_bytes += chunk.bytes;
        self.events += chunk.columns.len() as u64;
        self.chunks.push_back(chunk);
        Some(number)
    }

    /// Lets go what there is no room for; nothing may refer to the oldest rows.
    pub(crate) fn fit(&mut self, now: Second) -> Vec<Freed> {
        let mut freed = Vec::new();
        while self.surplus(now).is_some() {
            freed.extend(self.evict(now).map(|(ids, _)| ids));
        }
        freed
    }

    /// Takes the rows of seconds of which nothing is known out of every sum: a part of a second is no number of it.
    pub(crate) fn withhold(&mut self) {
        let mut chunks = std::mem::take(&mut self.chunks);
        for chunk in &mut chunks {
            let all = std::mem::take(&mut chunk.segments);
            (chunk.withheld, chunk.segments) =
                all.into_iter().partition(|s| self.is_unheard(s.second.0, s.second.0 + 1));
        }
        self.chunks = chunks;
    }

    /// Rows before `second` were lost.
    pub(crate) fn lost_before(&mut self, second: Second) {
        self.complete_from = self.complete_from.max(second);
    }

    /// The rows of the seconds before `second` were evicted.
    pub(crate) fn evicted_before(&mut self, second: Second) {
        self.evicted_to = self.evicted_to.max(second);
    }

    pub(crate) fn evicted_to(&self) -> Second {
        self.evicted_to
    }

    /// Nobody listened from `from` to before `to`.
    pub(crate) fn unheard(&mut self, from: Second, to: Second) {
        if from < to {
            self.unheard.push((from, to));
            self.unheard.sort_unstable();
            let beyond = self.unheard.len().saturating_sub(MAX_UNHEARD);
            self.unheard.drain(..beyond);
            self.told_since.retain(|second| *second < from || to <= *second);
        }
    }

    /// Lines came of a second. One in which nobody listened is as well known by them as any: who sends what it held back
    /// was heard, only later. What a kill left of a second is there before anybody says that it was not heard.
    pub(crate) fn tell(&mut self, second: Second) {
        if self.unheard.iter().any(|(from, to)| *from <= second && second < *to) {
            self.told_since.insert(second);
        }
    }

    /// Stretches of seconds, the end exclusive, in which nobody listened and of which lines have come since.
    pub(crate) fn stretches_told_since(&self) -> Vec<(Second, Second)> {
        let mut stretches: Vec<(Second, Second)> = Vec::new();
        for &second in &self.told_since {
            match stretches.last_mut() {
                Some((_, end)) if *end == second => *end = second.plus(1),
                _ => stretches.push((second, second.plus(1))),
            }
        }
        stretches
    }

    pub(crate) fn stretches_unheard(&self) -> &[(Second, Second)] {
        &self.unheard
    }

    /// The parts of `from..to` in which somebody listened: only there is silence silence.
    pub(crate) fn heard(&self, from: Second, to: Second) -> Vec<(Second, Second)> {
        let mut heard = Vec::new();
        let mut next = from;
        for &(start, end) in &self.unheard {
            if next < start.min(to) {
                heard.push((next, start.min(to)));
            }
            next = next.max(end);
        }
        if next < to {
            heard.push((next, to));
        }
        heard
    }

    /// Of how many seconds of `from..to` anything is known: somebody listened, or lines of them have come since.
    pub(crate) fn seconds_known(&self, from: Second, to: Second) -> i64 {
        let (mut known, mut next) = (0, from);
        let told = |from: Second, to: Second| match from < to {
            true => self.told_since.range(from..to).count() as i64,
            false => 0,
        };
        for (start, end) in self.heard(from, to) {
            known += told(next, start) + (end.0 - start.0);
            next = end;
        }
        known + told(next, to)
    }

    /// Whether nobody listened in any second of `from..to`, and no line of them has come since: of it nothing is known.
    pub(crate) fn is_unheard(&self, from: i64, to: i64) -> bool {
        let unheard = self.unheard.iter().any(|(start, end)| start.0 <= from && to <= end.0);
        unheard && self.told_since.range(Second(from)..Second(to)).next().is_none()
    }
}

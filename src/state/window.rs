//! The window: the recent past, event by event, in chunks of columns under a byte budget.

pub mod kept;

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

use crate::aggregate::block::{Block, Stretch};
use crate::aggregate::column::{Columns, Rows};
use crate::aggregate::derived::Knowledge;
use crate::aggregate::dictionaries::{Dictionaries, Freed, Room};
use crate::aggregate::place::{Geo, nowhere};
use crate::decode::agent::ranges::Ranges;
use crate::state::memory::given_up;
use crate::vocab::time::Second;

/// Events after which a chunk is closed and packed.
const CHUNK_EVENTS: usize = 65_536;
/// Seconds after which a chunk is closed and packed.
const CHUNK_SECONDS: i64 = 60;
/// What memory that runs short leaves to the window: the least that can be configured, for without
/// the last seconds there is nothing to look at.
const LEAST_ROOM: usize = 8 << 20;
/// A chunk is closed at this share of the budget, so that eviction goes in small steps.
const CHUNK_SHARE: usize = 8;
/// Names may take three of so many parts of the room: who makes up a million of them must not take the past with him.
const NAMES_SHARE: usize = 4;
/// What names may take of any room.
const LEAST_NAMES: usize = 4 << 20;
/// Where names have no room the oldest chunk goes, so that new ones find some: so often, or once for so many times as
/// many rows as it has.
const NAMES_WAIT_S: i64 = 60;
const NAMES_ROWS: u64 = 4;

/// How much of the past is kept.
#[derive(Clone, Debug)]
pub struct WindowConfig {
    /// Columns, dictionaries and row ranges together.
    pub budget_bytes: usize,
    /// Events older than this go even if there is room.
    pub max_age_s: u32,
    /// Single events of a view and second.
    pub tail: usize,
    /// How many distinct values are told apart.
    pub room: Room,
    /// Where clients are.
    pub geo: Arc<dyn Geo>,
    /// Addresses that operators of bots publish, beside those compiled in.
    pub ranges: Ranges,
}

impl Default for WindowConfig {
    fn default() -> Self {
        WindowConfig {
            budget_bytes: 256 << 20,
            max_age_s: 86_400,
            tail: 50,
            room: Room::default(),
            geo: nowhere(),
            ranges: Ranges::default(),
        }
    }
}

/// Rows of one second that came together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment {
    pub(crate) second: Second,
    pub(crate) start: u32,
    pub(crate) len: u32,
}

impl Segment {
    pub(crate) fn rows(&self) -> (usize, usize) {
        (self.start as usize, self.len as usize)
    }
}

/// Where a segment is; valid until its chunk is evicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SegmentRef {
    pub(crate) chunk: u32,
    pub(crate) index: u32,
}

/// Neighbouring segments of a chunk.
#[derive(Debug, Default)]
pub(crate) struct Touched {
    chunk: u32,
    index: Range<u32>,
}

impl Iterator for Touched {
    type Item = SegmentRef;

    fn next(&mut self) -> Option<SegmentRef> {
        Some(SegmentRef { chunk: self.chunk, index: self.index.next()? })
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    pub(crate) number: u32,
    /// Shared with who writes them down: a chunk that is closed does not change any more.
    pub(crate) columns: Arc<Columns>,
    pub(crate) segments: Vec<Segment>,
    /// Those that are in no sum: of seconds that an earlier process did not hear to their end.
    withheld: Vec<Segment>,
    oldest: Second,
    newest: Second,
    /// The newest second that was over when its rows came: others may be of a clock that is ahead. `None` until the
    /// next close.
    over: Option<Second>,
    packed: bool,
    bytes: usize,
}

impl Chunk {
    fn over(&self) -> Second {
        self.over.unwrap_or(self.newest)
    }

    fn all_segments(&self) -> impl Iterator<Item = &Segment> {
        self.segments.iter().chain(&self.withheld)
    }

    fn measure(&self) -> usize {
        size_of::<Chunk>() + self.columns.bytes() + self.segments.capacity() * size_of::<Segment>()
    }
}

/// See the module. Rows join at the end; the oldest chunk leaves whole.
#[derive(Debug)]
pub struct Window {
    config: WindowConfig,
    /// Bytes that it may take now: the budget, less while memory runs short.
    room: usize,
    pub(crate) dictionaries: Dictionaries,
    /// By number, rising; only the last may be open.
    chunks: VecDeque<Chunk>,
    next: u32,
    /// Second at whose end the open chunk had its first rows: theirs may be long over.
    opened: Option<Second>,
    events: u64,
    /// Rows that came since names had no room, and since the oldest chunk went for that.
    crowding: u64,
    /// When it last went, or names still had room.
    crowded: Second,
    /// Whether it goes for that now.
    crowds_out: bool,
    chunk_bytes: usize,
    /// No second from here on has lost rows to eviction.
    complete_from: Second,
    /// The rows of the seconds before it were evicted: those that are left of them came late.
    evicted_to: Second,
    /// Stretches in which nobody listened, the end exclusive, by time.
    unheard: Vec<(Second, Second)>,
    /// Seconds of them of which lines have come since; no more than there are segments.
    told_since: BTreeSet<Second>,
}

impl Window {
    pub(crate) fn config(&self) -> &WindowConfig {
        &self.config
    }

    #[must_use]
    pub fn new(config: WindowConfig) -> Window {
        let knowledge = Knowledge::new(Arc::clone(&config.geo), config.ranges.clone());
        let dictionaries = Dictionaries::new(config.room, knowledge);
        Window {
            room: config.budget_bytes,
            config,
            dictionaries,
            chunks: VecDeque::new(),
            next: 0,
            opened: None,
            events: 0,
            crowding: 0,
            crowded: Second(i64::MIN),
            crowds_out: false,
            chunk_bytes: 0,
            complete_from: Second(i64::MIN),
            evicted_to: Second(i64::MIN),
            unheard: Vec::new(),
            told_since: BTreeSet::new(),
        }
    }

    /// Appends a block's rows to the open chunk: the first to the segment before them, where that is of the same second
    /// and nobody has counted it yet. Gives the segments that they are in.
    pub(crate) fn append(
        &mut self,
        block: &Block,
        is_open: impl Fn(SegmentRef) -> bool,
    ) -> Touched {
        let stretches = block.stretches();
        let (Some(oldest), Some(newest)) =
            (stretches.iter().map(|s| s.second).min(), stretches.iter().map(|s| s.second).max())
        else {
            return Touched::default();
        };
        stretches.iter().for_each(|stretch| self.tell(stretch.second));
        // It is as narrow at once: what the open chunk had is another one.
        let fills = block.len() >= CHUNK_EVENTS;
        if fills {
            self.pack();
        }
        if self.chunks.back().is_none_or(|chunk| chunk.packed) {
            self.opened = None;
            self.chunks.push_back(Chunk {
                number: self.next,
                columns: Arc::default(),
                segments: Vec::new(),
                withheld: Vec::new(),
                oldest,
                newest,
                over: None,
                packed: false,
                bytes: 0,
            });
            self.next = self.next.wrapping_add(1);
        }
        let Some(chunk) = self.chunks.back_mut() else { return Touched::default() };
        let mut start = chunk.columns.len() as u32;
        self.dictionaries.limit_names(names_room(self.room));
        if fills {
            chunk.columns = Arc::new(self.dictionaries.packed(block, chunk.number));
            chunk.packed = true;
        } else {
            self.dictionaries.append(block, Arc::make_mut(&mut chunk.columns), chunk.number);
        }
        chunk.oldest = chunk.oldest.min(oldest);
        chunk.newest = chunk.newest.max(newest);
        let number = chunk.number;
        let last = (chunk.segments.len() as u32).checked_sub(1);
        let last = last.filter(|index| is_open(SegmentRef { chunk: number, index: *index }));
        let mut first = chunk.segments.len() as u32;
        for (at, &Stretch { second, len }) in stretches.iter().enumerate() {
            let open = last.filter(|_| at == 0).and_then(|_| chunk.segments.last_mut());
            match open.filter(|segment| segment.second == second) {
                Some(segment) => {
                    segment.len += len;
                    first -= 1;
                }
                None => chunk.segments.push(Segment { second, start, len }),
            }
            start += len;
        }
        let touched = Touched { chunk: number, index: first..chunk.segments.len() as u32 };
        let bytes = chunk.measure();
        self.chunk_bytes = self.chunk_bytes + bytes - std::mem::replace(&mut chunk.bytes, bytes);
        self.events += block.len() as u64;
        self.crowding += block.len() as u64;
        self.pack_large();
        touched
    }

    /// Closes the open chunk, whatever it has.
    pub(crate) fn finish(&mut self) {
        self.pack();
    }

    /// Whether the chunk is there and closed.
    pub(crate) fn is_closed(&self, number: u32) -> bool {
        self.chunk(number).is_some_and(|chunk| chunk.packed)
    }

    /// Leaves of a closed chunk only the columns whose place is `wanted` and these rows (rising), which are
    /// requests. Nothing may refer to its rows any more.
    pub(crate) fn keep(
        &mut self,
        number: u32,
        rows: &[u32],
        wanted: impl Fn(&Columns, usize) -> bool,
    ) {
        let Some(first) = self.chunks.front().map(|chunk| chunk.number) else { return };
        let Some(chunk) = self.chunks.get_mut(number.wrapping_sub(first) as usize) else { return };
        let columns = Arc::make_mut(&mut chunk.columns);
        self.events -= (columns.len() - rows.len()) as u64;
        let is_wanted: Vec<bool> = (0..columns.places()).map(|at| wanted(columns, at)).collect();
        columns.keep(Rows::Picked(rows), |place| is_wanted[place]);
        let (mut left, mut start) = (rows, 0);
        for segment in &mut chunk.segments {
            let end = segment.start + segment.len;
            let len = left.partition_point(|row| *row < end);
            left = &left[len..];
            // As many as there are rows.
            (segment.start, segment.len) = (start, len as u32);
            start += segment.len;
        }
        chunk.segments.retain(|segment| segment.len > 0);
        chunk.segments.shrink_to_fit();
        let bytes = chunk.measure();
        self.chunk_bytes = self.chunk_bytes + bytes - std::mem::replace(&mut chunk.bytes, bytes);
    }

    /// Closes the open chunk where it is large enough to go by itself.
    fn pack_large(&mut self) {
        let most = self.room / CHUNK_SHARE;
        let large = |chunk: &Chunk| chunk.columns.len() >= CHUNK_EVENTS || chunk.bytes > most;
        if self.chunks.back().is_some_and(large) {
            self.pack();
        }
    }

    /// Closes the open chunk: its columns become as narrow as they can.
    fn pack(&mut self) {
        if let Some(chunk) = self.chunks.back_mut().filter(|chunk| !chunk.packed) {
            Arc::make_mut(&mut chunk.columns).pack();
            chunk.segments.shrink_to_fit();
            (chunk.packed, chunk.over) = (true, None);
            let bytes = chunk.measure();
            self.chunk_bytes =
                self.chunk_bytes + bytes - std::mem::replace(&mut chunk.bytes, bytes);
        }
    }

    /// Closes the open chunk when it is old enough, and looks whether names have room.
    pub(crate) fn age(&mut self, closed: Second) {
        let is_due = |chunk: &&mut Chunk| !chunk.packed || chunk.over.is_none();
        for chunk in self.chunks.iter_mut().rev().take_while(is_due) {
            chunk.over = Some(chunk.newest.min(closed));
        }
        if self.chunks.back().is_some_and(|chunk| !chunk.packed) {
            let opened = *self.opened.get_or_insert(closed);
            if closed.0.saturating_sub(opened.0) >= CHUNK_SECONDS {
                self.pack();
            }
        }
        self.crowds_out = self.crowds(closed);
    }

    /// Takes so many bytes less from now on, as far as so many go at once, and down to the least that can be configured.
    pub(crate) fn give_way(&mut self, bytes: usize) {
        let least = LEAST_ROOM.min(self.config.budget_bytes);
        let has = self.room.min(self.used());
        self.room = (has - given_up(bytes, has)).max(least);
        // Names that are new with each line weigh forty times as much as its row.
        if self.used() > self.room && self.chunks.len() == 1 {
            self.pack();
        }
        self.pack_large();
    }

    /// A little more, up to the budget and `most`: what was given up came from a load that may still be
    /// there.
    pub(crate) fn regain(&mut self, most: usize) {
        let least = LEAST_ROOM.min(self.config.budget_bytes);
        let more = self.room.saturating_add(self.room / 64 + 1);
        self.room = more.min(self.config.budget_bytes).min(most.max(least));
    }

    /// The oldest chunk, if it has to go now.
    pub(crate) fn surplus(&self, closed: Second) -> Option<&Chunk> {
        let chunk = self.chunks.front().filter(|chunk| chunk.packed)?;
        let too_old = chunk.over().0 < closed.0.saturating_sub(self.config.max_age_s.into());
        (too_old || self.crowds_out || self.used() > self.room).then_some(chunk)
    }

    /// Whether the oldest chunk goes so that new names find room. So who makes them up pushes out a fraction of what he
    /// sends.
    fn crowds(&mut self, closed: Second) -> bool {
        let room = names_room(self.room);
        let Some(oldest) = self.chunks.front().map(|chunk| chunk.columns.len() as u64) else {
            return false;
        };
        // While nothing comes behind the newest rows no name waits for their room.
        let is_newest = self.chunks.len() == 1;
        let at_first = self.crowded == Second(i64::MIN) || is_newest;
        if at_first || self.dictionaries.names() < room - room / 16 {
            (self.crowding, self.crowded) = (0, closed);
            return false;
        }
        let waited = closed.0.saturating_sub(self.crowded.0) >= NAMES_WAIT_S;
        let due = waited || self.crowding >= NAMES_ROWS * oldest;
        if due {
            (self.crowding, self.crowded) = (0, closed);
        }
        due
    }

    /// Drops the oldest chunk; nothing may refer to its rows any more.
    pub(crate) fn evict(&mut self, closed: Second) -> Option<(Freed, u64)> {
        let chunk = self.chunks.pop_front()?;
        self.crowds_out = false;
        self.events -= chunk.columns.len() as u64;
        self.chunk_bytes -= chunk.bytes;
        self.complete_from = self.complete_from.max(chunk.newest.plus(1));
        // Of a line in a file that is dated hours or years ahead nothing follows for the seconds until then.
        self.evicted_before(chunk.over().min(closed).plus(1));
        let known = self.known_from().unwrap_or(self.evicted_to);
        self.told_since = self.told_since.split_off(&known);
        let freed = self.dictionaries.evict(&chunk.columns, chunk.number);
        Some((freed, chunk.columns.len() as u64))
    }

    pub(crate) fn chunk(&self, number: u32) -> Option<&Chunk> {
        let first = self.chunks.front()?.number;
        self.chunks.get(number.wrapping_sub(first) as usize)
    }

    pub(crate) fn segment(&self, at: SegmentRef) -> Option<(&Chunk, Segment)> {
        let chunk = self.chunk(at.chunk)?;
        Some((chunk, *chunk.all_segments().nth(at.index as usize)?))
    }

    /// Every segment of a second in `from..to`, in the order of arrival.
    pub(crate) fn segments(
        &self,
        from: Second,
        to: Second,
    ) -> impl Iterator<Item = (SegmentRef, &Chunk, Segment)> {
        let counts = |at: &SegmentRef, chunk: &Chunk| (at.index as usize) < chunk.segments.len();
        self.all_segments(from, to).filter(move |(at, chunk, _)| counts(at, chunk))
    }

    /// The same with those that are in no sum, for who looks for single events.
    pub(crate) fn all_segments(
        &self,
        from: Second,
        to: Second,
    ) -> impl Iterator<Item = (SegmentRef, &Chunk, Segment)> {
        self.chunks.iter().filter(move |chunk| chunk.newest >= from && chunk.oldest < to).flat_map(
            move |chunk| {
                let wanted = (0u32..).zip(chunk.all_segments());
                wanted
                    .filter(move |(_, s)| from <= s.second && s.second < to)
                    .map(move |(index, s)| (SegmentRef { chunk: chunk.number, index }, chunk, *s))
            },
        )
    }

    /// Every chunk as one segment, for who does not ask for seconds.
    pub(crate) fn whole_chunks(&self) -> Vec<(&Chunk, Segment)> {
        let whole = |chunk: &Chunk| Segment {
            second: chunk.oldest,
            start: 0,
            len: chunk.columns.len() as u32,
        };
        self.chunks.iter().map(|chunk| (chunk, whole(chunk))).collect()
    }

    /// What the numbers in the columns mean.
    #[must_use]
    pub fn dictionaries(&self) -> &Dictionaries {
        &self.dictionaries
    }

    /// No second from here on has lost rows to eviction.
    #[must_use]
    pub fn complete_from(&self) -> Second {
        self.complete_from
    }

    #[must_use]
    pub fn events(&self) -> u64 {
        self.events
    }

    /// Second of the oldest event kept.
    #[must_use]
    pub fn oldest(&self) -> Option<Second> {
        self.chunks.iter().map(|chunk| chunk.oldest).min()
    }

    /// From where on what is kept is all that came. Of earlier seconds there may be rows, too: late ones, which came
    /// after the others of their second had to go. They are no number of that second.
    #[must_use]
    pub fn known_from(&self) -> Option<Second> {
        self.oldest().map(|oldest| oldest.max(self.evicted_to))
    }

    /// Second of the newest event kept.
    #[must_use]
    pub fn newest(&self) -> Option<Second> {
        self.chunks.iter().map(|chunk| chunk.newest).max()
    }

    /// Bytes held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.chunk_bytes + self.dictionaries.bytes()
    }

    /// Of them, those of what is there, by which the budget goes: values that went leave places behind, which are for
    /// the next ones. Judged by these too, a flood of names would take chunk after chunk that frees nothing.
    #[must_use]
    pub fn used(&self) -> usize {
        self.chunk_bytes + self.dictionaries.used()
    }

    #[must_use]
    pub fn budget_bytes(&self) -> usize {
        self.room
    }
}

/// Bytes that names may take of so much room.
fn names_room(room: usize) -> usize {
    (room / NAMES_SHARE * (NAMES_SHARE - 1)).max(LEAST_NAMES)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::row::Row;
    use crate::vocab::event::Kind;
    use crate::vocab::field::Field;

    /// Rows of one second, each with a name that nobody else has.
    fn made_up(second: i64, rows: usize) -> Block {
        let mut block = Block::new(Second(second));
        for n in 0..rows {
            let path = format!("/{second}/{n}/{}", "made-up-".repeat(30));
            let mut row = Row::new(Kind::Access);
            row.set(Field::Path, &path);
            block.append(&row);
        }
        block
    }

    fn window(budget_bytes: usize) -> Window {
        Window::new(WindowConfig { budget_bytes, ..WindowConfig::default() })
    }

    #[test]
    fn a_block_that_fills_a_chunk_has_one_of_its_own() {
        let mut window = window(256 << 20);
        let blocks = [(1, 10), (1, CHUNK_EVENTS), (2, CHUNK_EVENTS - 1), (2, 1), (3, 1)];
        let parts = blocks.map(|(second, rows)| {
            let mut block = Block::new(Second(second));
            let mut row = Row::new(Kind::Access);
            row.set(Field::Path, "/");
            (0..rows).for_each(|_| block.append(&row));
            window.append(&block, |_| true).count()
        });
        assert_eq!(parts, [1; 5], "each is in one segment");
        let found: Vec<_> = window
            .chunks
            .iter()
            .map(|chunk| (chunk.columns.len(), chunk.segments.len(), chunk.packed))
            .collect();
        let expected =
            [(10, 1, true), (CHUNK_EVENTS, 1, true), (CHUNK_EVENTS, 1, true), (1, 1, false)];
        assert_eq!(found, expected);
        assert_eq!(window.events(), blocks.iter().map(|(_, rows)| *rows as u64).sum::<u64>());
        assert_eq!(window.chunk_bytes, window.chunks.iter().map(Chunk::measure).sum::<usize>());
    }

    #[test]
    fn the_newest_rows_do_not_go_for_names_while_nobody_brings_any() {
        let mut window = window(8 << 20);
        for second in 0..3 {
            window.append(&made_up(second, 10_000), |_| false);
        }
        window.finish();
        assert_eq!(window.chunks.len(), 1);
        let room = names_room(window.room);
        assert!(window.dictionaries.names() > room - room / 16, "they are full");
        for second in 3..10 * NAMES_WAIT_S {
            window.age(Second(second));
            assert!(window.surplus(Second(second)).is_none(), "at {second}");
        }
        let begun = 10 * NAMES_WAIT_S;
        window.append(&made_up(begun, 1), |_| false);
        window.age(Second(begun));
        assert!(window.surplus(Second(begun)).is_none());
        window.age(Second(begun + NAMES_WAIT_S));
        assert!(window.surplus(Second(begun + NAMES_WAIT_S)).is_some(), "they have waited");
    }

    #[test]
    fn a_line_that_comes_late_closes_no_chunk_before_its_time() {
        let mut window = window(64 << 20);
        for second in 1000..1000 + 3 * CHUNK_SECONDS {
            window.append(&made_up(second - 300, 1), |_| false);
            window.append(&made_up(second, 2), |_| false);
            window.age(Second(second));
        }
        assert_eq!(window.chunks.len(), 3);
    }

    #[test]
    fn a_part_of_the_window_gives_way_at_once_and_the_newest_last() {
        let mut window = window(64 << 20);
        for second in 0..12 {
            window.append(&made_up(second, 10_000), |_| false);
            window.finish();
        }
        let (used, events) = (window.used(), window.events());
        window.give_way(usize::MAX);
        assert!(window.budget_bytes() >= used - used / 4, "{} of {used}", window.budget_bytes());
        window.fit(Second(12));
        assert!(window.used() <= window.budget_bytes() && window.events() > events / 2);
        assert_eq!(window.newest(), Some(Second(11)));
        for _ in 0..100 {
            window.give_way(usize::MAX);
        }
        assert_eq!(window.budget_bytes(), LEAST_ROOM);
        window.fit(Second(12));
        assert_eq!(window.newest(), Some(Second(11)));
    }
}

//! Finds the format of each line of one source, and tells when the source changes it.

use std::borrow::Cow;

mod drift;
mod met;
#[cfg(test)]
mod tests;

use self::met::Met;
use super::units::Units;
use super::{Catalog, Format, coloured, w3c, wrapped};
use crate::vocab::event::{Event, Kind};

/// Lines of a window; the last whole window and the open one make up the recent past.
const WINDOW: u32 = 512;
/// The place of what fits no format, behind all of them.
const UNKNOWN: usize = Catalog::MAX;
/// The name that lines of no format are tallied under.
pub const UNKNOWN_NAME: &str = "message";

/// The order in which formats are tried: places in the catalog, the most recently successful first.
/// Small and copied, so that a source's lines can be read while nobody waits for its lock.
#[derive(Clone, Debug)]
pub struct Order {
    formats: Catalog,
    places: [u8; Catalog::MAX],
    /// The columns that header lines have named.
    headers: w3c::Headers,
    /// Whether one of the lines read with this copy was such a header line.
    told: bool,
    /// What is known of durations without a unit.
    units: Units,
    /// Whether one of the lines read with this copy said something new of them.
    learnt: bool,
}

/// What a line was read as, for [`Recogniser::tally`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found(u8);

impl Found {
    /// No format that was tried.
    pub const NONE: Found = Found(UNKNOWN as u8);
    /// A line that says how to read others: understood, but no event.
    pub const HEADER: Found = Found(u8::MAX);
}

impl Order {
    fn new(formats: Catalog) -> Order {
        let places = std::array::from_fn(|index| index as u8);
        Order {
            formats,
            places,
            headers: w3c::Headers::default(),
            told: false,
            units: Units::default(),
            learnt: false,
        }
    }

    /// What is known of durations without a unit.
    #[must_use]
    pub fn units(&self) -> Units {
        self.units
    }

    /// Whether a line read with this copy said something new of durations without a unit, so that those behind it may be
    /// in another one.
    #[must_use]
    pub fn has_learnt(&self) -> bool {
        self.learnt
    }

    /// Reads on with what others know of durations without a unit.
    pub fn know(&mut self, units: Units) {
        self.units.join(units);
    }

    /// Reads a duration without a unit by what is known of the others.
    #[inline]
    fn weigh(&mut self, event: &mut Event<'_>) {
        if let Some(bare) = event.bare {
            self.learnt |= self.units.learn(bare);
            event.request_time_us = self.units.us(bare);
        }
        if let Some(bare) = event.upstream_bare {
            self.learnt |= self.units.learn(bare);
            event.upstream_time_us = self.units.us_within(bare, event.request_time_us);
        }
    }

    /// What the header lines read with this copy have said, if there were any.
    #[must_use]
    pub fn told(&self) -> Option<&w3c::Headers> {
        self.told.then_some(&self.headers)
    }

    /// Reads on with what other header lines have said.
    pub fn tell(&mut self, headers: &w3c::Headers) {
        self.headers.clone_from(headers);
    }

    /// What a line of that format of the house will be found to be, if it is tried before all others and without
    /// what header lines have said.
    #[must_use]
    pub fn begins_with(&self, name: &str) -> Option<Found> {
        let first = self.places[0];
        let alone = self.formats.own() == 0 && self.headers.format().is_none();
        let is_it = alone && self.formats.all()[usize::from(first)].name() == name;
        is_it.then_some(Found(first))
    }

    /// Reads the line as just this format, with the columns that header lines have named. Else as
    /// [`Order::read`].
    pub fn read_as<'a>(&mut self, name: &str, line: &'a str, event: &mut Event<'a>) -> Found {
        let found = self.read_header(line, event);
        if found.is_some()
            || (self.headers.format() == Some(name) && self.headers.read(line, event))
        {
            return found.unwrap_or_else(|| self.found(name));
        }
        if let Some(format) = self.formats.by_name(name)
            && (format.read_named(line, event) || read_bare(line, event, named(format)).is_some())
        {
            self.weigh(event);
            return self.found(name);
        }
        super::keep_whole(line, event);
        Found::NONE
    }

    /// Reads the line as this format where it is of it, else as any other: a source's access format
    /// is known, and its error lines come the same way.
    pub fn read_first_as<'a>(&mut self, name: &str, line: &'a str, event: &mut Event<'a>) -> Found {
        let found = self.read_as(name, line, event);
        if found != Found::NONE {
            return found;
        }
        event.message = None;
        self.read(line, event)
    }

    fn read_header<'a>(&mut self, line: &'a str, event: &mut Event<'a>) -> Option<Found> {
        if !line.starts_with('#') || !self.headers.learn(line) {
            return None;
        }
        self.told = true;
        event.format = w3c::HEADER;
        event.message = Some(Cow::Borrowed(line));
        Some(Found::HEADER)
    }

    fn found(&self, name: &str) -> Found {
        let place = self.formats.names().position(|known| known == name);
        place.map_or(Found::NONE, |place| Found(place as u8))
    }

    /// Reads the line into an event that says nothing yet; one of `Kind::Message` that holds the
    /// whole line where no format fits.
    pub fn read<'a>(&mut self, line: &'a str, event: &mut Event<'a>) -> Found {
        if let Some(found) = self.read_header(line, event) {
            return found;
        }
        if let Some(format) = self.headers.format()
            && self.headers.read(line, event)
        {
            return self.found(format);
        }
        let found = self.read_tried(line, event);
        if let Some(found) =
            found.or_else(|| read_bare(line, event, |bare, event| self.read_tried(bare, event)))
        {
            return found;
        }
        super::keep_whole(line, event);
        Found::NONE
    }

    /// Reads the line as the first of the formats that are tried and that it is of.
    fn read_tried<'a>(&mut self, line: &'a str, event: &mut Event<'a>) -> Option<Found> {
        let formats = self.formats.all();
        let own = self.formats.own();
        for place in 0..self.formats.tried() {
            let index = self.places[place];
            let format = formats[usize::from(index)];
            if format.fits(line) && format.read(line, event) {
                self.weigh(event);
                // The operator's own formats stay before the house's: a line that fits both is what
                // the operator said, whatever came before it.
                let first = if place < own { 0 } else { own };
                if place > first {
                    self.places[first..=place].rotate_right(1);
                }
                return Some(Found(index));
            }
        }
        None
    }
}

/// Reads a line as just this format.
fn named(format: &dyn Format) -> impl for<'b> FnOnce(&'b str, &mut Event<'b>) -> Option<()> {
    |line, event| format.read_named(line, event).then_some(())
}

/// Reads a line that is read as nothing without its colours, where it has some.
#[cold]
fn read_bare<'a, T>(
    line: &'a str,
    event: &mut Event<'a>,
    read: impl for<'b> FnOnce(&'b str, &mut Event<'b>) -> Option<T>,
) -> Option<T> {
    let bare = coloured::without(line)?;
    let mut borrowed = Event::default();
    let found = read(&bare, &mut borrowed)?;
    *event = wrapped::owned(borrowed);
    Some(found)
}

/// One source's formats. Owns no text and reads no clock; half a KiB, and 48 bytes for each format that has come.
#[derive(Clone, Debug)]
pub struct Recogniser {
    /// What [`Recogniser::decode`] begins with; whoever reads with a copy of it has it taken back.
    pub order: Order,
    tallies: Met<Tally>,
    lines: u32,
    watch: drift::Watch,
    drift: Option<(&'static str, &'static str)>,
}

/// Lines of one format.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    total: u64,
    /// In the open window, and in the one before it.
    recent: u32,
    before: u32,
}

impl Default for Recogniser {
    fn default() -> Self {
        Recogniser::new(Catalog::default())
    }
}

impl Recogniser {
    #[must_use]
    pub fn new(formats: Catalog) -> Self {
        Recogniser {
            order: Order::new(formats),
            tallies: Met::default(),
            lines: 0,
            watch: drift::Watch::default(),
            drift: None,
        }
    }

    /// The line as an event; one of `Kind::Message` that holds the whole line where no format fits.
    pub fn decode<'a>(&mut self, line: &'a str) -> Event<'a> {
        let mut event = Event::default();
        let found = self.order.read(line, &mut event);
        self.tally(found, event.kind);
        event
    }

    /// Takes back a copy of [`Recogniser::order`]. What header lines said is kept only where the copy
    /// has read some: another reader of the same source may have met newer ones meanwhile.
    pub fn take_back(&mut self, order: Order) {
        let headers = if order.told {
            order.headers.clone()
        } else {
            std::mem::take(&mut self.order.headers)
        };
        let mut units = self.order.units;
        units.join(order.units);
        self.order = Order { headers, told: false, units, learnt: false, ..order };
    }

    /// The format of most of the last 512 to 1,024 lines that any format fits; `None` before the
    /// first one.
    #[must_use]
    pub fn format(&self) -> Option<&'static str> {
        let known = self.tallies.iter().filter(|(at, _)| *at != UNKNOWN);
        let sums = known.map(|(at, tally)| (tally.recent + tally.before, at));
        let best = sums.filter(|(sum, _)| *sum > 0);
        let (_, at) = best.max_by_key(|&(sum, at)| (sum, std::cmp::Reverse(at)))?;
        Some(self.order.formats.all()[at].name())
    }

    /// Says that the format is this one until lines tell: an earlier process knew it.
    pub fn resume(&mut self, name: &str) {
        if let Some(at) = self.order.formats.names().position(|known| known == name) {
            let tally = self.tallies.at(at);
            tally.before = tally.before.max(1);
        }
    }

    /// Lines by format since the start, `message` for those of none; formats never seen are left
    /// out.
    pub fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let totals = self.tallies.iter().map(|(at, tally)| (self.name(at), tally.total));
        totals.filter(|&(_, lines)| lines > 0)
    }

    /// The old and the new format, once, when the source's access lines changed: 100 of them in a row
    /// without the old one, and more where it has been away before and come back. `message` as the
    /// new one means that its lines fit no format now.
    pub fn drifted(&mut self) -> Option<(&'static str, &'static str)> {
        self.drift.take()
    }

    /// As so many calls of [`Recogniser::tally`] for access lines, none of which could tell of a change; `false`, and
    /// nothing, where one could, or a window ends.
    pub fn tally_run(&mut self, found: Found, lines: u32) -> bool {
        let index = usize::from(found.0);
        let usual = self.lines + lines < WINDOW && self.watch.run(index, lines);
        if usual {
            let tally = self.tallies.at(index);
            tally.total += u64::from(lines);
            tally.recent += lines;
            self.lines += lines;
        }
        usual
    }

    /// Takes a line into account that an [`Order`] has read.
    pub fn tally(&mut self, found: Found, kind: Kind) {
        if found == Found::HEADER {
            return;
        }
        let index = usize::from(found.0);
        let tally = self.tallies.at(index);
        tally.total += 1;
        tally.recent += 1;
        self.lines += 1;
        if self.lines == WINDOW {
            for tally in self.tallies.values_mut() {
                tally.before = std::mem::take(&mut tally.recent);
            }
            self.lines = 0;
        }
        if kind == Kind::Error {
            return;
        }
        if let Some((old, new)) = self.watch.line(index) {
            self.drift = Some((self.name(old), self.name(new)));
        }
    }

    fn name(&self, at: usize) -> &'static str {
        self.order.formats.all().get(at).map_or(UNKNOWN_NAME, |format| format.name())
    }
}

//! The unit of a duration that neither its name nor its line's dialect says: by what else its source has written under
//! such a name.
//!
//! Only what is seen counts, not how often or in which order: so what is known is a set of a few signs, which grows a
//! few times and is the same wherever it is put together: a report says the same on any number of cores. A sign is a
//! number that one of the units hardly has: few answers take 40 µs, and few a quarter of an hour. What two programs of one
//! source write under one name may contradict each other; then each number is read as if nothing were known.
//!
//! Of a number that stands behind the line a later one may say that an earlier one was read in the wrong unit. Whether one
//! was is known, too ([`Behind::Late`]): a report then reads the whole anew.

use super::alias::Slot;
use super::table::TABLE;
use crate::vocab::event::Bare;

const SECONDS: f64 = 1e6;
const MILLIS: f64 = 1e3;
const MICROS: f64 = 1.0;
const NANOS: f64 = 1e-3;

/// From here on a number is an outage by one reading and less than a second by the other.
const OUTAGE: f64 = 30.0;

/// What was seen of one name's numbers, a bit each: a whole number of less than ten thousand, which are no ns.
const SMALL: u8 = 1;
/// One of at least a million, which are no ms.
const LARGE: u8 = 2;
/// A fraction of less than a tenth, which is no ms.
const TINY: u8 = 4;
/// A fraction of less than one, which is more likely of a second.
const PART: u8 = 8;
/// A fraction of at least thirty, of which few are seconds.
const OVER: u8 = 16;
/// A whole number of less than ten thousand and at least thirty, of which hardly any are seconds.
const TENS: u8 = 32;

/// One that stands behind the line was read, with nothing that said otherwise before it.
const TAKEN: u8 = 64;

/// Names are told apart by their rank in the table, those of upstreams from here on.
const NAMES: usize = 24;
const UPSTREAMS: u8 = 17;

/// Where that stands which is known of a number that stands alone behind an agent: Apache's `%D` and gunicorn's in
/// microseconds, Tomcat's before version 10 and Jetty's in milliseconds, or `%T` in seconds. No answer takes less than
/// ten microseconds, so of who writes such a number none is in these, and in which of the others nothing says.
pub(super) const BEHIND: u8 = 23;
/// From here on an answer may take so many microseconds.
const BEHIND_LEAST: f64 = 100.0;

/// Where that stands which is known of a name of this slot.
pub(super) fn place(slot: Slot, rank: u8) -> u8 {
    if slot == Slot::UtBare { UPSTREAMS + rank } else { rank }
}

impl Bare {
    /// Whether it stands behind a line, without a name.
    #[must_use]
    pub fn is_behind(self) -> bool {
        self.name == BEHIND
    }
}

/// What was made of the numbers of a source that stand behind its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Behind {
    /// They were taken as microseconds.
    Taken,
    /// They were left out, for they are none.
    Left,
    /// Some were taken as microseconds before a line said that they are none.
    Late,
}

/// What the numbers of a source were, by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Units([u8; NAMES]);

impl Units {
    /// Takes a duration into account; whether anything is new of that.
    pub(super) fn learn(&mut self, bare: Bare) -> bool {
        let seen = &mut self.0[usize::from(bare.name) % NAMES];
        let before = *seen;
        *seen |= signs(bare);
        if bare.name == BEHIND && *seen & SMALL == 0 && bare.number >= BEHIND_LEAST {
            *seen |= TAKEN;
        }
        *seen != before
    }

    /// What was made of the numbers behind the lines, if there were any.
    #[must_use]
    pub fn behind(self) -> Option<Behind> {
        let seen = self.0[usize::from(BEHIND)];
        Some(match (seen & TAKEN != 0, seen & SMALL != 0) {
            (true, false) => Behind::Taken,
            (false, true) => Behind::Left,
            (true, true) => Behind::Late,
            (false, false) => return None,
        })
    }

    /// What is known, where nothing was read with it yet.
    #[must_use]
    pub fn anew(mut self) -> Units {
        self.0[usize::from(BEHIND)] &= !TAKEN;
        self
    }

    /// All that is known here or there.
    pub(super) fn join(&mut self, other: Units) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    /// What is known, by the names as the table has them.
    pub fn kept(self) -> impl Iterator<Item = (&'static str, u8)> {
        names().map(move |(name, id)| (name, self.0[id])).filter(|(_, signs)| *signs != 0)
    }

    /// Takes what an earlier process knew of a name; one that is no longer known says nothing.
    pub fn restore(&mut self, name: &str, signs: u8) {
        if let Some((_, id)) = names().find(|(known, _)| *known == name) {
            self.0[id] |= signs;
        }
    }

    /// Microseconds in the unit that the duration is in; `None` where it may be an outage or nothing much.
    #[must_use]
    pub fn unit(self, bare: Bare) -> Option<f64> {
        let seen = self.0[usize::from(bare.name) % NAMES];
        let has = |sign| seen & sign != 0;
        if bare.name == BEHIND {
            return (!has(SMALL) && bare.number >= BEHIND_LEAST).then_some(MICROS);
        }
        if !bare.whole {
            // Seconds that were rounded are whole now and then.
            let mixed = has(TENS) || (has(SMALL) && has(OVER) && !has(PART));
            if mixed && !has(TINY) {
                return Some(MILLIS);
            }
            return (has(PART) || bare.number < OUTAGE).then_some(SECONDS);
        }
        match (has(SMALL), has(LARGE)) {
            // Said by the number itself, whatever was seen before.
            _ if bare.number >= 1e6 => Some(NANOS),
            (true, false) => Some(MILLIS),
            (false, true) => Some(NANOS),
            _ => (bare.number < OUTAGE * 1e3).then_some(MILLIS),
        }
    }

    /// The unit's name.
    #[must_use]
    pub fn name(self, bare: Bare) -> Option<&'static str> {
        self.unit(bare).map(|unit| match unit {
            SECONDS => "seconds",
            MILLIS => "milliseconds",
            MICROS => "microseconds",
            _ => "nanoseconds",
        })
    }

    /// The duration in microseconds, if its unit is known.
    #[must_use]
    pub fn us(self, bare: Bare) -> Option<u64> {
        super::scan::in_us(bare.number * self.unit(bare)?)
    }
    /// The same of an upstream, which takes no longer than the request did: what would be seconds longer is in
    /// milliseconds, where it is not longer then.
    pub(super) fn us_within(self, bare: Bare, request_us: Option<u64>) -> Option<u64> {
        let fits = |us: &u64| {
            request_us.is_none_or(|request| {
                // Clocks are read apart, and whole seconds are rounded ones.
                let slack = if request % 1_000_000 == 0 { 1_000_000 } else { request / 2 + 10_000 };
                *us <= request.saturating_add(slack)
            })
        };
        self.us(bare).filter(fits).or_else(|| {
            let millis = super::scan::in_us(bare.number * MILLIS).filter(|_| !bare.whole);
            millis.filter(fits).filter(|_| request_us.is_some())
        })
    }
}

/// The names whose numbers are learnt of, and where that stands.
fn names() -> impl Iterator<Item = (&'static str, usize)> {
    let rows = TABLE.iter().filter(|(_, slot, _)| matches!(slot, Slot::RtBare | Slot::UtBare));
    let rows = rows.map(|&(name, slot, rank)| (name, place(slot, rank)));
    let all = rows.chain([("behind the agent", BEHIND)]);
    all.map(|(name, place)| (name, usize::from(place) % NAMES))
}

fn signs(bare: Bare) -> u8 {
    let Bare { number, whole, .. } = bare;
    if bare.name == BEHIND {
        return if number < 10.0 { SMALL } else { 0 };
    }
    match whole {
        true if (OUTAGE..1e4).contains(&number) => SMALL | TENS,
        // A short time in seconds may be rounded to nothing.
        true if (1.0..1e4).contains(&number) => SMALL,
        true if number >= 1e6 => LARGE,
        false if number >= OUTAGE => OVER,
        false if number > 0.0 && number < 0.1 => TINY | PART,
        false if number > 0.0 && number < 1.0 => PART,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decode::formats::recognise::Recogniser;

    /// The durations of such lines in µs, read one after the other.
    fn read(durations: &[&str]) -> Vec<Option<u64>> {
        let mut source = Recogniser::default();
        let line =
            |d: &&str| format!(r#"{{"status":200,"path":"/a","method":"GET","duration":{d}}}"#);
        durations.iter().map(|d| source.decode(&line(d)).request_time_us).collect()
    }

    /// The last of them.
    fn last(durations: &[&str]) -> Option<u64> {
        read(durations).pop().flatten()
    }

    #[test]
    fn whole_numbers_and_fractions_of_one_name_are_milliseconds() {
        assert_eq!(last(&["12", "45.25", "12.5"]), Some(12_500));
        assert_eq!(last(&["12.5", "45", "12.5"]), Some(12_500));
        assert_eq!(last(&["0.5", "12", "45", "12.5"]), Some(12_500));
        // Until both were seen, what may be an outage or nothing much has no unit.
        assert_eq!(read(&["45.25", "12", "45.25"]), [None, Some(12_000), Some(45_250)]);
    }

    #[test]
    fn fractions_alone_are_seconds() {
        assert_eq!(
            read(&["0.5", "12.5", "29.9"]),
            [Some(500_000), Some(12_500_000), Some(29_900_000)]
        );
        assert_eq!(last(&["0.012", "45.25"]), Some(45_250_000));
        assert_eq!(last(&["0.5", "45.25"]), Some(45_250_000));
        // A whole second among them, and one that was rounded to nothing.
        assert_eq!(last(&["0.012", "0", "1", "60.002"]), Some(60_002_000));
        // Rounded to two digits, where no answer is quick.
        assert_eq!(last(&["0.35", "2", "45.25"]), Some(45_250_000));
        // Two programs of one source: what can be no ms is said by one of them.
        assert_eq!(last(&["12", "450", "0.012", "0.5"]), Some(500_000));
        assert_eq!(last(&["12", "450", "0.012", "450"]), Some(450_000));
    }

    #[test]
    fn whole_numbers_beside_millions_are_nanoseconds() {
        assert_eq!(read(&["250000", "37000000", "250000"]), [None, Some(37_000), Some(250)]);
        assert_eq!(last(&["37000000", "15000"]), Some(15));
        // Ten thousand ns are what the quickest answer takes: these are ms, of half a minute and of an hour and
        // a half.
        assert_eq!(last(&["12", "31000"]), Some(31_000_000));
        assert_eq!(last(&["37000000", "12", "250000"]), None);
        assert_eq!(read(&["15000", "12"]), [Some(15_000_000), Some(12_000)]);
    }

    #[test]
    fn what_one_name_says_is_not_of_another() {
        let mut ids: Vec<_> = names().map(|(_, id)| id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), names().count(), "two names share a place");
        // Two programs of one source, one of which counts whole milliseconds.
        let mut source = Recogniser::default();
        let mut read = |name: &str, number: &str| {
            let line = format!(r#"{{"status":200,"path":"/a","{name}":{number}}}"#);
            source.decode(&line).request_time_us
        };
        assert_eq!(read("latency", "450"), Some(450_000));
        assert_eq!(read("elapsed", "12.5"), Some(12_500_000));
        assert_eq!(read("latency", "12.5"), Some(12_500));
    }

    #[test]
    fn an_upstream_takes_no_longer_than_its_request() {
        let mut source = Recogniser::default();
        let mut read = |request: &str, upstream: &str| {
            let line = format!(
                r#"{{"status":200,"path":"/a","method":"GET","{request},"upstream_latency":{upstream}}}"#
            );
            let event = source.decode(&line);
            (event.request_time_us, event.upstream_time_us)
        };
        // The request says that it was no eleven seconds.
        assert_eq!(read(r#"duration_ms":12.4"#, "11.25"), (Some(12_400), Some(11_250)));
        assert_eq!(read(r#"duration_ms":12400"#, "11.25"), (Some(12_400_000), Some(11_250_000)));
        assert_eq!(read(r#"request_time":0.012"#, "0.011"), (Some(12_000), Some(11_000)));
        assert_eq!(read(r#"duration_ms":12.4"#, "0.9"), (Some(12_400), Some(900)));
        assert_eq!(read(r#"duration_ms":0"#, "0.9"), (Some(0), Some(900_000)));
        // In neither unit.
        assert_eq!(read(r#"duration_ms":12.4"#, "4500.5"), (Some(12_400), None));
        // Nothing says how long the request took.
        assert_eq!(read(r#"x":1"#, "11.25"), (None, Some(11_250_000)));
        // Whole numbers among them say what fractions are.
        assert_eq!(read(r#"x":1"#, "45"), (None, Some(45_000)));
    }

    #[test]
    fn fractions_beside_whole_milliseconds_are_of_an_upstream_too() {
        let mut source = Recogniser::default();
        let mut read = |upstream: &str| {
            let line = format!(
                r#"{{"status":200,"path":"/a","method":"GET","upstream_duration":{upstream}}}"#
            );
            source.decode(&line).upstream_time_us
        };
        assert_eq!([read("450"), read("12.5")], [Some(450_000), Some(12_500)]);
        let mut source = Recogniser::default();
        let runtime =
            source.decode(r#"{"status":200,"path":"/a","runtime":12.5}"#).upstream_time_us;
        assert_eq!(runtime, Some(12_500_000));
    }

    #[test]
    fn a_number_behind_the_agent_is_in_microseconds_unless_its_source_says_otherwise() {
        let line = |status: u16, number: &str| {
            format!(
                r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" {status} 512 "-" "curl/8" {number}"#
            )
        };
        let mut source = Recogniser::default();
        let mut read = |line: String| source.decode(&line).request_time_us;
        assert_eq!(read(line(200, "143")), Some(143));
        assert_eq!(read(line(200, "1843021")), Some(1_843_021));
        assert_eq!(read(line(200, "43")), None);
        // A connection that ended before its request took no time.
        assert_eq!(read(line(408, "7")), None);
        assert_eq!(read(line(200, "143")), Some(143));
        // Tomcat's milliseconds, or whole seconds.
        assert_eq!(read(line(304, "7")), None);
        assert_eq!(read(line(200, "143")), None);
        assert_eq!(read(line(200, "1843021")), None);
        // What says its unit is believed.
        assert_eq!(read(line(200, "1/1843021")), Some(1_843_021));
        assert_eq!(read(line(200, "0.143")), Some(143_000));
        assert_eq!(read(line(200, "rt=0.143")), Some(143_000));
    }

    #[test]
    fn what_was_made_of_the_numbers_behind_lines_is_known() {
        let of = |numbers: &[f64]| {
            let mut units = Units::default();
            let bare = |&number| Bare { name: BEHIND, number, whole: true };
            numbers.iter().map(bare).for_each(|bare| _ = units.learn(bare));
            units
        };
        let cases: [(&[f64], _); 6] = [
            (&[], None),
            (&[50.0], None),
            (&[900.0], Some(Behind::Taken)),
            (&[5.0, 900.0], Some(Behind::Left)),
            (&[900.0, 5.0], Some(Behind::Late)),
            (&[900.0, 5.0, 900.0], Some(Behind::Late)),
        ];
        for (numbers, behind) in cases {
            assert_eq!(of(numbers).behind(), behind, "{numbers:?}");
        }
        let mut again = of(&[900.0, 5.0]).anew();
        again.learn(Bare { name: BEHIND, number: 900.0, whole: true });
        assert_eq!(again.behind(), Some(Behind::Left));
    }

    #[test]
    fn what_is_known_is_kept_by_the_names() {
        let mut source = Recogniser::default();
        for number in ["12", "45"] {
            let line = format!(r#"{{"status":200,"path":"/a","duration":{number}}}"#);
            source.decode(&line);
        }
        let known = source.order.units();
        let kept: Vec<_> = known.kept().collect();
        assert_eq!(kept, [("duration", SMALL | TENS)]);
        let mut again = Units::default();
        again.restore("no name of ours", 63);
        assert_eq!(again, Units::default());
        kept.iter().for_each(|(name, signs)| again.restore(name, *signs));
        assert_eq!(again, known);
    }

    #[test]
    fn a_dialect_or_a_name_that_says_its_unit_is_believed() {
        let mut source = Recogniser::default();
        for line in [
            r#"{"status":200,"path":"/a","duration":12}"#,
            r#"{"status":200,"path":"/a","duration":45.25}"#,
        ] {
            source.decode(line);
        }
        let seconds = [
            r#"{"status":200,"path":"/a","request_time":45.250}"#,
            r#"{"status":200,"path":"/a","response_time":45.250}"#,
            r#"{"level":"info","ts":1795341600.25,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"203.0.113.9","method":"GET","uri":"/a"},"duration":45.25,"status":200}"#,
            r#"{"status":200,"path":"/a","latency":"45.25s"}"#,
            r#"{"status":200,"path":"/a","duration":45.25,"duration_ms":45250}"#,
        ];
        for line in seconds {
            assert_eq!(source.decode(line).request_time_us, Some(45_250_000), "{line}");
        }
    }

    proptest! {
        #[test]
        fn the_order_of_what_is_seen_does_not_matter(
            seen in prop::collection::vec((0u8..3, 0u8..4, prop::sample::select(vec![
                0.0, 0.05, 0.5, 12.0, 45.0, 9_999.0, 10_000.0, 250_000.0, 1e6, 37e6, 12.5, 45.25,
            ])), 0..12),
            cut in 0usize..12,
        ) {
            let bare = |&(name, _, number): &(u8, u8, f64)| Bare { name, number, whole: f64::fract(number) == 0.0 };
            let of = |part: &[(u8, u8, f64)]| {
                let mut units = Units::default();
                part.iter().for_each(|one| _ = units.learn(bare(one)));
                units
            };
            let (before, behind) = seen.split_at(cut.min(seen.len()));
            let mut joined = of(behind);
            joined.join(of(before));
            prop_assert_eq!(joined, of(&seen));
            // What is known once is not learnt again.
            prop_assert!(!seen.iter().any(|one| joined.learn(bare(one))));
        }
    }
}

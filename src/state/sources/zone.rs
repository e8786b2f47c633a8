//! The zone of a source whose times name none, learnt from when its lines arrive.
//!
//! A followed file has a past, in which arrival says nothing, and most files are of this machine's zone. So theirs is that
//! one, summer time included, until lines that were written a moment ago say otherwise: see [`Zone::hear_news`].
//!
//! A time that lacks three hours may be another zone's or three hours old: one line does not tell. So only offsets are
//! believed that clocks are set by, and only where lines then come about when they were written. A source's first line
//! is believed at once. Whatever disagrees later has to hold on for some seconds: what was held back comes faster than it
//! was written, so it soon comes too early for any zone that it seemed to be of.

use crate::vocab::time::{Millis, Second};

/// What clocks are set by somewhere, minutes east of UTC (the zones of tzdata 2025b).
const OFFSETS_MIN: [i32; 39] = [
    -720, -660, -600, -570, -540, -480, -420, -360, -300, -240, -210, -180, -150, -120, -60, 0, 60,
    120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570, 600, 630, 660, 720,
    765, 780, 825,
];
/// Kiribati's, the last of them.
const LAST_MIN: i32 = 840;
/// So far from its arrival a line may be written and still say something of the zone.
const NEAR_MS: i64 = 60_000;
/// The same of a source's first line, behind its arrival and ahead of it.
const FIRST_MS: (i64, i64) = (5_000, 2_000);
/// Another offset is believed when lines of so many seconds agree …
const SECONDS: u8 = 3;
/// … over so long a time.
const AGREED_S: i64 = 10;
/// Meanwhile times go on as arrivals do, but for so much, and for one part in so many of the time between.
const PACE_MS: i64 = 2_000;
const PACE_SHARE: i64 = 16;

/// See the module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// Known: seconds east of UTC.
    Fixed(i32),
    Learnt(Learnt),
}

/// What a source's lines say of its zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Learnt {
    place: Place,
    trust: Trust,
    newest: Option<Heard>,
    other: Option<Other>,
}

/// By what clocks are set where lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// Where this machine is. Of files alone: a clock change of it is no other zone.
    Here,
    /// Seconds east of UTC; 0 where nothing is known of a sender.
    East(i32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trust {
    Unheard,
    /// There were lines, and no zone could be believed.
    Doubt,
    /// The first line said so then.
    First(Second),
    Sure,
}

/// A second in which lines arrived, and how far the freshest of them is ahead of UTC: others may have waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Heard {
    second: Second,
    ahead_ms: i64,
}

/// Another zone that lines seem to be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Other {
    place: Place,
    first: Heard,
    seconds: u8,
}

impl Zone {
    pub const UNKNOWN: Zone = Zone::Learnt(Learnt { place: Place::East(0), ..Learnt::UNHEARD });

    /// A followed file's: this machine's until something else is learnt.
    pub const OF_FILE: Zone = Zone::Learnt(Learnt::UNHEARD);

    /// One that was learnt before; an offset that no clock is set by was a mistake.
    #[must_use]
    pub fn resumed(offset_s: i32) -> Zone {
        let ahead_ms = i64::from(offset_s) * 1_000;
        match place_near(ahead_ms, (0, 0), None) {
            Some(place) => Zone::Learnt(Learnt { place, trust: Trust::Sure, ..Learnt::UNHEARD }),
            None => Zone::UNKNOWN,
        }
    }

    /// What has been learnt and holds.
    #[must_use]
    pub fn learnt(&self) -> Option<i32> {
        match self {
            Zone::Learnt(Learnt { place: Place::East(offset_s), trust: Trust::Sure, .. }) => {
                Some(*offset_s)
            }
            _ => None,
        }
    }

    /// Seconds east of UTC for a wall-clock time that arrived at `arrival`, learning from it.
    pub fn offset_for(&mut self, wall: Millis, arrival: Millis) -> i32 {
        match self {
            Zone::Fixed(offset_s) => *offset_s,
            Zone::Learnt(learnt) => {
                let ahead_ms = wall.0.saturating_sub(arrival.0);
                learnt.hear(Heard { second: arrival.second(), ahead_ms }, ahead_ms, None);
                learnt.place.offset_s(0)
            }
        }
    }

    /// Learns from lines of a followed file that were written just before `arrival`, from the first and the last of
    /// their wall-clock times; this machine's zone is `here_s` then. A first belief asks for all of them to be of now:
    /// what was copied to the end of a file has lines of more than some seconds.
    pub fn hear_news(&mut self, (first, last): (Millis, Millis), here_s: i32, arrival: Millis) {
        if let Zone::Learnt(learnt) = self {
            let ahead_ms = |wall: Millis| wall.0.saturating_sub(arrival.0);
            let heard = Heard { second: arrival.second(), ahead_ms: ahead_ms(last) };
            learnt.hear(heard, ahead_ms(first), Some(here_s));
        }
    }

    /// Seconds east of UTC of a followed file's lines where that is not this machine's zone.
    #[must_use]
    pub fn elsewhere(&self) -> Option<i32> {
        match self {
            Zone::Learnt(Learnt { place: Place::East(offset_s), .. }) => Some(*offset_s),
            _ => None,
        }
    }
}

impl Place {
    fn offset_s(self, here_s: i32) -> i32 {
        match self {
            Place::Here => here_s,
            Place::East(offset_s) => offset_s,
        }
    }
}

impl Learnt {
    /// Of a file.
    const UNHEARD: Learnt =
        Learnt { place: Place::Here, trust: Trust::Unheard, newest: None, other: None };

    /// Of a file's lines it is known what this machine's zone is.
    fn hear(&mut self, heard: Heard, earliest_ms: i64, here_s: Option<i32>) {
        match &mut self.newest {
            Some(newest) if newest.second == heard.second => {
                newest.ahead_ms = newest.ahead_ms.max(heard.ahead_ms);
            }
            newest => {
                if let Some(over) = newest.replace(heard) {
                    self.conclude(over, here_s);
                }
            }
        }
        match self.trust {
            Trust::Unheard => {
                let place = place_near(heard.ahead_ms, FIRST_MS, here_s);
                match place.filter(|_| place == place_near(earliest_ms, FIRST_MS, here_s)) {
                    Some(place) => (self.place, self.trust) = (place, Trust::First(heard.second)),
                    None => self.trust = Trust::Doubt,
                }
            }
            // Nothing is written after it arrived: the first line had waited.
            Trust::First(_) if self.is_early(heard, here_s) => {
                self.place = if here_s.is_some() { Place::Here } else { Place::East(0) };
                self.trust = Trust::Doubt;
            }
            Trust::Doubt | Trust::First(_) | Trust::Sure => {}
        }
    }

    /// Whether lines would be written after they arrived.
    fn is_early(&self, heard: Heard, here_s: Option<i32>) -> bool {
        let offset_s = self.place.offset_s(here_s.unwrap_or_default());
        heard.ahead_ms.saturating_sub(i64::from(offset_s) * 1_000) > NEAR_MS
    }

    /// A second is over.
    fn conclude(&mut self, heard: Heard, here_s: Option<i32>) {
        let Some(place) = place_near(heard.ahead_ms, (NEAR_MS, NEAR_MS), here_s) else { return };
        if self.trust != Trust::Doubt && place == self.place {
            self.other = None;
            if let Trust::First(since) = self.trust
                && heard.second.0 - since.0 >= AGREED_S
            {
                self.trust = Trust::Sure;
            }
            return;
        }
        match &mut self.other {
            Some(other) if other.place == place && other.first.keeps_pace_with(heard) => {
                other.seconds = other.seconds.saturating_add(1);
                let held_on = heard.second.0 - other.first.second.0 >= AGREED_S;
                if other.seconds >= SECONDS && held_on {
                    (self.place, self.trust, self.other) = (place, Trust::Sure, None);
                }
            }
            other => *other = Some(Other { place, first: heard, seconds: 1 }),
        }
    }
}

impl Heard {
    /// Whether the times of lines went on from this second as arrivals did.
    fn keeps_pace_with(self, later: Heard) -> bool {
        let passed_ms = later.second.0.saturating_sub(self.second.0).saturating_mul(1_000);
        let off_ms = later.ahead_ms.saturating_sub(self.ahead_ms).saturating_abs();
        passed_ms >= 0 && off_ms <= PACE_MS + passed_ms / PACE_SHARE
    }
}

/// Where a line so far ahead of UTC was written, if it came at most `late_ms` after that and at most `early_ms` before.
fn place_near(
    ahead_ms: i64,
    (late_ms, early_ms): (i64, i64),
    here_s: Option<i32>,
) -> Option<Place> {
    let is_near = |offset_s: i32| {
        let late = (i64::from(offset_s) * 1_000).saturating_sub(ahead_ms);
        (-early_ms..=late_ms).contains(&late)
    };
    if here_s.is_some_and(is_near) {
        return Some(Place::Here);
    }
    let offsets = OFFSETS_MIN.into_iter().chain([LAST_MIN]).map(|minutes| minutes * 60);
    offsets.into_iter().find(|offset_s| is_near(*offset_s)).map(Place::East)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = Millis(1_700_000_000_000);
    const HOUR: i64 = 3_600_000;

    #[test]
    fn a_zone_is_learnt_and_survives_late_lines() {
        let mut zone = Zone::UNKNOWN;
        for late in [800, 20 * 60_000, -1_500] {
            let wall = Millis(NOW.0 + 9 * HOUR - late);
            assert_eq!(zone.offset_for(wall, NOW), 9 * 3600, "{late}");
        }
        // Another one takes some seconds: lines of one burst may all have waited as long.
        let at = |second: i64| Millis(NOW.0 + second * 1_000);
        let mut offset =
            |second: i64, ahead: i64| zone.offset_for(Millis(at(second).0 + ahead), at(second));
        for _ in 0..100 {
            assert_eq!(offset(1, 5 * HOUR + HOUR / 2), 9 * 3600);
        }
        for second in 2..=11 {
            assert_eq!(offset(second, 5 * HOUR + HOUR / 2), 9 * 3600, "{second}");
        }
        assert_eq!(offset(12, 5 * HOUR + HOUR / 2), 5 * 3600 + 1800);
        assert_eq!(zone.learnt(), Some(5 * 3600 + 1800));
        assert_eq!(Zone::resumed(5 * 3600 + 1800).learnt(), zone.learnt());
    }

    /// Hears lines that a file got, each written so many milliseconds ago by a clock so far east of UTC.
    fn news(zone: &mut Zone, here_s: i32, at_s: i64, east_s: i32, ago_ms: &[i64]) -> Option<i32> {
        let arrival = Millis(NOW.0 + at_s * 1_000);
        let wall = |ago: &i64| Millis(arrival.0 + i64::from(east_s) * 1_000 - ago);
        let walls = (ago_ms.iter().map(wall).min(), ago_ms.iter().map(wall).max());
        if let (Some(first), Some(last)) = walls {
            zone.hear_news((first, last), here_s, arrival);
        }
        zone.elsewhere()
    }

    #[test]
    fn a_file_is_of_this_machines_zone_until_what_was_just_written_is_of_another() {
        for here_s in [0, 3600, -5 * 3600, 5 * 3600 + 2700] {
            for east_s in [0, 2 * 3600, -8 * 3600, 5 * 3600 + 1800] {
                let mut zone = Zone::OF_FILE;
                assert_eq!(zone.elsewhere(), None);
                let elsewhere = Some(east_s).filter(|east_s| *east_s != here_s);
                for at_s in [0, 700, 1_400] {
                    let heard = news(&mut zone, here_s, at_s, east_s, &[300, 1_200]);
                    assert_eq!(heard, elsewhere, "{here_s} {east_s}");
                }
            }
        }
    }

    #[test]
    fn a_clock_change_of_this_machine_makes_its_files_no_others_and_leaves_others_alone() {
        for (here, elsewhere) in
            [([3600, 7200], None), ([7200, 3600], None), ([0, 3600], Some(-3600))]
        {
            let mut zone = Zone::OF_FILE;
            for at_s in 0..60 {
                let here_s = here[usize::from(at_s >= 30)];
                let east_s = elsewhere.unwrap_or(here_s);
                assert_eq!(news(&mut zone, here_s, at_s, east_s, &[300]), elsewhere, "{at_s}");
            }
        }
    }

    #[test]
    fn what_was_copied_to_the_end_of_a_file_is_no_zone() {
        let hour = 3_600_000;
        // An hour that ends an hour ago, the hour until now, some seconds too many, and half an hour ago.
        let copies: [&[i64]; 4] =
            [&[hour, 2 * hour], &[300, hour], &[hour, hour + 8_000], &[hour / 2]];
        for copy in copies {
            for is_known in [false, true] {
                let mut zone = Zone::OF_FILE;
                for at_s in (0..20).take_while(|_| is_known) {
                    assert_eq!(news(&mut zone, 7200, at_s, 7200, &[300]), None);
                }
                for at_s in 20..80 {
                    // At once, and again and again as no clock goes.
                    let ago: Vec<i64> = copy.iter().map(|ago| ago - (at_s - 20) * 9_000).collect();
                    assert_eq!(news(&mut zone, 7200, at_s, 7200, &ago), None, "{copy:?} {at_s}");
                }
                assert_eq!(news(&mut zone, 7200, 100, 7200, &[300]), None);
            }
        }
        // One line that is an hour old to the second is believed, until a line shows that it had waited.
        let mut zone = Zone::OF_FILE;
        assert_eq!(news(&mut zone, 7200, 0, 7200, &[hour]), Some(3600));
        assert_eq!(news(&mut zone, 7200, 1, 7200, &[300]), None);
    }

    #[test]
    fn no_offset_is_believed_that_no_clock_is_set_by() {
        for minutes in [-30, -45, 15, 825 + 30, 15 * 60, -13 * 60] {
            let mut zone = Zone::UNKNOWN;
            for second in 0..60 {
                let at = Millis(NOW.0 + second * 1_000);
                assert_eq!(zone.offset_for(Millis(at.0 + minutes * 60_000), at), 0, "{minutes}");
            }
            assert_eq!(Zone::resumed(minutes as i32 * 60), Zone::UNKNOWN);
        }
        // Whatever a stranger writes.
        for wall in [i64::MIN, i64::MAX] {
            let mut zone = Zone::UNKNOWN;
            for second in 0..3 {
                assert_eq!(zone.offset_for(Millis(wall), Millis(NOW.0 + second * 1_000)), 0);
            }
        }
    }
}

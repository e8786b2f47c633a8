//! The zone of a source whose times name none, learnt from when its lines arrive.
//!
//! A time that lacks three hours may be another zone's or three hours old: one line does not tell. So only offsets are
//! believed that clocks are set by, and only where lines then come about when they were written. A source's first line
//! is believed at once. Whatever disagrees later has to hold on for some seconds: what was held back comes faster than it
//! was written, so it soon comes too early for any zone that it seemed to be of.

use crate::vocab::time::{Millis, Second};

/// What clocks are set by somewhere, minutes east of UTC (the zones of tzdata 2025b).
const OFFSETS_MIN: [i64; 39] = [
    -720, -660, -600, -570, -540, -480, -420, -360, -300, -240, -210, -180, -150, -120, -60, 0, 60,
    120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570, 600, 630, 660, 720,
    765, 780, 825,
];
/// Kiribati's, the last of them.
const LAST_MIN: i64 = 840;
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
    /// Seconds east of UTC; 0 where nothing is known.
    offset_s: i32,
    trust: Trust,
    newest: Option<Heard>,
    other: Option<Other>,
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
    offset_s: i32,
    first: Heard,
    seconds: u8,
}

impl Zone {
    pub const UNKNOWN: Zone =
        Zone::Learnt(Learnt { offset_s: 0, trust: Trust::Unheard, newest: None, other: None });

    /// One that was learnt before; an offset that no clock is set by was a mistake.
    #[must_use]
    pub fn resumed(offset_s: i32) -> Zone {
        let ahead_ms = i64::from(offset_s) * 1_000;
        match offset_near(ahead_ms, 0, 0) {
            Some(offset_s) => {
                let learnt = Learnt { offset_s, trust: Trust::Sure, newest: None, other: None };
                Zone::Learnt(learnt)
            }
            None => Zone::UNKNOWN,
        }
    }

    /// What has been learnt and holds.
    #[must_use]
    pub fn learnt(&self) -> Option<i32> {
        match self {
            Zone::Learnt(learnt) if learnt.trust == Trust::Sure => Some(learnt.offset_s),
            _ => None,
        }
    }

    /// Seconds east of UTC for a wall-clock time that arrived at `arrival`, learning from it.
    pub fn offset_for(&mut self, wall: Millis, arrival: Millis) -> i32 {
        match self {
            Zone::Fixed(offset_s) => *offset_s,
            Zone::Learnt(learnt) => {
                let ahead_ms = wall.0.saturating_sub(arrival.0);
                learnt.hear(Heard { second: arrival.second(), ahead_ms });
                learnt.offset_s
            }
        }
    }
}

impl Learnt {
    fn hear(&mut self, heard: Heard) {
        match &mut self.newest {
            Some(newest) if newest.second == heard.second => {
                newest.ahead_ms = newest.ahead_ms.max(heard.ahead_ms);
            }
            newest => {
                if let Some(over) = newest.replace(heard) {
                    self.conclude(over);
                }
            }
        }
        match self.trust {
            Trust::Unheard => match offset_near(heard.ahead_ms, FIRST_MS.0, FIRST_MS.1) {
                Some(offset_s) => {
                    (self.offset_s, self.trust) = (offset_s, Trust::First(heard.second));
                }
                None => self.trust = Trust::Doubt,
            },
            // Nothing is written after it arrived: the first line had waited.
            Trust::First(_) if heard.ahead_ms - i64::from(self.offset_s) * 1_000 > NEAR_MS => {
                (self.offset_s, self.trust) = (0, Trust::Doubt);
            }
            Trust::Doubt | Trust::First(_) | Trust::Sure => {}
        }
    }

    /// A second is over.
    fn conclude(&mut self, heard: Heard) {
        let Some(offset_s) = offset_near(heard.ahead_ms, NEAR_MS, NEAR_MS) else { return };
        if self.trust != Trust::Doubt && offset_s == self.offset_s {
            self.other = None;
            if let Trust::First(since) = self.trust
                && heard.second.0 - since.0 >= AGREED_S
            {
                self.trust = Trust::Sure;
            }
            return;
        }
        match &mut self.other {
            Some(other) if other.offset_s == offset_s && other.first.keeps_pace_with(heard) => {
                other.seconds = other.seconds.saturating_add(1);
                let held_on = heard.second.0 - other.first.second.0 >= AGREED_S;
                if other.seconds >= SECONDS && held_on {
                    (self.offset_s, self.trust, self.other) = (offset_s, Trust::Sure, None);
                }
            }
            other => *other = Some(Other { offset_s, first: heard, seconds: 1 }),
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

/// The offset, seconds east of UTC, by which a line so far ahead of UTC came at most `late_ms` after it was written, and
/// at most `early_ms` before.
fn offset_near(ahead_ms: i64, late_ms: i64, early_ms: i64) -> Option<i32> {
    let offsets = OFFSETS_MIN.into_iter().chain([LAST_MIN]).map(|minutes| minutes * 60);
    let mut near = offsets.filter(|offset_s| {
        let late = (offset_s * 1_000).saturating_sub(ahead_ms);
        (-early_ms..=late_ms).contains(&late)
    });
    near.next().and_then(|offset_s| i32::try_from(offset_s).ok())
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

//! Time as a value. Nothing in here, or on any floor below the edges, reads a clock.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z; negative before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millis(pub i64);

impl Millis {
    /// The second this moment lies in (floor, also before 1970).
    #[must_use]
    pub fn second(self) -> Second {
        Second(self.0.div_euclid(1000))
    }

    /// Milliseconds into its second, 0–999.
    #[must_use]
    pub fn of_second(self) -> u16 {
        // rem_euclid(1000) is 0..=999
        self.0.rem_euclid(1000) as u16
    }
}

/// One second of wall time, counted from 1970-01-01T00:00:00Z.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Second(pub i64);

impl Second {
    /// The first millisecond of this second.
    #[must_use]
    pub fn start(self) -> Millis {
        Millis(self.0.saturating_mul(1000))
    }

    #[must_use]
    pub fn plus(self, seconds: i64) -> Second {
        Second(self.0.saturating_add(seconds))
    }
}

impl fmt::Display for Second {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A time as a sender wrote it, which may lack its zone or its year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// Complete: the zone was written (or the format defines UTC).
    Utc(Millis),
    /// Wall clock of an unknown zone, as if it were UTC (nginx and Apache error logs).
    Local(Millis),
    /// RFC 3164: no year and no zone. `ms` counts from the start of that month's day.
    Yearless { month: u8, day: u8, ms: u32 },
}

//! What detectors saw in the last minutes, to answer why something was said, or was not.

use std::collections::VecDeque;

use super::Unit;
use crate::aggregate::forget::Forget;
use crate::aggregate::wire::AnomalyKind;
use crate::vocab::time::Second;

/// Seconds that are remembered …
const SECONDS: usize = 600;
/// … and how many looks of each of them, the strongest evidence first come: a detector with thousands
/// of series notes only those that have some evidence.
const LOOKS: usize = 64;

/// Why a detector said something, or kept silent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Too little was seen yet to know what is usual.
    Learning,
    /// The evidence is below the threshold.
    Usual,
    /// It came back so soon after it ended that more evidence is asked for.
    CoolingDown,
    /// It is unusual, and an anomaly is open.
    Unusual,
    /// An anomaly is open, and the evidence is weak by now.
    Ending,
    /// What there is of it is told elsewhere: of all together, of a page, of a client.
    Elsewhere,
}

impl Verdict {
    /// As the wire has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Learning => "learning",
            Verdict::Usual => "usual",
            Verdict::CoolingDown => "cooling_down",
            Verdict::Unusual => "unusual",
            Verdict::Ending => "ending",
            Verdict::Elsewhere => "elsewhere",
        }
    }
}

/// What one detector saw in one tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub kind: AnomalyKind,
    pub site: Option<String>,
    pub key: Option<String>,
    /// Of that second.
    pub observed: f64,
    /// Of that what is judged elsewhere: it is told of something else, or is the guess of a password.
    pub apart: f64,
    pub expected: f64,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub unit: Unit,
    /// Evidence against the threshold, in the detector's own measure.
    pub score: f64,
    pub threshold: f64,
    pub verdict: Verdict,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Journal {
    seconds: VecDeque<(Second, Vec<Seen>)>,
}

impl Journal {
    pub(super) fn begin(&mut self, second: Second) {
        if self.seconds.len() >= SECONDS {
            self.seconds.pop_front();
        }
        self.seconds.push_back((second, Vec::new()));
    }

    /// Takes a client out of what was seen.
    pub(super) fn forget(&mut self, who: &Forget) {
        let seen = self.seconds.iter_mut().flat_map(|(_, looks)| looks);
        who.texts(seen.flat_map(|seen| [&mut seen.site, &mut seen.key]).flatten());
    }

    /// Notes what was seen in the tick that began last.
    pub(super) fn note(&mut self, seen: impl FnOnce() -> Seen) {
        if let Some((_, looks)) = self.seconds.back_mut().filter(|(_, looks)| looks.len() < LOOKS) {
            looks.push(seen());
        }
    }

    pub(super) fn at(
        &self,
        second: Second,
        kind: Option<AnomalyKind>,
        key: Option<&str>,
    ) -> Vec<Seen> {
        let fits = |seen: &&Seen| {
            kind.is_none_or(|kind| seen.kind == kind)
                && key.is_none_or(|key| seen.key.as_deref() == Some(key))
        };
        let looks = self.seconds.iter().rev().find(|(at, _)| *at == second).map(|(_, l)| l);
        looks.into_iter().flatten().filter(fits).cloned().collect()
    }
}

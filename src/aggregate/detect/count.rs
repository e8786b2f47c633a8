//! A count against its exposure: errors among requests, failed logins, lines of one template.

use super::bank::{Bank, Judge, TWO_TICKS, Weights, poisson};
use super::episode::{About, Episode, Look, Out, Step, Sums};
use super::rate::{Known, Rate};
use super::times::fade;
use crate::vocab::time::Second;

/// Times the usual rate that are looked for: each finds what lies around it in nearly the least time.
const SIZES: [Weights; 3] = sizes(1.0, 0.85);
/// The same where there are many series, each of few events. A surge there is large or cannot be told
/// from chance, while in a node's rate a large one is soon seen by any of them.
const SIZES_OF_MANY: [Weights; 3] = sizes(0.85, 1.0);

const fn sizes(middle: f64, large: f64) -> [Weights; 3] {
    [
        poisson(3.0, 1.098_612_288_668_11).trusted(0.7),
        poisson(5.0, 1.609_437_912_434_1).trusted(middle),
        poisson(15.0, 2.708_050_201_102_21).trusted(large),
    ]
}

/// What only dates a surge: to a rate so much higher an error some seconds before an outage is an ordinary one.
const OUTAGE: [Weights; 1] = [poisson(100.0, 4.605_170_185_988_09)];

/// Events a second at which a threshold holds as it is: 4,000 a day …
const PACE: f64 = 0.046;
/// … and in how many seconds the mean pace follows.
const PACE_S: f64 = 600.0;
/// Nats that a quiet series is spared at most: three errors of a page that is seldom asked for may be one
/// visitor who tries again.
const SPARED: f64 = 1.0;
/// Nats that a busy one needs more at most: above one event in eight seconds several share a second, which is
/// one try (by simulation of 1 a second no more is needed than of 0.05).
const BUSIER: f64 = 1.0;

/// Events per exposure that are taken to be usual at least, until something is known.
const FIRST: f64 = 0.01;

/// Seconds without one that make an end of a surge, though nothing else came either.
const OVER_S: i64 = 60;

/// Events beyond what was expected and what they were counted among, of late.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Late {
    pub(super) excess: f64,
    pub(super) requests: f64,
}

impl Late {
    pub(super) fn and(self, other: Late) -> Late {
        Late { excess: self.excess + other.excess, requests: self.requests + other.requests }
    }
}

/// What is judged elsewhere of what came in a tick.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Apart {
    /// Events that are not among those that are pushed: rows have them, too.
    pub(super) beside: f64,
    /// Of those that are pushed and of the exposure, what is told elsewhere: it is no evidence, and nothing is learnt
    /// while there is any.
    pub(super) told: Option<(f64, f64)>,
}

/// One such series.
#[derive(Clone, Debug)]
pub(super) struct Count {
    bank: Bank<3>,
    outage: Bank<1>,
    rate: Rate,
    episode: Episode,
    /// Seconds of the last push, for means.
    at: Second,
    /// The last with an event.
    seen: Second,
    /// Events that are expected a second, of late.
    pace: f64,
    /// As of the last push.
    late: Late,
    sizes: &'static [Weights; 3],
}

impl Count {
    pub(super) fn new(rate: Rate) -> Count {
        Count {
            bank: Bank::default(),
            outage: Bank::default(),
            rate,
            episode: Episode::default(),
            at: Second(i64::MIN),
            seen: Second(i64::MIN),
            pace: 0.0,
            late: Late::default(),
            sizes: &SIZES,
        }
    }

    /// One of many.
    pub(super) fn of_many(rate: Rate) -> Count {
        Count { sizes: &SIZES_OF_MANY, ..Count::new(rate) }
    }

    pub(super) fn known(&self) -> Known {
        self.rate.known()
    }

    pub(super) fn rate(&self) -> &Rate {
        &self.rate
    }

    pub(super) fn is_open(&self) -> bool {
        self.episode.is_open()
    }

    /// What came beyond what was expected of late. It does not go by the evidence, which is thrown away where it is told
    /// elsewhere.
    pub(super) fn late(&self, second: Second) -> Late {
        let fade = if self.at.0 == i64::MIN { 0.0 } else { fade(second, self.at) };
        Late { excess: self.late.excess * fade, requests: self.late.requests * fade }
    }

    /// Nats that are to be added to a threshold, with `many` of its own, so that chance reaches it as
    /// often in a quiet hour as in a busy one and in a rare page's series as in a site's: each event is
    /// one more try for chance, so the threshold grows with the logarithm of how many there are.
    pub(super) fn busy(&self, many: f64) -> f64 {
        let pace = if self.pace > 0.0 { (self.pace / PACE).ln() } else { 0.0 };
        (many + pace.min(BUSIER)).max(-SPARED)
    }

    /// Takes in what was counted since the last push, where `exposure` was there to be counted among.
    /// `base` is the threshold in nats; nothing is concluded before `warm`.
    pub(super) fn push(&mut self, second: Second, all: (f64, f64), base: f64, warm: bool) -> Look {
        self.push_rest(second, all, Apart::default(), base, warm)
    }

    /// The same, where some are judged elsewhere.
    pub(super) fn push_rest(
        &mut self,
        second: Second,
        all: (f64, f64),
        Apart { beside, told }: Apart,
        base: f64,
        warm: bool,
    ) -> Look {
        let rest = told.unwrap_or_default();
        let apart = beside + rest.0;
        let (n, exposure) = (all.0 - rest.0, all.1 - rest.1);
        let rate =
            if self.rate.is_warm() { self.rate.upper() } else { self.rate.upper().max(FIRST) };
        let mu = rate * exposure;
        let phi = self.rate.phi().max(1.0);
        let threshold = self.episode.threshold(second, base);
        if warm {
            let judge = Judge { sizes: self.sizes, phi, threshold, most: TWO_TICKS };
            self.bank.push(second, (n, mu), &judge);
            let judge = Judge { sizes: &OUTAGE, phi, threshold, most: 1.0 };
            self.outage.push(second, (n, mu), &judge);
            self.bank.apart(apart);
            self.outage.apart(apart);
        }
        let guarded = self.episode.is_open() || told.is_some();
        self.rate.push(second.0, all.0, all.1, guarded);
        let late = self.late(second);
        self.late = Late { excess: late.excess + n - mu, requests: late.requests + exposure };
        if n > 0.0 {
            self.seen = second;
        }
        let mut evidence = self.bank.evidence().dated(&self.outage.evidence());
        if second.0.saturating_sub(self.seen.0) > OVER_S {
            evidence.score = 0.0;
        }
        let seconds = (second.0 - evidence.since.0 + 1).max(1) as f64;
        let first = self.at.0 == i64::MIN;
        let passed_s = if first { 1.0 } else { (second.0 - self.at.0).max(1) as f64 };
        let step = if first { 1.0 } else { 1.0 - (-passed_s / PACE_S).exp() };
        self.pace += (mu / passed_s - self.pace) * step;
        let since_last = passed_s.min(60.0);
        self.at = second;
        // Three standard deviations of the mean over the stretch, or of this tick where no evidence has made one.
        let spread = 3.0 * (phi / evidence.expected.max(mu).max(1e-3)).sqrt();
        Look {
            score: evidence.score,
            threshold,
            since: evidence.since,
            sums: Sums {
                observed: evidence.observed,
                expected: evidence.expected,
                weight: seconds,
                apart: evidence.apart,
            },
            tick: Sums { observed: n, expected: mu, weight: since_last, apart },
            spread,
            phi,
            severity: 1,
            knows: self.rate.is_warm(),
            held: false,
        }
    }

    /// Takes a look back where its evidence is told elsewhere, unless it is told here already.
    pub(super) fn hold(&mut self, look: &mut Look) {
        if !self.episode.is_open() {
            self.reset();
            look.hold();
        }
    }

    /// Lets the episode go on by a look; begins anew where it ended.
    pub(super) fn step(
        &mut self,
        second: Second,
        look: &Look,
        about: &About<'_>,
        out: &mut Out<'_>,
    ) -> Step {
        let step = self.episode.step(second, look, about, out);
        if step == Step::Ended {
            self.begin_anew();
        }
        step
    }

    /// Goes on with what an earlier process left open of it; tells whether there was any.
    pub(super) fn resume(&mut self, second: Second, about: &About<'_>, out: &mut Out<'_>) -> bool {
        self.episode.resume(second, about, out).is_some()
    }

    /// Forgets what was unusual of late: it is told, of this or another series.
    pub(super) fn begin_anew(&mut self) {
        self.reset();
        self.late = Late::default();
    }

    fn reset(&mut self) {
        self.bank.reset();
        self.outage.reset();
    }

    pub(super) fn end(&mut self, second: Second, out: &mut Out<'_>) {
        self.episode.end(second, out);
    }
}

#[cfg(test)]
mod tests {
    use super::super::episode::Rows;
    use super::super::errors::FAILED;
    use super::super::finding::{Finding, Unit};
    use super::super::tests::Dice;
    use super::super::why::Journal;
    use super::*;
    use crate::aggregate::wire::{AnomalyKind, AnomalyState};

    const ABOUT: About<'_> = About {
        kind: AnomalyKind::Errors5xx,
        unit: Unit::PerS,
        site: None,
        key: None,
        rows: Rows::None,
    };

    /// Seconds until a surge to `times` the rate is known, in the given part of the tries.
    fn delay_s(rate: f64, times: f64, part: f64) -> f64 {
        let mut delays = Vec::new();
        for seed in 0..60 {
            let mut dice = Dice(seed);
            // As if it had been learnt of ten thousand events.
            let mut count = Count::new(Rate::new(1e4, 1e4 / rate, 1.0));
            for t in 0..100 {
                let base = FAILED + count.busy(0.0);
                count.push(Second(t), (dice.poisson(rate) as f64, 1.0), base, true);
            }
            let known = (100..100_000).find(|&t| {
                let n = dice.poisson(rate * times) as f64;
                let base = FAILED + count.busy(0.0);
                let look = count.push(Second(t), (n, 1.0), base, true);
                look.score >= look.threshold
            });
            delays.push(known.unwrap() - 99);
        }
        delays.sort_unstable();
        delays[(delays.len() as f64 * part) as usize] as f64
    }

    #[test]
    fn a_surge_is_known_about_as_soon_as_it_can_be() {
        for (rate, most_s) in [(1.0, 5.0), (2.0, 5.0), (10.0, 2.0)] {
            let delay_s = delay_s(rate, 5.0, 0.9);
            assert!(delay_s <= most_s, "{rate} a second: {delay_s} s");
        }
        // ln of three quiet days over the divergence of 5 times the rate: 2.8 events' time.
        for rate in [0.05, 0.1, 0.2, 0.5] {
            let (delay_s, most_s) = (delay_s(rate, 5.0, 0.5), 1.5 * 2.8 / rate + 2.0);
            assert!(delay_s <= most_s, "{rate} a second: {delay_s} s, {most_s} s allowed");
        }
    }

    /// What is said last of an hour in which `rate` becomes `times` as much from second 600 to 780, with an ordinary
    /// error 7 s before and 9 and 45 s behind it, and since when it was last said to be over before it was.
    fn dated(seed: u64, rate: f64, times: f64) -> (Finding, Option<Second>) {
        let mut dice = Dice(seed);
        let mut count = Count::new(Rate::new(1e4, 1e4 / rate, 1.0));
        let (mut next_id, mut journal) = (0, Journal::default());
        let mut said = Vec::new();
        for t in 0..3600 {
            let is_surge = (600..780).contains(&t);
            let stray = f64::from(matches!(t, 593 | 789 | 825));
            let n = dice.poisson(if is_surge { rate * times } else { rate }) as f64 + stray;
            let base = FAILED + count.busy(0.0);
            let look = count.push(Second(t), (n, 1.0), base, true);
            let mut out = Out::new(&mut next_id, &mut journal);
            count.step(Second(t), &look, &ABOUT, &mut out);
            said.append(&mut out.findings);
        }
        let calm = said.iter().rev().find_map(|finding| finding.usual_since);
        (said.pop().expect("it is told"), calm)
    }

    #[test]
    fn a_surge_is_dated_by_its_rate_and_not_by_an_ordinary_error_beside_it() {
        for (rate, times) in [(0.015, 60.0), (0.2, 20.0), (2.0, 5.0)] {
            let (mut before, mut behind, mut agree) = (Vec::new(), Vec::new(), 0);
            for seed in 0..100 {
                let (told, calm) = dated(seed, rate, times);
                assert_eq!(told.state, AnomalyState::Closed);
                agree += i32::from(told.end == calm);
                before.push((told.start.0 - 600).abs());
                behind.push((told.end.expect("it is over").0 - 780).abs());
            }
            before.sort_unstable();
            behind.sort_unstable();
            assert!(before[50] <= 2 && behind[50] <= 2, "{rate} {times}: {before:?} {behind:?}");
            assert!(behind[90] <= 5, "{rate} {times}: {behind:?}");
            // By chance as many errors as in a surge may come soon behind it.
            assert!(agree >= 98, "{rate} {times}: {agree}");
        }
    }

    #[test]
    fn chance_is_no_surge() {
        for rate in [0.02, 0.2, 2.0] {
            let mut dice = Dice(5);
            let mut count = Count::new(Rate::new(1e4, 1e4 / rate, 1.0));
            let surges = (0..200_000)
                .filter(|&t| {
                    let n = dice.poisson(rate) as f64;
                    let base = FAILED + count.busy(0.0);
                    let look = count.push(Second(t), (n, 1.0), base, true);
                    look.score >= look.threshold
                })
                .count();
            assert_eq!(surges, 0, "{rate} a second");
        }
    }

    #[test]
    fn logarithms_are_those_of_their_ratios() {
        for size in SIZES.iter().chain(&OUTAGE) {
            assert!((size.observed - (size.expected + 1.0).ln()).abs() < 1e-12);
        }
    }
}

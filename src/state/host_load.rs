//! How busy the host was in the past day, second by second.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::aggregate::wire::{HostPoint, Series};
use crate::vocab::time::Second;

/// Seconds kept: the longest live window, 3.3 MiB.
pub const MAX_POINTS: usize = 86_400;

/// See the module. A second that was not sampled is a gap.
#[derive(Debug, Default)]
pub struct HostLoad {
    /// By second, rising.
    points: Mutex<VecDeque<(Second, HostPoint)>>,
}

impl HostLoad {
    /// Keeps the sample of a second. Seconds rise: one that does not has its sample already.
    pub fn push(&self, second: Second, point: HostPoint) {
        let mut points = self.points();
        if points.back().is_some_and(|(newest, _)| second <= *newest) {
            return;
        }
        if points.len() == MAX_POINTS {
            points.pop_front();
        }
        points.push_back((second, point));
    }

    /// Puts the mean load of each step's seconds into `series`; a step without a sample has none.
    pub fn fill(&self, series: &mut Series) {
        let points = self.points();
        let step_s = i64::from(series.step_s.max(1));
        for (i, t) in series.t.iter().enumerate() {
            let (start, end) = (Second(*t), Second(t.saturating_add(step_s)));
            let from = points.partition_point(|(second, _)| *second < start);
            let of_step =
                points.range(from..).take_while(|(second, _)| *second < end).map(|(_, p)| p);
            let mean = mean(of_step);
            series.cpu[i] = mean.map(|p| p.cpu);
            series.memory[i] = mean.map(|p| p.memory);
            series.rx[i] = mean.map(|p| p.rx);
            series.tx[i] = mean.map(|p| p.tx);
        }
    }

    fn points(&self) -> MutexGuard<'_, VecDeque<(Second, HostPoint)>> {
        self.points.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Rounded to what a chart can show: seventeen digits were half the text of a snapshot.
fn mean<'a>(points: impl Iterator<Item = &'a HostPoint>) -> Option<HostPoint> {
    let (mut sum, mut n) = (HostPoint::default(), 0.0);
    for point in points {
        sum.cpu += point.cpu;
        sum.memory += point.memory;
        sum.rx += point.rx;
        sum.tx += point.tx;
        n += 1.0;
    }
    let share = |sum: f64| (sum / n * 1e4).round() / 1e4;
    (n > 0.0).then(|| HostPoint {
        cpu: share(sum.cpu),
        memory: share(sum.memory),
        rx: (sum.rx / n).round(),
        tx: (sum.tx / n).round(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::wire::Point;

    fn point(n: i64) -> HostPoint {
        let n = n as f64;
        HostPoint { cpu: n / 1e3, memory: 0.5, rx: n * 10.0, tx: n + 0.4 }
    }

    /// Series of `steps` steps of `step_s` from `t`, filled from the samples of `seconds`.
    fn filled(seconds: &[i64], t: i64, step_s: u32, steps: i64) -> Series {
        let load = HostLoad::default();
        for &second in seconds {
            load.push(Second(second), point(second));
        }
        let mut series = Series { step_s, ..Series::default() };
        for i in 0..steps {
            series.push(Point { t: t + i * i64::from(step_s), ..Point::default() });
        }
        load.fill(&mut series);
        series
    }

    #[test]
    fn a_step_has_the_mean_of_its_seconds_and_a_gap_has_none() {
        let every: Vec<i64> = (100..130).collect();
        for (name, seconds, t, step_s, cpu) in [
            ("seconds", &every[..3], 99, 1, &[None, Some(0.1), Some(0.101), Some(0.102), None][..]),
            ("a gap", &[100, 102], 100, 1, &[Some(0.1), None, Some(0.102)]),
            ("tens", &every, 90, 10, &[None, Some(0.1045), Some(0.1145), Some(0.1245), None]),
            ("a step half sampled", &[100, 104], 100, 10, &[Some(0.102)]),
            ("longer than everything", &every, 0, 3600, &[Some(0.1145), None]),
            ("no samples", &[], 0, 1, &[None, None]),
            ("no steps", &every, 0, 1, &[]),
        ] {
            let series = filled(seconds, t, step_s, cpu.len() as i64);
            assert_eq!(series.cpu, cpu, "{name}");
        }
        let series = filled(&every, 100, 10, 1);
        assert_eq!(
            (series.memory[0], series.rx[0], series.tx[0]),
            (Some(0.5), Some(1045.0), Some(105.0))
        );
    }

    #[test]
    fn a_second_has_one_sample_and_the_day_has_an_end() {
        let load = HostLoad::default();
        for second in [5, 6, 6, 4] {
            load.push(Second(second), point(second));
        }
        assert_eq!(load.points().len(), 2);
        for second in 0..MAX_POINTS as i64 + 10 {
            load.push(Second(second), point(second));
        }
        assert_eq!(load.points().len(), MAX_POINTS);
        assert_eq!(load.points()[0].0, Second(10));
    }
}

use proptest::prelude::*;

use super::*;
use crate::aggregate::detect::tests::Dice;

const STEP_S: i64 = 60;

impl Dice {
    /// A sum of twelve is close to a bell curve.
    fn bell(&mut self) -> f64 {
        (0..12).map(|_| self.part()).sum::<f64>() - 6.0
    }
}

fn bell(count: usize, seed: u64) -> Vec<f64> {
    let mut dice = Dice(seed);
    (0..count).map(|_| dice.bell()).collect()
}

fn judge(values: &[f64]) -> Vec<Judged> {
    go_on(&mut Record::default(), 0, values)
}

/// The values in even steps from the `start`th.
fn go_on(series: &mut Record, start: usize, values: &[f64]) -> Vec<Judged> {
    (start..).zip(values).map(|(i, value)| series.push(Second(i as i64 * STEP_S), *value)).collect()
}

/// Where it was told.
fn told(judged: &[Judged]) -> Vec<usize> {
    (0..judged.len()).filter(|&i| judged[i].anomaly).collect()
}

/// Whether something was told in the `within` values from each of these on.
fn told_each(judged: &[Judged], at: &[usize], within: usize) -> Vec<bool> {
    let told = told(judged);
    at.iter().map(|&at| told.iter().any(|t| (at..at + within).contains(t))).collect()
}

#[test]
fn a_series_takes_less_than_4_kib() {
    assert!(size_of::<Record>() <= 4096, "{}", size_of::<Record>());
    assert!(!std::mem::needs_drop::<Record>(), "nothing of it lies elsewhere");
}

#[test]
fn nothing_is_said_of_the_first_values() {
    let mut values = vec![1.0; SILENT as usize];
    values[SILENT as usize - 1] = 1e9;
    let judged = judge(&values);
    assert!(judged.iter().all(|judged| judged.score == 0.0 && judged.low.is_none()));
}

#[test]
fn a_constant_is_calm_and_its_first_change_is_told() {
    for constant in [0.0, 0.1, -7e100, 1e300] {
        let mut values = vec![constant; 500];
        values.push(if constant == 0.0 { 1.0 } else { constant * 0.99 });
        // 1e300 and what is close to it count as the same.
        let expected = if constant == 1e300 { vec![] } else { vec![500] };
        assert_eq!(told(&judge(&values)), expected, "{constant}");
    }
}

#[test]
fn a_counter_is_told_once_a_day_at_most_and_at_its_reset() {
    let mut values: Vec<f64> = (0..5000).map(|i| f64::from(i) * 100.0).collect();
    values.extend((0..100).map(|i| f64::from(i) * 100.0));
    // Each midnight the hour's mean is further behind; rates are what should be judged.
    assert_eq!(told(&judge(&values)), [1440, 2880, 4320, 5000]);
}

/// A record is broken by the first alone; the distance from the mean tells the others.
#[test]
fn each_of_equal_spikes_is_told_unless_they_are_usual() {
    let spiked = |every: usize| {
        let mut values = bell(12_000, 1);
        let at: Vec<usize> = (3000..12_000).step_by(every).collect();
        at.iter().for_each(|&at| values[at] += 60.0);
        (judge(&values), at)
    };
    let (judged, at) = spiked(1500);
    assert_eq!(told_each(&judged, &at, 1), [true; 6]);
    let (judged, at) = spiked(150);
    let told = told_each(&judged, &at, 1).iter().filter(|told| **told).count();
    assert!(told <= at.len() / 4, "{told} of {}", at.len());
}

#[test]
fn a_small_shift_that_stays_is_told_while_a_value_like_it_is_not() {
    let mut values = bell(4000, 2);
    values[2000] += 3.0;
    values[3000..].iter_mut().for_each(|value| *value += 3.0);
    let judged = judge(&values);
    assert_eq!(told_each(&judged, &[2000, 3000], 20), [false, true]);
}

#[test]
fn falling_silent_and_growing_restless_are_told() {
    for (factor, within) in [(0.02, 150), (4.0, 30)] {
        let mut values = bell(4000, 3);
        values[3000..].iter_mut().for_each(|value| *value *= factor);
        assert_eq!(told_each(&judge(&values), &[3000], within), [true], "{factor}");
    }
}

#[test]
fn a_night_like_day_in_the_rhythm_of_days_is_told() {
    let mut dice = Dice(4);
    let day = 86_400 / STEP_S as usize;
    let mut values: Vec<f64> = (0..10 * day)
        .map(|i| {
            let hour = i % day * 24 / day;
            10.0 + if (8..18).contains(&hour) { 50.0 } else { 0.0 } + dice.bell()
        })
        .collect();
    let noon = 8 * day + day / 2;
    values[noon..noon + 60].fill(10.0);
    let judged = judge(&values);
    assert_eq!(told_each(&judged, &[noon], 60), [true]);
    assert!(told(&judged[2 * day..noon]).len() <= 3, "{:?}", told(&judged));
}

#[test]
fn a_lesser_record_is_told_once_the_greater_is_forgotten() {
    // Spikes that are no 16 deviations, so that only records tell them.
    let hours = 24 * 7 * 52;
    let mut values = bell(hours, 6);
    let at = [2500, 3000, 8500];
    for (at, height) in at.into_iter().zip([8.0, 6.0, 6.0]) {
        values[at..at + 10].iter_mut().for_each(|value| *value += height);
    }
    let mut series = Record::default();
    let judged: Vec<Judged> =
        (0..).zip(&values).map(|(i, value)| series.push(Second(i * 3600), *value)).collect();
    assert_eq!(told_each(&judged, &at, 10), [true, false, true]);
}

#[test]
fn a_missing_value_changes_nothing() {
    let values = bell(500, 7);
    let mut holed = Record::default();
    for (i, (value, whole)) in values.iter().zip(judge(&values)).enumerate() {
        let time = Second(i as i64 * STEP_S);
        for missing in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let judged = holed.push(time, missing);
            assert_eq!((judged.score, judged.anomaly), (0.0, false));
        }
        assert_eq!(holed.push(time, *value), whole);
    }
}

#[test]
fn a_value_behind_a_gap_is_no_jump_from_the_one_before() {
    let jumping = |gap: i64| {
        let mut series = Record::default();
        go_on(&mut series, 0, &[0.0, 1.0].repeat(1000));
        series.push(Second(2000 * STEP_S + gap), 40.0);
        series.views.jumps[0]
    };
    assert!(jumping(0) > 5.0);
    assert!(jumping(30 * STEP_S) < 1.1);
}

#[test]
fn a_first_time_from_a_broken_clock_does_not_stop_the_forgetting() {
    let mut series = Record::default();
    series.push(Second(i64::MAX), 0.0);
    go_on(&mut series, 0, &bell(2 * SPAN_S as usize / STEP_S as usize, 8));
    assert!(series.span_start > 0 && series.span_start < SPAN_S * 2);
}

#[test]
fn a_state_whose_numbers_make_no_sense_still_judges() {
    let mut series = Record::default();
    go_on(&mut series, 0, &bell(200, 9));
    let mut state = serde_json::to_value(&series).unwrap();
    for (key, number) in [("variance", -1.0), ("mean", 1e308), ("told", -1e308)] {
        state[key] = number.into();
    }
    let mut series: Record = serde_json::from_value(state).unwrap();
    for judged in go_on(&mut series, 200, &[1e150, -1e150, 0.0]) {
        assert!((0.0..=1.0).contains(&judged.score), "{judged:?}");
    }
}

/// Plain numbers, huge and tiny ones, and whatever a float may be.
fn any_value() -> impl Strategy<Value = f64> {
    prop_oneof![4 => -100.0..100.0, 2 => Just(7.0), 1 => any::<f64>(), 1 => Just(f64::NAN),
        1 => Just(1e300), 1 => Just(-1e300), 1 => Just(5e-324)]
}

/// Even steps, repeated times, steps back, gaps, and the ends of time.
fn any_step() -> impl Strategy<Value = i64> {
    prop_oneof![6 => Just(60), 1 => Just(0), 1 => -1000_i64..1000, 1 => Just(SPAN_S),
        1 => any::<i64>()]
}

/// As many series as these, for long ones take a moment without optimisation.
const CASES: u32 = 48;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(CASES))]

    #[test]
    fn any_series_gets_finite_scores(rows in prop::collection::vec((any_step(), any_value()), 1..3000)) {
        let (mut series, mut time) = (Record::default(), 0_i64);
        for (step, value) in rows {
            time = time.wrapping_add(step);
            let judged = series.push(Second(time), value);
            prop_assert!((0.0..=1.0).contains(&judged.score), "{judged:?}");
            prop_assert!(!judged.anomaly || judged.score >= UNUSUAL);
            prop_assert!(judged.expected.is_finite());
            prop_assert_eq!(judged.low.is_some(), judged.high.is_some());
            if let (Some(low), Some(high)) = (judged.low, judged.high) {
                prop_assert!(low.is_finite() && high.is_finite() && low <= high, "{judged:?}");
            }
        }
    }

    /// Not exactly, for sums round differently.
    #[test]
    fn scores_know_no_unit_and_no_offset(
        seed: u64,
        exponent in -40_i32..40,
        sign in prop_oneof![Just(1.0), Just(-1.0)],
        offset in -1e3..1e3,
    ) {
        let mut values = bell(1500, seed);
        values[1200] += 30.0;
        let factor = sign * 10_f64.powi(exponent);
        let moved: Vec<f64> = values.iter().map(|value| (value + offset) * factor).collect();
        for (one, other) in judge(&values).iter().zip(judge(&moved)) {
            prop_assert!((one.score - other.score).abs() < 1e-4, "{one:?} {other:?}");
        }
    }

    /// JSON's numbers are read back to the last bit but one.
    #[test]
    fn a_restored_series_goes_on_as_if_nothing_was(seed: u64, cut in 0_usize..1500) {
        let mut values = bell(1500, seed);
        values[1400] += 30.0;
        let mut series = Record::default();
        go_on(&mut series, 0, &values[..cut]);
        let kept = serde_json::to_string(&series).unwrap();
        let mut restored: Record = serde_json::from_str(&kept).unwrap();
        let one = go_on(&mut series, cut, &values[cut..]);
        let other = go_on(&mut restored, cut, &values[cut..]);
        prop_assert_eq!(told(&one), told(&other));
        for (one, other) in one.iter().zip(other) {
            prop_assert!((one.score - other.score).abs() < 1e-9, "{one:?} {other:?}");
        }
    }

    #[test]
    fn a_value_outside_the_band_is_unusual(seed: u64, length in 100_usize..1500, up: bool) {
        let values = bell(length, seed);
        let mut series = Record::default();
        go_on(&mut series, 0, &values);
        // The band does not depend on the value that comes.
        let next = Second(length as i64 * STEP_S);
        let judged = series.clone().push(next, 0.0);
        let (low, high) = (judged.low.unwrap(), judged.high.unwrap());
        let margin = (high - low) / 1000.0;
        let outside = series.push(next, if up { high + margin } else { low - margin });
        prop_assert!(outside.score >= UNUSUAL, "{judged:?} {outside:?}");
    }
}

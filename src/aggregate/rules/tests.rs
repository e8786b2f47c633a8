use proptest::prelude::*;

use super::*;
use crate::aggregate::wire::AnomalyState;
use crate::vocab::time::Second;

fn rule(text: &str) -> Rule {
    match Rule::parse(text) {
        Ok(rule) => rule,
        Err(error) => panic!("{text}: {error}"),
    }
}

#[test]
fn a_rule_is_read_and_written_in_its_normal_form() {
    for (text, normal) in [
        ("status:5xx rate > 2% for 1m", "status:5xx rate > 2% for 1m"),
        ("status:5xx  rate>2.5 %  for 60s", "status:5xx rate > 2.5% for 1m"),
        ("latency p95 > 800ms for 5m", "latency p95 > 800ms for 5m"),
        ("Latency MAX >= 1.5 s for 90s", "latency max >= 1.5s for 90s"),
        ("latency p50 < 70ms for 1s", "latency p50 < 70ms for 1s"),
        ("path:/checkout count < 1 for 10m", "path:/checkout count < 1 for 10m"),
        ("count>300/min for 1h", "count > 5/s for 1h"),
        ("count > 5 min 1 for 1m", ""),
        (
            "latency>0.5 status:200 rate > 10% min 50 for 5min",
            "status:200 latency>0.5 rate > 10% min 50 for 5m",
        ),
        ("bytes > 2GB for 1d", "bytes > 2GB for 1d"),
        ("bytes>1000 bytes > 1 KiB for 1s", "bytes>1000 bytes > 1024B for 1s"),
        (
            r#"agent:"a \" count > b" count > 1 for 1s"#,
            r#"agent:"a \" count > b" count > 1 for 1s"#,
        ),
        ("path:/count count > 1_000 for 24h", "path:/count count > 1000 for 1d"),
    ] {
        match Rule::parse(text) {
            Ok(rule) => {
                assert_eq!(rule.as_str(), normal, "{text}");
                assert_eq!(super::Rule::parse(rule.as_str()), Ok(rule), "{text}");
            }
            Err(error) => assert_eq!(normal, "", "{text}: {error}"),
        }
    }
}

#[test]
fn what_is_no_rule_is_told_at_its_place() {
    for (text, at, words) in [
        ("", 0, "does not say what is measured"),
        ("status:5xx", 10, "what is measured is rate, count"),
        ("sttus:5xx rate > 2% for 1m", 0, "did you mean `status`?"),
        (
            "status:5xx rat > 2% for 1m",
            11,
            "`rat` is neither a part of a filter nor what is measured",
        ),
        ("latency > 1s for 1m", 8, "which latency is meant"),
        ("latency p96 > 1s for 1m", 8, "`p96` is no quantile; write latency p50"),
        ("rate 2% for 1m", 5, "`2%` compares nothing; write >"),
        ("rate > two for 1m", 7, "`two` is no number; write it like 2%"),
        ("rate > for 1m", 7, "`for` is no number"),
        ("rate > 2 for 1m", 9, "the threshold has no unit; write it like 2%"),
        ("rate > 2s for 1m", 8, "`s` is no unit of this; write it like 2%"),
        ("rate > 200% for 1m", 10, "is more than all"),
        ("latency p95 > 800 for 1m", 18, "has no unit; write it like 800ms"),
        ("count > 5% for 1m", 9, "`%` is no unit of this; write it like 50, or 5/s"),
        ("count > 5 min 2 for 1m", 10, "`min` means nothing to a sum"),
        ("rate > 2%", 9, "does not say for how long; end it with a span, like `for 1m`"),
        ("rate > 2% over 1m", 10, "`over` can't stand here"),
        ("rate > 2% for", 13, "the span is missing"),
        ("rate > 2% for 5", 15, "the span has no unit"),
        ("rate > 2% for 5y", 15, "`y` is no unit of time; write s, m"),
        ("rate > 2% for 2d", 15, "2d is no span of a rule; whole seconds, 1s to 1d"),
        ("rate > 2% for 0s", 15, "is no span"),
        ("rate > 2% for 0.5s", 17, "is no span"),
        ("rate > 2% for 1m by client", 17, "`by` comes after the end"),
        (
            "rate > 2% by for 1m",
            13,
            "can't be judged by `for`; write by site, by client or by path",
        ),
        ("count > 2 by agent for 1m", 13, "can't be judged by `agent`"),
        (
            "count > 2 by site for 1h",
            23,
            "too long for each value by itself; with `by` a span is 1s to 10m",
        ),
    ] {
        let error = Rule::parse(text).expect_err(text);
        let told = error.to_string();
        assert!(told.contains(words), "{text}: {told}");
        assert_eq!(error.at, at, "{text}: {told}");
    }
}

#[test]
fn a_rate_is_a_share_of_what_was_asked_alike() {
    for (text, base) in [
        ("status:5xx rate > 2% for 1m", ""),
        ("site:a.example status:404 rate > 2% for 1m", "site:a.example"),
        ("path:/buy latency>1 outcome:error rate > 2% for 1m", "path:/buy"),
        ("agent:bot* rate > 20% for 1m", ""),
    ] {
        assert_eq!(rule(text).base.as_str(), base, "{text}");
    }
}

fn part(measured: u64, whole: u64) -> Part {
    Part { measured, whole }
}

/// What a rule says of seconds from 0 on: state, start, detected, end.
fn said(text: &str, parts: &[(u64, u64)]) -> Vec<(AnomalyState, i64, i64, i64)> {
    let mut judge = Judge::new(rule(text));
    let ticks = parts.iter().enumerate().filter_map(|(at, &(measured, whole))| {
        judge.tick(Second(at as i64), part(measured, whole))
    });
    let told = ticks.map(|f| (f.state, f.start.0, f.detected.0, f.end.0));
    told.filter(|(state, ..)| *state != AnomalyState::Update).collect()
}

#[test]
fn a_rule_is_broken_once_and_over_when_it_has_held_for_its_span() {
    use AnomalyState::{Closed, Open};
    let mut seconds = vec![(0, 10); 30];
    seconds.extend([(5, 10); 10]);
    seconds.extend([(0, 10); 60]);
    // 20 of 200 are 10 %: the fifth bad second passes it. The shortest stretch that does by itself is
    // these five; the last span with enough of them ends at 54.
    let told = said("status:5xx rate > 10% for 20s", &seconds);
    assert_eq!(told, [(Open, 30, 34, 35), (Closed, 30, 34, 55)]);
    // Too little: nothing is said before a span has passed, then of the whole span.
    let told = said("count < 1 for 20s", &[(0, 0); 25]);
    assert_eq!(told, [(Open, 0, 19, 20)]);
    // Too much is too much before the span is whole.
    let told = said("count > 3 for 1h", &[(2, 0), (2, 0), (0, 0)]);
    assert_eq!(told, [(Open, 0, 1, 2)]);
    // Flapping within the calm is one.
    let flapping: Vec<(u64, u64)> = (0..40).map(|n| (u64::from(n % 5 == 0), 0)).collect();
    assert_eq!(said("count > 0 for 1s", &flapping), [(Open, 0, 0, 1)]);
    // On too few nothing is said.
    assert_eq!(said("rate > 10% min 50 for 2s", &[(1, 2); 10]), []);
}

#[test]
fn a_gap_begins_anew_and_a_known_silence_does_not() {
    let mut judge = Judge::new(rule("count < 1 for 10s"));
    for second in 0..9 {
        assert_eq!(judge.tick(Second(second), part(0, 0)), None);
    }
    assert_eq!(judge.tick(Second(1000), part(0, 0)), None, "who slept knows nothing");
    assert_eq!(judge.nothing(Second(1001), Second(1_000_000_000)).len(), 1);
    let open = judge.open().expect("it goes on");
    assert_eq!((open.detected, open.end), (Second(1009), Second(1_000_000_000)));
    for second in 0..9 {
        assert_eq!(judge.tick(Second(1_000_000_000 + second), part(5, 0)), None);
    }
    let over = judge.tick(Second(1_000_000_009), part(5, 0)).expect("over");
    assert_eq!((over.state, over.end), (AnomalyState::Closed, Second(1_000_000_000)));
}

/// The longest of the `rank` shortest, by sorting.
fn nearest_rank(times: &mut [u32], thousandths: u64) -> u32 {
    times.sort_unstable();
    let rank = (times.len() as u64 * thousandths).div_ceil(1000).max(1);
    times[rank as usize - 1]
}

proptest! {
    #[test]
    fn a_quantile_is_judged_as_if_all_were_sorted(
        times in proptest::collection::vec(0u32..20, 1..60),
        quantile in prop_oneof![Just(("p50", 500)), Just(("p90", 900)), Just(("p95", 950)), Just(("p99", 990)), Just(("max", 1000))],
        sign in prop_oneof![Just(">"), Just(">="), Just("<"), Just("<=")],
        threshold in 0u32..20,
    ) {
        let rule = rule(&format!("latency {} {sign} {threshold}ms for 1s", quantile.0));
        let far = |ms: u32| match rule.sign {
            Sign::Above | Sign::AtMost => ms > threshold,
            Sign::AtLeast | Sign::Below => ms >= threshold,
        };
        let measured = times.iter().filter(|ms| far(**ms)).count() as u64;
        let broken = Judge::new(rule.clone()).tick(Second(0), part(measured, times.len() as u64)).is_some();
        let value = nearest_rank(&mut times.clone(), quantile.1);
        prop_assert_eq!(broken, rule.sign.holds(value.into(), threshold.into()));
    }

    #[test]
    fn the_running_sum_is_the_sum(parts in proptest::collection::vec((0u64..9, 9u64..20), 1..80), span in 1usize..20) {
        let rule = rule(&format!("rate >= 30% for {span}s"));
        let mut judge = Judge::new(rule);
        for (at, _) in parts.iter().enumerate() {
            judge.tick(Second(at as i64), part(parts[at].0, parts[at].1));
            let last = &parts[(at + 1).saturating_sub(span)..=at];
            let (measured, whole) = last.iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
            let broken = at + 1 >= span && measured * 100 >= 30 * whole;
            let ends_now = judge.open().is_some_and(|open| open.end == Second(at as i64 + 1));
            prop_assert_eq!(ends_now, broken);
        }
    }

    #[test]
    fn any_text_is_a_rule_or_told_in_its_place(text in "(status:5xx |path:\"a )?(rate|count|latency p95|bytes|.{0,5}) ?(>|<=|=|) ?[0-9.%smµ/h]{0,6} ?(min|for)? ?[0-9.dhms]{0,5}.{0,3}") {
        match Rule::parse(&text) {
            Ok(rule) => prop_assert!(Rule::parse(rule.as_str()).is_ok(), "{}", rule.as_str()),
            Err(error) => prop_assert!(error.at <= text.len()),
        }
    }
}

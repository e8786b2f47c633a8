//! What the load's lines are held to.

use std::collections::HashSet;

use chrono::DateTime;

use crate::lines::{Maker, Mix, Now, Pool, Variety};

fn texts(pool: &Pool, count: u64, bare: bool) -> Vec<String> {
    let now = Now::new(DateTime::from_timestamp(1_800_000_000, 0).unwrap());
    let line = |i| {
        let mut line = Vec::new();
        pool.write(i, &now, bare, &mut line);
        String::from_utf8(line).unwrap()
    };
    (0..count).map(line).collect()
}

fn combined() -> Mix {
    "combined=1".parse().unwrap()
}

#[test]
fn lines_are_as_long_and_as_different_as_the_readme_says() {
    let lines = texts(&Pool::new(&combined(), 100_000), 100_000, false);
    let mean = lines.iter().map(String::len).sum::<usize>() / lines.len();
    assert!((245..=255).contains(&mean), "{mean}");
    let quoted = |n| lines.iter().map(move |l| l.split('"').nth(n).unwrap());
    assert_eq!(quoted(5).collect::<HashSet<_>>().len(), 147, "agents");
    let status = quoted(2).map(|text| text.split(' ').nth(1).unwrap());
    assert_eq!(status.collect::<HashSet<_>>().len(), 13, "statuses");
    let malformed = quoted(1).filter(|r| r.is_empty() || r.starts_with("\\x16")).count();
    assert!((100..=300).contains(&malformed), "{malformed}");
    let queries = quoted(1).filter(|request| request.contains('?')).count();
    assert!((19_000..=21_000).contains(&queries), "{queries}");
}

#[test]
fn a_value_in_turn_comes_in_four_times_as_many_lines() {
    let variety = Variety { clients: 500, in_turn: true, ..Variety::USUAL };
    let lines = texts(&Maker::new(&combined(), variety).pool(2000), 2000, true);
    let clients = lines.iter().map(|l| l.split(' ').next().unwrap());
    assert_eq!(clients.collect::<HashSet<_>>().len(), 500);
}

#[test]
fn lines_of_a_length_have_it() {
    let pool = Maker::new(&combined(), Variety::USUAL).of_length(1000, 300);
    let lines = texts(&pool, 1000, false);
    assert!(lines.iter().all(|l| l.len() == 300 && l.ends_with('"')));
}

use proptest::prelude::*;

use super::*;
use crate::aggregate::block::Block;
use crate::aggregate::row::Row;
use crate::vocab::time::Second;

/// Of each target and of several, from what hardly a row has to what most have.
const FILTERS: [&str; 20] = [
    "",
    "status:5xx",
    "-status:404",
    "status:200 status:404 -path:/p/1",
    "-status:-",
    "outcome:success",
    "kind:error",
    "-kind:message",
    "site:a.example",
    "-site:a.example -path:/p/7",
    "path:/p/300",
    "path:/p/1*",
    "-path:/p/2* status:2xx",
    "bytes>70000",
    "bytes:0 bytes:-",
    "-bytes:- latency>0.00005 bytes<66k",
    "latency>5000",
    "ip_version:v4",
    "agent:bot -site:b.example",
    "level:error",
];

/// Rows whose values are `spread` over more or fewer, of requests alone or of every kind.
fn rows(seed: u64, len: usize, spread: u64, mixed: bool, texts: &[String]) -> Vec<Row<'_>> {
    let mut dice = seed;
    let mut next = |below: u64| {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (dice >> 33) % below
    };
    let row = |_| {
        let kind =
            if mixed { Kind::ALL[next(12).saturating_sub(9) as usize] } else { Kind::Access };
        let mut row = Row::new(kind);
        if kind == Kind::Access {
            row.status = [200, 200, 200, 304, 404, 500, 0, 999][next(8) as usize];
            row.bytes = (next(9) != 0).then(|| next(spread * spread * spread));
            row.request_us = (next(9) != 0).then(|| next(spread * spread) as u32);
        }
        if kind == Kind::Error {
            row.set(Field::Level, ["error", "warn"][next(2) as usize]);
        }
        row.set(Field::Path, &texts[next(spread) as usize % texts.len()]);
        row.set(Field::Site, ["a.example", "b.example", "-"][next(spread.min(3)) as usize]);
        row.set(Field::Client, ["203.0.113.9", "2001:db8::1"][next(2) as usize]);
        row.set(Field::Agent, ["Googlebot/2.1", "curl/8.5.0"][next(2) as usize]);
        row
    };
    (0..len).map(row).collect()
}

/// What batches are made of, by kind.
fn take(into: &mut [Vec<u32>; 3], batch: &Batch<'_>) {
    assert!(!batch.is_empty());
    into[0].extend((0..batch.access.len()).map(|at| batch.access.row(at) as u32));
    into[1].extend(batch.errors);
    into[2].extend(batch.messages);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_scan_finds_the_rows_that_the_filter_allows(
        seed in any::<u64>(),
        len in 1usize..5000,
        cut in (0usize..1000, 0usize..1000),
        spread in prop::sample::select(vec![1u64, 3, 40, 700]),
        (mixed, packed) in any::<(bool, bool)>(),
    ) {
        let texts: Vec<String> = (0..700).map(|n| format!("/p/{n}")).collect();
        let rows = rows(seed, len, spread, mixed, &texts);
        let (mut dictionaries, mut columns) = (Dictionaries::default(), Columns::default());
        let mut block = Block::new(Second(0));
        rows.iter().for_each(|row| block.append(row));
        dictionaries.append(&block, &mut columns, 0);
        if packed {
            columns.pack();
        }
        let start = cut.0.min(len);
        let end = start.max(len.saturating_sub(cut.1));
        for text in FILTERS {
            let filter = Filter::parse(text).expect(text);
            let mut expected: [[Vec<u32>; 3]; 2] = Default::default();
            for (at, row) in (0u32..).zip(&rows).take(end).skip(start) {
                expected[usize::from(!filter.matches(row))][row.kind as usize].push(at);
            }
            let mut scanner = Scanner::new(&filter);
            // What it has learnt the first time changes nothing.
            for _ in 0..2 {
                let mut found: [Vec<u32>; 3] = Default::default();
                scanner.scan(&columns, (start, end - start), &dictionaries, |batch| {
                    take(&mut found, &batch);
                });
                prop_assert_eq!(&found, &expected[0], "`{}`", text);
                let mut parts: [[Vec<u32>; 3]; 2] = Default::default();
                scanner.split(&columns, (start, end - start), &dictionaries, |part, batch| {
                    take(&mut parts[part as usize], &batch);
                });
                prop_assert_eq!(&parts, &expected, "`{}`", text);
                let (mut marked, mut rest): (Vec<u32>, [Vec<u32>; 3]) = Default::default();
                let mut next = start;
                scanner.sieve(&columns, (start, end - start), &dictionaries, |piece| match piece {
                    Piece::Marks(at, marks) => {
                        assert_eq!(at, next);
                        next += marks.len();
                        let rows = (at as u32..).zip(marks).filter(|(_, mark)| **mark == 1);
                        marked.extend(rows.map(|(row, _)| row));
                    }
                    Piece::Rest(batch) => take(&mut rest, &batch),
                });
                prop_assert_eq!(next, end);
                prop_assert_eq!((&marked, &rest), (&expected[0][0], &expected[1]), "`{}`", text);
            }
        }
    }
}

#[test]
fn marks_are_the_rows_at_their_places() {
    for len in [0, 1, 7, 8, 63, 64, 65, 200] {
        for every in [1, 2, 3, 5, 64, 1000] {
            let marks: Vec<u8> = (0..len).map(|at| u8::from(at % every == every - 1)).collect();
            for (part, wanted) in [(Side::Matching, 1), (Side::Rest, 0)] {
                let mut found = vec![9];
                collect(&marks, 100, part, &mut found);
                let rows = (100u32..).zip(&marks).filter(|(_, mark)| **mark == wanted);
                let rows: Vec<u32> = [9].into_iter().chain(rows.map(|(row, _)| row)).collect();
                assert_eq!(found, rows, "{len} {every}");
            }
        }
    }
}

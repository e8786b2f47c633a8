use proptest::prelude::*;

use super::*;
use crate::aggregate::block::Block;
use crate::aggregate::dictionaries::Dictionaries;
use crate::aggregate::render::event_row;
use crate::aggregate::row::Row;

const SECOND: Second = Second(1_795_341_600);

/// A chunk of one second with `n` rows of every kind, over few and many values.
fn chunk(dictionaries: &mut Dictionaries, n: u32) -> Columns {
    let mut block = Block::new(SECOND);
    for i in 0..n {
        let mut row = Row::new(Kind::ALL[i as usize % 3]);
        row.ms = (i % 1000) as u16;
        row.status = [200, 404, 503][i as usize % 3];
        row.bytes = (i % 2 == 0).then_some(u64::from(i) * 77_777);
        row.request_us = (i % 5 != 0).then_some(i * 13);
        let (path, client) = (format!("/p/{}", i % 91), format!("203.0.113.{}", i % 17));
        row.set(Field::Path, &path);
        row.set(Field::Client, &client);
        row.set(Field::Agent, "curl/8.11.0");
        row.set(Field::Message, "upstream timed out");
        row.set(Field::Level, "error");
        block.append(&row);
    }
    let mut columns = Columns::default();
    dictionaries.append(&block, &mut columns, 0);
    columns
}

fn kept(dictionaries: &Dictionaries, columns: &Columns) -> KeptRows {
    let texts = Field::ALL.map(|field| {
        let (ids, used) = renumbered(columns.text(field));
        let dict = dictionaries.field(field);
        KeptTexts { ids, texts: used.iter().map(|&id| dict.text(id).into()).collect() }
    });
    let segments = vec![(SECOND, columns.len() as u32)];
    KeptRows { segments, numbers: numbers(columns), texts }
}

fn encoded(rows: &KeptRows) -> Vec<u8> {
    let mut bytes = Vec::new();
    rows.encode(&mut bytes);
    bytes
}

#[test]
fn rows_come_back_as_they_were_into_other_dictionaries() {
    let mut before = Dictionaries::default();
    chunk(&mut before, 7);
    let columns = chunk(&mut before, 300);
    let bytes = encoded(&kept(&before, &columns));
    let rows = KeptRows::decode(&bytes).expect("it was just written");
    let mut after = Dictionaries::default();
    let other = chunk(&mut after, 40);
    let adopted = after.adopt(&rows, 1);
    assert!(matches!(adopted.text(Field::Agent), Column::Const(_)), "one value stays one");
    for row in 0..columns.len() {
        assert_eq!(
            event_row(&adopted, row, SECOND, &after),
            event_row(&columns, row, SECOND, &before)
        );
    }
    for derived in crate::aggregate::derived::Derived::ALL {
        let of = |dictionaries: &Dictionaries, columns: &Columns, row| {
            let id = columns.text(derived.field()).get(row) as u32;
            dictionaries.derived_text(derived, id).map(str::to_owned)
        };
        for row in 0..columns.len() {
            assert_eq!(of(&after, &adopted, row), of(&before, &columns, row), "{derived:?}");
        }
    }
    after.evict(&other, 0);
    after.evict(&adopted, 1);
    let left: usize = Field::ALL.iter().map(|field| after.field(*field).iter().count()).sum();
    assert_eq!(left, 0, "what only these rows had goes with them");
}

#[test]
fn what_no_row_can_have_is_refused() {
    let mut dictionaries = Dictionaries::default();
    let columns = chunk(&mut dictionaries, 9);
    let rows = kept(&dictionaries, &columns);
    let spoilt: [fn(&mut KeptRows); 9] = [
        |rows| rows.segments.clear(),
        |rows| rows.segments[0].1 = 0,
        |rows| rows.segments[0].1 = u32::MAX,
        |rows| rows.segments[0].1 += 1,
        |rows| rows.numbers[KEPT_KIND] = Column::Const(3),
        |rows| rows.numbers[KEPT_STATUS] = Column::Const(1000),
        |rows| rows.texts[Field::Path.index()].texts.truncate(1),
        |rows| rows.texts[Field::Agent.index()].texts.resize(10, "more than rows".into()),
        |rows| rows.texts[Field::Site.index()].ids = Column::Const(u64::MAX),
    ];
    for (case, spoil) in spoilt.into_iter().enumerate() {
        let mut rows = rows.clone();
        spoil(&mut rows);
        assert!(KeptRows::decode(&encoded(&rows)).is_none(), "case {case}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_rows_or_none(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = KeptRows::decode(&bytes);
    }

    /// Without the checksum of the file around them: what is read nevertheless can be used.
    #[test]
    fn rows_of_damaged_bytes_are_rows_or_none(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        end in any::<prop::sample::Index>(),
        cut in any::<bool>(),
    ) {
        let mut dictionaries = Dictionaries::default();
        let columns = chunk(&mut dictionaries, 12);
        let mut bytes = encoded(&kept(&dictionaries, &columns));
        for (at, xor) in flips {
            let at = at.index(bytes.len());
            bytes[at] ^= xor;
        }
        if cut {
            bytes.truncate(end.index(bytes.len()));
        }
        if let Some(rows) = KeptRows::decode(&bytes)
            && rows.len() < 1_000
        {
            let adopted = dictionaries.adopt(&rows, 1);
            for row in 0..rows.len() {
                let _ = event_row(&adopted, row, SECOND, &dictionaries);
            }
        }
    }
}

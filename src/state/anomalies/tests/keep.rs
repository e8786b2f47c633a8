//! What outlives a restart, as a file.

use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::state::anomalies::keep::{Damage, Found, Keeper, decode, encode};

#[test]
fn a_file_that_is_not_as_it_was_written_is_found_out() {
    let mut world = World::new();
    world.seconds(900, 0).seconds(10, 8);
    let now = world.now;
    world.anomalies.add_mute(Wish::default(), now);
    let kept = world.anomalies.kept();
    let file = encode(&kept).unwrap();
    let again = decode(&file).expect("it is as it was written");
    let ids = |kept: &Kept| kept.entries.iter().map(|e| e.anomaly.id.clone()).collect::<Vec<_>>();
    assert_eq!((ids(&again), &again.mutes), (ids(&kept), &kept.mutes));
    for end in 0..file.len() {
        assert!(decode(&file[..end]).is_err(), "{end} bytes of {}", file.len());
    }
    for at in (0..file.len()).step_by(7) {
        let mut file = file.clone();
        file[at] ^= 0x10;
        assert!(decode(&file).is_err(), "byte {at}");
    }
    let newer = String::from_utf8_lossy(&file[..20]).replacen(" 1 ", " 9 ", 1);
    let newer = [newer.as_bytes(), &file[20..]].concat();
    assert_eq!(decode(&newer).err(), Some(Damage::Version));
    assert_eq!(decode(b"something else\n").err(), Some(Damage::Foreign));
}

#[test]
fn a_damaged_file_is_set_aside_and_another_process_keeps_off() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("state/tapline");
    let keeper = Keeper::take(&dir).unwrap().expect("it is free");
    assert!(Keeper::take(&dir).unwrap().is_none(), "one at a time");
    assert!(matches!(keeper.load().unwrap(), Found::Nothing));
    let mut world = World::new();
    world.seconds(900, 0).seconds(10, 8);
    keeper.save(&world.anomalies.kept()).unwrap();
    assert!(matches!(keeper.load().unwrap(), Found::Kept(_)));
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!((mode(&keeper.path()) & 0o777, mode(&dir) & 0o777), (0o600, 0o700));
    std::fs::write(keeper.path(), b"tapline anomalies 1 00000000 3\nabc").unwrap();
    let Found::Damaged(damage, aside) = keeper.load().unwrap() else { panic!("it is damaged") };
    assert_eq!((damage, aside.exists()), (Damage::Checksum, true));
    assert!(matches!(keeper.load().unwrap(), Found::Nothing), "and the next start is a fresh one");
    drop(keeper);
    assert!(Keeper::take(&dir).unwrap().is_some(), "free again");
}

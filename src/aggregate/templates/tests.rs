use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The templates of messages as they stand after the last.
fn mined(messages: &[&str]) -> Vec<String> {
    let mut miner = Miner::default();
    let ids: Vec<u32> = messages.iter().map(|message| miner.learn(message).id).collect();
    ids.into_iter().map(|id| miner.text(id)).collect()
}

#[test]
fn values_are_masked_by_their_looks() {
    for (message, template) in [
        ("took 12 ms", "took <*>"),
        ("took 1.5 seconds", "took <*>"),
        ("5.2 KB of 10 GiB, 50% free", "<*> of <*> free"),
        ("at 10:20:30.456 it", "at <*> it"),
        ("from 203.0.113.9:5514 to 2001:db8::1", "from <*> to <*>"),
        ("mac 00:1b:44:11:3a:b7 left", "mac <*> left"),
        ("id 550e8400-e29b-41d4-a716-446655440000 gone", "id <*> gone"),
        ("stack 0x7fed806eb5d, hash 31bf3856ad364e35", "stack <*>, hash <*>"),
        ("facade and decade stay", "facade and decade stay"),
        ("open() \"/srv/a b.png\" failed (2: No)", "open() \"<*> b.png\" failed (<*>: No)"),
        ("in C:\\srv\\x.php on line 3", "in <*> on line <*>"),
        ("to http://10.0.0.1/a?b=c, gone", "to <*>, gone"),
        ("on Thu Jun 09 06:07:04 2005", "on <*>"),
        ("May be", "May be"),
        ("and/or a / b", "and/or a / b"),
        ("std::vector::at", "std::vector::at"),
        ("error -5 and +7", "error <*> and <*>"),
        ("blocks blk_1 blk_-2, blk_3", "blocks blk_<*>"),
        ("speeds ( 1 2 3 4 )", "speeds ( <*> )"),
        ("  many   blanks ", "many blanks"),
        ("a\tb\u{1b}[31mc\u{202e}d", "a b [<*>mcd"),
        ("", ""),
        ("\u{0}", ""),
        ("<*>", "<*>"),
        ("Ünwahr 5 é", "Ünwahr <*> é"),
    ] {
        assert_eq!(mined(&[message]), [template], "{message}");
    }
}

#[test]
fn words_tell_messages_apart_and_values_do_not() {
    for (a, b, is_one) in [
        ("VM 5 Started (Lifecycle Event)", "VM 7 Stopped (Lifecycle Event)", false),
        ("link is up on eth0", "link is up on wlan1", false),
        ("link is up on eth0", "link is up on eth1", true),
        ("cannot read a.conf of the site", "cannot read b/x.conf of the site", true),
        ("denied for user \"ann\" at the door", "denied for user \"bob\" at the door", true),
        ("lock=5, tag=audio, name=phone, uid=3", "lock=6, tag=view, name=screen, uid=9", true),
        ("failure; uid=0 tty=ssh user=root", "failure; uid=0 tty=ssh user=guest", false),
        ("limiting requests, excess 1.5 by zone", "delaying requests, excess 1.5 by zone", false),
        ("error 5", "error timeout", false),
        (
            "close, 5 bytes sent, lifetime <1 sec",
            "close, 5 bytes (4.1 KB) sent, lifetime 00:38",
            true,
        ),
    ] {
        let found = mined(&[a, b]);
        assert_eq!(found[0] == found[1], is_one, "{a} | {b}: {found:?}");
    }
}

#[test]
fn a_place_of_many_words_is_a_value_and_the_oldest_id_stands_for_all() {
    let names = ["ann", "bob", "cleo", "dan", "eve", "fay", "guy", "hal", "ida", "jim"];
    let mut miner = Miner::default();
    let learnt: Vec<Learnt> =
        names.iter().map(|name| miner.learn(&format!("no such user {name} here"))).collect();
    assert!(learnt[..WORDS_MAX].iter().all(|learnt| learnt.new));
    assert!(learnt[WORDS_MAX..].iter().all(|learnt| !learnt.new));
    for learnt in learnt {
        assert_eq!(miner.now(learnt.id), 1);
        assert_eq!(miner.text(learnt.id), "no such user <*> here");
    }
    assert_eq!(miner.len(), 1);
}

#[test]
fn what_has_no_room_is_other() {
    let mut miner = Miner::new(Limits { templates: 2, ..Limits::default() });
    let ids = ["one thing", "and another", "the third", "one thing"].map(|m| miner.learn(m).id);
    assert_eq!(ids, [1, 2, OTHER, 1]);
    assert_eq!(miner.text(OTHER), OTHER_TEXT);
    let mut miner = Miner::new(Limits { text: 10, ..Limits::default() });
    assert_eq!(["one thing", "and another"].map(|m| miner.learn(m).id), [1, OTHER]);
}

#[test]
fn a_flood_of_random_words_stays_within_the_caps() {
    let mut miner = Miner::new(Limits { templates: 256, text: 16 << 10, shapes: 512 });
    let mut dice = 1_u64;
    for _ in 0..3000 {
        let mut message = String::new();
        for _ in 0..12 {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let letter = |shift: u32| char::from(b'a' + ((dice >> shift) % 26) as u8);
            message.extend([letter(33), letter(40), letter(47), ' ']);
        }
        miner.learn(&message);
    }
    assert!(miner.len() <= 256 && miner.shapes.len() <= 512 && miner.text <= 16 << 10);
    assert!(miner.bytes() < 1 << 20, "{}", miner.bytes());
}

#[test]
fn a_line_of_a_megabyte_is_looked_at_in_part() {
    let long = "x".repeat(1 << 20);
    let many = "x1 y ".repeat(200_000);
    for message in [&*long, &*many, &*format!("key={long}")] {
        assert!(mined(&[message])[0].len() < 4096);
    }
}

/// Two messages of this log are of one group exactly where their templates are equal.
#[test]
fn a_small_log_is_grouped_as_a_reader_would() {
    let log = [
        (1, "upstream timed out (110: Connection timed out) while reading response header"),
        (1, "upstream timed out (110: Connection timed out) while reading response header"),
        (2, "connect() failed (111: Connection refused) while connecting to upstream"),
        (3, "connect() failed (113: No route to host) while connecting to upstream"),
        (4, "open() \"/srv/www/favicon.ico\" failed (2: No such file or directory)"),
        (4, "open() \"/srv/www/robots.txt\" failed (2: No such file or directory)"),
        (5, "open() \"/srv/www/secret\" failed (13: Permission denied)"),
        (6, "limiting requests, excess: 20.560 by zone \"one\""),
        (6, "limiting requests, excess: 3.2 by zone \"two\""),
        (7, "AH00128: File does not exist: /srv/www/a"),
        (7, "AH00128: File does not exist: /srv/www/b/c"),
        (8, "client 203.0.113.9 closed keepalive connection"),
        (8, "client 2001:db8::7 closed keepalive connection"),
        (9, "PHP Warning:  Undefined variable $a in /srv/x.php on line 12"),
        (9, "PHP Warning:  Undefined variable $a in /srv/lib/y.php on line 7"),
        (10, "signal process started"),
        (11, "12345#0: *77 no live upstreams while connecting to upstream"),
    ];
    let found = mined(&log.map(|(_, message)| message));
    let mut groups: BTreeMap<&str, u32> = BTreeMap::new();
    for ((group, message), template) in log.iter().zip(&found) {
        assert_eq!(groups.entry(template).or_insert(*group), group, "{message} is {template}");
    }
    assert_eq!(groups.len(), 11, "{groups:?}");
}

/// Words of few letters, so that many are equal, with values and marks between them.
fn messages() -> impl Strategy<Value = Vec<String>> {
    let token = prop_oneof![
        4 => "[ab]{1,2}",
        1 => "[a-z]{3}",
        1 => "[0-9]{1,3}(ms|:[0-9]{2}:[0-9]{2}|\\.[0-9])?",
        1 => "[ab]=[ab0-9]{1,2},?",
        1 => "/[a-c]/[a-c]",
        1 => "\"[a-c]\"",
        1 => "\\PC{0,4}",
    ];
    let message = prop::collection::vec(token, 0..8).prop_map(|tokens| tokens.join(" "));
    let any = prop_oneof![8 => message, 1 => any::<String>()];
    prop::collection::vec(any, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn an_equal_line_has_an_equal_id_and_ids_only_grow_together(messages in messages()) {
        let mut miner = Miner::default();
        let learnt: Vec<Learnt> = messages.iter().map(|message| miner.learn(message)).collect();
        for (message, learnt) in messages.iter().zip(learnt) {
            let again = miner.learn(message);
            prop_assert!(!again.new);
            prop_assert_eq!(again.id, miner.now(learnt.id));
            prop_assert!(miner.now(learnt.id) <= learnt.id);
            prop_assert!(!miner.text(learnt.id).chars().any(char::is_control));
        }
        let live = miner.slots.iter().filter(|slot| matches!(slot, Slot::Template(_))).count();
        prop_assert_eq!(live, miner.len());
        prop_assert_eq!(live, miner.of_length.iter().map(Vec::len).sum::<usize>());
        let text = |slot: &Slot| match slot {
            Slot::Template(tokens) => tokens.iter().map(|token| token.text.len()).sum(),
            Slot::As(_) => 0,
        };
        prop_assert_eq!(miner.text, miner.slots.iter().map(text).sum::<usize>());
    }

    #[test]
    fn what_was_kept_goes_on_as_if_it_never_stopped(before in messages(), after in messages()) {
        let mut miner = Miner::default();
        before.iter().for_each(|message| { miner.learn(message); });
        let kept = serde_json::to_string(&miner).unwrap();
        let mut again: Miner = serde_json::from_str(&kept).unwrap();
        for message in before.iter().chain(&after) {
            let learnt = miner.learn(message);
            prop_assert_eq!(again.learn(message), learnt);
            prop_assert_eq!(again.text(learnt.id), miner.text(learnt.id));
        }
    }

    #[test]
    fn whatever_the_file_says_a_miner_comes_of_it(
        slots in prop::collection::vec(prop_oneof![
            (0_u32..9).prop_map(|id| serde_json::json!(id)),
            prop::collection::vec(("\\PC{0,3}", 0_u8..4), 0..70).prop_map(|t| serde_json::json!(t)),
        ], 0..12),
        shapes in prop::collection::vec((any::<u64>(), 0_u32..20), 0..12),
        messages in messages(),
    ) {
        let limits = Limits { templates: 8, text: 512, shapes: 10 };
        let file = serde_json::json!({ "limits": limits, "slots": slots, "shapes": shapes });
        let mut miner: Miner = serde_json::from_value(file).unwrap();
        for message in &messages {
            let learnt = miner.learn(message);
            prop_assert!(!miner.text(learnt.id).is_empty() || message.trim().is_empty() || learnt.id > 0);
        }
        prop_assert!(miner.len() <= 8);
    }
}

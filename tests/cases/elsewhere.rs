//! The cases that are not tried here: those with a test of their own, and those left out, and why.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::common::left_out;

/// All numbers of the catalogue.
const LAST: u16 = 208;

/// Case, file of tests, test.
const ELSEWHERE: [(u16, &str, &str); 29] = [
    (32, "tests/tls.rs", "plain_text_on_a_tls_port_is_told_so_and_sent_away"),
    (35, "tests/tls.rs", "a_handshake_that_stalls_ends_and_gives_its_place_back"),
    (36, "tests/tls.rs", "a_truncated_stream_loses_its_last_frame_by_name_and_nothing_else"),
    (37, "tests/tls.rs", "who_shows_no_good_certificate_stays_out_where_one_is_asked_for"),
    (38, "tests/tls.rs", "records_of_one_byte_are_lines_all_the_same"),
    (54, "tests/servers/stopping.rs", "after_kill_9_the_same_sockets_are_bound_again_and_receive"),
    (55, "tests/hostile.rs", "a_path_that_is_not_ours_is_left_alone"),
    (128, "tests/hostile.rs", "a_body_that_is_announced_too_large_is_refused_unsent"),
    (129, "tests/access.rs", "guessing_is_slowed_by_the_address_that_guesses"),
    (130, "tests/hostile.rs", "every_refusal_is_json_with_a_hint"),
    (132, "tests/hostile.rs", "bombs_at_once_take_the_memory_of_one"),
    (133, "tests/hostile.rs", "a_draining_server_says_so"),
    (136, "src/edge/clock.rs", "a_clock_that_was_set_back_an_hour_goes_on_and_catches_up_in_three"),
    (145, "src/state/live/tests/window.rs", "every_event_is_kept_or_evicted_and_counted_once"),
    (151, "tests/hostile.rs", "connections_beyond_the_limit_are_counted_and_told_seldom"),
    (160, "src/decode/formats/hostile.rs", "hostile_lines_are_read_in_linear_time"),
    (161, "src/edge/notify/desk_tests.rs", "the_rate_leaves_beginnings_out_and_no_ends"),
    (162, "tests/hostile.rs", "a_feed_that_is_not_read_is_closed"),
    (171, "tests/hostile.rs", "a_page_of_another_site_gets_nothing_from_any_route"),
    (173, "tests/web/page.test.mjs", "a stranger's text is shown as text"),
    (174, "tests/web/page.test.mjs", "a stranger's text is shown as text"),
    (175, "tests/web/page.test.mjs", "a phone needs no sideways scrolling"),
    (
        177,
        "tests/web/panels.test.mjs",
        "what is seen is saved, and is no formula in anybody's spreadsheet",
    ),
    (
        192,
        "tests/servers/stopping.rs",
        "an_orderly_stop_removes_its_socket_file_and_a_taken_port_is_named",
    ),
    (193, "tests/config.rs", "everything_wrong_with_a_file_is_told_at_once_and_in_its_place"),
    (194, "tests/servers/stopping.rs", "sigterm_in_a_tcp_load_loses_nothing_that_could_be_written"),
    (196, "tests/reload.rs", "addresses_move_without_a_gap"),
    (
        199,
        "src/pipeline/ingest_tests.rs",
        "a_fault_costs_the_lines_beside_it_by_name_and_no_others",
    ),
    (206, "tests/systemd.rs", "handed_sockets_are_heard_and_a_restart_loses_nothing"),
];

/// From, to, why.
const LEFT_OUT: [(u16, u16, &str); 4] = [
    (53, 53, "fragments that never come: the kernel has no datagram to give"),
    (148, 148, "keys that collide: hashes are seeded anew by each process, so none can be made"),
    (182, 190, "the store: there is none yet"),
    (200, 204, "the bus: there is none yet"),
];

/// How many cases have a test of their own.
pub(crate) fn count() -> usize {
    ELSEWHERE.len()
}

/// Every number is tried here, or named in one of the lists, in one place only; what is named is there.
pub(crate) fn check(tried: Vec<u16>, all: bool) {
    let mut places: BTreeMap<u16, u16> = tried.into_iter().map(|n| (n, 1)).collect();
    let elsewhere: BTreeSet<u16> = ELSEWHERE.iter().map(|e| e.0).collect();
    for number in elsewhere.iter().copied().chain(LEFT_OUT.iter().flat_map(|l| l.0..=l.1)) {
        *places.entry(number).or_default() += 1;
    }
    for (number, file, test) in ELSEWHERE {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file));
        let found = text.is_ok_and(|text| {
            text.contains(&format!("fn {test}(")) || text.contains(&format!("test(\"{test}\""))
        });
        assert!(found, "F-{number:03}: no {test} in {file}");
    }
    for (from, to, why) in LEFT_OUT {
        let to = if from == to { String::new() } else { format!(" to F-{to:03}") };
        left_out(&format!("F-{from:03}{to}: {why}"));
    }
    let missing: Vec<u16> = (1..=LAST).filter(|n| !places.contains_key(n)).collect();
    let twice: Vec<_> = places.iter().filter(|p| *p.1 > 1).map(|p| p.0).collect();
    assert!(twice.is_empty(), "in two places: {twice:?}");
    assert!(!all || missing.is_empty(), "nowhere: {missing:?}");
}

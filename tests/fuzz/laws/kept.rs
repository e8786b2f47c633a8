//! Any bytes as what was kept over a restart.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tapline::aggregate::ask::Asks;
use tapline::aggregate::filter::Filter;
use tapline::aggregate::kept::KeptRows;
use tapline::state::kept::{Privacy, Store};
use tapline::state::live::{Range, WindowConfig};
use tapline::state::node::{Listener, Node};
use tapline::state::sealed::{self, Kind};
use tapline::state::sources::SourcesConfig;
use tapline::vocab::time::{Millis, Second};

use super::scratch;

const NOW: Second = Second(1_795_341_600);
const BUDGET: usize = 1 << 20;
/// More are only slower.
const ROWS: usize = 2_000;

/// The first byte chooses what the rest is: rows of a chunk, figures, or either file as it lies there. Rows
/// and figures are sealed with the checksum that is right, so that it shields nothing. Rows are those that
/// were written or none; a file is loaded or set aside, what was loaded can be looked at and balances, and
/// saved and loaded again it is the same.
pub(crate) fn kept(data: &[u8]) {
    let [choice, content @ ..] = data else { return };
    let file = |magic| sealed::seal(Kind { magic, version: 1 }, content).expect("there is room");
    let (name, file) = match choice % 4 {
        0 => {
            if let Some(rows) = content.get(2..).and_then(KeptRows::decode) {
                let mut again = Vec::new();
                rows.encode(&mut again);
                assert!(again == content[2..], "other rows than were written");
                if rows.len() > ROWS {
                    return;
                }
            }
            ("000000000001.chunk", file("tapline window"))
        }
        1 => ("figures.tapline", file("tapline figures")),
        2 => ("000000000001.chunk", content.to_vec()),
        _ => ("figures.tapline", content.to_vec()),
    };
    let state = scratch::path("kept");
    let window = state.join("window");
    let _ = fs::remove_dir_all(&state);
    fs::create_dir_all(&window).expect("there is room");
    fs::write(window.join(name), file).expect("there is room");
    let (before, node, store) = loaded(&state);
    store.save(&node).expect("there is room");
    let (after, ..) = loaded(&state);
    assert_eq!(after, before, "what was loaded, saved and loaded");
    fs::remove_dir_all(&state).expect("it is there");
}

fn loaded(state: &Path) -> (String, Arc<Node>, Store) {
    let window = WindowConfig { budget_bytes: BUDGET, ..WindowConfig::default() };
    let node = Node::new(window, SourcesConfig::default(), "boot".into(), Millis(NOW.0 * 1000));
    node.add_listener(Listener::new("udp", "127.0.0.1:5514"));
    let privacy = Privacy { clients: 0, redacted: false };
    let store = Store::new(state, BUDGET, privacy).expect("a directory");
    store.load(&node, NOW, 2).expect("a file that can't be read is set aside");
    let counts = node.accounting();
    assert_eq!(counts.received, counts.settled());
    let live = node.live();
    let (range, all) = (Range::default(), Filter::default());
    let summary = live.summary(range, &all, &Asks::all(5), None);
    let events = live.events(range, &all, ROWS, true);
    assert!(summary.requests <= events.len() as u64);
    let seen = format!(
        "{} {} {}",
        serde_json::to_string(&summary).expect("JSON"),
        serde_json::to_string(&events).expect("JSON"),
        serde_json::to_string(&counts.to_wire()).expect("JSON"),
    );
    drop(live);
    (seen, node, store)
}

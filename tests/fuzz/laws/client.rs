//! Any text as a page's message over the WebSocket.

use std::cell::RefCell;

use serde_json::json;
use tapline::aggregate::ask::{ASKS, LIVE_ROWS, ROWS};
use tapline::aggregate::block::Block;
use tapline::aggregate::order::{Order, Topics, WINDOW_S, Wanted};
use tapline::aggregate::row::Row;
use tapline::decode::text::lossy;
use tapline::state::live::{Live, WindowConfig};
use tapline::vocab::event::Kind;
use tapline::vocab::field::Field;
use tapline::vocab::time::Second;

const NOW: Second = Second(1_795_341_600);
/// Points of a series at most; see `state/view`.
const POINTS: usize = 3_601;

/// An order in bounds, which can be followed and says the same when it is written again, or what is wrong
/// and what would be right, in about as many words as were sent.
pub(crate) fn client(data: &[u8]) {
    let text = lossy(data);
    match Order::read(&text, ROWS) {
        Ok(Order::Subscribe(wanted)) => {
            bounded(&wanted);
            let said = written(&wanted);
            match Order::read(&said, ROWS) {
                Ok(Order::Subscribe(again)) => assert_eq!(written(&again), said),
                other => panic!("{said} is {other:?}"),
            }
            LIVE.with_borrow_mut(|live| followed(live, &wanted));
        }
        Ok(Order::Pause | Order::Resume) => {}
        Err(refusal) => {
            assert!(!refusal.message.is_empty() && !refusal.hint.is_empty());
            let length = refusal.message.len() + refusal.hint.len();
            assert!(length <= 2 * text.len() + 2_000, "{refusal:?}");
        }
    }
}

thread_local! {
    /// A window with a few rows in it.
    static LIVE: RefCell<Live> = RefCell::new({
        let mut live = Live::new(WindowConfig::default());
        let mut block = Block::new(NOW);
        for path in ["/", "/cart", "/p/1"] {
            let mut row = Row::new(Kind::Access);
            row.status = 404;
            row.request_us = Some(1_000);
            row.set(Field::Path, path);
            row.set(Field::Client, "203.0.113.9");
            block.append(&row);
        }
        live.absorb(block);
        live.close(NOW);
        live
    });
}

fn bounded(wanted: &Wanted) {
    assert!(WINDOW_S.contains(&wanted.window_s));
    assert!(wanted.asks.iter().count() <= ASKS.max(9));
    assert!(wanted.asks.iter().all(|ask| ask.rows <= LIVE_ROWS));
    let Topics { tick, tail, anomaly, .. } = wanted.topics;
    assert!(tick || tail || anomaly, "nothing is told");
}

fn written(wanted: &Wanted) -> String {
    let Topics { tick, tail, anomaly, bands } = wanted.topics;
    let topics = [(tick, "tick"), (tail, "tail"), (anomaly, "anomaly"), (bands, "bands")];
    let topics: Vec<&str> =
        topics.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
    let panels: Vec<String> = wanted.asks.iter().map(ToString::to_string).collect();
    json!({
        "type": "subscribe", "filter": wanted.filter.as_str(), "window_s": wanted.window_s,
        "topics": topics, "panels": panels,
    })
    .to_string()
}

/// What a page with this order is sent, and that nothing of it stays.
fn followed(live: &mut Live, wanted: &Wanted) {
    let view = live.view(&wanted.filter, wanted.window_s, &wanted.asks, NOW);
    let snapshot = live.snapshot(view, &wanted.asks);
    assert!(snapshot.series.t.len() <= POINTS, "{} points", snapshot.series.t.len());
    assert!(snapshot.summary.requests <= 3);
    assert!(snapshot.summary.top.values().all(|rows| rows.len() <= LIVE_ROWS));
    assert!(live.update(view, &wanted.asks).summary.requests <= 3);
    live.release(view, &wanted.asks);
    assert_eq!(live.views(), 0);
}

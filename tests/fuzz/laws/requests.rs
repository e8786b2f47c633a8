//! Any texts as the parameters of a question about the past.

use std::cell::RefCell;

use tapline::aggregate::ask::Asks;
use tapline::aggregate::block::Block;
use tapline::aggregate::filter::Filter;
use tapline::aggregate::row::Row;
use tapline::decode::text::lossy;
use tapline::edge::http::api;
use tapline::state::live::{Live, WindowConfig};
use tapline::vocab::event::Kind;
use tapline::vocab::field::Field;
use tapline::vocab::time::Second;

const NOW: Second = Second(1_795_341_600);
/// Requests of the window.
const REQUESTS: u64 = 40;
/// Steps of a series at most, whatever is asked for; see `state/live`.
const STEPS: usize = 10_001;

/// The lines are `from`, `to`, `step`, `before`, a list, a text, and the rest is a filter. Each is refused,
/// or the question has an answer that is no larger than may be; the answers of one range agree.
pub(crate) fn requests(data: &[u8]) {
    let text = lossy(data);
    let mut lines = text.splitn(7, '\n').map(|line| (!line.is_empty()).then_some(line));
    let mut line = || lines.next().flatten();
    let (from, to, step, before, list, part, filter) =
        (line(), line(), line(), line(), line(), line(), line());
    let Ok(range) = api::range_at(NOW, from, to) else { return };
    let (Ok(step), Ok(before)) = (api::step(step), api::before(before)) else { return };
    let Ok(filter) = Filter::parse(filter.unwrap_or_default()) else { return };
    let Ok(asks) = Asks::read(list, 5, 50) else { return };
    LIVE.with_borrow(|live| {
        let summary = live.summary(range, &filter, &asks, before);
        assert!(summary.requests <= REQUESTS && (summary.before.is_none() || before.is_some()));
        let events = live.events(range, &filter, 100, true);
        assert_eq!(events.len() as u64, summary.requests);
        let mut oldest_first = live.events(range, &filter, 100, false);
        oldest_first.reverse();
        let times = |rows: &[_]| serde_json::to_string(rows).expect("JSON");
        assert_eq!(times(&oldest_first), times(&events));
        if let Some(ask) = asks.iter().next() {
            let values = live.values(range, &filter, ask.list, part.unwrap_or_default(), 5);
            assert!(values.len() <= 5 && values.iter().all(|value| value.requests <= REQUESTS));
            let range = api::drawn(live.newest(), range, NOW);
            let trend = live.trend(range, step, &filter, *ask);
            assert!(trend.t.len() <= STEPS && trend.rows.len() <= ask.rows + 1);
            let series = live.series(range, step, &filter);
            assert!(series.t.len() <= STEPS && series.t.is_sorted());
            assert_eq!(series.requests.iter().sum::<u64>(), summary.requests);
        }
    });
}

thread_local! {
    /// A window with some requests in it, over a minute.
    static LIVE: RefCell<Live> = RefCell::new({
        let mut live = Live::new(WindowConfig::default());
        for n in 0..REQUESTS {
            let second = Second(NOW.0 - 60 + n as i64);
            let mut block = Block::new(second);
            let mut row = Row::new(Kind::Access);
            row.status = [200, 404, 503][n as usize % 3];
            row.bytes = Some(n * 1_000);
            row.request_us = Some(1_000 * n as u32);
            let (path, client) = (format!("/p/{}", n % 7), format!("203.0.113.{}", n % 5));
            row.set(Field::Path, &path);
            row.set(Field::Client, &client);
            row.set(Field::Site, "shop.example.org");
            block.append(&row);
            live.absorb(block);
            live.close(second);
        }
        live
    });
}

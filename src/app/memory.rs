//! Watches how much memory is left.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::edge::kernel;
use crate::state::memory::{Filled, Gauge, Strain};
use crate::state::node::Node;

/// Between two times that free memory is given back: half a minute of a burst's price is no harm.
const RETURN_MEMORY: Duration = Duration::from_secs(30);
/// As often as the window can give way.
const DECIDE_ON_MEMORY: Duration = Duration::from_secs(1);
/// A load that is too much comes and goes with each second that the window gives up.
const SAID_AGAIN: Duration = Duration::from_secs(60);
/// Five new values a line at full speed, 264,000 lines a second, are some 90 MB a second.
const LOOK_AT_MEMORY: Duration = Duration::from_millis(100);
/// The same where it is not far from short: a look costs some 0.1 ms.
const LOOK_CLOSELY: Duration = Duration::from_millis(20);

/// Knows how much memory is left, and gives back what a burst has left free: that takes some ten
/// milliseconds, and next to nothing where there is none. Where memory seems short it is done before
/// the window is asked to give way: what is free and not yet back is no lack.
pub(super) async fn watch(node: Arc<Node>) {
    let gauge = Gauge::of_this_process();
    let (mut returned, mut decided) = (Instant::now(), Instant::now());
    let (mut was_calm, mut said) = (true, None::<Instant>);
    let mut waits = false;
    let strain = || node.memory.filled().map_or(Strain::None, Filled::strain);
    loop {
        tokio::time::sleep(if strain() == Strain::None { LOOK_AT_MEMORY } else { LOOK_CLOSELY })
            .await;
        node.memory.look(&gauge, node.open.coming());
        waits |= node.memory.is_brimful();
        // The first time at once: at full speed there is a second left.
        let is_time =
            decided.elapsed() >= DECIDE_ON_MEMORY || (was_calm && strain() >= Strain::Full);
        if returned.elapsed() >= RETURN_MEMORY || (is_time && strain() >= Strain::Full) {
            node.open.let_go();
            // Whoever does it waits for those that allocate: not on the threads that receive.
            if tokio::task::spawn_blocking(kernel::return_free_memory).await.is_err() {
                return;
            }
            returned = Instant::now();
            node.memory.look(&gauge, node.open.coming());
        }
        if !is_time {
            continue;
        }
        node.memory.decide();
        was_calm = strain() < Strain::Full;
        decided = Instant::now();
        let is_waited_for = std::mem::take(&mut waits);
        if (strain() >= Strain::Full || is_waited_for)
            && said.is_none_or(|said| said.elapsed() >= SAID_AGAIN)
        {
            let Filled { used, limit } = node.memory.filled().unwrap_or_default();
            let what = if is_waited_for { "senders wait" } else { "the window gives way" };
            tracing::warn!(used, limit, "memory runs short: {what}");
            said = Some(Instant::now());
        }
    }
}

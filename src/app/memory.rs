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
/// New values at full speed are some 20 MB a second.
const LOOK_AT_MEMORY: Duration = Duration::from_millis(100);

/// Knows how much memory is left, and gives back what a burst has left free: that takes some ten
/// milliseconds, and next to nothing where there is none. Where memory seems short it is done before
/// the window is asked to give way: what is free and not yet back is no lack.
pub(super) async fn watch(node: Arc<Node>) {
    let gauge = Gauge::of_this_process();
    let (mut returned, mut decided) = (Instant::now(), Instant::now());
    let (mut was_calm, mut said) = (true, None::<Instant>);
    let strain = || node.memory.filled().map_or(Strain::None, Filled::strain);
    loop {
        tokio::time::sleep(LOOK_AT_MEMORY).await;
        node.memory.look(&gauge);
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
            node.memory.look(&gauge);
        }
        if !is_time {
            continue;
        }
        node.memory.decide();
        was_calm = strain() < Strain::Full;
        decided = Instant::now();
        if strain() >= Strain::Full && said.is_none_or(|said| said.elapsed() >= SAID_AGAIN) {
            let Filled { used, limit } = node.memory.filled().unwrap_or_default();
            tracing::warn!(used, limit, "memory runs short: the window gives way");
            said = Some(Instant::now());
        }
    }
}

//! The detectors' part of a tick: what they are given beside the rows, and how long they took.

use std::time::Instant;

use crate::aggregate::detect::{DiskLoad, Drift};
use crate::aggregate::wire::{Anomaly, HostPoint};
use crate::state::anomalies::Outside;
use crate::state::live::Closed;
use crate::state::node::Node;

/// What became unusual with this second, changed or ended.
pub fn close(node: &Node, closed: &Closed, host: Option<&HostPoint>) -> Vec<Anomaly> {
    // For `/metrics` alone: nothing is decided by it.
    let started = Instant::now();
    let info = host.map(|_| node.host().1);
    let load = info.as_ref().map(|info| info.load[0]);
    let disks: Vec<DiskLoad<'_>> = info
        .iter()
        .flat_map(|info| &info.disks)
        .map(|disk| DiskLoad { mount: &disk.mount, used: disk.used, total: disk.total })
        .collect();
    node.sources.make_room(closed.second.start());
    let drifted = node.sources.drifted(closed.second);
    let drift: Vec<Drift<'_>> = drifted
        .iter()
        .map(|change| Drift { source: &change.source, before: change.before, now: change.now })
        .collect();
    let outside = Outside { host, load, disks: &disks, drift: &drift };
    let live = node.live();
    let mut anomalies = node.anomalies();
    let told = anomalies.close(&live, closed, &outside);
    anomalies.spent(started.elapsed());
    told
}

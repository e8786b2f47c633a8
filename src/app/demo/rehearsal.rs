//! The demo's quarter of an hour before it begins: the same traffic without incidents, run through a
//! server of its own in virtual time, so that the detectors know what is usual when the first incident
//! comes.
//!
//! Nothing of it is shown or counted: of the rehearsal only what was learnt stays.

use std::net::Ipv4Addr;
use std::sync::Arc;

use super::generator::Generator;
use super::nginx::Line;
use super::{Places, SEED};
use crate::aggregate::place::nowhere;
use crate::app::config::{Config, RangesOf};
use crate::app::settings::ingest_config;
use crate::pipeline::ingest::{Frame, Ingest};
use crate::pipeline::watch;
use crate::state::anomalies::{Anomalies, Settings};
use crate::state::live::WindowConfig;
use crate::state::node::{Listener, Node};
use crate::state::sources::{Peer, SourcesConfig};
use crate::vocab::time::Second;

/// Two of the demo's "days": the waves stand where they begin when it starts.
const REHEARSED_S: i64 = 960;
/// The rehearsal looks back only for what it finds unusual, which should be nothing.
const WINDOW_BYTES: usize = 32 << 20;

/// What there is to learn from the time before `start`. Takes a core for some seconds.
#[must_use]
pub fn rehearse(config: &Config, start: Second) -> Anomalies {
    let node = Node::new(
        WindowConfig {
            budget_bytes: WINDOW_BYTES,
            geo: Arc::new(Places::beside(nowhere())),
            ranges: RangesOf::together(&config.bots.ranges),
            ..WindowConfig::default()
        },
        SourcesConfig::default(),
        "rehearsal".to_owned(),
        start.plus(-REHEARSED_S).start(),
    );
    node.anomalies().set(Settings { sources_send: true, ..Settings::default() });
    let generator = Generator { quiet: true, ..Generator::new(SEED) };
    play(generator, (-REHEARSED_S..0).map(|ago| start.plus(ago)), &node, config);
    std::mem::take(&mut *node.anomalies())
}

/// Sends what is made up for these seconds to a node, in virtual time.
pub(super) fn play(
    mut generator: Generator,
    seconds: impl Iterator<Item = Second>,
    node: &Arc<Node>,
    config: &Config,
) {
    let listener = Listener::new("udp", "demo");
    node.add_listener(Arc::clone(&listener));
    let rules = Arc::new(ingest_config(config, false));
    let mut ingest = Ingest::new(Arc::clone(node), listener, rules);
    let peer = Peer::Ip(Ipv4Addr::LOCALHOST.into());
    for second in seconds {
        let lines: Vec<Line> = generator.next(second).collect();
        let frames: Vec<Frame<'_>> =
            lines.iter().map(|line| Frame::new(&peer, line.bytes())).collect();
        ingest.batch(&frames, second.start());
        node.seal_before(second.plus(1));
        let closed = node.live_mut().close(second);
        watch::close(node, &closed, None);
    }
}

//! Realistic traffic for `tapline demo`: real nginx datagrams through the real socket.
//!
//! Nothing is prefilled or short-cut: what the page shows was received, parsed and counted like
//! anybody's lines. Deploy markers alone are set directly: the demo has no key to post them with
//! where the operator wants one. What is usual is learnt beforehand, from a quarter of an hour of the
//! same traffic, because a newcomer does not stay for ten minutes before anything can be unusual.

mod agents;
mod bots;
mod generator;
mod incidents;
mod link;
mod nginx;
mod noise;
mod places;
mod rehearsal;
mod rng;
#[cfg(test)]
mod tests;
mod visits;
mod world;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::net::UdpSocket;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

pub use generator::Generator;
pub use nginx::Line;
pub use places::Places;
pub use rehearsal::rehearse;

use crate::state::markers::Markers;
use crate::vocab::time::{Millis, Second};

/// How finely lines are spread over their second.
const PACE: Duration = Duration::from_millis(10);

/// Every demo shows the same programme: what one user reports, another can see.
const SEED: u64 = 0x0074_6170_6c69_6e65;

/// Sends made-up traffic to `target`, which must be this machine's own listener, until `shutdown`, and
/// sets the deploy markers that go with it.
///
/// About 300 to 1,500 datagrams a second, each at its own moment of the second. After a pause of the
/// machine it goes on with the second it finds; nothing is caught up in a burst.
///
/// # Errors
/// When no local socket can be opened. A datagram that can't be sent is lost, as nginx's would be.
pub async fn run(
    target: SocketAddr,
    markers: &Markers,
    shutdown: CancellationToken,
) -> std::io::Result<()> {
    let local: IpAddr = match target {
        SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    let socket = UdpSocket::bind((local, 0)).await?;
    socket.connect(target).await?;
    let mut generator = Generator::new(SEED);
    let mut pace = tokio::time::interval(PACE);
    pace.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut second: Option<Second> = None;
    let mut lines = Vec::new().into_iter().peekable();
    loop {
        tokio::select! {
            biased;
            () = shutdown.cancelled() => return Ok(()),
            _ = pace.tick() => {}
        }
        let now = now();
        if second != Some(now.second()) {
            // The end of a second that this task was late for still belongs to it.
            for line in lines.by_ref() {
                let _ = socket.try_send(Line::bytes(&line));
            }
            second = Some(now.second());
            if let Some((site, text)) = generator.mark()
                && let Ok(mark) = markers.fit(now.second(), &text, Some(site), now.second())
            {
                markers.add(mark);
            }
            let made: Vec<Line> = generator.next(now.second()).collect();
            lines = made.into_iter().peekable();
        }
        while let Some(line) = lines.next_if(|line| line.at_ms <= now.of_second()) {
            let _ = socket.try_send(line.bytes());
        }
    }
}

impl Line {
    fn bytes(&self) -> &[u8] {
        self.datagram.as_bytes()
    }
}

fn now() -> Millis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

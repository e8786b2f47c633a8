//! Combined: the Common Log Format with referrer and agent, nginx's and Apache's usual one; with
//! more fields behind them; and both behind a virtual host.

use super::clf::{self, Shape, Tail};
use super::usual::Usual;
use super::{Format, scan};
use crate::decode::seek;
use crate::vocab::event::Event;
use crate::vocab::time::Stamp;

/// The name of the format that ends with its agent.
pub const NAME: &str = "combined";

/// What the usual line says, without an [`Event`] for all that others say: to write that down and to look through it
/// again was a sixth of what it cost to read such a line.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    pub stamp: Stamp,
    /// Without its port.
    pub client: &'a str,
    /// The client can't be written in another way: it is no IPv6 address.
    pub is_canonical: bool,
    pub status: u16,
    pub bytes: Option<u64>,
    /// Empty or `-` where there is none, as all texts behind it.
    pub method: &'a str,
    pub path: &'a str,
    /// What follows the first `?`, with its secrets.
    pub query: &'a str,
    pub protocol: &'a str,
    pub referrer: &'a str,
    pub agent: &'a str,
}

/// Reads a line of [`NAME`], if it can be read in one pass; `None` says nothing.
#[inline(always)]
#[must_use]
pub fn request(line: &str) -> Option<Request<'_>> {
    let Usual { client, stamp, request, status, bytes, referrer, agent, .. } =
        clf::usual_combined(line)?;
    let is_canonical = seek::find(client.as_bytes(), b':').is_none();
    let client = if is_canonical { client } else { scan::address(client).0 };
    let mut said = Request {
        stamp,
        client,
        is_canonical,
        status,
        bytes,
        method: "",
        path: "",
        query: "",
        protocol: "",
        referrer,
        agent,
    };
    // That of none is `-`, which is no request line.
    if let Some(split) = scan::split_request(request) {
        (said.path, said.query) = scan::split_target(split.target);
        (said.method, said.protocol) = (split.method, split.protocol.unwrap_or_default());
    }
    Some(said)
}

/// Ends with its agent.
#[derive(Debug)]
pub(super) struct Combined;

impl Format for Combined {
    fn name(&self) -> &'static str {
        NAME
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        clf::decode(line, self.name(), Shape { vhost: false, tail: Tail::Combined })
    }

    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        clf::read(line, self.name(), Shape { vhost: false, tail: Tail::Combined }, event)
    }
}

/// Times, forwarded addresses, cache status, host … behind the agent, by position or by name.
#[derive(Debug)]
pub(super) struct CombinedPlus;

impl Format for CombinedPlus {
    fn name(&self) -> &'static str {
        "combined_plus"
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        clf::decode(line, self.name(), Shape { vhost: false, tail: Tail::Plus })
    }

    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        clf::read(line, self.name(), Shape { vhost: false, tail: Tail::Plus }, event)
    }
}

/// `vhost[:port]` first, Apache's `vhost_combined`.
#[derive(Debug)]
pub(super) struct VhostCombined;

impl Format for VhostCombined {
    fn name(&self) -> &'static str {
        "vhost_combined"
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        clf::decode(line, self.name(), Shape { vhost: true, tail: Tail::Combined })
    }

    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        clf::read(line, self.name(), Shape { vhost: true, tail: Tail::Combined }, event)
    }
}

/// `vhost[:port]` first and more behind the agent.
#[derive(Debug)]
pub(super) struct VhostCombinedPlus;

impl Format for VhostCombinedPlus {
    fn name(&self) -> &'static str {
        "vhost_combined_plus"
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        clf::decode(line, self.name(), Shape { vhost: true, tail: Tail::Plus })
    }

    fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        clf::read(line, self.name(), Shape { vhost: true, tail: Tail::Plus }, event)
    }
}

//! Combined: the Common Log Format with referrer and agent, nginx's and Apache's usual one; with
//! more fields behind them; and both behind a virtual host.

use super::Format;
use super::clf::{self, Shape, Tail};
use crate::vocab::event::Event;

/// Ends with its agent.
#[derive(Debug)]
pub(super) struct Combined;

impl Format for Combined {
    fn name(&self) -> &'static str {
        "combined"
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

//! The Common Log Format, `%h %l %u %t "%r" %>s %b`, and the same behind a virtual host.

use super::Format;
use super::clf::{self, Shape, Tail};
use crate::vocab::event::Event;

/// Ends with its bytes.
#[derive(Debug)]
pub(super) struct Common;

impl Format for Common {
    fn name(&self) -> &'static str {
        "common"
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        clf::decode(line, self.name(), Shape { vhost: false, tail: Tail::Common })
    }
}

/// `vhost[:port]` first.
#[derive(Debug)]
pub(super) struct VhostCommon;

impl Format for VhostCommon {
    fn name(&self) -> &'static str {
        "vhost_common"
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        clf::decode(line, self.name(), Shape { vhost: true, tail: Tail::Common })
    }
}

//! Who may send: the networks of `allow_from`.

use std::net::IpAddr;

use crate::vocab::network::Network;

/// An empty list allows everybody: the bind address decides then.
#[derive(Clone, Debug, Default)]
pub struct AllowList(pub Vec<Network>);

impl AllowList {
    #[must_use]
    pub fn allows(&self, ip: IpAddr) -> bool {
        self.0.is_empty() || self.0.iter().any(|network| network.contains(ip))
    }
}

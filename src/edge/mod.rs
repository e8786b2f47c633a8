//! The edges: sockets, files, HTTP, DNS and who is told. They don't know each other.

pub mod allow;
pub mod clock;
pub mod datagram;
pub mod dns;
pub mod files;
pub mod http;
mod inbound;
pub mod inherited;
pub mod kernel;
pub mod notify;
mod pace;
pub mod per_address;
pub mod privilege;
pub mod random;
pub mod readers;
pub mod seldom;
pub mod strangers;
pub mod stream;
pub mod supervisor;
pub mod tls;

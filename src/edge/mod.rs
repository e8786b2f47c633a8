//! The edges: sockets, files and HTTP. They don't know each other.

pub mod allow;
pub mod clock;
pub mod datagram;
pub mod dns;
pub mod files;
pub mod http;
pub mod kernel;
pub mod seldom;
pub mod stream;

//! The edges: sockets, files and HTTP. They don't know each other.

pub mod files;
pub mod http;

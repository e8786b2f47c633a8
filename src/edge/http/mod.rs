//! The web server: page and API on one port.

pub mod assets;

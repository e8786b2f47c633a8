//! Tapline shows what a web server is doing, now: it receives log lines over syslog or HTTP, keeps
//! the recent past in columns, and shows it live in a browser.
//!
//! Floors, each importing only from those above it: [`vocab`], [`decode`], [`aggregate`],
//! [`state`], [`pipeline`], [`edge`], [`app`]. `ARCHITECTURE.md` tells the story of a line.

pub mod aggregate;
pub mod app;
pub mod decode;
pub mod edge;
pub mod pipeline;
pub mod state;
pub mod vocab;

//! Motion: the hot path from frames to blocks, and the tick. Knows no sockets.

pub mod batch;
pub mod feed;
pub mod guest;
mod haste;
pub mod ingest;
pub mod tick;
mod turns;
pub mod watch;

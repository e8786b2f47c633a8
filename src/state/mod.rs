//! What is kept: open blocks, the window, sources, host metrics, own telemetry. Knows no HTTP.

pub mod host;
pub mod live;
mod sample;
pub mod view;
pub mod window;

//! What is kept: open blocks, the window, sources, host metrics, own telemetry. Knows no HTTP.

pub mod host;

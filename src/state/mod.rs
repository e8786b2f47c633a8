//! What is kept: open blocks, the window, sources, host metrics, own telemetry. Knows no HTTP.

pub mod account;
pub mod anomalies;
pub mod condition;
pub mod current;
pub mod drift;
pub mod evidence;
pub mod forget;
pub mod geo;
pub mod host;
pub mod host_load;
pub mod kept;
pub mod live;
pub mod lookups;
pub mod markers;
pub mod node;
pub mod notices;
pub mod open;
mod parallel;
mod rehearse;
mod sample;
pub mod sealed;
pub mod sessions;
pub mod shares;
pub mod sources;
pub mod throttle;
pub mod view;
pub mod window;

//! Events to numbers, pure: blocks of columns, rollups, filters, scans, wire messages.

pub mod wire;

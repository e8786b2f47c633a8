//! Events to numbers, pure: blocks of columns, rollups, filters, scans, wire messages.

pub mod ask;
pub mod block;
pub mod claims;
pub mod column;
pub mod derived;
pub mod detail;
pub mod detect;
pub mod dict;
pub mod dictionaries;
pub mod distinct;
pub mod figures;
pub mod filter;
pub mod list;
pub(crate) mod loaded;
pub mod moment;
pub mod place;
pub mod quantile;
pub mod render;
pub mod rollup;
pub mod route;
pub mod row;
pub mod scan;
pub mod summary;
pub mod tally;
pub mod trend;
pub mod wire;

//! Bytes to events, pure: no I/O, no clock, no locks.
//!
//! A frame passes these rooms in order:
//!
//! - [`text`] makes a `str` of a stranger's bytes and undoes what servers escape;
//! - [`stamp`] turns a time that lacks its year or zone into a moment.
//!
//! Nothing here fails: any bytes give an outcome, in time linear in their number.

pub mod agent;
pub mod client;
pub mod formats;
pub mod framing;
pub mod redact;
pub mod stamp;
pub mod text;

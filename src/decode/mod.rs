//! Bytes to events, pure: no I/O, no clock, no locks.
//!
//! A frame passes these rooms in order:
//!
//! - [`framing`] cuts a stream (or looks into a datagram) into frames, without copying;
//! - [`multiline`] joins the lines of a stack trace with the error before them;
//! - [`fronts`] takes off the name of who wrote a line where several programs write into one stream;
//! - [`payload`] does the same for the body of an HTTP POST; [`shipped`] for what log shippers POST;
//! - [`text`] makes a `str` of a stranger's bytes and undoes what servers escape;
//! - [`envelope`] takes the syslog header off: who sent it, when, and where its line starts;
//! - [`stamp`] turns a time that lacks its year or zone into a moment;
//! - [`formats`] reads what the server wrote into an event; [`agent`], [`client`],
//!   [`forwarded`], [`redact`], [`keyphrase`] and [`filetype`] say what its fields mean;
//! - `packed` tells what are no lines by their first bytes;
//! - `seek` looks for bytes in short texts, for all of them.
//!
//! Nothing here fails: any bytes give an outcome, in time linear in their number.

pub mod agent;
pub mod certificate;
pub mod client;
pub mod envelope;
pub mod filetype;
pub mod formats;
pub mod forwarded;
pub mod framing;
pub mod fronts;
pub mod keyphrase;
pub mod multiline;
pub(crate) mod packed;
pub mod payload;
pub mod redact;
pub(crate) mod seek;
pub mod shipped;
pub mod stamp;
pub mod text;

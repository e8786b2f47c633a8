//! The words every floor speaks: seconds, events, fields, outcomes. Imports nothing of the crate.

pub mod digest;
pub mod event;
pub mod field;
pub mod network;
pub mod outcome;
pub mod right;
pub mod secret;
pub mod time;

//! The codes a process ends with; scripts read them.

/// All went well.
pub const OK: u8 = 0;
/// Something failed while running.
pub const FAILURE: u8 = 1;
/// The command line makes no sense.
pub const USAGE: u8 = 2;
/// The configuration is wrong: `EX_CONFIG` of `sysexits.h`.
pub const CONFIG: u8 = 78;

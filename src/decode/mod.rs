//! Bytes to events, pure: no I/O, no clock, no locks.

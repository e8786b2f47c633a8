//! `tapline report`: what is in log files, said once; goaccess's job.

mod figures;
pub mod text;

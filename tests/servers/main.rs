//! Black-box tests: the shipped program behind real servers, real loggers and recorded bytes.

#[path = "../common/mod.rs"]
mod common;

mod captures;
mod corpus;
mod haproxy;
mod logger;
mod nginx;
mod rsyslog;
mod stopping;

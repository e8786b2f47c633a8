//! Black-box tests: the shipped program behind real servers, real loggers and recorded bytes.

#[path = "../common/mod.rs"]
mod common;

mod apache;
mod captures;
mod corpus;
mod exchange;
mod forwarded;
mod haproxy;
mod lighttpd;
mod logger;
mod nginx;
mod rsyslog;
mod stopping;

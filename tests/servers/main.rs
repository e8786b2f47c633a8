//! Black-box tests: the shipped program behind real servers, real loggers and recorded bytes.

#[path = "../common/mod.rs"]
mod common;

mod apache;
mod caddy;
mod captures;
mod corpus;
mod exchange;
mod forwarded;
mod gunicorn;
mod haproxy;
mod lighttpd;
mod logger;
mod nginx;
mod origin;
mod php;
mod proxied;
mod rsyslog;
mod squid;
mod stopping;
mod varnish;

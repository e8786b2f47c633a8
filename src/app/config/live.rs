//! What of the configuration changes while Tapline runs.

use super::Config;

/// Keys that a reload changes at once. Every other one waits for a restart, new ones too until somebody
/// has thought of them. Those of `[privacy]` wait because kept files say how much of clients they hold; one that holds
/// more than it says would be told.
pub(super) const LIVE: &[&str] = &[
    "exclude",
    "notify",
    "rule",
    "token",
    "user",
    "http.listen",
    "http.tls_listen",
    "http.max_body",
    "http.max_inflated",
    "http.max_ratio",
    "http.max_json_depth",
    "http.max_json_fields",
    "http.max_header",
    "http.max_header_fields",
    "http.header_timeout",
    "http.idle_timeout",
    "http.body_timeout",
    "http.max_connections_per_address",
    "http.max_connects_per_address",
    "http.max_sessions",
    "http.max_sessions_per_address",
    "http.max_message",
    "http.query_timeout",
    "udp.listen",
    "udp.allow_from",
    "tcp.listen",
    "tcp.tls_listen",
    "tcp.framing",
    "tcp.max_frame",
    "tcp.idle_timeout",
    "tcp.partial_timeout",
    "tcp.max_connections_per_address",
    "tcp.max_connects_per_address",
    "tcp.allow_from",
    "unix.datagram",
    "unix.stream",
    "unix.framing",
    "unix.max_frame",
    "unix.partial_timeout",
    "tls.cert",
    "tls.key",
    "tls.client_ca",
    "time.past",
    "time.ahead",
    "clients.trusted_proxies",
    "access.loopback",
    "access.insecure",
    "access.public_url",
    "access.key",
    "access.key_file",
    "access.session",
    "access.trusted_proxies",
    "feed.top",
    "feed.write_timeout",
    "process.max_memory",
    "stop.grace",
];

/// The keys that differ and wait for a restart.
#[must_use]
pub(in crate::app) fn waits(running: &Config, new: &Config) -> Vec<String> {
    let mut keys = running.changed_keys(new);
    keys.retain(|key| !LIVE.contains(&key.as_str()));
    keys
}

/// `new` as it can be had now: with what is running in every key that waits for a restart.
#[must_use]
pub(in crate::app) fn keep_fixed(running: &Config, mut new: Config) -> Config {
    for key in waits(running, &new) {
        new.take_from(running, &key);
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::config::Described;

    #[test]
    fn each_key_is_either_changed_at_once_or_waits() {
        let name = |key: &Described| match key.section {
            "" => key.key.to_owned(),
            section => format!("{section}.{}", key.key),
        };
        let all: Vec<String> = Config::described().iter().map(name).collect();
        assert!(LIVE.iter().all(|live| all.iter().any(|key| key == live)), "{LIVE:?}");
        let running = Config::default();
        let mut new = Config::default();
        new.window.memory += 1;
        new.feed.top += 1;
        new.process.max_memory += 1;
        new.feed.max_views += 1;
        new.tls.max_handshakes += 1;
        new.udp.readers += 1;
        new.time.zone = super::super::Zone::Local;
        assert_eq!(
            waits(&running, &new),
            ["udp.readers", "tls.max_handshakes", "window.memory", "time.zone", "feed.max_views"]
        );
        let had = keep_fixed(&running, new);
        assert_eq!(running.changed_keys(&had), ["feed.top", "process.max_memory"]);
    }
}

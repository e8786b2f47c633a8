//! From the configuration to the settings of each part.

use std::hash::RandomState;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::config::{self, Config};
use crate::aggregate::dictionaries::Room;
use crate::aggregate::filter::Filter;
use crate::decode::payload;
use crate::edge::allow::AllowList;
use crate::edge::http::HttpConfig;
use crate::edge::http::access::{Access, Token};
use crate::edge::stream::{Places, StreamConfig};
use crate::pipeline::ingest::{ClientPrivacy, IngestConfig, LineZone, TimeRule};
use crate::state::sources::Zone;
use crate::vocab::digest::Digest;
use crate::vocab::right::Right;

pub(super) fn zone_of(zone: config::Zone) -> Zone {
    match zone {
        config::Zone::Auto => Zone::UNKNOWN,
        config::Zone::Fixed(minutes) => Zone::Fixed(minutes * 60),
        config::Zone::Local => Zone::Fixed(machine_offset_s()),
    }
}

/// This machine's zone now, seconds east of UTC.
#[must_use]
pub fn machine_offset_s() -> i32 {
    chrono::Local::now().offset().local_minus_utc()
}

/// The zone of times without one in files.
#[must_use]
pub fn line_zone(config: &Config) -> LineZone {
    match config.time.zone {
        config::Zone::Auto | config::Zone::Local => LineZone::Machine,
        config::Zone::Fixed(minutes) => LineZone::Fixed(minutes * 60),
    }
}

/// How many distinct values are told apart.
#[must_use]
pub fn room(config: &Config) -> Room {
    Room { values: config.window.max_values, sites: config.sources.max_sites }
}

/// The part of the configuration that every receiver reads.
#[must_use]
pub fn ingest_config(config: &Config, line_time: bool) -> IngestConfig {
    let ms = |d: Duration| i64::try_from(d.as_millis()).unwrap_or(i64::MAX);
    IngestConfig {
        time: if line_time {
            TimeRule::Line(line_zone(config))
        } else {
            TimeRule::Near { past_ms: ms(config.time.past), ahead_ms: ms(config.time.ahead) }
        },
        clients: match config.privacy.clients {
            config::Clients::Full => ClientPrivacy::Full,
            config::Clients::Masked => ClientPrivacy::Masked,
            config::Clients::Off => ClientPrivacy::Off,
        },
        redact_queries: config.privacy.redact_queries,
        // A file comes as fast as it is read.
        max_rate: if line_time { 0 } else { config.sources.max_rate as u64 },
        trusted_proxies: config.clients.trusted_proxies.clone(),
        visitor_key: RandomState::new(),
        // The configuration refuses what is no filter.
        exclude: config.exclude.iter().filter_map(|f| Filter::parse(f).ok()).collect(),
    }
}

pub(super) fn tcp_config(config: &Config) -> StreamConfig {
    let tcp = &config.tcp;
    StreamConfig {
        framing: tcp.framing,
        max_frame: usize::try_from(tcp.max_frame).unwrap_or(usize::MAX),
        idle_timeout: Some(tcp.idle_timeout).filter(|d| !d.is_zero()),
        partial_timeout: Some(tcp.partial_timeout).filter(|d| !d.is_zero()),
        max_connections_per_address: tcp.max_connections_per_address,
        max_connects_per_address: tcp.max_connects_per_address,
        allow_from: AllowList(tcp.allow_from.clone()),
        replaced: CancellationToken::new(),
        places: Places::new(tcp.max_connections),
    }
}

pub(super) fn unix_config(config: &Config) -> StreamConfig {
    let unix = &config.unix;
    StreamConfig {
        framing: unix.framing,
        max_frame: usize::try_from(unix.max_frame).unwrap_or(usize::MAX),
        idle_timeout: None,
        partial_timeout: Some(unix.partial_timeout).filter(|d| !d.is_zero()),
        max_connections_per_address: unix.max_connections,
        max_connects_per_address: usize::MAX,
        allow_from: AllowList::default(),
        replaced: CancellationToken::new(),
        places: Places::new(unix.max_connections),
    }
}

pub(super) fn http_config(config: &Config) -> HttpConfig {
    let access = &config.access;
    let public_host = access.public_url.split_once("://").and_then(|(scheme, rest)| {
        let host = rest.split('/').next().unwrap_or(rest);
        // Browsers leave out the port that the scheme implies.
        let implied = if scheme == "https" { ":443" } else { ":80" };
        let host = host.strip_suffix(implied).unwrap_or(host);
        (!host.is_empty()).then(|| host.to_owned())
    });
    HttpConfig {
        max_body: usize::try_from(config.http.max_body).unwrap_or(usize::MAX),
        max_inflated: usize::try_from(config.http.max_inflated).unwrap_or(usize::MAX),
        item: payload::Limits {
            max_line: usize::try_from(config.tcp.max_frame).unwrap_or(usize::MAX),
            max_depth: config.http.max_json_depth,
            max_fields: config.http.max_json_fields,
        },
        header_timeout: config.http.header_timeout,
        idle_timeout: config.http.idle_timeout,
        body_timeout: config.http.body_timeout,
        max_header: usize::try_from(config.http.max_header).unwrap_or(usize::MAX),
        max_header_fields: config.http.max_header_fields,
        max_ratio: config.http.max_ratio,
        max_connections: config.http.max_connections,
        max_connections_per_address: config.http.max_connections_per_address,
        max_connects_per_address: config.http.max_connects_per_address,
        max_sessions: config.http.max_sessions,
        max_sessions_per_address: config.http.max_sessions_per_address,
        max_message: usize::try_from(config.http.max_message).unwrap_or(usize::MAX),
        max_queries: config.http.max_queries,
        query_timeout: config.http.query_timeout,
        top: config.feed.top,
        write_timeout: config.feed.write_timeout,
        access: Access {
            loopback_needs_key: access.loopback == config::Loopback::Key,
            insecure: access.insecure,
            tokens: tokens(config),
            users: config.user.clone(),
            session: access.session,
            public_url: access.public_url.clone(),
            public_host,
            public_https: access.public_url.starts_with("https://"),
            trusted_proxies: access.trusted_proxies.clone(),
        },
    }
}

/// The key is a token that may do everything.
pub(super) fn tokens(config: &Config) -> Vec<Token> {
    let key = Some(&config.access.key.0).filter(|key| !key.is_empty()).map(|key| Token {
        name: "key".into(),
        right: Right::Admin,
        digest: Digest::of(key),
        expires: None,
    });
    key.into_iter().chain(config.token.iter().cloned()).collect()
}

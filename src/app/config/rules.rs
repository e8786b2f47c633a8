//! What can only be judged with the whole configuration in sight, and checks of single texts.

use std::net::{IpAddr, SocketAddr};

use super::Config;
use super::kind::{Key, show_size, show_span};
use super::options::Loopback;
use crate::aggregate::filter::Filter;
use crate::app::formats::own;
use crate::decode::formats;

/// A rule that is broken: the key at fault, and the sentence for it.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) section: &'static str,
    pub(super) key: &'static str,
    /// The other keys that the rule reads.
    pub(super) with: &'static [(&'static str, &'static str)],
    pub(super) message: String,
}

const CREDENTIALS: &[(&str, &str)] = &[
    ("access", "key"),
    ("access", "key_file"),
    ("", "token"),
    ("", "user"),
    ("access", "insecure"),
];
const SENDERS: &[(&str, &str)] =
    &[("udp", "allow_from"), ("tcp", "allow_from"), ("access", "insecure")];

/// Every rule between keys that the configuration breaks.
pub(super) fn broken(config: &Config, contained: bool) -> Vec<Broken> {
    let mut out = Vec::new();
    let mut tell =
        |section, key, with, message: String| out.push(Broken { section, key, with, message });

    let access = &config.access;
    let has_key = !access.key.0.is_empty() || access.key_file.is_some();
    let has_credential = has_key || !config.token.is_empty() || !config.user.is_empty();
    if !has_credential && !access.insecure {
        for (key, list) in
            [("listen", &config.http.listen), ("tls_listen", &config.http.tls_listen)]
        {
            for address in exposed(list) {
                tell("http", key, CREDENTIALS, unlocked(address, contained));
            }
        }
    }
    for (section, key, listen, allow_from) in [
        ("udp", "listen", &config.udp.listen, &config.udp.allow_from),
        ("tcp", "listen", &config.tcp.listen, &config.tcp.allow_from),
        ("tcp", "tls_listen", &config.tcp.tls_listen, &config.tcp.allow_from),
    ] {
        // Who shows a certificate of ours has said who it is.
        let known = key == "tls_listen" && config.tls.client_ca.is_some();
        if known {
            continue;
        }
        if allow_from.is_empty() && !access.insecure {
            for address in exposed(listen) {
                tell(
                    section,
                    key,
                    SENDERS,
                    format!(
                        "{address} can be reached from other machines, and it is not said who may send; \
                         name the senders in [{section}], as `allow_from = [\"192.0.2.0/24\"]`, or say \
                         `insecure = true` in [access] if everyone may"
                    ),
                );
            }
        }
    }
    for format in config.sources.formats.values() {
        let mut known: Vec<&str> = config.formats.iter().map(|own| own.name.as_str()).collect();
        known.extend(formats::names().map(|name| -> &str { name }));
        if !known.contains(&format.as_str()) {
            let message = own::unknown(format, known);
            tell("sources", "formats", &[("", "formats")], message);
        }
    }
    if access.loopback == Loopback::Key && !has_credential {
        tell(
            "access",
            "loopback",
            CREDENTIALS,
            "asks for a credential, and there is none; set `key` or `key_file`, or a [[token]]"
                .into(),
        );
    }
    if !access.key.0.is_empty() && access.key_file.is_some() {
        tell(
            "access",
            "key_file",
            &[],
            "`key` is set too; which one counts? Keep one of them".into(),
        );
    }
    if config.http.max_inflated < config.http.max_body {
        tell(
            "http",
            "max_inflated",
            &[("http", "max_body")],
            format!(
                "{} is less than max_body ({}): a body that was not compressed would be refused",
                show_size(config.http.max_inflated),
                show_size(config.http.max_body)
            ),
        );
    }
    // The default is no contradiction: fewer connections in all simply come first.
    let per_address = config.tcp.max_connections_per_address;
    let stated = per_address != Config::default().tcp.max_connections_per_address;
    if stated && per_address > config.tcp.max_connections {
        tell(
            "tcp",
            "max_connections_per_address",
            &[("tcp", "max_connections")],
            format!(
                "{} is more than max_connections ({}), so it would never be reached",
                config.tcp.max_connections_per_address, config.tcp.max_connections
            ),
        );
    }
    if config.window.max_age < config.time.past {
        tell(
            "window",
            "max_age",
            &[("time", "past")],
            format!(
                "{} is less than `past` in [time] ({}): late lines would be forgotten as they come",
                show_span(config.window.max_age),
                show_span(config.time.past)
            ),
        );
    }
    // TCP and HTTP share the port numbers of one protocol, UDP has its own.
    for lists in [
        &[
            ("http", "listen", &config.http.listen),
            ("http", "tls_listen", &config.http.tls_listen),
            ("tcp", "listen", &config.tcp.listen),
            ("tcp", "tls_listen", &config.tcp.tls_listen),
        ][..],
        &[("udp", "listen", &config.udp.listen)][..],
    ] {
        let mut seen: Vec<(&str, SocketAddr)> = Vec::new();
        for &(section, key, list) in lists {
            for &address in list {
                if address.port() == 0 {
                    continue;
                }
                if let Some((other, _)) = seen.iter().find(|(_, a)| *a == address) {
                    tell(section, key, &[], format!("{address} is already taken by [{other}]"));
                }
                seen.push((section, address));
            }
        }
    }
    for (section, list) in [("http", &config.http.tls_listen), ("tcp", &config.tcp.tls_listen)] {
        if list.is_empty() || (config.tls.cert.is_some() && config.tls.key.is_some()) {
            continue;
        }
        let message = "needs a certificate: write `cert` and `key` into [tls]";
        tell(section, "tls_listen", &[("tls", "cert"), ("tls", "key")], message.into());
    }
    if config.tls.cert.is_some() != config.tls.key.is_some() {
        let (set, other, with): (_, _, &[(_, _)]) = match config.tls.cert {
            Some(_) => ("cert", "key", &[("tls", "key")]),
            None => ("key", "cert", &[("tls", "cert")]),
        };
        tell("tls", set, with, format!("`{other}` is missing beside it"));
    }
    for (i, path) in config.unix.stream.iter().enumerate() {
        if config.unix.datagram.contains(path) || config.unix.stream[..i].contains(path) {
            tell("unix", "stream", &[], format!("{} is named twice", path.display()));
        }
    }
    for (i, path) in config.unix.datagram.iter().enumerate() {
        if config.unix.datagram[..i].contains(path) {
            tell("unix", "datagram", &[], format!("{} is named twice", path.display()));
        }
    }
    out
}

/// What to do about an HTTP listener that anybody could use.
fn unlocked(address: &SocketAddr, contained: bool) -> String {
    let head = format!(
        "{address} can be reached from other machines, and there is no credential that they would need"
    );
    if contained {
        // Its loopback is nobody's, so staying there is no way out.
        return format!(
            "{head}; this is a container, so keep that address, publish the port only where it is wanted, as \
             `-p 127.0.0.1:{port}:{port}`, and set a credential: TAPLINE_ACCESS__KEY in the environment (`openssl \
             rand -base64 24` makes one), or `key_file` in [access] with a secret's path, or a [[token]] from \
             `tapline token new`",
            port = address.port()
        );
    }
    format!(
        "{head}; set `key` or `key_file` in [access], or a [[token]] from `tapline token new`, or stay on \
         127.0.0.1 behind a proxy, or say `insecure = true` in [access] if everyone who reaches it may do \
         everything"
    )
}

/// Every address that other machines can reach.
#[must_use]
pub fn all_exposed(config: &Config) -> Vec<SocketAddr> {
    let lists = [
        &config.http.listen,
        &config.http.tls_listen,
        &config.udp.listen,
        &config.tcp.listen,
        &config.tcp.tls_listen,
    ];
    lists.into_iter().flat_map(|list| exposed(list)).copied().collect()
}

/// The addresses that other machines can reach.
fn exposed(list: &[SocketAddr]) -> impl Iterator<Item = &SocketAddr> {
    list.iter().filter(|address| !is_loopback(address.ip()))
}

fn is_loopback(ip: IpAddr) -> bool {
    ip.to_canonical().is_loopback()
}

/// Reads what stands in a key file.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn key_of_file(text: &str) -> Result<String, String> {
    let key = text.trim();
    Key::judge(key)?;
    Ok(key.to_owned())
}

/// `exclude`: each entry is a filter.
pub(super) fn is_filter(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("an empty filter would exclude everything".into());
    }
    let filter = Filter::parse(text).map_err(|error| format!("'{text}': {error}"))?;
    match filter.needs_knowledge() {
        Some(word) => Err(format!(
            "'{text}': `{word}` is known only once a line is kept; write path: or client: instead"
        )),
        None => Ok(()),
    }
}

/// `public_url`: scheme and host; a path is the proxy's affair, for the page asks relative to itself.
pub(super) fn is_public_url(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let example = "write it as https://stats.example.org or https://example.org/logs/";
    let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
        return Err(format!("'{text}' does not start with https:// or http://; {example}"));
    };
    if rest.contains(['?', '#']) {
        return Err(format!("'{text}' has more than a path; {example}"));
    }
    let host = rest.split('/').next().unwrap_or(rest);
    if host.is_empty() || host.contains('@') || host.contains(char::is_whitespace) {
        return Err(format!("'{text}' names no host; {example}"));
    }
    Ok(())
}

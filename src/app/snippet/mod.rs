//! Sender configuration to paste, with this server's addresses in it.

mod apache_conf;
mod declared;
mod files;
mod from;
mod nginx_conf;
#[cfg(test)]
mod tests;
pub(super) mod untold;

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::ValueEnum;

use super::cli::SnippetArgs;
use super::config::{self, Config, Flags};
use super::exit;
use crate::decode::formats::template::Dialect;

/// Who can send (or, for `nginx-proxy`, who can stand in front of the dashboard).
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Sender {
    Nginx,
    /// nginx in front of the dashboard
    NginxProxy,
    Apache,
    Haproxy,
    Caddy,
    Traefik,
    Rsyslog,
    Curl,
}

impl Sender {
    pub const ALL: [Sender; 8] = [
        Sender::Nginx,
        Sender::NginxProxy,
        Sender::Apache,
        Sender::Haproxy,
        Sender::Caddy,
        Sender::Traefik,
        Sender::Rsyslog,
        Sender::Curl,
    ];

    /// As the command line and the page name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Sender::Nginx => "nginx",
            Sender::NginxProxy => "nginx-proxy",
            Sender::Apache => "apache",
            Sender::Haproxy => "haproxy",
            Sender::Caddy => "caddy",
            Sender::Traefik => "traefik",
            Sender::Rsyslog => "rsyslog",
            Sender::Curl => "curl",
        }
    }
}

/// Where this server is reached, as `HOST:PORT`; `None` where it does not listen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Addresses {
    pub http: Option<String>,
    pub udp: Option<String>,
    pub tcp: Option<String>,
    pub https: Option<String>,
    /// Syslog over TLS.
    pub tls: Option<String>,
    /// Path of a datagram socket.
    pub unix: Option<String>,
    /// Who posts needs a credential.
    pub asks: bool,
    /// Under which a proxy shows the dashboard, as `/logs/`; `None` for all of a host.
    pub path: Option<String>,
}

impl Addresses {
    /// The first address of each listener that the configuration asks for.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Addresses {
            http: config.http.listen.first().map(reachable),
            udp: config.udp.listen.first().map(reachable),
            tcp: config.tcp.listen.first().map(reachable),
            https: config.http.tls_listen.first().map(reachable),
            tls: config.tcp.tls_listen.first().map(reachable),
            asks: asks(config),
            unix: config.unix.datagram.first().map(|path| path.display().to_string()),
            path: path_of(&config.access.public_url),
        }
    }

    /// The same address for everything: what `--server` says.
    #[must_use]
    pub fn all_at(server: &str) -> Self {
        let server = Some(server.to_owned());
        Addresses { http: server.clone(), udp: server.clone(), tcp: server, ..Addresses::default() }
    }
}

/// Whether the address that is posted to asks for a credential.
pub(super) fn asks(config: &Config) -> bool {
    let posted = config.http.listen.first().or(config.http.tls_listen.first());
    let beyond = posted.is_some_and(|address| !address.ip().is_loopback());
    !config.access.insecure && (beyond || config.access.loopback == config::Loopback::Key)
}

/// The path of a URL between slashes. What nginx would have to quote is nobody's path here.
fn path_of(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let path = rest.split_once('/')?.1.trim_matches('/');
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    (!path.is_empty() && path.bytes().all(plain)).then(|| format!("/{path}/"))
}

/// An address as a sender writes it: one that stands for all interfaces becomes this host's name.
#[must_use]
pub fn reachable(address: &SocketAddr) -> String {
    if address.ip().is_unspecified() {
        let host = sysinfo::System::host_name().unwrap_or_else(|_| "localhost".into());
        format!("{host}:{}", address.port())
    } else {
        address.to_string()
    }
}

/// What to paste into the sender's configuration. Ends with a line feed.
#[must_use]
pub fn snippet(sender: Sender, addresses: &Addresses) -> String {
    let mut out = String::new();
    let mut at = |listener: &Option<String>, flag: &str, default: &str| match listener {
        Some(address) => address.clone(),
        None => {
            out.push_str(&closed(flag, default));
            default.to_owned()
        }
    };
    let body = match sender {
        Sender::Nginx => {
            let (note, server) = syslog_server(addresses);
            out.push_str(&note);
            NGINX.replace(DEFAULT_SYSLOG, &server)
        }
        Sender::NginxProxy => {
            let server = at(&addresses.http, "http", DEFAULT_HTTP);
            let text = NGINX_PROXY.replace(DEFAULT_HTTP, &server);
            match &addresses.path {
                // With a slash behind it nginx takes the path off.
                Some(path) => {
                    let pass = format!("proxy_pass http://{server}");
                    text.replace("\nlocation / {", &format!("\nlocation {path} {{"))
                        .replace(&format!("{pass};\n"), &format!("{pass}/;\n"))
                }
                None => text,
            }
        }
        Sender::Apache => {
            let server = at(&addresses.udp, "udp", DEFAULT_SYSLOG);
            let (host, port) = host_and_port(&server);
            APACHE.replace(
                "--server 127.0.0.1 --port 5514",
                &format!("--server {host} --port {port}"),
            )
        }
        Sender::Haproxy => {
            HAPROXY.replace(DEFAULT_SYSLOG, &at(&addresses.udp, "udp", DEFAULT_SYSLOG))
        }
        Sender::Caddy => CADDY.replace(DEFAULT_SYSLOG, &at(&addresses.tcp, "tcp", DEFAULT_SYSLOG)),
        Sender::Traefik => TRAEFIK.to_owned(),
        Sender::Rsyslog => {
            let server = match (&addresses.tcp, &addresses.tls) {
                (None, Some(tls)) => {
                    out.push_str(TLS_ALONE);
                    tls.clone()
                }
                (tcp, _) => at(tcp, "tcp", DEFAULT_SYSLOG),
            };
            let (host, port) = host_and_port(&server);
            RSYSLOG.replace(
                r#"Target="127.0.0.1" Port="5514""#,
                &format!(r#"Target="{host}" Port="{port}""#),
            )
        }
        Sender::Curl => {
            let (scheme, server) = match (&addresses.http, &addresses.https) {
                (None, Some(https)) => ("https", https.clone()),
                (http, _) => ("http", at(http, "http", DEFAULT_HTTP)),
            };
            let text =
                CURL.replace(&format!("http://{DEFAULT_HTTP}"), &format!("{scheme}://{server}"));
            if addresses.asks { text.replace("\ncurl ", WITH_TOKEN) } else { text }
        }
    };
    out.push_str(&body);
    out
}

/// Where nginx's syslog goes, behind a note where nobody listens there yet.
fn syslog_server(addresses: &Addresses) -> (String, String) {
    match (&addresses.udp, &addresses.unix) {
        (Some(address), _) => (String::new(), address.clone()),
        (None, Some(path)) => (String::new(), format!("unix:{path}")),
        (None, None) => (closed("udp", DEFAULT_SYSLOG), DEFAULT_SYSLOG.to_owned()),
    }
}

fn closed(flag: &str, default: &str) -> String {
    format!("# Tapline does not listen there now: start it with --{flag} {default}\n")
}

/// Before rsyslog's lines where they would come to nobody as they are.
const TLS_ALONE: &str = "# Tapline takes TLS alone here: put the StreamDriver settings behind the address, as the README has them under TLS\n";

/// In the place of curl's name.
const WITH_TOKEN: &str = "\n# It needs a token: `tapline token new --right send` makes one.\n\
    curl -H \"Authorization: Bearer $TAPLINE_TOKEN\" \\\n    ";

// What the files under `config/senders` name; they can be used as they are, too.
const DEFAULT_SYSLOG: &str = "127.0.0.1:5514";
const DEFAULT_HTTP: &str = "127.0.0.1:8514";

/// Takes `[::1]:5514` apart, without the brackets.
fn host_and_port(server: &str) -> (&str, &str) {
    let (host, port) = server.rsplit_once(':').unwrap_or((server, "5514"));
    (host.trim_start_matches('[').trim_end_matches(']'), port)
}

/// `tapline snippet`.
#[must_use]
pub fn run(args: &SnippetArgs) -> ExitCode {
    let addresses = match &args.server {
        Some(server) => match check_server(server) {
            Ok(()) => Addresses::all_at(server),
            Err(message) => {
                super::say(&format!("error: --server: {message}"));
                return exit::USAGE.into();
            }
        },
        None => match config::load(args.config.as_deref(), &Flags::default()) {
            Ok(loaded) => Addresses::of(&loaded.config),
            Err(problems) => {
                super::say(&problems.to_string());
                return problems.exit_code().into();
            }
        },
    };
    match (&args.from, args.sender) {
        (Some(path), sender) => {
            let dialect = match sender {
                Some(Sender::Nginx) => Some(Dialect::Nginx),
                Some(Sender::Apache) => Some(Dialect::Apache),
                None => None,
                Some(other) => {
                    let name = other.name();
                    super::say(&format!(
                        "error: {}, and nothing of {name}'s: write tapline snippet {name}",
                        from::TAKES
                    ));
                    return exit::USAGE.into();
                }
            };
            from::run(path, dialect, &addresses)
        }
        (None, Some(sender)) => super::print(&snippet(sender, &addresses)),
        // The command line asks for one of them.
        (None, None) => exit::USAGE.into(),
    }
}

/// The text goes into other programs' configuration, so nothing but a host and a port is taken.
fn check_server(server: &str) -> Result<(), String> {
    let ok = server.rsplit_once(':').is_some_and(|(host, port)| {
        let bare = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let host_ok = match bare {
            Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
            None => {
                !host.is_empty()
                    && host
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'-' || b == b'_')
            }
        };
        host_ok && port.parse::<u16>().is_ok_and(|port| port != 0)
    });
    if ok { Ok(()) } else { Err(format!("'{server}' is no HOST:PORT, as 192.0.2.7:5514")) }
}

/// Everything that a client can write stands in quotes, in which nginx escapes quotes; so no field
/// can pass for another.
const NGINX: &str = include_str!("../../../config/senders/nginx.conf");

const NGINX_PROXY: &str = include_str!("../../../config/senders/nginx-proxy.conf");

const APACHE: &str = include_str!("../../../config/senders/apache.conf");

/// Combined with names behind it: HAProxy's own format has neither referrer nor agent nor host.
const HAPROXY: &str = include_str!("../../../config/senders/haproxy.cfg");

const CADDY: &str = include_str!("../../../config/senders/Caddyfile");

const TRAEFIK: &str = include_str!("../../../config/senders/traefik.yml");

const RSYSLOG: &str = include_str!("../../../config/senders/rsyslog.conf");

const CURL: &str = include_str!("../../../config/senders/curl.sh");

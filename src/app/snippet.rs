//! Sender configuration to paste, with this server's addresses in it.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::ValueEnum;

use super::cli::SnippetArgs;
use super::config::{self, Config, Flags};
use super::exit;

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
    /// Path of a datagram socket.
    pub unix: Option<String>,
}

impl Addresses {
    /// The first address of each listener that the configuration asks for.
    #[must_use]
    pub fn of(config: &Config) -> Self {
        Addresses {
            http: config.http.listen.first().map(reachable),
            udp: config.udp.listen.first().map(reachable),
            tcp: config.tcp.listen.first().map(reachable),
            unix: config.unix.datagram.first().map(|path| path.display().to_string()),
        }
    }

    /// The same address for everything: what `--server` says.
    #[must_use]
    pub fn all_at(server: &str) -> Self {
        let server = Some(server.to_owned());
        Addresses { http: server.clone(), udp: server.clone(), tcp: server, unix: None }
    }
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
            out.push_str(&format!(
                "# Tapline does not listen there now: start it with --{flag} {default}\n"
            ));
            default.to_owned()
        }
    };
    let body = match sender {
        Sender::Nginx => {
            let server = match (&addresses.udp, &addresses.unix) {
                (None, Some(path)) => format!("unix:{path}"),
                _ => at(&addresses.udp, "udp", DEFAULT_SYSLOG),
            };
            NGINX.replace("{server}", &server)
        }
        Sender::NginxProxy => {
            NGINX_PROXY.replace("{server}", &at(&addresses.http, "http", DEFAULT_HTTP))
        }
        Sender::Apache => {
            let server = at(&addresses.udp, "udp", DEFAULT_SYSLOG);
            let (host, port) = host_and_port(&server);
            APACHE.replace("{host}", host).replace("{port}", port)
        }
        Sender::Haproxy => HAPROXY.replace("{server}", &at(&addresses.udp, "udp", DEFAULT_SYSLOG)),
        Sender::Caddy => CADDY.replace("{server}", &at(&addresses.tcp, "tcp", DEFAULT_SYSLOG)),
        Sender::Traefik => TRAEFIK.replace("{server}", &at(&addresses.tcp, "tcp", DEFAULT_SYSLOG)),
        Sender::Rsyslog => {
            let server = at(&addresses.tcp, "tcp", DEFAULT_SYSLOG);
            let (host, port) = host_and_port(&server);
            RSYSLOG.replace("{host}", host).replace("{port}", port)
        }
        Sender::Curl => CURL.replace("{server}", &at(&addresses.http, "http", DEFAULT_HTTP)),
    };
    out.push_str(&body);
    out
}

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
    super::print(&snippet(args.sender, &addresses))
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
const NGINX: &str = r#"# Into the http { } block of nginx.conf. A server or location with an access_log of its own
# needs the access_log line too: nginx does not add those of the outer block.
log_format tapline '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent '
                   '"$http_referer" "$http_user_agent" rt=$request_time '
                   'uct="$upstream_connect_time" urt="$upstream_response_time" '
                   'ua="$upstream_addr" cs=$upstream_cache_status '
                   'request_length=$request_length scheme=$scheme '
                   'xff="$http_x_forwarded_for" host="$host"';
access_log syslog:server={server},tag=nginx tapline;
error_log syslog:server={server},tag=nginx warn;
"#;

const NGINX_PROXY: &str = r#"# Into a server { } block of nginx with TLS: the dashboard behind nginx.
# Tapline then asks for its key; set `key` and `public_url` in [access] of tapline.toml.
location / {
    proxy_pass http://{server};
    proxy_http_version 1.1;
    proxy_set_header Host $host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    # The live feed is a WebSocket, and an event stream where that is not possible.
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection "upgrade";
    proxy_buffering off;
    proxy_read_timeout 1h;
}
"#;

const APACHE: &str = r#"# Into the server's or virtual host's configuration. logger is util-linux's.
LogFormat "%h %l %u %t \"%r\" %>s %b \"%{Referer}i\" \"%{User-Agent}i\" request_time_us=%D xff=\"%{X-Forwarded-For}i\" host=\"%v\"" tapline
CustomLog "|/usr/bin/logger --udp --server {host} --port {port} --rfc3164 --size 8192 --tag apache2 --priority local6.info" tapline
ErrorLog "|/usr/bin/logger --udp --server {host} --port {port} --rfc3164 --size 8192 --tag apache2 --priority local6.err"
"#;

/// Combined with names behind it: HAProxy's own format has neither referrer nor agent nor host.
const HAPROXY: &str = r#"# haproxy.cfg. The default length of 1024 would cut long lines.
global
    log {server} len 8192 format rfc3164 local0

# Into each frontend (mode http), in place of option httplog.
frontend www
    log global
    http-request set-var(txn.tapline_referrer) req.hdr(Referer)
    http-request set-var(txn.tapline_agent) req.hdr(User-Agent)
    http-request set-var(txn.tapline_host) req.hdr(Host)
    log-format '%ci - - [%trl] %{+Q,+E}r %ST %B %{+Q,+E}[var(txn.tapline_referrer)] %{+Q,+E}[var(txn.tapline_agent)] rt_ms=%Ta urt_ms=%Tr ua=%{+Q}b request_length=%U host=%{+Q,+E}[var(txn.tapline_host)]'
"#;

const CADDY: &str = r#"# Caddyfile, into each site's block.
log {
    output net {server} {
        soft_start
    }
    format json
}
"#;

const TRAEFIK: &str = r#"# Static configuration of Traefik (traefik.yml). Traefik writes its access log to a file only;
# follow it with: tapline /var/log/traefik/access.log
accessLog:
  filePath: /var/log/traefik/access.log
  format: json
  fields:
    headers:
      names:
        User-Agent: keep
        Referer: keep
"#;

const RSYSLOG: &str = r#"# /etc/rsyslog.d/60-tapline.conf: follows a server's log files and sends them on.
module(load="imfile")
input(type="imfile" File="/var/log/nginx/access.log" Tag="nginx:" Severity="info" Ruleset="tapline")
input(type="imfile" File="/var/log/nginx/error.log" Tag="nginx:" Severity="error" Ruleset="tapline")
ruleset(name="tapline") {
    action(type="omfwd" Target="{host}" Port="{port}" Protocol="tcp" TCP_Framing="octet-counted"
           Template="RSYSLOG_SyslogProtocol23Format"
           queue.type="LinkedList" queue.size="100000" action.resumeRetryCount="-1")
}
"#;

const CURL: &str = r#"# Log lines of any known format; the answer counts what was accepted.
curl --data-binary @/var/log/nginx/access.log 'http://{server}/api/v1/logs?source=web-1'
"#;

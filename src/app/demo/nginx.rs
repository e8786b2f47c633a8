//! nginx's own lines: the access line of `tapline snippet nginx`, the error line, the syslog header.

use std::fmt::Write;

use chrono::{DateTime, Utc};

use super::link::Link;
use super::world::Site;
use crate::vocab::time::Second;

/// One datagram and when to send it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Milliseconds into its second, 0–999.
    pub at_ms: u16,
    /// An RFC 3164 datagram as nginx sends it.
    pub datagram: String,
}

/// What a request was and how it went.
pub(super) struct Request<'a> {
    pub(super) at_ms: u16,
    pub(super) client: &'a str,
    pub(super) agent: &'a str,
    /// Whom HTTP's own authentication names; empty for nobody.
    pub(super) user: &'a str,
    pub(super) link: Link,
    /// Number of the web server that logs it.
    pub(super) web: usize,
    pub(super) site: &'a Site,
    /// The whole request line as logged.
    pub(super) request: &'a str,
    pub(super) referrer: &'a str,
    pub(super) status: u16,
    pub(super) bytes: u64,
    pub(super) bytes_in: u64,
    /// Content type of the answer; `-` for none.
    pub(super) mime: &'a str,
    pub(super) time_ms: f64,
    /// The backend and its time, where nginx asked one.
    pub(super) upstream: Option<(&'a str, f64)>,
    pub(super) cache: &'a str,
}

/// A line of the error log.
pub(super) struct Complaint<'a> {
    pub(super) at_ms: u16,
    pub(super) web: usize,
    pub(super) level: Level,
    pub(super) text: &'a str,
    pub(super) client: &'a str,
    pub(super) site: &'a Site,
    /// Empty before a request was read, as in a failed handshake.
    pub(super) request: &'a str,
    /// Address of the backend that was asked; empty for none.
    pub(super) upstream: &'a str,
}

#[derive(Clone, Copy)]
pub(super) enum Level {
    Warn,
    Error,
    Crit,
}

/// syslog's facility local7, nginx's default (RFC 3164 section 4.1.1).
const FACILITY: u16 = 23 * 8;
const INFORMATIONAL: u16 = 6;

impl Level {
    fn severity_and_name(self) -> (u16, &'static str) {
        match self {
            Level::Crit => (2, "crit"),
            Level::Error => (3, "error"),
            Level::Warn => (4, "warn"),
        }
    }
}

/// What the web servers have logged in the second that is being made up.
#[derive(Debug)]
pub(super) struct Log {
    lines: Vec<Line>,
    /// Number of nginx's last connection.
    connection: u64,
    /// The second's time in the three spellings of nginx.
    access_time: String,
    error_time: String,
    syslog_time: String,
}

impl Log {
    pub(super) fn new() -> Log {
        Log {
            lines: Vec::new(),
            connection: 48_211,
            access_time: String::new(),
            error_time: String::new(),
            syslog_time: String::new(),
        }
    }

    /// Sets the time written on the lines from now on.
    pub(super) fn open(&mut self, second: Second) {
        let time = DateTime::<Utc>::from_timestamp(second.0, 0).unwrap_or_default();
        self.access_time = time.format("%d/%b/%Y:%H:%M:%S +0000").to_string();
        self.error_time = time.format("%Y/%m/%d %H:%M:%S").to_string();
        self.syslog_time = time.format("%b %e %H:%M:%S").to_string();
    }

    pub(super) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Gives what was logged, in the order of its time.
    pub(super) fn take(&mut self, most: usize) -> Vec<Line> {
        let mut lines = std::mem::take(&mut self.lines);
        lines.truncate(most);
        lines.sort_by_key(|line| line.at_ms);
        lines
    }

    /// Writes an access line in the format of `tapline snippet nginx`.
    pub(super) fn access(&mut self, request: &Request<'_>) {
        let Request { client, agent, site, link, status, bytes, bytes_in, cache, mime, .. } =
            request;
        let Link { protocol: _, scheme, tls, cipher } = link;
        let or_dash =
            |text: &'_ str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        let (user, referrer) = (or_dash(request.user), or_dash(request.referrer));
        let mut line = String::with_capacity(560);
        let _ = write!(
            line,
            "{client} - {user} [{}] \"{}\" {status} {bytes} \"{referrer}\" \"{agent}\" rt={:.3}",
            self.access_time,
            request.request,
            request.time_ms / 1000.0,
        );
        let _ = match request.upstream {
            Some((address, ms)) => {
                let connect = if *status == 502 { 0.0 } else { ms.min(1.2) / 1000.0 };
                write!(line, " uct=\"{connect:.3}\" urt=\"{:.3}\" ua=\"{address}\"", ms / 1000.0)
            }
            None => write!(line, " uct=\"-\" urt=\"-\" ua=\"-\""),
        };
        let _ = write!(
            line,
            " cs={cache} request_length={bytes_in} scheme={scheme} ssl_protocol={tls} \
             ssl_cipher={cipher} mime=\"{mime}\" xff=\"-\" host=\"{}\"",
            site.host
        );
        self.send(request.at_ms, request.web, INFORMATIONAL, &line);
    }

    /// Writes an error-log line with nginx's trailing parts (`ngx_http_log_error`).
    pub(super) fn error(&mut self, complaint: &Complaint<'_>) {
        let Complaint { text, client, request, upstream, .. } = complaint;
        let (severity, level) = complaint.level.severity_and_name();
        self.connection += 3;
        let mut line = format!(
            "{} [{level}] 2711#2711: *{} {text}, client: {client}",
            self.error_time, self.connection
        );
        if request.is_empty() {
            line.push_str(", server: 0.0.0.0:443");
        } else {
            let host = complaint.site.host;
            let _ = write!(line, ", server: {host}, request: \"{request}\"");
            if !upstream.is_empty() {
                let _ = write!(line, ", upstream: \"{upstream}\"");
            }
            let _ = write!(line, ", host: \"{host}\"");
        }
        self.send(complaint.at_ms, complaint.web, severity, &line);
    }

    /// Puts nginx's syslog header before the line (`ngx_syslog_add_header`).
    fn send(&mut self, at_ms: u16, web: usize, severity: u16, line: &str) {
        let (pri, time) = (FACILITY + severity, &self.syslog_time);
        let datagram = format!("<{pri}>{time} web-{} nginx: {line}", web + 1);
        self.lines.push(Line { at_ms, datagram });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::demo::world::SITES;
    use crate::app::snippet::{Addresses, Sender, snippet};

    fn log() -> Log {
        let mut log = Log::new();
        // 2026-11-02T10:00:00Z: a day of one digit
        log.open(Second(1_793_613_600));
        log
    }

    #[test]
    fn an_access_line_reads_as_nginx_writes_the_snippets_format() {
        let mut log = log();
        let link = Link {
            protocol: "HTTP/2.0",
            scheme: "https",
            tls: "TLSv1.3",
            cipher: "TLS_AES_128_GCM_SHA256",
        };
        log.access(&Request {
            at_ms: 5,
            client: "203.0.113.9",
            agent: "curl/8.11.1",
            user: "",
            link,
            web: 0,
            site: &SITES[0],
            request: "GET /cart HTTP/2.0",
            referrer: "",
            status: 200,
            bytes: 5120,
            bytes_in: 412,
            mime: "text/html; charset=utf-8",
            time_ms: 12.0,
            upstream: Some(("10.0.0.5:8080", 10.0)),
            cache: "MISS",
        });
        let snippet = snippet(Sender::Nginx, &Addresses::default());
        let declared = snippet.split_once("log_format tapline ").expect("a log_format").1;
        let declared = declared.split_once(';').expect("its end").0;
        let mut expected: String = declared.split('\'').skip(1).step_by(2).collect();
        // The longest first: some names begin others.
        for (variable, value) in [
            ("$upstream_response_time", "0.010"),
            ("$upstream_connect_time", "0.001"),
            ("$upstream_cache_status", "MISS"),
            ("$sent_http_content_type", "text/html; charset=utf-8"),
            ("$http_x_forwarded_for", "-"),
            ("$body_bytes_sent", "5120"),
            ("$http_user_agent", "curl/8.11.1"),
            ("$request_length", "412"),
            ("$upstream_addr", "10.0.0.5:8080"),
            ("$request_time", "0.012"),
            ("$http_referer", "-"),
            ("$ssl_protocol", "TLSv1.3"),
            ("$remote_addr", "203.0.113.9"),
            ("$remote_user", "-"),
            ("$ssl_cipher", "TLS_AES_128_GCM_SHA256"),
            ("$time_local", "02/Nov/2026:10:00:00 +0000"),
            ("$request", "GET /cart HTTP/2.0"),
            ("$scheme", "https"),
            ("$status", "200"),
            ("$host", "shop.example.org"),
        ] {
            expected = expected.replace(variable, value);
        }
        let expected = format!("<190>Nov  2 10:00:00 web-1 nginx: {expected}");
        assert_eq!(log.take(1)[0].datagram, expected);
    }

    #[test]
    fn an_error_line_reads_as_nginx_writes_it() {
        let mut log = log();
        log.error(&Complaint {
            at_ms: 5,
            web: 1,
            level: Level::Error,
            text: "connect() failed (111: Connection refused) while connecting to upstream",
            client: "203.0.113.9",
            site: &SITES[0],
            request: "GET / HTTP/2.0",
            upstream: "http://10.0.0.5:8080/",
        });
        assert_eq!(
            log.take(1)[0].datagram,
            "<187>Nov  2 10:00:00 web-2 nginx: 2026/11/02 10:00:00 [error] 2711#2711: *48214 \
             connect() failed (111: Connection refused) while connecting to upstream, \
             client: 203.0.113.9, server: shop.example.org, request: \"GET / HTTP/2.0\", \
             upstream: \"http://10.0.0.5:8080/\", host: \"shop.example.org\""
        );
    }
}

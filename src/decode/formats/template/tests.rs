//! What templates read, what they refuse, and what is said of a bad one.

use super::{Dialect, Fault, Options, Template, compile};
use crate::vocab::event::Event;

fn template(dialect: Dialect, text: &str) -> Template {
    match compile("own", Some(dialect), text, &Options::default()) {
        Ok(template) => template,
        Err(fault) => panic!("{text}: byte {}: {fault}", fault.offset),
    }
}

/// What an event says, in the words that `parse` prints: `client=192.0.2.1 status=200 …`.
fn said(event: &Event<'_>) -> String {
    let mut out = Vec::new();
    let mut add = |name: &str, value: Option<String>| {
        out.extend(value.map(|value| format!("{name}={value}")));
    };
    let text = |text: &Option<std::borrow::Cow<'_, str>>| text.as_deref().map(str::to_owned);
    add("host", text(&event.host));
    add("client", text(&event.remote_ip));
    add("port", event.remote_port.map(|port| port.to_string()));
    add("user", text(&event.user));
    add("time", event.stamp.map(|stamp| format!("{stamp:?}").replace("Millis", "")));
    add("method", text(&event.method));
    add("path", text(&event.path));
    add("query", text(&event.query));
    add("protocol", text(&event.protocol));
    add("status", event.status.map(|status| status.to_string()));
    add("bytes", event.bytes.map(|bytes| bytes.to_string()));
    add("in", event.bytes_in.map(|bytes| bytes.to_string()));
    add("referrer", text(&event.referrer));
    add("agent", text(&event.user_agent));
    add("took", event.request_time_us.map(|us| us.to_string()));
    add("waited", event.upstream_time_us.map(|us| us.to_string()));
    add("upstream", text(&event.upstream));
    add("cache", text(&event.cache_status));
    add("scheme", text(&event.scheme));
    add("tls", text(&event.tls_version));
    add("mime", text(&event.mime));
    add("forwarded", text(&event.x_forwarded_for));
    out.join(" ")
}

fn check(dialect: Dialect, cases: &[(&str, &str, &str)]) {
    for (text, line, want) in cases {
        match template(dialect, text).explain(line) {
            Ok(event) => assert_eq!(said(&event), *want, "{text}\n{line}"),
            Err(mismatch) => assert_eq!(format!("refused: {mismatch}"), *want, "{text}\n{line}"),
        }
    }
}

fn fault(dialect: Dialect, text: &str) -> Fault {
    compile("own", Some(dialect), text, &Options::default()).expect_err(text)
}

const COMBINED: &str = r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;

#[test]
fn nginx_formats_read_as_they_stand() {
    check(
        Dialect::Nginx,
        &[
            (
                COMBINED,
                r#"192.0.2.1 - frank zappa [22/Nov/2026:10:00:00 +0000] "GET /a?b=c HTTP/1.1" 200 512 "-" "curl \x22x\x22""#,
                "client=192.0.2.1 user=frank zappa time=Utc((1795341600000)) method=GET path=/a query=b=c \
                 protocol=HTTP/1.1 status=200 bytes=512 agent=curl \"x\"",
            ),
            (
                "log_format main '$remote_addr $host$request_uri '\n   '$status $request_time';",
                "2001:db8::1 example.org/a/b?c 404 0.005\r\n",
                "host=example.org client=2001:db8::1 path=/a/b query=c status=404 took=5000",
            ),
            (
                "$status $upstream_addr $upstream_response_time $upstream_cache_status $uri$is_args$args",
                "502 192.0.2.7:80, unix:/run/a b 0.1, 0.2 : - MISS /x y?z",
                "refused: $upstream_response_time should be a number, or a list of them",
            ),
            (
                "$status $upstream_addr $upstream_response_time ${upstream_cache_status} $uri$is_args$args",
                "502 192.0.2.7:80, 192.0.2.8:80 0.1, 0.2 : 0.3 MISS /x y?z",
                "path=/x y query=z status=502 waited=600000 upstream=192.0.2.7:80, 192.0.2.8:80 cache=MISS",
            ),
            (
                r#"escape=json {"ip":"$remote_addr","r":"$request_uri","t":$request_time,"u":"$upstream_response_time"}"#,
                r#"{"ip":"192.0.2.1","r":"/\u00e9\"x","t":0.010,"u":""}"#,
                "client=192.0.2.1 path=/é\"x took=10000",
            ),
            (
                "$msec $pid $http_x_forwarded_for $status",
                "1795342800.250 77 203.0.113.9, 198.51.100.2 200",
                "client=198.51.100.2 time=Utc((1795342800250)) status=200 forwarded=203.0.113.9, 198.51.100.2",
            ),
        ],
    );
}

#[test]
fn the_table_of_variables_can_be_searched() {
    super::nginx::tests::is_sorted();
}

#[test]
fn a_fault_says_where_it_is_and_what_would_be_right() {
    let cases = [
        (Dialect::Nginx, "$status $", 8, "a $ begins a variable"),
        (Dialect::Nginx, "a ${status", 2, "a } must close"),
        (Dialect::Nginx, "$status$bytes_sent", 0, "nothing stands between $status and $bytes_sent"),
        (Dialect::Nginx, "escape=xml $status", 0, "escape=xml is none"),
        (Dialect::Apache, "%h %j", 3, "unknown directive %j; did you mean"),
        (Dialect::Apache, "%h %d", 3, "did you mean %D?"),
        (Dialect::Apache, "%h %i", 3, "%i needs a name"),
        (Dialect::Apache, "%h %{Referer", 3, "a } must close"),
        (Dialect::Apache, "%h %", 3, "a % at the end"),
        (Dialect::Apache, "[%{%Y-%J}t]", 6, "%J is no part of a time"),
    ];
    for (dialect, text, offset, message) in cases {
        let fault = fault(dialect, text);
        assert!(fault.message.contains(message), "{text}: {fault}");
        assert_eq!(fault.offset, offset, "{text}: {fault}");
        assert!(fault.offset + fault.length <= text.len(), "{text}");
    }
}

//! Cases as data: a line, what recognises it, and the fields it gives as one JSON text.

use std::fmt::Write as _;

use super::recognise::Recogniser;
use super::{FORMATS, decode_as};
use crate::vocab::event::{Event, Kind};
use crate::vocab::time::Stamp;

/// Every present field as `name=value`, in the order of the contract, without the derived ones.
fn brief(event: &Event<'_>) -> String {
    let mut out = format!("{} {}", event.kind.name(), event.format);
    match event.stamp {
        Some(Stamp::Utc(ms)) => write!(out, " utc={}", ms.0).unwrap(),
        Some(Stamp::Local(ms)) => write!(out, " local={}", ms.0).unwrap(),
        _ => {}
    }
    let texts = [
        ("ip", &event.remote_ip),
        ("ident", &event.ident),
        ("user", &event.user),
        ("method", &event.method),
        ("path", &event.path),
        ("query", &event.query),
        ("protocol", &event.protocol),
        ("referrer", &event.referrer),
        ("agent", &event.user_agent),
        ("upstream", &event.upstream),
        ("host", &event.host),
        ("scheme", &event.scheme),
        ("tls", &event.tls_version),
        ("cipher", &event.tls_cipher),
        ("cache", &event.cache_status),
        ("mime", &event.mime),
        ("xff", &event.x_forwarded_for),
        ("message", &event.message),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            write!(out, " {name}={value}").unwrap();
        }
    }
    let numbers = [
        ("port", event.remote_port.map(u64::from)),
        ("status", event.status.map(u64::from)),
        ("bytes", event.bytes),
        ("in", event.bytes_in),
        ("us", event.request_time_us),
        ("up_us", event.upstream_time_us),
        ("pid", event.pid.map(u64::from)),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            write!(out, " {name}={value}").unwrap();
        }
    }
    if let Some(level) = event.level {
        write!(out, " level={}", level.name()).unwrap();
    }
    out
}

fn check(cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        let event = Recogniser::new().decode(line);
        assert_eq!(brief(&event), *expected, "{line}");
        if event.kind != Kind::Message {
            let named = decode_as(event.format, line);
            assert_eq!(named.as_ref(), Some(&event), "by its name: {line}");
        }
        let readers = FORMATS.iter().filter(|format| format.decode(line).is_some());
        assert!(readers.count() <= 1, "two formats read {line}");
    }
}

#[test]
fn the_clf_family_is_told_apart_by_its_columns() {
    check(&[
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /cart HTTP/1.1" 200 5120 "-" "Mozilla/5.0 (X11)""#,
            "access combined utc=1795341600000 ip=203.0.113.9 method=GET path=/cart protocol=HTTP/1.1 agent=Mozilla/5.0 (X11) status=200 bytes=5120",
        ),
        (
            r#"::1 - bob [22/Nov/2026:10:00:00 +0330] "GET /a?b=c&d HTTP/2.0" 304 -"#,
            "access common utc=1795329000000 ip=::1 user=bob method=GET path=/a query=b=c&d protocol=HTTP/2.0 status=304",
        ),
        (
            r#"shop.example:443 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            "access vhost_combined utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 host=shop.example status=200 bytes=1",
        ),
    ]);
}

#[test]
fn json_objects_are_read_by_the_names_that_people_give() {
    check(&[
        (
            r#"{"time":"2026-11-22T10:00:00+00:00","msec":1795341600.005,"remote_addr":"203.0.113.9","xff":"","host":"shop.example","uri":"/cart?x=1","request":"GET /cart?x=1 HTTP/1.1","status":200,"bytes":6,"rt":0.012,"urt":"0.001, 0.002 : 0.003","uaddr":"10.0.0.1:80","referer":"","ua":"curl/7.88.1 \"q\" caf\u00e9","scheme":"https"}"#,
            "access json utc=1795341600005 ip=203.0.113.9 method=GET path=/cart query=x=1 protocol=HTTP/1.1 agent=curl/7.88.1 \"q\" café upstream=10.0.0.1:80 host=shop.example scheme=https status=200 bytes=6 us=12000 up_us=6000",
        ),
        (
            r#"{"level":"error","ts":1795341600.5,"msg":"dial failed","error":"refused","pid":"7"}"#,
            "error json utc=1795341600500 message=dial failed pid=7 level=error",
        ),
        (r#"{"colour":"blue"}"#, r#"message  message={"colour":"blue"}"#),
    ]);
}

//! Formats of an operator's own, and lines of them.

use crate::samples::{Sample, sample};

/// A template as its operator writes it, and what is written by it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Own {
    pub(crate) text: &'static str,
    pub(crate) sample: Sample,
}

pub(crate) const TEMPLATES: &[Own] = &[
    Own {
        text: r#"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#,
        sample: sample(
            "template",
            "nginx, combined",
            r#"{ip} - {user} [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
        ),
    },
    Own {
        text: r#"escape=json {"time":"$time_iso8601","ip":"$remote_addr","host":"$host","method":"$request_method","uri":"$request_uri","status":$status,"bytes":$body_bytes_sent,"agent":"$http_user_agent","rt":$request_time,"urt":"$upstream_response_time"}"#,
        sample: sample(
            "template",
            "nginx, JSON",
            r#"{"time":"{iso}","ip":"{ip}","host":"{host}","method":"{method}","uri":"{path}{query}","status":{status},"bytes":{bytes},"agent":"{agent}","rt":{s},"urt":"{s}"}"#,
        ),
    },
    Own {
        text: "$msec $host $remote_addr $request_method $request_uri $status $request_time $http_user_agent",
        sample: sample(
            "template",
            "nginx, nothing quoted",
            "{epoch} {host} {ip} {method} {path}{query} {status} {s} {agent}",
        ),
    },
    Own {
        text: r#"%v:%p %h %l %u %{%d/%b/%Y:%T}t.%{msec_frac}t %{%z}t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D"#,
        sample: sample(
            "template",
            "Apache, a time in pieces",
            r#"{host}:443 {ip} - {user} 22/Nov/2026:10:00:00.250 +0000 "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}" {us}"#,
        ),
    },
    Own {
        text: r#"%h %^[%d:%t %^] "%r" %s %b "%R" "%u""#,
        sample: sample(
            "template",
            "goaccess, combined",
            r#"{ip} - {user} [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
        ),
    },
    Own {
        text: "%d:%t %^ %^ %m %U %q %^ %^ %h %u %s %^ %L",
        sample: sample(
            "template",
            "goaccess, thirteen columns of words",
            "22/Nov/2026:10:00:00 +0000 10.0.0.1 {method} {path} - 80 - {ip} Mozilla/5.0+(X11;+Linux) {status} 0 {ms}",
        ),
    },
    Own {
        text: r#"{"ts":"%x","request":{"client_ip":"%h","method":"%m","host":"%v","uri":"%U","headers":{"User-Agent":["%u"]}},"duration":"%T","size":"%b","status":"%s"}"#,
        sample: sample(
            "template",
            "goaccess, JSON by its keys",
            r#"{"level":"info","ts":"22/Nov/2026:10:00:00","request":{"client_ip":"{ip}","proto":"HTTP/2.0","method":"{method}","host":"{host}","uri":"{path}{query}","headers":{"User-Agent":["{agent}"],"Accept":["*/*"]}},"duration":{s},"size":{bytes},"status":{status}}"#,
        ),
    },
];

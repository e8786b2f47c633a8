//! Cases as data: a line, what recognises it, and the fields it gives as one JSON text.

use std::fmt::Write as _;

use super::recognise::Recogniser;
use super::{Catalog, FORMATS, decode_as, names, scan};
use crate::vocab::event::{Event, Kind};
use crate::vocab::time::Stamp;

/// Every present field as `name=value`, in the order of the contract, without the derived ones.
pub(super) fn brief(event: &Event<'_>) -> String {
    let mut out = format!("{} {}", event.kind.name(), event.format);
    match event.stamp {
        Some(Stamp::Utc(ms)) => write!(out, " utc={}", ms.0).unwrap(),
        Some(Stamp::Local(ms)) => write!(out, " local={}", ms.0).unwrap(),
        Some(Stamp::Yearless { month, day, ms }) => {
            write!(out, " yearless={month}-{day}+{ms}").unwrap();
        }
        None => {}
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

pub(super) fn check(cases: &[(&str, &str)]) {
    for (line, expected) in cases {
        let event = Recogniser::default().decode(line);
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

#[test]
fn a_daemons_own_log_is_read_by_its_time_and_level() {
    check(&[
        (
            "[22-Nov-2026 10:00:00] WARNING: [pool www] child 12 exited on signal 11",
            "error php_error local=1795341600000 message=[pool www] child 12 exited on signal 11 level=warn",
        ),
        (
            "[22-Nov-2026 10:00:00 UTC] PHP Fatal error:  Uncaught Exception in /srv/a.php:3",
            "error php_error utc=1795341600000 message=PHP Fatal error:  Uncaught Exception in /srv/a.php:3 level=error",
        ),
        (
            "[2026-11-22 10:00:00 +0000] [20] [CRITICAL] WORKER TIMEOUT (pid:21)",
            "error gunicorn_error utc=1795341600000 message=WORKER TIMEOUT (pid:21) pid=20 level=crit",
        ),
        (
            "[2026-11-22 10:00:00.123][12][warning][config] [source/a.cc:1] gRPC config closed",
            "error envoy_error local=1795341600123 message=[source/a.cc:1] gRPC config closed pid=12 level=warn",
        ),
        (
            "2026-11-22 10:00:00: (mod_fastcgi.c.123) server is gone",
            "error lighttpd_error local=1795341600000 message=server is gone",
        ),
        (
            "22-Nov-2026 10:00:00.123 SEVERE [main] org.example.A.run no port",
            "error tomcat_error local=1795341600123 message=[main] org.example.A.run no port level=error",
        ),
        (
            "2026-11-22 10:00:00,123 ERROR [main] org.example.A - no port, client: 192.0.2.1, server: x",
            "error dated_error local=1795341600123 message=[main] org.example.A - no port, client: 192.0.2.1, server: x level=error",
        ),
        (
            "2026-11-22 10:00:00.123 [main] WARN  org.example.A - slow",
            "error dated_error local=1795341600123 message=org.example.A - slow level=warn",
        ),
        (
            "2026/11/22 10:00:00.123\tERROR\thttp.log.error\tdial failed",
            "error dated_error local=1795341600123 message=http.log.error\tdial failed level=error",
        ),
    ]);
}

#[test]
fn a_daemons_line_cut_anywhere_is_read_or_left() {
    for line in [
        "[22-Nov-2026 10:00:00.123 UTC] PHP Warning:  é",
        "[2026-11-22 10:00:00 +0000] [20] [ERROR] é",
        "[2026-11-22 10:00:00.123][12][warning][config] é",
        "2026-11-22 10:00:00: (mod_x.c.123) é",
        "22-Nov-2026 10:00:00.123 SEVERE [main] é",
        "2026-11-22 10:00:00,123 [main] ERROR é",
    ] {
        for end in (0..line.len()).filter(|&end| line.is_char_boundary(end)) {
            let readers = FORMATS.iter().filter(|format| format.decode(&line[..end]).is_some());
            assert!(readers.count() <= 1, "{}", &line[..end]);
        }
    }
}

#[test]
fn balancers_and_proxies_are_read_by_their_columns() {
    let cases: &[(&str, &str)] = &[
        (
            r#"https 2026-11-22T10:00:00.186641Z app/shop/50dc6c495c0c9188 203.0.113.9:2817 10.0.0.1:80 0.001 0.002 0.000 200 200 34 366 "GET https://shop.example:443/cart?id=7 HTTP/1.1" "curl/8" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:x "Root=1-2" "shop.example" "arn:aws:y" 0"#,
            "access aws_alb utc=1795341600186 ip=203.0.113.9 method=GET path=/cart query=id=7 protocol=HTTP/1.1 agent=curl/8 upstream=10.0.0.1:80 host=shop.example scheme=https tls=TLSv1.2 cipher=ECDHE-RSA-AES128-GCM-SHA256 port=2817 status=200 bytes=366 in=34 us=3000 up_us=2000",
        ),
        (
            r#"h2 2026-11-22T10:00:00.186641Z app/shop/50dc6c495c0c9188 203.0.113.9:2817 - -1 -1 -1 460 - 0 0 "- http://shop.example:80- -" "-" - -"#,
            "access aws_alb utc=1795341600186 ip=203.0.113.9 scheme=https port=2817 status=460 bytes=0 in=0",
        ),
        (
            r#"2026-11-22T10:00:00.943945Z shop 203.0.113.9:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 5 29 "GET http://shop.example:80/ HTTP/1.1""#,
            "access aws_elb utc=1795341600943 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 upstream=10.0.0.1:80 host=shop.example scheme=http port=2817 status=200 bytes=29 in=5 us=1178 up_us=1048",
        ),
        (
            "tls 2.0 2026-11-22T10:00:00 net/shop/c6e77e28c25b2234 g3d4b5e8bb8464cd 203.0.113.9:51341 10.0.0.1:443 5 2 98 246 - arn:aws:z - ECDHE-RSA-AES128-SHA tlsv12 - shop.example - - - 2026-11-22T09:59:59",
            "access aws_nlb local=1795341600000 ip=203.0.113.9 upstream=10.0.0.1:443 host=shop.example scheme=tls tls=tlsv12 cipher=ECDHE-RSA-AES128-SHA port=51341 bytes=246 in=98 us=5000",
        ),
        (
            r#"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be media [22/Nov/2026:10:00:00 +0000] 203.0.113.9 arn:aws:iam::1:user/bob 3E57427F3EXAMPLE REST.GET.OBJECT a.png "GET /media/a.png?x=1 HTTP/1.1" 404 NoSuchKey 113 - 7 3 "-" "aws-cli" -"#,
            "access aws_s3 utc=1795341600000 ip=203.0.113.9 user=arn:aws:iam::1:user/bob method=GET path=/media/a.png query=x=1 protocol=HTTP/1.1 agent=aws-cli host=media status=404 bytes=113 us=7000 up_us=3000",
        ),
        (
            "1795341600.899  16867 203.0.113.9 TCP_TUNNEL/200 6256 CONNECT shop.example:443 bob HIER_DIRECT/198.51.100.4 -",
            "access squid utc=1795341600899 ip=203.0.113.9 user=bob method=CONNECT path=shop.example:443 upstream=198.51.100.4 host=shop.example cache=TCP_TUNNEL status=200 bytes=6256 us=16867000",
        ),
        (
            r#"[2026-11-22T10:00:00.743Z] "GET /test HTTP/1.1" 200 - 3 256 50 25 "203.0.113.9, 10.0.0.1" "curl/8" "id" "shop.example:8443" "tcp://[2001:db8::18]:8080""#,
            "access envoy utc=1795341600743 ip=203.0.113.9 method=GET path=/test protocol=HTTP/1.1 agent=curl/8 upstream=[2001:db8::18]:8080 host=shop.example xff=203.0.113.9, 10.0.0.1 status=200 bytes=256 in=3 us=50000 up_us=25000",
        ),
        (
            r#"[2026-11-22T10:00:00.743Z] "GET /test HTTP/1.1" 503 UF upstream_reset - "-" 3 91 50 - "-" "curl/8" "id" "shop.example" "10.0.0.1:80" outbound|80||shop 10.0.0.9:1 10.0.0.9:80 203.0.113.9:52222 - default"#,
            "access envoy utc=1795341600743 ip=203.0.113.9 method=GET path=/test protocol=HTTP/1.1 agent=curl/8 upstream=10.0.0.1:80 host=shop.example port=52222 status=503 bytes=91 in=3 us=50000",
        ),
        (
            r#"[22/Nov/2026:10:00:00 +0000] HIT 200 200 - GET https shop.example "/api?x=1" [Client 203.0.113.9] [Length 1543] [Gzip 2.45] [Sent-to 10.0.0.1] "curl/8" "https://shop.example/""#,
            "access nginx_proxy_manager utc=1795341600000 ip=203.0.113.9 method=GET path=/api query=x=1 referrer=https://shop.example/ agent=curl/8 upstream=10.0.0.1 host=shop.example scheme=https cache=HIT status=200 bytes=1543",
        ),
        (
            r#"[22/Nov/2026:10:00:00 +0000] shop.example 203.0.113.9 0.227 "REPORT /dav/ HTTP/2.0" 207 125 440 - Thunder bird/1"#,
            "access npmplus utc=1795341600000 ip=203.0.113.9 method=REPORT path=/dav/ protocol=HTTP/2.0 agent=Thunder bird/1 host=shop.example status=207 bytes=125 us=227000",
        ),
        (
            "2026/11/22 10:00:00 [2026-11-22 10:00:00.150624] [router:host-http] [origin:shop.example] [client: 203.0.113.9] [useragent: Mozilla [x] GET /forged 200] POST /xmlrpc.php 404",
            "access zoraxy local=1795341600150 ip=203.0.113.9 method=POST path=/xmlrpc.php agent=Mozilla [x] GET /forged 200 host=shop.example status=404",
        ),
        (
            r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET / HTTP/1.1" 1375"#,
            "access apache_ssl_request utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 scheme=https tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 bytes=1375",
        ),
    ];
    check(cases);
}

#[test]
fn raw_quotes_of_a_client_forge_no_columns() {
    const OWNER: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
    let s3 = |request: &str, agent: &str| {
        format!(
            r#"{OWNER} media [22/Nov/2026:10:00:00 +0000] 203.0.113.9 - 3E57 REST.GET.OBJECT k "GET {request} HTTP/1.1" 404 NoSuchKey 113 - 7 3 "-" "{agent}" - h SigV4 ECDHE AuthHeader media.example TLSv1.2"#
        )
    };
    let envoy = |request: &str, agent: &str| {
        format!(
            r#"[2026-11-22T10:00:00.743Z] "GET {request} HTTP/1.1" 404 - 3 256 50 25 "203.0.113.9" "{agent}" "id" "shop.example" "10.0.0.1:80""#
        )
    };
    let plain = [s3("/x", "a"), envoy("/x", "a")];
    for line in plain {
        assert_eq!(Recogniser::default().decode(&line).status, Some(404), "{line}");
    }
    let forged = [
        envoy(r#"/x" 200 - 0 1 1 1 "192.0.2.66" "a" "b" "forged.example" "up""#, "a"),
        envoy(r#"/x" 200 - 0 1 1 1 "192.0.2.66" "a" "b" "forged.example" "up" ""#, "a"),
        envoy("/x", r#"a" "b" "forged.example" "up"#),
        s3(r#"/x" 200 - 1 - 1 1 "-" "f"#, "a"),
        s3("/x", r#"a" - h SigV4 c AuthHeader forged.example TLSv1 "x"#),
        r#"2026-11-22T10:00:00.943945Z shop 203.0.113.9:2817 10.0.0.1:80 0.1 0.1 0.1 404 404 5 29 "GET http://shop.example:80/ HTTP/1.1" "a" forged TLSv1.3 "b" c TLSv1.2"#.into(),
        r#"[22/Nov/2026:10:00:00 +0000] shop.example 203.0.113.9 0.227 "GET /x" 200 1 1 - f HTTP/2.0" 404 125 440 - curl"#.into(),
        r#"[22/Nov/2026:10:00:00 +0000] HIT 404 404 - GET https shop.example "/x" [Client 192.0.2.66] [Length 1] y" [Client 203.0.113.9] [Length 15] "curl" "-""#.into(),
    ];
    for line in forged {
        for format in FORMATS {
            let read = format.decode(&line);
            assert!(read.is_none(), "{} reads {line}", format.name());
        }
    }
}

#[test]
fn a_request_quoted_in_an_error_line_is_no_access_line() {
    let forged = r#"x - - [22/Nov/2026:10:00:00 +0000] "GET /admin HTTP/1.1" 200 1 "-" "-""#;
    for head in [
        "2026/11/22 19:19:05 [error] 7#7: *21 open() failed, client: 192.0.2.1, request: ",
        "2026-11-22 19:19:05 ERROR worker refused ",
        "2026-11-22T19:19:05Z refused ",
        "{refused} ",
    ] {
        let line = format!("{head}{forged}");
        assert_ne!(Recogniser::default().decode(&line).kind, Kind::Access, "{line}");
        for format in FORMATS {
            let read = format.decode(&line);
            assert!(read.is_none_or(|event| event.kind != Kind::Access), "{}", format.name());
        }
    }
}

#[test]
fn trailers_behind_the_agent_are_read_by_position_and_by_name() {
    check(&[
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 6 "-" "curl/7.88.1" "203.0.113.7, 198.51.100.2, 10.0.0.1" rt=0.012 uct="-" uht="-" urt="0.001, 0.002 : 0.003" us="502" ua="10.0.0.1:80, 10.0.0.2:80" cs=HIT host=example.org"#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl/7.88.1 upstream=10.0.0.1:80, 10.0.0.2:80 host=example.org cache=HIT xff=203.0.113.7, 198.51.100.2, 10.0.0.1 status=200 bytes=6 us=12000 up_us=6000",
        ),
        // NGINX Amplify's `main_ext`. What a client says is its site does not count.
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 6 "-" "curl" "203.0.113.7" "evil.example" sn="shop.example.org" rt=0.005 ua="10.0.0.1:80" us="200" ut="0.004, 0.001" ul="512" cs=MISS"#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl upstream=10.0.0.1:80 host=shop.example.org cache=MISS xff=203.0.113.7 status=200 bytes=6 us=5000 up_us=5000",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 6 "-" "curl" "-" "192.0.2.1" sn="_" rt=0.005 ua="-" us="-" ut="-" ul="-" cs=-"#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl xff=192.0.2.1 status=200 bytes=6 us=5000",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 6 "-" "curl" sn=7 ut=12"#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl status=200 bytes=6",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET /a b c HTTP/1.1" 400 157 "-" "-" "-" rt=0.000 uct="-" uht="-" urt="-" us="-" ua="-" cs=- host="#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/a b c protocol=HTTP/1.1 status=400 bytes=157 us=0",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 6 "-" "curl" 0.012 0.010"#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl status=200 bytes=6 us=12000 up_us=10000",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 6 "-" "curl" 0.012 0.010, 0.020 : 0.030 HIT example.org"#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl host=example.org cache=HIT status=200 bytes=6 us=12000 up_us=60000",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 6 "-" "curl" "-" "0.012" "0.010, 0.001" "10.0.0.1:8080" TLSv1.3 TLS_AES_256_GCM_SHA384 https"#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl upstream=10.0.0.1:8080 scheme=https tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 status=200 bytes=6 us=12000 up_us=11000",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 6 "-" "curl" shop.example.org"#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl host=shop.example.org status=200 bytes=6",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 1 "-" "-" rt=NaN urt=inf"#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=1",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 1 "-" "-" rt=-1 urt=1e308"#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=1",
        ),
        (
            r#"127.0.0.1 [22/Nov/2026:19:27:26 +0000] 3942 "GET /index.html HTTP/1.1" 200 3 + "203.0.113.7, 10.0.0.1""#,
            "access combined_plus utc=1795375646000 ip=127.0.0.1 method=GET path=/index.html protocol=HTTP/1.1 xff=203.0.113.7, 10.0.0.1 status=200 bytes=3 us=3942",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:26:11 +0000] "GET /clf?a=b HTTP/1.1" 200 130 "" "" 44568 176 "clfweb" "ok" "ng" 0 0 1 3 4 ---- 1 1 0 0 0 0 0 "" "" "#,
            "access combined_plus utc=1795375571176 ip=127.0.0.1 method=GET path=/clf query=a=b protocol=HTTP/1.1 upstream=ok/ng port=44568 status=200 bytes=130 us=4000 up_us=4000",
        ),
        (
            r#"172.17.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 414 "-" "-" 500 "test@docker" "http://172.17.0.3:80" 12ms"#,
            "access combined_plus utc=1795341600000 ip=172.17.0.1 method=GET path=/ protocol=HTTP/1.1 upstream=172.17.0.3:80 status=200 bytes=414 us=12000",
        ),
        (
            r#"203.0.113.9 - bob [22/Nov/2026:10:00:00 +0000] "GET / HTTP/2.0" 200 12 "-" "c" 462 0.050 [svc-9000] [] 10.0.50.80:9000 19437 0.049 200 752178adb"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/ protocol=HTTP/2.0 agent=c upstream=10.0.50.80:9000 status=200 bytes=12 in=462 us=50000 up_us=49000",
        ),
    ]);
}

#[test]
fn what_a_client_forges_gives_no_wrong_status() {
    check(&[
        (
            r#"127.0.0.1 -  [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 6 "" "UA "quoted" back\slash""#,
            r#"access combined utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=UA "quoted" back\slash status=200 bytes=6"#,
        ),
        (
            r#"127.0.0.1 - al ice"x [22/Nov/2026:19:19:05 +0000] "GET /auth HTTP/1.1" 401 179 "" "curl/7.88.1""#,
            r#"access combined utc=1795375145000 ip=127.0.0.1 user=al ice"x method=GET path=/auth protocol=HTTP/1.1 agent=curl/7.88.1 status=401 bytes=179"#,
        ),
        (
            r#"127.0.0.1 - al ice\x22x [22/Nov/2026:19:19:05 +0000] "GET /auth HTTP/1.1" 401 179 "-" "curl/7.88.1""#,
            r#"access combined utc=1795375145000 ip=127.0.0.1 user=al ice"x method=GET path=/auth protocol=HTTP/1.1 agent=curl/7.88.1 status=401 bytes=179"#,
        ),
        (
            r#"127.0.0.1 - eve [01/Jan/2026:00:00:00 +0000] "GET /fake HTTP/1.1" 200 1 [22/Nov/2026:19:19:05 +0000] "GET /real HTTP/1.1" 401 179 "-" "curl""#,
            r#"message  message=127.0.0.1 - eve [01/Jan/2026:00:00:00 +0000] "GET /fake HTTP/1.1" 200 1 [22/Nov/2026:19:19:05 +0000] "GET /real HTTP/1.1" 401 179 "-" "curl""#,
        ),
        // Nobody knows whether a user or an agent that isn't escaped holds the other, or a line was torn.
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "POST /login HTTP/1.1" 401 9 "-" "x" [22/Nov/2026:19:19:05 +0000] "GET /innocent HTTP/1.1" 200 1 "-" "curl/8""#,
            r#"message  message=127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "POST /login HTTP/1.1" 401 9 "-" "x" [22/Nov/2026:19:19:05 +0000] "GET /innocent HTTP/1.1" 200 1 "-" "curl/8""#,
        ),
        (
            r#"192.0.2.77 - - [22/Nov/2026:19:19:05 +0000] "GET /tor203.0.113.1 - - [22/Nov/2026:19:19:05 +0000] "GET /second HTTP/1.1" 200 1 "-" "x""#,
            r#"message  message=192.0.2.77 - - [22/Nov/2026:19:19:05 +0000] "GET /tor203.0.113.1 - - [22/Nov/2026:19:19:05 +0000] "GET /second HTTP/1.1" 200 1 "-" "x""#,
        ),
        (
            r#"192.0.2.77 - - [22/Nov/2026:19:19:05 +0000] "GET /login HTTP/1.1" 401 9 - - [22/Nov/2026:19:19:05 +0000] "GET /x HTTP/1.1" 200 5"#,
            r#"message  message=192.0.2.77 - - [22/Nov/2026:19:19:05 +0000] "GET /login HTTP/1.1" 401 9 - - [22/Nov/2026:19:19:05 +0000] "GET /x HTTP/1.1" 200 5"#,
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET /real HTTP/1.1" 401 179 "-" "x [01/Jan/2026:00:00:00 +0000] "GET /fake HTTP/1.1" 200 1 "-" "curl""#,
            r#"message  message=127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET /real HTTP/1.1" 401 179 "-" "x [01/Jan/2026:00:00:00 +0000] "GET /fake HTTP/1.1" 200 1 "-" "curl""#,
        ),
        (
            r#"127.0.0.1 - eve [01/Jan/2026:00:00:00 +0000] \x22GET /fake HTTP/1.1\x22 200 1 [22/Nov/2026:19:19:05 +0000] "GET /real HTTP/1.1" 401 179 "-" "curl""#,
            r#"access combined utc=1795375145000 ip=127.0.0.1 user=eve [01/Jan/2026:00:00:00 +0000] "GET /fake HTTP/1.1" 200 1 method=GET path=/real protocol=HTTP/1.1 agent=curl status=401 bytes=179"#,
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET /x" 200 5 "-" "foo HTTP/1.1" 404 153 "-" "curl""#,
            r#"message  message=127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET /x" 200 5 "-" "foo HTTP/1.1" 404 153 "-" "curl""#,
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET /x HTTP/1.1" 404 5 "-" "x" 200 5 "-" "y""#,
            "access combined_plus utc=1795375145000 ip=127.0.0.1 method=GET path=/x protocol=HTTP/1.1 agent=x status=404 bytes=5",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET /a\" 400 157 "" """#,
            r#"access combined utc=1795375145000 ip=127.0.0.1 method=GET path=/a\ status=400 bytes=157"#,
        ),
    ]);
}

#[test]
fn json_is_read_as_people_write_it() {
    check(&[
        (
            r#"{"remote_addr":"127.0.0.1","status":200,"rt":0.1,"ua":"a\x22b\x09c","uri":"/x"}"#,
            "access json ip=127.0.0.1 path=/x agent=a\"b\tc status=200 us=100000",
        ),
        (
            r#"{"remote_addr":"127.0.0.1","status":"200","rt":,"urt":0.1, 0.2,"uri":"/x","status":404}"#,
            "access json ip=127.0.0.1 path=/x status=404 up_us=300000",
        ),
        (
            r#"{"remote_addr":"127.0.0.1","status":null,"rt":"NaN","uri":"/x","method":"GET","time":"2026-11-22T10:00:00"}"#,
            "access json local=1795341600000 ip=127.0.0.1 method=GET path=/x",
        ),
        (
            r#"{"remote_addr":"127.0.0.1","status":200.0,"request_time_ms":12.5,"uri":"/x","method":"GET"}"#,
            "access json ip=127.0.0.1 method=GET path=/x status=200 us=12500",
        ),
        (
            r#"{"ts":"22/Nov/2026:19:26:11.195","c":"127.0.0.1:47960","st":200,"b":130,"req":"/json","ta":4,"term":"--"}"#,
            "access json local=1795375571195 ip=127.0.0.1 path=/json port=47960 status=200 bytes=130 us=4000",
        ),
        (
            r#"{"level":"info","ts":1795375840.1,"logger":"http.log.access","msg":"handled request","request":{"remote_addr":"127.0.0.1:5","proto":"HTTP/1.1","method":"GET","host":"h:1","uri":"/hi?x","headers":{"User-Agent":["curl/7"],"Referer":["http://r/"]},"tls":{"version":771}},"duration":0.000025688,"size":2,"status":200}"#,
            "access json utc=1795375840100 ip=127.0.0.1 method=GET path=/hi query=x protocol=HTTP/1.1 referrer=http://r/ agent=curl/7 host=h:1 scheme=https tls=TLSv1.2 port=5 status=200 bytes=2 us=26 level=info",
        ),
        (
            r#"{"level":"error","logger":"http.log.error.log0","msg":"dial tcp: refused","request":{"remote_ip":"1.2.3.4","method":"GET","uri":"/"},"duration":0.1,"status":502}"#,
            "error json ip=1.2.3.4 method=GET path=/ message=dial tcp: refused status=502 us=100000 level=error",
        ),
        (
            r#"{"level":30,"time":1795375840123,"pid":12,"req":{"method":"GET","url":"/a?b=1","headers":{"user-agent":"x","host":"h.org"},"remoteAddress":"::1","remotePort":5},"res":{"statusCode":200},"responseTime":12,"msg":"request completed"}"#,
            "access json utc=1795375840123 ip=::1 method=GET path=/a query=b=1 agent=x host=h.org port=5 status=200 us=12000 pid=12 level=info",
        ),
        (
            r#"{"httpRequest":{"requestMethod":"GET","requestUrl":"https://h/x","status":200,"remoteIp":"1.2.3.4","userAgent":"c","latency":"0.123s","responseSize":"12"},"timestamp":"2026-11-22T10:00:00.123456Z"}"#,
            "access json utc=1795341600123 ip=1.2.3.4 method=GET path=/x agent=c host=h scheme=https status=200 bytes=12 us=123000",
        ),
        (
            r#"{"@timestamp":"2026-11-22T10:00:00Z","http":{"request":{"method":"GET"},"response":{"status_code":200,"body":{"bytes":5}}},"url":{"path":"/x","query":"a=1"},"client":{"ip":"1.1.1.1"},"user_agent":{"original":"c"}}"#,
            "access json utc=1795341600000 ip=1.1.1.1 method=GET path=/x query=a=1 agent=c status=200 bytes=5",
        ),
        (
            r#"{"nginx":{"remote_ip":"1.1.1.1","method":"GET","path":"/x","status":200}}"#,
            "access json ip=1.1.1.1 method=GET path=/x status=200",
        ),
        (r#"{"a":1,"status":200,"uri":"/x",}"#, "access json path=/x status=200"),
        (
            r#"{"status":200,"uri":"/x"} trailing"#,
            r#"message  message={"status":200,"uri":"/x"} trailing"#,
        ),
        (r#"@cee: {"status":200,"uri":"/x"}"#, "access json path=/x status=200"),
        (r#"{"status":200,"uri":"/x""#, r#"message  message={"status":200,"uri":"/x""#),
    ]);
}

#[test]
fn a_line_inside_json_is_read_as_itself() {
    check(&[
        (
            r#"{"log":"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"c\"\n","stream":"stdout","time":"2026-11-22T10:00:01.5Z"}"#,
            "access json utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=c status=200 bytes=1",
        ),
        (
            r#"{"log":"{\"status\":204,\"uri\":\"/x\",\"remote_addr\":\"::1\"}\n","time":"2026-11-22T10:00:01.5Z"}"#,
            "access json utc=1795341601500 ip=::1 path=/x status=204",
        ),
        (
            r#"{"level":"error","message":"2026/11/22 19:19:05 [error] 7#8: *9 broken"}"#,
            "error json message=2026/11/22 19:19:05 [error] 7#8: *9 broken level=error",
        ),
        (
            r#"{"message":"2026/11/22 19:19:05 [error] 7#8: *9 broken"}"#,
            "error json local=1795375145000 message=broken pid=7 level=error",
        ),
    ]);
}

/// Behind a path that is long enough the true client is cut off, and what is left may be the path's.
#[test]
fn the_client_of_a_cut_error_line_is_believed_where_no_text_stands_before_it() {
    let parts = r#", client: 6.6.6.6, server: s, request: "GET /x"#;
    for (message, client) in [
        (r#"open() "/srv/x" failed (2: No such file or directory)"#, None),
        (
            "upstream timed out (110: Connection timed out) while connecting to upstream",
            Some("6.6.6.6"),
        ),
    ] {
        for (length, client) in [(2_047, client), (1_000, Some("6.6.6.6"))] {
            let mut line = format!("2026/11/22 19:19:05 [error] 7#7: *1 {message}{parts}");
            line.extend(std::iter::repeat_n('y', length - line.len()));
            let event = decode_as("nginx_error", &line).expect("an error line");
            assert_eq!((event.remote_ip.as_deref(), event.kind), (client, Kind::Error), "{line}");
        }
    }
}

#[test]
fn error_lines_of_nginx_are_taken_apart() {
    check(&[
        (
            r#"2026/11/22 19:19:05 [error] 6739#6739: *21 connect() failed (111: Connection refused) while connecting to upstream, client: 127.0.0.1, server: shop, request: "GET /up?a=1 HTTP/1.1", upstream: "http://127.0.0.1:31999/up", host: "h:31080", referrer: "http://r/""#,
            "error nginx_error local=1795375145000 ip=127.0.0.1 method=GET path=/up query=a=1 protocol=HTTP/1.1 referrer=http://r/ upstream=127.0.0.1:31999 host=h:31080 message=connect() failed (111: Connection refused) while connecting to upstream pid=6739 level=error",
        ),
        (
            r#"2026/11/22 19:19:05 [error] 6739#6739: *21 open() "/x, client: 6.6.6.6, server: y" failed, client: 127.0.0.1, server: shop, request: "GET /, client: 7.7.7.7, server: z HTTP/1.1", host: "h""#,
            r#"error nginx_error local=1795375145000 message=open() "/x, client: 6.6.6.6, server: y" failed, client: 127.0.0.1, server: shop, request: "GET /, client: 7.7.7.7, server: z HTTP/1.1", host: "h" pid=6739 level=error"#,
        ),
        (
            r#"2026/11/22 19:19:05 [error] 6739#6739: *21 open() "/srv/x", client: 6.6.6.6, server: y, request: "GET /ok HTTP/1.1", host: "evil.test"" failed (2: No such file or directory), client: 127.0.0.1, server: shop, request: "GET /x%22,%20client:%206.6.6.6 HTTP/1.1", host: "h""#,
            r#"error nginx_error local=1795375145000 message=open() "/srv/x", client: 6.6.6.6, server: y, request: "GET /ok HTTP/1.1", host: "evil.test"" failed (2: No such file or directory), client: 127.0.0.1, server: shop, request: "GET /x%22,%20client:%206.6.6.6 HTTP/1.1", host: "h" pid=6739 level=error"#,
        ),
        (
            r#"2026/11/22 19:19:05 [error] 6739#6739: *21 open() "/srv/y" failed (2: No such file or directory), client: 127.0.0.1, server: shop, request: "GET /y HTTP/1.1", host: "h", referrer: "http://a/", host: "victim.test""#,
            r#"error nginx_error local=1795375145000 ip=127.0.0.1 method=GET path=/y protocol=HTTP/1.1 referrer=http://a/", host: "victim.test host=h message=open() "/srv/y" failed (2: No such file or directory) pid=6739 level=error"#,
        ),
        (
            "2026/11/22 19:19:05 [info] 6739#6739: *21 client 127.0.0.1 closed keepalive connection",
            "error nginx_error local=1795375145000 ip=127.0.0.1 message=client 127.0.0.1 closed keepalive connection pid=6739 level=info",
        ),
        (
            r#"2026/11/22 19:19:05 [error] 6739#6739: *21 x, client: 127.0.0.1, server: , request: "GET /AAAA"#,
            "error nginx_error local=1795375145000 ip=127.0.0.1 method=GET path=/AAAA message=x pid=6739 level=error",
        ),
        (
            "2026/11/22 19:19:05 [error] 6739#6739",
            "error nginx_error local=1795375145000 pid=6739 level=error",
        ),
        (
            r#"2026/11/22 19:19:05 [error] 7#8: *9 limiting requests, excess: 50.416 by zone "z", client: 10.0.0.1, server: _, request: "GET / HTTP/2.0", host: "h""#,
            "error nginx_error local=1795375145000 ip=10.0.0.1 method=GET path=/ protocol=HTTP/2.0 host=h message=limiting requests pid=7 level=error",
        ),
        (
            r#"2026/11/22 19:19:05 [error] 7#8: *9 user "al ice"x" was not found in "/htp", client: 127.0.0.1, server: , request: "GET /auth HTTP/1.1", host: "127.0.0.1:31080""#,
            r#"error nginx_error local=1795375145000 ip=127.0.0.1 method=GET path=/auth protocol=HTTP/1.1 host=127.0.0.1:31080 message=user "al ice"x" was not found in "/htp" pid=7 level=error"#,
        ),
    ]);
}

#[test]
fn a_trace_behind_an_error_line_is_its_message_and_changes_nothing_else() {
    check(&[
        (
            "2026/11/22 19:19:05 [error] 7#8: *9 x, client: 127.0.0.1, server: s, request: \"GET / HTTP/1.1\", host: \"h\"\n  more, host: \"other\"\n\tof it",
            "error nginx_error local=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 host=h message=x\n  more, host: \"other\"\n\tof it pid=7 level=error",
        ),
        (
            "2026/11/22 19:19:05 [error] 7#8: *9 FastCGI sent in stderr: \"PHP message: f('\"', client: 6.6.6.6, server: y)\nStack trace:\n#0 {main}\" while reading response header from upstream, client: 127.0.0.1, server: s, request: \"GET /, client: 7.7.7.7, server: z HTTP/1.1\", upstream: \"fastcgi://unix:/run/p.sock:\", host: \"h\"",
            "error nginx_error local=1795375145000 ip=127.0.0.1 method=GET path=/, client: 7.7.7.7, server: z protocol=HTTP/1.1 upstream=unix:/run/p.sock host=h message=FastCGI sent in stderr: \"PHP message: f('\"', client: 6.6.6.6, server: y)\nStack trace:\n#0 {main}\" while reading response header from upstream pid=7 level=error",
        ),
        // One of the two was forged.
        (
            "2026/11/22 19:19:05 [error] 7#8: *9 FastCGI sent in stderr: \"f('\" while reading upstream, client: 6.6.6.6, server: y')\" while reading upstream, client: 127.0.0.1, server: s",
            "error nginx_error local=1795375145000 message=FastCGI sent in stderr: \"f('\" while reading upstream, client: 6.6.6.6, server: y')\" while reading upstream, client: 127.0.0.1, server: s pid=7 level=error",
        ),
        (
            "[Sun Nov 22 19:19:05.123456 2026] [php:error] [pid 12] [client 1.2.3.4:567] PHP Fatal error: x, referer: http://r/\nStack trace:\n#0 {main}",
            "error apache_error local=1795375145123 ip=1.2.3.4 referrer=http://r/ message=PHP Fatal error: x, referer: http://r/\nStack trace:\n#0 {main} port=567 pid=12 level=error",
        ),
        (
            "[Sun Nov 22 19:19:05.123456 2026] [php:error] [pid 12] [client 1.2.3.4:567] x\n#0 f(', referer: http://r/')",
            "error apache_error local=1795375145123 ip=1.2.3.4 message=x\n#0 f(', referer: http://r/') port=567 pid=12 level=error",
        ),
    ]);
}

#[test]
fn error_lines_of_apache_are_taken_apart() {
    check(&[
        (
            "[Sun Nov 22 19:19:05.123456 2026] [core:error] [pid 12:tid 34] (2)No such file: [client 1.2.3.4:567] AH00124: bad thing, referer: http://r/",
            "error apache_error local=1795375145123 ip=1.2.3.4 referrer=http://r/ message=bad thing, referer: http://r/ port=567 pid=12 level=error",
        ),
        (
            "[error] [client 1.2.3.4] no time",
            "error apache_error ip=1.2.3.4 message=no time level=error",
        ),
        (
            "[Sun Nov 22 19:19:05 2026] [error] [client ::1] two two",
            "error apache_error local=1795375145000 ip=::1 message=two two level=error",
        ),
        (
            "[Sun Nov 22 19:19:05.1 2026] [rewrite:trace3] [pid 12] mod_rewrite.c(470): [client 1.2.3.4:5] applying",
            "error apache_error local=1795375145100 ip=1.2.3.4 message=mod_rewrite.c(470): [client 1.2.3.4:5] applying port=5 pid=12 level=trace",
        ),
        ("[not a log] at all", "message  message=[not a log] at all"),
    ]);
}

#[test]
fn haproxy_lines_are_sessions_requests_and_notices() {
    check(&[
        (
            "Server ok/ng is DOWN, reason: Layer4 connection problem",
            "error haproxy_error message=Server ok/ng is DOWN, reason: Layer4 connection problem level=alert",
        ),
        (
            "backend ok has no server available!",
            "error haproxy_error message=backend ok has no server available! level=emerg",
        ),
        ("Server is down for lunch", "message  message=Server is down for lunch"),
        (
            r#"127.0.0.1:35982 [22/Nov/2026:10:00:00.395] web ok/ng 0/0/1/3/4 200 130 - - ---- 1/1/0/0/0 0/0 {curl/7.88.1|shop.example|http://r/} {text/plain} "GET /x?y=1 HTTP/1.1""#,
            "access haproxy_http local=1795341600395 ip=127.0.0.1 method=GET path=/x query=y=1 protocol=HTTP/1.1 referrer=http://r/ agent=curl/7.88.1 upstream=ok/ng host=shop.example port=35982 status=200 bytes=130 us=4000 up_us=4000",
        ),
        (
            r#"2001:db8::1:35982 [22/Nov/2026:10:00:00.395] web~ ok/<NOSRV> 0/-1/-1/-1/+3005 503 +217 - - SC-- 1/1/0/0/0 0/0 {Mozilla/5.0 #7Bx#7D #22q#22|} "GET /AAAA"#,
            r#"access haproxy_http local=1795341600395 ip=2001:db8::1 method=GET path=/AAAA agent=Mozilla/5.0 {x} "q" scheme=https port=35982 status=503 bytes=217 us=3005000"#,
        ),
        (
            r#"127.0.0.1:1 [22/Nov/2026:10:00:00.395] web web/<NOSRV> -1/-1/-1/-1/0 -1 0 - - CR-- 1/1/0/0/0 0/0 "<BADREQ>""#,
            "access haproxy_http local=1795341600395 ip=127.0.0.1 port=1 bytes=0 us=0",
        ),
        (
            "127.0.0.1:53250 [22/Nov/2026:10:00:00.216] tcpf tcpb/ng 1/0/7 155 -- 1/1/0/0/0 0/0",
            "access haproxy_tcp local=1795341600216 ip=127.0.0.1 upstream=tcpb/ng port=53250 bytes=155 us=7000 up_us=0",
        ),
        (
            "Connect from 1.2.3.4:40780 to 1.2.3.4:5000 (main/HTTP)",
            "access haproxy_tcp ip=1.2.3.4 port=40780",
        ),
        (
            "127.0.0.1:1 [22/Nov/2026:10:00:00.395] fe/bind: SSL handshake failure",
            "error haproxy_error local=1795341600395 ip=127.0.0.1 message=SSL handshake failure port=1 level=info",
        ),
        ("Proxy web started.", "error haproxy_error message=Proxy web started. level=notice"),
    ]);
}

#[test]
fn columns_before_the_time_are_told_apart() {
    check(&[
        (
            r#"10.0.0.1 - [203.0.113.9, 10.0.0.2] - bob [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            "access combined utc=1795341600000 ip=10.0.0.1 user=bob method=GET path=/ protocol=HTTP/1.1 xff=203.0.113.9, 10.0.0.2 status=200 bytes=1",
        ),
        (
            r#"127.0.0.1 -  [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 6 "" """#,
            "access combined utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=6",
        ),
        (
            r#"127.0.0.1 - - [bogus] "GET / HTTP/1.1" 200 1 "-" "-""#,
            "access combined ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=1",
        ),
        (
            r#"fe80::1%eth0 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            "access combined utc=1795375145000 ip=fe80::1%eth0 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=1",
        ),
        (
            r#"[::1]:80 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            "access combined utc=1795375145000 ip=::1 method=GET path=/ protocol=HTTP/1.1 port=80 status=200 bytes=1",
        ),
        (
            r#"unix: - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            "access combined utc=1795375145000 ip=unix: method=GET path=/ protocol=HTTP/1.1 status=200 bytes=1",
        ),
        (
            r#"shop.example 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1"#,
            "access vhost_common utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 host=shop.example status=200 bytes=1",
        ),
        (
            r#"203.0.113.9 shop.example bob [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            "access vhost_combined utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/ protocol=HTTP/1.1 host=shop.example status=200 bytes=1",
        ),
        (
            r#""10.5.102.222, 199.96.1.1" 10.2.1.185 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#,
            "access combined utc=1795341600000 ip=10.2.1.185 method=GET path=/ protocol=HTTP/1.1 xff=10.5.102.222, 199.96.1.1 status=200 bytes=1",
        ),
        (
            r#"203.0.113.9 - frank zappa [22/Nov/2026:10:00:00 -0330] "GET / HTTP/1.1" 200 1 "-" "-""#,
            "access combined utc=1795354200000 ip=203.0.113.9 user=frank zappa method=GET path=/ protocol=HTTP/1.1 status=200 bytes=1",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00] "GET / HTTP/1.1" 200 1 "-" "-""#,
            "access combined local=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=1",
        ),
        (
            r#"203.0.113.9 - - [2026-11-22T10:00:00.250+01:00] "GET / HTTP/1.1" 200 1 "-" "-""#,
            "access combined utc=1795338000250 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=1",
        ),
        (
            "203.0.113.9\t-\tbob\t[22/Nov/2026:10:00:00 +0000]\t\"GET / HTTP/1.1\"\t200\t1\t\"-\"\t\"-\"",
            "access combined utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/ protocol=HTTP/1.1 status=200 bytes=1",
        ),
        (
            r#"client.example.net - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 - -"#,
            "access combined utc=1795341600000 ip=client.example.net method=GET path=/ protocol=HTTP/1.1 status=200 bytes=1",
        ),
    ]);
}

#[test]
fn every_request_line_counts_with_its_status() {
    check(&[
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "\x16\x03\x01\x02" 400 157 "-" "-""#,
            "access combined utc=1795375145000 ip=127.0.0.1 status=400 bytes=157",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "" 400 0 "-" "-""#,
            "access combined utc=1795375145000 ip=127.0.0.1 status=400 bytes=0",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "-" 408 - "-" "-""#,
            "access combined utc=1795375145000 ip=127.0.0.1 status=408",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "get / http/1.1" 400 157 "-" "-""#,
            "access combined utc=1795375145000 ip=127.0.0.1 method=get path=/ protocol=http/1.1 status=400 bytes=157",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET /" 200 157 "-" "-""#,
            "access combined utc=1795375145000 ip=127.0.0.1 method=GET path=/ status=200 bytes=157",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "SSH-2.0-Go" 400 157 "-" "-""#,
            "access combined utc=1795375145000 ip=127.0.0.1 status=400 bytes=157",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "CONNECT a:443 HTTP/1.1" 400 157 "-" "-""#,
            "access combined utc=1795375145000 ip=127.0.0.1 method=CONNECT path=a:443 protocol=HTTP/1.1 status=400 bytes=157",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET http://h:80/x?y HTTP/1.1" 4294967296 -1 "-" "-""#,
            "access combined utc=1795375145000 ip=127.0.0.1 method=GET path=http://h:80/x query=y protocol=HTTP/1.1",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" abc 1e9 "-" "-""#,
            "access combined utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:19:19:05 +0000] "GET / HTTP/1.1" 000 18446744073709551616 "-" "-""#,
            "access combined utc=1795375145000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 status=0",
        ),
        (r#""GET / HTTP/1.1" 200 5"#, r#"message  message="GET / HTTP/1.1" 200 5"#),
        (
            r#"127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "Mozilla/5.0 (cut"#,
            r#"message  message=127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "Mozilla/5.0 (cut"#,
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200"#,
            r#"message  message=127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200"#,
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /a\"b\\c\xC3\xA9?q=\x22 HTTP/1.1" 404 1 "r\"ef" "\xe2\x82\xac""#,
            r#"access combined utc=1795341600000 ip=127.0.0.1 method=GET path=/a"b\cé query=q=" protocol=HTTP/1.1 referrer=r"ef agent=€ status=404 bytes=1"#,
        ),
    ]);
}

#[test]
fn a_line_that_ends_in_its_agent_counts_when_a_transport_cut_it() {
    let line = format!(
        r#"127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "{}"#,
        "A".repeat(1000)
    );
    let event = Recogniser::default().decode(&line);
    assert_eq!((event.kind, event.status), (Kind::Access, Some(200)));
    // Apache escapes the quotes of an agent: none of them ends it.
    let line = line.replace("AAAA", r#"\"\\0"#);
    for cut in [0, 1, 2, 3] {
        let event = Recogniser::default().decode(&line[..line.len() - cut]);
        let agent = event.user_agent.as_deref().unwrap_or_default();
        assert_eq!((event.kind, event.format), (Kind::Access, "combined"), "{cut}");
        assert!(agent.starts_with(r#""\0"\0"#), "{agent}");
    }
}

#[test]
fn names_are_unique_and_find_their_format() {
    let names: std::collections::BTreeSet<_> = names().collect();
    assert_eq!(names.len(), FORMATS.len());
    assert!(
        names
            .iter()
            .all(|name| Catalog::default().by_name(name).is_some_and(|f| f.name() == *name))
    );
    assert!(decode_as("no_such_format", "x").is_none());
}

#[test]
fn what_squid_writes_of_no_request_is_no_path() {
    check(&[
        (
            "1795341600.899      0 203.0.113.9 NONE_NONE/000 0 - error:transaction-end-before-headers - HIER_NONE/- -",
            "access squid utc=1795341600899 ip=203.0.113.9 cache=NONE_NONE status=0 bytes=0 us=0",
        ),
        (
            "1795341600.899      0 203.0.113.9 NONE_NONE/405 3440 CONNECT error:method-not-allowed - HIER_NONE/- text/html",
            "access squid utc=1795341600899 ip=203.0.113.9 method=CONNECT cache=NONE_NONE mime=text/html status=405 bytes=3440 us=0",
        ),
        (
            "1795341600.899      0 203.0.113.9 NONE_NONE/501 3411 OPTIONS http://:80* - HIER_NONE/- text/html",
            "access squid utc=1795341600899 ip=203.0.113.9 method=OPTIONS path=* cache=NONE_NONE mime=text/html status=501 bytes=3411 us=0",
        ),
    ]);
    let front = "1795341600.899      0 203.0.113.9 NONE_NONE/400 83645 GET http://shop.example/";
    let cut = format!("{front}{}", "a".repeat(8191 - front.len()));
    let event = Recogniser::default().decode(&cut);
    assert_eq!((event.format, event.status), ("squid", Some(400)));
    assert_eq!(Recogniser::default().decode(&cut[..8190]).kind, Kind::Message);
}

#[test]
fn an_address_without_brackets_is_split_where_no_address_has_such_an_end() {
    for (token, expected) in [
        ("203.0.113.9:80", ("203.0.113.9", Some(80))),
        ("[2001:db8::1]:80", ("2001:db8::1", Some(80))),
        ("2001:db8::1", ("2001:db8::1", None)),
        ("::1:58619", ("::1", Some(58619))),
        ("2001:db8::1:5861", ("2001:db8::1:5861", None)),
        ("2001:db8:1:2:3:4:5:6:443", ("2001:db8:1:2:3:4:5:6", Some(443))),
        ("::1:99999", ("::1:99999", None)),
        ("shop.example:8080", ("shop.example", Some(8080))),
    ] {
        assert_eq!(scan::address(token), expected, "{token}");
    }
}

#[test]
fn what_no_format_reads_counts_when_it_says_that_it_was_written() {
    const TEN: Option<Stamp> = Some(Stamp::Utc(crate::vocab::time::Millis(1_795_341_600_250)));
    for (line, expected) in [
        (r#"{"@timestamp":"2026-11-22T10:00:00.250Z","message":"hello"}"#, TEN),
        (r#"{"message":"hello","host":{"name":"web-1"},"timestamp":1795341600250}"#, TEN),
        (r#"{"log":"hello\n","stream":"stdout","time":"2026-11-22T10:00:00.250123456Z"}"#, TEN),
        (r#"{"date":1795341600.25,"log":"hello"}"#, TEN),
        (r#"2026-11-22T10:00:00.250123456Z stdout F hello"#, TEN),
        (r#"2026-11-22T10:00:00.250123456Z stderr P {"a":1"#, TEN),
        ("2026-11-22T10:00:00.250123456Z hello", TEN),
        ("2026-11-22T11:00:00.250123456+01:00 hello: world", TEN),
        // What they speak of.
        (r#"{"message":"sent","created_at":"2026-11-22T10:00:00.250Z"}"#, None),
        (r#"{"message":"booked","date":"2026-12-24T10:00:00Z"}"#, None),
        (r#"{"message":"x","order":{"time":"2026-11-22T10:00:00.250Z"}}"#, None),
        (r#"{"message":"x","time":"10:00"}"#, None),
        (r#"{"@timestamp":"2026-11-22T10:00:00.250Z","message":"hello"} and more"#, None),
        ("2026-11-22T10:00:00.250123Z hello", None),
    ] {
        let event = Recogniser::default().decode(line);
        let read = (event.kind, event.format, event.message.as_deref(), event.stamp);
        assert_eq!(read, (Kind::Message, "", Some(line), expected), "{line}");
    }
}

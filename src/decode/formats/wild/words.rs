//! Proxies whose columns have no quotes, and more of those that have.

use super::{check, refused};

#[test]
fn unquoted_columns_are_read_by_their_places() {
    check(&[
        (
            "203.0.113.9, -, 03/20/01, 7:55:20, W3SVC2, SALES1, 192.0.2.5, 4502, 163, 3223, 200, 0, GET, /DeptLogo.gif, -,",
            "access iis local=985074920000 ip=203.0.113.9 method=GET path=/DeptLogo.gif status=200 bytes=3223 in=163 us=4502000",
        ),
        (
            r"203.0.113.9, EXAMPLE\bob, 11/22/2026, 10:00:00, W3SVC1, WEB1, 192.0.2.5, 15, 163, 3223, 404, 2, GET, /a,b.asp, x=1,",
            r#"access iis local=1795341600000 ip=203.0.113.9 user=EXAMPLE\bob method=GET path=/a,b.asp query=x=1 status=404 bytes=3223 in=163 us=15000"#,
        ),
        (
            "203.0.113.9, -, 22.11.2026, 10:00:00, W3SVC1, WEB1, 192.0.2.5, 15, 163, 3223, 200, 0, GET, /, -,",
            "access iis local=1795341600000 ip=203.0.113.9 method=GET path=/ status=200 bytes=3223 in=163 us=15000",
        ),
        (
            "203.0.113.9 [22/Nov/2026:10:00:00 +0000] TCP 200 1293 517 0.012",
            "access nginx_stream utc=1795341600000 ip=203.0.113.9 protocol=TCP status=200 bytes=1293 in=517 us=12000",
        ),
        (
            r#"203.0.113.9 [22/Nov/2026:10:00:00 +0000] TCP 502 0 0 60.001 "10.0.0.1:443" "0" "0" "60.000""#,
            "access nginx_stream utc=1795341600000 ip=203.0.113.9 protocol=TCP upstream=10.0.0.1:443 status=502 bytes=0 in=0 us=60001000",
        ),
        (
            "2001:db8::9 [22/Nov/2026:10:00:00 +0000] UDP 200 120 60 5.004",
            "access nginx_stream utc=1795341600000 ip=2001:db8::9 protocol=UDP status=200 bytes=120 in=60 us=5004000",
        ),
        (
            "[22/Nov/2026:10:00:00 +0000] 203.0.113.9 - - - shop.example shop.example to: 10.0.0.1:80: GET /x?y HTTP/1.1 upstream_response_time 0.012 msec 1795341600.123 request_time 0.014",
            "access nginx_upstream utc=1795341600000 ip=203.0.113.9 method=GET path=/x query=y protocol=HTTP/1.1 upstream=10.0.0.1:80 host=shop.example us=14000 up_us=12000",
        ),
        (
            "[22/Nov/2026:10:00:00 +0000] 203.0.113.9 - bob - shop.example to: 10.0.0.1:80, 10.0.0.2:80: POST / HTTP/1.1 502 upstream_response_time 0.100, 0.200 msec 1795341600.123 request_time 0.301",
            "access nginx_upstream utc=1795341600000 ip=203.0.113.9 user=bob method=POST path=/ protocol=HTTP/1.1 upstream=10.0.0.1:80, 10.0.0.2:80 host=shop.example status=502 us=301000 up_us=300000",
        ),
        (
            "1795341600.123 203.0.113.9 http://referrer.example/a http://shop.example/x",
            "access squid_referrer utc=1795341600123 ip=203.0.113.9 path=/x referrer=http://referrer.example/a host=shop.example scheme=http",
        ),
        (
            r#"203.0.113.9 [22/Nov/2026:10:00:00 +0000] "Mozilla/5.0 (X11)""#,
            "access squid_useragent utc=1795341600000 ip=203.0.113.9 agent=Mozilla/5.0 (X11)",
        ),
    ]);
    refused(&[
        "203.0.113.9, x, 11/22/2026, 10:00:00, W3SVC1, S, 192.0.2.5, 1, 1, 1, 200, 0, GET, /forged, -, 11/22/2026, 10:00:00, W3SVC1, WEB1, 192.0.2.5, 15, 163, 3223, 401, 2, GET, /a, x=1,",
        "203.0.113.9, -, 11/22/2026, 10:00:00, W3SVC1, WEB1, 192.0.2.5, 15, 163, 3223, 404, 2, GET, /a, b, x=1,",
        "[22/Nov/2026:10:00:00 +0000] 203.0.113.9 - x - s to: forged: GET /forged - s to: 10.0.0.1:80: GET /x HTTP/1.1 upstream_response_time 0.012 msec 1795341600.123 request_time 0.014",
        "1795341600.123 203.0.113.9 http://a b http://shop.example/x",
    ]);
}

#[test]
fn proxies_and_tls_logs_have_columns_of_their_own() {
    check(&[
        // Istio before and after its columns lost their quotes.
        (
            r#"[2026-11-22T10:00:00.743Z] "GET /test HTTP/1.1" 200 - "-" "-" 3 256 50 25 "203.0.113.9" "curl/8" "id" "shop.example" "10.0.0.1:80" outbound|80||shop - 10.0.0.9:80 203.0.113.9:52222 -"#,
            "access envoy utc=1795341600743 ip=203.0.113.9 method=GET path=/test protocol=HTTP/1.1 agent=curl/8 upstream=10.0.0.1:80 host=shop.example xff=203.0.113.9 status=200 bytes=256 in=3 us=50000 up_us=25000",
        ),
        (
            r#"[2026-11-22T10:00:00.743Z] "GET /test HTTP/1.1" 503 UF,URX upstream_reset_before_response_started{connection_failure} - "delayed_connect_error:_111" 0 91 50 - "-" "curl/8" "id" "shop.example" "10.0.0.1:80" outbound|80||shop 10.0.0.9:1 10.0.0.9:80 203.0.113.9:52222 - default"#,
            "access envoy utc=1795341600743 ip=203.0.113.9 method=GET path=/test protocol=HTTP/1.1 agent=curl/8 upstream=10.0.0.1:80 host=shop.example port=52222 status=503 bytes=91 in=0 us=50000",
        ),
        (
            r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 TLSv1.3 TLS_AES_256_GCM_SHA384 "GET / HTTP/1.1" 200 1375"#,
            "access apache_ssl_request utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 scheme=https tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 status=200 bytes=1375",
        ),
        (
            r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 "GET / HTTP/1.1" 404 1375 "-" "curl/8""#,
            "access apache_ssl_request utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 scheme=https tls=TLSv1.2 cipher=ECDHE-RSA-AES128-GCM-SHA256 status=404 bytes=1375",
        ),
        (
            r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 - - "-" -"#,
            "access apache_ssl_request utc=1795341600000 ip=203.0.113.9 scheme=https",
        ),
        (
            "1795341600.899    132 203.0.113.9 TCP_DENIED/407 3914 CONNECT shop.example:443 - HIER_NONE/- text/html",
            "access squid utc=1795341600899 ip=203.0.113.9 method=CONNECT path=shop.example:443 host=shop.example cache=TCP_DENIED mime=text/html status=407 bytes=3914 us=132000",
        ),
        (
            "1795341600.899      0 203.0.113.9 NONE_NONE/400 3914 - error:invalid-request - HIER_NONE/- text/html",
            "access squid utc=1795341600899 ip=203.0.113.9 cache=NONE_NONE mime=text/html status=400 bytes=3914 us=0",
        ),
    ]);
}

//! HAProxy: requests, sessions, and what it says of itself.

use super::{check, refused};

#[test]
fn requests_and_sessions_give_their_columns() {
    check(&[
        (
            r#"203.0.113.9:33317 [22/Nov/2026:10:00:00.655] http-in static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {1wt.eu} {} "GET /index.html HTTP/1.1""#,
            "access haproxy_http local=1795341600655 ip=203.0.113.9 method=GET path=/index.html protocol=HTTP/1.1 upstream=static/srv1 host=1wt.eu port=33317 status=200 bytes=2750 us=109000 up_us=99000",
        ),
        (
            r#"203.0.113.9:33317 [22/Nov/2026:10:00:00.655] https-in~ static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 {shop.example||curl/8} {} "GET /index.html HTTP/1.1" 0/0000000000000000/0/0/0 sni.example/TLSv1.3/TLS_AES_256_GCM_SHA384"#,
            "access haproxy_http local=1795341600655 ip=203.0.113.9 method=GET path=/index.html protocol=HTTP/1.1 agent=curl/8 upstream=static/srv1 host=shop.example scheme=https tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 port=33317 status=200 bytes=2750 us=109000 up_us=99000",
        ),
        (
            r#"203.0.113.9:33317 [22/Nov/2026:10:00:00.655] https-in~ static/srv1 10/0/30/69/109 200 2750 - - ---- 1/1/1/1/0 0/0 "GET / HTTP/2.0" 0/0/0/0/1 shop.example/TLSv1.2/ECDHE-RSA-AES128-GCM-SHA256"#,
            "access haproxy_http local=1795341600655 ip=203.0.113.9 method=GET path=/ protocol=HTTP/2.0 upstream=static/srv1 host=shop.example scheme=https tls=TLSv1.2 cipher=ECDHE-RSA-AES128-GCM-SHA256 port=33317 status=200 bytes=2750 us=109000 up_us=99000",
        ),
        (
            r#"203.0.113.9:33317 [22/Nov/2026:10:00:00.655] https-in~ https-in/<NOSRV> -1/-1/-1/-1/0 400 0 - - PR-- 1/1/0/0/0 0/0 "<BADREQ>" 0/0/0/0/0 -/TLSv1.3/TLS_AES_128_GCM_SHA256"#,
            "access haproxy_http local=1795341600655 ip=203.0.113.9 scheme=https tls=TLSv1.3 cipher=TLS_AES_128_GCM_SHA256 port=33317 status=400 bytes=0 us=0",
        ),
        (
            r#"[2001:db8::9]:33317 [22/Nov/2026:10:00:00.655] fe be/s1 0/0/1/2/+3 200 +2750 - - ---- 1/1/1/1/0 0/0 "GET /a?b HTTP/1.1""#,
            "access haproxy_http local=1795341600655 ip=2001:db8::9 method=GET path=/a query=b protocol=HTTP/1.1 upstream=be/s1 port=33317 status=200 bytes=2750 us=3000 up_us=3000",
        ),
        (
            "203.0.113.9:33313 [22/Nov/2026:10:00:00.655] fnt bck/srv1 0/0/5007 212 -- 0/0/0/0/3 0/0",
            "access haproxy_tcp local=1795341600655 ip=203.0.113.9 upstream=bck/srv1 port=33313 bytes=212 us=5007000 up_us=0",
        ),
        (
            "203.0.113.9:33313 [22/Nov/2026:10:00:00.655] tls~ bck/srv1 0/1/5007 212 cD 0/0/0/0/3 0/0 TLSv1.3 TLS_AES_256_GCM_SHA384 shop.example",
            "access haproxy_tcp local=1795341600655 ip=203.0.113.9 upstream=bck/srv1 host=shop.example scheme=https tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 port=33313 bytes=212 us=5007000 up_us=1000",
        ),
        (
            "203.0.113.9:33313 [22/Nov/2026:10:00:00.655] tls bck/srv1 0/1/5007 212 -- 0/0/0/0/3 0/0 {shop.example} 0/0/0/0/0 shop.example/TLSv1.2/AES128-SHA",
            "access haproxy_tcp local=1795341600655 ip=203.0.113.9 upstream=bck/srv1 host=shop.example scheme=https tls=TLSv1.2 cipher=AES128-SHA port=33313 bytes=212 us=5007000 up_us=1000",
        ),
        (
            "203.0.113.9:33313 [22/Nov/2026:10:00:00.655] fnt bck/<NOSRV> -1/-1/0 0 SC 0/0/0/0/0 0/0",
            "access haproxy_tcp local=1795341600655 ip=203.0.113.9 port=33313 bytes=0 us=0",
        ),
        (
            "Connect from 203.0.113.9:33312 to 192.0.2.31:8012 (www/HTTP)",
            "access haproxy_tcp ip=203.0.113.9 port=33312",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 130 "" "" 44568 176 "web~" "shop" "web-1" 0 0 1 3 4 ---- 1 1 0 0 0 0 0 "" "" "#,
            "access combined_plus utc=1795341600176 ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1 upstream=shop/web-1 scheme=https port=44568 status=200 bytes=130 us=4000 up_us=4000",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 503 +217 "" "" 44568 6 "web" "shop" "<NOSRV>" 0 -1 -1 -1 3004 SC-- 1 1 0 0 0 0 0 "" "" "#,
            "access combined_plus utc=1795341600006 ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1 port=44568 status=503 bytes=217 us=3004000",
        ),
        (
            r#"{"client_ip":"203.0.113.9","client_port":33317,"request_date":"22/Nov/2026:10:00:00.655","frontend_name":"http-in","backend_name":"static","server_name":"srv1","time_to_receive":10,"time_waiting":0,"time_to_connect":30,"time_server_response":69,"time_active":109,"status_code":200,"bytes_read":2750,"termination_state":"----","request_line":"GET /index.html HTTP/1.1"}"#,
            "access json local=1795341600655 ip=203.0.113.9 method=GET path=/index.html protocol=HTTP/1.1 host=srv1 port=33317 status=200 in=2750 us=109000 up_us=69000",
        ),
    ]);
}

#[test]
fn notices_have_the_level_that_haproxy_gives_them() {
    check(&[
        (
            "203.0.113.9:56059 [22/Nov/2026:10:00:00.380] frt/f1: Connection error during SSL handshake",
            "error haproxy_error local=1795341600380 ip=203.0.113.9 message=Connection error during SSL handshake port=56059 level=info",
        ),
        (
            "203.0.113.9:56059 [22/Nov/2026:10:00:00.380] frt/1: SSL handshake failure (error:0A000086:SSL routines::certificate verify failed)",
            "error haproxy_error local=1795341600380 ip=203.0.113.9 message=SSL handshake failure (error:0A000086:SSL routines::certificate verify failed) port=56059 level=info",
        ),
        (
            "203.0.113.9:56059 [22/Nov/2026:10:00:00.380] https-in~ 1/1 30/0000000014094086/0/0/0 shop.example/TLSv1.3/TLS_AES_256_GCM_SHA384",
            "error haproxy_error local=1795341600380 ip=203.0.113.9 host=shop.example scheme=https tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 message=30/0000000014094086/0/0/0 shop.example/TLSv1.3/TLS_AES_256_GCM_SHA384 port=56059 level=info",
        ),
        (
            "203.0.113.9:56059 [22/Nov/2026:10:00:00.380] frt/f1: Timeout during SSL handshake",
            "error haproxy_error local=1795341600380 ip=203.0.113.9 message=Timeout during SSL handshake port=56059 level=info",
        ),
        (
            "Server shop/web-1 is DOWN, reason: Layer4 timeout, check duration: 2001ms. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
            "error haproxy_error message=Server shop/web-1 is DOWN, reason: Layer4 timeout, check duration: 2001ms. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue. level=alert",
        ),
        (
            "Server shop/web-1 is UP, reason: Layer7 check passed, code: 200, check duration: 3ms. 2 active and 0 backup servers online.",
            "error haproxy_error message=Server shop/web-1 is UP, reason: Layer7 check passed, code: 200, check duration: 3ms. 2 active and 0 backup servers online. level=notice",
        ),
        (
            "Backup Server shop/spare is UP, reason: Layer4 check passed.",
            "error haproxy_error message=Backup Server shop/spare is UP, reason: Layer4 check passed. level=notice",
        ),
        (
            "Health check for server shop/web-1 failed, reason: Layer4 connection problem, check duration: 0ms, status: 0/2 DOWN.",
            "error haproxy_error message=Health check for server shop/web-1 failed, reason: Layer4 connection problem, check duration: 0ms, status: 0/2 DOWN. level=warn",
        ),
        (
            "Health check for server shop/web-1 succeeded, reason: Layer7 check passed, status: 3/3 UP.",
            "error haproxy_error message=Health check for server shop/web-1 succeeded, reason: Layer7 check passed, status: 3/3 UP. level=notice",
        ),
        (
            "backend shop has no server available!",
            "error haproxy_error message=backend shop has no server available! level=emerg",
        ),
        ("Proxy web started.", "error haproxy_error message=Proxy web started. level=notice"),
        (
            "Proxy web stopped (cumulated conns: FE: 12, BE: 0).",
            "error haproxy_error message=Proxy web stopped (cumulated conns: FE: 12, BE: 0). level=warn",
        ),
        (
            "Stopping proxy stats in 0 ms.",
            "error haproxy_error message=Stopping proxy stats in 0 ms. level=warn",
        ),
        (
            "[WARNING] 325/100000 (12) : Server shop/web-1 is DOWN, reason: Layer4 timeout.",
            "error haproxy_error message=Server shop/web-1 is DOWN, reason: Layer4 timeout. pid=12 level=warn",
        ),
        (
            "[NOTICE]   (1) : New worker (14) forked",
            "error haproxy_error message=New worker (14) forked pid=1 level=notice",
        ),
        (
            "[ALERT]    (7) : config : parsing [/etc/haproxy/haproxy.cfg:12] : unknown keyword 'bnd'",
            "error haproxy_error message=config : parsing [/etc/haproxy/haproxy.cfg:12] : unknown keyword 'bnd' pid=7 level=alert",
        ),
    ]);
}

/// Lines that HAProxy 2.6 wrote, by `option httplog`, `httpslog`, `httplog clf` and the snippet's format.
#[test]
fn a_url_that_haproxy_made_of_a_request_over_http_2_is_scheme_site_and_path() {
    check(&[
        (
            r#"203.0.113.9:47800 [22/Nov/2026:10:00:00.422] w2~ w2/<NOSRV> 0/-1/-1/-1/0 200 73 - - LR-- 1/1/0/0/0 0/0 "GET https://Shop.Example:8443/two?a=b HTTP/2.0""#,
            "access haproxy_http local=1795341600422 ip=203.0.113.9 method=GET path=/two query=a=b protocol=HTTP/2.0 host=Shop.Example scheme=https port=47800 status=200 bytes=73 us=0",
        ),
        (
            r#"203.0.113.9:47814 [22/Nov/2026:10:00:00.497] w2~ w2/<NOSRV> 0/-1/-1/-1/0 200 73 - - LR-- 1/1/0/0/0 0/0 {shop.example} "OPTIONS https://127.0.0.1:21505 HTTP/2.0""#,
            "access haproxy_http local=1795341600497 ip=203.0.113.9 method=OPTIONS path=/ protocol=HTTP/2.0 host=shop.example scheme=https port=47814 status=200 bytes=73 us=0",
        ),
        (
            r#"203.0.113.9:34600 [22/Nov/2026:10:00:00.576] w3~ w3/<NOSRV> 0/-1/-1/-1/0 200 73 - - LR-- 1/1/0/0/0 0/0 "GET https://127.0.0.1:21506/cart?ids[]=1 HTTP/2.0" 0/0000000000000000/0/0/0 sni.example/TLSv1.3/TLS_AES_256_GCM_SHA384"#,
            "access haproxy_http local=1795341600576 ip=203.0.113.9 method=GET path=/cart query=ids[]=1 protocol=HTTP/2.0 host=127.0.0.1 scheme=https tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 port=34600 status=200 bytes=73 us=0",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET https://shop.example/two?a=b HTTP/2.0" 200 73 "" "" 53028 911 "w4~" "w4" "<NOSRV>" 0 -1 -1 -1 0 LR-- 1 1 0 0 0 0 0 "" "" "#,
            "access combined_plus utc=1795341600911 ip=203.0.113.9 method=GET path=/two query=a=b protocol=HTTP/2.0 host=shop.example scheme=https port=53028 status=200 bytes=73 us=0",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET https://shop.example:8443/two?a=b HTTP/2.0" 200 73 "" "curl/8" rt_ms=0 urt_ms=-1 ua="www" request_length=116 host="shop.example:8443""#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/two query=a=b protocol=HTTP/2.0 agent=curl/8 upstream=www host=shop.example:8443 scheme=https status=200 bytes=73 in=116 us=0",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET https://Shop.Example/ HTTP/2.0" 200 73 "" "a\"b" rt_ms=0 urt_ms=-1 ua="www" request_length=116 host="Shop.Example""#,
            r#"access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/2.0 agent=a"b upstream=www host=Shop.Example scheme=https status=200 bytes=73 in=116 us=0"#,
        ),
    ]);
}

/// Lines that HAProxy 2.6 wrote with the snippet's format; what `option httplog` wrote of the first two requests reads
/// the same.
#[test]
fn what_the_snippet_has_haproxy_escape_is_undone() {
    check(&[
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /cart?ids[\]=1 HTTP/1.1" 200 73 "https://x/a\]b\"c" "a\"b\\c\]d#e#22 f\\x41é" rt_ms=0 urt_ms=-1 ua="www" request_length=165 host="[::1\]:21220""#,
            r#"access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/cart query=ids[]=1 protocol=HTTP/1.1 referrer=https://x/a]b"c agent=a"b\c]d#e#22 f\x41é upstream=www host=[::1]:21220 status=200 bytes=73 in=165 us=0"#,
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /q?a=#22b#22&c=\\d[\]{}|%22 HTTP/1.1" 200 73 "" "x\"z" rt_ms=0 urt_ms=-1 ua="www" request_length=74 host="a""#,
            r#"access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/q query=a="b"&c=\d[]{}|%22 protocol=HTTP/1.1 agent=x"z upstream=www host=a status=200 bytes=73 in=74 us=0"#,
        ),
        // Without a backslash the line is cut in one pass.
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /q?a=#22b#22 HTTP/1.1" 200 73 "" "x" rt_ms=0 urt_ms=-1 ua="www" request_length=74 host="a""#,
            r#"access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/q query=a="b" protocol=HTTP/1.1 agent=x upstream=www host=a status=200 bytes=73 in=74 us=0"#,
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET https://[::1\]:8443/two?a=b HTTP/2.0" 200 73 "" "curl/8" rt_ms=0 urt_ms=-1 ua="www" request_length=102 host="[::1\]:8443""#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/two query=a=b protocol=HTTP/2.0 agent=curl/8 upstream=www host=[::1]:8443 scheme=https status=200 bytes=73 in=102 us=0",
        ),
        // Another server's, which escapes no bracket and encodes nothing so.
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a?b=[\]#22 HTTP/1.1" 200 73 "-" "x" rt=0.001 urt=0.001"#,
            r#"access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=[\]#22 protocol=HTTP/1.1 agent=x status=200 bytes=73 us=1000 up_us=1000"#,
        ),
    ]);
}

#[test]
fn a_url_that_a_client_wrote_stays_and_makes_no_site() {
    check(&[
        (
            r#"203.0.113.9:52918 [22/Nov/2026:10:00:00.633] w2 w2/<NOSRV> 0/-1/-1/-1/0 200 73 - - LR-- 1/1/0/0/0 0/0 "GET http://elsewhere.example/x HTTP/1.1""#,
            "access haproxy_http local=1795341600633 ip=203.0.113.9 method=GET path=http://elsewhere.example/x protocol=HTTP/1.1 port=52918 status=200 bytes=73 us=0",
        ),
        // By the snippet's format, and by another server's, which takes no `HTTP/2.0` for it.
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET https://elsewhere.example/x HTTP/2.0" 400 73 "" "" rt_ms=0 urt_ms=-1 ua="www" request_length=80 host="shop.example""#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=https://elsewhere.example/x protocol=HTTP/2.0 upstream=www host=shop.example status=400 bytes=73 in=80 us=0",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET https://elsewhere.example/x HTTP/2.0" 505 73 "-" "rt_ms=0""#,
            "access combined utc=1795341600000 ip=203.0.113.9 method=GET path=https://elsewhere.example/x protocol=HTTP/2.0 agent=rt_ms=0 status=505 bytes=73",
        ),
    ]);
}

#[test]
fn what_a_client_sends_forges_no_column() {
    refused(&[
        "Connect from here to there",
        "Stopping proxy of the town",
        "Health check for server room was good",
    ]);
    check(&[
        // A request that ends its own quote, were that possible, and an agent in a capture.
        (
            r#"203.0.113.9:1 [22/Nov/2026:10:00:00.655] fe~ be/s1 0/0/1/2/3 404 27 - - ---- 1/1/1/1/0 0/0 {x} 200 1 "GET / HTTP/1.1|} "GET /x" 0/0/0/0/0 forged.example/TLSv1.0/RC4 HTTP/1.1" 0/0/0/0/0 shop.example/TLSv1.3/TLS_AES_256_GCM_SHA384"#,
            "access haproxy_http local=1795341600655 ip=203.0.113.9 upstream=be/s1 scheme=https port=1 status=404 bytes=27 us=3000 up_us=3000",
        ),
    ]);
}

#[test]
fn one_column_more_before_the_timers_is_read_where_nothing_can_be_forged() {
    check(&[(
        r#"-:4711 [22/Nov/2026:10:00:00.123] web~ app/n2 shop.example 0/0/0/18/19 200 512 - - ---- 2/2/2/0/0 0/0 "GET /x HTTP/1.1""#,
        "access haproxy_http local=1795341600123 method=GET path=/x protocol=HTTP/1.1 upstream=app/n2 host=shop.example scheme=https port=4711 status=200 bytes=512 us=19000 up_us=18000",
    )]);
    refused(&[
        r#"203.0.113.9:5 [22/Nov/2026:10:00:00.123] web app/n2 x 0/0/0/1/1 200 5 - - ---- 1/1/1/1/1 0/0 0/0/0/18/19 404 512 - - ---- 2/2/2/0/0 0/0 "GET /x HTTP/1.1""#,
        r#"203.0.113.9:5 [22/Nov/2026:10:00:00.123] web app/n2 x 0/0/0/1/1 200 5 - - ---- 1/1/1/1/1 0/0 "GET / 0/0/0/18/19 404 512 - - ---- 2/2/2/0/0 0/0 "GET /x HTTP/1.1""#,
        r#"203.0.113.9:5 [22/Nov/2026:10:00:00.123] web app/n2 x 0/0/0/1/1 200 5 - - ---- 1/1/1/1/1 0/0 { 0/0/0/18/19 404 512 - - ---- 2/2/2/0/0 0/0 {y} "GET /x HTTP/1.1""#,
    ]);
}

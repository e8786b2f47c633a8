//! Servers and proxies that write the Common Log Format, or nearly.

use super::{check, refused};

#[test]
fn servers_write_the_common_format_with_columns_of_their_own() {
    check(&[
        // varnishncsa: an absolute URL in every request.
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET http://shop.example/cart?x=1 HTTP/1.1" 200 5120 "-" "curl/8""#,
            "access combined utc=1795341600000 ip=203.0.113.9 method=GET path=http://shop.example/cart query=x=1 protocol=HTTP/1.1 agent=curl/8 status=200 bytes=5120",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET http://shop.example HTTP/1.1" 200 5120 "-" "curl/8" hit 0.000123"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=http://shop.example protocol=HTTP/1.1 agent=curl/8 cache=hit status=200 bytes=5120 us=123",
        ),
        // Tomcat.
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0100] "GET /docs/ HTTP/1.1" 200 11230"#,
            "access common utc=1795338000000 ip=203.0.113.9 method=GET path=/docs/ protocol=HTTP/1.1 status=200 bytes=11230",
        ),
        (
            r#"0:0:0:0:0:0:0:1 - admin [22/Nov/2026:10:00:00 +0100] "POST /manager HTTP/1.1" 401 2550 1523"#,
            "access combined_plus utc=1795338000000 ip=0:0:0:0:0:0:0:1 user=admin method=POST path=/manager protocol=HTTP/1.1 status=401 bytes=2550 us=1523",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 11230 1523 1490"#,
            "access combined_plus utc=1795338000000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=11230 us=1523",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 - "-" "-""#,
            "access combined utc=1795338000000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 status=200",
        ),
        // cPanel.
        (
            r#"203.0.113.9 - bob [11/22/2026:10:00:00 -0000] "GET /cpsess1/ HTTP/1.1" 200 0 "https://shop.example:2083/" "curl/8" "s" "-" 2083"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/cpsess1/ protocol=HTTP/1.1 referrer=https://shop.example:2083/ agent=curl/8 status=200 bytes=0",
        ),
        (
            r#"203.0.113.9 - - [11/22/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 512 "-" "curl/8""#,
            "access combined utc=1795338000000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=512",
        ),
        (
            r#"203.0.113.9 - - [22/11/2026:10:00:00 +0100] "GET / HTTP/1.1" 200 512 "-" "curl/8""#,
            "access combined ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=512",
        ),
        // gunicorn.
        (
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 "-" "curl/8" 0.012345"#,
            "access combined_plus utc=1795341600000 ip=192.0.2.1 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12 us=12345",
        ),
        (
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 12 "-" "curl/8" 12345"#,
            "access combined_plus utc=1795341600000 ip=192.0.2.1 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12 us=12345",
        ),
        // Jetty.
        (
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 GMT] "GET /x HTTP/1.1" 200 12  "-" "Java/21""#,
            "access combined utc=1795341600000 ip=192.0.2.1 method=GET path=/x protocol=HTTP/1.1 agent=Java/21 status=200 bytes=12",
        ),
        // Icecast.
        (
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "GET /stream.mp3 HTTP/1.1" 200 40 "-" "VLC/3.0" 12"#,
            "access combined_plus utc=1795341600000 ip=192.0.2.1 method=GET path=/stream.mp3 protocol=HTTP/1.1 agent=VLC/3.0 status=200 bytes=40",
        ),
        // Squid.
        (
            r#"192.0.2.1 - bob [22/Nov/2026:10:00:00 +0000] "GET http://shop.example/a HTTP/1.1" 200 1293 "-" "curl/8" TCP_MISS:HIER_DIRECT"#,
            "access combined_plus utc=1795341600000 ip=192.0.2.1 user=bob method=GET path=/a protocol=HTTP/1.1 agent=curl/8 host=shop.example scheme=http cache=TCP_MISS status=200 bytes=1293",
        ),
        (
            r#"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] "CONNECT shop.example:443 HTTP/1.1" 200 1293 TCP_TUNNEL:HIER_DIRECT"#,
            "access combined_plus utc=1795341600000 ip=192.0.2.1 method=CONNECT path=shop.example:443 protocol=HTTP/1.1 cache=TCP_TUNNEL status=200 bytes=1293",
        ),
        // IIS, NCSA.
        (
            r#"192.0.2.1 - EXAMPLE\fred [22/Nov/2026:10:00:00 -0800] "GET /scripts/a.dll?http/serv HTTP/1.0" 200 3401"#,
            r#"access common utc=1795370400000 ip=192.0.2.1 user=EXAMPLE\fred method=GET path=/scripts/a.dll query=http/serv protocol=HTTP/1.0 status=200 bytes=3401"#,
        ),
        // Apache.
        (
            r#"198.51.100.4 10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8""#,
            "access combined utc=1795341600000 ip=10.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 xff=198.51.100.4 status=200 bytes=12",
        ),
        (
            r#"198.51.100.4, 10.0.0.7 10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8""#,
            "access combined utc=1795341600000 ip=10.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 xff=198.51.100.4, 10.0.0.7 status=200 bytes=12",
        ),
        (
            r#"- 10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8""#,
            "access combined utc=1795341600000 ip=10.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 4321"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=12 us=4321",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 4321 "-" "curl/8""#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12 us=4321",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 shop.example "https://shop.example/" "curl/8" "-""#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 referrer=https://shop.example/ agent=curl/8 host=shop.example status=200 bytes=12",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8" 312 802"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=512 in=312",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8" 0/12345"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=512 us=12345",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8" **2/2012345**"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=512 us=2012345",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8" shop.example:443"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 host=shop.example status=200 bytes=512",
        ),
        (
            r#"192.0.2.7:443 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8""#,
            "access vhost_combined utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 host=192.0.2.7 status=200 bytes=512",
        ),
        // OpenLiteSpeed, quotes and all.
        (
            r#""203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "curl/8"""#,
            "access combined utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=512",
        ),
        // Traefik.
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/2.0" 200 512 "-" "curl/8" 7 "web@docker" "https://10.0.0.3:8443" 1m3ms"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/2.0 agent=curl/8 upstream=10.0.0.3:8443 status=200 bytes=512 us=60003000",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/2.0" 404 19 "-" "-" 8 "-" "-" 0ms"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/2.0 status=404 bytes=19 us=0",
        ),
        // Caddy's transform encoder, Apache's own combined.
        (
            r#"203.0.113.9 - bob [22/Nov/2026:10:00:00 +0000] "GET / HTTP/3.0" 200 512 "-" "curl/8" 0.000211"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/ protocol=HTTP/3.0 agent=curl/8 status=200 bytes=512 us=211",
        ),
        // ingress-nginx, old and new.
        (
            r#"10.0.0.1 - [203.0.113.9, ] - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8" 84 0.002 [default-web-80] 10.0.0.5:8080 12 0.001 200"#,
            "access combined_plus utc=1795341600000 ip=10.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 upstream=10.0.0.5:8080 xff=203.0.113.9 status=200 bytes=12 in=84 us=2000 up_us=1000",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8" 84 0.002 [default-web-80] [] 10.0.0.5:8080, 10.0.0.6:8080 0, 12 0.001, 0.001 502, 200 f1e2"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 upstream=10.0.0.5:8080, 10.0.0.6:8080 status=200 bytes=12 in=84 us=2000 up_us=2000",
        ),
        // Werkzeug and Python's own, WEBrick, Puma, Daphne.
        (
            r#"127.0.0.1 - - [22/Nov/2026 10:00:00] "GET /x?y=1 HTTP/1.1" 200 -"#,
            "access common local=1795341600000 ip=127.0.0.1 method=GET path=/x query=y=1 protocol=HTTP/1.1 status=200",
        ),
        (
            "127.0.0.1 - - [22/Nov/2026 10:00:00] \"\u{1b}[33mGET /x HTTP/1.1\u{1b}[0m\" 404 -",
            "access common local=1795341600000 ip=127.0.0.1 method=GET path=/x protocol=HTTP/1.1 status=404",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:10:00:00 UTC] "GET / HTTP/1.1" 200 12"#,
            "access common utc=1795341600000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=12",
        ),
        (
            r#"127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 1234 0.0123"#,
            "access combined_plus utc=1795341600000 ip=127.0.0.1 method=GET path=/x protocol=HTTP/1.1 status=200 bytes=1234 us=12300",
        ),
        (
            r#"127.0.0.1:36000 - - [22/Nov/2026:10:00:00] "GET /x" 200 1234"#,
            "access common local=1795341600000 ip=127.0.0.1 method=GET path=/x port=36000 status=200 bytes=1234",
        ),
        // morgan.
        (
            r#"::ffff:203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 304 - "-" "curl/8""#,
            "access combined utc=1795341600000 ip=::ffff:203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 status=304",
        ),
        (
            r#"::1 - - [Sun, 22 Nov 2026 10:00:00 GMT] "GET /x HTTP/1.1" 200 12 "-" "curl/8""#,
            "access combined utc=1795341600000 ip=::1 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12",
        ),
        // API Gateway, and lines without a time.
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000]"GET /prod/x HTTP/1.1" 200 12 c6af9ac6-7b61-11e6"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/prod/x protocol=HTTP/1.1 status=200 bytes=12",
        ),
        (
            r#"203.0.113.9 - - "GET / HTTP/2.0" 200 12"#,
            "access common ip=203.0.113.9 method=GET path=/ protocol=HTTP/2.0 status=200 bytes=12",
        ),
        (
            r#"203.0.113.9 - bob "GET / HTTP/2.0" 200 12 "https://shop.example/" "curl/8""#,
            "access combined ip=203.0.113.9 user=bob method=GET path=/ protocol=HTTP/2.0 referrer=https://shop.example/ agent=curl/8 status=200 bytes=12",
        ),
        // What is no request counts with its status.
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03" 400 157 "-" "-" "-""#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 status=400 bytes=157",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "" 400 0 "-" "-" 0.000 -"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 status=400 bytes=0 us=0",
        ),
        // The main format of nginx.org's packages.
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8" "198.51.100.4""#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 xff=198.51.100.4 status=200 bytes=612",
        ),
    ]);
}

#[test]
fn columns_stand_where_people_put_them() {
    check(&[
        (
            r#"203.0.113.9 "-" "-" [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 512 "-" "curl/8""#,
            "access combined utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 status=200 bytes=512",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] shop.example "GET / HTTP/1.1" 200 12 "-" "curl/8""#,
            "access combined utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 host=shop.example status=200 bytes=12",
        ),
        (
            r#"shop.example - 203.0.113.9 - bob [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8""#,
            "access vhost_combined utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/ protocol=HTTP/1.1 agent=curl/8 host=shop.example status=200 bytes=12",
        ),
        (
            r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 "GET / HTTP/1.1" 200 12"#,
            "access common utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=12",
        ),
        (
            r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 - bob "GET / HTTP/1.1" 200 12 "-" "curl/8""#,
            "access combined utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8" TLSv1.3/TLS_AES_256_GCM_SHA384 0.012"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 status=200 bytes=12 us=12000",
        ),
        (
            r#"2026-11-22T10:00:00.123Z INFO:     203.0.113.9:1 - "GET / HTTP/1.1" 200 OK"#,
            "access timed_line utc=1795341600123 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 port=1 status=200",
        ),
    ]);
}

#[test]
fn a_path_that_ends_its_own_request_is_refused() {
    refused(&[
        r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /x" 200 1 HTTP/1.1" 404 5 "-" "c""#,
        r#"203.0.113.9 - - [22/Nov/2026 10:00:00] "GET /x" 200 - HTTP/1.1" 404 -"#,
        r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /x" 200 1 y" 404 5"#,
        r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /x" 200 1 y HTTP/1.1" 404 5 "-" "c" "-""#,
        r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /x" 200 1 shop.example "-" "c" HTTP/1.1" 404 5"#,
        r#"203.0.113.9 - - "GET /x HTTP/1.1" 200 1 HTTP/1.1" 404 5"#,
        r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 "GET /x" 200 1 HTTP/1.1" 404 5"#,
    ]);
}

#[test]
fn headers_and_words_name_no_client_host_or_upstream() {
    check(&[
        // X-Forwarded-For of nginx's main format, cookies and other headers behind the agent.
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8" "forged.example""#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=612",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 612 "-" "curl/8" "http://forged.example""#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=612",
        ),
        (
            r#"203.0.113.9 - - "GET /x HTTP/1.1" 401 179 "-" "GET / HTTP/1.1" 200 1"#,
            r#"message  message=203.0.113.9 - - "GET /x HTTP/1.1" 401 179 "-" "GET / HTTP/1.1" 200 1"#,
        ),
        (
            r#"203.0.113.9 - x "GET /forged HTTP/1.1" 200 1 "GET /x HTTP/1.1" 401 179"#,
            r#"message  message=203.0.113.9 - x "GET /forged HTTP/1.1" 200 1 "GET /x HTTP/1.1" 401 179"#,
        ),
    ]);
    refused(&[
        r#"ACCESS [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12"#,
        r#"INFO 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12"#,
    ]);
}

#[test]
fn envoy_and_squid_are_read_with_fewer_columns() {
    check(&[
        // Istio 1.1, and one whose line ends with the upstream.
        (
            r#"[2026-11-22T10:00:00.354Z] "GET /x HTTP/1.1" 418 - "-" 0 135 11 10 "-" "curl/8" "d209" "shop.example:8000" "192.0.2.7:80" outbound|8000||shop - 192.0.2.8:8000 203.0.113.9:60290 -"#,
            "access envoy utc=1795341600354 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 upstream=192.0.2.7:80 host=shop.example port=60290 status=418 bytes=135 in=0 us=11000 up_us=10000",
        ),
        (
            r#"[2026-11-22T10:00:00.354Z] "GET /x HTTP/1.1" 200 - via_upstream - "-" 0 615 1 0 "-" "curl/8" "d209" "shop.example" "192.0.2.7:443""#,
            "access envoy utc=1795341600354 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 upstream=192.0.2.7:443 host=shop.example status=200 bytes=615 in=0 us=1000 up_us=0",
        ),
        (
            "1795341600      0 203.0.113.9 TCP_DENIED/403 3920 CONNECT shop.example:443 - HIER_NONE/- text/html",
            "access squid utc=1795341600000 ip=203.0.113.9 method=CONNECT path=shop.example:443 host=shop.example cache=TCP_DENIED mime=text/html status=403 bytes=3920 us=0",
        ),
        (
            "22/Nov/2026:10:00:00 +0000     45 203.0.113.9 TCP_MISS/200 39 GET http://shop.example/x - HIER_DIRECT/192.0.2.7 text/html",
            "access squid utc=1795341600000 ip=203.0.113.9 method=GET path=/x upstream=192.0.2.7 host=shop.example scheme=http cache=TCP_MISS mime=text/html status=200 bytes=39 us=45000",
        ),
    ]);
}

#[test]
fn a_list_of_addresses_may_stand_behind_the_site() {
    check(&[
        (
            r#"shop.example 198.51.100.2, 198.51.100.1, 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8""#,
            "access vhost_combined utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 host=shop.example xff=198.51.100.2, 198.51.100.1, 203.0.113.9 status=200 bytes=5",
        ),
        (
            r#"shop.example:80 "198.51.100.2, 198.51.100.1" 203.0.113.9 - bob [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8""#,
            "access vhost_combined utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/ protocol=HTTP/1.1 agent=curl/8 host=shop.example xff=198.51.100.2, 198.51.100.1 status=200 bytes=5",
        ),
    ]);
}

#[test]
fn a_site_or_a_time_may_stand_before_the_request() {
    check(&[
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] shop.example "GET /x HTTP/1.1" 200 5 "-" "curl/8""#,
            "access combined utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 host=shop.example status=200 bytes=5",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "shop.example:443" "GET /x HTTP/1.1" 200 5 "-" "curl/8""#,
            "access combined utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 host=shop.example status=200 bytes=5",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] 0.123 "GET /x HTTP/1.1" 200 5"#,
            "access common utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 status=200 bytes=5 us=123000",
        ),
    ]);
}

/// Lines that lighttpd 1.4 wrote in its default format, `%h %V %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"`.
#[test]
fn lighttpds_site_may_be_an_address_with_a_port() {
    let as_site = |site: &str| {
        format!(
            "access vhost_combined utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 \
             agent=curl/8 host={site} status=404 bytes=341"
        )
    };
    for (asked, site) in [
        ("shop.example:21250", "shop.example"),
        ("127.0.0.1:21250", "127.0.0.1"),
        ("[::1]:21250", "::1"),
        ("[::1]", "::1"),
        ("localhost:21250", "localhost"),
        ("myhost:21250", "myhost"),
    ] {
        let line = format!(
            r#"203.0.113.9 {asked} - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 404 341 "-" "curl/8""#
        );
        check(&[(&line, &as_site(site))]);
    }
    // Behind a forwarded address an address is the client.
    check(&[(
        r#"198.51.100.4 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 404 341 "-" "curl/8""#,
        "access combined utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 xff=198.51.100.4 status=404 bytes=341",
    )]);
}

#[test]
fn times_have_names_and_units() {
    check(&[
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 5 "-" "curl/8" - 1.234 ms"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 status=200 bytes=5 us=1234",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /x HTTP/1.1" 200 5 "-" "curl/8" request_time:0.003 "urt=0.002""#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 status=200 bytes=5 us=3000 up_us=2000",
        ),
    ]);
}

#[test]
fn columns_behind_the_agent_may_touch_it() {
    check(&[
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8"rt=0.309 uct="0.000" urt="0.246""#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=5 us=309000 up_us=246000",
        ),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "curl/8" "-" "- " upstream:"192.0.2.7:80" rt=0.476 urt=0.475"#,
            "access combined_plus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=5 us=476000 up_us=475000",
        ),
    ]);
    // A raw quote in an agent ends nothing where another follows.
    check(&[(
        r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "x"rt=0.001 y""#,
        r#"access combined utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=x"rt=0.001 y status=200 bytes=5"#,
    )]);
}

#[test]
fn bunnys_columns_are_read_as_far_as_no_stranger_wrote_them() {
    let front = "HIT|200|1795341600123|512|390|203.0.113.9";
    let said = "access bunny utc=1795341600123 ip=203.0.113.9";
    check(&[
        (
            &format!(
                "{front}|-|https://shop.b-cdn.net/a.jpg?b=1|FRA|Mozilla/5.0 (X11)|322b688b|DE"
            ),
            &format!(
                "{said} path=/a.jpg query=b=1 agent=Mozilla/5.0 (X11) host=shop.b-cdn.net scheme=https cache=HIT status=200 bytes=512"
            ),
        ),
        (
            "-|499|1795341600123|0|390|2001:db8::7|https://a.example/|http://shop.example/|WA|-|322b688b|-",
            "access bunny utc=1795341600123 ip=2001:db8::7 path=/ referrer=https://a.example/ host=shop.example scheme=http status=499 bytes=0",
        ),
        // A bar in what a client wrote.
        (
            &format!("{front}|-|https://shop.b-cdn.net/|FRA|a|b|322b688b|DE"),
            &format!("{said} cache=HIT status=200 bytes=512"),
        ),
    ]);
    refused(&[
        front,
        "HIT|200|1795341600|512|390|203.0.113.9|-|https://shop.b-cdn.net/|FRA|a|322b688b|DE",
        "HIT|200|1795341600123|512|390|nobody|-|https://shop.b-cdn.net/|FRA|a|322b688b|DE",
        "hit|200|1795341600123|512|390|203.0.113.9|-|https://shop.b-cdn.net/|FRA|a|322b688b|DE",
        "HIT|200|1795341600123|x|390|203.0.113.9|-|https://shop.b-cdn.net/|FRA|a|322b688b|DE",
    ]);
}

#[test]
fn oauth2_proxys_requests_are_read_with_their_user_and_upstream() {
    let time = "[2026/11/22 10:00:00]";
    check(&[
        (
            &format!(
                r#"203.0.113.9:5312 - 5e1f-77 - alice@shop.example {time} shop.example GET http://127.0.0.1:8080/ "/a?b=1" HTTP/1.1 "curl/8" 200 51 0.012"#
            ),
            "access oauth2_proxy local=1795341600000 ip=203.0.113.9 user=alice@shop.example method=GET path=/a query=b=1 protocol=HTTP/1.1 agent=curl/8 upstream=127.0.0.1:8080/ host=shop.example port=5312 status=200 bytes=51 us=12000",
        ),
        (
            &format!(
                r#"203.0.113.9 - - {time} shop.example:8443 GET - "/ping" HTTP/1.1 "kube \"probe\"" 200 2 0.000"#
            ),
            r#"access oauth2_proxy local=1795341600000 ip=203.0.113.9 method=GET path=/ping protocol=HTTP/1.1 agent=kube "probe" host=shop.example status=200 bytes=2 us=0"#,
        ),
    ]);
    let good = format!(r#"203.0.113.9 - 5e1f - - {time} h GET - "/" HTTP/1.1 "a" 200 2 0.000"#);
    for (part, other) in [
        ("203.0.113.9", "nobody"),
        ("5e1f - -", "5e1f - - - x"),
        ("2026/11/22", "2026-11-22"),
        ("\"/\"", "/"),
        (" 200 2", " 20 2"),
        ("0.000", "0"),
        ("0.000", "0.000 more"),
        ("\"a\"", "a"),
    ] {
        let line = good.replacen(part, other, 1);
        assert_ne!(line, good);
        refused(&[&line]);
    }
    check(&[(
        &good,
        "access oauth2_proxy local=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=a host=h status=200 bytes=2 us=0",
    )]);
}

//! Error logs and the runtime lines of the programs around a server.

use super::{check, refused};

#[test]
fn servers_say_what_went_wrong() {
    check(&[
        // LiteSpeed.
        (
            "2026-11-22 10:00:00.353044 [INFO] [1226038] [203.0.113.9:61120-5#Example] User 'bob' failed to authenticate.",
            "error litespeed_error local=1795341600353 ip=203.0.113.9 message=User 'bob' failed to authenticate. port=61120 pid=1226038 level=info",
        ),
        (
            "2026-11-22 10:00:00.353044 [NOTICE] [1226038] [T0] [AutoUpdate] Checking for new releases...",
            "error litespeed_error local=1795341600353 message=[AutoUpdate] Checking for new releases... pid=1226038 level=notice",
        ),
        (
            "2026-11-22 10:00:00.353 [ERROR] [203.0.113.9:61120>192.0.2.1:443-H3:9C0F#shop.example] oops! 502 Bad Gateway",
            "error litespeed_error local=1795341600353 ip=203.0.113.9 host=shop.example message=oops! 502 Bad Gateway port=61120 level=error",
        ),
        (
            "2026-11-22 10:00:00.353044 [WARN] [12] [uds://tmp/lshttpd/lsphp.sock] connection timed out",
            "error litespeed_error local=1795341600353 message=connection timed out pid=12 level=warn",
        ),
        // Apache.
        (
            "[Sun Nov 22 10:00:00.123456 2026] [mpm_event:notice] [pid 24968:tid 140169861986176] AH00489: Apache/2.4.58 (Ubuntu) configured -- resuming normal operations",
            "error apache_error local=1795341600123 message=AH00489: Apache/2.4.58 (Ubuntu) configured -- resuming normal operations pid=24968 level=notice",
        ),
        (
            "[Sun Nov 22 10:00:00.123456 2026] [:error] [pid 12] [client 203.0.113.9:5123] PHP Notice:  Undefined index: a in /srv/a.php on line 3, referer: https://shop.example/",
            "error apache_error local=1795341600123 ip=203.0.113.9 referrer=https://shop.example/ message=PHP Notice:  Undefined index: a in /srv/a.php on line 3, referer: https://shop.example/ port=5123 pid=12 level=error",
        ),
        (
            "[Sun Nov 22 10:00:00.123456 2026] [proxy_fcgi:error] [pid 12:tid 34] (70007)The timeout specified has expired: [client 203.0.113.9:5123] AH01075: Error dispatching request to : (polling)",
            "error apache_error local=1795341600123 ip=203.0.113.9 message=Error dispatching request to : (polling) port=5123 pid=12 level=error",
        ),
        (
            "[Sun Nov 22 10:00:00 2026] [error] [client 203.0.113.9] File does not exist: /srv/favicon.ico",
            "error apache_error local=1795341600000 ip=203.0.113.9 message=File does not exist: /srv/favicon.ico level=error",
        ),
        (
            "[Sun Nov 22 10:00:00 2026] [notice] caught SIGTERM, shutting down",
            "error apache_error local=1795341600000 message=caught SIGTERM, shutting down level=notice",
        ),
        (
            "[Sun Nov 22 10:00:00.123456 2026] [ssl:trace8] [pid 12:tid 34] ssl_engine_io.c(2135): [client 203.0.113.9:5123] OpenSSL: read 5/5 bytes",
            "error apache_error local=1795341600123 ip=203.0.113.9 message=ssl_engine_io.c(2135): [client 203.0.113.9:5123] OpenSSL: read 5/5 bytes port=5123 pid=12 level=trace",
        ),
        (
            "[error] [client 203.0.113.9] client denied by server configuration: /srv/",
            "error apache_error ip=203.0.113.9 message=client denied by server configuration: /srv/ level=error",
        ),
        // nginx.
        (
            r#"2026/11/22 10:00:00 [error] 7#7: *9 limiting requests, excess: 20.400 by zone "one", client: 203.0.113.9, server: shop.example, request: "GET / HTTP/2.0", host: "shop.example""#,
            "error nginx_error local=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/2.0 host=shop.example message=limiting requests pid=7 level=error",
        ),
        (
            r#"2026/11/22 10:00:00 [error] 7#7: *9 open() "/srv/x" failed (2: No such file or directory), client: 203.0.113.9, server: shop.example, request: "GET /a HTTP/1.1", subrequest: "/auth", upstream: "http://10.0.0.1:80/auth", host: "shop.example", referrer: "https://shop.example/""#,
            r#"error nginx_error local=1795341600000 ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1 referrer=https://shop.example/ upstream=10.0.0.1:80 host=shop.example message=open() "/srv/x" failed (2: No such file or directory) pid=7 level=error"#,
        ),
        (
            r#"2026/11/22 10:00:00 [error] 7#7: *9 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.9, server: 0.0.0.0:443, upstream: "10.0.0.1:443", bytes from/to client:517/0, bytes from/to upstream:0/0"#,
            "error nginx_error local=1795341600000 ip=203.0.113.9 upstream=10.0.0.1:443 message=connect() failed (111: Connection refused) while connecting to upstream bytes=0 in=517 pid=7 level=error",
        ),
        (
            r#"2026/11/22 10:00:00 [info] 7#7: *9 client login failed: "NO" while in http auth state, client: 203.0.113.9, server: 0.0.0.0:143, login: "bob""#,
            r#"error nginx_error local=1795341600000 ip=203.0.113.9 user=bob message=client login failed: "NO" while in http auth state pid=7 level=info"#,
        ),
        (
            "2026/11/22 10:00:00 [info] 7#7: *9 client 203.0.113.9 closed keepalive connection (104: Connection reset by peer)",
            "error nginx_error local=1795341600000 ip=203.0.113.9 message=client 203.0.113.9 closed keepalive connection (104: Connection reset by peer) pid=7 level=info",
        ),
        (
            r#"2026/11/22 10:00:00 [warn] 7#7: *9 upstream server temporarily disabled while connecting to upstream, client: unix:, server: shop.example, request: "GET / HTTP/1.1", upstream: "fastcgi://unix:/run/php/fpm.sock:", host: "shop.example""#,
            "error nginx_error local=1795341600000 ip=unix: method=GET path=/ protocol=HTTP/1.1 upstream=unix:/run/php/fpm.sock host=shop.example message=upstream server temporarily disabled while connecting to upstream pid=7 level=warn",
        ),
        (
            r#"2026/11/22 10:00:00 [error] 7#7: *9 connect() to unix:/run/app.sock failed (111: Connection refused) while connecting to upstream, client: 192.0.2.7, server: shop.example, request: "GET /reset?token=abc HTTP/1.1", upstream: "http://unix:/run/app.sock:/reset?token=abc", host: "shop.example""#,
            "error nginx_error local=1795341600000 ip=192.0.2.7 method=GET path=/reset query=token=abc protocol=HTTP/1.1 upstream=unix:/run/app.sock host=shop.example message=connect() to unix:/run/app.sock failed (111: Connection refused) while connecting to upstream pid=7 level=error",
        ),
        (
            "2026/11/22 10:00:00 [emerg] 7#7: bind() to 0.0.0.0:80 failed (98: Address already in use)",
            "error nginx_error local=1795341600000 message=bind() to 0.0.0.0:80 failed (98: Address already in use) pid=7 level=emerg",
        ),
        // PHP.
        (
            r#"[22-Nov-2026 10:00:00] WARNING: [pool www] child 123 said into stderr: "NOTICE: PHP message: PHP Warning:  a""#,
            r#"error php_error local=1795341600000 message=[pool www] child 123 said into stderr: "NOTICE: PHP message: PHP Warning:  a" level=warn"#,
        ),
        (
            "[22-Nov-2026 10:00:00.123456] NOTICE: pid 1, fpm_init_all(), line 2: fpm is running, pid 1",
            "error php_error local=1795341600123 message=pid 1, fpm_init_all(), line 2: fpm is running, pid 1 level=notice",
        ),
        (
            "NOTICE: PHP message: PHP Deprecated:  a in /srv/a.php on line 3",
            "error level_error message=PHP message: PHP Deprecated:  a in /srv/a.php on line 3 level=notice",
        ),
        (
            "PHP Warning:  Undefined variable $a in /srv/a.php on line 3",
            "error level_error message=PHP Warning:  Undefined variable $a in /srv/a.php on line 3 level=warn",
        ),
        (
            "[22-Nov-2026 10:00:00 Europe/Berlin] PHP Fatal error:  Uncaught Error: a in /srv/a.php:3",
            "error php_error local=1795341600000 message=PHP Fatal error:  Uncaught Error: a in /srv/a.php:3 level=error",
        ),
        // lighttpd, Squid, Varnish.
        (
            "2026-11-22 10:00:00: (../src/server.c.1939) server started (lighttpd/1.4.69)",
            "error lighttpd_error local=1795341600000 message=server started (lighttpd/1.4.69)",
        ),
        (
            "2026/11/22 10:00:00 kid1| WARNING: 1 swapin MD5 mismatches",
            "error squid_error local=1795341600000 message=WARNING: 1 swapin MD5 mismatches level=warn",
        ),
        (
            "2026/11/22 10:00:00| Starting Squid Cache version 6.6",
            "error squid_error local=1795341600000 message=Starting Squid Cache version 6.6 level=info",
        ),
        (
            "2026/11/22 10:00:00.123 kid1| 5,2| TcpAcceptor.cc(214) doAccept: New connection on FD 12",
            "error squid_error local=1795341600123 message=TcpAcceptor.cc(214) doAccept: New connection on FD 12 level=info",
        ),
        (
            "Error: Could not get socket :80: Address already in use",
            "error level_error message=Could not get socket :80: Address already in use level=error",
        ),
        // Caddy and Traefik.
        (
            "2026/11/22 10:00:00.123\tINFO\thttp.log.access\thandled request\t{\"request\": {\"remote_ip\": \"203.0.113.9\", \"proto\": \"HTTP/2.0\", \"method\": \"GET\", \"host\": \"shop.example\", \"uri\": \"/x?y=1\"}, \"duration\": 0.0012, \"size\": 5, \"status\": 200}",
            "access zap_console local=1795341600123 ip=203.0.113.9 method=GET path=/x query=y=1 protocol=HTTP/2.0 host=shop.example status=200 bytes=5 us=1200 level=info",
        ),
        (
            "2026/11/22 10:00:00.123\tERROR\thttp.log.error\tdial tcp 10.0.0.1:80: connect: connection refused\t{\"request\": {\"remote_ip\": \"203.0.113.9\", \"method\": \"GET\", \"host\": \"shop.example\", \"uri\": \"/x\"}, \"duration\": 0.0012, \"status\": 502}",
            "error zap_console local=1795341600123 ip=203.0.113.9 method=GET path=/x host=shop.example message=dial tcp 10.0.0.1:80: connect: connection refused status=502 us=1200 level=error",
        ),
        (
            "2026/11/22 10:00:00.123\tINFO\tadmin\tadmin endpoint started\t{\"address\": \"localhost:2019\"}",
            "error zap_console local=1795341600123 message=admin endpoint started level=info",
        ),
        (
            "2026-11-22T10:00:00Z ERR Unable to obtain ACME certificate error=\"x\" providerName=le.acme",
            r#"error dated_error utc=1795341600000 message=Unable to obtain ACME certificate error="x" providerName=le.acme level=error"#,
        ),
        (
            r#"time="2026-11-22T10:00:00Z" level=warning msg="No domain found in rule" entryPointName=web"#,
            "error logfmt utc=1795341600000 message=No domain found in rule level=warn",
        ),
        // Tomcat.
        (
            "22-Nov-2026 10:00:00.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [1234] milliseconds",
            "error tomcat_error local=1795341600123 message=[main] org.apache.catalina.startup.Catalina.start Server startup in [1234] milliseconds level=info",
        ),
        (
            "SEVERE: Error deploying web application",
            "error level_error message=Error deploying web application level=error",
        ),
    ]);
}

#[test]
fn programs_say_what_they_do() {
    check(&[
        (
            "[2026-11-22 10:00:00 +0000] [20] [INFO] Booting worker with pid: 20",
            "error gunicorn_error utc=1795341600000 message=Booting worker with pid: 20 pid=20 level=info",
        ),
        (
            "ERROR:root:cannot reach the store",
            "error level_error message=cannot reach the store level=error",
        ),
        (
            "INFO:     Started server process [12]",
            "error level_error message=Started server process [12] level=info",
        ),
        (
            "WARNING:django.request:Not Found: /x",
            "error level_error message=Not Found: /x level=warn",
        ),
        (
            "2026-11-22 10:00:00,123 - shop.cart - ERROR - cannot reach the store",
            "error dated_error local=1795341600123 message=cannot reach the store level=error",
        ),
        (
            "2026-11-22 10:00:00,123 [ERROR] shop.cart: cannot reach the store",
            "error dated_error local=1795341600123 message=shop.cart: cannot reach the store level=error",
        ),
        (
            "2026-11-22T10:00:00.123Z [error]: cannot reach the store",
            "error dated_error utc=1795341600123 message=cannot reach the store level=error",
        ),
        (
            "2026-11-22T10:00:00.123Z error: cannot reach the store",
            "error dated_error utc=1795341600123 message=cannot reach the store level=error",
        ),
        (
            "2026-11-22T10:00:00.123+01:00  INFO 12 --- [main] o.example.Shop : Started Shop in 2.1 seconds",
            "error dated_error utc=1795338000123 message=12 --- [main] o.example.Shop : Started Shop in 2.1 seconds level=info",
        ),
        (
            "2026-11-22T10:00:00.123456Z  WARN shop::cart: slow",
            "error dated_error utc=1795341600123 message=shop::cart: slow level=warn",
        ),
        (
            "2026-11-22 10:00:00.123 +00:00 [ERR] cannot reach the store",
            "error dated_error utc=1795341600123 message=cannot reach the store level=error",
        ),
        (
            "2026/11/22 10:00:00 [ERROR] agent: cannot reach the store",
            "error dated_error local=1795341600000 message=agent: cannot reach the store level=error",
        ),
        (
            "2026/11/22 10:00:00 http: TLS handshake error from 203.0.113.9:5123: EOF",
            "error go_error local=1795341600000 message=http: TLS handshake error from 203.0.113.9:5123: EOF level=warn",
        ),
        (
            "2026/11/22 10:00:00 http: panic serving 203.0.113.9:5123: runtime error",
            "error go_error local=1795341600000 message=http: panic serving 203.0.113.9:5123: runtime error level=error",
        ),
        (
            "Sun Nov 22 10:00:00 2026 - SIGPIPE: writing to a closed pipe/socket/fd (probably the client disconnected) on request /x (ip 203.0.113.9) !!!",
            "error uwsgi_error local=1795341600000 message=SIGPIPE: writing to a closed pipe/socket/fd (probably the client disconnected) on request /x (ip 203.0.113.9) !!! level=info",
        ),
        (
            "E, [2026-11-22T10:00:00.123456 #12] ERROR -- : [f1e2] cannot reach the store",
            "error ruby_error local=1795341600123 message=[f1e2] cannot reach the store pid=12 level=error",
        ),
        (
            r#"I, [2026-11-22T10:00:00.123456 #12]  INFO -- : Started GET "/x" for 203.0.113.9 at 2026-11-22 10:00:00 +0000"#,
            r#"error ruby_error local=1795341600123 message=Started GET "/x" for 203.0.113.9 at 2026-11-22 10:00:00 +0000 pid=12 level=info"#,
        ),
        (
            "[2026-11-22 10:00:00] production.ERROR: cannot reach the store {\"exception\":\"x\"}",
            r#"error monolog_error local=1795341600000 message=cannot reach the store {"exception":"x"} level=error"#,
        ),
        (
            "[2026-11-22T10:00:00.123456+00:00] app.CRITICAL: Uncaught PHP Exception [] []",
            "error monolog_error utc=1795341600123 message=Uncaught PHP Exception [] [] level=crit",
        ),
        (
            "E1122 10:00:00.123456       7 controller.go:114] Unexpected failure reloading the backend",
            "error klog_error yearless=11-22+36000123 message=Unexpected failure reloading the backend pid=7 level=error",
        ),
        (
            "W0229 23:59:59.000001 1 a.go:1] slow",
            "error klog_error yearless=2-29+86399000 message=slow pid=1 level=warn",
        ),
        (
            "I1331 10:00:00.123456 1 a.go:1] no such day",
            "error klog_error message=no such day pid=1 level=info",
        ),
        (
            "[10:00:00.123] ERROR (12): cannot reach the store",
            "error clocked_error message=cannot reach the store pid=12 level=error",
        ),
        ("[12:00:00] ERROR", "error clocked_error level=error"),
        (
            "[10:00:00 WRN] cannot reach the store",
            "error clocked_error message=cannot reach the store level=warn",
        ),
        (
            "[error] cannot reach the store",
            "error level_error message=cannot reach the store level=error",
        ),
        (
            "fail: Microsoft.AspNetCore.Server.Kestrel[13]",
            "error level_error message=Microsoft.AspNetCore.Server.Kestrel[13] level=error",
        ),
    ]);
}

#[test]
fn loggers_put_time_and_level_where_they_like() {
    check(&[
        (
            "10:00:00.123 [main] INFO  org.example.Shop - started",
            "error clocked_error message=org.example.Shop - started level=info",
        ),
        (
            "10:00:00,123 WARN  [org.jboss] (MSC) slow",
            "error clocked_error message=[org.jboss] (MSC) slow level=warn",
        ),
        (
            "10:00:00.123 [info] Running ShopWeb.Endpoint",
            "error clocked_error message=Running ShopWeb.Endpoint level=info",
        ),
        (
            "[2026-11-22T10:00:00Z ERROR shop::cart] cannot reach the store",
            "error bracketed_error utc=1795341600000 message=cannot reach the store level=error",
        ),
        (
            "[2026-11-22 10:00:00,123: WARNING/MainProcess] slow",
            "error bracketed_error local=1795341600123 message=slow level=warn",
        ),
        (
            "[ N 2026-11-22 10:00:00.1234 12/T1 age/Cor/CoreMain.cpp:1015 ]: Passenger core online, PID 12",
            "error bracketed_error local=1795341600123 message=Passenger core online, PID 12 level=notice",
        ),
        (
            "[2026-11-22 10:00:00.123 +00:00] [INF] [12] Main: Jellyfin version: 10",
            "error bracketed_error utc=1795341600123 message=[12] Main: Jellyfin version: 10 level=info",
        ),
        (
            "2026-11-22 10:00:00.1234|ERROR|Shop.Cart|cannot reach the store",
            "error dated_error local=1795341600123 message=Shop.Cart|cannot reach the store level=error",
        ),
        (
            "2026-11-22 10:00:00.123+0000 [id=12]\tINFO\thudson.WebAppMain#run: Jenkins is up",
            "error dated_error utc=1795341600123 message=hudson.WebAppMain#run: Jenkins is up level=info",
        ),
        (
            "2026-11-22 10:00:00,123 - synapse.http - 460 - ERROR - GET-12 - cannot reach the store",
            "error dated_error local=1795341600123 message=GET-12 - cannot reach the store level=error",
        ),
        (
            "2026-11-22T10:00:00.123456Z\twarn\tads\tADS: closed",
            "error dated_error utc=1795341600123 message=ads\tADS: closed level=warn",
        ),
        (
            "Child (12) died signal=6",
            "error varnish_error message=Child (12) died signal=6 pid=12 level=error",
        ),
        ("Child (14) Started", "error varnish_error message=Child (14) Started pid=14 level=info"),
        (
            "2026/11/22 10:00:00 [info] 12#12 [unit] router started",
            "error nginx_error local=1795341600000 message=[unit] router started pid=12 level=info",
        ),
    ]);
}

#[test]
fn prose_and_a_clients_words_are_no_error_lines_of_another() {
    refused(&[
        "Started: yes",
        "note: this is prose",
        "[note] this is prose",
        "E, what a day",
        "Total: 5",
    ]);
    check(&[
        (
            r#"2026/11/22 10:00:00 [error] 7#7: *9 open() "/x" failed, client: 203.0.113.9, server: s, request: "GET /", login: "forged HTTP/1.1", host: "h""#,
            r#"error nginx_error local=1795341600000 ip=203.0.113.9 method=GET path=/", login: "forged protocol=HTTP/1.1 host=h message=open() "/x" failed pid=7 level=error"#,
        ),
        (
            "2026-11-22 10:00:00.353044 [INFO] [12] [203.0.113.9:1-5#A] User '] [192.0.2.66:1-5#B] x' failed to authenticate.",
            "error litespeed_error local=1795341600353 ip=203.0.113.9 message=User '] [192.0.2.66:1-5#B] x' failed to authenticate. port=1 pid=12 level=info",
        ),
        (
            "2026/11/22 10:00:00.123\tINFO\thttp.log.access\thandled request\t{\"request\": {\"remote_ip\": \"203.0.113.9\", \"method\": \"GET\", \"uri\": \"/x\", \"headers\": {\"User-Agent\": [\"x\\\"}, \\\"status\\\": 200}\"]}}, \"status\": 404}",
            r#"access zap_console local=1795341600123 ip=203.0.113.9 method=GET path=/x agent=x"}, "status": 200} status=404 level=info"#,
        ),
    ]);
}

#[test]
fn a_number_of_apaches_stays_where_no_client_is_named() {
    check(&[
        (
            "[Sun Nov 22 10:00:00.103786 2026] [:notice] [pid 7] AH00094: Command line: '/usr/sbin/httpd'",
            "error apache_error local=1795341600103 message=AH00094: Command line: '/usr/sbin/httpd' pid=7 level=notice",
        ),
        (
            "[Sun Nov 22 10:00:00.103786 2026] [core:error] [pid 7] [client 203.0.113.9:5] AH00126: Invalid URI",
            "error apache_error local=1795341600103 ip=203.0.113.9 message=Invalid URI port=5 pid=7 level=error",
        ),
    ]);
}

#[test]
fn a_module_and_a_process_are_enough_of_an_apache_line_without_a_time() {
    check(&[
        (
            "[authz_core:error] [pid 7:tid 140] [client 203.0.113.9:585] AH01630: client denied by server configuration: /srv/",
            "error apache_error ip=203.0.113.9 message=client denied by server configuration: /srv/ port=585 pid=7 level=error",
        ),
        (
            "[:error] [pid 7] [client 203.0.113.9] script not found",
            "error apache_error ip=203.0.113.9 message=script not found pid=7 level=error",
        ),
    ]);
    // A level alone may be any program's.
    check(&[("[error] [pid 7] x", "error level_error message=[pid 7] x level=error")]);
}

#[test]
fn modsecurity_names_the_client_first() {
    check(&[
        (
            "2026/11/22 10:00:00 [error] 7#7: *9 [client 203.0.113.9] ModSecurity: Access denied with code 403 (phase 1).",
            "error nginx_error local=1795341600000 ip=203.0.113.9 message=[client 203.0.113.9] ModSecurity: Access denied with code 403 (phase 1). pid=7 level=error",
        ),
        (
            r#"2026/11/22 10:00:00 [error] 7#7: *9 [client 203.0.113.9] ModSecurity: x [uri "/"], client: 203.0.113.9, server: s, request: "GET / HTTP/1.1", host: "h""#,
            r#"error nginx_error local=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 host=h message=[client 203.0.113.9] ModSecurity: x [uri "/"] pid=7 level=error"#,
        ),
        // What a client sent stands behind it, and the true parts may have been cut off.
        (
            "2026/11/22 10:00:00 [error] 7#7: *9 [client 203.0.113.9] ModSecurity: x (Value: `/, client: 192.0.2.66, server: s' )",
            "error nginx_error local=1795341600000 ip=203.0.113.9 message=[client 203.0.113.9] ModSecurity: x (Value: `/, client: 192.0.2.66, server: s' ) pid=7 level=error",
        ),
        (
            "2026/11/22 10:00:00 [error] 7#7: *9 [client 203.0.113.9] ModSecurity: x [client 192.0.2.66] ModSecurity: y",
            "error nginx_error local=1795341600000 ip=203.0.113.9 message=[client 203.0.113.9] ModSecurity: x [client 192.0.2.66] ModSecurity: y pid=7 level=error",
        ),
    ]);
}

#[test]
fn a_caddy_line_off_a_terminal_has_blanks_for_tabs_and_one_in_a_file_colours() {
    check(&[
        (
            r#"2026/11/22 10:00:00.123 INFO    http.log.access.log0    handled request {"request": {"remote_ip": "203.0.113.9", "proto": "HTTP/1.1", "method": "GET", "host": "shop.example", "uri": "/x"}, "size": 5, "status": 403}"#,
            "access zap_console local=1795341600123 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 host=shop.example status=403 bytes=5 level=info",
        ),
        (
            "2026/11/22 10:00:00.123\t\u{1b}[34mINFO\u{1b}[0m\thttp.log.access.log1\thandled request\t{\"request\": {\"remote_ip\": \"203.0.113.9\", \"method\": \"GET\", \"uri\": \"/x\"}, \"status\": 200}",
            "access zap_console local=1795341600123 ip=203.0.113.9 method=GET path=/x status=200 level=info",
        ),
        (
            "2026/11/22 10:00:00.123\t\u{1b}[31mERROR\u{1b}[0m\thttp.log.error\tno upstreams\t{\"request\": {\"remote_ip\": \"203.0.113.9\"}, \"status\": 503}",
            "error zap_console local=1795341600123 ip=203.0.113.9 message=no upstreams status=503 level=error",
        ),
        (
            r#"2026/11/22 10:00:00.123 ERROR   http.log.error  no upstreams    {"request": {"remote_ip": "203.0.113.9", "method": "GET", "uri": "/x"}, "status": 503}"#,
            "error zap_console local=1795341600123 ip=203.0.113.9 method=GET path=/x message=no upstreams status=503 level=error",
        ),
    ]);
}

#[test]
fn nginx_and_apache_speak_before_they_have_a_log() {
    check(&[
        (
            "nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)",
            "error startup_error message=bind() to 0.0.0.0:80 failed (98: Address already in use) level=emerg",
        ),
        (
            "AH00558: apache2: Could not reliably determine the server's fully qualified domain name",
            "error startup_error message=AH00558: apache2: Could not reliably determine the server's fully qualified domain name",
        ),
    ]);
    refused(&["nginx: [x] y", "AH00558: text"]);
}

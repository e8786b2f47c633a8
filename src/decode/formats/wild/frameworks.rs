//! Application servers, frameworks, and lines behind another's front.

use super::{Recogniser, check, refused};
use crate::vocab::event::Kind;

#[test]
fn frameworks_write_their_requests_each_in_its_own_way() {
    check(&[
        (
            r#"INFO:     127.0.0.1:52318 - "GET /items?x=1 HTTP/1.1" 200 OK"#,
            "access uvicorn ip=127.0.0.1 method=GET path=/items query=x=1 protocol=HTTP/1.1 port=52318 status=200",
        ),
        (
            r#"INFO:     203.0.113.9:0 - "POST /login HTTP/1.1" 422 Unprocessable Entity"#,
            "access uvicorn ip=203.0.113.9 method=POST path=/login protocol=HTTP/1.1 port=0 status=422",
        ),
        (
            r#"INFO   127.0.0.1:52318 - "GET / HTTP/1.1" 200"#,
            "access uvicorn ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 port=52318 status=200",
        ),
        (
            r#"[22/Nov/2026 10:00:00] "GET /admin/ HTTP/1.1" 200 5120"#,
            "access django local=1795341600000 method=GET path=/admin/ protocol=HTTP/1.1 status=200 bytes=5120",
        ),
        (
            r#"[22/Nov/2026 10:00:00] "POST /x HTTP/1.1" 403 2506"#,
            "access django local=1795341600000 method=POST path=/x protocol=HTTP/1.1 status=403 bytes=2506",
        ),
        (
            r#"[I 261122 10:00:00 web:2271] 200 GET /x?y=1 (203.0.113.9) 1.23ms"#,
            "access tornado local=1795341600000 ip=203.0.113.9 method=GET path=/x query=y=1 status=200 us=1230",
        ),
        (
            r#"[W 2026-11-22 10:00:00.123 ServerApp] 404 GET /api (bob@203.0.113.9) 12.50ms referer=http://shop.example/lab"#,
            "access tornado local=1795341600123 ip=203.0.113.9 user=bob method=GET path=/api referrer=http://shop.example/lab status=404 us=12500",
        ),
        (
            r#"[GIN] 2026/11/22 - 10:00:00 | 200 |     1.234567ms |     203.0.113.9 | GET      "/api/x?y=1""#,
            "access gin local=1795341600000 ip=203.0.113.9 method=GET path=/api/x query=y=1 status=200 us=1235",
        ),
        (
            r#"[GIN] 2026/11/22 - 10:00:00 | 404 |       53.1µs |             ::1 | POST     "/a|b""#,
            "access gin local=1795341600000 ip=::1 method=POST path=/a|b status=404 us=53",
        ),
        (
            "[GIN] 2026/11/22 - 10:00:00 |\u{1b}[97;42m 200 \u{1b}[0m|      1.5ms |     203.0.113.9 |\u{1b}[97;44m GET     \u{1b}[0m \"/x\"",
            "access gin local=1795341600000 ip=203.0.113.9 method=GET path=/x status=200 us=1500",
        ),
        (
            r#"2026/11/22 10:00:00 [web-1/Ab12Cd-000001] "GET http://shop.example/x?y=1 HTTP/1.1" from 203.0.113.9:5123 - 200 51B in 1.234ms"#,
            "access chi local=1795341600000 ip=203.0.113.9 method=GET path=/x query=y=1 protocol=HTTP/1.1 host=shop.example scheme=http port=5123 status=200 bytes=51 us=1234",
        ),
        (
            r#"2026/11/22 10:00:00 "GET http://shop.example/ HTTP/2.0" from [2001:db8::9]:5123 - 000 0B in 53.2µs"#,
            "access chi local=1795341600000 ip=2001:db8::9 method=GET path=/ protocol=HTTP/2.0 host=shop.example scheme=http port=5123 status=0 bytes=0 us=53",
        ),
        (
            r#"10:00:00 | 200 |   1.2ms |       203.0.113.9 | GET     | /x       | -"#,
            "access fiber ip=203.0.113.9 method=GET path=/x status=200 us=1200",
        ),
        (
            r#"10:00:00 | 500 |   91µs | 203.0.113.9 | POST | /orders | no rows | in result set"#,
            "access fiber ip=203.0.113.9 method=POST path=/orders status=500 us=91",
        ),
        (
            r#"[10:00:00] 200 -      53µs GET      /x"#,
            "access fiber method=GET path=/x status=200 us=53",
        ),
        (
            r#"GET /x?y=1 200 1.234 ms - 1234"#,
            "access morgan method=GET path=/x query=y=1 status=200 bytes=1234 us=1234",
        ),
        (
            r#"GET /missing 404 0.812 ms - -"#,
            "access morgan method=GET path=/missing status=404 us=812",
        ),
        (
            "\u{1b}[0mGET /x \u{1b}[32m200 \u{1b}[0m12.345 ms - 1234\u{1b}[0m",
            "access morgan method=GET path=/x status=200 bytes=1234 us=12345",
        ),
        (
            r#"POST /api/orders 201 87 - 5.120 ms"#,
            "access morgan method=POST path=/api/orders status=201 bytes=87 us=5120",
        ),
        (r#"GET /slow - - - - ms"#, "access morgan method=GET path=/slow"),
        (
            r#"::ffff:203.0.113.9 - GET /x HTTP/1.1 304 - - 0.501 ms"#,
            "access morgan ip=::ffff:203.0.113.9 method=GET path=/x protocol=HTTP/1.1 status=304 us=501",
        ),
        (
            r#"::1 - bob GET /x HTTP/1.1 200 12 - 1.5 ms"#,
            "access morgan ip=::1 user=bob method=GET path=/x protocol=HTTP/1.1 status=200 bytes=12 us=1500",
        ),
        (
            r#"::1 bob GET /x HTTP/1.1 200 12 - 1.5 ms"#,
            "access morgan ip=::1 user=bob method=GET path=/x protocol=HTTP/1.1 status=200 bytes=12 us=1500",
        ),
        (
            r#"[pid: 12|app: 0|req: 1/1] 203.0.113.9 () {40 vars in 600 bytes} [Sun Nov 22 10:00:00 2026] GET /x?y=1 => generated 1234 bytes in 12 msecs (HTTP/1.1 200) 4 headers in 200 bytes (1 switches on core 0)"#,
            "access uwsgi local=1795341600000 ip=203.0.113.9 method=GET path=/x query=y=1 protocol=HTTP/1.1 status=200 bytes=1234 us=12000 pid=12",
        ),
        (
            r#"[pid: 7|app: -1|req: -1/3] 203.0.113.9 (bob) {40 vars in 600 bytes} [Sun Nov 22 10:00:00 2026] POST /x => generated 0 bytes in 912 micros (HTTP/1.0 500) 0 headers in 0 bytes (0 switches on core 0)"#,
            "access uwsgi local=1795341600000 ip=203.0.113.9 user=bob method=POST path=/x protocol=HTTP/1.0 status=500 bytes=0 us=912 pid=7",
        ),
        (
            r#"127.0.0.1 -  22/Nov/2026:10:00:00 +0000 "GET /index.php" 200"#,
            "access php_fpm_access utc=1795341600000 ip=127.0.0.1 method=GET path=/index.php status=200",
        ),
        (
            r#"127.0.0.1 - bob 22/Nov/2026:10:00:00 +0100 "POST /a.php" 500 /srv/a.php 12.345 2048 99.10%"#,
            "access php_fpm_access utc=1795338000000 ip=127.0.0.1 user=bob method=POST path=/a.php status=500 us=12345",
        ),
        (
            r#"127.0.0.1 -  22/Nov/2026:10:00:00 +0000 "GET /a.php" 200 /srv/a.php 12.345"#,
            "access php_fpm_access utc=1795341600000 ip=127.0.0.1 method=GET path=/a.php status=200",
        ),
        (
            r#"[Sun Nov 22 10:00:00 2026] 127.0.0.1:52318 [200]: GET /x"#,
            "access php_server local=1795341600000 ip=127.0.0.1 method=GET path=/x port=52318 status=200",
        ),
        (
            r#"[Sun Nov 22 10:00:00 2026] [::1]:52318 [404]: GET /y - No such file or directory"#,
            "access php_server local=1795341600000 ip=::1 method=GET path=/y port=52318 status=404",
        ),
        (
            r#"[10:00:00 INF] HTTP GET /x responded 200 in 12.3456 ms"#,
            "access serilog method=GET path=/x status=200 us=12346",
        ),
        (
            r#"2026-11-22 10:00:00.123 +00:00 [INF] HTTP POST /cart responded 500 in 3.1 ms"#,
            "access serilog utc=1795341600123 method=POST path=/cart status=500 us=3100",
        ),
    ]);
}

#[test]
fn more_frameworks() {
    check(&[
        ("  --> GET /x 200 12ms 1.2kb", "access koa method=GET path=/x status=200 us=12000"),
        ("  xxx POST /x 500 1ms -", "access koa method=POST path=/x status=500 us=1000"),
        (
            "  -x- GET /x?a=1 200 2s -",
            "access koa method=GET path=/x query=a=1 status=200 us=2000000",
        ),
        (
            "2026/11/22 10:00:00 ...eb/routing/logger.go:102:func1() [I] router: completed GET /x?y=1 for 203.0.113.9:0, 200 OK in 12.3ms @ web/home.go:32(web.Home)",
            "access gitea local=1795341600000 ip=203.0.113.9 method=GET path=/x query=y=1 port=0 status=200 us=12300",
        ),
        (
            r#"[2026-11-22T10:00:00Z INFO  actix_web::middleware::logger] 127.0.0.1 "GET / HTTP/1.1" 200 12 "-" "curl/8" 0.000123"#,
            "access actix utc=1795341600000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12 us=123",
        ),
        (
            r#"127.0.0.1 "GET / HTTP/1.1" 200 12 "-" "curl/8" 0.000123"#,
            "access combined_plus ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12 us=123",
        ),
    ]);
}

#[test]
fn lines_behind_a_front_are_read_as_themselves() {
    check(&[
        (
            r#"2026-11-22T10:00:00.123456789Z stdout F 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8""#,
            "access cri utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12",
        ),
        (
            r#"2026-11-22T10:00:00.123456789+00:00 stderr F 2026/11/22 10:00:00 [error] 7#7: *1 open() failed, client: 203.0.113.9, server: _"#,
            "error cri local=1795341600000 ip=203.0.113.9 message=open() failed pid=7 level=error",
        ),
        (
            r#"2026-11-22T10:00:00.123456789Z stdout F {"status":200,"uri":"/x","remote_addr":"203.0.113.9"}"#,
            "access cri utc=1795341600123 ip=203.0.113.9 path=/x status=200",
        ),
        (
            r#"2026-11-22T10:00:00.123456789Z 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8""#,
            "access timed_line utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12",
        ),
        (
            r#"web-1  | 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "curl/8" "-""#,
            "access compose utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12",
        ),
        (
            r#"proxy_1       | {"level":"info","ts":1795341600.5,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"203.0.113.9","method":"GET","uri":"/x"},"status":200,"size":5}"#,
            "access compose utc=1795341600500 ip=203.0.113.9 method=GET path=/x status=200 bytes=5 level=info",
        ),
        (
            r#"2026/11/22 10:00:00 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12"#,
            "access timed_line utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=12",
        ),
        (
            r#"INFO:werkzeug:127.0.0.1 - - [22/Nov/2026 10:00:00] "GET / HTTP/1.1" 200 -"#,
            "access python_access local=1795341600000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 status=200",
        ),
        (
            r#"INFO:aiohttp.access:127.0.0.1 [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 150 "-" "curl/8""#,
            "access python_access utc=1795341600000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=200 bytes=150",
        ),
        (
            r#"2026-11-22 10:00:00,123 - werkzeug - INFO - 127.0.0.1 - - [22/Nov/2026 10:00:00] "GET /x HTTP/1.1" 404 -"#,
            "access python_access local=1795341600000 ip=127.0.0.1 method=GET path=/x protocol=HTTP/1.1 status=404",
        ),
        (
            r#"2026-11-22 10:00:00,123 INFO werkzeug: 127.0.0.1 - - [22/Nov/2026 10:00:00] "GET /x HTTP/1.1" 404 -"#,
            "access python_access local=1795341600000 ip=127.0.0.1 method=GET path=/x protocol=HTTP/1.1 status=404",
        ),
    ]);
}

#[test]
fn a_clients_path_or_user_writes_no_words_of_the_line() {
    check(&[
        // An application's logger may repeat what a client said.
        (
            r#"INFO:shop:127.0.0.1 - - [22/Nov/2026 10:00:00] "GET / HTTP/1.1" 200 -"#,
            r#"error level_error message=127.0.0.1 - - [22/Nov/2026 10:00:00] "GET / HTTP/1.1" 200 - level=info"#,
        ),
        // What a client put into its path stays in its path.
        (
            r#"INFO:     203.0.113.9:1 - "GET /x?" 200 OK HTTP/1.1" 404 Not Found"#,
            r#"access uvicorn ip=203.0.113.9 method=GET path=/x query=" 200 OK protocol=HTTP/1.1 port=1 status=404"#,
        ),
        (
            r#"[22/Nov/2026 10:00:00] "GET /x" 200 1 HTTP/1.1" 404 179"#,
            r#"access django local=1795341600000 method=GET path=/x" 200 1 protocol=HTTP/1.1 status=404 bytes=179"#,
        ),
        (
            r#"2026/11/22 10:00:00 "GET http://a/x" from 192.0.2.66 - 200 5B in 1ms HTTP/1.1" from 203.0.113.9:1 - 404 5B in 1ms"#,
            r#"access chi local=1795341600000 ip=203.0.113.9 method=GET path=/x" from 192.0.2.66 - 200 5B in 1ms protocol=HTTP/1.1 host=a scheme=http port=1 status=404 bytes=5 us=1000"#,
        ),
        (
            r#"127.0.0.1 -  22/Nov/2026:10:00:00 +0000 "GET /x" 200 /y" 404"#,
            r#"access php_fpm_access utc=1795341600000 ip=127.0.0.1 method=GET path=/x" 200 /y status=404"#,
        ),
    ]);
    refused(&[
        r#"GET /x 200 1 ms - 1 404 1.0 ms - 5"#,
        r#"::1 bob GET GET /x HTTP/1.1 200 12 - 1.5 ms"#,
        r#"[pid: 7|app: 0|req: 1/3] 203.0.113.9 (x) {1 vars in 1 bytes} [Sun Nov 22 10:00:00 2026] GET /forged => generated 1 bytes in 1 msecs (HTTP/1.1 200) 1 headers in 1 bytes (1 switches) {40 vars in 600 bytes} [Sun Nov 22 10:00:00 2026] POST /x => generated 0 bytes in 912 micros (HTTP/1.0 500) 0 headers in 0 bytes (0 switches on core 0)"#,
        // A program that writes what a client said, behind a time or a logger.
        r#"2026-11-22T10:00:00Z refused 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 12"#,
        "a | b | c | d",
    ]);
}

#[test]
fn tags_and_hosts_before_a_line_are_taken_off() {
    let line = r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5"#;
    let fields =
        "utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=5";
    let fronts = [
        ("[httpd] ", "tagged_line"),
        ("[pod/web-0/nginx] ", "tagged_line"),
        ("== APP == ", "tagged_line"),
        ("web-7 nginx[2833]: ", "tagged_line"),
        ("nginx[2833]: ", "tagged_line"),
        ("10:00:00 web.1   | ", "compose"),
        ("0|web    | ", "compose"),
        ("2026-11-22T10:00:00.123Z\t", "timed_line"),
    ];
    for (front, format) in fronts {
        check(&[(&format!("{front}{line}"), &format!("access {format} {fields}"))]);
        // A composer's front alone says that this is a server's line.
        if format == "compose" || front.starts_with("[pod/") {
            continue;
        }
        refused(&[&format!("{front}x {line}"), &format!("{front}said: {line}")]);
    }
    check(&[(
        r#"web-7 nginx[2833]: 2026/11/22 10:00:00 [error] 2833#0: *16 open() "/x" failed (2: No such file or directory), client: 203.0.113.9, server: s, request: "GET /x HTTP/1.1", host: "h""#,
        r#"error tagged_line local=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 host=h message=open() "/x" failed (2: No such file or directory) pid=2833 level=error"#,
    )]);
}

#[test]
fn a_line_behind_a_name_and_the_engines_time_is_read_as_itself() {
    let clf = r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 5"#;
    let cases = [
        (
            clf.to_owned(),
            "access FRONT utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=5",
        ),
        (
            format!("shop.example:443 {clf}"),
            "access FRONT utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 host=shop.example status=200 bytes=5",
        ),
        (
            r#"{"status":200,"uri":"/x","remote_addr":"203.0.113.9"}"#.to_owned(),
            "access FRONT STAMP ip=203.0.113.9 path=/x status=200",
        ),
        (
            "method=GET path=/x status=200".to_owned(),
            "access FRONT STAMP method=GET path=/x status=200",
        ),
        (
            r#"[GIN] 2026/11/22 - 10:00:00 | 200 |    1.5ms |  203.0.113.9 | GET      "/x""#
                .to_owned(),
            "access FRONT local=1795341600000 ip=203.0.113.9 method=GET path=/x status=200 us=1500",
        ),
        (
            r#"2026/11/22 10:00:00 [error] 7#7: *1 open() failed, client: 203.0.113.9, server: _"#
                .to_owned(),
            "error FRONT local=1795341600000 ip=203.0.113.9 message=open() failed pid=7 level=error",
        ),
        (
            "[Sun Nov 22 10:00:00.123456 2026] [core:error] [pid 7:tid 8] AH00126: Invalid URI"
                .to_owned(),
            "error FRONT local=1795341600123 message=AH00126: Invalid URI pid=7 level=error",
        ),
    ];
    let fronts = [
        ("web-1  | ", "compose"),
        ("[pod/web-6d4c/nginx] ", "tagged_line"),
        (
            "[pod/a-name-that-is-as-long-as-a-deployment-of-somebody-may-be-7c9d8f6b5-x2x4z/and-its-sidecar] ",
            "tagged_line",
        ),
    ];
    for (front, format) in fronts {
        for time in ["2026-11-22T10:00:00.123456789Z ", "2026-11-22T11:00:00.123456789+01:00 ", ""]
        {
            let stamp = if time.is_empty() { "" } else { " utc=1795341600123" };
            for (line, read) in &cases {
                let read = read.replace("FRONT", format).replace(" STAMP", stamp);
                check(&[(&format!("{front}{time}{line}"), &read)]);
            }
        }
    }
    // A program may write such times itself, and a client's words behind its own.
    for front in ["web-1  | ", "[pod/web-6d4c/nginx] "] {
        let time = "2026-11-22T10:00:00.123456789Z";
        let said = format!(r#"{front}{time} "{clf}" said"#);
        refused(&[&format!("{front}{time} refused {clf}"), &said]);
        refused(&[&format!("{front}{time} {time} {clf}"), &format!("{front}{front}{clf}")]);
        let own = format!("{front}{time}  INFO shop: {clf}");
        let event = Recogniser::default().decode(&own);
        assert_eq!((event.kind, &event.remote_ip), (Kind::Error, &None), "{own}");
    }
    // Nor is anything else in brackets a pod's name.
    for front in
        ["[pod/web] ", "[pod/web/] ", "[pod/Web/x] ", "[pod/a b/c] ", "[pod/a/b/c] ", "[pod/a/b]"]
    {
        refused(&[&format!("{front}shop.example:443 {clf}")]);
    }
}

#[test]
fn uvicorn_speaks_through_pythons_logger_too() {
    check(&[
        (
            r#"2026-11-22 10:00:00,123 - uvicorn.access - INFO - 203.0.113.9:5 - "GET /x HTTP/1.1" 200"#,
            "access python_access local=1795341600123 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 port=5 status=200",
        ),
        (
            r#"INFO:uvicorn.access:203.0.113.9:5 - "GET /x HTTP/1.1" 404"#,
            "access python_access ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 port=5 status=404",
        ),
    ]);
}

#[test]
fn morgans_lines_are_read_behind_a_container_engines_time() {
    let time = "2026-11-22T10:00:00.123456789Z ";
    for line in [
        "GET /a 200 1.234 ms - 13",
        "GET /a 200 13 - 1.234 ms",
        // As `dev` writes it, terminal or not.
        "\u{1b}[0mGET /a \u{1b}[32m200\u{1b}[0m 1.234 ms - 13\u{1b}[0m",
    ] {
        let said = "method=GET path=/a status=200 bytes=13 us=1234";
        check(&[
            (line, &format!("access morgan {said}")),
            (&format!("{time}{line}"), &format!("access timed_line utc=1795341600123 {said}")),
            (
                &format!("[pod/web-0/node] {time}{line}"),
                &format!("access tagged_line utc=1795341600123 {said}"),
            ),
            (
                &format!("web-1  | {time}{line}"),
                &format!("access compose utc=1795341600123 {said}"),
            ),
        ]);
        // A program that writes the time itself may repeat a client's words behind it, and those are behind more.
        refused(&[
            &format!("2026-11-22T10:00:00.123Z {line}"),
            &format!("2026/11/22 10:00:00 {line}"),
            &format!("{time}said {line}"),
            &format!("{time}{line} {line}"),
        ]);
    }
}

#[test]
fn the_bare_version_of_hypercorn_is_a_protocol() {
    for (version, protocol) in
        [("1.0", "HTTP/1.0"), ("1.1", "HTTP/1.1"), ("2", "HTTP/2.0"), ("3", "HTTP/3.0")]
    {
        let line = format!(
            r#"203.0.113.9:5312 - - [22/Nov/2026:10:00:00 +0000] "GET /a?b=1 {version}" 200 12 "-" "curl/8""#
        );
        check(&[(
            &line,
            &format!(
                "access combined utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=1 protocol={protocol} agent=curl/8 port=5312 status=200 bytes=12"
            ),
        )]);
    }
    let odd = |request: &str| {
        format!(r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "{request}" 400 12 "-" "curl/8""#)
    };
    let read = |rest: &str| {
        format!(
            "access combined utc=1795341600000 ip=203.0.113.9{rest} agent=curl/8 status=400 bytes=12"
        )
    };
    check(&[
        (&odd("GET /a 4"), &read(" method=GET path=/a 4")),
        (&odd("GET /a 1.1 HTTP/1.1"), &read(" method=GET path=/a 1.1 protocol=HTTP/1.1")),
        (&odd("GET 2"), &read("")),
    ]);
}

#[test]
fn aspnet_cores_console_tells_of_each_request() {
    check(&[
        (
            "      Request finished HTTP/1.1 GET http://shop.example:5000/a?b=1 - 200 51 text/html;+charset=utf-8 12.3456ms",
            "access aspnet method=GET path=/a query=b=1 protocol=HTTP/1.1 host=shop.example scheme=http status=200 bytes=51 us=12346",
        ),
        (
            "      Request finished HTTP/2 POST https://shop.example/a - 404 0 - 90.2057ms",
            "access aspnet method=POST path=/a protocol=HTTP/2 host=shop.example scheme=https status=404 bytes=0 us=90206",
        ),
        // Before .NET 8.
        (
            "      Request finished HTTP/1.1 GET http://shop.example/ - - - 401 - - 672.1576ms",
            "access aspnet method=GET path=/ protocol=HTTP/1.1 host=shop.example scheme=http status=401 us=672158",
        ),
        (
            "      Request finished HTTP/1.1 POST http://shop.example/a application/json 17 - 201 51 application/json;+charset=utf-8 1.5ms",
            "access aspnet method=POST path=/a protocol=HTTP/1.1 host=shop.example scheme=http status=201 bytes=51 us=1500",
        ),
        (
            "info: Microsoft.AspNetCore.Hosting.Diagnostics[2] Request finished HTTP/1.1 GET http://shop.example/ - 200 - - 0.5ms",
            "access aspnet method=GET path=/ protocol=HTTP/1.1 host=shop.example scheme=http status=200 us=500",
        ),
        (
            r#"{"log":"      Request finished HTTP/1.1 GET http://shop.example/ - 200 - - 0.5ms\n","stream":"stdout","time":"2026-11-22T10:00:00Z"}"#,
            "access json utc=1795341600000 method=GET path=/ protocol=HTTP/1.1 host=shop.example scheme=http status=200 us=500",
        ),
    ]);
    // Serilog's own line of the request stands beside it.
    check(&[(
        "[10:00:00 INF] Request finished HTTP/1.1 GET http://shop.example/ - 200 - - 0.5ms",
        "error clocked_error message=Request finished HTTP/1.1 GET http://shop.example/ - 200 - - 0.5ms level=info",
    )]);
    refused(&[
        "      Request starting HTTP/1.1 GET http://shop.example/ - - -",
        // With blanks in the path, which is decoded, it may end anywhere.
        "      Request finished HTTP/1.1 GET http://shop.example/a - 200 0 - 1.0ms x - 404 0 - 90.2057ms",
        "      Request finished HTTP/1.1 GET http://shop.example/a b - 404 0 - 90.2057ms",
        "      Request finished HTTP/1.1 GET http://shop.example/a - 404 0 - 90.2057",
        "      Request finished HTTP/1.1 GET http://shop.example/a - 40 0 - 90.2057ms",
        "      Request finished HTTP/1.1 GET http://shop.example/",
        "shop says: Request finished HTTP/1.1 GET http://shop.example/ - 200 - - 0.5ms",
    ]);
}

//! Hosters' and applications' own orders of the usual columns.

use super::{check, refused};

#[test]
fn columns_in_an_order_of_their_own_are_read_by_their_places() {
    check(&[
        // GridPane, older and newer.
        (
            r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 0.614 - shop "GET / HTTP/1.1" 200 1234"#,
            "access time_first utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 host=shop status=200 bytes=1234 us=614000",
        ),
        (
            r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 0.081 STALE shop.example "GET /x HTTP/3.0" 200 1234 0.088 "https://shop.example/?a=b" "curl/8""#,
            "access time_first utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/3.0 referrer=https://shop.example/?a=b agent=curl/8 host=shop.example cache=STALE status=200 bytes=1234 us=88000 up_us=81000",
        ),
        (
            r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 "GET /x HTTP/1.1" 404 - "-" "curl/8""#,
            "access combined utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 status=404",
        ),
        (
            r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 - HIT shop.example "GET /x HTTP/1.1" 200 12 0.002 "-" "curl/8" "198.51.100.2""#,
            "access time_first utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 host=shop.example cache=HIT xff=198.51.100.2 status=200 bytes=12 us=2000",
        ),
        (
            r#"[2026-11-22T10:00:00+00:00] shop.example 203.0.113.9 "GET /x HTTP/1.1" 200 12 "-" "curl/8""#,
            "access time_first utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=curl/8 host=shop.example status=200 bytes=12",
        ),
        (
            r#"[2026-11-22 10:00:00] 203.0.113.9 - bob "GET /x HTTP/1.1" 200 12 "-" "curl/8""#,
            "access time_first local=1795341600000 ip=203.0.113.9 user=bob method=GET path=/x protocol=HTTP/1.1 agent=curl/8 status=200 bytes=12",
        ),
        (
            r#"2026-11-22T10:00:00+00:00 203.0.113.9 "GET /x HTTP/1.1" 200 12 0.003"#,
            "access timed_line utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 status=200 bytes=12 us=3000",
        ),
        (
            r#"2026-11-22T10:00:00 203.0.113.9 - GET "/x?y=1" -1 200 5778 "-" "curl/8""#,
            "access iso_first local=1795341600000 ip=203.0.113.9 method=GET path=/x query=y=1 agent=curl/8 status=200 bytes=5778",
        ),
        (
            r#"2026-11-22T10:00:00Z 203.0.113.9 bob GET /x 12 200 - "-" "curl/8""#,
            "access iso_first utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/x agent=curl/8 status=200",
        ),
        (
            r#"shop.example 203.0.113.9 [22/Nov/2026:10:00:00 +0000] GET "/x/" HTTP/2.0 200 "https://shop.example/" "curl/8" 192.0.2.7 "/index.php" - 5.67 29392 1.357 1.356"#,
            "access kinsta utc=1795341600000 ip=203.0.113.9 method=GET path=/x/ protocol=HTTP/2.0 referrer=https://shop.example/ agent=curl/8 host=shop.example status=200 bytes=29392 us=1357000 up_us=1356000",
        ),
        (
            r#"shop.example 203.0.113.9 [22/Nov/2026:10:00:00 +0000] GET "/x/" HTTP/2.0 304 "-" "curl/8" 192.0.2.7 "/x/" - - 0 0.000 -"#,
            "access kinsta utc=1795341600000 ip=203.0.113.9 method=GET path=/x/ protocol=HTTP/2.0 agent=curl/8 host=shop.example status=304 bytes=0 us=0",
        ),
        (
            "[22/Nov/2026:10:00:00 +0000] alice http-nio-8090-exec-5 203.0.113.9 GET /rest/x?a=1 HTTP/1.1 200 12ms 152 http://wiki.example/p Mozilla/5.0 (X11) Gecko",
            "access atlassian_tomcat utc=1795341600000 ip=203.0.113.9 user=alice method=GET path=/rest/x query=a=1 protocol=HTTP/1.1 referrer=http://wiki.example/p agent=Mozilla/5.0 (X11) Gecko status=200 bytes=152 us=12000",
        ),
        (
            r#"203.0.113.9 | https | o@2CM38K4Fx1x0 | alice | 2026-11-22 10:00:00,408 | "POST /rest/x HTTP/1.1" | "http://git.example/" "Mozilla/5.0 (X11)" | 201 | 832 | 1204 | - | 383 | eyoqcd |"#,
            "access bitbucket local=1795341600408 ip=203.0.113.9 user=alice method=POST path=/rest/x protocol=HTTP/1.1 referrer=http://git.example/ agent=Mozilla/5.0 (X11) scheme=https status=201 bytes=1204 in=832 us=383000",
        ),
        (
            r#"198.51.100.4,203.0.113.9 | https | o*2CM38K4Fx1x0 | - | 2026-11-22 10:00:00,408 | "GET /x HTTP/1.1" | "" "git/2" | 200 | 0 | 12 | - | 3 | - |"#,
            "access bitbucket local=1795341600408 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=git/2 scheme=https xff=198.51.100.4,203.0.113.9 status=200 bytes=12 in=0 us=3000",
        ),
    ]);
}

#[test]
fn a_text_with_more_columns_in_it_is_refused() {
    refused(&[
        // A raw quote in the request, the referrer and the agent.
        r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 - - a.example "GET /x" 200 1 0.001 "a" "b HTTP/1.1" 404 12 0.088 "-" "curl/8""#,
        r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 - - a.example "GET /x" 200 1 HTTP/1.1" 404 12 0.088 "-" "curl/8""#,
        r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 - - a.example "GET /x" 200 1 0.001 "a" "b" y HTTP/1.1" 404 12 0.088 "-" "curl/8""#,
        r#"[22/Nov/2026:10:00:00 +0000] 203.0.113.9 - - a.example "GET /x" 200 1 0.001 "a" HTTP/1.1" 404 12 0.088 "-" "curl/8""#,
        r#"2026-11-22T10:00:00 203.0.113.9 - GET /x -1 200 5 "-" "a" -1 404 5778 "-" "curl/8""#,
        r#"2026-11-22T10:00:00 203.0.113.9 - GET /x -1 200 5 -1 404 5778 "-" "curl/8""#,
        r#"shop.example 203.0.113.9 [22/Nov/2026:10:00:00 +0000] GET "/x" HTTP/2.0 200 "a" "b" 192.0.2.7 "/y" HTTP/2.0 404 "-" "curl/8" 192.0.2.7 "/index.php" - 5.67 29392 1.357 1.356"#,
        "[22/Nov/2026:10:00:00 +0000] x http-nio-8090-exec-5 192.0.2.66 GET / HTTP/1.1 200 1ms 1 - - http-nio-8090-exec-6 203.0.113.9 GET /x HTTP/1.1 404 12ms 152 - curl/8",
        r#"203.0.113.9 | https | o@1 | alice | 2026-11-22 10:00:00,408 | "GET /" | "a" "b" | 200 | 1 | 1 | - | 1 | z | "GET /x HTTP/1.1" | "-" "curl/8" | 404 | 0 | 12 | - | 3 | - |"#,
        // The beginning of a request that has no answer yet.
        r#"203.0.113.9 | https | i@1 | - | 2026-11-22 10:00:00,408 | "GET /x HTTP/1.1" | "" "git/2" | - | - | - | - | - | - |"#,
    ]);
    // The agent's own columns are not the line's.
    check(&[(
        r#"203.0.113.9 | https | o@1 | - | 2026-11-22 10:00:00,408 | "GET /x HTTP/1.1" | "-" "a | 200 | 1 | 1 | - | 1 | z" | 404 | 0 | 12 | - | 3 | - |"#,
        "access bitbucket local=1795341600408 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 agent=a | 200 | 1 | 1 | - | 1 | z scheme=https status=404 bytes=12 in=0 us=3000",
    )]);
}

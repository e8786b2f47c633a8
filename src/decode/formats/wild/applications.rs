//! More application servers and frameworks, and the programs that are built on them.

use super::{check, refused};

#[test]
fn tower_http_tells_of_each_response() {
    let front = "2026-11-22T10:00:00.123456Z DEBUG";
    let module = "tower_http::trace::on_response:";
    let done = "finished processing request latency=12 ms status=200";
    check(&[
        (
            &format!("{front} request{{method=GET uri=/a?b=1 version=HTTP/1.1}}: {module} {done}"),
            "access tower_http utc=1795341600123 method=GET path=/a query=b=1 protocol=HTTP/1.1 status=200 us=12000 level=debug",
        ),
        (
            "2026-11-22T10:00:00.123456Z  INFO request{method=POST uri=https://shop.example/a version=HTTP/2.0}: tower_http::trace::on_response: finished processing request latency=0.000157 s status=503",
            "access tower_http utc=1795341600123 method=POST path=/a protocol=HTTP/2.0 host=shop.example scheme=https status=503 us=157 level=info",
        ),
        // Without the time, as under systemd, and without the version.
        (
            " INFO request{method=GET uri=/}: tower_http::trace::on_response: finished processing request latency=53 μs status=204",
            "access tower_http method=GET path=/ status=204 us=53 level=info",
        ),
        // Spans in each other, and what else they say.
        (
            &format!(
                r#"{front} server{{port=80}}:http_request{{id="a \" }}: b" method=GET uri=/a}}b version=HTTP/1.1 headers={{"user-agent": "curl/8 }}: {module} {done}"}}}}: {module} {done}"#
            ),
            "access tower_http utc=1795341600123 method=GET path=/a}b protocol=HTTP/1.1 status=200 us=12000 level=debug",
        ),
        // Where a filter keeps spans out.
        (
            &format!("{front} {module} {done}"),
            "access tower_http utc=1795341600123 status=200 us=12000 level=debug",
        ),
        // The compact form.
        (
            &format!("{front} request: {module} {done} method=GET uri=/a version=HTTP/1.1"),
            "access tower_http utc=1795341600123 method=GET path=/a protocol=HTTP/1.1 status=200 us=12000 level=debug",
        ),
        (
            &format!(
                "{front} request{{method=GET uri=/a version=HTTP/1.1}}: tower_http::trace::on_request: started processing request"
            ),
            "error dated_error utc=1795341600123 message=request{method=GET uri=/a version=HTTP/1.1}: tower_http::trace::on_request: started processing request level=debug",
        ),
    ]);
    // Behind another module's name it is what somebody said; nor does anybody name what was asked for a second time.
    for front in [
        "ERROR shop: bad agent ",
        "2026-11-22T10:00:00.123456Z ERROR shop: ",
        "2026-11-22T10:00:00.123456Z ERROR request{method=GET uri=/a}: shop: ",
        "2026-11-22T10:00:00.123456Z ERROR request{method=GET uri=/a user=bob}: x}: ",
        "2026-11-22T10:00:00.123456Z DEBUG request{method=GET uri=/a user=bob uri=/b}: ",
        "2026-11-22T10:00:00.123456Z DEBUG request{method=GET uri=/a user=bob and more}: ",
        "2026-11-22T10:00:00.123456Z DEBUG request{method=GET uri=\"/a\"}: ",
        "2026-11-22T10:00:00.123456Z DEBUG request{method=GET}: ",
        "2026-11-22T10:00:00.123456Z DEBUG request{method=GET uri=/a id=\"x}: ",
    ] {
        let line = format!("{front}{module} {done}");
        let read = super::Recogniser::default().decode(&line);
        assert_ne!(read.kind, super::Kind::Access, "{line}");
    }
    refused(&[
        &format!("DEBUG {module} {done} and more"),
        &format!("DEBUG {module} finished processing request latency=12 status=200"),
        &format!("DEBUG {module} finished processing request latency=12 ms status=20"),
        &format!("{module} {done}"),
    ]);
}

#[test]
fn vaultwarden_tells_of_each_answer() {
    check(&[
        (
            "[2026-11-22 10:00:00.123][response][INFO] (config) GET /api/config => 200 OK",
            "access vaultwarden local=1795341600123 method=GET path=/api/config status=200",
        ),
        (
            "[2026-11-22 10:00:00.123][response][INFO] (websockets_hub) GET /notifications/hub?<data..> => 101 Switching Protocols",
            "access vaultwarden local=1795341600123 method=GET path=/notifications/hub query=<data..> status=101",
        ),
        (
            "[2026-11-22 10:00:00.123][response][INFO] (post_admin_login) POST /admin/ application/x-www-form-urlencoded => 401 Unauthorized",
            "access vaultwarden local=1795341600123 method=POST path=/admin/ status=401",
        ),
        (
            "[2026-11-22 10:00:00.123][response][INFO] (web_files) GET /<p..> [10] => 404 Not Found",
            "access vaultwarden local=1795341600123 method=GET path=/<p..> status=404",
        ),
    ]);
    refused(&[
        // The same request before it was answered, and a program's own words.
        "[2026-11-22 10:00:00.123][request][INFO] GET /api/config",
        "[2026-11-22 10:00:00.123][vaultwarden::api][INFO] (a) GET /a => 200 OK",
        "[2026-11-22 10:00:00.123][response][INFO] GET said /a => 200 OK",
        "[2026-11-22 10:00:00.123][response][INFO] (a) GET /a => ok",
    ]);
}

#[test]
fn gunicorns_worker_of_uvicorns_writes_no_level() {
    check(&[
        (
            r#"127.0.0.1:52318 - "GET /items?x=1 HTTP/1.1" 200"#,
            "access uvicorn ip=127.0.0.1 method=GET path=/items query=x=1 protocol=HTTP/1.1 port=52318 status=200",
        ),
        (
            r#"2001:db8::9:52318 - "GET / HTTP/1.1" 404"#,
            "access uvicorn ip=2001:db8::9 method=GET path=/ protocol=HTTP/1.1 port=52318 status=404",
        ),
        (
            r#"2026-11-22T10:00:00.123456789Z 127.0.0.1:52318 - "GET / HTTP/1.1" 200"#,
            "access timed_line utc=1795341600123 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 port=52318 status=200",
        ),
    ]);
    refused(&[
        r#"shop.example:52318 - "GET / HTTP/1.1" 200"#,
        r#"127.0.0.1 - "GET / HTTP/1.1" 200"#,
        r#"127.0.0.1:52318 - "GET /" 200"#,
        r#"127.0.0.1:52318 - "GET / HTTP/1.1" 200 - 12"#,
        r#"127.0.0.1:52318 - "WebSocket /ws" [accepted]"#,
    ]);
}

#[test]
fn granian_and_sanic_write_their_own() {
    check(&[
        (
            r#"[2026-11-22 10:00:00 +0000] 203.0.113.9 - "GET /a HTTP/1.1" 200 12.345"#,
            "access granian utc=1795341600000 ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1 status=200 us=12345",
        ),
        (
            r#"[2026-11-22 11:00:00 +0100] 2001:db8::9 - "POST /a" 200 1.0 HTTP/2.0" 503 0.053"#,
            r#"access granian utc=1795341600000 ip=2001:db8::9 method=POST path=/a" 200 1.0 protocol=HTTP/2.0 status=503 us=53"#,
        ),
        (
            "[2026-11-22 10:00:00 +0000] - (sanic.access)[INFO][203.0.113.9:5123]: GET http://shop.example/a?b=1  200 512",
            "access sanic utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=1 host=shop.example scheme=http port=5123 status=200 bytes=512",
        ),
        (
            "2026-11-22 10:00:00 +0000 - (sanic.access)[INFO][203.0.113.9:5123]: GET http://shop.example/  404 -1",
            "access sanic utc=1795341600000 ip=203.0.113.9 method=GET path=/ host=shop.example scheme=http port=5123 status=404",
        ),
        (
            "Srv 0  2026-11-22 10:00:00 +0000 INFO: 203.0.113.9:5123 GET http://shop.example/a  200 512 12.3ms",
            "access sanic utc=1795341600000 ip=203.0.113.9 method=GET path=/a host=shop.example scheme=http port=5123 status=200 bytes=512 us=12300",
        ),
        (
            "Srv 0 |2026-11-22 10:00:00 +0000 INFO: 203.0.113.9:5123 GET http://shop.example/a  200 512 250µs",
            "access sanic utc=1795341600000 ip=203.0.113.9 method=GET path=/a host=shop.example scheme=http port=5123 status=200 bytes=512 us=250",
        ),
    ]);
    refused(&[
        r#"[2026-11-22 10:00:00 +0000] shop.example - "GET /a HTTP/1.1" 200 12.345"#,
        r#"[2026-11-22 10:00:00 +0000] 203.0.113.9 - "GET /a HTTP/1.1" 200 12.345 x"#,
        r#"[2026-11-22 10:00:00 +0000] 203.0.113.9 - "GET /a HTTP/1.1" 200 - 12"#,
        "[2026-11-22 10:00:00 +0000] - (sanic.root)[INFO][203.0.113.9:5123]: GET http://shop.example/a  200 512",
        "bad 2026-11-22 10:00:00 +0000 INFO: 203.0.113.9:5123 GET http://shop.example/a  200 512 1ms",
        "Srv 0  2026-11-22 10:00:00 +0000 INFO: bad 203.0.113.9:5123 GET http://shop.example/a  200 512 1ms",
    ]);
}

#[test]
fn hypercorns_requests_are_behind_its_loggers_front() {
    let front = "[2026-11-22 10:00:00 +0000] [12] [INFO]";
    check(&[
        (
            &format!(
                r#"{front} 203.0.113.9:5312 - - [22/Nov/2026:10:00:00 +0000] "GET /a?b=1 1.1" 200 12 "-" "curl/8""#
            ),
            "access hypercorn_access utc=1795341600000 ip=203.0.113.9 method=GET path=/a query=b=1 protocol=HTTP/1.1 agent=curl/8 port=5312 status=200 bytes=12",
        ),
        (
            &format!(r#"{front} 127.0.0.1:52318 - "GET / HTTP/1.1" 200"#),
            "access hypercorn_access utc=1795341600000 ip=127.0.0.1 method=GET path=/ protocol=HTTP/1.1 port=52318 status=200",
        ),
        (
            &format!("{front} Running on http://127.0.0.1:8000 (CTRL + C to quit)"),
            "error gunicorn_error utc=1795341600000 message=Running on http://127.0.0.1:8000 (CTRL + C to quit) pid=12 level=info",
        ),
        // What is quoted, and what is no request's level.
        (
            &format!(r#"{front} bad 203.0.113.9:5 - "GET / HTTP/1.1" 200"#),
            r#"error gunicorn_error utc=1795341600000 message=bad 203.0.113.9:5 - "GET / HTTP/1.1" 200 pid=12 level=info"#,
        ),
        (
            r#"[2026-11-22 10:00:00 +0000] [12] [ERROR] 203.0.113.9:5 - "GET / HTTP/1.1" 200"#,
            r#"error gunicorn_error utc=1795341600000 message=203.0.113.9:5 - "GET / HTTP/1.1" 200 pid=12 level=error"#,
        ),
    ]);
}

#[test]
fn what_rails_and_phoenix_say_beside_a_requests_end_is_theirs() {
    check(&[
        (
            "[5e1f8a3c-1111-4222-8333-0123456789ab] Processing by HomeController#index as HTML",
            "error rails_error message=Processing by HomeController#index as HTML level=info",
        ),
        (
            r#"[5e1f8a3c-1111-4222-8333-0123456789ab] ActionController::RoutingError (No route matches [GET] "/a"):"#,
            r#"error rails_error message=ActionController::RoutingError (No route matches [GET] "/a"): level=error"#,
        ),
        (
            "[5e1f8a3c-1111-4222-8333-0123456789ab] Completed 500 Internal Server Error in 12ms",
            "access rails status=500 us=12000",
        ),
        (
            "10:00:00.123 request_id=F1abcDEF12345678 [info] GET /a",
            "error clocked_error message=GET /a level=info",
        ),
        (
            "10:00:00.123 request_id=F1 pid=<0.12.0> [error] no pool",
            "error clocked_error message=no pool level=error",
        ),
        ("10:00:00.123 [info] Sent 404 in 250µs", "access phoenix status=404 us=250 level=info"),
    ]);
    refused(&[
        "[5e1f8a3c-1111-4222-8333] said",
        "[5e1f8a3c-1111-4222-8333-0123456789ag] said",
        "10:00:00.123 request_id=F1 said [error] no pool",
        "10:00:00.123 request_id=F1",
    ]);
}

#[test]
fn quarkus_writes_the_time_without_brackets() {
    let front = "2026-11-22 10:00:00,123 INFO  [io.quarkus.http.access-log] (executor-thread-1)";
    check(&[
        (
            r#"203.0.113.9 - bob 22/Nov/2026:10:00:00 +0000 "GET /a?b=1 HTTP/1.1" 200 512"#,
            "access quarkus utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/a query=b=1 protocol=HTTP/1.1 status=200 bytes=512",
        ),
        (
            r#"203.0.113.9 - - 22/Nov/2026:10:00:00 +0000 "GET / HTTP/1.1" 404 - "-" "curl/8""#,
            "access quarkus utc=1795341600000 ip=203.0.113.9 method=GET path=/ protocol=HTTP/1.1 agent=curl/8 status=404",
        ),
        // PHP-FPM's stays its own.
        (
            r#"203.0.113.9 -  22/Nov/2026:10:00:00 +0000 "GET /index.php" 200"#,
            "access php_fpm_access utc=1795341600000 ip=203.0.113.9 method=GET path=/index.php status=200",
        ),
        (
            &format!(
                r#"{front} 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /realms/a HTTP/1.1" 200 512"#
            ),
            "access logged_access utc=1795341600000 ip=203.0.113.9 method=GET path=/realms/a protocol=HTTP/1.1 status=200 bytes=512",
        ),
        (
            &format!(
                r#"{front} 203.0.113.9 - - 22/Nov/2026:10:00:00 +0000 "GET /a HTTP/1.1" 200 512"#
            ),
            "access logged_access utc=1795341600000 ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1 status=200 bytes=512",
        ),
        (
            r#"2026-11-22 10:00:00.123 INFO (MainThread) [aiohttp.access] 203.0.113.9 [22/Nov/2026:10:00:00 +0000] "GET /api HTTP/1.1" 200 512 "-" "curl/8""#,
            "access logged_access utc=1795341600000 ip=203.0.113.9 method=GET path=/api protocol=HTTP/1.1 agent=curl/8 status=200 bytes=512",
        ),
    ]);
    for line in [
        // Another logger's, a warning, and what is quoted.
        r#"2026-11-22 10:00:00,123 INFO  [shop] (executor-thread-1) 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 512"#,
        r#"2026-11-22 10:00:00,123 WARN  [io.quarkus.http.access-log] (executor-thread-1) 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 512"#,
        r#"2026-11-22 10:00:00,123 INFO  [io.quarkus.http.access-log] (executor-thread-1) bad 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 512"#,
    ] {
        assert_eq!(super::Recogniser::default().decode(line).kind, super::Kind::Error, "{line}");
    }
    refused(&[
        r#"203.0.113.9 - bob 22/Nov/2026:10:00:00 +0000 "GET /a HTTP/1.1" x 512"#,
        r#"shop.example - bob 22/Nov/2026:10:00:00 +0000 "GET /a HTTP/1.1" 200 512"#,
    ]);
}

#[test]
fn what_is_written_for_developers_is_read_too() {
    check(&[
        (" GET / 200 in 45ms", "access nextjs method=GET path=/ status=200 us=45000"),
        (
            " POST /api/a?b=1 404 in 1.2s (compile: 1.1s, proxy.ts: 250µs, render: 9ms)",
            "access nextjs method=POST path=/api/a query=b=1 status=404 us=1200000",
        ),
        ("GET / 200 in 45ms", "access nextjs method=GET path=/ status=200 us=45000"),
        ("--> GET /a 200 12ms", "access hono method=GET path=/a status=200 us=12000"),
        (
            "  --> GET /a?b=1 500 1,234s",
            "access hono method=GET path=/a query=b=1 status=500 us=1234000000",
        ),
        ("  --> GET /a 200 12ms 1.2kb", "access koa method=GET path=/a status=200 us=12000"),
        (
            "  200    GET /a ....................... 10.50 mb 12.34 ms",
            "access octane method=GET path=/a status=200 us=12340",
        ),
        (
            "  503    GET /a/b... 10.50 mb 12.34 ms",
            "access octane method=GET path=/a/b... status=503 us=12340",
        ),
        ("  200    GET /a .... 12.34 ms", "access octane method=GET path=/a status=200 us=12340"),
    ]);
    let read = super::Recogniser::default().decode("  --> GET /a \u{1b}[32m200\u{1b}[0m 12ms");
    assert_eq!((read.format, read.status), ("hono", Some(200)));
    refused(&[
        " │ GET https://api.example/a 200 in 45ms (cache hit)",
        "--> GET said 200 12ms",
        "--> GET /a 200 12ms 1kb 2",
        " GET said 200 in 45ms",
        " GET /a 200 in 45ms (said)",
        "<-- GET /a",
        "  200    GET /a said 12.34 ms",
        "200    GET /a .... 12.34 ms",
    ]);
}

#[test]
fn minio_and_hasura_tell_of_requests_in_objects_of_their_own() {
    check(&[
        (
            r#"{"detail":{"http_info":{"content_encoding":null,"http_version":"HTTP/1.1","ip":"203.0.113.9","method":"POST","status":200,"url":"/v1/graphql"},"operation":{"query_execution_time":1.2e-3,"request_id":"abc","request_mode":"single","response_size":512,"uncompressed_response_size":512,"user_vars":{"x-hasura-role":"admin"}},"request_id":"abc"},"level":"info","timestamp":"2026-11-22T10:00:00.123+0000","type":"http-log"}"#,
            "access json utc=1795341600123 ip=203.0.113.9 method=POST path=/v1/graphql protocol=HTTP/1.1 status=200 bytes=512 us=1200 level=info",
        ),
        (
            r#"{"detail":{"http_info":{"content_encoding":null,"http_version":"HTTP/1.1","ip":"192.168.128.9","method":"POST","status":400,"url":"/v1/metadata"},"operation":{"error":{"code":"already-tracked","error":"view/table already tracked","path":"$.args"},"query":{"type":"pg_track_table"},"raw_query":null,"request_id":"a3","request_mode":"error","response_size":100},"request_id":"a3"},"level":"error","timestamp":"2026-11-22T10:00:00.123+0000","type":"http-log"}"#,
            "access json utc=1795341600123 ip=192.168.128.9 method=POST path=/v1/metadata protocol=HTTP/1.1 status=400 bytes=100 level=error",
        ),
        (
            r#"{"version":"1","deploymentid":"bc0e4d1e","time":"2026-11-22T10:00:00.123456789Z","event":"","trigger":"incoming","api":{"name":"GetObject","bucket":"media","object":"a/b.jpg","status":"OK","statusCode":200,"rx":0,"tx":512,"txHeaders":300,"timeToFirstByte":"1012345ns","timeToFirstByteInNS":"1012345","timeToResponse":"1112345ns","timeToResponseInNS":"1112345"},"remotehost":"203.0.113.9","requestID":"16F","userAgent":"curl/8","requestPath":"/media/a/b.jpg","requestHost":"s3.example","requestHeader":{"Host":"s3.example","User-Agent":"curl/8"},"responseHeader":{"Content-Length":"512"},"accessKey":"minio"}"#,
            "access json utc=1795341600123 ip=203.0.113.9 path=/media/a/b.jpg agent=curl/8 host=s3.example status=200 bytes=512 in=0 us=1112",
        ),
    ]);
}

#[test]
fn synapse_and_artifactory_write_their_own() {
    let front = "2026-11-22 10:00:00,123 - synapse.access.http.8008 - 460 - INFO - GET-123";
    let took = "0.012sec/0.001sec (0.002sec, 0.001sec) (0.003sec/0.004sec/5) 512B";
    check(&[
        (
            &format!(
                r#"{front} - 203.0.113.9 - 8008 - {{@bob:shop.example}} Processed request: {took} 200 "GET /_matrix/a?b=1 HTTP/1.1" "curl/8" [0 dbevts]"#
            ),
            "access synapse local=1795341600123 ip=203.0.113.9 user=@bob:shop.example method=GET path=/_matrix/a query=b=1 protocol=HTTP/1.1 agent=curl/8 status=200 bytes=512 us=12000",
        ),
        (
            &format!(
                r#"{front} - 2001:db8::9 - 8008 - {{None}} Processed request: 1.500sec/0.001sec ru=(0.002sec, 0.001sec) db=(0.003sec/0.004sec/5) 0B 499! "PUT / HTTP/1.1" "a" 200 "b" [1 dbevts]"#
            ),
            r#"access synapse local=1795341600123 ip=2001:db8::9 method=PUT path=/ protocol=HTTP/1.1 agent=a" 200 "b status=499 bytes=0 us=1500000"#,
        ),
        (
            &format!("{front} - said"),
            "error dated_error local=1795341600123 message=GET-123 - said level=info",
        ),
        (
            "2026-11-22T10:00:00.123Z|5e1f8a3c|203.0.113.9|bob|GET|/api/x|200|-1|512|12|curl/8",
            "access artifactory utc=1795341600123 ip=203.0.113.9 user=bob method=GET path=/api/x agent=curl/8 status=200 bytes=512 us=12000",
        ),
        (
            "2026-11-22T10:00:00.123Z||0:0:0:0:0:0:0:1|anonymous|PUT|/libs/a.jar|201|99|0|4|",
            "access artifactory utc=1795341600123 ip=0:0:0:0:0:0:0:1 method=PUT path=/libs/a.jar status=201 bytes=0 in=99 us=4000",
        ),
    ]);
    let line = front.replace("synapse.access.http.8008", "synapse.http");
    let line = format!(
        r#"{line} - 203.0.113.9 - 8008 - {{None}} Processed request: {took} 200 "GET / HTTP/1.1" "a" [0 dbevts]"#
    );
    assert_eq!(super::Recogniser::default().decode(&line).kind, super::Kind::Error, "{line}");
    refused(&[
        "2026-11-22T10:00:00.123Z|5e1f8a3c|shop.example|bob|GET|/api/x|200|-1|512|12|curl/8",
        "2026-11-22T10:00:00.123Z|5e1f8a3c|203.0.113.9|bob|GET|/api/x|200|-1|512|12",
    ]);
}

#[test]
fn strapi_ghost_and_ktor_write_their_own() {
    check(&[
        (
            "[2026-11-22 10:00:00.123] http: GET /admin/a?b=1 (12 ms) 200",
            "access strapi local=1795341600123 method=GET path=/admin/a query=b=1 status=200 us=12000",
        ),
        (
            r#"[2026-11-22 10:00:00] INFO "GET /a?b=1" 200 12ms"#,
            "access ghost local=1795341600000 method=GET path=/a query=b=1 status=200 us=12000 level=info",
        ),
        (
            r#"[2026-11-22 10:00:00] ERROR "POST /a" 500 1.5s"#,
            "access ghost local=1795341600000 method=POST path=/a status=500 us=1500000 level=error",
        ),
        (
            "2026-11-22 10:00:00.123 [eventLoopGroupProxy-4-1] INFO  ktor.application - 404 Not Found: GET - /a in 12ms",
            "access ktor local=1795341600123 method=GET path=/a status=404 us=12000",
        ),
        (
            "10:00:00.123 [eventLoopGroupProxy-4-1] INFO  Application - 200 OK: POST - /a",
            "access ktor method=POST path=/a status=200",
        ),
    ]);
    for line in [
        "2026-11-22 10:00:00.123 [main] INFO  shop - 404 Not Found: GET - /a in 12ms",
        "2026-11-22 10:00:00.123 [main] INFO  ktor.application - said 404 Not Found: GET - /a in 12ms",
        "2026-11-22 10:00:00.123 [main] WARN  ktor.application - 404 Not Found: GET - /a in 12ms",
    ] {
        assert_eq!(super::Recogniser::default().decode(line).kind, super::Kind::Error, "{line}");
    }
    refused(&[
        r#"[2026-11-22 10:00:00] INFO "said" 200 12ms"#,
        "[2026-11-22 10:00:00.123] http: GET /a b (12 ms) 200",
        "[2026-11-22 10:00:00.123] http: GET /a (12 ms) 200 (12 ms) 404",
        r#"[2026-11-22 10:00:00] INFO "GET /a" 200 12"#,
    ]);
}

#[test]
fn gcores_columns_are_nginxs() {
    let line = |client: &str, agent: &str| {
        format!(
            r#""{client}" "-" "bob" "[22/Nov/2026:10:00:00 +0000]" "GET /a?b=1 HTTP/2.0" "200" "512" "https://r.example/" "{agent}" "999" "ed-c16-1" "https" "shop.example" "0.012" "0.010, 0.001" "99" "-" "[ed]" "MISS" "512" "192.0.2.1:443" "1" "2" "-" "-" "NL" "-" "shield_no""#
        )
    };
    check(&[(
        &line("203.0.113.9", r"curl\x22 \x228"),
        r#"access gcore utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/a query=b=1 protocol=HTTP/2.0 referrer=https://r.example/ agent=curl" "8 upstream=192.0.2.1:443 host=shop.example scheme=https cache=MISS status=200 bytes=512 in=99 us=12000 up_us=11000"#,
    )]);
    refused(&[&line("shop.example", "curl"), &line("203.0.113.9", r#"a" "b" "c"#)]);
}

#[test]
fn authentiks_event_is_the_path() {
    check(&[
        (
            r#"{"auth_via":"session","domain_url":"auth.example","event":"/application/o/a/?b=1","host":"auth.example","level":"info","logger":"authentik.asgi","method":"GET","pid":56,"remote":"203.0.113.9","runtime":226,"scheme":"http","status":302,"timestamp":"2026-11-22T10:00:00.123Z","user":"bob","user_agent":"curl/8"}"#,
            "access json utc=1795341600123 ip=203.0.113.9 user=bob method=GET path=/application/o/a/ query=b=1 agent=curl/8 host=auth.example scheme=http status=302 us=226000 pid=56 level=info",
        ),
        (
            r#"{"event":"/static/a.css","host":"auth.example","level":"info","logger":"authentik.router","method":"GET","remote":"203.0.113.9:5123","runtime":"0.262","scheme":"http","size":512,"status":200,"timestamp":"2026-11-22T10:00:00Z","user_agent":"curl/8"}"#,
            "access json utc=1795341600000 ip=203.0.113.9 method=GET path=/static/a.css agent=curl/8 host=auth.example scheme=http port=5123 status=200 bytes=512 us=262 level=info",
        ),
        (
            r#"{"event":"Task started","level":"info","logger":"authentik.root.celery","pid":63,"timestamp":"2026-11-22T10:00:00Z"}"#,
            "error json utc=1795341600000 message=Task started pid=63 level=info",
        ),
        (
            r#"{"event":"/a","level":"info","logger":"shop","method":"GET","status":200,"remote":"203.0.113.9","timestamp":"2026-11-22T10:00:00Z"}"#,
            "access json utc=1795341600000 ip=203.0.113.9 method=GET status=200 level=info",
        ),
    ]);
}

#[test]
fn twisteds_and_log4js_requests_are_behind_their_loggers_front() {
    let line = r#"[22/Nov/2026:10:00:00 +0000] "GET /ok?page=2 HTTP/1.1" 200 5 "http://a.example/" "curl/8""#;
    let twisted = "2026-11-22T10:00:01+0000 [twisted.python.log#info]";
    let log4js = "[2026-11-22T10:00:01.500]";
    let untimed = r#""GET /ok?page=2 HTTP/1.1" 200 5 "http://a.example/" "curl/8""#;
    let fields = |ip: &str| {
        format!(
            "ip={ip} method=GET path=/ok query=page=2 protocol=HTTP/1.1 referrer=http://a.example/ agent=curl/8 status=200 bytes=5"
        )
    };
    check(&[
        (
            &format!(r#"{twisted} "203.0.113.9" - - {line}"#),
            &format!("access twisted_access utc=1795341600000 {}", fields("203.0.113.9")),
        ),
        (
            &format!(r#"2026-11-22T10:00:01+0000 [-] "2001:db8::9" - - {line}"#),
            &format!("access twisted_access utc=1795341600000 {}", fields("2001:db8::9")),
        ),
        (
            &format!(r#""203.0.113.9" - - {line}"#),
            &format!("access combined utc=1795341600000 {}", fields("203.0.113.9")),
        ),
        (
            "2026-11-22T10:00:01+0000 [twisted.web.server.Site#info] Starting factory",
            "error twisted_error utc=1795341601000 message=Starting factory level=info",
        ),
        (
            "2026-11-22T10:00:01+0000 [-] Main loop terminated.",
            "error twisted_error utc=1795341601000 message=Main loop terminated. level=info",
        ),
        // What a program says of a request is none.
        (
            &format!(r#"2026-11-22T10:00:01+0000 [shop.views#error] bad "203.0.113.9" - - {line}"#),
            &format!(
                r#"error twisted_error utc=1795341601000 message=bad "203.0.113.9" - - {line} level=error"#
            ),
        ),
        (
            &format!("{log4js} [INFO] http - 203.0.113.9 - - {untimed}"),
            &format!("access log4js_access local=1795341601500 {}", fields("203.0.113.9")),
        ),
        (
            &format!("{log4js} [ERROR] http - 203.0.113.9 - - {untimed}"),
            &format!("access log4js_access local=1795341601500 {}", fields("203.0.113.9")),
        ),
        (
            &format!("{log4js} [ERROR] shop - no cart for 203.0.113.9 - - {untimed}"),
            &format!(
                "error apache_error local=1795341601500 message=shop - no cart for 203.0.113.9 - - {untimed} level=error"
            ),
        ),
    ]);
}

/// What stands in a path, an agent, a host or a client's name that looks like the line's own words.
#[test]
fn nothing_that_a_client_says_hides_its_request_or_says_how_it_was_answered() {
    let rust = "2026-11-22T10:00:00.123456Z DEBUG";
    let done =
        "tower_http::trace::on_response: finished processing request latency=12 ms status=404";
    let tower = "access tower_http utc=1795341600123 method=GET";
    let answered = "status=404 us=12000 level=debug";
    let front = "2026-11-22 10:00:00,123 - synapse.access.http.8008 - 460 - INFO - GET-1 -";
    let took = "0.012sec/0.001sec ru=(0.002sec, 0.001sec) db=(0.003sec/0.004sec/5) 5B";
    let forged = format!(r#"Processed request: {took} 200 "GET /b HTTP/1.1" "x" [0 dbevts]"#);
    let synapse = "access synapse local=1795341600123";
    let asked = "method=GET path=/a protocol=HTTP/1.1";
    let bars = "2026-11-22T10:00:00.123Z|5e1f|203.0.113.9|bob|GET";
    let artifactory = "access artifactory utc=1795341600123 ip=203.0.113.9 user=bob method=GET";
    check(&[
        (
            &format!("{rust} request{{method=GET uri=/a}}: version=HTTP/1.1}}: {done}"),
            &format!("{tower} path=/a}}: protocol=HTTP/1.1 {answered}"),
        ),
        (
            &format!(
                "{rust} request{{method=GET uri=/a}}:b{{method=PUT version=HTTP/1.1}}: {done}"
            ),
            &format!("{tower} path=/a}}:b{{method=PUT protocol=HTTP/1.1 {answered}"),
        ),
        (
            &format!(
                "{rust} a{{b=1}}:request{{method=GET uri=/a}}:b version=HTTP/1.1 c=d}}: {done}"
            ),
            &format!("{tower} path=/a}}:b protocol=HTTP/1.1 {answered}"),
        ),
        // Whether the span is shut there is not said.
        (
            &format!("{rust} request{{method=GET uri=/a}}:b{{c=d}}: {done}"),
            &format!("{tower} {answered}"),
        ),
        (
            &format!("{rust} request{{method=GET uri=/a}}: id=5}}: {done}"),
            &format!("{tower} {answered}"),
        ),
        (
            &format!("{rust} request{{method=GET uri=/a}}: {done}"),
            &format!("{tower} path=/a {answered}"),
        ),
        // The agent's, and the client's where a header says who that is.
        (
            &format!(
                r#"{front} 203.0.113.9 - 8008 - {{None}} Processed request: {took} 404 "GET /a HTTP/1.1" "}} {forged}" [0 dbevts]"#
            ),
            &format!(
                r#"{synapse} ip=203.0.113.9 {asked} agent=}} {forged} status=404 bytes=5 us=12000"#
            ),
        ),
        (
            &format!(
                r#"{front} 192.0.2.66 - 8008 - {{x}} Processed request: 0.1sec/0.1sec ru=(0.1sec 200 "GET /b HTTP/1.1" "x" [0 dbevts] - 8008 - {{None}} Processed request: {took} 404 "GET /a HTTP/1.1" "curl/8" [0 dbevts]"#
            ),
            &format!("{synapse} {asked} agent=curl/8 status=404 bytes=5 us=12000"),
        ),
        (
            &format!("{bars}|/a|404|-1|512|12|curl|8|200|x"),
            &format!("{artifactory} path=/a agent=curl|8|200|x status=404 bytes=512 us=12000"),
        ),
        (
            &format!("{bars}|/a|b c|404|-1|512|12|curl"),
            &format!("{artifactory} path=/a|b c agent=curl status=404 bytes=512 us=12000"),
        ),
        // Which of two is the line's own is not said.
        (&format!("{bars}|/a|404|-1|512|12|x|200|-1|1|1|curl"), artifactory),
        // Decoded paths.
        (
            " GET /a 200 in 1ms 404 in 45ms",
            "access nextjs method=GET path=/a 200 in 1ms status=404 us=45000",
        ),
        (
            " GET /a 200 in 1ms (a: 1ms, b 404 in 45ms (compile: 3ms, render: 2ms)",
            "access nextjs method=GET path=/a 200 in 1ms (a: 1ms, b status=404 us=45000",
        ),
        (
            " GET /a 200 in 1ms (a: 1ms) 404 in 45ms (compile: 3ms)",
            "access nextjs method=GET path=/a 200 in 1ms (a: 1ms) status=404 us=45000",
        ),
        (
            r#"[2026-11-22 10:00:00] INFO "GET /a b" 200 1ms" 404 12ms"#,
            r#"access ghost local=1795341600000 method=GET path=/a b" 200 1ms status=404 us=12000 level=info"#,
        ),
        (
            "2026-11-22 10:00:00.123 [e-1] INFO  ktor.application - 404 Not Found: GET - /a in 1ms in 12ms",
            "access ktor local=1795341600123 method=GET path=/a in 1ms status=404 us=12000",
        ),
        (
            "2026-11-22 10:00:00.123 [e-1] INFO  ktor.application - 404 Not Found: GET - /a in b",
            "access ktor local=1795341600123 method=GET path=/a in b status=404",
        ),
        (
            "  404    GET /a ... 1.00 mb 1.00 ms .... 10.50 mb 12.34 ms",
            "access octane method=GET path=/a ... 1.00 mb 1.00 ms status=404 us=12340",
        ),
        (
            "  150    GET /a ....................... 10.50 mb 12.34 ms",
            "access octane method=GET path=/a status=150 us=12340",
        ),
        // A host with blanks.
        (
            "[2026-11-22 10:00:00 +0000] - (sanic.access)[INFO][203.0.113.9:5123]: GET http://x/b  200 5/a  404 512",
            "access sanic utc=1795341600000 ip=203.0.113.9 method=GET port=5123 status=404 bytes=512",
        ),
        (
            "Srv 0  2026-11-22 10:00:00 +0000 INFO: 203.0.113.9:5123 GET http://x/b  200 5 1ms/a  404 512 12ms",
            "access sanic utc=1795341600000 ip=203.0.113.9 method=GET port=5123 status=404 bytes=512 us=12000",
        ),
        // Methods of a client's own.
        ("  --> get /a 404 12ms", "access hono method=get path=/a status=404 us=12000"),
        ("  --> X!1 /a 404 12ms", "access hono method=X!1 path=/a status=404 us=12000"),
        (
            "  --> GET /a 200 1ms 404 12ms",
            "access hono method=GET path=/a 200 1ms status=404 us=12000",
        ),
        (
            r#"[2026-11-22 10:00:00] INFO "PRI_X /a" 404 12ms"#,
            "access ghost local=1795341600000 method=PRI_X path=/a status=404 us=12000 level=info",
        ),
    ]);
}

#[test]
fn small_servers_and_frameworks_write_their_own() {
    let beego = "2026/11/22 10:00:00.123 [D] [router.go:1305]  |    203.0.113.9|";
    let time = "[2026-11-22T10:00:00.123Z]";
    check(&[
        (
            "2026-11-22 10:00:00 UTC 200 GET /a?b=1 123.45µs",
            "access kemal utc=1795341600000 method=GET path=/a query=b=1 status=200 us=123",
        ),
        (
            "2026-11-22 10:00:00 UTC 404 POST /a 200 1ms 12.5ms",
            "access kemal utc=1795341600000 method=POST path=/a 200 1ms status=404 us=12500",
        ),
        (
            &format!("{beego} 200 |   1.234567ms|   match| GET      /a/1   r:/a/:id"),
            "access beego local=1795341600123 ip=203.0.113.9 method=GET path=/a/1 status=200 us=1235",
        ),
        (
            &format!("{beego} 404 |     53.1µs| nomatch| POST     /a|b   r:/c"),
            "access beego local=1795341600123 ip=203.0.113.9 method=POST path=/a|b   r:/c status=404 us=53",
        ),
        (
            " HTTP  11/22/2026 10:00:00 AM 203.0.113.9 Returned 200 in 12 ms",
            "access serve ip=203.0.113.9 status=200 us=12000",
        ),
        (
            " HTTP  22.11.2026 10:00:00 ::1 Returned 404 in 1 ms",
            "access serve ip=::1 status=404 us=1000",
        ),
        (
            &format!(r#"{time}  "GET /a?b=1" "curl/8""#),
            "access http_server utc=1795341600123 method=GET path=/a query=b=1 agent=curl/8",
        ),
        (
            &format!(r#"{time}  "GET /a" "x" "GET /b" "undefined""#),
            r#"access http_server utc=1795341600123 method=GET path=/a agent=x" "GET /b" "undefined"#,
        ),
        (
            &format!(r#"{time} 203.0.113.9 "GET /a" "undefined""#),
            "access http_server utc=1795341600123 ip=203.0.113.9 method=GET path=/a",
        ),
        // The client's name or the agent says more: which of them is not said.
        (
            &format!(r#"{time} 192.0.2.66 "GET /b" "x "GET /a" "curl/8""#),
            "access http_server utc=1795341600123",
        ),
    ]);
    for coloured in [
        "\u{1b}[44m\u{1b}[1m HTTP \u{1b}[22m\u{1b}[49m \u{1b}[2m11/22/2026 10:00:00\u{202f}AM\u{1b}[22m \u{1b}[33m203.0.113.9\u{1b}[39m \u{1b}[32mReturned 200 in 12 ms\u{1b}[39m",
        "2026/11/22 10:00:00.123 \u{1b}[1;44m[D]\u{1b}[0m [router.go:1305]  |    203.0.113.9|\u{1b}[97;42m 200 \u{1b}[0m|   1.2ms|   match|\u{1b}[97;44m GET     \u{1b}[0m /a   r:/a",
    ] {
        let read = super::Recogniser::default().decode(coloured);
        assert_eq!((read.kind, read.status), (super::Kind::Access, Some(200)), "{coloured}");
    }
    refused(&[
        "2026-11-22 10:00:00 UTC 200 GET said 1ms",
        "2026-11-22 10:00:00 UTC 200 GET /a 12",
        &format!("{beego} 200 |   1.2ms|   said| GET      /a"),
        "2026/11/22 10:00:00.123 [D] [main.go:5]  bad agent |    203.0.113.9| 200 |   1.2ms|   match| GET      /a",
        " HTTP  11/22/2026 10:00:00 AM 203.0.113.9 GET /a",
        " HTTP  11/22/2026 10:00:00 AM 203.0.113.9 GET /a Returned 200 in 12 ms",
        " HTTP  said 203.0.113.9 Returned 200 in 12 ms",
        &format!(r#"{time}  "GET /a" Error (404): "Not found""#),
        &format!(r#"{time} said "GET /a" "curl/8""#),
    ]);
}

#[test]
fn flys_and_logbacks_fronts_are_taken_off() {
    let clf = r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 5"#;
    let rfc =
        r#"203.0.113.9 - - [Sun, 22 Nov 2026 10:00:00 GMT] "GET /a HTTP/1.1" 404 5 "-" "curl/8""#;
    let said = "ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1";
    let vertx = "10:00:00.123 [vert.x-eventloop-thread-0]";
    let short = "i.v.e.w.h.impl.LoggerHandlerImpl";
    check(&[
        (
            &format!("2026-11-22T10:00:01Z app[148e123a93789] ams [info]{clf}"),
            &format!("access fly utc=1795341600000 {said} status=200 bytes=5"),
        ),
        (
            &format!("2026-11-22T10:00:01.000 app[5ff1fbc3] lhr [info] {clf}"),
            &format!("access fly utc=1795341600000 {said} status=200 bytes=5"),
        ),
        (
            "2026-11-22T10:00:00Z app[148e123a93789] ams [info]GET /a 200 1.234 ms - 5",
            "access fly utc=1795341600000 method=GET path=/a status=200 bytes=5 us=1234",
        ),
        (
            "2026-11-22T10:00:00Z app[148e123a93789] ams [info]method=GET path=/a status=200",
            "access fly utc=1795341600000 method=GET path=/a status=200",
        ),
        (
            &format!(
                "10:00:00.123 [default-nioEventLoopGroup-1-3] INFO  HTTP_ACCESS_LOGGER - {clf}"
            ),
            &format!("access logback_access utc=1795341600000 {said} status=200 bytes=5"),
        ),
        (
            &format!("2026-11-22 10:00:00.123 [e-1] INFO  HTTP_ACCESS_LOGGER - {clf}"),
            &format!("access logback_access utc=1795341600000 {said} status=200 bytes=5"),
        ),
        (
            &format!("{vertx} WARN  {short} - {rfc}"),
            &format!(
                "access logback_access utc=1795341600000 {said} agent=curl/8 status=404 bytes=5"
            ),
        ),
        (
            &format!("{vertx} INFO  {short} - 203.0.113.9 - GET /a HTTP/1.1 200 5 - 12 ms"),
            &format!("access logback_access {said} status=200 bytes=5 us=12000"),
        ),
        (
            &format!(
                "{vertx} ERROR io.vertx.ext.web.handler.impl.LoggerHandlerImpl - GET /a 500 5 - 12 ms"
            ),
            "access logback_access method=GET path=/a status=500 bytes=5 us=12000",
        ),
        (
            &format!("{vertx} INFO  shop.Main - {clf}"),
            &format!("error clocked_error message=shop.Main - {clf} level=info"),
        ),
    ]);
    for line in [
        format!("2026-11-22T10:00:00Z app[148e 12] ams [info]{clf}"),
        format!("2026-11-22T10:00:00Z app[148e12] Amsterdam [info]{clf}"),
        format!("2026-11-22T10:00:00Z app[148e12] ams [said]{clf}"),
        format!("{vertx} INFO  i.v.e.w.h.impl.OtherImpl - {clf}"),
        format!("{vertx} INFO  HTTP_ACCESS_LOGGER - said {clf}"),
    ] {
        let read = super::Recogniser::default().decode(&line);
        assert_ne!(read.kind, super::Kind::Access, "{line}");
    }
    // Nothing escapes the agent's quotes: one with some neither hides the request nor says how it was answered.
    for agent in [r#"a" 200 "b"#, r#"a" 200 5 "-" "b"#, r#"" 200"#] {
        let line = format!("{vertx} WARN  {short} - {}", rfc.replace("curl/8", agent));
        let read = super::Recogniser::default().decode(&line);
        let said = (read.kind, read.status, read.path.as_deref(), read.remote_ip.as_deref());
        assert_eq!(
            said,
            (super::Kind::Access, Some(404), Some("/a"), Some("203.0.113.9")),
            "{line}"
        );
    }
}

#[test]
fn slogs_text_is_logfmt() {
    check(&[
        (
            "time=2026-11-22T10:00:00.123Z level=INFO msg=request method=GET path=/a status=200 duration=1.234567ms",
            "access logfmt utc=1795341600123 method=GET path=/a status=200 us=1235 level=info",
        ),
        (
            r#"time=2026-11-22T10:00:00.123+01:00 level=INFO msg="request completed" method=GET path="/a b" status=404 duration=53.1µs user_agent="x\" status=200 path=/b \"" remote_addr=203.0.113.9:5123"#,
            r#"access logfmt utc=1795338000123 ip=203.0.113.9 method=GET path=/a b agent=x" status=200 path=/b " port=5123 status=404 us=53 level=info"#,
        ),
        (
            "time=2026-11-22T10:00:00.123Z level=ERROR msg=\"no pool\" err=timeout",
            "error logfmt utc=1795341600123 message=no pool level=error",
        ),
    ]);
}

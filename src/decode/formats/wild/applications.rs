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

//! LTSV and logfmt.

use super::{check, refused};

#[test]
fn labels_and_tabs_are_read_by_their_labels() {
    check(&[
        // ltsv.org, Apache and nginx.
        (
            "host:203.0.113.9\tident:-\tuser:bob\ttime:[22/Nov/2026:10:00:00 +0000]\treq:GET /a?b=1 HTTP/1.1\tstatus:200\tsize:5120\treferer:https://shop.example/\tua:Mozilla/5.0 (X11)",
            "access ltsv utc=1795341600000 ip=203.0.113.9 user=bob method=GET path=/a query=b=1 protocol=HTTP/1.1 referrer=https://shop.example/ agent=Mozilla/5.0 (X11) status=200 bytes=5120",
        ),
        (
            "time:22/Nov/2026:10:00:00 +0000\thost:203.0.113.9\tforwardedfor:198.51.100.4, 10.0.0.1\treq:POST /cart HTTP/2.0\tmethod:POST\turi:/cart\tprotocol:HTTP/2.0\tstatus:302\tsize:0\treqsize:1290\treferer:-\tua:curl/8\tvhost:shop.example\treqtime:0.012\tcache:MISS\truntime:0.009\tapptime:0.010\tscheme:https",
            "access ltsv utc=1795341600000 ip=203.0.113.9 method=POST path=/cart protocol=HTTP/2.0 agent=curl/8 host=shop.example scheme=https cache=MISS xff=198.51.100.4, 10.0.0.1 status=302 bytes=0 in=1290 us=12000 up_us=10000",
        ),
        (
            "domain:shop.example\thost:203.0.113.9\tuser:-\ttime:22/Nov/2026:10:00:00 +0000\tmethod:GET\tpath:/x\\x22y\tprotocol:HTTP/1.1\tstatus:404\tsize:153\treferer:-\tagent:curl/8\tresponse_time:0.004\tcookie:-\tset_cookie:-\tupstream_addr:10.0.0.1:80\tupstream_cache_status:-\tupstream_response_time:0.003",
            r#"access ltsv utc=1795341600000 ip=203.0.113.9 method=GET path=/x"y protocol=HTTP/1.1 agent=curl/8 upstream=10.0.0.1:80 host=shop.example status=404 bytes=153 us=4000 up_us=3000"#,
        ),
        (
            "remote_addr:203.0.113.9\thost:shop.example\ttime_iso8601:2026-11-22T10:00:00+01:00\trequest_method:GET\trequest_uri:/i?a=1\turi:/i\tstatus:200\tbody_bytes_sent:12\trequest_time:0.100",
            "access ltsv utc=1795338000000 ip=203.0.113.9 method=GET path=/i query=a=1 host=shop.example status=200 bytes=12 us=100000",
        ),
        (
            "host:192.0.2.1\ttime:[22/Nov/2026:10:00:00 +0000]\treq:GET / HTTP/1.1\tstatus:200\tsize:1\ttaken:4210\treqtime_microsec:4210",
            "access ltsv utc=1795341600000 ip=192.0.2.1 method=GET path=/ protocol=HTTP/1.1 status=200 bytes=1 us=4210",
        ),
        (
            "time:2026-11-22T10:00:00Z\tlevel:error\tmessage:no upstream\tpid:12",
            "error ltsv utc=1795341600000 message=no upstream pid=12 level=error",
        ),
    ]);
}

#[test]
fn keys_and_values_are_read_by_their_keys() {
    check(&[
        (
            r#"time=2026-11-22T10:00:00.123Z level=INFO msg="http request" method=GET path=/x status=200 duration=1.2ms remote_addr=203.0.113.9:5123"#,
            "access logfmt utc=1795341600123 ip=203.0.113.9 method=GET path=/x port=5123 status=200 us=1200 level=info",
        ),
        (
            r#"2026-11-22T10:00:00.000000+00:00 at=info"#,
            r#"message  message=2026-11-22T10:00:00.000000+00:00 at=info"#,
        ),
        (
            r#"at=info method=GET path="/a?b=1" host=shop.example request_id=8601b555 fwd="203.0.113.9" dyno=web.1 connect=1ms service=18ms status=200 bytes=13 protocol=https"#,
            "access logfmt ip=203.0.113.9 method=GET path=/a query=b=1 host=shop.example scheme=https xff=203.0.113.9 status=200 bytes=13 us=18000",
        ),
        (
            r#"at=error code=H12 desc="Request timeout" method=GET path="/" host=shop.example fwd="203.0.113.9, 198.51.100.7" dyno=web.1 connect=1ms service=30001ms status=503 bytes=0 protocol=http"#,
            "access logfmt ip=198.51.100.7 method=GET path=/ host=shop.example scheme=http xff=203.0.113.9, 198.51.100.7 status=503 bytes=0 us=30001000",
        ),
        (
            r#"time="2026-11-22T10:00:00Z" level=error msg="Unable to obtain ACME certificate" providerName=le.acme error="acme: \"x\" refused""#,
            "error logfmt utc=1795341600000 message=Unable to obtain ACME certificate level=error",
        ),
        (
            r#"logger=context userId=0 orgId=0 uname= t=2026-11-22T10:00:00.5Z level=info msg="Request Completed" method=GET path=/api/live/ws status=404 remote_addr=203.0.113.9 time_ms=2 duration=2.366ms size=0 referer= handler=/api/live/ws"#,
            "access logfmt utc=1795341600500 ip=203.0.113.9 method=GET path=/api/live/ws status=404 bytes=0 us=2366 level=info",
        ),
        (
            r#"ts=2026-11-22T10:00:00.000Z caller=main.go:12 level=warn component=web msg="slow scrape""#,
            "error logfmt utc=1795341600000 message=slow scrape level=warn",
        ),
        (
            r#"remote_addr=203.0.113.9 time_local="22/Nov/2026:10:00:00 +0000" request="GET /a HTTP/1.1" status=200 body_bytes_sent=612 http_referer="-" http_user_agent="curl/8" request_time=0.010 upstream_response_time=0.009"#,
            "access logfmt utc=1795341600000 ip=203.0.113.9 method=GET path=/a protocol=HTTP/1.1 agent=curl/8 status=200 bytes=612 us=10000 up_us=9000",
        ),
        (
            r#"method=GET path=/posts format=html controller=PostsController action=index status=200 duration=58.33 view=40.43 db=15.26"#,
            "access logfmt method=GET path=/posts status=200 us=58330",
        ),
        (
            r#"level=info ts=2026-11-22T10:00:00Z msg="Server listening""#,
            "error logfmt utc=1795341600000 message=Server listening level=info",
        ),
        (r#"colour=blue size=3"#, "message  message=colour=blue size=3"),
    ]);
}

#[test]
fn a_client_names_no_field_of_its_own() {
    refused(&[
        // A raw tab in an agent, a raw blank or quote in a path.
        "host:203.0.113.9\treq:GET / HTTP/1.1\tstatus:404\tsize:1\tua:x\tstatus:200",
        "host:203.0.113.9\tua:x\tstatus:200\treq:GET / HTTP/1.1\tstatus:404\tsize:1",
        "host:203.0.113.9\tua:x\thost:192.0.2.66\treq:GET / HTTP/1.1\tstatus:404",
        "remote_addr:203.0.113.9\tua:x\tclient_ip:192.0.2.66\treq:GET / HTTP/1.1\tstatus:404",
        "host:203.0.113.9\tua:x\tpath:/forged\turi:/real\tstatus:404\tmethod:GET",
        "vhost:a.example\thost:203.0.113.9\tua:x\tvhost:forged.example\treq:GET / HTTP/1.1\tstatus:404",
        "host:203.0.113.9\tua:x\tno label\treq:GET / HTTP/1.1\tstatus:404",
        r#"method=GET path=/x status=200 status=404 bytes=1"#,
        r#"method=GET path=/x status=404 ua="a" status=200 b="c""#,
        r#"method=GET path=/x status=404 remote=203.0.113.9 ua="a" client_ip=192.0.2.66"#,
        r#"method=GET path=/x y status=404"#,
        r#"method=GET path=/x"y status=404"#,
        r#"method=GET path="/x"y status=404"#,
        r#"method=GET path="/x status=404"#,
        r#"method=GET path=/x method=POST status=404"#,
    ]);
    // A quote that is escaped ends nothing.
    check(&[
        (
            r#"method=GET path=/x status=404 ua="a\" status=200 b=\"c""#,
            "access logfmt method=GET path=/x agent=a\" status=200 b=\"c status=404",
        ),
        (
            "host:203.0.113.9\treq:GET /\\x09status:200 HTTP/1.1\tstatus:404",
            "access ltsv ip=203.0.113.9 method=GET path=/\tstatus:200 protocol=HTTP/1.1 status=404",
        ),
    ]);
}

#[test]
fn a_second_name_that_says_nothing_contradicts_nothing() {
    check(&[
        (
            r#"remote_addr="203.0.113.9" status=404 proxy_protocol_addr="-" request_uri="/x""#,
            "access logfmt ip=203.0.113.9 path=/x status=404",
        ),
        (
            r#"proxy_protocol_addr="-" remote_addr="203.0.113.9" status=404 request_uri="/x""#,
            "access logfmt ip=203.0.113.9 path=/x status=404",
        ),
    ]);
    refused(&[
        r#"proxy_protocol_addr="-" remote_addr=203.0.113.9 status=404 uri=/x client_ip=192.0.2.66"#,
        r#"remote_addr=203.0.113.9 status=404 uri=/x ua="a" remote_addr="-" b="c""#,
    ]);
}

#[test]
fn a_time_without_a_name_may_stand_before_the_pairs() {
    let pairs =
        r#"remote_addr=203.0.113.9 request="GET /x HTTP/1.1" status=404 request_time=0.002"#;
    let fields =
        "utc=1795341600000 ip=203.0.113.9 method=GET path=/x protocol=HTTP/1.1 status=404 us=2000";
    let times = [
        ("22/Nov/2026:10:00:00 +0000", "logfmt"),
        (r#""22/Nov/2026:10:00:00 +0000""#, "logfmt"),
        ("[22/Nov/2026:10:00:00 +0000]", "logfmt"),
        ("2026-11-22T10:00:00+00:00", "timed_line"),
    ];
    for (time, format) in times {
        check(&[(&format!("{time} {pairs}"), &format!("access {format} {fields}"))]);
        refused(&[&format!("{time} said {pairs}"), &format!("{time} {pairs} status=200")]);
    }
}

#[test]
fn what_lograge_says_of_an_exception_is_one_value() {
    check(&[
        // As Rails 6.1 with lograge 0.11 writes it.
        (
            "method=POST path=/fail format=*/* controller=MController action=fail status=500 error='RuntimeError: boom' duration=0.39 view=0.00",
            "access logfmt method=POST path=/fail status=500 us=390",
        ),
        (
            "method=GET path=/a format=html controller=A action=b status=500 error='E: it's ' duration=1 status=200 path=/b' duration=2.50",
            "access logfmt method=GET path=/a status=500 us=2500",
        ),
        (
            "method=GET path=/a status=404 error='ActiveRecord::RecordNotFound: no 7'",
            "access logfmt method=GET path=/a status=404",
        ),
        (
            "I, [2026-11-22T10:00:00.123456 #12]  INFO -- : [5e1f] method=GET path=/a format=html controller=A action=b status=500 error='E: boom bang' duration=2.50",
            "access ruby_access local=1795341600123 method=GET path=/a status=500 us=2500",
        ),
    ]);
    refused(&[
        "method=GET path=/a status=500 error='E: it is ' not its end",
        "method=GET path=/a status=500 error='",
        "method=GET path=/a status=500 note='E: two words' duration=1",
    ]);
}

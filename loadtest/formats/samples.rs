//! One line of every format as a pattern with places, and what fills them: the same lines each
//! time, no two alike.

/// A format's line. Places: `{ip} {port} {user} {method} {path} {query} {status} {bytes} {referrer}
/// {agent} {host} {upstream} {s} {us} {ms} {ns} {clf} {haproxy} {iso} {nginx} {apache} {epoch} {n}`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// The format's name; `none` for what fits none.
    pub(crate) format: &'static str,
    /// Which of its shapes, where it has several.
    pub(crate) dialect: &'static str,
    pattern: &'static str,
}

pub(crate) const fn sample(
    format: &'static str,
    dialect: &'static str,
    pattern: &'static str,
) -> Sample {
    Sample { format, dialect, pattern }
}

pub(crate) const SAMPLES: &[Sample] = &[
    sample(
        "combined",
        "",
        r#"{ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "w3c",
        "IIS, without its #Fields",
        "2026-11-22 10:00:00 10.0.0.1 {method} {path} - 80 - {ip} Mozilla/5.0+(X11;+Linux) - {status} 0 0 {n}",
    ),
    sample(
        "cloudfront",
        "",
        "2026-11-22\t10:00:00\tLAX1\t{bytes}\t{ip}\t{method}\td1.cloudfront.net\t{path}\t{status}\t-\tcurl/8\t-\t-\tHit\tid{n}\t{host}\thttps\t23\t0.001\t-\tTLSv1.2\tECDHE-RSA-AES128-GCM-SHA256\tHit\tHTTP/2.0\t-\t-\t11040\t0.001\tHit\ttext/html\t78\t-\t-",
    ),
    sample(
        "httperr",
        "",
        "2026-11-22 10:00:00 {ip} {port} 10.0.0.1 80 HTTP/1.1 {method} {path} 503 - ConnLimit -",
    ),
    sample(
        "bunny",
        "",
        "HIT|{status}|1795341600123|{bytes}|390|{ip}|{referrer}|https://{host}{path}{query}|FRA|{agent}|id{n}|DE",
    ),
    sample(
        "oauth2_proxy",
        "",
        r#"{ip}:{port} - id{n} - {user} [{nginx}] {host} {method} http://{upstream} "{path}{query}" HTTP/1.1 "{agent}" {status} {bytes} {s}"#,
    ),
    sample(
        "aspnet",
        "",
        "      Request finished HTTP/1.1 {method} http://{host}{path}{query} - {status} {bytes} text/html;+charset=utf-8 {ms}.5ms",
    ),
    sample(
        "aws_alb",
        "",
        r#"https {iso} app/shop/50dc6c495c0c9188 {ip}:{port} {upstream} 0.000 {s} 0.000 {status} {status} 34 {bytes} "{method} https://{host}:443{path}{query} HTTP/1.1" "{agent}" ECDHE-RSA-AES128-GCM-SHA256 TLSv1.2 arn:aws:elasticloadbalancing:x "Root=1-58337262-{n}" "{host}" "arn:aws:acm:y" 0 {iso} "forward" "-" "-" "{upstream}" "{status}" "-" "-""#,
    ),
    sample(
        "aws_elb",
        "",
        r#"{iso} shop {ip}:{port} {upstream} 0.000073 {s} 0.000057 {status} {status} 0 {bytes} "{method} https://{host}:443{path}{query} HTTP/1.1" "{agent}" DHE-RSA-AES128-SHA TLSv1.2"#,
    ),
    sample(
        "aws_nlb",
        "",
        "tls 2.0 {iso} net/shop/c6e77e28c25b2234 g3d4b5e8bb8464cd {ip}:{port} {upstream} {n} 2 98 {bytes} - arn:aws:acm:z - ECDHE-RSA-AES128-SHA tlsv12 - {host} - - - {iso}",
    ),
    sample(
        "aws_s3",
        "",
        r#"79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be media [{clf}] {ip} - 3E57427F3EXAMPLE REST.GET.OBJECT key "{method} {path}{query} HTTP/1.1" {status} - {bytes} - {n} 3 "{referrer}" "{agent}" -"#,
    ),
    sample(
        "squid",
        "",
        "{epoch} {n} {ip} TCP_MISS/{status} {bytes} {method} http://{host}{path}{query} - HIER_DIRECT/198.51.100.4 text/html",
    ),
    sample(
        "envoy",
        "",
        r#"[{iso}] "{method} {path}{query} HTTP/1.1" {status} - 0 {bytes} {n} {n} "{ip}" "{agent}" "0c1d-{n}" "{host}" "{upstream}""#,
    ),
    sample(
        "nginx_proxy_manager",
        "",
        r#"[{clf}] - {status} {status} - {method} https {host} "{path}{query}" [Client {ip}] [Length {bytes}] [Gzip -] [Sent-to 10.0.0.1] "{agent}" "{referrer}""#,
    ),
    sample(
        "npmplus",
        "",
        r#"[{clf}] {host} {ip} {s} "{method} {path}{query} HTTP/2.0" {status} {bytes} 935 - {agent}"#,
    ),
    sample(
        "zoraxy",
        "",
        "[2026-11-22 10:00:00.150624] [router:host-http] [origin:{host}] [client: {ip}] [useragent: {agent}] {method} {path}{query} {status}",
    ),
    sample(
        "apache_ssl_request",
        "",
        r#"[{clf}] {ip} TLSv1.3 TLS_AES_256_GCM_SHA384 "{method} {path}{query} HTTP/1.1" {bytes}"#,
    ),
    sample(
        "w3c",
        "IIS, without its header line",
        "2026-11-22 10:00:00 192.0.2.1 {method} {path} page={n} 443 - {ip} Mozilla/5.0+(Windows+NT+10.0;+Win64;+x64)+AppleWebKit/537.36+(KHTML,+like+Gecko)+Chrome/142.0.0.0+Safari/537.36 https://{host}/ {status} 0 0 {ms}",
    ),
    sample(
        "cloudfront",
        "",
        "2026-11-22\t10:00:00\tFRA56-P4\t{bytes}\t{ip}\t{method}\td111.cloudfront.net\t{path}\t{status}\t-\tMozilla/5.0%20(Windows%20NT%2010.0;%20Win64;%20x64)%20AppleWebKit/537.36\t-\t-\tHit\tSOX4xwn4{n}==\t{host}\thttps\t23\t{s}\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tHit\tHTTP/2.0\t-\t-\t{port}\t{s}\tHit\ttext/html\t78\t-\t-",
    ),
    sample(
        "httperr",
        "",
        "2026-11-22 10:00:00 {ip} {port} 192.0.2.1 443 HTTP/1.1 {method} {path}{query} 503 {n} AppOffline DefaultAppPool",
    ),
    sample(
        "json",
        "nginx, 15 fields",
        r#"{"time":"{iso}","msec":"{epoch}","remote_addr":"{ip}","remote_user":"","host":"{host}","method":"{method}","uri":"{path}{query}","protocol":"HTTP/1.1","status":"{status}","bytes":"{bytes}","referer":"{referrer}","ua":"{agent}","rt":"{s}","urt":"{s}","uaddr":"{upstream}"}"#,
    ),
    sample(
        "json",
        "Caddy",
        r#"{"level":"info","ts":{epoch},"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"{ip}","remote_port":"{port}","client_ip":"{ip}","proto":"HTTP/2.0","method":"{method}","host":"{host}","uri":"{path}{query}","headers":{"User-Agent":["{agent}"],"Accept":["*/*"],"Referer":["{referrer}"]},"tls":{"resumed":false,"version":772,"cipher_suite":4865,"proto":"h2","server_name":"{host}"}},"bytes_read":0,"user_id":"","duration":{s},"size":{bytes},"status":{status},"resp_headers":{"Server":["Caddy"],"Content-Type":["text/html"]}}"#,
    ),
    sample(
        "json",
        "Traefik",
        r#"{"ClientAddr":"{ip}:{port}","ClientHost":"{ip}","ClientPort":"{port}","ClientUsername":"-","DownstreamContentSize":{bytes},"DownstreamStatus":{status},"Duration":{ns},"OriginContentSize":{bytes},"OriginDuration":{ns},"OriginStatus":{status},"Overhead":25232,"RequestAddr":"{host}","RequestContentSize":0,"RequestCount":{n},"RequestHost":"{host}","RequestMethod":"{method}","RequestPath":"{path}{query}","RequestPort":"-","RequestProtocol":"HTTP/1.1","RequestScheme":"https","RetryAttempts":0,"RouterName":"shop@docker","ServiceAddr":"{upstream}","ServiceName":"shop@docker","ServiceURL":"http://{upstream}","StartLocal":"{iso}","StartUTC":"{iso}","entryPointName":"https","level":"info","msg":"","request_User-Agent":"{agent}","time":"{iso}"}"#,
    ),
    sample(
        "json",
        "an application's own",
        r#"{"level":"error","ts":{epoch},"logger":"shop.cart","caller":"cart/store.go:71","msg":"cannot reach the store","error":"dial tcp {upstream}: connection refused","attempt":{n}}"#,
    ),
    sample(
        "combined_plus",
        "",
        r#"{ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}" "203.0.113.7, {ip}" rt={s} urt="{s}, {s}" ua="{upstream}" cs=HIT host={host}"#,
    ),
    sample(
        "combined_plus",
        "nginx, as `tapline snippet nginx` has it",
        r#"{ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}" rt={s} uct="0.001" urt="{s}" ua="{upstream}" cs=HIT request_length={port} scheme=https ssl_protocol=TLSv1.3 ssl_cipher=TLS_AES_256_GCM_SHA384 mime="text/html; charset=utf-8" xff="-" host="{host}""#,
    ),
    sample(
        "combined",
        "Varnish, with absolute URLs",
        r#"{ip} - - [{clf}] "{method} http://{host}{path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "combined_plus",
        "Traefik",
        r#"{ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "-" "-" {n} "web@docker" "http://{upstream}" {ms}ms"#,
    ),
    sample(
        "combined_plus",
        "columns before the referrer",
        r#"{ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} {host} "{referrer}" "{agent}" "-""#,
    ),
    sample(
        "common",
        "without a time",
        r#"{ip} - - "{method} {path}{query} HTTP/1.1" {status} {bytes}"#,
    ),
    sample(
        "vhost_combined",
        "",
        r#"{host}:443 {ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "vhost_combined_plus",
        "",
        r#"{host}:443 {ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}" {us}"#,
    ),
    sample(
        "common",
        "",
        r#"{ip} - {user} [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes}"#,
    ),
    sample(
        "vhost_common",
        "",
        r#"{host} {ip} - {user} [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes}"#,
    ),
    sample(
        "nginx_error",
        "",
        r#"{nginx} [error] 6739#6739: *{n} connect() failed (111: Connection refused) while connecting to upstream, client: {ip}, server: {host}, request: "{method} {path}{query} HTTP/1.1", upstream: "http://{upstream}{path}", host: "{host}", referrer: "{referrer}""#,
    ),
    sample(
        "apache_error",
        "",
        "[{apache}] [proxy:error] [pid {port}:tid 140112] (111)Connection refused: [client {ip}:{port}] AH00957: HTTP: attempt to connect to {upstream} ({host}) failed, referer: {referrer}",
    ),
    sample(
        "haproxy_http",
        "",
        r#"{ip}:{port} [{haproxy}] https~ shop/web-1 0/0/1/{ms}/{ms} {status} {bytes} - - ---- 12/11/3/1/0 0/0 {{host}|{n}} "{method} {path}{query} HTTP/1.1""#,
    ),
    sample(
        "haproxy_http",
        "option httpslog",
        r#"{ip}:{port} [{haproxy}] https~ shop/web-1 0/0/1/{ms}/{ms} {status} {bytes} - - ---- 12/11/3/1/0 0/0 {{host}|{n}} "{method} {path}{query} HTTP/1.1" 0/0000000000000000/0/0/0 {host}/TLSv1.3/TLS_AES_256_GCM_SHA384"#,
    ),
    sample(
        "combined_plus",
        "HAProxy's httplog clf",
        r#"{ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "" "" {port} 176 "web" "shop" "web-1" 0 0 1 3 {ms} ---- 1 1 0 0 0 0 0 "" "" "#,
    ),
    sample(
        "haproxy_tcp",
        "",
        "{ip}:{port} [{haproxy}] ldap ldap/dc-1 1/0/{ms} {bytes} -- 12/11/3/1/0 0/0",
    ),
    sample(
        "haproxy_error",
        "",
        "Server shop/web-{n} is DOWN, reason: Layer4 timeout, check duration: {ms}ms. 1 active and 0 backup servers left. 0 sessions active, 0 requeued, 0 remaining in queue.",
    ),
    sample(
        "iis",
        "",
        "{ip}, -, 11/22/2026, 10:00:00, W3SVC1, WEB1, 192.0.2.5, {ms}, 163, {bytes}, {status}, 0, {method}, {path}, page={n},",
    ),
    sample("nginx_stream", "", "{ip} [{clf}] TCP 200 {bytes} 517 {s} \"{upstream}\""),
    sample(
        "nginx_upstream",
        "",
        "[{clf}] {ip} - - - {host} {host} to: {upstream}: {method} {path}{query} HTTP/1.1 upstream_response_time {s} msec {epoch} request_time {s}",
    ),
    sample("squid_referrer", "", "{epoch} {ip} https://{host}/ http://{host}{path}{query}"),
    sample("squid_useragent", "", r#"{ip} [{clf}] "{agent}""#),
    sample(
        "uvicorn",
        "",
        r#"INFO:     {ip}:{port} - "{method} {path}{query} HTTP/1.1" {status} OK"#,
    ),
    sample(
        "django",
        "",
        r#"[22/Nov/2026 10:00:00] "{method} {path}{query} HTTP/1.1" {status} {bytes}"#,
    ),
    sample(
        "tornado",
        "",
        "[I 261122 10:00:00 web:2271] {status} {method} {path}{query} ({ip}) {ms}.25ms",
    ),
    sample(
        "gin",
        "",
        r#"[GIN] 2026/11/22 - 10:00:00 | {status} |     {ms}.25ms | {ip} | {method}      "{path}{query}""#,
    ),
    sample(
        "chi",
        "",
        r#"{nginx} [web-1/Ab12Cd-{n}] "{method} http://{host}{path}{query} HTTP/1.1" from {ip}:{port} - {status} {bytes}B in {ms}.2ms"#,
    ),
    sample(
        "fiber",
        "",
        "10:00:00 | {status} |   {ms}.2ms | {ip} | {method}     | {path}       | -",
    ),
    sample("morgan", "", "{method} {path}{query} {status} {ms}.234 ms - {bytes}"),
    sample(
        "uwsgi",
        "",
        "[pid: {port}|app: 0|req: {n}/{n}] {ip} () {40 vars in 600 bytes} [Sun Nov 22 10:00:00 2026] {method} {path}{query} => generated {bytes} bytes in {ms} msecs (HTTP/1.1 {status}) 4 headers in 200 bytes (1 switches on core 0)",
    ),
    sample("php_fpm_access", "", r#"{ip} -  {clf} "{method} /index.php" {status}"#),
    sample(
        "php_server",
        "",
        "[Sun Nov 22 10:00:00 2026] 127.0.0.1:{port} [{status}]: {method} {path}{query}",
    ),
    sample("serilog", "", "[10:00:00 INF] HTTP {method} {path} responded {status} in {ms}.3456 ms"),
    sample(
        "time_first",
        "",
        r#"[{clf}] {ip} {s} HIT {host} "{method} {path}{query} HTTP/1.1" {status} {bytes} {s} "{referrer}" "{agent}""#,
    ),
    sample(
        "iso_first",
        "",
        r#"{iso} {ip} - {method} "{path}{query}" -1 {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "kinsta",
        "",
        r#"{host} {ip} [{clf}] {method} "{path}{query}" HTTP/2.0 {status} "{referrer}" "{agent}" 192.0.2.7 "/index.php" - 5.67 {bytes} {s} {s}"#,
    ),
    sample(
        "atlassian_tomcat",
        "",
        "[{clf}] {user} http-nio-8090-exec-5 {ip} {method} {path}{query} HTTP/1.1 {status} {ms}ms {bytes} {referrer} {agent}",
    ),
    sample(
        "bitbucket",
        "",
        r#"{ip} | https | o@2CM38K4Fx{n}x0 | {user} | 2026-11-22 10:00:00,408 | "{method} {path}{query} HTTP/1.1" | "{referrer}" "{agent}" | {status} | 0 | {bytes} | - | {ms} | - |"#,
    ),
    sample(
        "tagged_line",
        "",
        r#"[httpd] {ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "cri",
        "",
        r#"2026-11-22T10:00:00.123456789Z stdout F {ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "compose",
        "",
        r#"web-1  | {ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "compose",
        "with times",
        r#"web-1  | 2026-11-22T10:00:00.123456789Z {ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "tagged_line",
        "kubectl logs --prefix",
        r#"[pod/web-7d4b9c6f5d-x2x8k/nginx] {ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "timed_line",
        "",
        r#"{iso} {ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "python_access",
        "",
        r#"INFO:werkzeug:{ip} - - [22/Nov/2026 10:00:00] "{method} {path}{query} HTTP/1.1" {status} -"#,
    ),
    sample(
        "ltsv",
        "",
        "time:{iso}\thost:{ip}\tforwardedfor:-\treq:{method} {path}{query} HTTP/1.1\tmethod:{method}\turi:{path}{query}\tstatus:{status}\tsize:{bytes}\treferer:{referrer}\tua:{agent}\tvhost:{host}\treqtime:{s}\tcache:-\tapptime:{s}",
    ),
    sample(
        "logfmt",
        "",
        r#"time={iso} level=info msg="request served" method={method} path="{path}{query}" status={status} bytes={bytes} duration={ms}ms remote_addr={ip}:{port} ua="{agent}" host={host}"#,
    ),
    sample("startup_error", "", "nginx: [emerg] cannot load certificate {n} of {host}"),
    sample(
        "php_error",
        "",
        "[22-Nov-2026 10:00:00 UTC] PHP Warning:  Undefined variable $a{n} in /srv/{host}/index.php on line {port}",
    ),
    sample(
        "gunicorn_error",
        "",
        "[2026-11-22 10:00:00 +0000] [{port}] [ERROR] Error handling request {path}",
    ),
    sample(
        "envoy_error",
        "",
        "[2026-11-22 10:00:00.123][{port}][warning][config] [source/common/config.cc:{n}] stream to {upstream} closed",
    ),
    sample(
        "lighttpd_error",
        "",
        "2026-11-22 10:00:00: (mod_fastcgi.c.{port}) connect to {upstream} failed for {path}",
    ),
    sample(
        "tomcat_error",
        "",
        "22-Nov-2026 10:00:00.123 SEVERE [http-{n}] org.example.Shop.run no answer from {upstream}",
    ),
    sample(
        "dated_error",
        "",
        "2026-11-22 10:00:00,123 ERROR [http-{n}] org.example.Shop - no answer from {upstream} for {path}",
    ),
    sample(
        "zap_console",
        "Caddy",
        "2026/11/22 10:00:00.123\tINFO\thttp.log.access\thandled request\t{\"request\": {\"remote_ip\": \"{ip}\", \"remote_port\": \"{port}\", \"proto\": \"HTTP/2.0\", \"method\": \"{method}\", \"host\": \"{host}\", \"uri\": \"{path}{query}\", \"headers\": {\"User-Agent\": [\"{agent}\"]}}, \"duration\": 0.0012, \"size\": {bytes}, \"status\": {status}}",
    ),
    sample(
        "litespeed_error",
        "",
        "2026-11-22 10:00:00.353044 [INFO] [{port}] [{ip}:{port}-5#{host}] User '{user}' failed to authenticate for {path}.",
    ),
    sample("squid_error", "", "{nginx} kid1| WARNING: cannot connect to {upstream} for {path}"),
    sample(
        "ruby_error",
        "",
        "E, [2026-11-22T10:00:00.123456 #{port}] ERROR -- : [f{n}] no answer from {upstream} for {path}",
    ),
    sample(
        "monolog_error",
        "",
        "[2026-11-22 10:00:00] production.ERROR: no answer from {upstream} for {path} {\"exception\":\"x{n}\"}",
    ),
    sample(
        "klog_error",
        "",
        "E1122 10:00:00.123456       7 controller.go:{port}] no answer from {upstream} for {path}",
    ),
    sample(
        "uwsgi_error",
        "",
        "Sun Nov 22 10:00:00 2026 - SIGPIPE: writing to a closed pipe/socket/fd on request {path} (ip {ip}) !!!",
    ),
    sample("go_error", "", "{nginx} http: TLS handshake error from {ip}:{port}: EOF"),
    sample(
        "clocked_error",
        "",
        "[10:00:00.123] ERROR ({port}): no answer from {upstream} for {path}",
    ),
    sample("level_error", "", "ERROR:shop.cart:no answer from {upstream} for {path}"),
    sample(
        "dated_error",
        "zerolog",
        "{iso} ERR no answer error=\"refused\" upstream={upstream} path={path}",
    ),
    sample(
        "tower_http",
        "",
        "{iso} DEBUG request{method={method} uri={path}{query} version=HTTP/1.1}: tower_http::trace::on_response: finished processing request latency={ms} ms status={status}",
    ),
    sample(
        "vaultwarden",
        "",
        "[2026-11-22 10:00:00.123][response][INFO] (route_{n}) {method} {path} => {status} OK",
    ),
    sample(
        "granian",
        "",
        r#"[2026-11-22 10:00:00 +0000] {ip} - "{method} {path} HTTP/1.1" {status} {ms}.345"#,
    ),
    sample(
        "sanic",
        "",
        "[2026-11-22 10:00:00 +0000] - (sanic.access)[INFO][{ip}:{port}]: {method} http://{host}{path}{query}  {status} {bytes}",
    ),
    sample(
        "hypercorn_access",
        "",
        r#"[2026-11-22 10:00:00 +0000] [12] [INFO] {ip}:{port} - - [{clf}] "{method} {path}{query} 1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "twisted_access",
        "",
        r#"2026-11-22T10:00:00+0000 [twisted.python.log#info] "{ip}" - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "log4js_access",
        "",
        r#"[2026-11-22T10:00:00.123] [INFO] http - {ip} - - "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "twisted_error",
        "",
        "2026-11-22T10:00:00+0000 [shop.cart#error] no answer from {upstream} for {path}",
    ),
    sample(
        "rails",
        "",
        "[5e1f8a3c-1111-4222-8333-0123456789ab] Completed {status} OK in {ms}ms (Views: 8.1ms | ActiveRecord: 1.2ms)\nStarted {method} \"{path}{query}\" for {ip} at 2026-11-22 10:00:00 +0000",
    ),
    sample(
        "rails_error",
        "",
        "[5e1f8a3c-1111-4222-8333-0123456789ab] Processing by Route{n}Controller#index as HTML",
    ),
    sample(
        "phoenix",
        "",
        "10:00:00.123 request_id=F1abcDEF12345678 [info] Sent {status} in {ms}ms\n{method} {path}{query}",
    ),
    sample(
        "quarkus",
        "",
        r#"{ip} - {user} {clf} "{method} {path}{query} HTTP/1.1" {status} {bytes}"#,
    ),
    sample(
        "logged_access",
        "",
        r#"2026-11-22 10:00:00,123 INFO  [io.quarkus.http.access-log] (executor-thread-1) {ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes}"#,
    ),
    sample("hono", "", "  --> {method} {path} {status} {ms}ms"),
    sample("nextjs", "", " {method} {path}{query} {status} in {ms}ms (compile: 3ms, render: 9ms)"),
    sample("octane", "", "  {status}    {method} {path} .............. 10.50 mb {ms}.34 ms"),
    sample(
        "synapse",
        "",
        r#"2026-11-22 10:00:00,123 - synapse.access.http.8008 - 460 - INFO - GET-{n} - {ip} - 8008 - {None} Processed request: 0.012sec/0.001sec (0.002sec, 0.001sec) (0.003sec/0.004sec/5) {bytes}B {status} "{method} {path}{query} HTTP/1.1" "{agent}" [0 dbevts]"#,
    ),
    sample(
        "artifactory",
        "",
        "2026-11-22T10:00:00.123Z|5e1f{n}|{ip}|{user}|{method}|{path}|{status}|-1|{bytes}|{ms}|{agent}",
    ),
    sample(
        "strapi",
        "",
        "[2026-11-22 10:00:00.123] http: {method} {path}{query} ({ms} ms) {status}",
    ),
    sample("ghost", "", r#"[2026-11-22 10:00:00] INFO "{method} {path}{query}" {status} {ms}ms"#),
    sample(
        "ktor",
        "",
        "2026-11-22 10:00:00.123 [eventLoopGroupProxy-4-1] INFO  ktor.application - {status} OK: {method} - {path} in {ms}ms",
    ),
    sample("kemal", "", "2026-11-22 10:00:00 UTC {status} {method} {path}{query} {ms}.5ms"),
    sample(
        "beego",
        "",
        "2026/11/22 10:00:00.123 [D] [router.go:1305]  | {ip}| {status} | {ms}.5ms|   match| {method}      {path}   r:/x/:id",
    ),
    sample("serve", "", " HTTP  11/22/2026 10:00:00 AM {ip} Returned {status} in {ms} ms"),
    sample("http_server", "", r#"[2026-11-22T10:00:00.123Z]  "{method} {path}{query}" "{agent}""#),
    sample(
        "fly",
        "",
        r#"2026-11-22T10:00:00Z app[148e123a93789] ams [info]{ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "logback_access",
        "Micronaut",
        r#"10:00:00.123 [default-nioEventLoopGroup-1-3] INFO  HTTP_ACCESS_LOGGER - {ip} - - [{clf}] "{method} {path}{query} HTTP/1.1" {status} {bytes}"#,
    ),
    sample(
        "logback_access",
        "Vert.x",
        r#"10:00:00.123 [vert.x-eventloop-thread-0] INFO  i.v.e.w.h.impl.LoggerHandlerImpl - {ip} - - [Sun, 22 Nov 2026 10:00:00 GMT] "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}""#,
    ),
    sample(
        "gcore",
        "",
        r#""{ip}" "-" "-" "[{clf}]" "{method} {path}{query} HTTP/1.1" "{status}" "{bytes}" "{referrer}" "{agent}" "{bytes}" "ed-c16-1" "https" "{host}" "{s}" "-" "99" "-" "[ed]" "HIT" "-" "-" "1" "2" "-" "-" "NL" "-" "shield_no" "192.0.2.1" "443""#,
    ),
    sample("koa", "", "  --> {method} {path}{query} {status} {ms}ms 1.2kb"),
    sample(
        "gitea",
        "",
        "{nginx} ...eb/routing/logger.go:102:func1() [I] router: completed {method} {path}{query} for {ip}, {status} OK in {ms}.3ms @ web/home.go:32(web.Home)",
    ),
    sample(
        "actix",
        "",
        r#"[2026-11-22T10:00:00Z INFO  actix_web::middleware::logger] {ip} "{method} {path}{query} HTTP/1.1" {status} {bytes} "{referrer}" "{agent}" 0.000123"#,
    ),
    sample(
        "ruby_access",
        "lograge",
        "I, [2026-11-22T10:00:00.123456 #12]  INFO -- : method={method} path={path} format=html controller=CartController action=show status={status} duration={ms}.12 view=9.10 db=0.50",
    ),
    sample("varnish_error", "", "Child ({port}) died signal=6"),
    sample(
        "bracketed_error",
        "",
        "[2026-11-22T10:00:00Z ERROR shop::cart] no answer from {upstream} for {path}",
    ),
    sample(
        "none",
        "looked at by all",
        "the rain in {host} stays mainly at {path} for {ms} minutes, said {user} to {ip}",
    ),
];

impl Sample {
    pub(crate) fn title(&self) -> String {
        let (format, dialect) = (self.format, self.dialect);
        if dialect.is_empty() { format.to_owned() } else { format!("{format} ({dialect})") }
    }

    /// So many lines of it.
    pub(crate) fn lines(&self, count: usize) -> Vec<String> {
        let mut rng = Rng(0x5eed);
        (0..count).map(|n| self.line(n, &mut rng)).collect()
    }

    fn line(&self, n: usize, rng: &mut Rng) -> String {
        let mut line = String::with_capacity(self.pattern.len() * 2);
        let mut rest = self.pattern;
        while let Some(open) = rest.find('{') {
            line.push_str(&rest[..open]);
            rest = &rest[open..];
            let close = rest.find('}').map_or(rest.len(), |at| at + 1);
            match place(rest.get(1..close - 1).unwrap_or(""), n, rng) {
                Some(value) => {
                    line.push_str(&value);
                    rest = &rest[close..];
                }
                None => {
                    line.push('{');
                    rest = &rest[1..];
                }
            }
        }
        line + rest
    }
}

/// What stands at a place of that name in the line of that number; `None` where it is no place.
fn place(name: &str, n: usize, rng: &mut Rng) -> Option<String> {
    let (minute, second) = (n / 60 % 60, n % 60);
    Some(match name {
        "ip" if rng.below(20) == 0 => format!("2001:db8::{:x}", rng.below(0xffff)),
        "ip" => format!("203.0.113.{}", rng.below(256)),
        "port" => (1024 + rng.below(60_000)).to_string(),
        "user" => rng.pick(&["-", "-", "alice", "bob@example.org"]).to_owned(),
        "method" => rng.pick(&["GET", "GET", "GET", "GET", "POST", "HEAD"]).to_owned(),
        "path" => rng.pick(&PATHS).to_owned() + &rng.below(5000).to_string(),
        "query" => rng.pick(&["", "", "", "", "?page=2&sort=price"]).to_owned(),
        "status" => rng.pick(&["200", "200", "200", "200", "304", "301", "404", "502"]).to_owned(),
        "bytes" => rng.below(100_000).to_string(),
        "referrer" => rng.pick(&["-", "-", "https://shop.example/"]).to_owned(),
        "agent" => rng.pick(&AGENTS).to_owned(),
        "host" => rng.pick(&["shop.example", "www.example.org"]).to_owned(),
        "upstream" => format!("192.0.2.{}:8080", rng.below(16)),
        "s" => format!("0.{:03}", rng.below(1000)),
        "ms" => rng.below(1000).to_string(),
        "us" => rng.below(1_000_000).to_string(),
        "ns" => (1000 + rng.below(1_000_000_000)).to_string(),
        "clf" => format!("22/Nov/2026:10:{minute:02}:{second:02} +0000"),
        "haproxy" => format!("22/Nov/2026:10:{minute:02}:{second:02}.{:03}", rng.below(1000)),
        "iso" => format!("2026-11-22T10:{minute:02}:{second:02}+00:00"),
        "nginx" => format!("2026/11/22 10:{minute:02}:{second:02}"),
        "apache" => format!("Sun Nov 22 10:{minute:02}:{second:02}.{:06} 2026", rng.below(1000)),
        "epoch" => format!("{}.{:03}", 1_795_341_600 + n, rng.below(1000)),
        "n" => n.to_string(),
        _ => return None,
    })
}

const PATHS: [&str; 5] = ["/", "/item/", "/cart/", "/static/img/product-photo-", "/api/v1/orders/"];

const AGENTS: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "curl/8.11.0",
];

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
struct Rng(u64);

impl Rng {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % end as u64) as usize
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }
}

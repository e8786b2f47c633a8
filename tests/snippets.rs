//! What `tapline snippet` prints is taken by the real servers, and what they then send is read.

use std::path::Path;
use std::process::{Command, Stdio};

use clap::ValueEnum;
use tapline::app::config::Config;
use tapline::app::snippet::{Addresses, Sender, snippet};
use tapline::decode::formats::recognise::Recogniser;
use tapline::vocab::event::{Event, Kind};

fn addresses() -> Addresses {
    Addresses::all_at("127.0.0.1:15514")
}

#[test]
fn every_snippet_names_this_server() {
    for sender in Sender::ALL {
        let text = snippet(sender, &Addresses::all_at("logs.example:4711"));
        // Traefik only writes files; Tapline follows them.
        if sender != Sender::Traefik {
            assert!(text.contains("logs.example") && text.contains("4711"), "{text}");
        }
        assert!(!text.contains("{server}") && !text.contains("{host}") && !text.contains("{port}"));
        assert!(text.ends_with('\n'));
        assert_eq!(Sender::from_str(sender.name(), false), Ok(sender));
    }
}

#[test]
fn a_listener_that_is_closed_is_said_with_the_flag_that_opens_it() {
    let closed = Addresses::default();
    for (sender, flag) in [
        (Sender::Nginx, "--udp 127.0.0.1:5514"),
        (Sender::Rsyslog, "--tcp"),
        (Sender::Curl, "--http"),
    ] {
        let text = snippet(sender, &closed);
        assert!(text.starts_with("# Tapline does not listen") && text.contains(flag), "{text}");
    }
    let unix = Addresses { unix: Some("/run/tapline.sock".into()), ..Addresses::default() };
    assert!(snippet(Sender::Nginx, &unix).contains("syslog:server=unix:/run/tapline.sock,"));
}

#[test]
fn a_proxy_shows_the_dashboard_where_the_public_url_says() {
    let mut config = Config::default();
    for (url, location, pass) in [
        ("", "location / {", "proxy_pass http://127.0.0.1:8514;"),
        ("https://stats.example.org/", "location / {", "proxy_pass http://127.0.0.1:8514;"),
        ("https://example.org/logs", "location /logs/ {", "proxy_pass http://127.0.0.1:8514/;"),
        (
            "https://example.org/a/logs/",
            "location /a/logs/ {",
            "proxy_pass http://127.0.0.1:8514/;",
        ),
        // nginx would read these otherwise.
        ("https://example.org/a;b{", "location / {", "proxy_pass http://127.0.0.1:8514;"),
    ] {
        config.access.public_url = url.to_owned();
        let text = snippet(Sender::NginxProxy, &Addresses::of(&config));
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        assert!(lines.contains(&location) && lines.contains(&pass), "{url}: {text}");
    }
}

#[test]
fn an_address_with_colons_is_taken_apart_where_host_and_port_are_apart() {
    let text = snippet(Sender::Rsyslog, &Addresses::all_at("[2001:db8::1]:6514"));
    assert!(text.contains(r#"Target="2001:db8::1" Port="6514""#), "{text}");
}

/// The line as the server would write it: the snippet's format with each variable's value in place.
fn expand(format: &str, values: &[(&str, &str)]) -> String {
    // Longest first: `%r` is also the start of other names.
    let mut values = values.to_vec();
    values.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
    values.iter().fold(format.to_owned(), |line, (name, value)| line.replace(name, value))
}

/// What stands between the first `open` and the next `close`.
fn between<'t>(text: &'t str, open: &str, close: &str) -> &'t str {
    let (_, rest) = text.split_once(open).expect(open);
    rest.split_once(close).expect(close).0
}

fn decoded(line: &str) -> Event<'_> {
    let event = Recogniser::default().decode(line);
    assert_eq!(event.kind, Kind::Access, "{line}");
    event
}

#[test]
fn every_field_of_the_nginx_format_is_read() {
    let text = snippet(Sender::Nginx, &addresses());
    let format: String =
        between(&text, "log_format tapline ", ";\n").split('\'').skip(1).step_by(2).collect();
    let line = expand(
        &format,
        &[
            ("$remote_addr", "203.0.113.9"),
            ("$remote_user", "ann"),
            ("$time_local", "22/Nov/2026:10:00:00 +0100"),
            ("$request", "GET /cart?id=7 HTTP/2.0"),
            ("$status", "502"),
            ("$body_bytes_sent", "5120"),
            ("$http_referer", "https://shop.example/"),
            ("$http_user_agent", r"Mozilla/5.0 \x22quoted\x22 rt=9"),
            ("$request_time", "1.234"),
            ("$upstream_connect_time", "0.001, 0.002"),
            ("$upstream_response_time", "0.100, 1.100"),
            ("$upstream_addr", "10.0.0.1:80, 10.0.0.2:80"),
            ("$upstream_cache_status", "MISS"),
            ("$request_length", "321"),
            ("$scheme", "https"),
            ("$ssl_protocol", "TLSv1.3"),
            ("$ssl_cipher", "TLS_AES_128_GCM_SHA256"),
            ("$sent_http_content_type", "text/html; charset=utf-8"),
            ("$http_x_forwarded_for", "198.51.100.4"),
            ("$host", "shop.example"),
        ],
    );
    assert!(!line.contains('$'), "a variable without a value: {line}");
    let event = decoded(&line);
    assert_eq!(event.remote_ip.as_deref(), Some("203.0.113.9"));
    assert_eq!(event.user.as_deref(), Some("ann"));
    assert_eq!((event.path.as_deref(), event.query.as_deref()), (Some("/cart"), Some("id=7")));
    assert_eq!((event.status, event.bytes, event.bytes_in), (Some(502), Some(5120), Some(321)));
    assert_eq!(event.user_agent.as_deref(), Some(r#"Mozilla/5.0 "quoted" rt=9"#));
    assert_eq!(event.referrer.as_deref(), Some("https://shop.example/"));
    assert_eq!(event.request_time_us, Some(1_234_000));
    assert_eq!(event.upstream_time_us, Some(1_200_000));
    assert!(event.upstream.as_deref().is_some_and(|u| u.starts_with("10.0.0.1:80")));
    assert_eq!(event.cache_status.as_deref(), Some("MISS"));
    assert_eq!(event.scheme.as_deref(), Some("https"));
    assert_eq!(event.tls_version.as_deref(), Some("TLSv1.3"));
    assert_eq!(event.tls_cipher.as_deref(), Some("TLS_AES_128_GCM_SHA256"));
    assert_eq!(event.mime.as_deref(), Some("text/html; charset=utf-8"));
    assert_eq!(event.x_forwarded_for.as_deref(), Some("198.51.100.4"));
    assert_eq!(event.host.as_deref(), Some("shop.example"));
}

#[test]
fn every_field_of_the_apache_format_is_read() {
    let text = snippet(Sender::Apache, &addresses());
    let format = between(&text, "LogFormat \"", "\" tapline").replace("\\\"", "\"");
    let line = expand(
        &format,
        &[
            ("%h", "203.0.113.9"),
            ("%l", "-"),
            ("%u", "-"),
            ("%t", "[22/Nov/2026:10:00:00 +0100]"),
            ("%r", "GET /cart HTTP/1.1"),
            ("%>s", "200"),
            ("%b", "5120"),
            ("%{Referer}i", "-"),
            ("%{User-Agent}i", "curl/8.5.0"),
            ("%D", "1234567"),
            ("%{X-Forwarded-For}i", "-"),
            ("%v", "shop.example"),
        ],
    );
    assert!(!line.contains('%'), "{line}");
    let event = decoded(&line);
    assert_eq!((event.status, event.bytes), (Some(200), Some(5120)));
    assert_eq!(event.request_time_us, Some(1_234_567));
    assert_eq!(event.user_agent.as_deref(), Some("curl/8.5.0"));
    assert_eq!(event.host.as_deref(), Some("shop.example"));
    assert_eq!(event.x_forwarded_for, None);
}

/// Lines that HAProxy 2.6 wrote with the snippet's format.
#[test]
fn every_field_of_the_haproxy_format_is_read() {
    let line = r#"127.0.0.1 - - [22/Nov/2026:21:46:36 +0000] "GET /up/h?a=1 HTTP/1.1" 201 129 "" "Mozilla \"q\" x" rt_ms=12 urt_ms=9 ua="b" request_length=99 xff="198.51.100.4, 192.0.2.7" host="shop.example""#;
    let event = decoded(line);
    assert_eq!((event.status, event.bytes, event.bytes_in), (Some(201), Some(129), Some(99)));
    assert_eq!(event.user_agent.as_deref(), Some(r#"Mozilla "q" x"#));
    assert_eq!((event.request_time_us, event.upstream_time_us), (Some(12_000), Some(9_000)));
    assert_eq!(event.upstream.as_deref(), Some("b"));
    assert_eq!(event.host.as_deref(), Some("shop.example"));
    assert_eq!(event.x_forwarded_for.as_deref(), Some("198.51.100.4, 192.0.2.7"));
    // A client that spoke no HTTP: no request, no upstream time.
    let line = r#"127.0.0.1 - - [22/Nov/2026:21:46:36 +0000] "<BADREQ>" 400 0 "" "" rt_ms=0 urt_ms=-1 ua="www" request_length=0 xff="" host="""#;
    let event = decoded(line);
    assert_eq!((event.status, event.upstream_time_us, event.host), (Some(400), None, None));
    assert_eq!(event.x_forwarded_for, None);
    let text = snippet(Sender::Haproxy, &addresses());
    let format = between(&text, "log-format '", "'\n");
    for part in ["rt_ms=%Ta", "urt_ms=%Tr", "ua=%", "request_length=%U", "xff=%", "host=%"] {
        assert!(format.contains(part), "{format}");
    }
}

/// Traefik logs the header of a client under `request_`, as its documentation has it.
#[test]
fn traefik_is_told_to_keep_what_names_the_client() {
    let text = snippet(Sender::Traefik, &addresses());
    let (_, names) = text.split_once("      names:\n").expect("names of headers");
    let kept: Vec<_> = names.lines().filter_map(|l| l.trim().strip_suffix(": keep")).collect();
    assert_eq!(kept, ["User-Agent", "Referer", "X-Forwarded-For"]);
    let event = decoded(
        r#"{"ClientAddr":"192.0.2.9:5312","ClientHost":"198.51.100.4, 192.0.2.7","DownstreamStatus":200,"RequestMethod":"GET","RequestPath":"/","request_X-Forwarded-For":"198.51.100.4, 192.0.2.7","time":"2026-11-22T10:00:01Z"}"#,
    );
    assert_eq!(event.x_forwarded_for.as_deref(), Some("198.51.100.4, 192.0.2.7"));
}

#[expect(clippy::print_stderr, reason = "a test says what it leaves out")]
/// Runs a server's own check of its configuration; says so where the server is not installed.
fn accepted_by(program: &str, arguments: &[&str], directory: &Path) {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap_or_default());
    let output = Command::new(program)
        .args(arguments)
        .current_dir(directory)
        .env("PATH", path)
        .stdin(Stdio::null())
        .output();
    match output {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("left out: {program} is not installed");
        }
        Err(error) => panic!("{program}: {error}"),
        Ok(output) => assert!(
            output.status.success(),
            "{program}: {}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
    }
}

#[test]
fn nginx_accepts_its_snippets() {
    let directory = tempfile::tempdir().expect("a folder");
    let dir = directory.path();
    let config = format!(
        "pid {dir}/nginx.pid;\nerror_log {dir}/error.log;\nevents {{}}\nhttp {{\n{}\nserver {{ \
         listen 127.0.0.1:18097;\n{}{}}}\n}}\n",
        snippet(Sender::Nginx, &addresses()),
        snippet(Sender::NginxProxy, &addresses()),
        snippet(Sender::NginxProxy, &Addresses { path: Some("/logs/".into()), ..addresses() }),
        dir = dir.display()
    );
    let file = dir.join("nginx.conf");
    std::fs::write(&file, config).expect("written");
    let (file, prefix) = (file.display().to_string(), dir.display().to_string());
    accepted_by("nginx", &["-t", "-q", "-p", &prefix, "-c", &file], dir);
}

#[test]
fn haproxy_accepts_its_snippet() {
    let directory = tempfile::tempdir().expect("a folder");
    let text = snippet(Sender::Haproxy, &addresses());
    let defaults = "defaults\n    mode http\n    timeout client 5s\n    timeout server 5s\n    timeout connect 5s\n";
    let config = text.replace("# Into each frontend", &format!("{defaults}# Into each frontend"))
        + "    bind 127.0.0.1:18099\n    default_backend app\nbackend app\n    server s1 127.0.0.1:18098\n";
    std::fs::write(directory.path().join("haproxy.cfg"), config).expect("written");
    accepted_by("haproxy", &["-c", "-q", "-f", "haproxy.cfg"], directory.path());
}

#[test]
fn rsyslog_accepts_its_snippet() {
    let directory = tempfile::tempdir().expect("a folder");
    let file = directory.path().join("rsyslog.conf");
    // The main configuration of every distribution has this.
    let global = format!("global(workDirectory=\"{}\")\n", directory.path().display());
    std::fs::write(&file, global + &snippet(Sender::Rsyslog, &addresses())).expect("written");
    accepted_by("rsyslogd", &["-N1", "-f", &file.display().to_string()], directory.path());
}

#[test]
fn of_another_programs_file_nothing_is_taken_and_one_sentence_says_what_could_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = |name: &str, text: &str, sender: &[&str]| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).expect("written");
        let output = Command::new(env!("CARGO_BIN_EXE_tapline"))
            .args(["snippet", "--server", "127.0.0.1:5514"])
            .args(sender)
            .arg("--from")
            .arg(&file)
            .env_clear()
            .output()
            .expect("tapline ends");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let haproxy = "global\n    log 127.0.0.1:514 local0\nfrontend web\n    option httplog\n";
    for (name, text, sender, why) in [
        ("haproxy.cfg", haproxy, &[][..], "'global' does not end"),
        ("haproxy.cfg", haproxy, &["haproxy"], "nothing of haproxy's"),
        ("Caddyfile", "{\n  email a@b.example\n}\n", &[], "'{' without a directive"),
        ("traefik.yml", "accessLog:\n  format: json\n", &[], "'accessLog:' does not end"),
        ("nginx.conf", "server { listen 80\n}\n", &["nginx"], "a ';' is missing"),
    ] {
        let (code, out, told) = said(name, text, sender);
        assert_eq!((told.lines().count(), &*out), (1, ""), "{name}: {told}{out}");
        assert!(matches!(code, Some(1 | 2)), "{name}: {code:?}");
        for part in [why, "log_format and access_log", "nginx -T", "LogFormat and CustomLog"] {
            assert!(told.contains(part), "{name}: {told}");
        }
    }
    // What could be read of a broken file is still taken.
    let broken = "log_format own '$status $request';\nserver { listen 80\n}\n";
    let (code, out, told) = said("nginx.conf", broken, &[]);
    assert!(
        code == Some(1) && out.contains("own = ") && told.contains("a ';' is missing"),
        "{told}"
    );
}

//! The configuration and the command line, from outside: files, environment, flags, exit codes.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use mmdb::{Mmdb, asn, country};
use proptest::prelude::*;
use tapline::app::config::{Config, Flags, LogFormat, LogLevel, Origin, REFERENCE, load_from};

#[path = "../src/state/geo/mmdb.rs"]
mod mmdb;

/// The program with an environment that holds nothing of the machine's.
fn tapline() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tapline"));
    command.env_clear().env("XDG_CONFIG_HOME", "/nonexistent").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> Output {
    tapline().args(arguments).output().expect("tapline runs")
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn fixtures(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/config").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .expect("fixtures")
        .map(|entry| entry.expect("entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

#[test]
fn a_good_file_is_ok_and_its_listeners_are_told() {
    for file in fixtures("valid") {
        let output = run(&["check", &file.display().to_string()]);
        let text = stdout(&output);
        assert_eq!(code(&output), Some(0), "{}", file.display());
        assert!(text.starts_with(&format!("ok: {}\n", file.display())), "{text}");
    }
    let everything = fixtures("valid").into_iter().find(|f| f.ends_with("everything.toml"));
    let output = run(&["check", &everything.expect("fixture").display().to_string()]);
    assert!(stdout(&output).contains("\nlistens: http [::1]:9000\n"));
    assert!(!stdout(&output).contains("listens: tcp"), "tcp is off");
    let tls = fixtures("valid").into_iter().find(|f| f.ends_with("tls.toml")).expect("fixture");
    let told = stdout(&run(&["check", &tls.display().to_string()]));
    for line in [
        "listens: https 127.0.0.1:8443\n",
        "listens: tls 0.0.0.0:6514\n",
        "certificate: over.example until 2025-01-01T00:00:00Z\n",
        "note: tests/fixtures/tls/over.pem: the certificate was good until 2025-01-01T00:00:00Z",
    ] {
        assert!(told.contains(line), "{told}");
    }
}

/// The comments at the head of each file say what `check` must: `# LINE:COLUMN: words`, all of it.
#[test]
fn everything_wrong_with_a_file_is_told_at_once_and_in_its_place() {
    for file in fixtures("invalid") {
        let name = file.display().to_string();
        let text = std::fs::read_to_string(&file).expect("fixture");
        let expected: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("# ")).collect();
        let output = run(&["check", &name]);
        let told = stdout(&output);
        assert_eq!(code(&output), Some(78), "{name}\n{told}");
        assert_eq!(told.lines().count(), expected.len(), "{name}\n{told}");
        for (told, expected) in told.lines().zip(expected) {
            assert!(told.starts_with(&format!("{name}:{expected}")), "{told}\nis not\n{expected}");
        }
    }
}

#[test]
fn the_databases_of_places_are_told_or_what_is_wrong_with_them() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path.display().to_string()
    };
    let built = 1_793_664_000;
    let made = |kind, value| Mmdb {
        kind,
        built,
        ip_version: 4,
        networks: vec![("203.0.113.0/24", value)],
    };
    let countries = write("c.mmdb", &made("GeoLite2-Country", country("AS", "KR")).bytes());
    let systems = write("a.mmdb", &made("GeoLite2-ASN", asn(64_500, "Example")).bytes());
    let broken = write("broken.mmdb", b"no database");
    let config = |country: &str, asn: &str| {
        let text = format!("[geo]\ncountry = \"{country}\"\nasn = \"{asn}\"\n");
        write("tapline.toml", text.as_bytes())
    };

    let output = run(&["check", &config(&countries, &systems)]);
    assert_eq!(code(&output), Some(0), "{}", stdout(&output));
    for line in [
        format!("countries: GeoLite2-Country of 2026-11-03 ({countries})\n"),
        format!("autonomous systems: GeoLite2-ASN of 2026-11-03 ({systems})\n"),
    ] {
        assert!(stdout(&output).contains(&line), "{}", stdout(&output));
    }
    let output = run(&["check", &config("off", "off")]);
    assert!(stdout(&output).contains("countries: off\nautonomous systems: off\n"));

    let file = config(&broken, &countries);
    let output = run(&["check", &file]);
    assert_eq!(code(&output), Some(78));
    let told = stdout(&output);
    let told: Vec<&str> = told.lines().collect();
    assert_eq!(told.len(), 2, "{told:?}");
    let start = format!("{file}:2:11: {broken} is no MaxMind database (.mmdb): ");
    assert!(told[0].starts_with(&start), "{told:?}");
    let other = "is of type GeoLite2-Country and has no autonomous systems";
    assert_eq!(told[1], format!("{file}:3:7: {countries} {other}"));
}

#[test]
fn check_notes_a_user_that_is_not_there_and_a_token_that_is_over() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("tapline.toml");
    let token = |n: u8, name: &str, end: &str| {
        let hash = format!("sha256:{n:064x}");
        format!(
            "[[token]]\nname = \"{name}\"\nright = \"look\"\nhash = \"{hash}\"\nexpires = \"{end}\"\n"
        )
    };
    let tokens = token(7, "old", "2020-01-01") + &token(8, "new", "2199-01-01");
    let text = format!("[process]\nuser = \"nobody-is-called-so\"\n{tokens}");
    let check = |text: &str| {
        std::fs::write(&file, text).expect("written");
        let output = run(&["check", &file.display().to_string()]);
        (code(&output), stdout(&output))
    };
    let notes = |told: &str| -> Vec<String> {
        let notes = told.lines().filter(|line| line.starts_with("note: ["));
        notes.map(str::to_owned).collect()
    };
    let unknown = "[process] user: this machine has no user nobody-is-called-so";
    let over = "note: [[token]] old: over since 2020-01-01T00:00:00Z";
    let (code, told) = check(&text);
    // SAFETY: takes nothing and can't fail.
    let is_root = unsafe { libc::geteuid() } == 0;
    if is_root {
        // Who starts it so is refused, too.
        assert!(code == Some(78) && told.starts_with(unknown), "{code:?} {told}");
    } else {
        assert_eq!(code, Some(0), "{told}");
        assert_eq!(notes(&told), [&format!("note: {unknown}"), over]);
    }
    let (code, told) = check(&tokens);
    assert_eq!((code, notes(&told)), (Some(0), vec![over.to_owned()]), "{told}");
}

#[test]
fn check_notes_what_the_start_may_refuse() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("tapline.toml");
    let check = |text: &str| {
        std::fs::write(&file, text).expect("written");
        let output = run(&["check", &file.display().to_string()]);
        assert_eq!(code(&output), Some(0), "{}", stdout(&output));
        stdout(&output)
    };
    let [here, missing] = [dir.path().to_owned(), dir.path().join("missing")];
    let socket = |dir: &Path| dir.join("log.sock").display().to_string();
    let told = check(&format!(
        "[unix]\ndatagram = [\"{}\", \"log.sock\"]\nstream = \"{}\"\n",
        socket(&here),
        socket(&missing)
    ));
    let note = format!(
        "note: [unix] stream: {}: there is no directory {}, and the start makes none\n",
        socket(&missing),
        missing.display()
    );
    assert!(told.contains(&note) && told.matches("note: [unix]").count() == 1, "{told}");

    let exposed = "[http]\nlisten = \"0.0.0.0:0\"\n[access]\nkey = \"0123456789abcdef\"\n";
    let note = "note: started by root, this is refused: running as root, and 0.0.0.0:0 can be";
    // SAFETY: takes nothing and can't fail.
    let is_root = unsafe { libc::geteuid() } == 0;
    assert_eq!(check(exposed).contains(note), is_root);
    let meant = format!("{exposed}[process]\nuser = \"root\"\n");
    assert!(!check(&meant).contains(note));
}

#[test]
fn a_certificate_that_nobody_would_take_is_refused_in_plain_words() {
    let dir = tempfile::tempdir().expect("a directory");
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    let [cert, key] = ["first-version.pem", "server.key"].map(|name| fixtures.join(name));
    let file = dir.path().join("tapline.toml");
    let tls = format!("[tls]\ncert = \"{}\"\nkey = \"{}\"\n", cert.display(), key.display());
    std::fs::write(&file, tls).expect("written");
    let output = run(&["check", &file.display().to_string()]);
    assert_eq!(code(&output), Some(78));
    let told = stdout(&output);
    let start = format!("{}:2:8: {}: its certificate is of", file.display(), cert.display());
    assert!(told.starts_with(&start), "{told}");
    assert!(told.contains("version 3") && !told.contains("OtherError"), "{told}");
}

#[test]
fn a_snippet_goes_where_the_server_listens_with_what_it_asks_for() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("tapline.toml").display().to_string();
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls");
    let [cert, key] = ["server.pem", "server.key"].map(|name| fixtures.join(name));
    let snippet = |sender: &str, config: &str| {
        std::fs::write(&file, config).expect("written");
        let output = run(&["snippet", sender, "--config", &file]);
        assert_eq!(code(&output), Some(0), "{}", stderr(&output));
        stdout(&output)
    };
    let bearer = "curl -H \"Authorization: Bearer $TAPLINE_TOKEN\" ";
    let told = snippet("curl", "[access]\nloopback = \"key\"\nkey = \"0123456789abcdef\"\n");
    assert!(told.contains(bearer) && told.contains("tapline token new --right send"), "{told}");
    assert!(!snippet("curl", "").contains("TAPLINE_TOKEN"));
    let tls = format!(
        "[http]\nlisten = []\ntls_listen = \"127.0.0.1:8443\"\n[tcp]\nlisten = []\ntls_listen = \
         \"127.0.0.1:6514\"\n[tls]\ncert = \"{}\"\nkey = \"{}\"\n",
        cert.display(),
        key.display()
    );
    let told = snippet("curl", &tls);
    assert!(told.contains("'https://127.0.0.1:8443/api/v1/logs"), "{told}");
    let told = snippet("rsyslog", &tls);
    assert!(told.contains(r#"Target="127.0.0.1" Port="6514""#), "{told}");
    assert!(told.contains("StreamDriver") && !told.contains("does not listen"), "{told}");
}

#[test]
fn the_reference_file_uncommented_is_the_default() {
    let mut uncommented = String::new();
    let mut options = 0;
    for line in REFERENCE.lines() {
        let option =
            line.strip_prefix('#').filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase()));
        options += usize::from(option.is_some());
        uncommented.push_str(option.unwrap_or(line));
        uncommented.push('\n');
    }
    assert_eq!(options, Config::described().len());
    assert_eq!(load_text(&uncommented), Config::default());
    assert_eq!(load_text(REFERENCE), Config::default());
    let printed = run(&["check", "--defaults"]);
    assert_eq!(stdout(&printed), REFERENCE);
}

fn load_text(text: &str) -> Config {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    match load_from(Some(file.path().into()), Vec::new(), &Flags::default()) {
        Ok(loaded) => loaded.config,
        Err(problems) => panic!("{text}\n{problems}"),
    }
}

fn load_env(variables: &[(String, String)]) -> Config {
    let variables = variables.iter().map(|(n, v)| (OsString::from(n), OsString::from(v)));
    match load_from(None, variables, &Flags::default()) {
        Ok(loaded) => loaded.config,
        Err(problems) => panic!("{problems}"),
    }
}

const TOKENS: &str = r#"[{ name = "a", right = "look", hash = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" }]"#;

const USERS: &str = r#"[{ name = "ann", right = "look", hash = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4" }]"#;

/// A value for each key that is not its default: as TOML, and as the environment has it.
fn other_values() -> BTreeMap<&'static str, (&'static str, &'static str)> {
    BTreeMap::from([
        ("exclude", (r#"["path:/healthz", "status:404"]"#, "path:/healthz,status:404")),
        ("formats", ("{ main = '$status|$request' }", r#"{ main = "$status|$request" }"#)),
        (
            "notify",
            (
                r#"[{ kind = "slack", url = "https://hooks.example/x" }]"#,
                r#"[{ kind = "slack", url = "https://hooks.example/x" }]"#,
            ),
        ),
        (
            "rule",
            (
                r#"[{ name = "a", when = "count < 1 for 1m" }]"#,
                r#"[{ name = "a", when = "count < 1 for 1m" }]"#,
            ),
        ),
        ("token", (TOKENS, TOKENS)),
        ("user", (USERS, USERS)),
        ("access.session", (r#""1 h""#, "1h")),
        ("http.listen", (r#"["127.0.0.1:1", "[::1]:2"]"#, "127.0.0.1:1, [::1]:2")),
        ("http.tls_listen", (r#"["127.0.0.1:1", "[::1]:2"]"#, "127.0.0.1:1, [::1]:2")),
        ("tcp.tls_listen", (r#""127.0.0.1:3""#, "127.0.0.1:3")),
        ("tls.cert", (r#""tests/fixtures/tls/server.pem""#, "tests/fixtures/tls/server.pem")),
        ("tls.key", (r#""tests/fixtures/tls/server.key""#, "tests/fixtures/tls/server.key")),
        ("tls.client_ca", (r#""tests/fixtures/tls/ca.pem""#, "tests/fixtures/tls/ca.pem")),
        ("tls.handshake_timeout", (r#""1 s""#, "1s")),
        ("tls.max_handshakes", ("7", "7")),
        ("process.user", (r#""tapline""#, "tapline")),
        ("process.max_memory", (r#""1 GiB""#, "1 GiB")),
        ("http.max_body", ("4096", "4096")),
        ("http.max_inflated", (r#""1 GiB""#, "1 GiB")),
        ("http.header_timeout", (r#""1500 ms""#, "1500 ms")),
        ("http.idle_timeout", (r#""1 min""#, "1min")),
        ("http.body_timeout", (r#""1 min""#, "1min")),
        ("http.max_connections", ("7", "7")),
        ("http.max_sessions", ("7", "7")),
        ("http.max_ratio", ("7", "7")),
        ("http.max_json_depth", ("7", "7")),
        ("http.max_json_fields", ("7", "7")),
        ("http.max_header", (r#""64 KiB""#, "65536")),
        ("http.max_header_fields", ("100", "100")),
        ("http.max_connections_per_address", ("7", "7")),
        ("http.max_connects_per_address", ("7", "7")),
        ("tcp.max_connects_per_address", ("7", "7")),
        ("http.max_sessions_per_address", ("7", "7")),
        ("http.max_message", (r#""64 KiB""#, "64KiB")),
        ("http.max_queries", ("7", "7")),
        ("http.query_timeout", (r#""1 s""#, "1 s")),
        ("udp.listen", ("[]", "off")),
        ("udp.receive_buffer", (r#""1 MB""#, "1000000")),
        ("udp.readers", ("2", "2")),
        ("udp.allow_from", (r#"["192.0.2.0/24"]"#, "192.0.2.0/24")),
        ("tcp.listen", (r#""localhost:3""#, "127.0.0.1:3")),
        ("tcp.framing", (r#""lf""#, "lf")),
        ("tcp.max_frame", (r#""8 KiB""#, "8KiB")),
        ("tcp.idle_timeout", (r#""1 h""#, "60 min")),
        ("tcp.partial_timeout", (r#""off""#, "0")),
        ("tcp.max_connections", ("300", "300")),
        ("tcp.max_connections_per_address", ("7", "7")),
        ("tcp.allow_from", (r#"["::1"]"#, r#"["::1"]"#)),
        ("unix.datagram", (r#"["/run/a.sock"]"#, "/run/a.sock")),
        ("unix.stream", (r#"["/run/a.sock", "/run/b.sock"]"#, "/run/a.sock,/run/b.sock")),
        ("unix.mode", (r#""0600""#, "600")),
        ("unix.framing", (r#""nul""#, "nul")),
        ("unix.max_frame", (r#""8 KiB""#, "8192")),
        ("unix.partial_timeout", (r#""1 s""#, "1 s")),
        ("unix.max_connections", ("7", "7")),
        ("multiline.max_lines", ("1", "1")),
        ("multiline.max_bytes", (r#""1 MiB""#, "1MiB")),
        ("window.memory", (r#""1 GiB""#, "1GiB")),
        ("window.max_age", (r#""1 h""#, "1h")),
        ("window.max_values", ("2048", "2048")),
        ("window.keep", ("false", "false")),
        ("time.past", (r#""1 min""#, "1 min")),
        ("time.ahead", (r#""1 min""#, "1 min")),
        ("time.zone", (r#""+05:30""#, "+0530")),
        ("clients.trusted_proxies", (r#"["10.0.0.0/8"]"#, "10.0.0.0/8")),
        ("geo.country", (r#""off""#, "off")),
        ("geo.asn", (r#""off""#, "off")),
        ("bots.ranges", (r#"["GPTBot=RANGES"]"#, "GPTBot=RANGES")),
        ("bots.dns", ("true", "yes")),
        ("anomalies.enabled", ("false", "no")),
        ("anomalies.data", (r#""/var/lib/tapline""#, "/var/lib/tapline")),
        ("anomalies.save_every", (r#""5 min""#, "5min")),
        ("privacy.clients", (r#""off""#, "off")),
        ("privacy.redact_queries", ("false", "no")),
        ("access.loopback", (r#""key""#, "key")),
        ("access.insecure", ("true", "1")),
        ("access.public_url", (r#""https://a.example/logs/""#, "https://a.example/logs/")),
        ("access.key", (r#""0123456789abcdef""#, "0123456789abcdef")),
        ("access.key_file", (r#""KEY_FILE""#, "KEY_FILE")),
        ("access.trusted_proxies", (r#"["127.0.0.1"]"#, "127.0.0.1")),
        ("sources.max", ("7", "7")),
        ("sources.max_sites", ("7", "7")),
        ("sources.max_rate", ("7", "7")),
        ("sources.sites", (r#"{ "a/b" = "x", c = "y" }"#, "a/b=x, c=y")),
        ("sources.formats", (r#"{ "a/b" = "combined" }"#, "a/b=combined")),
        ("feed.tail_per_second", ("0", "0")),
        ("feed.top", ("7", "7")),
        ("feed.max_views", ("7", "7")),
        ("feed.tail_at_once", ("0", "0")),
        ("feed.write_timeout", (r#""1 s""#, "1 s")),
        ("log.format", (r#""json""#, "json")),
        ("log.level", (r#""debug""#, "debug")),
        ("stop.grace", (r#""0 s""#, "0 s")),
    ])
}

#[test]
fn a_targets_secrets_come_from_files_and_the_environment_and_are_not_shown() {
    let mut secret = tempfile::NamedTempFile::new().expect("a file");
    writeln!(secret, "swordfish-0123").expect("written");
    let secret = secret.path().display().to_string();
    let text = format!(
        "[[notify]]\nkind = \"ntfy\"\nurl = \"https://ntfy.example/ops\"\ntoken_file = \"{secret}\"\n\
         [[notify]]\nkind = \"slack\"\nurl_env = \"HOOK\"\n"
    );
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    let name = file.path().display().to_string();
    let check = |hook: &str| {
        let mut command = tapline();
        command.args(["check", &name]).env("HOOK", hook).output().expect("tapline runs")
    };
    let output = check("https://hooks.example/services/swordfish");
    assert_eq!(code(&output), Some(0), "{}", stdout(&output));
    for line in [
        "notifies: ntfy (ntfy, https://ntfy.example)\n",
        "notifies: slack (slack, https://hooks.example)\n",
    ] {
        assert!(stdout(&output).contains(line), "{}", stdout(&output));
    }
    let broken = check("hooks.example/services/swordfish");
    assert_eq!(code(&broken), Some(78));
    let line = format!("{name}:7:11: the URL does not start with https:// or http://\n");
    assert_eq!(stdout(&broken), line);
    for output in [output, broken] {
        assert!(!stdout(&output).contains("swordfish") && !stderr(&output).contains("swordfish"));
    }
}

/// Answers one request after another, in order, and gives the bodies.
fn hook(answers: &'static [&'static str]) -> (SocketAddr, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let serve = move || {
        let mut bodies = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().expect("a connection");
            let (mut read, mut length) = (BufReader::new(&stream), 0);
            loop {
                let mut line = String::new();
                read.read_line(&mut line).expect("a line");
                if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                    length = n.trim().parse().expect("a number");
                }
                if line == "\r\n" {
                    break;
                }
            }
            let mut body = vec![0; length];
            read.read_exact(&mut body).expect("a body");
            bodies.push(String::from_utf8(body).expect("text"));
            let head = format!("HTTP/1.1 {answer}\r\nContent-Length: 8\r\n\r\nno_hook\n");
            stream.write_all(head.as_bytes()).expect("an answer");
        }
        bodies
    };
    (address, std::thread::spawn(serve))
}

#[test]
fn a_test_alert_goes_to_every_target_and_what_became_of_it_is_told() {
    let (address, hook) = hook(&["200 OK", "404 Not Found"]);
    let text = format!(
        "[[notify]]\nkind = \"slack\"\nurl = \"http://{address}/swordfish\"\n\
         [[notify]]\nkind = \"discord\"\nurl = \"http://{address}/swordfish\"\n"
    );
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("written");
    let output = run(&["check", "--notify", &file.path().display().to_string()]);
    let told = stdout(&output);
    let told: Vec<&str> = told.lines().filter(|line| line.starts_with("notify: ")).collect();
    let failed =
        format!("notify: discord: failed: http://{address} answers 404 Not Found: no_hook");
    assert_eq!(told, ["notify: slack: sent", &failed]);
    assert_eq!(code(&output), Some(1));
    let bodies = hook.join().expect("bodies");
    assert!(
        bodies.iter().all(|body| body.contains("a test by tapline check --notify")),
        "{bodies:?}"
    );
    assert!(bodies.iter().all(|body| body.contains("👋")), "{bodies:?}");

    let output = run(&["check", "--notify"]);
    assert_eq!(code(&output), Some(1));
    assert!(stdout(&output).ends_with("notify: the configuration has no [[notify]]\n"));
}

#[test]
fn files_of_bots_ranges_are_named_by_whom_they_are_of() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.display().to_string()
    };
    let json = "{\"prefixes\":[{\"ipv4Prefix\":\"192.0.2.0/24\"}]}";
    let (known, other) = (write("gptbot.json", json), write("special-crawlers.json", json));
    let broken = write("uptimerobot.txt", "192.0.2.0/24\nnobody\n");
    let config = |files: &str| write("tapline.toml", &format!("[bots]\nranges = [{files}]\n"));

    let output = run(&["check", &config(&format!("\"{known}\", \"Googlebot={other}\""))]);
    assert_eq!(code(&output), Some(0), "{}", stdout(&output));
    for line in [format!("ranges: gptbot ({known})\n"), format!("ranges: Googlebot ({other})\n")] {
        assert!(stdout(&output).contains(&line), "{}", stdout(&output));
    }

    let file = config(&format!("\n  \"{other}\",\n  \"{broken}\",\n"));
    let output = run(&["check", &file]);
    assert_eq!(code(&output), Some(78));
    let expected = format!(
        "{file}:3:3: 'special-crawlers' is no bot or operator that is known; write \"NAME={other}\"\n\
         {file}:4:3: {broken}: no address range: \"nobody\"\n"
    );
    assert_eq!(stdout(&output), expected);
}

#[test]
fn every_key_can_be_set_by_file_and_by_environment() {
    let mut key_file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(key_file, "fedcba9876543210").expect("written");
    let key_file = key_file.path().display().to_string();
    let mut ranges = tempfile::NamedTempFile::new().expect("a file");
    writeln!(ranges, "192.0.2.0/24").expect("written");
    let ranges = ranges.path().display().to_string();
    let files = |text: &str| text.replace("KEY_FILE", &key_file).replace("RANGES", &ranges);
    let values = other_values();
    let described = Config::described();
    assert_eq!(values.len(), described.len(), "a value for each key, and no other");
    for option in described {
        let (section, key) = (option.section, option.key);
        let full = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
        let (toml, env) =
            values.get(full.as_str()).unwrap_or_else(|| panic!("no value for {full}"));
        // `loopback = "key"` is nothing without one, and TLS without a certificate.
        let certificate = ("tls", "cert", "tests/fixtures/tls/server.pem");
        let its_key = ("tls", "key", "tests/fixtures/tls/server.key");
        let needed = match full.as_str() {
            "access.loopback" => vec![("access", "key", "0123456789abcdef")],
            "http.tls_listen" | "tcp.tls_listen" => vec![certificate, its_key],
            "tls.cert" => vec![its_key],
            "tls.key" => vec![certificate],
            _ => Vec::new(),
        };
        let toml = files(toml);
        let lines: String = needed.iter().map(|(s, k, v)| format!("{s}.{k} = \"{v}\"\n")).collect();
        let by_file = load_text(&format!("{lines}{full} = {toml}\n"));
        let mut variables = vec![(
            format!("TAPLINE_{}__{}", section, key)
                .to_uppercase()
                .replace("TAPLINE___", "TAPLINE__"),
            files(env),
        )];
        variables.extend(needed.iter().map(|(section, key, value)| {
            (format!("TAPLINE_{section}__{key}").to_uppercase(), (*value).to_owned())
        }));
        let by_environment = load_env(&variables);
        assert_ne!(by_file, Config::default(), "{full}");
        assert_eq!(by_file, by_environment, "{full}");
    }
}

#[test]
fn a_later_source_wins_key_by_key() {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    writeln!(
        file,
        "http.listen = \"127.0.0.1:1\"\nudp.listen = \"127.0.0.1:1\"\ntcp.listen = \"127.0.0.1:2\""
    )
    .expect("written");
    let environment = [
        (OsString::from("TAPLINE_HTTP__LISTEN"), OsString::from("127.0.0.1:3")),
        (OsString::from("TAPLINE_UDP__LISTEN"), OsString::from("127.0.0.1:3")),
        (OsString::from("TAPLINE_TOKEN"), OsString::from("no configuration")),
        (OsString::from("OTHER_HTTP__LISTEN"), OsString::from("no configuration")),
    ];
    let flags = Flags {
        http: vec!["127.0.0.1:0".into(), "[::1]:0".into()],
        unix: vec!["/run/a.sock".into()],
        unix_stream: vec!["/run/b.sock".into()],
        log_format: Some("json".into()),
        verbosity: 1,
        ..Flags::default()
    };
    let config = load_from(Some(file.path().into()), environment, &flags).expect("good").config;
    let shown =
        |list: &[std::net::SocketAddr]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(shown(&config.http.listen), ["127.0.0.1:0", "[::1]:0"], "the flags");
    assert_eq!(shown(&config.udp.listen), ["127.0.0.1:3"], "the environment");
    assert_eq!(shown(&config.tcp.listen), ["127.0.0.1:2"], "the file");
    assert_eq!(config.unix.datagram, [PathBuf::from("/run/a.sock")]);
    assert_eq!(config.unix.stream, [PathBuf::from("/run/b.sock")]);
    assert_eq!((config.log.format, config.log.level), (LogFormat::Json, LogLevel::Debug));
}

#[test]
fn a_closed_listener_is_closed_by_flag() {
    let flags = Flags { udp: vec!["off".into()], ..Flags::default() };
    let config = load_from(None, Vec::new(), &flags).expect("good").config;
    assert!(config.udp.listen.is_empty());
    assert_eq!(config.tcp, Config::default().tcp);
}

#[test]
fn a_key_never_shows_where_the_configuration_is_printed() {
    let config = load_env(&[("TAPLINE_ACCESS__KEY".into(), "0123456789abcdef".into())]);
    assert!(!format!("{config:?}").contains("0123456789abcdef"));
}

#[test]
fn wrong_names_in_the_environment_are_told() {
    let output = tapline()
        .arg("check")
        .env("TAPLINE_HTPP__LISTEN", "127.0.0.1:1")
        .env("TAPLINE_UDP__READER", "2")
        .env("TAPLINE_STOP__GRACE", "soon")
        .output()
        .expect("tapline runs");
    assert_eq!(code(&output), Some(78));
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines[0].starts_with("TAPLINE_HTPP__LISTEN: unknown section [htpp]; did you mean [http]?")
    );
    assert!(lines[1].starts_with("TAPLINE_STOP__GRACE: 'soon' is no time span"));
    assert!(lines[2].starts_with(
        "TAPLINE_UDP__READER: unknown key 'reader' in [udp]; did you mean 'readers'?"
    ));
}

#[test]
fn a_variable_with_one_underscore_too_few_is_refused() {
    for (name, meant) in [
        ("TAPLINE_PRIVACY_CLIENTS", "TAPLINE_PRIVACY__CLIENTS"),
        ("TAPLINE_HTTP_LISTEN", "TAPLINE_HTTP__LISTEN"),
        ("TAPLINE_HTTP_TLS_LISTEN", "TAPLINE_HTTP__TLS_LISTEN"),
        ("TAPLINE_ACCESS_KEY", "TAPLINE_ACCESS__KEY"),
        ("TAPLINE_EXCLUDE", "TAPLINE__EXCLUDE"),
    ] {
        let output = tapline().arg("check").env(name, "off").output().expect("tapline runs");
        assert_eq!(code(&output), Some(78), "{name}");
        let told = format!("{name}: did you mean {meant}? As it stands it sets nothing\n");
        assert_eq!(stdout(&output), told);
    }
}

#[test]
fn a_variable_that_sets_nothing_is_noted_unless_it_is_somebody_elses() {
    let mut command = tapline();
    for name in ["LOG", "CONFIG", "PRIVACY_CLIENT", "TOKEN", "USER", "PORT", "SERVICE_HOST"] {
        command.env(format!("TAPLINE_{name}"), "error");
    }
    command.env("TAPLINE_PORT_8514_TCP_ADDR", "10.0.0.1");
    let output = command.arg("check").output().expect("tapline runs");
    let told = stdout(&output);
    assert_eq!(code(&output), Some(0), "{told}");
    let notes: Vec<&str> = told.lines().filter(|l| l.starts_with("note: TAPLINE_")).collect();
    let names = "(names are TAPLINE_<SECTION>__<KEY>)";
    assert_eq!(
        notes,
        [
            format!("note: TAPLINE_CONFIG sets nothing; did you mean --config? {names}"),
            format!("note: TAPLINE_LOG sets nothing; did you mean TAPLINE_LOG__LEVEL? {names}"),
            format!(
                "note: TAPLINE_PRIVACY_CLIENT sets nothing; did you mean TAPLINE_PRIVACY__CLIENTS? {names}"
            ),
        ]
    );
}

#[test]
fn a_terminal_obeys_no_name_of_a_variable_and_no_word_of_a_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("tapline.toml");
    std::fs::write(&file, "[http]\n\"x\u{61c}\u{202e}y\" = 1\n").expect("written");
    let output = tapline()
        .arg("check")
        .arg(&file)
        .env("TAPLINE_HTTP__\u{1b}[2J\u{61c}\u{9b}", "1")
        .env("TAPLINE_\nUDP\u{2067}__LISTEN", "1")
        .output()
        .expect("tapline runs");
    assert_eq!(code(&output), Some(78));
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 3, "{text}");
    let obeyed =
        |c: char| (c.is_control() && c != '\n') || ['\u{61c}', '\u{202e}', '\u{2067}'].contains(&c);
    assert!(!text.contains(obeyed), "{text:?}");
    for shown in [r"x\u061c\u202ey", r"HTTP__\u001b[2J\u061c\u009b", r"_\u000aUDP\u2067__"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
}

#[test]
fn the_exit_code_says_whose_fault_it_was() {
    let bad = fixtures("invalid")[0].display().to_string();
    let cases: &[(&[&str], i32, &str)] = &[
        (&["--version"], 0, ""),
        (&["--help"], 0, ""),
        (&["check", "--help"], 0, ""),
        (&["completions", "bash"], 0, ""),
        (&["completions", "tcsh"], 2, "possible values"),
        (&["snippet", "nginx"], 0, ""),
        (&["snippet", "ngnix"], 2, "nginx"),
        (&["snippet", "nginx", "--server", "a b;c:1"], 2, "no HOST:PORT"),
        (
            &["snipet", "nginx"],
            2,
            "'snipet' is neither a command nor a file; did you mean 'snippet'?",
        ),
        (&["help"], 0, ""),
        (&["help", "token", "new"], 0, ""),
        (&["help", "sevre"], 2, "sevre"),
        (&["chekc", "--defaults"], 2, "did you mean 'check'?"),
        (&["--no-such-flag"], 2, "unexpected argument"),
        (&["--log-format", "xml"], 2, "neither text nor json"),
        (&["--format", "combined"], 2, "none is named"),
        (&["-v", "-q"], 2, "cannot be used with"),
        (&["check", "/nonexistent/tapline.toml"], 78, ""),
        (&["check", &bad], 78, ""),
        (&["snippet", "nginx", "--config", &bad], 78, ":"),
        // Judged before anything is bound.
        (&["sevre", "--http", "127.0.0.1:0"], 2, "did you mean 'serve'?"),
        (&["--http", "nowhere"], 2, "--http: 'nowhere' is no address"),
        (&["serve", "--udp", "off", "--udp", "127.0.0.1:0"], 2, "--udp: 'off' closes"),
        (&["serve", "--http", "0.0.0.0:0"], 78, "--http: 0.0.0.0:0 can be reached"),
        (&["--http", "off", "--udp", "off", "--tcp", "off"], 78, "no listener and no file"),
        (&["demo", "--tcp", "0.0.0.0:0"], 78, "it is not said who may send"),
        (&["demo", "--udp", "off"], 2, "the demo sends its traffic by UDP"),
        (&["replay", "--http", "off", "-"], 2, "`tapline report` needs none"),
        (&["serve", "--config", &bad], 78, ":"),
    ];
    for (arguments, expected, words) in cases {
        let output = run(arguments);
        assert_eq!(code(&output), Some(*expected), "{arguments:?}\n{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{arguments:?}\n{}", stderr(&output));
    }
}

#[test]
fn help_as_a_word_says_what_the_flag_does() {
    for command in [&[][..], &["serve"], &["token", "new"]] {
        let word = run(&[&["help"], command].concat());
        let flag = run(&[command, &["--help"]].concat());
        assert_eq!((code(&word), stdout(&word)), (Some(0), stdout(&flag)), "{command:?}");
    }
}

/// Pieces that files are made of, put together in any order.
fn scraps() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("[http]\n".to_owned()),
        Just("[tcp.allow_from]\n".to_owned()),
        Just("[[sources]]\n".to_owned()),
        Just("[[notify]]\nkind = \"ntfy\"\n".to_owned()),
        Just("url = ".to_owned()),
        Just("listen = ".to_owned()),
        Just("max_body = ".to_owned()),
        Just("zone = ".to_owned()),
        Just("sites = { ".to_owned()),
        Just("exclude = [".to_owned()),
        "\"[^\"\\\\]{0,8}\"",
        "[-+0-9._a-zA-Zµ ]{0,8}",
        Just("1979-05-27T07:32:00Z".to_owned()),
        Just("]".to_owned()),
        Just("}\n".to_owned()),
        Just("\n".to_owned()),
        ".{0,4}",
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_file_is_taken_or_told_in_places_that_it_has(text in scraps()) {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("written");
        if let Err(problems) = load_from(Some(file.path().into()), Vec::new(), &Flags::default()) {
            prop_assert!(!problems.0.is_empty());
            let lines: Vec<&str> = text.split('\n').collect();
            for problem in &problems.0 {
                if let Origin::File { line, column, .. } = &problem.origin {
                    prop_assert!((1..=lines.len()).contains(line), "{problem} in {text:?}");
                    // One behind the last character is where something is missing.
                    let width = lines[line - 1].chars().count() + 1;
                    prop_assert!((1..=width).contains(column), "{problem} in {text:?}");
                }
            }
        }
    }
}

//! Who may do what, seen from outside: the shipped program, its tokens, and requests with and without
//! them.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;
#[path = "access/guests.rs"]
mod guests;

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use common::http::{Answer, Client};
use common::material::{combined_line, time_local};
use common::tapline::{Tapline, binary, percent};

/// A run of the program with nothing of this machine's configuration.
fn tapline(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(binary());
    command.args(arguments).stdin(Stdio::null());
    for name in ["HOME", "XDG_CONFIG_HOME", "container", "KUBERNETES_SERVICE_HOST"] {
        command.env_remove(name);
    }
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("TAPLINE_")) {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied()).output().expect("tapline runs")
}

/// The token that `tapline token new` says, and what it says to write into the configuration.
fn new_token(arguments: &[&str]) -> (String, String) {
    let output = tapline(&[&["token", "new"], arguments].concat(), &[]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    // Nothing but what a file of the configuration takes.
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.starts_with("[[token]]\n"), "{table}");
    let said = String::from_utf8(output.stderr).unwrap();
    let token = said.trim_end().strip_prefix("the token, which is shown only now: ");
    (token.expect("a token").to_owned(), table)
}

/// One request with these headers and this body.
fn ask(to: SocketAddr, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: {to}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    Client::new(to).send(request.as_bytes(), method == "HEAD").expect(target)
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

/// As `curl --user NAME:TOKEN` and nginx's `proxy_set_header` send it.
fn basic(token: &str) -> String {
    let pair = data_encoding::BASE64.encode(format!("anyone:{token}").as_bytes());
    format!("Authorization: Basic {pair}\r\n")
}

const MARKER: &str = r#"{"text":"deploy"}"#;

#[test]
fn each_right_does_what_it_says_and_nothing_else() {
    let tokens: Vec<(&str, String, String)> = ["send", "look", "admin"]
        .into_iter()
        .map(|right| {
            let (token, table) = new_token(&["--right", right]);
            assert!(token.starts_with(&format!("tapline_{right}_")), "{token}");
            assert!(token.len() > 43 && !table.contains(&token), "{table}");
            (right, token, table)
        })
        .collect();
    let tables: String = tokens.iter().map(|(.., table)| table.as_str()).collect();
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, &format!("access.loopback = \"key\"\n{tables}"));
    let line = combined_line(1, &time_local());
    for (method, target, body, may) in [
        ("GET", "/", "", &["look", "admin"][..]),
        ("GET", "/metrics", "", &["look", "admin"]),
        ("GET", "/api/v1/summary", "", &["look", "admin"]),
        ("GET", "/api/v1/series", "", &["look", "admin"]),
        ("GET", "/api/v1/events", "", &["look", "admin"]),
        ("GET", "/api/v1/trend", "", &["look", "admin"]),
        ("GET", "/api/v1/values?field=path", "", &["look", "admin"]),
        ("GET", "/api/v1/anomalies", "", &["look", "admin"]),
        ("GET", "/api/v1/sources", "", &["look", "admin"]),
        ("GET", "/api/v1/host", "", &["look", "admin"]),
        ("GET", "/api/v1/markers", "", &["look", "admin"]),
        ("GET", "/api/v1/mutes", "", &["look", "admin"]),
        ("GET", "/api/v1/session", "", &["send", "look", "admin"]),
        ("POST", "/api/v1/logs", &line, &["send", "admin"]),
        ("PUT", "/api/v1/logs", &line, &["send", "admin"]),
        ("POST", "/loki/api/v1/push", &line, &["send", "admin"]),
        ("GET", "/ready", "", &["send", "look", "admin"]),
        ("POST", "/api/v1/markers", MARKER, &["admin"]),
        ("DELETE", "/api/v1/markers", MARKER, &["admin"]),
        ("POST", "/api/v1/mutes", "{}", &["admin"]),
        ("DELETE", "/api/v1/mutes/none", "", &["admin"]),
    ] {
        for (right, token, _) in &tokens {
            for headers in [bearer(token), basic(token)] {
                let answer = ask(tapline.http, method, target, &headers, body);
                let allowed = !matches!(answer.status, 401 | 403);
                assert_eq!(allowed, may.contains(right), "{right}: {method} {target}");
                if !allowed {
                    assert_eq!(answer.status, 403, "{right}: {method} {target}");
                    assert_eq!(answer.json()["error"]["code"], "not_allowed");
                }
            }
        }
        for headers in ["", &bearer("tapline_look_0"), "Cookie: tapline=x\r\n"] {
            let answer = ask(tapline.http, method, target, headers, body);
            assert_eq!(answer.status, 401, "{headers}: {method} {target}");
        }
    }
    // The token of a URL is in the log of every proxy: it is not looked at.
    let (_, token, _) = &tokens[2];
    for query in ["token", "key", "access_token", "authorization"] {
        let target = format!("/api/v1/summary?{query}={token}");
        assert_eq!(ask(tapline.http, "GET", &target, "", "").status, 401, "{query}");
    }
    let ended = tapline.terminate();
    assert!(tokens.iter().all(|(_, token, _)| !ended.log.contains(token)), "{}", ended.log);
}

#[test]
fn probes_need_neither_a_credential_nor_a_name_of_ours() {
    let dir = TempDir::new().unwrap();
    let config = "access.loopback = \"key\"\naccess.key = \"kQ7vLw2nRz8xTb4mYc6sHd\"\n";
    let tapline = Tapline::configured(&dir, config);
    for (target, word) in [("/healthz", "ok\n"), ("/readyz", "ready\n")] {
        for head in [
            format!("Host: {}\r\n", tapline.http),
            "Host: 10.0.3.7:8514\r\nUser-Agent: kube-probe/1.31\r\n".to_owned(),
            "Host: stats.example\r\nX-Forwarded-For: 203.0.113.9\r\n".to_owned(),
            "Host: stats.example\r\nAuthorization: Bearer wrong\r\n".to_owned(),
        ] {
            let request = |method: &str| format!("{method} {target} HTTP/1.1\r\n{head}\r\n");
            let mut client = Client::new(tapline.http);
            let answer = client.send(request("GET").as_bytes(), false).unwrap();
            assert_eq!((answer.status, &*answer.body), (200, word.as_bytes()), "{target} {head}");
            assert_eq!(client.send(request("HEAD").as_bytes(), true).unwrap().status, 200);
        }
        // Nothing else of these paths is free.
        assert_eq!(ask(tapline.http, "POST", target, "", "a body").status, 401, "{target}");
    }
}

#[test]
fn a_token_ends_when_it_says_so() {
    let (old, table) = new_token(&["--right", "look", "--name", "old", "--expires", "30d"]);
    let end = table.lines().find_map(|line| line.strip_prefix("expires = ")).expect("an end");
    let over = table.replace(end, "\"2026-01-01\"");
    let (young, other) = new_token(&["--right", "look", "--name", "young", "--expires", "1h"]);
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, &format!("access.loopback = \"key\"\n{over}{other}"));
    let status = |token: &str| ask(tapline.http, "GET", "/api/v1/host", &bearer(token), "").status;
    assert_eq!((status(&old), status(&young)), (401, 200));
    let refused = ask(tapline.http, "GET", "/api/v1/host", &bearer(&old), "").json();
    assert_eq!(refused["error"]["message"], "this token is over since 2026-01-01T00:00:00Z");
    let refused = ask(tapline.http, "GET", "/api/v1/host", &bearer("made-up"), "").json();
    assert_eq!(refused["error"]["message"], "this needs a credential");
    let log = tapline.terminate().log;
    assert!(log.contains("a token that is over was shown"), "{log}");
    assert!(log.contains("name=old end=2026-01-01T00:00:00Z"), "{log}");
}

#[test]
fn a_plain_token_stands_in_a_file_the_environment_or_a_credential_of_the_service() {
    let dir = TempDir::new().unwrap();
    let plain = "kQ7vLw2nRz8xTb4mYc6sHd";
    let file = dir.path().join("api");
    std::fs::write(&file, format!("{plain}\n")).unwrap();
    let config = dir.path().join("tapline.toml");
    let shown = config.display().to_string();
    let places = [
        (format!("file = \"{}\"", file.display()), None),
        ("env = \"API_TOKEN\"".to_owned(), Some(("API_TOKEN", plain.to_owned()))),
        (
            "credential = \"api\"".to_owned(),
            Some(("CREDENTIALS_DIRECTORY", dir.path().display().to_string())),
        ),
    ];
    for (place, variable) in places {
        let text = format!("[[token]]\nname = \"api\"\nright = \"look\"\n{place}\n");
        std::fs::write(&config, text).unwrap();
        let check = |environment: &[(&str, &str)]| {
            let output = tapline(&["check", &shown], environment);
            (output.status.code(), String::from_utf8(output.stdout).unwrap())
        };
        let set: Vec<(&str, &str)> =
            variable.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let (code, told) = check(&set);
        assert_eq!(code, Some(0), "{place}: {told}");
        assert!(told.contains("token: api (look)\n") && !told.contains(plain), "{place}: {told}");
        if let [(name, _)] = set[..] {
            let (code, told) = check(&[]);
            assert_eq!(code, Some(78), "{place}: {told}");
            assert!(told.contains(name), "{place}: {told}");
            let short = [(name, if name == "API_TOKEN" { "short" } else { "/nonexistent" })];
            assert_eq!(check(&short).0, Some(78), "{place}");
        }
    }
    let text =
        format!("[[token]]\nname = \"api\"\nright = \"send\"\nfile = \"{}\"\n", file.display());
    let tapline = Tapline::configured(&dir, &format!("access.loopback = \"key\"\n{text}"));
    let line = combined_line(1, &time_local());
    assert_eq!(ask(tapline.http, "POST", "/api/v1/logs", &basic(plain), &line).status, 200);
}

#[test]
fn an_open_bind_without_a_credential_is_refused_with_what_to_do() {
    let serve = |arguments: &[&str], environment: &[(&str, &str)]| {
        let closed = ["--udp", "off", "--tcp", "off", "--data", "off", "--config", "/dev/null"];
        let output = tapline(&[&["serve"], arguments, &closed].concat(), environment);
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8514"] {
        let (code, told) = serve(&["--http", address], &[]);
        assert_eq!(code, Some(78), "{address}: {told}");
        // The tests may run in one themselves.
        let contained = ["/.dockerenv", "/run/.containerenv"].iter().any(|f| Path::new(f).exists());
        let way = if contained { "this is a container" } else { "insecure = true" };
        for word in ["--http", address, "credential", "tapline token new", way] {
            assert!(told.contains(word), "{address}: {word} is not in {told}");
        }
    }
    for engine in [("container", "podman"), ("KUBERNETES_SERVICE_HOST", "10.0.0.1")] {
        let (code, told) = serve(&["--http", "0.0.0.0:8514"], &[engine]);
        assert_eq!(code, Some(78), "{told}");
        for word in ["0.0.0.0:8514", "-p 127.0.0.1:8514:8514", "TAPLINE_ACCESS__KEY", "key_file"] {
            assert!(told.contains(word), "{word} is not in {told}");
        }
    }
    // A syslog listener names its senders instead.
    for (flag, section) in [("--udp", "[udp]"), ("--tcp", "[tcp]")] {
        let output = tapline(&["serve", flag, "0.0.0.0:0", "--config", "/dev/null"], &[]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{told}");
        assert!(told.contains(section) && told.contains("allow_from"), "{told}");
    }
}

#[test]
fn what_comes_through_a_proxy_needs_a_credential_even_on_loopback() {
    let (token, table) = new_token(&["--right", "look"]);
    let dir = TempDir::new().unwrap();
    let public = "access.public_url = \"https://stats.example.org\"\n";
    let tapline = Tapline::configured(&dir, &format!("{public}{table}"));
    let home = tapline.http.to_string();
    let status = |host: &str, headers: &str| {
        let request = format!("GET /api/v1/host HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        Client::new(tapline.http).send(request.as_bytes(), false).expect(host).status
    };
    assert_eq!(status(&home, ""), 200);
    for headers in [
        "X-Forwarded-For: 203.0.113.9\r\n",
        "X-Forwarded-Proto: https\r\n",
        "x-forwarded-anything: 1\r\n",
        "Forwarded: for=203.0.113.9\r\n",
        "Via: 1.1 proxy\r\n",
    ] {
        assert_eq!(status(&home, headers), 401, "{headers}");
        assert_eq!(status(&home, &format!("{headers}{}", bearer(&token))), 200, "{headers}");
    }
    assert_eq!(status("stats.example.org", ""), 401);
    assert_eq!(status("stats.example.org", &basic(&token)), 200);
    assert_eq!(status("192.0.2.1", ""), 401, "an address that is not loopback's");
    assert_eq!(status("other.example.org", &bearer(&token)), 403, "whatever is shown");
    let origin = |text: &str| format!("{}Origin: {text}\r\n", bearer(&token));
    assert_eq!(status("stats.example.org", &origin("https://stats.example.org")), 200);
    assert_eq!(status("stats.example.org", &origin("https://evil.example")), 403);
}

#[test]
fn whoever_is_refused_is_told_how_to_ask() {
    let dir = TempDir::new().unwrap();
    let key = "access.loopback = \"key\"\naccess.key = \"0123456789abcdef\"\n";
    let tapline = Tapline::configured(&dir, key);
    let answer = ask(tapline.http, "GET", "/api/v1/summary", "", "");
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (401, &"key_needed".into()));
    assert_eq!(answer.all("www-authenticate").len(), 2, "programs may use either way");
    // A browser would ask for a password by itself, over the page's own way of asking.
    let browser = ask(tapline.http, "GET", "/api/v1/summary", "Sec-Fetch-Mode: cors\r\n", "");
    assert_eq!(browser.all("www-authenticate"), ["Bearer realm=\"Tapline\""]);
    // Over plain HTTP from another machine browsers send no Fetch Metadata.
    let plain = "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\n";
    let browser = ask(tapline.http, "GET", "/api/v1/summary", plain, "");
    assert_eq!(browser.all("www-authenticate"), ["Bearer realm=\"Tapline\""]);
    let key = ask(tapline.http, "GET", "/api/v1/summary", &basic("0123456789abcdef"), "");
    assert_eq!(key.status, 200);
}

/// `[[user]]` as `tapline user hash` prints it for a password on its standard input.
fn user(name: &str, right: &str, password: &str) -> String {
    let mut command = Command::new(binary());
    command.args(["user", "hash", "--name", name, "--right", right]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("tapline");
    child.stdin.take().expect("stdin").write_all(password.as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0));
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(table.contains("$argon2id$v=19$m=19456,t=2,p=1$") && !table.contains(password));
    table
}

fn login(to: SocketAddr, headers: &str, name: &str, password: &str) -> Answer {
    let body = serde_json::json!({"name": name, "password": password}).to_string();
    ask(to, "POST", "/api/v1/login", headers, &body)
}

/// The `Cookie` header that a browser makes of an answer.
fn cookie(answer: &Answer) -> String {
    let set = answer.all("set-cookie");
    let [set] = set[..] else { panic!("{set:?} is not one cookie") };
    format!("Cookie: {}\r\n", set.split(';').next().expect("a pair"))
}

const LOCKED: &str = "access.loopback = \"key\"\n";

#[test]
fn a_user_logs_in_looks_and_logs_out() {
    let tables = user("ann", "admin", "correct horse") + &user("bob", "look", "battery staple");
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, &format!("{LOCKED}{tables}"));
    let to = tapline.http;

    let page = ask(to, "GET", "/?filter=status:5xx", "Accept: text/html\r\n", "");
    assert_eq!(page.status, 401);
    let text = String::from_utf8(page.body.clone()).unwrap();
    assert!(text.contains("type=\"password\"") && text.contains("./assets/login"), "{text}");
    assert_eq!(page.all("cache-control"), ["no-store"]);
    let policy = page.all("content-security-policy").join("");
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe-inline"), "{policy}");
    assert!(!text.contains("<style") && !text.contains(" style="), "{text}");
    let script = text.split("src=\"./assets/").nth(1).and_then(|rest| rest.split('"').next());
    let script = format!("/assets/{}", script.expect("a script"));
    assert_eq!(ask(to, "GET", &script, "", "").status, 200, "the login page works without a login");

    for (name, password) in [
        ("ann", "battery staple"),
        ("ann", ""),
        ("nobody", "correct horse"),
        ("", "correct horse"),
        ("Ann", "correct horse"),
    ] {
        let answer = login(to, "", name, password);
        assert_eq!(answer.status, 401, "{name} {password}");
        assert_eq!(answer.json()["error"]["code"], "bad_login");
        assert!(answer.all("set-cookie").is_empty());
    }
    let answer = login(to, "", "ann", "correct horse");
    assert_eq!((answer.status, answer.json()["right"].as_str()), (200, Some("admin")));
    let set = answer.all("set-cookie").join("");
    for word in ["tapline=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(set.contains(word), "{word} is not in {set}");
    }
    let ann = cookie(&answer);
    assert_eq!(ask(to, "GET", "/", &ann, "").status, 200);
    assert_eq!(ask(to, "GET", "/api/v1/session", &ann, "").json()["name"], "ann");
    assert_eq!(ask(to, "POST", "/api/v1/markers", &ann, MARKER).status, 201);
    let bob = cookie(&login(to, "", "bob", "battery staple"));
    assert_eq!(ask(to, "GET", "/api/v1/summary", &bob, "").status, 200);
    assert_eq!(ask(to, "POST", "/api/v1/markers", &bob, MARKER).status, 403);
    let foreign = format!("{ann}Origin: http://evil.example\r\n");
    assert_eq!(ask(to, "POST", "/api/v1/markers", &foreign, MARKER).status, 403);

    let out = ask(to, "POST", "/api/v1/logout", &ann, "");
    assert!(out.all("set-cookie").join("").contains("Max-Age=0"));
    assert_eq!(ask(to, "GET", "/api/v1/summary", &ann, "").status, 401, "the cookie is worthless");
    assert_eq!(ask(to, "GET", "/api/v1/summary", &bob, "").status, 200);
    let ended = tapline.terminate();
    assert!(
        ended.log.contains("logged in") && !ended.log.contains("correct horse"),
        "{}",
        ended.log
    );
}

#[test]
fn a_token_that_may_look_opens_the_page_and_one_that_sends_does_not() {
    let (look, tables) = new_token(&["--right", "look"]);
    let (send, more) = new_token(&["--right", "send"]);
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, &format!("{LOCKED}{tables}{more}"));
    assert_eq!(login(tapline.http, "", "", &send).status, 401);
    let session = cookie(&login(tapline.http, "", "", &look));
    assert!(!session.contains(&look), "the token itself does not stay in the browser");
    assert_eq!(ask(tapline.http, "GET", "/", &session, "").status, 200);
}

#[test]
fn guessing_is_slowed_by_the_address_that_guesses() {
    let dir = TempDir::new().unwrap();
    let proxies = "access.trusted_proxies = [\"127.0.0.1\"]\n";
    let public = "access.public_url = \"https://stats.example.org\"\n";
    let tables = user("ann", "admin", "correct horse");
    let tapline = Tapline::configured(&dir, &format!("{LOCKED}{proxies}{public}{tables}"));
    let to = tapline.http;
    // All at once, so that none is let through for coming before the others have failed.
    let tries = |ip: &'static str, n: usize| -> Vec<u16> {
        let all: Vec<_> = (0..n)
            .map(|_| std::thread::spawn(move || login(to, &from(ip), "ann", "wrong").status))
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    };
    let mut first = tries("203.0.113.1", 12);
    first.sort_unstable();
    assert_eq!(first[..10], [401; 10]);
    assert_eq!(first[10..], [429; 2]);
    let refused = login(to, &from("203.0.113.1"), "ann", "correct horse");
    assert_eq!(refused.status, 429, "the right one, too: the answer tells nothing");
    let wait: u32 = refused.all("retry-after").join("").parse().unwrap();
    let hint = refused.json()["error"]["hint"].clone();
    assert_eq!(hint, format!("try again in {wait} s"), "the header says what the text says");
    let elsewhere = login(to, &from("203.0.113.2"), "ann", "correct horse");
    assert_eq!(elsewhere.status, 200, "her owner is let in from another address");
    tapline.logs("address=203.0.113.1");

    // Over HTTPS the cookie is for HTTPS and this host alone.
    let request = format!(
        "POST /api/v1/login HTTP/1.1\r\nHost: stats.example.org\r\n{}Content-Length: 44\r\n\r\n{}",
        from("203.0.113.3"),
        r#"{"name":"ann" , "password":"correct horse" }"#
    );
    let answer = Client::new(to).send(request.as_bytes(), false).unwrap();
    let set = answer.all("set-cookie").join("");
    assert!(
        set.starts_with("__Host-tapline=") && set.contains("; Secure"),
        "{} {set}",
        answer.status
    );
}

/// As a proxy sends it that was asked by this address, whatever that said of itself.
fn from(ip: &str) -> String {
    format!("X-Forwarded-For: 198.51.100.9, {ip}\r\n")
}

#[test]
fn an_odd_login_is_refused_and_quotes_nothing() {
    let dir = TempDir::new().unwrap();
    let tapline =
        Tapline::configured(&dir, &format!("{LOCKED}{}", user("ann", "look", "correct horse")));
    let long = serde_json::json!({"password": "x".repeat(2_000)}).to_string();
    let huge = format!("{{\"password\":\"{}\"}}", "x".repeat(20_000));
    for (body, status) in [
        ("", 400),
        ("{}", 400),
        ("[1]", 400),
        (r#"{"name":"ann","password":"swordfish","admin":true}"#, 400),
        (r#"{"password":{"swordfish":1}}"#, 400),
        (long.as_str(), 413),
        (huge.as_str(), 413),
        (r#"{"name":"a\nb","password":"swordfish"}"#, 401),
    ] {
        let answer = ask(tapline.http, "POST", "/api/v1/login", "", body);
        assert_eq!(answer.status, status, "{}", &body[..body.len().min(60)]);
        assert!(!String::from_utf8_lossy(&answer.body).contains("swordfish"));
    }
    assert_eq!(ask(tapline.http, "GET", "/api/v1/login", "", "").status, 405);
    assert!(!tapline.log().contains("swordfish"));
}

#[test]
fn the_end_of_a_login_ends_what_it_watches() {
    let dir = TempDir::new().unwrap();
    let tapline =
        Tapline::configured(&dir, &format!("{LOCKED}{}", user("ann", "look", "correct horse")));
    let to = tapline.http;
    let ann = cookie(&login(to, "", "ann", "correct horse"));
    let mut feed = TcpStream::connect(to).unwrap();
    feed.set_read_timeout(Some(common::PATIENCE)).unwrap();
    let request = format!("GET /api/v1/live?format=ndjson HTTP/1.1\r\nHost: {to}\r\n{ann}\r\n");
    feed.write_all(request.as_bytes()).unwrap();
    let mut lines = BufReader::new(feed).lines().map_while(Result::ok);
    assert!(lines.any(|line| line.contains("\"type\":\"snapshot\"")));
    assert_eq!(ask(to, "POST", "/api/v1/logout", &ann, "").status, 204);
    assert!(lines.any(|line| line.contains("\"type\":\"bye\"") && line.contains("login is over")));
    assert_eq!(lines.last().as_deref(), Some(""), "and the stream ends");
}

const SITES: [&str; 3] = ["own.example", "other.example", "third.example"];

/// A line of one site, as nginx's vhost formats write it; `n` makes its values the site's own.
fn line_of(site: &str, n: usize) -> String {
    let word = site.split('.').next().expect("a word");
    format!(
        "{site}:443 203.0.113.{n} - {word}-user [{}] \"GET /{word}/{n}?q={word} HTTP/1.1\" 500 7 \"https://{word}.referrer/\" \"{word}-agent/{n}\"",
        time_local()
    )
}

/// A server with lines of three sites, a marker each, the admin's token, and a guest of the first site.
fn shared(dir: &TempDir) -> (Tapline, String, String) {
    let (admin, table) = new_token(&["--right", "admin"]);
    let tapline = Tapline::configured(dir, &format!("{LOCKED}{table}"));
    let to = tapline.http;
    let admin = bearer(&admin);
    let lines: Vec<String> =
        SITES.iter().flat_map(|site| (1..=20).map(|n| line_of(site, n))).collect();
    let sent = ask(to, "POST", "/api/v1/logs?source=sender-7", &admin, &lines.join("\n"));
    assert_eq!(sent.json()["accepted"], 60, "{}", String::from_utf8_lossy(&sent.body));
    for site in SITES {
        let marker = serde_json::json!({"text": format!("deploy {site}"), "site": site});
        ask(to, "POST", "/api/v1/markers", &admin, &marker.to_string());
    }
    ask(to, "POST", "/api/v1/markers", &admin, r#"{"text":"deploy other.example for all"}"#);
    let (_, guest) = share(to, &admin, r#"{"site":"own.example","expires":"2h"}"#);
    (tapline, admin, guest)
}

/// A link's id and the cookie it is exchanged for.
fn share(to: SocketAddr, admin: &str, wish: &str) -> (String, String) {
    let made = ask(to, "POST", "/api/v1/shares", admin, wish);
    assert_eq!(made.status, 201, "{}", String::from_utf8_lossy(&made.body));
    let made = made.json();
    let link = made["link"].as_str().expect("a link");
    let (page, token) = link.split_once("#share=").expect("behind the #");
    assert_eq!(page, format!("http://{to}/"));
    let opened = open_share(to, token);
    assert_eq!(opened.status, 200);
    let id = made["id"].as_str().expect("an id").to_owned();
    let set = opened.all("set-cookie").join("");
    assert!(set.contains("HttpOnly; SameSite=Strict"), "{set}");
    (id, cookie(&opened))
}

fn open_share(to: SocketAddr, token: &str) -> Answer {
    ask(to, "POST", "/api/v1/shares/open", "", &serde_json::json!({"token": token}).to_string())
}

/// Nothing of other sites, however it is written, and of no sender.
fn assert_clean(what: &str, text: &str) {
    assert!(!text.contains("sender-7"), "{what} tells of a sender: {text}");
    for word in ["other", "third"] {
        for leak in [
            format!("{word}.example"),
            format!("/{word}/"),
            format!("{word}-agent"),
            format!("{word}-user"),
            format!("{word}.referrer"),
        ] {
            assert!(!text.contains(&leak), "{what} tells {leak}: {text}");
        }
    }
}

/// A filter that asks for other sites, and whether the guest's own rows are in it.
const TRICKS: [(&str, bool); 14] = [
    ("", true),
    ("site:own.example", true),
    ("site:other.example", false),
    ("site:own.example site:other.example", true),
    ("site:other.example site:third.example", false),
    ("-site:own.example", false),
    ("-site:other.example", true),
    ("site:*", true),
    ("site:o*", true),
    ("site:\"other.example\"", false),
    ("-site:zzz path:/oth*", false),
    ("site:own.example -site:own.example site:other.example", false),
    ("site:-", false),
    ("status:500 status:200 site:third.example -site:-", false),
];

#[test]
fn a_guest_of_one_site_finds_no_trick_to_see_another() {
    let dir = TempDir::new().unwrap();
    let (tapline, admin, guest) = shared(&dir);
    let to = tapline.http;
    let get = |target: &str| ask(to, "GET", target, &guest, "");
    for target in ["/api/v1/markers", "/api/v1/markers?site=other.example"] {
        let answer = get(target);
        assert_eq!(answer.status, 200, "{target}");
        assert_clean(target, &String::from_utf8_lossy(&answer.body));
    }
    for (filter, own) in TRICKS {
        let asked = format!("filter={}", percent(filter));
        let summary = get(&format!(
            "/api/v1/summary?top=100&panels=sites,paths,agents,users,referrers,sources,sources:bytes:3&{asked}"
        ));
        assert_eq!(summary.status, 200, "{filter}");
        assert_eq!(summary.json()["requests"], if own { 20 } else { 0 }, "{filter}");
        assert_eq!(summary.json()["accounting"]["received"], if own { 20 } else { 0 }, "{filter}");
        for target in [
            "/api/v1/summary?top=100&before=1h",
            "/api/v1/series?bands=1",
            "/api/v1/events?limit=1000",
            "/api/v1/trend?list=sites&rows=50",
            "/api/v1/trend?list=paths&rows=50",
            "/api/v1/values?field=site&limit=50",
            "/api/v1/values?field=path&limit=50",
            "/api/v1/values?field=agent&text=other&limit=50",
            "/api/v1/markers?",
            "/api/v1/markers?site=other.example",
            "/api/v1/anomalies?",
            "/api/v1/anomalies?site=other.example",
            "/api/v1/sources?",
            "/api/v1/session?",
        ] {
            let answer = get(&format!("{target}&{asked}"));
            // Marks have no filter.
            let is_known = !target.starts_with("/api/v1/markers");
            assert_eq!(answer.status, if is_known { 200 } else { 400 }, "{target} {filter}");
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            // What he asked for himself is told back in the normal form.
            assert_clean(&format!("{target} {filter}"), &text);
            if target.starts_with("/api/v1/events") {
                let events = answer.json()["events"].as_array().expect("events").len();
                assert_eq!(events, if own { 20 } else { 0 }, "{filter}");
            }
        }
        let series = get(&format!("/api/v1/series?{asked}")).json();
        assert!(series["host"].as_array().is_none_or(|host| host.iter().all(|p| p.is_null())));
    }
    assert!(String::from_utf8_lossy(&get("/api/v1/markers").body).contains("deploy own.example"));
    // What is not one site's is not for guests, who sent it neither, and nothing can be changed.
    for (method, target) in [
        ("GET", "/api/v1/values?field=source"),
        ("GET", "/api/v1/trend?list=sources"),
        ("GET", "/api/v1/trend?list=sources&by=bytes"),
        ("GET", "/api/v1/summary?filter=source:sender-7"),
        ("GET", "/api/v1/events?filter=-source:x"),
        ("GET", "/api/v1/anomalies?filter=source:sender-7"),
        ("GET", "/api/v1/live?format=ndjson&filter=source:*"),
        ("GET", "/metrics"),
        ("GET", "/api/v1/host"),
        ("GET", "/api/v1/mutes"),
        ("GET", "/api/v1/shares"),
        ("GET", "/api/v1/anomalies/why"),
        ("GET", "/api/v1/rules/backtest?when=count%20%3C%201%20for%201m"),
        ("GET", "/api/v1/logs"),
        ("GET", "/api/v2/anything"),
        ("GET", "/api/v1/summary/"),
        ("POST", "/api/v1/logs"),
        ("POST", "/api/v1/markers"),
        ("DELETE", "/api/v1/markers"),
        ("POST", "/api/v1/mutes"),
        ("DELETE", "/api/v1/mutes/m1"),
        ("POST", "/api/v1/shares"),
        ("DELETE", "/api/v1/shares/00000000"),
        ("POST", "/api/v1/summary"),
    ] {
        let answer = ask(to, method, target, &guest, "{}");
        assert_eq!(answer.status, 403, "{method} {target}");
    }
    assert_eq!(get("/").status, 200);
    assert_eq!(ask(to, "GET", "/api/v1/summary", &admin, "").json()["requests"], 60);
}

/// What a feed says first, up to and with its snapshot and a few ticks.
fn feed(to: SocketAddr, headers: &str, query: &str, ticks: usize) -> String {
    let mut stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(common::PATIENCE)).unwrap();
    let request = format!("GET /api/v1/live?{query} HTTP/1.1\r\nHost: {to}\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let (mut text, mut seen) = (String::new(), 0);
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        seen += usize::from(line.contains("\"type\":\"tick\""));
        text += &line;
        text.push('\n');
        if seen == ticks {
            break;
        }
    }
    assert_eq!(seen, ticks, "{text}");
    text
}

#[test]
fn what_the_page_has_one_paste_works_once_the_token_is_put_in() {
    let dir = TempDir::new().unwrap();
    let (send, table) = new_token(&["--right", "send"]);
    let (look, look_table) = new_token(&["--right", "look"]);
    for (config, asks) in
        [(format!("access.loopback = \"key\"\n{table}{look_table}"), true), (String::new(), false)]
    {
        let tapline = Tapline::configured(&dir, &config);
        let told = feed(tapline.http, &bearer(&look), "format=ndjson", 1);
        let hello = told.lines().find(|line| line.starts_with("{\"type\":\"hello\"")).unwrap();
        let hello: serde_json::Value = serde_json::from_str(hello).unwrap();
        let all = hello["snippets"].as_array().unwrap();
        let curl = all.iter().find(|it| it["sender"] == "curl").unwrap()["text"].as_str().unwrap();
        let header = curl.split('"').find_map(|it| it.strip_prefix("Authorization: "));
        assert_eq!(header, asks.then_some("Bearer $TAPLINE_TOKEN"), "{curl}");
        assert_eq!(curl.contains("tapline token new --right send"), asks, "{curl}");
        let header = header.map(|it| format!("Authorization: {it}\r\n")).unwrap_or_default();
        let (_, to) = curl.split_once("'http://").unwrap();
        let (address, target) = to.split_once("'").unwrap().0.split_once('/').unwrap();
        assert_eq!(address, tapline.http.to_string());
        let line = combined_line(1, &time_local());
        let headers = header.replace("$TAPLINE_TOKEN", &send);
        assert_eq!(ask(tapline.http, "POST", &format!("/{target}"), &headers, &line).status, 200);
    }
}

#[test]
fn a_guests_feed_tells_of_his_site_alone_beside_an_admins_of_the_same_filter() {
    let dir = TempDir::new().unwrap();
    let (tapline, admin, guest) = shared(&dir);
    let to = tapline.http;
    // Somebody who may see all watches exactly what the guest asks for, and what it is made to.
    let watchers: Vec<_> = ["site:own.example site:other.example", "site:\"own.example\""]
        .into_iter()
        .map(|filter| {
            let (admin, query) =
                (admin.clone(), format!("format=ndjson&filter={}", percent(filter)));
            std::thread::spawn(move || feed(to, &admin, &query, 3))
        })
        .collect();
    for format in ["ndjson", "sse"] {
        for (filter, own) in TRICKS.into_iter().step_by(2) {
            let query = format!("format={format}&filter={}", percent(filter));
            let lines: Vec<String> = SITES.iter().map(|site| line_of(site, 21)).collect();
            let sent = ask(to, "POST", "/api/v1/logs?source=sender-7", &admin, &lines.join("\n"));
            assert_eq!(sent.status, 200);
            // The first may be of the second before.
            let query = format!("{query}&topics=tick,tail&panels=sources,paths");
            let text = feed(to, &guest, &query, 2);
            assert_clean(&format!("{format} {filter}"), &text);
            assert!(text.contains("\"site\":\"own.example\",\"listeners\":[]"), "{text}");
            assert_eq!(text.contains("/own/"), own, "{filter}: {text}");
            for word in ["\"listener\":", "snippet nginx", "\"host\":{", "deploy other"] {
                assert!(!text.contains(word), "{format} {filter} tells {word}: {text}");
            }
        }
    }
    for watcher in watchers {
        assert!(watcher.join().unwrap().contains("\"listener\":"), "who may see all sees all");
    }
}

#[test]
fn the_log_says_who_changed_what_and_nothing_of_what_was_refused() {
    let dir = TempDir::new().unwrap();
    let (tapline, admin, _) = shared(&dir);
    for (method, target, body, status) in [
        ("GET", "/api/v1/shares", "", 200),
        ("POST", "/api/v1/shares", r#"{"site":"a","expires":"soon"}"#, 400),
        ("DELETE", "/api/v1/shares/00000000", "", 404),
        ("POST", "/api/v1/markers", r#"{"text":"v2 is out"}"#, 201),
    ] {
        assert_eq!(ask(tapline.http, method, target, &admin, body).status, status, "{target}");
    }
    let log = tapline.terminate().log;
    let told =
        |path: &str| log.lines().filter(|l| l.contains("administered") && l.contains(path)).count();
    // One of each site and one of all were there before, as was a link.
    let marks = SITES.len() + 2;
    let all = (told("/api/v1/markers"), told("/api/v1/shares"), told(""));
    assert_eq!(all, (marks, 1, marks + 1), "{log}");
}

#[test]
fn a_link_ends_when_it_is_revoked_or_over_and_outlasts_a_restart() {
    let dir = TempDir::new().unwrap();
    let (tapline, admin, guest) = shared(&dir);
    let to = tapline.http;
    let made = ask(to, "POST", "/api/v1/shares", &admin, r#"{"site":"Other.Example"}"#).json();
    assert_eq!((&made["site"], &made["known"]), (&"other.example".into(), &true.into()));
    let token = made["link"].as_str().and_then(|link| link.split('=').nth(1)).unwrap().to_owned();
    let (id, revoked) = share(to, &admin, r#"{"site":"third.example","expires":"1h"}"#);
    let (_, short) = share(to, &admin, r#"{"site":"own.example","expires":"3s"}"#);
    let listed = ask(to, "GET", "/api/v1/shares", &admin, "").json();
    assert_eq!(listed["shares"].as_array().map(Vec::len), Some(4));
    assert!(!listed.to_string().contains(&token), "a link is shown once");

    let watch = |headers: String| {
        std::thread::spawn(move || {
            let mut stream = TcpStream::connect(to).unwrap();
            stream.set_read_timeout(Some(common::PATIENCE)).unwrap();
            let request =
                format!("GET /api/v1/live?format=ndjson HTTP/1.1\r\nHost: {to}\r\n{headers}\r\n");
            stream.write_all(request.as_bytes()).unwrap();
            let lines = BufReader::new(stream).lines().map_while(Result::ok);
            lines.filter(|line| line.contains("\"bye\"") && line.contains("login is over")).count()
        })
    };
    let (over, ended) = (watch(short.clone()), watch(revoked.clone()));
    assert_eq!(over.join().unwrap(), 1, "its feed ends with it");
    assert_eq!(ask(to, "GET", "/api/v1/summary", &short, "").status, 401);
    assert_eq!(ask(to, "GET", "/api/v1/summary", &revoked, "").status, 200);
    assert_eq!(ask(to, "DELETE", &format!("/api/v1/shares/{id}"), &admin, "").status, 204);
    assert_eq!(ask(to, "DELETE", &format!("/api/v1/shares/{id}"), &admin, "").status, 404);
    assert_eq!(ended.join().unwrap(), 1);
    assert_eq!(ask(to, "GET", "/api/v1/summary", &revoked, "").status, 401);

    for (body, status) in [
        ("{}", 400),
        (r#"{"site":""}"#, 400),
        (r#"{"site":"-"}"#, 400),
        (r#"{"site":"a","expires":"-1h"}"#, 400),
        (r#"{"site":"a","rights":"admin"}"#, 400),
    ] {
        assert_eq!(ask(to, "POST", "/api/v1/shares", &admin, body).status, status, "{body}");
    }
    let over = ask(to, "POST", "/api/v1/shares", &admin, r#"{"site":"a","expires":"-1h"}"#).json();
    assert_eq!(over["error"]["message"], "`expires` is over already");
    assert_eq!(open_share(to, "tapline_share_0").status, 401);
    // In the header of a program a link's token is no token.
    assert_eq!(ask(to, "GET", "/api/v1/summary", &bearer(&token), "").status, 401);

    let ended = tapline.terminate();
    assert!(!ended.log.contains(&token), "{}", ended.log);
    let again = Tapline::start(&dir);
    assert_eq!(open_share(again.http, &token).status, 200);
    assert_eq!(ask(again.http, "GET", "/api/v1/summary", &guest, "").status, 200);
    assert_eq!(ask(again.http, "GET", "/api/v1/summary", &revoked, "").status, 401);
}

#[test]
fn a_link_is_of_a_site_that_logs_can_have() {
    let dir = TempDir::new().unwrap();
    let (tapline, admin, _) = shared(&dir);
    let wish = |site: &str| {
        let body = serde_json::json!({ "site": site }).to_string();
        ask(tapline.http, "POST", "/api/v1/shares", &admin, &body)
    };
    for site in ["*", "*.example", "https://own.example/", "own.example/", "bücher.example", "."] {
        let answer = wish(site);
        let error = answer.json()["error"].clone();
        assert_eq!((answer.status, &error["code"]), (400, &"bad_site".into()), "{site}");
        assert!(error["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{site}");
    }
    for (site, named, known) in [
        ("Own.Example.", "own.example", true),
        ("own.example:443", "own.example", true),
        ("new.example.", "new.example", false),
        ("xn--bcher-kva.example", "xn--bcher-kva.example", false),
    ] {
        let made = wish(site).json();
        assert_eq!((&made["site"], &made["known"]), (&named.into(), &known.into()), "{site}");
    }
    // nginx's `$server_name` is what stands in its configuration: a name that is there is one.
    let line = r#"{"remote_addr":"203.0.113.9","request":"GET / HTTP/1.1","status":200,"host":"*.shops.example"}"#;
    assert_eq!(ask(tapline.http, "POST", "/api/v1/logs", &admin, line).json()["accepted"], 1);
    assert_eq!(wish("*.shops.example").json()["known"], true);
}

#[test]
fn a_link_whose_end_could_not_be_written_is_said_to_be_so_and_is_written_later() {
    let dir = TempDir::new().unwrap();
    let (tapline, admin, _) = shared(&dir);
    let to = tapline.http;
    let (id, guest) = share(to, &admin, r#"{"site":"third.example","expires":"1h"}"#);
    let state = dir.path().join("tapline");
    let stored = || std::fs::read_to_string(state.join("shares.json")).unwrap();
    let (_, other) = share(to, &admin, r#"{"site":"own.example","expires":"1h"}"#);
    assert!(stored().contains("third.example"));
    let unwritten =
        |who: &str| ask(to, "GET", "/api/v1/summary", who, "").json()["unwritten_since"].clone();
    assert_eq!(unwritten(&admin), Value::Null);
    // Root may write everywhere but in the place of a directory.
    let obstacle = state.join("shares.new");
    std::fs::create_dir(&obstacle).unwrap();
    let ended = ask(to, "DELETE", &format!("/api/v1/shares/{id}"), &admin, "");
    assert_eq!((ended.status, &ended.json()["error"]["code"]), (500, &"not_written".into()));
    assert_eq!(ask(to, "GET", "/api/v1/summary", &guest, "").status, 401, "it has ended");
    let made = ask(to, "POST", "/api/v1/shares", &admin, r#"{"site":"other.example"}"#);
    assert_eq!((made.status, &made.json()["error"]["code"]), (500, &"not_written".into()));
    let listed = ask(to, "GET", "/api/v1/shares", &admin, "").json();
    assert_eq!(listed["shares"].as_array().map(Vec::len), Some(2), "{listed}");
    assert!(unwritten(&admin).is_string(), "who looks after the server is told");
    assert_eq!(unwritten(&other), Value::Null, "and no guest");
    let metrics = ask(to, "GET", "/metrics", &admin, "").body;
    let metrics = String::from_utf8_lossy(&metrics).into_owned();
    let failed = metrics.lines().find_map(|line| line.strip_prefix("tapline_save_failures_total "));
    assert!(failed.unwrap().parse::<u64>().unwrap() >= 2, "{metrics}");
    assert!(stored().contains("third.example"));
    std::fs::remove_dir(&obstacle).unwrap();
    common::until("it is written", || (!stored().contains("third.example")).then_some(()));
    common::until("and no longer told", || unwritten(&admin).is_null().then_some(()));
}

#[test]
fn a_link_in_a_mail_opens_the_page_and_nothing_else() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let cross = "Sec-Fetch-Site: cross-site\r\n";
    let click = format!("{cross}Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n");
    let frame = format!("{cross}Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n");
    let status =
        |method, target, headers: &str| ask(tapline.http, method, target, headers, "").status;
    assert_eq!(status("GET", "/?filter=status:5xx", &click), 200);
    assert_eq!(status("GET", "/", &frame), 403);
    assert_eq!(status("GET", "/", cross), 403);
    assert_eq!(status("POST", "/", &click), 403);
    assert_eq!(status("GET", "/api/v1/summary", &click), 403);
    assert_eq!(status("POST", "/api/v1/logs", &click), 403);
}

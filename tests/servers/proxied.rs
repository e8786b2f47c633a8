//! The dashboard behind a real nginx, under a path of a host that has others: set up by what
//! `tapline snippet nginx-proxy` prints, and by what people write who have not read it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use tokio_tungstenite::tungstenite::{self, ClientRequestBuilder, Message};

use crate::common::daemon::{self, Process};
use crate::common::http::{Answer, Client};
use crate::common::tapline::{Tapline, binary};
use crate::common::{PATIENCE, installed};

const HOST: &str = "logs.example.org";
const KEY: &str = "16-or-more-characters";
const OWN: &str = "Origin: https://logs.example.org\r\n";

struct Stand {
    _dir: TempDir,
    _nginx: Process,
    tapline: Tapline,
    nginx: SocketAddr,
}

impl Stand {
    /// `/logs/` is the snippet, `/login/` the snippet where nginx shows the key, and `/short/` the
    /// least that anybody writes: HTTP/1.0, buffered, no WebSocket.
    fn start() -> Stand {
        let dir = TempDir::new().unwrap();
        let config = format!("[access]\npublic_url = \"https://{HOST}/logs/\"\nkey = \"{KEY}\"\n");
        let tapline = Tapline::configured(&dir, &config);
        let snippet = Command::new(binary())
            .args(["snippet", "nginx-proxy"])
            .current_dir(dir.path())
            .env("HOME", dir.path())
            .env("XDG_CONFIG_HOME", dir.path())
            .output()
            .expect("tapline snippet nginx-proxy");
        let snippet = String::from_utf8(snippet.stdout).unwrap();
        // With the path of the address that it has, both with the slash at the end.
        let (location, target) = ("\nlocation /logs/ {", "proxy_pass http://127.0.0.1:8514/;");
        assert!(snippet.contains(location) && snippet.contains(target), "{snippet}");
        let at = |path: &str| {
            snippet
                .replace(location, &format!("\nlocation {path} {{"))
                .replace(target, &format!("proxy_pass http://{}/;", tapline.http))
        };
        let login = at("/login/")
            .replace("#proxy_set_header Authorization", "proxy_set_header Authorization")
            .replace("KEY", KEY);
        let short = format!(
            "location /short/ {{ proxy_pass http://{}/; proxy_set_header Host $host; \
             proxy_set_header X-Forwarded-For $remote_addr; }}",
            tapline.http
        );
        let locations = [at("/logs/"), login, short].join("\n");
        let (process, nginx) = start_nginx(dir.path(), &locations);
        Stand { _dir: dir, _nginx: process, tapline, nginx }
    }

    fn ask(&self, method: &str, target: &str, headers: &str, body: &str) -> Answer {
        let length = body.len();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
        );
        Client::new(self.nginx).send(request.as_bytes(), false).unwrap()
    }

    fn socket(&self, origin: &str, key: &str) -> Result<Value, u16> {
        let uri = format!("ws://{HOST}/logs/api/v1/live").parse().unwrap();
        let request = ClientRequestBuilder::new(uri)
            .with_header("Origin", origin)
            .with_header("Authorization", format!("Bearer {key}"));
        let stream = TcpStream::connect(self.nginx).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let (mut socket, _) = match tungstenite::client(request, stream) {
            Ok(opened) => opened,
            Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(answer))) => {
                return Err(answer.status().as_u16());
            }
            Err(other) => panic!("{other}"),
        };
        let subscribe = r#"{"type":"subscribe","filter":"status:5xx","window_s":60}"#;
        socket.send(Message::text(subscribe)).unwrap();
        loop {
            let message = socket.read().expect("a message");
            let message: Value =
                serde_json::from_str(message.to_text().unwrap()).unwrap_or_default();
            if message["type"] == "snapshot" {
                return Ok(message);
            }
        }
    }

    /// The first so many messages of an event stream: their types. Asked with HTTP/1.0, so that no
    /// marks of chunks stand within the lines.
    fn events(&self, target: &str, many: usize) -> Vec<String> {
        let mut stream = TcpStream::connect(self.nginx).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(
            stream,
            "GET {target} HTTP/1.0\r\nHost: {HOST}\r\nAuthorization: Bearer {KEY}\r\n{OWN}\r\n"
        )
        .unwrap();
        let lines = BufReader::new(stream).lines().map(|line| line.expect("the stream goes on"));
        lines
            .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
            .map(|message| message["type"].as_str().expect("a type").to_owned())
            .take(many)
            .collect()
    }
}

fn start_nginx(dir: &Path, locations: &str) -> (Process, SocketAddr) {
    let root = dir.display();
    daemon::start_listening("nginx", |port| {
        let config = format!(
            "daemon off;\nmaster_process off;\nworker_processes 1;\npid {root}/nginx.pid;\n\
             error_log {root}/error.log notice;\n\
             events {{ worker_connections 64; }}\n\
             http {{\naccess_log off;\n\
             client_body_temp_path {root}/tmp; proxy_temp_path {root}/tmp;\n\
             fastcgi_temp_path {root}/tmp; uwsgi_temp_path {root}/tmp; scgi_temp_path {root}/tmp;\n\
             server {{\nlisten 127.0.0.1:{port};\n{locations}\n}}\n}}\n"
        );
        let file = dir.join("nginx.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new(daemon::find("nginx").unwrap());
        command.arg("-p").arg(dir).arg("-e").arg(dir.join("start.log")).arg("-c").arg(file);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    })
}

fn with_key() -> String {
    format!("Authorization: Bearer {KEY}\r\n")
}

/// What the page loads: the values of its `src` and `href`.
fn linked(page: &str) -> Vec<&str> {
    ["src=\"", "href=\""]
        .iter()
        .flat_map(|attribute| page.split(attribute).skip(1))
        .map(|rest| rest.split('"').next().expect("an end"))
        .collect()
}

#[test]
fn page_and_api_work_under_a_path_of_a_proxy() {
    if !installed(&["nginx"]) {
        return;
    }
    let stand = Stand::start();
    let page = stand.ask("GET", "/logs/", &with_key(), "");
    assert_eq!(page.status, 200);
    let page = String::from_utf8(page.body).unwrap();
    let files = linked(&page);
    assert!(files.len() >= 2, "{files:?}");
    for file in files {
        let relative = file.strip_prefix("./").unwrap_or(file);
        assert!(!relative.starts_with('/') && !relative.contains(':'), "{file} leaves the path");
        let answer = stand.ask("GET", &format!("/logs/{relative}"), &with_key(), "");
        assert_eq!(answer.status, 200, "{file}");
    }
    let summary = stand.ask("GET", "/logs/api/v1/summary", &with_key(), "").json();
    assert_eq!(summary["requests"], 0);
    let headers = with_key() + OWN;
    let marker = stand.ask("POST", "/logs/api/v1/markers", &headers, "{\"text\":\"deploy\"}");
    assert_eq!((marker.status, &marker.json()["text"]), (201, &"deploy".into()));
    let line = "203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n";
    let sent = stand.ask("POST", "/logs/api/v1/logs", &headers, line).json();
    assert_eq!(sent["accepted"], 1);
    assert_eq!(stand.tapline.requests(""), 1);
}

#[test]
fn the_feed_comes_through_a_proxy_as_a_socket_and_as_events() {
    if !installed(&["nginx"]) {
        return;
    }
    let stand = Stand::start();
    let snapshot = stand.socket("https://logs.example.org", KEY).expect("it opens");
    assert_eq!(snapshot["filter"], "status:5xx");
    let expected = ["hello", "snapshot", "tick", "tail", "tick"];
    assert_eq!(stand.events("/logs/api/v1/live?window=60", 5), expected);
    // Messages of 80 bytes: a proxy that held them back would need a minute to fill its buffer.
    let expected = ["hello", "snapshot", "tail", "tail", "tail"];
    assert_eq!(stand.events("/short/api/v1/live?window=60&topics=tail", 5), expected);
}

#[test]
fn who_comes_through_a_proxy_shows_the_key_and_comes_from_the_page_itself() {
    if !installed(&["nginx"]) {
        return;
    }
    let stand = Stand::start();
    let foreign = with_key() + "Origin: https://evil.example\r\n";
    let other_port = with_key() + "Origin: https://logs.example.org:8443\r\n";
    for (target, headers, status, code) in [
        ("/logs/api/v1/summary", String::new(), 401, "key_needed"),
        ("/short/api/v1/summary", String::new(), 401, "key_needed"),
        ("/logs/api/v1/summary", "Authorization: Bearer wrong\r\n".into(), 401, "key_needed"),
        ("/logs/api/v1/summary", foreign.clone(), 403, "foreign_origin"),
        ("/login/api/v1/summary", foreign, 403, "foreign_origin"),
        ("/logs/api/v1/summary", other_port, 403, "foreign_origin"),
    ] {
        let answer = stand.ask("GET", target, &headers, "");
        let code_told = answer.json()["error"]["code"].clone();
        assert_eq!((answer.status, code_told), (status, code.into()), "{target} {headers}");
    }
    for page in ["/logs/", "/short/"] {
        let answer = stand.ask("GET", page, "", "");
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(answer.status == 401 && body.contains("id=\"password\""), "{page} {body}");
    }
    for (origin, key, status) in
        [("https://evil.example", KEY, 403), ("https://logs.example.org", "wrong", 401)]
    {
        assert_eq!(stand.socket(origin, key), Err(status), "{origin} {key}");
    }
    // nginx has asked who comes, and shows the key for them.
    assert_eq!(stand.ask("GET", "/login/", "", "").status, 200);
    let rebound = "GET /login/ HTTP/1.1\r\nHost: evil.example\r\n\r\n";
    let answer = Client::new(stand.nginx).send(rebound.as_bytes(), false).unwrap();
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (403, &"foreign_host".into()));
}

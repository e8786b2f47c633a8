//! Alerts through the shipped program: lines break a rule, somebody is told, once, and told the end.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use serde_json::Value;
use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned, crypto};

use common::http::Client;
use common::tapline::{Tapline, binary, configure};
use common::{PATIENCE, installed, until};

/// A webhook's server that says yes to all, but first no.
fn hook() -> (SocketAddr, Receiver<(String, Value)>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        let mut status = "503 Later";
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut head, mut length) = (String::new(), 0);
            let mut read = BufReader::new(&stream);
            while !head.ends_with("\r\n\r\n") && read.read_line(&mut head).unwrap() > 0 {}
            for line in head.to_ascii_lowercase().lines() {
                length =
                    line.strip_prefix("content-length: ").map_or(length, |n| n.parse().unwrap());
            }
            let mut body = vec![0; length];
            read.read_exact(&mut body).unwrap();
            write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").unwrap();
            if status.starts_with("200") {
                let _ = tell.send((head, serde_json::from_slice(&body).unwrap()));
            }
            status = "200 OK";
        }
    });
    (address, told)
}

#[test]
fn a_broken_rule_is_told_once_with_its_lines_and_so_is_its_end() {
    let dir = TempDir::new().unwrap();
    let (address, told) = hook();
    let config = format!(
        r#"
access.public_url = "https://stats.example.org/logs"

[[rule]]
name = "broken-shop"
when = "site:shop.example status:5xx count >= 3 for 1s"
severity = 4

[[notify]]
kind = "json"
name = "hook"
url = "http://{address}/alerts"
token = "tk_0123456789"
kinds = ["rule"]
group = "1 s"
"#
    );
    let tapline = Tapline::configured(&dir, &config);
    let line = r#"{"remote_ip":"203.0.113.9","host":"shop.example","method":"GET","path":"/checkout","status":503}"#;
    let body = format!("{line}\n").repeat(5);
    // A second may end between two requests, but not within one.
    let sent = Client::new(tapline.http).post("/api/v1/logs", "", body.as_bytes()).unwrap();
    assert_eq!(sent.json()["accepted"], 5);

    let (head, opened) = told.recv_timeout(PATIENCE).expect("an alert");
    assert!(head.starts_with("POST /alerts HTTP/1.1\r\n") && head.contains("Bearer tk_0123456789"));
    assert_eq!((&opened["event"], &opened["severity"]), (&"opened".into(), &4.into()));
    let title = opened["title"].as_str().unwrap();
    assert!(title.starts_with("rule broken-shop on shop.example: 5, limit 3 since "), "{title}");
    let link = opened["link"].as_str().unwrap();
    let start = "https://stats.example.org/logs/?filter=site%3Ashop.example%20status%3A5xx&range=";
    assert!(link.starts_with(start), "{link}");
    let anomaly = &opened["anomalies"][0];
    assert_eq!(anomaly["samples"][0]["path"], "/checkout");

    let listed = tapline.get("/api/v1/anomalies?kind=rule");
    assert_eq!(listed["anomalies"].as_array().map(Vec::len), Some(1));
    assert_eq!(listed["anomalies"][0]["id"], anomaly["id"]);
    let when = "site:shop.example%20status:5xx%20count%20%3E=%203%20for%201s";
    let tested = tapline.get(&format!("/api/v1/rules/backtest?when={when}"));
    assert_eq!((&tested["fired"], &tested["unit"]), (&1.into(), &"count".into()), "{tested}");
    assert_eq!(tested["firings"][0]["detected"], anomaly["detected"]);

    let (_, over) = told.recv_timeout(PATIENCE).expect("the end");
    assert_eq!((&over["event"], &over["incident"]), (&"over".into(), &opened["incident"]));
    let metric = "tapline_notices_sent_total{target=\"hook\"} 2";
    until("both are counted", || {
        let metrics = Client::new(tapline.http).get("/metrics").unwrap().body;
        String::from_utf8_lossy(&metrics).contains(metric).then_some(())
    });
    assert!(told.try_recv().is_err());
    let ended = tapline.terminate();
    assert!(!ended.log.contains("tk_0123456789"), "{}", ended.log);
}

#[test]
fn an_incident_that_goes_on_over_a_reload_is_told_once_and_its_end_to_whoever_heard_of_it() {
    let dir = TempDir::new().unwrap();
    let (address, told) = hook();
    let (late, told_late) = hook();
    let file = dir.path().join("tapline/tapline.toml");
    let config = |url: &str, severity: u8| {
        format!(
            "access.public_url = \"https://{url}\"\n[[rule]]\nname = \"broken-shop\"\n\
             when = \"status:5xx count >= 3 for 8s\"\nseverity = 4\n\
             [[notify]]\nkind = \"json\"\nname = \"hook\"\nurl = \"http://{address}/\"\n\
             kinds = [\"rule\"]\ngroup = \"0 s\"\nmin_severity = {severity}\n"
        )
    };
    std::fs::create_dir(dir.path().join("tapline")).unwrap();
    std::fs::write(&file, config("one.example", 1)).unwrap();
    let tapline = Tapline::start(&dir);
    let line = r#"{"remote_ip":"203.0.113.9","host":"shop.example","method":"GET","path":"/","status":503}"#;
    let body = format!("{line}\n").repeat(5);
    Client::new(tapline.http).post("/api/v1/logs", "", body.as_bytes()).unwrap();
    let (_, opened) = told.recv_timeout(PATIENCE).expect("an alert");
    assert_eq!(opened["event"], "opened");

    // Another link, another wish and one more who is told: nothing of it makes the incident new.
    let reload = |config: String, times: usize| {
        std::fs::write(&file, config).unwrap();
        tapline.signal(libc::SIGHUP);
        until("it is reloaded", || {
            let said = tapline.log().matches("the configuration was reloaded").count();
            (said == times).then_some(())
        });
    };
    let more = format!("[[notify]]\nkind = \"json\"\nname = \"late\"\nurl = \"http://{late}/\"\n");
    reload(config("two.example", 5) + &more, 1);
    reload(config("two.example", 1) + &more, 2);
    let (_, over) = told.recv_timeout(PATIENCE).expect("the end");
    assert_eq!((&over["event"], &over["incident"]), (&"over".into(), &opened["incident"]));
    assert!(over["link"].as_str().unwrap().starts_with("https://two.example/"), "{over}");
    let metrics = until("both are counted", || {
        let metrics = Client::new(tapline.http).get("/metrics").unwrap().body;
        let metrics = String::from_utf8_lossy(&metrics).into_owned();
        metrics.contains("tapline_notices_sent_total{target=\"hook\"} 2").then_some(metrics)
    });
    assert!(metrics.contains("tapline_notices_sent_total{target=\"late\"} 0"), "{metrics}");
    assert!(told.try_recv().is_err() && told_late.try_recv().is_err());
}

/// The names of series that /metrics has more than once.
fn twice(metrics: &str) -> Vec<&str> {
    let series = metrics.lines().filter(|line| !line.starts_with('#'));
    let mut names: Vec<&str> = series.filter_map(|line| Some(line.rsplit_once(' ')?.0)).collect();
    assert!(names.len() > 100, "{metrics}");
    names.sort_unstable();
    let pairs = names.windows(2).filter(|pair| pair[0] == pair[1]);
    pairs.map(|pair| pair[0]).collect()
}

#[test]
fn no_series_of_the_metrics_stands_twice_however_often_one_reloads() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("tapline/tapline.toml");
    let config = |port: u16, names: &[&str]| {
        let targets = names.iter().map(|name| {
            format!("[[notify]]\nkind = \"json\"\nname = \"{name}\"\nurl = \"http://127.0.0.1:{port}/\"\n")
        });
        targets.collect::<String>()
    };
    std::fs::create_dir(dir.path().join("tapline")).unwrap();
    std::fs::write(&file, config(1, &["a", "b"])).unwrap();
    let tapline = Tapline::start(&dir);
    for (times, text) in
        [config(2, &["a", "b"]), config(2, &["b"]), config(2, &["b", "a", "c"])].iter().enumerate()
    {
        std::fs::write(&file, text).unwrap();
        tapline.signal(libc::SIGHUP);
        until("it is reloaded", || {
            let said = tapline.log().matches("the configuration was reloaded").count();
            (said == times + 1).then_some(())
        });
        let metrics = Client::new(tapline.http).get("/metrics").unwrap().body;
        let metrics = String::from_utf8_lossy(&metrics).into_owned();
        assert_eq!(twice(&metrics), Vec::<&str>::new());
        // A counter does not vanish with its target.
        assert!(metrics.contains("tapline_notices_sent_total{target=\"a\"} 0"), "{metrics}");
    }
}

#[test]
fn an_incident_that_a_kill_falls_into_is_opened_once_and_over_once() {
    let dir = TempDir::new().unwrap();
    let (address, told) = hook();
    let config = format!(
        r#"
[anomalies]
save_every = "1 s"

[[rule]]
name = "broken-shop"
when = "site:shop.example status:5xx count >= 3 for 1s"
severity = 4

[[notify]]
kind = "json"
name = "hook"
url = "http://{address}/alerts"
kinds = ["rule"]
group = "1 s"
"#
    );
    configure(dir.path(), &config);
    let post = |tapline: &Tapline, lines: usize| {
        let line = r#"{"host":"shop.example","method":"GET","path":"/checkout","status":503}"#;
        let body = format!("{line}\n").repeat(lines);
        let sent = Client::new(tapline.http).post("/api/v1/logs", "", body.as_bytes()).unwrap();
        assert_eq!(sent.json()["accepted"], lines);
    };
    let open = |tapline: &Tapline| {
        let listed = tapline.get("/api/v1/anomalies?kind=rule&state=open");
        let listed = listed["anomalies"].as_array().unwrap().clone();
        (listed.len() == 1).then(|| listed[0].clone())
    };
    let tapline = Tapline::start(&dir);
    post(&tapline, 5);
    let (_, opened) = told.recv_timeout(PATIENCE).expect("an alert");
    assert_eq!(opened["event"], "opened");
    // As long as it is kept open, the next process finds it so.
    let saves = |tapline: &Tapline| {
        let metrics = Client::new(tapline.http).get("/metrics").unwrap().body;
        let metrics = String::from_utf8_lossy(&metrics).into_owned();
        let of = |line: &str| line.strip_prefix("tapline_saves_total ")?.parse::<u64>().ok();
        metrics.lines().find_map(of).expect("saves are counted")
    };
    let before = saves(&tapline);
    until("it is kept", || {
        post(&tapline, 5);
        // The first one may have begun before.
        (saves(&tapline) > before + 1).then_some(())
    });
    let was = until("it is open", || open(&tapline));
    tapline.signal(libc::SIGKILL);
    tapline.ended();

    let tapline = Tapline::start(&dir);
    post(&tapline, 3);
    let (_, over) = told.recv_timeout(PATIENCE).expect("the end");
    assert_eq!((&over["event"], &over["incident"]), (&"over".into(), &opened["incident"]));
    let anomaly = &over["anomalies"][0];
    assert_eq!((&anomaly["id"], &anomaly["start"]), (&was["id"], &was["start"]));
    assert!(anomaly["peak"]["value"].as_f64() >= Some(5.0), "three are not its worst: {anomaly}");
    assert!(told.try_recv().is_err());
}

#[test]
fn a_rule_that_can_not_be_read_is_told_at_its_column() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    for (when, words) in [
        ("", "`when` is missing"),
        ("rate%20%3E%202%20for%201m", "column 10: the threshold has no unit"),
        ("sttus:5xx%20count%20%3E%201%20for%201m", "column 1: `sttus` is no field"),
    ] {
        let target = format!("/api/v1/rules/backtest?when={when}");
        let answer = Client::new(tapline.http).get(&target).unwrap();
        assert_eq!(answer.status, 400);
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.starts_with(words), "{message}");
    }
}

/// A server with TLS, whose certificate only those trust who are told of it; gives what came through.
fn private(dir: &TempDir, answer: &'static [u8]) -> (SocketAddr, Receiver<Vec<u8>>) {
    let (key, certificate) = (dir.path().join("key.pem"), dir.path().join("certificate.pem"));
    let made = std::process::Command::new("openssl")
        .args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(' '),
        )
        .args(["-subj", "/CN=a test", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output()
        .expect("openssl runs");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let certificate = CertificateDer::from_pem_file(certificate).unwrap();
    let key = PrivateKeyDer::from_pem_file(key).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let session = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(session, stream.unwrap());
            let mut got = vec![0; 16 * 1024];
            let n = stream.read(&mut got).unwrap_or(0);
            let _ = stream.write_all(answer).and_then(|()| stream.flush());
            stream.conn.send_close_notify();
            let _ = stream.flush();
            let _ = tell.send(got[..n].to_vec());
        }
    });
    (address, told)
}

#[test]
fn a_secret_goes_only_to_whom_the_machine_trusts() {
    if !installed(&["openssl"]) {
        return;
    }
    let dir = TempDir::new().unwrap();
    let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    let (address, came) = private(&dir, answer);
    let file = dir.path().join("tapline.toml");
    let check = |host: &str, trusted: &str| {
        let url = format!("https://{host}:{}/hook", address.port());
        let text =
            format!("[[notify]]\nkind = \"json\"\nurl = \"{url}\"\ntoken = \"tk_0123456789\"\n");
        std::fs::write(&file, text).unwrap();
        let output = std::process::Command::new(binary())
            .args(["check", "--notify"])
            .arg(&file)
            .env("SSL_CERT_FILE", dir.path().join(trusted))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        let last = told.lines().last().unwrap_or_default().to_owned();
        (output.status.code(), last, came.recv_timeout(PATIENCE).unwrap())
    };
    let (code, told, got) = check("localhost", "certificate.pem");
    assert_eq!((code, told.as_str()), (Some(0), "notify: json: sent"));
    assert!(String::from_utf8_lossy(&got).contains("Bearer tk_0123456789"));

    // Another name than the certificate's.
    let (code, told, got) = check("127.0.0.1", "certificate.pem");
    assert!(told.contains("certificate") && code == Some(1), "{told}");
    assert_eq!(got, b"");
    // An authority that the machine does not know.
    let other = TempDir::new().unwrap();
    private(&other, answer);
    std::fs::rename(other.path().join("certificate.pem"), dir.path().join("other.pem")).unwrap();
    let (code, told, got) = check("localhost", "other.pem");
    assert!(told.contains("certificate") && code == Some(1), "{told}");
    assert_eq!(got, b"");
}

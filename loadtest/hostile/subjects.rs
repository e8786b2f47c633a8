//! The programs that are tried: each as it is installed, on loopback, in a directory of its own, with a place
//! for lines and, where it has one, a place for browsers.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chrono::Utc;
use tempfile::TempDir;

use crate::lines::Now;
use crate::server::die_with_us;
use crate::{Outcome, api};

const READY: Duration = Duration::from_secs(20);
/// An answer that takes longer is none.
const ANSWER: Duration = Duration::from_secs(5);

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Tapline,
    Rsyslog,
    Goaccess,
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Tapline, Kind::Rsyslog, Kind::Goaccess];
}

/// A program that runs; killed when this value goes.
#[derive(Debug)]
pub(crate) struct Subject {
    pub(crate) kind: Kind,
    child: Child,
    dir: TempDir,
    /// Where lines go over the network.
    pub(crate) lines: SocketAddr,
    /// Where browsers go.
    pub(crate) web: SocketAddr,
}

/// Where lines go: a connection, or the file that a program follows.
pub(crate) enum Way {
    Stream(TcpStream),
    File(File),
}

impl Way {
    /// False when they were refused.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> bool {
        match self {
            Way::Stream(stream) => stream.write_all(bytes).is_ok(),
            Way::File(file) => file.write_all(bytes).is_ok(),
        }
    }
}

impl Subject {
    pub(crate) fn start(kind: Kind, tapline: &Path) -> Outcome<Subject> {
        let dir = TempDir::with_prefix("tapline-hostile-")?;
        let (lines, web) = (free()?, free()?);
        let mut command = match kind {
            Kind::Tapline => serve(dir.path(), tapline, lines, web)?,
            Kind::Rsyslog => rsyslogd(dir.path(), lines)?,
            Kind::Goaccess => goaccess(dir.path(), web)?,
        };
        command
            .current_dir(dir.path())
            .env("HOME", dir.path())
            .env("XDG_CONFIG_HOME", dir.path())
            .env("XDG_STATE_HOME", dir.path())
            .stdin(Stdio::null())
            .stdout(File::create(dir.path().join("out"))?)
            .stderr(File::create(dir.path().join("err"))?);
        die_with_us(&mut command);
        let child = command.spawn()?;
        let mut subject = Subject { kind, child, dir, lines, web };
        let port = if kind == Kind::Goaccess { web } else { lines };
        let end = Instant::now() + READY;
        while TcpStream::connect(port).is_err() {
            if Instant::now() >= end || subject.ended().is_some() {
                let said = std::fs::read_to_string(subject.dir.path().join("err"))?;
                return Err(format!("{kind:?} does not start: {said}").into());
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(subject)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn way(&self) -> Outcome<Way> {
        if self.kind == Kind::Goaccess {
            return Ok(Way::File(OpenOptions::new().append(true).open(self.file("access.log"))?));
        }
        let stream = TcpStream::connect(self.lines)?;
        stream.set_write_timeout(Some(ANSWER))?;
        Ok(Way::Stream(stream))
    }

    /// Line `n` of the canary: nothing else has its host, its path and its status.
    pub(crate) fn canary(&self, n: usize) -> Vec<u8> {
        let now = Now::new(Utc::now());
        let line = format!(
            "192.0.2.1 - - [{} +0000] \"GET /canary-{n}- HTTP/1.1\" 206 5 \"-\" \"canary\"\n",
            now.clf
        );
        match self.kind {
            Kind::Goaccess => line.into_bytes(),
            _ => format!("<190>{} canary nginx: {line}", now.header).into_bytes(),
        }
    }

    /// How many lines of the canary it has; an error where it does not answer.
    pub(crate) fn counted(&self) -> Outcome<usize> {
        match self.kind {
            Kind::Tapline => {
                let sources = api::get(self.web, "/api/v1/sources")?;
                let sources: serde_json::Value = serde_json::from_slice(&sources)?;
                let mut all = sources["sources"].as_array().into_iter().flatten();
                let canary = all.find(|source| source["hostname"] == "canary");
                let counted = canary.and_then(|source| source["accounting"]["counted"].as_u64());
                Ok(usize::try_from(counted.unwrap_or(0))?)
            }
            Kind::Rsyslog => {
                let bytes = std::fs::read(self.file("received.log")).unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes);
                let found =
                    text.split("/canary-").skip(1).filter_map(|rest| rest.split('-').next());
                Ok(found.collect::<BTreeSet<_>>().len())
            }
            Kind::Goaccess => {
                let text = self.feed("127.0.0.1", None)?;
                // "hits": {"count": 4, … "data": "206 - Partial Content …
                let before = text.split("\"data\": \"206 - ").next().unwrap_or_default();
                if before.len() == text.len() {
                    return Ok(0);
                }
                let hits = before.rsplit("\"hits\": {\"count\": ").next().unwrap_or_default();
                let hits: String = hits.chars().take_while(char::is_ascii_digit).collect();
                Ok(hits.parse()?)
            }
        }
    }

    /// What a page that names itself so is given of the feed; an error where it is given nothing.
    pub(crate) fn feed(&self, host: &str, origin: Option<&str>) -> Outcome<String> {
        let mut stream = TcpStream::connect(self.web)?;
        stream.set_read_timeout(Some(ANSWER))?;
        stream.write_all(upgrade(self.kind, host, origin).as_bytes())?;
        if self.kind == Kind::Tapline {
            // A frame of a client, with a mask that changes nothing.
            stream.write_all(b"\x81\x94\0\0\0\0{\"type\":\"subscribe\"}")?;
        }
        let (mut answer, mut some, end) = (Vec::new(), [0; 65536], Instant::now() + ANSWER);
        // The first message has it all: goaccess's ends so, Tapline's snapshot begins so.
        while Instant::now() < end {
            match stream.read(&mut some)? {
                0 => break,
                n => answer.extend_from_slice(&some[..n]),
            }
            let whole = answer.ends_with(b"}}") || answer.ends_with(b"]}}");
            if whole && answer.windows(8).any(|w| w == b"requests") {
                break;
            }
        }
        let text = String::from_utf8_lossy(&answer).into_owned();
        if text.starts_with("HTTP/1.1 101") { Ok(text) } else { Err("no upgrade".into()) }
    }
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A request for the feed.
pub(crate) fn upgrade(kind: Kind, host: &str, origin: Option<&str>) -> String {
    let path = if kind == Kind::Tapline { "/api/v1/live" } else { "/" };
    let origin = origin.map(|origin| format!("Origin: {origin}\r\n")).unwrap_or_default();
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\n{origin}Upgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
}

fn free() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

fn serve(dir: &Path, tapline: &Path, lines: SocketAddr, web: SocketAddr) -> Outcome<Command> {
    let mut command = Command::new(tapline.canonicalize()?);
    let lines = lines.to_string();
    command.args(["serve", "--http", &web.to_string(), "--udp", &lines, "--tcp", &lines]);
    command.env("TAPLINE_ANOMALIES__DATA", dir.join("state"));
    Ok(command)
}

/// The two inputs, and all that comes into one file; everything else at its default.
fn rsyslogd(dir: &Path, lines: SocketAddr) -> Outcome<Command> {
    let (port, config) = (lines.port(), dir.join("rsyslog.conf"));
    std::fs::write(
        &config,
        format!(
            "global(workDirectory={dir:?})\nmodule(load=\"imtcp\")\nmodule(load=\"imudp\")\n\
             input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\")\n\
             input(type=\"imudp\" address=\"127.0.0.1\" port=\"{port}\")\n\
             action(type=\"omfile\" file={:?})\n",
            dir.join("received.log")
        ),
    )?;
    let mut command = Command::new("rsyslogd");
    command.args(["-n", "-f"]).arg(config).arg("-i").arg(dir.join("pid"));
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{path}:/usr/sbin:/sbin"));
    Ok(command)
}

/// Follows a file and shows it in real time; everything else at its default.
fn goaccess(dir: &Path, web: SocketAddr) -> Outcome<Command> {
    let log = dir.join("access.log");
    File::create(&log)?;
    // It wants a line to begin with.
    let now = Now::new(Utc::now());
    let first = format!("192.0.2.9 - - [{} +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n", now.clf);
    std::fs::write(&log, first)?;
    let mut command = Command::new("goaccess");
    command.arg(log).args(["--log-format=COMBINED", "--real-time-html", "--addr=127.0.0.1"]);
    command.arg(format!("--port={}", web.port())).args(["--no-global-config", "-o"]);
    command.arg(dir.join("report.html"));
    Ok(command)
}

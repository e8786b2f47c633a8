//! A `tapline serve` of its own for one test: every socket on a port the system chose.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) use super::command::binary;
use super::daemon::Process;
use super::http::Client;
use super::until;

#[derive(Debug)]
pub(crate) struct Tapline {
    process: Process,
    log: Arc<Mutex<Vec<String>>>,
    pub(crate) http: SocketAddr,
    pub(crate) udp: SocketAddr,
    pub(crate) tcp: SocketAddr,
    pub(crate) unix: PathBuf,
}

/// What a server left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: ExitStatus,
    pub(crate) log: String,
    /// The accounting it printed as its last word.
    pub(crate) accounting: Option<Accounting>,
}

impl Tapline {
    pub(crate) fn start(dir: &TempDir) -> Tapline {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Tapline::start_on(dir.path(), any, any, any)
    }

    /// Follows a file too, which may not be there yet.
    #[allow(dead_code)] // not every file of tests follows one
    pub(crate) fn start_following(dir: &TempDir, file: &Path) -> Tapline {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        Tapline::start_with(dir.path(), any, any, any, &[file.as_os_str()])
    }

    /// With these lines in its configuration file.
    #[allow(dead_code)] // not every file of tests has one
    pub(crate) fn configured(dir: &TempDir, config: &str) -> Tapline {
        configure(dir.path(), config);
        Tapline::start(dir)
    }

    pub(crate) fn start_on(
        dir: &Path,
        http: SocketAddr,
        udp: SocketAddr,
        tcp: SocketAddr,
    ) -> Tapline {
        Tapline::start_with(dir, http, udp, tcp, &[])
    }

    /// `more` are arguments of its own: files to follow, listeners beside these.
    pub(crate) fn start_with(
        dir: &Path,
        http: SocketAddr,
        udp: SocketAddr,
        tcp: SocketAddr,
        more: &[&OsStr],
    ) -> Tapline {
        let unix = dir.join("tapline.sock");
        let mut command = Command::new(binary());
        command
            .arg("serve")
            .args(more)
            .args(["--http", &http.to_string(), "--udp", &udp.to_string()])
            .args(["--tcp", &tcp.to_string(), "--unix"])
            .arg(&unix);
        Tapline::run(dir, command)
    }

    /// With the addresses of its configuration file, which must be there; `command` starts it.
    #[allow(dead_code)] // not every file of tests moves addresses
    pub(crate) fn start_by(dir: &Path, mut command: Command) -> Tapline {
        command.arg("serve");
        Tapline::run(dir, command)
    }

    fn run(dir: &Path, mut command: Command) -> Tapline {
        let unix = dir.join("tapline.sock");
        command
            .current_dir(dir)
            .env("HOME", dir)
            .env("XDG_CONFIG_HOME", dir)
            .env("XDG_STATE_HOME", dir)
            .env_remove("STATE_DIRECTORY")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        for (key, _) in std::env::vars().filter(|(key, _)| key.starts_with("TAPLINE_")) {
            command.env_remove(key);
        }
        let mut process = Process::spawn(&mut command).expect("tapline starts");
        let stderr = process.child().stderr.take().expect("stderr is piped");
        let log = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).split(b'\n').map_while(Result::ok) {
                sink.lock().unwrap().push(String::from_utf8_lossy(&line).into_owned());
            }
        });
        let bound = until("tapline is ready", || {
            let lines = log.lock().unwrap();
            assert!(process.running(), "tapline ended at its start:\n{}", lines.join("\n"));
            let ready = lines.iter().any(|line| line.split_whitespace().any(|w| w == "ready"));
            ready
                .then(|| lines.iter().filter_map(|line| listening(line)).collect::<HashMap<_, _>>())
        });
        let address = |kind: &str| -> SocketAddr {
            bound
                .get(kind)
                .and_then(|a| a.parse().ok())
                .unwrap_or_else(|| panic!("no `listening {kind} <address>` in {bound:?}"))
        };
        let (http, udp, tcp) = (address("http"), address("udp"), address("tcp"));
        Tapline { process, log, http, udp, tcp, unix }
    }

    /// The first address of this kind that it said to listen on.
    #[allow(dead_code)] // not every file of tests has more than the usual ones
    pub(crate) fn listening(&self, kind: &str) -> SocketAddr {
        let lines = self.log.lock().unwrap();
        let found = lines.iter().filter_map(|line| listening(line)).find(|(own, _)| own == kind);
        let (_, address) = found.unwrap_or_else(|| panic!("no `listening {kind}`: {lines:?}"));
        address.parse().expect("an address")
    }

    /// The value of a line of `/metrics`, by how it starts.
    #[allow(dead_code)] // not every file of tests looks at metrics
    pub(crate) fn metric(&self, series: &str) -> Option<u64> {
        let answer = Client::new(self.http).get("/metrics").expect("metrics");
        let text = String::from_utf8(answer.body).expect("text");
        let value = text.lines().find_map(|line| line.strip_prefix(series))?;
        value.trim().rsplit(' ').next()?.parse().ok()
    }

    pub(crate) fn get(&self, target: &str) -> Value {
        let answer = Client::new(self.http).get(target).expect(target);
        assert_eq!(answer.status, 200, "{target}: {}", String::from_utf8_lossy(&answer.body));
        answer.json()
    }

    pub(crate) fn summary(&self) -> Summary {
        // as many rows as there are, for comparing whole lists
        Summary(self.get("/api/v1/summary?top=1000"))
    }

    pub(crate) fn accounting(&self) -> Accounting {
        self.summary().accounting()
    }

    /// The summary once `lines` were received and all of them have their place. In any answer on
    /// the way there the accounting balances.
    pub(crate) fn settled(&self, lines: u64) -> Summary {
        self.try_settled(lines, super::PATIENCE)
            .unwrap_or_else(|last| panic!("{lines} lines did not come: {last:?}\n{}", self.log()))
    }

    /// Like [`Tapline::settled`]; the last accounting where they don't come in time.
    pub(crate) fn try_settled(
        &self,
        lines: u64,
        patience: std::time::Duration,
    ) -> Result<Summary, Box<Accounting>> {
        let mut last = Accounting::default();
        let settled = super::within(patience, || {
            last = self.accounting();
            last.assert_balanced();
            // its totals are read a moment before its accounting: ask once more at rest
            (last.received >= lines && last.in_flight == 0).then(|| self.summary())
        });
        settled.ok_or_else(|| Box::new(last))
    }

    /// How many requests of the window a filter lets through.
    pub(crate) fn requests(&self, filter: &str) -> u64 {
        let target = format!("/api/v1/summary?filter={}", percent(filter));
        self.get(&target)["requests"].as_u64().expect("requests")
    }

    /// A number of `/metrics`, by its name and labels.
    #[allow(dead_code)] // not every file of tests asks for one
    pub(crate) fn gauge(&self, name: &str) -> u64 {
        let answer = Client::new(self.http).get("/metrics").unwrap();
        let text = String::from_utf8(answer.body).unwrap();
        let value =
            text.lines().find_map(|l| l.strip_prefix(name)?.strip_prefix(' ')?.parse().ok());
        value.unwrap_or_else(|| panic!("no {name} in:\n{text}"))
    }

    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Waits until its log says so, which it does by a pipe: an answer may be here before.
    #[allow(dead_code)] // not every file of tests looks into the log
    pub(crate) fn logs(&self, text: &str) {
        super::within(super::PATIENCE, || self.log().contains(text).then_some(()))
            .unwrap_or_else(|| panic!("it does not say `{text}`:\n{}", self.log()));
    }

    pub(crate) fn signal(&self, signal: libc::c_int) {
        self.process.signal(signal);
    }

    #[allow(dead_code)] // not every file of tests looks into its process
    pub(crate) fn id(&self) -> libc::pid_t {
        self.process.id()
    }

    /// The most memory it ever had resident (`VmHWM`, proc(5)).
    #[allow(dead_code)] // not every file of tests looks at memory
    pub(crate) fn peak_kib(&mut self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.child().id()));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }

    pub(crate) fn running(&mut self) -> bool {
        self.process.running()
    }

    /// Waits for the end and reads the last word.
    pub(crate) fn ended(mut self) -> Ended {
        let status = self.process.ended();
        // The reader thread sees the end of the pipe a moment after the process is gone.
        let accounting = super::within(std::time::Duration::from_secs(2), || {
            let lines = self.log.lock().unwrap();
            lines.iter().rev().find_map(|line| {
                let (_, json) = line.split_once("final ")?;
                Some(Accounting::of(&serde_json::from_str::<Value>(json).ok()?))
            })
        });
        Ended { status, log: self.log(), accounting }
    }

    pub(crate) fn terminate(self) -> Ended {
        self.signal(libc::SIGTERM);
        self.ended()
    }
}

/// Where the server that starts in `dir` looks for its configuration.
#[allow(dead_code)]
pub(crate) fn configure(dir: &Path, config: &str) {
    std::fs::create_dir_all(dir.join("tapline")).unwrap();
    std::fs::write(dir.join("tapline/tapline.toml"), config).unwrap();
}

/// `… listening <kind> <address>` to its two words.
pub(crate) fn listening(line: &str) -> Option<(String, String)> {
    let (_, rest) = line.split_once("listening ")?;
    let mut words = rest.split_whitespace();
    Some((words.next()?.to_owned(), words.next()?.to_owned()))
}

/// A filter as a query value.
pub(crate) fn percent(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => (b as char).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

/// An answer of `GET /api/v1/summary`.
#[derive(Debug)]
pub(crate) struct Summary(pub(crate) Value);

impl Summary {
    pub(crate) fn number(&self, key: &str) -> u64 {
        self.0[key].as_u64().unwrap_or_else(|| panic!("no number {key} in {}", self.0))
    }

    /// A map of counts without its zeros.
    pub(crate) fn counts(&self, key: &str) -> HashMap<String, u64> {
        let map = self.0[key].as_object().unwrap_or_else(|| panic!("no map {key} in {}", self.0));
        let counts = map.iter().map(|(k, v)| (k.clone(), v.as_u64().expect("a count")));
        counts.filter(|&(_, n)| n > 0).collect()
    }

    /// A top list as value → (requests, bytes).
    pub(crate) fn top(&self, list: &str) -> HashMap<String, (u64, u64)> {
        let rows = self.0["top"][list].as_array().unwrap_or_else(|| panic!("no top {list}"));
        let row = |row: &Value| {
            let value = row["value"].as_str().expect("value").to_owned();
            (value, (row["requests"].as_u64().unwrap(), row["bytes"].as_u64().unwrap()))
        };
        rows.iter().map(row).collect()
    }

    /// What a top list leaves out: `values`, `requests` or `bytes`; 0 where nothing is.
    pub(crate) fn other(&self, list: &str, what: &str) -> u64 {
        self.0["other"][list][what].as_u64().unwrap_or(0)
    }

    pub(crate) fn accounting(&self) -> Accounting {
        Accounting::of(&self.0["accounting"])
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Accounting {
    pub(crate) received: u64,
    pub(crate) counted: u64,
    pub(crate) unparsed: u64,
    pub(crate) rejected: HashMap<String, u64>,
    pub(crate) dropped: HashMap<String, u64>,
    pub(crate) in_flight: u64,
}

impl Accounting {
    pub(crate) fn of(value: &Value) -> Accounting {
        let number = |key: &str| value[key].as_u64().unwrap_or(0);
        let map = |key: &str| -> HashMap<String, u64> {
            let entries = value[key].as_object().into_iter().flatten();
            entries.map(|(k, v)| (k.clone(), v.as_u64().expect("a count"))).collect()
        };
        Accounting {
            received: number("received"),
            counted: number("counted"),
            unparsed: number("unparsed"),
            rejected: map("rejected"),
            dropped: map("dropped"),
            in_flight: number("in_flight"),
        }
    }

    pub(crate) fn rejected(&self) -> u64 {
        self.rejected.values().sum()
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.dropped.values().sum()
    }

    /// received = counted + unparsed + rejected + dropped + in_flight.
    pub(crate) fn assert_balanced(&self) {
        let placed = self.counted + self.unparsed + self.rejected() + self.dropped();
        assert_eq!(self.received, placed + self.in_flight, "out of balance: {self:?}");
    }

    /// Exactly this many lines came, and each was understood.
    pub(crate) fn assert_all_counted(&self, lines: u64) {
        self.assert_balanced();
        assert_eq!((self.received, self.counted), (lines, lines), "{self:?}");
    }
}

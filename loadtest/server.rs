//! A `tapline serve` of one's own with a directory of its own, on ports of the system's choice.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::Outcome;
use super::api::{self, Accounting};

const READY: Duration = Duration::from_secs(20);
/// Lines of its log that are kept; a server that says more than that a run has gone wrong early.
const LOG: usize = 10_000;

/// Killed when this value goes, and by the kernel when the tool itself dies.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    dir: TempDir,
    log: Arc<Mutex<VecDeque<String>>>,
    /// Kind and address of each listener; of two of a kind the first.
    addresses: HashMap<String, String>,
}

/// How a server ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    /// Its last word.
    pub(crate) accounting: Option<Accounting>,
    pub(crate) panics: usize,
}

impl Server {
    /// `config` is given the server's directory and writes its configuration.
    pub(crate) fn start(binary: &Path, config: impl FnOnce(&Path) -> String) -> Outcome<Server> {
        let dir = TempDir::with_prefix("tapline-loadtest-")?;
        let file = dir.path().join("tapline.toml");
        std::fs::write(&file, config(dir.path()))?;
        let mut command = Command::new(binary.canonicalize()?);
        command
            .args(["serve", "--config"])
            .arg(&file)
            .current_dir(dir.path())
            .env("HOME", dir.path())
            .env("XDG_CONFIG_HOME", dir.path())
            .env("XDG_STATE_HOME", dir.path())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        die_with_us(&mut command);
        let mut child = command.spawn()?;
        let stderr = child.stderr.take().ok_or("no stderr")?;
        let log = Arc::new(Mutex::new(VecDeque::new()));
        let sink = Arc::clone(&log);
        // Reads to the end, so that the server never waits for its log to be read.
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let mut sink = sink.lock().unwrap_or_else(PoisonError::into_inner);
                if sink.len() == LOG {
                    sink.pop_front();
                }
                sink.push_back(line);
            }
        });
        let mut server = Server { child, dir, log, addresses: HashMap::new() };
        server.addresses = server.ready()?;
        Ok(server)
    }

    fn ready(&mut self) -> Outcome<HashMap<String, String>> {
        let end = Instant::now() + READY;
        loop {
            let log = self.log();
            if log.iter().any(|line| line.split_whitespace().any(|word| word == "ready")) {
                let mut addresses = HashMap::new();
                for (_, rest) in log.iter().filter_map(|line| line.split_once("listening ")) {
                    let mut words = rest.split_whitespace();
                    if let (Some(kind), Some(address)) = (words.next(), words.next()) {
                        addresses.entry(kind.to_owned()).or_insert_with(|| address.to_owned());
                    }
                }
                return Ok(addresses);
            }
            let said = log.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
            drop(log);
            if self.child.try_wait()?.is_some() || Instant::now() >= end {
                return Err(format!("the server is not ready:\n{said}").into());
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Address of the first listener of a kind; a server without one was configured by mistake.
    pub(crate) fn address(&self, kind: &str) -> Outcome<SocketAddr> {
        let address = self.addresses.get(kind).ok_or_else(|| format!("nothing listens as {kind}"));
        Ok(address?.parse()?)
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, VecDeque<String>> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn panics(&self) -> usize {
        self.log().iter().filter(|line| line.contains("panicked")).count()
    }

    pub(crate) fn signal(&self, signal: libc::c_int) {
        // SAFETY: the child has not been waited for, so its id is still its own.
        unsafe { libc::kill(self.child.id() as libc::pid_t, signal) };
    }

    /// Asks for an orderly end and waits for it.
    pub(crate) fn terminate(mut self, patience: Duration) -> Outcome<Ended> {
        self.signal(libc::SIGTERM);
        let end = Instant::now() + patience;
        let status = loop {
            match self.child.try_wait()? {
                Some(status) => break status,
                None if Instant::now() >= end => return Err("the server does not end".into()),
                None => thread::sleep(Duration::from_millis(5)),
            }
        };
        // The reader sees the end of the pipe a moment after the process is gone.
        let end = Instant::now() + Duration::from_secs(2);
        let last = loop {
            let log = self.log();
            let last =
                log.iter().rev().find_map(|line| Some(line.split_once("final ")?.1.to_owned()));
            drop(log);
            if last.is_some() || Instant::now() >= end {
                break last;
            }
            thread::sleep(Duration::from_millis(5));
        };
        let accounting = last.and_then(|json| api::parse(&serde_json::from_str(&json).ok()?));
        Ok(Ended { code: status.code(), accounting, panics: self.panics() })
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn die_with_us(command: &mut Command) {
    // SAFETY: prctl is async-signal-safe and touches only the child's own state.
    unsafe {
        command.pre_exec(|| {
            libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
            Ok(())
        });
    }
}

/// User and system time of all threads of a process, those that ended too.
pub(crate) fn cpu_seconds(pid: u32) -> Outcome<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // the name in parentheses may hold blanks; fields 14 and 15 are the 12th and 13th behind it
    let fields: Vec<&str> = stat.rsplit_once(')').ok_or("stat")?.1.split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>()? + fields[12].parse::<f64>()?;
    // SAFETY: sysconf only reads a constant of the system.
    Ok(ticks / unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64)
}

pub(crate) fn resident_mib(pid: u32) -> Outcome<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches("kB").trim().parse::<f64>()? / 1024.0)
}

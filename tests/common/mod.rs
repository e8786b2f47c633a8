//! What the black-box tests share: a running Tapline, real daemons, a small HTTP client, captures.

#[allow(dead_code)] // not every file of tests runs one
pub(crate) mod command;
pub(crate) mod daemon;
pub(crate) mod http;
pub(crate) mod material;
pub(crate) mod tapline;
#[allow(dead_code)] // not every file of tests has a terminal
pub(crate) mod terminal;
#[allow(dead_code)] // not every file of tests speaks TLS
pub(crate) mod tls;
#[allow(dead_code)] // not every file of tests sends bytes of its own
pub(crate) mod websocket;
#[allow(dead_code)]
pub(crate) mod wire;

use std::time::{Duration, Instant};

/// How long anything that should happen at once may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Asks until there is an answer, or until `PATIENCE` is over: then the last word of `describe` is
/// the reason of the failure. Nothing in these tests sleeps for a fixed time and hopes.
pub(crate) fn until<T>(what: &str, ask: impl FnMut() -> Option<T>) -> T {
    match within(PATIENCE, ask) {
        Some(answer) => answer,
        None => panic!("{what}: not within {} s", PATIENCE.as_secs()),
    }
}

/// Like [`until`], for what may also not happen.
pub(crate) fn within<T>(patience: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + patience;
    loop {
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if Instant::now() >= end {
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// True when every named program is installed. Otherwise the test is left out, and says so; where
/// `CI` is set that is a failure, for there `tests/run` has installed them.
pub(crate) fn installed(programs: &[&str]) -> bool {
    for name in programs {
        if daemon::find(name).is_none() {
            assert!(std::env::var_os("CI").is_none(), "{name} not installed, under CI");
            left_out(&format!("{name} not installed"));
            return false;
        }
    }
    true
}

/// One line for `tests/run` to collect.
#[allow(clippy::print_stderr)]
pub(crate) fn left_out(why: &str) {
    eprintln!("left out: {why}");
}

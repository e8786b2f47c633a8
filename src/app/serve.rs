//! `tapline`, `tapline serve`, `tapline demo` and `tapline FILE…`: a server from start to stop.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::config::{self, Config};
use super::server::{App, Setup, Shutdown};
use super::{certificates, demo, exit, formats, log, say};
use crate::aggregate::wire::Accounting;
use crate::state::account::Counts;

/// What is served beside the listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Extra {
    Nothing,
    /// Made-up traffic through the real UDP socket.
    Demo,
}

/// Runs a server until a signal ends it. Exit code 0 after a clean stop, 1 where something
/// was not kept for the next start.
#[must_use]
pub fn run(setup: Setup, extra: Extra) -> ExitCode {
    log::start(&setup.config.log);
    crate::edge::kernel::raise_file_limit();
    crate::edge::kernel::bound_free_memory();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&format!("error: can't start: {error}"));
            return exit::FAILURE.into();
        }
    };
    let code = runtime.block_on(async {
        let signals = match Signals::new() {
            Ok(signals) => signals,
            Err(error) => {
                say(&format!("error: signals can't be heard: {error}"));
                return exit::FAILURE;
            }
        };
        let app = match App::bind(setup.clone()).await {
            Ok(app) => app,
            Err(error) => {
                say(&format!("error: {error}"));
                return error.exit_code();
            }
        };
        announce(&app, &setup.config);
        let strange = config::strange_variables();
        let certificate = certificates::notes(&setup.config, app.clock.now().second());
        for note in strange.into_iter().chain(certificate).chain(formats::notes(&setup.config)) {
            tracing::warn!("{note}");
        }
        let shutdown = Shutdown::default();
        let signals = tokio::spawn(signals.run(shutdown.clone()));
        if extra == Extra::Demo
            && let Some(target) = app.address("udp").and_then(|a| a.parse().ok())
        {
            let (node, stop) = (Arc::clone(&app.node), shutdown.stop.clone());
            if setup.config.anomalies.enabled && !node.anomalies().has_learnt() {
                let (node, config, start) = (Arc::clone(&node), setup.config, app.clock.now());
                // Beside the traffic, which begins at once.
                tokio::task::spawn_blocking(move || {
                    let rehearsed = demo::rehearse(&config, start.second());
                    node.anomalies().learn_from(&rehearsed);
                });
            }
            tokio::spawn(async move {
                if let Err(error) = demo::run(target, &node.markers, stop).await {
                    tracing::warn!(%error, "the demo can't send");
                }
            });
        }
        let ended = app.run(shutdown).await;
        signals.abort();
        if let Some(unkept) = &ended.unkept {
            say(&format!("error: not kept: {unkept}"));
        }
        say(&format!("final {}", final_line(&ended.counts)));
        if ended.unkept.is_some() { exit::FAILURE } else { exit::OK }
    });
    // A reader of standard input may still be blocked in its read.
    runtime.shutdown_timeout(Duration::from_millis(200));
    ExitCode::from(code)
}

/// The accounting as one line of JSON: the last thing a stopped server says.
pub(super) fn final_line(counts: &Counts) -> String {
    let accounting: Accounting = counts.to_wire();
    serde_json::to_string(&accounting).unwrap_or_default()
}

pub(super) fn announce(app: &App, config: &Config) {
    for listener in app.node.listeners() {
        let info = listener.info();
        say(&format!("listening {} {}", info.kind, info.address));
        if let Some(bytes) = info.buffer_bytes {
            tracing::info!(listener = %info.address, kib = bytes / 1024, "receive buffer granted");
        }
        if let Some(hint) = info.hint {
            tracing::warn!(listener = %info.address, "{hint}");
        }
    }
    say("ready");
    if config.log.format == config::LogFormat::Json {
        return;
    }
    let reachable = |kind| {
        app.address(kind).and_then(|a| a.parse().ok()).map(|a| super::snippet::reachable(&a))
    };
    let mut lines = Vec::new();
    for scheme in ["http", "https"] {
        if let Some(address) = reachable(scheme) {
            lines.push(format!("  Dashboard   {scheme}://{address}/"));
        }
    }
    if let Some(udp) = reachable("udp") {
        lines.push(format!("  nginx.conf  access_log syslog:server={udp},tag=nginx combined;"));
        lines.push("              with times, sites and errors too: tapline snippet nginx".into());
    }
    if !lines.is_empty() {
        say(&format!("\n{}\n", lines.join("\n")));
    }
}

/// The first SIGTERM or SIGINT drains, a second one ends at once; SIGHUP reads the configuration again.
pub(super) struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
    /// SIGHUP may mean that the terminal is closed.
    in_terminal: bool,
    /// Nothing is meant by them; unheard they would end the process.
    others: [Signal; 2],
}

impl Signals {
    /// Hears them from now on: before there is anything that an untimely one could leave half done.
    pub(super) fn new() -> std::io::Result<Signals> {
        // Asked before it is heard, which ends its being ignored.
        let in_terminal = has_terminal() && !ignores_hangup();
        Ok(Signals {
            in_terminal,
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            hup: signal(SignalKind::hangup())?,
            others: [signal(SignalKind::user_defined1())?, signal(SignalKind::user_defined2())?],
        })
    }

    pub(super) async fn run(mut self, shutdown: Shutdown) {
        let [one, two] = &mut self.others;
        for (token, stopping) in [(&shutdown.stop, false), (&shutdown.now, true)] {
            loop {
                tokio::select! {
                    _ = self.term.recv() => break,
                    _ = self.int.recv() => break,
                    // A shell and the kernel may both tell of a closed terminal.
                    _ = self.hup.recv() => {
                        if stopping {
                            continue;
                        }
                        if self.in_terminal && !has_terminal() {
                            tracing::info!("the terminal was closed: stopping");
                            break;
                        }
                        shutdown.reload.notify_one();
                    }
                    _ = one.recv() => tracing::info!("SIGUSR1 means nothing here"),
                    _ = two.recv() => tracing::info!("SIGUSR2 means nothing here"),
                }
            }
            token.cancel();
        }
    }
}

/// Whether somebody started this in a terminal that is still there (tty(4)).
fn has_terminal() -> bool {
    // Out of file descriptors is no closed terminal.
    let is_closed =
        |error: std::io::Error| matches!(error.raw_os_error(), Some(libc::ENXIO | libc::EIO));
    !std::fs::File::open("/dev/tty").is_err_and(is_closed)
}

/// Whether this was started to outlive its terminal, as nohup(1) does.
fn ignores_hangup() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    // proc(5): the lowest bit is signal 1.
    mask & 1 != 0
}

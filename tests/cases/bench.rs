//! A server that is attacked, with listeners for the attack and others for the canaries.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::net::SocketAddr;

use tempfile::TempDir;

use crate::canary::{Canary, Cut};
use crate::common::http::Client;
use crate::common::tapline::{Tapline, configure, listening};
use crate::common::until;

/// What a server may have resident at its worst, where a case does not say otherwise.
const MEMORY_MIB: u64 = 256;

/// What every server under attack is given: a small window, so that its bound is soon reached.
const CONFIG: &str = "[window]\nmemory = \"32 MiB\"\n";

pub(crate) struct Bench {
    pub(crate) tapline: Tapline,
    pub(crate) canary: Canary,
    /// What it may have resident at its worst.
    pub(crate) memory_mib: u64,
    _dir: TempDir,
    tcp: SocketAddr,
    udp: SocketAddr,
}

/// What became of the frames of one listener: `received`, `counted`, `unparsed`, and reasons by name.
pub(crate) type Counts = BTreeMap<String, u64>;

impl Bench {
    pub(crate) fn start(config: &str) -> Bench {
        Bench::start_cut(config, Cut::Lf)
    }

    /// Where streams are not cut at LF, the canary must know.
    pub(crate) fn start_cut(config: &str, cut: Cut) -> Bench {
        let dir = TempDir::new().unwrap();
        // a section that the case sets itself stands once only
        let config = if config.contains("[window]") {
            config.to_owned()
        } else {
            format!("{CONFIG}{config}")
        };
        configure(dir.path(), &config);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let more = ["--udp", "127.0.0.1:0", "--tcp", "127.0.0.1:0"].map(OsStr::new);
        let tapline = Tapline::start_with(dir.path(), any, any, any, &more);
        let log = tapline.log();
        let other = |kind: &str, than: SocketAddr| -> SocketAddr {
            let mut bound = log.lines().filter_map(listening).filter(|(k, _)| k == kind);
            bound.find_map(|(_, a)| a.parse().ok().filter(|a| *a != than)).expect("two listeners")
        };
        let (tcp, udp) = (other("tcp", tapline.tcp), other("udp", tapline.udp));
        let canary = Canary::start(tcp, udp, tapline.http, cut);
        Bench { tapline, canary, memory_mib: MEMORY_MIB, _dir: dir, tcp, udp }
    }

    /// The accounts of all listeners by their label, each of them in balance.
    fn accounts(&self) -> BTreeMap<String, Counts> {
        let answer = Client::new(self.tapline.http).get("/metrics").expect("metrics");
        let text = String::from_utf8(answer.body).expect("text");
        let mut accounts: BTreeMap<String, Counts> = BTreeMap::new();
        for Metric { name, listener, reason, value } in text.lines().filter_map(metric) {
            let what = match (name, reason) {
                ("received_frames_total", _) => "received",
                ("counted_events_total", _) => "counted",
                ("unparsed_events_total", _) => "unparsed",
                ("in_flight_frames", _) => "in flight",
                ("rejected_frames_total" | "dropped_frames_total", Some(reason)) => reason,
                _ => continue,
            };
            accounts.entry(listener.to_owned()).or_default().insert(what.to_owned(), value);
        }
        for (label, counts) in &accounts {
            let placed: u64 = counts.iter().filter(|(k, _)| *k != "received").map(|(_, n)| n).sum();
            assert_eq!(counts["received"], placed, "{label} is out of balance: {counts:?}");
        }
        accounts
    }

    /// What became of the frames of the listener with this address, once none is on its way.
    pub(crate) fn counts(&self, listener: &str) -> Counts {
        let label = format!("listener=\"{listener}\"");
        let of = |kind: &str, accounts: &BTreeMap<String, Counts>| {
            let own = accounts.iter().find(|(l, _)| l.starts_with(kind) && l.contains(&label));
            own.map(|(_, counts)| counts.clone())
        };
        until("no frame is on its way", || {
            let accounts = self.accounts();
            // a port's number may be that of a UDP and a TCP listener at once
            let kind =
                if listener == self.tapline.udp.to_string() { "kind=\"udp\"" } else { "kind=" };
            let mut counts = of(kind, &accounts).unwrap_or_else(|| panic!("no {label}"));
            (counts.remove("in flight") == Some(0)).then_some(counts)
        })
    }

    /// The server lives and is silent about panics, its memory keeps the bound, the canaries sing.
    pub(crate) fn check(&mut self) {
        assert!(self.tapline.running(), "it is gone\n{}", self.tapline.log());
        let log = self.tapline.log();
        let panic = log.lines().find(|line| line.contains("panicked"));
        assert_eq!(panic, None, "{log}");
        let peak = self.tapline.peak_kib() / 1024;
        assert!(peak < self.memory_mib, "{peak} MiB were resident");
        self.canary.browser_is_well();
        let (tcp, udp) = self.canary.sent();
        for (kind, listener, sent) in [("tcp", self.tcp, tcp), ("udp", self.udp, udp)] {
            until("the canary's lines are counted", || {
                let accounts = self.accounts();
                let own = format!("kind=\"{kind}\",listener=\"{listener}\"");
                let counts = &accounts[&own];
                let lost = counts["received"] - counts["counted"] - counts["in flight"];
                assert_eq!(
                    lost, 0,
                    "the canary's lines over {kind} were not all counted: {counts:?}"
                );
                (counts["counted"] >= sent).then_some(())
            });
        }
    }

    /// The end: the canaries' last lines are counted exactly, and what the server says last balances.
    /// Gives frames received, of them without a place, the longest time between two ticks in ms and
    /// the memory's peak in MiB.
    pub(crate) fn finish(mut self) -> Finished {
        self.canary.stop_sending();
        self.check();
        let (tcp, udp) = self.canary.sent();
        let accounts = self.accounts();
        let counted = |kind: &str, listener: SocketAddr| {
            accounts[&format!("kind=\"{kind}\",listener=\"{listener}\"")]["counted"]
        };
        let silent =
            tcp.abs_diff(counted("tcp", self.tcp)) + udp.abs_diff(counted("udp", self.udp));
        let longest_gap_ms = self.canary.stop_watching();
        let peak_mib = self.tapline.peak_kib() / 1024;
        let ended = self.tapline.terminate();
        assert!(ended.status.success(), "{}", ended.log);
        assert!(!ended.log.contains("panicked"), "{}", ended.log);
        let last = ended.accounting.unwrap_or_else(|| panic!("no last word:\n{}", ended.log));
        let placed = last.counted + last.unparsed + last.rejected() + last.dropped();
        let unaccounted = silent + last.received.abs_diff(placed);
        Finished { frames: last.received, unaccounted, longest_gap_ms, peak_mib }
    }
}

/// What is known of a server that has ended.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Finished {
    pub(crate) frames: u64,
    pub(crate) unaccounted: u64,
    pub(crate) longest_gap_ms: u64,
    pub(crate) peak_mib: u64,
}

/// A line of `/metrics` that is about a listener.
struct Metric<'a> {
    name: &'a str,
    /// `kind="…",listener="…"`
    listener: &'a str,
    reason: Option<&'a str>,
    value: u64,
}

fn metric(line: &str) -> Option<Metric<'_>> {
    let (name, rest) = line.strip_prefix("tapline_")?.split_once('{')?;
    let (labels, value) = rest.rsplit_once("} ")?;
    let (listener, reason) = match labels.split_once(",reason=\"") {
        Some((listener, reason)) => (listener, Some(reason.trim_end_matches('"'))),
        None => (labels, None),
    };
    Some(Metric { name, listener, reason, value: value.parse().ok()? })
}

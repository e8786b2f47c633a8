//! `GET /metrics`: Tapline's own numbers as Prometheus text (exposition format 0.0.4).

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::{ApiError, Web};
use crate::pipeline::feed::Feed;
use crate::state::account::Counts;
use crate::state::node::{Listener, Node};
use crate::vocab::outcome::{DropReason, HandshakeFailure, RejectReason};

pub(crate) async fn text(State(web): State<Arc<Web>>) -> Result<impl IntoResponse, ApiError> {
    let text = web.beside(render).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

fn render(web: &Web) -> String {
    let mut out = String::with_capacity(4096);
    frames(&mut out, &web.node);
    window(&mut out, &web.node);
    feed(&mut out, &web.feed);
    markers(&mut out, &web.node);
    bots(&mut out, &web.node);
    anomalies(&mut out, &web.node);
    condition(&mut out, &web.node);
    process(&mut out, web);
    refusals(&mut out, web);
    notices(&mut out, &web.node);
    out
}

fn window(out: &mut String, node: &Node) {
    let (kept, overflowed) = {
        let live = node.live();
        (live.kept(), live.dictionaries().overflowed())
    };
    let help = "Sources known, those of before a restart among them.";
    gauge(out, "sources", help, node.sources.len() as u64);
    gauge(out, "window_events", "Events kept in the window.", kept.events);
    gauge(out, "window_bytes", "Bytes the window uses.", kept.bytes);
    gauge(out, "window_budget_bytes", "Bytes the window may use.", kept.budget_bytes);
    let help =
        "New values that went to (other): the dictionaries of a second or of the window were full.";
    counter(out, "values_without_room_total", help, overflowed);
    let help = "Lines whose own time is outside time.past and time.ahead, or none that a clock shows, counted at their arrival.";
    counter(out, "misdated_lines_total", help, node.accounting().misdated);
}

fn feed(out: &mut String, feed: &Feed) {
    gauge(out, "sessions", "Live sessions open.", feed.sessions.load(Ordering::Relaxed));
    let help = "Snapshots sent to sessions that fell behind.";
    counter(out, "session_resyncs_total", help, feed.resyncs.load(Ordering::Relaxed));
    let help =
        "Tenths of a second whose lines came with their second: too many sessions, or lines.";
    counter(out, "tails_held_back_total", help, feed.held_back.load(Ordering::Relaxed));
    counter(out, "ticks_total", "Seconds closed.", feed.seq());
}

fn markers(out: &mut String, node: &Node) {
    gauge(out, "markers", "Markers kept.", node.markers.len() as u64);
    let help = "Markers that left because there were too many.";
    counter(out, "markers_crowded_out_total", help, node.markers.crowded_out());
}

/// Whether bots are who they say to be, which DNS is asked.
fn bots(out: &mut String, node: &Node) {
    let (waiting, left_out) = {
        let live = node.live();
        let claims = live.dictionaries().claims();
        (claims.waiting() as u64, claims.left_out())
    };
    let help = "Lookups about bots that DNS answered.";
    counter(out, "dns_lookups_total", help, node.lookups.answered());
    let help = "Lookups about bots that failed or took too long.";
    counter(out, "dns_lookups_failed_total", help, node.lookups.failed());
    gauge(out, "dns_claims_waiting", "Claims to be a bot that wait for DNS.", waiting);
    let help = "Claims to be a bot that found no room to wait.";
    counter(out, "dns_claims_left_out_total", help, left_out);
}

fn anomalies(out: &mut String, node: &Node) {
    let figures = node.anomalies().figures();
    gauge(out, "anomalies_open", "Anomalies that go on.", figures.open as u64);
    let help = "Anomalies kept, those that are over too.";
    gauge(out, "anomalies_kept", help, figures.kept as u64);
    counter(out, "anomalies_total", "Anomalies that began.", figures.told);
    let help = "Anomalies that began under a mute.";
    counter(out, "anomalies_muted_total", help, figures.muted);
    gauge(out, "mutes", "Mutes that hold.", figures.mutes as u64);
    let name = "detector_seconds_total";
    head(out, name, "counter", "Time that detectors and explanations took.");
    let _ = writeln!(out, "tapline_{name} {:.6}", figures.spent.as_secs_f64());
}

fn condition(out: &mut String, node: &Node) {
    let condition = &node.condition;
    let help = "Panics that were caught; the lines they cost are dropped as fault.";
    counter(out, "faults_total", help, condition.faults());
    let help = "Reloads of the configuration that took effect.";
    counter(out, "config_reloads_total", help, condition.reloads());
    let help = "1 while the last reload found a mistake and left all as it was.";
    gauge(out, "config_reload_failed", help, u64::from(condition.reload_failed()));
    if let Some(ends) = condition.certificate_ends() {
        let name = "certificate_end_timestamp_seconds";
        head(out, name, "gauge", "Until when the TLS certificate is good.");
        let _ = writeln!(out, "tapline_{name} {}", ends.0);
    }
    let help = "Times the state was written to disk.";
    counter(out, "saves_total", help, node.saves.done());
    let help = "Times the state could not be written to disk.";
    counter(out, "save_failures_total", help, node.saves.failed());
}

fn process(out: &mut String, web: &Web) {
    let uptime_s = (web.clock.now().0 - web.node.started.0) / 1000;
    gauge(out, "uptime_seconds", "Time since start.", u64::try_from(uptime_s).unwrap_or(0));
    let (_, host) = web.node.host();
    let help = "Resident memory of this process.";
    gauge(out, "process_resident_bytes", help, host.process.resident_bytes);
    let help = "What this process, or its container, may take; 0 is no limit.";
    let limit = web.node.memory.filled().map_or(0, |filled| filled.limit);
    gauge(out, "process_memory_limit_bytes", help, limit);
}

/// By the code that whoever was refused was told.
fn refusals(out: &mut String, web: &Web) {
    let name = "http_refusals_total";
    head(out, name, "counter", "Requests and sessions refused over HTTP, by why.");
    for (code, count) in web.refusals.all() {
        let _ = writeln!(out, "tapline_{name}{{code=\"{code}\"}} {count}");
    }
}

/// By target of `[[notify]]`.
fn notices(out: &mut String, node: &Node) {
    let targets = node.told.all();
    if targets.is_empty() {
        return;
    }
    for (index, (name, help)) in [
        ("notices_sent_total", "Alerts delivered."),
        ("notices_failed_total", "Alerts given up after all attempts."),
        ("notices_dropped_total", "Alerts left out by the rate, or because too many waited."),
    ]
    .into_iter()
    .enumerate()
    {
        head(out, name, "counter", help);
        for target in &targets {
            let (label, count) = (escape(&target.target), target.counts()[index]);
            let _ = writeln!(out, "tapline_{name}{{target=\"{label}\"}} {count}");
        }
    }
}

fn frames(out: &mut String, node: &Node) {
    let listeners = Listeners::of(node);
    let help = "Frames received, the kernel's drops included.";
    listeners.counter(out, "received_frames_total", help, |own| own.counts.received);
    let help = "Bytes of frames received.";
    listeners.counter(out, "received_bytes_total", help, |own| own.counts.bytes);
    let help = "Lines understood and counted: events, and a log's own header lines.";
    listeners.counter(out, "counted_events_total", help, |own| own.counts.counted);
    let help = "Lines that fit no format, kept as messages.";
    listeners.counter(out, "unparsed_events_total", help, |own| own.counts.unparsed);
    let help = "Frames that are no lines.";
    listeners.by_reason(out, "rejected_frames_total", help, &RejectReason::ALL, |own, reason| {
        Some((reason.name(), own.counts.rejected[reason as usize]))
    });
    let help = "Lines lost or left out.";
    listeners.by_reason(out, "dropped_frames_total", help, &DropReason::ALL, |own, reason| {
        Some((reason.name(), own.counts.dropped[reason as usize]))
    });
    listeners.gauge(out, "connections", "Connections open.", |own| {
        own.listener.connections.load(Ordering::Relaxed)
    });
    let help = "Connections closed at once: too many, or not allowed.";
    listeners.counter(out, "refused_connections_total", help, |own| {
        own.listener.refused.load(Ordering::Relaxed)
    });
    let help = "Times that http.max_connections were open, and the next one had to wait.";
    listeners.counter(out, "connection_waits_total", help, |own| {
        own.listener.waits.load(Ordering::Relaxed)
    });
    let help = "TLS handshakes that came to nothing.";
    let reasons = &HandshakeFailure::ALL;
    listeners.by_reason(out, "failed_handshakes_total", help, reasons, |own, reason| {
        own.listener.handshakes_failed(reason).map(|n| (reason.name(), n))
    });
    let help = "Lines of files that went with the line before them as one frame.";
    listeners.counter(out, "joined_lines_total", help, |own| {
        own.listener.joined_lines.load(Ordering::Relaxed)
    });
    let help = "Messages of several lines that were cut at multiline.max_lines or max_bytes.";
    listeners.counter(out, "joins_cut_total", help, |own| {
        own.listener.joins_cut.load(Ordering::Relaxed)
    });
    let help = "Files that came and went at a followed path between two looks, and were not read.";
    listeners.counter(out, "missed_files_total", help, |own| own.listener.missed_files());
    let help = "Frames received that have no outcome yet.";
    listeners.gauge(out, "in_flight_frames", help, |own| own.counts.in_flight);
}

/// The listeners of one scrape; each number is told for every one of them.
struct Listeners(Vec<OfListener>);

struct OfListener {
    listener: Arc<Listener>,
    counts: Counts,
    labels: String,
}

impl Listeners {
    fn of(node: &Node) -> Listeners {
        let snapshot = |listener: Arc<Listener>| (listener.account.snapshot(), listener);
        let mut all: Vec<_> = node.listeners().into_iter().map(snapshot).collect();
        let earlier = node.earlier();
        if earlier.received > 0 {
            // So that the sum over listeners is the accounting, over a restart on other addresses, too.
            all.push((earlier, Listener::new("earlier", "")));
        }
        let labelled = |(counts, listener): (Counts, Arc<Listener>)| {
            let (kind, address) = (listener.kind, escape(&listener.address));
            let labels = format!("kind=\"{kind}\",listener=\"{address}\"");
            OfListener { listener, counts, labels }
        };
        Listeners(all.into_iter().map(labelled).collect())
    }

    fn counter(&self, out: &mut String, name: &str, help: &str, value: fn(&OfListener) -> u64) {
        head(out, name, "counter", help);
        self.values(out, name, value);
    }

    fn gauge(&self, out: &mut String, name: &str, help: &str, value: fn(&OfListener) -> u64) {
        head(out, name, "gauge", help);
        self.values(out, name, value);
    }

    fn values(&self, out: &mut String, name: &str, value: fn(&OfListener) -> u64) {
        for own in &self.0 {
            let _ = writeln!(out, "tapline_{name}{{{}}} {}", own.labels, value(own));
        }
    }

    /// A counter for each reason that a listener knows.
    fn by_reason<R: Copy>(
        &self,
        out: &mut String,
        name: &str,
        help: &str,
        reasons: &[R],
        count: fn(&OfListener, R) -> Option<(&'static str, u64)>,
    ) {
        head(out, name, "counter", help);
        for own in &self.0 {
            for (reason, n) in reasons.iter().filter_map(|reason| count(own, *reason)) {
                let labels = &own.labels;
                let _ = writeln!(out, "tapline_{name}{{{labels},reason=\"{reason}\"}} {n}");
            }
        }
    }
}

fn counter(out: &mut String, name: &str, help: &str, value: u64) {
    head(out, name, "counter", help);
    let _ = writeln!(out, "tapline_{name} {value}");
}

fn gauge(out: &mut String, name: &str, help: &str, value: u64) {
    head(out, name, "gauge", help);
    let _ = writeln!(out, "tapline_{name} {value}");
}

/// Begins a family. Writing to a `String` cannot fail: its results are dropped throughout.
fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP tapline_{name} {help}\n# TYPE tapline_{name} {kind}");
}

fn escape(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

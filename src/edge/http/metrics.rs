//! `GET /metrics`: Tapline's own numbers as Prometheus text (exposition format 0.0.4).

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;

use super::{ApiError, Web};
use crate::state::node::{Listener, Node};
use crate::vocab::outcome::{DropReason, HandshakeFailure, RejectReason};

pub(crate) async fn text(State(web): State<Arc<Web>>) -> Result<impl IntoResponse, ApiError> {
    let text = web.beside(render).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text))
}

fn render(web: &Web) -> String {
    let mut out = String::with_capacity(4096);
    frames(&mut out, &web.node);
    let (kept, waiting, left_out, overflowed) = {
        let live = web.node.live();
        let dictionaries = live.dictionaries();
        let claims = dictionaries.claims();
        (live.kept(), claims.waiting() as u64, claims.left_out(), dictionaries.overflowed())
    };
    let (_, host) = web.node.host();
    let anomalies = web.node.anomalies().figures();
    let uptime_s = (web.clock.now().0 - web.node.started.0) / 1000;
    for (name, kind, help, value) in [
        (
            "sources",
            "gauge",
            "Sources known, those of before a restart among them.",
            web.node.sources.len() as u64,
        ),
        ("window_events", "gauge", "Events kept in the window.", kept.events),
        ("window_bytes", "gauge", "Bytes the window uses.", kept.bytes),
        ("window_budget_bytes", "gauge", "Bytes the window may use.", kept.budget_bytes),
        ("sessions", "gauge", "Live sessions open.", web.feed.sessions.load(Ordering::Relaxed)),
        (
            "values_without_room_total",
            "counter",
            "New values that went to (other): the dictionaries of a second or of the window were full.",
            overflowed,
        ),
        (
            "session_resyncs_total",
            "counter",
            "Snapshots sent to sessions that fell behind.",
            web.feed.resyncs.load(Ordering::Relaxed),
        ),
        (
            "tails_held_back_total",
            "counter",
            "Tenths of a second whose lines came with their second: too many sessions, or lines.",
            web.feed.held_back.load(Ordering::Relaxed),
        ),
        ("markers", "gauge", "Markers kept.", web.node.markers.len() as u64),
        (
            "markers_crowded_out_total",
            "counter",
            "Markers that left because there were too many.",
            web.node.markers.crowded_out(),
        ),
        (
            "dns_lookups_total",
            "counter",
            "Lookups about bots that DNS answered.",
            web.node.lookups.answered(),
        ),
        (
            "dns_lookups_failed_total",
            "counter",
            "Lookups about bots that failed or took too long.",
            web.node.lookups.failed(),
        ),
        ("dns_claims_waiting", "gauge", "Claims to be a bot that wait for DNS.", waiting),
        (
            "dns_claims_left_out_total",
            "counter",
            "Claims to be a bot that found no room to wait.",
            left_out,
        ),
        ("anomalies_open", "gauge", "Anomalies that go on.", anomalies.open as u64),
        (
            "anomalies_kept",
            "gauge",
            "Anomalies kept, those that are over too.",
            anomalies.kept as u64,
        ),
        ("anomalies_total", "counter", "Anomalies that began.", anomalies.told),
        ("anomalies_muted_total", "counter", "Anomalies that began under a mute.", anomalies.muted),
        ("mutes", "gauge", "Mutes that hold.", anomalies.mutes as u64),
        (
            "faults_total",
            "counter",
            "Panics that were caught; the lines they cost are dropped as fault.",
            web.node.condition.faults(),
        ),
        (
            "config_reloads_total",
            "counter",
            "Reloads of the configuration that took effect.",
            web.node.condition.reloads(),
        ),
        (
            "config_reload_failed",
            "gauge",
            "1 while the last reload found a mistake and left all as it was.",
            u64::from(web.node.condition.reload_failed()),
        ),
        (
            "misdated_lines_total",
            "counter",
            "Lines outside time.past and time.ahead, counted at their arrival.",
            web.node.accounting().misdated,
        ),
        ("saves_total", "counter", "Times the state was written to disk.", web.node.saves.done()),
        (
            "save_failures_total",
            "counter",
            "Times the state could not be written to disk.",
            web.node.saves.failed(),
        ),
        ("ticks_total", "counter", "Seconds closed.", web.feed.seq()),
        ("uptime_seconds", "gauge", "Time since start.", u64::try_from(uptime_s).unwrap_or(0)),
        (
            "process_resident_bytes",
            "gauge",
            "Resident memory of this process.",
            host.process.resident_bytes,
        ),
        (
            "process_memory_limit_bytes",
            "gauge",
            "What this process, or its container, may take; 0 is no limit.",
            web.node.memory.filled().map_or(0, |filled| filled.limit),
        ),
    ] {
        head(&mut out, name, kind, help);
        let _ = writeln!(out, "tapline_{name} {value}");
    }
    if let Some(ends) = web.node.condition.certificate_ends() {
        let name = "certificate_end_timestamp_seconds";
        head(&mut out, name, "gauge", "Until when the TLS certificate is good.");
        let _ = writeln!(out, "tapline_{name} {}", ends.0);
    }
    let name = "detector_seconds_total";
    head(&mut out, name, "counter", "Time that detectors and explanations took.");
    let _ = writeln!(out, "tapline_{name} {:.6}", anomalies.spent.as_secs_f64());
    refusals(&mut out, web);
    notices(&mut out, &web.node);
    out
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

/// Writing to a `String` cannot fail: its results are dropped throughout.
fn frames(out: &mut String, node: &Node) {
    let mut listeners: Vec<_> =
        node.listeners().into_iter().map(|l| (l.account.snapshot(), l)).collect();
    let earlier = node.earlier();
    if earlier.received > 0 {
        // So that the sum over listeners is the accounting, over a restart on other addresses, too.
        listeners.push((earlier, Listener::new("earlier", "")));
    }
    let series = |out: &mut String, name: &str, help: &str, rows: &dyn Fn(&mut String, usize)| {
        head(out, name, "counter", help);
        for i in 0..listeners.len() {
            rows(out, i);
        }
    };
    let label = |i: usize| {
        let listener = &listeners[i].1;
        format!("kind=\"{}\",listener=\"{}\"", listener.kind, escape(&listener.address))
    };
    type Pick = fn(&crate::state::account::Counts) -> u64;
    let plain: [(&str, &str, Pick); 4] = [
        ("received_frames_total", "Frames received, the kernel's drops included.", |c| c.received),
        ("received_bytes_total", "Bytes of frames received.", |c| c.bytes),
        (
            "counted_events_total",
            "Lines understood and counted: events, and a log's own header lines.",
            |c| c.counted,
        ),
        ("unparsed_events_total", "Lines that fit no format, kept as messages.", |c| c.unparsed),
    ];
    for (name, help, pick) in plain {
        series(out, name, help, &|out, i| {
            let _ = writeln!(out, "tapline_{name}{{{}}} {}", label(i), pick(&listeners[i].0));
        });
    }
    series(out, "rejected_frames_total", "Frames that are no lines.", &|out, i| {
        for reason in RejectReason::ALL {
            let n = listeners[i].0.rejected[reason as usize];
            let name = reason.name();
            let _ = writeln!(
                out,
                "tapline_rejected_frames_total{{{},reason=\"{name}\"}} {n}",
                label(i)
            );
        }
    });
    series(out, "dropped_frames_total", "Lines lost or left out.", &|out, i| {
        for reason in DropReason::ALL {
            let n = listeners[i].0.dropped[reason as usize];
            let name = reason.name();
            let _ =
                writeln!(out, "tapline_dropped_frames_total{{{},reason=\"{name}\"}} {n}", label(i));
        }
    });
    let of_listener = |out: &mut String, name: &str, kind, help, pick: fn(&Listener) -> u64| {
        head(out, name, kind, help);
        for (i, (_, listener)) in listeners.iter().enumerate() {
            let _ = writeln!(out, "tapline_{name}{{{}}} {}", label(i), pick(listener));
        }
    };
    of_listener(out, "connections", "gauge", "Connections open.", |l| {
        l.connections.load(Ordering::Relaxed)
    });
    let help = "Connections closed at once: too many, or not allowed.";
    of_listener(out, "refused_connections_total", "counter", help, |l| {
        l.refused.load(Ordering::Relaxed)
    });
    let help = "Times that http.max_connections were open, and the next one had to wait.";
    of_listener(out, "connection_waits_total", "counter", help, |l| {
        l.waits.load(Ordering::Relaxed)
    });
    head(out, "failed_handshakes_total", "counter", "TLS handshakes that came to nothing.");
    for (i, (_, listener)) in listeners.iter().enumerate() {
        for why in HandshakeFailure::ALL {
            let Some(n) = listener.handshakes_failed(why) else { continue };
            let (label, reason) = (label(i), why.name());
            let _ =
                writeln!(out, "tapline_failed_handshakes_total{{{label},reason=\"{reason}\"}} {n}");
        }
    }
    let help = "Lines of files that went with the line before them as one frame.";
    of_listener(out, "joined_lines_total", "counter", help, |l| {
        l.joined_lines.load(Ordering::Relaxed)
    });
    let help = "Messages of several lines that were cut at multiline.max_lines or max_bytes.";
    of_listener(out, "joins_cut_total", "counter", help, |l| l.joins_cut.load(Ordering::Relaxed));
    let help = "Files that came and went at a followed path between two looks, and were not read.";
    of_listener(out, "missed_files_total", "counter", help, Listener::missed_files);
    head(out, "in_flight_frames", "gauge", "Frames received that have no outcome yet.");
    for (i, (counts, _)) in listeners.iter().enumerate() {
        let _ = writeln!(out, "tapline_in_flight_frames{{{}}} {}", label(i), counts.in_flight);
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP tapline_{name} {help}\n# TYPE tapline_{name} {kind}");
}

fn escape(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

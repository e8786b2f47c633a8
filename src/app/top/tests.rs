//! What the picture shows: messages and keys in, text out, at any size.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Value, json};

use super::draw::{self, Frame};
use super::keys::{Order, Ui, Wish};
use super::lists::By;
use super::message::Message;
use super::state::{Link, State};
use crate::app::figures::width;

/// 2026-11-22 10:00:00 UTC.
const T: i64 = 1_795_341_600;
const NOW_MS: i64 = (T + 1) * 1_000;

fn ui() -> Ui {
    Ui::new(Wish { filter: String::new(), window_s: 900, by: By::Requests })
}

fn take(state: &mut State, message: Value) {
    let message = Message::read(&message.to_string()).expect("a message");
    state.take(message, NOW_MS);
}

fn row(value: &str, requests: u64, s5xx: u64) -> Value {
    json!({"value": value, "requests": requests, "bytes": 1_000, "errors": s5xx, "s5xx": s5xx, "mean_s": 0.05})
}

fn status() -> Value {
    json!({
        "summary": {
            "from": "2026-11-22T09:45:01Z", "to": "2026-11-22T10:00:01Z",
            "requests": 600, "bytes_out": 5_000_000,
            "status": {"1xx": 0, "2xx": 580, "3xx": 0, "4xx": 2, "5xx": 18},
            "top": {
                "paths": [row("/cart", 400, 18), row("/\u{1b}[2J\u{202e}evil", 150, 0), row("/コーヒー/e\u{301}", 50, 0)],
                "clients": [row("203.0.113.9", 300, 0), row("2001:db8::1", 300, 18)],
                "sites": [row("-", 600, 18)],
            },
            "accounting": {"received": 612, "counted": 600, "unparsed": 2, "rejected": {"oversize": 3},
                "dropped": {"kernel": 7}, "in_flight": 0},
        },
        "sources": [{"id": 1}], "visitors_now": 42,
    })
}

fn anomaly() -> Value {
    json!({
        "id": "a1", "kind": "errors_5xx", "site": "shop.example", "key": null, "state": "open",
        "start": "2026-11-22T09:58:00Z", "detected": "2026-11-22T09:58:10Z",
        "peak": {"time": "2026-11-22T09:59:00Z", "value": 21.0}, "end": null,
        "observed": 18.4, "expected": 0.2, "low": 0.0, "high": 0.4, "unit": "percent", "severity": 4,
        "explain": [{"field": "path", "value": "/cart\u{1b}]0;x\u{7}", "observed": 18.0, "expected": 0.1, "unit": "percent", "share": 0.94}],
        "samples": [], "incident": "a1", "filter": "site:shop.example status:5xx", "muted": false,
    })
}

/// A server that is told of in full.
fn state() -> State {
    let mut state = State::default();
    take(
        &mut state,
        json!({"type": "hello", "seq": 1, "boot": "b1", "version": "0.1.0", "now_ms": NOW_MS}),
    );
    take(
        &mut state,
        json!({
            "type": "snapshot", "seq": 1, "filter": "", "window_s": 900,
            "series": {"step_s": 1, "t": [T - 1, T], "requests": [10, 30], "s5xx": [0, 2], "bytes_out": [1_000, 3_000],
                "p95_s": [0.05, 5.0], "cpu": [0.5, 0.29], "memory": [0.5, 0.61], "rx": [1.0, 2.0], "tx": [1.0, 2.0]},
            "status": status(),
            "tail": [
                {"kind": "access", "time": "2026-11-22T10:00:00.120Z", "source": "web-1", "remote_ip": "203.0.113.9",
                    "method": "GET", "path": "/cart\u{9b}31m", "status": 504, "request_time_s": 5.0},
                {"kind": "error", "time": "2026-11-22T10:00:00.130Z", "source": "web-1", "level": "crit",
                    "message": "upstream\u{1b}[5m timed out"},
            ],
            "anomalies": [anomaly()],
        }),
    );
    state
}

fn frame<'a>(state: &'a State, ui: &'a Ui, columns: usize) -> Frame<'a> {
    Frame { state, ui, address: "http://127.0.0.1:8514", now_ms: NOW_MS + 400, columns }
}

fn picture(state: &State, ui: &Ui, columns: usize, rows: usize) -> String {
    let lines = draw::screen(frame(state, ui, columns), rows);
    assert_eq!(lines.len(), rows);
    let texts: Vec<String> = lines.iter().map(super::line::Line::text).collect();
    for text in &texts {
        assert!(width(text) <= columns, "{columns}: {} {text}", width(text));
    }
    texts.join("\n")
}

fn press(ui: &mut Ui, state: &State, code: KeyCode) -> Option<Order> {
    ui.press(KeyEvent::new(code, KeyModifiers::NONE), state)
}

fn type_in(ui: &mut Ui, state: &State, text: &str) {
    for c in text.chars() {
        assert_eq!(press(ui, state, KeyCode::Char(c)), None);
    }
}

#[test]
fn the_picture_says_what_is_unusual_then_how_much_then_who() {
    let picture = picture(&state(), &ui(), 80, 24);
    let expected = "\
Tapline 127.0.0.1:8514  all traffic  15 min             10:00:01 UTC  live 0.4 s
 !!!!   5xx on shop.example: 0.2 % → 18 % since 09:58:00 UTC  2 min 1 s
        because of  path /cart·]0;x·: 0.1 % → 18 %, 94 % of it
Requests            20/s  ▃▇                            most 30/s
Errors 5xx         5.0 %   ▇                            1.0/s
Errors 4xx           0 %                                0.0/s
Latency p95       5.00 s  ▁▇                            p50 –  p99 –
Sent           2.00 kB/s  ▃▇                            5.00 MB in all
Visitors              42  in 5 min   CPU 29 %   memory 61 %
Status               600  2xx 97 %   4xx 0.3 %   5xx 3.0 %

Paths                   requests errors  Clients                 requests errors
";
    assert!(picture.starts_with(expected), "\n{picture}");
    for wanted in [
        "/cart",
        "203.0.113.9",
        "504 GET  /cart",
        "crit upstream",
        "7 lost in the kernel",
        "3 rejected (oversize)",
    ] {
        assert!(picture.contains(wanted), "{wanted} in\n{picture}");
    }
    assert!(!picture.contains("Sites"), "a list that says nothing:\n{picture}");
}

#[test]
fn a_log_whose_times_are_all_zero_has_times() {
    let picture_of = |p95: Value| {
        let mut state = state();
        let series = json!({"step_s": 1, "t": [T - 1, T], "requests": [10, 30], "p95_s": p95});
        take(
            &mut state,
            json!({"type": "snapshot", "seq": 2, "filter": "", "window_s": 900, "series": series, "status": status()}),
        );
        picture(&state, &ui(), 80, 24)
    };
    assert!(!picture_of(json!([0.0, 0.0])).contains("the log has no times"));
    assert!(picture_of(json!([null, null])).contains("the log has no times"));
}

#[test]
fn no_strangers_text_reaches_the_terminal_as_more_than_text() {
    let state = state();
    let mut on_incidents = ui();
    on_incidents.focus = super::keys::Focus::Incidents;
    for ui in [ui(), on_incidents] {
        for line in draw::screen(frame(&state, &ui, 120), 40) {
            let painted = line.painted(true, 120);
            // Of escapes there are our colours and columns alone.
            for after in painted.split('\u{1b}').skip(1) {
                let end = after.find(|c: char| c.is_ascii_alphabetic()).expect("an end");
                let (codes, last) = (&after[1..end], &after[end..=end]);
                assert!(after.starts_with('[') && (last == "m" || last == "G"), "{painted:?}");
                assert!(codes.chars().all(|c| c.is_ascii_digit() || c == ';'), "{painted:?}");
            }
            for tricky in ['\u{7}', '\u{9b}', '\u{202e}', '\r'] {
                assert!(!painted.contains(tricky), "{painted:?}");
            }
        }
        assert!(!draw::page(frame(&state, &ui, 100)).contains('\u{1b}'));
    }
}

#[test]
fn it_fits_any_terminal() {
    let mut away = state();
    away.link = Link::Away { why: "a".repeat(400), again_ms: NOW_MS + 9_000 };
    let mut editing = ui();
    type_in(&mut editing, &away, "/");
    type_in(&mut editing, &away, &"path:/コーヒー".repeat(9));
    let mut help = ui();
    help.help = true;
    for state in [&state(), &away, &State::default()] {
        for ui in [&ui(), &editing, &help] {
            for columns in [1, 2, 5, 12, 20, 39, 40, 60, 79, 80, 100, 120, 200, 400] {
                for rows in [1, 2, 3, 5, 7, 10, 12, 18, 24, 40, 100] {
                    picture(state, ui, columns, rows);
                }
            }
        }
    }
    let small = picture(&state(), &ui(), 20, 5);
    assert!(small.contains("live") && small.contains("20/s"), "{small}");
}

#[test]
fn a_value_is_filtered_by_and_taken_back() {
    let (state, mut ui) = (state(), ui());
    for there_and_back in ['j', 'k', 'l', 'h'] {
        press(&mut ui, &state, KeyCode::Char(there_and_back));
    }
    assert_eq!(press(&mut ui, &state, KeyCode::Enter), Some(Order::Subscribe));
    assert_eq!(ui.wish.filter, "path:/cart");
    press(&mut ui, &state, KeyCode::Tab);
    press(&mut ui, &state, KeyCode::Down);
    press(&mut ui, &state, KeyCode::Enter);
    assert_eq!(ui.wish.filter, "path:/cart client:2001:db8::1");
    press(&mut ui, &state, KeyCode::Backspace);
    assert_eq!(ui.wish.filter, "path:/cart");
    press(&mut ui, &state, KeyCode::Backspace);
    assert_eq!(press(&mut ui, &state, KeyCode::Backspace), None, "nothing is left");
    press(&mut ui, &state, KeyCode::Tab);
    press(&mut ui, &state, KeyCode::Enter);
    assert_eq!(ui.wish.filter, "site:shop.example status:5xx", "of the incident");
}

#[test]
fn a_filter_that_the_server_refuses_stays_to_be_mended_with_what_it_says_where() {
    let (mut state, mut ui) = (state(), ui());
    type_in(&mut ui, &state, "/");
    type_in(&mut ui, &state, "path:/a colour:red");
    assert_eq!(press(&mut ui, &state, KeyCode::Enter), Some(Order::Subscribe));
    assert!(picture(&state, &ui, 80, 24).contains("asking"));
    take(
        &mut state,
        json!({"type": "problem", "seq": 2, "code": "bad_filter", "message": "`colour` is no field",
        "hint": "did you mean `client`?", "more": 1}),
    );
    ui.answered(&state);
    let shown = picture(&state, &ui, 80, 24);
    let end: Vec<&str> = shown.lines().rev().take(2).collect();
    assert_eq!(end[1], "filter path:/a colour:red");
    assert_eq!(
        end[0], "               ^ `colour` is no field; did you mean `client`?",
        "\n{shown}"
    );
    for _ in "colour:red".chars() {
        press(&mut ui, &state, KeyCode::Backspace);
    }
    press(&mut ui, &state, KeyCode::Enter);
    state.problem = None;
    take(&mut state, json!({"type": "snapshot", "filter": "path:/a", "window_s": 900}));
    ui.answered(&state);
    assert_eq!((ui.edit.is_none(), &*ui.wish.filter), (true, "path:/a"));
    assert!(picture(&state, &ui, 80, 24).contains("No request of this window matches"));
}

#[test]
fn an_earlier_answer_is_none_to_what_was_typed_since() {
    let (mut state, mut ui) = (state(), ui());
    press(&mut ui, &state, KeyCode::Enter);
    type_in(&mut ui, &state, "/");
    type_in(&mut ui, &state, " colour:red");
    press(&mut ui, &state, KeyCode::Enter);
    take(&mut state, json!({"type": "snapshot", "filter": "path:/cart", "window_s": 900}));
    ui.answered(&state);
    assert!(ui.edit.is_some(), "it is not answered");
    take(
        &mut state,
        json!({"type": "problem", "code": "bad_filter", "message": "no", "hint": "x"}),
    );
    ui.answered(&state);
    assert!(ui.edit.is_some() && ui.wish.filter.is_empty(), "{ui:?}");
}

#[test]
fn the_title_is_of_what_the_server_shows() {
    let (mut state, mut ui) = (state(), ui());
    press(&mut ui, &state, KeyCode::Enter);
    assert!(picture(&state, &ui, 100, 24).contains("path:/cart  15 min  asking…"));
    take(&mut state, json!({"type": "snapshot", "filter": "path:/cart", "window_s": 900}));
    ui.answered(&state);
    assert!(picture(&state, &ui, 100, 24).contains("path:/cart  15 min   "));
    // After a restart it may take less than it did.
    take(&mut state, json!({"type": "snapshot", "filter": "route:/cart", "window_s": 60}));
    ui.answered(&state);
    assert!(picture(&state, &ui, 100, 24).contains("route:/cart  1 min   "));
}

#[test]
fn letters_go_in_where_the_cursor_is() {
    let (state, mut ui) = (state(), ui());
    type_in(&mut ui, &state, "/");
    type_in(&mut ui, &state, "é日c");
    for code in [
        KeyCode::Left,
        KeyCode::Left,
        KeyCode::Char('x'),
        KeyCode::Delete,
        KeyCode::Backspace,
        KeyCode::Home,
        KeyCode::Left,
        KeyCode::Delete,
        KeyCode::End,
        KeyCode::Right,
        KeyCode::Char('q'),
    ] {
        press(&mut ui, &state, code);
    }
    assert_eq!(ui.edit.as_ref().map(|edit| &*edit.text), Some("cq"));
    press(&mut ui, &state, KeyCode::Esc);
    assert!(ui.edit.is_none());
    assert_eq!(press(&mut ui, &state, KeyCode::Char('q')), Some(Order::Quit));
}

#[test]
fn a_server_that_is_away_or_new_is_said_to_be() {
    let (mut state, ui) = (state(), ui());
    state.link = Link::Away { why: "nobody listens there".into(), again_ms: NOW_MS + 8_400 };
    let shown = picture(&state, &ui, 100, 24);
    assert!(
        shown.contains("nobody listens there; again in 8 s") && shown.contains("/cart"),
        "{shown}"
    );
    take(&mut state, json!({"type": "hello", "boot": "b2", "now_ms": NOW_MS}));
    let shown = picture(&state, &ui, 80, 24);
    assert!(shown.contains("server restarted 0 s ago"), "{shown}");
}

#[test]
fn a_replay_that_is_over_stands_and_says_so() {
    let (mut state, ui) = (state(), ui());
    let mut over = status();
    over["ended"] = json!(true);
    take(
        &mut state,
        json!({"type": "tick", "seq": 2, "point": {"t": T, "requests": 30}, "status": over}),
    );
    for (columns, said) in [
        (120, "  the replay has ended at 10:00:01 UTC"),
        (80, "  ended at 10:00:01 UTC"),
        (30, "ended"),
    ] {
        // An hour later the incident is as old as it was when the server's clock stopped.
        let late = Frame { now_ms: NOW_MS + 3_600_000, ..frame(&state, &ui, columns) };
        let shown: Vec<String> =
            draw::screen(late, 24).iter().map(super::line::Line::text).collect();
        assert!(shown[0].ends_with(said), "{}", shown[0]);
        let lasted = columns < 50 || shown[1].ends_with("  2 min 1 s");
        assert!(lasted, "{}", shown[1]);
    }
}

#[test]
fn seconds_are_appended_corrected_and_let_go() {
    let mut state = state();
    take(
        &mut state,
        json!({"type": "tick", "seq": 2, "point": {"t": T + 1, "requests": 50},
        "corrections": [{"t": T, "requests": 31}], "status": status(), "colour": {"a": [1]}}),
    );
    let requests: Vec<u64> = state.points.iter().map(|p| p.requests).collect();
    assert_eq!(requests, [10, 31, 50]);
    take(
        &mut state,
        json!({"type": "tick", "seq": 3, "point": {"t": T + 900, "requests": 1}, "status": status()}),
    );
    let times: Vec<i64> = state.points.iter().map(|p| p.t - T).collect();
    assert_eq!(times, [1, 900]);
    for t in [i64::MIN, i64::MAX, 0] {
        take(
            &mut state,
            json!({"type": "tick", "point": {"t": t, "requests": u64::MAX, "bytes_out": u64::MAX}}),
        );
        picture(&state, &ui(), 80, 24);
    }
}

#[test]
fn what_grows_is_bounded() {
    let mut state = state();
    for n in 0..3_000i64 {
        let mut anomaly = anomaly();
        (anomaly["id"], anomaly["incident"]) = (json!(n.to_string()), json!(n.to_string()));
        take(&mut state, json!({"type": "anomaly", "seq": n, "anomaly": anomaly}));
        let line = json!({"kind": "access", "time": "", "source": "", "status": 200});
        take(&mut state, json!({"type": "tail", "seq": n, "events": [line, line], "matched": 2}));
    }
    take(
        &mut state,
        json!({"type": "snapshot", "window_s": 86_400, "series": {"step_s": 1, "t": (0..9_000).collect::<Vec<i64>>()}}),
    );
    for n in 0..5_000i64 {
        take(&mut state, json!({"type": "tick", "point": {"t": 9_000 + n}}));
    }
    assert!(
        state.points.len() <= 3_600 && state.lines.len() <= 400 && state.anomalies.len() <= 200
    );
}

#[test]
fn whoever_is_forgotten_is_gone_from_a_paused_screen_too() {
    let mut state = state();
    state.paused = true;
    take(&mut state, json!({"type": "forgotten", "seq": 2}));
    assert!(!picture(&state, &ui(), 100, 40).contains("203.0.113.9"));
}

/// Every place of a message that holds no other ones.
fn leaves(of: &Value, at: &str, found: &mut Vec<String>) {
    match of {
        Value::Object(map) => {
            map.iter().for_each(|(key, v)| leaves(v, &format!("{at}/{key}"), found))
        }
        Value::Array(list) => {
            list.iter().enumerate().for_each(|(i, v)| leaves(v, &format!("{at}/{i}"), found))
        }
        _ => found.push(at.to_owned()),
    }
}

#[test]
fn no_value_in_any_place_of_a_message_breaks_the_picture() {
    let snapshot = json!({
        "type": "snapshot", "filter": "", "window_s": 900,
        "series": {"step_s": 1, "t": [T - 1, T], "requests": [1, 2], "p95_s": [0.1, 0.2], "cpu": [0.1, 0.2], "rx": [1.0, 2.0]},
        "status": status(), "anomalies": [anomaly()],
        "tail": [{"kind": "access", "time": "2026-11-22T10:00:00.120Z", "source": "s", "path": "/a", "query": "b", "status": 200,
            "method": "GET", "bytes": 5, "request_time_s": 0.1, "host": "h", "remote_ip": "203.0.113.9"}],
    });
    let tick = json!({"type": "tick", "point": {"t": T + 1, "requests": 5, "s5xx": 1, "bytes_out": 7, "p50_s": 0.1, "errors": 1,
        "host": {"cpu": 0.1, "memory": 0.2, "rx": 1.0, "tx": 2.0}}, "corrections": [{"t": T}], "status": status()});
    let hello = json!({"type": "hello", "boot": "b", "now_ms": NOW_MS, "site": "a"});
    let values = [
        json!(null),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1e308),
        json!(-1e308),
        json!(true),
        json!("\u{1b}[2J\u{202e}"),
        json!("9999-12-31T23:59:59Z"),
        json!([]),
        json!({}),
    ];
    let mut on_incidents = ui();
    on_incidents.focus = super::keys::Focus::Incidents;
    for message in [hello, snapshot, tick, json!({"type": "anomaly", "anomaly": anomaly()})] {
        let mut places = Vec::new();
        leaves(&message, "", &mut places);
        for place in places.iter().filter(|place| *place != "/type") {
            for value in &values {
                let mut changed = message.clone();
                *changed.pointer_mut(place).expect("it is there") = value.clone();
                let mut state = State::default();
                take(
                    &mut state,
                    json!({"type": "snapshot", "status": status(), "anomalies": [anomaly()]}),
                );
                if let Some(message) = Message::read(&changed.to_string()) {
                    state.take(message, NOW_MS);
                }
                for (ui, columns, rows) in [(&ui(), 100, 30), (&on_incidents, 33, 9)] {
                    assert!(
                        !picture(&state, ui, columns, rows).contains(['\u{1b}', '\u{202e}']),
                        "{place} {value}"
                    );
                }
                assert!(
                    !draw::page(frame(&state, &ui(), 80)).contains(['\u{1b}', '\u{202e}']),
                    "{place} {value}"
                );
            }
        }
    }
}

//! The feed and the series as a script reads them: event stream, NDJSON, and what was asked for.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};

use serde_json::Value;
use tempfile::TempDir;

use common::http::Client;
use common::material::{combined_line, time_3164, time_local};
use common::tapline::Tapline;
use common::websocket::Socket;
use common::{PATIENCE, until};

/// An answer that does not end: its head, and then line by line.
struct Stream {
    head: String,
    lines: std::io::Lines<BufReader<TcpStream>>,
}

impl Stream {
    fn open(to: SocketAddr, target: &str) -> Stream {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {target} HTTP/1.1\r\nHost: {to}\r\n\r\n").unwrap();
        let mut lines = BufReader::new(stream).lines();
        let head: Vec<String> =
            lines.by_ref().map(|line| line.unwrap()).take_while(|line| !line.is_empty()).collect();
        Stream { head: head.join("\n").to_lowercase(), lines }
    }

    /// The next line that starts so.
    fn next(&mut self, start: &str) -> String {
        let line = self.lines.by_ref().map(|line| line.unwrap()).find(|l| l.starts_with(start));
        line.expect("the stream goes on")
    }

    /// The next message, of an event stream or of NDJSON.
    fn message(&mut self) -> Value {
        let mut lines = self.lines.by_ref().map(|line| line.unwrap());
        let json = lines.find_map(|line| match line.strip_prefix("data: ") {
            Some(data) => Some(data.to_owned()),
            None => line.starts_with('{').then_some(line),
        });
        serde_json::from_str(&json.expect("the stream goes on")).expect("JSON")
    }

    /// The next message of this type.
    fn wait_for(&mut self, kind: &str) -> Value {
        loop {
            let message = self.message();
            if message["type"] == kind {
                return message;
            }
        }
    }
}

fn send(tapline: &Tapline) {
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let line = format!("<190>{} web-1 nginx: {}", time_3164(), combined_line(0, &time_local()));
    udp.send_to(line.as_bytes(), tapline.udp).unwrap();
    tapline.settled(1);
}

#[test]
fn who_looks_for_a_fault_hears_of_connections_answers_and_formats_and_of_no_line() {
    let dir = TempDir::new().unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let tapline = Tapline::start_with(dir.path(), any, any, any, &["-v".as_ref()]);
    let mut stream = TcpStream::connect(tapline.tcp).unwrap();
    let peer = stream.local_addr().unwrap().ip();
    let line = format!("203.0.113.77 - - [{}] \"GET /secret HTTP/1.1\" 200 5\n", time_local());
    stream.write_all(line.as_bytes()).unwrap();
    drop(stream);
    tapline.settled(1);
    tapline.get("/api/v1/summary?filter=path:/mine");
    let log = until("the connection is over", || {
        let log = tapline.log();
        log.contains("disconnected").then_some(log)
    });
    for wanted in [
        format!("DEBUG connected listener={} peer={peer}", tapline.tcp),
        format!("DEBUG disconnected listener={} peer={peer} frames=1", tapline.tcp),
        "DEBUG lines are recognised source=".to_owned(),
        "method=GET path=\"/api/v1/summary\" status=200 ms=".to_owned(),
    ] {
        assert!(log.contains(&wanted), "{wanted}\n{log}");
    }
    for private in ["203.0.113.77", "/secret", "/mine"] {
        assert!(!log.contains(private), "{private}\n{log}");
    }
}

#[test]
fn an_event_stream_says_hello_then_everything_then_every_second() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    send(&tapline);
    let mut stream =
        Stream::open(tapline.http, "/api/v1/live?filter=status%3A404&window=60&topics=tick");
    for header in
        ["content-type: text/event-stream", "cache-control: no-store", "x-accel-buffering: no"]
    {
        assert!(stream.head.contains(header), "{header} in {}", stream.head);
    }
    assert_eq!(stream.message()["type"], "hello");
    let snapshot = stream.message();
    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!((&snapshot["filter"], &snapshot["window_s"]), (&"status:404".into(), &60.into()));
    let seq = snapshot["seq"].as_u64().unwrap();
    for n in 1..=2 {
        let id = stream.next("id: ");
        let tick = stream.message();
        assert_eq!((&tick["type"], &tick["seq"]), (&"tick".into(), &(seq + n).into()), "no tail");
        assert_eq!(id, format!("id: {}", seq + n));
    }
}

#[test]
fn curl_gets_a_line_for_each_message() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let mut stream = Stream::open(tapline.http, "/api/v1/live?format=ndjson&topics=tail");
    assert!(stream.head.contains("content-type: application/x-ndjson"), "{}", stream.head);
    let types: Vec<Value> = (0..3).map(|_| stream.message()["type"].clone()).collect();
    assert_eq!(types, ["hello", "snapshot", "tail"]);
}

/// The next message of a WebSocket as its type says, and its lines where it is compressed.
fn said(socket: &mut Socket) -> (bool, Vec<Value>) {
    let (opcode, payload) = socket.next().expect("the feed goes on");
    let packed = opcode == 2;
    let mut text = String::new();
    if packed {
        flate2::read::DeflateDecoder::new(&payload[..]).read_to_string(&mut text).expect("deflate");
        assert!(text.ends_with('\n'), "each line has its end");
    } else {
        text.push_str(std::str::from_utf8(&payload).expect("a text is UTF-8"));
    }
    (packed, text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect())
}

fn types(messages: &[Value]) -> Vec<&str> {
    messages.iter().filter_map(|message| message["type"].as_str()).collect()
}

#[test]
fn a_page_that_asks_for_it_is_told_of_a_second_in_one_compressed_message() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    send(&tapline);
    let mut socket = Socket::open(tapline.http);
    assert_eq!(types(&said(&mut socket).1), ["hello"]);
    for (asked, topics, packed, told) in [
        ("", "", false, vec!["tick"]),
        (r#","deflate":true"#, "", true, vec!["tick", "tail"]),
        (r#","deflate":true"#, r#","topics":["tick"]"#, true, vec!["tick"]),
        (r#","deflate":false"#, "", false, vec!["tick"]),
    ] {
        let ask = format!(r#"{{"type":"subscribe","window_s":60{topics}{asked}}}"#);
        socket.send(1, ask.as_bytes());
        // What was on its way comes before the answer.
        let snapshot = std::iter::repeat_with(|| said(&mut socket))
            .find(|(_, all)| types(all) == ["snapshot"])
            .expect("the feed goes on");
        assert_eq!(snapshot.0, packed, "{ask}");
        assert_eq!(types(&said(&mut socket).1), ["subscribed"]);
        let mut seq = snapshot.1[0]["seq"].as_u64();
        for _ in 0..2 {
            // Lines of the second that is open come as they arrive.
            let second = std::iter::repeat_with(|| said(&mut socket))
                .find(|(_, all)| all[0]["open"] != true)
                .expect("the feed goes on");
            assert_eq!((second.0, types(&second.1)), (packed, told.clone()), "{ask}");
            seq = seq.map(|seq| seq + 1);
            assert!(second.1.iter().all(|message| message["seq"].as_u64() == seq), "{second:?}");
            if !packed {
                assert_eq!(types(&said(&mut socket).1), ["tail"]);
            }
        }
    }
    socket.send(1, br#"{"type":"pause"}"#);
    socket.send(1, b"nonsense");
    let problem =
        std::iter::repeat_with(|| said(&mut socket)).find(|all| types(&all.1) == ["problem"]);
    assert_eq!(problem.map(|all| all.0), Some(false), "short messages are texts");
}

#[test]
fn each_subscription_is_answered_in_order_and_no_other_snapshot_is_an_answer() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let mut socket = Socket::open(tapline.http);
    for order in [
        r#"{"type":"subscribe","filter":"path:/a"}"#,
        r#"{"type":"subscribe","filter":"zzz:"}"#,
        r#"{"type":"pause"}"#,
        r#"{"type":"resume"}"#,
    ] {
        socket.send(1, order.as_bytes());
    }
    let (mut told, mut asked) = (Vec::new(), false);
    while told.iter().filter(|told| *told == "subscribed").count() < 2 {
        // Whoever asks for something else before it came would not be shown it.
        if !asked && told.last().is_some_and(|last| last == "snapshot path:/a") && told.len() > 2 {
            socket.send(1, br#"{"type":"subscribe","filter":"path:/b"}"#);
            asked = true;
        }
        let (_, all) = said(&mut socket);
        match all[0]["type"].as_str() {
            Some("snapshot") => {
                told.push(format!("snapshot {}", all[0]["filter"].as_str().unwrap()))
            }
            Some("tick" | "tail" | "anomaly") => {}
            other => told.push(other.expect("a type").to_owned()),
        }
    }
    let expected = [
        "hello",
        "snapshot path:/a",
        "subscribed",
        "problem",
        "snapshot path:/a",
        "snapshot path:/b",
        "subscribed",
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_feed_that_cannot_be_is_refused_with_a_reason() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    for (query, code) in [
        ("filter=zzz:", "bad_filter"),
        ("window=x", "bad_query"),
        ("format=njdson", "bad_query"),
        ("filtre=status:5xx", "bad_query"),
    ] {
        let answer = Client::new(tapline.http).get(&format!("/api/v1/live?{query}")).unwrap();
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &code.into()));
    }
}

#[test]
fn latency_bands_come_to_those_who_ask_for_them() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    send(&tapline);
    let steps = |series: &Value| {
        let of = |column: &str| series[column].as_array().expect("a column").len();
        (of("t"), of("bands"))
    };
    // Of the time before the start nothing is known.
    let mut known = 0;
    for (topics, bands) in
        [("", false), ("tick,tail", false), ("bands", true), ("tick,bands", true)]
    {
        let target = format!("/api/v1/live?format=ndjson&window=60&topics={topics}");
        let mut stream = Stream::open(tapline.http, &target);
        let snapshot = stream.wait_for("snapshot");
        let (t, of_bands) = steps(&snapshot["series"]);
        assert!((known..=60).contains(&t), "{t} steps after {known}");
        assert_eq!(of_bands, if bands { t } else { 0 }, "topics={topics}");
        known = t + 1;
        let tick = stream.wait_for("tick");
        assert_eq!(tick["point"]["bands"].as_array().map(Vec::len), Some(13), "{tick}");
    }
    for (query, bands) in [("", false), ("&bands=0", false), ("&bands=1", true)] {
        let series = tapline.get(&format!("/api/v1/series?from=-30{query}"));
        let (t, of_bands) = steps(&series);
        assert!(t > 0);
        assert_eq!(of_bands, if bands { t } else { 0 }, "{query}");
    }
    let odd = Client::new(tapline.http).get("/api/v1/series?bands=all").unwrap();
    assert_eq!((odd.status, &odd.json()["error"]["code"]), (400, &"bad_bands".into()));
}

#[test]
fn a_series_says_how_busy_the_host_was() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    send(&tapline);
    let sampled = |series: &Value, column: &str| {
        let values = series[column].as_array().expect("a column");
        assert_eq!(values.len(), series["t"].as_array().unwrap().len());
        values.iter().filter_map(Value::as_f64).count()
    };
    until("two seconds were sampled", || {
        let series = tapline.get("/api/v1/series?from=-30");
        (sampled(&series, "cpu") >= 2).then_some(())
    });
    let series = tapline.get("/api/v1/series?from=-30&step=1h");
    for column in ["cpu", "memory", "rx", "tx"] {
        assert!(sampled(&series, column) >= 1, "{column}: {series}");
    }
    let memory = series["memory"].as_array().unwrap().iter().find_map(Value::as_f64).unwrap();
    assert!((0.0..=1.0).contains(&memory));
}

#[test]
fn seconds_that_have_not_been_are_in_no_series() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    send(&tapline);
    let now = || chrono::Utc::now().timestamp();
    for what in ["series?", "trend?list=statuses&"] {
        let answer = tapline.get(&format!("/api/v1/{what}from=-30&to=4102444800&step=1"));
        let steps = answer["t"].as_array().unwrap().len();
        assert!((1..=2).contains(&steps), "{what}: {steps} of some days each");
        let to = now() + 600;
        let answer = tapline.get(&format!("/api/v1/{what}from=-30&to={to}&step=1"));
        let last = answer["t"].as_array().unwrap().last().and_then(Value::as_i64).unwrap();
        assert!((to - 600..=now()).contains(&last), "{what}: {last} of {to}");
    }
}

#[test]
fn an_answer_says_how_long_its_steps_are_where_those_asked_for_were_too_many() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    send(&tapline);
    for (from, step, taken) in [("-55000", "1", 6), ("-55000", "10s", 10), ("-7d", "1s", 61)] {
        for what in ["series?", "trend?list=statuses&"] {
            let answer = tapline.get(&format!("/api/v1/{what}from={from}&step={step}"));
            assert_eq!(answer["step_s"], taken, "{what}{from} {step}");
        }
    }
    // Whatever is asked for, the answer stays small.
    for from in ["0", "1700000000"] {
        let to = "9000000000000000";
        for what in ["series?", "trend?list=statuses&"] {
            let answer = tapline.get(&format!("/api/v1/{what}from={from}&to={to}&step=1"));
            assert!(
                answer["t"].as_array().is_some_and(|steps| steps.len() <= 10_001),
                "{what}{from}"
            );
        }
    }
}

#[test]
fn whoever_sees_other_lists_of_a_view_takes_none_of_the_seconds_there_are() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let day = |ask: &str| {
        Stream::open(tapline.http, &format!("/api/v1/live?format=ndjson&window=86400&{ask}"))
    };
    // All views together may span five days: these are one of a day.
    let lists = ["paths", "routes", "clients", "networks", "sites", "agents", "methods"];
    let same: Vec<Stream> = lists.iter().map(|list| day(&format!("panels={list}"))).collect();
    let others: Vec<Stream> = (1..=5).map(|n| day(&format!("filter=path:/{n}"))).collect();
    for stream in same.iter().chain(&others[..4]) {
        assert!(stream.head.starts_with("http/1.1 200"), "{}", stream.head);
    }
    assert!(others[4].head.starts_with("http/1.1 503"), "{}", others[4].head);
}

#[test]
fn a_line_comes_before_its_second_is_over_and_no_line_comes_twice() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let mut stream = Stream::open(tapline.http, "/api/v1/live?format=ndjson&topics=tick,tail");
    stream.wait_for("snapshot");
    let mut sender = Client::new(tapline.http);
    let (mut sent, mut came, mut early) = (0, Vec::new(), 0);
    // Two seconds more, in which what was told already could come again.
    let mut ticks_behind = 0;
    while ticks_behind < 2 {
        // One line for each that came, until one has come early.
        if came.len() >= sent && early == 0 {
            let line = format!("192.0.2.7 - - [{}] \"GET /{sent} HTTP/1.1\" 200 1", time_local());
            let answer = sender.post("/api/v1/logs", "", line.as_bytes()).unwrap();
            assert_eq!(answer.status, 200);
            sent += 1;
        }
        let message = stream.message();
        let events = message["events"].as_array().map_or(&[][..], Vec::as_slice);
        if message["type"] == "tail" {
            came.extend(events.iter().map(|event| event["path"].clone()));
            early += if message["open"] == true { events.len() } else { 0 };
        }
        ticks_behind += usize::from(message["type"] == "tick" && early > 0 && came.len() >= sent);
    }
    let paths: Vec<Value> = (0..sent).map(|n| format!("/{n}").into()).collect();
    assert_eq!(came, paths, "each once");
}

#[test]
fn who_comes_later_is_told_that_a_busy_second_was_a_sample() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let open = || Stream::open(tapline.http, "/api/v1/live?format=ndjson&topics=tick,tail");
    let said = |snapshot: &Value| {
        let told = snapshot["tail"].as_array().expect("lines").len() as u64;
        (told, snapshot["tail_matched"].as_u64().expect("a number"))
    };
    let mut first = open();
    assert_eq!(said(&first.wait_for("snapshot")), (0, 0));
    let line = format!("192.0.2.7 - - [{}] \"GET / HTTP/1.1\" 200 1\n", time_local());
    let body = line.repeat(900);
    let answer = Client::new(tapline.http).post("/api/v1/logs", "", body.as_bytes()).unwrap();
    assert_eq!(answer.status, 200);
    let (mut told, mut matched) = (0, 0);
    while matched < 900 {
        let tail = first.wait_for("tail");
        told += tail["events"].as_array().expect("lines").len() as u64;
        matched += tail["matched"].as_u64().expect("a number");
    }
    assert!(told < 200, "a sample of {told}");
    assert_eq!(said(&open().wait_for("snapshot")), (told, 900));
}

#[test]
fn lines_of_another_day_are_told_to_their_sender_and_counted_in_the_metrics() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let mut http = Client::new(tapline.http);
    let old = combined_line(1, "22/Nov/2020:10:00:00 +0000");
    let lines = format!("{old}\n{}\n{old}\n", combined_line(1, &time_local()));
    let answer = http.post("/api/v1/logs", "", lines.as_bytes()).unwrap().json();
    let told = serde_json::json!({"accepted": 3, "misdated": 2, "rejected": 0, "errors": []});
    assert_eq!(answer, told);
    tapline.settled(3);
    let metrics = String::from_utf8(http.get("/metrics").unwrap().body).unwrap();
    assert!(metrics.contains("\ntapline_misdated_lines_total 2\n"), "{metrics}");
    // Times that are none, in lines that are read all the same; and two without a time.
    let lines = [
        combined_line(2, "30/Feb/2026:10:00:00 +0000"),
        combined_line(2, "31/Nov/2026:10:00:00 +0000"),
        combined_line(2, "22/Nov/2026:25:00:00 +0000"),
        r#"{"time":1e308,"remote_addr":"192.0.2.7","request":"GET /a HTTP/1.1","status":200}"#.into(),
        r#"{"time":"2026-11-31T10:00:00Z","remote_addr":"192.0.2.7","request":"GET /a HTTP/1.1","status":200}"#.into(),
        r#"{"remote_addr":"192.0.2.7","request":"GET /a HTTP/1.1","status":200}"#.into(),
        combined_line(2, "-"),
    ];
    let answer = http.post("/api/v1/logs", "", lines.join("\n").as_bytes()).unwrap().json();
    let told = serde_json::json!({"accepted": 7, "misdated": 5, "rejected": 0, "errors": []});
    assert_eq!(answer, told);
}

#[test]
fn where_clients_are_masked_a_filter_of_one_is_told_to_name_its_network() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::configured(&dir, "privacy.clients = \"masked\"\n");
    let mut http = Client::new(tapline.http);
    let lines: String = ["203.0.113.7", "203.0.113.200", "2001:db8:1:2::3", "198.51.100.1"]
        .map(|client| format!("{client} - - [{}] \"GET / HTTP/1.1\" 200 1\n", time_local()))
        .concat();
    http.post("/api/v1/logs", "", lines.as_bytes()).unwrap();
    tapline.settled(4);
    for (client, network) in [
        ("203.0.113.7", "203.0.113.0/24"),
        ("203.0.113.0/28", "203.0.113.0/24"),
        ("203.0.113.9/32", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("2001:db8:1:2::/64", "2001:db8:1::/48"),
    ] {
        let asks = [
            format!("/api/v1/summary?filter=client:{client}"),
            format!("/api/v1/summary?filter=status:200%20-client:{client}"),
            format!("/api/v1/events?filter=client:{client}"),
            format!("/api/v1/anomalies?filter=client:{client}"),
            format!("/api/v1/live?format=ndjson&filter=client:{client}"),
        ];
        for ask in asks {
            let answer = http.get(&ask).unwrap();
            let error = &answer.json()["error"];
            assert_eq!((answer.status, &error["code"]), (400, &"bad_filter".into()), "{ask}");
            let hint = error["hint"].as_str().unwrap();
            assert!(hint.contains(&format!("client:{network}")), "{ask}: {hint}");
        }
    }
    // As the lists have them, and whatever is wider.
    for (filter, requests) in [
        ("client:203.0.113.0", 2),
        ("client:203.0.113.0/24", 2),
        ("client:203.0.0.0/16", 2),
        ("-client:203.0.113.0/24", 2),
        ("client:2001:db8:1::", 1),
        ("client:2001:db8:1::/48", 1),
        ("client:203.0.113.*", 2),
    ] {
        assert_eq!(tapline.requests(filter), requests, "{filter}");
    }
}

/// A line of so many seconds ago, and when that was.
fn line_of(seconds_ago: i64) -> (String, i64) {
    let time = chrono::Utc::now() - chrono::TimeDelta::seconds(seconds_ago);
    (combined_line(1, &time.format("%d/%b/%Y:%H:%M:%S +0000").to_string()), time.timestamp())
}

#[test]
fn a_range_without_an_end_ends_now_and_before_the_first_start_only_what_came_is_known() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let mut http = Client::new(tapline.http);
    let (line, of) = line_of(500);
    http.post("/api/v1/logs", "", line.as_bytes()).unwrap();
    tapline.settled(1);
    let epoch = |time: &Value| {
        chrono::DateTime::parse_from_rfc3339(time.as_str().expect("a time")).unwrap().timestamp()
    };
    // Silence since then is no reason to end there.
    let summary = tapline.get("/api/v1/summary?from=-15s&before=1m");
    let now = chrono::Utc::now().timestamp();
    assert!((now - 30..=now + 1).contains(&epoch(&summary["to"])), "{summary}");
    assert!((14..=17).contains(&(epoch(&summary["to"]) - epoch(&summary["from"]))), "{summary}");
    assert_eq!((&summary["requests"], summary["before"].is_null()), (&0.into(), true), "{summary}");
    let known = summary["known_s"].as_i64().unwrap();
    assert!((1..=16).contains(&known), "{known}");
    // Where all is asked for it is the same end, and the line's own second is all that is known of before.
    let summary = tapline.get("/api/v1/summary");
    assert_eq!((&summary["requests"], epoch(&summary["from"])), (&1.into(), of), "{summary}");
    let known = summary["known_s"].as_i64().unwrap();
    assert!((2..300).contains(&known), "{known}");
    let series = tapline.get("/api/v1/series?from=-10m");
    let steps: Vec<i64> =
        series["t"].as_array().unwrap().iter().filter_map(Value::as_i64).collect();
    assert_eq!((steps[0], steps[1] - steps[0] > 300), (of, true), "{steps:?}");
    assert!(steps.last().is_some_and(|last| *last >= now), "{steps:?}");
}

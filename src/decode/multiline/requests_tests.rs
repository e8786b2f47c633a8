use super::super::super::formats::Catalog;
use super::super::super::formats::recognise::Recogniser;
use super::super::{Joiner, Limits};
use super::*;
use crate::vocab::event::Kind;

const A: &str = "5e1f8a3c-1111-4222-8333-0123456789ab";
const B: &str = "6f1f8a3c-1111-4222-8333-0123456789ab";

/// What is given for the lines, in pieces of so many.
fn given(lines: &[String], piece: usize) -> Vec<String> {
    let mut requests = Requests::default();
    let mut out = Vec::new();
    let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    for piece in lines.chunks(piece) {
        requests.push(piece, &mut |messages| {
            out.extend(messages.iter().map(|m| String::from_utf8(m.to_vec()).unwrap()));
        });
    }
    out
}

/// Path, client and status of what is read as a request.
fn requests(lines: &[String]) -> Vec<String> {
    let whole = given(lines, lines.len());
    assert_eq!(whole, given(lines, 1));
    assert_eq!(whole.len(), lines.len());
    for (whole, line) in whole.iter().zip(lines) {
        assert!(whole.starts_with(line.trim_end_matches('\r')), "{whole}");
    }
    let mut recogniser = Recogniser::default();
    let events = whole.iter().map(|line| {
        let event = recogniser.decode(line);
        (event.kind == Kind::Access).then(|| {
            let text = |text: &Option<Cow<'_, str>>| text.as_deref().unwrap_or("-").to_owned();
            format!(
                "{} {} {} {}",
                event.format,
                text(&event.path),
                text(&event.remote_ip),
                event.status.unwrap()
            )
        })
    });
    events.flatten().collect()
}

fn started(front: &str, path: &str) -> String {
    format!("{front}Started GET \"{path}\" for 203.0.113.9 at 2026-11-22 10:00:00 +0000")
}

fn completed(front: &str, status: &str) -> String {
    format!(
        "{front}Completed {status} in 12ms (Views: 8.1ms | ActiveRecord: 1.2ms | Allocations: 1234)"
    )
}

#[test]
fn two_lines_of_a_request_are_one_by_its_id() {
    let ruby = "I, [2026-11-22T10:00:00.123456 #12]  INFO -- : ";
    let cri = "2026-11-22T10:00:00.123456789Z stdout F ";
    let fronts = [
        ("", "rails"),
        (ruby, "rails"),
        ("web-1  | ", "compose"),
        (cri, "cri"),
        ("10:00:00 web.1  | ", "compose"),
        ("2026-11-22T10:00:00Z app[148e123a93789] ams [info]", "fly"),
    ];
    for (front, format) in fronts {
        let tag = |id: &str| format!("{front}[{id}] ");
        let (a, b) = (tag(A), tag(B));
        let lines = [
            started(&a, "/a?x=1"),
            format!("{a}Processing by AController#index as HTML"),
            started(&b, "/b"),
            completed(&b, "404 Not Found"),
            completed(&a, "200 OK"),
        ];
        assert_eq!(
            requests(&lines),
            [format!("{format} /b 203.0.113.9 404"), format!("{format} /a 203.0.113.9 200")]
        );
    }
    let front = |id: &str| format!("10:00:00.123 request_id={id} [info] ");
    let (a, b) = (front("F1abcDEF12345678"), front("F1abcDEF12345679"));
    let lines = [
        format!("{a}GET /a"),
        format!("{b}POST /b"),
        format!("{b}Sent 302 in 812µs"),
        format!("{a}Chunked 200 in 12ms"),
    ];
    assert_eq!(requests(&lines), ["phoenix /b - 302", "phoenix /a - 200"]);
    let named = lines.clone().map(|line| format!("web-1  | {line}\r"));
    assert_eq!(requests(&named), ["compose /b - 302", "compose /a - 200"]);
    let timed = [lines.clone(), lines].concat();
    let timed: Vec<_> = timed.iter().map(|line| format!("{cri}{line}")).collect();
    assert_eq!(requests(&timed), ["cri - - 302", "cri - - 200", "cri /b - 302", "cri /a - 200"]);
}

#[test]
fn fastifys_objects_are_one_by_process_and_number() {
    let asked = |pid: u32, id: &str, path: &str| {
        format!(
            r#"{{"level":30,"time":1795341600123,"pid":{pid},"hostname":"h","reqId":"{id}","req":{{"method":"GET","url":"{path}","host":"shop.example","remoteAddress":"203.0.113.9","remotePort":5123}},"msg":"incoming request"}}"#
        )
    };
    let answered = |pid: u32, id: &str, status: u16| {
        format!(
            r#"{{"level":30,"time":1795341600125,"pid":{pid},"hostname":"h","reqId":"{id}","res":{{"statusCode":{status}}},"responseTime":1.2,"msg":"request completed"}}"#
        )
    };
    let said =
        r#"{"level":30,"time":1795341600124,"pid":1,"hostname":"h","reqId":"req-1","msg":"a"}"#;
    let lines = [
        asked(1, "req-1", r#"/a\"}},\"reqId\":\"req-2\",\"req\":{"#),
        said.to_owned(),
        asked(2, "req-1", "/b"),
        answered(2, "req-1", 404),
        answered(1, "req-1", 200),
        answered(1, "req-2", 201),
    ];
    let given = given(&lines, 1);
    let mut recogniser = Recogniser::default();
    let mut read = Vec::new();
    for line in &given {
        let event = recogniser.decode(line);
        if event.kind == Kind::Access {
            read.push((event.status, event.path.map(Cow::into_owned), event.remote_ip.is_some()));
        }
    }
    let path = Some(r#"/a"}},"reqId":"req-2","req":{"#.to_owned());
    let expected = [
        (Some(404), Some("/b".to_owned()), true),
        (Some(200), path, true),
        (Some(201), None, false),
    ];
    assert_eq!(read, expected);
}

#[test]
fn without_an_id_of_its_own_a_request_has_no_path() {
    for front in ["", "[web] ", "[203.0.113.9] ", "[shop.example] "] {
        let lines = [started(front, "/a"), completed(front, "200 OK")];
        assert_eq!(requests(&lines), ["rails - - 200"], "{front}");
    }
    let lines = ["[info] GET /a", "[info] Sent 200 in 12ms"].map(str::to_owned);
    assert_eq!(requests(&lines), ["phoenix - - 200"]);
    // Another program's of the same stream, and one that was answered.
    let tag = format!("[{A}] ");
    let lines = [
        started(&format!("a-1  | {tag}"), "/a"),
        completed(&format!("b-1  | {tag}"), "200 OK"),
        completed(&format!("a-1  | {tag}"), "201 Created"),
        completed(&format!("a-1  | {tag}"), "202 Accepted"),
    ];
    assert_eq!(
        requests(&lines),
        ["compose - - 200", "compose /a 203.0.113.9 201", "compose - - 202"]
    );
}

#[test]
fn an_id_that_two_requests_have_at_once_tells_of_neither() {
    let tag = format!("[{A}] ");
    let (one, other) = (started(&tag, "/a"), started(&tag, "/b"));
    let (ok, bad) = (completed(&tag, "200 OK"), completed(&tag, "500 Internal Server Error"));
    let lines = [one.clone(), other.clone(), bad.clone(), one.clone(), ok.clone(), ok.clone()];
    assert_eq!(requests(&lines), ["rails - - 500", "rails - - 200", "rails - - 200"]);
    // One after the other is no trouble.
    let lines = [one, ok, other, bad];
    assert_eq!(requests(&lines), ["rails /a 203.0.113.9 200", "rails /b 203.0.113.9 500"]);
}

#[test]
fn no_more_is_remembered_than_there_is_room_for() {
    let tag = |i: usize| format!("[5e1f8a3c-1111-4222-8333-{i:012}] ");
    let mut lines: Vec<_> = (0..=REQUESTS_MAX).map(|i| started(&tag(i), "/a")).collect();
    lines.extend([0, 1].map(|i| completed(&tag(i), "200 OK")));
    assert_eq!(requests(&lines), ["rails - - 200", "rails /a 203.0.113.9 200"]);
    let long = "x".repeat(LINE_MAX);
    let tag = tag(0);
    let lines = [started(&tag, &format!("/{long}")), completed(&tag, "200 OK")];
    assert_eq!(requests(&lines), ["rails - - 200"]);
}

#[test]
fn a_line_that_is_not_kept_takes_its_id_all_the_same() {
    let tag = format!("[{A}] ");
    let long = started(&tag, &format!("/{}", "x".repeat(LINE_MAX)));
    let (other, ok) = (started(&tag, "/checkout"), completed(&tag, "500 Internal Server Error"));
    assert_eq!(requests(&[long, other.clone(), ok.clone()]), ["rails - - 500"]);
    let foul = started(&tag, "/?").replace('?', "\u{fffd}");
    let foul = foul.as_bytes().split(|b| *b >= 0x80).filter(|part| !part.is_empty());
    let foul = foul.collect::<Vec<_>>().join(&b"\xff"[..]);
    assert!(std::str::from_utf8(&foul).is_err());
    let mut pushed = Requests::default();
    let mut given = Vec::new();
    for line in [&foul[..], other.as_bytes(), ok.as_bytes()] {
        pushed.push(&[line], &mut |all| given.extend(all.iter().map(|line| line.to_vec())));
    }
    assert_eq!(given, [foul, other.into_bytes(), ok.into_bytes()]);
}

#[test]
fn an_id_is_free_again_when_all_that_had_it_are_answered() {
    let tag = format!("[{A}] ");
    let (one, ok) = (started(&tag, "/a"), completed(&tag, "200 OK"));
    let twice = [one.clone(), one.clone(), ok.clone(), ok.clone(), one, ok];
    assert_eq!(requests(&twice), ["rails - - 200", "rails - - 200", "rails /a 203.0.113.9 200"]);
}

#[test]
fn an_id_that_was_never_answered_is_free_after_a_while() {
    let tag = format!("[{A}] ");
    let at = |minute: u32, path: &str| {
        started(&tag, path).replace("10:00:00", &format!("10:{minute:02}:00"))
    };
    let ok = completed(&tag, "200 OK");
    let lines = |minute: u32| [at(0, "/a"), at(minute, "/b"), ok.clone()];
    assert_eq!(requests(&lines(9)), ["rails - - 200"]);
    assert_eq!(requests(&lines(10)), ["rails /b 203.0.113.9 200"]);
    // Unless the answer may be of the one that was given up.
    let long = ok.replace("12ms", "595000ms");
    assert_eq!(requests(&[at(0, "/a"), at(10, "/b"), long]), ["rails - - 200"]);
}

#[test]
fn what_no_route_answers_to_takes_no_room() {
    let tag = |i: usize| format!("[5e1f8a3c-1111-4222-8333-{i:012}] ");
    let failed = |i: usize| {
        [
            started(&tag(i), "/wp-login.php"),
            format!("{}  ", tag(i)),
            format!(
                r#"{}ActionController::RoutingError (No route matches [GET] "/wp-login.php"):"#,
                tag(i)
            ),
        ]
    };
    let honest = started(&tag(0), "/a");
    let mut lines = vec![honest];
    lines.extend((1..=2 * REQUESTS_MAX).flat_map(failed));
    lines.push(completed(&tag(0), "200 OK"));
    assert_eq!(requests(&lines), ["rails /a 203.0.113.9 200"]);
    // As they come from where an exception's lines are put together.
    let mut joined = Vec::new();
    let mut keep = |messages: &[&[u8]]| {
        joined.extend(messages.iter().map(|m| String::from_utf8(m.to_vec()).unwrap()));
    };
    let mut joiner = Joiner::new(Limits::default(), Catalog::default());
    joiner.push(&lines.iter().map(String::as_bytes).collect::<Vec<_>>(), &mut keep);
    joiner.flush(&mut keep);
    assert_eq!(joined.len(), 2 + 4 * REQUESTS_MAX);
    assert_eq!(requests(&joined), ["rails /a 203.0.113.9 200"]);
}

#[test]
fn a_request_that_had_no_room_is_not_taken_for_the_next_with_its_id() {
    let tag = |i: usize| format!("[5e1f8a3c-1111-4222-8333-{i:012}] ");
    let mut lines: Vec<_> = (0..=REQUESTS_MAX).map(|i| started(&tag(i), "/a")).collect();
    lines.push(started(&tag(0), "/b"));
    lines.extend([completed(&tag(0), "200 OK"), completed(&tag(0), "404 Not Found")]);
    assert_eq!(requests(&lines), ["rails - - 200", "rails - - 404"]);
    lines.extend([started(&tag(0), "/c"), completed(&tag(0), "200 OK")]);
    assert_eq!(requests(&lines).last().unwrap(), "rails /c 203.0.113.9 200");
}

#[test]
fn whatever_phoenix_calls_an_id_is_one() {
    for id in ["abc", "FabcdefGHIJKLMNOPQRST", "a", "42"] {
        let front = format!("10:00:00.123 request_id={id} [info] ");
        let lines = [format!("{front}GET /a"), format!("{front}Sent 200 in 12ms")];
        let lines = lines.map(|line| line.replace("123 request", "135 request"));
        let lines = [lines[0].replace("135", "123"), lines[1].clone()];
        assert_eq!(requests(&lines), ["phoenix /a - 200"], "{id}");
    }
}

#[test]
fn a_short_tag_is_an_id_when_no_two_requests_had_it() {
    let tag = |i: usize| format!("[shop] [{:08x}] ", i * 0x0101_0307);
    let request = |i: usize| [started(&tag(i), &format!("/{i}")), completed(&tag(i), "200 OK")];
    let lines: Vec<_> = (1..=40).flat_map(request).collect();
    let read = requests(&lines);
    let first = read.iter().position(|read| read != "rails - - 200").unwrap();
    assert_eq!(first, APART as usize - 1);
    for (i, read) in read.iter().enumerate().skip(first) {
        assert_eq!(*read, format!("rails /{} 203.0.113.9 200", i + 1));
    }
    // A user's or a thread's name comes again; and what had it is not told from what has it.
    let of_users: Vec<_> = (0..400).map(|i| i % 50).flat_map(|i| request(i + 1)).collect();
    for (i, read) in requests(&of_users).iter().enumerate() {
        assert_eq!(read != "rails - - 200", (31..50).contains(&i), "{i}");
    }
    let mut lines = lines;
    lines.extend([started(&tag(40), "/late"), started(&tag(41), "/x")]);
    lines.extend((50..90).flat_map(request));
    lines.extend([started(&tag(40), "/later"), completed(&tag(40), "200 OK")]);
    assert_eq!(requests(&lines).last().unwrap(), "rails - - 200");
}

#[test]
fn lines_inside_dockers_records_are_one_too() {
    let record = |line: &str| {
        let log = format!("{line}\n");
        format!(
            r#"{{"log":{},"stream":"stdout","time":"2026-11-22T10:00:00.5Z"}}"#,
            serde_json::Value::from(log)
        )
    };
    let ruby = format!("I, [2026-11-22T10:00:00.123456 #12]  INFO -- : [{A}] ");
    let rails = format!("[{A}] ");
    let phoenix = "10:00:00.123 request_id=F1 [info] ";
    let fastify = |at: u64, rest: &str| {
        format!(r#"{{"level":30,"time":{at},"pid":1,"hostname":"h","reqId":"req-1",{rest}}}"#)
    };
    let asked = r#""req":{"method":"GET","url":"/a\"","host":"h","remoteAddress":"203.0.113.9"},"msg":"incoming request""#;
    let answered = r#""res":{"statusCode":200},"responseTime":2,"msg":"request completed""#;
    for (asked, answered, path, client) in [
        (started(&rails, "/a"), completed(&rails, "200 OK"), "/a", true),
        (
            started(&ruby, "/a"),
            completed(&ruby.replace(".123456", ".140000"), "200 OK"),
            "/a",
            true,
        ),
        (
            format!("{phoenix}GET /a"),
            format!("{}Sent 200 in 12ms", phoenix.replace("123", "135")),
            "/a",
            false,
        ),
        (fastify(1_795_341_600_123, asked), fastify(1_795_341_600_125, answered), "/a\"", true),
    ] {
        let lines = [record(&asked), record(&answered)];
        let given = given(&lines, 1);
        assert_eq!(given[0], lines[0]);
        assert!(given[1].ends_with(r#","stream":"stdout","time":"2026-11-22T10:00:00.5Z"}"#));
        let mut recogniser = Recogniser::default();
        let event = recogniser.decode(&given[1]);
        let read = (event.kind, event.status, event.path.as_deref(), event.remote_ip.is_some());
        assert_eq!(read, (Kind::Access, Some(200), Some(path), client), "{}", given[1]);
    }
    // A piece of a longer line, and what is no record.
    let cut = record(&started(&rails, "/a")).replace("\\n\",", "\",");
    let other = record(&started(&rails, "/a")).replace("stream", "source");
    for first in [cut, other] {
        let lines = [first, record(&completed(&rails, "200 OK"))];
        assert_eq!(given(&lines, 1), lines);
    }
}

#[test]
fn times_tell_requests_with_one_id_apart() {
    let line = |at: u64, rest: &str| {
        format!(
            r#"{{"level":30,"time":{},"pid":1,"hostname":"h","reqId":"req-1",{rest}}}"#,
            1_795_341_600_000 + at
        )
    };
    let asked = |at: u64, path: &str| {
        line(
            at,
            &format!(
                r#""req":{{"method":"GET","url":"{path}","remoteAddress":"203.0.113.9"}},"msg":"incoming request""#
            ),
        )
    };
    let answered = |at: u64, took: u64| {
        line(
            at,
            &format!(
                r#""res":{{"statusCode":200}},"responseTime":{took},"msg":"request completed""#
            ),
        )
    };
    let paths = |lines: &[String]| -> Vec<Option<String>> {
        let mut recogniser = Recogniser::default();
        let given = given(lines, 1);
        let read = given.iter().map(|line| recogniser.decode(line));
        let read = read.filter(|event| event.kind == Kind::Access);
        read.map(|event| event.path.map(Cow::into_owned)).collect()
    };
    let some = |path: &str| Some(path.to_owned());
    // The earlier one is answered first, or long after another process began to count.
    let lines = [asked(0, "/a"), asked(100, "/b"), answered(200, 200), answered(300, 200)];
    assert_eq!(paths(&lines), [some("/a"), some("/b")]);
    let lines =
        [asked(0, "/a"), asked(60_000, "/b"), answered(60_005, 5), answered(90_000, 90_000)];
    assert_eq!(paths(&lines), [some("/b"), some("/a")]);
    // Of two that come at once it is not known which was answered.
    let lines = [asked(0, "/a"), asked(5, "/b"), answered(50, 45), answered(90, 90)];
    assert_eq!(paths(&lines), [None, None]);
    // Nor is an answer of one that is not known another's.
    assert_eq!(paths(&[asked(9000, "/b"), answered(9500, 9500)]), [None]);
    assert_eq!(paths(&[asked(0, "/b"), answered(20_500, 500)]), [None]);
}

/// A request of a stream: its id, when it was asked for, how long it took, and whether it was answered.
#[derive(Clone, Debug)]
struct Asked {
    id: u8,
    at: u64,
    took: u64,
    answered: bool,
}

impl Asked {
    /// Both lines, in the manner of one of four, each with when it comes.
    fn lines(&self, number: usize, kind: u8) -> Vec<(u64, String)> {
        let end = self.at + self.took;
        let took = self.took;
        let clock = |at: u64| {
            // Over midnight where the time has no day.
            let seconds = at / 1000 + if kind == 1 { 70_000 } else { 0 };
            let (h, m, s) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
            (format!("{h:02}:{m:02}:{s:02}"), format!("{:03}", at % 1000))
        };
        let ((from, from_ms), (to, to_ms)) = (clock(self.at), clock(end));
        let id = format!("5e1f8a3c-1111-4222-8333-{:012}", self.id);
        let (asked, answered) = match kind {
            0 => {
                let front = |clock: &str, ms: &str| {
                    format!("I, [2026-11-22T{clock}.{ms}000 #12]  INFO -- : [{id}] ")
                };
                (
                    started(&front(&from, &from_ms), &format!("/{number}")),
                    format!("{}Completed 200 OK in {took}ms", front(&to, &to_ms)),
                )
            }
            1 => (
                format!("{from}.{from_ms} request_id={id} [info] GET /{number}"),
                format!("{to}.{to_ms} request_id={id} [info] Sent 200 in {took}ms"),
            ),
            2 => {
                let front = |at: u64| {
                    format!(
                        r#"{{"level":30,"time":{},"pid":1,"reqId":"{id}","#,
                        1_795_305_600_000 + at
                    )
                };
                (
                    format!(
                        r#"{}"req":{{"method":"GET","url":"/{number}"}},"msg":"incoming request"}}"#,
                        front(self.at)
                    ),
                    format!(
                        r#"{}"res":{{"statusCode":200}},"responseTime":{took},"msg":"request completed"}}"#,
                        front(end)
                    ),
                )
            }
            _ => (
                started(&format!("[{id}] "), &format!("/{number}")).replace("10:00:00", &from),
                format!("[{id}] Completed 200 OK in {took}ms"),
            ),
        };
        let answered = self.answered.then_some((2 * end + 1, answered));
        [(2 * self.at, asked)].into_iter().chain(answered).collect()
    }
}

/// Few ids, and a request each twentieth of a second at most, so that times tell them apart.
fn some_requests() -> impl proptest::strategy::Strategy<Value = Vec<Asked>> {
    use proptest::prelude::*;
    let gap = prop_oneof![3 => 50..300u64, 1 => 300..700_000u64];
    let took = prop_oneof![3 => 0..400u64, 1 => 400..900_000u64];
    let one = (0..4u8, gap, took, prop::bool::weighted(0.8));
    prop::collection::vec(one, 1..60).prop_map(|all| {
        let mut at = 0;
        let each = all.into_iter().map(|(id, gap, took, answered)| {
            at += gap;
            Asked { id, at, took, answered }
        });
        each.collect()
    })
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_answer_has_what_another_request_asked_for(
        all in some_requests(), kind in 0..4u8, before in 0..9usize,
    ) {
        // What began before the log is known by its answer alone; without times it can't be told from others.
        let before = if kind < 3 { before } else { 0 };
        let mut lines: Vec<(u64, usize, String)> = Vec::new();
        for (number, one) in all.iter().enumerate() {
            let own = one.lines(number, kind).into_iter().skip(usize::from(number < before));
            lines.extend(own.map(|(at, line)| (at, number, line)));
        }
        lines.sort();
        let texts: Vec<_> = lines.iter().map(|(.., line)| line.clone()).collect();
        let mut recogniser = Recogniser::default();
        for ((_, number, _), line) in lines.iter().zip(given(&texts, 1)) {
            let event = recogniser.decode(&line);
            if event.kind != Kind::Access {
                continue;
            }
            if let Some(path) = event.path.as_deref() {
                proptest::prop_assert_eq!(path, format!("/{number}"), "{}", texts.join("\n"));
            }
            let one = &all[*number];
            let alone = all.iter().filter(|other| other.id == one.id).count() == 1;
            let told = *number >= before && (kind < 3 || one.took < 300_000);
            proptest::prop_assert!(!(alone && told) || event.path.is_some(), "{}", line);
        }
    }
}

#[test]
fn what_a_client_asks_for_says_no_more_than_that() {
    let tag = format!("[{A}] ");
    for path in [
        "/a\" for 192.0.2.66 at 2026-11-22 10:00:00 +0000",
        "/a\" for 192.0.2.66 at 2026-11-22 10:00:00 +0000\" for 192.0.2.67",
        "/Completed 500 Internal Server Error in 1ms",
        "/a] Completed 500 Internal Server Error in 1ms",
        "/a | b",
    ] {
        let lines = [started(&tag, path), completed(&tag, "200 OK")];
        let read = requests(&lines);
        assert_eq!(read.len(), 1, "{path}");
        assert!(read[0].ends_with(" 203.0.113.9 200"), "{path}: {read:?}");
    }
    // Nor does a word behind another line's.
    for line in [
        format!("{tag}bad agent Completed 500 Internal Server Error in 1ms"),
        format!("ERROR shop: [{A}] Completed 500 Internal Server Error in 1ms"),
        format!("{tag}Completed 500 Internal Server Error in 1ms and more"),
        format!("{tag}Completed job 500 in 1ms"),
        "10:00:00.123 [info] bad agent Sent 500 in 1ms".to_owned(),
        "10:00:00.123 [info] Sent 500 in 1ms or so".to_owned(),
    ] {
        assert_eq!(requests(&[started(&tag, "/a"), line.clone()]), [""; 0], "{line}");
    }
}

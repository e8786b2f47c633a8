//! `tapline parse` from outside: lines in, JSON out, and how it ends.

#[path = "common/command.rs"]
mod command;

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use command::{command, fed};

const COMBINED: &str = r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0100] "GET /cart?id=7 HTTP/1.1" 200 5120 "-" "Mozilla/5.0""#;

fn tapline(arguments: &[&str]) -> Command {
    let mut tapline = command(&["parse"]);
    tapline.args(arguments);
    tapline
}

fn parse(arguments: &[&str], input: &[u8]) -> Output {
    fed(&mut tapline(arguments), input)
}

fn rows(output: &Output) -> Vec<Value> {
    String::from_utf8(output.stdout.clone())
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
        .collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn an_error_and_its_trace_are_one_object() {
    let error = "[22-Nov-2026 10:00:00 UTC] PHP Fatal error:  Uncaught Exception: no in /srv/x.php:3\n\
                 Stack trace:\n#0 {main}\n  thrown in /srv/x.php on line 3";
    let output =
        parse(&["--explain"], format!("{COMBINED}\n{error}\n{COMBINED}\n  x\n").as_bytes());
    let rows = rows(&output);
    let kinds: Vec<_> = rows.iter().map(|row| row["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["access", "error", "access", "message"]);
    assert_eq!(rows[1]["message"], error.split_once("] ").unwrap().1);
    assert!(stderr(&output).contains("-:6: combined"), "lines keep their numbers: {output:?}");
}

/// Whoever looks at a pipe waits half a second at most for an error that may have a trace.
#[test]
fn an_error_line_is_shown_while_the_pipe_is_open() {
    let mut child = tapline(&[]).spawn().expect("tapline starts");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(b"2026/11/22 10:00:00 [error] 7#7: *1 broken\n").unwrap();
    let mut first = [0; 1];
    child.stdout.as_mut().expect("piped").read_exact(&mut first).expect("a row");
    assert_eq!(&first, b"{");
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_client_behind_a_trusted_proxy_is_shown_with_the_list_it_was_found_in() {
    let config = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(config.path(), "clients.trusted_proxies = [\"203.0.113.9\"]").expect("written");
    let list = "6.6.6.6, 192.0.2.7:4711";
    let json = format!(
        r#"{{"remote_addr":"203.0.113.9","status":200,"uri":"/","http_x_forwarded_for":"{list}"}}"#
    );
    let input = format!("{COMBINED} \"6.6.6.6, 192.0.2.7\"\n{json}\n");
    let with = parse(&["--config", config.path().to_str().unwrap()], input.as_bytes());
    for (output, client) in [(with, "192.0.2.7"), (parse(&[], input.as_bytes()), "203.0.113.9")] {
        let rows = rows(&output);
        assert!(rows.iter().all(|row| row["remote_ip"] == client), "{rows:#?}");
        assert_eq!(rows[0]["x_forwarded_for"], "6.6.6.6, 192.0.2.7");
        assert_eq!(rows[1]["x_forwarded_for"], list);
        assert_eq!(rows[1].get("remote_port").is_some(), client == "192.0.2.7");
    }
}

#[test]
fn each_line_is_one_object_with_what_it_says_and_nothing_else() {
    let input = format!(
        "{COMBINED}\n<190>Nov 22 10:00:00 web-1 nginx: {COMBINED}\n2026/11/22 10:00:00 [error] 7#7: *1 \
         open() failed, client: 203.0.113.9\nfits nothing\n\nlast, without a line feed"
    );
    let output = parse(&[], input.as_bytes());
    assert!(output.status.success());
    let rows = rows(&output);
    assert_eq!(rows.len(), 5, "an empty line is none");
    let expected: Value = serde_json::json!({
        "kind": "access", "time": "2026-11-22T09:00:00.000Z", "remote_ip": "203.0.113.9",
        "method": "GET", "path": "/cart", "query": "id=7", "target": "/cart?id=7",
        "protocol": "HTTP/1.1", "status": 200, "bytes": 5120, "user_agent": "Mozilla/5.0",
        "request": "GET /cart?id=7 HTTP/1.1", "format": "combined"
    });
    assert_eq!(rows[0], expected);
    for (key, value) in [("hostname", "web-1"), ("app_name", "nginx"), ("path", "/cart")] {
        assert_eq!(rows[1][key], value);
    }
    assert_eq!((&rows[1]["facility"], &rows[1]["severity"]), (&23.into(), &6.into()));
    assert_eq!((&rows[2]["kind"], &rows[2]["level"]), (&"error".into(), &"error".into()));
    assert_eq!(rows[3], serde_json::json!({"kind": "message", "message": "fits nothing"}));
    assert_eq!(rows[4]["message"], "last, without a line feed");
}

#[test]
fn a_time_without_zone_is_in_the_zone_that_is_said() {
    let line = b"2026/11/22 10:00:00 [error] 7#7: *1 open() failed\n";
    for (zone, time) in [
        ("UTC", "2026-11-22T10:00:00.000Z"),
        ("+02:00", "2026-11-22T10:00:00.000+02:00"),
        ("-03:30", "2026-11-22T10:00:00.000-03:30"),
        ("local", "2026-11-22T10:00:00.000Z"),
    ] {
        assert_eq!(rows(&parse(&["--zone", zone], line))[0]["time"], time, "{zone}");
    }
    assert_eq!(parse(&["--zone", "CET"], line).status.code(), Some(2));
}

#[test]
fn a_format_that_is_said_is_held_to() {
    let input = format!("{COMBINED}\nfits nothing\n");
    let output = parse(&["--format", "combined"], input.as_bytes());
    let rows = rows(&output);
    assert_eq!(rows[0]["format"], "combined");
    assert_eq!(
        (&rows[1]["kind"], &rows[1]["message"]),
        (&"message".into(), &"fits nothing".into())
    );
    assert!(rows[1]["error"].as_str().is_some_and(|error| error.contains("'combined'")));
    let output = parse(&["--format", "combind"], b"");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("did you mean 'combined'?"));
    // One of somebody's own is possible, so it is no error.
    let output = parse(&["--format", "$remote_addr [$time_local] $staus $shop"], b"");
    let note = "note: --format: $staus is no variable of nginx's own; did you mean $status?\n";
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), note));
}

#[test]
fn what_was_recognised_is_explained_line_by_line() {
    let input =
        format!("{COMBINED}\n<13>1 2026-11-22T10:00:00Z h a - - - {COMBINED}\nfits nothing\n");
    let output = parse(&["--explain"], input.as_bytes());
    let told = stderr(&output);
    assert!(
        told.starts_with("-:1: combined\n-:2: combined, behind RFC 5424\n-:3: no known format\n"),
        "{told}"
    );
}

#[test]
fn the_unit_that_a_source_has_shown_is_told() {
    let line = |took: &str| format!("{{\"status\":200,\"path\":\"/a\",\"duration\":{took}}}\n");
    let input = ["45.25", "12", "12.5", "450", "45.25", "12.5"].map(line).concat();
    let output = parse(&["--explain"], input.as_bytes());
    let times: Vec<_> = rows(&output).iter().map(|row| row["request_time_s"].as_f64()).collect();
    let expected = [None, Some(0.012), Some(0.0125), Some(0.45), Some(0.04525), Some(0.0125)];
    assert_eq!(times, expected);
    let told = "  durations whose name says no unit, as `duration_ms` would: 5 taken as milliseconds, 1 left out, which \
                may be outages or less than a second\n";
    assert!(stderr(&output).contains(told), "{}", stderr(&output));
}

#[test]
fn what_is_made_of_numbers_behind_lines_is_told() {
    let input = ["900", "5", "900"].map(|number| format!("{COMBINED} {number}\n")).concat();
    let told = stderr(&parse(&["--explain"], input.as_bytes()));
    let expected = "  durations behind the line, where nothing says the unit but --format: 1 taken as microseconds, 2 left \
                    out, which are hardly microseconds\n";
    assert!(told.contains(expected) && !told.contains("whose name"), "{told}");
}

#[test]
fn usual_fields_that_no_line_has_are_told() {
    for (line, missing) in [
        (COMBINED, Some("host request_time_s referrer")),
        (
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 7"#,
            Some("host request_time_s referrer user_agent"),
        ),
        (
            r#"{"request_uri":"/a","request_method":"GET","remote_addr":"203.0.113.9"}"#,
            Some("host status bytes request_time_s referrer user_agent"),
        ),
        ("2026/11/22 10:00:00 [error] 7#7: *1 broken", None),
    ] {
        let told = stderr(&parse(&["--explain"], format!("{line}\n").as_bytes()));
        let said = told.lines().find_map(|line| {
            line.strip_prefix("    in no line, for the format has none or each is empty: ")
        });
        assert_eq!(said, missing, "{told}");
    }
}

#[test]
fn an_input_is_summed_up_with_a_template_for_what_nothing_fits() {
    let mut input = String::new();
    for n in 0..30 {
        input += &format!("{COMBINED}\n");
        let status = ["200", "404", "503"][n % 3];
        input += &format!("192.0.2.{n}|POST|/a/{n}?token=s3cret|{status}|{}|0.0{n:02}\n", n * 700);
        if n % 10 == 0 {
            input += &format!("worker {n} \u{1b}[31mstarted\n");
        }
    }
    input += &"{\"status\":200,\"uri\":\"/\"}\n".repeat(150);
    let told = stderr(&parse(&["--explain"], input.as_bytes()));
    for part in [
        "-:20: ",
        "\n-: 213 lines\n",
        "  json: 150 lines, first in line 64\n",
        "  combined: 30 lines, first in line 1\n    203.0.113.9 - - ",
        "    read as time=2026-11-22T09:00:00.000Z remote_ip=203.0.113.9 method=GET path=/cart query=id=7 ",
        "no request_time_s: the panel of latency stays empty; $request_time in nginx's log_format",
        "had given way to json\n",
        "  no known format: 33 lines, first in line 2\n",
        "    30 lines: like requests of a format of your own",
        "        $request_time = 0.0",
        "    3 lines: like messages of a program: no status, no request; kept as messages\n",
        "        own = '$remote_addr|$request_method|$request_uri|$status|$body_bytes_sent|$request_time'\n",
    ] {
        assert!(told.contains(part), "{part}\n{told}");
    }
    // What is proposed is what the configuration takes, and reads the lines.
    let directory = tempfile::tempdir().expect("a folder");
    let config = directory.path().join("tapline.toml").display().to_string();
    let proposed = told.lines().map(str::trim).skip_while(|line| *line != "[formats]").take(2);
    std::fs::write(&config, proposed.collect::<Vec<_>>().join("\n")).expect("written");
    let rows = rows(&parse(&["--config", &config], input.as_bytes()));
    assert_eq!(rows.iter().filter(|row| row["format"] == "own").count(), 30);
    assert_eq!((&rows[1]["status"], &rows[1]["query"]), (&200.into(), &"token=s3cret".into()));
    assert!(
        !told.contains("-:21:") && !told.contains("s3cret") && !told.contains('\u{1b}'),
        "{told}"
    );
}

#[test]
fn files_are_read_in_turn_and_packed_ones_too() {
    let directory = tempfile::tempdir().expect("a folder");
    let path = |name: &str| directory.path().join(name).display().to_string();
    std::fs::write(path("plain.log"), "one\n").expect("written");
    let packed = std::fs::File::create(path("old.log.gz")).expect("created");
    let mut packed = flate2::write::GzEncoder::new(packed, flate2::Compression::fast());
    packed.write_all(b"two\n").and_then(|()| packed.finish().map(drop)).expect("written");
    let output = parse(&[&path("plain.log"), &path("none.log"), &path("old.log.gz")], b"");
    let messages: Vec<Value> = rows(&output).iter().map(|row| row["message"].clone()).collect();
    assert_eq!(messages, ["one", "two"], "what can't be read does not stop the rest");
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("none.log"));
}

#[test]
fn a_line_without_a_year_is_of_the_last_one_before_its_file_was_written() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("leap.log");
    let line = |day: &str| format!("<187>{day} 10:00:00 web-1 app: ERROR it failed\n");
    std::fs::write(&path, line("Feb 29") + &line("Dec 31")).expect("written");
    // 2024-03-01T00:00:00Z
    let written = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_709_251_200);
    let file = std::fs::File::options().append(true).open(&path).expect("there");
    file.set_modified(written).expect("set");
    let output = parse(&[path.to_str().expect("text"), "-"], line("Feb 28").as_bytes());
    let times: Vec<Value> = rows(&output).iter().map(|row| row["time"].clone()).collect();
    assert_eq!(times[..2], ["2024-02-29T10:00:00.000Z", "2023-12-31T10:00:00.000Z"]);
    let piped = times[2].as_str().expect("a time");
    assert!(piped.ends_with("-02-28T10:00:00.000Z") && !piped.starts_with("2024"), "{piped}");
}

#[test]
fn a_torn_archive_gives_no_line_that_is_cut_short() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("access.log.gz");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(format!("{COMBINED}\n{}", &COMBINED[..90]).as_bytes()).expect("packed");
    // What is packed is there, and what ends it is not.
    encoder.flush().expect("packed");
    std::fs::write(&path, encoder.get_ref()).expect("written");
    let output = parse(&[path.to_str().expect("text")], b"");
    let rows = rows(&output);
    assert_eq!((rows.len(), &rows[0]["bytes"]), (2, &5120.into()), "{rows:?}");
    assert_eq!(rows[1]["error"], "incomplete: the input breaks off in it");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_line_comes_out_while_the_pipe_stays_open() {
    let mut child = tapline(&[]).spawn().expect("tapline starts");
    let mut stdin = child.stdin.take().expect("piped");
    let mut stdout = child.stdout.take().expect("piped");
    stdin.write_all(b"first\n").expect("written");
    let expected = b"{\"kind\":\"message\",\"message\":\"first\"}\n";
    let mut got = vec![0; expected.len()];
    stdout.read_exact(&mut got).expect("a line before the end of input");
    assert_eq!(got, expected);
    drop(stdin);
    assert!(child.wait().expect("ends").success());
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut child = tapline(&[]).spawn().expect("tapline starts");
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().expect("piped");
    for _ in 0..10_000 {
        if stdin.write_all(b"more and more\n").is_err() {
            break;
        }
    }
    drop(stdin);
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success());
    assert_eq!(stderr(&output), "");
}

#[test]
fn a_line_beyond_all_bounds_is_told_and_the_next_one_read() {
    let mut input = vec![b'x'; 3 << 20];
    input.extend_from_slice(b"\nnext\n");
    let rows = rows(&parse(&[], &input));
    assert_eq!(rows.len(), 2);
    assert!(rows[0]["error"].as_str().is_some_and(|error| error.starts_with("oversize")));
    assert_eq!(rows[1]["message"], "next");
}

#[test]
fn bytes_that_are_no_text_are_still_a_line() {
    let rows = rows(&parse(&[], b"caf\xe9 \x1b[31m\n"));
    assert_eq!(rows[0]["message"], "caf\u{fffd} \u{1b}[31m");
}

#[test]
fn labelled_cases_say_what_became_of_each() {
    let cases = [
        serde_json::json!({"id": "a", "kind": "access", "input": COMBINED}),
        serde_json::json!({"id": "b", "kind": "error", "input": COMBINED}),
        serde_json::json!({"id": "c", "kind": "syslog", "input_b64": "PDEzPk5vdiAyMiAxMDowMDowMCBoIGFwcDogaGVsbG8="}),
        serde_json::json!({"id": "d", "kind": "framing", "format_hint": "octet_counting", "max_frame": 3,
                           "chunks": ["3 ab", "c9 ", "too long!"]}),
        serde_json::json!({"id": "e", "kind": "framing", "format_hint": "lf", "input": "a\nb\n"}),
        serde_json::json!({"id": "f", "kind": "json", "format_hint": "nginx_json",
                           "input": "{\"status\":200,\"request\":\"GET / HTTP/1.1\"}"}),
    ];
    let input: String = cases.iter().map(|case| format!("{case}\n")).collect();
    let rows = rows(&parse(&["--cases", "-"], input.as_bytes()));
    let ok: Vec<(&str, bool)> = rows
        .iter()
        .map(|row| (row["id"].as_str().unwrap_or(""), row["ok"].as_bool().unwrap_or(false)))
        .collect();
    assert_eq!(
        ok,
        [("a", true), ("b", false), ("c", true), ("d", false), ("e", true), ("f", true)]
    );
    assert_eq!(rows[1]["kind"], "access");
    assert_eq!(
        (&rows[2]["fields"]["app_name"], &rows[2]["fields"]["message"]),
        (&"app".into(), &"hello".into())
    );
    assert_eq!(rows[3]["frames"], serde_json::json!(["abc"]));
    assert_eq!(rows[4]["frames_b64"], serde_json::json!(["YQ==", "Yg=="]));
    assert_eq!(rows[5]["fields"]["path"], "/");
}

/// Real lines and other suites' cases, where they lie beside the project.
#[test]
#[expect(clippy::print_stderr, reason = "a test says what it leaves out")]
fn every_case_of_the_corpus_has_an_outcome() {
    let corpus = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus"));
    if !corpus.is_dir() {
        eprintln!("left out: no corpus beside the project");
        return;
    }
    for entry in std::fs::read_dir(corpus).expect("readable") {
        let path = entry.expect("entry").path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            let cases = std::fs::read_to_string(&path).expect("text").lines().count();
            let output = parse(&["--cases", &path.display().to_string()], b"");
            assert!(output.status.success(), "{}: {}", path.display(), stderr(&output));
            assert_eq!(rows(&output).len(), cases, "{}", path.display());
        }
    }
}

/// An error line at each second of these hours of the night in which Berlin's clocks went back.
fn night(hours: &[u32]) -> String {
    let line = |hour: &u32, second: u32| {
        let (minute, second) = (second / 60, second % 60);
        format!("2024/10/27 {hour:02}:{minute:02}:{second:02} [error] 7#7: *1 broken\n")
    };
    hours.iter().flat_map(|hour| (0..3600).map(move |second| line(hour, second))).collect()
}

/// Without a database of zones too.
const BERLIN: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

#[test]
fn the_hour_that_comes_twice_is_first_summer_time_and_then_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let all = folder.path().join("error.log");
    std::fs::write(&all, night(&[1, 2, 2, 3])).expect("written");
    let all = all.to_str().expect("a path");
    // Each file has its own night.
    let output = tapline(&[all, all]).env("TZ", BERLIN).output().expect("tapline ends");
    let rows = rows(&output);
    let times: Vec<&str> = rows.iter().map(|row| row["time"].as_str().expect("a time")).collect();
    assert_eq!(times[..14_400], times[14_400..]);
    let hours: Vec<&&str> = times.iter().step_by(3_600).take(4).collect();
    assert_eq!(
        hours,
        [
            &"2024-10-27T01:00:00.000+02:00",
            &"2024-10-27T02:00:00.000+02:00",
            &"2024-10-27T02:00:00.000+01:00",
            &"2024-10-27T03:00:00.000+01:00",
        ]
    );
    assert!(times[3_600..7_200].iter().all(|time| time.ends_with("+02:00")));
    assert!(times[7_200..14_400].iter().all(|time| time.ends_with("+01:00")));
}

#[test]
fn a_report_of_lines_without_a_time_says_so_and_no_period() {
    let folder = tempfile::tempdir().expect("a folder");
    let report = |text: &str, more: &[&str]| {
        let file = folder.path().join("some.log");
        std::fs::write(&file, text).expect("written");
        let output = command(&["report"]).args(more).arg(&file).output().expect("tapline ends");
        assert!(output.status.success(), "{output:?}");
        let warned = stderr(&output);
        (String::from_utf8(output.stdout).expect("text"), warned)
    };
    let undated = "no line with a time was found";
    let request = "{\"status\":200,\"path\":\"/a\"}\n";
    for text in ["what is this\nand that\n", request] {
        let (told, _) = report(text, &[]);
        assert_eq!(told.lines().nth(1), Some(undated), "{told}");
        assert!(!told.contains("UTC") && !told.contains("on average"), "{told}");
        let json: Value = serde_json::from_str(&report(text, &["--json"]).0).expect("JSON");
        assert_eq!((&json["from"], &json["to"]), (&Value::Null, &Value::Null));
        let (page, _) = report(text, &["--html", "-"]);
        assert!(page.contains(&format!("<p>{undated}</p>")) && !page.contains(" UTC"), "{page}");
        assert!(report(text, &["--rule", "status:5xx count > 1 for 1m"]).1.contains(undated));
    }
    // A line that has one says when those around it were.
    for text in [format!("what is this\n{COMBINED}\n"), format!("{COMBINED}\n{request}")] {
        let (told, warned) = report(&text, &[]);
        assert!(told.contains("\n2026-11-22 09:00:00 "), "{told}");
        assert_eq!((told.contains(undated), &*warned), (false, ""), "{told}");
    }
}

#[test]
fn a_report_has_the_hour_that_comes_twice_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("error.log");
    std::fs::write(&file, night(&[2, 2])).expect("written");
    let said = |more: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_tapline"))
            .args(["report", "--json"])
            .args(more)
            .arg(&file)
            .env_clear()
            .env("TZ", BERLIN)
            .output()
            .expect("tapline ends");
        serde_json::from_slice::<Value>(&output.stdout)
            .unwrap_or_else(|e| panic!("{e}: {output:?}"))
    };
    let summary = said(&[]);
    assert_eq!(summary["from"], "2024-10-27T00:00:00Z");
    assert_eq!(summary["to"], "2024-10-27T02:00:00Z");
    // However the lines were shared out among the cores, no second has two of them.
    let rule = said(&["--rule", "level:error count > 1 for 1s"]);
    assert_eq!(rule["fired"], 0, "{rule}");
}

#[test]
fn a_file_that_is_standard_input_too_counts_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("some.log");
    std::fs::write(&file, format!("{COMBINED}\n")).expect("written");
    for (names, note) in [(["FILE", "-"], "counts once"), (["-", "-"], "is named twice")] {
        let mut report = command(&["report", "--json"]);
        for name in names {
            report.arg(if name == "FILE" { file.as_os_str() } else { name.as_ref() });
        }
        let input = std::fs::File::open(&file).expect("opened");
        let output = report.stdin(input).output().expect("tapline ends");
        let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(told["requests"], 1, "{names:?}");
        assert!(stderr(&output).contains(note), "{output:?}");
    }
}

#[test]
fn a_report_reads_more_files_than_a_shell_lets_a_program_have_at_first() {
    const FILES: usize = 100;
    let folder = tempfile::tempdir().expect("a folder");
    for number in 0..FILES {
        let file = folder.path().join(format!("{number}.log"));
        std::fs::write(file, format!("{COMBINED}\n")).expect("written");
    }
    let report = format!("ulimit -Sn {}; exec \"$0\" report --json *.log", FILES / 2);
    let output = Command::new("sh")
        .args(["-c", &report, env!("CARGO_BIN_EXE_tapline")])
        .current_dir(folder.path())
        .output()
        .expect("tapline ends");
    assert!(output.status.success(), "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(told["requests"], FILES, "{told}");
}

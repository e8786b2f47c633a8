//! Reports over whole logs, against counts that other tools made.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// What a report says of these files, without a configuration.
fn report(files: &[PathBuf]) -> Summary {
    let mut config = Config::default();
    config.time.zone = config::Zone::Fixed(0);
    let node = node(&config, Reading::default());
    let Read { broken, .. } =
        read(open(files).expect("the files are there"), &node, &config, Reading::default());
    assert!(broken.is_empty(), "{broken:?}");
    summary(&node, &Filter::default())
}

fn file(folder: &tempfile::TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

fn read(inputs: Vec<Input>, node: &Arc<Node>, config: &Config, reading: Reading) -> Read {
    read_in((batch::LINES, 2), Vec::new(), inputs, node, config, reading)
}

/// Between the two readings of a file of which a line says that durations before it were read in the wrong unit, `meanwhile`
/// is done with it. Gives the requests, and what is said of the file.
fn read_twice(meanwhile: impl Fn(&Path)) -> (u64, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let line = |number: u32| {
        format!(
            "192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 10 \"-\" \"-\" {number}\n"
        )
    };
    let path = file(&folder, "access.log", &(line(900).repeat(9) + &line(5)));
    let config = Config::default();
    let begun = std::cell::Cell::new(0);
    let begin = || {
        if begun.replace(begun.get() + 1) == 1 {
            meanwhile(&path);
        }
        node(&config, Reading::default())
    };
    let inputs = open(std::slice::from_ref(&path)).unwrap();
    let (node, read) = read_all(inputs, begin, &config, Reading::default());
    assert_eq!(begun.get(), 2);
    let said = read.broken.iter().map(|(_, error)| error.to_string()).collect();
    (summary(&node, &Filter::default()).requests, said)
}

#[test]
fn a_file_that_is_rotated_between_its_two_readings_is_read_as_it_was() {
    let rotate = |path: &Path| {
        fs::rename(path, path.with_extension("log.1")).unwrap();
        fs::write(path, "192.0.2.9 is no line\n").unwrap();
    };
    assert_eq!(read_twice(rotate), (10, Vec::new()));
    assert_eq!(read_twice(|path| fs::remove_file(path).unwrap()), (10, Vec::new()));
}

#[test]
fn a_file_that_is_cut_between_its_two_readings_is_said_to_be() {
    let (requests, said) = read_twice(|path| {
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(0).unwrap();
    });
    // Its first bytes, three lines and part of a fourth, are looked at before a reading begins.
    assert_eq!(requests, 3);
    assert_eq!(said, ["it was cut while it was read; lines missing: 6"]);
}

#[test]
fn where_the_line_stands_that_disproves_a_unit_changes_no_report() {
    let folder = tempfile::tempdir().unwrap();
    let line = |number: &str| {
        format!(
            "192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 10 \"-\" \"-\" {number}\n"
        )
    };
    let text = |numbers: &[&str]| numbers.iter().map(|number| line(number)).collect::<String>();
    let read = |text: &str| {
        let path = file(&folder, "access.log", text);
        let config = Config::default();
        let begin = || node(&config, Reading::default());
        let inputs = open(&[path]).unwrap();
        let (node, read) = read_all(inputs, begin, &config, Reading::default());
        let summary = summary(&node, &Filter::default());
        let behind = read.learnt[0].behind().max();
        (summary.requests, summary.latency_s.max, behind)
    };
    for disproved in [["900", "5"], ["5", "900"]] {
        assert_eq!(read(&text(&disproved)), (2, None, Some(Behind::Left)), "{disproved:?}");
    }
    let many = text(&["900"]).repeat(3 * batch::LINES);
    assert_eq!(read(&(many.clone() + &line("5"))).1, None);
    let (_, max, behind) = read(&many);
    assert!(max.is_some_and(|max| (0.0008..0.001).contains(&max)), "{max:?}");
    assert_eq!(behind, Some(Behind::Taken));
    let told = without_unit("access.log", Behind::Taken);
    assert!(told.contains("--format") && !told.contains('\n'), "{told}");
    assert_eq!(read(&text(&["0.9"])).2, None);
}

#[test]
fn several_files_are_one_report() {
    let folder = tempfile::tempdir().unwrap();
    let line = |address: &str, time: &str, status: u16| {
        format!("{address} - - [22/Nov/2026:{time} +0000] \"GET / HTTP/1.1\" {status} 10\n")
    };
    let old = file(&folder, "access.log.1", &line("192.0.2.1", "10:00:00", 200));
    let new = line("192.0.2.1", "11:00:00", 404) + &line("192.0.2.2", "11:00:05", 200);
    let new = file(&folder, "access.log", &new);
    // In any order, for only the lines' own time counts.
    for files in [[old.clone(), new.clone()], [new, old]] {
        let summary = report(&files);
        assert_eq!((summary.requests, summary.visitors, summary.bytes_out), (3, 2, 30));
        assert_eq!(summary.from, "2026-11-22T10:00:00Z");
        assert_eq!(summary.to, "2026-11-22T11:00:06Z");
        assert_eq!(summary.accounting.received, 3);
    }
}

#[test]
fn each_container_of_one_file_is_a_source_for_any_number_of_cores() {
    let folder = tempfile::tempdir().unwrap();
    let line = |n: usize| {
        let request = format!(
            r#"192.0.2.{} - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 10"#,
            n % 7
        );
        match n % 3 {
            0 => format!("web-1  | {request}\n"),
            1 => format!("web-2  | {request}\n"),
            _ => format!("db-1   | done {n}\n"),
        }
    };
    let path = file(&folder, "all.log", &(0..3_000).map(line).collect::<String>());
    for cores in [1, 4] {
        let config = Config::default();
        let node = node(&config, Reading::default());
        let inputs = open(std::slice::from_ref(&path)).unwrap();
        let read = read_in((70, cores), Vec::new(), inputs, &node, &config, Reading::default());
        assert!(read.broken.is_empty(), "{read:?}");
        let told = |source: &Arc<crate::state::sources::Source>| {
            let counts = source.lock().counts;
            (source.name.to_string(), counts.counted, counts.unparsed)
        };
        let mut sources: Vec<_> = node.sources.all().iter().map(told).collect();
        sources.sort();
        let of = |name: &str, counted, unparsed| (name.to_owned(), counted, unparsed);
        assert_eq!(sources, [of("db-1", 0, 1000), of("web-1", 1000, 0), of("web-2", 1000, 0)]);
    }
}

#[test]
fn json_in_an_array_or_over_many_lines_says_what_it_says_line_by_line() {
    let folder = tempfile::tempdir().unwrap();
    let items: Vec<Value> = (0..3_000)
        .map(|n| {
            serde_json::json!({
                "time_local": format!("22/Nov/2026:10:{:02}:{:02} +0000", n / 60, n % 60),
                "remote_addr": format!("192.0.2.{}", n % 7), "request": "GET /a?b=[1,2] HTTP/1.1",
                "status": (if n % 2 == 0 { "200" } else { "404" }), "body_bytes_sent": "10",
            })
        })
        .collect();
    let of_lines: Vec<Value> = (0..30).map(|n| access(n).into()).collect();
    let lines = |items: &[Value]| -> String {
        items.iter().map(|item| item.as_str().map_or(format!("{item}\n"), str::to_owned)).collect()
    };
    for items in [items, of_lines] {
        let array = Value::from(items.clone());
        let pretty: String = items.iter().map(|item| format!("{item:#}\n")).collect();
        let told = |name: &str, text: &str| {
            let mut summary = report(&[file(&folder, name, text)]);
            summary.top.remove("sources");
            serde_json::to_value(summary).unwrap()
        };
        let expected = told("a.json", &lines(&items));
        assert_eq!(expected["requests"], items.len());
        assert_eq!(told("a.json", &array.to_string()), expected);
        assert_eq!(told("a.json", &format!("{array:#}")), expected);
        if items[0].is_object() {
            assert_eq!(told("a.json", &pretty), expected);
        }
    }
}

#[test]
fn a_line_without_a_time_does_not_stretch_the_range() {
    let folder = tempfile::tempdir().unwrap();
    let access = "192.0.2.1 - - [22/Nov/2020:10:00:00 +0000] \"GET / HTTP/1.1\" 200 10\n";
    let path = file(&folder, "access.log", &format!("{access}what is this\n{access}"));
    let summary = report(&[path]);
    assert_eq!((summary.requests, summary.messages), (2, 1));
    assert_eq!(summary.to, "2020-11-22T10:00:01Z");
}

/// An access line of that second of a minute, years before any file here is written.
fn access(second: u32) -> String {
    format!("192.0.2.1 - - [22/Nov/2020:10:00:{second:02} +0000] \"GET / HTTP/1.1\" 200 10\n")
}

#[test]
fn lines_before_the_first_time_count_with_the_line_that_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let timed: String = (5..30).map(access).collect();
    let heads = [
        "rest of a torn line HTTP/1.1\" 200 5\n",
        "192.0.2.1 - - [31/Feb/2020:10:00:00 +0000] \"GET / HTTP/1.1\" 200 10\n",
        "192.0.2.1 - - [-] \"GET / HTTP/1.1\" 200 10\n",
        "{\"status\":200,\"method\":\"GET\",\"path\":\"/\",\"client\":\"192.0.2.1\"}\n",
        "PHP Fatal error:  Uncaught Exception: no in /srv/a.php:3\n",
    ];
    for (head, lines) in heads.into_iter().zip([7, 1, 1, 7, 3_000]) {
        let torn = file(&folder, "torn.log", &(head.repeat(lines) + &timed));
        let other = file(&folder, "other.log", &timed);
        for (batch, cores) in [(batch::LINES, 1), (1, 1), (3, 4), (1, 3)] {
            for files in [&[torn.clone()][..], &[other.clone(), torn.clone()]] {
                let (json, text) = said(files, &Filter::default(), (batch, cores, true));
                let summary: Value = serde_json::from_str(&json).unwrap();
                let range = (&summary["from"], &summary["to"]);
                let all = (&"2020-11-22T10:00:05Z".into(), &"2020-11-22T10:00:30Z".into());
                assert_eq!(range, all, "{head}{batch} {cores}");
                assert!(text.contains(" · 25.0 s · "), "{text}");
            }
        }
    }
}

#[test]
fn another_file_of_the_same_name_says_nothing_of_when_lines_were() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [("a", access(50)), ("b", format!("what is this\n{}", access(10)))];
    let files = paths.map(|(site, text)| {
        fs::create_dir(folder.path().join(site)).unwrap();
        file(&folder, &format!("{site}/access.log"), &text)
    });
    let node = node(&Config::default(), Reading::default());
    read(open(&files).unwrap(), &node, &Config::default(), Reading::default());
    node.flush();
    let series = node.live().series(Range::default(), 1, &Filter::parse("kind:message").unwrap());
    let counted: Vec<u64> = series.messages.iter().copied().filter(|&n| n > 0).collect();
    assert_eq!((counted, series.messages[0]), (vec![1], 1));
}

#[test]
fn pages_and_data_that_programs_make_are_no_static_files() {
    let folder = tempfile::tempdir().unwrap();
    let paths = ["/a.php", "/b.html", "/c.json", "/d.css", "/e.png", "/f"];
    let text: String =
        paths.iter().map(|path| access(1).replace("GET / ", &format!("GET {path} "))).collect();
    let path = file(&folder, "access.log", &text);
    let mut config = Config::default();
    config.time.zone = config::Zone::Fixed(0);
    let node = node(&config, Reading::default());
    read(open(&[path]).unwrap(), &node, &config, Reading::default());
    let summary = summary(&node, &Filter::default());
    let listed = |list: &str| -> Vec<String> {
        let mut values: Vec<String> =
            summary.top[list].iter().map(|row| row.value.clone()).collect();
        values.sort_unstable();
        values
    };
    assert_eq!(listed("static"), ["/d.css", "/e.png"]);
    assert_eq!(listed("types"), ["css", "html", "json", "php", "png"]);
    let asks = Asks::read(["static"], TOP, TOP).unwrap();
    let ask = *asks.iter().next().unwrap();
    let trend = node.live().trend(Range::default(), 1, &Filter::default(), ask);
    let drawn: Vec<(&str, u64)> =
        trend.rows.iter().map(|row| (row.value.as_str(), row.requests.iter().sum())).collect();
    assert_eq!(drawn, [("/d.css", 1), ("/e.png", 1)]);
}

#[test]
fn a_file_without_any_time_counts_when_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "notes.log", "what is this\n");
    let at = written(&path).second();
    let summary = report(&[path]);
    assert_eq!((epoch(&summary.from), epoch(&summary.to)), (at.0, at.0 + 1));
}

/// A line of a log with its second: requests of few clients and paths, errors, and what no format knows, which
/// has none.
fn line() -> impl Strategy<Value = (i64, String)> {
    let time = |second: i64, format: &str| {
        let time = chrono::DateTime::from_timestamp(1_795_341_600 + second, 0).expect("a time");
        time.format(format).to_string()
    };
    let request = (0..20u8, 0..900i64, 0..30u8, 0..5usize, 0..5000u32, 0..3usize);
    prop_oneof![
        12 => request.prop_map(move |(client, second, path, status, bytes, agent)| {
            let status = [200, 200, 301, 404, 500][status];
            let agent = ["-", "curl/8.5.0", "Mozilla/5.0 (compatible; Googlebot/2.1)"][agent];
            let (time, from) = (time(second, "%d/%b/%Y:%H:%M:%S +0000"), path % 3);
            let line = format!(
                "192.0.2.{client} - - [{time}] \"GET /p/{path}?q={bytes} HTTP/1.1\" {status} {bytes} \
                 \"https://h{from}.example/\" \"{agent}\"\n"
            );
            (second, line)
        }),
        1 => (0..900i64, 0..5u8).prop_map(move |(second, client)| {
            let time = time(second, "%Y/%m/%d %H:%M:%S");
            let line = format!("{time} [error] 1#1: *1 open() failed, client: 192.0.2.{client}\n");
            (second, line)
        }),
        1 => (0..3u8).prop_map(|n| (i64::MAX, format!("what is this {n}\n"))),
        // What such a line means depends on the header before it, which some logs have somewhere.
        1 => (0..900i64, 0..5u8).prop_map(move |(second, client)| {
            let time = time(second, "%Y-%m-%d %H:%M:%S");
            (second, format!("{time} 192.0.2.{client} GET /w3c 200\n"))
        }),
        // In which unit this one is depends on others.
        2 => (0..900i64, prop::sample::select(vec!["45.25", "12.5", "250000"]))
            .prop_map(|(second, duration)| (second, took(second, duration))),
    ]
}

/// A request as some program writes it, whose duration has no unit.
fn took(second: i64, duration: &str) -> String {
    let time = 1_795_341_600 + second;
    format!("{{\"time\":{time},\"path\":\"/took\",\"status\":200,\"duration\":{duration}}}\n")
}

/// A line of a log, or seldom a header of some that follow or a duration that tells of the others'.
fn line_or_header() -> impl Strategy<Value = (i64, String)> {
    let fields = ["c-ip cs-method cs-uri-stem sc-status", "s-ip cs-method cs-uri-stem sc-status"];
    prop_oneof![
        400 => line(),
        1 => (0..900i64, 0..2usize).prop_map(move |(second, of)| {
            (second, format!("#Fields: date time {}\n", fields[of]))
        }),
        2 => (0..900i64, prop::sample::select(vec!["0.012", "12", "450", "37000000"]))
            .prop_map(|(second, duration)| (second, took(second, duration))),
    ]
}

/// The report as JSON and as text, with every line kept until the end or counted as chunks close.
fn said(
    files: &[PathBuf],
    filter: &Filter,
    (batch, cores, is_counted): (usize, usize, bool),
) -> (String, String) {
    let mut config = Config::default();
    config.time.zone = config::Zone::Fixed(0);
    let node = node(&config, Reading::default());
    if is_counted {
        node.live_mut().count_all(filter, &Asks::all(TOP));
    }
    let inputs = open(files).expect("the files are there");
    let Read { broken, .. } =
        read_in((batch, cores), Vec::new(), inputs, &node, &config, Reading::default());
    assert!(broken.is_empty(), "{broken:?}");
    let args = ReportArgs {
        files: files.to_vec(),
        format: FormatArgs::default(),
        json: false,
        html: None,
        anomalies: false,
        rules: Vec::new(),
        zone: None,
        filter: filter.clone(),
        config: None,
    };
    let summary = summary(&node, filter);
    (
        json(&summary),
        told(&args, &node, &summary, text::STEPS, |report| text::text(report, style())),
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_report_is_the_same_however_it_is_counted(
        mut lines in prop::collection::vec(line_or_header(), 1..400), first in 0..400usize,
        sorted in any::<bool>(), batch in prop_oneof![1..50usize, 50..1000usize], filter in 0..6usize,
        cores in 1..5usize,
    ) {
        if sorted {
            lines.sort_by_key(|(second, _)| *second);
        }
        let lines: Vec<String> = lines.into_iter().map(|(_, line)| line).collect();
        let (older, newer) = lines.split_at(first.min(lines.len()));
        let folder = tempfile::tempdir().unwrap();
        let files = [("older.log", older), ("newer.log", newer)];
        let files = files.map(|(name, lines)| file(&folder, name, &lines.concat()));
        // The last asks for what is learnt, and keeps every event.
        let filters =
            ["", "status:4xx status:5xx", "-path:/p/1*", "agent:bot", "kind:error", "route:/p/*"];
        let filter = Filter::parse(filters[filter]).unwrap();
        let at_once = said(&files, &filter, (usize::MAX, 1, false));
        let counted = said(&files, &filter, (batch, cores, true));
        for (one, other) in [(at_once.0, counted.0), (at_once.1, counted.1)] {
            let pairs = one.lines().zip(other.lines());
            let differing = pairs.filter(|(a, b)| a != b).take(3).collect::<Vec<_>>();
            prop_assert!(one == other, "{:#?}", differing);
        }
    }
}

#[test]
fn what_went_wrong_is_told_of_error_logs() {
    let folder = tempfile::tempdir().unwrap();
    let line = |n: u32, what: &str| {
        format!("2026/11/22 10:00:{:02} [crit] 7#7: *{n} {what}, client: 192.0.2.1\n", n % 60)
    };
    let lines = (0..40).map(|n| match n % 4 {
        0 => line(n, "connect() to 192.0.2.7:80 failed"),
        _ => line(n, &format!("open() \"/srv/{n}\" failed")),
    });
    let path = file(&folder, "error.log", &lines.collect::<String>());
    let (json, text) = said(&[path], &Filter::default(), (7, 2, true));
    let row = |of: &str| text.lines().find(|line| line.contains(of)).unwrap_or_default().to_owned();
    let errors = row("open()");
    let cells: Vec<&str> = errors.split_whitespace().rev().take(4).collect();
    assert_eq!(cells, ["crit", "%", "75", "30"], "{text}");
    assert!(text.contains("\nErrors  ") && row("connect()").contains("25 %"), "{text}\n{json}");
}

#[test]
fn long_texts_of_one_second_are_all_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(1000);
    let line = |n: u32| {
        format!("192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET /{long}/{n} HTTP/1.1\" 200 10\n")
    };
    let path = file(&folder, "access.log", &(0..6000).map(line).collect::<String>());
    let summary = report(&[path]);
    assert_eq!((summary.requests, distinct(&summary, "paths")), (6000, 6000));
}

#[test]
fn what_is_not_there_is_told_before_anything_is_read() {
    assert!(open(&[PathBuf::from("/does/not/exist.log")]).is_none());
}

/// The number or map of this name in a truth file.
fn counts(truth: &Value, key: &str) -> Option<BTreeMap<String, u64>> {
    let map = truth.get(key)?.as_object()?;
    Some(map.iter().filter_map(|(name, n)| Some((name.clone(), n.as_u64()?))).collect())
}

/// Values and requests of a top list, ties in the order of their names.
fn top(summary: &Summary, list: &str) -> Vec<(String, u64)> {
    let rows = summary.top.get(list).map_or(&[][..], Vec::as_slice);
    let mut rows: Vec<(String, u64)> =
        rows.iter().map(|row| (row.value.clone(), row.requests)).collect();
    rows.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    rows
}

fn distinct(summary: &Summary, list: &str) -> u64 {
    let shown = summary.top.get(list).map_or(0, Vec::len) as u64;
    shown + summary.other.get(list).map_or(0, |other| other.values)
}

#[test]
fn real_logs_give_exactly_the_totals_that_others_counted() {
    let logs = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/corpus/logs"));
    let covered = [
        "apache_attack_acunetix.log.gz",
        "apache_attack_w3af.log.gz",
        "apache_combined_elastic_10k.log.gz",
        "apache_error_loghub_1k_a.log.gz",
        "caddy_access_lnav.jsonl",
        "iis_w3c_lnav.log",
        "netdata_weblog_common.log",
        "nginx_combined_shop_60k.log.gz",
        "syslog_haproxy_lnav.log",
    ];
    if !logs.is_dir() {
        let _ =
            io::Write::write_all(&mut io::stderr(), b"left out: no corpus beside the project\n");
        return;
    }
    for name in covered {
        let truth = logs.join(format!("{}.truth.json", name.trim_end_matches(".gz")));
        let truth: Value = serde_json::from_slice(&fs::read(truth).unwrap()).unwrap();
        let number = |key: &str| truth.get(key).and_then(Value::as_u64);
        let summary = report(&[logs.join(name)]);
        let account = &summary.accounting;
        assert_eq!(Some(account.received), number("total_lines"), "{name}");
        // Header lines of a W3C log are understood, though they are no events.
        let understood =
            number("total_lines").zip(number("unparseable_lines")).map(|(n, bad)| n - bad);
        assert_eq!(Some(account.counted), understood, "{name}");
        assert_eq!(Some(summary.requests + summary.errors), number("parseable_lines"), "{name}");
        assert_eq!(Some(account.unparsed), number("unparseable_lines"), "{name}");
        for (key, counted) in [
            ("by_status", &summary.status_codes),
            ("by_status_class", &summary.status),
            ("methods", &summary.methods),
            ("protocols", &summary.protocols),
        ] {
            if let Some(wanted) = counts(&truth, key) {
                assert_eq!(*counted, wanted, "{name}: {key}");
            }
        }
        if let Some(levels) = counts(&truth, "by_level").filter(|_| summary.requests == 0) {
            assert_eq!(summary.error_levels, levels, "{name}");
        }
        if let Some(bytes) = number("total_bytes") {
            assert_eq!(summary.bytes_out, bytes, "{name}");
        }
        for (key, list) in [("distinct_ips", "clients"), ("distinct_paths", "paths")] {
            if let Some(wanted) = number(key) {
                assert_eq!(distinct(&summary, list), wanted, "{name}: {key}");
            }
        }
        for (key, list) in [("top_ips", "clients"), ("top_paths", "paths")] {
            let Some(wanted) = truth.get(key).and_then(Value::as_array) else { continue };
            let wanted: Vec<(String, u64)> = wanted
                .iter()
                .map(|row| (row[0].as_str().unwrap().to_owned(), row[1].as_u64().unwrap()))
                .collect();
            // The last of a full list may be one of several with the same count.
            let counted = top(&summary, list);
            let full = wanted.len() - usize::from(wanted.len() == 12);
            assert_eq!(counted[..full], wanted[..full], "{name}: {key}");
        }
    }
}

#[test]
fn what_the_live_detectors_would_have_said_is_told_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let lines = |seconds: std::ops::Range<i64>, failing: bool| -> String {
        let line = |t: i64, n: i64| {
            let time = chrono::DateTime::from_timestamp(1_795_341_600 + t, 0).unwrap();
            let time = time.format("%d/%b/%Y:%H:%M:%S +0000");
            let status = if failing && n % 2 == 0 { 502 } else { 200 };
            format!("192.0.2.{n} - - [{time}] \"GET /cart HTTP/1.1\" {status} 10\n")
        };
        seconds.flat_map(|t| (0..6).map(move |n| line(t, n))).collect()
    };
    let old = file(&folder, "access.log.1", &lines(0..1200, false));
    let new = file(&folder, "access.log", &(lines(1200..1230, true) + &lines(1230..1400, false)));
    let mut config = Config::default();
    config.time.zone = config::Zone::Fixed(0);
    let found = anomalies::found(&[new, old], &config, Reading::default(), &mut |_, _| {}).unwrap();
    assert_eq!(
        found.summary(),
        "8,400 read = 8,400 counted + 0 not understood + 0 rejected + 0 dropped\n1 incident in 23 min 20 s"
    );
    let found = found.incidents;
    let said: Vec<_> = found.iter().map(|i| (i.anomaly.kind, i.anomaly.start.as_str())).collect();
    let kind = crate::aggregate::wire::AnomalyKind::Errors5xx;
    assert!(said.contains(&(kind, "2026-11-22T10:20:00Z")), "{said:?}");
}

#[test]
fn an_incident_lasts_as_long_as_the_last_of_what_is_part_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let line = |t: i64, client: String, request: &str, status: u16| {
        let time = chrono::DateTime::from_timestamp(1_795_341_600 + t, 0).unwrap();
        let time = time.format("%d/%b/%Y:%H:%M:%S +0000");
        format!("{client} - - [{time}] \"{request} HTTP/1.1\" {status} 10\n")
    };
    let mut text = String::new();
    for t in 0..1400 {
        text.extend((0..6).map(|n| line(t, format!("192.0.2.{n}"), "GET /", 200)));
        if (1200..1240).contains(&t) {
            let who = |n: i64| format!("203.0.113.{}", (t * 40 + n) % 16);
            text.extend((0..40).map(|n| line(t, who(n), "POST /login", 401)));
        }
    }
    let path = file(&folder, "access.log", &text);
    let mut config = Config::default();
    config.time.zone = config::Zone::Fixed(0);
    let found = anomalies::found(&[path], &config, Reading::default(), &mut |_, _| {}).unwrap();
    let said = found.incidents.iter().map(|i| (i.anomaly.start.as_str(), i.until.as_deref()));
    let whole = ("2026-11-22T10:20:00Z", Some("2026-11-22T10:20:40Z"));
    assert_eq!(said.collect::<Vec<_>>(), [whole], "{:?}", found.incidents);
}

#[test]
fn a_line_of_a_clock_that_is_fast_makes_no_outage_and_hides_none() {
    let folder = tempfile::tempdir().unwrap();
    let line = |t: i64, n: i64, ahead: i64| {
        let time = chrono::DateTime::from_timestamp(1_795_341_600 + t + ahead, 0).unwrap();
        let time = time.format("%d/%b/%Y:%H:%M:%S +0000");
        let status = if (1200..1260).contains(&t) && n % 2 == 0 { 502 } else { 200 };
        format!("192.0.2.{n} - - [{time}] \"GET /p/{n} HTTP/1.1\" {status} 10\n")
    };
    let text = |ahead: i64| -> String {
        let is_fast = |t, n| (t, n) == (1185, 3);
        let lines = (0..1600).flat_map(|t| (0..6).map(move |n| (t, n)));
        lines.map(|(t, n)| line(t, n, if is_fast(t, n) { ahead } else { 0 })).collect()
    };
    let mut config = Config::default();
    config.time.zone = config::Zone::Fixed(0);
    let told = |ahead: i64| {
        let path = file(&folder, "access.log", &text(ahead));
        let fails = &mut |_, _| {};
        let found = anomalies::found(&[path], &config, Reading::default(), fails).unwrap();
        let incidents = found.incidents.iter().map(|i| &i.anomaly);
        let said: Vec<_> = incidents.map(|a| (a.kind, a.start.clone(), a.end.clone())).collect();
        (said, found.summary())
    };
    let (right, summary) = told(0);
    assert_eq!(right.len(), 1, "{right:?}");
    assert!(!summary.contains("out of order"), "{summary}");
    for ahead in [110, 300, 3_600, 1_000_000_000] {
        let (said, summary) = told(ahead);
        assert_eq!(said, right, "{ahead} s ahead");
        assert!(summary.contains("1 line stands more than a minute out of order"), "{summary}");
    }
}

#[test]
fn what_a_report_of_anomalies_had_no_use_for_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let line = "192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 10\n";
    let long = "x".repeat(Config::default().tcp.max_frame as usize + 1);
    let trace = "no time\n".repeat(30_000);
    let told = |name: &str, text: &str| {
        let config = Config::default();
        let path = file(&folder, name, text);
        let found = anomalies::found(&[path], &config, Reading::default(), &mut |_, _| {});
        found.unwrap().summary()
    };
    let (equation, found) =
        ("0 not understood + 1 rejected (oversize 1) + 0 dropped", "no incident in 1 s");
    let said = told("long.log", &format!("{line}{long}\n{line}"));
    assert!(said.starts_with(&format!("3 read = 2 counted + {equation}\n{found}")), "{said}");
    let said = told("behind.log", &format!("{trace}{line}"));
    let all = "30,001 read = 1 counted + 30,000 not understood + 0 rejected + 0 dropped";
    assert!(said.starts_with(&format!("{all}\n{found}")), "{said}");
    let all = "30,000 read = 0 counted + 30,000 not understood + 0 rejected + 0 dropped";
    assert_eq!(told("untimed.log", &trace), format!("{all}\nno line has a time"));
    assert_eq!(
        told("empty.log", ""),
        "0 read = 0 counted + 0 not understood + 0 rejected + 0 dropped\nno line has a time"
    );
}

#[test]
fn a_report_of_nothing_is_of_no_time() {
    let folder = tempfile::tempdir().unwrap();
    let empty = file(&folder, "empty.log", "");
    for is_counted in [false, true] {
        let (json, text) =
            said(std::slice::from_ref(&empty), &Filter::default(), (7, 2, is_counted));
        let summary: Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&summary["from"], &summary["to"]), (&Value::Null, &Value::Null), "{json}");
        assert_eq!(summary["requests"], 0);
        assert!(!text.contains("1970"), "{text}");
    }
}

#[test]
fn a_rule_is_tried_on_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut text = String::new();
    for second in 0..60 {
        let status = if (20..30).contains(&second) || second >= 50 { 503 } else { 200 };
        for client in 0..4 {
            text += &format!(
                "192.0.2.{client} - - [22/Nov/2026:10:00:{second:02} +0000] \"GET / HTTP/1.1\" {status} 10\n"
            );
        }
    }
    let path = file(&folder, "access.log", &text);
    let node = node(&Config::default(), Reading::default());
    read(open(&[path]).unwrap(), &node, &Config::default(), Reading::default());
    let rules = ["status:5xx rate > 50% for 4s", "count < 1 for 10s"];
    let rules: Vec<Rule> = rules.iter().map(|rule| rules::argument(rule).unwrap()).collect();
    assert_eq!(
        rules::told(&rules, &node, false),
        "status:5xx rate > 50% for 4s\n\
         would have fired 2 times, 2026-11-22 10:00:00 UTC to 2026-11-22 10:01:00 UTC\n  \
         2026-11-22 10:00:20 UTC  for 11 s, worst 100 %\n  \
         2026-11-22 10:00:50 UTC  for 10 s, still at the end, worst 100 %\n\
         \n\
         count < 1 for 10s\n\
         would not have fired, 2026-11-22 10:00:00 UTC to 2026-11-22 10:01:00 UTC\n"
    );
    let json = rules::told(&rules, &node, true);
    let json: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&json[0]["fired"], &json[0]["firings"][1]["end"]), (&2.into(), &Value::Null));
    assert_eq!(json[1]["firings"], serde_json::json!([]));
    let told = rules::argument("status:5xx rate > 2 for 1m").unwrap_err();
    assert!(told.starts_with("column 21: the threshold has no unit"), "{told}");
}

#[test]
fn a_rule_by_what_no_line_names_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(&folder, "access.log", &(0..5).map(access).collect::<String>());
    let node = node(&Config::default(), Reading::default());
    read(open(&[path]).unwrap(), &node, &Config::default(), Reading::default());
    let told = |by: &str| {
        let rule = rules::argument(&format!("status:5xx rate > 1%{by} for 1m")).unwrap();
        rules::told(&[rule], &node, false).lines().nth(1).unwrap_or_default().to_owned()
    };
    let quiet = "would not have fired, 2020-11-22 10:00:00 UTC to 2020-11-22 10:00:05 UTC";
    assert_eq!(told(""), quiet);
    assert_eq!(told(" by client"), quiet);
    assert_eq!(told(" by site"), format!("{quiet}: no line names a site"));
}

#[test]
fn the_rules_of_the_configuration_are_among_a_reports_anomalies() {
    let folder = tempfile::tempdir().unwrap();
    let line = |second: u32, status: u16| {
        format!(
            "192.0.2.1 - - [22/Nov/2026:10:00:{second:02} +0000] \"GET / HTTP/1.1\" {status} 10\n"
        )
    };
    let text: String = (0..30).map(|s| line(s, if s < 20 { 200 } else { 503 })).collect();
    let path = file(&folder, "access.log", &text);
    let rule = rules::argument("status:5xx count > 3 for 10s").unwrap();
    let named = crate::aggregate::rules::Named { name: "broken".to_owned(), rule, severity: 3 };
    let config = Config { rule: vec![named], ..Config::default() };
    let found = anomalies::found(&[path], &config, Reading::default(), &mut |_, _| {}).unwrap();
    assert!(found.summary().ends_with(" in 30 s; what is usual takes ten minutes to learn"));
    let found = found.incidents.iter().map(|i| serde_json::to_value(i).unwrap());
    let found: Vec<Value> = found.collect();
    let rule = found.iter().find(|a| a["key"] == "broken").expect("the rule");
    assert_eq!((&rule["kind"], &rule["state"]), (&"rule".into(), &"closed".into()));
    assert_eq!(rule["detected"], "2026-11-22T10:00:23Z");
    assert_eq!(rule["end"], "2026-11-22T10:00:30Z");
}

#[test]
fn steps_are_those_that_clocks_are_read_by_and_as_many_as_there_is_room_for() {
    let hour = 1_795_341_600;
    for (range, steps, step) in [
        ((hour, hour + 1), 60, 1),
        ((hour, hour + 60), 60, 1),
        ((hour, hour + 61), 60, 2),
        ((hour, hour + 3_600), 60, 60),
        // An hour that begins within a minute lies in 61 of them.
        ((hour + 1, hour + 3_601), 60, 120),
        ((hour, hour + 36_000), 120, 300),
        ((hour, hour + 7 * 86_400), 120, 7_200),
        ((hour, hour + 400 * 86_400), 60, 7 * 86_400),
        ((0, 0), 60, 1),
    ] {
        assert_eq!(round_step(range, steps), step, "{range:?} {steps}");
    }
    let mut most = 0;
    for seconds in 1..20_000 {
        let range = (hour + 7, hour + 7 + seconds * 977);
        let step = i64::from(round_step(range, 60));
        let covered = (range.1 - 1).div_euclid(step) - range.0.div_euclid(step) + 1;
        most = most.max(covered);
        assert!(covered <= 60, "{range:?} {step}");
    }
    assert_eq!(most, 60);
}

#[test]
fn the_steps_of_a_report_begin_at_round_times() {
    let folder = tempfile::tempdir().unwrap();
    let line = |m: i64| {
        format!(
            "192.0.2.1 - - [22/Nov/2026:{:02}:{:02}:07 +0000] \"GET / HTTP/1.1\" 200 1\n",
            m / 60,
            m % 60
        )
    };
    let lines: String = (130..730).map(line).collect();
    let path = file(&folder, "access.log", &lines);
    let config = Config::default();
    let node = node(&config, Reading::default());
    let read = read(open(&[path]).unwrap(), &node, &config, Reading::default());
    assert!(read.broken.is_empty(), "{read:?}");
    let summary = summary(&node, &Filter::default());
    let range = (epoch(&summary.from), epoch(&summary.to));
    let step = round_step(range, html::STEPS);
    let series = node.live().series(Range::default(), step, &Filter::default());
    assert_eq!(step, 300);
    assert!(series.t.iter().all(|t| t % 300 == 0), "{:?}", series.t);
    assert_eq!(series.t.len(), 120);
}

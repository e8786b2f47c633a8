use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { max_line: 200, max_depth: MAX_DEPTH, max_fields: 150 };

#[test]
fn an_object_beyond_a_limit_costs_itself_only() {
    let limits = Limits { max_line: 1_000, max_depth: 3, max_fields: 4 };
    for (object, why) in [
        (r#"{"a":{"b":[1]}}"#, None),
        (r#"{"a":{"b":[{}]}}"#, Some("4 deep, the limit is 3")),
        ("{\"a\":{\"b\":[\n{}]}}", Some("4 deep, the limit is 3")),
        (r#"{"a":1,"b":"x","c":null,"d":-1.5}"#, None),
        (r#"{"a":[1,2],"b":["x",true],"c":0}"#, Some("5 values, the limit is 4")),
        ("{\"a\":1,\n\"b\":2,\n\"c\":3,\n\"d\":4,\n\"e\":5}", Some("5 values, the limit is 4")),
    ] {
        for body in [format!("{object}\nnext"), format!("[{object},\"next\"]")] {
            let items: Vec<_> = split(body.as_bytes(), &limits).collect();
            let told = match &items[0] {
                Item::Bad { reason: RejectReason::Json, why, .. } => Some(&why[..]),
                _ => None,
            };
            assert_eq!(told, why, "{body}");
            let next = matches!(&items[1], Item::Line { bytes, .. } if &bytes[..] == b"next");
            assert!(next && items.len() == 2, "{body}: {items:?}");
        }
    }
}

/// `number:text` of each line, `number!reason` of what is bad.
fn show(body: &[u8]) -> Vec<String> {
    split(body, &LIMITS)
        .map(|item| match item {
            Item::Line { number, bytes } => format!("{number}:{}", lossy(&bytes)),
            Item::Bad { number, reason, why } => {
                assert!(!why.is_empty());
                format!("{number}!{}", reason.name())
            }
        })
        .collect()
}

#[track_caller]
fn check(body: &str, expect: &[&str]) {
    assert_eq!(show(body.as_bytes()), expect, "{body:?}");
}

#[test]
fn a_body_is_read_by_what_it_holds() {
    let cases: &[(&str, &[&str])] = &[
        ("", &[]),
        (" \r\n\n\0", &[]),
        ("one\ntwo\r\n\n  three \n", &["1:one", "2:two", "4:  three "]),
        ("{\"a\":1}\n{\"a\":2}\r\n", &["1:{\"a\":1}", "2:{\"a\":2}"]),
        ("{\"a\":1}{\"a\":2} {\"a\":3}", &["1:{\"a\":1}", "2:{\"a\":2}", "3:{\"a\":3}"]),
        ("{\"a\":1},\n{\"a\":2},", &["1:{\"a\":1}", "2:{\"a\":2}"]),
        ("[{\"a\":1},{\"a\":[2]}]", &["1:{\"a\":1}", "2:{\"a\":[2]}"]),
        ("[\n {\"a\":1},\n {\"a\":2}\n]\n", &["2:{\"a\":1}", "3:{\"a\":2}"]),
        ("[\"one\",\"t\\\"w\\u00e9\\n\",\"\\x22x\"]", &["1:one", "2:t\"wé", "3:\"x"]),
        ("[]", &[]),
        ("[{\"a\":1}]\n[{\"a\":2}]", &["1:{\"a\":1}", "2:{\"a\":2}"]),
        (
            "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n{\n \"c\":2}",
            &["1:{\n  \"a\": {\n    \"b\": 1\n  }\n}", "6:{\n \"c\":2}"],
        ),
        ("\u{feff}{\"a\":1}\0", &["1:{\"a\":1}"]),
        ("text\n{\"a\":1}\nmore", &["1:text", "2:{\"a\":1}", "3:more"]),
    ];
    for (body, expect) in cases {
        check(body, expect);
    }
}

#[test]
fn a_line_of_text_that_starts_with_a_bracket_stays_one() {
    let lines = [
        "[Sun Nov 22 10:00:00 2026] [core:error] [client 192.0.2.1:5] x",
        "[2026-11-22T10:00:00Z] \"GET / HTTP/1.1\" 200",
        "[] x",
        "<190>Nov 22 10:00:00 h nginx: {\"a\":1}",
        "\"quoted\",\"csv\"",
        "[\"GET / HTTP/1.1\" 200 512]",
        "[\"GET / HTTP/1.1\"] 200 512",
        "[\"203.0.113.9\", GET, /]",
        "[\"a\"] [\"b\"] c",
        "[\"a\" \"b\"]",
        "[\"a\" {}]",
        "[\"a",
        "[{\"a\":1} in front of a text",
        "[{\"a\":1}, and so on]",
        "[{\"a\":1}",
        "[{error,{reason,\"no pool\"}}]",
        "[{main} worker.rs:12] no pool",
    ];
    for line in lines {
        check(line, &[&format!("1:{line}")]);
        check(
            &format!("{line}\n{{}}\n{line}\r\n{line}\n[{{}}]"),
            &[&format!("1:{line}"), "2:{}", &format!("3:{line}"), &format!("4:{line}"), "5:{}"],
        );
    }
}

#[test]
fn an_array_over_lines_is_one_where_the_body_is_nothing_else() {
    let pretty = "[\n {\"a\":1},\n \"b\"\n]";
    check(pretty, &["2:{\"a\":1}", "3:b"]);
    check(
        &format!("\n{pretty}\n\n{pretty}{{}}\n"),
        &["3:{\"a\":1}", "4:b", "8:{\"a\":1}", "9:b", "10:{}"],
    );
    let read = ["1:[", "2:{\"a\":1}", "3: \"b\"", "4:]", "5:text"];
    check(&format!("{pretty}\ntext"), &read);
    check("text\n[\"a\",\n\"b\"]", &["1:text", "2:[\"a\",", "3:\"b\"]"]);
    check("[\"a\\\n\"]", &["1:[\"a\\", "2:\"]"]);
}

#[test]
fn a_broken_item_costs_itself_only() {
    let cases: &[(&str, &[&str])] = &[
        ("{\"a\":1}\n{\"b\":\n{\"c\":3}\n", &["1:{\"a\":1}", "2!json", "3:{\"c\":3}"]),
        ("{\"a\":1}\n{\"b\":\"x\n{\"c\":3}\n", &["1:{\"a\":1}", "2!json", "3:{\"c\":3}"]),
        ("{\"b\":{\"x\":1}\n{\"c\":3}\n", &["1!json", "2:{\"c\":3}"]),
        ("{broken}\n{\"c\":3}\n", &["1!json", "2:{\"c\":3}"]),
        ("{\"a\":1}{'b':2}{\"c\":3}", &["1:{\"a\":1}", "2!json", "3:{\"c\":3}"]),
        ("{\n \"a\": [1,\n}\n{\"c\":3}", &["1!json", "4:{\"c\":3}"]),
        (
            "[{\"a\":1},7,null,[1,[2]],{\"b\" 2},{\"c\":3}]",
            &["1:{\"a\":1}", "2!json", "3!json", "4!json", "5!json", "6:{\"c\":3}"],
        ),
        ("[\n{\"a\":1},\n{\"b\" 2},\n{\"c\":3}\n]", &["2:{\"a\":1}", "3!json", "4:{\"c\":3}"]),
        // Where its end is not to be found, its lines are what is left.
        (
            "[\n{\"a\":1},\n{\"b\":,\n{\"c\":3}\n]",
            &["1:[", "2:{\"a\":1}", "3!json", "4:{\"c\":3}", "5:]"],
        ),
    ];
    for (body, expect) in cases {
        check(body, expect);
    }
}

#[test]
fn json_as_log_formats_write_it_passes() {
    let objects = [
        r#"{"rt":,"urt":0.1, 0.2,"ua":"a\x22b"}"#,
        r#"{"a":1,}"#,
        r#"{"a":-1.5e+3,"b":true,"c":null,"d":[],"e":{}}"#,
        r#"{"a":"}{\\","b":"\""}"#,
        "{\"a\":\"tab\there\"}",
        "{}",
    ];
    for object in objects {
        check(object, &[&format!("1:{object}")]);
    }
}

#[test]
fn bytes_that_are_no_text_do_not_lose_the_object() {
    assert_eq!(show(b"{\"ua\":\"bad\xff\"}\n"), ["1:{\"ua\":\"bad\u{fffd}\"}"]);
}

#[test]
fn depth_and_length_have_limits() {
    let nest = |n: usize| format!("{{\"a\":{}1{}}}", "[".repeat(n - 1), "]".repeat(n - 1));
    check(&nest(32), &[&format!("1:{}", nest(32))]);
    check(&format!("{}\n{{}}", nest(33)), &["1!json", "2:{}"]);
    check(&"[".repeat(100_000), &[&format!("1!{}", "oversize")]);
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    check(&deep, &["1!json"]);
    let long = "x".repeat(201);
    check(&format!("{long}\n{{\"a\":\"{long}\"}}\nb"), &["1!oversize", "2!oversize", "3:b"]);
}

#[test]
fn a_million_broken_objects_are_read_in_linear_time() {
    let body = "{\"a\":\n".repeat(300_000);
    assert_eq!(split(body.as_bytes(), &LIMITS).count(), 300_000);
    let body = "{".repeat(2_000_000);
    assert_eq!(split(body.as_bytes(), &LIMITS).count(), 1);
    let body = format!("[{{}},{}0]", "{\"a\"},".repeat(300_000));
    assert_eq!(split(body.as_bytes(), &LIMITS).count(), 300_002);
    let body = format!("[{{}}{}", ",\n[".repeat(300_000));
    assert_eq!(split(body.as_bytes(), &LIMITS).count(), 300_001);
    let body = format!("[\"{}", "\n\"".repeat(300_000));
    assert_eq!(split(body.as_bytes(), &LIMITS).count(), 300_001);
    for line in ["[{", "[{},", "[\"a\",", "[{\"a\":[", "[]"] {
        let body = format!("{line}\n").repeat(300_000) + "x";
        let lines = if line == "[]" { 1 } else { 300_001 };
        assert_eq!(split(body.as_bytes(), &LIMITS).count(), lines, "{line}");
    }
    let body = "[{}]".repeat(300_000);
    assert_eq!(split(body.as_bytes(), &LIMITS).count(), 300_000);
    let body = "{}[{},".repeat(300_000);
    assert_eq!(split(body.as_bytes(), &LIMITS).count(), 2);
}

#[test]
fn lines_inside_an_object_are_counted() {
    for object in ["{\n\n\"a\":\n1}", "{\"a\":\"x\\\ny\",\n\"b\":[\n]}", "{\"a\":1}"] {
        let lines = object.matches('\n').count();
        let shown = show(format!("{object}\nnext").as_bytes());
        assert_eq!(shown.last(), Some(&format!("{}:next", lines + 2)), "{object:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_body_is_split_with_rising_numbers(body in r#"([\[\]{}",:\\\n a0x]|\PC){0,60}"#) {
        let mut last = 0;
        for item in split(body.as_bytes(), &LIMITS) {
            let (Item::Line { number, .. } | Item::Bad { number, .. }) = item;
            prop_assert!(number > last);
            last = number;
        }
    }

    /// The words are those of arrays, so that any of them may come to be one.
    #[test]
    fn a_line_that_begins_like_an_array_is_read_as_if_alone(
        lines in prop::collection::vec(r#"\[("|\{)([{}\[\]", :a1]|\{"a":1\}|"b",|\\){0,12}"#, 1..8),
    ) {
        let items = |body: &str| -> Vec<_> {
            show(body.as_bytes()).iter().map(|item| item.trim_start_matches(char::is_numeric).to_owned()).collect()
        };
        for line in &lines {
            let read = items(line);
            let whole = read == [format!(":{line}")];
            let closes = line.trim_end_matches([',', ' ']).ends_with([']', '}']);
            prop_assert!(whole || closes, "{line}: {read:?}");
            if let Ok(array) = serde_json::from_str::<Vec<serde_json::Value>>(line) {
                prop_assert_eq!(read.len(), array.len(), "{}", line);
            }
        }
        let each: Vec<_> = lines.iter().flat_map(|line| items(line)).chain([":end".to_owned()]).collect();
        prop_assert_eq!(items(&format!("{}\nend", lines.join("\n"))), each);
    }

    #[test]
    fn a_line_of_text_has_the_number_of_its_line(lines in prop::collection::vec("( |a|b|\r){0,4}", 0..30)) {
        let given: Vec<String> = (1..).zip(&lines)
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, line)| format!("{number}:{}", line.trim_end_matches('\r')))
            .collect();
        let body = lines.join("\n");
        prop_assert_eq!(show(body.as_bytes()), given);
    }

    #[test]
    fn good_objects_come_back_in_every_packing(
        values in prop::collection::vec(("\\PC{0,20}", any::<i32>()), 1..12),
        packing in 0u8..5,
    ) {
        let objects: Vec<_> = values
            .iter()
            .map(|(text, n)| serde_json::json!({"t": text, "n": n, "d": {"x": [text]}}))
            .collect();
        let texts: Vec<String> = objects.iter().map(ToString::to_string).collect();
        let body = match packing {
            0 => texts.join("\n"),
            1 => texts.concat(),
            2 => format!("[{}]", texts.join(",")),
            3 => serde_json::to_string_pretty(&objects).unwrap_or_default(),
            _ => objects
                .iter()
                .map(|o| serde_json::to_string_pretty(o).unwrap_or_default() + "\n")
                .collect(),
        };
        let limits = Limits::of_line(10_000);
        let got: Vec<_> = split(body.as_bytes(), &limits)
            .map(|item| match item {
                Item::Line { bytes, .. } => serde_json::from_slice(&bytes).unwrap_or_default(),
                Item::Bad { why, .. } => serde_json::Value::String(why),
            })
            .collect();
        prop_assert_eq!(got, objects);
    }
}

use proptest::prelude::*;

use super::protobuf::{bytes_field as field, number_field as number};
use super::*;
use crate::decode::text::lossy;

const LIMITS: Limits = Limits { max_line: 200, max_depth: 32, max_fields: 150 };

/// What is read, each with its number: `1 host/app @ms text`, or `1! reason`.
pub(super) fn show(layout: Layout, body: &[u8]) -> Result<Vec<String>, Broken> {
    let mut shown = Vec::new();
    layout.read(body, &LIMITS, &mut |item| {
        shown.push(match item {
            Item::Line { number, bytes, told, .. } => {
                let by = told.by.unwrap_or_default();
                let name =
                    |name: Option<Cow<'_, str>>| name.map_or("-".to_owned(), Cow::into_owned);
                let at = told.at.map_or(String::new(), |at| format!(" @{}", at.0));
                let (host, app) = (name(by.hostname.clone()), name(by.app_name.clone()));
                format!("{number} {host}/{app}{at} {}", lossy(&bytes))
            }
            Item::Bad { number, reason, why, .. } => {
                assert!(!why.is_empty());
                format!("{number}! {}", reason.name())
            }
        });
    })?;
    Ok(shown)
}

#[track_caller]
pub(super) fn check(layout: Layout, body: impl AsRef<[u8]>, expect: &[&str]) {
    let body = body.as_ref();
    let shown = show(layout, body).unwrap_or_else(|why| panic!("{why}: {}", lossy(body)));
    assert_eq!(shown, expect, "{}", lossy(body));
}

proptest! {
    #[test]
    fn what_is_written_as_protobuf_reads_as_it_was(value: u64, bytes: Vec<u8>, at in 1u64..1 << 29) {
        use super::protobuf::{Value, fields};
        let message = [number(at, value), field(at, &bytes)].concat();
        let read: Result<Vec<_>, _> = fields(&message).collect();
        prop_assert_eq!(read, Ok(vec![(at, Value::Varint(value)), (at, Value::Bytes(&bytes))]));
    }
}

#[test]
fn messages_are_written_as_the_documentation_has_them() {
    // protobuf.dev, "Encoding": 150 in field 1, and "testing" in field 2.
    assert_eq!(number(1, 150), [0x08, 0x96, 0x01]);
    assert_eq!(field(2, "testing"), b"\x12\x07testing");
}

/// A stream of Loki's, with its lines a second after each other.
fn stream(labels: &str, lines: &[&str]) -> Vec<u8> {
    let mut entries = Vec::new();
    for (line, second) in lines.iter().zip(1_795_341_600..) {
        let stamp = [number(1, second), number(2, 250_000_000)].concat();
        let meta = field(3, [field(1, "trace"), field(2, "x")].concat());
        entries.extend(field(2, [field(1, stamp), field(2, line), meta].concat()));
    }
    field(1, [field(1, labels), entries, number(3, 7)].concat())
}

#[test]
fn a_push_of_loki_is_lines_under_their_labels() {
    let json = r#"{"streams":[
        {"stream":{"job":"nginx","host":"web-1","filename":"/var/log/nginx/access.log"},
         "values":[["1795341600250000000","one"],["1795341601250000000","t\"wo\n",{"trace":"x"}]]},
        {"values":[[1795341602250000000,"three"],["now","four"]],"stream":{"instance":"web-2:9100"}},
        {"stream":{},"values":null},{"values":[["1"," \n"],["1"],["1",7],[]]}],"more":{"a":[1]}}"#;
    let lines = [
        "1 web-1/nginx @1795341600250 one",
        "2 web-1/nginx @1795341601250 t\"wo",
        "3 web-2:9100/- @1795341602250 three",
        "4 web-2:9100/- four",
        "6! json",
        "7! json",
        "8! json",
    ];
    check(Layout::LokiJson, json, &lines);
    check(Layout::LokiJson, "{}", &[]);
    check(Layout::LokiJson, r#"{"streams":null}"#, &[]);

    let first = stream(r#"{job="nginx", host="web-1"}"#, &["one", "t\"wo\n"]);
    // Labels behind the lines, and fields that nobody knows.
    let late = [field(2, field(2, "three")), field(1, r#"{ instance = "web-\"2\"" }"#)].concat();
    let unknown = [vec![0x51, 1, 2, 3, 4, 5, 6, 7, 8], vec![0x55, 1, 2, 3, 4]].concat();
    let body = [first, unknown, field(1, late)].concat();
    let lines = [
        "1 web-1/nginx @1795341600250 one",
        "2 web-1/nginx @1795341601250 t\"wo",
        "3 web-\"2\"/- three",
    ];
    check(Layout::LokiProtobuf, body, &lines);
    check(Layout::LokiProtobuf, "", &[]);
}

#[test]
fn labels_are_read_as_far_as_they_are_labels() {
    for (labels, name) in [
        (r#"{service_name="shop",job="web",app="x"}"#, "-/web"),
        (r#"{node="n", host="", hostname="h"}"#, "h/-"),
        (r#"{"job"="quoted"}"#, "-/quoted"),
        (r#"{job="a\\b\nc"}"#, "-/a\\b\nc"),
        (r#"{job="\x41", host="h"}"#, "h/-"),
        (r#"{job="never closed"#, "-/-"),
        (r#"{job=bare, host="h"}"#, "-/-"),
        ("", "-/-"),
        ("{}", "-/-"),
    ] {
        let body = stream(labels, &["x"]);
        check(Layout::LokiProtobuf, body, &[&format!("1 {name} @1795341600250 x")]);
    }
    let long = "h".repeat(MAX_NAME + 1);
    let body = stream(&format!(r#"{{host="{long}",hostname="short"}}"#), &["x"]);
    check(Layout::LokiProtobuf, body, &["1 short/- @1795341600250 x"]);
}

#[test]
fn documents_of_a_bulk_are_objects_and_other_actions_do_nothing() {
    let body = concat!(
        r#"{"create":{"_index":"x","_id":"1"}}"#,
        "\n",
        r#"{"@timestamp":"2026-11-22T10:00:00Z","message":"one"}"#,
        "\r\n\n",
        r#" { "index" : {} } "#,
        "\n",
        r#"{"log":"two"}"#,
        "\n",
        r#"{"delete":{"_id":"1"}}"#,
        "\n",
        r#"{"update":{"_id":"1"}}"#,
        "\n",
        r#"{"doc":{}}"#,
        "\n",
        r#"{"index":{}}"#,
        "\nno object\n",
        r#"{"index":{}}"#,
        "\n{\"a\":\n",
        r#"{"index":{}}"#,
        "\n{\"a\":1}{\"b\":2}\n",
        r#"{"index":{}}"#,
        "\n{\"a\":1}",
    );
    let lines = [
        r#"1 -/- {"@timestamp":"2026-11-22T10:00:00Z","message":"one"}"#,
        r#"2 -/- {"log":"two"}"#,
        "3! json",
        "4! json",
        "5! json",
        "6! json",
        "7! json",
        r#"8 -/- {"a":1}"#,
    ];
    check(Layout::Bulk, body, &lines);
    check(Layout::Bulk, "{\"index\":{}}\n", &["1! json"]);
    let long = format!("{{\"index\":{{}}}}\n{{\"a\":\"{}\"}}\n", "x".repeat(200));
    check(Layout::Bulk, long, &["1! oversize"]);
    for broken in [
        "",
        "\n\n",
        "{}\n{}\n",
        "{\"a\":1}\n",
        "index\n{}\n",
        "{\"index\":{}\n{}\n",
        "[]",
        "{\"index",
    ] {
        assert!(show(Layout::Bulk, broken.as_bytes()).is_err(), "{broken:?}");
    }
}

#[test]
fn documents_of_a_bulk_are_of_the_pod_or_host_that_they_name() {
    for (document, name) in [
        // Filebeat, on a machine and in a cluster; a module of it.
        (
            r#"{"host":{"name":"web-1"},"agent":{"name":"x"},"log":{"file":{"path":"/a"}}}"#,
            "web-1/-",
        ),
        (
            r#"{"kubernetes":{"pod":{"name":"p","uid":"u"},"container":{"name":"c"}},"host":{"name":"n"}}"#,
            "p/c",
        ),
        (
            r#"{"agent":{"hostname":"web-1","type":"filebeat"},"event":{"module":"nginx"}}"#,
            "web-1/nginx",
        ),
        (r#"{"agent":{"name":"web-1"},"container":{"name":"shop"}}"#, "web-1/shop"),
        // Logstash; ECS written with points.
        (r#"{"host":{"hostname":"web-1"},"@version":"1"}"#, "web-1/-"),
        (r#"{"host.name":"web-1","service.name":"shop"}"#, "web-1/shop"),
        (r#"{"host":{"os.name":"x","name":"web-1"}}"#, "web-1/-"),
        // Fluent Bit, fluentd and Vector.
        (
            r#"{"kubernetes":{"host":"n","pod_name":"p","container_name":"c","labels":{"name":"x"}}}"#,
            "p/c",
        ),
        // OpenTelemetry's exporter.
        (
            r#"{"resource":{"attributes":{"host.name":"web-1","service.name":"shop"}}}"#,
            "web-1/shop",
        ),
        // rsyslog.
        (r#"{"host":"h","hostname":"web-1","programname":"nginx"}"#, "web-1/nginx"),
        // A site, other kinds of values, and what is no JSON to its end.
        (r#"{"host":"shop.example"}"#, "-/-"),
        (r#"{"host":{"name":7},"kubernetes":[],"agent":null,"container":{}}"#, "-/-"),
        (r#"{"host":{"name":""},"agent":{"name":"web-1"}}"#, "web-1/-"),
        (r#"{"a":"\x22","host":{"name":"web-1"}}"#, "-/-"),
    ] {
        let body = format!("{{\"index\":{{}}}}\n{document}\n");
        check(Layout::Bulk, body, &[&format!("1 {name} {document}")]);
    }
    let long = "h".repeat(MAX_NAME + 1);
    let document = format!(r#"{{"host":{{"name":"{long}","hostname":"h"}}}}"#);
    let limits = Limits { max_line: 1_000, ..LIMITS };
    let body = format!("{{\"index\":{{}}}}\n{document}\n");
    let mut hosts = Vec::new();
    let read = Layout::Bulk.read(body.as_bytes(), &limits, &mut |item| {
        let Item::Line { told, .. } = item else { panic!("a line") };
        hosts.extend(told.by.and_then(|by| by.hostname.as_deref().map(str::to_owned)));
    });
    assert_eq!((read, hosts), (Ok(()), vec!["h".to_owned()]));
}

#[test]
fn a_pod_is_the_host_of_its_lines() {
    let labels =
        r#"{namespace="shop", pod="web-0", container="nginx", node_name="n", instance="web"}"#;
    check(Layout::LokiProtobuf, stream(labels, &["x"]), &["1 web-0/nginx @1795341600250 x"]);
    // Docker's driver.
    let labels =
        r#"{host="h", compose_project="p", compose_service="web", container_name="p-web-1"}"#;
    check(Layout::LokiProtobuf, stream(labels, &["x"]), &["1 h/web @1795341600250 x"]);
    let resource = |attributes: &str| {
        format!(
            r#"{{"resourceLogs":[{{"resource":{{"attributes":[{attributes}]}},"scopeLogs":[{{"logRecords":[{{"body":{{"stringValue":"x"}}}}]}}]}}]}}"#
        )
    };
    let attribute =
        |name, value| format!(r#"{{"key":"{name}","value":{{"stringValue":"{value}"}}}}"#);
    let node = attribute("host.name", "n");
    let pod = [
        node.clone(),
        attribute("k8s.container.name", "nginx"),
        attribute("k8s.pod.name", "web-0"),
    ];
    check(Layout::OtlpJson, resource(&node), &["1 n/- x"]);
    check(Layout::OtlpJson, resource(&pod.join(",")), &["1 web-0/nginx x"]);
    let body = r#"{"event":"x","host":"n","fields":{"k8s.pod.name":"web-0","k8s.container.name":"nginx"}}
        {"event":"x","host":"n","fields":{"pod":"web-0","container_name":"nginx"}}{"event":"x","host":"n","fields":7}"#;
    check(Layout::Splunk, body, &["1 web-0/nginx x", "2 web-0/nginx x", "3 n/- x"]);
}

#[test]
fn times_of_splunk_are_told_apart_by_their_size() {
    for (time, ms) in [
        ("1795341600", "@1795341600000 "),
        ("1795341600.25", "@1795341600250 "),
        ("\" 1795341600.25 \"", "@1795341600250 "),
        ("1795341600250", "@1795341600250 "),
        ("\"1795341600250\"", "@1795341600250 "),
        ("1795341600250.5", "@1795341600251 "),
        ("1795341600250000", "@1795341600250 "),
        ("1795341600250000000", "@1795341600250 "),
        ("1.7953416e9", "@1795341600000 "),
        ("0", ""),
        ("-1", ""),
        ("1e20", ""),
        ("\"NaN\"", ""),
        ("\"inf\"", ""),
        ("true", ""),
        ("\"soon\"", ""),
    ] {
        let body = format!(r#"{{"event":"x","time":{time}}}"#);
        check(Layout::Splunk, body, &[&format!("1 -/- {ms}x")]);
    }
}

#[test]
fn events_of_splunk_are_texts_and_objects() {
    let body = r#"{"time":1795341600.25,"host":"web-1","source":"/var/log/x","event":"one\n"}{"event":"two","time":"1795341601"}
        {"host":"web-2","event":{"status":200,"uri":"/a"}} [{"event":{"line":"three","source":"stdout","tag":"x"}},{"event":" "}]
        {"host":"web-1"} {"event":7} plain {"event":null,"time":"soon"}"#;
    let lines = [
        "1 web-1/- @1795341600250 one",
        "2 -/- @1795341601000 two",
        r#"3 web-2/- {"status":200,"uri":"/a"}"#,
        "4 -/- three",
        "5! json",
        "6! json",
        "7! json",
        "8! json",
    ];
    check(Layout::Splunk, body, &lines);
    check(Layout::Splunk, "", &[]);
    let long = format!("{{\"event\":\"{}\"}}{{\"event\":\"x\"}}", "x".repeat(201));
    check(Layout::Splunk, long, &["1! oversize", "2 -/- x"]);
    check(Layout::Splunk, "{\"event\":\"x\"", &["1! json"]);
    check(Layout::Splunk, b"{\"event\":\"\xff\"}", &["1! json"]);
}

#[test]
fn entries_of_datadog_are_their_messages() {
    let body = r#"[{"message":"one","hostname":"web-1","service":"shop","ddsource":"nginx","timestamp":1795341600250},
        {"status":200,"uri":"/a","hostname":"web-2"},"three",{},{"message":{"a":1}},7]"#;
    let lines = [
        "1 web-1/shop @1795341600250 one",
        r#"2 web-2/- {"status":200,"uri":"/a","hostname":"web-2"}"#,
        "3 -/- three",
        r#"4 -/- {"message":{"a":1}}"#,
        "5! json",
    ];
    check(Layout::Datadog, body, &lines);
    check(Layout::Datadog, "{}", &[]);
    check(Layout::Datadog, "", &[]);
}

#[test]
fn records_of_opentelemetry_are_their_bodies_or_requests() {
    let json = r#"{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}},
        {"key":"host.name","value":{"stringValue":"web-1"}},{"key":"x","value":{"intValue":"1"}}]},
        "scopeLogs":[{"scope":{},"logRecords":[
        {"timeUnixNano":"1795341600250000000","body":{"stringValue":"one"},"severityText":"INFO",
         "attributes":[{"key":"log.file.name","value":{"stringValue":"access.log"}}]},
        {"timeUnixNano":"0","observedTimeUnixNano":1795341601250000000,"body":{"stringValue":"GET /a"},
         "attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.path","value":{"stringValue":"/a"}},
          {"key":"http.response.status_code","value":{"intValue":"200"}},{"key":"f","value":{"doubleValue":0.5}},
          {"key":"b","value":{"boolValue":true}},{"key":"nan","value":{"doubleValue":"NaN"}}]},
        {"body":{"kvlistValue":{"values":[{"key":"status","value":{"intValue":404}},
          {"key":"l","value":{"arrayValue":{"values":[{"stringValue":"x\""},{}]}}}]}}},
        {},{"body":{"stringValue":""}}]}]},{"scopeLogs":null}]}"#;
    let lines = [
        "1 web-1/shop @1795341600250 one",
        r#"2 web-1/shop @1795341601250 {"message":"GET /a","http.request.method":"GET","url.path":"/a","http.response.status_code":200,"f":0.5,"b":true}"#,
        r#"3 web-1/shop {"status":404,"l":["x\"",null]}"#,
        "4! json",
    ];
    check(Layout::OtlpJson, json, &lines);
    check(Layout::OtlpJson, "{}", &[]);

    let text = |text: &str| field(1, text);
    let pair = |key: &str, value: Vec<u8>| [field(1, key), field(2, value)].concat();
    let fixed = |number: u64, value: u64| {
        [vec![(number << 3 | 1) as u8], value.to_le_bytes().to_vec()].concat()
    };
    let resource = [
        field(1, pair("service.name", text("shop"))),
        field(1, pair("host.name", text("web-1"))),
        field(1, pair("x", number(3, 1))),
    ]
    .concat();
    let records = [
        [
            fixed(1, 1_795_341_600_250_000_000),
            field(5, text("one")),
            field(3, "INFO"),
            field(6, pair("log.file.name", text("access.log"))),
        ]
        .concat(),
        [
            fixed(11, 1_795_341_601_250_000_000),
            field(5, text("GET /a")),
            field(6, pair("http.request.method", text("GET"))),
            field(6, pair("url.path", text("/a"))),
            field(6, pair("http.response.status_code", number(3, 200))),
            field(6, pair("f", fixed(4, 0.5f64.to_bits()))),
            field(6, pair("b", number(2, 1))),
            field(6, pair("nan", fixed(4, f64::NAN.to_bits()))),
        ]
        .concat(),
        field(
            5,
            field(
                6,
                [
                    field(1, pair("status", number(3, 404))),
                    field(1, pair("l", field(5, [field(1, text("x\"")), field(1, "")].concat()))),
                ]
                .concat(),
            ),
        ),
        vec![],
        field(5, text("")),
    ];
    let records: Vec<u8> = records.iter().flat_map(|record| field(2, record)).collect();
    // What the lines are of may stand behind them.
    let body = field(1, [field(2, records), field(1, resource)].concat());
    check(Layout::OtlpProtobuf, &body, &lines);
    check(Layout::OtlpProtobuf, "", &[]);
    for end in 1..body.len() {
        assert!(show(Layout::OtlpProtobuf, &body[..end]).is_err(), "{end}");
    }
    for broken in [
        "",
        "[]",
        "{",
        r#"{"resourceLogs":7}"#,
        r#"{"resourceLogs":[7]}"#,
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[7]}]}]}"#,
        r#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"intValue":"x"}}]}]}]}"#,
    ] {
        assert!(show(Layout::OtlpJson, broken.as_bytes()).is_err(), "{broken}");
    }
}

#[test]
fn values_of_opentelemetry_lie_as_deep_as_is_read() {
    let mut value = field(1, "x");
    for _ in 0..100 {
        value = field(5, field(1, value));
    }
    let body = field(1, field(2, field(2, field(5, value))));
    check(Layout::OtlpProtobuf, body, &[r#"1 -/- {"message":[[[[[[[[null]]]]]]]]}"#]);
    let large = field(1, field(2, field(2, field(5, field(5, field(1, "").repeat(1_000))))));
    check(Layout::OtlpProtobuf, large, &["1! oversize"]);
}

#[test]
fn a_line_beyond_the_limit_costs_itself_only() {
    let long = "x".repeat(201);
    check(
        Layout::LokiProtobuf,
        field(1, [field(2, field(2, &long)), field(2, field(2, "y"))].concat()),
        &["1! oversize", "2 -/- y"],
    );
    let fits = format!("{}\n", "x".repeat(200));
    let body = serde_json::json!({"streams": [{"values": [["1", fits], ["1", long]]}]});
    check(
        Layout::LokiJson,
        body.to_string(),
        &[&format!("1 -/- @0 {}", fits.trim()), "2! oversize"],
    );
}

#[test]
fn a_body_that_is_cut_short_is_no_body() {
    let whole = stream(r#"{job="nginx"}"#, &["one", "two"]);
    for end in 1..whole.len() {
        assert!(show(Layout::LokiProtobuf, &whole[..end]).is_err(), "{end}");
    }
    for broken in [
        "\x0b\x0c",           // a group
        "\x02\x00",           // a field without a number
        "\x08",               // a number that is not there
        "\x08\u{7f}\x0a\x7f", // longer than the body
        "\x0a\x01\x0a",       // a stream that is none
    ] {
        assert!(show(Layout::LokiProtobuf, broken.as_bytes()).is_err(), "{broken:?}");
    }
    // Eleven bytes of a number, and ten with more bits than there are.
    for tail in [[0x80u8, 0x80, 0x00], [0x80, 0x02, 0x00]] {
        let body = [&[0x08][..], &[0x80; 8], &tail].concat();
        assert!(show(Layout::LokiProtobuf, &body).is_err(), "{body:x?}");
    }
    for broken in [
        "",
        "[]",
        "{",
        "7",
        r#"{"streams":{}}"#,
        r#"{"streams":[7]}"#,
        "{}{}",
        r#"{"streams":[{"values":{}}]}"#,
        r#"{"streams":[{"stream":[],"values":[]}]}"#,
        r#"{"streams":[{"values":[["1","a"],7]}]}"#,
    ] {
        assert!(show(Layout::LokiJson, broken.as_bytes()).is_err(), "{broken}");
    }
}

#[test]
fn a_body_of_something_else_is_told_what_it_lacks() {
    let metric = field(1, [field(1, ""), field(2, field(2, field(1, "requests")))].concat());
    let sample = field(2, [vec![0x09; 9], number(2, 1)].concat());
    let remote_write = field(1, [field(1, field(1, "__name__")), sample].concat());
    for (layout, body, word) in [
        (Layout::LokiJson, br#"{"strems":[]}"#.to_vec(), "`streams`"),
        (Layout::LokiJson, br#"{"x":1,"Streams":[]}"#.to_vec(), "`streams`"),
        // As Loki's first push had it.
        (
            Layout::LokiJson,
            br#"{"streams":[{"labels":"{job=\"x\"}","entries":[{"ts":"1","line":"x"}]}]}"#.to_vec(),
            "`values`",
        ),
        (Layout::OtlpJson, br#"{"resourceSpans":[{"scopeSpans":[]}]}"#.to_vec(), "`resourceLogs`"),
        (Layout::OtlpJson, br#"{"resource_logs":[]}"#.to_vec(), "`resourceLogs`"),
        (Layout::LokiProtobuf, number(1, 7), "`streams`"),
        (Layout::LokiProtobuf, field(3, "x"), "`streams`"),
        (Layout::LokiProtobuf, remote_write, "`line`"),
        (Layout::OtlpProtobuf, number(1, 7), "`resource_logs`"),
        (Layout::OtlpProtobuf, field(2, "x"), "`resource_logs`"),
        (Layout::OtlpProtobuf, metric, "`time_unix_nano`"),
    ] {
        let told = show(layout, &body).map_err(|Broken(why)| why.into_owned());
        let why = told.expect_err(&lossy(&body));
        assert!(why.contains(word), "{why}: {}", lossy(&body));
    }
    // Collectors ask with these whether they are heard.
    for (layout, body) in [
        (Layout::LokiJson, "{}"),
        (Layout::LokiJson, r#"{"streams":[]}"#),
        (Layout::LokiJson, r#"{"streams":[{"stream":{"job":"x"}}],"more":1}"#),
        (Layout::OtlpJson, "{}"),
        (Layout::OtlpJson, r#"{"resourceLogs":[]}"#),
        (Layout::OtlpJson, r#"{"resourceLogs":[{"resource":{"droppedAttributesCount":1}}]}"#),
        (Layout::LokiProtobuf, ""),
        (Layout::OtlpProtobuf, ""),
    ] {
        check(layout, body, &[]);
    }
}

#[test]
fn depth_and_length_have_limits() {
    let deep = format!(r#"{{"streams":[],"x":{}1{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
    // What nobody asks for is passed by without going into it.
    check(Layout::LokiJson, deep, &[]);
    let deep = format!(r#"{{"streams":[{{"values":[["1",{}]]}}]}}"#, "[".repeat(100_000));
    assert!(show(Layout::LokiJson, deep.as_bytes()).is_err());
}

/// Bodies of some hundred thousand entries, each of the fewest bytes.
fn crowded() -> Vec<(Layout, Vec<u8>, usize)> {
    const MANY: usize = 300_000;
    let values = format!(r#"{{"streams":[{{"values":[{}[]]}}]}}"#, "[],".repeat(MANY - 1));
    let streams = format!(r#"{{"streams":[{}{{}}]}}"#, "{},".repeat(MANY));
    let records = format!(
        r#"{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{}{{}}]}}]}}]}}"#,
        "{},".repeat(MANY - 1)
    );
    let list = field(5, field(1, "").repeat(MANY));
    let labels = format!("{{{}", "a=\"\",".repeat(MANY));
    vec![
        (Layout::LokiJson, values.into_bytes(), MANY),
        (Layout::LokiJson, streams.into_bytes(), 0),
        (Layout::LokiProtobuf, field(1, field(2, field(2, "x")).repeat(MANY)), MANY),
        (Layout::LokiProtobuf, field(1, "").repeat(MANY), 0),
        (Layout::LokiProtobuf, field(1, field(1, labels)), 0),
        (Layout::LokiProtobuf, field(1, field(1, "{a=\"b\\\"".repeat(MANY))), 0),
        (Layout::Bulk, "{\"index\":{}}\n{}\n".repeat(MANY).into_bytes(), MANY),
        (Layout::Bulk, "{\"index\":{}}\n{{\n".repeat(MANY).into_bytes(), MANY),
        (Layout::Splunk, "{\"event\":\"x\"}".repeat(MANY).into_bytes(), MANY),
        (Layout::Splunk, "{\"event\":".repeat(MANY).into_bytes(), 1),
        (Layout::Datadog, "{\"message\":\"x\"}".repeat(MANY).into_bytes(), MANY),
        (Layout::OtlpProtobuf, field(1, field(2, field(2, field(5, "")).repeat(MANY))), MANY),
        (Layout::OtlpProtobuf, field(1, field(1, field(1, "")).repeat(MANY)), 0),
        (Layout::OtlpProtobuf, field(1, field(1, field(1, field(2, list)))), 0),
        (Layout::OtlpJson, records.into_bytes(), MANY),
    ]
}

#[test]
fn crowded_bodies_are_read_in_linear_time() {
    for (layout, body, expected) in crowded() {
        let mut items = 0;
        layout.read(&body, &LIMITS, &mut |_| items += 1).expect("a body");
        assert_eq!(items, expected, "{layout:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_lines_with_rising_numbers(
        layout in prop::sample::select(Layout::ALL.to_vec()),
        body in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..80),
            prop::collection::vec(0u8..24, 0..80),
            r#"([\[\]{}",:\\\n 01ax]|"streams":|"values":|"stream":|"1"|"event":|"message":|[{]"index":[{]}}\n|"resourceLogs":|"scopeLogs":|"logRecords":|"body":|[{]"stringValue":"x"}){0,40}"#.prop_map(String::into_bytes),
        ],
    ) {
        let mut last = 0;
        let _ = layout.read(&body, &LIMITS, &mut |item| {
            let number = match item {
                Item::Line { number, bytes, .. } => {
                    // What is no UTF-8 in an object becomes U+FFFD, three bytes for one.
                    assert!(bytes.len() <= 3 * LIMITS.max_line);
                    number
                }
                Item::Bad { number, .. } => number,
            };
            assert!(number > last, "{number} behind {last}");
            last = number;
        });
        prop_assert!(last <= body.len() as u64 + 1, "more items than bytes");
    }

    #[test]
    fn both_ways_to_write_a_push_say_the_same(
        streams in prop::collection::vec(("[a-z]{0,3}", prop::collection::vec("[a-z\"\\\\\n é]{1,9}", 0..4)), 0..4),
    ) {
        let mut protobuf = Vec::new();
        let mut json = Vec::new();
        for (name, lines) in &streams {
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            protobuf.extend(stream(&format!(r#"{{job="{name}",host="h"}}"#), &lines));
            let values: Vec<_> = lines.iter().zip(1_795_341_600u64..)
                .map(|(line, second)| serde_json::json!([(second * 1_000_000_000 + 250_000_000).to_string(), line]))
                .collect();
            json.push(serde_json::json!({"values": values, "stream": {"host": "h", "job": name}}));
        }
        let json = serde_json::json!({ "streams": json }).to_string();
        prop_assert_eq!(show(Layout::LokiProtobuf, &protobuf), show(Layout::LokiJson, json.as_bytes()));
    }
}

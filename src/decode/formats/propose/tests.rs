//! What is proposed for formats that nobody told Tapline of.

use proptest::prelude::*;

use super::*;

/// Each format with its values filled in for a few clients.
fn lines(of: impl Fn(usize) -> String) -> Vec<String> {
    (0..8).map(of).collect()
}

const METHODS: [&str; 3] = ["GET", "POST", "HEAD"];
const PATHS: [&str; 4] = ["/", "/cart?id=7", "/static/app.js", "/api/v2/items"];
const AGENTS: [&str; 3] =
    ["Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0", "curl/8.11.0", "Go-http-client/2.0"];
const STATUS: [u16; 4] = [200, 404, 301, 502];

fn one(lines: &[String]) -> Said {
    let texts: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut groups = propose(&texts);
    assert_eq!(groups.len(), 1, "{groups:?}");
    groups.remove(0).said
}

#[test]
fn a_format_of_ones_own_is_proposed_in_nginxs_words() {
    let cases: [(&str, Vec<String>); 9] = [
        (
            r#"$timestamp $remote_addr $request_method $host$request_uri $status ${request_time}s $upstream_addr"#,
            lines(|i| {
                let upstream = if i == 2 { "-" } else { "198.51.100.4:8080, 198.51.100.5:8080" };
                format!(
                    "2026-11-22 10:00:0{i},123 192.0.2.{i} {} www.example.org{} {} 0.{i}00s {}",
                    METHODS[i % 3],
                    PATHS[i % 4],
                    STATUS[i % 4],
                    if i == 4 { upstream } else { "198.51.100.4:8080" }
                )
            }),
        ),
        (
            r#"web $remote_addr:$remote_port [$time_local] "$request" $status ua="$upstream_addr" cs=$upstream_cache_status $skip1"#,
            lines(|i| {
                format!(
                    r#"web 2001:db8::{i}:5100{i} [22/Nov/2026:10:00:0{i} +0000] "{} {} HTTP/1.1" {} ua="198.51.100.4:8080" cs={} 5f3a{i}"#,
                    METHODS[i % 3],
                    PATHS[i % 4],
                    STATUS[i % 4],
                    ["HIT", "-"][i % 2]
                )
            }),
        ),
        (
            r#"$remote_addr - $remote_user [$time_local] $host "$request" $status $body_bytes_sent $request_time $upstream_response_time "$http_user_agent""#,
            lines(|i| {
                format!(
                    r#"192.0.2.{i} - {} [22/Nov/2026:10:00:0{i} +0000] shop.example.org "{} {} HTTP/1.1" {} {} 0.1{i} 0.0{i} "{}""#,
                    if i % 2 == 0 { "-" } else { "alice" },
                    METHODS[i % 3],
                    PATHS[i % 4],
                    STATUS[i % 4],
                    i * 700,
                    AGENTS[i % 3]
                )
            }),
        ),
        (
            "$time_iso8601\t$remote_addr\t$request_method\t$request_uri\t$status\t$body_bytes_sent\t$request_time\t$http_user_agent",
            lines(|i| {
                format!(
                    "2026-11-22T10:00:0{i}+00:00\t192.0.2.{i}\t{}\t{}\t{}\t{}\t0.00{i}\t{}",
                    METHODS[i % 3],
                    PATHS[i % 4],
                    STATUS[i % 4],
                    i * 700,
                    AGENTS[i % 3]
                )
            }),
        ),
        (
            "$msec|$status|$remote_addr|$host|$request|$upstream_cache_status|$upstream_addr",
            lines(|i| {
                format!(
                    "1795341600.12{i}|{}|2001:db8::{i}|www.example.org|{} {} HTTP/2.0|{}|198.51.100.4:8080",
                    STATUS[i % 4],
                    METHODS[i % 3],
                    PATHS[i % 4],
                    ["HIT", "MISS"][i % 2]
                )
            }),
        ),
        (
            r#"client=$remote_addr rt=$request_time urt="$upstream_response_time" req="$request" code=$status in=$skip1"#,
            lines(|i| {
                format!(
                    r#"client=192.0.2.{i} rt=0.{i}00 urt="0.00{i}" req="{} {} HTTP/1.1" code={} in={i}"#,
                    METHODS[i % 3],
                    PATHS[i % 4],
                    STATUS[i % 4]
                )
            }),
        ),
        (
            r#"edge $remote_addr <$time_local> ($request) $status ${duration_ms}ms "$http_referer" "$http_user_agent""#,
            lines(|i| {
                format!(
                    r#"edge 192.0.2.{i} <22/Nov/2026:10:00:0{i} +0000> ({} {} HTTP/1.1) {} {}ms "{}" "{}""#,
                    METHODS[i % 3],
                    PATHS[i % 4],
                    STATUS[i % 4],
                    i * 3,
                    if i == 0 { "-" } else { "https://example.org/" },
                    AGENTS[i % 3]
                )
            }),
        ),
        (
            r#"$remote_addr:$remote_port "$request" $status"#,
            lines(|i| {
                format!(
                    r#"192.0.2.{i}:5100{i} "{} {} HTTP/1.1" {}"#,
                    METHODS[i % 3],
                    PATHS[i % 4],
                    STATUS[i % 4]
                )
            }),
        ),
        (
            "$timestamp;$remote_addr;$request_method;$request_uri;$server_protocol;$status;$body_bytes_sent",
            lines(|i| {
                format!(
                    "2026-11-22 10:00:0{i};192.0.2.{i};{};{};HTTP/1.1;{};{}",
                    METHODS[i % 3],
                    PATHS[i % 4],
                    STATUS[i % 4],
                    i * 999
                )
            }),
        ),
    ];
    for (template, lines) in cases {
        match one(&lines) {
            Said::Template(proposal) => {
                assert_eq!(proposal.template, template);
                assert_eq!((proposal.reads, proposal.of), (8, 8), "{template}");
                // What it reads is what the line says.
                let options = Options::default();
                let compiled = template::trial(None, &proposal.template, &options).expect("good");
                let event = compiled.explain(&lines[3]).expect("it reads the sample");
                assert_eq!(event.status, Some(STATUS[3]), "{template}");
                assert_eq!(event.method.as_deref(), Some(METHODS[0]), "{template}");
                assert_eq!(event.path.as_deref(), Some(PATHS[3]), "{template}");
                let client = event.remote_ip.expect("a client");
                assert!(client == "192.0.2.3" || client == "2001:db8::3", "{template}: {client}");
                let timed = proposal
                    .columns
                    .iter()
                    .any(|(name, _)| name.starts_with("time") || name == "msec");
                assert_eq!(event.stamp.is_some(), timed, "{template}");
            }
            said => panic!("{template}: {said:?}"),
        }
    }
}

#[test]
fn a_programs_messages_are_given_none() {
    for (said, lines) in [
        (
            Said::Messages,
            &[
                "worker 12 started",
                "listening on 192.0.2.7:8080",
                "cache warmed in 0.123 s",
                "GET /x failed with 500",
            ][..],
        ),
        (
            Said::Messages,
            &["[2026-11-22 10:00:00] INFO queue: 200 jobs waiting", "wrote /var/x in 200 ms"],
        ),
        (Said::Json, &[r#"{"level":"info","msg":"up"}"#, r#"{"a":1}"#]),
        (Said::NoStatus, &["192.0.2.7 \"GET / HTTP/1.1\" ok", "192.0.2.8 \"POST /a HTTP/1.1\" ok"]),
        (Said::Messages, &[""]),
    ] {
        let groups = propose(lines);
        assert_eq!(groups.len(), 1, "{groups:?}");
        assert_eq!(groups[0].said, said, "{lines:?}");
        assert_eq!(groups[0].lines.len(), lines.len());
    }
    assert_eq!(propose(&[]), []);
}

#[test]
fn two_formats_in_one_source_are_two_proposals() {
    let mut samples: Vec<String> = (0..6)
        .map(|i| format!("192.0.2.{i} \"GET /{i} HTTP/1.1\" 200 0.00{i}"))
        .chain((0..4).map(|i| format!("POST|/{i}|50{i}|198.51.100.{i}")))
        .collect();
    samples.push("out of memory".into());
    let texts: Vec<&str> = samples.iter().map(String::as_str).collect();
    let groups = propose(&texts);
    let said: Vec<(usize, &str)> =
        groups.iter().map(|group| (group.lines.len(), group.said.name())).collect();
    assert_eq!(said, [(6, "template"), (4, "template"), (1, "messages")]);
}

#[test]
fn a_template_stands_in_the_configuration_as_it_is() {
    let proposal = |template: &str| Proposal {
        template: template.into(),
        columns: Vec::new(),
        reads: 1,
        of: 1,
    };
    assert_eq!(proposal("$a \"$b\"").toml("shop"), "[formats]\nshop = '$a \"$b\"'\n");
    assert_eq!(proposal("'$a'\\").toml("my shop"), "[formats]\n'my shop' = \"'$a'\\\\\"\n");
}

proptest! {
    /// Any lines at all, and lines made of what columns are made of.
    #[test]
    fn any_samples_are_said_something_of(
        samples in prop::collection::vec(
            prop_oneof![
                ".{0,80}",
                prop::collection::vec(
                    prop::sample::select(vec![
                        "GET / HTTP/1.1", "\"GET /a\"", "200", "0.1", "192.0.2.7", "[", "]", "\"", "\\", "=",
                        "rt=", "-", "|", "\t", " ", ";", ",", "$", "ms", "12ms", "HTTP/1.1", "GET", "/", "é",
                    ]),
                    0..30,
                ).prop_map(|parts| parts.join(" ")),
            ],
            0..25,
        ),
    ) {
        let texts: Vec<&str> = samples.iter().map(String::as_str).collect();
        let groups = propose(&texts);
        let mut told: Vec<usize> = groups.iter().flat_map(|group| group.lines.clone()).collect();
        told.sort_unstable();
        prop_assert_eq!(told, (0..texts.len().min(MAX_SAMPLES)).collect::<Vec<_>>());
        for group in &groups {
            if let Said::Template(proposal) = &group.said {
                prop_assert!(proposal.reads * 100 >= proposal.of * ENOUGH);
            }
        }
    }
}

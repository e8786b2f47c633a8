//! Error templates through the shipped program: `tapline templates`, and the list of a server.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::process::Output;

use serde_json::Value;
use tempfile::TempDir;

use common::command::{command, fed};
use common::http::Client;
use common::tapline::Tapline;
use common::until;

fn templates(arguments: &[&str], input: &[u8]) -> Output {
    fed(command(&["templates"]).args(arguments), input)
}

fn rows(output: &Output) -> Vec<(String, String)> {
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    let row = |line: &str| line.split_once('\t').map(|(id, text)| (id.into(), text.into()));
    text.lines().map(|line| row(line).expect("an id and a template")).collect()
}

#[test]
fn each_line_has_the_template_that_stands_behind_the_last() {
    let names = ["ann", "bob", "cleo", "dan", "eve", "fay", "guy", "hal", "ida"];
    let mut input: String = names.map(|name| format!("no such user {name} here\n")).concat();
    input.push_str("open() \"/srv/a\" failed (2: No such file or directory)\r\n");
    let found = rows(&templates(&[], input.as_bytes()));
    assert_eq!(found.len(), 10);
    assert!(found[..9].iter().all(|row| *row == ("1".into(), "no such user <*> here".into())));
    assert_eq!(found[9].1, "open() \"<*>\" failed (<*>: No such file or directory)");
    assert_ne!(found[9].0, "1");
}

#[test]
fn whatever_a_line_holds_it_is_one_row_that_no_terminal_obeys() {
    let long = "x".repeat(1 << 20);
    let input = [
        b"a\tb\x1b[31m\x00c\x07\n".to_vec(),
        b"\n".to_vec(),
        b"\xff\xfe bytes\n".to_vec(),
        "line\u{2028}end\u{85}\n".into(),
        format!("{long}\n").into_bytes(),
        b"the last without an end".to_vec(),
    ];
    let found = rows(&templates(&["-"], &input.concat()));
    assert_eq!(found.len(), 6);
    assert!(found.iter().all(|(_, text)| !text.chars().any(|c| c.is_control() || c == '\u{2028}')));
    assert_eq!(found[1].1, "");
    assert_eq!(found[5].1, "the last without an end");
}

#[test]
fn a_file_that_is_not_there_is_a_failure_with_its_name() {
    let output = templates(&["/nowhere/errors.log"], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("/nowhere/errors.log"));
    assert!(rows(&templates(&[], b"")).is_empty());
}

fn post_errors(tapline: &Tapline, names: &[&str]) {
    let time = chrono::Utc::now().format("%Y/%m/%d %H:%M:%S");
    let line = |name: &&str| {
        format!(
            "{time} [error] 7#7: *1 user \"{name}\" was not found in \"/etc/htpasswd\", \
             client: 203.0.113.9, server: a.example, request: \"GET / HTTP/1.1\", host: \"a.example\"\n"
        )
    };
    let lines: String = names.iter().map(line).collect();
    let answer = Client::new(tapline.http).post("/api/v1/logs", "", lines.as_bytes()).unwrap();
    assert_eq!(answer.status, 200);
}

#[test]
fn what_an_application_says_of_its_work_is_no_error_message() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    let now = chrono::Utc::now().timestamp_millis();
    let line = |level: u32, text: &str| {
        format!(
            "{{\"level\":{level},\"time\":{now},\"pid\":1,\"hostname\":\"x\",\"msg\":\"{text}\"}}\n"
        )
    };
    let lines = [line(30, "mail sent").repeat(20), line(40, "slow disk"), line(50, "no database")];
    let answer = Client::new(tapline.http).post("/api/v1/logs", "", lines.concat().as_bytes());
    assert_eq!(answer.unwrap().status, 200);
    let values = |list: &str| -> Vec<String> {
        let summary = tapline.get(&format!("/api/v1/summary?panels={list}"));
        let rows = summary["top"][list].as_array().expect("a list").iter();
        rows.map(|row| format!("{} {}", row["level"].as_str().unwrap(), row["value"])).collect()
    };
    let mut errors = values("errors");
    errors.sort_unstable();
    assert_eq!(errors, ["error \"no database\"", "warn \"slow disk\""]);
    assert_eq!(values("templates").len(), 3);
    assert_eq!(values("templates")[0], "info \"mail sent\"");
}

fn listed(tapline: &Tapline, query: &str) -> Vec<Value> {
    let summary = tapline.get(&format!("/api/v1/summary?panels=templates{query}"));
    summary["top"]["templates"].as_array().expect("a list").clone()
}

#[test]
fn a_server_lists_its_errors_by_template_and_knows_them_after_a_restart() {
    let dir = TempDir::new().unwrap();
    let tapline = Tapline::start(&dir);
    post_errors(&tapline, &["ann", "bob"]);
    // What the second line taught is told of the first when the second closes.
    let first = until("both are one template", || {
        listed(&tapline, "").into_iter().find(|row| row["requests"] == 2)
    });
    assert_eq!(first["value"], "user \"<*>\" was not found in \"<*>\"");
    assert_eq!(first["level"], "error");
    assert_eq!(first["sample"], "user \"ann\" was not found in \"/etc/htpasswd\"");
    let filter = "&filter=template:%22user%20%5C%22%3C%5C*%3E%5C%22%20was*%22";
    assert_eq!(listed(&tapline, filter)[0]["requests"], 2);
    assert!(listed(&tapline, "&filter=-template:user*").is_empty());
    let offered = tapline.get("/api/v1/values?field=template&text=found");
    assert_eq!(offered["values"][0]["value"], first["value"]);
    tapline.signal(libc::SIGTERM);
    assert!(tapline.ended().status.success());

    let tapline = Tapline::start(&dir);
    assert_eq!(listed(&tapline, ""), std::slice::from_ref(&first), "the window is there, too");
    post_errors(&tapline, &["zoe"]);
    let again = &listed(&tapline, "")[0];
    assert_eq!((&again["value"], &again["requests"]), (&first["value"], &3.into()));
    assert_eq!(again["first_seen"], first["first_seen"]);
}

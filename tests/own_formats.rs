//! The operator's own log formats, from outside: by TCP and POST, in files, on the command line, in
//! the configuration and in an nginx.conf.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use common::command::{command, fed};
use common::daemon::Process;
use common::http::Client;
use common::material::time_3164;
use common::tapline::{Tapline, binary, configure};
use common::until;

const CONFIG: &str = r##"
[formats]
odd = '$status|$remote_addr|$request_time|"$request"|$host'
# As it stands in nginx.conf.
pasted = '''
log_format keys escape=json '<$time_iso8601> $remote_addr '
                            '"$request" -> $status in $request_time';
'''
vhosts = 'LogFormat "%v;%h;%>s;\"%r\";%D" vhosts'
columns = { format = '%h~%d %t~%m~%U~%s~%b', date = '%Y/%m/%d', time = '%H:%M:%S' }
[sources]
formats = { "web-9/nginx" = "common" }
"##;

fn run(dir: &Path, arguments: &[&str], input: &str) -> Output {
    fed(command(arguments).current_dir(dir).env("XDG_CONFIG_HOME", dir), input.as_bytes())
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn rows(output: &Output) -> Vec<Value> {
    let row = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    stdout(output).lines().map(row).collect()
}

fn configured() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a folder");
    configure(dir.path(), CONFIG);
    dir
}

/// The values of these fields, `null` where one is not there.
fn fields(row: &Value, names: &str) -> Value {
    names.split(' ').map(|name| row[name].clone()).collect()
}

#[test]
fn lines_of_the_operators_formats_are_read_from_every_listener() {
    let dir = configured();
    let tapline = Tapline::start(&dir);
    let head = |host: &str| format!("<190>{} {host} nginx: ", time_3164());
    let lines = [
        (head("web-1"), r#"404|192.0.2.1|0.250|"GET /a?b=1 HTTP/1.1"|shop.example.org"#),
        (head("web-2"), r#"shop.example.org;192.0.2.2;503;"POST /b HTTP/1.1";1500"#),
        (
            head("web-3"),
            r#"<2026-11-22T10:00:00+00:00> 192.0.2.3 "GET /c HTTP/2.0" -> 200 in 0.001"#,
        ),
        (head("web-4"), "192.0.2.4~2026/11/22 10:00:00~PUT~/d~201~77"),
        // One source, its error log too.
        (head("web-1"), "2026/11/22 10:00:00 [error] 7#7: *1 broken, client: 192.0.2.1"),
        (head("web-1"), "200|192.0.2.1|0.250|fits no format"),
        (head("web-9"), r#"192.0.2.9 - - [22/Nov/2026:10:00:00 +0000] "GET /e HTTP/1.1" 200 9"#),
    ];
    let mut stream = TcpStream::connect(tapline.tcp).expect("it listens");
    for (head, line) in &lines {
        writeln!(stream, "{head}{line}").expect("sent");
    }
    let summary = tapline.settled(lines.len() as u64);
    assert_eq!(summary.accounting().unparsed, 1);

    let events = tapline.get("/api/v1/events?limit=100")["events"].clone();
    let event = |path: &str| {
        let all = events.as_array().expect("events");
        let found = all.iter().find(|event| event["path"] == path);
        found.unwrap_or_else(|| panic!("no {path} in {events}")).clone()
    };
    let names = "format remote_ip method query status bytes request_time_s host";
    let none = Value::Null;
    let shop = Value::from("shop.example.org");
    for (path, expected) in [
        ("/a", serde_json::json!(["odd", "192.0.2.1", "GET", "b=1", 404, none, 0.25, shop])),
        ("/b", serde_json::json!(["vhosts", "192.0.2.2", "POST", none, 503, none, 0.0015, shop])),
        ("/c", serde_json::json!(["pasted", "192.0.2.3", "GET", none, 200, none, 0.001, none])),
        ("/d", serde_json::json!(["columns", "192.0.2.4", "PUT", none, 201, 77, none, none])),
        ("/e", serde_json::json!(["common", "192.0.2.9", "GET", none, 200, 9, none, none])),
    ] {
        assert_eq!(fields(&event(path), names), expected, "{path}");
    }
    let sources = tapline.get("/api/v1/sources");
    let source = |name: &str| {
        let all = sources["sources"].as_array().expect("sources");
        all.iter().find(|source| source["name"] == name).expect(name).clone()
    };
    for (name, format) in [
        ("web-1/nginx", "odd"),
        ("web-2/nginx", "vhosts"),
        ("web-3/nginx", "pasted"),
        ("web-4/nginx", "columns"),
        ("web-9/nginx", "common"),
    ] {
        assert_eq!(source(name)["format"], format, "{name}");
    }
    assert_eq!(source("web-1/nginx")["formats"]["nginx_error"], 1);

    let mut client = Client::new(tapline.http);
    let line = lines[0].1.as_bytes();
    let answer = client.post("/api/v1/logs?format=odd", "", line).expect("an answer");
    assert_eq!(answer.json(), serde_json::json!({"accepted": 1, "rejected": 0, "errors": []}));
    let answer = client.post("/api/v1/logs?format=od", "", line).expect("an answer");
    assert_eq!(answer.status, 400);
    assert!(answer.json()["error"]["hint"].as_str().expect("a hint").starts_with("odd pasted"));
}

#[test]
fn parse_takes_a_format_by_its_name_or_by_its_text() {
    let dir = configured();
    let good = "404|192.0.2.1|0.250|\"GET /a HTTP/1.1\"|shop.example.org\n";
    let text = r#"$status|$remote_addr|$request_time|"$request"|$host"#;
    for (arguments, format) in [
        (&["parse"][..], "odd"),
        (&["parse", "--format", "odd"], "odd"),
        (&["parse", "--format", text], "template"),
        (&["parse", "--log-format", text], "template"),
        (&["parse", "--config", "tapline/tapline.toml", "-f", "odd"], "odd"),
    ] {
        let output = run(dir.path(), arguments, good);
        assert!(output.status.success(), "{arguments:?}: {}", stderr(&output));
        let row = &rows(&output)[0];
        let expected = serde_json::json!([format, 404, "192.0.2.1", "/a", 0.25]);
        assert_eq!(fields(row, "format status remote_ip path request_time_s"), expected);
    }
    let arguments = ["parse", "--format", "%h~%d %t~%s", "--date-format", "%Y/%m/%d"];
    let output = run(dir.path(), &arguments, "192.0.2.4~2026/11/22 10:00:00~201\n");
    assert_eq!(
        fields(&rows(&output)[0], "time status"),
        serde_json::json!(["2026-11-22T10:00:00.000Z", 201])
    );
    let output = run(
        dir.path(),
        &["parse", "--format", "COMBINED"],
        "192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 5 \"-\" \"-\"\n",
    );
    assert_eq!(fields(&rows(&output)[0], "format status"), serde_json::json!(["COMBINED", 200]));
}

#[test]
fn a_line_that_is_none_of_the_format_says_which_field_and_where() {
    let dir = configured();
    let text = r#"$status|$remote_addr|"$request""#;
    let bad = "40x|192.0.2.1|\"GET / HTTP/1.1\"\n";
    let head = "<190>Nov 22 10:00:00 web-1 nginx: ";
    let output = run(dir.path(), &["parse", "--format", text], &format!("{bad}{head}{bad}"));
    let rows = rows(&output);
    for (row, front) in rows.iter().zip([0, head.len()]) {
        assert_eq!(row["kind"], "message");
        assert!(row["error"].as_str().is_some_and(|error| error.contains("'template'")), "{row}");
        assert!(row["field"].is_string(), "{row}");
        let offset = row["offset"].as_u64().expect("an offset") as usize;
        assert!((front..front + 4).contains(&offset), "{row}");
    }
    // The house's formats say it too.
    let bad = "192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200\n";
    let output = run(dir.path(), &["parse", "--format", "combined"], bad);
    let row: Value = serde_json::from_str(stdout(&output).trim()).expect("JSON");
    assert!(row["offset"].as_u64().is_some_and(|offset| offset > 60), "{row}");
}

#[test]
fn a_bad_format_is_shown_with_its_spot() {
    let dir = configured();
    let cases: [(&[&str], i32, &str); 5] = [
        (
            &["parse", "--format", "$status ${remote_addr"],
            2,
            "error: --format: a } must close the variable's name\n  $status ${remote_addr\n          ^\n",
        ),
        (&["report", "--format", "od", "x.log"], 2, "unknown format 'od'; did you mean 'odd'?"),
        (&["replay", "--log-format", "$status $", "x.log"], 2, "  $status $\n          ^\n"),
        (&["--log-format", "odd"], 2, "it needs files to read"),
        (&["parse", "--format", "odd", "--config", "/nonexistent"], 78, "/nonexistent"),
    ];
    for (arguments, code, words) in cases {
        let output = run(dir.path(), arguments, "");
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{arguments:?}: {}", stderr(&output));
    }
    // A variable of somebody's own making is none of nginx's, and a mistyped one neither.
    std::fs::write(dir.path().join("typo.toml"), "[formats]\ntypo = '$status|$request_tme'\n")
        .expect("written");
    let output = run(dir.path(), &["check", "typo.toml"], "");
    assert!(stdout(&output).contains("did you mean $request_time?"), "{}", stdout(&output));
    // One that would take any line is good, and told.
    std::fs::write(dir.path().join("agent.toml"), "[formats]\nagent = '%{User-agent}i'\n")
        .expect("written");
    let output = run(dir.path(), &["check", "agent.toml"], "");
    assert!(output.status.success());
    assert!(stdout(&output).contains("note: [formats] agent: a line of any kind"));
    let output = run(dir.path(), &["parse", "--config", "agent.toml"], "what is this\n");
    assert_eq!(rows(&output)[0]["kind"], "message");
    let bad = "[formats]\n# ü\nbad = \"\\\"ü\\\" $status ${x\"\nworse = 'log_format m \"$status'\n";
    std::fs::write(dir.path().join("bad.toml"), bad).expect("written");
    let output = run(dir.path(), &["check", "bad.toml"], "");
    assert_eq!(output.status.code(), Some(78));
    let told = stdout(&output);
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(lines[0].starts_with("bad.toml:3:22: a } must close"), "{told}");
    assert!(lines[1].starts_with("bad.toml:4:23: the text that this \" starts"), "{told}");
}

#[test]
fn the_readmes_example_reads_the_lines_that_nginx_writes_by_it() {
    let readme = include_str!("../README.md");
    let blocks = readme.split("```toml\n").skip(1).filter_map(|block| block.split_once("```"));
    let found: Vec<&str> =
        blocks.map(|(block, _)| block).filter(|block| block.contains("[formats]")).collect();
    let [example] = found[..] else { panic!("one example of formats: {found:?}") };
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::write(dir.path().join("tapline.toml"), example).expect("written");
    let line = "192.0.2.1|shop.example.org|200|0.004|GET /c HTTP/1.1\n";
    let output = run(dir.path(), &["parse", "--config", "tapline.toml"], line);
    let read = fields(&rows(&output)[0], "format remote_ip host status request_time_s path");
    assert_eq!(
        read,
        serde_json::json!(["edge", "192.0.2.1", "shop.example.org", 200, 0.004, "/c"])
    );
}

#[test]
fn a_directive_means_the_same_in_either_kind_of_quotes() {
    let dir = tempfile::tempdir().expect("a folder");
    for (text, line) in [
        (r#"log_format e "$remote_addr|$status";"#, "192.0.2.1|200"),
        (r#"log_format e "$remote_addr|" "$status";"#, "192.0.2.1|200"),
        (r#"log_format e "$remote_addr|" '$status';"#, "192.0.2.1|200"),
        (r#"log_format e "\"$remote_addr\" it's $status";"#, "\"192.0.2.1\" it's 200"),
        (r#"log_format e '"$remote_addr" it\'s $status';"#, "\"192.0.2.1\" it's 200"),
        (r#"LogFormat "\"%h it's %>s\"" e"#, "\"192.0.2.1 it's 200\""),
        (r#"LogFormat '"%h it\'s %>s"' e"#, "\"192.0.2.1 it's 200\""),
    ] {
        let output = run(dir.path(), &["parse", "--format", text], &format!("{line}\n"));
        let read = fields(&rows(&output)[0], "kind remote_ip status");
        assert_eq!(read, serde_json::json!(["access", "192.0.2.1", 200]), "{text}");

        // And taken out of the server's own configuration.
        let conf = if text.starts_with('L') { text.into() } else { format!("http {{ {text} }}\n") };
        std::fs::write(dir.path().join("server.conf"), conf).expect("written");
        let output = run(dir.path(), &["snippet", "--from", "server.conf"], "");
        let printed = stdout(&output);
        let part = printed.split("\n# Into the server's").next().expect("one");
        std::fs::write(dir.path().join("tapline.toml"), part).expect("written");
        let output = run(dir.path(), &["parse", "--config", "tapline.toml"], &format!("{line}\n"));
        let read = fields(&rows(&output)[0], "format remote_ip status");
        assert_eq!(read, serde_json::json!(["e", "192.0.2.1", 200]), "{text}: {part}");
    }
}

#[test]
fn files_are_reported_and_followed_in_the_format_that_is_said() {
    let dir = configured();
    let lines = "404|192.0.2.1|0.250|\"GET /a HTTP/1.1\"|a.example.org\n\
                 200|192.0.2.1|0.250|\"GET /b HTTP/1.1\"|a.example.org\n\
                 what is this\n";
    std::fs::write(dir.path().join("odd.log"), lines).expect("written");
    let text = r#"$status|$remote_addr|$request_time|"$request"|$host"#;
    for format in ["odd", text] {
        let output = run(dir.path(), &["report", "--json", "--log-format", format, "odd.log"], "");
        let summary: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        assert_eq!(summary["requests"], 2, "{}", stderr(&output));
        assert_eq!(summary["status_codes"]["404"], 1);
        assert_eq!(summary["accounting"]["unparsed"], 1);
    }

    // The same, live.
    let lines = lines.replace("a.example.org", "a.example.org|2026-11-22T10:00:00+00:00");
    std::fs::write(dir.path().join("timed.log"), lines).expect("written");
    let text = format!("{text}|$time_iso8601");
    for arguments in [
        &["--format", &text, "timed.log", "--udp", "off", "--tcp", "off"][..],
        &["replay", "--speed", "max", "--log-format", &text, "timed.log"],
    ] {
        let formats = formats_shown(dir.path(), arguments);
        assert_eq!(formats, serde_json::json!({"template": 2}), "{arguments:?}");
    }
}

/// What a server that reads a file of three lines says about the formats in it.
fn formats_shown(dir: &Path, arguments: &[&str]) -> Value {
    let told = dir.join("stderr");
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .args(["--http", "127.0.0.1:0"])
        .current_dir(dir)
        .env_clear()
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(&told).expect("created"));
    let process = Process::spawn(&mut command).expect("tapline starts");
    let http = until("it listens", || {
        let told = std::fs::read_to_string(&told).ok()?;
        let line = told.lines().find(|line| line.contains("listening http "))?;
        told.lines().any(|line| line == "ready").then_some(())?;
        line.rsplit(' ').next()?.parse().ok()
    });
    let mut client = Client::new(http);
    let formats = until("the file is read", || {
        let sources = client.get("/api/v1/sources").ok()?.json();
        let source = sources["sources"].as_array()?.first()?.clone();
        (source["accounting"]["received"] == 3).then(|| source["formats"].clone())
    });
    process.stop();
    formats
}

#[test]
fn what_an_nginx_conf_declares_is_printed_to_paste_and_then_read() {
    let dir = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(dir.path().join("sites")).expect("made");
    let conf = "http {\n\
                log_format main '$remote_addr - $remote_user [$time_local] \"$request\" '\n\
                '$status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"';\n\
                log_format odd '$status|$remote_addr|$request_time|\"$request\"|$host';\n\
                access_log /var/log/nginx/access.log main;\n\
                include sites/*;\n}\n";
    std::fs::write(dir.path().join("nginx.conf"), conf).expect("written");
    let site = "server { access_log syslog:server=192.0.2.1:514,tag=shop odd; }\n";
    std::fs::write(dir.path().join("sites/shop"), site).expect("written");
    let arguments = ["snippet", "--from", "nginx.conf", "--server", "192.0.2.7:5514"];
    let output = run(dir.path(), &arguments, "");
    assert!(output.status.success(), "{}", stderr(&output));
    let printed = stdout(&output);
    assert!(printed.contains("# nginx.conf:2: main is read without being told, as combined\n"));
    assert!(printed.contains("\naccess_log syslog:server=192.0.2.7:5514,tag=nginx main;\n"));
    assert!(printed.contains("\naccess_log syslog:server=192.0.2.7:5514,tag=shop odd;\n"));

    let part = printed.split("\n# Into the server's").next().expect("one");
    std::fs::write(dir.path().join("tapline.toml"), part).expect("written");
    assert!(run(dir.path(), &["check", "tapline.toml"], "").status.success());
    let line = "404|192.0.2.1|0.250|\"GET /a HTTP/1.1\"|a.example.org\n";
    let output = run(dir.path(), &["parse", "--config", "tapline.toml"], line);
    assert_eq!(fields(&rows(&output)[0], "format status"), serde_json::json!(["odd", 404]));

    // What `nginx -T` prints: all files one after the other.
    let dump = format!(
        "# configuration file /etc/nginx/nginx.conf:\n{conf}\n# configuration file \
         /etc/nginx/sites/shop:\n{site}\n"
    );
    let output = run(dir.path(), &["snippet", "--from", "-"], &dump);
    let printed = stdout(&output);
    assert!(output.status.success() && stderr(&output).is_empty(), "{}", stderr(&output));
    assert!(printed.contains("# /etc/nginx/nginx.conf:2: main is read without"), "{printed}");
    assert!(printed.contains("# Beside /etc/nginx/sites/shop:1\n"), "{printed}");

    // 1 MB that never ends.
    std::fs::write(
        dir.path().join("nginx.conf"),
        format!("\nlog_format x '{}", "$a ".repeat(350_000)),
    )
    .expect("written");
    let output = run(dir.path(), &arguments, "");
    assert_eq!(output.status.code(), Some(1));
    let why = "error: nothing is taken from nginx.conf, for nginx can't read it \
               (nginx.conf:2: the text that this ' starts has no end): --from takes log_format and access_log";
    assert!(stderr(&output).starts_with(why), "{}", stderr(&output));
    assert_eq!(stderr(&output).lines().count(), 1);
    for arguments in [&["snippet", "curl", "--from", "nginx.conf"][..], &["snippet"]] {
        assert_eq!(run(dir.path(), arguments, "").status.code(), Some(2), "{arguments:?}");
    }
}

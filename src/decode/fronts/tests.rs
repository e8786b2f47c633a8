use proptest::prelude::*;

use super::*;
use crate::decode::formats::template;

const ACCESS: &str =
    r#"203.0.113.5 - - [30/Nov/2026:08:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl/8""#;

/// What the lines of one stream are without names: `name> line`, or the line where it has none.
fn told(formats: Catalog, lines: &[&str]) -> Vec<String> {
    let mut fronts = Fronts::new(formats);
    let mut told = |line: &&str| match fronts.take(line.as_bytes()) {
        Some(Written { hostname, app_name, line }) => {
            let app_name = app_name.map(|app| format!("/{app}")).unwrap_or_default();
            format!("{hostname}{app_name}> {}", String::from_utf8_lossy(line))
        }
        None => (*line).to_owned(),
    };
    lines.iter().map(&mut told).collect()
}

fn none_is_named(lines: &[&str]) {
    assert_eq!(told(Catalog::HOUSE, lines), lines);
}

#[test]
fn what_compose_foreman_and_pm2_write_is_of_whom_they_name() {
    let time = "2026-11-30T08:00:00.123456789Z";
    for (front, name) in [
        ("web-1    | ", "web-1"),
        ("shop_web_1  | ", "shop_web_1"),
        ("nginx | ", "nginx"),
        ("08:00:00 web.1    | ", "web.1"),
        ("0|web    | ", "web"),
    ] {
        for line in [ACCESS.to_owned(), format!("{time} {ACCESS}")] {
            assert_eq!(
                told(Catalog::HOUSE, &[&format!("{front}{line}")]),
                [format!("{name}> {line}")]
            );
        }
    }
    // What no format reads is somebody's, too, where the name stands as the others do.
    let lines = [
        "Attaching to db, nginx, web-1",
        "db     | checkpoint starting",
        &format!("nginx  | {ACCESS}"),
        "db     | caf\u{e9} | done",
        "db     | ",
        "nginx  | 2026/11/30 08:00:00 [error] 7#8: *9 broken",
        "nginx exited with code 0",
        "cache-10  | ready",
        &format!("web-10    | {ACCESS}"),
        "db        | checkpoint complete",
    ];
    let named = [
        lines[0],
        lines[1],
        &format!("nginx> {ACCESS}"),
        "db> caf\u{e9} | done",
        "db> ",
        "nginx> 2026/11/30 08:00:00 [error] 7#8: *9 broken",
        "nginx exited with code 0",
        lines[7],
        &format!("web-10> {ACCESS}"),
        "db> checkpoint complete",
    ];
    assert_eq!(told(Catalog::HOUSE, &lines), named);
    let bytes =
        [b"db     | \xff".as_slice(), format!("nginx  | {ACCESS}").as_bytes()].map(Vec::from);
    let mut fronts = Fronts::new(Catalog::HOUSE);
    assert!(fronts.take(&bytes[1]).is_some());
    assert_eq!(fronts.take(&bytes[0]).map(|written| written.line), Some(&b"\xff"[..]));
}

#[test]
fn what_kubectl_writes_is_of_the_pod_and_its_container() {
    let time = "2026-11-30T08:00:00.123456789Z";
    let pod = "web-7d4b9c6f5d-x2x8k";
    for line in [ACCESS.to_owned(), format!("{time} {ACCESS}"), "starting".to_owned()] {
        let lines = [format!("[pod/{pod}/nginx] {line}"), format!("[pod/db-0/postgres] {line}")];
        let named = [format!("{pod}/nginx> {line}"), format!("db-0/postgres> {line}")];
        assert_eq!(told(Catalog::HOUSE, &lines.each_ref().map(|line| &**line)), named);
    }
}

#[test]
fn what_stern_and_kail_write_is_of_the_pod_and_its_container() {
    let time = "2026-11-30T08:00:00.123456789Z";
    let (web, proxy) = ("web-7d4b9c6f5d-x2x8k", "ingress-nginx-controller-bcd24");
    for (of_web, of_proxy) in [
        (format!("{web} nginx "), format!("{proxy} controller ")),
        (format!("shop/{web}[nginx]: "), format!("ingress/{proxy}[controller]: ")),
    ] {
        // No format reads it and nothing yet says that it is a name.
        let before = format!("{of_web}starting");
        let lines = [
            before.clone(),
            format!("{of_web}{ACCESS}"),
            format!("{of_web}{time} {ACCESS}"),
            format!("{of_web}done | caf\u{e9}"),
            format!("{of_proxy}starting"),
        ];
        let named = [
            before,
            format!("{web}/nginx> {ACCESS}"),
            format!("{web}/nginx> {time} {ACCESS}"),
            format!("{web}/nginx> done | caf\u{e9}"),
            format!("{proxy}/controller> starting"),
        ];
        assert_eq!(told(Catalog::HOUSE, &lines.each_ref().map(|line| &**line)), named);
    }
}

#[test]
fn a_programs_own_words_are_no_name() {
    none_is_named(&[
        "INFO  | jvm 1    | 2026/11/30 08:00:00 | started",
        "STATUS | wrapper  | 2026/11/30 08:00:00 | Launching a JVM...",
        "pool-1-thread-3 | 2026-11-30 08:00:00,123 ERROR broken",
        "main | started",
        "GET | /a | 200",
        "shop.example | 203.0.113.5 | GET /a | 200",
        &format!("INFO | {ACCESS}"),
        &format!("ERROR | {ACCESS}"),
        &format!("[info] {ACCESS}"),
        &format!("[httpd] {ACCESS}"),
        &format!("[pod/web] {ACCESS}"),
        &format!("[pod/Web/nginx] {ACCESS}"),
        &format!("a b | {ACCESS}"),
        &format!("web-0 nginx {ACCESS}"),
        &format!("web-first nginx {ACCESS}"),
        &format!("web-x2x8k 192.0.2.1 {ACCESS}"),
        &format!("web-x2x8k - {ACCESS}"),
        &format!("web-x2x8k shop.example {ACCESS}"),
        &format!("kernel/net[12]: {ACCESS}"),
        &format!("web-7d4b9c6f5d-x2x8k[nginx]: {ACCESS}"),
        "web-7d4b9c6f5d-x2x8k nginx started",
        "kernel/net[eth]: started",
        &format!("| {ACCESS}"),
        r#"203.0.113.5 | https | o@2CM38K4Fx1x0 | u | 2026-11-30 08:00:00,408 | "GET /a HTTP/1.1" | "-" "-" | 200 | 0 | 5 | - | 5 | - |"#,
    ]);
}

#[test]
fn a_line_that_an_own_format_reads_stays_as_it_is() {
    let text = r#"$host | $remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent""#;
    let own = template::compile("own", None, text, &template::Options::default()).unwrap();
    let formats = Catalog::with(vec![Box::new(own)]);
    let line = format!("shop | {ACCESS}");
    assert_eq!(told(formats, &[&line]), [&*line]);
    // And behind a name it is read as it would be without.
    let text = "$remote_addr $status $request_uri";
    let own = template::compile("own", None, text, &template::Options::default()).unwrap();
    let formats = Catalog::with(vec![Box::new(own)]);
    let lines = ["web-1  | 203.0.113.5 200 /a"];
    assert_eq!(told(formats, &lines), ["web-1> 203.0.113.5 200 /a"]);
    none_is_named(&lines);
}

#[test]
fn a_line_that_got_into_a_log_without_names_names_nobody() {
    let forged = format!("db-1  | {ACCESS}");
    let pod = format!("[pod/db-0/postgres] {ACCESS}");
    let mut lines = vec![ACCESS; 20];
    lines.extend([&*forged, &pod]);
    lines.extend([ACCESS; 300]);
    lines.extend([&*forged, &pod, &forged]);
    none_is_named(&lines);
    // Where others come to a log that had none, they are told by their names soon.
    lines.extend([&*forged; 40]);
    assert!(told(Catalog::HOUSE, &lines).last().unwrap().starts_with("db-1> "));
}

#[test]
fn a_stream_names_no_more_than_so_many() {
    let mut fronts = Fronts::new(Catalog::HOUSE);
    let named = |n: usize| format!("[pod/web-{n}/nginx] {ACCESS}").into_bytes();
    let told = (0..2 * MAX_NAMES).filter(|&n| fronts.take(&named(n)).is_some()).count();
    assert_eq!(told, MAX_NAMES);
    assert!(fronts.take(&named(0)).is_some());
}

/// Lines of the corpora beside the project that no name stands in front of.
fn corpus() -> Vec<String> {
    let Some(folder) = crate::decode::formats::corpus::shared("corpus") else {
        return Vec::new();
    };
    let files = |folder: std::path::PathBuf| std::fs::read_dir(folder).unwrap();
    let mut lines = Vec::new();
    for path in files(folder.clone()).map(|entry| entry.unwrap().path()) {
        if path.extension().is_some_and(|ext| ext == "jsonl") {
            for case in std::fs::read_to_string(path).unwrap().lines() {
                let case: serde_json::Value = serde_json::from_str(case).unwrap();
                lines.extend(case["input"].as_str().unwrap_or("").lines().map(str::to_owned));
            }
        }
    }
    for path in files(folder.join("logs")).map(|entry| entry.unwrap().path()) {
        let raw = std::fs::read(&path).unwrap();
        let mut log = Vec::new();
        if path.extension().is_some_and(|ext| ext == "gz") {
            std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(&raw[..]), &mut log)
                .unwrap();
        } else {
            log = raw;
        }
        lines.extend(String::from_utf8_lossy(&log).lines().map(str::to_owned));
    }
    assert!(lines.len() > 70_000, "{}", lines.len());
    lines
}

#[test]
fn no_line_of_the_corpora_has_a_name() {
    let fronts = ["web-1  | ", "web-7d4b9c6f5d-x2x8k nginx ", "shop/web-0[nginx]: "];
    let mut seasoned = fronts.map(|front| (front, Fronts::new(Catalog::HOUSE)));
    for line in corpus() {
        // By itself, and in a stream that has names.
        assert_eq!(Fronts::new(Catalog::HOUSE).take(line.as_bytes()), None, "{line}");
        for (front, seasoned) in &mut seasoned {
            assert!(seasoned.take(format!("{front}{ACCESS}").as_bytes()).is_some());
            assert_eq!(seasoned.take(line.as_bytes()), None, "{line}");
        }
    }
}

/// Lines of servers, and what they may be spliced with.
const LINES: [&str; 8] = [
    ACCESS,
    r#"203.0.113.5 - - [30/Nov/2026:08:00:00 +0000] "GET /a | b HTTP/1.1" 200 12 "-" "web-1  | curl/8""#,
    r#"shop.example:443 203.0.113.5 - - [30/Nov/2026:08:00:00 +0000] "GET /a HTTP/1.1" 200 12"#,
    r#"2026/11/30 08:00:00 [error] 7#8: *9 web-1  | broken, client: 203.0.113.5, server: s | t"#,
    r#"[Mon Nov 30 08:00:00.123456 2026] [core:error] [pid 1:tid 2] [client 203.0.113.5:5] AH1: a | b"#,
    r#"{"log":"web-1  | x","status":200,"uri":"/a"}"#,
    r#"<190>Nov 30 08:00:00 web-1 nginx: web-1  | x"#,
    r#"host=203.0.113.5 method=GET path="/a | b" status=200"#,
];

proptest! {
    #[test]
    fn a_line_is_never_less_than_it_was(
        line in prop::sample::select(LINES.to_vec()),
        name in "[a-z][a-z0-9_.-]{0,20}",
        pads in 1usize..9,
        any in "\\PC{0,60}",
    ) {
        let mut fronts = Fronts::new(Catalog::HOUSE);
        prop_assert_eq!(fronts.take(line.as_bytes()), None);
        for front in ["web-7d4b9c6f5d-x2x8k nginx ", "shop/web-0[nginx]: "] {
            let mut fronts = Fronts::new(Catalog::HOUSE);
            let named = format!("{front}{ACCESS}");
            prop_assert!(fronts.take(named.as_bytes()).is_some());
            for line in LINES {
                prop_assert_eq!(fronts.take(line.as_bytes()), None);
            }
        }
        // In a stream that has names, too; and a name takes nothing but itself.
        let front = format!("{name}{}| ", " ".repeat(pads));
        let mut fronts = Fronts::new(Catalog::HOUSE);
        let named = format!("{front}{ACCESS}");
        let taken = fronts.take(named.as_bytes()).map(|written| (written.hostname, written.line));
        if Kind::Access == Recogniser::default().decode(&named).kind
            && prefixed::named(&named).is_some()
        {
            prop_assert_eq!(taken, Some((&*name, ACCESS.as_bytes())));
            for line in LINES {
                prop_assert_eq!(fronts.take(line.as_bytes()), None);
                let named = format!("{front}{line}");
                let taken = fronts.take(named.as_bytes()).map(|written| written.line);
                prop_assert_eq!(taken, Some(line.as_bytes()));
            }
        }
        // Any bytes: what is left of a line is its end.
        for text in [any.clone(), format!("{front}{any}"), format!("[pod/{any}] {line}")] {
            if let Some(written) = fronts.take(text.as_bytes()) {
                prop_assert!(text.as_bytes().ends_with(written.line));
                prop_assert!(written.line.len() < text.len());
            }
        }
    }
}

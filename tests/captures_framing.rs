//! Framing and envelope over what real senders sent, and over other projects' test cases.

// A test that is left out says so on stderr.
#![allow(clippy::print_stderr)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};
use tapline::decode::envelope::{Envelope, Via, parse};
use tapline::decode::framing::{Datagram, Framer, Mode, Step, datagram};
use tapline::decode::stamp::civil_from_days;
use tapline::decode::text::{lossy, unescape};
use tapline::vocab::outcome::RejectReason;
use tapline::vocab::time::{Millis, Stamp};

type Outcome = Result<Vec<u8>, RejectReason>;

/// The folder of test data beside the project, or `None` where it is not.
fn shared(part: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(part);
    if !path.is_dir() {
        eprintln!("left out: no ../shared/{part}");
        return None;
    }
    Some(path)
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn json_lines(path: &Path) -> Vec<Value> {
    String::from_utf8(read(path))
        .expect("UTF-8")
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

fn frames(mut framer: Framer, chunks: &[Vec<u8>]) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut buffer = Vec::new();
    for (i, chunk) in chunks.iter().enumerate() {
        buffer.extend_from_slice(chunk);
        let eof = i + 1 == chunks.len();
        let mut at = 0;
        loop {
            at += match framer.next(&buffer[at..], eof) {
                Step::Frame { bytes, consumed } => {
                    outcomes.push(Ok(bytes.to_vec()));
                    consumed
                }
                Step::Rejected { reason, consumed } => {
                    outcomes.push(Err(reason));
                    consumed
                }
                Step::Skip { consumed } => consumed,
                Step::Incomplete => break,
            };
        }
        buffer.drain(..at);
    }
    outcomes
}

fn auto(bytes: &[u8]) -> Vec<Outcome> {
    frames(Framer::new(Mode::Auto, 256 << 10), &[bytes.to_vec()])
}

/// The datagrams of a `.dgrams` file: length as u32 big-endian, bytes.
fn datagrams(file: &[u8]) -> Vec<&[u8]> {
    let mut all = Vec::new();
    let mut rest = file;
    while let Some((length, behind)) = rest.split_first_chunk::<4>() {
        let (bytes, behind) = behind.split_at(u32::from_be_bytes(*length) as usize);
        all.push(bytes);
        rest = behind;
    }
    all
}

fn messages(bytes: &[u8]) -> Vec<Vec<u8>> {
    match datagram(bytes) {
        Datagram::Empty => vec![],
        Datagram::Frames(frames) => frames.map(<[u8]>::to_vec).collect(),
        Datagram::Rejected(reason) => panic!("{reason:?}: {:?}", lossy(bytes)),
    }
}

#[test]
fn every_captured_datagram_is_one_frame_with_the_header_its_sender_wrote() {
    let Some(captures) = shared("captures") else { return };
    for entry in json_lines(&captures.join("MANIFEST.jsonl")) {
        let name = entry["file"].as_str().expect("a name");
        if entry["kind"] != "datagrams" || name.starts_with("synthetic/") {
            continue;
        }
        let file = read(&captures.join(name));
        let sent = datagrams(&file);
        assert_eq!(sent.len() as u64, entry["count"].as_u64().expect("a count"), "{name}");
        for bytes in sent {
            let got = messages(bytes);
            assert_eq!(got.len(), 1, "{name}: {:?}", lossy(bytes));
            let text = lossy(&got[0]).into_owned();
            let envelope = parse(&text);
            let bare = name.starts_with("caddy/")
                || name.starts_with("haproxy/raw")
                || name.starts_with("logger/py");
            if bare {
                assert_eq!(envelope.via, Via::Bare, "{name}: {text}");
                assert!(text.ends_with(envelope.message));
                continue;
            }
            assert_ne!(envelope.via, Via::Bare, "{name}: {text}");
            if name.starts_with("rsyslog/") {
                // Relays oddities too; what it read from nginx's file has no colon behind the tag.
                if text.starts_with("<190>") {
                    assert_eq!(envelope.app_name, Some("nginx"), "{text}");
                    assert_eq!(envelope.hostname, Some("vm"), "{text}");
                }
                continue;
            }
            let app = match name.split_once('/').expect("a folder").0 {
                "haproxy" => "haproxy",
                "apache" => "apache2",
                _ => "nginx",
            };
            assert!(envelope.severity.is_some(), "{name}: {text}");
            assert!(envelope.app_name.is_some_and(|a| a.starts_with(app)), "{name}: {text}");
            let without_host = name.contains("nohostname")
                || name.starts_with("haproxy/")
                || (name.starts_with("logger/unixd") && !text.contains(">1 "))
                || text.contains(":03  nginx:")
                || text.starts_with("<190>1 - - ");
            assert_eq!(envelope.hostname, (!without_host).then_some("vm"), "{name}: {text}");
        }
    }
}

#[test]
fn every_captured_stream_gives_its_frames_and_rejects_none_that_is_right() {
    let Some(captures) = shared("captures") else { return };
    // (capture, frames in `auto`, frames of the mode that its sender meant)
    let cases = [
        ("apache/common_logger_octetcount_tcp.conn1", 114, Mode::Octet, 114),
        ("apache/timed_logger_rfc3164_tcp.conn1", 23, Mode::Lf, 23),
        ("caddy/access_json_tcp.conn1", 4, Mode::Lf, 4),
        ("haproxy/ring_rfc3164_lf_tcp.conn1", 1, Mode::Lf, 1),
        ("haproxy/ring_rfc5424_octetcount_tcp.conn1", 18, Mode::Octet, 18),
        // One of its messages has an LF inside, which only `nul` can tell from an end.
        ("logger/pytcp.conn1", 5, Mode::Nul, 4),
        ("logger/tcp.conn1", 1, Mode::Lf, 1),
        ("logger/tcp.conn2", 1, Mode::Octet, 1),
        ("logger/tcp.conn3", 1, Mode::Lf, 1),
        ("logger/tcp.conn4", 3, Mode::Lf, 3),
        ("logger/tcp.conn5", 3, Mode::Octet, 3),
        ("logger/unixs.conn1", 1, Mode::Lf, 1),
        ("rsyslog/omfwd_tcp_json.conn1", 121, Mode::Lf, 121),
        // imfile sends a raw NUL inside a line.
        ("rsyslog/omfwd_tcp_lf_default.conn1", 122, Mode::Lf, 121),
        ("rsyslog/omfwd_tcp_octet_rfc5424.conn1", 121, Mode::Octet, 121),
        ("rsyslog/omfwd_tls_octet_rfc5424.conn1", 121, Mode::Octet, 121),
        ("syslog-ng/network_tcp_lf_bsd.conn1", 63, Mode::Lf, 63),
        ("syslog-ng/syslog_tcp_octet_rfc5424.conn1", 63, Mode::Octet, 63),
    ];
    for (name, automatic, mode, meant) in cases {
        let bytes = read(&captures.join(format!("{name}.bin")));
        for (mode, count) in [(Mode::Auto, automatic), (mode, meant)] {
            let got = frames(Framer::new(mode, 256 << 10), std::slice::from_ref(&bytes));
            assert!(got.iter().all(Result::is_ok), "{name} {mode}");
            assert_eq!(got.len(), count, "{name} {mode}");
            for frame in got.into_iter().flatten() {
                let text = lossy(&frame);
                let bare = ["caddy/", "logger/pytcp", "rsyslog/omfwd_tcp_json"]
                    .iter()
                    .any(|n| name.starts_with(n));
                let via = parse(&text).via;
                assert!(bare || via != Via::Bare || count == 122, "{name}: {text}");
            }
            let chunks: Vec<_> = bytes.chunks(7).map(<[u8]>::to_vec).collect();
            assert_eq!(frames(Framer::new(mode, 256 << 10), &chunks).len(), count, "{name} {mode}");
        }
    }
    let zipped = auto(&read(&captures.join("rsyslog/omfwd_tcp_octet_zip_permsg.conn1.bin")));
    let compressed = zipped.iter().filter(|o| **o == Err(RejectReason::Compressed)).count();
    assert_eq!((zipped.len(), compressed), (121, 71), "rsyslog zips what gets shorter by it");
    let stream = auto(&read(&captures.join("rsyslog/omfwd_tcp_octet_streamzip.conn1.bin")));
    assert_eq!(stream, [Err(RejectReason::Compressed)]);
}

/// What is odd is an outcome, never a loss: frames and rejections of each hand-made stream.
#[test]
fn every_odd_stream_ends_as_the_reliability_notes_say() {
    let Some(captures) = shared("captures") else { return };
    let cases: &[(&str, usize, &[RejectReason])] = &[
        ("oc_two", 2, &[]),
        ("lf_crlf_nonl_at_close", 3, &[]),
        ("mixed_framing", 3, &[]),
        ("count_too_short", 1, &[RejectReason::Framing]),
        ("count_too_long", 0, &[RejectReason::Incomplete]),
        ("count_huge", 2, &[]),
        ("leading_zeros", 1, &[]),
        ("cve_2022_24903_800_zeros", 1, &[]),
        ("zero_count", 0, &[RejectReason::Framing]),
        ("negative", 1, &[]),
        ("no_space", 1, &[]),
        ("one_byte_at_a_time", 1, &[]),
        ("tls_hello_in_plain", 0, &[RejectReason::TlsOnPlain]),
        ("http_in_syslog", 0, &[RejectReason::HttpOnSyslog]),
        // Its count is two short: `c` is what is left.
        ("octet_with_inner_lf", 1, &[RejectReason::Framing]),
        ("digits_then_close", 0, &[RejectReason::Incomplete]),
        ("count_then_close", 0, &[RejectReason::Incomplete]),
        ("only_newlines", 0, &[]),
        ("u64_overflow", 1, &[]),
        ("plus_sign", 1, &[]),
        ("unicode_digits", 1, &[]),
    ];
    let streams = json_lines(&captures.join("synthetic/tcp_streams.jsonl"));
    for stream in &streams {
        let name = stream["name"].as_str().expect("a name");
        let (_, count, rejected) = cases.iter().find(|c| c.0 == name).expect(name);
        let chunks: Vec<_> = stream["chunks_b64"]
            .as_array()
            .expect("chunks")
            .iter()
            .map(|c| decode_base64(c.as_str().expect("text")))
            .collect();
        let got = frames(Framer::new(Mode::Auto, 64 << 10), &chunks);
        let reasons: Vec<_> = got.iter().filter_map(|o| o.as_ref().err().copied()).collect();
        assert_eq!((got.len() - reasons.len(), &reasons[..]), (*count, *rejected), "{name}");
    }
    assert_eq!(streams.len(), cases.len());
}

#[test]
fn every_odd_datagram_is_one_line_but_the_two_that_are_empty() {
    let Some(captures) = shared("captures") else { return };
    let file = read(&captures.join("synthetic/odd_datagrams.dgrams"));
    let lines: Vec<_> = datagrams(&file).into_iter().map(messages).collect();
    assert_eq!(lines.len(), 33);
    assert_eq!(lines.iter().filter(|l| l.is_empty()).count(), 2);
    assert!(lines.iter().all(|l| l.len() <= 1));
    for line in lines.iter().flatten() {
        let text = lossy(line);
        let envelope = parse(&text);
        assert!(text.ends_with(envelope.message) && !envelope.message.is_empty(), "{text}");
    }
}

/// Known differences, each a decision: the case's id and why its expectation is not met.
const DECIDED: &[(&str, &str)] = &[
    // RFC 5424 section 6.3.3 has `\\\\` stand for one backslash; another suite expects that one.
    ("stanza/8-RFC5424-escaped-r", "keeps both backslashes of an escaped one"),
    ("stanza/9-RFC5424-escaped-t", "keeps both backslashes of an escaped one"),
    ("stanza/10-RFC5424-escaped-t", "keeps both backslashes of an escaped one"),
];

#[test]
fn other_projects_cases_of_framing_and_syslog_pass() {
    let Some(corpus) = shared("corpus") else { return };
    let mut files: Vec<_> =
        std::fs::read_dir(corpus).expect("a folder").map(|e| e.expect("an entry").path()).collect();
    files.sort();
    let mut failures = String::new();
    let (mut core, mut policy, mut policy_failed) = (0, 0, 0);
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "jsonl")) {
        for case in json_lines(file) {
            let problems = match case["kind"].as_str() {
                Some("syslog") => judge_syslog(&case),
                Some("framing") => judge_framing(&case),
                _ => continue,
            };
            let is_policy = !case["strictness"].is_null()
                || !case["leniency"].is_null()
                || (case["kind"] == "framing" && !case["expect_error"].is_null());
            if is_policy {
                policy += 1;
                policy_failed += usize::from(!problems.is_empty());
            } else {
                core += 1;
            }
            let id = case["id"].as_str().expect("an id");
            if !problems.is_empty() {
                eprintln!("{} {id}: {problems:?}", if is_policy { "policy" } else { "CORE" });
            }
            if !is_policy && problems.is_empty() == DECIDED.iter().any(|(known, _)| *known == id) {
                writeln!(failures, "{id}: {problems:?}").expect("memory");
            }
        }
    }
    eprintln!("core {core}, policy {policy} of which {policy_failed} differ");
    assert!(core > 50, "only {core} cases found");
    assert!(failures.is_empty(), "{failures}");
}

fn bytes_of(case: &Value, text: &str, base64: &str) -> Option<Vec<u8>> {
    match (&case[text], &case[base64]) {
        (Value::String(text), _) => Some(text.as_bytes().to_vec()),
        (_, Value::String(base64)) => Some(decode_base64(base64)),
        _ => None,
    }
}

fn judge_syslog(case: &Value) -> Vec<String> {
    let input = bytes_of(case, "input", "input_b64").expect("an input");
    let input = lossy(&input);
    let envelope = parse(&input);
    if case["expect_error"] == true {
        return vec!["accepted".into()];
    }
    compare(&case["expect"], &fields(&envelope))
}

fn judge_framing(case: &Value) -> Vec<String> {
    let chunks: Vec<Vec<u8>> = match (&case["chunks"], &case["chunks_b64"]) {
        (Value::Array(chunks), _) => {
            chunks.iter().map(|c| c.as_str().expect("text").as_bytes().to_vec()).collect()
        }
        (_, Value::Array(chunks)) => {
            chunks.iter().map(|c| decode_base64(c.as_str().expect("text"))).collect()
        }
        _ => vec![bytes_of(case, "input", "input_b64").expect("an input")],
    };
    let hint = case["format_hint"].as_str().expect("a hint");
    let mode = match hint {
        "auto_octet_or_lf" => Mode::Auto,
        "octet_counting" => Mode::Octet,
        "non_transparent_multiline_lf_lt" => Mode::Multiline,
        _ => Mode::Lf,
    };
    let framer = Framer::new(mode, case["max_frame"].as_u64().unwrap_or(65_536) as usize);
    let trims = case["option"] == "trim_large_messages";
    let got = frames(if trims { framer.trim_oversize() } else { framer }, &chunks);
    if case["expect_error"] == true {
        let any = got.iter().any(Result::is_err);
        return if any { vec![] } else { vec!["accepted".into()] };
    }
    let got: Vec<Vec<u8>> = got.into_iter().flatten().collect();
    let expect = &case["expect"];
    if let Some(texts) = expect["frame_texts"].as_array() {
        let want: Vec<_> =
            texts.iter().map(|t| t.as_str().expect("text").trim_end_matches('\n')).collect();
        let got: Vec<_> = got.iter().map(|g| lossy(g).trim_end_matches('\n').to_owned()).collect();
        return if got == want { vec![] } else { vec![format!("{got:?} not {want:?}")] };
    }
    if let Some(frames) = expect["frames_b64"].as_array() {
        let want: Vec<_> =
            frames.iter().map(|f| decode_base64(f.as_str().expect("text"))).collect();
        return if got == want { vec![] } else { vec![format!("{got:?} not {want:?}")] };
    }
    let want: Vec<_> = expect["frames"]
        .as_array()
        .expect("frames")
        .iter()
        .filter(|f| f["error"].is_null() && !f["expect"].is_null())
        .collect();
    let mut problems = Vec::new();
    if got.len() < want.len() {
        problems.push(format!("{} frames of {}", got.len(), want.len()));
    }
    for (want, got) in want.iter().zip(&got) {
        problems.extend(compare(&want["expect"], &fields(&parse(&lossy(got)))));
    }
    problems
}

fn fields(e: &Envelope<'_>) -> Map<String, Value> {
    let mut data = Map::new();
    for element in &e.structured_data {
        let params =
            element.params.iter().map(|(k, v)| ((*k).to_owned(), json!(v))).collect::<Map<_, _>>();
        data.insert(element.id.to_owned(), Value::Object(params));
    }
    let fields = json!({
        "facility": e.facility, "severity": e.severity, "version": e.version,
        "hostname": e.hostname, "app_name": e.app_name, "proc_id": e.proc_id, "msg_id": e.msg_id,
        "structured_data": data, "message": e.message, "time": e.stamp.map(|s| show(s, e.fraction())),
    });
    match fields {
        Value::Object(fields) => fields,
        _ => unreachable!(),
    }
}

/// `2026-11-22T10:00:00[.fraction]`, without a year `11-22T10:00:00[.fraction]`.
fn show(stamp: Stamp, fraction: &str) -> String {
    let (date, ms) = match stamp {
        Stamp::Utc(Millis(at)) | Stamp::Local(Millis(at)) => {
            let (year, month, day) = civil_from_days(at.div_euclid(86_400_000));
            (format!("{year:04}-{month:02}-{day:02}"), at.rem_euclid(86_400_000))
        }
        Stamp::Yearless { month, day, ms } => (format!("{month:02}-{day:02}"), i64::from(ms)),
    };
    let seconds = ms / 1000;
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{date}T{h:02}:{m:02}:{s:02}{point}{fraction}")
}

/// The rules of the corpus: only listed fields count, null is absent, `-` and nothing are null.
fn compare(expect: &Value, got: &Map<String, Value>) -> Vec<String> {
    let mut problems = Vec::new();
    for (key, want) in expect.as_object().expect("fields") {
        if ["extra", "then", "recognised_as"].contains(&key.as_str()) {
            continue;
        }
        let have = match key.as_str() {
            "time_noyear" | "time_local" => &got["time"],
            key => got.get(key).unwrap_or(&Value::Null),
        };
        let ok = match (key.as_str(), want, have) {
            ("time", Value::Null, _) => true,
            ("time" | "time_local", Value::String(w), Value::String(h)) => same_time(w, h),
            ("time_noyear", Value::String(w), Value::String(h)) => {
                let h = if h.as_bytes().get(4) == Some(&b'-') { &h[5..] } else { h };
                h == w || (!w.contains('.') && h.split('.').next() == Some(w))
            }
            _ if is_none(want) => is_none(have),
            ("message", Value::String(w), Value::String(h)) => {
                w.trim_start_matches('\u{feff}').trim() == h.trim()
            }
            (_, Value::String(w), Value::String(h)) => w == h || unescape(w) == unescape(h),
            (_, Value::Object(w), Value::Object(h)) => {
                w.len() == h.len()
                    && w.iter().all(|(k, v)| {
                        h.get(k).is_some_and(|o| o == v || (is_none(o) && is_none(v)))
                    })
            }
            (_, w, h) => w == h,
        };
        if !ok {
            problems.push(format!("{key}: {have} not {want}"));
        }
    }
    problems
}

fn is_none(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(s) => s.is_empty() || s == "-",
        Value::Object(o) => o.is_empty(),
        _ => false,
    }
}

/// Equal up to the digits that `want` has behind the second.
fn same_time(want: &str, have: &str) -> bool {
    let want = want.trim_end_matches('Z');
    let (base, digits) = want.split_once('.').unwrap_or((want, ""));
    let (have_base, have_digits) = have.split_once('.').unwrap_or((have, ""));
    let have_digits = format!("{have_digits:0<width$}", width = digits.len());
    base == have_base && have_digits.starts_with(digits)
}

fn decode_base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    let (mut bits, mut held) = (0, 0u32);
    for byte in text.bytes().filter(|&b| b != b'=') {
        let value = ALPHABET.iter().position(|&a| a == byte).expect("base64");
        held = held << 6 | value as u32;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits) as u8);
        }
    }
    out
}

#[test]
fn a_web_servers_own_line_is_no_header_and_comes_whole_out_of_one() {
    let Some(corpus) = shared("corpus") else { return };
    let (mut lines, mut untagged) = (0, 0);
    for entry in std::fs::read_dir(corpus).expect("a folder") {
        let file = entry.expect("an entry").path();
        if file.extension().is_none_or(|e| e != "jsonl") {
            continue;
        }
        for case in json_lines(&file) {
            let hint = case["format_hint"].as_str().expect("a hint");
            let kind = case["kind"].as_str().expect("a kind");
            if !["access", "error"].contains(&kind) {
                continue;
            }
            let input = bytes_of(&case, "input", "input_b64").expect("an input");
            let input = lossy(&input);
            let line = input.trim_end_matches(['\n', '\r', '\0']);
            if line.is_empty() {
                continue;
            }
            lines += 1;
            let has_header = hint.starts_with("syslog+");
            assert_eq!(parse(line).via != Via::Bare, has_header, "{line}");
            for head in ["vm nginx: ", "nginx: ", "vm nginx[5]: ", " nginx: ", "vm nginx "] {
                let sent = format!("<190>Nov 22 10:00:00 {head}{line}");
                let got = parse(&sent);
                assert_eq!((got.app_name, got.message), (Some("nginx"), line), "{sent}");
            }
            let sent = format!("<190>Nov 22 10:00:00 vm {line}");
            untagged += usize::from(parse(&sent).message != line);
        }
    }
    // Without a tag a line that begins with a word and a bracket, or a lone dash, is ambiguous.
    assert!(lines > 1000 && untagged < 10, "{untagged} of {lines} without a tag");
}

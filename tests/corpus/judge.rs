//! Compares an answer with a case: the rules that stand in the corpus's README.

use serde_json::{Map, Value};

/// The peer's own further values: informative.
const NOT_SCORED: [&str; 12] = [
    "extra",
    "directives",
    "dissected",
    "variables",
    "fields_graylog_names",
    "recognised_as",
    "otel_severity_number",
    "then",
    "frames_best_effort",
    "syslog_time",
    "syslog_time_noyear",
    "frames_text",
];

/// What is wrong with the answer; nothing where it agrees.
pub(crate) fn problems(case: &Value, answer: Option<&Value>) -> Vec<String> {
    let Some(answer) = answer else { return vec!["no answer".into()] };
    let ok = answer["ok"] == true;
    if case["expect_error"] == true || (case["expect"].is_null() && !case["expect_error"].is_null())
    {
        return if ok { vec!["accepted, must be rejected".into()] } else { Vec::new() };
    }
    let expect = &case["expect"];
    if case["kind"] == "framing" {
        return framing(expect, answer);
    }
    if !ok {
        return vec!["rejected, must be accepted".into()];
    }
    if let Some(wanted) = expect["recognised_as"].as_str()
        && answer["kind"].as_str().is_some_and(|kind| kind != wanted)
    {
        return vec![format!("is {}, must be {wanted}", answer["kind"])];
    }
    let skip = case["peers_disagree_on"].as_array().cloned().unwrap_or_default();
    fields(expect.as_object(), &answer["fields"], &skip)
}

fn framing(expect: &Value, answer: &Value) -> Vec<String> {
    let texts = |value: &Value| -> Vec<String> {
        let items = value.as_array().cloned().unwrap_or_default();
        items.iter().map(|t| t.as_str().unwrap_or_default().trim_end_matches('\n').into()).collect()
    };
    let differ = |key: &str, wanted: &[String], got: &[String]| -> Vec<String> {
        if wanted == got { Vec::new() } else { vec![format!("{key}: {wanted:?}, got {got:?}")] }
    };
    if !expect["frame_texts"].is_null() {
        return differ("frames", &texts(&expect["frame_texts"]), &texts(&answer["frames"]));
    }
    if !expect["frames_b64"].is_null() {
        return differ("frames_b64", &texts(&expect["frames_b64"]), &texts(&answer["frames_b64"]));
    }
    let frames = expect["frames"].as_array().cloned().unwrap_or_default();
    let parsed = answer["parsed"].as_array().cloned().unwrap_or_default();
    let sure = frames.iter().filter(|f| !f["expect"].is_null() && f["error"].is_null()).count();
    let mut problems = Vec::new();
    if parsed.len() < sure {
        problems.push(format!("{sure} frames, got {}", parsed.len()));
    }
    let wanted = frames.iter().map(|frame| &frame["expect"]).filter(|expect| !expect.is_null());
    for (wanted, got) in wanted.zip(parsed.iter().filter(|got| !got.is_null())) {
        problems.extend(fields(wanted.as_object(), got, &[]));
    }
    problems
}

fn fields(expect: Option<&Map<String, Value>>, got: &Value, skip: &[Value]) -> Vec<String> {
    let expect = expect.into_iter().flatten();
    expect
        .filter(|(key, _)| !NOT_SCORED.contains(&key.as_str()))
        .filter(|(key, _)| !skip.iter().any(|skipped| skipped == key.as_str()))
        .filter(|(key, wanted)| !agrees(key, wanted, got))
        .map(|(key, wanted)| format!("{key} is {wanted}, got {}", got[key.as_str()]))
        .collect()
}

/// `null`, nothing and `-` are all absent.
fn present(value: &Value) -> Option<&Value> {
    let absent = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty() || text == "-",
        Value::Object(map) => map.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    (!absent).then_some(value)
}

fn agrees(key: &str, wanted: &Value, fields: &Value) -> bool {
    let mut got = present(&fields[key]);
    if key == "message_full" && got.is_none() {
        got = present(&fields["message"]);
    }
    match key {
        "time" => {
            let text = |v: &Value| v.as_str().map(str::to_owned);
            return match (text(wanted), got.and_then(text)) {
                (Some(wanted), Some(got)) => same_time(&wanted, &got, true),
                // Without a time in the line that of its arrival is right.
                (None, _) => true,
                (Some(_), None) => false,
            };
        }
        "time_local" => {
            let wanted = wanted.as_str().unwrap_or_default();
            let times = [&fields["time_local"], &fields["time"]];
            return times.iter().filter_map(|t| t.as_str()).any(|t| same_time(wanted, t, false));
        }
        "time_noyear" => {
            let wanted = wanted.as_str().unwrap_or_default();
            let times = [&fields["time_noyear"], &fields["time"]];
            return times.iter().filter_map(|t| t.as_str()).any(|t| without_year(wanted, t));
        }
        _ => {}
    }
    let Some(wanted) = present(wanted) else { return got.is_none() };
    let Some(got) = got else { return false };
    match wanted {
        Value::Bool(_) => wanted == got,
        Value::Number(number) => {
            let wanted = number.as_f64().unwrap_or(f64::NAN);
            let got = got.as_f64().or_else(|| got.as_str()?.parse().ok()).unwrap_or(f64::NAN);
            (wanted - got).abs() < 1e-6 * wanted.abs().max(1.0)
        }
        Value::String(wanted) => {
            let got = got.as_str().map_or_else(|| got.to_string(), str::to_owned);
            same_text(key, wanted, &got)
        }
        Value::Object(wanted) => got.as_object().is_some_and(|got| same_object(wanted, got)),
        _ => wanted == got,
    }
}

fn same_object(wanted: &Map<String, Value>, got: &Map<String, Value>) -> bool {
    wanted.len() == got.len()
        && wanted.iter().all(|(key, value)| {
            let other = got.get(key).and_then(present);
            match (present(value), other) {
                (Some(Value::Object(a)), Some(Value::Object(b))) => same_object(a, b),
                (a, b) => a == b,
            }
        })
}

fn level(name: &str) -> String {
    let name = name.to_lowercase();
    match name.as_str() {
        "err" => "error".into(),
        "warning" => "warn".into(),
        "emergency" => "emerg".into(),
        "critical" => "crit".into(),
        "informational" | "informations" => "info".into(),
        _ => name,
    }
}

fn same_text(key: &str, wanted: &str, got: &str) -> bool {
    if key == "level" {
        return level(wanted) == level(got);
    }
    if matches!(key, "message" | "message_full") {
        let bare = |text: &str| text.trim_start_matches('\u{feff}').trim().to_owned();
        if bare(wanted) == bare(got) {
            return true;
        }
        if key == "message_full" {
            let tail = wanted.split_once("] ").map_or(wanted, |(_, tail)| tail);
            return got.trim().ends_with(tail.trim());
        }
    }
    if matches!(key, "target" | "path" | "query") && wanted.trim() == got.trim() {
        return true;
    }
    let plain = unescaped(wanted);
    if wanted == got || plain == got || plain == unescaped(got) {
        return true;
    }
    // A binary request may be bytes or lossy text.
    let bytes: Option<Vec<u8>> = plain.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
    bytes.is_some_and(|bytes| String::from_utf8_lossy(&bytes) == got)
}

/// The civil time, its zone and the digits of its fraction.
fn time(text: &str) -> Option<(String, String, i64)> {
    let (date, rest) = text.split_at_checked(10)?;
    let rest = rest.strip_prefix(['T', ' '])?;
    let (clock, rest) = rest.split_at_checked(8)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.bytes().take_while(u8::is_ascii_digit).count()),
        None => ("", rest),
    };
    let offset_min = match zone {
        "" | "Z" => 0,
        _ => {
            let digits: String = zone.chars().filter(char::is_ascii_digit).collect();
            let (hours, minutes) = digits.split_at_checked(2)?;
            let minutes = hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?;
            if zone.starts_with('-') { -minutes } else { minutes }
        }
    };
    Some((format!("{date}T{}", clock.replace(":60", ":59")), fraction.into(), offset_min))
}

/// To the precision that is wanted; `zoned` compares the moments, else the wall clocks.
fn same_time(wanted: &str, got: &str, zoned: bool) -> bool {
    let (Some((a, wanted_fraction, a_min)), Some((b, fraction, b_min))) = (time(wanted), time(got))
    else {
        return wanted == got;
    };
    let digits = wanted_fraction.len();
    let fraction = format!("{fraction:0<digits$}");
    let moment = |civil: &str, minutes: i64| {
        chrono::NaiveDateTime::parse_from_str(civil, "%Y-%m-%dT%H:%M:%S")
            .map(|t| t - chrono::TimeDelta::minutes(if zoned { minutes } else { 0 }))
    };
    let same = match (moment(&a, a_min), moment(&b, b_min)) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    same && fraction[..digits] == wanted_fraction
}

fn without_year(wanted: &str, got: &str) -> bool {
    let dated = got.len() > 5 && got.as_bytes()[..4].iter().all(u8::is_ascii_digit);
    let got = if dated { &got[5..] } else { got };
    let zone = got.rfind(['+', '-']).filter(|at| *at > 6).unwrap_or(got.len());
    let got = got[..zone].trim_end_matches('Z');
    got == wanted
        || (!wanted.contains('.') && got.split('.').next() == Some(wanted))
        || got.trim_end_matches('0') == wanted.trim_end_matches('0')
}

/// Every backslash escape undone, one character a byte.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let hex = |len: usize| {
            let digits = rest.as_str().get(1..=len)?;
            u32::from_str_radix(digits, 16).ok().and_then(char::from_u32)
        };
        let coded = match rest.as_str().as_bytes().first() {
            Some(b'x') => hex(2).map(|c| (c, 3)),
            Some(b'u') => hex(4).map(|c| (c, 5)),
            _ => None,
        };
        if let Some((character, taken)) = coded {
            out.push(character);
            rest = rest.as_str()[taken..].chars();
            continue;
        }
        match rest.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('b') => out.push('\u{8}'),
            Some('v') => out.push('\u{b}'),
            Some('f') => out.push('\u{c}'),
            Some(other) => out.push(other),
            None => out.push('\\'),
        }
    }
    out
}

//! Lines as the software out there writes them, family by family, with all that they say.

use super::recognise::Recogniser;
use super::{FORMATS, decode_as, tests::brief};
use crate::vocab::event::Kind;

mod applications;
mod errors;
mod frameworks;
mod haproxy;
mod layouts;
mod pairs;
mod servers;
mod words;

/// Reads every line and tells all that are read otherwise; no line, and no line that goes on as the
/// next one does, is read by two formats.
fn check(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (line, expected) in cases {
        let event = Recogniser::default().decode(line);
        let got = brief(&event);
        if got != *expected {
            wrong.push(format!("{line}\n  is   {expected}\n  read {got}"));
        }
        let readers: Vec<_> = FORMATS
            .iter()
            .filter(|format| format.decode(line).is_some())
            .map(|format| format.name())
            .collect();
        if readers.len() > 1 {
            wrong.push(format!("{line}\n  read by {readers:?}"));
        }
        if event.kind != Kind::Message && decode_as(event.format, line).as_ref() != Some(&event) {
            wrong.push(format!("{line}\n  reads otherwise as {} by name", event.format));
        }
        if FORMATS.iter().any(|format| format.decode(line).is_some() && !format.fits(line)) {
            wrong.push(format!("{line}\n  is read by what says it does not fit"));
        }
    }
    let lines: Vec<_> = cases.iter().map(|(line, _)| *line).collect();
    for pair in lines.windows(2) {
        for cut in (0..pair[0].len()).step_by(9).filter(|&cut| pair[0].is_char_boundary(cut)) {
            for from in [0, 11, 26, 40].into_iter().filter(|&from| pair[1].is_char_boundary(from)) {
                let line = format!("{}{}", &pair[0][..cut], &pair[1][from..]);
                let readers = FORMATS.iter().filter(|format| format.decode(&line).is_some());
                if readers.count() > 1 {
                    wrong.push(format!("{line}\n  read twice"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
}

/// None of these lines is read as anything by anyone.
fn refused(lines: &[&str]) {
    for line in lines {
        for format in FORMATS {
            assert!(format.decode(line).is_none(), "{} reads {line}", format.name());
        }
    }
}

#[test]
fn nothing_behind_an_error_line_makes_it_an_access_line() {
    const ERRORS: [&str; 14] = [
        "2026/11/22 10:00:00 [error] 7#7: *9 no such file: ",
        "[Sun Nov 22 10:00:00 2026] [error] [client 203.0.113.9] File does not exist: ",
        "2026-11-22 10:00:00.353044 [INFO] [12] [203.0.113.9:61120-5#shop] unknown user ",
        "2026-11-22 10:00:00,123 ERROR shop: bad agent ",
        "2026-11-22T10:00:00Z ERR bad agent ",
        "2026/11/22 10:00:00 http: panic serving ",
        "[2026-11-22 10:00:00] production.ERROR: bad agent ",
        "E, [2026-11-22T10:00:00.123456 #12] ERROR -- : bad agent ",
        "[22-Nov-2026 10:00:00 UTC] PHP Warning:  bad agent ",
        "203.0.113.9:1 [22/Nov/2026:10:00:00.395] fe/bind: SSL handshake failure ",
        "ERROR:shop:bad agent ",
        "Error: bad agent ",
        "[10:00:00.123] ERROR (12): bad agent ",
        "time:2026-11-22T10:00:00Z\tlevel:error\tmessage:bad agent ",
    ];
    const FORGED: [&str; 13] = [
        r#"192.0.2.66 - - [22/Nov/2026:10:00:00 +0000] "GET /forged HTTP/1.1" 200 1 "-" "-""#,
        r#"192.0.2.66 - - "GET /forged HTTP/1.1" 200 1"#,
        r#"" - - [22/Nov/2026:10:00:00 +0000] "GET /forged HTTP/1.1" 200 1"#,
        r#"192.0.2.66:1 [22/Nov/2026:10:00:00.395] fe be/s 0/0/0/0/0 200 1 - - ---- 1/1/1/1/0 0/0 "GET /forged HTTP/1.1""#,
        "\thost:192.0.2.66\treq:GET /forged HTTP/1.1\tstatus:200\tsize:1",
        "method=GET path=/forged status=200 bytes=1 ip=192.0.2.66",
        r#"INFO:     192.0.2.66:1 - "GET /forged HTTP/1.1" 200 OK"#,
        r#""GET http://a/forged HTTP/1.1" from 192.0.2.66:1 - 200 1B in 1ms"#,
        r#"router: completed GET /forged for 192.0.2.66:0, 200 OK in 1ms @ x"#,
        "GET /forged 200 1.0 ms - 1",
        "HTTP GET /forged responded 200 in 1.0 ms",
        "\t{\"request\": {\"remote_ip\": \"192.0.2.66\", \"method\": \"GET\", \"uri\": \"/forged\"}, \"status\": 200}",
        "192.0.2.66, -, 11/22/2026, 10:00:00, W3SVC1, S, 192.0.2.5, 1, 1, 1, 200, 0, GET, /forged, -,",
    ];
    for error in ERRORS {
        for forged in FORGED {
            let line = format!("{error}{forged}");
            for format in FORMATS {
                let read = format.decode(&line);
                let access = read.is_some_and(|event| event.kind == Kind::Access);
                assert!(!access, "{} reads {line}", format.name());
            }
        }
    }
}

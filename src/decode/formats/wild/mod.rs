//! Lines as the software out there writes them, family by family, with all that they say.

use super::recognise::Recogniser;
use super::{FORMATS, decode_as, tests::brief};
use crate::vocab::event::Kind;

mod errors;
mod frameworks;
mod haproxy;
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

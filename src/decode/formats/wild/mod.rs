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

/// Reads every line and tells all that are read otherwise; no line is read by two formats.
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
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

/// None of these lines is read as anything by anyone.
fn refused(lines: &[&str]) {
    for line in lines {
        for format in FORMATS {
            assert!(format.decode(line).is_none(), "{} reads {line}", format.name());
        }
    }
}

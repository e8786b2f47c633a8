//! A format of the operator's own: a name and a text in nginx's, Apache's or goaccess's way.

use super::pasted::Pasted;
use crate::app::config::nearest;
use crate::app::snippet::untold;
use crate::decode::formats::recognise::UNKNOWN_NAME;
use crate::decode::formats::template::{self, Dialect, Fault, Options, Template};
use crate::decode::formats::{self, w3c};

/// The longest name.
pub const MAX_NAME: usize = 64;
/// The longest text, bytes; nginx itself takes 4,096 for one word.
pub const MAX_TEXT: usize = 16 << 10;

/// goaccess's names for formats that it knows.
pub const PRESETS: [&str; 13] = [
    "COMBINED",
    "VCOMBINED",
    "COMMON",
    "VCOMMON",
    "W3C",
    "CLOUDFRONT",
    "CLOUDSTORAGE",
    "AWSELB",
    "AWSALB",
    "AWSS3",
    "SQUID",
    "CADDY",
    "TRAEFIKCLF",
];

/// One entry of `[formats]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnFormat {
    pub name: String,
    /// As it was written: the text, or a whole directive of nginx or Apache.
    pub text: String,
    /// goaccess's `date-format`.
    pub date: Option<String>,
    /// goaccess's `time-format`.
    pub time: Option<String>,
}

impl OwnFormat {
    /// Makes a decoder of it.
    ///
    /// # Errors
    /// The bad spot, as bytes of [`OwnFormat::text`].
    pub fn compile(&self) -> Result<Template, Fault> {
        compile(&self.name, &self.text, self.date.as_deref(), self.time.as_deref())
    }

    /// Lines as its server writes them; none where they can't be made up.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let Ok(pasted) = Pasted::of(&self.text) else { return Vec::new() };
        if self.date.is_some() || self.time.is_some() {
            return Vec::new();
        }
        let dialect = pasted.dialect.unwrap_or_else(|| Dialect::of(&pasted.text));
        let told = pasted.text.strip_prefix("escape=").and_then(|rest| rest.split_once(' '));
        let (escape, plain) = told.map_or((None, &*pasted.text), |(word, rest)| (Some(word), rest));
        untold::lines(dialect, plain, escape).map(Vec::from).unwrap_or_default()
    }
}

/// Makes a decoder of a text or a pasted directive.
///
/// # Errors
/// The bad spot, as bytes of `text`.
pub fn compile(
    name: &str,
    text: &str,
    date: Option<&str>,
    time: Option<&str>,
) -> Result<Template, Fault> {
    if text.len() > MAX_TEXT {
        let message = format!("a format may have {MAX_TEXT} bytes, this one has {}", text.len());
        return Err(Fault { offset: 0, length: 0, message });
    }
    let pasted = Pasted::of(text).map_err(|broken| Fault {
        offset: broken.at,
        length: 0,
        message: broken.message,
    })?;
    let options =
        Options { date_format: date.map(str::to_owned), time_format: time.map(str::to_owned) };
    // Nobody but goaccess has its dates beside the text.
    let dated = date.is_some() || time.is_some();
    let dialect = pasted.dialect.or(dated.then_some(Dialect::GoAccess));
    template::compile(name, dialect, &pasted.text, &options).map_err(|fault| {
        let start = pasted.place(fault.offset);
        let end = pasted.place(fault.offset.saturating_add(fault.length));
        Fault { offset: start, length: end.saturating_sub(start), message: fault.message }
    })
}

/// Lines that are no access lines of anybody's.
const STRANGERS: [&str; 7] = [
    "restarting",
    "what is this",
    "a b c d e f g h i j k l m",
    "2026/11/22 10:00:00 [error] 7#7: *1 open() failed, client: 192.0.2.1, server: _",
    "[Sun Nov 22 10:00:00.000000 2026] [core:error] [pid 7] [client 192.0.2.1:4] AH00001: broken",
    "level=info msg=\"started\" port=80",
    "{\"level\":\"info\",\"msg\":\"started\",\"port\":80}",
];

/// Whether lines of any kind would be read as this format: it has no shape to know it by, as
/// Apache's `%{User-agent}i`. Tried on every line it would take those of all other formats.
#[must_use]
pub fn is_vague(template: &Template) -> bool {
    STRANGERS.iter().any(|line| template.explain(line).is_ok())
}

/// What to tell of a text's variables.
#[must_use]
pub fn notes(text: &str) -> Vec<String> {
    let told =
        |(name, near)| format!("${name} is no variable of nginx's own; did you mean ${near}?");
    mistyped(text).into_iter().map(told).collect()
}

/// Variables that are none of nginx's own and look like one that was mistyped, with the one that was
/// meant. A template passes over them: somebody's `map` may have made them.
#[must_use]
fn mistyped(text: &str) -> Vec<(&str, &'static str)> {
    let mut found = Vec::new();
    for part in text.split('$').skip(1) {
        let name = part.strip_prefix('{').unwrap_or(part);
        let odd = |c: char| !c.is_ascii_alphanumeric() && c != '_';
        let name = &name[..name.find(odd).unwrap_or(name.len())];
        // A short word is near to many.
        if name.len() < 5 || template::nginx_variables().any(|known| known == name) {
            continue;
        }
        let near = template::nginx_variables().find(|known| strsim::osa_distance(known, name) == 1);
        found.extend(near.map(|near| (name, near)));
    }
    found
}

/// What is wrong with a name, if anything.
///
/// # Errors
/// A sentence with what would be right.
pub fn judge_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.len() > MAX_NAME {
        return Err(format!("a format's name has 1 to {MAX_NAME} characters"));
    }
    let odd = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.');
    if let Some(odd) = name.chars().find(|c| odd(*c)) {
        return Err(format!(
            "'{odd}' in a format's name; letters, digits, '_', '-' and '.' can be"
        ));
    }
    // `message` is what lines of no format are told as, `auto` asks for recognition.
    let reserved = ["auto", UNKNOWN_NAME, w3c::HEADER, super::UNNAMED];
    if formats::names().chain(PRESETS).chain(reserved).any(|taken| taken == name) {
        return Err(format!("'{name}' is a name of Tapline's own; did you mean 'my_{name}'?"));
    }
    Ok(())
}

/// `unknown format '…'`, with the name that was probably meant.
#[must_use]
pub fn unknown<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let near = nearest(name, known).map(|near| format!("; did you mean '{near}'?"));
    format!("unknown format '{name}'{}", near.unwrap_or_default())
}

/// Whether a fault is one of the date or the time format, and not of the text.
#[must_use]
pub fn of_dates(fault: &Fault) -> Option<&'static str> {
    [("date-format: ", "date"), ("time-format: ", "time")]
        .into_iter()
        .find(|(start, _)| fault.message.starts_with(start))
        .map(|(_, key)| key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_read_and_no_name_of_the_house_can_be_taken() {
        for preset in PRESETS {
            assert!(compile(preset, preset, None, None).is_ok(), "{preset}");
            assert!(judge_name(preset).is_err());
        }
        for name in ["combined", "auto", "message", "template", "w3c_header", "", "a b", "ü"] {
            assert!(judge_name(name).is_err(), "{name}");
        }
        assert_eq!(judge_name("main-2.1_x"), Ok(()));
    }

    #[test]
    fn a_format_without_a_shape_is_known_as_one() {
        for (text, vague) in [
            ("%{User-agent}i", true),
            ("%{Referer}i -> %U", false),
            ("$remote_addr $request_uri", true),
            ("$remote_addr $status $request_uri", false),
            ("$status|$request", false),
            ("COMBINED", false),
            ("%h %l %u %t \"%r\" %>s %b", false),
        ] {
            let template = compile("x", text, None, None).expect(text);
            assert_eq!(is_vague(&template), vague, "{text}");
        }
    }

    #[test]
    fn a_mistyped_variable_is_found_and_one_of_somebodys_own_is_not() {
        let text = "$remote_adr ${request_tme} $status $statu $my_thing $http_x_thing $reqest_id";
        assert_eq!(
            mistyped(text),
            [
                ("remote_adr", "remote_addr"),
                ("request_tme", "request_time"),
                ("statu", "status"),
                ("reqest_id", "request_id"),
            ]
        );
    }

    #[test]
    fn a_bad_date_is_told_apart_from_a_bad_text() {
        let fault = |text, date| compile("x", text, date, None).expect_err("bad");
        assert_eq!(of_dates(&fault("%h %d %s", Some("%d/%Q"))), Some("date"));
        assert_eq!(of_dates(&fault("%h %Z", None)), None);
    }
}

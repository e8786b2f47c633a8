//! `--format`: a name, or the text of a format itself.

use clap::Args;

use super::own::{self, OwnFormat, PRESETS};
use super::{Reading, UNNAMED, catalog};
use crate::app::config::Config;
use crate::app::say;
use crate::decode::formats;
use crate::decode::formats::template::Fault;

/// goaccess's names for formats whose columns the lines' own header names: those are read by the
/// format itself, which knows such headers.
const WITH_HEADERS: [(&str, &str); 2] = [("W3C", "w3c"), ("CLOUDFRONT", "cloudfront")];

/// What lines of files are written in.
#[derive(Clone, Debug, Default, Args)]
pub struct FormatArgs {
    /// Take each line as this format instead of recognising it: a name of Tapline's own or of
    /// [formats] in the configuration, goaccess's COMBINED and the like, or the text of an nginx
    /// log_format, an Apache LogFormat or a goaccess log-format [also: --log-format]
    #[arg(short, long, value_name = "FORMAT")]
    pub format: Option<String>,
    /// Dates in a goaccess log-format, as %d/%b/%Y
    #[arg(long, value_name = "FORMAT")]
    pub date_format: Option<String>,
    /// Times in a goaccess log-format, as %H:%M:%S
    #[arg(long, value_name = "FORMAT")]
    pub time_format: Option<String>,
}

impl FormatArgs {
    /// The same with what `--log-format` says, goaccess's name for it.
    ///
    /// # Errors
    /// Both are there.
    pub fn or(self, log_format: Option<&str>) -> Result<FormatArgs, String> {
        match (&self.format, log_format) {
            (Some(_), Some(_)) => Err("--format and --log-format are the same; give one".into()),
            (None, Some(format)) => Ok(FormatArgs { format: Some(format.into()), ..self }),
            (_, None) => Ok(self),
        }
    }

    /// Nothing is said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.format.is_none() && self.date_format.is_none() && self.time_format.is_none()
    }

    /// Whether only the configuration can tell what is meant.
    #[must_use]
    pub fn needs_config(&self) -> bool {
        self.format.as_deref().is_some_and(|format| {
            !is_text(format) && format != "auto" && formats::names().all(|known| known != format)
        })
    }

    /// The formats of the configuration, and the one that is named. Tells of a text what may not be as it was meant.
    ///
    /// # Errors
    /// What to tell the user, of several lines where it shows the bad spot.
    pub fn reading(&self, config: &Config) -> Result<Reading, String> {
        let dated = self.date_format.is_some() || self.time_format.is_some();
        let Some(format) = self.format.as_deref().filter(|format| *format != "auto") else {
            if dated {
                return Err("--date-format and --time-format belong to a goaccess format; \
                            name it with --format"
                    .into());
            }
            return Ok(Reading::of(config));
        };
        let own = config.formats.iter().find(|own| own.name == format);
        if own.is_none() && is_text(format) {
            return self.text(format, config);
        }
        let known = Reading::of(config);
        let Some(found) = known.formats.by_name(format) else {
            let names: Vec<&str> = known.formats.names().chain(PRESETS).collect();
            // Of equally near ones the last is said: 'combined' rather than 'COMBINED'.
            let told = own::unknown(format, names.iter().rev().copied());
            return Err(format!("{told}\nknown: auto {}", names.join(" ")));
        };
        if dated {
            return Err(format!(
                "--date-format and --time-format belong to a goaccess format, and '{format}' is known"
            ));
        }
        let template = own.and_then(|own| own.compile().ok()).map(|own| &*Box::leak(Box::new(own)));
        Ok(Reading { format: Some(found.name()), template, ..known })
    }

    fn text(&self, text: &str, config: &Config) -> Result<Reading, String> {
        if let Some((_, format)) = WITH_HEADERS.iter().find(|(preset, _)| *preset == text) {
            return Ok(Reading { format: Some(format), ..Reading::of(config) });
        }
        let name = PRESETS.into_iter().find(|preset| *preset == text).unwrap_or(UNNAMED);
        let own = OwnFormat {
            name: name.into(),
            text: text.into(),
            date: self.date_format.clone(),
            time: self.time_format.clone(),
        };
        let template = own.compile().map_err(|fault| match own::of_dates(&fault) {
            Some(_) => fault.message,
            None => pointed(text, &fault),
        })?;
        // It is good, but perhaps not as it was meant.
        for note in own::notes(text) {
            say(&format!("note: --format: {note}"));
        }
        let formats = catalog(config, own.compile().ok());
        Ok(Reading { formats, format: Some(name), template: Some(Box::leak(Box::new(template))) })
    }
}

/// A template's text rather than a name.
fn is_text(format: &str) -> bool {
    format.contains(['$', '%']) || PRESETS.contains(&format)
}

/// The message, and below it the text with the bad spot marked.
fn pointed(text: &str, fault: &Fault) -> String {
    /// Characters shown before and from the spot on: together with the indent a line of a terminal.
    const BEFORE: usize = 36;
    const FROM: usize = 40;
    // A tab or a line feed would move the mark away from its spot.
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let (before, from) = text.split_at_checked(fault.offset).unwrap_or((text, ""));
    let length = from.get(..fault.length).unwrap_or(from).chars().count().clamp(1, FROM);
    let width = before.chars().count();
    let (cut, shown) = match width.checked_sub(BEFORE) {
        None | Some(0) => ("", width),
        Some(_) => ("…", BEFORE),
    };
    let head: String = before.chars().skip(width - shown).map(plain).collect();
    let tail: String = from.chars().take(FROM).map(plain).collect();
    let more = if from.chars().nth(FROM).is_some() { "…" } else { "" };
    let indent = cut.chars().count() + shown;
    format!(
        "{}\n  {cut}{head}{tail}{more}\n  {}{}",
        fault.message,
        " ".repeat(indent),
        "^".repeat(length)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(format: &str) -> Result<Reading, String> {
        let text = "$status|$request_uri".into();
        let own = OwnFormat { name: "shop".into(), text, date: None, time: None };
        let config = Config { formats: vec![own], ..Config::default() };
        FormatArgs { format: Some(format.into()), ..FormatArgs::default() }.reading(&config)
    }

    #[test]
    fn a_format_is_a_name_of_the_house_or_of_the_operator_or_a_text() {
        for (format, name, template) in [
            ("combined", Some("combined"), false),
            ("auto", None, false),
            ("shop", Some("shop"), true),
            ("$status|$remote_addr", Some("template"), true),
            ("COMBINED", Some("COMBINED"), true),
        ] {
            let reading = named(format).expect(format);
            assert_eq!(reading.format, name, "{format}");
            assert_eq!(reading.template.is_some(), template, "{format}");
            assert!(reading.formats.by_name("shop").is_some(), "{format}");
        }
        let told = named("combind").expect_err("unknown");
        assert!(
            told.starts_with("unknown format 'combind'; did you mean 'combined'?\nknown: auto ")
        );
    }

    #[test]
    fn the_bad_spot_of_a_text_is_marked() {
        let fault = |offset, length| Fault { offset, length, message: "what".into() };
        assert_eq!(pointed("$a $bad $c", &fault(3, 4)), "what\n  $a $bad $c\n     ^^^^");
        assert_eq!(pointed("$a", &fault(2, 0)), "what\n  $a\n    ^");
        assert_eq!(pointed("ü\t$b", &fault(3, 2)), "what\n  ü $b\n    ^^");
        let long = format!("{}$bad{}", "x".repeat(100), "y".repeat(100));
        let told = pointed(&long, &fault(100, 4));
        let (text, mark) = told.split_once("\n").expect("lines").1.split_once('\n').expect("two");
        assert_eq!(text.chars().count(), 2 + 1 + 36 + 40 + 1);
        let at = mark.find('^').expect("a mark");
        assert_eq!(text.chars().skip(at).take(4).collect::<String>(), "$bad");
        // Any offset at all is survived.
        pointed("ü", &fault(1, 9));
        pointed("", &fault(7, 9));
    }
}

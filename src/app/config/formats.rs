//! `[formats]`: the operator's own log formats, each judged as a whole and told by its bad spot.

use super::kind::{Kind, Raw, RawValue, Wrong, quoted};
use super::problem::nearest;
use crate::app::formats::own::{OwnFormat, judge_name, of_dates};
use crate::decode::formats::Catalog;

/// Names to texts of formats, or to tables that hold such a text.
#[derive(Debug)]
pub(super) struct Formats;

/// What a table may say of a format.
const KEYS: [&str; 3] = ["format", "date", "time"];

impl Kind for Formats {
    type Out = Vec<OwnFormat>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        let RawValue::Table(entries) = &raw.value else {
            return Err(vec![raw.wrong(format!(
                "{} is no table; write [formats] on a line of its own and below it a name and \
                 a format, as main = '$remote_addr [$time_local] \"$request\" $status'",
                raw.describe()
            ))]);
        };
        let (mut formats, mut wrong) = (Vec::new(), Vec::new());
        for (at, (name, span, value)) in entries.iter().enumerate() {
            let mut tell = |message: String| {
                wrong.push(Wrong { span: span.clone(), inside: None, message });
            };
            if at == Catalog::OWN_MAX {
                tell(format!("more than {} formats", Catalog::OWN_MAX));
                break;
            }
            if let Err(message) = judge_name(name) {
                tell(message);
            }
            match one(name, value) {
                Ok(format) => formats.push(format),
                Err(told) => wrong.extend(told),
            }
        }
        if wrong.is_empty() { Ok(formats) } else { Err(wrong) }
    }

    fn show(&self, value: &Self::Out) -> String {
        if value.is_empty() {
            return "{}".into();
        }
        let shown = |format: &OwnFormat| {
            let parts = [("format", Some(&format.text)), ("date", format.date.as_ref())];
            let parts = parts.into_iter().chain([("time", format.time.as_ref())]);
            let parts = parts.filter_map(|(key, text)| Some(format!("{key} = {}", quoted(text?))));
            let parts: Vec<String> = parts.collect();
            format!("{} = {{ {} }}", quoted(&format.name), parts.join(", "))
        };
        format!("{{ {} }}", value.iter().map(shown).collect::<Vec<_>>().join(", "))
    }

    fn says(&self) -> String {
        format!(
            "table of at most {} names and formats, as {{ main = '$host $request $status' }}; one of \
             goaccess's may need {{ format = '…', date = '%d/%b/%Y', time = '%H:%M:%S' }}",
            Catalog::OWN_MAX
        )
    }
}

/// A format's value: its text, or a table with the text and its dates.
fn one(name: &str, value: &Raw) -> Result<OwnFormat, Vec<Wrong>> {
    let mut format = OwnFormat { name: name.into(), text: String::new(), date: None, time: None };
    let (mut place, mut dates) = (value, [None, None]);
    match &value.value {
        RawValue::Text(text) => format.text.clone_from(text),
        RawValue::Table(entries) => {
            let mut wrong = Vec::new();
            let mut found = None;
            for (key, at, value) in entries {
                if !KEYS.contains(&key.as_str()) {
                    let near = nearest(key, KEYS).map(|near| format!("; did you mean '{near}'?"));
                    let near = near.unwrap_or_else(|| format!("; there are {}", KEYS.join(", ")));
                    let message = format!("unknown key '{key}' of a format{near}");
                    wrong.push(Wrong { span: at.clone(), inside: None, message });
                    continue;
                }
                let RawValue::Text(text) = &value.value else {
                    let message = format!("{} is no text; write it in quotes", value.describe());
                    wrong.push(value.wrong(message));
                    continue;
                };
                match key.as_str() {
                    "format" => {
                        format.text.clone_from(text);
                        found = Some(value);
                    }
                    "date" => {
                        format.date = Some(text.clone());
                        dates[0] = Some(value);
                    }
                    _ => {
                        format.time = Some(text.clone());
                        dates[1] = Some(value);
                    }
                }
            }
            match found {
                Some(found) => place = found,
                None if wrong.is_empty() => {
                    wrong.push(value.wrong(format!("'{name}' has no text; say format = '…'")));
                }
                None => {}
            }
            if !wrong.is_empty() {
                return Err(wrong);
            }
        }
        _ => {
            return Err(vec![
                value.wrong(format!("{} is no format; write its text in quotes", value.describe())),
            ]);
        }
    }
    match format.compile() {
        Ok(_) => Ok(format),
        Err(fault) => {
            if let Some(key) = of_dates(&fault) {
                let place = dates[usize::from(key == "time")].unwrap_or(place);
                return Err(vec![place.wrong(fault.message)]);
            }
            let (span, inside) = (place.span.clone(), Some(fault.offset));
            Err(vec![Wrong { span, inside, message: fault.message }])
        }
    }
}

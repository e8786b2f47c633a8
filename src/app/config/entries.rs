//! Lists of tables, as `[[notify]]` makes them: each table is read key by key, and all that is wrong
//! with all of them is told at once.

use std::ops::Range;

use super::kind::{Kind, Raw, RawValue, Wrong};
use super::problem::nearest;

/// One table of a list.
#[derive(Debug)]
pub(super) struct Entry<'a> {
    place: Range<usize>,
    fields: &'a [(String, Range<usize>, Raw)],
    wrong: Vec<Wrong>,
}

impl<'a> Entry<'a> {
    /// The value of a key as it is written.
    pub(super) fn get(&self, key: &str) -> Option<&'a Raw> {
        self.fields.iter().find(|(name, ..)| name == key).map(|(.., value)| value)
    }

    /// The value of a key; `None` where it is not there or not good, and then that is told.
    pub(super) fn take<K: Kind>(&mut self, key: &str, kind: &K) -> Option<K::Out> {
        match kind.read(self.get(key)?) {
            Ok(value) => Some(value),
            Err(wrong) => {
                self.wrong.extend(wrong);
                None
            }
        }
    }

    /// Something is wrong with a key, or with the table because it lacks it.
    pub(super) fn tell(&mut self, key: &str, message: impl Into<String>) {
        let wrong = match self.get(key) {
            Some(value) => value.wrong(message),
            None => Wrong { span: self.place.clone(), inside: None, message: message.into() },
        };
        self.wrong.push(wrong);
    }

    /// The same at a byte of the value's text.
    pub(super) fn tell_inside(&mut self, key: &str, offset: usize, message: String) {
        let span = self.get(key).map_or(self.place.clone(), |value| value.span.clone());
        self.wrong.push(Wrong { span, inside: Some(offset), message });
    }
}

/// Reads the list `name`, whose tables have `keys`. `read` gives nothing where it told what is wrong.
pub(super) fn entries<T>(
    raw: &Raw,
    name: &str,
    keys: &[&str],
    most: usize,
    mut read: impl FnMut(&mut Entry<'_>) -> Option<T>,
) -> Result<Vec<T>, Vec<Wrong>> {
    let shape = || {
        vec![raw.wrong(format!(
            "{} is no list of tables; write [[{name}]] with two brackets on a line of its own, and its \
             keys below",
            raw.describe()
        ))]
    };
    let RawValue::List(items) = &raw.value else { return Err(shape()) };
    let (mut out, mut wrong) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        let RawValue::Table(fields) = &item.value else { return Err(shape()) };
        if at == most {
            wrong.push(item.wrong(format!("more than {most} of [[{name}]]")));
            break;
        }
        let mut entry = Entry { place: item.span.clone(), fields, wrong: Vec::new() };
        for (key, span, _) in fields.iter().filter(|(key, ..)| !keys.contains(&key.as_str())) {
            let near =
                nearest(key, keys.iter().copied()).map(|near| format!("; did you mean '{near}'?"));
            let near = near.unwrap_or_else(|| format!("; there are {}", keys.join(", ")));
            let message = format!("unknown key '{key}' in [[{name}]]{near}");
            entry.wrong.push(Wrong { span: span.clone(), inside: None, message });
        }
        out.extend(read(&mut entry));
        wrong.append(&mut entry.wrong);
    }
    if wrong.is_empty() { Ok(out) } else { Err(wrong) }
}

//! `AnyValue` of OpenTelemetry, as protobuf and as JSON, and what is written of it into a line.

use std::borrow::Cow;
use std::fmt::Write;

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::super::Broken;
use super::super::json::Any;
use super::super::protobuf::{Value, fields};
use crate::decode::text::lossy;

/// Lists and objects may lie this deep; what is deeper is left out.
const DEPTH_MAX: usize = 8;

/// A value of a record.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Json<'b> {
    #[default]
    Nothing,
    Text(Cow<'b, str>),
    /// A number or a word of JSON.
    Bare(String),
    List(Vec<Json<'b>>),
    Object(Vec<(Cow<'b, str>, Json<'b>)>),
}

impl<'b> Json<'b> {
    pub(super) fn text(self) -> Option<Cow<'b, str>> {
        if let Json::Text(text) = self { Some(text) } else { None }
    }

    fn number(number: f64) -> Json<'b> {
        if number.is_finite() { Json::Bare(number.to_string()) } else { Json::Nothing }
    }
}

/// `KeyValue { string key = 1; AnyValue value = 2 }`.
pub(super) fn key_value(message: &[u8], depth: usize) -> Result<(Cow<'_, str>, Json<'_>), Broken> {
    let (mut key, mut value) = (Cow::Borrowed(""), Json::Nothing);
    for field in fields(message) {
        match field? {
            (1, Value::Bytes(text)) => key = lossy(text),
            (2, Value::Bytes(message)) => value = any_value(message, depth)?,
            _ => {}
        }
    }
    Ok((key, value))
}

/// `AnyValue { string = 1; bool = 2; int64 = 3; double = 4; ArrayValue = 5; KeyValueList = 6; bytes = 7 }`; both lists
/// have their `values` as 1.
pub(super) fn any_value(message: &[u8], depth: usize) -> Result<Json<'_>, Broken> {
    let mut json = Json::Nothing;
    for field in fields(message) {
        json = match field? {
            (1 | 7, Value::Bytes(text)) => Json::Text(lossy(text)),
            (2, Value::Varint(word)) => Json::Bare((word != 0).to_string()),
            (3, Value::Varint(number)) => Json::Bare((number as i64).to_string()),
            (4, Value::Fixed64(bits)) => Json::number(f64::from_bits(bits)),
            (5, Value::Bytes(list)) if depth < DEPTH_MAX => {
                let mut values = Vec::new();
                for field in fields(list) {
                    if let (1, Value::Bytes(value)) = field? {
                        values.push(any_value(value, depth + 1)?);
                    }
                }
                Json::List(values)
            }
            (6, Value::Bytes(list)) if depth < DEPTH_MAX => {
                let mut values = Vec::new();
                for field in fields(list) {
                    if let (1, Value::Bytes(value)) = field? {
                        values.push(key_value(value, depth + 1)?);
                    }
                }
                Json::Object(values)
            }
            _ => json,
        };
    }
    Ok(json)
}

/// A `LogRecord` of JSON; whole numbers of 64 bits are texts, or numbers all the same.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sent<'b> {
    #[serde(borrow)]
    pub(super) time_unix_nano: Option<Any<'b>>,
    #[serde(borrow)]
    pub(super) observed_time_unix_nano: Option<Any<'b>>,
    #[serde(borrow)]
    pub(super) severity_text: Option<Any<'b>>,
    #[serde(borrow)]
    pub(super) body: Option<Json<'b>>,
    #[serde(borrow)]
    pub(super) attributes: Option<Vec<Field<'b>>>,
}

#[derive(Deserialize)]
pub(super) struct Field<'b> {
    #[serde(borrow, default)]
    pub(super) key: Cow<'b, str>,
    #[serde(borrow, default)]
    pub(super) value: Json<'b>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AnyValue<'b> {
    #[serde(borrow)]
    string_value: Option<Any<'b>>,
    bool_value: Option<bool>,
    #[serde(borrow)]
    int_value: Option<Any<'b>>,
    #[serde(borrow)]
    double_value: Option<Any<'b>>,
    #[serde(borrow)]
    array_value: Option<Values<Json<'b>>>,
    #[serde(borrow)]
    kvlist_value: Option<Values<Field<'b>>>,
    #[serde(borrow)]
    bytes_value: Option<Any<'b>>,
}

#[derive(Deserialize)]
struct Values<T> {
    #[serde(default = "Vec::new")]
    values: Vec<T>,
}

impl<'de: 'b, 'b> Deserialize<'de> for Json<'b> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Some(value) = Option::<AnyValue<'b>>::deserialize(from)? else {
            return Ok(Json::Nothing);
        };
        let number = |number: Any<'_>| match number {
            Any::Whole(number) => Ok(Json::Bare(number.to_string())),
            Any::Number(number) => Ok(Json::number(number)),
            Any::Text(text) => {
                let number: Result<f64, _> = text.parse();
                let number = number.map_err(|_| D::Error::custom("a number that is none"))?;
                // A whole one keeps all of its digits.
                let whole = text.parse::<i64>().map(|number| Json::Bare(number.to_string()));
                Ok(whole.unwrap_or_else(|_| Json::number(number)))
            }
            Any::Other => Err(D::Error::custom("a number that is none")),
        };
        Ok(match value {
            AnyValue { string_value: Some(Any::Text(text)), .. } => Json::Text(text),
            AnyValue { bool_value: Some(word), .. } => Json::Bare(word.to_string()),
            AnyValue { int_value: Some(value), .. } => number(value)?,
            AnyValue { double_value: Some(value), .. } => number(value)?,
            AnyValue { array_value: Some(list), .. } => Json::List(list.values),
            AnyValue { kvlist_value: Some(list), .. } => {
                Json::Object(list.values.into_iter().map(|f| (f.key, f.value)).collect())
            }
            AnyValue { bytes_value: Some(Any::Text(text)), .. } => Json::Text(text),
            _ => Json::Nothing,
        })
    }
}

/// Writes the fields of an object that is open.
pub(super) fn write_fields(fields: &[(Cow<'_, str>, Json<'_>)], out: &mut String) {
    for (name, value) in fields {
        write_field(name, value, out);
    }
}

pub(super) fn write_field(name: &str, value: &Json<'_>, out: &mut String) {
    if *value == Json::Nothing || name.is_empty() {
        return;
    }
    if !out.ends_with('{') {
        out.push(',');
    }
    write_text(name, out);
    out.push(':');
    write(value, 0, out);
}

fn write(value: &Json<'_>, depth: usize, out: &mut String) {
    match value {
        Json::Text(text) => write_text(text, out),
        Json::Bare(bare) => out.push_str(bare),
        Json::List(values) if depth < DEPTH_MAX => {
            out.push('[');
            for (at, value) in values.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write(value, depth + 1, out);
            }
            out.push(']');
        }
        Json::Object(fields) if depth < DEPTH_MAX => {
            out.push('{');
            for (at, (name, value)) in fields.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_text(name, out);
                out.push(':');
                write(value, depth + 1, out);
            }
            out.push('}');
        }
        Json::Nothing | Json::List(_) | Json::Object(_) => out.push_str("null"),
    }
}

fn write_text(text: &str, out: &mut String) {
    let quoted = serde_json::to_string(text).unwrap_or_else(|_| "\"\"".to_owned());
    let _ = out.write_str(&quoted);
}

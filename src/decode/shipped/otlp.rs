//! OpenTelemetry's logs over HTTP (opentelemetry-proto, `collector/logs/v1` and `logs/v1`): records under scopes under
//! resources.
//!
//! The body of a record is the line. Where its attributes are those of a request (`http.…`, `url.…`: OpenTelemetry's
//! semantic conventions), or its body is no text, the line is a JSON object of both, which is read by its names as any
//! other is; what stands in its body is `message` there.

use std::borrow::Cow;
use std::rc::Rc;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::{Any, broken, each, each_in, each_of_body};
use super::protobuf::{Value, fields};
use super::{Broken, By, Entries, Names, of_nanos};
use crate::decode::text::lossy;
use crate::vocab::outcome::RejectReason;
use crate::vocab::time::Millis;

mod value;

use value::{Field, Json};

/// Attributes that name the host, the best first: a pod is the host that its programs know, `host.name` its node.
const HOSTS: &[&str] = &["k8s.pod.name", "host.name"];
const APPS: &[&str] = &["service.name", "k8s.container.name", "container.name"];

/// A record is at most so many times as large as the line that is made of it; what is larger is not looked into.
const AROUND: usize = 8;
/// A longer attribute of a resource holds no name.
const LONG: usize = 8 * super::MAX_NAME;

/// One record, before it is known what its line is.
#[derive(Default)]
struct Record<'b> {
    time: u64,
    observed: u64,
    severity: Cow<'b, str>,
    body: Json<'b>,
    attributes: Vec<(Cow<'b, str>, Json<'b>)>,
}

impl<'b> Record<'b> {
    fn enter(self, by: Option<&Rc<By<'b>>>, entries: &mut Entries<'_, 'b>) {
        let nanos = if self.time > 0 { self.time } else { self.observed };
        let at: Option<Millis> = i64::try_from(nanos).ok().filter(|ns| *ns > 0).map(of_nanos);
        let requests = ["http.", "url."];
        let asks = |name: &str| requests.iter().any(|front| name.starts_with(front));
        let is_request = self.attributes.iter().any(|(name, _)| asks(name));
        match self.body {
            Json::Text(line) if !is_request => entries.str(line, by, at),
            body => {
                let mut line = String::from("{");
                match body {
                    Json::Object(fields) => value::write_fields(&fields, &mut line),
                    Json::Nothing => {}
                    body => value::write_field("message", &body, &mut line),
                }
                value::write_fields(&self.attributes, &mut line);
                if line.len() == 1 {
                    return entries.no_line("a record without a body");
                }
                if !self.severity.is_empty() {
                    value::write_field("level", &Json::Text(self.severity), &mut line);
                }
                line.push('}');
                entries.str(line.into(), by, at);
            }
        }
    }
}

/// Whether a record is small enough to be looked into; one that is not has its place as a bad one.
fn fits(record: usize, entries: &mut Entries<'_, '_>) -> bool {
    let most = entries.limits.max_line.saturating_mul(AROUND);
    if record > most {
        let why = format!("a record of {record} bytes, the limit is {most}");
        entries.bad_next(RejectReason::Oversize, why);
    }
    record <= most
}

/// `{"resourceLogs":[{"resource":{"attributes":[…]},"scopeLogs":[{"logRecords":[…]}]}]}`.
pub(super) fn json<'b>(body: &'b [u8], entries: &mut Entries<'_, 'b>) -> Result<(), Broken> {
    let mut outcome = Ok(());
    each_of_body(body, "resourceLogs", |ResourceLogs { resource, scope_logs }| {
        if outcome.is_ok() {
            outcome = resource_logs(resource, scope_logs, entries);
        }
    })?;
    outcome
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceLogs<'b> {
    #[serde(borrow)]
    resource: Option<&'b RawValue>,
    #[serde(borrow)]
    scope_logs: Option<&'b RawValue>,
}

fn resource_logs<'b>(
    resource: Option<&'b RawValue>,
    scopes: Option<&'b RawValue>,
    entries: &mut Entries<'_, 'b>,
) -> Result<(), Broken> {
    let mut names = Names::new(HOSTS, APPS);
    if let Some(resource) = resource {
        each_in(resource.get(), "attributes", |attribute: &'b RawValue| {
            let attribute = Some(attribute.get()).filter(|attribute| attribute.len() <= LONG);
            let field = attribute.and_then(|text| serde_json::from_str::<Field<'b>>(text).ok());
            if let Some(Field { key, value }) = field {
                names.take(&key, || value.text());
            }
        })?;
    }
    let by = names.by();
    let mut outcome = Ok(());
    let Some(scopes) = scopes else { return Ok(()) };
    each(scopes.get(), |scope: &'b RawValue| {
        if outcome.is_err() {
            return;
        }
        let mut inner = Ok(());
        let read = each_in(scope.get(), "logRecords", |record: &'b RawValue| {
            if inner.is_ok() && fits(record.get().len(), entries) {
                inner = serde_json::from_str::<value::Sent<'b>>(record.get())
                    .map_err(broken)
                    .map(|sent| Record::from(sent).enter(by.as_ref(), entries));
            }
        });
        outcome = read.map(drop).and(inner);
    })?;
    outcome
}

impl<'b> From<value::Sent<'b>> for Record<'b> {
    fn from(sent: value::Sent<'b>) -> Record<'b> {
        let nanos = |time: Option<Any<'_>>| {
            time.and_then(|time| time.whole()).and_then(|ns| ns.try_into().ok()).unwrap_or(0)
        };
        Record {
            time: nanos(sent.time_unix_nano),
            observed: nanos(sent.observed_time_unix_nano),
            severity: sent.severity_text.and_then(Any::text).unwrap_or_default(),
            body: sent.body.unwrap_or_default(),
            attributes: sent.attributes.into_iter().flatten().map(|f| (f.key, f.value)).collect(),
        }
    }
}

/// `ExportLogsServiceRequest { ResourceLogs resource_logs = 1 }`, `ResourceLogs { Resource resource = 1; ScopeLogs
/// scope_logs = 2 }`, `Resource { KeyValue attributes = 1 }`, `ScopeLogs { LogRecord log_records = 2 }`.
pub(super) fn protobuf<'b>(body: &'b [u8], entries: &mut Entries<'_, 'b>) -> Result<(), Broken> {
    let mut has_logs = body.is_empty();
    for field in fields(body) {
        let (1, Value::Bytes(logs)) = field? else { continue };
        has_logs = true;
        let mut names = Names::new(HOSTS, APPS);
        // First, wherever it stands.
        for field in fields(logs) {
            let (1, Value::Bytes(resource)) = field? else { continue };
            for field in fields(resource) {
                let (1, Value::Bytes(attribute)) = field? else { continue };
                if attribute.len() <= LONG {
                    let (key, value) = value::key_value(attribute, 0)?;
                    names.take(&key, || value.text());
                }
            }
        }
        let by = names.by();
        for field in fields(logs) {
            let (2, Value::Bytes(scope)) = field? else { continue };
            for field in fields(scope) {
                let (2, Value::Bytes(message)) = field? else { continue };
                if fits(message.len(), entries) {
                    record(message)?.enter(by.as_ref(), entries);
                }
            }
        }
    }
    if has_logs { Ok(()) } else { Err(Broken::without("resource_logs")) }
}

/// `LogRecord { fixed64 time_unix_nano = 1; string severity_text = 3; AnyValue body = 5; KeyValue attributes = 6;
/// fixed64 observed_time_unix_nano = 11 }`.
fn record(message: &[u8]) -> Result<Record<'_>, Broken> {
    let mut record = Record::default();
    for field in fields(message) {
        match field? {
            (1, Value::Fixed64(nanos)) => record.time = nanos,
            // The id of a span or the name of a metric, whose messages lie alike.
            (1, _) => {
                let why =
                    "the `time_unix_nano` of a record is no time: traces and metrics are none";
                return Err(Broken(why.into()));
            }
            (3, Value::Bytes(text)) => record.severity = lossy(text),
            (5, Value::Bytes(body)) => record.body = value::any_value(body, 0)?,
            (6, Value::Bytes(attribute)) => record.attributes.push(value::key_value(attribute, 0)?),
            (11, Value::Fixed64(nanos)) => record.observed = nanos,
            _ => {}
        }
    }
    Ok(record)
}

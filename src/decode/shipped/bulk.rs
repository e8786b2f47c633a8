//! Elasticsearch's bulk body: a line that says what is done, and behind it a document, a line too (elastic.co, "Bulk
//! API"). Documents are read as JSON lines are; where one holds a server's line (`message`), that is what is read.

use super::{Broken, Entries, Names};
use crate::decode::payload::{self, Item, Limits};

/// Names of the host that a document is from, the best first: a pod is the host that its programs know; then the
/// machine, as ECS (Beats, Logstash) and OpenTelemetry's exporter have it. `kubernetes.pod_name` is Fluent Bit's,
/// fluentd's and Vector's. Not `host` as a text: in an access log of JSON that is the site, which a client names.
const HOSTS: &[&str] = &[
    "kubernetes.pod.name",
    "kubernetes.pod_name",
    "resource.attributes.k8s.pod.name",
    "host.name",
    "host.hostname",
    "resource.attributes.host.name",
    "agent.hostname",
    "agent.name",
    "hostname",
];
/// The same of the program. Not `log.file.path`: the name of a file is none.
const APPS: &[&str] = &[
    "service.name",
    "resource.attributes.service.name",
    "kubernetes.container.name",
    "kubernetes.container_name",
    "container.name",
    "container_name",
    "programname",
    "appname",
    "service.type",
    "event.module",
];

/// What is asked to be done with a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Action {
    Index,
    /// Also what is done with the lines of all other protocols.
    #[default]
    Create,
    Update,
    Delete,
}

impl Action {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Action::Index => "index",
            Action::Create => "create",
            Action::Update => "update",
            Action::Delete => "delete",
        }
    }
}

pub(super) fn read<'b>(body: &'b [u8], entries: &mut Entries<'_, 'b>) -> Result<(), Broken> {
    let mut lines = body.split(|b| *b == b'\n').filter(|line| !is_blank(line));
    let mut any = false;
    while let Some(line) = lines.next() {
        any = true;
        let Some(action) = action(line) else {
            let number = entries.number + 1;
            let why = format!("action {number} is none of index, create, update and delete");
            return Err(Broken(why.into()));
        };
        entries.action = action;
        let document = if action == Action::Delete { None } else { lines.next() };
        match (action, document) {
            (Action::Index | Action::Create, Some(document)) => {
                let mut names = Names::new(HOSTS, APPS);
                names.take_in(std::str::from_utf8(document).unwrap_or(""), "");
                entries.object(document, names.by().as_ref(), None);
            }
            (Action::Index | Action::Create, None) => {
                entries.no_line("an action without its document")
            }
            (Action::Update | Action::Delete, _) => {
                entries.no_line("nothing is updated or deleted here");
            }
        }
    }
    if any { Ok(()) } else { Err(Broken("there is nothing in it".into())) }
}

fn is_blank(line: &[u8]) -> bool {
    line.trim_ascii().is_empty()
}

/// What `{"create":{"_index":"x"}}` says: the only key of an object. What the action is about nobody needs.
fn action(line: &[u8]) -> Option<Action> {
    let mut items = payload::split(line, &Limits::of_line(line.len()));
    let (Some(Item::Line { bytes: object, .. }), None) = (items.next(), items.next()) else {
        return None;
    };
    let rest = object.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
    match &rest[..memchr::memchr(b'"', rest)?] {
        b"index" => Some(Action::Index),
        b"create" => Some(Action::Create),
        b"update" => Some(Action::Update),
        b"delete" => Some(Action::Delete),
        _ => None,
    }
}

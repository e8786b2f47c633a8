//! The shape that each channel gives a message: bodies of webhooks, subject and text of a mail.

use serde::Serialize;
use serde_json::{Value, json};

use super::safe::{Style, cut};
use super::target::{Channel, Web};
use super::words::{Message, What};
use crate::aggregate::wire::Anomaly;

/// Discord refuses a longer `content` (2,000 characters, and these are bytes).
const DISCORD_MAX: usize = 1_900;
/// Slack cuts a text at 40,000 characters; what is read is far less.
const SLACK_MAX: usize = 4_000;
/// ntfy makes a file of a message over 4,096 bytes.
const NTFY_MAX: usize = 3_500;
const TITLE_MAX: usize = 240;
/// RFC 5322 allows 998 bytes a line, and clients show some 80.
const SUBJECT_MAX: usize = 160;
/// Lines of the log that go with an anomaly in JSON.
const SAMPLES: usize = 3;
/// Discord's flag for a message whose links are not unfolded.
const SUPPRESS_EMBEDS: u32 = 1 << 2;

/// What `kind = "json"` sends: a contract, so names stay.
#[derive(Debug, Serialize)]
struct Generic<'a> {
    /// `opened`, `worse`, `over` or `test`.
    event: &'static str,
    incident: &'a str,
    severity: u8,
    title: String,
    text: String,
    link: Option<&'a str>,
    anomalies: Vec<Anomaly>,
}

/// The path and body of a webhook's POST; `None` for mail.
#[must_use]
pub(super) fn body(channel: &Channel, message: &Message) -> Option<(String, Value)> {
    let (web, value) = match channel {
        Channel::Json(web) => (web, generic(message)),
        Channel::Slack(web) => (web, slack(message)),
        Channel::Discord(web) => (web, discord(message)),
        Channel::Ntfy(web) => return Some(ntfy(web, message)),
        Channel::Smtp(_) => return None,
    };
    Some((web.url.path.clone(), value))
}

fn generic(message: &Message) -> Value {
    let anomalies = message.anomalies.iter().map(|anomaly| {
        let mut anomaly = Anomaly::clone(anomaly);
        anomaly.samples.truncate(SAMPLES);
        anomaly
    });
    let generic = Generic {
        event: message.what.name(),
        incident: &message.incident,
        severity: message.severity,
        title: message.title.show(Style::Plain),
        text: lines(message, Style::Plain),
        link: message.link.as_deref(),
        anomalies: anomalies.collect(),
    };
    // Our own types with string keys: this cannot fail.
    serde_json::to_value(generic).unwrap_or_default()
}

fn slack(message: &Message) -> Value {
    let mut text = format!("{} *{}*", sign(message), message.title.show(Style::Slack));
    text.push_str(&lines_below(message, Style::Slack));
    let mut text = cut(&text, SLACK_MAX);
    if let Some(link) = &message.link {
        // Percent-encoded, all but the operator's own part, which the configuration has judged.
        text.push_str(&format!("\n<{}|Open the dashboard>", link.replace('&', "&amp;")));
    }
    // `link_names` would make a mention of a bare @name, links would be fetched and unfolded.
    json!({"text": text, "link_names": false, "unfurl_links": false, "unfurl_media": false})
}

fn discord(message: &Message) -> Value {
    let mut text = format!("{} **{}**", sign(message), message.title.show(Style::Discord));
    text.push_str(&lines_below(message, Style::Discord));
    let link = message.link.as_ref().map(|link| format!("\n<{link}>")).unwrap_or_default();
    let mut text = cut(&text, DISCORD_MAX.saturating_sub(link.len()));
    text.push_str(&link);
    json!({"content": text, "allowed_mentions": {"parse": []}, "flags": SUPPRESS_EMBEDS})
}

/// By its JSON publishing, not by headers: those take no line ends and nothing but ASCII.
fn ntfy(web: &Web, message: &Message) -> (String, Value) {
    let path = web.url.path.split('?').next().unwrap_or_default().trim_end_matches('/');
    let (root, topic) = path.rsplit_once('/').unwrap_or(("", path));
    let priority = match (message.what, message.severity) {
        (What::Over, _) => 2,
        (_, severity) => severity.clamp(2, 5),
    };
    let tag = match message.what {
        What::Over => "white_check_mark",
        What::Test => "wave",
        _ if message.severity >= 4 => "rotating_light",
        _ => "warning",
    };
    let mut value = json!({
        "topic": topic,
        "title": cut(&message.title.show(Style::Plain), TITLE_MAX),
        "message": cut(&lines(message, Style::Plain), NTFY_MAX),
        "priority": priority,
        "tags": [tag],
    });
    if let Some(link) = &message.link {
        value["click"] = json!(link);
    }
    (format!("{root}/"), value)
}

/// Subject and text of a mail.
#[must_use]
pub(super) fn mail(message: &Message) -> (String, String) {
    let subject = cut(&format!("[tapline] {}", message.title.show(Style::Plain)), SUBJECT_MAX);
    let mut text = message.title.show(Style::Plain);
    text.push_str(&lines_below(message, Style::Plain));
    text.push_str(&format!("\n\nSeverity {} of 5", message.severity));
    if let Some(link) = &message.link {
        text.push_str(&format!("\n{link}"));
    }
    text.push('\n');
    (subject, text)
}

fn sign(message: &Message) -> &'static str {
    match message.what {
        What::Over => "✅",
        What::Test => "👋",
        _ if message.severity >= 4 => "🚨",
        _ => "⚠️",
    }
}

fn lines_below(message: &Message, style: Style) -> String {
    message.lines.iter().map(|line| format!("\n{}", line.show(style))).collect()
}

/// The lines under the title, or where there are none the title: some channels take no empty text.
fn lines(message: &Message, style: Style) -> String {
    if message.lines.is_empty() {
        return message.title.show(style);
    }
    lines_below(message, style).trim_start().to_owned()
}

//! The shape that each channel gives a message: bodies of webhooks, subject and text of a mail.

use serde::Serialize;
use serde_json::{Value, json};

use super::safe::{Style, cut};
use super::target::{Channel, Web};
use super::words::{Message, What};
use crate::aggregate::wire::Anomaly;

/// Discord refuses a longer `content`, in characters.
const DISCORD_MAX: usize = 2_000;
/// Slack advises 4,000 characters and cuts at 40,000.
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
    let title = format!("{} *{}*", sign(message), message.title.show(Style::Slack));
    let mut text = fitting(title, message, Style::Slack, SLACK_MAX);
    if let Some(link) = &message.link {
        // Percent-encoded, all but the operator's own part, which the configuration has judged.
        text.push_str(&format!("\n<{}|Open the dashboard>", link.replace('&', "&amp;")));
    }
    // `link_names` would make a mention of a bare @name, links would be fetched and unfolded.
    json!({"text": text, "link_names": false, "unfurl_links": false, "unfurl_media": false})
}

fn discord(message: &Message) -> Value {
    let title = format!("{} **{}**", sign(message), message.title.show(Style::Discord));
    let link = message.link.as_ref().map(|link| format!("\n<{link}>")).unwrap_or_default();
    let room = DISCORD_MAX.saturating_sub(link.chars().count());
    let mut text = fitting(title, message, Style::Discord, room);
    // A public URL of such a length is the operator's own.
    if text.chars().count() + link.chars().count() <= DISCORD_MAX {
        text.push_str(&link);
    }
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

/// The title and as many whole lines as there is room for: half a line may be a code span that does not
/// end, and then a stranger's text is markup.
fn fitting(title: String, message: &Message, style: Style, max: usize) -> String {
    let mut text = title;
    let mut used = text.chars().count();
    for line in &message.lines {
        let line = line.show(style);
        used += 1 + line.chars().count();
        if used > max {
            break;
        }
        text.push('\n');
        text.push_str(&line);
    }
    text
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::sample::surge;
    use super::super::target::{Login, Scheme, Url};
    use super::*;
    use crate::aggregate::wire::EventRow;

    /// What somebody sent who knows the channels.
    fn hostile() -> impl Strategy<Value = String> {
        prop_oneof![
            ".{0,300}",
            "[`*_~|<>@!&#\\[\\]()\r\n]{0,300}",
            Just("<!channel> <@U1> @everyone @here `**x** [a](http://b) ||".repeat(9)),
            Just("\u{1F600}".repeat(400)),
        ]
    }

    fn web(url: &str) -> Web {
        Web { url: Url::parse(url, &[Scheme::Https]).expect("a URL"), login: Login::None }
    }

    proptest! {
        #[test]
        fn whatever_is_sent_the_channel_takes_it_and_marks_nothing_up(
            texts in proptest::collection::vec(hostile(), 6),
            what in prop_oneof![Just(What::Opened), Just(What::Worse), Just(What::Over)],
            url in prop_oneof![Just(String::new()), Just(format!("https://a.example/{}", "x".repeat(1_500)))],
        ) {
            let mut anomaly = surge("a", "a", 5);
            (anomaly.site, anomaly.key) = (Some(texts[0].clone()), Some(texts[1].clone()));
            anomaly.explain[0].value = texts[2].clone();
            anomaly.explain = vec![anomaly.explain[0].clone(); 9];
            anomaly.filter = Some(texts[3].clone());
            let row = EventRow { path: Some(texts[4].clone()), ..EventRow::default() };
            let error = EventRow { message: Some(texts[5].clone()), ..EventRow::default() };
            anomaly.samples = vec![row, error];
            let anomalies = (0..9).map(|_| Arc::new(anomaly.clone())).collect();
            let message = Message::new(what, "a", anomalies, 3, &url).expect("a message");

            let shaped = |channel: &Channel| body(channel, &message).expect("a webhook").1;
            let value = shaped(&Channel::Discord(web("https://d.example/x")));
            let text = value["content"].as_str().expect("a text");
            prop_assert!(text.chars().count() <= 2_000 && !text.is_empty());
            prop_assert_eq!(text.matches('`').count() % 2, 0);
            let value = shaped(&Channel::Slack(web("https://s.example/x")));
            let text = value["text"].as_str().expect("a text");
            prop_assert_eq!(text.matches('`').count() % 2, 0);
            // Our own link is the only `<`.
            prop_assert_eq!(text.matches('<').count(), usize::from(message.link.is_some()));
            let value = shaped(&Channel::Ntfy(web("https://n.example/ops")));
            prop_assert!(value["message"].as_str().expect("a text").len() <= 4_096);
            prop_assert!(value["title"].as_str().expect("a title").len() <= 250);
            let (subject, _) = mail(&message);
            prop_assert!(subject.len() <= SUBJECT_MAX && !subject.contains(char::is_control));
        }
    }
}

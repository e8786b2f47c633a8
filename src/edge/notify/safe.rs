//! Strangers' texts made harmless for the channel that shows them.
//!
//! A path, an agent or an error's words are what somebody sent. Nothing of them may name a person or
//! a group (mentions), start a markup, turn the direction of reading or end a header's line.

/// Characters of a stranger's text in a message: enough for a path; the rest is one click away.
pub(super) const TEXT_MAX: usize = 160;

/// How a channel marks text up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// Nothing is marked up: mail, ntfy, the titles of JSON.
    Plain,
    /// Slack's mrkdwn, which Mattermost and others take too.
    Slack,
    /// Discord's Markdown.
    Discord,
}

/// One line of a message: own words, with strangers' texts between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Own(String),
    Stranger(String),
}

impl Line {
    #[must_use]
    pub(super) fn own(mut self, words: impl Into<String>) -> Line {
        self.0.push(Part::Own(words.into()));
        self
    }

    #[must_use]
    pub(super) fn stranger(mut self, text: &str) -> Line {
        self.0.push(Part::Stranger(harmless(text, TEXT_MAX)));
        self
    }

    #[must_use]
    pub(super) fn then(mut self, line: Line) -> Line {
        self.0.extend(line.0);
        self
    }

    /// The line as this channel takes it.
    #[must_use]
    pub(super) fn show(&self, style: Style) -> String {
        self.0.iter().map(|part| part.show(style)).collect()
    }
}

impl Part {
    fn show(&self, style: Style) -> String {
        match (self, style) {
            (Part::Own(text) | Part::Stranger(text), Style::Plain) => text.clone(),
            (Part::Own(text), Style::Slack) => slack(text),
            (Part::Own(text), Style::Discord) => text.clone(),
            (Part::Stranger(text), Style::Slack) => code(&slack(text)),
            (Part::Stranger(text), Style::Discord) => code(text),
        }
    }
}

/// Inside a code span neither emphasis nor a link nor a mention is read; only the back tick ends it.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "\u{2CB}"))
}

/// The three characters that Slack asks to be escaped; `<!channel>` and `<@U1>` begin with one.
fn slack(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// The text without what is not seen: controls and line ends, marks that turn the direction of
/// reading, characters of no width. Each becomes a dot; longer texts are cut.
#[must_use]
pub(super) fn harmless(text: &str, max: usize) -> String {
    let mut out: String =
        text.chars().take(max).map(|c| if is_hidden(c) { '·' } else { c }).collect();
    if text.chars().nth(max).is_some() {
        out.pop();
        out.push('…');
    }
    if out.trim().is_empty() { "(empty)".to_owned() } else { out }
}

fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// At most `max` bytes, cut between characters.
#[must_use]
pub(super) fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    const MORE: &str = "…";
    let end = text.floor_char_boundary(max.saturating_sub(MORE.len()));
    format!("{}{MORE}", &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_a_stranger_wrote_means_nothing_to_a_channel() {
        for (text, plain, slack, discord) in [
            ("/cart", "/cart", "`/cart`", "`/cart`"),
            ("<!channel>", "<!channel>", "`&lt;!channel&gt;`", "`<!channel>`"),
            ("a`*b*", "a`*b*", "`aˋ*b*`", "`aˋ*b*`"),
            ("a\r\nTo: b", "a··To: b", "`a··To: b`", "`a··To: b`"),
            ("\u{202e}txt.exe", "·txt.exe", "`·txt.exe`", "`·txt.exe`"),
            ("\u{1b}[2J", "·[2J", "`·[2J`", "`·[2J`"),
            ("", "(empty)", "`(empty)`", "`(empty)`"),
        ] {
            let line = Line::default().stranger(text);
            assert_eq!(line.show(Style::Plain), plain);
            assert_eq!(line.show(Style::Slack), slack);
            assert_eq!(line.show(Style::Discord), discord);
        }
        let own = Line::default().own("a < b & `c`");
        assert_eq!(own.show(Style::Slack), "a &lt; b &amp; `c`");
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_span_or_its_line(text in "\\PC{0,40}|.{0,200}|[`<>&@\r\n\u{202e}]{0,20}") {
            let line = Line::default().stranger(&text);
            let plain = line.show(Style::Plain);
            prop_assert!(plain.chars().count() <= TEXT_MAX && !plain.is_empty());
            prop_assert!(!plain.chars().any(is_hidden));
            for style in [Style::Slack, Style::Discord] {
                let shown = line.show(style);
                prop_assert_eq!(shown.matches('`').count(), 2);
                prop_assert!(style == Style::Discord || !shown.contains(['<', '>']));
            }
        }

        #[test]
        fn a_cut_is_within_its_bytes(text in ".{0,60}", max in 3usize..80) {
            prop_assert!(cut(&text, max).len() <= max.max(text.len().min(max)));
        }
    }
}

//! What `tapline snippet nginx` has nginx write behind the agent, in its order: most lines that have more than combined
//! end like this, and where the next name is foreseen nothing is searched or looked up for it.

use super::alias::{self, Slot};
use super::scan;
use crate::decode::seek;
use crate::vocab::event::Event;

/// The fields in front of the text that are the foreseen ones, read into the event: what follows them, and how many they
/// are. In the text nothing is escaped.
#[inline]
pub(super) fn read<'a>(text: &'a str, event: &mut Event<'a>) -> (&'a str, usize) {
    let mut fields = Fields { rest: text, count: 0, event };
    let _: Option<()> = fields.all();
    (fields.rest, fields.count)
}

struct Fields<'a, 'e> {
    rest: &'a str,
    count: usize,
    event: &'e mut Event<'a>,
}

impl Fields<'_, '_> {
    /// `None` where one doesn't come.
    #[inline(always)]
    fn all(&mut self) -> Option<()> {
        self.one(" rt=", Some(Slot::Rt))?;
        self.one(" uct=\"", None)?;
        self.one(" urt=\"", Some(Slot::Ut))?;
        self.one(" ua=\"", Some(Slot::Upstream))?;
        self.one(" cs=", Some(Slot::Cache))?;
        self.one(" request_length=", Some(Slot::BytesIn))?;
        self.one(" scheme=", Some(Slot::Scheme))?;
        self.one(" ssl_protocol=", Some(Slot::TlsVersion))?;
        self.one(" ssl_cipher=", Some(Slot::TlsCipher))?;
        self.one(" mime=\"", Some(Slot::Mime))?;
        self.one(" xff=\"", Some(Slot::Forwarded))?;
        self.one(" host=\"", Some(Slot::Host))
    }

    // Inlined, so that each has its own comparison of a known length and its own way to the event: in one function for
    // all of them a field took twice as many instructions.
    #[inline(always)]
    fn one(&mut self, start: &'static str, slot: Option<Slot>) -> Option<()> {
        let cut = if start.ends_with('"') { quoted } else { bare };
        let (value, after) = cut(self.rest.strip_prefix(start)?)?;
        (self.rest, self.count) = (after, self.count + 1);
        if let Some(slot) = slot {
            alias::put(slot, value, scan::plain, self.event);
        }
        Some(())
    }
}

/// The value up to its closing quote, and what follows that: a blank or nothing.
#[inline(always)]
fn quoted(text: &str) -> Option<(&str, &str)> {
    let end = seek::find(text.as_bytes(), b'"')?;
    let after = &text[end + 1..];
    after.bytes().next().is_none_or(scan::is_blank).then(|| (&text[..end], after))
}

/// The value up to a blank, and what follows from that on.
#[inline(always)]
fn bare(text: &str) -> Option<(&str, &str)> {
    let end = seek::first_of(text.as_bytes(), [b' ', b'\t', b'"'])?;
    (text.as_bytes()[end] != b'"').then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_snippet_has_nginx_write_is_all_foreseen() {
        let snippet = include_str!("../../../config/senders/nginx.conf");
        let written: String = snippet.split('\'').skip(1).step_by(2).collect();
        let (_, behind_agent) = written.split_once("\"$http_user_agent\"").expect("the agent");
        let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
        let mut text = String::new();
        for (n, part) in behind_agent.split('$').enumerate() {
            let literal = if n == 0 { part } else { part.trim_start_matches(is_name) };
            text += if n == 0 { "" } else { "0.25" };
            text += literal;
        }
        assert_eq!(read(&text, &mut Event::default()), ("", 12), "{text}");
    }
}

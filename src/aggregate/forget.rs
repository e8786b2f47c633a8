//! Forgetting a client: its address is taken out of texts, so that no line names it and every sum stays.

use std::net::IpAddr;

use serde_json::Value;

use crate::vocab::network::Network;

/// What stands in the place of the address.
pub const FORGOTTEN: &str = "(forgotten)";

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forget(String);

/// Why something can't be forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoClient {
    Nothing,
    Network,
}

impl std::fmt::Display for NoClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            NoClient::Nothing => "this is no client",
            NoClient::Network => "this is a network; clients are forgotten one by one",
        })
    }
}

impl Forget {
    /// Of a client as it is shown.
    ///
    /// # Errors
    /// For what is too little to be one, since it would stand in other texts, and for a network.
    pub fn client(client: &str) -> Result<Forget, NoClient> {
        let client = client.trim();
        let client = match client.parse::<IpAddr>() {
            Ok(ip) => ip.to_canonical().to_string(),
            Err(_) if client.contains('/') && client.parse::<Network>().is_ok() => {
                return Err(NoClient::Network);
            }
            Err(_) => client.to_owned(),
        };
        if client.len() < 2 || client == FORGOTTEN {
            return Err(NoClient::Nothing);
        }
        Ok(Forget(client))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text without the client; `None` where it does not name it.
    #[must_use]
    pub fn text(&self, text: &str) -> Option<String> {
        let new = self.as_shown(text);
        match self.otherwise_written(new.as_deref().unwrap_or(text)) {
            Some(new) => Some(new),
            None => new,
        }
    }

    /// Without an address in any of the ways to write one of IPv6 (RFC 4291 section 2.2), that of IPv4 inside
    /// included: lines are kept as they came.
    fn otherwise_written(&self, text: &str) -> Option<String> {
        let own: IpAddr = self.0.parse().ok()?;
        let is_part = |c: char| c.is_ascii_hexdigit() || c == ':' || c == '.';
        let (mut out, mut done) = (String::new(), 0);
        for part in text.split(|c| !is_part(c)).filter(|part| part.contains(':')) {
            // Both are slices of the text.
            let at = part.as_ptr() as usize - text.as_ptr() as usize;
            let Some(address) = address_in(part, &text[..at]) else { continue };
            let is_own = |ip: IpAddr| ip.to_canonical() == own;
            if address.parse().is_ok_and(is_own) {
                let at = address.as_ptr() as usize - text.as_ptr() as usize;
                out.push_str(&text[done..at]);
                out.push_str(FORGOTTEN);
                done = at + address.len();
            }
        }
        (done > 0).then(|| out + &text[done..])
    }

    /// Without the address as it is shown.
    fn as_shown(&self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut done = 0;
        for (at, _) in text.match_indices(&self.0) {
            let end = at + self.0.len();
            if self.stands_alone(&text[..at], &text[end..]) {
                out.push_str(&text[done..at]);
                out.push_str(FORGOTTEN);
                done = end;
            }
        }
        (done > 0).then(|| out + &text[done..])
    }

    /// Takes it out of texts; tells whether one named it.
    pub fn texts<'t>(&self, texts: impl IntoIterator<Item = &'t mut String>) -> bool {
        let mut named = false;
        for text in texts {
            if let Some(new) = self.text(text) {
                *text = new;
                named = true;
            }
        }
        named
    }

    /// Whether what is before and behind it makes no other address of it.
    fn stands_alone(&self, before: &str, behind: &str) -> bool {
        let is_v6 = self.0.contains(':');
        let goes_on = |c: char| c.is_alphanumeric() || c == '.' || (is_v6 && c == ':');
        let mut next = behind.chars();
        let ends = match (next.next(), next.next()) {
            // The end of a sentence, and not of a shorter address.
            (Some('.'), after) => !after.is_some_and(char::is_alphanumeric),
            (Some(c), _) => !goes_on(c),
            (None, _) => true,
        };
        let begins = match before.strip_suffix(':').filter(|_| is_v6) {
            Some(before) => !ends_with_group(before),
            None => !before.chars().next_back().is_some_and(goes_on),
        };
        ends && begins
    }

    /// Takes it out of every text of a value, keys too; tells whether there was one.
    pub fn value(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => match self.text(text) {
                Some(new) => {
                    *text = new;
                    true
                }
                None => false,
            },
            Value::Array(values) => self.values(values),
            Value::Object(map) => {
                let keys: Vec<String> =
                    map.keys().filter(|key| self.text(key).is_some()).cloned().collect();
                for key in &keys {
                    if let (Some(new), Some(value)) = (self.text(key), map.remove(key)) {
                        map.insert(new, value);
                    }
                }
                self.values(map.values_mut()) || !keys.is_empty()
            }
            _ => false,
        }
    }

    fn values<'v>(&self, values: impl IntoIterator<Item = &'v mut Value>) -> bool {
        let mut found = false;
        for value in values {
            found |= self.value(value);
        }
        found
    }
}

/// Whether a colon behind it would go on with an address (RFC 4291 section 2.2), and not, as in
/// `client:2001:db8::1`, with what the word is about.
fn ends_with_group(text: &str) -> bool {
    let word = text.rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    word.len() <= 4 && word.bytes().all(|b| b.is_ascii_hexdigit())
}

/// What may be an address in a run of its characters: not the end of the word before it (`source:`), not the
/// colon or the full stop behind it.
fn address_in<'t>(part: &'t str, before: &str) -> Option<&'t str> {
    let mut address = part;
    let in_word = before.chars().next_back().is_some_and(char::is_alphanumeric);
    let colon = address.find(':')?;
    if in_word || colon > 4 {
        address = &address[colon..];
    }
    if let Some(rest) = address.strip_prefix(':').filter(|rest| !rest.starts_with(':')) {
        address = rest;
    }
    let address = address.trim_end_matches('.');
    match address.strip_suffix(':').filter(|rest| !rest.ends_with(':')) {
        Some(rest) => Some(rest),
        None => Some(address),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_address_itself_is_taken_out() {
        for (client, text, expected) in [
            ("10.1.2.3", "10.1.2.3", Some("(forgotten)")),
            ("10.1.2.3", "from 10.1.2.3, to 10.1.2.3.", Some("from (forgotten), to (forgotten).")),
            ("10.1.2.3", "10.1.2.3:443", Some("(forgotten):443")),
            ("10.1.2.3", "[::ffff:10.1.2.3]", Some("[::ffff:(forgotten)]")),
            ("::ffff:10.1.2.3", "10.1.2.3", Some("(forgotten)")),
            ("10.1.2.3", "10.1.2.30", None),
            ("10.1.2.3", "110.1.2.3", None),
            ("10.1.2.3", "9.10.1.2.3", None),
            ("10.1.2.3", "10.1.2.3.example.org", None),
            ("2001:DB8::1", "2001:db8::1", Some("(forgotten)")),
            ("2001:db8::1", "2001:db8::1:2", None),
            ("2001:db8::1", "2001:db8::12", None),
            ("2001:db8::1", "client:2001:db8::1", Some("client:(forgotten)")),
            ("2001:db8::1", "2001:0DB8:0:0::0001.", Some("(forgotten).")),
            ("2001:db8::1", "[2001:db8:0:0:0:0:0:1]:443", Some("[(forgotten)]:443")),
            (
                "2001:db8::1",
                "client:2001:db8::0:1, é 2001:db8::1",
                Some("client:(forgotten), é (forgotten)"),
            ),
            ("2001:db8::c000:201", "for 2001:db8::192.0.2.1", Some("for (forgotten)")),
            ("2001:db8::1", "2001:db8::1: too many", Some("(forgotten): too many")),
            ("2001:db8::1", "2001:0DB8:0:0::1: no", Some("(forgotten): no")),
            ("2001:db8::", "2001:db8::", Some("(forgotten)")),
            ("2001:db8::1", "remote:2001:0DB8::1", Some("remote:(forgotten)")),
            ("2001:db8::1", "node:2001:db8:0:0:0:0:0:1", Some("node:(forgotten)")),
            ("203.0.113.9", "::ffff:cb00:7109", Some("(forgotten)")),
            ("203.0.113.9", "at 10:20:30 face:b00c", None),
            ("2001:db8::1", "2001:0db8:0:0::0001:2", None),
            ("db8::1", "2001:db8::1", None),
            ("db8::1", "::db8::1", None),
            ("10.1.2.3", "/é10.1.2.3", None),
        ] {
            let found = Forget::client(client).expect(client).text(text);
            assert_eq!(found.as_deref(), expected, "{client} in {text}");
        }
        assert_eq!(Forget::client(" "), Err(NoClient::Nothing));
        assert_eq!(Forget::client("203.0.113.0/24"), Err(NoClient::Network));
        assert_eq!(Forget::client("2001:db8::/32"), Err(NoClient::Network));
    }

    #[test]
    fn a_value_is_searched_whole() {
        let forget = Forget::client("10.1.2.3").expect("an address");
        let mut value = serde_json::json!({"a": ["x 10.1.2.3", 1], "10.1.2.3": {"b": null}});
        assert!(forget.value(&mut value));
        assert_eq!(
            value,
            serde_json::json!({"a": ["x (forgotten)", 1], "(forgotten)": {"b": null}})
        );
        assert!(!forget.value(&mut value));
    }
}

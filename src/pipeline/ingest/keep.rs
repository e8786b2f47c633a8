//! What is kept of a line: without secrets, with clients as privacy has them, by its site.

use std::borrow::Cow;
use std::hash::BuildHasher;

use super::Ingest;
use super::row::Prepared;
use crate::aggregate::row::StandIn;
use crate::decode::formats::absolute;
use crate::decode::redact::line::Addresses;
use crate::decode::{client, forwarded, redact};
use crate::vocab::event::{Kind, Level, Text};
use crate::vocab::time::Millis;

/// What is kept of client addresses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientPrivacy {
    #[default]
    Full,
    /// IPv4 to /24, IPv6 to /48.
    Masked,
    Off,
}

impl Ingest {
    /// What may be kept of a line as a whole: without secrets, and with addresses as `clients` has
    /// them.
    pub(super) fn kept_of<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let line =
            if self.config.redact_queries { redact::line::secrets(line) } else { line.into() };
        let addresses = match self.config.clients {
            ClientPrivacy::Full => return line,
            ClientPrivacy::Masked => Addresses::Mask,
            ClientPrivacy::Off => Addresses::Remove,
        };
        match line {
            Cow::Borrowed(line) => redact::line::addresses(line, addresses),
            Cow::Owned(line) => Cow::Owned(redact::line::addresses(&line, addresses).into_owned()),
        }
    }

    /// Puts what is kept of client, query and host in their places.
    #[inline]
    pub(super) fn keep<'a>(
        &'a self,
        row: &mut Prepared<'a>,
        severity: Option<u8>,
        arrival: Millis,
    ) {
        let event = &mut row.event;
        if event.level.is_none() && event.kind != Kind::Access {
            event.level = severity.and_then(|s| Level::ALL.get(usize::from(s)).copied());
        }
        if row.source.cache {
            absolute::take_apart(event);
        }
        if !self.config.trusted_proxies.is_empty() {
            forwarded::resolve(event, &self.config.trusted_proxies);
        }
        if let Some(ip) = event.remote_ip.take() {
            if self.config.clients != ClientPrivacy::Full {
                row.visitor = Some(self.stand_in(&ip, arrival));
            }
            event.remote_ip = match self.config.clients {
                ClientPrivacy::Full => Some(canonical(ip)),
                ClientPrivacy::Masked => Some(Cow::Owned(client::masked(&ip).into_owned())),
                ClientPrivacy::Off => None,
            };
        }
        if self.config.redact_queries {
            without_secrets(&mut event.query, redact::query);
            without_secrets(&mut event.path, redact::address);
            without_secrets(&mut event.referrer, redact::address);
        }
        // A message quotes requests and addresses wherever it likes.
        if event.kind != Kind::Access
            && let Some(message) = event.message.take()
        {
            event.message = Some(match message {
                Cow::Borrowed(text) => self.kept_of(text),
                Cow::Owned(text) => Cow::Owned(self.kept_of(&text).into_owned()),
            });
        }
        event.host = match event.host.take() {
            Some(host) => Some(site_of_host(host)),
            None => self.site.as_deref().or(row.source.site.as_deref()).map(Cow::Borrowed),
        };
    }

    /// The same client has the same stand-in for a day of UTC.
    pub(super) fn stand_in(&self, ip: &str, arrival: Millis) -> StandIn {
        const DAY_MS: i64 = 86_400_000;
        let day = arrival.0.div_euclid(DAY_MS);
        StandIn::of(self.config.visitor_key.hash_one((client::canonical(ip), day)))
    }
}

fn canonical(ip: Cow<'_, str>) -> Cow<'_, str> {
    match ip {
        Cow::Borrowed(s) => client::canonical(s),
        Cow::Owned(s) => Cow::Owned(client::canonical(&s).into_owned()),
    }
}

#[inline(always)]
fn without_secrets<'a>(text: &mut Option<Text<'a>>, redact: impl Fn(&str) -> Cow<'_, str>) {
    if let Some(known) = text
        && let Cow::Owned(new) = redact(known)
    {
        *known = Cow::Owned(new);
    }
}

/// A host as a site, as nginx's `$host` has it: lower case, without a port and a final dot. A site has one name
/// whoever logs it: HAProxy, Caddy and many others write the `Host` header as it was sent, with its port.
#[must_use]
pub fn site_of_host(host: Cow<'_, str>) -> Cow<'_, str> {
    let end = match host.starts_with('[') {
        true => host.find(']').map(|at| at + 1),
        // A bare IPv6 address has more than one colon, and an URL a slash behind it.
        false => host.find(':').filter(|at| host[at + 1..].bytes().all(|b| b.is_ascii_digit())),
    };
    let name = &host[..end.unwrap_or(host.len())];
    let name = name.strip_suffix('.').unwrap_or(name);
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        return Cow::Owned(name.to_ascii_lowercase());
    }
    match host {
        Cow::Borrowed(host) => Cow::Borrowed(&host[..name.len()]),
        Cow::Owned(_) if name.len() == host.len() => host,
        Cow::Owned(_) => Cow::Owned(name.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_one_name_whoever_logs_it() {
        for (sent, site) in [
            ("Shop.Example:21210", "shop.example"),
            ("shop.example.", "shop.example"),
            ("shop.example.:21210", "shop.example"),
            ("[2001:db8::1]:21210", "[2001:db8::1]"),
            ("[2001:db8::1]", "[2001:db8::1]"),
            ("203.0.113.7:80", "203.0.113.7"),
            ("2001:db8::80", "2001:db8::80"),
            ("::80", "::80"),
            ("example.org:80", "example.org"),
            ("example.org:", "example.org"),
            ("https://shop.example", "https://shop.example"),
            ("shop", "shop"),
            (":", ""),
        ] {
            assert_eq!(site_of_host(sent.into()), site, "{sent}");
            assert_eq!(site_of_host(sent.to_owned().into()), site, "{sent}");
        }
    }
}

//! The names that people give to a request's fields, in JSON and in `key=value` trailers: one
//! closed table for both.
//!
//! A name is compared without case and without `_ - . : @ $ /` and blanks, so that `remote_addr`,
//! `remoteAddr`, `$remote_addr` and `Remote-Addr` are one name; a nested name is compared as its
//! path (`request.headers.User-Agent` is `requestheadersuseragent`). Where a line has several names
//! of one field the higher rank wins, then the later one: a body's size over all bytes sent, a time
//! in milliseconds over one in seconds, the client that a proxy vouched for over its peer.

use super::scan;
use super::table::TABLE;
use crate::vocab::event::{Event, Level};

/// What a name says, with its unit where names differ in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Slot {
    Client,
    ClientPort,
    Ident,
    User,
    Method,
    Uri,
    Query,
    Request,
    Protocol,
    Status,
    Bytes,
    BytesIn,
    Referrer,
    Agent,
    Time,
    /// Seconds, or text with its unit.
    Rt,
    RtMs,
    RtUs,
    RtNs,
    Ut,
    UtMs,
    UtNs,
    Upstream,
    Host,
    Scheme,
    TlsVersion,
    TlsCipher,
    Cache,
    Mime,
    Level,
    Message,
    Error,
    Logger,
    Pid,
    Forwarded,
    /// Only Envoy has these names; it counts a `duration` in milliseconds.
    Envoy,
}

impl Slot {
    pub(super) const COUNT: usize = Slot::Envoy as usize + 1;
}

/// The longest name, after folding, that is looked up.
pub(super) const NAME_MAX: usize = 48;

/// A name folded to what the table holds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    bytes: [u8; NAME_MAX],
    len: usize,
    hash: u32,
}

impl Name {
    pub(super) const EMPTY: Name = Name { bytes: [0; NAME_MAX], len: 0, hash: SEED };

    /// A full name: whatever is joined to it, it is in no table.
    pub(super) const fn barred(mut self) -> Name {
        self.bytes = [b'~'; NAME_MAX];
        self.len = NAME_MAX;
        self
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// This name with another part; `None` when it is longer than any known one.
    pub(super) fn join(&self, part: &str) -> Option<Name> {
        let mut name = *self;
        for byte in part.bytes() {
            let byte = FOLDED[usize::from(byte)];
            if byte == 0 {
                continue;
            }
            *name.bytes.get_mut(name.len)? = byte;
            name.len += 1;
            name.hash = hashed(name.hash, byte);
        }
        Some(name)
    }

    /// What the name says, and its rank.
    pub(super) fn slot(&self) -> Option<(Slot, u8)> {
        let key = &self.bytes[..self.len];
        let mut place = place(self.hash);
        loop {
            let index = usize::from(INDEX[place]).checked_sub(1)?;
            let (known, slot, rank) = TABLE[index];
            if known.as_bytes() == key {
                return Some((slot, rank));
            }
            place = (place + 1) % PLACES;
        }
    }
}

/// Places of the index; a power of two, nearly three times the names.
const PLACES: usize = 1024;
/// FNV-1a, 32 bits: the names are ours, so nobody can choose them to collide.
const SEED: u32 = 0x811c_9dc5;

/// Where each name of the table is found: its row plus one, 0 for an empty place.
static INDEX: [u16; PLACES] = index();

/// Each byte of a name in lower case; 0 for what a name is compared without. NUL stands as 1: neither
/// is in any name of the table.
static FOLDED: [u8; 256] = folded();

const fn folded() -> [u8; 256] {
    let mut folded = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        folded[byte] = match byte as u8 {
            b'_' | b'-' | b'.' | b':' | b'@' | b'$' | b'/' | b' ' => 0,
            0 => 1,
            other => other.to_ascii_lowercase(),
        };
        byte += 1;
    }
    folded
}

const fn hashed(hash: u32, byte: u8) -> u32 {
    (hash ^ byte as u32).wrapping_mul(0x0100_0193)
}

const fn place(hash: u32) -> usize {
    (hash ^ (hash >> 15)) as usize % PLACES
}

const fn index() -> [u16; PLACES] {
    let mut index = [0; PLACES];
    let mut row = 0;
    while row < TABLE.len() {
        let name = TABLE[row].0.as_bytes();
        let mut hash = SEED;
        let mut at = 0;
        while at < name.len() {
            hash = hashed(hash, name[at]);
            at += 1;
        }
        let mut place = place(hash);
        while index[place] != 0 {
            place = (place + 1) % PLACES;
        }
        row += 1;
        index[place] = row as u16;
    }
    index
}

/// A level by its name, or by a number of pino's (10 trace … 60 fatal) too.
pub(super) fn level(text: &str) -> Option<Level> {
    Level::from_name(text).or(match text {
        "10" => Some(Level::Trace),
        "20" => Some(Level::Debug),
        "30" => Some(Level::Info),
        "40" => Some(Level::Warn),
        "50" => Some(Level::Error),
        "60" | "dpanic" => Some(Level::Crit),
        _ => None,
    })
}

/// Sets the field that a `key=value` trailer names; an unknown key or an absent value is nothing.
pub(super) fn set_text<'a>(key: &str, value: &'a str, event: &mut Event<'a>) {
    let Some(text) = scan::text(value) else {
        return;
    };
    let Some((slot, _)) = Name::EMPTY.join(key).and_then(|name| name.slot()) else {
        return;
    };
    match slot {
        Slot::Rt => event.request_time_us = scan::duration_us(value),
        Slot::RtMs => event.request_time_us = scan::scaled_us(value, 1e3),
        Slot::RtUs => event.request_time_us = scan::scaled_us(value, 1.0),
        Slot::RtNs => event.request_time_us = scan::scaled_us(value, 1e-3),
        Slot::Ut => event.upstream_time_us = scan::duration_us(value),
        Slot::UtMs => event.upstream_time_us = scan::scaled_us(value, 1e3),
        Slot::UtNs => event.upstream_time_us = scan::scaled_us(value, 1e-3),
        Slot::Upstream => event.upstream = Some(text),
        Slot::Host => event.host = Some(text),
        Slot::Scheme => event.scheme = Some(text),
        Slot::TlsVersion => event.tls_version = Some(text),
        Slot::TlsCipher => event.tls_cipher = Some(text),
        Slot::Cache => event.cache_status = Some(text),
        Slot::Mime => event.mime = Some(text),
        Slot::Forwarded => event.x_forwarded_for = Some(text),
        Slot::BytesIn => event.bytes_in = scan::bytes(value),
        Slot::Agent if event.user_agent.is_none() => event.user_agent = Some(text),
        Slot::Referrer if event.referrer.is_none() => event.referrer = Some(text),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_folded() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(TABLE.len() < PLACES / 2);
        for (key, slot, rank) in TABLE {
            let found = Name::EMPTY.join(key).and_then(|name| name.slot());
            assert_eq!(found, Some((*slot, *rank)), "{key}");
        }
        for (key, ..) in TABLE {
            assert!(
                key.len() <= NAME_MAX
                    && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
                "{key}"
            );
        }
    }

    #[test]
    fn spellings_of_one_name_are_one_name() {
        for spelling in ["remote_addr", "remoteAddr", "$remote_addr", "Remote-Addr", "remote.addr"]
        {
            let slot = Name::EMPTY.join(spelling).and_then(|name| name.slot());
            assert_eq!(slot.map(|(slot, _)| slot), Some(Slot::Client), "{spelling}");
        }
    }
}

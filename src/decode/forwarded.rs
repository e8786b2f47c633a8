//! Whose request it was that came through proxies: the client from `X-Forwarded-For`, as far as the
//! operator trusts who wrote it.
//!
//! Each proxy appends the address that it was connected from, so the list is true from the right up to
//! the first address that is no trusted proxy, and anything left of it may be a lie (RFC 7239 section
//! 7.4 and section 8.1; nginx's `real_ip_recursive`). What is no address (`unknown`, an obfuscated
//! name, garbage, nothing) ends the walk too: what stands left of it was written by nobody known.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::formats::proxies::ENVOY;
use crate::vocab::event::Event;
use crate::vocab::network::Network;

/// Puts the client in the place of the trusted proxy that the line names. Without a trusted address
/// in `remote_ip`, or without a list, nothing changes.
pub fn resolve(event: &mut Event<'_>, trusted: &[Network]) {
    tell_apart(event, trusted);
    let (Some(peer), Some(list)) = (&event.remote_ip, &event.x_forwarded_for) else { return };
    // Envoy's default line has the list alone, its own peer at the end of it; the client there is
    // only the list's first entry.
    let listed = event.format == ENVOY;
    if !listed && !is_trusted_peer(peer, trusted) {
        return;
    }
    // An unescaped list is the event's own and goes with it; nearly all are borrowed.
    let found = match list {
        Cow::Borrowed(list) => client(list, trusted).map(|(ip, port)| (Cow::Borrowed(ip), port)),
        Cow::Owned(list) => client(list, trusted).map(|(ip, port)| (ip.to_owned().into(), port)),
    };
    if let Some((ip, port)) = found {
        event.remote_ip = Some(ip);
        event.remote_port = port;
    }
}

/// Says which of the two it is where one text stands for the upstream and for the list. In front of a server is a trusted
/// proxy, and behind one are strangers: where the line names the one and the text the other, it is the list.
fn tell_apart(event: &mut Event<'_>, trusted: &[Network]) {
    let (Some(list), Some(peer)) = (&event.x_forwarded_for, &event.remote_ip) else { return };
    if event.upstream.as_ref() != Some(list) {
        return;
    }
    let outside = || {
        let (text, _) = client(list, trusted)?;
        Some(!is_trusted(entry_address(text)?.1, trusted))
    };
    if is_trusted_peer(peer, trusted) && outside() == Some(true) {
        event.upstream = None;
    } else {
        event.x_forwarded_for = None;
    }
}

/// Who is behind the peer of a connection, by the list that it sent along: the peer itself, unless it
/// is trusted.
#[must_use]
pub fn client_of(peer: IpAddr, list: &str, trusted: &[Network]) -> IpAddr {
    if !is_trusted(peer, trusted) {
        return peer;
    }
    let found = client(list, trusted).and_then(|(text, _)| entry_address(text));
    found.map_or(peer, |(_, ip, _)| ip.to_canonical())
}

/// The right-most address of the list that is not trusted, with its port; where all are trusted, the
/// last of them that the walk reached. `None` where it ends at once.
fn client<'a>(list: &'a str, trusted: &[Network]) -> Option<(&'a str, Option<u16>)> {
    let mut nearest = None;
    for entry in list.rsplit(',') {
        let Some((text, ip, port)) = entry_address(entry.trim()) else { break };
        nearest = Some((text, port));
        if !is_trusted(ip, trusted) {
            break;
        }
    }
    nearest
}

/// What wrote the line's address may be a unix socket: then it is a program of this machine, as
/// trusted as its loopback address.
fn is_trusted_peer(peer: &str, trusted: &[Network]) -> bool {
    if peer.starts_with("unix:") {
        return is_trusted(IpAddr::V4(Ipv4Addr::LOCALHOST), trusted)
            || is_trusted(IpAddr::V6(Ipv6Addr::LOCALHOST), trusted);
    }
    entry_address(peer).is_some_and(|(_, ip, _)| is_trusted(ip, trusted))
}

fn is_trusted(ip: IpAddr, trusted: &[Network]) -> bool {
    trusted.iter().any(|network| network.contains(ip))
}

/// Reads `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]`, `[2001:db8::1]:80` and
/// `fe80::1%eth0`, each also in quotes: the address as written, what it is, and its port.
fn entry_address(entry: &str) -> Option<(&str, IpAddr, Option<u16>)> {
    let entry = entry.strip_prefix('"').and_then(|e| e.strip_suffix('"')).unwrap_or(entry);
    if let Some((inside, behind)) = entry.strip_prefix('[').and_then(|e| e.split_once(']')) {
        let port = match behind {
            "" => None,
            _ => Some(behind.strip_prefix(':')?.parse().ok()?),
        };
        return Some((inside, IpAddr::V6(v6(inside)?), port));
    }
    if let Some((front, port)) = entry.split_once(':')
        && !port.contains(':')
    {
        let ip: Ipv4Addr = front.parse().ok()?;
        return Some((front, IpAddr::V4(ip), Some(port.parse().ok()?)));
    }
    match entry.parse::<Ipv4Addr>() {
        Ok(ip) => Some((entry, IpAddr::V4(ip), None)),
        Err(_) => Some((entry, IpAddr::V6(v6(entry)?), None)),
    }
}

/// Without its zone, which is a name of an interface (RFC 4007 section 11).
fn v6(text: &str) -> Option<Ipv6Addr> {
    let (ip, zone) = text.split_once('%').unwrap_or((text, "eth0"));
    let named =
        !zone.is_empty() && zone.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    named.then(|| ip.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn trusted() -> Vec<Network> {
        let networks = ["10.0.0.0/8", "127.0.0.1", "fd00::/8", "fe80::/10"];
        networks.map(|network| network.parse().unwrap()).into()
    }

    fn resolved(peer: &str, list: &str) -> (String, Option<u16>) {
        let mut event = Event {
            remote_ip: Some(peer.into()),
            remote_port: Some(9),
            x_forwarded_for: Some(list.into()),
            ..Event::default()
        };
        let mut owned = event.clone();
        owned.x_forwarded_for = Some(Cow::Owned(list.to_owned()));
        resolve(&mut event, &trusted());
        resolve(&mut owned, &trusted());
        assert_eq!(event, owned);
        assert_eq!(event.x_forwarded_for.as_deref(), Some(list));
        (event.remote_ip.unwrap().into_owned(), event.remote_port)
    }

    #[test]
    fn the_client_is_the_nearest_address_that_is_no_proxy() {
        for (peer, list, client) in [
            ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "203.0.113.9, 10.0.0.2,10.0.0.3", "203.0.113.9"),
            ("10.0.0.1", "6.6.6.6, 203.0.113.9", "203.0.113.9"),
            ("10.0.0.1", "10.6.6.6, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
            ("10.0.0.1", "[2001:db8::9]:4711, 10.0.0.2:80", "2001:db8::9"),
            ("10.0.0.1", "\"[2001:db8::9]\"", "2001:db8::9"),
            ("10.0.0.1", "203.0.113.9, fe80::1%eth0, fd00::1", "203.0.113.9"),
            ("::ffff:10.0.0.1", "203.0.113.9, ::ffff:10.0.0.2", "203.0.113.9"),
            ("[fd00::1]", "2001:db8::9", "2001:db8::9"),
            ("fe80::2%eth0", "203.0.113.9", "203.0.113.9"),
            ("unix:", "203.0.113.9", "203.0.113.9"),
            // All trusted: the first of them all.
            ("10.0.0.1", "10.0.0.9, 10.0.0.2", "10.0.0.9"),
            // What is no address ends the walk: left of it anybody may have written.
            ("10.0.0.1", "6.6.6.6, unknown", "10.0.0.1"),
            ("10.0.0.1", "6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
            ("10.0.0.1", "6.6.6.6, , 10.0.0.2", "10.0.0.2"),
            ("10.0.0.1", "6.6.6.6,", "10.0.0.1"),
            ("10.0.0.1", "6.6.6.6, _hidden", "10.0.0.1"),
            ("10.0.0.1", "6.6.6.6, 10.0.0.2:x", "10.0.0.1"),
            ("10.0.0.1", "6.6.6.6, 10.0.0.256", "10.0.0.1"),
            ("10.0.0.1", "6.6.6.6, [10.0.0.2]", "10.0.0.1"),
            ("10.0.0.1", "6.6.6.6, fe80::1%", "10.0.0.1"),
            ("10.0.0.1", "6.6.6.6, 10.0.0.2 10.0.0.3", "10.0.0.1"),
            // Whoever is not trusted says nothing.
            ("203.0.113.1", "6.6.6.6", "203.0.113.1"),
            ("proxy.example.org", "6.6.6.6", "proxy.example.org"),
            ("11.0.0.1", "6.6.6.6, 10.0.0.2", "11.0.0.1"),
        ] {
            assert_eq!(resolved(peer, list).0, client, "{peer} behind {list}");
        }
    }

    #[test]
    fn the_list_is_whole_however_the_line_writes_it() {
        for line in [
            r#"{"request":{"remote_ip":"10.0.0.1","method":"GET","uri":"/","headers":{"X-Forwarded-For":["6.6.6.6","203.0.113.9"]}},"status":200}"#,
            r#"{"request":{"remote_ip":"10.0.0.1","method":"GET","uri":"/","headers":{"X-Forwarded-For":["6.6.6.6, 203.0.113.9", "10.0.0.2" ]}},"status":200}"#,
            r#"{"ClientHost":"10.0.0.1","DownstreamStatus":200,"RequestMethod":"GET","RequestPath":"/","request_X-Forwarded-For":"6.6.6.6, 203.0.113.9"}"#,
            r#"10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "x" xff="6.6.6.6, 203.0.113.9""#,
            r#"10.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "x" "garbage, 203.0.113.9""#,
            r#"[2026-11-22T10:00:00.743Z] "GET / HTTP/1.1" 200 - 3 256 50 25 "6.6.6.6, 203.0.113.9,10.0.0.1" "curl/8" "id" "shop.example" "10.0.0.9:80""#,
        ] {
            let mut event = crate::decode::formats::recognise::Recogniser::default().decode(line);
            resolve(&mut event, &trusted());
            assert_eq!(event.remote_ip.as_deref(), Some("203.0.113.9"), "{line}");
        }
    }

    #[test]
    fn an_address_with_its_port_right_behind_the_agent_is_the_client_where_a_trusted_proxy_says_so()
    {
        let read = |peer: &str, behind: &str| {
            let line = format!(
                r#"{peer} - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 1 "-" "x" {behind}"#
            );
            let mut event = crate::decode::formats::recognise::Recogniser::default().decode(&line);
            resolve(&mut event, &trusted());
            let own = |text: Option<Cow<'_, str>>| text.map(Cow::into_owned).unwrap_or_default();
            (own(event.remote_ip), event.remote_port.unwrap_or(0), own(event.upstream))
        };
        for (peer, behind, client, port, upstream) in [
            ("10.0.0.4", r#""198.51.100.0:40000""#, "198.51.100.0", 40_000, ""),
            ("10.0.0.4", r#""[2001:db8::1]:443""#, "2001:db8::1", 443, ""),
            ("10.0.0.4", r#""198.51.100.1:5, 10.0.0.9:6""#, "198.51.100.1", 5, ""),
            ("10.0.0.4", r#""6.6.6.6:1, 198.51.100.1:5" 0.123"#, "198.51.100.1", 5, ""),
            ("10.0.0.4", r#""unknown, 198.51.100.1:5""#, "198.51.100.1", 5, ""),
            (
                "10.0.0.4",
                r#""198.51.100.1:5" rt=0.1 ua="10.0.0.9:80""#,
                "198.51.100.1",
                5,
                "10.0.0.9:80",
            ),
            (
                "10.0.0.4",
                r#""198.51.100.1:5" "0.1" "10.0.0.9:80""#,
                "198.51.100.1",
                5,
                "10.0.0.9:80",
            ),
            ("10.0.0.4", r#""10.0.0.9:80" "198.51.100.1""#, "198.51.100.1", 0, "10.0.0.9:80"),
            // A server of one's own, and what somebody says who is not trusted.
            ("10.0.0.4", r#""10.0.0.9:80""#, "10.0.0.4", 0, "10.0.0.9:80"),
            (
                "10.0.0.4",
                r#""10.0.0.8:80, 10.0.0.9:80""#,
                "10.0.0.4",
                0,
                "10.0.0.8:80, 10.0.0.9:80",
            ),
            ("203.0.113.7", r#""198.51.100.0:40000""#, "203.0.113.7", 0, "198.51.100.0:40000"),
            // No header is written without quotes or elsewhere.
            ("10.0.0.4", "198.51.100.0:40000", "10.0.0.4", 0, "198.51.100.0:40000"),
            ("10.0.0.4", r#""0.123" "198.51.100.0:40000""#, "10.0.0.4", 0, "198.51.100.0:40000"),
        ] {
            let expected = (client.to_owned(), port, upstream.to_owned());
            assert_eq!(read(peer, behind), expected, "{peer} {behind}");
        }
    }

    #[test]
    fn the_port_is_the_clients_or_unknown() {
        assert_eq!(resolved("10.0.0.1", "203.0.113.9:4711").1, Some(4711));
        assert_eq!(resolved("10.0.0.1", "203.0.113.9").1, None);
        assert_eq!(resolved("203.0.113.1", "6.6.6.6:7").1, Some(9));
    }

    proptest! {
        #[test]
        fn nothing_a_client_writes_moves_the_address_that_its_proxy_saw(
            spoofed in "\\PC{0,60}",
            client in 0u8..255,
            proxies in prop::collection::vec(0u8..255, 0..5),
        ) {
            let client = format!("203.0.113.{client}");
            let chain: String = proxies.iter().map(|n| format!(", 10.0.0.{n}")).collect();
            let list = format!("{spoofed}, {client}{chain}");
            prop_assert_eq!(resolved("10.0.0.1", &list).0, client);
        }

        #[test]
        fn any_list_gives_an_address_of_it_or_nothing(peer in "\\PC{0,20}", list in "[0-9a-f:., \\[\\]%\"u]{0,60}") {
            for peer in [&*peer, "10.0.0.1"] {
                let (ip, _) = resolved(peer, &list);
                prop_assert!(ip == peer || entry_address(&ip).is_some());
            }
        }
    }
}

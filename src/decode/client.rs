//! One way to write a client's address, so that the same client is one key; and the same with its
//! last part masked.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::seek;

/// The address as it is kept: IPv6 lower-case and compressed (RFC 5952), an IPv4 address mapped
/// into IPv6 as IPv4, without brackets, with its zone. A host name or `unix:` stays as it is.
/// Borrowed where nothing changes.
#[must_use]
pub fn canonical(client: &str) -> Cow<'_, str> {
    let bare = bare(client);
    if seek::find(bare.as_bytes(), b':').is_none() {
        return Cow::Borrowed(bare);
    }
    if is_compressed(bare.as_bytes()) {
        return Cow::Borrowed(bare);
    }
    let (ip, zone) = split_zone(bare);
    let Ok(IpAddr::V6(ip)) = ip.parse() else {
        return Cow::Borrowed(bare);
    };
    match (ip.to_ipv4_mapped(), zone) {
        (Some(ip), _) => Cow::Owned(ip.to_string()),
        (None, Some(zone)) => Cow::Owned(format!("{ip}%{zone}")),
        (None, None) => {
            let text = ip.to_string();
            if text == bare { Cow::Borrowed(bare) } else { Cow::Owned(text) }
        }
    }
}

/// The canonical address with what tells one subscriber from another cleared: the first address of
/// its /24 (IPv4) or /48 (IPv6), `*.example.org` for a host name, `unix:` as it is.
#[must_use]
pub fn masked(client: &str) -> Cow<'_, str> {
    let bare = bare(client);
    let (ip, _) = split_zone(bare);
    let masked = match ip.parse() {
        // As it stands, for what parses is written in one way.
        Ok(IpAddr::V4(_)) => match ip.rsplit_once('.') {
            None | Some((_, "0")) => return Cow::Borrowed(ip),
            Some((net, _)) => [net, ".0"].concat(),
        },
        Ok(IpAddr::V6(ip)) => match ip.to_ipv4_mapped() {
            Some(ip) => mask_v4(ip),
            None => {
                let [a, b, c, ..] = ip.segments();
                Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_string()
            }
        },
        Err(_) if bare.is_empty() || bare == "-" || bare.starts_with("unix:") => {
            return Cow::Borrowed(bare);
        }
        // The first label of a provider's name is the subscriber.
        Err(_) => bare.split_once('.').map_or("*".to_owned(), |(_, rest)| format!("*.{rest}")),
    };
    if masked == bare { Cow::Borrowed(bare) } else { Cow::Owned(masked) }
}

fn mask_v4(ip: Ipv4Addr) -> String {
    let [a, b, c, _] = ip.octets();
    Ipv4Addr::new(a, b, c, 0).to_string()
}

/// Whether this is an IPv6 address as RFC 5952 writes it, without making one of it and writing that: servers
/// write them so, and that would be most of what such a line costs. `false` may be wrong: where more than one run of zeros
/// could be compressed, or the address begins with one.
fn is_compressed(text: &[u8]) -> bool {
    let (mut groups, mut gap) = (0, false);
    // Behind a gap or a group of zero another such group would make a longer run.
    let mut zero = false;
    let mut rest = text;
    loop {
        let digits = rest.iter().take_while(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')).count();
        let (group, behind) = rest.split_at(digits);
        let padded = digits > 1 && group[0] == b'0';
        let null = group == b"0";
        if !(1..=4).contains(&digits) || padded || (null && zero) {
            return false;
        }
        groups += 1;
        match behind {
            [] => return if gap { groups <= 6 } else { groups == 8 },
            [b':', b':'] => return !gap && !null && groups <= 6,
            [b':', b':', after @ ..] if !gap && !null => (gap, zero, rest) = (true, true, after),
            [b':', after @ ..] => (zero, rest) = (null, after),
            _ => return false,
        }
    }
}

/// Without the brackets of `[::1]`.
fn bare(client: &str) -> &str {
    client.strip_prefix('[').and_then(|inner| inner.strip_suffix(']')).unwrap_or(client)
}

fn split_zone(ip: &str) -> (&str, Option<&str>) {
    match ip.split_once('%') {
        Some((ip, zone)) => (ip, Some(zone)),
        None => (ip, None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_client_has_one_text_and_one_mask() {
        let cases = [
            ("203.0.113.9", "203.0.113.9", "203.0.113.0"),
            ("2001:DB8:0:0::1", "2001:db8::1", "2001:db8::"),
            ("[2001:db8:1:2::3]", "2001:db8:1:2::3", "2001:db8:1::"),
            ("::1", "::1", "::"),
            ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.0"),
            ("::FFFF:a00:1", "10.0.0.1", "10.0.0.0"),
            ("fe80::1%eth0", "fe80::1%eth0", "fe80::"),
            ("FE80::0001%eth0", "fe80::1%eth0", "fe80::"),
            ("999.1.1.1", "999.1.1.1", "*.1.1.1"),
            ("p54.dip.example.net", "p54.dip.example.net", "*.dip.example.net"),
            ("localhost", "localhost", "*"),
            ("unix:", "unix:", "unix:"),
            ("2001:db8:2ce:1", "2001:db8:2ce:1", "*"),
            ("", "", ""),
        ];
        for (client, expected, mask) in cases {
            assert_eq!(canonical(client), expected, "{client}");
            assert_eq!(masked(client), mask, "{client}");
        }
    }

    proptest! {
        #[test]
        fn what_is_taken_for_compressed_is_written_so(
            groups in prop::collection::vec(
                prop::sample::select(vec!["0", "0", "1", "db8", "2001", "00", "0a", "ffff", "", "B", "12345"]),
                1..10,
            ),
            bits in any::<u128>(),
            zeros in any::<u8>(),
        ) {
            let text = groups.join(":");
            if is_compressed(text.as_bytes()) {
                let ip: Ipv6Addr = text.parse().expect("an address");
                prop_assert_eq!(ip.to_string(), text);
            }
            // And most that are written so are seen to be.
            let mask = (0..8).filter(|n| zeros >> n & 1 == 0).fold(0, |mask, n| mask | 0xffff_u128 << (16 * n));
            let text = Ipv6Addr::from_bits(bits & mask).to_string();
            let another = ["::", "0:0:"].iter().any(|start| text.starts_with(start)) || text.contains(":0:0");
            prop_assert!(is_compressed(text.as_bytes()) || another, "{text}");
        }
    }

    #[test]
    fn what_is_canonical_is_borrowed() {
        for client in ["203.0.113.9", "2001:db8::1", "host.example"] {
            assert!(matches!(canonical(client), Cow::Borrowed(_)), "{client}");
        }
    }
}

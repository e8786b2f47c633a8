//! One way to write a client's address, so that the same client is one key; and the same with its
//! last part masked.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The address as it is kept: IPv6 lower-case and compressed (RFC 5952), an IPv4 address mapped
/// into IPv6 as IPv4, without brackets, with its zone. A host name or `unix:` stays as it is.
/// Borrowed where nothing changes.
#[must_use]
pub fn canonical(client: &str) -> Cow<'_, str> {
    if client.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return Cow::Borrowed(client);
    }
    let bare = bare(client);
    if !bare.contains(':') {
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
        Ok(IpAddr::V4(ip)) => mask_v4(ip),
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

    #[test]
    fn what_is_canonical_is_borrowed() {
        for client in ["203.0.113.9", "2001:db8::1", "host.example"] {
            assert!(matches!(canonical(client), Cow::Borrowed(_)), "{client}");
        }
    }
}

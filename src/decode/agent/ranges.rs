//! Whether an address is one of those that a bot's operator publishes.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde_json::Value;

use super::operator;
use super::published::PUBLISHED;

/// What an address says of a bot's claim to be itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Origin {
    /// In the ranges that the operator publishes: it is the bot.
    Published,
    /// The operator publishes ranges, and the address is in none: most likely somebody else.
    Foreign,
    /// No ranges are known: the agent is a claim.
    Unpublished,
}

impl Origin {
    pub const ALL: [Origin; 3] = [Origin::Published, Origin::Foreign, Origin::Unpublished];

    /// The word of the panels.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Origin::Published => "published",
            Origin::Foreign => "foreign",
            Origin::Unpublished => "unpublished",
        }
    }
}

/// Ranges read from operators' files, by the name of a bot (`googlebot`) or operator (`google`).
///
/// They stand beside the compiled ones: an address is published if either has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges {
    /// By folded name: first and last addresses in their IPv6 form, sorted, none overlapping.
    sets: BTreeMap<String, Vec<(u128, u128)>>,
}

/// Ranges of one file; the largest that is published, Google's user-triggered fetchers, has under
/// 2,000 (2026).
const RANGES_MAX: usize = 65_536;

impl Ranges {
    /// Bytes of one file.
    pub const FILE_MAX: usize = 16 << 20;

    /// Reads a file as Google, Bing, OpenAI, Apple, Perplexity and Common Crawl publish it,
    /// `{"prefixes":[{"ipv4Prefix":"192.0.2.0/24"},{"ipv6Prefix":"2001:db8::/32"}]}`, an array of
    /// texts, or a text with a range or address a line, as monitors publish it. A name may end in
    /// `.json` or `.txt`.
    ///
    /// # Errors
    /// What is wrong with the file, for the person who put it there.
    pub fn read(name: &str, json: &[u8]) -> Result<Ranges, String> {
        let name = folded(name);
        if name.is_empty() {
            return Err("a file of ranges needs the name of a bot or operator".to_owned());
        }
        if json.len() > Ranges::FILE_MAX {
            return Err(format!("{name}: over {} bytes", Ranges::FILE_MAX));
        }
        let text = std::str::from_utf8(json).map_err(|e| format!("{name}: not UTF-8: {e}"))?;
        let text = text.trim_start_matches('\u{feff}').trim();
        let mut found = Vec::new();
        if text.starts_with(['{', '[']) {
            let value: Value =
                serde_json::from_str(text).map_err(|e| format!("{name}: no JSON: {e}"))?;
            for written in texts(&value) {
                found.push(range(written).ok_or_else(|| refused(&name, written))?);
            }
        } else {
            let lines = text.lines().map(|line| line.split('#').next().unwrap_or("").trim());
            for written in lines.filter(|line| !line.is_empty()) {
                found.push(range(written).ok_or_else(|| refused(&name, written))?);
            }
        }
        if found.is_empty() {
            return Err(format!(
                "{name}: no ranges: expected {{\"prefixes\":[{{\"ipv4Prefix\":…}}]}}"
            ));
        }
        if found.len() > RANGES_MAX {
            return Err(format!("{name}: over {RANGES_MAX} ranges"));
        }
        Ok(Ranges { sets: BTreeMap::from([(name, joined(found))]) })
    }

    /// Takes the other's ranges too; those of the same name become one set.
    pub fn merge(&mut self, other: Ranges) {
        for (name, ranges) in other.sets {
            let mine = self.sets.entry(name).or_default();
            mine.extend(ranges);
            *mine = joined(std::mem::take(mine));
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty()
    }
}

/// Whether an address is the operator's whose bot has this name. A bot is judged by its own list
/// and, with `extra`, its operator's; an operator, whose bots have lists of their own of which some
/// may not be known, is never called foreign by the compiled ones.
#[must_use]
pub fn origin(bot_name_or_operator: &str, address: IpAddr, extra: &Ranges) -> Origin {
    let bits = bits(address);
    let name = bot_name_or_operator;
    let runs_it = operator(name);
    let mut judged = false;
    let own = [name, runs_it].into_iter().filter(|n| !n.is_empty());
    for ranges in own.filter_map(|n| extra.sets.get(&folded(n))) {
        judged = true;
        if within(ranges, bits) {
            return Origin::Published;
        }
    }
    for (names, list) in PUBLISHED {
        let is_own = names.iter().any(|n| n.eq_ignore_ascii_case(name));
        let is_operators = || names.iter().any(|n| operator(n).eq_ignore_ascii_case(name));
        if !is_own && !is_operators() {
            continue;
        }
        judged |= is_own;
        if within(list, bits) {
            return Origin::Published;
        }
    }
    if judged { Origin::Foreign } else { Origin::Unpublished }
}

/// The address in its IPv6 form, so that one order holds both kinds.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn within(ranges: &[(u128, u128)], bits: u128) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= bits);
    after > 0 && ranges[after - 1].1 >= bits
}

/// Sorted, and those that touch as one.
fn joined(mut ranges: Vec<(u128, u128)>) -> Vec<(u128, u128)> {
    ranges.sort_unstable();
    let mut out: Vec<(u128, u128)> = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match out.last_mut() {
            Some(before) if first <= before.1.saturating_add(1) => before.1 = before.1.max(last),
            _ => out.push((first, last)),
        }
    }
    out
}

fn folded(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let stem = name.strip_suffix(".json").or_else(|| name.strip_suffix(".txt"));
    stem.unwrap_or(&name).to_owned()
}

fn refused(name: &str, written: &str) -> String {
    let shown: String = written.chars().filter(|c| !c.is_control()).take(60).collect();
    format!("{name}: no address range: {shown:?}")
}

/// The texts of a file that say a range: of the array itself, or of the first array that an object
/// holds (`prefixes`, `ips`), by the keys that operators use.
fn texts(value: &Value) -> Vec<&str> {
    const KEYS: [&str; 6] =
        ["ipv4Prefix", "ipv6Prefix", "ip_prefix", "ipv6_prefix", "ip_address", "ip"];
    let items = match value {
        Value::Array(items) => items.as_slice(),
        Value::Object(map) => {
            let named = map.get("prefixes").into_iter().chain(map.values());
            named.filter_map(Value::as_array).next().map_or(&[][..], Vec::as_slice)
        }
        _ => &[],
    };
    let mut out = Vec::new();
    for item in items {
        match item {
            Value::String(text) => out.push(text.as_str()),
            _ => out.extend(KEYS.iter().filter_map(|key| item.get(key)?.as_str())),
        }
    }
    out
}

/// First and last address of `192.0.2.0/24` or `192.0.2.1`. Bits beyond the prefix are dropped: some
/// operators write the host's address before the prefix.
fn range(text: &str) -> Option<(u128, u128)> {
    let (address, prefix) = match text.trim().split_once('/') {
        Some((address, prefix)) => (address, Some(prefix.parse::<u32>().ok()?)),
        None => (text.trim(), None),
    };
    let (first, width, prefix) = if let Ok(v4) = address.parse::<Ipv4Addr>() {
        (v4.to_ipv6_mapped().to_bits(), 32, prefix.unwrap_or(32))
    } else {
        (address.parse::<Ipv6Addr>().ok()?.to_bits(), 128, prefix.unwrap_or(128))
    };
    let free = u32::checked_sub(width, prefix)?;
    // A shift of the whole width is undefined.
    let below = 1_u128.checked_shl(free).map_or(u128::MAX, |size| size - 1);
    Some((first & !below, first | below))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn from(name: &str, address: &str, extra: &Ranges) -> Origin {
        origin(name, address.parse().expect("an address"), extra)
    }

    #[test]
    fn a_claim_is_judged_by_the_operators_list() {
        let cases = [
            ("Googlebot", "66.249.66.1", Origin::Published),
            ("Googlebot", "::ffff:66.249.66.1", Origin::Published),
            ("Googlebot", "2001:4860:4801:10::1", Origin::Published),
            ("googlebot", "34.96.162.63", Origin::Published),
            ("Googlebot", "34.96.162.64", Origin::Foreign),
            ("Googlebot", "203.0.113.9", Origin::Foreign),
            ("AdsBot-Google", "74.125.151.255", Origin::Published),
            ("Google", "66.249.66.1", Origin::Published),
            ("Google", "203.0.113.9", Origin::Unpublished),
            ("FeedFetcher-Google", "203.0.113.9", Origin::Unpublished),
            ("Bingbot", "157.55.39.255", Origin::Published),
            ("Bingbot", "157.55.40.0", Origin::Foreign),
            ("Applebot", "17.22.245.9", Origin::Published),
            ("GPTBot", "20.171.207.1", Origin::Published),
            ("GPTBot", "20.171.208.0", Origin::Foreign),
            ("OAI-SearchBot", "51.8.102.1", Origin::Published),
            ("ChatGPT-User", "203.0.113.9", Origin::Unpublished),
            ("ClaudeBot", "216.73.219.255", Origin::Published),
            ("PerplexityBot", "107.20.236.150", Origin::Published),
            ("CCBot", "2600:1f28:365:80ff::1", Origin::Published),
            ("YandexBot", "5.255.253.1", Origin::Unpublished),
            ("nobody", "66.249.66.1", Origin::Unpublished),
            ("", "66.249.66.1", Origin::Unpublished),
        ];
        for (name, address, expected) in cases {
            assert_eq!(from(name, address, &Ranges::default()), expected, "{name} {address}");
        }
    }

    #[test]
    fn an_operators_file_adds_to_what_is_known() {
        let json = br#"{"creationTime":"2026","prefixes":[{"ipv4Prefix":"192.0.2.0/24"},
            {"ipv6Prefix":"2001:db8::/32"},{"ipv4Prefix":"192.0.3.7/25"}]}"#;
        let mut extra = Ranges::read("ChatGPT-User.json", json).expect("ranges");
        extra.merge(Ranges::read("google", b"[\"198.51.100.0/24\"]").expect("ranges"));
        extra.merge(
            Ranges::read("UptimeRobot", b"# ours\n203.0.113.9\r\n\n2001:db8:1::1\n")
                .expect("ranges"),
        );
        let cases = [
            ("ChatGPT-User", "192.0.2.255", Origin::Published),
            ("ChatGPT-User", "192.0.3.127", Origin::Published),
            ("ChatGPT-User", "192.0.3.128", Origin::Foreign),
            ("ChatGPT-User", "2001:db8:ffff::1", Origin::Published),
            ("Googlebot", "198.51.100.1", Origin::Published),
            ("Googlebot", "66.249.66.1", Origin::Published),
            ("FeedFetcher-Google", "198.51.100.1", Origin::Published),
            ("FeedFetcher-Google", "66.249.66.1", Origin::Foreign),
            ("UptimeRobot", "203.0.113.9", Origin::Published),
            ("UptimeRobot", "203.0.113.10", Origin::Foreign),
        ];
        for (name, address, expected) in cases {
            assert_eq!(from(name, address, &extra), expected, "{name} {address}");
        }
    }

    #[test]
    fn a_file_that_says_no_ranges_says_why() {
        let cases: [(&str, &[u8], &str); 7] = [
            ("a", b"{", "no JSON"),
            ("a", b"{}", "no ranges"),
            ("a", b"", "no ranges"),
            ("a", b"{\"prefixes\":[{\"ipv4Prefix\":\"192.0.2.0/33\"}]}", "192.0.2.0/33"),
            ("a", b"<html>", "<html>"),
            ("a", b"\xff\xfe", "not UTF-8"),
            (".json", b"[]", "needs the name"),
        ];
        for (name, json, why) in cases {
            let said = Ranges::read(name, json).expect_err(why);
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn the_compiled_lists_are_sorted_and_of_known_bots() {
        for (names, list) in PUBLISHED {
            assert!(list.windows(2).all(|w| w[0].1 < w[1].0), "{names:?}");
            assert!(list.iter().all(|(first, last)| first <= last));
            for name in *names {
                assert!(!operator(name).is_empty(), "{name} is no known bot");
            }
        }
    }

    proptest! {
        #[test]
        fn any_file_is_ranges_or_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let _ = Ranges::read("x", &bytes);
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let json = serde_json::json!({ "prefixes": [{ "ipv4Prefix": text }] }).to_string();
            let _ = Ranges::read("x", json.as_bytes());
        }

        #[test]
        fn a_search_finds_what_a_walk_finds(
            nets in prop::collection::vec((any::<u32>(), 0_u32..=32), 1..20),
            probe in any::<u32>(),
        ) {
            let text: String =
                nets.iter().map(|(a, p)| format!("{}/{p}\n", Ipv4Addr::from(*a))).collect();
            let ranges = Ranges::read("x", text.as_bytes()).expect("ranges");
            let probes = nets.iter().flat_map(|(a, _)| [*a, a.wrapping_add(1), a.wrapping_sub(1)]);
            for probe in probes.chain([probe]) {
                let walked = nets.iter().any(|(a, p)| {
                    let mask = u32::MAX.checked_shl(32 - p).unwrap_or(0);
                    a & mask == probe & mask
                });
                let found = origin("x", IpAddr::V4(Ipv4Addr::from(probe)), &ranges);
                prop_assert_eq!(found == Origin::Published, walked);
            }
        }
    }
}

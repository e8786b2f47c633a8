//! The operating system that an agent names.

use super::{Class, classify, read};

/// The system of a browser or tool, with its major version where agents still tell it; empty for
/// bots, whose agents name telephones that they do not run on, and where none is named.
///
/// Browsers freeze what they say: `Windows 10` is 10 or 11 (`NT 10.0` on both), and macOS has no
/// version at all (`10_15_7` since 2020), see the User-Agent reduction of Chromium, Safari and
/// Firefox. The values are a closed list.
#[must_use]
pub fn system(user_agent: &str) -> &'static str {
    let text = read(user_agent);
    if !matches!(classify(text).class, Class::Browser | Class::Tool | Class::Unknown) {
        return "";
    }
    // Systems that others are built on, or that name others to be taken for them, come last.
    let has = |word: &str| text.contains(word);
    if let Some((_, name)) = FIRST.iter().find(|(word, _)| has(word)) {
        return name;
    }
    if has("iPad") {
        return after(text, "CPU OS ").map_or("iPadOS", |n| numbered(&IPADOS, n, "iPadOS"));
    }
    if has("iPhone") || has("iPod") {
        return after(text, "iPhone OS ").map_or("iOS", |n| numbered(&IOS, n, "iOS"));
    }
    if has("Android") {
        let version = after(text, "Android ").or_else(|| after(text, "Android-"));
        return version.map_or("Android", |n| numbered(&ANDROID, n, "Android"));
    }
    if let Some((_, name)) = LAST.iter().find(|(word, _)| has(word)) {
        return name;
    }
    ""
}

/// Words in the order they are looked for.
const FIRST: &[(&str, &str)] = &[
    ("Windows Phone", "Windows Phone"),
    ("Xbox", "Xbox"),
    ("Windows NT 10.0", "Windows 10"),
    ("Windows NT 6.3", "Windows 8.1"),
    ("Windows NT 6.2", "Windows 8"),
    ("Windows NT 6.1", "Windows 7"),
    ("Windows NT 6.0", "Windows Vista"),
    ("Windows NT 5.2", "Windows Server 2003"),
    ("Windows NT 5.1", "Windows XP"),
    ("Windows NT 5.0", "Windows 2000"),
    ("Windows", "Windows"),
    ("Win64", "Windows"),
    ("CYGWIN", "Windows"),
    ("CrOS", "ChromeOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("HarmonyOS", "HarmonyOS"),
    ("KAIOS", "KaiOS"),
    ("Tizen", "Tizen"),
    ("Web0S", "webOS"),
    ("webOS", "webOS"),
    ("PlayStation", "PlayStation"),
    ("Nintendo", "Nintendo"),
];

const LAST: &[(&str, &str)] = &[
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("macOS", "macOS"),
    ("Ubuntu", "Ubuntu"),
    ("Debian", "Debian"),
    ("Fedora", "Fedora"),
    ("CentOS", "CentOS"),
    ("Red Hat", "Red Hat"),
    ("SUSE", "SUSE"),
    ("Linux", "Linux"),
    ("linux", "Linux"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
    ("NetBSD", "NetBSD"),
    ("SunOS", "Solaris"),
    // An app that uses the system's own HTTP client; it may run on any of Apple's systems.
    ("Darwin", "Darwin"),
    ("darwin", "Darwin"),
];

/// The number behind a word.
fn after(text: &str, word: &str) -> Option<usize> {
    let rest = &text[text.find(word)? + word.len()..];
    let end = rest.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

fn numbered(names: &[&'static str], version: usize, plain: &'static str) -> &'static str {
    names.get(version).copied().filter(|name| !name.is_empty()).unwrap_or(plain)
}

macro_rules! versions {
    ($name:literal: $($number:literal)*) => { ["", $(concat!($name, " ", $number)),*] };
}

/// By version, from 0: as many as there are and a few to come; Apple skipped from 18 to 26.
static ANDROID: [&str; 25] =
    versions!("Android": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24);
static IOS: [&str; 36] = versions!("iOS": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35);
static IPADOS: [&str; 36] = versions!("iPadOS": 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_system_is_what_a_browser_says_and_bots_have_none() {
        let cases = [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
                "Windows 10",
            ),
            ("Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko", "Windows 7"),
            ("Mozilla/5.0 (compatible; MSIE 6.0; Windows 98)", "Windows"),
            (
                "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950) Edge/15",
                "Windows Phone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/17.1 Safari/605.1.15",
                "macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile Safari/604.1",
                "iOS 17",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 Version/16.6 Safari/604.1",
                "iPadOS 16",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/141.0.0.0 Mobile Safari/537.36",
                "Android 14",
            ),
            ("Mozilla/5.0 (Linux; Android 999; x) Chrome/141.0.0.0", "Android"),
            ("Dalvik/2.1.0 (Linux; U; Android 11; SM-A205U Build/RP1A)", "Android 11"),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/141.0.0.0 Safari/537.36",
                "ChromeOS",
            ),
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/119.0",
                "Ubuntu",
            ),
            ("Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/119.0", "Linux"),
            ("Wget/1.21.3 (linux-gnu)", "Linux"),
            ("MyApp/1 CFNetwork/1410.0.3 Darwin/22.6.0", "Darwin"),
            (
                "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) Chrome/141.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "",
            ),
            ("curl/8.5.0", ""),
            ("-", ""),
            ("", ""),
        ];
        for (agent, expected) in cases {
            assert_eq!(system(agent), expected, "{agent}");
        }
    }

    #[test]
    fn a_version_stands_at_its_number() {
        for (names, plain) in
            [(&ANDROID[..], "Android"), (&IOS[..], "iOS"), (&IPADOS[..], "iPadOS")]
        {
            for (version, name) in names.iter().enumerate().skip(1) {
                assert_eq!(*name, format!("{plain} {version}"));
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_has_a_system_of_the_list_or_none(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            version in any::<u64>(),
        ) {
            let all: BTreeSet<&str> = FIRST.iter().chain(LAST).map(|(_, name)| *name)
                .chain(ANDROID.into_iter().chain(IOS).chain(IPADOS))
                .chain(["Android", "iOS", "iPadOS"]).collect();
            let noise = String::from_utf8_lossy(&bytes);
            for text in [noise.to_string(), format!("Mozilla/5.0 (Android {version}; {noise}) Chrome/1")] {
                prop_assert!(all.contains(system(&text)));
            }
        }
    }
}

//! The domains that a bot's machines are named in, where its operator publishes that: the name of
//! its address ends in one of them, and leads back to the address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The domains of a bot that [`bot`](super::bot) gives; none where its operator publishes none.
#[must_use]
pub fn domains(bot_name: &str) -> &'static [&'static str] {
    let is_its = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(bot_name));
    NAMED.iter().find(|(names, _)| is_its(names)).map_or(&[], |(_, domains)| domains)
}

/// Whether a host is in one of the domains. What is no host's name is in none: it is a stranger's
/// who has the address.
#[must_use]
pub fn is_within(host: &str, domains: &[&str]) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    is_host(host) && domains.iter().any(|domain| ends_in(host, domain))
}

/// Whether a host is in a domain of any bot.
#[must_use]
pub fn is_any_bots(host: &str) -> bool {
    NAMED.iter().any(|(_, domains)| is_within(host, domains))
}

/// Whether an address may be asked about: one of the public internet, where crawlers are. What is
/// known of others is nobody's but the operator's.
#[must_use]
pub fn may_be_asked(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(v4) => !NOT_PUBLIC_V4.iter().any(|&(first, prefix)| {
            let free = 32 - prefix;
            v4.to_bits() >> free == first.to_bits() >> free
        }),
        IpAddr::V6(v6) => {
            let [a, b, ..] = v6.segments();
            let tunnelled = (a == 0x2001 && b < 0x200) || a == 0x2002;
            let documentation = (a == 0x2001 && b == 0xdb8) || (a == 0x3fff && b < 0x1000);
            is_global_unicast(v6) && !tunnelled && !documentation
        }
    }
}

/// 2000::/3, all that was ever given out
/// (<https://www.iana.org/assignments/ipv6-unicast-address-assignments>, 2026).
fn is_global_unicast(address: Ipv6Addr) -> bool {
    address.segments()[0] >> 13 == 1
}

/// <https://www.iana.org/assignments/iana-ipv4-special-registry> (2026) and multicast.
const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 14] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved and broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// A name has at most so many characters (RFC 1035, 2.3.4).
const HOST_MAX: usize = 253;

fn is_host(host: &str) -> bool {
    host.len() <= HOST_MAX
        && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

/// `a.example.org` ends in `example.org`; `badexample.org` does not, nor does the domain itself.
fn ends_in(host: &str, domain: &str) -> bool {
    let Some(at) = host.len().checked_sub(domain.len()) else { return false };
    let (before, end) = host.split_at(at);
    end.eq_ignore_ascii_case(domain) && before.len() > 1 && before.ends_with('.')
}

type Named = (&'static [&'static str], &'static [&'static str]);

/// Bots' names and the domains of their machines, as their operators say (read in November 2026).
///
/// Google's user-triggered fetchers of `googleusercontent.com` are not here: every machine that
/// anyone rents of Google is named in it. Nor is what others found out about bots whose operators
/// say nothing.
static NAMED: &[Named] = &[
    // https://developers.google.com/crawling/docs/crawlers-fetchers/verify-google-requests:
    // crawl-*.googlebot.com and geo-crawl-*.geo.googlebot.com
    (
        &[
            "Googlebot",
            "GoogleOther",
            "Google-InspectionTool",
            "Storebot-Google",
            "Google-CloudVertexBot",
        ],
        &["googlebot.com"],
    ),
    // https://developers.google.com/crawling/docs/crawlers-fetchers/google-special-case-crawlers:
    // rate-limited-proxy-*.google.com; and what a user of Google's triggers, which comes from
    // google-proxy-*.google.com
    // (https://developers.google.com/crawling/docs/crawlers-fetchers/google-user-triggered-fetchers)
    (
        &[
            "AdsBot-Google",
            "Mediapartners-Google",
            "APIs-Google",
            "Google-Safety",
            "FeedFetcher-Google",
            "GoogleProducer",
            "Google-Read-Aloud",
            "Google-Site-Verification",
        ],
        &["google.com"],
    ),
    // https://www.bing.com/webmasters/help/how-to-verify-bingbot-3905dc26
    (&["Bingbot", "BingPreview", "AdIdxBot", "msnbot"], &["search.msn.com"]),
    // https://yandex.com/support/webmaster/robot-workings/check-yandex-robots.html: all its robots
    (
        &[
            "YandexBot",
            "YandexAccessibilityBot",
            "YandexAdditional",
            "YandexBlogs",
            "YandexCalendar",
            "YandexDirect",
            "YandexFavicons",
            "YandexImageResizer",
            "YandexImages",
            "YandexMarket",
            "YandexMedia",
            "YandexMetrika",
            "YandexMobileBot",
            "YandexNews",
            "YandexOntoDB",
            "YandexPagechecker",
            "YandexRenderResourcesBot",
            "YandexScreenshotBot",
            "YandexVideo",
            "YandexWebmaster",
        ],
        &["yandex.ru", "yandex.net", "yandex.com"],
    ),
    // http://help.baidu.com/question?prod_en=master&class=498&id=1000973
    (&["Baiduspider"], &["baidu.com", "baidu.jp"]),
    // https://support.apple.com/119829
    (&["Applebot"], &["applebot.apple.com"]),
    // https://aspiegel.com/petalbot
    (&["PetalBot"], &["petalsearch.com", "aspiegel.com"]),
    // https://napoveda.seznam.cz/en/seznambot-crawler/: fulltextrobot-*.seznam.cz
    (&["SeznamBot"], &["seznam.cz"]),
    // https://searchadvisor.naver.com/guide/seo-basic-firewall: crawl.*.web.naver.com
    (&["Yeti", "Naverbot"], &["naver.com"]),
    // https://help.qwant.com/bot
    (&["Qwantbot", "Qwantify"], &["qwant.com"]),
    // https://www.mojeek.com/bot.html
    (&["MojeekBot"], &["mojeek.com"]),
    // https://developer.amazon.com/support/amazonbot
    (&["Amazonbot"], &["crawl.amazonbot.amazon"]),
    // https://developers.pinterest.com/docs/reference/control-pinterestbot-access-to-your-site/
    (&["Pinterestbot"], &["pinterest.com", "pinterestcrawler.com"]),
    // http://www.ysearchblog.com/2007/06/05/yahoo-search-crawler-slurp-has-a-new-address-and-signature-card/
    (&["Slurp"], &["crawl.yahoo.net"]),
    // https://ahrefs.com/robot
    (&["AhrefsBot", "AhrefsSiteAudit"], &["ahrefs.com", "ahrefs.net"]),
    // https://commoncrawl.org/ccbot
    (&["CCBot"], &["crawl.commoncrawl.org"]),
];

#[cfg(test)]
mod tests {
    use super::super::operator;
    use super::*;

    #[test]
    fn a_host_is_in_its_operators_domain_and_in_no_other() {
        let cases = [
            ("Googlebot", "crawl-66-249-66-1.googlebot.com", true),
            ("googlebot", "crawl-66-249-66-1.GoogleBot.com.", true),
            ("Googlebot", "geo-crawl-1.geo.googlebot.com", true),
            ("Googlebot", "googlebot.com", false),
            ("Googlebot", ".googlebot.com", false),
            ("Googlebot", "evilgooglebot.com", false),
            ("Googlebot", "crawl.googlebot.com.evil.example", false),
            ("Googlebot", "rate-limited-proxy-66-249-90-77.google.com", false),
            ("Googlebot", "1.0.0.127.bc.googleusercontent.com", false),
            ("AdsBot-Google", "rate-limited-proxy-66-249-90-77.google.com", true),
            ("Bingbot", "msnbot-157-55-39-1.search.msn.com", true),
            ("Bingbot", "a.msn.com", false),
            ("YandexBot", "5-255-253-1.spider.yandex.com", true),
            ("YandexImages", "a.yandex.net", true),
            ("YandexBot", "a.yandexcloud.net", false),
            ("Yeti", "crawl.125-209-235-169.web.naver.com", true),
            ("Amazonbot", "1-2-3-4.crawl.amazonbot.amazon", true),
            ("DuckDuckBot", "a.duckduckgo.com", false),
            ("", "a.googlebot.com", false),
            ("Googlebot", "", false),
            ("Googlebot", "a b.googlebot.com", false),
            ("Googlebot", "ä.googlebot.com", false),
        ];
        for (bot, host, expected) in cases {
            assert_eq!(is_within(host, domains(bot)), expected, "{bot} {host}");
        }
        assert!(!is_within(&format!("{}.googlebot.com", "a".repeat(250)), domains("Googlebot")));
        assert!(is_any_bots("crawl-1.googlebot.com") && !is_any_bots("host.example"));
    }

    #[test]
    fn only_addresses_of_the_public_internet_may_be_asked() {
        let cases = [
            ("66.249.66.1", true),
            ("::ffff:66.249.66.1", true),
            ("2001:4860:4801:10::1", true),
            ("2a02:6b8::1", true),
            ("10.0.0.1", false),
            ("::ffff:10.0.0.1", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("127.0.0.1", false),
            ("169.254.1.1", false),
            ("172.31.255.255", false),
            ("172.32.0.0", true),
            ("192.168.1.1", false),
            ("198.19.0.1", false),
            ("203.0.113.9", false),
            ("224.0.0.1", false),
            ("255.255.255.255", false),
            ("0.0.0.0", false),
            ("::", false),
            ("::1", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("ff02::1", false),
            ("64:ff9b::a00:1", false),
            ("2001:db8::1", false),
            ("2001::1", false),
            ("2002:a00:1::1", false),
            ("3fff:1000::1", true),
            ("3fff:fff::1", false),
        ];
        for (address, expected) in cases {
            assert_eq!(may_be_asked(address.parse().unwrap()), expected, "{address}");
        }
    }

    #[test]
    fn the_table_is_of_known_bots_each_once() {
        let mut names: Vec<&str> = NAMED.iter().flat_map(|(names, _)| *names).copied().collect();
        assert!(names.iter().all(|name| !operator(name).is_empty()), "{names:?}");
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        for domain in NAMED.iter().flat_map(|(_, domains)| *domains) {
            assert!(is_host(domain) && domain.contains('.') && !domain.starts_with('.'));
        }
    }
}

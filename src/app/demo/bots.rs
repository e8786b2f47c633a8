//! The bots that come to the demo's sites: of every purpose, from where they say or from elsewhere.

use std::net::{IpAddr, Ipv4Addr};

use super::places;
use super::rng::Rng;

/// What a bot asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// Pages, `robots.txt` now and then.
    Crawl,
    /// One page for one person.
    Fetch,
    /// The start page, by HEAD.
    Watch,
    /// The feed.
    Feed,
    /// What is not there.
    Scan,
}

/// Where a bot comes from.
#[derive(Clone, Copy, Debug)]
enum Home {
    /// Its operator publishes these networks: the page says *verified*. The only real addresses of
    /// the demo, as nothing else can be verified; each is in `decode/agent/published.rs`.
    Published(&'static [(Ipv4Addr, u8)]),
    /// A data centre: the page says *claimed*.
    Elsewhere,
}

#[derive(Debug)]
pub(super) struct Bot {
    pub(super) agent: &'static str,
    pub(super) errand: Errand,
    weight: f64,
    home: Home,
    /// Machines it comes from.
    machines: usize,
}

const fn bot(weight: f64, errand: Errand, home: Home, machines: usize, agent: &'static str) -> Bot {
    Bot { agent, errand, weight, home, machines }
}

const fn v4(a: u8, b: u8, c: u8, d: u8) -> Ipv4Addr {
    Ipv4Addr::new(a, b, c, d)
}

use Errand::{Crawl, Feed, Fetch, Scan, Watch};
use Home::{Elsewhere, Published};

const GOOGLEBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// Shares among bots as a small shop sees them.
#[rustfmt::skip]
const BOTS: [Bot; 41] = [
    // search
    bot(15.0, Crawl, Published(&[(v4(66, 249, 66, 0), 24), (v4(66, 249, 79, 0), 24)]), 60, GOOGLEBOT),
    bot(5.0, Crawl, Published(&[(v4(66, 249, 66, 0), 24)]), 20, "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.7680.40 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    // Not Google's: most that call themselves so are not.
    bot(2.6, Scan, Elsewhere, 60, GOOGLEBOT),
    bot(8.0, Crawl, Published(&[(v4(157, 55, 39, 0), 24), (v4(40, 77, 167, 0), 24), (v4(52, 167, 144, 0), 24)]), 40, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/136.0.0.0 Safari/537.36"),
    bot(0.5, Crawl, Elsewhere, 3, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    bot(5.0, Crawl, Published(&[(v4(17, 241, 219, 0), 24), (v4(17, 22, 245, 0), 24)]), 24, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)"),
    bot(4.0, Crawl, Elsewhere, 12, "Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)"),
    bot(3.0, Crawl, Elsewhere, 14, "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"),
    bot(1.2, Crawl, Elsewhere, 6, "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)"),
    bot(0.8, Crawl, Elsewhere, 4, "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)"),
    bot(2.2, Crawl, Elsewhere, 10, "Mozilla/5.0 (Linux; Android 7.0;) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; PetalBot;+https://webmaster.petalsearch.com/site/petalbot)"),
    // models
    bot(9.0, Crawl, Published(&[(v4(20, 171, 206, 0), 23), (v4(52, 230, 152, 0), 24)]), 60, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; +https://openai.com/gptbot)"),
    bot(8.0, Crawl, Published(&[(v4(216, 73, 216, 0), 22)]), 70, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)"),
    bot(4.5, Crawl, Elsewhere, 16, "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)"),
    bot(3.5, Crawl, Elsewhere, 24, "Mozilla/5.0 (Linux; Android 5.0) AppleWebKit/537.36 (KHTML, like Gecko) Mobile Safari/537.36 (compatible; Bytespider; spider-feedback@bytedance.com)"),
    bot(3.0, Crawl, Elsewhere, 12, "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko; compatible; Amazonbot/0.1; +https://developer.amazon.com/support/amazonbot) Chrome/119.0.6045.214 Safari/537.36"),
    bot(1.5, Crawl, Published(&[(v4(18, 97, 9, 168), 29)]), 8, "CCBot/2.0 (https://commoncrawl.org/faq/)"),
    // assistants and their indexes
    bot(3.5, Fetch, Elsewhere, 40, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot"),
    bot(2.5, Crawl, Published(&[(v4(51, 8, 102, 0), 24)]), 16, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; OAI-SearchBot/1.3; +https://openai.com/searchbot)"),
    bot(1.6, Crawl, Published(&[(v4(107, 20, 236, 150), 32), (v4(18, 97, 9, 96), 29)]), 9, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)"),
    bot(0.9, Fetch, Published(&[(v4(18, 97, 43, 80), 29)]), 8, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Perplexity-User/1.0; +https://perplexity.ai/perplexity-user)"),
    bot(0.8, Fetch, Elsewhere, 6, "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Claude-User/1.0; +Claude-User@anthropic.com)"),
    // SEO
    bot(5.0, Crawl, Elsewhere, 30, "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
    bot(4.0, Crawl, Elsewhere, 20, "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)"),
    bot(1.5, Crawl, Elsewhere, 8, "Mozilla/5.0 (compatible; MJ12bot/v1.4.8; http://mj12bot.com/)"),
    bot(1.0, Crawl, Elsewhere, 5, "Mozilla/5.0 (compatible; DotBot/1.2; +https://opensiteexplorer.org/dotbot; help@moz.com)"),
    // monitors
    bot(2.6, Watch, Elsewhere, 12, "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"),
    bot(1.4, Watch, Elsewhere, 10, "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)"),
    bot(0.8, Watch, Elsewhere, 4, "Better Uptime Bot Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36"),
    // feeds
    bot(1.4, Feed, Elsewhere, 4, "Feedly/1.0 (+https://feedly.com/poller.html; 214 subscribers; )"),
    bot(0.7, Feed, Elsewhere, 3, "Mozilla/5.0 (compatible; inoreader.com; 87 subscribers)"),
    bot(0.6, Feed, Elsewhere, 20, "FreshRSS/1.27.1 (Linux; https://freshrss.org)"),
    // previews
    bot(1.6, Fetch, Elsewhere, 10, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    bot(1.2, Fetch, Elsewhere, 6, "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984"),
    bot(0.9, Fetch, Elsewhere, 6, "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)"),
    bot(0.7, Fetch, Elsewhere, 5, "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)"),
    bot(0.6, Fetch, Elsewhere, 5, "Twitterbot/1.0"),
    // archives, surveys and scanners
    bot(0.6, Crawl, Elsewhere, 3, "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)"),
    bot(1.0, Scan, Elsewhere, 40, "Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)"),
    bot(0.9, Scan, Elsewhere, 40, "Mozilla/5.0 (compatible; InternetMeasurement/1.0; +https://internet-measurement.com/)"),
    bot(0.5, Scan, Elsewhere, 20, "Mozilla/5.0 zgrab/0.x"),
];

/// A bot that comes now, and from where.
pub(super) fn visit(rng: &mut Rng) -> (&'static Bot, IpAddr) {
    let places: Vec<usize> = (0..BOTS.len()).collect();
    let place = *rng.weighted(&places, |&place| BOTS[place].weight);
    let bot = &BOTS[place];
    (bot, bot.address(place, rng.below(bot.machines)))
}

impl Bot {
    /// The address of one of its machines.
    fn address(&self, place: usize, machine: usize) -> IpAddr {
        match self.home {
            Published(networks) => {
                let (first, prefix) = networks[machine % networks.len()];
                let free = 1_u64 << (32 - u32::from(prefix));
                // Spread over the network, without its first address where there are others.
                let host = (1 + machine as u64 * 37) % free;
                Ipv4Addr::from(u32::from(first) + host as u32).into()
            }
            // Far enough apart that no two bots share an address.
            Elsewhere => places::machine(place * 60 + machine),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::decode::agent::ranges::{Origin, Ranges, origin};
    use crate::decode::agent::{self, Purpose};

    #[test]
    fn there_are_bots_of_every_purpose() {
        let purposes: BTreeSet<Purpose> =
            BOTS.iter().filter_map(|bot| agent::bot(bot.agent)).map(|bot| bot.purpose).collect();
        let missing: Vec<&str> = Purpose::ALL
            .iter()
            .filter(|purpose| !purposes.contains(purpose) && **purpose != Purpose::Unknown)
            .map(|purpose| purpose.name())
            .collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn a_bot_is_verified_where_it_comes_from_home_and_nowhere_else() {
        let mut owners: BTreeMap<IpAddr, &str> = BTreeMap::new();
        for (place, bot) in BOTS.iter().enumerate() {
            let name = agent::bot(bot.agent).expect(bot.agent).name;
            let at_home = matches!(bot.home, Published(_));
            for machine in 0..bot.machines {
                let address = bot.address(place, machine);
                let published = origin(name, address, &Ranges::default()) == Origin::Published;
                assert_eq!(published, at_home, "{name} from {address}");
                let owner = owners.entry(address).or_insert(name);
                assert_eq!(*owner, name, "{address}");
            }
        }
    }

    #[test]
    fn some_only_say_that_they_are_googles() {
        let googles = BOTS.iter().filter(|bot| bot.agent == GOOGLEBOT);
        let homes: Vec<bool> = googles.map(|bot| matches!(bot.home, Published(_))).collect();
        assert_eq!(homes, [true, false]);
    }
}

//! User agents of a public site: browsers, systems and versions of them multiplied, and the bots and programs that come
//! beside them.

/// A browser on a system: text before and behind its version, and how the version is written. The most usual first.
const BROWSERS: [(&str, Versions, &str); 17] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
        Versions::Chromium(8),
        " Safari/537.36",
    ),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS ", Versions::Ios(10), " Mobile/15E148 Safari/604.1"),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
        Versions::Chromium(8),
        " Mobile Safari/537.36",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/",
        Versions::Safari(6),
        " Safari/605.1.15",
    ),
    ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:", Versions::Gecko(7), ""),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36 Edg/",
        Versions::Chromium(7),
        "",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
        Versions::Chromium(7),
        " Safari/537.36",
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:", Versions::Gecko(7), ""),
    (
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
        Versions::Chromium(7),
        " Safari/537.36",
    ),
    ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:", Versions::Gecko(7), ""),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/",
        Versions::Safari(5),
        " Chrome/136.0.0.0 Mobile Safari/537.36",
    ),
    ("Mozilla/5.0 (iPad; CPU OS ", Versions::Ios(6), " Mobile/15E148 Safari/604.1"),
    ("Mozilla/5.0 (Android 15; Mobile; rv:", Versions::Gecko(5), ""),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36 OPR/",
        Versions::Chromium(4),
        "",
    ),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36 Edg/",
        Versions::Chromium(5),
        "",
    ),
    (
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/",
        Versions::Chromium(4),
        " Safari/537.36",
    ),
    ("", Versions::None, "-"),
];

/// How many versions of a browser come, and how they are written.
#[derive(Clone, Copy, Debug)]
enum Versions {
    Chromium(usize),
    Gecko(usize),
    Ios(usize),
    Safari(usize),
    None,
}

/// Name, version and page of what calls itself compatible.
const BOTS: [(&str, &str, &str); 22] = [
    ("Googlebot", "2.1", "http://www.google.com/bot.html"),
    ("bingbot", "2.0", "http://www.bing.com/bingbot.htm"),
    ("GPTBot", "1.3", "https://openai.com/gptbot"),
    ("ClaudeBot", "1.0", "claudebot@anthropic.com"),
    ("YandexBot", "3.0", "http://yandex.com/bots"),
    ("AhrefsBot", "7.0", "http://ahrefs.com/robot/"),
    ("SemrushBot", "7~bl", "http://www.semrush.com/bot.html"),
    ("Amazonbot", "0.1", "https://developer.amazon.com/support/amazonbot"),
    ("PetalBot", "1.0", "https://webmaster.petalsearch.com/site/petalbot"),
    ("MJ12bot", "v2.0.2", "http://mj12bot.com/"),
    ("DotBot", "1.2", "https://opensiteexplorer.org/dotbot"),
    ("DuckDuckBot", "1.1", "http://duckduckgo.com/duckduckbot.html"),
    ("Applebot", "0.1", "http://www.apple.com/go/applebot"),
    ("Bytespider", "1.0", "https://zhanzhang.toutiao.com/"),
    ("PerplexityBot", "1.0", "https://perplexity.ai/perplexitybot"),
    ("Baiduspider", "2.0", "http://www.baidu.com/search/spider.html"),
    ("SeznamBot", "4.0", "http://napoveda.seznam.cz/seznambot-intro/"),
    ("DataForSeoBot", "1.0", "https://dataforseo.com/dataforseo-bot"),
    ("UptimeRobot", "2.0", "http://www.uptimerobot.com/"),
    ("CCBot", "2.0", "https://commoncrawl.org/faq/"),
    ("BLEXBot", "1.0", "https://help.seranking.com/en/blex-crawler"),
    ("Yeti", "1.1", "https://naver.me/spd"),
];

/// Programs and the versions that are about.
const PROGRAMS: [(&str, &[&str]); 8] = [
    ("curl/", &["8.11.0", "8.5.0", "7.88.1", "7.68.0"]),
    ("python-requests/", &["2.32.3", "2.31.0", "2.28.1", "2.25.1"]),
    ("Go-http-client/", &["2.0", "1.1"]),
    ("okhttp/", &["4.12.0", "4.9.3", "3.14.9"]),
    ("Wget/", &["1.21.3", "1.20.3"]),
    ("axios/", &["1.7.9", "0.27.2"]),
    ("Apache-HttpClient/", &["4.5.14", "4.5.13"]),
    ("PostmanRuntime/", &["7.43.0", "7.36.3"]),
];

/// All of them, each once, by how usual they are: the newest version of everything before older ones.
pub(crate) fn agents() -> Vec<String> {
    let mut families: Vec<Vec<String>> = BROWSERS
        .iter()
        .map(|(before, versions, behind)| {
            versions.all().iter().map(|version| format!("{before}{version}{behind}")).collect()
        })
        .collect();
    let bots = BOTS.iter().map(|(name, version, page)| {
        format!("Mozilla/5.0 (compatible; {name}/{version}; +{page})")
    });
    // Behind the first six browsers, as on most sites.
    families.insert(6, bots.collect());
    families.push(
        PROGRAMS
            .iter()
            .flat_map(|(name, versions)| versions.iter().map(move |v| format!("{name}{v}")))
            .collect(),
    );
    let longest = families.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest).flat_map(|i| families.iter().filter_map(move |f| f.get(i).cloned())).collect()
}

impl Versions {
    /// Newest first.
    fn all(self) -> Vec<String> {
        match self {
            Versions::Chromium(n) => (0..n).map(|i| format!("{}.0.0.0", 146 - i)).collect(),
            Versions::Gecko(n) => (0..n)
                .map(|i| 145 - i)
                .map(|v| format!("{v}.0) Gecko/20100101 Firefox/{v}.0"))
                .collect(),
            Versions::Ios(n) => (0..n)
                .map(|i| (19 - i / 3, 2 - i % 3))
                .map(|(major, minor)| {
                    format!(
                        "{major}_{minor} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{major}.{minor}"
                    )
                })
                .collect(),
            Versions::Safari(n) => {
                (0..n).map(|i| format!("{}.{}", 19 - i / 3, 2 - i % 3)).collect()
            }
            Versions::None => vec![String::new()],
        }
    }
}

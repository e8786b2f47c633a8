//! The browsers and programs of the demo's clients, about as often as a shop sees them in 2026.

/// A user agent and how often it is seen.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) text: &'static str,
    pub(super) weight: f64,
}

pub(super) const fn agent(weight: f64, text: &'static str) -> Agent {
    Agent { text, weight }
}

pub(super) const BROWSERS: [Agent; 19] = [
    agent(
        26.0,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    ),
    agent(
        9.0,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    ),
    agent(
        4.0,
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36",
    ),
    agent(
        20.0,
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Mobile Safari/537.36",
    ),
    agent(
        16.0,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
    ),
    agent(
        6.0,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
    ),
    agent(
        5.0,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36 Edg/146.0.0.0",
    ),
    agent(4.0, "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:148.0) Gecko/20100101 Firefox/148.0"),
    agent(3.0, "Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0"),
    agent(1.5, "Mozilla/5.0 (Android 15; Mobile; rv:148.0) Gecko/148.0 Firefox/148.0"),
    agent(
        2.0,
        "Mozilla/5.0 (Linux; Android 15; SAMSUNG SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36",
    ),
    agent(
        1.0,
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36 OPR/127.0.0.0",
    ),
    agent(
        1.2,
        "Mozilla/5.0 (iPad; CPU OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
    ),
    agent(
        1.6,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/146.0.7680.40 Mobile/15E148 Safari/604.1",
    ),
    agent(
        1.4,
        "Mozilla/5.0 (Linux; Android 16; SM-S938N Build/BP2A.250605.031; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/145.0.0.0 Mobile Safari/537.36;KAKAOTALK 2610900",
    ),
    agent(
        1.2,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1 NAVER(inapp; search; 2010; 12.16.2; 16PRO)",
    ),
    agent(
        1.0,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/22G86 Instagram 410.0.0.29.70 (iPhone17,1; iOS 18_6; ko_KR; ko; scale=3.00; 1206x2622)",
    ),
    agent(
        1.2,
        "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36",
    ),
    agent(
        0.5,
        "Mozilla/5.0 (Windows NT 6.1; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36",
    ),
];

pub(super) const TOOLS: [Agent; 7] = [
    agent(24.0, "okhttp/4.12.0"),
    agent(18.0, "Go-http-client/2.0"),
    agent(14.0, "python-requests/2.32.3"),
    agent(9.0, "axios/1.7.9"),
    agent(6.0, "curl/8.11.1"),
    agent(5.0, "Java-http-client/21.0.5"),
    agent(4.0, "PostmanRuntime/7.43.0"),
];

/// Where a visit begins; the empty one is no referrer, `{p}` stands for what was searched for. Most
/// engines keep it to themselves.
pub(super) const REFERRERS: [(&str, f64); 21] = [
    ("", 43.0),
    ("https://www.google.com/", 22.0),
    ("https://www.google.co.kr/", 4.0),
    ("https://www.bing.com/", 3.0),
    ("https://www.bing.com/search?q={p}", 2.0),
    ("https://duckduckgo.com/", 3.5),
    ("https://search.naver.com/search.naver?query={p}", 4.5),
    ("https://search.daum.net/search?w=tot&q={p}", 1.2),
    ("https://yandex.com/search/?text={p}", 0.8),
    ("https://www.ecosia.org/search?q={p}", 0.7),
    ("https://search.yahoo.com/search?p={p}", 0.8),
    ("https://search.brave.com/", 0.8),
    ("https://chatgpt.com/", 2.2),
    ("https://www.perplexity.ai/", 0.8),
    ("https://news.ycombinator.com/", 1.6),
    ("https://www.reddit.com/", 2.4),
    ("https://l.instagram.com/", 2.0),
    ("https://www.youtube.com/", 1.2),
    ("https://mail.example.com/newsletter/autumn", 2.6),
    ("https://mastodon.example/@coffee", 0.9),
    ("android-app://com.google.android.googlequicksearchbox/", 1.6),
];

/// What was searched for, as it stands in a query; the first are the most wanted.
pub(super) const PHRASES: [&str; 18] = [
    "pour+over+kettle",
    "hand+grinder",
    "%EC%BB%A4%ED%94%BC+%EA%B7%B8%EB%9D%BC%EC%9D%B8%EB%8D%94",
    "moka+pot+size",
    "cold+brew+ratio",
    "%EB%93%9C%EB%A6%BD+%EC%BB%A4%ED%94%BC",
    "espresso+scale",
    "descaler+instructions",
    "decaf+beans",
    "how+to+clean+a+moka+pot",
    "%EC%BD%9C%EB%93%9C%EB%B8%8C%EB%A3%A8",
    "milk+frother",
    "best+grinder+for+espresso",
    "gift+card+coffee",
    "%E3%82%B3%E3%83%BC%E3%83%92%E3%83%BC%E8%B1%86",
    "kenya+beans+light+roast",
    "water+hardness+coffee",
    "kaffeem%C3%BChle+handbetrieben",
];

/// Whom HTTP's own authentication names, as nginx's `$remote_user` has it: partners of the API.
pub(super) const USERS: [&str; 7] =
    ["warehouse", "pos-seoul", "pos-berlin", "erp", "reports", "courier", "price-check"];

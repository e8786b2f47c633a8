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
        ("Mozilla/5.0 (Windows) mirall/3.17.1 (build 20250818)", "Nextcloud client", Class::Tool),
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

#[test]
fn the_bots_are_sorted_and_lower_case_and_one_family_has_one_operator() {
    assert!(BOTS.is_sorted_by(|a, b| a.word < b.word));
    assert!(BOTS.iter().all(|known| !known.word.bytes().any(|b| b.is_ascii_uppercase())));
    for known in BOTS {
        assert_eq!(operator(known.family), known.operator, "{}", known.family);
        assert!(find(known.word).is_none(), "{} is in both tables", known.word);
    }
    assert!(PHRASES.iter().all(|(_, word)| find_bot(word).is_some()));
}

#[test]
fn bots_have_an_operator_and_a_purpose() {
    let cases = [
        (
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            ("Googlebot", "Google", "search"),
        ),
        (
            "Mozilla/5.0 (compatible; AdsBot-Google-Mobile; +http://www.google.com/mobile/adsbot.html)",
            ("AdsBot-Google", "Google", "search"),
        ),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0.1938.76 Safari/537.36",
            ("Bingbot", "Microsoft", "search"),
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.1.1 Safari/605.1.15 (Applebot/0.1; +http://www.apple.com/go/applebot)",
            ("Applebot", "Apple", "search"),
        ),
        ("Mozilla/5.0 (compatible; Yeti/1.1; +https://naver.me/spd)", ("Yeti", "Naver", "search")),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            ("GPTBot", "OpenAI", "ai_training"),
        ),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; ChatGPT-User/1.0; +https://openai.com/bot",
            ("ChatGPT-User", "OpenAI", "ai_assistant"),
        ),
        (
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Claude-SearchBot/1.0; +searchbot@anthropic.com)",
            ("Claude-SearchBot", "Anthropic", "ai_search"),
        ),
        (
            "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
            ("meta-externalagent", "Meta", "ai_training"),
        ),
        (
            "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
            ("facebookexternalhit", "Meta", "preview"),
        ),
        (
            "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984",
            ("KakaoTalk scrap", "Kakao", "preview"),
        ),
        ("CCBot/2.0 (https://commoncrawl.org/faq/)", ("CCBot", "Common Crawl", "ai_training")),
        (
            "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
            ("AhrefsBot", "Ahrefs", "seo"),
        ),
        (
            "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
            ("UptimeRobot", "UptimeRobot", "monitor"),
        ),
        (
            "Better Stack Better Uptime Bot Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_6)",
            ("Better Stack", "Better Stack", "monitor"),
        ),
        ("TelegramBot (like TwitterBot)", ("TelegramBot", "Telegram", "preview")),
        (
            "Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)",
            ("CensysInspect", "Censys", "scanner"),
        ),
        ("sqlmap/1.7#stable (https://sqlmap.org)", ("sqlmap", "", "scanner")),
        (
            "Expanse, a Palo Alto Networks company, searches across the global IPv4 space",
            ("Expanse", "Palo Alto Networks", "scanner"),
        ),
        (
            "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
            ("archive.org_bot", "Internet Archive", "archive"),
        ),
        (
            "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 3 subscribers)",
            ("Feedly", "Feedly", "feed"),
        ),
        ("Tiny Tiny RSS/21.11 (https://tt-rss.org/)", ("Tiny Tiny RSS", "", "feed")),
        ("Mozilla/5.0 (compatible; SomeNewBot/0.1)", ("SomeNewBot", "", "unknown")),
        ("Mozilla/5.0 (compatible; Newcomer/0.1; +https://a.example)", ("Newcomer", "", "unknown")),
        ("Digg Feed Fetcher 1.0 (Mozilla/5.0 (Macintosh))", ("Digg", "", "unknown")),
        ("Mozilla/5.0 (X11; Linux; http://a.example/robot) Gecko", ("robot", "", "unknown")),
        ("acme-monitor/1.0", ("acme-monitor", "", "monitor")),
        ("acme-checker/1.0 (+https://acme.example)", ("acme-checker", "", "unknown")),
    ];
    for (agent, expected) in cases {
        let found = bot(agent).map(|bot| (bot.name, bot.operator, bot.purpose.name()));
        assert_eq!(found, Some(expected), "{agent}");
    }
    for agent in ["", "-", "curl/8.5.0", "kube-probe/1.29", "my thing"] {
        assert_eq!(bot(agent), None, "{agent}");
    }
}

#[test]
fn purposes_have_words_of_their_own() {
    let words: std::collections::BTreeSet<&str> = Purpose::ALL.map(Purpose::name).into();
    assert_eq!(words.len(), Purpose::ALL.len());
}

proptest::proptest! {
    #[test]
    fn there_is_a_bot_exactly_where_the_class_says_so(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
        at in 0..BOTS.len() + KNOWN.len(),
    ) {
        let noise = String::from_utf8_lossy(&bytes);
        let word = BOTS.get(at).map_or_else(|| KNOWN[at - BOTS.len()].word, |bot| bot.word);
        for agent in [noise.to_string(), format!("Mozilla/5.0 ({word}; {noise})"), format!("{noise} {word}/1")] {
            let (named, bot) = identify(&agent);
            proptest::prop_assert_eq!(bot.is_some(), named.class == Class::Bot);
            proptest::prop_assert!(bot.is_none_or(|bot| bot.name == named.family));
        }
    }
}

//! The crawlers, previewers, monitors, scanners and readers that name themselves, with who runs them
//! and what for.
//!
//! What for is what the operator says of it; where one crawler serves several ends, the one that its
//! operator names first. An advertisement's crawler is with the search that shows the
//! advertisement. Operators' own pages, as known in 2026:
//!
//! - Google: <https://developers.google.com/search/docs/crawling-indexing/overview-google-crawlers>
//! - Microsoft: <https://www.bing.com/webmasters/help/which-crawlers-does-bing-use-8c184ec0>
//! - Apple: <https://support.apple.com/en-us/119829>
//! - DuckDuckGo: <https://duckduckgo.com/duckduckgo-help-pages/results/duckduckbot>
//! - Yandex: <https://yandex.com/support/webmaster/en/robot-workings/user-agent>
//! - Baidu: <https://help.baidu.com/question?prod_id=99&class=0&id=3001>
//! - Naver: <https://help.naver.com/support/contents/contents.help?serviceNo=606&categoryNo=18424>
//! - Kakao: <https://cs.daum.net/faq/15/4118.html>
//! - Seznam: <https://o-seznam.cz/napoveda/vyhledavani/en/seznambot-crawler/>
//! - Huawei: <https://webmaster.petalsearch.com/site/petalbot>
//! - Sogou: <https://www.sogou.com/docs/help/webmasters.htm>
//! - Qihoo 360: <https://www.so.com/help/help_3_2.html>
//! - Alibaba: <https://zhanzhang.sm.cn/>
//! - Yahoo: <https://help.yahoo.com/kb/SLN22600.html>
//! - Brave: <https://search.brave.com/help/brave-search-crawler>
//! - Qwant: <https://help.qwant.com/bot/>
//! - Mojeek: <https://www.mojeek.com/bot.html>
//! - Cốc Cốc: <https://help.coccoc.com/en/search-engine>
//! - ZUM: <https://help.zum.com/inquiry>
//! - Kagi: <https://kagi.com/bot>
//! - Timpi: <https://www.timpi.io/>
//! - Seekport: <https://bot.seekport.com/>
//! - Dassault Systèmes: <https://www.exalead.com/search/webmasterguide>
//! - OpenAI: <https://platform.openai.com/docs/bots>
//! - Anthropic: <https://support.claude.com/en/articles/8896518>
//! - Perplexity: <https://docs.perplexity.ai/guides/bots>
//! - Meta: <https://developers.facebook.com/docs/sharing/webmasters/web-crawlers>
//! - Amazon: <https://developer.amazon.com/amazonbot>
//! - ByteDance and Cohere: no page; the agents are known from logs
//! - Common Crawl: <https://commoncrawl.org/ccbot>
//! - Diffbot: <https://docs.diffbot.com/docs/why-is-my-site-being-crawled-by-diffbot>
//! - Mistral: <https://docs.mistral.ai/robots>
//! - You.com: <https://about.you.com/youbot/>
//! - Webz.io: <https://webz.io/bot.html>
//! - Allen Institute for AI: <https://allenai.org/crawler>
//! - Hive: <https://imagesift.com/about>
//! - NICT: <https://ucri.nict.go.jp/en/icccrawler.html>
//! - Manus: <https://manus.im/>
//! - Ahrefs: <https://ahrefs.com/robot>
//! - Semrush: <https://www.semrush.com/bot/>
//! - Majestic: <https://mj12bot.com/>
//! - Moz: <https://moz.com/help/moz-procedures/crawlers>
//! - WebMeUp: <https://webmeup.com/blexbot>
//! - DataForSEO: <https://dataforseo.com/dataforseo-bot>
//! - Serpstat: <https://serpstatbot.com/>
//! - Babbar: <https://www.babbar.tech/crawler>
//! - Screaming Frog: <https://www.screamingfrog.co.uk/seo-spider/>
//! - SISTRIX: <https://www.sistrix.com/about/crawler/>
//! - SEOkicks: <https://www.seokicks.de/robot.html>
//! - Seobility: <https://www.seobility.net/en/bot/>
//! - MegaIndex: <https://megaindex.com/crawler>
//! - Awario: <https://awario.com/bots.html>
//! - ZoomInfo: <https://www.zoominfo.com/about-zoominfo/zoominfobot>
//! - UptimeRobot: <https://uptimerobot.com/help/locations/>
//! - SolarWinds: <https://www.pingdom.com/>
//! - StatusCake: <https://www.statuscake.com/kb/knowledge-base/what-are-your-ips/>
//! - Zoho: <https://www.site24x7.com/help/>
//! - Better Stack: <https://betterstack.com/docs/uptime/frequently-asked-questions/>
//! - Datadog: <https://docs.datadoghq.com/synthetics/>
//! - New Relic: <https://docs.newrelic.com/docs/synthetics/>
//! - Checkly: <https://www.checklyhq.com/docs/>
//! - HetrixTools: <https://docs.hetrixtools.com/>
//! - Freshworks: <https://support.freshping.io/>
//! - updown.io: <https://updown.io/about>
//! - NodePing: <https://nodeping.com/docs-faq.html>
//! - Cloudflare: <https://developers.cloudflare.com/fundamentals/reference/cloudflare-site-crawling/>
//! - Sentry: <https://docs.sentry.io/product/uptime-monitoring/>
//! - Dynatrace: <https://docs.dynatrace.com/docs/platform-modules/digital-experience/synthetic-monitoring>
//! - Catchpoint: <https://docs.catchpoint.com/>, <https://docs.webpagetest.org/>
//! - GTmetrix: <https://gtmetrix.com/locations.html>
//! - cron-job.org: <https://cron-job.org/en/faq/>
//! - Slack: <https://api.slack.com/robots>
//! - X: <https://developer.x.com/en/docs/x-for-websites/cards/guides/getting-started>
//! - Discord: <https://discord.com/>
//! - Telegram: <https://core.telegram.org/api/links>
//! - LinkedIn: <https://www.linkedin.com/help/linkedin/answer/a517687>
//! - Pinterest: <https://help.pinterest.com/en/business/article/pinterest-crawler>
//! - Reddit: <https://www.redditinc.com/>
//! - Bluesky: <https://docs.bsky.app/>
//! - VK: <https://dev.vk.com/>
//! - Embedly: <https://docs.embed.ly/>
//! - Iframely: <https://iframely.com/docs/about>
//! - Censys: <https://docs.censys.com/docs/opt-out-of-data-collection>
//! - Shodan: <https://www.shodan.io/>
//! - Palo Alto Networks: <https://docs-cortex.paloaltonetworks.com/>
//! - Driftnet: <https://internet-measurement.com/>
//! - Netcraft: <https://www.netcraft.com/>
//! - LeakIX: <https://leakix.net/about>
//! - ONYPHE: <https://www.onyphe.io/>
//! - Modat: <https://modat.io/>
//! - Bitsight: <https://www.bitsight.com/>
//! - Qualys: <https://www.qualys.com/>
//! - Detectify: <https://detectify.com/>
//! - Invicti: <https://www.invicti.com/>
//! - Tenable: <https://www.tenable.com/>
//! - Internet Archive: <https://archive.org/details/archive.org_bot>
//! - Arquivo.pt: <https://sobre.arquivo.pt/en/help/crawling-and-archiving-web-content/>
//! - Feedly: <https://www.feedly.com/fetcher.html>
//! - Feedbin: <https://feedbin.com/help/>
//! - NewsBlur: <https://www.newsblur.com/>
//! - Inoreader: <https://www.inoreader.com/>
//! - The Old Reader: <https://theoldreader.com/>
//! - Feedspot: <https://www.feedspot.com/>
//! - Flipboard: <https://about.flipboard.com/browserproxy/>
//! - Turnitin: <https://www.turnitin.com/robot/crawlerinfo.html>
//! - Let's Encrypt: <https://letsencrypt.org/docs/challenge-types/>

use Purpose::{
    AiAssistant, AiSearch, AiTraining, Archive, Feed, Monitor, Preview, Scanner, Search, Seo,
    Unknown,
};

use super::Purpose;

/// A bot by a word of its agent.
#[derive(Debug)]
pub(super) struct KnownBot {
    /// Lower case.
    pub(super) word: &'static str,
    pub(super) family: &'static str,
    /// Empty for a program that anyone runs.
    pub(super) operator: &'static str,
    pub(super) purpose: Purpose,
}

const fn bot(
    word: &'static str,
    family: &'static str,
    operator: &'static str,
    purpose: Purpose,
) -> KnownBot {
    KnownBot { word, family, operator, purpose }
}

/// Sorted by word.
#[rustfmt::skip]
pub(super) static BOTS: &[KnownBot] = &[
    bot("360spider", "360Spider", "Qihoo 360", Search),
    bot("acunetix", "Acunetix", "Invicti", Scanner),
    bot("adidxbot", "AdIdxBot", "Microsoft", Search),
    bot("adsbot-google", "AdsBot-Google", "Google", Search),
    bot("adsbot-google-mobile", "AdsBot-Google", "Google", Search),
    bot("ahrefsbot", "AhrefsBot", "Ahrefs", Seo),
    bot("ahrefssiteaudit", "AhrefsSiteAudit", "Ahrefs", Seo),
    bot("ai2bot", "AI2Bot", "Allen Institute for AI", AiTraining),
    bot("ai2bot-dolma", "AI2Bot", "Allen Institute for AI", AiTraining),
    bot("akregator", "Akregator", "", Feed),
    bot("amazon-route53-health-check-service", "Amazon-Route53", "Amazon", Monitor),
    bot("amazonadbot", "AmazonAdBot", "Amazon", Search),
    bot("amazonbot", "Amazonbot", "Amazon", AiTraining),
    bot("amzn-searchbot", "Amzn-SearchBot", "Amazon", AiSearch),
    bot("amzn-user", "Amzn-User", "Amazon", AiAssistant),
    bot("anthropic-ai", "anthropic-ai", "Anthropic", AiTraining),
    bot("apis-google", "APIs-Google", "Google", Unknown),
    bot("appengine-google", "AppEngine-Google", "Google", Unknown),
    bot("appinsights", "AppInsights", "Microsoft", Monitor),
    bot("applebot", "Applebot", "Apple", Search),
    bot("applebot-extended", "Applebot-Extended", "Apple", AiTraining),
    bot("arachni", "Arachni", "", Scanner),
    bot("arquivo-web-crawler", "Arquivo-web-crawler", "Arquivo.pt", Archive),
    bot("aspiegelbot", "PetalBot", "Huawei", Search),
    bot("awariobot", "AwarioBot", "Awario", Seo),
    bot("baiduspider", "Baiduspider", "Baidu", Search),
    bot("baiduspider-image", "Baiduspider", "Baidu", Search),
    bot("baiduspider-news", "Baiduspider", "Baidu", Search),
    bot("baiduspider-render", "Baiduspider", "Baidu", Search),
    bot("baiduspider-video", "Baiduspider", "Baidu", Search),
    bot("barkrowler", "Barkrowler", "Babbar", Seo),
    bot("betterstack", "Better Stack", "Better Stack", Monitor),
    bot("bingbot", "Bingbot", "Microsoft", Search),
    bot("bingpreview", "BingPreview", "Microsoft", Preview),
    bot("bingvideopreview", "BingVideoPreview", "Microsoft", Preview),
    bot("bitsightbot", "BitSightBot", "Bitsight", Scanner),
    bot("blexbot", "BLEXBot", "WebMeUp", Seo),
    bot("bravebot", "Bravebot", "Brave", Search),
    bot("bytespider", "Bytespider", "ByteDance", AiTraining),
    bot("cardyb", "Bluesky", "Bluesky", Preview),
    bot("catchpoint", "Catchpoint", "Catchpoint", Monitor),
    bot("ccbot", "CCBot", "Common Crawl", AiTraining),
    bot("censysinspect", "CensysInspect", "Censys", Scanner),
    bot("chatgpt-user", "ChatGPT-User", "OpenAI", AiAssistant),
    bot("checkly", "Checkly", "Checkly", Monitor),
    bot("chrome-lighthouse", "Lighthouse", "Google", Monitor),
    bot("claude-searchbot", "Claude-SearchBot", "Anthropic", AiSearch),
    bot("claude-user", "Claude-User", "Anthropic", AiAssistant),
    bot("claude-web", "Claude-Web", "Anthropic", AiTraining),
    bot("claudebot", "ClaudeBot", "Anthropic", AiTraining),
    bot("cloudflare-alwaysonline", "Cloudflare-AlwaysOnline", "Cloudflare", Archive),
    bot("cloudflare-healthchecks", "Cloudflare-Healthchecks", "Cloudflare", Monitor),
    bot("cloudflare-ssldetector", "Cloudflare-SSLDetector", "Cloudflare", Monitor),
    bot("cloudflare-traffic-manager", "Cloudflare-Traffic-Manager", "Cloudflare", Monitor),
    bot("coccocbot-fast", "coccoc", "Cốc Cốc", Search),
    bot("coccocbot-image", "coccoc", "Cốc Cốc", Search),
    bot("coccocbot-web", "coccoc", "Cốc Cốc", Search),
    bot("cohere-ai", "cohere-ai", "Cohere", AiAssistant),
    bot("cohere-training-data-crawler", "cohere-training-data-crawler", "Cohere", AiTraining),
    bot("commafeed", "CommaFeed", "", Feed),
    bot("cron-job", "cron-job.org", "cron-job.org", Monitor),
    bot("datadog", "Datadog", "Datadog", Monitor),
    bot("datadogsynthetics", "Datadog", "Datadog", Monitor),
    bot("dataforseobot", "DataForSeoBot", "DataForSEO", Seo),
    bot("daum", "Daum", "Kakao", Search),
    bot("daumoa", "Daum", "Kakao", Search),
    bot("daumoa-image", "Daum", "Kakao", Search),
    bot("detectify", "Detectify", "Detectify", Scanner),
    bot("diffbot", "Diffbot", "Diffbot", AiTraining),
    bot("dirbuster", "DirBuster", "", Scanner),
    bot("discordbot", "Discordbot", "Discord", Preview),
    bot("dotbot", "DotBot", "Moz", Seo),
    bot("duckassistbot", "DuckAssistBot", "DuckDuckGo", AiAssistant),
    bot("duckduckbot", "DuckDuckBot", "DuckDuckGo", Search),
    bot("duckduckbot-https", "DuckDuckBot", "DuckDuckGo", Search),
    bot("duckduckgo-favicons-bot", "DuckDuckGo-Favicons-Bot", "DuckDuckGo", Search),
    bot("embedly", "Embedly", "Embedly", Preview),
    bot("exabot", "Exabot", "Dassault Systèmes", Search),
    bot("expanse", "Expanse", "Palo Alto Networks", Scanner),
    bot("facebookbot", "FacebookBot", "Meta", AiTraining),
    bot("facebookcatalog", "facebookcatalog", "Meta", Preview),
    bot("facebookexternalhit", "facebookexternalhit", "Meta", Preview),
    bot("facebot", "Facebot", "Meta", Preview),
    bot("feedbin", "Feedbin", "Feedbin", Feed),
    bot("feedburner", "FeedBurner", "Google", Feed),
    bot("feedfetcher-google", "FeedFetcher-Google", "Google", Feed),
    bot("feedly", "Feedly", "Feedly", Feed),
    bot("feedlybot", "Feedly", "Feedly", Feed),
    bot("feedspot", "Feedspot", "Feedspot", Feed),
    bot("feedspotbot", "Feedspot", "Feedspot", Feed),
    bot("feroxbuster", "feroxbuster", "", Scanner),
    bot("ffuf", "ffuf", "", Scanner),
    bot("flipboardproxy", "Flipboard", "Flipboard", Preview),
    bot("flipboardrss", "Flipboard", "Flipboard", Feed),
    bot("freshpingbot", "Freshping", "Freshworks", Monitor),
    bot("freshrss", "FreshRSS", "", Feed),
    bot("gemini-deep-research", "Gemini-Deep-Research", "Google", AiAssistant),
    bot("gobuster", "gobuster", "", Scanner),
    bot("google-cloudvertexbot", "Google-CloudVertexBot", "Google", AiSearch),
    bot("google-extended", "Google-Extended", "Google", AiTraining),
    bot("google-inspectiontool", "Google-InspectionTool", "Google", Search),
    bot("google-notebooklm", "Google-NotebookLM", "Google", AiAssistant),
    bot("google-pagerenderer", "Google-PageRenderer", "Google", Preview),
    bot("google-read-aloud", "Google-Read-Aloud", "Google", AiAssistant),
    bot("google-safety", "Google-Safety", "Google", Scanner),
    bot("google-site-verification", "Google-Site-Verification", "Google", Search),
    bot("googlebot", "Googlebot", "Google", Search),
    bot("googlebot-image", "Googlebot", "Google", Search),
    bot("googlebot-news", "Googlebot", "Google", Search),
    bot("googlebot-video", "Googlebot", "Google", Search),
    bot("googleimageproxy", "GoogleImageProxy", "Google", Preview),
    bot("googlemessages", "GoogleMessages", "Google", Preview),
    bot("googleother", "GoogleOther", "Google", Unknown),
    bot("googleother-image", "GoogleOther", "Google", Unknown),
    bot("googleother-video", "GoogleOther", "Google", Unknown),
    bot("googleproducer", "GoogleProducer", "Google", Feed),
    bot("googlestackdrivermonitoring", "GoogleStackdriverMonitoring", "Google", Monitor),
    bot("googlestackdrivermonitoring-uptimechecks", "GoogleStackdriverMonitoring", "Google", Monitor),
    bot("gptbot", "GPTBot", "OpenAI", AiTraining),
    bot("gtmetrix", "GTmetrix", "GTmetrix", Monitor),
    bot("haosouspider", "360Spider", "Qihoo 360", Search),
    bot("heritrix", "heritrix", "", Archive),
    bot("hetrixtools", "HetrixTools", "HetrixTools", Monitor),
    bot("ia_archiver", "ia_archiver", "Internet Archive", Archive),
    bot("icc-crawler", "ICC-Crawler", "NICT", AiTraining),
    bot("iframely", "Iframely", "Iframely", Preview),
    bot("imagesiftbot", "ImagesiftBot", "Hive", AiTraining),
    bot("inoreader", "Inoreader", "Inoreader", Feed),
    bot("internetmeasurement", "InternetMeasurement", "Driftnet", Scanner),
    bot("itms", "iTMS", "Apple", Feed),
    bot("jorgee", "Jorgee", "", Scanner),
    bot("kagibot", "Kagibot", "Kagi", Search),
    bot("kakaotalk-scrap", "KakaoTalk scrap", "Kakao", Preview),
    bot("l9explore", "LeakIX", "LeakIX", Scanner),
    bot("l9scan", "LeakIX", "LeakIX", Scanner),
    bot("l9tcpid", "LeakIX", "LeakIX", Scanner),
    bot("leakix", "LeakIX", "LeakIX", Scanner),
    bot("letsencrypt", "Let's Encrypt", "Let's Encrypt", Unknown),
    bot("liferea", "Liferea", "", Feed),
    bot("lighthouse", "Lighthouse", "Google", Monitor),
    bot("line-poker", "LINE poker", "LY Corporation", Preview),
    bot("linkedinbot", "LinkedInBot", "LinkedIn", Preview),
    bot("livejournal", "LiveJournal", "LiveJournal", Feed),
    bot("magpie-crawler", "magpie-crawler", "Brandwatch", Seo),
    bot("manus-user", "Manus-User", "Manus", AiAssistant),
    bot("masscan", "masscan", "", Scanner),
    bot("mastodon", "Mastodon", "", Preview),
    bot("mauibot", "MauiBot", "", Unknown),
    bot("mediapartners-google", "Mediapartners-Google", "Google", Search),
    bot("megaindex", "MegaIndex", "MegaIndex", Seo),
    bot("meta-externalagent", "meta-externalagent", "Meta", AiTraining),
    bot("meta-externalfetcher", "meta-externalfetcher", "Meta", AiAssistant),
    bot("meta-webindexer", "meta-webindexer", "Meta", AiSearch),
    bot("microsoftpreview", "MicrosoftPreview", "Microsoft", Preview),
    bot("miniflux", "Miniflux", "", Feed),
    bot("misskey", "Misskey", "", Preview),
    bot("mistralai-index", "MistralAI-Index", "Mistral", AiSearch),
    bot("mistralai-user", "MistralAI-User", "Mistral", AiAssistant),
    bot("mj12bot", "MJ12bot", "Majestic", Seo),
    bot("modat", "ModatScanner", "Modat", Scanner),
    bot("modatscanner", "ModatScanner", "Modat", Scanner),
    bot("mojeekbot", "MojeekBot", "Mojeek", Search),
    bot("msnbot", "msnbot", "Microsoft", Search),
    bot("msnbot-media", "msnbot", "Microsoft", Search),
    bot("naverbot", "Naverbot", "Naver", Search),
    bot("nessus", "Nessus", "Tenable", Scanner),
    bot("netcraft", "NetcraftSurveyAgent", "Netcraft", Scanner),
    bot("netcraftsurveyagent", "NetcraftSurveyAgent", "Netcraft", Scanner),
    bot("netnewswire", "NetNewsWire", "", Feed),
    bot("netsparker", "Netsparker", "Invicti", Scanner),
    bot("newrelicpinger", "New Relic", "New Relic", Monitor),
    bot("newrelicsynthetics", "New Relic", "New Relic", Monitor),
    bot("newsblur", "NewsBlur", "NewsBlur", Feed),
    bot("newsboat", "Newsboat", "", Feed),
    bot("nikto", "Nikto", "", Scanner),
    bot("nmap", "Nmap", "", Scanner),
    bot("nodeping", "NodePing", "NodePing", Monitor),
    bot("novaact", "NovaAct", "Amazon", AiAssistant),
    bot("nuclei", "Nuclei", "", Scanner),
    bot("nutch", "Nutch", "", Unknown),
    bot("oai-adsbot", "OAI-AdsBot", "OpenAI", AiSearch),
    bot("oai-searchbot", "OAI-SearchBot", "OpenAI", AiSearch),
    bot("omgili", "Omgili", "Webz.io", AiTraining),
    bot("omgilibot", "Omgili", "Webz.io", AiTraining),
    bot("onyphe", "ONYPHE", "ONYPHE", Scanner),
    bot("onyphescanner", "ONYPHE", "ONYPHE", Scanner),
    bot("openvas", "OpenVAS", "", Scanner),
    bot("org_bot", "archive.org_bot", "Internet Archive", Archive),
    bot("pagespeed", "PageSpeed", "Google", Monitor),
    bot("pangubot", "PanguBot", "Huawei", AiTraining),
    bot("perplexity-user", "Perplexity-User", "Perplexity", AiAssistant),
    bot("perplexitybot", "PerplexityBot", "Perplexity", AiSearch),
    bot("petalbot", "PetalBot", "Huawei", Search),
    bot("pingdom", "Pingdom", "SolarWinds", Monitor),
    bot("pingdompagespeed", "Pingdom", "SolarWinds", Monitor),
    bot("pingdomtms", "Pingdom", "SolarWinds", Monitor),
    bot("pinterestbot", "Pinterestbot", "Pinterest", Preview),
    bot("pleroma", "Pleroma", "", Preview),
    bot("ptst", "WebPageTest", "Catchpoint", Monitor),
    bot("qualys", "Qualys", "Qualys", Scanner),
    bot("qwantbot", "Qwantbot", "Qwant", Search),
    bot("qwantify", "Qwantify", "Qwant", Search),
    bot("redditbot", "redditbot", "Reddit", Preview),
    bot("rogerbot", "rogerbot", "Moz", Seo),
    bot("ru_bot", "Mail.RU_Bot", "VK", Search),
    bot("ruxitsynthetic", "Dynatrace", "Dynatrace", Monitor),
    bot("screaming", "Screaming Frog", "Screaming Frog", Seo),
    bot("seekportbot", "SeekportBot", "Seekport", Search),
    bot("semrushbot", "SemrushBot", "Semrush", Seo),
    bot("semrushbot-ba", "SemrushBot", "Semrush", Seo),
    bot("semrushbot-ft", "SemrushBot", "Semrush", Seo),
    bot("semrushbot-ocob", "SemrushBot", "Semrush", Seo),
    bot("semrushbot-si", "SemrushBot", "Semrush", Seo),
    bot("semrushbot-swa", "SemrushBot", "Semrush", Seo),
    bot("sentryuptimebot", "SentryUptimeBot", "Sentry", Monitor),
    bot("seobilitybot", "SeobilityBot", "Seobility", Seo),
    bot("seokicks", "SEOkicks", "SEOkicks", Seo),
    bot("serpstatbot", "serpstatbot", "Serpstat", Seo),
    bot("seznambot", "SeznamBot", "Seznam", Search),
    bot("shodan", "Shodan", "Shodan", Scanner),
    bot("simplepie", "SimplePie", "", Feed),
    bot("sistrix", "SISTRIX", "SISTRIX", Seo),
    bot("site24x7", "Site24x7", "Zoho", Monitor),
    bot("siteauditbot", "SiteAuditBot", "Semrush", Seo),
    bot("skypeuripreview", "SkypeUriPreview", "Microsoft", Preview),
    bot("slack-imgproxy", "Slackbot", "Slack", Preview),
    bot("slackbot", "Slackbot", "Slack", Preview),
    bot("slackbot-linkexpanding", "Slackbot", "Slack", Preview),
    bot("slurp", "Slurp", "Yahoo", Search),
    bot("sogou", "Sogou", "Sogou", Search),
    bot("special_archiver", "special_archiver", "Internet Archive", Archive),
    bot("splitsignalbot", "SplitSignalBot", "Semrush", Seo),
    bot("sqlmap", "sqlmap", "", Scanner),
    bot("statuscake", "StatusCake", "StatusCake", Monitor),
    bot("statuscake_pagespeed_indev", "StatusCake", "StatusCake", Monitor),
    bot("storebot-google", "Storebot-Google", "Google", Search),
    bot("synapse", "Synapse", "", Preview),
    bot("telegrambot", "TelegramBot", "Telegram", Preview),
    bot("theoldreader", "The Old Reader", "The Old Reader", Feed),
    bot("timpibot", "Timpibot", "Timpi", Search),
    bot("tiny_tiny_rss", "Tiny Tiny RSS", "", Feed),
    bot("turnitin", "Turnitin", "Turnitin", Unknown),
    bot("turnitinbot", "Turnitin", "Turnitin", Unknown),
    bot("twitterbot", "Twitterbot", "X", Preview),
    bot("universalfeedparser", "UniversalFeedParser", "", Feed),
    bot("updown", "updown.io", "updown.io", Monitor),
    bot("uptime-kuma", "Uptime-Kuma", "", Monitor),
    bot("uptimerobot", "UptimeRobot", "UptimeRobot", Monitor),
    bot("vkshare", "vkShare", "VK", Preview),
    bot("w3af", "w3af", "", Scanner),
    bot("webzio-extended", "Webzio-Extended", "Webz.io", AiTraining),
    bot("wfuzz", "Wfuzz", "", Scanner),
    bot("whatsapp", "WhatsApp", "Meta", Preview),
    bot("whatweb", "WhatWeb", "", Scanner),
    bot("wpscan", "WPScan", "", Scanner),
    bot("xenu", "Xenu Link Sleuth", "", Seo),
    bot("yahoomailproxy", "YahooMailProxy", "Yahoo", Preview),
    bot("yandexaccessibilitybot", "YandexAccessibilityBot", "Yandex", Search),
    bot("yandexadditional", "YandexAdditional", "Yandex", AiSearch),
    bot("yandexadditionalbot", "YandexAdditional", "Yandex", AiSearch),
    bot("yandexblogs", "YandexBlogs", "Yandex", Search),
    bot("yandexbot", "YandexBot", "Yandex", Search),
    bot("yandexcalendar", "YandexCalendar", "Yandex", Feed),
    bot("yandexdirect", "YandexDirect", "Yandex", Search),
    bot("yandexfavicons", "YandexFavicons", "Yandex", Search),
    bot("yandeximageresizer", "YandexImageResizer", "Yandex", Search),
    bot("yandeximages", "YandexImages", "Yandex", Search),
    bot("yandexmarket", "YandexMarket", "Yandex", Search),
    bot("yandexmedia", "YandexMedia", "Yandex", Search),
    bot("yandexmetrika", "YandexMetrika", "Yandex", Monitor),
    bot("yandexmobilebot", "YandexMobileBot", "Yandex", Search),
    bot("yandexnews", "YandexNews", "Yandex", Search),
    bot("yandexontodb", "YandexOntoDB", "Yandex", Search),
    bot("yandexpagechecker", "YandexPagechecker", "Yandex", Search),
    bot("yandexrenderresourcesbot", "YandexRenderResourcesBot", "Yandex", Search),
    bot("yandexscreenshotbot", "YandexScreenshotBot", "Yandex", Preview),
    bot("yandexvideo", "YandexVideo", "Yandex", Search),
    bot("yandexwebmaster", "YandexWebmaster", "Yandex", Search),
    bot("yeti", "Yeti", "Naver", Search),
    bot("yisouspider", "YisouSpider", "Alibaba", Search),
    bot("youbot", "YouBot", "You.com", AiSearch),
    bot("zgrab", "zgrab", "", Scanner),
    bot("zoominfobot", "ZoominfoBot", "ZoomInfo", Seo),
    bot("zumbot", "ZumBot", "ZUM", Search),
];

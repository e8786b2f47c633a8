use super::*;
use crate::aggregate::row::Row;
use crate::vocab::event::Kind;
use crate::vocab::field::Field;

fn row() -> Row<'static> {
    let mut row = Row::new(Kind::Access);
    row.status = 404;
    row.bytes = Some(1500);
    row.request_us = Some(500_000);
    row.set(Field::Site, "Example.org");
    row.set(Field::Client, "203.0.113.9");
    row.set(Field::Method, "GET");
    row.set(Field::Path, "/health/live");
    row.set(Field::Agent, "Mozilla/5.0 (compatible; Googlebot/2.1)");
    row.set(Field::Referrer, "https://www.google.com/search?q=x");
    row.set(Field::User, "-");
    row
}

#[test]
fn filters_mean_what_they_say() {
    let cases = [
        ("", true),
        ("site:example.org", true),
        ("host:example.org status:4xx", true),
        ("site:example.net", false),
        ("site:example.net site:example.org", true),
        ("status:404", true),
        ("status:5xx status:404", true),
        ("status:4*", true),
        ("status>=400", true),
        ("status:>=400 status:<404", false),
        ("status<300 status>=404", true),
        ("-status:404", false),
        ("status!=500", true),
        ("path:/health*", true),
        ("path:/Health*", false),
        ("-path:/health*", false),
        ("path:*live", true),
        ("path:*l*h*", true),
        ("path:/health", false),
        ("path:\"/health/live\"", true),
        ("client:203.0.113.0/24", true),
        ("client:203.0.113.9", true),
        ("client:::ffff:203.0.113.9", true),
        ("client:::ffff:203.0.113.0/120", true),
        ("client:::ffff:203.0.112.0/120", false),
        ("client:::/0", false),
        ("client:203.0.112.0/24", false),
        ("client:203.0.113.*", true),
        ("client:\"203.0.113\"", false),
        ("client:localhost", false),
        ("client:0.0.0.0/0", true),
        ("client:::/0", false),
        ("client:../etc", false),
        ("-client:gateway/7", true),
        ("method:get", true),
        ("agent:bot", true),
        ("agent:BOT", true),
        ("agent:tool", false),
        ("agent:*googlebot*", true),
        ("agent:\"Mozilla/5.0 (compatible; Googlebot/2.1)\"", true),
        ("referrer:google.com", true),
        ("referrer:*google*", true),
        ("referrer:-", false),
        ("user:-", true),
        ("-user:-", false),
        ("latency>0.5", false),
        ("latency>=0.5", true),
        ("latency:0.5", true),
        ("latency>=500ms latency<1s", true),
        ("upstream_time>0", false),
        ("-upstream_time>0", true),
        ("bytes>=1.5k", true),
        ("bytes>1500", false),
        ("bytes:-", false),
        // As one writes that there is none.
        ("bytes:\"\"", false),
        ("path:\"\"", false),
        ("-path:\"\"", true),
        ("user:\"\"", true),
        ("-user:\"\"", false),
        ("country:\"\"", true),
        ("kind:access", true),
        ("ip_version:4", true),
        ("ip_version:IPv6", false),
        ("ip_version:*", true),
        ("kind:error kind:message", false),
        ("level:error", false),
        ("-level:error", true),
    ];
    for (text, expected) in cases {
        let filter = Filter::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(filter.matches(&row()), expected, "{text}");
        let again = Filter::parse(filter.as_str()).unwrap_or_else(|e| panic!("{filter}: {e}"));
        assert_eq!(again.as_str(), filter.as_str(), "{text}");
        assert_eq!(again.matches(&row()), expected, "{filter}");
    }
}

#[test]
fn a_bot_is_meant_by_its_name_its_operator_and_what_its_agent_says_it_is_for() {
    let tiny = "Tiny Tiny RSS/23.04 (https://tt-rss.org/)";
    let unknown = "Mozilla/5.0 (compatible; Snoop; SiteMonitor/1.0)";
    for (agent, text, expected) in [
        (tiny, "bot:feed", true),
        (unknown, "bot:monitor", true),
        (unknown, "bot:unknown", false),
        ("Digg Feed Fetcher 1.0", "bot:unknown", true),
        ("curl/8.5.0", "bot:-", true),
        ("curl/8.5.0", "-bot:*", true),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "bot:google", true),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "bot:googlebot", true),
        ("Mozilla/5.0 (compatible; Googlebot/2.1)", "-bot:search", false),
    ] {
        let mut row = row();
        row.set(Field::Agent, agent);
        let filter = Filter::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(filter.matches(&row), expected, "{text} of {agent}");
    }
}

#[test]
fn equal_filters_have_one_normal_form() {
    for (text, normal) in [
        ("  status:5XX   host:b site:a host:b", "site:a site:b status:5xx"),
        ("request_time_s>500ms", "latency>0.5"),
        ("-agent:bot method:post", "method:POST -agent:bot"),
        (r#"path:"/a b*" query:"x\*\"y""#, r#"path:"/a b*" query:"x\*\"y""#),
        (r"path:\x16\x03", r"path:\x16\x03"),
        ("path:\"/plain\"", "path:/plain"),
        ("level:warning severity:err", "level:error level:warn"),
        ("referrer:(none)", "referrer:-"),
        ("-status:0 status:404", "status:404 -status:-"),
        ("status:000", "status:-"),
        ("path:**", "path:*"),
        ("ip_version:4", "ip_version:v4"),
        ("ip_version:IPv4 ip_version:\"V4\"", "ip_version:v4"),
        ("-ip_version=ipv6 -ip_version:6", "-ip_version:v6"),
        ("ip_version:(none)", "ip_version:-"),
        ("ip_version:*", "ip_version:*"),
        ("type:JPG -type:- type:j*", "type:JPG type:j* -type:-"),
        ("country:kr country:(none) country:K*", "country:- country:K* country:kr"),
        ("asn:13335 asn:as15169 asn:AS1*", "asn:AS1* asn:AS13335 asn:as15169"),
    ] {
        assert_eq!(Filter::parse(text).unwrap().to_string(), normal);
    }
}

#[test]
fn what_is_no_filter_is_told_where_and_why() {
    for (text, at, message, hint) in [
        ("sits:a", 0, "`sits` is no field", "did you mean `site`?"),
        ("site:a refferer:b", 7, "`refferer` is no field", "did you mean `referer`?"),
        ("zzzzzz:a", 0, "`zzzzzz` is no field", "the words are kind, site"),
        ("wp-login", 0, "`wp-login` does not say", "path:*wp-login*"),
        ("path:", 5, "a value is missing", "- means"),
        ("path:\"a", 5, "does not end", "close it"),
        ("path:\"a\"b", 8, "the whole value", "space"),
        ("status:abc", 7, "`abc` is no value", "status:5xx"),
        ("latency>fast", 8, "`fast` is no value", "200ms"),
        ("path>5", 5, "can't be compared", "path:VALUE"),
        ("client:203.0.113.0/33", 7, "no network", "203.0.113.0/24"),
        ("client:203.0.113.0/x", 7, "no network", "203.0.113.0/24"),
        ("client:203.0.113", 7, "`203.0.113` is no whole address", "203.0.113.*"),
        ("-client:203.0.113.", 8, "no whole address", "203.0.113.0/24"),
        ("ip:2001:db8", 3, "no whole address", "203.0.113.*"),
        ("level:loud", 6, "no level", "emerg"),
        ("kind:x", 5, "no kind", "access"),
        ("ip_version:5", 11, "`5` is no IP version", "v4, v6"),
        ("ip_version:\"\"", 11, "no IP version", "v4, v6"),
        ("status:200 OR status:404", 11, "`OR` joins nothing", "status:200 status:404"),
        ("not status:200", 0, "`not` joins nothing", "- before a field"),
        ("(status:200", 0, "`(status:200` joins nothing", "different fields mean both"),
        ("status:200,404", 7, "`200,404` is no single value", "write status:200 status:404"),
        ("status:(4xx|5xx)", 7, "no single value", "write status:4xx status:5xx"),
        ("latency:0.1..0.5", 8, "no single value", "write latency>=0.1 latency<0.5 (seconds"),
        ("latency:10..", 8, "no single value", "write latency>=10 (seconds"),
        ("latency:..0.001", 8, "no single value", "write latency<0.001 (seconds"),
        ("upstream_time:100ms-0.5s", 14, "no", "write upstream_time>=100ms upstream_time<0.5s"),
        ("status:400..499", 7, "no single value", "write status>=400 status<=499"),
        ("bytes:1k-2MiB", 6, "no single value", "write bytes>=1k bytes<=2MiB"),
        ("latency:a..b", 8, "`a..b` is no value", "200ms"),
        ("latency>0.1..0.5", 8, "is no value", "200ms"),
        ("latency>", 8, "a value is missing", "after the sign"),
        ("latency>=", 9, "a value is missing", "after the sign"),
        ("type:tfstate", 5, "`tfstate` is no known file type", "path:*.tfstate"),
        ("country:germany", 8, "`germany` is no country code", "country:DE"),
        ("-country:D", 9, "`D` is no country code", "country:DE"),
        ("asn:cloudflare", 4, "`cloudflare` is no AS number", "asn:AS13335"),
        ("asn:AS", 4, "`AS` is no AS number", "asn:AS13335"),
        ("\"", 0, "this quotation does not end", "close it with \""),
        ("path:/a -\"b c", 9, "this quotation does not end", "name the field"),
        ("\"b\"", 0, "`b` does not say which field", "path:*b*"),
        ("ünïcode:x", 0, "does not say", "path:*"),
    ] {
        let error = Filter::parse(text).unwrap_err();
        assert_eq!(error.at, at, "{text}: {error}");
        assert!(error.message.contains(message) && error.hint.contains(hint), "{text}: {error}");
    }
    assert!(Filter::parse(&"a".repeat(TEXT + 1)).is_err());
    assert!(Filter::parse(&"path:a ".repeat(CLAUSES + 1)).is_err());
    assert!(Filter::parse(&"path:a ".repeat(CLAUSES)).is_ok());
}

proptest::proptest! {
    #[test]
    fn no_text_breaks_the_parser(text in "[-!a-z:=<>*\"\\\\ .0-9/é]{0,60}") {
        if let Ok(filter) = Filter::parse(&text) {
            let again = Filter::parse(filter.as_str());
            proptest::prop_assert_eq!(again.map(|f| f.to_string()), Ok(filter.to_string()));
        }
    }
}

#[test]
fn a_filter_is_narrowed_to_one_value_however_it_is_written() {
    for (filter, word, value, expected) in [
        ("", "path", "/cart", "path:/cart"),
        ("status:5xx", "path", "/a*b c\"d\\", r#"path:"/a\*b c\"d\\" status:5xx"#),
        ("status:5xx site:a.example", "status", "503", "site:a.example status:503"),
        ("path:/x path:/y", "path", "/x", "path:/x"),
        ("", "client", "203.0.113.9", "client:203.0.113.9"),
        ("", "network", "203.0.113.0/24", "client:203.0.113.0/24"),
        ("", "client", "203.0.113", "client:\"203.0.113\""),
        ("", "client", "web-1", "client:web-1"),
        ("", "agent", "Chrome", "agent:Chrome"),
    ] {
        let filter = Filter::parse(filter).unwrap();
        let narrowed = filter.narrowed(word, value).expect(value);
        assert_eq!(narrowed.as_str(), expected);
        assert!(narrowed.names(word, value), "{narrowed}");
        assert_eq!(Filter::parse(narrowed.as_str()).unwrap(), narrowed);
        let word = if word == "network" { "client" } else { word };
        assert!(narrowed.without(&[word]).as_str().len() < narrowed.as_str().len());
    }
    assert_eq!(Filter::default().narrowed("nothing", "x"), None);
    let odd = Filter::default().narrowed("path", "/a*b c\"d\\").unwrap();
    let mut row = row();
    row.set(Field::Path, "/a*b c\"d\\");
    assert!(odd.matches(&row));
    row.set(Field::Path, "/aXb c\"d\\");
    assert!(!odd.matches(&row));
}

#[test]
fn ranges_of_numbers_say_what_the_filter_says() {
    for text in [
        "bytes>100",
        "bytes<100",
        "bytes>=100 bytes<=200",
        "-bytes>100",
        "bytes:100",
        "-bytes:100",
        "bytes:100 bytes:102 bytes>300",
        "bytes>100 -bytes:150",
        "bytes<100 bytes>200",
        "-bytes:100 -bytes:101 -bytes<7",
        "bytes:0",
    ] {
        let filter = Filter::parse(text).unwrap();
        let [group] = filter.groups() else { panic!("{text} is of one field") };
        let ranges = group.ranges();
        for value in 0..400u64 {
            let within = ranges.iter().any(|(low, high)| (*low..=*high).contains(&value));
            assert_eq!(within, group.allows_number(value.checked_sub(1)), "{text} {value}");
        }
    }
}

#[test]
fn within_a_site_no_wish_reaches_another_one() {
    let row = |site| {
        let mut row = Row::new(Kind::Access);
        row.set(Field::Site, site);
        row
    };
    let (own, other) = (row("own.example"), row("other.example"));
    for text in [
        "",
        "site:own.example",
        "site:other.example",
        "site:own.example site:other.example",
        "site:other.example site:own.example -site:own.example",
        "-site:own.example",
        "-site:other.example",
        "site:*",
        "site:*.example",
        "-site:x site:other*",
        "site:-",
        "-site:-",
        "site:\"own.example\" site:\"other.example\"",
    ] {
        let filter = Filter::parse(text).expect(text);
        let within = filter.within_site("own.example");
        assert!(!within.matches(&other), "{text}: {within}");
        assert_eq!(within.matches(&own), filter.matches(&own), "{text}: {within}");
        let again = Filter::parse(within.as_str()).expect("its own text");
        assert_eq!(again.as_str(), within.as_str(), "a subscription goes by its text");
        assert!(!again.matches(&other), "{text}: {again}");
    }
    assert!(
        !Filter::nothing().matches(&own) && !Filter::nothing().matches(&Row::new(Kind::Access))
    );
}

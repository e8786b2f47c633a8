//! What a visitor had searched for, as far as the search engine's referrer still says it.

/// The phrase of a search engine's referrer, decoded; `None` where the referrer is no engine's,
/// carries no phrase, or carries one that is not UTF-8.
#[must_use]
pub fn keyphrase(referrer: &str) -> Option<String> {
    let address = referrer[..referrer.floor_char_boundary(READ_MAX)].trim();
    let address = address.split('#').next().unwrap_or("");
    let (before, query) = address.split_once('?')?;
    let before = before.split_once("://").map_or(before, |(_, rest)| rest);
    let host = before.split('/').next().unwrap_or("");
    let host = host.rsplit('@').next().unwrap_or("").split(':').next().unwrap_or("");
    let engine = ENGINES.iter().find(|engine| engine.is_at(host))?;
    let value = engine.keys.iter().find_map(|key| {
        query.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            (name == *key && !value.is_empty()).then_some(value)
        })
    })?;
    let phrase = clean(&String::from_utf8(decoded(value)).ok()?);
    // A look into the cache names a page, a redirect (`/url?q=http://…`) where it leads; a value may
    // have been masked before it was stored.
    let is_address = phrase.starts_with("http://") || phrase.starts_with("https://");
    let is_none = phrase.is_empty() || phrase == "***" || phrase.starts_with("cache:");
    (!is_address && !is_none).then_some(phrase)
}

/// Referrers are read this far: a phrase stands before the click's long trails.
const READ_MAX: usize = 4096;
/// A phrase is kept this far, in characters: engines take about as much (Google reads 32 words).
const PHRASE_MAX: usize = 128;

struct Engine {
    /// The label before the country: `google` in `www.google.co.kr`.
    name: &'static str,
    /// The labels that must stand before it; an engine that has its searches on a host of their own
    /// may have shops and blogs on others.
    sub: &'static str,
    /// The keys that may hold the phrase, best first.
    keys: &'static [&'static str],
}

const fn engine(sub: &'static str, name: &'static str, keys: &'static [&'static str]) -> Engine {
    Engine { name, sub, keys }
}

static ENGINES: &[Engine] = &[
    engine("", "google", &["q", "as_q"]),
    engine("", "bing", &["q"]),
    engine("", "duckduckgo", &["q"]),
    engine("search", "yahoo", &["p", "q"]),
    engine("", "yandex", &["text", "query"]),
    engine("", "ya", &["text", "query"]),
    engine("", "baidu", &["wd", "word", "kw"]),
    engine("search", "naver", &["query"]),
    engine("search", "daum", &["q"]),
    engine("search", "nate", &["q"]),
    engine("search", "zum", &["query"]),
    engine("", "ecosia", &["q"]),
    engine("", "qwant", &["q"]),
    engine("", "startpage", &["query", "q"]),
    engine("search", "brave", &["q"]),
    engine("", "kagi", &["q"]),
    engine("", "mojeek", &["q"]),
    engine("search", "seznam", &["q"]),
    engine("", "sogou", &["query", "keyword"]),
    engine("", "so", &["q"]),
    engine("", "coccoc", &["query", "q"]),
    engine("", "petalsearch", &["query", "q"]),
    engine("", "ask", &["q"]),
    engine("search", "aol", &["q"]),
    engine("search", "goo", &["MT"]),
    engine("go", "mail", &["q"]),
    engine("", "swisscows", &["query", "q"]),
    engine("", "metager", &["eingabe"]),
];

impl Engine {
    /// Whether the host is the engine's in any country. `google.example.com` is not: after the name
    /// stand one label, or two of which the first is a registry's (`co.kr`).
    fn is_at(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        let mut labels = host.rsplit('.');
        let (Some(top), Some(second)) = (labels.next(), labels.next()) else { return false };
        if !(2..=3).contains(&top.len()) && !TOP_LEVELS.iter().any(|t| top.eq_ignore_ascii_case(t))
        {
            return false;
        }
        let registry = ["co", "com", "ne", "or", "org", "net"];
        let name = if top.len() == 2 && registry.iter().any(|r| second.eq_ignore_ascii_case(r)) {
            labels.next().unwrap_or("")
        } else {
            second
        };
        name.eq_ignore_ascii_case(self.name)
            && (self.sub.is_empty() || labels.any(|label| label.eq_ignore_ascii_case(self.sub)))
    }
}

/// Endings of engines that are longer than a country's.
const TOP_LEVELS: [&str; 1] = ["info"];

fn decoded(value: &str) -> Vec<u8> {
    let bytes = value.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        match bytes[at] {
            b'+' => out.push(b' '),
            b'%' => {
                if let (Some(high), Some(low)) = (hex(at + 1), hex(at + 2)) {
                    out.push(u8::try_from(high * 16 + low).unwrap_or(b' '));
                    at += 2;
                } else {
                    // An escape that was cut stays as it came.
                    out.push(b'%');
                }
            }
            byte => out.push(byte),
        }
        at += 1;
    }
    out
}

/// One blank between words; neither control characters nor those that turn or hide text.
fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(PHRASE_MAX * 4));
    let mut taken = 0;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()) {
        for (at, c) in word.chars().filter(|c| !is_hidden(*c)).enumerate() {
            if at == 0 && !out.is_empty() {
                out.push(' ');
                taken += 1;
            }
            if taken >= PHRASE_MAX {
                out.truncate(out.trim_end().len());
                return out;
            }
            out.push(c);
            taken += 1;
        }
    }
    out
}

fn is_hidden(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_phrase_is_told_from_an_engines_referrer_alone() {
        let cases = [
            ("https://www.google.com/search?q=oak+desk&hl=en", Some("oak desk")),
            ("http://www.google.co.kr/url?sa=t&q=https://a.example/", None),
            ("https://www.google.co.kr/search?hl=ko&q=%EC%B1%85%EC%83%81", Some("책상")),
            ("https://www.google.com/search?as_q=desk&q=", Some("desk")),
            (
                "https://encrypted.google.com/url?sa=t&q=fpm+packager&url=http%3A%2F%2Fa.example",
                Some("fpm packager"),
            ),
            ("http://www.google.de/url?sa=t&q=&url=http%3A%2F%2Fa.example", None),
            ("https://www.google.com/", None),
            ("https://www.google.com/search?q=cache:abc:example.com", None),
            ("https://google.example.com/search?q=desk", None),
            ("https://evil.example/?u=https://www.google.com/search?q=desk", None),
            ("https://notgoogle.com/search?q=desk", None),
            ("https://user@www.google.com:443/search?q=desk#x?q=chair", Some("desk")),
            ("https://www.bing.com/search?q=log%20viewer&form=QBLH", Some("log viewer")),
            ("https://duckduckgo.com/?q=tail+-f&t=h_", Some("tail -f")),
            ("https://kr.search.yahoo.com/search?p=desk", Some("desk")),
            ("https://shopping.yahoo.com/search?p=desk", None),
            ("https://yandex.ru/search/?text=%D1%81%D1%82%D0%BE%D0%BB", Some("стол")),
            ("https://yandex.com.tr/search/?text=masa", Some("masa")),
            ("https://www.baidu.com/s?wd=%E6%A1%8C%E5%AD%90&ie=utf-8", Some("桌子")),
            ("https://www.baidu.com/s?wd=%D7%C0%D7%D3", None),
            (
                "https://search.naver.com/search.naver?where=nexearch&query=%EB%A1%9C%EA%B7%B8",
                Some("로그"),
            ),
            ("https://m.search.naver.com/search.naver?query=a", Some("a")),
            ("https://blog.naver.com/x?query=a", None),
            ("https://search.daum.net/search?w=tot&q=a%0d%0ab", Some("a b")),
            ("https://www.google.com/search?q=a%E2%80%AEb%00c", Some("ab c")),
            ("https://www.google.com/search?q=50%", Some("50%")),
            ("https://www.google.com/search?q=+++", None),
            ("https://www.google.com/search?q=***", None),
            ("www.google.com/search?q=no+scheme", Some("no scheme")),
            ("-", None),
            ("", None),
        ];
        for (referrer, expected) in cases {
            assert_eq!(keyphrase(referrer).as_deref(), expected, "{referrer}");
        }
    }

    #[test]
    fn a_long_phrase_is_cut_at_a_character() {
        let referrer = format!("https://www.google.com/search?q={}", "책 ".repeat(400));
        let phrase = keyphrase(&referrer).expect("a phrase");
        assert!(phrase.chars().count() <= PHRASE_MAX && phrase.ends_with('책'));
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_bounded_phrase_or_none(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let _ = keyphrase(&text);
            if let Some(phrase) = keyphrase(&format!("https://www.google.com/search?q={text}")) {
                prop_assert!(phrase.chars().count() <= PHRASE_MAX);
                prop_assert!(!phrase.chars().any(|c| c.is_control() || is_hidden(c)));
                prop_assert_eq!(phrase.trim(), phrase.as_str());
            }
        }
    }
}

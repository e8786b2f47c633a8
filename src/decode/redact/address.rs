//! Addresses of pages: what of a path, a referrer, or of an address that a query's value holds, is secret.

use std::borrow::Cow;
use std::ops::Range;

use super::line::{Rewritten, end_of};
use super::{MASK, is_jwt, is_secret_key, query};
use crate::decode::seek;

/// The address of a page, a path or a referrer, without the secrets of its path's parameters
/// (`/cart;jsessionid=…`, RFC 3986 section 3.3; also where its sign is escaped or there is none: `/cart%3Ftoken=…`,
/// `/cart/token=…`), its query and its fragment, and without who logged in
/// (`//user:password@host`). Borrowed where nothing is secret.
#[inline]
#[must_use]
pub fn address(address: &str) -> Cow<'_, str> {
    // `#` or one of `;<=>?@`: two comparisons of each byte, and few addresses have one.
    let may_be_secret = |b: u8| (b == b'#') | (b.wrapping_sub(b';') <= b'@' - b';');
    if seek::any(address.as_bytes(), may_be_secret) {
        of_marked(address)
    } else {
        Cow::Borrowed(address)
    }
}

/// As [`address`], where there may be something secret.
fn of_marked(address: &str) -> Cow<'_, str> {
    let bytes = address.as_bytes();
    let mut out = Rewritten::new(address);
    let path_end = end_of(bytes, 0, |b| matches!(b, b'?' | b'#'));
    let mut at = logins(&bytes[..path_end], &mut out);
    while at < path_end {
        let end = end_of(&bytes[..path_end], at + 1, |b| matches!(b, b';' | b'/'));
        let without = match bytes[at] {
            b';' => match query(&address[at + 1..end]) {
                Cow::Owned(pair) => Some(pair),
                Cow::Borrowed(_) => None,
            },
            b'/' if seek::find(&bytes[at..end], b'=').is_some() => held(&address[at + 1..end]),
            _ => None,
        };
        if let Some(part) = without {
            out.put(at + 1..end, &part);
        }
        at = end;
    }
    // The fragment goes to the end: an application in the browser has routes of its own in it.
    for (mark, ends) in [(b'?', Some(b'#')), (b'#', None)] {
        if bytes.get(at) == Some(&mark) {
            let end = end_of(bytes, at + 1, |b| Some(b) == ends);
            if let Cow::Owned(part) = query(&address[at + 1..end]) {
                out.put(at + 1..end, &part);
            }
            at = end;
        }
    }
    out.done()
}

/// Takes out who logs in at a host, the address's own or one behind it in the path (`/proxy/https://user:password@host`).
/// Gives where the path may go on.
fn logins(path: &[u8], out: &mut Rewritten<'_>) -> usize {
    let mut behind = 0;
    let mut at = 0;
    while let Some(slashes) = memchr::memmem::find(&path[at..], b"//").map(|n| at + n) {
        let host = slashes + 2;
        // With a scheme before it, or at the front: `/a//b@c` is a path.
        let named = slashes == 0 || path[slashes - 1] == b':';
        at = end_of(path, host, |b| b == b'/');
        if let Some(sign) = memchr::memrchr(b'@', &path[host..at]).filter(|sign| named && *sign > 0)
        {
            out.put(host..host + sign, MASK);
            behind = host + sign;
        }
    }
    behind
}

/// A value that is an address itself, without the secrets of its query and without who logs in: `/reset?token=…` or
/// `%2Freset%3Ftoken%3D…`, escaped as often as it was passed on. Of JSON in it, as GraphQL's `variables`, without the
/// texts of secret names.
pub(super) fn held(value: &str) -> Option<String> {
    let bytes = value.as_bytes();
    let mut out = Rewritten::new(value);
    let mut pair = Pair::default();
    let mut json = Json::default();
    // Where a host begins, and where its last `@` stands.
    let (mut slash, mut host, mut login) = (None, None, None);
    let mut at = 0;
    loop {
        let sign = Sign::at(bytes, at);
        match sign.byte {
            None | Some(b'/' | b'?' | b'#' | b'&') => {
                if let (Some(host), Some(login)) = (host, login)
                    && login > host
                {
                    out.put(host..login, MASK);
                }
                host = (sign.byte == Some(b'/') && slash == Some(at)).then_some(sign.end);
                (slash, login) = ((sign.byte == Some(b'/')).then_some(sign.end), None);
            }
            Some(b'@') if host.is_some() => {
                login = Some(at);
                // A `=` in a password names nothing.
                if !pair.is_secret() {
                    pair = Pair { key: sign.end, value: None };
                }
            }
            _ => {}
        }
        if let Some(text) = json.text_of_secret(value, at, sign)
            && !pair.masks(value)
        {
            out.put(text, MASK);
        }
        if pair.ends(sign) {
            pair.mask(value, at, &mut out);
            pair = Pair { key: sign.end, value: None };
        } else if sign.byte == Some(b'=') && pair.value.is_none() {
            let secret = is_secret_key(&value[pair.key..at]).then_some(sign.depth);
            pair.value = Some(Value { from: sign.end, secret });
        }
        if sign.byte.is_none() {
            break;
        }
        at = sign.end;
    }
    match out.done() {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    }
}

/// A name and what is said of it, within a value.
#[derive(Clone, Copy, Default)]
struct Pair {
    /// Where the name begins.
    key: usize,
    value: Option<Value>,
}

#[derive(Clone, Copy)]
struct Value {
    from: usize,
    /// Of a secret: how deep its `=` was escaped.
    secret: Option<usize>,
}

impl Pair {
    /// Whether it ends there. What is escaped once more than the `=` of a secret is part of it, and so is a `?`.
    fn ends(self, sign: Sign) -> bool {
        match (sign.byte, self.value.and_then(|value| value.secret)) {
            (None, _) => true,
            (Some(b'?'), secret) => secret.is_none(),
            (Some(b'#' | b'&' | b';'), secret) => secret.is_none_or(|depth| sign.depth <= depth),
            _ => false,
        }
    }

    fn is_secret(self) -> bool {
        self.value.is_some_and(|of| of.secret.is_some())
    }

    /// Whether what is said of it goes whole, or may.
    fn masks(self, text: &str) -> bool {
        self.is_secret() || self.value.is_some_and(|of| text[of.from..].starts_with("eyJ"))
    }

    fn mask(self, text: &str, end: usize, out: &mut Rewritten<'_>) {
        if let Some(Value { from, secret }) = self.value
            && end > from
            && (secret.is_some() || is_jwt(&text[from..end]))
        {
            out.put(from..end, MASK);
        }
    }
}

/// Where in JSON it is: `{"name":"text"}`.
#[derive(Debug, Default)]
struct Json {
    /// Where the open text begins.
    text: Option<usize>,
    /// The last text, and whether a colon came behind it.
    name: Option<(Range<usize>, bool)>,
    /// The byte before was a `\`, itself not behind one.
    escaped: bool,
}

impl Json {
    /// Goes on with a sign at a place; gives the text that ends there where its name is a secret's.
    fn text_of_secret(&mut self, all: &str, at: usize, sign: Sign) -> Option<Range<usize>> {
        let escaped = std::mem::take(&mut self.escaped);
        match (sign.byte?, self.text) {
            (b'\\', Some(_)) => self.escaped = !escaped,
            (b'"', Some(_)) if escaped => {}
            (b'"', Some(from)) => {
                self.text = None;
                return match self.name.take() {
                    Some((name, true)) => {
                        (from < at && is_secret_key(&all[name])).then_some(from..at)
                    }
                    _ => {
                        self.name = Some((from..at, false));
                        None
                    }
                };
            }
            (b'"', None) => self.text = Some(sign.end),
            (b':', None) => self.name.iter_mut().for_each(|(_, behind)| *behind = true),
            (b' ' | b'+' | b'\t' | b'\r' | b'\n', None) | (_, Some(_)) => {}
            (_, None) => self.name = None,
        }
        None
    }
}

/// A byte, an escape taken for what it means: `%3D` and `%253D` for `=`.
#[derive(Clone, Copy)]
struct Sign {
    /// `None` behind the end.
    byte: Option<u8>,
    /// How often it is escaped.
    depth: usize,
    /// Where the next one begins.
    end: usize,
}

impl Sign {
    fn at(bytes: &[u8], at: usize) -> Sign {
        let Some(&byte) = bytes.get(at) else { return Sign { byte: None, depth: 0, end: at } };
        let (mut digits, mut depth) = (at + 1, 1);
        while byte == b'%' && bytes[digits..].starts_with(b"25") {
            (digits, depth) = (digits + 2, depth + 1);
        }
        let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
        match (byte, hex(digits), hex(digits + 1)) {
            (b'%', Some(high), Some(low)) => {
                Sign { byte: u8::try_from(high * 16 + low).ok(), depth, end: digits + 2 }
            }
            _ => Sign { byte: Some(byte), depth: 0, end: at + 1 },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_of_an_address_are_masked_and_the_rest_stays() {
        let cases = [
            ("", ""),
            ("-", "-"),
            ("https://example.org/a?x=1", "https://example.org/a?x=1"),
            ("https://example.org/reset?token=abc&x=1", "https://example.org/reset?token=***&x=1"),
            (
                "https://example.org/#access_token=abc&x=1",
                "https://example.org/#access_token=***&x=1",
            ),
            (
                "https://example.org/?x=1#/reset?token=abc",
                "https://example.org/?x=1#/reset?token=***",
            ),
            ("https://example.org/?code=abc#code=def", "https://example.org/?code=***#code=***"),
            ("https://ann:pw@example.org/a@b", "https://***@example.org/a@b"),
            ("https://a@b:pw@example.org", "https://***@example.org"),
            ("https://ann:p;pin=1@example.org/;pin=2", "https://***@example.org/;pin=***"),
            ("https://example.org/@ann/;x?y@z", "https://example.org/@ann/;x?y@z"),
            ("https://example.org?token=a//b@c", "https://example.org?token=***"),
            ("/cart;jsessionid=A1B2/pay;x=1;sid=3", "/cart;jsessionid=***/pay;x=1;sid=***"),
            ("/a;jsessionid=", "/a;jsessionid="),
            ("/a%3Ftoken=b/c&pw=d/pin=e;x=f", "/a%3Ftoken=***/c&pw=***/pin=***;x=f"),
            ("/a%253Bjsessionid%253Db%253Bc", "/a%253Bjsessionid%253Db%253Bc"),
            ("/tokens/x=1/a=b", "/tokens/x=1/a=b"),
            ("http://ann:pw@example.org/", "http://***@example.org/"),
            ("/?/https://ann:pw@b/", "/?/https://***@b/"),
            ("/proxy/https://ann:pw@b/c@d", "/proxy/https://***@b/c@d"),
            (
                "https://example.org/?x=1#/cb?code=abc&state=x",
                "https://example.org/?x=1#/cb?code=***&state=***",
            ),
            ("https://example.org/#/cb#code=abc", "https://example.org/#/cb#code=***"),
            ("https://@example.org/", "https://@example.org/"),
            ("/a//b@c", "/a//b@c"),
            ("//ann@example.org/", "//***@example.org/"),
            ("ann@example.org", "ann@example.org"),
            ("android-app://com.example/", "android-app://com.example/"),
            ("é;é=é;pw=é?pw=é#pw=é", "é;é=é;pw=***?pw=***#pw=***"),
        ];
        for (given, expected) in cases {
            assert_eq!(address(given), expected, "{given}");
            assert_eq!(matches!(address(given), Cow::Borrowed(_)), given == expected, "{given}");
        }
    }

    #[test]
    fn a_long_address_takes_no_more_than_its_length() {
        for hostile in [
            "?",
            "#",
            ";",
            "@",
            "%",
            "%25",
            "=",
            "%3D",
            ";a=",
            "?a=",
            "token=",
            "//",
            "a%3Ftoken%3D",
            "__",
        ] {
            let text = hostile.repeat(300_000);
            let pair = format!("a={text}%");
            let shown = [(address(&text), &text), (query(&text), &text), (query(&pair), &pair)];
            assert!(shown.iter().all(|(shown, text)| shown.len() <= text.len()), "{hostile}");
        }
    }

    proptest! {
        #[test]
        fn what_was_masked_stays_as_it_is(
            text in "(https?://)?([?#;&=@/%é.]|%3[fF]|%3[dD]|%26|%25|token|pin|x|\\*){0,24}",
        ) {
            let once = address(&text).into_owned();
            prop_assert_eq!(address(&once).into_owned(), once);
            let once = query(&text).into_owned();
            prop_assert_eq!(query(&once).into_owned(), once);
        }
    }

    #[test]
    fn a_sign_in_a_password_names_no_value() {
        for (given, expected) in [
            ("http://%3d@token%3d%25", "http://***@token%3d***"),
            ("u=http://a:=b@host/?x=1", "u=http://***@host/?x=1"),
            ("u=http://a:=b@host/?token=1", "u=http://***@host/?token=***"),
            ("token=http://a@host;x=1", "token=***;x=1"),
        ] {
            assert_eq!(query(given), expected);
            assert_eq!(query(expected), expected);
        }
    }
}

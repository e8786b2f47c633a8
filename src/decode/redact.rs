//! Takes secrets and personal data out of queries, paths and referrers before anything is stored or sent.

pub mod line;

use std::borrow::Cow;

use crate::decode::seek;

/// What stands in place of a value.
const MASK: &str = "***";

/// The longest key that is looked up; a longer one is looked at by its ending.
const KEY_MAX: usize = 32;

/// The query with the values of secret-looking keys, values that look like a JSON Web Token, and
/// e-mail addresses as `***`; in an address that a value holds, too, escaped or not. Keys stay, and
/// their order. Borrowed where nothing is secret.
#[must_use]
pub fn query(query: &str) -> Cow<'_, str> {
    let mut out: Option<String> = None;
    // Of an e-mail address or of an address that a value holds; few queries have one.
    let of_address = |b: u8| (b == b'%') | (b == b'#') | (b == b'?') | (b == b'@');
    let marked = seek::any(query.as_bytes(), of_address);
    let mut at = 0;
    let mut kept = 0;
    while at <= query.len() {
        let end = end_of_pair(&query.as_bytes()[at..]).map_or(query.len(), |n| at + n);
        let pair = &query[at..end];
        let (key, value_at) = match seek::find(pair.as_bytes(), b'=') {
            Some(n) => (&pair[..n], at + n + 1),
            None => ("", at),
        };
        let value = &query[value_at..end];
        let secret = || is_secret_key(key) || is_jwt(value) || (marked && has_email(value));
        if !value.is_empty() && secret() {
            let out = out.get_or_insert_with(|| String::with_capacity(query.len()));
            out.push_str(&query[kept..value_at]);
            out.push_str(MASK);
            kept = end;
        } else if marked && let Some(value) = held(value) {
            let out = out.get_or_insert_with(|| String::with_capacity(query.len()));
            out.push_str(&query[kept..value_at]);
            out.push_str(&value);
            kept = end;
        }
        at = end + 1;
    }
    match out {
        Some(mut out) => {
            out.push_str(&query[kept..]);
            Cow::Owned(out)
        }
        None => Cow::Borrowed(query),
    }
}

/// The address of a page, a path or a referrer, without the secrets of its path's parameters
/// (`/cart;jsessionid=…`, RFC 3986 section 3.3), its query and its fragment, and without who logged in
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
    let Some(first) = seek::first_of(bytes, [b'?', b'#', b';', b'@']) else {
        return Cow::Borrowed(address);
    };
    let mut out = line::Rewritten::new(address);
    let mut at = first;
    if let Some(host) = host_of(address, first) {
        let end = line::end_of(bytes, host, |b| matches!(b, b'/' | b'?' | b'#'));
        if let Some(sign) = memchr::memrchr(b'@', &bytes[host..end]) {
            out.put(host..host + sign, MASK);
            at = at.max(host + sign);
        }
    }
    let path_end = line::end_of(bytes, at, |b| matches!(b, b'?' | b'#'));
    while at < path_end {
        let end = line::end_of(&bytes[..path_end], at + 1, |b| matches!(b, b';' | b'/'));
        if bytes[at] == b';'
            && let Cow::Owned(pair) = query(&address[at + 1..end])
        {
            out.put(at + 1..end, &pair);
        }
        at = end;
    }
    for mark in [b'?', b'#'] {
        if bytes.get(at) == Some(&mark) {
            let end = line::end_of(bytes, at + 1, |b| b == b'#');
            if let Cow::Owned(part) = query(&address[at + 1..end]) {
                out.put(at + 1..end, &part);
            }
            at = end;
        }
    }
    out.done()
}

/// Where the host begins, behind `//` with a scheme before it or none.
fn host_of(address: &str, before: usize) -> Option<usize> {
    let slashes = memchr::memmem::find(&address.as_bytes()[..before], b"//")?;
    let of_scheme = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.');
    let scheme = address[..slashes].strip_suffix(':').unwrap_or(&address[..slashes]);
    (scheme.len() < slashes || slashes == 0)
        .then_some(slashes + 2)
        .filter(|_| scheme.bytes().all(of_scheme))
}

/// A value that is an address itself, without the secrets of its query: `/reset?token=…` or
/// `%2Freset%3Ftoken%3D…`, escaped as often as it was passed on.
fn held(value: &str) -> Option<String> {
    let bytes = value.as_bytes();
    let mut out = line::Rewritten::new(value);
    // Where the key begins, and where its value does.
    let (mut key_at, mut value_at) = (None, None);
    let mut at = 0;
    loop {
        let (sign, end) = sign(bytes, at);
        if matches!(sign, None | Some(b'?' | b'#' | b'&' | b';')) {
            if let (Some(key), Some((key_end, from))) = (key_at, value_at)
                && at > from
                && (is_secret_key(&value[key..key_end]) || is_jwt(&value[from..at]))
            {
                out.put(from..at, MASK);
            }
            (key_at, value_at) = (Some(end), None);
        } else if sign == Some(b'=') && value_at.is_none() {
            value_at = Some((at, end));
        }
        if sign.is_none() {
            break;
        }
        at = end;
    }
    match out.done() {
        Cow::Owned(text) => Some(text),
        Cow::Borrowed(_) => None,
    }
}

/// The byte that stands there and where the next begins, an escape taken for what it means: `%3D` and
/// `%253D` for `=`. `None` behind the end.
fn sign(bytes: &[u8], at: usize) -> (Option<u8>, usize) {
    let Some(&byte) = bytes.get(at) else { return (None, at) };
    let mut digits = at + 1;
    while byte == b'%' && bytes[digits..].starts_with(b"25") {
        digits += 2;
    }
    let hex = |at: usize| bytes.get(at).and_then(|b| char::from(*b).to_digit(16));
    match (byte, hex(digits), hex(digits + 1)) {
        (b'%', Some(high), Some(low)) => (u8::try_from(high * 16 + low).ok(), digits + 2),
        _ => (Some(byte), at + 1),
    }
}

/// Pairs are short: the way into a search for long texts costs more than this.
fn end_of_pair(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|&b| b == b'&' || b == b';')
}

fn is_secret_key(key: &str) -> bool {
    let mut folded = [0; KEY_MAX];
    let special = |b| matches!(b, b'_' | b'-' | b'.' | b'[' | b']' | b'%');
    if key.len() <= KEY_MAX && !seek::any(key.as_bytes(), special) {
        folded[..key.len()].copy_from_slice(key.as_bytes());
        folded.make_ascii_lowercase();
        return is_secret(&folded[..key.len()]);
    }
    let mut len = 0;
    // From the end, so that a longer key keeps the ending that tells.
    let mut rest = key.as_bytes();
    while let Some((&last, front)) = rest.split_last() {
        if len == KEY_MAX {
            break;
        }
        // `%5B` and `%5D` are brackets as browsers send them.
        if matches!(last, b'b' | b'B' | b'd' | b'D') && front.ends_with(b"%5") {
            rest = &front[..front.len() - 2];
            continue;
        }
        rest = front;
        if matches!(last, b'_' | b'-' | b'.' | b'[' | b']') {
            continue;
        }
        len += 1;
        folded[KEY_MAX - len] = last.to_ascii_lowercase();
    }
    is_secret(&folded[KEY_MAX - len..])
}

/// Whether the values of this key are secrets: lower case, without `_`, `-`, `.` and brackets.
fn is_secret(folded: &[u8]) -> bool {
    let known = matches!(
        folded,
        b"accesskey"
            | b"accesstoken"
            | b"apikey"
            | b"apitoken"
            | b"appsecret"
            | b"assertion"
            | b"auth"
            | b"authcode"
            | b"authorization"
            | b"authtoken"
            | b"awsaccesskeyid"
            | b"bearer"
            | b"clientsecret"
            | b"code"
            | b"cookie"
            | b"credential"
            | b"credentials"
            | b"csrf"
            | b"csrftoken"
            | b"email"
            | b"idtoken"
            | b"jsessionid"
            | b"jwt"
            | b"key"
            | b"mail"
            | b"nonce"
            | b"oauthtoken"
            | b"otp"
            | b"pass"
            | b"passphrase"
            | b"passwd"
            | b"password"
            | b"phpsessid"
            | b"pin"
            | b"privatekey"
            | b"pw"
            | b"pwd"
            | b"refreshtoken"
            | b"samlresponse"
            | b"secret"
            | b"session"
            | b"sessionid"
            | b"sessiontoken"
            | b"sid"
            | b"sig"
            | b"sign"
            | b"signature"
            | b"state"
            | b"subscriptionkey"
            | b"ticket"
            | b"token"
            | b"useremail"
            | b"xamzcredential"
            | b"xamzsecuritytoken"
            | b"xamzsignature"
            | b"xgoogsignature"
    );
    // Endings that make a longer key a secret's: `user_password`, `x-csrf-token`.
    known
        || folded.ends_with(b"token")
        || folded.ends_with(b"secret")
        || folded.ends_with(b"password")
        || folded.ends_with(b"passwd")
        || folded.ends_with(b"apikey")
        || folded.ends_with(b"signature")
}

/// Three parts of base64url, the first of which is a JSON object: `eyJ….….…`.
fn is_jwt(value: &str) -> bool {
    if !value.starts_with("eyJ") {
        return false;
    }
    let mut parts = value.split('.');
    let head = parts.next().is_some_and(|part| part.len() > 8);
    head && parts.next().is_some_and(|part| part.len() > 4) && parts.next().is_some()
}

/// `name@host.tld`, the `@` perhaps as `%40`.
fn has_email(value: &str) -> bool {
    let (name, host) = match memchr::memchr(b'@', value.as_bytes()) {
        Some(at) => (&value[..at], &value[at + 1..]),
        None => match memchr::memmem::find(value.as_bytes(), b"%40") {
            Some(at) => (&value[..at], &value[at + 3..]),
            None => return false,
        },
    };
    let end = host.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-'));
    let host = &host[..end.unwrap_or(host.len())];
    let tld = host.rsplit_once('.').map_or("", |(_, tld)| tld);
    name.bytes().next_back().is_some_and(|b| b.is_ascii_alphanumeric() || b"._-+".contains(&b))
        && tld.len() >= 2
        && tld.bytes().all(|b| b.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_are_masked_and_the_rest_stays() {
        let cases = [
            ("", ""),
            ("a=1&b=2", "a=1&b=2"),
            ("token=abc&x=1", "token=***&x=1"),
            ("x=1&API_KEY=abc", "x=1&API_KEY=***"),
            ("Access-Token=abc;next=1", "Access-Token=***;next=1"),
            ("user[password]=hunter2", "user[password]=***"),
            ("user%5Bpassword%5D=hunter2", "user%5Bpassword%5D=***"),
            ("password=", "password="),
            ("monkey=1&keyboard=2&codec=3", "monkey=1&keyboard=2&codec=3"),
            ("q=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "q=***"),
            ("to=a.b@example.org&x=1", "to=***&x=1"),
            ("to=a%40example.org", "to=***"),
            ("a.b@example.org", "***"),
            ("at=@home&v=1@2", "at=@home&v=1@2"),
            ("&&=&key", "&&=&key"),
            ("code=4/0Ab&state=x", "code=***&state=***"),
            ("next=/reset?token=abc&x=1", "next=/reset?token=***&x=1"),
            ("token=a?b#c&x=1", "token=***&x=1"),
            (
                "next=%2Fa%3Fx%3D1%26token%3Dabc%26y%3D2&z=3",
                "next=%2Fa%3Fx%3D1%26token%3D***%26y%3D2&z=3",
            ),
            ("next=%252Fa%253Fapi_key%253dabc%2523top", "next=%252Fa%253Fapi_key%253d***%2523top"),
            (
                "u=https%3A%2F%2Fexample.org%2F%3Fuser%5Bpassword%5D%3Da",
                "u=https%3A%2F%2Fexample.org%2F%3Fuser%5Bpassword%5D%3D***",
            ),
            ("next=/a?x=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "next=/a?x=***"),
            ("next=%2Fa%3Ftoken%3D&q=100%&r=%3D%3D", "next=%2Fa%3Ftoken%3D&q=100%&r=%3D%3D"),
        ];
        for (given, expected) in cases {
            assert_eq!(query(given), expected, "{given}");
            assert_eq!(matches!(query(given), Cow::Borrowed(_)), given == expected, "{given}");
        }
    }

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
            ("http://ann:pw@example.org/", "http://***@example.org/"),
            ("/?/https://ann:pw@b/", "/?/https://ann:pw@b/"),
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
            let _ = (address(&text).len(), query(&text).len(), query(&format!("a={text}%")).len());
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

        #[test]
        fn a_key_is_as_secret_with_signs_between_its_letters(
            key in prop_oneof![
                "[a-zA-Z0-9]{0,40}",
                prop::sample::select(vec!["Token", "sid", "sidx", "userPassword", "samlResponse", "x", "passwd"])
                    .prop_map(str::to_owned),
            ],
            at in any::<prop::sample::Index>(),
        ) {
            let at = at.index(key.len() + 1);
            let (front, behind) = key.split_at(at);
            prop_assert_eq!(is_secret_key(&key), is_secret_key(&format!("{front}_{behind}")));
            prop_assert_eq!(is_secret_key(&key), is_secret_key(&format!("{front}%5b{behind}%5D")));
        }
    }
}

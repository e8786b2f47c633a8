//! Takes secrets and personal data out of a query string before anything is stored or sent.

pub mod line;

use std::borrow::Cow;

/// What stands in place of a value.
const MASK: &str = "***";

/// Keys whose values are secrets, folded: lower case, without `_`, `-`, `.` and brackets.
const SECRET_KEYS: &[&str] = &[
    "accesskey",
    "accesstoken",
    "apikey",
    "apitoken",
    "appsecret",
    "assertion",
    "auth",
    "authcode",
    "authorization",
    "authtoken",
    "awsaccesskeyid",
    "bearer",
    "clientsecret",
    "code",
    "cookie",
    "credential",
    "credentials",
    "csrf",
    "csrftoken",
    "email",
    "idtoken",
    "jsessionid",
    "jwt",
    "key",
    "mail",
    "nonce",
    "oauthtoken",
    "otp",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "phpsessid",
    "pin",
    "privatekey",
    "pw",
    "pwd",
    "refreshtoken",
    "samlresponse",
    "secret",
    "session",
    "sessionid",
    "sessiontoken",
    "sid",
    "sig",
    "sign",
    "signature",
    "state",
    "subscriptionkey",
    "ticket",
    "token",
    "useremail",
    "xamzcredential",
    "xamzsecuritytoken",
    "xamzsignature",
    "xgoogsignature",
];
/// Endings that make a longer key a secret's: `user_password`, `x-csrf-token`.
const SECRET_ENDINGS: &[&str] = &["token", "secret", "password", "passwd", "apikey", "signature"];
/// The longest key that is looked up; a longer one is looked at by its ending.
const KEY_MAX: usize = 32;

/// The query with the values of secret-looking keys, values that look like a JSON Web Token, and
/// e-mail addresses as `***`. Keys stay, and their order. Borrowed where nothing is secret.
#[must_use]
pub fn query(query: &str) -> Cow<'_, str> {
    let mut out: Option<String> = None;
    let at_sign = memchr::memchr2(b'@', b'%', query.as_bytes()).is_some();
    let mut at = 0;
    let mut kept = 0;
    while at <= query.len() {
        let end =
            memchr::memchr2(b'&', b';', &query.as_bytes()[at..]).map_or(query.len(), |n| at + n);
        let pair = &query[at..end];
        let (key, value_at) = match pair.split_once('=') {
            Some((key, _)) => (key, at + key.len() + 1),
            None => ("", at),
        };
        let value = &query[value_at..end];
        let secret = || is_secret_key(key) || is_jwt(value) || (at_sign && has_email(value));
        if !value.is_empty() && secret() {
            let out = out.get_or_insert_with(|| String::with_capacity(query.len()));
            out.push_str(&query[kept..value_at]);
            out.push_str(MASK);
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

fn is_secret_key(key: &str) -> bool {
    let mut folded = [0; KEY_MAX];
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
    let folded = &folded[KEY_MAX - len..];
    SECRET_KEYS.binary_search_by(|known| known.as_bytes().cmp(folded)).is_ok()
        || SECRET_ENDINGS.iter().any(|ending| folded.ends_with(ending.as_bytes()))
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
        ];
        for (given, expected) in cases {
            assert_eq!(query(given), expected, "{given}");
            assert_eq!(matches!(query(given), Cow::Borrowed(_)), given == expected, "{given}");
        }
    }

    #[test]
    fn the_keys_are_sorted() {
        assert!(SECRET_KEYS.is_sorted());
    }
}

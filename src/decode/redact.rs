//! Takes secrets and personal data out of queries, paths and referrers before anything is stored or sent.

mod address;
pub mod line;
mod named;
mod prose;
mod shape;

use std::borrow::Cow;

pub use address::address;

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
    // Of an e-mail address, or of an address or JSON that a value holds; few queries have one.
    let of_more = |b: u8| matches!(b, b'%' | b'#' | b'?' | b'@' | b'"');
    let marked = seek::any(query.as_bytes(), of_more);
    let mut at = 0;
    let mut kept = 0;
    while at <= query.len() {
        let end = end_of_pair(&query.as_bytes()[at..]).map_or(query.len(), |n| at + n);
        let pair = &query[at..end];
        let (key, value_at) = match seek::find(pair.as_bytes(), b'=') {
            Some(n) => (&pair[..n], at + n + 1),
            None => ("", at),
        };
        // A second `?`, or a path behind a `#`, is no part of the name.
        let key = if marked { key.rsplit(['?', '#']).next().unwrap_or(key) } else { key };
        let value = &query[value_at..end];
        let secret = || is_secret_key(key) || is_jwt(value) || (marked && has_email(value));
        if !value.is_empty() && secret() {
            let out = out.get_or_insert_with(|| String::with_capacity(query.len()));
            out.push_str(&query[kept..value_at]);
            out.push_str(MASK);
            kept = end;
        } else if marked && let Some(value) = address::held(value) {
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
    while let Some((last, front)) = split_last(rest) {
        if len == KEY_MAX {
            break;
        }
        rest = front;
        if matches!(last, b'_' | b'-' | b'.' | b'[' | b']' | b' ') {
            continue;
        }
        len += 1;
        folded[KEY_MAX - len] = last.to_ascii_lowercase();
    }
    is_secret(&folded[KEY_MAX - len..])
}

/// The last byte, an escape taken for what it means: `%5B` for a bracket as browsers send it, `%255B` as it is passed on.
fn split_last(text: &[u8]) -> Option<(u8, &[u8])> {
    let escaped = || {
        let [front @ .., high, low] = text else { return None };
        let digit = |b: &u8| char::from(*b).to_digit(16);
        let (high, low) = (digit(high)?, digit(low)?);
        let mut front = front;
        while let Some(more) = front.strip_suffix(b"25") {
            front = more;
        }
        Some((u8::try_from(high * 16 + low).ok()?, front.strip_suffix(b"%")?))
    };
    escaped().or_else(|| text.split_last().map(|(last, front)| (*last, front)))
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
            | b"connectsid"
            | b"cookie"
            | b"credential"
            | b"credentials"
            | b"csrf"
            | b"csrftoken"
            | b"email"
            | b"hmac"
            | b"idtoken"
            | b"jsessionid"
            | b"jwt"
            | b"key"
            | b"loginsession"
            | b"mail"
            | b"mfacode"
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
            | b"relaystate"
            | b"samlrequest"
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
            | b"totp"
            | b"useremail"
            | b"verificationcode"
            | b"xamzcredential"
            | b"xamzsecuritytoken"
            | b"xamzsignature"
            | b"xgoogsignature"
    );
    known || is_secret_ending(folded)
}

/// Endings that make a longer key a secret's: `user_password`, `x-csrf-token`, `password2`.
fn is_secret_ending(folded: &[u8]) -> bool {
    const SECRET_KEYS: [&[u8]; 10] = [
        b"access",
        b"activation",
        b"api",
        b"auth",
        b"encryption",
        b"license",
        b"private",
        b"reset",
        b"secret",
        b"session",
    ];
    let ends = |endings: &[&[u8]]| endings.iter().any(|ending| folded.ends_with(ending));
    match folded.last() {
        Some(b'd') => ends(&[b"password", b"passwd", b"accesskeyid"]),
        Some(b'e') => ends(&[b"signature", b"nonce", b"passcode"]),
        Some(b'n') => ends(&[b"token", b"assertion"]),
        Some(b'r') => ends(&[b"verifier"]),
        Some(b's') => ends(&[b"userpass"]),
        Some(b't') => ends(&[b"secret", b"passwort"]),
        Some(b'y') => folded
            .strip_suffix(b"key")
            .is_some_and(|of| of == b"rp" || SECRET_KEYS.iter().any(|secret| of.ends_with(secret))),
        Some(b'0'..=b'9') => {
            let name =
                folded.len() - folded.iter().rev().take_while(|b| b.is_ascii_digit()).count();
            folded[..name] == *b"pass" || folded[..name].ends_with(b"password")
        }
        _ => false,
    }
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
            ("to%6ben=a&%74oken=a&token%20=a&%20=a", "to%6ben=***&%74oken=***&token%20=***&%20=a"),
            ("password1=a&pass2=a&passport2=a", "password1=***&pass2=***&passport2=a"),
            (
                "auth_key=a&sessionKey=a&rp_key=a&sort_key=a",
                "auth_key=***&sessionKey=***&rp_key=***&sort_key=a",
            ),
            ("accessKeyId=a&connect.sid=a&news_id=a", "accessKeyId=***&connect.sid=***&news_id=a"),
            (
                "_wpnonce=a&code_verifier=a&user_pass=a&bypass=a",
                "_wpnonce=***&code_verifier=***&user_pass=***&bypass=a",
            ),
            (
                "variables=%7B%22user%22%3A%22ann%22%2C%22password%22%3A+%22a%5C%22b%22%7D&x=1",
                "variables=%7B%22user%22%3A%22ann%22%2C%22password%22%3A+%22***%22%7D&x=1",
            ),
            (r#"q={"token":"a","x":["pin","b"]}"#, r#"q={"token":"***","x":["pin","b"]}"#),
            (r#"token=ab{"pin":"c"}"#, "token=***"),
            (r#"q={"u":"/a?token=b","pin":"c"}"#, r#"q={"u":"/a?token=***"#),
            ("mfa_code=a&SAMLRequest=a&zip_code=a", "mfa_code=***&SAMLRequest=***&zip_code=a"),
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
            ("next=/login?password=p%3Fss%23word", "next=/login?password=***"),
            ("next=%2Fa%3Ftoken%3Dab%2526cd%26x%3D1", "next=%2Fa%3Ftoken%3D***%26x%3D1"),
            ("next=/x?token=ab?cd", "next=/x?token=***"),
            ("data=access_token%3Dabc%26x%3D1", "data=access_token%3D***%26x%3D1"),
            (
                "next=%252Fa%253Fuser%255Bpassword%255D%253Da",
                "next=%252Fa%253Fuser%255Bpassword%255D%253D***",
            ),
            ("/cb?code=abc&x=1", "/cb?code=***&x=1"),
            ("u=https://ann:p!w!@b/&x=1", "u=https://***@b/&x=1"),
            (
                "u=https%3A%2F%2Fann%3Apw%40localhost%2F%40a",
                "u=https%3A%2F%2F***%40localhost%2F%40a",
            ),
            ("u=https%253A%252F%252Fann%253Ap%2540w%2540b", "u=https%253A%252F%252F***%2540b"),
            ("u=//@b&v=https%3A%2F%2Fb%2F@c", "u=//@b&v=https%3A%2F%2Fb%2F@c"),
        ];
        for (given, expected) in cases {
            assert_eq!(query(given), expected, "{given}");
            assert_eq!(matches!(query(given), Cow::Borrowed(_)), given == expected, "{given}");
        }
    }

    proptest! {
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

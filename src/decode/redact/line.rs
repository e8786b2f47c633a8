//! Takes secrets and client addresses out of a whole line of unknown format, before it is kept as a
//! sample or a message.

use std::borrow::Cow;
use std::ops::Range;

use super::{MASK, has_email, is_jwt, named, query, shape};
use crate::decode::client;

/// Bytes that an address with its port may take.
const ADDRESS: usize = 64;

/// Bytes of a URL that are looked back at: a name and a password, the path before a parameter.
pub(super) const LOGIN: usize = 256;

/// What becomes of the addresses in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    Keep,
    /// As [`client::masked`].
    Mask,
    /// `-` in their place.
    Remove,
}

/// The line with the secrets of its queries as `***` (see [`query`]), the values of `password=`,
/// `"token":`, `[HTTP_COOKIE] =>` and their like, JSON Web Tokens, e-mail addresses, private keys and what else is known
/// by its shape too. Linear; borrowed where nothing is secret.
#[must_use]
pub fn secrets(line: &str) -> Cow<'_, str> {
    let bytes = line.as_bytes();
    let mut out = Rewritten::new(line);
    let mut at = 0;
    // Behind the last `@` before which nobody logged in.
    let mut floor = 0;
    while let Some(found) = next_mark(bytes, at) {
        let part = match bytes[found] {
            b'?' => {
                let range = found + 1..end_of(bytes, found + 1, ends_query);
                at = range.end;
                if let Cow::Owned(text) = query(&line[range.clone()]) {
                    out.put(range, &text);
                }
                continue;
            }
            b'@' => {
                let login = login(line, floor, found);
                if login.is_none() {
                    floor = found + 1;
                }
                login.or_else(|| email(line, found))
            }
            b'e' => {
                let word = word_of_token(bytes, found);
                if !is_jwt(&line[word.clone()]) {
                    at = word.end;
                    continue;
                }
                Some(word)
            }
            b'=' | b':' => named::value(line, found),
            _ => shape::secret(line, found),
        };
        at = found + 1;
        if let Some(range) = part {
            if bytes[found] == b'(' {
                // What the call says before it may name a secret, too.
                let before = at..range.start;
                if let Cow::Owned(text) = secrets(&line[before.clone()]) {
                    out.put(before, &text);
                }
            }
            at = at.max(range.end);
            out.put(range, MASK);
        }
    }
    out.done()
}

/// What is kept of a client, which may be a host's name, or of a network.
#[must_use]
pub fn client(client: &str, what: Addresses) -> Cow<'_, str> {
    match what {
        Addresses::Keep => Cow::Borrowed(client),
        Addresses::Mask if client.contains('/') => addresses(client, what),
        Addresses::Mask => client::masked(client),
        Addresses::Remove => Cow::Borrowed("-"),
    }
}

/// The client that a filter names, as it stands there without quotes.
#[must_use]
pub fn client_in(filter: &str) -> Option<&str> {
    let mut words = filter.split_whitespace();
    words
        .find_map(|word| word.trim_start_matches('-').strip_prefix("client:"))
        .map(|client| client.trim_matches('"'))
}

/// The line with its IP addresses masked or gone. Linear; borrowed where it has none.
#[must_use]
pub fn addresses(line: &str, what: Addresses) -> Cow<'_, str> {
    if what == Addresses::Keep {
        return Cow::Borrowed(line);
    }
    let bytes = line.as_bytes();
    let of_address = |b: u8| b.is_ascii_hexdigit() || b == b'.' || b == b':';
    let mut out = Rewritten::new(line);
    let mut at = 0;
    let mut behind = 0;
    while at < bytes.len() {
        if !of_address(bytes[at]) {
            at += 1;
            continue;
        }
        // As far as an address and a port go: one may follow the other for a whole line.
        let near = &bytes[..bytes.len().min(at + ADDRESS)];
        let end = end_of(near, at, |b| !of_address(b));
        let alone = at == behind || !bytes[at - 1].is_ascii_alphanumeric();
        // Of `client:192.0.2.7` and `source:192.0.2.7` the end of the word is no part of it.
        let from = if alone { at } else { at + behind_word(&line[at..end]) };
        let ip =
            ip_in(&line[from..end]).filter(|_| !near.get(end).is_some_and(u8::is_ascii_alphabetic));
        at = match ip {
            Some(ip) => {
                let range = from + ip.start..from + ip.end;
                match what {
                    Addresses::Mask => {
                        out.put(range.clone(), &client::masked(&line[range.clone()]))
                    }
                    _ => out.put(range.clone(), "-"),
                }
                // Another may follow at once: `192.0.2.7:2001:db8::1`.
                behind = range.end;
                behind
            }
            None => end_of(bytes, end, |b| !of_address(b)),
        };
    }
    out.done()
}

/// Where what a word names begins in a run that begins with the word's end; the run's end where it names nothing, as
/// in `std::face`.
fn behind_word(run: &str) -> usize {
    let colon = run.find(':').filter(|&at| !run[at..].starts_with("::"));
    colon.map_or(run.len(), |at| at + 1)
}

/// Where the address is in a run of digits, dots and colons: the whole of it, what is between the
/// marks of a sentence (`192.0.2.7: refused.`), what stands before a port, or what stands behind a word of such letters
/// (`face:192.0.2.7`).
fn ip_in(run: &str) -> Option<Range<usize>> {
    let token = run.trim_end_matches('.');
    let from = usize::from(token.starts_with(':') && !token.starts_with("::"));
    let bare = token[from..].trim_end_matches(':');
    let v4 = token[from..].split(':').next().unwrap_or(token);
    let is_ip = |ip: &&str| ip.len() >= 3 && ip.parse::<std::net::IpAddr>().is_ok();
    if let Some(ip) = [&token[from..], bare, v4].into_iter().find(is_ip) {
        return Some(from..from + ip.len());
    }
    let ip = token.split(':').find(|part| part.parse::<std::net::Ipv4Addr>().is_ok())?;
    // A slice of the run.
    let at = ip.as_ptr() as usize - run.as_ptr() as usize;
    Some(at..at + ip.len())
}

/// The next byte at which something secret may begin or be named.
fn next_mark(bytes: &[u8], from: usize) -> Option<usize> {
    (from..bytes.len()).find(|&at| match bytes[at] {
        b'?' | b'@' | b'=' | b':' => true,
        b'e' => bytes[at..].starts_with(b"eyJ"),
        _ => shape::begins(bytes, at),
    })
}

pub(super) fn end_of(bytes: &[u8], from: usize, ends: impl Fn(u8) -> bool) -> usize {
    bytes[from..].iter().position(|&b| ends(b)).map_or(bytes.len(), |n| from + n)
}

pub(super) fn ends_query(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'"' | b'\'' | b'<' | b'>' | b'|' | b'\\' | b')')
}

pub(super) fn ends_value(byte: u8) -> bool {
    ends_query(byte) || matches!(byte, b',' | b';' | b'&' | b'}' | b']')
}

/// Who logs in with what: between `//` and the sign of `https://user:password@host`. From `floor` on, so that a line of
/// such signs is not looked through from each of them.
fn login(line: &str, floor: usize, at: usize) -> Option<Range<usize>> {
    let bytes = line.as_bytes();
    let of_login = |b: &u8| !ends_query(*b) && *b != b'/';
    let run = bytes[floor..at].iter().rev().take(LOGIN).take_while(|b| of_login(b)).count();
    (run > 0 && bytes[..at - run].ends_with(b"//")).then_some(at - run..at)
}

fn email(line: &str, at: usize) -> Option<Range<usize>> {
    let bytes = line.as_bytes();
    let of_name = |b: &u8| b.is_ascii_alphanumeric() || b"._%+-".contains(b);
    let from = at - bytes[..at].iter().rev().take(64).take_while(|b| of_name(b)).count();
    let to = at + 1 + bytes[at + 1..].iter().take(255).take_while(|b| of_name(b)).count();
    has_email(&line[from..to]).then_some(from..to)
}

/// What may be a token and begins there. Nothing where a word goes on there; what is none is not looked through again
/// from within it: `eyJeyJ…`, `eyJ.eyJ.…`.
fn word_of_token(bytes: &[u8], at: usize) -> Range<usize> {
    if at > 0 && bytes[at - 1].is_ascii_alphanumeric() {
        return at..at + 1;
    }
    at..end_of(bytes, at, |b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')))
}

/// A text with some of its ranges replaced, in their order.
pub(super) struct Rewritten<'a> {
    text: &'a str,
    out: Option<String>,
    kept: usize,
}

impl<'a> Rewritten<'a> {
    pub(super) fn new(text: &'a str) -> Rewritten<'a> {
        Rewritten { text, out: None, kept: 0 }
    }

    /// A range that begins in one already replaced goes with that.
    pub(super) fn put(&mut self, range: Range<usize>, with: &str) {
        let out = self.out.get_or_insert_with(|| String::with_capacity(self.text.len()));
        if range.start >= self.kept {
            out.push_str(&self.text[self.kept..range.start]);
            out.push_str(with);
        }
        self.kept = self.kept.max(range.end);
    }

    pub(super) fn done(self) -> Cow<'a, str> {
        match self.out {
            Some(mut out) => {
                out.push_str(&self.text[self.kept..]);
                Cow::Owned(out)
            }
            None => Cow::Borrowed(self.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn secrets_of_a_line_are_masked_and_the_rest_stays() {
        for (line, expected) in [
            ("192.0.2.7 code=200 state=up", "192.0.2.7 code=200 state=up"),
            ("GET /a?token=abc&x=1 HTTP/1.1", "GET /a?token=***&x=1 HTTP/1.1"),
            (
                r#""GET /?x=1" "https://example.org/?api_key=k""#,
                r#""GET /?x=1" "https://example.org/?api_key=***""#,
            ),
            ("a=1&access_token=abc&b=2", "a=1&access_token=***&b=2"),
            (r#"{"password":"a b","user":"x"}"#, r#"{"password":"***","user":"x"}"#),
            ("Authorization: Bearer abc.def next", "Authorization: *** next"),
            ("login of ann.lee@example.org failed", "login of *** failed"),
            ("to https://ann:p$w@example.org/a and a//b", "to https://***@example.org/a and a//b"),
            ("redis://:p@ss@192.0.2.7:6379", "redis://***@192.0.2.7:6379"),
            ("GET /cart;sid=abc/pay;x=1 HTTP/1.1", "GET /cart;sid=***;x=1 HTTP/1.1"),
            ("https://example.org/#code=abc&x=1", "https://example.org/#code=***&x=1"),
            ("a=1;code=200;state=up #pin=1", "a=1;code=200;state=up #pin=1"),
            ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig end", "jwt *** end"),
            ("cookie=\"-\" set_cookie=-", "cookie=\"-\" set_cookie=-"),
            ("10:00:00 a:b", "10:00:00 a:b"),
            ("é?é=é&pw=é", "é?é=é&pw=***"),
        ] {
            assert_eq!(secrets(line), expected);
            assert_eq!(matches!(secrets(line), Cow::Borrowed(_)), line == expected);
        }
    }

    #[test]
    fn addresses_are_masked_wherever_they_stand() {
        for (line, masked, removed) in [
            ("192.0.2.7 - -", "192.0.2.0 - -", "- - -"),
            ("client: 192.0.2.7, x", "client: 192.0.2.0, x", "client: -, x"),
            (
                "[2001:db8:1:2::9]:80 192.0.2.7:8080",
                "[2001:db8:1::]:80 192.0.2.0:8080",
                "[-]:80 -:8080",
            ),
            (
                "22/Nov/2026:10:00:00 1.2.3 v1.2.3.4x",
                "22/Nov/2026:10:00:00 1.2.3 v1.2.3.4x",
                "22/Nov/2026:10:00:00 1.2.3 v1.2.3.4x",
            ),
            ("192.0.2.7:2001:db8::1", "192.0.2.0:2001:db8::", "-:-"),
            ("192.0.2.7::5", "192.0.2.0::", "--"),
            ("from 192.0.2.7: refused.", "from 192.0.2.0: refused.", "from -: refused."),
            ("client:192.0.2.7 ip:192.0.2.7", "client:192.0.2.0 ip:192.0.2.0", "client:- ip:-"),
            ("source:192.0.2.7:80, x", "source:192.0.2.0:80, x", "source:-:80, x"),
            ("face:192.0.2.7 10:00:192.0.2.7", "face:192.0.2.0 10:00:192.0.2.0", "face:- 10:00:-"),
            ("node:2001:db8:1:2::9 up", "node:2001:db8:1:: up", "node:- up"),
            ("host:2001:db8:1:2::9", "host:2001:db8:1::", "host:-"),
            (
                "x::face::1 std::cell::b v1:2",
                "x::face::1 std::cell::b v1:2",
                "x::face::1 std::cell::b v1:2",
            ),
        ] {
            assert_eq!(addresses(line, Addresses::Mask), masked);
            assert_eq!(addresses(line, Addresses::Remove), removed);
            assert_eq!(addresses(line, Addresses::Keep), line);
        }
    }

    #[test]
    fn a_client_is_masked_or_gone_by_whatever_it_is_known() {
        for (filter, masked, removed) in [
            ("status:4xx client:192.0.2.7", "192.0.2.0", "-"),
            ("client:\"2001:db8:1:2::9\" status:404", "2001:db8:1::", "-"),
            ("-client:host-7.example.org", "*.example.org", "-"),
            ("client:192.0.2.0/24", "192.0.2.0/24", "-"),
        ] {
            let named = client_in(filter).expect("it names one");
            assert_eq!(client(named, Addresses::Keep), named);
            assert_eq!(client(named, Addresses::Mask), masked);
            assert_eq!(client(named, Addresses::Remove), removed);
        }
        assert_eq!(client_in("status:4xx route:/client:1"), None);
    }

    #[test]
    fn a_long_line_of_addresses_takes_no_more_than_its_length() {
        let line = "192.0.2.7:".repeat(100_000);
        let masked = addresses(&line, Addresses::Mask);
        assert!(masked.len() == line.len() && !masked.contains("2.7"));
        for hostile in [
            "eyJ",
            "eyJ.",
            "eyJ-",
            "eyJ/",
            "@",
            "//@",
            ";pw=",
            "/;pw=",
            "a@",
            "?",
            "token=",
            "token=\"",
            "::",
            "1:",
            "token=[",
            "token=[\"",
            "token=\\",
            "token=\\\"",
            "token =>",
            "[token] => ",
            "cookie=;",
            "cookie:; ",
            "cookie: a; ",
            "cookie=\"",
            "-u ",
            "-u a",
            "-u '",
            "sk_live_",
            "ghp_a",
            "-----BEGIN PRIVATE KEY-----",
            "PDO->__construct('",
            "PDO->__construct('a', '",
            "string(",
        ] {
            let line = hostile.repeat(100_000);
            assert!(addresses(&line, Addresses::Remove).len() <= line.len(), "{hostile}");
            // A value of nothing is masked, too: `/;pw=***` for each `/;pw=`.
            assert!(secrets(&line).len() <= 2 * line.len(), "{hostile}");
        }
    }

    #[test]
    fn secrets_of_messages_are_masked_however_they_are_dumped() {
        for (line, expected) in [
            (
                "[HTTP_COOKIE] => wordpress_logged_in=jane%7C17%7Cs3cr3t; b=2 [HTTP_AUTHORIZATION] => Basic amFu [DB_PASSWORD] => hun ter2 )",
                "[HTTP_COOKIE] => *** [HTTP_AUTHORIZATION] => *** [DB_PASSWORD] => *** )",
            ),
            ("Array ( [password] => hunter2 ), client", "Array ( [password] => *** ), client"),
            ("Array ( [password] =>  [user] => jane )", "Array ( [password] =>  [user] => jane )"),
            (
                r#"pass => hunter2, 'pass' => 'hunter2' {"pass":"a","fail":0}"#,
                r#"pass => ***, 'pass' => '***' {"pass":"***","fail":0}"#,
            ),
            (r#"["password"]=> string(7) "hunter2" }"#, r#"["password"]=> string(7) "***" }"#),
            (
                r#"{"user"=>{"password"=>"hunter2"}, "authenticity_token"=>"abc123=="}"#,
                r#"{"user"=>{"password"=>"***"}, "authenticity_token"=>"***"}"#,
            ),
            (r#":password=>"hunter2", x"#, r#":password=>"***", x"#),
            (
                r#"{\"password\":\"hunter2\",\"token\":\"a\\\"bc\",\"x\":1}"#,
                r#"{\"password\":\"***\",\"token\":\"***\",\"x\":1}"#,
            ),
            (r#"{"password":"a\"b","x":"c"}"#, r#"{"password":"***","x":"c"}"#),
            (
                "user[password]=hunter2&x=1 password = hunter2",
                "user[password]=***&x=1 password = ***",
            ),
            ("Cookie: a=1; b=sekret2; c=sekret3, client: x", "Cookie: ***, client: x"),
            (r#"Cookie: a=(direct)|x; b="sek; ret"; c=3; HttpOnly"#, "Cookie: ***; HttpOnly"),
            (
                "{Authorization=[Bearer sekret], Cookie=[a=1; b=sekret2], X-Api-Key=[k-1]}",
                "{Authorization=[***], Cookie=[***], X-Api-Key=[***]}",
            ),
            (r#"{"token":["a]b", "c"],"x":[1]}"#, r#"{"token":[***],"x":[1]}"#),
            ("authorization: bearer  abc next", "authorization: *** next"),
            (
                "SECRET_KEY=zz MYSQL_PWD=aa APP_KEY=base64:abc== PWD=/srv",
                "SECRET_KEY=*** MYSQL_PWD=*** APP_KEY=*** PWD=/srv",
            ),
            (
                "{'SECRET_KEY': 'django-insecure-xyz', 'pw': b'a', 'password': b'hunter2'}",
                "{'SECRET_KEY': '***', 'pw': b'a', 'password': b'***'}",
            ),
            (
                "AWS_SECRET_ACCESS_KEY=wJalr/K7MDENG+x authenticity_token=a",
                "AWS_SECRET_ACCESS_KEY=*** authenticity_token=***",
            ),
            (
                r#"User { password: Some("hunter2"), id: 1 }"#,
                r#"User { password: Some("***"), id: 1 }"#,
            ),
            (
                "using key sk_live_51Habc, sk_test_4e and task_live_x",
                "using key ***, *** and task_live_x",
            ),
            (
                r#"-----BEGIN RSA PRIVATE KEY-----\nMIIEow+/==\n-----END RSA PRIVATE KEY-----"#,
                "-----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY-----",
            ),
            (
                "-----BEGIN RSA PRIVATE KEY----- MIIEowIBAAKCAQEA7, client",
                "-----BEGIN RSA PRIVATE KEY----- ***, client",
            ),
            ("-----BEGIN CERTIFICATE----- MIIEow", "-----BEGIN CERTIFICATE----- MIIEow"),
            (
                r#"curl -H "Authorization: Basic amFu" -u jane:hunter2 failed, -u 1000:1000"#,
                r#"curl -H "Authorization: ***" -u *** failed, -u 1000:1000"#,
            ),
            (
                "PDO->__construct('mysql:host=db;password=a', 'shop', 'hunter2'), x",
                "PDO->__construct('mysql:host=db;password=***', 'shop', '***'), x",
            ),
            (
                "PDO->__construct('sqlite:/a', NULL, NULL) 'b', 'c'",
                "PDO->__construct('sqlite:/a', NULL, NULL) 'b', 'c'",
            ),
        ] {
            assert_eq!(secrets(line), expected);
            assert_eq!(secrets(expected), expected, "once more");
        }
    }

    #[test]
    fn what_is_said_of_a_secret_stays_and_what_may_be_one_does_not() {
        for line in [
            "Access denied for user 'shop'@'10.0.0.7' (using password: YES), x",
            "(using password: NO)",
            "invalid token: unexpected character",
            "password: must be at least 8 characters",
            "ValidationError: password: This field is required",
            "Invalid CSRF token: missing. Invalid password: too short.",
            "JWT token: expired at 10:00",
            r#"unexpected token: "}" in app.json"#,
            "unexpected token: } in app.json, Unexpected token = in JSON at position 4",
            "refresh the token: dial tcp 192.0.2.7:443: i/o timeout",
        ] {
            assert_eq!(secrets(line), line);
        }
        for (line, expected) in [
            ("password: hunter2", "password: ***"),
            ("password: secret", "password: ***"),
            ("password: open, user: a token: missing", "password: ***, user: a token: ***"),
            ("password: NO-x9f (token: a1) x", "password: *** (token: ***) x"),
            ("password: hunter failed", "password: *** failed"),
            ("password: correct horse battery staple", "password: *** horse battery staple"),
            (
                "password: must-be password: no.x9f too1 short",
                "password: *** password: *** too1 short",
            ),
            (
                r#""password": must be, 'token': missing it"#,
                r#""password": *** be, 'token': *** it"#,
            ),
            ("[password] => must be [b] => c", "[password] => *** [b] => c"),
            ("password=must be", "password=*** be"),
            (
                "Authorization: invalid x Cookie: missing it X-Api-Key: must be",
                "Authorization: *** x Cookie: *** it X-Api-Key: *** be",
            ),
            (r#"password: "}" token: "}a""#, r#"password: "***" token: "***""#),
            ("password: YESTERDAY is", "password: *** is"),
        ] {
            assert_eq!(secrets(line), expected);
            assert_eq!(secrets(expected), expected, "once more");
        }
    }

    proptest! {
        #[test]
        fn what_was_masked_of_a_line_stays_as_it_is(
            line in "(password|token|cookie|pass|a|b|\\[|\\]|[ =:;,>?@&\"'(){}*.\\\\]|=> |: |string\\(|must|YES|Basic |-u |sk_live_|eyJ){0,16}",
        ) {
            let once = secrets(&line).into_owned();
            prop_assert_eq!(secrets(&once).into_owned(), once);
        }

        #[test]
        fn any_line_is_rewritten_without_a_fault(line in "[a-e?=&:@. \"'é0-9\\\\-]{0,60}|.{0,60}") {
            let _ = (secrets(&line), addresses(&line, Addresses::Mask), addresses(&line, Addresses::Remove));
        }
    }
}

//! What is said of a secret and is none: `password: must be at least 8 characters`.

/// Words that sentences about a secret go on with, in order. Nobody's secret is one of them and has words behind it; of
/// any other word that can't be told.
const WORDS: [&str; 98] = [
    "a",
    "absent",
    "already",
    "an",
    "and",
    "are",
    "at",
    "authentication",
    "be",
    "been",
    "blank",
    "both",
    "but",
    "can't",
    "cannot",
    "closed",
    "connection",
    "contains",
    "context",
    "could",
    "couldn't",
    "decryption",
    "denied",
    "dial",
    "did",
    "didn't",
    "disabled",
    "does",
    "doesn't",
    "either",
    "empty",
    "ensure",
    "enter",
    "eof",
    "error",
    "expected",
    "expecting",
    "expired",
    "failed",
    "failure",
    "for",
    "from",
    "got",
    "had",
    "has",
    "have",
    "illegal",
    "in",
    "incorrect",
    "invalid",
    "is",
    "isn't",
    "it",
    "lookup",
    "malformed",
    "may",
    "mismatch",
    "missing",
    "must",
    "no",
    "not",
    "of",
    "on",
    "open",
    "or",
    "parse",
    "permission",
    "please",
    "read",
    "received",
    "refused",
    "rejected",
    "request",
    "required",
    "revoked",
    "should",
    "signature",
    "that",
    "the",
    "this",
    "to",
    "token",
    "too",
    "unable",
    "unauthorized",
    "undefined",
    "unexpected",
    "unknown",
    "unsupported",
    "verification",
    "verify",
    "was",
    "were",
    "with",
    "without",
    "wrong",
    "you",
    "your",
];

/// The longest of them.
const LONGEST: usize = 14;

/// Whether a sentence goes on there, behind a name, a colon and a blank.
pub(super) fn is(rest: &str) -> bool {
    let bytes = rest.as_bytes();
    let of_word = |b: &&u8| b.is_ascii_alphabetic() || **b == b'\'';
    let len = bytes.iter().take(LONGEST + 1).take_while(of_word).count();
    let word = &rest[..len];
    // MySQL's `(using password: YES)`, which needs no more words.
    if matches!(word, "YES" | "NO") {
        return behind(&bytes[len..], b".,;)]\"'").is_some();
    }
    // Behind a comma there may be the next name.
    let goes_on = || {
        behind(&bytes[len..], b".!)")
            .is_some_and(|rest| rest.iter().any(|b| !b.is_ascii_whitespace()))
    };
    WORDS.binary_search(&word.to_ascii_lowercase().as_str()).is_ok() && goes_on()
}

/// Whether it is a sign that a parser did not expect: `unexpected token: "}" in app.json`.
pub(super) fn is_sign(rest: &str) -> bool {
    const SIGN: usize = 3;
    let bytes = rest.as_bytes();
    let quote = bytes.first().filter(|b| matches!(b, b'"' | b'\''));
    let text = &bytes[usize::from(quote.is_some())..];
    let ends = |b: &&u8| quote.map_or(b.is_ascii_whitespace(), |quote| *b == quote);
    let len = text.iter().take(SIGN + 1).take_while(|b| !ends(b)).count();
    (1..=SIGN).contains(&len)
        && text[..len].iter().all(u8::is_ascii_punctuation)
        && (quote.is_none() || text.get(len) == quote)
}

/// What stands behind a word that has its end there, at a blank or at marks before one.
fn behind<'a>(rest: &'a [u8], marks: &[u8]) -> Option<&'a [u8]> {
    let of_marks = rest.iter().take(4).take_while(|b| marks.contains(b)).count();
    let rest = &rest[of_marks..];
    rest.first().is_none_or(u8::is_ascii_whitespace).then_some(rest)
}

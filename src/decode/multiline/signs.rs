//! By what a line shows that it goes on with the one before.

use std::ops::Range;

use memchr::memmem::find;

/// Whether the line looks as if it went on with the one before: indented, or one of the few phrases
/// that PHP, Python and Java write at the margin inside a trace.
#[must_use]
pub fn continues(line: &[u8]) -> bool {
    match line {
        [b' ' | b'\t', ..] => true,
        // `#0 /var/www/x.php(3): f()`, `#1 {main}`
        [b'#', rest @ ..] => numbered(rest, b" "),
        // `... 12 more`, `... 12 common frames omitted`
        [b'.', b'.', b'.', b' ', rest @ ..] => numbered(rest, b" "),
        // A request's line begins with a digit, a bracket or a brace.
        [b'A'..=b'Z' | b'a'..=b'z', ..] => {
            PHRASES.iter().any(|phrase| line.starts_with(phrase))
                || line.strip_prefix(b"Next ").is_some_and(|rest| names_exception(rest, true))
                || names_exception(line, true)
        }
        _ => false,
    }
}

const PHRASES: [&[u8]; 8] = [
    b"Stack trace:",
    b"PHP Stack trace:",
    b"PHP   ",
    TRACEBACK,
    CHAINS[0],
    CHAINS[1],
    b"Caused by: ",
    b"Suppressed: ",
];

const TRACEBACK: &[u8] = b"Traceback (most recent call last):";

/// What Python writes between two tracebacks of one error.
const CHAINS: [&[u8]; 2] = [
    b"During handling of the above exception, another exception occurred:",
    b"The above exception was the direct cause of the following exception:",
];

/// Up to nine digits and then this.
fn numbered(text: &[u8], then: &[u8]) -> bool {
    let digits = text.iter().take(10).take_while(|b| b.is_ascii_digit()).count();
    (1..=9).contains(&digits) && text[digits..].starts_with(then)
}

pub(super) fn begins_traceback(line: &[u8]) -> bool {
    line.starts_with(TRACEBACK)
}

pub(super) fn chains_tracebacks(line: &[u8]) -> bool {
    CHAINS.contains(&line)
}

/// Whether the line begins a trace that no error line announces: what a program writes to standard
/// error when it dies, and PHP where it writes no time.
pub(super) fn begins_unmarked(line: &[u8]) -> bool {
    const KINDS: [&[u8]; 5] =
        [b"Fatal error:  ", b"Parse error:  ", b"Warning:  ", b"Notice:  ", b"Deprecated:  "];
    begins_traceback(line)
        || line.starts_with(b"Exception in thread \"")
        || line
            .strip_prefix(b"PHP ")
            .is_some_and(|rest| KINDS.iter().any(|kind| rest.starts_with(kind)))
}

/// Whether the line is an exception's name, alone or with `: ` and its text. At the margin of any
/// log only a name of several parts that ends like one is taken for it (`java.io.IOException: x`);
/// at the end of a Python traceback any is (`KeyboardInterrupt`, `app.Refused: x`).
pub(super) fn names_exception(line: &[u8], strict: bool) -> bool {
    // The longest that is taken for a name; Java's are rarely over 100 bytes.
    const NAME_MAX: usize = 256;
    let part = |b: &u8| b.is_ascii_alphanumeric() || b"_.$\\".contains(b);
    let end = line.iter().take(NAME_MAX + 1).take_while(|b| part(b)).count();
    let (name, rest) = line.split_at(end);
    if !name.first().is_some_and(u8::is_ascii_alphabetic)
        || name.ends_with(b".")
        || end > NAME_MAX
        || !(rest.is_empty() || rest == b":" || rest.starts_with(b": "))
    {
        return false;
    }
    const ENDS: [&[u8]; 3] = [b"Exception", b"Error", b"Throwable"];
    let exception = ENDS.iter().any(|end| name.ends_with(end));
    let parts = name.iter().any(|b| b".\\".contains(b));
    !strict || (exception && parts)
}

/// `2026/11/22 10:00:00 [error] 12#12: *3 FastCGI sent in stderr: "PHP message: …` whose quote is not
/// shut: PHP's text goes on in the next line.
pub(super) fn holds_stderr(line: &[u8]) -> bool {
    if line.get(4) != Some(&b'/') || line.get(7) != Some(&b'/') {
        return false;
    }
    match find(line, STDERR) {
        Some(at) => !shuts_stderr(&line[at + STDERR.len()..]),
        None => false,
    }
}

/// Whether the line has the quote that ends what the application wrote, with what nginx was doing and
/// for whom; a text of the application's may hold the one without the other.
pub(super) fn shuts_stderr(line: &[u8]) -> bool {
    find(line, SHUT).is_some_and(|at| find(&line[at..], b", client: ").is_some())
}

/// `ngx_http_fastcgi_module.c` writes this before what the application sent,
const STDERR: &[u8] = b"sent in stderr: \"";
/// and this behind it, before what nginx was doing.
const SHUT: &[u8] = b"\" while ";

/// Rails writes an exception as one message whose first line says nothing, and its tags before each line: `[5e1f8a3c-…]   `,
/// also behind the front of Ruby's logger, which stands before the first alone. Where in such a line the tags are.
pub(super) fn tags_of_exception(line: &[u8]) -> Option<Range<usize>> {
    const NOTHING: &[u8] = b"]   ";
    if !line.ends_with(NOTHING) {
        return None;
    }
    let from = match line.first() {
        Some(b'[') => 0,
        _ => find(line, b" -- : [")? + b" -- : ".len(),
    };
    Some(from..line.len() - NOTHING.len() + b"] ".len())
}

/// Whether Rails says with it how a request goes on: an exception may have a page of its own.
pub(super) fn tells_request(said: &[u8]) -> bool {
    [&b"Started "[..], b"Processing by ", b"Completed "].iter().any(|word| said.starts_with(word))
}

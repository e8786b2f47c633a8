//! What shippers put around lines.

use tapline::decode::payload::Limits;
use tapline::decode::shipped::{Item, Layout, MAX_NAME};

/// The first byte chooses how entries lie in the body, the second the limit of a line. Numbers never repeat or fall,
/// no line and no name is over its limit, there are no more entries than bytes, and who walks over the body twice
/// finds the same.
pub(crate) fn shipped(data: &[u8]) {
    let [layout, limit, body @ ..] = data else { return };
    let layout = Layout::ALL[usize::from(*layout) % Layout::ALL.len()];
    let max_line = 16 + usize::from(*limit) * 8;
    let mut last = 0;
    let mut count = 0;
    let outcome = layout.read(body, &Limits::of_line(max_line), &mut |item| {
        let number = match item {
            Item::Line { number, bytes, told, .. } => {
                // What is no UTF-8 becomes U+FFFD, three bytes for one.
                assert!(bytes.len() <= max_line * 3, "{} over {max_line}", bytes.len());
                let by = told.by.unwrap_or_default();
                for name in [&by.hostname, &by.app_name].into_iter().flatten() {
                    assert!(!name.is_empty() && name.len() <= MAX_NAME, "{name}");
                }
                number
            }
            Item::Bad { number, why, .. } => {
                assert!(!why.is_empty());
                number
            }
        };
        assert!(number > last, "entry {number} behind {last}");
        last = number;
        count += 1;
    });
    assert!(count <= body.len() + 1, "more entries than bytes");
    let mut again = 0;
    let second = layout.read(body, &Limits::of_line(max_line), &mut |_| again += 1);
    assert_eq!((outcome, count), (second, again));
}

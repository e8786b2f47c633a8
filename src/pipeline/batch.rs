//! Messages of the feed that go out together: as texts, or as one piece that is compressed once for all
//! who take it so.
//!
//! A context of its own for each session, as WebSockets know it (RFC 7692), would be ten thousand compressions
//! a second where this is one. So each piece stands by itself.
//!
//! What is compressed beside a stranger's text shows in its length, even through TLS, whether it is alike: who
//! can write lines and also measure the operator's connection may guess at the rest (BREACH). The rest is what
//! the page shows of other people's lines, whose secrets are starred before they are kept
//! (`privacy.redact_queries`); no key, cookie or link of a session is in a tick or a snapshot. A line comes in
//! one tick, among counts and times that change with each; a value that stays in a top list could be guessed at
//! for long, for whoever stands in the way, and that is taken for a lesser evil than 30 KiB a second.

use std::io::Write as _;
use std::sync::OnceLock;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// Texts shorter than this together go as they are.
const WORTH_IT: usize = 1_024;
/// Texts longer than this together are only compressed where waiting is fine: 1.5 ms of a thread that others need.
const AT_ONCE: usize = 256 * 1_024;
/// A tick with its tail, 28 KiB: 4.9 KiB after 0.14 ms at level 1, 4.0 after 0.23 at 3, 3.7 after 0.25 at 5 and
/// 3.7 after 0.30 at 6. A snapshot of 160 KiB: 9.6 KiB after 0.9 ms at 5, which a session's own task can bear.
const LEVEL: Compression = Compression::new(5);

/// Messages as text (JSON, so UTF-8), in their order.
#[derive(Debug, Default)]
pub struct Batch {
    texts: Vec<Bytes>,
    packed: OnceLock<Option<Bytes>>,
}

impl Batch {
    #[must_use]
    pub fn new(texts: Vec<Bytes>) -> Batch {
        Batch { texts, packed: OnceLock::new() }
    }

    #[must_use]
    pub fn texts(&self) -> &[Bytes] {
        &self.texts
    }

    /// All of it as raw deflate (RFC 1951), a line feed behind each text; `None` where that is not worth it, or
    /// takes long and nobody called [`Batch::pack`]. Whoever asks first compresses, and the others wait for it.
    #[must_use]
    pub fn packed(&self) -> Option<&Bytes> {
        match self.packed.get() {
            Some(packed) => packed.as_ref(),
            None if self.len() > AT_ONCE => None,
            None => self.pack(),
        }
    }

    /// Compresses it however long that takes.
    pub fn pack(&self) -> Option<&Bytes> {
        self.packed.get_or_init(|| deflate(&self.texts, self.len())).as_ref()
    }

    fn len(&self) -> usize {
        self.texts.iter().map(Bytes::len).sum()
    }
}

fn deflate(texts: &[Bytes], length: usize) -> Option<Bytes> {
    if length < WORTH_IT {
        return None;
    }
    let mut encoder = DeflateEncoder::new(Vec::with_capacity(length / 4), LEVEL);
    for text in texts {
        encoder.write_all(text).and_then(|()| encoder.write_all(b"\n")).ok()?;
    }
    let mut packed = encoder.finish().ok()?;
    // It is kept for as long as a session waits.
    packed.shrink_to_fit();
    Some(Bytes::from(packed))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn inflate(packed: &[u8]) -> String {
        let mut text = String::new();
        flate2::read::DeflateDecoder::new(packed).read_to_string(&mut text).expect("deflate");
        text
    }

    #[test]
    fn a_batch_is_its_texts_a_line_each() {
        let texts = ["a".repeat(WORTH_IT), "b".to_owned()].map(Bytes::from);
        let batch = Batch::new(texts.to_vec());
        assert_eq!(batch.texts(), texts);
        let packed = batch.packed().expect("enough to be worth it");
        assert_eq!(inflate(packed), format!("{}\nb\n", "a".repeat(WORTH_IT)));
        assert!(packed.len() < 100, "{}", packed.len());
        assert_eq!(batch.packed().map(|again| again.as_ptr()), Some(packed.as_ptr()), "only once");
    }

    #[test]
    fn much_is_compressed_where_waiting_is_fine() {
        let batch = Batch::new(vec![Bytes::from("x".repeat(AT_ONCE + 1))]);
        assert_eq!(batch.packed(), None);
        assert!(batch.pack().is_some());
        assert!(batch.packed().is_some());
    }

    #[test]
    fn little_is_not_compressed() {
        for length in [0, 1, WORTH_IT - 1] {
            let batch = Batch::new(vec![Bytes::from("x".repeat(length))]);
            assert_eq!(batch.packed(), None, "{length}");
        }
        assert_eq!(Batch::default().packed(), None);
    }
}

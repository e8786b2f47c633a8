//! Lines of a file that are counted together.

/// Lines of a batch: enough for a text that comes often to be looked up in the window once for many of them, and few
/// enough for what is looked up to be in the caches still.
pub(super) const LINES: usize = 4 * 1024;
/// Bytes of a batch, but for its last line: what a block keeps of one field is more, so that no text is left out however
/// long lines are.
const BYTES: usize = 1 << 20;

/// Lines, copied out of what was read.
#[derive(Debug)]
pub(super) struct Batch {
    /// As many are enough.
    most: usize,
    bytes: Vec<u8>,
    /// End of each line.
    ends: Vec<usize>,
}

impl Batch {
    /// Of so many lines.
    pub(super) fn of(most: usize) -> Batch {
        Batch { most, bytes: Vec::new(), ends: Vec::new() }
    }

    pub(super) fn push(&mut self, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
    }

    pub(super) fn is_full(&self) -> bool {
        self.ends.len() >= self.most || self.bytes.len() >= BYTES
    }

    pub(super) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }
}

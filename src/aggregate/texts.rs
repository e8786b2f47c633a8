//! Texts one behind the other in one piece of memory, where each by itself would take some 30 bytes more.

/// Who puts a text keeps where it starts and how long it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    bytes: String,
    /// Bytes of texts that were taken out.
    dead: usize,
}

impl Texts {
    /// Fewer bytes that nobody has a use for are not worth the work.
    const FEW: usize = 4096;

    /// Where the text starts.
    pub(crate) fn put(&mut self, text: &str) -> usize {
        let start = self.bytes.len();
        // A quarter more at a time: of twice as much, half would be for nothing.
        if self.bytes.capacity() - start < text.len() {
            self.bytes.reserve_exact(text.len().max(start / 4).max(64));
        }
        self.bytes.push_str(text);
        start
    }

    #[inline]
    pub(crate) fn get(&self, start: usize, len: u32) -> &str {
        &self.bytes[start..start + len as usize]
    }

    /// A byte from where a text starts, to have it at hand.
    #[inline]
    pub(crate) fn touch(&self, start: usize) -> u8 {
        self.bytes.as_bytes().get(start).copied().unwrap_or_default()
    }

    /// A text of this length is not asked for again.
    pub(crate) fn take_out(&mut self, len: u32) {
        self.dead += len as usize;
    }

    /// Moves what is left together once a fourth is of no use; `places` are all there are.
    pub(crate) fn gather<'a>(&mut self, places: impl Iterator<Item = (&'a mut usize, u32)>) {
        if self.dead <= Self::FEW.max(self.bytes.len() / 4) {
            return;
        }
        let mut left = Texts::default();
        left.bytes.reserve_exact(self.bytes.len() - self.dead);
        for (start, len) in places {
            *start = left.put(self.get(*start, len));
        }
        *self = left;
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// Of them, those of texts that are there.
    pub(crate) fn used(&self) -> usize {
        self.bytes.len() - self.dead
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_are_what_was_put_whatever_was_taken_out(
            given in prop::collection::vec(("[a-zé]{0,40}", any::<bool>()), 0..2_000),
        ) {
            let mut texts = Texts::default();
            let mut places: Vec<(usize, u32)> =
                given.iter().map(|(text, _)| (texts.put(text), text.len() as u32)).collect();
            let all = texts.bytes.len();
            for ((_, stays), place) in given.iter().zip(&mut places) {
                if !stays {
                    texts.take_out(std::mem::take(&mut place.1));
                    place.0 = 0;
                }
            }
            texts.gather(places.iter_mut().map(|(start, len)| (start, *len)));
            let mut left = 0;
            for ((text, stays), (start, len)) in given.iter().zip(places) {
                let text = if *stays { text } else { "" };
                prop_assert_eq!(texts.get(start, len), text);
                left += text.len();
            }
            prop_assert!(texts.bytes.len() - left <= Texts::FEW.max(all / 4));
        }
    }
}

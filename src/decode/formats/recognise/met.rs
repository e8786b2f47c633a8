//! What is known of each format that a source has written in: few of all that there are.

/// A value for each place of the catalog and one more; those that nothing was said of take no room.
#[derive(Clone, Debug, Default)]
pub(super) struct Met<T>(Vec<(u8, T)>);

impl<T: Copy + Default> Met<T> {
    pub(super) fn get(&self, at: usize) -> T {
        self.find(at).map_or_else(|_| T::default(), |n| self.0[n].1)
    }

    #[inline]
    pub(super) fn at(&mut self, at: usize) -> &mut T {
        let n = self.find(at).unwrap_or_else(|n| {
            // Places are fewer than a byte has values.
            self.0.insert(n, (at as u8, T::default()));
            n
        });
        &mut self.0[n].1
    }

    /// By place, rising.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.0.iter().map(|(at, value)| (usize::from(*at), value))
    }

    pub(super) fn values_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// Most sources have one.
    #[inline]
    fn find(&self, at: usize) -> Result<usize, usize> {
        match self.0.first() {
            Some((first, _)) if usize::from(*first) == at => Ok(0),
            _ => self.0.binary_search_by_key(&at, |(at, _)| usize::from(*at)),
        }
    }
}

//! Open blocks: the one place where receiver threads meet, one lock per batch and second.

use dashmap::DashMap;

use crate::aggregate::block::Block;
use crate::aggregate::row::Fields;
use crate::vocab::time::Second;

/// The seconds that still take rows. A second that was sealed and gets a late row simply opens again.
#[derive(Debug, Default)]
pub struct OpenBlocks {
    blocks: DashMap<Second, Block, foldhash::fast::RandomState>,
}

impl OpenBlocks {
    /// Appends rows of one second under one lock.
    pub fn append<R: Fields>(&self, second: Second, rows: &[&R]) {
        let mut block = self.blocks.entry(second).or_insert_with(|| Block::new(second));
        block.append_all(rows);
    }

    /// Takes out every block before `end`, oldest first.
    #[must_use]
    pub fn take_before(&self, end: Second) -> Vec<Block> {
        self.take(|second| second < end)
    }

    /// The earliest open second.
    #[must_use]
    pub fn first(&self) -> Option<Second> {
        self.blocks.iter().map(|entry| *entry.key()).min()
    }

    /// The latest open second.
    #[must_use]
    pub fn last(&self) -> Option<Second> {
        self.blocks.iter().map(|entry| *entry.key()).max()
    }

    /// Takes out every block, oldest first.
    #[must_use]
    pub fn take_all(&self) -> Vec<Block> {
        self.take(|_| true)
    }

    fn take(&self, wanted: impl Fn(Second) -> bool) -> Vec<Block> {
        let mut seconds: Vec<Second> =
            self.blocks.iter().map(|entry| *entry.key()).filter(|s| wanted(*s)).collect();
        seconds.sort_unstable();
        seconds.iter().filter_map(|s| self.blocks.remove(s)).map(|(_, block)| block).collect()
    }

    /// Rows of all open seconds.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.blocks.iter().map(|entry| entry.len()).sum()
    }

    /// Open seconds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }
}

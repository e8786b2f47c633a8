//! Open blocks: the one place where receiver threads meet, one lock per batch and second.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use dashmap::DashMap;

use crate::aggregate::block::Block;
use crate::aggregate::row::{Common, Fields, Request};
use crate::vocab::time::Second;

/// Blocks that go from list to list without being moved: each is some 4 KiB by itself.
pub type Blocks = Vec<Box<Block>>;

/// A block that takes more is not kept: a busy second's has room for hundreds of thousands of rows, and what is made
/// of it anew does not show among them.
const SPARE_BLOCK_BYTES: usize = 256 << 10;
/// What all spare blocks take.
const SPARE_BYTES: usize = 8 << 20;

/// The seconds that still take rows. A second that was sealed and gets a late row simply opens again.
#[derive(Debug, Default)]
pub struct OpenBlocks {
    blocks: DashMap<Second, Box<Block>, foldhash::fast::RandomState>,
    /// What the tick takes for the seconds that it ends.
    ending: AtomicU64,
    spare: Mutex<Spare>,
}

/// The tick is at the seconds that were open, until it goes.
#[derive(Debug)]
pub struct Ending<'o>(&'o OpenBlocks);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.ending.store(0, Ordering::Relaxed);
    }
}

/// Bytes of seconds that are not counted yet, and what a tick takes on top of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coming {
    /// Of the seconds that take rows.
    pub open: u64,
    /// What the next tick takes for these.
    pub growth: u64,
    /// What the tick that is at work takes for those that it ends.
    pub ending: u64,
}

/// Of the bytes that rows have in a block, and of those that names have, a tick takes so many hundredths on top: it writes
/// them down a second time, in the window, with who visited, with what is derived of names and counted by them, and goes on
/// for a while after the first are free. (Floods of new names in a container of 128 MiB: 22 MiB of a block became 55, and 17
/// took 30. A row of a usual line has 28 bytes and takes 32; with 100 hundredths up to 117 MiB of 128 were taken, with
/// these up to 99.)
const ROWS_GROW: usize = 150;
const NAMES_GROW: usize = 250;

/// What a tick takes on top of a block.
fn growth(block: &Block) -> u64 {
    let names = block.names_room();
    (((block.room() - names) * ROWS_GROW + names * NAMES_GROW) / 100) as u64
}

/// Small blocks to be used again: forty pieces of memory each, and in a second of two lines a third of the work was to get
/// them and to give them back.
#[derive(Debug, Default)]
struct Spare {
    /// Each with the bytes that it takes.
    blocks: Vec<(Box<Block>, usize)>,
    bytes: usize,
}

impl OpenBlocks {
    /// Appends rows of one second under one lock.
    pub fn append<R: Fields>(&self, second: Second, rows: &[&R]) {
        let mut block = self.blocks.entry(second).or_insert_with(|| self.block(second));
        block.append_all(rows);
    }

    /// As [`OpenBlocks::append`].
    pub fn append_requests(&self, second: Second, common: &Common<'_>, requests: &[Request<'_>]) {
        let mut block = self.blocks.entry(second).or_insert_with(|| self.block(second));
        block.append_requests(common, requests);
    }

    fn block(&self, second: Second) -> Box<Block> {
        let mut spare = self.spare();
        let Some((mut block, room)) = spare.blocks.pop() else {
            drop(spare);
            return Box::new(Block::new(second));
        };
        spare.bytes -= room;
        drop(spare);
        block.begin(second);
        block
    }

    /// Takes back a block whose rows are in the window.
    pub fn give_back(&self, block: Box<Block>) {
        let room = block.room();
        // A large one is freed here, while nobody waits for the lock.
        if room > SPARE_BLOCK_BYTES {
            return;
        }
        let mut spare = self.spare();
        if spare.bytes + room <= SPARE_BYTES {
            spare.bytes += room;
            spare.blocks.push((block, room));
        }
    }

    /// Lets go of the memory that is kept for other seconds.
    pub fn let_go(&self) {
        *self.spare() = Spare::default();
    }

    fn spare(&self) -> MutexGuard<'_, Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes out every block before `end`, oldest first.
    #[must_use]
    pub fn take_before(&self, end: Second) -> Blocks {
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
    pub fn take_all(&self) -> Blocks {
        self.take(|_| true)
    }

    fn take(&self, wanted: impl Fn(Second) -> bool) -> Blocks {
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

    /// What is open now is what a tick is at, until the answer goes.
    pub fn end(&self) -> Ending<'_> {
        self.ending.store(self.coming().growth, Ordering::Relaxed);
        Ending(self)
    }

    #[must_use]
    pub fn coming(&self) -> Coming {
        let none = Coming { ending: self.ending.load(Ordering::Relaxed), ..Coming::default() };
        self.blocks.iter().fold(none, |all, entry| Coming {
            open: all.open + entry.room() as u64,
            growth: all.growth + growth(&entry),
            ..all
        })
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::aggregate::column::Column;
    use crate::aggregate::row::Row;
    use crate::vocab::event::Kind;
    use crate::vocab::field::Field;

    /// How many, and their bytes.
    fn spare(open: &OpenBlocks) -> (usize, usize) {
        let spare = open.spare();
        (spare.blocks.len(), spare.bytes)
    }

    proptest! {
        #[test]
        fn a_block_that_is_used_again_is_as_a_new_one(
            seconds in prop::collection::vec(prop::collection::vec((0..30_u16, any::<bool>()), 1..80), 1..8),
            huge in any::<bool>(),
        ) {
            let open = OpenBlocks::default();
            for (second, rows) in (0..).map(Second).zip(&seconds) {
                let long = "x".repeat(if huge { SPARE_BLOCK_BYTES } else { 10 });
                let paths: Vec<String> = rows.iter().map(|(n, _)| format!("/{n}/{long}")).collect();
                let mut new = Block::new(second);
                for ((n, timed), path) in rows.iter().zip(&paths) {
                    let mut row = Row::new(if *timed { Kind::Access } else { Kind::Error });
                    (row.ms, row.status, row.request_us) = (*n, 200 + n, timed.then_some(5));
                    row.set(Field::Path, path);
                    if *timed {
                        row.set(Field::Client, &path[..2]);
                    }
                    new.append(&row);
                    open.append(second, &[&row]);
                }
                let taken = open.take_all();
                prop_assert_eq!(taken.len(), 1);
                let values = |column: &Column| -> Vec<u64> {
                    (0..rows.len()).map(|row| column.written_at(row)).collect()
                };
                prop_assert_eq!(taken[0].stretches(), new.stretches());
                for field in Field::ALL {
                    let at = field.index();
                    prop_assert_eq!(values(&taken[0].ids[at]), values(&new.ids[at]));
                    prop_assert!(taken[0].dicts[at].values().eq(new.dicts[at].values()));
                }
                let columns = |b: &Block| [&b.status, &b.request].map(values);
                let numbers = |b: &Block| (b.ms.clone(), b.kind.clone(), columns(b));
                prop_assert_eq!(numbers(&taken[0]), numbers(&new));
                taken.into_iter().for_each(|block| open.give_back(block));
                prop_assert_eq!(spare(&open).0, usize::from(!huge));
            }
            open.let_go();
            prop_assert_eq!(spare(&open), (0, 0));
        }
    }

    #[test]
    fn spare_blocks_take_no_more_than_they_may() {
        let open = OpenBlocks::default();
        let row = Row::new(Kind::Access);
        (0..20_000).map(Second).for_each(|second| open.append(second, &[&row]));
        open.take_all().into_iter().for_each(|block| open.give_back(block));
        let (blocks, bytes) = spare(&open);
        assert!(bytes <= SPARE_BYTES && bytes > SPARE_BYTES / 2, "{bytes}");
        for second in 0..blocks as i64 {
            open.append(Second(second), &[&row]);
        }
        assert_eq!(spare(&open), (0, 0));
    }
}

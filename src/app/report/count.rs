//! Counts the batches of a file: one by one, or as many at a time as there are cores.
//!
//! Most of the work is to read lines, and most lines mean the same whatever stood before them. So each core counts a
//! batch as if nothing stood before it, and the batches are put into the window in their order; the few that were not
//! sure (a line without a time at their beginning, a header or a duration that says how to read what follows) are read anew
//! in their turn. What is said is the same for any number of cores.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::batch::{Batch, Batches, LINES};
use crate::aggregate::block::Block;
use crate::app::whose::Whose;
use crate::pipeline::ingest::{Doubts, Ingest, IngestConfig, Learnt};
use crate::state::account::Counts;
use crate::state::live::WindowConfig;
use crate::state::node::{Listener, Node};
use crate::state::sources::{Said, SourcesConfig};
use crate::vocab::time::{Millis, Second};

/// Counters at most: with more of them the thread that puts batches into the window has no rest, and each has its batch.
const COUNTERS: usize = 4;
/// Batches beside those that are being counted: one is read, and one is put into the window.
const SPARE: usize = 2;
/// Sources after which a counter begins anew, which is not before a batch has been counted.
const SOURCES: usize = LINES;

/// How the lines of a file are read.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) ingest: Arc<IngestConfig>,
    pub(super) sources: SourcesConfig,
    pub(super) listener: Arc<Listener>,
    /// The format that all lines are read as.
    pub(super) format: Option<&'static str>,
    pub(super) whose: Whose,
    /// When the lines came.
    pub(super) arrival: Millis,
    /// The first time that a line of the file names.
    pub(super) first_time: Option<Millis>,
    /// What an earlier reading of the file has found of its units.
    pub(super) known: Learnt,
}

/// Reads batches apart from the window.
#[derive(Debug)]
struct Counter<'a> {
    rules: &'a Rules,
    before: Option<Arc<Node>>,
    /// Knows the sources of what it counts, and nothing else.
    node: Arc<Node>,
    ingest: Ingest,
}

/// What a batch said.
#[derive(Debug)]
struct Counted {
    rows: Block,
    counts: Counts,
    said: Vec<Said>,
    doubts: Doubts,
}

impl<'a> Counter<'a> {
    /// `before` knows what stood before the batches, where they are counted in their turn.
    fn new(rules: &'a Rules, before: Option<Arc<Node>>) -> Counter<'a> {
        // So all are told apart that are in a batch. What is known of them is kept by the window's node.
        let sources = SourcesConfig { max: 2 * SOURCES, ..rules.sources.clone() };
        let node = Node::new(WindowConfig::default(), sources, String::new(), Millis(0));
        let listener = Listener::new(rules.listener.kind, &*rules.listener.address);
        let mut ingest = Ingest::new(Arc::clone(&node), listener, Arc::clone(&rules.ingest))
            .apart(before.clone());
        ingest.format = rules.format;
        ingest.first_time = rules.first_time;
        ingest.know(&rules.known);
        Counter { rules, before, node, ingest }
    }

    /// What the lines say, into an empty block.
    fn count(&mut self, batch: &Batch, empty: Block) -> Counted {
        let before = self.ingest.take(empty);
        debug_assert!(before.is_empty());
        let arrival = self.rules.arrival;
        self.rules.whose.frames(batch.lines(), |frames| self.ingest.batch(frames, arrival));
        let counted = Counted {
            rows: self.ingest.take(before),
            counts: self.ingest.listener().account.take(),
            said: self.node.sources.take(),
            doubts: self.ingest.doubts(),
        };
        if self.node.sources.len() > SOURCES {
            let learnt = self.ingest.learnt();
            *self = Counter::new(self.rules, self.before.clone());
            self.ingest.know(&learnt);
        }
        counted
    }
}

/// What counters have to know of the lines before those that they count.
#[derive(Debug, Default)]
struct LinesBefore {
    learnt: Learnt,
    /// Grows whenever a batch says more of it.
    version: u64,
    /// Nothing is gained by reading ahead: lines depend on those before them.
    is_chained: bool,
}

/// Puts batches into the window, in their order.
struct Window<'a> {
    node: &'a Arc<Node>,
    /// Reads what is only sure in its turn.
    counter: Counter<'a>,
    known: &'a Mutex<LinesBefore>,
    version: u64,
    /// Batches after each other that were in doubt.
    doubted: u32,
}

impl Window<'_> {
    /// Reads the lines in their turn; gives the empty block.
    fn count(&mut self, batch: &Batch, empty: Block) -> Block {
        let counted = self.counter.count(batch, empty);
        if counted.doubts.has_learnt {
            self.version += 1;
            let mut known = lock(self.known);
            (known.version, known.learnt) = (self.version, self.counter.ingest.learnt());
        }
        self.put(counted)
    }

    /// Takes what was read ahead with what this version knows, if it holds here.
    fn take(&mut self, batch: &Batch, ahead: Counted, version: u64) -> Block {
        let is_doubted = ahead.doubts != Doubts::default();
        if version == self.version {
            self.doubted = if is_doubted { self.doubted + 1 } else { 0 };
            lock(self.known).is_chained |= self.doubted > 1;
            if !is_doubted {
                return self.put(ahead);
            }
        }
        let mut empty = ahead.rows;
        empty.begin(Second(0));
        self.count(batch, empty)
    }

    fn put(&mut self, counted: Counted) -> Block {
        let Counted { mut rows, counts, said, doubts: _ } = counted;
        self.node.live_mut().absorb(&rows);
        self.counter.rules.listener.account.add(&counts);
        self.node.sources.follow(said);
        rows.begin(Second(0));
        rows
    }
}

/// A batch on its way from the file to the window, and back for the next.
struct Job {
    number: u64,
    batch: Batch,
    empty: Block,
}

/// Counts all that there is to read, on so many cores; gives what its lines said of how to read others.
///
/// An error says that the file could not be read to its end; what was read before it is counted.
pub(super) fn count(
    mut batches: Batches,
    node: &Arc<Node>,
    rules: &Rules,
    cores: usize,
) -> (io::Result<()>, Learnt) {
    let known = Mutex::default();
    let counter = Counter::new(rules, Some(Arc::clone(node)));
    let mut window = Window { node, counter, known: &known, version: 0, doubted: 0 };
    let mut empty = Block::new(Second(0));
    let mut spare = Batch::default();
    // A small file is read before threads are there.
    while let Some(batch) = batches.next(spare) {
        empty = window.count(&batch, empty);
        spare = batch;
        if cores > 1 && !batches.has_ended() {
            let ended = count_ahead(batches, &mut window, rules, cores.min(COUNTERS));
            return (ended, window.counter.ingest.learnt());
        }
    }
    (batches.result(), window.counter.ingest.learnt())
}

/// Counts what follows, so many batches at a time and the others waiting.
fn count_ahead(
    mut batches: Batches,
    window: &mut Window<'_>,
    rules: &Rules,
    counters: usize,
) -> io::Result<()> {
    let (give_back, unused) = channel();
    let (to_count, read) = channel();
    let (to_put, counted) = channel();
    for _ in 0..counters + SPARE {
        // It has a receiver.
        let _ = give_back.send(Job {
            number: 0,
            batch: Batch::default(),
            empty: Block::new(Second(0)),
        });
    }
    let read = Mutex::new(read);
    let (read, known) = (&read, window.known);
    // All ends of the channels are its own: where it breaks off, all threads end.
    thread::scope(move |scope| {
        let reader = scope.spawn(move || {
            let jobs = unused.iter().zip(0..).map_while(|(job, number): (Job, u64)| {
                let batch = batches.next(job.batch)?;
                Some(Job { number, batch, empty: job.empty })
            });
            for job in jobs {
                if to_count.send(job).is_err() {
                    break;
                }
            }
            batches.result()
        });
        for _ in 0..counters {
            let to_put = to_put.clone();
            scope.spawn(move || {
                let mut reader = Ahead::new(rules);
                while let Some(mut job) = next(read) {
                    let ahead = reader.count(&mut job, known);
                    if to_put.send((job, ahead)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(to_put);
        let mut early = BTreeMap::new();
        let mut number = 0;
        for (job, ahead) in counted {
            early.insert(job.number, (job, ahead));
            while let Some((mut job, ahead)) = early.remove(&number) {
                number += 1;
                job.empty = match ahead {
                    Some((ahead, version)) => window.take(&job.batch, ahead, version),
                    None => window.count(&job.batch, job.empty),
                };
                // The reader may be at the end.
                let _ = give_back.send(job);
            }
        }
        match reader.join() {
            Ok(result) => result,
            Err(fault) => std::panic::resume_unwind(fault),
        }
    })
}

/// Counts batches as if nothing stood before them but what says how to read them.
struct Ahead<'a> {
    counter: Counter<'a>,
    /// Of what it knows.
    version: u64,
}

impl<'a> Ahead<'a> {
    fn new(rules: &'a Rules) -> Ahead<'a> {
        Ahead { counter: Counter::new(rules, None), version: 0 }
    }

    /// What the batch says, and which version was known; `None` where it has to be read in its turn.
    fn count(&mut self, job: &mut Job, known: &Mutex<LinesBefore>) -> Option<(Counted, u64)> {
        let newer = {
            let known = lock(known);
            if known.is_chained {
                return None;
            }
            (known.version != self.version).then(|| (known.version, known.learnt.clone()))
        };
        if let Some((version, learnt)) = newer {
            *self = Ahead { version, ..Ahead::new(self.counter.rules) };
            self.counter.ingest.know(&learnt);
        }
        let empty = std::mem::replace(&mut job.empty, Block::new(Second(0)));
        // A fault costs the reading ahead: in its turn the batch is read once more.
        let counted = AssertUnwindSafe(|| self.counter.count(&job.batch, empty));
        let counted = catch_unwind(counted).ok();
        let version = self.version;
        if counted.as_ref().is_none_or(|counted| counted.doubts.has_learnt) {
            // It knows what others do not know yet, or half of something.
            *self = Ahead { version: u64::MAX, ..Ahead::new(self.counter.rules) };
        }
        Some((counted?, version))
    }
}

fn next(read: &Mutex<Receiver<Job>>) -> Option<Job> {
    lock(read).recv().ok()
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;
    use crate::decode::formats::Catalog;
    use crate::decode::multiline;
    use crate::edge::files::{Limits, Reader};

    /// Gives lines so many times, and then breaks.
    struct Breaking {
        times: usize,
        how: fn() -> io::Result<usize>,
    }

    impl Read for Breaking {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.times == 0 {
                return (self.how)();
            }
            self.times -= 1;
            let line = b"192.0.2.1 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 10\n";
            let lines = line.repeat(into.len() / line.len());
            into[..lines.len()].copy_from_slice(&lines);
            Ok(lines.len())
        }
    }

    fn counted(
        times: usize,
        how: fn() -> io::Result<usize>,
        cores: usize,
    ) -> (io::Result<()>, u64) {
        let listener = Listener::new("file", "access.log");
        let node =
            Node::new(WindowConfig::default(), SourcesConfig::default(), String::new(), Millis(0));
        let rules = Rules {
            ingest: Arc::new(IngestConfig::default()),
            sources: SourcesConfig::default(),
            listener: Arc::clone(&listener),
            format: None,
            whose: Whose::of(std::path::Path::new("access.log")),
            arrival: Millis(0),
            first_time: None,
            known: Learnt::default(),
        };
        let limits = Limits {
            max_line: 1 << 16,
            multiline: multiline::Limits { max_bytes: 1 << 16, max_lines: 10 },
            formats: Catalog::default(),
        };
        let reader = Reader::new(Box::new(Breaking { times, how }), limits);
        let batches = Batches::new(reader, 100, None, Arc::clone(&listener));
        let (result, _) = count(batches, &node, &rules, cores);
        (result, listener.account.snapshot().counted)
    }

    #[test]
    fn what_was_read_before_a_file_broke_off_is_counted() {
        let broken = || Err(io::Error::other("a bad sector"));
        for times in [0, 1, 6] {
            let one = counted(times, broken, 1);
            let many = counted(times, broken, 3);
            assert!(one.0.is_err() && many.0.is_err());
            assert_eq!((one.1, one.1 > 0), (many.1, times > 0));
        }
    }

    #[test]
    fn a_fault_of_one_thread_ends_them_all() {
        let fault = || panic!("a fault of the reader");
        for times in [0, 1, 6] {
            let ended = catch_unwind(|| counted(times, fault, 3));
            assert!(ended.is_err(), "{times}");
        }
    }
}

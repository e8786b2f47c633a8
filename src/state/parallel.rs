//! Work on many rows shared out among threads: each reads a part of them, and what they found is
//! merged by the caller.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::waiting::Waiting;
use super::window::{Chunk, Segment, Window};
use crate::aggregate::scan::{Batch, Scanner};

/// Rows that are worth a thread: some 10 ms of work beside some 0.1 ms to start it. Tests have few, and
/// every law of the state is to hold with threads.
const PART_ROWS: usize = if cfg!(test) { 16 } else { 250_000 };
/// Threads that help at the same time, over all questions: with one more core each is as fast as it
/// gets, and what receives must find a core too.
const MAX_HELPERS: usize = 7;

/// Those at work now.
static HELPERS: AtomicUsize = AtomicUsize::new(0);

/// Some of them; they are given back when it goes.
struct Helpers(usize);

impl Helpers {
    /// At most so many, and none where all cores have one.
    fn take(wanted: usize) -> Helpers {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let most = MAX_HELPERS.min(cores - 1);
        let mut got = 0;
        // The closure always gives a number.
        let _ = HELPERS.fetch_update(Ordering::AcqRel, Ordering::Acquire, |busy| {
            got = wanted.min(most.saturating_sub(busy));
            Some(busy + got)
        });
        Helpers(got)
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        HELPERS.fetch_sub(self.0, Ordering::AcqRel);
    }
}

/// Cuts `items` into as many parts as there are threads to be had, about equal by `weight` in rows,
/// and does `work` on each. The results are in the order of the items; there is at least one.
pub(crate) fn in_parts<S: Sync, T: Send>(
    items: &[S],
    weight: impl Fn(&S) -> usize,
    work: impl Fn(&[S]) -> T + Sync,
) -> Vec<T> {
    let rows: usize = items.iter().map(&weight).sum();
    let helpers = match rows / PART_ROWS {
        0 | 1 => return vec![work(items)],
        parts => Helpers::take(parts - 1),
    };
    let parts = cut(items, &weight, rows, helpers.0 + 1);
    let (Some((own, others)), work) = (parts.split_first(), &work) else { return Vec::new() };
    thread::scope(|scope| {
        let others: Vec<_> = others.iter().map(|part| scope.spawn(move || work(part))).collect();
        let mut done = vec![work(own)];
        for other in others {
            match other.join() {
                Ok(found) => done.push(found),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    })
}

fn cut<'a, S>(
    items: &'a [S],
    weight: &impl Fn(&S) -> usize,
    rows: usize,
    parts: usize,
) -> Vec<&'a [S]> {
    let mut cuts = Vec::with_capacity(parts);
    let (mut start, mut seen) = (0, 0);
    for (index, item) in items.iter().enumerate() {
        seen += weight(item);
        if seen >= rows * (cuts.len() + 1) / parts && cuts.len() + 1 < parts {
            cuts.push(&items[start..=index]);
            start = index + 1;
        }
    }
    cuts.push(&items[start..]);
    cuts
}

/// Scans segments into as many `T` as threads did it: all of them, or as many as somebody `waiting` waits for.
pub(crate) fn scan<T: Send>(
    window: &Window,
    scanner: &mut Scanner,
    (segments, waiting): (&[(&Chunk, Segment)], &Waiting),
    make: impl Fn() -> T + Sync,
    add: impl Fn(&mut T, Batch<'_>) + Sync,
) -> Vec<T> {
    let rows = |(_, segment): &(&Chunk, Segment)| segment.len as usize;
    let known = &*scanner;
    let parts = in_parts(segments, rows, |segments| {
        let (mut scanner, mut sums) = (known.clone(), make());
        for (chunk, segment) in segments.iter().take_while(|_| waiting.waits()) {
            scanner.scan(&chunk.columns, segment.rows(), window.dictionaries(), |batch| {
                add(&mut sums, batch);
            });
        }
        (scanner, sums)
    });
    let learnt = parts.into_iter().map(|(other, sums)| {
        scanner.learn(&other);
        sums
    });
    learnt.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_the_whole_in_its_order() {
        for (items, parts) in [(0, 1), (1, 3), (7, 3), (100, 8), (3, 3)] {
            let items: Vec<usize> = (0..items).collect();
            let rows = items.len();
            let cuts = cut(&items, &|_| 1, rows, parts);
            assert!(cuts.len() <= parts);
            assert_eq!(cuts.concat(), items);
            assert!(cuts.iter().all(|cut| cut.len() <= rows / parts + 1));
        }
    }

    #[test]
    fn what_threads_did_is_what_one_does() {
        let items: Vec<u64> = (0..20_000).collect();
        for weight in [1, 100, 1000] {
            let sums = in_parts(&items, |_| weight, |part| part.to_vec());
            assert_eq!(sums.concat(), items);
        }
    }
}

//! Lines of several files in the order of their time, holding one piece of each file in memory.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::ops::Range;

use crate::decode::multiline::Joined;
use crate::edge::files::{Reader, Sink};
use crate::vocab::outcome::RejectReason;
use crate::vocab::time::Millis;

/// Bytes of an input that are read for the first line of it that has a time, so that the lines before are placed, too.
pub(in crate::app) const LOOK_AHEAD: usize = 16 << 20;

/// A line that is so far ahead of the one before it waits for the lines behind it, ms …
const AHEAD_MS: i64 = 60_000;
/// … of which so many, with it, say that time has gone on.
const AGREED: usize = 16;

/// Tells a line's own time; may learn from one line for the next.
pub(in crate::app) type TimeOf = Box<dyn FnMut(&[u8]) -> Option<Millis> + Send>;

/// Merges inputs by event time.
///
/// A file is taken to be about in order: a line that is older than the one before it comes right
/// behind it, as it did when it was written, and one without a time stays with its neighbour. So does one that is
/// far ahead of those behind it, as of a host whose clock is wrong: they don't wait for it.
pub(in crate::app) struct Merger {
    inputs: Vec<Input>,
    /// The next line of each input that has one, the earliest on top; of equals the first input.
    next: BinaryHeap<Reverse<(Millis, usize)>>,
}

/// Consecutive lines of one input.
pub(in crate::app) struct Run<'a> {
    pub(in crate::app) input: usize,
    pub(in crate::app) lines: Vec<&'a [u8]>,
}

struct Input {
    reader: Option<Reader>,
    held: Held,
    /// The piece whose last lines are with the caller.
    given: Vec<u8>,
}

/// What was read and not yet given.
struct Held {
    time_of: TimeOf,
    bytes: Vec<u8>,
    lines: VecDeque<(Millis, Range<usize>)>,
    /// Behind these, with their own times: where the first of them stands is not known yet.
    waiting: VecDeque<(Option<Millis>, Range<usize>)>,
    /// The latest time so far; lines never go back behind it.
    latest: Millis,
    /// Lines that were far ahead of those behind them, or far behind those before them.
    misplaced: u64,
    rejected: Vec<RejectReason>,
    joined: Joined,
}

impl Held {
    /// Whether more is to be read for a first time.
    fn seeks(&self) -> bool {
        self.latest.0 == i64::MIN && self.bytes.len() < LOOK_AHEAD
    }

    /// Places waiting lines as far as it is known where they stand; `all` where no others come.
    fn settle(&mut self, all: bool) {
        let reach = |latest: Millis| latest.0.saturating_add(AHEAD_MS);
        while let Some((time, range)) = self.waiting.front().cloned() {
            if let Some(at) = time.filter(|at| at.0 > reach(self.latest)) {
                let times = self.waiting.iter().filter_map(|(time, _)| *time);
                let (timed, earliest) =
                    times.fold((0, at), |(n, least), at| (n + 1, least.min(at)));
                if earliest.0 > reach(self.latest) {
                    if timed < AGREED && !all {
                        return;
                    }
                    self.latest = earliest;
                    continue;
                }
                self.misplaced += 1;
            } else if let Some(at) = time {
                self.misplaced += u64::from(self.latest.0.saturating_sub(at.0) > AHEAD_MS);
                self.latest = self.latest.max(at);
            }
            self.waiting.pop_front();
            self.lines.push_back((self.latest, range));
        }
    }

    /// The bytes of the lines that were given; those of waiting ones stay.
    fn take_bytes(&mut self) -> Vec<u8> {
        let bytes = std::mem::take(&mut self.bytes);
        for (_, range) in &mut self.waiting {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(&bytes[range.clone()]);
            *range = start..self.bytes.len();
        }
        bytes
    }
}

impl Sink for Held {
    fn lines(&mut self, lines: &[&[u8]]) {
        for line in lines {
            let time = (self.time_of)(line);
            let start = self.bytes.len();
            self.bytes.extend_from_slice(line);
            self.waiting.push_back((time, start..self.bytes.len()));
            self.settle(false);
        }
    }

    fn rejected(&mut self, reason: RejectReason) {
        self.rejected.push(reason);
    }

    fn joined(&mut self, joined: Joined) {
        self.joined.lines += joined.lines;
        self.joined.cut += joined.cut;
    }
}

impl Merger {
    /// `failed` is told which input broke, and how; its lines until then count.
    pub(in crate::app) fn new(
        inputs: Vec<(Reader, TimeOf)>,
        failed: &mut dyn FnMut(usize, std::io::Error),
    ) -> Merger {
        let inputs = inputs
            .into_iter()
            .map(|(reader, time_of)| Input {
                reader: Some(reader),
                held: Held {
                    time_of,
                    bytes: Vec::new(),
                    lines: VecDeque::new(),
                    waiting: VecDeque::new(),
                    latest: Millis(i64::MIN),
                    misplaced: 0,
                    rejected: Vec::new(),
                    joined: Joined::default(),
                },
                given: Vec::new(),
            })
            .collect();
        let mut merger = Merger { inputs, next: BinaryHeap::new() };
        for index in 0..merger.inputs.len() {
            merger.queue(index, failed);
        }
        merger
    }

    /// Time of the next line; before any time was seen, the earliest there is.
    pub(in crate::app) fn peek(&self) -> Option<Millis> {
        self.next.peek().map(|Reverse((at, _))| *at)
    }

    /// The first time that any line of the pieces read so far has.
    pub(in crate::app) fn first_time(&self) -> Option<Millis> {
        let times = self.inputs.iter().flat_map(|input| input.held.lines.iter());
        times.map(|(at, _)| *at).filter(|at| at.0 != i64::MIN).min()
    }

    /// The next lines before `end`, as many as follow each other in one piece of one input.
    pub(in crate::app) fn run(
        &mut self,
        end: Millis,
        failed: &mut dyn FnMut(usize, std::io::Error),
    ) -> Option<Run<'_>> {
        let Reverse((at, index)) = *self.next.peek()?;
        if at >= end {
            return None;
        }
        self.next.pop();
        // Up to the other inputs' next line; a tie goes to the input named first.
        let limit = self.next.peek().map(|Reverse(next)| *next);
        let goes = |at: Millis| at < end && limit.is_none_or(|limit| (at, index) < limit);
        let held = &mut self.inputs[index].held;
        let count = held.lines.iter().take_while(|(at, _)| goes(*at)).count();
        let ranges: Vec<Range<usize>> = held.lines.drain(..count).map(|(_, range)| range).collect();
        let whole = held.lines.is_empty();
        if whole {
            // The next piece needs the place; these lines are still to be read.
            self.inputs[index].given = held.take_bytes();
            self.queue(index, failed);
        } else {
            self.next.push(Reverse((held.lines[0].0, index)));
        }
        let input = &self.inputs[index];
        let bytes = if whole { &input.given } else { &input.held.bytes };
        Some(Run { input: index, lines: ranges.into_iter().map(|range| &bytes[range]).collect() })
    }

    /// Lines that stood more than a minute out of the order of their times, so far.
    pub(in crate::app) fn misplaced(&self) -> u64 {
        self.inputs.iter().map(|input| input.held.misplaced).sum()
    }

    /// Lines that could not be taken since the last call.
    pub(in crate::app) fn rejected(&mut self) -> impl Iterator<Item = (usize, RejectReason)> + '_ {
        self.inputs.iter_mut().enumerate().flat_map(|(index, input)| {
            input.held.rejected.drain(..).map(move |reason| (index, reason))
        })
    }

    /// What was joined since the last call, by input.
    pub(in crate::app) fn joined(&mut self) -> impl Iterator<Item = (usize, Joined)> + '_ {
        let inputs = self.inputs.iter_mut().enumerate();
        inputs.map(|(index, input)| (index, std::mem::take(&mut input.held.joined)))
    }

    /// Reads until the input has a line or ends, and puts it in the queue.
    fn queue(&mut self, index: usize, failed: &mut dyn FnMut(usize, std::io::Error)) {
        let Input { reader, held, .. } = &mut self.inputs[index];
        while held.lines.is_empty() || held.seeks() {
            let Some(open) = reader else {
                held.settle(true);
                break;
            };
            match open.read(held) {
                Ok(true) => {}
                Ok(false) => *reader = None,
                Err(error) => {
                    *reader = None;
                    failed(index, error);
                }
            }
        }
        if let Some(&(at, _)) = held.lines.front() {
            self.next.push(Reverse((at, index)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::files::Limits;

    /// Lines are `TIME TEXT`; a text alone has no time.
    fn merger(files: &[&str]) -> Merger {
        let limits =
            Limits { max_line: 100, multiline: Default::default(), formats: Default::default() };
        let inputs = files.iter().map(|text| {
            let input = std::io::Cursor::new(text.as_bytes().to_vec());
            let time_of: TimeOf = Box::new(|line: &[u8]| {
                let text = std::str::from_utf8(line).ok()?;
                text.split(' ').next()?.parse().ok().map(Millis)
            });
            (Reader::new(Box::new(input), limits), time_of)
        });
        Merger::new(inputs.collect(), &mut |_, error| panic!("{error}"))
    }

    fn merged(files: &[&str], end: i64) -> Vec<String> {
        let mut merger = merger(files);
        let mut lines = Vec::new();
        while let Some(run) = merger.run(Millis(end), &mut |_, error| panic!("{error}")) {
            let input = run.input;
            lines.extend(
                run.lines.iter().map(|l| format!("{input}:{}", String::from_utf8_lossy(l))),
            );
        }
        lines
    }

    #[test]
    fn lines_come_in_the_order_of_their_time() {
        let files = ["1 a\n4 b\n4 c\n9 d", "2 e\n4 f\n5 g\n", ""];
        let order = ["0:1 a", "1:2 e", "0:4 b", "0:4 c", "1:4 f", "1:5 g", "0:9 d"];
        assert_eq!(merged(&files, 100), order);
        assert_eq!(merged(&files, 5), order[..5]);
    }

    #[test]
    fn a_line_without_time_or_out_of_order_stays_with_its_neighbour() {
        let files = ["head\n3 a\nno time\n1 late\n6 b\n", "4 c\n"];
        assert_eq!(
            merged(&files, 100),
            ["0:head", "0:3 a", "0:no time", "0:1 late", "1:4 c", "0:6 b"]
        );
        assert_eq!(merger(&files).first_time(), Some(Millis(3)));
    }

    #[test]
    fn nobody_waits_for_a_line_that_is_far_ahead_and_time_may_go_on() {
        let minute = AHEAD_MS;
        let mut times: Vec<i64> = (0..40).map(|n| n * 1000).collect();
        // Of a clock that is wrong: twice in a row, and at the very end.
        times[10] += 5 * minute;
        times[20] += 60 * minute;
        times[21] += 60 * minute;
        times[39] += 1_000_000 * minute;
        // After a silence it is so much later.
        times.extend((0..3).map(|n| 10 * minute + n * 1000));
        let lines = |times: &[i64]| -> String {
            times.iter().enumerate().map(|(n, at)| format!("{at} {n}\n")).collect()
        };
        let mut one = merger(&[&lines(&times)]);
        let mut at = Vec::new();
        while let Some(next) = one.peek() {
            let end = Millis(next.0 + 1);
            let run = one.run(end, &mut |_, error| panic!("{error}")).expect("a line");
            at.extend(run.lines.iter().map(|_| next.0));
        }
        let mut expected: Vec<i64> = (0..43).map(|n| n * 1000).collect();
        for (line, neighbour) in [(10, 9), (20, 19), (21, 19)] {
            expected[line] = neighbour * 1000;
        }
        expected[39] = 10 * minute;
        (0..3).for_each(|n| expected[40 + n as usize] = 10 * minute + n * 1000);
        assert_eq!(at, expected);
        assert_eq!(one.misplaced(), 4);
        // What is the newest first stays as it stands, and that is told.
        let mut reversed = merger(&[&lines(&[9 * minute, 6 * minute, 3 * minute, 0])]);
        let mut order = Vec::new();
        while let Some(run) = reversed.run(Millis(i64::MAX), &mut |_, _| {}) {
            order.extend(run.lines.iter().map(|l| String::from_utf8_lossy(l).into_owned()));
        }
        assert_eq!(order.len(), 4);
        assert!(reversed.misplaced() >= 3);
    }

    #[test]
    fn long_files_are_merged_piece_by_piece() {
        let file = |offset: usize| -> String {
            (0..20_000).map(|i| format!("{} {}\n", 2 * i + offset, "x".repeat(20))).collect()
        };
        let (even, odd) = (file(0), file(1));
        let lines = merged(&[&even, &odd], i64::MAX);
        let times =
            lines.iter().map(|l| l[2..].split(' ').next().unwrap().parse::<usize>().unwrap());
        assert!(times.eq(0..40_000));
    }

    #[test]
    fn a_first_time_is_looked_for_as_far_as_it_may_be() {
        let [far, beyond] = [LOOK_AHEAD / 100, LOOK_AHEAD / 80].map(|lines| {
            let head = format!("{}\n", "x".repeat(90)).repeat(lines);
            merger(&[&format!("{head}7 a\n")])
        });
        assert_eq!((far.first_time(), far.peek()), (Some(Millis(7)), Some(Millis(i64::MIN))));
        assert_eq!((beyond.first_time(), beyond.peek()), (None, Some(Millis(i64::MIN))));
    }

    #[test]
    fn what_is_too_long_is_told() {
        let long = format!("1 {}\n2 b\n", "x".repeat(200));
        let mut merger = merger(&["1 a\n", &long]);
        while merger.run(Millis(9), &mut |_, _| {}).is_some() {}
        let rejected: Vec<_> = merger.rejected().collect();
        assert_eq!(rejected, [(1, RejectReason::Oversize)]);
    }
}

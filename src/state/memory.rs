//! Memory that runs short: how much of its limit the process has, and what is given up for it.

use std::path::Path;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::cgroup::{Cgroup, read_small};
use super::open::Coming;

/// Hundredths of the limit from which on the window gives way: an allocation that fails ends the
/// process, and a second of a busy sender is to fit into what is left.
const FULL: u64 = 80;
/// Hundredths from which on bodies are refused too.
const BRIMFUL: u64 = 90;
/// Hundredths below which the window may grow again: without a gap between, it would swing.
const ROOMY: u64 = 70;

/// The window has one in so many bytes of the limit at most: what a busy second brings in new values,
/// counting it and saving take the rest for a moment.
const WINDOW_SHARE: u64 = 2;
/// Looks for which what the window gave up is waited for: chunks leave with the next tick, which is late where cores
/// are busy, and what they free goes back to the system after that. Asked again before, it would give up as much anew
/// for what is on its way.
const GRACE: u8 = 5;
/// It is not waited for where so many hundredths of the limit came on top meanwhile.
const RISEN: u64 = 5;
/// Of what it has, the window gives up one in so many bytes at once: what counts as used is not all its, and
/// if that was not enough, the next time is seconds ahead.
const GIVEN_SHARE: usize = 4;
/// Bytes that are no limit: 1 EiB.
const NO_LIMIT: u64 = 1 << 60;

/// What the memory that is left asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strain {
    /// The window may have all that it is allowed.
    None,
    /// Nothing changes: it neither gives way nor grows.
    Some,
    /// The far end of the window goes.
    Full,
    /// And what is not here yet waits: POSTs come again, streams are read slowly.
    Brimful,
}

/// Bytes in use, and how many there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    pub used: u64,
    pub limit: u64,
}

impl Filled {
    #[must_use]
    pub fn strain(self) -> Strain {
        let hundredths = u128::from(self.used) * 100 / u128::from(self.limit.max(1));
        match hundredths {
            at if at >= BRIMFUL.into() => Strain::Brimful,
            at if at >= FULL.into() => Strain::Full,
            at if at >= ROOMY.into() => Strain::Some,
            _ => Strain::None,
        }
    }
}

impl Filled {
    fn fuller(self, other: Filled) -> Filled {
        let of = |a: Filled, b: Filled| u128::from(a.used) * u128::from(b.limit);
        if of(other, self) > of(self, other) { other } else { self }
    }

    /// Bytes to be given up, so that there is room again; with less than that the next look would ask anew.
    #[must_use]
    pub fn surplus(self) -> u64 {
        match self.strain() {
            Strain::None | Strain::Some => 0,
            Strain::Full | Strain::Brimful => self.used - self.limit / 100 * ROOMY,
        }
    }
}

/// Reads what there is: 0.1 ms.
#[derive(Debug)]
pub struct Gauge(Cgroup);

impl Gauge {
    #[must_use]
    pub fn of_this_process() -> Gauge {
        Gauge(Cgroup::of_this_process())
    }

    /// Resident bytes of this process; 0 where the system does not tell.
    fn resident() -> u64 {
        // proc_pid_status(5): `VmRSS:     123 kB`.
        let status = read_small(Path::new("/proc/self/status")).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kib.unwrap_or(0) * 1024
    }

    /// The fullest of the groups that this process is in: what fills one above it ends it as well.
    fn container(&self) -> Option<Filled> {
        let groups = self.0.memory().map(|(used, limit)| Filled { used, limit });
        // Version 1 writes "no limit" as a number that no machine has.
        groups.filter(|filled| filled.limit < NO_LIMIT).reduce(Filled::fuller)
    }
}

/// What the window is to do about the memory that is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// It takes so many bytes less.
    GiveWay(u64),
    /// It takes a little more, up to its budget and so many bytes.
    Regain(u64),
}

/// What the window, which has so much, gives up of a surplus at once.
#[must_use]
pub(super) fn given_up(surplus: usize, has: usize) -> usize {
    surplus.min(has / GIVEN_SHARE)
}

/// What the window is to do, and what it was last told to.
#[derive(Debug, Default)]
struct Next {
    what: Option<Move>,
    given: Option<Given>,
}

/// The window gave way.
#[derive(Clone, Copy, Debug)]
struct Given {
    /// What was used before it did.
    used: u64,
    /// How often was looked since.
    looks: u8,
}

/// What of the memory is used: looked at several times a second, asked by whoever takes some.
#[derive(Debug)]
pub struct Memory {
    /// What the operator allows; 0 is no word.
    allowed: AtomicU64,
    /// The fuller of the operator's limit and the container's, as last looked at.
    filled: Mutex<Option<Filled>>,
    /// The same in one word, for who asks before each read.
    strain: AtomicU8,
    /// What the open seconds may take, with what a tick takes for them, before it is full to the brim: between two looks
    /// it is known what they take.
    open: AtomicU64,
    /// What was used when no tick was at work.
    before: AtomicU64,
    /// Taken once, so that no tick answers to what another one has answered to.
    next: Mutex<Next>,
}

impl Default for Memory {
    fn default() -> Memory {
        Memory {
            allowed: AtomicU64::new(0),
            filled: Mutex::default(),
            strain: AtomicU8::new(Strain::None as u8),
            open: AtomicU64::new(u64::MAX),
            before: AtomicU64::new(0),
            next: Mutex::default(),
        }
    }
}

impl Memory {
    /// Bytes the process may take; 0 leaves it to its container.
    pub fn allow(&self, bytes: u64) {
        self.allowed.store(bytes, Ordering::Relaxed);
    }

    pub fn look(&self, gauge: &Gauge, coming: Coming) {
        self.judge(Gauge::resident(), gauge.container(), coming);
    }

    /// Of what this process has and what its container says the fuller one counts, with what ticks will take as if they had:
    /// the past goes for it, and senders wait. (Senders alone were tried: what is left is too little for a question then, and
    /// a flood ended one container in four.)
    fn judge(&self, resident: u64, container: Option<Filled>, coming: Coming) {
        let allowed = self.allowed.load(Ordering::Relaxed);
        let own = (allowed > 0).then_some(Filled { used: resident, limit: allowed });
        let mut fuller = own.into_iter().chain(container).reduce(Filled::fuller);
        let mut room = u64::MAX;
        if let Some(Filled { used, limit }) = &mut fuller {
            let Coming { open, growth, ending } = coming;
            let mut besides = used.saturating_sub(open);
            if ending == 0 {
                self.before.store(*used, Ordering::Relaxed);
            } else {
                // What a tick has taken is used already, of what it will take nothing.
                let before = self.before.load(Ordering::Relaxed);
                besides = besides.max(before.saturating_add(ending));
            }
            room = (*limit / 100).saturating_mul(BRIMFUL).saturating_sub(besides);
            *used = besides.saturating_add(open).saturating_add(growth);
        }
        self.open.store(room, Ordering::Relaxed);
        *self.filled.lock().unwrap_or_else(PoisonError::into_inner) = fuller;
        let strain = fuller.map_or(Strain::None, Filled::strain);
        self.strain.store(strain as u8, Ordering::Relaxed);
    }

    /// From what was just looked at, with nothing that is free still held: what the next tick is to do.
    pub fn decide(&self) {
        let filled = self.filled();
        let mut next = self.next();
        let is_awaited = match &mut next.given {
            Some(given) => {
                given.looks = given.looks.saturating_add(1);
                let risen = |now: Filled| now.used > given.used + now.limit / 100 * RISEN;
                given.looks < GRACE && !filled.is_some_and(risen)
            }
            None => false,
        };
        next.what = match filled.map_or(Strain::None, Filled::strain) {
            Strain::None => {
                let most = filled.map_or(u64::MAX, |filled| filled.limit / WINDOW_SHARE);
                Some(Move::Regain(most))
            }
            Strain::Some => None,
            Strain::Full | Strain::Brimful if is_awaited => None,
            Strain::Full | Strain::Brimful => filled.map(|filled| Move::GiveWay(filled.surplus())),
        };
    }

    fn next(&self) -> MutexGuard<'_, Next> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What has been decided since this was last asked.
    pub fn take_move(&self) -> Option<Move> {
        let used = self.filled().map_or(0, |filled| filled.used);
        let mut next = self.next();
        let what = next.what.take();
        if let Some(Move::GiveWay(_)) = what {
            next.given = Some(Given { used, looks: 0 });
        }
        what
    }

    /// As last looked at, with what ticks will take; `None` where nothing limits it.
    #[must_use]
    pub fn filled(&self) -> Option<Filled> {
        *self.filled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the window gives way.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.strain.load(Ordering::Relaxed) >= Strain::Full as u8
    }

    #[must_use]
    pub fn is_brimful(&self) -> bool {
        self.strain.load(Ordering::Relaxed) == Strain::Brimful as u8
    }

    /// Whether it is as soon as the open seconds take so much; asked only where anything limits it.
    pub fn is_brimful_with(&self, coming: impl FnOnce() -> Coming) -> bool {
        let room = self.open.load(Ordering::Relaxed);
        let is_more = |Coming { open, growth, .. }: Coming| open.saturating_add(growth) > room;
        self.is_brimful() || (room < u64::MAX && is_more(coming()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;
    use crate::aggregate::row::Row;
    use crate::state::open::OpenBlocks;
    use crate::vocab::event::Kind;
    use crate::vocab::time::Second;

    /// The limit; a window's least room, and what it may have by itself.
    const LIMIT: usize = 10_000;
    const LEAST: usize = 200;
    const BUDGET: usize = 8_000;

    fn open_of(open: u64) -> Coming {
        Coming { open, growth: open.saturating_mul(2), ending: 0 }
    }

    proptest! {
        /// Ticks and looks once a second; what a tick frees is seen `lag` looks later.
        #[test]
        fn the_window_gives_up_what_is_too_much_however_late_that_shows(
            base in 0..4_500_usize,
            lag in 0..usize::from(GRACE) - 1,
            inflow in prop::collection::vec(0..120_usize, 10..200),
        ) {
            let memory = Memory::default();
            memory.allow(LIMIT as u64);
            let (mut room, mut held) = (BUDGET, 0_usize);
            let mut shown: VecDeque<usize> = vec![0; lag + 1].into();
            for came in inflow {
                match memory.take_move() {
                    Some(Move::GiveWay(by)) => {
                        let has = room.min(held);
                        room = (has - given_up(by as usize, has)).max(LEAST);
                    }
                    Some(Move::Regain(most)) => {
                        room = (room + room / 64 + 1).min(BUDGET).min((most as usize).max(LEAST));
                    }
                    None => {}
                }
                held = (held + came).min(room);
                shown.push_back(held);
                shown.pop_front();
                let resident = base + shown.iter().max().expect("a look");
                prop_assert!(resident < LIMIT / 100 * BRIMFUL as usize, "{resident} used");
                memory.judge(resident as u64, None, Coming::default());
                memory.decide();
                let fits = LIMIT / 100 * ROOMY as usize - base;
                let most = LIMIT / WINDOW_SHARE as usize;
                prop_assert!(room >= fits.min(most), "{room} of {fits} is left");
            }
        }

        /// As much as there is comes within four seconds, with looks as `app/memory.rs` has them: neither what is
        /// open nor the tick that takes it in reaches the limit.
        #[test]
        fn what_comes_waits_before_the_tick_that_takes_it_in_has_no_room(
            base in 0..4_500_usize,
            inflow in prop::collection::vec(0..LIMIT * 3 / 10, 10..100),
        ) {
            const LOOKS: usize = 10;
            let memory = Memory::default();
            memory.allow(LIMIT as u64);
            let (mut room, mut held, mut was_calm) = (LIMIT / 2, 0_usize, true);
            for came in inflow {
                let mut open = 0;
                for look in 0..LOOKS {
                    if !memory.is_brimful() {
                        open += came / LOOKS;
                    }
                    memory.judge((base + held + open) as u64, None, open_of(open as u64));
                    if look == 0 || (was_calm && memory.is_full()) {
                        memory.decide();
                        was_calm = !memory.is_full();
                    }
                }
                let peak = base + held + 3 * open;
                prop_assert!(peak < LIMIT, "{peak} with {open} of {came}");
                match memory.take_move() {
                    Some(Move::GiveWay(by)) => {
                        let has = room.min(held);
                        room = (has - given_up(by as usize, has)).max(LEAST);
                    }
                    Some(Move::Regain(most)) => room = (room + room / 64 + 1).min(most as usize).max(LEAST),
                    None => {}
                }
                held = (held + open).min(room);
            }
        }

        /// Where others take the memory the window can give up all it has, and it is of no use.
        #[test]
        fn what_others_take_costs_the_window_little_at_once(used in 8_000..20_000_u64) {
            let memory = Memory::default();
            memory.allow(LIMIT as u64);
            let mut room = LIMIT / 2;
            for second in 1..=60 {
                memory.judge(used, None, Coming::default());
                memory.decide();
                if let Some(Move::GiveWay(by)) = memory.take_move() {
                    room -= given_up(by as usize, room);
                }
                let times = 1 + (second - 1) / i32::from(GRACE);
                let least = (LIMIT / 2) as f64 * 0.75_f64.powi(times);
                prop_assert!(room as f64 >= least, "{room} after {second} s");
            }
            prop_assert!(room < LIMIT / 10, "it does go on: {room}");
        }
    }

    #[test]
    fn what_was_given_up_is_waited_for_unless_more_comes() {
        let memory = Memory::default();
        memory.allow(1000);
        let after = |used| {
            memory.judge(used, None, Coming::default());
            memory.decide();
            memory.take_move()
        };
        let way = |bytes| Some(Move::GiveWay(bytes));
        assert_eq!(after(820), way(120));
        assert_eq!([820, 870, 830, 820].map(after), [None; 4], "it may still show");
        assert_eq!(after(820), way(120), "it did not");
        assert_eq!(after(871), way(171), "more than that came");
        // A tick that is late has not given up anything.
        let memory = Memory::default();
        memory.allow(1000);
        memory.judge(850, None, Coming::default());
        (0..3).for_each(|_| memory.decide());
        assert_eq!(memory.take_move(), way(150));
    }

    #[test]
    fn the_fuller_of_two_limits_counts_and_none_asks_for_nothing() {
        let memory = Memory::default();
        let after = |resident, container| {
            memory.judge(resident, container, Coming::default());
            let filled = memory.filled();
            (filled.map_or(Strain::None, Filled::strain), filled.map(|filled| filled.limit))
        };
        assert_eq!(after(u64::MAX, None), (Strain::None, None));
        let container = |used| Some(Filled { used, limit: 1000 });
        for (used, strain) in
            [(699, Strain::None), (700, Strain::Some), (800, Strain::Full), (900, Strain::Brimful)]
        {
            assert_eq!(after(0, container(used)), (strain, Some(1000)));
        }
        memory.allow(100);
        assert_eq!(after(85, container(10)), (Strain::Full, Some(100)));
        assert_eq!(after(10, container(950)), (Strain::Brimful, Some(1000)));
        memory.allow(0);
        assert_eq!(after(u64::MAX, container(10)), (Strain::None, Some(1000)));
    }

    #[test]
    fn what_ticks_will_take_counts_before_they_do() {
        let memory = Memory::default();
        memory.allow(1000);
        let after = |used, coming| {
            memory.judge(used, None, coming);
            memory.filled().map(|filled| (filled.used, filled.strain()))
        };
        let all = [
            (49, 747, Strain::Some),
            (50, 750, Strain::Some),
            (75, 825, Strain::Full),
            (100, 900, Strain::Brimful),
        ];
        for (open, used, strain) in all {
            assert_eq!(after(600 + open, open_of(open)), Some((used, strain)));
        }
        // Of what a tick takes some is used already, and what it ends is free before it is done.
        for (used, open, is) in [(550, 0, 700), (650, 0, 700), (720, 10, 740), (500, 10, 730)] {
            after(600, Coming::default());
            let told = after(used, Coming { ending: 100, ..open_of(open) });
            assert_eq!(told.map(|(used, _)| used), Some(is), "{used} {open}");
        }
        memory.allow(0);
        assert_eq!(after(u64::MAX, open_of(u64::MAX)), None, "nothing limits it");
        assert!(!memory.is_brimful_with(|| unreachable!("so it is not asked what is open")));
    }

    #[test]
    fn between_two_looks_it_is_known_when_the_open_seconds_fill_it() {
        let memory = Memory::default();
        memory.allow(1000);
        // 540 besides what is open, so 360 to the brim: 120 of them, and what the tick makes of these.
        for open in [0, 60, 119] {
            memory.judge(540 + open, None, open_of(open));
            let brimful = |open| memory.is_brimful_with(|| open_of(open));
            assert_eq!([120, 121].map(brimful), [false, true], "{open}");
        }
    }

    #[test]
    fn what_a_tick_is_at_counts_until_it_is_done() {
        let open = OpenBlocks::default();
        let row = Row::new(Kind::Access);
        open.append(Second(1), &[&row]);
        let before = open.coming();
        assert!(before.open > 0 && before.growth > 0 && before.ending == 0);
        let ending = open.end();
        drop(open.take_all());
        assert_eq!(open.coming(), Coming { ending: before.growth, ..Coming::default() });
        drop(ending);
        assert_eq!(open.coming(), Coming::default());
    }

    #[test]
    fn what_was_decided_is_done_once() {
        let memory = Memory::default();
        memory.allow(1000);
        memory.judge(850, None, Coming::default());
        assert_eq!(memory.take_move(), None);
        memory.decide();
        assert_eq!((memory.take_move(), memory.take_move()), (Some(Move::GiveWay(150)), None));
        memory.judge(750, None, Coming::default());
        memory.decide();
        assert_eq!(memory.take_move(), None);
        memory.judge(100, None, Coming::default());
        memory.decide();
        assert_eq!((memory.take_move(), memory.is_brimful()), (Some(Move::Regain(500)), false));
    }

    #[test]
    fn what_is_to_go_makes_room_and_is_nothing_before_that() {
        let surplus = |used| Filled { used, limit: 1000 }.surplus();
        assert_eq!((surplus(0), surplus(799), surplus(800), surplus(2000)), (0, 0, 100, 1300));
    }

    #[test]
    fn this_process_has_some_memory() {
        assert!(Gauge::resident() > 1 << 20);
    }
}

//! Memory that runs short: how much of its limit the process has, and what is given up for it.

use std::path::Path;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::cgroup::{Cgroup, read_small};

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

/// What of the memory is used: looked at several times a second, asked by whoever takes some.
#[derive(Debug, Default)]
pub struct Memory {
    /// What the operator allows; 0 is no word.
    allowed: AtomicU64,
    /// The fuller of the operator's limit and the container's, as last looked at.
    filled: Mutex<Option<Filled>>,
    /// The same in one word, for who asks before each read.
    strain: AtomicU8,
    /// Taken once, so that no tick answers to what another one has answered to.
    next: Mutex<Option<Move>>,
}

impl Memory {
    /// Bytes the process may take; 0 leaves it to its container.
    pub fn allow(&self, bytes: u64) {
        self.allowed.store(bytes, Ordering::Relaxed);
    }

    pub fn look(&self, gauge: &Gauge) {
        self.judge(Gauge::resident(), gauge.container());
    }

    /// Of what this process has and what its container says the fuller one counts.
    fn judge(&self, resident: u64, container: Option<Filled>) {
        let allowed = self.allowed.load(Ordering::Relaxed);
        let own = (allowed > 0).then_some(Filled { used: resident, limit: allowed });
        let fuller = own.into_iter().chain(container).reduce(Filled::fuller);
        *self.filled.lock().unwrap_or_else(PoisonError::into_inner) = fuller;
        let strain = fuller.map_or(Strain::None, Filled::strain);
        self.strain.store(strain as u8, Ordering::Relaxed);
    }

    /// From what was just looked at, with nothing that is free still held: what the next tick is to do.
    pub fn decide(&self) {
        let filled = self.filled();
        let next = match filled.map_or(Strain::None, Filled::strain) {
            Strain::None => {
                let most = filled.map_or(u64::MAX, |filled| filled.limit / WINDOW_SHARE);
                Some(Move::Regain(most))
            }
            Strain::Some => None,
            Strain::Full | Strain::Brimful => filled.map(|filled| Move::GiveWay(filled.surplus())),
        };
        *self.next.lock().unwrap_or_else(PoisonError::into_inner) = next;
    }

    /// What has been decided since this was last asked.
    pub fn take_move(&self) -> Option<Move> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// As last looked at; `None` where nothing limits it.
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fuller_of_two_limits_counts_and_none_asks_for_nothing() {
        let memory = Memory::default();
        let after = |resident, container| {
            memory.judge(resident, container);
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
    fn what_was_decided_is_done_once() {
        let memory = Memory::default();
        memory.allow(1000);
        memory.judge(850, None);
        assert_eq!(memory.take_move(), None);
        memory.decide();
        assert_eq!((memory.take_move(), memory.take_move()), (Some(Move::GiveWay(150)), None));
        memory.judge(750, None);
        memory.decide();
        assert_eq!(memory.take_move(), None);
        memory.judge(100, None);
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

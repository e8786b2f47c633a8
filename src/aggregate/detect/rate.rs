//! A learnt rate: events per exposure, kept from learning what is just going wrong.
//!
//! What arrives waits for some minutes before it is learnt, and is thrown away if an anomaly was found
//! in the meantime. So neither an incident nor its first quiet minutes move what is usual, and, unlike
//! with a guard that only stops learning when evidence rises, chance bursts are learnt as they are and
//! the rate is not biased downwards.

/// Seconds of one waiting part …
const PART_S: i64 = 30;
/// … and how many wait: four minutes, longer than a surge needs to be known wherever it can be known.
const PARTS: usize = 8;
/// Events that the memory reaches back for: a rate known to 7 % (the root of their number) …
const MEMORY_EVENTS: f64 = 200.0;
/// … but no shorter than this, so that a busy site's rate is no echo of the last minutes.
const MEMORY_S: f64 = 7200.0;

/// See the module.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    events: f64,
    exposure: f64,
    seconds: f64,
    waiting: [(f32, f32); PARTS],
    /// The part that is being filled, counted from the epoch.
    part: i64,
}

impl Rate {
    /// Begins with `events` in `exposure`, as if they had been seen.
    pub(super) fn new(events: f64, exposure: f64) -> Rate {
        Rate { events, exposure, seconds: 0.0, waiting: [(0.0, 0.0); PARTS], part: i64::MIN }
    }

    /// Takes in one second's events; `guarded` while an anomaly of them is open.
    pub(super) fn push(&mut self, second: i64, events: f64, exposure: f64, guarded: bool) {
        let part = second.div_euclid(PART_S);
        if self.part == i64::MIN {
            self.part = part;
        }
        let passed = (part - self.part).clamp(0, PARTS as i64);
        for n in 1..=passed {
            let place = (self.part + n).rem_euclid(PARTS as i64) as usize;
            let (events, exposure) = std::mem::take(&mut self.waiting[place]);
            self.learn(events.into(), exposure.into());
        }
        self.part = self.part.max(part);
        if guarded {
            self.waiting = [(0.0, 0.0); PARTS];
        } else {
            let waiting = &mut self.waiting[self.part.rem_euclid(PARTS as i64) as usize];
            waiting.0 += events as f32;
            waiting.1 += exposure as f32;
        }
    }

    fn learn(&mut self, events: f64, exposure: f64) {
        self.events += events;
        self.exposure += exposure;
        self.seconds += PART_S as f64;
        if self.events > MEMORY_EVENTS && self.seconds > MEMORY_S {
            let keep = (MEMORY_EVENTS / self.events).max(MEMORY_S / self.seconds);
            self.events *= keep;
            self.exposure *= keep;
            self.seconds *= keep;
        }
    }

    /// Events per exposure, so large that it is rather above the truth than below it: one standard
    /// error is added, which is much where little was seen and little where much was.
    pub(super) fn upper(&self) -> f64 {
        (self.events + (self.events + 1.0).sqrt()) / self.exposure.max(1e-9)
    }

    /// How long it has learnt.
    pub(super) fn seconds(&self) -> f64 {
        self.seconds
    }
}

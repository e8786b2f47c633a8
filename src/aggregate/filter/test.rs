//! What a filter asks of one field, and how it is answered.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use crate::aggregate::derived::{Derived, plain, referrer_host};
use crate::aggregate::list::outcome_name;
use crate::aggregate::row::{Fields, present};
use crate::decode::agent;
use crate::vocab::event::Kind;
use crate::vocab::field::Field;

/// What a word of the filter language looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Kind,
    Text(Field),
    /// What is derived from a text.
    Derived(Derived),
    /// What became of the request, by its status.
    Outcome,
    Number(Measure),
}

/// A number of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Measure {
    Status,
    Bytes,
    BytesIn,
    /// Microseconds.
    Latency,
    /// Microseconds.
    Upstream,
}

impl Measure {
    pub(crate) fn of(self, row: &impl Fields) -> Option<u64> {
        use crate::aggregate::block::MAX_BYTES;
        match self {
            Measure::Status if row.kind() != Kind::Access => None,
            Measure::Status => Some(u64::from(row.status().min(999))).filter(|&s| s != 0),
            Measure::Bytes => row.bytes().map(|b| b.min(MAX_BYTES)),
            Measure::BytesIn => row.bytes_in().map(|b| b.min(MAX_BYTES)),
            Measure::Latency => row.request_us().map(|us| us.min(u32::MAX - 1).into()),
            Measure::Upstream => row.upstream_us().map(|us| us.min(u32::MAX - 1).into()),
        }
    }
}

impl Target {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Target::Kind => "kind",
            Target::Text(field) => field.name(),
            Target::Derived(derived) => derived.name(),
            Target::Outcome => "outcome",
            Target::Number(Measure::Status) => "status",
            Target::Number(Measure::Bytes) => "bytes",
            Target::Number(Measure::BytesIn) => "bytes_in",
            Target::Number(Measure::Latency) => "latency",
            Target::Number(Measure::Upstream) => "upstream_time",
        }
    }
}

/// Everything that a filter asks of one target.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) target: Target,
    /// One of these must hold, where there are any.
    pub(crate) include: Vec<Clause>,
    /// None of these may hold.
    pub(crate) exclude: Vec<Clause>,
}

/// One wish and how it is written in the normal form, without word and sign.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Clause {
    pub(crate) text: String,
    pub(crate) test: Test,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    /// The event has no such field.
    Absent,
    Text(Pattern),
    /// An address, or all that share its first bits.
    Net(IpAddr, u8),
    /// Both ends belong to it.
    Value(u64, u64),
    AtLeast(u64),
    AtMost(u64),
}

impl Group {
    /// What it says of an event, by what its line says.
    pub(crate) fn allows(&self, row: &impl Fields) -> bool {
        let text = |field| present(row.text(field));
        match self.target {
            Target::Text(field) => self.allows_text(text(field)),
            Target::Derived(Derived::Bot) => self.allows_bot(text(Field::Agent)),
            Target::Derived(derived) => {
                let value = text(derived.field()).and_then(|text| plain(derived, text));
                self.allows_text(value.as_deref())
            }
            Target::Outcome => self.allows_text(outcome_name(row.status().into())),
            Target::Kind => self.allows_text(Some(row.kind().name())),
            Target::Number(measure) => self.allows_number(measure.of(row)),
        }
    }

    pub(crate) fn allows_text(&self, text: Option<&str>) -> bool {
        let holds = |clause: &Clause| match (&clause.test, text) {
            (Test::Absent, text) => text.is_none(),
            (Test::Text(pattern), Some(text)) => pattern.matches(self.target, text),
            (Test::Net(net, bits), Some(text)) => in_net(*net, *bits, text),
            _ => false,
        };
        (self.include.is_empty() || self.include.iter().any(holds))
            && !self.exclude.iter().any(holds)
    }

    /// What is asked of the bot behind an agent: its name, its operator or its purpose.
    ///
    /// Read from the agent itself: what a bot that nobody knows says of its purpose is not in its name.
    pub(crate) fn allows_bot(&self, agent: Option<&str>) -> bool {
        let bot = agent.and_then(agent::bot);
        let holds = |clause: &Clause| match (&clause.test, &bot) {
            (Test::Absent, bot) => bot.is_none(),
            (Test::Text(pattern), Some(bot)) => pattern.matches_bot(bot),
            _ => false,
        };
        (self.include.is_empty() || self.include.iter().any(holds))
            && !self.exclude.iter().any(holds)
    }

    pub(crate) fn allows_number(&self, number: Option<u64>) -> bool {
        let holds = |clause: &Clause| clause.test.holds(number);
        (self.include.is_empty() || self.includes_number(number)) && !self.exclude.iter().any(holds)
    }

    /// What is allowed of the numbers as columns have them, plus one with 0 for none: the first and the
    /// last of each stretch, rising.
    pub(crate) fn ranges(&self) -> Vec<(u64, u64)> {
        // Between these nothing changes.
        let mut starts = vec![0, 1];
        for clause in self.include.iter().chain(&self.exclude) {
            match clause.test {
                Test::Value(low, high) => {
                    starts.extend([low.saturating_add(1), high.saturating_add(2)]);
                }
                Test::AtLeast(n) => starts.push(n.saturating_add(1)),
                Test::AtMost(n) => starts.push(n.saturating_add(2)),
                Test::Absent | Test::Text(_) | Test::Net(..) => {}
            }
        }
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).map(|next| next - 1).chain([u64::MAX]);
        let stretches = starts.iter().copied().zip(ends);
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for (start, end) in stretches.filter(|(start, _)| self.allows_number(start.checked_sub(1)))
        {
            match ranges.last_mut() {
                Some((_, last)) if *last + 1 == start => *last = end,
                _ => ranges.push((start, end)),
            }
        }
        ranges
    }

    fn includes_number(&self, number: Option<u64>) -> bool {
        let (mut low, mut high) = (None::<u64>, None::<u64>);
        for clause in &self.include {
            match clause.test {
                Test::AtLeast(n) => low = Some(low.map_or(n, |l| l.min(n))),
                Test::AtMost(n) => high = Some(high.map_or(n, |h| h.max(n))),
                ref value if value.holds(number) => return true,
                _ => {}
            }
        }
        let Some(number) = number else { return false };
        match (low, high) {
            (Some(low), Some(high)) if low <= high => (low..=high).contains(&number),
            _ => low.is_some_and(|l| number >= l) || high.is_some_and(|h| number <= h),
        }
    }
}

impl Test {
    fn holds(&self, number: Option<u64>) -> bool {
        match (self, number) {
            (Test::Absent, number) => number.is_none(),
            (&Test::Value(low, high), Some(n)) => (low..=high).contains(&n),
            (&Test::AtLeast(low), Some(n)) => n >= low,
            (&Test::AtMost(high), Some(n)) => n <= high,
            _ => false,
        }
    }
}

fn in_net(net: IpAddr, bits: u8, text: &str) -> bool {
    let Ok(address) = text.parse::<IpAddr>() else { return false };
    match (net, address) {
        (IpAddr::V4(net), IpAddr::V4(address)) => {
            let shift = 32 - u32::from(bits.min(32));
            let [net, address] = [net, address].map(|a| u64::from(u32::from(a)) >> shift);
            net == address
        }
        (IpAddr::V6(net), IpAddr::V6(address)) => {
            let shift = 128 - u32::from(bits.min(128));
            let [net, address] =
                [net, address].map(|a| u128::from(a).checked_shr(shift).unwrap_or(0));
            net == address
        }
        _ => false,
    }
}

/// A text with `*` for anything: what stands between the stars.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    parts: Vec<String>,
}

impl Pattern {
    /// `parts` as split at the stars; small letters where the target does not tell case apart.
    pub(crate) fn new(target: Target, mut parts: Vec<String>) -> Pattern {
        if !case_matters(target) {
            parts.iter_mut().for_each(|part| part.make_ascii_lowercase());
        }
        Pattern { parts }
    }

    fn matches(&self, target: Target, text: &str) -> bool {
        let folded = if case_matters(target) {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(text.to_ascii_lowercase())
        };
        self.holds(&folded)
            || match target {
                Target::Text(Field::Referrer) => self.holds(referrer_host(&folded)),
                Target::Text(Field::Agent) => self.matches_agent(text),
                _ => false,
            }
    }

    /// Whether an agent's family or class is meant.
    fn matches_agent(&self, agent: &str) -> bool {
        let found = agent::classify(agent);
        let class = found.class.name();
        self.parts == [class] || self.holds(&found.family.to_ascii_lowercase())
    }

    /// Whether a bot's name, operator or purpose is meant.
    fn matches_bot(&self, bot: &agent::Bot<'_>) -> bool {
        self.holds(&bot.name.to_ascii_lowercase())
            || self.holds(bot.purpose.name())
            || self.holds(&bot.operator.to_ascii_lowercase())
    }

    fn holds(&self, text: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|only| only == text);
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

/// Only paths, queries and users differ by case alone.
fn case_matters(target: Target) -> bool {
    matches!(
        target,
        Target::Text(Field::Path | Field::Query | Field::User) | Target::Derived(Derived::Route)
    )
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.target.word();
        let all = self.include.iter().map(|c| ("", c)).chain(self.exclude.iter().map(|c| ("-", c)));
        for (index, (sign, clause)) in all.enumerate() {
            let gap = if index == 0 { "" } else { " " };
            write!(f, "{gap}{sign}{word}{}", clause.text)?;
        }
        Ok(())
    }
}

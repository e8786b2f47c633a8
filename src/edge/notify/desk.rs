//! What is told of which incident, and when: no sockets, and time is an argument.
//!
//! One message for an incident, after it has waited a moment for company; another only when it gets
//! graver, or something grave of another kind joins it, once a kind; and one when it is over, if it was
//! told at all. Beyond the rate openings are left out and counted, but never the end of what was told.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::target::{Choice, Rate, Target};
use super::words::{Message, What};
use crate::aggregate::amount::second;
use crate::aggregate::wire::{Anomaly, AnomalyKind, AnomalyState};
use crate::state::current::Current;
use crate::vocab::time::Second;

/// Incidents that are kept in mind; beyond that the oldest is forgotten, and counted if it was still
/// to be told.
const INCIDENTS_MAX: usize = 256;
/// Anomalies of an incident that are kept; further ones change nothing.
const MEMBERS_MAX: usize = 32;
/// The severity from which what joins an incident is told, though what was told of it is graver.
const GRAVE: u8 = 3;

/// How a target is told, beside where: a reload may change it, and what goes on is told that way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Manner {
    choice: Choice,
    group: Duration,
    rate: Rate,
    public_url: String,
}

impl Manner {
    pub(super) fn of(target: &Target, public_url: &str) -> Manner {
        let (choice, group, rate) = (target.choice.clone(), target.group, target.rate);
        Manner { choice, group, rate, public_url: public_url.to_owned() }
    }
}

/// What was found before a target was there, which is no news to it.
#[derive(Clone, Copy, Debug)]
pub struct Earlier {
    /// It was found before this second.
    pub than: Second,
    /// The process before told of it, and who heard of it then shall hear of its end. Where nobody was told,
    /// nobody is told of its end either, unless it gets graver meanwhile.
    pub was_told: bool,
}

/// One target's incidents.
#[derive(Debug)]
pub(super) struct Desk {
    manner: Arc<Current<Manner>>,
    earlier: Earlier,
    incidents: VecDeque<Incident>,
    bucket: Bucket,
    /// Left out by the rate since the last message.
    left_out: u64,
    dropped: u64,
}

#[derive(Debug)]
struct Incident {
    id: String,
    members: Vec<Arc<Anomaly>>,
    /// When something can be said of it: it has gathered, got graver, or ended.
    due: Instant,
    /// The severity that was told, or that was not worth telling.
    told: Option<u8>,
    /// The kinds that were told with it.
    kinds: Vec<AnomalyKind>,
    /// A message about it got through.
    heard: bool,
    /// A message is on its way.
    sending: Option<(What, u8, bool)>,
}

impl Incident {
    fn severity(&self) -> u8 {
        self.members.iter().map(|a| a.severity).max().unwrap_or(0)
    }

    fn kinds(&self) -> Vec<AnomalyKind> {
        self.members.iter().map(|a| a.kind).collect()
    }

    /// Whether there is more to say than that `told` was told.
    fn is_worse(&self, told: u8) -> bool {
        let joins =
            |a: &Arc<Anomaly>| a.severity >= told.min(GRAVE) && !self.kinds.contains(&a.kind);
        self.severity() > told || self.members.iter().any(joins)
    }

    fn is_over(&self) -> bool {
        self.members.iter().all(|a| a.state == AnomalyState::Closed)
    }

    /// What there is to say; nothing while a message is on its way.
    fn wish(&self) -> Option<What> {
        match self.told {
            _ if self.sending.is_some() || self.members.is_empty() => None,
            _ if self.is_over() && self.heard => Some(What::Over),
            Some(told) if !self.is_worse(told) || self.is_over() => None,
            Some(_) if self.heard => Some(What::Worse),
            _ => Some(What::Opened),
        }
    }

    /// Nothing will be said of it any more.
    fn is_done(&self) -> bool {
        self.sending.is_none()
            && (self.members.is_empty() || (self.is_over() && self.wish().is_none()))
    }
}

impl Desk {
    #[must_use]
    pub(super) fn new(manner: Arc<Current<Manner>>, earlier: Earlier, now: Instant) -> Desk {
        let bucket = Bucket::new(manner.get().rate, now);
        Desk { manner, earlier, incidents: VecDeque::new(), bucket, left_out: 0, dropped: 0 }
    }

    /// Takes what the feed says of an anomaly.
    pub(super) fn take(&mut self, anomaly: &Arc<Anomaly>, now: Instant) {
        let at = self.incidents.iter().position(|i| i.id == anomaly.incident);
        let member = at.and_then(|at| {
            let members = &self.incidents[at].members;
            Some((at, members.iter().position(|a| a.id == anomaly.id)?))
        });
        if let (true, Some((at, member))) = (anomaly.muted, member) {
            self.incidents[at].members.remove(member);
        } else if member.is_some() || self.is_news(anomaly) {
            let is_old = self.is_old(anomaly);
            let at = at.unwrap_or_else(|| self.begin(anomaly, now));
            let due = now + self.manner.get().group;
            let incident = &mut self.incidents[at];
            let (severity, over) = (incident.severity(), incident.is_over());
            let worse = incident.told.is_some_and(|told| incident.is_worse(told));
            if is_old && member.is_none() {
                incident.kinds.push(anomaly.kind);
            }
            match member {
                Some((_, member)) => incident.members[member] = Arc::clone(anomaly),
                None if incident.members.len() < MEMBERS_MAX => {
                    incident.members.push(Arc::clone(anomaly));
                }
                None => {}
            }
            // A first message waits no longer for what comes after it.
            let changed = incident.severity() > severity || incident.is_over() != over;
            if let Some(told) = incident.told
                && (changed || incident.is_worse(told) && !worse)
            {
                incident.due = due;
            }
        }
        self.incidents.retain(|incident| !incident.is_done());
    }

    /// Also the end of what the process before told of, if that is the first thing that is said of it here.
    fn is_news(&self, anomaly: &Anomaly) -> bool {
        let is_over = anomaly.state == AnomalyState::Closed;
        let is_told = !is_over || (self.earlier.was_told && self.is_old(anomaly));
        is_told && self.manner.get().choice.wants(anomaly)
    }

    fn is_old(&self, anomaly: &Anomaly) -> bool {
        anomaly.state != AnomalyState::Open
            && second(&anomaly.detected).is_some_and(|detected| detected < self.earlier.than.0)
    }

    fn begin(&mut self, anomaly: &Anomaly, now: Instant) -> usize {
        if self.incidents.len() >= INCIDENTS_MAX {
            let oldest = self.incidents.iter().position(|i| i.sending.is_none());
            let oldest = oldest.and_then(|at| self.incidents.remove(at));
            self.dropped += u64::from(oldest.is_some_and(|i| i.wish() == Some(What::Opened)));
        }
        let is_old = self.is_old(anomaly);
        self.incidents.push_back(Incident {
            id: anomaly.incident.clone(),
            members: Vec::new(),
            due: now + self.manner.get().group,
            told: is_old.then_some(anomaly.severity),
            kinds: Vec::new(),
            heard: is_old && self.earlier.was_told,
            sending: None,
        });
        self.incidents.len() - 1
    }

    /// When there may be something to send; `None` while nothing is waited for.
    #[must_use]
    pub(super) fn wake(&self) -> Option<Instant> {
        self.incidents.iter().filter(|i| i.wish().is_some()).map(|i| i.due).min()
    }

    /// The next message, if one is due; it is on its way until [`done`](Desk::done) says what became
    /// of it.
    pub(super) fn next(&mut self, now: Instant) -> Option<Message> {
        let manner = self.manner.get();
        loop {
            let due = self.incidents.iter().enumerate().filter(|(_, i)| i.due <= now);
            let due = due.filter_map(|(at, i)| Some((i.due, at, i.wish()?)));
            let (_, at, what) = due.min_by_key(|(due, at, _)| (*due, *at))?;
            let allowed = self.bucket.take(manner.rate, now, what == What::Over);
            let incident = &mut self.incidents[at];
            let severity = incident.severity();
            if !allowed {
                incident.told = Some(severity);
                incident.kinds = incident.kinds();
                self.left_out += u64::from(what == What::Opened);
                self.dropped += 1;
                self.incidents.retain(|incident| !incident.is_done());
                continue;
            }
            incident.sending = Some((what, severity, incident.is_over()));
            incident.kinds = incident.kinds();
            let (id, members) = (incident.id.clone(), incident.members.clone());
            let left_out = std::mem::take(&mut self.left_out);
            return Message::new(what, &id, members, left_out, &manner.public_url);
        }
    }

    /// What became of the message that [`next`](Desk::next) gave.
    pub(super) fn done(&mut self, incident: &str, sent: bool, now: Instant) {
        let due = now + self.manner.get().group;
        if let Some(incident) = self.incidents.iter_mut().find(|i| i.id == incident)
            && let Some((what, severity, said_over)) = incident.sending.take()
        {
            incident.told = Some(severity);
            // Its end was in the message, or can't be told: then that was the last one.
            let last = what == What::Over || said_over;
            incident.heard = (incident.heard || sent) && !last;
            incident.due = incident.due.max(due);
            if last {
                // What joined meanwhile begins anew.
                incident.members.retain(|a| a.state != AnomalyState::Closed);
                incident.told = None;
            }
        }
        self.incidents.retain(|incident| !incident.is_done());
    }

    /// What there is to say is due, however short it has waited for company.
    pub(super) fn hurry(&mut self, now: Instant) {
        for incident in &mut self.incidents {
            incident.due = incident.due.min(now);
        }
    }

    /// Messages that are on their way or wished for.
    #[must_use]
    pub(super) fn untold(&self) -> u64 {
        let untold = |i: &&Incident| i.sending.is_some() || i.wish().is_some();
        self.incidents.iter().filter(untold).count() as u64
    }

    /// Messages that were left out since the last call.
    pub(super) fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }
}

/// Lets a burst of a whole period's messages through, then as many as the period allows.
#[derive(Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Bucket {
    fn new(rate: Rate, now: Instant) -> Bucket {
        Bucket { tokens: rate.messages.into(), at: now }
    }

    /// Whether one more may go. What has to be said goes on credit: it is never more than was told.
    fn take(&mut self, rate: Rate, now: Instant, must: bool) -> bool {
        let most = f64::from(rate.messages);
        let gone = now.saturating_duration_since(self.at).as_secs_f64();
        let per = rate.per.as_secs_f64().max(1.0);
        self.tokens = (self.tokens + gone * most / per).min(most);
        self.at = now;
        let may = must || self.tokens >= 1.0;
        self.tokens -= f64::from(u8::from(may));
        may
    }
}

#[cfg(test)]
#[path = "desk_tests.rs"]
mod tests;

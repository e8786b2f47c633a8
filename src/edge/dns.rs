//! Asks DNS whether those who say to be bots are: the name of the address must be in a domain of the
//! bot's operator and lead back to the address (forward-confirmed reverse DNS). Polite and bounded:
//! nothing waits for it, and a flood of impostors is asked about no faster than anybody.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use dns_lookup::{LookupError, LookupErrorKind};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::seldom::Seldom;
use crate::aggregate::claims::{Claim, Standing, Verdict};
use crate::decode::agent::domains::is_any_bots;
use crate::state::lookups::Lookups;
use crate::state::node::Node;

/// Between two addresses: each takes at most two lookups, so these are at most ten a second, a
/// hundredth of what a small resolver answers.
const PACE: Duration = Duration::from_millis(200);
/// Lookups at a time.
const AT_ONCE: usize = 4;
/// The usual resolvers give a server 5 s (resolv.conf(5)); who needs more is not waited for.
const TIMEOUT: Duration = Duration::from_secs(5);
/// An answer is good for so long.
const DAY: Duration = Duration::from_secs(86_400);
/// After a failure an address is left alone for so long.
const RETRY: Duration = Duration::from_secs(600);
/// Answers kept: some 100 bytes each, and more addresses than crawlers have that visit one site.
const ANSWERS_MAX: usize = 65_536;

/// An answer that is waited for.
pub type Answer<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

/// Who knows names and addresses.
pub trait Resolver: fmt::Debug + Send + Sync + 'static {
    /// The name of an address; `None` where it has none.
    fn name_of(&self, address: IpAddr) -> Answer<Option<String>>;
    /// The addresses of a name; none where there is no such name.
    fn addresses_of(&self, name: &str) -> Answer<Vec<IpAddr>>;
}

/// The machine's own resolver.
#[derive(Debug)]
pub struct System {
    /// A lookup that took too long is not waited for, but its thread is: nothing can stop it.
    threads: Arc<Semaphore>,
}

impl Default for System {
    fn default() -> Self {
        System { threads: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl System {
    fn run<T: Send + 'static>(
        &self,
        lookup: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Answer<T> {
        let threads = Arc::clone(&self.threads);
        Box::pin(async move {
            let thread = threads.acquire_owned().await.map_err(io::Error::other)?;
            let run = move || {
                let _thread = thread;
                lookup()
            };
            tokio::task::spawn_blocking(run).await.map_err(io::Error::other)?
        })
    }
}

impl Resolver for System {
    fn name_of(&self, address: IpAddr) -> Answer<Option<String>> {
        self.run(move || or_none(dns_lookup::lookup_addr(&address)))
    }

    fn addresses_of(&self, name: &str) -> Answer<Vec<IpAddr>> {
        // Without the dot at its end a name is looked for in the machine's own domains too.
        let name = format!("{}.", name.trim_end_matches('.'));
        self.run(move || {
            let addresses = dns_lookup::lookup_host(&name).map(Iterator::collect);
            Ok(or_none(addresses)?.unwrap_or_default())
        })
    }
}

/// That there is no such name is an answer, and no failure.
fn or_none<T>(result: Result<T, LookupError>) -> io::Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) => match error.kind() {
            LookupErrorKind::NoName | LookupErrorKind::NoData => Ok(None),
            _ => Err(error.into()),
        },
    }
}

/// Takes claims from the window, asks, and writes down there what came out.
#[derive(Debug)]
pub struct Checker {
    node: Arc<Node>,
    resolver: Arc<dyn Resolver>,
    answers: Answers,
    /// Being asked about.
    asked: HashSet<IpAddr>,
    warning: Seldom,
}

impl Checker {
    /// From now on the window keeps claims for it.
    #[must_use]
    pub fn new(node: Arc<Node>, resolver: Arc<dyn Resolver>) -> Checker {
        node.live_mut().dictionaries_mut().open_claims();
        let (answers, asked, warning) = Default::default();
        Checker { node, resolver, answers, asked, warning }
    }

    /// Asks until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut pace = tokio::time::interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut asking = FuturesUnordered::new();
        loop {
            let answered = tokio::select! {
                () = stop.cancelled() => return,
                Some(answered) = asking.next(), if !asking.is_empty() => Some(answered),
                _ = pace.tick(), if asking.len() < AT_ONCE => None,
            };
            if answered.is_none() && !self.may_have_claims() {
                continue;
            }
            // Whoever opens a view has the window for as long as he counts: not on the threads that receive.
            let work = tokio::task::spawn_blocking(move || {
                let claim = match answered {
                    Some((claim, answer)) => {
                        self.learn(&claim, answer);
                        None
                    }
                    None => self.next(),
                };
                (self, claim)
            });
            let Ok((checker, claim)) = work.await else { return };
            self = checker;
            if let Some(claim) = claim {
                let (node, resolver) = (Arc::clone(&self.node), Arc::clone(&self.resolver));
                asking.push(async move {
                    let name = confirmed(&*resolver, claim.address, &node.lookups).await;
                    (claim, name)
                });
            }
        }
    }

    /// Whether a claim waits, or may: somebody has the window just now.
    fn may_have_claims(&self) -> bool {
        self.node.try_live().is_none_or(|live| live.dictionaries().claims().waiting() != 0)
    }

    /// The next claim whose address nothing is known of.
    fn next(&mut self) -> Option<Claim> {
        let now = Instant::now();
        let claim = self.node.live_mut().dictionaries_mut().next_claim(|claim| {
            match self.answers.get(claim.address, now) {
                Some(Some(name)) => Standing::Judged(claim.verdict(name.as_deref())),
                Some(None) => Standing::Judged(Verdict::Unknown),
                None if self.asked.contains(&claim.address) => Standing::Asked,
                None => Standing::Nothing,
            }
        })?;
        self.asked.insert(claim.address);
        Some(claim)
    }

    fn learn(&mut self, claim: &Claim, answer: io::Result<Option<String>>) {
        let (verdict, name) = match answer {
            Ok(name) => (claim.verdict(name.as_deref()), Some(name)),
            Err(error) => {
                if let Some(unsaid) = self.warning.due() {
                    tracing::warn!(%error, unsaid, "DNS does not tell who a bot is");
                }
                (Verdict::Unknown, None)
            }
        };
        self.asked.remove(&claim.address);
        self.answers.put(claim.address, name, Instant::now());
        self.node.live_mut().dictionaries_mut().settle(claim, verdict);
    }
}

/// The name of an address, if it is in a bot's domain and leads back to the address: whoever has an
/// address can call it what he likes.
async fn confirmed(
    resolver: &dyn Resolver,
    address: IpAddr,
    counts: &Lookups,
) -> io::Result<Option<String>> {
    let Some(name) = within_time(resolver.name_of(address), counts).await? else {
        return Ok(None);
    };
    if !is_any_bots(&name) {
        return Ok(None);
    }
    let addresses = within_time(resolver.addresses_of(&name), counts).await?;
    let leads_back = addresses.iter().any(|found| found.to_canonical() == address.to_canonical());
    Ok(leads_back.then_some(name))
}

async fn within_time<T>(answer: Answer<T>, counts: &Lookups) -> io::Result<T> {
    let answer = tokio::time::timeout(TIMEOUT, answer).await;
    let answer = answer.unwrap_or_else(|late| Err(late.into()));
    counts.count(answer.is_ok());
    answer
}

/// What DNS said of addresses: the confirmed name if there is one; `None` where it failed.
#[derive(Debug, Default)]
struct Answers {
    by_address: HashMap<IpAddr, (Instant, Option<Option<String>>)>,
    /// In the order they came, with the end of each; one that was renewed is here twice.
    order: VecDeque<(Instant, IpAddr)>,
}

impl Answers {
    fn get(&self, address: IpAddr, now: Instant) -> Option<&Option<Option<String>>> {
        self.by_address.get(&address).filter(|(end, _)| *end > now).map(|(_, answer)| answer)
    }

    fn put(&mut self, address: IpAddr, answer: Option<Option<String>>, now: Instant) {
        let ended = |front: &mut (Instant, IpAddr)| front.0 <= now;
        while let Some((end, old)) = self.order.pop_front_if(ended).or_else(|| self.surplus()) {
            if self.by_address.get(&old).is_some_and(|(its, _)| *its == end) {
                self.by_address.remove(&old);
            }
        }
        let end = now + if answer.is_some() { DAY } else { RETRY };
        self.by_address.insert(address, (end, answer));
        self.order.push_back((end, address));
    }

    fn surplus(&mut self) -> Option<(Instant, IpAddr)> {
        (self.order.len() >= ANSWERS_MAX).then(|| self.order.pop_front()).flatten()
    }
}

#[cfg(test)]
#[path = "dns_tests.rs"]
mod tests;

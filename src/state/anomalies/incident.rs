//! Which anomalies belong together: consequences of one cause are one incident with one root.
//!
//! The root is the one that was said first, and stays it: whoever was told of an incident is not told of it
//! again under another name. Of those said in the same second the kinds that name a cause go first.

use crate::aggregate::explain;
use crate::aggregate::wire::{Anomaly, AnomalyCause, AnomalyKind};
use crate::vocab::time::Second;

/// Seconds between the beginnings of anomalies of one incident, and between its end and a consequence.
pub(super) const TOGETHER_S: i64 = 30;
/// Seconds after its beginning in which a consequence may begin that is explained by the same.
const LATER_S: i64 = 300;
/// A host is slow to show what its traffic does to it, and its load is a mean of some seconds.
const HOST_TOGETHER_S: i64 = 90;

/// What sort of thing an anomaly is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    /// One or some clients misbehave.
    Client,
    /// More or less of everything.
    Traffic,
    /// What is answered, and how.
    Answer,
    /// What servers write about themselves.
    Message,
    Host,
    /// Of itself alone.
    Alone,
}

fn family(kind: AnomalyKind) -> Family {
    match kind {
        AnomalyKind::ClientFlood | AnomalyKind::Scan | AnomalyKind::Bruteforce => Family::Client,
        AnomalyKind::TrafficUp | AnomalyKind::TrafficDown | AnomalyKind::Silent => Family::Traffic,
        AnomalyKind::Errors5xx
        | AnomalyKind::Errors4xx
        | AnomalyKind::Latency
        | AnomalyKind::Bytes => Family::Answer,
        AnomalyKind::NewError | AnomalyKind::ErrorSurge => Family::Message,
        AnomalyKind::HostCpu | AnomalyKind::HostMemory => Family::Host,
        AnomalyKind::HostDisk
        | AnomalyKind::FormatDrift
        | AnomalyKind::Series
        | AnomalyKind::Rule => Family::Alone,
    }
}

/// Whether it is of what clients do: what they do is not learnt as usual of anything else.
pub(super) fn is_of_clients(kind: AnomalyKind) -> bool {
    family(kind) == Family::Client
}

/// Of what is said in one second, what is said first: a cause before its consequences, and what names a
/// thing before what is of everything.
pub(super) fn precedence(kind: AnomalyKind, has_key: bool) -> (u8, bool) {
    let place = match kind {
        AnomalyKind::ClientFlood | AnomalyKind::Scan | AnomalyKind::Bruteforce => 0,
        AnomalyKind::Silent => 1,
        AnomalyKind::Errors5xx => 2,
        AnomalyKind::Errors4xx => 3,
        AnomalyKind::Latency => 4,
        AnomalyKind::TrafficUp | AnomalyKind::TrafficDown => 5,
        AnomalyKind::Bytes => 6,
        AnomalyKind::NewError | AnomalyKind::ErrorSurge => 7,
        _ => 8,
    };
    (place, !has_key)
}

/// An anomaly as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    pub(super) anomaly: &'a Anomaly,
    pub(super) start: Second,
    pub(super) end: Option<Second>,
}

/// Whether `new` follows from what `root` is, or from the same cause.
pub(super) fn belongs(new: &Case<'_>, root: &Case<'_>) -> bool {
    let (a, b) = (family(new.anomaly.kind), family(root.anomaly.kind));
    let apart = match (a, b) {
        (Family::Alone, _) | (_, Family::Alone) => return false,
        (Family::Host, _) | (_, Family::Host) => HOST_TOGETHER_S,
        _ => TOGETHER_S,
    };
    let at_once = near(new, root, apart) && same_cause((new, a), (root, b));
    let follows = later(new, root) && shares_first_cause(new.anomaly, root.anomaly);
    (at_once || follows) && same_site(new, root)
}

/// Begun in the same moments, or right after it ended: recovery has consequences of its own. When they were
/// found says nothing: a scan takes a minute to be known, an outage a second.
fn near(new: &Case<'_>, root: &Case<'_>, apart: i64) -> bool {
    let near = |at: Second| (new.start.0 - at.0).abs() <= apart;
    near(root.start) || root.end.is_some_and(near)
}

/// While it goes on, and not long after its beginning: what lasts for hours is not the cause of all that
/// happens meanwhile.
fn later(new: &Case<'_>, root: &Case<'_>) -> bool {
    let going_on = root.end.is_none_or(|end| new.start <= end);
    root.start <= new.start && going_on && new.start.0 - root.start.0 <= LATER_S
}

fn same_site(new: &Case<'_>, root: &Case<'_>) -> bool {
    match (&new.anomaly.site, &root.anomaly.site) {
        (Some(a), Some(b)) => a == b,
        (Some(site), None) => may_be(root.anomaly, "site", site),
        (None, Some(site)) => may_be(new.anomaly, "site", site),
        (None, None) => true,
    }
}

fn same_cause((new, a): (&Case<'_>, Family), (root, b): (&Case<'_>, Family)) -> bool {
    let (new, root) = (new.anomaly, root.anomaly);
    match (a, b) {
        // Two of them at once are two, but for those who try passwords in one place.
        (Family::Client, Family::Client) => {
            let guess = AnomalyKind::Bruteforce;
            let guesses = new.kind == guess && root.kind == guess;
            new.key == root.key || (guesses && in_one_place(new, root))
        }
        (Family::Client, Family::Host) | (Family::Host, Family::Client) => true,
        (Family::Client, _) => client_has_part(new, root),
        (_, Family::Client) => client_has_part(root, new),
        // A host and its traffic, errors and their messages, load and latency.
        (Family::Host | Family::Message, _) | (_, Family::Host | Family::Message) => true,
        (Family::Traffic, Family::Traffic) => {
            new.kind != AnomalyKind::TrafficUp || a != b || new.kind == root.kind
        }
        (Family::Traffic, _) | (_, Family::Traffic) => !contradict(new, root),
        _ => !contradict(new, root) || both_began_at_once(new, root),
    }
}

/// Whether the client that misbehaves is behind the other one, too.
fn client_has_part(client: &Anomaly, other: &Anomaly) -> bool {
    let key = client.key.as_deref().unwrap_or_default();
    if other.explain.iter().any(|cause| is_who(&cause.field) && cause.value == key) {
        return true;
    }
    match client.kind {
        // Whoever takes all there is slows down the others.
        AnomalyKind::ClientFlood => may_be(other, "client", key) && !elsewhere(client, other),
        AnomalyKind::Bruteforce => in_one_place(client, other),
        _ => other.kind == AnomalyKind::Errors4xx && may_be(other, "client", key),
    }
}

/// Both are explained by one path, which is not that of two sites: every site has a login. One client is one all the same.
fn in_one_place(a: &Anomaly, b: &Anomaly) -> bool {
    shares(a, b, is_place) && (!apart(a, b, is_site) || shares(a, b, is_who))
}

/// Whether they are in other places: of other sites, or of other pages where no site is known that has both. Which sites
/// a slow page is of is often not known yet when it is told.
fn elsewhere(a: &Anomaly, b: &Anomaly) -> bool {
    !shares(a, b, is_site) && (apart(a, b, is_site) || apart(a, b, is_place))
}

/// Whether both are explained by this sort of field, and by no value that is the same.
fn apart(a: &Anomaly, b: &Anomaly, of: fn(&str) -> bool) -> bool {
    is_named(a, of) && is_named(b, of) && !shares(a, b, of)
}

/// Whether values of this sort of field account for it.
fn is_named(anomaly: &Anomaly, of: fn(&str) -> bool) -> bool {
    let of_field = anomaly.explain.iter().filter(|cause| of(&cause.field));
    let named: f64 = of_field.map(|cause| cause.share).sum();
    named >= explain::ENOUGH || of("site") && anomaly.site.is_some()
}

/// Whether both are of one value of this sort of field.
fn shares(a: &Anomaly, b: &Anomaly, of: fn(&str) -> bool) -> bool {
    let site = |anomaly: &Anomaly| anomaly.site.clone().filter(|_| of("site"));
    let is_of = |anomaly: &Anomaly, cause: &AnomalyCause| {
        site(anomaly).as_ref() == Some(&cause.value)
            || anomaly.explain.iter().any(|other| is_same(other, cause))
    };
    let has = |a: &Anomaly, b: &Anomaly| {
        a.explain.iter().filter(|cause| of(&cause.field)).any(|cause| is_of(b, cause))
    };
    site(a).is_some() && site(a) == site(b) || has(a, b) || has(b, a)
}

fn is_site(field: &str) -> bool {
    field == "site"
}

fn is_who(field: &str) -> bool {
    matches!(field, "client" | "network")
}

pub(super) fn is_place(field: &str) -> bool {
    matches!(field, "path" | "route")
}

/// A path that is a route of its own is the same by either name.
fn is_same(a: &AnomalyCause, b: &AnomalyCause) -> bool {
    a.value == b.value && (a.field == b.field || is_place(&a.field) && is_place(&b.field))
}

/// Whether the explanation has room for this value: it names it, or too little of its field to be all.
fn may_be(anomaly: &Anomaly, field: &str, value: &str) -> bool {
    let of_field = || anomaly.explain.iter().filter(|cause| cause.field == field);
    let named: f64 = of_field().map(|cause| cause.share).sum();
    named < explain::ENOUGH || of_field().any(|cause| cause.value == value)
}

/// What accounts most for it; that errors of two kinds have other statuses says nothing.
fn telling(of: &Anomaly) -> Option<&AnomalyCause> {
    of.explain.first().filter(|cause| cause.field != "status")
}

/// Both are explained by one field and have no value in common.
fn contradict(a: &Anomaly, b: &Anomaly) -> bool {
    let (Some(of_a), Some(of_b)) = (telling(a), telling(b)) else { return false };
    let of_one_field = of_a.field == of_b.field || is_place(&of_a.field) && is_place(&of_b.field);
    of_one_field && !shares_a_value(a, b)
}

/// What accounts most for the one has a part in the other; of a site, a source, a status or a method all have that.
fn shares_first_cause(new: &Anomaly, root: &Anomaly) -> bool {
    let has = |anomaly: &Anomaly, first: &AnomalyCause| {
        let telling = !matches!(first.field.as_str(), "site" | "source" | "status" | "method");
        let one_place = !is_place(&first.field) || !apart(new, root, is_site);
        telling && one_place && anomaly.explain.iter().any(|cause| is_same(cause, first))
    };
    new.explain.first().is_some_and(|first| has(root, first))
        || root.explain.first().is_some_and(|first| has(new, first))
}

fn shares_a_value(a: &Anomaly, b: &Anomaly) -> bool {
    a.explain.iter().any(|x| b.explain.iter().any(|y| is_same(x, y)))
}

/// Two paths that begin to fail in the same moments have one cause, whichever it is.
fn both_began_at_once(a: &Anomaly, b: &Anomaly) -> bool {
    a.kind == b.kind && a.key.is_some() && b.key.is_some()
}

//! What goes wrong in the demo, and when: a fixed programme, so that a newcomer sees something
//! within two minutes and every kind within ten.

/// Something unusual.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Incident {
    /// One backend of the shop hangs: checkout slows down, times out (504) or is refused (502).
    SlowBackend,
    /// One client asks for things that are not there.
    Scanner,
    /// A crawler without manners fetches every product.
    CrawlerBurst,
    /// A new version goes out: a few seconds of refused connections and less traffic.
    Deploy,
    /// One network tries passwords.
    BruteForce,
}

/// Length of the programme; then it starts again.
const PROGRAMME_S: u64 = 660;

/// Start and end within the programme, seconds. The first comes when the charts have a past to
/// compare with, and before the newcomer leaves.
const PROGRAMME: [(u64, u64, Incident); 5] = [
    (75, 125, Incident::SlowBackend),
    (200, 240, Incident::Scanner),
    (320, 365, Incident::CrawlerBurst),
    (450, 464, Incident::Deploy),
    (550, 590, Incident::BruteForce),
];

impl Incident {
    /// What happens `t` seconds after the start, and how far it is: 0 at its start to 1 at its end.
    pub(super) fn at(t: u64) -> Option<(Incident, f64)> {
        let t = t % PROGRAMME_S;
        let &(start, end, incident) =
            PROGRAMME.iter().find(|(start, end, _)| (*start..*end).contains(&t))?;
        Some((incident, (t - start) as f64 / (end - start) as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newcomer_sees_the_first_incident_within_ninety_seconds() {
        let first = (0..).find(|&t| Incident::at(t).is_some());
        assert!(first.is_some_and(|t| (60..=90).contains(&t)), "{first:?}");
    }

    #[test]
    fn incidents_stand_apart_and_come_again() {
        assert!(PROGRAMME.windows(2).all(|pair| pair[0].1 + 60 <= pair[1].0));
        assert!(PROGRAMME.iter().all(|&(start, end, _)| start < end && end < PROGRAMME_S));
        assert_eq!(Incident::at(80), Incident::at(80 + 3 * PROGRAMME_S));
    }
}

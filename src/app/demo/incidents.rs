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

/// What the shop's developers say they do, seconds within the programme: the deploy that the slow
/// backend comes of 35 seconds later, its rollback, and the deploy that refuses connections.
const MARKS: [(u64, Mark); 3] = [(40, Mark::Bad), (120, Mark::Rollback), (447, Mark::Good)];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Bad,
    Rollback,
    Good,
}

/// The text of the deploy marker set `t` seconds after the start. Every round of the programme brings
/// the next versions.
pub(super) fn mark_at(t: u64) -> Option<String> {
    let (round, t) = (t / PROGRAMME_S, t % PROGRAMME_S);
    let &(_, mark) = MARKS.iter().find(|(at, _)| *at == t)?;
    let before = round * 2;
    Some(match mark {
        Mark::Bad => format!("deploy shop 7.3.{}", before + 1),
        Mark::Rollback => format!("roll back shop to 7.3.{before}"),
        Mark::Good => format!("deploy shop 7.3.{}", before + 2),
    })
}

impl Incident {
    /// What happens `t` seconds after the start, and how far it is: 0 at its start to 1 at its end.
    pub(super) fn at(t: u64) -> Option<(Incident, f64)> {
        let t = t % PROGRAMME_S;
        let &(start, end, incident) =
            PROGRAMME.iter().find(|(start, end, _)| (*start..*end).contains(&t))?;
        Some((incident, (t - start) as f64 / (end - start) as f64))
    }

    /// What it does to the traffic of everybody else.
    pub(super) fn traffic(self) -> f64 {
        match self {
            Incident::Deploy => 0.45,
            Incident::SlowBackend => 0.95,
            _ => 1.0,
        }
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
    fn the_first_incident_has_a_deploy_to_suspect() {
        let marks: Vec<(u64, String)> =
            (0..PROGRAMME_S + 50).filter_map(|t| Some((t, mark_at(t)?))).collect();
        let expected = [
            (40, "deploy shop 7.3.1"),
            (120, "roll back shop to 7.3.0"),
            (447, "deploy shop 7.3.2"),
            (PROGRAMME_S + 40, "deploy shop 7.3.3"),
        ];
        assert_eq!(marks, expected.map(|(t, text)| (t, text.to_owned())));
        assert_eq!(Incident::at(40 + 35), Some((Incident::SlowBackend, 0.0)));
    }

    #[test]
    fn incidents_stand_apart_and_come_again() {
        assert!(PROGRAMME.windows(2).all(|pair| pair[0].1 + 60 <= pair[1].0));
        assert!(PROGRAMME.iter().all(|&(start, end, _)| start < end && end < PROGRAMME_S));
        assert_eq!(Incident::at(80), Incident::at(80 + 3 * PROGRAMME_S));
    }
}

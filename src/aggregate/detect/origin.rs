//! Whose errors they are that all sites together have more of than usual.
//!
//! Of a host of many sites most outages are one site's. Its errors are in the node's series, too, and are seen
//! there first: so the node asks here before it speaks, and what is one site's is told by that site's name. From
//! then on it is no part of the node's series, so that the next one that breaks is told by its own name.

use super::count::{Count, Late};
use super::routes::TOLD;
use super::sites::FEW;
use crate::vocab::time::Second;

/// Nats by which it must be unlikely that they are of one site by chance while all fail alike. So many are all of
/// five errors of one of three sites, or all of two of one of forty.
const SURE: f64 = 5.0;

/// Of one kind of errors, at a tick.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Origin {
    /// Errors and requests of the tick of those sites whose errors are told; `None` where no site's are.
    pub(super) told: Option<(f64, f64)>,
    /// Their errors of late beyond what is usual.
    pub(super) told_excess: f64,
    /// The place of the site that has most of the others.
    most: Option<(usize, Late)>,
}

impl Origin {
    /// Adds the site at a place with its errors and requests of this tick.
    pub(super) fn add(
        &mut self,
        second: Second,
        place: usize,
        series: &Count,
        (errors, requests): (f64, f64),
    ) {
        let late = series.late(second);
        if series.is_open() {
            let told = self.told.get_or_insert((0.0, 0.0));
            *told = (told.0 + errors, told.1 + requests);
            self.told_excess += late.excess.max(0.0);
        } else if late.excess > self.most.map_or(0.0, |(_, most)| most.excess) {
            self.most = Some((place, late));
        }
    }

    /// The place of the site whose errors these are, where they are one site's; `all` is without those that are told.
    pub(super) fn one(&self, all: Late, phi: f64) -> Option<usize> {
        let (place, its) = self.most?;
        if all.excess <= 0.0 {
            return None;
        }
        let share = (its.requests / all.requests.max(1e-9)).clamp(1e-4, 1.0 - 1e-4);
        let part = its.excess / all.excess;
        // The others are rather as usual than as bad as it, though they be few.
        let others_are_usual = part > TOLD && 1.0 - part <= FEW * (1.0 - share);
        let nats = all.excess / phi * divergence(part.min(1.0), share);
        (others_are_usual && nats >= SURE).then_some(place)
    }
}

/// Of a coin that falls so in a `part` of the throws from one that does in a `share` of them, nats a throw (Kullback
/// and Leibler 1951).
fn divergence(part: f64, share: f64) -> f64 {
    let term = |p: f64, q: f64| if p > 0.0 { p * (p / q).ln() } else { 0.0 };
    term(part, share) + term(1.0 - part, 1.0 - share)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(all: (f64, f64), its: (f64, f64)) -> bool {
        let late = |(excess, requests)| Late { excess, requests };
        Origin { most: Some((3, late(its))), ..Origin::default() }.one(late(all), 1.0) == Some(3)
    }

    #[test]
    fn some_errors_of_one_site_are_its_own_and_a_few_may_be_chance() {
        assert!(one((5.0, 30.0), (5.0, 10.0)));
        assert!(!one((4.0, 30.0), (4.0, 10.0)));
        assert!(one((2.0, 40.0), (2.0, 1.0)));
        // Where nearly all requests are its own, all that fails nearly is, too.
        assert!(!one((20.0, 30.0), (20.0, 28.0)));
        assert!(one((200.0, 300.0), (200.0, 280.0)));
    }

    #[test]
    fn what_fails_everywhere_is_nobodys_own() {
        for share in [0.02, 0.3, 0.5, 0.7, 0.9] {
            assert!(!one((1000.0, 1000.0), (1000.0 * share, 1000.0 * share)), "{share}");
        }
        // And what two sites have is not one's.
        assert!(!one((100.0, 1000.0), (60.0, 100.0)));
    }
}

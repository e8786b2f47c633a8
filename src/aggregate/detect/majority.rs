//! Whether most of some events are one client's: then they are that client's trouble, or its doing.

use crate::vocab::time::Second;

/// Seconds in which what was seen counts half.
const HALF_LIFE_S: f64 = 30.0;
/// A lead of half of all is three quarters of all.
const LEAD: f64 = 0.5;
/// Of less than this nothing is concluded.
const LEAST: f64 = 3.0;

/// Boyer and Moore's vote (1981) with fading: one candidate, and how far it leads.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Majority {
    client: u32,
    lead: f64,
    total: f64,
    at: Second,
}

impl Majority {
    pub(super) fn push(&mut self, second: Second, client: u32, n: f64) {
        let fade = (-((second.0 - self.at.0).max(0) as f64) / HALF_LIFE_S).exp2();
        self.at = second;
        self.lead *= fade;
        self.total = self.total * fade + n;
        if self.client == client {
            self.lead += n;
        } else if self.lead >= n {
            self.lead -= n;
        } else {
            (self.client, self.lead) = (client, n - self.lead);
        }
    }

    /// Whether one client has three quarters or more.
    pub(super) fn is_one(&self) -> bool {
        self.total >= LEAST && self.lead >= LEAD * self.total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many_is_told_from_many() {
        let mut votes = Majority::default();
        for t in 0..60 {
            votes.push(Second(t), 7, 3.0);
            votes.push(Second(t), 100 + t as u32, 0.5);
        }
        assert!(votes.is_one());
        for t in 60..120 {
            votes.push(Second(t), (t % 5) as u32, 3.0);
        }
        assert!(!votes.is_one());
    }
}

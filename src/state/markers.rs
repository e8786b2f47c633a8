//! What the operator marked on the time axis, deploys above all: a bounded list, by time.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use crate::aggregate::forget::Forget;
use crate::aggregate::render::rfc3339;
use crate::aggregate::wire::Marker;
use crate::vocab::time::Second;

/// Markers kept: a deploy every 85 seconds of a day.
pub const MAX_MARKERS: usize = 1_024;
/// Characters of a text; a longer one is cut and ends with `…`.
pub const MAX_TEXT: usize = 200;
/// Bytes of a site: the longest name that DNS has (RFC 1035 section 2.3.4).
pub const MAX_SITE: usize = 255;
/// Seconds that a marker may lie ahead: a clock that runs wrong or a deploy about to start, while
/// milliseconds taken for seconds are told instead of lying unseen in the year 58000.
pub const MAX_AHEAD_S: i64 = 3_600;

/// A marker that may join the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    #[serde(with = "seconds")]
    at: Second,
    text: String,
    site: Option<String>,
}

/// As a number: `vocab` knows no formats of files.
mod seconds {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::vocab::time::Second;

    pub(super) fn serialize<S: Serializer>(at: &Second, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_i64(at.0)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Second, D::Error> {
        i64::deserialize(from).map(Second)
    }
}

impl Mark {
    /// Takes a client out of it; tells whether it named it.
    pub fn forget(&mut self, who: &Forget) -> bool {
        who.texts(std::iter::once(&mut self.text).chain(&mut self.site))
    }

    #[must_use]
    pub fn marker(&self) -> Marker {
        Marker { time: rfc3339(self.at), text: self.text.clone(), site: self.site.clone() }
    }
}

/// Why there is no marker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Nothing of the text can be read.
    Empty,
    Site,
    /// Before everything that is kept.
    Old,
    Ahead,
}

/// See the module.
#[derive(Debug)]
pub struct Markers {
    max_age_s: u32,
    /// By time; equal times in the order in which they came.
    list: Mutex<Vec<Mark>>,
    /// Markers that left because there were too many.
    crowded_out: AtomicU64,
}

impl Markers {
    /// Markers leave at this age: with it the events that they explain are gone, too.
    #[must_use]
    pub fn new(max_age_s: u32) -> Markers {
        Markers { max_age_s, list: Mutex::default(), crowded_out: AtomicU64::new(0) }
    }

    /// A marker as it would be kept: `site` as sites are written, the text on one line.
    ///
    /// # Errors
    /// When it says nothing, or lies where no marker is kept.
    pub fn fit(
        &self,
        at: Second,
        text: &str,
        site: Option<&str>,
        now: Second,
    ) -> Result<Mark, Unfit> {
        let text = cut(one_line(text));
        if text.is_empty() {
            return Err(Unfit::Empty);
        }
        let site = site.map(one_line).filter(|site| !site.is_empty());
        if site.as_ref().is_some_and(|site| site.len() > MAX_SITE) {
            return Err(Unfit::Site);
        }
        if at < self.oldest(now) {
            return Err(Unfit::Old);
        }
        if at > now.plus(MAX_AHEAD_S) {
            return Err(Unfit::Ahead);
        }
        Ok(Mark { at, text, site })
    }

    /// Takes a marker in. One that is there already stays one, so that a sender may send again when
    /// it has seen no answer. Where the list is full, the oldest leaves.
    pub fn add(&self, mark: Mark) {
        let mut list = self.list();
        let end = list.partition_point(|known| known.at <= mark.at);
        if list[..end].iter().rev().take_while(|known| known.at == mark.at).any(|k| *k == mark) {
            return;
        }
        list.insert(end, mark);
        if list.len() > MAX_MARKERS {
            list.remove(0);
            self.crowded_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Takes these away, each of which has to be there as often as it is named.
    ///
    /// # Errors
    /// With the first that is not there; then all stay.
    pub fn remove<'a>(&self, marks: &'a [Mark]) -> Result<(), &'a Mark> {
        let mut list = self.list();
        let mut left = list.clone();
        for mark in marks {
            let at = left.iter().position(|known| known == mark).ok_or(mark)?;
            left.remove(at);
        }
        *list = left;
        Ok(())
    }

    /// All of them, to be kept over a restart.
    #[must_use]
    pub fn kept(&self) -> Vec<Mark> {
        self.list().clone()
    }

    /// Takes a client out of them; how many named it.
    pub fn forget(&self, who: &Forget) -> u64 {
        self.list().iter_mut().map(|mark| u64::from(mark.forget(who))).sum()
    }

    /// Goes on with what was kept.
    pub fn restore(&self, kept: Vec<Mark>) {
        kept.into_iter().for_each(|mark| self.add(mark));
    }

    /// Lets go what is older than the window may be.
    pub fn age(&self, now: Second) {
        let oldest = self.oldest(now);
        let mut list = self.list();
        let gone = list.partition_point(|mark| mark.at < oldest);
        list.drain(..gone);
    }

    /// The newest `limit`, oldest first.
    #[must_use]
    pub fn newest(&self, limit: usize) -> Vec<Marker> {
        let list = self.list();
        list[list.len().saturating_sub(limit)..].iter().map(Mark::marker).collect()
    }

    /// Those from `from` to before `to`, oldest first; with a site, those of that site and of all.
    #[must_use]
    pub fn between(
        &self,
        from: Option<Second>,
        to: Option<Second>,
        site: Option<&str>,
    ) -> Vec<Marker> {
        let of_site =
            |mark: &Mark| site.is_none_or(|s| mark.site.as_deref().is_none_or(|own| own == s));
        self.list()
            .iter()
            .filter(|mark| from.is_none_or(|from| from <= mark.at))
            .filter(|mark| to.is_none_or(|to| mark.at < to))
            .filter(|mark| of_site(mark))
            .map(Mark::marker)
            .collect()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.list().len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Since start.
    #[must_use]
    pub fn crowded_out(&self) -> u64 {
        self.crowded_out.load(Ordering::Relaxed)
    }

    fn oldest(&self, now: Second) -> Second {
        now.plus(-i64::from(self.max_age_s))
    }

    fn list(&self) -> MutexGuard<'_, Vec<Mark>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stranger's note as it is kept: one line, not a long one.
#[must_use]
pub fn note(text: &str) -> String {
    cut(one_line(text))
}

/// A text as one line without anything that draws elsewhere: blanks and control characters between
/// words become one blank, marks that turn the direction of writing go.
fn one_line(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
    let text: String = text.chars().filter(|c| !turns(*c)).collect();
    let words = text.split(|c: char| c.is_control() || c.is_whitespace());
    words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

fn cut(line: String) -> String {
    if line.chars().count() <= MAX_TEXT {
        return line;
    }
    let kept: String = line.chars().take(MAX_TEXT - 1).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Second = Second(1_795_341_600);
    const DAY: u32 = 86_400;

    fn texts(markers: &[Marker]) -> Vec<&str> {
        markers.iter().map(|marker| marker.text.as_str()).collect()
    }

    fn add(markers: &Markers, at: Second, text: &str, site: Option<&str>) {
        markers.add(markers.fit(at, text, site, NOW).expect(text));
    }

    #[test]
    fn a_text_becomes_one_short_line() {
        let long = "é".repeat(300);
        let cut_off = format!("{}…", "é".repeat(MAX_TEXT - 1));
        let gap_at_the_end = format!("{} {}", "a".repeat(MAX_TEXT - 1), "bb");
        for (text, line) in [
            ("deploy shop 7.3.1", "deploy shop 7.3.1"),
            ("  deploy\r\n\tshop\u{2028}7 \n", "deploy shop 7"),
            ("a\u{0}\u{1b}[31mb", "a [31mb"),
            ("exe\u{202e}gpj", "exegpj"),
            ("배포 7.3.1 🚀", "배포 7.3.1 🚀"),
            ("\u{7}\n ", ""),
            (long.as_str(), cut_off.as_str()),
            (gap_at_the_end.as_str(), &format!("{}…", "a".repeat(MAX_TEXT - 1))),
        ] {
            assert_eq!(cut(one_line(text)), line);
            assert!(line.chars().count() <= MAX_TEXT);
        }
    }

    #[test]
    fn what_says_nothing_or_lies_outside_is_no_marker() {
        let markers = Markers::new(DAY);
        let oldest = NOW.plus(-i64::from(DAY));
        let host = "a".repeat(MAX_SITE + 1);
        for (at, text, site, expected) in [
            (NOW, " \n", None, Some(Unfit::Empty)),
            (NOW, "x", Some(host.as_str()), Some(Unfit::Site)),
            (NOW, "x", Some(&host[1..]), None),
            (NOW, "x", Some(" "), None),
            (oldest, "x", None, None),
            (oldest.plus(-1), "x", None, Some(Unfit::Old)),
            (NOW.plus(MAX_AHEAD_S), "x", None, None),
            (NOW.plus(MAX_AHEAD_S + 1), "x", None, Some(Unfit::Ahead)),
            (Second(NOW.0 * 1000), "x", None, Some(Unfit::Ahead)),
            (Second(i64::MIN), "x", None, Some(Unfit::Old)),
            (Second(i64::MAX), "x", None, Some(Unfit::Ahead)),
        ] {
            assert_eq!(markers.fit(at, text, site, NOW).err(), expected, "{at:?} {text} {site:?}");
        }
        assert!(markers.is_empty(), "fitting takes nothing in");
    }

    #[test]
    fn markers_stand_by_time_and_equal_times_as_they_came() {
        let markers = Markers::new(DAY);
        for (at, text) in [(5, "late"), (1, "early"), (5, "later"), (3, "between")] {
            add(&markers, NOW.plus(at), text, None);
        }
        assert_eq!(texts(&markers.newest(9)), ["early", "between", "late", "later"]);
        assert_eq!(texts(&markers.newest(2)), ["late", "later"]);
        let (from, to) = (Some(NOW.plus(3)), Some(NOW.plus(5)));
        assert_eq!(texts(&markers.between(from, to, None)), ["between"]);
    }

    #[test]
    fn a_marker_sent_again_is_one() {
        let markers = Markers::new(DAY);
        for _ in 0..3 {
            add(&markers, NOW, "deploy", Some("a.example"));
            add(&markers, NOW, "deploy", None);
        }
        assert_eq!(markers.len(), 2);
    }

    #[test]
    fn markers_are_taken_away_all_or_none() {
        let markers = Markers::new(DAY);
        for (at, text) in [(1, "a"), (1, "b"), (2, "a")] {
            add(&markers, NOW.plus(at), text, None);
        }
        let mark = |at, text, site| markers.fit(NOW.plus(at), text, site, NOW).unwrap();
        let (a, b) = (mark(1, "a", None), mark(1, "b", None));
        let others = [mark(3, "a", None), mark(1, "c", None), mark(1, "a", Some("a.example"))];
        for other in others {
            assert_eq!(markers.remove(&[a.clone(), other.clone()]), Err(&other));
        }
        assert_eq!(markers.remove(&[a.clone(), a.clone()]), Err(&a));
        assert_eq!(texts(&markers.newest(9)), ["a", "b", "a"]);
        assert_eq!(markers.remove(&[b.clone(), a]), Ok(()));
        assert_eq!(texts(&markers.newest(9)), ["a"]);
        assert_eq!(markers.remove(std::slice::from_ref(&b)), Err(&b));
    }

    #[test]
    fn a_marker_of_no_site_is_one_of_every_site() {
        let markers = Markers::new(DAY);
        add(&markers, NOW, "network", None);
        add(&markers, NOW, "a 2", Some("a.example"));
        add(&markers, NOW, "b 2", Some("b.example"));
        assert_eq!(texts(&markers.between(None, None, Some("a.example"))), ["network", "a 2"]);
        assert_eq!(markers.between(None, None, None).len(), 3);
    }

    #[test]
    fn a_full_list_loses_its_oldest_and_says_how_many() {
        let markers = Markers::new(DAY);
        for i in 0..MAX_MARKERS as i64 + 10 {
            add(&markers, NOW.plus(i % MAX_AHEAD_S), &i.to_string(), None);
        }
        assert_eq!((markers.len(), markers.crowded_out()), (MAX_MARKERS, 10));
        assert_eq!(texts(&markers.newest(MAX_MARKERS))[0], "10");
    }

    #[test]
    fn a_marker_leaves_at_the_age_of_the_window() {
        let markers = Markers::new(60);
        add(&markers, NOW.plus(-60), "old", None);
        add(&markers, NOW, "new", None);
        markers.age(NOW);
        assert_eq!(markers.len(), 2);
        markers.age(NOW.plus(1));
        assert_eq!(texts(&markers.newest(9)), ["new"]);
    }
}

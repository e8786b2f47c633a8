//! Claims about the site of what is told of a page.

use super::restart::restarted;
use super::*;

/// Of two sites with forty pages each, thirty-nine of which both have.
impl World {
    /// Seconds in which the pages of a site fail that `fails` says.
    fn sites(&mut self, seconds: usize, fails: impl Fn(&str, &str) -> bool) {
        for _ in 0..seconds {
            let mut block = Block::new(self.now);
            for n in 0..80 {
                let at = self.now.0 as usize * 80 + n;
                let site = if n % 2 == 0 { "shop.example" } else { "blog.example" };
                let page = if n < 4 && n % 2 == 0 { 99 } else { (at / 2) % 39 };
                let path = format!("/p/x{page}y");
                let mut row = Row::new(Kind::Access);
                row.status = if fails(site, &path) { 503 } else { 200 };
                row.set(Field::Path, &path);
                let client = format!("203.0.113.{}", at % 97);
                row.set(Field::Client, &client);
                row.set(Field::Site, site);
                block.append(&row);
            }
            self.live.absorb(block);
            let closed = self.live.close(self.now);
            self.now = self.now.plus(1);
            self.said.extend(self.anomalies.close(&self.live, &closed, &Outside::default()));
        }
    }

    /// The site, key and filter of what was opened.
    fn opened(&mut self) -> Vec<(Option<String>, Option<String>, Option<String>)> {
        let said = std::mem::take(&mut self.said).into_iter();
        let opened = said.filter(|a| a.state == AnomalyState::Open);
        opened.map(|a| (a.site, a.key, a.filter)).collect()
    }
}

/// The page that the shop alone has, and one that both have.
const OWN: &str = "/p/x99y";
const SHARED: &str = "/p/x7y";

fn told(site: Option<&str>, page: &str) -> (Option<String>, Option<String>, Option<String>) {
    let of_site = site.map(|site| format!(" site:{site}")).unwrap_or_default();
    let filter = format!("status:5xx route:{page}{of_site}");
    (site.map(str::to_owned), Some(page.to_owned()), Some(filter))
}

#[test]
fn a_page_that_one_site_has_is_told_of_that_site_and_over_a_restart() {
    let mut world = World::new();
    world.sites(900, |_, _| false);
    world.sites(30, |_, path| path == OWN);
    let id = world.said.first().expect("it is told").id.clone();
    assert_eq!(world.opened(), [told(Some("shop.example"), OWN)]);
    let mut world = restarted(&world);
    world.sites(60, |_, path| path == OWN);
    world.sites(300, |_, _| false);
    assert!(world.said.iter().all(|a| a.id == id), "{:?}", world.said);
    let last = world.said.last().expect("it is over");
    assert_eq!((last.state, last.site.as_deref()), (AnomalyState::Closed, Some("shop.example")));
    assert!(last.filter.as_deref().is_some_and(|f| f.ends_with(" site:shop.example")), "{last:?}");
    assert!(!last.samples.is_empty(), "{last:?}");
}

#[test]
fn a_page_that_all_have_is_told_of_the_site_where_it_fails() {
    let mut world = World::new();
    world.sites(900, |_, _| false);
    world.sites(30, |site, path| path == SHARED && site == "blog.example");
    assert_eq!(world.opened(), [told(Some("blog.example"), SHARED)]);
}

#[test]
fn a_page_that_fails_everywhere_is_told_of_no_site() {
    let mut world = World::new();
    world.sites(900, |_, _| false);
    world.sites(30, |_, path| path == SHARED);
    assert_eq!(world.opened(), [told(None, SHARED)]);
}

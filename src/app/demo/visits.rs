//! Who is on the sites: visits, their addresses, and how their requests end on a good day.

use super::agents::{Agent, BROWSERS, PHRASES, REFERRERS};
use super::link::Link;
use super::places;
use super::rng::Rng;
use super::world::{Kind, Route, SHOP, SITES};

/// Somebody who looks around on a site.
#[derive(Clone, Debug)]
pub(super) struct Visit {
    pub(super) client: String,
    pub(super) agent: &'static str,
    pub(super) site: usize,
    pub(super) referrer: String,
    pub(super) pages_left: usize,
    /// The browser has the assets already and asks whether they changed.
    pub(super) returning: bool,
    pub(super) link: Link,
    /// Whom HTTP's own authentication names; empty for nobody.
    pub(super) user: &'static str,
}

impl Visit {
    /// One request of a program.
    pub(super) fn single(client: String, agent: &'static str, site: usize, link: Link) -> Visit {
        let (pages_left, returning) = (1, false);
        Visit {
            client,
            agent,
            site,
            referrer: String::new(),
            pages_left,
            returning,
            link,
            user: "",
        }
    }
}

pub(super) fn new_visit(rng: &mut Rng) -> Visit {
    let site = *rng.weighted(&[0usize, 1, 2, 3], |&index| SITES[index].weight);
    let agent = rng.weighted(&BROWSERS, |agent: &Agent| agent.weight).text;
    let referrer = rng.weighted(&REFERRERS, |(_, weight)| *weight).0;
    let phrase = PHRASES[rng.zipf(PHRASES.len())];
    let link = Link::browser(rng, agent.contains("Mobile"));
    Visit {
        referrer: referrer.replace("{p}", phrase),
        pages_left: 1 + rng.log_normal(4.0, 0.8).min(40.0) as usize,
        returning: rng.chance(0.35),
        ..Visit::single(places::visitor(rng).to_string(), agent, site, link)
    }
}

/// The status that a route gives on a good day.
pub(super) fn usual_status(rng: &mut Rng, route: &Route, visit: &Visit) -> u16 {
    let x = rng.unit();
    if route.path.starts_with("/old/") {
        return if x < 0.8 { 301 } else { 404 };
    }
    // Only what has a name of its own can have gone.
    let can_be_gone = route.path.contains('{');
    match route.kind {
        Kind::Page if x < 0.014 && can_be_gone => 404,
        Kind::Page if x < 0.013 => 499,
        Kind::Feed if x < 0.5 => 304,
        Kind::Page | Kind::Search if x > 0.9995 => 500,
        Kind::Search if x < 0.004 => 400,
        Kind::Asset | Kind::Image if visit.returning && x < 0.28 => 304,
        Kind::Image if x > 0.992 => 404,
        Kind::Image if route.path.ends_with(".mp4") => 206,
        Kind::Checkout if x < 0.03 => 422,
        Kind::Login if x < 0.14 => 401,
        Kind::Login if visit.site == SHOP => 302,
        Kind::Api if x < 0.008 => 401,
        Kind::Api if x < 0.020 && can_be_gone => 404,
        Kind::Api if x > 0.9992 => 500,
        Kind::Api if route.method == "DELETE" => 204,
        Kind::Api if route.method == "POST" => 201,
        _ => 200,
    }
}

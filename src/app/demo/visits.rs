//! Who is on the sites: visits, their addresses, and how their requests end on a good day.

use super::rng::Rng;
use super::world::{Agent, BROWSERS, Kind, REFERRERS, Route, SHOP, SITES};

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
    pub(super) protocol: &'static str,
}

pub(super) fn new_visit(rng: &mut Rng) -> Visit {
    let site = rng.weighted(&[0usize, 1, 2, 3], |&index| SITES[index].weight);
    let agent = rng.weighted(&BROWSERS, |agent: &Agent| agent.weight).text;
    let referrer = rng.weighted(&REFERRERS, |(_, weight)| *weight).0;
    Visit {
        client: new_client(rng),
        agent,
        site: *site,
        referrer: referrer.to_owned(),
        pages_left: 1 + rng.log_normal(4.0, 0.8).min(40.0) as usize,
        returning: rng.chance(0.35),
        protocol: if rng.chance(0.86) { "HTTP/2.0" } else { "HTTP/1.1" },
    }
}

/// An address set aside for documentation: IPv4 stands for whole networks behind one address, IPv6
/// for single households, so that there are as many clients as a real site has.
fn new_client(rng: &mut Rng) -> String {
    if rng.chance(0.45) {
        return format!("203.0.113.{}", 1 + rng.zipf(254));
    }
    let bits = rng.bits();
    let (net, subnet) = (bits >> 40 & 0xfff, bits >> 52 & 0xff);
    format!("2001:db8:{net:x}:{subnet:x}::{:x}", 1 + (bits & 0xffff))
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

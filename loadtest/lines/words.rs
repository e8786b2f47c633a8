//! What the lines say: clients, targets, statuses and agents of a busy public site, drawn by shares and Zipf's law.

use std::fmt::Write as _;

use super::agents::agents;
use super::dice::{Random, Zipf, pick};

/// How many different values the lines have.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variety {
    pub(crate) clients: usize,
    pub(crate) paths: usize,
    /// Names before the line where the shape has one.
    pub(crate) sites: usize,
    /// Every fourth line has the next client, path and site in turn, so that all of them come in four times as many
    /// lines; by Zipf's law alone the rarest of a million may never come.
    pub(crate) in_turn: bool,
}

impl Variety {
    /// As many as the peers were measured with, so that figures can be held beside theirs.
    pub(crate) const USUAL: Variety =
        Variety { clients: 20_000, paths: 20_000, sites: 20, in_turn: false };
}

/// Statuses and how often of 1000 they come; 400 is the answer to what is no request.
const STATUSES: [(u16, u32); 12] = [
    (200, 838),
    (304, 62),
    (301, 21),
    (302, 18),
    (404, 38),
    (403, 5),
    (499, 4),
    (500, 4),
    (502, 3),
    (204, 2),
    (206, 3),
    (503, 2),
];
const METHODS: [(&str, u32); 4] = [("GET", 90), ("POST", 8), ("HEAD", 1), ("PUT", 1)];
const REFERRERS: [(&str, u32); 4] = [
    ("-", 55),
    ("https://shop.example/", 25),
    ("https://www.google.com/", 15),
    ("https://news.example.net/item?id=42", 5),
];
/// What is no request: nothing at all, or a TLS handshake at a plain port, as nginx writes both.
const NO_REQUEST: [(&str, u32); 3] = [
    ("", 4),
    (r"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\xE3\x9A\x1B\x88\xD0\x41\x7F\xC2", 4),
    (r"\x16\x03\x01\x00\xEE\x01\x00\x00\xEA\x03\x03\x5C\x8E", 2),
];
/// Of 1000 requests.
const MALFORMED: u32 = 2;

/// What one line tells.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) client: String,
    pub(crate) site: String,
    pub(crate) method: &'static str,
    /// Path and query.
    pub(crate) target: String,
    /// As it stands between the quotes of a combined line.
    pub(crate) request: String,
    pub(crate) status: u16,
    pub(crate) bytes: u64,
    pub(crate) referrer: &'static str,
    pub(crate) agent: &'a str,
    /// Seconds.
    pub(crate) took: f64,
}

impl Request<'_> {
    /// Makes the query longer by so many bytes; false where this is no request.
    pub(crate) fn lengthen(&mut self, by: usize) -> bool {
        if !self.request.contains(&self.target) {
            return false;
        }
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.extend("more=".chars().chain(std::iter::repeat('0')).take(by - 1));
        self.request = format!("{} {} HTTP/1.1", self.method, self.target);
        true
    }
}

#[derive(Debug)]
pub(crate) struct Words {
    variety: Variety,
    clients: Zipf,
    paths: Zipf,
    sites: Zipf,
    agents: Vec<String>,
    agent: Zipf,
    drawn: usize,
}

impl Words {
    pub(crate) fn new(variety: Variety) -> Words {
        let agents = agents();
        Words {
            variety,
            clients: Zipf::new(variety.clients, 0.95),
            paths: Zipf::new(variety.paths, 1.05),
            sites: Zipf::new(variety.sites, 1.0),
            agent: Zipf::new(agents.len(), 1.0),
            agents,
            drawn: 0,
        }
    }

    pub(crate) fn request(&mut self, random: &mut Random) -> Request<'_> {
        let turn = (self.variety.in_turn && self.drawn.is_multiple_of(4)).then_some(self.drawn / 4);
        self.drawn += 1;
        let who = rank(&self.clients, turn, random);
        let path = rank(&self.paths, turn, random);
        let site = rank(&self.sites, turn, random);
        let target = target(path, random);
        let status = pick(&STATUSES, random);
        let bytes =
            if status == 304 { 0 } else { 180 + (random.unit() * random.unit() * 90_000.0) as u64 };
        let method = pick(&METHODS, random);
        // A browser keeps its name; one request in ten comes from another behind the same address.
        let agent = if random.below(10) == 0 { random.unit() } else { Random(who as u64).unit() };
        let mut request = Request {
            client: client(who),
            site: format!("shop-{site}.example"),
            method,
            request: format!("{method} {target} HTTP/1.1"),
            target,
            status,
            bytes,
            referrer: pick(&REFERRERS, random),
            agent: &self.agents[self.agent.rank(agent)],
            // long-tailed: most take milliseconds, few take seconds
            took: 0.002 / (1.0 - random.unit()).max(1e-4),
        };
        if random.below(1000) < MALFORMED {
            request.request = pick(&NO_REQUEST, random).to_owned();
            (request.status, request.bytes) =
                (400, if request.request.is_empty() { 0 } else { 157 });
            (request.referrer, request.agent) = ("-", "-");
        }
        request
    }
}

/// The next in turn, in an order that says nothing of how usual they are, or one by Zipf's law.
fn rank(zipf: &Zipf, turn: Option<usize>, random: &mut Random) -> usize {
    // A prime that divides no number of values in use: all ranks come before one comes again.
    const STRIDE: usize = 7919;
    let drawn = zipf.rank(random.unit());
    turn.map_or(drawn, |turn| turn.wrapping_mul(STRIDE) % zipf.len())
}

/// One in twenty has an IPv6 address.
fn client(rank: usize) -> String {
    if rank % 20 == 7 {
        return format!("2001:db8:{:x}::{:x}", rank >> 8, rank & 0xff);
    }
    let first = [198, 203, 192][rank % 3];
    format!("{first}.{}.{}.{}", rank >> 8 & 0x7f, rank & 0xff, rank % 251 + 1)
}

/// One in five has a query.
fn target(path: usize, random: &mut Random) -> String {
    let mut target = match path % 5 {
        0 => format!("/product/{path}"),
        1 => format!("/static/app-{path:04x}.js"),
        2 => format!("/images/{path}/large.webp"),
        3 => format!("/api/v2/items/{path}"),
        _ => format!("/blog/2026/{}/a-title-of-some-words-{path}", path % 12 + 1),
    };
    if random.below(100) < 20 {
        let _ = write!(target, "?page={}&sort=price", random.below(40));
    }
    target
}

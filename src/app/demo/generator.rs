//! Makes up a second of traffic at a time: pure, so the same seed and time give the same lines.

use std::fmt::Write;

use super::agents::{Agent, TOOLS, USERS};
use super::bots::{self, Errand};
use super::incidents::{Incident, mark_at};
use super::link::Link;
use super::nginx::{Complaint, Level, Line, Log, Request};
use super::places;
use super::rng::Rng;
use super::visits::{Visit, new_visit, usual_status};
use super::world::{Kind, QUALITIES, Route, SCANNED, SHOP, SITES, Site, WORDS};
use crate::vocab::time::Second;

/// People on the sites at one time.
const VISITS: usize = 1_600;

/// The most lines in one second, whatever the waves add up to.
const MAX_LINES: usize = 4_000;

/// nginx gives up on a backend after so long in this demo's configuration.
const PROXY_TIMEOUT_MS: f64 = 10_000.0;

/// The state of the made-up world.
#[derive(Debug)]
pub struct Generator {
    pub(super) rng: Rng,
    /// Seconds since the start.
    pub(super) t: u64,
    pub(super) visits: Vec<Visit>,
    /// Slow noise on the rate, so that no two waves are alike.
    pub(super) drift: f64,
    pub(super) log: Log,
    /// Nothing goes wrong.
    pub(super) quiet: bool,
}

impl Generator {
    #[must_use]
    pub fn new(seed: u64) -> Generator {
        let mut rng = Rng::new(seed);
        let visits = (0..VISITS)
            .map(|_| {
                let mut visit = new_visit(&mut rng);
                visit.pages_left = rng.below(visit.pages_left + 1);
                visit
            })
            .collect();
        Generator { rng, t: 0, visits, drift: 0.0, log: Log::new(), quiet: false }
    }

    /// The next second's lines in the order they are sent; `second` is the time written on them.
    pub fn next(&mut self, second: Second) -> impl Iterator<Item = Line> + use<> {
        self.log.open(second);
        let incident = Incident::at(self.t).filter(|_| !self.quiet);
        let rate = self.rate() * incident.map_or(1.0, |(incident, _)| incident.traffic());
        let wanted = self.rng.poisson(rate).min(MAX_LINES);
        while self.log.len() < wanted {
            // A visit's page brings some four more requests, so that people make about two thirds of
            // them, programs and bots the rest.
            match self.rng.unit() {
                x if x < 0.31 => self.visitor(incident),
                x if x < 0.67 => self.tool(incident),
                x if x < 0.96 => self.bot(),
                x if x < 0.988 => self.health_check(),
                _ => self.background_noise(),
            }
        }
        if let Some((incident, progress)) = incident {
            self.incident_lines(incident, progress);
        }
        self.t += 1;
        self.log.take(MAX_LINES).into_iter()
    }

    /// What the made-up developers do in the second that [`next`](Generator::next) makes next: the
    /// site and the text of a marker.
    #[must_use]
    pub fn mark(&self) -> Option<(&'static str, String)> {
        Some((SITES[SHOP].host, mark_at(self.t)?))
    }

    /// Lines expected this second: a "day" of eight minutes, a shorter wave on it, and drift.
    fn rate(&mut self) -> f64 {
        let t = self.t as f64;
        self.drift = 0.97 * self.drift + 0.012 * self.rng.normal();
        let day = 0.42 * (std::f64::consts::TAU * t / 480.0).sin();
        let hour = 0.10 * (std::f64::consts::TAU * t / 67.0).sin();
        (700.0 * (1.0 + day + hour + self.drift)).clamp(300.0, 1_500.0)
    }

    /// A visitor opens a page and his browser fetches what belongs to it.
    fn visitor(&mut self, incident: Option<(Incident, f64)>) {
        let index = self.rng.below(self.visits.len());
        if self.visits[index].pages_left == 0 {
            self.visits[index] = new_visit(&mut self.rng);
        }
        let mut visit = self.visits[index].clone();
        let site = &SITES[visit.site];
        let route = self.rng.weighted(site.routes, |route| route.weight);
        let at_ms = self.rng.below(1000) as u16;
        let path = self.fill(route.path);
        if visit.link.protocol == "HTTP/1.1" && self.rng.chance(0.15) {
            // Who types an address types no scheme.
            let request = format!("{} {path} HTTP/1.1", route.method);
            let by = By { client: &visit.client, agent: visit.agent, link: Link::PLAIN };
            self.plain(at_ms, 0, site, by, &request, 301, 169);
        }
        self.route(&visit, route, &path, at_ms, incident);
        if matches!(route.kind, Kind::Page | Kind::Search) && !site.assets.is_empty() {
            let page = path.split('?').next().unwrap_or("/");
            visit.referrer = format!("https://{}{page}", site.host);
            let assets = 1 + self.rng.below(if visit.returning { 3 } else { 7 });
            for _ in 0..assets {
                let route = self.rng.weighted(site.assets, |route| route.weight);
                let path = self.fill(route.path);
                let later = 30 + self.rng.below(400) as u16;
                self.route(&visit, route, &path, (at_ms + later).min(999), incident);
            }
            visit.returning = true;
        }
        visit.pages_left -= 1;
        self.visits[index] = visit;
    }

    /// A program calls an API.
    fn tool(&mut self, incident: Option<(Incident, f64)>) {
        let agent = self.rng.weighted(&TOOLS, |agent: &Agent| agent.weight).text;
        let site = if self.rng.chance(0.8) { 2 } else { self.rng.below(SITES.len()) };
        let number = self.rng.zipf(60);
        let link = Link::program(&mut self.rng);
        let client = match number {
            // The shop's app runs on telephones.
            _ if agent.starts_with("okhttp") => places::visitor(&mut self.rng).to_string(),
            0..15 => format!("198.51.100.{}", 20 + number),
            _ => places::machine(3_000 + number * 7).to_string(),
        };
        let mut visit = Visit::single(client, agent, site, link);
        // Some of the API's partners name themselves to nginx.
        if site == 2 && number.is_multiple_of(3) && !agent.starts_with("okhttp") {
            visit.user = USERS[number / 3 % USERS.len()];
        }
        let route = self.rng.weighted(SITES[site].routes, |route| route.weight);
        let path = self.fill(route.path);
        let at_ms = self.rng.below(1000) as u16;
        self.route(&visit, route, &path, at_ms, incident);
    }

    fn bot(&mut self) {
        let (bot, address) = bots::visit(&mut self.rng);
        let site = self.rng.below(2);
        let link = Link::program(&mut self.rng);
        let visit = Visit::single(address.to_string(), bot.agent, site, link);
        let at_ms = self.rng.below(1000) as u16;
        let fixed = |method, path, kind| Route { method, path, kind, weight: 1.0 };
        let route = match bot.errand {
            Errand::Scan => {
                let path = *self.rng.pick(&SCANNED);
                let request = format!("GET {path} HTTP/1.1");
                let by = By { client: &visit.client, agent: visit.agent, link: visit.link };
                return self.plain(at_ms, 0, &SITES[site], by, &request, 404, 153);
            }
            Errand::Crawl if self.rng.chance(0.04) => fixed("GET", "/robots.txt", Kind::Asset),
            Errand::Crawl if self.rng.chance(0.03) => fixed("GET", "/sitemap.xml", Kind::Asset),
            Errand::Watch => fixed("HEAD", "/", Kind::Health),
            Errand::Feed => fixed("GET", "/feed.xml", Kind::Feed),
            Errand::Crawl | Errand::Fetch => {
                let pages: Vec<&Route> =
                    SITES[site].routes.iter().filter(|route| route.kind == Kind::Page).collect();
                let route = *self.rng.weighted(&pages, |route| route.weight);
                let path = self.fill(route.path);
                return self.route(&visit, route, &path, at_ms, None);
            }
        };
        self.route(&visit, &route, route.path, at_ms, None);
    }

    /// One request along a route: its outcome by the route's manner and by what goes wrong now.
    pub(super) fn route(
        &mut self,
        visit: &Visit,
        route: &Route,
        path: &str,
        at_ms: u16,
        incident: Option<(Incident, f64)>,
    ) {
        let site = &SITES[visit.site];
        let manner = route.kind.manner();
        let rng = &mut self.rng;
        let mut time_ms = rng.log_normal(manner.time_ms, manner.time_sigma);
        let mut bytes = rng.log_normal(manner.bytes, manner.bytes_sigma);
        let mut status = usual_status(rng, route, visit);
        let mut upstream = *rng.pick(site.upstreams);
        let mut cache = match manner.cached {
            share if share < 0.0 => "-",
            share if rng.chance(share) => "HIT",
            _ if rng.chance(0.1) => "EXPIRED",
            _ => "MISS",
        };
        let mut trouble = None;
        match incident {
            Some((Incident::SlowBackend, progress)) if visit.site == SHOP => {
                // The trouble grows and goes: a backend fills up and is restarted.
                let heat = (progress * std::f64::consts::PI).sin();
                let behind = matches!(route.kind, Kind::Checkout | Kind::Api | Kind::Page);
                if route.kind == Kind::Checkout && rng.chance(0.35 + 0.5 * heat) {
                    upstream = "10.0.0.7:8080";
                    if rng.chance(0.6) {
                        (status, time_ms, bytes) = (504, PROXY_TIMEOUT_MS, 569.0);
                        trouble = Some(Trouble::TimedOut);
                    } else {
                        (status, time_ms, bytes) = (502, rng.log_normal(3.0, 0.4), 559.0);
                        trouble = Some(Trouble::Reset);
                    }
                } else if behind && cache != "HIT" && rng.chance(0.4) {
                    time_ms *= 4.0 + 22.0 * heat;
                }
            }
            Some((Incident::Deploy, progress))
                if visit.site == SHOP && cache != "HIT" && progress < 0.6 && rng.chance(0.3) =>
            {
                (status, time_ms, bytes) = (502, rng.log_normal(1.0, 0.3), 559.0);
                trouble = Some(Trouble::Refused);
            }
            // Even a healthy backend does not answer now and then.
            _ if cache == "MISS" && status == 200 && rng.chance(0.0012) => {
                (status, time_ms, bytes) = (504, PROXY_TIMEOUT_MS, 569.0);
                trouble = Some(Trouble::TimedOut);
            }
            _ if status == 500 => trouble = Some(Trouble::Thrown),
            _ => {}
        }
        if matches!(status, 204 | 304 | 499) || route.method == "HEAD" {
            bytes = 0.0;
        }
        if status == 404 && route.kind != Kind::Api {
            bytes = 153.0;
        }
        if status == 301 {
            (bytes, cache) = (169.0, "-");
        }
        let asked = cache != "HIT" && status != 304 && status != 301 && route.kind != Kind::Health;
        let time_ms = if cache == "HIT" { time_ms.min(4.0) } else { time_ms };
        let line = format!("{} {path} {}", route.method, visit.link.protocol);
        let bytes_in = match route.method {
            "POST" | "PUT" => rng.log_normal(1_100.0, 0.6),
            _ => rng.log_normal(480.0, 0.25),
        };
        let mime = match status {
            204 | 304 | 499 => "-",
            301 | 302 | 404 | 500.. if route.kind != Kind::Api => "text/html",
            _ => route.kind.mime(path),
        };
        let web = rng.below(2);
        self.log.access(&Request {
            at_ms,
            client: &visit.client,
            agent: visit.agent,
            user: visit.user,
            link: visit.link,
            web,
            site,
            request: &line,
            referrer: &visit.referrer,
            status,
            bytes: bytes as u64,
            bytes_in: bytes_in as u64,
            mime,
            time_ms,
            upstream: asked.then_some((upstream, time_ms)),
            cache,
        });
        let file;
        let text = match (trouble, status, route.kind) {
            (Some(trouble), ..) => trouble.text(),
            (None, 404, Kind::Image) => {
                file = format!("open() \"/var/www{path}\" failed (2: No such file or directory)");
                &file
            }
            _ => return,
        };
        let address = format!("http://{upstream}{path}");
        self.log.error(&Complaint {
            at_ms,
            web,
            level: Level::Error,
            text,
            client: &visit.client,
            site,
            request: &line,
            upstream: if trouble.is_some() { &address } else { "" },
        });
    }

    /// A request that nginx answers itself, and what it says of one that it refuses.
    #[expect(clippy::too_many_arguments, reason = "the columns of a log line")]
    pub(super) fn plain(
        &mut self,
        at_ms: u16,
        web: usize,
        site: &Site,
        by: By<'_>,
        request: &str,
        status: u16,
        bytes: u64,
    ) {
        let time_ms = self.rng.log_normal(0.5, 0.4);
        self.log.access(&Request {
            at_ms,
            client: by.client,
            agent: by.agent,
            user: "",
            link: by.link,
            web,
            site,
            request,
            referrer: "",
            status,
            bytes,
            bytes_in: self.rng.log_normal(240.0, 0.2) as u64,
            mime: "text/html",
            time_ms,
            upstream: None,
            cache: "-",
        });
        if status == 403 {
            self.log.error(&Complaint {
                at_ms,
                web,
                level: Level::Error,
                text: "access forbidden by rule",
                client: by.client,
                site,
                request,
                upstream: "",
            });
        }
    }

    /// Puts numbers and words in a path, the popular ones more often.
    pub(super) fn fill(&mut self, template: &str) -> String {
        let mut path = String::with_capacity(template.len() + 16);
        let mut rest = template;
        while let Some(at) = rest.find('{') {
            path.push_str(&rest[..at]);
            let word = WORDS[self.rng.zipf(WORDS.len())];
            let _ = match rest.as_bytes().get(at + 1) {
                Some(b'n') => write!(path, "{}", 1000 + 7 * self.rng.zipf(900)),
                Some(b'm') => write!(path, "{:02}", 1 + self.rng.below(11)),
                Some(b's') => {
                    write!(path, "{}-{word}", QUALITIES[self.rng.zipf(QUALITIES.len())])
                }
                _ => write!(path, "{word}"),
            };
            rest = &rest[at + 3..];
        }
        path.push_str(rest);
        path
    }
}

/// Who asks for what nginx answers itself.
#[derive(Clone, Copy)]
pub(super) struct By<'a> {
    pub(super) client: &'a str,
    pub(super) agent: &'a str,
    pub(super) link: Link,
}

/// Why a backend gave no good answer, in nginx's words.
#[derive(Clone, Copy)]
enum Trouble {
    TimedOut,
    Reset,
    Refused,
    Thrown,
}

impl Trouble {
    fn text(self) -> &'static str {
        match self {
            Trouble::TimedOut => {
                "upstream timed out (110: Connection timed out) while reading response header from upstream"
            }
            Trouble::Reset => {
                "recv() failed (104: Connection reset by peer) while reading response header from upstream"
            }
            Trouble::Thrown => {
                "FastCGI sent in stderr: \"PHP message: PHP Fatal error:  Uncaught TypeError: Cart::total(): Return value must be of type int, null returned in /srv/shop/src/Cart.php:118\" while reading response header from upstream"
            }
            Trouble::Refused => {
                "connect() failed (111: Connection refused) while connecting to upstream"
            }
        }
    }
}

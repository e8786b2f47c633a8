//! Makes up a second of traffic at a time: pure, so the same seed and time give the same lines.

use std::fmt::Write;

use super::incidents::{Incident, mark_at};
use super::nginx::{Complaint, Level, Line, Log, Request};
use super::rng::Rng;
use super::visits::{Visit, new_visit, usual_status};
use super::world::{Agent, BOTS, HOSTILE, Kind, Route, SCANNED, SHOP, SITES, Site, TOOLS, WORDS};
use crate::vocab::time::Second;

/// People on the sites at one time.
const VISITS: usize = 1_600;

/// The most lines in one second, whatever the waves add up to.
const MAX_LINES: usize = 4_000;

/// nginx gives up on a backend after so long in this demo's configuration.
const PROXY_TIMEOUT_MS: f64 = 10_000.0;

/// What a healthy nginx complains of.
const MISSING_ICON: &str =
    "open() \"/var/www/html/apple-touch-icon.png\" failed (2: No such file or directory)";
const BAD_HANDSHAKE: &str = "SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking";

/// The state of the made-up world.
#[derive(Debug)]
pub struct Generator {
    rng: Rng,
    /// Seconds since the start.
    t: u64,
    visits: Vec<Visit>,
    /// Slow noise on the rate, so that no two waves are alike.
    drift: f64,
    log: Log,
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
        Generator { rng, t: 0, visits, drift: 0.0, log: Log::new() }
    }

    /// The next second's lines in the order they are sent; `second` is the time written on them.
    pub fn next(&mut self, second: Second) -> impl Iterator<Item = Line> + use<> {
        self.log.open(second);
        let incident = Incident::at(self.t);
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
        let client = self.rng.zipf(60);
        let visit = Visit {
            client: format!("198.51.100.{}", 20 + client),
            agent,
            site,
            referrer: String::new(),
            pages_left: 1,
            returning: false,
            protocol: if self.rng.chance(0.4) { "HTTP/2.0" } else { "HTTP/1.1" },
        };
        let route = self.rng.weighted(SITES[site].routes, |route| route.weight);
        let path = self.fill(route.path);
        let at_ms = self.rng.below(1000) as u16;
        self.route(&visit, route, &path, at_ms, incident);
    }

    fn bot(&mut self) {
        let number = self.rng.below(6);
        let agent = self.rng.weighted(&BOTS, |agent: &Agent| agent.weight).text;
        let site = self.rng.below(2);
        let visit = Visit {
            client: format!("192.0.2.{}", 10 + agent.len() % 40 * 6 + number),
            agent,
            site,
            referrer: String::new(),
            pages_left: 1,
            returning: false,
            protocol: "HTTP/1.1",
        };
        let at_ms = self.rng.below(1000) as u16;
        if self.rng.chance(0.04) {
            let robots =
                Route { method: "GET", path: "/robots.txt", kind: Kind::Asset, weight: 1.0 };
            return self.route(&visit, &robots, "/robots.txt", at_ms, None);
        }
        let pages: Vec<&Route> =
            SITES[site].routes.iter().filter(|route| route.kind == Kind::Page).collect();
        let route = *self.rng.weighted(&pages, |route| route.weight);
        let path = self.fill(route.path);
        self.route(&visit, route, &path, at_ms, None);
    }

    fn health_check(&mut self) {
        let at_ms = self.rng.below(1000) as u16;
        let site = self.rng.below(3);
        let visit = Visit {
            client: "10.0.0.2".to_owned(),
            agent: "kube-probe/1.33",
            site,
            referrer: String::new(),
            pages_left: 1,
            returning: false,
            protocol: "HTTP/1.1",
        };
        let route = Route { method: "GET", path: "/healthz", kind: Kind::Health, weight: 1.0 };
        self.route(&visit, &route, "/healthz", at_ms, None);
    }

    /// One request along a route: its outcome by the route's manner and by what goes wrong now.
    fn route(
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
            _ => {}
        }
        if matches!(status, 204 | 304 | 499) {
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
        let line = format!("{} {path} {}", route.method, visit.protocol);
        let web = rng.below(2);
        self.log.access(&Request {
            at_ms,
            client: &visit.client,
            agent: visit.agent,
            web,
            site,
            request: &line,
            referrer: &visit.referrer,
            status,
            bytes: bytes as u64,
            time_ms,
            upstream: asked.then_some((upstream, time_ms)),
            cache,
        });
        if let Some(trouble) = trouble {
            let address = format!("http://{upstream}{path}");
            self.log.error(&Complaint {
                at_ms,
                web,
                level: Level::Error,
                text: trouble.text(),
                client: &visit.client,
                site,
                request: &line,
                upstream: &address,
            });
        }
    }

    /// What the open internet sends anyhow, and what a healthy nginx writes into its error log.
    fn background_noise(&mut self) {
        let at_ms = self.rng.below(1000) as u16;
        let web = self.rng.below(2);
        let site = &SITES[self.rng.below(SITES.len())];
        let client = format!("203.0.113.{}", 1 + self.rng.zipf(254));
        match self.rng.below(8) {
            0 | 1 => {
                let &(request, agent, status) = self.rng.pick(&HOSTILE);
                let bytes = if status == 400 { 157 } else { 4_812 };
                self.plain(at_ms, web, site, &client, agent, request, status, bytes);
            }
            2..=4 => {
                let path = *self.rng.pick(&SCANNED);
                let request = format!("GET {path} HTTP/1.1");
                let agent =
                    "Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)";
                self.plain(at_ms, web, site, &client, agent, &request, 404, 153);
            }
            kind => {
                let number = self.rng.below(90_000);
                let temporary = format!(
                    "an upstream response is buffered to a temporary file /var/cache/nginx/proxy_temp/{}/{:02}/{number:010} while reading upstream",
                    number % 10,
                    number / 10 % 100
                );
                let upstream = format!("http://{}/v1/reports/daily", site.upstreams[0]);
                let (level, text, request, upstream) = match kind {
                    5 => (Level::Error, MISSING_ICON, "GET /apple-touch-icon.png HTTP/2.0", ""),
                    6 => (Level::Warn, &*temporary, "GET /v1/reports/daily HTTP/1.1", &*upstream),
                    _ => (Level::Crit, BAD_HANDSHAKE, "", ""),
                };
                let client = &client;
                self.log.error(&Complaint {
                    at_ms,
                    web,
                    level,
                    text,
                    client,
                    site,
                    request,
                    upstream,
                });
            }
        }
    }

    /// The lines that an incident adds; what it does to others is in [`Generator::route`].
    fn incident_lines(&mut self, incident: Incident, progress: f64) {
        let count = match incident {
            Incident::SlowBackend => self.rng.poisson(18.0),
            Incident::Scanner => self.rng.poisson(130.0),
            Incident::CrawlerBurst => {
                self.rng.poisson(620.0 * (progress * std::f64::consts::PI).sin())
            }
            Incident::Deploy => 0,
            Incident::BruteForce => self.rng.poisson(45.0),
        };
        for _ in 0..count {
            let at_ms = self.rng.below(1000) as u16;
            match incident {
                Incident::SlowBackend => {
                    // Who gets an error presses the button again.
                    let index = self.rng.below(self.visits.len());
                    let mut visit = self.visits[index].clone();
                    visit.site = SHOP;
                    visit.referrer = "https://shop.example.org/cart".to_owned();
                    let route = SITES[SHOP].routes.iter().find(|r| r.kind == Kind::Checkout);
                    let Some(route) = route else { continue };
                    self.route(&visit, route, route.path, at_ms, Some((incident, progress)));
                }
                Incident::Scanner => {
                    let path = *self.rng.pick(&SCANNED);
                    let method = if path.ends_with("wp-login.php") { "POST" } else { "GET" };
                    let request = format!("{method} {path} HTTP/1.1");
                    let status = if self.rng.chance(0.04) { 403 } else { 404 };
                    let agent = "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/52.0.2743.116 Safari/537.36";
                    let site = &SITES[1];
                    self.plain(at_ms, 0, site, "203.0.113.66", agent, &request, status, 153);
                }
                Incident::CrawlerBurst => {
                    let number = 1 + self.rng.below(9_000);
                    let client = format!("192.0.2.{}", 200 + self.rng.below(24));
                    let visit = Visit {
                        client,
                        agent: "HungryCrawler/1.4 (+https://crawler.example/bot)",
                        site: SHOP,
                        referrer: String::new(),
                        pages_left: 1,
                        returning: false,
                        protocol: "HTTP/1.1",
                    };
                    let path = format!("/products/{number}?sort=price&page={}", number % 40);
                    let route = &SITES[SHOP].routes[1];
                    self.route(&visit, route, &path, at_ms, None);
                }
                Incident::Deploy => {}
                Incident::BruteForce => {
                    let client = format!("198.51.100.{}", 224 + self.rng.below(16));
                    let request = "POST /login HTTP/1.1";
                    let limited = self.rng.chance(0.25);
                    let (status, bytes) = if limited { (429, 169) } else { (401, 612) };
                    let site = &SITES[SHOP];
                    let agent = "python-requests/2.32.3";
                    self.plain(at_ms, 1, site, &client, agent, request, status, bytes);
                    if limited {
                        let excess = self.rng.unit() * 20.0;
                        let text =
                            format!("limiting requests, excess: {excess:.3} by zone \"login\"");
                        self.log.error(&Complaint {
                            at_ms,
                            web: 1,
                            level: Level::Error,
                            text: &text,
                            client: &client,
                            site,
                            request,
                            upstream: "",
                        });
                    }
                }
            }
        }
    }

    /// A request that nginx answers itself.
    #[expect(clippy::too_many_arguments, reason = "the columns of a log line")]
    fn plain(
        &mut self,
        at_ms: u16,
        web: usize,
        site: &Site,
        client: &str,
        agent: &str,
        request: &str,
        status: u16,
        bytes: u64,
    ) {
        let time_ms = self.rng.log_normal(0.5, 0.4);
        self.log.access(&Request {
            at_ms,
            client,
            agent,
            web,
            site,
            request,
            referrer: "",
            status,
            bytes,
            time_ms,
            upstream: None,
            cache: "-",
        });
    }

    /// Puts numbers and words in a path, the popular ones more often.
    fn fill(&mut self, template: &str) -> String {
        let mut path = String::with_capacity(template.len() + 16);
        let mut rest = template;
        while let Some(at) = rest.find('{') {
            path.push_str(&rest[..at]);
            if rest[at..].starts_with("{n}") {
                let _ = write!(path, "{}", 1000 + 7 * self.rng.zipf(900));
            } else {
                path.push_str(WORDS[self.rng.zipf(WORDS.len())]);
            }
            rest = &rest[at + 3..];
        }
        path.push_str(rest);
        path
    }
}

/// Why a backend gave no answer, in nginx's words.
#[derive(Clone, Copy)]
enum Trouble {
    TimedOut,
    Reset,
    Refused,
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
            Trouble::Refused => {
                "connect() failed (111: Connection refused) while connecting to upstream"
            }
        }
    }
}

impl Incident {
    /// What it does to the traffic of everybody else.
    fn traffic(self) -> f64 {
        match self {
            Incident::Deploy => 0.45,
            Incident::SlowBackend => 0.95,
            _ => 1.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashSet};

    use super::*;
    use crate::decode::envelope;
    use crate::decode::formats::recognise::Recogniser;
    use crate::vocab::event::Kind as EventKind;

    /// 2026-11-22T10:00:00Z
    const START: Second = Second(1_795_341_600);

    fn seconds(seed: u64, count: i64) -> Vec<Vec<Line>> {
        seconds_from(0, seed, count)
    }

    /// The seconds from `t` of the programme on.
    fn seconds_from(t: u64, seed: u64, count: i64) -> Vec<Vec<Line>> {
        let mut generator = Generator { t, ..Generator::new(seed) };
        (0..count).map(|i| generator.next(START.plus(i)).collect()).collect()
    }

    /// The status of an access line.
    fn status(line: &Line) -> Option<u16> {
        line.datagram.starts_with("<190>").then_some(())?;
        line.datagram.split("\" ").nth(1)?.get(..3)?.parse().ok()
    }

    fn share(lines: &[&Line], class: u16) -> f64 {
        let statuses: Vec<u16> = lines.iter().filter_map(|line| status(line)).collect();
        let of = statuses.iter().filter(|&&status| status / 100 == class).count();
        of as f64 / statuses.len() as f64
    }

    #[test]
    fn the_same_seed_gives_the_same_traffic() {
        assert_eq!(seconds_from(70, 7, 10), seconds_from(70, 7, 10));
        assert_ne!(seconds(7, 2), seconds(8, 2));
    }

    #[test]
    fn a_quiet_minute_looks_like_a_healthy_site() {
        let minute = seconds(1, 60);
        let lines: Vec<&Line> = minute.iter().flatten().collect();
        for second in &minute {
            assert!((250..2_000).contains(&second.len()), "{}", second.len());
            assert!(second.windows(2).all(|pair| pair[0].at_ms <= pair[1].at_ms));
            assert!(second.iter().all(|line| line.at_ms < 1000));
        }
        let shares: Vec<f64> = (2..=5).map(|class| share(&lines, class)).collect();
        assert!((0.80..0.95).contains(&shares[0]), "{shares:?}");
        assert!((0.03..0.16).contains(&shares[1]), "{shares:?}");
        assert!((0.005..0.05).contains(&shares[2]), "{shares:?}");
        assert!((0.0..0.003).contains(&shares[3]), "{shares:?}");
    }

    #[test]
    fn every_line_is_understood() {
        let mut recogniser = Recogniser::default();
        for line in
            [0, 90, 210, 340, 455, 560].iter().flat_map(|&t| seconds_from(t, 4, 4)).flatten()
        {
            let envelope = envelope::parse(&line.datagram);
            assert!(envelope.hostname.is_some_and(|host| host.starts_with("web-")));
            let event = recogniser.decode(envelope.message);
            assert_ne!(event.kind, EventKind::Message, "{}", line.datagram);
        }
    }

    #[test]
    fn many_clients_come_and_few_paths_get_most() {
        let minute = seconds(3, 60);
        let mut clients = HashSet::new();
        let mut paths: BTreeMap<&str, usize> = BTreeMap::new();
        let mut hosts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut total = 0;
        for line in minute.iter().flatten().filter(|line| status(line).is_some()) {
            let text = &line.datagram;
            clients.insert(text.split(' ').nth(5).unwrap());
            *paths.entry(text.split('"').nth(1).unwrap()).or_default() += 1;
            *hosts.entry(text.rsplit("host=").next().unwrap()).or_default() += 1;
            total += 1;
        }
        assert!(clients.len() > 1_000, "{}", clients.len());
        assert_eq!(hosts.len(), SITES.len(), "{hosts:?}");
        let mut counts: Vec<usize> = paths.values().copied().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        assert!(counts.iter().take(20).sum::<usize>() * 4 > total, "{counts:?}");
        assert!(counts.len() > 500, "{}", counts.len());
    }

    #[test]
    fn the_slow_backend_shows_in_status_time_and_error_log() {
        let checkout = |run: &[Vec<Line>], code: u16| {
            let hits = run.iter().flatten().filter(|line| {
                line.datagram.contains("POST /api/checkout ") && status(line) == Some(code)
            });
            hits.count()
        };
        let (before, during) = (seconds_from(60, 5, 10), seconds_from(90, 5, 20));
        assert_eq!(checkout(&before, 504), 0);
        assert!(checkout(&during, 504) > 80, "{}", checkout(&during, 504));
        assert!(checkout(&during, 502) > 40);
        let timed_out = during
            .iter()
            .flatten()
            .filter(|line| line.datagram.contains("upstream timed out"))
            .count();
        assert_eq!(timed_out, checkout(&during, 504));
    }

    #[test]
    fn the_scanner_is_one_client_asking_for_what_is_not_there() {
        let run = seconds_from(205, 5, 20);
        let lines = run.iter().flatten();
        let scans = lines.filter(|line| line.datagram.contains(": 203.0.113.66 - - "));
        let (all, not_found) = scans.fold((0, 0), |(all, not_found), line| {
            (all + 1, not_found + usize::from(status(line) == Some(404)))
        });
        assert!(all > 2_000 && not_found * 100 > all * 90, "{not_found} of {all}");
    }
}

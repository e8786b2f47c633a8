//! What comes beside the visitors: health checks, the open internet's noise, and the incidents' lines.

use super::generator::{By, Generator};
use super::incidents::Incident;
use super::link::Link;
use super::nginx::{Complaint, Level};
use super::places;
use super::visits::Visit;
use super::world::{HOSTILE, Kind, Route, SCANNED, SHOP, SITES};

/// What a healthy nginx complains of.
const MISSING_ICON: &str =
    "open() \"/var/www/html/apple-touch-icon.png\" failed (2: No such file or directory)";
const BAD_HANDSHAKE: &str = "SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share) while SSL handshaking";

impl Generator {
    pub(super) fn health_check(&mut self) {
        let at_ms = self.rng.below(1000) as u16;
        let site = self.rng.below(3);
        let visit = Visit::single("10.0.0.2".to_owned(), "kube-probe/1.33", site, Link::PLAIN);
        let route = Route { method: "GET", path: "/healthz", kind: Kind::Health, weight: 1.0 };
        self.route(&visit, &route, "/healthz", at_ms, None);
    }

    /// What the open internet sends anyhow, and what a healthy nginx writes into its error log.
    pub(super) fn background_noise(&mut self) {
        let at_ms = self.rng.below(1000) as u16;
        let web = self.rng.below(2);
        let site = &SITES[self.rng.below(SITES.len())];
        let client = match self.rng.chance(0.5) {
            true => format!("203.0.113.{}", 1 + self.rng.zipf(254)),
            false => places::visitor(&mut self.rng).to_string(),
        };
        match self.rng.below(8) {
            0 | 1 => {
                let &(request, agent, status) = self.rng.pick(&HOSTILE);
                let bytes = if status == 400 { 157 } else { 4_812 };
                let by = By { client: &client, agent, link: Link::PLAIN };
                self.plain(at_ms, web, site, by, request, status, bytes);
            }
            2..=4 => {
                let path = *self.rng.pick(&SCANNED);
                let request = format!("GET {path} HTTP/1.1");
                let status = if path.contains("/.") { 403 } else { 404 };
                let by = By { client: &client, agent: "python-requests/2.32.3", link: Link::PLAIN };
                self.plain(at_ms, web, site, by, &request, status, 153);
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
    pub(super) fn incident_lines(&mut self, incident: Incident, progress: f64) {
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
                    let by = By { client: "203.0.113.66", agent, link: Link::PLAIN };
                    self.plain(at_ms, 0, site, by, &request, status, 153);
                }
                Incident::CrawlerBurst => {
                    let number = 1 + self.rng.below(9_000);
                    let client = format!("192.0.2.{}", 200 + self.rng.below(24));
                    let agent = "HungryCrawler/1.4 (+https://crawler.example/bot)";
                    let link = Link::program(&mut self.rng);
                    let visit = Visit::single(client, agent, SHOP, link);
                    let route = &SITES[SHOP].routes[1];
                    let path = self.fill(route.path);
                    let path = format!("{path}?sort=price&page={}", number % 40);
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
                    let link = Link::program(&mut self.rng);
                    let by = By { client: &client, agent, link };
                    self.plain(at_ms, 1, site, by, request, status, bytes);
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
}

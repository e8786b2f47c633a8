//! Lines as a busy site writes them: the same ones each time, prebuilt, so that sending costs a
//! copy and two time stamps.

use std::fmt::Write as _;
use std::str::FromStr;

use chrono::{DateTime, Utc};

/// Distinct lines of a pool; about 16 MiB.
pub(crate) const POOL: usize = 65_536;

const CLIENTS: usize = 20_000;
const PATHS: usize = 5_000;

/// Agents and how often of 100 they come.
const AGENTS: [(&str, u32); 8] = [
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
        38,
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
        24,
    ),
    ("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0", 14),
    (
        "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15",
        10,
    ),
    ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", 6),
    ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", 3),
    ("curl/8.11.0", 3),
    ("-", 2),
];

/// Statuses and how often of 1000 they come.
const STATUSES: [(u16, u32); 10] = [
    (200, 842),
    (304, 62),
    (301, 21),
    (302, 18),
    (404, 38),
    (403, 5),
    (499, 4),
    (500, 5),
    (502, 3),
    (204, 2),
];

const METHODS: [(&str, u32); 4] = [("GET", 90), ("POST", 8), ("HEAD", 1), ("PUT", 1)];

const REFERRERS: [(&str, u32); 4] = [
    ("-", 55),
    ("https://shop.example/", 25),
    ("https://www.google.com/", 15),
    ("https://news.example.net/item?id=42", 5),
];

/// Shares of the kinds of lines.
#[derive(Clone, Debug)]
pub(crate) struct Mix(Vec<(Shape, u32)>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Combined,
    /// Combined with request and upstream time behind.
    Timed,
    Json,
    /// An error-log line of nginx.
    Error,
    /// Fits no format.
    Broken,
}

impl FromStr for Mix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut shares = Vec::new();
        for part in text.split(',') {
            let (name, share) = part.split_once('=').ok_or(format!("{part}: not NAME=SHARE"))?;
            let shape = match name {
                "combined" => Shape::Combined,
                "timed" => Shape::Timed,
                "json" => Shape::Json,
                "error" => Shape::Error,
                "broken" => Shape::Broken,
                _ => return Err(format!("{name}: not combined, timed, json, error or broken")),
            };
            shares.push((shape, share.parse().map_err(|_| format!("{share}: not a number"))?));
        }
        if shares.iter().all(|s| s.1 == 0) {
            return Err("every share is 0".into());
        }
        Ok(Mix(shares))
    }
}

/// Prebuilt lines and where in each the time stands.
#[derive(Debug)]
pub(crate) struct Pool {
    bytes: Vec<u8>,
    lines: Vec<Line>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    start: usize,
    end: usize,
    /// From the start of the line: of the header's time (`Nov 22 10:00:00`), behind `<190>`.
    header: usize,
    /// Of the line's own time and how it is written.
    time: Option<(usize, TimeForm)>,
    /// Where the line without its header starts.
    body: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum TimeForm {
    /// `22/Nov/2026:10:00:00`
    Clf,
    /// `2026-11-22T10:00:00`
    Iso,
    /// `2026/11/22 10:00:00`
    Error,
}

/// One moment in every form that lines have.
#[derive(Debug)]
pub(crate) struct Now {
    /// As RFC 3164 has it.
    pub(crate) header: String,
    pub(crate) clf: String,
    iso: String,
    error: String,
}

impl Now {
    pub(crate) fn new(now: DateTime<Utc>) -> Now {
        Now {
            header: now.format("%b %e %H:%M:%S").to_string(),
            clf: now.format("%d/%b/%Y:%H:%M:%S").to_string(),
            iso: now.format("%Y-%m-%dT%H:%M:%S").to_string(),
            error: now.format("%Y/%m/%d %H:%M:%S").to_string(),
        }
    }
}

impl Pool {
    /// The same lines for the same mix.
    pub(crate) fn new(mix: &Mix, count: usize) -> Pool {
        let mut random = Random(0x7461_706c_696e_6531);
        let clients = Zipf::new(CLIENTS, 0.95);
        let paths = Zipf::new(PATHS, 1.05);
        let now = Now::new(Utc::now());
        let mut pool = Pool { bytes: Vec::with_capacity(count * 260), lines: Vec::new() };
        let mut text = String::new();
        for i in 0..count {
            let shape = pick(&mix.0, &mut random);
            text.clear();
            let header = "<190>".len();
            let pri = if shape == Shape::Error { 187 } else { 190 };
            let _ = write!(text, "<{pri}>{} web-{} nginx: ", now.header, i % 3 + 1);
            let body = text.len();
            let time = write_line(&mut text, shape, &now, &clients, &paths, &mut random);
            let start = pool.bytes.len();
            pool.bytes.extend_from_slice(text.as_bytes());
            pool.lines.push(Line { start, end: pool.bytes.len(), header, time, body });
        }
        pool
    }

    /// Appends line `i` (of an endless round) with the time `now`; with its syslog header unless
    /// `bare`. Nothing stands behind it.
    pub(crate) fn write(&self, i: u64, now: &Now, bare: bool, into: &mut Vec<u8>) {
        let line = self.lines[(i % self.lines.len() as u64) as usize];
        let skip = if bare { line.body } else { 0 };
        let at = into.len();
        into.extend_from_slice(&self.bytes[line.start + skip..line.end]);
        let mut stamp = |from: usize, text: &str| {
            let from = at + from - skip;
            into[from..from + text.len()].copy_from_slice(text.as_bytes());
        };
        if !bare {
            stamp(line.header, &now.header);
        }
        if let Some((from, form)) = line.time {
            stamp(
                from,
                match form {
                    TimeForm::Clf => &now.clf,
                    TimeForm::Iso => &now.iso,
                    TimeForm::Error => &now.error,
                },
            );
        }
    }
}

fn write_line(
    text: &mut String,
    shape: Shape,
    now: &Now,
    clients: &Zipf,
    paths: &Zipf,
    random: &mut Random,
) -> Option<(usize, TimeForm)> {
    let client = clients.rank(random.unit());
    let client = if client % 20 == 7 {
        format!("2001:db8:{:x}::{:x}", client >> 8, client & 0xff)
    } else {
        format!(
            "{}.{}.{}.{}",
            [198, 203, 192][client % 3],
            client >> 8 & 0x7f,
            client & 0xff,
            client % 251 + 1
        )
    };
    let path = paths.rank(random.unit());
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
    let status = pick(&STATUSES, random);
    let bytes =
        if status == 304 { 0 } else { 180 + (random.unit() * random.unit() * 90_000.0) as u64 };
    let method = pick(&METHODS, random);
    let (referrer, agent) = (pick(&REFERRERS, random), pick(&AGENTS, random));
    // long-tailed: most take milliseconds, few take seconds
    let took = 0.002 / (1.0 - random.unit()).max(1e-4);
    match shape {
        Shape::Combined | Shape::Timed => {
            let _ = write!(text, "{client} - - [");
            let at = text.len();
            let _ = write!(
                text,
                "{} +0000] \"{method} {target} HTTP/1.1\" {status} {bytes} \"{referrer}\" \"{agent}\"",
                now.clf
            );
            if shape == Shape::Timed {
                let _ = write!(text, " {took:.3} {:.3}", took * 0.9);
            }
            Some((at, TimeForm::Clf))
        }
        Shape::Json => {
            text.push_str("{\"time\":\"");
            let at = text.len();
            let _ = write!(
                text,
                "{}+00:00\",\"remote_addr\":\"{client}\",\"host\":\"shop.example\",\"method\":\"{method}\",\
                 \"uri\":\"{target}\",\"status\":{status},\"bytes\":{bytes},\"request_time\":{took:.3},\
                 \"referer\":\"{referrer}\",\"user_agent\":\"{agent}\"}}",
                now.iso
            );
            Some((at, TimeForm::Iso))
        }
        Shape::Error => {
            let at = text.len();
            let _ = write!(
                text,
                "{} [error] 4242#4242: *{} connect() failed (111: Connection refused) while connecting to \
                 upstream, client: {client}, server: shop.example, request: \"GET {target} HTTP/1.1\", \
                 upstream: \"http://127.0.0.1:8080{target}\", host: \"shop.example\"",
                now.error,
                random.below(1_000_000)
            );
            Some((at, TimeForm::Error))
        }
        Shape::Broken => {
            let _ = write!(text, "worker {} says hello to {client}", random.below(8));
            None
        }
    }
}

fn pick<T: Copy>(shares: &[(T, u32)], random: &mut Random) -> T {
    let mut left = random.below(shares.iter().map(|s| s.1).sum());
    for &(value, share) in shares {
        if left < share {
            return value;
        }
        left -= share;
    }
    shares[0].0
}

/// splitmix64: small, and the same on every machine.
#[derive(Debug)]
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// 0 ≤ x < 1
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, n: u32) -> u32 {
        ((u64::from(n.max(1)) * (self.next() >> 32)) >> 32) as u32
    }
}

/// Rank `k` (from 0) comes with a weight of `1 / (k + 1)^exponent`.
#[derive(Debug)]
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(n: usize, exponent: f64) -> Zipf {
        let mut sum = 0.0;
        let mut sums: Vec<f64> = (1..=n)
            .map(|k| {
                sum += (k as f64).powf(-exponent);
                sum
            })
            .collect();
        sums.iter_mut().for_each(|s| *s /= sum);
        Zipf(sums)
    }

    fn rank(&self, unit: f64) -> usize {
        self.0.partition_point(|&s| s < unit).min(self.0.len() - 1)
    }
}

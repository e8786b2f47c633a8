//! Lines as a busy site writes them: the same ones each time, prebuilt, so that sending costs a
//! copy and two time stamps.

mod agents;
mod dice;
mod words;

use std::fmt::Write as _;
use std::str::FromStr;

use chrono::{DateTime, Utc};

pub(crate) use dice::Random;
use dice::pick;
pub(crate) use words::Variety;
use words::{Request, Words};

/// Distinct lines of a pool, about 62 MiB: nearly all clients and paths come. A sender goes through them in order, which
/// the processor reads ahead of, so that they need not fit its caches.
pub(crate) const POOL: usize = 262_144;

/// Shares of the kinds of lines.
#[derive(Clone, Debug)]
pub(crate) struct Mix(Vec<(Shape, u32)>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Shape {
    Combined,
    /// Combined with request and upstream time behind.
    Timed,
    /// Combined with everything behind it that `tapline snippet nginx` has nginx write.
    Full,
    /// Combined with the site before it.
    Vhost,
    Json,
    /// An error-log line of nginx.
    Error,
    /// Fits no format.
    Broken,
}

impl Mix {
    pub(crate) fn json() -> Mix {
        Mix(vec![(Shape::Json, 1)])
    }

    pub(crate) fn full() -> Mix {
        Mix(vec![(Shape::Full, 1)])
    }
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
                "full" => Shape::Full,
                "vhost" => Shape::Vhost,
                "json" => Shape::Json,
                "error" => Shape::Error,
                "broken" => Shape::Broken,
                _ => {
                    return Err(format!(
                        "{name}: not combined, timed, full, vhost, json, error or broken"
                    ));
                }
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

/// Makes lines, each anew; the same ones in the same order for the same mix and variety.
#[derive(Debug)]
pub(crate) struct Maker {
    mix: Mix,
    words: Words,
    random: Random,
    made: usize,
}

impl Maker {
    pub(crate) fn new(mix: &Mix, variety: Variety) -> Maker {
        let random = Random(0x7461_706c_696e_6531);
        Maker { mix: mix.clone(), words: Words::new(variety), random, made: 0 }
    }

    /// The next `count` lines.
    pub(crate) fn pool(&mut self, count: usize) -> Pool {
        self.gather(count, |_| Some(0))
    }

    /// The next `count` lines that are `length` bytes with their header or fewer; those that are fewer have a
    /// longer query.
    pub(crate) fn of_length(&mut self, count: usize, length: usize) -> Pool {
        self.gather(count, |line| length.checked_sub(line))
    }

    /// `more` is told how long a line is and says by how much it is lengthened; without an answer it is left out.
    fn gather(&mut self, count: usize, more: impl Fn(usize) -> Option<usize>) -> Pool {
        let now = Now::new(Utc::now());
        let mut pool = Pool { bytes: Vec::with_capacity(count * 260), lines: Vec::new() };
        let mut text = String::new();
        while pool.lines.len() < count {
            let shape = pick(&self.mix.0, &mut self.random);
            text.clear();
            let header = "<190>".len();
            let pri = if shape == Shape::Error { 187 } else { 190 };
            let _ = write!(text, "<{pri}>{} web-{} nginx: ", now.header, self.made % 3 + 1);
            self.made += 1;
            let body = text.len();
            let mut request = self.words.request(&mut self.random);
            let connection = self.random.below(1_000_000);
            let mut time = write_line(&mut text, shape, &now, &request, connection);
            match more(text.len()) {
                None => continue,
                Some(0) => {}
                Some(more) => {
                    if !request.lengthen(more) {
                        continue;
                    }
                    text.truncate(body);
                    time = write_line(&mut text, shape, &now, &request, connection);
                }
            }
            let start = pool.bytes.len();
            pool.bytes.extend_from_slice(text.as_bytes());
            pool.lines.push(Line { start, end: pool.bytes.len(), header, time, body });
        }
        pool
    }
}

impl Pool {
    /// The same lines for the same mix.
    pub(crate) fn new(mix: &Mix, count: usize) -> Pool {
        Maker::new(mix, Variety::USUAL).pool(count)
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

/// Where the line's own time stands, and how it is written. `connection` is of the error log.
fn write_line(
    text: &mut String,
    shape: Shape,
    now: &Now,
    request: &Request<'_>,
    connection: u32,
) -> Option<(usize, TimeForm)> {
    let Request { client, site, method, target, status, bytes, referrer, agent, took, .. } =
        request;
    match shape {
        Shape::Combined | Shape::Timed | Shape::Full | Shape::Vhost => {
            if shape == Shape::Vhost {
                let _ = write!(text, "{site} ");
            }
            let _ = write!(text, "{client} - - [");
            let at = text.len();
            let _ = write!(
                text,
                "{} +0000] \"{}\" {status} {bytes} \"{referrer}\" \"{agent}\"",
                now.clf, request.request
            );
            if shape == Shape::Timed {
                let _ = write!(text, " {took:.3} {:.3}", took * 0.9);
            }
            if shape == Shape::Full {
                let _ = write!(
                    text,
                    " rt={took:.3} uct=\"0.001\" urt=\"{:.3}\" ua=\"192.0.2.7:8080\" cs=MISS request_length=612 \
                     scheme=https ssl_protocol=TLSv1.3 ssl_cipher=TLS_AES_256_GCM_SHA384 \
                     mime=\"text/html; charset=utf-8\" xff=\"-\" host=\"{site}\"",
                    took * 0.9
                );
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
                "{} [error] 4242#4242: *{connection} connect() failed (111: Connection refused) while connecting to \
                 upstream, client: {client}, server: shop.example, request: \"GET {target} HTTP/1.1\", \
                 upstream: \"http://127.0.0.1:8080{target}\", host: \"shop.example\"",
                now.error
            );
            Some((at, TimeForm::Error))
        }
        Shape::Broken => {
            let _ = write!(text, "worker {} says hello to {client}", connection % 8);
            None
        }
    }
}

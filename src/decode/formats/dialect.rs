//! The dialects of JSON: who means something else by a name or a number than everybody else does.
//!
//! What to do for the lines of a framework that are not read, or not read rightly:
//!
//! 1. Its names are rows of `table.rs`, and mostly that is all. A name that says its unit (`duration_ms`) needs no
//!    dialect; a number that nothing says the unit of is read by what its source wrote before, in `units.rs`.
//! 2. Where its durations are in another unit than they would be by [`bare_us`], or it differs in one of the other
//!    ways of [`Differs`], it is an entry of [`NAMED`], known by names that only it has, with a [`Slot`] as its mark;
//!    without such names one of [`SHAPED`]. Its sample goes to the tests below, which hold that it is known as itself
//!    and as no other.
//! 3. A key that it spells as nobody else does is an arm of [`meant`], one that only wraps its fields a row of
//!    [`WRAPPERS`].
//! 4. A line of it, with all that is read of it, goes to `json_dialects.rs`.
//!
//! Whether a line is a request's or a program's own is asked of all dialects alike (`Found::kind`).

use super::alias::{self, Name, Slot};
use super::found::{Found, Value};
use super::scan;
use super::units::{self, Units};
use crate::vocab::event::{Bare, Level};

/// A dialect that is known by a name.
pub(super) struct Named {
    /// Who writes it.
    #[cfg_attr(not(test), expect(dead_code, reason = "for who reads this, and for tests"))]
    by: &'static str,
    /// What such a name says: that this is the dialect.
    pub(super) mark: Slot,
    /// Names that nobody else has, as its documentation writes them.
    pub(super) names: &'static [&'static str],
    differs: Differs,
}

/// A dialect that is known by what else the line says.
struct Shaped {
    #[cfg_attr(not(test), expect(dead_code, reason = "as above"))]
    by: &'static str,
    /// Whether the line, and its duration in this slot, are of it.
    known: fn(&Found<'_>, Slot) -> bool,
    differs: Differs,
}

/// In what it differs.
#[derive(Clone, Copy)]
enum Differs {
    /// A duration whose name says no unit is in this one, of so many microseconds.
    Bare(f64),
    /// Such a duration is in this unit where it has a fraction.
    Fraction(f64),
    /// Such a duration is in this unit where it is a whole number.
    Whole(f64),
    /// A response's `latency`, which is in milliseconds elsewhere, is in this unit.
    Latency(f64),
    /// A client's headers are encoded as in a URL.
    Encoded,
    /// `host` is the client.
    HostIsClient,
    /// It is an error that tells of a request a second time.
    ToldTwice,
    /// Its levels are numbers that rise from debugging to what is fatal.
    Levels,
    /// What its `event` names is the path, and its `runtime` is the request's, in milliseconds.
    EventIsPath,
}

const SECONDS: f64 = 1e6;
const MILLIS: f64 = 1e3;
const MICROS: f64 = 1.0;
const NANOS: f64 = 1e-3;

/// nginx users' `response_time`, and what ranks as it, is in seconds wherever it has a fraction.
const RESPONSE_TIME: Name = alias::named("responsetime");

/// Of an upstream the same, as Ruby's `X-Runtime` has it.
const BACKEND_TIME: Name = alias::named("backendtime");

/// Those that are known by a name.
pub(super) static NAMED: [Named; 11] = [
    // techdocs.akamai.com, "DataStream 2", "Data set parameters": what is no printable ASCII is "hex-encoded as per
    // RFC-1738 URL encoding". Which fields there are is chosen, and this is the only time.
    Named {
        by: "Akamai DataStream 2",
        mark: Slot::EdgeTime,
        names: &["reqTimeSec"],
        differs: Differs::Encoded,
    },
    // apisix.apache.org, "Plugins", "http-logger": "latency" and its like.
    Named {
        by: "APISIX",
        mark: Slot::Apisix,
        names: &["apisix_latency"],
        differs: Differs::Bare(MILLIS),
    },
    // learn.microsoft.com, "Application Insights telemetry data model", "Request".
    Named {
        by: "Application Insights",
        mark: Slot::AppInsights,
        names: &["performanceBucket"],
        differs: Differs::Bare(MILLIS),
    },
    // learn.microsoft.com, "HTTP logging in ASP.NET Core": "Duration". Whatever is logged has this beside its values.
    Named {
        by: "ASP.NET Core",
        mark: Slot::AspNet,
        names: &["{OriginalFormat}"],
        differs: Differs::Bare(MILLIS),
    },
    // docs.aws.amazon.com, "Standard logging reference": x-edge-location and, of a client's headers, "URL encoded".
    Named {
        by: "CloudFront",
        mark: Slot::CloudFront,
        names: &["x-edge-location", "x-edge-request-id"],
        differs: Differs::Encoded,
    },
    // envoyproxy.io, "Access logging": DURATION is in milliseconds. Istio's and Contour's too.
    Named {
        by: "Envoy",
        mark: Slot::Envoy,
        names: &["response_code_details", "response_flags", "route_name", "upstream_cluster"],
        differs: Differs::Bare(MILLIS),
    },
    // fastly.com, "Useful variables to log": `"time_elapsed": %{time.elapsed.usec}V`, and names of its examples.
    Named {
        by: "Fastly",
        mark: Slot::Fastly,
        names: &["fastly_is_edge", "fastly_server", "h2_stream_id", "tls_client_tlsexts_sha"],
        differs: Differs::Whole(MICROS),
    },
    // github.com/hanami/hanami, `Web::RackLogger`: `elapsed` and, of no other value, its unit.
    Named {
        by: "Hanami",
        mark: Slot::Hanami,
        names: &["elapsed_unit"],
        differs: Differs::Whole(MICROS),
    },
    // docs.nextcloud.com, "Logging configuration": "loglevel" is 0 for debug to 4 for fatal. Fastify and Akamai have a
    // `reqId`, too, and no such level.
    Named { by: "Nextcloud", mark: Slot::Nextcloud, names: &["reqId"], differs: Differs::Levels },
    // github.com/roidrage/lograge and what Rails names; Elixir's Logster has the same fields.
    Named {
        by: "Rails",
        mark: Slot::Rails,
        names: &["controller"],
        differs: Differs::Bare(MILLIS),
    },
    // tomcat.apache.org, "The Valve Component", "JSON Access Log Valve": `%h` is `host`, `%l` this.
    Named {
        by: "Tomcat",
        mark: Slot::LogicalUser,
        names: &["logicalUserName"],
        differs: Differs::HostIsClient,
    },
];

/// Those that have no name to themselves.
static SHAPED: [Shaped; 6] = [
    // docs.goauthentik.io, "Logs": of `authentik.asgi`, `authentik.router` and its outposts.
    Shaped { by: "authentik", known: is_authentik, differs: Differs::EventIsPath },
    // caddyserver.com, "Logging": `duration` is in seconds unless it is told otherwise.
    Shaped { by: "Caddy", known: is_caddy, differs: Differs::Fraction(SECONDS) },
    // caddyserver.com, "Logging": a failed request is an access line and one of `http.log.error`.
    Shaped { by: "Caddy's errors", known: is_caddys_error, differs: Differs::ToldTwice },
    // pkg.go.dev/log/slog, "JSONHandler": a `time.Duration` is its nanoseconds.
    Shaped { by: "slog", known: is_slog, differs: Differs::Whole(NANOS) },
    // github.com/samber/slog-http, -gin, -echo, -fiber, -chi: a Go duration.
    Shaped { by: "slog-http", known: is_slog_http, differs: Differs::Latency(NANOS) },
    // github.com/rs/zerolog, "DurationFieldUnit".
    Shaped { by: "zerolog", known: is_zerolog, differs: Differs::Fraction(MILLIS) },
];

/// Keys that only wrap a line's fields.
const WRAPPERS: [&str; 17] = [
    "nginx",
    "access",
    "log",
    "fields",
    "data",
    "event",
    "payload",
    "jsonPayload",
    "attributes",
    "labels",
    "properties",
    "context",
    "extra",
    "meta",
    "message",
    "json",
    "msg",
];

/// Whether a key of the line's own only wraps the object under it, whose fields are the line's own too.
pub(super) fn wraps(key: &str) -> bool {
    // ASP.NET Core's; a `state` is anybody's.
    key == "State" || WRAPPERS.iter().any(|wrapper| wrapper.eq_ignore_ascii_case(key))
}

/// How Traefik begins the names of headers, and what they are here.
const HEADERS: [(&str, &str); 3] =
    [("request_", "requestheaders"), ("downstream_", "responseheaders"), ("origin_", "~")];

/// What a key means here, where it is not what it means elsewhere: what stands before it, and itself.
#[inline]
pub(super) fn meant(key: &str) -> (&'static str, &str) {
    // Few letters begin such a key.
    if !matches!(key.as_bytes().first(), Some(b'r' | b'E' | b'@' | b'd' | b'o')) {
        return ("", key);
    }
    let key = match key {
        // pino's key is in milliseconds; `response_time` is nginx users' and in seconds.
        "responseTime" => "responseTimeMs",
        // morgan's token, and express-bunyan-logger's.
        "response-time" => "responseTimeMs",
        // Dropwizard's `access-json` counts milliseconds under it, nginx users' `$request_time` has a fraction, and API
        // Gateway's is when it was.
        "requestTime" => "requestDuration",
        // Serilog's too.
        "Elapsed" => "ElapsedMs",
        // Serilog's compact names.
        "@m" => "message",
        "@l" => "level",
        "@x" => "exception",
        _ => key,
    };
    // Traefik writes the headers of a client under such names, in Go's canonical spelling; its
    // `request_Uri` is not the request's, and no nginx user's name has a capital there.
    for (front, headers) in HEADERS {
        if let Some(name) = key.strip_prefix(front)
            && !name.starts_with(|first: char| first.is_ascii_lowercase())
        {
            return (headers, name);
        }
    }
    ("", key)
}

/// Whether a client's headers are encoded.
#[inline(always)]
pub(super) fn encodes(line: &Found<'_>) -> bool {
    const MARKS: u64 = marks(Differs::Encoded);
    line.has_mark(MARKS)
}

/// Whether a request's time is in two parts, of which one is in the place of an upstream's: Akamai tells how long an answer
/// took from the request's last byte to its own first one, and from there to its last.
#[inline(always)]
pub(super) fn is_turned_around(line: &Found<'_>) -> bool {
    line.has_mark(1 << Slot::EdgeTime as u64)
}

/// Whether `host` is the client.
#[inline(always)]
pub(super) fn host_is_client(line: &Found<'_>) -> bool {
    const MARKS: u64 = marks(Differs::HostIsClient);
    line.has_mark(MARKS)
}

/// The level that a text says.
#[inline(always)]
pub(super) fn level(line: &Found<'_>, text: &str) -> Option<Level> {
    const MARKS: u64 = marks(Differs::Levels);
    match text {
        "0" | "1" | "2" | "3" | "4" if line.has_mark(MARKS) => Some(match text {
            "0" => Level::Debug,
            "1" => Level::Info,
            "2" => Level::Warn,
            "3" => Level::Error,
            _ => Level::Crit,
        }),
        _ => alias::numbered_level(text),
    }
}

/// The marks of all that differ so, a bit each.
const fn marks(so: Differs) -> u64 {
    let mut marks = 0;
    let mut at = 0;
    while at < NAMED.len() {
        let same = matches!(
            (so, NAMED[at].differs),
            (Differs::Encoded, Differs::Encoded)
                | (Differs::HostIsClient, Differs::HostIsClient)
                | (Differs::Levels, Differs::Levels)
        );
        marks |= (same as u64) << NAMED[at].mark as u64;
        at += 1;
    }
    marks
}

/// Whether the line is an error of a request that has a line of its own.
pub(super) fn is_told_twice(line: &Found<'_>) -> bool {
    let told = |differs| matches!(differs, Differs::ToldTwice).then_some(());
    shaped(line, Slot::Message, told).is_some()
}

/// Whether `event` is the path of a request, and `runtime` its time.
pub(super) fn event_is_path(line: &Found<'_>) -> bool {
    let path = |differs| matches!(differs, Differs::EventIsPath).then_some(());
    shaped(line, Slot::Message, path).is_some()
}

/// The microseconds of a duration whose name says milliseconds, or `latency` of a response.
pub(super) fn millis_us(line: &Found<'_>) -> Option<u64> {
    let value = line.value(Slot::RtMs)?;
    let unit = |differs| if let Differs::Latency(unit) = differs { Some(unit) } else { None };
    let unit = shaped(line, Slot::RtMs, unit).unwrap_or(MILLIS);
    scan::named_us(&value.text(), unit)
}

/// The microseconds of a duration whose name says no unit. One with a fraction is in seconds and a whole number in
/// milliseconds, or in Go's nanoseconds where it is large, but in dialects; a request's of which all that is unsure is
/// `told`, too, and may have none. An upstream's, too.
pub(super) fn bare_us(line: &Found<'_>, slot: Slot, told: &mut Option<Bare>) -> Option<u64> {
    let value = line.value(slot)?;
    let text = value.text();
    let whole = scan::digits(&text);
    if !whole && !is_number(&text) {
        return scan::duration_us(&text);
    }
    if let Some(unit) = unit(line, slot, whole) {
        return scan::scaled_us(&text, unit);
    }
    // Go's `time.Duration` is a whole number of ns, with a capital where the program has no
    // tags (Traefik). Above a million, ms would be a quarter of an hour.
    let go = whole && !value.quoted && slot != Slot::RtTaken;
    if go && value.capital {
        return scan::scaled_us(&text, NANOS);
    }
    let usual = if slot == Slot::UtBare { BACKEND_TIME.1 } else { RESPONSE_TIME.1 };
    let fraction = !whole && line.own_rank(slot) > usual;
    if slot != Slot::RtTaken && (go || fraction) {
        let name = units::place(slot, line.own_rank(slot));
        let bare = Bare { name, number: text.parse().ok()?, whole };
        *told = Some(bare);
        return Units::default().us(bare);
    }
    match whole {
        true if go && text.len() > 6 => scan::scaled_us(&text, NANOS),
        true => scan::scaled_us(&text, MILLIS),
        false => scan::duration_us(&text),
    }
}

/// The unit of such a duration, in a dialect that has one.
fn unit(line: &Found<'_>, slot: Slot, whole: bool) -> Option<f64> {
    let unit = |differs| match differs {
        Differs::Bare(unit) => Some(unit),
        Differs::Whole(unit) if whole => Some(unit),
        Differs::Fraction(unit) if !whole => Some(unit),
        _ => None,
    };
    named(line, unit).or_else(|| shaped(line, slot, unit))
}

/// What is picked of a dialect that the line is of by a name.
fn named<T>(line: &Found<'_>, pick: impl Fn(Differs) -> Option<T>) -> Option<T> {
    let mut marked = NAMED.iter().filter(|dialect| line.has_mark(1 << dialect.mark as u64));
    marked.find_map(|dialect| pick(dialect.differs))
}

/// What is picked of a dialect that the line, with its duration in this slot, is of by its shape.
fn shaped<T>(line: &Found<'_>, slot: Slot, pick: impl Fn(Differs) -> Option<T>) -> Option<T> {
    let known = |dialect: &Shaped| (dialect.known)(line, slot);
    SHAPED.iter().find_map(|dialect| pick(dialect.differs).filter(|_| known(dialect)))
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

fn is_authentik(line: &Found<'_>, _: Slot) -> bool {
    let own = |value: Value<'_>| value.text().starts_with("authentik.");
    let path = |value: Value<'_>| value.raw.starts_with('/');
    line.value(Slot::Logger).is_some_and(own) && line.value(Slot::Message).is_some_and(path)
}

fn is_caddy(line: &Found<'_>, _: Slot) -> bool {
    let access = |value: Value<'_>| value.text().starts_with("http.log.access");
    line.value(Slot::Logger).is_some_and(access)
}

fn is_caddys_error(line: &Found<'_>, _: Slot) -> bool {
    let failed = |value: Value<'_>| value.text().starts_with("http.log.error");
    line.value(Slot::Logger).is_some_and(failed)
}

/// `request.time` and `response.time` are when these were, and no durations.
fn is_slog_http(line: &Found<'_>, _: Slot) -> bool {
    line.is_moment(Slot::RtBare) && line.is_moment(Slot::Rt)
}

/// `level` in capitals, `time` and `msg`, all of them by these names. A program's own milliseconds have fewer digits,
/// and ten thousand ns are what the quickest answer takes.
fn is_slog(line: &Found<'_>, slot: Slot) -> bool {
    const NAMES: [Name; 3] = [alias::named("level"), alias::named("time"), alias::named("msg")];
    let level =
        |level: Value<'_>| level.quoted && level.raw.starts_with(|c: char| c.is_ascii_uppercase());
    let large = |value: Value<'_>| !value.quoted && value.raw.len() > 4 && scan::digits(value.raw);
    line.value(slot).is_some_and(large)
        && line.value(Slot::Level).is_some_and(level)
        && NAMES.into_iter().all(|name| line.own_rank(name.0) == name.1)
}

/// `level` in small letters, `time` and `message`, all of them by these names.
fn is_zerolog(line: &Found<'_>, slot: Slot) -> bool {
    const NAMES: [Name; 3] = [alias::named("level"), alias::named("time"), alias::named("message")];
    let small =
        |level: Value<'_>| level.quoted && level.raw.bytes().all(|b| b.is_ascii_lowercase());
    line.value(Slot::Level).is_some_and(small)
        && NAMES.into_iter().all(|name| line.own_rank(name.0) == name.1)
        && line.own_rank(slot) > RESPONSE_TIME.1
}

#[cfg(test)]
mod tests {
    use super::super::json;
    use super::*;

    /// A line of each dialect, as its documentation has it or shorter.
    const SAMPLES: [(&str, &str); NAMED.len() + SHAPED.len()] = [
        (
            "Akamai DataStream 2",
            r#"{"version":1,"cp":"1","reqTimeSec":"1795341600.500","bytes":"512","cliIP":"203.0.113.9","statusCode":"200","reqHost":"www.example.org","reqMethod":"GET","reqPath":"a","rspContentLen":"512","UA":"curl%2F8"}"#,
        ),
        (
            "APISIX",
            r#"{"client_ip":"203.0.113.9","latency":12.5,"apisix_latency":1.5,"upstream_latency":11,"request":{"method":"GET","uri":"/a"},"response":{"status":200,"size":512}}"#,
        ),
        (
            "Application Insights",
            r#"{"name":"GET /a","url":"https://www.example.org/a","resultCode":"200","duration":37.123,"performanceBucket":"<250ms"}"#,
        ),
        (
            "ASP.NET Core",
            r#"{"EventId":9,"LogLevel":"Information","Category":"Microsoft.AspNetCore.HttpLogging.HttpLoggingMiddleware","Message":"Request and Response:","State":{"Method":"GET","Path":"/a","StatusCode":200,"Duration":37.1234,"{OriginalFormat}":"x"}}"#,
        ),
        (
            "CloudFront",
            r#"{"timestamp":"1795341600.500","c-ip":"203.0.113.9","sc-status":"200","cs-method":"GET","cs-uri-stem":"/a","x-edge-location":"AMS1-C1","cs-user-agent":"a%20b","time-taken":"0.012"}"#,
        ),
        (
            "Envoy",
            r#"{"start_time":"2026-11-22T10:00:00.5Z","duration":12.5,"method":"GET","path":"/a","response_code":200,"response_flags":"-","upstream_cluster":null}"#,
        ),
        (
            "Fastly",
            r#"{"client_ip":"203.0.113.9","time_elapsed":12345,"request_method":"GET","url":"/a","response_status":200,"fastly_server":"cache-ams1","fastly_is_edge":true}"#,
        ),
        (
            "Hanami",
            r#"{"app":"shop","severity":"INFO","time":"2026-11-22T10:00:00Z","verb":"GET","status":200,"ip":"203.0.113.9","path":"/a","length":"-","params":{},"elapsed":2000,"elapsed_unit":"µs"}"#,
        ),
        (
            "Nextcloud",
            r#"{"reqId":"x1","level":1,"time":"2026-11-22T10:00:00+00:00","remoteAddr":"203.0.113.9","user":"--","app":"core","method":"GET","url":"/a","message":"Login failed: a","userAgent":"curl/8","version":"31.0.0.1"}"#,
        ),
        (
            "Rails",
            r#"{"method":"GET","path":"/a","format":"html","controller":"HomeController","action":"index","status":200,"duration":12.5,"view":9.1}"#,
        ),
        (
            "Tomcat",
            r#"{"host":"203.0.113.9","logicalUserName":"-","user":"-","request":"GET \/a HTTP\/1.1","statusCode":"200","size":"512"}"#,
        ),
        (
            "authentik",
            r#"{"event":"/a","host":"auth.example","level":"info","logger":"authentik.asgi","method":"GET","remote":"203.0.113.9","runtime":12,"status":200,"timestamp":"2026-11-22T10:00:00.5"}"#,
        ),
        (
            "Caddy",
            r#"{"level":"info","ts":1795341600.25,"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"203.0.113.9","method":"GET","uri":"/a"},"duration":0.1,"status":200}"#,
        ),
        (
            "Caddy's errors",
            r#"{"level":"error","ts":1795341600.25,"logger":"http.log.error.log0","msg":"dial tcp: refused","request":{"remote_ip":"203.0.113.9","method":"GET","uri":"/a"},"duration":0.1,"status":502}"#,
        ),
        (
            "slog",
            r#"{"time":"2026-11-22T10:00:00.5Z","level":"INFO","msg":"request","method":"GET","path":"/a","status":200,"duration":250000}"#,
        ),
        (
            "slog-http",
            r#"{"time":"2026-11-22T10:00:00.5Z","level":"INFO","msg":"200: OK","request":{"time":"2026-11-22T10:00:00.463Z","method":"GET","path":"/a"},"response":{"time":"2026-11-22T10:00:00.5Z","latency":37000000,"status":200}}"#,
        ),
        (
            "zerolog",
            r#"{"level":"info","method":"GET","url":"/a","status":200,"duration":12.3,"time":"2026-11-22T10:00:00Z","message":"request"}"#,
        ),
    ];

    #[test]
    fn a_line_is_of_one_dialect() {
        for (dialect, sample) in SAMPLES {
            let line = json::found(sample).expect("a line");
            let named = NAMED.iter().filter(|d| line.has_mark(1 << d.mark as u64)).map(|d| d.by);
            let shaped = SHAPED.iter().filter(|d| (d.known)(&line, Slot::RtBare)).map(|d| d.by);
            let known: Vec<_> = named.chain(shaped).collect();
            assert_eq!(known, [dialect], "{sample}");
        }
    }

    #[test]
    fn each_name_alone_tells_its_dialect() {
        for dialect in &NAMED {
            for name in dialect.names {
                let line = format!(r#"{{"a":{{"b":1}},"{name}":null}}"#);
                let line = json::found(&line).expect("a line");
                assert!(line.has_mark(1 << dialect.mark as u64), "{name}");
            }
        }
    }

    #[test]
    fn every_dialect_has_a_sample() {
        let listed = NAMED.iter().map(|d| d.by).chain(SHAPED.iter().map(|d| d.by));
        assert!(listed.eq(SAMPLES.iter().map(|&(by, _)| by)));
    }
}

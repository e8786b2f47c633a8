//! Every key of the configuration, declared once: name, default, kind with unit and range, reason.
//!
//! From this come the structs and their defaults, the reading of files, environment and flags, and
//! `config/tapline.toml`, which `TAPLINE_BLESS=1 cargo test reference` writes anew.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use super::access::{Tokens, Users};
use super::formats::Formats;
use super::kind::{
    Addresses, Choice, Count, DAY, DataDir, Flag, GIB, GeoFile, HOUR, KIB, Key, Kind, MIB, MINUTE,
    MaybePath, Names, Networks, Permissions, Place, RangeFiles, RangesOf, Raw, SECOND, Secret,
    Size, SocketPaths, Texts, Words, Wrong, Zone, ZoneName, one_of, span, span_or_off,
};
use super::notify::Targets;
use super::rules::{is_filter, is_public_url};
use super::thresholds::Rules;
use crate::aggregate::ask::{LIVE_ROWS, ROWS};
use crate::aggregate::rules::Named;
use crate::app::formats::own::OwnFormat;
use crate::decode::framing::Mode;
use crate::edge::http::access::{Token, User};
use crate::edge::notify::Target;
use crate::state::geo::Wanted;
use crate::vocab::network::Network;

/// What one key is, for the reference file and the documentation.
#[derive(Clone, Debug)]
pub struct Described {
    /// Empty at the top level.
    pub section: &'static str,
    pub key: &'static str,
    /// The default as TOML.
    pub default: String,
    /// Unit and range.
    pub says: String,
    /// Why it is there and why the default is what it is.
    pub reason: &'static str,
}

/// A part of the configuration that can be set key by key.
pub(super) trait Section: Default {
    const KEYS: &'static [&'static str];
    /// Sets a key of [`Section::KEYS`]; the old value stays where the new one is wrong.
    fn set(&mut self, key: &str, raw: &Raw) -> Result<(), Vec<Wrong>>;
    fn describe() -> Vec<Described>;
    /// The keys that have another value there.
    fn changed(&self, other: &Self) -> Vec<&'static str>;
    /// Takes the value that this key of [`Section::KEYS`] has there.
    fn take(&mut self, key: &str, other: &Self);
}

macro_rules! section {
    (
        $(#[doc = $doc:literal])*
        $name:literal $Struct:ident {
            $( $key:ident: $ty:ty = $default:expr, $kind:expr, $reason:literal; )*
        }
        $( + { $( $part:ident: $Part:ident, )* } )?
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq)]
        // A reason is what `config/tapline.toml` says, where [tcp] is a section and no link.
        #[allow(rustdoc::broken_intra_doc_links)]
        pub struct $Struct {
            $( #[doc = $reason] pub $key: $ty, )*
            $($( pub $part: $Part, )*)?
        }

        impl Default for $Struct {
            fn default() -> Self {
                $Struct {
                    $( $key: $default, )*
                    $($( $part: $Part::default(), )*)?
                }
            }
        }

        impl Section for $Struct {
            const KEYS: &'static [&'static str] = &[$( stringify!($key) ),*];

            fn set(&mut self, key: &str, raw: &Raw) -> Result<(), Vec<Wrong>> {
                $( if key == stringify!($key) {
                    self.$key = $kind.read(raw)?;
                    return Ok(());
                } )*
                unreachable!("only keys that the section lists are set")
            }

            fn changed(&self, other: &Self) -> Vec<&'static str> {
                let keys = [ $( (stringify!($key), self.$key != other.$key) ),* ];
                keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
            }

            fn take(&mut self, key: &str, other: &Self) {
                $( if key == stringify!($key) {
                    self.$key = other.$key.clone();
                } )*
            }

            fn describe() -> Vec<Described> {
                let default = $Struct::default();
                vec![ $( Described {
                    section: $name,
                    key: stringify!($key),
                    default: $kind.show(&default.$key),
                    says: $kind.says(),
                    reason: $reason,
                } ),* ]
            }
        }

        $(
        /// The sections and the lines that introduce them, in the order of the reference file.
        pub(super) const SECTIONS: &[(&str, &[&str], &str)] =
            &[$( (stringify!($part), $Part::KEYS, $Part::ABOUT) ),*];

        impl $Struct {
            /// Sets a key of [`SECTIONS`], or of the top level where `section` is empty.
            pub(super) fn set_in(&mut self, section: &str, key: &str, raw: &Raw) -> Result<(), Vec<Wrong>> {
                $( if section == stringify!($part) {
                    return self.$part.set(key, raw);
                } )*
                self.set(key, raw)
            }

            /// Every key that has another value there, as `http.listen`.
            #[must_use]
            pub fn changed_keys(&self, other: &Self) -> Vec<String> {
                let mut all: Vec<String> =
                    self.changed(other).into_iter().map(str::to_owned).collect();
                $( for key in self.$part.changed(&other.$part) {
                    all.push(format!("{}.{key}", stringify!($part)));
                } )*
                all
            }

            /// Takes the value that this key, as `http.listen`, has there.
            pub(super) fn take_from(&mut self, other: &Self, key: &str) {
                let Some((section, key)) = key.split_once('.') else {
                    return self.take(key, other);
                };
                $( if section == stringify!($part) {
                    self.$part.take(key, &other.$part);
                } )*
            }

            /// Every key there is: the top level, then section by section.
            #[must_use]
            pub fn described() -> Vec<Described> {
                let mut all = <$Struct as Section>::describe();
                $( all.extend($Part::describe()); )*
                all
            }
        }
        )?
    };
}

macro_rules! about {
    ($($Struct:ident: $about:literal;)*) => {
        $( impl $Struct { const ABOUT: &'static str = $about; } )*
    };
}

macro_rules! choice {
    ($(#[doc = $doc:literal])* $Name:ident { $( $(#[doc = $vdoc:literal])* $Variant:ident = $word:literal, )* }) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $Name { $( $(#[doc = $vdoc])* $Variant, )* }

        impl Choice for $Name {
            const ALL: &'static [(&'static str, Self)] = &[$( ($word, $Name::$Variant) ),*];
        }
    };
}

impl Choice for Mode {
    const ALL: &'static [(&'static str, Self)] = &[
        ("auto", Mode::Auto),
        ("octet", Mode::Octet),
        ("lf", Mode::Lf),
        ("nul", Mode::Nul),
        ("multiline", Mode::Multiline),
    ];
}

choice! {
    /// How much of a client's address is kept.
    Clients {
        Full = "full",
        /// /24 and /48.
        Masked = "masked",
        Off = "off",
    }
}

choice! {
    /// Who may look from this machine.
    Loopback {
        Free = "free",
        Key = "key",
    }
}

choice! {
    /// How Tapline's own log is written.
    LogFormat {
        Text = "text",
        Json = "json",
    }
}

choice! {
    /// How much Tapline's own log says.
    LogLevel {
        Error = "error",
        Warn = "warn",
        Info = "info",
        Debug = "debug",
        Trace = "trace",
    }
}

fn loopback(port: u16) -> Vec<SocketAddr> {
    vec![SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)]
}

section! {
    /// Everything that can be set. `Config::default()` is what runs without any configuration.
    "" Config {
        exclude: Vec<String> = Vec::new(),
            Texts("list of filters, as [\"path:/healthz\", \"client:192.0.2.0/24\"]", is_filter),
            "What should not count: own health checks, the office. Such lines are counted as excluded and nothing else.";
        formats: Vec<OwnFormat> = Vec::new(), Formats,
            "Log formats of your own, by name: the text of nginx's log_format, of Apache's LogFormat or of goaccess's log-format, or one of these directives whole. They are tried before those that Tapline knows. Write them below [formats], one a line; `tapline snippet --from nginx.conf` prints them.";
        notify: Vec<Target> = Vec::new(), Targets,
            "Who is told of anomalies, by webhook, Slack, Discord, ntfy or mail: write [[notify]] on a line of its own behind all sections, and its keys below.";
        rule: Vec<Named> = Vec::new(), Rules,
            "Thresholds of your own, as \"status:5xx rate > 2% for 1m\": write [[rule]] on a line of its own behind all sections, and name and when below.";
        token: Vec<Token> = Vec::new(), Tokens,
            "Who may send, look or administer over HTTP: write [[token]] on a line of its own behind all sections, and its keys below; `tapline token new` prints them.";
        user: Vec<User> = Vec::new(), Users,
            "Who may log in at the page: write [[user]] on a line of its own behind all sections, and its keys below; `tapline user hash` prints them.";
    }
    + {
        http: Http,
        udp: Udp,
        tcp: Tcp,
        unix: Unix,
        tls: Tls,
        multiline: Multiline,
        window: Window,
        time: Time,
        clients: ClientAddresses,
        geo: GeoFiles,
        bots: Bots,
        privacy: Privacy,
        access: Access,
        sources: Sources,
        anomalies: Anomalies,
        feed: Feed,
        log: Log,
        process: Process,
        stop: Stop,
    }
}

section! {
    /// Dashboard, API and log lines by POST.
    "http" Http {
        listen: Vec<SocketAddr> = loopback(8514), Addresses,
            "Where the dashboard, the API and POST are. Anything but loopback needs [access].";
        tls_listen: Vec<SocketAddr> = Vec::new(), Addresses,
            "The same over HTTPS, as [\"0.0.0.0:8443\"], with the certificate of [tls].";
        max_body: u64 = 16 * MIB, Size(KIB, GIB),
            "Largest body of a POST as it comes over the wire; a larger one is answered 413.";
        max_inflated: u64 = 64 * MIB, Size(KIB, 4 * GIB),
            "Largest body once decompressed, so that a small archive can't fill the memory. All bodies together may take this and max_body; what has no room is answered 429.";
        max_ratio: usize = 100, Count(1, 1_000_000),
            "How many times as large as sent a body may be once decompressed, beyond 1 MiB: logs pack to a tenth or a fortieth, bombs to a thousandth. A denser one is answered 413.";
        max_json_depth: usize = 32, Count(1, 32),
            "How deep an object of a body may go; a deeper one is rejected as json, and the rest of the body counts. Deeper than 32 no line is read, however it comes.";
        max_json_fields: usize = 4_096, Count(1, 1_000_000),
            "Texts, numbers and words of an object of a body, at any depth; one of more is rejected as json. Beyond the first 512 that mean something they are read over, as in every line.";
        max_header: u64 = 32 * KIB, Size(8 * KIB, MIB),
            "Largest head of a request: its line and all headers. A larger one is answered 431.";
        max_header_fields: usize = 64, Count(16, 1_024),
            "Headers of a request; browsers send some twenty, each proxy adds a few.";
        header_timeout: Duration = 10 * SECOND, span(100 * MS, 10 * MINUTE),
            "How long a client may take for a request's head; longer ones only hold a connection.";
        idle_timeout: Duration = 75 * SECOND, span(100 * MS, HOUR),
            "How long a connection may be silent between two requests, the head of the next one included. A proxy that keeps connections should give them up before: nginx does after 60 s.";
        body_timeout: Duration = 120 * SECOND, span(SECOND, HOUR),
            "How long a client may take for a body: 16 MiB in 120 s is 1.1 Mbit/s.";
        max_connections: usize = 16_384, Count(1, 1_000_000),
            "Connections at a time; more wait in the kernel's queue. One that has become a WebSocket has its place among max_sessions and not here, so that no number of open pages shuts out who sends; both together are the files that it takes.";
        max_connections_per_address: usize = 256, Count(1, 1_000_000),
            "Connections of one address (of one /64 of IPv6), so that a stranger can't take all; more are closed and counted. Loopback and [access] trusted_proxies are many people at one address and have no share; WebSockets count in max_sessions_per_address.";
        max_connects_per_address: usize = 500, Count(1, 1_000_000),
            "New connections of one address a second, and twice as many at once; more are closed and counted. Who only connects and goes costs a handshake each time.";
        max_sessions: usize = 16_384, Count(1, 1_000_000),
            "Open live feeds at a time, about 10 KiB each; more are answered 503.";
        max_sessions_per_address: usize = 32, Count(1, 1_000_000),
            "The same of one address, which behind [access] trusted_proxies is that of the browser; more are answered 429. Loopback has no share. An office behind one address may need more.";
        max_message: u64 = 16 * KIB, Size(4 * KIB, MIB),
            "Longest message of a page over a live feed: a filter and a list of panels. A longer one ends the feed, and so do more than twenty a second.";
        max_queries: usize = 2, Count(1, 64),
            "Questions about the window that are worked at side by side: each takes a core, some 100 ms over eight million events. More wait. One address and one guest of a share link have half of them, and one at least; loopback and [access] trusted_proxies have no share. Who ends the connection, or his side of it, is worked for no more.";
        query_timeout: Duration = 30 * SECOND, span(100 * MS, 10 * MINUTE),
            "How long a question waits for its turn; then it is answered 503, or 429 where it waited for the share of its own address or link.";
    }
}

section! {
    /// Syslog datagrams over UDP.
    "udp" Udp {
        listen: Vec<SocketAddr> = loopback(5514), Addresses,
            "Where nginx's `syslog:server=` points. Anything but loopback needs allow_from.";
        receive_buffer: u64 = 64 * MIB, Size(64 * KIB, GIB),
            "Asked of the kernel: its default loses half of a burst of 100,000 lines a second, 64 MiB loses nothing up to 300,000. What was granted is logged.";
        readers: usize = 1, Count(1, 64),
            "Threads that read each address. One takes several hundred thousand lines a second; more share the port by sender.";
        allow_from: Vec<Network> = Vec::new(), Networks,
            "Senders whose lines count; from others they are dropped and counted. Empty allows all, and is possible on loopback only. UDP senders can be forged.";
    }
}

section! {
    /// Syslog over TCP.
    "tcp" Tcp {
        listen: Vec<SocketAddr> = loopback(5514), Addresses,
            "Where rsyslog, syslog-ng and HAProxy's ring connect to. Anything but loopback needs allow_from.";
        tls_listen: Vec<SocketAddr> = Vec::new(), Addresses,
            "The same over TLS (RFC 5425), as [\"0.0.0.0:6514\"], with the certificate of [tls]: 6514 is the port that senders expect. All other keys of this section hold for both.";
        framing: Mode = Mode::Auto, one_of::<Mode>(),
            "How messages are cut: auto decides frame by frame between octet counts and lines; the others hold to their standard and count what breaks it.";
        max_frame: u64 = 256 * KIB, Size(KIB, 16 * MIB),
            "Longest message; a longer one is counted as oversize and the stream goes on. It is the longest line of a POST, too, and of files and standard input, where a change waits for a restart.";
        idle_timeout: Duration = Duration::ZERO, span_or_off(SECOND, 30 * DAY),
            "Closes a connection that says nothing. Off, because a log is quiet when its site is.";
        partial_timeout: Duration = 30 * SECOND, span_or_off(100 * MS, HOUR),
            "A connection that is silent for so long inside a message is closed, and the part counted as incomplete.";
        max_connections: usize = 4_096, Count(1, 1_000_000),
            "Connections at a time; more are closed and counted.";
        max_connections_per_address: usize = 256, Count(1, 1_000_000),
            "Connections of one address (of one /64 of IPv6), so that one sender gone wild leaves room for the others; more are closed and counted. Loopback is all the programs of this machine at one address and has no share: there only max_connections holds.";
        max_connects_per_address: usize = 500, Count(1, 1_000_000),
            "New connections of one address a second, as in [http]; of loopback as many as come.";
        allow_from: Vec<Network> = Vec::new(), Networks,
            "Who may connect; others are closed and counted. Empty allows all, and is possible on loopback only.";
    }
}

section! {
    /// Unix sockets for senders on this machine.
    "unix" Unix {
        datagram: Vec<PathBuf> = Vec::new(), SocketPaths,
            "Datagram sockets, for nginx's `syslog:server=unix:/run/tapline/log.sock`. Lines are lost at the sender, uncounted, when its short queue is full; UDP on loopback is the better choice.";
        stream: Vec<PathBuf> = Vec::new(), SocketPaths,
            "Stream sockets.";
        mode: u32 = 0o660, Permissions,
            "Who may write: the server's user must be in the socket's group, or the mode \"0666\".";
        framing: Mode = Mode::Auto, one_of::<Mode>(),
            "How a stream is cut, as in [tcp].";
        max_frame: u64 = 256 * KIB, Size(KIB, 16 * MIB),
            "Longest message of a stream, as in [tcp].";
        partial_timeout: Duration = 30 * SECOND, span_or_off(100 * MS, HOUR),
            "As in [tcp].";
        max_connections: usize = 1_024, Count(1, 1_000_000),
            "Connections at a time over all stream sockets.";
    }
}

section! {
    /// Certificates, for `tls_listen` of `[http]` and `[tcp]`.
    "tls" Tls {
        cert: Option<PathBuf> = None, MaybePath,
            "A PEM file with the certificate and, behind it, those that lead to the authority (Let's Encrypt's fullchain.pem). It is read again on SIGHUP, and within ten seconds when it or the key is replaced; connections go on. A pair that can't be used leaves the old one in place.";
        key: Option<PathBuf> = None, MaybePath,
            "A PEM file with its private key.";
        client_ca: Option<PathBuf> = None, MaybePath,
            "A PEM file of the authorities that must have signed the certificates of senders over syslog; who shows none is not let in. A source is then named by the common name of its certificate, or the first DNS name of one that has none, and not by its address. Empty asks for none. Browsers are never asked.";
        handshake_timeout: Duration = 10 * SECOND, span(100 * MS, 10 * MINUTE),
            "How long a handshake may take, from the connection on.";
        max_handshakes: usize = 64, Count(1, 1_000_000),
            "Handshakes at a time: each costs this machine a signature, and the other side next to nothing. More wait, within handshake_timeout. One address, or one /64 of IPv6, may have a quarter of them.";
    }
}

section! {
    /// Error lines with their traces, in files and standard input.
    "multiline" Multiline {
        max_lines: usize = 200, Count(1, 100_000),
            "Lines of an error with its stack trace that are joined to one message; what goes on beyond begins another one, and is counted. 1 joins nothing.";
        max_bytes: u64 = 64 * KIB, Size(KIB, 16 * MIB),
            "The same in bytes.";
    }
}

section! {
    /// The recent past, kept event by event.
    "window" Window {
        memory: u64 = 256 * MIB, Size(8 * MIB, 1024 * GIB),
            "What the window may take; an event takes some 18 bytes beside its values, which are kept once, so 256 MiB keep up to fourteen million, and four million where values take all they may. The oldest goes first. Values take three quarters of it at most: what is new beyond that counts as (other) until old ones have gone.";
        max_age: Duration = 24 * HOUR, span(MINUTE, 366 * DAY),
            "Older events go even where memory is left, together with those that came within the same minute (up to 65,536), when the newest of them is older.";
        max_values: usize = 1 << 20, Count(1_024, 1 << 24),
            "Distinct values of a field that are told apart at a time, of paths, clients, agents and so on each; what is new beyond that counts as (other), in sums too. A second brings 65,536 new ones of a field at most.";
        keep: bool = true, Flag,
            "Goes on after a restart with the events, the accounting, the sources and the markers of before: they lie where [anomalies] data says, as little of clients as [privacy] allows, and every [anomalies] save_every is written what is new. Not where files are followed, which the next start reads again.";
    }
}

section! {
    /// When a line counts.
    "time" Time {
        past: Duration = 10 * MINUTE, span(Duration::ZERO, 7 * DAY),
            "A line's own time counts if it is at most so long before its arrival; older ones count at arrival and as misdated. Requests are often stamped at their start, so this is also the longest request that counts when it began.";
        ahead: Duration = 2 * SECOND, span(Duration::ZERO, HOUR),
            "The same for times in the future: clocks differ.";
        zone: Zone = Zone::Auto, ZoneName,
            "The zone of times written without one (error logs, RFC 3164). auto learns it per source from when its lines arrive: the zone of its first line, where that came within seconds, and another one when lines of ten seconds say so; what waited longer tells none. For files it is this machine's until lines that were just written, behind the end of the file as it was a moment ago, say otherwise in the same way; what was read before stays as it was.";
    }
}

section! {
    /// Whose request it was.
    "clients" ClientAddresses {
        trusted_proxies: Vec<Network> = Vec::new(), Networks,
            "Proxies whose X-Forwarded-For is believed, as [\"10.0.0.0/8\"]: where the line's address is one of them, the client is the right-most address of the list that is not. What stands left of it anybody may have written. Empty believes none.";
    }
}

section! {
    /// Countries and networks of clients.
    "geo" GeoFiles {
        country: Wanted = Wanted::Auto, GeoFile,
            "The MaxMind database (.mmdb) with countries or cities, as GeoLite2-Country, DB-IP's country-lite or IPinfo's. auto takes the newest of the folders where geoipupdate puts them, one with cities if there is one; `tapline check` tells which. It is read into memory, and again when the file is replaced.";
        asn: Wanted = Wanted::Auto, GeoFile,
            "The same for the autonomous systems that addresses belong to, as GeoLite2-ASN.";
    }
}

section! {
    /// Who bots are.
    "bots" Bots {
        ranges: Vec<RangesOf> = Vec::new(), RangeFiles,
            "Files with the addresses that operators publish for their bots, beside the lists that come along: JSON as Google, Bing and OpenAI write it, or a range a line. The name of the bot or operator is the file's, or stands before a `=`. Requests from there are shown as verified, all others as claimed. They are read at the start. Where an operator publishes no ranges but names in reverse DNS, as Yandex, Baidu and Naver do, `dns` can tell.";
        dns: bool = false, Flag,
            "Asks DNS whether a client that says to be Googlebot, YandexBot or another bot whose operator names its machines is one of them: the name of its address must be in the operator's domain and lead back to the address. What goes out: the client's address and that name, to this machine's resolver and from there to the DNS servers of whoever has the address. Each address is asked about once a day, at most 10 lookups a second are made; private addresses are never asked about, nor any where privacy.clients keeps less than the whole.";
    }
}

section! {
    /// What is kept about people. Applies before anything is stored or sent.
    "privacy" Privacy {
        clients: Clients = Clients::Full, one_of::<Clients>(),
            "Client addresses: whole, cut to /24 and /48, or not at all. Visitors, floods and scans are still found: a keyed hash that changes daily stands in, in memory only; after a restart the visitors of before it are as many as there are cut addresses, or none. Where a start keeps less than the one before, what was kept is cut to that, too, for good.";
        redact_queries: bool = true, Flag,
            "Replaces the values of passwords, tokens, keys and the like by stars: in queries, in referrers, in parameters of paths (;jsessionid=…), and in messages and lines that are kept whole, there in dumps of PHP, Ruby, Java and Python, too, and cookies and private keys.";
    }
}

section! {
    /// Who may look and send over HTTP.
    "access" Access {
        loopback: Loopback = Loopback::Free, one_of::<Loopback>(),
            "free lets everyone on this machine in without a credential; key is for machines with other users. Requests through a proxy always need a credential.";
        insecure: bool = false, Flag,
            "Lets Tapline listen to the network without a credential and without allow_from: everyone who reaches it may do everything.";
        public_url: String = String::new(),
            Words("URL, as \"https://stats.example.org\" or \"https://example.org/logs/\"; \"\" is none", is_public_url),
            "The address under which a proxy shows the dashboard; its host is accepted beside loopback's and, over TLS, the names of the certificate. A path is the proxy's to take off.";
        key: Secret = Secret::default(), Key,
            "One secret that may do everything, sent as `Authorization: Bearer KEY` or as the password of HTTP Basic. Tokens that may do less are [[token]].";
        key_file: Option<PathBuf> = None, MaybePath,
            "A file that holds only the key, so that it stays out of this one.";
        session: Duration = 12 * HOUR, span(MINUTE, 366 * DAY),
            "How long a login at the page lasts; a restart ends it too. For a screen on a wall write more.";
        trusted_proxies: Vec<Network> = Vec::new(), Networks,
            "Proxies before the dashboard whose X-Forwarded-For is believed about who asks, as [\"127.0.0.1\"]: failed logins are counted by that address. Empty believes none. (The clients in log lines are [clients] trusted_proxies.)";
    }
}

section! {
    /// Who sends.
    "sources" Sources {
        max: usize = 4_096, Count(1, 1_000_000),
            "Sources that are told apart at a time; where more come, those that were silent for two hours go, the longest silent first, and are counted together with what finds no place.";
        max_rate: usize = 0, Count(0, 10_000_000),
            "Lines of one address (of one /64 of IPv6, of one certificate) that count in a second, however they come; more are dropped and counted as rate, and the answer to a POST says from which line on. 0 counts all. Senders of a unix socket are one, and files have no rate.";
        max_sites: usize = 8_192, Count(1, 1 << 20),
            "Sites that are told apart at a time; requests to further ones count as (other). Where servers answer to any Host, strangers make up sites: the second half is for sites that were answered with something other than 4xx or a redirect.";
        sites: BTreeMap<String, String> = BTreeMap::new(), Names("example.org"),
            "The site of a source whose lines don't name their host: by the source's name as the page shows it. Without one it is the syslog tag, unless that is the name of a server's program (nginx, haproxy).";
        formats: BTreeMap<String, String> = BTreeMap::new(), Names("combined"),
            "The format of a source's access lines, where the one that is found is wrong: a name of [formats] or of Tapline's own, by the source's name as the page shows it. Its other lines are recognised as ever.";
    }
}

section! {
    /// What is unusual.
    "anomalies" Anomalies {
        enabled: bool = true, Flag,
            "Says what is unusual, and why.";
        data: Place = Place::Auto, DataDir,
            "Where what was learnt is kept over a restart, with the anomalies, the mutes and the window (see [window] keep). auto is the service's $STATE_DIRECTORY, else $XDG_STATE_HOME/tapline, else ~/.local/state/tapline; a demo keeps nothing then. off forgets all at the end.";
        save_every: Duration = MINUTE, span(SECOND, HOUR),
            "How much of that a crash may cost; a graceful stop costs none.";
    }
}

section! {
    /// What goes to browsers.
    "feed" Feed {
        tail_per_second: usize = 50, Count(0, 10_000),
            "Single events sent a second and session; beyond that a sample that keeps errors.";
        tail_at_once: usize = 200, Count(0, 1_000_000),
            "With more sessions than this, single events come with their second; with fewer, half of them within a tenth of one. 0 for never.";
        top: usize = ROWS, Count(1, LIVE_ROWS),
            "Rows of each top list in the feed where a reader names no number; the page names its own. The API gives up to 1,000.";
        max_views: usize = 256, Count(1, 100_000),
            "Distinct filters and windows watched at a time, over all browsers: each costs memory and a look at every line. All together may take twice window.memory. A further one is told so and keeps what it had.";
        write_timeout: Duration = 10 * SECOND, span(100 * MS, 10 * MINUTE),
            "A browser that takes nothing for so long is disconnected; it comes back by itself.";
    }
}

section! {
    /// Tapline's own log, on stderr.
    "log" Log {
        format: LogFormat = LogFormat::Text, one_of::<LogFormat>(),
            "json writes one object a line of what happens. The lines that scripts wait for are the same in both: `listening KIND ADDRESS` for each socket, `ready`, and at the end `final` with the accounting; a line with `error: ` before it says why the start or the end failed.";
        level: LogLevel = LogLevel::Info, one_of::<LogLevel>(),
            "The least important messages that are written; -v and -q move it. debug tells connections, answers over HTTP and recognised formats, too; trace also what the libraries say of themselves. None holds a word of a log line.";
    }
}

section! {
    /// This process.
    "process" Process {
        user: String = String::new(), Words("name of a user; \"\" is none", |_| Ok(())),
            "Started as root, Tapline binds its addresses and then becomes this user, whom the files must belong to that it reads later: the certificate's key, this file for a reload, and [anomalies] data. Without one root is warned on loopback and refused beyond it; \"root\" says that it is meant. Under systemd write User= instead, as config/tapline.service does.";
        max_memory: u64 = 0, Size(0, 1024 * GIB),
            "What it may take; 0 leaves it to its container, where that is limited. Of either limit the window has half at most; from four fifths on the window gives up its far end, and from nine tenths on POSTs are answered 429 and streams are read slowly.";
    }
}

section! {
    /// The end.
    "stop" Stop {
        grace: Duration = 10 * SECOND, span(Duration::ZERO, 10 * MINUTE),
            "How long SIGTERM lets connections finish what they sent; a second signal skips it. Keep it below the service manager's own limit.";
    }
}

about! {
    Http: "Dashboard, API and log lines by POST.";
    Udp: "Syslog datagrams: what nginx and HAProxy send.";
    Tcp: "Syslog streams: what rsyslog, syslog-ng and HAProxy's rings send.";
    Unix: "Unix sockets, for senders on this machine.";
    Tls: "The certificate of tls_listen in [http] and [tcp]. TLS 1.2 and 1.3.";
    Multiline: "Error lines with their stack traces, in files and standard input.";
    Window: "The recent past, kept event by event: what filters and time travel read.";
    Time: "At which second a line counts.";
    ClientAddresses: "Whose request it was.";
    GeoFiles: "Where clients are and whose networks they use, from files that you have; none comes along.";
    Bots: "Who bots are: which addresses their operators say are theirs.";
    Privacy: "What is kept about people; applies before anything is stored or sent.";
    Access: "Who may look and send over HTTP.";
    Sources: "Who sends.";
    Anomalies: "What is unusual: learnt from the traffic, without thresholds.";
    Feed: "What goes to browsers.";
    Log: "Tapline's own log, on standard error.";
    Process: "This process.";
    Stop: "The end.";
}

const MS: Duration = Duration::from_millis(1);

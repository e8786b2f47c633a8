//! Access lines of application servers and web frameworks in layouts of their own: a row each.
//!
//! Paths and queries stand in them as the client sent them, some behind a quote that nothing escapes.
//! Each is read from the end that the client does not write: the last quote, the last `from`, the
//! count of words. A path with a blank in it is refused where the words are counted, and taken where both its ends are
//! sure ([`said`]). What leaves open where a field ends is a request all the same, without that field.

mod go;
mod others;
mod programs;
mod python;
mod rust;
mod terminal;
mod tools;
pub(in crate::decode) mod two_lines;

use std::borrow::Cow;

use go::{chi, fiber, gin, gitea};
use others::{aspnet, koa, morgan, php_fpm, php_server, quarkus, serilog};
use programs::{artifactory, ghost, ktor, strapi, synapse};
use python::{django, granian, sanic, tornado, uvicorn, uwsgi};
use rust::{tower_http, vaultwarden};
use terminal::{hono, nextjs, octane};
use tools::{beego, http_server, kemal, serve};
use two_lines::{phoenix, rails};

use super::columns::{located, url};
use super::pairs::is_ltsv;
use super::{Format, scan};
use crate::decode::text::present;
use crate::vocab::event::{Event, Kind};

/// One layout.
#[derive(Debug)]
pub(super) struct Framework {
    name: &'static str,
    fits: fn(&[u8]) -> bool,
    read: for<'a> fn(&'a str, &mut Event<'a>) -> Option<()>,
}

pub(super) static UVICORN: Framework = Framework {
    name: "uvicorn",
    fits: |line| {
        let client = line.first().is_some_and(|b| b.is_ascii_hexdigit() || *b == b':');
        line.starts_with(b"INFO") || client && memchr::memmem::find(line, b" - \"").is_some()
    },
    read: uvicorn,
};
pub(super) static GRANIAN: Framework = Framework {
    name: "granian",
    fits: |line| line.first() == Some(&b'[') && line.get(26) == Some(&b']'),
    read: granian,
};
pub(super) static SANIC: Framework = Framework {
    name: "sanic",
    fits: |line| {
        let newer = line.first().is_some_and(u8::is_ascii_alphabetic);
        memchr::memmem::find(line, if newer { b" INFO: " } else { b"(sanic.access)[INFO]" })
            .is_some()
    },
    read: sanic,
};
pub(super) static DJANGO: Framework =
    Framework { name: "django", fits: |line| line.get(12) == Some(&b' '), read: django };
pub(super) static TORNADO: Framework =
    Framework { name: "tornado", fits: |line| line.starts_with(b"["), read: tornado };
pub(super) static GIN: Framework =
    Framework { name: "gin", fits: |line| line.starts_with(b"[GIN] "), read: gin };
pub(super) static CHI: Framework =
    Framework { name: "chi", fits: |line| line.get(4) == Some(&b'/'), read: chi };
pub(super) static FIBER: Framework = Framework {
    name: "fiber",
    fits: |line| matches!(line.first(), Some(b'[' | b'0'..=b'2')),
    read: fiber,
};
pub(super) static MORGAN: Framework = Framework {
    name: "morgan",
    fits: |line| memchr::memmem::find(line, b" ms").is_some(),
    read: morgan,
};
pub(super) static UWSGI: Framework =
    Framework { name: "uwsgi", fits: |line| line.starts_with(b"[pid: "), read: uwsgi };
pub(super) static PHP_FPM: Framework = Framework {
    name: "php_fpm_access",
    fits: |line| line.first().is_some_and(u8::is_ascii_hexdigit),
    read: php_fpm,
};
pub(super) static QUARKUS: Framework = Framework {
    name: "quarkus",
    fits: |line| line.first().is_some_and(|b| b.is_ascii_hexdigit() || *b == b':'),
    read: quarkus,
};
pub(super) static PHP_SERVER: Framework =
    Framework { name: "php_server", fits: |line| line.starts_with(b"["), read: php_server };
pub(super) static SERILOG: Framework = Framework {
    name: "serilog",
    fits: |line| matches!(line.first(), Some(b'[' | b'0'..=b'9')),
    read: serilog,
};
pub(super) static ASPNET: Framework = Framework {
    name: "aspnet",
    fits: |line| memchr::memmem::find(line, b"Request finished HTTP/").is_some(),
    read: aspnet,
};
pub(super) static KOA: Framework = Framework {
    name: "koa",
    fits: |line| {
        let line = line.trim_ascii_start();
        [b"-->", b"xxx", b"-x-"].iter().any(|front| line.starts_with(*front))
    },
    read: koa,
};
pub(super) static HONO: Framework = Framework {
    name: "hono",
    fits: |line| line.trim_ascii_start().starts_with(b"-->"),
    read: hono,
};
pub(super) static NEXTJS: Framework = Framework {
    name: "nextjs",
    fits: |line| memchr::memmem::find(line, b" in ").is_some(),
    read: nextjs,
};
pub(super) static OCTANE: Framework = Framework {
    name: "octane",
    fits: |line| line.starts_with(b"  ") && line.get(2).is_some_and(u8::is_ascii_digit),
    read: octane,
};
pub(super) static GITEA: Framework = Framework {
    name: "gitea",
    fits: |line| {
        line.get(4) == Some(&b'/') && memchr::memmem::find(line, b"router: completed ").is_some()
    },
    read: gitea,
};

pub(super) static TOWER_HTTP: Framework = Framework {
    name: "tower_http",
    fits: |line| {
        let level = line
            .first()
            .is_some_and(|b| b.is_ascii_digit() || b.is_ascii_uppercase() || *b == b' ');
        level && memchr::memmem::find(line, b"tower_http::trace::on_response: ").is_some()
    },
    read: tower_http,
};
pub(super) static VAULTWARDEN: Framework = Framework {
    name: "vaultwarden",
    fits: |line| line.get(24..).is_some_and(|rest| rest.starts_with(b"][response][")),
    read: vaultwarden,
};

pub(super) static SYNAPSE: Framework = Framework {
    name: "synapse",
    fits: |line| line.get(23..).is_some_and(|rest| rest.starts_with(b" - synapse.access.")),
    read: synapse,
};
pub(super) static ARTIFACTORY: Framework = Framework {
    name: "artifactory",
    fits: |line| line.get(10) == Some(&b'T') && line.get(24) == Some(&b'|'),
    read: artifactory,
};
pub(super) static STRAPI: Framework = Framework {
    name: "strapi",
    fits: |line| line.get(24..).is_some_and(|rest| rest.starts_with(b"] http: ")),
    read: strapi,
};
pub(super) static GHOST: Framework = Framework {
    name: "ghost",
    fits: |line| line.first() == Some(&b'[') && line.get(20) == Some(&b']'),
    read: ghost,
};
pub(super) static KTOR: Framework = Framework {
    name: "ktor",
    fits: |line| memchr::memmem::find(line, b"pplication - ").is_some(),
    read: ktor,
};
pub(super) static KEMAL: Framework = Framework {
    name: "kemal",
    fits: |line| line.get(19..).is_some_and(|rest| rest.starts_with(b" UTC ")),
    read: kemal,
};
pub(super) static BEEGO: Framework = Framework {
    name: "beego",
    fits: |line| line.get(4) == Some(&b'/') && memchr::memmem::find(line, b"match|").is_some(),
    read: beego,
};
pub(super) static SERVE: Framework = Framework {
    name: "serve",
    fits: |line| line.trim_ascii_start().starts_with(b"HTTP  "),
    read: serve,
};
pub(super) static HTTP_SERVER: Framework = Framework {
    name: "http_server",
    fits: |line| line.first() == Some(&b'[') && line.get(25) == Some(&b']'),
    read: http_server,
};
pub(super) static RAILS: Framework = Framework {
    name: "rails",
    fits: |line| memchr::memmem::find(line, b"Completed ").is_some(),
    read: rails,
};
pub(super) static PHOENIX: Framework = Framework {
    name: "phoenix",
    fits: |line| {
        let sent = |word: &[u8]| memchr::memmem::find(line, word).is_some();
        sent(b"] Sent ") || sent(b"] Chunked ")
    },
    read: phoenix,
};

/// Whether the line is the later one of a request of Rails' or Phoenix', which have a level in front.
pub(super) fn is_two_lines(line: &str) -> bool {
    RAILS.decode(line).is_some() || PHOENIX.decode(line).is_some()
}

/// Whether the line is one of those that have a time and a level in front.
pub(super) fn is_dated(line: &str) -> bool {
    [&SERILOG, &TOWER_HTTP, &SYNAPSE, &KTOR].iter().any(|format| format.decode(line).is_some())
}

/// Whether the line is uvicorn's, which has a level in front.
pub(super) fn is_uvicorn(line: &str) -> bool {
    UVICORN.decode(line).is_some()
}

/// Whether the line is Serilog's, which has a time and a level in front.
pub(super) fn is_serilog(line: &str) -> bool {
    SERILOG.decode(line).is_some()
}

impl Format for Framework {
    fn name(&self) -> &'static str {
        self.name
    }

    fn fits(&self, line: &str) -> bool {
        (self.fits)(line.as_bytes())
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if !self.fits(line) || is_ltsv(line) {
            return None;
        }
        let line = line.trim_end_matches(['\r', '\n', ' ', '\0']);
        let mut event = Event { kind: Kind::Access, format: self.name, ..Event::default() };
        (self.read)(line, &mut event)?;
        Some(event)
    }
}

/// A method and a target of which neither holds a blank.
fn asked<'a>(method: &'a str, target: &'a str, event: &mut Event<'a>) -> Option<()> {
    let whole =
        !target.contains([' ', '\t']) && (target.starts_with(['/', '*']) || target.contains("://"));
    if !is_method(method) || !whole {
        return None;
    }
    event.method = Some(Cow::Borrowed(method));
    located(target, event);
    Some(())
}

/// What was asked for where the line says where it begins and ends: a method of any letters (RFC 9110 section 5.6.2), and
/// a target that may have blanks, for some stand there decoded. What does not begin like a target is none.
fn said<'a>(request: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (method, target) = request.split_once(' ')?;
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if method.is_empty() || method.len() > METHOD_MAX || !method.bytes().all(token) {
        return None;
    }
    if !target.starts_with(['/', '*']) && url(target).is_none() {
        return None;
    }
    event.method = Some(Cow::Borrowed(method));
    located(target, event);
    Some(())
}

/// The longest method that is one.
const METHOD_MAX: usize = 20;

fn is_method(word: &str) -> bool {
    (3..=METHOD_MAX).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'-')
}

/// How long the quoted text, the list or the object is that the text begins with.
fn nested_len(text: &str) -> Option<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' | b'(' if !quoted => depth += 1,
            b'}' | b']' | b')' if !quoted => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 && !quoted && !escaped {
            return Some(at + 1);
        }
    }
    None
}

fn three(status: &str) -> Option<u16> {
    if status.len() == 3 { scan::status(status) } else { None }
}

pub(super) fn is_clock(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() == 8 && b[2] == b':' && b[5] == b':' && b[..2].iter().all(u8::is_ascii_digit)
}

fn client_of<'a>(client: &'a str, event: &mut Event<'a>) {
    let (ip, port) = scan::address(client);
    event.remote_ip = present(ip).map(Cow::Borrowed);
    event.remote_port = port;
}

/// Without blanks and a terminal's colours around it.
pub(super) fn bare(text: &str) -> &str {
    let text = uncoloured(text);
    match text.find("\x1b[") {
        Some(at) => text[..at].trim_end_matches(' '),
        None => text.trim_end_matches(' '),
    }
}

/// Without blanks and a terminal's colours in front.
fn uncoloured(text: &str) -> &str {
    let mut text = text.trim_start_matches(' ');
    while let Some((_, rest)) = text.strip_prefix("\x1b[").and_then(|rest| rest.split_once('m')) {
        text = rest.trim_start_matches(' ');
    }
    text
}

//! W3C extended logs: lines whose columns a `#Fields:` line has named, as IIS, CloudFront, HTTP.sys,
//! ISA and TMG, Blue Coat, Squid, Incapsula and Tomcat write them (W3C working draft WD-logfile).
//!
//! What the header lines said belongs to a source and is kept in its [`Headers`]; it may change in
//! the middle of a file. Lines of a source that was met in the middle, before any header line, are
//! read by their shape: the default columns of IIS, HTTP.sys and CloudFront.

mod defaults;
mod fields;
mod line;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::fields::Layout;
use super::{Format, scan};
use crate::vocab::event::Event;
use crate::vocab::time::{Millis, Stamp};

/// What header lines are called among a source's formats. They are understood, but no event.
pub const HEADER: &str = "w3c_header";

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// What a source's header lines have said so far: small, whatever they hold, and cheap to copy.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    layout: Option<Arc<Layout>>,
    /// `#Date:`, for layouts that have a time without a day (IIS 4 and 5).
    began: Option<Millis>,
}

impl Headers {
    /// Takes a header line into account; `false` where it is none.
    pub(super) fn learn(&mut self, line: &str) -> bool {
        let Some((name, value)) = line.strip_prefix('#').and_then(|rest| rest.split_once(':'))
        else {
            return false;
        };
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if is("Fields") {
            self.layout = Layout::of(value).map(Arc::new);
        } else if is("Date") {
            let day = value.trim_start().get(..19);
            self.began = match day.and_then(scan::iso_time) {
                Some(Stamp::Utc(at) | Stamp::Local(at)) => Some(at),
                _ => None,
            };
        } else {
            const OTHERS: [&str; 9] = [
                "Version",
                "Software",
                "Start-Date",
                "End-Date",
                "Remark",
                "Log-type",
                "GMT-Offset",
                "System-Id",
                "Comment",
            ];
            return OTHERS.iter().any(|other| is(other));
        }
        true
    }

    /// The name of the format that the columns in force make.
    pub(super) fn format(&self) -> Option<&'static str> {
        self.layout.as_ref().map(|layout| layout.format)
    }

    /// Reads a line by the columns in force; an event that says nothing stays so after `false`.
    pub(super) fn read<'a>(&self, line: &'a str, event: &mut Event<'a>) -> bool {
        let read = self.layout.as_ref().and_then(|layout| line::read(layout, line, false));
        let Some(mut read) = read else {
            return false;
        };
        if let (Some(Stamp::Utc(at)), Some(began)) = (read.stamp, self.began)
            && (0..DAY_MS).contains(&at.0)
        {
            read.stamp = Some(Stamp::Utc(on_day_of(began, at.0)));
        }
        *event = read;
        true
    }
}

/// The time of day at or behind the log's beginning. A server stamps the header when it first
/// writes, so lines may be a little older; a clock that goes back by more begins another day.
fn on_day_of(began: Millis, of_day: i64) -> Millis {
    let at = began.0.div_euclid(DAY_MS) * DAY_MS + of_day;
    Millis(if at < began.0 - HOUR_MS { at + DAY_MS } else { at })
}

/// IIS's own columns, as its versions write them where nobody chose others.
#[derive(Debug)]
pub(super) struct W3c;

impl Format for W3c {
    fn name(&self) -> &'static str {
        fields::W3C
    }

    fn fits(&self, line: &str) -> bool {
        let b = line.as_bytes();
        b.first().is_some_and(u8::is_ascii_digit) && matches!(b.get(2), Some(b':' | b'0'..=b'9'))
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if self.fits(line) { defaults::iis(line) } else { None }
    }
}

/// CloudFront's standard columns, which newer versions append to, and its real-time ones.
#[derive(Debug)]
pub(super) struct CloudFront;

impl Format for CloudFront {
    fn name(&self) -> &'static str {
        fields::CLOUDFRONT
    }

    fn fits(&self, line: &str) -> bool {
        let b = line.as_bytes();
        b.first().is_some_and(u8::is_ascii_digit)
            && memchr::memchr(b'\t', &b[..b.len().min(16)]).is_some_and(|at| at >= 10)
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if self.fits(line) { defaults::cloudfront(line) } else { None }
    }
}

/// `HTTPERR`: what HTTP.sys refused or cut before IIS saw it.
#[derive(Debug)]
pub(super) struct HttpErr;

impl Format for HttpErr {
    fn name(&self) -> &'static str {
        fields::HTTPERR
    }

    fn fits(&self, line: &str) -> bool {
        let b = line.as_bytes();
        b.get(4) == Some(&b'-') && b.get(10) == Some(&b' ') && b[0].is_ascii_digit()
    }

    fn decode<'a>(&self, line: &'a str) -> Option<Event<'a>> {
        if self.fits(line) { defaults::httperr(line) } else { None }
    }
}

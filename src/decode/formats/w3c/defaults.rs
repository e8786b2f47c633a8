//! Columns that servers write where nobody chose others, for lines whose header was never seen.

use std::sync::LazyLock;

use super::super::daemon_error::level_of;
use super::fields::{Layout, Separator};
use super::line;
use crate::vocab::event::Event;

/// IIS's, the newest first. It writes its columns in one order always, those that are chosen.
const IIS: &[&str] = &[
    // 8 to 10.
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken",
    // 7 and 7.5.
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken",
    // 6, and with the Service Pack of Windows Server 2003.
    "date time s-sitename s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status",
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status",
    // 5.
    "date time c-ip cs-username s-ip s-port cs-method cs-uri-stem cs-uri-query sc-status cs(User-Agent)",
    "time c-ip cs-method cs-uri-stem sc-status",
    // Everything there is, with and without HTTP/2's stream; then with both sizes.
    "date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs-version cs(User-Agent) cs(Cookie) cs(Referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken",
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken",
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken",
    // Azure App Service.
    "date time s-sitename cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Cookie) cs(Referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken",
    // Behind a proxy, with the column that everybody adds.
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken X-Forwarded-For",
    "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) cs-host sc-status sc-substatus sc-win32-status sc-bytes cs-bytes time-taken X-Forwarded-For",
];

/// Of Windows Server 2003 to 2016, then with HTTP/2's stream, then of 2022.
const HTTPERR: &[&str] = &[
    "date time c-ip c-port s-ip s-port cs-version cs-method cs-uri sc-status s-siteid s-reason s-queuename",
    "date time c-ip c-port s-ip s-port cs-version cs-method cs-uri streamid sc-status s-siteid s-reason s-queuename",
    "date time c-ip c-port s-ip s-port cs-version cs-method cs-uri streamid streamid_ex sc-status s-siteid s-reason s-queuename transport",
];

/// All that standard logs have; older ones end earlier.
const CLOUDFRONT: &str = "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type sc-content-type sc-content-len sc-range-start sc-range-end";
/// The fewest columns they ever had.
const CLOUDFRONT_MIN: usize = 12;

/// Those of real-time logs that stand first where all are chosen, up to the ones that only some
/// distributions have.
const REAL_TIME: &str = "timestamp c-ip time-to-first-byte sc-status sc-bytes cs-method cs-protocol cs-host cs-uri-stem cs-bytes x-edge-location x-edge-request-id x-host-header time-taken cs-protocol-version c-ip-version cs-user-agent cs-referer cs-cookie cs-uri-query x-edge-response-result-type x-forwarded-for ssl-protocol ssl-cipher x-edge-result-type";

static IIS_LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| layouts(IIS));
static HTTPERR_LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| layouts(HTTPERR));
/// By number of columns.
static CLOUDFRONT_LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    let names: Vec<&str> = CLOUDFRONT.split(' ').collect();
    let shorter = (CLOUDFRONT_MIN..=names.len()).map(|count| names[..count].join(" "));
    shorter.filter_map(|header| Layout::of(&header)).collect()
});
static REAL_TIME_LAYOUT: LazyLock<Option<Layout>> = LazyLock::new(|| Layout::of(REAL_TIME));

fn layouts(headers: &[&str]) -> Vec<Layout> {
    headers.iter().filter_map(|header| Layout::of(header)).collect()
}

pub(super) fn iis(line: &str) -> Option<Event<'_>> {
    // A logger's level behind its time.
    if line.get(19..).is_some_and(|rest| level_of(rest).is_some()) {
        return None;
    }
    among(&IIS_LAYOUTS, line)
}

pub(super) fn httperr(line: &str) -> Option<Event<'_>> {
    among(&HTTPERR_LAYOUTS, line)
}

/// The first layout that the line is one of. A line has one number of words, so nearly all are
/// passed over by that alone.
fn among<'a>(layouts: &[Layout], line: &'a str) -> Option<Event<'a>> {
    let words =
        line.trim_end_matches(['\r', '\n', '\0', ' ']).bytes().filter(|b| *b == b' ').count() + 1;
    let fit = layouts.iter().filter(|layout| layout.columns.len() == words);
    fit.into_iter().find_map(|layout| line::read(layout, line, true))
}

pub(super) fn cloudfront(line: &str) -> Option<Event<'_>> {
    // CloudFront encodes them in all that a client sends; behind one stands another's request.
    if line.contains('"') {
        return None;
    }
    let columns = memchr::memchr_iter(b'\t', line.as_bytes()).count() + 1;
    if line.as_bytes().get(10) == Some(&b'\t') {
        let widest = CLOUDFRONT_LAYOUTS.len() - 1;
        let layout = &CLOUDFRONT_LAYOUTS[columns.checked_sub(CLOUDFRONT_MIN)?.min(widest)];
        let edge = line.split('\t').nth(2)?;
        return line::read(layout, line, true).filter(|_| line::edge_location(layout, edge));
    }
    let layout = REAL_TIME_LAYOUT.as_ref()?;
    debug_assert_eq!(layout.separator, Separator::Tab);
    // What stands behind the columns that all have is passed over.
    let end = memchr::memchr_iter(b'\t', line.as_bytes()).nth(layout.columns.len() - 1);
    let edge = line.split('\t').nth(10)?;
    line::read(layout, &line[..end.unwrap_or(line.len())], true)
        .filter(|_| line::edge_location(layout, edge))
}

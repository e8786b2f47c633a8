//! What frameworks write for whoever develops with them: Next.js, Hono, Laravel Octane.

use super::super::scan;
use super::{bare, is_method, said, three};
use crate::vocab::event::Event;

/// Next.js: ` GET /x?y=1 200 in 12ms`, since version 15.3 with what took how long behind it, `(compile: 3ms, render: 9ms)`. The
/// path stands there decoded, and may have all of this in it: the line's own is the last.
pub(super) fn nextjs<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let line = line.trim_start_matches(' ');
    let (line, parts) = match line.strip_suffix(')') {
        Some(line) => line.rsplit_once(" (")?,
        None => (line, ""),
    };
    let part = |part: &str| {
        let (label, time) = part.split_once(": ")?;
        (!label.contains([' ', '(']) && !time.contains(' ')).then_some(())?;
        scan::unit_us(time)
    };
    let parted = parts.is_empty() || parts.split(", ").all(|text| part(text).is_some());
    let (answered, time) = line.rsplit_once(" in ")?;
    let (request, status) = answered.rsplit_once(' ')?;
    // What is fetched meanwhile has its whole address.
    let own = request
        .split_once(' ')
        .is_some_and(|(method, target)| is_method(method) && target.starts_with(['/', '*']));
    if !parted || !own {
        return None;
    }
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(time)?);
    said(request, event)
}

/// Hono's second line of a request, which looks like koa-logger's without a size: `  --> GET /x 200 12ms`.
pub(super) fn hono<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (rest, time) = bare(line).strip_prefix("--> ")?.rsplit_once(' ')?;
    let (request, status) = rest.trim_end_matches(' ').rsplit_once(' ')?;
    event.status = Some(three(bare(status))?);
    event.request_time_us = Some(scan::unit_us(&bare(time).replace(',', ""))?);
    said(request.trim_end_matches(' '), event)
}

/// Laravel Octane: `  200    GET /x ........ 10.50 mb 12.34 ms`. A long path is cut, and has no dots apart from it.
pub(super) fn octane<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let (status, rest) = line.strip_prefix("  ")?.split_once(' ')?;
    let (rest, time) = rest.trim_start_matches(' ').strip_suffix(" ms")?.rsplit_once(' ')?;
    let (rest, is_sized) = match rest.strip_suffix(" mb") {
        Some(rest) => {
            let (rest, memory) = rest.rsplit_once(' ')?;
            scan::scaled_us(memory, 1.0)?;
            (rest.trim_end_matches(' '), true)
        }
        None => (rest, false),
    };
    let dotted = |word: &str| !word.is_empty() && word.bytes().all(|b| b == b'.');
    let request = match rest.rsplit_once(' ') {
        Some((request, dots)) if dotted(dots) => request,
        // Those of the path that was cut; a long one that was asked for whole has none.
        _ if is_sized || rest.ends_with("...") => rest,
        _ => return None,
    };
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::scaled_us(time, 1e3)?);
    said(request, event)
}

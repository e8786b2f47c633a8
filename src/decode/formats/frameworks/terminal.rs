//! What frameworks write for whoever develops with them: Next.js, Hono, Laravel Octane.

use super::super::scan;
use super::{asked, bare, three};
use crate::vocab::event::Event;

/// Next.js: ` GET /x?y=1 200 in 12ms`, since version 15.3 with what took how long behind it, `(compile: 3ms, render: 9ms)`. The
/// path stands there decoded: where it has blanks, what is behind it is not told from it.
pub(super) fn nextjs<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut words = line.trim_start_matches(' ').splitn(6, ' ');
    let (method, target, status) = (words.next()?, words.next()?, words.next()?);
    let (into, time) = (words.next()?, words.next()?);
    let parts = match words.next() {
        None => "",
        Some(parts) => parts.strip_prefix('(')?.strip_suffix(')')?,
    };
    let part = |part: &str| {
        let (label, time) = part.split_once(": ")?;
        (!label.contains([' ', '(']) && !time.contains(' ')).then_some(())?;
        scan::unit_us(time)
    };
    let parted = parts.is_empty() || parts.split(", ").all(|text| part(text).is_some());
    if into != "in" || !parted {
        return None;
    }
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(time)?);
    asked(method, target, event)
}

/// Hono's second line of a request, which looks like koa-logger's without a size: `  --> GET /x 200 12ms`.
pub(super) fn hono<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut words = bare(line).strip_prefix("--> ")?.split(' ').map(bare);
    let (method, target) = (words.next()?, words.next()?);
    let (status, time) = (words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::unit_us(&time.replace(',', ""))?);
    asked(method, target, event)
}

/// Laravel Octane: `  200    GET /x ........ 10.50 mb 12.34 ms`. A long path is cut, and has no dots apart from it.
pub(super) fn octane<'a>(line: &'a str, event: &mut Event<'a>) -> Option<()> {
    let mut words = line.strip_prefix("  ")?.split(' ').filter(|word| !word.is_empty());
    let (status, method, target) = (words.next()?, words.next()?, words.next()?);
    let mut words = words.rev();
    let (unit, time) = (words.next()?, words.next()?);
    let rest: Vec<_> = words.collect();
    let dotted = |word: &str| word.bytes().all(|b| b == b'.');
    let fits = match rest[..] {
        ["mb", memory, dots] => scan::scaled_us(memory, 1.0).is_some() && dotted(dots),
        ["mb", memory] => scan::scaled_us(memory, 1.0).is_some(),
        [dots] => dotted(dots),
        _ => false,
    };
    if unit != "ms" || !fits {
        return None;
    }
    event.status = Some(three(status)?);
    event.request_time_us = Some(scan::scaled_us(time, 1e3)?);
    asked(method, target, event)
}

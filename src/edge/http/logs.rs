//! `POST /api/v1/logs`, and what shippers send to other routes: from the body of a request to lines that count.
//!
//! A body is decoded whole before any of it counts, so an answer that is no success means that nothing
//! was applied. Success is told when every line has its final place.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::access::Asker;
use super::body::{self, Body, content_length, too_busy};
use super::shippers::Route;
use super::unpack::{Inflated, too_large};
use super::{ApiError, At};
use crate::decode::payload::Limits;
use crate::decode::shipped::{self, Action, Broken, Item, Layout, MAX_NAME};
use crate::decode::text::lossy;
use crate::pipeline::ingest::{Frame, Ingest, Told};
use crate::state::account::Counts;
use crate::state::sources::Peer;
use crate::vocab::outcome::DropReason;
use crate::vocab::time::Millis;

/// Lines named in the answer.
const MAX_ERRORS: usize = 10;
/// Bodies longer than this are counted beside the async tasks: about 300 lines, 300 µs.
const INLINE_BYTES: usize = 64 * 1024;
/// Items counted at a time: a body of a million lines is never held as a million frames.
const GROUP: usize = 1024;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    source: Option<String>,
    site: Option<String>,
    format: Option<String>,
    ack: Option<String>,
}

impl Ask {
    fn of(route: &Route, uri: &Uri) -> Result<Ask, ApiError> {
        let wrong = |e| ApiError::bad_query(&e, "?source=&site=&format=");
        if route.is_own {
            return Query::try_from_uri(uri).map(|Query(ask)| ask).map_err(wrong);
        }
        // Protocols have parameters of their own, which say nothing to us.
        let Query(mut all) = Query::<HashMap<String, String>>::try_from_uri(uri).map_err(wrong)?;
        let mut take = |name| all.remove(name);
        let (source, site) = (take("source"), take("site"));
        Ok(Ask { source, site, format: take("format"), ack: take("ack") })
    }
}

/// What became of the lines of a body.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Answer {
    /// Lines that count, the unparsed ones too.
    pub(super) accepted: u64,
    /// Of these such as count in the second in which they came: their own time is too far from it, or one that no clock
    /// shows. Told where there are any.
    #[serde(skip_serializing_if = "is_none")]
    misdated: u64,
    /// Lines that the operator's `exclude` leaves out: nothing is wrong with them. Told where there are any.
    #[serde(skip_serializing_if = "is_none")]
    pub(super) excluded: u64,
    /// All others: no lines, beyond the sender's rate, or lost by a fault of this program.
    pub(super) rejected: u64,
    /// The first lines that are not understood, and why.
    errors: Vec<LineError>,
    #[serde(skip)]
    beyond_rate: bool,
    /// What was asked to be done with the items and what became of them, in their order; those in a row of which both
    /// are the same are counted.
    #[serde(skip)]
    pub(super) outcomes: Vec<(Action, Outcome, u32)>,
}

/// What became of an item, as far as its sender has something to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It needs nothing more.
    Done,
    /// It is no line, and never will be.
    Bad,
    /// It came beyond its sender's rate: again, in a second.
    Later,
}

fn is_none(lines: &u64) -> bool {
    *lines == 0
}

#[derive(Debug, Serialize)]
struct LineError {
    /// From 1.
    line: u64,
    reason: String,
}

pub(crate) async fn send(
    route: &'static Route,
    State(at): State<At>,
    uri: Uri,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    if at.web.stop.is_cancelled() {
        return Err(ApiError::stopping());
    }
    let ask = Ask::of(route, &uri)?;
    if ask.ack.as_deref().is_some_and(|ack| ack != "disk") {
        return Err(ApiError::new(
            StatusCode::BAD_REQUEST,
            "unknown_ack",
            "the only `ack` there will be is `disk`",
            "leave out `ack`: 200 means that every line is counted in this process",
        ));
    }
    if ask.ack.is_some() {
        return Err(ApiError::new(
            StatusCode::NOT_IMPLEMENTED,
            "no_journal",
            "there is no journal yet, so nothing can be acknowledged as on disk",
            "leave out `ack`: 200 means that every line is counted in this process",
        ));
    }
    let formats = at.web.node.sources.formats();
    let format = match ask.format.as_deref() {
        None | Some("" | "auto") => None,
        Some(name) => Some(formats.names().find(|known| *known == name).ok_or_else(|| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "unknown_format",
                format!("`format={name}` is unknown"),
                formats.names().collect::<Vec<_>>().join(" "),
            )
        })?),
    };
    refuse_multipart(&headers)?;
    let from = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|c| c.0.ip());
    let asker = request.extensions().get::<Asker>().copied();
    let layout = route.layout(&headers);
    let encoding = route.encoding(&headers, layout)?;
    let config = at.web.config.get();
    let max = config.max_body;
    let busy = at.web.node.memory.is_brimful();
    let too_large = || too_large("http.max_body", max);
    let body = body::read_unless(busy, &at.web, request, max, too_large).await?;
    let Body { bytes: body, mut share } = body;
    let encoding = if layout.is_text() { encoding.or_seen(&body) } else { encoding };

    let source = ask.source.filter(|s| !s.is_empty() && s.len() <= MAX_NAME);
    let peer = match (source, from) {
        (Some(name), _) => Peer::Name(name.into()),
        (None, Some(ip)) => Peer::Ip(ip.to_canonical()),
        (None, None) => Peer::Name("http".into()),
    };
    let mut ingest = Ingest::new(at.web.node.clone(), at.listener.clone(), at.web.ingest.get());
    ingest.site = ask.site.filter(|s| !s.is_empty() && s.len() <= MAX_NAME).map(Into::into);
    ingest.format = format;
    ingest.pairs = true;
    // Whoever may send can name himself anew with each body.
    ingest.charged = asker.map(|asker| Peer::Ip(asker.address.to_canonical()));

    let most = Inflated { bytes: config.max_inflated, ratio: config.max_ratio };
    let web = at.web.clone();
    let turns = &at.web.counting;
    let is_form = is_form(&headers);
    let work = move || -> Result<Answer, ApiError> {
        let body = if layout.is_text() {
            encoding.lines(body, most, &mut share)?
        } else {
            encoding.bytes(body, most, &mut share)?
        };
        let body = match lossy(&body) {
            Cow::Owned(_) if layout.is_utf8() && !share.grow(3 * body.len()) => {
                return Err(too_busy());
            }
            Cow::Owned(text) if layout.is_utf8() => text.into_bytes(),
            _ => body,
        };
        let limits = web.config.get().item;
        let mut answer = count(&body, (layout, limits), &peer, &mut ingest, web.clock.now())
            .map_err(|Broken(why)| {
                ApiError::new(
                    StatusCode::BAD_REQUEST,
                    "undecodable",
                    format!("the body is no {}: {why}", route.what),
                    "nothing of it was counted",
                )
            })?;
        // Objects are found without line ends.
        if is_form && !body.contains(&b'\n') && !body.trim_ascii_start().starts_with(b"{") {
            answer.advise("curl -d takes line ends out of a file: --data-binary sends it as it is");
        }
        Ok(answer)
    };
    if encoding.is_none() && body_is_small(&headers) {
        return work().and_then(|answer| route.answer(answer, layout));
    }
    let _turn = turns.acquire().await.map_err(|_| ApiError::stopping())?;
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| {
            ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "counting failed",
                "this is a bug; the server's log has it",
            )
        })?
        .and_then(|answer| route.answer(answer, layout))
}

fn body_is_small(headers: &HeaderMap) -> bool {
    content_length(headers).is_some_and(|n| n <= INLINE_BYTES as u64)
}

/// What `curl -d` says that it sends, whatever it is.
fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
}

fn refuse_multipart(headers: &HeaderMap) -> Result<(), ApiError> {
    let multipart = headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.trim_start().to_ascii_lowercase().starts_with("multipart/"));
    if multipart {
        return Err(ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "multipart",
            "a form with parts is not read",
            "send the lines as the body: curl --data-binary @access.log",
        ));
    }
    Ok(())
}

/// Counts what is in a body, once it is known that the body is what it should be.
fn count(
    body: &[u8],
    (layout, limits): (Layout, Limits),
    peer: &Peer,
    ingest: &mut Ingest,
    now: Millis,
) -> Result<Answer, Broken> {
    if layout != Layout::Lines {
        layout.read(body, &limits, &mut |_| {})?;
    }
    let answer = Answer::default();
    let mut counter = Counter {
        answer,
        lines: Vec::with_capacity(GROUP),
        seen: Vec::with_capacity(GROUP),
        refused: Counts::default(),
        peer,
        ingest,
        now,
    };
    layout.read(body, &limits, &mut |item| counter.take(item))?;
    counter.settle();
    counter.answer.errors.sort_by_key(|e| e.line);
    Ok(counter.answer)
}

/// Counts items, a group at a time.
struct Counter<'c, 'b> {
    answer: Answer,
    lines: Vec<(u64, Cow<'b, [u8]>, shipped::Told<'b>)>,
    /// Items of the group, those that are no lines too: what is asked to be done with them, and whether they are lines.
    seen: Vec<(Action, bool)>,
    refused: Counts,
    peer: &'c Peer,
    ingest: &'c mut Ingest,
    now: Millis,
}

impl<'b> Counter<'_, 'b> {
    fn take(&mut self, item: Item<'b>) {
        match item {
            Item::Line { number, action, bytes, told } => {
                self.seen.push((action, true));
                self.lines.push((number, bytes, told));
            }
            Item::Bad { number, action, reason, why } => {
                self.seen.push((action, false));
                self.refused.reject(reason);
                self.answer.tell(number, why);
            }
        }
        if self.seen.len() == GROUP {
            self.settle();
        }
    }

    /// Gives every item of the group its place.
    fn settle(&mut self) {
        let Counter { answer, lines, peer, ingest, .. } = self;
        let refused = std::mem::take(&mut self.refused);
        let refused_here = refused.settled();
        if refused_here > 0 {
            ingest.listener().account.record(&refused);
        }
        let told: Vec<Told<'_>> = lines.iter().map(|(.., told)| of_shipper(told)).collect();
        let frames = lines.iter().zip(&told).map(|((_, bytes, _), told)| Frame {
            told: (*told != Told::default()).then_some(told),
            ..Frame::new(peer, bytes)
        });
        let frames: Vec<Frame<'_>> = frames.collect();
        let counts = ingest.batch_with(&frames, self.now, &mut |unparsed| {
            answer.tell(
                lines[unparsed.frame].0,
                "fits no known format; kept as a message".to_owned(),
            );
        });
        let over = counts.dropped[DropReason::Rate as usize];
        // They are the last ones of the group.
        let first = lines.len().checked_sub(over as usize).and_then(|place| lines.get(place));
        if let Some((number, ..)) = first {
            answer.tell_of_rate(*number);
        }
        answer.take(&counts, lines.first().map_or(0, |(number, ..)| *number));
        answer.rejected += refused_here;
        let mut within = lines.len().saturating_sub(over as usize);
        for (action, is_line) in self.seen.drain(..) {
            let outcome = match is_line {
                false => Outcome::Bad,
                true if within == 0 => Outcome::Later,
                true => {
                    within -= 1;
                    Outcome::Done
                }
            };
            answer.note(action, outcome);
        }
        lines.clear();
    }
}

fn of_shipper<'t>(told: &'t shipped::Told<'_>) -> Told<'t> {
    let by = told.by.as_deref();
    Told {
        hostname: by.and_then(|by| by.hostname.as_deref()),
        app_name: by.and_then(|by| by.app_name.as_deref()),
        at: told.at,
    }
}

#[cfg(test)]
impl Answer {
    /// To a body of which every line came beyond its sender's rate.
    pub(super) fn beyond(lines: u32) -> Answer {
        let mut answer = Answer { rejected: lines.into(), ..Answer::default() };
        answer.outcomes.push((Action::default(), Outcome::Later, lines));
        answer.tell_of_rate(1);
        answer
    }
}

impl Answer {
    /// Takes in what became of lines, of which the first one has the number `first`.
    fn take(&mut self, counts: &Counts, first: u64) {
        let excluded = counts.dropped[DropReason::Excluded as usize];
        let kept = counts.counted + counts.unparsed;
        self.accepted += kept;
        self.misdated += counts.misdated;
        self.excluded += excluded;
        self.rejected += counts.settled() - kept - excluded;
        let lost = counts.dropped[DropReason::Fault as usize];
        if lost > 0 {
            let what = format!("{lost} of the lines from here on lost by a fault of this program");
            self.tell(first, format!("{what}; the server's log has it"));
        }
    }

    /// Whether all lines came beyond their sender's rate, so that nothing of the body counts.
    pub(super) fn is_beyond_rate(&self) -> bool {
        self.beyond_rate && self.accepted + self.excluded == 0
    }

    fn note(&mut self, action: Action, outcome: Outcome) {
        match self.outcomes.last_mut() {
            Some((asked, last, count))
                if (*asked, *last) == (action, outcome) && *count < u32::MAX =>
            {
                *count += 1;
            }
            _ => self.outcomes.push((action, outcome, 1)),
        }
    }

    /// Told whatever else there was to tell, and once: the sender is to go on from there.
    fn tell_of_rate(&mut self, line: u64) {
        if !std::mem::replace(&mut self.beyond_rate, true) {
            let reason = "sources.max_rate is reached; from here on send again in a second";
            self.errors.push(LineError { line, reason: reason.to_owned() });
        }
    }

    /// Says with what is not understood what may have come of it.
    fn advise(&mut self, advice: &str) {
        for error in &mut self.errors {
            error.reason = format!("{}; {advice}", error.reason);
        }
    }

    /// Items come in order, group by group, so the first ones told are the first ones.
    fn tell(&mut self, line: u64, reason: String) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(LineError { line, reason });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_by_a_fault_is_rejected_and_what_is_excluded_is_neither() {
        let mut answer = Answer::default();
        let mut counts = Counts { counted: 5, unparsed: 2, ..Counts::default() };
        counts.dropped[DropReason::Excluded as usize] = 4;
        answer.take(&counts, 1);
        let told = serde_json::to_value(&answer).expect("JSON");
        let expected =
            serde_json::json!({"accepted": 7, "excluded": 4, "rejected": 0, "errors": []});
        assert_eq!(told, expected);
        counts.dropped[DropReason::Fault as usize] = 64;
        counts.dropped[DropReason::Rate as usize] = 3;
        answer.take(&counts, 1025);
        assert_eq!((answer.accepted, answer.excluded, answer.rejected), (14, 8, 67));
        let error = answer.errors.first().expect("it is said");
        assert!(
            error.line == 1025 && error.reason.starts_with("64 of the lines from here on lost")
        );
        let told = serde_json::to_value(Answer::default()).expect("JSON");
        assert_eq!(told, serde_json::json!({"accepted": 0, "rejected": 0, "errors": []}));
    }
}

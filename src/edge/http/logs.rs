//! `POST /api/v1/logs`: what a script, a shipper or curl sends.
//!
//! A body is decoded whole before any of it counts, so an answer other than 200 means that nothing
//! was applied. 200 is sent when every line has its final place.

use std::borrow::Cow;
use std::io::Read;
use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use serde::{Deserialize, Serialize};

use super::access::Asker;
use super::body::{self, Body, content_length, too_busy};
use super::budget::Share;
use super::json::Json;
use super::{ApiError, At};
use crate::decode::packed::Packed;
use crate::decode::payload::{self, Item, Limits};
use crate::pipeline::ingest::{Frame, Ingest};
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
/// Bytes inflated between two looks at the limits.
const PIECE: u64 = 256 * 1024;
/// What is smaller inflated may be as dense as it is: a few lines that are all the same.
const RATIO_FROM: usize = 1024 * 1024;
/// Longest name a sender may give itself, bytes.
const MAX_NAME: usize = 255;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    source: Option<String>,
    site: Option<String>,
    format: Option<String>,
    ack: Option<String>,
}

/// What became of the lines of a body.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Answer {
    /// Lines that count, the unparsed ones too.
    accepted: u64,
    /// Of these such as count in the second in which they came: their own time is too far from it. Told where there
    /// are any.
    #[serde(skip_serializing_if = "is_none")]
    misdated: u64,
    /// Lines that the operator's `exclude` leaves out: nothing is wrong with them. Told where there are any.
    #[serde(skip_serializing_if = "is_none")]
    excluded: u64,
    /// All others: no lines, beyond the sender's rate, or lost by a fault of this program.
    rejected: u64,
    /// The first lines that are not understood, and why.
    errors: Vec<LineError>,
    #[serde(skip)]
    beyond_rate: bool,
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
    State(at): State<At>,
    ask: Result<Query<Ask>, axum::extract::rejection::QueryRejection>,
    headers: HeaderMap,
    request: Request,
) -> Result<Json<Answer>, ApiError> {
    if at.web.stop.is_cancelled() {
        return Err(ApiError::stopping());
    }
    let Query(ask) = ask.map_err(|e| ApiError::bad_query(&e, "?source=&site=&format="))?;
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
    let encoding = Encoding::of(&headers)?;
    let config = at.web.config.get();
    let max = config.max_body;
    let busy = at.web.node.memory.is_brimful();
    let too_large = || too_large("http.max_body", max);
    let body = body::read_unless(busy, &at.web, request, max, too_large).await?;
    let Body { bytes: body, mut share } = body;
    let encoding = encoding.or_seen(&body);

    let source = ask.source.filter(|s| !s.is_empty() && s.len() <= MAX_NAME);
    let peer = match (source, from) {
        (Some(name), _) => Peer::Name(name.into()),
        (None, Some(ip)) => Peer::Ip(ip.to_canonical()),
        (None, None) => Peer::Name("http".into()),
    };
    let mut ingest = Ingest::new(at.web.node.clone(), at.listener.clone(), at.web.ingest.get());
    ingest.site = ask.site.filter(|s| !s.is_empty() && s.len() <= MAX_NAME).map(Into::into);
    ingest.format = format;
    // Whoever may send can name himself anew with each body.
    ingest.charged = asker.map(|asker| Peer::Ip(asker.address.to_canonical()));

    let most = Inflated { bytes: config.max_inflated, ratio: config.max_ratio };
    let web = at.web.clone();
    let turns = &at.web.counting;
    let is_form = is_form(&headers);
    let work = move || -> Result<Answer, ApiError> {
        let body = encoding.lines(body, most, &mut share)?;
        let limits = web.config.get().item;
        let mut answer = count(&body, &limits, &peer, &mut ingest, web.clock.now());
        if is_form && !body.contains(&b'\n') {
            answer.advise("curl -d takes line ends out of a file: --data-binary sends it as it is");
        }
        Ok(answer)
    };
    if encoding == Encoding::Identity && body_is_small(&headers) {
        return work().map(Json);
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
        .map(Json)
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

fn too_large(key: &str, limit: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("the body is larger than {limit} bytes; nothing of it was counted"),
        format!("send it in parts, or raise {key}"),
    )
}

fn count(body: &[u8], limits: &Limits, peer: &Peer, ingest: &mut Ingest, now: Millis) -> Answer {
    let mut answer = Answer::default();
    let mut items = payload::split(body, limits).peekable();
    let mut lines: Vec<(u64, Cow<'_, [u8]>)> = Vec::with_capacity(GROUP);
    while items.peek().is_some() {
        lines.clear();
        let mut refused = Counts::default();
        for item in items.by_ref().take(GROUP) {
            match item {
                Item::Line { number, bytes } => lines.push((number, bytes)),
                Item::Bad { number, reason, why } => {
                    refused.reject(reason);
                    answer.tell(number, why);
                }
            }
        }
        let refused_here = refused.settled();
        if refused_here > 0 {
            ingest.listener().account.record(&refused);
        }
        let frames: Vec<Frame<'_>> = lines.iter().map(|(_, bytes)| Frame { peer, bytes }).collect();
        let counts = ingest.batch_with(&frames, now, &mut |unparsed| {
            answer.tell(
                lines[unparsed.frame].0,
                "fits no known format; kept as a message".to_owned(),
            );
        });
        let over = counts.dropped[DropReason::Rate as usize];
        // They are the last ones of the group.
        let first = lines.len().checked_sub(over as usize).and_then(|place| lines.get(place));
        if let Some((number, _)) = first {
            answer.tell_of_rate(*number);
        }
        answer.take(&counts, lines.first().map_or(0, |(number, _)| *number));
        answer.rejected += refused_here;
    }
    answer.errors.sort_by_key(|e| e.line);
    answer
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

fn too_dense(ratio: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_dense",
        format!("the body is more than {ratio} times as large inflated; nothing of it was counted"),
        "send it in other parts or less packed, or raise http.max_ratio",
    )
}

fn no_lines(packed: Packed) -> ApiError {
    let (what, by) = match packed {
        Packed::Gzip => ("packed twice", "gzip -dc"),
        Packed::Zstd => ("packed twice", "zstd -dc"),
        Packed::Foreign { what, by } => (what, by),
    };
    ApiError::new(
        StatusCode::BAD_REQUEST,
        "undecodable",
        format!("the body is {what}, which is not read; nothing of it was counted"),
        format!("send what comes out of {by}"),
    )
}

/// What may come out of a body.
#[derive(Clone, Copy, Debug)]
struct Inflated {
    bytes: usize,
    /// To what was sent.
    ratio: usize,
}

/// How the body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Identity,
    Gzip,
    Zstd,
    Deflate,
}

impl Encoding {
    fn of(headers: &HeaderMap) -> Result<Encoding, ApiError> {
        // Several headers mean the same as one with commas (RFC 9110 section 5.2).
        let names: Vec<&str> = headers
            .get_all(header::CONTENT_ENCODING)
            .iter()
            .map(|value| value.to_str().unwrap_or("?").trim())
            .collect();
        let name = names.join(", ").to_ascii_lowercase();
        match name.as_str() {
            "" | "identity" => Ok(Encoding::Identity),
            "gzip" | "x-gzip" => Ok(Encoding::Gzip),
            "zstd" => Ok(Encoding::Zstd),
            "deflate" => Ok(Encoding::Deflate),
            _ => Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unknown_encoding",
                format!("Content-Encoding `{name}` is not read"),
                "gzip, zstd or deflate, one of them",
            )),
        }
    }

    /// What a body is whose header says nothing of it, as curl sends a file: its first bytes tell, as they do
    /// where files are read.
    fn or_seen(self, body: &[u8]) -> Encoding {
        match Packed::of(body) {
            Some(Packed::Gzip) if self == Encoding::Identity => Encoding::Gzip,
            Some(Packed::Zstd) if self == Encoding::Identity => Encoding::Zstd,
            _ => self,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Encoding::Identity => "identity",
            Encoding::Gzip => "gzip",
            Encoding::Zstd => "zstd",
            Encoding::Deflate => "deflate",
        }
    }

    /// The body as text. What is none would be many lines that nobody wrote.
    fn lines(self, body: Vec<u8>, most: Inflated, share: &mut Share) -> Result<Vec<u8>, ApiError> {
        let body = match self {
            Encoding::Identity => body,
            _ => self.inflate(&body, most, share)?,
        };
        Packed::of(&body).map_or(Ok(body), |packed| Err(no_lines(packed)))
    }

    /// Unpacks with a cap on what comes out: 100 MiB of zeros are 100 kB of gzip.
    fn inflate(
        self,
        packed: &[u8],
        most: Inflated,
        share: &mut Share,
    ) -> Result<Vec<u8>, ApiError> {
        /// zstd's window log: 8 MiB, what encoders use up to level 19.
        const MAX_WINDOW_LOG: u32 = 23;
        let undecodable = |error: std::io::Error| {
            ApiError::new(
                StatusCode::BAD_REQUEST,
                "undecodable",
                format!("the body can't be unpacked as {}: {error}", self.name()),
                "nothing of it was counted",
            )
        };
        let mut reader: Box<dyn Read + '_> = match self {
            Encoding::Identity => Box::new(packed),
            Encoding::Gzip => Box::new(flate2::read::MultiGzDecoder::new(packed)),
            // "deflate" is zlib by RFC 9110 section 8.4.1.2, but some senders mean raw deflate.
            Encoding::Deflate if packed.first().is_some_and(|b| b & 0x0F == 8) => {
                Box::new(flate2::read::ZlibDecoder::new(packed))
            }
            Encoding::Deflate => Box::new(flate2::read::DeflateDecoder::new(packed)),
            Encoding::Zstd => {
                let mut decoder = zstd::stream::read::Decoder::new(packed).map_err(undecodable)?;
                decoder.window_log_max(MAX_WINDOW_LOG).map_err(undecodable)?;
                Box::new(decoder)
            }
        };
        let mut out = Vec::new();
        loop {
            // Grown by hand: doubling would take twice what the budget knows of.
            out.reserve_exact(PIECE as usize + out.len() / 8);
            let piece = reader.by_ref().take(PIECE).read_to_end(&mut out).map_err(undecodable)?;
            if piece == 0 {
                return Ok(out);
            }
            if out.len() > most.bytes {
                return Err(too_large("http.max_inflated", most.bytes));
            }
            if out.len() > RATIO_FROM && out.len() > packed.len().saturating_mul(most.ratio) {
                return Err(too_dense(most.ratio));
            }
            if !share.grow(piece) {
                return Err(too_busy());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::super::budget::Budget;
    use super::*;

    fn most(bytes: usize) -> Inflated {
        Inflated { bytes, ratio: usize::MAX }
    }

    fn room() -> Share {
        Share::of(&Budget::new(64 << 20))
    }

    fn gzip(data: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(data).expect("memory");
        encoder.finish().expect("memory")
    }

    #[test]
    fn a_bomb_stops_at_the_cap_and_a_lie_is_told() {
        let bomb = gzip(&vec![0; 4 << 20]);
        let error =
            Encoding::Gzip.inflate(&bomb, most(1 << 20), &mut room()).expect_err("over the cap");
        assert_eq!(error.status, StatusCode::PAYLOAD_TOO_LARGE);
        let mut taken = Share::of(&Budget::new(1 << 20));
        let error = Encoding::Gzip.inflate(&bomb, most(8 << 20), &mut taken).expect_err("no room");
        assert_eq!(error.status, StatusCode::TOO_MANY_REQUESTS);
        let error = Encoding::Gzip
            .inflate(b"plain text", most(1 << 20), &mut room())
            .expect_err("not gzip");
        assert_eq!(error.status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn what_is_denser_than_any_log_is_refused_unless_it_is_small() {
        for (zeros, ratio, passes) in
            [(4 << 20, 100, false), (4 << 20, 10_000, true), (RATIO_FROM, 100, true)]
        {
            let most = Inflated { bytes: 8 << 20, ratio };
            let inflated = Encoding::Gzip.inflate(&gzip(&vec![0; zeros]), most, &mut room());
            let code = inflated.map(|out| assert_eq!(out.len(), zeros)).map_err(|e| e.code);
            assert_eq!(code, if passes { Ok(()) } else { Err("too_dense") }, "{zeros} {ratio}");
        }
    }

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

    #[test]
    fn packed_twice_is_refused_however_it_is_written() {
        for values in [&["gzip, gzip"][..], &["gzip", "gzip"], &["gzip", "identity"], &["br"]] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CONTENT_ENCODING, value.parse().expect("a value"));
            }
            let error = Encoding::of(&headers).expect_err("not one encoding");
            assert_eq!(error.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{values:?}");
        }
    }

    #[test]
    fn a_packed_body_is_known_without_a_header_and_held_to_the_same_limits() {
        let text = b"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n";
        let zstd = zstd::encode_all(&text[..], 3).expect("memory");
        for (body, encoding) in [
            (text.to_vec(), Encoding::Identity),
            (gzip(text), Encoding::Gzip),
            (zstd, Encoding::Zstd),
        ] {
            let seen = Encoding::Identity.or_seen(&body);
            assert_eq!(seen, encoding);
            assert_eq!(seen.lines(body, most(1 << 20), &mut room()).expect("lines"), text);
        }
        // What the header says goes first: a lie stays one.
        assert_eq!(Encoding::Deflate.or_seen(&gzip(text)), Encoding::Deflate);
        let bomb = gzip(&vec![b'a'; 4 << 20]);
        let bomb = Encoding::Identity.or_seen(&bomb).lines(bomb, most(1 << 20), &mut room());
        assert_eq!(bomb.expect_err("over the cap").status, StatusCode::PAYLOAD_TOO_LARGE);
        let mut torn = gzip(text);
        torn.truncate(torn.len() - 9);
        let error = Encoding::Gzip.lines(torn, most(1 << 20), &mut room()).expect_err("torn");
        assert_eq!((error.status, error.code), (StatusCode::BAD_REQUEST, "undecodable"));
    }

    #[test]
    fn what_is_no_text_of_lines_is_refused_by_its_name() {
        let utf16 = b"\xff\xfea\0\n\0";
        for (encoding, body, what) in [
            (Encoding::Identity, utf16.to_vec(), "UTF-16"),
            (Encoding::Identity, b"\xfe\xff\0a\0\n".to_vec(), "UTF-16"),
            (Encoding::Identity, b"\xfd7zXZ\0\0".to_vec(), "packed with xz"),
            (Encoding::Gzip, gzip(utf16), "UTF-16"),
            (Encoding::Gzip, gzip(&gzip(b"a line")), "packed twice"),
        ] {
            let error = encoding.lines(body, most(1 << 20), &mut room()).expect_err(what);
            assert_eq!((error.status, error.code), (StatusCode::BAD_REQUEST, "undecodable"));
            assert!(error.message.contains(what), "{}", error.message);
        }
    }

    #[test]
    fn what_was_packed_comes_out_whole() {
        let text =
            b"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n".repeat(50);
        assert_eq!(
            Encoding::Gzip.inflate(&gzip(&text), most(1 << 20), &mut room()).expect("gzip"),
            text
        );
        let packed = zstd::encode_all(&text[..], 3).expect("memory");
        assert_eq!(
            Encoding::Zstd.inflate(&packed, most(1 << 20), &mut room()).expect("zstd"),
            text
        );
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(&text).expect("memory");
        let packed = zlib.finish().expect("memory");
        assert_eq!(
            Encoding::Deflate.inflate(&packed, most(1 << 20), &mut room()).expect("zlib"),
            text
        );
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        raw.write_all(&text).expect("memory");
        let packed = raw.finish().expect("memory");
        assert_eq!(
            Encoding::Deflate.inflate(&packed, most(1 << 20), &mut room()).expect("raw"),
            text
        );
    }
}

//! What must hold for any bytes: one function a fuzz target, each panicking where its law is broken.
//!
//! The targets of `cargo fuzz` search for inputs that break them; `tests/fuzz_laws.rs` replays what
//! was found, and the seeds, with the stable toolchain.

#[path = "laws/client.rs"]
mod client_messages;
#[path = "laws/config.rs"]
mod config_files;
#[path = "laws/kept.rs"]
mod kept_files;
#[path = "laws/requests.rs"]
mod parameters;
#[path = "laws/scratch.rs"]
mod scratch;
#[path = "laws/shipped.rs"]
mod shippers;

pub(crate) use client_messages::client;
pub(crate) use config_files::config;
pub(crate) use kept_files::kept;
pub(crate) use parameters::requests;
pub(crate) use shippers::shipped;
use tapline::aggregate::ask::{ASKS, Asks, LIVE_ROWS, ROWS};
use tapline::aggregate::derived::{self, Derived};
use tapline::aggregate::filter::Filter;
use tapline::aggregate::route::Routes;
use tapline::aggregate::row::Row;
use tapline::decode::agent::Class;
use tapline::decode::agent::ranges::{self, Ranges};
use tapline::decode::filetype::file_type;
use tapline::decode::formats::propose;
use tapline::decode::formats::recognise::Recogniser;
use tapline::decode::formats::template::{self, Dialect, Options};
use tapline::decode::formats::{Catalog, Format};
use tapline::decode::framing::{Datagram, Framer, HEADROOM, Mode, Step, datagram};
use tapline::decode::multiline::{self, Joiner};
use tapline::decode::payload::{self, Item};
use tapline::decode::redact::line::Addresses;
use tapline::decode::text::lossy;
use tapline::decode::{agent, client as clients, envelope, filetype, keyphrase, redact};
use tapline::vocab::event::{Event, Kind};

/// What a target calls.
pub(crate) type Law = fn(&[u8]);

/// An input as the corpus files hold it, a line each: `\xHH` is a byte, all else stands for itself.
pub(crate) fn unpacked(line: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        if let (b'\\', [b'x', high, low, behind @ ..]) = (*first, rest) {
            let digit = |byte: u8| char::from(byte).to_digit(16).expect("two digits") as u8;
            out.push(digit(*high) << 4 | digit(*low));
            rest = behind;
        } else {
            out.push(*first);
        }
    }
    out
}

/// The first byte chooses the mode, the second the frame limit, the third how the rest is cut into
/// reads. However it is cut, the same frames and rejections come out; every byte is consumed; no
/// frame is over the limit; the framer never waits for more than its limit and headroom. Joining its
/// lines to messages loses, adds and moves no byte, and does not depend on how they came either.
pub(crate) fn framing(data: &[u8]) {
    let [mode, limit, cut, stream @ ..] = data else { return };
    let mode = Mode::ALL[usize::from(*mode) % Mode::ALL.len()];
    let limit = 1 + usize::from(*limit) * 4;
    let whole = cut_frames(Framer::new(mode, limit), stream, stream.len().max(1), limit);
    let pieces = cut_frames(Framer::new(mode, limit), stream, 1 + usize::from(*cut) % 17, limit);
    assert_eq!(whole, pieces, "{mode} framing depends on how the bytes arrived");
    cut_frames(Framer::new(mode, limit).trim_oversize(), stream, 7, limit);
    cut_frames(Framer::lines(limit), stream, 5, limit);
    if let Datagram::Frames(frames) = datagram(stream) {
        assert!(frames.map(<[u8]>::len).sum::<usize>() <= stream.len());
    }
    let lines: Vec<&[u8]> = stream.split(|&b| b == b'\n').filter(|line| !line.is_empty()).collect();
    let whole = join_lines(&lines, limit, lines.len().max(1));
    assert_eq!(whole, join_lines(&lines, limit, 1 + usize::from(*cut) % 3), "joined by arrival");
    assert_eq!(whole.join(&b'\n'), lines.join(&b'\n'));
    let _ = multiline::messages(stream, Catalog::default());
}

fn join_lines(lines: &[&[u8]], max_bytes: usize, piece: usize) -> Vec<Vec<u8>> {
    let mut joiner = Joiner::new(multiline::Limits { max_bytes, max_lines: 5 }, Catalog::default());
    let mut out: Vec<Vec<u8>> = Vec::new();
    let mut keep = |messages: &[&[u8]]| out.extend(messages.iter().map(|m| m.to_vec()));
    for piece in lines.chunks(piece) {
        joiner.push(piece, &mut keep);
    }
    joiner.flush(&mut keep);
    assert_eq!(out.len() as u64 + joiner.joined().lines, lines.len() as u64);
    out
}

/// What came of a stream in order: frames as they are, rejections by their reason.
fn cut_frames(
    mut framer: Framer,
    stream: &[u8],
    read: usize,
    limit: usize,
) -> Vec<Result<Vec<u8>, String>> {
    let mut out = Vec::new();
    let mut buffer: Vec<u8> = Vec::new();
    let mut consumed_in_all = 0;
    let mut arrived = 0;
    loop {
        let eof = arrived == stream.len();
        let mut done = 0;
        loop {
            let (used, outcome) = match framer.next(&buffer[done..], eof) {
                Step::Incomplete => break,
                Step::Skip { consumed } => (consumed, None),
                Step::Rejected { reason, consumed } => (consumed, Some(Err(format!("{reason:?}")))),
                Step::Frame { bytes, consumed } => {
                    assert!(bytes.len() <= limit, "a frame of {} over {limit}", bytes.len());
                    (consumed, Some(Ok(bytes.to_vec())))
                }
            };
            assert!(used > 0, "a step that consumes nothing");
            assert!(used <= buffer.len() - done, "a step that consumes what is not there");
            done += used;
            consumed_in_all += used;
            out.extend(outcome);
        }
        buffer.drain(..done);
        if eof {
            break;
        }
        assert!(buffer.len() <= limit + HEADROOM + read, "it waits for {} bytes", buffer.len());
        let next = (arrived + read).min(stream.len());
        buffer.extend_from_slice(&stream[arrived..next]);
        arrived = next;
    }
    assert_eq!(consumed_in_all + buffer.len(), stream.len());
    out
}

/// The message is a part of the line; reading it again by its kept header gives the same.
pub(crate) fn envelope(data: &[u8]) {
    let text = lossy(data);
    let envelope = envelope::parse(&text);
    let range = text.as_bytes().as_ptr_range();
    let message = envelope.message.as_bytes().as_ptr_range();
    assert!(
        envelope.message.is_empty() || (range.start <= message.start && message.end <= range.end),
        "a message that is not in the line"
    );
    assert!(envelope.facility.is_none_or(|f| f < 24) && envelope.severity.is_none_or(|s| s < 8));
    let _ = envelope.fraction();
    if let Some(header) = envelope::header(&text, &envelope)
        && let Some(message) = envelope::behind(header, &text)
    {
        assert_eq!(message, envelope.message, "a kept header reads another message");
    }
}

/// The first byte chooses the format that reads the line. What a format reads, it `fits`; no other
/// format reads it; and a recogniser, whatever it has read before, gives the same event. Every text
/// of an event comes from its line, so none is longer.
pub(crate) fn formats(data: &[u8]) {
    let [choice, line @ ..] = data else { return };
    let text = lossy(line);
    let all = Catalog::default().all();
    let format = all[usize::from(*choice) % all.len()];
    let own = format.decode(&text);
    let mut recogniser = Recogniser::default();
    let event = recogniser.decode(&text);
    check(&event, &text);
    if let Some(own) = &own {
        assert!(format.fits(&text), "{} reads what it says does not fit", format.name());
        assert_eq!(own.format, format.name());
        assert_eq!(*own, event, "{} and {} both read it", format.name(), event.format);
    }
    let mut written = Event::default();
    assert_eq!(format.read(&text, &mut written), own.is_some(), "{}", format.name());
    match &own {
        Some(own) => assert_eq!(written, *own),
        None => assert_eq!(written, Event::default(), "{} left something behind", format.name()),
    }
    // What was read before changes the order in which formats are tried, not what comes of it.
    assert_eq!(recogniser.decode(&text), event);
}

/// The first byte chooses whose format the text up to the first line's end is, the rest is a line.
/// A text is a template, or the fault lies in it; a line is read, or is left with a reason that lies
/// in it; a carriage return behind the line changes nothing.
pub(crate) fn template(data: &[u8]) {
    let [choice, rest @ ..] = data else { return };
    let rest = lossy(rest);
    let (text, line) = rest.split_once(['\n', '\0']).unwrap_or((&rest, ""));
    let dialect = match choice % 4 {
        0 => None,
        1 => Some(Dialect::Nginx),
        2 => Some(Dialect::Apache),
        _ => Some(Dialect::GoAccess),
    };
    // Without a name, as names of templates are kept for good.
    let template = match template::compile("", dialect, text, &Options::default()) {
        Ok(template) => template,
        Err(fault) => {
            let end = fault.offset + fault.length;
            assert!(text.get(fault.offset..end).is_some(), "{fault:?} is not in {text:?}");
            assert!(!fault.message.is_empty());
            return;
        }
    };
    let mut tried = Event::default();
    let mut written = Event::default();
    let read = template.read_named(line, &mut written);
    if template.read(line, &mut tried) {
        assert!(read && tried == written, "a line reads otherwise where its format is named");
    } else {
        assert_eq!(tried, Event::default(), "something is left of a refused line");
    }
    match template.explain(line) {
        Ok(event) => {
            assert!(read && written == event && template.fits(line));
            let with_return = format!("{line}\r");
            assert_eq!(template.explain(&with_return).as_ref(), Ok(&event));
            check(&Event { format: "own", ..event }, line);
        }
        Err(mismatch) => {
            assert!(!read && written == Event::default(), "something is left of a refused line");
            assert!(line.get(mismatch.offset..).is_some(), "{mismatch:?} is not in {line:?}");
        }
    }
}

/// The lines are samples of what fits no format. Something is said of each, once; a template that is
/// proposed compiles and reads four of five of its lines. What a line is without its secrets and its
/// addresses has no more of them.
pub(crate) fn propose(data: &[u8]) {
    let text = lossy(data);
    let lines: Vec<&str> = text.lines().take(propose::MAX_SAMPLES).collect();
    let groups = propose::propose(&lines);
    let mut told: Vec<usize> =
        groups.iter().flat_map(|group| group.lines.iter().copied()).collect();
    told.sort_unstable();
    assert!(told.into_iter().eq(0..lines.len()), "a line is told of twice, or not at all");
    for group in &groups {
        let propose::Said::Template(proposal) = &group.said else { continue };
        let options = Options::default();
        let template = template::compile("", Some(Dialect::Nginx), &proposal.template, &options);
        let template = template.expect("a proposal is a template");
        let reads =
            |line: &&usize| template.explain(lines[**line]).is_ok_and(|e| e.status.is_some());
        let reads = group.lines.iter().filter(reads).count();
        assert_eq!((reads, group.lines.len()), (proposal.reads, proposal.of));
        assert!(reads * 5 >= group.lines.len() * 4, "{} of {}", reads, group.lines.len());
        assert!(!proposal.toml("own").contains('\u{1b}'));
    }
    for line in lines {
        let _ = propose::shape(line);
        let kept = redact::line::secrets(line);
        assert_eq!(redact::line::secrets(&kept), kept);
        for how in [Addresses::Mask, Addresses::Remove] {
            let kept = redact::line::addresses(line, how).into_owned();
            assert_eq!(redact::line::addresses(&kept, how), kept);
        }
    }
}

fn check(event: &Event<'_>, line: &str) {
    let texts = [
        &event.remote_ip,
        &event.user,
        &event.method,
        &event.path,
        &event.query,
        &event.protocol,
        &event.referrer,
        &event.user_agent,
        &event.upstream,
        &event.host,
        &event.message,
    ];
    for text in texts.into_iter().flatten() {
        // Undoing `\xHH` of what is no UTF-8 makes three bytes of four.
        assert!(text.len() <= line.len() + 3, "a text longer than its line: {text:?}");
    }
    if event.kind == Kind::Message {
        assert!(event.format.is_empty() || event.message.is_some());
    } else {
        assert!(!event.format.is_empty());
    }
    if let Some(agent) = &event.user_agent {
        let (named, bot) = agent::identify(agent);
        assert_eq!(bot.is_some(), named.class == agent::Class::Bot);
        let _ = agent::system(agent);
    }
    if let Some(referrer) = &event.referrer {
        let _ = keyphrase::keyphrase(referrer);
    }
    if let Some(path) = &event.path {
        let _ = filetype::is_static(filetype::file_type(path));
        let mut routes = Routes::default();
        let route = routes.route(path);
        assert_eq!(routes.route(&route), route, "a route is its own route");
    }
    if let Some(query) = &event.query {
        let once = redact::query(query).into_owned();
        assert_eq!(redact::query(&once), once, "a redacted query is redacted again");
    }
    if let Some(ip) = &event.remote_ip {
        let canonical = clients::canonical(ip).into_owned();
        assert_eq!(clients::canonical(&canonical), canonical);
        let _ = clients::masked(ip);
    }
}

/// Numbers of a body's items never repeat or fall, no item is over the limit.
pub(crate) fn payload(data: &[u8]) {
    let [limit, body @ ..] = data else { return };
    let max_line = 16 + usize::from(*limit) * 8;
    let mut last = 0;
    let mut items = 0;
    for item in payload::split(body, &payload::Limits::of_line(max_line)) {
        let number = match &item {
            Item::Line { number, bytes } => {
                // What is no UTF-8 in an object becomes U+FFFD, three bytes for one.
                assert!(bytes.len() <= max_line * 3, "{} over {max_line}", bytes.len());
                *number
            }
            Item::Bad { number, .. } => *number,
        };
        assert!(number > last, "item {number} behind {last}");
        last = number;
        items += 1;
        assert!(items <= body.len() + 1, "more items than bytes");
    }
}

/// A filter that parses is written so that it parses to the same; one that does not says where.
pub(crate) fn filter(data: &[u8]) {
    let text = lossy(data);
    match Filter::parse(&text) {
        Ok(filter) => {
            let again = Filter::parse(filter.as_str()).expect("what a filter writes is a filter");
            assert_eq!(again.as_str(), filter.as_str());
            let _ = filter.matches(&Row::new(Kind::Access));
        }
        Err(error) => {
            let _ = error.to_string();
        }
    }
}

/// Lists as `panels` asks for them: none has more rows than may be, what they are written as asks for
/// the same, and what is none says what is wrong and what would be right.
pub(crate) fn asks(data: &[u8]) {
    let text = lossy(data);
    match Asks::read(text.split(','), ROWS, LIVE_ROWS) {
        Ok(asks) => {
            assert!(asks.iter().count() <= ASKS && asks.iter().all(|ask| ask.rows <= LIVE_ROWS));
            let written = asks.to_string();
            let again = Asks::read(written.split(','), ROWS, LIVE_ROWS).expect("what is written");
            assert_eq!(again, asks);
        }
        Err((message, hint)) => {
            assert!(!message.is_empty() && !hint.is_empty());
            assert!(message.len() <= text.len() + 100 && hint.len() < 1_000, "{message}; {hint}");
        }
    }
}

/// The lines are paths, agents, referrers and addresses, each of them all. Something is derived from a
/// text or nothing, never an empty one, and nothing that grows with it without bound; an agent is a
/// bot's exactly where its class says so. Routes are as deep as they may be, and a path has the same
/// one until something is learnt. All of it as a file of ranges is ranges or a reason.
pub(crate) fn derived(data: &[u8]) {
    /// Sixteen places and a rest, of 128 bytes and a slash each; see `aggregate/route`.
    const ROUTE_MAX: usize = 17 * 129;
    /// Characters of a phrase, of up to four bytes; see `decode/keyphrase`.
    const PHRASE_MAX: usize = 128 * 4;
    let text = lossy(data);
    let mut routes = Routes::default();
    for line in text.lines() {
        let route = routes.route(line);
        assert!(route.len() <= ROUTE_MAX, "{} bytes of {route}", route.len());
        let epoch = routes.epoch();
        let again = routes.route(line);
        assert!(again == route || routes.epoch() != epoch, "{route}, then {again}");
        for derived in Derived::ALL {
            let Some(value) = derived::plain(derived, line) else { continue };
            let most = match derived {
                Derived::Keyphrase => PHRASE_MAX,
                // Of known names, or cut out of the text.
                _ => line.len() + 64,
            };
            assert!(!value.is_empty() && value.len() <= most, "{}: {value:?}", derived.name());
        }
        assert!(line.contains(derived::referrer_host(line)));
        assert!(file_type(line).bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()));
        let (agent, bot) = agent::identify(line);
        assert_eq!(bot.is_some(), agent.class == Class::Bot);
        if let Some(bot) = bot {
            assert!(bot.name == agent.family && agent::system(line).is_empty(), "{bot:?}");
        }
    }
    let mut known = Ranges::default();
    match Ranges::read("googlebot.json", data) {
        Ok(read) => known.merge(read),
        Err(why) => assert!(why.len() < 1_000 && !why.chars().any(char::is_control), "{why:?}"),
    }
    for address in text.lines().filter_map(|line| line.parse().ok()) {
        let alone = ranges::origin("Googlebot", address, &Ranges::default());
        let both = ranges::origin("Googlebot", address, &known);
        assert!(alone == both || both == ranges::Origin::Published, "a file takes a range away");
    }
}

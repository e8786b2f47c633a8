//! Puts what was asked for behind the line that says how it was answered, for Rails, Phoenix and Fastify, which write a
//! line for each. The two are matched by the request's id, which Rails (`config.log_tags`) and Phoenix (`metadata`) put in
//! front of every line in production, and Fastify into every object; without one, which of several open requests a line
//! answers can't be known.
//!
//! No line is held back, and none is joined away: the earlier one is remembered when it is given, and the later one is
//! given with that behind it.

use std::borrow::Cow;
use std::collections::VecDeque;

use memchr::memmem::find;

use crate::decode::formats::frameworks::two_lines::{ANSWERED, ASKED, Part, part, whole};

/// Requests that are remembered. What is never answered (a redirect of the router's, an upgrade) goes when so many others
/// have begun.
const REQUESTS_MAX: usize = 256;
/// Longer lines are not kept.
const LINE_MAX: usize = 4096;

/// The requests of one stream of lines that were not answered.
#[derive(Debug, Default)]
pub struct Requests {
    /// The oldest first.
    open: VecDeque<Open>,
    /// The stream has had such lines.
    seen: bool,
}

#[derive(Debug)]
struct Open {
    writer: Box<str>,
    process: Box<str>,
    id: Box<str>,
    /// Nothing where two requests had the id at once, for clients may choose it, or where it is too long.
    asked: Option<Box<str>>,
}

impl Requests {
    /// Takes messages that follow each other and gives them, in order.
    pub fn push(&mut self, messages: &[&[u8]], give: &mut dyn FnMut(&[&[u8]])) {
        if !messages.iter().any(|message| self.may_be_part(message)) {
            return give(messages);
        }
        let whole: Vec<_> = messages.iter().map(|message| self.look(message)).collect();
        give(&whole.iter().map(|message| &**message).collect::<Vec<_>>());
    }

    /// A cheap look at the shape.
    fn may_be_part(&self, message: &[u8]) -> bool {
        let line = message.strip_suffix(b"\r").unwrap_or(message);
        match line {
            // `… in 12ms`, `… in 250µs`, `… in 12ms (Views: 8.1ms)`
            [.., b'm', b's'] | [.., 0xb5, b's'] | [.., b')'] => find(line, b" in ").is_some(),
            // `… at 2026-11-22 10:00:00 +0000`
            [.., b' ', b'+' | b'-', _, _, _, b'0' | b'5'] | [.., b' ', b'U', b'T', b'C'] => {
                find(line, b"Started ").is_some()
            }
            [.., b'"', b'}'] => {
                line.ends_with(ANSWERED.as_bytes()) || line.ends_with(ASKED.as_bytes())
            }
            // `10:00:00.123 request_id=… [info] GET /x`
            [_, _, b':', _, _, b':', ..] => find(line, b"request_id=").is_some(),
            // Behind somebody's name; behind an engine's time, with which other logs begin too, where it is known.
            [first, ..] if self.seen || first.is_ascii_alphabetic() => {
                find(line, b" request_id=").is_some()
            }
            _ => false,
        }
    }

    fn look<'a>(&mut self, message: &'a [u8]) -> Cow<'a, [u8]> {
        let text = self.may_be_part(message).then(|| String::from_utf8_lossy(message));
        let line = text.as_deref().map(|line| line.trim_end_matches('\r'));
        let line = line.filter(|line| !line.contains('\n'));
        let Some((line, part)) = line.and_then(|line| Some((line, part(line)?))) else {
            return Cow::Borrowed(message);
        };
        self.seen = true;
        // The id of a line that is not kept is taken all the same.
        let fits = message.len() <= LINE_MAX && matches!(text, Some(Cow::Borrowed(_)));
        match part.asked {
            Some(asked) => self.keep(&part, Some(asked).filter(|_| fits)),
            None => {
                let asked = self.take(&part).filter(|_| fits);
                if let Some(whole) = asked.and_then(|asked| whole(line, &asked)) {
                    return Cow::Owned(whole.into_bytes());
                }
            }
        }
        Cow::Borrowed(message)
    }

    fn keep(&mut self, part: &Part<'_>, asked: Option<&str>) {
        if let Some(at) = self.find(part) {
            self.open[at].asked = None;
            return;
        }
        if self.open.len() == REQUESTS_MAX {
            self.open.pop_front();
        }
        self.open.push_back(Open {
            writer: part.writer.into(),
            process: part.process.into(),
            id: part.id.into(),
            asked: asked.map(Into::into),
        });
    }

    fn take(&mut self, part: &Part<'_>) -> Option<Box<str>> {
        let at = self.find(part)?;
        // Of two requests with one id neither is answered by one line more than by the other.
        self.open[at].asked.as_ref()?;
        self.open.remove(at)?.asked
    }

    fn find(&self, part: &Part<'_>) -> Option<usize> {
        self.open.iter().position(|open| {
            *open.id == *part.id && *open.process == *part.process && *open.writer == *part.writer
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::formats::recognise::Recogniser;
    use super::*;
    use crate::vocab::event::Kind;

    const A: &str = "5e1f8a3c-1111-4222-8333-0123456789ab";
    const B: &str = "6f1f8a3c-1111-4222-8333-0123456789ab";

    /// What is given for the lines, in pieces of so many.
    fn given(lines: &[String], piece: usize) -> Vec<String> {
        let mut requests = Requests::default();
        let mut out = Vec::new();
        let lines: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
        for piece in lines.chunks(piece) {
            requests.push(piece, &mut |messages| {
                out.extend(messages.iter().map(|m| String::from_utf8(m.to_vec()).unwrap()));
            });
        }
        out
    }

    /// Path, client and status of what is read as a request.
    fn requests(lines: &[String]) -> Vec<String> {
        let whole = given(lines, lines.len());
        assert_eq!(whole, given(lines, 1));
        assert_eq!(whole.len(), lines.len());
        for (whole, line) in whole.iter().zip(lines) {
            assert!(whole.starts_with(line.trim_end_matches('\r')), "{whole}");
        }
        let mut recogniser = Recogniser::default();
        let events = whole.iter().map(|line| {
            let event = recogniser.decode(line);
            (event.kind == Kind::Access).then(|| {
                let text = |text: &Option<Cow<'_, str>>| text.as_deref().unwrap_or("-").to_owned();
                format!(
                    "{} {} {} {}",
                    event.format,
                    text(&event.path),
                    text(&event.remote_ip),
                    event.status.unwrap()
                )
            })
        });
        events.flatten().collect()
    }

    fn started(front: &str, path: &str) -> String {
        format!("{front}Started GET \"{path}\" for 203.0.113.9 at 2026-11-22 10:00:00 +0000")
    }

    fn completed(front: &str, status: &str) -> String {
        format!(
            "{front}Completed {status} in 12ms (Views: 8.1ms | ActiveRecord: 1.2ms | Allocations: 1234)"
        )
    }

    #[test]
    fn two_lines_of_a_request_are_one_by_its_id() {
        let ruby = "I, [2026-11-22T10:00:00.123456 #12]  INFO -- : ";
        let cri = "2026-11-22T10:00:00.123456789Z stdout F ";
        let fronts = [
            ("", "rails"),
            (ruby, "rails"),
            ("web-1  | ", "compose"),
            (cri, "cri"),
            ("10:00:00 web.1  | ", "compose"),
        ];
        for (front, format) in fronts {
            let tag = |id: &str| format!("{front}[{id}] ");
            let (a, b) = (tag(A), tag(B));
            let lines = [
                started(&a, "/a?x=1"),
                format!("{a}Processing by AController#index as HTML"),
                started(&b, "/b"),
                completed(&b, "404 Not Found"),
                completed(&a, "200 OK"),
            ];
            assert_eq!(
                requests(&lines),
                [format!("{format} /b 203.0.113.9 404"), format!("{format} /a 203.0.113.9 200")]
            );
        }
        let front = |id: &str| format!("10:00:00.123 request_id={id} [info] ");
        let (a, b) = (front("F1abcDEF12345678"), front("F1abcDEF12345679"));
        let lines = [
            format!("{a}GET /a"),
            format!("{b}POST /b"),
            format!("{b}Sent 302 in 812µs"),
            format!("{a}Chunked 200 in 12ms"),
        ];
        assert_eq!(requests(&lines), ["phoenix /b - 302", "phoenix /a - 200"]);
        let named = lines.clone().map(|line| format!("web-1  | {line}\r"));
        assert_eq!(requests(&named), ["compose /b - 302", "compose /a - 200"]);
        let timed = [lines.clone(), lines].concat();
        let timed: Vec<_> = timed.iter().map(|line| format!("{cri}{line}")).collect();
        assert_eq!(
            requests(&timed),
            ["cri - - 302", "cri - - 200", "cri /b - 302", "cri /a - 200"]
        );
    }

    #[test]
    fn fastifys_objects_are_one_by_process_and_number() {
        let asked = |pid: u32, id: &str, path: &str| {
            format!(
                r#"{{"level":30,"time":1795341600123,"pid":{pid},"hostname":"h","reqId":"{id}","req":{{"method":"GET","url":"{path}","host":"shop.example","remoteAddress":"203.0.113.9","remotePort":5123}},"msg":"incoming request"}}"#
            )
        };
        let answered = |pid: u32, id: &str, status: u16| {
            format!(
                r#"{{"level":30,"time":1795341600125,"pid":{pid},"hostname":"h","reqId":"{id}","res":{{"statusCode":{status}}},"responseTime":1.2,"msg":"request completed"}}"#
            )
        };
        let said =
            r#"{"level":30,"time":1795341600124,"pid":1,"hostname":"h","reqId":"req-1","msg":"a"}"#;
        let lines = [
            asked(1, "req-1", r#"/a\"}},\"reqId\":\"req-2\",\"req\":{"#),
            said.to_owned(),
            asked(2, "req-1", "/b"),
            answered(2, "req-1", 404),
            answered(1, "req-1", 200),
            answered(1, "req-2", 201),
        ];
        let given = given(&lines, 1);
        let mut recogniser = Recogniser::default();
        let mut read = Vec::new();
        for line in &given {
            let event = recogniser.decode(line);
            if event.kind == Kind::Access {
                read.push((
                    event.status,
                    event.path.map(Cow::into_owned),
                    event.remote_ip.is_some(),
                ));
            }
        }
        let path = Some(r#"/a"}},"reqId":"req-2","req":{"#.to_owned());
        let expected = [
            (Some(404), Some("/b".to_owned()), true),
            (Some(200), path, true),
            (Some(201), None, false),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn without_an_id_of_its_own_a_request_has_no_path() {
        for front in ["", "[web] ", "[203.0.113.9] ", "[shop.example] "] {
            let lines = [started(front, "/a"), completed(front, "200 OK")];
            assert_eq!(requests(&lines), ["rails - - 200"], "{front}");
        }
        let lines = ["[info] GET /a", "[info] Sent 200 in 12ms"].map(str::to_owned);
        assert_eq!(requests(&lines), ["phoenix - - 200"]);
        // Another program's of the same stream, and one that was answered.
        let tag = format!("[{A}] ");
        let lines = [
            started(&format!("a-1  | {tag}"), "/a"),
            completed(&format!("b-1  | {tag}"), "200 OK"),
            completed(&format!("a-1  | {tag}"), "201 Created"),
            completed(&format!("a-1  | {tag}"), "202 Accepted"),
        ];
        assert_eq!(
            requests(&lines),
            ["compose - - 200", "compose /a 203.0.113.9 201", "compose - - 202"]
        );
    }

    #[test]
    fn an_id_that_two_requests_have_at_once_tells_of_neither() {
        let tag = format!("[{A}] ");
        let (one, other) = (started(&tag, "/a"), started(&tag, "/b"));
        let (ok, bad) = (completed(&tag, "200 OK"), completed(&tag, "500 Internal Server Error"));
        let lines = [one.clone(), other.clone(), bad.clone(), one.clone(), ok.clone(), ok.clone()];
        assert_eq!(requests(&lines), ["rails - - 500", "rails - - 200", "rails - - 200"]);
        // One after the other is no trouble.
        let lines = [one, ok, other, bad];
        assert_eq!(requests(&lines), ["rails /a 203.0.113.9 200", "rails /b 203.0.113.9 500"]);
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let tag = |i: usize| format!("[5e1f8a3c-1111-4222-8333-{i:012}] ");
        let mut lines: Vec<_> = (0..=REQUESTS_MAX).map(|i| started(&tag(i), "/a")).collect();
        lines.extend([0, 1].map(|i| completed(&tag(i), "200 OK")));
        assert_eq!(requests(&lines), ["rails - - 200", "rails /a 203.0.113.9 200"]);
        let long = "x".repeat(LINE_MAX);
        let tag = tag(0);
        let lines = [started(&tag, &format!("/{long}")), completed(&tag, "200 OK")];
        assert_eq!(requests(&lines), ["rails - - 200"]);
    }

    #[test]
    fn a_line_that_is_not_kept_takes_its_id_all_the_same() {
        let tag = format!("[{A}] ");
        let long = started(&tag, &format!("/{}", "x".repeat(LINE_MAX)));
        let (other, ok) =
            (started(&tag, "/checkout"), completed(&tag, "500 Internal Server Error"));
        assert_eq!(requests(&[long, other.clone(), ok.clone()]), ["rails - - 500"]);
        let foul = started(&tag, "/?").replace('?', "\u{fffd}");
        let foul = foul.as_bytes().split(|b| *b >= 0x80).filter(|part| !part.is_empty());
        let foul = foul.collect::<Vec<_>>().join(&b"\xff"[..]);
        assert!(std::str::from_utf8(&foul).is_err());
        let mut pushed = Requests::default();
        let mut given = Vec::new();
        for line in [&foul[..], other.as_bytes(), ok.as_bytes()] {
            pushed.push(&[line], &mut |all| given.extend(all.iter().map(|line| line.to_vec())));
        }
        assert_eq!(given, [foul, other.into_bytes(), ok.into_bytes()]);
    }

    #[test]
    fn what_a_client_asks_for_says_no_more_than_that() {
        let tag = format!("[{A}] ");
        for path in [
            "/a\" for 192.0.2.66 at 2026-11-22 10:00:00 +0000",
            "/a\" for 192.0.2.66 at 2026-11-22 10:00:00 +0000\" for 192.0.2.67",
            "/Completed 500 Internal Server Error in 1ms",
            "/a] Completed 500 Internal Server Error in 1ms",
            "/a | b",
        ] {
            let lines = [started(&tag, path), completed(&tag, "200 OK")];
            let read = requests(&lines);
            assert_eq!(read.len(), 1, "{path}");
            assert!(read[0].ends_with(" 203.0.113.9 200"), "{path}: {read:?}");
        }
        // Nor does a word behind another line's.
        for line in [
            format!("{tag}bad agent Completed 500 Internal Server Error in 1ms"),
            format!("ERROR shop: [{A}] Completed 500 Internal Server Error in 1ms"),
            format!("{tag}Completed 500 Internal Server Error in 1ms and more"),
            format!("{tag}Completed job 500 in 1ms"),
            "10:00:00.123 [info] bad agent Sent 500 in 1ms".to_owned(),
            "10:00:00.123 [info] Sent 500 in 1ms or so".to_owned(),
        ] {
            assert_eq!(requests(&[started(&tag, "/a"), line.clone()]), [""; 0], "{line}");
        }
    }
}

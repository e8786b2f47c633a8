//! Requests as a hostile client writes them, sent byte by byte to a real server, and the events
//! that Tapline made of the server's log lines, compared field by field with what was sent.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::common::tapline::Tapline;
use crate::common::{PATIENCE, within};

const LINE_PATIENCE: std::time::Duration = std::time::Duration::from_secs(3);

/// A log line that a client would like to have counted.
pub(crate) const FORGED: &str =
    r#"x [22/Nov/2026:10:00:00 +0000] "GET /forged HTTP/1.1" 200 5 "-" "x""#;
/// The same as a user's name, which cannot have a colon: the time is one in seconds.
const FORGED_USER: &str = r#"x [1795341600] "GET /forged HTTP/1.1" 200 5 "-" "x"#;

/// One request: what is sent, and what the log can say about it.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) name: &'static str,
    line: Vec<u8>,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
    /// Sent in place of everything above.
    raw: Option<Vec<u8>>,
    /// The client closes its side behind it, so that the server does not wait for more.
    half: bool,
    /// Requests of one write over one connection.
    pub(crate) pipelined: usize,
    pub(crate) says: Fields,
}

/// Field of the event → its value; null where the event must not have it. A field that is not in it
/// is not compared.
pub(crate) type Fields = BTreeMap<&'static str, Value>;

/// As Tapline shows it: no UTF-8 becomes U+FFFD, and nothing or `-` is absent.
pub(crate) fn shown(bytes: &[u8]) -> Value {
    match bytes.trim_ascii() {
        b"" | b"-" => Value::Null,
        text => String::from_utf8_lossy(text).into(),
    }
}

impl Request {
    fn new(name: &'static str, method: &str, target: impl AsRef<[u8]>, protocol: &str) -> Request {
        let target = target.as_ref();
        let mut line = [method.as_bytes(), b" ", target].concat();
        if !protocol.is_empty() {
            line.extend_from_slice(b" ");
            line.extend_from_slice(protocol.as_bytes());
        }
        let mut parts = target.splitn(2, |&b| b == b'?');
        let mut says = Fields::new();
        says.insert("method", shown(method.as_bytes()));
        says.insert("path", shown(parts.next().unwrap_or_default()));
        says.insert("query", shown(parts.next().unwrap_or_default()));
        says.insert("protocol", shown(protocol.as_bytes()));
        for field in ["referrer", "user_agent", "user"] {
            says.insert(field, Value::Null);
        }
        let headers = vec![("Host", b"site.example".to_vec()), ("Connection", b"close".to_vec())];
        let body = Vec::new();
        Request { name, line, headers, body, raw: None, half: false, pipelined: 1, says }
    }

    pub(crate) fn get(name: &'static str, target: impl AsRef<[u8]>) -> Request {
        Request::new(name, "GET", target, "HTTP/1.1")
    }

    /// Bytes that are no request.
    fn raw(name: &'static str, bytes: &[u8]) -> Request {
        let mut request = Request::get(name, "");
        request.raw = Some(bytes.to_vec());
        request.half = true;
        request.says.values_mut().for_each(|value| *value = Value::Null);
        request
    }

    pub(crate) fn with(mut self, header: &'static str, value: impl AsRef<[u8]>) -> Request {
        let value = value.as_ref().to_vec();
        let field = match header {
            "Referer" => Some("referrer"),
            "User-Agent" => Some("user_agent"),
            _ => None,
        };
        if let Some(field) = field {
            self.says.insert(field, shown(&value));
        }
        self.headers.retain(|(name, _)| *name != header);
        self.headers.push((header, value));
        self
    }

    fn without(mut self, header: &'static str) -> Request {
        self.headers.retain(|(name, _)| *name != header);
        self
    }

    fn agent(self, value: impl AsRef<[u8]>) -> Request {
        self.with("User-Agent", value)
    }

    fn referrer(self, value: impl AsRef<[u8]>) -> Request {
        self.with("Referer", value)
    }

    pub(crate) fn user(mut self, user: &str) -> Request {
        let pair = base64(format!("{user}:secret").as_bytes());
        self.says.insert("user", shown(user.as_bytes()));
        self.with("Authorization", format!("Basic {pair}"))
    }

    fn body(mut self, bytes: &[u8]) -> Request {
        self.body = bytes.to_vec();
        self
    }

    fn half(mut self) -> Request {
        self.half = true;
        self
    }

    fn twice(mut self) -> Request {
        let (mut first, second) = (self.clone(), self.bytes());
        first.headers.retain(|(name, _)| *name != "Connection");
        self.raw = Some([first.bytes(), second].concat());
        self.pipelined = 2;
        self
    }

    fn bytes(&self) -> Vec<u8> {
        if let Some(raw) = &self.raw {
            return raw.clone();
        }
        let mut bytes = self.line.clone();
        bytes.extend_from_slice(b"\r\n");
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: ").as_bytes());
            bytes.extend_from_slice(value);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// RFC 4648 section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits =
            three.iter().fold(0, |sum, &b| sum << 8 | u32::from(b)) << (8 * (3 - three.len()));
        for i in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * i)) as usize & 63] as char;
            text.push(if i <= three.len() { digit } else { '=' });
        }
    }
    text
}

/// What every server is asked. Whatever it answers, the log says it too.
pub(crate) fn requests() -> Vec<Request> {
    let long = |n: usize| format!("/long/{}", "a1-_".repeat(n / 4));
    vec![
        Request::get("plain", "/ok/plain?id=1&b=2")
            .referrer("https://b.example/x?y=1")
            .agent("a/1.0 (b; c)"),
        Request::get("missing", "/missing"),
        Request::get("quotes", r#"/ok/"quoted"?q="x""#)
            .agent(r#"say "hello" twice"#)
            .referrer(r#""r""#),
        Request::get("backslashes", r"/ok/back\slash\x41\")
            .agent(r"a\b \\ c\")
            .referrer(r"C:\dir\"),
        Request::get("written escapes", r"/ok/\x22\n\u0022")
            .agent(r"\x22 \n \t %22")
            .referrer(r"\"),
        Request::raw("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\"\\x \r\n\r\n"),
        Request::raw("empty line", b"\r\n\r\n\r\n"),
        Request::raw("garbage", b"GARBAGE\r\n\r\n"),
        Request::raw("nul", b"\0\0\0\0\r\n\r\n"),
        Request::raw("rdp", b"\x03\0\0\x13\x0e\xe0\0\0\0\0\0\x01\0\x08\0\x03\0\0\0\r\n\r\n"),
        Request::new("no protocol", "GET", "/ok/no-protocol", ""),
        Request::new("protocol 1.0", "GET", "/ok/old", "HTTP/1.0"),
        Request::new("protocol 9.9", "GET", "/ok/new", "HTTP/9.9"),
        Request::new("http/2 preface", "PRI", "*", "HTTP/2.0"),
        Request::get("blanks", "/ok/a b  c?d=e f"),
        Request::get("longer", long(1900)),
        Request::get("long", long(7600)),
        Request::get("too long", long(40_000)),
        Request::get("no utf-8", b"/ok/\xff\xfe\xc3(?q=\xe9")
            .agent(b"\xff\xfe \xc3")
            .referrer(b"\x80r"),
        Request::get("utf-8", "/ok/caf\u{e9}/\u{1F98A}")
            .agent("\u{1F98A} \u{d0bc}")
            .referrer("\u{fc}"),
        Request::get("percent", "/ok/%22%5C%0d%0a%1b%7f/%2e%2e?q=%26%zz%"),
        Request::get("controls", b"/ok/\x01\x1b[31m\x7f")
            .agent(b"\x1b[2Jred\x07")
            .referrer(b"\x08r"),
        Request::get("tab", "/ok/tab").agent("a\tb"),
        Request::get("forged agent", "/ok/agent").agent(r#"" 200 5 "-" "x"#).referrer(FORGED),
        Request::get("forged referrer", "/ok/referrer")
            .referrer(r#"a" "b" 1.000 "c"#)
            .agent(FORGED),
        Request::get("forged target", r#"/ok/target HTTP/1.1" 200 5 "-" "x"#),
        Request::get("forged user", "/ok/user").user(FORGED_USER),
        Request::get("user", "/ok/user").user("ann lee"),
        Request::get("agent of nothing", "/ok/none").agent("-").referrer(""),
        Request::get("blanks around", "/ok/around").agent("  b  ").referrer("\t c"),
        Request::new("connect", "CONNECT", "b.example:443", "HTTP/1.1"),
        Request::get("absolute form", "http://site.example/ok/absolute?x=1"),
        Request::new("asterisk", "OPTIONS", "*", "HTTP/1.1"),
        Request::new("unknown method", "BREW", "/ok/pot", "HTTP/1.1"),
        Request::new("lower-case method", "get", "/ok/lower", "HTTP/1.1"),
        Request::new("head", "HEAD", "/ok/file", "HTTP/1.1"),
        Request::get("not modified", "/ok/file")
            .with("If-Modified-Since", "Tue, 19 Jan 2038 03:14:07 GMT"),
        Request::get("part", "/ok/file").with("Range", "bytes=1-3"),
        Request::get("no host", "/ok/nohost").without("Host"),
        Request::get("bad host", "/ok/badhost").with("Host", r#"a"b\c"#),
        Request::get("large header", "/ok/header").with("X-Large", "h".repeat(70_000)),
        Request::new("large body", "POST", "/ok/large", "HTTP/1.1")
            .with("Content-Length", "99999999")
            .half(),
        Request::new("chunked", "POST", "/ok/chunked", "HTTP/1.1")
            .with("Transfer-Encoding", "chunked")
            .body(b"5\r\nhello\r\n0\r\n\r\n"),
        Request::new("body", "POST", "/ok/body?n=1", "HTTP/1.1")
            .with("Content-Length", "4")
            .body(b"a=b\n"),
        Request::get("pipelined", "/ok/pipelined").agent("p/1").twice(),
    ]
}

/// What came back over the socket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answer {
    /// None where the bytes have no head: an answer of HTTP/0.9, or nothing at all.
    pub(crate) status: Option<u16>,
    /// Bytes of the body without the marks of chunks.
    pub(crate) body: u64,
    /// Bytes behind the head as they were sent.
    pub(crate) wire: u64,
}

/// Sends the bytes over a connection of their own and reads it to its end.
///
/// What is no request may be the start of one to the server, so its end is shown to it: `half`
/// closes our side of the connection.
pub(crate) fn send(address: SocketAddr, bytes: &[u8], half: bool) -> Vec<u8> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    // a server that refuses a long request closes before it has read all of it
    let _ = stream.write_all(bytes);
    if half {
        let _ = stream.shutdown(std::net::Shutdown::Write);
    }
    let mut answer = Vec::new();
    let mut buffer = [0; 16384];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return answer,
            Ok(n) => answer.extend_from_slice(&buffer[..n]),
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) if e.kind() == ErrorKind::ConnectionReset => return answer,
            Err(e) => panic!(
                "{e} after {:?} to {:?}",
                String::from_utf8_lossy(&answer),
                String::from_utf8_lossy(&bytes[..bytes.len().min(200)])
            ),
        }
    }
}

/// Cuts the answers of one connection.
fn answers(mut bytes: &[u8], head_only: bool) -> Vec<Answer> {
    let mut list = Vec::new();
    while !bytes.is_empty() || list.is_empty() {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").map(|at| at + 4);
        let (true, Some(end)) = (bytes.starts_with(b"HTTP/"), end) else {
            let len = bytes.len() as u64;
            list.push(Answer { status: None, body: len, wire: len });
            break;
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let status: u16 = head.split(' ').nth(1).unwrap()[..3].parse().expect("a status");
        let rest = &bytes[end..];
        let length =
            head.lines().find_map(|l| l.strip_prefix("content-length:")?.trim().parse().ok());
        let (body, wire) = if status == 100 {
            bytes = rest;
            continue;
        } else if head_only || matches!(status, 204 | 304) {
            (0, 0)
        } else if head.contains("transfer-encoding: chunked") {
            chunked(rest)
        } else {
            let length = length.unwrap_or(rest.len()).min(rest.len());
            (length, length)
        };
        list.push(Answer { status: Some(status), body: body as u64, wire: wire as u64 });
        bytes = &rest[wire..];
    }
    list
}

/// Bytes of a chunked body without and with its marks.
fn chunked(bytes: &[u8]) -> (usize, usize) {
    let (mut at, mut sum) = (0, 0);
    loop {
        let line = bytes[at..].windows(2).position(|w| w == b"\r\n").expect("a chunk's size");
        let size = std::str::from_utf8(&bytes[at..at + line]).unwrap();
        let size = usize::from_str_radix(size.split(';').next().unwrap().trim(), 16).unwrap();
        at += line + 2 + size + 2;
        sum += size;
        if size == 0 {
            return (sum, at);
        }
    }
}

/// What the events of one request must say.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) fields: Fields,
    /// Log lines that the server writes about it.
    pub(crate) lines: usize,
    /// Lines behind these that are of the connection only: no path is in them.
    pub(crate) more: usize,
    /// When the request was sent.
    pub(crate) from: chrono::DateTime<chrono::Utc>,
}

impl Expected {
    pub(crate) fn set(&mut self, field: &'static str, value: impl Into<Value>) {
        self.fields.insert(field, value.into());
    }

    pub(crate) fn absent(&mut self, fields: &[&'static str]) {
        for field in fields {
            self.fields.insert(field, Value::Null);
        }
    }

    pub(crate) fn ignore(&mut self, fields: &[&'static str]) {
        for field in fields {
            self.fields.remove(field);
        }
    }

    /// The server wrote nothing of the request line.
    pub(crate) fn no_request(&mut self) {
        self.absent(&["method", "path", "query", "protocol", "referrer", "user_agent", "user"]);
    }

    /// Common log format: no bytes are written as `-`.
    pub(crate) fn no_bytes_for_zero(&mut self) {
        if self.fields["bytes"] == 0 {
            self.absent(&["bytes"]);
        }
    }
}

/// Sends each request and waits for its lines, so that the lines come in the order of the requests;
/// then compares. `amend` says what this server does otherwise than to log what was sent.
pub(crate) fn compare(
    tapline: &Tapline,
    address: SocketAddr,
    requests: &[Request],
    amend: impl Fn(&Request, &Answer, &mut Expected),
) {
    let before = tapline.accounting().received;
    let mut expected: Vec<(&Request, Answer, Expected)> = Vec::new();
    let mut lines = 0;
    let mut wrong = Vec::new();
    for request in requests {
        let from = chrono::Utc::now();
        let bytes = send(address, &request.bytes(), request.half);
        let head_only = request.line.starts_with(b"HEAD ");
        let list = answers(&bytes, head_only);
        assert_eq!(list.len(), request.pipelined, "{}: {list:?}", request.name);
        for answer in list {
            let mut fields = request.says.clone();
            fields.insert("kind", "access".into());
            fields.insert("remote_ip", address.ip().to_string().into());
            fields.insert("bytes", answer.body.into());
            if let Some(status) = answer.status {
                fields.insert("status", status.into());
            }
            let mut one = Expected { fields, lines: 1, more: 0, from };
            amend(request, &answer, &mut one);
            lines += one.lines + one.more;
            expected.push((request, answer, one));
        }
        let came = within(LINE_PATIENCE, || {
            (tapline.accounting().received >= before + lines as u64).then_some(())
        });
        if came.is_none() {
            // the others are compared nevertheless
            wrong.push(format!("{}: no line", request.name));
            let last = expected.last_mut().expect("one was just asked");
            lines -= std::mem::take(&mut last.2.lines) + std::mem::take(&mut last.2.more);
        }
    }
    let summary = tapline.settled(before + lines as u64);
    let events = tapline.get("/api/v1/events?order=oldest&limit=10000");
    let events = &events["events"].as_array().expect("events")[before as usize..];
    let mut rest = events.iter();
    for (request, answer, expected) in &expected {
        for event in rest.by_ref().take(expected.lines) {
            let differs = |(field, value): &(&&str, &Value)| event[**field] != **value;
            let pairs = expected.fields.iter().filter(differs);
            let list: Vec<String> = pairs
                .map(|(field, want)| {
                    format!(
                        "{field} {:.90}, sent {:.90}",
                        event[*field].to_string(),
                        want.to_string()
                    )
                })
                .collect();
            if !list.is_empty() {
                let text = event.to_string();
                wrong.push(format!(
                    "{}: {}\n    {answer:?} {text:.400}",
                    request.name,
                    list.join("; ")
                ));
            }
            let time: chrono::DateTime<chrono::Utc> =
                event["time"].as_str().unwrap().parse().expect("RFC 3339");
            let late = (time - expected.from).num_seconds();
            if !(-2..=PATIENCE.as_secs() as i64).contains(&late) {
                wrong.push(format!("{}: {time} is {late} s behind", request.name));
            }
        }
        for event in rest.by_ref().take(expected.more) {
            if !event["path"].is_null() {
                wrong.push(format!("{}: a path in {event}", request.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
    let over: Vec<_> = rest.collect();
    assert!(over.is_empty(), "more events than lines: {over:#?}");
    let asked = expected.iter().map(|(_, _, e)| (e.lines + e.more) as u64).sum::<u64>();
    assert_eq!(summary.accounting().received - before, asked);
    assert_eq!(tapline.requests("path:/forged"), 0, "nobody counts under a path it forged");
}

/// The text of `tapline snippet NAME` with the UDP address of this test's Tapline.
pub(crate) fn snippet(name: &str, tapline: &Tapline) -> String {
    snippet_at(name, tapline.udp.port())
}

/// The same with another of its ports.
pub(crate) fn snippet_at(name: &str, port: u16) -> String {
    let dir = tempfile::tempdir().unwrap();
    let output = std::process::Command::new(crate::common::tapline::binary())
        .args(["snippet", name])
        .current_dir(dir.path())
        .env("HOME", dir.path())
        .env("XDG_CONFIG_HOME", dir.path())
        .output()
        .expect("tapline snippet");
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("5514"), "no port to replace in {text}");
    text.replace("5514", &port.to_string())
}

/// A Tapline that reads the format that a server's configuration declares, as `snippet --from` prints it, and what it
/// prints for that server.
pub(crate) fn declared(dir: &tempfile::TempDir, conf: &std::path::Path) -> (Tapline, String) {
    let printed = std::process::Command::new(crate::common::tapline::binary())
        .args(["snippet", "--server", "127.0.0.1:5514", "--from"])
        .arg(conf)
        .output()
        .expect("tapline snippet");
    let printed = String::from_utf8(printed.stdout).unwrap();
    let (own, lines) = printed.split_once("\n# Into the server's").expect("both parts");
    (Tapline::configured(dir, own), lines.to_owned())
}

/// What the servers have to show: `www/ok/file`, readable for the users that daemons become.
pub(crate) fn files(dir: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let www = dir.join("www");
    std::fs::create_dir_all(www.join("ok")).unwrap();
    std::fs::write(www.join("ok/file"), "0123456789\n").unwrap();
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
}

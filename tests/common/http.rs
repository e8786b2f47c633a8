//! An HTTP/1.1 client over one keep-alive connection, on blocking sockets: small enough to send
//! exactly the bytes a test wants, hostile ones too.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::PATIENCE;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
    /// The server said or showed that it closes the connection after this answer.
    pub(crate) last: bool,
    /// Name, in lower case, and value.
    pub(crate) headers: Vec<(String, String)>,
}

impl Answer {
    /// Every value of a header.
    #[allow(dead_code)] // not every file of tests looks at headers
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let of_name = self.headers.iter().filter(|(own, _)| own == name);
        of_name.map(|(_, value)| value.as_str()).collect()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| {
            panic!("status {}: {e} in {:?}", self.status, String::from_utf8_lossy(&self.body))
        })
    }
}

#[derive(Debug)]
pub(crate) struct Client {
    address: SocketAddr,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Client { address, connection: None }
    }

    pub(crate) fn get(&mut self, target: &str) -> io::Result<Answer> {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address);
        self.send(request.as_bytes(), false)
    }

    pub(crate) fn post(&mut self, target: &str, headers: &str, body: &[u8]) -> io::Result<Answer> {
        let mut request = format!(
            "POST {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{headers}\r\n",
            self.address,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.send(&request, false)
    }

    /// Sends raw bytes and reads one answer. `bodiless` is for HEAD, whose answer has a length but
    /// no body. A connection that the server has closed is opened anew for the next request.
    pub(crate) fn send(&mut self, request: &[u8], bodiless: bool) -> io::Result<Answer> {
        if self.connection.is_none() {
            let stream = TcpStream::connect_timeout(&self.address, PATIENCE)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            self.connection = Some(BufReader::new(stream));
        }
        let outcome = self.exchange(request, bodiless);
        if !matches!(&outcome, Ok(answer) if !answer.last) {
            self.connection = None;
        }
        outcome
    }

    fn exchange(&mut self, request: &[u8], bodiless: bool) -> io::Result<Answer> {
        let reader = self.connection.as_mut().ok_or(io::ErrorKind::NotConnected)?;
        reader.get_mut().write_all(request)?;
        loop {
            let answer = read_answer(reader, bodiless)?;
            if answer.status != 100 {
                return Ok(answer);
            }
        }
    }
}

fn read_answer(reader: &mut BufReader<TcpStream>, bodiless: bool) -> io::Result<Answer> {
    let first = head_line(reader)?;
    let status = first.split(' ').nth(1).and_then(|s| s.parse().ok()).ok_or_else(broken)?;
    let (mut length, mut chunked, mut last) = (None, false, false);
    let mut headers = Vec::new();
    loop {
        let line = head_line(reader)?;
        let Some((name, value)) = line.split_once(':') else { break };
        let value = value.trim();
        let name = name.to_ascii_lowercase();
        headers.push((name.clone(), value.to_owned()));
        match name.as_str() {
            "content-length" => length = Some(value.parse::<usize>().map_err(|_| broken())?),
            "transfer-encoding" => chunked = value.eq_ignore_ascii_case("chunked"),
            "connection" => last = value.eq_ignore_ascii_case("close"),
            _ => {}
        }
    }
    let mut body = Vec::new();
    if bodiless || status < 200 || status == 204 || status == 304 {
        return Ok(Answer { status, body, last, headers });
    }
    if chunked {
        loop {
            let size = head_line(reader)?;
            let size = usize::from_str_radix(size.trim(), 16).map_err(|_| broken())?;
            let from = body.len();
            body.resize(from + size, 0);
            reader.read_exact(&mut body[from..])?;
            head_line(reader)?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = length {
        body.resize(length, 0);
        reader.read_exact(&mut body)?;
    } else {
        reader.read_to_end(&mut body)?;
        last = true;
    }
    Ok(Answer { status, body, last, headers })
}

fn head_line(reader: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    if reader.read_until(b'\n', &mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "no HTTP answer")
}

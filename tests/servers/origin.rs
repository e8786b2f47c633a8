//! The server behind a proxy that is tested: answers each request of a connection with two bytes.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

pub(crate) struct Origin {
    pub(crate) address: SocketAddr,
}

impl Origin {
    /// Its threads end with the test's process.
    pub(crate) fn start() -> Origin {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("bound");
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                std::thread::spawn(move || answer(&stream));
            }
        });
        Origin { address }
    }
}

/// One request, without its body: the connection closes behind the answer.
fn answer(mut stream: &TcpStream) {
    let mut lines = BufReader::new(stream).split(b'\n').map_while(Result::ok);
    let Some(first) = lines.next() else { return };
    while lines.next().is_some_and(|line| line != b"\r") {}
    let found = first.windows(4).any(|w| w == b"/ok/");
    let (status, body) = if found { ("200 OK", "ok") } else { ("404 Not Found", "") };
    let body = if first.starts_with(b"HEAD ") { "" } else { body };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        if found { 2 } else { 0 }
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
    // What is still on its way is read, or closing would reset the connection under the answer.
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

//! What the tests send: recorded captures and logs (beside the project, where they exist), and
//! lines of their own making.

use std::io::Read;
use std::path::{Path, PathBuf};

/// A file of the folder of recorded material beside the project; `None`, and said so, without it.
pub(crate) fn shared(path: &str) -> Option<PathBuf> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../shared"));
    if !root.exists() {
        super::left_out("../shared is missing");
        return None;
    }
    let file = root.join(path);
    assert!(file.exists(), "{} is missing", file.display());
    Some(file)
}

pub(crate) fn fixture(path: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")).join(path)
}

/// The bytes of a file, unpacked where its name ends in `.gz`.
pub(crate) fn read(file: &Path) -> Vec<u8> {
    let bytes = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    if file.extension().is_some_and(|e| e == "gz") {
        let mut text = Vec::new();
        flate2::read::MultiGzDecoder::new(&bytes[..]).read_to_end(&mut text).expect("gzip");
        return text;
    }
    bytes
}

/// Repeated: length as u32, big-endian, then as many bytes.
pub(crate) fn datagrams(file: &Path) -> Vec<Vec<u8>> {
    let bytes = read(file);
    let (mut rest, mut list) = (&bytes[..], Vec::new());
    while let Some((head, tail)) = rest.split_first_chunk::<4>() {
        let (datagram, tail) = tail.split_at(u32::from_be_bytes(*head) as usize);
        list.push(datagram.to_vec());
        rest = tail;
    }
    list
}

/// Line `i` of a deterministic log in the combined format, its time given as nginx writes it.
pub(crate) fn combined_line(i: usize, time: &str) -> String {
    const STATUS: [u16; 10] = [200, 200, 200, 200, 304, 301, 404, 403, 500, 503];
    const AGENTS: [&str; 4] = [
        "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
        "curl/8.11.0",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "-",
    ];
    format!(
        "203.0.113.{} - - [{time}] \"GET /page/{}?n={i} HTTP/1.1\" {} {} \"-\" \"{}\"",
        i % 200 + 1,
        i % 37,
        STATUS[i % STATUS.len()],
        i % 5000,
        AGENTS[i % AGENTS.len()],
    )
}

/// Now, as nginx's `$time_local` writes it.
pub(crate) fn time_local() -> String {
    chrono::Utc::now().format("%d/%b/%Y:%H:%M:%S +0000").to_string()
}

/// Now, as a header of RFC 3164 writes it in UTC.
pub(crate) fn time_3164() -> String {
    chrono::Utc::now().format("%b %e %H:%M:%S").to_string()
}

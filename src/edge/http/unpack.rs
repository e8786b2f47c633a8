//! How a body is packed, and what comes out of it, within what all bodies may hold.

use std::io::{self, Read};

use axum::http::{HeaderMap, StatusCode, header};

use super::ApiError;
use super::body::too_busy;
use super::budget::Share;
use crate::decode::packed::Packed;

/// Bytes inflated between two looks at the limits.
const PIECE: u64 = 256 * 1024;
/// What is smaller inflated may be as dense as it is: a few lines that are all the same.
const RATIO_FROM: usize = 1024 * 1024;

/// What may come out of a body.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inflated {
    pub(super) bytes: usize,
    /// To what was sent.
    pub(super) ratio: usize,
}

impl Inflated {
    /// Refuses what so many bytes are too many of.
    fn allow(self, packed: usize, inflated: usize) -> Result<(), ApiError> {
        if inflated > self.bytes {
            return Err(too_large("http.max_inflated", self.bytes));
        }
        if inflated > RATIO_FROM && inflated > packed.saturating_mul(self.ratio) {
            return Err(too_dense(self.ratio));
        }
        Ok(())
    }
}

/// What `Content-Encoding` says. Several headers mean the same as one with commas (RFC 9110 section 5.2).
fn name_in(headers: &HeaderMap) -> String {
    let values = headers.get_all(header::CONTENT_ENCODING).iter();
    let names: Vec<&str> = values.map(|value| value.to_str().unwrap_or("?").trim()).collect();
    names.join(", ").to_ascii_lowercase()
}

/// How the body is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Identity,
    Gzip,
    Zstd,
    Deflate,
    /// Snappy's raw format: one block behind its length, without a frame.
    Snappy,
}

impl Encoding {
    pub(super) fn of(headers: &HeaderMap) -> Result<Encoding, ApiError> {
        let name = name_in(headers);
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

    /// Of what is packed with snappy always, and sent with a header that says so or with none.
    pub(super) fn snappy(headers: &HeaderMap) -> Result<Encoding, ApiError> {
        match name_in(headers).as_str() {
            "" | "identity" | "snappy" => Ok(Encoding::Snappy),
            name => Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unknown_encoding",
                format!(
                    "Content-Encoding `{name}` is not read here: protobuf is packed with snappy"
                ),
                "leave it out, or send application/json with gzip, zstd or deflate",
            )),
        }
    }

    /// What a body is whose header says nothing of it, as curl sends a file: its first bytes tell, as they do
    /// where files are read.
    pub(super) fn or_seen(self, body: &[u8]) -> Encoding {
        match Packed::of(body) {
            Some(Packed::Gzip) if self == Encoding::Identity => Encoding::Gzip,
            Some(Packed::Zstd) if self == Encoding::Identity => Encoding::Zstd,
            _ => self,
        }
    }

    pub(super) fn is_none(self) -> bool {
        self == Encoding::Identity
    }

    fn name(self) -> &'static str {
        match self {
            Encoding::Identity => "identity",
            Encoding::Gzip => "gzip",
            Encoding::Zstd => "zstd",
            Encoding::Deflate => "deflate",
            Encoding::Snappy => "snappy",
        }
    }

    /// The body as text. What is none would be many lines that nobody wrote.
    pub(super) fn lines(
        self,
        body: Vec<u8>,
        most: Inflated,
        share: &mut Share,
    ) -> Result<Vec<u8>, ApiError> {
        let body = self.bytes(body, most, share)?;
        Packed::of(&body).map_or(Ok(body), |packed| Err(no_lines(packed)))
    }

    /// The body, whatever it is.
    pub(super) fn bytes(
        self,
        body: Vec<u8>,
        most: Inflated,
        share: &mut Share,
    ) -> Result<Vec<u8>, ApiError> {
        match self {
            Encoding::Identity => Ok(body),
            Encoding::Snappy => self.block(&body, most, share),
            _ => self.inflate(&body, most, share),
        }
    }

    /// Unpacks a block that says itself how long it is: nothing is taken for it before that is looked at.
    fn block(self, packed: &[u8], most: Inflated, share: &mut Share) -> Result<Vec<u8>, ApiError> {
        let length = snap::raw::decompress_len(packed).map_err(|error| self.undecodable(&error))?;
        most.allow(packed.len(), length)?;
        if !share.grow(length) {
            return Err(too_busy());
        }
        let mut out = vec![0; length];
        let written = snap::raw::Decoder::new().decompress(packed, &mut out);
        out.truncate(written.map_err(|error| self.undecodable(&error))?);
        Ok(out)
    }

    fn undecodable(self, error: &dyn std::error::Error) -> ApiError {
        ApiError::new(
            StatusCode::BAD_REQUEST,
            "undecodable",
            format!("the body can't be unpacked as {}: {error}", self.name()),
            "nothing of it was counted",
        )
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
        let undecodable = |error: std::io::Error| self.undecodable(&error);
        let mut reader: Box<dyn Read + '_> = match self {
            Encoding::Identity | Encoding::Snappy => Box::new(packed),
            Encoding::Gzip => Box::new(flate2::read::MultiGzDecoder::new(packed)),
            Encoding::Deflate => Box::new(Deflate::of(packed)),
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
            most.allow(packed.len(), out.len())?;
            if !share.grow(piece) {
                return Err(too_busy());
            }
        }
    }
}

/// Reads one stream that is whole and all there is: what is missing or stands behind it would be lost unseen.
struct Deflate<'a> {
    state: flate2::Decompress,
    rest: &'a [u8],
    ended: bool,
}

impl Deflate<'_> {
    /// "deflate" is zlib by RFC 9110 section 8.4.1.2, but some senders mean raw deflate.
    fn of(packed: &[u8]) -> Deflate<'_> {
        let is_zlib = packed.first().is_some_and(|b| b & 0x0F == 8);
        Deflate { state: flate2::Decompress::new(is_zlib), rest: packed, ended: false }
    }
}

impl Read for Deflate<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wrong = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidData, why));
        while !self.ended && !buffer.is_empty() {
            let (taken, given) = (self.state.total_in(), self.state.total_out());
            let flush = flate2::FlushDecompress::None;
            let status = self.state.decompress(self.rest, buffer, flush)?;
            // Within the buffers.
            let (taken, given) =
                (self.state.total_in() - taken, (self.state.total_out() - given) as usize);
            self.rest = &self.rest[taken as usize..];
            self.ended = status == flate2::Status::StreamEnd;
            if given > 0 {
                return Ok(given);
            }
            if taken == 0 && !self.ended {
                return wrong("it is cut off");
            }
        }
        match self.rest {
            [_, ..] if self.ended && !buffer.is_empty() => wrong("more stands behind its end"),
            _ => Ok(0),
        }
    }
}

pub(super) fn too_large(key: &str, limit: usize) -> ApiError {
    ApiError::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        format!("the body is larger than {limit} bytes; nothing of it was counted"),
        format!("send it in parts, or raise {key}"),
    )
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
    fn a_stream_of_deflate_is_whole_and_all_there_is() {
        let text =
            b"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] \"GET / HTTP/1.1\" 200 1\n".repeat(5000);
        let fast = flate2::Compression::fast();
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), fast);
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), fast);
        zlib.write_all(&text).and_then(|()| raw.write_all(&text)).expect("memory");
        for packed in [zlib.finish().expect("memory"), raw.finish().expect("memory")] {
            let unpack = |body: Vec<u8>| {
                Encoding::Deflate.lines(body, most(1 << 20), &mut room()).map_err(|e| e.code)
            };
            assert_eq!(unpack(packed.clone()).as_ref(), Ok(&text));
            for cut in [0, 1, 2, 3, packed.len() / 2, packed.len() - 1] {
                assert_eq!(unpack(packed[..cut].to_vec()), Err("undecodable"), "{cut}");
            }
            assert_eq!(unpack([&packed[..], &packed[..]].concat()), Err("undecodable"));
            assert_eq!(unpack([&packed[..], b"\n"].concat()), Err("undecodable"));
        }
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
    fn a_block_of_snappy_is_believed_no_length_before_it_fits() {
        let text = b"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] ".repeat(50);
        let packed = snap::raw::Encoder::new().compress_vec(&text).expect("memory");
        let unpack = |body: &[u8], most: Inflated, share: &mut Share| {
            Encoding::Snappy.bytes(body.to_vec(), most, share)
        };
        assert_eq!(unpack(&packed, most(1 << 20), &mut room()).expect("snappy"), text);
        let error = unpack(&packed, most(text.len() - 1), &mut room()).expect_err("over the cap");
        assert_eq!(error.status, StatusCode::PAYLOAD_TOO_LARGE);
        // Four GiB in five bytes, and nothing behind them.
        let huge = b"\xff\xff\xff\xff\x0f";
        let error = unpack(huge, most(64 << 20), &mut room()).expect_err("a lie");
        assert_eq!(error.status, StatusCode::PAYLOAD_TOO_LARGE);
        let dense = Inflated { bytes: 64 << 20, ratio: 100 };
        // 32 MiB in four.
        let error = unpack(b"\x80\x80\x80\x10", dense, &mut room()).expect_err("a lie");
        assert_eq!(error.code, "too_dense");
        let mut taken = Share::of(&Budget::new(text.len() - 1));
        let error = unpack(&packed, most(1 << 20), &mut taken).expect_err("no room");
        assert_eq!(error.status, StatusCode::TOO_MANY_REQUESTS);
        for broken in [&b""[..], b"\x05", b"plain text", &packed[..packed.len() - 3]] {
            let error = unpack(broken, most(1 << 20), &mut room()).expect_err("no snappy");
            assert_eq!((error.status, error.code), (StatusCode::BAD_REQUEST, "undecodable"));
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

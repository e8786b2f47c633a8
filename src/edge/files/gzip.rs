//! Gzip as gzip(1) reads it: every member, and zeros behind one that only fill a block of a tape or a disk.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Members one behind the other: rotated files are often joined.
pub(super) struct Members<R> {
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(input: R) -> Members<R> {
        Members { member: Some(GzDecoder::new(input)) }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let rest = self.member.take().map(GzDecoder::into_inner);
            if let Some(mut rest) = rest
                && has_more(&mut rest)?
            {
                self.member = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// Whether anything but zeros follows, which are skipped.
fn has_more(input: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let piece = match input.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            piece => piece?,
        };
        let zeros = piece.iter().take_while(|byte| **byte == 0).count();
        let (is_end, has_more) = (piece.is_empty(), zeros < piece.len());
        input.consume(zeros);
        if is_end || has_more {
            return Ok(has_more);
        }
    }
}

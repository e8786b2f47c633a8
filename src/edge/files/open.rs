//! One open file and how far it was read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::known::{Identity, Known, Part};
use super::lines::Lines;
use super::{Limits, MAGIC, Packed, QUIET, Sink, decompressed};

/// Bytes at the start of a file by which it is known again; log lines begin with a time.
const HEAD: usize = 256;

/// An open file and how far it was read.
#[derive(Debug)]
pub(super) struct Open {
    file: File,
    pub(super) identity: Identity,
    /// Cut, compared and known to others only then; a pipe has no length, and gives each byte once.
    regular: bool,
    /// Read whole when it was opened; it does not grow.
    packed: bool,
    offset: u64,
    head: Vec<u8>,
    pub(super) lines: Lines,
    /// When it last gave something.
    pub(super) active: Duration,
    known: Arc<Known>,
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.regular {
            let head = std::mem::take(&mut self.head);
            self.known.let_go(self.identity, Part { offset: self.offset, head });
        }
    }
}

impl Open {
    /// Opens what is at `path`, at where its reading goes on; `None` where another follower reads it.
    pub(super) fn new(
        path: &Path,
        limits: Limits,
        known: &Arc<Known>,
        now: Duration,
    ) -> io::Result<Option<Open>> {
        // Opening a named pipe would else wait for its writer.
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let identity = Identity::of(&meta);
        let Some(read) =
            (if meta.is_file() { known.take(identity) } else { Some(Part::default()) })
        else {
            return Ok(None);
        };
        // From here on it is let go however this ends.
        let mut open = Open {
            file,
            identity,
            regular: meta.is_file(),
            packed: false,
            offset: read.offset,
            head: read.head,
            lines: Lines::new(limits),
            active: now,
            known: Arc::clone(known),
        };
        if open.regular {
            if open.was_cut() {
                open.offset = 0;
            }
            open.file.seek(SeekFrom::Start(open.offset))?;
            open.head = open.read_head(HEAD)?;
            open.packed = Packed::of(&open.head[..open.head.len().min(MAGIC)]).is_some();
        }
        Ok(Some(open))
    }

    /// Reads to the end of what is there by now while `patient` says so, and gives a last line without LF.
    pub(super) fn finish(mut self, sink: &mut dyn Sink, patient: &dyn Fn() -> bool) {
        // A writer that never pauses must not keep us here: its file's length by now is the end.
        let end = self.file.metadata().map_or(0, |meta| meta.len());
        while self.regular && self.offset < end && patient() && self.read(sink, self.active) > 0 {}
        // What was left in the middle holds half a line, not a last one.
        if !self.regular || self.offset >= end {
            self.lines.end(sink);
        } else {
            self.lines.pause(sink);
        }
    }

    /// Reads once; 0 at the end of what there is. A file that was cut is read from its start.
    pub(super) fn read(&mut self, sink: &mut dyn Sink, now: Duration) -> usize {
        if self.packed {
            return 0;
        }
        if self.regular && self.was_cut() {
            // What was held is the start of a line whose end is gone.
            self.lines.end(sink);
            self.offset = 0;
            self.head.clear();
            if self.file.rewind().is_err() {
                return 0;
            }
        }
        // `WouldBlock` is a pipe without news; other errors may pass, and the path is looked at again.
        let read = self.lines.read(&mut self.file, sink).unwrap_or(0);
        if read > 0 {
            self.offset += read as u64;
            self.active = now;
            if self.regular && self.head.len() < HEAD {
                let known = HEAD.min(usize::try_from(self.offset).unwrap_or(HEAD));
                self.head = self.read_head(known).unwrap_or_default();
            }
        }
        read
    }

    /// Gives an error line whose trace has not come in time.
    pub(super) fn pause(&mut self, sink: &mut dyn Sink, now: Duration) {
        if self.lines.holds_message() && now.saturating_sub(self.active) >= QUIET {
            self.lines.pause(sink);
        }
    }

    /// Shorter than what was read, or longer by now but not the same file content.
    fn was_cut(&self) -> bool {
        let Ok(meta) = self.file.metadata() else { return false };
        if meta.len() == self.offset || self.offset == 0 {
            // A cut file that has grown to the very byte by the next look is the one thing missed.
            return false;
        }
        meta.len() < self.offset
            || self.read_head(self.head.len()).is_ok_and(|head| head != self.head)
    }

    fn read_head(&self, length: usize) -> io::Result<Vec<u8>> {
        let mut head = vec![0; length];
        let mut have = 0;
        while have < length {
            match self.file.read_at(&mut head[have..], have as u64) {
                Ok(0) => break,
                Ok(read) => have += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        head.truncate(have);
        Ok(head)
    }

    /// Reads a compressed file to its end, unless that was done under another name.
    pub(super) fn read_packed(&mut self, path: &Path, sink: &mut dyn Sink) -> usize {
        if !self.packed || self.offset > 0 {
            return 0;
        }
        self.offset = self.file.metadata().map_or(0, |meta| meta.len());
        let mut total = 0;
        let opened = self.file.try_clone().and_then(decompressed);
        let result = opened.and_then(|mut input| {
            loop {
                match self.lines.read(&mut input as &mut dyn Read, sink)? {
                    0 => return Ok(()),
                    read => total += read,
                }
            }
        });
        self.lines.end(sink);
        if let Err(error) = result {
            tracing::warn!(file = %path.display(), %error, "the compressed file is broken");
        }
        total
    }
}

//! One open file and how far it was read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::known::{Identity, KnownFiles, Progress, Verdict};
use super::lines::Lines;
use super::{CHUNK, Limits, MOMENT, QUIET, Sink, decompressed};
use crate::decode::packed::Packed;

/// Bytes at the start of a file by which it is known again; log lines begin with a time.
pub(super) const HEAD: usize = 256;

/// An open file and how far it was read.
#[derive(Debug)]
pub(super) struct Open {
    file: File,
    path: PathBuf,
    pub(super) identity: Identity,
    /// Cut, compared and known to others only then; a pipe has no length, and gives each byte once.
    regular: bool,
    /// It is known what of it was read under another name: its reading has begun.
    judged: bool,
    /// Read whole at once; it does not grow.
    packed: bool,
    /// How long it was when it was last looked at and not judged.
    length: u64,
    offset: u64,
    head: Vec<u8>,
    pub(super) lines: Lines,
    /// When it last gave something.
    pub(super) active: Duration,
    /// When its end was seen last; what was added since is news.
    ended: Option<Duration>,
    /// Why it could not be read the last time, since it last gave something: each is told once, not four times
    /// a second.
    failed: Option<io::ErrorKind>,
    known: Arc<KnownFiles>,
}

impl Drop for Open {
    fn drop(&mut self) {
        if self.regular {
            let head = std::mem::take(&mut self.head);
            self.known.let_go(self.identity, Progress { offset: self.offset, head });
        }
    }
}

impl Open {
    /// Opens what is at `path`, at where its reading goes on; `None` where another follower reads it. One that
    /// was there at the `start` is read whatever it is.
    pub(super) fn new(
        path: &Path,
        start: bool,
        limits: Limits,
        known: &Arc<KnownFiles>,
        now: Duration,
    ) -> io::Result<Option<Open>> {
        // Opening a named pipe would else wait for its writer.
        let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
        let meta = file.metadata()?;
        if meta.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let (regular, identity) = (meta.is_file(), Identity::of(&meta));
        let read = if regular { known.take(identity, path) } else { Some(Progress::default()) };
        let Some(read) = read else { return Ok(None) };
        // From here on it is let go however this ends.
        let mut open = Open {
            file,
            path: path.to_owned(),
            identity,
            regular,
            judged: !regular,
            packed: false,
            length: 0,
            offset: read.offset,
            head: read.head,
            lines: Lines::new(limits),
            active: now,
            ended: None,
            failed: None,
            known: Arc::clone(known),
        };
        if open.regular {
            if open.was_cut() {
                open.forget();
            }
            let head = open.read_head(HEAD)?;
            if open.offset > 0 || start && !head.is_empty() {
                open.begin(open.offset, head)?;
            }
        }
        Ok(Some(open))
    }

    /// Looks where the reading begins; false while that is not known.
    fn judge(&mut self) -> io::Result<bool> {
        let head = self.read_head(HEAD)?;
        let packed = is_packed(&head);
        let text = if packed { self.unpacked_head()? } else { head.clone() };
        if text.is_empty() {
            return Ok(false);
        }
        let length = self.file.metadata()?.len();
        let grown = std::mem::replace(&mut self.length, length) != length;
        let verdict = self.known.judge(&self.path, &text);
        let from = match verdict {
            // What is still being packed can't be read on later.
            Verdict::Nothing => Some(0).filter(|_| !(packed && grown)),
            Verdict::Unclear => None,
            // What it was packed of is read to its end by who has it.
            Verdict::Counted { .. } if packed => Some(length),
            // A copy may have more than was read before the log was cut.
            Verdict::Counted { held: true, .. } => None,
            Verdict::Counted { offset, .. } => self.line_from(offset)?,
        };
        if let Some(from) = from {
            self.begin(from, head)?;
        }
        Ok(self.judged)
    }

    fn begin(&mut self, offset: u64, head: Vec<u8>) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(offset))?;
        self.offset = offset;
        self.packed = is_packed(&head);
        self.known.begins(self.identity, &head);
        self.head = head;
        self.judged = true;
        Ok(())
    }

    /// What was read of it is there no more.
    fn forget(&mut self) {
        let head = std::mem::take(&mut self.head);
        self.known.cut(self.identity, Progress { offset: self.offset, head });
        (self.offset, self.judged, self.ended) = (0, false, None);
    }

    /// Where the first line at or after `offset` begins: the start of one that was being read has counted.
    fn line_from(&self, offset: u64) -> io::Result<Option<u64>> {
        let before = offset.saturating_sub(1);
        let piece = self.read_piece(before, CHUNK)?;
        let end = piece.iter().position(|&byte| byte == b'\n');
        Ok(end.map(|end| before + end as u64 + 1).filter(|_| piece.len() > 1))
    }

    /// The first bytes of what was packed, as far as they are there.
    fn unpacked_head(&mut self) -> io::Result<Vec<u8>> {
        self.file.rewind()?;
        // What can't be undone is told of where it is read.
        let Ok(input) = decompressed(self.file.try_clone()?) else { return self.read_head(HEAD) };
        let mut head = Vec::with_capacity(HEAD);
        // An end that is not there yet is no trouble here.
        let _ = input.take(HEAD as u64).read_to_end(&mut head);
        Ok(head)
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

    /// Reads once; 0 at the end of what there is, and where it can't be read, which is told. A file that was cut
    /// is read from its start.
    pub(super) fn read(&mut self, sink: &mut dyn Sink, now: Duration) -> usize {
        match self.try_read(sink, now) {
            Ok(0) => 0,
            Ok(read) => {
                self.failed = None;
                read
            }
            Err(error) => {
                if self.failed.replace(error.kind()) != Some(error.kind()) {
                    tracing::warn!(file = %self.path.display(), %error, "the file can't be read on; it is tried again");
                    sink.unread(&error);
                }
                0
            }
        }
    }

    fn try_read(&mut self, sink: &mut dyn Sink, now: Duration) -> io::Result<usize> {
        if self.judged && self.regular && !self.packed && self.was_cut() {
            // What was held is the start of a line whose end is gone.
            self.lines.end(sink);
            tracing::info!(
                file = %self.path.display(),
                read = self.offset,
                "cut, and read from its start; what was written since the last look is in its copy alone"
            );
            self.forget();
        }
        if !self.judged && !self.judge()? {
            let is_empty = self.file.metadata()?.len() == 0;
            self.ended = Some(now).filter(|_| is_empty);
            return Ok(0);
        }
        if self.packed {
            return Ok(if self.offset == 0 { self.read_packed(sink) } else { 0 });
        }
        let is_news = self.ended.is_some_and(|ended| now.saturating_sub(ended) < MOMENT);
        let read = match self.lines.read(&mut self.file, is_news, sink) {
            // A pipe without news.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
            read => read?,
        };
        if read > 0 {
            self.offset += read as u64;
            self.active = now;
            self.ended = self.ended.filter(|_| is_news && read < CHUNK);
            if self.regular && self.head.len() < HEAD {
                let known = HEAD.min(usize::try_from(self.offset).unwrap_or(HEAD));
                self.head = self.read_head(known).unwrap_or_default();
                self.known.begins(self.identity, &self.head);
            }
        } else {
            self.ended = Some(now);
        }
        Ok(read)
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
        if self.offset == 0 {
            return false;
        }
        meta.len() < self.offset
            || self.read_head(self.head.len()).is_ok_and(|head| head != self.head)
    }

    fn read_head(&self, length: usize) -> io::Result<Vec<u8>> {
        self.read_piece(0, length)
    }

    fn read_piece(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut piece = vec![0; length];
        let mut have = 0;
        while have < length {
            match self.file.read_at(&mut piece[have..], offset + have as u64) {
                Ok(0) => break,
                Ok(read) => have += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        piece.truncate(have);
        Ok(piece)
    }

    fn read_packed(&mut self, sink: &mut dyn Sink) -> usize {
        self.offset = self.file.metadata().map_or(0, |meta| meta.len());
        let mut total = 0;
        let opened = self.file.try_clone().and_then(decompressed);
        let result = opened.and_then(|mut input| {
            loop {
                match self.lines.read(&mut input as &mut dyn Read, false, sink)? {
                    0 => return Ok(()),
                    read => total += read,
                }
            }
        });
        match result {
            Ok(()) => self.lines.end(sink),
            Err(error) => {
                self.lines.break_off(sink);
                // UTF-16 comes this way too, and nobody has packed it.
                tracing::warn!(file = %self.path.display(), %error, "the file can't be read");
            }
        }
        total
    }
}

fn is_packed(head: &[u8]) -> bool {
    Packed::of(head).is_some()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use super::super::tests::Kept;
    use super::*;

    #[test]
    fn a_file_that_can_not_be_read_on_is_told_of_once_and_read_on_later() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("access.log");
        let limits =
            Limits { max_line: 1_000, multiline: Default::default(), formats: Default::default() };
        let (known, now) = (Arc::new(KnownFiles::default()), Duration::ZERO);
        // Read before it begins, and in the middle.
        for begun in ["", "one\n"] {
            fs::write(&path, begun).unwrap();
            let mut open = Open::new(&path, true, limits, &known, now).unwrap().unwrap();
            let mut kept = Kept::default();
            while open.read(&mut kept, now) > 0 {}
            let append = |text| {
                OpenOptions::new().append(true).open(&path).unwrap().write_all(text).unwrap();
            };
            append(b"two\n");
            // What is open to be written only can't be read: a disk that fails says no more.
            let writing = OpenOptions::new().append(true).open(&path).unwrap();
            let good = std::mem::replace(&mut open.file, writing);
            for _ in 0..3 {
                assert_eq!(open.read(&mut kept, now), 0);
            }
            assert_eq!(kept.unread.len(), 1, "{:?}", kept.unread);
            let bad = std::mem::replace(&mut open.file, good);
            while open.read(&mut kept, now) > 0 {}
            assert_eq!(kept.lines.concat(), format!("{}two", begun.trim_end()));
            // It is told again if it comes back.
            open.file = bad;
            append(b"three\n");
            assert_eq!((open.read(&mut kept, now), kept.unread.len()), (0, 2));
        }
    }
}

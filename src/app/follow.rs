//! A followed file (or standard input) as a listener: its lines go the way of all others.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::aggregate::amount::span;
use crate::app::config::Config;
use crate::decode::formats::Catalog;
use crate::decode::multiline::{self, Joined};
use crate::edge::clock::Clock;
use crate::edge::files::{self, KnownFiles, Limits, Sink};
use crate::pipeline::ingest::{Frame, Ingest};
use crate::state::node::Listener;
use crate::state::sources::Peer;
use crate::vocab::outcome::RejectReason;
use crate::vocab::time::Second;

/// One file of the command line.
#[derive(Debug)]
pub struct FileReceiver {
    /// `None` is standard input.
    path: Option<PathBuf>,
    pub listener: Arc<Listener>,
}

impl FileReceiver {
    /// `-` is standard input.
    #[must_use]
    pub fn new(path: &Path) -> FileReceiver {
        if path == Path::new("-") {
            return FileReceiver { path: None, listener: Listener::new("stdin", "-") };
        }
        let listener = Listener::new("file", path.display().to_string());
        FileReceiver { path: Some(path.to_owned()), listener }
    }

    /// Reads until `stop` (standard input: or until its end). Blocks: give it a thread.
    pub fn run(
        self,
        ingest: Ingest,
        clock: Clock,
        limits: Limits,
        known: &Arc<KnownFiles>,
        stop: &CancellationToken,
    ) {
        let peer = source_name(self.path.as_deref().unwrap_or(Path::new("-")));
        let mut sink = IngestSink { ingest, clock, peer, told_ahead: false };
        match &self.path {
            Some(path) => {
                if is_pattern(path) {
                    tracing::warn!(
                        file = %path.display(),
                        "this is followed as the name of one file: patterns are the shell's to expand, as in systemd's ExecStart=/bin/sh -c 'exec tapline …'"
                    );
                }
                files::follow(path, limits, known, &mut sink, stop);
            }
            None => {
                if let Err(error) = files::follow_stdin(limits, &mut sink, stop) {
                    tracing::warn!(%error, "standard input can't be read");
                }
            }
        }
    }
}

/// What a shell would have expanded had there been one.
fn is_pattern(path: &Path) -> bool {
    path.to_string_lossy().contains(['*', '?', '[']) && !path.exists()
}

/// The source of a file's lines: its name without the folders.
#[must_use]
pub fn source_name(path: &Path) -> Peer {
    if path == Path::new("-") {
        return Peer::Name("stdin".into());
    }
    let name = path.file_name().unwrap_or(path.as_os_str());
    Peer::Name(name.to_string_lossy().into())
}

/// Lines straight into the open blocks.
#[derive(Debug)]
pub struct IngestSink {
    pub ingest: Ingest,
    pub clock: Clock,
    pub peer: Peer,
    /// Whether the log says that its lines are ahead of the clock.
    told_ahead: bool,
}

/// Lines of a file that are more seconds ahead of the clock are of another zone, or of another clock.
const AHEAD_S: i64 = 60;

impl IngestSink {
    /// Says that lines are of a second that nobody looks at yet: a file's own times are believed, whatever they are, and
    /// of which zone they are is known of lines alone that were just written.
    fn tell_ahead(&mut self, latest: Second, now: Second) {
        let ahead_s = latest.0.saturating_sub(now.0);
        if ahead_s <= AHEAD_S {
            return;
        }
        let hint = format!(
            "lines of it are up to {} ahead of this machine's clock, so numbers of now are without them: [time] zone \
             says of which zone times are that name none",
            span(ahead_s)
        );
        if !std::mem::replace(&mut self.told_ahead, true) {
            tracing::warn!(file = %self.ingest.listener().address, "{hint}");
        }
        self.ingest.listener().advise(hint);
    }

    fn count(&mut self, lines: &[&[u8]], is_news: bool) {
        let frames: Vec<Frame<'_>> =
            lines.iter().map(|bytes| Frame::new(&self.peer, bytes)).collect();
        let (now, before) = (self.clock.now(), self.ingest.latest_open());
        match is_news {
            true => self.ingest.news(&frames, now),
            false => _ = self.ingest.batch(&frames, now),
        }
        if let Some(latest) = self.ingest.latest_open().filter(|latest| Some(*latest) > before) {
            self.tell_ahead(latest, now.second());
        }
    }
}

impl Sink for IngestSink {
    fn lines(&mut self, lines: &[&[u8]]) {
        self.count(lines, false);
    }

    fn news(&mut self, lines: &[&[u8]]) {
        self.count(lines, true);
    }

    fn rejected(&mut self, reason: RejectReason) {
        self.ingest.listener().account.reject(reason);
    }

    fn joined(&mut self, joined: Joined) {
        self.ingest.listener().joined(joined.lines, joined.cut);
    }

    fn missed(&mut self, files: u64) {
        self.ingest.listener().missed(files);
    }

    fn unread(&mut self, error: &io::Error) {
        self.ingest.listener().advise(format!(
            "the file could not be read on: {error}. It is tried again; see to the disk or the network it is on"
        ));
    }
}

/// How long lines of files may be, and which of them are never part of another's message.
#[must_use]
pub fn limits(config: &Config, formats: Catalog) -> Limits {
    let size = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
    Limits {
        max_line: size(config.tcp.max_frame),
        multiline: multiline::Limits {
            max_bytes: size(config.multiline.max_bytes),
            max_lines: config.multiline.max_lines,
        },
        formats,
    }
}

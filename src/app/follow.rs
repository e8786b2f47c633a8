//! A followed file (or standard input) as a listener: its lines go the way of all others.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::app::config::Config;
use crate::decode::formats::Catalog;
use crate::decode::multiline::{self, Joined};
use crate::edge::clock::Clock;
use crate::edge::files::{self, KnownFiles, Limits, Sink};
use crate::pipeline::ingest::{Frame, Ingest};
use crate::state::node::Listener;
use crate::state::sources::Peer;
use crate::vocab::outcome::RejectReason;

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
        let mut sink = IngestSink { ingest, clock, peer };
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
}

impl Sink for IngestSink {
    fn lines(&mut self, lines: &[&[u8]]) {
        let frames: Vec<Frame<'_>> =
            lines.iter().map(|bytes| Frame::new(&self.peer, bytes)).collect();
        self.ingest.batch(&frames, self.clock.now());
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

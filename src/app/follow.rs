//! A followed file (or standard input) as a listener: its lines go the way of all others.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::aggregate::amount::span;
use crate::app::config::Config;
use crate::app::whose::Whose;
use crate::decode::formats::Catalog;
use crate::decode::fronts::Fronts;
use crate::decode::multiline::{self, Joined};
use crate::edge::clock::Clock;
use crate::edge::files::{self, KnownFiles, Limits, Sink};
use crate::pipeline::ingest::Ingest;
use crate::state::node::Listener;
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
        let mut sink =
            IngestSink::new(self.path.as_deref().unwrap_or(Path::new("-")), ingest, clock);
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

/// Lines straight into the open blocks.
#[derive(Debug)]
pub struct IngestSink {
    ingest: Ingest,
    clock: Clock,
    whose: Whose,
    fronts: Option<Fronts>,
    /// Whether the log says that its lines are ahead of the clock.
    told_ahead: bool,
}

/// Lines of a file that are more seconds ahead of the clock are of another zone, or of another clock.
const AHEAD_S: i64 = 60;

impl IngestSink {
    fn new(path: &Path, ingest: Ingest, clock: Clock) -> IngestSink {
        let whose = Whose::of(path);
        let fronts = whose.fronts(ingest.sources(), ingest.format);
        IngestSink { ingest, clock, whose, fronts, told_ahead: false }
    }

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
        let (now, before) = (self.clock.now(), self.ingest.latest_open());
        let (ingest, fronts) = (&mut self.ingest, &mut self.fronts);
        let lines = lines.iter().map(|line| (*line, fronts.as_mut().and_then(|f| f.take(line))));
        self.whose.frames(lines, |frames| ingest.next(frames, is_news, now));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::ingest::IngestConfig;
    use crate::state::live::WindowConfig;
    use crate::state::node::Node;
    use crate::state::sources::SourcesConfig;
    use crate::vocab::time::Millis;

    const ACCESS: &str =
        r#"203.0.113.5 - - [30/Nov/2026:08:00:00 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl/8""#;

    /// The sources of the lines of a file: name, site, lines that were understood and such as were not, and formats.
    fn sources(path: &str, config: SourcesConfig, lines: &[&str]) -> Vec<String> {
        let node = Node::new(WindowConfig::default(), config, "t".into(), Millis(0));
        let listener = Listener::new("file", path);
        node.add_listener(Arc::clone(&listener));
        let ingest = Ingest::new(Arc::clone(&node), listener, Arc::new(IngestConfig::default()));
        let mut sink = IngestSink::new(Path::new(path), ingest, Clock::steady());
        let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
        lines.chunks(3).for_each(|lines| sink.lines(lines));
        let counts = node.accounting();
        assert_eq!(counts.received, lines.len() as u64);
        assert_eq!(counts.received, counts.counted + counts.unparsed);
        let mut told: Vec<String> = node.sources.all().iter().map(|source| told(source)).collect();
        told.sort();
        told
    }

    fn told(source: &crate::state::sources::Source) -> String {
        let state = source.lock();
        let formats: Vec<&str> = state.formats.keys().copied().collect();
        let site = source.site.as_deref().unwrap_or("-");
        let (counted, unparsed) = (state.counts.counted, state.counts.unparsed);
        format!("{} {site} {counted} {unparsed} {}", source.name, formats.join(","))
    }

    #[test]
    fn each_container_of_one_stream_is_a_source() {
        let lines = [
            "Attaching to api-1, db-1, web-1",
            &format!("web-1  | {ACCESS}"),
            "api-1  | started",
            r#"api-1  | {"level":"info","time":"2026-11-30T08:00:00Z","method":"GET","path":"/x","status":200}"#,
            "db-1   | checkpoint starting",
            &format!("web-1  | 2026-11-30T08:00:00.123456789Z {ACCESS}"),
            "web-1  | 2026/11/30 08:00:00 [error] 7#8: *9 broken",
        ];
        let expected = [
            "api-1 - 1 1 json",
            "db-1 - 0 1 ",
            "stdin - 0 1 ",
            "web-1 - 3 0 combined,nginx_error,timed_line",
        ];
        assert_eq!(sources("-", SourcesConfig::default(), &lines), expected);
    }

    #[test]
    fn each_pod_of_one_stream_is_a_source_as_a_shipper_names_it() {
        let pods = ["web-7d4b9c6f5d-x2x8k", "web-7d4b9c6f5d-abcde"];
        let of = |pod: &str, container: &str, line: &str| format!("[pod/{pod}/{container}] {line}");
        let lines = [
            of(pods[0], "nginx", ACCESS),
            of(pods[1], "nginx", ACCESS),
            of(pods[0], "shop", "starting"),
        ];
        let expected = [
            format!("{}/nginx - 1 0 combined", pods[1]),
            format!("{}/nginx - 1 0 combined", pods[0]),
            format!("{}/shop shop 0 1 ", pods[0]),
        ];
        let lines = lines.each_ref().map(|line| &**line);
        assert_eq!(sources("pods.log", SourcesConfig::default(), &lines), expected);
    }

    #[test]
    fn a_file_of_an_engine_is_one_source_whatever_its_lines_begin_with() {
        let path = "/var/log/pods/shop_web-0_5a1c0f0e-2b7e-4c49-9a53-0d1f2e3a4b5c/nginx/0.log";
        let lines = [
            &format!("2026-11-30T08:00:00.123456789Z stdout F {ACCESS}"),
            "2026-11-30T08:00:00.123456789Z stderr F started",
            &format!("db-1  | {ACCESS}"),
        ];
        let expected = ["web-0/nginx - 2 1 compose,cri"];
        assert_eq!(sources(path, SourcesConfig::default(), &lines), expected);
    }

    #[test]
    fn where_the_operator_says_how_a_file_is_read_its_lines_stay_whole() {
        let config = SourcesConfig {
            pinned: [("all.log".to_owned(), "compose".to_owned())].into(),
            ..SourcesConfig::default()
        };
        let line = format!("web-1  | {ACCESS}");
        assert_eq!(sources("/x/all.log", config, &[&line]), ["all.log - 1 0 compose"]);
    }
}

//! Log files and standard input as sources of lines: followed while they grow, or read once.
//!
//! Everything here blocks, for reading a file does; it runs on threads of its own, one a file, and looks
//! at its stop token at least every [`POLL`].

mod follow;
mod gzip;
mod known;
mod lines;
mod missed;
mod open;
#[cfg(test)]
mod rotations;
mod unfold;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::{AsFd, AsRawFd, RawFd};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

pub use self::follow::{Follower, Progress};
use self::gzip::Members;
pub use self::known::KnownFiles;
use self::lines::Lines;
use crate::decode::formats::Catalog;
use crate::decode::multiline::{self, Joined};
use crate::decode::packed::{MAGIC, Packed, TAR_MAGIC};
use crate::vocab::outcome::RejectReason;

/// How often a file at its end is looked at again: a quarter of the dashboard's second.
pub const POLL: Duration = Duration::from_millis(250);

/// A stop goes on reading for so long at most: who ends Tapline in the middle of a huge file wants it
/// to end, and the file stays where it is.
const DRAIN: Duration = Duration::from_secs(1);

/// What may still belong to the last error line counts after so long a silence; a program writes its
/// trace at once.
const QUIET: Duration = Duration::from_millis(500);

/// So long after its end was seen what a file has more was just written. Whoever was stopped comes upon what was written
/// meanwhile.
const MOMENT: Duration = Duration::from_secs(2);

/// What is read at once: about 300 lines, which stay in the cache while they are counted.
const CHUNK: usize = 64 * 1024;

/// Where lines go.
pub trait Sink {
    /// Takes whole lines without their LF or CR LF; an error's trace is one with it, with LF between.
    /// On return each has its final place.
    fn lines(&mut self, lines: &[&[u8]]);

    /// As [`Sink::lines`], of lines that were written to a followed file a moment ago: since its end was seen.
    fn news(&mut self, lines: &[&[u8]]) {
        self.lines(lines);
    }

    /// One line that could not be taken, e.g. longer than the limit; its bytes are gone.
    fn rejected(&mut self, reason: RejectReason);

    /// Lines that were given as part of the one before them, and messages cut at a limit.
    fn joined(&mut self, joined: Joined) {
        let _ = joined;
    }

    /// A followed file that could be opened can't be read on; it is tried again.
    fn unread(&mut self, error: &io::Error) {
        let _ = error;
    }

    /// So many files seem to have come and gone at a followed path without having been read.
    fn missed(&mut self, files: u64) {
        let _ = files;
    }
}

/// How long things may be.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes of a line.
    pub max_line: usize,
    /// Of an error line with its trace.
    pub multiline: multiline::Limits,
    /// What one of these reads is a message of its own.
    pub formats: Catalog,
}

/// Follows the file at `path` into `sink` until `stop`: first what is in it, then what is added,
/// across rotation. Compressed files are read once and then waited on like a file that is silent. `known` is
/// one for all the files of the process.
///
/// Blocks; call it on a thread of its own. On `stop` it reads to the end of what is there by then, for
/// a second at most, a last line without LF included.
pub fn follow(
    path: &Path,
    limits: Limits,
    known: &Arc<KnownFiles>,
    sink: &mut dyn Sink,
    stop: &CancellationToken,
) {
    let started = Instant::now();
    let mut follower = Follower::new(path, limits, known);
    while !stop.is_cancelled() {
        match follower.poll(sink, started.elapsed()) {
            Progress::More => {}
            Progress::Idle => wait(stop, POLL),
        }
    }
    let stopped = Instant::now();
    follower.finish(sink, &|| stopped.elapsed() < DRAIN);
}

/// Reads standard input into `sink` until its end or `stop`; gives true at its end.
///
/// # Errors
/// What the system says when it can't be read.
pub fn follow_stdin(
    limits: Limits,
    sink: &mut dyn Sink,
    stop: &CancellationToken,
) -> io::Result<bool> {
    let stdin = io::stdin();
    let fd = stdin.as_raw_fd();
    let mut lines = Lines::new(limits);
    let mut input = stdin.lock();
    let mut heard = Instant::now();
    // What came before the first silence may be of the past; what comes without one waited somewhere.
    let mut caught_up: Option<Instant> = None;
    let ended = loop {
        if stop.is_cancelled() {
            break false;
        }
        // A plain read could not be woken to stop.
        if readable(fd, POLL)? {
            let is_news = caught_up.is_some_and(|at| at.elapsed() < MOMENT);
            let read = lines.read(&mut input, is_news, sink)?;
            if read == 0 {
                break true;
            }
            heard = Instant::now();
            caught_up = Some(heard).filter(|_| is_news && read < CHUNK);
        } else {
            caught_up = Some(Instant::now());
            if heard.elapsed() >= QUIET {
                lines.pause(sink);
            }
        }
    };
    lines.end(sink);
    Ok(ended)
}

/// Reads everything from `input` into `sink`, a last line without LF included.
///
/// # Errors
/// When reading fails or a compressed stream is broken; the lines before have been given, and a part of one rejected.
pub fn read_all(
    input: impl Read + Send + 'static,
    limits: Limits,
    sink: &mut dyn Sink,
) -> io::Result<()> {
    let mut reader = Reader::new(Box::new(input), limits);
    while reader.read(sink)? {}
    Ok(())
}

/// A stream of lines that is read piece by piece, when its reader wants more.
pub struct Reader {
    input: Box<dyn Read + Send>,
    lines: Lines,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("lines", &self.lines).finish_non_exhaustive()
    }
}

impl Reader {
    #[must_use]
    pub fn new(input: Box<dyn Read + Send>, limits: Limits) -> Reader {
        Reader { input, lines: Lines::new(limits) }
    }

    /// Reads at most 64 KiB into `sink`; gives false once everything, a last line without LF
    /// included, has been given.
    ///
    /// # Errors
    /// When reading fails or a compressed stream is broken; the lines before have been given, and a part of one rejected.
    pub fn read(&mut self, sink: &mut dyn Sink) -> io::Result<bool> {
        let result = self.lines.read(&mut self.input, false, sink);
        match result {
            Ok(0) => self.lines.end(sink),
            Ok(_) => {}
            Err(_) => self.lines.break_off(sink),
        }
        Ok(result? > 0)
    }

    /// Gives the last error line where nothing came for a while: its trace is not on its way.
    pub fn pause(&mut self, sink: &mut dyn Sink) {
        self.lines.pause(sink);
    }
}

/// Opens a file, or standard input for `-`, and undoes gzip or zstd. What it is, is told by its first
/// bytes: rotated logs carry all sorts of names.
///
/// # Errors
/// When it can't be opened or read, or is a folder.
pub fn open(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    if path.as_os_str() == "-" {
        // Not `io::stdin()` itself, whose buffer nobody outside can look into.
        return decompressed(File::from(io::stdin().as_fd().try_clone_to_owned()?));
    }
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    decompressed(file)
}

/// As [`open()`], for who reads it once: of JSON in an array or over many lines each item is a line.
///
/// # Errors
/// Those of [`open()`].
pub fn open_items(path: &Path) -> io::Result<Box<dyn Read + Send>> {
    open(path).and_then(unfold::unfolded)
}

/// A file that can be read again from its beginning, whatever has its name by then; `None` where what is there can be
/// read once.
///
/// # Errors
/// When it can't be opened.
pub fn open_held(path: &Path) -> io::Result<Option<Arc<File>>> {
    if path.as_os_str() == "-" || !std::fs::metadata(path)?.is_file() {
        return Ok(None);
    }
    File::open(path).map(|file| Some(Arc::new(file)))
}

/// The items of a file that is held, as [`open_items`] has them: from the beginning, so one reader at a time.
///
/// # Errors
/// When it can't be read.
pub fn items_of(file: &Arc<File>) -> io::Result<Box<dyn Read + Send>> {
    file.as_ref().seek(SeekFrom::Start(0))?;
    decompressed(Arc::clone(file)).and_then(unfold::unfolded)
}

/// Looks at the first bytes of `input` and puts the decoder before it that they ask for.
///
/// # Errors
/// When the first bytes can't be read, or are those of something that is not undone here: as text it would be many
/// lines that nobody wrote.
pub fn decompressed(mut input: impl Read + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let (head, mut failed) = head(&mut input);
    if let Some(error) = failed.take_if(|_| head.is_empty()) {
        return Err(error);
    }
    let packed = Packed::of(&head);
    let whole = io::Cursor::new(head).chain(Failed(failed)).chain(input);
    match packed {
        Some(Packed::Gzip) => unarchived(Members::new(io::BufReader::new(whole)), "tar -xzOf -"),
        Some(Packed::Zstd) => {
            unarchived(zstd::stream::read::Decoder::new(whole)?, "tar --zstd -xOf -")
        }
        Some(Packed::Foreign { what, by }) => Err(foreign(what, by)),
        None => Ok(Box::new(whole)),
    }
}

fn foreign(what: &str, by: &str) -> io::Error {
    let message = format!("{what}, which is not read; pipe it through {by}");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// What a decoder gives, unless that is a tar archive, which `by` takes apart. An error of its is told where it stands.
fn unarchived(
    mut decoder: impl Read + Send + 'static,
    by: &str,
) -> io::Result<Box<dyn Read + Send>> {
    let (head, failed) = head(&mut decoder);
    match Packed::of(&head) {
        Some(Packed::Foreign { what: what @ "a tar archive", .. }) => Err(foreign(what, by)),
        _ => Ok(Box::new(io::Cursor::new(head).chain(Failed(failed)).chain(decoder))),
    }
}

/// The first bytes, and what ended them. A line is no archive: what is written live is not waited for beyond it.
fn head(input: &mut dyn Read) -> (Vec<u8>, Option<io::Error>) {
    let mut head = vec![0; TAR_MAGIC];
    let mut have = 0;
    while have < MAGIC || (have < TAR_MAGIC && !head[..have].contains(&b'\n')) {
        match input.read(&mut head[have..]) {
            Ok(0) => break,
            Ok(read) => have += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => {
                head.truncate(have);
                return (head, Some(error));
            }
        }
    }
    head.truncate(have);
    (head, None)
}

/// Gives an error once, if there is one.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// Whether standard input has more, or its end, within the time that a trace may take. For what
/// [`open()`] gives for `-`, which holds nothing back but in a decoder.
#[must_use]
pub fn stdin_speaks() -> bool {
    readable(io::stdin().as_raw_fd(), QUIET).unwrap_or(true)
}

/// Waits for `time` or the stop, whichever comes first.
pub fn wait(stop: &CancellationToken, time: Duration) {
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => {
            let _ = runtime.block_on(async { tokio::time::timeout(time, stop.cancelled()).await });
        }
        Err(_) => std::thread::sleep(time),
    }
}

/// Whether a read of `fd` would not block, waiting for it at most `time`.
fn readable(fd: RawFd, time: Duration) -> io::Result<bool> {
    let mut poll = libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
    let millis = libc::c_int::try_from(time.as_millis()).unwrap_or(libc::c_int::MAX);
    // SAFETY: `poll` is one valid pollfd, alive for the whole call.
    let ready = unsafe { libc::poll(&raw mut poll, 1, millis) };
    if ready < 0 {
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::Interrupted { Ok(false) } else { Err(error) };
    }
    Ok(ready > 0)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const LIMITS: Limits = Limits {
        max_line: 64,
        multiline: multiline::Limits { max_bytes: 200, max_lines: 9 },
        formats: Catalog::HOUSE,
    };

    /// Keeps what it is given.
    #[derive(Debug, Default)]
    pub(super) struct Kept {
        pub(super) lines: Vec<String>,
        /// Those of them that were news.
        pub(super) news: Vec<String>,
        pub(super) rejected: Vec<RejectReason>,
        pub(super) joined: Joined,
        pub(super) missed: u64,
        pub(super) unread: Vec<io::ErrorKind>,
    }

    impl Sink for Kept {
        fn lines(&mut self, lines: &[&[u8]]) {
            self.lines.extend(lines.iter().map(|line| String::from_utf8_lossy(line).into_owned()));
        }

        fn news(&mut self, lines: &[&[u8]]) {
            self.lines(lines);
            self.news.extend_from_slice(&self.lines[self.lines.len() - lines.len()..]);
        }

        fn rejected(&mut self, reason: RejectReason) {
            self.rejected.push(reason);
        }

        fn joined(&mut self, joined: Joined) {
            self.joined.lines += joined.lines;
            self.joined.cut += joined.cut;
        }

        fn missed(&mut self, files: u64) {
            self.missed += files;
        }

        fn unread(&mut self, error: &io::Error) {
            self.unread.push(error.kind());
        }
    }

    fn read(bytes: &[u8]) -> Kept {
        let mut kept = Kept::default();
        let input = decompressed(io::Cursor::new(bytes.to_vec())).unwrap();
        read_all(input, LIMITS, &mut kept).unwrap();
        kept
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_and_packed_bytes_give_the_same_lines() {
        let text = b"one\r\ntwo\n\nthree";
        let joined = [gzip(b"one\r\ntw"), gzip(b"o\n\nthree")].concat();
        let zstd = zstd::encode_all(&text[..], 1).unwrap();
        for bytes in [text.to_vec(), gzip(text), joined, zstd] {
            assert_eq!(read(&bytes).lines, ["one", "two", "three"]);
        }
        // Zeros fill the last block of a tape, of more than is read at a time, too.
        for zeros in [1, 511, 3 * CHUNK] {
            let filled = [gzip(b"one\r\ntwo\n"), vec![0; zeros]].concat();
            assert_eq!(read(&filled).lines, ["one", "two"]);
            let joined = [filled, gzip(b"three")].concat();
            assert_eq!(read(&joined).lines, ["one", "two", "three"]);
        }
    }

    #[test]
    fn a_trace_is_one_with_its_error_however_it_was_packed() {
        let error = "2026/11/22 10:00:00 [error] 7#8: *9 broken";
        let text = format!("{error}\r\n\n  at x\r\n  at y\n{error}\n{}\n  z\n", "x".repeat(99));
        for bytes in [text.clone().into_bytes(), gzip(text.as_bytes())] {
            let kept = read(&bytes);
            assert_eq!(kept.lines, [&format!("{error}\n  at x\n  at y"), error, "  z"]);
            assert_eq!(kept.rejected, [RejectReason::Oversize]);
            assert_eq!(kept.joined, Joined { lines: 2, cut: 0 });
        }
        let text = format!("{error}{}", "\n  at".repeat(10));
        let kept = read(text.as_bytes());
        assert_eq!((kept.lines.len(), kept.joined), (2, Joined { lines: 9, cut: 1 }));
    }

    #[test]
    fn how_a_request_was_answered_has_behind_it_what_was_asked_for() {
        let front = "10:00:00.123 request_id=F1abcDEF12345678 [info]";
        let kept = read(format!("{front} GET /a\nb\n{front} Sent 200 in 9ms\n").as_bytes());
        let answer = format!("{front} Sent 200 in 9ms\nGET /a");
        assert_eq!(kept.lines, [&format!("{front} GET /a"), "b", &answer]);
        assert_eq!(kept.joined, Joined::default());
    }

    #[test]
    fn what_a_container_engine_has_cut_is_one_line() {
        let kept = read(
            b"2026-11-22T10:00:00Z stdout P a\n2026-11-22T10:00:00Z stderr F x\n2026-11-22T10:00:00Z stdout F b\n",
        );
        let expected = ["2026-11-22T10:00:00Z stderr F x", "2026-11-22T10:00:00Z stdout F ab"];
        assert_eq!((&kept.lines[..], kept.joined.lines), (&expected.map(str::to_owned)[..], 1));
        // What is too long for a line ends the one before it.
        let cut = format!("2026-11-22T10:00:00Z stdout P a\n{}\nb\n", "x".repeat(99));
        assert_eq!(read(cut.as_bytes()).lines, ["2026-11-22T10:00:00Z stdout P a", "b"]);
    }

    #[test]
    fn an_empty_input_has_no_lines() {
        for bytes in [&b""[..], b"\n", b"\r\n\n"] {
            assert!(read(bytes).lines.is_empty());
        }
    }

    #[test]
    fn a_line_beyond_the_limit_is_rejected_once_and_the_next_is_read() {
        let long = [vec![b'x'; 3 * CHUNK], b"\nnext\n".to_vec()].concat();
        let kept = read(&long);
        assert_eq!(kept.lines, ["next"]);
        assert_eq!(kept.rejected, [RejectReason::Oversize]);
    }

    #[test]
    fn a_torn_archive_gives_its_lines_and_then_the_error() {
        let mut bytes = gzip(&b"0123456789abcdef\n".repeat(2_000));
        bytes.truncate(bytes.len() - 9);
        let mut kept = Kept::default();
        let input = decompressed(io::Cursor::new(bytes)).unwrap();
        assert!(read_all(input, LIMITS, &mut kept).is_err());
        // A part of a line may say something else than the line.
        assert!(!kept.lines.is_empty() && kept.lines.iter().all(|line| line == "0123456789abcdef"));
        let garbage = [gzip(b"one\ntw"), b"garbage".to_vec()].concat();
        let (mut kept, input) = (Kept::default(), decompressed(io::Cursor::new(garbage)).unwrap());
        assert!(read_all(input, LIMITS, &mut kept).is_err());
        assert_eq!(
            (kept.lines, kept.rejected),
            (vec!["one".to_owned()], vec![RejectReason::Incomplete])
        );
    }

    #[test]
    fn what_is_packed_otherwise_is_refused_by_its_name() {
        for (magic, what, by) in crate::decode::packed::FOREIGN {
            let bytes = [magic, b"\0\n\xff\n"].concat();
            let Err(error) = decompressed(io::Cursor::new(bytes)) else { panic!("{what}") };
            let told = error.to_string();
            assert!(told.contains(what) && told.contains(by), "{told}");
        }
        assert_eq!(read(b"BZh\nPK\n7z\n").lines, ["BZh", "PK", "7z"]);
    }

    #[test]
    fn an_archive_of_logs_is_refused_however_it_is_packed() {
        let mut tar = b"var/log/nginx/access.log".to_vec();
        tar.resize(257, 0);
        tar.extend_from_slice(b"ustar\0\x30\x30");
        tar.resize(512, 0);
        tar.extend_from_slice(b"one\ntwo\n");
        let zstd = zstd::encode_all(&tar[..], 1).unwrap();
        for (bytes, by) in [
            (gzip(&tar), "pipe it through tar -xzOf -"),
            (zstd, "pipe it through tar --zstd -xOf -"),
            (tar.clone(), "a tar archive, which is not read; pipe it through tar -xOf -"),
        ] {
            let Err(error) = decompressed(io::Cursor::new(bytes)) else { panic!("{by}") };
            assert!(error.to_string().contains(by), "{error}");
        }
        // A line with that word there is one.
        let line = format!("{}ustar", "x".repeat(40));
        let long = format!("{}ustar", "x".repeat(257));
        assert_eq!(read(line.as_bytes()).lines, [line]);
        let input = decompressed(io::Cursor::new(long.clone().into_bytes())).unwrap();
        assert_eq!(io::read_to_string(input).unwrap(), long);
    }

    #[test]
    fn a_folder_is_no_log() {
        let folder = tempfile::tempdir().unwrap();
        assert!(open(folder.path()).is_err());
        assert!(open(&folder.path().join("absent")).is_err());
    }
}

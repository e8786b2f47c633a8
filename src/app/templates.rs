//! `tapline templates`: messages in, the template of each out.

use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::{exit, say};
use crate::aggregate::templates::Miner;
use crate::edge::files;

/// Bytes of a line that are kept; the miner looks at fewer.
const LINE_KEPT: usize = 64 << 10;
/// Lines whose templates are told as they stand behind the last of them: 4 bytes each are held. Of
/// more lines the templates are told in parts, so that an endless input holds no more.
const LINES_HELD: usize = 4 << 20;

#[derive(Clone, Debug, Args)]
pub struct TemplatesArgs {
    /// File of messages, one a line; - or none is standard input
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
}

/// Runs the command.
#[must_use]
pub fn run(args: &TemplatesArgs) -> ExitCode {
    let path = args.file.as_deref().unwrap_or(Path::new("-"));
    let told = |what: &str, error: &io::Error| {
        say(&format!("error: {what}{error}"));
        exit::FAILURE.into()
    };
    let name = path.display();
    let input = match files::open(path) {
        Ok(input) => BufReader::new(input),
        Err(error) => return told(&format!("{name}: "), &error),
    };
    let mut lines = Lines { input, line: Vec::new() };
    let mut out = BufWriter::new(io::stdout().lock());
    let (mut miner, mut ids) = (Miner::default(), Vec::new());
    loop {
        let line = match lines.next() {
            Ok(line) => line,
            Err(error) => return told(&format!("{name}: "), &error),
        };
        if let Some(line) = line {
            ids.push(miner.learn(&String::from_utf8_lossy(line)).id);
            if ids.len() < LINES_HELD {
                continue;
            }
        }
        let is_end = ids.len() < LINES_HELD;
        let done = tell(&miner, &ids, &mut out);
        match done {
            Ok(()) if is_end => return ExitCode::SUCCESS,
            Ok(()) => ids.clear(),
            // The reader has seen enough (`| head`).
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Err(error) => return told("can't write: ", &error),
        }
    }
}

fn tell(miner: &Miner, ids: &[u32], out: &mut impl Write) -> io::Result<()> {
    let mut texts = std::collections::HashMap::new();
    for id in ids {
        let id = miner.now(*id);
        let text = texts.entry(id).or_insert_with(|| miner.text(id));
        writeln!(out, "{id}\t{text}")?;
    }
    out.flush()
}

struct Lines<R> {
    input: R,
    line: Vec<u8>,
}

impl<R: Read> Lines<BufReader<R>> {
    /// The next line without its end, cut at [`LINE_KEPT`].
    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.line.clear();
        let mut is_any = false;
        loop {
            let read = self.input.fill_buf()?;
            is_any |= !read.is_empty();
            let end = read.iter().position(|byte| *byte == b'\n');
            let part = &read[..end.unwrap_or(read.len())];
            let room = LINE_KEPT - self.line.len();
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            let (taken, is_last) = (end.map_or(read.len(), |end| end + 1), read.is_empty());
            self.input.consume(taken);
            if end.is_some() || is_last {
                return Ok(is_any.then_some(&self.line));
            }
        }
    }
}

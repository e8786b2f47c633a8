//! A pseudo-terminal that a program is started in, and what it wrote there.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

use super::daemon::Process;
use super::until;

/// What is closed to end it, and what the process gets.
pub(crate) fn open() -> (OwnedFd, OwnedFd) {
    let (mut ours, mut its) = (-1, -1);
    let none = std::ptr::null_mut();
    // SAFETY: two live integers to write to; the rest may be null (openpty(3)).
    let code =
        unsafe { libc::openpty(&raw mut ours, &raw mut its, none, none.cast(), none.cast()) };
    assert_eq!(code, 0, "a terminal");
    // SAFETY: both are open, and nobody else's.
    unsafe { (OwnedFd::from_raw_fd(ours), OwnedFd::from_raw_fd(its)) }
}

/// Lets the process have this terminal for its own.
pub(crate) fn start_in(command: &mut Command, ours: &OwnedFd, its: &OwnedFd) {
    let (our_number, its_number) = (ours.as_raw_fd(), its.as_raw_fd());
    // SAFETY: all of these are async-signal-safe and touch only the child's own state.
    unsafe {
        command.pre_exec(move || {
            libc::close(our_number);
            libc::setsid();
            libc::ioctl(its_number, libc::TIOCSCTTY, 0);
            Ok(())
        });
    }
}

/// A program on a terminal of so many columns and rows.
#[derive(Debug)]
pub(crate) struct Terminal {
    process: Process,
    keys: File,
    its: OwnedFd,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Terminal {
    /// Where `read` is not set nobody reads what the program writes.
    pub(crate) fn start(mut command: Command, size: (u16, u16), read: bool) -> Terminal {
        let (ours, its) = open();
        let its_copy = || Stdio::from(its.try_clone().unwrap());
        start_in(&mut command, &ours, &its);
        command
            .env("TERM", "xterm-256color")
            .stdin(its_copy())
            .stdout(its_copy())
            .stderr(its_copy());
        resize(&its, size);
        let process = Process::spawn(&mut command).expect("it starts");
        let keys = File::from(ours);
        let written = Arc::new(Mutex::new(Vec::new()));
        if read {
            let (mut screen, sink) = (keys.try_clone().unwrap(), Arc::clone(&written));
            std::thread::spawn(move || {
                let mut piece = [0; 4096];
                while let Ok(n @ 1..) = screen.read(&mut piece) {
                    sink.lock().unwrap().extend_from_slice(&piece[..n]);
                }
            });
        }
        Terminal { process, keys, its, written }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Closes it, as a lost connection does; only where nobody reads it.
    pub(crate) fn close(&mut self) {
        self.keys = File::open("/dev/null").unwrap();
    }

    pub(crate) fn resize(&self, size: (u16, u16)) {
        resize(&self.its, size);
    }

    pub(crate) fn written(&self) -> Vec<u8> {
        self.written.lock().unwrap().clone()
    }

    /// From this byte on, without escape sequences.
    pub(crate) fn text_from(&self, from: usize) -> String {
        let written = self.written();
        let text = String::from_utf8_lossy(&written[from.min(written.len())..]).into_owned();
        let mut parts = text.split('\u{1b}');
        let first = parts.next().unwrap_or("").to_owned();
        parts.fold(first, |shown, part| {
            let end =
                part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |end| end + 1);
            shown + &part[end..]
        })
    }

    /// Waits until this is written behind byte `from`.
    pub(crate) fn shows_from(&mut self, from: usize, text: &str) {
        until(&format!("the terminal shows {text:?}"), || {
            let shown = self.text_from(from);
            assert!(shown.contains(text) || self.process.running(), "it ended:\n{shown}");
            shown.contains(text).then_some(())
        });
    }

    pub(crate) fn shows(&mut self, text: &str) {
        self.shows_from(0, text);
    }

    /// Whether keys come as they are pressed and are not echoed.
    pub(crate) fn is_raw(&self) -> bool {
        // SAFETY: all zeros are a termios, which tcgetattr fills in.
        let mut modes: libc::termios = unsafe { std::mem::zeroed() };
        // SAFETY: the descriptor is open, and the struct is alive for the call.
        let code = unsafe { libc::tcgetattr(self.its.as_raw_fd(), &raw mut modes) };
        assert_eq!(code, 0, "the modes of a terminal");
        modes.c_lflag & (libc::ICANON | libc::ECHO) == 0
    }

    pub(crate) fn signal(&self, signal: libc::c_int) {
        self.process.signal(signal);
    }

    pub(crate) fn id(&self) -> libc::pid_t {
        self.process.id()
    }

    pub(crate) fn ended(&mut self) -> ExitStatus {
        self.process.ended()
    }
}

fn resize(terminal: &OwnedFd, (columns, rows): (u16, u16)) {
    let size = libc::winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: TIOCSWINSZ reads one winsize, which is alive for the call.
    let code = unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) };
    assert_eq!(code, 0, "a size");
}

//! The terminal: taken for as long as this lives, given back however it ends.
//!
//! Only rows that changed are written, each as a whole and with its columns named: a terminal that counts the
//! cells of a text in another way than we do keeps nothing wrong behind it.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::style::ResetColor;
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, DisableLineWrap, EnableLineWrap,
    EndSynchronizedUpdate, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode,
    enable_raw_mode,
};
use crossterm::{execute, queue};

use super::line::Line;

/// Whether the terminal is ours: whoever gives it back first does so alone.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A terminal that says no size has the one that all had.
const USUAL: (usize, usize) = (80, 24);
/// More than any screen has: what a terminal claims bounds memory.
const MOST: usize = 1_000;

#[derive(Debug)]
pub(super) struct Screen {
    colour: bool,
    size: (usize, usize),
    /// Each row as it was written last.
    shown: Vec<String>,
}

impl Screen {
    /// # Errors
    /// Where the terminal can't be set up.
    pub(super) fn take(colour: bool) -> io::Result<Screen> {
        // Before the modes change: a panic's words would be gone with the other screen.
        std::panic::set_hook(Box::new(|info| {
            give_back();
            let at = info.location().map(ToString::to_string).unwrap_or_default();
            // Where, and not what: the words of a panic may hold a piece of a line.
            let words = format!("error: panicked at {at}: a fault of Tapline's own\n");
            let _ = io::stderr().write_all(words.as_bytes());
        }));
        let screen = Screen { colour, size: size(), shown: Vec::new() };
        enter()?;
        Ok(screen)
    }

    /// Takes it again after the program was stopped.
    ///
    /// # Errors
    /// As of [`Screen::take`].
    pub(super) fn take_again(&mut self) -> io::Result<()> {
        self.shown.clear();
        enter()
    }

    /// Writes everything anew at the next picture.
    pub(super) fn forget(&mut self) {
        self.shown.clear();
    }

    /// Columns and rows, now.
    pub(super) fn size(&mut self) -> (usize, usize) {
        let now = size();
        if now != self.size {
            self.size = now;
            self.shown.clear();
        }
        self.size
    }

    /// # Errors
    /// Where nobody can be written to any more.
    pub(super) fn show(&mut self, lines: &[Line]) -> io::Result<()> {
        let mut out = Vec::with_capacity(8 * 1024);
        queue!(out, BeginSynchronizedUpdate)?;
        let anew = self.shown.is_empty();
        if anew {
            queue!(out, ResetColor, Clear(ClearType::All))?;
        }
        self.shown.resize(lines.len(), String::new());
        for (row, (line, shown)) in lines.iter().zip(&mut self.shown).enumerate() {
            let painted = line.painted(self.colour, self.size.0);
            if *shown != painted || anew {
                queue!(out, MoveTo(0, u16::try_from(row).unwrap_or(u16::MAX)))?;
                queue!(out, Clear(ClearType::UntilNewLine))?;
                out.extend_from_slice(painted.as_bytes());
                *shown = painted;
            }
        }
        queue!(out, EndSynchronizedUpdate)?;
        let mut terminal = io::stdout().lock();
        terminal.write_all(&out)?;
        terminal.flush()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn size() -> (usize, usize) {
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => {
            (usize::from(columns).min(MOST), usize::from(rows).min(MOST))
        }
        _ => USUAL,
    }
}

fn enter() -> io::Result<()> {
    TAKEN.store(true, Ordering::SeqCst);
    enable_raw_mode()?;
    execute!(io::stdout(), EnterAlternateScreen, DisableLineWrap, Hide)
}

/// Gives the terminal back, once.
pub(super) fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = execute!(io::stdout(), ResetColor, EnableLineWrap, Show, LeaveAlternateScreen);
        let _ = disable_raw_mode();
    }
}

/// The modes alone, for a terminal that nobody reads: what is written to it never gets there.
pub(super) fn give_back_modes() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _ = disable_raw_mode();
    }
}

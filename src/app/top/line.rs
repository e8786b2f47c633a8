//! A line of the screen: pieces of text, each in an ink, at columns that stay where they are.

use crate::app::figures::{clean, width};
use crate::app::paint::Paint;

/// How a piece of text looks. Colours are the sixteen that the user's own theme defines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Ink {
    #[default]
    Plain,
    Head,
    Faint,
    /// Of a status class, by its first digit.
    Good,
    Moved,
    Wrong,
    Failed,
    /// What is unusual.
    Unusual,
    Alarm,
    /// Requests over time.
    Drawn,
    Chosen,
    /// A key that can be pressed.
    Key,
}

impl Ink {
    pub(super) fn class(class: &str) -> Ink {
        match class.as_bytes().first() {
            Some(b'2') => Ink::Good,
            Some(b'3') => Ink::Moved,
            Some(b'4') => Ink::Wrong,
            Some(b'5') => Ink::Failed,
            _ => Ink::Faint,
        }
    }

    /// SGR codes (ECMA-48): weight and reversal, and the colour.
    fn codes(self) -> (&'static str, &'static str) {
        match self {
            Ink::Plain => ("", ""),
            Ink::Head => ("1", ""),
            Ink::Faint => ("2", ""),
            Ink::Good => ("", "32"),
            Ink::Moved | Ink::Drawn => ("", "36"),
            Ink::Wrong => ("", "33"),
            Ink::Failed => ("1", "31"),
            Ink::Unusual => ("1", "35"),
            Ink::Alarm => ("1;7", "31"),
            Ink::Chosen => ("7", ""),
            Ink::Key => ("1", "36"),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Piece {
    ink: Ink,
    text: String,
    /// The cell it starts at, where that is a column: a terminal that counts cells in another way than we do
    /// is put right there.
    at: Option<usize>,
}

/// A line, empty at first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    pieces: Vec<Piece>,
    used: usize,
    next: Option<usize>,
    chosen: bool,
}

impl Line {
    /// Made harmless here, whoever wrote it: names that only a Tapline gives come from a server that may be none.
    pub(super) fn put(&mut self, ink: Ink, text: impl AsRef<str>) -> &mut Line {
        let text = clean(text.as_ref(), usize::MAX);
        if !text.is_empty() {
            self.used += width(&text);
            self.pieces.push(Piece { ink, text, at: self.next.take() });
        }
        self
    }

    /// The same, ending before `end`.
    pub(super) fn put_right(&mut self, ink: Ink, text: &str, end: usize) -> &mut Line {
        let start = end.saturating_sub(width(text));
        self.column(start).put(ink, text)
    }

    /// Goes on at this cell; what reaches beyond it already pushes it on.
    pub(super) fn column(&mut self, at: usize) -> &mut Line {
        if at > self.used {
            let gap = " ".repeat(at - self.used);
            self.put(Ink::Plain, gap);
        }
        self.next = Some(self.used);
        self
    }

    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Marks the whole line as the one that keys are about.
    pub(super) fn choose(&mut self) -> &mut Line {
        self.chosen = true;
        self
    }

    /// `other` beside this, from `at` on.
    pub(super) fn beside(&mut self, other: Line, at: usize) -> &mut Line {
        self.column(at);
        let start = self.used;
        for piece in other.pieces {
            let next = self.next.take();
            let at = piece.at.map(|column| start + column).or(next);
            self.used += width(&piece.text);
            let ink = if other.chosen { Ink::Chosen } else { piece.ink };
            self.pieces.push(Piece { at, ink, ..piece });
        }
        self
    }

    /// `other` right behind this.
    pub(super) fn beside_next(&mut self, other: Line) -> &mut Line {
        self.beside(other, 0)
    }

    /// At most `columns` wide.
    pub(super) fn cut(mut self, columns: usize) -> Line {
        let mut used = 0;
        let mut kept = Vec::with_capacity(self.pieces.len());
        for mut piece in self.pieces {
            let wide = width(&piece.text);
            if used + wide > columns {
                piece.text = clean(&piece.text, columns - used);
                used += width(&piece.text);
                kept.push(piece);
                break;
            }
            used += wide;
            kept.push(piece);
        }
        self.pieces = kept;
        self.used = used;
        self
    }

    /// Without colours, weights and blanks at its end.
    pub(super) fn text(&self) -> String {
        let text: String = self.pieces.iter().map(|piece| &*piece.text).collect();
        text.trim_end().to_owned()
    }

    /// For a terminal `columns` wide, which `colour` may be painted on.
    pub(super) fn painted(&self, colour: bool, columns: usize) -> String {
        let mut out = String::new();
        for piece in &self.pieces {
            let ink = if self.chosen { Ink::Chosen } else { piece.ink };
            let (weight, hue) = ink.codes();
            let codes = match (weight, if colour { hue } else { "" }) {
                ("", codes) | (codes, "") => codes.to_owned(),
                (weight, hue) => format!("{weight};{hue}"),
            };
            if let Some(at) = piece.at.filter(|&at| at < columns) {
                out.push_str(&format!("\u{1b}[{}G", at + 1));
            }
            out.push_str(&Paint(!codes.is_empty()).put(&codes, &piece.text));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stay_where_they_are_beside_wide_text() {
        let mut line = Line::default();
        line.put(Ink::Plain, "コーヒー").column(10).put(Ink::Failed, "500").put_right(
            Ink::Faint,
            "12",
            20,
        );
        assert_eq!(line.text(), "コーヒー  500     12");
        let painted = line.painted(true, 80);
        assert!(painted.contains("\u{1b}[11G\u{1b}[1;31m500\u{1b}[0m"), "{painted:?}");
        assert!(line.painted(false, 80).contains("\u{1b}[1m500"), "weight is no colour");
        assert_eq!(line.clone().cut(13).used(), 13);
        assert_eq!(line.cut(7).text(), "コーヒ…");
    }
}

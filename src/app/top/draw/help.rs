//! The page of keys.

use super::title;
use crate::app::top::line::{Ink, Line};

const KEYS: [(&str, &str); 16] = [
    ("q  Esc  Ctrl-C", "quit"),
    ("Tab  ← →  h l", "the next list, the one before; incidents are the first"),
    ("j k  ↑ ↓", "the next row, the one before; PageUp, PageDown, Home, End"),
    ("Enter", "filter by this value; once more lets it go"),
    ("", "on an incident: the requests that it is about"),
    ("Backspace", "take the last term of the filter away"),
    ("/", "write the filter: status:5xx -path:/health* latency>0.5"),
    ("1 … 6", "the last minute, 5 min, 15 min, hour, 6 h, 24 h"),
    ("w", "the next longer window"),
    ("s", "sort the lists by requests, 5xx, bytes, mean time"),
    ("t", "more lines; none; as before"),
    ("p  Space", "pause, and go on"),
    ("Ctrl-L", "draw everything anew"),
    ("Ctrl-Z", "stop; fg goes on"),
    ("", ""),
    ("", "! to !!!!! is how grave an incident is. Times are UTC."),
];

pub(super) fn draw(columns: usize, rows: usize) -> Vec<Line> {
    let mut out = vec![title("Keys", "any key goes back")];
    let name = if columns >= 60 { 18 } else { 11 };
    for (key, does) in KEYS {
        let mut line = Line::default();
        line.put(Ink::Plain, "  ").put(Ink::Key, key).column(name).put(Ink::Plain, does);
        out.push(line);
    }
    out.truncate(rows);
    out
}

//! The fields of a JSON line that come as in the line before it: a log's lines have the same names in the same order, and
//! what stands between two values is then compared at once, in place of being read, folded and looked up again.

use std::cell::RefCell;

use super::alias::Says;

thread_local! {
    /// Of the line that this thread read last.
    pub(super) static LATELY: RefCell<Shape> = const { RefCell::new(Shape::NONE) };
}

/// What stands between two values, at most: two quotes, a comma, a colon, and a name of forty bytes.
const SPAN: usize = 48;
/// Fields that are remembered; those behind them are read as any others.
const FIELDS: usize = 32;

/// A field of the line before.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// What stood between the value before and this one, with this one's opening quote.
    bytes: [u8; SPAN],
    /// All bits of the bytes that count.
    mask: [u8; SPAN],
    pub(super) len: usize,
    /// What its name says, and how that begins.
    pub(super) says: Says,
    pub(super) capital: bool,
    pub(super) quoted: bool,
}

impl Step {
    const NONE: Step = Step {
        bytes: [0; SPAN],
        mask: [0; SPAN],
        len: 0,
        says: None,
        capital: false,
        quoted: false,
    };

    /// Whether this field comes next.
    #[inline(always)]
    pub(super) fn comes(&self, rest: &[u8]) -> bool {
        let Some(front) = rest.first_chunk::<SPAN>() else {
            return rest.starts_with(&self.bytes[..self.len]);
        };
        // Without a way out, so that all of it is compared at once.
        let known = self.bytes.iter().zip(&self.mask);
        let differs = front
            .iter()
            .zip(known)
            .fold(0, |all, (byte, (known, mask))| all | (byte ^ known) & mask);
        differs == 0
    }
}

/// The fields of the line before, from the first on.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    steps: [Step; FIELDS],
    len: usize,
}

impl Shape {
    pub(super) const NONE: Shape = Shape { steps: [Step::NONE; FIELDS], len: 0 };

    #[inline(always)]
    pub(super) fn step(&self, place: usize) -> Option<&Step> {
        self.steps[..self.len].get(place)
    }

    /// Remembers that the field at this place, where all before it are known, is another one: what stands before its
    /// value, and what its name says. Forgets those behind it. Gives whether there was room.
    pub(super) fn learn(&mut self, place: usize, before: &[u8], says: Says, capital: bool) -> bool {
        let fits = place < FIELDS && before.len() <= SPAN;
        if fits {
            let mut step = Step { len: before.len(), says, capital, ..Step::NONE };
            step.quoted = before.ends_with(b"\"");
            step.bytes[..before.len()].copy_from_slice(before);
            step.mask[..before.len()].fill(0xff);
            self.steps[place] = step;
            self.len = place + 1;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json;
    use super::*;

    const NAMES: [&str; 17] = [
        "time",
        "remote_addr",
        "status",
        "Status",
        "uri",
        "request",
        "rt",
        "x",
        "host",
        "level",
        "msg",
        "@m",
        "request_Host",
        r"st\u0061tus",
        "a_name_that_is_too_long_to_be_remembered_as_it_stands",
        "log",
        "event",
    ];

    /// Fields that stand in most lines, with others between them, and values of all kinds.
    fn line() -> impl Strategy<Value = String> {
        let value = prop_oneof![
            8 => r#""[a/1.\[]{0,9}"|[0-9]{1,3}"#,
            1 => r#"|-|null|"-"|""|"\\x22"|"\\\\"|"a\\"b"|0\.1, 0\.2|"22/Nov/2026:10:00:00 \+0000""#,
            1 => r#"\{"status":20[01],"x":\{\}\}|\["a",1\]|\{|\[|"#,
        ];
        let gap = prop_oneof![30 => Just(""), 1 => Just(" "), 1 => Just(","), 1 => Just("\t")];
        let field =
            (prop::sample::select(&NAMES[..]), value, gap.clone(), gap, prop::bool::weighted(0.9));
        let end = prop_oneof![9 => Just("}"), 1 => Just(""), 1 => Just("} "), 1 => Just("}x")];
        (prop::collection::vec(field, 0..6), end).prop_map(|(mut fields, end)| {
            // Most in one order, so that lines are alike.
            let place = |name: &str| NAMES.iter().position(|known| *known == name);
            fields.sort_by_key(|(name, .., in_order)| in_order.then(|| place(name)));
            let mut text = "{".to_owned();
            for (at, (name, value, before, behind, _)) in fields.iter().enumerate() {
                let comma = if at == 0 { "" } else { "," };
                text += &format!("{comma}{before}\"{name}\"{behind}:{value}");
            }
            text + end
        })
    }

    proptest! {
        #[test]
        fn a_line_says_the_same_whatever_was_read_before(lines in prop::collection::vec(line(), 1..8)) {
            let mut learnt = Shape::NONE;
            for line in lines.iter().chain(&lines) {
                LATELY.set(Shape::NONE);
                let alone = json::read(line, true);
                LATELY.set(learnt);
                let read = json::read(line, true);
                learnt = LATELY.replace(Shape::NONE);
                prop_assert_eq!(read, alone, "{}", line);
            }
        }
    }

    #[test]
    fn a_field_that_comes_again_is_foreseen() {
        LATELY.set(Shape::NONE);
        let line = r#"{"status":200, "uri":"/a","x":{"y":1},"rt":0.1}"#;
        json::read(line, true).expect("a line");
        let learnt = LATELY.replace(Shape::NONE);
        let texts: Vec<&[u8]> =
            learnt.steps[..learnt.len].iter().map(|s| &s.bytes[..s.len]).collect();
        assert_eq!(texts, [&br#"{"status":"#[..], br#", "uri":""#]);
        assert!(learnt.steps[0].comes(line.as_bytes()));
        assert!(!learnt.steps[1].comes(line.as_bytes()));
    }
}

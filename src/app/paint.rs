//! Colours of the report.

/// ANSI colours (ECMA-48 SGR), or none.
#[derive(Clone, Copy)]
pub(super) struct Paint(pub(super) bool);

impl Paint {
    pub(super) fn put(self, code: &str, text: &str) -> String {
        if self.0 && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    pub(super) fn head(self, text: &str) -> String {
        self.put("1", text)
    }

    pub(super) fn faint(self, text: &str) -> String {
        self.put("2", text)
    }

    pub(super) fn class(self, class: &str, text: &str) -> String {
        let code = match class.as_bytes().first() {
            Some(b'2') => "32",
            Some(b'3') => "36",
            Some(b'4') => "33",
            Some(b'5') => "31",
            _ => "2",
        };
        self.put(code, text)
    }
}

//! Why a line is not of the format that was named, and where it stops being so.

use crate::app::formats::Reading;
use crate::decode::formats::template::{self, Dialect, Options, Template};

#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) error: String,
    /// As the format writes it.
    pub(super) field: Option<String>,
    /// Into the line behind its syslog header; 0 where nothing better is known.
    pub(super) offset: usize,
}

/// The house's formats are read by hand and say no more than no. A template that is written like one
/// finds the spot.
const LIKENESSES: [(&str, &str); 4] = [
    ("combined", r#"%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i""#),
    ("common", r#"%h %l %u %t "%r" %>s %b"#),
    ("vhost_combined", r#"%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i""#),
    ("vhost_common", r#"%v %h %l %u %t "%r" %>s %b"#),
];

/// Says of lines why they are not of one format.
#[derive(Debug)]
pub(super) struct Judge {
    pub(super) format: &'static str,
    template: Option<&'static Template>,
    likeness: Option<Template>,
}

impl Judge {
    /// `None` where no format was named: then there is no line that is none of it.
    pub(super) fn of(reading: Reading) -> Option<Judge> {
        let format = reading.format?;
        let likeness =
            LIKENESSES.iter().find(|(name, _)| *name == format).and_then(|(name, text)| {
                template::compile(name, Some(Dialect::Apache), text, &Options::default()).ok()
            });
        Some(Judge { format, template: reading.template, likeness })
    }

    /// Why the line was refused.
    pub(super) fn refusal(&self, line: &str) -> Refusal {
        let error = format!("this is no line of the format '{}'", self.format);
        let template = self.template.or(self.likeness.as_ref());
        match template.map(|template| template.explain(line)) {
            Some(Err(mismatch)) => Refusal {
                error: format!("{error}: {}", mismatch.message),
                field: Some(mismatch.field).filter(|field| !field.is_empty()),
                offset: mismatch.offset.min(line.len()),
            },
            Some(Ok(_)) | None => Refusal { error, field: None, offset: 0 },
        }
    }
}

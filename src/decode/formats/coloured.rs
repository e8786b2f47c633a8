//! A line with a terminal's colours in it, as programs write them that take what they write into for a terminal, and
//! some that do not ask.
//!
//! Only a line that no format reads as it stands is read without them. What is left out is ECMA-48's SGR alone (`ESC [
//! 1;32 m`), which moves nothing and hides nothing; a line with any other escape stays as it is. Where rsyslog has taken
//! the line in, `#033` stands for ESC.

use memchr::{memchr, memmem};

/// Bytes of the longest colour behind its bracket: `38;2;255;255;255;48;2;255;255;255m`.
const COLOUR_MAX: usize = 40;
const RSYSLOGS: &[u8] = b"#033[";

/// The line without its colours, where it has some and no other escapes.
pub(super) fn without(line: &str) -> Option<String> {
    let bytes = line.as_bytes();
    let start = match memchr(b'\x1b', bytes) {
        Some(_) => "\x1b[",
        None => memmem::find(bytes, RSYSLOGS).map(|_| "#033[")?,
    };
    let mut bare = String::with_capacity(line.len());
    let mut pieces = line.split(start);
    bare.push_str(pieces.next()?);
    for piece in pieces {
        let colour = piece.bytes().take(COLOUR_MAX);
        let numbers = colour.take_while(|b| b.is_ascii_digit() || *b == b';').count();
        bare.push_str(piece[numbers..].strip_prefix('m')?);
    }
    memchr(b'\x1b', bare.as_bytes()).is_none().then_some(bare)
}

#[cfg(test)]
mod tests {
    use super::super::recognise::Recogniser;
    use super::super::tests::brief;
    use super::super::{FORMATS, decode_as};
    use super::*;
    use crate::vocab::event::Kind;

    /// What programs write on a terminal, and the same without its colours.
    const LINES: [(&str, &str); 12] = [
        // uvicorn
        (
            "\x1b[32mINFO\x1b[0m:     127.0.0.1:5000 - \"\x1b[1mGET /a?b=1 HTTP/1.1\x1b[0m\" \x1b[32m200 OK\x1b[0m",
            r#"INFO:     127.0.0.1:5000 - "GET /a?b=1 HTTP/1.1" 200 OK"#,
        ),
        (
            "#033[32mINFO#033[0m:     127.0.0.1:5000 - \"#033[1mGET /a HTTP/1.1#033[0m\" #033[32m200 OK#033[0m",
            r#"INFO:     127.0.0.1:5000 - "GET /a HTTP/1.1" 200 OK"#,
        ),
        (
            "web-1  | \x1b[32mINFO\x1b[0m:     127.0.0.1:5000 - \"\x1b[1mGET / HTTP/1.1\x1b[0m\" \x1b[31m404 Not Found\x1b[0m",
            r#"web-1  | INFO:     127.0.0.1:5000 - "GET / HTTP/1.1" 404 Not Found"#,
        ),
        // Docker compose
        (
            "\x1b[36mweb-1  | \x1b[0m203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] \"GET /a HTTP/1.1\" 200 512 \"-\" \"curl/8\"",
            r#"web-1  | 203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a HTTP/1.1" 200 512 "-" "curl/8""#,
        ),
        // Django
        (
            "[22/Nov/2026 10:00:00] \x1b[m\"GET /admin/ HTTP/1.1\" 200 5120\x1b[0m",
            r#"[22/Nov/2026 10:00:00] "GET /admin/ HTTP/1.1" 200 5120"#,
        ),
        (
            "\x1b[36;1m[22/Nov/2026 10:00:00] \"GET /static/a HTTP/1.1\" 304 0\x1b[0m",
            r#"[22/Nov/2026 10:00:00] "GET /static/a HTTP/1.1" 304 0"#,
        ),
        // koa-logger
        (
            "  \x1b[90m-->\x1b[39m \x1b[1mGET\x1b[22m \x1b[90m/a\x1b[39m \x1b[32m200\x1b[39m \x1b[90m12ms\x1b[39m \x1b[90m1.2kb\x1b[39m",
            "  --> GET /a 200 12ms 1.2kb",
        ),
        // slog and logfmt with tint and its like
        (
            "\x1b[36mmethod=\x1b[0mGET \x1b[36mpath=\x1b[0m/a \x1b[36mstatus=\x1b[0m200 \x1b[36mduration=\x1b[0m1.5ms",
            "method=GET path=/a status=200 duration=1.5ms",
        ),
        // ASP.NET Core
        (
            "\x1b[40m\x1b[32minfo\x1b[39m\x1b[22m\x1b[49m: Microsoft.Hosting.Lifetime[14]",
            "info: Microsoft.Hosting.Lifetime[14]",
        ),
        // pino-pretty
        (
            "[10:00:00.123] \x1b[31mERROR\x1b[39m (12): \x1b[36mno pool\x1b[39m",
            "[10:00:00.123] ERROR (12): no pool",
        ),
        // Rust's tracing
        (
            "\x1b[2m2026-11-22T10:00:00.123456Z\x1b[0m \x1b[31mERROR\x1b[0m \x1b[2mshop::pool\x1b[0m\x1b[2m:\x1b[0m no pool",
            "2026-11-22T10:00:00.123456Z ERROR shop::pool: no pool",
        ),
        // 24-bit colours
        ("\x1b[38;2;255;120;0mERROR: no pool\x1b[0m", "ERROR: no pool"),
    ];

    #[test]
    fn a_coloured_line_is_read_as_without_its_colours() {
        for (coloured, bare) in LINES {
            let event = Recogniser::default().decode(coloured);
            assert_ne!(event.kind, Kind::Message, "{coloured:?}");
            assert_eq!(event, Recogniser::default().decode(bare), "{coloured:?}");
            let readers = FORMATS.iter().filter(|format| format.decode(coloured).is_some()).count();
            assert!(readers <= 1, "{coloured:?}");
        }
    }

    #[test]
    fn a_coloured_line_is_read_by_the_name_of_its_format_and_inside_an_object_too() {
        for (coloured, bare) in LINES {
            let read = decode_as(Recogniser::default().decode(bare).format, bare).expect(bare);
            let mut named = Default::default();
            Recogniser::default().order.read_as(read.format, coloured, &mut named);
            assert_eq!(named, read, "{coloured:?}");
            if read.kind != Kind::Access || coloured.contains(" | ") {
                continue;
            }
            let docker =
                |line: &str| serde_json::json!({"log": format!("{line}\n"), "stream": "stdout"});
            let (coloured, bare) = (docker(coloured).to_string(), docker(bare).to_string());
            let (mut one, mut other) = (Recogniser::default(), Recogniser::default());
            assert_eq!(brief(&one.decode(&coloured)), brief(&other.decode(&bare)), "{coloured}");
        }
    }

    #[test]
    fn what_is_no_colour_stays() {
        let line = r#"INFO:     127.0.0.1:5000 - "GET / HTTP/1.1" 200 OK"#;
        for front in [
            "\x1b[2K",
            "\x1b[1A",
            "\x1b]0;title\x07",
            "\x1b[32",
            "\x1b[?25lm",
            "\x1b",
            "\x1b[0m\x1b[1G",
            "#033[2K",
        ] {
            let line = format!("{front}{line}");
            assert_eq!(without(&line), None);
            let event = Recogniser::default().decode(&line);
            assert_eq!((event.kind, event.message.as_deref()), (Kind::Message, Some(&*line)));
        }
        // Nor is there a colour made of what was left around one.
        assert_eq!(without("\x1b\x1b[0m[0m"), None);
        assert_eq!(without("a#0\x1b[0m33[0mb").as_deref(), Some("a#033[0mb"));
        assert_eq!(without(line), None);
        let long = format!("\x1b[{}mx", "1;".repeat(COLOUR_MAX));
        assert_eq!(without(&long), None);
    }

    #[test]
    fn colours_that_a_client_sends_give_it_no_more_to_say() {
        let forged =
            r#"192.0.2.66 - - [22/Nov/2026:10:00:00 +0000] "GET /forged HTTP/1.1" 200 1 "-" "-""#;
        let fronts = [
            "2026-11-22 10:00:00,123 ERROR shop: bad agent ",
            "ERROR:shop:bad agent ",
            "bad agent ",
            r#"203.0.113.9 - - [22/Nov/2026:10:00:00 +0000] "GET /a" "#,
            r#"INFO:     203.0.113.9:5 - "GET /a HTTP/1.1" "#,
        ];
        for front in fronts {
            for line in
                [format!("{front}\x1b[0m{forged}"), format!("\x1b[31m{front}{forged}\x1b[0m")]
            {
                let event = Recogniser::default().decode(&line);
                assert_ne!(event.remote_ip.as_deref(), Some("192.0.2.66"), "{line:?}");
                assert_ne!(event.path.as_deref(), Some("/forged"), "{line:?}");
                let bare = format!("{front}{forged}");
                let bare = Recogniser::default().decode(&bare);
                assert_eq!((event.kind, event.format), (bare.kind, bare.format), "{line:?}");
            }
        }
    }
}

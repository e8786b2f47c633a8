//! Bodies: JSON of all kinds, packed and not.

use std::io::Write;

use super::{Post, post};
use crate::case::good;

pub(super) fn all() -> Vec<Post> {
    let mut all = depth_and_values();
    all.extend(shapes());
    all.extend(sizes());
    all.extend(packed());
    all
}

fn nested(depth: usize) -> String {
    format!(
        "{{\"status\":200,\"uri\":\"/deep\",\"x\":{}1{}}}",
        "[".repeat(depth - 1),
        "]".repeat(depth - 1)
    )
}

fn depth_and_values() -> Vec<Post> {
    let next = r#"{"status":200,"uri":"/json/next"}"#;
    let value = |number, what: &str, value: &str| {
        let body =
            format!("{{\"status\":200,\"uri\":\"/value\",\"request_time\":{value}}}\n{next}");
        post(number, what, body, "2 counted").shows("path:/value status:200", 1)
    };
    let mut all = vec![
        post(109, "32 deep", nested(32), "1 counted"),
        post(109, "33 deep", format!("{}\n{next}", nested(33)), "1 json, 1 counted"),
        post(109, "128 deep", format!("{}\n{next}", nested(128)), "1 json, 1 counted"),
        post(109, "100,000 deep", format!("{}\n{next}", nested(100_000)), "1 json, 1 counted"),
        post(
            109,
            "100,000 that never close",
            format!("{{\"a\":{}\n{next}", "[".repeat(100_000)),
            "1 json, 1 counted",
        ),
        post(110, "a key twice", r#"{"status":200,"status":404,"uri":"/twice"}"#, "1 counted")
            .shows("path:/twice", 1),
        post(112, "half a surrogate", r#"{"status":200,"uri":"/half","ua":"\ud800"}"#, "1 counted")
            .shows("path:/half", 1),
        post(
            112,
            "a bare control byte",
            "{\"status\":200,\"uri\":\"/control\",\"ua\":\"a\x01b\"}",
            "1 counted",
        )
        .shows("path:/control", 1),
        post(
            112,
            "bytes that are no UTF-8",
            b"{\"status\":200,\"uri\":\"/latin\",\"ua\":\"\xff\xfe\"}".to_vec(),
            "1 counted",
        )
        .shows("path:/latin", 1),
        post(
            112,
            "nginx's own escapes",
            r#"{"status":200,"uri":"/x22","ua":"a\x22b"}"#,
            "1 counted",
        )
        .shows("path:/x22", 1),
        post(113, "NUL in a value", r#"{"status":200,"uri":"/nul","ua":"a\u0000b"}"#, "1 counted")
            .shows("path:/nul", 1),
        post(113, "NUL in a key", r#"{"status":200,"uri":"/nul","a\u0000b":1}"#, "1 counted")
            .shows("path:/nul", 1),
        post(114, "a BOM", format!("\u{feff}{next}"), "1 counted"),
        post(114, "blanks, CRLF, NUL", format!("  {next}\r\n\t{next}\r\n\0"), "2 counted"),
        post(115, "a comma too many", r#"{"status":200,"uri":"/comma",}"#, "1 counted")
            .shows("path:/comma", 1),
        post(115, "single quotes", format!("{{'status':200}}\n{next}"), "1 json, 1 counted"),
        post(115, "a comment", format!("{{\"status\":200 /* ok */}}\n{next}"), "1 json, 1 counted"),
        post(
            115,
            "cut at its end",
            format!("{next}\n{{\"status\":200,\"uri\":\"/cu"),
            "1 counted, 1 json",
        ),
    ];
    for odd in [
        "NaN",
        "Infinity",
        "1e999",
        "100000000000000000000000000",
        "-1",
        "200.0",
        "\"0.1\"",
        "null",
        "true",
        "[0.1]",
        "{}",
    ] {
        all.push(value(111, odd, odd));
    }
    all
}

fn shapes() -> Vec<Post> {
    let one = r#"{"status":200,"uri":"/shape"}"#;
    let mut thousand: Vec<&str> = vec![one; 1000];
    thousand[500] = "{broken}";
    let form = "Content-Type: application/x-www-form-urlencoded\r\n";
    vec![
        post(116, "one behind the other", one.repeat(2), "2 counted"),
        post(117, "an array", format!("[{one},{one}]"), "2 counted"),
        post(117, "an object over lines", one.replace(',', ",\n "), "1 counted"),
        post(117, "lines", format!("{one}\n{one}\n"), "2 counted"),
        post(117, "an object around them", format!("{{\"logs\":[{one},{one}]}}"), "1 unparsed"),
        post(
            117,
            "a string, a number, null",
            format!("[\"{}\",7,null,{one}]", good("/string").replace('"', "\\\"")),
            "2 counted, 2 json",
        ),
        post(118, "one in a thousand", thousand.join("\n"), "999 counted, 1 json"),
        post(120, "what curl says of it", format!("{one}\n{one}"), "2 counted").with(form),
        post(120, "of no type", one, "1 counted").with("Content-Type: \r\n"),
        post(120, "of any type", one, "1 counted").with("Content-Type: image/png\r\n"),
        post(120, "a form with parts", one, "")
            .with("Content-Type: multipart/form-data; boundary=x\r\n")
            .refused(415),
        post(135, "nothing", "", ""),
        post(135, "blanks", " \r\n\t\n", ""),
    ]
}

fn sizes() -> Vec<Post> {
    let next = r#"{"status":200,"uri":"/size/next"}"#;
    let object = |inside: &str| format!("{{\"status\":200,\"uri\":\"/size\",{inside}}}\n{next}");
    let keys: Vec<String> = (0..10_000).map(|i| format!("\"k{i}\":1")).collect();
    let over_time: String = (0..10_000)
        .map(|i| format!("{{\"status\":200,\"uri\":\"/names\",\"n{i}\":1}}\n"))
        .collect();
    vec![
        post(119, "10,000 keys", object(&keys.join(",")), "1 json, 1 counted"),
        post(
            119,
            "a key of 1 MB",
            object(&format!("\"{}\":1", "k".repeat(1 << 20))),
            "1 oversize, 1 counted",
        ),
        post(
            119,
            "a value of 1 MB",
            object(&format!("\"a\":\"{}\"", "v".repeat(1 << 20))),
            "1 oversize, 1 counted",
        ),
        post(119, "10,000 names of keys", over_time, "10000 counted"),
        post(
            121,
            "a line of 10 MiB",
            [vec![b'a'; 10 << 20], format!("\n{next}").into()].concat(),
            "1 oversize, 1 counted",
        ),
    ]
}

fn gzip(data: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

fn packed() -> Vec<Post> {
    const GZIP: &str = "Content-Encoding: gzip\r\n";
    const ZSTD: &str = "Content-Encoding: zstd\r\n";
    let two = r#"{"status":200,"uri":"/packed"}"#.repeat(2);
    let bomb = gzip(&vec![0; 100 << 20]);
    let zstd_bomb = zstd::encode_all(&vec![0; 100 << 20][..], 3).unwrap();
    // Frame header of RFC 8878 section 3.1.1: no content size, and the largest window there is.
    let window = b"\x28\xb5\x2f\xfd\x00\xff\x01\x00\x00".to_vec();
    let mut broken = gzip(&two.repeat(1000).into_bytes());
    let middle = broken.len() / 2;
    broken[middle] ^= 0xFF;
    broken.truncate(middle + 5);
    vec![
        post(122, "a gzip of 100 MiB of zeros", bomb.clone(), "").with(GZIP).refused(413),
        post(122, "a zstd of 100 MiB of zeros", zstd_bomb, "").with(ZSTD).refused(413),
        post(122, "packed twice, and said so", gzip(&bomb), "")
            .with("Content-Encoding: gzip, gzip\r\n")
            .refused(415),
        post(122, "a window of 2 GiB and more", window, "").with(ZSTD).refused(400),
        post(123, "plain text that says gzip", two.clone(), "").with(GZIP).refused(400),
        post(123, "plain text that says zstd", two.clone(), "").with(ZSTD).refused(400),
        post(123, "an encoding nobody knows", two.clone(), "")
            .with("Content-Encoding: br\r\n")
            .refused(415),
        post(123, "two encodings", two.clone(), "")
            .with("Content-Encoding: br, gzip\r\n")
            .refused(415),
        post(123, "none, and said so", two.clone(), "2 counted")
            .with("Content-Encoding: identity\r\n"),
        post(123, "broken in the middle", broken, "").with(GZIP).refused(400),
        post(123, "bytes behind it", [gzip(two.as_bytes()), b"more".to_vec()].concat(), "")
            .with(GZIP)
            .refused(400),
        post(123, "two members", gzip(two.as_bytes()).repeat(2), "4 counted").with(GZIP),
    ]
}

//! Any bytes as `tapline.toml`.

use tapline::app::config::{Config, Flags, Origin, Problems, load_from};
use tapline::decode::text::lossy;

use super::scratch;

/// A configuration, or everything that is wrong with it: each on one line of its own, with a place that is
/// in the text, in the order of the text. A byte order mark, and a line that says nothing, change neither
/// what is set nor what is said.
pub(crate) fn config(data: &[u8]) {
    let text = lossy(data);
    // A file that never ends, or that waits for somebody to write, is the operator's.
    if ["/dev", "/proc", "/sys"].iter().any(|files| text.contains(files)) {
        return;
    }
    let read = load(data);
    if let Err(problems) = &read {
        assert!(!problems.0.is_empty());
        let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap_or(&text).split('\n').collect();
        let mut last = (0, 0);
        for problem in &problems.0 {
            assert!(!problem.message.is_empty());
            assert!(!problem.to_string().contains(char::is_control), "{:?}", problem.message);
            match &problem.origin {
                Origin::File { line, column, .. } => {
                    let length = lines.get(line - 1).map_or(0, |line| line.chars().count());
                    assert!((1..=length + 1).contains(column), "{problem} of {length} characters");
                    assert!(last <= (*line, 0), "{problem} is told behind line {}", last.0);
                    last = (*line, 0);
                }
                Origin::Whole(_) => assert!(std::str::from_utf8(data).is_err(), "{problem}"),
                other => panic!("{other:?} is not in the file"),
            }
        }
    }
    if data.starts_with("\u{feff}".as_bytes()) {
        return;
    }
    same(&read, &load(&["\u{feff}".as_bytes(), data].concat()));
    if read.is_ok() {
        same(&read, &load(&[data, b"\n# nothing\n"].concat()));
    }
}

fn load(text: &[u8]) -> Result<Config, Problems> {
    let path = scratch::path("config.toml");
    std::fs::write(&path, text).expect("there is room");
    let read = load_from(Some(path.clone()), [], &Flags::default());
    std::fs::remove_file(path).expect("it is there");
    read.map(|loaded| loaded.config)
}

fn same(one: &Result<Config, Problems>, other: &Result<Config, Problems>) {
    match (one, other) {
        (Ok(one), Ok(other)) => assert_eq!(one.changed_keys(other), [""; 0]),
        (Err(one), Err(other)) => assert_eq!(one.to_string(), other.to_string()),
        _ => panic!("{one:?}, then {other:?}"),
    }
}

//! Reads the source tree: no import climbs a floor, and the tidy rules of the house hold.

use std::fs;
use std::path::{Path, PathBuf};

/// The floors, lowest first. A file imports only from its own floor and from those before it.
const FLOORS: [&str; 7] = ["vocab", "decode", "aggregate", "state", "pipeline", "edge", "app"];
/// Edges, which must not know each other.
const EDGES: [&str; 6] = ["datagram", "stream", "http", "files", "dns", "notify"];
/// Floors without clock, threads, locks or I/O.
const PURE_FLOORS: [&str; 3] = ["vocab", "decode", "aggregate"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("a readable source tree") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

/// The code of every line of a source file, without comments, with its number.
fn code_of(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).expect("UTF-8 source");
    let code = |line: &str| line.split("//").next().unwrap_or("").to_owned();
    text.lines().enumerate().map(|(i, line)| (i + 1, code(line))).collect()
}

/// The same without what is there for tests alone: each item under `#[cfg(test)]`, to its `;` or to the brace that closes it.
fn shipped_code_of(path: &Path) -> Vec<(usize, String)> {
    let indent = |code: &str| code.len() - code.trim_start().len();
    let mut kept = Vec::new();
    let mut lines = code_of(path).into_iter();
    while let Some((number, code)) = lines.next() {
        if !code.trim_start().starts_with("#[cfg(test)]") {
            kept.push((number, code));
            continue;
        }
        let own = indent(&code);
        let mut item = lines.by_ref().map(|(_, code)| code.trim_end().to_owned());
        let first = item.by_ref().find(|code| !code.trim_start().starts_with("#["));
        let is_short = |code: &String| code.ends_with([';', ',']) || code.ends_with('}');
        if first.is_some_and(|first| !is_short(&first)) {
            item.find(|code| indent(code) == own && code.trim_start().starts_with(['}', ')']));
        }
    }
    kept
}

/// Every path that a `use` of these lines names, braces taken apart, with the line where it begins.
fn used_paths(lines: &[(usize, String)]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, code) in lines {
        let start = code.trim_start().trim_start_matches("pub ").trim_start_matches("pub(crate) ");
        match &mut open {
            Some((_, text)) => text.push_str(code.trim()),
            None if start.starts_with("use ") => open = Some((*number, start[4..].to_owned())),
            None => {}
        }
        if let Some((at, text)) = open.take_if(|(_, text)| text.trim_end().ends_with(';')) {
            let text = text.trim_end().trim_end_matches(';').to_owned();
            found.extend(apart(&text).into_iter().map(|path| (at, path)));
        }
    }
    found
}

/// `a::{b, c::{d, e}}` as `a::b`, `a::c::d`, `a::c::e`.
fn apart(text: &str) -> Vec<String> {
    let Some((before, rest)) = text.split_once('{') else { return vec![text.trim().to_owned()] };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in inner.chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match c {
            ',' if depth == 0 => parts.push(String::new()),
            _ => parts.last_mut().expect("one at least").push(c),
        }
    }
    let parts = parts.iter().filter(|part| !part.trim().is_empty());
    let whole = parts.flat_map(|part| apart(part.trim()));
    whole.map(|path| format!("{}{path}", before.trim())).collect()
}

/// Every path after `crate::` that a file names, with its line.
fn imports(path: &Path) -> Vec<(usize, String)> {
    let is_name = |c: &char| c.is_alphanumeric() || *c == '_' || *c == ':';
    let code = code_of(path);
    // In a group that begins with `crate::`, too.
    used_paths(&code)
        .into_iter()
        .chain(code)
        .flat_map(|(number, code)| {
            code.split("crate::")
                .skip(1)
                .map(|part| (number, part.chars().take_while(is_name).collect()))
                .collect::<Vec<(usize, String)>>()
        })
        .collect()
}

fn room_under(path: &Path, dir: &str) -> String {
    let relative = path.strip_prefix(root().join(dir)).expect("a file of that folder");
    let first = relative.components().next().expect("a name").as_os_str().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

/// Whether a file is a module that its parent declares under `#[cfg(test)]`: a test may read files.
fn only_for_tests(path: &Path) -> bool {
    let dir = path.parent().expect("a folder");
    let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
    let beside = dir.join("mod.rs");
    let above = dir.with_extension("rs");
    let parents = [beside, above].into_iter().chain(rust_files(dir));
    parents.filter_map(|parent| fs::read_to_string(parent).ok()).any(|text| {
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let declares = |line: &str| {
            line.trim_start_matches("pub(crate) ")
                .strip_prefix("mod ")
                .is_some_and(|rest| rest.trim_end_matches(';') == name)
        };
        lines.windows(2).any(|pair| pair[0] == "#[cfg(test)]" && declares(pair[1]))
    })
}

#[test]
fn no_import_climbs_a_floor() {
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("src")) {
        let own = room_under(&path, "src");
        let Some(own) = FLOORS.iter().position(|f| *f == own) else { continue };
        for (line, name) in imports(&path) {
            let floor = name.split("::").next().unwrap_or("");
            let other = FLOORS.iter().position(|f| *f == floor);
            if other.is_some_and(|other| other > own) {
                wrong.push(format!("{}:{line}: {} imports {floor}", path.display(), FLOORS[own]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn edges_do_not_know_each_other() {
    let mut wrong = Vec::new();
    for path in rust_files(&root().join("src/edge")) {
        let own = room_under(&path, "src/edge");
        for (line, name) in imports(&path) {
            let Some(other) = name.strip_prefix("edge::").and_then(|n| n.split("::").next()) else {
                continue;
            };
            if EDGES.contains(&other) && EDGES.contains(&own.as_str()) && other != own {
                wrong.push(format!("{}:{line}: {own} knows {other}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_floors_have_no_clock_no_threads_no_io() {
    const FORBIDDEN: [&str; 9] = [
        "std::time::Instant",
        "SystemTime",
        "Utc::now",
        "Local::now",
        "std::thread",
        "std::sync::Mutex",
        "std::fs",
        "std::net::Tcp",
        "tokio::",
    ];
    let mut wrong = Vec::new();
    for path in PURE_FLOORS.iter().flat_map(|f| rust_files(&root().join("src").join(f))) {
        if only_for_tests(&path) {
            continue;
        }
        let code = shipped_code_of(&path);
        for (number, code) in used_paths(&code).into_iter().chain(code) {
            if let Some(word) = FORBIDDEN.iter().find(|w| code.contains(**w)) {
                wrong.push(format!("{}:{number}: {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_group_of_uses_is_taken_apart_and_a_test_is_not_looked_at() {
    let dir = tempfile::tempdir().expect("a folder");
    let file = dir.path().join("a.rs");
    let text = "use std::{fs,\n    sync::{Arc, Mutex}};\n#[cfg(test)]\nmod tests {\n    use std::thread;\n}\n\
        #[cfg(test)]\n#[path = \"b.rs\"]\nmod b;\nfn later() {\n    tokio::spawn(());\n}\n";
    fs::write(&file, text).expect("a file");
    let code = shipped_code_of(&file);
    let used: Vec<String> = used_paths(&code).into_iter().map(|(_, path)| path).collect();
    assert_eq!(used, ["std::fs", "std::sync::Arc", "std::sync::Mutex"]);
    assert!(
        code.iter().any(|(number, code)| *number == 11 && code.contains("tokio::")),
        "{code:?}"
    );
    assert!(code.iter().all(|(_, code)| !code.contains("thread")), "{code:?}");
}

#[test]
fn nothing_unfinished_is_left_in_the_source() {
    const MARKS: [&str; 5] = ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("];
    let mut wrong = Vec::new();
    for path in ["src", "loadtest"].iter().flat_map(|d| rust_files(&root().join(d))) {
        let text = fs::read_to_string(&path).expect("UTF-8 source");
        for (number, line) in text.lines().enumerate() {
            if MARKS.iter().any(|m| line.contains(m)) {
                wrong.push(format!("{}:{}: {}", path.display(), number + 1, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

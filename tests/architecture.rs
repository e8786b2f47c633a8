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

/// Every path after `crate::` that a file names, with its line.
fn imports(path: &Path) -> Vec<(usize, String)> {
    let is_name = |c: &char| c.is_alphanumeric() || *c == '_' || *c == ':';
    code_of(path)
        .into_iter()
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
        for (number, code) in code_of(&path) {
            if code.contains("#[cfg(test)]") && !code.contains("cfg_attr") {
                break;
            }
            if let Some(word) = FORBIDDEN.iter().find(|w| code.contains(**w)) {
                wrong.push(format!("{}:{number}: {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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

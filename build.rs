//! Builds the dashboard and embeds it.
//!
//! `static/` is copied to `$OUT_DIR/web` and built there by npm and Vite, so the source tree stays
//! untouched (a read-only checkout and `cargo publish` both work) and `node_modules` survives
//! between builds. Whatever goes wrong on the way, the build succeeds with a stub page that says
//! what is missing: Rust users without Node still get the server and its API.
//!
//! Environment: `TAPLINE_WEB_DIST=DIR` embeds a page that was built before (for packagers without
//! network); under `DOCS_RS` nothing is built.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Left out of the copy: made by tools, large, or only for tests.
const NOT_COPIED: [&str; 2] = ["node_modules", "dist"];

fn main() -> Outcome<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=TAPLINE_WEB_DIST");
    println!("cargo:rerun-if-env-changed=DOCS_RS");

    let page = if env::var_os("DOCS_RS").is_some() {
        Err("built for the documentation only".into())
    } else if let Some(dist) = env::var_os("TAPLINE_WEB_DIST") {
        prebuilt(Path::new(&dist))
    } else {
        watch(&root.join("static"))?;
        build(&root.join("static"), &out)
    };
    let (dist, is_stub) = match page {
        Ok(dist) => (dist, false),
        Err(reason) => {
            println!(
                "cargo:warning=the dashboard was not built: {}",
                one_line(&reason.to_string())
            );
            (stub(&out, &reason.to_string())?, true)
        }
    };
    embed(&dist, &out, is_stub)
}

fn prebuilt(dist: &Path) -> Outcome<PathBuf> {
    println!("cargo:rerun-if-changed={}", dist.display());
    if !dist.join("index.html").is_file() {
        return Err(format!("TAPLINE_WEB_DIST={} has no index.html", dist.display()).into());
    }
    Ok(dist.canonicalize()?)
}

/// Folders too, so that a new file is seen; never `node_modules`, which a developer's own
/// `npm install` would keep changing.
fn watch(dir: &Path) -> Outcome<()> {
    if !dir.is_dir() {
        return Ok(());
    }
    let mut files = Vec::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if NOT_COPIED.iter().any(|n| entry.file_name() == *n) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files.push(entry.path());
            }
        }
        // The top folder's own time changes whenever node_modules comes or goes.
        if folder != dir {
            files.push(folder);
        }
    }
    for file in files {
        println!("cargo:rerun-if-changed={}", file.display());
    }
    Ok(())
}

fn build(source: &Path, out: &Path) -> Outcome<PathBuf> {
    if !source.join("package-lock.json").is_file() {
        return Err("static/package-lock.json is missing from this source tree".into());
    }
    let web = out.join("web");
    mirror(source, &web)?;

    // What was installed is known by the lock file it was installed from.
    let lock = fs::read(web.join("package-lock.json"))?;
    let stamp = web.join("node_modules").join(".tapline-lock");
    if fs::read(&stamp).ok().as_deref() != Some(&lock) {
        run(&web, &["ci", "--omit=dev", "--no-audit", "--no-fund", "--loglevel=error"])?;
        fs::write(&stamp, &lock)?;
    }
    run(&web, &["run", "--silent", "build"])?;
    let dist = web.join("dist");
    if !dist.join("index.html").is_file() {
        return Err("the page's build left no dist/index.html".into());
    }
    Ok(dist)
}

fn run(dir: &Path, args: &[&str]) -> Outcome<()> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let done = match Command::new(npm).args(args).current_dir(dir).env("NO_COLOR", "1").output() {
        Ok(done) => done,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return Err(
                "npm was not found. Install Node.js 20.19 or newer with npm, then build again"
                    .into(),
            );
        }
        Err(e) => return Err(format!("npm could not be started: {e}").into()),
    };
    if done.status.success() {
        return Ok(());
    }
    let said = format!(
        "{}\n{}",
        String::from_utf8_lossy(&done.stdout),
        String::from_utf8_lossy(&done.stderr)
    );
    Err(format!("npm {} failed ({}): {}", args.join(" "), done.status, said.trim()).into())
}

/// Makes `to` equal `from`, leaving what the build itself keeps there.
fn mirror(from: &Path, to: &Path) -> Outcome<()> {
    fs::create_dir_all(to)?;
    let mut kept: BTreeSet<_> = NOT_COPIED.iter().map(|n| (*n).into()).collect();
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if kept.contains(&name) {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            if target.is_file() {
                fs::remove_file(&target)?;
            }
            mirror(&entry.path(), &target)?;
        } else {
            // `fs::copy` would carry over a read-only mode, and the next copy would fail on it.
            fs::write(&target, fs::read(entry.path())?)?;
        }
        kept.insert(name);
    }
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if kept.contains(&entry.file_name()) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn stub(out: &Path, reason: &str) -> Outcome<PathBuf> {
    let dist = out.join("stub");
    fs::create_dir_all(&dist)?;
    let reason = reason.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Tapline</title>\n\
         <h1>The dashboard is not in this build</h1>\n\
         <p>Tapline runs and receives; only its page is missing. Install Node.js 20.19 or newer \
         (with npm) and build again: <code>cargo build</code> does the rest. Packagers set \
         <code>TAPLINE_WEB_DIST</code> to a folder with the built page.</p>\n\
         <p>Until then: <a href=\"api/v1/summary\">summary</a>, <a href=\"api/v1/sources\">sources</a>, \
         <a href=\"metrics\">metrics</a>.</p>\n\
         <h2>Why</h2>\n<pre>{reason}</pre>\n"
    );
    fs::write(dist.join("index.html"), page)?;
    Ok(dist)
}

/// Writes `$OUT_DIR/assets.rs`: a sorted table of all files, text compressed once, here, so that no
/// server spends time on it and the slowest setting costs nobody anything.
fn embed(dist: &Path, out: &Path, is_stub: bool) -> Outcome<()> {
    let store = out.join("assets");
    if store.exists() {
        fs::remove_dir_all(&store)?;
    }
    fs::create_dir_all(&store)?;

    let mut files = BTreeSet::new();
    let mut folders = vec![dist.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else {
                files.insert(entry.path());
            }
        }
    }

    let mut table = String::new();
    writeln!(table, "/// True when the page could not be built and a notice stands in for it.")?;
    writeln!(table, "pub const IS_STUB: bool = {is_stub};")?;
    writeln!(table, "static TABLE: &[Asset] = &[")?;
    for (number, file) in files.iter().enumerate() {
        let path = file
            .strip_prefix(dist)?
            .components()
            .map(|c| c.as_os_str().to_string_lossy().into_owned())
            .collect::<Vec<_>>()
            .join("/");
        let bytes = fs::read(file)?;
        let packed = gzip(&bytes)?;
        // Images and fonts are compressed already; a tenth is the least that is worth a header.
        let shrinks = packed.len() < bytes.len() / 10 * 9;
        let store = |coding: &str, bytes: &[u8]| {
            fs::write(store.join(format!("{number}.{coding}")), bytes)?;
            Ok::<_, io::Error>(format!(
                "include_bytes!(concat!(env!(\"OUT_DIR\"), \"/assets/{number}.{coding}\"))"
            ))
        };
        let kept = if shrinks {
            let gzip = store("gz", &packed)?;
            let brotli = store("br", &brotli(&bytes)?)?;
            format!("Kept::Packed {{ gzip: {gzip}, brotli: {brotli} }}")
        } else {
            format!("Kept::Plain({})", store("plain", &bytes)?)
        };
        writeln!(
            table,
            "    Asset {{ path: {path:?}, content_type: {:?}, etag: \"W/\\\"{:016x}\\\"\", immutable: {}, kept: {kept} }},",
            content_type(&path),
            fnv1a(&bytes),
            // Vite puts what it names by content hash into this folder, and nothing else.
            path.starts_with("assets/"),
        )?;
    }
    writeln!(table, "];")?;
    fs::write(out.join("assets.rs"), table)?;
    Ok(())
}

fn gzip(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes)?;
    Ok(packer.finish()?)
}

fn brotli(bytes: &[u8]) -> Outcome<Vec<u8>> {
    let best = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &best)?;
    Ok(packed)
}

/// Names content, guards nothing: any spread-out 64-bit hash does, and this one needs no crate.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ext)| ext) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn one_line(text: &str) -> String {
    let mut line: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((cut, _)) = line.char_indices().nth(300) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

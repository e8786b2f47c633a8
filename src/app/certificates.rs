//! The certificate of `[tls]`: read at the start, read anew when its files change, and shown by
//! `tapline check`.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::config::Config;
use crate::edge::clock::Clock;
use crate::edge::tls::{self, Files, Limits, Pair, Tls};
use crate::state::current::Current;
use crate::state::node::Node;
use crate::vocab::time::Second;

/// Between two looks whether a file was replaced.
const LOOK: Duration = Duration::from_secs(10);

/// The files that the configuration names; `None` where there is no certificate.
fn files(config: &Config) -> Option<Files> {
    let tls = &config.tls;
    let (cert, key) = (tls.cert.clone()?, tls.key.clone()?);
    Some(Files { cert, key, client_ca: tls.client_ca.clone() })
}

fn used(config: &Config) -> bool {
    !config.http.tls_listen.is_empty() || !config.tcp.tls_listen.is_empty()
}

/// What is wrong with the files: the key, and a sentence.
pub(super) fn problems(config: &Config) -> Vec<(&'static str, String)> {
    let Some(files) = files(config) else { return Vec::new() };
    let faults = Pair::load(&files).err().unwrap_or_default();
    faults.into_iter().map(|fault| (fault.key, fault.message)).collect()
}

/// What is no fault and should be known all the same.
#[must_use]
pub fn notes(config: &Config, now: Second) -> Vec<String> {
    let Some(files) = files(config) else { return Vec::new() };
    let mut notes = match Pair::load(&files) {
        Ok(pair) => tls::notes(&files, &pair.about, now),
        Err(_) => Vec::new(),
    };
    if !used(config) {
        notes.push("[tls] has a certificate, and no tls_listen uses it".into());
    }
    notes
}

/// One line for `tapline check`: `certificate: stats.example.org until 2027-01-01T00:00:00Z`.
#[must_use]
pub fn lines(config: &Config) -> String {
    let Some(Ok(pair)) = files(config).map(|files| Pair::load(&files)) else {
        return String::new();
    };
    let name = pair.about.name.as_deref().unwrap_or("(no name)");
    let ends = pair.about.ends.map(crate::aggregate::render::rfc3339).unwrap_or_default();
    format!("certificate: {name} until {ends}\n")
}

/// Reads the certificate, where an address needs one.
///
/// # Errors
/// What is wrong with it.
pub fn load(config: &Config) -> Result<Option<Arc<Tls>>, String> {
    Ok(pair(config)?.map(|pair| Tls::new(pair, limits(config))))
}

pub(super) fn limits(config: &Config) -> Limits {
    Limits { timeout: config.tls.handshake_timeout, at_once: config.tls.max_handshakes }
}

/// The certificate, where an address needs one.
pub(super) fn pair(config: &Config) -> Result<Option<Pair>, String> {
    files(config).filter(|_| used(config)).map(|files| read(&files)).transpose()
}

fn read(files: &Files) -> Result<Pair, String> {
    Pair::load(files).map_err(|faults| {
        let all: Vec<String> =
            faults.into_iter().map(|f| format!("[tls] {}: {}", f.key, f.message)).collect();
        all.join("; ")
    })
}

/// What tells that a file was written, replaced, or made readable; `None` for one that is not there.
fn written(files: &Files) -> Vec<Option<[i64; 4]>> {
    let stamp = |path: &Path| {
        let meta = std::fs::metadata(path).ok()?;
        // An inode's number is only held against another one.
        Some([meta.ctime(), meta.ctime_nsec(), meta.mtime_nsec(), meta.ino().cast_signed()])
    };
    [Some(&files.cert), Some(&files.key), files.client_ca.as_ref()]
        .into_iter()
        .flatten()
        .map(|path| stamp(path))
        .collect()
}

/// Reads the files again, into use where they are good; else the old pair stays, and it is said why.
fn renew(tls: &Tls, files: &Files) {
    match read(files) {
        Ok(pair) => take(tls, pair),
        Err(why) => tracing::warn!("the certificate stays as it was: {why}"),
    }
}

/// Puts a pair into use.
pub(super) fn take(tls: &Tls, pair: Pair) {
    let (before, about) = (tls.about(), pair.about.clone());
    tls.replace(pair);
    if before != about {
        let name = about.name.as_deref().unwrap_or_default();
        let ends = about.ends.map(crate::aggregate::render::rfc3339);
        tracing::info!(name, ends, "the certificate was replaced");
    }
}

/// Says on the listeners what is about to end; takes it back when it was renewed.
fn tell(tls: &Tls, node: &Node) {
    let about = tls.about();
    node.condition.certificate_until(about.ends);
    let ending = tls::ending(&about, Clock::System.now().second());
    for listener in node.listeners().iter().filter(|listener| listener.is_tls()) {
        listener.warn_of_certificate(ending.clone());
    }
}

/// Looks from time to time whether a file was replaced, until told to stop.
pub(super) async fn keep_new(
    tls: Arc<Tls>,
    config: Arc<Current<Config>>,
    node: Arc<Node>,
    stop: CancellationToken,
) {
    // The first look reads them again: they may have been written since the start.
    let mut seen = None;
    loop {
        tell(&tls, &node);
        if stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_none() {
            return;
        }
        let Some(named) = files(&config.get()) else { continue };
        let own = Arc::clone(&tls);
        // Files are read: not on the threads that receive.
        let look = tokio::task::spawn_blocking(move || {
            let now = Some((written(&named), named));
            if let (true, Some((_, named))) = (now != seen, &now) {
                renew(&own, named);
            }
            now
        });
        match look.await {
            Ok(now) => seen = now,
            Err(error) => {
                tracing::warn!(%error, "certificates can't be looked at any more");
                return;
            }
        }
    }
}

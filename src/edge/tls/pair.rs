//! A certificate and its key, from their files to what a handshake needs.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ServerConfig, WebPkiClientVerifier};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};
use tokio_rustls::rustls::{Error, InconsistentKeys, RootCertStore, crypto};

use super::why_untrusted;
use crate::aggregate::render::rfc3339;
use crate::decode::certificate::Certificate;
use crate::vocab::time::Second;

/// Before its end a certificate is warned of so long: what renews by itself does so a month before.
const SOON_DAYS: i64 = 14;
const DAY: i64 = 86_400;
/// Bytes of a file that is read: a chain has some kilobytes, all authorities of the world 250.
const FILE_MAX: u64 = 4 * 1024 * 1024;

/// The files of `[tls]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    pub cert: PathBuf,
    pub key: PathBuf,
    /// Whom senders' certificates must be signed by; `None` asks for none.
    pub client_ca: Option<PathBuf>,
}

/// The key of `[tls]` whose file is at fault, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub key: &'static str,
    pub message: String,
}

/// What handshakes are made with.
#[derive(Debug)]
pub struct Pair {
    /// Browsers: no certificate is asked of them.
    pub(super) web: Arc<ServerConfig>,
    pub(super) syslog: Arc<ServerConfig>,
    pub about: Certificate,
}

impl Pair {
    /// Reads the files.
    ///
    /// # Errors
    /// Every file that is at fault.
    pub fn load(files: &Files) -> Result<Pair, Vec<Fault>> {
        let fault = |key| move |message| Fault { key, message };
        let chain = certificates(&files.cert).map_err(fault("cert"));
        let key = private_key(&files.key).map_err(fault("key"));
        let authorities = files.client_ca.as_deref().map(authorities).transpose();
        let authorities = authorities.map_err(fault("client_ca"));
        let (chain, key, authorities) = match (chain, key, authorities) {
            (Ok(chain), Ok(key), Ok(authorities)) => (chain, key, authorities),
            (chain, key, authorities) => {
                return Err([chain.err(), key.err(), authorities.err()]
                    .into_iter()
                    .flatten()
                    .collect());
            }
        };
        let about = chain.first().map(|first| Certificate::read(first)).unwrap_or_default();
        let one = |fault| vec![fault];
        let certified = certified(files, chain, &key).map_err(one)?;
        let resolver = Arc::new(SingleCertAndKey::from(certified));
        let mut web = config(None, &resolver).map_err(fault("cert")).map_err(one)?;
        web.alpn_protocols = vec![b"http/1.1".to_vec()];
        let mut syslog = config(authorities, &resolver).map_err(fault("client_ca")).map_err(one)?;
        // Senders only write. A ticket that lies unread when one closes makes its kernel throw away what it
        // has not sent yet, and reset the connection.
        syslog.send_tls13_tickets = 0;
        Ok(Pair { web: Arc::new(web), syslog: Arc::new(syslog), about })
    }
}

/// What is no fault and should be known all the same.
#[must_use]
pub fn notes(files: &Files, about: &Certificate, now: Second) -> Vec<String> {
    let mut notes = Vec::new();
    let cert = files.cert.display();
    if let Some(note) = ending(about, now) {
        notes.push(format!("{cert}: {note}"));
    }
    if about.begins.is_some_and(|begins| begins > now) {
        notes.push(format!(
            "{cert}: the certificate is not good yet; is this machine's clock right?"
        ));
    }
    let mode = std::fs::metadata(&files.key).map_or(0, |meta| meta.permissions().mode());
    if mode & 0o004 != 0 {
        notes.push(format!(
            "{}: everybody on this machine can read the key (mode {:04o}); `chmod 640` keeps it to its \
             owner and group",
            files.key.display(),
            mode & 0o7777
        ));
    }
    notes
}

/// That it is over, or will be soon.
#[must_use]
pub fn ending(about: &Certificate, now: Second) -> Option<String> {
    let ends = about.ends?;
    let days = (ends.0 - now.0).div_euclid(DAY);
    let at = rfc3339(ends);
    match days {
        ..0 => Some(format!("the certificate was good until {at}: whoever connects refuses it")),
        0..SOON_DAYS => Some(format!("the certificate ends in {days} days, at {at}")),
        _ => None,
    }
}

fn text(path: &Path) -> Result<Vec<u8>, String> {
    let shown = path.display();
    let meta =
        std::fs::metadata(path).map_err(|error| format!("{shown} can't be read: {error}"))?;
    if meta.len() > FILE_MAX {
        return Err(format!("{shown} has {} bytes; that is no certificate", meta.len()));
    }
    std::fs::read(path).map_err(|error| format!("{shown} can't be read: {error}"))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let shown = path.display();
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text(path)?).collect();
    let found = found.map_err(|error| format!("{shown}: {error}"))?;
    if found.is_empty() {
        return Err(format!(
            "{shown} holds no certificate; it begins with -----BEGIN CERTIFICATE-----"
        ));
    }
    Ok(found)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let shown = path.display();
    let text = text(path)?;
    PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
        if text.windows(9).any(|word| word == b"ENCRYPTED") {
            return format!(
                "{shown}: the key is locked by a password; `openssl pkey` writes it without"
            );
        }
        // Not the parser's words: they may quote the key.
        format!("{shown} holds no private key; it begins with -----BEGIN PRIVATE KEY-----")
    })
}

fn fault_in(path: &Path, error: &Error) -> String {
    format!("{}: {}", path.display(), why_untrusted(error))
}

fn authorities(path: &Path) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| fault_in(path, &error))?;
    }
    Ok(roots)
}

fn certified(
    files: &Files,
    chain: Vec<CertificateDer<'static>>,
    key: &PrivateKeyDer<'static>,
) -> Result<CertifiedKey, Fault> {
    let fault = |key, message| Fault { key, message };
    let shown = files.key.display();
    let provider = crypto::ring::default_provider();
    let signing = provider.key_provider.load_private_key(key.clone_key()).map_err(|error| {
        fault("key", format!("{shown}: {error}; take an ECDSA (P-256, P-384), Ed25519 or RSA key"))
    })?;
    let certified = CertifiedKey::new(chain, signing);
    match certified.keys_match() {
        // A kind of key that can't be asked is found out by the first handshake.
        Ok(()) | Err(Error::InconsistentKeys(InconsistentKeys::Unknown)) => Ok(certified),
        Err(Error::InconsistentKeys(_)) => {
            let cert = files.cert.display();
            Err(fault("key", format!("{shown} is not the key of the certificate in {cert}")))
        }
        Err(error) => Err(fault("cert", fault_in(&files.cert, &error))),
    }
}

fn config(
    authorities: Option<RootCertStore>,
    resolver: &Arc<SingleCertAndKey>,
) -> Result<ServerConfig, String> {
    // The same provider as for what we send out; the other one brings a C compiler and CMake.
    let provider = Arc::new(crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let builder = match authorities {
        None => builder.with_no_client_auth(),
        Some(roots) => builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .build()
                .map_err(|error| error.to_string())?,
        ),
    };
    Ok(builder.with_cert_resolver(Arc::clone(resolver) as _))
}

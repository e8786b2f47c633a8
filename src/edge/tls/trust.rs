//! TLS towards a server: whom this machine trusts.

use std::io;
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore, crypto};

/// What the library says of certificates that browsers and OpenSSL take, or are made without a second
/// thought, and what is to be done; it does not say more.
const UNSAID: [(&str, &str); 2] = [
    (
        "invalid peer certificate: Other(OtherError(UnsupportedCertVersion))",
        "its certificate is of X.509 version 1, which names no host; make one of version 3 with a subjectAltName",
    ),
    (
        "invalid peer certificate: Other(OtherError(CaUsedAsEndEntity))",
        "its certificate is an authority's own (CA:TRUE), as `openssl req -x509` makes them; make one with \
         `-addext basicConstraints=critical,CA:FALSE`",
    ),
];

/// Why a certificate is not taken, in words that say what to do where the library's do not.
#[must_use]
pub fn why_untrusted(error: &dyn std::fmt::Display) -> String {
    UNSAID.iter().fold(error.to_string(), |said, (library, ours)| said.replace(library, ours))
}

/// TLS as a client, with the certificates that this machine trusts.
#[derive(Clone)]
pub struct Trust(Arc<ClientConfig>);

impl std::fmt::Debug for Trust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Trust")
    }
}

impl Trust {
    /// The machine's own certificates and not a list that comes along: an operator whose servers have
    /// an authority of their own has put it there. `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    ///
    /// # Errors
    /// Where there are none, or TLS can't be set up.
    pub fn of_machine() -> Result<Trust, String> {
        let found = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (good, _) = roots.add_parsable_certificates(found.certs);
        if good == 0 {
            let why = found.errors.first().map(|e| format!(": {e}")).unwrap_or_default();
            return Err(format!(
                "this machine has no certificates to trust{why}; install ca-certificates, or name a \
                 file in SSL_CERT_FILE"
            ));
        }
        let provider = Arc::new(crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Trust(Arc::new(config)))
    }

    /// A handshake with whoever is to be `host`, a name or an address without brackets.
    ///
    /// # Errors
    /// Where the host shows no certificate that is trusted for this name, or the handshake breaks off.
    pub async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "this names no host"))?;
        TlsConnector::from(Arc::clone(&self.0)).connect(name, stream).await
    }
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::client::WebPkiServerVerifier;
    use tokio_rustls::rustls::client::danger::ServerCertVerifier;
    use tokio_rustls::rustls::pki_types::pem::PemObject;
    use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};

    use super::*;

    #[test]
    fn a_certificate_that_is_refused_for_how_it_was_made_is_so_in_plain_words() {
        let trusted = std::fs::read("tests/fixtures/tls/ca.pem").expect("a fixture");
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&trusted).expect("a certificate")).expect("one");
        let provider = Arc::new(crypto::ring::default_provider());
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider);
        let verifier = verifier.build().expect("a verifier");
        let name = ServerName::try_from("localhost").expect("a name");
        for (file, wanted) in [
            // `openssl x509 -req` without extensions
            ("first-version", "X.509 version 1"),
            ("ca", "basicConstraints=critical,CA:FALSE"),
        ] {
            let shown = std::fs::read(format!("tests/fixtures/tls/{file}.pem")).expect("a fixture");
            let shown = CertificateDer::from_pem_slice(&shown).expect("a certificate");
            let refused = verifier
                .verify_server_cert(&shown, &[], &name, &[], UnixTime::now())
                .expect_err("it is none of a server");
            let said = why_untrusted(&refused);
            assert!(said.contains(wanted) && !said.contains("OtherError"), "{said}");
        }
    }
}

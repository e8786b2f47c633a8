//! A TLS client on a blocking socket, and the certificates of `tests/fixtures/tls`.

use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, crypto,
};

use super::PATIENCE;
use super::material::fixture;

pub(crate) type Stream = StreamOwned<ClientConnection, TcpStream>;

pub(crate) fn file(name: &str) -> PathBuf {
    fixture("tls").join(name)
}

/// A certificate of the fixtures, as it is shown in a handshake.
pub(crate) fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file(&format!("{name}.pem"))).expect("a certificate")
}

/// The lines of `[tls]` that name a pair of the fixtures.
pub(crate) fn section(name: &str) -> String {
    let (cert, key) = (file(&format!("{name}.pem")), file(&format!("{name}.key")));
    format!("[tls]\ncert = \"{}\"\nkey = \"{}\"\n", cert.display(), key.display())
}

#[derive(Clone, Debug)]
pub(crate) struct Client {
    versions: Vec<&'static SupportedProtocolVersion>,
    alpn: Vec<Vec<u8>>,
    shows: Option<&'static str>,
}

impl Client {
    pub(crate) fn new() -> Client {
        let versions = tokio_rustls::rustls::DEFAULT_VERSIONS.to_vec();
        Client { versions, alpn: Vec::new(), shows: None }
    }

    pub(crate) fn only(self, version: &'static SupportedProtocolVersion) -> Client {
        Client { versions: vec![version], ..self }
    }

    pub(crate) fn alpn(self, protocols: &[&str]) -> Client {
        Client { alpn: protocols.iter().map(|name| name.as_bytes().to_vec()).collect(), ..self }
    }

    /// Shows a certificate of the fixtures.
    pub(crate) fn shows(self, name: &'static str) -> Client {
        Client { shows: Some(name), ..self }
    }

    /// Connects; the handshake is made by the first byte that is written or read.
    pub(crate) fn connect(&self, to: SocketAddr) -> Stream {
        let mut roots = RootCertStore::empty();
        roots.add(certificate("ca")).expect("an authority");
        let provider = Arc::new(crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&self.versions)
            .expect("versions")
            .with_root_certificates(roots);
        let mut config = match self.shows {
            None => builder.with_no_client_auth(),
            Some(name) => {
                let key = PrivateKeyDer::from_pem_file(file(&format!("{name}.key"))).expect("key");
                builder.with_client_auth_cert(vec![certificate(name)], key).expect("a pair")
            }
        };
        config.alpn_protocols = self.alpn.clone();
        let name = ServerName::try_from("localhost").expect("a name");
        let connection = ClientConnection::new(Arc::new(config), name).expect("a client");
        let socket = TcpStream::connect(to).expect("it listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        socket.set_write_timeout(Some(PATIENCE)).expect("a timeout");
        StreamOwned::new(connection, socket)
    }
}

/// Ends a connection as TLS wants it, and waits for the other side's answer: it has read all.
pub(crate) fn close(mut stream: Stream) {
    leave(&mut stream);
    assert_eq!(stream.read(&mut [0]).expect("close_notify is answered"), 0);
}

/// Says that nothing comes any more.
pub(crate) fn leave(stream: &mut Stream) {
    stream.conn.send_close_notify();
    while stream.conn.wants_write() {
        stream.conn.write_tls(&mut stream.sock).expect("written");
    }
}

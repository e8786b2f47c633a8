//! Mail over TLS, to a server of the test's own.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::super::sample::surge;
use super::super::target::Url;
use super::*;
use crate::vocab::secret::Secret;

const LONG: Duration = Duration::from_secs(20);

/// A key and a certificate of `localhost` that nobody but itself has signed; false without openssl.
fn certify(dir: &Path) -> bool {
    let made = std::process::Command::new("openssl")
        .args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2".split(' '),
        )
        .args(["-subj", "/CN=a test", "-addext", "subjectAltName=DNS:localhost"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-keyout")
        .arg(dir.join("key.pem"))
        .arg("-out")
        .arg(dir.join("certificate.pem"))
        .output();
    made.is_ok_and(|made| made.status.success())
}

fn acceptor(dir: &Path) -> TlsAcceptor {
    let certificate = CertificateDer::from_pem_file(dir.join("certificate.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(dir.join("key.pem")).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

/// Speaks SMTP until the other one is done, or until it asks for TLS: then `true`.
async fn speak<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    offers: &str,
    greets: bool,
    heard: &mut String,
) -> bool {
    let mut stream = BufReader::new(stream);
    if greets {
        let _ = stream.write_all(b"220 sink\r\n").await;
    }
    let mut in_data = false;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        heard.push_str(&line);
        let word = line.get(..4).unwrap_or("").to_ascii_uppercase();
        let answer = match (in_data, word.as_str()) {
            (true, _) if line == ".\r\n" => {
                in_data = false;
                "250 ok\r\n".to_owned()
            }
            (true, _) => continue,
            (_, "EHLO") => format!("250-sink\r\n{offers}250 8BITMIME\r\n"),
            (_, "STAR") => {
                let _ = stream.write_all(b"220 go on\r\n").await;
                return true;
            }
            (_, "AUTH") => "235 welcome\r\n".to_owned(),
            (_, "DATA") => {
                in_data = true;
                "354 go on\r\n".to_owned()
            }
            _ => "250 ok\r\n".to_owned(),
        };
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.flush().await;
    }
}

/// A mail server: what was said to it in the clear, and what in private.
async fn post_office(
    tls: TlsAcceptor,
    privacy: Privacy,
) -> (SocketAddr, mpsc::UnboundedReceiver<[String; 2]>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let [mut clear, mut private] = [String::new(), String::new()];
            let offers = if privacy == Privacy::None { "" } else { "250-STARTTLS\r\n" };
            let wrapped = privacy == Privacy::Tls;
            if wrapped || speak(&mut stream, offers, true, &mut clear).await {
                // Who does not trust the certificate hangs up.
                if let Ok(mut stream) = tls.accept(&mut stream).await {
                    speak(&mut stream, "250-AUTH PLAIN\r\n", wrapped, &mut private).await;
                }
            }
            let _ = tell.send([clear, private]);
        }
    });
    (address, told)
}

/// `offered` is what the server has, `asked` what it is reached by.
async fn post(
    dir: &Path,
    (offered, asked): (Privacy, Privacy),
    trusts: bool,
) -> (Result<(), Failure>, [String; 2]) {
    let (address, mut told) = post_office(acceptor(dir), offered).await;
    let url = format!("smtp://localhost:{}", address.port());
    let mail = Mail {
        url: Url::parse(&url, &[Scheme::Smtp]).unwrap(),
        login: Login::Password { user: "ops".to_owned(), password: Secret("swordfish".to_owned()) },
        from: "Tapline <tapline@example.org>".to_owned(),
        to: vec!["ops@example.org".to_owned()],
        insecure: false,
    };
    let pem = std::fs::read(dir.join("certificate.pem")).unwrap();
    let own = Certificate::from_pem(&pem).unwrap();
    let more = if trusts { vec![own] } else { Vec::new() };
    let server = server(&mail, LONG, asked, &more).unwrap();
    let mut hostile = surge("a", "a", 4);
    hostile.site = Some("shop\r\nBcc: all@example.org\r\n\r\n.\r\nQUIT".to_owned());
    let message = Message::new(What::Opened, "a", vec![Arc::new(hostile)], 0, "").unwrap();
    let sent = send(&server, &mail, &message).await;
    drop(server);
    (sent, timeout(LONG, told.recv()).await.expect("in time").expect("a connection"))
}

#[tokio::test]
async fn a_mail_and_its_login_go_through_tls_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    if !certify(dir.path()) {
        return;
    }
    for (offered, asked) in [
        (Privacy::Tls, Privacy::Tls),
        (Privacy::StartTls, Privacy::StartTls),
        (Privacy::StartTls, Privacy::IfOffered),
    ] {
        let (sent, [clear, private]) = post(dir.path(), (offered, asked), true).await;
        assert_eq!(sent, Ok(()), "{asked:?}");
        assert!(private.contains("AUTH PLAIN") && private.contains("Subject: "), "{private}");
        assert!(
            !private.contains("\nBcc:") && private.matches("\n.\r\n").count() == 1,
            "{private}"
        );
        assert!(!clear.contains("AUTH") && !clear.contains("MAIL"), "{asked:?}: {clear}");
    }
    for (offered, asked, trusts) in [
        // A certificate of whom the machine does not know.
        (Privacy::Tls, Privacy::Tls, false),
        (Privacy::StartTls, Privacy::StartTls, false),
        (Privacy::StartTls, Privacy::IfOffered, false),
        // Somebody in between has taken the offer away.
        (Privacy::None, Privacy::StartTls, true),
    ] {
        let (sent, [clear, private]) = post(dir.path(), (offered, asked), trusts).await;
        let failure = sent.expect_err("it is not sent");
        assert!(!failure.why.contains("swordfish"), "{failure:?}");
        for said in [clear, private] {
            assert!(!said.contains("AUTH") && !said.contains("MAIL"), "{asked:?}: {said}");
        }
    }
}

#[test]
fn a_server_elsewhere_is_reached_in_private() {
    for (url, insecure, expected) in [
        ("smtps://mail.example.org", false, Privacy::Tls),
        ("smtps://localhost", true, Privacy::Tls),
        ("smtp://mail.example.org", false, Privacy::StartTls),
        ("smtp://mail.example.org", true, Privacy::IfOffered),
        ("smtp://127.0.0.1", false, Privacy::None),
    ] {
        let mail = Mail {
            url: Url::parse(url, &[Scheme::Smtp, Scheme::Smtps]).unwrap(),
            login: Login::None,
            from: String::new(),
            to: Vec::new(),
            insecure,
        };
        assert_eq!(Privacy::of(&mail), expected, "{url} {insecure}");
    }
}

//! One mail over SMTP, by `lettre`.

use std::time::Duration;

use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, SinglePart};
use lettre::transport::smtp::AsyncSmtpTransportBuilder;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message as Letter, Tokio1Executor};

use super::retry::{Failure, WHY_MAX};
use super::safe::harmless;
use super::shape;
use super::target::{Login, Mail, Scheme};
use super::words::{Message, What};
use crate::edge::tls::why_untrusted;

/// How a server is reached.
pub(super) type Server = AsyncSmtpTransport<Tokio1Executor>;

/// Says that nobody wrote this, so that no one's absence note answers it (RFC 3834, section 5).
#[derive(Clone, Debug)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(AutoSubmitted)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}

/// Whether an address can be written to, as the configuration asks.
///
/// # Errors
/// What is wrong with it.
pub fn judge_address(text: &str) -> Result<(), String> {
    text.parse::<Mailbox>().map(drop).map_err(|error| {
        format!("'{text}' is no mail address ({error}); write it as ops@example.org or \"Ops <ops@example.org>\"")
    })
}

/// How the way to a server is kept private.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Privacy {
    /// TLS from the first byte.
    Tls,
    /// `STARTTLS`, and nothing is said to who has none.
    StartTls,
    /// `STARTTLS` where the server has it.
    IfOffered,
    None,
}

impl Privacy {
    pub(super) fn of(mail: &Mail) -> Privacy {
        match mail.url.scheme {
            Scheme::Smtps => Privacy::Tls,
            // The configuration allows a server elsewhere to be without only where it says so. One of the
            // same machine often has a certificate that nobody signed.
            _ if mail.url.is_loopback() => Privacy::None,
            _ if mail.insecure => Privacy::IfOffered,
            _ => Privacy::StartTls,
        }
    }
}

/// `more` are authorities beside those of the machine.
///
/// # Errors
/// Where TLS can't be set up.
pub(super) fn server(
    mail: &Mail,
    timeout: Duration,
    privacy: Privacy,
    more: &[Certificate],
) -> Result<Server, String> {
    let host = mail.url.bare_host();
    let tls = || {
        let trusting = TlsParameters::builder(host.to_owned());
        let trusting = more.iter().cloned().fold(trusting, |b, c| b.add_root_certificate(c));
        trusting.build().map_err(|error| format!("{}: {error}", mail.url))
    };
    let builder: AsyncSmtpTransportBuilder = Server::builder_dangerous(host);
    let builder = builder.tls(match privacy {
        Privacy::Tls => Tls::Wrapper(tls()?),
        Privacy::StartTls => Tls::Required(tls()?),
        Privacy::IfOffered => Tls::Opportunistic(tls()?),
        Privacy::None => Tls::None,
    });
    let builder = match &mail.login {
        Login::Password { user, password } => {
            builder.credentials(Credentials::new(user.clone(), password.0.clone()))
        }
        Login::None | Login::Token(_) => builder,
    };
    Ok(builder.port(mail.url.port).timeout(Some(timeout)).build())
}

/// # Errors
/// When the server refuses it or can't be reached.
pub(super) async fn send(server: &Server, mail: &Mail, message: &Message) -> Result<(), Failure> {
    let letter = letter(mail, message).map_err(Failure::for_good)?;
    match server.send(letter).await {
        Ok(_) => Ok(()),
        Err(error) => {
            let why = harmless(&format!("{}: {}", mail.url, why_untrusted(&error)), WHY_MAX);
            let is_final = error.is_permanent() || error.is_client();
            Err(if is_final { Failure::for_good(why) } else { Failure::for_now(why) })
        }
    }
}

fn letter(mail: &Mail, message: &Message) -> Result<Letter, String> {
    let mailbox = |text: &str| text.parse::<Mailbox>().map_err(|error| error.to_string());
    let (subject, text) = shape::mail(message);
    let mut builder: MessageBuilder =
        Letter::builder().from(mailbox(&mail.from)?).header(AutoSubmitted);
    for to in &mail.to {
        builder = builder.to(mailbox(to)?);
    }
    // What is said of one incident stands together in a mail program.
    let thread = thread(mail, &message.incident);
    builder = match message.what {
        What::Opened => builder.message_id(Some(thread)),
        What::Worse | What::Over => {
            builder.message_id(None).in_reply_to(thread.clone()).references(thread)
        }
        What::Test => builder.message_id(None),
    };
    builder.subject(subject).singlepart(SinglePart::plain(text)).map_err(|error| error.to_string())
}

/// The Message-ID of the first mail about an incident.
fn thread(mail: &Mail, incident: &str) -> String {
    let id: String = incident
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(80)
        .collect();
    let domain = mail.from.trim_end_matches('>').rsplit('@').next().unwrap_or("tapline");
    format!("<tapline-{id}@{domain}>")
}

#[cfg(test)]
#[path = "post_tests.rs"]
mod tests;

//! What comes to a syslog port and is no syslog: told on the page and, seldom, in the log, with what to do
//! about it.

use std::sync::{Mutex, PoisonError};

use super::seldom::Seldom;
use crate::state::account::Counts;
use crate::state::node::Listener;
use crate::vocab::outcome::RejectReason;

const HINTS: [(RejectReason, &str); 3] = [
    (
        RejectReason::Compressed,
        "compressed syslog is not read; in rsyslog take ziplevel and compression.mode away",
    ),
    (
        RejectReason::TlsOnPlain,
        "TLS came to a port for plain syslog; name an address for it in [tcp] tls_listen",
    ),
    (
        RejectReason::HttpOnSyslog,
        "an HTTP request came to a syslog port; lines are posted to /api/v1/logs on the HTTP port",
    ),
];

/// The warnings of one listener.
#[derive(Debug, Default)]
pub struct Strangers(Mutex<[Seldom; HINTS.len()]>);

impl Strangers {
    /// Counts what was refused, and tells before that what an operator can do something about.
    pub fn count(&self, listener: &Listener, refused: &Counts) {
        if refused.settled() == 0 {
            return;
        }
        self.tell(listener, refused);
        listener.account.record(refused);
    }

    fn tell(&self, listener: &Listener, refused: &Counts) {
        let mut warnings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for ((reason, hint), warning) in HINTS.iter().zip(warnings.iter_mut()) {
            if refused.rejected[*reason as usize] == 0 {
                continue;
            }
            listener.advise_senders(hint);
            if let Some(unsaid) = warning.due() {
                tracing::warn!(listener = %listener.address, unsaid, "{hint}");
            }
        }
    }
}

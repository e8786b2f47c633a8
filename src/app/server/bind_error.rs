//! Why a server can't begin.

use std::fmt;
use std::io;

use crate::app::exit;

/// See the module.
#[derive(Debug)]
pub enum BindError {
    /// An address that could not be bound.
    Address { kind: &'static str, address: String, error: io::Error },
    /// A certificate that was good when the configuration was read, and is not any more.
    Certificate(String),
    /// What was handed over, or who we are, does not go with the configuration.
    Refused(String),
}

impl BindError {
    /// What the process ends with.
    pub(in crate::app) fn exit_code(&self) -> u8 {
        match self {
            BindError::Address { .. } => exit::FAILURE,
            BindError::Certificate(_) | BindError::Refused(_) => exit::CONFIG,
        }
    }

    pub(in crate::app) fn is_taken(&self) -> bool {
        matches!(self, BindError::Address { error, .. } if error.kind() == io::ErrorKind::AddrInUse)
    }
}

impl fmt::Display for BindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, address, error) = match self {
            BindError::Address { kind, address, error } => (kind, address, error),
            BindError::Certificate(why) | BindError::Refused(why) => return f.write_str(why),
        };
        write!(f, "can't listen on {kind} {address}: {error}")?;
        match error.kind() {
            io::ErrorKind::AddrInUse => write!(
                f,
                "; another process has it (or another tapline runs): choose another with --{kind}, or `--{kind} off`"
            ),
            io::ErrorKind::PermissionDenied => {
                write!(
                    f,
                    "; ports below 1024 need the capability CAP_NET_BIND_SERVICE, or a socket unit of systemd"
                )
            }
            _ => Ok(()),
        }
    }
}

impl std::error::Error for BindError {}

pub(in crate::app) fn failed(
    kind: &'static str,
    address: impl fmt::Display,
    error: io::Error,
) -> BindError {
    BindError::Address { kind, address: address.to_string(), error }
}

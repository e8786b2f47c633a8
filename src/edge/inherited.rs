//! Sockets that the service manager has bound before us and keeps over our restarts (sd_listen_fds(3)).

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::path::PathBuf;

use socket2::{SockRef, Type};

/// The first descriptor that is handed over.
const FIRST: RawFd = 3;
/// More than any unit has; the number comes from the environment.
const MOST: RawFd = 256;

/// Where such a socket is bound, and what it carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    Udp(SocketAddr),
    Tcp(SocketAddr),
    Unix(PathBuf),
    UnixStream(PathBuf),
}

/// See the module.
#[derive(Debug)]
pub struct Inherited {
    /// `FileDescriptorName=` of its unit; the unit's own name where it has none.
    pub name: String,
    pub place: Place,
    pub fd: OwnedFd,
}

/// Takes over all that were handed to this process. Once: descriptors have one owner.
///
/// # Errors
/// A descriptor that is not there, or no socket that could be listened on.
pub fn take(environment: &[(OsString, OsString)]) -> Result<Vec<Inherited>, String> {
    let variable = |name: &str| {
        environment.iter().find(|(n, _)| n == name).and_then(|(_, value)| value.to_str())
    };
    let number = |name: &str| variable(name).and_then(|text| text.parse::<RawFd>().ok());
    let ours = number("LISTEN_PID").and_then(|pid| u32::try_from(pid).ok());
    let count = number("LISTEN_FDS").unwrap_or(0);
    if ours != Some(std::process::id()) || count <= 0 {
        return Ok(Vec::new());
    }
    if count > MOST {
        return Err(format!("LISTEN_FDS={count}: more than {MOST} sockets are handed over"));
    }
    let names: Vec<&str> = variable("LISTEN_FDNAMES").unwrap_or_default().split(':').collect();
    let mut all = Vec::new();
    for nth in 0..count {
        let name = usize::try_from(nth).ok().and_then(|nth| names.get(nth)).copied();
        let (fd, name) = (FIRST + nth, name.unwrap_or("unknown").to_owned());
        let found = own(fd).and_then(|owned| Ok((place(&owned)?, owned)));
        match found {
            Ok((place, fd)) => all.push(Inherited { name, place, fd }),
            Err(error) => return Err(format!("descriptor {fd} ('{name}') can't be used: {error}")),
        }
    }
    Ok(all)
}

/// Makes a descriptor ours; it is not passed on to anybody.
fn own(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: fcntl with these commands reads and sets flags of a number, and fails where it is none.
    if unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: it is open, as fcntl has just said, and LISTEN_PID says that it was opened for us: nothing
    // of ours has it, for what we open ourselves has other numbers.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn place(fd: &OwnedFd) -> io::Result<Place> {
    let wrong = |why: &str| io::Error::new(io::ErrorKind::InvalidInput, why.to_owned());
    let socket = SockRef::from(fd);
    let address = socket.local_addr()?;
    let stream = match socket.r#type()? {
        Type::STREAM if !socket.is_listener()? => {
            return Err(wrong("a connection and no listening socket; write Accept=no"));
        }
        Type::STREAM => true,
        Type::DGRAM => false,
        _ => return Err(wrong("neither a stream nor a datagram socket")),
    };
    match (address.as_socket(), address.as_pathname(), stream) {
        (Some(address), _, true) => Ok(Place::Tcp(address)),
        (Some(address), _, false) => Ok(Place::Udp(address)),
        (_, Some(path), true) => Ok(Place::UnixStream(path.to_owned())),
        (_, Some(path), false) => Ok(Place::Unix(path.to_owned())),
        _ => Err(wrong("neither an IP nor a unix socket with a path")),
    }
}

//! What the service manager is told (sd_notify(3)): that we are ready, reload, stop, and are alive.
//!
//! A datagram with lines of text to a socket that the environment names; without one, nothing happens.

use std::ffi::OsString;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use super::kernel;

/// See the module.
#[derive(Debug, Default)]
pub struct Supervisor {
    way: Option<(UnixDatagram, SocketAddr)>,
    /// It ends a process that does not say in time that it is alive.
    watches: bool,
}

impl Supervisor {
    /// The one that has started this process, if there is one.
    #[must_use]
    pub fn of(environment: &[(OsString, OsString)]) -> Supervisor {
        let variable = |name: &str| {
            environment.iter().find(|(n, v)| n == name && !v.is_empty()).map(|(_, value)| value)
        };
        let number = |name: &str| variable(name)?.to_str()?.parse::<u64>().ok();
        let way = variable("NOTIFY_SOCKET").and_then(|name| {
            let address = match name.as_bytes().strip_prefix(b"@") {
                Some(name) => SocketAddr::from_abstract_name(name),
                None => SocketAddr::from_pathname(name),
            };
            let socket = UnixDatagram::unbound().ok()?;
            // Whoever supervises must not be waited for.
            socket.set_nonblocking(true).ok()?;
            Some((socket, address.ok()?))
        });
        let ours = number("WATCHDOG_PID").is_none_or(|pid| pid == u64::from(std::process::id()));
        let watches = ours && number("WATCHDOG_USEC").is_some_and(|every| every > 0);
        Supervisor { way, watches }
    }

    /// All is bound and served.
    pub fn ready(&self, status: &str) {
        self.say(&format!("READY=1\nSTATUS={status}"));
    }

    pub fn reloading(&self) {
        // It wants the time to tell this reload from one that began later.
        self.say(&format!("RELOADING=1\nMONOTONIC_USEC={}", kernel::monotonic_us()));
    }

    pub fn stopping(&self) {
        self.say("STOPPING=1\nSTATUS=Stopping: what was received is counted.");
    }

    /// A second was closed. Said by the tick itself: if that hangs, so do we.
    pub fn alive(&self) {
        if self.watches {
            self.say("WATCHDOG=1");
        }
    }

    /// What `systemctl status` shows; made only where somebody reads it.
    pub fn status(&self, status: impl FnOnce() -> String) {
        if self.way.is_some() {
            self.say(&format!("STATUS={}", status()));
        }
    }

    fn say(&self, words: &str) {
        if let Some((socket, address)) = &self.way {
            // One that does not listen has given up on us.
            let _ = socket.send_to_addr(words.as_bytes(), address);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Supervisor {
        let all: Vec<(OsString, OsString)> =
            variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
        Supervisor::of(&all)
    }

    #[test]
    fn what_is_said_comes_to_a_path_and_to_an_abstract_name() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("notify");
        let by_path = UnixDatagram::bind(&path).expect("bound");
        let name = format!("tapline-test-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).expect("a name");
        let by_name = UnixDatagram::bind_addr(&address).expect("bound");
        for (socket, value) in
            [(by_path, path.display().to_string()), (by_name, format!("@{name}"))]
        {
            let supervisor = of(&[("NOTIFY_SOCKET", &value), ("WATCHDOG_USEC", "30000000")]);
            supervisor.ready("well");
            supervisor.alive();
            let mut buffer = [0; 100];
            let mut next = || {
                let length = socket.recv(&mut buffer).expect("a message");
                String::from_utf8_lossy(&buffer[..length]).into_owned()
            };
            assert_eq!([next(), next()], ["READY=1\nSTATUS=well", "WATCHDOG=1"]);
        }
    }

    #[test]
    fn nobody_is_told_where_nobody_asks() {
        let other = (std::process::id() + 1).to_string();
        assert!(!of(&[("WATCHDOG_USEC", "1"), ("WATCHDOG_PID", &other)]).watches);
        let alone = of(&[]);
        alone.ready("well");
        alone.alive();
        alone.status(|| unreachable!("nobody reads it"));
    }
}

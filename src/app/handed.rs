//! Sockets that the service manager hands over, matched with the addresses of the configuration.
//!
//! The configuration goes on to say what is listened on: an address of it that was handed over is not
//! bound anew, and one that was handed over and is none of it is a mistake. So whoever may send is judged
//! as ever, and `tapline check` tells the truth.

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;

use super::config::Config;
use super::doors::Door;
use crate::edge::inherited::{self, Inherited, Place};

/// See the module.
#[derive(Debug, Default)]
pub struct Handed(Vec<Inherited>);

impl Handed {
    /// Takes over what was handed to this process.
    ///
    /// # Errors
    /// What can't be used.
    pub fn take(environment: &[(OsString, OsString)]) -> Result<Handed, String> {
        inherited::take(environment).map(Handed)
    }

    /// Each must be an address of the configuration, and be named for what is spoken there.
    ///
    /// # Errors
    /// What to write where for those that are not.
    pub(super) fn judge(&self, config: &Config) -> Result<(), String> {
        let doors = Door::all(config);
        let wrong: Vec<String> =
            self.0.iter().filter_map(|socket| judge(socket, &doors).err()).collect();
        if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n")) }
    }

    /// The socket of an address, where it was handed over. It stays ours, for a reload that closes the
    /// address and one that opens it again.
    pub(super) fn socket(&self, door: &Door) -> Option<io::Result<OwnedFd>> {
        self.0.iter().find(|socket| fits(&socket.place, door)).map(|socket| socket.fd.try_clone())
    }
}

fn fits(place: &Place, door: &Door) -> bool {
    match (place, door) {
        (Place::Udp(a), Door::Udp(b)) => a == b,
        (Place::Tcp(a), Door::Tcp(b) | Door::Tls(b) | Door::Http(b) | Door::Https(b)) => a == b,
        (Place::Unix(a), Door::Unix(b)) | (Place::UnixStream(a), Door::UnixStream(b)) => a == b,
        _ => false,
    }
}

/// What `FileDescriptorName=` calls an address.
fn name(door: &Door) -> &'static str {
    match door {
        Door::Udp(_) | Door::Unix(_) | Door::Tcp(_) | Door::UnixStream(_) => "syslog",
        Door::Tls(_) => "syslog-tls",
        Door::Http(_) => "http",
        Door::Https(_) => "https",
    }
}

fn judge(socket: &Inherited, doors: &[Door]) -> Result<(), String> {
    let named = &socket.name;
    // A unit that says nothing is called like its file; sd_listen_fds(3).
    let unnamed = named == "unknown" || named.is_empty() || named.ends_with(".socket");
    if !unnamed && !["syslog", "syslog-tls", "http", "https"].contains(&named.as_str()) {
        return Err(format!(
            "FileDescriptorName={named} is none of syslog, syslog-tls, http, https: write one of them \
             into the socket unit"
        ));
    }
    let (what, key) = described(&socket.place, named);
    match doors.iter().find(|door| fits(&socket.place, door)) {
        None => Err(format!(
            "the service manager hands over {what} ('{named}'), which is no address of the configuration: \
             write {key}, or take it out of the socket unit"
        )),
        Some(door) if unnamed || name(door) == named => Ok(()),
        Some(door) => Err(format!(
            "the service manager hands over {what} as '{named}', and the configuration speaks {} there: \
             write FileDescriptorName={} into the socket unit, or the address into another key",
            door.kind(),
            name(door)
        )),
    }
}

/// The socket, and the key that would take it.
fn described(place: &Place, named: &str) -> (String, String) {
    let key = |section: &str, key: &str, value: String| {
        format!("`{key} = [\"{value}\"]` into [{section}]")
    };
    match place {
        Place::Udp(at) => (format!("udp {at}"), key("udp", "listen", at.to_string())),
        Place::Tcp(at) => {
            let (section, name) = match named {
                "http" => ("http", "listen"),
                "https" => ("http", "tls_listen"),
                "syslog-tls" => ("tcp", "tls_listen"),
                _ => ("tcp", "listen"),
            };
            (format!("tcp {at}"), key(section, name, at.to_string()))
        }
        Place::Unix(path) => {
            let path = path.display().to_string();
            (format!("unix {path}"), key("unix", "datagram", path))
        }
        Place::UnixStream(path) => {
            let path = path.display().to_string();
            (format!("unix-stream {path}"), key("unix", "stream", path))
        }
    }
}

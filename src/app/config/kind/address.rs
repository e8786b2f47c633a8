//! Where to listen and who may send: addresses, networks, paths and modes of sockets.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use super::{Kind, Raw, Wrong, list, one, shown_list};
use crate::vocab::network::Network;

/// Socket addresses to listen on; none closes the listener.
#[derive(Debug)]
pub struct Addresses;

#[derive(Debug)]
pub struct Networks;

/// Paths of sockets.
#[derive(Debug)]
pub struct SocketPaths;

/// A file mode in octal.
#[derive(Debug)]
pub struct Permissions;

/// A list, or the word `off` for none of them.
fn list_or_off<T>(
    raw: &Raw,
    what: &str,
    read: impl FnMut(&Raw, &str) -> Result<T, String>,
) -> Result<Vec<T>, Vec<Wrong>> {
    let items = raw.items().unwrap_or_default();
    if let Some(off) = items.iter().find(|item| item.text() == Some("off")) {
        return if items.len() == 1 {
            Ok(Vec::new())
        } else {
            Err(one(off.wrong(format!("'off' closes the listener and can't stand beside {what}"))))
        };
    }
    list(raw, what, read)
}

/// Reads `127.0.0.1:8514`, `[::1]:8514` or `localhost:8514`.
///
/// # Errors
/// A sentence that names what would be right.
pub fn parse_address(text: &str) -> Result<SocketAddr, String> {
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    // No resolver here: a name that moves between start and reload would move the listener.
    if let Some(port) = text.strip_prefix("localhost:").and_then(|p| p.parse().ok()) {
        return Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port));
    }
    let port = text.strip_prefix(':').or_else(|| text.strip_prefix("*:")).unwrap_or(text);
    if let Ok(port) = port.parse::<u16>() {
        return Err(format!(
            "'{text}' lacks an address; did you mean 127.0.0.1:{port} (this machine only) or [::]:{port} (all)?"
        ));
    }
    if text.parse::<IpAddr>().is_ok() {
        let shown = if text.contains(':') { format!("[{text}]") } else { text.into() };
        return Err(format!("'{text}' lacks a port; write {shown}:PORT"));
    }
    Err(format!("'{text}' is no address to listen on; write IP:PORT, as 127.0.0.1:8514, or off"))
}

impl Kind for Addresses {
    type Out = Vec<SocketAddr>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        list_or_off(raw, "addresses", |_, text| parse_address(text))
    }

    fn show(&self, value: &Self::Out) -> String {
        shown_list(value.iter().map(ToString::to_string))
    }

    fn says(&self) -> String {
        "list of IP:PORT; port 0 lets the system choose; [] closes it".into()
    }
}

impl Kind for Networks {
    type Out = Vec<Network>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        list(raw, "networks", |_, text| text.parse::<Network>().map_err(|e| e.0))
    }

    fn show(&self, value: &Self::Out) -> String {
        shown_list(value.iter().map(ToString::to_string))
    }

    fn says(&self) -> String {
        "list of addresses and networks, as \"192.0.2.0/24\"".into()
    }
}

impl SocketPaths {
    /// `sockaddr_un` holds 108 bytes, the last of them a zero.
    pub const LONGEST: usize = 107;
}

impl Kind for SocketPaths {
    type Out = Vec<PathBuf>;

    fn read(&self, raw: &Raw) -> Result<Self::Out, Vec<Wrong>> {
        list_or_off(raw, "paths", |_, text| {
            if text.is_empty() {
                Err("an empty path".into())
            } else if text.len() > Self::LONGEST {
                Err(format!(
                    "a socket's path may have {} bytes, this one has {}",
                    Self::LONGEST,
                    text.len()
                ))
            } else {
                Ok(PathBuf::from(text))
            }
        })
    }

    fn show(&self, value: &Self::Out) -> String {
        shown_list(value.iter().map(|p| p.display().to_string()))
    }

    fn says(&self) -> String {
        format!("list of paths, at most {} bytes each", Self::LONGEST)
    }
}

impl Kind for Permissions {
    type Out = u32;

    fn read(&self, raw: &Raw) -> Result<u32, Vec<Wrong>> {
        raw.text()
            .and_then(|text| u32::from_str_radix(text.trim(), 8).ok())
            .filter(|mode| *mode <= 0o777)
            .ok_or_else(|| {
                one(raw.wrong(format!(
                    "{} is no file mode; write it in quotes as \"0660\"",
                    raw.describe()
                )))
            })
    }

    fn show(&self, value: &u32) -> String {
        format!("\"{value:04o}\"")
    }

    fn says(&self) -> String {
        "file mode, \"0000\" to \"0777\"".into()
    }
}

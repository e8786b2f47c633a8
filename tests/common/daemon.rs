//! Child processes that end with the test: real daemons and the program under test.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicU32, Ordering};

use super::{PATIENCE, until, within};

/// Where a program lies; the places of daemons are looked at even where `PATH` lacks them.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':')
        .chain(["/usr/sbin", "/sbin", "/usr/bin", "/usr/local/sbin"])
        .map(|dir| PathBuf::from(dir).join(name))
        .find(|file| file.is_file())
}

/// A process that is killed when this value goes, and by the kernel when the test itself dies.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
}

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> io::Result<Process> {
        // SAFETY: prctl is async-signal-safe and touches only the child's own state.
        unsafe {
            command.pre_exec(|| {
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        Ok(Process { child: command.spawn()? })
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    #[allow(dead_code)] // not every file of tests looks into a process
    pub(crate) fn id(&self) -> libc::pid_t {
        self.child.id() as libc::pid_t
    }

    pub(crate) fn signal(&self, signal: libc::c_int) {
        // SAFETY: the child has not been waited for, so its id is still its own.
        unsafe { libc::kill(self.child.id() as libc::pid_t, signal) };
    }

    pub(crate) fn running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits for the end that a signal has asked for.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        until("the process ends", || self.child.try_wait().ok().flatten())
    }

    /// Asks for an orderly end and insists on it after a while.
    pub(crate) fn stop(mut self) {
        self.signal(libc::SIGTERM);
        if within(PATIENCE, || self.child.try_wait().ok().flatten()).is_none() {
            self.signal(libc::SIGKILL);
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback port that was free a moment ago, for daemons that can't choose one themselves.
///
/// Of those of this process: tests run side by side, and the system may give one port to two of them before either
/// listens. All are below the ports of outgoing connections (32768 on Linux).
pub(crate) fn free_port() -> io::Result<u16> {
    const FIRST: u32 = 11_000;
    const OF_PROCESS: u32 = 16;
    const PROCESSES: u32 = 1_300;
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let own = FIRST + std::process::id() % PROCESSES * OF_PROCESS;
    for _ in 0..OF_PROCESS {
        let port = own + TAKEN.fetch_add(1, Ordering::Relaxed) % OF_PROCESS;
        let port = u16::try_from(port).map_err(io::Error::other)?;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return Ok(port);
        }
    }
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Starts a daemon that listens on a port given to it; another port where that one was taken.
pub(crate) fn start_listening(
    name: &str,
    mut command: impl FnMut(u16) -> Command,
) -> (Process, SocketAddr) {
    for _ in 0..5 {
        let port = free_port().expect("a free port");
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let mut process = Process::spawn(&mut command(port)).expect(name);
        let up = within(PATIENCE, || {
            if !process.running() {
                return Some(false);
            }
            TcpStream::connect(address).is_ok().then_some(true)
        });
        if up == Some(true) {
            return (process, address);
        }
    }
    panic!("{name} does not listen");
}

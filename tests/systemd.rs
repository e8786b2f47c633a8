//! What a service manager does with us: it is told, hands over sockets, and starts us as root.

#[path = "common/mod.rs"]
#[allow(dead_code)]
mod common;

use std::io::Write;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use common::material::{combined_line, time_3164, time_local};
use common::tapline::{Tapline, binary, configure};
use common::{PATIENCE, left_out, until};

fn write(dir: &TempDir, config: &str) {
    let config = format!("{config}\n[anomalies]\ndata = \"off\"\n");
    configure(dir.path(), &config);
}

fn line(i: usize) -> String {
    format!("<190>{} web-1 nginx: {}\n", time_3164(), combined_line(i, &time_local()))
}

const ADDRESSES: &str = "http.listen = \"127.0.0.1:0\"\nudp.listen = \"127.0.0.1:0\"\n\
    tcp.listen = \"127.0.0.1:0\"\n";

#[test]
fn the_service_manager_is_told_of_start_life_reload_and_end() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("notify");
    let manager = UnixDatagram::bind(&path).unwrap();
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    let next = |wanted: &str| {
        let mut buffer = [0; 4096];
        loop {
            let length = manager.recv(&mut buffer).unwrap_or_else(|e| panic!("{wanted}: {e}"));
            let said = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if said.starts_with(wanted) {
                return said;
            }
        }
    };
    write(&dir, ADDRESSES);
    let mut command = Command::new(binary());
    command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "3000000");
    let tapline = Tapline::start_by(dir.path(), command);
    assert!(next("READY=1").contains(&format!("udp {}", tapline.udp)));
    // Each closed second is a sign of life, and says what was received.
    next("WATCHDOG=1");
    next("WATCHDOG=1");
    TcpStream::connect(tapline.tcp).unwrap().write_all(line(1).as_bytes()).unwrap();
    next("STATUS=1 received, 1 counted");
    tapline.signal(libc::SIGHUP);
    let reloading = next("RELOADING=1");
    let time = reloading.lines().find_map(|line| line.strip_prefix("MONOTONIC_USEC="));
    assert!(time.expect("a time").parse::<u64>().expect("a number") > 0);
    next("READY=1\nSTATUS=Reloaded");
    write(&dir, "nonsense = 1");
    tapline.signal(libc::SIGHUP);
    next("RELOADING=1");
    next("READY=1\nSTATUS=The last reload found a mistake");
    // A process that hangs says nothing.
    tapline.signal(libc::SIGSTOP);
    manager.set_read_timeout(Some(Duration::from_millis(2500))).unwrap();
    let mut buffer = [0; 4096];
    while manager.recv(&mut buffer).is_ok() {}
    tapline.signal(libc::SIGCONT);
    manager.set_read_timeout(Some(PATIENCE)).unwrap();
    next("WATCHDOG=1");
    tapline.signal(libc::SIGTERM);
    next("STOPPING=1");
    assert!(tapline.ended().status.success());
}

/// A number that no pipe between the processes has.
fn aside(fd: &impl AsRawFd) -> OwnedFd {
    // SAFETY: duplicates an open descriptor to a new number, which is then ours.
    unsafe { OwnedFd::from_raw_fd(libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 100)) }
}

/// The program as a service manager starts it: with these sockets from descriptor 3 on.
fn activated(sockets: &[(&str, &OwnedFd)]) -> Command {
    let mut command = Command::new("/bin/sh");
    let names: Vec<&str> = sockets.iter().map(|(name, _)| *name).collect();
    let fds: Vec<RawFd> = sockets.iter().map(|(_, fd)| fd.as_raw_fd()).collect();
    command
        .args(["-c", "LISTEN_PID=$$ exec \"$0\" \"$@\""])
        .arg(binary())
        .env("LISTEN_FDS", sockets.len().to_string())
        .env("LISTEN_FDNAMES", names.join(":"));
    // SAFETY: dup2 is async-signal-safe and touches only the child's own descriptors.
    unsafe {
        command.pre_exec(move || {
            for (to, from) in (3..).zip(&fds) {
                if libc::dup2(*from, to) < 0 {
                    return Err(std::io::Error::last_os_error());
                }
            }
            Ok(())
        });
    }
    command
}

/// F-206: UDP, TCP, unix and HTTP at once, and a restart amid what is sent.
#[test]
fn handed_sockets_are_heard_and_a_restart_loses_nothing() {
    // No more than wait at a socket of the usual size.
    const LINES: usize = 100;
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("log.sock");
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let http = TcpListener::bind("127.0.0.1:0").unwrap();
    let unix = UnixListener::bind(&path).unwrap();
    let (to_udp, to_tcp) = (udp.local_addr().unwrap(), tcp.local_addr().unwrap());
    write(
        &dir,
        &format!(
            "http.listen = \"{}\"\nudp.listen = \"{to_udp}\"\ntcp.listen = \"{to_tcp}\"\n\
             unix.stream = [\"{}\"]\n",
            http.local_addr().unwrap(),
            path.display()
        ),
    );
    let all = [aside(&udp), aside(&tcp), aside(&unix), aside(&http)];
    drop((udp, tcp, unix, http));
    let sockets =
        [("syslog", &all[0]), ("syslog", &all[1]), ("tapline.socket", &all[2]), ("http", &all[3])];
    let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
    let send = || {
        let mut stream = TcpStream::connect(to_tcp).expect("somebody has it open");
        let mut local = UnixStream::connect(&path).expect("somebody has it open");
        let lines: String = (0..LINES).map(line).collect();
        for line in lines.lines() {
            sender.send_to(line.as_bytes(), to_udp).unwrap();
        }
        // At once, as nobody may read for a while and each write takes room of its own.
        stream.write_all(lines.as_bytes()).unwrap();
        local.write_all(lines.as_bytes()).unwrap();
    };
    let first = Tapline::start_by(dir.path(), activated(&sockets));
    assert_eq!((first.udp, first.tcp), (to_udp, to_tcp));
    send();
    first.signal(libc::SIGTERM);
    // To whoever is there: the old one, nobody, or the new one.
    send();
    let ended = first.ended();
    assert!(ended.status.success(), "{}", ended.log);
    send();
    let second = Tapline::start_by(dir.path(), activated(&sockets));
    send();
    let before = ended.accounting.expect("its last word");
    let sent = 4 * 3 * LINES as u64;
    let after = second.settled(sent - before.received).accounting();
    after.assert_balanced();
    assert_eq!(before.counted + after.counted, sent, "{before:?} {after:?}");
    assert!(path.exists(), "the file is the manager's");
    assert!(second.terminate().status.success());
    assert!(path.exists());
}

fn fails(dir: &Path, command: &mut Command) -> Output {
    let command = command.arg("serve").current_dir(dir).env("XDG_CONFIG_HOME", dir);
    command.env_remove("HOME").stdin(Stdio::null()).output().expect("it runs")
}

/// F-206: what does not fit is a mistake of the configuration, and says what would.
#[test]
fn a_socket_that_does_not_fit_is_refused_with_advice() {
    let dir = TempDir::new().unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = tcp.local_addr().unwrap();
    let connection = TcpStream::connect(at).unwrap();
    let [listening, connected] = [aside(&tcp), aside(&connection)];
    let file = OwnedFd::from(std::fs::File::open("/dev/null").unwrap());
    let file = aside(&file);
    let configured = format!("http.listen = []\nudp.listen = []\ntcp.listen = \"{at}\"\n");
    let none = "http.listen = []\nudp.listen = []\ntcp.listen = []\n";
    for (config, name, fd, words) in [
        (none, "syslog", &listening, format!("write `listen = [\"{at}\"]` into [tcp]")),
        (none, "https", &listening, format!("write `tls_listen = [\"{at}\"]` into [http]")),
        (&configured, "http", &listening, "write FileDescriptorName=syslog into".to_owned()),
        (&configured, "web", &listening, "none of syslog, syslog-tls, http, https".to_owned()),
        (&configured, "syslog", &connected, "write Accept=no".to_owned()),
        (&configured, "syslog", &file, "descriptor 3 ('syslog') can't be used".to_owned()),
    ] {
        write(&dir, config);
        let output = fails(dir.path(), &mut activated(&[(name, fd)]));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{told}");
        assert!(told.contains(&words), "{told}\nlacks {words}");
    }
    // One more than there is.
    write(&dir, &configured);
    let output = fails(dir.path(), activated(&[("syslog", &listening)]).env("LISTEN_FDS", "9"));
    assert_eq!(output.status.code(), Some(78), "{}", String::from_utf8_lossy(&output.stderr));
    // None, or somebody else's: then all is bound as ever.
    write(&dir, ADDRESSES);
    for (pid, fds) in [("1", "3"), ("x", "0")] {
        let mut command = Command::new(binary());
        command.env("LISTEN_PID", pid).env("LISTEN_FDS", fds);
        assert!(Tapline::start_by(dir.path(), command).terminate().status.success());
    }
}

#[test]
fn root_binds_and_becomes_somebody_else() {
    // SAFETY: takes nothing and can't fail.
    if unsafe { libc::geteuid() } != 0 {
        left_out("not root, so nothing is given up");
        return;
    }
    let dir = TempDir::new().unwrap();
    let status = |tapline: &mut Tapline| {
        std::fs::read_to_string(format!("/proc/{}/status", tapline.id())).unwrap()
    };
    let field = |status: &str, name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    // As in a container or a build: root on loopback goes on, with a word about it.
    write(&dir, ADDRESSES);
    let mut tapline = Tapline::start_by(dir.path(), Command::new(binary()));
    assert_eq!(field(&status(&mut tapline), "Uid:")[1], "0");
    assert!(tapline.terminate().log.contains("running as root: write `user = "));

    write(&dir, &format!("{ADDRESSES}process.user = \"nobody\"\n"));
    let mut tapline = Tapline::start_by(dir.path(), Command::new(binary()));
    let now = status(&mut tapline);
    assert!(field(&now, "Uid:").iter().all(|id| id != "0"), "{now}");
    assert!(field(&now, "Gid:").iter().all(|id| id != "0"), "{now}");
    assert!(!field(&now, "Groups:").contains(&"0".to_owned()), "{now}");
    assert_eq!(field(&now, "CapEff:"), ["0000000000000000"], "{now}");
    // All of its threads.
    for thread in std::fs::read_dir(format!("/proc/{}/task", tapline.id())).unwrap() {
        let path = thread.unwrap().path().join("status");
        let own = std::fs::read_to_string(path).unwrap();
        assert!(field(&own, "Uid:").iter().all(|id| id != "0"), "{own}");
    }
    TcpStream::connect(tapline.tcp).unwrap().write_all(line(1).as_bytes()).unwrap();
    until("it counts", || (tapline.accounting().counted == 1).then_some(()));
    assert!(tapline.terminate().status.success());

    for (config, words) in [
        ("udp.listen = \"0.0.0.0:0\"\nudp.allow_from = \"192.0.2.0/24\"", "running as root, and"),
        ("process.user = \"nobody-has-this-name\"", "no user nobody-has-this-name"),
    ] {
        write(&dir, &format!("http.listen = []\ntcp.listen = []\n{config}\n"));
        let output = fails(dir.path(), &mut Command::new(binary()));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(78), "{told}");
        assert!(told.contains(words), "{told}");
    }
}

//! What one address may have: in a network of its own, whose one interface has several addresses.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use socket2::{Domain, Socket, Type};
use tempfile::TempDir;

use crate::common::tapline::{Tapline, configure};
use crate::common::{PATIENCE, left_out, until};

const NAME: &str = "addresses::an_address_has_its_share_and_shared_addresses_have_none";
/// Set where the test runs in the network of its own.
const INSIDE: &str = "NETWORK_OF_ITS_OWN";
const SETUP: &str =
    "ip link set lo up && for i in 1 2 3 4; do ip addr add 192.0.2.$i/32 dev lo; done";

const CONFIG: &str = r#"
[process]
user = "root"
[access]
insecure = true
trusted_proxies = "192.0.2.3"
[http]
max_connections_per_address = 6
max_sessions_per_address = 3
[tcp]
allow_from = ["192.0.2.0/24", "127.0.0.0/8"]
max_connections_per_address = 4
"#;

#[test]
fn an_address_has_its_share_and_shared_addresses_have_none() {
    if std::env::var_os(INSIDE).is_some() {
        return inside();
    }
    let in_network = |script: &str| {
        let mut command = Command::new("unshare");
        // SAFETY: asks for nothing but a number.
        if unsafe { libc::geteuid() } != 0 {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--net", "sh", "-c", script]);
        command
    };
    let possible = in_network(SETUP).output();
    if !possible.is_ok_and(|output| output.status.success()) {
        return left_out("no network of its own can be made here");
    }
    let mut command = in_network(&format!("{SETUP}\nexec \"$0\" \"$@\""));
    command.arg(std::env::current_exe().unwrap()).args(["--exact", NAME, "--nocapture"]);
    let output = command.env(INSIDE, "1").output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

fn inside() {
    let dir = TempDir::new().unwrap();
    configure(dir.path(), CONFIG);
    let [ours, any] = [[192, 0, 2, 1], [127, 0, 0, 1]].map(|ip| SocketAddr::from((ip, 0)));
    let tapline = Tapline::start_on(dir.path(), ours, any, ours);
    let refused = |kind: &str, listener: SocketAddr| {
        let name = "tapline_refused_connections_total";
        tapline.metric(&format!("{name}{{kind=\"{kind}\",listener=\"{listener}\"}}")).unwrap_or(0)
    };
    let open = |to: SocketAddr, from: &str, n: usize| -> Vec<TcpStream> {
        (0..n).map(|_| connect(from, to)).collect()
    };
    // Connections over HTTP: six of a stranger, and all that come through a proxy or from this machine.
    let mut held = open(tapline.http, "192.0.2.2", 6);
    held.extend(open(tapline.http, "192.0.2.3", 20));
    held.extend(open(tapline.http, "127.0.0.1", 20));
    let last = held.last_mut().expect("one");
    assert_eq!(status(last, tapline.http, "/healthz", ""), "200");
    assert_eq!(refused("http", tapline.http), 0);
    let mut seventh = connect("192.0.2.2", tapline.http);
    assert_eq!(seventh.read(&mut [0]).unwrap_or(0), 0, "it is closed");
    until("it is counted", || (refused("http", tapline.http) == 1).then_some(()));
    let mut other = connect("192.0.2.4", tapline.http);
    assert_eq!(status(&mut other, tapline.http, "/healthz", ""), "200");
    drop(held);
    // Sessions: behind the proxy they are the browser's.
    let behind = |client: &str| format!("X-Forwarded-For: {client}\r\n");
    let mut feeds = Vec::new();
    for (from, headers, expected) in [
        ("192.0.2.4", String::new(), "429"),
        ("192.0.2.3", behind("198.51.100.1"), "429"),
        ("192.0.2.3", behind("198.51.100.2"), "429"),
        ("192.0.2.3", String::new(), "200"),
        ("127.0.0.1", String::new(), "200"),
    ] {
        for nth in 1..=4 {
            let mut stream = connect(from, tapline.http);
            let answered =
                status(&mut stream, tapline.http, "/api/v1/live?format=ndjson", &headers);
            let expected = if nth <= 3 { "200" } else { expected };
            assert_eq!(answered, expected, "{nth} from {from} {headers}");
            feeds.push(stream);
        }
    }
    let code = "tapline_http_refusals_total{code=\"too_many_sessions_of_address\"}";
    assert_eq!(tapline.metric(code), Some(3));
    drop(feeds);
    // Syslog over TCP.
    let held = [open(tapline.tcp, "192.0.2.2", 4), open(tapline.tcp, "127.0.0.1", 20)];
    let mut fifth = connect("192.0.2.2", tapline.tcp);
    assert_eq!(fifth.read(&mut [0]).unwrap_or(0), 0, "it is closed");
    assert_eq!(refused("tcp", tapline.tcp), 1);
    let mut other = connect("192.0.2.4", tapline.tcp);
    other.write_all(b"<190>heard\n").unwrap();
    assert_eq!(tapline.settled(1).accounting().unparsed, 1);
    drop(held);
    drop(tapline);
    storm(&dir);
}

/// Who connects again and again, and goes each time, is closed at once; nobody else is.
fn storm(dir: &TempDir) {
    let [ours, any] = [[192, 0, 2, 1], [127, 0, 0, 1]].map(|ip| SocketAddr::from((ip, 0)));
    let slow = "max_connects_per_address = 1\n";
    let config = CONFIG.replace("[http]\n", &format!("[http]\n{slow}"));
    configure(dir.path(), &config.replace("[tcp]\n", &format!("[tcp]\n{slow}")));
    let tapline = Tapline::start_on(dir.path(), ours, any, ours);
    for (kind, to) in [("http", tapline.http), ("tcp", tapline.tcp)] {
        let series =
            format!("tapline_refused_connections_total{{kind=\"{kind}\",listener=\"{to}\"}}");
        until("one is refused", || {
            drop(connect("192.0.2.2", to));
            // The figures are asked for by an address that has no share.
            let mut asking = connect("127.0.0.1", tapline.http);
            write!(asking, "GET /metrics HTTP/1.0\r\nHost: {}\r\n\r\n", tapline.http).unwrap();
            let mut metrics = String::new();
            asking.read_to_string(&mut metrics).unwrap();
            let told = metrics.lines().find_map(|line| line.strip_prefix(&series));
            told.filter(|count| count.trim() != "0").map(drop)
        });
    }
    let mut other = connect("192.0.2.4", tapline.http);
    assert_eq!(status(&mut other, tapline.http, "/healthz", ""), "200");
}

/// From this address.
fn connect(from: &str, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::new(from.parse().unwrap(), 0).into()).unwrap();
    socket.connect(&to.into()).unwrap();
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Asks, and reads no more than the status.
fn status(stream: &mut TcpStream, host: SocketAddr, target: &str, headers: &str) -> String {
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n").unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).unwrap();
    String::from_utf8_lossy(&head[9..]).into_owned()
}

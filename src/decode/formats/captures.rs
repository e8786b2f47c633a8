//! What real senders sent: each captured frame is classified as what its sender wrote.

use std::collections::BTreeMap;

use super::corpus::shared;
use super::recognise::Recogniser;
use crate::decode::envelope;
use crate::decode::framing::{Datagram, Framer, Mode, Step, datagram};
use crate::decode::text::lossy;
use crate::vocab::event::Kind;

fn frames(name: &str, bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    let mut rest = bytes;
    if name.ends_with(".dgrams") {
        while let Some((length, behind)) = rest.split_first_chunk::<4>() {
            let (one, behind) = behind.split_at(u32::from_be_bytes(*length) as usize);
            if let Datagram::Frames(frames) = datagram(one) {
                all.extend(frames.map(<[u8]>::to_vec));
            }
            rest = behind;
        }
        return all;
    }
    let mut framer = Framer::new(Mode::Auto, 256 << 10);
    loop {
        rest = match framer.next(rest, true) {
            Step::Frame { bytes, consumed } => {
                all.push(bytes.to_vec());
                &rest[consumed..]
            }
            Step::Rejected { consumed, .. } | Step::Skip { consumed } => &rest[consumed..],
            Step::Incomplete => return all,
        };
    }
}

/// A file, the lines of each format in it, and how many of none: greetings, binary rubbish and the
/// pieces that Apache's logger cuts at 1,024 bytes.
const CAPTURES: &[(&str, &str)] = &[
    ("apache/combined_logger_rfc5424_udp.dgrams", "combined 23"),
    ("apache/common_logger_octetcount_tcp.conn1.bin", "common 17, message 97"),
    ("apache/error_logger_udp.dgrams", "apache_error 16, message 33"),
    ("apache/timed_logger_rfc3164_tcp.conn1.bin", "combined_plus 23"),
    ("apache/vhost_combined_logger_rfc3164_udp_1KiB.dgrams", "message 97, vhost_combined 17"),
    ("caddy/access_json_tcp.conn1.bin", "json 4"),
    ("caddy/access_json_udp.dgrams", "json 2"),
    (
        "haproxy/default_rfc3164_udp.dgrams",
        "combined_plus 1, haproxy_http 15, haproxy_tcp 1, json 1",
    ),
    ("haproxy/raw_udp.dgrams", "combined_plus 1, haproxy_http 15, haproxy_tcp 1, json 1"),
    ("haproxy/rfc5424_len65535_udp.dgrams", "haproxy_http 4"),
    ("haproxy/ring_rfc3164_lf_tcp.conn1.bin", "json 1"),
    (
        "haproxy/ring_rfc5424_octetcount_tcp.conn1.bin",
        "combined_plus 1, haproxy_http 15, haproxy_tcp 1, json 1",
    ),
    ("haproxy/unix_dgram.dgrams", "combined_plus 1, haproxy_http 15, haproxy_tcp 1, json 1"),
    ("nginx/access_combined_udp.dgrams", "combined 65"),
    ("nginx/access_combined_unix.dgrams", "combined 60"),
    ("nginx/access_escape_none_udp.dgrams", "combined 63"),
    ("nginx/access_json_udp.dgrams", "json 62"),
    ("nginx/access_timed_nohostname_udp.dgrams", "combined_plus 62"),
    ("nginx/error_udp.dgrams", "nginx_error 110"),
    ("rsyslog/omfwd_tcp_json.conn1.bin", "json 59, message 62"),
    ("rsyslog/omfwd_tcp_lf_default.conn1.bin", "combined 59, message 63"),
    ("rsyslog/omfwd_tcp_octet_rfc5424.conn1.bin", "combined 59, message 62"),
    ("rsyslog/omfwd_tls_octet_rfc5424.conn1.bin", "combined 59, message 62"),
    ("rsyslog/omfwd_udp_default_traditional.dgrams", "combined 59, message 62"),
    ("rsyslog/omfwd_udp_forwardformat_iso.dgrams", "combined 59, message 62"),
    ("rsyslog/omfwd_udp_rfc5424.dgrams", "combined 59, message 62"),
    ("syslog-ng/network_tcp_lf_bsd.conn1.bin", "combined 59, message 4"),
    ("syslog-ng/network_udp_bsd.dgrams", "combined 59, message 4"),
    ("syslog-ng/syslog_tcp_octet_rfc5424.conn1.bin", "combined 59, message 4"),
    ("syslog-ng/syslog_udp_rfc5424.dgrams", "combined 59, message 4"),
    ("syslog-ng/unix_dgram.dgrams", "combined 59, message 4"),
];

#[test]
fn captured_lines_are_what_their_senders_wrote() {
    let Some(folder) = shared("captures") else {
        return;
    };
    for (name, expected) in CAPTURES {
        let mut recogniser = Recogniser::default();
        for frame in frames(name, &std::fs::read(folder.join(name)).unwrap()) {
            let text = lossy(&frame);
            let line = envelope::parse(&text).message;
            let event = recogniser.decode(line);
            assert_eq!(event.kind == Kind::Message, event.format.is_empty(), "{name}: {line}");
            // A status is what was sent: none of these is made up.
            assert!(event.status.is_none_or(|status| (200..=599).contains(&status)), "{name}");
        }
        let counts: BTreeMap<_, _> = recogniser.counts().collect();
        let counts: Vec<_> = counts.iter().map(|(f, n)| format!("{f} {n}")).collect();
        assert_eq!(counts.join(", "), *expected, "{name}");
    }
}

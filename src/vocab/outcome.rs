//! What became of a frame. Every one that was received ends as exactly one of these.

/// Why a frame could not be taken as a line at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum RejectReason {
    /// Longer than the listener's frame limit.
    Oversize = 0,
    /// An octet count that its frame does not keep, or what breaks an explicit framing mode.
    Framing,
    /// The stream ended (or fell silent) inside a frame.
    Incomplete,
    /// A compressed frame (rsyslog `ziplevel`), which we do not read.
    Compressed,
    /// A TLS handshake on a plain port.
    TlsOnPlain,
    /// An HTTP request on a syslog port.
    HttpOnSyslog,
    /// An item of a POST body that is no line: broken JSON, not an object.
    Json,
}

impl RejectReason {
    pub const COUNT: usize = 7;
    pub const ALL: [RejectReason; RejectReason::COUNT] = [
        RejectReason::Oversize,
        RejectReason::Framing,
        RejectReason::Incomplete,
        RejectReason::Compressed,
        RejectReason::TlsOnPlain,
        RejectReason::HttpOnSyslog,
        RejectReason::Json,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            RejectReason::Oversize => "oversize",
            RejectReason::Framing => "framing",
            RejectReason::Incomplete => "incomplete",
            RejectReason::Compressed => "compressed",
            RejectReason::TlsOnPlain => "tls_on_plain",
            RejectReason::HttpOnSyslog => "http_on_syslog",
            RejectReason::Json => "json",
        }
    }
}

/// Why a TLS handshake came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum HandshakeFailure {
    /// What came first is no TLS.
    Plaintext = 0,
    /// Not done within `tls.handshake_timeout`.
    Timeout,
    /// `tls.max_handshakes` others were at it all that time.
    Crowded,
    /// The other side's certificate is missing, over, or signed by nobody we were told of.
    Certificate,
    /// No version, cipher or protocol that both sides know.
    Incompatible,
    /// The other side ended it with an alert: it does not trust our certificate, mostly.
    RefusedByPeer,
    /// The other side went away.
    Closed,
    /// Anything else that breaks the protocol.
    Broken,
}

impl HandshakeFailure {
    pub const COUNT: usize = 8;
    pub const ALL: [HandshakeFailure; HandshakeFailure::COUNT] = [
        HandshakeFailure::Plaintext,
        HandshakeFailure::Timeout,
        HandshakeFailure::Crowded,
        HandshakeFailure::Certificate,
        HandshakeFailure::Incompatible,
        HandshakeFailure::RefusedByPeer,
        HandshakeFailure::Closed,
        HandshakeFailure::Broken,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            HandshakeFailure::Plaintext => "plaintext",
            HandshakeFailure::Timeout => "timeout",
            HandshakeFailure::Crowded => "crowded",
            HandshakeFailure::Certificate => "certificate",
            HandshakeFailure::Incompatible => "incompatible",
            HandshakeFailure::RefusedByPeer => "refused_by_peer",
            HandshakeFailure::Closed => "closed",
            HandshakeFailure::Broken => "broken",
        }
    }
}

/// Why a good line does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum DropReason {
    /// The kernel's receive buffer was full: counted from its own counters, never seen by us.
    Kernel = 0,
    /// Matches one of the operator's `exclude` filters.
    Excluded,
    /// Came from an address outside `allow_from`.
    NotAllowed,
    /// A fault of this program while it was read: it should never be seen, and is never hidden.
    Fault,
    /// Its sender had sent `sources.max_rate` lines in that second already.
    Rate,
}

impl DropReason {
    pub const COUNT: usize = 5;
    pub const ALL: [DropReason; DropReason::COUNT] = [
        DropReason::Kernel,
        DropReason::Excluded,
        DropReason::NotAllowed,
        DropReason::Fault,
        DropReason::Rate,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DropReason::Kernel => "kernel",
            DropReason::Excluded => "excluded",
            DropReason::NotAllowed => "not_allowed",
            DropReason::Fault => "fault",
            DropReason::Rate => "rate",
        }
    }
}

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
}

impl DropReason {
    pub const COUNT: usize = 3;
    pub const ALL: [DropReason; DropReason::COUNT] =
        [DropReason::Kernel, DropReason::Excluded, DropReason::NotAllowed];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            DropReason::Kernel => "kernel",
            DropReason::Excluded => "excluded",
            DropReason::NotAllowed => "not_allowed",
        }
    }
}

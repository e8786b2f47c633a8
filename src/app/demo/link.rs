//! How a client of the demo is connected: version of HTTP, scheme, TLS.

use super::rng::Rng;

/// One connection; texts as nginx logs them, `-` for none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) protocol: &'static str,
    pub(super) scheme: &'static str,
    pub(super) tls: &'static str,
    pub(super) cipher: &'static str,
}

impl Link {
    /// Without TLS: health checks, scanners, and who has typed no scheme.
    pub(super) const PLAIN: Link =
        Link { protocol: "HTTP/1.1", scheme: "http", tls: "-", cipher: "-" };

    /// A browser of today: HTTP/2 mostly, HTTP/3 where it was there before, hardly any TLS 1.2.
    pub(super) fn browser(rng: &mut Rng, is_phone: bool) -> Link {
        match rng.unit() {
            x if x < 0.27 => Link { protocol: "HTTP/3.0", ..Link::new_tls(rng, is_phone) },
            x if x < 0.95 => Link { protocol: "HTTP/2.0", ..Link::new_tls(rng, is_phone) },
            _ => Link::old_tls(rng),
        }
    }

    /// A library or crawler: HTTP/1.1 mostly.
    pub(super) fn program(rng: &mut Rng) -> Link {
        match rng.unit() {
            x if x < 0.35 => Link { protocol: "HTTP/2.0", ..Link::new_tls(rng, false) },
            x if x < 0.8 => Link::new_tls(rng, false),
            _ => Link::old_tls(rng),
        }
    }

    /// TLS 1.3. Telephones without AES in hardware prefer ChaCha20 (RFC 8446, appendix B.4).
    fn new_tls(rng: &mut Rng, is_phone: bool) -> Link {
        let cipher = match rng.unit() {
            x if is_phone && x < 0.2 => "TLS_CHACHA20_POLY1305_SHA256",
            x if x < 0.68 => "TLS_AES_128_GCM_SHA256",
            _ => "TLS_AES_256_GCM_SHA384",
        };
        Link { protocol: "HTTP/1.1", scheme: "https", tls: "TLSv1.3", cipher }
    }

    fn old_tls(rng: &mut Rng) -> Link {
        let cipher = *rng.pick(&[
            "ECDHE-RSA-AES128-GCM-SHA256",
            "ECDHE-RSA-AES256-GCM-SHA384",
            "ECDHE-ECDSA-AES128-GCM-SHA256",
        ]);
        Link { protocol: "HTTP/1.1", scheme: "https", tls: "TLSv1.2", cipher }
    }
}

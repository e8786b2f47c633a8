//! What bytes are that are no lines: packed, or text of another kind. Their first few tell, for names and headers
//! are missing or lie.

/// Bytes that tell what something is, but for a tar archive.
pub(crate) const MAGIC: usize = 6;
/// Bytes that tell a tar archive, too: where POSIX has its mark, behind the first member's name, owner and sizes.
pub(crate) const TAR_MAGIC: usize = 262;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packed {
    Gzip,
    Zstd,
    /// What is not undone here, and the program that does.
    Foreign {
        what: &'static str,
        by: &'static str,
    },
}

/// How what is not read begins (`?` is any byte), what it is, and what makes text of it. No line begins so.
pub(crate) const FOREIGN: [(&[u8], &str, &str); 8] = [
    (b"\xfd7zXZ\0", "packed with xz", "xz -dc"),
    // And the first block, behind a digit that says how large blocks are.
    (b"BZh?1A", "packed with bzip2", "bzip2 -dc"),
    (b"\x04\x22\x4d\x18", "packed with lz4", "lz4 -dc"),
    (b"\x1f\x9d", "packed with compress", "uncompress -c"),
    (b"PK\x03\x04", "a zip archive", "unzip -p"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x -so"),
    (b"\xff\xfe", "UTF-16", "iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "UTF-16", "iconv -f UTF-16 -t UTF-8"),
];

impl Packed {
    /// What begins with `head`; `None` for what may be lines.
    pub(crate) fn of(head: &[u8]) -> Option<Packed> {
        if head.starts_with(&[0x1f, 0x8b]) {
            Some(Packed::Gzip) // RFC 1952 section 2.3.1
        } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Some(Packed::Zstd) // RFC 8878 section 3.1.1
        } else {
            let known = FOREIGN.iter().find(|(magic, ..)| {
                let same = |(m, byte): (&u8, &u8)| m == byte || *m == b'?';
                head.len() >= magic.len() && magic.iter().zip(head).all(same)
            });
            known.map(|&(_, what, by)| Packed::Foreign { what, by }).or_else(|| tar(head))
        }
    }
}

/// A tar archive, where `head` is long enough to tell. Its lines would stand behind the headers of its members, and
/// every first one would be lost.
fn tar(head: &[u8]) -> Option<Packed> {
    let (member, rest) = head.split_at_checked(TAR_MAGIC - 5)?;
    let own = rest.starts_with(b"ustar") && member.contains(&0);
    own.then_some(Packed::Foreign { what: "a tar archive", by: "tar -xOf -" })
}

//! The names that people give to a request's fields, in JSON and in `key=value` trailers: one
//! closed table for both.
//!
//! A name is compared without case and without `_ - . : @ $ / ( )` and blanks, so that `remote_addr`,
//! `remoteAddr`, `$remote_addr` and `Remote-Addr` are one name; a nested name is compared as its
//! path (`request.headers.User-Agent` is `requestheadersuseragent`). Where a line has several names
//! of one field the higher rank wins, then the later one: a body's size over all bytes sent, a time
//! in milliseconds over one in seconds, the client that a proxy vouched for over its peer.

use std::cell::Cell;

use super::dialect::NAMED;
use super::scan::{self, Reading};
use super::table::TABLE;
use crate::vocab::event::{Event, Level};

/// What a name says, with its unit where names differ in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Slot {
    Client,
    ClientPort,
    Ident,
    /// The same by the name that Tomcat alone gives it.
    LogicalUser,
    User,
    Method,
    Uri,
    /// The target of a request, or anything else that a program calls so.
    Target,
    Query,
    Request,
    Protocol,
    Status,
    /// A status, or a word for how it went (`"status":"success"`).
    StatusBare,
    Bytes,
    BytesIn,
    Referrer,
    Agent,
    Time,
    /// The same by the name that Akamai alone gives it.
    EdgeTime,
    /// A day, where the clock stands under a name of its own.
    Date,
    /// Seconds, or text with its unit.
    Rt,
    /// A duration whose name says no unit: with a fraction it is in seconds, a whole number in
    /// milliseconds.
    RtBare,
    /// As [`Slot::RtBare`], of a server that is no Go program: IIS and Azure count whole milliseconds, however many.
    RtTaken,
    RtMs,
    RtUs,
    RtNs,
    Ut,
    UtBare,
    UtMs,
    UtNs,
    Upstream,
    Host,
    Scheme,
    TlsVersion,
    TlsCipher,
    Cache,
    Mime,
    Level,
    Message,
    Error,
    Logger,
    Pid,
    Forwarded,
    // The marks of dialects, which have no value.
    Apisix,
    AppInsights,
    AspNet,
    CloudFront,
    Envoy,
    Fastly,
    Hanami,
    Nextcloud,
    Rails,
}

impl Slot {
    pub(super) const COUNT: usize = Slot::Rails as usize + 1;
    /// Those that have a value, all in front of those that have none.
    pub(super) const VALUES: usize = Slot::Forwarded as usize + 1;
}

/// The longest name, with its separators, that is looked up. The longest of the table has 34 bytes.
const NAME_MAX: usize = 72;
/// Whole words, with one to spare behind the longest name.
const BUFFER: usize = NAME_MAX + 8;
/// Words of a name in the table.
const WORDS: usize = 5;

/// The name of a value, folded to what the table holds: the keys on the way to it, one behind the
/// other.
#[derive(Debug)]
pub(super) struct Path {
    bytes: [u8; BUFFER],
    /// Above `NAME_MAX` for a name that is in no table.
    len: usize,
}

impl Default for Path {
    fn default() -> Self {
        Path { bytes: [0; BUFFER], len: 0 }
    }
}

impl Path {
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a key; gives the length to go back to.
    pub(super) fn push(&mut self, key: &str) -> usize {
        let before = self.len;
        let end = before + key.len();
        if end > NAME_MAX {
            return self.bar();
        }
        let mut len = before;
        let (words, rest) = key.as_bytes().as_chunks::<8>();
        for word in words {
            let folded = plain_letters(u64::from_le_bytes(*word));
            len = self.put(word, folded, len);
        }
        if !rest.is_empty() {
            // Filled up with a digit, which stands for itself.
            let fill = (ONES * b'0' as u64) << (rest.len() * 8);
            let folded = plain_letters(short_word(rest) | fill);
            len = self.put(rest, folded, len);
        }
        self.len = len;
        before
    }

    /// Adds up to eight bytes, as they are `folded` or else one by one; gives where they end.
    #[inline]
    fn put(&mut self, bytes: &[u8], folded: Option<u64>, mut len: usize) -> usize {
        if let Some(folded) = folded {
            if let Some(place) = self.bytes[len..].first_chunk_mut::<8>() {
                *place = folded.to_le_bytes();
            }
            return len + bytes.len();
        }
        for &byte in bytes {
            let byte = FOLDED[usize::from(byte)];
            self.bytes[len] = byte;
            len += usize::from(byte != 0);
        }
        len
    }

    /// Makes this a name that is in no table, whatever is added; gives the length to go back to.
    pub(super) fn bar(&mut self) -> usize {
        std::mem::replace(&mut self.len, NAME_MAX + 1)
    }

    /// Takes back what was added since the length was `len`.
    pub(super) fn back(&mut self, len: usize) {
        self.len = len;
    }

    /// What the name says, and its rank.
    pub(super) fn slot(&self) -> Option<(Slot, u8)> {
        if self.len > WORDS * 8 {
            return None;
        }
        let mut place = place(&self.bytes, self.len);
        loop {
            let index = usize::from(INDEX[place]).checked_sub(1)?;
            if self.is(&NAMES[index]) {
                let (_, slot, rank) = ROWS[index];
                return Some((slot, rank));
            }
            place = (place + 1) % PLACES;
        }
    }

    fn is(&self, name: &[u64; WORDS]) -> bool {
        let (words, _) = self.bytes.as_chunks::<8>();
        let whole = self.len / 8;
        for at in 0..whole {
            if u64::from_le_bytes(words[at]) != name[at] {
                return false;
            }
        }
        // A name of the table ends with a zero, or is as long as it can be.
        let last = u64::from_le_bytes(words[whole]) & below(self.len % 8);
        last == name.get(whole).copied().unwrap_or(0)
            && name.get(whole + 1).is_none_or(|&word| word == 0)
    }
}

/// The lowest so many bytes of a word; fewer than eight.
const fn below(bytes: usize) -> u64 {
    (1 << (bytes * 8)) - 1
}

/// One in each byte of a word.
const ONES: u64 = 0x0101_0101_0101_0101;

/// One to seven bytes as the lowest of a word.
fn short_word(bytes: &[u8]) -> u64 {
    let len = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let high = u64::from(u32::from_le_bytes(*last)) << ((len - 4) * 8);
        return u64::from(u32::from_le_bytes(*first)) | high;
    }
    let at = |index: usize| u64::from(bytes[index]) << (index * 8);
    at(0) | at(len / 2) | at(len - 1)
}

/// Eight letters and digits in lower case; `None` where a byte is anything else that names are
/// compared without, or may be.
fn plain_letters(word: u64) -> Option<u64> {
    const HIGH: u64 = ONES * 0x80;
    if word & HIGH != 0 {
        return None;
    }
    // One bit makes a capital small. Digits have it; other bytes become what is in no name either,
    // but for control characters, which nobody has in a name.
    let word = word | (ONES * 0x20);
    let has = |byte: u8| {
        let zero = word ^ (ONES * byte as u64);
        zero.wrapping_sub(ONES) & !zero & HIGH
    };
    // Below `0` stand most separators; `_` and `@` have become DEL and a grave accent.
    let at_least_0 = word + ONES * (0x80 - b'0' as u64);
    let delete = word + ONES;
    let others = has(b':') | has(b'`') | delete & HIGH | !at_least_0 & HIGH;
    (others == 0).then_some(word)
}

/// What a known name says, and its rank.
pub(super) type Name = (Slot, u8);

/// What a name says, and its rank, if it is known.
pub(super) type Says = Option<Name>;

/// What a single name says.
#[inline]
pub(super) fn slot(name: &str) -> Says {
    let Some(spelling) = Spelling::of(name.as_bytes()) else { return slot_of_any(name) };
    spelling.known().unwrap_or_else(|| spelling.learn(name))
}

fn slot_of_any(name: &str) -> Says {
    let mut path = Path::default();
    path.push(name);
    path.slot()
}

/// A short name as it is written, to be compared at once: its first eight bytes, the eight behind them where there
/// are as many again, its last eight, its length. Two of one length differ in one of the words, whichever bytes they
/// differ in.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Spelling([u64; 4]);

impl Spelling {
    /// `None` for one of more than 24 bytes, and for the empty one.
    #[inline(always)]
    fn of(name: &[u8]) -> Option<Spelling> {
        let len = name.len() as u64;
        if let (Some(first), Some(last)) = (name.first_chunk(), name.last_chunk()) {
            let middle =
                name.get(8..16).and_then(<[u8]>::first_chunk).map_or(0, |m| u64::from_le_bytes(*m));
            let words = [u64::from_le_bytes(*first), middle, u64::from_le_bytes(*last), len];
            return (len <= 24).then_some(Spelling(words));
        }
        (len > 0).then(|| Spelling([short_word(name), 0, 0, len]))
    }

    #[inline(always)]
    fn place(self) -> usize {
        let [first, middle, last, len] = self.0;
        // The multiplier of FxHash.
        let hash = (first ^ middle.rotate_left(21) ^ last.rotate_left(42) ^ len)
            .wrapping_mul(0x517c_c1b7_2722_0a95);
        (hash >> 40) as usize % KNOWN
    }

    #[inline(always)]
    fn known(self) -> Option<Says> {
        LATELY.with(|all| {
            let place = self.place();
            // Two names of a line may have the same place.
            for (spelling, says) in [&all[place], &all[place ^ 1]] {
                if spelling.get() == self {
                    return Some(says.get());
                }
            }
            None
        })
    }

    #[cold]
    fn learn(self, name: &str) -> Says {
        let says = slot_of_any(name);
        LATELY.with(|all| {
            let (place, other) = (&all[self.place()], &all[self.place() ^ 1]);
            other.0.set(place.0.replace(self));
            other.1.set(place.1.replace(says));
        });
        says
    }
}

/// Spellings that a thread remembers; a power of two, far above the names of a line.
const KNOWN: usize = 256;

thread_local! {
    /// The spellings read lately: each line's names are mostly those of the line before, and to fold one and look it
    /// up is most of what a short field costs.
    static LATELY: [(Cell<Spelling>, Cell<Says>); KNOWN] =
        const { [const { (Cell::new(Spelling([0; 4])), Cell::new(None)) }; KNOWN] };
}

/// Places of the index; a power of two, at least three times the names.
const PLACES: usize = 2048;

/// A name, what it says, and its rank.
pub(super) type Row = (&'static str, Slot, u8);

/// The table, and behind it the names that tell a dialect.
static ROWS: [Row; TABLE.len() + marks()] = rows();

const fn rows() -> [Row; TABLE.len() + marks()] {
    let mut rows = [TABLE[0]; TABLE.len() + marks()];
    let mut at = 0;
    while at < TABLE.len() {
        rows[at] = TABLE[at];
        at += 1;
    }
    let mut dialect = 0;
    while dialect < NAMED.len() {
        let mut name = 0;
        while name < NAMED[dialect].names.len() {
            rows[at] = (NAMED[dialect].names[name], NAMED[dialect].mark, 1);
            (name, at) = (name + 1, at + 1);
        }
        dialect += 1;
    }
    rows
}

/// How many names tell a dialect.
const fn marks() -> usize {
    let mut marks = 0;
    let mut dialect = 0;
    while dialect < NAMED.len() {
        marks += NAMED[dialect].names.len();
        dialect += 1;
    }
    marks
}

/// What a name of the table says, as it stands there.
pub(super) const fn named(name: &str) -> Name {
    let mut row = 0;
    loop {
        let (known, slot, rank) = TABLE[row];
        if same(known.as_bytes(), name.as_bytes()) {
            return (slot, rank);
        }
        row += 1;
    }
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// Where each name is found: its row plus one, 0 for an empty place.
static INDEX: [u16; PLACES] = index();

/// The names as words, zeros behind them: compared without a call, and without a look at a text that
/// lies elsewhere.
static NAMES: [[u64; WORDS]; ROWS.len()] = names();

const fn names() -> [[u64; WORDS]; ROWS.len()] {
    let mut names = [[0; WORDS]; ROWS.len()];
    let mut row = 0;
    while row < ROWS.len() {
        let (name, len) = fold(ROWS[row].0);
        let mut at = 0;
        while at < len {
            names[row][at / 8] |= (name[at] as u64) << (at % 8 * 8);
            at += 1;
        }
        row += 1;
    }
    names
}

/// A name as it is compared, and its length.
const fn fold(name: &str) -> ([u8; BUFFER], usize) {
    let mut folded = [0; BUFFER];
    let (mut at, mut len) = (0, 0);
    while at < name.len() {
        let byte = FOLDED[name.as_bytes()[at] as usize];
        if byte != 0 {
            folded[len] = byte;
            len += 1;
        }
        at += 1;
    }
    (folded, len)
}

/// Each byte of a name in lower case; 0 for what a name is compared without. NUL stands as 1: neither
/// is in any name of the table.
static FOLDED: [u8; 256] = folded();

const fn folded() -> [u8; 256] {
    let mut folded = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        folded[byte] = match byte as u8 {
            b'_' | b'-' | b'.' | b':' | b'@' | b'$' | b'/' | b' ' | b'(' | b')' => 0,
            0 => 1,
            other => other.to_ascii_lowercase(),
        };
        byte += 1;
    }
    folded
}

/// Where the search for a name begins. Eight bytes at a time, as names are looked up for every value
/// of every line; they are ours, so nobody can choose them to collide.
const fn place(name: &[u8; BUFFER], len: usize) -> usize {
    let (words, _) = name.as_chunks::<8>();
    let mut hash = len as u64;
    let mut word = 0;
    while word < len / 8 {
        hash = mix(hash, u64::from_le_bytes(words[word]));
        word += 1;
    }
    if !len.is_multiple_of(8) {
        hash = mix(hash, u64::from_le_bytes(words[word]) & below(len % 8));
    }
    (hash >> 40) as usize % PLACES
}

const fn mix(hash: u64, word: u64) -> u64 {
    // The multiplier of FxHash.
    (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95)
}

const fn index() -> [u16; PLACES] {
    let mut index = [0; PLACES];
    let mut row = 0;
    while row < ROWS.len() {
        let (name, len) = fold(ROWS[row].0);
        let mut place = place(&name, len);
        while index[place] != 0 {
            place = (place + 1) % PLACES;
        }
        row += 1;
        index[place] = row as u16;
    }
    index
}

/// A level by its name, or by its number where a field is known to be a level: syslog's (0 to 7),
/// pino's and Bunyan's (10 to 60) or Monolog's (100 to 600).
pub(super) fn numbered_level(text: &str) -> Option<Level> {
    // Four letters in any case, the usual ones first.
    if text.eq_ignore_ascii_case("info") {
        return Some(Level::Info);
    }
    let numbered = match text {
        "0" | "600" => Level::Emerg,
        "1" | "550" => Level::Alert,
        "2" | "60" | "500" => Level::Crit,
        "3" | "50" | "400" => Level::Error,
        "4" | "40" | "300" => Level::Warn,
        "5" | "250" => Level::Notice,
        "6" | "30" | "200" => Level::Info,
        "7" | "20" | "100" => Level::Debug,
        "10" => Level::Trace,
        _ => return level(text),
    };
    Some(numbered)
}

/// A level by its name in any logger's spelling.
pub(super) fn level(text: &str) -> Option<Level> {
    const OTHERS: [(&str, Level); 8] = [
        ("information", Level::Info),
        ("verbose", Level::Trace),
        ("severe", Level::Error),
        ("dpanic", Level::Crit),
        ("fine", Level::Debug),
        ("finer", Level::Trace),
        ("finest", Level::Trace),
        ("http", Level::Info),
    ];
    // Go's slog writes levels between its own as `INFO+2`.
    let name = text.split(['+', '-']).next().unwrap_or(text);
    let other = || OTHERS.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    Level::from_name(name).or_else(|| other().map(|&(_, level)| level))
}

/// Sets the field that a `key=value` trailer names; an unknown key or an absent value is nothing.
pub(super) fn set_text<'a>(key: &str, value: &'a str, text: Reading, event: &mut Event<'a>) {
    if scan::plain(value).is_none() {
        return;
    }
    if let Some((slot, _)) = self::slot(key) {
        put(slot, value, text, event);
    }
}

/// Sets the field that a trailer's name says; an absent value is nothing.
#[inline(always)]
pub(super) fn put<'a>(slot: Slot, value: &'a str, text: Reading, event: &mut Event<'a>) {
    if scan::plain(value).is_none() {
        return;
    }
    match slot {
        Slot::Rt | Slot::RtBare | Slot::RtTaken => event.request_time_us = scan::duration_us(value),
        Slot::RtMs => event.request_time_us = scan::named_us(value, 1e3),
        Slot::RtUs => event.request_time_us = scan::named_us(value, 1.0),
        Slot::RtNs => event.request_time_us = scan::named_us(value, 1e-3),
        Slot::Ut | Slot::UtBare => event.upstream_time_us = scan::duration_us(value),
        Slot::UtMs => event.upstream_time_us = scan::named_us(value, 1e3),
        Slot::UtNs => event.upstream_time_us = scan::named_us(value, 1e-3),
        Slot::Upstream => event.upstream = text(value),
        Slot::Host => event.host = text(value),
        Slot::Scheme => event.scheme = text(value),
        Slot::TlsVersion => event.tls_version = text(value),
        Slot::TlsCipher => event.tls_cipher = text(value),
        Slot::Cache => event.cache_status = text(value),
        Slot::Mime => event.mime = text(value),
        Slot::Forwarded => event.x_forwarded_for = text(value),
        Slot::BytesIn => event.bytes_in = scan::bytes(value),
        Slot::Agent if event.user_agent.is_none() => event.user_agent = text(value),
        Slot::Referrer if event.referrer.is_none() => event.referrer = text(value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::strategy::Strategy as _;

    use super::*;

    #[test]
    fn the_table_is_sorted_and_folded() {
        assert!(TABLE.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(ROWS.len() * 3 <= PLACES);
        for (key, slot, rank) in TABLE {
            assert_eq!(self::slot(key), Some((*slot, *rank)), "{key}");
        }
        for (key, ..) in TABLE {
            assert!(
                key.len() <= NAME_MAX / 2
                    && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()),
                "{key}"
            );
        }
    }

    proptest::proptest! {
        /// Few letters, so that names differ in one place only and share their places.
        #[test]
        fn a_name_says_the_same_whatever_was_read_before(names in proptest::collection::vec(
            proptest::prop_oneof![
                "[ab]{0,30}".boxed(),
                (0..TABLE.len(), "[_-]{0,2}").prop_map(|(row, more)| format!("{more}{}", TABLE[row].0)).boxed(),
            ],
            0..60,
        )) {
            for name in &names {
                proptest::prop_assert_eq!(self::slot(name), slot_of_any(name), "{}", name);
                proptest::prop_assert_eq!(self::slot(name), slot_of_any(name), "{}", name);
            }
        }

        #[test]
        fn eight_letters_at_a_time_fold_as_one_by_one(keys in "[ -~é]{0,30}", more in "[A-Za-z_]{0,20}") {
            let mut path = Path::default();
            let mut each = Path::default();
            for key in [keys.as_str(), more.as_str()] {
                path.push(key);
                for at in 0..key.len() {
                    each.len = each.put(&key.as_bytes()[at..=at], None, each.len);
                }
            }
            // `[` may become `{`: neither is in a name.
            let folded = |path: &Path| path.bytes[..path.len].iter().map(|b| b | 0x20).collect::<Vec<_>>();
            proptest::prop_assert_eq!(folded(&path), folded(&each));
        }
    }

    #[test]
    fn a_name_that_tells_a_dialect_says_nothing_else() {
        let mut names = std::collections::HashSet::new();
        for &(name, slot, rank) in &ROWS {
            assert!(names.insert(fold(name)), "{name} is there twice");
            assert_eq!(self::slot(name), Some((slot, rank)), "{name}");
        }
    }

    #[test]
    fn spellings_of_one_name_are_one_name() {
        for spelling in ["remote_addr", "remoteAddr", "$remote_addr", "Remote-Addr", "remote.addr"]
        {
            assert_eq!(slot(spelling).map(|(slot, _)| slot), Some(Slot::Client), "{spelling}");
        }
    }
}

//! Searches in short texts, without a call: most fields of a line end within a block or two of sixteen bytes,
//! where the way into a search for long texts costs more than the search.
//!
//! A block is compared as a whole: the loops over it have no way out before its end, so that they become two
//! or three vector instructions.

const BLOCK: usize = 16;
const WORD: usize = 8;
const ONES: u64 = u64::from_le_bytes([0x01; WORD]);
const HIGHS: u64 = u64::from_le_bytes([0x80; WORD]);

/// Where the byte stands first.
#[inline]
pub(crate) fn find(bytes: &[u8], needle: u8) -> Option<usize> {
    first_of(bytes, [needle])
}

/// Where one of these bytes stands first.
#[inline]
pub(crate) fn first_of<const N: usize>(bytes: &[u8], needles: [u8; N]) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    for (n, block) in blocks.iter().enumerate() {
        let found = needles.iter().fold(0, |found, needle| found | places(block, *needle));
        if found != 0 {
            return Some(n * BLOCK + found.trailing_zeros() as usize);
        }
    }
    // Looking twice at a byte does no harm.
    if let Some(last) = bytes.last_chunk::<BLOCK>() {
        let found = match rest {
            [] => 0,
            _ => needles.iter().fold(0, |found, needle| found | places(last, *needle)),
        };
        return (found != 0).then(|| bytes.len() - BLOCK + found.trailing_zeros() as usize);
    }
    let (Some(first), Some(last)) = (rest.first_chunk(), rest.last_chunk()) else {
        return rest.iter().position(|b| needles.contains(b));
    };
    // Of each needle the lowest bit is right, so the lowest of all is.
    let any = |word| needles.iter().fold(0, |found, needle| found | equal(word, *needle));
    match (any(first), any(last)) {
        (0, 0) => None,
        (0, found) => Some(rest.len() - WORD + place(found)),
        (found, _) => Some(place(found)),
    }
}

/// Whether one of the bytes is such a one; `is` should have no branches.
#[inline]
pub(crate) fn any(bytes: &[u8], is: impl Fn(u8) -> bool + Copy) -> bool {
    let (blocks, rest) = bytes.as_chunks::<BLOCK>();
    if blocks.iter().any(|block| holds(block, is)) {
        return true;
    }
    // Looking twice at a byte does no harm.
    if let Some(last) = bytes.last_chunk::<BLOCK>() {
        return !rest.is_empty() && holds(last, is);
    }
    match (rest.first_chunk::<WORD>(), rest.last_chunk::<WORD>()) {
        (Some(first), Some(last)) => holds(first, is) | holds(last, is),
        _ => rest.iter().any(|&b| is(b)),
    }
}

/// Whether two texts are equal; short ones, as most are, are compared without a call.
#[inline]
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    #[inline(always)]
    fn ends<const N: usize>(a: &[u8], b: &[u8]) -> bool {
        a.first_chunk::<N>() == b.first_chunk::<N>() && a.last_chunk::<N>() == b.last_chunk::<N>()
    }
    a.len() == b.len()
        && match a.len() {
            2..4 => ends::<2>(a, b),
            4..8 => ends::<4>(a, b),
            8..=16 => ends::<8>(a, b),
            17..=32 => ends::<16>(a, b),
            33..=64 => ends::<32>(a, b),
            _ => a == b,
        }
}

/// What follows `start` at the front of the bytes.
#[inline]
pub(crate) fn behind<'a>(start: &[u8], bytes: &'a [u8]) -> Option<&'a [u8]> {
    let (front, rest) = bytes.split_at_checked(start.len())?;
    same(front, start).then_some(rest)
}

#[inline(always)]
fn holds<const N: usize>(bytes: &[u8; N], is: impl Fn(u8) -> bool) -> bool {
    bytes.iter().fold(false, |any, &b| any | is(b))
}

/// The bit of the first byte that is the needle, the lowest for the first byte of the block, and perhaps those of bytes
/// behind it.
///
/// From loops the compiler makes the comparison and throws away where it was true: without this a usual line took 190
/// instructions more, of 4,200 (`counts line`).
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn places(block: &[u8; BLOCK], needle: u8) -> u32 {
    use std::arch::x86_64::{_mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_set1_epi8};
    // SAFETY: these are SSE2's, which each x86-64 has, and the load is of the 16 bytes that are lent, wherever they lie.
    unsafe {
        let bytes = _mm_loadu_si128(block.as_ptr().cast());
        let equal = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(needle.cast_signed()));
        _mm_movemask_epi8(equal).cast_unsigned()
    }
}

#[cfg(not(target_arch = "x86_64"))]
use places_by_words as places;

/// As `places`, on any machine.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
fn places_by_words(block: &[u8; BLOCK], needle: u8) -> u32 {
    let (Some(first), Some(last)) = (block.first_chunk(), block.last_chunk()) else { return 0 };
    match (equal(first, needle), equal(last, needle)) {
        (0, 0) => 0,
        (0, found) => 1 << (WORD + place(found)),
        (found, _) => 1 << place(found),
    }
}

/// The high bit of the first byte of the word that is the needle, and perhaps those of bytes behind it.
#[inline(always)]
fn equal(word: &[u8; WORD], needle: u8) -> u64 {
    let differs = u64::from_le_bytes(*word) ^ ONES.wrapping_mul(u64::from(needle));
    differs.wrapping_sub(ONES) & !differs & HIGHS
}

#[inline(always)]
fn place(found: u64) -> usize {
    found.trailing_zeros() as usize / WORD
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{behind, find, first_of, same};

    proptest! {
        #[test]
        fn the_first_place_in_a_block_is_the_same_on_any_machine(
            bytes in prop::array::uniform16(0_u8..4),
            shift in prop::sample::select(vec![0_u8, 0x20, 0x7e, 0xfc]),
            needle in 0_u8..4,
        ) {
            let (bytes, needle) = (bytes.map(|b| b + shift), needle + shift);
            let first = |found: u32| (found != 0).then(|| found.trailing_zeros() as usize);
            let expected = bytes.iter().position(|&b| b == needle);
            prop_assert_eq!(first(super::places(&bytes, needle)), expected);
            prop_assert_eq!(first(super::places_by_words(&bytes, needle)), expected);
        }

        #[test]
        fn a_short_way_finds_what_the_long_one_does(
            bytes in prop::collection::vec(0_u8..6, 0..80),
            from in 0_usize..80,
            needle in 0_u8..6,
            shift in prop::sample::select(vec![0_u8, 0x20, 0x7d, 0xfa]),
        ) {
            let bytes: Vec<u8> = bytes.iter().map(|b| b + shift).collect();
            let bytes = &bytes[from.min(bytes.len())..];
            let needle = needle + shift;
            prop_assert_eq!(find(bytes, needle), bytes.iter().position(|&b| b == needle));
            let needles = [needle, 0x7f, shift];
            prop_assert_eq!(first_of(bytes, needles), bytes.iter().position(|b| needles.contains(b)));
            prop_assert_eq!(super::any(bytes, |b| b == needle), bytes.contains(&needle));
            let few = |b: u8| (b == needle) | (b == 0x7f);
            prop_assert_eq!(super::any(bytes, few), bytes.iter().any(|&b| few(b)));
        }

        #[test]
        fn texts_are_the_same_where_each_byte_is(
            bytes in prop::collection::vec(any::<u8>(), 0..140),
            change in prop::option::of((any::<prop::sample::Index>(), 1_u8..)),
            rest in prop::collection::vec(any::<u8>(), 0..3),
        ) {
            let mut other = bytes.clone();
            if let Some((at, by)) = change.filter(|_| !bytes.is_empty()) {
                other[at.index(bytes.len())] ^= by;
            }
            prop_assert_eq!(same(&bytes, &other), bytes == other);
            let longer = [&other[..], &rest].concat();
            prop_assert_eq!(same(&bytes, &longer), bytes == longer);
            prop_assert_eq!(behind(&bytes, &longer), longer.strip_prefix(&bytes[..]));
        }
    }
}

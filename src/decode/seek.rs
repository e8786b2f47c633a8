//! Searches in short texts, without a call: most fields of a line end within a block or two of sixteen bytes,
//! where the way into a search for long texts costs more than the search.
//!
//! A block is compared as a whole: the loops over it have no way out before its end, so that they become two
//! or three vector instructions.

const BLOCK: usize = 16;
const WORD: usize = 8;
/// Bytes that a word has a bit for each of.
const MANY: usize = 64;
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

/// The places of all bytes that are `mark`, where there are just so many and none is one of `never`.
///
/// How far one place is from the next says nothing about the one behind, so to look for one after the other is to guess
/// wrong at the end of each look. Here 64 bytes are compared at once and as many places written down as there can be,
/// whether they are there or not.
#[inline(always)]
pub(crate) fn marks<const N: usize>(bytes: &[u8], mark: u8, never: [u8; 2]) -> Option<[usize; N]> {
    let mut found = [[0; N]; 2];
    let found = found.as_flattened_mut();
    let (mut count, mut wrong) = (0, 0);
    let mut take = |mut marked: u64, from: usize| {
        if let Some(places) = found.get_mut(count..count + N) {
            count += marked.count_ones() as usize;
            for place in places {
                *place = from + marked.trailing_zeros() as usize;
                marked &= marked.wrapping_sub(1);
            }
        }
        marked == 0
    };
    let (words, rest) = bytes.as_chunks::<MANY>();
    let mut all = true;
    for (n, word) in words.iter().enumerate() {
        let (marked, never) = marked(word, mark, never);
        wrong |= never;
        all &= take(marked, n * MANY);
    }
    if !rest.is_empty() {
        let mut padded = [0; MANY];
        let word = bytes.last_chunk::<MANY>().unwrap_or_else(|| {
            padded[MANY - rest.len()..].copy_from_slice(rest);
            &padded
        });
        let (marked, never) = marked(word, mark, never);
        wrong |= never;
        all &= take(marked >> (MANY - rest.len()), words.len() * MANY);
    }
    let whole = all && wrong == 0 && count == N;
    found.first_chunk().copied().filter(|_| whole)
}

/// Where the bytes are `mark`, the lowest bit for the first one; and something else than 0 where one is one of `never`.
#[inline(always)]
fn marked(word: &[u8; MANY], mark: u8, never: [u8; 2]) -> (u64, u32) {
    let (blocks, _) = word.as_chunks::<BLOCK>();
    let (mut marked, mut wrong) = (0, 0);
    for (n, block) in blocks.iter().enumerate() {
        marked |= u64::from(every(block, [mark])) << (n * BLOCK);
        wrong |= every(block, never);
    }
    (marked, wrong)
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

/// The bits of all bytes that are one of the needles, the lowest for the first byte of the block.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn every<const N: usize>(block: &[u8; BLOCK], needles: [u8; N]) -> u32 {
    use std::arch::x86_64::{
        _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm_or_si128, _mm_set1_epi8,
        _mm_setzero_si128,
    };
    // SAFETY: as in `places`.
    unsafe {
        let bytes = _mm_loadu_si128(block.as_ptr().cast());
        let equal = needles.iter().fold(_mm_setzero_si128(), |equal, needle| {
            let needle = _mm_set1_epi8(needle.cast_signed());
            _mm_or_si128(equal, _mm_cmpeq_epi8(bytes, needle))
        });
        _mm_movemask_epi8(equal).cast_unsigned()
    }
}

#[cfg(not(target_arch = "x86_64"))]
use every_by_bytes as every;

/// As `every`, on any machine.
#[cfg(any(test, not(target_arch = "x86_64")))]
#[inline(always)]
fn every_by_bytes<const N: usize>(block: &[u8; BLOCK], needles: [u8; N]) -> u32 {
    block.iter().rev().fold(0, |bits, byte| bits << 1 | u32::from(needles.contains(byte)))
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
        fn marks_are_found_where_there_are_just_so_many(
            bytes in prop::collection::vec(prop_oneof![60 => 3_u8..255, 1 => 0_u8..3], 0..300),
            more in prop::collection::vec(any::<prop::sample::Index>(), 0..4),
            never in 1_u8..=4,
        ) {
            let mut bytes = bytes;
            for at in more.iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
                let at = at.index(bytes.len());
                bytes[at] = 0;
            }
            let places: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] == 0).collect();
            let wrong = bytes.iter().any(|&b| b == never || b == 2);
            let expected = |count: usize| (places.len() == count && !wrong).then(|| places.clone());
            let found = |places: Option<&[usize]>| places.map(<[usize]>::to_vec);
            prop_assert_eq!(found(super::marks::<1>(&bytes, 0, [never, 2]).as_ref().map(|p| &p[..])), expected(1));
            prop_assert_eq!(found(super::marks::<3>(&bytes, 0, [never, 2]).as_ref().map(|p| &p[..])), expected(3));
            prop_assert_eq!(found(super::marks::<5>(&bytes, 0, [never, 2]).as_ref().map(|p| &p[..])), expected(5));
        }

        #[test]
        fn every_place_in_a_block_is_the_same_on_any_machine(
            bytes in prop::array::uniform16(0_u8..4),
            needles in prop::array::uniform2(0_u8..5),
        ) {
            prop_assert_eq!(super::every(&bytes, needles), super::every_by_bytes(&bytes, needles));
        }

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

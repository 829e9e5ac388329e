//! Sorting by counting: keys whole, or words by their upper half.
//!
//! Few keys go through the standard library's comparison sort. Many are distributed by digits of
//! the bits that vary among them.

use crate::error::Result;
use crate::runtime::Cancel;
use crate::runtime::memory::{filled, make_room};

/// An unsigned integer that can be sorted by its digits.
pub trait Key: Copy + Ord + Default {
    /// The bits of `self - least` from `shift` upwards.
    fn above(self, least: Self, shift: u32) -> u64;
}

impl Key for u64 {
    #[inline]
    fn above(self, least: Self, shift: u32) -> u64 {
        (self - least) >> shift
    }
}

impl Key for u32 {
    #[inline]
    fn above(self, least: Self, shift: u32) -> u64 {
        u64::from((self - least) >> shift)
    }
}

/// The widest digit: its counters fit a level-one cache.
const DIGIT_BITS: u32 = 11;
const DIGITS: usize = 1 << DIGIT_BITS;

/// Keys that are moved between two looks at the cancel flag.
const CHUNK: usize = 1 << 20;

/// Sorts fewer than 2³² keys.
///
/// At most three digits of 11 bits are counted; keys that still agree after 33 bits stand next to
/// each other then, and only those short runs are compared. Three passes over memory instead of
/// six. O(n) for large inputs, O(n log n) below some thousand keys.
///
/// # Errors
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub fn sort_keys<K: Key>(mut keys: Vec<K>, cancel: &Cancel) -> Result<Vec<K>> {
    // Below this size the counting tables cost more than they save.
    const SMALL: usize = 1024;
    const MOST_PASSES: u32 = 3;
    if keys.len() < SMALL {
        keys.sort_unstable();
        return Ok(keys);
    }
    let (least, greatest) = keys.iter().fold((keys[0], keys[0]), |(low, high), &key| (low.min(key), high.max(key)));
    let bits = 64 - greatest.above(least, 0).leading_zeros();
    let passes = bits.div_ceil(DIGIT_BITS).min(MOST_PASSES);
    let shift = bits.saturating_sub(passes * DIGIT_BITS);

    let mut counts = vec![[0u32; DIGITS]; passes as usize];
    for chunk in keys.chunks(CHUNK) {
        cancel.check()?;
        for key in chunk {
            let above = key.above(least, shift);
            for (pass, counts) in counts.iter_mut().enumerate() {
                counts[(above >> (pass as u32 * DIGIT_BITS)) as usize % DIGITS] += 1;
            }
        }
    }
    let mut moved = filled(K::default(), keys.len())?;
    for (pass, counts) in counts.iter_mut().enumerate() {
        if counts.iter().any(|&count| count as usize == keys.len()) {
            continue;
        }
        let down = shift + pass as u32 * DIGIT_BITS;
        distribute(&keys, &mut moved, counts, |key| key.above(least, down) as usize % DIGITS, cancel)?;
        std::mem::swap(&mut keys, &mut moved);
    }
    if shift > 0 {
        sort_runs(&mut keys, |key| key.above(least, shift), cancel)?;
    }
    Ok(keys)
}

/// Sorts keys whose `prefix` is in order already.
fn sort_runs<K: Key>(keys: &mut [K], prefix: impl Fn(K) -> u64, cancel: &Cancel) -> Result<()> {
    let (mut begin, mut next_check) = (0, 0);
    while begin < keys.len() {
        if begin >= next_check {
            cancel.check()?;
            next_check = begin + CHUNK;
        }
        let shared = prefix(keys[begin]);
        let mut end = begin + 1;
        while end < keys.len() && prefix(keys[end]) == shared {
            end += 1;
        }
        if end - begin == 2 {
            if keys[begin] > keys[begin + 1] {
                keys.swap(begin, begin + 1);
            }
        } else if end - begin > 2 {
            keys[begin..end].sort_unstable();
        }
        begin = end;
    }
    Ok(())
}

/// Sorts fewer than 2³² words by their upper half, whose values lie between `low` and `high`;
/// words with the same upper half come in any order.
///
/// Distributes by no more bits than that range has. O(n). `spare` is room that is used again.
///
/// # Errors
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub fn sort_words(words: &mut Vec<u64>, spare: &mut Vec<u64>, low: u32, high: u32, cancel: &Cancel) -> Result<()> {
    const NARROW_BITS: u32 = 8;
    let bits = u32::BITS - (high - low).leading_zeros();
    let passes = bits.div_ceil(if words.len() < 2048 { NARROW_BITS } else { DIGIT_BITS });
    if passes == 0 {
        return Ok(());
    }
    if words.len() < 48 * passes as usize {
        words.sort_unstable();
        return Ok(());
    }
    make_room(spare, words.len().saturating_sub(spare.len()))?;
    spare.resize(words.len(), 0);
    let digit_bits = bits.div_ceil(passes);
    for pass in 0..passes {
        let shift = pass * digit_bits;
        // Clearing more counters than a short pass needs would cost as much as the pass.
        if digit_bits <= NARROW_BITS {
            pass_over(words, spare, &mut [0; 1 << NARROW_BITS], low, shift, digit_bits, cancel)?;
        } else {
            pass_over(words, spare, &mut [0; DIGITS], low, shift, digit_bits, cancel)?;
        }
        std::mem::swap(words, spare);
    }
    Ok(())
}

/// One pass over `digit_bits` bits of the upper halves, counted from `shift`.
fn pass_over(
    words: &[u64],
    spare: &mut [u64],
    counts: &mut [u32],
    low: u32,
    shift: u32,
    digit_bits: u32,
    cancel: &Cancel,
) -> Result<()> {
    let counts = &mut counts[..1 << digit_bits];
    let mask = counts.len() - 1;
    let digit = |word: u64| (((word >> 32) as u32 - low) >> shift) as usize & mask;
    for &word in words {
        counts[digit(word)] += 1;
    }
    distribute(words, spare, counts, digit, cancel)
}

/// Moves every key behind those of lower digits, and of the same digit; `counts` says how many
/// keys each digit has.
#[inline]
fn distribute<K: Key>(
    keys: &[K],
    moved: &mut [K],
    counts: &mut [u32],
    digit: impl Fn(K) -> usize,
    cancel: &Cancel,
) -> Result<()> {
    let mut next = 0;
    for count in counts.iter_mut() {
        next += std::mem::replace(count, next);
    }
    for chunk in keys.chunks(CHUNK) {
        cancel.check()?;
        for &key in chunk {
            let place = &mut counts[digit(key)];
            moved[*place as usize] = key;
            *place += 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_are_sorted_by_their_upper_half_and_none_is_lost(
            words in prop::collection::vec((0u32..100_000, any::<u32>()), 1..3000), offset in 0u32..5000, room in 0usize..4000,
        ) {
            let upper = || words.iter().map(|&(upper, _)| upper + offset);
            let mut sorted: Vec<u64> =
                upper().zip(&words).map(|(upper, &(_, lower))| u64::from(upper) << 32 | u64::from(lower)).collect();
            let mut expected = sorted.clone();
            let (low, high) = (upper().min().unwrap_or(0), upper().max().unwrap_or(0));
            sort_words(&mut sorted, &mut vec![7; room], low, high, &Cancel::new())?;
            prop_assert!(sorted.windows(2).all(|pair| pair[0] >> 32 <= pair[1] >> 32));
            sorted.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(sorted, expected);
        }

        #[test]
        fn keys_are_sorted(keys in prop::collection::vec(any::<u64>(), 0..3000), shift in 0u32..64) {
            let keys: Vec<u64> = keys.into_iter().map(|key| key >> shift).collect();
            let mut expected = keys.clone();
            expected.sort_unstable();
            prop_assert_eq!(sort_keys(keys, &Cancel::new())?, expected);
        }
    }

    #[test]
    fn a_request_stops_both() {
        let cancel = Cancel::new();
        cancel.request();
        let keys: Vec<u64> = (0..5000).rev().map(|key| key << 32).collect();
        assert!(sort_keys(keys.clone(), &cancel).is_err());
        assert!(sort_words(&mut keys.clone(), &mut Vec::new(), 0, 4999, &cancel).is_err());
    }
}

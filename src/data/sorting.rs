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

/// A number and the row that it belongs to.
impl Key for (u64, u32) {
    #[inline]
    fn above(self, least: Self, shift: u32) -> u64 {
        (self.0 - least.0) >> shift
    }
}

/// Two numbers in one word that sorts by the upper one first.
pub trait Word: Copy + Ord + Default {
    /// A word of two numbers, which must fit its halves.
    fn new(upper: u32, lower: u32) -> Self;
    /// The upper half.
    fn upper(self) -> u32;
    /// The lower half.
    fn lower(self) -> u32;
    /// The largest word of all.
    const LAST: Self;
}

impl Word for u64 {
    const LAST: Self = Self::MAX;

    #[inline]
    fn new(upper: u32, lower: u32) -> Self {
        Self::from(upper) << 32 | Self::from(lower)
    }

    #[inline]
    fn upper(self) -> u32 {
        (self >> 32) as u32
    }

    #[inline]
    fn lower(self) -> u32 {
        self as u32
    }
}

/// A word of 32 bits, of which `LOWER` are for the lower number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Packed<const LOWER: u32>(u32);

impl<const LOWER: u32> Packed<LOWER> {
    /// Whether there is room for upper numbers up to `most`, and so many lower ones.
    #[inline]
    pub fn fits(most: u32, count: usize) -> bool {
        most >> (u32::BITS - LOWER) == 0 && count <= 1 << LOWER
    }
}

impl<const LOWER: u32> Word for Packed<LOWER> {
    const LAST: Self = Self(u32::MAX);

    #[inline]
    fn new(upper: u32, lower: u32) -> Self {
        Self(upper << LOWER | lower)
    }

    #[inline]
    fn upper(self) -> u32 {
        self.0 >> LOWER
    }

    #[inline]
    fn lower(self) -> u32 {
        self.0 & ((1 << LOWER) - 1)
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
/// words with the same upper half come in the order of their lower one, or as they came.
///
/// Few words are sorted by rank, more by comparison, many by no more bits than that range has.
/// `spare` is room that is used again.
///
/// # Errors
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub fn sort_words<W: Word>(words: &mut Vec<W>, spare: &mut Vec<W>, low: u32, high: u32, cancel: &Cancel) -> Result<()> {
    match words.len() {
        ..=4 => sort_up_to_four(words),
        5..=8 => sort_by_rank::<W, 8>(words),
        9..=16 => sort_by_rank::<W, 16>(words),
        17..=32 => sort_by_rank::<W, 32>(words),
        length => {
            // The bits above are the same for all.
            let bits = u32::BITS - (high ^ low).leading_zeros();
            if length < 6 * bits as usize {
                words.sort_unstable();
                return Ok(());
            }
            make_room(spare, length.saturating_sub(spare.len()))?;
            spare.resize(length, W::default());
            // Clearing more counters than a short pass needs would cost as much as the pass.
            let passes = bits.div_ceil(if length < 2048 { 8 } else { DIGIT_BITS });
            let digit_bits = bits.div_ceil(passes.max(1));
            for pass in 0..passes {
                let shift = pass * digit_bits;
                if digit_bits <= 8 {
                    pass_over::<W, 256>(words, spare, shift, digit_bits, cancel)?;
                } else {
                    pass_over::<W, DIGITS>(words, spare, shift, digit_bits, cancel)?;
                }
                std::mem::swap(words, spare);
            }
        }
    }
    Ok(())
}

/// Sorts up to four words by exchanges that need no branches.
fn sort_up_to_four<W: Word>(words: &mut [W]) {
    let exchange = |words: &mut [W], a: usize, b: usize| {
        let (low, high) = (words[a].min(words[b]), words[a].max(words[b]));
        (words[a], words[b]) = (low, high);
    };
    match words.len() {
        2 => exchange(words, 0, 1),
        3 => [(0, 1), (1, 2), (0, 1)].into_iter().for_each(|(a, b)| exchange(words, a, b)),
        4 => [(0, 1), (2, 3), (0, 2), (1, 3), (1, 2)].into_iter().for_each(|(a, b)| exchange(words, a, b)),
        _ => {}
    }
}

/// Sorts up to `N` distinct words: each goes to the place that as many others lie below. Comparing
/// all with all costs less than branches that cannot be foretold.
fn sort_by_rank<W: Word, const N: usize>(words: &mut [W]) {
    let (mut padded, mut sorted, mut ranks) = ([W::LAST; N], [W::default(); N], [0u32; N]);
    padded[..words.len()].copy_from_slice(words);
    for &other in &padded {
        for (rank, &word) in ranks.iter_mut().zip(&padded) {
            *rank += u32::from(other < word);
        }
    }
    for (&rank, &word) in ranks.iter().zip(&padded) {
        sorted[rank as usize % N] = word;
    }
    words.copy_from_slice(&sorted[..words.len()]);
}

/// One pass over `digit_bits` bits of the upper halves, counted from `shift`; `N` counters are
/// enough for them.
fn pass_over<W: Word, const N: usize>(
    words: &[W],
    spare: &mut [W],
    shift: u32,
    digit_bits: u32,
    cancel: &Cancel,
) -> Result<()> {
    let mut counts = [0u32; N];
    // The second mask is for the compiler, which then sees that digits are below N.
    let mask = (1 << digit_bits) - 1;
    let digit = |word: W| (word.upper() >> shift & mask) as usize % N;
    for &word in words {
        counts[digit(word)] += 1;
    }
    let mut next = 0;
    for count in &mut counts[..1 << digit_bits] {
        next += std::mem::replace(count, next);
    }
    for chunk in words.chunks(CHUNK) {
        cancel.check()?;
        for &word in chunk {
            let place = &mut counts[digit(word)];
            spare[*place as usize] = word;
            *place += 1;
        }
    }
    Ok(())
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

//! Sorting a node's words by code.

/// Sorts words by their upper half, whose values lie between `low` and `high`.
///
/// Few words are compared; many are distributed by radix, over no more bits than the node's range
/// of codes has. Linear in the number of words.
pub(super) fn sort_by_code(keys: &mut Vec<u64>, spare: &mut Vec<u64>, low: u32, high: u32) {
    let bits = u32::BITS - (high - low).leading_zeros();
    let digit_bits = if keys.len() < 2048 { 8 } else { 11 };
    let passes = bits.div_ceil(digit_bits);
    if passes == 0 {
        return;
    }
    if keys.len() < 48 * passes as usize {
        keys.sort_unstable();
        return;
    }
    spare.resize(keys.len(), 0);
    let digit_bits = bits.div_ceil(passes);
    for pass in 0..passes {
        // Clearing more counters than a short pass needs would cost as much as the pass.
        let shift = pass * digit_bits;
        if digit_bits <= 8 {
            distribute(&mut [0; 1 << 8], keys, spare, low, shift, digit_bits);
        } else {
            distribute(&mut [0; 1 << 11], keys, spare, low, shift, digit_bits);
        }
        std::mem::swap(keys, spare);
    }
}

/// One stable pass over `digit_bits` bits of the code, counted from `shift`.
fn distribute(starts: &mut [u32], keys: &[u64], spare: &mut [u64], low: u32, shift: u32, digit_bits: u32) {
    let starts = &mut starts[..1 << digit_bits];
    let mask = starts.len() - 1;
    let digit = |key: u64| (((key >> 32) as u32 - low) >> shift) as usize & mask;
    for &key in keys {
        starts[digit(key)] += 1;
    }
    let mut next = 0;
    for start in starts.iter_mut() {
        next += std::mem::replace(start, next);
    }
    for &key in keys {
        let place = &mut starts[digit(key)];
        spare[*place as usize] = key;
        *place += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn words_are_sorted_by_code_and_none_is_lost(words in prop::collection::vec((0u32..100_000, any::<u32>()), 1..3000), offset in 0u32..5000) {
            let mut keys: Vec<u64> = words.iter().map(|&(code, low)| u64::from(code + offset) << 32 | u64::from(low)).collect();
            let mut expected = keys.clone();
            let codes = || words.iter().map(|&(code, _)| code + offset);
            let (low, high) = (codes().min().unwrap_or(0), codes().max().unwrap_or(0));
            sort_by_code(&mut keys, &mut Vec::new(), low, high);
            prop_assert!(keys.windows(2).all(|pair| pair[0] >> 32 <= pair[1] >> 32));
            keys.sort_unstable();
            expected.sort_unstable();
            prop_assert_eq!(keys, expected);
        }
    }
}

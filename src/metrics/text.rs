//! Dictionary encoding: text labels become their places among the distinct ones.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// Gives each distinct value a number in the order of first sight, and keeps a copy of it.
#[derive(Debug)]
pub struct Dictionary<T: ToOwned + ?Sized> {
    codes: HashMap<T::Owned, u32, BuildHasherDefault<Mixer>>,
    values: Vec<T::Owned>,
}

impl<T: ToOwned + Hash + Eq + ?Sized> Dictionary<T>
where
    T::Owned: Hash + Ord + Clone,
{
    /// An empty dictionary.
    pub fn new() -> Self {
        Self { codes: HashMap::default(), values: Vec::new() }
    }

    /// The number of `value`. O(length of the value).
    #[inline]
    pub fn code(&mut self, value: &T) -> u32 {
        if let Some(&code) = self.codes.get(value) {
            return code;
        }
        let code = self.values.len() as u32;
        self.codes.insert(value.to_owned(), code);
        self.values.push(value.to_owned());
        code
    }

    /// The distinct values in increasing order, and for each number the place of its value.
    pub fn into_sorted(self) -> (Vec<T::Owned>, Vec<i64>) {
        let mut order: Vec<u32> = (0..self.values.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| self.values[a as usize].cmp(&self.values[b as usize]));
        let mut places = vec![0; order.len()];
        for (place, &code) in order.iter().enumerate() {
            places[code as usize] = place as i64;
        }
        let mut values = self.values;
        values.sort_unstable();
        (values, places)
    }
}

impl<T: ToOwned + Hash + Eq + ?Sized> Default for Dictionary<T>
where
    T::Owned: Hash + Ord + Clone,
{
    fn default() -> Self {
        Self::new()
    }
}

/// A quick hash of short text. Labels come from the caller's own data, so resistance to crafted
/// collisions is not needed.
#[derive(Debug, Default)]
struct Mixer(u64);

impl Mixer {
    #[inline]
    fn mix(&mut self, word: u64) {
        let product = u128::from(self.0 ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        self.0 = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for Mixer {
    fn write(&mut self, bytes: &[u8]) {
        let words = bytes.chunks_exact(8);
        let mut last = [0; 8];
        last[..words.remainder().len()].copy_from_slice(words.remainder());
        for word in words {
            self.mix(u64::from_le_bytes(word.try_into().unwrap_or_default()));
        }
        self.mix(u64::from_le_bytes(last) ^ (bytes.len() as u64) << 56);
    }

    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn codes_lead_back_to_their_values(words in prop::collection::vec(".{0,12}", 0..60)) {
            let mut dictionary = Dictionary::new();
            let codes: Vec<u32> = words.iter().map(|word| dictionary.code(word.as_str())).collect();
            let (values, places) = dictionary.into_sorted();
            prop_assert!(values.windows(2).all(|pair| pair[0] < pair[1]));
            for (word, code) in words.iter().zip(codes) {
                prop_assert_eq!(word.as_str(), &values[places[code as usize] as usize]);
            }
        }
    }
}

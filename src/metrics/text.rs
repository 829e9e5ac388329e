//! Dictionary encoding: text labels become their places among the distinct ones.

use std::collections::HashMap;
use std::hash::Hash;

/// Gives each distinct value a number in the order of first sight, and keeps a copy of it.
///
/// The standard hash is used, whose key differs from process to process: labels can come from
/// strangers, who must not be able to choose such as collide.
#[derive(Debug)]
pub struct Dictionary<T: ToOwned + ?Sized> {
    codes: HashMap<T::Owned, u32>,
}

impl<T: ToOwned + Hash + Eq + ?Sized> Dictionary<T>
where
    T::Owned: Hash + Ord,
{
    /// An empty dictionary.
    pub fn new() -> Self {
        Self { codes: HashMap::new() }
    }

    /// The number of `value`. O(length of the value).
    #[inline]
    pub fn code(&mut self, value: &T) -> u32 {
        if let Some(&code) = self.codes.get(value) {
            return code;
        }
        let code = self.codes.len() as u32;
        self.codes.insert(value.to_owned(), code);
        code
    }

    /// The distinct values in increasing order, and for each number the place of its value.
    pub fn into_sorted(self) -> (Vec<T::Owned>, Vec<i64>) {
        let mut places = vec![0; self.codes.len()];
        let mut entries: Vec<(T::Owned, u32)> = self.codes.into_iter().collect();
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        for (place, &(_, code)) in entries.iter().enumerate() {
            places[code as usize] = place as i64;
        }
        (entries.into_iter().map(|(value, _)| value).collect(), places)
    }
}

impl<T: ToOwned + Hash + Eq + ?Sized> Default for Dictionary<T>
where
    T::Owned: Hash + Ord,
{
    fn default() -> Self {
        Self::new()
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

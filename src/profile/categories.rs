//! Texts and how often they occur: all of them while they are few, the frequent ones beyond.
//!
//! Reference: Misra and Gries, "Finding repeated elements", 1982; Agarwal and others, "Mergeable summaries", 2012.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::distinct::Distinct;
use crate::error::{Error, Result};
use crate::persistence::decoding::{counted, grown};
use crate::runtime::mix;

/// Up to so many categories are counted one by one.
pub const MOST_CATEGORIES: usize = 4096;

/// Bytes of a category that are kept; of longer texts what they begin with, and a hash.
const LONGEST: usize = 256;

const KEY: u64 = 0x6361_7465_676f_7279;

/// The texts of a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Categories {
    /// How many texts there are.
    pub count: u64,
    /// Categories in the order of their texts, and how often each occurs at least.
    #[serde(deserialize_with = "grown")]
    entries: Vec<Entry>,
    /// By how much every count may be too small, those that are not listed included.
    pub lost: u64,
    /// How many distinct texts there are.
    pub distinct: Distinct,
    /// The characters of the shortest text, of the longest, and of all together.
    pub lengths: Lengths,
}

/// One category.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// The text, as UTF-8.
    #[serde(deserialize_with = "counted")]
    text: Vec<u8>,
    /// How often it occurs at least.
    pub count: u64,
}

impl Entry {
    /// The text.
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.text)
    }
}

/// Lengths of texts in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lengths {
    /// The shortest; [`u64::MAX`] without texts.
    pub least: u64,
    /// The longest.
    pub most: u64,
    /// All together.
    pub total: u64,
}

impl Categories {
    /// No texts.
    pub fn empty() -> Self {
        let lengths = Lengths { least: u64::MAX, most: 0, total: 0 };
        Self { count: 0, entries: Vec::new(), lost: 0, distinct: Distinct::empty(), lengths }
    }

    /// Counts distinct texts, each with how often it occurs.
    pub fn of<'a>(texts: impl Iterator<Item = (&'a str, u64)>) -> Self {
        let mut categories = Self::empty();
        let mut counts: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
        let mut hashes = Vec::new();
        for (text, count) in texts.filter(|&(_, count)| count > 0) {
            let length = text.chars().count() as u64;
            let lengths = &mut categories.lengths;
            lengths.least = lengths.least.min(length);
            lengths.most = lengths.most.max(length);
            lengths.total = lengths.total.saturating_add(length.saturating_mul(count));
            categories.count += count;
            hashes.push(hash(text));
            *counts.entry(key_of(text)).or_default() += count;
        }
        categories.distinct.extend(hashes.into_iter());
        categories.entries = counts.into_iter().map(|(text, count)| Entry { text, count }).collect();
        categories.prune();
        categories
    }

    /// The categories that are counted, in the order of their texts.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How often the text of an entry of another column is listed here. O(log k).
    pub fn count_of(&self, entry: &Entry) -> u64 {
        self.entries.binary_search_by(|own| own.text.cmp(&entry.text)).map_or(0, |place| self.entries[place].count)
    }

    /// The texts of this column and another together.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        let mut counts: BTreeMap<&[u8], u64> = BTreeMap::new();
        for entry in self.entries.iter().chain(&other.entries) {
            let count = counts.entry(&entry.text).or_default();
            *count = count.saturating_add(entry.count);
        }
        let mut distinct = self.distinct.clone();
        distinct.merge(&other.distinct);
        let (mine, theirs) = (self.lengths, other.lengths);
        let mut merged = Self {
            count: self.count.saturating_add(other.count),
            entries: counts.into_iter().map(|(text, count)| Entry { text: text.to_vec(), count }).collect(),
            lost: self.lost.saturating_add(other.lost),
            distinct,
            lengths: Lengths {
                least: mine.least.min(theirs.least),
                most: mine.most.max(theirs.most),
                total: mine.total.saturating_add(theirs.total),
            },
        };
        merged.prune();
        merged
    }

    /// Takes the count of the first category beyond the cap off all of them, and drops those of which nothing is left.
    fn prune(&mut self) {
        if self.entries.len() <= MOST_CATEGORIES {
            return;
        }
        let mut counts: Vec<u64> = self.entries.iter().map(|entry| entry.count).collect();
        let (_, &mut beyond, _) = counts.select_nth_unstable_by(MOST_CATEGORIES, |one, next| next.cmp(one));
        self.entries.retain_mut(|entry| {
            entry.count = entry.count.saturating_sub(beyond);
            entry.count > 0
        });
        self.lost = self.lost.saturating_add(beyond);
    }

    /// Checks what a file says.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`].
    pub fn check(&self) -> Result<()> {
        self.distinct.check()?;
        let listed = self.entries.iter().try_fold(0_u64, |sum, entry| sum.checked_add(entry.count));
        let fits = self.entries.len() <= MOST_CATEGORIES
            && self.entries.is_sorted_by(|one, next| one.text < next.text)
            && self.entries.iter().all(|entry| entry.count > 0 && entry.text.len() <= LONGEST)
            && self.entries.iter().all(|entry| std::str::from_utf8(&entry.text).is_ok())
            && listed.is_some_and(|listed| listed <= self.count && (listed == self.count || self.lost > 0))
            && self.lost <= self.count
            && (self.count == 0) == (self.lengths.least == u64::MAX)
            && (self.count == 0 || self.lengths.least <= self.lengths.most);
        if fits { Ok(()) } else { Err(Error::model_file("the categories of a column do not hold together")) }
    }
}

/// What a text is counted by: itself or, if it is long, what it begins with and its hash.
fn key_of(text: &str) -> Vec<u8> {
    if text.len() <= LONGEST {
        return text.as_bytes().to_vec();
    }
    format!("{}\u{2026}{:016x}", cut(text), hash(text)).into_bytes()
}

/// The first bytes of a text, whole characters.
fn cut(text: &str) -> &str {
    const MOST: usize = LONGEST - 19;
    let end = text.char_indices().map(|(start, letter)| start + letter.len_utf8()).take_while(|&end| end <= MOST);
    &text[..end.last().unwrap_or(0)]
}

fn hash(text: &str) -> u64 {
    text.as_bytes().chunks(8).fold(mix(KEY, text.len() as u64), |key, bytes| {
        let mut word = [0; 8];
        word[..bytes.len()].copy_from_slice(bytes);
        mix(key, u64::from_le_bytes(word))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(texts: &[(&str, u64)]) -> Categories {
        Categories::of(texts.iter().copied())
    }

    #[test]
    fn few_categories_are_exact() {
        let all = of(&[("b", 2), ("a", 1)]).merged(&of(&[("a", 4), ("", 1)]));
        let entries: Vec<_> = all.entries().iter().map(|entry| (entry.text().into_owned(), entry.count)).collect();
        assert_eq!(entries, [(String::new(), 1), ("a".into(), 5), ("b".into(), 2)]);
        assert_eq!((all.count, all.lost, all.distinct.count(all.count)), (8, 0, (3.0, true)));
        assert_eq!((all.lengths.least, all.lengths.most, all.lengths.total), (0, 1, 7));
        assert!(all.check().is_ok() && Categories::empty().check().is_ok());
    }

    #[test]
    fn frequent_ones_survive_many() {
        let names: Vec<String> = (0..20_000).map(|number| format!("user {number}")).collect();
        let part = |range: std::ops::Range<usize>| {
            let often = [("often", 3000), ("now and then", 900)];
            Categories::of(names[range].iter().map(|name| (name.as_str(), 1)).chain(often))
        };
        let all = part(0..9000).merged(&part(8000..20_000));
        assert!(all.entries().len() <= MOST_CATEGORIES && all.check().is_ok());
        let found = |text: &str| all.entries().iter().find(|entry| entry.text() == text).map_or(0, |entry| entry.count);
        assert!(found("often") <= 6000 && found("often") + all.lost >= 6000);
        assert!(found("now and then") > 0);
        assert!((all.distinct.count(all.count).0 / 20_002.0 - 1.0).abs() < 0.05);
        assert_eq!(all.count, 9000 + 12_000 + 2 * 3900);
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let long = "ä".repeat(400);
        let all = of(&[(&long, 1)]);
        assert_eq!((all.entries()[0].text().chars().count(), all.lengths.most), (118 + 17, 400));
        let other = format!("{long}b");
        assert_eq!(of(&[(&long, 1), (&other, 1)]).entries().len(), 2);
        assert!(all.check().is_ok());
    }

    proptest! {
        #[test]
        fn the_order_of_few_parts_changes_nothing(texts in prop::collection::vec(("[a-c]{0,2}", 1u64..9), 0..30), cut in 0_usize..30) {
            let texts: Vec<(&str, u64)> = texts.iter().map(|(text, count)| (text.as_str(), *count)).collect();
            let (first, second) = texts.split_at(cut.min(texts.len()));
            let merged = of(first).merged(&of(second));
            prop_assert_eq!(&merged, &of(second).merged(&of(first)));
            prop_assert_eq!(merged, of(&texts));
        }
    }
}

//! A summary of the order of many numbers, of fixed size and with bounds that hold for certain.
//!
//! Some of the numbers are kept, each with the least and the most that its rank can be (Greenwald and Khanna,
//! "Power-conserving computation of order-statistics over sensor networks", 2004). Nothing is random: for any number,
//! how many are at most as large lies between two counts, however the numbers were ordered and divided.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::persistence::decoding::counted;
use crate::runtime::memory::reserved;

/// Some of the numbers in ascending order, and where they stand among all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// How many numbers there are, kept or not.
    count: u64,
    /// The numbers that are kept; the least and the greatest of all among them.
    #[serde(deserialize_with = "counted")]
    values: Vec<f64>,
    /// The least rank that each can have, from 1 on.
    #[serde(deserialize_with = "counted")]
    least: Vec<u64>,
    /// The greatest rank.
    #[serde(deserialize_with = "counted")]
    most: Vec<u64>,
}

impl Quantiles {
    /// No numbers.
    pub fn empty() -> Self {
        Self { count: 0, values: Vec::new(), least: Vec::new(), most: Vec::new() }
    }

    /// Keeps about `size` of some sorted numbers, all of them if they are no more.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn of_sorted<F: Copy + Into<f64>>(sorted: &[F], size: usize) -> Result<Self> {
        let kept = sorted.len().min(size.max(2));
        let (mut values, mut least) = (reserved(kept)?, reserved(kept)?);
        for place in 0..kept {
            // Evenly, both ends included.
            let at = if kept == sorted.len() { place } else { place_of(place, kept - 1, sorted.len() - 1) };
            values.push(sorted[at].into());
            least.push(at as u64 + 1);
        }
        let mut most = reserved(kept)?;
        most.extend_from_slice(&least);
        Ok(Self { count: sorted.len() as u64, values, least, most })
    }

    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The numbers that are kept, in ascending order.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Between which counts the number of those at most as large as `value` lies. O(log size).
    pub fn up_to(&self, value: f64) -> (u64, u64) {
        self.bounds(self.values.partition_point(|&kept| kept <= value))
    }

    /// The same for those that are less than `value`.
    pub fn below(&self, value: f64) -> (u64, u64) {
        self.bounds(self.values.partition_point(|&kept| kept < value))
    }

    /// The bounds of a count that ends between two kept numbers.
    fn bounds(&self, place: usize) -> (u64, u64) {
        let low = place.checked_sub(1).map_or(0, |before| self.least[before]);
        let high = self.most.get(place).map_or(self.count, |&rank| rank - 1);
        (low, high)
    }

    /// The furthest apart that such bounds can be.
    pub fn widest(&self) -> u64 {
        (0..=self.values.len()).map(|place| self.bounds(place)).map(|(low, high)| high - low).max().unwrap_or(0)
    }

    /// The number at a share of the way from the least to the greatest; NaN without numbers. Its rank is off by at most
    /// [`Quantiles::widest`].
    pub fn at(&self, share: f64) -> f64 {
        let Some(last) = self.count.checked_sub(1) else { return f64::NAN };
        let rank = (share.clamp(0.0, 1.0) * last as f64).round() as u64 + 1;
        self.nearest(rank).map_or(f64::NAN, |place| self.values[place])
    }

    /// The kept number whose rank is surely nearest to this one.
    fn nearest(&self, rank: u64) -> Option<usize> {
        let off = |place: usize| rank.abs_diff(self.least[place]).max(rank.abs_diff(self.most[place]));
        // Ranks ascend: what is nearest stands beside the first that may be as far.
        let place = self.most.partition_point(|&most| most < rank);
        let around = place.saturating_sub(1)..self.values.len().min(place + 2);
        around.min_by_key(|&place| off(place))
    }

    /// The summary of these numbers and others together: bounds add up. O(size).
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Value`] beyond 2⁶³ numbers.
    pub fn merged(&self, other: &Self) -> Result<Self> {
        let count = self
            .count
            .checked_add(other.count)
            .filter(|&count| count < 1 << 63)
            .ok_or_else(|| Error::value("a profile", "too many numbers", "fewer than 2^63"))?;
        let size = self.values.len() + other.values.len();
        let mut merged = Self { count, values: reserved(size)?, least: reserved(size)?, most: reserved(size)? };
        let (mut here, mut there) = (0, 0);
        while here < self.values.len() || there < other.values.len() {
            let is_here = match (self.values.get(here), other.values.get(there)) {
                (Some(one), Some(next)) => one <= next,
                (one, _) => one.is_some(),
            };
            let (from, at, beside, next) =
                if is_here { (self, here, other, there) } else { (other, there, self, here) };
            // What stands beside it in the other summary bounds how many of its numbers come before.
            let (before, upto) = beside.bounds(next);
            merged.values.push(from.values[at]);
            merged.least.push(from.least[at] + before);
            merged.most.push(from.most[at] + upto);
            if is_here { here += 1 } else { there += 1 }
        }
        Ok(merged)
    }

    /// Keeps about `size` of the kept numbers, evenly by rank. The bounds get wider by up to a part in `size`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn pruned(self, size: usize) -> Result<Self> {
        let size = size.max(2);
        if self.values.len() <= size {
            return Ok(self);
        }
        let mut pruned =
            Self { count: self.count, values: reserved(size)?, least: reserved(size)?, most: reserved(size)? };
        let mut next = 0;
        for place in 0..size {
            let rank = place_of(place, size - 1, (self.count - 1) as usize) as u64 + 1;
            let Some(nearest) = self.nearest(rank) else { break };
            let at = if place + 1 == size {
                self.values.len() - 1
            } else if place == 0 {
                0
            } else {
                nearest
            };
            if at < next {
                continue;
            }
            next = at + 1;
            pruned.values.push(self.values[at]);
            pruned.least.push(self.least[at]);
            pruned.most.push(self.most[at]);
        }
        Ok(pruned)
    }

    /// Checks what a file says.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`].
    pub fn check(&self) -> Result<()> {
        let kept = self.values.len();
        let fits = self.least.len() == kept
            && self.most.len() == kept
            && (kept == 0) == (self.count == 0)
            && self.count < 1 << 63
            && self.values.is_sorted_by(|one, next| one <= next)
            && !self.values.iter().any(|value| value.is_nan())
            && self.least.is_sorted_by(|one, next| one < next)
            && self.most.is_sorted_by(|one, next| one < next)
            && self.least.iter().zip(&self.most).all(|(least, most)| 0 < *least && least <= most)
            && (kept == 0 || (self.most[0] == 1 && self.least[kept - 1] == self.count))
            && self.most.last().is_none_or(|&most| most == self.count);
        if fits { Ok(()) } else { Err(Error::model_file("the quantiles of a column do not hold together")) }
    }
}

/// The place that is `part` of `parts` of the way to `last`, rounded.
fn place_of(part: usize, parts: usize, last: usize) -> usize {
    ((part as u128 * last as u128 * 2 + parts as u128) / (2 * parts as u128)) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The sorted numbers, and their summary from runs of up to `run` in the order given, merged one by one.
    fn summary(numbers: &[f64], run: usize, size: usize) -> Result<(Vec<f64>, Quantiles)> {
        let mut all = Quantiles::empty();
        for run in numbers.chunks(run) {
            let mut run = run.to_vec();
            run.sort_unstable_by(f64::total_cmp);
            all = all.merged(&Quantiles::of_sorted(&run, size)?)?.pruned(size)?;
        }
        let mut sorted = numbers.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        Ok((sorted, all))
    }

    fn assert_holds(sorted: &[f64], found: &Quantiles) {
        assert_eq!(found.count(), sorted.len() as u64);
        found.check().expect("holds together");
        for &value in sorted.iter().chain(&[f64::NEG_INFINITY, f64::INFINITY, 0.5]) {
            let (low, high) = found.up_to(value);
            let exact = sorted.partition_point(|&other| other <= value) as u64;
            assert!(low <= exact && exact <= high, "{value}: {low} {exact} {high}");
            let (low, high) = found.below(value);
            let exact = sorted.partition_point(|&other| other < value) as u64;
            assert!(low <= exact && exact <= high, "below {value}: {low} {exact} {high}");
        }
    }

    #[test]
    fn few_numbers_are_all_kept() -> Result<()> {
        let (sorted, found) = summary(&[3.0, 1.0, 2.0, 2.0], 2, 10)?;
        assert_eq!(found.values(), sorted);
        assert_eq!((found.up_to(2.0), found.below(2.0), found.widest()), ((3, 3), (1, 1), 0));
        assert_eq!((found.at(0.0), found.at(0.5), found.at(1.0)), (1.0, 2.0, 3.0));
        assert!(Quantiles::empty().at(0.5).is_nan());
        assert_eq!(Quantiles::empty().up_to(3.0), (0, 0));
        Ok(())
    }

    #[test]
    fn bounds_are_as_narrow_as_promised_for_orders_that_do_harm() -> Result<()> {
        let count = 40_000_u32;
        let up: Vec<f64> = (0..count).map(f64::from).collect();
        let down: Vec<f64> = up.iter().rev().copied().collect();
        let inwards: Vec<f64> =
            (0..count).map(|i| f64::from(if i % 2 == 0 { i / 2 } else { count - 1 - i / 2 })).collect();
        let (size, run) = (256, 1000);
        for numbers in [up, down, inwards] {
            let (sorted, found) = summary(&numbers, run, size)?;
            assert_holds(&sorted, &found);
            // A part in 255 of each run, and another whenever runs are merged and pruned, weighed by their length.
            let merges = numbers.len() / run;
            let bound = (merges as f64 / 2.0 + 2.0) / (size as f64 - 1.0);
            assert!((found.widest() as f64) < bound * numbers.len() as f64, "{}", found.widest());
        }
        Ok(())
    }

    #[test]
    fn one_run_is_known_to_a_part_of_its_size() -> Result<()> {
        let sorted: Vec<f64> = (0..100_000).map(f64::from).collect();
        let found = Quantiles::of_sorted(&sorted, 1025)?;
        assert!(found.widest() <= 98 && found.values().len() == 1025, "{}", found.widest());
        assert_eq!((found.at(0.0), found.at(1.0)), (0.0, 99_999.0));
        Ok(())
    }

    #[test]
    fn contradictions_are_refused() {
        let good = Quantiles::of_sorted(&[1.0, 2.0, 3.0], 9).expect("made");
        let faulty = |change: fn(&mut Quantiles)| {
            let mut made = good.clone();
            change(&mut made);
            made.check().is_err()
        };
        assert!(good.check().is_ok() && Quantiles::empty().check().is_ok());
        assert!(faulty(|it| it.count = 4));
        assert!(faulty(|it| it.values[0] = 9.0));
        assert!(faulty(|it| it.values[0] = f64::NAN));
        assert!(faulty(|it| it.least[1] = 1));
        assert!(faulty(|it| it.most[1] = 3));
        assert!(faulty(|it| it.most.truncate(1)));
        assert!(faulty(|it| it.least[0] = 0));
    }

    proptest! {
        #[test]
        fn bounds_hold_for_any_numbers(
            numbers in prop::collection::vec((-9i8..9).prop_map(f64::from), 1..300),
            run in 1_usize..40, size in 2_usize..30,
        ) {
            let (sorted, found) = summary(&numbers, run, size)?;
            assert_holds(&sorted, &found);
            prop_assert!(found.values().len() <= size.max(2));
            let middle = found.at(0.5);
            let (low, high) = (found.below(middle).0, found.up_to(middle).1);
            prop_assert!(low <= numbers.len() as u64 / 2 + 1 && high + found.widest() >= numbers.len() as u64 / 2);
        }
    }
}

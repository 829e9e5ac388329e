//! A summary of the order of many numbers, of fixed size and with bounds that hold for certain.
//!
//! Some of the numbers are kept, each with bounds of how many are less and how many are at most as large (after Greenwald
//! and Khanna, "Power-conserving computation of order-statistics over sensor networks", 2004, who keep bounds of ranks:
//! a number that occurs often is better known by both). Nothing is random: for any number, how many are at most as large
//! lies between two counts, however the numbers were ordered and divided.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::persistence::decoding::grown;
use crate::runtime::memory::reserved;

/// Some of the numbers in ascending order, and where they stand among all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quantiles {
    /// How many numbers there are, kept or not.
    count: u64,
    /// Those that are kept, each once; the least and the greatest of all among them.
    #[serde(deserialize_with = "grown")]
    kept: Vec<Kept>,
}

/// One of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Kept {
    value: f64,
    /// Between which counts the number of those lies that are less.
    below: (u64, u64),
    /// The same of those that are at most as large.
    up_to: (u64, u64),
}

impl Quantiles {
    /// No numbers.
    pub fn empty() -> Self {
        Self { count: 0, kept: Vec::new() }
    }

    /// Keeps at most `size` of some sorted numbers, evenly; all that are distinct, if these are no more.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn of_sorted<F: Copy + Into<f64>>(sorted: &[F], size: usize) -> Result<Self> {
        let size = size.max(2);
        let Some(last) = sorted.len().checked_sub(1) else { return Ok(Self::empty()) };
        let mut kept: Vec<Kept> = reserved(size.min(sorted.len()))?;
        let mut next = 0;
        while next <= last && kept.len() <= size {
            let one = known(sorted, next);
            next = one.up_to.0 as usize;
            kept.push(one);
        }
        if next > last && kept.len() <= size {
            return Ok(Self { count: sorted.len() as u64, kept });
        }
        kept.clear();
        for place in 0..size {
            let at = place_of(place, size - 1, last as u64) as usize;
            // A number that takes several places is kept once.
            if kept.last().is_none_or(|before| before.up_to.0 <= at as u64) {
                kept.push(known(sorted, at));
            }
        }
        Ok(Self { count: sorted.len() as u64, kept })
    }

    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there is no number.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The numbers that are kept, in ascending order.
    pub fn values(&self) -> impl Iterator<Item = f64> {
        self.kept.iter().map(|kept| kept.value)
    }

    /// Between which counts the number of those at most as large as `value` lies. O(log size).
    pub fn up_to(&self, value: f64) -> (u64, u64) {
        let place = self.kept.partition_point(|kept| kept.value <= value);
        match place.checked_sub(1).map(|before| &self.kept[before]) {
            Some(kept) if kept.value == value => kept.up_to,
            _ => self.between(place),
        }
    }

    /// The same for those that are less than `value`.
    pub fn below(&self, value: f64) -> (u64, u64) {
        let place = self.kept.partition_point(|kept| kept.value < value);
        match self.kept.get(place) {
            Some(kept) if kept.value == value => kept.below,
            _ => self.between(place),
        }
    }

    /// The same for those up to a number above `value`, and below the next that is kept.
    pub fn above(&self, value: f64) -> (u64, u64) {
        self.between(self.kept.partition_point(|kept| kept.value <= value))
    }

    /// The bounds of a count that ends between two kept numbers.
    fn between(&self, place: usize) -> (u64, u64) {
        let low = place.checked_sub(1).map_or(0, |before| self.kept[before].up_to.0);
        (low, self.kept.get(place).map_or(self.count, |kept| kept.below.1))
    }

    /// The furthest apart that such bounds can be.
    pub fn widest(&self) -> u64 {
        let between = (0..=self.kept.len()).map(|place| self.between(place));
        let at = self.kept.iter().flat_map(|kept| [kept.below, kept.up_to]);
        between.chain(at).map(|(low, high)| high - low).max().unwrap_or(0)
    }

    /// The number at a share of the way from the least to the greatest; NaN without numbers. Its rank is off by at most
    /// [`Quantiles::widest`].
    pub fn at(&self, share: f64) -> f64 {
        self.number_at((share.clamp(0.0, 1.0) * self.count.saturating_sub(1) as f64) as u64)
    }

    /// The same by its place in order, from 0 on.
    pub fn number_at(&self, place: u64) -> f64 {
        let rank = place.min(self.count.saturating_sub(1)) + 1;
        self.nearest(rank).map_or(f64::NAN, |place| self.kept[place].value)
    }

    /// The kept number whose ranks are surely nearest to this one, which is counted from 1.
    fn nearest(&self, rank: u64) -> Option<usize> {
        let off = |place: usize| {
            let kept = &self.kept[place];
            (kept.below.1 + 1).saturating_sub(rank).max(rank.saturating_sub(kept.up_to.0))
        };
        // Both bounds ascend: no number further on either side can be nearer than what is surely off there.
        let start = self.kept.partition_point(|kept| kept.up_to.1 < rank);
        let mut best = (0..self.kept.len()).contains(&start).then(|| (off(start), start));
        for place in (0..start).rev() {
            best = best.into_iter().chain([(off(place), place)]).min();
            if best.is_some_and(|(least, _)| rank.saturating_sub(self.kept[place].up_to.1) > least) {
                break;
            }
        }
        for place in start + 1..self.kept.len() {
            if best.is_some_and(|(least, _)| (self.kept[place].below.0 + 1).saturating_sub(rank) > least) {
                break;
            }
            best = best.into_iter().chain([(off(place), place)]).min();
        }
        best.map(|(_, place)| place)
    }

    /// The summary of these numbers and others together: bounds add up. O(size log size).
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Value`] beyond 2⁶³ numbers.
    pub fn merged(&self, other: &Self) -> Result<Self> {
        let count = self
            .count
            .checked_add(other.count)
            .filter(|&count| count < 1 << 63)
            .ok_or_else(|| Error::value("a profile", "too many numbers", "fewer than 2^63"))?;
        let mut kept = reserved(self.kept.len() + other.kept.len())?;
        let add = |one: (u64, u64), next: (u64, u64)| (one.0 + next.0, one.1 + next.1);
        let (mut here, mut there) = (self.values().peekable(), other.values().peekable());
        loop {
            let value = match (here.peek(), there.peek()) {
                (Some(&one), Some(&next)) => one.min(next),
                (Some(&one), None) => one,
                (None, Some(&next)) => next,
                (None, None) => break,
            };
            here.next_if_eq(&value);
            there.next_if_eq(&value);
            kept.push(Kept {
                value,
                below: add(self.below(value), other.below(value)),
                up_to: add(self.up_to(value), other.up_to(value)),
            });
        }
        Ok(Self { count, kept })
    }

    /// Keeps at most `size` of the kept numbers, evenly by rank. The bounds get wider by up to a part in `size`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn pruned(self, size: usize) -> Result<Self> {
        let size = size.max(2);
        if self.kept.len() <= size {
            return Ok(self);
        }
        let mut kept: Vec<Kept> = reserved(size)?;
        let mut next = 0;
        for place in 0..size {
            let rank = place_of(place, size - 1, self.count - 1) + 1;
            let at = match place {
                0 => 0,
                _ if place + 1 == size => self.kept.len() - 1,
                _ => self.nearest(rank).unwrap_or(0),
            };
            if at >= next {
                next = at + 1;
                kept.push(self.kept[at]);
            }
        }
        Ok(Self { count: self.count, kept })
    }

    /// Checks what a file says.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`].
    pub fn check(&self) -> Result<()> {
        let (first, last) = (self.kept.first(), self.kept.last());
        let ends = first.is_none_or(|first| first.below == (0, 0))
            && last.map_or(self.count == 0, |last| last.up_to == (self.count, self.count));
        let each = self.kept.iter().all(|kept| {
            !kept.value.is_nan()
                && kept.below.0 <= kept.below.1
                && kept.up_to.0 <= kept.up_to.1
                && kept.below.0 < kept.up_to.0
                && kept.below.1 < kept.up_to.1
                && kept.up_to.1 <= self.count
        });
        let ordered = self.kept.is_sorted_by(|one, next| {
            one.value < next.value && one.up_to.0 <= next.below.0 && one.up_to.1 <= next.below.1
        });
        if ends && each && ordered && self.count < 1 << 63 {
            Ok(())
        } else {
            Err(Error::model_file("the quantiles of a column do not hold together"))
        }
    }
}

/// The number at a place of sorted ones, of which all is known.
fn known<F: Copy + Into<f64>>(sorted: &[F], at: usize) -> Kept {
    let value: f64 = sorted[at].into();
    // Most numbers occur once.
    let start =
        if at > 0 && sorted[at - 1].into() == value { sorted.partition_point(|&one| one.into() < value) } else { at };
    let is_last = sorted.get(at + 1).is_none_or(|&next| next.into() != value);
    let stop = if is_last { at + 1 } else { sorted.partition_point(|&one| one.into() <= value) };
    let (below, up_to) = (start as u64, stop as u64);
    Kept { value: value + 0.0, below: (below, below), up_to: (up_to, up_to) }
}

/// The place that is `part` of `parts` of the way to `last`, rounded down.
fn place_of(part: usize, parts: usize, last: u64) -> u64 {
    (part as u128 * u128::from(last) / parts as u128) as u64
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
        assert!(found.values().eq([1.0, 2.0, 3.0]));
        assert_eq!(sorted.len(), 4);
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
        assert!(found.widest() <= 98 && found.len() == 1025, "{}", found.widest());
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
        assert!(faulty(|it| it.kept[0].value = 9.0));
        assert!(faulty(|it| it.kept[0].value = f64::NAN));
        assert!(faulty(|it| it.kept[1].below = (0, 1)));
        assert!(faulty(|it| it.kept[1].up_to = (1, 2)));
        assert!(faulty(|it| it.kept[1].up_to = (2, 9)));
        assert!(faulty(|it| it.kept.truncate(1)));
        assert!(faulty(|it| it.kept.clear()));
    }

    #[test]
    fn numbers_that_occur_often_are_known_exactly() -> Result<()> {
        let sorted: Vec<f64> = (0..100_000).map(|i| f64::from((i / 9000).min(9))).collect();
        let found = Quantiles::of_sorted(&sorted, 50)?;
        assert_eq!((found.len(), found.widest()), (10, 0));
        let half: Vec<f64> = (0..100_000).map(|i| if i < 50_000 { 0.0 } else { f64::from(i) }).collect();
        let found = Quantiles::of_sorted(&half, 101)?;
        assert_eq!((found.up_to(0.0), found.below(0.0)), ((50_000, 50_000), (0, 0)));
        let kept = found.values().nth(30).unwrap_or(f64::NAN);
        assert_eq!(found.up_to(kept), (kept as u64 + 1, kept as u64 + 1));
        Ok(())
    }

    proptest! {
        #[test]
        fn bounds_hold_for_any_numbers(
            numbers in prop::collection::vec((-9i8..9).prop_map(f64::from), 1..300),
            run in 1_usize..40, size in 2_usize..30,
        ) {
            let (sorted, found) = summary(&numbers, run, size)?;
            assert_holds(&sorted, &found);
            prop_assert!(found.len() <= size.max(2));
            let middle = found.at(0.5);
            let (low, high) = (found.below(middle).0, found.up_to(middle).1);
            let half = numbers.len() as u64 / 2;
            prop_assert!(low <= half + found.widest() + 1 && high + found.widest() + 1 >= half);
        }
    }
}

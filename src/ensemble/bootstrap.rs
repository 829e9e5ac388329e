//! Which rows a tree of a forest is trained on.

use crate::error::{Error, Result};
use crate::runtime::memory::filled;
use crate::runtime::{Cancel, Stream, mix};
use crate::tree::Targets;

/// How rows are drawn, with replacement, for each tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Bootstrap {
    /// How many rows are drawn.
    pub draws: usize,
    /// Whether the rows drawn are weighted so that every class has the same total weight.
    pub balanced: bool,
}

/// Draws between two looks at the cancel flag.
const POLL_DRAWS: usize = 1 << 16;

/// The draws of all trees: uniform, or in proportion to the rows' weights.
///
/// With weights, a row of weight two is drawn as if it stood in the data twice, and a row of
/// weight zero never.
#[derive(Debug)]
pub struct Sampler {
    rows: usize,
    draws: usize,
    /// Running sums of the weights.
    cumulative: Option<Vec<f64>>,
}

impl Sampler {
    /// A sampler of `draws` among `rows` rows.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Parameter`] if nothing is drawn, or more than can be counted;
    /// [`crate::ErrorKind::Shape`] for no rows, or more than can be numbered.
    pub fn new(rows: usize, draws: usize, weights: Option<&[f64]>) -> Result<Self> {
        if rows == 0 {
            return Err(Error::shape("rows to draw from", 1, 0));
        }
        if u32::try_from(rows).is_err() {
            return Err(Error::shape("rows to draw from: more than trees can number", u32::MAX as usize, rows));
        }
        if draws == 0 || draws > 1 << 31 {
            return Err(Error::parameter("max_samples", "such that 1 to 2147483648 rows are drawn", draws));
        }
        let cumulative = weights.map(|weights| {
            let mut sum = 0.0;
            weights
                .iter()
                .map(|weight| {
                    sum += weight;
                    sum
                })
                .collect()
        });
        Ok(Self { rows, draws, cumulative })
    }

    /// The rows drawn for the tree of a key, in the order of drawing. Linear in the draws
    /// (times the logarithm of the rows, with weights).
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`].
    pub fn draw(&self, key: u64, cancel: &Cancel, mut visit: impl FnMut(usize)) -> Result<()> {
        // The tree's own choices use the key itself.
        let mut stream = Stream::new(mix(key, u64::MAX));
        let mut left = self.draws;
        while left > 0 {
            cancel.check()?;
            let draws = left.min(POLL_DRAWS);
            left -= draws;
            match &self.cumulative {
                None => (0..draws).for_each(|_| visit(stream.below(self.rows as u32) as usize)),
                Some(cumulative) => {
                    let total = cumulative[self.rows - 1];
                    for _ in 0..draws {
                        let point = stream.uniform() * total;
                        // The first row whose running sum exceeds the point has a weight above zero.
                        visit(cumulative.partition_point(|&sum| sum <= point).min(self.rows - 1));
                    }
                }
            }
        }
        Ok(())
    }

    /// How often each row is drawn for the tree of a key.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn counts(&self, key: u64, cancel: &Cancel) -> Result<Vec<u32>> {
        let mut counts = filled(0, self.rows)?;
        self.draw(key, cancel, |row| counts[row] += 1)?;
        Ok(counts)
    }

    /// Which rows are drawn for the tree of a key.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn drawn(&self, key: u64, cancel: &Cancel) -> Result<Rows> {
        let mut words = filled(0, self.rows.div_ceil(64))?;
        self.draw(key, cancel, |row| words[row / 64] |= 1 << (row % 64))?;
        Ok(Rows(words))
    }
}

/// A set of rows, a bit for each.
#[derive(Debug, Clone)]
pub struct Rows(Vec<u64>);

impl Rows {
    /// Whether a row is in the set.
    #[inline]
    pub fn contains(&self, row: usize) -> bool {
        self.0[row / 64] >> (row % 64) & 1 == 1
    }
}

/// The weights of drawn rows that give every class present the same total weight, `draws` in all;
/// of several outputs, the products of their weights. Numbers have none: their counts are returned.
pub(super) fn balanced(counts: &[u32], targets: Targets<'_>) -> Vec<f64> {
    let mut weights: Vec<f64> = counts.iter().map(|&count| f64::from(count)).collect();
    let Targets::Classes { codes, counts: classes } = targets else { return weights };
    for (output, &class_count) in classes.iter().enumerate() {
        let class_of = |row: usize| codes[row * classes.len() + output] as usize;
        let mut drawn = vec![0u64; class_count as usize];
        for (row, &count) in counts.iter().enumerate() {
            drawn[class_of(row)] += u64::from(count);
        }
        let total: u64 = drawn.iter().sum();
        let present = drawn.iter().filter(|&&drawn| drawn > 0).count();
        let balance = |drawn: u64| if drawn > 0 { total as f64 / (present as f64 * drawn as f64) } else { 0.0 };
        for (row, weight) in weights.iter_mut().enumerate() {
            *weight *= balance(drawn[class_of(row)]);
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_draw_is_counted(key: u64, rows in 1usize..200, draws in 1usize..500) {
            let sampler = Sampler::new(rows, draws, None)?;
            let (counts, drawn) = (sampler.counts(key, &Cancel::new())?, sampler.drawn(key, &Cancel::new())?);
            prop_assert_eq!(counts.iter().sum::<u32>() as usize, draws);
            prop_assert!(counts.iter().enumerate().all(|(row, &count)| drawn.contains(row) == (count > 0)));
        }

        #[test]
        fn rows_without_weight_are_never_drawn(key: u64, weights in prop::collection::vec(0u8..3, 1..50)) {
            prop_assume!(weights.iter().any(|&weight| weight > 0));
            let weights: Vec<f64> = weights.into_iter().map(f64::from).collect();
            let counts = Sampler::new(weights.len(), 100, Some(&weights))?.counts(key, &Cancel::new())?;
            prop_assert!(counts.iter().zip(&weights).all(|(&count, &weight)| weight > 0.0 || count == 0));
        }
    }

    #[test]
    fn draws_follow_the_weights() -> Result<()> {
        let counts = Sampler::new(3, 60_000, Some(&[1.0, 2.0, 3.0]))?.counts(1, &Cancel::new())?;
        for (count, expected) in counts.into_iter().zip([10_000.0, 20_000.0, 30_000.0]) {
            assert!((f64::from(count) - expected).abs() < 500.0, "{count} for {expected}");
        }
        Ok(())
    }

    #[test]
    fn balance_gives_every_class_the_same_weight() {
        let one = Targets::Classes { codes: &[0, 1, 1, 0], counts: &[3] };
        assert_eq!(balanced(&[3, 1, 0, 1], one), [1.875, 2.5, 0.0, 0.625]);
        let two = Targets::Classes { codes: &[0, 0, 1, 0, 1, 1, 0, 1], counts: &[2, 2] };
        assert_eq!(balanced(&[2, 0, 1, 1], two), [2.0 * (4.0 / 6.0), 0.0, 2.0, 4.0 / 6.0]);
    }
}

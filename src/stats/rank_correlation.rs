//! Correlations of ranks: Spearman's and Kendall's.
//!
//! Each column is sorted once, into the rank of each row's value among the distinct ones. The ranks within the rows of
//! a pair follow by counting.

use ndarray::{Array2, ArrayView1};

use super::correlation::{pearson, ratio, symmetric};
use super::inversions::{Ties, count_inversions};
use super::sort::Column;
use super::whole::{Whole, each_column};
use crate::data::PARALLEL_ELEMENTS;
use crate::data::ordered::Float;
use crate::error::{Error, Result};
use crate::runtime::memory::{filled, reserved};
use crate::runtime::{Cancel, Workers};

/// Rows between two looks at the cancel flag.
const POLL_ROWS: usize = 1 << 16;

/// The code of a value that is not finite.
const MISSING: u32 = u32::MAX;

/// A column as ranks of its distinct values.
struct Ranked {
    codes: Vec<u32>,
    /// How many rows have each code.
    counts: Vec<u32>,
    has_missing: bool,
}

impl Ranked {
    fn of<F: Float>(values: &[F], cancel: &Cancel) -> Result<Self> {
        if u32::try_from(values.len()).is_err() {
            return Err(Error::shape("the rows of a column that is ranked", MISSING as usize, values.len()));
        }
        let mut keyed: Vec<(F::Key, u32)> = reserved(values.len())?;
        for (start, chunk) in (0..).step_by(POLL_ROWS).zip(values.chunks(POLL_ROWS)) {
            cancel.check()?;
            let finite = (start..).zip(chunk).filter(|(_, value)| value.widen().is_finite());
            keyed.extend(finite.map(|(row, value)| (value.key(), row)));
        }
        keyed.sort_unstable();
        cancel.check()?;
        let mut codes = filled(MISSING, values.len())?;
        let mut counts: Vec<u32> = reserved(keyed.len())?;
        for (code, equal) in (0_u32..).zip(keyed.chunk_by(|one, other| one.0 == other.0)) {
            counts.push(equal.len() as u32);
            for &(_, row) in equal {
                codes[row as usize] = code;
            }
        }
        Ok(Self { codes, counts, has_missing: keyed.len() < values.len() })
    }

    /// How many rows of a pair have each code, if `other` is the pair's other column.
    fn counts_beside(&self, other: &Self) -> Result<Vec<u32>> {
        let mut counts = filled(0_u32, self.counts.len())?;
        for (&code, _) in common(self, other) {
            counts[code as usize] += 1;
        }
        Ok(counts)
    }
}

/// The codes of the rows that both columns have.
fn common<'a>(one: &'a Ranked, other: &'a Ranked) -> impl Iterator<Item = (&'a u32, &'a u32)> {
    one.codes.iter().zip(&other.codes).filter(|&(&x, &y)| x != MISSING && y != MISSING)
}

fn ranked(columns: &[Column<'_>], workers: Workers<'_>) -> Result<Vec<Ranked>> {
    each_column(columns, workers, |values| match values {
        Whole::F32(values) => Ranked::of(values, workers.cancel()),
        Whole::F64(values) => Ranked::of(values, workers.cancel()),
    })
}

/// For each code how far its average rank lies above the middle of `rows` ranks, twice: a whole number.
fn offsets(counts: &[u32], rows: usize) -> Result<Vec<i64>> {
    let mut offsets = reserved(counts.len())?;
    let mut before = 0;
    for &count in counts {
        offsets.push(2 * before + i64::from(count) - rows as i64);
        before += i64::from(count);
    }
    Ok(offsets)
}

/// Works off the pairs that `wanted` names.
fn of_pairs(
    columns: usize,
    rows: usize,
    workers: Workers<'_>,
    wanted: impl Fn(usize, usize) -> bool,
    work: impl Fn(usize, usize) -> Result<f64> + Sync + Send,
) -> Result<Vec<((usize, usize), f64)>> {
    let pairs = (0..columns).flat_map(|one| (one..columns).map(move |other| (one, other)));
    let pairs: Vec<(usize, usize)> = pairs.filter(|&(one, other)| wanted(one, other)).collect();
    let workers = workers.alone_if(pairs.len().saturating_mul(rows) < PARALLEL_ELEMENTS / 8);
    let found = workers.map(pairs.len(), |number| work(pairs[number].0, pairs[number].1))?;
    Ok(pairs.into_iter().zip(found).collect())
}

/// Pearson's correlations of average ranks, which each pair of columns has among its own rows.
pub(super) fn spearman(columns: &[Column<'_>], workers: Workers<'_>) -> Result<Array2<f64>> {
    let ranked = ranked(columns, workers)?;
    let rows = columns.first().map_or(0, Column::len);
    let whole: Vec<usize> = (0..ranked.len()).filter(|&column| !ranked[column].has_missing).collect();
    let ranks = workers.map(whole.len(), |number| {
        let Ranked { codes, counts, .. } = &ranked[whole[number]];
        let offsets = offsets(counts, rows)?;
        let mut ranks: Vec<f64> = reserved(rows)?;
        ranks.extend(codes.iter().map(|&code| offsets[code as usize] as f64));
        Ok(ranks)
    })?;
    let ranks: Vec<Column<'_>> = ranks.iter().map(|ranks| Column::F64(ArrayView1::from(ranks.as_slice()))).collect();
    let among = pearson(&ranks, workers)?;
    let rest = of_pairs(
        ranked.len(),
        rows,
        workers,
        |one, other| ranked[one].has_missing || ranked[other].has_missing,
        |one, other| spearman_of(&ranked[one], &ranked[other], workers.cancel()),
    )?;
    let among = whole.iter().enumerate().flat_map(|(one, &column)| {
        let among = &among;
        whole.iter().enumerate().skip(one).map(move |(other, &with)| ((column, with), among[[one, other]]))
    });
    symmetric(ranked.len(), among.chain(rest))
}

/// In whole numbers, so that nothing is rounded before the last step.
fn spearman_of(one: &Ranked, other: &Ranked, cancel: &Cancel) -> Result<f64> {
    let counts = [one.counts_beside(other)?, other.counts_beside(one)?];
    cancel.check()?;
    let rows: usize = counts[0].iter().map(|&count| count as usize).sum();
    let (left, right) = (offsets(&counts[0], rows)?, offsets(&counts[1], rows)?);
    let products: i128 =
        common(one, other).map(|(&x, &y)| i128::from(left[x as usize]) * i128::from(right[y as usize])).sum();
    let squares = |counts: &[u32], offsets: &[i64]| -> i128 {
        counts.iter().zip(offsets).map(|(&count, &offset)| i128::from(count) * i128::from(offset).pow(2)).sum()
    };
    Ok(ratio(products as f64, squares(&counts[0], &left) as f64, squares(&counts[1], &right) as f64))
}

/// Kendall's τ-b of all pairs.
///
/// O(n log n) for each pair (W. R. Knight, "A computer method for calculating Kendall's tau with ungrouped data",
/// 1966): the rows go in the order of one column, and the other's inversions are counted while they are merged.
pub(super) fn kendall(columns: &[Column<'_>], workers: Workers<'_>) -> Result<Array2<f64>> {
    let ranked = ranked(columns, workers)?;
    let rows = columns.first().map_or(0, Column::len);
    let each = |one: usize, other: usize| kendall_of(&ranked[one], &ranked[other], workers.cancel());
    symmetric(ranked.len(), of_pairs(ranked.len(), rows, workers, |_, _| true, each)?)
}

fn kendall_of(one: &Ranked, other: &Ranked, cancel: &Cancel) -> Result<f64> {
    let counts = [one.counts_beside(other)?, other.counts_beside(one)?];
    cancel.check()?;
    let rows: usize = counts[0].iter().map(|&count| count as usize).sum();
    let mut places: Vec<usize> = reserved(counts[0].len())?;
    places.extend(counts[0].iter().scan(0, |before, &count| {
        let place = *before;
        *before += count as usize;
        Some(place)
    }));
    let mut codes = filled(0_u32, rows)?;
    for (&x, &y) in common(one, other) {
        let place = &mut places[x as usize];
        codes[*place] = y;
        *place += 1;
    }
    let mut tied_in_both = 0;
    let mut begin = 0;
    for &count in &counts[0] {
        // Rows that tie in the first column go in the order of the second: they are no inversions.
        let equal = &mut codes[begin..begin + count as usize];
        equal.sort_unstable();
        tied_in_both += equal.chunk_by(|a, b| a == b).map(|run| pair_count(run.len())).sum::<i128>();
        begin += count as usize;
    }
    let discordant = i128::from(count_inversions(&mut codes, Ties::Excluded, cancel)?);
    let [tied_x, tied_y] = counts.map(|counts| counts.iter().map(|&count| pair_count(count as usize)).sum::<i128>());
    let all = pair_count(rows);
    let concordant_less_discordant = all - tied_x - tied_y + tied_in_both - 2 * discordant;
    Ok(ratio(concordant_less_discordant as f64, (all - tied_x) as f64, (all - tied_y) as f64))
}

fn pair_count(rows: usize) -> i128 {
    let rows = rows as i128;
    rows * (rows - 1) / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By definition, over all pairs of rows.
    fn plain_kendall(x: &[f64], y: &[f64]) -> f64 {
        let (mut signs, mut xs, mut ys) = (0.0, 0.0, 0.0);
        for row in 0..x.len() {
            for before in 0..row {
                let sign = |values: &[f64]| f64::from(values[row].total_cmp(&values[before]) as i8);
                signs += sign(x) * sign(y);
                xs += sign(x).abs();
                ys += sign(y).abs();
            }
        }
        signs / (xs * ys).sqrt()
    }

    fn plain_ranks(values: &[f64]) -> Vec<f64> {
        let below = |value: f64| values.iter().filter(|&&other| other < value).count() as f64;
        let equal = |value: f64| values.iter().filter(|&&other| other == value).count() as f64;
        values.iter().map(|&value| below(value) + equal(value).midpoint(1.0)).collect()
    }

    proptest! {
        #[test]
        fn both_are_as_defined(pairs in prop::collection::vec((0u8..6, 0u8..9, 0u8..6), 2..60)) {
            // Where the third number is 0, a value is missing.
            let x: Vec<f64> = pairs.iter().map(|&(x, _, gap)| if gap == 0 { f64::NAN } else { f64::from(x) }).collect();
            let y: Vec<f64> = pairs.iter().map(|&(_, y, _)| f64::from(y)).collect();
            let columns = [&x, &y].map(|values| Column::F64(ArrayView1::from(values.as_slice())));
            let kept = |values: &[f64]| -> Vec<f64> {
                values.iter().zip(&x).filter(|(_, x)| !x.is_nan()).map(|(&value, _)| value).collect()
            };
            let (a, b) = (kept(&x), kept(&y));
            let close = |found: f64, expected: f64| (found - expected).abs() < 1e-12 || (found.is_nan() && !expected.is_finite());
            prop_assert!(close(kendall(&columns, Workers::alone())?[[1, 0]], plain_kendall(&a, &b)));
            let ranks = [plain_ranks(&a), plain_ranks(&b)];
            let ranks = ranks.each_ref().map(|values| Column::F64(ArrayView1::from(values.as_slice())));
            let expected = pearson(&ranks, Workers::alone())?[[0, 1]];
            let found = spearman(&columns, Workers::alone())?;
            prop_assert!(close(found[[0, 1]], expected));
            prop_assert_eq!(found[[0, 1]].to_bits(), spearman(&columns, Workers::unstoppable(3))?[[0, 1]].to_bits());
        }
    }
}

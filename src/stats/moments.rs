//! Moments and extremes of every column, in one reading.
//!
//! Sums run over differences from the mean so far, so that a large common offset costs no digits;
//! partial results merge by the pairwise formula of Chan, Golub and others ("Algorithms for
//! computing the sample variance", 1983). Everything is accumulated in double precision.

use ndarray::{ArrayView2, Axis, Slice};

use crate::data::{PARALLEL_ELEMENTS, Real, block_rows};
use crate::error::{Error, Result};
use crate::runtime::Workers;
use crate::runtime::memory::{filled, make_room};

/// Weight, mean and sum of squared differences of every column; NaN is left out.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Rows (or their weights) that hold a number.
    pub weight: Vec<f64>,
    /// The mean; 0 for a column without numbers.
    pub mean: Vec<f64>,
    /// What rounding took from the mean: beside a large offset it is not small against the spread.
    pub mean_rest: Vec<f64>,
    /// The weighted sum of squared differences from the mean.
    pub squares: Vec<f64>,
}

/// Least and greatest number of every column; ±∞ for a column without numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Extremes {
    /// The least number, +∞ if there is none.
    pub low: Vec<f64>,
    /// The greatest number, −∞ if there is none.
    pub high: Vec<f64>,
}

/// Rows whose sums are kept apart before they are merged.
const TILE_ROWS: usize = 256;

impl Moments {
    /// No rows yet.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn empty(columns: usize) -> Result<Self> {
        let zeros = || filled(0.0, columns);
        Ok(Self { weight: zeros()?, mean: zeros()?, mean_rest: zeros()?, squares: zeros()? })
    }

    /// Reads a matrix once. A column that holds an infinity gets a mean that is not finite.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] unless there is one weight per row;
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    ///
    /// # Example
    /// ```
    /// use ndarray::array;
    /// use treering::runtime::Workers;
    /// let x = array![[1.0, f64::NAN], [3.0, 5.0]];
    /// let moments = treering::stats::moments::Moments::of(x.view(), None, Workers::alone())?;
    /// assert_eq!(moments.mean, [2.0, 5.0]);
    /// assert_eq!(moments.weight, [2.0, 1.0]);
    /// # Ok::<(), treering::Error>(())
    /// ```
    pub fn of<F: Real>(x: ArrayView2<'_, F>, weights: Option<&[f64]>, workers: Workers<'_>) -> Result<Self> {
        let (rows, columns) = x.dim();
        if weights.is_some_and(|weights| weights.len() != rows) {
            return Err(Error::shape("the number of sample weights", rows, weights.map_or(0, <[f64]>::len)));
        }
        let size = block_rows(columns);
        let read = |block| {
            let (start, stop) = (block * size, rows.min((block + 1) * size));
            let part = x.slice_axis(Axis(0), Slice::from(start..stop));
            Self::of_block(part, weights.map(|weights| &weights[start..stop]))
        };
        let mut merged = Self::empty(columns)?;
        let workers = workers.alone_if(x.len() < PARALLEL_ELEMENTS);
        workers.fold(rows.div_ceil(size), read, |block| merged.merge(&block))?;
        Ok(merged)
    }

    /// Takes in the moments of other rows. O(columns).
    pub fn merge(&mut self, other: &Self) {
        for column in 0..self.mean.len().min(other.mean.len()) {
            let (mean, rest) = (other.mean[column], other.mean_rest[column]);
            self.merge_column(column, other.weight[column], mean, rest, other.squares[column]);
        }
    }

    /// Merges rows whose mean is `near + offset`.
    #[inline]
    fn merge_column(&mut self, column: usize, weight: f64, near: f64, offset: f64, squares: f64) {
        if weight == 0.0 {
            return;
        }
        let (mut mean, mut rest) = (near, offset);
        if self.weight[column] == 0.0 {
            (self.weight[column], self.squares[column]) = (weight, squares);
        } else {
            let total = self.weight[column] + weight;
            let difference = (near - self.mean[column]) + (offset - self.mean_rest[column]);
            (mean, rest) = (self.mean[column], self.mean_rest[column] + difference * (weight / total));
            self.squares[column] += squares + difference * difference * (self.weight[column] * weight / total);
            self.weight[column] = total;
        }
        self.mean[column] = mean + rest;
        self.mean_rest[column] = two_sum_rest(mean, rest);
    }

    fn of_block<F: Real>(x: ArrayView2<'_, F>, weights: Option<&[f64]>) -> Result<Self> {
        let columns = x.ncols();
        let mut moments = Self::empty(columns)?;
        if weights.is_none() && is_column_major(x) {
            for (column, values) in x.columns().into_iter().enumerate() {
                if let Some(values) = values.to_slice() {
                    for tile in values.chunks(TILE_ROWS) {
                        moments.add_column_tile(column, tile);
                    }
                }
            }
            return Ok(moments);
        }
        let mut sums = TileSums::new(columns)?;
        let mut copy: Vec<F> = Vec::new();
        for start in (0..x.nrows()).step_by(TILE_ROWS) {
            let stop = x.nrows().min(start + TILE_ROWS);
            let tile = x.slice_axis(Axis(0), Slice::from(start..stop));
            let values = if let Some(values) = tile.to_slice() {
                values
            } else {
                copy.clear();
                make_room(&mut copy, tile.len())?;
                copy.extend(tile.iter().copied());
                &copy
            };
            moments.add_tile(values, weights.map(|weights| &weights[start..stop]), &mut sums);
        }
        Ok(moments)
    }

    /// Adds a tile of whole rows, in C order.
    fn add_tile<F: Real>(&mut self, tile: &[F], weights: Option<&[f64]>, sums: &mut TileSums) {
        let columns = self.mean.len();
        let rows = tile.len() / columns.max(1);
        for column in 0..columns {
            sums.shift[column] = if self.weight[column] > 0.0 {
                self.mean[column]
            } else {
                let first = tile.iter().skip(column).step_by(columns).map(|&value| value.into());
                first.into_iter().find(|value: &f64| !value.is_nan()).unwrap_or(0.0)
            };
        }
        if weights.is_none() {
            sums.add_rows(tile, columns);
        }
        for column in 0..columns {
            let (mut weight, mut sum, mut squares) = (rows as f64, sums.sum[column], sums.squares[column]);
            if weights.is_some() || sum.is_nan() {
                (weight, sum, squares) = (0.0, 0.0, 0.0);
                for (row, &value) in tile.iter().skip(column).step_by(columns).enumerate() {
                    let value: f64 = value.into();
                    let own = weights.map_or(1.0, |weights| weights[row]);
                    if !value.is_nan() && own != 0.0 {
                        let difference = value - sums.shift[column];
                        weight += own;
                        sum += own * difference;
                        squares += own * difference * difference;
                    } else if value.is_infinite() {
                        // A row without weight still must not hide an infinity.
                        self.mean[column] = f64::INFINITY;
                        self.weight[column] = self.weight[column].max(f64::MIN_POSITIVE);
                    }
                }
            }
            self.merge_shifted(column, sums.shift[column], weight, sum, squares);
        }
    }

    /// Adds a piece of one column.
    fn add_column_tile<F: Real>(&mut self, column: usize, values: &[F]) {
        let first = || values.iter().map(|&value| value.into()).find(|value: &f64| !value.is_nan());
        let shift = if self.weight[column] > 0.0 { self.mean[column] } else { first().unwrap_or(0.0) };
        // The order of additions is that of `TileSums::add_rows`: layout changes no bit.
        let (mut sum, mut square_sum) = (0.0, 0.0);
        let fours = values.chunks_exact(4);
        for &value in fours.remainder() {
            let difference = value.into() - shift;
            sum += difference;
            square_sum += difference * difference;
        }
        for four in fours {
            let [a, b, c, d] = [four[0], four[1], four[2], four[3]].map(|value| value.into() - shift);
            sum += (a + b) + (c + d);
            square_sum += (a * a + b * b) + (c * c + d * d);
        }
        let mut weight = values.len() as f64;
        if sum.is_nan() {
            (weight, sum, square_sum) = (0.0, 0.0, 0.0);
            for value in values.iter().map(|&value| value.into()).filter(|value: &f64| !value.is_nan()) {
                let difference = value - shift;
                weight += 1.0;
                sum += difference;
                square_sum += difference * difference;
            }
        }
        self.merge_shifted(column, shift, weight, sum, square_sum);
    }

    /// Merges sums of differences from `shift`.
    #[inline]
    fn merge_shifted(&mut self, column: usize, shift: f64, weight: f64, sum: f64, squares: f64) {
        if weight != 0.0 {
            let offset = sum / weight;
            self.merge_column(column, weight, shift, offset, positive(squares - sum * offset));
        }
    }
}

/// What rounding takes from a + b (Knuth's two-sum).
#[inline]
fn two_sum_rest(a: f64, b: f64) -> f64 {
    let sum = a + b;
    let b_part = sum - a;
    (a - (sum - b_part)) + (b - b_part)
}

/// A sum of squares is never negative but for rounding; NaN stays.
#[inline]
fn positive(value: f64) -> f64 {
    if value < 0.0 { 0.0 } else { value }
}

struct TileSums {
    shift: Vec<f64>,
    sum: Vec<f64>,
    squares: Vec<f64>,
}

impl TileSums {
    fn new(columns: usize) -> Result<Self> {
        Ok(Self { shift: filled(0.0, columns)?, sum: filled(0.0, columns)?, squares: filled(0.0, columns)? })
    }

    /// Sums a tile of rows: four rows at a time, so that sums are loaded and stored once for four.
    fn add_rows<F: Real>(&mut self, tile: &[F], columns: usize) {
        self.sum.fill(0.0);
        self.squares.fill(0.0);
        if columns == 0 {
            return;
        }
        let fours = tile.chunks_exact(4 * columns);
        for row in fours.remainder().chunks_exact(columns) {
            for (((&value, &shift), sum), squares) in
                row.iter().zip(&self.shift).zip(&mut self.sum).zip(&mut self.squares)
            {
                let difference = value.into() - shift;
                *sum += difference;
                *squares += difference * difference;
            }
        }
        for four in fours {
            let (first, rest) = four.split_at(columns);
            let (second, rest) = rest.split_at(columns);
            let (third, fourth) = rest.split_at(columns);
            let rows = first.iter().zip(second).zip(third).zip(fourth);
            let sums = self.shift.iter().zip(&mut self.sum).zip(&mut self.squares);
            for ((((&a, &b), &c), &d), ((&shift, sum), squares)) in rows.zip(sums) {
                let (a, b, c, d) = (a.into() - shift, b.into() - shift, c.into() - shift, d.into() - shift);
                *sum += (a + b) + (c + d);
                *squares += (a * a + b * b) + (c * c + d * d);
            }
        }
    }
}

impl Extremes {
    /// No rows yet.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn empty(columns: usize) -> Result<Self> {
        Ok(Self { low: filled(f64::INFINITY, columns)?, high: filled(f64::NEG_INFINITY, columns)? })
    }

    /// Reads a matrix once. An infinity in a column is that column's extreme.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn of<F: Real>(x: ArrayView2<'_, F>, workers: Workers<'_>) -> Result<Self> {
        let (rows, columns) = x.dim();
        let size = block_rows(columns);
        let read = |block| {
            let (start, stop) = (block * size, rows.min((block + 1) * size));
            Self::of_block(x.slice_axis(Axis(0), Slice::from(start..stop)))
        };
        let mut merged = Self::empty(columns)?;
        let workers = workers.alone_if(x.len() < PARALLEL_ELEMENTS);
        workers.fold(rows.div_ceil(size), read, |block| merged.merge(&block))?;
        Ok(merged)
    }

    /// Takes in the extremes of other rows. O(columns).
    pub fn merge(&mut self, other: &Self) {
        for (low, &new) in self.low.iter_mut().zip(&other.low) {
            *low = lesser(*low, new);
        }
        for (high, &new) in self.high.iter_mut().zip(&other.high) {
            *high = greater(*high, new);
        }
    }

    fn of_block<F: Real>(x: ArrayView2<'_, F>) -> Result<Self> {
        let mut extremes = Self::empty(x.ncols())?;
        if is_column_major(x) {
            for (column, values) in x.columns().into_iter().enumerate() {
                let (mut low, mut high) = ([f64::INFINITY; 4], [f64::NEG_INFINITY; 4]);
                if let Some(values) = values.to_slice() {
                    for four in values.chunks(4) {
                        for (lane, &value) in four.iter().enumerate() {
                            low[lane] = lesser(low[lane], value.into());
                            high[lane] = greater(high[lane], value.into());
                        }
                    }
                }
                extremes.low[column] = low.into_iter().fold(f64::INFINITY, lesser);
                extremes.high[column] = high.into_iter().fold(f64::NEG_INFINITY, greater);
            }
            return Ok(extremes);
        }
        let mut rows = x.rows().into_iter();
        while let Some(first) = rows.next() {
            // Four rows at a time, so that extremes are loaded and stored once for four.
            let others = [rows.next(), rows.next(), rows.next()].map(|row| row.unwrap_or(first));
            let slices = (first.to_slice(), others.map(|row| row.to_slice()));
            if let (Some(first), [Some(second), Some(third), Some(fourth)]) = slices {
                let four = first.iter().zip(second).zip(third).zip(fourth);
                for ((((&a, &b), &c), &d), (low, high)) in four.zip(extremes.low.iter_mut().zip(&mut extremes.high)) {
                    let (a, b, c, d) = (a.into(), b.into(), c.into(), d.into());
                    *low = lesser(lesser(lesser(lesser(*low, a), b), c), d);
                    *high = greater(greater(greater(greater(*high, a), b), c), d);
                }
                continue;
            }
            for row in std::iter::once(first).chain(others) {
                for ((&value, low), high) in row.iter().zip(&mut extremes.low).zip(&mut extremes.high) {
                    *low = lesser(*low, value.into());
                    *high = greater(*high, value.into());
                }
            }
        }
        Ok(extremes)
    }
}

/// The lesser of a number and a value; the number, if the value is NaN.
#[inline]
fn lesser(number: f64, value: f64) -> f64 {
    if value < number { value } else { number }
}

#[inline]
fn greater(number: f64, value: f64) -> f64 {
    if value > number { value } else { number }
}

/// Whether each column lies in one piece of memory.
fn is_column_major<F>(x: ArrayView2<'_, F>) -> bool {
    x.strides()[0] == 1 && x.nrows() > 1 && (x.ncols() == 1 || x.ncols() > 1 && x.strides()[1] != 1)
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test fails by panicking
mod tests {
    use super::*;
    use ndarray::{Array2, ShapeBuilder, s};
    use proptest::prelude::*;

    fn plain(x: ArrayView2<'_, f64>, weights: &[f64]) -> Moments {
        let mut moments = Moments::empty(x.ncols()).expect("room");
        for (column, values) in x.columns().into_iter().enumerate() {
            let known = || values.iter().zip(weights).filter(|(value, _)| !value.is_nan());
            let weight: f64 = known().map(|(_, w)| w).sum();
            if weight > 0.0 {
                let mean = known().map(|(value, w)| value * w).sum::<f64>() / weight;
                moments.weight[column] = weight;
                moments.mean[column] = mean;
                moments.squares[column] = known().map(|(value, w)| w * (value - mean) * (value - mean)).sum();
            }
        }
        moments
    }

    fn close(a: &[f64], b: &[f64]) -> bool {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-11 * (1.0 + b.abs()))
    }

    proptest! {
        #[test]
        fn every_layout_gives_the_plain_moments(
            rows in 1usize..700, columns in 1usize..7, seed: u64, missing in 0u32..3,
        ) {
            let mut stream = crate::runtime::Stream::new(seed);
            let mut draw = || if stream.below(8) < missing { f64::NAN } else { stream.uniform() * 20.0 - 5.0 };
            let x = Array2::from_shape_fn((rows, columns), |_| draw());
            let weights: Vec<f64> = (0..rows).map(|row| (row % 3) as f64).collect();
            let mut fortran = Array2::zeros((rows, columns).f());
            fortran.assign(&x);
            let mut sparse = Array2::zeros((2 * rows, columns + 1));
            sparse.slice_mut(s![..;2, 1..]).assign(&x);
            let strided = sparse.slice(s![..;2, 1..]);
            let ones = vec![1.0; rows];
            // Layout changes no bit.
            let bits = |moments: Moments| format!("{moments:?}");
            let one = bits(Moments::of(x.view(), None, Workers::alone())?);
            prop_assert_eq!(&one, &bits(Moments::of(fortran.view(), None, Workers::alone())?));
            prop_assert_eq!(&one, &bits(Moments::of(strided, None, Workers::alone())?));
            for view in [x.view(), fortran.view(), strided] {
                for (given, used) in [(None, &ones), (Some(weights.as_slice()), &weights)] {
                    let (moments, expected) = (Moments::of(view, given, Workers::alone())?, plain(x.view(), used));
                    prop_assert!(close(&moments.weight, &expected.weight));
                    prop_assert!(close(&moments.mean, &expected.mean));
                    prop_assert!(close(&moments.squares, &expected.squares));
                }
                let extremes = Extremes::of(view, Workers::alone())?;
                for (column, values) in x.columns().into_iter().enumerate() {
                    prop_assert_eq!(extremes.low[column], values.iter().copied().fold(f64::INFINITY, f64::min));
                    prop_assert_eq!(extremes.high[column], values.iter().copied().fold(f64::NEG_INFINITY, f64::max));
                }
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        let x = Array2::from_shape_fn((70_000, 40), |(i, j)| ((i * 31 + j * 17) % 1009) as f64 / 7.0);
        let one = (
            Moments::of(x.view(), None, Workers::alone()).expect("read"),
            Extremes::of(x.view(), Workers::alone()).expect("read"),
        );
        for threads in [2, 3, 7] {
            let workers = Workers::unstoppable(threads);
            assert_eq!(Moments::of(x.view(), None, workers).expect("read"), one.0);
            assert_eq!(Extremes::of(x.view(), workers).expect("read"), one.1);
        }
    }

    #[test]
    fn a_large_offset_costs_no_digits() {
        // 0, 1, 2, 3 about an offset where doubles lie 2^-22 apart: differences are exact.
        let x = Array2::from_shape_fn((100_000, 1), |(i, _)| 1e9 + (i % 4) as f64);
        let moments = Moments::of(x.view(), None, Workers::alone()).expect("read");
        assert!((moments.squares[0] / 100_000.0 - 1.25).abs() < 1e-13);
        assert_eq!(moments.mean[0], 1e9 + 1.5);
    }

    #[test]
    fn infinities_show() {
        for position in [0, 300] {
            for weights in [None, Some(vec![0.0; 400]), Some(vec![1.0; 400])] {
                let mut x = Array2::ones((400, 2));
                x[[position, 1]] = f64::INFINITY;
                let moments = Moments::of(x.view(), weights.as_deref(), Workers::alone()).expect("read");
                assert!(!moments.mean[1].is_finite(), "{moments:?}");
            }
        }
    }
}

//! Correlations of all pairs of columns.
//!
//! Pearson's are sums of products of centred values, by tiles of rows that stay in the cache: the product of a
//! matrix with its transpose, of which one triangle is made. A row counts for a pair if both of its values are
//! finite. Where values are missing, five more products with the columns' masks give each pair's own counts, sums and
//! sums of squares; pairs whose own rows are far from their columns' means, or hardly vary, are read once more.
//! Spearman's are Pearson's of average ranks, Kendall's τ-b counts discordant pairs by merging
//! (`rank_correlation`).

use std::ops::Range;
use std::str::FromStr;

use ndarray::{Array2, ArrayView1, s};

use super::describe::moments;
use super::rank_correlation::{kendall, spearman};
use super::sort::Column;
use super::whole::{Whole, each_column};
use crate::data::{PARALLEL_ELEMENTS, Real};
use crate::error::{Error, Result};
use crate::runtime::memory::{cells, filled, reserved};
use crate::runtime::{Cancel, Workers};

/// Which correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correlation {
    /// Of the values.
    Pearson,
    /// Of their average ranks.
    Spearman,
    /// τ-b: concordant minus discordant pairs of rows, corrected for ties.
    Kendall,
}

impl FromStr for Correlation {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "pearson" => Ok(Self::Pearson),
            "spearman" => Ok(Self::Spearman),
            "kendall" => Ok(Self::Kendall),
            _ => Err(Error::parameter("method", "'pearson', 'spearman' or 'kendall'", format!("'{name}'"))),
        }
    }
}

/// The correlations of all pairs of columns, a symmetric matrix: for each pair, of the rows where both are finite. NaN
/// where a column does not vary in those rows, on the diagonal too.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] for columns of different lengths, or of 2³² rows and more if they are ranked;
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use ndarray::array;
/// use treering::runtime::Workers;
/// use treering::stats::correlation::{Correlation, correlation};
/// use treering::stats::sort::Column;
///
/// let x = array![[1.0, 2.0], [2.0, 4.0], [3.0, f64::NAN]];
/// let columns: Vec<_> = x.columns().into_iter().map(Column::F64).collect();
/// let found = correlation(&columns, Correlation::Pearson, Workers::alone())?;
/// assert_eq!(found[[0, 1]], 1.0);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn correlation(columns: &[Column<'_>], kind: Correlation, workers: Workers<'_>) -> Result<Array2<f64>> {
    let rows = columns.first().map_or(0, Column::len);
    if let Some(other) = columns.iter().find(|column| column.len() != rows) {
        return Err(Error::shape("the length of a column", rows, other.len()));
    }
    match kind {
        Correlation::Pearson => pearson(columns, workers),
        Correlation::Spearman => spearman(columns, workers),
        Correlation::Kendall => kendall(columns, workers),
    }
}

/// A matrix with one triangle filled in.
pub(super) fn symmetric(columns: usize, pairs: impl IntoIterator<Item = ((usize, usize), f64)>) -> Result<Array2<f64>> {
    let mut values = filled(f64::NAN, cells(columns, columns)?)?;
    for ((one, other), value) in pairs {
        values[one * columns + other] = value;
        values[other * columns + one] = value;
    }
    Array2::from_shape_vec((columns, columns), values)
        .map_err(|error| Error::internal(format!("correlations are no matrix: {error}")))
}

/// Rows of a tile.
const TILE: usize = 128;

/// Columns whose products are made together: two tiles of them stay in the cache of a core.
const BAND: usize = 64;

/// The least rows of a piece of work.
const PIECE: usize = 16_384;

/// At most so many pieces make a sum: results wait for those before them.
const MOST_PIECES: usize = 64;

pub(super) fn pearson(columns: &[Column<'_>], workers: Workers<'_>) -> Result<Array2<f64>> {
    let rows = columns.first().map_or(0, Column::len);
    let centres = each_column(columns, workers, |values| match values {
        Whole::F32(values) => Centre::of(values, workers.cancel()),
        Whole::F64(values) => Centre::of(values, workers.cancel()),
    })?;
    let bands: Vec<Band<'_, '_>> = columns
        .chunks(BAND)
        .zip(centres.chunks(BAND))
        .zip((0..).step_by(BAND))
        .map(|((columns, centres), first)| Band { first, columns, centres })
        .collect();
    let pairs: Vec<(usize, usize)> =
        (0..bands.len()).flat_map(|one| (one..bands.len()).map(move |other| (one, other))).collect();
    // A function of the number of rows alone, so that sums do not depend on threads.
    let piece = rows.div_ceil(MOST_PIECES).max(PIECE).next_multiple_of(TILE);
    let pieces = rows.div_ceil(piece).max(1);
    let alone = workers.alone_if(columns.len().saturating_mul(rows) < PARALLEL_ELEMENTS / 8);
    let mut found = Found::default();
    let mut total: Option<Sums> = None;
    let mut number = 0;
    alone.fold(
        pairs.len() * pieces,
        |task| {
            let (one, other) = pairs[task / pieces];
            let start = task % pieces * piece;
            Sums::of(&bands[one], &bands[other], start..rows.min(start + piece), alone.cancel())
        },
        |sums| {
            match &mut total {
                Some(total) => total.add(&sums),
                None => total = Some(sums),
            }
            number += 1;
            if number % pieces == 0
                && let Some(total) = total.take()
            {
                let (one, other) = pairs[number / pieces - 1];
                total.correlations(&bands[one], &bands[other], &mut found);
            }
        },
    )?;
    let Found { products, done, doubtful } = found;
    let again = workers.map(doubtful.len(), |number| {
        let (one, other) = doubtful[number];
        pair_alone(&columns[one], &columns[other], workers.cancel())
    })?;
    let mut squares = filled(f64::NAN, columns.len())?;
    for ((one, _), product) in products.iter().filter(|((one, other), _)| one == other) {
        squares[*one] = *product;
    }
    let whole =
        products.iter().map(|&((one, other), product)| ((one, other), ratio(product, squares[one], squares[other])));
    symmetric(columns.len(), whole.chain(done).chain(doubtful.iter().copied().zip(again)))
}

/// What the sums of pairs gave.
#[derive(Default)]
struct Found {
    /// Sums of products where no value is missing: the squares of all columns are among them.
    products: Vec<((usize, usize), f64)>,
    /// Correlations.
    done: Vec<((usize, usize), f64)>,
    /// Pairs whose sums have lost digits.
    doubtful: Vec<(usize, usize)>,
}

/// What makes the values of a column small and centred: (x · scale − mean) − rest.
struct Centre {
    /// A power of two: 1, unless squares would leave the range of doubles.
    scale: f64,
    mean: f64,
    /// What rounding took from the mean.
    rest: f64,
    has_missing: bool,
}

impl Centre {
    fn of<F: Real>(values: &[F], cancel: &Cancel) -> Result<Self> {
        let plain = moments(values, cancel)?;
        if plain.mean[0].is_finite() && (1e-140..1e140).contains(&plain.squares[0]) {
            let has_missing = plain.weight[0] < values.len() as f64;
            return Ok(Self { scale: 1.0, mean: plain.mean[0], rest: plain.mean_rest[0], has_missing });
        }
        let mut finite: Vec<f64> = reserved(values.len())?;
        finite.extend(values.iter().map(|&value| value.into()).filter(|value: &f64| value.is_finite()));
        let (scale, scaled) = scaled_moments(&mut finite, cancel)?;
        let has_missing = finite.len() < values.len();
        Ok(Self { scale, mean: scaled.0, rest: scaled.1, has_missing })
    }

    #[inline]
    fn apply<F: Real>(&self, value: F) -> f64 {
        (value.into() * self.scale - self.mean) - self.rest
    }
}

/// Scales numbers to at most 1 by a power of two; returns it, and the mean, its rest and the squares of the results.
fn scaled_moments(numbers: &mut [f64], cancel: &Cancel) -> Result<(f64, (f64, f64, f64))> {
    let largest = numbers.iter().fold(0.0_f64, |largest, number| largest.max(number.abs()));
    let exponent = if largest > 0.0 { -largest.log2().ceil() } else { 0.0 };
    let scale = exponent.clamp(-1022.0, 1022.0).exp2();
    for number in numbers.iter_mut() {
        *number *= scale;
    }
    let moments = moments(numbers, cancel)?;
    Ok((scale, (moments.mean[0], moments.mean_rest[0], moments.squares[0])))
}

/// The correlation of two columns by their common rows alone.
fn pair_alone(one: &Column<'_>, other: &Column<'_>, cancel: &Cancel) -> Result<f64> {
    cancel.check()?;
    let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = (reserved(one.len())?, reserved(one.len())?);
    for (x, y) in doubles(one).zip(doubles(other)) {
        if x.is_finite() && y.is_finite() {
            xs.push(x);
            ys.push(y);
        }
    }
    let (_, (x_mean, x_rest, x_squares)) = scaled_moments(&mut xs, cancel)?;
    let (_, (y_mean, y_rest, y_squares)) = scaled_moments(&mut ys, cancel)?;
    let products = xs.iter().zip(&ys).map(|(x, y)| ((x - x_mean) - x_rest) * ((y - y_mean) - y_rest));
    Ok(ratio(products.sum(), x_squares, y_squares))
}

fn doubles<'a>(column: &Column<'a>) -> Box<dyn Iterator<Item = f64> + 'a> {
    match *column {
        Column::F32(values) => Box::new(values.into_iter().map(|&value| f64::from(value))),
        Column::F64(values) => Box::new(values.into_iter().copied()),
    }
}

/// A correlation of its three sums; NaN if one column does not vary.
pub(super) fn ratio(products: f64, one: f64, other: f64) -> f64 {
    if one > 0.0 && other > 0.0 {
        let root = (one * other).sqrt();
        // The product of small sums may be beyond doubles where those of their roots is not.
        let root = if root > 0.0 { root } else { one.sqrt() * other.sqrt() };
        (products / root).clamp(-1.0, 1.0)
    } else {
        f64::NAN
    }
}

struct Band<'a, 'c> {
    /// The place of its first column.
    first: usize,
    columns: &'a [Column<'c>],
    centres: &'a [Centre],
}

impl Band<'_, '_> {
    /// Its columns, and one of zeros if their number is odd.
    fn width(&self) -> usize {
        self.columns.len().next_multiple_of(2)
    }

    fn has_missing(&self) -> bool {
        self.centres.iter().any(|centre| centre.has_missing)
    }
}

/// Some rows of a band, column after column; zeros fill a tile that is not full.
struct Tiles {
    values: Vec<f64>,
    /// 1 for a value that is there, and the values' squares; empty if they are not asked for.
    masks: Vec<f64>,
    squares: Vec<f64>,
}

impl Tiles {
    fn new(band: &Band<'_, '_>, with_masks: bool) -> Result<Self> {
        let size = band.width() * TILE;
        let other = if with_masks { size } else { 0 };
        Ok(Self { values: filled(0.0, size)?, masks: filled(0.0, other)?, squares: filled(0.0, other)? })
    }

    fn read(&mut self, band: &Band<'_, '_>, rows: Range<usize>) {
        let masks = if self.masks.is_empty() { None } else { Some((&mut self.masks, &mut self.squares)) };
        let columns = band.columns.iter().zip(band.centres);
        for ((column, centre), tile) in columns.clone().zip(self.values.chunks_exact_mut(TILE)) {
            match column {
                Column::F32(values) => read(values.slice(s![rows.clone()]), centre, tile),
                Column::F64(values) => read(values.slice(s![rows.clone()]), centre, tile),
            }
        }
        let Some((masks, squares)) = masks else { return };
        let tiles =
            self.values.chunks_exact_mut(TILE).zip(masks.chunks_exact_mut(TILE).zip(squares.chunks_exact_mut(TILE)));
        for (_, (values, (masks, squares))) in columns.zip(tiles) {
            masks.fill(0.0);
            for ((value, mask), square) in values[..rows.len()].iter_mut().zip(masks).zip(squares.iter_mut()) {
                let is_there = value.is_finite();
                *mask = f64::from(u8::from(is_there));
                *value = if is_there { *value } else { 0.0 };
                *square = *value * *value;
            }
            squares[rows.len()..].fill(0.0);
        }
    }
}

fn read<F: Real>(values: ArrayView1<'_, F>, centre: &Centre, tile: &mut [f64]) {
    let (full, empty) = tile.split_at_mut(values.len());
    if let Some(values) = values.as_slice() {
        full.iter_mut().zip(values).for_each(|(out, &value)| *out = centre.apply(value));
    } else {
        full.iter_mut().zip(values).for_each(|(out, &value)| *out = centre.apply(value));
    }
    empty.fill(0.0);
}

/// Sums over rows for each pair of a column of one band and one of another.
struct Sums {
    products: Vec<f64>,
    /// Where values are missing, of the rows of each pair: their number, both columns' sums, and those of squares.
    own: Option<[Vec<f64>; 5]>,
}

impl Sums {
    fn of(one: &Band<'_, '_>, other: &Band<'_, '_>, rows: Range<usize>, cancel: &Cancel) -> Result<Self> {
        let with_masks = one.has_missing() || other.has_missing();
        let size = one.width() * other.width();
        let is_triangle = one.first == other.first;
        let mut products = filled(0.0, size)?;
        let mut own: [Vec<f64>; 5] = Default::default();
        if with_masks {
            for sums in &mut own {
                *sums = filled(0.0, size)?;
            }
        }
        let mut left = Tiles::new(one, with_masks)?;
        let mut right = Tiles::new(other, with_masks)?;
        for start in rows.clone().step_by(TILE) {
            cancel.check()?;
            let tile = start..rows.end.min(start + TILE);
            left.read(one, tile.clone());
            if !is_triangle {
                right.read(other, tile);
            }
            let right = if is_triangle { &left } else { &right };
            add_products(&left.values, &right.values, is_triangle, &mut products);
            if with_masks {
                let [counts, left_sums, right_sums, left_squares, right_squares] = &mut own;
                add_products(&left.masks, &right.masks, is_triangle, counts);
                add_products(&left.values, &right.masks, is_triangle, left_sums);
                add_products(&left.masks, &right.values, is_triangle, right_sums);
                add_products(&left.squares, &right.masks, is_triangle, left_squares);
                add_products(&left.masks, &right.squares, is_triangle, right_squares);
            }
        }
        Ok(Self { products, own: with_masks.then_some(own) })
    }

    fn add(&mut self, other: &Self) {
        let add = |sums: &mut [f64], more: &[f64]| sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        add(&mut self.products, &other.products);
        for (sums, more) in self.own.iter_mut().flatten().zip(other.own.iter().flatten()) {
            add(sums, more);
        }
    }

    /// The correlation of each pair, or the pair itself where these sums have lost its digits.
    fn correlations(&self, one: &Band<'_, '_>, other: &Band<'_, '_>, found: &mut Found) {
        /// Below this share of the squares about the columns' means, those about the pair's own are made again.
        const DOUBTFUL: f64 = 0.01;
        for left in 0..one.columns.len() {
            for right in 0..other.columns.len() {
                let pair = (one.first + left, other.first + right);
                if pair.0 > pair.1 {
                    continue;
                }
                let at = left * other.width() + right;
                let Some(own) = &self.own else {
                    found.products.push((pair, self.products[at]));
                    continue;
                };
                let [count, x, y, xx, yy] = [0, 1, 2, 3, 4].map(|kind: usize| own[kind][at]);
                let (x_squares, y_squares) = (xx - x * x / count, yy - y * y / count);
                if count < 2.0 {
                    found.done.push((pair, f64::NAN));
                } else if x_squares <= DOUBTFUL * xx || y_squares <= DOUBTFUL * yy {
                    found.doubtful.push(pair);
                } else {
                    found.done.push((pair, ratio(self.products[at] - x * y / count, x_squares, y_squares)));
                }
            }
        }
    }
}

/// Adds the products of all columns of one tile with all of another, two by two; with `is_triangle`, those of one
/// triangle. The sums have four lanes on every processor, and so the same bits.
fn add_products(left: &[f64], right: &[f64], is_triangle: bool, sums: &mut [f64]) {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx") {
        // SAFETY: this processor has the instructions.
        #[allow(unsafe_code)]
        return unsafe { add_products_avx(left, right, is_triangle, sums) };
    }
    add_products_plain(left, right, is_triangle, sums);
}

/// The same with four lanes to a register.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx")]
fn add_products_avx(left: &[f64], right: &[f64], is_triangle: bool, sums: &mut [f64]) {
    add_products_plain(left, right, is_triangle, sums);
}

#[allow(clippy::inline_always)] // so that it is compiled for both kinds of processors
#[inline(always)]
fn add_products_plain(left: &[f64], right: &[f64], is_triangle: bool, sums: &mut [f64]) {
    let width = right.len() / TILE;
    for (i, left) in left.chunks_exact(2 * TILE).enumerate() {
        let [a, b] = by_fours(left);
        for (j, right) in right.chunks_exact(2 * TILE).enumerate().skip(if is_triangle { i } else { 0 }) {
            let [c, d] = by_fours(right);
            let (mut ac, mut ad, mut bc, mut bd) = ([0.0; 4], [0.0; 4], [0.0; 4], [0.0; 4]);
            for (((a, b), c), d) in a.iter().zip(b).zip(c).zip(d) {
                for lane in 0..4 {
                    ac[lane] += a[lane] * c[lane];
                    ad[lane] += a[lane] * d[lane];
                    bc[lane] += b[lane] * c[lane];
                    bd[lane] += b[lane] * d[lane];
                }
            }
            let total = |lanes: [f64; 4]| (lanes[0] + lanes[2]) + (lanes[1] + lanes[3]);
            let at = 2 * i * width + 2 * j;
            sums[at] += total(ac);
            sums[at + 1] += total(ad);
            sums[at + width] += total(bc);
            sums[at + width + 1] += total(bd);
        }
    }
}

/// Two columns of a tile, four rows at a time.
#[allow(clippy::inline_always)]
#[inline(always)]
fn by_fours(pair: &[f64]) -> [&[[f64; 4]]; 2] {
    let (first, second) = pair.split_at(TILE);
    [first.as_chunks().0, second.as_chunks().0]
}

#[cfg(test)]
mod tests {
    use ndarray::ShapeBuilder;
    use proptest::prelude::*;

    use super::*;

    /// By definition, two readings for each pair.
    fn plain(x: &Array2<f64>) -> Array2<f64> {
        Array2::from_shape_fn((x.ncols(), x.ncols()), |(one, other)| {
            let pairs: Vec<(f64, f64)> = x
                .rows()
                .into_iter()
                .map(|row| (row[one], row[other]))
                .filter(|(a, b)| a.is_finite() && b.is_finite())
                .collect();
            let count = pairs.len() as f64;
            let mean = pairs.iter().fold((0.0, 0.0), |sum, pair| (sum.0 + pair.0 / count, sum.1 + pair.1 / count));
            let sum = |f: fn(f64, f64) -> f64| pairs.iter().map(|(a, b)| f(a - mean.0, b - mean.1)).sum::<f64>();
            sum(|a, b| a * b) / (sum(|a, _| a * a) * sum(|_, b| b * b)).sqrt()
        })
    }

    fn columns(x: &Array2<f64>) -> Vec<Column<'_>> {
        x.columns().into_iter().map(Column::F64).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn every_pair_is_as_defined(rows in 60usize..600, width in 1usize..70, seed: u64, missing in 0u32..3) {
            let mut stream = crate::runtime::Stream::new(seed);
            let mut common = 0.0;
            let mut x = Array2::zeros((rows, width).f());
            for row in 0..rows {
                common += stream.uniform() - 0.5;
                for column in 0..width {
                    let is_missing = stream.below(8) < missing && column % 3 != 1;
                    let value = common + stream.uniform() * 3.0 + 40.0;
                    x[[row, column]] = if is_missing { f64::NAN } else { value };
                }
            }
            let expected = plain(&x);
            let found = correlation(&columns(&x), Correlation::Pearson, Workers::alone())?;
            for (a, b) in found.iter().zip(&expected) {
                prop_assert!((a - b).abs() < 1e-11 || (a.is_nan() && b.is_nan()), "{a} {b}");
            }
            let by_rows = x.as_standard_layout().into_owned();
            let again = correlation(&columns(&by_rows), Correlation::Pearson, Workers::unstoppable(3))?;
            for (a, b) in found.iter().zip(&again) {
                prop_assert_eq!(a.to_bits(), b.to_bits());
            }
        }
    }

    #[test]
    fn threads_change_nothing() -> Result<()> {
        let mut x = Array2::from_shape_fn((70_000, 5), |(i, j)| ((i * 31 + j * j * 17) % 1009) as f64 / 7.0);
        for missing in [false, true] {
            if missing {
                x[[7, 2]] = f64::NAN;
            }
            let one = correlation(&columns(&x), Correlation::Pearson, Workers::alone())?;
            assert!(one.iter().all(|value| value.is_finite()));
            for threads in [2, 3, 7] {
                assert_eq!(correlation(&columns(&x), Correlation::Pearson, Workers::unstoppable(threads))?, one);
            }
        }
        Ok(())
    }

    #[test]
    fn the_range_of_doubles_is_no_limit() -> Result<()> {
        let line = [1.0, 2.0, 4.0, 3.0];
        for (one, other) in [(1e300, 1e-300), (1e308 / 4.0, 5e-324), (1e-200, 1e200)] {
            let x = Array2::from_shape_fn(
                (4, 2),
                |(row, column)| {
                    if column == 0 { line[row] * one } else { (row + 1) as f64 * other }
                },
            );
            let found = correlation(&columns(&x), Correlation::Pearson, Workers::alone())?;
            assert!((found[[0, 1]] - 0.8).abs() < 1e-15, "{found}");
            assert_eq!((found[[0, 0]], found[[1, 1]]), (1.0, 1.0));
        }
        Ok(())
    }

    #[test]
    fn rows_of_a_pair_that_do_not_vary_have_no_correlation() -> Result<()> {
        let nan = f64::NAN;
        let x = ndarray::array![[0.1, 1.0], [0.1, 2.0], [0.1, 5.0], [7.0, nan], [9.0, nan], [f64::INFINITY, 3.0]];
        for kind in [Correlation::Pearson, Correlation::Spearman, Correlation::Kendall] {
            let found = correlation(&columns(&x), kind, Workers::alone())?;
            assert!(found[[0, 1]].is_nan(), "{kind:?} {found}");
            assert!((found[[0, 0]] - 1.0).abs() < 1e-15 && found[[1, 1]] == 1.0, "{kind:?} {found}");
        }
        Ok(())
    }

    #[test]
    fn lengths_must_agree() {
        let (one, two) = (ndarray::array![1.0], ndarray::array![1.0, 2.0]);
        let columns = [Column::F64(one.view()), Column::F64(two.view())];
        assert!(correlation(&columns, Correlation::Pearson, Workers::alone()).is_err());
    }
}

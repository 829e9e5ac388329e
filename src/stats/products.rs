//! Sums of products of all pairs of columns: the product of a matrix with its transpose, of which one triangle is made,
//! by tiles of rows that stay in the cache.
//!
//! A row counts for a pair if both of its values are finite. Where values are missing, five more products with the
//! columns' masks give each pair's own counts, sums and sums of squares.

use std::ops::Range;

use ndarray::{ArrayView1, s};

use super::describe::moments;
use super::sort::Column;
use super::whole::{Whole, each_column};
use crate::data::{PARALLEL_ELEMENTS, Real};
use crate::error::Result;
use crate::runtime::memory::{filled, reserved};
use crate::runtime::{Cancel, Workers};

/// Rows of a tile.
const TILE: usize = 128;

/// Columns whose products are made together: two tiles of them stay in the cache of a core.
const BAND: usize = 64;

/// The least rows of a piece of work.
const PIECE: usize = 16_384;

/// At most so many pieces make a sum: results wait for those before them.
const MOST_PIECES: usize = 64;

/// The sums of a pair of centred columns, over the rows where both are finite.
#[derive(Debug, Clone, Copy)]
pub(super) struct PairSums {
    /// Of the products.
    pub products: f64,
    /// Others, where values are missing; where none are, all rows count, and the other sums are 0 and those of squares.
    pub own: Option<OwnSums>,
}

/// The sums of a pair's own rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnSums {
    /// How many rows.
    pub count: f64,
    /// The sums of both columns.
    pub x: f64,
    pub y: f64,
    /// Those of their squares.
    pub xx: f64,
    pub yy: f64,
}

impl OwnSums {
    /// Both columns' squares about the means of these rows; None if that has taken their digits.
    pub(super) fn squares(&self) -> Option<[f64; 2]> {
        /// Below this share of the squares about the columns' means, those about the pair's own are made again.
        const DOUBTFUL: f64 = 0.01;
        let squares = [self.xx - self.x * self.x / self.count, self.yy - self.y * self.y / self.count];
        (squares[0] > DOUBTFUL * self.xx && squares[1] > DOUBTFUL * self.yy).then_some(squares)
    }
}

/// Calls `take` with the sums of each pair of columns, and returns how these were centred.
///
/// # Errors
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub(super) fn each_pair(
    columns: &[Column<'_>],
    workers: Workers<'_>,
    mut take: impl FnMut((usize, usize), PairSums),
) -> Result<Vec<Centre>> {
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
                total.each_pair(&bands[one], &bands[other], &mut take);
            }
        },
    )?;
    Ok(centres)
}

/// What makes the values of a column small and centred: (x · scale − mean) − rest.
pub(super) struct Centre {
    /// A power of two: 1, unless squares would leave the range of doubles.
    pub scale: f64,
    pub mean: f64,
    /// What rounding took from the mean.
    pub rest: f64,
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

/// The sums of a pair of columns by their common rows alone, both scaled by a power of two.
pub(super) struct OwnRows {
    /// How many rows.
    pub count: usize,
    pub scales: [f64; 2],
    /// Of the scaled values, as all that follows: both means, the squares about them, and the products.
    pub means: [f64; 2],
    pub squares: [f64; 2],
    pub products: f64,
}

impl OwnRows {
    /// Reads two columns again. O(n), with a copy of both.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub(super) fn of(one: &Column<'_>, other: &Column<'_>, cancel: &Cancel) -> Result<Self> {
        cancel.check()?;
        let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = (reserved(one.len())?, reserved(one.len())?);
        for (x, y) in doubles(one).zip(doubles(other)) {
            if x.is_finite() && y.is_finite() {
                xs.push(x);
                ys.push(y);
            }
        }
        let (x_scale, (x_mean, x_rest, x_squares)) = scaled_moments(&mut xs, cancel)?;
        let (y_scale, (y_mean, y_rest, y_squares)) = scaled_moments(&mut ys, cancel)?;
        let products = xs.iter().zip(&ys).map(|(x, y)| ((x - x_mean) - x_rest) * ((y - y_mean) - y_rest)).sum();
        Ok(Self {
            count: xs.len(),
            scales: [x_scale, y_scale],
            means: [x_mean + x_rest, y_mean + y_rest],
            squares: [x_squares, y_squares],
            products,
        })
    }
}

fn doubles<'a>(column: &Column<'a>) -> Box<dyn Iterator<Item = f64> + 'a> {
    match *column {
        Column::F32(values) => Box::new(values.into_iter().map(|&value| f64::from(value))),
        Column::F64(values) => Box::new(values.into_iter().copied()),
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

    /// The sums of each pair of columns, the first before or equal to the second.
    fn each_pair(&self, one: &Band<'_, '_>, other: &Band<'_, '_>, mut take: impl FnMut((usize, usize), PairSums)) {
        for left in 0..one.columns.len() {
            for right in 0..other.columns.len() {
                let pair = (one.first + left, other.first + right);
                if pair.0 > pair.1 {
                    continue;
                }
                let at = left * other.width() + right;
                let own = self.own.as_ref().map(|own| {
                    let [count, x, y, xx, yy] = [0, 1, 2, 3, 4].map(|kind: usize| own[kind][at]);
                    OwnSums { count, x, y, xx, yy }
                });
                take(pair, PairSums { products: self.products[at], own });
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

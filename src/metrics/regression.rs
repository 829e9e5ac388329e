//! Errors of predicted numbers: mean losses, the largest error, and what R² is made of.
//!
//! Rows are read once, in pieces that stay in the processor's first cache; sums of the pieces of a
//! block, and then of the blocks, are added in order.
//!
//! Every function answers `None` to what scikit-learn shall judge: NaN, infinity, whole numbers
//! beyond 2^53, values outside the domain of a loss, results beyond double precision.

use super::targets::{PIECE_ROWS, Room, Targets};
use super::{BLOCK_ROWS, PARALLEL_ROWS};
use crate::error::{Error, Result};
use crate::runtime::Workers;

/// What a row loses by its prediction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Loss {
    /// (y − ŷ)².
    Squared,
    /// |y − ŷ|.
    Absolute,
    /// |y − ŷ| / |y|, with |y| kept above the machine epsilon.
    AbsolutePercentage,
    /// (ln(1 + y) − ln(1 + ŷ))², for values above −1.
    SquaredLog,
    /// α·(y − ŷ) where ŷ is too low, (1 − α)·(ŷ − y) where it is too high.
    Pinball(f64),
    /// The unit deviance of the Tweedie distribution of this power (Jørgensen, "Exponential
    /// dispersion models", 1987): 0 normal, 1 Poisson, 2 gamma, 3 inverse Gaussian.
    Tweedie(f64),
}

impl Loss {
    /// The loss of a name; two of them take a parameter.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Parameter`] for an unknown name.
    pub fn named(name: &str, parameter: f64) -> Result<Self> {
        match name {
            "squared" => Ok(Self::Squared),
            "absolute" => Ok(Self::Absolute),
            "absolute_percentage" => Ok(Self::AbsolutePercentage),
            "squared_log" => Ok(Self::SquaredLog),
            "pinball" => Ok(Self::Pinball(parameter)),
            "tweedie" => Ok(Self::Tweedie(parameter)),
            other => Err(Error::parameter("loss", "the name of a loss", other)),
        }
    }
}

/// What R² and the explained variance of one output are made of: sums over (weighted) rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Variation {
    /// Of (y − ŷ)².
    pub squared_error: f64,
    /// Of the squared distance of y − ŷ from its mean.
    pub of_error: f64,
    /// Of the squared distance of y from its mean: exactly 0 where y is constant.
    pub of_truth: f64,
}

/// True and predicted targets of one shape.
#[derive(Debug, Clone, Copy)]
pub struct Predictions<'a> {
    truth: Targets<'a>,
    predicted: Targets<'a>,
    weights: Option<&'a [f64]>,
}

/// A few rows of one output.
struct Piece<'a> {
    truth: &'a [f64],
    predicted: &'a [f64],
    weights: Option<&'a [f64]>,
}

impl<'a> Predictions<'a> {
    /// Targets that belong together, with a weight for each row if there are weights.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] where sizes differ.
    pub fn new(truth: Targets<'a>, predicted: Targets<'a>, weights: Option<&'a [f64]>) -> Result<Self> {
        let ((rows, outputs), other) = (truth.dim(), predicted.dim());
        if other.0 != rows {
            return Err(Error::shape("the number of predictions", rows, other.0));
        }
        if other.1 != outputs {
            return Err(Error::shape("the number of predicted outputs", outputs, other.1));
        }
        match weights {
            Some(weights) if weights.len() != rows => {
                Err(Error::shape("the number of sample weights", rows, weights.len()))
            }
            _ => Ok(Self { truth, predicted, weights }),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.truth.dim().0
    }

    pub(crate) fn outputs(&self) -> usize {
        self.truth.dim().1
    }

    pub(crate) fn weights(&self) -> Option<&'a [f64]> {
        self.weights
    }

    pub(crate) fn output(&self, output: usize) -> Self {
        Self { truth: self.truth.output(output), predicted: self.predicted.output(output), ..*self }
    }

    /// The (weighted) mean loss of each output.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`].
    pub fn mean_losses(&self, loss: Loss, workers: Workers<'_>) -> Result<Option<Vec<f64>>> {
        let any = |_, _| true;
        match loss {
            Loss::Squared | Loss::Tweedie(0.0) => self.means(any, |y, p| (y - p) * (y - p), workers),
            Loss::Absolute => self.means(any, |y, p| (y - p).abs(), workers),
            Loss::AbsolutePercentage => self.means(any, |y, p| (y - p).abs() / y.abs().max(f64::EPSILON), workers),
            Loss::SquaredLog => {
                // One logarithm for the two, of a ratio that is at least 1 so that no digit is lost.
                let squared = |y: f64, p: f64| {
                    let error = ((y - p).abs() / (1.0 + y.min(p))).ln_1p();
                    error * error
                };
                self.means(|y, p| y > -1.0 && p > -1.0, squared, workers)
            }
            Loss::Pinball(alpha) => self.means(any, |y, p| (y - p) * if y >= p { alpha } else { alpha - 1.0 }, workers),
            Loss::Tweedie(1.0) => {
                let entropy = |y: f64, p: f64| if y == 0.0 { 0.0 } else { y * (y / p).ln() };
                self.means(|y, p| y >= 0.0 && p > 0.0, |y, p| 2.0 * (entropy(y, p) - y + p), workers)
            }
            Loss::Tweedie(2.0) => {
                self.means(|y, p| y > 0.0 && p > 0.0, |y, p| 2.0 * ((p / y).ln() + y / p - 1.0), workers)
            }
            Loss::Tweedie(power) => {
                let (first, second) = (1.0 - power, 2.0 - power);
                let deviance = |y: f64, p: f64| {
                    let slope = p.powf(first);
                    2.0 * (y.max(0.0).powf(second) / (first * second) - y * slope / first + slope * p / second)
                };
                let admits = |y: f64, p: f64| p > 0.0 && (power < 0.0 || y > 0.0 || (power < 2.0 && y == 0.0));
                self.means(admits, deviance, workers)
            }
        }
    }

    fn means(
        &self,
        admits: impl Fn(f64, f64) -> bool + Sync + Send,
        loss: impl Fn(f64, f64) -> f64 + Sync + Send,
        workers: Workers<'_>,
    ) -> Result<Option<Vec<f64>>> {
        let add = |sums: &mut (f64, f64), piece: &Piece<'_>, room: &mut Room| {
            let rows = || piece.truth.iter().zip(piece.predicted);
            if !rows().fold(true, |all, (&y, &p)| all & admits(y, p)) {
                return false;
            }
            let losses = &mut room[..piece.truth.len()];
            losses.iter_mut().zip(rows()).for_each(|(place, (&y, &p))| *place = loss(y, p));
            sums.0 += weighted_sum(losses, piece.weights);
            sums.1 += weight_of(piece);
            true
        };
        let merge = |sums: &mut (f64, f64), part: (f64, f64)| *sums = (sums.0 + part.0, sums.1 + part.1);
        let sums = self.by_blocks((0.0, 0.0), add, merge, workers)?;
        Ok(sums.and_then(|sums| finite(sums.iter().map(|(loss, weight)| loss / weight).collect())))
    }

    /// The largest |y − ŷ| of each output.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`].
    pub fn max_errors(&self, workers: Workers<'_>) -> Result<Option<Vec<f64>>> {
        let add = |most: &mut f64, piece: &Piece<'_>, _: &mut Room| {
            *most = piece.truth.iter().zip(piece.predicted).fold(*most, |most, (y, p)| most.max((y - p).abs()));
            true
        };
        Ok(self.by_blocks(0.0, add, |most, part| *most = part.max(*most), workers)?.and_then(finite))
    }

    /// What R² and the explained variance of each output are made of.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`].
    pub fn variations(&self, workers: Workers<'_>) -> Result<Option<Vec<Variation>>> {
        let add = |sums: &mut (f64, Moments, Moments), piece: &Piece<'_>, room: &mut Room| {
            let weight = weight_of(piece);
            let mut errors = [0.0; PIECE_ROWS];
            let errors = &mut errors[..piece.truth.len()];
            errors.iter_mut().zip(piece.truth.iter().zip(piece.predicted)).for_each(|(place, (y, p))| *place = y - p);
            sums.1.merge(Moments::of(errors, piece.weights, weight, room));
            sums.2.merge(Moments::of(piece.truth, piece.weights, weight, room));
            for error in errors.iter_mut() {
                *error *= *error;
            }
            sums.0 += weighted_sum(errors, piece.weights);
            true
        };
        let merge = |sums: &mut (f64, Moments, Moments), part: (f64, Moments, Moments)| {
            sums.0 += part.0;
            sums.1.merge(part.1);
            sums.2.merge(part.2);
        };
        let Some(sums) = self.by_blocks((0.0, Moments::default(), Moments::default()), add, merge, workers)? else {
            return Ok(None);
        };
        let variations = sums.into_iter().map(|(squared_error, of_error, of_truth)| {
            let variation = Variation { squared_error, of_error: of_error.squares, of_truth: of_truth.squares };
            (squared_error + of_error.squares + of_truth.squares).is_finite().then_some(variation)
        });
        Ok(variations.collect())
    }

    /// What the pieces of each output add up to, block by block.
    fn by_blocks<S: Copy + Send + Sync>(
        &self,
        nothing: S,
        add: impl Fn(&mut S, &Piece<'_>, &mut Room) -> bool + Sync + Send,
        merge: impl Fn(&mut S, S),
        workers: Workers<'_>,
    ) -> Result<Option<Vec<S>>> {
        let (rows, outputs) = self.truth.dim();
        let read = |block| {
            let mut rooms = [[0.0; PIECE_ROWS]; 3];
            let [first, second, third] = &mut rooms;
            let mut sums = vec![nothing; outputs];
            let stop = rows.min((block + 1) * BLOCK_ROWS);
            for start in (block * BLOCK_ROWS..stop).step_by(PIECE_ROWS) {
                let rows = start..stop.min(start + PIECE_ROWS);
                for (output, sum) in sums.iter_mut().enumerate() {
                    let truth = self.truth.read(output, rows.clone(), first);
                    let predicted = self.predicted.read(output, rows.clone(), second);
                    let (Some(truth), Some(predicted)) = (truth, predicted) else { return Ok(None) };
                    let weights = self.weights.map(|weights| &weights[rows.clone()]);
                    if !add(sum, &Piece { truth, predicted, weights }, third) {
                        return Ok(None);
                    }
                }
            }
            Ok(Some(sums))
        };
        let mut total = Some(vec![nothing; outputs]);
        let workers = workers.alone_if(rows.saturating_mul(outputs) < PARALLEL_ROWS);
        workers.fold(rows.div_ceil(BLOCK_ROWS), read, |part| {
            total = total.take().zip(part).map(|(mut total, part)| {
                total.iter_mut().zip(part).for_each(|(sum, part)| merge(sum, part));
                total
            });
        })?;
        Ok(total)
    }

    /// Calls `take` with the |y − ŷ| of a block of rows of the first output, and the row they begin
    /// at; false where a value is none.
    pub(crate) fn absolute_errors(&self, block: usize, mut take: impl FnMut(usize, &[f64])) -> bool {
        let mut rooms = [[0.0; PIECE_ROWS]; 3];
        let [first, second, errors] = &mut rooms;
        let stop = self.rows().min((block + 1) * BLOCK_ROWS);
        for start in (block * BLOCK_ROWS..stop).step_by(PIECE_ROWS) {
            let rows = start..stop.min(start + PIECE_ROWS);
            let truth = self.truth.read(0, rows.clone(), first);
            let predicted = self.predicted.read(0, rows, second);
            let (Some(truth), Some(predicted)) = (truth, predicted) else { return false };
            let errors = &mut errors[..truth.len()];
            errors.iter_mut().zip(truth.iter().zip(predicted)).for_each(|(place, (y, p))| *place = (y - p).abs());
            take(start, errors);
        }
        true
    }
}

/// Weight, mean and sum of squared distances from the mean, which merge without loss (Chan, Golub
/// and `LeVeque`, "Updating formulae and a pairwise algorithm for computing sample variances", 1979).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Moments {
    weight: f64,
    pub(crate) mean: f64,
    pub(crate) squares: f64,
}

impl Moments {
    /// Distances from the first value keep the mean of equal values exact.
    pub(crate) fn of(values: &[f64], weights: Option<&[f64]>, weight: f64, room: &mut Room) -> Self {
        let first = weights.map_or(Some(0), |weights| weights.iter().position(|&weight| weight > 0.0));
        let Some(&shift) = first.and_then(|first| values.get(first)) else { return Self::default() };
        let room = &mut room[..values.len()];
        room.iter_mut().zip(values).for_each(|(place, value)| *place = value - shift);
        let mean = shift + weighted_sum(room, weights) / weight;
        room.iter_mut().zip(values).for_each(|(place, value)| *place = (value - mean) * (value - mean));
        Self { weight, mean, squares: weighted_sum(room, weights) }
    }

    pub(crate) fn merge(&mut self, other: Self) {
        if self.weight == 0.0 {
            *self = other;
        } else if other.weight > 0.0 {
            let (weight, step) = (self.weight + other.weight, other.mean - self.mean);
            self.squares += other.squares + step * step * (self.weight * (other.weight / weight));
            self.mean += step * (other.weight / weight);
            self.weight = weight;
        }
    }
}

fn weight_of(piece: &Piece<'_>) -> f64 {
    piece.weights.map_or(piece.truth.len() as f64, sum)
}

/// The sum of some values, each multiplied by its weight in place.
fn weighted_sum(values: &mut [f64], weights: Option<&[f64]>) -> f64 {
    if let Some(weights) = weights {
        values.iter_mut().zip(weights).for_each(|(value, weight)| *value *= weight);
    }
    sum(values)
}

/// The sum of a piece, in eight lanes that a processor adds at once.
pub(crate) fn sum(values: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (eights, rest) = values.as_chunks::<8>();
    for eight in eights {
        lanes.iter_mut().zip(eight).for_each(|(lane, value)| *lane += value);
    }
    lanes.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

fn finite(values: Vec<f64>) -> Option<Vec<f64>> {
    values.iter().all(|value| value.is_finite()).then_some(values)
}

#[cfg(test)]
mod tests;

//! What a boosted model begins with: the one answer that is best for all rows.

use super::loss::Loss;
use crate::data::ordered::Float;
use crate::data::sorting::sort_keys;
use crate::error::{Error, Result};
use crate::runtime::Cancel;
use crate::runtime::memory::reserved;
use crate::stats::order::weighted_places;

/// Chances are kept so far from 0 and 1, so that their logarithms are finite.
const LEAST_CHANCE: f64 = 10.0 * f64::EPSILON;

impl Loss {
    /// The raw answer of the least loss over all rows, one number for each output.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] without rows or with another number of weights,
    /// [`crate::ErrorKind::Value`] if all weights are 0, [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn baseline(self, labels: &[f64], weights: Option<&[f64]>, cancel: &Cancel) -> Result<Vec<f64>> {
        self.check()?;
        if labels.is_empty() {
            return Err(Error::shape("rows", 1, 0));
        }
        if let Some(weights) = weights.filter(|weights| weights.len() != labels.len()) {
            return Err(Error::shape("weights", labels.len(), weights.len()));
        }
        total(labels.len(), weights)?;
        if let Loss::MultinomialLog(classes) = self {
            let shares = (0..classes).map(|class| mean(labels, weights, |label| f64::from(label as usize == class)));
            let logarithms: Vec<f64> = shares.map(|share| within(share).ln()).collect();
            let middle = logarithms.iter().sum::<f64>() / classes as f64;
            return Ok(logarithms.into_iter().map(|logarithm| logarithm - middle).collect());
        }
        if let Some(quantile) = self.leaf_quantile() {
            return Ok(vec![quantile_of(labels, weights, quantile, cancel)?]);
        }
        let mean = mean(labels, weights, |label| label);
        Ok(vec![match self {
            Loss::Poisson | Loss::Gamma => mean.max(LEAST_CHANCE).ln(),
            Loss::BinaryLog => (within(mean) / (1.0 - within(mean))).ln(),
            _ => mean,
        }])
    }
}

/// What rows weigh together.
///
/// # Errors
/// [`crate::ErrorKind::Value`] if it is nothing, or not finite.
pub(super) fn total(rows: usize, weights: Option<&[f64]>) -> Result<f64> {
    let total = weights.map_or(rows as f64, |weights| weights.iter().sum());
    if total > 0.0 && total.is_finite() {
        return Ok(total);
    }
    Err(Error::value("sample_weight", format!("weights that add up to {total}"), "weights of which some are above 0"))
}

fn within(chance: f64) -> f64 {
    chance.clamp(LEAST_CHANCE, 1.0 - LEAST_CHANCE)
}

fn mean(labels: &[f64], weights: Option<&[f64]>, of: impl Fn(f64) -> f64) -> f64 {
    match weights {
        None => labels.iter().map(|&label| of(label)).sum::<f64>() / labels.len() as f64,
        Some(weights) => {
            let sum: f64 = labels.iter().zip(weights).map(|(&label, weight)| of(label) * weight).sum();
            sum / weights.iter().sum::<f64>()
        }
    }
}

/// A quantile of labels.
fn quantile_of(labels: &[f64], weights: Option<&[f64]>, quantile: f64, cancel: &Cancel) -> Result<f64> {
    match weights {
        None => {
            let mut keys = reserved(labels.len())?;
            keys.extend(labels.iter().map(|label| label.key()));
            let keys = sort_keys(keys, cancel)?;
            Ok(interpolated(keys.len(), |place| f64::from_key(keys[place]), quantile))
        }
        Some(weights) => {
            let mut rows = reserved(labels.len())?;
            rows.extend(labels.iter().copied().zip(weights.iter().copied()));
            rows.sort_by(|one, other| one.0.total_cmp(&other.0));
            Ok(weighted(&rows, quantile))
        }
    }
}

/// The quantile of so many ascending numbers, on the line between two of them: numpy's usual one.
pub(super) fn interpolated(count: usize, number: impl Fn(usize) -> f64, quantile: f64) -> f64 {
    let place = quantile * (count - 1) as f64;
    let (low, high) = (number(place as usize), number((place as usize + 1).min(count - 1)));
    let (share, step) = (place.fract(), high - low);
    if share < 0.5 { low + step * share } else { high - step * (1.0 - share) }
}

/// The same of numbers in any order, which are put in another.
pub(super) fn quantile_among(numbers: &mut [f64], quantile: f64) -> f64 {
    let place = (quantile * (numbers.len() - 1) as f64) as usize;
    let (_, &mut low, above) = numbers.select_nth_unstable_by(place, f64::total_cmp);
    let next = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    interpolated(numbers.len(), |asked| if asked == place { low } else { next }, quantile)
}

/// The weighted quantile of ascending numbers with their weights, midway where two of them share it.
pub(super) fn weighted(rows: &[(f64, f64)], quantile: f64) -> f64 {
    let mut sum = 0.0;
    let cumulated: Vec<f64> = rows
        .iter()
        .map(|row| {
            sum += row.1;
            sum
        })
        .collect();
    let (place, next) = weighted_places(&cumulated, quantile);
    rows[place].0.midpoint(rows[next].0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(loss: Loss, labels: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        loss.baseline(labels, weights, &Cancel::new()).expect("a baseline")
    }

    #[test]
    fn it_is_where_the_loss_is_least() {
        let labels = [0.5, 3.0, 1.0, 1.0, 7.5];
        let weights = [1.0, 2.0, 0.5, 1.0, 3.0];
        let losses = [
            Loss::SquaredError,
            Loss::AbsoluteError,
            Loss::Quantile(0.3),
            Loss::Quantile(1.0),
            Loss::Poisson,
            Loss::Gamma,
        ];
        for loss in losses {
            for weights in [None, Some(&weights[..])] {
                let at = |raw: f64| -> f64 {
                    let rows = labels.iter().zip(weights.unwrap_or(&[1.0; 5]));
                    rows.map(|(&label, weight)| weight * loss.of_one(label, raw)).sum()
                };
                let best = of(loss, &labels, weights)[0];
                assert!([-1e-3, 1e-3].iter().all(|step| at(best) <= at(best + step) + 1e-12), "{loss:?} {best}");
            }
        }
    }

    #[test]
    fn chances_are_those_of_the_classes() {
        let odds = of(Loss::BinaryLog, &[0.0, 1.0, 1.0, 1.0], None)[0];
        assert!((odds - 3f64.ln()).abs() < 1e-12);
        assert!(of(Loss::BinaryLog, &[1.0], None)[0].is_finite());
        let three = of(Loss::MultinomialLog(3), &[0.0, 1.0, 1.0, 2.0], Some(&[2.0, 1.0, 1.0, 4.0]));
        let sum: f64 = three.iter().map(|raw| raw.exp()).sum();
        let expected = [0.25, 0.25, 0.5];
        assert!(three.iter().zip(expected).all(|(raw, share)| (raw.exp() / sum - share).abs() < 1e-12));
        assert!(three.iter().sum::<f64>().abs() < 1e-12);
        assert!(Loss::SquaredError.baseline(&[], None, &Cancel::new()).is_err());
        assert!(Loss::SquaredError.baseline(&[1.0], Some(&[]), &Cancel::new()).is_err());
    }
}

//! P-values adjusted for the number of tests made together.
//!
//! A test whose adjusted p-value is below α is rejected; then the chance of any false rejection
//! (Bonferroni, Holm) or the expected share of false ones among the rejections (Benjamini and
//! Hochberg, "Controlling the false discovery rate", 1995; Benjamini and Yekutieli, "The control of
//! the false discovery rate in multiple testing under dependency", 2001) is at most α.

use crate::error::{Error, Result};

/// What is kept below α, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Correction {
    /// The chance of any false rejection; any dependence.
    Bonferroni,
    /// The same, by steps: never worse than Bonferroni.
    Holm,
    /// The false discovery rate; independent or positively dependent tests.
    BenjaminiHochberg,
    /// The false discovery rate; any dependence.
    BenjaminiYekutieli,
}

impl std::str::FromStr for Correction {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "bonferroni" => Ok(Self::Bonferroni),
            "holm" => Ok(Self::Holm),
            "fdr_bh" => Ok(Self::BenjaminiHochberg),
            "fdr_by" => Ok(Self::BenjaminiYekutieli),
            _ => Err(Error::parameter("method", "'bonferroni', 'holm', 'fdr_bh' or 'fdr_by'", format!("{name:?}"))),
        }
    }
}

/// The adjusted p-values, in the order given. NaN is no test: it stays NaN and is not counted.
///
/// O(n log n).
///
/// # Errors
/// [`crate::ErrorKind::Value`] for a p-value outside 0..=1.
///
/// ```
/// use treering::stats::multiple_testing::{Correction, adjust};
///
/// let adjusted = adjust(&[0.01, f64::NAN, 0.04], Correction::Holm)?;
/// assert_eq!((adjusted[0], adjusted[2]), (0.02, 0.04));
/// # Ok::<(), treering::Error>(())
/// ```
pub fn adjust(pvalues: &[f64], correction: Correction) -> Result<Vec<f64>> {
    if let Some((index, value)) = pvalues.iter().enumerate().find(|(_, p)| !p.is_nan() && !(0.0..=1.0).contains(*p)) {
        return Err(Error::value(format!("pvalues, at index {index},"), value, "numbers from 0 to 1, or NaN"));
    }
    let mut order: Vec<usize> = (0..pvalues.len()).filter(|&index| !pvalues[index].is_nan()).collect();
    order.sort_by(|&a, &b| pvalues[a].total_cmp(&pvalues[b]));
    let tests = order.len() as f64;
    let mut adjusted = vec![f64::NAN; pvalues.len()];
    match correction {
        Correction::Bonferroni => {
            for &index in &order {
                adjusted[index] = (pvalues[index] * tests).min(1.0);
            }
        }
        Correction::Holm => {
            let mut greatest = 0.0f64;
            for (rank, &index) in order.iter().enumerate() {
                greatest = greatest.max(pvalues[index] * (tests - rank as f64)).min(1.0);
                adjusted[index] = greatest;
            }
        }
        Correction::BenjaminiHochberg | Correction::BenjaminiYekutieli => {
            let factor = if correction == Correction::BenjaminiHochberg {
                tests
            } else {
                tests * (1..=order.len()).map(|k| 1.0 / k as f64).sum::<f64>()
            };
            let mut least = 1.0f64;
            for (rank, &index) in order.iter().enumerate().rev() {
                least = least.min(pvalues[index] * (factor / (rank + 1) as f64));
                adjusted[index] = least;
            }
        }
    }
    Ok(adjusted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ALL: [Correction; 4] =
        [Correction::Bonferroni, Correction::Holm, Correction::BenjaminiHochberg, Correction::BenjaminiYekutieli];

    #[test]
    fn values_worked_out_by_hand() {
        let pvalues = [0.01, 0.04, 0.03, 0.005];
        let expected = [
            [0.04, 0.16, 0.12, 0.02],
            [0.03, 0.06, 0.06, 0.02],
            [0.02, 0.04, 0.04, 0.02],
            [0.02 * 25.0 / 12.0, 0.04 * 25.0 / 12.0, 0.04 * 25.0 / 12.0, 0.02 * 25.0 / 12.0],
        ];
        for (correction, expected) in ALL.into_iter().zip(expected) {
            let adjusted = adjust(&pvalues, correction).unwrap_or_default();
            for (got, expected) in adjusted.iter().zip(expected) {
                assert!((got - expected).abs() < 1e-15, "{correction:?}: {adjusted:?}");
            }
        }
    }

    #[test]
    fn impossible_pvalues_are_named() {
        let error = adjust(&[0.5, 1.5], Correction::Holm).map_err(|error| error.to_string());
        assert!(error.is_err_and(|message| message.contains("index 1") && message.contains("1.5")));
    }

    proptest! {
        #[test]
        fn adjusting_keeps_the_order_and_never_lowers(pvalues in prop::collection::vec(0.0..=1.0f64, 0..30)) {
            for correction in ALL {
                let adjusted = adjust(&pvalues, correction)?;
                for (i, &p) in pvalues.iter().enumerate() {
                    prop_assert!(adjusted[i] >= p * (1.0 - 1e-15) && adjusted[i] <= 1.0);
                    for (j, &q) in pvalues.iter().enumerate() {
                        prop_assert!(p > q || adjusted[i] <= adjusted[j]);
                    }
                }
            }
        }
    }
}

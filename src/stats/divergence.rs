//! How far two distributions over the same bins are apart.

use crate::error::{Error, Result};

/// A distance between the shares r of the reference and c of the current sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Divergence {
    /// The population stability index, Σ (c − r) ln(c / r).
    Psi,
    /// Kullback and Leibler's, Σ r ln(r / c): of the reference from the current sample.
    KullbackLeibler,
    /// The root of the mean of both divergences, by base 2, from their middle: from 0 to 1.
    JensenShannon,
    /// √(1 − Σ √(r c)), from 0 to 1.
    Hellinger,
    /// Half of Σ |r − c|: the greatest difference of chances of any event, from 0 to 1.
    TotalVariation,
    /// The greatest |r − c| of a bin, from 0 to 1.
    LInfinity,
    /// Cramér's V, the root of Pearson's χ² for each observation, from 0 to 1.
    CramersV,
}

impl std::str::FromStr for Divergence {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "psi" => Ok(Self::Psi),
            "kl" => Ok(Self::KullbackLeibler),
            "jensen_shannon" => Ok(Self::JensenShannon),
            "hellinger" => Ok(Self::Hellinger),
            "total_variation" => Ok(Self::TotalVariation),
            "l_infinity" => Ok(Self::LInfinity),
            "cramers_v" => Ok(Self::CramersV),
            _ => Err(Error::parameter("divergence", "the name of a divergence", format!("{name:?}"))),
        }
    }
}

/// The distance of two vectors of counts of the same bins, to each of which `smoothing` observations are added.
///
/// Without smoothing, a bin that is empty in one sample alone makes [`Divergence::Psi`] infinite, and one that is empty
/// in the current sample [`Divergence::KullbackLeibler`]. A sample without observations has no shares: NaN. O(bins).
///
/// # Errors
/// [`crate::ErrorKind::Shape`] if the vectors differ in length; [`crate::ErrorKind::Parameter`] for a smoothing that is
/// negative or not finite.
///
/// ```
/// use treering::stats::divergence::{Divergence, between};
///
/// assert_eq!(between(&[30, 70], &[50, 50], 0.0, Divergence::LInfinity)?, 0.2);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn between(reference: &[u64], current: &[u64], smoothing: f64, kind: Divergence) -> Result<f64> {
    if reference.len() != current.len() {
        return Err(Error::shape("counts of the same bins", reference.len(), current.len()));
    }
    if !(0.0..f64::INFINITY).contains(&smoothing) {
        return Err(Error::parameter("smoothing", "0 or more observations for each bin", smoothing));
    }
    if reference.iter().all(|&count| count == 0) || current.iter().all(|&count| count == 0) {
        return Ok(f64::NAN);
    }
    let total = |counts: &[u64]| counts.iter().map(|&count| count as f64 + smoothing).sum::<f64>();
    let (n_reference, n_current) = (total(reference), total(current));
    let shares = || {
        let each = reference.iter().zip(current);
        each.map(|(&r, &c)| ((r as f64 + smoothing) / n_reference, (c as f64 + smoothing) / n_current))
    };
    // What is not there has nothing to be told apart by: 0 ln 0 is 0.
    let term = |share: f64, other: f64| if share > 0.0 { share * (share / other).ln() } else { 0.0 };
    Ok(match kind {
        Divergence::Psi => shares().map(|(r, c)| if r == c { 0.0 } else { (c - r) * (c / r).ln() }).sum(),
        Divergence::KullbackLeibler => shares().map(|(r, c)| term(r, c)).sum::<f64>().max(0.0),
        Divergence::JensenShannon => {
            let middle = |r: f64, c: f64| f64::midpoint(r, c);
            let sum: f64 = shares().map(|(r, c)| term(r, middle(r, c)) + term(c, middle(r, c))).sum();
            (sum / (2.0 * std::f64::consts::LN_2)).clamp(0.0, 1.0).sqrt()
        }
        // As half the squared distance of the roots, which keeps the digits of what is near.
        Divergence::Hellinger => {
            (shares().map(|(r, c)| (r.sqrt() - c.sqrt()).powi(2)).sum::<f64>() / 2.0).clamp(0.0, 1.0).sqrt()
        }
        Divergence::TotalVariation => (shares().map(|(r, c)| (r - c).abs()).sum::<f64>() / 2.0).min(1.0),
        Divergence::LInfinity => shares().map(|(r, c)| (r - c).abs()).fold(0.0, f64::max),
        Divergence::CramersV => {
            let (weight, other) = (n_reference / (n_reference + n_current), n_current / (n_reference + n_current));
            let apart = |(r, c): (f64, f64)| if r == c { 0.0 } else { (r - c).powi(2) / (weight * r + other * c) };
            (weight * other * shares().map(apart).sum::<f64>()).sqrt().min(1.0)
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Divergence; 7] = [
        Divergence::Psi,
        Divergence::KullbackLeibler,
        Divergence::JensenShannon,
        Divergence::Hellinger,
        Divergence::TotalVariation,
        Divergence::LInfinity,
        Divergence::CramersV,
    ];

    #[test]
    fn what_has_nothing_in_common_is_as_far_as_can_be() -> Result<()> {
        for kind in &ALL[2..] {
            assert_eq!(between(&[5, 0], &[0, 7], 0.0, *kind)?, 1.0, "{kind:?}");
        }
        assert_eq!(between(&[5, 0], &[0, 7], 0.0, Divergence::Psi)?, f64::INFINITY);
        assert_eq!(between(&[5, 5], &[0, 7], 0.0, Divergence::KullbackLeibler)?, f64::INFINITY);
        assert!(between(&[5, 0], &[5, 7], 0.0, Divergence::KullbackLeibler)?.is_finite());
        assert!(between(&[5, 0], &[0, 7], 0.5, Divergence::Psi)?.is_finite());
        Ok(())
    }

    #[test]
    fn what_cannot_be_is_refused() -> Result<()> {
        assert!(between(&[1], &[1, 2], 0.0, Divergence::Psi).is_err());
        assert!(between(&[1], &[1], -1.0, Divergence::Psi).is_err());
        assert!(between(&[1], &[1], f64::NAN, Divergence::Psi).is_err());
        assert!(between(&[0], &[1], 0.0, Divergence::Psi)?.is_nan());
        Ok(())
    }

    proptest! {
        #[test]
        fn distances_are_not_negative_and_zero_for_equal_shares(
            counts in prop::collection::vec((0u64..50, 0u64..50), 1..12), smoothing in 0.1..2.0_f64,
        ) {
            let (mut reference, mut current): (Vec<_>, Vec<_>) = counts.into_iter().unzip();
            (reference[0], current[0]) = (reference[0] + 1, current[0] + 1);
            for kind in ALL {
                let found = between(&reference, &current, smoothing, kind)?;
                prop_assert!(found >= 0.0 && found.is_finite(), "{kind:?} {found}");
                prop_assert!(between(&reference, &reference, smoothing, kind)? < 1e-15);
                if kind != Divergence::KullbackLeibler {
                    let back = between(&current, &reference, smoothing, kind)?;
                    prop_assert!((back - found).abs() < 1e-12);
                }
            }
            // Pinsker's inequality, and Le Cam's.
            let tv = between(&reference, &current, smoothing, Divergence::TotalVariation)?;
            let kl = between(&reference, &current, smoothing, Divergence::KullbackLeibler)?;
            let hellinger = between(&reference, &current, smoothing, Divergence::Hellinger)?;
            prop_assert!(tv <= (kl / 2.0).sqrt() + 1e-12);
            prop_assert!(hellinger * hellinger <= tv + 1e-12 && tv <= hellinger * 2.0_f64.sqrt() + 1e-12);
        }
    }
}

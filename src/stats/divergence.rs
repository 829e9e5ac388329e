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
    check(reference.len(), current.len(), smoothing)?;
    if reference.iter().all(|&count| count == 0) || current.iter().all(|&count| count == 0) {
        return Ok(f64::NAN);
    }
    let shares = Shares::of(sum(reference), sum(current), reference.len(), smoothing);
    let terms = reference.iter().zip(current).map(|(&r, &c)| shares.term(kind, (r as f64, c as f64)));
    Ok(kind.total(terms))
}

/// Between which numbers the distance lies of two samples of which no count is known but that it is between two others.
///
/// The sizes of the samples are known. O(bins).
///
/// # Errors
/// As [`between`].
///
/// ```
/// use treering::stats::divergence::{Divergence, bounds};
///
/// let (low, high) = bounds(&[(30, 30), (70, 70)], 100, &[(49, 51), (49, 51)], 100, 0.0, Divergence::LInfinity)?;
/// assert!((low - 0.19).abs() < 1e-12 && (high - 0.21).abs() < 1e-12);
/// # Ok::<(), treering::Error>(())
/// ```
pub fn bounds(
    reference: &[(u64, u64)],
    n_reference: u64,
    current: &[(u64, u64)],
    n_current: u64,
    smoothing: f64,
    kind: Divergence,
) -> Result<(f64, f64)> {
    check(reference.len(), current.len(), smoothing)?;
    if n_reference == 0 || n_current == 0 {
        return Ok((f64::NAN, f64::NAN));
    }
    let shares = Shares::of(n_reference as f64, n_current as f64, reference.len(), smoothing);
    let pairs = || reference.iter().zip(current).map(|(&r, &c)| (float(r), float(c)));
    // Every term grows as its two shares part: it is least where they are nearest.
    let nearest = pairs().map(|((r_low, r_high), (c_low, c_high))| {
        let share = |count: f64, all: f64| (count + smoothing) / all;
        let (low, high) = (share(r_low, shares.reference), share(r_high, shares.reference));
        let (other_low, other_high) = (share(c_low, shares.current), share(c_high, shares.current));
        if high < other_low {
            shares.term(kind, (r_high, c_low))
        } else if other_high < low {
            shares.term(kind, (r_low, c_high))
        } else {
            0.0
        }
    });
    let furthest = pairs().map(|((r_low, r_high), (c_low, c_high))| {
        shares.term(kind, (r_low, c_high)).max(shares.term(kind, (r_high, c_low)))
    });
    Ok((kind.total(nearest), kind.total(furthest)))
}

fn float((low, high): (u64, u64)) -> (f64, f64) {
    (low as f64, high as f64)
}

fn sum(counts: &[u64]) -> f64 {
    counts.iter().map(|&count| count as f64).sum()
}

fn check(reference: usize, current: usize, smoothing: f64) -> Result<()> {
    if reference != current {
        return Err(Error::shape("counts of the same bins", reference, current));
    }
    if !(0.0..f64::INFINITY).contains(&smoothing) {
        return Err(Error::parameter("smoothing", "0 or more observations for each bin", smoothing));
    }
    Ok(())
}

/// How counts become shares.
struct Shares {
    /// All observations of either sample, those that are added among them.
    reference: f64,
    current: f64,
    smoothing: f64,
}

impl Shares {
    fn of(n_reference: f64, n_current: f64, bins: usize, smoothing: f64) -> Self {
        let added = smoothing * bins as f64;
        Self { reference: n_reference + added, current: n_current + added, smoothing }
    }

    /// What a bin with these counts adds: never negative, zero for equal shares, and the more the further they are apart.
    fn term(&self, kind: Divergence, (in_reference, in_current): (f64, f64)) -> f64 {
        let r = (in_reference + self.smoothing) / self.reference;
        let c = (in_current + self.smoothing) / self.current;
        if r == c {
            return 0.0;
        }
        // What is not there has nothing to be told apart by: 0 ln 0 is 0.
        let surprise = |share: f64, other: f64| if share > 0.0 { share * (share / other).ln() } else { 0.0 };
        match kind {
            Divergence::Psi => (c - r) * (c / r).ln(),
            // All shares of a sample add up to one, so that r and c add nothing to the sum.
            Divergence::KullbackLeibler => surprise(r, c) - r + c,
            Divergence::JensenShannon => {
                let middle = f64::midpoint(r, c);
                surprise(r, middle) + surprise(c, middle)
            }
            Divergence::Hellinger => (r.sqrt() - c.sqrt()).powi(2),
            Divergence::TotalVariation | Divergence::LInfinity => (r - c).abs(),
            Divergence::CramersV => {
                let all = self.reference + self.current;
                let (weight, other) = (self.reference / all, self.current / all);
                weight * other * (r - c).powi(2) / (weight * r + other * c)
            }
        }
    }
}

impl Divergence {
    /// The distance of which these are the terms of all bins.
    fn total(self, terms: impl Iterator<Item = f64>) -> f64 {
        if self == Self::LInfinity {
            return terms.fold(0.0, f64::max);
        }
        let sum = terms.sum::<f64>().max(0.0);
        match self {
            Self::JensenShannon => (sum / (2.0 * std::f64::consts::LN_2)).min(1.0).sqrt(),
            Self::Hellinger => (sum / 2.0).min(1.0).sqrt(),
            Self::TotalVariation => (sum / 2.0).min(1.0),
            Self::CramersV => sum.sqrt().min(1.0),
            _ => sum,
        }
    }
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
        fn bounds_hold(
            counts in prop::collection::vec((1u64..50, 1u64..50, 0u64..4, 0u64..4), 1..12), smoothing in 0.1..2.0_f64,
        ) {
            let exact = |place: fn(&(u64, u64, u64, u64)) -> u64| counts.iter().map(place).collect::<Vec<_>>();
            let (reference, current) = (exact(|each| each.0), exact(|each| each.1));
            let around = |count: u64, off: u64| (count.saturating_sub(off), count + off);
            let near_reference: Vec<_> = counts.iter().map(|each| around(each.0, each.2)).collect();
            let near_current: Vec<_> = counts.iter().map(|each| around(each.1, each.3)).collect();
            let (n, m) = (reference.iter().sum(), current.iter().sum());
            for kind in ALL {
                let found = between(&reference, &current, smoothing, kind)?;
                let (low, high) = bounds(&near_reference, n, &near_current, m, smoothing, kind)?;
                prop_assert!(low <= found + 1e-12 && found <= high + 1e-12, "{kind:?} {low} {found} {high}");
                let points = |counts: &[u64]| counts.iter().map(|&count| (count, count)).collect::<Vec<_>>();
                let (low, high) = bounds(&points(&reference), n, &points(&current), m, smoothing, kind)?;
                prop_assert!((low - found).abs() < 1e-12 && (high - found).abs() < 1e-12);
            }
        }

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

//! How the columns of a part go together: joint moments of each pair of its columns of numbers.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::persistence::decoding::{counted, grown};
use crate::runtime::Workers;
use crate::stats::joint::{JointMoments, joint_moments};
use crate::stats::sort::Column;

/// The joint moments of the columns of a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Pairs {
    /// In the order of their places.
    #[serde(deserialize_with = "grown")]
    moments: Vec<Pair>,
    /// The places of columns some of whose numbers are in no pair, ascending.
    #[serde(deserialize_with = "counted")]
    unpaired: Vec<u32>,
}

/// The joint moments of two columns, by their places in the part.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Pair {
    places: (u32, u32),
    moments: JointMoments,
}

impl Pairs {
    /// The pairs of columns of numbers, each with its place; columns at other places hold numbers that are in no pair.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn of(columns: &[(u32, Column<'_>)], unpaired: Vec<u32>, workers: Workers<'_>) -> Result<Self> {
        let values: Vec<Column<'_>> = columns.iter().map(|(_, column)| *column).collect();
        let mut moments = joint_moments(&values, workers)?.into_iter();
        let mut pairs = Vec::with_capacity(moments.len());
        for (at, (one, _)) in columns.iter().enumerate() {
            for ((other, _), moments) in columns[at + 1..].iter().zip(&mut moments) {
                pairs.push(Pair { places: (*one, *other), moments });
            }
        }
        Ok(Self { moments: pairs, unpaired })
    }

    /// The pairs of this part and one that follows, whose columns are those of this one at `places`.
    #[must_use]
    pub fn merged(&self, next: &Self, places: &[u32]) -> Self {
        let mut all = self.moments.clone();
        for pair in &next.moments {
            let (one, other) = (places[pair.places.0 as usize], places[pair.places.1 as usize]);
            let mut pair = Pair { places: (one, other), ..*pair };
            if one > other {
                pair.places = (other, one);
                pair.moments.means.reverse();
                pair.moments.squares.reverse();
            }
            all.push(pair);
        }
        all.sort_by_key(|pair| pair.places); // stable: this part comes first
        all.dedup_by(|second, first| {
            let is_same = second.places == first.places;
            if is_same {
                first.moments = first.moments.merged(&second.moments);
            }
            is_same
        });
        let mut unpaired: Vec<u32> = self.unpaired.clone();
        unpaired.extend(next.unpaired.iter().map(|&place| places[place as usize]));
        unpaired.sort_unstable();
        unpaired.dedup();
        Self { moments: all, unpaired }
    }

    /// Whether all numbers of the column at this place are in pairs.
    pub fn is_paired(&self, place: u32) -> bool {
        self.unpaired.binary_search(&place).is_err()
    }

    /// Pearson's correlation of two columns, if all of their numbers are in pairs.
    pub fn correlation(&self, one: u32, other: u32) -> Option<f64> {
        let places = (one.min(other), one.max(other));
        let found = self.moments.binary_search_by_key(&places, |pair| pair.places);
        (self.is_paired(one) && self.is_paired(other))
            .then(|| found.map_or(f64::NAN, |at| self.moments[at].moments.correlation()))
    }

    /// Checks what a file says of a part of so many rows and columns.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`].
    pub fn check(&self, rows: u64, columns: usize) -> Result<()> {
        let fits = self.moments.is_sorted_by(|one, next| one.places < next.places)
            && self.unpaired.is_sorted_by(|one, next| one < next)
            && self.unpaired.last().is_none_or(|&place| (place as usize) < columns)
            && self.moments.iter().all(|Pair { places, moments }| {
                places.0 < places.1
                    && (places.1 as usize) < columns
                    && moments.count <= rows
                    && !moments.squares.iter().any(|&squares| squares < 0.0)
            });
        if fits { Ok(()) } else { Err(Error::model_file("the pairs of columns do not hold together")) }
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, s};

    use super::*;

    #[test]
    fn columns_in_another_order_find_their_pairs() -> Result<()> {
        let x = Array2::from_shape_fn((40, 3), |(row, column)| ((row * (column + 3)) % 11) as f64);
        let of = |rows: std::ops::Range<usize>, order: [usize; 3]| {
            let columns: Vec<_> =
                (0..3_u32).map(|at| (at, Column::F64(x.slice(s![rows.clone(), order[at as usize]])))).collect();
            Pairs::of(&columns, vec![], Workers::alone())
        };
        let whole = of(0..40, [0, 1, 2])?;
        let merged = of(0..15, [0, 1, 2])?.merged(&of(15..40, [2, 0, 1])?, &[2, 0, 1]);
        merged.check(40, 3)?;
        for (one, other) in [(0, 1), (0, 2), (1, 2), (2, 1)] {
            let (Some(found), Some(expected)) = (merged.correlation(one, other), whole.correlation(one, other)) else {
                panic!("a pair is unknown")
            };
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        let half = merged.merged(&Pairs::of(&[], vec![0], Workers::alone())?, &[1, 0, 2]);
        assert_eq!((half.correlation(0, 1), half.correlation(0, 2)), (None, merged.correlation(0, 2)));
        assert!(half.check(40, 1).is_err() && half.check(39, 3).is_err());
        Ok(())
    }
}

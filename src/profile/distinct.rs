//! How many distinct values there are: exact while they are few, estimated beyond.
//!
//! References: Flajolet and others, "`HyperLogLog`: the analysis of a near-optimal cardinality estimation algorithm", 2007;
//! Ertl, "New cardinality estimation algorithms for `HyperLogLog` sketches", 2017.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::persistence::decoding::counted;

/// Up to so many distinct values are kept by their hashes.
const MOST_EXACT: usize = 1024;

/// Bits of a hash that choose a register: estimates are off by 1.6 %, one standard error.
const PRECISION: u32 = 12;

/// The distinct values of a column, by hashes of 64 bits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Distinct {
    /// The hashes, ascending.
    Exact(#[serde(deserialize_with = "counted")] Vec<u64>),
    /// For each register the greatest place of a hash's first bit.
    Estimated(#[serde(deserialize_with = "counted")] Vec<u8>),
}

impl Distinct {
    /// No values.
    pub fn empty() -> Self {
        Self::Exact(Vec::new())
    }

    /// Adds values by their hashes, which are best in the order of the values: those that repeat are passed over.
    pub fn extend(&mut self, hashes: impl Iterator<Item = u64>) {
        let mut new = Vec::new();
        let mut last = None;
        for hash in hashes {
            if last == Some(hash) {
                continue;
            }
            last = Some(hash);
            match self {
                Self::Estimated(registers) => add(registers, hash),
                Self::Exact(_) => {
                    new.push(hash);
                    if new.len() == 4 * MOST_EXACT {
                        self.add_exact(&mut new);
                    }
                }
            }
        }
        self.add_exact(&mut new);
    }

    fn add_exact(&mut self, new: &mut Vec<u64>) {
        match self {
            Self::Estimated(registers) => {
                for &hash in &*new {
                    add(registers, hash);
                }
            }
            Self::Exact(known) => {
                known.append(new);
                known.sort_unstable();
                known.dedup();
                if known.len() > MOST_EXACT {
                    *self = Self::Estimated(registered(known));
                }
            }
        }
        new.clear();
    }

    /// Adds the values of another column. The result does not depend on the order.
    pub fn merge(&mut self, other: &Self) {
        match other {
            Self::Exact(hashes) => self.extend(hashes.iter().copied()),
            Self::Estimated(theirs) => {
                if let Self::Exact(known) = self {
                    *self = Self::Estimated(registered(known));
                }
                if let Self::Estimated(registers) = self {
                    registers.iter_mut().zip(theirs).for_each(|(mine, &theirs)| *mine = (*mine).max(theirs));
                }
            }
        }
    }

    /// How many distinct values there are among so many, and whether that is exact.
    pub fn count(&self, values: u64) -> (f64, bool) {
        match self {
            Self::Exact(known) => (known.len() as f64, true),
            Self::Estimated(registers) => (estimate(registers).min(values as f64), false),
        }
    }

    /// Checks what a file says.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`].
    pub fn check(&self) -> Result<()> {
        let fits = match self {
            Self::Exact(known) => known.len() <= MOST_EXACT && known.is_sorted_by(|one, next| one < next),
            Self::Estimated(registers) => {
                registers.len() == 1 << PRECISION && registers.iter().all(|&place| u32::from(place) <= 65 - PRECISION)
            }
        };
        if fits { Ok(()) } else { Err(Error::model_file("the distinct values of a column do not hold together")) }
    }
}

fn registered(hashes: &[u64]) -> Vec<u8> {
    let mut registers = vec![0; 1 << PRECISION];
    for &hash in hashes {
        add(&mut registers, hash);
    }
    registers
}

fn add(registers: &mut [u8], hash: u64) {
    let register = (hash >> (64 - PRECISION)) as usize;
    let place = ((hash << PRECISION) | (1 << (PRECISION - 1))).leading_zeros() as u8 + 1;
    registers[register] = registers[register].max(place);
}

/// Ertl's improved raw estimator (algorithm 6), which needs no correction at either end.
fn estimate(registers: &[u8]) -> f64 {
    let m = registers.len() as f64;
    let q = 64 - PRECISION as usize;
    let mut counts = vec![0.0_f64; q + 2];
    for &register in registers {
        counts[usize::from(register)] += 1.0;
    }
    let mut z = m * tau(1.0 - counts[q + 1] / m);
    for &count in counts[1..=q].iter().rev() {
        z = 0.5 * (z + count);
    }
    z += m * sigma(counts[0] / m);
    m * m / (2.0 * std::f64::consts::LN_2 * z)
}

fn sigma(mut x: f64) -> f64 {
    if x >= 1.0 {
        return f64::INFINITY;
    }
    let (mut y, mut z) = (1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z <= before {
            return z;
        }
    }
}

fn tau(mut x: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return 0.0;
    }
    let (mut y, mut z) = (1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z >= before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::mix;

    fn of(values: std::ops::Range<u64>) -> Distinct {
        let mut distinct = Distinct::empty();
        distinct.extend(values.map(|value| mix(7, value)));
        distinct
    }

    #[test]
    fn few_are_exact_and_many_are_near() {
        assert_eq!(Distinct::empty().count(0), (0.0, true));
        assert_eq!(of(0..1000).count(1000), (1000.0, true));
        for count in [2000, 30_000, 400_000, 3_000_000] {
            let (found, is_exact) = of(0..count).count(u64::MAX);
            assert!(!is_exact && (found / count as f64 - 1.0).abs() < 0.05, "{count}: {found}");
        }
    }

    #[test]
    fn repeated_values_count_once() {
        let mut distinct = Distinct::empty();
        distinct.extend((0..100_000).map(|value| mix(7, value % 50)));
        assert_eq!(distinct.count(100_000), (50.0, true));
    }

    #[test]
    fn the_order_of_merging_changes_nothing() {
        let parts = [of(0..700), of(500..900), of(5000..90_000), of(10..20)];
        let mut forwards = Distinct::empty();
        let mut backwards = Distinct::empty();
        for (part, other) in parts.iter().zip(parts.iter().rev()) {
            forwards.merge(part);
            backwards.merge(other);
        }
        assert_eq!(forwards, backwards);
        let mut all = of(0..900);
        all.extend((5000..90_000).map(|value| mix(7, value)));
        assert_eq!(forwards, all);
        assert!(forwards.check().is_ok());
    }

    #[test]
    fn contradictions_are_refused() {
        assert!(Distinct::Exact(vec![2, 1]).check().is_err());
        assert!(Distinct::Exact((0..2000).collect()).check().is_err());
        assert!(Distinct::Estimated(vec![0; 3]).check().is_err());
        assert!(Distinct::Estimated(vec![70; 4096]).check().is_err());
    }
}

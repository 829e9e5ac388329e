//! Gauss-Legendre quadrature between 0 and 1.

use std::f64::consts::PI;

/// The nodes of a rule, ascending, and their weights, which add up to 1.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule<const NODES: usize> {
    /// Where the integrand is read.
    pub nodes: [f64; NODES],
    /// How much each node counts.
    pub weights: [f64; NODES],
}

impl<const NODES: usize> Rule<NODES> {
    /// The rule of `parts` times so many nodes, in parts whose integrals are added up: exact for
    /// polynomials of degrees below `2 * NODES * parts`.
    pub fn in_parts(parts: usize) -> Vec<Self> {
        let count = NODES * parts;
        let mut rules = vec![Self { nodes: [0.0; NODES], weights: [0.0; NODES] }; parts];
        for index in 0..count.div_ceil(2) {
            // Newton's method from Tricomi's approximation of the roots, the largest first.
            let mut root = (PI * (index as f64 + 0.75) / (count as f64 + 0.5)).cos();
            let mut slope = 1.0;
            for _ in 0..16 {
                let (value, derivative) = legendre(count, root);
                slope = derivative;
                root -= value / derivative;
            }
            let weight = 1.0 / ((1.0 - root * root) * slope * slope);
            for (place, side) in [(index, -root), (count - 1 - index, root)] {
                let rule = &mut rules[place / NODES];
                (rule.nodes[place % NODES], rule.weights[place % NODES]) = (0.5 + 0.5 * side, weight);
            }
        }
        rules
    }

    /// The rule for paths of so many columns, whose integrands are polynomials of fewer degrees.
    ///
    /// It is exact for up to 32 columns. Beyond, factors that rise and factors that fall leave a
    /// peak whose width falls with the root of their number, and three times the root is nodes
    /// enough: the error is below 1e-14.
    pub fn for_columns(columns: usize) -> Vec<Self> {
        let enough = columns.div_ceil(2).min((3.0 * (columns as f64).sqrt()).ceil() as usize);
        Self::in_parts(enough.div_ceil(NODES).max(1))
    }
}

/// Does something with each part of the rule for paths of so many columns, with as few nodes as they need.
macro_rules! for_each_part {
    ($columns:expr, $rule:ident => $work:expr) => {
        match $columns {
            ..=8 => $crate::explain::rule::Rule::<4>::for_columns($columns).into_iter().try_for_each(|$rule| $work),
            9..=16 => $crate::explain::rule::Rule::<8>::for_columns($columns).into_iter().try_for_each(|$rule| $work),
            17..=24 => $crate::explain::rule::Rule::<12>::for_columns($columns).into_iter().try_for_each(|$rule| $work),
            _ => $crate::explain::rule::Rule::<16>::for_columns($columns).into_iter().try_for_each(|$rule| $work),
        }
    };
}
pub(super) use for_each_part;

/// Legendre's polynomial of a degree at a point, and its derivative.
fn legendre(degree: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (1.0, x);
    for n in 2..=degree {
        let n = n as f64;
        (before, value) = (value, ((2.0 * n - 1.0) * x * value - (n - 1.0) * before) / n);
    }
    (value, degree as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<const NODES: usize>(parts: usize) {
        let rules = Rule::<NODES>::in_parts(parts);
        let nodes: Vec<f64> = rules.iter().flat_map(|rule| rule.nodes).collect();
        let weights: Vec<f64> = rules.iter().flat_map(|rule| rule.weights).collect();
        assert!(nodes.windows(2).all(|pair| 0.0 < pair[0] && pair[0] < pair[1] && pair[1] < 1.0));
        for degree in 0..2 * NODES * parts {
            let found: f64 = nodes.iter().zip(&weights).map(|(x, w)| w * x.powi(degree as i32)).sum();
            assert!((found * (degree as f64 + 1.0) - 1.0).abs() < 1e-12, "{NODES} nodes, degree {degree}: {found}");
        }
    }

    #[test]
    fn polynomials_are_integrated_exactly() {
        check::<4>(1);
        check::<8>(1);
        check::<12>(1);
        check::<16>(1);
        check::<16>(5);
    }

    #[test]
    fn peaks_of_many_columns_are_integrated_well() {
        for columns in [33, 100, 500, 3000, 20_000] {
            let rules = Rule::<16>::for_columns(columns);
            for fall in [0, 1, 2, 5, 20, columns / 10, columns / 2] {
                // z^a (1-z)^b, whose integral is a! b! / (a+b+1)!
                let (rise, fall) = ((columns - fall) as f64, fall as f64);
                let log_factorial = |n: f64| (1..=n as usize).map(|k| (k as f64).ln()).sum::<f64>();
                let expected = log_factorial(rise) + log_factorial(fall) - log_factorial(rise + fall + 1.0);
                let found: f64 = rules
                    .iter()
                    .flat_map(|rule| rule.nodes.into_iter().zip(rule.weights))
                    .map(|(z, weight)| weight * (rise * z.ln() + fall * (1.0 - z).ln()).exp())
                    .sum();
                assert!((found - expected.exp()).abs() < 2e-14, "{columns} columns, of which {fall} fall: {found}");
            }
        }
    }
}

//! A sliding window beside a reference that does not change, by the Kolmogorov–Smirnov test.
//!
//! The numbers are parted by the reference's values, each of which is a part of its own, into intervals. A tree over
//! these holds how much more of the window than of the reference lies in them, and the largest and the least sum of
//! the first ones of them: a value is taken in O(log n), and the statistic is at the root.
//!
//! Reference: dos Reis, Flach, Matwin and Batista, "Fast unsupervised online drift detection using incremental
//! Kolmogorov–Smirnov test" (2016), who allow both samples to change and use a treap.

use std::collections::VecDeque;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::kswin::least_difference;
use super::{Parameter, Signal, Values, Watch, holds, probability, whole};
use crate::error::{Error, Result};
use crate::persistence::decoding::counted;
use crate::runtime::Cancel;
use crate::runtime::memory::{filled, reserved};
use crate::stats::ks::pvalue_of;

/// The most values of a reference: products with the size of a window stay within 64 bits.
const MOST_VALUES: usize = 1 << 31;

/// A window and what it is compared with.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ReferenceKs {
    alpha: f64,
    window_size: u64,
    /// The distinct values of the reference, ascending, and how often each occurs.
    #[serde(deserialize_with = "counted")]
    values: Vec<f64>,
    #[serde(deserialize_with = "counted")]
    counts: Vec<u32>,
    /// The intervals of the window's values, the oldest first: 2k below value k and above that before, 2k + 1 at it.
    window: VecDeque<u32>,
    #[serde(skip)]
    tree: OnceLock<Tree>,
    #[serde(skip)]
    critical: OnceLock<u64>,
    #[serde(skip)]
    size: OnceLock<u64>,
}

impl ReferenceKs {
    /// A detector that compares the last `window_size` values with an ascending reference.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`]; [`crate::ErrorKind::Value`] for too many values.
    pub fn new(reference: &[f64], window_size: u64, alpha: f64) -> Result<Self> {
        if reference.len() >= MOST_VALUES {
            return Err(Error::value("reference", format!("{} values", reference.len()), "fewer than 2^31"));
        }
        let mut values: Vec<f64> = reserved(reference.len())?;
        let mut counts: Vec<u32> = reserved(reference.len())?;
        for run in reference.chunk_by(|one, next| one == next) {
            values.push(run[0]);
            counts.push(run.len() as u32);
        }
        let (tree, critical, size) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Ok(Self { alpha, window_size, values, counts, window: VecDeque::new(), tree, critical, size })
    }

    /// How many values the reference has.
    pub fn reference_size(&self) -> u64 {
        *self.size.get_or_init(|| self.counts.iter().map(|&count| u64::from(count)).sum())
    }

    /// The statistic; None until the window is full.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub fn statistic(&self) -> Result<Option<f64>> {
        if (self.window.len() as u64) < self.window_size {
            return Ok(None);
        }
        let whole = self.reference_size() * self.window_size;
        Ok(Some(self.tree()?.difference() as f64 / whole as f64))
    }

    /// The p-value of the statistic; None until the window is full.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn pvalue(&self, cancel: &Cancel) -> Result<Option<f64>> {
        let sizes = (self.reference_size() as usize, self.window_size as usize);
        self.statistic()?.map(|statistic| pvalue_of(sizes.0, sizes.1, statistic, cancel)).transpose()
    }

    fn tree(&self) -> Result<&Tree> {
        if self.tree.get().is_none() {
            let mut tree = Tree::new(2 * self.values.len() + 1)?;
            let size = self.window_size as i64;
            for (place, &count) in self.counts.iter().enumerate() {
                tree.set(2 * place + 1, -size * i64::from(count));
            }
            tree.build();
            let each = self.reference_size() as i64;
            for &interval in &self.window {
                tree.add(interval as usize, each);
            }
            let _ = self.tree.set(tree);
        }
        self.tree.get().ok_or_else(|| Error::internal("a tree was not built"))
    }

    fn critical(&self, cancel: &Cancel) -> Result<u64> {
        if let Some(&found) = self.critical.get() {
            return Ok(found);
        }
        let (reference, size) = (self.reference_size(), self.window_size);
        let whole = reference * size;
        let found = least_difference(whole, |difference| {
            let statistic = difference as f64 / whole as f64;
            Ok(pvalue_of(reference as usize, size as usize, statistic, cancel)? <= self.alpha)
        })?;
        Ok(*self.critical.get_or_init(|| found))
    }

    fn interval(&self, value: f64) -> u32 {
        let below = self.values.partition_point(|&other| other < value);
        let is_known = self.values.get(below) == Some(&value);
        (2 * below + usize::from(is_known)) as u32
    }
}

impl Watch for ReferenceKs {
    const VALUES: Values = Values::Finite;

    fn update(&mut self, value: f64, cancel: &Cancel) -> Result<Signal> {
        let critical = self.critical(cancel)?;
        self.tree()?;
        let interval = self.interval(value);
        let each = self.reference_size() as i64;
        let tree = self.tree.get_mut().ok_or_else(|| Error::internal("a tree was not built"))?;
        if self.window.len() as u64 == self.window_size
            && let Some(oldest) = self.window.pop_front()
        {
            tree.add(oldest as usize, -each);
        }
        self.window.push_back(interval);
        tree.add(interval as usize, each);
        let is_drift = self.window.len() as u64 == self.window_size && tree.difference() >= critical;
        Ok(if is_drift { Signal::Drift } else { Signal::Quiet })
    }

    fn reset(&mut self) {
        self.window.clear();
        self.tree = OnceLock::new();
    }

    fn parameters(&self) -> Vec<(&'static str, Parameter)> {
        vec![("window_size", Parameter::Int(self.window_size)), ("alpha", Parameter::Float(self.alpha))]
    }

    fn check(&self) -> Result<()> {
        probability("alpha", self.alpha)?;
        whole("window_size", self.window_size, 2)?;
        let size = self.counts.iter().try_fold(0_u64, |sum, &count| sum.checked_add(u64::from(count)));
        if size == Some(0) {
            return Err(Error::parameter("reference", "at least one number", "none"));
        }
        holds(
            self.values.len() == self.counts.len()
                && size.is_some_and(|size| size < MOST_VALUES as u64)
                && self.values.is_sorted_by(|one, next| one < next)
                && self.values.iter().all(|value| value.is_finite())
                && self.counts.iter().all(|&count| count > 0)
                && self.window.len() as u64 <= self.window_size
                && self.window.iter().all(|&interval| interval as usize <= 2 * self.values.len()),
        )
    }
}

/// The sum of some neighbours, and the largest and the least sum of the first ones of them, none included.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Node {
    sum: i64,
    most: i64,
    least: i64,
}

impl Node {
    const ZERO: Self = Self { sum: 0, most: 0, least: 0 };

    fn of(sum: i64) -> Self {
        Self { sum, most: sum.max(0), least: sum.min(0) }
    }

    fn with(self, next: Self) -> Self {
        Self {
            sum: self.sum + next.sum,
            most: self.most.max(self.sum + next.most),
            least: self.least.min(self.sum + next.least),
        }
    }
}

/// A binary tree of sums, its root at place 1 and the children of k at 2k and 2k + 1.
#[derive(Debug, Clone)]
struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    fn new(leaves: usize) -> Result<Self> {
        Ok(Self { nodes: filled(Node::ZERO, 2 * leaves.next_power_of_two())? })
    }

    fn set(&mut self, leaf: usize, sum: i64) {
        let first = self.nodes.len() / 2;
        self.nodes[first + leaf] = Node::of(sum);
    }

    fn build(&mut self) {
        for node in (1..self.nodes.len() / 2).rev() {
            self.nodes[node] = self.nodes[2 * node].with(self.nodes[2 * node + 1]);
        }
    }

    fn add(&mut self, leaf: usize, more: i64) {
        let mut node = self.nodes.len() / 2 + leaf;
        self.nodes[node] = Node::of(self.nodes[node].sum + more);
        while node > 1 {
            node /= 2;
            self.nodes[node] = self.nodes[2 * node].with(self.nodes[2 * node + 1]);
        }
    }

    /// The largest sum of the first leaves, of either sign.
    fn difference(&self) -> u64 {
        let root = self.nodes[1];
        root.most.unsigned_abs().max(root.least.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use ndarray::ArrayView1;
    use proptest::prelude::*;

    use super::*;
    use crate::stats::alternative::Alternative;
    use crate::stats::ks::{Method, two_sample};
    use crate::stats::sort::Column;

    proptest! {
        #[test]
        fn the_statistic_is_that_of_the_window(
            reference in prop::collection::vec(-6i8..6, 1..40), stream in prop::collection::vec(-14i8..14, 4..60),
        ) {
            let mut reference: Vec<f64> = reference.into_iter().map(f64::from).collect();
            reference.sort_by(f64::total_cmp);
            let stream: Vec<f64> = stream.into_iter().map(|value| f64::from(value) / 2.0).collect();
            let cancel = Cancel::new();
            let mut found = ReferenceKs::new(&reference, 4, 1e-9)?;
            for (place, &value) in stream.iter().enumerate() {
                found.update(value, &cancel)?;
                if place < 3 {
                    prop_assert_eq!(found.statistic()?, None);
                    continue;
                }
                let (one, other) = (ArrayView1::from(&reference), ArrayView1::from(&stream[place - 3..=place]));
                let test = two_sample(
                    Column::F64(one), Column::F64(other), Alternative::TwoSided, Method::Auto, &cancel,
                )?;
                let statistic = found.statistic()?.unwrap_or(f64::NAN);
                prop_assert!((statistic - test.statistic).abs() < 1e-12);
            }
            found.check()?;
        }
    }
}

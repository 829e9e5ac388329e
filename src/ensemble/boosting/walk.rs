//! Coded rows down trees, several in lock step, which hides the latency of memory.

use std::ops::Range;

use super::bins::MISSING;
use super::split::{CodeSet, contains};
use super::tree::BoostedTree;
use crate::error::Result;
use crate::runtime::Cancel;
use crate::runtime::memory::reserved;

/// Rows that walk together.
const LANES: usize = 8;

/// What stands for the set of a node that compares numbers.
const NO_SET: u32 = u32::MAX;

/// A node laid out for walking. Whether a number's code goes left is one comparison, missing values
/// among them: those that go left are 0 once 1 is added to their code, which wraps.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// The left child; of a leaf itself.
    left: u32,
    column: u32,
    /// Which of the tree's sets is asked.
    set: u32,
    /// Added to a code: 1 where missing values go left, else 0.
    shift: u8,
    /// Shifted codes up to it go left: all of them in a leaf.
    bound: u8,
}

/// Trees laid out, one after the other.
#[derive(Debug, Clone, Default)]
pub(super) struct Steps {
    nodes: Vec<Step>,
    /// What each step answers with, if it is a leaf.
    values: Vec<f64>,
    sets: Vec<CodeSet>,
    trees: Vec<Planted>,
}

/// Where a tree lies.
#[derive(Debug, Clone)]
struct Planted {
    steps: Range<usize>,
    sets: Range<usize>,
}

impl Steps {
    /// Lays trees out.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub(super) fn new<'a>(trees: impl Iterator<Item = &'a BoostedTree> + Clone) -> Result<Self> {
        let nodes = trees.clone().map(|tree| tree.nodes.len()).sum();
        let mut laid = Self { nodes: reserved(nodes)?, values: reserved(nodes)?, ..Self::default() };
        for tree in trees {
            let (first, first_set) = (laid.nodes.len(), laid.sets.len());
            for (place, node) in tree.nodes.iter().enumerate() {
                let shift = u8::from(node.missing_left);
                laid.nodes.push(if node.is_leaf() {
                    Step { left: place as u32, column: 0, set: NO_SET, shift: 0, bound: MISSING }
                } else {
                    let set = node.codes.unwrap_or(NO_SET);
                    Step { left: node.left, column: node.column, set, shift, bound: node.code + shift }
                });
                laid.values.push(node.value);
            }
            laid.sets.extend_from_slice(&tree.code_sets);
            laid.trees.push(Planted { steps: first..laid.nodes.len(), sets: first_set..laid.sets.len() });
        }
        Ok(laid)
    }

    /// How many steps there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Adds what some trees answer to `sums`, which has `outputs` numbers for each row; tree after
    /// tree answers with the next output. A row has `stride` codes.
    pub(super) fn add(
        &self,
        trees: Range<usize>,
        codes: &[u8],
        stride: usize,
        outputs: usize,
        sums: &mut [f64],
        cancel: &Cancel,
    ) -> Result<()> {
        for tree in trees {
            cancel.check()?;
            let planted = &self.trees[tree];
            let values = &self.values[planted.steps.clone()];
            let steps = &self.nodes[planted.steps.clone()];
            let sums = sums[tree % outputs..].iter_mut().step_by(outputs);
            if planted.sets.is_empty() {
                let mut sums = sums;
                for codes in codes.chunks(LANES * stride) {
                    let leaves = down(steps, codes, stride);
                    sums.by_ref().take(codes.len() / stride).zip(leaves).for_each(|(sum, leaf)| {
                        *sum += values[leaf as usize];
                    });
                }
            } else {
                let sets = &self.sets[planted.sets.clone()];
                for (codes, sum) in codes.chunks_exact(stride).zip(sums) {
                    *sum += values[down_with_sets(steps, sets, codes)];
                }
            }
        }
        Ok(())
    }
}

/// The leaves of some rows, [`LANES`] at most.
#[inline]
fn down(steps: &[Step], codes: &[u8], stride: usize) -> [u32; LANES] {
    let rows = codes.len() / stride;
    let mut places = [0u32; LANES];
    if rows < LANES {
        for (place, codes) in places.iter_mut().zip(codes.chunks_exact(stride)) {
            *place = down_with_sets(steps, &[], codes) as u32;
        }
        return places;
    }
    loop {
        let mut moved = 0;
        for (lane, place) in places.iter_mut().enumerate() {
            let step = steps[*place as usize];
            let code = codes[lane * stride + step.column as usize].wrapping_add(step.shift);
            let next = step.left + u32::from(code > step.bound);
            moved |= next ^ *place;
            *place = next;
        }
        if moved == 0 {
            return places;
        }
    }
}

/// The leaf of a row, where sets may be asked.
fn down_with_sets(steps: &[Step], sets: &[CodeSet], codes: &[u8]) -> usize {
    let mut place = 0;
    loop {
        let step = steps[place];
        let code = codes[step.column as usize];
        let goes_left = match sets.get(step.set as usize) {
            Some(_) if code == MISSING => step.shift == 1,
            Some(set) => contains(set, code),
            None => code.wrapping_add(step.shift) <= step.bound,
        };
        let next = step.left as usize + usize::from(!goes_left);
        if next == place {
            return place;
        }
        place = next;
    }
}

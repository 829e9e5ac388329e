//! Walks in lock step: every step is taken by many rows of one tree, or by one row down many
//! trees, without branches, which hides the latency of memory. A walk that has arrived stays.
//!
//! The portable kernel serves every processor. With AVX-512 all nodes of a shallow tree are compared
//! instead, and other trees and values may be read by gather instructions; answers are the same.
//! Gathers are taken where half-precision arithmetic (AVX512-FP16) tells a processor on which they
//! are quick: earlier ones read lanes one by one, or lost their speed to a remedy against leaks
//! (Intel's "gather data sampling").

use std::sync::{Arc, OnceLock};

use super::block::Block;
#[cfg(target_arch = "x86_64")]
use super::gathers;
use super::layout::{Step, lay_out};
#[cfg(target_arch = "x86_64")]
use super::planes;
use crate::error::{Error, Result};
use crate::runtime::Workers;
use crate::runtime::memory::make_room;
use crate::tree::nodes::Tree;

/// How rows walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// One lane after the other, on every processor.
    Portable,
    /// Shallow trees by comparisons of sixteen lanes in a register, others as above.
    Avx512Shallow,
    /// The same, and gathers of sixteen lanes.
    Avx512,
}

/// The variable of the environment that chooses a kernel.
const VARIABLE: &str = "TREERING_KERNEL";

impl Kernel {
    /// The kernels that this processor can run.
    pub fn possible() -> Vec<Self> {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512f") {
            return vec![Self::Portable, Self::Avx512Shallow, Self::Avx512];
        }
        vec![Self::Portable]
    }

    /// The quicker one here, or the one that the environment names in `TREERING_KERNEL`.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Parameter`] if the environment names none that can run here.
    pub fn chosen() -> Result<Self> {
        // As text where it is none.
        static CHOSEN: OnceLock<std::result::Result<Kernel, String>> = OnceLock::new();
        let possible = Self::possible();
        let chosen = CHOSEN.get_or_init(|| match std::env::var(VARIABLE).ok().as_deref() {
            None | Some("") => Ok(Self::quickest()),
            Some(name) => possible.iter().copied().find(|kernel| kernel.name() == name).ok_or_else(|| name.to_owned()),
        });
        chosen.clone().map_err(|name| {
            let names: Vec<&str> = possible.into_iter().map(Self::name).collect();
            Error::parameter(VARIABLE, names.join(" or "), name)
        })
    }

    fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx512Shallow => "avx512-shallow",
            Self::Avx512 => "avx512",
        }
    }

    fn quickest() -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx512f") {
            return if is_x86_feature_detected!("avx512fp16") { Self::Avx512 } else { Self::Avx512Shallow };
        }
        Self::Portable
    }
}

/// Lanes of a group.
pub(super) const LANES: usize = 16;

/// Lanes that the portable kernel moves at a time.
const HALF: usize = LANES / 2;

/// Steps of the portable kernel between two looks whether all lanes have arrived.
const STRIDE: usize = 2;

/// Trees laid out one after the other.
///
/// Every child is a node of its own tree, and every column one of `columns`: [`lay_out`] makes no
/// others, and the kernels rely on it.
#[derive(Debug, Clone)]
pub(super) struct Grove<S> {
    steps: Vec<S>,
    /// Where each tree begins, and, last, where the last one ends.
    starts: Vec<usize>,
    columns: usize,
}

impl<S: Step> Grove<S> {
    /// Room for trees of so many columns.
    pub(super) fn new(columns: usize) -> Self {
        Self { steps: Vec::new(), starts: vec![0], columns }
    }

    /// Lays out the trees behind those that are there; returns their answers, and how many steps a
    /// row takes on average.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub(super) fn plant(&mut self, trees: &[Arc<Tree>], workers: Workers<'_>) -> Result<Vec<(Vec<f64>, f64)>> {
        make_room(&mut self.steps, trees.iter().map(|tree| tree.nodes().len()).sum())?;
        let mut planted = Vec::with_capacity(trees.len());
        // A few at a time, since each is copied into its place.
        for trees in trees.chunks(64) {
            assert!(trees.iter().all(|tree| tree.columns() == self.columns), "trees of one forest");
            for layout in workers.map(trees.len(), |index| Ok(lay_out::<S>(&trees[index])))? {
                self.steps.extend_from_slice(&layout.steps);
                self.starts.push(self.steps.len());
                planted.push((layout.values, layout.mean_depth));
            }
        }
        Ok(planted)
    }

    /// The number of columns of the trees.
    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    /// The nodes of a tree.
    pub(super) fn tree(&self, tree: usize) -> &[S] {
        &self.steps[self.starts[tree]..self.starts[tree + 1]]
    }

    /// Writes the leaf that every row of a grouped block reaches in a tree; there is room for whole
    /// groups.
    #[allow(unsafe_code)]
    pub(super) fn rows_down_tree(&self, tree: usize, block: &Block, kernel: Kernel, leaves: &mut [S]) {
        let groups = block.rows.div_ceil(LANES);
        assert!(block.grouped && block.columns == self.columns && block.keys.len() == groups * block.stride());
        assert_eq!(leaves.len(), groups * LANES);
        let (first, last) = (self.starts[tree], self.starts[tree + 1]);
        let mut done = 0;
        #[cfg(target_arch = "x86_64")]
        if kernel != Kernel::Portable
            && let Some((steps, leaves)) = S::gatherable(&self.steps[first..last], leaves)
        {
            // SAFETY: the kernel is chosen only where the processor has AVX-512; nodes and columns
            // are the grove's, and there are keys and room for all groups.
            unsafe {
                done = planes::rows_down_tree(steps, block, leaves);
                if kernel == Kernel::Avx512 {
                    gathers::rows_down_tree(steps, block, done, leaves);
                    return;
                }
            }
        }
        let _ = kernel; // the only one elsewhere
        let groups = block.keys.chunks_exact(block.stride()).zip(leaves.chunks_exact_mut(LANES));
        for (keys, leaves) in groups.skip(done) {
            for at in [0, HALF] {
                // SAFETY: the group has a key for every column, side and lane.
                let arrived = unsafe {
                    if block.has_missing {
                        self.walk::<HALF, 2, true>([first; HALF], &keys[at..])
                    } else {
                        self.walk::<HALF, 1, true>([first; HALF], &keys[at..])
                    }
                };
                leaves[at..at + HALF].copy_from_slice(&arrived);
            }
        }
    }

    /// Writes the leaf that one row of an ungrouped block reaches in every tree from the first;
    /// there is room for whole groups.
    #[allow(unsafe_code)]
    pub(super) fn row_down_trees(&self, row: usize, block: &Block, kernel: Kernel, leaves: &mut [S]) {
        let keys = &block.keys[row * block.stride()..][..block.stride()];
        assert!(!block.grouped && block.columns == self.columns);
        let trees = self.starts.len() - 1;
        assert!(leaves.len() >= trees.next_multiple_of(LANES));
        #[cfg(target_arch = "x86_64")]
        if kernel == Kernel::Avx512
            && trees > 1
            && let Some((steps, leaves)) = S::gatherable(&self.steps, leaves)
        {
            // SAFETY: as above, for one row.
            unsafe { gathers::row_down_trees(steps, &self.starts[..trees], keys, block.has_missing, leaves) };
            return;
        }
        let _ = kernel; // the only one elsewhere
        for (starts, leaves) in self.starts[..trees].chunks(HALF).zip(leaves.chunks_mut(HALF)) {
            // SAFETY: the row has a key for every column and side.
            unsafe {
                if let [start] = *starts {
                    leaves[0] = if block.has_missing {
                        self.walk::<1, 2, false>([start], keys)[0]
                    } else {
                        self.walk::<1, 1, false>([start], keys)[0]
                    };
                } else {
                    let roots = std::array::from_fn(|lane| starts[lane.min(starts.len() - 1)]);
                    leaves.copy_from_slice(&if block.has_missing {
                        self.walk::<HALF, 2, false>(roots, keys)
                    } else {
                        self.walk::<HALF, 1, false>(roots, keys)
                    });
                }
            }
        }
    }

    /// Walks until every lane has arrived; returns the leaves.
    ///
    /// # Safety
    /// A tree begins at each root. The keys are those of a group, from a lane of it on, or those of
    /// one row; in any case with so many sides, for every column and lane.
    #[inline]
    #[allow(unsafe_code)] // checking both indices takes a third of the time
    unsafe fn walk<const L: usize, const SIDES: usize, const GROUPED: bool>(
        &self,
        roots: [usize; L],
        keys: &[i32],
    ) -> [S; L] {
        let mut places = [0; L];
        let mut steps = [S::leaf(0, 0); L];
        loop {
            let before = places;
            for _ in 0..STRIDE {
                for lane in 0..L {
                    // SAFETY: a place of the tree, as all children are.
                    let step = unsafe { *self.steps.get_unchecked(roots[lane] + places[lane] as usize) };
                    steps[lane] = step;
                    let column = step.column() / (3 - SIDES);
                    let at = if GROUPED { column * LANES + lane } else { column };
                    // SAFETY: the caller has keys for all columns of the grove.
                    let key = unsafe { *keys.get_unchecked(at) };
                    places[lane] = step.left() + u32::from(key > step.key());
                }
            }
            if places == before {
                return steps;
            }
        }
    }
}

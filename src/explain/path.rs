//! The path from the root to the node that is looked at, for some rows together.

use super::model::{Edge, Walk};
use super::rows::{Block, ROWS};
use super::rule::Rule;
use crate::error::Result;
use crate::runtime::memory::reserved;

/// A number for each node of the rule, for each row.
pub(super) type Integrands<const NODES: usize> = [[f64; NODES]; ROWS];

/// How a row stands to an edge: whether it takes all edges of the column down to this one (2), all but this one (1), or
/// left the path before (0).
pub(super) type States = [u8; ROWS];

/// One edge of the path.
#[derive(Debug, Clone)]
pub(super) struct Level<const NODES: usize> {
    /// The products of the factors of all columns down to here, times the rule's weights.
    pub(super) products: Integrands<NODES>,
    pub(super) states: States,
    /// What this edge adds to the derivative by its column, as a share of the product, by state.
    pub(super) gains: [[f64; NODES]; 4],
    /// The factor of this edge's column here, over what it was before, by state.
    ratios: [[f64; NODES]; 4],
    /// One over the factor of rows that took all edges of the column.
    inverse: [f64; NODES],
    /// The derivative of the factor of such rows, as a share of it.
    slope: [f64; NODES],
    /// Which rows go left at the split above.
    sides: [u8; ROWS],
    /// The edge's place among those of the tree.
    pub(super) edge: usize,
}

/// The levels of a path; at level 0 stands the root.
#[derive(Debug)]
pub(super) struct Path<const NODES: usize> {
    rule: Rule<NODES>,
    /// The derivative of the factor of rows that left the path, as a share of it: `-1 / (1 - z)`.
    left: [f64; NODES],
    levels: Vec<Level<NODES>>,
}

impl<const NODES: usize> Path<NODES> {
    /// A path that is long enough for trees of a depth.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    pub(super) fn new(depth: usize, rule: Rule<NODES>) -> Result<Self> {
        let root = Level {
            products: [rule.weights; ROWS],
            states: [0; ROWS],
            gains: [[0.0; NODES]; 4],
            ratios: [[0.0; NODES]; 4],
            inverse: [1.0; NODES],
            slope: [0.0; NODES],
            sides: [0; ROWS],
            edge: 0,
        };
        let mut levels = reserved(depth + 1)?;
        levels.resize(depth + 1, root);
        Ok(Self { left: rule.nodes.map(|z| -1.0 / (1.0 - z)), rule, levels })
    }

    /// Puts an edge at the end of the path, behind the edge of the level above; products follow by
    /// [`Path::multiply`].
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn open(&mut self, walk: &Walk, place: usize, block: &Block) {
        let edge = &walk.edges[place];
        let (above, below) = self.levels.split_at_mut(edge.level as usize);
        let level = &mut below[0];
        level.edge = place;
        if edge.is_left {
            block.goes_left(&walk.splits[edge.split as usize], &mut level.sides);
        }
        // Level 0 stands for no edge before: a factor of 1, whose derivative is none.
        let before = &above[edge.previous as usize];
        let all_taken = edge.previous == 0;
        for ((state, side), &was) in level.states.iter_mut().zip(level.sides).zip(&before.states) {
            let had = u8::from(all_taken) | u8::from(was == 2);
            *state = had + (had & u8::from((side == 1) == edge.is_left));
        }
        let share = edge.share;
        for node in 0..NODES {
            let z = self.rule.nodes[node];
            let factor = share + (1.0 - share) * z;
            let inverse = 1.0 / factor;
            let slope = (1.0 - share) * inverse;
            level.ratios[0][node] = edge.ratio;
            level.ratios[1][node] = share * (1.0 - z) * before.inverse[node];
            level.ratios[2][node] = factor * before.inverse[node];
            level.gains[1][node] = self.left[node] - before.slope[node];
            level.gains[2][node] = slope - before.slope[node];
            (level.inverse[node], level.slope[node]) = (inverse, slope);
        }
    }

    /// Multiplies the products of the level above by the factors of a level.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn multiply(&mut self, level: usize) {
        let (above, below) = self.levels.split_at_mut(level);
        let Level { products, states, ratios, .. } = &mut below[0];
        for ((product, above), state) in products.iter_mut().zip(&above[level - 1].products).zip(states) {
            let ratio = &ratios[usize::from(*state & 3)];
            for node in 0..NODES {
                product[node] = above[node] * ratio[node];
            }
        }
    }

    /// Goes around a tree with some rows, with the widest registers of this processor.
    pub(super) fn around(&mut self, walk: &Walk, block: &Block, visitor: &mut impl Visitor<NODES>) {
        #[cfg(target_arch = "x86_64")]
        {
            if std::arch::is_x86_feature_detected!("avx512f") {
                // SAFETY: this processor has the instructions.
                #[allow(unsafe_code)]
                return unsafe { around_avx512(self, walk, block, visitor) };
            }
            if std::arch::is_x86_feature_detected!("avx2") {
                // SAFETY: this processor has the instructions.
                #[allow(unsafe_code)]
                return unsafe { around_avx2(self, walk, block, visitor) };
            }
        }
        around_plain(self, walk, block, visitor);
    }
}

/// What is done on the way around a tree.
pub(super) trait Visitor<const NODES: usize> {
    /// An edge to a split, which is now the last of the path, and so far below the root.
    fn open(&mut self, level: usize);

    /// The same edge, when all below it is done.
    fn close(&mut self, walk: &Walk, path: &[Level<NODES>], edge: &Edge);

    /// An edge to a leaf whose values have a place.
    fn leaf(&mut self, walk: &Walk, path: &[Level<NODES>], edge: &Edge, place: u32);
}

/// The product of the factors of a row down to the end of a path.
#[allow(clippy::inline_always)]
#[inline(always)]
pub(super) fn product<const NODES: usize>(path: &[Level<NODES>], lane: usize) -> [f64; NODES] {
    let [.., above, own] = path else { return [0.0; NODES] };
    let ratio = &own.ratios[usize::from(own.states[lane] & 3)];
    std::array::from_fn(|node| above.products[lane][node] * ratio[node])
}

/// The same with eight lanes to a register.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
fn around_avx512<const NODES: usize>(
    path: &mut Path<NODES>,
    walk: &Walk,
    block: &Block,
    visitor: &mut impl Visitor<NODES>,
) {
    around_plain(path, walk, block, visitor);
}

/// The same with four lanes to a register.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn around_avx2<const NODES: usize>(
    path: &mut Path<NODES>,
    walk: &Walk,
    block: &Block,
    visitor: &mut impl Visitor<NODES>,
) {
    around_plain(path, walk, block, visitor);
}

#[allow(clippy::inline_always)] // so that it is compiled for each kind of processor
#[inline(always)]
fn around_plain<const NODES: usize>(
    path: &mut Path<NODES>,
    walk: &Walk,
    block: &Block,
    visitor: &mut impl Visitor<NODES>,
) {
    let mut end = 0;
    for (place, edge) in walk.edges.iter().enumerate() {
        while end >= edge.level as usize {
            visitor.close(walk, &path.levels[..=end], &walk.edges[path.levels[end].edge]);
            end -= 1;
        }
        end = edge.level as usize;
        path.open(walk, place, block);
        if let Some(leaf) = edge.leaf {
            visitor.leaf(walk, &path.levels[..=end], edge, leaf);
            end -= 1;
        } else {
            path.multiply(end);
            visitor.open(end);
        }
    }
    while end > 0 {
        visitor.close(walk, &path.levels[..=end], &walk.edges[path.levels[end].edge]);
        end -= 1;
    }
}

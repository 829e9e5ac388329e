//! The kernel for shallow trees: every node is compared with all rows of a block, in order, instead
//! of every row with the nodes of its way, which are all over the tree.
//!
//! A node's rows are 64 bits, its comparison another 64, and who goes on to which child is two
//! instructions: nothing is gathered. A row's way down is a bit for each level, and
//! these bits of 64 rows are a plane for each level.

use std::arch::x86_64::{
    __m512i, _mm512_cmpgt_epi32_mask, _mm512_loadu_si512, _mm512_maskz_set1_epi32, _mm512_or_si512, _mm512_set1_epi32,
    _mm512_setzero_si512, _mm512_storeu_si512,
};

use super::block::Block;
use super::lanes::LANES;
use super::layout::{Narrow, Step};

/// The most levels of splits.
const MOST_LEVELS: usize = 8;

/// Ways from the root down to a leaf.
const WAYS: usize = 1 << MOST_LEVELS;

/// Groups of rows that are compared at a time: 64 rows.
const GROUPS: usize = 4;

/// A comparison.
#[derive(Clone, Copy, Default)]
struct Comparison {
    key: i32,
    /// Where the group's keys of the column begin.
    keys: u32,
    /// Its number, and the left child's.
    node: u16,
    left: u16,
}

/// A tree of few levels.
struct Shallow {
    /// Level by level.
    comparisons: [Comparison; WAYS],
    /// Where each level ends.
    ends: [usize; MOST_LEVELS],
    levels: usize,
    /// The leaf at the end of every way: bit by bit whether it goes right, the root's first.
    leaves: [Narrow; WAYS],
}

impl Shallow {
    /// Lays a tree out; none if it has too many levels.
    fn of(steps: &[Narrow], sides: usize) -> Option<Self> {
        let mut tree =
            Self { comparisons: [Comparison::default(); WAYS], ends: [0; MOST_LEVELS], levels: 0, leaves: [0; WAYS] };
        // The nodes of a level, each with the way to it.
        let mut level = vec![(0usize, 0usize)];
        let mut count = 0;
        loop {
            let mut below = Vec::new();
            for (place, way) in level {
                let step = steps[place];
                let left = step.left() as usize;
                if left == place {
                    tree.leaves[way] = step;
                    continue;
                }
                if tree.levels == MOST_LEVELS {
                    return None;
                }
                let keys = (step.column() / (3 - sides) * LANES) as u32;
                let (node, left_number) = (u16::try_from(place).ok()?, u16::try_from(left).ok()?);
                tree.comparisons[count] = Comparison { key: step.key(), keys, node, left: left_number };
                count += 1;
                below.extend([(left, way), (left + 1, way | 1 << tree.levels)]);
            }
            if below.is_empty() {
                return Some(tree);
            }
            tree.ends[tree.levels] = count;
            tree.levels += 1;
            level = below;
        }
    }
}

/// Writes the leaf that rows of a block reach in a tree if it has few levels: of as many groups as
/// it returns.
///
/// # Safety
/// As [`super::gathers::rows_down_tree`].
#[target_feature(enable = "avx512f")]
#[allow(unsafe_code)]
pub(super) unsafe fn rows_down_tree(steps: &[Narrow], block: &Block, leaves: &mut [Narrow]) -> usize {
    let groups = leaves.len() / LANES / GROUPS * GROUPS;
    // As many nodes as so many levels have at most: others are not worth a look.
    if groups == 0 || steps.len() >= 2 * WAYS {
        return 0;
    }
    let Some(tree) = Shallow::of(steps, block.sides()) else { return 0 };
    let stride = block.stride();
    for first in (0..groups).step_by(GROUPS) {
        // SAFETY: so many groups have their keys and room, and comparisons are those of the tree.
        unsafe {
            let keys = block.keys.as_ptr().add(first * stride);
            rows_together(&tree, keys, stride, &mut leaves[first * LANES..][..GROUPS * LANES]);
        }
    }
    groups
}

/// Takes 64 rows to their leaves.
///
/// # Safety
/// The processor has AVX-512F. There are keys of all columns of the tree for each group, a stride
/// apart; there are 64 leaves to write.
#[target_feature(enable = "avx512f")]
#[inline]
#[allow(unsafe_code)]
unsafe fn rows_together(tree: &Shallow, keys: *const i32, stride: usize, leaves: &mut [Narrow]) {
    // Which rows reach each node.
    let mut reached = [0u64; 2 * WAYS];
    reached[0] = u64::MAX;
    let mut planes = [0u64; MOST_LEVELS];
    let mut begin = 0;
    for (plane, &end) in planes.iter_mut().zip(&tree.ends[..tree.levels]) {
        for comparison in &tree.comparisons[begin..end] {
            let threshold = _mm512_set1_epi32(comparison.key);
            let mut goes_right = 0;
            for group in 0..GROUPS {
                // SAFETY: the caller has keys of the column for each group.
                let keys = unsafe { load(keys.add(group * stride + comparison.keys as usize)) };
                goes_right |= u64::from(_mm512_cmpgt_epi32_mask(keys, threshold)) << (group * LANES);
            }
            // Numbers are below the length: the masks tell the compiler.
            let own = reached[usize::from(comparison.node) % (2 * WAYS)];
            let left = usize::from(comparison.left);
            reached[left % (2 * WAYS)] = own & !goes_right;
            reached[(left + 1) % (2 * WAYS)] = own & goes_right;
            *plane |= own & goes_right;
        }
        begin = end;
    }
    for group in 0..GROUPS {
        let mut ways = _mm512_setzero_si512();
        for (level, plane) in planes.iter().enumerate() {
            let bits = _mm512_maskz_set1_epi32((plane >> (group * LANES)) as u16, 1 << level);
            ways = _mm512_or_si512(ways, bits);
        }
        let mut own = [0u32; LANES];
        // SAFETY: room for sixteen lanes.
        unsafe { _mm512_storeu_si512(own.as_mut_ptr().cast(), ways) };
        for (leaf, way) in leaves[group * LANES..][..LANES].iter_mut().zip(own) {
            *leaf = tree.leaves[way as usize % WAYS];
        }
    }
}

/// # Safety
/// The processor has AVX-512F, and there are sixteen keys.
#[target_feature(enable = "avx512f")]
#[inline]
#[allow(unsafe_code)]
unsafe fn load(keys: *const i32) -> __m512i {
    // SAFETY: as the caller says.
    unsafe { _mm512_loadu_si512(keys.cast()) }
}

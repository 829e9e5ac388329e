//! The kernel for processors whose gathers are quick: sixteen lanes in a register, and up to four
//! registers at a time, since each gather waits for the one before.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_and_si512, _mm512_castsi512_si256, _mm512_cmpgt_epi32_mask,
    _mm512_cmpneq_epi32_mask, _mm512_extracti64x4_epi64, _mm512_i32gather_epi32, _mm512_i32gather_epi64,
    _mm512_loadu_si512, _mm512_mask_add_epi32, _mm512_permutex2var_epi32, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_slli_epi32, _mm512_srli_epi32, _mm512_storeu_si512,
};
use std::array::from_fn;

use super::block::Block;
use super::lanes::LANES;
use super::layout::{COLUMN_BITS, Narrow};

/// [`super::lanes::Grove::rows_down_tree`], from a group on.
///
/// # Safety
/// The processor has AVX-512F. The steps are those of one tree of the block's columns; the block is
/// grouped, and there is room for all its groups.
#[target_feature(enable = "avx512f")]
#[allow(unsafe_code)]
pub(super) unsafe fn rows_down_tree(steps: &[Narrow], block: &Block, mut first: usize, leaves: &mut [Narrow]) {
    let (groups, stride) = (leaves.len() / LANES, block.stride());
    while first < groups {
        let keys = block.keys[first * stride..].as_ptr();
        let leaves = leaves[first * LANES..].as_mut_ptr();
        // SAFETY: so many groups are left, as the sizes of the arrays say.
        unsafe {
            first += match (groups - first, block.has_missing) {
                (4.., false) => walk::<4, 1, true>(steps, [0; 64].as_ptr(), (keys, stride), leaves),
                (4.., true) => walk::<4, 2, true>(steps, [0; 64].as_ptr(), (keys, stride), leaves),
                (3, false) => walk::<3, 1, true>(steps, [0; 48].as_ptr(), (keys, stride), leaves),
                (3, true) => walk::<3, 2, true>(steps, [0; 48].as_ptr(), (keys, stride), leaves),
                (2, false) => walk::<2, 1, true>(steps, [0; 32].as_ptr(), (keys, stride), leaves),
                (2, true) => walk::<2, 2, true>(steps, [0; 32].as_ptr(), (keys, stride), leaves),
                (_, false) => walk::<1, 1, true>(steps, [0; 16].as_ptr(), (keys, stride), leaves),
                (_, true) => walk::<1, 2, true>(steps, [0; 16].as_ptr(), (keys, stride), leaves),
            };
        }
    }
}

/// [`super::lanes::Grove::row_down_trees`].
///
/// # Safety
/// The processor has AVX-512F. A tree begins at each start, the keys are those of a row of their
/// columns, and there is room for whole groups of trees.
#[target_feature(enable = "avx512f")]
#[allow(unsafe_code)]
pub(super) unsafe fn row_down_trees(
    steps: &[Narrow],
    starts: &[usize],
    keys: &[i32],
    has_missing: bool,
    leaves: &mut [Narrow],
) {
    let keys = (keys.as_ptr(), 0);
    let mut first = 0;
    while first < starts.len() {
        let groups = (starts.len() - first).div_ceil(LANES);
        let bases: [i32; 4 * LANES] = from_fn(|lane| starts[(first + lane).min(starts.len() - 1)] as i32);
        let (bases, leaves) = (bases.as_ptr(), leaves[first..].as_mut_ptr());
        // SAFETY: there are bases and room for so many groups.
        unsafe {
            first += LANES
                * match (groups, has_missing) {
                    (4.., false) => walk::<4, 1, false>(steps, bases, keys, leaves),
                    (4.., true) => walk::<4, 2, false>(steps, bases, keys, leaves),
                    (3, false) => walk::<3, 1, false>(steps, bases, keys, leaves),
                    (3, true) => walk::<3, 2, false>(steps, bases, keys, leaves),
                    (2, false) => walk::<2, 1, false>(steps, bases, keys, leaves),
                    (2, true) => walk::<2, 2, false>(steps, bases, keys, leaves),
                    (_, false) => walk::<1, 1, false>(steps, bases, keys, leaves),
                    (_, true) => walk::<1, 2, false>(steps, bases, keys, leaves),
                };
        }
    }
}

/// Walks until all lanes of all groups have arrived, writes the leaves, and returns the number of
/// groups.
///
/// # Safety
/// The processor has AVX-512F; a tree begins at each base; the keys of each group, of so many
/// sides, lie a stride apart; there is a base and room for every lane of all groups.
#[target_feature(enable = "avx512f")]
#[inline]
#[allow(unsafe_code)]
unsafe fn walk<const GROUPS: usize, const SIDES: usize, const GROUPED: bool>(
    steps: &[Narrow],
    bases: *const i32,
    (keys, stride): (*const i32, usize),
    leaves: *mut Narrow,
) -> usize {
    const LANE: [i32; LANES] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15];
    const LOWER: [i32; LANES] = [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30];
    let one = _mm512_set1_epi32(1);
    // SAFETY: arrays of sixteen lanes.
    let (lane, lower) =
        unsafe { (_mm512_loadu_si512(LANE.as_ptr().cast()), _mm512_loadu_si512(LOWER.as_ptr().cast())) };
    let upper = _mm512_add_epi32(lower, one);
    // Without missing values the side is left out.
    let columns = _mm512_set1_epi32((1 << COLUMN_BITS) - if SIDES == 2 { 1 } else { 2 });
    let steps: *const i64 = steps.as_ptr().cast();
    // SAFETY: the caller has bases for all groups.
    let bases: [__m512i; GROUPS] = from_fn(|group| unsafe { _mm512_loadu_si512(bases.add(group * LANES).cast()) });
    let mut at = [_mm512_setzero_si512(); GROUPS];
    let mut nodes = [[_mm512_setzero_si512(); 2]; GROUPS];
    let mut moved = [1; GROUPS];
    while moved.iter().any(|&moved| moved != 0) {
        for group in 0..GROUPS {
            if moved[group] == 0 {
                // Groups that have arrived gather no more.
                continue;
            }
            let node = if GROUPED { at[group] } else { _mm512_add_epi32(at[group], bases[group]) };
            // SAFETY: places of nodes, as all children are.
            let (first, second) = unsafe {
                (
                    _mm512_i32gather_epi64::<8>(_mm512_castsi512_si256(node), steps),
                    _mm512_i32gather_epi64::<8>(_mm512_extracti64x4_epi64::<1>(node), steps),
                )
            };
            nodes[group] = [first, second];
            let threshold = _mm512_permutex2var_epi32(first, lower, second);
            let rest = _mm512_permutex2var_epi32(first, upper, second);
            let column = _mm512_and_si512(rest, columns);
            let place = match (GROUPED, SIDES) {
                (true, 1) => _mm512_add_epi32(_mm512_slli_epi32::<3>(column), lane),
                (true, _) => _mm512_add_epi32(_mm512_slli_epi32::<4>(column), lane),
                (false, 1) => _mm512_srli_epi32::<1>(column),
                (false, _) => column,
            };
            // SAFETY: every column has its keys in every group.
            let key = unsafe { _mm512_i32gather_epi32::<4>(place, keys.add(group * stride)) };
            let left = _mm512_srli_epi32::<COLUMN_BITS>(rest);
            let next = _mm512_mask_add_epi32(left, _mm512_cmpgt_epi32_mask(key, threshold), left, one);
            moved[group] = _mm512_cmpneq_epi32_mask(next, at[group]);
            at[group] = next;
        }
    }
    for (half, nodes) in nodes.as_flattened().iter().enumerate() {
        // SAFETY: the caller has room for all groups.
        unsafe { _mm512_storeu_si512(leaves.add(half * LANES / 2).cast(), *nodes) };
    }
    GROUPS
}

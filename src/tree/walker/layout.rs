//! Trees laid out for walking.
//!
//! Siblings stand side by side, so that one comparison chooses between two neighbouring places,
//! and the child that more rows reached comes first, so that a cache line holds much of a walk. A
//! leaf leads to itself. Thresholds are rounded down to single precision, which changes no answer,
//! since rows are compared in single precision.

use super::block::{POSITIVE_INFINITY, key};
use crate::tree::nodes::Tree;

/// A node as it is walked.
pub(super) trait Step: Copy + Send + Sync {
    /// The largest key that goes left; in a leaf no key is larger.
    fn key(self) -> i32;
    /// Twice the compared column, and one if missing values go left.
    fn column(self) -> usize;
    /// The left child, counted from the root; the right one follows it. Of a leaf its own place.
    fn left(self) -> u32;
    /// In a leaf: which of the tree's answers it gives.
    fn answer(self) -> u32;
    fn inner(key: i32, column: u32, left: u32) -> Self;
    fn leaf(place: u32, answer: u32) -> Self;
    /// The same nodes, and the same room for those reached, for the kernel that gathers, where it
    /// can read them.
    fn gatherable<'a>(_steps: &'a [Self], _leaves: &'a mut [Self]) -> Option<(&'a [Narrow], &'a mut [Narrow])> {
        None
    }
}

/// Bits of a narrow node for the column and the side; the remaining 20 of its upper half hold the
/// child. A constant, since shifting by a variable takes more instructions.
pub(super) const COLUMN_BITS: u32 = 12;

/// Keys of leaves begin here and hold the number of the answer.
pub(super) const FIRST_ANSWER: i32 = POSITIVE_INFINITY + 1;

/// Eight bytes: the key below, the column and the child above.
pub(super) type Narrow = u64;

impl Step for Narrow {
    #[inline]
    fn key(self) -> i32 {
        self as i32
    }

    #[inline]
    fn column(self) -> usize {
        (((self >> 32) as u32) & ((1 << COLUMN_BITS) - 1)) as usize
    }

    #[inline]
    fn left(self) -> u32 {
        ((self >> 32) as u32) >> COLUMN_BITS
    }

    #[inline]
    fn answer(self) -> u32 {
        self.key().wrapping_sub(FIRST_ANSWER) as u32
    }

    fn inner(key: i32, column: u32, left: u32) -> Self {
        u64::from(key as u32) | (u64::from(column) << 32) | (u64::from(left) << (32 + COLUMN_BITS))
    }

    fn leaf(place: u32, answer: u32) -> Self {
        Self::inner(FIRST_ANSWER + answer as i32, 0, place)
    }

    fn gatherable<'a>(steps: &'a [Self], leaves: &'a mut [Self]) -> Option<(&'a [Narrow], &'a mut [Narrow])> {
        // Places are signed there.
        i32::try_from(steps.len()).is_ok().then_some((steps, leaves))
    }
}

/// Sixteen bytes, for trees whose numbers do not fit into eight.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub(super) struct Wide {
    key: i32,
    column: u32,
    left: u32,
    answer: u32,
}

impl Step for Wide {
    #[inline]
    fn key(self) -> i32 {
        self.key
    }

    #[inline]
    fn column(self) -> usize {
        self.column as usize
    }

    #[inline]
    fn left(self) -> u32 {
        self.left
    }

    #[inline]
    fn answer(self) -> u32 {
        self.answer
    }

    fn inner(key: i32, column: u32, left: u32) -> Self {
        Self { key, column, left, answer: 0 }
    }

    fn leaf(place: u32, answer: u32) -> Self {
        Self { key: i32::MAX, column: 0, left: place, answer }
    }
}

/// Whether a tree can be laid out in narrow nodes: of up to 2,048 columns and 1,048,576 nodes.
pub(super) fn is_narrow(tree: &Tree) -> bool {
    // There are never more answers than nodes.
    const _: () = assert!((i32::MAX - FIRST_ANSWER) as u32 > 1 << (32 - COLUMN_BITS));
    tree.columns() <= 1 << (COLUMN_BITS - 1) && tree.nodes().len() <= 1 << (32 - COLUMN_BITS)
}

/// One tree, laid out.
pub(super) struct Layout<S> {
    /// As many as the tree has nodes.
    pub(super) steps: Vec<S>,
    /// The different answers of its leaves.
    pub(super) values: Vec<f64>,
    /// How many steps a row takes on average.
    pub(super) mean_depth: f64,
}

/// Visits the nodes of a tree in the order of their places: number, place, left child's place (of
/// a leaf its own) and depth.
fn visit(tree: &Tree, mut each: impl FnMut(usize, u32, u32, u32)) {
    let nodes = tree.nodes();
    let mut next = 1;
    let mut waiting = vec![(0u32, 0u32, 0u32)];
    while let Some((number, place, depth)) = waiting.pop() {
        let node = &nodes[number as usize];
        if node.is_leaf() {
            each(number as usize, place, place, depth);
            continue;
        }
        each(number as usize, place, next, depth);
        let (left, right) = ((node.left, next, depth + 1), (node.right, next + 1, depth + 1));
        let left_first = nodes[node.left as usize].rows >= nodes[node.right as usize].rows;
        waiting.extend(if left_first { [right, left] } else { [left, right] });
        next += 2;
    }
}

/// Lays out a tree.
pub(super) fn lay_out<S: Step>(tree: &Tree) -> Layout<S> {
    let (nodes, width) = (tree.nodes(), tree.outputs().width());
    let mut steps = vec![S::leaf(0, 0); nodes.len()];
    let mut answers = Answers::new(width);
    let mut walked = 0.0;
    visit(tree, |number, place, left, depth| {
        let node = &nodes[number];
        steps[place as usize] = if node.is_leaf() {
            walked += f64::from(depth) * f64::from(node.rows);
            S::leaf(place, answers.number(&tree.values()[number * width..][..width]))
        } else {
            assert!((node.feature as usize) < tree.columns(), "a node compares a column of the tree");
            S::inner(key(round_down(node.threshold)), 2 * node.feature + u32::from(node.missing_left), left)
        };
    });
    Layout { steps, values: answers.values, mean_depth: walked / f64::from(nodes[0].rows.max(1)) }
}

/// The number that the tree gives the node at each place.
pub(super) fn numbers(tree: &Tree) -> Vec<u32> {
    let mut numbers = vec![0; tree.nodes().len()];
    visit(tree, |number, place, _, _| numbers[place as usize] = number as u32);
    numbers
}

/// What leaves answer: most equal answers are kept once, so that those of deep trees, which are
/// sure of a class, stay in the cache.
struct Answers {
    width: usize,
    values: Vec<f64>,
    /// The last answer of each hash.
    last: Vec<u32>,
}

impl Answers {
    const HASH_BITS: u32 = 8;

    fn new(width: usize) -> Self {
        Self { width, values: Vec::new(), last: vec![0; 1 << Self::HASH_BITS] }
    }

    fn number(&mut self, answer: &[f64]) -> u32 {
        let mixed =
            answer.iter().fold(0u64, |hash, value| (hash ^ value.to_bits()).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let hash = (mixed >> (64 - Self::HASH_BITS)) as usize;
        let known = self.values.chunks_exact(self.width).nth(self.last[hash] as usize);
        // By their bits: a zero is not its negative.
        if known.is_some_and(|known| known.iter().zip(answer).all(|(one, other)| one.to_bits() == other.to_bits())) {
            return self.last[hash];
        }
        let number = (self.values.len() / self.width) as u32;
        self.values.extend_from_slice(answer);
        self.last[hash] = number;
        number
    }
}

/// The largest single-precision number up to a threshold.
pub(super) fn round_down(threshold: f64) -> f32 {
    let rounded = threshold as f32;
    if f64::from(rounded) > threshold { rounded.next_down() } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_compare_as_the_numbers_do(threshold in any::<f64>().prop_filter("a number", |t| !t.is_nan()), value in any::<f32>().prop_filter("a number", |v| !v.is_nan())) {
            prop_assert_eq!(f64::from(value) <= threshold, key(value) <= key(round_down(threshold)));
        }
    }

    #[test]
    fn both_zeros_have_one_key() {
        assert_eq!(key(-0.0), key(0.0));
        assert_eq!(key(f32::INFINITY), POSITIVE_INFINITY);
    }
}

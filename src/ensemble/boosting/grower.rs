//! One tree, grown leaf by leaf: the leaf whose split gains most is split next.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::ops::Range;

use super::bins::{ColumnBins, MISSING};
use super::codes::{Binned, COLUMNS_OF_WORD};
use super::histogram::Histogram;
use super::pulls::{Pulls, Totals};
use super::split::{
    Bounds, ColumnRules, Parent, Scratch, Split, SplitRules, UNBOUNDED, best_of_column, contains, value,
};
use super::tree::{BoostedTree, Node};
use crate::error::{Error, Result};
use crate::runtime::{Stream, Workers};

/// How trees are grown.
#[derive(Debug, Clone, PartialEq)]
pub struct GrowthParams {
    /// The most leaves.
    pub max_leaf_nodes: Option<usize>,
    /// The most levels of splits.
    pub max_depth: Option<u32>,
    /// Every leaf holds at least so many rows.
    pub min_samples_leaf: u32,
    /// Added to the hessians of a leaf.
    pub l2_regularization: f64,
    /// What leaf values are multiplied by.
    pub learning_rate: f64,
    /// The share of columns drawn for each split.
    pub max_features: f64,
    /// By column: 1 where answers may only grow with it, -1 where they may only fall, else 0.
    pub monotonic: Vec<i8>,
    /// Sets of columns of which those on a path are all in one, if there are any.
    pub interactions: Option<Vec<Vec<u32>>>,
}

impl GrowthParams {
    /// # Errors
    /// [`crate::ErrorKind::Parameter`] for what is outside its range, [`crate::ErrorKind::Shape`] for
    /// constraints on other columns than there are.
    pub fn check(&self, columns: usize) -> Result<()> {
        if self.max_leaf_nodes.is_some_and(|leaves| leaves < 2) {
            return Err(Error::parameter("max_leaf_nodes", "2 or more, or None", self.max_leaf_nodes.unwrap_or(0)));
        }
        if !(self.l2_regularization >= 0.0 && self.l2_regularization.is_finite()) {
            return Err(Error::parameter("l2_regularization", "a finite number of 0 or more", self.l2_regularization));
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return Err(Error::parameter("learning_rate", "a finite number above 0", self.learning_rate));
        }
        if !(self.max_features > 0.0 && self.max_features <= 1.0) {
            return Err(Error::parameter("max_features", "a share above 0, 1 at most", self.max_features));
        }
        if self.monotonic.len() != columns {
            return Err(Error::shape("monotonic constraints", columns, self.monotonic.len()));
        }
        if let Some(&sign) = self.monotonic.iter().find(|sign| !(-1..=1).contains(*sign)) {
            return Err(Error::parameter("monotonic constraints", "-1, 0 or 1 for each column", sign));
        }
        let mut named = self.interactions.iter().flatten().flatten();
        if let Some(&column) = named.find(|&&column| column as usize >= columns) {
            return Err(Error::shape("columns that may interact", columns, column as usize));
        }
        Ok(())
    }
}

/// The rows that trees are grown on.
#[derive(Debug)]
pub struct Grower<'a> {
    binned: &'a Binned,
    columns: Vec<ColumnRules>,
    params: &'a GrowthParams,
    workers: Workers<'a>,
}

/// A node that may be split.
struct Candidate {
    /// The largest is split next.
    rank: f64,
    split: Split,
    number: usize,
    start: usize,
    rows: usize,
    depth: u32,
    /// The sets of interactions that hold all columns of the path.
    sets: Vec<usize>,
    histogram: Histogram,
}

impl PartialEq for Candidate {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Candidate {}

impl PartialOrd for Candidate {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Candidate {
    /// By rank; of equals the earlier node is the greater.
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank.total_cmp(&other.rank).then(other.number.cmp(&self.number))
    }
}

/// A child before it is known whether it can be split.
struct Child {
    number: usize,
    start: usize,
    rows: usize,
    totals: Totals,
    value: f64,
}

impl Child {
    /// The places of its rows.
    fn own(&self) -> Range<usize> {
        self.start..self.start + self.rows
    }

    fn leaf(&self) -> Leaf {
        (self.number as u32, self.start, self.rows)
    }
}

/// A leaf's number, the place of its first row, and how many it has.
type Leaf = (u32, usize, usize);

/// A tree while it grows.
struct Growth {
    tree: BoostedTree,
    /// Of each node.
    bounds: Vec<Bounds>,
    waiting: BinaryHeap<Candidate>,
    leaves: Vec<Leaf>,
    stream: Stream,
}

impl Growth {
    /// A root of so many rows.
    fn new(rows: u32, key: u64) -> Self {
        let mut tree = BoostedTree::new();
        tree.nodes.push(Node::leaf(0.0, rows, 0));
        let (waiting, leaves) = (BinaryHeap::new(), Vec::new());
        Self { tree, bounds: vec![UNBOUNDED], waiting, leaves, stream: Stream::new(key) }
    }
}

/// A grown tree, and where the rows ended.
#[derive(Debug)]
pub struct Grown {
    /// The tree.
    pub tree: BoostedTree,
    /// All rows, leaf by leaf.
    pub rows: Vec<u32>,
    /// Each leaf's number, the place of its first row, and how many it has.
    pub leaves: Vec<Leaf>,
}

impl Grown {
    /// Adds to what rows are answered what their leaves answer.
    pub(super) fn add_to(&self, raw: &mut [f64], workers: Workers<'_>) -> Result<()> {
        workers.alone_if(raw.len() < ROWS_OF_THREAD).fill(raw, ROWS_OF_THREAD, |part, raw| {
            let (first, last) = (part * ROWS_OF_THREAD, part * ROWS_OF_THREAD + raw.len());
            for &(leaf, start, count) in &self.leaves {
                // Rows of a leaf are ascending, as they were before they were parted.
                let rows = &self.rows[start..start + count];
                let begin = rows.partition_point(|&row| (row as usize) < first);
                let value = self.tree.nodes[leaf as usize].value;
                for &row in rows[begin..].iter().take_while(|&&row| (row as usize) < last) {
                    raw[row as usize - first] += value;
                }
            }
            Ok(())
        })
    }
}

impl<'a> Grower<'a> {
    /// What can be known before the first tree.
    pub fn new(binned: &'a Binned, bins: &[ColumnBins], params: &'a GrowthParams, workers: Workers<'a>) -> Self {
        let columns = (bins.iter().zip(&params.monotonic).enumerate())
            .map(|(column, (bins, &monotonic))| ColumnRules::new(bins, binned.has_missing(column), monotonic))
            .collect();
        Self { binned, columns, params, workers }
    }

    /// Grows a tree on some rows. `key` seeds the draws of columns; there is as much spare room as rows.
    pub(super) fn grow(&self, mut pulls: Pulls<'_>, mut rows: Vec<u32>, spare: &mut [u32], key: u64) -> Result<Grown> {
        let histogram = Histogram::of(self.binned, &pulls, pulls.units(), &rows, self.workers)?;
        let root = Child { number: 0, start: 0, rows: rows.len(), totals: histogram.totals(), value: 0.0 };
        let mut growth = Growth::new(root.totals.rows, key);
        let sets: Vec<usize> = (0..self.params.interactions.as_ref().map_or(0, Vec::len)).collect();
        if root.rows >= 2 * self.params.min_samples_leaf as usize {
            self.wait(&root, 0, &sets, histogram, &mut growth)?;
        } else {
            growth.leaves.push(root.leaf());
        }
        let most_leaves = self.params.max_leaf_nodes.unwrap_or(usize::MAX);
        while growth.leaves.len() + growth.waiting.len() < most_leaves {
            self.workers.cancel().check()?;
            let Some(parent) = growth.waiting.pop() else { break };
            let own = parent.start..parent.start + parent.rows;
            let middle = self.part(&parent.split, &mut rows[own.clone()], &mut spare[own])?;
            let children = self.children(&mut growth, &parent, middle);
            let depth = parent.depth + 1;
            let is_last = growth.leaves.len() + growth.waiting.len() + 2 >= most_leaves
                || self.params.max_depth.is_some_and(|most| depth >= most);
            let can_split = |child: &Child| !is_last && child.rows >= 2 * self.params.min_samples_leaf as usize;
            if !children.iter().any(can_split) {
                growth.leaves.extend(children.map(|child| child.leaf()));
                continue;
            }
            let smaller = usize::from(children[0].rows >= children[1].rows);
            let fewer = &rows[children[smaller].own()];
            let mut many = parent.histogram;
            let few = Histogram::of(self.binned, &pulls, many.units(), fewer, self.workers)?;
            many.subtract(&few);
            let histograms = if smaller == 0 { [few, many] } else { [many, few] };
            let sets: Vec<usize> = match &self.params.interactions {
                None => Vec::new(),
                Some(all) => {
                    let column = parent.split.column as u32;
                    parent.sets.iter().copied().filter(|&set| all[set].contains(&column)).collect()
                }
            };
            for (mut child, mut histogram) in children.into_iter().zip(histograms) {
                if !can_split(&child) {
                    growth.leaves.push(child.leaf());
                    continue;
                }
                let own = &rows[child.own()];
                if let Some(units) = pulls.refine(histogram.units(), own, self.workers)? {
                    histogram = Histogram::of(self.binned, &pulls, units, own, self.workers)?;
                    child.totals = histogram.totals();
                    child.value = self.value(child.totals, growth.bounds[child.number]);
                    growth.tree.nodes[child.number].value = child.value;
                }
                self.wait(&child, depth, &sets, histogram, &mut growth)?;
            }
        }
        let mut leaves = growth.leaves;
        leaves.extend(growth.waiting.into_iter().map(|node| (node.number as u32, node.start, node.rows)));
        leaves.sort_unstable();
        let mut tree = growth.tree;
        if pulls.are_wide() {
            // What has been rounded roughly may have chosen a split, but is not answered with.
            let values = self.workers.map(leaves.len(), |place| {
                let (leaf, start, count) = leaves[place];
                Ok(self.value(pulls.totals(&rows[start..start + count]), growth.bounds[leaf as usize]))
            })?;
            leaves.iter().zip(values).for_each(|(leaf, value)| tree.nodes[leaf.0 as usize].value = value);
        }
        for node in &mut tree.nodes {
            if node.is_leaf() {
                node.value *= self.params.learning_rate;
            }
        }
        Ok(Grown { tree, rows, leaves })
    }

    fn value(&self, totals: Totals, bounds: Bounds) -> f64 {
        value(totals, bounds, self.params.l2_regularization)
    }

    /// Has a node wait for its split if there is one; else it is a leaf.
    fn wait(&self, node: &Child, depth: u32, sets: &[usize], histogram: Histogram, growth: &mut Growth) -> Result<()> {
        let parent = Parent { totals: node.totals, value: node.value, bounds: growth.bounds[node.number] };
        let columns = self.drawn(sets, &mut growth.stream);
        let rules = SplitRules {
            min_samples_leaf: self.params.min_samples_leaf,
            l2_regularization: self.params.l2_regularization,
        };
        let workers = self.workers.alone_if(columns.len() < COLUMNS_OF_THREAD);
        let pieces = columns.len().div_ceil(COLUMNS_OF_WORD);
        let found = workers.map(pieces, |piece| {
            let columns = &columns[piece * COLUMNS_OF_WORD..columns.len().min((piece + 1) * COLUMNS_OF_WORD)];
            let mut scratch = Scratch::new();
            let splits = columns.iter().filter_map(|&column| {
                best_of_column(&histogram, column, &self.columns[column], rules, &parent, &mut scratch)
            });
            Ok(splits.reduce(better))
        })?;
        match found.into_iter().flatten().reduce(better) {
            None => growth.leaves.push(node.leaf()),
            Some(split) => growth.waiting.push(Candidate {
                // Where all are split in the end, the last is the next: few wait then, each with
                // the memory of its sums.
                rank: if self.params.max_leaf_nodes.is_some() { split.gain } else { node.number as f64 },
                split,
                number: node.number,
                start: node.start,
                rows: node.rows,
                depth,
                sets: sets.to_vec(),
                histogram,
            }),
        }
        Ok(())
    }

    /// The columns that a split may ask, ascending.
    fn drawn(&self, sets: &[usize], stream: &mut Stream) -> Vec<usize> {
        let mut columns: Vec<usize> = match &self.params.interactions {
            None => (0..self.columns.len()).collect(),
            Some(all) => {
                let mut allowed: Vec<usize> =
                    sets.iter().flat_map(|&set| all[set].iter().map(|&column| column as usize)).collect();
                allowed.sort_unstable();
                allowed.dedup();
                allowed
            }
        };
        if self.params.max_features < 1.0 {
            let wanted = ((self.params.max_features * columns.len() as f64).ceil() as usize).max(1);
            for place in 0..wanted.min(columns.len()) {
                let other = place + (stream.uniform() * (columns.len() - place) as f64) as usize;
                columns.swap(place, other);
            }
            columns.truncate(wanted);
            columns.sort_unstable();
        }
        columns
    }

    /// Puts the rows that go left before the others, in their order; says how many they are.
    fn part(&self, split: &Split, rows: &mut [u32], spare: &mut [u32]) -> Result<usize> {
        let (words, blocks) = (self.binned.words(), self.binned.blocks());
        let (block, place) = (split.column / COLUMNS_OF_WORD, split.column % COLUMNS_OF_WORD);
        let code = |row: u32| words[row as usize * blocks + block][place];
        match &split.left_codes {
            Some(codes) => self.part_by(rows, spare, code, |code| contains(codes, code)),
            None if split.missing_left => {
                // One more than the code of missing values is zero.
                let most = split.code + 1;
                self.part_by(rows, spare, code, |code| code.wrapping_add(1) <= most)
            }
            None => self.part_by(rows, spare, code, |code| code <= split.code),
        }
    }

    fn part_by(
        &self,
        rows: &mut [u32],
        spare: &mut [u32],
        code: impl Fn(u32) -> u8 + Sync + Send,
        goes_left: impl Fn(u8) -> bool + Sync + Send,
    ) -> Result<usize> {
        let pieces = rows.chunks_mut(ROWS_OF_PIECE).zip(spare.chunks_mut(ROWS_OF_PIECE));
        let mut pieces: Vec<_> = pieces.map(|(rows, spare)| (rows, spare, 0)).collect();
        let workers = self.workers.alone_if(pieces.len() < 4);
        workers.fill(&mut pieces, 1, |_, pieces| {
            let (rows, spare, lefts) = &mut pieces[0];
            let (mut left, mut right) = (0, 0);
            let mut codes = [0; ROWS_TOGETHER];
            for first in (0..rows.len()).step_by(ROWS_TOGETHER) {
                let some = first..rows.len().min(first + ROWS_TOGETHER);
                // Many codes are fetched at once here, where nothing waits for them.
                codes.iter_mut().zip(&rows[some.clone()]).for_each(|(own, &row)| *own = code(row));
                for (place, &code) in some.zip(&codes) {
                    let row = rows[place];
                    let goes_left = goes_left(code);
                    rows[left] = row;
                    spare[right] = row;
                    left += usize::from(goes_left);
                    right += usize::from(!goes_left);
                }
            }
            rows[left..].copy_from_slice(&spare[..right]);
            *lefts = left;
            Ok(())
        })?;
        let counts: Vec<usize> = pieces.iter().map(|piece| piece.2).collect();
        let lefts: usize = counts.iter().sum();
        if counts.len() > 1 {
            let (mut left, mut right) = (0, lefts);
            for (piece, &count) in rows.chunks(ROWS_OF_PIECE).zip(&counts) {
                spare[left..left + count].copy_from_slice(&piece[..count]);
                spare[right..right + piece.len() - count].copy_from_slice(&piece[count..]);
                left += count;
                right += piece.len() - count;
            }
            rows.copy_from_slice(spare);
        }
        Ok(lefts)
    }

    /// Makes the children of a node whose rows are parted.
    fn children(&self, growth: &mut Growth, parent: &Candidate, middle: usize) -> [Child; 2] {
        let (split, tree) = (&parent.split, &mut growth.tree);
        let own = growth.bounds[parent.number];
        let values = [split.left, split.right].map(|side| self.value(side, own));
        let between = values[0] / 2.0 + values[1] / 2.0;
        growth.bounds.extend(match self.columns[split.column].monotonic {
            1 => [(own.0, between), (between, own.1)],
            -1 => [(between, own.1), (own.0, between)],
            _ => [own; 2],
        });
        let number = tree.nodes.len();
        let sizes = [middle, parent.rows - middle];
        for (value, size) in values.into_iter().zip(sizes) {
            tree.nodes.push(Node::leaf(value, size as u32, parent.depth + 1));
        }
        let bitset = split.left_codes.map(|codes| {
            tree.code_sets.push(codes);
            tree.code_sets.len() as u32 - 1
        });
        // Where training has no missing values they go where more rows go.
        let missing_left =
            if self.columns[split.column].has_missing { split.missing_left } else { sizes[0] > sizes[1] };
        let node = &mut tree.nodes[parent.number];
        node.left = number as u32;
        node.column = split.column as u32;
        node.code = split.code;
        node.missing_left = missing_left;
        node.gain = split.gain;
        node.codes = bitset;
        let starts = [parent.start, parent.start + middle];
        let sides = [split.left, split.right];
        std::array::from_fn(|side| Child {
            number: number + side,
            start: starts[side],
            rows: sizes[side],
            totals: sides[side],
            value: values[side],
        })
    }
}

/// Fewer columns are searched by one thread.
const COLUMNS_OF_THREAD: usize = 16;

/// Rows whose answers are added up at a time.
const ROWS_OF_THREAD: usize = 1 << 16;

/// Rows whose codes are fetched at a time.
const ROWS_TOGETHER: usize = 256;

/// Rows that are parted at a time.
const ROWS_OF_PIECE: usize = 1 << 14;

/// The split of the larger gain, the first of equals.
fn better(one: Split, other: Split) -> Split {
    if other.gain > one.gain { other } else { one }
}

const _: () = assert!(MISSING == u8::MAX, "one more than the code of missing values is zero");

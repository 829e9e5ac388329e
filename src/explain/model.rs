//! Trees as they are explained: what they compare, what their leaves add, how training rows were
//! divided.

use crate::ensemble::boosting::{BoostedTree, Boosting, ColumnBins};
use crate::error::{Error, Result};
use crate::runtime::memory::{cells, filled, reserved};
use crate::tree::Tree;
use crate::tree::nodes::{MOST_COLUMNS, NO_CHILD};

/// What a node compares, and where rows go.
#[derive(Debug, Clone, PartialEq)]
pub struct Split {
    /// The child for values up to the threshold, or categories of the left side; [`NO_CHILD`] in a leaf.
    pub left: u32,
    /// The child for others; [`NO_CHILD`] in a leaf.
    pub right: u32,
    /// The column that is compared; 0 in a leaf.
    pub feature: u32,
    /// The threshold.
    pub threshold: f64,
    /// Whether missing values go to the left child.
    pub missing_left: bool,
    /// The categories that go left, and all that are known, where the column holds categories.
    pub categories: Option<Box<[[u64; 4]; 2]>>,
}

impl Split {
    /// Whether the node has no children.
    pub fn is_leaf(&self) -> bool {
        self.left == NO_CHILD
    }

    /// Whether a value goes to the left child.
    pub fn sends_left(&self, value: f64) -> bool {
        match &self.categories {
            None if value.is_nan() => self.missing_left,
            None => value <= self.threshold,
            Some(sets) => {
                if !(0.0..256.0).contains(&value) {
                    return self.missing_left;
                }
                let code = value as usize;
                let [is_left, is_known] = [0, 1].map(|set: usize| sets[set][code / 64] >> (code % 64) & 1 == 1);
                is_left || (!is_known && self.missing_left)
            }
        }
    }
}

/// A tree in parts, before it is checked.
#[derive(Debug, Clone, Default)]
pub struct TreeParts {
    /// The nodes; the root comes first.
    pub splits: Vec<Split>,
    /// The weight of the training rows that reached each node.
    pub covers: Vec<f64>,
    /// What each node answers with, as many numbers as the model has outputs.
    pub values: Vec<f64>,
}

/// The way from a node to one of its children, in the order of a walk that takes the left side first.
#[derive(Debug, Clone)]
pub(super) struct Edge {
    /// How far below the root it ends.
    pub(super) level: u32,
    /// The node that it starts from.
    pub(super) split: u32,
    /// Whether it is the left one.
    pub(super) is_left: bool,
    /// The place of the column among those of the tree.
    pub(super) place: u32,
    /// Where the last edge above it of the same column ends; 0 if there is none.
    pub(super) previous: u32,
    /// The share of the node's training rows that took it.
    pub(super) ratio: f64,
    /// The product of the shares of all edges of the column down to this one.
    pub(super) share: f64,
    /// The place of the leaf's values, if it ends in a leaf.
    pub(super) leaf: Option<u32>,
}

/// A tree, and the walk around it.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    pub(super) splits: Vec<Split>,
    /// The values of each leaf, in the order of the nodes.
    pub(super) values: Vec<f64>,
    /// The place of the values of each node that is a leaf.
    pub(super) leaves: Vec<u32>,
    pub(super) edges: Vec<Edge>,
    /// The columns that the tree compares.
    pub(super) columns: Vec<u32>,
    /// The place among them of each node's column; 0 in a leaf.
    pub(super) places: Vec<u32>,
    /// The length of the longest path.
    pub(super) depth: usize,
    /// The most different columns on a path.
    pub(super) most_columns: usize,
}

/// Trees whose answers are added up.
#[derive(Debug, Clone)]
pub struct Model {
    pub(super) walks: Vec<Walk>,
    columns: usize,
    width: usize,
    /// Whether values are compared in single precision.
    pub(super) is_single: bool,
    expected: Vec<f64>,
}

impl Model {
    /// A model of trees of so many columns, whose answers of `width` numbers are added up, each
    /// times `scale`; `is_single` if rows are compared in single precision.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] and [`crate::ErrorKind::Value`] if the parts are no trees,
    /// [`crate::ErrorKind::Memory`].
    pub fn new(trees: Vec<TreeParts>, columns: usize, width: usize, is_single: bool, scale: f64) -> Result<Self> {
        if columns == 0 || columns > MOST_COLUMNS as usize {
            return Err(Error::shape("columns", 1, columns));
        }
        if width == 0 {
            return Err(Error::shape("outputs", 1, width));
        }
        let mut expected = filled(0.0, width)?;
        let mut walks = reserved(trees.len())?;
        for parts in trees {
            check(&parts, columns, width)?;
            walks.push(Walk::new(parts, width, scale, &mut expected)?);
        }
        Ok(Self { walks, columns, width, is_single, expected })
    }

    /// The mean of trees of this crate; of two classes the share of the second one alone, since
    /// that of the first is the rest.
    ///
    /// # Errors
    /// As [`Model::new`].
    pub fn of_trees<'a>(trees: impl ExactSizeIterator<Item = &'a Tree>) -> Result<Self> {
        let scale = 1.0 / trees.len() as f64;
        let (mut columns, mut width) = (1, 1);
        let mut parts = reserved(trees.len())?;
        for tree in trees {
            let has_two_classes = tree.outputs().class_counts() == [2];
            (columns, width) = (tree.columns(), if has_two_classes { 1 } else { tree.outputs().width() });
            parts.push(parts_of(tree, has_two_classes)?);
        }
        Self::new(parts, columns, width, true, scale)
    }

    /// What the trees of one output of a boosted model add up to, without what it begins with.
    ///
    /// # Errors
    /// As [`Model::new`].
    pub fn of_boosting(model: &Boosting, output: usize) -> Result<Self> {
        let trees = model.trees().iter().skip(output).step_by(model.outputs());
        let parts = trees.map(|tree| parts_of_boosted(tree, model.bins())).collect::<Result<Vec<_>>>()?;
        Self::new(parts, model.bins().len(), 1, false, 1.0)
    }

    /// The number of columns of its rows.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many numbers it answers with.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The mean of the answers, weighted by the training rows of the leaves.
    pub fn expected(&self) -> &[f64] {
        &self.expected
    }

    /// The most different columns on a path of any tree.
    pub fn most_columns(&self) -> usize {
        self.walks.iter().map(|walk| walk.most_columns).max().unwrap_or(0)
    }

    /// How many nodes all trees have.
    pub fn nodes(&self) -> usize {
        self.walks.iter().map(|walk| walk.splits.len()).sum()
    }
}

fn parts_of(tree: &Tree, is_second_alone: bool) -> Result<TreeParts> {
    let count = tree.nodes().len();
    let mut parts =
        TreeParts { splits: reserved(count)?, covers: reserved(count)?, values: reserved(tree.values().len())? };
    for node in tree.nodes() {
        parts.splits.push(Split {
            left: node.left,
            right: node.right,
            feature: node.feature,
            threshold: node.threshold,
            missing_left: node.missing_left,
            categories: None,
        });
        parts.covers.push(node.weight);
    }
    if is_second_alone {
        parts.values.extend(tree.values().chunks_exact(2).map(|shares| shares[1]));
    } else {
        parts.values.extend_from_slice(tree.values());
    }
    Ok(parts)
}

fn parts_of_boosted(tree: &BoostedTree, bins: &[ColumnBins]) -> Result<TreeParts> {
    let count = tree.nodes.len();
    let mut parts = TreeParts { splits: reserved(count)?, covers: reserved(count)?, values: reserved(count)? };
    for node in &tree.nodes {
        let (threshold, categories) = match &bins[node.column as usize] {
            // Beyond the last threshold only missing values are parted from the others.
            ColumnBins::Numbers(thresholds) => {
                (thresholds.get(usize::from(node.code)).copied().unwrap_or(f64::INFINITY), None)
            }
            ColumnBins::Categories(count) => {
                let known = std::array::from_fn(|word| {
                    let below = usize::from(*count).saturating_sub(64 * word).min(64);
                    if below == 64 { u64::MAX } else { (1 << below) - 1 }
                });
                (0.0, tree.left_codes(node).map(|left| Box::new([left, known])))
            }
        };
        parts.splits.push(Split {
            left: if node.is_leaf() { NO_CHILD } else { node.left },
            right: if node.is_leaf() { NO_CHILD } else { node.right() },
            feature: node.column,
            threshold,
            missing_left: node.missing_left,
            categories,
        });
        parts.covers.push(f64::from(node.rows));
        parts.values.push(node.value);
    }
    Ok(parts)
}

/// How far, relatively, the weights of a node's rows may be from those of its children.
const COVER_TOLERANCE: f64 = 1e-6;

/// Checks that the parts are a tree: every node but the root is the child of one other.
fn check(parts: &TreeParts, columns: usize, width: usize) -> Result<()> {
    let count = parts.splits.len();
    if count == 0 || count >= NO_CHILD as usize {
        return Err(Error::shape("nodes of a tree", 1, count));
    }
    if parts.covers.len() != count {
        return Err(Error::shape("covers of a tree", count, parts.covers.len()));
    }
    if parts.values.len() != cells(count, width)? {
        return Err(Error::shape("values of a tree", cells(count, width)?, parts.values.len()));
    }
    let fault = |node: usize, given: String, expected: &str| {
        Err(Error::value(format!("node {node} of a tree"), given, expected))
    };
    if let Some(node) = parts.values.iter().position(|value| !value.is_finite()) {
        return fault(node / width, format!("the value {}", parts.values[node]), "finite values");
    }
    let mut has_parent = filled(false, count)?;
    let mut links = 0;
    for (index, split) in parts.splits.iter().enumerate() {
        if !(parts.covers[index] >= 0.0 && parts.covers[index].is_finite()) {
            return fault(index, format!("rows of the weight {}", parts.covers[index]), "a finite weight, at least 0");
        }
        if split.is_leaf() && split.right == NO_CHILD {
            continue;
        }
        if split.feature as usize >= columns || split.threshold.is_nan() {
            let given = format!("column {} and threshold {}", split.feature, split.threshold);
            return fault(index, given, "a column of X and a threshold");
        }
        let children = [split.left as usize, split.right as usize];
        let below: f64 = children.iter().filter_map(|&child| parts.covers.get(child)).sum();
        if (below - parts.covers[index]).abs() > COVER_TOLERANCE * parts.covers[index] {
            let given = format!("rows of the weight {}", parts.covers[index]);
            return fault(index, given, &format!("the weight of its children's rows, {below}"));
        }
        for child in children {
            if child == 0 || child >= count || std::mem::replace(&mut has_parent[child], true) {
                return fault(index, format!("the child {child}"), "children of its own");
            }
            links += 1;
        }
    }
    // Each has one parent at most: where all but the root have one, what the root reaches is a tree,
    // and so long as nothing is left over there is no cycle beside it.
    if links + 1 != count || reached(&parts.splits)? != count {
        return Err(Error::value("a tree", "nodes that the root does not reach", "nodes that it reaches"));
    }
    Ok(())
}

/// How many nodes the root reaches, of which each has one parent at most.
fn reached(splits: &[Split]) -> Result<usize> {
    let mut waiting = reserved(splits.len())?;
    waiting.push(0);
    let mut count = 0;
    while let Some(node) = waiting.pop() {
        count += 1;
        let split: &Split = &splits[node as usize];
        if !split.is_leaf() {
            waiting.extend([split.left, split.right]);
        }
    }
    Ok(count)
}

impl Walk {
    /// The place of the values of the leaf that is reached by asking which splits send left.
    pub(super) fn leaf_of(&self, sends_left: impl Fn(&Split) -> bool) -> u32 {
        let mut node = 0;
        loop {
            let split = &self.splits[node as usize];
            if split.is_leaf() {
                return self.leaves[node as usize];
            }
            node = if sends_left(split) { split.left } else { split.right };
        }
    }

    /// Lays the edges of a tree out, and adds its mean answer to `expected`.
    fn new(parts: TreeParts, width: usize, scale: f64, expected: &mut [f64]) -> Result<Self> {
        let TreeParts { splits, covers, values } = parts;
        let count = splits.len();
        let mut leaves = filled(NO_CHILD, count)?;
        let mut own = reserved(cells(count.div_ceil(2), width)?)?;
        for (node, values) in values.chunks_exact(width).enumerate().filter(|&(node, _)| splits[node].is_leaf()) {
            leaves[node] = (own.len() / width) as u32;
            own.extend(values.iter().map(|value| value * scale));
        }
        let columns = columns_of(&splits)?;
        let mut places = reserved(count)?;
        places.extend(splits.iter().map(|split| columns.partition_point(|&column| column < split.feature) as u32));
        let mut walk = Self {
            edges: reserved(count - 1)?,
            columns,
            places,
            splits,
            values: own,
            leaves,
            depth: 0,
            most_columns: 0,
        };
        walk.lay_edges(&covers, width, expected)?;
        Ok(walk)
    }

    fn lay_edges(&mut self, covers: &[f64], width: usize, expected: &mut [f64]) -> Result<()> {
        let mut add = |leaf: u32, weight: f64| {
            let values = &self.values[leaf as usize * width..][..width];
            expected.iter_mut().zip(values).for_each(|(sum, value)| *sum += weight * value);
        };
        if self.splits[0].is_leaf() {
            add(0, 1.0);
            return Ok(());
        }
        // Of the path to the node that is looked at, level by level: the edge's column and its share,
        // the level of the column's edge before, the weight of the path, how many columns it has.
        let mut path = vec![Step { place: 0, share: 1.0, previous: 0, weight: 1.0, columns: 0 }];
        // The level of each column's last edge on the path.
        let mut last: Vec<u32> = filled(0, self.columns.len())?;
        let mut waiting: Vec<(u32, u32, bool)> = Vec::new();
        let root = 0;
        waiting.extend([(root, 1, false), (root, 1, true)]);
        while let Some((parent, level, is_left)) = waiting.pop() {
            while path.len() > level as usize {
                if let Some(step) = path.pop() {
                    last[step.place as usize] = step.previous;
                }
            }
            let split = &self.splits[parent as usize];
            let child = if is_left { split.left } else { split.right };
            let place = self.places[parent as usize];
            let previous = last[place as usize];
            let (above, share) =
                (&path[level as usize - 1], if previous == 0 { 1.0 } else { path[previous as usize].share });
            let ratio = ratio(covers[child as usize], covers[parent as usize]);
            let step = Step {
                place,
                share: share * ratio,
                previous,
                weight: above.weight * ratio,
                columns: above.columns + usize::from(previous == 0),
            };
            let leaf = self.leaves[child as usize];
            let is_leaf = leaf != NO_CHILD;
            if is_leaf {
                add(leaf, step.weight);
            } else {
                waiting.extend([(child, level + 1, false), (child, level + 1, true)]);
            }
            self.depth = self.depth.max(level as usize);
            self.most_columns = self.most_columns.max(step.columns);
            self.edges.push(Edge {
                level,
                split: parent,
                is_left,
                place,
                previous,
                ratio,
                share: step.share,
                leaf: is_leaf.then_some(leaf),
            });
            last[place as usize] = level;
            path.push(step);
        }
        Ok(())
    }
}

/// An edge on the path that is looked at.
struct Step {
    place: u32,
    share: f64,
    previous: u32,
    weight: f64,
    columns: usize,
}

/// The share of a node's rows that went to a child; half of them where no row is known.
fn ratio(child: f64, parent: f64) -> f64 {
    if parent > 0.0 { child / parent } else { 0.5 }
}

fn columns_of(splits: &[Split]) -> Result<Vec<u32>> {
    let mut columns = reserved(splits.len())?;
    columns.extend(splits.iter().filter(|split| !split.is_leaf()).map(|split| split.feature));
    columns.sort_unstable();
    columns.dedup();
    columns.shrink_to_fit();
    Ok(columns)
}

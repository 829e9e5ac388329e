//! Growing one tree on coded rows.
//!
//! The active rows of a tree stand in one array; a node is a range of it. Rows keep their order
//! inside a node, because splitting is a stable partition. Beside them stand their payloads (label
//! and weight), moved along, so that statistics read memory in sequence.

use std::collections::BinaryHeap;

use super::criterion::{
    AbsoluteError, BinaryGini, ClassSums, Counted, CountedGini, Evaluated, ManyOutputs, Measure, Medians, MomentSums,
    OutputSums, Payload, Placed, PoissonDeviance, Response, Scan, SquaredError, Weighted,
};
use super::draws::{Draws, KeyedDraws, ReplayedDraws};
use super::nodes::{NO_CHILD, Node, Tree};
use super::params::{Criterion, Splitter, TreeParams};
use super::splits::Search;
use super::targets::{Outputs, Targets};
use super::tasks::{Division, Open, Task, children};
use super::tile::{Tile, TilePlan};
use super::training::TrainingRows;
use super::trial::{Bounds, Split};
use crate::data::CodedMatrix;
use crate::error::Result;
use crate::runtime::Cancel;
use crate::runtime::memory::{filled, make_room, reserved};

/// Impurities up to this count as zero, as in scikit-learn.
const EPSILON: f64 = f64::EPSILON;

/// Where the random choices of a tree come from.
#[derive(Debug, Clone, Copy)]
pub enum Seed {
    /// A key: every choice is a function of it and of the path to the node.
    Key(u64),
    /// The state of scikit-learn's own generator, for tests that compare node for node.
    Replay(u32),
}

/// Grows a tree.
///
/// About `rows × max_features × depth` visits; memory linear in the rows and the nodes.
///
/// # Errors
/// As [`TreeParams::check`] and [`TrainingRows::check`]; [`crate::ErrorKind::Memory`] where the
/// tree, which holds a share of every class for every node, is too large;
/// [`crate::ErrorKind::Cancelled`].
pub fn grow(training: &TrainingRows<'_>, params: &TreeParams, seed: Seed, cancel: &Cancel) -> Result<Tree> {
    params.check()?;
    training.check_for(params)?;
    let columns = training.matrix.columns().len();
    let max_features = params.max_features.min(columns);
    match seed {
        Seed::Key(key) => grow_with(training, params, KeyedDraws::new(columns, max_features), key, cancel),
        Seed::Replay(state) => grow_with(training, params, ReplayedDraws::new(columns, max_features, state), 0, cancel),
    }
}

fn grow_with<D: Draws>(
    training: &TrainingRows<'_>,
    params: &TreeParams,
    draws: D,
    key: u64,
    cancel: &Cancel,
) -> Result<Tree> {
    let criterion = params.criterion;
    match training.targets {
        Targets::Classes { codes, counts: &[classes] } => {
            let classes = classes as usize;
            let cells = Some(classes);
            if weights_count(training, classes) {
                let payload = |row: usize, weight: f64| Counted::new(codes[row], weight as u32);
                let node = ClassSums::new(criterion, classes);
                match criterion {
                    Criterion::Gini if classes == 2 => {
                        Grower::<_, BinaryGini, _>::new(training, params, node, cells, draws, payload, cancel)?
                            .grow(key)
                    }
                    Criterion::Gini => {
                        Grower::<_, CountedGini, _>::new(training, params, node, cells, draws, payload, cancel)?
                            .grow(key)
                    }
                    _ => Grower::<_, Evaluated<u32>, _>::new(training, params, node, cells, draws, payload, cancel)?
                        .grow(key),
                }
            } else {
                let payload = |row: usize, weight| Weighted { class: codes[row], weight };
                let node = ClassSums::new(criterion, classes);
                Grower::<_, Evaluated<f64>, _>::new(training, params, node, cells, draws, payload, cancel)?.grow(key)
            }
        }
        Targets::Numbers { values, outputs: 1 } if criterion != Criterion::AbsoluteError => {
            let payload = |row: usize, weight| Response { value: values[row], weight };
            let node = MomentSums::new(criterion);
            if criterion == Criterion::Poisson {
                Grower::<_, PoissonDeviance, _>::new(training, params, node, Some(1), draws, payload, cancel)?.grow(key)
            } else {
                Grower::<_, SquaredError, _>::new(training, params, node, Some(1), draws, payload, cancel)?.grow(key)
            }
        }
        targets => {
            let payload = |row: usize, weight| Placed { place: row as u32, weight };
            if criterion == Criterion::AbsoluteError {
                let node = Medians::new(targets);
                Grower::<_, AbsoluteError<'_>, _>::new(training, params, node, None, draws, payload, cancel)?.grow(key)
            } else {
                let node = OutputSums::new(criterion, targets);
                Grower::<_, ManyOutputs<'_>, _>::new(training, params, node, None, draws, payload, cancel)?.grow(key)
            }
        }
    }
}

/// Whether the weights are whole numbers small enough for exact integer sums.
fn weights_count(training: &TrainingRows<'_>, classes: usize) -> bool {
    classes <= Counted::MOST_CLASSES
        && match training.weights {
            None => training.rows.len() as f64 <= Counted::MOST_TOTAL,
            Some(weights) => {
                weights.iter().all(|&weight| weight.fract() == 0.0 && weight <= Counted::MOST_WEIGHT)
                    && weights.iter().sum::<f64>() <= Counted::MOST_TOTAL
            }
        }
}

/// Tiles serve depth-first growth, which finishes a subtree before it begins another, by exact
/// splits.
fn plan_tiles(matrix: &CodedMatrix, params: &TreeParams) -> Option<TilePlan> {
    let is_depth_first = params.max_leaf_nodes.is_none();
    (is_depth_first && params.splitter == Splitter::Best).then(|| TilePlan::new(matrix, params.max_features)).flatten()
}

struct Grower<'a, P: Payload, S: Scan<P>, D> {
    params: &'a TreeParams,
    cancel: &'a Cancel,
    matrix: &'a CodedMatrix,
    search: Search<'a, P, S>,
    tile: Option<Tile<P>>,
    draws: D,
    rows: Vec<u32>,
    payloads: Vec<P>,
    sides: Vec<u32>,
    spare_rows: Vec<u32>,
    spare_payloads: Vec<P>,
    /// What is known of the node, and of the rows of it that go left.
    here: S::Node,
    left: S::Node,
    /// The node that was divided last, if `left` holds what is known of its left child.
    divided: Option<u32>,
    total_weight: f64,
    min_weight_leaf: f64,
    tree: Tree,
}

impl<'a, P: Payload, S: Scan<P>, D: Draws> Grower<'a, P, S, D> {
    fn new(
        training: &TrainingRows<'a>,
        params: &'a TreeParams,
        node: S::Node,
        cells: Option<usize>,
        draws: D,
        payload: impl Fn(usize, f64) -> P,
        cancel: &'a Cancel,
    ) -> Result<Self> {
        let (mut rows, mut payloads) = (reserved(training.rows.len())?, reserved(training.rows.len())?);
        let mut total_weight = 0.0;
        for (position, &row) in training.rows.iter().enumerate() {
            let weight = training.weights.map_or(1.0, |weights| weights[position]);
            if weight != 0.0 {
                rows.push(row);
                payloads.push(payload(position, weight));
                total_weight += weight;
            }
        }
        let min_weight_leaf = params.min_weight_fraction_leaf * total_weight;
        Ok(Self {
            params,
            cancel,
            matrix: training.matrix,
            tile: plan_tiles(training.matrix, params).map(|plan| Tile::new(plan, training.matrix.columns().len())),
            search: Search::new(training.matrix, params, node.clone(), cells, min_weight_leaf, cancel),
            draws,
            sides: filled(0, rows.len())?,
            spare_rows: filled(0, rows.len())?,
            spare_payloads: filled(P::default(), rows.len())?,
            rows,
            payloads,
            here: node.clone(),
            left: node,
            divided: None,
            total_weight,
            min_weight_leaf,
            tree: Tree {
                columns: training.matrix.columns().len() as u32,
                outputs: training.targets.outputs(),
                max_depth: 0,
                nodes: Vec::new(),
                values: Vec::new(),
            },
        })
    }

    fn grow(mut self, key: u64) -> Result<Tree> {
        match self.params.max_leaf_nodes {
            None => self.grow_depth_first(key)?,
            Some(leaves) => self.grow_best_first(key, leaves)?,
        }
        if self.params.ccp_alpha > 0.0 { self.tree.pruned(self.params.ccp_alpha, self.cancel) } else { Ok(self.tree) }
    }

    /// Left before right: a node's left child follows it directly.
    fn grow_depth_first(&mut self, key: u64) -> Result<()> {
        let mut stack = vec![Task::root(self.rows.len(), key)];
        while let Some(task) = stack.pop() {
            let (node, division) = self.add_node(&task)?;
            if let Some(division) = division {
                let (left, right) = children(&task, node, &division);
                stack.push(right);
                stack.push(left);
            }
        }
        Ok(())
    }

    /// The largest improvement first, until there are `leaves` leaves; nodes are numbered as they
    /// are made.
    fn grow_best_first(&mut self, key: u64, leaves: usize) -> Result<()> {
        let mut frontier = BinaryHeap::new();
        let mut splits_left = leaves - 1;
        let root = Task::root(self.rows.len(), key);
        frontier.push(self.open(root)?);
        while let Some(Open { task, node, division, .. }) = frontier.pop() {
            match division.filter(|_| splits_left > 0) {
                Some(division) => {
                    splits_left -= 1;
                    let (left, right) = children(&task, node, &division);
                    // The order of work is not the order of the path, so constants known to a
                    // parent are no longer at hand.
                    frontier.push(self.open(Task { known_constants: 0, ..left })?);
                    frontier.push(self.open(Task { known_constants: 0, ..right })?);
                }
                None => self.tree.nodes[node as usize].close(),
            }
        }
        self.tree.max_depth = self.tree.depths().into_iter().max().unwrap_or(0);
        Ok(())
    }

    fn open(&mut self, task: Task) -> Result<Open> {
        let (node, division) = self.add_node(&task)?;
        let improvement = division.map_or(0.0, |division| division.improvement);
        Ok(Open { task, node, division, improvement })
    }

    /// Adds the node of a task, and divides its rows if it is to be split.
    fn add_node(&mut self, task: &Task) -> Result<(u32, Option<Division>)> {
        self.cancel.check()?;
        self.measure(task);
        let weight = self.here.weight();
        // Beside a far heavier sibling, a difference of sums can be nothing but rounding.
        let told = task.impurity.filter(|&told| self.here.is_possible(told));
        let impurity = told.unwrap_or_else(|| self.here.impurity());
        let id = self.tree.nodes.len() as u32;
        self.tree.nodes.push(Node {
            left: NO_CHILD,
            right: NO_CHILD,
            feature: 0,
            threshold: 0.0,
            missing_left: false,
            impurity,
            rows: (task.end - task.start) as u32,
            weight,
        });
        self.write_values(task.bounds)?;
        if let Some(parent) = task.parent {
            let parent = &mut self.tree.nodes[parent as usize];
            *(if task.is_left { &mut parent.left } else { &mut parent.right }) = id;
        }
        self.tree.max_depth = self.tree.max_depth.max(task.depth);
        if self.must_be_leaf(task, weight, impurity) {
            return Ok((id, None));
        }
        let Some((split, known_constants)) = self.find_split(task)? else { return Ok((id, None)) };
        let division = self.divide(task, &split, impurity, known_constants);
        if division.improvement + EPSILON < self.params.min_impurity_decrease {
            return Ok((id, None));
        }
        let missing_left = split.missing_left.unwrap_or(division.middle - task.start > task.end - division.middle);
        self.divided = Some(id);
        let node = &mut self.tree.nodes[id as usize];
        node.feature = split.column as u32;
        node.threshold = split.threshold;
        node.missing_left = missing_left;
        Ok((id, Some(division)))
    }

    fn must_be_leaf(&self, task: &Task, weight: f64, impurity: f64) -> bool {
        let rows = task.end - task.start;
        self.params.max_depth.is_some_and(|limit| task.depth as usize >= limit)
            || rows < self.params.min_samples_split
            || rows < 2 * self.params.min_samples_leaf
            || weight < 2.0 * self.min_weight_leaf
            || impurity <= EPSILON
    }

    fn measure(&mut self, task: &Task) {
        if task.is_left && task.parent == self.divided {
            // Measured when its parent was divided.
            std::mem::swap(&mut self.here, &mut self.left);
            self.divided = None;
            return;
        }
        let payloads = &self.payloads[task.start..task.end];
        self.here.clear();
        for &payload in payloads {
            self.here.add(payload);
        }
        self.here.finish(payloads);
    }

    /// Appends what the node answers with, within the bounds of constraints above it.
    fn write_values(&mut self, bounds: Bounds) -> Result<()> {
        let values = &mut self.tree.values;
        let first = values.len();
        make_room(values, self.tree.outputs.width())?;
        self.here.write(values);
        if !self.params.monotonic.is_empty() {
            values[first] = values[first].max(bounds.lower).min(bounds.upper);
            if let (Outputs::Classes(_), [share, other]) = (&self.tree.outputs, &mut values[first..]) {
                *other = 1.0 - *share;
            }
        }
        Ok(())
    }

    fn find_split(&mut self, task: &Task) -> Result<Option<(Split, usize)>> {
        let node = task.start..task.end;
        self.make_tile(task)?;
        self.draws.begin(task.key, task.known_constants);
        let (rows, payloads) = (&self.rows[node.clone()], &self.payloads[node.clone()]);
        let tile = self.tile.as_ref().filter(|tile| tile.holds(&node)).map(|tile| (tile, &node));
        self.search.begin(payloads, &self.here, task.bounds);
        while let Some(column) = self.draws.next_column() {
            let varies = self.search.look_at(column, rows, payloads, tile, self.params.splitter, &mut self.draws)?;
            self.draws.report(varies);
            if D::MAY_STOP && self.search.is_settled() {
                break;
            }
        }
        let known_constants = self.draws.end();
        Ok(self.search.best(tile.map(|(tile, _)| tile)).map(|split| (split, known_constants)))
    }

    /// Makes a tile of a node that is to be one.
    fn make_tile(&mut self, task: &Task) -> Result<()> {
        let node = task.start..task.end;
        let Some(tile) = self.tile.as_mut().filter(|tile| !tile.holds(&node) && tile.suits(&node)) else {
            return Ok(());
        };
        let (rows, payloads) = (&mut self.rows[node.clone()], &self.payloads[node.clone()]);
        let is_constant = |column| self.draws.is_known_constant(column, task.known_constants);
        tile.fill(self.matrix, node, rows, payloads, is_constant, self.cancel)
    }

    /// Moves the rows that go left before those that go right, each in their order.
    fn divide(&mut self, task: &Task, split: &Split, impurity_here: f64, known_constants: usize) -> Division {
        let node = task.start..task.end;
        let weight = self.here.weight();
        self.left.clear();
        let (rows, payloads) = (&mut self.rows[node.clone()], &mut self.payloads[node.clone()]);
        let mut tile = self.tile.as_mut().filter(|tile| tile.holds(&node));
        let sides = &mut self.sides[..rows.len()];
        self.search.sides(split, tile.as_deref(), rows, sides);
        if let Some(tile) = &mut tile {
            let left = sides.iter().sum::<u32>() as usize;
            let is_constant = |column| self.draws.is_known_constant(column, known_constants);
            tile.divide(&node, rows, sides, left, is_constant);
        }
        let (mut kept, mut moved) = (0, 0);
        for (at, &side) in sides.iter().enumerate() {
            let (row, payload) = (rows[at], payloads[at]);
            // Written to both sides, and counted on one: a branch could not be foretold.
            (rows[kept], payloads[kept]) = (row, payload);
            (self.spare_rows[moved], self.spare_payloads[moved]) = (row, payload);
            kept += side as usize;
            moved += 1 - side as usize;
        }
        rows[kept..].copy_from_slice(&self.spare_rows[..moved]);
        payloads[kept..].copy_from_slice(&self.spare_payloads[..moved]);
        let (left, right) = (&mut self.left, &mut self.here);
        for &payload in &payloads[..kept] {
            left.add(payload);
        }
        right.subtract(left);
        left.finish(&payloads[..kept]);
        right.finish(&payloads[kept..]);
        let (impurity_left, impurity_right) = (left.impurity(), right.impurity());
        let improvement = (weight / self.total_weight)
            * (impurity_here - (right.weight() / weight * impurity_right) - (left.weight() / weight * impurity_left));
        let (mut bounds_left, mut bounds_right) = (task.bounds, task.bounds);
        if let Some(sign @ (-1 | 1)) = self.params.monotonic.get(split.column) {
            let middle = left.value() / 2.0 + right.value() / 2.0;
            if *sign > 0 {
                (bounds_left.upper, bounds_right.lower) = (middle, middle);
            } else {
                (bounds_left.lower, bounds_right.upper) = (middle, middle);
            }
        }
        Division {
            middle: task.start + kept,
            improvement,
            impurity_left,
            impurity_right,
            known_constants,
            bounds_left,
            bounds_right,
        }
    }
}

impl Node {
    /// Makes a leaf of a node whose split is not carried out.
    fn close(&mut self) {
        self.feature = 0;
        self.threshold = 0.0;
        self.missing_left = false;
    }
}

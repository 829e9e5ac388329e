//! Growing one tree on coded rows.
//!
//! The active rows of a tree stand in one array; a node is a range of it. Rows keep their order
//! inside a node, because splitting is a stable partition. Beside them stand their payloads (class
//! and weight), moved along, so that statistics read memory in sequence.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::criterion::{BinaryGini, Counted, CountedGini, Evaluated, Payload, Scan, Sum, Weighted, impurity};
use super::draws::{Draws, KeyedDraws, ReplayedDraws};
use super::nodes::{MOST_COLUMNS, MOST_WEIGHT, NO_CHILD, Node, POSSIBLE_IMPURITIES, Tree};
use super::params::{Criterion, TreeParams};
use super::splits::{Search, Split};
use crate::data::CodedMatrix;
use crate::error::{Error, Result};
use crate::runtime::memory::{filled, make_room, reserved};
use crate::runtime::{Cancel, mix};

/// Impurities up to this count as zero, as in scikit-learn.
const EPSILON: f64 = f64::EPSILON;

/// What a tree is trained on.
#[derive(Debug, Clone, Copy)]
pub struct TrainingRows<'a> {
    /// All columns, coded once for every tree that shares them.
    pub matrix: &'a CodedMatrix,
    /// Which rows of the matrix take part, in training order.
    pub rows: &'a [u32],
    /// The class of each of these rows, below `class_count`.
    pub classes: &'a [u32],
    /// The number of classes.
    pub class_count: usize,
    /// The weight of each of these rows; all ones where there is none. Rows of weight zero are
    /// left out.
    pub weights: Option<&'a [f64]>,
}

impl TrainingRows<'_> {
    /// Checks that the parts fit together.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] or [`crate::ErrorKind::Value`] for the first part that does not.
    pub fn check(&self) -> Result<()> {
        if self.matrix.columns().len() > MOST_COLUMNS as usize {
            return Err(Error::shape(
                "columns of X: more than trees may have",
                MOST_COLUMNS as usize,
                self.matrix.columns().len(),
            ));
        }
        if self.rows.is_empty() || self.matrix.columns().is_empty() {
            return Err(Error::value("X", "no rows or no columns", "at least one row and one column"));
        }
        if self.classes.len() != self.rows.len() {
            return Err(Error::shape("labels for the rows of X", self.rows.len(), self.classes.len()));
        }
        if let Some(weights) = self.weights {
            if weights.len() != self.rows.len() {
                return Err(Error::shape("weights for the rows of X", self.rows.len(), weights.len()));
            }
            if let Some(&weight) = weights.iter().find(|weight| !weight.is_finite() || **weight < 0.0) {
                return Err(Error::value("sample_weight", weight, "finite weights of 0 or more"));
            }
            if weights.iter().sum::<f64>() > MOST_WEIGHT {
                return Err(Error::value("sample_weight", "weights whose sum is too large", "smaller weights"));
            }
            if weights.iter().all(|&weight| weight == 0.0) {
                return Err(Error::value("sample_weight", "only zeros", "at least one weight above zero"));
            }
        }
        if self.rows.iter().any(|&row| row as usize >= self.matrix.rows()) {
            return Err(Error::internal("a training row lies outside the matrix"));
        }
        if self.classes.iter().any(|&class| class as usize >= self.class_count) {
            return Err(Error::internal("a class code lies outside the classes"));
        }
        Ok(())
    }
}

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
    training.check()?;
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
    if weights_count(training) {
        let payload = |class: u32, weight: f64| Counted::new(class, weight as u32);
        match params.criterion {
            Criterion::Gini if training.class_count == 2 => {
                Grower::new(training, params, BinaryGini::default(), draws, payload, cancel)?.grow(key)
            }
            Criterion::Gini => Grower::new(training, params, CountedGini::default(), draws, payload, cancel)?.grow(key),
            criterion @ Criterion::Entropy => {
                Grower::new(training, params, Evaluated::<u32>::new(criterion), draws, payload, cancel)?.grow(key)
            }
        }
    } else {
        let payload = |class, weight| Weighted { class, weight };
        let scan = Evaluated::<f64>::new(params.criterion);
        Grower::new(training, params, scan, draws, payload, cancel)?.grow(key)
    }
}

/// Whether the weights are whole numbers small enough for exact integer sums.
fn weights_count(training: &TrainingRows<'_>) -> bool {
    training.class_count <= Counted::MOST_CLASSES
        && match training.weights {
            None => training.rows.len() as f64 <= Counted::MOST_TOTAL,
            Some(weights) => {
                weights.iter().all(|&weight| weight.fract() == 0.0 && weight <= Counted::MOST_WEIGHT)
                    && weights.iter().sum::<f64>() <= Counted::MOST_TOTAL
            }
        }
}

/// A range of rows that is, or may become, a node.
#[derive(Debug, Clone, Copy)]
struct Task {
    start: usize,
    end: usize,
    depth: u32,
    parent: Option<u32>,
    is_left: bool,
    /// Of the parent's split; the root's is computed.
    impurity: Option<f64>,
    known_constants: usize,
    key: u64,
}

impl Task {
    fn root(rows: usize, key: u64) -> Self {
        Self { start: 0, end: rows, depth: 0, parent: None, is_left: false, impurity: None, known_constants: 0, key }
    }
}

/// A split that was carried out on the rows.
#[derive(Debug, Clone, Copy)]
struct Division {
    middle: usize,
    improvement: f64,
    impurity_left: f64,
    impurity_right: f64,
    known_constants: usize,
}

struct Grower<'a, P: Payload, S, D> {
    params: &'a TreeParams,
    cancel: &'a Cancel,
    search: Search<'a, P, S>,
    draws: D,
    rows: Vec<u32>,
    payloads: Vec<P>,
    spare_rows: Vec<u32>,
    spare_payloads: Vec<P>,
    totals: Vec<P::Sum>,
    left_sums: Vec<P::Sum>,
    total_weight: f64,
    min_weight_leaf: f64,
    tree: Tree,
}

impl<'a, P: Payload, S: Scan<P>, D: Draws> Grower<'a, P, S, D> {
    fn new(
        training: &TrainingRows<'a>,
        params: &'a TreeParams,
        scan: S,
        draws: D,
        payload: impl Fn(u32, f64) -> P,
        cancel: &'a Cancel,
    ) -> Result<Self> {
        let (mut rows, mut payloads) = (reserved(training.rows.len())?, reserved(training.rows.len())?);
        let mut total_weight = 0.0;
        for (position, (&row, &class)) in training.rows.iter().zip(training.classes).enumerate() {
            let weight = training.weights.map_or(1.0, |weights| weights[position]);
            if weight != 0.0 {
                rows.push(row);
                payloads.push(payload(class, weight));
                total_weight += weight;
            }
        }
        let min_weight_leaf = params.min_weight_fraction_leaf * total_weight;
        let classes = training.class_count;
        Ok(Self {
            params,
            cancel,
            search: Search::new(training.matrix, scan, classes, params.min_samples_leaf, min_weight_leaf, cancel),
            draws,
            spare_rows: filled(0, rows.len())?,
            spare_payloads: filled(P::default(), rows.len())?,
            rows,
            payloads,
            totals: vec![P::Sum::default(); classes],
            left_sums: vec![P::Sum::default(); classes],
            total_weight,
            min_weight_leaf,
            tree: Tree {
                columns: training.matrix.columns().len() as u32,
                classes: classes as u32,
                max_depth: 0,
                nodes: Vec::new(),
                shares: Vec::new(),
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
        let total = self.sum_classes(task);
        let weight = total.to_f64();
        // Beside a far heavier sibling, a difference of sums can be nothing but rounding.
        let told = task.impurity.filter(|told| POSSIBLE_IMPURITIES.contains(told));
        let impurity = told.unwrap_or_else(|| impurity(self.params.criterion, &self.totals, weight));
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
        make_room(&mut self.tree.shares, self.totals.len())?;
        self.tree.shares.extend(self.totals.iter().map(|sum| sum.to_f64() / weight));
        if let Some(parent) = task.parent {
            let parent = &mut self.tree.nodes[parent as usize];
            *(if task.is_left { &mut parent.left } else { &mut parent.right }) = id;
        }
        self.tree.max_depth = self.tree.max_depth.max(task.depth);
        if self.must_be_leaf(task, weight, impurity) {
            return Ok((id, None));
        }
        let Some((split, known_constants)) = self.find_split(task, total)? else { return Ok((id, None)) };
        let division = self.divide(task, &split, total, impurity, known_constants);
        if division.improvement + EPSILON < self.params.min_impurity_decrease {
            return Ok((id, None));
        }
        let missing_left = split.missing_left.unwrap_or(division.middle - task.start > task.end - division.middle);
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

    fn sum_classes(&mut self, task: &Task) -> P::Sum {
        self.totals.fill(P::Sum::default());
        let mut total = P::Sum::default();
        for payload in &self.payloads[task.start..task.end] {
            self.totals[payload.class()] += payload.weight();
            total += payload.weight();
        }
        total
    }

    fn find_split(&mut self, task: &Task, total: P::Sum) -> Result<Option<(Split, usize)>> {
        self.draws.begin(task.key, task.known_constants);
        let node = task.start..task.end;
        let (rows, payloads) = (&self.rows[node.clone()], &self.payloads[node]);
        self.search.begin(rows.len(), &self.totals, total);
        while let Some(column) = self.draws.next_column() {
            let varies = self.search.look_at(column, rows, payloads, self.params.splitter, &mut self.draws)?;
            self.draws.report(varies);
        }
        let known_constants = self.draws.end();
        Ok(self.search.best().map(|split| (split, known_constants)))
    }

    /// Moves the rows that go left before those that go right, each in their order.
    fn divide(&mut self, task: &Task, split: &Split, total: P::Sum, impurity_here: f64, known: usize) -> Division {
        let node = task.start..task.end;
        self.left_sums.fill(P::Sum::default());
        let mut weight_left = P::Sum::default();
        let (rows, payloads) = (&mut self.rows[node.clone()], &mut self.payloads[node]);
        let (mut kept, mut moved) = (0, 0);
        self.search.sides(split, rows, &mut self.spare_rows);
        for at in 0..rows.len() {
            let (row, payload) = (rows[at], payloads[at]);
            // `sides` left a one for every row that goes left, in the buffer that the rows going
            // right are moved to: reading runs ahead of writing.
            let left = self.spare_rows[at] != 0;
            if left {
                rows[kept] = row;
                payloads[kept] = payload;
                kept += 1;
                self.left_sums[payload.class()] += payload.weight();
                weight_left += payload.weight();
            } else {
                self.spare_rows[moved] = row;
                self.spare_payloads[moved] = payload;
                moved += 1;
            }
        }
        rows[kept..].copy_from_slice(&self.spare_rows[..moved]);
        payloads[kept..].copy_from_slice(&self.spare_payloads[..moved]);
        let criterion = self.params.criterion;
        let (weight, left, right) = (total.to_f64(), weight_left.to_f64(), (total - weight_left).to_f64());
        let impurity_left = impurity(criterion, &self.left_sums, left);
        for (sum, &left) in self.totals.iter_mut().zip(&self.left_sums) {
            *sum = *sum - left;
        }
        let impurity_right = impurity(criterion, &self.totals, right);
        let improvement = (weight / self.total_weight)
            * (impurity_here - (right / weight * impurity_right) - (left / weight * impurity_left));
        Division { middle: task.start + kept, improvement, impurity_left, impurity_right, known_constants: known }
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

fn children(task: &Task, node: u32, division: &Division) -> (Task, Task) {
    let child = |start, end, is_left, impurity| Task {
        start,
        end,
        depth: task.depth + 1,
        parent: Some(node),
        is_left,
        impurity: Some(impurity),
        known_constants: division.known_constants,
        key: mix(task.key, u64::from(!is_left)),
    };
    (
        child(task.start, division.middle, true, division.impurity_left),
        child(division.middle, task.end, false, division.impurity_right),
    )
}

/// A node that best-first growth may split; ordered by improvement, earlier nodes first.
struct Open {
    task: Task,
    node: u32,
    division: Option<Division>,
    improvement: f64,
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        self.improvement.total_cmp(&other.improvement).then(other.node.cmp(&self.node))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open {}

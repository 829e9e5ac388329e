//! Growing one tree on coded rows.
//!
//! The active rows of a tree stand in one array; a node is a range of it. Rows keep their order
//! inside a node, because splitting is a stable partition. Beside them stand their payloads (label
//! and weight), moved along, so that statistics read memory in sequence.

use std::collections::BinaryHeap;
use std::ops::Range;

use super::criterion::{Measure, Payload, Scan};
use super::draws::Draws;
use super::nodes::{NO_CHILD, Node};
use super::params::Splitter;
use super::parts::{Frame, Gap, Hand, Job, Part};
use super::splits::Search;
use super::targets::Outputs;
use super::tasks::{Division, Open, Step, Task, children};
use super::tile::Tile;
use super::trial::{Bounds, Split};
use crate::error::Result;
use crate::runtime::memory::{filled, make_room};

/// Impurities up to this count as zero, as in scikit-learn.
pub(super) const EPSILON: f64 = f64::EPSILON;

/// Grows a part of a tree from the rows of a job.
pub(super) struct Grower<'a, P: Payload, S: Scan<P>, D> {
    frame: &'a Frame<'a, S::Node>,
    /// More than one where nodes are so large that threads share their columns.
    searches: Vec<Search<'a, P, S>>,
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
    part: Part,
}

impl<'a, P: Payload, S: Scan<P>, D: Draws> Grower<'a, P, S, D> {
    /// Grows the part of a job; `hand` takes over large subtrees of it.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Cancelled`], [`crate::ErrorKind::Memory`].
    pub(super) fn grow(frame: &'a Frame<'a, S::Node>, job: Job<P, D>, hand: Hand<'_, P, D>) -> Result<Part> {
        let Job { number, task, rows, payloads, tile, draws } = job;
        let mut grower = Self {
            frame,
            searches: vec![frame.search()],
            tile,
            draws,
            sides: filled(0, rows.len())?,
            spare_rows: filled(0, rows.len())?,
            spare_payloads: filled(P::default(), rows.len())?,
            rows,
            payloads,
            here: frame.node.clone(),
            left: frame.node.clone(),
            divided: None,
            part: Part::new(number),
        };
        match frame.params.max_leaf_nodes {
            None => grower.grow_depth_first(task, hand)?,
            Some(leaves) => grower.grow_best_first(task, leaves)?,
        }
        Ok(grower.part.finish(frame.matrix))
    }

    /// Left before right: a node's left child follows it directly.
    fn grow_depth_first(&mut self, root: Task, hand: Hand<'_, P, D>) -> Result<()> {
        let mut stack = vec![Step::Grow(root)];
        while let Some(step) = stack.pop() {
            match step {
                Step::Leave { parent, number } => {
                    self.part.gaps.push(Gap { at: self.part.nodes.len() as u32, parent, number });
                }
                Step::Grow(task) => {
                    let (node, division) = self.add_node(&task)?;
                    if let Some(division) = division {
                        let (left, right) = children(&task, node, &division);
                        stack.push(if self.frame.is_worth_handing(&left, &right) {
                            self.hand_over(right, node, hand)?
                        } else {
                            Step::Grow(right)
                        });
                        stack.push(Step::Grow(left));
                    }
                }
            }
        }
        Ok(())
    }

    /// Gives the subtree of a right child to another thread.
    fn hand_over(&self, task: Task, parent: u32, hand: Hand<'_, P, D>) -> Result<Step> {
        let node = task.start..task.end;
        let (mut rows, mut payloads) = (Vec::new(), Vec::new());
        make_room(&mut rows, node.len())?;
        make_room(&mut payloads, node.len())?;
        rows.extend_from_slice(&self.rows[node.clone()]);
        payloads.extend_from_slice(&self.payloads[node.clone()]);
        let tile = self.tile.as_ref().map(|tile| tile.part(&node)).transpose()?;
        let number = self.frame.next_number();
        let task = Task { start: 0, end: node.len(), parent: None, ..task };
        hand(Job { number, task, rows, payloads, tile, draws: self.draws.clone() });
        Ok(Step::Leave { parent, number })
    }

    /// The largest improvement first, until there are `leaves` leaves; nodes are numbered as they
    /// are made.
    fn grow_best_first(&mut self, root: Task, leaves: usize) -> Result<()> {
        let mut frontier = BinaryHeap::new();
        let mut splits_left = leaves - 1;
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
                None => self.part.nodes[node as usize].close(),
            }
        }
        Ok(())
    }

    fn open(&mut self, task: Task) -> Result<Open> {
        let (node, division) = self.add_node(&task)?;
        let improvement = division.map_or(0.0, |division| division.improvement);
        Ok(Open { task, node, division, improvement })
    }

    /// Adds the node of a task, and divides its rows if it is to be split.
    fn add_node(&mut self, task: &Task) -> Result<(u32, Option<Division>)> {
        self.frame.workers.cancel().check()?;
        self.measure(task);
        let weight = self.here.weight();
        // Beside a far heavier sibling, a difference of sums can be nothing but rounding.
        let told = task.impurity.filter(|&told| self.here.is_possible(told));
        let impurity = told.unwrap_or_else(|| self.here.impurity());
        let leaf = Node {
            left: NO_CHILD,
            right: NO_CHILD,
            feature: 0,
            threshold: 0.0,
            missing_left: false,
            impurity,
            rows: (task.end - task.start) as u32,
            weight,
        };
        let id = self.part.add(leaf, task.depth);
        self.write_values(task.bounds)?;
        if let Some(parent) = task.parent {
            let parent = &mut self.part.nodes[parent as usize];
            *(if task.is_left { &mut parent.left } else { &mut parent.right }) = id;
        }
        if self.must_be_leaf(task, weight, impurity) {
            return Ok((id, None));
        }
        let Some((split, known_constants)) = self.find_split(task)? else { return Ok((id, None)) };
        // What is known of the left child of a node before is written over, even if this split is dropped.
        self.divided = None;
        let division = self.divide(task, &split, impurity, known_constants);
        if division.improvement + EPSILON < self.frame.params.min_impurity_decrease {
            return Ok((id, None));
        }
        let missing_left = split.missing_left.unwrap_or(division.middle - task.start > task.end - division.middle);
        self.divided = Some(id);
        self.part.split(id, &split, missing_left);
        Ok((id, Some(division)))
    }

    fn must_be_leaf(&self, task: &Task, weight: f64, impurity: f64) -> bool {
        let rows = task.end - task.start;
        self.frame.params.max_depth.is_some_and(|limit| task.depth as usize >= limit)
            || rows < self.frame.params.min_samples_split
            || rows < 2 * self.frame.params.min_samples_leaf
            || weight < 2.0 * self.frame.min_weight_leaf
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
        let values = &mut self.part.values;
        let first = values.len();
        make_room(values, self.frame.outputs.width())?;
        self.here.write(values);
        if !self.frame.params.monotonic.is_empty() {
            values[first] = values[first].max(bounds.lower).min(bounds.upper);
            if let (Outputs::Classes(_), [share, other]) = (&self.frame.outputs, &mut values[first..]) {
                *other = 1.0 - *share;
            }
        }
        Ok(())
    }

    fn find_split(&mut self, task: &Task) -> Result<Option<(Split, usize)>> {
        let node = task.start..task.end;
        self.make_tile(task)?;
        self.draws.begin(task.key, task.known_constants);
        self.searches[0].begin(&self.payloads[node.clone()], &self.here, task.bounds, !D::MAY_STOP);
        let is_random = self.frame.params.splitter == Splitter::Random;
        if D::MAY_STOP && !is_random && self.frame.shares_columns(node.len()) {
            self.look_together(&node, task.bounds)?;
        }
        let (rows, payloads) = (&self.rows[node.clone()], &self.payloads[node.clone()]);
        let tile = self.tile.as_ref().filter(|tile| tile.holds(&node)).map(|tile| (tile, &node));
        let search = &mut self.searches[0];
        while let Some(column) = self.draws.next_column() {
            let varies = if is_random {
                search.draw_at(column, rows, payloads, tile.map(|(tile, _)| tile), &mut self.draws)?
            } else {
                search.look_at(column, rows, payloads, tile)?
            };
            self.draws.report(column, varies);
            if D::MAY_STOP && search.is_settled() {
                break;
            }
        }
        let known_constants = self.draws.end();
        Ok(search.best(tile.map(|(tile, _)| tile)).map(|split| (split, known_constants)))
    }

    /// Looks at the columns that will be drawn whatever they hold, a share of them in each thread.
    fn look_together(&mut self, node: &Range<usize>, bounds: Bounds) -> Result<()> {
        let workers = self.frame.workers;
        let columns: Vec<usize> = std::iter::from_fn(|| self.draws.next_column()).collect();
        let length = columns.len().div_ceil(workers.threads()).max(1);
        let (here, payloads, rows) = (&self.here, &self.payloads[node.clone()], &self.rows[node.clone()]);
        let tile = self.tile.as_ref().filter(|tile| tile.holds(node)).map(|tile| (tile, node));
        self.searches.resize_with(workers.threads(), || self.frame.search());
        let mut shares: Vec<_> = self.searches.iter_mut().zip(columns.chunks(length)).collect();
        let mut varies = filled(false, columns.len())?;
        let mut shares: Vec<_> = shares.iter_mut().zip(varies.chunks_mut(length)).collect();
        workers.fill(&mut shares, 1, |_, shares| {
            for ((search, columns), varies) in shares {
                search.begin(payloads, here, bounds, !D::MAY_STOP);
                for (&column, varies) in columns.iter().zip(varies.iter_mut()) {
                    *varies = search.look_at(column, rows, payloads, tile)?;
                }
            }
            Ok(())
        })?;
        let used = shares.len();
        let (first, others) = self.searches.split_at_mut(1);
        for other in others.iter().take(used.saturating_sub(1)) {
            first[0].take_better(other);
        }
        // Smaller nodes are looked at by one thread each, and need no more room.
        self.searches.truncate(1);
        for (&column, &varies) in columns.iter().zip(&varies) {
            self.draws.report(column, varies);
        }
        Ok(())
    }

    /// Makes a tile of a node that is to be one.
    fn make_tile(&mut self, task: &Task) -> Result<()> {
        let node = task.start..task.end;
        let Some(tile) = self.tile.as_mut().filter(|tile| !tile.holds(&node) && tile.suits(&node)) else {
            return Ok(());
        };
        let workers = self.frame.workers.alone_if(!self.frame.shares_columns(node.len()));
        let (rows, payloads) = (&mut self.rows[node.clone()], &self.payloads[node.clone()]);
        let is_constant = |column| self.draws.is_known_constant(column, task.known_constants);
        tile.fill(self.frame.matrix, node, rows, payloads, is_constant, workers)
    }

    /// Moves the rows that go left before those that go right, each in their order.
    fn divide(&mut self, task: &Task, split: &Split, impurity_here: f64, known_constants: usize) -> Division {
        let node = task.start..task.end;
        let weight = self.here.weight();
        self.left.clear();
        let (rows, payloads) = (&mut self.rows[node.clone()], &mut self.payloads[node.clone()]);
        let mut tile = self.tile.as_mut().filter(|tile| tile.holds(&node));
        let sides = &mut self.sides[..rows.len()];
        self.searches[0].sides(split, tile.as_deref(), rows, sides);
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
        let improvement = (weight / self.frame.total_weight)
            * (impurity_here - (right.weight() / weight * impurity_right) - (left.weight() / weight * impurity_left));
        let (mut bounds_left, mut bounds_right) = (task.bounds, task.bounds);
        if let Some(sign @ (-1 | 1)) = self.frame.params.monotonic.get(split.column) {
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

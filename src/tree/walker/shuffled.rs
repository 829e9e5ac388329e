//! Answers for rows of which one column after the other is shuffled.
//!
//! A row ends in the leaf that it ends in anyway, unless a node on its way asks the column and sends
//! the other row's value the other way; only from there on it walks anew. Answers are added tree by
//! tree, so that they are those of the shuffled rows to the last bit.

use std::ops::Range;

use ndarray::ArrayView2;

use super::block::{Block, MISSING};
use super::lanes::Grove;
use super::layout::Step;
use super::{Leaf, Nodes, Walker, of_nodes};
use crate::data::Features;
use crate::error::{Error, Result};
use crate::runtime::memory::{cells, filled, reserved};
use crate::runtime::{Cancel, Workers};

/// Bytes that the sums and leaves of some rows take: they stay in the cache beside a tree.
const PART_BYTES: usize = 1 << 18;

/// The most rows of a part, and the fewest.
const ROWS_OF_PART: Range<usize> = 16..1024;

/// Steps that a walk takes before the next has its turn.
const STRIDE: usize = 4;

/// Which columns are shuffled, each alone, and how.
#[derive(Debug, Clone)]
pub struct Shuffles<'a> {
    /// The columns.
    pub columns: Range<usize>,
    /// `orders × rows`: for every row the row whose value of the column it is given.
    pub orders: ArrayView2<'a, u32>,
}

impl Shuffles<'_> {
    /// How many tables there are: one for each order of each column.
    pub fn count(&self) -> usize {
        self.columns.len() * self.orders.nrows()
    }

    fn check(&self, matrix: Features<'_>) -> Result<()> {
        if self.columns.is_empty() || self.columns.end > matrix.columns() {
            return Err(Error::shape("columns to shuffle", matrix.columns(), self.columns.end));
        }
        if self.orders.ncols() != matrix.rows() {
            return Err(Error::shape("rows of an order", matrix.rows(), self.orders.ncols()));
        }
        match self.orders.iter().find(|&&row| row as usize >= matrix.rows()) {
            Some(&row) => Err(Error::shape("rows that an order names", matrix.rows(), row as usize)),
            None => Ok(()),
        }
    }
}

/// A row that left its way in a tree.
#[derive(Debug, Clone, Copy)]
struct Walk {
    /// Where it is.
    place: u32,
    /// What it is given for the column.
    key: i32,
    column: u32,
    row: u32,
    /// Where its leaf goes.
    at: u32,
}

impl Walker {
    /// The sums of the trees' answers for every row, of one shuffled table after the other: those
    /// of the first column in the order of `shuffles.orders`, then those of the next. There are
    /// `shuffles.count() × rows × width` values.
    ///
    /// Time grows with the nodes that ask a column and send the other value elsewhere: a fifth
    /// of what walking down anew takes, of trees without limits on twenty columns.
    ///
    /// # Errors
    /// As [`Walker::sums`], and [`crate::ErrorKind::Shape`] for columns or rows that are none.
    pub fn shuffled_sums(
        &self,
        matrix: Features<'_>,
        shuffles: &Shuffles<'_>,
        workers: Workers<'_>,
    ) -> Result<Vec<f64>> {
        matrix.check_columns(of_nodes!(self, nodes => nodes.columns()))?;
        shuffles.check(matrix)?;
        let rows = matrix.rows();
        let mut block = Block::default();
        block.read(matrix, 0..rows, false)?;
        let mut sums = filled(0.0, cells(cells(shuffles.count(), rows)?, self.width)?)?;
        if sums.is_empty() {
            return Ok(sums);
        }
        let bytes = shuffles.count() * (size_of::<f64>() * self.width + 2 * size_of::<u32>());
        let size = (PART_BYTES / bytes).clamp(ROWS_OF_PART.start, ROWS_OF_PART.end);
        // Of every table the rows of a part, part by part.
        let mut parts: Vec<Vec<&mut [f64]>> = Vec::new();
        for table in sums.chunks_exact_mut(rows * self.width) {
            for (part, sums) in table.chunks_mut(size * self.width).enumerate() {
                if part == parts.len() {
                    parts.push(reserved(shuffles.count())?);
                }
                parts[part].push(sums);
            }
        }
        workers.fill(&mut parts, 1, |part, sums| {
            let part = Part { block: &block, first: part * size, shuffles };
            of_nodes!(self, nodes => if block.has_missing {
                self.add_shuffled::<_, 2>(nodes, &part, &mut sums[0], workers.cancel())
            } else {
                self.add_shuffled::<_, 1>(nodes, &part, &mut sums[0], workers.cancel())
            })
        })?;
        drop(parts);
        Ok(sums)
    }

    /// Writes the sums of a part, of which there is a slice for each table.
    fn add_shuffled<S: Step, const SIDES: usize>(
        &self,
        nodes: &Grove<S>,
        part: &Part<'_, '_>,
        tables: &mut [&mut [f64]],
        cancel: &Cancel,
    ) -> Result<()> {
        let count = part.shuffles.count();
        let rows = tables[0].len() / self.width;
        let others = part.others::<SIDES>(rows)?;
        let mut sums = filled(0.0, rows * count * self.width)?;
        let mut answers = filled(0, rows * count)?;
        let mut walks: Vec<Walk> =
            // One more, which is written to and not counted.
            filled(Walk { place: 0, key: 0, column: 0, row: 0, at: 0 }, rows * count + 1)?;
        for tree in 0..self.trees() {
            cancel.check()?;
            let steps = nodes.tree(tree);
            let mut left = 0;
            for row in 0..rows {
                left += part.leave::<S, SIDES>(steps, row, &others, &mut answers, &mut walks[left..]);
            }
            part.arrive::<S, SIDES>(steps, &mut walks[..left], &mut answers);
            match self.width {
                1 => self.add_answers::<1>(tree, &answers, &mut sums),
                2 => self.add_answers::<2>(tree, &answers, &mut sums),
                3 => self.add_answers::<3>(tree, &answers, &mut sums),
                _ => self.add_answers::<0>(tree, &answers, &mut sums),
            }
        }
        for (table, own) in tables.iter_mut().enumerate() {
            for (row, own) in own.chunks_exact_mut(self.width).enumerate() {
                own.copy_from_slice(&sums[(row * count + table) * self.width..][..self.width]);
            }
        }
        Ok(())
    }

    fn add_answers<const WIDTH: usize>(&self, tree: usize, answers: &[u32], sums: &mut [f64]) {
        let width = if WIDTH == 0 { self.width } else { WIDTH };
        for (sums, &answer) in sums.chunks_exact_mut(width).zip(answers) {
            self.add::<WIDTH>(tree, Leaf { place: 0, answer }, sums);
        }
    }
}

/// Some rows, and what they are given.
struct Part<'a, 'b> {
    /// All rows.
    block: &'a Block,
    /// The first row of the part.
    first: usize,
    shuffles: &'a Shuffles<'b>,
}

impl Part<'_, '_> {
    fn keys(&self, row: usize) -> &[i32] {
        let stride = self.block.stride();
        &self.block.keys[(self.first + row) * stride..][..stride]
    }

    /// The keys that rows are given: of each row those of each column and side, order by order.
    fn others<const SIDES: usize>(&self, rows: usize) -> Result<Vec<i32>> {
        let (columns, stride) = (&self.shuffles.columns, self.block.stride());
        let orders = &self.shuffles.orders;
        let width = columns.len() * SIDES;
        let mut others = filled(0, rows * width * orders.nrows())?;
        for (row, others) in others.chunks_exact_mut(width * orders.nrows()).enumerate() {
            for (number, order) in orders.rows().into_iter().enumerate() {
                let from = order[self.first + row] as usize * stride;
                let keys = &self.block.keys[from + columns.start * SIDES..][..width];
                for (column, &key) in keys.iter().enumerate() {
                    others[column * orders.nrows() + number] = key;
                }
            }
        }
        Ok(others)
    }

    /// Walks a row down a tree, notes its answer for every table, and where it leaves its way in
    /// some: in how many, which are written to `walks`.
    fn leave<S: Step, const SIDES: usize>(
        &self,
        steps: &[S],
        row: usize,
        others: &[i32],
        answers: &mut [u32],
        walks: &mut [Walk],
    ) -> usize {
        let (columns, orders) = (&self.shuffles.columns, self.shuffles.orders.nrows());
        let count = self.shuffles.count();
        let keys = self.keys(row);
        let others = &others[row * count * SIDES..][..count * SIDES];
        let answers = &mut answers[row * count..][..count];
        // Walks that left are marked until the answer is known.
        answers.fill(ON_THE_WAY);
        let (mut place, mut left) = (0, 0);
        let answer = loop {
            let step = steps[place as usize];
            let asked = step.column() / (3 - SIDES);
            let (threshold, goes_right) = (step.key(), keys[asked] > step.key());
            let next = step.left() + u32::from(goes_right);
            if next == place {
                break step.answer();
            }
            let column = asked / SIDES;
            if columns.contains(&column) {
                let from = asked - columns.start * SIDES;
                let others = &others[from * orders..][..orders];
                let first = (column - columns.start) * orders;
                let answers = &mut answers[first..][..orders];
                let other_child = step.left() + u32::from(!goes_right);
                for (order, (&key, answer)) in others.iter().zip(answers).enumerate() {
                    let leaves = (key > threshold) != goes_right && *answer == ON_THE_WAY;
                    walks[left] = Walk {
                        place: other_child,
                        key,
                        column: column as u32,
                        row: row as u32,
                        at: (row * count + first + order) as u32,
                    };
                    left += usize::from(leaves);
                    *answer = if leaves { LEFT } else { *answer };
                }
            }
            place = next;
        };
        for own in answers {
            *own = if *own == ON_THE_WAY { answer } else { *own };
        }
        left
    }

    /// Walks on to the leaves, and notes their answers.
    fn arrive<S: Step, const SIDES: usize>(&self, steps: &[S], walks: &mut [Walk], answers: &mut [u32]) {
        let stride = self.block.stride();
        let keys = &self.block.keys[self.first * stride..];
        let mut walking = walks.len();
        while walking > 0 {
            let mut kept = 0;
            for number in 0..walking {
                let mut walk = walks[number];
                let keys = &keys[walk.row as usize * stride..][..stride];
                let mut step = steps[walk.place as usize];
                let mut before = walk.place;
                for _ in 0..STRIDE {
                    before = walk.place;
                    step = steps[walk.place as usize];
                    let asked = step.column() / (3 - SIDES);
                    let is_missing = SIDES == 2 && MISSING.contains(&walk.key);
                    let own = if is_missing { MISSING[asked % SIDES] } else { walk.key };
                    let key = if asked / SIDES == walk.column as usize { own } else { keys[asked] };
                    walk.place = step.left() + u32::from(key > step.key());
                }
                answers[walk.at as usize] = step.answer();
                walks[kept] = walk;
                kept += usize::from(walk.place != before);
            }
            walking = kept;
        }
    }
}

/// Stands for the answer of a row that has not left its way, and of one that has.
const ON_THE_WAY: u32 = u32::MAX;
const LEFT: u32 = u32::MAX - 1;

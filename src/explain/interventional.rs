//! Shapley values in which columns that are not known are taken from background rows: what a change
//! of a column from the background's value to the row's does to the answer, whatever goes with it in
//! the training rows (Janzing, Minorics, Bloebaum, "Feature relevance quantification in explainable
//! AI", 2020).

use super::model::{Model, Split, Walk};
use super::path_dependent::rows_together;
use super::rows::{Block, ROWS};
use crate::data::Features;
use crate::error::{Error, Result};
use crate::runtime::Workers;
use crate::runtime::memory::{cells, filled, reserved};

/// Rows that columns are taken from.
#[derive(Debug)]
pub struct Background {
    blocks: Vec<Block>,
    rows: usize,
    columns: usize,
    is_single: bool,
    expected: Vec<f64>,
}

impl Background {
    /// Reads background rows.
    ///
    /// # Errors
    /// As [`super::shapley_values`], and [`crate::ErrorKind::Shape`] without a row.
    pub fn new(model: &Model, matrix: Features<'_>, workers: Workers<'_>) -> Result<Self> {
        matrix.check_columns(model.columns())?;
        if matrix.rows() == 0 {
            return Err(Error::shape("rows of the background data", 1, 0));
        }
        let rows = matrix.rows();
        let read = workers.map(rows.div_ceil(ROWS), |index| {
            let own = index * ROWS..rows.min((index + 1) * ROWS);
            let block = Block::read(matrix, own.clone(), model.is_single)?;
            let mut sums = filled(0.0, model.width())?;
            for lane in 0..own.len() {
                workers.cancel().check()?;
                for walk in &model.walks {
                    let leaf = walk.leaf_of(|split| split.sends_left(block.value(lane, split.feature as usize)));
                    let answers = &walk.values[leaf as usize * model.width()..][..model.width()];
                    sums.iter_mut().zip(answers).for_each(|(sum, answer)| *sum += answer);
                }
            }
            Ok((block, sums))
        })?;
        let mut blocks = reserved(read.len())?;
        let mut expected = filled(0.0, model.width())?;
        for (block, sums) in read {
            blocks.push(block);
            expected.iter_mut().zip(sums).for_each(|(mean, sum)| *mean += sum / rows as f64);
        }
        Ok(Self { blocks, rows, columns: model.columns(), is_single: model.is_single, expected })
    }

    /// The mean answer for the background rows.
    pub fn expected(&self) -> &[f64] {
        &self.expected
    }
}

fn value(blocks: &[Block], row: usize, split: &Split) -> f64 {
    blocks[row / ROWS].value(row % ROWS, split.feature as usize)
}

/// Returns what each column contributes to each answer, `rows × columns × outputs` values, which add
/// up to the answer less [`Background::expected`].
///
/// Time grows with the rows times the background's, times the leaves that mixtures of both reach.
///
/// # Errors
/// As [`super::shapley_values`].
pub fn interventional_values(
    model: &Model,
    matrix: Features<'_>,
    background: &Background,
    workers: Workers<'_>,
) -> Result<Vec<f64>> {
    matrix.check_columns(model.columns())?;
    if (background.columns, background.is_single) != (model.columns(), model.is_single) {
        return Err(Error::value("the background", "rows read for another model", "rows that this model has read"));
    }
    let weights = Weights::new(model.most_columns())?;
    let stride = cells(model.columns(), model.width())?;
    let mut values = filled(0.0, cells(matrix.rows(), stride)?)?;
    let together = rows_together(matrix.rows(), workers.threads()).min(ROWS);
    workers.fill(&mut values, together * stride, |piece, values| {
        let rows = piece * together..piece * together + values.len() / stride;
        let block = Block::read(matrix, rows, model.is_single)?;
        for walk in model.walks.iter().filter(|walk| !walk.edges.is_empty()) {
            let mut pair = Pair::new(walk, model.width(), &weights)?;
            for (lane, values) in values.chunks_exact_mut(stride).enumerate() {
                for other in 0..background.rows {
                    workers.cancel().check()?;
                    pair.explain(
                        |split| split.sends_left(block.value(lane, split.feature as usize)),
                        |split| split.sends_left(value(&background.blocks, other, split)),
                        values,
                    );
                }
            }
        }
        let rows = background.rows as f64;
        for value in values {
            *value /= rows;
        }
        Ok(())
    })?;
    Ok(values)
}

/// The weights of orders in which a leaf is reached only once `taken` columns are the row's, and no
/// longer once one of `refused` is.
struct Weights {
    size: usize,
    /// `1 / (taken * binomial(taken + refused, taken))`, for a column of the former.
    weights: Vec<f64>,
}

impl Weights {
    fn new(most: usize) -> Result<Self> {
        let size = most + 1;
        let mut weights = filled(0.0, cells(size, size)?)?;
        for taken in 1..size {
            weights[taken * size] = 1.0 / taken as f64;
            for refused in 1..size - taken {
                let before = weights[taken * size + refused - 1];
                weights[taken * size + refused] = before * refused as f64 / (taken + refused) as f64;
            }
        }
        Ok(Self { size, weights })
    }

    fn get(&self, taken: usize, refused: usize) -> f64 {
        self.weights[taken * self.size + refused]
    }
}

/// Whose value of a column decides on the path.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Owner {
    /// Row and background go the same way so far.
    Both,
    Row,
    Background,
}

/// A split at which row and background part, while both of its sides are looked at.
#[derive(Debug, Clone, Copy)]
struct Fork {
    /// The child that the background takes.
    other: u32,
    place: u32,
    /// Whether it is that side's turn.
    is_second: bool,
}

/// A walk down a tree with a row and a background row.
struct Pair<'a> {
    walk: &'a Walk,
    width: usize,
    weights: &'a Weights,
    owners: Vec<Owner>,
    forks: Vec<Fork>,
    /// For each fork on the path, and one more: what leaves below add for a column that is the row's,
    /// and for one that is the background's, for each output.
    sums: Vec<f64>,
}

impl<'a> Pair<'a> {
    fn new(walk: &'a Walk, width: usize, weights: &'a Weights) -> Result<Self> {
        Ok(Self {
            walk,
            width,
            weights,
            owners: filled(Owner::Both, walk.columns.len())?,
            forks: reserved(walk.most_columns)?,
            sums: filled(0.0, cells(2 * (walk.most_columns + 1), width)?)?,
        })
    }

    /// Adds the values of one row beside one background row.
    fn explain(&mut self, row_left: impl Fn(&Split) -> bool, other_left: impl Fn(&Split) -> bool, values: &mut [f64]) {
        let room = 2 * self.width;
        let (mut node, mut taken, mut refused) = (0, 0, 0);
        self.sums[..room].fill(0.0);
        loop {
            // Down to a leaf; where the two part, the row's side first.
            loop {
                let split = &self.walk.splits[node as usize];
                if split.is_leaf() {
                    break;
                }
                let child = |is_left| if is_left { split.left } else { split.right };
                let place = self.walk.places[node as usize] as usize;
                node = match self.owners[place] {
                    Owner::Row => child(row_left(split)),
                    Owner::Background => child(other_left(split)),
                    Owner::Both => {
                        let (own, other) = (row_left(split), other_left(split));
                        if own != other {
                            self.owners[place] = Owner::Row;
                            taken += 1;
                            self.forks.push(Fork { other: child(other), place: place as u32, is_second: false });
                            let at = self.forks.len() * room;
                            self.sums[at..at + room].fill(0.0);
                        }
                        child(own)
                    }
                };
            }
            self.add_leaf(node, taken, refused);
            // Up to a fork whose other side is still to come.
            loop {
                let depth = self.forks.len();
                let Some(&fork) = self.forks.last() else { return };
                self.hand_up(depth, fork, values);
                let fork = &mut self.forks[depth - 1];
                if fork.is_second {
                    refused -= 1;
                    self.owners[fork.place as usize] = Owner::Both;
                    self.forks.pop();
                } else {
                    fork.is_second = true;
                    taken -= 1;
                    refused += 1;
                    self.owners[fork.place as usize] = Owner::Background;
                    node = fork.other;
                    self.sums[depth * room..][..room].fill(0.0);
                    break;
                }
            }
        }
    }

    /// Adds a leaf's answers to the sums of the last fork.
    fn add_leaf(&mut self, node: u32, taken: usize, refused: usize) {
        let leaf = self.walk.leaves[node as usize] as usize;
        let weights = [self.weights.get(taken, refused), self.weights.get(refused, taken)];
        let sums = &mut self.sums[self.forks.len() * 2 * self.width..][..2 * self.width];
        for (sums, weight) in sums.chunks_exact_mut(self.width).zip(weights) {
            for (sum, answer) in sums.iter_mut().zip(&self.walk.values[leaf * self.width..][..self.width]) {
                *sum += weight * answer;
            }
        }
    }

    /// Adds the sums of one side of a fork to its column's values, and to the sums of the fork above.
    fn hand_up(&mut self, depth: usize, fork: Fork, values: &mut [f64]) {
        let (width, room) = (self.width, 2 * self.width);
        let (above, below) = self.sums.split_at_mut(depth * room);
        let (above, below) = (&mut above[(depth - 1) * room..], &below[..room]);
        let column = self.walk.columns[fork.place as usize] as usize;
        for output in 0..width {
            values[column * width + output] += if fork.is_second { -below[width + output] } else { below[output] };
        }
        above.iter_mut().zip(below).for_each(|(above, below)| *above += below);
    }
}

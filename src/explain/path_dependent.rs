//! Shapley values in which columns that are not known are averaged by the training rows of each node
//! (Lundberg and others, "From local explanations to global understanding with explainable AI for
//! trees", Nature Machine Intelligence 2, 2020).

use super::model::{Edge, Model, Walk};
use super::path::{Integrands, Level, Path, Visitor, product};
use super::rows::{Block, ROWS};
use super::rule::{Rule, for_each_part};
use crate::data::Features;
use crate::error::Result;
use crate::runtime::Workers;
use crate::runtime::memory::{cells, filled, reserved};

/// The most rows that go down a tree before the next tree is read.
const MOST_ROWS: usize = 512;

/// Returns what each column contributes to each answer: `rows × columns × outputs` values, which add
/// up to the answer less [`Model::expected`].
///
/// Time grows with the rows times the nodes of all trees.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] for another number of columns, [`crate::ErrorKind::Value`] for a value
/// beyond single precision where the model compares in it, [`crate::ErrorKind::Memory`],
/// [`crate::ErrorKind::Cancelled`].
pub fn shapley_values(model: &Model, matrix: Features<'_>, workers: Workers<'_>) -> Result<Vec<f64>> {
    matrix.check_columns(model.columns())?;
    let stride = cells(model.columns(), model.width())?;
    let mut values = filled(0.0, cells(matrix.rows(), stride)?)?;
    let together = rows_together(matrix.rows(), workers.threads());
    workers.fill(&mut values, together * stride, |piece, values| {
        let rows = piece * together..piece * together + values.len() / stride;
        let mut blocks = reserved(rows.len().div_ceil(ROWS))?;
        for first in rows.clone().step_by(ROWS) {
            blocks.push(Block::read(matrix, first..rows.end.min(first + ROWS), model.is_single)?);
        }
        for walk in model.walks.iter().filter(|walk| !walk.edges.is_empty()) {
            for_each_part!(walk.most_columns, rule => explain(model, walk, &blocks, values, rule, workers))?;
        }
        Ok(())
    })?;
    Ok(values)
}

/// How many rows a thread takes at a time.
pub(super) fn rows_together(rows: usize, threads: usize) -> usize {
    rows.div_ceil(threads.max(1)).next_multiple_of(ROWS).clamp(ROWS, MOST_ROWS)
}

/// Adds what one part of the rule integrates of one tree.
fn explain<const NODES: usize>(
    model: &Model,
    walk: &Walk,
    blocks: &[Block],
    values: &mut [f64],
    rule: Rule<NODES>,
    workers: Workers<'_>,
) -> Result<()> {
    let width = model.width();
    let mut path = Path::new(walk.depth, rule)?;
    let mut adder = Adder {
        width,
        sums: filled([[0.0; NODES]; ROWS], cells(walk.depth + 1, width)?)?,
        values: filled([[0.0; NODES]; ROWS], cells(walk.columns.len(), width)?)?,
    };
    let stride = model.columns() * width;
    for (block, values) in blocks.iter().zip(values.chunks_mut(ROWS * stride)) {
        workers.cancel().check()?;
        adder.values.fill([[0.0; NODES]; ROWS]);
        path.around(walk, block, &mut adder);
        for (place, integrands) in adder.values.iter().enumerate() {
            let at = walk.columns[place / width] as usize * width + place % width;
            for (row, integrand) in values.chunks_exact_mut(stride).zip(integrands) {
                row[at] += integrand.iter().sum::<f64>();
            }
        }
    }
    Ok(())
}

/// What is added up on the way around a tree.
struct Adder<const NODES: usize> {
    /// How many outputs there are.
    width: usize,
    /// For each level and output, what leaves below answer, times their products.
    sums: Vec<Integrands<NODES>>,
    /// For each column of the tree and each output, its values before they are integrated.
    values: Vec<Integrands<NODES>>,
}

#[allow(clippy::inline_always)] // into walks that are compiled for each kind of processor
impl<const NODES: usize> Visitor<NODES> for Adder<NODES> {
    #[inline(always)]
    fn open(&mut self, level: usize) {
        self.sums[level * self.width..][..self.width].fill([[0.0; NODES]; ROWS]);
    }

    #[inline(always)]
    fn leaf(&mut self, walk: &Walk, path: &[Level<NODES>], edge: &Edge, place: u32) {
        let level = path.len() - 1;
        let Level { states, gains, .. } = &path[level];
        let answers = &walk.values[place as usize * self.width..][..self.width];
        let above = &mut self.sums[(level - 1) * self.width..][..self.width];
        let values = &mut self.values[edge.place as usize * self.width..][..self.width];
        for lane in 0..ROWS {
            let product = product(path, lane);
            let gain = &gains[usize::from(states[lane] & 3)];
            for ((above, values), answer) in above.iter_mut().zip(&mut *values).zip(answers) {
                for node in 0..NODES {
                    let answered = product[node] * answer;
                    values[lane][node] += answered * gain[node];
                    above[lane][node] += answered;
                }
            }
        }
    }

    #[inline(always)]
    fn close(&mut self, _walk: &Walk, path: &[Level<NODES>], edge: &Edge) {
        let level = path.len() - 1;
        let Level { states, gains, .. } = &path[level];
        let (above, below) = self.sums.split_at_mut(level * self.width);
        let above = &mut above[(level - 1) * self.width..];
        let values = &mut self.values[edge.place as usize * self.width..][..self.width];
        for ((above, below), values) in above.iter_mut().zip(&below[..self.width]).zip(values) {
            for (((above, below), value), state) in above.iter_mut().zip(below).zip(values).zip(states) {
                let gain = &gains[usize::from(*state & 3)];
                for node in 0..NODES {
                    value[node] += below[node] * gain[node];
                    above[node] += below[node];
                }
            }
        }
    }
}

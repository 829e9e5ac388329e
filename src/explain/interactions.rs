//! Shapley interaction values of pairs of columns.

use super::model::{Edge, Model, Walk};
use super::path::{Integrands, Level, Path, Visitor, product};
use super::path_dependent::{rows_together, shapley_values};
use super::rows::{Block, ROWS};
use super::rule::{Rule, for_each_part};
use crate::data::Features;
use crate::error::Result;
use crate::runtime::Workers;
use crate::runtime::memory::{cells, filled};

/// Returns what each pair of columns contributes to each answer together: `rows × columns × columns ×
/// outputs` values. Half of an interaction stands at either place of a pair; on the diagonal stands
/// what a column contributes by itself, so that rows add up to [`shapley_values`].
///
/// Time grows with the rows times the nodes of all trees times their depth.
///
/// # Errors
/// As [`shapley_values`].
pub fn interaction_values(model: &Model, matrix: Features<'_>, workers: Workers<'_>) -> Result<Vec<f64>> {
    let (columns, width) = (model.columns(), model.width());
    let alone = shapley_values(model, matrix, workers)?;
    let stride = cells(cells(columns, columns)?, width)?;
    let mut values = filled(0.0, cells(matrix.rows(), stride)?)?;
    let together = rows_together(matrix.rows(), workers.threads()).min(ROWS);
    workers.fill(&mut values, together * stride, |piece, values| {
        let rows = piece * together..piece * together + values.len() / stride;
        let block = Block::read(matrix, rows.clone(), model.is_single)?;
        for walk in model.walks.iter().filter(|walk| walk.most_columns > 1) {
            workers.cancel().check()?;
            for_each_part!(walk.most_columns, rule => explain(model, walk, &block, values, rule))?;
        }
        for (row, values) in rows.zip(values.chunks_exact_mut(stride)) {
            fill_diagonal(values, &alone[row * columns * width..][..columns * width], columns, width);
        }
        Ok(())
    })?;
    Ok(values)
}

/// Puts on the diagonal what is left of a column's own values.
fn fill_diagonal(values: &mut [f64], alone: &[f64], columns: usize, width: usize) {
    for column in 0..columns {
        for output in 0..width {
            let shared: f64 = (0..columns)
                .filter(|&other| other != column)
                .map(|other| values[(column * columns + other) * width + output])
                .sum();
            values[(column * columns + column) * width + output] = alone[column * width + output] - shared;
        }
    }
}

/// Adds what one part of the rule integrates of one tree.
fn explain<const NODES: usize>(
    model: &Model,
    walk: &Walk,
    block: &Block,
    values: &mut [f64],
    rule: Rule<NODES>,
) -> Result<()> {
    let (columns, width) = (model.columns(), model.width());
    let own = walk.columns.len();
    let mut path = Path::new(walk.depth, rule)?;
    let mut adder = PairAdder {
        width,
        sums: filled([[0.0; NODES]; ROWS], cells(walk.depth + 1, width)?)?,
        pairs: filled([0.0; ROWS], cells(cells(own, own)?, width)?)?,
    };
    path.around(walk, block, &mut adder);
    for (place, lanes) in adder.pairs.iter().enumerate() {
        let (pair, output) = (place / width, place % width);
        let (first, second) = (walk.columns[pair / own] as usize, walk.columns[pair % own] as usize);
        // Each pair of edges stands once, that of the upper edge's column first.
        for at in [first * columns + second, second * columns + first] {
            for (row, lane) in values.chunks_exact_mut(columns * columns * width).zip(lanes) {
                row[at * width + output] += 0.5 * lane;
            }
        }
    }
    Ok(())
}

/// What is added up on the way around a tree.
struct PairAdder<const NODES: usize> {
    /// How many outputs there are.
    width: usize,
    /// For each level and output, what leaves below answer, times their products.
    sums: Vec<Integrands<NODES>>,
    /// For each pair of columns of the tree and each output, the rows' values.
    pairs: Vec<[f64; ROWS]>,
}

#[allow(clippy::inline_always)] // into walks that are compiled for each kind of processor
impl<const NODES: usize> Visitor<NODES> for PairAdder<NODES> {
    #[inline(always)]
    fn open(&mut self, level: usize) {
        self.sums[level * self.width..][..self.width].fill([[0.0; NODES]; ROWS]);
    }

    #[inline(always)]
    fn leaf(&mut self, walk: &Walk, path: &[Level<NODES>], edge: &Edge, place: u32) {
        let level = path.len() - 1;
        let answers = &walk.values[place as usize * self.width..][..self.width];
        for lane in 0..ROWS {
            let product = product(path, lane);
            for (sums, answer) in self.sums[level * self.width..][..self.width].iter_mut().zip(answers) {
                sums[lane] = product.map(|product| product * answer);
            }
        }
        self.close(walk, path, edge);
    }

    #[inline(always)]
    fn close(&mut self, walk: &Walk, path: &[Level<NODES>], edge: &Edge) {
        let (level, columns) = (path.len() - 1, walk.columns.len());
        for output in 0..self.width {
            let mut gained = self.sums[level * self.width + output];
            let above = &mut self.sums[(level - 1) * self.width + output];
            for ((gained, above), state) in gained.iter_mut().zip(above).zip(&path[level].states) {
                let gain = &path[level].gains[usize::from(*state & 3)];
                for node in 0..NODES {
                    above[node] += gained[node];
                    gained[node] *= gain[node];
                }
            }
            for other in &path[1..level] {
                let place = walk.edges[other.edge].place;
                if place == edge.place {
                    continue;
                }
                let at = (place as usize * columns + edge.place as usize) * self.width + output;
                for ((pair, gained), state) in self.pairs[at].iter_mut().zip(&gained).zip(&other.states) {
                    let gain = &other.gains[usize::from(*state & 3)];
                    let mut sum = 0.0;
                    for node in 0..NODES {
                        sum += gained[node] * gain[node];
                    }
                    *pair += sum;
                }
            }
        }
    }
}

//! Isolation forests: how few random cuts part a row from the others (Liu, Ting and Zhou, "Isolation
//! forest", IEEE International Conference on Data Mining, 2008).
//!
//! Each tree answers with the number of cuts that a row takes in it, and what a leaf of several rows
//! would take further: their mean over the trees is the forest's answer.

use std::sync::Arc;

use super::forest::Forest;
use crate::data::Features;
use crate::error::{Error, Result};
use crate::runtime::memory::{cells, filled, reserved};
use crate::runtime::{Cancel, Stream, Workers, mix};
use crate::tree::nodes::NO_CHILD;
use crate::tree::{Node, Tree};

/// How an isolation forest is grown.
#[derive(Debug, Clone, PartialEq)]
pub struct IsolationParams {
    /// The number of trees.
    pub n_estimators: usize,
    /// How many rows are drawn for each tree.
    pub draws: usize,
    /// Whether rows are drawn with replacement.
    pub bootstrap: bool,
    /// How many columns are drawn for each tree.
    pub max_features: usize,
}

/// Values that lie no further apart are one, as in all trees.
const CLOSE: f32 = 1e-7;

impl IsolationParams {
    /// Checks that the parameters fit a matrix.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Parameter`].
    pub fn check(&self, rows: usize, columns: usize) -> Result<()> {
        let most = if self.bootstrap { 1 << 31 } else { rows };
        if self.n_estimators == 0 || self.n_estimators >= 1 << 31 {
            return Err(Error::parameter("n_estimators", "from 1 to 2147483647", self.n_estimators));
        }
        if self.draws == 0 || self.draws > most {
            return Err(Error::parameter("max_samples", format!("such that 1 to {most} rows are drawn"), self.draws));
        }
        if self.max_features == 0 || self.max_features > columns {
            return Err(Error::parameter("max_features", format!("from 1 to {columns} columns"), self.max_features));
        }
        Ok(())
    }

    /// How deep a tree grows: as deep as a balanced one of all draws.
    fn most_depth(&self) -> u32 {
        (self.draws.max(2) as f64).log2().ceil() as u32
    }
}

/// What searches of a random binary tree of so many rows take on average, if they find nothing.
pub fn mean_path(rows: usize) -> f64 {
    const EULER_GAMMA: f64 = 0.577_215_664_901_532_9;
    match rows {
        0 | 1 => 0.0,
        2 => 1.0,
        _ => {
            let rows = rows as f64;
            2.0 * ((rows - 1.0).ln() + EULER_GAMMA) - 2.0 * (rows - 1.0) / rows
        }
    }
}

/// A forest with as many isolation trees added as `params` asks for beyond those it has. Rows are
/// drawn in proportion to their weights, and never without weight.
///
/// A tree depends on the seed and on its place in the forest alone.
///
/// # Errors
/// [`crate::ErrorKind::Parameter`], [`crate::ErrorKind::Shape`] if the data does not fit the forest,
/// [`crate::ErrorKind::Value`] for a drawn row with an infinite value, [`crate::ErrorKind::Memory`],
/// [`crate::ErrorKind::Cancelled`].
pub fn isolate(
    forest: &Forest,
    matrix: Features<'_>,
    weights: Option<&[f64]>,
    params: &IsolationParams,
    seed: u64,
    workers: Workers<'_>,
) -> Result<Forest> {
    matrix.check_columns(forest.columns())?;
    params.check(matrix.rows(), matrix.columns())?;
    if let Some(weights) = weights.filter(|weights| weights.len() != matrix.rows()) {
        return Err(Error::shape("weights", matrix.rows(), weights.len()));
    }
    let first = forest.trees().len();
    let key = |index: usize| mix(seed, (first + index) as u64);
    let missing = params.n_estimators.saturating_sub(first);
    let trees = workers.map(missing, |index| {
        let rows = drawn_rows(key(index), matrix.rows(), weights, params, workers.cancel())?;
        let columns = drawn_columns(key(index), matrix.columns(), params.max_features)?;
        let tile = Tile::read(matrix, &rows, columns, workers.cancel())?;
        Grower::new(tile, key(index))?.grow(params.most_depth(), workers.cancel()).map(Arc::new)
    })?;
    Ok(forest.with(trees, (0..missing).map(key).collect()))
}

/// The rows drawn for the tree of a key, ascending; of rows drawn twice, one.
///
/// # Errors
/// [`crate::ErrorKind::Parameter`] if fewer rows have a weight than are drawn, [`crate::ErrorKind::Memory`],
/// [`crate::ErrorKind::Cancelled`].
pub fn drawn_rows(
    key: u64,
    rows: usize,
    weights: Option<&[f64]>,
    params: &IsolationParams,
    cancel: &Cancel,
) -> Result<Vec<u32>> {
    let mut taken = filled(false, rows)?;
    if params.bootstrap {
        let sampler = super::Sampler::new(rows, params.draws, weights)?;
        sampler.draw(key, cancel, |row| taken[row] = true)?;
    } else if let Some(weights) = weights {
        // The smallest of exponential variables, each divided by its weight (Efraimidis and Spirakis,
        // "Weighted random sampling with a reservoir", 2006).
        let mut stream = Stream::new(mix(key, u64::MAX));
        let mut times: Vec<(f64, u32)> = reserved(rows)?;
        for (row, &weight) in weights.iter().enumerate() {
            let time = -(1.0 - stream.uniform()).ln();
            if weight > 0.0 {
                times.push((time / weight, row as u32));
            }
        }
        if times.len() < params.draws {
            let given = format!("{} rows of a weight above 0", times.len());
            return Err(Error::parameter("sample_weight", format!("at least {} such rows", params.draws), given));
        }
        times
            .select_nth_unstable_by(params.draws - 1, |one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        times[..params.draws].iter().for_each(|&(_, row)| taken[row as usize] = true);
    } else {
        // Floyd's algorithm (Bentley and Floyd, "A sample of brilliance", 1987).
        let mut stream = Stream::new(mix(key, u64::MAX));
        for last in rows - params.draws..rows {
            let row = stream.below(last as u32 + 1) as usize;
            let row = if taken[row] { last } else { row };
            taken[row] = true;
        }
    }
    let mut drawn = reserved(params.draws.min(rows))?;
    drawn.extend(taken.iter().enumerate().filter(|&(_, &is_taken)| is_taken).map(|(row, _)| row as u32));
    Ok(drawn)
}

/// The columns drawn for the tree of a key, ascending.
///
/// # Errors
/// [`crate::ErrorKind::Memory`].
pub fn drawn_columns(key: u64, columns: usize, count: usize) -> Result<Vec<u32>> {
    let mut all: Vec<u32> = reserved(columns)?;
    all.extend(0..columns as u32);
    if count < columns {
        let mut stream = Stream::new(mix(key, u64::MAX - 1));
        for place in 0..count {
            let other = place + stream.below((columns - place) as u32) as usize;
            all.swap(place, other);
        }
        all.truncate(count);
        all.sort_unstable();
    }
    Ok(all)
}

/// The drawn rows of the drawn columns, column by column.
struct Tile {
    values: Vec<f32>,
    rows: usize,
    columns: Vec<u32>,
    /// The columns of the matrix.
    width: usize,
}

impl Tile {
    fn read(matrix: Features<'_>, rows: &[u32], columns: Vec<u32>, cancel: &Cancel) -> Result<Self> {
        let mut values = filled(0.0, cells(rows.len(), columns.len())?)?;
        let mut row_values = Vec::new();
        for (place, &row) in rows.iter().enumerate() {
            if place % 1024 == 0 {
                cancel.check()?;
            }
            matrix.read_row(row as usize, &mut row_values)?;
            for (at, &column) in columns.iter().enumerate() {
                values[at * rows.len() + place] = row_values[column as usize];
            }
        }
        Ok(Self { values, rows: rows.len(), columns, width: matrix.columns() })
    }

    fn column(&self, place: usize) -> &[f32] {
        &self.values[place * self.rows..][..self.rows]
    }
}

/// A node that is still to be cut: its place, rows, depth and how many columns are known not to vary.
struct Waiting {
    parent: Option<(usize, bool)>,
    rows: std::ops::Range<usize>,
    depth: u32,
    constant: usize,
}

/// Grows one tree.
struct Grower {
    tile: Tile,
    stream: Stream,
    /// Places of the tile's rows, those of a node side by side.
    order: Vec<u32>,
    /// Places of the tile's columns, those that do not vary first.
    choices: Vec<u32>,
    nodes: Vec<Node>,
    values: Vec<f64>,
}

impl Grower {
    fn new(tile: Tile, key: u64) -> Result<Self> {
        let mut order = reserved(tile.rows)?;
        order.extend(0..tile.rows as u32);
        let mut choices = reserved(tile.columns.len())?;
        choices.extend(0..tile.columns.len() as u32);
        Ok(Self { tile, stream: Stream::new(key), order, choices, nodes: Vec::new(), values: Vec::new() })
    }

    fn grow(mut self, most_depth: u32, cancel: &Cancel) -> Result<Tree> {
        let mut waiting = vec![Waiting { parent: None, rows: 0..self.tile.rows, depth: 0, constant: 0 }];
        let mut deepest = 0;
        while let Some(Waiting { parent, rows, depth, constant }) = waiting.pop() {
            cancel.check()?;
            let place = self.nodes.len();
            if let Some((parent, is_left)) = parent {
                let node = &mut self.nodes[parent];
                *(if is_left { &mut node.left } else { &mut node.right }) = place as u32;
            }
            deepest = deepest.max(depth);
            self.nodes.push(Node {
                left: NO_CHILD,
                right: NO_CHILD,
                feature: 0,
                threshold: 0.0,
                missing_left: false,
                impurity: 0.0,
                rows: rows.len() as u32,
                weight: rows.len() as f64,
            });
            self.values.push(f64::from(depth) + mean_path(rows.len()));
            if depth >= most_depth || rows.len() < 2 {
                continue;
            }
            let (cut, constant) = self.cut(rows.clone(), constant);
            let Some(cut) = cut else { continue };
            let middle = self.part(rows.clone(), &cut);
            let missing_left = if cut.has_missing { cut.missing_left } else { middle - rows.start > rows.end - middle };
            let node = &mut self.nodes[place];
            (node.feature, node.threshold, node.missing_left) =
                (self.tile.columns[cut.column], cut.threshold, missing_left);
            let side = |is_left, rows| Waiting { parent: Some((place, is_left)), rows, depth: depth + 1, constant };
            waiting.extend([side(false, middle..rows.end), side(true, rows.start..middle)]);
        }
        Tree::of_numbers(self.tile.width, deepest, self.nodes, self.values)
    }

    /// Draws a column that varies among some rows, and where it is cut; and how many are known not to vary. A
    /// column that is constant in a node is so below it.
    fn cut(&mut self, rows: std::ops::Range<usize>, mut constant: usize) -> (Option<Cut>, usize) {
        while constant < self.choices.len() {
            let drawn = constant + self.stream.below((self.choices.len() - constant) as u32) as usize;
            let column = self.choices[drawn] as usize;
            let values = self.tile.column(column);
            let (mut low, mut high, mut has_missing) = (f32::INFINITY, f32::NEG_INFINITY, false);
            for &row in &self.order[rows.clone()] {
                let value = values[row as usize];
                has_missing |= value.is_nan();
                (low, high) = (low.min(value), high.max(value));
            }
            if high > low + CLOSE {
                let (low, high) = (f64::from(low), f64::from(high));
                let drawn = low + (high - low) * self.stream.uniform();
                let threshold = if drawn >= high { low } else { drawn };
                let missing_left = has_missing && self.stream.below(2) == 1;
                return (Some(Cut { column, threshold, has_missing, missing_left }), constant);
            }
            if has_missing && high >= low {
                // One value, and missing ones: these go right, or nothing is cut, as in scikit-learn.
                let cut = Cut { column, threshold: f64::from(high), has_missing, missing_left: false };
                return ((self.stream.below(2) == 0).then_some(cut), constant);
            }
            self.choices.swap(constant, drawn);
            constant += 1;
        }
        (None, constant)
    }

    /// Puts the rows that go left before the others, and returns where these begin.
    fn part(&mut self, rows: std::ops::Range<usize>, cut: &Cut) -> usize {
        let values = self.tile.column(cut.column);
        let order = &mut self.order[rows.clone()];
        let mut middle = 0;
        for place in 0..order.len() {
            let value = values[order[place] as usize];
            let is_left = if value.is_nan() { cut.missing_left } else { f64::from(value) <= cut.threshold };
            if is_left {
                order.swap(middle, place);
                middle += 1;
            }
        }
        rows.start + middle
    }
}

/// Where a node is cut.
struct Cut {
    column: usize,
    threshold: f64,
    has_missing: bool,
    missing_left: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::MatrixView;
    use crate::persistence::{from_bytes, to_bytes};
    use crate::tree::Outputs;
    use ndarray::Array2;
    use proptest::prelude::*;

    fn grown(x: &Array2<f64>, params: &IsolationParams, threads: usize) -> Result<Forest> {
        let matrix = Features::Dense(MatrixView::F64(x.view()));
        isolate(&Forest::empty(x.ncols(), Outputs::Numbers(1))?, matrix, None, params, 7, Workers::unstoppable(threads))
    }

    #[test]
    fn a_row_that_stands_apart_takes_few_cuts() -> Result<()> {
        let mut x = Array2::from_shape_fn((300, 3), |(row, column)| ((row * 31 + column * 17) % 97) as f64);
        x.row_mut(5).fill(1000.0);
        let params = IsolationParams { n_estimators: 50, draws: 256, bootstrap: false, max_features: 3 };
        let forest = grown(&x, &params, 2)?;
        let paths = forest.predict(MatrixView::F64(x.view()), Workers::alone())?;
        let shortest = (0..300).min_by(|&one, &other| paths[one].total_cmp(&paths[other]));
        assert_eq!(shortest, Some(5));
        assert_eq!(from_bytes::<Forest>(&to_bytes(&forest)?)?.trees(), forest.trees());
        Ok(())
    }

    proptest! {
        #[test]
        fn trees_hold_together_and_do_not_depend_on_threads(
            rows in 1usize..60,
            columns in 1usize..5,
            values in proptest::collection::vec(prop_oneof![(0..4i32).prop_map(f64::from), Just(f64::NAN)], 300),
            share in 0.1f64..=1.0,
            bootstrap: bool,
        ) {
            let x = Array2::from_shape_fn((rows, columns), |(row, column)| values[row * 5 + column]);
            let draws = ((rows as f64 * share) as usize).max(1);
            let params = IsolationParams { n_estimators: 4, draws, bootstrap, max_features: columns };
            let [one, several] = [1, 3].map(|threads| grown(&x, &params, threads));
            let (one, several) = (one?, several?);
            prop_assert_eq!(one.trees(), several.trees());
            prop_assert!(from_bytes::<Forest>(&to_bytes(&one)?).is_ok());
            for (place, tree) in one.trees().iter().enumerate() {
                let drawn = drawn_rows(one.keys()[place], rows, None, &params, &Cancel::new())?;
                prop_assert_eq!(tree.nodes()[0].rows as usize, drawn.len());
                prop_assert!(bootstrap || drawn.len() == draws);
                prop_assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
            }
        }
    }

    #[test]
    fn rows_without_weight_are_never_drawn() -> Result<()> {
        let weights: Vec<f64> = (0..50).map(|row| f64::from(row % 2)).collect();
        let mut params = IsolationParams { n_estimators: 1, draws: 25, bootstrap: false, max_features: 1 };
        let drawn = drawn_rows(3, 50, Some(&weights), &params, &Cancel::new())?;
        assert_eq!(drawn, (0..25).map(|place| 2 * place + 1).collect::<Vec<_>>());
        params.draws = 26;
        assert!(drawn_rows(3, 50, Some(&weights), &params, &Cancel::new()).is_err());
        Ok(())
    }
}

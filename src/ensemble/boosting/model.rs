//! A trained boosted model: what it begins with, and the trees of every iteration.

use std::ops::Range;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::bins::ColumnBins;
use super::codes::{Binned, COLUMNS_OF_WORD, Coders, Word};
use super::tree::{BoostedTree, MOST_VALUE};
use super::walk::Steps;
use crate::data::MatrixView;
use crate::error::{Error, Result};
use crate::persistence::decoding::counted;
use crate::persistence::{Checked, Kind, Predictor};
use crate::runtime::memory::{cells, filled, reserved};
use crate::runtime::{Cancel, Workers};
use crate::tree::nodes::MOST_COLUMNS;

/// Codes of rows that stay in the cache while all trees are walked down.
const CODES_TOGETHER: usize = 1 << 14;

/// A boosted model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Boosting {
    #[serde(deserialize_with = "counted")]
    bins: Vec<ColumnBins>,
    /// The number of classes, if it tells classes apart.
    #[serde(deserialize_with = "counted")]
    class_counts: Vec<u32>,
    /// What it answers before the first tree, a number for each output.
    #[serde(deserialize_with = "counted")]
    baseline: Vec<f64>,
    /// Iteration after iteration a tree for each output.
    #[serde(deserialize_with = "counted")]
    trees: Vec<BoostedTree>,
    #[serde(skip)]
    layout: OnceLock<Layout>,
}

/// What predictions need.
#[derive(Debug, Clone)]
struct Layout {
    coders: Coders,
    steps: Steps,
}

impl Boosting {
    /// A model without trees; `classes` is the number of classes, if it tells classes apart.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] or [`crate::ErrorKind::Value`] if the parts do not fit.
    pub fn new(bins: Vec<ColumnBins>, classes: Option<u32>, baseline: Vec<f64>) -> Result<Self> {
        if bins.is_empty() || bins.len() > MOST_COLUMNS as usize {
            return Err(Error::shape("columns", 1, bins.len()));
        }
        if classes == Some(0) {
            return Err(Error::parameter("classes", "1 or more, or None", 0));
        }
        let outputs = outputs_of(classes);
        if baseline.len() != outputs {
            return Err(Error::shape("numbers to begin with", outputs, baseline.len()));
        }
        if !baseline.iter().all(|number| number.abs() <= MOST_VALUE) {
            return Err(Error::value("y", "numbers whose mean is too large", "smaller numbers"));
        }
        let class_counts = classes.into_iter().collect();
        Ok(Self { bins, class_counts, baseline, trees: Vec::new(), layout: OnceLock::new() })
    }

    /// This model with trees added, iteration by iteration.
    pub(super) fn with(&self, trees: &[BoostedTree]) -> Self {
        Self { trees: [&self.trees, trees].concat(), ..self.bare() }
    }

    /// The model as it was after some iterations.
    #[must_use]
    pub fn first(&self, iterations: usize) -> Self {
        let count = self.trees.len().min(iterations.saturating_mul(self.outputs()));
        Self { trees: self.trees[..count].to_vec(), ..self.bare() }
    }

    /// The model without its trees.
    fn bare(&self) -> Self {
        Self {
            bins: self.bins.clone(),
            class_counts: self.class_counts.clone(),
            baseline: self.baseline.clone(),
            trees: Vec::new(),
            layout: OnceLock::new(),
        }
    }

    /// How the values of each column become codes.
    pub fn bins(&self) -> &[ColumnBins] {
        &self.bins
    }

    /// What it answers before the first tree.
    pub fn baseline(&self) -> &[f64] {
        &self.baseline
    }

    /// How many numbers it answers with: one, or of more than two classes one for each.
    pub fn outputs(&self) -> usize {
        self.baseline.len()
    }

    /// The trees: iteration after iteration one for each output.
    pub fn trees(&self) -> &[BoostedTree] {
        &self.trees
    }

    /// The number of iterations.
    pub fn iterations(&self) -> usize {
        self.trees.len() / self.outputs()
    }

    /// How many nodes all trees have.
    pub fn nodes(&self) -> usize {
        self.layout
            .get()
            .map_or_else(|| self.trees.iter().map(|tree| tree.nodes.len()).sum(), |layout| layout.steps.len())
    }

    fn layout(&self) -> Result<&Layout> {
        if let Some(layout) = self.layout.get() {
            return Ok(layout);
        }
        let layout = Layout { coders: Coders::new(&self.bins)?, steps: Steps::new(self.trees.iter())? };
        // Another thread may have been first, with the same.
        Ok(self.layout.get_or_init(|| layout))
    }

    /// What the model answers for every row, before its link: `rows × outputs` numbers.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] for another number of columns, [`crate::ErrorKind::Memory`],
    /// [`crate::ErrorKind::Cancelled`].
    pub fn raw(&self, matrix: MatrixView<'_>, workers: Workers<'_>) -> Result<Vec<f64>> {
        let layout = self.layout()?;
        let columns = layout.coders.columns();
        if matrix.columns() != columns {
            return Err(Error::shape("columns of X", columns, matrix.columns()));
        }
        let outputs = self.outputs();
        let mut raw = self.begun(matrix.rows())?;
        let blocks = layout.coders.words();
        let together = rows_together(blocks, matrix.rows(), workers.threads());
        workers.fill(&mut raw, together * outputs, |part, raw| {
            let mut words = filled(Word::default(), raw.len() / outputs * blocks)?;
            layout.coders.code_rows(matrix, part * together, &mut words, |_, _| ());
            let stride = blocks * COLUMNS_OF_WORD;
            layout.steps.add(0..self.trees.len(), words.as_flattened(), stride, outputs, raw, workers.cancel())
        })?;
        Ok(raw)
    }

    /// What some iterations add to the answers for coded rows, to what the model begins with if
    /// the first of them is among them: `rows × outputs` numbers.
    ///
    /// # Errors
    /// As [`Boosting::raw`], and [`crate::ErrorKind::Shape`] for iterations that there are not.
    pub fn added(&self, rows: &Binned, iterations: Range<usize>, workers: Workers<'_>) -> Result<Vec<f64>> {
        if rows.columns() != self.bins.len() {
            return Err(Error::shape("columns of X", self.bins.len(), rows.columns()));
        }
        if iterations.start > iterations.end || iterations.end > self.iterations() {
            return Err(Error::shape("iterations", self.iterations(), iterations.end));
        }
        let outputs = self.outputs();
        let trees = iterations.start * outputs..iterations.end * outputs;
        let mut raw =
            if iterations.start == 0 { self.begun(rows.rows())? } else { filled(0.0, cells(rows.rows(), outputs)?)? };
        self.layout()?.steps.add_to(trees, rows, outputs, &mut raw, workers)?;
        Ok(raw)
    }

    /// What every row is answered before the first tree.
    fn begun(&self, rows: usize) -> Result<Vec<f64>> {
        let mut raw = reserved(cells(rows, self.outputs())?)?;
        (0..rows).for_each(|_| raw.extend_from_slice(&self.baseline));
        Ok(raw)
    }

    /// The mean of what the trees of an output add for every row of a grid, whose columns stand for
    /// some of the training data's: where a node compares another column, both ways are taken,
    /// weighted by the training rows that took each.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] for columns or an output that there are not,
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn partial_dependence(
        &self,
        grid: MatrixView<'_>,
        columns: &[usize],
        output: usize,
        cancel: &Cancel,
    ) -> Result<Vec<f64>> {
        if grid.columns() != columns.len() {
            return Err(Error::shape("columns of the grid", columns.len(), grid.columns()));
        }
        if let Some(&column) = columns.iter().find(|&&column| column >= self.bins.len()) {
            return Err(Error::shape("columns of X, one of which the grid stands for", self.bins.len(), column));
        }
        if output >= self.outputs() {
            return Err(Error::shape("outputs", self.outputs(), output));
        }
        let coders = &self.layout()?.coders;
        let mut means = reserved(grid.rows())?;
        for row in 0..grid.rows() {
            cancel.check()?;
            let codes: Vec<u8> = columns
                .iter()
                .enumerate()
                .map(|(place, &column)| {
                    coders.code(
                        column,
                        match grid {
                            MatrixView::F32(view) => f64::from(view[(row, place)]),
                            MatrixView::F64(view) => view[(row, place)],
                        },
                    )
                })
                .collect();
            let trees = self.trees.iter().skip(output).step_by(self.outputs());
            means.push(trees.map(|tree| mean_along(tree, &codes, columns)).sum());
        }
        Ok(means)
    }
}

/// The mean answer of a tree where some columns have known codes.
fn mean_along(tree: &BoostedTree, codes: &[u8], columns: &[usize]) -> f64 {
    let mut mean = 0.0;
    let mut waiting = vec![(0u32, 1.0)];
    while let Some((at, share)) = waiting.pop() {
        let node = &tree.nodes[at as usize];
        if node.is_leaf() {
            mean += share * node.value;
        } else if let Some(place) = columns.iter().position(|&column| column == node.column as usize) {
            waiting.push((if tree.sends_left(node, codes[place]) { node.left } else { node.right() }, share));
        } else {
            let left = f64::from(tree.nodes[node.left as usize].rows) / f64::from(node.rows.max(1));
            waiting.extend([(node.left, share * left), (node.right(), share * (1.0 - left))]);
        }
    }
    mean
}

/// How many rows are coded and walked at a time.
fn rows_together(blocks: usize, rows: usize, threads: usize) -> usize {
    let in_cache = (CODES_TOGETHER / (blocks * COLUMNS_OF_WORD)).clamp(16, 1024);
    in_cache.min(rows.div_ceil(threads)).max(1)
}

impl Steps {
    /// [`Steps::add`] for all rows.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub(super) fn add_to(
        &self,
        trees: Range<usize>,
        rows: &Binned,
        outputs: usize,
        sums: &mut [f64],
        workers: Workers<'_>,
    ) -> Result<()> {
        let stride = rows.blocks() * COLUMNS_OF_WORD;
        let together = rows_together(rows.blocks(), rows.rows(), workers.threads());
        workers.fill(sums, together * outputs, |part, sums| {
            let codes = &rows.words().as_flattened()[part * together * stride..][..sums.len() / outputs * stride];
            self.add(trees.clone(), codes, stride, outputs, sums, workers.cancel())
        })
    }
}

/// How many numbers a model of so many classes answers with.
pub(super) fn outputs_of(classes: Option<u32>) -> usize {
    classes.filter(|&classes| classes > 2).unwrap_or(1) as usize
}

impl Checked for Boosting {
    const KIND: Kind = Kind::Boosting;

    fn check(&self) -> Result<()> {
        if self.class_counts.len() > 1 || self.class_counts.contains(&0) {
            return Err(Error::model_file("a boosted model has no possible number of classes"));
        }
        let outputs = outputs_of(self.class_counts.first().copied());
        let is_whole =
            self.baseline.len() == outputs && !self.trees.is_empty() && self.trees.len().is_multiple_of(outputs);
        if !is_whole || self.bins.is_empty() || self.bins.len() > MOST_COLUMNS as usize {
            return Err(Error::model_file("a boosted model needs columns, and trees for each output"));
        }
        if !self.baseline.iter().all(|number| number.abs() <= MOST_VALUE) {
            return Err(Error::model_file("a boosted model begins with what is no number"));
        }
        self.bins.iter().try_for_each(ColumnBins::check)?;
        self.trees.iter().try_for_each(|tree| tree.check(&self.bins))
    }
}

impl Predictor for Boosting {
    fn columns(&self) -> usize {
        self.bins.len()
    }

    fn outputs(&self) -> usize {
        1
    }

    fn class_counts(&self) -> &[u32] {
        &self.class_counts
    }
}

//! Partial dependence: what a tree answers on average where some columns are held fixed.
//!
//! One walk instead of one prediction for each training row: where a node compares a fixed column,
//! the walk follows its value; elsewhere it takes both ways, weighted by the training rows that
//! took each (Friedman, "Greedy function approximation", 2001, section 8.2).

use super::nodes::Tree;
use crate::data::{Features, MatrixView};
use crate::error::{Error, Result};
use crate::runtime::Cancel;
use crate::runtime::memory::reserved;

impl Tree {
    /// The mean of the tree's first value for every row of a grid, whose columns stand for
    /// `columns` of the training data.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] where the grid has another number of columns, or stands for one
    /// that the tree has not; [`crate::ErrorKind::Value`] for an infinite value;
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn partial_dependence(&self, grid: MatrixView<'_>, columns: &[usize], cancel: &Cancel) -> Result<Vec<f64>> {
        if grid.columns() != columns.len() {
            return Err(Error::shape("columns of the grid", columns.len(), grid.columns()));
        }
        if let Some(&column) = columns.iter().find(|&&column| column >= self.columns()) {
            return Err(Error::shape("columns of X, one of which the grid stands for", self.columns(), column));
        }
        let mut means = reserved(grid.rows())?;
        let mut values = Vec::new();
        for row in 0..grid.rows() {
            cancel.check()?;
            Features::Dense(grid).read_row(row, &mut values)?;
            means.push(self.mean_along(&values, columns));
        }
        Ok(means)
    }

    fn mean_along(&self, row: &[f32], columns: &[usize]) -> f64 {
        let width = self.outputs().width();
        let mut mean = 0.0;
        let mut waiting = vec![(0u32, 1.0)];
        while let Some((at, share)) = waiting.pop() {
            let node = &self.nodes[at as usize];
            if node.is_leaf() {
                mean += share * self.values[at as usize * width];
            } else if let Some(place) = columns.iter().position(|&column| column == node.feature as usize) {
                waiting.push((if node.sends_left(row[place]) { node.left } else { node.right }, share));
            } else {
                let left = self.nodes[node.left as usize].weight / node.weight;
                waiting.push((node.left, share * left));
                waiting.push((node.right, share * (1.0 - left)));
            }
        }
        mean
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Seed, Targets, TrainingRows, TreeParams, grow};
    use crate::data::{CodedMatrix, MatrixView};
    use crate::runtime::{Cancel, Workers};
    use ndarray::array;

    #[test]
    fn a_mean_is_taken_over_the_columns_that_are_not_fixed() -> crate::Result<()> {
        let x = array![[0.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]];
        let matrix = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
        let targets = Targets::Numbers { values: &[0.0, 3.0, 3.0, 30.0, 30.0], outputs: 1 };
        let training = TrainingRows { matrix: &matrix, rows: &[0, 1, 2, 3, 4], targets, weights: None };
        let params = TreeParams { criterion: super::super::Criterion::SquaredError, ..TreeParams::new(2) };
        let tree = grow(&training, &params, Seed::Key(0), Workers::alone())?;
        let grid = array![[0.0], [1.0]];
        let mean = |columns: &[usize]| tree.partial_dependence(MatrixView::F64(grid.view()), columns, &Cancel::new());
        assert_eq!(mean(&[0])?, [2.0, 30.0]);
        // Two fifths of the rows have 30; the rest is split by the fixed column.
        assert_eq!(mean(&[1])?, [0.4 * 30.0, 0.6 * 3.0 + 0.4 * 30.0]);
        assert!(mean(&[2]).is_err());
        assert!(mean(&[0, 1]).is_err());
        Ok(())
    }
}

//! The nodes that rows pass on their way to a leaf.

use std::ops::Range;
use std::sync::Arc;

use super::nodes::Tree;
use crate::data::Features;
use crate::error::Result;
use crate::runtime::memory::{make_room, reserved};
use crate::runtime::{Cancel, Workers};

/// Rows whose paths are found at a time.
const ROWS_AT_A_TIME: usize = 256;

/// For every row the numbers of the nodes on its path, root first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paths {
    /// The nodes of all paths, row after row.
    pub nodes: Vec<i64>,
    /// Where each row's path begins, and, last, where the last one ends.
    pub starts: Vec<i64>,
}

impl Paths {
    /// The paths of all rows of a matrix down trees of its number of columns: of each row down one
    /// tree after the other, the nodes of later trees being numbered after those of earlier ones.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] for another number of columns, [`crate::ErrorKind::Value`] for
    /// an infinite value, [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn down(trees: &[Arc<Tree>], matrix: Features<'_>, workers: Workers<'_>) -> Result<Self> {
        trees.iter().try_for_each(|tree| matrix.check_columns(tree.columns()))?;
        let rows = matrix.rows();
        // The least that is needed: a start for each row and one more, a node for each row and tree.
        let mut paths =
            Self { nodes: reserved(rows.saturating_mul(trees.len()))?, starts: reserved(rows.saturating_add(1))? };
        paths.starts.push(0);
        let piece = |index: usize| {
            let first = index * ROWS_AT_A_TIME;
            Self::of_rows(trees, matrix, first..rows.min(first + ROWS_AT_A_TIME), workers.cancel())
        };
        let mut outcome = Ok(());
        workers.fold(rows.div_ceil(ROWS_AT_A_TIME), piece, |piece| {
            outcome = std::mem::replace(&mut outcome, Ok(())).and_then(|()| paths.append(&piece));
        })?;
        outcome.map(|()| paths)
    }

    fn of_rows(trees: &[Arc<Tree>], matrix: Features<'_>, rows: Range<usize>, cancel: &Cancel) -> Result<Self> {
        let mut paths = Self::default();
        let mut values = Vec::new();
        for row in rows {
            cancel.check()?;
            matrix.read_row(row, &mut values)?;
            let mut first = 0;
            for tree in trees {
                make_room(&mut paths.nodes, tree.max_depth() + 1)?;
                tree.follow(&values, first, &mut paths.nodes);
                first += tree.nodes().len() as i64;
            }
            paths.starts.push(paths.nodes.len() as i64);
        }
        Ok(paths)
    }

    fn append(&mut self, piece: &Self) -> Result<()> {
        let before = self.nodes.len() as i64;
        make_room(&mut self.nodes, piece.nodes.len())?;
        self.nodes.extend_from_slice(&piece.nodes);
        self.starts.extend(piece.starts.iter().map(|start| before + start));
        Ok(())
    }
}

impl Tree {
    fn follow(&self, row: &[f32], first: i64, path: &mut Vec<i64>) {
        let mut at = 0;
        loop {
            path.push(first + i64::from(at));
            let node = &self.nodes[at as usize];
            if node.is_leaf() {
                return;
            }
            at = if node.sends_left(row[node.feature as usize]) { node.left } else { node.right };
        }
    }
}

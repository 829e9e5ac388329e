//! The nodes that rows pass on their way to a leaf.

use super::nodes::Tree;
use super::walker::Block;
use crate::data::Features;
use crate::error::Result;
use crate::runtime::Cancel;
use crate::runtime::memory::{make_room, reserved};

/// For every row the numbers of the nodes on its path, root first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paths {
    /// The nodes of all paths, row after row.
    pub nodes: Vec<i64>,
    /// Where each row's path begins, and, last, where the last one ends.
    pub starts: Vec<i64>,
}

impl Tree {
    /// The paths of all rows of a matrix, which has the tree's number of columns.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Value`] for an infinite value, [`crate::ErrorKind::Memory`],
    /// [`crate::ErrorKind::Cancelled`].
    pub fn paths(&self, matrix: Features<'_>, cancel: &Cancel) -> Result<Paths> {
        let rows = matrix.rows();
        // The least that is needed: a start and a node for each row, and one more.
        let mut paths = Paths { nodes: reserved(rows)?, starts: reserved(rows.saturating_add(1))? };
        paths.starts.push(0);
        let mut block = Block::default();
        let size = Block::size(self.columns());
        for first in (0..rows).step_by(size) {
            cancel.check()?;
            block.read(matrix, first..rows.min(first + size))?;
            make_room(&mut paths.nodes, size * (self.max_depth() + 1))?;
            for row in block.iter() {
                self.follow(row, &mut paths.nodes);
                paths.starts.push(paths.nodes.len() as i64);
            }
        }
        Ok(paths)
    }

    fn follow(&self, row: &[f32], path: &mut Vec<i64>) {
        let mut at = 0;
        loop {
            path.push(i64::from(at));
            let node = &self.nodes[at as usize];
            if node.is_leaf() {
                return;
            }
            at = if node.sends_left(row[node.feature as usize]) { node.left } else { node.right };
        }
    }
}

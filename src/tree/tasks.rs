//! What is to be done while a tree grows: nodes that wait, and how one was divided.

use std::cmp::Ordering;

use super::trial::Bounds;
use crate::runtime::mix;

/// A range of rows that is, or may become, a node.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) depth: u32,
    pub(super) parent: Option<u32>,
    pub(super) is_left: bool,
    /// Of the parent's split; the root's is computed.
    pub(super) impurity: Option<f64>,
    pub(super) known_constants: usize,
    pub(super) bounds: Bounds,
    pub(super) key: u64,
}

impl Task {
    pub(super) fn root(rows: usize, key: u64) -> Self {
        Self {
            start: 0,
            end: rows,
            depth: 0,
            parent: None,
            is_left: false,
            impurity: None,
            known_constants: 0,
            bounds: Bounds::default(),
            key,
        }
    }
}

/// A split that was carried out on the rows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Division {
    pub(super) middle: usize,
    pub(super) improvement: f64,
    pub(super) impurity_left: f64,
    pub(super) impurity_right: f64,
    pub(super) known_constants: usize,
    pub(super) bounds_left: Bounds,
    pub(super) bounds_right: Bounds,
}

/// The children of a divided node, left and right.
pub(super) fn children(task: &Task, node: u32, division: &Division) -> (Task, Task) {
    let child = |start, end, is_left, impurity, bounds| Task {
        start,
        end,
        depth: task.depth + 1,
        parent: Some(node),
        is_left,
        impurity: Some(impurity),
        known_constants: division.known_constants,
        bounds,
        key: mix(task.key, u64::from(!is_left)),
    };
    (
        child(task.start, division.middle, true, division.impurity_left, division.bounds_left),
        child(division.middle, task.end, false, division.impurity_right, division.bounds_right),
    )
}

/// What depth-first growth does next.
pub(super) enum Step {
    /// Grow a node, and what is below it.
    Grow(Task),
    /// Leave room for the right child of a node: another thread grows it.
    Leave { parent: u32, number: u32 },
}

/// A node that best-first growth may split; ordered by improvement, earlier nodes first.
pub(super) struct Open {
    pub(super) task: Task,
    pub(super) node: u32,
    pub(super) division: Option<Division>,
    pub(super) improvement: f64,
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        self.improvement.total_cmp(&other.improvement).then(other.node.cmp(&self.node))
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open {}

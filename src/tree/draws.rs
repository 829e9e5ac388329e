//! Which columns a node looks at, in which order.
//!
//! Columns are drawn without replacement. A column that does not vary inside the node counts as
//! drawn, but drawing goes on until at least one column varies. Columns known not to vary in an
//! ancestor are skipped without being looked at.

use crate::runtime::Stream;

/// A source of the random choices of one tree.
pub(super) trait Draws: Clone + Send + Sync {
    /// Whether a node's draws depend on the node alone: columns may then be drawn in part, and nodes
    /// in any order.
    const MAY_STOP: bool;

    /// Begins a node. `known` constants were found in its ancestors (see [`Draws::end`]).
    fn begin(&mut self, node_key: u64, known: usize);
    /// The next column to look at, or none when enough were drawn. Columns not reported yet count as
    /// varying.
    fn next_column(&mut self) -> Option<usize>;
    /// Says whether a column varies in this node. Unless [`Draws::MAY_STOP`], it is the one drawn last.
    fn report(&mut self, column: usize, varies: bool);
    /// A threshold between two values, the upper one excluded where floats allow it.
    fn uniform(&mut self, low: f64, high: f64) -> f64;
    /// A fair coin.
    fn coin(&mut self) -> bool;
    /// Whether a column is among the first `known` constants, and so will not be looked at again
    /// below; a column that is may be denied.
    fn is_known_constant(&self, column: usize, known: usize) -> bool;
    /// Ends a node; returns how many constants are known to its children.
    fn end(&mut self) -> usize;
}

/// Draws that are a function of the node's key alone: of the tree's seed and the path to the node.
#[derive(Debug, Clone)]
pub(super) struct KeyedDraws {
    max_features: usize,
    stream: Stream,
    /// The identity between nodes; shuffled as far as needed inside one.
    order: Vec<u32>,
    swaps: Vec<u32>,
    constant_draws: usize,
    /// Constants of the path to this node: a set with constant-time membership, whose prefix is
    /// what the parent knew.
    constants: Vec<u32>,
    place: Vec<u32>,
    known: usize,
}

impl KeyedDraws {
    pub(super) fn new(columns: usize, max_features: usize) -> Self {
        Self {
            max_features,
            stream: Stream::new(0),
            order: (0..columns as u32).collect(),
            swaps: Vec::with_capacity(columns),
            constant_draws: 0,
            constants: vec![0; columns],
            place: vec![0; columns],
            known: 0,
        }
    }
}

impl Draws for KeyedDraws {
    const MAY_STOP: bool = true;

    fn begin(&mut self, node_key: u64, known: usize) {
        self.stream = Stream::new(node_key);
        self.constant_draws = 0;
        self.known = known;
    }

    fn next_column(&mut self) -> Option<usize> {
        loop {
            let drawn = self.swaps.len();
            let enough = drawn >= self.max_features && drawn > self.constant_draws;
            if drawn == self.order.len() || enough {
                return None;
            }
            let at = drawn as u32 + self.stream.below((self.order.len() - drawn) as u32);
            self.order.swap(drawn, at as usize);
            self.swaps.push(at);
            let column = self.order[drawn] as usize;
            if !self.is_known_constant(column, self.known) {
                return Some(column);
            }
            self.constant_draws += 1;
        }
    }

    fn report(&mut self, column: usize, varies: bool) {
        if !varies {
            self.place[column] = self.known as u32;
            self.constants[self.known] = column as u32;
            self.known += 1;
            self.constant_draws += 1;
        }
    }

    fn uniform(&mut self, low: f64, high: f64) -> f64 {
        (high - low) * self.stream.uniform() + low
    }

    fn coin(&mut self) -> bool {
        self.stream.next_u64() >> 63 == 1
    }

    fn is_known_constant(&self, column: usize, known: usize) -> bool {
        let place = self.place[column] as usize;
        place < known && self.constants[place] as usize == column
    }

    fn end(&mut self) -> usize {
        while let Some(at) = self.swaps.pop() {
            self.order.swap(self.swaps.len(), at as usize);
        }
        self.known
    }
}

/// scikit-learn's own draws, for tests that compare trees node for node.
///
/// They form one sequence through the whole tree, so they only fit a tree grown in
/// scikit-learn's order, by one thread. The generator is Marsaglia's xorshift with the shifts 13,
/// 17, 5 (Journal of Statistical Software 8 (14), 2003).
#[derive(Debug, Clone)]
pub(super) struct ReplayedDraws {
    max_features: usize,
    state: u32,
    columns: Vec<u32>,
    constants: Vec<u32>,
    known: usize,
    known_drawn: usize,
    found: usize,
    undrawn: usize,
    visited: usize,
    last: usize,
}

impl ReplayedDraws {
    pub(super) fn new(columns: usize, max_features: usize, seed: u32) -> Self {
        Self {
            max_features,
            state: seed,
            columns: (0..columns as u32).collect(),
            constants: vec![0; columns],
            known: 0,
            known_drawn: 0,
            found: 0,
            undrawn: 0,
            visited: 0,
            last: 0,
        }
    }

    fn next_state(&mut self) -> u32 {
        if self.state == 0 {
            self.state = 1;
        }
        self.state ^= self.state << 13;
        self.state ^= self.state >> 17;
        self.state ^= self.state << 5;
        self.state % (1 << 31)
    }
}

impl Draws for ReplayedDraws {
    const MAY_STOP: bool = false;

    fn begin(&mut self, _node_key: u64, known: usize) {
        self.known = known;
        self.known_drawn = 0;
        self.found = 0;
        self.undrawn = self.columns.len();
        self.visited = 0;
    }

    fn next_column(&mut self) -> Option<usize> {
        while self.undrawn > self.known + self.found
            && (self.visited < self.max_features || self.visited <= self.found + self.known_drawn)
        {
            self.visited += 1;
            let choices = self.undrawn - self.found - self.known_drawn;
            let at = self.known_drawn + self.next_state() as usize % choices;
            if at < self.known {
                self.columns.swap(self.known_drawn, at);
                self.known_drawn += 1;
                continue;
            }
            self.last = at + self.found;
            return Some(self.columns[self.last] as usize);
        }
        None
    }

    fn report(&mut self, _column: usize, varies: bool) {
        if varies {
            self.undrawn -= 1;
            self.columns.swap(self.undrawn, self.last);
        } else {
            self.columns.swap(self.last, self.known + self.found);
            self.found += 1;
        }
    }

    fn uniform(&mut self, low: f64, high: f64) -> f64 {
        (high - low) * f64::from(self.next_state()) / f64::from(i32::MAX) + low
    }

    fn coin(&mut self) -> bool {
        self.next_state() % 2 == 1
    }

    fn is_known_constant(&self, _column: usize, _known: usize) -> bool {
        false
    }

    fn end(&mut self) -> usize {
        let total = self.known + self.found;
        self.columns[..self.known].copy_from_slice(&self.constants[..self.known]);
        self.constants[self.known..total].copy_from_slice(&self.columns[self.known..total]);
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn columns_are_drawn_without_replacement_until_one_varies(
            key: u64, columns in 1usize..40, max_features in 1usize..40, constant in prop::collection::btree_set(0usize..40, 0..40),
        ) {
            let mut draws = KeyedDraws::new(columns, max_features.min(columns));
            for round in 0..3 {
                draws.begin(key ^ round, 0);
                let (mut seen, mut varied) = (BTreeSet::new(), 0);
                while let Some(column) = draws.next_column() {
                    prop_assert!(seen.insert(column));
                    let varies = !constant.contains(&column);
                    varied += usize::from(varies);
                    draws.report(column, varies);
                }
                draws.end();
                prop_assert!(seen.len() == columns || (varied > 0 && seen.len() >= max_features.min(columns)));
            }
        }

        #[test]
        fn known_constants_change_nothing_but_the_work(
            key: u64, columns in 1usize..30, max_features in 1usize..30, constant in prop::collection::btree_set(0usize..30, 0..30),
        ) {
            let varying = |known: usize, draws: &mut KeyedDraws| {
                draws.begin(key, known);
                let mut found = Vec::new();
                while let Some(column) = draws.next_column() {
                    let varies = !constant.contains(&column);
                    if varies {
                        found.push(column);
                    }
                    draws.report(column, varies);
                }
                (found, draws.end())
            };
            let mut draws = KeyedDraws::new(columns, max_features.min(columns));
            let (first, known) = varying(0, &mut draws);
            prop_assert_eq!(varying(known, &mut draws).0, first);
        }
    }
}

//! Drift where a forest cuts: which share of the rows goes to either side of its splits, then and now.
//!
//! Of the rows that reach a split, the share that goes left is compared between both tables; a column's movement is the
//! mean of these differences over its splits, weighted by what each split is worth to the forest. How large it is where
//! nothing has changed is seen by exchanging rows of both tables at random: all columns at once, so that the chance of
//! any false alarm is known, however they go together (Westfall and Young, "Resampling-based multiple testing", 1993).

use crate::error::{Error, Result};
use crate::runtime::memory::filled;
use crate::runtime::{Stream, Workers, mix};

/// The nodes of a tree, those of a subtree behind its root.
#[derive(Debug, Clone, Default)]
pub struct Cuts {
    /// The left and the right child of each node; both are 0 in a leaf.
    pub children: Vec<[u32; 2]>,
    /// The column that each node cuts; anything in a leaf.
    pub columns: Vec<u32>,
    /// What each cut is worth, in any unit; 0 in a leaf.
    pub weights: Vec<f64>,
}

impl Cuts {
    fn check(&self, columns: usize) -> Result<()> {
        let nodes = self.children.len();
        let own = nodes > 0 && self.columns.len() == nodes && self.weights.len() == nodes;
        let fits = |(node, children): (usize, &[u32; 2])| {
            *children == [0, 0]
                || ((self.columns[node] as usize) < columns
                    && children.iter().all(|&child| child as usize > node && (child as usize) < nodes))
        };
        if own && self.children.iter().enumerate().all(fits) {
            Ok(())
        } else {
            Err(Error::internal("the nodes of a tree do not hold together"))
        }
    }
}

/// A tree, and the leaf that each row ends in: those of the reference first.
#[derive(Debug, Clone)]
pub struct Occupied {
    /// The tree's nodes.
    pub cuts: Cuts,
    /// The number of each row's leaf.
    pub leaves: Vec<u32>,
}

/// What was found, a number for each column.
#[derive(Debug, Clone, PartialEq)]
pub struct Movements {
    /// What the column's cuts are worth, of all cuts together.
    pub influence: Vec<f64>,
    /// By how much the share of rows on a side of its cuts differs; the weighted mean of its cuts.
    pub moved: Vec<f64>,
    /// How large that is on average where nothing has changed.
    pub expected: Vec<f64>,
    /// The chance that any column moves as far as this one where nothing has changed.
    pub pvalue: Vec<f64>,
}

/// Compares the first `reference` rows with the others at the cuts of all trees, and with `times` random exchanges of
/// rows. O(times·trees·(rows + nodes)).
///
/// # Errors
/// [`crate::ErrorKind::Shape`] where the trees' rows are not as many, or no row is of a side;
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
///
/// ```
/// use treering::drift::occupancy::{Cuts, Occupied, movements};
/// use treering::runtime::Workers;
///
/// let cuts = Cuts { children: vec![[1, 2], [0, 0], [0, 0]], columns: vec![0, 0, 0], weights: vec![1.0, 0.0, 0.0] };
/// let tree = Occupied { cuts, leaves: vec![1, 1, 1, 1, 2, 2, 2, 2] };
/// let found = movements(&[tree], 1, 4, 99, 0, Workers::alone())?;
/// assert_eq!((found.moved[0], found.influence[0]), (1.0, 1.0));
/// # Ok::<(), treering::Error>(())
/// ```
pub fn movements(
    trees: &[Occupied],
    columns: usize,
    reference: usize,
    times: usize,
    seed: u64,
    workers: Workers<'_>,
) -> Result<Movements> {
    let rows = trees.first().map_or(0, |tree| tree.leaves.len());
    for tree in trees {
        tree.cuts.check(columns)?;
        if tree.leaves.len() != rows {
            return Err(Error::shape("a tree has other rows than the first", rows, tree.leaves.len()));
        }
        if tree.leaves.iter().any(|&leaf| leaf as usize >= tree.cuts.children.len()) {
            return Err(Error::internal("a row lies in a leaf that its tree does not have"));
        }
    }
    if reference == 0 || reference >= rows {
        return Err(Error::shape("both sides need rows", rows, reference));
    }
    let mut influence = filled(0.0, columns)?;
    for tree in trees {
        for (&column, &weight) in tree.cuts.columns.iter().zip(&tree.cuts.weights) {
            if weight > 0.0 {
                influence[column as usize] += weight;
            }
        }
    }
    let totals = workers.map(trees.len(), |tree| Ok(reached(&trees[tree], 0..rows as u32)))?;
    let side = |window: &[u32]| -> Result<Vec<f64>> {
        let mut moved = filled(0.0, columns)?;
        for (tree, total) in trees.iter().zip(&totals) {
            add_movements(&tree.cuts, total, &reached(tree, window.iter().copied()), &mut moved);
        }
        for (moved, &influence) in moved.iter_mut().zip(&influence) {
            *moved = if influence > 0.0 { *moved / influence } else { 0.0 };
        }
        Ok(moved)
    };
    let current: Vec<u32> = (reference as u32..rows as u32).collect();
    let moved = side(&current)?;
    let exchanged = workers.map(times, |time| side(&window(rows, current.len(), mix(seed, time as u64))))?;
    let (expected, deviation) = moments(&exchanged, columns)?;
    let sigmas = |moved: &[f64]| -> Vec<f64> {
        let one = |column: usize| (moved[column] - expected[column]) / deviation[column].max(f64::MIN_POSITIVE);
        (0..columns).map(one).collect()
    };
    let largest: Vec<f64> =
        exchanged.iter().map(|moved| sigmas(moved).into_iter().fold(f64::NEG_INFINITY, f64::max)).collect();
    let chance = |sigma: f64| {
        let as_far = largest.iter().filter(|&&largest| largest >= sigma).count();
        (as_far + 1) as f64 / (times + 1) as f64
    };
    let pvalue = sigmas(&moved).into_iter().map(chance).collect();
    let total: f64 = influence.iter().sum();
    let influence = influence.iter().map(|&one| if total > 0.0 { one / total } else { 0.0 }).collect();
    Ok(Movements { influence, moved, expected, pvalue })
}

/// How many of some rows reach each node.
fn reached(tree: &Occupied, rows: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut counts = vec![0_u32; tree.cuts.children.len()];
    for row in rows {
        counts[tree.leaves[row as usize] as usize] += 1;
    }
    for (node, &[left, right]) in tree.cuts.children.iter().enumerate().rev() {
        if left != 0 {
            counts[node] = counts[left as usize] + counts[right as usize];
        }
    }
    counts
}

/// Adds the movement at each cut that rows of both sides reach, times its weight.
fn add_movements(cuts: &Cuts, total: &[u32], current: &[u32], moved: &mut [f64]) {
    for (node, &[left, _]) in cuts.children.iter().enumerate() {
        let (now, before) = (current[node], total[node] - current[node]);
        if left != 0 && now > 0 && before > 0 {
            let left = left as usize;
            let share_now = f64::from(current[left]) / f64::from(now);
            let share_before = f64::from(total[left] - current[left]) / f64::from(before);
            moved[cuts.columns[node] as usize] += cuts.weights[node] * (share_now - share_before).abs();
        }
    }
}

/// Draws so many rows.
fn window(rows: usize, size: usize, key: u64) -> Vec<u32> {
    let mut all: Vec<u32> = (0..rows as u32).collect();
    let mut stream = Stream::new(key);
    for place in 0..size {
        all.swap(place, place + stream.below((rows - place) as u32) as usize);
    }
    all.truncate(size);
    all
}

/// The mean of each column and its standard deviation.
fn moments(rows: &[Vec<f64>], columns: usize) -> Result<(Vec<f64>, Vec<f64>)> {
    let (mut means, mut deviations) = (filled(0.0, columns)?, filled(0.0, columns)?);
    let count = rows.len().max(1) as f64;
    for row in rows {
        means.iter_mut().zip(row).for_each(|(mean, value)| *mean += value / count);
    }
    for row in rows {
        for ((deviation, value), mean) in deviations.iter_mut().zip(row).zip(&means) {
            *deviation += (value - mean) * (value - mean) / count;
        }
    }
    Ok((means, deviations.into_iter().map(f64::sqrt).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tree that cuts columns 0 and 1, whose rows go where bits of their numbers say.
    fn tree(leaf_of: impl Fn(usize) -> u32, rows: usize) -> Occupied {
        let children = vec![[1, 2], [3, 4], [0, 0], [0, 0], [0, 0]];
        let cuts = Cuts { children, columns: vec![0, 1, 0, 0, 0], weights: vec![2.0, 1.0, 0.0, 0.0, 0.0] };
        Occupied { cuts, leaves: (0..rows).map(leaf_of).collect() }
    }

    #[test]
    fn a_cut_whose_sides_changed_is_found_and_the_other_is_not() {
        // Half of the rows go right at the root; of those that go left, a third before, all of them now.
        let leaf = |row: usize| match (row % 2, row < 600, row % 6) {
            (0, ..) => 2,
            (_, true, 1) | (_, false, _) => 3,
            _ => 4,
        };
        let found = movements(&[tree(leaf, 1000)], 2, 600, 199, 7, Workers::alone()).unwrap();
        assert_eq!(found.influence, [2.0 / 3.0, 1.0 / 3.0]);
        assert!(found.moved[0] < 1e-12 && (found.moved[1] - 2.0 / 3.0).abs() < 1e-12, "{found:?}");
        assert_eq!(found.pvalue[1], 1.0 / 200.0);
        assert!(found.pvalue[0] > 0.3 && found.expected.iter().all(|&expected| expected > 0.0 && expected < 0.1));
    }

    #[test]
    fn threads_change_nothing() {
        let trees: Vec<_> = (0..9).map(|tree_| tree(|row| [2, 3, 4][(row * 7 + tree_) % 11 % 3], 300)).collect();
        let one = movements(&trees, 3, 100, 50, 1, Workers::alone()).unwrap();
        assert_eq!(one, movements(&trees, 3, 100, 50, 1, Workers::unstoppable(3)).unwrap());
        assert_eq!((one.influence[2], one.moved[2]), (0.0, 0.0));
    }

    #[test]
    fn alarms_are_as_many_as_promised_where_nothing_changed() {
        let mut alarms = 0;
        for seed in 0..200 {
            let mut stream = Stream::new(seed);
            let leaves: Vec<u32> = (0..120).map(|_| [2, 3, 4][stream.below(3) as usize]).collect();
            let found = movements(&[tree(|row| leaves[row], 120)], 2, 80, 99, seed, Workers::alone()).unwrap();
            alarms += usize::from(found.pvalue.iter().any(|&pvalue| pvalue <= 0.1));
        }
        // Twenty are expected; a deviation of five standard ones is left.
        assert!((3..=41).contains(&alarms), "{alarms}");
    }

    #[test]
    fn what_does_not_fit_is_an_error() {
        let good = tree(|_| 2, 10);
        let run = |trees: &[Occupied], reference| movements(trees, 2, reference, 9, 0, Workers::alone());
        let one = std::slice::from_ref(&good);
        assert!(run(one, 0).is_err() && run(one, 10).is_err() && run(&[], 1).is_err());
        assert!(run(&[good.clone(), tree(|_| 2, 9)], 5).is_err());
        assert!(run(&[tree(|_| 9, 10)], 5).is_err());
        let mut cuts = good.cuts.clone();
        cuts.children[1] = [0, 4];
        assert!(run(&[Occupied { cuts, leaves: good.leaves.clone() }], 5).is_err());
        let mut cuts = good.cuts;
        cuts.columns[0] = 5;
        assert!(run(&[Occupied { cuts, leaves: good.leaves }], 5).is_err());
    }
}

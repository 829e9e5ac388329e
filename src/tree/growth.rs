//! Growing one tree: which kernel suits its labels, and how many threads work on it.

use std::sync::atomic::AtomicU32;

use super::criterion::{
    AbsoluteError, BinaryGini, ClassSums, Counted, CountedGini, Evaluated, ManyOutputs, Medians, MomentSums,
    OutputSums, Pair, PairSums, Payload, Placed, PoissonDeviance, Response, Scan, SquaredError, Weighted,
};
use super::draws::{Draws, KeyedDraws, ReplayedDraws};
use super::grower::Grower;
use super::nodes::Tree;
use super::params::{Criterion, Splitter, TreeParams};
use super::parts::{Frame, Job, joined};
use super::targets::Targets;
use super::tasks::Task;
use super::tile::{Tile, TilePlan};
use super::training::TrainingRows;
use crate::data::CodedMatrix;
use crate::error::Result;
use crate::runtime::memory::reserved;
use crate::runtime::{Cancel, Workers};

/// Where the random choices of a tree come from.
#[derive(Debug, Clone, Copy)]
pub enum Seed {
    /// A key: every choice is a function of it and of the path to the node.
    Key(u64),
    /// The state of scikit-learn's own generator, for tests that compare node for node.
    Replay(u32),
}

/// Grows a tree.
///
/// About `rows × max_features × depth` visits; memory linear in the rows and the nodes.
///
/// # Errors
/// As [`TreeParams::check`] and [`TrainingRows::check`]; [`crate::ErrorKind::Memory`] where the
/// tree, which holds a share of every class for every node, is too large;
/// [`crate::ErrorKind::Cancelled`].
pub fn grow(training: &TrainingRows<'_>, params: &TreeParams, seed: Seed, workers: Workers<'_>) -> Result<Tree> {
    params.check()?;
    training.check_for(params)?;
    let columns = training.matrix.columns().len();
    let max_features = params.max_features.min(columns);
    match seed {
        Seed::Key(key) => {
            let draws = KeyedDraws::new(columns, max_features);
            // Other threads cost more than small trees.
            let workers = workers.alone_if(training.rows.len() * max_features < LEAST_CELLS);
            Growth { training, params, draws, key, workers }.grow()
        }
        Seed::Replay(state) => {
            let draws = ReplayedDraws::new(columns, max_features, state);
            let workers = workers.alone_if(true);
            Growth { training, params, draws, key: 0, workers }.grow()
        }
    }
}

/// Trees of fewer rows times columns are grown by one thread.
const LEAST_CELLS: usize = 1 << 15;

/// What a tree is grown from.
struct Growth<'a, D> {
    training: &'a TrainingRows<'a>,
    params: &'a TreeParams,
    draws: D,
    key: u64,
    workers: Workers<'a>,
}

impl<D: Draws> Growth<'_, D> {
    fn grow(self) -> Result<Tree> {
        let criterion = self.params.criterion;
        match self.training.targets {
            Targets::Classes { codes, counts: &[classes] } => {
                let classes = classes as usize;
                if !weights_count(self.training, classes) {
                    let node = ClassSums::new(criterion, classes);
                    let payload = |row: usize, weight| Weighted { class: codes[row], weight };
                    return self.by::<_, Evaluated<f64>>(node, Some(classes), payload);
                }
                if criterion == Criterion::Gini && classes == 2 {
                    let payload = |row: usize, weight: f64| Pair::new(codes[row], weight as u32);
                    return self.by::<_, BinaryGini>(PairSums::default(), Some(1), payload);
                }
                let node = ClassSums::new(criterion, classes);
                let payload = |row: usize, weight: f64| Counted::new(codes[row], weight as u32);
                if criterion == Criterion::Gini {
                    self.by::<_, CountedGini>(node, Some(classes), payload)
                } else {
                    self.by::<_, Evaluated<u32>>(node, Some(classes), payload)
                }
            }
            Targets::Numbers { values, outputs: 1 } if criterion != Criterion::AbsoluteError => {
                let payload = |row: usize, weight| Response { value: values[row], weight };
                let node = MomentSums::new(criterion);
                if criterion == Criterion::Poisson {
                    self.by::<_, PoissonDeviance>(node, Some(1), payload)
                } else {
                    self.by::<_, SquaredError>(node, Some(1), payload)
                }
            }
            targets => {
                let payload = |row: usize, weight| Placed { place: row as u32, weight };
                if criterion == Criterion::AbsoluteError {
                    self.by::<_, AbsoluteError<'_>>(Medians::new(targets), None, payload)
                } else {
                    self.by::<_, ManyOutputs<'_>>(OutputSums::new(criterion, targets), None, payload)
                }
            }
        }
    }

    /// Grows by one kind of scan. `cells` is how many cells rows have, where that is few enough to
    /// count them by code; `payload` makes what a row carries of its place and weight.
    fn by<P: Payload, S: Scan<P>>(
        self,
        node: S::Node,
        cells: Option<usize>,
        payload: impl Fn(usize, f64) -> P,
    ) -> Result<Tree> {
        let Self { training, params, draws, key, workers } = self;
        let (mut rows, mut payloads) = (reserved(training.rows.len())?, reserved(training.rows.len())?);
        let mut total_weight = 0.0;
        for (position, &row) in training.rows.iter().enumerate() {
            let weight = training.weights.map_or(1.0, |weights| weights[position]);
            if weight != 0.0 {
                rows.push(row);
                payloads.push(payload(position, weight));
                total_weight += weight;
            }
        }
        let columns = training.matrix.columns().len();
        let frame = Frame {
            params,
            matrix: training.matrix,
            outputs: training.targets.outputs(),
            node,
            cells,
            rows: rows.len(),
            total_weight,
            min_weight_leaf: params.min_weight_fraction_leaf * total_weight,
            workers,
            numbers: AtomicU32::new(1),
        };
        let tile = plan_tiles::<P, S>(training.matrix, params, workers.cancel()).map(|plan| Tile::new(plan, columns));
        let root = Job { number: 0, task: Task::root(rows.len(), key), rows, payloads, tile, draws };
        let parts = workers.spread(root, |job, hand| Grower::<_, S, _>::grow(&frame, job, hand))?;
        let tree = joined(parts, columns as u32, frame.outputs)?;
        if params.ccp_alpha > 0.0 { tree.pruned(params.ccp_alpha, workers.cancel()) } else { Ok(tree) }
    }
}

/// Whether the weights are whole numbers small enough for exact integer sums.
fn weights_count(training: &TrainingRows<'_>, classes: usize) -> bool {
    classes <= Counted::MOST_CLASSES
        && match training.weights {
            None => training.rows.len() as f64 <= Counted::MOST_TOTAL,
            Some(weights) => {
                weights.iter().all(|&weight| weight.fract() == 0.0 && weight <= Counted::MOST_WEIGHT)
                    && weights.iter().sum::<f64>() <= Counted::MOST_TOTAL
            }
        }
}

/// Tiles serve depth-first growth, which finishes a subtree before it begins another.
///
/// Dividing a sorted column costs about a quarter of sorting it, and half of a coarse look.
fn plan_tiles<P: Payload, S: Scan<P>>(matrix: &CodedMatrix, params: &TreeParams, cancel: &Cancel) -> Option<TilePlan> {
    let looks = if S::HAS_BUCKETS { 2 } else { 4 };
    let most_sorted = match params.splitter {
        Splitter::Best => params.max_features.saturating_mul(looks),
        Splitter::Random => 0,
    };
    params.max_leaf_nodes.is_none().then(|| TilePlan::new(matrix, params, most_sorted, cancel)).flatten()
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::data::MatrixView;
    use crate::runtime::Stream;

    /// Rows of which some columns are wide, some narrow, one is constant, and one lacks values.
    fn rows(count: usize, stream: &mut Stream) -> Array2<f64> {
        Array2::from_shape_fn((count, 8), |(_, column)| match column {
            2 => stream.uniform().powi(6),
            3 => f64::from(stream.below(5)),
            4 => 1.0,
            5 if stream.below(9) == 0 => f64::NAN,
            6 => f64::from(stream.below(1000)),
            _ => stream.uniform(),
        })
    }

    #[test]
    fn any_number_of_threads_grows_the_same_tree() -> Result<()> {
        let mut stream = Stream::new(7);
        let x = rows(9000, &mut stream);
        let matrix = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
        let places: Vec<u32> = (0..9000).collect();
        let numbers: Vec<f64> = x.rows().into_iter().map(|row| row[0] + 3.0 * row[3] + stream.uniform()).collect();
        let classes: Vec<u32> = numbers.iter().map(|&number| (number + 9.0 * stream.uniform()) as u32 / 3).collect();
        let weights: Vec<f64> = (0..9000).map(|_| stream.uniform()).collect();
        let two: Vec<f64> = numbers.iter().flat_map(|&number| [number, stream.uniform()]).collect();
        let targets = [
            (Criterion::Gini, Targets::Classes { codes: &classes, counts: &[9] }),
            (Criterion::Entropy, Targets::Classes { codes: &classes, counts: &[9] }),
            (Criterion::SquaredError, Targets::Numbers { values: &numbers, outputs: 1 }),
            (Criterion::Poisson, Targets::Numbers { values: &numbers, outputs: 1 }),
            (Criterion::SquaredError, Targets::Numbers { values: &two, outputs: 2 }),
        ];
        let monotonic = vec![1, 0, 0, 0, 0, 0, 0, -1];
        for (case, (criterion, targets)) in targets.into_iter().enumerate() {
            for max_features in [8, 6] {
                let is_single = targets.outputs().len() == 1 && case > 1;
                let params = TreeParams {
                    criterion,
                    max_features,
                    min_samples_leaf: 1 + case % 2,
                    ccp_alpha: if case == 2 { 1e-4 } else { 0.0 },
                    monotonic: if is_single { monotonic.clone() } else { Vec::new() },
                    ..TreeParams::new(8)
                };
                let weights = (case != 0).then_some(weights.as_slice());
                let training = TrainingRows { matrix: &matrix, rows: &places, targets, weights };
                let by = |threads| grow(&training, &params, Seed::Key(5), Workers::unstoppable(threads));
                let alone = by(1)?;
                assert!(alone.leaves() > 50, "{criterion:?} {} leaves", alone.leaves());
                for threads in [2, 3, 7] {
                    assert!(by(threads)? == alone, "{criterion:?} by {threads} threads");
                }
            }
        }
        for splitter in [Splitter::Random, Splitter::Best] {
            let params = TreeParams {
                splitter,
                max_leaf_nodes: (splitter == Splitter::Best).then_some(300),
                ..TreeParams::new(8)
            };
            let targets = Targets::Classes { codes: &classes, counts: &[9] };
            let training = TrainingRows { matrix: &matrix, rows: &places, targets, weights: None };
            let by = |threads| grow(&training, &params, Seed::Key(5), Workers::unstoppable(threads));
            assert!(by(1)? == by(3)?, "{splitter:?}");
        }
        Ok(())
    }

    /// What a tree's nodes say, in an order that does not depend on their numbers.
    fn said(tree: &Tree) -> Vec<(u32, u64, u64, u32)> {
        let mut said: Vec<_> = tree
            .nodes()
            .iter()
            .map(|node| (node.feature, node.threshold.to_bits(), node.impurity.to_bits(), node.rows))
            .collect();
        said.sort_unstable();
        said
    }

    #[test]
    fn tiles_change_no_node() -> Result<()> {
        const ROWS: usize = 70_000;
        let mut stream = Stream::new(3);
        let x = rows(ROWS, &mut stream);
        let matrix = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
        let binned = matrix.clone().binned(Some(255), Workers::alone())?;
        assert!(matrix.bytes() > 1 << 21);
        let places: Vec<u32> = (0..ROWS as u32).collect();
        // Whole numbers, whose sums are exact in any order.
        let numbers: Vec<f64> =
            x.rows().into_iter().map(|row| (10.0 * (row[0] + row[3] + stream.uniform())).round()).collect();
        let classes: Vec<u32> = numbers.iter().map(|&number| u32::from(number > 30.0)).collect();
        let classes = Targets::Classes { codes: &classes, counts: &[2] };
        let numbers = Targets::Numbers { values: &numbers, outputs: 1 };
        for (targets, criterion) in [(classes, Criterion::Gini), (numbers, Criterion::SquaredError)] {
            for (matrix, max_features, splitter) in [
                (&matrix, 1, Splitter::Best),
                (&matrix, 8, Splitter::Best),
                (&binned, 3, Splitter::Best),
                (&matrix, 2, Splitter::Random),
            ] {
                let params =
                    TreeParams { criterion, max_features, splitter, max_depth: Some(14), ..TreeParams::new(8) };
                let training = TrainingRows { matrix, rows: &places, targets, weights: None };
                let by =
                    |threads, params: &TreeParams| grow(&training, params, Seed::Key(2), Workers::unstoppable(threads));
                // Growth by improvement uses no tiles, and grows the same tree if it may have all leaves.
                let plain = by(1, &TreeParams { max_leaf_nodes: Some(ROWS), ..params.clone() })?;
                assert!(plain.leaves() > 500);
                let tiled = by(1, &params)?;
                assert!(said(&tiled) == said(&plain), "{criterion:?} {splitter:?} of {max_features}");
                // The root lies in no tile, and is handed over in parts.
                for threads in [2, 5] {
                    assert!(by(threads, &params)? == tiled, "{criterion:?} {splitter:?} of {max_features}");
                }
            }
        }
        Ok(())
    }

    #[test]
    fn equal_columns_are_told_apart_by_their_order_alone() -> Result<()> {
        const ROWS: usize = 20_000;
        let mut stream = Stream::new(11);
        let half = Array2::from_shape_fn((ROWS, 8), |_| stream.uniform());
        let x = ndarray::concatenate![ndarray::Axis(1), half, half];
        let matrix = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
        let places: Vec<u32> = (0..ROWS as u32).collect();
        // Fractions, whose sums depend on their order in the last bits.
        let values: Vec<f64> = (0..ROWS).map(|row| half[[row, 0]].sin() + stream.uniform()).collect();
        let targets = Targets::Numbers { values: &values, outputs: 1 };
        let training = TrainingRows { matrix: &matrix, rows: &places, targets, weights: None };
        let params = TreeParams {
            criterion: Criterion::SquaredError,
            max_features: 6,
            max_depth: Some(5),
            ..TreeParams::new(16)
        };
        for key in 0..40 {
            let by = |threads| grow(&training, &params, Seed::Key(key), Workers::unstoppable(threads));
            let alone = by(1)?;
            for threads in [2, 3, 6] {
                assert!(by(threads)? == alone, "key {key}, {threads} threads");
            }
        }
        Ok(())
    }

    #[test]
    fn of_columns_that_part_rows_alike_the_first_drawn_wins() -> Result<()> {
        const ROWS: usize = 3000;
        let mut stream = Stream::new(5);
        // A mirrored column is summed from the other end, and gives other last bits.
        let values: Vec<f64> = (0..ROWS).map(|_| (9.0 * stream.uniform()).floor()).collect();
        let x = Array2::from_shape_fn((ROWS, 2), |(row, column)| if column == 0 { values[row] } else { -values[row] });
        let matrix = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
        let rows: Vec<u32> = (0..ROWS as u32).collect();
        let numbers: Vec<f64> = values.iter().map(|value| value.sin() + stream.uniform()).collect();
        let weights: Vec<f64> = (0..ROWS).map(|_| stream.uniform()).collect();
        let classes: Vec<u32> = numbers.iter().map(|&number| u32::from(number > 0.7)).collect();
        for (criterion, targets, weights) in [
            (Criterion::SquaredError, Targets::Numbers { values: &numbers, outputs: 1 }, None),
            (Criterion::Gini, Targets::Classes { codes: &classes, counts: &[2] }, Some(weights.as_slice())),
        ] {
            let training = TrainingRows { matrix: &matrix, rows: &rows, targets, weights };
            let params = TreeParams { criterion, ..TreeParams::new(2) };
            let (mut mirrored, mut splits) = (0, 0);
            for key in 0..200 {
                let tree = grow(&training, &params, Seed::Key(key), Workers::alone())?;
                for node in tree.nodes().iter().filter(|node| !node.is_leaf()) {
                    mirrored += node.feature;
                    splits += 1;
                }
            }
            let share = f64::from(mirrored) / f64::from(splits);
            assert!((0.4..0.6).contains(&share), "{criterion:?}: {share} of {splits}");
        }
        Ok(())
    }

    #[test]
    fn a_chain_of_small_parts_is_grown_by_many_threads() -> Result<()> {
        // Every split takes few rows off: nothing is worth handing over.
        let x = Array2::from_shape_fn((4000, 16), |(row, _)| row as f64);
        let values: Vec<f64> = (0..4000).map(|row| 1.1_f64.powi(row / 8)).collect();
        let matrix = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
        let rows: Vec<u32> = (0..4000).collect();
        let targets = Targets::Numbers { values: &values, outputs: 1 };
        let training = TrainingRows { matrix: &matrix, rows: &rows, targets, weights: None };
        let params = TreeParams { criterion: Criterion::SquaredError, ..TreeParams::new(16) };
        let by = |threads| grow(&training, &params, Seed::Key(1), Workers::unstoppable(threads));
        let alone = by(1)?;
        assert!(alone.max_depth() > 40, "{}", alone.max_depth());
        assert!(by(4)? == alone);
        Ok(())
    }

    #[test]
    fn a_request_stops_all_threads() -> Result<()> {
        let mut stream = Stream::new(7);
        let x = rows(20_000, &mut stream);
        let matrix = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
        let values: Vec<f64> = (0..20_000).map(|_| stream.uniform()).collect();
        let rows: Vec<u32> = (0..20_000).collect();
        let targets = Targets::Numbers { values: &values, outputs: 1 };
        let training = TrainingRows { matrix: &matrix, rows: &rows, targets, weights: None };
        let params = TreeParams { criterion: Criterion::SquaredError, ..TreeParams::new(8) };
        let cancel = crate::runtime::Cancel::new();
        cancel.request();
        let stopped = grow(&training, &params, Seed::Key(1), Workers::new(3, &cancel));
        assert!(matches!(stopped.map_err(|e| e.kind().clone()), Err(crate::ErrorKind::Cancelled)));
        Ok(())
    }
}

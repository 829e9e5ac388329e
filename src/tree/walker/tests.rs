//! Every kernel, both kinds of node and both ways of walking, against the path that each row takes
//! through the tree itself.

use ndarray::Array2;
use proptest::prelude::*;

use super::*;
use crate::data::sparse::{Floats, Integers};
use crate::data::{CodedMatrix, MatrixView, SparseView};
use crate::runtime::Stream;
use crate::tree::{Paths, Seed, Splitter, Targets, TrainingRows, TreeParams, grow};

/// Values with ties, missing ones, negative zeros, and doubles that no float holds.
fn values(rows: usize, columns: usize, missing: bool, seed: u64) -> Array2<f64> {
    let mut stream = Stream::new(seed);
    Array2::from_shape_simple_fn((rows, columns), || match (stream.uniform() * 8.0) as u32 {
        0 if missing => f64::NAN,
        1 => -0.0,
        2 => (stream.uniform() * 4.0).floor(),
        3 => 1e30 * (stream.uniform() - 0.5),
        _ => stream.uniform() - 0.5,
    })
}

fn trees(x: &Array2<f64>, count: usize, numbers: bool, depth: Option<usize>, seed: u64) -> Result<Vec<Arc<Tree>>> {
    let coded = CodedMatrix::encode(MatrixView::F64(x.view()), Workers::alone())?;
    let rows: Vec<u32> = (0..x.nrows() as u32).collect();
    let mut stream = Stream::new(seed);
    let y: Vec<f64> = rows.iter().map(|_| stream.uniform()).collect();
    let codes: Vec<u32> = y.iter().map(|y| (y * 3.0) as u32).collect();
    let targets = if numbers {
        Targets::Numbers { values: &y, outputs: 1 }
    } else {
        Targets::Classes { codes: &codes, counts: &[3] }
    };
    let training = TrainingRows { matrix: &coded, rows: &rows, targets, weights: None };
    let mut params =
        TreeParams { max_depth: depth, max_features: 1, splitter: Splitter::Random, ..TreeParams::new(x.ncols()) };
    if numbers {
        params.criterion = crate::tree::Criterion::SquaredError;
    }
    (0..count).map(|key| grow(&training, &params, Seed::Key(key as u64), Workers::alone()).map(Arc::new)).collect()
}

/// What the walker should answer, and the leaves.
fn reference(trees: &[Arc<Tree>], matrix: Features<'_>) -> Result<(Vec<f64>, Vec<i64>)> {
    let width = trees[0].outputs().width();
    let mut sums = vec![0.0; matrix.rows() * width];
    let mut leaves = vec![0; matrix.rows() * trees.len()];
    for (index, tree) in trees.iter().enumerate() {
        let paths = Paths::down(std::slice::from_ref(tree), matrix, Workers::alone())?;
        for row in 0..matrix.rows() {
            let leaf = paths.nodes[paths.starts[row + 1] as usize - 1];
            leaves[row * trees.len() + index] = leaf;
            let values = &tree.values()[leaf as usize * width..][..width];
            sums[row * width..][..width].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    }
    Ok((sums, leaves))
}

/// The same trees in wide nodes.
fn widened(trees: &[Arc<Tree>], kernel: Kernel) -> Result<Walker> {
    let mut grove = Grove::new(trees[0].columns());
    grove.plant(trees, Workers::alone())?;
    Ok(Walker { nodes: Nodes::Wide(grove), ..Walker::with_kernel(trees, kernel, Workers::alone())? })
}

fn check(trees: &[Arc<Tree>], matrix: Features<'_>) -> Result<()> {
    let (sums, leaves) = reference(trees, matrix)?;
    for kernel in Kernel::possible() {
        let narrow = Walker::with_kernel(trees, kernel, Workers::alone())?;
        assert!(matches!(narrow.nodes, Nodes::Narrow(_)));
        for walker in [narrow, widened(trees, kernel)?] {
            for threads in [1, 3] {
                let workers = Workers::unstoppable(threads);
                let found = walker.sums(matrix, workers)?;
                assert!(found.iter().zip(&sums).all(|(one, other)| one.to_bits() == other.to_bits()), "{kernel:?}");
                assert_eq!(walker.leaves(trees, matrix, workers)?, leaves, "{kernel:?}");
            }
        }
    }
    Ok(())
}

/// The same rows as a sparse matrix, which stores some of its zeros.
fn check_sparse(trees: &[Arc<Tree>], x: &Array2<f64>) -> Result<()> {
    let x = x.mapv(|value| if value.abs() < 0.3 { 0.0 } else { value });
    let (mut starts, mut indices, mut entries) = (vec![0i64], Vec::new(), Vec::new());
    for row in x.rows() {
        for (column, &value) in row.iter().enumerate().filter(|&(column, &value)| value != 0.0 || column == 1) {
            indices.push(column as i32);
            entries.push(value);
        }
        starts.push(entries.len() as i64);
    }
    let sparse = SparseView::new(x.ncols(), Integers::I64(&starts), Integers::I32(&indices), Floats::F64(&entries))?;
    assert_eq!(reference(trees, sparse.into())?, reference(trees, MatrixView::F64(x.view()).into())?);
    check(trees, sparse.into())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_kernel_takes_every_row_to_its_leaf(
        rows in 1usize..700, columns in 1usize..9, count in prop::sample::select(vec![1usize, 2, 9, 16, 17, 70]),
        numbers in any::<bool>(), trained_on_missing in any::<bool>(), missing in any::<bool>(),
        depth in prop::sample::select(vec![None, Some(1), Some(4), Some(8)]), seed in any::<u64>(),
    ) {
        let x = values(120, columns, trained_on_missing, seed);
        let trees = trees(&x, count, numbers, depth, seed)?;
        let mut others = values(rows, columns, missing, seed ^ 1);
        // Values that are thresholds.
        for (row, node) in others.rows_mut().into_iter().zip(trees[0].nodes()) {
            let mut row = row;
            if !node.is_leaf() && node.threshold.is_finite() {
                row[node.feature as usize] = node.threshold;
            }
        }
        check(&trees, MatrixView::F64(others.view()).into())?;
        check(&trees, MatrixView::F64(others.view().reversed_axes().to_owned().reversed_axes().view()).into())?;
        let single = others.mapv(|value| value as f32);
        check_sparse(&trees, &others)?;
        check(&trees, MatrixView::F32(single.slice(ndarray::s![..;2, ..])).into())?;
    }
}

#[test]
fn chains_and_single_nodes_are_walked() -> Result<()> {
    let x = Array2::from_shape_fn((600, 1), |(row, _)| row as f64);
    // Each row of its own class of numbers: the tree is as deep as random cuts make it.
    let mut deep = trees(&x, 20, true, None, 3)?;
    check(&deep, MatrixView::F64(x.view()).into())?;
    deep.truncate(1);
    check(&deep, MatrixView::F64(x.view()).into())?;
    let constant = Array2::from_elem((600, 1), 1.0);
    let single = trees(&constant, 20, false, None, 3)?;
    assert!(single.iter().all(|tree| tree.nodes().len() == 1));
    check(&single, MatrixView::F64(x.view()).into())
}

#[test]
fn trees_of_many_columns_are_laid_out_wide() -> Result<()> {
    let x = values(60, 2_049, false, 5);
    let trees = trees(&x, 3, false, None, 5)?;
    let walker = Walker::with_kernel(&trees, Kernel::Portable, Workers::alone())?;
    assert!(matches!(walker.nodes, Nodes::Wide(_)));
    let matrix = MatrixView::F64(x.view()).into();
    assert_eq!(walker.sums(matrix, Workers::alone())?, reference(&trees, matrix)?.0);
    Ok(())
}

#[test]
fn infinite_values_and_requests_to_stop_are_errors() -> Result<()> {
    let mut x = values(300, 2, false, 1);
    let walker = Walker::with_kernel(&trees(&x, 20, false, None, 1)?, Kernel::Portable, Workers::alone())?;
    let cancel = Cancel::new();
    cancel.request();
    assert!(walker.sums(MatrixView::F64(x.view()).into(), Workers::new(1, &cancel)).is_err());
    x[[299, 1]] = 1e39;
    let text = walker.sums(MatrixView::F64(x.view()).into(), Workers::alone()).map_err(|error| error.to_string());
    assert!(text.is_err_and(|text| text.contains("X, column 1, row 299,")));
    Ok(())
}

proptest! {
    #[test]
    fn trees_answer_the_same_before_they_are_laid_out(
        seed: u64, rows in 300usize..500, asked in 24usize..80, missing: bool, numbers: bool, threads in 1usize..4,
    ) {
        let x = values(rows, 3, missing, seed);
        let trees = trees(&x, 3, numbers, None, seed)?;
        let part = x.slice(ndarray::s![..asked, ..]);
        let matrix = Features::Dense(MatrixView::F64(part));
        let lazy = LazyWalker::default();
        let (sums, _) = reference(&trees, matrix)?;
        let bits = |sums: &[f64]| sums.iter().map(|sum| sum.to_bits()).collect::<Vec<_>>();
        let nodes: usize = trees.iter().map(|tree| tree.nodes().len()).sum();
        prop_assert_eq!(bits(&lazy.sums(&trees, matrix, Workers::unstoppable(threads))?), bits(&sums));
        prop_assert!(lazy.get().is_none() || asked * trees.len() * 8 >= nodes);
        for _ in 0..40 {
            prop_assert_eq!(bits(&lazy.sums(&trees, matrix, Workers::unstoppable(threads))?), bits(&sums));
        }
        prop_assert!(lazy.get().is_some(), "laid out when it pays");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shuffled_rows_are_answered_as_if_they_were_walked_down_anew(
        seed: u64, rows in 1usize..300, columns in 1usize..7, orders in 0usize..4, count in 1usize..20,
        missing: bool, numbers: bool, threads in 1usize..4, depth in prop::sample::select(vec![None, Some(3)]),
    ) {
        let trees = trees(&values(120, columns, missing, seed), count, numbers, depth, seed)?;
        let x = values(rows, columns, missing, seed ^ 1);
        let mut stream = Stream::new(seed);
        let orders = Array2::from_shape_simple_fn((orders, rows), || (stream.uniform() * rows as f64) as u32);
        let first = (stream.uniform() * columns as f64) as usize;
        let shuffles = Shuffles { columns: first..columns, orders: orders.view() };
        let narrow = Walker::new(&trees, Workers::alone())?;
        for walker in [widened(&trees, Kernel::Portable)?, narrow] {
            let found = walker.shuffled_sums(MatrixView::F64(x.view()).into(), &shuffles, Workers::unstoppable(threads))?;
            let mut tables = found.chunks_exact(rows * trees[0].outputs().width());
            for column in first..columns {
                for order in orders.rows() {
                    let mut shuffled = x.clone();
                    order.iter().enumerate().for_each(|(row, &other)| shuffled[[row, column]] = x[[other as usize, column]]);
                    let expected = walker.sums(MatrixView::F64(shuffled.view()).into(), Workers::alone())?;
                    let table = tables.next().expect("a table for each column and order");
                    prop_assert!(expected.iter().zip(table).all(|(one, other)| one.to_bits() == other.to_bits()));
                }
            }
            prop_assert!(tables.next().is_none());
        }
    }
}

#[test]
fn orders_of_other_rows_and_columns_that_are_none_are_refused() -> Result<()> {
    let x = values(50, 2, false, 1);
    let walker = Walker::new(&trees(&x, 3, false, None, 1)?, Workers::alone())?;
    let matrix = Features::Dense(MatrixView::F64(x.view()));
    let refused = |columns, orders: Array2<u32>| {
        let shuffles = Shuffles { columns, orders: orders.view() };
        walker.shuffled_sums(matrix, &shuffles, Workers::alone()).is_err()
    };
    assert!(refused(0..3, Array2::zeros((1, 50))));
    assert!(refused(1..1, Array2::zeros((1, 50))));
    assert!(refused(0..2, Array2::zeros((1, 49))));
    assert!(refused(0..2, Array2::from_elem((1, 50), 50)));
    assert!(!refused(0..2, Array2::from_elem((1, 50), 49)));
    Ok(())
}

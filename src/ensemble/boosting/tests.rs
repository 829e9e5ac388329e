//! Grown trees against what the rows themselves say.

use ndarray::Array2;
use proptest::prelude::*;

use super::bins::MISSING;
use super::*;
use crate::data::MatrixView;
use crate::error::Result;
use crate::persistence::{from_bytes, to_bytes};
use crate::runtime::{Cancel, Stream, Workers};

struct Data {
    x: Array2<f64>,
    bins: Vec<ColumnBins>,
    labels: Vec<f64>,
}

impl Data {
    /// Columns of numbers, the last of categories, a fifth of the values missing in odd columns.
    fn new(rows: usize, columns: usize, missing: bool, seed: u64) -> Result<Self> {
        let mut stream = Stream::new(seed);
        let x = Array2::from_shape_fn((rows, columns), |(_, column)| {
            let (value, is_missing) = (stream.uniform(), stream.uniform() < 0.2);
            if missing && is_missing && column % 2 == 1 {
                f64::NAN
            } else if column + 1 == columns {
                (value * 7.0).floor()
            } else {
                (value * 40.0).floor() / 8.0
            }
        });
        let labels = x
            .rows()
            .into_iter()
            .map(|row| {
                row.iter().map(|value| if value.is_nan() { 2.0 } else { value.sin() }).sum::<f64>() + stream.uniform()
            })
            .collect();
        let mut bins = Vec::new();
        for column in 0..columns {
            let values = x.column(column);
            bins.push(if column + 1 == columns {
                ColumnBins::Categories(7)
            } else {
                ColumnBins::of_numbers(values.iter().copied(), None, 30, &Cancel::new())?
            });
        }
        Ok(Self { x, bins, labels })
    }

    fn empty(&self, loss: Loss) -> Result<Boosting> {
        let classes = matches!(loss, Loss::MultinomialLog(_)).then_some(loss.outputs() as u32);
        Boosting::new(self.bins.clone(), classes, vec![0.0; loss.outputs()])
    }

    fn boosted(&self, loss: Loss, params: &GrowthParams, iterations: usize, threads: usize) -> Result<Training> {
        let workers = Workers::unstoppable(threads);
        let binned = Binned::new(MatrixView::F64(self.x.view()), &self.bins, workers)?;
        let learned = Learned { binned: &binned, bins: &self.bins, labels: &self.labels, weights: None };
        let mut training = Training::new(&self.empty(loss)?, loss, &binned, 7, workers)?;
        for _ in 0..iterations {
            training.boost(&learned, params, workers)?;
        }
        Ok(training)
    }
}

fn params(columns: usize) -> GrowthParams {
    GrowthParams {
        max_leaf_nodes: Some(8),
        max_depth: None,
        min_samples_leaf: 5,
        l2_regularization: 0.5,
        learning_rate: 0.3,
        max_features: 1.0,
        monotonic: vec![0; columns],
        interactions: None,
    }
}

/// Between which numbers of the left and the right rows a split gains, for squared errors.
fn gain(value: f64, left: &[f64], right: &[f64], l2: f64) -> f64 {
    let part = |rows: &[f64]| {
        let sum: f64 = rows.iter().sum();
        -sum / (rows.len() as f64 + l2 + 1e-15) * sum
    };
    value * (left.iter().sum::<f64>() + right.iter().sum::<f64>()) - part(left) - part(right)
}

/// What rows of a node with so many labels left to explain can gain at best in columns of numbers.
fn best_gain(data: &Data, rows: &[usize], pulls: &[f64], value: f64, params: &GrowthParams) -> f64 {
    let least = params.min_samples_leaf as usize;
    let mut best = 0.0f64;
    for (column, bins) in data.bins.iter().enumerate() {
        let ColumnBins::Numbers(thresholds) = bins else { continue };
        for threshold in thresholds.iter().copied().chain([f64::INFINITY]) {
            for missing_left in [false, true] {
                let goes_left = |row: usize| {
                    let value = data.x[[row, column]];
                    if value.is_nan() { missing_left } else { value <= threshold }
                };
                let (left, right): (Vec<usize>, Vec<usize>) = rows.iter().partition(|&&row| goes_left(row));
                if left.len() >= least && right.len() >= least {
                    let pulls = |rows: &[usize]| rows.iter().map(|&row| pulls[row]).collect::<Vec<_>>();
                    best = best.max(gain(value, &pulls(&left), &pulls(&right), params.l2_regularization));
                }
            }
        }
    }
    best
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn every_split_is_the_best_and_every_value_that_of_its_rows(
        seed: u64, rows in 20usize..400, columns in 1usize..5, missing: bool, depth in prop::option::of(1u32..4),
    ) {
        let data = Data::new(rows, columns + 1, missing, seed)?;
        let params = GrowthParams { max_depth: depth, ..params(columns + 1) };
        let training = data.boosted(Loss::SquaredError, &params, 1, 1)?;
        let tree = &training.trees()[0];
        let pulls: Vec<f64> = data.labels.iter().map(|label| -label).collect();
        let leaves = tree.nodes.iter().filter(|node| node.is_leaf()).count();
        prop_assert!(leaves <= 8 && tree.nodes.len() == 2 * leaves - 1);
        let mut waiting = vec![(0usize, (0..rows).collect::<Vec<_>>(), 0.0)];
        while let Some((number, own, value)) = waiting.pop() {
            let node = &tree.nodes[number];
            prop_assert_eq!(node.rows as usize, own.len());
            if node.is_leaf() {
                let expected = value * params.learning_rate;
                prop_assert!((node.value - expected).abs() < 1e-6);
                prop_assert!(own.iter().all(|&row| (training.raw()[row] - node.value).abs() < 1e-12));
                continue;
            }
            prop_assert!(depth.is_none_or(|most| node.depth < most));
            let column = node.column as usize;
            let goes_left = |row: usize| {
                let value = data.x[[row, column]];
                let code = match &data.bins[column] {
                    _ if value.is_nan() => MISSING,
                    ColumnBins::Numbers(thresholds) => thresholds.iter().filter(|cut| **cut < value).count() as u8,
                    ColumnBins::Categories(_) => value as u8,
                };
                tree.sends_left(node, code)
            };
            let (left, right): (Vec<usize>, Vec<usize>) = own.iter().partition(|&&row| goes_left(row));
            let of = |rows: &[usize]| rows.iter().map(|&row| pulls[row]).collect::<Vec<_>>();
            let (ours, theirs) = (of(&left), of(&right));
            let found = gain(value, &ours, &theirs, params.l2_regularization);
            prop_assert!((node.gain - found).abs() <= 1e-6 * found.abs().max(1.0), "{} {found}", node.gain);
            let best = best_gain(&data, &own, &pulls, value, &params);
            prop_assert!(node.gain >= best - 1e-6 * best.abs().max(1.0), "{} of {best}", node.gain);
            for (side, rows, sum) in [(0, left, ours), (1, right, theirs)] {
                let value = -sum.iter().sum::<f64>() / (rows.len() as f64 + params.l2_regularization + 1e-15);
                waiting.push((node.left as usize + side, rows, value));
            }
        }
    }

    #[test]
    fn trees_are_the_same_for_any_number_of_threads_and_are_walked_down_alike(
        seed: u64, rows in 1usize..30_000, columns in 1usize..40, missing: bool, some: bool, threads in 1usize..4,
    ) {
        let data = Data::new(rows, columns, missing, seed)?;
        let params = GrowthParams { max_features: if some { 0.5 } else { 1.0 }, ..params(columns) };
        let one = data.boosted(Loss::Poisson, &params, 3, 1)?;
        let other = data.boosted(Loss::Poisson, &params, 3, 3)?;
        prop_assert_eq!(one.trees(), other.trees());
        prop_assert_eq!(one.raw(), other.raw());
        let model = one.added_to(&data.empty(Loss::Poisson)?);
        prop_assert_eq!(model.iterations(), 3);
        prop_assert_eq!(&model.raw(MatrixView::F64(data.x.view()), Workers::unstoppable(threads))?, one.raw());
        let binned = Binned::new(MatrixView::F64(data.x.view()), &data.bins, Workers::alone())?;
        let mut stages = model.added(&binned, 0..2, Workers::alone())?;
        prop_assert_eq!(&stages, &model.first(2).raw(MatrixView::F64(data.x.view()), Workers::alone())?);
        one.add_last(&binned, &mut stages, Workers::alone())?;
        prop_assert_eq!(&stages, one.raw());
        let again: Boosting = from_bytes(&to_bytes(&model)?)?;
        prop_assert_eq!(again.trees(), model.trees());
    }

    #[test]
    fn answers_grow_with_columns_that_they_may_only_grow_with(seed: u64, rows in 200usize..600, sign in -1i8..=1) {
        let data = Data::new(rows, 4, false, seed)?;
        let params = GrowthParams { monotonic: vec![sign, 0, 1, 0], min_samples_leaf: 2, ..params(4) };
        let model = data.boosted(Loss::SquaredError, &params, 10, 1)?.added_to(&data.empty(Loss::SquaredError)?);
        for row in 0..20 {
            for (column, sign) in [(0, f64::from(sign)), (2, 1.0)] {
                let asked = Array2::from_shape_fn((40, 4), |(step, other)| {
                    if other == column { step as f64 / 8.0 } else { data.x[[row, other]] }
                });
                let answers = model.raw(MatrixView::F64(asked.view()), Workers::alone())?;
                let grows = answers.windows(2).all(|pair| sign * (pair[1] - pair[0]) >= -1e-12);
                prop_assert!(sign == 0.0 || grows);
            }
        }
    }

    #[test]
    fn paths_ask_columns_of_one_set_alone(seed: u64, rows in 200usize..600) {
        let data = Data::new(rows, 5, true, seed)?;
        let sets = vec![vec![0, 1], vec![1, 2, 4], vec![3]];
        let params = GrowthParams { interactions: Some(sets.clone()), min_samples_leaf: 2, ..params(5) };
        let training = data.boosted(Loss::SquaredError, &params, 5, 1)?;
        for tree in training.trees() {
            let mut waiting = vec![(0usize, Vec::new())];
            while let Some((number, mut asked)) = waiting.pop() {
                let node = &tree.nodes[number];
                if !node.is_leaf() {
                    asked.push(node.column);
                    prop_assert!(sets.iter().any(|set| asked.iter().all(|column| set.contains(column))));
                    waiting.extend([(node.left as usize, asked.clone()), (node.left as usize + 1, asked)]);
                }
            }
        }
    }
}

#[test]
fn every_loss_falls_with_every_iteration() -> Result<()> {
    let data = Data::new(500, 4, true, 3)?;
    let classes: Vec<f64> = data.labels.iter().map(|label| label.rem_euclid(3.0).floor()).collect();
    let ones: Vec<f64> = classes.iter().map(|class| class.min(1.0)).collect();
    let positive: Vec<f64> = data.labels.iter().map(|label| label.abs() + 0.1).collect();
    let losses = [
        (Loss::SquaredError, &data.labels),
        (Loss::AbsoluteError, &data.labels),
        (Loss::Quantile(0.2), &data.labels),
        (Loss::Poisson, &positive),
        (Loss::Gamma, &positive),
        (Loss::BinaryLog, &ones),
    ];
    for (loss, labels) in losses {
        let data = Data { labels: labels.clone(), ..Data::new(500, 4, true, 3)? };
        let mut before = f64::INFINITY;
        for iterations in 0..5 {
            let training = data.boosted(loss, &params(4), iterations, 1)?;
            let now = training.mean_loss(labels, None, Workers::alone())?;
            let sum: f64 = labels.iter().zip(training.raw()).map(|(&label, &raw)| loss.of_one(label, raw)).sum();
            assert!((now - sum / 500.0).abs() < 1e-12 && now < before, "{loss:?} {now} {before}");
            before = now;
        }
    }
    let data = Data { labels: classes.clone(), ..data };
    let training = data.boosted(Loss::MultinomialLog(3), &params(4), 30, 1)?;
    let odds: f64 = (0..500)
        .map(|row| {
            let of = |class: usize| training.raw()[class * 500 + row];
            (0..3).map(|class| of(class).exp()).sum::<f64>().ln() - of(classes[row] as usize)
        })
        .sum();
    assert!((training.mean_loss(&classes, None, Workers::alone())? - odds / 500.0).abs() < 1e-12);
    let right = classes.iter().enumerate().filter(|&(row, &class)| {
        let of = |class: usize| training.raw()[class * 500 + row];
        (0..3).all(|other| of(class as usize) >= of(other))
    });
    assert!(right.count() > 400);
    Ok(())
}

#[test]
fn gradients_are_the_slopes_of_losses() {
    let losses =
        [Loss::SquaredError, Loss::Poisson, Loss::Gamma, Loss::BinaryLog, Loss::AbsoluteError, Loss::Quantile(0.3)];
    for loss in losses {
        for (label, raw) in [(1.0, 0.3), (0.0, -2.0), (1.0, 5.0), (1.0, -30.0)] {
            let step = 1e-6;
            let slope = (loss.of_one(label, raw + step) - loss.of_one(label, raw - step)) / (2.0 * step);
            let (gradient, hessian) = loss.pull(label, raw);
            assert!(
                (slope - gradient).abs() < 1e-4 * gradient.abs().max(1.0),
                "{loss:?} {label} {raw}: {slope} {gradient}"
            );
            if !loss.has_constant_hessian() {
                let bend = (loss.pull(label, raw + step).0 - loss.pull(label, raw - step).0) / (2.0 * step);
                assert!(
                    (bend - hessian).abs() < 1e-4 * hessian.abs().max(1.0),
                    "{loss:?} {label} {raw}: {bend} {hessian}"
                );
            }
        }
    }
}

#[test]
fn what_does_not_fit_is_refused() -> Result<()> {
    let data = Data::new(50, 2, false, 1)?;
    let model = data.empty(Loss::SquaredError)?;
    let binned = Binned::new(MatrixView::F64(data.x.view()), &data.bins, Workers::alone())?;
    let begin = |loss: Loss, rows: &Binned| Training::new(&model, loss, rows, 0, Workers::alone());
    let nothing = Binned::new(MatrixView::F64(data.x.slice(ndarray::s![..0, ..])), &data.bins, Workers::alone())?;
    assert!(begin(Loss::SquaredError, &binned).is_ok() && begin(Loss::SquaredError, &nothing).is_err());
    assert!(begin(Loss::Quantile(1.5), &binned).is_err() && begin(Loss::MultinomialLog(3), &binned).is_err());
    assert!(model.raw(MatrixView::F64(data.x.slice(ndarray::s![.., ..1])), Workers::alone()).is_err());
    assert!(model.added(&binned, 0..1, Workers::alone()).is_err());
    assert!(Boosting::new(Vec::new(), None, vec![0.0]).is_err());
    assert!(Boosting::new(data.bins.clone(), None, vec![f64::INFINITY]).is_err());
    assert!(Boosting::new(data.bins.clone(), Some(3), vec![0.0]).is_err());
    assert!(to_bytes(&model).is_err() && Boosting::new(data.bins.clone(), Some(0), vec![0.0]).is_err());
    let huge = Data { labels: vec![1e160; 50], ..Data::new(50, 2, false, 1)? };
    assert!(huge.boosted(Loss::SquaredError, &params(2), 1, 1).is_err());
    for change in [
        (|params| params.learning_rate = 0.0) as fn(&mut GrowthParams),
        |params| params.learning_rate = f64::NAN,
        |params| params.max_leaf_nodes = Some(1),
        |params| params.max_features = 0.0,
        |params| params.l2_regularization = -1.0,
        |params| params.learning_rate = 1e203,
        |params| params.monotonic = vec![0],
        |params| params.monotonic = vec![0, 2],
        |params| params.interactions = Some(vec![vec![2]]),
    ] {
        let mut params = params(2);
        change(&mut params);
        assert!(data.boosted(Loss::SquaredError, &params, 1, 1).is_err());
    }
    assert!(Binned::new(MatrixView::F64(data.x.view()), &data.bins[..1], Workers::alone()).is_err());
    let none = data.x.slice(ndarray::s![.., ..0]);
    assert!(Binned::new(MatrixView::F64(none), &[], Workers::alone()).is_err());
    let many = [ColumnBins::Numbers((0..255).map(f64::from).collect()), data.bins[1].clone()];
    assert!(Binned::new(MatrixView::F64(data.x.view()), &many, Workers::alone()).is_err());
    let shorter = Data { labels: vec![0.0; 49], ..data };
    assert!(shorter.boosted(Loss::SquaredError, &params(2), 1, 1).is_err());
    let cancel = Cancel::new();
    cancel.request();
    let whole = Data::new(50, 2, false, 1)?;
    assert!(Binned::new(MatrixView::F64(whole.x.view()), &whole.bins, Workers::new(1, &cancel)).is_err());
    Ok(())
}

/// Rows of which some are far larger than the others, and where these are.
fn unequal_rows() -> Result<(Data, Vec<f64>)> {
    let data = Data::new(400, 3, false, 5)?;
    let is_large = |row: usize| data.x[[row, 0]] >= 4.5;
    let labels = (0..400).map(|row| if is_large(row) { 1e13 } else { data.x[[row, 1]] }).collect();
    let weights = (0..400).map(|row| if is_large(row) { 1e10 } else { 1.0 + (row % 3) as f64 }).collect();
    Ok((Data { labels, ..data }, weights))
}

#[test]
fn rows_beside_far_larger_ones_are_learned() -> Result<()> {
    let (data, weights) = unequal_rows()?;
    let binned = Binned::new(MatrixView::F64(data.x.view()), &data.bins, Workers::alone())?;
    let params = GrowthParams { l2_regularization: 0.0, learning_rate: 1.0, ..params(3) };
    let large: Vec<bool> = data.labels.iter().map(|&label| label == 1e13).collect();
    assert!((20..200).contains(&large.iter().filter(|&&is_large| is_large).count()));
    for weights in [None, Some(&weights[..])] {
        let learned = Learned { binned: &binned, bins: &data.bins, labels: &data.labels, weights };
        let grown = |threads: usize| {
            let model = data.empty(Loss::SquaredError)?;
            let workers = Workers::unstoppable(threads);
            let mut training = Training::new(&model, Loss::SquaredError, &binned, 7, workers)?;
            training.boost(&learned, &params, workers)?;
            Ok::<_, crate::Error>(training)
        };
        let training = grown(1)?;
        assert_eq!(training.trees(), grown(2)?.trees());
        assert_eq!(training.trees()[0].nodes[0].column, 0);
        // Rounded by the largest row's unit alone, all others would be nothing.
        let others: Vec<usize> = (0..400).filter(|&row| !large[row]).collect();
        let squares = others.iter().map(|&row| (training.raw()[row] - data.labels[row]).powi(2));
        let mean = squares.sum::<f64>() / others.len() as f64;
        // The variance of labels from 0 to 5 is 2.
        assert!(mean < 0.7, "{mean}");
    }
    Ok(())
}

#[test]
fn leaves_of_unequal_rows_answer_with_what_these_add_up_to() -> Result<()> {
    let (mut data, _) = unequal_rows()?;
    // One column of noise: large rows are in every leaf.
    data.labels = (0..400).map(|row| if row % 9 == 0 { 1e12 } else { 1.0 / 3.0 }).collect();
    let binned = Binned::new(MatrixView::F64(data.x.view()), &data.bins, Workers::alone())?;
    let weights: Vec<f64> = (0..400).map(|row| if row % 9 == 0 { 1e-9 } else { 1e3 }).collect();
    let learned = Learned { binned: &binned, bins: &data.bins, labels: &data.labels, weights: Some(&weights) };
    let mut training =
        Training::new(&data.empty(Loss::SquaredError)?, Loss::SquaredError, &binned, 7, Workers::alone())?;
    let params = GrowthParams { l2_regularization: 0.0, learning_rate: 1.0, ..params(3) };
    training.boost(&learned, &params, Workers::alone())?;
    let tree = &training.trees()[0];
    for leaf in tree.nodes.iter().filter(|node| node.is_leaf()) {
        let own: Vec<usize> = (0..400).filter(|&row| training.raw()[row].to_bits() == leaf.value.to_bits()).collect();
        let sum: f64 = own.iter().map(|&row| weights[row] * data.labels[row]).sum();
        let mean = sum / own.iter().map(|&row| weights[row]).sum::<f64>();
        assert!((leaf.value - mean).abs() <= 1e-12 * mean, "{} {mean}", leaf.value);
    }
    Ok(())
}

#[test]
fn classes_of_many_rows_are_pulled_as_their_chances_say() -> Result<()> {
    let mut data = Data::new(20_000, 3, false, 9)?;
    data.labels.iter_mut().for_each(|label| *label = label.rem_euclid(3.0).floor());
    let weights: Vec<f64> = (0..20_000).map(|row| f64::from(row % 4)).collect();
    let binned = Binned::new(MatrixView::F64(data.x.view()), &data.bins, Workers::alone())?;
    let learned = Learned { binned: &binned, bins: &data.bins, labels: &data.labels, weights: Some(&weights) };
    let loss = Loss::MultinomialLog(3);
    let trees = [1, 3].map(|threads| -> Result<_> {
        let workers = Workers::unstoppable(threads);
        let mut training = Training::new(&data.empty(loss)?, loss, &binned, 7, workers)?;
        training.boost(&learned, &params(3), workers)?;
        // All chances are a third before the first iteration: a leaf's value is that of its rows.
        for (class, tree) in training.trees().iter().enumerate() {
            let raw = &training.raw()[class * 20_000..][..20_000];
            for leaf in tree.nodes.iter().filter(|node| node.is_leaf()) {
                let (mut gradient, mut hessian) = (0.0, 0.0);
                for row in (0..20_000).filter(|&row| raw[row].to_bits() == leaf.value.to_bits()) {
                    gradient += weights[row] * (1.0 / 3.0 - f64::from(u8::from(data.labels[row] as usize == class)));
                    hessian += weights[row] * 2.0 / 9.0;
                }
                let expected = -0.3 * gradient / (hessian + 0.5);
                assert!((leaf.value - expected).abs() < 1e-6, "{} {expected}", leaf.value);
            }
        }
        Ok(training.trees().to_vec())
    });
    let [one, other] = trees;
    assert_eq!(one?, other?);
    Ok(())
}

#[test]
fn of_equal_splits_missing_values_that_go_left_leave_the_gap_to_the_left() -> Result<()> {
    // Values 0, 10 and missing: rows of 10 go right, so that a 5 goes left with the missing ones.
    let x = Array2::from_shape_fn((120, 2), |(row, column)| match (column, row % 3) {
        (0, _) | (_, 0) => 0.0,
        (_, 1) => 10.0,
        _ => f64::NAN,
    });
    let labels = (0..120).map(|row| if row % 3 == 1 { 5.0 } else { 0.0 }).collect();
    let bins = vec![ColumnBins::Numbers(vec![0.5]), ColumnBins::Numbers(vec![2.0, 4.0, 6.0, 8.0])];
    let data = Data { x, bins, labels };
    let code = |sign: i8| -> Result<u8> {
        let params = GrowthParams { monotonic: vec![0, sign], max_leaf_nodes: Some(2), ..params(2) };
        let training = data.boosted(Loss::SquaredError, &params, 1, 1)?;
        let root = &training.trees()[0].nodes[0];
        assert!(root.missing_left && root.column == 1);
        Ok(root.code)
    };
    assert_eq!((code(0)?, code(1)?), (3, 3));
    Ok(())
}

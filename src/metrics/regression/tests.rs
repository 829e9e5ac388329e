#![allow(clippy::expect_used)] // a test fails by panicking

use ndarray::{Array2, array};

use super::*;

fn predictions<'a>(truth: &'a Array2<f64>, predicted: &'a Array2<f64>) -> Predictions<'a> {
    Predictions::new(Targets::F64(truth.view()), Targets::F64(predicted.view()), None).expect("of one shape")
}

fn loss(truth: &[f64], predicted: &[f64], loss: Loss) -> Option<f64> {
    let column = |values: &[f64]| Array2::from_shape_vec((values.len(), 1), values.to_vec()).expect("one column");
    let (truth, predicted) = (column(truth), column(predicted));
    let losses = predictions(&truth, &predicted).mean_losses(loss, Workers::alone()).expect("not stopped");
    losses.map(|losses| losses[0])
}

#[test]
fn known_losses() {
    let (truth, predicted) = ([3.0, -0.5, 2.0, 7.0], [2.5, 0.0, 2.0, 8.0]);
    assert_eq!(loss(&truth, &predicted, Loss::Squared), Some(0.375));
    assert_eq!(loss(&truth, &predicted, Loss::Tweedie(0.0)), Some(0.375));
    assert_eq!(loss(&truth, &predicted, Loss::Absolute), Some(0.5));
    assert_eq!(loss(&truth, &predicted, Loss::Pinball(0.5)), Some(0.25));
    let deviances = [
        (1.0, 1.272_588_722_239_781),
        (2.0, 1.210_279_229_160_082),
        (1.5, 1.192_388_155_425_118),
        (3.0, 1.5),
        (-1.0, 3.6875),
    ];
    for (power, expected) in deviances {
        let found = loss(&[2.0, 1.0, 1.0, 4.0], &[0.5, 0.5, 2.0, 2.0], Loss::Tweedie(power));
        assert!(found.is_some_and(|found| (found - expected).abs() < 1e-14), "{power}: {found:?}");
    }
}

#[test]
fn what_a_loss_is_not_made_for_is_refused() {
    let bad = [
        (Loss::Tweedie(1.0), -1.0, 1.0),
        (Loss::Tweedie(1.0), 1.0, 0.0),
        (Loss::Tweedie(1.5), -1.0, 1.0),
        (Loss::Tweedie(2.0), 0.0, 1.0),
        (Loss::Tweedie(3.0), 0.0, 1.0),
        (Loss::Tweedie(-1.0), 1.0, 0.0),
        (Loss::SquaredLog, -1.0, 1.0),
        (Loss::SquaredLog, 1.0, -2.0),
        (Loss::Squared, f64::NAN, 1.0),
        (Loss::Squared, 1e200, 1.0),
        (Loss::Absolute, f64::MAX, f64::MIN),
    ];
    for (kind, y, p) in bad {
        assert_eq!(loss(&[1.0, y], &[1.0, p], kind), None, "{kind:?}");
    }
    assert!(Loss::named("cubed", 0.0).is_err());
}

#[test]
fn a_constant_target_has_no_variation_at_all() {
    // The mean of ten numbers 0.1, added up, is not 0.1.
    let truth = Array2::from_elem((3000, 1), 0.1);
    let predicted = Array2::from_shape_fn((3000, 1), |(row, _)| row as f64);
    let variation = predictions(&truth, &predicted).variations(Workers::alone()).expect("not stopped");
    let variation = variation.expect("finite")[0];
    assert_eq!(variation.of_truth, 0.0);
    assert!(variation.squared_error > 0.0 && variation.of_error > 0.0);
}

#[test]
fn sums_of_parts_are_those_of_the_whole() {
    let truth = Array2::from_shape_fn((5000, 2), |(row, output)| 1e6 + ((row * 37 + output) % 101) as f64);
    let weights: Vec<f64> = (0..5000).map(|row| f64::from(row % 3)).collect();
    let zeros = Array2::zeros((5000, 2));
    let given =
        Predictions::new(Targets::F64(truth.view()), Targets::F64(zeros.view()), Some(&weights)).expect("of one shape");
    let variations = given.variations(Workers::alone()).expect("not stopped").expect("finite");
    for (output, variation) in variations.iter().enumerate() {
        let column = truth.column(output);
        let total: f64 = weights.iter().sum();
        let mean = column.iter().zip(&weights).map(|(y, w)| y * w).sum::<f64>() / total;
        let squares: f64 = column.iter().zip(&weights).map(|(y, w)| w * (y - mean) * (y - mean)).sum();
        assert!((variation.of_truth / squares - 1.0).abs() < 1e-10);
        assert_eq!(variation.of_truth, variation.of_error);
    }
}

#[test]
fn threads_change_nothing() {
    let truth = Array2::from_shape_fn((300_000, 2), |(row, output)| ((row * 31 + output) as f64 * 0.618).fract() + 0.1);
    let predicted = truth.mapv(|value| (value * 77.7).fract() + 0.1);
    let given = predictions(&truth, &predicted);
    for kind in [Loss::Squared, Loss::Tweedie(1.5)] {
        let one = given.mean_losses(kind, Workers::alone()).expect("not stopped");
        for threads in [2, 3, 7] {
            assert_eq!(given.mean_losses(kind, Workers::unstoppable(threads)).expect("not stopped"), one);
        }
    }
    let one = given.variations(Workers::alone()).expect("not stopped");
    assert_eq!(given.variations(Workers::unstoppable(3)).expect("not stopped"), one);
    assert_eq!(
        given.max_errors(Workers::alone()).expect("not stopped"),
        given.max_errors(Workers::unstoppable(5)).expect("not stopped")
    );
}

#[test]
fn sizes_that_differ_are_named() {
    let (truth, other) = (array![[1.0], [2.0]], array![[1.0]]);
    let (truth, other) = (Targets::F64(truth.view()), Targets::F64(other.view()));
    assert!(Predictions::new(truth, other, None).is_err());
    assert!(Predictions::new(truth, truth, Some(&[1.0])).is_err());
}

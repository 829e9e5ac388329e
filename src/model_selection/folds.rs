//! Rows of train and test sets from an assignment of rows to folds.
//!
//! What is random is drawn elsewhere (by the caller's generator); here is only the index work, each
//! in one pass.

use crate::error::{Error, Result};

/// The rows outside and inside of a fold, each in increasing order. O(rows).
///
/// # Example
/// ```
/// let (train, test) = treering::model_selection::folds::train_test(&[0, 1, 0, 2], 0);
/// assert_eq!((train, test), (vec![1, 3], vec![0, 2]));
/// ```
pub fn train_test(folds: &[i32], fold: i32) -> (Vec<i64>, Vec<i64>) {
    let inside = folds.iter().filter(|&&own| own == fold).count();
    let outside = folds.len() - inside;
    // One slot more than needed: every row is written to both, and kept in one, without a branch.
    let (mut train, mut test) = (vec![0; outside + 1], vec![0; inside + 1]);
    let (mut n_train, mut n_test) = (0, 0);
    for (row, &own) in folds.iter().enumerate() {
        train[n_train] = row as i64;
        test[n_test] = row as i64;
        n_train += usize::from(own != fold);
        n_test += usize::from(own == fold);
    }
    train.truncate(outside);
    test.truncate(inside);
    (train, test)
}

/// Numbers classes by their first appearance; also how many rows each has. O(rows).
///
/// `codes` are the classes by rank, below `classes`.
///
/// # Errors
/// [`crate::ErrorKind::Value`] for a code that is not below `classes`.
pub fn by_appearance(codes: &[u32], classes: usize) -> Result<(Vec<u32>, Vec<i64>)> {
    let mut numbers = vec![u32::MAX; classes];
    let mut counts = Vec::with_capacity(classes);
    let appeared = codes
        .iter()
        .map(|&code| {
            let number = numbers.get_mut(code as usize).ok_or_else(|| unknown_class(code, classes))?;
            if *number == u32::MAX {
                *number = counts.len() as u32;
                counts.push(0);
            }
            counts[*number as usize] += 1;
            Ok(*number)
        })
        .collect::<Result<_>>()?;
    Ok((appeared, counts))
}

/// Deals the folds of each class to its rows in order. O(rows).
///
/// `dealt` holds the folds of the rows of class 0, then of class 1, and so on.
///
/// # Errors
/// [`crate::ErrorKind::Shape`] unless there is one fold per row, [`crate::ErrorKind::Value`] for a
/// code beyond `counts`.
pub fn deal(codes: &[u32], counts: &[i64], dealt: &[i32]) -> Result<Vec<i32>> {
    if dealt.len() != codes.len() {
        return Err(Error::shape("the number of folds dealt", codes.len(), dealt.len()));
    }
    let mut next = starts(counts);
    codes
        .iter()
        .map(|&code| {
            let place = next.get_mut(code as usize).ok_or_else(|| unknown_class(code, counts.len()))?;
            let fold = dealt.get(*place).ok_or_else(|| Error::shape("the rows of a class", dealt.len(), *place))?;
            *place += 1;
            Ok(*fold)
        })
        .collect()
}

/// The rows of class 0 in order, then those of class 1, and so on; and how many each has. O(rows).
///
/// # Errors
/// [`crate::ErrorKind::Value`] for a code that is not below `classes`.
pub fn group(codes: &[u32], classes: usize) -> Result<(Vec<i64>, Vec<i64>)> {
    let mut counts = vec![0; classes];
    for &code in codes {
        *counts.get_mut(code as usize).ok_or_else(|| unknown_class(code, classes))? += 1;
    }
    let mut next = starts(&counts);
    let mut rows = vec![0; codes.len()];
    for (row, &code) in codes.iter().enumerate() {
        let place = &mut next[code as usize];
        rows[*place] = row as i64;
        *place += 1;
    }
    Ok((rows, counts))
}

fn starts(counts: &[i64]) -> Vec<usize> {
    counts
        .iter()
        .scan(0, |sum, &count| {
            let start = *sum;
            *sum += count as usize;
            Some(start)
        })
        .collect()
}

fn unknown_class(code: u32, classes: usize) -> Error {
    Error::value("y", format!("class {code}"), format!("one of {classes} classes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn train_and_test_partition_the_rows(folds in prop::collection::vec(0i32..5, 0..300)) {
            for fold in 0..6 {
                let (train, test) = train_test(&folds, fold);
                prop_assert!(test.iter().all(|&row| folds[row as usize] == fold));
                let mut rows = [train, test].concat();
                rows.sort_unstable();
                prop_assert_eq!(rows, (0..folds.len() as i64).collect::<Vec<_>>());
            }
        }

        #[test]
        fn classes_keep_their_rows(codes in prop::collection::vec(0u32..6, 0..300)) {
            let (rows, counts) = group(&codes, 6)?;
            let expected: Vec<i64> = (0..6).flat_map(|class| {
                codes.iter().enumerate().filter(move |&(_, &code)| code == class).map(|(row, _)| row as i64)
            }).collect();
            prop_assert_eq!(&rows, &expected);
            prop_assert_eq!(counts.iter().sum::<i64>() as usize, codes.len());
            let (numbers, counts) = by_appearance(&codes, 6)?;
            let dealt: Vec<i32> = counts.iter().enumerate().flat_map(|(class, &count)| vec![class as i32; count as usize]).collect();
            let folds = deal(&numbers, &counts, &dealt)?;
            prop_assert!(folds.iter().zip(&numbers).all(|(&fold, &number)| fold == number as i32));
        }
    }

    #[test]
    fn unknown_classes_are_refused() {
        assert!(group(&[3], 2).is_err());
        assert!(by_appearance(&[3], 2).is_err());
        assert!(deal(&[1], &[1], &[0]).is_err());
        assert!(deal(&[0, 0], &[2], &[0]).is_err());
    }
}

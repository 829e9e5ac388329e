//! The table of true against predicted labels.
//!
//! Labels that lie close together (a span of up to 512, which is nearly always so) are counted in
//! a square grid directly; anything else is first encoded by rank. No label array is sorted.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::runtime::memory::{filled, reserved};
use crate::runtime::{Cancel, Workers};

use super::{BLOCK_ROWS, PARALLEL_ROWS};

/// How often each label was true, was predicted, and was both.
///
/// Sums are counts of rows, or sums of their weights; counts below 2⁵³ are exact in `f64`.
#[derive(Debug, Clone, PartialEq)]
pub struct Contingency {
    /// The labels that occur in either array, in increasing order.
    pub labels: Vec<i64>,
    /// The number of rows.
    pub rows: usize,
    /// The sum over all rows: their number, or their weights.
    pub total: f64,
    /// Per label: the sum over rows where it was true.
    pub actual: Vec<f64>,
    /// Per label: the sum over rows where it was predicted.
    pub predicted: Vec<f64>,
    /// Per label: the sum over rows where it was true and predicted.
    pub correct: Vec<f64>,
    /// The whole table, true labels by predicted labels in C order; absent above
    /// [`MOST_LABELS_IN_CELLS`] labels.
    pub cells: Option<Vec<f64>>,
}

/// More labels than this are summarised by their three sums only: the table would not fit caches.
pub const MOST_LABELS_IN_CELLS: usize = 512;

/// The widest grid that is counted directly: 512 × 512 counts, 2 MiB.
const WIDEST_SPAN: usize = 512;
/// Up to this span four small grids take turns, so that one row does not wait for the last.
const NARROW_SPAN: usize = 16;
const NARROW_CELLS: usize = NARROW_SPAN * NARROW_SPAN;
/// Rows whose bounds are looked up and that are counted while they lie in the cache.
const TILE_ROWS: usize = 4096;

impl Contingency {
    /// Counts pairs of labels. O(rows) time; labels further apart than 512 cost an encoding by
    /// rank on top.
    ///
    /// `weights` must be finite.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] where lengths differ; [`crate::ErrorKind::Cancelled`].
    ///
    /// # Example
    /// ```
    /// use treering::{metrics::Contingency, runtime::Workers};
    /// let table = Contingency::count(&[0, 0, 1], &[0, 1, 1], None, Workers::alone())?;
    /// assert_eq!(table.cells, Some(vec![1.0, 1.0, 0.0, 1.0]));
    /// # Ok::<(), treering::Error>(())
    /// ```
    pub fn count(y_true: &[i64], y_pred: &[i64], weights: Option<&[f64]>, workers: Workers<'_>) -> Result<Self> {
        if y_pred.len() != y_true.len() {
            return Err(Error::shape("the number of predicted labels", y_true.len(), y_pred.len()));
        }
        if let Some(weights) = weights
            && weights.len() != y_true.len()
        {
            return Err(Error::shape("the number of sample weights", y_true.len(), weights.len()));
        }
        let workers = workers.alone_if(y_true.len() < PARALLEL_ROWS);
        match count_grid(y_true, y_pred, workers)? {
            Some(grid) => from_grid(&grid, y_true, y_pred, weights, workers),
            None => from_codes(y_true, y_pred, weights, workers),
        }
    }

    /// A table that was counted elsewhere: true labels by predicted labels, in C order.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Shape`] unless there are `labels × labels` cells.
    pub fn from_cells(labels: Vec<i64>, cells: Vec<f64>) -> Result<Self> {
        let k = labels.len();
        if cells.len() != k * k {
            return Err(Error::shape("the number of cells of a confusion matrix", k * k, cells.len()));
        }
        let total: f64 = cells.iter().sum();
        let actual = (0..k).map(|i| cells[i * k..(i + 1) * k].iter().sum()).collect();
        let predicted = (0..k).map(|j| (0..k).map(|i| cells[i * k + j]).sum()).collect();
        let correct = (0..k).map(|i| cells[i * k + i]).collect();
        Ok(Self { labels, rows: total as usize, total, actual, predicted, correct, cells: Some(cells) })
    }

    /// The share of rows whose label was predicted. NaN where the total is 0.
    pub fn accuracy(&self) -> f64 {
        self.correct.iter().sum::<f64>() / self.total
    }

    /// Where each of `labels` stands in [`Contingency::labels`].
    pub fn positions(&self, labels: &[i64]) -> Vec<Option<usize>> {
        labels.iter().map(|label| self.labels.binary_search(label).ok()).collect()
    }
}

/// Counts of pairs in a square of `span × span` cells that begins at label `low`.
struct Grid {
    low: i64,
    span: usize,
    cells: Vec<u64>,
}

impl Grid {
    const fn empty() -> Self {
        Self { low: 0, span: 0, cells: Vec::new() }
    }

    /// Makes room for labels in `low..=high`; false if the grid would become too wide.
    fn widen(&mut self, low: i64, high: i64) -> bool {
        let (new_low, new_high) =
            if self.span == 0 { (low, high) } else { (low.min(self.low), high.max(self.low + (self.span as i64 - 1))) };
        if self.span > 0 && new_low == self.low && new_high == self.low + (self.span as i64 - 1) {
            return true;
        }
        let Some(span) = new_high.checked_sub(new_low).filter(|&width| width < WIDEST_SPAN as i64) else {
            return false;
        };
        let span = span as usize + 1;
        let shift = self.low.wrapping_sub(new_low) as usize;
        let mut cells = vec![0; span * span];
        for row in 0..self.span {
            let start = (row + shift) * span + shift;
            cells[start..start + self.span].copy_from_slice(&self.cells[row * self.span..(row + 1) * self.span]);
        }
        *self = Self { low: new_low, span, cells };
        true
    }

    /// Counts rows whose labels the grid has room for.
    fn add(&mut self, y_true: &[i64], y_pred: &[i64]) {
        let (low, span) = (self.low, self.span);
        if span > NARROW_SPAN || y_true.len() < NARROW_CELLS {
            for (&t, &p) in y_true.iter().zip(y_pred) {
                self.cells[(t - low) as usize * span + (p - low) as usize] += 1;
            }
            return;
        }
        // The mask spares the bounds check; labels lie within the span, so it changes none.
        let cell = |t: i64, p: i64| ((t - low) as usize * NARROW_SPAN + (p - low) as usize) & (NARROW_CELLS - 1);
        let mut lanes = [[0u32; NARROW_CELLS]; 4];
        let (true_quads, pred_quads) = (y_true.chunks_exact(4), y_pred.chunks_exact(4));
        for (&t, &p) in true_quads.remainder().iter().zip(pred_quads.remainder()) {
            lanes[0][cell(t, p)] += 1;
        }
        for (t, p) in true_quads.zip(pred_quads) {
            lanes[0][cell(t[0], p[0])] += 1;
            lanes[1][cell(t[1], p[1])] += 1;
            lanes[2][cell(t[2], p[2])] += 1;
            lanes[3][cell(t[3], p[3])] += 1;
        }
        for row in 0..span {
            for column in 0..span {
                let from = row * NARROW_SPAN + column;
                self.cells[row * span + column] += lanes.iter().map(|lane| u64::from(lane[from])).sum::<u64>();
            }
        }
    }

    fn merge(&mut self, other: &Self) -> bool {
        if other.span == 0 {
            return true;
        }
        if !self.widen(other.low, other.low + (other.span as i64 - 1)) {
            return false;
        }
        let shift = (other.low - self.low) as usize;
        for row in 0..other.span {
            let start = (row + shift) * self.span + shift;
            let into = &mut self.cells[start..start + other.span];
            for (sum, count) in into.iter_mut().zip(&other.cells[row * other.span..(row + 1) * other.span]) {
                *sum += count;
            }
        }
        true
    }
}

/// The grid of all pairs, or `None` where labels lie too far apart for one.
fn count_grid(y_true: &[i64], y_pred: &[i64], workers: Workers<'_>) -> Result<Option<Grid>> {
    let rows = y_true.len();
    let count = |block| {
        let end = rows.min((block + 1) * BLOCK_ROWS);
        let mut grid = Grid::empty();
        for start in (block * BLOCK_ROWS..end).step_by(TILE_ROWS) {
            let stop = end.min(start + TILE_ROWS);
            let (t, p) = (&y_true[start..stop], &y_pred[start..stop]);
            let (low_true, high_true) = bounds(t);
            let (low_pred, high_pred) = bounds(p);
            if !grid.widen(low_true.min(low_pred), high_true.max(high_pred)) {
                return Ok(None);
            }
            grid.add(t, p);
        }
        Ok(Some(grid))
    };
    let mut merged = Some(Grid::empty());
    workers.fold(rows.div_ceil(BLOCK_ROWS), count, |grid| {
        merged = merged.take().zip(grid).and_then(|(mut merged, grid)| merged.merge(&grid).then_some(merged));
    })?;
    Ok(merged)
}

fn bounds(labels: &[i64]) -> (i64, i64) {
    labels.iter().fold((i64::MAX, i64::MIN), |(low, high), &label| (low.min(label), high.max(label)))
}

fn from_grid(
    grid: &Grid,
    y_true: &[i64],
    y_pred: &[i64],
    weights: Option<&[f64]>,
    workers: Workers<'_>,
) -> Result<Contingency> {
    let span = grid.span;
    let present: Vec<usize> = (0..span)
        .filter(|&i| (0..span).any(|j| grid.cells[i * span + j] > 0 || grid.cells[j * span + i] > 0))
        .collect();
    let labels = present.iter().map(|&i| grid.low + i as i64).collect();
    let wide: Vec<f64> = match weights {
        None => grid.cells.iter().map(|&count| count as f64).collect(),
        Some(weights) => weigh_grid(grid, y_true, y_pred, weights, workers)?,
    };
    let cells = present.iter().flat_map(|&i| present.iter().map(move |&j| i * span + j)).map(|at| wide[at]).collect();
    let mut table = Contingency::from_cells(labels, cells)?;
    table.rows = y_true.len();
    Ok(table)
}

/// Sums of weights over the cells of a grid: block by block, merged in order.
fn weigh_grid(grid: &Grid, y_true: &[i64], y_pred: &[i64], weights: &[f64], workers: Workers<'_>) -> Result<Vec<f64>> {
    let rows = y_true.len();
    let weigh = |block| {
        let range = block * BLOCK_ROWS..rows.min((block + 1) * BLOCK_ROWS);
        let mut sums = vec![0.0; grid.cells.len()];
        for ((&t, &p), &weight) in y_true[range.clone()].iter().zip(&y_pred[range.clone()]).zip(&weights[range]) {
            sums[(t - grid.low) as usize * grid.span + (p - grid.low) as usize] += weight;
        }
        Ok(sums)
    };
    let mut total = vec![0.0; grid.cells.len()];
    workers.fold(rows.div_ceil(BLOCK_ROWS), weigh, |block: Vec<f64>| {
        total.iter_mut().zip(block).for_each(|(sum, part)| *sum += part);
    })?;
    Ok(total)
}

/// The table for labels that lie far apart: encoded by rank, then summed.
fn from_codes(y_true: &[i64], y_pred: &[i64], weights: Option<&[f64]>, workers: Workers<'_>) -> Result<Contingency> {
    let (labels, codes) = rank(&[y_true, y_pred], workers.cancel())?;
    let (code_true, code_pred) = codes.split_at(y_true.len());
    let k = labels.len();
    let mut table = Contingency {
        rows: y_true.len(),
        total: 0.0,
        actual: vec![0.0; k],
        predicted: vec![0.0; k],
        correct: vec![0.0; k],
        cells: (k <= MOST_LABELS_IN_CELLS).then(|| vec![0.0; k * k]),
        labels,
    };
    for (row, (&t, &p)) in code_true.iter().zip(code_pred).enumerate() {
        let (t, p) = (t as usize, p as usize);
        let weight = weights.map_or(1.0, |weights| weights[row]);
        table.total += weight;
        table.actual[t] += weight;
        table.predicted[p] += weight;
        if t == p {
            table.correct[t] += weight;
        }
        if let Some(cells) = &mut table.cells {
            cells[t * k + p] += weight;
        }
        if row % BLOCK_ROWS == 0 {
            workers.cancel().check()?;
        }
    }
    Ok(table)
}

/// The distinct values of all `parts`, sorted, and for each value its place among them.
///
/// O(n) for values that span up to about eight times their number, else O(n + k log k) with a
/// hash table of the k distinct values.
///
/// # Errors
/// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
pub fn rank(parts: &[&[i64]], cancel: &Cancel) -> Result<(Vec<i64>, Vec<u32>)> {
    let rows: usize = parts.iter().map(|part| part.len()).sum();
    let blocks = || parts.iter().flat_map(|part| part.chunks(BLOCK_ROWS));
    let (mut low, mut high) = (i64::MAX, i64::MIN);
    for block in blocks() {
        cancel.check()?;
        let (block_low, block_high) = bounds(block);
        (low, high) = (low.min(block_low), high.max(block_high));
    }
    let mut codes = reserved(rows)?;
    if rows == 0 {
        return Ok((Vec::new(), codes));
    }
    if let Some(width) = high.checked_sub(low).filter(|&width| width < 8 * rows as i64 + 1024) {
        let mut places = filled(u32::MAX, width as usize + 1)?;
        for block in blocks() {
            cancel.check()?;
            for value in block {
                places[(value - low) as usize] = 0;
            }
        }
        let mut labels = Vec::new();
        for (offset, place) in places.iter_mut().enumerate().filter(|(_, place)| **place == 0) {
            *place = labels.len() as u32;
            labels.push(low + offset as i64);
        }
        for block in blocks() {
            cancel.check()?;
            codes.extend(block.iter().map(|value| places[(value - low) as usize]));
        }
        return Ok((labels, codes));
    }
    let mut found: HashMap<i64, u32> = HashMap::new();
    let mut labels = Vec::new();
    for block in blocks() {
        cancel.check()?;
        codes.extend(block.iter().map(|&value| {
            *found.entry(value).or_insert_with(|| {
                labels.push(value);
                labels.len() as u32 - 1
            })
        }));
    }
    let mut order: Vec<u32> = (0..labels.len() as u32).collect();
    order.sort_unstable_by_key(|&code| labels[code as usize]);
    let mut places = vec![0; labels.len()];
    for (place, &code) in order.iter().enumerate() {
        places[code as usize] = place as u32;
    }
    for code in &mut codes {
        *code = places[*code as usize];
    }
    labels.sort_unstable();
    Ok((labels, codes))
}

#[cfg(test)]
#[allow(clippy::expect_used)] // a test fails by panicking
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use proptest::prelude::*;

    fn plain(y_true: &[i64], y_pred: &[i64], weights: Option<&[f64]>) -> Contingency {
        let labels: Vec<i64> = y_true.iter().chain(y_pred).copied().collect::<BTreeSet<_>>().into_iter().collect();
        let place: BTreeMap<i64, usize> = labels.iter().copied().enumerate().map(|(i, label)| (label, i)).collect();
        let k = labels.len();
        let mut cells = vec![0.0; k * k];
        for row in 0..y_true.len() {
            cells[place[&y_true[row]] * k + place[&y_pred[row]]] += weights.map_or(1.0, |w| w[row]);
        }
        let mut table = Contingency::from_cells(labels, cells).expect("square");
        table.rows = y_true.len();
        table.cells = table.cells.filter(|_| k <= MOST_LABELS_IN_CELLS);
        table
    }

    fn labels() -> impl Strategy<Value = Vec<(i64, i64, u8)>> {
        let close = prop::collection::vec((-3i64..4, -3i64..4, any::<u8>()), 0..2000);
        let wide = prop::collection::vec((-300i64..300, -300i64..300, any::<u8>()), 0..600);
        let far = prop::collection::vec((any::<i64>(), -5i64..5, any::<u8>()), 0..200);
        prop_oneof![close, wide, far]
    }

    proptest! {
        #[test]
        fn every_path_counts_like_the_plain_one(rows in labels()) {
            let y_true: Vec<i64> = rows.iter().map(|row| row.0).collect();
            let y_pred: Vec<i64> = rows.iter().map(|row| row.1).collect();
            let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
            let counted = Contingency::count(&y_true, &y_pred, None, Workers::alone())?;
            prop_assert_eq!(counted, plain(&y_true, &y_pred, None));
            let weighed = Contingency::count(&y_true, &y_pred, Some(&weights), Workers::alone())?;
            prop_assert_eq!(weighed, plain(&y_true, &y_pred, Some(&weights)));
        }

        #[test]
        fn ranks_are_places_among_distinct_values(values in prop::collection::vec(any::<i64>(), 1..200), low in -50i64..0) {
            for values in [values.clone(), values.iter().map(|v| v.rem_euclid(97) + low).collect()] {
                let (labels, codes) = rank(&[&values], &Cancel::new())?;
                prop_assert!(labels.windows(2).all(|pair| pair[0] < pair[1]));
                for (value, code) in values.iter().zip(codes) {
                    prop_assert_eq!(*value, labels[code as usize]);
                }
            }
        }
    }

    #[test]
    fn threads_change_nothing() {
        let rows = 500_001;
        let y_true: Vec<i64> = (0..rows).map(|i| (i * i) % 7).collect();
        let y_pred: Vec<i64> = (0..rows).map(|i| (i * 31) % 6 - (i / 400_000)).collect();
        let weights: Vec<f64> = (0..rows).map(|i| 1.0 / (i as f64 + 1.0)).collect();
        let one = Contingency::count(&y_true, &y_pred, Some(&weights), Workers::alone()).expect("counted");
        for threads in [2, 3, 7] {
            let workers = Workers::unstoppable(threads);
            assert_eq!(Contingency::count(&y_true, &y_pred, Some(&weights), workers).expect("counted"), one);
        }
    }

    #[test]
    fn a_request_stops_every_way_of_counting() {
        let cancel = Cancel::new();
        cancel.request();
        for spread in [1, 1_000_000_007] {
            let labels: Vec<i64> = (0..1000).map(|i| i % 5 * spread).collect();
            assert!(Contingency::count(&labels, &labels, None, Workers::new(1, &cancel)).is_err());
        }
        assert!(from_codes(&[1, 2], &[1, 2], None, Workers::new(1, &cancel)).is_err());
    }

    #[test]
    fn lengths_must_agree() {
        let error = Contingency::count(&[1, 2], &[1], None, Workers::alone()).map_err(|error| error.to_string());
        assert_eq!(error, Err("the number of predicted labels: expected 2, got 1".to_owned()));
    }
}

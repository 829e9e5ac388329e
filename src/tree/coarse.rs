//! A column looked at coarsely, so that few of its rows have to be sorted.
//!
//! Rows are summed by buckets of neighbouring codes. The sums at a bucket's ends, and how far the
//! rows in it can move a score, tell whether any cut in it may be better than the best so far. Only
//! such buckets are sorted and walked through: the cuts tried are fewer, the best of them the same.
//!
//! Each bucket is walked through from the sums before it, so that the score of a cut depends on the
//! node and the column alone, and not on what else was looked at.

use super::criterion::{Payload, Scan};
use super::entries::{SortedRows, Words};
use super::trial::{Target, Trial};
use crate::data::sorting::{Word, sort_words};
use crate::error::Result;
use crate::runtime::Cancel;

/// Fewer rows are sorted at once.
const LEAST_ROWS: usize = 64;

/// So many rows share a bucket, if they are spread evenly.
const ROWS_PER_BUCKET: usize = 8;

/// More buckets than this are slower to sum than they save.
const MOST_BUCKETS: usize = 1 << 9;

/// What the rows of a bucket are kept for.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Use {
    Nothing,
    /// The cut before the next bucket needs their last code.
    LastCode,
    Cuts,
}

/// Sums by buckets; room that is used again.
#[derive(Debug)]
pub(super) struct Buckets<P: Payload, S: Scan<P>> {
    low: u32,
    shift: u32,
    sums: Vec<S::Bucket>,
    /// Where the scan stands before each bucket.
    marks: Vec<S::Mark>,
    uses: Vec<Use>,
}

impl<P: Payload, S: Scan<P>> Default for Buckets<P, S> {
    fn default() -> Self {
        Self { low: 0, shift: 0, sums: Vec::new(), marks: Vec::new(), uses: Vec::new() }
    }
}

impl<P: Payload, S: Scan<P>> Buckets<P, S> {
    /// Whether a column of so many codes is better looked at coarsely than counted.
    pub(super) fn suit_codes(trial: &Trial<P, S>, codes: usize, rows: usize) -> bool {
        S::HAS_BUCKETS && codes > MOST_BUCKETS.max(rows) && !trial.is_limited()
    }

    /// Whether so many rows, whose codes lie between `low` and `high`, are worth a coarse look.
    pub(super) fn suit(trial: &Trial<P, S>, rows: usize, low: u32, high: u32) -> bool {
        S::HAS_BUCKETS && rows >= LEAST_ROWS && (high - low) as usize >= rows / 2 && !trial.is_limited()
    }

    /// Tries the cuts of a column without missing values, whose words lie in the order of the rows
    /// and between `low` and `high`; they are left in any order.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub(super) fn search<W: Word>(
        &mut self,
        trial: &mut Trial<P, S>,
        target: &Target<'_>,
        buffers: &mut Words<W>,
        payloads: &[P],
        (low, high): (u32, u32),
        cancel: &Cancel,
    ) -> Result<()> {
        let Words { words, spare } = buffers;
        trial.scan.begin(&trial.node);
        self.fill(&trial.scan, words, payloads, low, high);
        if !self.choose(&mut trial.scan, trial.best_score, target) {
            return Ok(());
        }
        self.keep_used(words);
        sort_words(words, spare, low, high, cancel)?;
        let (mut rest, mut previous) = (words.as_slice(), None);
        for (at, (&used, &mark)) in self.uses.iter().zip(&self.marks).enumerate() {
            if used == Use::Nothing {
                continue;
            }
            let end = u64::from(low) + ((at as u64 + 1) << self.shift);
            let (words, behind) = rest.split_at(rest.partition_point(|word| u64::from(word.upper()) < end));
            if used == Use::Cuts {
                trial.scan.restore(mark);
                trial.search_among(target, &SortedRows { words, payloads }, previous);
            }
            // Before each bucket with cuts comes the one before it.
            previous = words.last().map(|word| word.upper());
            rest = behind;
        }
        Ok(())
    }

    /// Sums the rows of a node by buckets.
    fn fill<W: Word>(&mut self, scan: &S, words: &[W], payloads: &[P], low: u32, high: u32) {
        let buckets = (words.len() / ROWS_PER_BUCKET).next_power_of_two().min(MOST_BUCKETS);
        let bits = u32::BITS - (high - low).leading_zeros();
        (self.low, self.shift) = (low, bits.saturating_sub(buckets.trailing_zeros()));
        self.sums.clear();
        self.sums.resize(((high - low) >> self.shift) as usize + 1, S::Bucket::default());
        let (shift, sums) = (self.shift, self.sums.as_mut_slice());
        for (word, &payload) in words.iter().zip(payloads) {
            scan.add_to(&mut sums[((word.upper() - low) >> shift) as usize], payload);
        }
    }

    /// Finds the buckets that may hold a better cut than the best so far, among their rows or before
    /// them. Returns whether there are any.
    fn choose(&mut self, scan: &mut S, best_score: f64, target: &Target<'_>) -> bool {
        let empty = S::Bucket::default();
        let (mut bound, mut best_score) = (scan.bound(best_score), best_score);
        // Cuts between buckets may be better themselves.
        let may_cut = |at: usize| {
            let first = self.low + ((at as u32) << self.shift);
            target.separates(first - 1, first)
        };
        self.marks.clear();
        let mut mark = scan.mark();
        for (at, &sum) in self.sums.iter().enumerate() {
            self.marks.push(mark);
            if at > 0 && sum != empty && scan.may_exceed(mark, bound) && may_cut(at) {
                scan.restore(mark);
                let score = scan.score();
                if score > best_score {
                    best_score = score;
                    bound = scan.bound(score);
                }
            }
            mark = S::after(mark, sum);
        }
        self.uses.clear();
        self.uses.resize(self.sums.len(), Use::Nothing);
        let (mut any, mut previous) = (false, None);
        for (at, (&sum, &mark)) in self.sums.iter().zip(&self.marks).enumerate() {
            if sum == empty {
                continue;
            }
            if scan.may_exceed_within(mark, sum, bound) {
                if let Some(previous) = previous.filter(|&previous: &usize| self.uses[previous] == Use::Nothing) {
                    self.uses[previous] = Use::LastCode;
                }
                self.uses[at] = Use::Cuts;
                any = true;
            }
            previous = Some(at);
        }
        any
    }

    /// Keeps the words of buckets that are used.
    fn keep_used<W: Word>(&self, words: &mut Vec<W>) {
        let (low, shift, uses) = (self.low, self.shift, self.uses.as_slice());
        let mut kept = 0;
        for at in 0..words.len() {
            let word = words[at];
            words[kept] = word;
            kept += usize::from(uses[((word.upper() - low) >> shift) as usize] != Use::Nothing);
        }
        words.truncate(kept);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::CodedMatrix;
    use crate::data::MatrixView;
    use crate::runtime::{Stream, Workers};
    use crate::tree::criterion::{BinaryGini, Measure, MomentSums, Pair, PairSums, Response, SquaredError};
    use crate::tree::params::Criterion;
    use crate::tree::trial::Bounds;

    /// The best cut of a column, and its score: of all rows sorted, and of a coarse look.
    fn both_ways<P: Payload, S: Scan<P>>(
        matrix: &CodedMatrix,
        codes: &[u32],
        payloads: &[P],
        mut node: S::Node,
        known: f64,
    ) -> [String; 2] {
        let target = Target { column: 0, coded: &matrix.columns()[0], local: None };
        for &payload in payloads {
            node.add(payload);
        }
        let (low, high) = (*codes.iter().min().unwrap(), *codes.iter().max().unwrap());
        let all = |words: &mut Words<u64>| {
            words.words = codes.iter().enumerate().map(|(place, &code)| Word::new(code, place as u32)).collect();
        };
        [false, true].map(|is_coarse| {
            let mut trial = Trial::<P, S>::new(node.clone(), 1, 0.0);
            trial.begin(payloads, &node, Bounds::default(), true);
            trial.best_score = known;
            let mut buffers = Words::default();
            all(&mut buffers);
            let cancel = Cancel::new();
            if is_coarse {
                let mut buckets = Buckets::default();
                buckets.search(&mut trial, &target, &mut buffers, payloads, (low, high), &cancel).unwrap();
            } else {
                sort_words(&mut buffers.words, &mut buffers.spare, low, high, &cancel).unwrap();
                trial.scan.begin(&trial.node);
                trial.search_among(&target, &SortedRows { words: &buffers.words, payloads }, None);
            }
            format!("{:?} {:?}", trial.best, trial.best_score)
        })
    }

    proptest! {
        #[test]
        fn a_coarse_look_finds_the_same_cut(
            rows in 2usize..600, scale in 1u32..90_000, power in 1i32..6, signal in 0.0..1.0, seed: u64, known in 0.0..1.2,
            is_close: bool,
        ) {
            let mut stream = Stream::new(seed);
            // Neighbouring values may be so close that no cut parts them.
            let step = if is_close { 4e-8 } else { 1.0 };
            let values = ndarray::Array2::from_shape_fn((90_000, 1), |(row, _)| row as f64 * step);
            let matrix = CodedMatrix::encode(MatrixView::F64(values.view()), Workers::alone()).unwrap();
            prop_assume!(matrix.columns()[0].values().len() == 90_000);
            let codes: Vec<u32> =
                (0..rows).map(|_| (f64::from(scale) * stream.uniform().powi(power)) as u32).collect();
            prop_assume!(codes.iter().min() < codes.iter().max());
            let middle = f64::from(scale) / 3.0;
            // Whole numbers, whose sums are exact in any order.
            let numbers: Vec<f64> = codes
                .iter()
                .map(|&code| {
                    let step = if f64::from(code) > middle { signal } else { 0.0 };
                    (1000.0 * (stream.uniform() + step)).round()
                })
                .collect();
            let pairs: Vec<Pair> =
                numbers.iter().map(|&y| Pair::new(u32::from(y > 700.0), 1 + stream.below(3))).collect();
            // Nodes of one class are not split.
            prop_assume!(numbers.iter().any(|&y| (y > 700.0) != (numbers[0] > 700.0)));
            let responses: Vec<Response> =
                numbers.iter().map(|&value| Response { value, weight: f64::from(1 + stream.below(3)) }).collect();
            for known in [f64::NEG_INFINITY, known] {
                let gini = known * -0.4 * rows as f64;
                let [sorted, coarse] =
                    both_ways::<_, BinaryGini>(&matrix, &codes, &pairs, PairSums::default(), gini);
                prop_assert_eq!(sorted, coarse);
                let (weight, sum) = responses.iter().fold((0.0, 0.0), |(weight, sum), row| {
                    (weight + row.weight, sum + row.weight * row.value)
                });
                let squares = if known.is_finite() { sum * sum / weight * (1.0 + known / 10.0) } else { known };
                let [sorted, coarse] =
                    both_ways::<_, SquaredError>(&matrix, &codes, &responses, MomentSums::new(Criterion::SquaredError), squares);
                prop_assert_eq!(sorted, coarse);
            }
        }
    }
}

//! A column looked at coarsely, so that few of its rows have to be sorted.
//!
//! Rows are summed by buckets of neighbouring codes. The sums at a bucket's ends, and how far the
//! rows in it can move a score, tell whether any cut in it may be better than the best so far. Only
//! such buckets are sorted and walked through: the cuts tried are fewer, the best of them the same.

use super::criterion::{Payload, Scan};
use super::trial::Target;
use crate::data::sorting::Word;

/// Fewer rows are sorted at once.
const LEAST_ROWS: usize = 64;

/// So many rows share a bucket, if they are spread evenly.
const ROWS_PER_BUCKET: usize = 8;

/// More buckets than this are slower to sum than they save.
const MOST_BUCKETS: usize = 1 << 9;

/// Sums by buckets; room that is used again.
#[derive(Debug)]
pub(super) struct Buckets<P: Payload, S: Scan<P>> {
    low: u32,
    shift: u32,
    sums: Vec<S::Bucket>,
    /// Where the scan stands before each bucket.
    marks: Vec<S::Mark>,
    /// Whether rows of the bucket are to be walked through.
    wanted: Vec<bool>,
}

impl<P: Payload, S: Scan<P>> Default for Buckets<P, S> {
    fn default() -> Self {
        Self { low: 0, shift: 0, sums: Vec::new(), marks: Vec::new(), wanted: Vec::new() }
    }
}

/// Wanted buckets of which each but the first follows on the one before.
pub(super) struct Run<M> {
    /// The first code behind the run.
    pub(super) end: u64,
    /// Where the scan stands before it.
    pub(super) mark: M,
}

impl<P: Payload, S: Scan<P>> Buckets<P, S> {
    /// Whether columns of so many codes are better looked at coarsely than counted.
    pub(super) fn are_better(codes: usize) -> bool {
        S::HAS_BUCKETS && codes > MOST_BUCKETS
    }

    /// Whether so many rows, whose codes lie between `low` and `high`, are worth a coarse look.
    pub(super) fn suit(rows: usize, low: u32, high: u32) -> bool {
        S::HAS_BUCKETS && rows >= LEAST_ROWS && (high - low) as usize >= rows
    }

    /// Sums the rows of a node by buckets.
    pub(super) fn fill<W: Word>(&mut self, scan: &S, words: &[W], payloads: &[P], low: u32, high: u32) {
        let buckets = (words.len() / ROWS_PER_BUCKET).next_power_of_two().min(MOST_BUCKETS);
        let bits = u32::BITS - (high - low).leading_zeros();
        (self.low, self.shift) = (low, bits.saturating_sub(buckets.trailing_zeros()));
        self.sums.clear();
        self.sums.resize(self.bucket(high) + 1, S::Bucket::default());
        let (shift, sums) = (self.shift, self.sums.as_mut_slice());
        for (word, &payload) in words.iter().zip(payloads) {
            scan.add_to(&mut sums[((word.upper() - low) >> shift) as usize], payload);
        }
    }

    fn bucket(&self, code: u32) -> usize {
        ((code - self.low) >> self.shift) as usize
    }

    /// Marks the buckets that may hold a better cut than the best so far, and the one before each,
    /// whose last code the cut between them needs. Returns whether there are any.
    pub(super) fn choose(&mut self, scan: &mut S, best_score: f64, target: &Target<'_>) -> bool {
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
        self.wanted.clear();
        self.wanted.resize(self.sums.len(), false);
        let (mut any, mut previous) = (false, 0);
        for (at, (&sum, &mark)) in self.sums.iter().zip(&self.marks).enumerate() {
            if sum == empty {
                continue;
            }
            if scan.may_exceed_within(mark, sum, bound) {
                self.wanted[previous] = true;
                self.wanted[at] = true;
                any = true;
            }
            previous = at;
        }
        any
    }

    /// Keeps the words of wanted buckets.
    pub(super) fn keep_wanted<W: Word>(&self, words: &mut Vec<W>) {
        let (low, shift, wanted) = (self.low, self.shift, self.wanted.as_slice());
        let mut kept = 0;
        for at in 0..words.len() {
            let word = words[at];
            words[kept] = word;
            kept += usize::from(wanted[((word.upper() - low) >> shift) as usize]);
        }
        words.truncate(kept);
    }

    /// The wanted buckets, in order.
    pub(super) fn runs(&self) -> impl Iterator<Item = Run<S::Mark>> {
        let empty = S::Bucket::default();
        let end = |at: usize| u64::from(self.low) + ((at as u64 + 1) << self.shift);
        let mut next = 0;
        std::iter::from_fn(move || {
            let first = next + self.wanted.get(next..)?.iter().position(|&wanted| wanted)?;
            let length = self.wanted[first..]
                .iter()
                .zip(&self.sums[first..])
                .position(|(&wanted, &sum)| !wanted && sum != empty)
                .unwrap_or(self.wanted.len() - first);
            next = first + length;
            Some(Run { end: end(next - 1), mark: self.marks[first] })
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::data::MatrixView;
    use crate::data::{CodedMatrix, sorting::sort_words};
    use crate::runtime::{Cancel, Stream, Workers};
    use crate::tree::criterion::{BinaryGini, ClassSums, Counted, Measure, MomentSums, Response, SquaredError};
    use crate::tree::entries::SortedRows;
    use crate::tree::params::Criterion;
    use crate::tree::trial::{Bounds, Trial};

    /// The best cut of a column, and its score: of all rows sorted, and of a coarse look.
    fn both_ways<P: Payload, S: Scan<P>>(codes: &[u32], payloads: &[P], mut node: S::Node, known: f64) -> [String; 2] {
        let values = ndarray::Array2::from_shape_fn((100_000, 1), |(row, _)| row as f64);
        let matrix = CodedMatrix::encode(MatrixView::F64(values.view()), Workers::alone()).unwrap();
        let target = Target { column: 0, coded: &matrix.columns()[0], local: None };
        for &payload in payloads {
            node.add(payload);
        }
        let (low, high) = (*codes.iter().min().unwrap(), *codes.iter().max().unwrap());
        let words: Vec<u64> = codes.iter().enumerate().map(|(place, &code)| Word::new(code, place as u32)).collect();
        let sort = |words: &mut Vec<u64>| sort_words(words, &mut Vec::new(), low, high, &Cancel::new()).unwrap();
        [false, true].map(|is_coarse| {
            let mut trial = Trial::<P, S>::new(node.clone(), 1, 0.0);
            trial.begin(payloads, &node, Bounds::default());
            trial.best_score = known;
            trial.scan.begin(&trial.node);
            let mut words = words.clone();
            if is_coarse {
                let mut buckets = Buckets::default();
                buckets.fill(&trial.scan, &words, payloads, low, high);
                if buckets.choose(&mut trial.scan, trial.best_score, &target) {
                    buckets.keep_wanted(&mut words);
                    sort(&mut words);
                    let mut rest = words.as_slice();
                    for run in buckets.runs() {
                        let (here, behind) =
                            rest.split_at(rest.partition_point(|word| u64::from(word.upper()) < run.end));
                        trial.scan.restore(run.mark);
                        trial.search_among(&target, &SortedRows { words: here, payloads });
                        rest = behind;
                    }
                    assert!(rest.is_empty());
                }
            } else {
                sort(&mut words);
                trial.search_among(&target, &SortedRows { words: &words, payloads });
            }
            format!("{:?} {:?}", trial.best, trial.best_score)
        })
    }

    proptest! {
        #[test]
        fn a_coarse_look_finds_the_same_cut(
            rows in 2usize..600, scale in 1u32..90_000, power in 1i32..6, signal in 0.0..1.0, seed: u64, known in 0.0..1.2,
        ) {
            let mut stream = Stream::new(seed);
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
            let counted: Vec<Counted> =
                numbers.iter().map(|&y| Counted::new(u32::from(y > 700.0), 1 + stream.below(3))).collect();
            // Nodes of one class are not split.
            prop_assume!(counted.iter().any(|row| row.cell() != counted[0].cell()));
            let responses: Vec<Response> =
                numbers.iter().map(|&value| Response { value, weight: f64::from(1 + stream.below(3)) }).collect();
            for known in [f64::NEG_INFINITY, known] {
                let gini = known * -0.4 * rows as f64;
                let [sorted, coarse] =
                    both_ways::<_, BinaryGini>(&codes, &counted, ClassSums::new(Criterion::Gini, 2), gini);
                prop_assert_eq!(sorted, coarse);
                let (weight, sum) = responses.iter().fold((0.0, 0.0), |(weight, sum), row| {
                    (weight + row.weight, sum + row.weight * row.value)
                });
                let squares = if known.is_finite() { sum * sum / weight * (1.0 + known / 10.0) } else { known };
                let [sorted, coarse] =
                    both_ways::<_, SquaredError>(&codes, &responses, MomentSums::new(Criterion::SquaredError), squares);
                prop_assert_eq!(sorted, coarse);
            }
        }
    }
}

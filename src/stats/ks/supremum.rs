//! The largest distances between two empirical distribution functions.
//!
//! While both sorted samples are walked, the lead `i·n₂ − j·n₁` is kept as a whole number, where i
//! and j count the values passed in either sample; the distributions differ by lead / (n₁·n₂)
//! there. The reported statistic is the rounded difference `i/n₁ − j/n₂`, as `SciPy` computes it,
//! so whatever lead could win or tie after rounding is computed that way too.

use std::ops::{Add, Sub};

use crate::data::ordered::Float;

/// A difference of two distribution functions and where it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extreme {
    /// F₁ − F₂, negated where the least difference is meant; never negative.
    pub(super) distance: f64,
    /// The least observation with this distance, one of the first sample where there is one.
    pub(super) location: f64,
    in_first: bool,
}

impl Extreme {
    fn improve(&mut self, other: Self) {
        let same = other.distance == self.distance;
        let sooner = other.in_first == self.in_first && other.location < self.location;
        if other.distance > self.distance || same && (other.in_first && !self.in_first || sooner) {
            *self = other;
        }
    }
}

/// How far the first distribution function gets above (`above`) and below (`below`) the second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Extremes {
    pub(super) above: Extreme,
    pub(super) below: Extreme,
}

/// Finds the extremes of two sorted samples, neither of them empty, both without NaN.
///
/// O(n₁ + n₂), or O(n₂ log n₁) where the second sample is much the smaller one.
pub(super) fn extremes<A: Float, B: Float>(first: &[A], second: &[B]) -> Extremes {
    // A lead is at most n₁·n₂; the margin leaves room for one step and the slack.
    if (first.len() as u128) * (second.len() as u128) < 1 << 62 {
        search::<A, B, i64>(first, second)
    } else {
        search::<A, B, i128>(first, second)
    }
}

/// From this ratio of sizes on, looking up the smaller sample's values beats walking the larger.
const LOOKUP_RATIO: usize = 24;

fn search<A: Float, B: Float, I: Lead>(first: &[A], second: &[B]) -> Extremes {
    let mut found = Found::<A, B, I>::new(first, second);
    if first.len() / LOOKUP_RATIO > second.len() {
        found.look_up();
    } else {
        found.walk();
    }
    Extremes { above: found.above, below: found.below }
}

/// The whole number that holds a lead.
trait Lead: Copy + Ord + From<i64> + Add<Output = Self> + Sub<Output = Self> {
    /// ⌈n₁·n₂ / 2⁵¹⌉, or 0 where leads are too coarse for rounding to matter.
    fn slack(first: usize, second: usize) -> Self;

    fn times(count: usize, other: usize) -> Self;
}

impl Lead for i64 {
    fn slack(first: usize, second: usize) -> Self {
        let product = Self::times(first, second);
        if product < 1 << 50 { 0 } else { (product >> 51) + 1 }
    }

    fn times(count: usize, other: usize) -> Self {
        count as Self * other as Self
    }
}

impl Lead for i128 {
    fn slack(first: usize, second: usize) -> Self {
        (Self::times(first, second) >> 51) + 1
    }

    fn times(count: usize, other: usize) -> Self {
        count as Self * other as Self
    }
}

/// How many stretches of the samples are walked at once: each step waits for the one before it,
/// so a processor has time for several independent walks.
const WALKS: usize = 4;

#[derive(Clone, Copy)]
struct Walk<I> {
    i: usize,
    j: usize,
    end_i: usize,
    end_j: usize,
    lead: I,
    /// The value passed last; NaN before the first.
    last: f64,
}

struct Found<'a, A, B, I> {
    first: &'a [A],
    second: &'a [B],
    above: Extreme,
    below: Extreme,
    /// Leads from `high` upwards or `low` downwards may improve on what was found.
    high: I,
    low: I,
    greatest: I,
    least: I,
    slack: I,
}

impl<'a, A: Float, B: Float, I: Lead> Found<'a, A, B, I> {
    fn new(first: &'a [A], second: &'a [B]) -> Self {
        let end = first[first.len() - 1].widen().max(second[second.len() - 1].widen());
        let nothing = Extreme { distance: 0.0, location: end, in_first: first[first.len() - 1].widen() == end };
        let zero = I::from(0);
        let slack = I::slack(first.len(), second.len());
        // Past the greatest value both functions are 1: the extremes are at least this far.
        Self {
            first,
            second,
            above: nothing,
            below: nothing,
            high: zero - slack,
            low: zero + slack,
            greatest: zero,
            least: zero,
            slack,
        }
    }

    #[inline]
    fn visit(&mut self, i: usize, j: usize, lead: I, location: f64) {
        if lead >= self.high || lead <= self.low {
            self.compare(i, j, lead, location);
        }
    }

    #[cold]
    #[inline(never)]
    fn compare(&mut self, i: usize, j: usize, lead: I, location: f64) {
        let difference = i as f64 / self.first.len() as f64 - j as f64 / self.second.len() as f64;
        let in_first = i > 0 && self.first[i - 1].widen() == location;
        if lead >= self.high {
            self.above.improve(Extreme { distance: difference, location, in_first });
            self.greatest = self.greatest.max(lead);
            self.high = self.greatest - self.slack;
        }
        if lead <= self.low {
            self.below.improve(Extreme { distance: -difference, location, in_first });
            self.least = self.least.min(lead);
            self.low = self.least + self.slack;
        }
    }

    fn lead(&self, i: usize, j: usize) -> I {
        I::times(i, self.second.len()) - I::times(j, self.first.len())
    }

    /// Visits every distinct value at which an extreme can be.
    fn walk(&mut self) {
        let mut walks = self.stretches();
        loop {
            let steps =
                walks.iter().map(|walk| (walk.end_i - walk.i).min(walk.end_j - walk.j)).min().unwrap_or_default();
            if steps < 16 {
                break;
            }
            for _ in 0..steps {
                for walk in &mut walks {
                    self.step(walk);
                }
            }
        }
        for walk in &mut walks {
            while walk.i < walk.end_i && walk.j < walk.end_j {
                self.step(walk);
            }
            self.finish(walk);
        }
    }

    /// Cuts both samples after the same values.
    fn stretches(&self) -> [Walk<I>; WALKS] {
        let mut begin = (0, 0, f64::NAN);
        std::array::from_fn(|k| {
            let (i, j, last) = begin;
            let end = if k + 1 == WALKS {
                (self.first.len(), self.second.len(), f64::NAN)
            } else {
                let cut = self.first[self.first.len() * (k + 1) / WALKS].widen();
                let end_i = self.first.partition_point(|value| value.widen() <= cut);
                (end_i, self.second.partition_point(|value| value.widen() <= cut), cut)
            };
            begin = end;
            Walk { i, j, end_i: end.0, end_j: end.1, lead: self.lead(i, j), last }
        })
    }

    /// Passes the lesser of the two next values, both if they are equal.
    #[inline]
    fn step(&mut self, walk: &mut Walk<I>) {
        let (x, y) = (self.first[walk.i].widen(), self.second[walk.j].widen());
        let next = if x < y { x } else { y };
        // Between equal values neither distribution function has its value yet.
        if next > walk.last && (walk.lead >= self.high || walk.lead <= self.low) {
            self.compare(walk.i, walk.j, walk.lead, walk.last);
        }
        let (pass_x, pass_y) = (x <= y, y <= x);
        let zero = I::from(0);
        let up = if pass_x { I::from(self.second.len() as i64) } else { zero };
        let down = if pass_y { I::from(self.first.len() as i64) } else { zero };
        walk.i += usize::from(pass_x);
        walk.j += usize::from(pass_y);
        walk.lead = walk.lead + up - down;
        walk.last = next;
    }

    /// One sample has no values left in this stretch, so from the next distinct value on the
    /// lead only rises or only falls: the two ends of the rest are all that matters.
    fn finish(&mut self, walk: &Walk<I>) {
        let (mut i, mut j) = (walk.i, walk.j);
        while i < walk.end_i && self.first[i].widen() <= walk.last {
            i += 1;
        }
        while j < walk.end_j && self.second[j].widen() <= walk.last {
            j += 1;
        }
        if !walk.last.is_nan() {
            self.visit(i, j, self.lead(i, j), walk.last);
        }
        let (i, j) = (walk.end_i, walk.end_j);
        let end_first = i.checked_sub(1).map_or(f64::NEG_INFINITY, |i| self.first[i].widen());
        let end_second = j.checked_sub(1).map_or(f64::NEG_INFINITY, |j| self.second[j].widen());
        if i + j > 0 {
            self.visit(i, j, self.lead(i, j), end_first.max(end_second));
        }
    }

    /// Visits the second sample's distinct values and the first sample's values just below them.
    /// Between those the lead only rises.
    fn look_up(&mut self) {
        let (mut i, mut j) = (0, 0);
        while j < self.second.len() {
            let value = self.second[j].widen();
            i = gallop(self.first, i, |x| x < value);
            if let Some(below) = i.checked_sub(1).map(|i| self.first[i].widen())
                && (j == 0 || self.second[j - 1].widen() < below)
            {
                self.visit(i, j, self.lead(i, j), below);
            }
            i = gallop(self.first, i, |x| x <= value);
            while j < self.second.len() && self.second[j].widen() <= value {
                j += 1;
            }
            self.visit(i, j, self.lead(i, j), value);
        }
    }
}

/// The first index from `from` on whose value does not hold, in steps that double.
fn gallop<T: Float>(values: &[T], from: usize, holds: impl Fn(f64) -> bool) -> usize {
    let mut low = from;
    let mut step = 1;
    while low + step <= values.len() && holds(values[low + step - 1].widen()) {
        low += step;
        step *= 2;
    }
    let high = (low + step).min(values.len());
    low + values[low..high].partition_point(|value| holds(value.widen()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Stream;
    use proptest::prelude::*;

    /// The definition, as `SciPy` evaluates it.
    fn by_definition(first: &[f64], second: &[f64]) -> (f64, f64, f64, f64) {
        let rank = |sample: &[f64], v: f64| sample.iter().filter(|&&x| x <= v).count() as f64 / sample.len() as f64;
        let (mut above, mut below) = ((f64::NEG_INFINITY, 0.0), (f64::NEG_INFINITY, 0.0));
        for &v in first.iter().chain(second) {
            let difference = rank(first, v) - rank(second, v);
            if difference > above.0 {
                above = (difference, v);
            }
            if -difference > below.0 {
                below = (-difference, v);
            }
        }
        (above.0, above.1, below.0, below.1)
    }

    fn assert_same<I: Lead>(first: &[f64], second: &[f64], look_up: bool) {
        let mut found = Found::<f64, f64, I>::new(first, second);
        if look_up {
            found.look_up();
        } else {
            found.walk();
        }
        let got = (found.above.distance, found.above.location, found.below.distance, found.below.location);
        assert_eq!(got, by_definition(first, second), "{first:?} {second:?}");
    }

    fn sorted(values: &[u8]) -> Vec<f64> {
        let mut values: Vec<f64> = values.iter().map(|&v| f64::from(v)).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    proptest! {
        #[test]
        fn every_way_finds_what_the_definition_says(
            a in prop::collection::vec(0u8..12, 1..40),
            b in prop::collection::vec(0u8..12, 1..40),
        ) {
            let (a, b) = (sorted(&a), sorted(&b));
            for look_up in [false, true] {
                assert_same::<i64>(&a, &b, look_up);
                assert_same::<i128>(&a, &b, look_up);
            }
        }
    }

    #[test]
    fn longer_samples_too() {
        let mut stream = Stream::new(5);
        for levels in [10.0, 100.0, 1e15] {
            for shift in [0.0, 0.1, 2.0] {
                let mut draw = |n: usize, shift: f64| {
                    let mut values: Vec<f64> =
                        (0..n).map(|_| (stream.uniform() * levels).floor() + shift * levels).collect();
                    values.sort_by(f64::total_cmp);
                    values
                };
                let (a, b, c) = (draw(700, 0.0), draw(531, shift), draw(9, shift));
                for (x, y) in [(&a, &b), (&b, &a), (&a, &a), (&a, &c), (&c, &a)] {
                    assert_same::<i64>(x, y, false);
                    assert_same::<i128>(x, y, true);
                }
            }
        }
    }
}

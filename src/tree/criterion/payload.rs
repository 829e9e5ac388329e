//! What a training row carries while a tree grows.
//!
//! Whole-number weights (none at all, or bootstrap counts) are kept as integers where classes are
//! counted, so every sum is exact and does not depend on the order of rows; other sums are floats.

use std::ops::{AddAssign, Sub};

/// The label and the weight of one training row.
pub(in crate::tree) trait Payload: Copy + Default + Send + Sync {
    /// What is summed over rows.
    type Sum: Sum;
    /// Whether all rows belong to the same sum.
    const IS_ONE_CELL: bool = false;
    /// Which sum the row belongs to: its class, or 0, or the row itself.
    fn cell(self) -> usize;
    /// What the row adds to it.
    fn amount(self) -> Self::Sum;
}

/// A sum over rows.
pub(in crate::tree) trait Sum:
    Copy + Default + Send + Sync + PartialEq + AddAssign + Sub<Output = Self>
{
    /// Whether sums are the same in any order.
    const IS_EXACT: bool;

    /// The weight of the rows in it.
    fn weight(self) -> f64;
}

impl Sum for u32 {
    const IS_EXACT: bool = true;

    fn weight(self) -> f64 {
        f64::from(self)
    }
}

impl Sum for f64 {
    const IS_EXACT: bool = false;

    fn weight(self) -> f64 {
        self
    }
}

/// A class below 65,536 and a whole-number weight below 65,536, in one word.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::tree) struct Counted(u32);

impl Counted {
    pub(in crate::tree) const MOST_CLASSES: usize = 1 << 16;
    pub(in crate::tree) const MOST_WEIGHT: f64 = 65_535.0;
    /// Products of two sums up to this are exact in floats.
    pub(in crate::tree) const MOST_TOTAL: f64 = (1u64 << 26) as f64;

    pub(in crate::tree) fn new(class: u32, weight: u32) -> Self {
        Self(class << 16 | weight)
    }
}

impl Payload for Counted {
    type Sum = u32;

    #[inline]
    fn cell(self) -> usize {
        (self.0 >> 16) as usize
    }

    #[inline]
    fn amount(self) -> u32 {
        self.0 & 0xffff
    }
}

/// The weight of rows below 2³², and above 32 bits the weight of those of the second of two classes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::tree) struct Pair(u64);

impl Pair {
    pub(in crate::tree) fn new(class: u32, weight: u32) -> Self {
        Self::of(weight, class * weight)
    }

    #[inline]
    pub(super) fn of(all: u32, second: u32) -> Self {
        Self(u64::from(all) | u64::from(second) << 32)
    }

    #[inline]
    pub(super) fn all(self) -> u32 {
        self.0 as u32
    }

    #[inline]
    pub(super) fn second(self) -> u32 {
        (self.0 >> 32) as u32
    }
}

impl AddAssign for Pair {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl Sub for Pair {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Sum for Pair {
    const IS_EXACT: bool = true;

    fn weight(self) -> f64 {
        f64::from(self.all())
    }
}

impl Payload for Pair {
    type Sum = Self;

    const IS_ONE_CELL: bool = true;

    #[inline]
    fn cell(self) -> usize {
        0
    }

    #[inline]
    fn amount(self) -> Self {
        self
    }
}

/// A class and any weight.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::tree) struct Weighted {
    pub(in crate::tree) class: u32,
    pub(in crate::tree) weight: f64,
}

impl Payload for Weighted {
    type Sum = f64;

    #[inline]
    fn cell(self) -> usize {
        self.class as usize
    }

    #[inline]
    fn amount(self) -> f64 {
        self.weight
    }
}

/// A number and a weight.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::tree) struct Response {
    pub(in crate::tree) value: f64,
    pub(in crate::tree) weight: f64,
}

/// The weight of rows, and the weighted sum of their numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::tree) struct Moments {
    pub(in crate::tree) weight: f64,
    pub(in crate::tree) response: f64,
}

impl AddAssign for Moments {
    #[inline]
    fn add_assign(&mut self, other: Self) {
        self.weight += other.weight;
        self.response += other.response;
    }
}

impl Sub for Moments {
    type Output = Self;

    #[inline]
    fn sub(self, other: Self) -> Self {
        Self { weight: self.weight - other.weight, response: self.response - other.response }
    }
}

impl Sum for Moments {
    const IS_EXACT: bool = false;

    fn weight(self) -> f64 {
        self.weight
    }
}

impl Payload for Response {
    type Sum = Moments;

    const IS_ONE_CELL: bool = true;

    #[inline]
    fn cell(self) -> usize {
        0
    }

    #[inline]
    fn amount(self) -> Moments {
        Moments { weight: self.weight, response: self.weight * self.value }
    }
}

/// The place of a row among the labels, and its weight: for what looks labels up.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::tree) struct Placed {
    pub(in crate::tree) place: u32,
    pub(in crate::tree) weight: f64,
}

impl Payload for Placed {
    type Sum = f64;

    #[inline]
    fn cell(self) -> usize {
        self.place as usize
    }

    #[inline]
    fn amount(self) -> f64 {
        self.weight
    }
}

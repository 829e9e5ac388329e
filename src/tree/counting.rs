//! Rows of a node in ascending order of their codes, from sums by code.

use super::criterion::{Payload, Scan, Sum};
use super::entries::{CUTS, Entries};
use crate::data::Code;

/// Of so few cells most occur where one does.
const FEW_CELLS: usize = 3;

/// Sums of cells by code, with a bit for every code that was touched, so that neither walking nor
/// clearing costs more than the node's rows.
#[derive(Debug)]
pub(super) struct Counts<S> {
    /// Sums for each code; none where there are too many to count.
    cells: Option<usize>,
    count_rows: bool,
    sums: Vec<S>,
    rows: Vec<u32>,
    /// A one for each code that was touched while rows are counted: quicker to write than a bit.
    marks: Vec<u8>,
    touched: Vec<u64>,
}

impl<S: Sum> Counts<S> {
    /// Empty sums of so many cells; rows are counted only if asked.
    pub(super) fn new(cells: Option<usize>, count_rows: bool) -> Self {
        Self { cells, count_rows, sums: Vec::new(), rows: Vec::new(), marks: Vec::new(), touched: Vec::new() }
    }

    /// Whether counting so many codes costs less than sorting.
    pub(super) fn suits(&self, codes: usize, rows: usize) -> bool {
        // Sums of many cells are read one by one for every code.
        let most_codes = if self.per_code() <= FEW_CELLS { 4 * rows } else { 8 * rows / self.per_code() };
        self.cells.is_some() && rows >= 16 && codes <= most_codes.min((1 << 18) / self.per_code().max(1))
    }

    fn per_code(&self) -> usize {
        self.cells.unwrap_or(0)
    }

    pub(super) fn fill<C: Code, P: Payload<Sum = S>>(
        &mut self,
        missing_code: u32,
        codes: &[C],
        rows: &[u32],
        payloads: &[P],
    ) {
        let (codes_here, cells) = (missing_code as usize + 1, self.per_code());
        let words = codes_here.div_ceil(64);
        if self.sums.len() < codes_here * cells {
            self.sums.resize(codes_here * cells, S::default());
        }
        if self.marks.len() < words * 64 {
            self.marks.resize(words * 64, 0);
        }
        // Slices, so that their bounds stay in registers.
        let (sums, marks) = (self.sums.as_mut_slice(), &mut self.marks[..words * 64]);
        for (&row, payload) in rows.iter().zip(payloads) {
            let code = codes[row as usize].get() as usize;
            let first = if P::IS_ONE_CELL { code } else { code * cells + payload.cell() };
            sums[first] += payload.amount();
            marks[code] = 1;
        }
        self.touched.clear();
        self.touched.extend(marks.chunks_exact(64).map(bits_of));
        marks.fill(0);
        if self.count_rows {
            if self.rows.len() < codes_here {
                self.rows.resize(codes_here, 0);
            }
            for &row in rows {
                self.rows[codes[row as usize].get() as usize] += 1;
            }
        }
    }

    fn sums_of(&self, code: u32) -> &[S] {
        &self.sums[code as usize * self.per_code()..][..self.per_code()]
    }

    /// How many rows have a code; only whether there are any, when rows are not counted.
    fn rows_of(&self, code: u32) -> u32 {
        if self.count_rows {
            self.rows[code as usize]
        } else {
            (self.touched[code as usize / 64] >> (code % 64) & 1) as u32
        }
    }

    pub(super) fn clear(&mut self) {
        let cells = self.per_code();
        for (word, &bits) in self.touched.iter().enumerate() {
            for_each_bit(bits, |bit| {
                let code = word * 64 + bit;
                if cells == 1 {
                    self.sums[code] = S::default();
                } else {
                    self.sums[code * cells..][..cells].fill(S::default());
                }
                if self.count_rows {
                    self.rows[code] = 0;
                }
            });
        }
    }
}

/// A bit for each byte, which is zero or one.
fn bits_of(bytes: &[u8]) -> u64 {
    // Shifts every byte's bit to its place among the uppermost eight.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let eight = |bytes: &[u8]| bytes.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
    bytes.chunks_exact(8).rev().fold(0, |bits, bytes| bits << 8 | eight(bytes).wrapping_mul(GATHER) >> 56)
}

fn for_each_bit(mut bits: u64, mut visit: impl FnMut(usize)) {
    while bits != 0 {
        visit(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

/// One entry for each code and cell that occurs, from sums.
pub(super) struct CountedRows<'a, S> {
    pub(super) counts: &'a Counts<S>,
    /// Whether these are the rows of missing value, or all others.
    pub(super) missing: bool,
    pub(super) missing_code: u32,
}

impl<S: Sum> CountedRows<'_, S> {
    /// The touched codes of a word that belong here.
    fn touched(&self, word: usize) -> u64 {
        let here = if word == self.missing_code as usize / 64 { 1 << (self.missing_code % 64) } else { 0 };
        self.counts.touched[word] & if self.missing { here } else { !here }
    }

    /// The smallest and the largest code.
    pub(super) fn range(&self) -> Option<(u32, u32)> {
        let words = 0..self.counts.touched.len();
        let first = words.clone().find(|&word| self.touched(word) != 0)?;
        let last = words.rev().find(|&word| self.touched(word) != 0)?;
        let low = first as u32 * 64 + self.touched(first).trailing_zeros();
        Some((low, last as u32 * 64 + 63 - self.touched(last).leading_zeros()))
    }
}

/// The words of touched codes that are done, and what is left of the next.
#[derive(Debug, Default)]
pub(super) struct Place {
    words: usize,
    bits: u64,
}

impl<P: Payload> Entries<P> for CountedRows<'_, P::Sum> {
    type Position = Place;

    fn rows(&self) -> u32 {
        if self.missing { self.counts.rows_of(self.missing_code) } else { 1 }
    }

    fn first_code(&self) -> u32 {
        self.range().map_or(0, |(low, _)| low)
    }

    #[inline]
    fn visit(&self, mut visit: impl FnMut(u32, u32, usize, P::Sum)) {
        let few_cells = self.counts.per_code() <= FEW_CELLS;
        for word in 0..self.counts.touched.len() {
            for_each_bit(self.touched(word), |bit| {
                let code = (word * 64 + bit) as u32;
                let mut rows = self.counts.rows_of(code);
                for (cell, &sum) in self.counts.sums_of(code).iter().enumerate() {
                    // Of few cells most occur: a branch that cannot be foretold costs more than a
                    // sum of zero.
                    if few_cells || sum != P::Sum::default() {
                        visit(code, std::mem::take(&mut rows), cell, sum);
                    }
                }
            });
        }
    }

    #[inline]
    fn advance<S: Scan<P>>(
        &self,
        position: &mut Place,
        scan: &mut S,
        codes: &mut [u32; CUTS],
        marks: &mut [S::Mark; CUTS],
    ) -> usize {
        let Place { mut words, mut bits } = *position;
        let mut length = 0;
        let mut moved = std::mem::take(scan);
        while length < CUTS {
            if bits == 0 {
                if words == self.counts.touched.len() {
                    break;
                }
                bits = self.touched(words);
                words += 1;
                continue;
            }
            let code = (words as u32 - 1) * 64 + bits.trailing_zeros();
            bits &= bits - 1;
            codes[length] = code;
            marks[length] = moved.mark();
            length += 1;
            if P::IS_ONE_CELL {
                moved.add(0, self.counts.sums[code as usize]);
            } else {
                moved.add_all(self.counts.sums_of(code));
            }
        }
        *scan = moved;
        *position = Place { words, bits };
        length
    }
}

//! Rows of a node in ascending order of their codes, from sorted words.

use super::criterion::{Payload, Scan};
use crate::data::Code;
use crate::data::sorting::Word;
use crate::error::Result;
use crate::runtime::memory::make_room;

/// As many cuts as are judged together.
pub(super) const CUTS: usize = 32;

/// Rows of a node in ascending order of their codes.
pub(super) trait Entries<P: Payload> {
    /// How far [`Entries::advance`] has come.
    type Position: Default;

    /// How many rows there are; at least whether there are any.
    fn rows(&self) -> u32;
    /// The code of the first row; any number where there is none.
    fn first_code(&self) -> u32;
    /// Visits codes, numbers of rows, cells and amounts.
    fn visit(&self, visit: impl FnMut(u32, u32, usize, P::Sum));
    /// Moves a scan over the next codes; writes them, and where the scan stood before each.
    /// Returns how many there were: 0 at the end.
    fn advance<S: Scan<P>>(
        &self,
        position: &mut Self::Position,
        scan: &mut S,
        codes: &mut [u32; CUTS],
        marks: &mut [S::Mark; CUTS],
    ) -> usize;
}

/// One entry for each row, from sorted words of its code and its place in the node.
pub(super) struct SortedRows<'a, W, P> {
    pub(super) words: &'a [W],
    pub(super) payloads: &'a [P],
}

impl<W: Word, P: Payload> Entries<P> for SortedRows<'_, W, P> {
    type Position = usize;

    fn rows(&self) -> u32 {
        self.words.len() as u32
    }

    fn first_code(&self) -> u32 {
        self.words.first().map_or(0, |word| word.upper())
    }

    #[inline]
    fn visit(&self, mut visit: impl FnMut(u32, u32, usize, P::Sum)) {
        for &word in self.words {
            let payload = self.payloads[word.lower() as usize];
            visit(word.upper(), 1, payload.cell(), payload.amount());
        }
    }

    #[inline]
    fn advance<S: Scan<P>>(
        &self,
        position: &mut usize,
        scan: &mut S,
        codes: &mut [u32; CUTS],
        marks: &mut [S::Mark; CUTS],
    ) -> usize {
        let words = &self.words[*position..];
        let words = &words[..words.len().min(CUTS)];
        // What changes from row to row is local, so that it stays in registers.
        let mut moved = std::mem::take(scan);
        for ((&word, code), mark) in words.iter().zip(codes).zip(marks) {
            let payload = self.payloads[word.lower() as usize];
            *code = word.upper();
            *mark = moved.mark();
            moved.add(payload.cell(), payload.amount());
        }
        *scan = moved;
        *position += words.len();
        words.len()
    }
}

/// A node's words, and room to sort them.
#[derive(Debug, Default)]
pub(super) struct Words<W> {
    pub(super) words: Vec<W>,
    pub(super) spare: Vec<W>,
}

impl<W: Word> Words<W> {
    /// Packs every row's code and place into a word; returns the smallest and the largest code.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    #[inline]
    pub(super) fn gather<C: Code>(&mut self, codes: &[C], rows: &[u32]) -> Result<(u32, u32)> {
        let (mut low, mut high) = (u32::MAX, 0);
        self.words.clear();
        make_room(&mut self.words, rows.len())?;
        self.words.extend(rows.iter().enumerate().map(|(place, &row)| {
            let code = codes[row as usize].get();
            low = low.min(code);
            high = high.max(code);
            W::new(code, place as u32)
        }));
        Ok((low, high))
    }
}

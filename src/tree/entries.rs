//! Rows of a node in ascending order of their codes, from sorted words.

use super::criterion::Payload;

/// A code as it is stored.
pub(super) trait Code: Copy {
    fn get(self) -> u32;
}

impl Code for u8 {
    fn get(self) -> u32 {
        u32::from(self)
    }
}

impl Code for u16 {
    fn get(self) -> u32 {
        u32::from(self)
    }
}

impl Code for u32 {
    fn get(self) -> u32 {
        self
    }
}

/// Rows of a node in ascending order of their codes.
pub(super) trait Entries<P: Payload> {
    /// How many rows there are; at least whether there are any.
    fn rows(&self) -> u32;
    /// The code of the first row; any number where there is none.
    fn first_code(&self) -> u32;
    /// Visits codes, numbers of rows, cells and amounts.
    fn visit(&self, visit: impl FnMut(u32, u32, usize, P::Sum));
}

/// One entry for each row, from sorted words.
pub(super) struct SortedRows<'a, P> {
    pub(super) keys: &'a [u64],
    pub(super) payloads: &'a [P],
}

impl<P: Payload> Entries<P> for SortedRows<'_, P> {
    fn rows(&self) -> u32 {
        self.keys.len() as u32
    }

    fn first_code(&self) -> u32 {
        self.keys.first().map_or(0, |&key| code_of(key))
    }

    #[inline]
    fn visit(&self, mut visit: impl FnMut(u32, u32, usize, P::Sum)) {
        for &key in self.keys {
            let payload = P::unpack(key as u32, self.payloads);
            visit(code_of(key), 1, payload.cell(), payload.amount());
        }
    }
}

#[inline]
pub(super) fn code_of(key: u64) -> u32 {
    (key >> 32) as u32
}

/// Packs every row's code and payload into a word; returns the smallest and the largest code.
#[inline]
pub(super) fn gather<C: Code, P: Payload>(
    keys: &mut Vec<u64>,
    codes: &[C],
    rows: &[u32],
    payloads: &[P],
) -> (u32, u32) {
    let (mut low, mut high) = (u32::MAX, 0);
    keys.clear();
    keys.extend(rows.iter().zip(payloads).enumerate().map(|(index, (&row, payload))| {
        let code = codes[row as usize].get();
        low = low.min(code);
        high = high.max(code);
        u64::from(code) << 32 | u64::from(payload.pack(index as u32))
    }));
    (low, high)
}

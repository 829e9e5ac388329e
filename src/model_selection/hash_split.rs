//! Splits by the identifiers of rows, which stay as they are when data grows.

use crate::error::{Error, Result};
use crate::runtime::Cancel;
use crate::runtime::memory::filled;

/// Rows between two looks at the cancel flag.
const POLL_ROWS: usize = 1 << 16;

/// What the remainders of CRC-32 become, for each value of a byte that stands so many bytes before the end.
static TABLES: [[u32; 256]; 8] = tables();

const fn tables() -> [[u32; 256]; 8] {
    const POLYNOMIAL: u32 = 0xedb8_8320;
    let mut tables = [[0; 256]; 8];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            remainder = (remainder >> 1) ^ (POLYNOMIAL * (remainder & 1));
            bit += 1;
        }
        tables[0][byte] = remainder;
        byte += 1;
    }
    let mut behind = 1;
    while behind < 8 {
        byte = 0;
        while byte < 256 {
            let remainder = tables[behind - 1][byte];
            tables[behind][byte] = (remainder >> 8) ^ tables[0][(remainder & 255) as usize];
            byte += 1;
        }
        behind += 1;
    }
    tables
}

/// CRC-32 of 64 bits, whose bytes stand least first: a table for each byte, since a general routine takes
/// longer to begin than eight bytes take.
#[inline]
fn checksum(bits: u64) -> u32 {
    let bytes = (bits ^ 0xffff_ffff).to_le_bytes();
    !bytes.iter().zip(TABLES.iter().rev()).fold(0, |sum, (&byte, table)| sum ^ table[byte as usize])
}

/// Which rows test: those whose CRC-32 lies below a share of all checksums (A. Géron, "Hands-On
/// Machine Learning", chapter 2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TestShare(f64);

impl TestShare {
    /// A share between 0 and 1.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Parameter`] for any other.
    pub fn new(test_size: f64) -> Result<Self> {
        if test_size > 0.0 && test_size < 1.0 {
            return Ok(Self(test_size));
        }
        Err(Error::parameter("test_size", "a share between 0 and 1", test_size))
    }

    /// Whether the row of an identifier tests. O(bytes).
    #[inline]
    pub fn holds(self, identifier: &[u8]) -> bool {
        u64::from(crc32fast::hash(identifier)) < self.least_of_training()
    }

    /// The least checksum of a row that trains.
    fn least_of_training(self) -> u64 {
        const CHECKSUMS: f64 = 4_294_967_296.0;
        (self.0 * CHECKSUMS).ceil() as u64
    }

    /// The rows that train and those that test, by identifiers of 64 bits, whose bytes stand least first.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn split(self, identifiers: &[i64], cancel: &Cancel) -> Result<(Vec<i64>, Vec<i64>)> {
        let rows = identifiers.len();
        let (mut train, mut test) = (filled(0, rows)?, filled(0, rows)?);
        let (mut trains, mut tests) = (0, 0);
        let least_of_training = self.least_of_training();
        for (row, &identifier) in identifiers.iter().enumerate() {
            if row % POLL_ROWS == 0 {
                cancel.check()?;
            }
            // Written to both sides, and kept by one: which it is, no processor can foresee.
            let is_test = u64::from(checksum(identifier as u64)) < least_of_training;
            train[trains] = row as i64;
            test[tests] = row as i64;
            trains += usize::from(!is_test);
            tests += usize::from(is_test);
        }
        train.truncate(trains);
        test.truncate(tests);
        Ok((train, test))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_rule() -> Result<()> {
        // zlib.crc32(numpy.int64(0)) and so on.
        let published: [u32; 5] = [1_696_784_233, 2_844_319_735, 654_825_492, 3_954_038_922, 3_781_742_995];
        for (identifier, checksum) in published.into_iter().enumerate() {
            let bytes = (identifier as i64).to_le_bytes();
            let share = f64::from(checksum) / 4_294_967_296.0;
            assert!(!TestShare::new(share)?.holds(&bytes));
            assert!(TestShare::new(share + 1e-9)?.holds(&bytes));
        }
        assert_eq!(TestShare::new(0.2)?.split(&[0, 1, 2, 3, 4], &Cancel::new())?, (vec![0, 1, 3, 4], vec![2]));
        Ok(())
    }

    proptest! {
        #[test]
        fn tables_give_the_checksum(bits in any::<u64>()) {
            prop_assert_eq!(checksum(bits), crc32fast::hash(&bits.to_le_bytes()));
        }

        #[test]
        fn a_row_is_on_one_side(identifiers in prop::collection::vec(any::<i64>(), 0..200), share in 0.01..0.99) {
            let share = TestShare::new(share)?;
            let (train, test) = share.split(&identifiers, &Cancel::new())?;
            let holds = |&row: &i64| share.holds(&identifiers[row as usize].to_le_bytes());
            prop_assert!(test.iter().all(holds) && !train.iter().any(holds));
            let mut all = [train, test].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..identifiers.len() as i64).collect::<Vec<_>>());
        }
    }

    #[test]
    fn shares_that_leave_a_side_empty_are_refused() {
        for share in [0.0, 1.0, -0.5, f64::NAN, 20.0] {
            assert!(TestShare::new(share).is_err());
        }
    }
}

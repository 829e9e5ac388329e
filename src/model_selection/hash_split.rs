//! Splits by the identifiers of rows, which stay as they are when data grows.

use crate::error::{Error, Result};
use crate::runtime::Cancel;
use crate::runtime::memory::reserved;

/// Rows between two looks at the cancel flag.
const POLL_ROWS: usize = 1 << 16;

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
        const CHECKSUMS: f64 = 4_294_967_296.0;
        f64::from(crc32fast::hash(identifier)) < self.0 * CHECKSUMS
    }

    /// The rows that train and those that test, by identifiers of 64 bits, whose bytes stand least first.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`], [`crate::ErrorKind::Cancelled`].
    pub fn split(self, identifiers: &[i64], cancel: &Cancel) -> Result<(Vec<i64>, Vec<i64>)> {
        let (mut train, mut test) = (reserved(identifiers.len())?, reserved(identifiers.len())?);
        for (row, identifier) in identifiers.iter().enumerate() {
            if row % POLL_ROWS == 0 {
                cancel.check()?;
            }
            let side = if self.holds(&identifier.to_le_bytes()) { &mut test } else { &mut train };
            side.push(row as i64);
        }
        Ok((train, test))
    }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn shares_that_leave_a_side_empty_are_refused() {
        for share in [0.0, 1.0, -0.5, f64::NAN, 20.0] {
            assert!(TestShare::new(share).is_err());
        }
    }
}

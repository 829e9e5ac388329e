//! Room for results whose size the caller decides.
//!
//! A broadcast array of a few bytes may have more rows than any memory holds, and the standard
//! vector ends the process where memory ends. Whatever grows with the rows of a call is therefore
//! made here, where a lack of memory is an error like others.

use crate::error::{Error, Result};

/// An empty vector with room for `length` items.
///
/// # Errors
/// [`crate::ErrorKind::Memory`] where there is not so much memory.
pub fn reserved<T>(length: usize) -> Result<Vec<T>> {
    let mut items = Vec::new();
    make_room(&mut items, length)?;
    Ok(items)
}

/// A vector of `length` equal items.
///
/// # Errors
/// [`crate::ErrorKind::Memory`] where there is not so much memory.
pub fn filled<T: Clone>(item: T, length: usize) -> Result<Vec<T>> {
    let mut items = reserved(length)?;
    items.resize(length, item);
    Ok(items)
}

/// Room for `more` items in a vector that grows.
///
/// # Errors
/// [`crate::ErrorKind::Memory`] where there is not so much memory.
pub fn make_room<T>(items: &mut Vec<T>, more: usize) -> Result<()> {
    items.try_reserve(more).map_err(|_| Error::memory(size_of::<T>() as u128 * (items.len() as u128 + more as u128)))
}

/// The cells of a table of `rows` times `columns`.
///
/// # Errors
/// [`crate::ErrorKind::Memory`] where no memory has so many.
pub fn cells(rows: usize, columns: usize) -> Result<usize> {
    rows.checked_mul(columns).ok_or_else(|| Error::memory(rows as u128 * columns as u128))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn what_no_memory_holds_is_an_error() {
        let bytes = |result: Result<Vec<f64>>| match result.map_err(|error| error.kind().clone()) {
            Err(ErrorKind::Memory { bytes }) => Some(bytes),
            _ => None,
        };
        assert_eq!(bytes(filled(0.0, 1 << 50)), Some(1 << 53));
        assert_eq!(bytes(reserved(usize::MAX)), Some(8 * u128::from(u64::MAX)));
        assert!(cells(usize::MAX, 2).is_err());
        assert_eq!(cells(3, 2).ok(), Some(6));
        assert_eq!(filled(7, 3).ok(), Some(vec![7; 3]));
    }
}

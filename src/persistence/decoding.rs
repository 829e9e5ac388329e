//! Sequences from bytes that nobody vouches for: a count is only a claim.
//!
//! serde makes room for up to a mebibyte of entries before it reads the first, and a vector that
//! grows holds up to three times what it was given. Both are much beside a file of some kilobytes.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// A sequence of entries that may be as short as a byte: room for all of them, once it is known
/// that there are bytes for as many.
///
/// # Errors
/// If the count is larger than the bytes that are left, or than the memory, or an entry fails.
pub(crate) fn counted<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(Entries::<T> { reserve: true, entry: PhantomData })
}

/// A sequence of entries that take many bytes each: room is made as they are read.
///
/// # Errors
/// As [`counted`].
pub(crate) fn grown<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    deserializer.deserialize_seq(Entries::<T> { reserve: false, entry: PhantomData })
}

struct Entries<T> {
    reserve: bool,
    entry: PhantomData<T>,
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no more entries than there are bytes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Vec<T>, A::Error> {
        // postcard gives no hint where fewer bytes are left than entries are claimed.
        let count = entries.size_hint().ok_or_else(|| A::Error::custom("more entries than bytes"))?;
        let mut items = Vec::new();
        if self.reserve {
            items.try_reserve_exact(count).map_err(A::Error::custom)?;
        }
        while let Some(item) = entries.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}

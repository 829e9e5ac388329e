//! The model file: bytes that are data, never code.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 8 | magic `TREERING` |
//! | 8 | 2 | format revision, little endian |
//! | 10 | 2 | what it holds: [`Kind`] |
//! | 12 | 8 | length of the payload |
//! | 20 | length | the payload, in postcard's encoding |
//! | 20 + length | 4 | CRC-32 of everything before |
//!
//! Reading checks all of these before it decodes, and whatever was decoded is then checked by the
//! room it belongs to ([`Checked`]), so that no file, however made, can crash a reader or make it
//! run forever. Decoding allocates no more than a small multiple of the file.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

const MAGIC: &[u8; 8] = b"TREERING";
const HEADER: usize = 20;
const CHECKSUM: usize = 4;

/// The newest format revision, which is the one that is written. All earlier ones can be read.
pub const REVISION: u16 = 1;

/// What a model file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Kind {
    /// A single decision tree.
    Tree = 1,
    /// A forest.
    Forest = 2,
    /// A reference sample, sorted.
    Reference = 3,
}

/// What can be read back only if it holds together.
pub trait Checked: Serialize + DeserializeOwned {
    /// Which kind of file it is stored in.
    const KIND: Kind;

    /// Checks every invariant that the other methods rely on.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`] with the first that does not hold.
    fn check(&self) -> Result<()>;
}

/// Writes a model.
///
/// # Errors
/// [`crate::ErrorKind::Internal`] if the value cannot be encoded.
pub fn to_bytes<T: Checked>(value: &T) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&REVISION.to_le_bytes());
    bytes.extend_from_slice(&(T::KIND as u16).to_le_bytes());
    bytes.extend_from_slice(&0u64.to_le_bytes());
    let mut bytes =
        postcard::to_extend(value, bytes).map_err(|error| Error::internal(format!("encoding failed: {error}")))?;
    let length = (bytes.len() - HEADER) as u64;
    bytes[12..HEADER].copy_from_slice(&length.to_le_bytes());
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

/// Reads a model.
///
/// # Errors
/// [`crate::ErrorKind::ModelFile`] if the bytes are not a whole, unaltered model of this kind.
pub fn from_bytes<T: Checked>(bytes: &[u8]) -> Result<T> {
    let payload = payload(bytes, T::KIND)?;
    let (value, rest): (T, _) = postcard::take_from_bytes(payload)
        .map_err(|error| Error::model_file(format!("its content cannot be decoded ({error})")))?;
    if !rest.is_empty() {
        return Err(Error::model_file(format!("{} bytes are left over after its content", rest.len())));
    }
    value.check()?;
    Ok(value)
}

fn payload(bytes: &[u8], kind: Kind) -> Result<&[u8]> {
    if bytes.len() < HEADER + CHECKSUM {
        return Err(Error::model_file(format!("it has {} bytes; the shortest has {}", bytes.len(), HEADER + CHECKSUM)));
    }
    if &bytes[..8] != MAGIC {
        return Err(Error::model_file("it does not begin with TREERING"));
    }
    let number = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let revision = number(8);
    if revision == 0 || revision > REVISION {
        return Err(Error::model_file(format!(
            "it has format revision {revision}, and this treering reads up to {REVISION}; upgrade treering"
        )));
    }
    let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
    let mut length = [0; 8];
    length.copy_from_slice(&content[12..HEADER]);
    if u64::from_le_bytes(length) != (content.len() - HEADER) as u64 {
        return Err(Error::model_file("it is truncated or has bytes added; copy it again"));
    }
    if crc32fast::hash(content).to_le_bytes() != checksum {
        return Err(Error::model_file("its checksum does not match: it was altered; copy it again"));
    }
    let found = number(10);
    if found != kind as u16 {
        return Err(Error::model_file(format!("it holds kind {found}, not a {kind:?}")));
    }
    Ok(&content[HEADER..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Sample(Vec<f64>);

    impl Checked for Sample {
        const KIND: Kind = Kind::Reference;

        fn check(&self) -> Result<()> {
            if self.0.len() > 100 { Err(Error::model_file("too long")) } else { Ok(()) }
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(values in prop::collection::vec(any::<f64>().prop_filter("comparable", |v| !v.is_nan()), 0..100)) {
            let sample = Sample(values);
            let bytes = to_bytes(&sample)?;
            prop_assert_eq!(from_bytes::<Sample>(&bytes)?, sample);
        }

        #[test]
        fn any_altered_byte_is_noticed(at in 0usize..1000, flip in 1u8..) {
            let mut bytes = to_bytes(&Sample(vec![1.0, 2.0, 3.0]))?;
            let at = at % bytes.len();
            bytes[at] ^= flip;
            prop_assert!(from_bytes::<Sample>(&bytes).is_err());
        }

        #[test]
        fn any_truncation_is_noticed(keep in 0usize..1000) {
            let bytes = to_bytes(&Sample(vec![1.0, 2.0, 3.0]))?;
            let keep = keep % bytes.len();
            prop_assert!(from_bytes::<Sample>(&bytes[..keep]).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(from_bytes::<Sample>(&bytes).is_err());
        }
    }
}

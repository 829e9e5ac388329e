//! The model file: bytes that are data, never code.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 8 | magic `TREERING` |
//! | 8 | 2 | format revision, little endian |
//! | 10 | 2 | what it holds: [`Kind`] |
//! | 12 | 8 | length of the content |
//! | 20 | length | the content, in postcard's encoding |
//! | 20 + length | 4 | CRC-32 of everything before |
//!
//! A whole estimator ([`Kind::Model`]) has as its content a [`Description`] (class, schema,
//! parameters, attributes) and, behind it, the file of its tree or forest, if it has one.
//!
//! Reading checks all of these before it decodes, and whatever was decoded is then checked by the
//! room it belongs to ([`Checked`]), so that no file, however made, can crash a reader or make it
//! run forever. A count is compared with the bytes that are left before room is made for it
//! (`decoding`), so that reading allocates no more than [`MOST_GROWTH`] bytes for each byte read.

pub(crate) mod decoding;
mod model;
mod values;

pub use model::{ColumnType, Description, Outputs, Predictor, Schema, read_model, write_model};
pub use values::{Array, Blob, MOST_CONTAINERS, MOST_DEPTH, MOST_DIMENSIONS, Value, check_tree};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

const MAGIC: &[u8; 8] = b"TREERING";
const CHECKSUM: usize = 4;

/// The bytes before the content.
pub const HEADER: usize = 20;

/// The newest format revision, which is the one that is written. All earlier ones can be read.
pub const REVISION: u16 = 1;

/// The most bytes that are allocated while one byte of a file is read.
pub const MOST_GROWTH: usize = 32;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Kind {
    /// A single decision tree.
    Tree = 1,
    /// A forest.
    Forest = 2,
    /// A reference sample, sorted.
    Reference = 3,
    /// An estimator: everything that makes it predict, and fit again.
    Model = 4,
    /// The profile of a table.
    Profile = 5,
    /// A detector of change in a stream, at work.
    Detector = 6,
    /// A boosted model.
    Boosting = 7,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Tree, Self::Forest, Self::Reference, Self::Model, Self::Profile, Self::Detector, Self::Boosting];

    fn noun(self) -> &'static str {
        match self {
            Self::Tree => "the nodes of a tree",
            Self::Forest => "the trees of a forest",
            Self::Reference => "a reference column",
            Self::Model => "a model",
            Self::Profile => "the profile of a table",
            Self::Detector => "a detector of change",
            Self::Boosting => "the trees of a boosted model",
        }
    }
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

/// Writes one object.
///
/// # Errors
/// [`crate::ErrorKind::Internal`] if the value cannot be encoded.
pub fn to_bytes<T: Checked>(value: &T) -> Result<Vec<u8>> {
    value.check()?;
    framed(T::KIND, value, &[])
}

/// Reads one object.
///
/// # Errors
/// [`crate::ErrorKind::ModelFile`] if the bytes are not a whole, unaltered object of this kind.
pub fn from_bytes<T: Checked>(bytes: &[u8]) -> Result<T> {
    let (value, rest): (T, _) = decoded(content(bytes, T::KIND)?)?;
    if !rest.is_empty() {
        return Err(Error::model_file(format!("{} bytes are left over after its content", rest.len())));
    }
    value.check()?;
    Ok(value)
}

/// Checks the first [`HEADER`] bytes of a file of so many bytes, before more of it is read.
///
/// # Errors
/// [`crate::ErrorKind::ModelFile`] unless they begin a file of this length, of a revision that is
/// known.
pub fn check_header(header: &[u8], size: u64) -> Result<()> {
    if !header.starts_with(MAGIC) {
        return Err(Error::model_file("it does not begin with TREERING"));
    }
    if header.len() < HEADER || size < (HEADER + CHECKSUM) as u64 {
        let shortest = HEADER + CHECKSUM;
        return Err(Error::model_file(format!(
            "it ends after {size} bytes, the shortest has {shortest}; copy it again"
        )));
    }
    let revision = number(header, 8);
    if revision == 0 || revision > REVISION {
        return Err(Error::model_file(format!(
            "it has format revision {revision}, and this treering reads {}; {}",
            if REVISION == 1 { "revision 1".to_owned() } else { format!("revisions 1 to {REVISION}") },
            if revision == 0 { "no treering wrote it" } else { "a newer treering wrote it: upgrade treering" }
        )));
    }
    let mut length = [0; 8];
    length.copy_from_slice(&header[12..HEADER]);
    if u64::from_le_bytes(length) != size - (HEADER + CHECKSUM) as u64 {
        return Err(Error::model_file("it is truncated or has bytes added; copy it again"));
    }
    Ok(())
}

/// What a file says that it holds.
pub fn kind_of(bytes: &[u8]) -> Option<Kind> {
    let found = (bytes.len() >= HEADER).then(|| number(bytes, 10))?;
    Kind::ALL.into_iter().find(|known| *known as u16 == found)
}

fn number(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// Writes a file: a value, and what follows it.
fn framed<T: Serialize>(kind: Kind, value: &T, rest: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(1024 + rest.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&REVISION.to_le_bytes());
    bytes.extend_from_slice(&(kind as u16).to_le_bytes());
    bytes.extend_from_slice(&0u64.to_le_bytes());
    let mut bytes =
        postcard::to_extend(value, bytes).map_err(|error| Error::internal(format!("encoding failed: {error}")))?;
    bytes.extend_from_slice(rest);
    let length = (bytes.len() - HEADER) as u64;
    bytes[12..HEADER].copy_from_slice(&length.to_le_bytes());
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

fn decoded<T: DeserializeOwned>(content: &[u8]) -> Result<(T, &[u8])> {
    postcard::take_from_bytes(content)
        .map_err(|error| Error::model_file(format!("its content cannot be decoded ({error})")))
}

/// The content of a whole, unaltered file of this kind.
fn content(bytes: &[u8], kind: Kind) -> Result<&[u8]> {
    check_header(bytes, bytes.len() as u64)?;
    let (content, checksum) = bytes.split_at(bytes.len() - CHECKSUM);
    if crc32fast::hash(content).to_le_bytes() != checksum {
        return Err(Error::model_file("its checksum does not match: it was altered; copy it again"));
    }
    let found = number(bytes, 10);
    if found != kind as u16 {
        let noun = kind_of(bytes).map(Kind::noun);
        let found =
            noun.map_or_else(|| format!("something of kind {found}, which a newer treering wrote"), str::to_owned);
        return Err(Error::model_file(format!("it holds {found}, not {}", kind.noun())));
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

//! Parameters and attributes as data: the values that a model file can hold.
//!
//! A value inside another is no value of Rust's inside another: a list says how many values follow
//! it that are its items, so that no file can lead a reader deeper than its stack.

use std::fmt;

use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, Serialize, Serializer};

use super::decoding::counted;
use crate::error::{Error, Result};

/// How deep lists and mappings may stand in one another.
pub const MOST_DEPTH: usize = 16;

/// How many lists and mappings there may be: each takes far more memory than room in a file.
pub const MOST_CONTAINERS: usize = 1 << 14;

/// The most dimensions of an array.
pub const MOST_DIMENSIONS: usize = 16;

/// More elements than any memory holds.
const MOST_ELEMENTS: usize = 1 << 48;

/// The most bytes of an element of an array that has none.
const LONGEST_ABSENT: usize = 64;

/// Bytes that are copied as one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blob(pub Box<[u8]>);

impl From<&[u8]> for Blob {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.into())
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Blob;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> std::result::Result<Blob, E> {
                let mut owned = Vec::new();
                owned.try_reserve_exact(bytes.len()).map_err(E::custom)?;
                owned.extend_from_slice(bytes);
                Ok(Blob(owned.into_boxed_slice()))
            }
        }
        deserializer.deserialize_bytes(Bytes).map_err(D::Error::custom)
    }
}

/// One value. Those that hold others are followed by them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// Python's None.
    None,
    /// True or false.
    Bool(bool),
    /// A whole number of any size: little endian, two's complement.
    Int(Blob),
    /// A number.
    Float(f64),
    /// Text in UTF-8, in which halves of surrogate pairs may stand too.
    Text(Blob),
    /// Bytes.
    Bytes(Blob),
    /// A list of so many values, which follow.
    List(u32),
    /// A tuple of so many values, which follow.
    Tuple(u32),
    /// A mapping of so many keys, each followed by its value.
    Map(u32),
    /// An array of one element type.
    Array(Box<Array>),
    /// A single element of an array: an array without dimensions.
    Scalar(Box<Array>),
    /// An array of values of any type, which follow; its shape.
    Objects(#[serde(deserialize_with = "counted")] Vec<u32>),
}

/// An array as numpy describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Array {
    /// Byte order, kind and bytes of an element, or code points where the kind is U: `<f8`.
    pub dtype: Blob,
    /// The length of each dimension.
    #[serde(deserialize_with = "counted")]
    pub shape: Vec<u32>,
    /// The elements in C order.
    pub elements: Blob,
}

impl Array {
    /// The kind of its elements, and the bytes of each.
    fn element(&self) -> Option<(u8, usize)> {
        let (&[order, kind], rest) = self.dtype.0.split_first_chunk()?;
        let rest = std::str::from_utf8(rest).ok()?;
        let (digits, unit) = rest.split_at(rest.find('[').unwrap_or(rest.len()));
        let is_plain = digits.starts_with(|digit: char| digit != '0') && digits.len() < 10;
        let size: usize = digits.parse().ok().filter(|_| is_plain)?;
        let (is_possible, has_order) = match kind {
            b'b' => (size == 1, false),
            b'i' | b'u' => (matches!(size, 1 | 2 | 4 | 8), size > 1),
            b'f' => (matches!(size, 2 | 4 | 8), true),
            b'M' | b'm' => (size == 8, true),
            b'U' => (true, true),
            b'S' => (true, false),
            _ => (false, false),
        };
        let is_ordered = if has_order { matches!(order, b'<' | b'>') } else { order == b'|' };
        let is_unit = if matches!(kind, b'M' | b'm') { is_unit(unit) } else { unit.is_empty() };
        let bytes = if kind == b'U' { 4 * size } else { size };
        (is_possible && is_ordered && is_unit).then_some((kind, bytes))
    }

    /// How many elements it has; `None` for a shape that no array has.
    pub fn len(&self) -> Option<usize> {
        size(&self.shape)
    }

    /// Whether it has no elements.
    pub fn is_empty(&self) -> bool {
        self.len() == Some(0)
    }

    /// Checks that it has as many elements as its shape says, each of which its type has.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`].
    pub fn check(&self) -> Result<()> {
        let fail = |reason: &str| Err(Error::model_file(format!("an array {reason}")));
        let Some((kind, bytes)) = self.element() else {
            return fail("has elements of an unknown type");
        };
        if self.len().and_then(|length| length.checked_mul(bytes)) != Some(self.elements.0.len()) {
            return fail("has more or fewer elements than its shape says");
        }
        // numpy makes room for one element, and multiplies dimensions, even where there are none.
        if self.is_empty()
            && (bytes > LONGEST_ABSENT || largest(&self.shape).is_none_or(|size| size > MOST_ELEMENTS / bytes))
        {
            return fail("has no elements, but very long ones");
        }
        let is_big = self.dtype.0.first() == Some(&b'>');
        let is_possible = match kind {
            b'b' => self.elements.0.iter().all(|&byte| byte <= 1),
            b'U' => self.elements.0.as_chunks().0.iter().all(|&point| {
                let point = if is_big { u32::from_be_bytes(point) } else { u32::from_le_bytes(point) };
                point <= 0x0010_ffff
            }),
            _ => true,
        };
        if is_possible { Ok(()) } else { fail("holds an element that its type does not have") }
    }
}

/// Whether this is a unit of time as numpy writes it: `[ns]`, `[25s]`.
fn is_unit(text: &str) -> bool {
    const UNITS: [&str; 13] = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as"];
    let Some(inside) = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')) else { return false };
    let digits = inside.len() - inside.trim_start_matches(|digit: char| digit.is_ascii_digit()).len();
    digits < 9 && !inside.starts_with('0') && UNITS.contains(&&inside[digits..])
}

/// The number of elements of a shape; `None` for one that no array has.
fn size(shape: &[u32]) -> Option<usize> {
    largest(shape).filter(|_| shape.len() <= MOST_DIMENSIONS)?;
    Some(shape.iter().map(|&length| length as usize).product())
}

/// The number of elements of a shape, if a dimension of 0 were one of 1.
fn largest(shape: &[u32]) -> Option<usize> {
    let size = shape.iter().try_fold(1usize, |size, &length| size.checked_mul((length as usize).max(1)))?;
    (size <= MOST_ELEMENTS).then_some(size)
}

impl Value {
    /// How many values follow that it holds; `None` for more than it may.
    fn held(&self) -> Option<usize> {
        match self {
            Self::List(length) | Self::Tuple(length) => Some(*length as usize),
            Self::Map(entries) => (*entries as usize).checked_mul(2),
            Self::Objects(shape) => size(shape),
            _ => Some(0),
        }
    }

    /// Whether it may be the key of a mapping: a single value and, as Python tells numbers apart by
    /// their remainder by 2⁶¹ - 1, none of the larger numbers, of which many could be made to agree.
    pub(crate) fn is_key(&self) -> bool {
        match self {
            Self::Int(bytes) => bytes.0.len() <= 8 || matches!(bytes.0[8..], [0 | 255]),
            other => !other.is_container() && !matches!(other, Self::Array(_)),
        }
    }

    pub(crate) fn is_container(&self) -> bool {
        matches!(self, Self::List(_) | Self::Tuple(_) | Self::Map(_) | Self::Objects(_))
    }

    fn check(&self) -> Result<()> {
        match self {
            Self::Scalar(array) if !array.shape.is_empty() => Err(Error::model_file("a single number has dimensions")),
            Self::Array(array) | Self::Scalar(array) => array.check(),
            _ => Ok(()),
        }
    }
}

/// Checks that values are one value and all that it holds, no more and no less.
///
/// # Errors
/// [`crate::ErrorKind::ModelFile`].
pub fn check_tree(values: &[Value]) -> Result<()> {
    let fail = |reason: &str| Err(Error::model_file(reason));
    // How many values each open container still lacks, and whether it is a mapping.
    let mut open = vec![(1usize, false)];
    let mut containers = 0;
    for value in values {
        while open.last().is_some_and(|&(lacking, _)| lacking == 0) {
            open.pop();
        }
        let Some((lacking, is_map)) = open.last_mut() else {
            return fail("values follow that no list holds");
        };
        if *is_map && lacking.is_multiple_of(2) && !value.is_key() {
            return fail("a mapping has a key that is no single value, or a number beyond 64 bits");
        }
        *lacking -= 1;
        value.check()?;
        let Some(held) = value.held() else {
            return fail("an array is larger than any may be");
        };
        if value.is_container() {
            containers += 1;
            open.push((held, matches!(value, Value::Map(_))));
            if open.len() > MOST_DEPTH + 1 || containers > MOST_CONTAINERS {
                return fail("its lists and mappings are too many, or too deep in one another");
            }
        }
    }
    if open.iter().any(|&(lacking, _)| lacking > 0) {
        return fail("a list or a mapping lacks values");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(dtype: &str, shape: &[u32], bytes: usize) -> Value {
        let elements = Blob(vec![0; bytes].into());
        Value::Array(Box::new(Array { dtype: dtype.as_bytes().into(), shape: shape.to_vec(), elements }))
    }

    fn is_whole(values: &[Value]) -> bool {
        check_tree(values).is_ok()
    }

    #[test]
    fn arrays_are_as_long_as_their_shapes_say() {
        for (dtype, shape, bytes) in [
            ("<f8", &[2, 3][..], 48),
            (">i4", &[5], 20),
            ("|b1", &[3], 3),
            ("<U2", &[2], 16),
            ("|S3", &[2], 6),
            ("|u1", &[], 1),
            ("<f8", &[0, 7], 0),
        ] {
            assert!(is_whole(&[array(dtype, shape, bytes)]), "{dtype}");
            assert!(!is_whole(&[array(dtype, shape, bytes + 1)]), "{dtype}");
        }
        for dtype in
            ["", "<", "<f", "<f3", "f8", "=f8", "|f8", "|O8", "<U0", "<U-1", "<U99999999999", "<f08", "<M8", "<i8 "]
        {
            assert!(!is_whole(&[array(dtype, &[0], 0)]), "{dtype}");
        }
        assert!(!is_whole(&[array("<f8", &[0, u32::MAX, u32::MAX], 0)]));
        assert!(!is_whole(&[array("<f8", &[0; 17], 0)]));
        assert!(is_whole(&[array("<U16", &[0], 0)]) && !is_whole(&[array("<U17", &[0], 0)]));
        assert!(is_whole(&[array("<f8", &[0, u32::MAX], 0)]) && !is_whole(&[array("<f8", &[0, u32::MAX, 1 << 16], 0)]));
    }

    #[test]
    fn elements_that_their_type_does_not_have_are_refused() {
        let with = |dtype: &str, bytes: &[u8], shape: &[u32]| {
            let array = Array { dtype: dtype.as_bytes().into(), shape: shape.to_vec(), elements: bytes.into() };
            is_whole(&[Value::Array(Box::new(array))])
        };
        assert!(with("|b1", &[0, 1], &[2]) && !with("|b1", &[0, 2], &[2]));
        assert!(with("<U1", &[0xff, 0xff, 0x10, 0], &[1]) && !with("<U1", &[0, 0, 0x11, 0], &[1]));
        assert!(with(">U1", &[0, 0x10, 0xff, 0xff], &[1]) && !with(">U1", &[0, 0x11, 0, 0], &[1]));
    }

    #[test]
    fn what_a_list_claims_must_follow() {
        let none = || Value::None;
        assert!(is_whole(&[Value::List(2), none(), Value::Tuple(0)]));
        assert!(is_whole(&[Value::Map(1), none(), Value::List(1), none()]));
        assert!(is_whole(&[Value::Objects(vec![1, 2]), none(), none()]));
        for key in [&[][..], &[255; 8], &[255, 255, 255, 255, 255, 255, 255, 255, 0]] {
            assert!(is_whole(&[Value::Map(1), Value::Int(key.into()), none()]), "{key:?}");
        }
        for values in [
            vec![],
            vec![none(), none()],
            vec![Value::List(2), none()],
            vec![Value::List(u32::MAX)],
            vec![Value::Map(1), none()],
            vec![Value::Map(1), Value::List(0), none()],
            vec![Value::Map(1), array("|u1", &[0], 0), none()],
            vec![Value::Map(u32::MAX), none()],
            vec![Value::Map(1), Value::Int(Blob([0; 10].into())), none()],
            vec![Value::Map(1), Value::Int(Blob([1; 9].into())), none()],
            vec![Value::Objects(vec![u32::MAX; 3]), none()],
            vec![Value::List(1); 100],
        ] {
            assert!(!is_whole(&values), "{values:?}");
        }
        let nested = |depth: usize| [vec![Value::List(1); depth], vec![none()]].concat();
        assert!(is_whole(&nested(MOST_DEPTH)) && !is_whole(&nested(MOST_DEPTH + 1)));
        let beside = |count: usize| [vec![Value::List(count as u32)], vec![Value::List(0); count]].concat();
        assert!(is_whole(&beside(MOST_CONTAINERS - 1)) && !is_whole(&beside(MOST_CONTAINERS)));
    }
}

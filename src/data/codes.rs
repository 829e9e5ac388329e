//! The codes of a column, as narrow as their number allows.

use crate::error::Result;
use crate::runtime::memory::make_room;

/// The ranks of one column, as narrow as the number of distinct values allows.
#[derive(Debug, Clone, PartialEq)]
pub enum Codes {
    /// Up to 256 codes.
    U8(Vec<u8>),
    /// Up to 65,536 codes.
    U16(Vec<u16>),
    /// More.
    U32(Vec<u32>),
}

impl Default for Codes {
    fn default() -> Self {
        Self::U8(Vec::new())
    }
}

impl Codes {
    /// The bytes that each of them takes.
    pub fn width(&self) -> usize {
        match self {
            Self::U8(_) => 1,
            Self::U16(_) => 2,
            Self::U32(_) => 4,
        }
    }
}

/// Evaluates an expression with the codes of a column, whatever their width.
macro_rules! with_codes {
    ($given:expr, $codes:ident => $value:expr) => {
        match $given {
            $crate::data::Codes::U8($codes) => $value,
            $crate::data::Codes::U16($codes) => $value,
            $crate::data::Codes::U32($codes) => $value,
        }
    };
}
pub(crate) use with_codes;

/// A code as it is stored.
pub(crate) trait Code: Copy {
    /// Whether it fits 16 bits.
    const IS_NARROW: bool;

    /// The code itself.
    fn get(self) -> u32;

    /// A code that fits.
    fn of(code: u32) -> Self;

    /// Codes of this width.
    fn wrap(codes: Vec<Self>) -> Codes;

    /// The room of a column's codes, if they are as wide.
    fn unwrap(codes: Codes) -> Option<Vec<Self>>;

    /// Takes the room of a column's codes, empty and large enough for so many of this width.
    ///
    /// # Errors
    /// [`crate::ErrorKind::Memory`].
    fn room(codes: &mut Codes, length: usize) -> Result<Vec<Self>> {
        let mut room = Self::unwrap(std::mem::take(codes)).unwrap_or_default();
        room.clear();
        make_room(&mut room, length)?;
        Ok(room)
    }
}

macro_rules! code {
    ($($kind:ty: $variant:ident),*) => { $(impl Code for $kind {
        const IS_NARROW: bool = <$kind>::BITS <= 16;

        #[inline]
        fn get(self) -> u32 {
            u32::from(self)
        }

        #[inline]
        fn of(code: u32) -> Self {
            code as Self
        }

        fn wrap(codes: Vec<Self>) -> Codes {
            Codes::$variant(codes)
        }

        fn unwrap(codes: Codes) -> Option<Vec<Self>> {
            match codes {
                Codes::$variant(codes) => Some(codes),
                _ => None,
            }
        }
    })* };
}
code!(u8: U8, u16: U16, u32: U32);

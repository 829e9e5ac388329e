//! Columns of other libraries by the Arrow C stream interface: pandas, polars and pyarrow hand their
//! buffers over without a copy.

use std::ffi::CStr;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::{ArrayStreamReader, FFI_ArrowArrayStream};
use arrow_array::types::{ByteViewType, StringViewType};
use arrow_array::{Array, ArrayReader, ArrayRef, LargeStringArray, StringArray};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use super::detached::brief;
use crate::error::{Error, Result};
use crate::preprocessing::CategoryColumn;
use crate::runtime::Cancel;

/// What a capsule of the interface is called.
const NAME: &CStr = c"arrow_array_stream";

/// Rows between two looks at the cancel flag.
const POLL_ROWS: usize = 1 << 16;

/// The pieces of a column of texts, where they lie.
pub(super) struct TextPieces(Vec<ArrayRef>);

impl TextPieces {
    /// The pieces of a column, if it holds texts that hold together.
    pub(super) fn of(column: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let capsule = column.call_method0("__arrow_c_stream__")?.cast_into::<PyCapsule>()?;
        let stream = capsule.pointer_checked(Some(NAME))?.cast::<FFI_ArrowArrayStream>();
        // SAFETY: a capsule of this name holds an initialised stream (the interface says so), which is moved
        // out, so that the capsule frees nothing; the capsule lives and nobody else has it.
        #[allow(unsafe_code)]
        let stream = unsafe { FFI_ArrowArrayStream::from_raw(stream.as_ptr()) };
        // The library panics at streams that the interface forbids.
        brief(|| read_pieces(stream))
    }

    /// The column as numbers of its texts; a missing one is None or NaN.
    pub(super) fn read(&self, null_is_none: bool, cancel: &Cancel) -> Result<CategoryColumn> {
        let mut column = CategoryColumn::default();
        column.reserve(self.0.iter().map(Array::len).sum())?;
        for piece in &self.0 {
            for (row, text) in texts_of(piece).into_iter().flatten().enumerate() {
                if row % POLL_ROWS == 0 {
                    cancel.check()?;
                }
                match text {
                    Some(text) => column.push(text),
                    None => column.push_missing(null_is_none),
                };
            }
        }
        Ok(column)
    }
}

/// The pieces of a stream, if they are texts that hold together.
fn read_pieces(stream: FFI_ArrowArrayStream) -> Result<Option<TextPieces>> {
    let reader = ArrayStreamReader::try_new(stream)
        .map_err(|error| Error::value("a column", error, "a stream that the Arrow interface can read"))?;
    let texts = [StringArray::DATA_TYPE, LargeStringArray::DATA_TYPE, StringViewType::DATA_TYPE];
    if !texts.contains(reader.field().data_type()) {
        return Ok(None);
    }
    let mut pieces = Vec::new();
    for piece in reader {
        // Offsets that go back, or bytes that are no UTF-8, would be trusted from here on; how long the
        // buffers are is the producer's word. What a null covers may be anything, and an empty piece may
        // lack its buffers: others read those.
        let Some(piece) = piece.ok().filter(|piece| piece.to_data().validate_full().is_ok()) else {
            return Ok(None);
        };
        pieces.push(piece);
    }
    Ok(Some(TextPieces(pieces)))
}

/// The texts of a piece, if it holds texts.
fn texts_of(piece: &ArrayRef) -> Option<Box<dyn Iterator<Item = Option<&str>> + '_>> {
    if let Some(texts) = piece.as_string_opt::<i32>() {
        Some(Box::new(texts.iter()))
    } else if let Some(texts) = piece.as_string_opt::<i64>() {
        Some(Box::new(texts.iter()))
    } else {
        piece.as_string_view_opt().map(|texts| Box::new(texts.iter()) as Box<_>)
    }
}

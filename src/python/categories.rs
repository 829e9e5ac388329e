//! `treering._core.categories`: columns of texts, for encoders.

use numpy::{IntoPyArray, PyArray1, PyArray2};
use pyo3::IntoPyObjectExt;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyFloat, PyList, PySlice, PyString};

use super::arrow::TextPieces;
use super::detached::detached;
use super::tree::rows_by;
use crate::preprocessing::{Category, CategoryColumn};
use crate::runtime::memory::{cells, filled};

/// The module `treering._core.categories`.
#[pymodule(name = "categories")]
pub(crate) mod categories_module {
    #[pymodule_export]
    use super::CategoryTable;
}

/// Objects that are read between two looks for signals.
const POLL_ROWS: usize = 1 << 16;

/// Columns of texts as numbers of their categories.
#[pyclass(frozen, module = "treering._core.categories")]
pub(crate) struct CategoryTable(Vec<CategoryColumn>);

/// Categories, and how many rows each has.
type Learned<'py> = (Vec<Bound<'py, PyAny>>, Bound<'py, PyArray1<i64>>);

/// The place of each cell among the known categories, and those of each column that are not known.
type Found<'py> = (Bound<'py, PyArray2<i64>>, Vec<Vec<Bound<'py, PyAny>>>);

impl CategoryTable {
    /// The columns.
    pub(super) fn columns(&self) -> &[CategoryColumn] {
        &self.0
    }
}

#[pymethods]
impl CategoryTable {
    /// Reads columns of as many rows: arrays of objects, or what speaks the Arrow interface. None if
    /// something else than texts, None and NaN is among them.
    #[staticmethod]
    fn read(py: Python<'_>, columns: Vec<Bound<'_, PyAny>>, null_is_none: bool) -> PyResult<Option<Self>> {
        let mut read = Vec::with_capacity(columns.len());
        for column in &columns {
            let texts = if column.hasattr("__arrow_c_stream__")? {
                let Some(pieces) = TextPieces::of(column)? else { return Ok(None) };
                Some(detached(py, |cancel| pieces.read(null_is_none, cancel))?)
            } else {
                read_objects(py, column)?
            };
            let Some(texts) = texts else { return Ok(None) };
            if read.first().is_some_and(|first: &CategoryColumn| first.rows() != texts.rows()) {
                return Err(PyValueError::new_err("columns of categories differ in their number of rows"));
            }
            read.push(texts);
        }
        Ok(Some(Self(read)))
    }

    /// The categories of each column in order, and how many rows each has.
    fn learn<'py>(&self, py: Python<'py>) -> PyResult<Vec<Learned<'py>>> {
        let learned = detached(py, |_| self.0.iter().map(CategoryColumn::learn).collect::<Result<Vec<_>, _>>())?;
        learned
            .into_iter()
            .map(|column| {
                let counts: Vec<i64> = column.iter().map(|&(_, count)| count as i64).collect();
                let categories = column.iter().map(|(category, _)| object(py, category)).collect::<PyResult<_>>()?;
                Ok((categories, counts.into_pyarray(py)))
            })
            .collect()
    }

    /// The place of each cell among the known categories of its column, −1 for others. None if something
    /// else than texts, None and NaN is known.
    fn find<'py>(&self, py: Python<'py>, known: Vec<Bound<'py, PyList>>) -> PyResult<Option<Found<'py>>> {
        if known.len() != self.0.len() {
            return Err(PyValueError::new_err("there are not as many lists of categories as columns"));
        }
        let known: Option<Vec<Vec<Category>>> =
            known.iter().map(|list| list.iter().map(|one| category(&one)).collect()).collect();
        let Some(known) = known else { return Ok(None) };
        let (rows, columns) = (self.0.first().map_or(0, CategoryColumn::rows), self.0.len());
        let (places, unknown) = detached(py, |_| {
            let mut places = filled(0, cells(rows, columns)?)?;
            let mut unknown = Vec::with_capacity(columns);
            for (number, (column, known)) in self.0.iter().zip(&known).enumerate() {
                let own = places.get_mut(number..).unwrap_or_default();
                unknown.push(column.find(known, own, columns)?);
            }
            Ok((places, unknown))
        })?;
        let unknown = unknown
            .into_iter()
            .map(|column| column.into_iter().map(|category| object(py, category)).collect())
            .collect::<PyResult<_>>()?;
        Ok(Some((rows_by(rows, columns, places)?.into_pyarray(py), unknown)))
    }

    fn __repr__(&self) -> String {
        format!("<CategoryTable: {} columns>", self.0.len())
    }
}

/// Reads an array of objects through Python, piece by piece: the handler of a signal may change it.
fn read_objects(py: Python<'_>, array: &Bound<'_, PyAny>) -> PyResult<Option<CategoryColumn>> {
    let rows = array.len()?;
    let mut column = CategoryColumn::default();
    column.reserve(rows)?;
    while column.rows() < rows {
        let (start, stop) = (column.rows(), rows.min(column.rows() + POLL_ROWS));
        let piece = PySlice::new(py, start as isize, stop as isize, 1);
        let objects = array.get_item(piece)?.call_method0("tolist")?.cast_into::<PyList>()?;
        if objects.len() != stop - start {
            return Err(PyValueError::new_err("a column changed its length while it was read"));
        }
        if !add_objects(&objects, &mut column) {
            return Ok(None);
        }
        py.check_signals()?;
    }
    Ok(Some(column))
}

/// Adds some objects; false where one is no category.
fn add_objects(objects: &Bound<'_, PyList>, column: &mut CategoryColumn) -> bool {
    // A column of text holds few objects many times; their addresses tell them apart at once, as
    // long as the list keeps them alive.
    let mut seen: Vec<(usize, u32)> = vec![(0, 0); 1024];
    for object in objects {
        let address = object.as_ptr() as usize;
        let slot = &mut seen[(address >> 4) & 1023];
        if slot.0 == address {
            column.push_code(slot.1);
            continue;
        }
        let code = if let Ok(text) = object.cast_exact::<PyString>() {
            let Ok(text) = text.to_str() else { return false };
            column.push(text)
        } else if object.is_none() {
            column.push_missing(true)
        } else if is_nan(&object) {
            column.push_missing(false)
        } else {
            return false;
        };
        *slot = (address, code);
    }
    true
}

fn is_nan(object: &Bound<'_, PyAny>) -> bool {
    object.cast::<PyFloat>().is_ok_and(|number| number.value().is_nan())
}

fn category(object: &Bound<'_, PyAny>) -> Option<Category> {
    if let Ok(text) = object.cast::<PyString>() {
        return text.to_str().ok().map(|text| Category::Text(text.into()));
    }
    if object.is_none() {
        return Some(Category::None);
    }
    is_nan(object).then_some(Category::Nan)
}

fn object<'py>(py: Python<'py>, category: &Category) -> PyResult<Bound<'py, PyAny>> {
    match category {
        Category::Text(text) => text.as_ref().into_bound_py_any(py),
        Category::None => Ok(py.None().into_bound(py)),
        Category::Nan => f64::NAN.into_bound_py_any(py),
    }
}

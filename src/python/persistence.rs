//! The model file for Python: parameters and attributes as values, and back.

use std::slice::Iter;
use std::sync::Arc;

use pyo3::exceptions::{PyTypeError, PyUnicodeDecodeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple, PyType};

use super::boosting::Boosting;
use super::detached::detached;
use super::ensemble::Forest;
use super::tree::Tree;
use crate::error::Error;
use crate::persistence::{
    self, Array, Blob, ColumnType, Description, Kind, MOST_CONTAINERS, MOST_DEPTH, Outputs, Schema, Value, kind_of,
};
use crate::{ensemble, tree};

#[pymodule(name = "persistence")]
pub(crate) mod persistence_module {
    #[pymodule_export]
    use super::{check_header, read_model, write_model};

    /// The bytes that [`check_header`] needs.
    #[pymodule_export]
    const HEADER: usize = crate::persistence::HEADER;
}

/// Checks the first bytes of a file of so many bytes.
#[pyfunction]
fn check_header(header: &[u8], size: u64) -> PyResult<()> {
    Ok(persistence::check_header(header, size)?)
}

/// The trees of an estimator that has any.
#[derive(FromPyObject)]
enum Predictor<'py> {
    #[pyo3(transparent)]
    Tree(Bound<'py, Tree>),
    #[pyo3(transparent)]
    Forest(Bound<'py, Forest>),
    #[pyo3(transparent)]
    Boosting(Bound<'py, Boosting>),
}

/// What an estimator answers with: numbers, or the classes of every output.
#[derive(FromPyObject)]
enum OutputsOf<'py> {
    #[pyo3(transparent)]
    Numbers(u32),
    #[pyo3(transparent)]
    Classes(Bound<'py, PyList>),
}

/// Writes an estimator.
#[pyfunction]
#[pyo3(signature = (*, class_name, columns, names, outputs, parameters, attributes, predictor))]
#[allow(clippy::too_many_arguments)] // the parts of a model
fn write_model<'py>(
    py: Python<'py>,
    class_name: &str,
    columns: u32,
    names: Option<Vec<Bound<'py, PyString>>>,
    outputs: Option<OutputsOf<'py>>,
    parameters: &Bound<'py, PyDict>,
    attributes: &Bound<'py, PyDict>,
    predictor: Option<Predictor<'py>>,
) -> PyResult<Bound<'py, PyBytes>> {
    let outputs = match outputs {
        None => Outputs::Columns,
        Some(OutputsOf::Numbers(count)) => Outputs::Numbers(count),
        Some(OutputsOf::Classes(classes)) => {
            let mut values = Vec::new();
            encode(classes.as_any(), &mut values, 0)
                .map_err(|error| Unkept::describe(error, "the classes of y", &classes))?;
            Outputs::Classes(values)
        }
    };
    let column_type = match predictor {
        Some(Predictor::Tree(_) | Predictor::Forest(_)) => ColumnType::Float32,
        Some(Predictor::Boosting(_)) | None => ColumnType::Float64,
    };
    let names = names.map(|names| names.iter().map(text_of).collect::<PyResult<Vec<_>>>()).transpose()?;
    let description = Description {
        class: class_name.as_bytes().into(),
        version: env!("CARGO_PKG_VERSION").as_bytes().into(),
        schema: Schema { columns, names, column_type, outputs },
        parameters: encode_fields(parameters)?,
        attributes: encode_fields(attributes)?,
    };
    let bytes = match &predictor {
        None => detached(py, |_| persistence::write_model(&description, &[])),
        Some(Predictor::Tree(tree)) => {
            let tree = &*tree.get().tree;
            detached(py, |_| persistence::write_model(&description, &persistence::to_bytes(tree)?))
        }
        Some(Predictor::Boosting(model)) => {
            let model = &*model.get().0;
            detached(py, |_| persistence::write_model(&description, &persistence::to_bytes(model)?))
        }
        Some(Predictor::Forest(forest)) => {
            let forest = &forest.get().0;
            detached(py, |_| persistence::write_model(&description, &persistence::to_bytes(forest)?))
        }
    }?;
    Ok(PyBytes::new(py, &bytes))
}

/// What a file held besides its trees: class, version, columns, names, outputs, parameters,
/// attributes, and the trees themselves.
type Parts<'py> = (
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
    u32,
    Option<Vec<Bound<'py, PyAny>>>,
    Option<Bound<'py, PyAny>>,
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
    Option<Bound<'py, PyAny>>,
);

/// Reads an estimator.
#[pyfunction]
fn read_model<'py>(py: Python<'py>, data: &[u8]) -> PyResult<Parts<'py>> {
    enum Trees {
        None,
        Tree(tree::Tree),
        Forest(ensemble::Forest),
        Boosting(ensemble::boosting::Boosting),
    }
    let (description, trees) = detached(py, |_| {
        let (description, bytes) = persistence::read_model(data)?;
        let trees = match kind_of(bytes) {
            None if bytes.is_empty() => Trees::None,
            Some(Kind::Tree) => Trees::Tree(description.predictor(bytes)?),
            Some(Kind::Forest) => Trees::Forest(description.predictor(bytes)?),
            Some(Kind::Boosting) => Trees::Boosting(description.predictor(bytes)?),
            _ => Err(Error::model_file("it has no trees to predict with"))?,
        };
        Ok((description, trees))
    })?;
    let trees = match trees {
        Trees::None => None,
        Trees::Tree(tree) => Some(Bound::new(py, Tree::new(Arc::new(tree)))?.into_any()),
        Trees::Forest(forest) => Some(Bound::new(py, Forest(forest))?.into_any()),
        Trees::Boosting(model) => Some(Bound::new(py, Boosting::new(model))?.into_any()),
    };
    let schema = &description.schema;
    let names = schema.names.as_ref().map(|names| names.iter().map(|name| text(py, name)).collect()).transpose()?;
    let outputs = match &schema.outputs {
        Outputs::Columns => None,
        Outputs::Numbers(count) => Some(count.into_pyobject(py)?.into_any()),
        Outputs::Classes(values) => Some(decode(py, &mut values.iter())?),
    };
    Ok((
        text(py, &description.class)?,
        text(py, &description.version)?,
        schema.columns,
        names,
        outputs,
        decode(py, &mut description.parameters.iter())?,
        decode(py, &mut description.attributes.iter())?,
        trees,
    ))
}

// ---- from Python

/// Why a value cannot be kept.
enum Unkept {
    /// It is, or holds, something of a type that is no data.
    Type(String),
    /// It is larger, or nested deeper, than a file may hold.
    Size(String),
    Raised(PyErr),
}

impl From<PyErr> for Unkept {
    fn from(error: PyErr) -> Self {
        Self::Raised(error)
    }
}

impl Unkept {
    fn describe(self, name: &str, value: &Bound<'_, PyAny>) -> PyErr {
        let own = value.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
        let reason = match self {
            Self::Raised(error) => return error,
            Self::Size(reason) => reason,
            Self::Type(kind) if kind == own => format!("is of type {kind}"),
            Self::Type(kind) => format!("holds something of type {kind}"),
        };
        PyTypeError::new_err(format!(
            "{name} {reason}, which a model file cannot hold; it holds None, truth values, numbers, text, bytes, \
             arrays of these, and lists, tuples and dicts of them"
        ))
    }
}

fn encode_fields(fields: &Bound<'_, PyDict>) -> PyResult<Vec<Value>> {
    let mut values = vec![Value::Map(fields.len() as u32)];
    for (name, value) in fields {
        let shown = name.to_string();
        for part in [&name, &value] {
            encode(part, &mut values, 1).map_err(|error| error.describe(&shown, &value))?;
        }
    }
    let containers = values.iter().filter(|value| value.is_container()).count();
    if containers > MOST_CONTAINERS {
        let reason = format!("the parameters hold {containers} lists and dicts; a model file holds {MOST_CONTAINERS}");
        return Err(PyTypeError::new_err(reason));
    }
    Ok(values)
}

/// Adds a value and all that it holds.
fn encode(value: &Bound<'_, PyAny>, values: &mut Vec<Value>, depth: usize) -> std::result::Result<(), Unkept> {
    let py = value.py();
    let type_of = |value: &Bound<'_, PyAny>| -> PyResult<String> { Ok(value.get_type().name()?.to_string()) };
    if depth > MOST_DEPTH {
        return Err(Unkept::Size(format!("holds lists that are more than {MOST_DEPTH} deep in one another")));
    }
    let inside = |values: &mut Vec<Value>, items: &Bound<'_, PyAny>| {
        items.try_iter()?.try_for_each(|item| encode(&item?, values, depth + 1))
    };
    if value.is_none() {
        values.push(Value::None);
    } else if value.is_exact_instance_of::<PyBool>() {
        values.push(Value::Bool(value.is_truthy()?));
    } else if value.is_exact_instance_of::<PyInt>() {
        let bits: usize = value.call_method0(intern!(py, "bit_length"))?.extract()?;
        let keywords = PyDict::new(py);
        keywords.set_item("signed", true)?;
        let bytes = value.call_method("to_bytes", (bits / 8 + 1, "little"), Some(&keywords))?;
        values.push(Value::Int(bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes().into()));
    } else if value.is_exact_instance_of::<PyFloat>() {
        values.push(Value::Float(value.extract()?));
    } else if let Ok(text) = value.cast_exact::<PyString>() {
        values.push(Value::Text(text_of(text)?));
    } else if let Ok(bytes) = value.cast_exact::<PyBytes>() {
        values.push(Value::Bytes(bytes.as_bytes().into()));
    } else if let Ok(list) = value.cast_exact::<PyList>() {
        values.push(Value::List(list.len() as u32));
        inside(values, value)?;
    } else if let Ok(tuple) = value.cast_exact::<PyTuple>() {
        values.push(Value::Tuple(tuple.len() as u32));
        inside(values, value)?;
    } else if let Ok(dict) = value.cast_exact::<PyDict>() {
        values.push(Value::Map(dict.len() as u32));
        for (key, item) in dict {
            let place = values.len();
            encode(&key, values, depth + 1)?;
            if !values[place].is_key() {
                let is_number = matches!(values[place], Value::Int(_));
                let size = || Unkept::Size("has a key beyond 64 bits".to_owned());
                return Err(if is_number { size() } else { Unkept::Type(type_of(&key)?) });
            }
            encode(&item, values, depth + 1)?;
        }
    } else {
        let numpy = py.import(intern!(py, "numpy"))?;
        let is_scalar = value.is_instance(&numpy.getattr("generic")?)?;
        if !is_scalar && !value.hasattr(intern!(py, "__array__"))? || value.is_instance_of::<PyType>() {
            return Err(Unkept::Type(type_of(value)?));
        }
        let array = numpy.call_method1("asarray", (value,))?;
        let dtype: String = array.getattr("dtype")?.getattr("str")?.extract()?;
        let shape: Vec<u32> = array.getattr("shape")?.extract()?;
        if dtype == "|O" && !is_scalar {
            values.push(Value::Objects(shape));
            inside(values, &array.call_method0("ravel")?.call_method0("tolist")?)?;
        } else {
            let bytes = array.call_method0("tobytes")?;
            let elements = bytes.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes().into();
            let array = Box::new(Array { dtype: dtype.as_bytes().into(), shape, elements });
            if array.check().is_err() {
                return Err(Unkept::Type(format!("numpy {dtype}")));
            }
            values.push(if is_scalar { Value::Scalar(array) } else { Value::Array(array) });
        }
    }
    Ok(())
}

/// A text's bytes, halves of surrogate pairs included.
fn text_of(text: &Bound<'_, PyString>) -> PyResult<Blob> {
    let bytes = text.call_method1("encode", ("utf-8", "surrogatepass"))?;
    Ok(bytes.cast::<PyBytes>()?.as_bytes().into())
}

// ---- to Python

/// Makes a value and all that it holds, which has been checked to follow.
fn decode<'py>(py: Python<'py>, values: &mut Iter<'_, Value>) -> PyResult<Bound<'py, PyAny>> {
    let value = values.next().ok_or_else(|| Error::internal("a value that was checked is not there"))?;
    let list = |values: &mut Iter<'_, Value>, length: usize| -> PyResult<Vec<Bound<'py, PyAny>>> {
        (0..length).map(|_| decode(py, values)).collect()
    };
    Ok(match value {
        Value::None => py.None().into_bound(py),
        Value::Bool(value) => PyBool::new(py, *value).to_owned().into_any(),
        Value::Int(bytes) => {
            let keywords = PyDict::new(py);
            keywords.set_item("signed", true)?;
            let bytes = PyBytes::new(py, &bytes.0);
            py.get_type::<PyInt>().call_method("from_bytes", (bytes, "little"), Some(&keywords))?
        }
        Value::Float(value) => PyFloat::new(py, *value).into_any(),
        Value::Text(bytes) => text(py, bytes)?,
        Value::Bytes(bytes) => PyBytes::new(py, &bytes.0).into_any(),
        Value::List(length) => PyList::new(py, list(values, *length as usize)?)?.into_any(),
        Value::Tuple(length) => PyTuple::new(py, list(values, *length as usize)?)?.into_any(),
        Value::Map(entries) => {
            let dict = PyDict::new(py);
            for _ in 0..*entries {
                dict.set_item(decode(py, values)?, decode(py, values)?)?;
            }
            if dict.len() != *entries as usize {
                return Err(Error::model_file("a mapping has a key twice").into());
            }
            dict.into_any()
        }
        Value::Array(array) => array_of(py, array)?,
        Value::Scalar(array) => array_of(py, array)?.get_item(PyTuple::empty(py))?,
        Value::Objects(shape) => {
            let array = py.import("numpy")?.call_method1("empty", (shape.clone(), "O"))?;
            let flat = array.getattr("flat")?;
            for place in 0..array.getattr("size")?.extract()? {
                flat.set_item::<usize, _>(place, decode(py, values)?)?;
            }
            array
        }
    })
}

fn array_of<'py>(py: Python<'py>, array: &Array) -> PyResult<Bound<'py, PyAny>> {
    let shape = PyTuple::new(py, &array.shape)?;
    let elements = PyBytes::new(py, &array.elements.0);
    // The array that lies in these bytes can be read only.
    py.import(intern!(py, "numpy"))?
        .call_method1("ndarray", (shape, text(py, &array.dtype)?, elements))?
        .call_method0("copy")
}

fn text<'py>(py: Python<'py>, bytes: &Blob) -> PyResult<Bound<'py, PyAny>> {
    PyBytes::new(py, &bytes.0).call_method1("decode", ("utf-8", "surrogatepass")).map_err(|error| {
        if error.is_instance_of::<PyUnicodeDecodeError>(py) {
            Error::model_file("it holds a text that is not UTF-8").into()
        } else {
            error
        }
    })
}

//! An estimator: what it is, what it was fitted on, and the file of its tree or forest.

use serde::{Deserialize, Serialize};

use super::decoding::counted;
use super::values::{Blob, Value, check_tree};
use super::{Checked, Kind, content, decoded, framed, from_bytes};
use crate::error::{Error, Result};

/// Everything about an estimator but its tree or forest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Description {
    /// Room and name of its class, such as `ensemble.RandomForestClassifier`.
    pub class: Blob,
    /// The version of treering that wrote it.
    pub version: Blob,
    /// What it was fitted on.
    pub schema: Schema,
    /// Names and values of its parameters: a mapping and what it holds.
    #[serde(deserialize_with = "counted")]
    pub parameters: Vec<Value>,
    /// Names and values of its other attributes, likewise.
    #[serde(deserialize_with = "counted")]
    pub attributes: Vec<Value>,
}

/// The columns that go in and the outputs that come out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// The number of columns; 0 where that is not known, as for what is not fitted.
    pub columns: u32,
    /// The columns' names, where they have names: text as in [`Value::Text`].
    #[serde(deserialize_with = "names")]
    pub names: Option<Vec<Blob>>,
    /// What the values of a column are turned into.
    pub column_type: ColumnType,
    /// What comes out.
    pub outputs: Outputs,
}

/// What the values of a column are turned into before they are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnType {
    /// Single precision: trees compare in it.
    Float32,
    /// Double precision.
    Float64,
}

/// What an estimator answers with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Outputs {
    /// The columns themselves, transformed.
    Columns,
    /// So many numbers.
    Numbers(u32),
    /// Classes: a list that holds, for every output, the array of its classes.
    Classes(#[serde(deserialize_with = "counted")] Vec<Value>),
}

/// What predicts in a model, and has the shape that the schema says.
pub trait Predictor: Checked {
    /// The number of columns it was trained on.
    fn columns(&self) -> usize;

    /// How many outputs it has.
    fn outputs(&self) -> usize;

    /// The number of classes of every output; empty for numbers.
    fn class_counts(&self) -> &[u32];
}

fn names<'de, D: serde::Deserializer<'de>>(deserializer: D) -> std::result::Result<Option<Vec<Blob>>, D::Error> {
    #[derive(Deserialize)]
    struct Names(#[serde(deserialize_with = "counted")] Vec<Blob>);
    Option::<Names>::deserialize(deserializer).map(|names| names.map(|names| names.0))
}

impl Description {
    /// Checks what must hold of any estimator.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`] with the first fault.
    pub fn check(&self) -> Result<()> {
        let fail = |reason: &str| Err(Error::model_file(reason));
        let schema = &self.schema;
        if schema.columns >= 1 << 31 {
            return fail("it has no possible number of columns");
        }
        if schema.names.as_ref().is_some_and(|names| names.len() != schema.columns as usize) {
            return fail("it has another number of columns than of their names");
        }
        if schema.outputs == Outputs::Numbers(0) {
            return fail("it answers with nothing");
        }
        schema.class_counts()?;
        for fields in [&self.parameters, &self.attributes] {
            check_tree(fields)?;
            if !matches!(fields.first(), Some(Value::Map(_))) {
                return fail("its parameters or attributes have no names");
            }
        }
        Ok(())
    }

    /// Reads the tree or forest, which must fit the schema.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`].
    pub fn predictor<P: Predictor>(&self, bytes: &[u8]) -> Result<P> {
        let predictor: P = from_bytes(bytes)?;
        let schema = &self.schema;
        let outputs = match (&schema.outputs, predictor.class_counts()) {
            (Outputs::Numbers(count), []) => predictor.outputs() == *count as usize,
            (Outputs::Classes(_), counts) => counts == schema.class_counts()?,
            _ => false,
        };
        if !outputs || predictor.columns() != schema.columns as usize {
            return Err(Error::model_file("its trees have other columns or outputs than the model states"));
        }
        Ok(predictor)
    }
}

impl Schema {
    /// The number of classes of every output; empty where there are none.
    ///
    /// # Errors
    /// [`crate::ErrorKind::ModelFile`] if the classes are no list of arrays.
    pub fn class_counts(&self) -> Result<Vec<u32>> {
        let fail = || Error::model_file("its classes are no list of arrays");
        let Outputs::Classes(values) = &self.outputs else { return Ok(Vec::new()) };
        check_tree(values)?;
        let Some((Value::List(outputs @ 1..), mut rest)) = values.split_first() else { return Err(fail()) };
        let mut counts = Vec::new();
        while let Some((first, behind)) = rest.split_first() {
            let (shape, held) = match first {
                Value::Array(array) => (&array.shape, 0),
                Value::Objects(shape) => (shape, shape.first().map_or(0, |&count| count as usize)),
                _ => return Err(fail()),
            };
            let &[count] = &shape[..] else { return Err(fail()) };
            let (elements, behind) = behind.split_at_checked(held).ok_or_else(fail)?;
            if count == 0 || elements.iter().any(Value::is_container) {
                return Err(fail());
            }
            counts.push(count);
            rest = behind;
        }
        if counts.len() == *outputs as usize { Ok(counts) } else { Err(fail()) }
    }
}

/// Writes an estimator; `predictor` is the file of its tree or forest, or empty.
///
/// # Errors
/// [`crate::ErrorKind::ModelFile`] if the description does not hold together,
/// [`crate::ErrorKind::Internal`] if it cannot be encoded.
pub fn write_model(description: &Description, predictor: &[u8]) -> Result<Vec<u8>> {
    description.check()?;
    framed(Kind::Model, description, predictor)
}

/// Reads an estimator, and the bytes for [`Description::predictor`].
///
/// # Errors
/// [`crate::ErrorKind::ModelFile`] if the bytes are not a whole, unaltered model.
pub fn read_model(bytes: &[u8]) -> Result<(Description, &[u8])> {
    let (description, rest): (Description, _) = decoded(content(bytes, Kind::Model)?)?;
    description.check()?;
    Ok((description, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persistence::{Array, to_bytes};
    use proptest::prelude::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Constant {
        columns: u32,
        outputs: u32,
        classes: Vec<u32>,
    }

    impl Checked for Constant {
        const KIND: Kind = Kind::Tree;

        fn check(&self) -> Result<()> {
            Ok(())
        }
    }

    impl Predictor for Constant {
        fn columns(&self) -> usize {
            self.columns as usize
        }

        fn outputs(&self) -> usize {
            self.outputs as usize
        }

        fn class_counts(&self) -> &[u32] {
            &self.classes
        }
    }

    fn classes(counts: &[u32]) -> Outputs {
        let array = |&count: &u32| {
            let (dtype, elements) = (b"|u1"[..].into(), Blob((0..count as u8).collect()));
            Value::Array(Box::new(Array { dtype, shape: vec![count], elements }))
        };
        Outputs::Classes([Value::List(counts.len() as u32)].into_iter().chain(counts.iter().map(array)).collect())
    }

    fn description(outputs: Outputs) -> Description {
        let (names, column_type) = (Some(vec![b"a"[..].into(), b"b"[..].into()]), ColumnType::Float32);
        Description {
            class: b"tree.Constant"[..].into(),
            version: b"0.1.0"[..].into(),
            schema: Schema { columns: 2, names, column_type, outputs },
            parameters: vec![Value::Map(1), Value::Text(b"depth"[..].into()), Value::None],
            attributes: vec![Value::Map(0)],
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        let constant = Constant { columns: 2, outputs: 2, classes: vec![3, 2] };
        let description = description(classes(&[3, 2]));
        let bytes = write_model(&description, &to_bytes(&constant).unwrap()).unwrap();
        let (again, predictor) = read_model(&bytes).unwrap();
        assert_eq!(again, description);
        assert_eq!(again.predictor::<Constant>(predictor).unwrap(), constant);
    }

    #[test]
    fn trees_that_do_not_fit_the_schema_are_refused() {
        let fits = |outputs: Outputs, columns: u32, count: u32, classes: &[u32]| {
            let bytes = to_bytes(&Constant { columns, outputs: count, classes: classes.to_vec() }).unwrap();
            description(outputs).predictor::<Constant>(&bytes).is_ok()
        };
        assert!(fits(Outputs::Numbers(2), 2, 2, &[]));
        assert!(!fits(Outputs::Numbers(2), 3, 2, &[]));
        assert!(!fits(Outputs::Numbers(1), 2, 2, &[]));
        assert!(!fits(Outputs::Numbers(1), 2, 1, &[2]));
        assert!(!fits(Outputs::Columns, 2, 1, &[]));
        assert!(fits(classes(&[3]), 2, 1, &[3]));
        assert!(!fits(classes(&[3]), 2, 1, &[2]));
        assert!(!fits(classes(&[3]), 2, 2, &[3, 3]));
        assert!(!fits(classes(&[3]), 2, 1, &[]));
    }

    #[test]
    fn descriptions_that_contradict_themselves_are_refused() {
        let faulty = |change: fn(&mut Description)| {
            let mut description = description(classes(&[2]));
            assert!(description.check().is_ok());
            change(&mut description);
            description.check().is_err()
        };
        assert!(faulty(|it| it.schema.columns = 3));
        assert!(faulty(|it| (it.schema.columns, it.schema.names) = (1 << 31, None)));
        assert!(faulty(|it| it.schema.names = Some(vec![])));
        assert!(faulty(|it| it.schema.outputs = Outputs::Numbers(0)));
        assert!(faulty(|it| it.schema.outputs = classes(&[])));
        assert!(faulty(|it| it.schema.outputs = classes(&[2, 0])));
        assert!(faulty(|it| it.schema.outputs = Outputs::Classes(vec![Value::List(1), Value::None])));
        assert!(faulty(|it| it.schema.outputs = Outputs::Classes(vec![Value::None])));
        let nested = || vec![Value::List(1), Value::Objects(vec![1]), Value::List(0)];
        assert_eq!(check_tree(&nested()).ok(), Some(()));
        assert!(faulty(|it| {
            it.schema.outputs = Outputs::Classes(vec![Value::List(1), Value::Objects(vec![1]), Value::List(0)]);
        }));
        assert!(faulty(|it| it.parameters = vec![]));
        assert!(faulty(|it| it.parameters = vec![Value::None]));
        assert!(faulty(|it| it.attributes = vec![Value::Map(1)]));
    }

    proptest! {
        #[test]
        fn altered_content_of_the_right_checksum_never_panics(
            changes in prop::collection::vec((0usize..400, any::<u8>()), 1..8),
            keep in 0usize..400,
        ) {
            let constant = Constant { columns: 2, outputs: 1, classes: vec![3] };
            let mut bytes = write_model(&description(classes(&[3])), &to_bytes(&constant)?)?;
            for (at, byte) in changes {
                let place = 20 + at % (bytes.len() - 24);
                bytes[place] = byte;
            }
            bytes.truncate((bytes.len() - 4).min(20 + keep));
            let length = (bytes.len() - 20) as u64;
            bytes[12..20].copy_from_slice(&length.to_le_bytes());
            let checksum = crc32fast::hash(&bytes);
            bytes.extend_from_slice(&checksum.to_le_bytes());
            if let Ok((description, predictor)) = read_model(&bytes) {
                prop_assert!(description.check().is_ok());
                let _ = description.predictor::<Constant>(predictor);
            }
        }
    }
}
